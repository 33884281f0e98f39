//! Validators that come, go and change their keys.

use super::*;
use assay_primitives::h;
use frame_support::{assert_ok, traits::OneSessionHandler};

#[test]
fn a_new_set_is_taken_over_and_announced() {
	run(3, || {
		assert_eq!(validators(), vec![100, 101, 102]);
		new_session(&[100, 101, 102]);
		assert_eq!(events(), vec![], "nothing has changed");
		new_session(&[100, 102, 200, 201]);
		assert_eq!(events(), vec![RuntimeEvent::Voting(RoundsEvent::ElectorsSet { validators: 4 })]);
		assert_eq!(validators(), vec![100, 102, 200, 201]);
		KeyOf::mutate(|keys| keys.insert(100, 1));
		new_session(&[100, 102, 200, 201]);
		assert_eq!(events().len(), 2, "a new key is a change");
		assert_eq!(Electors::<Test>::get()[0], (100, pair_of_public(100, 1), 1));
		<Voting as OneSessionHandler<u64>>::on_disabled(0);
		assert_eq!(validators().len(), 4);
	});
}

fn pair_of_public(who: u64, index: u32) -> assay_primitives::infr::AuthorityId {
	use sp_core::Pair;
	pair_of(who, index).public()
}

#[test]
fn leaving_the_set_between_draw_and_attestation_changes_nothing() {
	run(5, || {
		let (request, round) = open_round(3);
		let members = member_list(round);
		let before: Vec<u128> = members.iter().map(|who| free(*who)).collect();
		let session = Session::get();
		new_session(&[200, 201, 202]);
		for who in &members {
			assert_ok!(submit(sign(commit(*who, round, honest_seal(round, *who)))));
		}
		next_block();
		new_session(&[300, 301, 302]);
		for who in &members {
			let attestation = Attestation { session, ..reveal(*who, honest_reveal(round, *who)) };
			assert_ok!(submit(sign(attestation)));
		}
		assert_eq!(ended(request), "output");
		assert_eq!((decision(request).v, decision(request).votes), (5, 3));
		for (who, before) in members.iter().zip(before) {
			assert_eq!(free(*who), before + per_voter(100, 5));
		}
	});
}

#[test]
fn who_takes_over_a_place_does_not_take_over_its_duties() {
	run(3, || {
		let (_, round) = open_round(3);
		let session = Session::get();
		// The newcomer has the index, and even the key, of the one that left.
		new_session(&[200, 101, 102]);
		assert_refused(commit(200, round, [1; 32]), InvalidTransaction::Stale);
		for session in [session, session + 1] {
			let attestation = Attestation { session, ..signal(200, round, SignalKind::InputUnavailable) };
			assert_refused(attestation.clone(), InvalidTransaction::Stale);
			assert_signed_refused(sign_with(&pair_of(100, 0), attestation), InvalidTransaction::Stale);
		}
	});
}

#[test]
fn rotating_a_key_between_draw_and_attestation_changes_nothing() {
	run(5, || {
		let (request, round) = open_round(3);
		let members = member_list(round);
		KeyOf::mutate(|keys| keys.extend(members.iter().map(|who| (*who, 1))));
		new_session(&validators());
		for who in &members {
			let attestation = commit(*who, round, honest_seal(round, *who));
			let with_new = sign_with(&pair_of(*who, 1), attestation.clone());
			assert_signed_refused(with_new, InvalidTransaction::BadProof);
			assert_ok!(submit(sign_with(&pair_of(*who, 0), attestation)));
		}
		// The mock's validators look up the key that the duty was recorded with.
		Roles::take();
		assert_eq!(ended(request), "output");
	});
}

#[test]
fn a_round_names_the_session_that_it_was_drawn_in() {
	run(5, || {
		let model = active_model(1);
		let before = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let n = now();
		next_block();
		new_session(&[101, 102, 103, 104, 200, 201]);
		finish_block();
		let round = round_of(before);
		let record = Rounds::<Test>::get(round).unwrap();
		assert_eq!((record.session, record.v, record.members), (1, 6, 3));
		let seed = h("assay/seed", (vrf_of(n), vrf_of(n + 1), round));
		let set = validators();
		let expected = math::draw(&seed, &[1; 6], 3).into_iter().map(|index| set[index as usize]).collect();
		assert_eq!(members(round), expected);
		assert_eq!(ended(before), "output");
		assert_eq!(decision(before).v, 6);
	});
}

#[test]
fn a_set_that_shrinks_below_the_committee_votes_as_a_whole() {
	run(7, || {
		let model = active_model(1);
		let id = Ask { k: Some(7), ..Ask::new(model) }.submit().unwrap();
		next_block();
		new_session(&[100, 101, 102, 103]);
		assert_eq!(ended(id), "output");
		let decision = decision(id);
		assert_eq!((decision.k, decision.q, decision.v, decision.votes), (4, 0, 4, 4));
		assert_eq!(result(id).paid, BasePrice::get() + 4 * per_voter(100, 5));
	});
}

#[test]
fn without_any_validator_a_request_expires_and_a_model_is_rejected() {
	run(3, || {
		let model = active_model(1);
		let before = free(REQUESTER);
		let id = Ask::new(model).submit().unwrap();
		assert_ok!(Registration::new(2).submit());
		new_session(&[]);
		run_for(2 * ActivationWindow::get() + 10);
		assert_eq!(self::model(model_id(2)).status, ModelStatus::Rejected(RejectReason::Deadline));
		assert_eq!(ended(id), "expired");
		assert_eq!(free(REQUESTER), before);
	});
}

#[test]
fn validators_that_come_back_answer_the_redraw() {
	run(3, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		new_session(&[]);
		run_for(3);
		new_session(&[100, 101, 102]);
		assert_eq!(ended(id), "output");
		assert_eq!(decision(id).votes, 3);
	});
}

#[test]
fn an_escalation_is_decided_by_the_set_of_its_own_draw() {
	run(5, || {
		let (id, ..) = escalation::committee(4, Role::Liar(1), 1);
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		let set: Vec<u64> = (200..207).collect();
		new_session(&set);
		next_block();
		finish_block();
		let round = round_of(id);
		assert_eq!(members(round), set.iter().copied().collect());
		assert_eq!(ended(id), "output");
		assert_eq!((decision(id).v, decision(id).votes), (7, 7));
	});
}

#[test]
fn one_validator_attests_for_two_sessions_in_one_block() {
	run(3, || {
		let model = active_model(1);
		hush();
		let first = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_for(2);
		KeyOf::mutate(|keys| keys.insert(FIRST, 1));
		new_session(&validators());
		let second = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_for(2);
		Roles::take();
		let (first, second) = (round_of(first), round_of(second));
		next_block();
		assert_eq!(Rounds::<Test>::get(first).unwrap().commits, 3);
		assert_eq!(Rounds::<Test>::get(second).unwrap().commits, 3);
	});
}
