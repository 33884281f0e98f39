//! Calls that are made after finality: with which power, when, at whose cost.

use super::*;
use crate::mock::probe::{Noted, Seen, CALLBACK};
use frame_support::{assert_noop, weights::Weight};
use sp_runtime::DispatchError;

fn note(fails: bool) -> Option<Box<RuntimeCall>> {
	Some(Box::new(probe::Call::note { fails, padding: vec![] }.into()))
}

fn ask(callback: Option<Box<RuntimeCall>>) -> Result<RequestId, DispatchError> {
	Ask { k: Some(3), callback, ..Ask::new(model_id(1)) }.submit()
}

fn made(request: RequestId, result: sp_runtime::DispatchResult) -> RuntimeEvent {
	RuntimeEvent::Inference(OwnEvent::CallbackDispatched { request, result })
}

#[test]
fn a_callback_is_made_after_finality_and_never_in_a_call() {
	run(7, || {
		active_model(1);
		let id = ask(note(false)).unwrap();
		await_end(id);
		assert!(Seen::get().is_empty(), "the block has become final, and the rest of it comes first");
		assert_eq!(CallbackQueue::<Test>::get().into_inner(), vec![id]);
		finish_block();
		assert_eq!(Seen::get(), vec![id]);
		assert_eq!(count(|event| *event == made(id, Ok(()))), 1);
		assert_eq!((Callbacks::<Test>::count(), CallbackQueue::<Test>::get().len()), (0, 0));
	});
}

#[test]
fn a_callback_is_prepaid_and_its_price_goes_to_the_treasury() {
	run(7, || {
		active_model(1);
		let (before, treasury) = (free(REQUESTER), free(TREASURY));
		let id = ask(note(false)).unwrap();
		let price = u128::from(2 * CALLBACK);
		assert_eq!(request(id).escrow, mock::price(500, 5, 3) + price);
		assert_eq!(ended(id), "output");
		assert_eq!(before - free(REQUESTER), BasePrice::get() + 3 * per_voter(100, 5) + price);
		assert_eq!(free(TREASURY), treasury + BasePrice::get() + price);
	});
}

#[test]
fn without_a_final_result_no_callback_is_made_and_its_price_returns() {
	run(7, || {
		active_model(1);
		let before = free(REQUESTER);
		hush();
		let id = ask(note(false)).unwrap();
		assert_eq!(ended(id), "expired");
		run_for(2);
		assert!(Seen::get().is_empty());
		assert_eq!(free(REQUESTER), before);
		assert_eq!(Callbacks::<Test>::count(), 0);
	});
}

#[test]
fn a_callback_of_a_failed_run_is_made() {
	run(7, || {
		active_model(1);
		let id = Ask { unit_limit: 50, callback: note(false), ..Ask::new(model_id(1)) }.submit().unwrap();
		assert_eq!(ended(id), "failed");
		finish_block();
		assert_eq!(Seen::get(), vec![id]);
	});
}

#[test]
fn a_failed_callback_is_an_event_and_changes_nothing() {
	run(7, || {
		active_model(1);
		let (fails, works) = (ask(note(true)).unwrap(), ask(note(false)).unwrap());
		await_end(works);
		finish_block();
		assert_eq!(count(|event| *event == made(fails, Err(DispatchError::Other("")))), 1);
		assert_eq!(Noted::<Test>::get(), vec![works], "what the failed one wrote is gone");
		assert!(matches!(result(fails).ended, Ended::Final(_)));
	});
}

#[test]
fn a_proxied_requesters_callback_has_no_power_of_the_requester() {
	run(7, || {
		active_model(1);
		let id = ask(Some(Box::new(probe::Call::signed {}.into()))).unwrap();
		await_end(id);
		finish_block();
		assert_eq!(count(|event| *event == made(id, Err(DispatchError::BadOrigin))), 1);
	});
}

#[test]
fn nobody_else_has_the_origin_of_a_callback() {
	run(3, || {
		for origin in [RuntimeOrigin::signed(REQUESTER), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Probe::note(origin, false, vec![]), DispatchError::BadOrigin);
		}
		assert!(ensure_inference_result(RuntimeOrigin::root()).is_err());
		assert_eq!(ensure_inference_result::<RuntimeOrigin>(Origin::InferenceResult(7).into()).unwrap(), 7);
	});
}

#[test]
fn what_the_filter_does_not_let_through_is_refused() {
	run(7, || {
		active_model(1);
		let remark = frame_system::Call::remark { remark: vec![] };
		assert_noop!(ask(Some(Box::new(remark.into()))), Error::CallbackNotAllowed);
		let nested = ModelsCall::retire_model { model: model_id(1) };
		assert_noop!(ask(Some(Box::new(nested.into()))), Error::CallbackNotAllowed);
	});
}

#[test]
fn a_callback_of_too_much_weight_or_too_many_bytes_is_refused() {
	run(7, || {
		active_model(1);
		assert_noop!(ask(Some(Box::new(probe::Call::heavy {}.into()))), Error::CallbackTooLarge);
		let padding = vec![0; 4_096];
		assert_noop!(ask(Some(Box::new(probe::Call::note { fails: false, padding }.into()))), Error::CallbackTooLarge);
	});
}

#[test]
fn callbacks_wait_for_room_in_their_order_and_there_are_not_too_many() {
	run(7, || {
		active_model(1);
		IdleWeight::set(Weight::from_parts(2 * CALLBACK + 1, u64::MAX));
		let ids: Vec<_> = (0..4).map(|_| ask(note(false)).unwrap()).collect();
		assert_noop!(ask(note(false)), Error::TooManyCallbacks);
		assert!(ask(None).is_ok());
		await_end(ids[3]);
		finish_block();
		assert_eq!(Seen::get(), ids[..2]);
		next_block();
		assert!(ask(note(false)).is_ok(), "two have made room");
		finish_block();
		assert_eq!(Seen::get(), ids);
	});
}

#[test]
fn a_full_block_makes_no_callback_and_loses_none() {
	run(7, || {
		active_model(1);
		IdleWeight::set(Weight::zero());
		let id = ask(note(false)).unwrap();
		await_end(id);
		run_for(3);
		assert!(Seen::get().is_empty());
		IdleWeight::set(Weight::MAX);
		finish_block();
		assert_eq!(Seen::get(), vec![id]);
	});
}

#[test]
fn a_stored_call_that_the_runtime_does_not_know_any_more_is_a_failure() {
	run(7, || {
		active_model(1);
		let id = ask(note(false)).unwrap();
		Callbacks::<Test>::mutate(id, |callback| callback.as_mut().unwrap().call = vec![255, 255].try_into().unwrap());
		await_end(id);
		finish_block();
		let filtered: DispatchError = frame_system::Error::<Test>::CallFiltered.into();
		let failed = |event: &RuntimeEvent| {
			matches!(event, RuntimeEvent::Inference(OwnEvent::CallbackDispatched { result: Err(_), .. }))
		};
		assert_eq!(count(failed), 1);
		let (_, event) = log().into_iter().find(|(_, event)| failed(event)).unwrap();
		assert_eq!(event, made(id, Err(filtered.stripped())));
	});
}
