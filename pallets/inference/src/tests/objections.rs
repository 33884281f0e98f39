//! Objections: who was kept out of a round can still stop a false agreement, and pays for stopping a true one.

use super::*;
use assay_primitives::{audit::AuditProof, Fault, Vote};
use frame_support::assert_ok;

/// An objection to what was agreed on a request.
pub(super) fn objection(
	who: u64,
	request: RequestId,
	vote: Vote,
	proof: Option<AuditProof>,
) -> Attestation<u64, u32, Subject> {
	let objection = Objection { subject: Subject::Request(request), vote, proof };
	Attestation { objections: vec![objection].try_into().unwrap(), ..nothing(who) }
}

/// A committee of four liars of five has agreed, while the seal of the fifth was kept out. The request, the fifth, the liars, and what the
/// fifth has found.
pub(super) fn four_of_five() -> (RequestId, u64, Vec<u64>, Vote) {
	let (request, round) = open_round(5);
	let mut liars = member_list(round);
	let fifth = liars.pop().unwrap();
	let vote = honest_reveal(round, fifth).vote;
	agree_falsely(round, &liars);
	assert_eq!((stage(request), agreement(request).kept_out.into_inner()), (Stage::Agreed, vec![fifth]));
	(request, fifth, liars, vote)
}

/// Has liars seal their votes and open them.
pub(super) fn agree_falsely(round: RoundId, liars: &[u64]) {
	let opened: Vec<(u64, Reveal)> = liars.iter().map(|who| (*who, reveal_of(Role::Liar(1), round, *who))).collect();
	for (who, opens) in &opened {
		assert_ok!(submit(sign(commit(*who, round, seal(round, *who, &opens.vote, &opens.salt)))));
	}
	while Rounds::<Test>::get(round).unwrap().phase != Phase::Revealing {
		next_block();
	}
	run_to(Rounds::<Test>::get(round).unwrap().audit_end + 1);
	for (who, opens) in opened {
		assert_ok!(submit(sign(reveal(who, opens))));
	}
}

#[test]
fn a_member_that_was_kept_out_objects_and_the_liars_pay() {
	run(10, || {
		let (request, fifth, liars, vote) = four_of_five();
		assert_ok!(submit(sign(objection(fifth, request, vote, None))));
		let (subject, validator) = (Subject::Request(request), fifth);
		let verdict = vote.verdict;
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Objected { subject, validator, verdict })));
		assert_eq!(stage(request), Stage::Escalated(None));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(decision(request).verdict, verdict);
		let mut faults = Faults::get();
		faults.sort_by_key(|(who, fault)| (*who, *fault as u8));
		let mut expected: Vec<_> = liars.iter().map(|who| (*who, Fault::WrongVerdict)).collect();
		expected.push((fifth, Fault::Silent));
		expected.sort_by_key(|(who, fault)| (*who, *fault as u8));
		assert_eq!(
			faults, expected,
			"but for its silence, for which it pays once in an era, the fifth is not at fault"
		);
	});
}

#[test]
fn an_auditor_whose_seal_was_left_out_objects() {
	Auditors::set(5);
	run(9, || {
		let (request, round) = open_round(3);
		let record = Rounds::<Test>::get(round).unwrap();
		let liars = member_list(round);
		let (auditor, key, proof) = auditors(round, &record).remove(0);
		let vote = honest_reveal(round, auditor).vote;
		assert_eq!(key, self::key(auditor));
		agree_falsely(round, &liars);
		assert_eq!(stage(request), Stage::Agreed);
		let outsider = validators().into_iter().find(|who| *who != auditor && !liars.contains(who)).unwrap();
		assert_refused(objection(auditor, request, vote, None), InvalidTransaction::Stale);
		assert_refused(objection(outsider, request, vote, Some(proof)), InvalidTransaction::BadProof);
		assert_ok!(submit(sign(objection(auditor, request, vote, Some(proof)))));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert_eq!(decision(request).verdict, vote.verdict);
		assert!(liars.iter().all(|who| Faults::get().contains(&(*who, Fault::WrongVerdict))));
		assert!(Faults::get().iter().all(|(who, _)| *who != auditor));
	});
	Auditors::set(0);
}

