//! Auditors: validators that draw themselves, vote like members, and decide nothing but whether all have to vote.

use super::*;
use assay_primitives::{audit::AuditProof, Fault};
use frame_support::assert_ok;
use std::collections::BTreeSet;

/// As [`audited`], with 21 validators, of whom nearly all outsiders of a committee of three draw themselves.
fn well_audited(test: impl FnOnce()) {
	audited(21, 17, test);
}

/// A request with a committee of three, in the first block that takes commits, and who has drawn itself; the validators say only what
/// the test makes them say.
fn open_audit() -> (RequestId, RoundId, Vec<(u64, AuditProof)>) {
	let (request, round) = open_round(3);
	let record = Rounds::<Test>::get(round).unwrap();
	let drawn = auditors(round, &record).into_iter().map(|(who, _, proof)| (who, proof)).collect();
	(request, round, drawn)
}

/// As [`open_audit`], in the first block that takes auditors' seals.
fn sealed_audit() -> (RequestId, RoundId, Vec<(u64, AuditProof)>) {
	let open = open_audit();
	commit_honestly(open.1, &member_list(open.1));
	next_block();
	open
}

/// A request with a committee of three, in the block in which it is drawn; the committee and who has drawn itself.
fn drawn_audit() -> (RequestId, RoundId, Vec<u64>, Vec<u64>) {
	let model = active_model(1);
	let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
	next_block();
	finish_block();
	let round = round_of(id);
	let drawn = auditors(round, &Rounds::<Test>::get(round).unwrap()).into_iter().map(|(who, ..)| who).collect();
	(id, round, member_list(round), drawn)
}

/// As [`open_audit`], of an input that nodes have to fetch.
fn open_audit_of_a_blob() -> (RequestId, RoundId, Vec<(u64, AuditProof)>) {
	let (request, round) = open_round_of(Ask { k: Some(3), input: blob(1, 3_000), ..Ask::new(active_model(1)) });
	let drawn = auditors(round, &Rounds::<Test>::get(round).unwrap()).into_iter();
	(request, round, drawn.map(|(who, _, proof)| (who, proof)).collect())
}

/// Has all members seal, and goes on to the first block that takes auditors' seals.
fn seal_all(round: RoundId) {
	commit_honestly(round, &member_list(round));
	run_to(Rounds::<Test>::get(round).unwrap().commit_end + 1);
}

/// The seal of an auditor.
fn audit(who: u64, round: RoundId, proof: AuditProof) -> Seal<u64> {
	audit_commit(who, round, honest_seal(round, who), proof)
}

#[test]
fn auditors_vote_beside_the_committee_and_do_not_count_for_its_quorum() {
	well_audited(|| {
		let (request, round, drawn) = sealed_audit();
		assert!(drawn.len() > 10, "nearly all outsiders are auditors");
		let list = member_list(round);
		for (who, proof) in &drawn {
			assert_ok!(submit(sign(audit(*who, round, *proof))));
			assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::AuditorAdmitted { round, validator: *who })));
		}
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.commits, record.auditors, record.phase), (3, drawn.len() as u32, Phase::Auditing));
		run_to(record.audit_end + 1);
		reveal_honestly(round, &list[..2]);
		reveal_honestly(round, &drawn.iter().map(|(who, _)| *who).collect::<Vec<_>>());
		run_to(Rounds::<Test>::get(round).unwrap().reveal_end + 1);
		assert!(!Rounds::<Test>::contains_key(round), "two members of three are no quorum, whoever else votes");
		assert!(EndedRounds::<Test>::get(round).unwrap().together, "nor have they agreed");
		assert_eq!((redraws(request), Faults::get()), (1, vec![]));
	});
}

