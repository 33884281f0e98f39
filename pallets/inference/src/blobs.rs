//! Which bytes the chain needs, and the nodes keep.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use assay_primitives::{ContentId, ModelId, Output};
use frame_system::pallet_prelude::BlockNumberFor;

/// Most blobs, models or blocks that one question is about: anybody may ask a node.
const MAX_ASKED: usize = 1_000;

impl<T: Config> Pallet<T> {
	pub(crate) fn reference_blob(blob: BlobRef) {
		Blobs::<T>::mutate((blob.id, blob.size), |count| *count = count.saturating_add(1));
	}

	pub(crate) fn release_blob(blob: BlobRef) {
		Blobs::<T>::mutate_exists((blob.id, blob.size), |count| {
			*count = count.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0);
		});
	}

	/// Whether the chain needs a blob of this id and length in bytes.
	pub fn blob_expected(id: ContentId, size: u64) -> bool {
		Blobs::<T>::contains_key((id, size))
	}

	/// See [`crate::InferenceApi`]. Never called in a block.
	pub fn blobs_expected(blobs: Vec<BlobRef>) -> Vec<bool> {
		blobs.into_iter().take(MAX_ASKED).map(|blob| Self::blob_expected(blob.id, blob.size)).collect()
	}

	/// See [`crate::InferenceApi`]. Never called in a block.
	pub fn model_blobs(after: Option<ModelId>, limit: u32) -> (Vec<BlobRef>, Option<ModelId>) {
		let models = match after {
			Some(id) => Models::<T>::iter_from(Models::<T>::hashed_key_for(id)),
			None => Models::<T>::iter(),
		};
		let (mut blobs, mut last) = (Vec::new(), None);
		for (id, model) in models.take((limit as usize).min(MAX_ASKED)) {
			last = Some(id);
			let over = matches!(model.status, ModelStatus::Retired | ModelStatus::Rejected(_));
			if over && model.open == 0 {
				continue;
			}
			blobs.push(BlobRef { id, size: model.size });
			blobs.extend(Samples::<T>::get(id).and_then(|sample| sample.blob()));
			blobs.extend(model.metadata.card);
		}
		(blobs, last)
	}

	/// See [`crate::InferenceApi`]. Never called in a block.
	pub fn output_blobs(first: u32, last: u32) -> Vec<BlobRef> {
		let mut blobs = Vec::new();
		for block in (first..=last).take(MAX_ASKED) {
			for (request, _) in FinalizedIn::<T>::get(BlockNumberFor::<T>::from(block)) {
				let output = Results::<T>::get(request).and_then(|result| result.output);
				if let Some(output @ Output::Blob { size, .. }) = output {
					blobs.push(BlobRef { id: output.content_id(), size });
				}
			}
		}
		blobs
	}
}
