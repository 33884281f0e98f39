//! Skips over authority sets: what is taken, and what an adversary could try.

mod common;

use assay_receipts::{
	set_keys, verify_decoded, Age, Checkpoint, DigestItem, Error, Finalized, Header, JustificationError, Receipt,
	StateError, StateProof, Step, TrustedBlock,
};
use codec::Encode;
use common::{authorities, finalized, keys, overlapping, state, Chain, SESSION};
use ed25519_zebra::SigningKey;

/// A receipt of block 1 over some steps.
fn receipt(chain: &Chain, steps: Vec<Step>, head: Step) -> Receipt {
	let mut receipt = chain.receipt(1, 0, head.block.header.number);
	(receipt.route.steps, receipt.route.head) = (steps, head);
	receipt
}

fn check(chain: &Chain, steps: Vec<Step>, head: Step) -> Result<TrustedBlock, Error> {
	verify_decoded(receipt(chain, steps, head), &chain.checkpoint(), Age::Any).map(|found| found.next)
}

#[test]
fn a_skip_leads_to_a_later_set() {
	let chain = overlapping();
	// From the first set, of which four are in the second and two in the third, over the last block of a set.
	assert_eq!(check(&chain, vec![chain.skip(10)], chain.step(12)), Ok(chain.trusted(12)));
	// To a block within a set, and as the head.
	assert_eq!(check(&chain, vec![], chain.skip(8)), Ok(chain.trusted(8)));
	assert_eq!(check(&chain, vec![chain.skip(8), chain.skip(14)], chain.step(15)), Ok(chain.trusted(15)));
	// The set ends with the block that names the next one: its own last block is no block of the next set.
	assert_eq!(check(&chain, vec![], chain.skip(10)), Ok(chain.trusted(10)));
	assert_eq!(check(&chain, vec![chain.skip(10)], chain.skip(20)), Ok(chain.trusted(20)));
}

#[test]
fn no_more_than_a_third_is_no_overlap() {
	let chain = overlapping();
	// Two of six.
	assert_eq!(check(&chain, vec![], chain.skip(11)), Err(Error::Overlap { number: 11 }));
	assert_eq!(check(&chain, vec![], chain.skip(18)), Err(Error::Overlap { number: 18 }));
	// Four of six are in the second set, of whom two have voted, and the two who are new.
	let mut skip = chain.skip(8);
	skip.block.justification.commit.precommits.drain(..2);
	assert_eq!(check(&chain, vec![], skip.clone()), Err(Error::Overlap { number: 8 }));
	// The same vote twice is one vote.
	let votes = &mut skip.block.justification.commit.precommits;
	votes.push(votes[0].clone());
	assert_eq!(check(&chain, vec![], skip), Err(Error::Overlap { number: 8 }));
}

#[test]
fn the_overlap_counts_by_the_weights_of_the_set_that_is_known() {
	let chain = overlapping();
	let check = |weights: [u64; 6], number| {
		let mut trusted = chain.trusted(1);
		trusted.authorities.iter_mut().zip(weights).for_each(|((_, weight), new)| *weight = new);
		let mut receipt = chain.receipt_from(1, 1, 0, number);
		(receipt.route.steps, receipt.route.head) = (vec![], chain.skip(number));
		verify_decoded(receipt, &Checkpoint::Block(trusted), Age::Any).map(|_| ())
	};
	// The last two of the first set are in the third.
	assert_eq!(check([1, 1, 1, 1, 1, 2], 12), Ok(()));
	assert_eq!(check([2, 2, 2, 2, 2, 2], 12), Err(Error::Overlap { number: 12 }));
	assert_eq!(check([9, 1, 1, 1, 1, 1], 8), Err(Error::Overlap { number: 8 }));
	assert_eq!(check([u64::MAX / 9; 6], 8), Ok(()));
}

