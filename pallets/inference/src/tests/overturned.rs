//! Disputes of final results: who may raise one, what all decide, what it costs whom, and what stays as it was.

use super::*;
use assay_primitives::{
	constants::{MAX_UNIT_LIMIT, SHORT_UNITS},
	ContentId, Fault,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::MutateHold};
use pallet_models::Input;

/// Plancks that each validator can spend beside its existential deposit.
const PURSE: u128 = 10_000_000;
/// A fiftieth of a bond.
const HOLD: u128 = 20_000;
/// The input of the requests.
const INPUT: &[u8] = b"input";

fn dispute(who: u64, request: RequestId) -> sp_runtime::DispatchResult {
	dispute_with(who, request, inline(INPUT))
}

fn dispute_with(who: u64, request: RequestId, input: Input) -> sp_runtime::DispatchResult {
	call(who, Call::dispute_result { request, input })
}

/// A final result.
struct Final {
	id: RequestId,
	/// The round that agreed, and in which block it ended.
	round: RoundId,
	ended_at: u32,
	/// The members that voted for it.
	committee: Vec<u64>,
	/// The other validators.
	others: Vec<u64>,
}

/// The final result of an ask of the requester's, by three members who play a role.
fn decided(role: Role, ask: Ask) -> Final {
	validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
	let id = Ask { k: Some(3), ..ask }.submit().unwrap();
	next_block();
	finish_block();
	let round = round_of(id);
	let committee = member_list(round);
	set_role(committee.clone(), role);
	await_end(id);
	let others = validators().into_iter().filter(|who| !committee.contains(who)).collect();
	let ended_at = EndedRounds::<Test>::get(round).unwrap().ended_at;
	assert_eq!((decision(id).round, decision(id).escalated), (round, false));
	Final { id, round, ended_at, committee, others }
}

fn decided_by(role: Role) -> Final {
	decided(role, Ask::new(active_model(1)))
}

fn subject(id: RequestId) -> Subject {
	Subject::Request(id)
}

fn is_open_again(id: RequestId) -> bool {
	pallet_rounds::Pallet::<Test>::reopened(&subject(id)).is_some()
}

/// Makes blocks until all have decided on a disputed result, or failed to.
fn await_review(id: RequestId) -> ResultRecord<Test> {
	for _ in 0..300 {
		if !is_open_again(id) {
			return result(id);
		}
		next_block();
	}
	panic!("request {id} stays open");
}

/// Settlements of the dispute of a result: whether it was upheld, its hold and the plancks of it that returned.
fn settlements(id: RequestId) -> Vec<(u64, bool, u128, u128)> {
	let of_dispute = |(_, event)| match event {
		RuntimeEvent::Voting(RoundsEvent::DisputeSettled { subject: about, validator, upheld, hold, returned }) => {
			(about == subject(id)).then_some((validator, upheld, hold, returned))
		}
		_ => None,
	};
	log().into_iter().filter_map(of_dispute).collect()
}

fn compensations(id: RequestId) -> Vec<u128> {
	let of_request = |(_, event)| match event {
		RuntimeEvent::Inference(OwnEvent::ResultOverturned { request, owner, verdict, compensation }) => {
			assert_eq!(owner, REQUESTER);
			assert!(matches!(result(id).review, Some(Review::Overturned { verdict: kept, .. }) if kept == verdict));
			(request == id).then_some(compensation)
		}
		_ => None,
	};
	log().into_iter().filter_map(of_request).collect()
}

/// Validators that were told a fault of a kind.
fn told(fault: Fault) -> Vec<u64> {
	let mut who: Vec<u64> =
		Faults::get().into_iter().filter(|(_, found)| *found == fault).map(|(who, _)| who).collect();
	who.sort();
	who
}