#[test]
fn auditors_seal_after_the_members_and_before_any_vote_is_opened() {
	well_audited(|| {
		let (request, round, drawn) = open_audit();
		let list = member_list(round);
		let [(first, first_proof), (last, last_proof), (late, late_proof)] = drawn[..3] else { panic!("three") };
		commit_honestly(round, &list[..2]);
		assert_early(audit(first, round, first_proof));
		commit_honestly(round, &list[2..]);
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.phase, record.commit_end, record.audit_end), (Phase::Auditing, now(), now() + 3));
		assert_early(audit(first, round, first_proof));
		next_block();
		assert_ok!(submit(sign(audit(first, round, first_proof))));
		assert_refused(reveal(list[0], honest_reveal(round, list[0])), InvalidTransaction::Stale);
		run_to(record.audit_end);
		assert_ok!(submit(sign(audit(last, round, last_proof))));
		assert_refused(reveal(list[0], honest_reveal(round, list[0])), InvalidTransaction::Stale);
		next_block();
		// One whose seal comes later has no part in the round.
		assert_ok!(submit(sign(audit(late, round, late_proof))));
		assert_eq!(Rounds::<Test>::get(round).unwrap().auditors, 2);
		reveal_honestly(round, &list);
		reveal_honestly(round, &[first]);
		assert!(Rounds::<Test>::contains_key(round), "an auditor has not opened its vote");
		reveal_honestly(round, &[last]);
		let decision = agreement(request).decision;
		assert_eq!((decision.votes, decision.k, decision.q), (3, 3, 3));
		assert_eq!((decision.audits, decision.auditors, decision.window), (17, 2, Window::Blocks(3)));
	});
}

#[test]
fn the_time_of_auditors_grows_with_the_work() {
	UnitPrice::set(0);
	well_audited(|| {
		let unit_limit = assay_primitives::constants::UNITS_PER_BLOCK * 3;
		let (_, round) = open_round_of(Ask { k: Some(3), unit_limit, ..Ask::new(active_model(1)) });
		commit_honestly(round, &member_list(round));
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.growth, record.commit_end), (3, record.commit_min));
		assert_eq!(record.audit_end, record.commit_end + 3 + 3);
		run_to(record.audit_end);
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.phase, record.reveal_end), (Phase::Revealing, record.audit_end + 16 + 3));
	});
	UnitPrice::set(3);
}

/// Blocks from an agreement to its result, where so many auditors have opened their votes and so many have not.
fn window_with(opened: usize, shut: usize) -> u32 {
	let mut window = 0;
	well_audited(|| {
		let (id, round, drawn) = sealed_audit();
		let list = member_list(round);
		let sealed: Vec<u64> = drawn.iter().take(opened + shut).map(|(who, _)| *who).collect();
		for (who, proof) in &drawn[..opened + shut] {
			assert_ok!(submit(sign(audit(*who, round, *proof))));
		}
		run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
		reveal_honestly(round, &list);
		reveal_honestly(round, &sealed[..opened]);
		if shut > 0 {
			run_to(Rounds::<Test>::get(round).unwrap().reveal_end + 1);
		}
		assert_eq!(agreement(id).agreed_at, now());
		assert_eq!(agreement(id).decision.auditors as usize, opened);
		window = agreement(id).final_at - now();
		assert_eq!(await_end(id).ended_at, agreement_at(id) + window);
	});
	window
}

/// The block in which a request was agreed on.
fn agreement_at(id: RequestId) -> u32 {
	let of = Subject::Request(id);
	block_of(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Agreed { subject, .. }) if *subject == of))
}

#[test]
fn an_agreement_that_few_auditors_confirm_waits_longer() {
	let windows: Vec<u32> = (0..5).map(|opened| window_with(opened, 0)).collect();
	assert_eq!(windows, [3 + 21, 3 + 14, 3 + 7, 3, 3]);
}

#[test]
fn an_agreement_waits_for_an_auditor_that_has_not_opened_its_vote() {
	assert_eq!([window_with(0, 1), window_with(4, 1)], [60, 60]);
}

/// The attestation of an auditor that cannot get the input.
fn lacks_input(who: u64, round: RoundId, proof: Option<AuditProof>) -> Attestation<u64, u32, Subject> {
	let signal = Signal { round, kind: SignalKind::InputUnavailable, proof };
	Attestation { signals: vec![signal].try_into().unwrap(), ..nothing(who) }
}

