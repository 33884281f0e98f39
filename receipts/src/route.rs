//! From a checkpoint to a finalized block: what every statement rests on.
//!
//! Each [`Step`] is a header with the votes that finalized it. Two kinds are taken:
//!
//! - The authority set that is known has finalized the header.
//! - **A skip.** A later set has, which the state before the header names; and of the weight of the set that is known, more than a third has
//!   voted for the header too, no more blocks after the one at which the set is known than bonds stay with the chain. If less than a third
//!   of that weight is dishonest, an honest validator has executed the header, so that what its state says is true.
//!
//! In both cases the header's digest says who finalizes what follows it.

use crate::{
	error::Error,
	finality::{Authorities, Justification, Voters},
	header::{BlockRef, Header},
	state::StateProof,
	Age, Checkpoint, StateError, TrustedBlock,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};

/// The way from a checkpoint to a finalized block.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Route {
	/// The block that it starts from.
	pub start: Start,
	/// Finalized blocks in between, in their order.
	pub steps: Vec<Step>,
	/// The block that it leads to.
	pub head: Step,
}

/// The block that a route starts from.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Start {
	/// The genesis block, with a proof of [what it says](crate::genesis_keys).
	#[codec(index = 0)]
	Genesis(StateProof),
	/// A later one, whose validators the caller knows.
	#[codec(index = 1)]
	Block(BlockRef),
}

/// A finalized block.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Step {
	/// For a skip: the block before it, and a proof of [who finalizes what follows that](crate::set_keys).
	pub set: Option<StateProof>,
	/// The block.
	pub block: Finalized,
}

/// A header and the votes that finalized it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Finalized {
	/// The header.
	pub header: Header,
	/// The votes.
	pub justification: Justification,
}

impl Route {
	/// Follows the route from a checkpoint. Returns the block that it starts from, and the one that it leads to, with who finalizes what
	/// follows it.
	pub(crate) fn follow(&self, checkpoint: &Checkpoint, age: Age) -> Result<(BlockRef, TrustedBlock), Error> {
		let mut trusted = self.start(checkpoint)?;
		let (start, unbonding) = (trusted.block, trusted.unbonding);
		age.check(start.number, unbonding, start.number)?;
		for step in self.steps.iter().chain([&self.head]) {
			trusted = trusted.step(step)?;
		}
		// Now the head's number is known to be true, and may say more of the checkpoint's age than the caller knew.
		age.check(start.number, unbonding, trusted.block.number)?;
		Ok((start, trusted))
	}

	/// The block that the route starts from, if the caller trusts it.
	fn start(&self, checkpoint: &Checkpoint) -> Result<TrustedBlock, Error> {
		match (&self.start, checkpoint) {
			(Start::Genesis(proof), Checkpoint::Genesis(genesis)) => {
				if proof.header.hash() != *genesis || proof.header.number != 0 {
					return Err(Error::OtherCheckpoint);
				}
				TrustedBlock::genesis(proof).map_err(Error::Genesis)
			}
			(Start::Block(start), Checkpoint::Block(trusted)) if *start == trusted.block => Ok(trusted.clone()),
			_ => Err(Error::OtherCheckpoint),
		}
	}
}

impl TrustedBlock {
	/// The genesis block of which this is the state.
	pub fn genesis(proof: &StateProof) -> Result<Self, StateError> {
		let (authorities, unbonding) = proof.genesis()?;
		let block = proof.header.block();
		Ok(TrustedBlock { genesis: block.hash, block, set_id: 0, authorities, unbonding })
	}

