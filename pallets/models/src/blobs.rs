//! The bytes that the chain needs, and the nodes keep.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use assay_primitives::{ContentId, ModelId};

/// Most blobs, models or blocks that one question is about: anybody may ask a node.
pub const MAX_ASKED: usize = 1_000;

impl<T: Config> Pallet<T> {
	/// A record needs a blob.
	pub fn reference_blob(blob: BlobRef) {
		Blobs::<T>::mutate((blob.id, blob.size), |count| *count = count.saturating_add(1));
	}

	/// A record needs a blob no more.
	pub fn release_blob(blob: BlobRef) {
		Blobs::<T>::mutate_exists((blob.id, blob.size), |count| {
			*count = count.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0);
		});
	}

	/// True if the chain needs a blob of this id and length in bytes.
	pub fn blob_expected(id: ContentId, size: u64) -> bool {
		Blobs::<T>::contains_key((id, size))
	}

	/// See `InferenceApi`. Never called in a block.
	pub fn blobs_expected(blobs: Vec<BlobRef>) -> Vec<bool> {
		blobs.into_iter().take(MAX_ASKED).map(|blob| Self::blob_expected(blob.id, blob.size)).collect()
	}

	/// See `InferenceApi`. Never called in a block.
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
}
