//! A space on disk: one SQLite file that holds sealed pages, the sealed log of what is not committed yet, heads and keys.
//!
//! A write is on disk before it is answered ([`Space::append`]). Several processes may use one space: each looks for what the others have
//! written before it reads or writes. The index and the tree are in memory only, built when the space is opened.

mod anchor;
mod commit;
mod delete;
mod follow;
mod keys;
mod load;
mod share;

pub use anchor::{Anchor, Committed};
pub use delete::{Deletion, Reach};
pub use follow::{Fetched, Taken};
pub use keys::{Kit, Recovery};
pub use share::{KeyEntry, Reader, Rights};

use crate::{
	head::{Account, Config, SignedHead},
	index::{Hit, Index, Query},
	page::Entry,
	recall::Receipt,
	record::Record,
	Error, Result,
};
use codec::{Decode, DecodeAll, Encode};
use keys::Keys;
use load::Memory;
use rusqlite::{params, Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::{
	fs,
	os::unix::fs::{DirBuilderExt, OpenOptionsExt},
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
	time::{Duration, SystemTime, UNIX_EPOCH},
};

const SCHEMA: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE heads (seq INTEGER PRIMARY KEY, head BLOB NOT NULL);
CREATE TABLE pages (
	first INTEGER PRIMARY KEY, last INTEGER NOT NULL, records INTEGER NOT NULL, key BLOB NOT NULL, id BLOB NOT NULL, bytes BLOB NOT NULL
);
CREATE TABLE log (row INTEGER PRIMARY KEY AUTOINCREMENT, salt BLOB NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE readers (
	account BLOB PRIMARY KEY, box_key BLOB NOT NULL, key_epoch INTEGER NOT NULL, revoked_at_seq INTEGER
) WITHOUT ROWID;
CREATE TABLE api_keys (
	hash BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, rights INTEGER NOT NULL, scope BLOB NOT NULL, created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE deletions (
	id BLOB NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, at INTEGER NOT NULL, oldest_seq INTEGER NOT NULL,
	kit INTEGER NOT NULL, PRIMARY KEY (id, seq)
) WITHOUT ROWID;
";

/// The version of the tables.
const SCHEMA_VERSION: u32 = 1;

/// Time for which one process waits for another's write.
const BUSY: Duration = Duration::from_secs(30);

/// Milliseconds since 1970, UTC.
pub fn now() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}

/// Random bytes for keys, salts and ids.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
	let mut bytes = [0; N];
	getrandom::fill(&mut bytes)
		.map_err(|error| Error::storage("the system gives no random numbers", error.to_string()))?;
	Ok(bytes)
}

/// The folder of this user's spaces.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
	/// Spaces in a folder, which is made when the first is.
	pub fn new(folder: PathBuf) -> Self {
		Home(folder)
	}

	/// The folder.
	pub fn folder(&self) -> &Path {
		&self.0
	}

	fn path(&self, name: &str) -> Result<PathBuf> {
		let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
		if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
			return Err(Error::Usage(format!("`{name}` is no name of a space: use up to 64 letters, digits, - and _")));
		}
		Ok(self.0.join(format!("{name}.db")))
	}

	/// Names of the spaces that there are.
	pub fn names(&self) -> Result<Vec<String>> {
		let files = match fs::read_dir(&self.0) {
			Ok(files) => files,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
			Err(error) => return Err(Error::storage(self.0.display(), error)),
		};
		let name = |file: fs::DirEntry| file.file_name().to_str()?.strip_suffix(".db").map(String::from);
		let mut names: Vec<String> = files.filter_map(|file| name(file.ok()?)).collect();
		names.sort();
		Ok(names)
	}

	/// Opens a space.
	pub fn open(&self, name: &str) -> Result<Space> {
		let path = self.path(name)?;
		if !path.exists() {
			return Err(Error::NotFound(format!("there is no space `{name}`: `assay memory init {name}` makes it")));
		}
		Space::open(name, &path)
	}

	/// Makes a space of this machine's own.
	pub fn create(
		&self,
		name: &str,
		public: bool,
		embedding: Option<([u8; 32], u16)>,
		recovery: Recovery,
	) -> Result<Space> {
		let seed = random()?;
		let keys = Keys::new(seed, recovery, None)?;
		let config = Config {
			space: u64::from_le_bytes(random()?),
			owner: keys.account(),
			public,
			embedding,
			ranking: crate::index::RANKING,
		};
		self.make(name, &keys, Some(&config))
	}

	/// Makes a place for somebody else's space, with an account and a box key to be granted, or for the space that a kit is of.
	pub fn create_reader(&self, name: &str, kit: Option<&Kit>) -> Result<Space> {
		let keys = match kit {
			Some(kit) => Keys::new(kit.seed, kit.recovery, Some(kit.box_secret))?,
			None => Keys::new(random()?, Recovery::File, None)?,
		};
		self.make(name, &keys, None)
	}

	fn make(&self, name: &str, keys: &Keys, config: Option<&Config>) -> Result<Space> {
		let path = self.path(name)?;
		let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
		made.map_err(|error| Error::storage(self.0.display(), error))?;
		let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
		file.map_err(|error| match error.kind() {
			std::io::ErrorKind::AlreadyExists => {
				Error::Usage(format!("there is a space `{name}` already: choose another name"))
			}
			_ => Error::storage(path.display(), error),
		})?;
		let mut db = connect(&path)?;
		let tx = db.transaction()?;
		tx.execute_batch(SCHEMA)?;
		tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
		keys.save(&tx)?;
		set(&tx, "log key", &random::<32>()?)?;
		set(&tx, "rewrites", &0u64)?;
		set(&tx, "epoch", &0u32)?;
		if let Some(config) = config {
			set(&tx, "config", config)?;
		}
		tx.commit()?;
		drop(db);
		Space::open(name, &path)
	}
}

