//! One engine after another: proposed, held by two thirds, taken over at a change of session.

use super::*;
use assay_primitives::hash;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::Dispatchable, DispatchError};

fn set_engine(engine: assay_primitives::EngineId) {
	let call: RuntimeCall = ModelsCall::set_engine { engine }.into();
	assert_ok!(call.dispatch(RuntimeOrigin::root()));
}

fn holds(who: u64) -> Attestation<u64, u32, Subject> {
	Attestation { engine: Some(other_engine()), ..nothing(who) }
}

fn hold(who: &[u64]) {
	for who in who {
		assert_ok!(submit(sign(holds(*who))));
	}
}

/// Proposes the other engine and begins a session in which so many of the validators hold it.
fn change(holders: usize) {
	set_engine(other_engine());
	hold(&validators()[..holders]);
	new_session(&validators());
}

#[test]
fn an_engine_that_two_thirds_hold_is_taken_over_at_the_change_of_session() {
	run(7, || {
		set_engine(other_engine());
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::EngineProposed { engine: other_engine() })));
		hold(&validators()[..5]);
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::EngineHeld { engine: other_engine(), validator: FIRST })));
		assert_eq!(CurrentEngine::<Test>::get(), Some(ENGINE), "not within a session");
		new_session(&validators());
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::EngineSet { engine: other_engine() })));
		assert_eq!((CurrentEngine::<Test>::get(), NextEngine::<Test>::get()), (Some(other_engine()), None));
	});
}

#[test]
fn an_engine_that_fewer_hold_waits() {
	run(7, || {
		change(4);
		assert_eq!(CurrentEngine::<Test>::get(), Some(ENGINE));
		new_session(&validators());
		hold(&validators()[4..5]);
		new_session(&validators());
		assert_eq!(CurrentEngine::<Test>::get(), Some(other_engine()));
	});
}

#[test]
fn holders_that_leave_do_not_count() {
	run(7, || {
		set_engine(other_engine());
		hold(&validators()[..5]);
		let set: Vec<u64> = (FIRST + 4..FIRST + 11).collect();
		new_session(&set);
		assert_eq!(CurrentEngine::<Test>::get(), Some(ENGINE));
		assert_eq!(NextEngine::<Test>::get().unwrap().holders.into_inner(), vec![FIRST + 4]);
	});
}

#[test]
fn only_governance_proposes_an_engine_and_naming_the_one_in_use_withdraws_it() {
	run(7, || {
		let call: RuntimeCall = ModelsCall::set_engine { engine: other_engine() }.into();
		assert_noop!(call.dispatch(RuntimeOrigin::signed(FIRST)), DispatchError::BadOrigin);
		set_engine(other_engine());
		hold(&validators());
		set_engine(ENGINE);
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::EngineWithdrawn { engine: other_engine() })));
		new_session(&validators());
		assert_eq!(CurrentEngine::<Test>::get(), Some(ENGINE));
	});
}

#[test]
fn who_holds_an_engine_is_a_validator_that_says_so_once_with_its_key() {
	run(7, || {
		assert_refused(holds(FIRST), InvalidTransaction::Stale);
		set_engine(other_engine());
		assert_refused(Attestation { engine: Some(ENGINE), ..nothing(FIRST) }, InvalidTransaction::Stale);
		assert_refused(holds(200), InvalidTransaction::Stale);
		assert_refused(Attestation { session: 1, ..holds(FIRST) }, InvalidTransaction::Stale);
		assert_signed_refused(sign_with(&pair_of(FIRST, 9), holds(FIRST)), InvalidTransaction::BadProof);
		hold(&[FIRST]);
		assert_refused(holds(FIRST), InvalidTransaction::Stale);
	});
}

