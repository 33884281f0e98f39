//! Attacks of an adversary that has captured a committee, makes several blocks in a row, or has nearly a third of the
//! validators.

use super::*;
use assay_primitives::{audit::AuditProof, FailReason, Fault};
use frame_support::{assert_noop, assert_ok};

/// A request whose committee of so many is the adversary's, in the first block that takes commits, and who has drawn itself; the
/// validators say only what the test makes them say.
fn captured(k: u32) -> (RequestId, RoundId, Vec<u64>, Vec<(u64, AuditProof)>) {
	let (request, round) = open_round(k);
	let drawn = auditors(round, &record(round)).into_iter().map(|(who, _, proof)| (who, proof)).collect();
	(request, round, member_list(round), drawn)
}

fn record(round: RoundId) -> Round<Test> {
	Rounds::<Test>::get(round).unwrap()
}

fn lie_of(round: RoundId, who: u64) -> Reveal {
	reveal_of(Role::Liar(1), round, who)
}

fn sealed_lie(round: RoundId, who: u64) -> Seal<u64> {
	let lie = lie_of(round, who);
	commit(who, round, seal(round, who, &lie.vote, &lie.salt))
}

/// Has validators seal a lie in this block.
fn lie(round: RoundId, who: &[u64]) {
	for who in who {
		submit(sign(sealed_lie(round, *who))).unwrap();
	}
}

/// Has validators open their lies in this block.
fn open_lies(round: RoundId, who: &[u64]) {
	for who in who {
		submit(sign(reveal(*who, lie_of(round, *who)))).unwrap();
	}
}

/// The seal of an honest auditor.
fn audit(round: RoundId, who: u64, proof: AuditProof) -> Seal<u64> {
	audit_commit(who, round, honest_seal(round, who), proof)
}

/// Has honest auditors seal in this block.
fn audit_honestly(round: RoundId, drawn: &[(u64, AuditProof)]) {
	for (who, proof) in drawn {
		submit(sign(audit(round, *who, *proof))).unwrap();
	}
}

fn names(drawn: &[(u64, AuditProof)]) -> Vec<u64> {
	drawn.iter().map(|(who, _)| *who).collect()
}

/// All but these are honest from here on, and these say only what the test makes them say.
fn honest_but(who: &[u64]) {
	Roles::take();
	set_role(who.iter().copied(), Role::Silent);
}

/// Has one validator make all of these blocks.
pub(super) fn author(who: u64, blocks: std::ops::RangeInclusive<u32>) {
	Authors::mutate(|authors| authors.extend(blocks.map(|block| (block, who))));
}

/// Makes blocks until a round has ended without being answered in time.
fn run_past(round: RoundId) {
	while Rounds::<Test>::contains_key(round) {
		next_block();
	}
}

fn sorted<'a>(who: impl Iterator<Item = &'a u64>) -> Vec<u64> {
	let mut who: Vec<u64> = who.copied().collect();
	who.sort();
	who
}

/// Validators with this fault, in the order of accounts.
pub(super) fn found(fault: Fault) -> Vec<u64> {
	let faults = Faults::get();
	sorted(faults.iter().filter(|(_, other)| *other == fault).map(|(who, _)| who))
}

/// Asserts that these are found at this fault, each once, and nobody at another.
#[track_caller]
fn assert_faults(who: &[u64], fault: Fault) {
	assert_eq!((found(fault), Faults::get().len()), (sorted(who.iter()), who.len()));
}

/// The verdict of an honest run of what [`captured`] asks.
pub(super) fn truth() -> Verdict {
	let input = Ask::new(model_id(1)).input.content_id();
	vote_of(&execute(model_id(1), input, 500, &[[0; 32]]), model_id(1)).verdict
}

#[test]
fn a_committee_has_sealed_its_votes_before_anybody_shows_that_it_audits() {
	audited(30, 24, || {
		let (_, round, list, drawn) = captured(5);
		assert!(drawn.len() > 15);
		// As long as members can still choose, no auditor is heard.
		for (who, proof) in &drawn {
			assert_early(audit(round, *who, *proof));
		}
		lie(round, &list[..4]);
		let end = record(round).commit_end;
		while now() < end {
			next_block();
			assert_early(audit(round, drawn[0].0, drawn[0].1));
			assert_eq!((record(round).phase, record(round).auditors), (Phase::Sealing, 0));
		}
		next_block();
		// And as long as an auditor is heard, no member can choose any more.
		for (who, proof) in &drawn[..3] {
			assert_ok!(submit(sign(audit(round, *who, *proof))));
			assert_eq!(record(round).commits, 4);
			next_block();
		}
		// A seal that comes now is no vote, and one that changes a vote is a fault.
		assert_ok!(submit(sign(sealed_lie(round, list[4]))));
		assert_ok!(submit(sign(commit(list[0], round, honest_seal(round, list[0])))));
		let ballot = |who| Ballots::<Test>::get(round, who).unwrap();
		assert_eq!((ballot(list[4]).commit, record(round).commits), (None, 4));
		assert!(ballot(list[4]).late.is_some() && ballot(list[0]).twice);
		assert_eq!(Faults::get(), vec![(list[0], Fault::TwoSeals)]);
	});
	audited(30, 24, || {
		// If the last member seals and closes the window itself, auditors are heard from the next block on.
		let (_, round, list, drawn) = captured(3);
		lie(round, &list);
		assert_eq!((record(round).phase, record(round).commit_end), (Phase::Auditing, now()));
		assert_early(audit(round, drawn[0].0, drawn[0].1));
		next_block();
		assert_ok!(submit(sign(audit(round, drawn[0].0, drawn[0].1))));
	});
}

