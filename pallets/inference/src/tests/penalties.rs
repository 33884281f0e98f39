//! The table of penalties, row by row: what is a fault, and what is not.

use super::{
	escalation::committee,
	objections::{agree_falsely, four_of_five, objection},
	*,
};
use assay_primitives::{constants::UNITS_PER_BLOCK, FailReason, Fault};
use frame_support::{assert_noop, assert_ok};

/// Faults that were found, in the order of accounts.
fn faults() -> Vec<(u64, Fault)> {
	let mut faults = Faults::get();
	faults.sort_by_key(|(who, fault)| (*who, *fault as u8));
	faults
}

fn all(who: &[u64], fault: Fault) -> Vec<(u64, Fault)> {
	who.iter().map(|who| (*who, fault)).collect()
}

/// Finders of each of the faults, in the order of accounts.
fn finders() -> Vec<(u64, Fault, Vec<u64>)> {
	let mut finders = Finders::get();
	finders.iter_mut().for_each(|(_, _, finders)| finders.sort());
	finders.sort_by_key(|(who, fault, _)| (*who, *fault as u8));
	finders
}

/// That these are found, each at this fault, by these.
fn all_by(who: &[u64], fault: Fault, finders: &[u64]) -> Vec<(u64, Fault, Vec<u64>)> {
	let mut finders = finders.to_vec();
	finders.sort();
	who.iter().map(|who| (*who, fault, finders.clone())).collect()
}

fn dispute(who: u64, request: RequestId) -> sp_runtime::DispatchResult {
	call(who, RoundsCall::dispute { subject: Subject::Request(request) })
}

/// A request with a committee of three liars and so many auditors, which are sealed honestly but for the last so many, who keep theirs shut
/// until the round is over. Ends when the round has. The request, the round, the liars, and the auditors.
fn lied_to(auditors: usize, late: usize) -> (RequestId, RoundId, Vec<u64>, Vec<u64>) {
	let (request, round) = open_round(3);
	let liars = member_list(round);
	let drawn = mock::auditors(round, &Rounds::<Test>::get(round).unwrap());
	let opened: Vec<_> = liars.iter().map(|who| (*who, reveal_of(Role::Liar(1), round, *who))).collect();
	for (who, opens) in &opened {
		assert_ok!(submit(sign(commit(*who, round, seal(round, *who, &opens.vote, &opens.salt)))));
	}
	next_block();
	let drawn: Vec<_> = drawn.into_iter().take(auditors).collect();
	for (who, _, proof) in &drawn {
		assert_ok!(submit(sign(audit_commit(*who, round, honest_seal(round, *who), *proof))));
	}
	run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
	let auditors: Vec<u64> = drawn.iter().map(|(who, ..)| *who).collect();
	let shut: Vec<Reveal> = auditors[auditors.len() - late..].iter().map(|who| honest_reveal(round, *who)).collect();
	let voters = Rounds::<Test>::get(round).unwrap().voters();
	for (who, opens) in opened {
		assert_ok!(submit(sign(reveal(who, Reveal { voters, ..opens }))));
	}
	reveal_honestly(round, &auditors[..auditors.len() - late]);
	while Rounds::<Test>::contains_key(round) {
		next_block();
	}
	for (who, opens) in auditors[auditors.len() - late..].iter().zip(shut) {
		assert_ok!(submit(sign(reveal(*who, mock::late(opens)))));
	}
	(request, round, liars, auditors)
}

/// A request with a committee of three liars out of so many validators, which has agreed.
fn agreed_on_a_lie() -> (RequestId, Vec<u64>) {
	let (request, round) = open_round(3);
	let liars = member_list(round);
	agree_falsely(round, &liars);
	assert_eq!(stage(request), Stage::Agreed);
	validators().into_iter().for_each(|who| set_free(who, ED + 100_000));
	(request, liars)
}

