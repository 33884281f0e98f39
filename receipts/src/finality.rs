//! GRANDPA: who finalized a block.
//!
//! As `sc-consensus-grandpa` verifies justifications, with what a stranger's bytes ask for in addition: signatures come before everything
//! that takes long, and the headers are checked to be a tree before the votes are counted on it.

use crate::{header::Header, route::Finalized, BlockRef, Error, Hash32, JustificationError};
use alloc::{collections::BTreeMap, collections::BTreeSet, vec::Vec};
use codec::{Decode, Encode};
use ed25519_zebra::VerificationKey;
use finality_grandpa::{voter_set::VoterSet, Chain, Message};

/// Most headers between the votes of a justification and its block. Honest voters vote at most for what is not finalized yet.
pub const MAX_ANCESTRY: usize = 4_096;

/// Public key of a GRANDPA voter.
pub type AuthorityId = [u8; 32];
/// Its signature.
pub type Signature = [u8; 64];
/// Voters of an authority set, with their weights.
pub type Authorities = Vec<(AuthorityId, u64)>;
/// A vote to finalize a block.
pub type Precommit = finality_grandpa::Precommit<Hash32, u32>;
/// The same, signed.
pub type SignedPrecommit = finality_grandpa::SignedPrecommit<Hash32, u32, Signature, AuthorityId>;
type Commit = finality_grandpa::Commit<Hash32, u32, Signature, AuthorityId>;

/// Votes that finalize a block, as nodes keep and send them.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Justification {
	/// Round of voting.
	pub round: u64,
	/// The block and the votes for it or for what follows it.
	pub commit: Commit,
	/// Headers from the blocks that were voted for down to the lowest of them, without that one.
	pub votes_ancestries: Vec<Header>,
}

impl Justification {
	/// The same with no more votes than `set` needs to finalize the block, and those of `known`, if there is one, to follow
	/// [a skip](crate::Step::set): the heaviest for the block itself, and those for later blocks only where these are not enough.
	/// The same as it is where they never are.
	pub fn fewest(&self, set: &Authorities, known: Option<&Authorities>) -> Self {
		let (Some(set), known) = (Voters::new(set), known.and_then(Voters::new)) else { return self.clone() };
		let weight = |vote: &SignedPrecommit| set.0.get(&vote.id).map_or(0, |voter| voter.weight().get());
		let (target, height) = (self.commit.target_hash, self.commit.target_number);
		let parents: BTreeMap<_, _> = self.votes_ancestries.iter().map(|header| (header.hash(), header)).collect();
		// Headers from a vote down to the block.
		let way = |vote: &SignedPrecommit| {
			let first = vote.precommit.target_hash;
			let parent = |hash: &Hash32| parents.get(hash).map(|header| header.parent_hash);
			let most = vote.precommit.target_number.saturating_sub(height) as usize;
			core::iter::successors(Some(first), parent)
				.take_while(|hash| *hash != target)
				.take(most)
				.collect::<Vec<_>>()
		};
		let mut votes: Vec<_> =
			self.commit.precommits.iter().filter(|vote| vote.precommit.target_number >= height).collect();
		votes.sort_by_key(|vote| (vote.precommit.target_number, core::cmp::Reverse(weight(vote))));
		let mut fewest = Justification { votes_ancestries: Vec::new(), ..self.clone() };
		fewest.commit.precommits.clear();
		let (mut who, mut needed, mut total) = (BTreeSet::new(), BTreeSet::new(), 0u64);
		for vote in votes {
			if total >= set.0.threshold().get() && known.as_ref().is_none_or(|known| known.overlaps(&fewest)) {
				break;
			}
			if who.insert(vote.id) {
				total = total.saturating_add(weight(vote));
				needed.extend(way(vote));
				fewest.commit.precommits.push(vote.clone());
			}
		}
		fewest.votes_ancestries =
			parents.into_iter().filter(|(hash, _)| needed.contains(hash)).map(|(_, h)| h.clone()).collect();
		fewest
	}
}

/// An authority set.
pub(crate) struct Voters(VoterSet<AuthorityId>);

impl Voters {
	/// `None` if nobody in the set has a weight.
	pub fn new(authorities: &Authorities) -> Option<Self> {
		VoterSet::new(authorities.iter().copied()).map(Voters)
	}

	/// The block, if this set, as number `set_id`, finalized it.
	pub fn finalized(&self, block: &Finalized, set_id: u64) -> Result<BlockRef, Error> {
		let target = block.header.block();
		self.check(&block.justification, &target, set_id).map_err(|error| Error::NotFinalized {
			number: target.number,
			set_id,
			error,
		})?;
		Ok(target)
	}