#[test]
fn a_captured_committee_that_lies_is_caught_wherever_one_outsider_audits() {
	let (mut caught, mut alone) = (0u32, 0u32);
	for salt in 0..60u64 {
		VrfSalt::set(salt);
		audited(30, 3, || {
			let (request, _, list, drawn) = captured(3);
			honest_but(&[]);
			set_role(list.iter().copied(), Role::Liar(1));
			assert_eq!(ended(request), "output");
			if drawn.is_empty() {
				// A dispute is left: there are 23 blocks for it.
				assert_ne!(decision(request).verdict, truth());
				assert_eq!(Faults::get(), vec![]);
				alone += 1;
			} else {
				assert_eq!(decision(request).verdict, truth());
				assert_faults(&list, Fault::WrongVerdict);
				caught += 1;
			}
		});
	}
	VrfSalt::set(0);
	println!("captured committees that lied: {caught} caught, {alone} without an auditor");
	assert!(caught > 50, "{caught} of 60");
}

#[test]
fn an_author_that_leaves_auditors_out_of_its_blocks_does_not_end_their_time() {
	audited(30, 25, || {
		let (request, round, list, drawn) = captured(3);
		assert!(drawn.len() > 20, "nearly all outsiders audit: {}", drawn.len());
		// Colluders seal at once, and one of them makes all blocks that follow.
		lie(round, &list);
		let end = record(round).audit_end;
		author(list[0], now()..=end + 9);
		while now() < end + 9 {
			next_block();
			assert_eq!(record(round).phase, Phase::Auditing);
			assert!(record(round).audit_end >= now());
			if now() > end {
				assert_refused(reveal(list[0], lie_of(round, list[0])), InvalidTransaction::Stale);
			}
		}
		// The first block of another author is the last that hears auditors.
		next_block();
		assert_eq!((record(round).phase, record(round).audit_end), (Phase::Revealing, now()));
		audit_honestly(round, &drawn);
		next_block();
		assert_refused(audit(round, drawn[0].0, drawn[0].1), InvalidTransaction::Stale);
		open_lies(round, &list);
		reveal_honestly(round, &names(&drawn));
		assert_eq!(stage(request), Stage::Escalated(None));
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
		assert_eq!((found(Fault::WrongVerdict), found(Fault::Silent)), (list.clone(), list));
	});
}

#[test]
fn auditors_are_heard_until_the_last_two_blocks_are_by_two_authors() {
	audited(30, 25, || {
		let (_, round, list, _) = captured(3);
		lie(round, &list);
		let end = record(round).audit_end;
		// Others make blocks before, which helps the one nothing that makes the last two.
		author(list[0], end - 1..=end + 1);
		run_to(end + 1);
		assert_eq!(record(round).phase, Phase::Auditing);
		next_block();
		assert_eq!((record(round).phase, record(round).audit_end), (Phase::Revealing, end + 2));
	});
	audited(30, 25, || {
		let (_, round, list, _) = captured(3);
		lie(round, &list);
		let end = record(round).audit_end;
		// All but the last.
		author(list[0], now()..=end - 1);
		author(list[1], end..=end);
		run_to(end);
		assert_eq!((record(round).phase, record(round).audit_end), (Phase::Revealing, end));
	});
}

