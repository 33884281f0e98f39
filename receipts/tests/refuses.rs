//! Receipts that do not hold, and the error of each.

mod common;

use assay_primitives::{Claim, ContentId, Decision, FailReason, Verdict};
use assay_receipts::{
	verify, verify_decoded, Age, Checkpoint, ClaimError, DigestItem, Error, Header, JustificationError, Receipt, Start,
	StateError, MAGIC, MAX_RECEIPT_BYTES,
};
use codec::Encode;
use common::{authorities, example, keys, Chain};

fn refused(receipt: Receipt, checkpoint: &Checkpoint) -> Error {
	verify_decoded(receipt, checkpoint, Age::Any).unwrap_err()
}

/// The receipt of the example chain's block 5, changed.
fn changed(change: impl FnOnce(&Chain, &mut Receipt)) -> Error {
	let chain = example();
	let mut receipt = chain.receipt(5, 1, 35);
	change(&chain, &mut receipt);
	refused(receipt, &chain.checkpoint())
}

fn not_finalized(error: Error) -> JustificationError {
	match error {
		Error::NotFinalized { error, .. } => error,
		other => panic!("refused for something else: {other}"),
	}
}

#[test]
fn bytes_that_are_no_receipt_are_refused() {
	let chain = example();
	let bytes = chain.receipt(5, 0, 12).to_bytes();
	let checkpoint = chain.checkpoint();
	let error = |bytes: &[u8]| verify(bytes, &checkpoint, Age::Any).unwrap_err();
	assert_eq!(error(&[]), Error::NotAReceipt);
	assert_eq!(error(&bytes[4..]), Error::NotAReceipt);
	assert_eq!(error(&[b"asr2", &bytes[4..]].concat()), Error::NotAReceipt);
	assert_eq!(error(&MAGIC), Error::Malformed);
	assert_eq!(error(&bytes[..bytes.len() - 1]), Error::Malformed);
	assert_eq!(error(&[&bytes[..], &[0]].concat()), Error::Malformed);
	let long = vec![0; MAX_RECEIPT_BYTES + 1];
	assert_eq!(error(&long), Error::TooLarge { bytes: long.len(), limit: MAX_RECEIPT_BYTES });
}

#[test]
fn more_siblings_or_items_than_a_tree_has_are_refused_at_once() {
	let chain = example();
	for change in
		[|r: &mut Receipt| r.results.siblings = vec![[0; 32]; 33], |r: &mut Receipt| r.mmr = vec![[0; 32]; 65]]
	{
		let mut receipt = chain.receipt(5, 0, 12);
		change(&mut receipt);
		assert_eq!(verify(&receipt.to_bytes(), &chain.checkpoint(), Age::Any), Err(Error::Malformed));
	}
}

#[test]
fn a_receipt_of_another_chain_or_checkpoint_is_refused() {
	let (chain, other) = (example(), Chain::new(5));
	assert_eq!(refused(chain.receipt(5, 0, 12), &other.checkpoint()), Error::OtherCheckpoint);
	let later = Checkpoint::Block(chain.trusted(11));
	assert_eq!(refused(chain.receipt(5, 0, 12), &later), Error::OtherCheckpoint);
	assert_eq!(refused(chain.receipt_from(11, 5, 0, 12), &chain.checkpoint()), Error::OtherCheckpoint);
	assert_eq!(refused(chain.receipt_from(12, 5, 0, 14), &later), Error::OtherCheckpoint);
}