#[test]
fn a_lie_that_is_final_is_overturned_and_those_who_voted_for_it_pay() {
	run(10, || {
		let Final { id, round, committee, others, .. } = decided_by(Role::Liar(1));
		let (disputer, record) = (others[0], result(id));
		let before = free(disputer);
		assert_ok!(dispute(disputer, id));
		let (validator, hold) = (disputer, HOLD);
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Disputed { subject: subject(id), validator, hold })));
		let contested = round;
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Escalated { subject: subject(id), contested })));
		assert_eq!((held(RoundsHold::Dispute, disputer), free(disputer)), (HOLD, before - HOLD));
		assert_eq!(stage(id), Stage::Escalated(None));
		let after = await_review(id);
		let Some(Review::Overturned { at, verdict }) = after.review else { panic!("{:?}", after.review) };
		assert_eq!(at, now());
		let honest = execute(model_id(1), ContentId::of(INPUT), 500, &[[0; 32]]);
		assert_eq!(verdict, vote_of(&honest, model_id(1)).verdict);
		assert_ne!(verdict, decision(id).verdict);
		// The result is not rewritten.
		assert_eq!(ResultRecord { review: None, ..after }, record);
		assert_eq!(told(Fault::WrongVerdict), committee);
		assert_eq!(Faults::get().len(), 3);
		assert_eq!(settlements(id), vec![(disputer, true, HOLD, HOLD)]);
		assert_eq!(compensations(id).len(), 1);
		// Half of the penalties goes to who found it.
		assert!(Finders::get().iter().all(|(_, _, finders)| *finders == vec![disputer]), "{:?}", Finders::get());
		assert_eq!(Finders::get().len(), 3);
		assert_eq!(free(disputer), before + per_voter(100, 5));
		assert_noop!(dispute(others[1], id), Error::DecidedByAll);
	});
}

#[test]
fn a_dispute_of_a_right_result_costs_its_hold_and_there_is_no_other() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Honest);
		let (disputer, treasury, record) = (others[0], free(TREASURY), result(id));
		assert_ok!(dispute(disputer, id));
		let after = await_review(id);
		assert_eq!(after.review, Some(Review::Confirmed { at: now() }));
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::ResultConfirmed { request: id })));
		assert_eq!(ResultRecord { review: None, ..after }, record);
		assert_eq!(settlements(id), vec![(disputer, false, HOLD, 0)]);
		// All are paid for their run, out of the hold.
		assert_eq!(free(TREASURY), treasury + HOLD - 10 * per_voter(100, 5));
		assert_eq!((Faults::get(), compensations(id)), (vec![], vec![]));
		assert_noop!(dispute(others[1], id), Error::DecidedByAll);
	});
}

#[test]
fn a_request_that_is_open_again_is_paid_and_final_once() {
	run(10, || {
		let model = activate(Registration { royalty: 50, ..Registration::new(1) });
		let callback = Some(Box::new(probe::Call::note { fails: false, padding: vec![] }.into()));
		let Final { id, ended_at, others, .. } = decided(Role::Liar(1), Ask { callback, ..Ask::new(model) });
		next_block();
		let final_in = result(id).ended_at;
		let leaves = FinalizedIn::<Test>::get(final_in);
		let (publisher, seen) = (free(PUBLISHER), probe::Seen::get());
		assert_eq!((leaves.len(), seen.len()), (1, 1));
		assert!(final_in > ended_at);
		assert_ok!(dispute(others[0], id));
		while is_open_again(id) {
			next_block();
			finish_block();
			assert_eq!(ResultsRoot::<Test>::get(), [0; 32], "there is nothing new in the results' root");
		}
		run_for(3);
		assert_eq!(FinalizedIn::<Test>::iter_keys().collect::<Vec<_>>(), vec![final_in]);
		assert_eq!(FinalizedIn::<Test>::get(final_in), leaves);
		assert_eq!((free(PUBLISHER), probe::Seen::get()), (publisher, seen));
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Inference(OwnEvent::InferenceFinalized { .. }))), 1);
		assert_eq!((super::mock::model(model).open, Inputs::<Test>::iter().count()), (0, 0));
		assert_eq!(held(HoldReason::Escrow, REQUESTER), 0);
	});
}

#[test]
fn the_requester_gets_back_what_validators_had_but_no_royalty_and_no_callback() {
	run(10, || {
		let model = activate(Registration { royalty: 5_000_000, ..Registration::new(1) });
		let callback = Some(Box::new(probe::Call::note { fails: false, padding: vec![] }.into()));
		let Final { id, others, .. } = decided(Role::Liar(1), Ask { callback, ..Ask::new(model) });
		let (requester, publisher) = (free(REQUESTER), free(PUBLISHER));
		assert_ok!(dispute(others[0], id));
		await_review(id);
		let price = BasePrice::get() + 3 * per_voter(100, 5);
		assert!(result(id).paid > price + 5_000_000);
		assert_eq!((result(id).price, compensations(id)), (price, vec![price]));
		assert_eq!((free(REQUESTER), free(PUBLISHER)), (requester + price, publisher));
	});
}

