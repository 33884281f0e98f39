//! What the caller trusts.

use crate::{Authorities, BlockRef, Error, Hash32};
use codec::{Decode, Encode};

/// Blocks for which validators' bonds stay with the chain after they have left: a week. Whoever signed for an older block can't be held
/// to it any more, so its validators may sign anything, at no cost.
pub const UNBONDING_BLOCKS: u32 = 302_400;

/// A finalized block, known from a source that the caller trusts.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Checkpoint {
	/// The genesis block, by its hash. A receipt from it brings a proof of who its validators are.
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
}

/// How old a checkpoint may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
	/// At most so many blocks at block `now`. That is for the caller to know, from a source other than the one that the receipt comes
	/// from: a light client, or the clock. A chain with a slot every 2 s has at most one block for every 2 s since its genesis, and to
	/// take that number is to err on the safe side. If the receipt's head is above `now`, the head counts.
	AtMost {
		/// Blocks.
		blocks: u32,
		/// Number of the chain's best block.
		now: u32,
	},
	/// Of any age: the caller takes the checkpoint's validators to be honest although nothing holds them to it any more.
	Any,
}

impl Age {
	/// At most [`UNBONDING_BLOCKS`] at block `now`.
	pub const fn within_unbonding(now: u32) -> Self {
		Age::AtMost { blocks: UNBONDING_BLOCKS, now }
	}

	/// Refuses a checkpoint that is too old when the chain has come to `head`.
	pub(crate) fn check(self, checkpoint: u32, head: u32) -> Result<(), Error> {
		let Age::AtMost { blocks: limit, now } = self else { return Ok(()) };
		let age = now.max(head).saturating_sub(checkpoint);
		if age > limit {
			return Err(Error::CheckpointTooOld { age, limit });
		}
		Ok(())
	}
}
