//! Access to a space for others: readers with keys of their own, agents of this machine with an API key, and files.

use super::{
	get,
	load::{decode, Memory},
	need, now, random, set, Kit, Recovery, Space,
};
use crate::{
	constants::READERS,
	head::{Account, BoxKey, Head, Signed},
	page::{Export, SealedManifest, State},
	record::Scope,
	Error, Result,
};
use assay_primitives::hash::blake2_256;
use codec::Encode;
use rusqlite::{params, Connection, OptionalExtension};

/// Rights of an agent. Bits add up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights(pub u8);

impl Rights {
	/// Searches and lists.
	pub const READ: Rights = Rights(1);
	/// Adds.
	pub const APPEND: Rights = Rights(2);
	/// Writes new versions, and deletes.
	pub const EDIT: Rights = Rights(4);
	/// Makes and takes away API keys.
	pub const GRANT: Rights = Rights(8);
	/// All of them.
	pub const ALL: Rights = Rights(15);

	/// True if these rights have all of `rights`.
	pub fn has(self, rights: Rights) -> bool {
		self.0 & rights.0 == rights.0
	}

	/// Their names.
	pub fn names(self) -> Vec<&'static str> {
		let all =
			[(Rights::READ, "read"), (Rights::APPEND, "append"), (Rights::EDIT, "edit"), (Rights::GRANT, "grant")];
		all.into_iter().filter(|(right, _)| self.has(*right)).map(|(_, name)| name).collect()
	}

	/// Of names with commas between them.
	pub fn parse(text: &str) -> Result<Self> {
		let right = |name: &str| match name.trim() {
			"read" => Ok(Rights::READ.0),
			"append" => Ok(Rights::APPEND.0),
			"edit" => Ok(Rights::EDIT.0),
			"grant" => Ok(Rights::GRANT.0),
			"all" => Ok(Rights::ALL.0),
			other => Err(Error::Usage(format!(
				"`{other}` is no right: use read, append, edit, grant or all, with commas between them"
			))),
		};
		text.split(',').map(right).try_fold(Rights(0), |all, right| Ok(Rights(all.0 | right?)))
	}
}

/// A reader elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
	/// Its account.
	pub account: Account,
	/// The key that manifests are sealed to for it.
	pub box_key: BoxKey,
	/// True if it gets no manifest any more.
	pub revoked: bool,
}

/// An API key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyEntry {
	/// Its name, which is also the source of its writes.
	pub name: String,
	/// Its rights.
	pub rights: Rights,
	/// The scope of its rights: parts that are named are the same in all that it reads and writes.
	pub scope: Scope,
	/// The time at which it was made, in milliseconds since 1970.
	pub created_at: u64,
}

/// Takes over the readers that an owner's new machine knows: those of the last manifest. Readers that were revoked
/// before are not known any more, nor is the rest of what the old machine still holds, which is why no deletion of
/// older memories is called [`Reach::Forward`](super::Reach::Forward) here.
fn restore(db: &Connection, export: &Export) -> Result<()> {
	set(db, "restored", &export.head.head.seq)?;
	if let SealedManifest::Private { envelopes, .. } = SealedManifest::read(&export.manifest)?.0 {
		for envelope in envelopes.iter().filter(|envelope| envelope.reader != export.head.config.owner) {
			db.execute(
				"INSERT OR IGNORE INTO readers (account, box_key, key_epoch) VALUES (?1, ?2, ?3)",
				params![envelope.reader, envelope.box_key, export.head.head.epoch],
			)?;
		}
	}
	Ok(())
}

impl Space {
	/// Makes an API key, and gives its secret, which is kept nowhere.
	pub fn add_key(&self, name: &str, rights: Rights, scope: &Scope) -> Result<String> {
		if name.trim().is_empty() || name.len() > crate::constants::LABEL_BYTES {
			return Err(Error::Usage(
				"an API key needs a name of at most 256 bytes: it is what the key writes as".into(),
			));
		}
		if rights.0 == 0 {
			return Err(Error::Usage("a key without rights opens nothing: name one at least".into()));
		}
		let secret = format!("asm-{}", hex::encode(random::<32>()?));
		let mut inner = self.lock();
		let (tx, _) = inner.write()?;
		let added = tx.execute(
			"INSERT OR IGNORE INTO api_keys (hash, name, rights, scope, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
			params![blake2_256(secret.as_bytes()), name, rights.0, scope.encode(), now()],
		)?;
		if added == 0 {
			return Err(Error::Usage(format!(
				"there is a key `{name}`: choose another name, or remove that one first"
			)));
		}
		tx.commit()?;
		Ok(secret)
	}

	/// The key of a secret.
	pub fn key(&self, secret: &str) -> Result<Option<KeyEntry>> {
		let keys = self.keys_where("hash = ?1", blake2_256(secret.as_bytes()).to_vec())?;
		Ok(keys.into_iter().next())
	}