#[test]
fn the_genesis_block_names_its_validators_itself() {
	assert_eq!(changed(|_, receipt| genesis(receipt).nodes[1] = authorities(&keys(50, 4)).encode()), missing());
	assert_eq!(changed(|_, receipt| drop(genesis(receipt).nodes.pop())), missing());
	let unused = changed(|_, receipt| genesis(receipt).nodes.push(vec![0]));
	assert_eq!(unused, Error::Genesis(StateError::UnusedNode));
	let other = changed(|chain, receipt| genesis(receipt).header = chain.headers[1].clone());
	assert_eq!(other, Error::OtherCheckpoint);
	// A block that is not the genesis block is not taken for one, even if the caller names its hash.
	let chain = example();
	let mut receipt = chain.receipt(5, 0, 12);
	genesis(&mut receipt).header = chain.headers[1].clone();
	assert_eq!(refused(receipt, &Checkpoint::Genesis(chain.headers[1].hash())), Error::OtherCheckpoint);

	fn genesis(receipt: &mut Receipt) -> &mut assay_receipts::StateProof {
		match &mut receipt.route.start {
			Start::Genesis(proof) => proof,
			Start::Block(_) => panic!("not from genesis"),
		}
	}
	fn missing() -> Error {
		Error::Genesis(StateError::MissingNode)
	}
}

#[test]
fn a_checkpoint_without_voters_finalizes_nothing() {
	let chain = example();
	let mut trusted = chain.trusted(1);
	trusted.authorities.iter_mut().for_each(|(_, weight)| *weight = 0);
	let receipt = chain.receipt_from(1, 5, 0, 6);
	assert_eq!(refused(receipt, &Checkpoint::Block(trusted)), Error::NoVoters { set_id: 0 });
}

#[test]
fn two_thirds_of_the_votes_are_not_enough() {
	let mut chain = Chain::new(3);
	let claim = chain.claim(0);
	chain.block(vec![claim], None);
	chain.blocks(1);
	let mut receipt = chain.receipt(1, 0, 2);
	receipt.route.head.block.justification.commit.precommits.pop();
	assert_eq!(not_finalized(refused(receipt, &chain.checkpoint())), JustificationError::NotEnoughVotes);
}

#[test]
fn votes_count_by_the_bonds_behind_them() {
	let chain = example();
	let mut trusted = chain.trusted(1);
	trusted.authorities[3].1 = 10;
	let checkpoint = Checkpoint::Block(trusted);
	let signed_by = |voters: std::ops::Range<usize>| {
		let mut receipt = chain.receipt_from(1, 5, 0, 6);
		let votes = &mut receipt.route.head.block.justification.commit.precommits;
		*votes = votes[voters].to_vec();
		receipt
	};
	// Three of four have 3 of 13, and the fourth has more than two thirds.
	let error = not_finalized(refused(signed_by(0..3), &checkpoint));
	assert_eq!(error, JustificationError::NotEnoughVotes);
	verify_decoded(signed_by(3..4), &checkpoint, Age::Any).unwrap();
}

#[test]
fn a_vote_counts_once() {
	let error = changed(|_, receipt| {
		let votes = &mut receipt.route.head.block.justification.commit.precommits;
		*votes = vec![votes[0].clone(); 4];
	});
	assert_eq!(not_finalized(error), JustificationError::NotEnoughVotes);
}

#[test]
fn votes_of_strangers_of_another_round_and_of_another_set_do_not_count() {
	let strangers = changed(|chain, receipt| receipt.route.head.block = chain.finalized_by(35, &keys(60, 4), 3));
	assert_eq!(not_finalized(strangers), JustificationError::UnknownVoter);
	let former = changed(|chain, receipt| receipt.route.head.block = chain.finalized_by(35, &chain.sets[2].1, 3));
	assert_eq!(not_finalized(former), JustificationError::UnknownVoter);
	let set = changed(|chain, receipt| receipt.route.head.block = chain.finalized_by(35, &chain.sets[3].1, 2));
	assert_eq!(not_finalized(set), JustificationError::Signature);
	let round = changed(|_, receipt| receipt.route.head.block.justification.round += 1);
	assert_eq!(not_finalized(round), JustificationError::Signature);
	let signature =
		changed(|_, receipt| receipt.route.steps[1].block.justification.commit.precommits[2].signature[40] ^= 1);
	assert_eq!(not_finalized(signature), JustificationError::Signature);
}

