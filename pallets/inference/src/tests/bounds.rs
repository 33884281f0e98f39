//! Bounds: what a block and the chain take, agendas that are full, sums at their extremes.

use super::*;
use assay_primitives::constants::{window_growth, MAX_BLOB_INPUT, MAX_UNIT_LIMIT};
use frame_support::{assert_noop, assert_ok};
use std::collections::BTreeMap;

#[test]
fn a_block_takes_so_many_models_and_requests_together() {
	run(4, || {
		let model = active_model(1);
		next_block();
		for n in 0..4 {
			assert_ok!(Registration::new(10 + n).submit());
			assert_ok!(Ask::new(model).submit());
		}
		assert_noop!(Registration::new(20).submit(), RoundsError::BlockFull);
		assert_noop!(Ask::new(model).submit(), RoundsError::BlockFull);
		next_block();
		assert_ok!(Registration::new(20).submit());
		assert_ok!(Ask::new(model).submit());
	});
}

#[test]
fn what_is_refused_takes_no_place() {
	run(4, || {
		let model = active_model(1);
		next_block();
		for _ in 0..2 * MaxPerBlock::get() {
			assert_noop!(Ask { max_fee: 0, ..Ask::new(model) }.submit(), Error::FeeAboveMax);
		}
		assert_eq!((TakenInBlock::<Test>::get(), Standings::<Test>::count()), (0, 0));
	});
}

#[test]
fn the_chain_keeps_so_many_open() {
	run(4, || {
		let model = active_model(1);
		hush();
		next_block();
		for _ in 0..2 {
			for _ in 0..8 {
				assert_ok!(Ask::new(model).submit());
			}
			next_block();
		}
		assert_eq!(Standings::<Test>::count(), MaxOpen::get());
		assert_noop!(Ask::new(model).submit(), RoundsError::TooManyOpen);
		assert_noop!(Registration::new(2).submit(), RoundsError::TooManyOpen);
		Roles::take();
		run_for(6);
		assert_eq!(Standings::<Test>::count(), 0);
		assert_ok!(Ask::new(model).submit());
		assert_ok!(Registration::new(2).submit());
	});
}

/// Asks as much as the chain takes for so many blocks; gives the most blocks that a request was open.
fn flood(blocks: u32) -> u32 {
	let model = model_id(1);
	let mut open: BTreeMap<RequestId, u32> = BTreeMap::new();
	let mut worst = 0;
	let mut settle = |open: &mut BTreeMap<RequestId, u32>| {
		open.retain(|id, since| {
			let ended_at = Results::<Test>::get(id).map(|result| result.ended_at);
			worst = worst.max(ended_at.unwrap_or(now()) - *since);
			ended_at.is_none()
		});
	};
	for _ in 0..blocks {
		while let Ok(id) = (Ask { k: Some(3), ..Ask::new(model) }).submit() {
			open.insert(id, now());
		}
		next_block();
		settle(&mut open);
	}
	for _ in 0..100 {
		next_block();
		settle(&mut open);
	}
	assert!(open.is_empty(), "stuck: {open:?}");
	run_for(ResultRetention::get());
	assert_eq!((Results::<Test>::iter().count(), Agenda::<Test>::iter().count()), (0, 0));
	assert_eq!((Prunable::<Test>::iter().count(), FinalizedIn::<Test>::iter().count()), (0, 0));
	worst
}

#[test]
fn a_flood_of_requests_is_served_to_the_last() {
	let few = [Role::Honest, Role::Silent, Role::Withholder, Role::Liar(1)].map(|role| (16, role, 60));
	// As many times a block's worth as the runtime keeps open.
	let many = [Role::Honest, Role::Silent, Role::Liar(1)].map(|role| (16 * MaxPerBlock::get(), role, 30));
	for (open, role, blocks) in few.into_iter().chain(many) {
		MaxOpen::set(open);
		run(5, || {
			active_model(1);
			set_role([FIRST], role);
			let worst = flood(blocks);
			println!("{open} open, one of five is {role:?}: ended after at most {worst} blocks");
			// Load changes nothing if every validator does its duty.
			assert!(role != Role::Honest || worst == 6);
		});
	}
	MaxOpen::set(16);
}

#[test]
fn a_deadline_that_a_full_agenda_delays_still_leaves_time_to_reveal() {
	run(5, || {
		let model = active_model(1);
		set_role([FIRST], Role::Silent);
		next_block();
		let ids: Vec<_> = (0..8).map(|_| Ask { k: Some(5), ..Ask::new(model) }.submit().unwrap()).collect();
		// One task a block: the last of the eight commit windows ends seven blocks late.
		MaxPerBlock::set(1);
		run_for(8);
		let late = round_of(ids[7]);
		let record = Rounds::<Test>::get(late).unwrap();
		assert!(now() > record.commit_end && record.phase == Phase::Sealing, "overdue");
		let (first, last) = (FIRST, FIRST + 1);
		assert_ok!(submit(sign(commit(first, late, honest_seal(late, first)))));
		assert_eq!(Rounds::<Test>::get(late).unwrap().commits, 4, "no vote any more");
		assert_refused(reveal(last, honest_reveal(late, last)), InvalidTransaction::Stale);
		for id in ids {
			assert_eq!(ended(id), "output");
			assert_eq!(decision(id).votes, 4);
		}
	});
	MaxPerBlock::set(8);
}

