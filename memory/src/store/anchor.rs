//! Which commits the chain has.

use super::{get, need, set, Space};
use crate::{
	head::{Head, SignedHead},
	Error, Result,
};
use assay_primitives::{hash::Hash32, ContentId};
use codec::{Decode, Encode};

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

/// What the chain is to have.
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
		get(&self.lock().db, "anchor")
	}

	/// Keeps how far the space has got on a chain. It stays on the chain and the number that it has.
	pub fn set_anchor(&self, anchor: &Anchor) -> Result<()> {
		let mut inner = self.lock();
		let (tx, _) = inner.write()?;
		let known: Option<Anchor> = get(&tx, "anchor")?;
		if known.is_some_and(|known| (known.genesis, known.space) != (anchor.genesis, anchor.space)) {
			return Err(Error::Usage("the space is on another chain already: name that one".into()));
		}
		set(&tx, "anchor", anchor)?;
		tx.commit()?;
		Ok(())
	}

	/// The seed of this machine's account in the space, which signs and pays on the chain.
	pub fn seed(&self) -> Result<[u8; 32]> {
		need(&self.lock().db, "seed")
	}

	/// Signs another head over the same state: a commit on the chain has room for so many pages and no more.
	pub fn commit_again(&self) -> Result<()> {
		let mut inner = self.lock();
		let (tx, memory) = inner.write()?;
		memory.commit(&tx)?;
		memory.settle(tx)
	}

	/// What the chain is to have. Commits first.
	pub fn committed(&self) -> Result<Committed> {
		let export = self.export()?;
		let mut heads = export.earlier;
		heads.push(export.head.head.clone());
		let pages = export.pages.into_iter().map(|bytes| (ContentId::of(&bytes), bytes)).collect();
		Ok(Committed { last: export.head, heads, manifest: export.manifest, pages })
	}
}
