//! Deletions, and how far each has got.

use super::{
	commit::{read_page, write_pages},
	get,
	keys::Keys,
	load::Memory,
	need, now, set, Recovery, Rights, Space, View,
};
use crate::{head::Account, record::Id, tree::gone, Error, Result};
use rusqlite::{params, Connection, OptionalExtension};
use std::collections::BTreeSet;

/// The reach of a deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
	/// The keys of the old pages are destroyed on this machine. Whoever kept an old manifest and a key to it can still read.
	Keys,
	/// No key that exists opens an old manifest: everybody who could read has another box key since.
	Forward,
}

/// The reach of a deletion, and the readers that it waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deletion {
	/// The memories that are gone.
	pub ids: Vec<Id>,
	/// The commit that left them out.
	pub seq: u64,
	/// The time of the deletion, in milliseconds since 1970.
	pub at: u64,
	/// Its reach so far.
	pub reach: Reach,
	/// Readers who still have the box key that they had then.
	pub waits_for: Vec<Account>,
	/// A kit that was exported before it, and not again since, opens old exports.
	pub kit: bool,
	/// The box key follows from the seed, so that it is never another.
	pub seed: bool,
	/// The space came to this machine from a kit since: the machine before may have its keys, and readers who were revoked are not known.
	pub restored: bool,
	/// The chain has not the commit yet, and until then this machine keeps the box key of before: others may still seal to it.
	pub waiting: bool,
	/// Everybody may read the space.
	pub public: bool,
}

impl Space {
	/// Deletes memories, all versions of each. `choose` sees the state and names them. Gives none where it names none.
	pub fn delete(&self, choose: impl FnOnce(View) -> Result<Vec<Id>>) -> Result<Option<Deletion>> {
		let deletion = {
			let mut inner = self.lock();
			let (tx, memory) = inner.write()?;
			memory.may(Rights::EDIT)?;
			let ids: BTreeSet<Id> = choose(memory.view())?.into_iter().collect();
			let indices: BTreeSet<u64> = ids.iter().flat_map(|id| memory.index.versions(id)).collect();
			let (Some(first), false) = (indices.first().copied(), ids.is_empty()) else { return Ok(None) };
			if memory.pending() > 0 {
				memory.commit(&tx)?;
			}
			let oldest = memory.index.get(first).map_or(0, |record| record.seq);
			memory.take_out(&tx, &indices)?;
			let (seq, epoch) = (memory.view().seq, need::<u32>(&tx, "epoch")? + 1);
			set(&tx, "epoch", &epoch)?;
			let kit =
				memory.keys.recovery == Recovery::File && get(&tx, "kit epoch")?.is_some_and(|at: u32| at < epoch);
			// Whoever else deletes keeps its box key, which the owner seals to.
			if memory.owned().is_ok() {
				memory.keys.rotate(&tx, memory.anchor.is_some())?;
			}
			let at = now();
			for id in &ids {
				tx.execute(
					"INSERT INTO deletions (id, seq, epoch, at, oldest_seq, kit) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
					params![id.0, seq, epoch, at, oldest, kit],
				)?;
			}
			memory.commit(&tx)?;
			let deletion = report(&tx, memory, &ids.into_iter().next().map_or([0; 16], |id| id.0))?;
			memory.rewritten(&tx)?;
			memory.settle(tx)?;
			deletion
		};
		self.scrub()?;
		Ok(deletion)
	}

	/// The progress of a memory's deletion.
	pub fn deletion(&self, id: &Id) -> Result<Option<Deletion>> {
		let mut inner = self.lock();
		let (tx, memory) = inner.read()?;
		report(&tx, memory, &id.0)
	}

	/// Nothing that was overwritten stays in the write-ahead log.
	pub(super) fn scrub(&self) -> Result<()> {
		let inner = self.lock();
		let busy: bool = inner.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
		if busy {
			return Err(Error::storage(
				self.path.display(),
				"another process reads the space, and old pages stay in its write-ahead log: stop it, and run `assay memory commit`",
			));
		}
		Ok(())
	}
}

impl Memory {
	/// Has other processes read everything again.
	pub(super) fn rewritten(&mut self, db: &Connection) -> Result<()> {
		self.rewrites = need::<u64>(db, "rewrites")? + 1;
		set(db, "rewrites", &self.rewrites)
	}

	pub(super) fn take_out(&mut self, db: &Connection, indices: &BTreeSet<u64>) -> Result<()> {
		self.stale = true;
		let mut firsts = db.prepare("SELECT first FROM pages WHERE last >= ?1 AND first <= ?2 ORDER BY first")?;
		let bounds = params![indices.first().copied().unwrap_or(0), indices.last().copied().unwrap_or(0)];
		let firsts: Vec<u64> = firsts.query_map(bounds, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
		for first in firsts {
			let mut entries = read_page(db, first)?;
			let before = entries.len();
			entries.retain(|entry| !indices.contains(&entry.index));
			if entries.len() < before {
				db.execute("DELETE FROM pages WHERE first = ?1", [first])?;
				write_pages(db, entries)?;
			}
		}
		for index in indices {
			self.tree.set(*index, gone(*index));
		}
		self.index.remove(&indices.iter().copied().collect::<Vec<_>>());
		Ok(())
	}
}

fn report(db: &Connection, memory: &Memory, id: &[u8; 16]) -> Result<Option<Deletion>> {
	type Row = (u64, u32, u64, u64, bool);
	let row: Option<Row> = db
		.query_row(
			"SELECT seq, epoch, at, oldest_seq, kit FROM deletions WHERE id = ?1 ORDER BY seq DESC",
			[id],
			|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
		)
		.optional()?;
	let Some((seq, epoch, at, oldest, kit)) = row else { return Ok(None) };
	let mut ids = db.prepare("SELECT id FROM deletions WHERE seq = ?1 ORDER BY id")?;
	let ids = ids.query_map([seq], |row| Ok(Id(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
	let mut waits = db.prepare(
		"SELECT account FROM readers WHERE key_epoch < ?1 AND (revoked_at_seq IS NULL OR revoked_at_seq >= ?2) ORDER BY account",
	)?;
	let waits_for: Vec<Account> =
		waits.query_map(params![epoch, oldest], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
	let kit = kit && get(db, "kit epoch")?.is_none_or(|at: u32| at < epoch);
	let seed = memory.keys.recovery == Recovery::Seed;
	let public = memory.config.as_ref().is_some_and(|config| config.public);
	let restored = get(db, "restored")?.is_some_and(|seq: u64| oldest <= seq);
	let waiting = Keys::before(db)?.is_some();
	let reach = match waits_for.is_empty() && !waiting && !kit && !seed && !public && !restored {
		true => Reach::Forward,
		false => Reach::Keys,
	};
	Ok(Some(Deletion { ids, seq, at, reach, waits_for, kit, seed, restored, waiting, public }))
}