#[test]
fn a_skip_takes_the_votes_that_the_later_set_needs() {
	let chain = overlapping();
	let mut skip = chain.skip(8);
	skip.block.justification.commit.precommits.truncate(4);
	let error = check(&chain, vec![], skip.clone()).unwrap_err();
	assert_eq!(error, Error::NotFinalized { number: 8, set_id: 1, error: JustificationError::NotEnoughVotes });
	// Votes of those who have left do not help, and are no votes of the later set.
	let gone: Vec<_> = keys(0, 2).iter().map(|key| chain.vote(key, chain.headers[8].block(), 1)).collect();
	skip.block.justification.commit.precommits.extend(gone);
	let error = check(&chain, vec![], skip).unwrap_err();
	assert_eq!(error, Error::NotFinalized { number: 8, set_id: 1, error: JustificationError::UnknownVoter });
}

#[test]
fn a_skip_is_no_longer_than_bonds_stay() {
	let mut chain = Chain::new(6);
	let claim = chain.claim(0);
	chain.block(vec![claim], Some(keys(1, 6)));
	chain.blocks(30);
	assert!(check(&chain, vec![], chain.skip(20)).is_ok());
	assert_eq!(check(&chain, vec![], chain.skip(21)), Err(Error::TooFar { number: 21, blocks: 21, limit: 20 }));
	// Whoever is known to finalize block 10 may be skipped from for 20 blocks more.
	assert!(check(&chain, vec![chain.skip(10)], chain.step(30)).is_ok());
	// The set that is known has no such bound: while it finalizes, it has not left.
	assert!(check(&chain, vec![chain.step(1)], chain.step(30)).is_ok());
}

#[test]
fn sets_and_blocks_go_up() {
	let chain = overlapping();
	let error = check(&chain, vec![chain.skip(8)], chain.skip(9)).unwrap_err();
	assert_eq!(error, Error::SetOrder { number: 9, set_id: 1 });
	assert_eq!(check(&chain, vec![], chain.skip(4)), Err(Error::SetOrder { number: 4, set_id: 0 }));
	assert_eq!(check(&chain, vec![chain.skip(10)], chain.skip(8)), Err(Error::Order { number: 8 }));
}

#[test]
fn the_set_is_the_one_that_the_state_before_the_block_names() {
	let chain = overlapping();
	let refused = |change: &dyn Fn(&mut StateProof)| {
		let mut skip = chain.skip(8);
		change(skip.set.as_mut().unwrap());
		match check(&chain, vec![], skip).unwrap_err() {
			Error::Set { number: 8, error } => error,
			other => panic!("refused for something else: {other}"),
		}
	};
	// Of another block, also where that one's state is the same.
	assert_eq!(refused(&|proof| proof.header = chain.headers[6].clone()), StateError::OtherBlock);
	assert_eq!(refused(&|proof| proof.header.state_root[0] ^= 1), StateError::OtherBlock);
	// Another set, another number, nothing.
	let other = state(&authorities(&keys(90, 6)), 1, SESSION);
	assert_eq!(refused(&|proof| proof.nodes = other.nodes(&set_keys())), StateError::MissingNode);
	let other = state(&authorities(&keys(2, 6)), 2, SESSION);
	assert_eq!(refused(&|proof| proof.nodes = other.nodes(&set_keys())), StateError::MissingNode);
	assert_eq!(refused(&|proof| proof.nodes.clear()), StateError::MissingNode);
	assert_eq!(refused(&|proof| proof.nodes.push(vec![0])), StateError::UnusedNode);
	// The state after the block that ends a set names the next one, which has not finalized that block.
	let mut skip = chain.skip(10);
	let before = skip.set.as_ref().unwrap().header.clone();
	assert_eq!(before.number, 9);
	skip.set.as_mut().unwrap().header = chain.headers[10].clone();
	assert_eq!(check(&chain, vec![], skip), Err(Error::Set { number: 10, error: StateError::OtherBlock }));
}