#[test]
fn an_auditor_that_lacks_the_input_says_so_with_its_proof_and_seals_no_vote() {
	well_audited(|| {
		let (_, round, drawn) = open_audit_of_a_blob();
		let (list, (who, proof)) = (member_list(round), drawn[0]);
		assert_refused(lacks_input(who, round, Some(proof)), InvalidTransaction::Stale);
		seal_all(round);
		assert_refused(lacks_input(who, round, None), InvalidTransaction::Stale);
		assert_refused(lacks_input(who, round, Some(drawn[1].1)), InvalidTransaction::BadProof);
		assert_refused(lacks_input(list[0], round, None), InvalidTransaction::Stale);
		assert_ok!(submit(sign(lacks_input(who, round, Some(proof)))));
		let kind = SignalKind::InputUnavailable;
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Signalled { round, validator: who, kind })));
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.auditors, record.audit_signals, record.signals), (0, 1, 0));
		assert_refused(lacks_input(who, round, Some(proof)), InvalidTransaction::Stale);
		assert_ok!(submit(sign(audit(who, round, proof))));
		assert_eq!(Rounds::<Test>::get(round).unwrap().auditors, 0, "it has no vote");
		run_to(record.audit_end + 1);
		assert_refused(lacks_input(drawn[1].0, round, Some(drawn[1].1)), InvalidTransaction::Stale);
	});
}

#[test]
fn all_judge_the_members_where_an_auditor_lacks_the_input_whoever_has_sealed() {
	for (lacking, sealed, agreed) in [(1, 0, false), (1, 9, false), (2, 5, false), (0, 3, true)] {
		well_audited(|| {
			let (id, round, drawn) = open_audit_of_a_blob();
			let list = member_list(round);
			seal_all(round);
			for (who, proof) in &drawn[..lacking] {
				assert_ok!(submit(sign(lacks_input(*who, round, Some(*proof)))));
			}
			let auditors = &drawn[lacking..lacking + sealed];
			for (who, proof) in auditors {
				assert_ok!(submit(sign(audit(*who, round, *proof))));
			}
			run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
			reveal_honestly(round, &list);
			reveal_honestly(round, &auditors.iter().map(|(who, _)| *who).collect::<Vec<_>>());
			assert!(!Rounds::<Test>::contains_key(round));
			assert_eq!(stage(id) == Stage::Agreed, agreed, "{lacking} lack it, {sealed} have sealed");
			assert_eq!(stage(id) == Stage::Escalated(None), !agreed);
			assert!(agreed || Faults::get().is_empty(), "nobody knows yet whether the bytes could be had");
			set_role(validators(), Role::Honest);
			assert_eq!(decision(id).escalated, !agreed);
			// They could, and the signals were in vain.
			let mut told: Vec<_> = drawn[..lacking].iter().map(|(who, _)| (*who, Fault::SignalledInVain)).collect();
			told.sort_by_key(|(who, _)| *who);
			let mut faults = Faults::get();
			faults.sort_by_key(|(who, _)| *who);
			assert_eq!(faults, told);
			// A requester that withholds the input until they have signalled bars nobody with that.
			assert!(ShutCounts::<Test>::get().is_empty());
		});
	}
}

#[test]
fn members_that_signal_and_vote_after_all_do_not_excuse_auditors() {
	well_audited(|| {
		let (id, round, drawn) = open_audit_of_a_blob();
		let (list, (who, proof)) = (member_list(round), drawn[0]);
		run_to(Rounds::<Test>::get(round).unwrap().commit_min);
		assert_ok!(submit(sign(lacks_input(list[0], round, None))));
		seal_all(round);
		assert_ok!(submit(sign(lacks_input(who, round, Some(proof)))));
		for (who, proof) in &drawn[1..6] {
			assert_ok!(submit(sign(audit(*who, round, *proof))));
		}
		run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
		reveal_honestly(round, &list);
		reveal_honestly(round, &drawn[1..6].iter().map(|(who, _)| *who).collect::<Vec<_>>());
		set_role(validators(), Role::Honest);
		assert_eq!(ended(id), "output");
		assert_eq!(Faults::get(), vec![(who, Fault::SignalledInVain)]);
	});
}

