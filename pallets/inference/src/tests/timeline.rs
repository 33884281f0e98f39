//! The blocks in which each step of the honest path happens.

use super::*;
use assay_primitives::{constants::UNITS_PER_BLOCK, h};

/// Asserts the timeline of a request with windows that are `growth` blocks longer, from its inclusion at `n` on, block by
/// block. All vote where there are no more than `k` validators.
fn assert_timeline(ask: Ask, k: u32, growth: u32) {
	let n = now();
	let v = validators().len() as u32;
	let (kind, window) = match k < v {
		true => (RoundKind::Committee, 3),
		false => (RoundKind::Everybody { contested: None, repeated: false }, 0),
	};
	let id = ask.submit().unwrap();
	assert_eq!(stage(id), Stage::Waiting);
	assert_eq!(request(id).growth, growth);

	next_block();
	assert_eq!(now(), n + 1);
	assert_eq!(stage(id), Stage::Waiting, "the committee is drawn at the end of n+1, not before");
	finish_block();
	let round = round_of(id);
	let drawn = Rounds::<Test>::get(round).unwrap();
	assert_eq!((drawn.members, drawn.threshold), (k, math::quorum(k).into()));
	assert_eq!((drawn.commit_min, drawn.commit_end), (n + 2 + growth, n + 6 + 2 * growth));
	let subject = Subject::Request(id);
	let event = RuntimeEvent::Voting(RoundsEvent::RoundDrawn {
		round,
		subject,
		kind,
		members: k,
		threshold: math::quorum(k).into(),
	});
	assert_eq!(log().last(), Some(&(n + 1, event)));

	next_block();
	assert_eq!(now(), n + 2);
	assert_eq!(Rounds::<Test>::get(round).unwrap().commits, k);
	for validator in members(round) {
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::VoteCommitted { round, validator })));
	}

	run_to(n + 2 + growth);
	assert!(Rounds::<Test>::get(round).unwrap().phase != Phase::Sealing);
	assert_eq!(Rounds::<Test>::get(round).unwrap().reveals, 0, "no reveal in the shortest window");

	let verdict = honest_verdict(round);
	let voters = members(round);
	next_block();
	assert_eq!(now(), n + 3 + growth);
	for validator in voters {
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::VoteRevealed { round, validator, verdict })));
	}
	let final_at = n + 3 + growth + if k < v { window + growth } else { 1 };
	assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Agreed {
		subject: Subject::Request(id),
		verdict,
		votes: k,
		final_at
	})));

	run_to(final_at - 1);
	assert!(matches!(stage(id), Stage::Agreed), "never final before its block");
	next_block();
	assert!(events().iter().any(
		|event| matches!(event, RuntimeEvent::Inference(OwnEvent::InferenceFinalized { request, .. }) if *request == id)
	));
	assert_eq!(result(id).ended_at, final_at);
	let escalated = k == v;
	let (q, power, total) = (if escalated { 0 } else { math::quorum(k) }, k.into(), v.into());
	let window = Window::Blocks(window);
	let expected =
		Decision { round, verdict, votes: k, k, q, v, escalated, audits: 0, auditors: 0, power, total, window };
	assert_eq!(decision(id), expected);
}

#[test]
fn with_one_validator_a_request_is_attested_at_n_plus_3_and_final_at_n_plus_4() {
	run(1, || assert_timeline(Ask::new(active_model(1)), 1, 0));
}

#[test]
fn committees_of_three_and_five_keep_the_same_time() {
	run(21, || {
		let model = active_model(1);
		assert_timeline(Ask { k: Some(3), ..Ask::new(model) }, 3, 0);
		assert_timeline(Ask { k: Some(5), ..Ask::new(model) }, 5, 0);
		assert_timeline(Ask::new(model), 5, 0);
	});
}

#[test]
fn every_window_of_a_larger_job_is_longer() {
	run(21, || {
		let model = active_model(1);
		assert_timeline(Ask { unit_limit: UNITS_PER_BLOCK * 3, k: Some(3), ..Ask::new(model) }, 3, 3);
		assert_timeline(Ask { input: blob(1, 5_000_000), k: Some(3), ..Ask::new(model) }, 3, 2);
		// A run that fits into a quarter of a block needs no more time.
		assert_timeline(Ask { unit_limit: UNITS_PER_BLOCK / 4, k: Some(3), ..Ask::new(model) }, 3, 0);
		assert_timeline(Ask { unit_limit: UNITS_PER_BLOCK / 4 + 1, k: Some(3), ..Ask::new(model) }, 3, 1);
	});
}

#[test]
fn many_requests_of_a_block_keep_the_time() {
	run(21, || {
		let model = active_model(1);
		next_block();
		let n = now();
		let ids: Vec<_> = (0..4).map(|_| Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap()).collect();
		run_to(n + 6);
		assert!(ids.iter().all(|id| result(*id).ended_at == n + 6));
	});
}