#[test]
fn compensation_is_at_most_the_treasurys_half_of_the_penalties_that_the_dispute_brings() {
	// Half of the plancks that three lose.
	run(10, || {
		Bond::set(100);
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		assert_ok!(dispute(others[0], id));
		await_review(id);
		assert_eq!(compensations(id), vec![150]);
		Bond::set(1_000_000);
	});
	// A validator that is put out has lost its bond before: nothing more comes in for another lie.
	run(10, || {
		let Final { id, committee, others, .. } = decided_by(Role::Liar(1));
		committee.into_iter().for_each(put_out);
		assert_ok!(dispute(others[0], id));
		await_review(id);
		assert_eq!(told(Fault::WrongVerdict).len(), 3);
		assert_eq!(compensations(id), vec![0]);
	});
}

#[test]
fn compensation_leaves_the_treasury_its_existential_deposit() {
	for (has, gets) in [(ED, 0), (ED + 77, 77)] {
		run(10, || {
			let Final { id, others, .. } = decided_by(Role::Liar(1));
			set_free(TREASURY, has);
			assert_ok!(dispute(others[0], id));
			await_review(id);
			assert_eq!((compensations(id), free(TREASURY)), (vec![gets], ED));
		});
	}
}

#[test]
fn a_dispute_that_nobody_decides_costs_its_hold_and_another_validator_may_raise_one() {
	LateWindow::set(300);
	run(10, || {
		let Final { id, others, committee, .. } = decided_by(Role::Liar(1));
		let roles = Roles::get();
		assert_ok!(dispute(others[0], id));
		hush();
		assert_eq!(await_review(id).review, None);
		assert_eq!(settlements(id), vec![(others[0], false, HOLD, 0)]);
		Roles::set(roles);
		assert_noop!(dispute(others[0], id), RoundsError::LostDispute);
		assert_ok!(dispute(others[1], id));
		assert!(matches!(await_review(id).review, Some(Review::Overturned { .. })));
		assert_eq!(told(Fault::WrongVerdict), committee);
	});
	LateWindow::set(30);
}

#[test]
fn a_liar_does_not_burn_the_only_dispute_by_losing_it() {
	LateWindow::set(300);
	run(10, || {
		let Final { id, others, committee, .. } = decided_by(Role::Liar(1));
		let roles = Roles::get();
		// A member of the ring disputes its own lie while the others cannot be heard.
		let liar = committee[0];
		set_free(liar, ED + PURSE);
		assert_ok!(dispute(liar, id));
		hush();
		assert_eq!(await_review(id).review, None);
		Roles::set(roles);
		assert_noop!(dispute(liar, id), RoundsError::LostDispute);
		assert_ok!(dispute(others[0], id));
		assert!(matches!(await_review(id).review, Some(Review::Overturned { .. })));
		let outcome: Vec<_> = settlements(id).into_iter().map(|(who, upheld, ..)| (who, upheld)).collect();
		assert_eq!(outcome, vec![(liar, false), (others[0], true)]);
	});
	LateWindow::set(30);
}

#[test]
fn a_liar_that_disputes_its_own_final_lie_finds_nothing() {
	run(10, || {
		let Final { id, committee, .. } = decided_by(Role::Liar(1));
		assert_ok!(dispute(committee[0], id));
		assert!(matches!(await_review(id).review, Some(Review::Overturned { .. })));
		assert_eq!((told(Fault::WrongVerdict), Finders::get()), (committee, vec![]));
	});
}

#[test]
fn a_dispute_of_a_final_result_that_fails_for_want_of_bytes_returns_half_of_its_hold() {
	run(10, || {
		let input = blob(7, 40);
		let ask = Ask { input: input.clone(), ..Ask::new(active_model(1)) };
		let Final { id, others, .. } = decided(Role::Liar(1), ask);
		// An odd hold: the treasury gets the larger half.
		Bond::set(1_000_050);
		Missing::mutate(|missing| missing.insert(input.content_id()));
		let treasury = free(TREASURY);
		assert_ok!(dispute_with(others[0], id, input.clone()));
		assert!(Registry::blob_expected(input.content_id(), 40));
		assert_eq!(await_review(id).review, None);
		assert_eq!(settlements(id), vec![(others[0], false, HOLD + 1, HOLD / 2)]);
		assert_eq!(free(TREASURY), treasury + HOLD / 2 + 1);
		assert!(!Registry::blob_expected(input.content_id(), 40));
		assert_eq!(Faults::get(), vec![]);
		Bond::set(1_000_000);
	});
}

