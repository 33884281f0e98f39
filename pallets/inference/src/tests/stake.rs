//! Voting power: bonds decide, and not the number of validators.

use super::{adversary::*, escalation::committee, *};
use assay_primitives::{Fault, Power};
use frame_support::assert_ok;

/// Gives validators so much voting power each from the next session on, all others 1, and begins it.
fn with_powers(powers: &[(u64, Power)]) {
	Powers::set(powers.iter().copied().collect());
	new_session(&validators());
}

/// The first validators of the set, and the others.
fn split(first: usize) -> (Vec<u64>, Vec<u64>) {
	let all = validators();
	(all[..first].to_vec(), all[first..].to_vec())
}

#[test]
fn newcomers_with_a_fifth_of_all_bonds_do_not_decide_what_is_true() {
	// Four of old and nine newcomers, as many as two thirds of the heads.
	run(13, || {
		let model = active_model(1);
		let (old, new) = split(4);
		with_powers(&old.iter().map(|who| (*who, 10)).collect::<Vec<_>>());
		set_role(new.clone(), Role::Liar(1));
		// All are asked: there are no more than members and auditors.
		let id = Ask { k: Some(13), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(id), "output");
		let Decision { verdict, votes, k, v, power, total, escalated, .. } = decision(id);
		assert!(verdict == truth() && escalated);
		assert_eq!((votes, k, v, power, total), (4, 13, 13, 40, 49));
		assert_eq!(found(Fault::WrongVerdict), new);
	});
}

#[test]
fn two_thirds_of_the_heads_without_two_thirds_of_the_power_decide_nothing() {
	run(7, || {
		let model = active_model(1);
		// Five with 6 of 14, and two with 8.
		let (many, rich) = split(5);
		with_powers(&[(many[0], 2), (rich[0], 4), (rich[1], 4)]);
		set_role(rich, Role::Silent);
		let id = Ask { k: Some(7), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(id), "expired");
		assert_eq!(Faults::get(), vec![], "where so much is silent, it may be the network");
	});
}

#[test]
fn more_than_half_of_the_power_judge_where_two_thirds_do_not_decide() {
	run(13, || {
		let (id, round, liars) = committee(3, Role::Liar(1), 1);
		let liar = liars[0];
		let members = members(round);
		// One that is no member has 9 of 21 when all are drawn.
		let strong = validators().into_iter().find(|who| !members.contains(who)).unwrap();
		with_powers(&[(strong, 9)]);
		let silent: Vec<u64> = validators().into_iter().filter(|who| *who != liar && *who != strong).take(8).collect();
		next_block();
		set_role(silent.clone(), Role::Silent);
		assert_eq!(ended(id), "unresolved");
		assert_eq!(found(Fault::WrongByMajority), vec![liar], "12 of 21 found something else: four heads of thirteen");
		assert_eq!(found(Fault::NoJudge), silent);
	});
}

#[test]
fn authors_with_a_third_of_the_power_end_a_window_and_those_with_a_third_of_the_heads_do_not() {
	for (power, blocks) in [(1, false), (4, true)] {
		AssuredWindow::set(3);
		audited(9, 2, || {
			let model = active_model(1);
			let (authors, _) = split(4);
			// Four of nine heads; 4 of 14 or 16 of 21 of the voting power.
			let (_, others) = split(4);
			let rest = if blocks { 1 } else { 2 };
			with_powers(
				&authors
					.iter()
					.map(|who| (*who, power))
					.chain(others.iter().map(|who| (*who, rest)))
					.collect::<Vec<_>>(),
			);
			let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
			let agreed = || Agreements::<Test>::get(Subject::Request(id));
			while agreed().is_none() {
				next_block();
			}
			let from = now();
			for block in from..=from + 80 {
				author(authors[block as usize % 4], block..=block);
			}
			run_for(60);
			assert_eq!(agreed().is_none(), blocks, "{power} each");
		});
	}
}

#[test]
fn an_engine_is_taken_over_when_two_thirds_of_the_power_hold_it() {
	for (strong, taken) in [(1, false), (9, true)] {
		run(7, || {
			let call: RuntimeCall = ModelsCall::set_engine { engine: other_engine(), package: None }.into();
			assert_ok!(sp_runtime::traits::Dispatchable::dispatch(call, RuntimeOrigin::root()));
			let (holders, _) = split(2);
			for who in &holders {
				assert_ok!(submit(sign(Attestation { engine: Some(other_engine()), ..nothing(*who) })));
			}
			// 2 of 7, or 18 of 23.
			with_powers(&holders.iter().map(|who| (*who, strong)).collect::<Vec<_>>());
			assert_eq!(CurrentEngine::<Test>::get() == Some(other_engine()), taken);
		});
	}
}

#[test]
fn a_model_is_activated_anew_when_a_third_of_the_power_cannot_get_it() {
	for (power, gone) in [(1, false), (3, true)] {
		run(7, || {
			let model = active_model(1);
			let (poor, _) = split(2);
			with_powers(&poor.iter().map(|who| (*who, power)).collect::<Vec<_>>());
			pallet_models::Pallet::<Test>::round_ended(model, false, poor.clone());
			let status = pallet_models::Models::<Test>::get(model).unwrap().status;
			assert_eq!(!matches!(status, ModelStatus::Active { .. }), gone, "{} of {}", 2 * power, 5 + 2 * power);
		});
	}
}

#[test]
fn who_has_more_power_is_drawn_more_often() {
	run(12, || {
		let model = active_model(1);
		let (strong, _) = split(1);
		with_powers(&[(strong[0], 40)]);
		let drawn = (0..8).filter(|_| {
			let id = Ask { k: Some(3), audits: Some(0), ..Ask::new(model) }.submit().unwrap();
			run_for(2);
			let is_drawn = members(round_of(id)).contains(&strong[0]);
			await_end(id);
			is_drawn
		});
		// 99 of 100 times by bonds, and a quarter of the times by heads.
		assert!(drawn.count() >= 7);
	});
}

#[test]
fn who_has_more_power_audits_more_often() {
	audited(20, 3, || {
		let (strong, _) = split(1);
		with_powers(&[(strong[0], 5)]);
		let round = open_round(3).1;
		let record = Rounds::<Test>::get(round).unwrap();
		let members = members(round);
		let inside: Power = members.iter().map(|who| if *who == strong[0] { 5 } else { 1 }).sum();
		assert_eq!((record.total, record.outside), (24, 24 - inside));
		let bound = |power| Voting::audit_bound(&record, power).unwrap();
		assert_eq!(bound(5), bound(1) / 3 * 15);
		assert_eq!(bound(1), u128::MAX / u128::from(record.outside) * 3);
	});
}
