//! The space's place on a chain: the commits that the chain has, and those that it is to have.

use super::{keys::Keys, load::Memory, need, set, Space};
use crate::{
	head::{BlobRef, Config, Head, SignedHead},
	page::SealedManifest,
	Error, Result,
};
use assay_primitives::{hash::Hash32, ContentId};
use codec::{Decode, Encode};
use rusqlite::OptionalExtension;

/// The space on a chain, and how far it has got there.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Anchor {
	/// Genesis block of the chain.
	pub genesis: Hash32,
	/// Number of the space there.
	pub space: u64,
	/// The last commit that a finalized block has; 0 for none.
	pub seq: u64,
}

/// The state that the chain is to have.
pub struct Committed {
	/// Configuration and last head.
	pub last: SignedHead,
	/// All heads from the first, the last among them.
	pub heads: Vec<Head>,
	/// Bytes of the manifest.
	pub manifest: Vec<u8>,
	/// The sealed pages.
	pub pages: Vec<(ContentId, Vec<u8>)>,
}

impl Space {
	/// The space on a chain, if it is on one.
	pub fn anchor(&self) -> Result<Option<Anchor>> {
		let mut inner = self.lock();
		let (_tx, memory) = inner.read()?;
		Ok(memory.anchor.clone())
	}

	/// Keeps how far the space has got on a chain. It stays on the chain and the number that it has.
	pub fn set_anchor(&self, anchor: &Anchor) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		let all = memory.head.as_ref().is_some_and(|head| head.head.seq <= anchor.seq);
		let known = memory.anchor.as_ref();
		if known.is_some_and(|known| (known.genesis, known.space) != (anchor.genesis, anchor.space)) {
			return Err(Error::Usage("the space is on another chain already: name that one".into()));
		}
		set(&tx, "anchor", anchor)?;
		memory.anchor = Some(anchor.clone());
		let forgotten = all && Keys::forget_before(&tx)?;
		tx.commit()?;
		drop(inner);
		match forgotten {
			true => self.scrub(),
			false => Ok(()),
		}
	}

	/// The seed of this machine's account in the space, which signs and pays on the chain.
	pub fn seed(&self) -> Result<[u8; 32]> {
		need(&self.lock().db, "seed")
	}

	/// The commit of this number that this machine knows.
	pub fn head_of(&self, seq: u64) -> Result<Option<Head>> {
		let mut inner = self.lock();
		let (tx, _) = inner.read()?;
		Ok(Memory::heads(&tx)?.into_iter().find(|head| head.seq == seq))
	}

	/// The pages of a state that is on the chain, each with its bytes where this machine has them.
	pub fn pages_of(&self, config: &Config, head: &Head, manifest: &[u8]) -> Result<Vec<(BlobRef, Option<Vec<u8>>)>> {
		let mut inner = self.lock();
		let (tx, memory) = inner.read()?;
		let (sealed, _) = SealedManifest::read(manifest)?;
		let pages = match (sealed.open(config.space, head.seq, Some(memory.keys.box_secret())), Keys::before(&tx)?) {
			(Err(Error::Forbidden(_)), Some(before)) => sealed.open(config.space, head.seq, Some(&before))?,
			(opened, _) => opened?,
		};
		let mut bytes = tx.prepare("SELECT bytes FROM pages WHERE id = ?1")?;
		let mut found = Vec::new();
		for page in pages.pages {
			found.push((page.blob, bytes.query_row([page.blob.id.0], |row| row.get(0)).optional()?));
		}
		Ok(found)
	}

	/// Signs another head over the same state: a commit on the chain has room for so many pages and no more.
	pub fn commit_again(&self) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		memory.commit(&tx)?;
		memory.settle(tx)
	}

	/// The state that the chain is to have. Commits first.
	pub fn committed(&self) -> Result<Committed> {
		self.commit()?;
		let mut inner = self.lock();
		let (tx, memory) = inner.read()?;
		let last = memory.last()?;
		let mut pages = tx.prepare("SELECT bytes FROM pages ORDER BY first")?;
		let pages = pages.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<Vec<u8>>>>()?;
		let pages = pages.into_iter().map(|bytes| (ContentId::of(&bytes), bytes)).collect();
		Ok(Committed { last, heads: Memory::heads(&tx)?, manifest: need(&tx, "manifest")?, pages })
	}
}