#[test]
fn a_dispute_of_an_agreement_that_fails_for_want_of_bytes_returns_half_of_its_hold() {
	for lacking in [3, 4] {
		run(10, || {
			validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
			let id = Ask { k: Some(3), ..Ask::new(active_model(1)) }.submit().unwrap();
			run_for(4);
			assert_eq!(stage(id), Stage::Agreed);
			let who = validators();
			assert_ok!(call(who[0], RoundsCall::dispute { subject: subject(id) }));
			// More than a third cannot get it, or a third; the others say nothing.
			hush();
			set_role(who[..lacking].to_vec(), Role::Lacks(SignalKind::ModelUnavailable));
			assert_eq!(ended(id), "unresolved");
			let returned = if lacking > 3 { HOLD / 2 } else { 0 };
			assert_eq!(settlements(id), vec![(who[0], false, HOLD, returned)]);
		});
	}
}

#[test]
fn after_an_era_it_is_too_late() {
	run(10, || {
		let Final { id, round, ended_at, others, .. } = decided_by(Role::Liar(1));
		run_to(ended_at + LateWindow::get() - 1);
		assert!(EndedRounds::<Test>::contains_key(round));
		assert_ok!(dispute(others[0], id));
	});
	run(10, || {
		let Final { id, ended_at, others, .. } = decided_by(Role::Liar(1));
		run_to(ended_at + LateWindow::get());
		assert_noop!(dispute(others[0], id), RoundsError::TooLate);
	});
}

#[test]
fn a_round_that_is_kept_for_an_earlier_one_is_too_old_all_the_same() {
	run(10, || {
		let model = active_model(1);
		// Nobody gets its input: its round is open for 45 blocks.
		let missing = blob(9, 50);
		Missing::mutate(|inputs| inputs.insert(missing.content_id()));
		let slow = Ask { input: missing, k: Some(3), unit_limit: 80_000_000_000, ..Ask::new(model) };
		assert_ok!(slow.submit());
		next_block();
		let Final { id, round, ended_at, others, .. } = decided(Role::Honest, Ask::new(model));
		run_to(ended_at + LateWindow::get());
		assert!(EndedRounds::<Test>::contains_key(round));
		assert_noop!(dispute(others[0], id), RoundsError::TooLate);
	});
}

#[test]
fn only_a_validator_of_the_session_disputes_a_final_result() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		assert_noop!(dispute(RIVAL, id), RoundsError::NotValidator);
		put_out(others[0]);
		assert_noop!(dispute(others[0], id), RoundsError::NotValidator);
		let rest: Vec<u64> = validators().into_iter().filter(|who| *who != others[1]).collect();
		new_session(&rest);
		assert_noop!(dispute(others[1], id), RoundsError::NotValidator);
		assert_ok!(dispute(others[2], id));
	});
}

#[test]
fn a_dispute_of_a_final_result_without_its_hold_is_refused() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		set_free(others[0], ED + HOLD - 1);
		assert_noop!(dispute(others[0], id), sp_runtime::TokenError::FundsUnavailable);
		set_free(others[0], ED + HOLD);
		assert_ok!(dispute(others[0], id));
	});
	// The price of a run by all at the request's limit.
	run(10, || {
		Bond::set(0);
		let Final { id, others, .. } = decided_by(Role::Honest);
		assert_ok!(dispute(others[0], id));
		assert_eq!(held(RoundsHold::Dispute, others[0]), 10 * per_voter(500, 5));
		Bond::set(1_000_000);
	});
}

#[test]
fn the_input_that_a_dispute_brings_is_that_of_the_result() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		let Input::Inline(bytes) = inline(INPUT) else { unreachable!() };
		let id_of = ContentId::of(&bytes);
		assert_noop!(dispute_with(others[0], id, inline(b"inputs")), Error::OtherInput);
		assert_noop!(dispute_with(others[0], id, inline(b"inpuT")), Error::OtherInput);
		assert_noop!(dispute_with(others[0], id, blob(1, 5)), Error::OtherInput);
		assert_noop!(dispute_with(others[0], id, Input::Blob(BlobRef { id: id_of, size: 6 })), Error::OtherInput);
		// It may come in another way than the request's.
		assert_ok!(dispute_with(others[0], id, Input::Blob(BlobRef { id: id_of, size: 5 })));
		assert!(Registry::blob_expected(id_of, 5));
		assert!(matches!(await_review(id).review, Some(Review::Overturned { .. })));
		assert!(!Registry::blob_expected(id_of, 5));
	});
}