	/// All API keys, by name.
	pub fn keys(&self) -> Result<Vec<KeyEntry>> {
		self.keys_where("length(?1) = 0", Vec::new())
	}

	fn keys_where(&self, condition: &str, value: Vec<u8>) -> Result<Vec<KeyEntry>> {
		let inner = self.lock();
		let query = format!("SELECT name, rights, scope, created_at FROM api_keys WHERE {condition} ORDER BY name");
		let mut keys = inner.db.prepare(&query)?;
		let mut rows = keys.query([value])?;
		let mut found = Vec::new();
		while let Some(row) = rows.next()? {
			let scope = decode(&row.get::<_, Vec<u8>>(2)?, "key's scope")?;
			found.push(KeyEntry { name: row.get(0)?, rights: Rights(row.get(1)?), scope, created_at: row.get(3)? });
		}
		Ok(found)
	}

	/// Takes an API key away.
	pub fn remove_key(&self, name: &str) -> Result<()> {
		let mut inner = self.lock();
		let (tx, _) = inner.write()?;
		if tx.execute("DELETE FROM api_keys WHERE name = ?1", [name])? == 0 {
			return Err(Error::NotFound(format!("there is no key `{name}`: `assay memory grants` lists them")));
		}
		tx.commit()?;
		Ok(())
	}

