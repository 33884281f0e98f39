//! Receipts that hold.

mod common;

use assay_receipts::{verify, verify_decoded, Age, Checkpoint, Receipt, Verdict};
use common::example;

/// A receipt and its verification from genesis on.
fn verified(receipt: &Receipt, checkpoint: &Checkpoint) -> assay_receipts::Verified {
	verify(&receipt.to_bytes(), checkpoint, Age::Any).unwrap()
}

#[test]
fn a_receipt_proves_its_claim_from_the_genesis_hash() {
	let chain = example();
	for index in 0..3 {
		let found = verified(&chain.receipt(5, index, 6), &chain.checkpoint());
		assert_eq!(found.claim, chain.claims[5][index as usize]);
		assert_eq!(found.block, chain.headers[5].block());
		assert_eq!(found.head, chain.headers[6].block());
		assert_eq!((found.checkpoint.number, found.checkpoint.hash), (0, chain.genesis()));
		assert_eq!(found.genesis, chain.genesis());
	}
}

#[test]
fn a_receipt_that_a_node_made_holds() {
	let (checkpoint, receipt) = common::of_a_node();
	let found = verify(&receipt, &checkpoint, Age::Any).unwrap();
	assert_eq!(found.claim.request, 0);
	assert!(found.block.number < found.head.number);
	// The head changes the set a second time.
	assert_eq!(Receipt::from_bytes(&receipt).unwrap().route.steps.len(), 1);
	assert_eq!(found.next.set_id, 2);
	// [1, 2, 3] doubled.
	let tensor = assay_primitives::Tensor {
		name: "y".into(),
		data_type: assay_primitives::DataType::F32,
		shape: vec![3],
		data: [2f32, 4., 6.].iter().flat_map(|value| value.to_le_bytes()).collect(),
	};
	assert!(found.is_output(&assay_primitives::TensorBundle(vec![tensor]).to_bytes().unwrap()));
}

#[test]
fn every_later_block_can_be_the_head() {
	let chain = example();
	for (block, index) in [(5, 1), (22, 0)] {
		for head in block + 1..=chain.best() {
			let found = verified(&chain.receipt(block, index, head), &chain.checkpoint());
			assert_eq!(found.claim, chain.claims[block as usize][index as usize]);
			assert_eq!(found.next, chain.trusted(head), "head {head}");
		}
	}
}

#[test]
fn a_receipt_can_start_from_any_block_before_its_head() {
	let chain = example();
	for start in 1..chain.best() {
		let checkpoint = Checkpoint::Block(chain.trusted(start));
		// The checkpoint may be before the claim's block or after it.
		let found = verified(&chain.receipt_from(start, 22, 0, chain.best()), &checkpoint);
		assert_eq!(found.claim, chain.claims[22][0]);
		assert_eq!(found.checkpoint, chain.headers[start as usize].block());
		assert_eq!(found.next, chain.trusted(chain.best()));
	}
}

#[test]
fn the_head_of_one_receipt_is_the_checkpoint_of_the_next() {
	let chain = example();
	let mut checkpoint = chain.checkpoint();
	let mut start = 0;
	for head in [6, 10, 19, 31, 40] {
		let found = verified(&chain.receipt_from(start, 5, 2, head), &checkpoint);
		assert_eq!(found.claim, chain.claims[5][2]);
		(start, checkpoint) = (head, Checkpoint::Block(found.next));
	}
}

#[test]
fn a_failure_has_a_receipt_too() {
	let chain = example();
	let found = verified(&chain.receipt(22, 0, 30), &chain.checkpoint());
	assert!(matches!(found.claim.decision.verdict, Verdict::Failed { .. }));
	assert_eq!(found.claim.output, None);
	assert!(!found.is_output(b"output"));
}

#[test]
fn more_than_two_thirds_of_the_votes_are_enough() {
	let chain = example();
	let mut receipt = chain.receipt(5, 0, 6);
	receipt.route.head.block.justification.commit.precommits.remove(1);
	verified(&receipt, &chain.checkpoint());
}

#[test]
fn votes_for_what_follows_the_head_count_with_the_headers_in_between() {
	let chain = example();
	let mut receipt = chain.receipt(5, 0, 6);
	let justification = &mut receipt.route.head.block.justification;
	let (set_id, keys) = chain.set_for(6);
	let later = [(1, 9), (2, 8)];
	for (voter, block) in later {
		let target = chain.headers[block].block();
		justification.commit.precommits[voter] = chain.vote(&keys[voter], target, set_id);
	}
	justification.votes_ancestries = [9, 8, 7].map(|block| chain.headers[block].clone()).to_vec();
	verified(&receipt, &chain.checkpoint());
}

#[test]
fn the_age_of_a_checkpoint_counts_to_the_head_or_to_the_block_that_the_caller_knows() {
	// Bonds stay for 20 blocks, by the state of the genesis block.
	let chain = example();
	let check = |head, now| verify_decoded(chain.receipt(5, 0, head), &chain.checkpoint(), Age::Bonded { now });
	let old = |age| Err(assay_receipts::Error::CheckpointTooOld { age, limit: 20 });
	assert!(check(12, 0).is_ok() && check(12, 20).is_ok() && check(20, 0).is_ok());
	assert_eq!(check(21, 0), old(21), "the head is 21 blocks above the checkpoint");
	assert_eq!(check(12, 21), old(21), "the chain is, by what the caller knows");
	// The caller's block number is looked at before any vote.
	let mut unsigned = chain.receipt(5, 0, 12);
	unsigned.route.head.block.justification.commit.precommits[0].signature = [0; 64];
	assert_eq!(verify_decoded(unsigned, &chain.checkpoint(), Age::Bonded { now: 21 }), old(21));
	assert!(verify_decoded(chain.receipt(5, 0, 21), &chain.checkpoint(), Age::Any).is_ok());
	// The head of a receipt passes its unbonding time on.
	let later = Checkpoint::Block(check(12, 0).unwrap().next);
	let check = |now| verify_decoded(chain.receipt_from(12, 22, 0, 32), &later, Age::Bonded { now });
	assert!(check(32).is_ok());
	assert_eq!(check(33), old(21));
}

#[test]
fn a_receipt_can_start_from_the_head_of_another_one() {
	let chain = example();
	let receipt = chain.receipt_from(12, 5, 0, 12);
	assert_eq!(verified(&receipt, &Checkpoint::Block(chain.trusted(12))).head, chain.headers[12].block());
}

#[test]
fn bytes_are_checked_against_the_claim() {
	let mut chain = common::Chain::new(1);
	let mut claim = chain.failure(0);
	claim.input = assay_receipts::ContentId::of(b"input");
	chain.block(vec![claim], None);
	chain.blocks(1);
	let found = verified(&chain.receipt(1, 0, 2), &chain.checkpoint());
	assert!(found.is_input(b"input") && !found.is_input(b"inputs"));
}