#[test]
fn auditors_that_signal_are_not_at_fault_where_too_few_members_vote() {
	well_audited(|| {
		let (_, round, drawn) = open_audit_of_a_blob();
		let (list, (who, proof)) = (member_list(round), drawn[0]);
		seal_all(round);
		assert_ok!(submit(sign(lacks_input(who, round, Some(proof)))));
		run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
		reveal_honestly(round, &list[..2]);
		run_to(Rounds::<Test>::get(round).unwrap().reveal_end + 1);
		assert!(!Rounds::<Test>::contains_key(round));
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn an_input_that_only_members_have_costs_those_who_vote_about_it_half_of_their_bonds() {
	well_audited(|| {
		let (id, committee) = withheld_from_all_but_the_committee(Role::Liar(1));
		assert_eq!(ended(id), "expired");
		assert!(result(id).paid > 0, "who withholds an input pays for what was reserved");
		let told: Vec<_> = committee.iter().map(|who| (*who, Fault::Withheld)).collect();
		assert_eq!(sorted_faults(), told, "and those who lack it pay nothing");
		assert_eq!(Fault::Withheld.per_mille(), 500);
	});
}

#[test]
fn who_opens_a_vote_late_about_an_input_that_nobody_else_has_pays_half_of_its_bond() {
	LateWindow::set(400);
	well_audited(|| {
		// They see who looks for the input, and keep their votes shut until nobody can judge them.
		let (id, committee) = withheld_from_all_but_the_committee(Role::Withholder);
		let round = round_of(id);
		let opened = late(honest_reveal(round, committee[0]));
		while Rounds::<Test>::contains_key(round) {
			next_block();
		}
		assert_eq!(stage(id), Stage::Escalated(None));
		assert_eq!(ended(id), "expired");
		assert!(EndedRounds::<Test>::get(round).unwrap().withheld);
		hush();
		assert_ok!(submit(sign(reveal(committee[0], opened))));
		run_for(LateWindow::get());
		let shut = |who: &u64| if *who == committee[0] { Fault::Withheld } else { Fault::ShutTogether };
		assert_eq!(sorted_faults(), committee.iter().map(|who| (*who, shut(who))).collect::<Vec<_>>());
	});
	LateWindow::set(30);
}

#[test]
fn an_input_that_comes_back_while_all_look_for_it_costs_nobody_anything() {
	well_audited(|| {
		let (id, _) = withheld_from_all_but_the_committee(Role::Honest);
		let round = round_of(id);
		while Rounds::<Test>::contains_key(round) || stage(id) == Stage::Escalated(None) {
			next_block();
		}
		// The first round of all signals. Those who have the input are back before the second one ends.
		let first = round_of(id);
		while Rounds::<Test>::contains_key(first) {
			next_block();
		}
		set_role(validators(), Role::Honest);
		assert_eq!(ended(id), "output");
		// Two signals in an era are free.
		assert!(Faults::get().iter().all(|(_, fault)| *fault == Fault::SignalledInVain));
	});
}

/// A request that a committee of three has agreed on, and an auditor that has said nothing, with its proof.
fn agreed_without(input: Input) -> (RequestId, RoundId, u64, AuditProof) {
	let (id, round) = open_round_of(Ask { k: Some(3), input, ..Ask::new(active_model(1)) });
	let (who, _, proof) = auditors(round, &Rounds::<Test>::get(round).unwrap())[0];
	commit_honestly(round, &member_list(round));
	next_block();
	run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
	reveal_honestly(round, &member_list(round));
	assert_eq!(stage(id), Stage::Agreed);
	(id, round, who, proof)
}

#[test]
fn an_auditor_that_lacks_the_input_says_so_as_long_as_it_may_object() {
	well_audited(|| {
		let (id, round, who, proof) = agreed_without(blob(1, 3_000));
		run_for(2);
		assert_refused(lacks_input(who, round, None), InvalidTransaction::Stale);
		assert_refused(lacks_input(member_list_of_ended(round)[0], round, Some(proof)), InvalidTransaction::Stale);
		let other =
			validators().into_iter().find(|other| *other != who && !member_list_of_ended(round).contains(other));
		assert_refused(lacks_input(other.unwrap(), round, Some(proof)), InvalidTransaction::BadProof);
		let model = Signal { round, kind: SignalKind::ModelUnavailable, proof: Some(proof) };
		let model = Attestation { signals: vec![model].try_into().unwrap(), ..nothing(who) };
		assert_refused(model, InvalidTransaction::Stale);
		assert_ok!(submit(sign(lacks_input(who, round, Some(proof)))));
		assert_eq!(stage(id), Stage::Escalated(None));
		assert_refused(lacks_input(who, round, Some(proof)), InvalidTransaction::Stale);
		assert_eq!(HeldBack::<Test>::get().len(), 3, "who has voted is being judged");
		set_role(validators(), Role::Honest);
		assert!(decision(id).escalated);
		assert_eq!(Faults::get(), vec![(who, Fault::SignalledInVain)]);
		assert_eq!(HeldBack::<Test>::get().len(), 0);
	});
	// Too late, and for bytes that everybody has.
	well_audited(|| {
		let (id, round, who, proof) = agreed_without(blob(1, 3_000));
		run_to(agreement(id).final_at);
		assert_refused(lacks_input(who, round, Some(proof)), InvalidTransaction::Stale);
	});
	well_audited(|| {
		let (_, round, who, proof) = agreed_without(inline(b"input"));
		assert_refused(lacks_input(who, round, Some(proof)), InvalidTransaction::Stale);
	});
}

fn member_list_of_ended(round: RoundId) -> Vec<u64> {
	EndedRounds::<Test>::get(round).unwrap().seals.iter().map(|seal| seal.validator).collect()
}

#[test]
fn an_auditor_says_nothing_of_bytes_that_travelled_in_the_call() {
	well_audited(|| {
		let (_, round) = open_round(3);
		let (who, _, proof) = auditors(round, &Rounds::<Test>::get(round).unwrap())[0];
		commit_honestly(round, &member_list(round));
		next_block();
		assert_refused(lacks_input(who, round, Some(proof)), InvalidTransaction::Stale);
	});
}

#[test]
fn a_window_that_is_assured_is_not_over_before_the_seals_are_final_for_more_than_a_third() {
	well_audited(|| {
		let model = active_model(1);
		let id = Ask { k: Some(3), window: Some(Window::Assured), ..Ask::new(model) }.submit().unwrap();
		while stage(id) != Stage::Agreed {
			next_block();
		}
		let sealed_at = agreement(id).sealed_at;
		FinalTo::set(Some(sealed_at - 1));
		run_for(100);
		assert_eq!(stage(id), Stage::Agreed, "finality has stopped below the seals");
		FinalTo::set(Some(sealed_at));
		// Eight of twenty-one are more than a third; the block that ends the window is one more.
		let began = now();
		assert_eq!(await_end(id).ended_at, began + 9);
	});
}

/// Faults that were found, by validator.
fn sorted_faults() -> Vec<(u64, Fault)> {
	let mut faults = Faults::get();
	faults.sort_by_key(|(who, _)| *who);
	faults
}

/// A request of whose committee each member has its input, in this role, and nobody else has.
fn withheld_from_all_but_the_committee(role: Role) -> (RequestId, Vec<u64>) {
	let model = active_model(1);
	let id = Ask { k: Some(3), input: blob(1, 3_000), ..Ask::new(model) }.submit().unwrap();
	next_block();
	finish_block();
	let committee = member_list(await_round(id));
	set_role(validators(), Role::Lacks(SignalKind::InputUnavailable));
	set_role(committee.clone(), role);
	(id, committee)
}

#[test]
fn without_audits_no_auditor_is_missed() {
	audited(21, 17, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), audits: Some(0), ..Ask::new(model) }.submit().unwrap();
		while stage(id) != Stage::Agreed {
			next_block();
		}
		assert_eq!(agreement(id).final_at, now() + 3);
		assert_eq!(Rounds::<Test>::iter().count(), 0);
	});
}