fn connect(path: &Path) -> Result<Connection> {
	let at = |error: rusqlite::Error| Error::storage(path.display(), error);
	let db = Connection::open(path).map_err(at)?;
	db.busy_timeout(BUSY).map_err(at)?;
	db.pragma_update(None, "journal_mode", "WAL").map_err(at)?;
	// Answered writes outlive a loss of power, and deleted bytes are overwritten.
	db.pragma_update(None, "synchronous", "FULL").map_err(at)?;
	db.pragma_update(None, "secure_delete", "ON").map_err(at)?;
	Ok(db)
}

fn get<T: Decode>(db: &Connection, name: &str) -> Result<Option<T>> {
	let value: Option<Vec<u8>> =
		db.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()?;
	let decoded = value.map(|value| T::decode_all(&mut value.as_slice())).transpose();
	decoded.map_err(|_| {
		Error::Damaged(format!("the space's `{name}` does not decode: restore the space from an export and a kit"))
	})
}

fn need<T: Decode>(db: &Connection, name: &str) -> Result<T> {
	get(db, name)?
		.ok_or_else(|| Error::Damaged(format!("the space has no `{name}`: restore it from an export and a kit")))
}

fn set<T: Encode>(db: &Connection, name: &str, value: &T) -> Result<()> {
	db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", params![name, value.encode()])?;
	Ok(())
}

/// The state that a write or a read sees: everything that was answered before, whoever wrote it.
pub struct View<'a> {
	/// Number of the next commit.
	pub seq: u64,
	/// The records.
	pub index: &'a Index,
	/// Number of these that are committed.
	pub committed: u64,
	/// The last commit that a finalized block of the chain has; 0 for none.
	pub final_seq: u64,
}

impl View<'_> {
	/// The status of a record: `local` on this machine's disk, `committed` under a signed head, `final` on the chain.
	pub fn status(&self, index: u64) -> &'static str {
		match self.index.get(index) {
			_ if index >= self.committed => "local",
			Some(record) if record.seq <= self.final_seq => "final",
			_ => "committed",
		}
	}
}

/// A space that is open.
pub struct Space {
	name: String,
	path: PathBuf,
	inner: Mutex<Inner>,
}

struct Inner {
	db: Connection,
	memory: Memory,
}

impl Inner {
	/// Begins a write, and sees what other processes have written.
	fn write(&mut self) -> Result<(Transaction<'_>, &mut Memory)> {
		let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
		self.memory.refresh(&tx)?;
		Ok((tx, &mut self.memory))
	}

	/// Sees what other processes have written.
	fn read(&mut self) -> Result<(Transaction<'_>, &mut Memory)> {
		let tx = self.db.transaction()?;
		self.memory.refresh(&tx)?;
		Ok((tx, &mut self.memory))
	}
}

impl Space {
	fn open(name: &str, path: &Path) -> Result<Self> {
		let db = connect(path)?;
		let version: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
		if version != SCHEMA_VERSION {
			return Err(Error::NotSupported(format!(
				"{}: this is no space, or one of another version ({version}, and this one knows {SCHEMA_VERSION}): open it with that version",
				path.display()
			)));
		}
		let memory = Memory::new(Keys::load(&db)?);
		let space = Space { name: name.into(), path: path.into(), inner: Mutex::new(Inner { db, memory }) };
		space.view(|_| Ok(()))?;
		Ok(space)
	}

	/// Its name on this machine.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// Its file.
	pub fn path(&self) -> &Path {
		&self.path
	}

