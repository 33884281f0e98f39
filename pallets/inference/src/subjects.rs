//! The subjects that the rounds decide: models and requests.

use crate::{pallet::*, AccountIdOf, WeightInfo};
use alloc::vec::Vec;
use assay_primitives::{JobInput, RoundId, Subject, Verdict};
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};
use pallet_models::Pallet as Registry;
use pallet_rounds::{Conclusion, Subjects, Terms};

/// Routes what rounds ask to [`pallet_models`] and to this pallet.
pub struct ModelsAndRequests<T>(PhantomData<T>);

impl<T: Config> Subjects<Subject, AccountIdOf<T>> for ModelsAndRequests<T> {
	fn terms(subject: &Subject) -> Option<Terms> {
		match subject {
			Subject::Model(model) => Registry::<T>::terms(*model),
			Subject::Request(request) => Pallet::<T>::terms(*request),
		}
	}

	fn input(subject: &Subject) -> Option<JobInput> {
		match subject {
			Subject::Model(model) => Some(Registry::<T>::sample_input(*model)),
			Subject::Request(request) => Pallet::<T>::input(*request),
		}
	}

	fn round_ended(subject: &Subject, agreed: bool, lacking: Vec<AccountIdOf<T>>) {
		// A model's own activation says by its outcome whether the bytes could be had.
		if let Subject::Request(id) = subject {
			if let Some(mut request) = Requests::<T>::get(id) {
				if agreed {
					// Its window may last for an hour: what was to be done is done.
					Pallet::<T>::free(&mut request);
					Requests::<T>::insert(id, &request);
				}
				Registry::<T>::round_ended(request.model, agreed, lacking);
			}
		}
	}

	fn contradicts(subject: &Subject, round: RoundId, verdict: &Verdict) -> bool {
		match subject {
			Subject::Model(model) => Registry::<T>::contradicts_sample(*model, round, verdict),
			Subject::Request(request) => {
				Pallet::<T>::verdict(*request, round).is_some_and(|decided| decided != *verdict)
			}
		}
	}

	fn concluded(subject: Subject, conclusion: Conclusion<AccountIdOf<T>>) -> Weight {
		match subject {
			Subject::Model(model) => Registry::<T>::activation_concluded(model, conclusion),
			Subject::Request(request) => Pallet::<T>::request_concluded(request, conclusion),
		}
	}

	fn most_weight(voters: u32) -> Weight {
		// A request with an output is concluded when its window is over, in a block's beginning; one that ends at once has none.
		let model = pallet_models::Pallet::<T>::weight_of_activation(voters.min(T::MaxActivation::get()));
		model.max(<T as Config>::WeightInfo::finalize(0, 0))
	}
}
