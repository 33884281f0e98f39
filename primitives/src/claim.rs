//! The chain's claim about a final request, and the place where blocks leave it for receipts.

use crate::{constants::ASSURED_WINDOW, h, ContentId, EngineId, Hash32, ModelId, Power, RequestId, RoundId, Verdict};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;

/// The way in which a result is verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Verification {
	/// A committee runs the model again, bit for bit.
	#[codec(index = 0)]
	ReExecution,
}

/// The time for which the agreement of a committee may be disputed before it is final. A longer window is the larger one.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Window {
	/// For so many blocks.
	#[codec(index = 0)]
	Blocks(u32),
	/// Until validators with more than a third of the set have made blocks in it, and for [`ASSURED_WINDOW`] blocks at least.
	#[codec(index = 1)]
	Assured,
}

impl fmt::Display for Window {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Window::Blocks(blocks) => write!(f, "{blocks} blocks"),
			Window::Assured => {
				write!(f, "{ASSURED_WINDOW} blocks, and until more than a third of the validators have made blocks")
			}
		}
	}
}

/// The outcome of a round, and the votes that decided it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Decision {
	/// The round.
	pub round: RoundId,
	/// The verdict.
	pub verdict: Verdict,
	/// Equal votes.
	pub votes: u32,
	/// Members of the round.
	pub k: u32,
	/// Equal votes that decide; 0 where all validators were asked, whose voting power decides.
	pub q: u32,
	/// Validators of the session.
	pub v: u32,
	/// True if all validators were asked.
	pub escalated: bool,
	/// Auditors that were expected beside the members.
	pub audits: u32,
	/// Auditors that cast the same vote.
	pub auditors: u32,
	/// Voting power of the members that cast the vote, and of the auditors that cast the same.
	pub power: Power,
	/// Voting power of the validators of the session. More than two thirds of it decide where all were asked.
	pub total: Power,
	/// The window in which the agreement could be disputed, without the blocks by which it was longer; `Blocks(0)` if all were asked.
	pub window: Window,
}

/// The chain's claim about a final request; the leaf of a receipt.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Claim {
	/// The request.
	pub request: RequestId,
	/// The model.
	pub model: ModelId,
	/// The engine.
	pub engine: EngineId,
	/// The way in which the result was verified.
	pub verification: Verification,
	/// Id of the input bundle.
	pub input: ContentId,
	/// Id of the output bundle; none for a failure.
	pub output: Option<ContentId>,
	/// The decision of the round, with the votes behind it.
	pub decision: Decision,
}

impl Claim {
	/// Leaf of the tree over the results of a block.
	pub fn leaf(&self) -> Hash32 {
		h("assay/claim", self)
	}

	/// Key under which a block leaves the `index`th of its claims in the offchain database of each node that executes it. Blocks on
	/// different forks do not meet: it depends on the block's parent.
	pub fn offchain_key(parent: &Hash32, index: u32) -> Vec<u8> {
		("assay/claims", parent, index).encode()
	}
}