#[test]
fn an_auditor_is_paid_above_a_member_and_only_with_the_right_vote() {
	audited(7, 3, || {
		let model = active_model(1);
		let (requester, before) = (free(REQUESTER), validators().into_iter().map(free).collect::<Vec<_>>());
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let audits = 4 * (per_voter(500, 5) * 3 / 2);
		assert_eq!(request(id).escrow, price(500, 5, 3) + audits);
		assert_eq!(Inference::price(500, 5, 3, 3), Some(price(500, 5, 3) + audits));
		next_block();
		finish_block();
		let round = round_of(id);
		let committee = members(round);
		let drawn: Vec<u64> =
			auditors(round, &Rounds::<Test>::get(round).unwrap()).into_iter().map(|(who, ..)| who).collect();
		assert_eq!(ended(id), "output");
		let (each, auditor) = (per_voter(100, 5), per_voter(100, 5) * 3 / 2);
		for (who, before) in validators().into_iter().zip(before) {
			let earned = match (committee.contains(&who), drawn.contains(&who)) {
				(true, _) => each,
				(_, true) => auditor,
				_ => 0,
			};
			assert_eq!(free(who), before + earned);
		}
		let paid = BasePrice::get() + 3 * each + drawn.len() as u128 * auditor;
		assert_eq!(requester - free(REQUESTER), paid);
		assert_eq!(result(id).paid, paid);
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn an_auditor_that_never_runs_earns_nothing() {
	well_audited(|| {
		let (id, _, _, drawn) = drawn_audit();
		let lazy = drawn[0];
		let before = free(lazy);
		// It commits to the right verdict with a trace that it has made up.
		set_role([lazy], Role::Framer);
		assert_eq!(ended(id), "output");
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Escalated { .. }))), 1);
		assert_eq!(Faults::get(), vec![(lazy, Fault::WrongTrace)]);
		assert_eq!(free(lazy), before);
	});
}