	fn lock(&self) -> MutexGuard<'_, Inner> {
		// A panic in a write leaves memory behind the disk at most, and `stale` has it read again.
		self.inner.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Reads.
	pub fn view<T>(&self, read: impl FnOnce(View) -> Result<T>) -> Result<T> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		read(memory.view())
	}

	/// The configuration; none before a reader has imported anything.
	pub fn config(&self) -> Result<Option<Config>> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		Ok(memory.config.clone())
	}

	/// The last head.
	pub fn head(&self) -> Result<Option<SignedHead>> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		Ok(memory.head.clone())
	}

	/// The account of this machine in the space, and the key that the owner seals to.
	pub fn account(&self) -> Result<(Account, crate::head::BoxKey)> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		Ok((memory.keys.account(), memory.keys.box_key()))
	}

	/// Writes records, with their vectors. `make` sees the state that they are written to. When this returns they are on disk. After
	/// [`BATCH_WRITES`](crate::constants::BATCH_WRITES) they are committed.
	pub fn append<T>(&self, make: impl FnOnce(View) -> Result<(Vec<(Record, Vec<i8>)>, T)>) -> Result<T> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		memory.may(Rights::APPEND)?;
		let (records, answer) = make(memory.view())?;
		crate::page::has_room(memory.index.len() + records.len() as u64)?;
		let mut entries = Vec::new();
		for (record, vector) in records {
			record.check()?;
			if record.version > 1 || record.supersedes.is_some() {
				memory.may(Rights::EDIT)?;
			}
			let index = memory.index.len() + entries.len() as u64;
			let entry = Entry { index, record, vector };
			log_entry(&tx, &entry)?;
			entries.push(entry);
		}
		tx.commit()?;
		entries.into_iter().for_each(|entry| memory.push(entry));
		if memory.pending() >= crate::constants::BATCH_WRITES {
			// The write is done, whatever becomes of the commit: the next write or the daemon tries it again, and says why it fails.
			let _ = commit_pending(&mut inner);
		}
		Ok(answer)
	}

	/// Commits what is not committed yet: signs a head over it. Gives the last head, of which there is none for an empty space.
	pub fn commit(&self) -> Result<Option<SignedHead>> {
		commit_pending(&mut self.lock())
	}

	/// The results of a query, over everything that was answered.
	pub fn search(&self, query: &Query) -> Result<Vec<(Hit, Record)>> {
		query.check()?;
		self.view(|view| {
			let hits = view.index.search(query).into_iter();
			Ok(hits.filter_map(|hit| Some((hit, view.index.get(hit.index)?.clone()))).collect())
		})
	}

	/// The same with a receipt: commits first.
	pub fn prove(&self, query: Query) -> Result<Receipt> {
		let mut inner = self.lock();
		commit_pending(&mut inner)?;
		let memory = &inner.memory;
		let head = memory.last()?;
		let pair = &memory.keys;
		Receipt::make(head, &memory.index, &memory.tree, query, pair.account(), |message| pair.sign(message))
	}

	/// Level 2 of a receipt of this space, against its last state.
	pub fn refute(&self, receipt: &Receipt) -> Result<()> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		let head = memory
			.head
			.as_ref()
			.ok_or_else(|| Error::Usage("there is no state of this space here: import one".into()))?;
		if memory.pending() > 0 {
			return Err(Error::Usage(
				"memories were added since the last commit: `assay memory commit`, and ask for a new receipt".into(),
			));
		}
		receipt.completeness(head, &memory.index)
	}
}

/// Writes a record to the sealed log.
fn log_entry(db: &Connection, entry: &Entry) -> Result<()> {
	let salt = random::<32>()?;
	let key = keys::log_row(&need(db, "log key")?, &salt);
	let sealed = crate::page::seal(&key, &entry.encode(), b"assay/memory/log");
	db.execute("INSERT INTO log (salt, sealed) VALUES (?1, ?2)", params![salt, sealed])?;
	Ok(())
}

/// Signs a head over what has none yet, and gives the last head.
fn commit_pending(inner: &mut Inner) -> Result<Option<SignedHead>> {
	let (tx, memory) = inner.write()?;
	if memory.pending() > 0 {
		memory.commit(&tx)?;
		memory.settle(tx)?;
	}
	Ok(memory.head.clone())
}

impl Memory {
	fn view(&self) -> View<'_> {
		View {
			seq: self.head.as_ref().map_or(0, |head| head.head.seq) + 1,
			index: &self.index,
			committed: self.committed(),
			final_seq: self.anchor.as_ref().map_or(0, |anchor| anchor.seq),
		}
	}

	/// The last head, where there is one.
	fn last(&self) -> Result<SignedHead> {
		let head = self.head.clone();
		head.ok_or_else(|| Error::Usage("nothing was committed to this space yet: add a memory first".into()))
	}

	/// Finishes a write that has changed memory: what is on disk and what is in memory are the same, or memory is read again.
	fn settle(&mut self, tx: Transaction) -> Result<()> {
		tx.commit()?;
		self.stale = false;
		Ok(())
	}

	fn owned(&self) -> Result<&Config> {
		let config = self.config.as_ref();
		config
			.filter(|config| config.owner == self.keys.account())
			.ok_or_else(|| Error::Forbidden("only the owner of the space may do this: ask the owner".into()))
	}

	/// Refuses what neither the owner's account nor a grant on the chain lets this machine do.
	fn may(&self, rights: Rights) -> Result<&Config> {
		match &self.config {
			Some(config) if config.owner == self.keys.account() || self.granted.has(rights) => Ok(config),
			_ => Err(Error::Forbidden(format!(
				"this machine may not {} in the space: ask its owner's daemon with a key of it, or the owner to grant that on the chain, and run `assay memory sync`",
				rights.names().join(" and ")
			))),
		}
	}
}