#[test]
fn an_auditor_that_has_voted_does_not_object() {
	Auditors::set(5);
	run(9, || {
		let (request, round) = open_round(3);
		let list = member_list(round);
		let (auditor, _, proof) = auditors(round, &Rounds::<Test>::get(round).unwrap()).remove(0);
		commit_honestly(round, &list);
		next_block();
		assert_ok!(submit(sign(audit_commit(auditor, round, honest_seal(round, auditor), proof))));
		while Rounds::<Test>::get(round).unwrap().phase != Phase::Revealing {
			next_block();
		}
		next_block();
		reveal_honestly(round, &list);
		reveal_honestly(round, &[auditor]);
		let agreement = agreement(request);
		assert_eq!(agreement.auditors.to_vec(), [auditor]);
		let (lie, _) = vote_as(Role::Liar(2), round, auditor, &Subject::Request(request), &[agreement.key]);
		assert_refused(objection(auditor, request, lie, Some(proof)), InvalidTransaction::Stale);
	});
	Auditors::set(0);
}

#[test]
fn an_objection_that_is_wrong_costs_the_bond() {
	run(10, || {
		let (request, round) = open_round(5);
		let mut list = member_list(round);
		let liar = list.pop().unwrap();
		let vote = reveal_of(Role::Liar(2), round, liar).vote;
		commit_honestly(round, &list);
		while Rounds::<Test>::get(round).unwrap().phase != Phase::Revealing {
			next_block();
		}
		reveal_honestly(round, &list);
		assert_ok!(submit(sign(objection(liar, request, vote, None))));
		Roles::take();
		assert_eq!(ended(request), "output");
		assert!(Faults::get().contains(&(liar, Fault::WrongVerdict)));
		assert!(list.iter().all(|who| Faults::get().iter().all(|(other, _)| other != who)));
	});
}

#[test]
fn only_who_was_kept_out_and_finds_otherwise_objects_and_only_in_the_window() {
	run(10, || {
		let (request, fifth, liars, vote) = four_of_five();
		let agreed = agreement(request).vote;
		assert_refused(objection(fifth, request, agreed, None), InvalidTransaction::Stale);
		let odd = Vote { contested_digest: Some([1; 32]), ..vote };
		assert_refused(objection(fifth, request, odd, None), InvalidTransaction::Stale);
		assert_refused(objection(liars[0], request, vote, None), InvalidTransaction::Stale);
		assert_refused(objection(fifth, request + 1, vote, None), InvalidTransaction::Stale);
		let outsider = validators().into_iter().find(|who| *who != fifth && !liars.contains(who)).unwrap();
		assert_refused(objection(outsider, request, vote, None), InvalidTransaction::Stale);
		assert_signed_refused(
			sign_with(&pair_of(fifth, 5), objection(fifth, request, vote, None)),
			InvalidTransaction::BadProof,
		);
		// Nobody has objected.
		assert_eq!(ended(request), "output");
		assert_refused(objection(fifth, request, vote, None), InvalidTransaction::Stale);
	});
}

#[test]
fn what_all_have_decided_is_not_objected_to() {
	run(4, || {
		let model = active_model(1);
		hush();
		let request = Ask { k: Some(4), ..Ask::new(model) }.submit().unwrap();
		run_for(2);
		let round = round_of(request);
		let mut list = member_list(round);
		let fourth = list.pop().unwrap();
		let vote = reveal_of(Role::Liar(1), round, fourth).vote;
		commit_honestly(round, &list);
		while Rounds::<Test>::get(round).unwrap().phase != Phase::Revealing {
			next_block();
		}
		reveal_honestly(round, &list);
		assert!(agreement(request).decision.escalated);
		assert_refused(objection(fourth, request, vote, None), InvalidTransaction::Stale);
	});
}
