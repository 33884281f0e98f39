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
fn nobody_is_at_fault_before_a_decision_or_where_no_more_than_half_agree() {
	run(8, || {
		let (id, ..) = committee(3, Role::Liar(1), 2);
		let others = validators().into_iter().filter(|who| !Roles::get().contains_key(who));
		set_role(others.take(2).collect::<Vec<_>>(), Role::Liar(1));
		while stage(id) != Stage::Escalated(None) {
			next_block();
			assert_eq!(faults(), vec![]);
		}
		assert_eq!(ended(id), "unresolved");
		assert_eq!(faults(), vec![]);
	});
}

#[test]
fn who_lied_is_at_fault_where_more_than_half_find_something_else_and_no_two_thirds_do() {
	run(7, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 2);
		let third = validators().into_iter().find(|who| !Roles::get().contains_key(who)).unwrap();
		set_role([third], Role::Liar(1));
		assert_eq!(ended(id), "unresolved");
		// The third one lied in no contested round.
		assert_eq!(faults(), all(&liars, Fault::WrongByMajority));
	});
}

#[test]
fn who_does_not_judge_contested_votes_is_at_fault_where_more_than_half_do() {
	run(7, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		let mut others = validators().into_iter().filter(|who| !liars.contains(who));
		let (silent, lacking) = (others.next().unwrap(), others.next().unwrap());
		set_role([silent], Role::Silent);
		set_role([lacking], Role::Lacks(SignalKind::InputUnavailable));
		assert_eq!(ended(id), "unresolved");
		let mut expected = vec![(liars[0], Fault::WrongByMajority)];
		expected.extend([Fault::Silent, Fault::Silent, Fault::NoJudge].map(|fault| (silent, fault)));
		expected.sort_by_key(|(who, _)| *who);
		assert_eq!(faults(), expected, "and not who says that it lacks something");
	});
}

#[test]
fn nobody_has_to_judge_where_half_do_not() {
	run(8, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		let others = validators().into_iter().filter(|who| !liars.contains(who));
		set_role(others.take(3).collect::<Vec<_>>(), Role::Silent);
		assert_eq!(ended(id), "unresolved");
		assert_eq!(faults(), vec![]);
	});
}

#[test]
fn who_never_opens_its_vote_where_the_others_agree_pays_a_little_then_a_quarter() {
	run(5, || {
		active_model(1);
		set_role([FIRST], Role::Withholder);
		assert_eq!(ended(ask(5)), "output");
		assert_eq!(faults(), all(&[FIRST], Fault::NotRevealed));
		let end =
			block_of(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Agreed { .. }))) + LateWindow::get();
		run_to(end - 1);
		assert_eq!(faults(), all(&[FIRST], Fault::NotRevealed));
		next_block();
		assert_eq!(faults(), [(FIRST, Fault::NotRevealed), (FIRST, Fault::StillShut)]);
		run_for(2 * LateWindow::get());
		assert_eq!(faults().len(), 2);
	});
}

#[test]
fn who_never_opens_its_vote_where_the_others_are_too_few_pays_half_later() {
	run(3, || {
		active_model(1);
		set_role([FIRST], Role::Withholder);
		let id = ask(3);
		run_for(2);
		let first = round_of(id);
		run_to(Rounds::<Test>::get(first).unwrap().reveal_end + 1);
		assert!(!Rounds::<Test>::contains_key(first));
		run_for(LateWindow::get() - 1);
		assert_eq!(faults(), vec![], "it may be the network");
		next_block();
		assert_eq!(faults(), all(&[FIRST], Fault::ShutTogether));
		// And for the round that repeats it.
		assert_eq!(ended(id), "expired");
		run_for(LateWindow::get());
		assert_eq!(faults(), all(&[FIRST; 2], Fault::ShutTogether));
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
		assert_eq!(faults(), [(FIRST, Fault::WrongVerdict), (FIRST + 1, Fault::Silent)]);
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
