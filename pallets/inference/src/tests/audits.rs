//! Auditors: validators that draw themselves, vote like members, and decide nothing but whether all have to vote.

use super::*;
use assay_primitives::{audit::AuditProof, Fault};
use frame_support::assert_ok;

/// Runs a test on a chain whose rounds expect this many auditors.
fn audited(validators: u32, auditors: u32, test: impl FnOnce()) {
	Auditors::set(auditors);
	run(validators, test);
	Auditors::set(0);
}

/// A request with a committee of three, in the first block that takes commits; the validators say only what the test makes them say.
fn open_audit() -> (RequestId, RoundId, Vec<(u64, AuditProof)>) {
	let (request, round) = open_round(3);
	let record = Rounds::<Test>::get(round).unwrap();
	let drawn = auditors(round, &record).into_iter().map(|(who, _, proof)| (who, proof)).collect();
	(request, round, drawn)
}

/// What an auditor commits to.
fn audit(who: u64, round: RoundId, proof: AuditProof) -> Attestation<u64, u32> {
	let commit = Commit { round, hash: honest_seal(round, who), proof: Some(proof) };
	Attestation { commits: vec![commit].try_into().unwrap(), ..nothing(who) }
}

#[test]
fn auditors_vote_beside_the_committee_and_do_not_count_for_its_quorum() {
	audited(7, 4, || {
		let (request, round, drawn) = open_audit();
		assert_eq!(drawn.len(), 4, "as many outsiders as are wanted: all of them are auditors");
		let list = member_list(round);
		for (who, proof) in &drawn {
			assert_ok!(submit(sign(audit(*who, round, *proof))));
			assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::AuditorAdmitted { round, validator: *who })));
		}
		commit_honestly(round, &list[..2]);
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.commits, record.auditors, record.closed), (2, 4, false));
		run_to(record.commit_end + 1);
		assert!(!Rounds::<Test>::contains_key(round), "two members of three are no quorum, whoever else votes");
		assert_eq!(redraws(request), 1);
	});
}

