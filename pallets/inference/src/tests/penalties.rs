//! The table of penalties, row by row: what is a fault, and what is not.

use super::{escalation::committee, *};
use assay_primitives::{constants::UNITS_PER_BLOCK, FailReason, Fault};
use frame_support::assert_ok;

/// Faults that were found, in the order of accounts.
fn faults() -> Vec<(u64, Fault)> {
	let mut faults = Faults::get();
	faults.sort_by_key(|(who, fault)| (*who, *fault as u8));
	faults
}

fn all(who: &[u64], fault: Fault) -> Vec<(u64, Fault)> {
	who.iter().map(|who| (*who, fault)).collect()
}

/// A request with a committee of so many.
fn ask(k: u32) -> RequestId {
	Ask { k: Some(k), ..Ask::new(model_id(1)) }.submit().unwrap()
}

#[test]
fn who_votes_for_another_verdict_than_all_decide_is_at_fault_once() {
	run(7, || {
		// The liars vote in the committee and again in the escalation.
		let (id, _, liars) = committee(3, Role::Liar(1), 2);
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&liars, Fault::WrongVerdict));
	});
}

#[test]
fn who_lies_in_the_committee_and_is_honest_among_all_is_at_fault() {
	run(7, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		Roles::take();
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&liars, Fault::WrongVerdict));
	});
}

#[test]
fn who_lies_only_among_all_is_at_fault() {
	run(7, || {
		let (id, _, mut liars) = committee(3, Role::Liar(1), 1);
		let outsider = validators().into_iter().find(|who| !Roles::get().contains_key(who)).unwrap();
		set_role([outsider], Role::Liar(2));
		assert_eq!(ended(id), "output");
		liars.push(outsider);
		liars.sort();
		assert_eq!(faults(), all(&liars, Fault::WrongVerdict));
	});
}

#[test]
fn an_invented_trace_with_the_right_verdict_is_a_smaller_fault() {
	run(7, || {
		let (id, _, framers) = committee(5, Role::Framer, 1);
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&framers, Fault::WrongTrace));
	});
}

#[test]
fn a_framer_that_is_honest_among_all_is_found_by_the_digest_under_the_contested_key() {
	run(7, || {
		let (id, _, framers) = committee(5, Role::Framer, 1);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		Roles::take();
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&framers, Fault::WrongTrace));
	});
}

#[test]
fn four_colluders_are_at_fault_and_the_one_they_frame_is_not() {
	run(13, || {
		let (id, _, liars) = committee(5, Role::Liar(1), 4);
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&liars, Fault::WrongVerdict));
	});
}

#[test]
fn a_lazy_cartel_that_always_fails_is_at_fault() {
	run(7, || {
		let (id, _, lazy) = committee(3, Role::Fails(FailReason::ModelTrap), 2);
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&lazy, Fault::WrongVerdict));
	});
}

#[test]
fn nobody_is_at_fault_before_a_decision_or_without_one() {
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 2);
		let third = validators().into_iter().find(|who| !Roles::get().contains_key(who)).unwrap();
		set_role([third], Role::Liar(1));
		while stage(id) != Stage::Escalated(None) {
			next_block();
			assert_eq!(faults(), vec![]);
		}
		assert_eq!(ended(id), "unresolved");
		assert_eq!(faults(), vec![]);
	});
}

#[test]
fn who_commits_and_does_not_reveal_is_at_fault() {
	run(5, || {
		active_model(1);
		set_role([FIRST], Role::Withholder);
		assert_eq!(ended(ask(5)), "output");
		assert_eq!(faults(), all(&[FIRST], Fault::NotRevealed));
	});
	// Whether a redraw follows or not.
	run(3, || {
		active_model(1);
		set_role([FIRST], Role::Withholder);
		assert_eq!(ended(ask(3)), "expired");
		assert_eq!(faults(), all(&[FIRST; 3], Fault::NotRevealed));
	});
}

#[test]
fn who_commits_in_a_window_that_never_closes_is_not_at_fault() {
	run(7, || {
		active_model(1);
		hush();
		let id = ask(3);
		run_for(2);
		let first = round_of(id);
		commit_honestly(first, &member_list(first)[..2]);
		assert_eq!(ended(id), "expired");
		assert_eq!(faults(), vec![]);
	});
}

