//! Silence: committees drawn again, requests that expire, and who pays for it.

use super::*;
use assay_primitives::{ContentId, Fault, Output};
use frame_support::assert_ok;

#[test]
fn after_two_redraws_all_are_asked_twice_and_then_the_whole_fee_returns() {
	run(7, || {
		let model = active_model(1);
		hush();
		let before = free(REQUESTER);
		let n = now();
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let escrow = request(id).escrow;
		let mut seeds = Vec::new();
		for turn in 0..3u32 {
			run_to(n + 7 * turn + 2);
			let round = round_of(id);
			seeds.push(Rounds::<Test>::get(round).unwrap().seed);
			assert_eq!(redraws(id), turn as u8);
			run_to(n + 7 * turn + 6);
			assert_eq!(stage(id), Stage::Voting(round));
			next_block();
			assert!(!Rounds::<Test>::contains_key(round));
			assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::RoundRedrawn { subject: Subject::Request(id), round })));
			assert_eq!(stage(id), Stage::Waiting);
		}
		assert_eq!(now(), n + 21);
		// All have the time of a committee, and a hundred blocks more when they are asked again.
		for (repeated, end) in [(false, n + 28), (true, n + 131)] {
			next_block();
			finish_block();
			let round = round_of(id);
			let record = Rounds::<Test>::get(round).unwrap();
			seeds.push(record.seed);
			assert_eq!(record.kind, RoundKind::Everybody { contested: None, repeated });
			assert_eq!((record.members, record.threshold), (7, 5));
			run_to(end - 1);
			assert_eq!(stage(id), Stage::Voting(round));
			next_block();
			assert!(!Rounds::<Test>::contains_key(round));
		}
		assert_eq!(now(), n + 131);
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::InferenceExpired {
			request: id,
			paid: 0,
			refunded: escrow
		})));
		assert_eq!(result(id).ended, Ended::Expired);
		assert_eq!(free(REQUESTER), before);
		assert_eq!(Faults::get(), vec![]);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::RoundRedrawn { .. }))), 4);
		seeds.dedup();
		assert_eq!(seeds.len(), 5, "each draw has its own seed");
	});
}

#[test]
fn a_redrawn_committee_answers() {
	run(5, || {
		let model = active_model(1);
		hush();
		let n = now();
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_to(n + 8);
		Roles::take();
		assert_eq!(ended(id), "output");
		assert_eq!(result(id).ended_at, n + 7 + 6);
	});
}

#[test]
fn members_that_withhold_their_votes_cause_a_redraw_after_the_reveal_window() {
	run(5, || {
		let model = active_model(1);
		let n = now();
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let withholder = member_list(round_of(id))[1];
		set_role([withholder], Role::Withholder);
		run_to(n + 18);
		assert_eq!(redraws(id), 0);
		next_block();
		assert_eq!(redraws(id), 1);
		assert_eq!(Standings::<Test>::get(Subject::Request(id)).unwrap().excluded.into_inner(), vec![withholder]);
		next_block();
		finish_block();
		assert!(!members(round_of(id)).contains(&withholder), "it is not drawn again");
		assert_eq!(ended(id), "output");
		assert_eq!(decision(id).votes, 3);
	});
}

#[test]
fn a_member_that_withholds_its_vote_where_the_others_agree_causes_a_redraw_too() {
	run(7, || {
		let model = active_model(1);
		let id = Ask { k: Some(5), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let first = round_of(id);
		let withholder = member_list(first)[0];
		set_role([withholder], Role::Withholder);
		assert_eq!(ended(id), "output");
		let decision = decision(id);
		assert!(decision.round > first && !decision.escalated);
		assert_eq!((decision.votes, decision.k), (5, 5));
		assert_eq!(Faults::get(), vec![(withholder, Fault::NotRevealed)]);
	});
}

#[test]
fn who_always_withholds_expires_the_request_and_costs_the_requester_nothing() {
	run(3, || {
		let model = active_model(1);
		set_role([FIRST], Role::Withholder);
		let before = free(REQUESTER);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(id), "expired");
		assert_eq!(free(REQUESTER), before);
		assert_eq!(free(FIRST), free(FIRST + 1), "nobody is paid");
	});
}

#[test]
fn one_who_withholds_where_all_five_vote_does_not_stop_the_others() {
	run(5, || {
		let model = active_model(1);
		set_role([FIRST], Role::Withholder);
		let share = free(FIRST) - ED;
		let n = now();
		let id = Ask { k: Some(5), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(id), "output");
		// Sealed at n+2, opened until n+18, decided at n+19.
		assert_eq!(result(id).ended_at, n + 20);
		assert_eq!(free(FIRST), ED + share, "and is not paid");
	});
}

/// Ends a request with a blob of 3,000 bytes that these members of each committee signal; gives what the requester paid.
fn paid_with_signals(k: u32, kind: SignalKind, signals: usize, input: Input) -> u128 {
	let model = if Models::<Test>::contains_key(model_id(1)) { model_id(1) } else { active_model(1) };
	hush();
	let before = free(REQUESTER);
	let id = Ask { k: Some(k), input, ..Ask::new(model) }.submit().unwrap();
	while Requests::<Test>::contains_key(id) {
		if let Stage::Voting(round) = stage(id) {
			for who in member_list(round).into_iter().take(signals) {
				if Ballots::<Test>::get(round, who).unwrap().signal.is_none() {
					assert_ok!(submit(sign(signal(who, round, kind))));
				}
			}
		}
		next_block();
	}
	assert_eq!(ended(id), "expired");
	let paid = before - free(REQUESTER);
	assert_eq!(result(id).paid, paid);
	paid
}

