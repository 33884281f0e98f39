//! One engine after another: proposed, held by two thirds, taken over at a change of session.

use super::*;
use assay_primitives::{hash, EngineId, FailReason, ModelId, RequestId};
use frame_support::{assert_noop, assert_ok};
use pallet_models::{BlobRef, Blobs, Models, OldEngines, Packages, ToTry, Trials};
use sp_runtime::{traits::Dispatchable, DispatchError};

fn set_engine(engine: EngineId) {
	let call: RuntimeCall = ModelsCall::set_engine { engine, package: None }.into();
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
		let proposed = ModelsEvent::EngineProposed { engine: other_engine(), package: None };
		assert!(emitted(&RuntimeEvent::Registry(proposed)));
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
		let call: RuntimeCall = ModelsCall::set_engine { engine: other_engine(), package: None }.into();
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
		// The run used it, too.
		let hash = hash::result_hash(&GENESIS, &ENGINE, &model, &claim.input, &claim.output.unwrap());
		let Verdict::Output { result_hash, .. } = claim.decision.verdict else { panic!("no output") };
		assert_eq!(result_hash, hash);
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

/// Proposes an engine that all validators hold, and begins a session.
fn change_to(engine: EngineId) {
	set_engine(engine);
	for who in validators() {
		assert_ok!(submit(sign(Attestation { engine: Some(engine), ..nothing(who) })));
	}
	new_session(&validators());
}

fn was_emitted(event: &RuntimeEvent) -> bool {
	log().iter().any(|(_, known)| known == event)
}

fn engine_of(id: RequestId) -> EngineId {
	assert_eq!(ended(id), "output");
	let Ended::Final(claim) = result(id).ended else { panic!("not final") };
	claim.engine
}

fn ask(model: ModelId) -> Result<RequestId, DispatchError> {
	Ask { k: Some(3), ..Ask::new(model) }.submit()
}

#[test]
fn an_engine_change_takes_no_model_down_and_costs_its_owner_nothing() {
	run(7, || {
		let model = active_model(1);
		let owned = free(PUBLISHER);
		change(7);
		let beside = ask(model).unwrap();
		next_block();
		assert_eq!(Trials::<Test>::get(model).unwrap().engine, other_engine());
		let began = RuntimeEvent::Registry(ModelsEvent::TrialBegan { model, engine: other_engine() });
		assert!(was_emitted(&began));
		let meanwhile = ask(model).unwrap();
		assert_eq!((engine_of(beside), engine_of(meanwhile)), (ENGINE, ENGINE));
		assert_eq!(self::model(model).engine, other_engine());
		assert!(was_emitted(&RuntimeEvent::Registry(ModelsEvent::CatalogueTried { engine: other_engine() })));
		assert_eq!(engine_of(ask(model).unwrap()), other_engine());
		assert_eq!(free(PUBLISHER), owned);
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn a_claim_about_the_sample_is_about_the_engine_of_the_registration() {
	run(7, || {
		let registration = Registration::new(1);
		let expected = honest_result(registration.model, registration.sample.clone().unwrap().content_id());
		let model = activate(Registration { expected: Some(expected), ..registration });
		change(7);
		run_for(8);
		assert_eq!(self::model(model).engine, other_engine());
		assert!(matches!(self::model(model).status, ModelStatus::Active { .. }));
	});
}

#[test]
fn a_model_that_fails_under_the_next_engine_goes_on_under_the_one_before() {
	run(7, || {
		let model = active_model(1);
		change(7);
		plan(model, Planned::Fails(FailReason::ModelTrap), 30);
		run_for(8);
		let reason = RejectReason::Failed(FailReason::ModelTrap);
		let failed = ModelsEvent::TrialFailed { model, engine: other_engine(), reason };
		assert!(was_emitted(&RuntimeEvent::Registry(failed)));
		plan(model, Planned::Inline(40), 100);
		assert_eq!(self::model(model).engine, ENGINE);
		assert_eq!(engine_of(ask(model).unwrap()), ENGINE);
		// Its owner may have it tried again, and pays for that.
		assert_noop!(call(RIVAL, ModelsCall::reactivate_model { model }), ModelsError::NotOwner);
		assert_ok!(call(PUBLISHER, ModelsCall::reactivate_model { model }));
		assert_eq!(held(ModelsHold::Activation, PUBLISHER), price(ActivationUnits::get(), 2_000, 7));
		assert_noop!(call(PUBLISHER, ModelsCall::reactivate_model { model }), RoundsError::AlreadyOpen);
		assert_noop!(call(PUBLISHER, ModelsCall::transfer_model { model, to: RIVAL }), ModelsError::FeeOnHold);
		run_for(5);
		assert_eq!(self::model(model).engine, other_engine());
		assert_eq!(held(ModelsHold::Activation, PUBLISHER), 0);
		assert_noop!(call(PUBLISHER, ModelsCall::reactivate_model { model }), ModelsError::EngineNotNewer);
		assert_eq!(engine_of(ask(model).unwrap()), other_engine());
	});
}

#[test]
fn a_model_that_fails_under_two_engines_is_asked_no_more_until_its_owner_has_it_tried() {
	run(7, || {
		let model = active_model(1);
		plan(model, Planned::Fails(FailReason::ModelTrap), 30);
		change(7);
		run_for(8);
		change_to(third_engine());
		assert_eq!(CurrentEngine::<Test>::get(), Some(third_engine()));
		run_for(8);
		assert!(matches!(self::model(model).status, ModelStatus::Active { .. }));
		assert_noop!(ask(model), ModelsError::ModelOutdated);
		plan(model, Planned::Inline(40), 100);
		assert_ok!(call(PUBLISHER, ModelsCall::reactivate_model { model }));
		run_for(5);
		assert_eq!(engine_of(ask(model).unwrap()), third_engine());
	});
}

#[test]
fn an_engine_waits_until_all_models_were_tried_under_the_one_before() {
	run(7, || {
		(1..=20).for_each(|n| {
			active_model(n);
		});
		change(7);
		next_block();
		change_to(third_engine());
		assert_eq!(CurrentEngine::<Test>::get(), Some(other_engine()));
		assert!(NextEngine::<Test>::exists());
		let mut most = 0;
		hush();
		for block in 0..60 {
			next_block();
			if block == 12 {
				set_role(validators(), Role::Honest);
			}
			most = most.max(Trials::<Test>::count());
		}
		assert_eq!(most, pallet_models::engine::MAX_TRIALS);
		assert!(Models::<Test>::iter_values().all(|model| model.engine == other_engine()));
		new_session(&validators());
		assert_eq!(CurrentEngine::<Test>::get(), Some(third_engine()));
		assert_eq!(OldEngines::<Test>::get().into_inner(), vec![other_engine(), ENGINE]);
	});
}

#[test]
fn nodes_hold_three_engines_and_the_oldest_as_long_as_something_is_open_under_it() {
	run(7, || {
		let model = active_model(1);
		let open = Ask { k: Some(3), unit_limit: assay_primitives::constants::UNITS_PER_BLOCK * 9, ..Ask::new(model) };
		hush();
		let open = open.submit().unwrap();
		switch_engine(other_engine());
		switch_engine(third_engine());
		let fourth = EngineId([4; 32]);
		change_to(fourth);
		assert_eq!(CurrentEngine::<Test>::get(), Some(third_engine()), "a request is open under the oldest");
		assert!(Registry::is_held(&ENGINE) && !Registry::is_served(&ENGINE));
		set_role(validators(), Role::Honest);
		while Requests::<Test>::contains_key(open) {
			next_block();
		}
		new_session(&validators());
		assert_eq!(CurrentEngine::<Test>::get(), Some(fourth));
		assert!(!Registry::is_held(&ENGINE));
		let held: Vec<_> = Registry::engines().into_iter().map(|info| info.engine).collect();
		assert_eq!(held, vec![fourth, third_engine(), other_engine()]);
	});
}

#[test]
fn a_model_that_was_pending_or_tried_when_an_engine_was_taken_over_is_tried_under_it() {
	run(7, || {
		let [failing, tried] = [1, 2].map(active_model);
		plan(failing, Planned::Fails(FailReason::ModelTrap), 30);
		change(7);
		run_for(8);
		let began = |model, engine| {
			let began = RuntimeEvent::Registry(ModelsEvent::TrialBegan { model, engine });
			log().iter().filter(|(_, event)| *event == began).count()
		};
		// Nobody votes until the third engine is in use: one is pending then, and another is tried under the engine before.
		hush();
		assert_ok!(Registration::new(3).submit());
		let pending = model_id(3);
		switch_engine(ENGINE);
		assert_ok!(call(PUBLISHER, ModelsCall::reactivate_model { model: tried }));
		run_for(3);
		change_to(third_engine());
		assert_eq!(CurrentEngine::<Test>::get(), Some(third_engine()), "a trial keeps no engine waiting");
		run_for(3);
		assert!(!ToTry::<Test>::exists());
		assert_eq!(self::model(pending).status, ModelStatus::Pending);
		set_role(validators(), Role::Honest);
		run_for(60);
		for model in [pending, tried] {
			assert_eq!(self::model(model).engine, third_engine());
		}
		assert_eq!(self::model(failing).engine, ENGINE);
		assert_eq!((began(failing, third_engine()), began(pending, third_engine())), (1, 1));
	});
}

#[test]
fn an_engine_comes_back() {
	run(7, || {
		let model = active_model(1);
		change(7);
		run_for(8);
		assert_eq!(self::model(model).engine, other_engine());
		change_to(ENGINE);
		assert_eq!(OldEngines::<Test>::get().into_inner(), vec![other_engine()]);
		assert_eq!(engine_of(ask(model).unwrap()), other_engine());
		assert_eq!(self::model(model).engine, ENGINE);
	});
}

#[test]
fn a_model_that_is_retired_while_it_is_tried_stays_retired() {
	run(7, || {
		let model = active_model(1);
		change(7);
		next_block();
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert!(held(ModelsHold::ModelDeposit, PUBLISHER) > DepositBase::get(), "its bytes are needed");
		run_for(8);
		assert!(matches!(self::model(model).status, ModelStatus::Retired));
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), DepositBase::get());
		assert_eq!(Blobs::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_vote_about_a_sample_is_judged_by_what_its_own_rounds_decided() {
	run(7, || {
		let model = active_model(1);
		let verdict = |engine| {
			let ModelStatus::Active { input, output, load_units, sample_units, .. } = self::model(model).status else {
				panic!("not active")
			};
			let hash = hash::result_hash(&GENESIS, &engine, &model, &input, &output.content_id());
			Verdict::Output { result_hash: hash, load_units, units: sample_units }
		};
		let (old, new) = (verdict(ENGINE), verdict(other_engine()));
		assert!(!Registry::contradicts_sample(model, 0, &old) && Registry::contradicts_sample(model, 0, &new));
		change(7);
		next_block();
		let trial = Trials::<Test>::get(model).unwrap().from;
		assert!(Registry::contradicts_sample(model, 0, &new) && !Registry::contradicts_sample(model, trial, &new));
		run_for(8);
		assert!(!Registry::contradicts_sample(model, 0, &old), "not known any more");
		assert!(!Registry::contradicts_sample(model, trial, &new) && Registry::contradicts_sample(model, trial, &old));
	});
}

#[test]
fn an_engine_comes_in_a_blob_that_nodes_keep_as_long_as_they_hold_it() {
	run(7, || {
		let package = |byte, size| BlobRef { id: assay_primitives::ContentId([byte; 32]), size };
		let propose = |engine, package| {
			let call: RuntimeCall = ModelsCall::set_engine { engine, package: Some(package) }.into();
			call.dispatch(RuntimeOrigin::root())
		};
		for size in [0, pallet_models::engine::MAX_PACKAGE_BYTES + 1] {
			let refused = propose(other_engine(), package(1, size)).unwrap_err().error;
			assert_eq!(refused, ModelsError::PackageSizeOutOfRange.into());
		}
		assert_ok!(propose(other_engine(), package(1, 9)));
		assert!(Registry::blob_expected(package(1, 9).id, 9));
		// Another package of the same engine, and then another engine.
		assert_ok!(propose(other_engine(), package(2, 9)));
		assert!(!Registry::blob_expected(package(1, 9).id, 9));
		hold(&validators());
		new_session(&validators());
		for engine in [3, 4] {
			assert_ok!(propose(EngineId([engine; 32]), package(engine, 9)));
		}
		let kept: Vec<_> = Packages::<Test>::iter_values().map(|package| package.id.0[0]).collect();
		assert_eq!(kept.iter().map(|byte| u32::from(*byte)).sum::<u32>(), 2 + 4);
		assert_eq!(Registry::engines()[0].package, Some(package(2, 9)));
		set_engine(other_engine());
		assert_eq!(Packages::<Test>::iter().count(), 1);
		for engine in [5, 6, 7] {
			switch_or_change(EngineId([engine; 32]));
		}
		assert_eq!(Blobs::<Test>::iter().count(), 0, "nodes hold it no more");
	});
}

fn switch_or_change(engine: EngineId) {
	run_for(3);
	change_to(engine);
	assert_eq!(CurrentEngine::<Test>::get(), Some(engine));
}
