//! `retire_model` and `set_royalty`.

use super::*;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::Dispatchable, DispatchError};

#[test]
fn a_retired_model_returns_its_bytes_and_their_deposit() {
	run(4, || {
		let model = active_model(1);
		let deposit = 2 * DepositPerKib::get();
		let before = free(PUBLISHER);
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelRetired { model })));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::DepositReturned {
			model,
			owner: PUBLISHER,
			amount: deposit
		})));
		assert_eq!(self::model(model).status, ModelStatus::Retired);
		assert_eq!(self::model(model).deposit, DepositBase::get(), "the record stays, and so does its part");
		assert_eq!(free(PUBLISHER), before + deposit);
		assert!(!Registry::blob_expected(model, 2_000));
		assert!(!Samples::<Test>::contains_key(model));
	});
}

#[test]
fn a_retired_model_keeps_its_bytes_until_no_request_is_open() {
	run(7, || {
		let model = active_model(1);
		let deposit = 2 * DepositPerKib::get();
		let before = free(PUBLISHER);
		let first = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		let second = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelRetired { model })));
		assert_noop!(Ask::new(model).submit(), ModelsError::ModelNotActive);
		assert_eq!(ended(first), "output");
		assert_eq!((self::model(model).open, self::model(model).deposit), (1, DepositBase::get() + deposit));
		assert!(Registry::blob_expected(model, 2_000));
		assert_eq!(ended(second), "output");
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::DepositReturned {
			model,
			owner: PUBLISHER,
			amount: deposit
		})));
		assert_eq!(free(PUBLISHER), before + deposit);
		assert!(!Registry::blob_expected(model, 2_000));
	});
}

#[test]
fn only_the_owner_retires_an_active_model_once() {
	run(4, || {
		assert_noop!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(1) }), ModelsError::ModelUnknown);
		assert_ok!(Registration::new(1).submit());
		let model = model_id(1);
		assert_noop!(call(RIVAL, ModelsCall::retire_model { model }), ModelsError::NotOwner);
		assert_noop!(call(PUBLISHER, ModelsCall::retire_model { model }), ModelsError::ModelNotActive);
		run_for(3);
		assert_noop!(call(RIVAL, ModelsCall::retire_model { model }), ModelsError::NotOwner);
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert_noop!(call(PUBLISHER, ModelsCall::retire_model { model }), ModelsError::ModelNotActive);
		assert_ok!(Registration { expected: Some([1; 32]), ..Registration::new(2) }.submit());
		run_for(3);
		assert_noop!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(2) }), ModelsError::ModelNotActive);
	});
}

#[test]
fn only_a_signed_origin_retires_or_sets_a_royalty() {
	run(4, || {
		let model = active_model(1);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), frame_system::RawOrigin::Authorized.into()] {
			for call in [ModelsCall::retire_model { model }, ModelsCall::set_royalty { model, royalty: 1 }] {
				let call: RuntimeCall = call.into();
				assert_eq!(call.dispatch(origin.clone()).unwrap_err().error, DispatchError::BadOrigin);
			}
		}
	});
}

#[test]
fn the_owner_sets_the_royalty() {
	run(4, || {
		assert_noop!(
			call(PUBLISHER, ModelsCall::set_royalty { model: model_id(1), royalty: 1 }),
			ModelsError::ModelUnknown
		);
		let model = active_model(1);
		assert_noop!(call(RIVAL, ModelsCall::set_royalty { model, royalty: 1 }), ModelsError::NotOwner);
		for royalty in [1, 0, u128::MAX] {
			assert_ok!(call(PUBLISHER, ModelsCall::set_royalty { model, royalty }));
			assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::RoyaltySet { model, royalty })));
			assert_eq!(self::model(model).royalty, royalty);
		}
	});
}
