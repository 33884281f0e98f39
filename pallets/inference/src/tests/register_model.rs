//! `register_model`: names, versions, sizes, deposits.

use super::*;
use assay_primitives::constants::{MAX_BLOB_INPUT, MAX_MODEL_BYTES};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::TokenError;

#[test]
fn a_registration_is_recorded_held_for_and_announced() {
	run(4, || {
		let metadata = ModelMetadata {
			task: b"image-classification".to_vec().try_into().unwrap(),
			licence: b"Apache-2.0".to_vec().try_into().unwrap(),
			tags: vec![b"small".to_vec().try_into().unwrap()].try_into().unwrap(),
			description: b"Tells cats from dogs.".to_vec().try_into().unwrap(),
			card: Some(BlobRef { id: model_id(99), size: 10 }),
		};
		let registration = Registration {
			size: 2_049,
			royalty: 77,
			metadata: metadata.clone(),
			expected: Some([1; 32]),
			..Registration::new(1)
		};
		assert_ok!(registration.clone().submit());
		let deposit = DepositBase::get() + (3 + 1) * DepositPerKib::get();
		let activation_fee = price(ActivationUnits::get(), 2_049, 4);
		let record = model(model_id(1));
		assert_eq!(record.owner, PUBLISHER);
		assert_eq!((record.size, record.version, record.royalty), (2_049, 1, 77));
		assert_eq!(record.name.to_vec(), registration.name);
		assert_eq!((record.engine, record.verification), (ENGINE, Verification::ReExecution));
		assert_eq!((record.expected, record.metadata), (Some([1; 32]), metadata));
		assert_eq!(record.status, ModelStatus::Pending);
		assert_eq!((record.deposit, record.activation_fee, record.open), (deposit, activation_fee, 0));
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), deposit);
		assert_eq!(held(ModelsHold::Activation, PUBLISHER), activation_fee);
		let name_deposit = NameDeposit::get();
		assert_eq!(held(ModelsHold::NameDeposit, PUBLISHER), name_deposit);
		assert_eq!(free(PUBLISHER), WEALTH - deposit - activation_fee - name_deposit);
		assert_eq!(Samples::<Test>::get(model_id(1)), registration.sample);
		assert_eq!(Standings::<Test>::count(), 1);
		assert!(Registry::blob_expected(model_id(1), 2_049));
		assert!(!Registry::blob_expected(model_id(1), 2_050));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::NameRegistered {
			name: record.name.clone(),
			owner: PUBLISHER,
			deposit: name_deposit
		})));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelRegistered {
			model: model_id(1),
			owner: PUBLISHER,
			name: record.name,
			version: 1,
			size: 2_049,
		})));
	});
}

#[test]
fn the_activation_is_paid_for_the_electorate_at_most() {
	MaxActivation::set(3);
	run(7, || {
		assert_ok!(Registration::new(1).submit());
		assert_eq!(model(model_id(1)).activation_fee, price(ActivationUnits::get(), 2_000, 3));
	});
}

#[test]
fn only_a_signed_origin_registers_a_model() {
	use sp_runtime::{traits::Dispatchable, DispatchError};
	run(1, || {
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), frame_system::RawOrigin::Authorized.into()] {
			let call: RuntimeCall = ModelsCall::register_model {
				model: model_id(1),
				size: 1,
				name: b"name".to_vec().try_into().unwrap(),
				version: 1,
				metadata: Default::default(),
				royalty: 0,
				sample: None,
				expected: None,
			}
			.into();
			assert_eq!(call.dispatch(origin).unwrap_err().error, DispatchError::BadOrigin);
		}
	});
}

#[test]
fn a_network_without_an_engine_takes_no_model() {
	ext_of(1, None).execute_with(|| {
		assert_noop!(Registration::new(1).submit(), ModelsError::NoEngine);
	});
}

#[test]
fn a_network_without_validators_takes_no_model() {
	run(0, || {
		assert_noop!(Registration::new(1).submit(), ModelsError::NoValidators);
	});
}

