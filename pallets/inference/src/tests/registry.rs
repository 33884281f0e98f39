//! `set_metadata`, `set_provenance`, `transfer_model`, `transfer_name`, and the end of rejected models.

use super::*;
use assay_primitives::{constants::MAX_CARD_BYTES, ContentId, FailReason, ModelId};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::Dispatchable, DispatchError, TokenError};

fn name(text: &[u8]) -> ModelName {
	text.to_vec().try_into().unwrap()
}

fn card(byte: u8, size: u64) -> BlobRef {
	BlobRef { id: ContentId([byte; 32]), size }
}

/// Everybody's calls about a model, as its owner would make them.
fn calls(model: ModelId) -> Vec<ModelsCall<Test>> {
	vec![
		ModelsCall::set_metadata { model, metadata: metadata("text", &[]) },
		ModelsCall::set_provenance { model, provenance: statement(model, b"model-1", 1) },
		ModelsCall::transfer_model { model, to: RIVAL },
	]
}

#[test]
fn only_the_owner_of_an_active_model_changes_it() {
	run(4, || {
		let model = model_id(1);
		for of_nobody in calls(model) {
			assert_noop!(call(PUBLISHER, of_nobody), ModelsError::ModelUnknown);
		}
		let active = active_model(1);
		for call in calls(active) {
			for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), frame_system::RawOrigin::Authorized.into()] {
				let call: RuntimeCall = call.clone().into();
				assert_eq!(call.dispatch(origin).unwrap_err().error, DispatchError::BadOrigin);
			}
			assert_noop!(self::call(RIVAL, call), ModelsError::NotOwner);
		}
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		for of_retired in calls(model) {
			assert_noop!(call(PUBLISHER, of_retired), ModelsError::ModelNotActive);
		}
	});
}

#[test]
fn a_pending_model_takes_a_statement_and_nothing_else() {
	run(4, || {
		assert_ok!(Registration::new(1).submit());
		let model = model_id(1);
		assert_noop!(
			call(PUBLISHER, ModelsCall::set_metadata { model, metadata: Default::default() }),
			ModelsError::ModelNotActive
		);
		assert_noop!(call(PUBLISHER, ModelsCall::transfer_model { model, to: RIVAL }), ModelsError::ModelNotActive);
		let provenance = statement(model, b"model-1", 1);
		assert_ok!(call(PUBLISHER, ModelsCall::set_provenance { model, provenance }));
	});
}

#[test]
fn new_metadata_replace_the_old_and_the_deposit_follows_the_card() {
	run(4, || {
		let with_card = |card| ModelMetadata { card, ..metadata("text", &["small"]) };
		let model = activate(Registration { metadata: with_card(Some(card(1, 3_000))), ..Registration::new(1) });
		let base = DepositBase::get() + 2 * DepositPerKib::get();
		assert_eq!(self::model(model).deposit, base + 3 * DepositPerKib::get());
		for (card, kibs) in [(Some(card(2, 9_000)), 9), (Some(card(2, 9_000)), 9), (Some(card(3, 1)), 1), (None, 0)] {
			let metadata = ModelMetadata { card, ..metadata("image", &["large", "slow"]) };
			assert_ok!(call(PUBLISHER, ModelsCall::set_metadata { model, metadata: metadata.clone() }));
			let deposit = base + kibs * DepositPerKib::get();
			assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::MetadataSet { model, deposit })));
			let record = self::model(model);
			assert_eq!((record.metadata, record.deposit), (metadata, deposit));
			assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), deposit);
			for blob in [self::card(1, 3_000), self::card(2, 9_000), self::card(3, 1)] {
				assert_eq!(Registry::blob_expected(blob.id, blob.size), card == Some(blob), "{blob:?}");
			}
			check();
		}
	});
}

#[test]
fn metadata_that_a_registration_would_not_take_are_refused() {
	run(4, || {
		let model = active_model(1);
		let set = |metadata| call(PUBLISHER, ModelsCall::set_metadata { model, metadata });
		assert_noop!(set(metadata("Text", &[])), ModelsError::InvalidTask);
		assert_noop!(set(metadata("text", &["a", "a"])), ModelsError::InvalidTag);
		let described = ModelMetadata { description: b"\0".to_vec().try_into().unwrap(), ..Default::default() };
		assert_noop!(set(described), ModelsError::InvalidText);
		for size in [0, MAX_CARD_BYTES + 1] {
			let metadata = ModelMetadata { card: Some(card(1, size)), ..Default::default() };
			assert_noop!(set(metadata), ModelsError::CardSizeOutOfRange);
		}
		set_free(PUBLISHER, ED);
		let metadata = ModelMetadata { card: Some(card(1, 1)), ..Default::default() };
		assert_noop!(set(metadata), TokenError::FundsUnavailable);
	});
}