/// A request with a committee of seven, of whom five have agreed on a lie and two were kept out.
fn two_kept_out() -> (RequestId, RoundId, Vec<u64>, [u64; 2]) {
	let (request, round) = open_round(7);
	let mut liars = member_list(round);
	let kept_out = [liars.pop().unwrap(), liars.pop().unwrap()];
	agree_falsely(round, &liars);
	assert_eq!(stage(request), Stage::Agreed);
	(request, round, liars, kept_out)
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
fn a_signal_is_a_fault_where_the_others_agree_and_no_third_has_trouble() {
	// Of six members, who signals before; of those, who seals after all; and who is found.
	for (signals, seals, found) in [(1, 0, 1), (1, 1, 0), (2, 1, 0), (2, 0, 0), (3, 2, 0)] {
		run(6, || {
			active_model(1);
			hush();
			let id = ask(6);
			run_for(2);
			let round = round_of(id);
			let list = member_list(round);
			for who in &list[..signals] {
				assert_ok!(submit(sign(signal(*who, round, SignalKind::InputUnavailable))));
			}
			let (lacking, voters) = list.split_at(signals - seals);
			commit_honestly(round, voters);
			run_to(Rounds::<Test>::get(round).unwrap().commit_end + 1);
			// Two of six that lack it leave too few for the threshold of five.
			let agreed = voters.len() >= 5;
			if agreed {
				reveal_honestly(round, voters);
			}
			assert_eq!(stage(id), if agreed { Stage::Agreed } else { Stage::Waiting });
			assert_eq!(faults(), all(&lacking[..found], Fault::Signalled), "{signals} signal, {seals} seal");
		});
	}
}

#[test]
fn a_signal_is_no_fault_where_votes_differ() {
	run(7, || {
		let (id, round) = open_round(5);
		let list = member_list(round);
		assert_ok!(submit(sign(signal(list[0], round, SignalKind::InputUnavailable))));
		let lie = reveal_of(Role::Liar(1), round, list[4]);
		commit_honestly(round, &list[1..4]);
		assert_ok!(submit(sign(commit(list[4], round, seal(round, list[4], &lie.vote, &lie.salt)))));
		run_to(Rounds::<Test>::get(round).unwrap().commit_end + 1);
		reveal_honestly(round, &list[1..4]);
		assert_ok!(submit(sign(reveal(list[4], lie))));
		assert_eq!((stage(id), faults()), (Stage::Escalated(None), vec![]));
	});
}

#[test]
fn who_says_that_it_lacks_what_the_others_have_is_told_and_not_paid() {
	run(6, || {
		active_model(1);
		let before = free(FIRST);
		set_role([FIRST], Role::Lacks(SignalKind::ModelUnavailable));
		assert_eq!(ended(ask(6)), "output");
		assert_eq!(faults(), all(&[FIRST], Fault::Signalled));
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

#[test]
fn who_lies_in_the_committee_and_invents_a_trace_among_all_pays_for_the_lie() {
	run(7, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		// A quarter of the bond would be less than all of it.
		set_role(liars.clone(), Role::Framer);
		assert_eq!(ended(id), "output");
		assert_eq!(faults(), all(&liars, Fault::WrongVerdict));
	});
}

#[test]
fn auditors_that_sealed_the_truth_are_rewarded_for_the_liars_of_their_round() {
	Auditors::set(24);
	run(30, || {
		let (request, _, liars, auditors) = lied_to(3, 0);
		assert_eq!(stage(request), Stage::Escalated(None));
		// One of them lies among all: it shares nothing.
		Roles::take();
		set_role([auditors[2]], Role::Liar(1));
		assert_eq!(ended(request), "output");
		let mut expected = all(&liars, Fault::WrongVerdict);
		expected.push((auditors[2], Fault::WrongVerdict));
		assert_eq!(faults().len(), 4);
		assert!(expected.iter().all(|fault| faults().contains(fault)));
		assert_eq!(
			finders(),
			all_by(&liars, Fault::WrongVerdict, &auditors[..2]),
			"and nobody for who lied only among all"
		);
	});
	Auditors::set(0);
}

#[test]
fn nobody_is_rewarded_where_members_contradict_each_other() {
	run(7, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		assert_eq!(ended(id), "output");
		assert_eq!((faults(), finders()), (all(&liars, Fault::WrongVerdict), vec![]));
	});
}

#[test]
fn all_who_object_before_the_draw_of_all_are_rewarded_in_equal_parts() {
	run(12, || {
		let (request, round, liars, [first, second]) = two_kept_out();
		let vote = vote_as(Role::Honest, round, first, &Subject::Request(request), &[agreement(request).key]).0;
		assert_ok!(submit(sign(objection(first, request, vote, None))));
		assert_refused(objection(first, request, vote, None), InvalidTransaction::Stale);
		// A block later the draw is still to come.
		next_block();
		assert_ok!(submit(sign(objection(second, request, vote, None))));
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Objected { .. }))), 2);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Escalated { .. }))), 1);
		assert!(Challenged::<Test>::contains_key(Subject::Request(request)));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(finders(), all_by(&liars, Fault::WrongVerdict, &[first, second]));
	});
}

