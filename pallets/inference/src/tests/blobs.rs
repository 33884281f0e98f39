//! The bytes that the chain says it needs.

use super::*;
use assay_primitives::{constants::MAX_CARD_BYTES, ContentId};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::Dispatchable, DispatchError};

fn with_card(n: u64, card: BlobRef) -> Registration {
	let metadata = ModelMetadata { card: Some(card), ..Default::default() };
	Registration { metadata, ..Registration::new(n) }
}

fn card(size: u64) -> BlobRef {
	BlobRef { id: ContentId([9; 32]), size }
}

fn bytes_of(input: Input) -> BlobRef {
	input.blob().unwrap()
}

#[test]
fn a_card_has_a_size_and_a_deposit_and_goes_with_its_model() {
	run(4, || {
		for size in [0, MAX_CARD_BYTES + 1, u64::MAX] {
			assert_noop!(with_card(1, card(size)).submit(), ModelsError::CardSizeOutOfRange);
		}
		let model = activate(with_card(1, card(3_000)));
		assert_eq!(self::model(model).deposit, DepositBase::get() + 5 * DepositPerKib::get());
		assert!(Registry::blob_expected(card(0).id, 3_000));
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert!(!Registry::blob_expected(card(0).id, 3_000));
	});
}

#[test]
fn every_validator_keeps_models_that_are_in_use_with_samples_and_cards() {
	run(4, || {
		let sample = blob(7, 100);
		let first = Registration { sample: Some(sample.clone()), ..with_card(1, card(50)) };
		let first = activate(first);
		let second = active_model(2);
		assert_ok!(Registration::new(3).submit());
		let mut expected = vec![
			BlobRef { id: first, size: 2_000 },
			bytes_of(sample),
			card(50),
			BlobRef { id: second, size: 2_000 },
			BlobRef { id: model_id(3), size: 2_000 },
		];
		let pages = || {
			let (mut blobs, mut after, mut pages) = (vec![], None, 0);
			loop {
				let (page, last) = Registry::model_blobs(after, 1);
				blobs.extend(page);
				if last.is_none() {
					blobs.sort_by_key(|blob| blob.id);
					return (blobs, pages);
				}
				(after, pages) = (last, pages + 1);
			}
		};
		expected.sort_by_key(|blob| blob.id);
		assert_eq!(pages(), (expected.clone(), 3));
		assert_eq!(Registry::blobs_expected(expected.clone()), vec![true; 5]);

		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model: second }));
		expected.retain(|blob| blob.id != second);
		assert_eq!(pages(), (expected, 3));
		let asked = vec![BlobRef { id: second, size: 2_000 }, BlobRef { id: first, size: 1_999 }];
		assert_eq!(Registry::blobs_expected(asked), [false, false]);
	});
}

#[test]
fn outputs_that_are_blobs_are_listed_by_the_block_that_made_them_final() {
	run(4, || {
		let (small, large) = (active_model(1), active_model(2));
		plan(large, Planned::Blob(20_000), 100);
		let asked = [small, large].map(|model| Ask::new(model).submit().unwrap());
		let ended = asked.map(await_end).map(|record| record.ended_at);
		let id = result(asked[1]).output.unwrap().content_id();
		let output = BlobRef { id, size: 20_000 };
		assert_eq!(Inference::output_blobs(ended[1], ended[1]), [output]);
		assert_eq!(Inference::output_blobs(0, ended[1]), [output]);
		assert_eq!(Inference::output_blobs(ended[1] + 1, u32::MAX), []);
	});
}

/// Registers a model of so many bytes.
fn large(n: u64, size: u64) -> sp_runtime::DispatchResult {
	Registration { size, sample: None, ..Registration::new(n) }.submit()
}

#[test]
fn all_models_together_take_no_more_of_a_disk_than_they_may() {
	run(1, || {
		CatalogueLimit::<Test>::put(10_000u64);
		assert_ok!(large(1, 6_000));
		assert_ok!(Registration { sample: Some(blob(7, 900)), ..with_card(2, card(100)) }.submit());
		assert_eq!(CatalogueBytes::<Test>::get(), 9_000);
		assert_noop!(large(3, 1_001), ModelsError::CatalogueFull);
		assert_noop!(large(3, u64::MAX), ModelsError::ModelSizeOutOfRange);
		run_for(3);
		let more = |size| call(PUBLISHER, ModelsCall::set_metadata { model: model_id(2), metadata: card_of(size) });
		assert_noop!(more(1_101), ModelsError::CatalogueFull);
		assert_ok!(more(1_100));
		assert_ok!(more(50));
		assert_ok!(large(3, 1_050));
		assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model: model_id(1) }));
		assert_eq!(CatalogueBytes::<Test>::get(), 4_000);
		// Governance sees that validators have the room.
		let limit = |origin: RuntimeOrigin, bytes| {
			RuntimeCall::from(ModelsCall::set_catalogue_limit { bytes }).dispatch(origin).map_err(|error| error.error)
		};
		assert_eq!(limit(RuntimeOrigin::signed(PUBLISHER), 9).unwrap_err(), DispatchError::BadOrigin);
		assert_ok!(limit(RuntimeOrigin::root(), 3_000));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::CatalogueLimitSet { bytes: 3_000 })));
		assert_noop!(large(4, 1), ModelsError::CatalogueFull);
		// Less is no more.
		assert_ok!(more(40));
		assert_ok!(limit(RuntimeOrigin::root(), 50_000));
		assert_ok!(large(4, 40_000));
	});
}

fn card_of(size: u64) -> ModelMetadata {
	ModelMetadata { card: Some(card(size)), ..Default::default() }
}

#[test]
fn a_byte_costs_twice_as_much_with_each_sixteenth_beyond_half_of_the_catalogue() {
	run(1, || {
		CatalogueLimit::<Test>::put(16_000u64);
		let at = |bytes| {
			CatalogueBytes::<Test>::put(bytes);
			Registry::deposit_per_kib().unwrap() / DepositPerKib::get()
		};
		let factors: Vec<u128> = [0, 8_999, 9_000, 10_000, 15_999, 16_000, 90_000].map(at).into();
		assert_eq!(factors, [1, 1, 2, 4, 128, 256, 256]);
		CatalogueLimit::<Test>::put(0u64);
		assert_eq!(at(0), 256, "there is no room at all");
		CatalogueBytes::<Test>::kill();
		DepositPerKib::set(u128::MAX / 8);
		CatalogueLimit::<Test>::put(16_000u64);
		CatalogueBytes::<Test>::put(15_000);
		assert_eq!(Registry::deposit_per_kib(), None);
		CatalogueBytes::<Test>::kill();
		DepositPerKib::set(11);
	});
}