#[test]
fn a_justification_is_for_its_block_only() {
	let error = changed(|chain, receipt| receipt.route.head.block.header = chain.headers[36].clone());
	assert_eq!(not_finalized(error), JustificationError::OtherBlock);
	let error = changed(|_, receipt| receipt.route.head.block.justification.commit.target_number += 1);
	assert_eq!(not_finalized(error), JustificationError::OtherBlock);
}

#[test]
fn votes_are_for_the_block_or_for_what_follows_it() {
	// Signed by the validators, for a block that has no way down to the head.
	let error = changed(|chain, receipt| {
		let (set_id, keys) = chain.set_for(35);
		receipt.route.head.block.justification.commit.precommits[0] =
			chain.vote(&keys[0], chain.headers[37].block(), set_id);
	});
	assert_eq!(not_finalized(error), JustificationError::Ancestry);
	// For the block below, by all, and by one.
	let error = changed(|chain, receipt| {
		let (set_id, keys) = chain.set_for(35);
		for (vote, key) in receipt.route.head.block.justification.commit.precommits.iter_mut().zip(keys) {
			*vote = chain.vote(key, chain.headers[34].block(), set_id);
		}
	});
	assert_eq!(not_finalized(error), JustificationError::Ancestry);
	let error = changed(|chain, receipt| {
		let (set_id, keys) = chain.set_for(35);
		let justification = &mut receipt.route.head.block.justification;
		justification.commit.precommits[0] = chain.vote(&keys[0], chain.headers[34].block(), set_id);
		justification.votes_ancestries = vec![chain.headers[35].clone()];
	});
	assert_eq!(not_finalized(error), JustificationError::Ancestry);
	// With a number that the header does not have.
	let error = changed(|chain, receipt| {
		let (set_id, keys) = chain.set_for(35);
		let mut target = chain.headers[36].block();
		target.number += 5;
		receipt.route.head.block.justification.commit.precommits[0] = chain.vote(&keys[0], target, set_id);
		receipt.route.head.block.justification.votes_ancestries = vec![chain.headers[36].clone()];
	});
	assert_eq!(not_finalized(error), JustificationError::Ancestry);
	// For the same block under another number.
	let error = changed(|chain, receipt| {
		let (set_id, keys) = chain.set_for(35);
		let mut target = chain.headers[35].block();
		target.number += 1;
		receipt.route.head.block.justification.commit.precommits[0] = chain.vote(&keys[0], target, set_id);
	});
	assert_eq!(not_finalized(error), JustificationError::Ancestry);
}

#[test]
fn headers_that_no_vote_needs_are_refused() {
	let error = changed(|chain, receipt| {
		receipt.route.head.block.justification.votes_ancestries = vec![chain.headers[36].clone()];
	});
	assert_eq!(not_finalized(error), JustificationError::Ancestry);
}

#[test]
fn more_votes_than_voters_can_cast_are_refused_before_any_is_checked() {
	let error = changed(|_, receipt| {
		let votes = &mut receipt.route.head.block.justification.commit.precommits;
		let mut broken = votes[0].clone();
		broken.signature = [0; 64];
		votes.extend(vec![broken; 5]);
	});
	assert_eq!(not_finalized(error), JustificationError::TooLarge);
	let error = changed(|chain, receipt| {
		receipt.route.head.block.justification.votes_ancestries = vec![chain.headers[1].clone(); 4_097];
	});
	assert_eq!(not_finalized(error), JustificationError::TooLarge);
}

#[test]
fn every_change_of_the_set_has_to_be_there_in_its_order() {
	let missing = changed(|_, receipt| drop(receipt.route.steps.remove(1)));
	assert_eq!(not_finalized(missing), JustificationError::UnknownVoter);
	let swapped = changed(|_, receipt| receipt.route.steps.swap(0, 1));
	assert_eq!(not_finalized(swapped), JustificationError::UnknownVoter);
	let none = changed(|_, receipt| receipt.route.steps.clear());
	assert_eq!(not_finalized(none), JustificationError::UnknownVoter);
}