#[test]
fn an_open_request_keeps_its_engine() {
	run(7, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		change(7);
		assert_eq!(ended(id), "output");
		let Ended::Final(claim) = result(id).ended else { panic!("not final") };
		assert_eq!(claim.engine, ENGINE);
		// What was run, too.
		let hash = hash::result_hash(&GENESIS, &ENGINE, &model, &claim.input, &claim.output.unwrap());
		let Verdict::Output { result_hash, .. } = claim.decision.verdict else { panic!("no output") };
		assert_eq!(result_hash, hash);
		assert_noop!(Ask::new(model).submit(), ModelsError::ModelNotActive);
	});
}

#[test]
fn a_request_under_an_engine_that_nobody_runs_any_more_expires_and_costs_nobody_anything() {
	run(7, || {
		let before = free(REQUESTER);
		let id = Ask { k: Some(3), ..Ask::new(active_model(1)) }.submit().unwrap();
		let n = now();
		next_block();
		change(7);
		// A node that has moved on to the next engine abstains: it neither votes nor signals.
		hush();
		assert_eq!(ended(id), "expired");
		assert_eq!(result(id).ended_at, n + 131, "three committees, then all, twice, and all the time that each has");
		assert_eq!(free(REQUESTER), before);
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn a_model_is_activated_again_for_the_engine_of_the_network() {
	run(7, || {
		let model = active_model(1);
		assert_noop!(call(PUBLISHER, ModelsCall::reactivate_model { model }), ModelsError::EngineNotNewer);
		let open = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		change(7);
		assert_noop!(call(RIVAL, ModelsCall::reactivate_model { model }), ModelsError::NotOwner);
		assert_noop!(call(PUBLISHER, ModelsCall::reactivate_model { model: model_id(2) }), ModelsError::ModelUnknown);
		assert_ok!(call(PUBLISHER, ModelsCall::reactivate_model { model }));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ReactivationStarted { model, engine: other_engine() })));
		assert_eq!(held(ModelsHold::Activation, PUBLISHER), price(ActivationUnits::get(), 2_000, 7));
		assert_noop!(call(PUBLISHER, ModelsCall::reactivate_model { model }), ModelsError::ModelNotActive);
		assert_eq!(ended(open), "output");
		run_for(5);
		assert_eq!(self::model(model).engine, other_engine());
		assert!(matches!(self::model(model).status, ModelStatus::Active { .. }));
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(id), "output");
		let Ended::Final(claim) = result(id).ended else { panic!("not final") };
		assert_eq!(claim.engine, other_engine());
	});
}

#[test]
fn a_rejected_model_is_not_registered_anew_while_requests_of_its_former_time_are_open() {
	run(7, || {
		let model = active_model(1);
		change(7);
		CurrentEngine::<Test>::put(ENGINE);
		let ask = Ask { k: Some(3), unit_limit: assay_primitives::constants::UNITS_PER_BLOCK * 9, ..Ask::new(model) };
		let open = ask.submit().unwrap();
		CurrentEngine::<Test>::put(other_engine());
		plan(model, Planned::Fails(assay_primitives::FailReason::ModelTrap), 30);
		assert_ok!(call(PUBLISHER, ModelsCall::reactivate_model { model }));
		run_for(4);
		assert!(matches!(self::model(model).status, ModelStatus::Rejected(_)) && self::model(model).open == 1);
		assert_noop!(Registration { version: 2, ..Registration::new(1) }.submit(), ModelsError::ModelExists);
		assert_eq!(self::model(model).prunable_at, None);
		assert_eq!(ended(open), "failed");
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), DepositBase::get());
		assert!(self::model(model).prunable_at.is_some());
		assert_ok!(Registration { version: 2, ..Registration::new(1) }.submit());
	});
}

#[test]
fn a_model_that_fails_under_the_next_engine_is_rejected_when_its_requests_have_ended() {
	run(7, || {
		let model = active_model(1);
		change(7);
		plan(model, Planned::Fails(assay_primitives::FailReason::ModelInvalid), 30);
		assert_ok!(call(PUBLISHER, ModelsCall::reactivate_model { model }));
		run_for(5);
		assert!(matches!(self::model(model).status, ModelStatus::Rejected(_)));
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), DepositBase::get());
	});
}
