//! The errors of the verifier: each names the part that does not hold.

use alloc::vec::Vec;

/// The reason for which a receipt is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
	/// Too long to look at.
	#[error("a receipt has at most {limit} bytes, this one has {bytes}: ask for one from a later checkpoint")]
	TooLarge {
		/// Its length.
		bytes: usize,
		/// Most bytes of a receipt.
		limit: usize,
	},
	/// It does not begin as receipts do.
	#[error("these bytes are not a receipt of a version that this verifier knows")]
	NotAReceipt,
	/// It is cut off, goes on after its end, or is not in the one encoding that its content has.
	#[error("the receipt is damaged: it is not the encoding of any receipt")]
	Malformed,
	/// It starts from another block than the one that the caller trusts.
	#[error("the receipt does not start from this checkpoint: ask for one that does")]
	OtherCheckpoint,
	/// The validators of the checkpoint are not bound to it any more.
	#[error(
		"the checkpoint is {age} blocks old, more than the {limit} for which its validators answer: take a later one, or accept its age"
	)]
	CheckpointTooOld {
		/// Age in blocks.
		age: u32,
		/// Blocks for which bonds stay.
		limit: u32,
	},
	/// The state of the genesis block does not say this.
	#[error("the validators of the genesis block and the time of their bonds are not proven: {0}")]
	Genesis(StateError),
	/// A set without a voter.
	#[error("authority set {set_id} cannot finalize anything")]
	NoVoters {
		/// Number of the set.
		set_id: u64,
	},
	/// A header of the receipt is not final.
	#[error("block {number} is not finalized by authority set {set_id}: {error}")]
	NotFinalized {
		/// Number of the header.
		number: u32,
		/// Number of the set that should have finalized it.
		set_id: u64,
		/// The reason.
		error: JustificationError,
	},
	/// The headers do not go up.
	#[error("block {number} is not above the checkpoint and the steps before it")]
	Order {
		/// Number of the header.
		number: u32,
	},
	/// The state before a header does not name this set.
	#[error("who finalizes block {number} is not proven: {error}")]
	Set {
		/// Number of the header.
		number: u32,
		/// The reason.
		error: StateError,
	},
	/// A skip to a set that does not come later.
	#[error("block {number} is skipped to, and its authority set {set_id} does not come after the one that is known")]
	SetOrder {
		/// Number of the header.
		number: u32,
		/// Number of its set.
		set_id: u64,
	},
	/// A skip over more time than bonds stay.
	#[error("block {number} is {blocks} blocks after the last block whose validators are known, more than the {limit} for which they answer")]
	TooFar {
		/// Number of the header.
		number: u32,
		/// Blocks that are skipped.
		blocks: u32,
		/// Blocks for which bonds stay.
		limit: u32,
	},
	/// A skip that too few of those voted for who are known.
	#[error("of the validators that are known, no more than a third have voted for block {number}")]
	Overlap {
		/// Number of the header.
		number: u32,
	},
	/// A change that this verifier can't follow: delayed, forced, or damaged.
	#[error("block {number} changes the authority set in a way that cannot be followed: take a checkpoint after it")]
	UnknownChange {
		/// Number of the header.
		number: u32,
	},
	/// The head does not know of the claim's block.
	#[error(
		"the head of the receipt, block {head}, comes before the results of block {block} are in the mountain range"
	)]
	HeadTooEarly {
		/// Number of the claim's block.
		block: u32,
		/// Number of the head.
		head: u32,
	},
	/// The head's digest has no root of a mountain range, or several.
	#[error("block {head} does not name one root of the mountain range")]
	NoMmrRoot {
		/// Number of the head.
		head: u32,
	},
	/// The claim is not among the results that the receipt names.
	#[error("the claim is not among the results that the receipt names")]
	Results,
	/// The results or their block are not what the head's mountain range holds.
	#[error("the mountain range of block {head} does not hold these results of this block")]
	Mmr {
		/// Number of the head.
		head: u32,
	},
	/// The head's state does not say this.
	#[error("the value is not proven: {0}")]
	State(StateError),
	/// The claim contradicts itself.
	#[error("the claim does not hold: {0}")]
	Claim(#[from] ClaimError),
}

/// The reason for which a justification does not finalize a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JustificationError {
	/// It is for another block.
	#[error("the justification is for another block")]
	OtherBlock,
	/// More votes or headers than a justification can need.
	#[error("the justification has more votes or headers than it can need")]
	TooLarge,
	/// A vote of somebody who is not in the set.
	#[error("somebody voted who is not in the set")]
	UnknownVoter,
	/// A signature does not hold.
	#[error("a signature does not hold")]
	Signature,
	/// The headers do not lead from the votes to the block, or there are some that are not needed.
	#[error("the headers do not lead from the votes to the block")]
	Ancestry,
	/// Not enough votes.
	#[error("not enough of the set voted for the block")]
	NotEnoughVotes,
}

/// The reason for which the state does not have a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateError {
	/// A node of the trie is missing, or is another one.
	#[error("a node of the state is missing")]
	MissingNode,
	/// A node that is none.
	#[error("a node of the state is damaged")]
	BadNode,
	/// There is nothing under the key.
	#[error("there is no value")]
	NoValue,
	/// Nodes that are not needed.
	#[error("there are nodes that are not needed")]
	UnusedNode,
	/// The value is of another kind.
	#[error("the value is not what is under this key")]
	BadValue,
	/// It is not the state before the block.
	#[error("the state is not the one before the block")]
	OtherBlock,
}

/// The ways in which a claim contradicts itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimError {
	/// The result hash is not that of this chain, engine, model, input and output.
	#[error("its result hash is another one's")]
	ResultHash,
	/// An output without bytes, or a failure with some.
	#[error("its output does not fit its verdict")]
	Output,
	/// Fewer votes than decide, or a threshold that is none.
	#[error("its votes do not decide")]
	Votes,
}

/// Nodes of a proof, in the order in which they are needed.
pub(crate) type Nodes = Vec<Vec<u8>>;