#[test]
fn who_objects_after_the_draw_of_all_is_not_heard() {
	run(12, || {
		let (request, round, liars, [first, second]) = two_kept_out();
		let vote = vote_as(Role::Honest, round, first, &Subject::Request(request), &[agreement(request).key]).0;
		assert_ok!(submit(sign(objection(first, request, vote, None))));
		run_for(2);
		assert!(!Challenged::<Test>::contains_key(Subject::Request(request)));
		assert_refused(objection(second, request, vote, None), InvalidTransaction::Stale);
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(finders(), all_by(&liars, Fault::WrongVerdict, &[first]));
	});
}

#[test]
fn a_liar_that_objects_and_lies_is_not_rewarded_and_nobody_is_for_its_own_lie() {
	run(12, || {
		let (request, round, liars, [first, second]) = two_kept_out();
		let key = agreement(request).key;
		let vote = |role, who| vote_as(role, round, who, &Subject::Request(request), &[key]).0;
		assert_ok!(submit(sign(objection(first, request, vote(Role::Honest, first), None))));
		assert_ok!(submit(sign(objection(second, request, vote(Role::Liar(2), second), None))));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(finders(), all_by(&liars, Fault::WrongVerdict, &[first]));
		assert!(faults().contains(&(second, Fault::WrongVerdict)));
	});
}

#[test]
fn an_auditor_that_opens_late_is_rewarded_alone_where_others_object() {
	Auditors::set(24);
	run(30, || {
		let (request, round, liars, auditors) = lied_to(1, 1);
		assert_eq!(stage(request), Stage::Escalated(None));
		let agreement = Challenged::<Test>::get(Subject::Request(request)).unwrap();
		let (other, _, proof) = objectors(&agreement).into_iter().find(|(who, ..)| !auditors.contains(who)).unwrap();
		let vote = vote_as(Role::Honest, round, other, &Subject::Request(request), &[agreement.key]).0;
		assert_ok!(submit(sign(objection(other, request, vote, proof))));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(finders(), all_by(&liars, Fault::WrongVerdict, &auditors));
	});
	Auditors::set(0);
}

#[test]
fn auditors_that_open_late_after_an_objection_are_rewarded_too() {
	Auditors::set(24);
	run(30, || {
		let (request, _, liars, auditors) = lied_to(2, 2);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Objected { .. }))), 2);
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(finders(), all_by(&liars, Fault::WrongVerdict, &auditors));
	});
	Auditors::set(0);
}

#[test]
fn who_disputes_a_lie_is_rewarded() {
	run(10, || {
		let (request, liars) = agreed_on_a_lie();
		let disputer = validators().into_iter().find(|who| !liars.contains(who)).unwrap();
		assert_ok!(dispute(disputer, request));
		assert_noop!(dispute(disputer, request), RoundsError::NotAgreed);
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(
			(faults(), finders()),
			(all(&liars, Fault::WrongVerdict), all_by(&liars, Fault::WrongVerdict, &[disputer]))
		);
	});
}