#[test]
fn headers_go_up() {
	let chain = example();
	let mut receipt = chain.receipt(5, 0, 15);
	receipt.route.steps.push(chain.step(12));
	receipt.route.steps.push(chain.step(11));
	assert_eq!(refused(receipt, &chain.checkpoint()), Error::Order { number: 11 });
	let mut receipt = chain.receipt(5, 0, 15);
	receipt.route.head = chain.step(6);
	assert_eq!(refused(receipt, &chain.checkpoint()), Error::Order { number: 6 });
	// Another block of the same height.
	let mut trusted = chain.trusted(12);
	trusted.block.hash[0] ^= 1;
	let mut receipt = chain.receipt_from(12, 5, 0, 12);
	receipt.route.start = Start::Block(trusted.block);
	assert_eq!(refused(receipt, &Checkpoint::Block(trusted)), Error::Order { number: 12 });
	// The block that changes the set is not finalized by the set that it names.
	let mut receipt = chain.receipt(5, 0, 15);
	receipt.route.steps.push(receipt.route.steps[0].clone());
	assert_eq!(not_finalized(refused(receipt, &chain.checkpoint())), JustificationError::UnknownVoter);
}

/// A chain whose block 3 has another digest.
fn with_digest(change: impl FnOnce(&mut Header)) -> Chain {
	let mut chain = Chain::new(4);
	chain.blocks(1);
	let claim = chain.claim(0);
	chain.block(vec![claim], None);
	chain.blocks(1);
	change(&mut chain.headers[3]);
	chain
}

#[test]
fn changes_that_cannot_be_followed_are_refused() {
	let set = || authorities(&keys(10, 4));
	let log = |log: Vec<u8>| DigestItem::Consensus(*b"FRNK", log);
	let plain = || log((1u8, set(), 0u32).encode());
	let cases = [
		vec![log((1u8, set(), 1u32).encode())],
		vec![log((2u8, 1u32, set(), 0u32).encode())],
		vec![plain(), plain()],
		vec![log((1u8, set()).encode())],
		vec![log((1u8, set(), 0u32, 0u8).encode())],
	];
	for case in cases {
		let chain = with_digest(|header| header.digest.extend(case));
		assert_eq!(refused(chain.receipt(2, 0, 3), &chain.checkpoint()), Error::UnknownChange { number: 3 });
	}
	let fine = with_digest(|header| header.digest.push(log((3u8, 0u64).encode())));
	assert!(verify_decoded(fine.receipt(2, 0, 3), &fine.checkpoint(), Age::Any).is_ok());
}

#[test]
fn the_head_names_one_root_of_the_mountain_range() {
	let root = |engine: &[u8; 4]| DigestItem::Consensus(*engine, (3u8, [5u8; 32]).encode());
	let none = with_digest(|header| header.digest.clear());
	let two = with_digest(|header| header.digest.push(root(b"BEEF")));
	let long = with_digest(|header| header.digest[1] = DigestItem::Consensus(*b"BEEF", (3u8, [5u8; 33]).encode()));
	let preruntime =
		with_digest(|header| header.digest[1] = DigestItem::PreRuntime(*b"BEEF", (3u8, [5u8; 32]).encode()));
	for chain in [none, two, long, preruntime] {
		assert_eq!(refused(chain.receipt(2, 0, 3), &chain.checkpoint()), Error::NoMmrRoot { head: 3 });
	}
	let other = with_digest(|header| header.digest[1] = root(b"BEEF"));
	assert_eq!(refused(other.receipt(2, 0, 3), &other.checkpoint()), Error::Mmr { head: 3 });
	let unrelated = with_digest(|header| header.digest.push(root(b"BABE")));
	assert!(verify_decoded(unrelated.receipt(2, 0, 3), &unrelated.checkpoint(), Age::Any).is_ok());
}

#[test]
fn the_head_comes_after_the_results() {
	let chain = example();
	let mut receipt = chain.receipt(5, 0, 6);
	receipt.route.head = chain.step(5);
	assert_eq!(refused(receipt, &chain.checkpoint()), Error::HeadTooEarly { block: 5, head: 5 });
}