#[test]
fn a_state_without_a_set_or_with_something_else_for_it_is_refused() {
	let chain = overlapping();
	let refused = |values: Vec<(Vec<u8>, Vec<u8>)>| {
		let state = common::trie::Trie::new(values);
		let parent = Header { state_root: state.root(), ..chain.headers[7].clone() };
		let header = Header { parent_hash: parent.hash(), ..chain.headers[8].clone() };
		let step = Step { set: Some(state.proof(parent, &set_keys())), block: finalized(header, &keys(2, 6), 1) };
		let mut receipt = chain.receipt(1, 0, 8);
		(receipt.route.steps, receipt.route.head) = (vec![], step);
		verify_decoded(receipt, &chain.checkpoint(), Age::Any).unwrap_err()
	};
	let [set, id] = set_keys();
	let list = authorities(&keys(2, 6)).encode();
	let error = |error| Error::Set { number: 8, error };
	assert_eq!(refused(vec![(set.clone(), list.clone()), (vec![1], vec![2])]), error(StateError::NoValue));
	assert_eq!(refused(vec![(id.clone(), 1u64.encode()), (vec![1], vec![2])]), error(StateError::NoValue));
	assert_eq!(refused(vec![(set.clone(), list.clone()), (id.clone(), 1u32.encode())]), error(StateError::BadValue));
	assert_eq!(refused(vec![(set, vec![9]), (id, 1u64.encode())]), error(StateError::BadValue));
}

/// A history that others than the chain's validators have made: one more block after `parent`, whose state names whom they like.
fn forged(parent: Header, set: &[SigningKey], set_id: u64, votes: &[SigningKey], root: [u8; 32]) -> Step {
	let state = state(&authorities(set), set_id, SESSION);
	let parent = Header { number: parent.number - 1, state_root: state.root(), ..parent };
	let digest = vec![DigestItem::Consensus(*b"BEEF", (3u8, root).encode())];
	let header =
		Header { parent_hash: parent.hash(), number: parent.number + 1, state_root: [1; 32], digest, ..parent.clone() };
	Step { set: Some(state.proof(parent, &set_keys())), block: finalized(header, votes, set_id) }
}

#[test]
fn those_who_have_left_cannot_write_another_history_for_whoever_knows_a_later_set() {
	let chain = overlapping();
	// All validators of the first set have left after block 15, and have their bonds back after block 35. They sign that they never left.
	let first = keys(0, 6);
	let forge = |number, set: &[SigningKey], set_id, votes: &[SigningKey]| {
		let parent = Header { number, ..chain.headers[5].clone() };
		let mut receipt = chain.receipt(1, 0, 12);
		receipt.mmr = vec![];
		receipt.route.steps = vec![];
		receipt.route.head = forged(parent, set, set_id, votes, [9; 32]);
		receipt
	};
	// Somebody who has nothing but the genesis hash, and takes it of any age, cannot know better: only the results are missing.
	let whole = verify_decoded(forge(20, &first, 1, &first), &chain.checkpoint(), Age::Any).unwrap_err();
	assert_eq!(whole, Error::Mmr { head: 20 });
	// By the age of the genesis block it is refused.
	let now = Age::Bonded { now: 35 };
	let error = verify_decoded(forge(20, &first, 1, &first), &chain.checkpoint(), now).unwrap_err();
	assert_eq!(error, Error::CheckpointTooOld { age: 35, limit: 20 });
	// A checkpoint that was published at block 18 refuses it, whatever they write, and takes what the chain has made.
	let published = Checkpoint::Block(chain.trusted(18));
	let true_one = chain.receipt_from(18, 1, 0, 22);
	assert!(verify_decoded(true_one, &published, now).is_ok());
	for (set, set_id) in [(keys(0, 6), 4u64), (keys(6, 6), 4), (keys(0, 12), 9), (keys(6, 6), 3)] {
		let mut receipt = forge(20, &set, set_id, &first);
		receipt.route.start = chain.start(18);
		let refused = verify_decoded(receipt, &published, now).unwrap_err();
		let expected = match set_id {
			3 => Error::SetOrder { number: 20, set_id: 3 },
			_ => Error::Overlap { number: 20 },
		};
		assert_eq!(refused, expected);
	}
	// Nor do they get in with a plain step.
	let mut receipt = forge(20, &first, 3, &first);
	(receipt.route.start, receipt.route.head.set) = (chain.start(18), None);
	let refused = verify_decoded(receipt, &published, now).unwrap_err();
	assert!(matches!(refused, Error::NotFinalized { set_id: 3, error: JustificationError::UnknownVoter, .. }));
}

