//! Commits of others, and own writes on top of them.

use super::{commit::write_pages, keys::Keys, load::Memory, log_entry, need, random, set, Anchor, Rights, Space};
use crate::{
	head::{Account, Head, Signed, SignedHead},
	index::Index,
	page::{has_room, Entry, Export, SealedManifest, State},
	record::Id,
	tree::{gone, leaf, Tree},
	Error, Result,
};
use codec::Encode;
use rusqlite::{params, Connection};
use std::collections::BTreeSet;

/// A state of the space as the chain has it.
pub struct Fetched {
	/// The space on the chain, with the number of this commit.
	pub anchor: Anchor,
	/// The commit, its manifest and its pages. The head may go without a signature, and the ones before it are not looked at.
	pub state: Export,
	/// True if the writer of the commit may change and delete records of others.
	pub by_editor: bool,
	/// Rights that the chain gives this machine's account, if it is not the owner.
	pub granted: Rights,
	/// Accounts that have a grant.
	pub readers: Vec<Account>,
	/// The epoch that the next commit has at least.
	pub epoch: u32,
}

/// The result of taking in a commit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Taken {
	/// Own writes that are on top of it now.
	pub own: u64,
	/// The part of the commit that its writer may not do: the owner's next commit is without it.
	pub undone: Option<String>,
}

/// The state that own writes go on top of.
struct Ground {
	head: SignedHead,
	index: Index,
	tree: Tree,
}

impl Space {
	/// Takes in a commit that this machine has not made, and puts on top of it what was written here since the last one that both have. Refuses a
	/// commit that does what its writer may not, unless this machine is the owner's, which undoes that.
	pub fn take(&self, fetched: &Fetched) -> Result<Taken> {
		let taken = {
			let mut inner = self.lock();
			let (tx, memory) = inner.write()?;
			let taken = memory.take(&tx, fetched)?;
			memory.settle(tx)?;
			taken
		};
		self.scrub()?;
		Ok(taken)
	}

	/// Has the owner's next commit follow one that nobody can open, with the records that are here and none of its own.
	pub fn take_over(&self, anchor: &Anchor, head: &Head, epoch: u32) -> Result<()> {
		has_room(head.records)?;
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		let config = memory.owned()?.clone();
		let (below, since) = memory.final_head(&tx)?.map_or((0, 0), |last| (last.head.records, last.head.seq));
		if head.seq <= since || head.records < below {
			return Err(Error::NotVerified(format!(
				"commit {} on the chain does not follow commit {since}: ask another node",
				head.seq
			)));
		}
		let own = memory.above(below, &BTreeSet::new());
		let head = SignedHead { config, head: head.clone(), signature: Signed::NONE };
		let ground = memory.ground(head, |memory, index| (index < below).then_some(&memory.index));
		set(&tx, "epoch", &need::<u32>(&tx, "epoch")?.max(ground.head.head.epoch).max(epoch))?;
		tx.execute("UPDATE deletions SET seq = ?1 WHERE seq > ?2", params![anchor.seq + 1, since])?;
		memory.lay_anew(&tx, ground)?;
		set(&tx, "anchor", anchor)?;
		memory.anchor = Some(anchor.clone());
		memory.put_on(&tx, own)?;
		memory.commit(&tx)?;
		memory.rewritten(&tx)?;
		memory.settle(tx)
	}

	/// Commits under a later epoch what the chain has not. Commits of before a revocation are made again, as one.
	pub fn raise_epoch(&self, epoch: u32) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		if need::<u32>(&tx, "epoch")? < epoch {
			set(&tx, "epoch", &epoch)?;
		}
		let last = memory.final_head(&tx)?;
		let behind =
			Memory::heads(&tx)?.into_iter().filter(|head| head.seq > last.as_ref().map_or(0, |last| last.head.seq));
		let outdated = behind.into_iter().any(|head| head.epoch < epoch);
		if let (true, Some(head)) = (outdated, last) {
			let own = memory.above(head.head.records, &BTreeSet::new());
			let ground = memory.ground(head, |memory, _| Some(&memory.index));
			memory.lay_anew(&tx, ground)?;
			memory.put_on(&tx, own)?;
			memory.commit(&tx)?;
			memory.rewritten(&tx)?;
		}
		memory.settle(tx)
	}

	/// Sets the rights that the chain gives this machine's account, if it is not the owner.
	pub fn set_granted(&self, rights: Rights) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		set(&tx, "granted", &rights.0)?;
		memory.granted = rights;
		tx.commit()?;
		Ok(())
	}
}

impl Ground {
	fn push(&mut self, entry: Option<(crate::record::Record, &[i8])>) {
		let index = self.index.len();
		match entry {
			Some((record, vector)) => {
				self.tree.set(index, leaf(index, &record));
				self.index.push(Some(record), vector);
			}
			None => {
				self.tree.set(index, gone(index));
				self.index.push(None, &[]);
			}
		}
	}
}

