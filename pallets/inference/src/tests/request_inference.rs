//! `request_inference`: who may ask for what, and what it holds.

use super::*;
use assay_primitives::constants::{MAX_BLOB_INPUT, MAX_UNIT_LIMIT};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::TokenError;

#[test]
fn a_request_is_recorded_held_for_and_announced() {
	run(7, || {
		let model = activate(Registration { royalty: 50, ..Registration::new(1) });
		let before = free(REQUESTER);
		let ask = Ask { k: Some(3), unit_limit: 500, ..Ask::new(model) };
		let id = ask.clone().submit().unwrap();
		let escrow = price(500, 5, 3) + 50;
		let expected = Request {
			owner: REQUESTER,
			model,
			engine: ENGINE,
			verification: Verification::ReExecution,
			input: ask.input.content_id(),
			input_size: 5,
			input_is_blob: false,
			k: 3,
			unit_limit: 500,
			royalty: 50,
			escrow,
			growth: 0,
			requested_at: now(),
			audits: 0,
			window: Window::Blocks(3),
			prices: Inference::prices(0),
			paid_members: 3,
			paid_auditors: 0,
			reserved: 3 * 500,
		};
		assert_eq!(request(id), expected);
		assert_eq!(Inference::request(id), Some(expected));
		assert_eq!(Inputs::<Test>::get(id), Some(ask.input.clone()));
		assert_eq!(held(HoldReason::Escrow, REQUESTER), escrow);
		assert_eq!(free(REQUESTER), before - escrow);
		assert_eq!(self::model(model).open, 1);
		assert_eq!(Inference::price(500, 5, 3, 0), Some(escrow - 50), "the runtime API's price, royalty apart");
		let input = ask.input.content_id();
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::InferenceRequested {
			request: id,
			owner: REQUESTER,
			model,
			input,
			escrow
		})));
		assert_eq!(ask.submit().unwrap(), id + 1);
	});
}

#[test]
fn only_a_signed_origin_requests_an_inference() {
	use sp_runtime::{traits::Dispatchable, DispatchError};
	run(1, || {
		let model = active_model(1);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), frame_system::RawOrigin::Authorized.into()] {
			let input = inline(b"input");
			let call: RuntimeCall = Call::request_inference {
				model,
				input,
				unit_limit: 1,
				max_fee: 1,
				k: None,
				audits: None,
				window: None,
				callback: None,
			}
			.into();
			assert_eq!(call.dispatch(origin).unwrap_err().error, DispatchError::BadOrigin);
		}
	});
}

#[test]
fn a_network_without_an_engine_takes_no_request() {
	run(1, || {
		let model = active_model(1);
		CurrentEngine::<Test>::kill();
		assert_noop!(Ask::new(model).submit(), ModelsError::ModelOutdated);
		CurrentEngine::<Test>::put(ENGINE);
	});
}

#[test]
fn a_network_without_validators_takes_no_request() {
	run(1, || {
		let model = active_model(1);
		new_session(&[]);
		assert_noop!(Ask::new(model).submit(), ModelsError::NoValidators);
	});
}

#[test]
fn an_unknown_model_takes_no_request() {
	run(1, || {
		assert_noop!(Ask::new(model_id(1)).submit(), ModelsError::ModelUnknown);
	});
}

#[test]
fn a_pending_rejected_or_retired_model_takes_no_request() {
	run(1, || {
		assert_ok!(Registration::new(1).submit());
		assert_noop!(Ask::new(model_id(1)).submit(), ModelsError::ModelNotActive);
		run_for(3);
		assert_ok!(Ask::new(model_id(1)).submit());
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(1) }));
		assert_noop!(Ask::new(model_id(1)).submit(), ModelsError::ModelNotActive);
		assert_ok!(Registration { expected: Some([0; 32]), ..Registration::new(2) }.submit());
		run_for(3);
		assert!(matches!(model(model_id(2)).status, ModelStatus::Rejected(_)));
		assert_noop!(Ask::new(model_id(2)).submit(), ModelsError::ModelNotActive);
	});
}