	/// True if more than a third of this set's weight is among those who have voted in a justification, which another
	/// set may have made. One of them at least is honest, where less than a third is not. Each counts once, with the
	/// weight that it has here.
	pub fn overlaps(&self, justification: &Justification) -> bool {
		let who: BTreeSet<_> = justification.commit.precommits.iter().map(|vote| &vote.id).collect();
		let weight: u128 =
			who.iter().filter_map(|id| self.0.get(id)).map(|voter| u128::from(voter.weight().get())).sum();
		weight.saturating_mul(3) > self.0.total_weight().get().into()
	}

	fn check(&self, justification: &Justification, target: &BlockRef, set_id: u64) -> Result<(), JustificationError> {
		let commit = &justification.commit;
		if (commit.target_number, commit.target_hash) != (target.number, target.hash) {
			return Err(JustificationError::OtherBlock);
		}
		// Whoever voted twice in a round is in it with both votes.
		let most = self.0.len().get().saturating_mul(2);
		if commit.precommits.len() > most || justification.votes_ancestries.len() > MAX_ANCESTRY {
			return Err(JustificationError::TooLarge);
		}
		// Every vote is for the block or for what follows it, so that whoever is in the commit has voted for it.
		if lowest(commit).is_some_and(|vote| vote.target_hash != target.hash) {
			return Err(JustificationError::Ancestry);
		}
		for vote in &commit.precommits {
			if !self.0.contains(&vote.id) {
				return Err(JustificationError::UnknownVoter);
			}
			if !is_signed(vote, justification.round, set_id) {
				return Err(JustificationError::Signature);
			}
		}
		let tree = Tree::of(justification)?;
		match finality_grandpa::validate_commit(commit, &self.0, &tree) {
			Ok(result) if result.is_valid() => Ok(()),
			Ok(_) | Err(_) => Err(JustificationError::NotEnoughVotes),
		}
	}
}

/// The vote for the lowest block.
fn lowest(commit: &Commit) -> Option<&Precommit> {
	commit.precommits.iter().map(|vote| &vote.precommit).min_by_key(|vote| vote.target_number)
}

fn is_signed(vote: &SignedPrecommit, round: u64, set_id: u64) -> bool {
	let message = (Message::Precommit(vote.precommit.clone()), round, set_id).encode();
	VerificationKey::try_from(vote.id).is_ok_and(|key| key.verify(&vote.signature.into(), &message).is_ok())
}

/// The blocks that were voted for, down to the lowest of them.
struct Tree {
	parents: BTreeMap<Hash32, Hash32>,
}

impl Tree {
	/// Checks that every vote has a way down to the lowest one, with numbers that go down by one, and that no header lies beside.
	fn of(justification: &Justification) -> Result<Self, JustificationError> {
		let votes = || justification.commit.precommits.iter().map(|vote| &vote.precommit);
		let base = lowest(&justification.commit).ok_or(JustificationError::NotEnoughVotes)?;
		let headers: BTreeMap<Hash32, &Header> =
			justification.votes_ancestries.iter().map(|header| (header.hash(), header)).collect();
		let mut seen = BTreeSet::new();
		for vote in votes() {
			let (mut hash, mut number) = (vote.target_hash, vote.target_number);
			while hash != base.target_hash {
				let header = headers.get(&hash).ok_or(JustificationError::Ancestry)?;
				if header.number != number {
					return Err(JustificationError::Ancestry);
				}
				if !seen.insert(hash) {
					// From here down it was checked for another vote.
					number = base.target_number;
					break;
				}
				hash = header.parent_hash;
				number = number.checked_sub(1).ok_or(JustificationError::Ancestry)?;
			}
			if number != base.target_number {
				return Err(JustificationError::Ancestry);
			}
		}
		if seen.len() != justification.votes_ancestries.len() {
			return Err(JustificationError::Ancestry);
		}
		Ok(Tree { parents: headers.into_iter().map(|(hash, header)| (hash, header.parent_hash)).collect() })
	}
}

impl Chain<Hash32, u32> for Tree {
	fn ancestry(&self, base: Hash32, block: Hash32) -> Result<Vec<Hash32>, finality_grandpa::Error> {
		let mut route = Vec::new();
		let mut hash = block;
		while hash != base {
			hash = *self.parents.get(&hash).ok_or(finality_grandpa::Error::NotDescendent)?;
			route.push(hash);
		}
		route.pop();
		Ok(route)
	}
}
