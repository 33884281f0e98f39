//! Which bytes the chain says it needs.

use super::*;
use assay_primitives::{constants::MAX_CARD_BYTES, ContentId};
use frame_support::{assert_noop, assert_ok};

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
