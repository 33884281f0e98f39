//! Seals hold on every fork that has their round: what one fork has seen is handed in on another, and whoever seals twice is found.

use super::*;
use assay_primitives::{h, seal::SealInput, Fault};
use codec::Encode;
use frame_support::{
	assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
};
use sp_core::{Pair, H256};
use sp_runtime::{traits::Dispatchable, transaction_validity::ValidTransaction, DispatchError};

/// A false vote of a validator in a round.
fn lie(round: RoundId, who: u64) -> Reveal {
	reveal_of(Role::Liar(1), round, who)
}

/// The signed seal of a vote.
fn sealed(who: u64, reveal: &Reveal) -> Signed {
	sign(commit(who, reveal.round, seal(reveal.round, who, &reveal.vote, &reveal.salt)))
}

/// Faults that were found, by validator.
fn faults_of(who: u64) -> Vec<Fault> {
	Faults::get().into_iter().filter(|(faulty, _)| *faulty == who).map(|(_, fault)| fault).collect()
}

/// The seal of a validator in a round that has ended.
fn ended_seal(round: RoundId, who: u64) -> EndedSeal<u64> {
	let ended = EndedRounds::<Test>::get(round).unwrap();
	ended.seals.into_iter().find(|seal| seal.validator == who).unwrap()
}

#[test]
fn a_seal_is_operational_urgent_and_unique_for_validator_round_and_vote() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		let commitment = honest_seal(round, who);
		let signed = sign(commit(who, round, commitment));
		let Signed::Seal(seal) = signed.clone() else { unreachable!() };
		assert_eq!(RoundsCall::<Test>::seal { seal }.get_dispatch_info().class, DispatchClass::Operational);
		let left = u64::from(Rounds::<Test>::get(round).unwrap().commit_end - now());
		let expected = ValidTransaction {
			priority: u64::MAX / 2 - left,
			requires: vec![],
			provides: vec![("assay/seal", (round, who, commitment)).encode()],
			longevity: left,
			propagate: true,
		};
		assert_eq!(submit(signed).unwrap(), expected);
	});
}

#[test]
fn a_seal_made_on_one_fork_is_taken_on_another_that_has_the_round() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		let signed = sign(commit(who, round, honest_seal(round, who)));
		// The same heights on another fork: the round is the same, the blocks are not.
		for block in 1..now() {
			frame_system::BlockHash::<Test>::insert(block, H256([9; 32]));
		}
		assert_ok!(submit(signed));
		assert!(Ballots::<Test>::get(round, who).unwrap().commit.is_some());
	});
}

#[test]
fn a_seal_is_for_one_chain_round_seed_terms_and_validator() {
	run(5, || {
		let (_, round) = open_round(3);
		let (who, other) = (member_list(round)[0], member_list(round)[1]);
		let commitment = honest_seal(round, who);
		let input = seal_input(round).unwrap();
		let changed = [
			SealInput { genesis: [9; 32], ..input },
			SealInput { round: round + 1, ..input },
			SealInput { seed: [9; 32], ..input },
			SealInput { terms: [9; 32], ..input },
		];
		let signed = |input: &SealInput, who: u64, commitment| {
			let signature = pair_of(who, 0).sign(&input.payload(&who, &commitment));
			Seal { signature, ..commit(who, round, commitment) }
		};
		for input in changed {
			assert_signed_refused(Signed::Seal(signed(&input, who, commitment)), InvalidTransaction::BadProof);
		}
		let right = signed(&input, who, commitment);
		let stolen = [
			Seal { validator: other, ..right.clone() },
			Seal { commitment: [9; 32], ..right.clone() },
			Seal { signature: pair_of(other, 0).sign(&input.payload(&who, &commitment)), ..right.clone() },
		];
		for seal in stolen {
			assert_signed_refused(Signed::Seal(seal), InvalidTransaction::BadProof);
		}
		assert_ok!(submit(Signed::Seal(right)));
	});
}

#[test]
fn the_terms_of_a_round_are_what_it_runs_and_what_it_judges() {
	run(7, || {
		let model = active_model(1);
		let ask = || Ask { k: Some(3), ..Ask::new(model) };
		let [same, again] = [0, 1].map(|_| ask().submit().unwrap());
		let other = Ask { input: inline(b"another"), ..ask() }.submit().unwrap();
		let dearer = Ask { unit_limit: 501, ..ask() }.submit().unwrap();
		run_for(2);
		let terms = |id| Rounds::<Test>::get(round_of(id)).unwrap().terms;
		let all: std::collections::BTreeSet<_> = [same, again, other, dearer].map(terms).into_iter().collect();
		assert_eq!(all.len(), 4, "a request is a subject of its own");
	});
	// The same contradiction, of other votes.
	let judged = [1, 2].map(|ring| {
		let mut terms = [0; 32];
		run(7, || {
			let (request, round) = open_round(3);
			let list = member_list(round);
			set_role(validators(), Role::Honest);
			set_role([list[0]], Role::Liar(ring));
			while !matches!(stage(request), Stage::Escalated(Some(_))) {
				next_block();
			}
			terms = Rounds::<Test>::get(round_of(request)).unwrap().terms;
		});
		terms
	});
	assert_ne!(judged[0], judged[1]);
}