#[test]
fn a_card_is_released_at_the_price_of_the_day_and_never_more_than_is_held() {
	run(4, || {
		let with_card = ModelMetadata { card: Some(card(1, 3_000)), ..Default::default() };
		let model = activate(Registration { metadata: with_card, ..Registration::new(1) });
		DepositPerKib::set(1_000_000);
		assert_ok!(call(PUBLISHER, ModelsCall::set_metadata { model, metadata: Default::default() }));
		assert_eq!(self::model(model).deposit, DepositBase::get());
		DepositPerKib::set(u128::MAX);
		let with_card = ModelMetadata { card: Some(card(1, 3_000)), ..Default::default() };
		assert_noop!(call(PUBLISHER, ModelsCall::set_metadata { model, metadata: with_card }), ModelsError::Overflow);
	});
}

#[test]
fn a_statement_is_kept_as_it_was_signed() {
	run(4, || {
		let model = active_model(1);
		let provenance = statement(model, b"model-1", 1);
		assert_ok!(call(PUBLISHER, ModelsCall::set_provenance { model, provenance: provenance.clone() }));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ProvenanceSet { model, key: provenance.key })));
		assert_eq!(Registry::model(model).unwrap().provenance, Some(provenance));
	});
}

#[test]
fn a_statement_about_anything_else_is_refused() {
	run(4, || {
		let model = active_model(1);
		let set = |provenance| call(PUBLISHER, ModelsCall::set_provenance { model, provenance });
		let right = statement(model, b"model-1", 1);
		for wrong in [
			statement(model_id(2), b"model-1", 1),
			statement(model, b"model-2", 1),
			statement(model, b"model-1", 2),
			Provenance { statement: b"from nothing".to_vec().try_into().unwrap(), ..right.clone() },
			Provenance { key: sp_core::ed25519::Public::from_raw([8; 32]), ..right.clone() },
			Provenance { key: sp_core::ed25519::Public::from_raw([0; 32]), ..right.clone() },
			Provenance { signature: sp_core::ed25519::Signature::from_raw([0; 64]), ..right.clone() },
		] {
			assert_noop!(set(wrong), ModelsError::InvalidSignature);
		}
		for text in [&b""[..], b"\xff", b"a\0"] {
			let statement = text.to_vec().try_into().unwrap();
			assert_noop!(set(Provenance { statement, ..right.clone() }), ModelsError::InvalidText);
		}
		assert!(!Provenances::<Test>::contains_key(model));
	});
}

/// The payload that other languages have to sign; tests/hub.test.js has the same.
#[test]
fn the_payload_of_a_statement_is_fixed() {
	let payload = provenance_payload(&ContentId([1; 32]), b"org/model", 7, b"built from source");
	assert_eq!(
		payload,
		assay_primitives::h(
			"assay/provenance",
			([1u8; 32], b"org/model".to_vec(), 7u32, b"built from source".to_vec())
		)
	);
}

#[test]
fn a_model_goes_to_another_account_with_its_deposit() {
	run(7, || {
		let model = activate(Registration { royalty: 50, ..Registration::new(1) });
		let (deposit, before) = (self::model(model).deposit, free(RIVAL));
		assert_ok!(call(PUBLISHER, ModelsCall::transfer_model { model, to: RIVAL }));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelTransferred { model, from: PUBLISHER, to: RIVAL })));
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), 0);
		assert_eq!((held(ModelsHold::ModelDeposit, RIVAL), free(RIVAL)), (deposit, before));
		assert_noop!(call(PUBLISHER, ModelsCall::retire_model { model }), ModelsError::NotOwner);
		assert_eq!(ended(Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap()), "output");
		assert_eq!(free(RIVAL), before + 50, "royalties are the new owner's");
		// The name is another thing.
		let next = |owner, n| Registration { owner, name: b"model-1".to_vec(), version: 2, ..Registration::new(n) };
		assert_noop!(next(RIVAL, 2).submit(), ModelsError::NameTaken);
		assert_ok!(next(PUBLISHER, 2).submit());
		assert_ok!(call(RIVAL, ModelsCall::retire_model { model }));
		assert_eq!(held(ModelsHold::ModelDeposit, RIVAL), DepositBase::get());
	});
}