#[test]
fn what_all_have_decided_is_not_asked_of_them_again() {
	run(4, || {
		validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
		let id = Ask { k: Some(4), ..Ask::new(active_model(1)) }.submit().unwrap();
		await_end(id);
		assert!(decision(id).escalated);
		assert_noop!(dispute(FIRST, id), Error::DecidedByAll);
	});
}

#[test]
fn only_a_final_result_is_disputed_after_its_end() {
	run(10, || {
		let model = active_model(1);
		assert_noop!(dispute(FIRST, 7), Error::NotFinal);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		assert_noop!(dispute(FIRST, id), Error::NotFinal);
		hush();
		assert_eq!(ended(id), "expired");
		assert_noop!(dispute(FIRST, id), Error::NotFinal);
	});
}

#[test]
fn a_result_is_disputed_once_at_a_time() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		assert_ok!(dispute(others[0], id));
		assert_noop!(dispute(others[1], id), RoundsError::AlreadyOpen);
		assert_noop!(call(others[1], RoundsCall::dispute { subject: subject(id) }), RoundsError::NotAgreed);
		next_block();
		assert_noop!(dispute(others[1], id), RoundsError::AlreadyOpen);
		while stage(id) != Stage::Agreed {
			next_block();
		}
		assert_noop!(dispute(others[1], id), RoundsError::AlreadyOpen);
		assert_noop!(call(others[1], RoundsCall::dispute { subject: subject(id) }), RoundsError::DecidedByAll);
		next_block();
		assert_noop!(dispute(others[1], id), Error::DecidedByAll);
	});
}

#[test]
fn a_result_is_disputed_as_long_as_nodes_hold_its_engine() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		switch_engine(other_engine());
		switch_engine(third_engine());
		let old = OldEngines::<Test>::take();
		assert_noop!(dispute(others[0], id), Error::OtherEngine);
		OldEngines::<Test>::put(old);
		assert_ok!(dispute(others[0], id));
	});
}

/// So many requests that are final.
fn many(count: usize, unit_limit: u64) -> Vec<RequestId> {
	let mut ids = Vec::new();
	for _ in 0..count {
		ids.push(Ask { k: Some(3), unit_limit, ..Ask::new(model_id(1)) }.submit().unwrap());
		next_block();
	}
	ids.iter().for_each(|id| {
		await_end(*id);
	});
	ids
}

#[test]
fn so_many_results_are_judged_at_a_time_and_full_places_of_requests_keep_none_out() {
	LateWindow::set(300);
	ResultRetention::set(400);
	run(10, || {
		active_model(1);
		validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
		let ids = many(9, 500);
		hush();
		while (Ask { k: Some(3), ..Ask::new(model_id(1)) }).submit().is_ok() || TakenInBlock::<Test>::get() > 0 {
			next_block();
		}
		assert_eq!(Standings::<Test>::count(), MaxOpen::get());
		for id in &ids[..8] {
			assert_ok!(dispute(validators()[0], *id));
		}
		assert_noop!(dispute(validators()[1], ids[8]), RoundsError::TooManyReopened);
		assert_eq!(Standings::<Test>::count(), MaxOpen::get() + MAX_REOPENED);
		next_block();
		next_block();
		assert!(ids[..8].iter().all(|id| matches!(stage(*id), Stage::Escalated(Some(_)))));
		Roles::take();
		ids[..8].iter().for_each(|id| {
			await_review(*id);
		});
		assert_ok!(dispute(validators()[1], ids[8]));
	});
	ResultRetention::set(40);
	LateWindow::set(30);
}

