//! Headers of a Substrate chain, as far as receipts need them.

use crate::{Authorities, Error, Hash32};
use alloc::vec::Vec;
use assay_primitives::hash::blake2_256;
use codec::{Decode, DecodeAll, Encode};

/// Engine id of GRANDPA in digests.
const GRANDPA: [u8; 4] = *b"FRNK";
/// Engine id under which the runtime puts the root of the mountain range into digests.
const MMR: [u8; 4] = *b"BEEF";
/// Index of `ScheduledChange` among GRANDPA's logs.
const SCHEDULED_CHANGE: u8 = 1;
/// Index of `ForcedChange`.
const FORCED_CHANGE: u8 = 2;
/// Index of `MmrRoot` among the logs under [`MMR`].
const MMR_ROOT: u8 = 3;

/// Number and hash of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct BlockRef {
	/// Number.
	pub number: u32,
	/// Hash of the header.
	pub hash: Hash32,
}

/// A header.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Header {
	/// Hash of the parent's header.
	pub parent_hash: Hash32,
	/// Number.
	#[codec(compact)]
	pub number: u32,
	/// Root of the state after the block.
	pub state_root: Hash32,
	/// Root over the block's extrinsics.
	pub extrinsics_root: Hash32,
	/// Messages of the consensus engines and the runtime about the block.
	pub digest: Vec<DigestItem>,
}

/// An item of a digest.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum DigestItem {
	/// Without a meaning that is agreed upon.
	#[codec(index = 0)]
	Other(Vec<u8>),
	/// From the runtime to an engine.
	#[codec(index = 4)]
	Consensus([u8; 4], Vec<u8>),
	/// The author's signature.
	#[codec(index = 5)]
	Seal([u8; 4], Vec<u8>),
	/// From an engine to the runtime.
	#[codec(index = 6)]
	PreRuntime([u8; 4], Vec<u8>),
	/// The code or the heap pages were changed.
	#[codec(index = 8)]
	RuntimeEnvironmentUpdated,
}

impl Header {
	/// Hash of the header, by which the block is known.
	pub fn hash(&self) -> Hash32 {
		blake2_256(&self.encode())
	}

	/// Number and hash.
	pub fn block(&self) -> BlockRef {
		BlockRef { number: self.number, hash: self.hash() }
	}

	/// Messages of the runtime to an engine.
	fn logs(&self, engine: [u8; 4]) -> impl Iterator<Item = &[u8]> {
		self.digest.iter().filter_map(move |item| match item {
			DigestItem::Consensus(id, log) if *id == engine => Some(log.as_slice()),
			_ => None,
		})
	}

	/// The root of the mountain range, if the digest names exactly one.
	pub(crate) fn mmr_root(&self) -> Option<Hash32> {
		let mut roots = self.logs(MMR).filter_map(|log| match log.split_first() {
			Some((&MMR_ROOT, root)) => Some(root),
			_ => None,
		});
		let root = roots.next()?;
		if roots.next().is_some() {
			return None;
		}
		root.try_into().ok()
	}

	/// The authority set that takes over after this block, if it changes. A change with a delay, a forced one, or several are refused:
	/// the chain makes none, and who would be the next to finalize is not to be seen from the header.
	pub fn next_authorities(&self) -> Result<Option<Authorities>, Error> {
		let refused = || Error::UnknownChange { number: self.number };
		let mut next = None;
		for log in self.logs(GRANDPA) {
			match log.split_first() {
				Some((&SCHEDULED_CHANGE, mut change)) => {
					let (authorities, delay) = <(Authorities, u32)>::decode_all(&mut change).map_err(|_| refused())?;
					if delay != 0 || next.replace(authorities).is_some() {
						return Err(refused());
					}
				}
				Some((&FORCED_CHANGE, _)) => return Err(refused()),
				// Disabled voters, pause and resume change no set.
				_ => (),
			}
		}
		Ok(next)
	}
}
