//! Challenges of attested results: who may raise one, what it costs, what it brings.

use super::*;
use assay_primitives::Fault;
use frame_support::{assert_noop, assert_ok};

/// Plancks that each validator can spend beside its existential deposit.
const PURSE: u128 = 100_000;

fn dispute(who: u64, request: RequestId) -> sp_runtime::DispatchResult {
	call(who, RoundsCall::dispute { subject: Subject::Request(request) })
}

/// A request of the requester's, attested by three of seven who play a role, in the first block of its challenge window; and the
/// validators that are not among the three.
fn attested(role: Role) -> (RequestId, Vec<u64>) {
	validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
	let model = active_model(1);
	let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
	next_block();
	finish_block();
	let committee = members(round_of(id));
	set_role(committee.clone(), role);
	run_for(2);
	assert!(matches!(stage(id), Stage::Agreed), "{:?}", stage(id));
	(id, validators().into_iter().filter(|who| !committee.contains(who)).collect())
}

fn settled(request: RequestId, validator: u64, upheld: bool, hold: u128) -> RuntimeEvent {
	let (subject, returned) = (Subject::Request(request), if upheld { hold } else { 0 });
	RuntimeEvent::Voting(RoundsEvent::DisputeSettled { subject, validator, upheld, hold, returned })
}

#[test]
fn a_dispute_overturns_the_result_of_a_captured_committee() {
	run(10, || {
		let (id, outsiders) = attested(Role::Liar(1));
		let disputer = outsiders[0];
		let before = free(disputer);
		let decision = agreement(id).decision;
		assert_ok!(dispute(disputer, id));
		// A fiftieth of its bond.
		let hold = 20_000;
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Disputed {
			subject: Subject::Request(id),
			validator: disputer,
			hold
		})));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Escalated {
			subject: Subject::Request(id),
			contested: decision.round
		})));
		assert_eq!((held(RoundsHold::Dispute, disputer), free(disputer)), (hold, before - hold));
		assert_eq!(stage(id), Stage::Escalated(None));
		assert_eq!(ended(id), "output");
		let verdict = super::decision(id).verdict;
		assert_ne!(verdict, decision.verdict);
		let record = result(id);
		assert_eq!(record.output, Some(honest_output()));
		assert_eq!(count(|event| *event == settled(id, disputer, true, hold)), 1);
		assert_eq!(held(RoundsHold::Dispute, disputer), 0);
		assert_eq!(free(disputer), before + per_voter(100, 5));
		let liars: Vec<u64> = Roles::get().into_keys().collect();
		let mut faults = Faults::get();
		faults.sort_by_key(|(who, _)| *who);
		assert_eq!(faults, liars.iter().map(|who| (*who, Fault::WrongVerdict)).collect::<Vec<_>>());
	});
}

fn honest_output() -> assay_primitives::Output {
	execute(model_id(1), Ask::new(model_id(1)).input.content_id(), 500, &[]).outcome.unwrap()
}

#[test]
fn a_dispute_of_an_honest_result_costs_the_hold() {
	run(7, || {
		let (id, outsiders) = attested(Role::Honest);
		let (disputer, treasury) = (outsiders[0], free(TREASURY));
		let before = free(disputer);
		assert_ok!(dispute(disputer, id));
		let hold = held(RoundsHold::Dispute, disputer);
		assert_eq!(ended(id), "output");
		assert_eq!(count(|event| *event == settled(id, disputer, false, hold)), 1);
		let each = per_voter(100, 5);
		let shared = 3 * each / 7;
		assert_eq!(free(disputer), before - hold + each);
		assert_eq!(free(TREASURY), treasury + hold + BasePrice::get() - 7 * (each - shared));
		assert_eq!(Faults::get(), vec![]);
		assert_eq!((decision(id).votes, decision(id).escalated), (7, true));
	});
}

#[test]
fn a_dispute_that_nobody_decides_costs_the_hold() {
	run(7, || {
		let (id, outsiders) = attested(Role::Honest);
		assert_ok!(dispute(outsiders[0], id));
		let hold = held(RoundsHold::Dispute, outsiders[0]);
		hush();
		assert_eq!(ended(id), "unresolved");
		assert_eq!(count(|event| *event == settled(id, outsiders[0], false, hold)), 1);
	});
}

#[test]
fn the_hold_is_a_fiftieth_of_the_bond_or_the_price_of_runs_by_all_whichever_is_more() {
	for (bond, hold) in [(0, 7 * per_voter(500, 5)), (50 * 20_001, 20_001), (50 * 20_000 + 1, 20_001)] {
		run(7, || {
			Bond::set(bond);
			let (id, outsiders) = attested(Role::Honest);
			assert_ok!(dispute(outsiders[0], id));
			assert_eq!(held(RoundsHold::Dispute, outsiders[0]), hold);
		});
	}
	Bond::set(1_000_000);
}