#[test]
fn a_third_with_keys_of_their_own_is_refused_and_more_than_a_third_is_what_the_proof_rests_on() {
	let chain = overlapping();
	// Two of the six make up a set of themselves and strangers.
	let two = [keys(0, 2), keys(70, 4)].concat();
	let three = [keys(0, 3), keys(70, 3)].concat();
	let check = |set: &[SigningKey]| {
		let mut receipt = chain.receipt(1, 0, 8);
		receipt.route.steps = vec![];
		receipt.route.head = forged(Header { number: 8, ..chain.headers[8].clone() }, set, 5, set, [9; 32]);
		verify_decoded(receipt, &chain.checkpoint(), Age::Any).unwrap_err()
	};
	assert_eq!(check(&two), Error::Overlap { number: 8 });
	assert_eq!(check(&three), Error::Mmr { head: 8 }, "the bound is a third");
	// Under a number after which there is none.
	let mut last = forged(Header { number: 8, ..chain.headers[8].clone() }, &three, u64::MAX, &three, [9; 32]);
	let change = DigestItem::Consensus(*b"FRNK", (1u8, authorities(&three), 0u32).encode());
	last.block.header.digest.push(change);
	let header = last.block.header.clone();
	last.block = finalized(header, &three, u64::MAX);
	let mut receipt = chain.receipt(1, 0, 8);
	(receipt.route.steps, receipt.route.head) = (vec![], last);
	let error = verify_decoded(receipt, &chain.checkpoint(), Age::Any).unwrap_err();
	assert_eq!(error, Error::NoVoters { set_id: u64::MAX });
}

#[test]
fn the_fewest_votes_are_enough_and_one_less_is_not() {
	let chain = overlapping();
	let known = chain.trusted(1).authorities;
	let set = chain.trusted(8).authorities;
	let skip = |justification| Step { block: Finalized { justification, ..chain.skip(8).block }, ..chain.skip(8) };
	let all = chain.skip(8).block.justification;
	let fewest = all.fewest(&set, Some(&known));
	assert_eq!(fewest.commit.precommits.len(), 5);
	assert!(check(&chain, vec![], skip(fewest.clone())).is_ok());
	for index in 0..5 {
		let mut less = fewest.clone();
		less.commit.precommits.remove(index);
		assert!(check(&chain, vec![], skip(less)).is_err());
	}
	// Votes for later blocks come last, with their headers, and those below the block or without a way to it do not come at all.
	let (set_id, keys) = chain.set_for(8);
	let vote = |voter: usize, block: usize| chain.vote(&keys[voter], chain.headers[block].block(), set_id);
	let mut mixed = all.clone();
	mixed.commit.precommits = vec![vote(0, 9), vote(1, 10), vote(2, 8), vote(3, 8), vote(4, 8), vote(5, 7), vote(2, 9)];
	mixed.votes_ancestries = [8, 9, 10].map(|block| chain.headers[block].clone()).to_vec();
	let fewest = mixed.fewest(&set, Some(&known));
	assert_eq!(fewest.commit.precommits.len(), 5);
	assert_eq!(fewest.votes_ancestries.len(), 2);
	assert!(check(&chain, vec![], skip(fewest)).is_ok());
}
