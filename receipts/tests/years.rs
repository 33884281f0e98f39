//! A month of sessions, each with another authority set, in simulated headers. `examples/years.rs` has two years.

mod common;

use assay_receipts::{verify, Age, Error, Step};
use codec::Encode;
use common::years::{Years, PRODUCTION};

#[test]
fn a_month_with_a_hundred_validators_is_five_steps() {
	// One of a hundred validators is replaced each day, and in each session the bonds are others.
	let chain = Years::new(100, 24, PRODUCTION, 30 * 24);
	let (genesis, receipt) = chain.receipt(None);
	assert_eq!(receipt.route.steps.len() + 1, 5);
	let bytes = receipt.to_bytes();
	let found = verify(&bytes, &genesis, Age::Any).unwrap();
	assert_eq!(found.next.authorities, chain.set(30 * 24));
	assert_eq!((found.next.set_id, found.next.block.number), (30 * 24, 30 * 24 * 1_800));
	// Two years have 105 such steps.
	assert!(bytes.len() * 105 / 5 <= 2 * 1024 * 1024, "{} bytes", bytes.len());

	// Whoever has only the genesis hash is told that it is too old; a checkpoint that was published ten days ago, at a session's end, is
	// too, and one of six days ago is not.
	let error = verify(&bytes, &genesis, Age::Bonded { now: 0 }).unwrap_err();
	assert_eq!(error, Error::CheckpointTooOld { age: 30 * 24 * 1_800, limit: 302_400 });
	for (days, young) in [(10, false), (6, true)] {
		let published = chain.trusted(30 * 24 - days * 24 - 1);
		let (checkpoint, receipt) = chain.receipt(Some(&published));
		assert_eq!(verify(&receipt.to_bytes(), &checkpoint, Age::Bonded { now: 0 }).is_ok(), young);
		assert!(verify(&receipt.to_bytes(), &checkpoint, Age::Any).is_ok());
	}
}

#[test]
fn where_sets_change_quickly_steps_are_short_and_each_is_as_far_as_it_can_be() {
	// One of twelve goes in each session: after eight sessions a third is left, which is not enough.
	let chain = Years::new(12, 1, (10, 40), 30);
	let (genesis, receipt) = chain.receipt(None);
	let numbers: Vec<u32> = receipt.route.steps.iter().map(|step| step.block.header.number).collect();
	assert!(verify(&receipt.to_bytes(), &genesis, Age::Any).is_ok());
	assert!(numbers.windows(2).all(|pair| (70..=90).contains(&(pair[1] - pair[0]))), "{numbers:?}");
	assert!(receipt.route.steps.iter().all(|step| step.set.is_some()));
}

#[test]
fn without_proofs_and_without_overlap_each_set_hands_over_to_the_next() {
	let chain = Years::new(4, 1, (10, 40), 6);
	let (_, with) = chain.receipt(None);
	assert!(with.route.steps.len() < 5);
	let trusted = chain.trusted(0);
	let ends = chain.ends(trusted.block.number);
	let (mut left, mut known, mut number, mut loads) = (&ends[..], trusted.authorities, trusted.block.number, 0);
	let mut steps = 0;
	while let Some((at, step)) = Step::next(&known, number, trusted.unbonding, left, |end| {
		loads += 1;
		Ok::<_, ()>(Step { set: None, ..chain.load(end, [6; 32]) })
	})
	.unwrap()
	{
		assert_eq!((at, step.set.is_none()), (0, true));
		(known, number, left, steps) =
			(step.next_authorities().unwrap(), step.block.header.number, &left[1..], steps + 1);
	}
	assert_eq!(steps, ends.len());
	assert!(loads <= steps * 4, "{loads} loads");
}

#[test]
fn a_step_costs_so_many_loads_as_a_bisection() {
	// A third is left after 66 sessions: of 168 ends, the farthest is too far, and then half of them each time.
	let chain = Years::new(100, 1, PRODUCTION, 200);
	let mut loads = 0;
	let (at, step) = Step::next(&chain.set(0), 0, 302_400, &chain.ends(0), |end| {
		loads += 1;
		Ok::<_, ()>(chain.load(end, [6; 32]))
	})
	.unwrap()
	.unwrap();
	assert!((55..70).contains(&at) && step.set.is_some(), "{at}");
	assert!(loads <= 9, "{loads} loads");
}

#[test]
fn first_validators_who_have_left_cannot_write_a_month_of_history() {
	// One of ten goes every day: after ten days the first ten have all left.
	let chain = Years::new(10, 24, PRODUCTION, 30 * 24);
	// The same first validators, and in each session what they like.
	let forged = Years::new(10, 5, PRODUCTION, 30 * 24);
	let ((genesis, whole), (same, forged_whole)) = (chain.receipt(None), forged.receipt(None));
	assert_eq!(genesis.encode(), same.encode());
	// Of any age, the genesis hash cannot tell them apart; of the age for which bonds stay, it takes neither.
	for receipt in [&whole, &forged_whole] {
		assert!(verify(&receipt.to_bytes(), &genesis, Age::Any).is_ok());
		let error = verify(&receipt.to_bytes(), &genesis, Age::Bonded { now: 0 }).unwrap_err();
		assert!(matches!(error, Error::CheckpointTooOld { .. }));
	}
	// A checkpoint that was published five days ago tells them apart.
	let published = chain.trusted(25 * 24);
	let (checkpoint, right) = chain.receipt(Some(&published));
	let now = Age::Bonded { now: chain.end(30 * 24) };
	assert!(verify(&right.to_bytes(), &checkpoint, now).is_ok());
	let (_, mut wrong) = forged.receipt(Some(&forged.trusted(25 * 24)));
	assert!(verify(&wrong.to_bytes(), &checkpoint, now) == Err(Error::OtherCheckpoint));
	wrong.route.start = right.route.start.clone();
	assert!(matches!(
		verify(&wrong.to_bytes(), &checkpoint, now),
		Err(Error::Overlap { .. } | Error::NotFinalized { .. })
	));
	wrong.route.steps.clear();
	assert!(matches!(
		verify(&wrong.to_bytes(), &checkpoint, now),
		Err(Error::Overlap { .. } | Error::NotFinalized { .. })
	));
}