#[test]
fn disputes_of_two_of_the_largest_results_are_taken_and_small_ones_beside_them() {
	LateWindow::set(3_000);
	ResultRetention::set(4_000);
	run(10, || {
		active_model(1);
		UnitPrice::set(0);
		validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
		let large: Vec<_> = (0..3).flat_map(|_| many(1, MAX_UNIT_LIMIT)).collect();
		let small = many(1, SHORT_UNITS);
		let middle = many(1, SHORT_UNITS + 1);
		let who = validators();
		assert_ok!(dispute(who[0], large[0]));
		assert_ok!(dispute(who[1], large[1]));
		assert_noop!(dispute(who[2], large[2]), RoundsError::TooManyReopened);
		assert_noop!(dispute(who[2], middle[0]), RoundsError::TooManyReopened);
		assert_ok!(dispute(who[2], small[0]));
		await_review(large[0]);
		assert_ok!(dispute(who[3], large[2]));
		UnitPrice::set(3);
	});
	ResultRetention::set(40);
	LateWindow::set(30);
}

#[test]
fn the_bytes_of_a_model_that_was_retired_are_needed_again_as_long_as_all_decide() {
	run(10, || {
		let card = Some(BlobRef { id: ContentId([5; 32]), size: 9 });
		let metadata = ModelMetadata { card, ..Default::default() };
		let model = activate(Registration { metadata, ..Registration::new(1) });
		let Final { id, others, .. } = decided(Role::Liar(1), Ask::new(model));
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert!(!Registry::blob_expected(model, 2_000));
		let deposit = super::mock::model(model).deposit;
		assert_ok!(dispute(others[0], id));
		assert!(Registry::blob_expected(model, 2_000));
		assert_eq!(super::mock::model(model).open, 1);
		assert!(matches!(await_review(id).review, Some(Review::Overturned { .. })));
		assert!(!Registry::blob_expected(model, 2_000));
		assert_eq!((super::mock::model(model).open, super::mock::model(model).deposit), (0, deposit));
	});
}

#[test]
fn the_record_of_a_rejected_model_stays_as_long_as_all_decide_on_a_result_of_it() {
	run(10, || {
		let Final { id, others, .. } = decided_by(Role::Liar(1));
		let model = model_id(1);
		// As if its bytes could not be had when it was to be activated once more, while another request was open.
		Models::<Test>::mutate(model, |record| {
			let record = record.as_mut().unwrap();
			(record.status, record.open) = (ModelStatus::Rejected(RejectReason::Deadline), 1);
		});
		Registry::leave_model(model);
		let prunable = super::mock::model(model).prunable_at.unwrap();
		assert_ok!(dispute(others[0], id));
		assert_eq!(super::mock::model(model).prunable_at, None);
		assert!(!pallet_models::Prunable::<Test>::get(prunable).contains(&model));
		await_review(id);
		assert!(super::mock::model(model).prunable_at.unwrap() > prunable);
	});
}