/// Plancks that a withheld input of 3,000 bytes costs with 500 units and so many members.
fn withheld(k: u32) -> u128 {
	BasePrice::get() + 3_000 * BytePrice::get() + u128::from(k) * 500 * UnitPrice::get()
}

#[test]
fn a_withheld_input_pays_for_what_its_members_had_reserved() {
	run(7, || {
		let treasury = free(TREASURY);
		let before = treasury + price(ActivationUnits::get(), 2_000, 7) % 7;
		let paid = paid_with_signals(3, SignalKind::InputUnavailable, 3, blob(1, 3_000));
		assert_eq!(paid, withheld(3));
		assert_eq!(free(TREASURY), before + paid);
		let refunded = price(500, 3_000, 3) - paid;
		let expired =
			|event: &RuntimeEvent| matches!(event, RuntimeEvent::Inference(OwnEvent::InferenceExpired { .. }));
		let (_, event) = log().into_iter().find(|(_, event)| expired(event)).unwrap();
		assert_eq!(event, RuntimeEvent::Inference(OwnEvent::InferenceExpired { request: 0, paid, refunded }));
	});
}

#[test]
fn a_withheld_input_pays_for_the_auditors_that_it_had_reserved() {
	audited(21, 4, || {
		let paid = paid_with_signals(3, SignalKind::InputUnavailable, 3, blob(1, 3_000));
		// Twice as many as are expected, each at half as much again as a member.
		assert_eq!(paid, withheld(3) + 8 * (500 * UnitPrice::get() * 3 / 2));
	});
}

#[test]
fn only_signals_of_more_than_a_third_tell_that_the_input_was_withheld() {
	run(7, || {
		let kind = SignalKind::InputUnavailable;
		let mut n = 0;
		for (k, signals, paid) in
			[(3, 1, 0), (3, 2, withheld(3)), (5, 1, 0), (5, 2, withheld(5)), (6, 2, 0), (6, 3, withheld(6))]
		{
			n += 1;
			assert_eq!(paid_with_signals(k, kind, signals, blob(n, 3_000)), paid, "{signals} of {k}");
		}
	});
}

#[test]
fn a_missing_model_is_not_the_requesters_fault() {
	run(7, || {
		assert_eq!(paid_with_signals(3, SignalKind::ModelUnavailable, 3, blob(1, 3_000)), 0);
	});
}

#[test]
fn an_inline_input_cannot_be_withheld() {
	run(7, || {
		assert_eq!(paid_with_signals(3, SignalKind::InputUnavailable, 3, inline(b"input")), 0);
	});
}

#[test]
fn a_withheld_input_never_costs_more_than_was_held_royalty_and_callback_apart() {
	run(7, || {
		let model = activate(Registration { royalty: 50, ..Registration::new(1) });
		let callback = || Some(Box::new(RuntimeCall::from(probe::Call::note { fails: false, padding: vec![] })));
		set_role(validators(), Role::Lacks(SignalKind::InputUnavailable));
		let other = Ask { input: blob(2, 3_000), ..Ask::new(model) }.submit().unwrap();
		let before = free(REQUESTER) + request(other).escrow;
		let ask = Ask { k: Some(3), input: blob(1, 3_000), unit_limit: 1, callback: callback(), ..Ask::new(model) };
		let id = ask.submit().unwrap();
		let most = request(id).escrow - 50 - Callbacks::<Test>::get(id).unwrap().price;
		// As if more were due than is held.
		for id in [id, other] {
			Requests::<Test>::mutate(id, |request| request.as_mut().unwrap().prices.run.base *= 1_000);
		}
		assert_eq!(ended(id), "expired");
		assert_eq!(result(id).paid, most);
		assert_eq!(ended(other), "expired");
		assert_eq!(before - free(REQUESTER), most + result(other).paid);
	});
}

#[test]
fn an_input_that_arrives_after_the_signals_is_run() {
	run(7, || {
		let model = active_model(1);
		set_role(validators(), Role::Lacks(SignalKind::InputUnavailable));
		let id = Ask { k: Some(3), input: blob(1, 3_000), ..Ask::new(model) }.submit().unwrap();
		run_for(4);
		let round = round_of(id);
		assert_eq!(Rounds::<Test>::get(round).unwrap().signals, 3);
		assert_eq!(
			block_of(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Signalled { .. }))),
			now(),
			"after the shortest window"
		);
		Roles::take();
		assert_eq!(ended(id), "output");
		assert_eq!(decision(id).round, round);
		assert!(matches!(result(id).output, Some(Output::Inline(_))));
	});
}

#[test]
fn the_blob_of_an_expired_request_is_needed_no_more() {
	run(7, || {
		let model = active_model(1);
		hush();
		let input = blob(1, 3_000);
		let id = Ask { input: input.clone(), ..Ask::new(model) }.submit().unwrap();
		let blob: (ContentId, u64) = (input.content_id(), 3_000);
		assert!(Registry::blob_expected(blob.0, blob.1));
		assert_eq!(ended(id), "expired");
		assert!(!Registry::blob_expected(blob.0, blob.1));
		assert!(!Inputs::<Test>::contains_key(id));
	});
}