/// Blocks from the agreement of a request's committee to its result.
fn window_of(ask: Ask) -> u32 {
	let id = ask.submit().unwrap();
	while stage(id) != Stage::Agreed {
		next_block();
	}
	let agreed_at = now();
	await_end(id).ended_at - agreed_at
}

#[test]
fn a_window_in_a_small_set_lasts_until_more_than_a_third_have_made_blocks_in_it() {
	for (validators, blocks) in [(4, 3), (5, 3), (6, 4), (7, 4), (9, 5), (20, 8), (21, 3), (40, 3)] {
		run(validators, || {
			let model = active_model(1);
			assert_eq!(window_of(Ask { k: Some(3), ..Ask::new(model) }), blocks, "of {validators}");
		});
	}
}

#[test]
fn an_assured_window_lasts_as_long_in_any_set() {
	for (validators, blocks) in [(7, 4), (21, 9), (40, 15)] {
		run(validators, || {
			let model = active_model(1);
			let ask = Ask { k: Some(3), window: Some(Window::Assured), ..Ask::new(model) };
			assert_eq!(window_of(ask), blocks, "of {validators}");
		});
	}
}

#[test]
fn a_window_of_more_blocks_is_longer() {
	run(21, || {
		let model = active_model(1);
		for blocks in [3, 4, 30] {
			let window = Some(Window::Blocks(blocks));
			assert_eq!(window_of(Ask { k: Some(3), window, ..Ask::new(model) }), blocks);
		}
	});
}

#[test]
fn a_small_network_uses_the_whole_of_it() {
	run(2, || assert_timeline(Ask::new(active_model(1)), 2, 0));
	run(4, || assert_timeline(Ask::new(active_model(1)), 4, 0));
}

#[test]
fn a_model_is_active_three_blocks_after_its_registration() {
	run(4, || {
		let n = now();
		let model = active_model(1);
		assert_eq!(now(), n + 3);
		assert_eq!(block_of(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::RoundDrawn { .. }))), n + 1);
		assert_eq!(block_of(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::VoteCommitted { .. }))), n + 2);
		assert_eq!(
			block_of(
				|event| matches!(event, RuntimeEvent::Registry(ModelsEvent::ModelActivated { model: id, .. }) if *id == model)
			),
			n + 3
		);
	});
}

#[test]
fn the_seed_mixes_the_vrf_of_the_block_of_the_request_and_of_the_next_one() {
	run(7, || {
		let model = active_model(1);
		next_block();
		let n = now();
		let first = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let second = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_to(n + 2);
		let (first, second) = (round_of(first), round_of(second));
		let seed = |round: u64| h("assay/seed", (vrf_of(n), vrf_of(n + 1), round));
		assert_eq!(Rounds::<Test>::get(first).unwrap().seed, seed(first));
		assert_eq!(Rounds::<Test>::get(second).unwrap().seed, seed(second));
		let drawn = |round| -> Vec<u64> {
			math::draw(&seed(round), &[1; 7], 3).into_iter().map(|index| FIRST + u64::from(index)).collect()
		};
		assert_eq!(members(first), drawn(first).into_iter().collect());
		assert_eq!(members(second), drawn(second).into_iter().collect());
	});
}

#[test]
fn a_draw_waits_for_blocks_with_randomness() {
	run(7, || {
		let model = active_model(1);
		let before = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let n = now();
		next_block();
		VrfMissing::set(true);
		let during = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_for(3);
		assert_eq!(stage(before), Stage::Waiting);
		assert_eq!(stage(during), Stage::Waiting);
		VrfMissing::set(false);
		next_block();
		// The first one needs one more output beside that of its own block, the other needs two.
		let seed = |round: u64, last, this| h("assay/seed", (vrf_of(last), vrf_of(this), round));
		let round = round_of(before);
		assert_eq!(Rounds::<Test>::get(round).unwrap().seed, seed(round, n, n + 4));
		assert_eq!(stage(during), Stage::Waiting);
		next_block();
		let round = round_of(during);
		assert_eq!(Rounds::<Test>::get(round).unwrap().seed, seed(round, n + 4, n + 5));
		assert_eq!((ended(before), ended(during)), ("output", "output"));
	});
}

#[test]
fn one_silent_member_of_five_costs_the_rest_of_the_window_and_nothing_else() {
	run(21, || {
		let model = active_model(1);
		let n = now();
		let id = Ask { k: Some(5), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let round = round_of(id);
		set_role(member_list(round).into_iter().take(1), Role::Silent);
		run_to(n + 6);
		assert_eq!(Rounds::<Test>::get(round).map(|round| (round.commits, round.phase)), Some((4, Phase::Sealing)));
		next_block();
		assert_eq!(Rounds::<Test>::get(round).unwrap().phase, Phase::Revealing, "four of five are enough");
		next_block();
		assert_eq!(agreement(id).final_at, n + 11);
		assert_eq!(decision(id).votes, 4);
	});
}