#[test]
fn the_largest_job_ends() {
	run(5, || {
		let model = active_model(1);
		let n = now();
		UnitPrice::set(0);
		let ask = Ask { unit_limit: MAX_UNIT_LIMIT, input: blob(1, MAX_BLOB_INPUT), k: Some(3), ..Ask::new(model) };
		let id = ask.clone().submit().unwrap();
		let growth = window_growth(MAX_UNIT_LIMIT, MAX_BLOB_INPUT);
		assert_eq!((request(id).growth, growth), (71, 71));
		assert_eq!(ended(id), "output");
		assert_eq!(result(id).ended_at, n + 6 + 2 * growth);
	});
	UnitPrice::set(3);
}

#[test]
fn prices_at_the_extremes_do_not_fit_and_do_not_panic() {
	run(1, || {
		assert!(Inference::price(u64::MAX, u64::MAX, u32::MAX, 0).is_some());
		for (unit, byte, base) in [(u128::MAX, 0, 0), (0, u128::MAX, 0), (0, 1, u128::MAX), (1, 1, u128::MAX)] {
			UnitPrice::set(unit);
			BytePrice::set(byte);
			BasePrice::set(base);
			assert_eq!(Inference::price(u64::MAX, u64::MAX, u32::MAX, 0), None);
			assert_eq!(Inference::price(0, 0, 0, 0), Some(base));
		}
	});
	UnitPrice::set(3);
	BytePrice::set(7);
	BasePrice::set(1_000);
}

#[test]
fn an_escrow_at_the_extreme_is_refused_for_want_of_funds_or_for_overflow() {
	run(1, || {
		let model = active_model(1);
		UnitPrice::set(u128::MAX / 500);
		BytePrice::set(0);
		BasePrice::set(0);
		assert_noop!(Ask::new(model).submit(), sp_runtime::TokenError::FundsUnavailable);
		UnitPrice::set(u128::MAX / 500 + 1);
		assert_noop!(Ask::new(model).submit(), ModelsError::Overflow);
	});
	UnitPrice::set(3);
	BytePrice::set(7);
	BasePrice::set(1_000);
}

#[test]
fn a_validator_votes_on_more_rounds_than_one_attestation_holds() {
	MaxPerBlock::set(100);
	MaxOpen::set(200);
	run(1, || {
		let model = active_model(1);
		next_block();
		let ids: Vec<_> = (0..100).map(|_| Ask::new(model).submit().unwrap()).collect();
		run_for(2);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::VoteCommitted { .. }))), 1 + 64);
		for id in ids {
			assert_eq!(ended(id), "output");
		}
	});
	MaxPerBlock::set(8);
	MaxOpen::set(16);
}

#[test]
fn draws_of_one_block_are_different() {
	run(21, || {
		let model = active_model(1);
		next_block();
		let ids: Vec<_> = (0..6).map(|_| Ask { k: Some(5), ..Ask::new(model) }.submit().unwrap()).collect();
		run_for(2);
		let committees: std::collections::BTreeSet<_> = ids.iter().map(|id| members(round_of(*id))).collect();
		assert_eq!(committees.len(), 6);
	});
}

#[test]
#[should_panic(expected = "a committee fits into the validators")]
fn a_committee_above_the_validators_is_a_mistake() {
	use frame_support::traits::Hooks;
	MaxValidators::set(64);
	MaxCommittee::set(65);
	Inference::integrity_test();
}

#[test]
#[should_panic(expected = "an electorate fits into the validators")]
fn an_electorate_above_the_validators_is_a_mistake() {
	use frame_support::traits::Hooks;
	MaxActivation::set(101);
	Registry::integrity_test();
}

#[test]
#[should_panic(expected = "a result is never final in the block that attests it")]
fn a_challenge_window_of_nothing_is_a_mistake() {
	use frame_support::traits::Hooks;
	MinWindow::set(0);
	Inference::integrity_test();
}

#[test]
#[should_panic(expected = "a deadline always finds a place")]
fn agendas_too_small_for_what_is_open_are_a_mistake() {
	use frame_support::traits::Hooks;
	MaxOpen::set(64 * MaxPerBlock::get());
	Voting::integrity_test();
}

#[test]
#[should_panic(expected = "a rejected model's record outlives the block that rejects it")]
fn records_without_retention_are_a_mistake() {
	use frame_support::traits::Hooks;
	ResultRetention::set(0);
	Registry::integrity_test();
}

#[test]
#[should_panic(expected = "a result outlives the block that writes it")]
fn results_without_retention_are_a_mistake() {
	use frame_support::traits::Hooks;
	ResultRetention::set(0);
	Inference::integrity_test();
}