	/// Has the next manifests sealed to a reader, or to its new box key, and commits one.
	pub fn grant(&self, account: &Account, box_key: &BoxKey) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		let own = memory.keys.account();
		if memory.owned()?.owner == *account || own == *account {
			return Err(Error::Usage("the owner reads its space already: name another account".into()));
		}
		let readers: usize =
			tx.query_row("SELECT count(*) FROM readers WHERE account <> ?1", [account], |row| row.get(0))?;
		if readers >= READERS {
			return Err(Error::Usage(format!("a space has at most {READERS} readers: revoke one first")));
		}
		let epoch: u32 = need(&tx, "epoch")?;
		let known: Option<BoxKey> =
			tx.query_row("SELECT box_key FROM readers WHERE account = ?1", [account], |row| row.get(0)).optional()?;
		let statement = match known == Some(*box_key) {
			true => "UPDATE readers SET revoked_at_seq = NULL WHERE account = ?1 AND box_key = ?2 AND ?3 >= 0",
			false => "INSERT OR REPLACE INTO readers (account, box_key, key_epoch) VALUES (?1, ?2, ?3)",
		};
		tx.execute(statement, params![account, box_key, epoch])?;
		memory.commit(&tx)?;
		memory.settle(tx)
	}

	/// Seals no manifest to a reader any more. It keeps the manifests that it has.
	pub fn revoke(&self, account: &Account) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		memory.owned()?;
		let seq = memory.view().seq - 1;
		let revoked = "UPDATE readers SET revoked_at_seq = ?2 WHERE account = ?1 AND revoked_at_seq IS NULL";
		if tx.execute(revoked, params![account, seq])? == 0 {
			return Err(Error::NotFound("this account is no reader: `assay memory grants` lists them".into()));
		}
		set(&tx, "epoch", &(need::<u32>(&tx, "epoch")? + 1))?;
		memory.commit(&tx)?;
		memory.settle(tx)
	}

	/// All readers that there ever were.
	pub fn readers(&self) -> Result<Vec<Reader>> {
		let inner = self.lock();
		let mut readers = inner.db.prepare("SELECT account, box_key, revoked_at_seq FROM readers ORDER BY account")?;
		let readers = readers.query_map([], |row| {
			Ok(Reader { account: row.get(0)?, box_key: row.get(1)?, revoked: row.get::<_, Option<u64>>(2)?.is_some() })
		})?;
		Ok(readers.collect::<rusqlite::Result<_>>()?)
	}

	/// Another box key of this machine: what was sealed to the old one is closed to it from now on.
	pub fn rotate(&self) -> Result<BoxKey> {
		let key = {
			let mut inner = self.lock();
			let (tx, memory) = inner.write()?;
			if memory.keys.recovery == Recovery::Seed {
				return Err(Error::Usage(
					"the box key of this space follows from its seed: it cannot be another".into(),
				));
			}
			memory.stale = true;
			let sealed = memory.anchor.is_some() && memory.owned().is_ok();
			memory.keys.rotate(&tx, sealed)?;
			// If others write, a manifest for the new key is theirs to commit.
			if memory.owned().is_ok() {
				memory.commit(&tx)?;
			}
			memory.rewritten(&tx)?;
			let key = memory.keys.box_key();
			memory.settle(tx)?;
			key
		};
		self.scrub()?;
		Ok(key)
	}

	/// The keys that bring the space back, with an export.
	pub fn kit(&self) -> Result<Kit> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		let epoch: u32 = need(&tx, "epoch")?;
		set(&tx, "kit epoch", &epoch)?;
		let kit = memory.keys.kit();
		tx.commit()?;
		Ok(kit)
	}

	/// All of the last commit, sealed to the readers. Commits first.
	pub fn export(&self) -> Result<Export> {
		self.commit()?;
		let mut inner = self.lock();
		let (tx, memory) = inner.read()?;
		let head = memory.last()?;
		if head.signature == Signed::NONE {
			return Err(Error::Usage(format!(
				"the owner has not signed commit {}, so nobody could verify a file with it: others take it from the chain, with `assay memory sync`",
				head.head.seq
			)));
		}
		let manifest: Vec<u8> = need(&tx, "manifest")?;
		let mut pages = tx.prepare("SELECT bytes FROM pages ORDER BY first")?;
		let pages = pages.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
		let mut earlier = Memory::heads(&tx)?;
		earlier.pop();
		// Those before a gap prove nothing.
		let follows = |pair: &[Head]| pair[1].previous == pair[0].hash();
		let gap = earlier.windows(2).rposition(|pair| !follows(pair)).map_or(0, |place| place + 1);
		let linked = earlier.last().is_none_or(|last| head.head.previous == last.hash());
		earlier.drain(..if linked { gap } else { earlier.len() });
		Ok(Export { magic: Export::MAGIC, head, earlier, manifest, pages })
	}

	/// Opens an export with this machine's keys, and checks it.
	pub fn read_export(&self, export: &Export) -> Result<State> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		export.open(Some(memory.keys.box_secret()))
	}

	/// Takes over the state of an export, where it continues the one that is here. Gives how many records are there.
	pub fn import(&self, export: &Export) -> Result<u64> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		let state = export.open(Some(memory.keys.box_secret()))?;
		if memory.pending() > 0 {
			return Err(Error::Usage("memories were added here since the last commit: import into a new space".into()));
		}
		if let Some(known) = &memory.head {
			let (known, new) = (&known.head, &export.head.head);
			let continues = known == new || export.earlier.contains(known);
			if !continues || memory.config.as_ref() != Some(&export.head.config) {
				return Err(Error::NotVerified(format!(
					"commit {} of the export does not continue commit {}, which is here: one of them was changed, or is older",
					new.seq, known.seq
				)));
			}
		}
		set(&tx, "config", &export.head.config)?;
		set(&tx, "epoch", &export.head.head.epoch)?;
		// As the owner sealed it: another export of this state is the same file.
		set(&tx, "manifest", &export.manifest)?;
		tx.execute("DELETE FROM pages", [])?;
		for (page, bytes) in state.manifest.pages.iter().zip(&export.pages) {
			tx.execute(
				"INSERT INTO pages (first, last, records, key, id, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
				params![page.first, page.last, page.records, page.key, page.blob.id.0, bytes],
			)?;
		}
		tx.execute("DELETE FROM heads", [])?;
		let earlier = export.earlier.iter().map(|head| crate::head::SignedHead {
			config: export.head.config.clone(),
			head: head.clone(),
			// Only the last head's signature is looked at: it covers these by their hashes.
			signature: export.head.signature,
		});
		for head in earlier.chain([export.head.clone()]) {
			tx.execute("INSERT INTO heads (seq, head) VALUES (?1, ?2)", params![head.head.seq, head.encode()])?;
		}
		if export.head.config.owner == memory.keys.account() {
			restore(&tx, export)?;
		}
		memory.rewritten(&tx)?;
		tx.commit()?;
		memory.stale = true;
		Ok(state.index.present())
	}

	/// Checks everything on disk against the last head: pages, manifest, tree, keys.
	pub fn check(&self) -> Result<()> {
		let inner = self.lock();
		let sound: String = inner.db.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
		if sound != "ok" {
			return Err(Error::Damaged(format!(
				"SQLite finds the file damaged: {sound}: restore it from an export and a kit"
			)));
		}
		drop(inner);
		let (head, manifest): (_, Option<Vec<u8>>) = {
			let mut inner = self.lock();
			inner.memory.stale = true;
			let (tx, memory) = inner.read()?;
			(memory.head.clone(), get(&tx, "manifest")?)
		};
		if let (Some(head), Some(manifest)) = (head, manifest) {
			let (sealed, _) = SealedManifest::read(&manifest)?;
			let inner = self.lock();
			let manifest = sealed.open(head.config.space, head.head.seq, Some(inner.memory.keys.box_secret()))?;
			let pages: usize = inner.db.query_row("SELECT count(*) FROM pages", [], |row| row.get(0))?;
			if manifest.pages.len() != pages {
				return Err(Error::Damaged(format!(
					"{pages} of {} pages are there: restore the space",
					manifest.pages.len()
				)));
			}
		}
		Ok(())
	}
}