#[test]
fn who_is_silent_where_q_others_voted_is_at_fault() {
	run(5, || {
		active_model(1);
		set_role([FIRST], Role::Silent);
		assert_eq!(ended(ask(5)), "output");
		assert_eq!(faults(), all(&[FIRST], Fault::Silent));
	});
}

#[test]
fn who_is_silent_where_q_others_voted_is_at_fault_though_they_disagree() {
	run(10, || {
		active_model(1);
		let id = ask(5);
		next_block();
		finish_block();
		let list = member_list(round_of(id));
		set_role([list[0]], Role::Liar(1));
		set_role([list[4]], Role::Silent);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		assert_eq!(faults(), all(&list[4..], Fault::Silent));
	});
}

#[test]
fn nobody_is_at_fault_for_silence_where_too_few_voted() {
	run(5, || {
		active_model(1);
		set_role([FIRST, FIRST + 1], Role::Silent);
		assert_eq!(ended(ask(5)), "expired");
		assert_eq!(faults(), vec![]);
	});
}

#[test]
fn nobody_is_at_fault_for_silence_where_a_third_has_trouble() {
	run(6, || {
		active_model(1);
		hush();
		let id = ask(6);
		run_for(2);
		let round = round_of(id);
		let list = member_list(round);
		// Five vote, and one of them had signalled before: a sixth is less than a third.
		assert_ok!(submit(sign(signal(list[0], round, SignalKind::InputUnavailable))));
		commit_honestly(round, &list[..5]);
		run_to(Rounds::<Test>::get(round).unwrap().commit_end + 1);
		reveal_honestly(round, &list[..5]);
		assert_eq!(faults(), all(&list[5..], Fault::Silent));
	});
	run(6, || {
		active_model(1);
		hush();
		let id = ask(6);
		run_for(2);
		let round = round_of(id);
		let list = member_list(round);
		for who in &list[..2] {
			assert_ok!(submit(sign(signal(*who, round, SignalKind::InputUnavailable))));
		}
		commit_honestly(round, &list[..5]);
		run_to(Rounds::<Test>::get(round).unwrap().commit_end + 1);
		reveal_honestly(round, &list[..5]);
		assert_eq!(faults(), vec![], "a third had trouble");
	});
}

#[test]
fn who_says_that_it_lacks_something_is_not_at_fault_and_not_paid() {
	run(6, || {
		active_model(1);
		let before = free(FIRST);
		set_role([FIRST], Role::Lacks(SignalKind::ModelUnavailable));
		assert_eq!(ended(ask(6)), "output");
		assert_eq!(faults(), vec![]);
		assert_eq!(free(FIRST), before);
	});
}

#[test]
fn the_same_faults_are_found_in_activations() {
	run(7, || {
		set_role([FIRST], Role::Liar(1));
		set_role([FIRST + 1], Role::Silent);
		active_model(1);
		// Silent in the activation, and again among all.
		let expected = [(FIRST, Fault::WrongVerdict), (FIRST + 1, Fault::Silent), (FIRST + 1, Fault::Silent)];
		assert_eq!(faults(), expected);
	});
}

#[test]
fn honest_validators_of_a_slow_job_are_not_at_fault() {
	run(7, || {
		active_model(1);
		plan(model_id(1), Planned::Inline(8), UNITS_PER_BLOCK);
		let id = Ask { unit_limit: UNITS_PER_BLOCK, k: Some(5), ..Ask::new(model_id(1)) }.submit().unwrap();
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), vec![]);
	});
}

#[test]
fn a_vote_of_a_committee_that_carries_a_digest_for_an_escalation_is_not_taken() {
	run(5, || {
		let (_, round) = open_round(3);
		let members = member_list(round);
		let mut odd = honest_reveal(round, members[0]);
		odd.vote.contested_digest = Some([1; 32]);
		assert_ok!(submit(sign(commit(members[0], round, seal(round, members[0], &odd.vote, &odd.salt)))));
		commit_honestly(round, &members[1..]);
		next_block();
		assert_refused(reveal(members[0], odd), InvalidTransaction::Stale);
		reveal_honestly(round, &members[1..]);
		assert_eq!(
			count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Escalated { .. }))),
			0,
			"equal votes stay equal"
		);
	});
}