impl Memory {
	fn take(&mut self, db: &Connection, fetched: &Fetched) -> Result<Taken> {
		let signed = &fetched.state.head;
		if self.config.as_ref().is_some_and(|own| *own != signed.config) {
			return Err(Error::NotVerified(
				"the space on the chain has another owner, or other rules, than the one here".into(),
			));
		}
		let last = self.final_head(db)?;
		if let Some(last) = last.as_ref().filter(|last| last.head.seq >= signed.head.seq && last.head != signed.head) {
			return Err(Error::NotVerified(format!(
				"this machine knows commit {} of the chain, and what came now is commit {}: the node is behind, or lies",
				last.head.seq, signed.head.seq
			)));
		}
		let state = match (fetched.state.contents(Some(self.keys.box_secret())), Keys::before(db)?) {
			// The writer of the commit has not seen the box key that this machine has since a deletion.
			(Err(Error::Forbidden(_)), Some(before)) => fetched.state.contents(Some(&before))?,
			(state, _) => state?,
		};
		let owner = signed.config.owner == self.keys.account();
		let (below, since) = last.map_or((0, 0), |last| (last.head.records, last.head.seq));
		let deleted = deleted_since(db, since)?;
		let fault = self.fault(below, &state, &deleted, fetched.by_editor);
		if let (Some(fault), false) = (&fault, owner) {
			return Err(Error::NotVerified(format!(
				"commit {} {fault}: the owner's next commit undoes it",
				signed.head.seq
			)));
		}
		let abandoned = self.head.as_ref().is_some_and(|head| head.head.seq > since);
		let salts: BTreeSet<[u8; 16]> = state.index.records().map(|(_, record)| record.salt).collect();
		let own = self.above(below, &salts);
		let taken = Taken { own: own.len() as u64, undone: fault };

		self.config = Some(signed.config.clone());
		set(db, "config", &signed.config)?;
		set(db, "epoch", &need::<u32>(db, "epoch")?.max(signed.head.epoch).max(fetched.epoch))?;
		set(db, "granted", &fetched.granted.0)?;
		self.granted = fetched.granted;
		let mut head = signed.clone();
		head.signature = match owner && taken.undone.is_none() {
			true => self.keys.sign(&SignedHead::message(&head.config, &head.head)),
			false => Signed::NONE,
		};
		match &taken.undone {
			None => self.lay(db, head, &fetched.state, state)?,
			Some(_) => {
				let ground = self.without_faults(below, head, &state);
				self.lay_anew(db, ground)?;
			}
		}
		if !owner {
			self.take_readers(db, fetched)?;
		}
		set(db, "anchor", &fetched.anchor)?;
		self.anchor = Some(fetched.anchor.clone());
		let gone: BTreeSet<u64> = deleted.iter().flat_map(|id| self.index.versions(id)).collect();
		if !gone.is_empty() {
			self.take_out(db, &gone)?;
		}
		db.execute("UPDATE deletions SET seq = ?1 WHERE seq > ?2", params![signed.head.seq + 1, since])?;
		self.put_on(db, own)?;
		if abandoned || !gone.is_empty() || taken.undone.is_some() {
			self.commit(db)?;
		}
		self.rewritten(db)?;
		Ok(taken)
	}

	/// The fault of a commit: a change that its writer may not make. `below` records are known to be as they are, but
	/// for those that were deleted here.
	fn fault(&self, below: u64, state: &State, deleted: &BTreeSet<Id>, by_editor: bool) -> Option<String> {
		if state.index.len() < below {
			return Some("has fewer records than the one before".into());
		}
		for index in 0..below {
			let there = state.index.get(index);
			match (self.index.get(index), there) {
				(Some(_), Some(_)) if self.tree.leaf(index) != state.tree.leaf(index) => {
					return Some(format!("rewrites record {index}"));
				}
				(Some(_), None) if !by_editor => {
					return Some(format!("leaves out record {index}, which its writer may not"))
				}
				(None, Some(there)) if !deleted.contains(&there.id) => {
					return Some(format!("brings record {index} back"))
				}
				_ => {}
			}
		}
		let mut added = (below..state.index.len()).filter_map(|index| Some((index, state.index.get(index)?)));
		added.find(|(_, record)| !by_editor && self.replaces(below, record)).map(|(index, _)| {
			format!("has a record {index} that takes the place of another's, which its writer may not")
		})
	}

	/// True if a record takes the place of one of the first `below`.
	fn replaces(&self, below: u64, record: &crate::record::Record) -> bool {
		let there = |id: &Id| self.index.versions(id).first().is_some_and(|index| *index < below);
		there(&record.id) || record.supersedes.as_ref().is_some_and(there)
	}