#[test]
fn an_auditor_commits_in_the_block_in_which_the_last_member_does() {
	audited(7, 4, || {
		let (request, round, drawn) = open_audit();
		let list = member_list(round);
		commit_honestly(round, &list);
		assert!(Rounds::<Test>::get(round).unwrap().closed);
		let (who, proof) = drawn[0];
		assert_ok!(submit(sign(audit(who, round, proof))));
		let (late, late_proof) = drawn[1];
		next_block();
		assert_refused(audit(late, round, late_proof), InvalidTransaction::Stale);
		reveal_honestly(round, &list);
		assert!(Rounds::<Test>::contains_key(round), "the auditor has not opened its vote");
		reveal_honestly(round, &[who]);
		let decision = agreement(request).decision;
		assert_eq!((decision.votes, decision.k, decision.q), (3, 3, 3));
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
		assert_eq!(Inference::price(500, 5, 3), Some(price(500, 5, 3) + audits));
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
	audited(7, 4, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let committee = members(round_of(id));
		let lazy = validators().into_iter().find(|who| !committee.contains(who)).unwrap();
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
	audited(10, 7, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let round = round_of(id);
		let captured: Vec<u64> = members(round).into_iter().collect();
		set_role(captured.clone(), Role::Liar(1));
		let verdict = honest_verdict(round);
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
	audited(7, 4, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let committee = members(round_of(id));
		let liar = validators().into_iter().find(|who| !committee.contains(who)).unwrap();
		set_role([liar], Role::Liar(1));
		assert_eq!(ended(id), "output");
		assert_eq!(Faults::get(), vec![(liar, Fault::WrongVerdict)]);
	});
}

#[test]
fn an_auditor_that_does_not_reveal_is_at_fault_and_stops_nothing() {
	audited(7, 4, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let committee = members(round_of(id));
		let withholder = validators().into_iter().find(|who| !committee.contains(who)).unwrap();
		set_role([withholder], Role::Withholder);
		assert_eq!(ended(id), "output");
		assert_eq!(Faults::get(), vec![(withholder, Fault::NotRevealed)]);
	});
}

#[test]
fn who_has_not_drawn_itself_is_no_auditor() {
	audited(20, 3, || {
		let (_, round, drawn) = open_audit();
		let committee = members(round);
		let outsiders = validators().into_iter().filter(|who| !committee.contains(who));
		let unlucky = outsiders.clone().find(|who| drawn.iter().all(|(lucky, _)| lucky != who)).unwrap();
		assert_refused(audit(unlucky, round, draw_audit(unlucky, round)), InvalidTransaction::BadProof);
		if let Some((lucky, proof)) = drawn.first() {
			assert_refused(audit(unlucky, round, *proof), InvalidTransaction::BadProof);
			let mut forged = *proof;
			forged.proof[3] ^= 1;
			assert_refused(audit(*lucky, round, forged), InvalidTransaction::BadProof);
			assert_refused(commit(*lucky, round, [1; 32]), InvalidTransaction::Stale);
			assert_signed_refused(
				sign_with(&pair_of(*lucky, 5), audit(*lucky, round, *proof)),
				InvalidTransaction::BadProof,
			);
			assert_ok!(submit(sign(audit(*lucky, round, *proof))));
			assert_refused(audit(*lucky, round, *proof), InvalidTransaction::Stale);
		}
		assert_refused(audit(REQUESTER, round, draw_audit(REQUESTER, round)), InvalidTransaction::Stale);
	});
}

#[test]
fn a_proof_for_one_round_is_none_for_another() {
	audited(7, 4, || {
		let model = active_model(1);
		hush();
		let ids = [0, 1].map(|_| Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap());
		run_for(2);
		let [first, second] = ids.map(round_of);
		let both = |who: &u64| !members(first).contains(who) && !members(second).contains(who);
		if let Some(who) = validators().into_iter().find(both) {
			assert_refused(audit(who, first, draw_audit(who, second)), InvalidTransaction::BadProof);
			// One that holds does not carry one that does not: what was authorized is not checked again.
			let mut mixed = audit(who, first, draw_audit(who, first));
			let wrong = audit(who, second, draw_audit(who, first)).commits;
			mixed.commits = mixed.commits.into_iter().chain(wrong).collect::<Vec<_>>().try_into().unwrap();
			assert_refused(mixed, InvalidTransaction::BadProof);
			assert_ok!(submit(sign(audit(who, first, draw_audit(who, first)))));
		}
	});
}

#[test]
fn an_auditor_that_leaves_the_set_keeps_its_part() {
	audited(7, 4, || {
		let (request, round, drawn) = open_audit();
		let session = Session::get();
		new_session(&[200, 201, 202]);
		let (who, proof) = drawn[0];
		assert_ok!(submit(sign(Attestation { session, ..audit(who, round, proof) })));
		for who in member_list(round).into_iter().filter(|member| *member != who) {
			let attestation = commit(who, round, honest_seal(round, who));
			assert_ok!(submit(sign(Attestation { session, ..attestation })));
		}
		Roles::take();
		assert_eq!(ended(request), "output");
	});
}

#[test]
fn the_validators_of_old_sessions_are_forgotten() {
	run(3, || {
		for _ in 0..9 {
			new_session(&validators());
		}
		let mut kept: Vec<u32> = SessionElectors::<Test>::iter_keys().collect();
		kept.sort();
		assert_eq!(kept, [6, 7, 8, 9]);
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
	audited(10, 7, || {
		let model = active_model(1);
		// Asked for when few auditors were expected.
		Auditors::set(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		Auditors::set(7);
		assert_eq!(request(id).audits, 2);
		next_block();
		finish_block();
		let committee = members(round_of(id));
		let auditor = validators().into_iter().find(|who| !committee.contains(who)).unwrap();
		let before = free(auditor);
		assert_eq!(ended(id), "output");
		assert_eq!(free(auditor) - before, 2 * (per_voter(100, 5) * 3 / 2) / 7);
	});
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
		hush();
		run_for(2 * ActivationWindow::get() + 20);
		assert_eq!(self::model(model).status, ModelStatus::Rejected(RejectReason::Deadline));
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), DepositBase::get());
	});
}
