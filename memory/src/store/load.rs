//! The part of a space that is in memory, and the way there from the disk.

use super::{get, keys::log_row, keys::Keys, need, Anchor, Rights};
use crate::{
	head::{Config, Head, SignedHead},
	index::Index,
	page::{open, open_page, Entry, Key},
	tree::{gone, leaf, Tree},
	Error, Result,
};
use codec::DecodeAll;
use rusqlite::{Connection, OptionalExtension};

pub(super) struct Memory {
	pub(super) keys: Keys,
	pub(super) config: Option<Config>,
	pub(super) head: Option<SignedHead>,
	/// The space on the chain.
	pub(super) anchor: Option<Anchor>,
	/// Rights that the chain gives this machine's account, if it is not the owner.
	pub(super) granted: Rights,
	pub(super) index: Index,
	pub(super) tree: Tree,
	/// True if memory may differ from the disk.
	pub(super) stale: bool,
	/// Number of times that records were taken out or replaced, when this was read.
	pub(super) rewrites: u64,
	/// SQLite's word on whether another process has written.
	version: i64,
}

impl Memory {
	pub(super) fn new(keys: Keys) -> Self {
		let (index, tree) = Default::default();
		let granted = Rights(0);
		Memory {
			keys,
			config: None,
			head: None,
			anchor: None,
			granted,
			index,
			tree,
			stale: true,
			rewrites: 0,
			version: 0,
		}
	}

	/// Records that the head is over.
	pub(super) fn committed(&self) -> u64 {
		self.head.as_ref().map_or(0, |head| head.head.records)
	}

	/// Records that are not committed.
	pub(super) fn pending(&self) -> u64 {
		self.index.len() - self.committed()
	}

	pub(super) fn push(&mut self, entry: Entry) {
		self.tree.set(entry.index, leaf(entry.index, &entry.record));
		self.index.push(Some(entry.record), &entry.vector);
	}

	/// Takes over what is on disk and not here.
	pub(super) fn refresh(&mut self, db: &Connection) -> Result<()> {
		let version = db.pragma_query_value(None, "data_version", |row| row.get(0))?;
		if !self.stale && version == self.version {
			return Ok(());
		}
		let rewrites = need(db, "rewrites")?;
		let anew = self.stale || rewrites != self.rewrites;
		self.stale = true;
		if anew {
			self.keys = Keys::load(db)?;
			self.config = get(db, "config")?;
			self.index = Index::new(self.config.as_ref().map_or(0, Config::dimensions));
			self.tree = Tree::default();
		}
		let head: Option<Vec<u8>> =
			db.query_row("SELECT head FROM heads ORDER BY seq DESC LIMIT 1", [], |row| row.get(0)).optional()?;
		self.head = head.map(|head| decode(&head, "head")).transpose()?;
		self.anchor = get(db, "anchor")?;
		self.granted = Rights(get(db, "granted")?.unwrap_or_default());
		self.load_pages(db)?;
		if anew && self.index.len() == self.committed() {
			if let Some(head) = self.head.as_ref().filter(|head| head.head.root != self.tree.root()) {
				return Err(Error::Damaged(format!(
					"the records on disk are not those of commit {}: restore the space from an export and a kit",
					head.head.seq
				)));
			}
		}
		self.load_log(db)?;
		self.rewrites = rewrites;
		self.version = version;
		self.stale = false;
		Ok(())
	}

	/// The last commit that the chain has, as far as this machine knows.
	pub(super) fn final_head(&self, db: &Connection) -> Result<Option<SignedHead>> {
		let seq = self.anchor.as_ref().map_or(0, |anchor| anchor.seq);
		let head: Option<Vec<u8>> =
			db.query_row("SELECT head FROM heads WHERE seq = ?1", [seq], |row| row.get(0)).optional()?;
		head.map(|head| decode(&head, "head")).transpose()
	}

	fn load_pages(&mut self, db: &Connection) -> Result<()> {
		let mut pages = db.prepare("SELECT key, bytes FROM pages WHERE last >= ?1 ORDER BY first")?;
		let mut rows = pages.query([self.index.len()])?;
		while let Some(row) = rows.next()? {
			let (key, bytes): (Key, Vec<u8>) = (row.get(0)?, row.get(1)?);
			for entry in open_page(&key, &bytes)? {
				if entry.index >= self.index.len() {
					self.skip(entry.index);
					self.push(entry);
				}
			}
		}
		self.skip(self.committed());
		Ok(())
	}

	/// Records that no page has any more were deleted.
	fn skip(&mut self, until: u64) {
		while self.index.len() < until {
			self.tree.set(self.index.len(), gone(self.index.len()));
			self.index.push(None, &[]);
		}
	}

	fn load_log(&mut self, db: &Connection) -> Result<()> {
		let log_key: Key = need(db, "log key")?;
		let mut log = db.prepare("SELECT salt, sealed FROM log ORDER BY row")?;
		let mut rows = log.query([])?;
		while let Some(row) = rows.next()? {
			let (salt, sealed): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
			let entry: Entry = decode(&open(&log_row(&log_key, &salt), &sealed, b"assay/memory/log")?, "log")?;
			if entry.index == self.index.len() {
				self.push(entry);
			}
		}
		Ok(())
	}

	/// All heads.
	pub(super) fn heads(db: &Connection) -> Result<Vec<Head>> {
		let mut heads = db.prepare("SELECT head FROM heads ORDER BY seq")?;
		let heads = heads.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
		heads.map(|head| Ok(decode::<SignedHead>(&head?, "head")?.head)).collect()
	}
}

pub(super) fn decode<T: codec::Decode>(mut bytes: &[u8], what: &str) -> Result<T> {
	let decoded = T::decode_all(&mut bytes);
	decoded.map_err(|_| {
		Error::Damaged(format!("a {what} on disk does not decode: restore the space from an export and a kit"))
	})
}