	/// The state of a commit with the records that were there before as they were, and of the new ones those that take nobody's place.
	fn without_faults<'a>(&'a self, below: u64, head: SignedHead, state: &'a State) -> Ground {
		self.ground(head, |memory, index| {
			let stays = |record| !memory.replaces(below, record);
			match index < below {
				true => Some(&memory.index),
				false => state.index.get(index).is_some_and(stays).then_some(&state.index),
			}
		})
	}

	/// As many records as a head has, each from the index that is named for it.
	fn ground<'a>(&'a self, head: SignedHead, source: impl Fn(&'a Self, u64) -> Option<&'a Index>) -> Ground {
		let records = head.head.records;
		let mut ground = Ground { index: Index::new(head.config.dimensions()), tree: Tree::default(), head };
		for index in 0..records {
			let found = source(self, index).and_then(|source| Some((source.get(index)?.clone(), source.vector(index))));
			ground.push(found);
		}
		ground
	}

	/// Own records that the chain has not, which may have come back from there.
	fn above(&self, below: u64, there: &BTreeSet<[u8; 16]>) -> Vec<Entry> {
		let entry = |index| {
			let record = self.index.get(index).filter(|record| !there.contains(&record.salt))?.clone();
			Some(Entry { index, record, vector: self.index.vector(index).to_vec() })
		};
		(below..self.index.len()).filter_map(entry).collect()
	}

	/// Takes a state with its pages as they are.
	fn lay(&mut self, db: &Connection, head: SignedHead, export: &Export, state: State) -> Result<()> {
		self.stand_on(db, &head)?;
		set(db, "manifest", &export.manifest)?;
		for (page, bytes) in state.manifest.pages.iter().zip(&export.pages) {
			db.execute(
				"INSERT INTO pages (first, last, records, key, id, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
				params![page.first, page.last, page.records, page.key, page.blob.id.0, bytes],
			)?;
		}
		(self.head, self.index, self.tree) = (Some(head), state.index, state.tree);
		Ok(())
	}

	/// Takes a state of which there are no pages yet. A commit has to follow.
	fn lay_anew(&mut self, db: &Connection, ground: Ground) -> Result<()> {
		self.stand_on(db, &ground.head)?;
		let Ground { head, index, tree } = ground;
		let entry = |(at, record): (u64, &crate::record::Record)| Entry {
			index: at,
			record: record.clone(),
			vector: index.vector(at).to_vec(),
		};
		write_pages(db, index.records().map(entry).collect())?;
		(self.head, self.index, self.tree) = (Some(head), index, tree);
		Ok(())
	}

	/// From now on the last commit is this one, and nothing is on top of it.
	fn stand_on(&mut self, db: &Connection, head: &SignedHead) -> Result<()> {
		self.stale = true;
		db.execute("DELETE FROM heads WHERE seq >= ?1", [head.head.seq])?;
		// Commits that this machine has made and the chain does not have are made again.
		let since = self.anchor.as_ref().map_or(0, |anchor| anchor.seq);
		db.execute("DELETE FROM heads WHERE seq > ?1", [since])?;
		db.execute("INSERT INTO heads (seq, head) VALUES (?1, ?2)", params![head.head.seq, head.encode()])?;
		db.execute("DELETE FROM pages", [])?;
		db.execute("DELETE FROM log", [])?;
		set(db, "log key", &random::<32>()?)
	}

	/// Puts own records on top, where they are the newest.
	fn put_on(&mut self, db: &Connection, own: Vec<Entry>) -> Result<()> {
		let seq = self.view().seq;
		for mut entry in own {
			entry.index = self.index.len();
			entry.record.seq = seq;
			let versions = self.index.versions(&entry.record.id);
			let newest = versions.last().and_then(|index| self.index.get(*index)).map_or(0, |record| record.version);
			entry.record.version = entry.record.version.max(newest + 1);
			log_entry(db, &entry)?;
			self.push(entry);
		}
		Ok(())
	}

	/// Takes the readers of the next manifests of a machine that is not the owner's: those of the last one, as far as
	/// the chain lets them.
	fn take_readers(&self, db: &Connection, fetched: &Fetched) -> Result<()> {
		db.execute("DELETE FROM readers", [])?;
		let (sealed, _) = SealedManifest::read(&fetched.state.manifest)?;
		let SealedManifest::Private { envelopes, .. } = sealed else { return Ok(()) };
		let (own, owner) = (self.keys.account(), fetched.state.head.config.owner);
		let reads = |reader: &Account| *reader != own && (*reader == owner || fetched.readers.contains(reader));
		for envelope in envelopes.iter().filter(|envelope| reads(&envelope.reader)) {
			db.execute(
				"INSERT OR REPLACE INTO readers (account, box_key, key_epoch) VALUES (?1, ?2, ?3)",
				params![envelope.reader, envelope.box_key, fetched.state.head.head.epoch],
			)?;
		}
		Ok(())
	}
}

/// Memories that were deleted here after a commit.
fn deleted_since(db: &Connection, seq: u64) -> Result<BTreeSet<Id>> {
	let mut ids = db.prepare("SELECT id FROM deletions WHERE seq > ?1")?;
	let ids = ids.query_map([seq], |row| Ok(Id(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
	Ok(ids)
}