#[test]
fn blocks_that_leave_reveals_out_cost_honest_members_nothing() {
	run(20, || {
		let model = active_model(1);
		hush();
		let ids: Vec<RequestId> =
			(0..8).map(|_| Ask { k: Some(5), unit_limit: 100, ..Ask::new(model) }.submit().unwrap()).collect();
		run_for(2);
		let rounds: Vec<RoundId> = ids.iter().map(|id| round_of(*id)).collect();
		for round in &rounds {
			commit_honestly(*round, &member_list(*round));
			assert_eq!(record(*round).phase, Phase::Revealing);
		}
		// They would all open their votes, and the next four authors take none of it. Nor do any that follow, but the last.
		for blocks in [4, 11] {
			run_for(blocks);
			assert!(rounds.iter().all(Rounds::<Test>::contains_key));
			assert_eq!(Faults::get(), vec![]);
		}
		next_block();
		for round in &rounds {
			reveal_honestly(*round, &member_list(*round));
		}
		for id in ids {
			assert_eq!(ended(id), "output");
		}
		run_for(LateWindow::get());
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn votes_that_are_kept_out_of_all_blocks_are_opened_later_and_cost_nothing() {
	run(20, || {
		let (request, round, list, _) = captured(5);
		commit_honestly(round, &list);
		next_block();
		// Three are heard, two are not: nobody can tell whose doing it is.
		reveal_honestly(round, &list[..3]);
		let kept_out: Vec<Reveal> = list[3..].iter().map(|who| honest_reveal(round, *who)).collect();
		run_past(round);
		assert_eq!((redraws(request), Faults::get()), (1, vec![]));
		honest_but(&[]);
		for opened in kept_out.into_iter().zip(&list[3..]).map(|(opened, who)| reveal(*who, late(opened))) {
			assert_ok!(submit(sign(opened)));
		}
		assert_eq!(ended(request), "output");
		run_for(LateWindow::get());
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn four_liars_of_five_are_not_enough_where_the_fifths_seal_is_shut() {
	for salt in 0..4 {
		VrfSalt::set(salt);
		run(10, kept_out_fifth);
	}
	VrfSalt::set(0);
}

fn kept_out_fifth() {
	let (request, round, list, _) = captured(5);
	let honest = list[4];
	lie(round, &list[..4]);
	commit_honestly(round, &[honest]);
	let opened = honest_reveal(round, honest);
	next_block();
	open_lies(round, &list[..4]);
	// No block takes what the honest one says.
	run_past(round);
	assert!(!Agreements::<Test>::contains_key(Subject::Request(request)), "nothing is agreed");
	assert_eq!(stage(request), Stage::Waiting);
	assert_eq!(Standings::<Test>::get(Subject::Request(request)).unwrap().excluded.into_inner(), vec![honest]);
	// Opening it late costs nothing beyond the thousandth for the round.
	assert_ok!(submit(sign(reveal(honest, late(opened.clone())))));
	let verdict = opened.vote.verdict;
	assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::OpenedLate { round, validator: honest, verdict })));
	next_block();
	finish_block();
	assert!(!members(round_of(request)).contains(&honest));
	honest_but(&[]);
	assert_eq!(ended(request), "output");
	assert_eq!((decision(request).verdict, decision(request).round > round), (truth(), true));
	run_for(LateWindow::get());
	assert_eq!(found(Fault::NotRevealed), [honest]);
	// The four have opened a lie in a round that decided nothing: what was decided in the end judges it.
	assert_eq!(found(Fault::WrongVerdict).len(), 4);
	assert!(!found(Fault::WrongVerdict).contains(&honest));
}

#[test]
fn four_of_five_agree_where_the_fifth_has_not_sealed_and_it_may_object_without_a_hold() {
	// A member that was away pays for its silence, and the result is that of the four.
	run(13, || {
		let (request, round, list, _) = captured(5);
		lie(round, &list[..4]);
		run_to(record(round).commit_end + 1);
		open_lies(round, &list[..4]);
		assert_eq!(agreement(request).kept_out.into_inner(), vec![list[4]]);
		assert_eq!(ended(request), "output");
		assert_ne!(decision(request).verdict, truth());
		assert_eq!((decision(request).votes, decision(request).escalated), (4, false));
		assert_faults(&list[4..], Fault::Silent);
	});
	// A member that was kept out objects with its vote, and all judge it.
	run(13, || {
		let (request, round, list, _) = captured(5);
		lie(round, &list[..4]);
		run_to(record(round).commit_end + 1);
		open_lies(round, &list[..4]);
		assert_eq!(stage(request), Stage::Agreed);
		honest_but(&[]);
		set_role(list[..4].iter().copied(), Role::Liar(1));
		next_block();
		assert_eq!(stage(request), Stage::Escalated(None));
		assert_eq!(held(RoundsHold::Dispute, list[4]), 0);
		assert_eq!(decision(request).verdict, truth());
		assert_eq!(found(Fault::WrongVerdict), list[..4]);
	});
}

/// Votes of four liars and an honest member that all of a hundred are to judge: the round of all, the liars, the rest of the adversary's
/// 33, the 67 that are honest.
fn contested_by_a_third() -> (RequestId, RoundId, Vec<u64>, Vec<u64>, Vec<u64>) {
	let (request, round, list, _) = captured(5);
	lie(round, &list[..4]);
	commit_honestly(round, &list[4..]);
	next_block();
	open_lies(round, &list[..4]);
	reveal_honestly(round, &list[4..]);
	assert_eq!(stage(request), Stage::Escalated(None));
	next_block();
	finish_block();
	let others = validators().into_iter().filter(|who| !list.contains(who));
	let (rest, honest): (Vec<u64>, Vec<u64>) = (others.clone().take(29).collect(), others.skip(29).collect());
	let honest: Vec<u64> = honest.into_iter().chain([list[4]]).collect();
	let all = round_of(request);
	assert_eq!((rest.len() + 4, honest.len(), record(all).threshold), (33, 67, 67));
	next_block();
	(request, all, list[..4].to_vec(), rest, honest)
}

/// The round that repeats one, in the first block that takes commits.
fn repetition(request: RequestId, round: RoundId) -> RoundId {
	assert!(!Rounds::<Test>::contains_key(round));
	assert_eq!(stage(request), Stage::Escalated(None), "undecided, and all are asked again");
	next_block();
	finish_block();
	let again = round_of(request);
	assert!(matches!(record(again).kind, RoundKind::Everybody { contested: Some(_), repeated: true }));
	next_block();
	again
}

#[test]
fn a_third_that_withholds_gains_nothing_from_one_honest_validator_that_is_late() {
	run(100, || {
		let (request, all, liars, rest, honest) = contested_by_a_third();
		// 33 keep their seals shut, and one of 67 comes too late.
		lie(all, &liars);
		lie(all, &rest);
		commit_honestly(all, &honest[1..]);
		run_to(record(all).commit_end + 1);
		reveal_honestly(all, &honest[1..]);
		run_past(all);
		assert_eq!(Faults::get(), vec![]);
		let again = repetition(request, all);
		// This time there are a hundred blocks more.
		commit_honestly(again, &honest[1..]);
		run_for(90);
		commit_honestly(again, &honest[..1]);
		run_to(record(again).commit_end + 1);
		reveal_honestly(again, &honest);
		assert_eq!(ended(request), "output");
		assert_eq!((decision(request).verdict, decision(request).votes), (truth(), 67));
		assert_eq!(found(Fault::WrongVerdict), liars);
		assert_eq!(found(Fault::ShutTogether), sorted(liars.iter().chain(&rest)));
	});
}

#[test]
fn more_than_half_judge_the_liars_where_a_third_withholds_and_one_is_late_twice() {
	run(100, || {
		let (request, all, liars, rest, honest) = contested_by_a_third();
		let mut round = all;
		for again in [false, true] {
			if again {
				round = repetition(request, round);
			}
			lie(round, &liars);
			lie(round, &rest);
			commit_honestly(round, &honest[1..]);
			run_to(record(round).commit_end + 1);
			reveal_honestly(round, &honest[1..]);
			run_past(round);
		}
		assert_eq!(ended(request), "unresolved");
		assert_eq!(found(Fault::WrongByMajority), liars);
		assert_eq!(found(Fault::NoJudge), honest[..1]);
		assert!(found(Fault::WrongVerdict).is_empty());
		run_for(LateWindow::get());
		assert_eq!(found(Fault::ShutTogether), sorted(liars.iter().chain(&rest).flat_map(|who| [who; 2])));
	});
}

#[test]
fn more_than_half_judge_the_liars_where_a_third_does_not_even_seal_and_one_is_late_twice() {
	run(100, || {
		let (request, all, liars, rest, honest) = contested_by_a_third();
		let mut round = all;
		for again in [false, true] {
			if again {
				round = repetition(request, round);
			}
			// 66 seals are fewer than the 67 that decide.
			commit_honestly(round, &honest[1..]);
			run_to(record(round).commit_end + 1);
			if Rounds::<Test>::contains_key(round) {
				reveal_honestly(round, &honest[1..]);
			}
			if Rounds::<Test>::contains_key(round) {
				run_past(round);
			}
		}
		assert_eq!(ended(request), "unresolved");
		assert_eq!(found(Fault::WrongByMajority), liars);
		assert_eq!(found(Fault::NoJudge), sorted(liars.iter().chain(&rest).chain(&honest[..1])));
	});
}

#[test]
fn an_honest_node_that_is_cut_off_for_thirty_blocks_opens_late_and_pays_a_thousandth_at_most() {
	// The others of the committee agree: a thousandth for the round, once, and nothing else.
	run(10, || {
		let (request, round, list, _) = captured(5);
		commit_honestly(round, &list);
		let opened = honest_reveal(round, list[0]);
		next_block();
		let cut_off = now();
		reveal_honestly(round, &list[1..]);
		honest_but(&list[..1]);
		run_to(cut_off + 30);
		assert!(!Rounds::<Test>::contains_key(round));
		assert_ok!(submit(sign(reveal(list[0], late(opened)))));
		assert_eq!(ended(request), "output");
		run_for(2 * LateWindow::get());
		assert_faults(&list[..1], Fault::NotRevealed);
		assert_eq!(Fault::NotRevealed.per_mille(), 1);
		assert_eq!(EndedRounds::<Test>::iter().count(), 0);
	});
	// All are cut off, and nothing is decided: nobody pays.
	run(10, || {
		let (_, round, list, _) = captured(5);
		commit_honestly(round, &list);
		let opened: Vec<Reveal> = list.iter().map(|who| honest_reveal(round, *who)).collect();
		run_for(30);
		assert!(!Rounds::<Test>::contains_key(round));
		for (who, opened) in list.iter().zip(opened) {
			assert_ok!(submit(sign(reveal(*who, late(opened)))));
		}
		run_for(2 * LateWindow::get());
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn a_seal_is_opened_late_by_its_validator_once_with_what_was_sealed_and_in_time() {
	run(10, || {
		let (_, round, list, _) = captured(5);
		let (first, last) = (list[0], list[1]);
		commit_honestly(round, &list);
		let [opened, other] = [first, last].map(|who| late(honest_reveal(round, who)));
		let lie = late(lie_of(round, first));
		let with_output = honest_reveal(round, first);
		assert_refused(reveal(first, opened.clone()), InvalidTransaction::Stale);
		next_block();
		assert_refused(reveal(first, opened.clone()), InvalidTransaction::Stale);
		run_past(round);
		let end = now();
		assert_refused(reveal(first, lie), InvalidTransaction::Stale);
		assert_refused(reveal(first, Reveal { salt: [0; 16], ..opened.clone() }), InvalidTransaction::Stale);
		assert_refused(reveal(first, Reveal { round: round + 1, ..opened.clone() }), InvalidTransaction::Stale);
		assert_refused(reveal(first, with_output), InvalidTransaction::Stale);
		assert_refused(reveal(first, other.clone()), InvalidTransaction::Stale);
		let session = Session::get() + 1;
		assert_refused(Attestation { session, ..reveal(first, opened.clone()) }, InvalidTransaction::Stale);
		let forged = sign_with(&pair_of(first, 5), reveal(first, opened.clone()));
		assert_signed_refused(forged, InvalidTransaction::BadProof);
		assert_ok!(submit(sign(reveal(first, opened.clone()))));
		assert_refused(reveal(first, opened), InvalidTransaction::Stale);
		run_to(end + LateWindow::get() - 1);
		assert_ok!(submit(sign(reveal(last, other))));
		next_block();
		assert_faults(&list[2..], Fault::ShutTogether);
	});
	run(10, || {
		let (_, round, list, _) = captured(5);
		commit_honestly(round, &list);
		let opened = late(honest_reveal(round, list[0]));
		run_past(round);
		run_for(LateWindow::get());
		assert_refused(reveal(list[0], opened), InvalidTransaction::Stale);
		assert_faults(&list, Fault::ShutTogether);
	});
}

#[test]
fn liars_that_see_auditors_and_keep_their_seals_shut_pay_half() {
	audited(21, 17, || {
		let (request, round, list, drawn) = captured(3);
		lie(round, &list);
		next_block();
		audit_honestly(round, &drawn);
		run_to(record(round).audit_end + 1);
		// The auditors' opened votes show the liars that they would be found out.
		reveal_honestly(round, &names(&drawn));
		run_past(round);
		let end = now();
		assert_eq!((redraws(request), Faults::get()), (1, vec![]));
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
		assert!(decision(request).round > round);
		run_to(end + LateWindow::get());
		assert_faults(&list, Fault::ShutTogether);
		assert_eq!(Fault::ShutTogether.per_mille(), 500);
	});
}

#[test]
fn who_keeps_its_seal_shut_where_the_others_agree_pays_a_quarter() {
	run(10, || {
		let (request, round, list, _) = captured(5);
		lie(round, &list[..1]);
		commit_honestly(round, &list[1..]);
		next_block();
		reveal_honestly(round, &list[1..]);
		run_past(round);
		let end = now();
		assert_faults(&list[..1], Fault::NotRevealed);
		honest_but(&list[..1]);
		assert_eq!(decision(request).verdict, truth());
		run_to(end + LateWindow::get());
		assert_eq!(Faults::get(), vec![(list[0], Fault::NotRevealed), (list[0], Fault::StillShut)]);
		assert_eq!(Fault::StillShut.per_mille(), 250);
	});
}

/// A request about which a committee of three has lied, and has left its seals shut beside the auditors' opened ones; who they are, and what
/// opens the seals now.
fn lies_left_shut() -> (RequestId, Vec<u64>, Vec<Reveal>) {
	let (request, round, list, drawn) = captured(3);
	let lies: Vec<Reveal> = list.iter().map(|who| late(lie_of(round, *who))).collect();
	lie(round, &list);
	next_block();
	audit_honestly(round, &drawn);
	run_to(record(round).audit_end + 1);
	reveal_honestly(round, &names(&drawn));
	run_past(round);
	(request, list, lies)
}

#[test]
fn who_opens_its_lie_late_pays_as_for_any_lie() {
	audited(21, 17, || {
		let (request, list, lies) = lies_left_shut();
		let end = now();
		// Two open their lies in the hope to pay less, the third keeps silent.
		for (who, lie) in list.iter().zip(lies).take(2) {
			assert_ok!(submit(sign(reveal(*who, lie))));
		}
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
		run_to(end + LateWindow::get());
		let [first, second, third] = list[..] else { panic!("three") };
		let (wrong, shut) = (Fault::WrongVerdict, Fault::ShutTogether);
		let mut faults = Faults::get();
		faults.sort_by_key(|(who, _)| *who);
		assert_eq!(faults, vec![(first, wrong), (second, wrong), (third, shut)]);
	});
}

#[test]
fn who_opens_its_lie_about_a_model_late_pays_as_for_any_lie() {
	// Models that are active, that fail, and that give another result than the publisher claims.
	for (n, outcome, expected) in [
		(1, Planned::Inline(40), None),
		(2, Planned::Fails(FailReason::ModelInvalid), None),
		(3, Planned::Inline(40), Some([1; 32])),
	] {
		run(5, || {
			plan(model_id(n), outcome, 100);
			hush();
			assert_ok!(Registration { expected, ..Registration::new(n) }.submit());
			run_for(2);
			let (round, list) = (0, member_list(0));
			let lie = lie_of(round, list[0]);
			assert_ok!(submit(sign(commit(list[0], round, seal(round, list[0], &lie.vote, &lie.salt)))));
			commit_honestly(round, &list[1..]);
			next_block();
			reveal_honestly(round, &list[1..]);
			run_past(round);
			let end = now();
			assert_ok!(submit(sign(reveal(list[0], late(lie)))));
			run_to(end + LateWindow::get());
			assert_eq!(found(Fault::WrongVerdict), vec![list[0]]);
		});
	}
}

/// Has a member of a committee of four leave its seal shut where the others agree: this one, or any. Returns it.
fn shut_beside_three(model: assay_primitives::ModelId, who: Option<u64>) -> u64 {
	loop {
		hush();
		let id = Ask { k: Some(4), ..Ask::new(model) }.submit().unwrap();
		run_for(2);
		let round = round_of(id);
		let list = member_list(round);
		let who = who.unwrap_or(list[0]);
		commit_honestly(round, &list);
		next_block();
		let others: Vec<u64> = list.iter().copied().filter(|member| *member != who).collect();
		reveal_honestly(round, &others);
		set_role(validators(), Role::Honest);
		set_role([who], Role::Silent);
		await_end(id);
		if list.contains(&who) {
			return who;
		}
	}
}

#[test]
fn sessions_with_shut_seals_are_counted_once_each() {
	LateWindow::set(1_000);
	run(7, || {
		let model = active_model(1);
		let who = shut_beside_three(model, None);
		let counted = || ShutCounts::<Test>::get().iter().map(|it| (it.validator, it.sessions)).collect::<Vec<_>>();
		assert_eq!(counted(), [(who, 1)]);
		shut_beside_three(model, Some(who));
		assert_eq!(counted(), [(who, 1)], "the same session");
		for sessions in 2..=3 {
			new_session(&validators());
			shut_beside_three(model, Some(who));
			assert_eq!(counted(), [(who, sessions)]);
		}
		let until = ShutCounts::<Test>::get()[0].since + LateWindow::get();
		let barred = |event: &_| {
			matches!(event, RuntimeEvent::Voting(RoundsEvent::Barred { validator, until: at })
				if (*validator, *at) == (who, until))
		};
		assert_eq!(count(barred), 1);
	});
	LateWindow::set(30);
}

#[test]
fn who_keeps_seals_shut_in_three_sessions_is_in_no_committee_and_audits_nothing_until_the_era_ends() {
	audited(12, 4, || {
		let model = active_model(1);
		let who = FIRST;
		let bar = || {
			let count = ShutCount { validator: who, since: now(), session: 0, sessions: 3 };
			ShutCounts::<Test>::put(frame_support::BoundedVec::truncate_from(vec![count]));
		};
		let drawn = || {
			let id = Ask { k: Some(11), audits: Some(0), ..Ask::new(model) }.submit().unwrap();
			run_for(2);
			members(round_of(id)).contains(&who)
		};
		bar();
		assert!((0..10).all(|_| !drawn()));
		// Nor does it audit, though it has drawn itself.
		hush();
		for _ in 0..40 {
			bar();
			let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
			run_for(2);
			let round = round_of(id);
			let proof = draw_audit(who, round);
			let input = assay_primitives::audit::AuditInput { genesis: GENESIS, round, seed: record(round).seed };
			let bound = Voting::audit_bound(&record(round), 1).unwrap();
			commit_honestly(round, &member_list(round));
			next_block();
			if input.number(&key(who), &proof).unwrap() <= bound {
				assert_refused(audit(round, who, proof), InvalidTransaction::Stale);
				ShutCounts::<Test>::kill();
				assert_ok!(submit(sign(audit(round, who, proof))));
				set_role(validators(), Role::Honest);
				bar();
				run_for(LateWindow::get());
				assert!((0..10).any(|_| drawn()), "its time is over");
				return;
			}
			run_past(round);
		}
		panic!("it has never drawn itself");
	});
}

#[test]
fn a_window_is_not_over_while_one_author_has_made_all_of_its_blocks() {
	run(30, || {
		validators().into_iter().for_each(|who| set_free(who, ED + 100_000));
		let (request, round, list, _) = captured(3);
		lie(round, &list);
		next_block();
		open_lies(round, &list);
		let Agreement { agreed_at, final_at, .. } = agreement(request);
		assert_eq!((agreed_at, final_at), (now(), now() + AssuredWindow::get()));
		let disputer = validators().into_iter().find(|who| !list.contains(who)).unwrap();
		// One of the liars makes all blocks, and takes no dispute.
		author(list[0], agreed_at + 1..=agreed_at + 20);
		while now() < agreed_at + 20 {
			next_block();
			assert_eq!(stage(request), Stage::Agreed);
		}
		assert_eq!(agreement(request).final_at, agreed_at + 21);
		assert_ok!(call(disputer, RoundsCall::dispute { subject: Subject::Request(request) }));
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
		assert!(Faults::get().iter().all(|(who, _)| list.contains(who)));
	});
	// It is over after the first block of another, which takes disputes.
	run(30, || {
		let (request, round, list, _) = captured(3);
		commit_honestly(round, &list);
		next_block();
		reveal_honestly(round, &list);
		let agreed_at = now();
		author(list[0], agreed_at + 1..=agreed_at + 5);
		run_to(agreed_at + 6);
		assert_eq!(stage(request), Stage::Agreed);
		assert_eq!(await_end(request).ended_at, agreed_at + 7);
		assert_noop!(call(FIRST, RoundsCall::dispute { subject: Subject::Request(request) }), RoundsError::NotAgreed);
	});
}

#[test]
fn where_all_vote_nobody_is_drawn_and_who_is_wrong_is_found_at_once() {
	audited(8, 5, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let n = now();
		set_role([FIRST], Role::Liar(1));
		set_role([FIRST + 1], Role::Framer);
		next_block();
		finish_block();
		let round = record(round_of(id));
		assert_eq!(round.kind, RoundKind::Everybody { contested: None, repeated: false });
		assert_eq!((round.members, round.threshold, round.audits), (8, 6, 0));
		assert_eq!(ended(id), "output");
		let decision = decision(id);
		assert_eq!((decision.verdict, decision.votes, decision.escalated), (truth(), 6, true));
		assert_eq!(result(id).ended_at, n + 4);
		assert_eq!(Faults::get(), vec![(FIRST, Fault::WrongVerdict), (FIRST + 1, Fault::WrongTrace)]);
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Escalated { .. }))), 0);
	});
	// One validator more, and a committee is drawn.
	audited(9, 5, || {
		let (_, round, list, _) = captured(3);
		assert_eq!((list.len(), record(round).kind), (3, RoundKind::Committee));
	});
}

#[test]
fn an_auditor_that_opens_the_truth_in_the_window_stops_a_captured_committee() {
	LateWindow::set(100);
	audited(21, 17, || {
		let (request, round, list, drawn) = captured(3);
		lie(round, &list);
		next_block();
		let (auditor, opened) = (drawn[0].0, honest_reveal(round, drawn[0].0));
		audit_honestly(round, &drawn[..1]);
		run_to(record(round).audit_end + 1);
		open_lies(round, &list);
		// The only auditor is cut off for the whole of the time in which votes are opened.
		run_past(round);
		assert_eq!(agreement(request).final_at, now() + 60);
		run_for(20);
		assert_ok!(submit(sign(reveal(auditor, late(opened)))));
		assert_eq!(stage(request), Stage::Escalated(None));
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
		run_for(LateWindow::get());
		assert_eq!(found(Fault::WrongVerdict), list);
	});
	LateWindow::set(30);
}

#[test]
fn who_opens_a_lie_in_a_round_that_decides_nothing_pays_for_it() {
	run(10, || {
		let (request, round, list, _) = captured(5);
		lie(round, &list[..4]);
		commit_honestly(round, &list[4..]);
		let opened = honest_reveal(round, list[4]);
		next_block();
		open_lies(round, &list[..4]);
		run_past(round);
		assert_ok!(submit(sign(reveal(list[4], late(opened)))));
		honest_but(&[]);
		assert_eq!(decision(request).verdict, truth());
		run_for(LateWindow::get());
		assert_eq!(found(Fault::WrongVerdict), list[..4]);
	});
}

#[test]
fn those_who_are_left_where_many_are_excluded_do_not_decide_alone() {
	run(6, || {
		let (request, round, list, _) = captured(5);
		commit_honestly(round, &list);
		next_block();
		// Four of the five are cut off.
		reveal_honestly(round, &list[..1]);
		run_past(round);
		next_block();
		finish_block();
		assert!(record(round_of(request)).members >= 5, "{} of 6", record(round_of(request)).members);
	});
}

#[test]
fn an_invented_trace_costs_no_more_where_fewer_find_it() {
	run(7, || {
		let (request, _, framers) = escalation::committee(3, Role::Framer, 1);
		while stage(request) != Stage::Escalated(None) {
			next_block();
		}
		let others = validators().into_iter().filter(|who| !framers.contains(who));
		set_role(others.take(2).collect::<Vec<_>>(), Role::Fails(assay_primitives::FailReason::ModelTrap));
		assert_eq!(ended(request), "unresolved");
		let cost: u32 = Faults::get().iter().filter(|(who, _)| framers.contains(who)).map(|(_, f)| f.per_mille()).sum();
		assert!((1..=Fault::WrongTrace.per_mille()).contains(&cost), "{cost} of a thousand");
	});
}

#[test]
fn one_author_does_not_end_the_time_for_reveals_while_a_seal_is_shut() {
	audited(21, 17, || {
		let (request, round, list, drawn) = captured(3);
		// Seven of twenty-one make all blocks and take no reveal of the auditor; eight would be more than a third.
		let third = &validators()[..7];
		for block in now()..=now() + 60 {
			author(third[block as usize % 7], block..=block);
		}
		lie(round, &list);
		next_block();
		audit_honestly(round, &drawn[..1]);
		let (auditor, opened) = (drawn[0].0, honest_reveal(round, drawn[0].0));
		run_to(record(round).audit_end + 1);
		let end = record(round).audit_end;
		open_lies(round, &list);
		run_to(end + 40);
		assert_eq!(record(round).phase, Phase::Revealing);
		assert_ok!(submit(sign(reveal(auditor, opened))));
		assert_eq!(stage(request), Stage::Escalated(None));
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
	});
}

#[test]
fn the_time_for_reveals_is_over_when_more_than_a_third_have_made_blocks_in_it_or_after_a_hundred() {
	for (authors, blocks) in [(8, 16), (7, 100)] {
		audited(21, 17, || {
			let (_, round, list, drawn) = captured(3);
			commit_honestly(round, &list);
			next_block();
			audit_honestly(round, &drawn[..1]);
			run_to(record(round).audit_end + 1);
			let end = record(round).audit_end;
			reveal_honestly(round, &list);
			for block in end..=end + 200 {
				author(validators()[block as usize % authors], block..=block);
			}
			while Rounds::<Test>::contains_key(round) {
				next_block();
			}
			let over = end + blocks + 1;
			assert!((over..=over + 2).contains(&now()), "{} blocks", now() - end);
		});
	}
}

#[test]
fn who_keeps_seals_shut_where_few_opened_is_in_no_committee_until_it_opens_them() {
	LateWindow::set(300);
	audited(21, 17, || {
		let (request, list, lies) = lies_left_shut();
		let mut held_back = HeldBack::<Test>::get().to_vec();
		held_back.sort();
		assert_eq!(held_back, list.iter().map(|who| (*who, 1)).collect::<Vec<_>>());
		let left_shut = |event: &_| matches!(event, RuntimeEvent::Voting(RoundsEvent::LeftShut { .. }));
		assert_eq!(count(left_shut), 3);
		honest_but(&list);
		assert_eq!(decision(request).verdict, truth());
		let drawn = |tries| {
			let mut seen = std::collections::BTreeSet::new();
			let mut empty = 0;
			for _ in 0..tries {
				let id = Ask { k: Some(4), audits: Some(0), ..Ask::new(model_id(1)) }.submit().unwrap();
				run_for(2);
				let round = record(round_of(id));
				assert_eq!(round.threshold, 3, "that of four members");
				empty += 4 - round.members;
				seen.extend(members(round_of(id)));
				await_end(id);
			}
			(seen, empty)
		};
		let (seen, empty) = drawn(12);
		// Nobody is drawn in their place.
		assert!(empty > 0, "their seats stay empty");
		assert!(list.iter().all(|who| !seen.contains(who)), "{seen:?}");
		assert!(seen.len() > 10, "the others are");
		assert_ok!(submit(sign(reveal(list[0], lies[0].clone()))));
		let mut held_back = HeldBack::<Test>::get().to_vec();
		held_back.sort();
		assert_eq!(held_back, list[1..].iter().map(|who| (*who, 1)).collect::<Vec<_>>());
		run_for(LateWindow::get());
		assert_eq!(HeldBack::<Test>::get().to_vec(), vec![]);
	});
	LateWindow::set(30);
}