#[test]
fn anybody_hands_in_a_seal_and_only_an_authorized_origin_does() {
	run(5, || {
		let (_, round) = open_round(3);
		let who = member_list(round)[0];
		let Signed::Seal(seal) = sign(commit(who, round, honest_seal(round, who))) else { unreachable!() };
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), RuntimeOrigin::signed(who)] {
			let call: RuntimeCall = RoundsCall::seal { seal: seal.clone() }.into();
			assert_eq!(call.dispatch(origin).unwrap_err().error, DispatchError::BadOrigin);
		}
		// The call names no sender: this is whoever has seen the seal.
		assert_ok!(submit(Signed::Seal(seal)));
	});
}

#[test]
fn a_seal_of_a_round_that_is_yet_to_be_drawn_is_early_and_not_wrong() {
	run(5, || {
		let (_, round) = open_round(3);
		assert_early(commit(member_list(round)[0], round + 1, [1; 32]));
	});
}

#[test]
fn a_seal_after_its_time_is_no_vote_and_is_to_be_opened_all_the_same() {
	for opens in [true, false] {
		run(7, || {
			let (request, round) = open_round(5);
			let list = member_list(round);
			let late = list[4];
			commit_honestly(round, &list[..4]);
			run_for(5);
			assert_ok!(submit(sealed(late, &honest_reveal(round, late))));
			assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::SealedLate { round, validator: late })));
			assert_eq!(Rounds::<Test>::get(round).unwrap().commits, 4);
			let opened = honest_reveal(round, late);
			assert_refused(reveal(late, opened.clone()), InvalidTransaction::Stale);
			reveal_honestly(round, &list[..4]);
			// The fifth is silent, as if it had not sealed: it holds nobody up.
			assert_eq!(agreement(request).decision.votes, 4);
			assert_eq!(faults_of(late), vec![Fault::Silent]);
			next_block();
			if opens {
				assert_ok!(submit(sign(reveal(late, super::late(opened)))));
			}
			run_for(LateWindow::get());
			let fault = if opens { None } else { Some(Fault::StillShut) };
			assert_eq!(faults_of(late).get(1).copied(), fault);
		});
	}
}

#[test]
fn who_lies_looks_and_has_another_fork_built_finds_its_lie_there() {
	run(7, || {
		// On the fork that was left, the liar sealed a lie, and then saw who audits. Here it says nothing, and others decide.
		let (request, round) = open_round(5);
		let list = member_list(round);
		let liar = list[0];
		let seen = sealed(liar, &lie(round, liar));
		let opened = lie(round, liar);
		commit_honestly(round, &list[1..]);
		run_for(5);
		reveal_honestly(round, &list[1..]);
		assert_eq!(ended(request), "output");
		// Whoever has seen the seal hands it in after all.
		assert_ok!(submit(seen.clone()));
		assert_eq!(ended_seal(round, liar).opening, Opening::Shut);
		assert_signed_refused(seen, InvalidTransaction::Stale);
		let other = ended_seal(round, list[1]);
		assert_eq!(other.opening, Opening::Done);
		// Open or shut, it costs more than an honest vote would have brought.
		run_for(2);
		assert_ok!(submit(sign(reveal(liar, late(opened)))));
		run_for(LateWindow::get());
		assert_eq!(faults_of(liar), vec![Fault::Silent, Fault::WrongVerdict]);
		assert!(list[1..].iter().all(|who| faults_of(*who).is_empty()));
	});
}