#[test]
fn a_model_takes_requests_under_the_engine_in_use_and_the_one_before() {
	run(1, || {
		let model = active_model(1);
		switch_engine(other_engine());
		assert_ok!(Ask::new(model).submit());
		switch_engine(third_engine());
		assert_noop!(Ask::new(model).submit(), ModelsError::ModelOutdated);
	});
}

#[test]
fn an_open_request_keeps_the_engine_that_it_was_made_for() {
	run(4, || {
		let model = active_model(1);
		let id = Ask::new(model).submit().unwrap();
		switch_engine(other_engine());
		let Ended::Final(claim) = await_end(id).ended else { panic!("not final") };
		assert_eq!(claim.engine, ENGINE);
	});
}

#[test]
fn an_input_has_a_size() {
	run(1, || {
		let model = active_model(1);
		for input in [inline(b""), blob(1, 0), blob(1, MAX_BLOB_INPUT + 1), blob(1, u64::MAX)] {
			assert_noop!(Ask { input, ..Ask::new(model) }.submit(), ModelsError::InputSizeOutOfRange);
		}
		assert_ok!(Ask { input: blob(1, MAX_BLOB_INPUT), ..Ask::new(model) }.submit());
		assert_ok!(Ask { input: inline(&[7; 65_536]), ..Ask::new(model) }.submit());
	});
}

#[test]
fn a_unit_limit_is_neither_zero_nor_beyond_what_may_be_bought() {
	run(1, || {
		let model = active_model(1);
		for unit_limit in [0, MAX_UNIT_LIMIT + 1, u64::MAX] {
			assert_noop!(Ask { unit_limit, ..Ask::new(model) }.submit(), Error::UnitLimitOutOfRange);
		}
		assert_ok!(Ask { unit_limit: MAX_UNIT_LIMIT, ..Ask::new(model) }.submit());
		assert_ok!(Ask { unit_limit: 1, ..Ask::new(model) }.submit());
	});
}

#[test]
fn a_committee_has_three_to_twenty_one_members_or_all_there_are() {
	let bounds = |validators: u32, low: u32, high: u32| {
		run(validators, || {
			let model = active_model(1);
			for k in [0, low - 1, high + 1, u32::MAX] {
				assert_noop!(Ask { k: Some(k), ..Ask::new(model) }.submit(), Error::CommitteeOutOfRange);
			}
			for k in [low, high] {
				assert_ok!(Ask { k: Some(k), ..Ask::new(model) }.submit());
			}
			let id = Ask::new(model).submit().unwrap();
			assert_eq!(request(id).k, DefaultCommittee::get().min(high));
			run_for(5);
		});
	};
	bounds(1, 1, 1);
	bounds(2, 2, 2);
	bounds(3, 3, 3);
	bounds(7, 3, 7);
	bounds(22, 3, 21);
	DefaultCommittee::set(3);
	bounds(7, 3, 7);
}

#[test]
fn no_more_than_max_fee_is_held() {
	run(7, || {
		let model = activate(Registration { royalty: 50, ..Registration::new(1) });
		let fee = price(500, 5, 5) + 50;
		assert_noop!(Ask { max_fee: fee - 1, ..Ask::new(model) }.submit(), Error::FeeAboveMax);
		assert_noop!(Ask { max_fee: 0, ..Ask::new(model) }.submit(), Error::FeeAboveMax);
		assert_ok!(Ask { max_fee: fee, ..Ask::new(model) }.submit());
	});
}

#[test]
fn who_cannot_pay_requests_nothing() {
	run(1, || {
		let model = active_model(1);
		let ask = Ask { owner: PAUPER, ..Ask::new(model) };
		assert_noop!(ask.clone().submit(), TokenError::FundsUnavailable);
		set_free(PAUPER, price(500, 5, 1) + ED - 1);
		assert_noop!(ask.clone().submit(), TokenError::FundsUnavailable);
		set_free(PAUPER, price(500, 5, 1) + ED);
		assert_ok!(ask.submit());
		assert_eq!(free(PAUPER), ED);
	});
}