	/// Goes on to a finalized block.
	fn step(self, step: &Step) -> Result<Self, Error> {
		let TrustedBlock { genesis, block, set_id, authorities, unbonding } = self;
		let header = &step.block.header;
		let number = header.number;
		// It may be the same block once more: the head of the last receipt is the start of the next.
		if number < block.number || number == block.number && header.hash() != block.hash {
			return Err(Error::Order { number });
		}
		let known = Voters::new(&authorities).ok_or(Error::NoVoters { set_id })?;
		let (block, set_id, authorities) = match &step.set {
			None => (known.finalized(&step.block, set_id)?, set_id, authorities),
			Some(proof) => {
				let (later, later_id) = proof.before(header).map_err(|error| Error::Set { number, error })?;
				if later_id <= set_id {
					return Err(Error::SetOrder { number, set_id: later_id });
				}
				let blocks = number.saturating_sub(block.number);
				if blocks > unbonding {
					return Err(Error::TooFar { number, blocks, limit: unbonding });
				}
				if !known.overlaps(&step.block.justification) {
					return Err(Error::Overlap { number });
				}
				let voters = Voters::new(&later).ok_or(Error::NoVoters { set_id: later_id })?;
				(voters.finalized(&step.block, later_id)?, later_id, later)
			}
		};
		match header.next_authorities()? {
			Some(next) => {
				let set_id = set_id.checked_add(1).ok_or(Error::NoVoters { set_id })?;
				Ok(TrustedBlock { genesis, block, set_id, authorities: next, unbonding })
			}
			None => Ok(TrustedBlock { genesis, block, set_id, authorities, unbonding }),
		}
	}
}

impl StateProof {
	/// The validators that finalize a block, by the state before it.
	fn before(&self, header: &Header) -> Result<(Authorities, u64), StateError> {
		if self.header.hash() != header.parent_hash {
			return Err(StateError::OtherBlock);
		}
		self.set()
	}
}

impl Step {
	/// The next step from block `number`, after which `known` finalize, with its place in `ends`, for whoever has the chain and wants few
	/// steps. `ends` are the numbers of the last blocks of sets after that block, in their order; there is a next step if there is one of
	/// them. `load` gives the last block of a set, with a proof of the set where there is one; it is called so often as a bisection of the
	/// ends within the time of unbonding takes.
	pub fn next<E>(
		known: &Authorities,
		number: u32,
		unbonding: u32,
		ends: &[u32],
		mut load: impl FnMut(u32) -> Result<Step, E>,
	) -> Result<Option<(usize, Step)>, E> {
		let Some(first) = ends.first() else { return Ok(None) };
		let reach = ends.partition_point(|end| end.saturating_sub(number) <= unbonding);
		let skip = farthest(known, ends.get(..reach).unwrap_or_default(), &mut load)?;
		let (at, set, block) = match skip {
			Some((at, Step { set, block })) => (at, set, block),
			// The known set's own last block.
			None => (0, None, load(*first)?.block),
		};
		let later = set.as_ref().and_then(|proof| proof.set().ok());
		let justification = match &later {
			Some((later, _)) => block.justification.fewest(later, Some(known)),
			None => block.justification.fewest(known, None),
		};
		Ok(Some((at, Step { set, block: Finalized { justification, ..block } })))
	}

	/// The validators that finalize the blocks after this one, if they are another set from then on.
	pub fn next_authorities(&self) -> Option<Authorities> {
		self.block.header.next_authorities().ok().flatten()
	}
}

/// The farthest end after the first that can be skipped to, with its place. The overlap is taken to shrink as time goes on.
fn farthest<E>(
	known: &Authorities,
	ends: &[u32],
	mut load: impl FnMut(u32) -> Result<Step, E>,
) -> Result<Option<(usize, Step)>, E> {
	let Some(voters) = Voters::new(known) else { return Ok(None) };
	let (mut found, mut low, mut high) = (None, 0usize, ends.len());
	// The farthest one first: where sets change slowly, it is the one.
	let mut at = high.saturating_sub(1);
	while low < at && at < high {
		let Some(end) = ends.get(at) else { break };
		let step = load(*end)?;
		if step.set.is_some() && voters.overlaps(&step.block.justification) {
			(found, low) = (Some((at, step)), at);
		} else {
			high = at;
		}
		at = low.midpoint(high);
	}
	Ok(found)
}