#[test]
fn who_opened_its_seal_in_time_is_judged_and_nobody_else() {
	audited(10, 5, || {
		LateWindow::set(200);
		validators().into_iter().for_each(|who| set_free(who, ED + PURSE));
		let model = active_model(1);
		let id = Ask { k: Some(4), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let round = round_of(id);
		let list = member_list(round);
		// One member says nothing. One auditor opens its seal, and one keeps it shut.
		hush();
		set_role(list[..3].to_vec(), Role::Honest);
		run_for(6);
		let drawn: Vec<u64> =
			auditors(round, &Rounds::<Test>::get(round).unwrap()).iter().map(|(who, ..)| *who).collect();
		assert!(drawn.len() >= 2, "{drawn:?}");
		set_role([drawn[0]], Role::Honest);
		set_role([drawn[1]], Role::Withholder);
		await_end(id);
		let seals = EndedRounds::<Test>::get(round).unwrap().seals;
		assert_eq!(seals.iter().filter(|seal| seal.auditor).count(), 2);
		let opened: Vec<u64> = list[..3].iter().chain(&drawn[..1]).copied().collect();
		assert_ok!(dispute(list[3], id));
		let contested = Contested::<Test>::get(round);
		let mut parts: Vec<(u64, Part)> = contested.iter().map(|vote| (vote.voter, vote.part)).collect();
		let part = |who: &u64| if list.contains(who) { Part::Member } else { Part::Auditor };
		let mut expected: Vec<(u64, Part)> = opened.iter().map(|who| (*who, part(who))).collect();
		expected.sort_by_key(|(who, _)| *who);
		parts.sort_by_key(|(who, _)| *who);
		assert_eq!(parts, expected);
		LateWindow::set(30);
	});
}

#[test]
fn honest_votes_of_a_dispute_that_nobody_decides_are_not_held_against_the_result() {
	ResultRetention::set(400);
	run(10, || {
		let Final { id, committee, others, .. } = decided_by(Role::Liar(1));
		// Six find the lie, which is more than half of all and not two thirds.
		set_role([others[0]], Role::Shirker);
		assert_ok!(dispute(others[1], id));
		assert_eq!(await_review(id).review, None);
		assert_eq!(told(Fault::WrongByMajority), committee);
		run_for(LateWindow::get() + 10);
		assert!(told(Fault::WrongVerdict).is_empty());
		assert!(told(Fault::StillShut).is_empty());
	});
	ResultRetention::set(40);
}

#[test]
fn who_opened_a_right_vote_late_is_not_held_to_the_lie_that_was_overturned() {
	for disputed in [true, false] {
		run(10, || {
			let Final { id, round, committee, others, .. } = decided_by(Role::Liar(1));
			// As an auditor whose seal was kept shut, and that opens it after the result is final.
			let honest = others[5];
			let verdict = vote_of(&execute(model_id(1), ContentId::of(INPUT), 500, &[[0; 32]]), model_id(1)).verdict;
			EndedRounds::<Test>::mutate(round, |ended| {
				let seal = EndedSeal {
					validator: honest,
					auditor: true,
					commit: Some([9; 32]),
					late: false,
					opening: Opening::Open(verdict),
					twice: false,
					signalled: false,
				};
				ended.as_mut().unwrap().seals.try_push(seal).unwrap();
			});
			if disputed {
				// In the last moment: the round waits for what all decide.
				run_to(EndedRounds::<Test>::get(round).unwrap().ended_at + LateWindow::get() - 1);
				assert_ok!(dispute(others[0], id));
				run_for(2);
				assert!(EndedRounds::<Test>::contains_key(round));
				await_review(id);
			}
			run_for(LateWindow::get());
			assert!(!EndedRounds::<Test>::contains_key(round));
			assert_eq!(told(Fault::WrongVerdict), if disputed { committee } else { vec![honest] });
		});
	}
}

#[test]
fn a_result_stays_in_the_state_until_all_have_decided_on_it() {
	run(10, || {
		let Final { id, ended_at, others, .. } = decided_by(Role::Liar(1));
		run_to(ended_at + LateWindow::get() - 1);
		let roles = Roles::get();
		assert_ok!(dispute(others[0], id));
		hush();
		run_to(result(id).ended_at + ResultRetention::get() + 5);
		assert!(is_open_again(id));
		Roles::set(roles);
		assert!(matches!(await_review(id).review, Some(Review::Overturned { .. })));
		run_for(LateWindow::get() + 2);
		assert_eq!(Results::<Test>::get(id), None);
	});
}

#[test]
fn try_state_sees_what_is_open_again_without_a_dispute_an_input_or_a_result() {
	let seen = |corrupt: fn(RequestId)| {
		ext(10).execute_with(|| {
			let Final { id, others, .. } = decided_by(Role::Liar(1));
			assert_ok!(dispute(others[0], id));
			try_state().unwrap();
			corrupt(id);
			match try_state() {
				Err(sp_runtime::DispatchError::Other(text)) => text,
				other => panic!("{other:?}"),
			}
		})
	};
	type Again = pallet_rounds::Reopened<Test>;
	assert_eq!(seen(|_| Again::kill()), "an open subject has no record");
	assert_eq!(
		seen(|_| Again::mutate(|open| {
			let entry = open[0].clone();
			open.try_push(entry).unwrap();
		})),
		"a subject is open again twice"
	);
	assert_eq!(
		seen(|_| Again::mutate(|open| {
			let entry = ReopenedSubject { subject: Subject::Request(99), ..open[0].clone() };
			open.try_push(entry).unwrap();
		})),
		"a subject is open again that nobody judges"
	);
	assert_eq!(
		seen(|id| {
			let dispute = Disputes::<Test>::take(subject(id)).unwrap();
			let exact = frame_support::traits::tokens::Precision::Exact;
			assert_ok!(Balances::release(&RoundsHold::Dispute.into(), &dispute.validator, dispute.hold, exact));
		}),
		"a subject is open again for no dispute"
	);
	assert_eq!(seen(Inputs::<Test>::remove), "a request that is open again has no input");
	assert_eq!(
		seen(|id| Results::<Test>::mutate(id, |record| record.as_mut().unwrap().ended = Ended::Expired)),
		"an open subject has no record"
	);
}