#[test]
fn a_registered_file_is_not_registered_again() {
	run(1, || {
		assert_ok!(Registration::new(1).submit());
		let again = Registration { owner: RIVAL, name: b"mine".to_vec(), ..Registration::new(1) };
		assert_noop!(again.clone().submit(), ModelsError::ModelExists);
		run_for(5);
		assert_noop!(again.clone().submit(), ModelsError::ModelExists);
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(1) }));
		assert_noop!(again.submit(), ModelsError::ModelExists);
	});
}

#[test]
fn names_have_1_to_64_of_a_small_alphabet() {
	run(1, || {
		for name in [&b""[..], b"Model", b"model 1", b"modell\xc3\xa9", b"a:b", b"a\\b", b"a\0"] {
			let registration = Registration { name: name.to_vec(), ..Registration::new(1) };
			assert_noop!(registration.submit(), ModelsError::InvalidName);
		}
		for (n, name) in [&b"a"[..], b"org/model-1.0_int8", &[b'z'; 64]].into_iter().enumerate() {
			assert_ok!(Registration { name: name.to_vec(), ..Registration::new(n as u64) }.submit());
		}
	});
}

#[test]
fn a_name_belongs_to_its_first_registrant() {
	run(1, || {
		assert_ok!(Registration { name: b"name".to_vec(), ..Registration::new(1) }.submit());
		let squat = Registration { owner: RIVAL, name: b"name".to_vec(), version: 2, ..Registration::new(2) };
		assert_noop!(squat.submit(), ModelsError::NameTaken);
		assert_ok!(Registration { name: b"name".to_vec(), version: 2, ..Registration::new(2) }.submit());
		assert_eq!(Registry::version(b"name", 1), Some(model_id(1)));
		assert_eq!(Registry::version(b"name", 2), Some(model_id(2)));
	});
}

#[test]
fn versions_only_go_up_and_are_not_rewritten() {
	run(1, || {
		let named = |n, version| Registration { name: b"name".to_vec(), version, ..Registration::new(n) };
		assert_noop!(named(1, 0).submit(), ModelsError::VersionNotNewer);
		assert_ok!(named(1, 3).submit());
		for version in [0, 1, 2, 3] {
			assert_noop!(named(2, version).submit(), ModelsError::VersionNotNewer);
		}
		run_for(4);
		assert_noop!(named(2, 3).submit(), ModelsError::VersionNotNewer);
		assert_ok!(named(2, u32::MAX).submit());
		assert_noop!(named(4, u32::MAX).submit(), ModelsError::VersionNotNewer);
		let record = Names::<Test>::get(&model(model_id(1)).name).unwrap();
		assert_eq!(record, NameRecord { owner: PUBLISHER, last_version: u32::MAX, deposit: 900 });
		assert_eq!(
			count(|event| matches!(event, RuntimeEvent::Registry(ModelsEvent::NameRegistered { .. }))),
			1,
			"a name is paid for once"
		);
	});
}

#[test]
fn a_model_has_a_size() {
	run(1, || {
		for size in [0, MAX_MODEL_BYTES + 1, u64::MAX] {
			let registration = Registration { size, ..Registration::new(1) };
			assert_noop!(registration.submit(), ModelsError::ModelSizeOutOfRange);
		}
		assert_ok!(Registration { size: MAX_MODEL_BYTES, ..Registration::new(1) }.submit());
		assert_ok!(Registration { size: 1, ..Registration::new(2) }.submit());
	});
}

fn described(n: u64, change: impl FnOnce(&mut ModelMetadata)) -> Registration {
	let mut metadata = ModelMetadata::default();
	change(&mut metadata);
	Registration { metadata, ..Registration::new(n) }
}