#[test]
fn only_an_attested_result_is_disputed_and_only_once() {
	run(7, || {
		assert_noop!(dispute(FIRST, 0), RoundsError::NotAgreed);
		let (id, outsiders) = attested(Role::Honest);
		assert_ok!(dispute(outsiders[0], id));
		assert_noop!(dispute(outsiders[1], id), RoundsError::NotAgreed);
		await_end(id);
		assert_noop!(dispute(outsiders[1], id), RoundsError::NotAgreed);
	});
}

#[test]
fn a_result_that_all_have_voted_on_is_final() {
	run(7, || {
		let (id, outsiders) = attested(Role::Honest);
		assert_ok!(dispute(outsiders[0], id));
		for _ in 0..20 {
			if matches!(stage(id), Stage::Agreed) {
				break;
			}
			next_block();
		}
		assert_noop!(dispute(outsiders[1], id), RoundsError::DecidedByAll);
	});
}

#[test]
fn only_a_validator_of_the_session_disputes() {
	run(7, || {
		let (id, outsiders) = attested(Role::Honest);
		assert_noop!(dispute(RIVAL, id), RoundsError::NotValidator);
		let rest: Vec<u64> = validators().into_iter().filter(|who| *who != outsiders[0]).collect();
		new_session(&rest);
		assert_noop!(dispute(outsiders[0], id), RoundsError::NotValidator);
		assert_ok!(dispute(outsiders[1], id));
	});
}

#[test]
fn a_dispute_without_its_hold_is_refused() {
	run(7, || {
		let (id, outsiders) = attested(Role::Honest);
		set_free(outsiders[0], ED + 20_000 - 1);
		assert_noop!(dispute(outsiders[0], id), sp_runtime::TokenError::FundsUnavailable);
		// The price of its run, at the time of the request.
		Requests::<Test>::mutate(id, |request| request.as_mut().unwrap().prices.run.unit = u128::MAX / 500);
		assert_noop!(dispute(outsiders[1], id), RoundsError::Overflow);
	});
}

#[test]
fn after_the_challenge_window_it_is_too_late() {
	run(7, || {
		let (id, outsiders) = attested(Role::Liar(1));
		let final_at = agreement(id).final_at;
		run_to(final_at - 1);
		assert_ok!(dispute(outsiders[0], id));
	});
	run(7, || {
		let (id, outsiders) = attested(Role::Liar(1));
		// Three of the seven have made blocks.
		run_for(4);
		assert_noop!(dispute(outsiders[0], id), RoundsError::NotAgreed);
		assert_eq!(ended(id), "output");
	});
}

#[test]
fn spam_of_disputes_pays_for_every_run_that_it_causes() {
	run(7, || {
		validators().into_iter().for_each(|who| set_free(who, ED + 10 * PURSE));
		let model = active_model(1);
		let spammer = FIRST;
		Bond::set(0);
		for _ in 0..5 {
			let treasury = free(TREASURY);
			let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
			run_for(3);
			assert_ok!(dispute(spammer, id));
			assert_eq!(ended(id), "output");
			assert!(free(TREASURY) >= treasury, "the treasury paid for a false challenge");
		}
		assert!(Faults::get().is_empty());
	});
	Bond::set(1_000_000);
}

#[test]
fn an_attestation_disputes_as_the_call_does_with_the_validators_plancks() {
	run(10, || {
		let (request, round) = open_round(5);
		let list = member_list(round);
		commit_honestly(round, &list);
		next_block();
		reveal_honestly(round, &list);
		let subject = Subject::Request(request);
		let who = validators().into_iter().find(|who| !list.contains(who)).unwrap();
		let says = |who| Attestation { disputes: vec![subject].try_into().unwrap(), ..nothing(who) };
		set_free(who, ED);
		assert_refused(says(who), InvalidTransaction::Stale);
		set_free(who, ED + 1_000_000);
		assert_refused(says(REQUESTER), InvalidTransaction::Stale);
		assert_refused(Attestation { session: Session::get() + 1, ..says(who) }, InvalidTransaction::Stale);
		assert_ok!(submit(sign(says(who))));
		let dispute = Disputes::<Test>::get(subject).unwrap();
		assert_eq!((dispute.validator, dispute.hold), (who, held(RoundsHold::Dispute, who)));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Disputed { subject, validator: who, hold: dispute.hold })));
		// There is nothing left to dispute.
		next_block();
		assert_refused(says(who), InvalidTransaction::Stale);
	});
}