#[test]
fn a_liar_that_disputes_its_own_lie_is_not_rewarded() {
	run(10, || {
		let (request, liars) = agreed_on_a_lie();
		assert_ok!(dispute(liars[0], request));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!((faults(), finders()), (all(&liars, Fault::WrongVerdict), vec![]));
	});
	// Nor who disputes it, and lies among all.
	run(10, || {
		let (request, liars) = agreed_on_a_lie();
		let disputer = validators().into_iter().find(|who| !liars.contains(who)).unwrap();
		assert_ok!(dispute(disputer, request));
		Roles::take();
		set_role([disputer], Role::Framer);
		assert_eq!(ended(request), "output");
		assert!(faults().contains(&(disputer, Fault::WrongTrace)));
		assert_eq!(finders(), vec![]);
	});
}

#[test]
fn a_dispute_that_is_not_upheld_finds_nobody() {
	run(13, || {
		// Four members agree while the fifth is kept out and objects with a lie; all find that the four were right.
		let (request, round) = open_round(5);
		let mut list = member_list(round);
		let liar = list.pop().unwrap();
		let vote = reveal_of(Role::Liar(2), round, liar).vote;
		commit_honestly(round, &list);
		while Rounds::<Test>::get(round).unwrap().phase != Phase::Revealing {
			next_block();
		}
		reveal_honestly(round, &list);
		let disputer = validators().into_iter().find(|who| *who != liar && !list.contains(who)).unwrap();
		set_free(disputer, ED + 100_000);
		assert_ok!(dispute(disputer, request));
		assert_ok!(submit(sign(objection(liar, request, vote, None))));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert!(faults().contains(&(liar, Fault::WrongVerdict)));
		assert_eq!(finders(), vec![]);
	});
}

#[test]
fn nobody_is_rewarded_where_more_than_half_judge() {
	run(10, || {
		let (request, fifth, liars, vote) = four_of_five();
		assert_ok!(submit(sign(objection(fifth, request, vote, None))));
		Roles::take();
		// Six of ten are honest.
		set_role(liars.clone(), Role::Liar(1));
		assert_eq!(ended(request), "unresolved");
		// A lie would cost a quarter of the bonds where one of the liars' own objects.
		assert_eq!(finders(), vec![]);
		assert!(liars.iter().all(|liar| faults().contains(&(*liar, Fault::WrongByMajority))));
	});
}

/// A validator that was put out.
fn out(validator: u64) -> RuntimeEvent {
	RuntimeEvent::Voting(RoundsEvent::PutOut { validator })
}

#[test]
fn who_is_put_out_is_in_no_draw_from_the_next_block_on_and_counts_for_no_threshold() {
	run(7, || {
		let model = active_model(1);
		// One was asked before, one is asked after.
		let before = Ask { k: Some(7), ..Ask::new(model) }.submit().unwrap();
		next_block();
		put_out(FIRST);
		assert!(emitted(&out(FIRST)));
		let after = Ask { k: Some(6), ..Ask::new(model) }.submit().unwrap();
		for id in [before, after] {
			finish_block();
			let round = round_of(id);
			assert_eq!(members(round), (FIRST + 1..FIRST + 7).collect());
			next_block();
		}
		for id in [before, after] {
			assert_eq!(ended(id), "output");
			let Decision { v, k, q, votes, .. } = decision(id);
			assert_eq!((v, k, q, votes), (6, 6, 0, 6));
		}
	});
}

#[test]
fn a_liar_that_was_found_out_has_no_vote_in_the_next_escalation() {
	run(10, || {
		let (first, _, liars) = committee(3, Role::Liar(1), 1);
		assert_eq!(ended(first), "output");
		assert!(liars.iter().all(|liar| count(|event| *event == out(*liar)) == 1));
		let (second, _, others) = committee(3, Role::Liar(1), 1);
		assert!(!others.contains(&liars[0]));
		assert_eq!(ended(second), "output");
		assert_eq!((decision(second).v, decision(second).votes), (9, 8));
	});
}