#[test]
fn a_claim_is_bound_to_its_place() {
	assert_eq!(changed(|chain, receipt| receipt.claim = chain.claims[5][0].clone()), Error::Results);
	assert_eq!(changed(|_, receipt| receipt.results.index = 2), Error::Results);
	assert_eq!(changed(|_, receipt| receipt.results.index = 3), Error::Results);
	assert_eq!(changed(|_, receipt| receipt.results.siblings[0][0] ^= 1), Error::Results);
	assert_eq!(changed(|_, receipt| receipt.results.root[0] ^= 1), Error::Results);
	assert_eq!(changed(|_, receipt| receipt.block.number += 1), Error::Mmr { head: 35 });
	assert_eq!(changed(|_, receipt| receipt.block.hash[0] ^= 1), Error::Mmr { head: 35 });
	assert_eq!(changed(|_, receipt| receipt.mmr[0][0] ^= 1), Error::Mmr { head: 35 });
	assert_eq!(changed(|_, receipt| receipt.mmr.truncate(2)), Error::Mmr { head: 35 });
	assert_eq!(changed(|_, receipt| receipt.mmr.push([0; 32])), Error::Mmr { head: 35 });
}

#[test]
fn a_root_of_results_that_were_never_final_is_not_in_the_mountain_range() {
	let error = changed(|chain, receipt| {
		let claim = chain.claim(99);
		receipt.results = assay_receipts::ResultsProof::new(&[claim.leaf()], 0).unwrap();
		receipt.claim = claim;
	});
	assert_eq!(error, Error::Mmr { head: 35 });
}

#[test]
fn claims_that_contradict_themselves_are_refused_whoever_finalized_them() {
	let error = |change: fn(&mut Claim)| {
		let mut chain = Chain::new(4);
		let mut claim = chain.claim(0);
		change(&mut claim);
		chain.block(vec![claim], None);
		chain.blocks(1);
		refused(chain.receipt(1, 0, 2), &chain.checkpoint())
	};
	let hash = Error::Claim(ClaimError::ResultHash);
	assert_eq!(error(|claim| claim.model = ContentId([0; 32])), hash);
	assert_eq!(error(|claim| claim.input = ContentId([0; 32])), hash);
	assert_eq!(error(|claim| claim.output = Some(ContentId([0; 32]))), hash);
	assert_eq!(error(|claim| claim.engine.0 = [0; 32]), hash);
	let output = Error::Claim(ClaimError::Output);
	assert_eq!(error(|claim| claim.output = None), output);
	let failed =
		|claim: &mut Claim| claim.decision.verdict = Verdict::Failed { reason: FailReason::ModelTrap, units: 1 };
	assert_eq!(error(failed), output);
	let votes = Error::Claim(ClaimError::Votes);
	let wrong: [fn(&mut Decision); 7] = [
		|decision| decision.votes = 2,
		|decision| decision.votes = 5,
		|decision| decision.k = 5,
		|decision| (decision.q, decision.votes) = (2, 2),
		|decision| (decision.k, decision.q, decision.votes) = (0, 0, 0),
		|decision| decision.power = decision.total + 1,
		|decision| (decision.escalated, decision.q, decision.power, decision.total) = (true, 0, 2_000, 3_000),
	];
	for change in wrong {
		let mut chain = Chain::new(4);
		let mut claim = chain.claim(0);
		change(&mut claim.decision);
		chain.block(vec![claim], None);
		chain.blocks(1);
		assert_eq!(refused(chain.receipt(1, 0, 2), &chain.checkpoint()), votes);
	}
}

#[test]
fn a_result_hash_of_another_chain_is_refused() {
	let mut chain = Chain::new(4);
	let claim = Chain::new(3).claim(0);
	chain.block(vec![claim], None);
	chain.blocks(1);
	let error = refused(chain.receipt(1, 0, 2), &chain.checkpoint());
	assert_eq!(error, Error::Claim(ClaimError::ResultHash));
}
