//! The blocks that the caller trusts.

use crate::{Authorities, BlockRef, Error, Hash32};
use codec::{Decode, Encode};

/// A finalized block, known from a source that the caller trusts.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Checkpoint {
	/// The genesis block, by its hash. A receipt from it brings a proof of who its validators are and how long their bonds stay.
	#[codec(index = 0)]
	Genesis(Hash32),
	/// A later block, with its validators; [`crate::Verified::next`] is one.
	#[codec(index = 1)]
	Block(TrustedBlock),
}

/// A finalized block and who finalizes what follows it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct TrustedBlock {
	/// Genesis block of the chain: claims are bound to it.
	pub genesis: Hash32,
	/// The block.
	pub block: BlockRef,
	/// Number of the GRANDPA authority set after the block.
	pub set_id: u64,
	/// That set.
	pub authorities: Authorities,
	/// Blocks for which a validator's bond stays with the chain after it has left, fixed in the genesis block.
	pub unbonding: u32,
}

/// The age that a checkpoint may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
	/// As old as the chain keeps bonds, when its best block is `now`: whoever signed for an older block can't be held to it any more, and
	/// may sign anything, at no cost. The number is for the caller to know, from a source other than the one that the receipt comes
	/// from: a light client, or the clock. A chain with a slot every 2 s has at most one block for every 2 s since its genesis, and to
	/// take that number is to err on the safe side. If the receipt's head is above `now`, the head counts.
	Bonded {
		/// Number of the chain's best block.
		now: u32,
	},
	/// Of any age: the caller takes the checkpoint's validators to be honest although nothing holds them to it any more.
	Any,
}

impl Age {
	/// Refuses a checkpoint whose validators are not bound to it any more when the chain has come to `head`.
	pub(crate) fn check(self, checkpoint: u32, unbonding: u32, head: u32) -> Result<(), Error> {
		let Age::Bonded { now } = self else { return Ok(()) };
		let age = now.max(head).saturating_sub(checkpoint);
		if age > unbonding {
			return Err(Error::CheckpointTooOld { age, limit: unbonding });
		}
		Ok(())
	}
}