#[test]
fn who_is_put_out_keeps_its_part_in_open_rounds() {
	run(7, || {
		let (request, round) = open_round(5);
		let list = member_list(round);
		commit_honestly(round, &list[..1]);
		put_out(list[0]);
		put_out(list[1]);
		commit_honestly(round, &list[1..]);
		next_block();
		reveal_honestly(round, &list);
		let decision = agreement(request).decision;
		assert_eq!((decision.votes, decision.k, decision.q, decision.v), (5, 5, 4, 7));
	});
}

#[test]
fn who_is_put_out_does_not_audit() {
	Auditors::set(24);
	run(30, || {
		let (_, round) = open_round(3);
		let [(who, _, proof), (other, _, others)] = mock::auditors(round, &Rounds::<Test>::get(round).unwrap())[..2]
		else {
			panic!("two audit")
		};
		let bound = Voting::audit_bound(&Rounds::<Test>::get(round).unwrap(), 1);
		put_out(who);
		assert_eq!(
			Voting::audit_bound(&Rounds::<Test>::get(round).unwrap(), 1),
			bound,
			"the bound is that of the draw"
		);
		commit_honestly(round, &member_list(round));
		next_block();
		let audit = |who, proof| audit_commit(who, round, honest_seal(round, who), proof);
		assert_refused(audit(who, proof), InvalidTransaction::Stale);
		let lacks = Signal { round, kind: SignalKind::InputUnavailable, proof: Some(proof) };
		let lacks = Attestation { signals: vec![lacks].try_into().unwrap(), ..nothing(who) };
		assert_refused(lacks, InvalidTransaction::Stale);
		assert_ok!(submit(sign(audit(other, others))));
	});
	Auditors::set(0);
}

#[test]
fn who_is_put_out_neither_objects_nor_disputes() {
	run(10, || {
		let (request, fifth, _, vote) = four_of_five();
		set_free(fifth, ED + 100_000);
		put_out(fifth);
		assert_refused(objection(fifth, request, vote, None), InvalidTransaction::Stale);
		assert_noop!(dispute(fifth, request), RoundsError::NotValidator);
	});
}

#[test]
fn who_was_put_out_after_it_was_elected_stays_out_and_comes_back_when_it_is_good_again() {
	run(4, || {
		put_out(FIRST);
		put_out(FIRST + 9);
		assert_eq!(validators(), [101, 102, 103], "and nobody for who is no validator");
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::PutOut { .. }))), 1);
		new_session(&[100, 101, 102, 103, 109]);
		assert_eq!(validators(), [101, 102, 103]);
		Out::take();
		new_session(&[100, 101, 102, 103]);
		assert_eq!(validators(), [100, 101, 102, 103]);
	});
}

#[test]
fn the_last_validator_stays() {
	run(2, || {
		let model = active_model(1);
		put_out(FIRST);
		put_out(FIRST + 1);
		assert_eq!(validators(), [FIRST + 1]);
		assert_eq!(ended(Ask { k: Some(1), ..Ask::new(model) }.submit().unwrap()), "output");
		// If nobody else can be elected, the set stays as it is.
		new_session(&[FIRST, FIRST + 1]);
		assert_eq!(validators(), [FIRST, FIRST + 1]);
	});
}

#[test]
fn blocks_of_who_is_put_out_do_not_end_the_window_of_a_small_set() {
	// More than a third of nine, or of the seven that are left, who come after the two.
	for (outs, blocks) in [(0, 5), (2, 6)] {
		run(9, || {
			let id = Ask { k: Some(3), ..Ask::new(active_model(1)) }.submit().unwrap();
			while stage(id) != Stage::Agreed {
				next_block();
			}
			let agreed_at = agreement(id).agreed_at;
			// All make blocks in turn, also those that were put out.
			let set = validators();
			let turn = |block: u32| set[block as usize % 9];
			Authors::set((agreed_at..agreed_at + 20).map(|block| (block, turn(block))).collect());
			(1..=outs).for_each(|n| put_out(turn(agreed_at + n)));
			while Standings::<Test>::contains_key(Subject::Request(id)) {
				next_block();
			}
			assert_eq!(now() - agreed_at, blocks);
		});
	}
}