#[test]
fn one_auditor_stops_a_captured_committee() {
	well_audited(|| {
		let (id, round, captured, drawn) = drawn_audit();
		hush();
		set_role(drawn.into_iter().take(1), Role::Honest);
		set_role(captured.clone(), Role::Liar(1));
		let verdict = honest_verdict(round);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		Roles::take();
		set_role(captured.clone(), Role::Liar(1));
		assert_eq!(ended(id), "output");
		assert_eq!(decision(id).verdict, verdict);
		assert!(decision(id).escalated);
		let mut faults = Faults::get();
		faults.sort_by_key(|(who, _)| *who);
		assert_eq!(faults, captured.iter().map(|who| (*who, Fault::WrongVerdict)).collect::<Vec<_>>());
	});
}

#[test]
fn a_lying_auditor_is_found_out_by_all() {
	well_audited(|| {
		let (id, _, _, drawn) = drawn_audit();
		let liar = drawn[0];
		set_role([liar], Role::Liar(1));
		assert_eq!(ended(id), "output");
		assert_eq!(Faults::get(), vec![(liar, Fault::WrongVerdict)]);
	});
}

#[test]
fn an_auditor_that_does_not_reveal_is_at_fault_and_stops_nothing() {
	well_audited(|| {
		let (id, round, _, drawn) = drawn_audit();
		let withholder = drawn[0];
		set_role([withholder], Role::Withholder);
		assert_eq!(ended(id), "output");
		assert_eq!((decision(id).round, decision(id).escalated), (round, false));
		assert_eq!(decision(id).auditors as usize, drawn.len() - 1);
		assert_eq!(Faults::get(), vec![(withholder, Fault::NotRevealed), (withholder, Fault::StillShut)]);
	});
}

#[test]
fn who_has_not_drawn_itself_is_no_auditor() {
	audited(20, 3, || {
		let (_, round, drawn) = sealed_audit();
		let committee = members(round);
		let outsiders = validators().into_iter().filter(|who| !committee.contains(who));
		let unlucky = outsiders.clone().find(|who| drawn.iter().all(|(lucky, _)| lucky != who)).unwrap();
		assert_refused(audit(unlucky, round, draw_audit(unlucky, round)), InvalidTransaction::BadProof);
		let (lucky, proof) = drawn[0];
		assert_refused(audit(unlucky, round, proof), InvalidTransaction::BadProof);
		let mut forged = proof;
		forged.proof[3] ^= 1;
		assert_refused(audit(lucky, round, forged), InvalidTransaction::BadProof);
		assert_refused(commit(lucky, round, [1; 32]), InvalidTransaction::BadProof);
		assert_signed_refused(sign_with(&pair_of(lucky, 5), audit(lucky, round, proof)), InvalidTransaction::BadProof);
		assert_ok!(submit(sign(audit(lucky, round, proof))));
		assert_refused(audit(lucky, round, proof), InvalidTransaction::Stale);
		assert_refused(audit(REQUESTER, round, draw_audit(REQUESTER, round)), InvalidTransaction::Stale);
	});
}

#[test]
fn a_proof_for_one_round_is_none_for_another() {
	well_audited(|| {
		let model = active_model(1);
		hush();
		let ids = [0, 1].map(|_| Ask { k: Some(3), input: blob(1, 3_000), ..Ask::new(model) }.submit().unwrap());
		run_for(2);
		let [first, second] = ids.map(round_of);
		let drawn = [first, second].map(|round| -> Vec<u64> {
			auditors(round, &Rounds::<Test>::get(round).unwrap()).into_iter().map(|(who, ..)| who).collect()
		});
		commit_honestly(first, &member_list(first));
		seal_all(second);
		let who = drawn[0].iter().copied().find(|who| drawn[1].contains(who)).unwrap();
		assert_refused(audit(who, first, draw_audit(who, second)), InvalidTransaction::BadProof);
		// One that holds does not carry one that does not: what was authorized is not checked again.
		let kind = SignalKind::InputUnavailable;
		let signal = |round| Signal { round, kind, proof: Some(draw_audit(who, first)) };
		let mixed = Attestation { signals: vec![signal(first), signal(second)].try_into().unwrap(), ..nothing(who) };
		assert_refused(mixed, InvalidTransaction::BadProof);
		assert_ok!(submit(sign(audit(who, first, draw_audit(who, first)))));
	});
}