#[test]
fn a_name_goes_to_another_account_with_its_deposit() {
	run(4, || {
		let model = active_model(1);
		let give = |who, to| call(who, ModelsCall::transfer_name { name: name(b"model-1"), to });
		assert_noop!(give(RIVAL, RIVAL), ModelsError::NotOwner);
		assert_noop!(
			call(PUBLISHER, ModelsCall::transfer_name { name: name(b"other"), to: RIVAL }),
			ModelsError::NameUnknown
		);
		assert_ok!(give(PUBLISHER, RIVAL));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::NameTransferred {
			name: name(b"model-1"),
			from: PUBLISHER,
			to: RIVAL
		})));
		let deposits = [PUBLISHER, RIVAL].map(|who| held(ModelsHold::NameDeposit, who));
		assert_eq!(deposits, [0, NameDeposit::get()]);
		let next = |owner| Registration { owner, name: b"model-1".to_vec(), version: 2, ..Registration::new(2) };
		assert_noop!(next(PUBLISHER).submit(), ModelsError::NameTaken);
		assert_ok!(next(RIVAL).submit());
		assert_eq!(self::model(model).owner, PUBLISHER);
		// To oneself, it stays.
		assert_ok!(give(RIVAL, RIVAL));
		assert_eq!(held(ModelsHold::NameDeposit, RIVAL), NameDeposit::get());
	});
}

#[test]
fn an_account_that_does_not_exist_is_given_nothing() {
	run(4, || {
		let model = active_model(1);
		let before = state_root();
		for gift in [
			ModelsCall::transfer_model { model, to: 999 },
			ModelsCall::transfer_name { name: name(b"model-1"), to: 999 },
		] {
			assert!(call(PUBLISHER, gift).is_err());
			assert_eq!(before, state_root(), "a refused gift left a trace");
		}
	});
}

/// A model that was just rejected, and the block in which its record leaves the state.
fn rejected(n: u64) -> (ModelId, u32) {
	let id = model_id(n);
	plan(id, Planned::Fails(FailReason::ModelInvalid), 30);
	assert_ok!(Registration { metadata: metadata("text", &["small"]), ..Registration::new(n) }.submit());
	while !matches!(model(id).status, ModelStatus::Rejected(_)) {
		next_block();
	}
	(id, model(id).prunable_at.unwrap())
}

#[test]
fn a_rejected_model_leaves_the_state_after_its_time_with_the_rest_of_its_deposit() {
	run(4, || {
		let (id, at) = rejected(1);
		assert_eq!(at, now() + ResultRetention::get());
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), DepositBase::get());
		let before = free(PUBLISHER);
		run_to(at);
		assert!(Models::<Test>::contains_key(id));
		finish_block();
		assert!(!Models::<Test>::contains_key(id));
		assert_eq!(Listing::<Test>::iter().count(), 0);
		assert_eq!(free(PUBLISHER), before + DepositBase::get());
		assert!(log().contains(&(at, RuntimeEvent::Registry(ModelsEvent::ModelPruned { model: id }))));
		let amount = DepositBase::get();
		assert!(log().contains(&(
			at,
			RuntimeEvent::Registry(ModelsEvent::DepositReturned { model: id, owner: PUBLISHER, amount })
		)));
		// The name stays whose it is, and its version may be tried again.
		next_block();
		let theirs = Registration { owner: RIVAL, name: b"model-1".to_vec(), version: 2, ..Registration::new(2) };
		assert_noop!(theirs.submit(), ModelsError::NameTaken);
		assert_ok!(Registration { name: b"model-1".to_vec(), ..Registration::new(2) }.submit());
	});
}

#[test]
fn a_model_that_is_registered_anew_is_not_pruned() {
	run(4, || {
		let (id, at) = rejected(1);
		plan(id, Planned::Inline(8), 30);
		assert_ok!(Registration::new(1).submit());
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelPruned { model: id })));
		assert_eq!(Prunable::<Test>::iter().count(), 0);
		run_to(at + 5);
		assert!(matches!(model(id).status, ModelStatus::Active { .. }));
	});
}

#[test]
fn a_rejected_model_whose_version_is_taken_leaves_at_once() {
	run(4, || {
		let (id, _) = rejected(1);
		assert_ok!(Registration { name: b"model-1".to_vec(), ..Registration::new(2) }.submit());
		assert!(!Models::<Test>::contains_key(id));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelPruned { model: id })));
		assert_eq!(Registry::version(b"model-1", 1), Some(model_id(2)));
	});
}