#[test]
fn tasks_and_tags_are_of_the_alphabet_of_names() {
	run(1, || {
		for text in [&b"Text"[..], b"a b", b"\xc3\xa9", b"a\0"] {
			let task = text.to_vec().try_into().unwrap();
			assert_noop!(described(1, |it| it.task = task).submit(), ModelsError::InvalidTask);
			let tag: ModelTag = text.to_vec().try_into().unwrap();
			assert_noop!(described(1, |it| it.tags = vec![tag].try_into().unwrap()).submit(), ModelsError::InvalidTag);
		}
		let tags = |of: &[&[u8]]| of.iter().map(|tag| tag.to_vec().try_into().unwrap()).collect::<Vec<ModelTag>>();
		for wrong in [tags(&[b""]), tags(&[b"small", b"small"])] {
			assert_noop!(described(1, |it| it.tags = wrong.try_into().unwrap()).submit(), ModelsError::InvalidTag);
		}
		let eight = tags(&[b"a", b"b", b"c", b"d", b"e", b"f", b"g/h", b"onnx-1.16_int8"]);
		assert_ok!(described(1, |it| it.tags = eight.try_into().unwrap()).submit());
	});
}

#[test]
fn licences_and_descriptions_are_text() {
	run(1, || {
		for licence in [&b"MIT\n"[..], b"\xc3\xa9", b"\x7f"] {
			let licence = licence.to_vec().try_into().unwrap();
			assert_noop!(described(1, |it| it.licence = licence).submit(), ModelsError::InvalidText);
		}
		for description in [&b"\xff"[..], b"\x1b[31m", "\u{85}".as_bytes()] {
			let description = description.to_vec().try_into().unwrap();
			assert_noop!(described(1, |it| it.description = description).submit(), ModelsError::InvalidText);
		}
		let registration = described(1, |it| {
			it.licence = b"(MIT OR Apache-2.0) WITH x-exception".to_vec()[..32].to_vec().try_into().unwrap();
			it.description = "Sagt, was f\u{fc}r eine Datei es ist.\nSchnell.".as_bytes().to_vec().try_into().unwrap();
		});
		assert_ok!(registration.submit());
	});
}

#[test]
fn a_sample_is_paid_for_as_long_as_it_is_kept() {
	run(4, || {
		let model = activate(Registration { sample: Some(inline(&[7; 5_000])), ..Registration::new(1) });
		assert_eq!(self::model(model).deposit, DepositBase::get() + 7 * DepositPerKib::get());
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert_eq!(self::model(model).deposit, DepositBase::get());
	});
}

#[test]
fn a_sample_has_a_size() {
	run(1, || {
		for sample in [inline(b""), blob(1, 0), blob(1, MAX_BLOB_INPUT + 1), blob(1, u64::MAX)] {
			let registration = Registration { sample: Some(sample), ..Registration::new(1) };
			assert_noop!(registration.submit(), ModelsError::InputSizeOutOfRange);
		}
		assert_ok!(Registration { sample: Some(blob(1, MAX_BLOB_INPUT)), ..Registration::new(1) }.submit());
	});
}

#[test]
fn who_cannot_pay_registers_nothing() {
	run(1, || {
		let poor = Registration { owner: PAUPER, ..Registration::new(1) };
		assert_noop!(poor.clone().submit(), TokenError::FundsUnavailable);
		let deposit = DepositBase::get() + 2 * DepositPerKib::get();
		let activation_fee = price(ActivationUnits::get(), 2_000, 1) + NameDeposit::get();
		// Enough for the deposit, one planck short for all: nothing stays on hold.
		set_free(PAUPER, deposit + activation_fee + ED - 1);
		assert_noop!(poor.clone().submit(), TokenError::FundsUnavailable);
		set_free(PAUPER, deposit + activation_fee + ED);
		assert_ok!(poor.submit());
		assert_eq!(free(PAUPER), ED);
	});
}

#[test]
fn prices_that_do_not_fit_are_refused() {
	run(1, || {
		DepositPerKib::set(u128::MAX);
		assert_noop!(Registration::new(1).submit(), ModelsError::Overflow);
		DepositPerKib::set(u128::MAX / 2);
		DepositBase::set(2);
		assert_noop!(Registration::new(1).submit(), ModelsError::Overflow);
		DepositPerKib::set(1);
		for (unit, byte, base) in [(u128::MAX, 1, 1), (1, u128::MAX, 1), (0, 1, u128::MAX)] {
			UnitPrice::set(unit);
			BytePrice::set(byte);
			BasePrice::set(base);
			assert_noop!(Registration::new(1).submit(), ModelsError::Overflow);
		}
	});
}