#[test]
fn an_auditor_that_leaves_the_set_keeps_its_part() {
	well_audited(|| {
		let (request, round, drawn) = sealed_audit();
		new_session(&[200, 201, 202]);
		let (who, proof) = drawn[0];
		assert_ok!(submit(sign(audit(who, round, proof))));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert!(decision(request).auditors > 0);
	});
}

#[test]
fn the_validators_of_old_sessions_are_forgotten() {
	run(3, || {
		for _ in 0..45 {
			new_session(&validators());
		}
		let kept: BTreeSet<u32> = SessionKeys::<Test>::iter_keys().map(|(session, _)| session).collect();
		assert_eq!(kept, (6..=45).collect());
	});
}

#[test]
fn activations_escalations_and_committees_of_all_have_no_auditors() {
	audited(3, 3, || {
		let (_, round, drawn) = open_audit();
		assert_eq!((drawn.len(), members(round).len()), (0, 3));
	});
	audited(7, 4, || {
		hush();
		assert_ok!(Registration::new(1).submit());
		run_for(2);
		assert_eq!(auditors(0, &Rounds::<Test>::get(0).unwrap()).len(), 0);
	});
}

#[test]
fn more_auditors_than_the_escrow_pays_share_what_it_pays() {
	let mut shared = false;
	// One is expected and two are paid for. Now and then there are more.
	for salt in 0..100 {
		VrfSalt::set(salt);
		audited(21, 1, || {
			let (id, _, _, drawn) = drawn_audit();
			assert_eq!((request(id).audits, request(id).paid_auditors), (1, 2));
			if drawn.len() < 3 {
				return;
			}
			shared = true;
			let before = free(drawn[0]);
			assert_eq!(ended(id), "output");
			assert_eq!(free(drawn[0]) - before, 2 * (per_voter(100, 5) * 3 / 2) / drawn.len() as u128);
		});
		if shared {
			break;
		}
	}
	VrfSalt::set(0);
	assert!(shared);
}

/// Has members of one committee after another say that they cannot get the model, until it is activated again or this many have.
fn lacking(model: assay_primitives::ModelId, requests: u32) {
	for _ in 0..requests {
		if (Ask { k: Some(3), ..Ask::new(model) }).submit().is_err() {
			return;
		}
		run_for(8);
	}
}

#[test]
fn a_model_whose_bytes_are_gone_is_activated_again() {
	run(7, || {
		let model = active_model(1);
		set_role([FIRST, FIRST + 1, FIRST + 2], Role::Lacks(SignalKind::ModelUnavailable));
		lacking(model, 20);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Registry(ModelsEvent::ReactivationStarted { .. }))), 1);
		Roles::take();
		run_for(5);
		assert!(matches!(self::model(model).status, ModelStatus::Active { .. }));
		assert_eq!(Unavailable::<Test>::iter().count(), 0);
	});
}

#[test]
fn fewer_than_a_third_do_not_take_a_model_from_its_users() {
	run(7, || {
		let model = active_model(1);
		set_role([FIRST, FIRST + 1], Role::Lacks(SignalKind::ModelUnavailable));
		lacking(model, 12);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Registry(ModelsEvent::ReactivationStarted { .. }))), 0);
		assert!(matches!(self::model(model).status, ModelStatus::Active { .. }));
	});
}

#[test]
fn a_model_that_nobody_holds_any_more_is_rejected_and_its_deposit_returns() {
	run(7, || {
		let model = active_model(1);
		set_role(validators(), Role::Lacks(SignalKind::ModelUnavailable));
		lacking(model, 3);
		run_for(2 * ActivationWindow::get() + 20);
		assert_eq!(self::model(model).status, ModelStatus::Rejected(RejectReason::Deadline));
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), DepositBase::get());
	});
}
