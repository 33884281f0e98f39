//! Commits: pages, a manifest, a signed head.

use super::{load::Memory, need, random, set, Rights};
use crate::{
	constants::{PAGE_BYTES, PAGE_RECORDS, SMALL_PAGES},
	head::{Account, BlobRef, BoxKey, Head, Signed, SignedHead},
	page::{open_page, seal_page, Entry, Key, Manifest, PageRef, SealedManifest},
	Result,
};
use assay_primitives::ContentId;
use codec::Encode;
use rusqlite::{params, Connection};

/// A page on disk, without its bytes.
struct Row {
	first: u64,
	last: u64,
	records: u32,
	key: Key,
	blob: BlobRef,
}

impl Row {
	fn is_small(&self) -> bool {
		(self.records as usize) < PAGE_RECORDS / 2 && (self.blob.size as usize) < PAGE_BYTES / 2
	}
}

fn rows(db: &Connection) -> Result<Vec<Row>> {
	let mut pages = db.prepare("SELECT first, last, records, key, id, length(bytes) FROM pages ORDER BY first")?;
	let row = |row: &rusqlite::Row| {
		let blob = BlobRef { id: ContentId(row.get(4)?), size: row.get(5)? };
		Ok(Row { first: row.get(0)?, last: row.get(1)?, records: row.get(2)?, key: row.get(3)?, blob })
	};
	let pages = pages.query_map([], row)?;
	Ok(pages.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn read_page(db: &Connection, first: u64) -> Result<Vec<Entry>> {
	let (key, bytes): (Key, Vec<u8>) =
		db.query_row("SELECT key, bytes FROM pages WHERE first = ?1", [first], |row| Ok((row.get(0)?, row.get(1)?)))?;
	open_page(&key, &bytes)
}

/// Pages of these records, each under a key of its own.
pub(super) fn write_pages(db: &Connection, entries: Vec<Entry>) -> Result<()> {
	let mut page: Vec<Entry> = Vec::new();
	let mut bytes = 0;
	let write = |page: &mut Vec<Entry>| {
		let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(()) };
		let key: Key = random()?;
		let sealed = seal_page(&key, page);
		db.execute(
			"INSERT INTO pages (first, last, records, key, id, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
			params![first.index, last.index, page.len() as u32, key, ContentId::of(&sealed).0, sealed],
		)?;
		page.clear();
		Result::Ok(())
	};
	for entry in entries {
		if page.len() == PAGE_RECORDS || (bytes + entry.size() > PAGE_BYTES && !page.is_empty()) {
			write(&mut page)?;
			bytes = 0;
		}
		bytes += entry.size();
		page.push(entry);
	}
	write(&mut page)
}

/// Makes one page of neighbours that are small, where there are more than [`SMALL_PAGES`].
fn merge(db: &Connection) -> Result<()> {
	let rows = rows(db)?;
	if rows.iter().filter(|row| row.is_small()).count() <= SMALL_PAGES {
		return Ok(());
	}
	for run in rows.chunk_by(|left, right| left.is_small() && right.is_small()).filter(|run| run.len() > 1) {
		let mut entries = Vec::new();
		for row in run {
			entries.extend(read_page(db, row.first)?);
			db.execute("DELETE FROM pages WHERE first = ?1", [row.first])?;
		}
		write_pages(db, entries)?;
	}
	Ok(())
}

/// This machine's box key and those of all others who read.
pub(super) fn readers(db: &Connection, memory: &Memory) -> Result<Vec<(Account, BoxKey)>> {
	let mut readers =
		db.prepare("SELECT account, box_key FROM readers WHERE revoked_at_seq IS NULL ORDER BY account")?;
	let readers = readers.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
	let mut all = vec![(memory.keys.account(), memory.keys.box_key())];
	all.extend(readers.collect::<rusqlite::Result<Vec<_>>>()?);
	Ok(all)
}

impl Memory {
	/// Signs a head over everything that is in memory. The caller ends the transaction with [`Memory::settle`].
	pub(super) fn commit(&mut self, db: &Connection) -> Result<()> {
		let config = self.may(Rights::APPEND)?.clone();
		let committed = self.committed();
		self.stale = true;
		let new = (committed..self.index.len()).filter_map(|index| {
			Some(Entry { index, record: self.index.get(index)?.clone(), vector: self.index.vector(index).to_vec() })
		});
		write_pages(db, new.collect())?;
		if self.may(Rights::EDIT).is_ok() {
			merge(db)?;
		}
		db.execute("DELETE FROM log", [])?;
		set(db, "log key", &random::<32>()?)?;

		let page =
			|row: Row| PageRef { blob: row.blob, key: row.key, first: row.first, last: row.last, records: row.records };
		let pages = rows(db)?.into_iter().map(page).collect();
		let seq = self.head.as_ref().map_or(1, |head| head.head.seq + 1);
		let manifest = Manifest { pages };
		let sealed = match config.public {
			true => SealedManifest::Public(manifest),
			false => SealedManifest::seal(&manifest, &random()?, config.space, seq, &readers(db, self)?)?,
		}
		.to_blob(config.space);
		set(db, "manifest", &sealed)?;
		let head = Head {
			seq,
			root: self.tree.root(),
			records: self.index.len(),
			manifest: BlobRef { id: ContentId::of(&sealed), size: sealed.len() as u64 },
			epoch: need(db, "epoch")?,
			previous: self.head.as_ref().map(|head| head.head.hash()).unwrap_or_default(),
			by: self.keys.account(),
		};
		let signature = match config.owner == head.by {
			true => self.keys.sign(&SignedHead::message(&config, &head)),
			false => Signed::NONE,
		};
		let signed = SignedHead { config, head, signature };
		db.execute("INSERT INTO heads (seq, head) VALUES (?1, ?2)", params![seq, signed.encode()])?;
		self.head = Some(signed);
		Ok(())
	}
}