#[test]
fn callbacks_are_refused() {
	run(1, || {
		let model = active_model(1);
		let callback = Some(Box::new(frame_system::Call::remark { remark: vec![] }.into()));
		assert_noop!(Ask { callback, ..Ask::new(model) }.submit(), Error::CallbackNotAllowed);
	});
}

#[test]
fn sums_that_do_not_fit_are_refused() {
	run(3, || {
		let model = active_model(1);
		let ask = || Ask { unit_limit: MAX_UNIT_LIMIT, ..Ask::new(model) };
		for (unit, byte, base) in
			[(u128::MAX, 0, 0), (u128::MAX / u128::from(MAX_UNIT_LIMIT), 1, 1), (0, u128::MAX, 0), (1, 1, u128::MAX)]
		{
			UnitPrice::set(unit);
			BytePrice::set(byte);
			BasePrice::set(base);
			assert_noop!(ask().submit(), ModelsError::Overflow);
			assert_eq!(Inference::price(MAX_UNIT_LIMIT, 5, 3, 0), None);
		}
		UnitPrice::set(1);
		BytePrice::set(1);
		BasePrice::set(1);
		assert_ok!(call(PUBLISHER, ModelsCall::set_royalty { model, royalty: u128::MAX }));
		assert_noop!(ask().submit(), ModelsError::Overflow);
		assert_ok!(call(PUBLISHER, ModelsCall::set_royalty { model, royalty: 0 }));
		assert_ok!(Ask::new(model).submit());
		NextRequest::<Test>::put(u64::MAX);
		assert_noop!(ask().submit(), ModelsError::Overflow);
	});
}

#[test]
fn a_request_names_its_auditors_and_its_window() {
	run(21, || {
		let model = active_model(1);
		let ask = Ask { k: Some(3), audits: Some(4), window: Some(Window::Blocks(9)), ..Ask::new(model) };
		let id = ask.submit().unwrap();
		let record = request(id);
		assert_eq!((record.audits, record.window), (4, Window::Blocks(9)));
		// Twice as many auditors as are expected are paid for.
		assert_eq!((record.paid_members, record.paid_auditors), (3, 8));
		let escrow = price(500, 5, 3) + 8 * (per_voter(500, 5) * 3 / 2);
		assert_eq!((record.escrow, Inference::price(500, 5, 3, 4)), (escrow, Some(escrow)));
		let decided = decision(id);
		assert_eq!((decided.audits, decided.window), (4, Window::Blocks(9)));
	});
}

#[test]
fn where_all_vote_all_are_paid_for_and_no_auditor_is() {
	run(8, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), audits: Some(5), ..Ask::new(model) }.submit().unwrap();
		assert_eq!((request(id).paid_members, request(id).paid_auditors), (8, 0));
		assert_eq!((request(id).escrow, Inference::price(500, 5, 3, 5)), (price(500, 5, 8), Some(price(500, 5, 8))));
		assert_eq!(decision(id).votes, 8);
		assert_eq!(result(id).paid, BasePrice::get() + 8 * per_voter(100, 5));
	});
}

#[test]
fn the_auditors_and_the_window_of_a_request_are_bounded() {
	run(21, || {
		let model = active_model(1);
		let ask =
			|audits, window| Ask { audits: Some(audits), window: Some(Window::Blocks(window)), ..Ask::new(model) };
		let (audits, least, most) = (MaxAudits::get(), MinWindow::get(), MaxWindow::get());
		assert_noop!(ask(audits + 1, least).submit(), Error::TooManyAudits);
		assert_noop!(ask(audits, least - 1).submit(), Error::WindowOutOfRange);
		assert_noop!(ask(audits, most + 1).submit(), Error::WindowOutOfRange);
		assert_ok!(ask(audits, least).submit());
		assert_ok!(ask(0, most).submit());
	});
}