#[test]
fn an_auditors_seal_from_another_fork_is_kept_after_its_phase_and_after_the_round() {
	for after_the_round in [false, true] {
		audited(20, 5, || {
			let model = active_model(1);
			hush();
			let request = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
			run_for(2);
			let round = round_of(request);
			let drawn = auditors(round, &Rounds::<Test>::get(round).unwrap());
			let list = member_list(round);
			let [(unlucky, _, proof), ..] = &drawn[..] else { panic!("nobody audits") };
			assert_early(audit_commit(*unlucky, round, honest_seal(round, *unlucky), *proof));
			let lied = lie(round, *unlucky);
			let commitment = seal(round, *unlucky, &lied.vote, &lied.salt);
			let signed = sign(audit_commit(*unlucky, round, commitment, *proof));
			commit_honestly(round, &list);
			while Rounds::<Test>::get(round).unwrap().phase != Phase::Revealing {
				next_block();
			}
			next_block();
			if after_the_round {
				reveal_honestly(round, &list);
			}
			assert_signed_refused(
				sign(audit_commit(*unlucky, round, commitment, draw_wrongly(*unlucky))),
				InvalidTransaction::BadProof,
			);
			assert_refused(commit(*unlucky, round, commitment), InvalidTransaction::BadProof);
			assert_ok!(submit(signed));
			if !after_the_round {
				assert_eq!(Rounds::<Test>::get(round).unwrap().auditors, 0);
				reveal_honestly(round, &list);
			}
			assert_eq!(ended_seal(round, *unlucky).opening, Opening::Shut);
			next_block();
			// Its lie is heard as long as the agreement may be disputed.
			assert_ok!(submit(sign(reveal(*unlucky, late(lied)))));
			assert!(matches!(stage(request), Stage::Escalated(_)));
		});
	}
}

/// A proof of an auditor for another round.
fn draw_wrongly(who: u64) -> assay_primitives::audit::AuditProof {
	prove(who, &assay_primitives::audit::AuditInput { genesis: GENESIS, round: 77, seed: [7; 32] })
}

#[test]
fn two_seals_in_a_round_cost_the_whole_bond_in_every_stage_of_it() {
	assert_eq!(Fault::TwoSeals.per_mille(), 1_000);
	// Cases: the blocks between the two seals, with both in time, one in the time for reveals, or one after the round.
	for (wait, reveals) in [(0, false), (6, false), (6, true)] {
		run(7, || {
			let (_, round) = open_round(5);
			let list = member_list(round);
			let twice = list[0];
			let (lied, honest) = (sealed(twice, &lie(round, twice)), sealed(list[1], &honest_reveal(round, list[1])));
			let third = sign(commit(twice, round, [5; 32]));
			commit_honestly(round, &list[..4]);
			run_for(wait);
			if reveals {
				reveal_honestly(round, &list[..4]);
			}
			assert_ok!(submit(lied.clone()));
			assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::SealedTwice { round, validator: twice })));
			assert_eq!(faults_of(twice), vec![Fault::TwoSeals]);
			// It is told once, whatever else it has sealed.
			assert_signed_refused(lied, InvalidTransaction::Stale);
			assert_signed_refused(third, InvalidTransaction::Stale);
			// A validator that seals the same vote again has sealed once.
			assert_signed_refused(honest, InvalidTransaction::Stale);
		});
	}
}

#[test]
fn a_seal_of_an_outsider_or_of_a_forgotten_round_is_refused() {
	run(7, || {
		let (request, round) = open_round(5);
		let list = member_list(round);
		let outsider = validators().into_iter().find(|who| !list.contains(who)).unwrap();
		assert_refused(commit(outsider, round, [1; 32]), InvalidTransaction::Stale);
		commit_honestly(round, &list[..4]);
		run_for(5);
		reveal_honestly(round, &list[..4]);
		assert_eq!(ended(request), "output");
		assert_refused(commit(outsider, round, [1; 32]), InvalidTransaction::Stale);
		let seal = sign(commit(list[4], round, h("test", "late")));
		let end = EndedRounds::<Test>::get(round).unwrap().ended_at;
		run_to(end + LateWindow::get());
		assert!(!EndedRounds::<Test>::contains_key(round));
		assert_signed_refused(seal, InvalidTransaction::Stale);
	});
}

#[test]
fn rounds_are_forgotten_in_the_order_in_which_they_were_drawn() {
	run(7, || {
		let model = active_model(1);
		hush();
		let first = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_for(2);
		let open = round_of(first);
		// A later one ends before.
		let mut record = Rounds::<Test>::get(open).unwrap();
		record.commit_end = now() + 100;
		pallet_rounds::agenda::unschedule::<Agenda<Test>, _, _, _>(record.deadline_at, &Deadline::Commits(open));
		record.deadline_at =
			pallet_rounds::agenda::schedule::<Agenda<Test>, _, _, _>(now() + 101, Deadline::Commits(open));
		Rounds::<Test>::insert(open, record);
		let later = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_for(2);
		let round = round_of(later);
		commit_honestly(round, &member_list(round));
		next_block();
		reveal_honestly(round, &member_list(round));
		run_for(LateWindow::get() + 10);
		assert_eq!(OldestRound::<Test>::get(), open);
		assert!(EndedRounds::<Test>::contains_key(round));
	});
}
