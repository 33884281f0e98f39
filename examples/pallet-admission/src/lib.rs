//! # Admission pallet
//!
//! An example of a pallet that asks a model and is called back: a club whose doorkeeper is a classifier.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage.
//!
//! ## Overview
//!
//! An account applies with some numbers about itself and pays for the inference. The validators run the classifier. When its answer is
//! final, the chain calls [`Pallet::decide`], and who was given the label 1 is a member.
//!
//! ## Example
//!
//! `tests/called_back/mock.rs` is a runtime with this pallet: `ResultOrigin` is `pallet_inference::EnsureInferenceResult`, and the `CallbackFilter` of
//! pallet-inference lets [`Pallet::decide`] through. `tests/called_back/main.rs` runs it, with a validator whose off-chain worker attests.
//!
//! ## Low level
//!
//! Three things a pallet like this one has to see to:
//!
//! - Anyone may name [`Pallet::decide`] as the callback of a request of their own, about a model of their own. It acts on requests of
//!   [`Applicants`] alone, which [`Pallet::apply`] has made.
//! - A run that fails is final too, and has no output. A request that ends without a verdict is not called back at all:
//!   [`Pallet::forget`] removes what is left of it.
//! - A result that is final may still be disputed for an era and be overturned. It stays as it is; `pallet_inference::Pallet::review`
//!   tells what was decided. A pallet whose decisions cannot be undone asks with a longer window.
//!
//! The weights are counted by hand from those of pallet-inference, and the storage that the calls reach.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use pallet::*;

use alloc::{boxed::Box, vec};
use assay_primitives::{DataType, ModelId, Output, RequestId, Tensor, TensorBundle};
use frame_support::{pallet_prelude::*, traits::EnsureOrigin};
use frame_system::{pallet_prelude::*, RawOrigin};
use pallet_inference::{BalanceOf, NextRequest, Requests, Results, WeightInfo};
use pallet_models::Input;

/// Most numbers of an application: its tensor goes into the request's transaction.
pub const MAX_FEATURES: u32 = 64;
/// Name of the classifier's input: int64, of the shape [1, numbers].
pub const FEATURES: &str = "features";
/// Name of its output: int64.
pub const LABEL: &str = "label";
/// The label of who is admitted.
pub const ADMITTED: i64 = 1;

/// An applicant's words about itself.
pub type Features = BoundedVec<i64, ConstU32<MAX_FEATURES>>;

/// The tensors that the classifier takes.
pub fn input_of(features: &[i64]) -> TensorBundle {
	TensorBundle(vec![Tensor {
		name: FEATURES.into(),
		data_type: DataType::I64,
		shape: vec![1, features.len() as u64],
		data: features.iter().flat_map(|number| number.to_le_bytes()).collect(),
	}])
}

/// The label in what the classifier gave; none if that is something else.
fn label_of(output: &Output) -> Option<i64> {
	let Output::Inline(bytes) = output else { return None };
	let TensorBundle(tensors) = TensorBundle::from_bytes(bytes).ok()?;
	let label = tensors.iter().find(|tensor| tensor.name == LABEL && tensor.data_type == DataType::I64)?;
	Some(i64::from_le_bytes(label.data.as_slice().try_into().ok()?))
}

// The macro of storage expands to what expects a constant.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>, RuntimeCall: From<Call<Self>>> + pallet_inference::Config
	{
		/// Origin of callbacks: `pallet_inference::EnsureInferenceResult`.
		type ResultOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = RequestId>;
		/// The classifier.
		type Doorkeeper: Get<ModelId>;
		/// Compute units that a run of it may use.
		#[pallet::constant]
		type UnitLimit: Get<u64>;
		/// Most members.
		#[pallet::constant]
		type MaxMembers: Get<u32>;
	}

	/// Accounts whose applications the validators look at, by the request. Each request is paid for, and there are not more than
	/// pallet-inference keeps open or makes callbacks for; those without a verdict go with [`Pallet::forget`].
	#[pallet::storage]
	pub type Applicants<T: Config> = StorageMap<_, Twox64Concat, RequestId, T::AccountId>;

	/// Members of the club.
	#[pallet::storage]
	pub type Members<T: Config> = CountedStorageMap<_, Blake2_128Concat, T::AccountId, ()>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// The validators are asked.
		#[codec(index = 0)]
		Applied {
			/// The request.
			request: RequestId,
			/// The account that applies.
			who: T::AccountId,
		},
		/// The classifier has admitted an applicant.
		#[codec(index = 1)]
		Admitted {
			/// The request.
			request: RequestId,
			/// The new member.
			who: T::AccountId,
		},
		/// The classifier has not admitted an applicant, or has given no label.
		#[codec(index = 2)]
		Declined {
			/// The request.
			request: RequestId,
			/// The account that applied.
			who: T::AccountId,
		},
		/// The request has ended without a verdict.
		#[codec(index = 3)]
		Forgotten {
			/// The request.
			request: RequestId,
			/// The account that applied.
			who: T::AccountId,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is a member already.
		Member,
		/// The club has as many members as it takes.
		Full,
		/// There is no such application.
		NoApplication,
		/// The request is open, or its callback waits for its turn. Wait for it.
		Open,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Applies.
		///
		/// Origin: signed. Puts the price of the inference and of the callback on hold, as `request_inference` does.
		///
		/// - `features`: what the classifier judges by.
		/// - `max_fee`: most plancks that may be put on hold.
		///
		/// Emits [`Event::Applied`]; [`Event::Admitted`] or [`Event::Declined`] follow once the answer is final. Fails with [`Error::Member`],
		/// [`Error::Full`], and as `request_inference` does.
		#[pallet::call_index(0)]
		#[pallet::weight({
			type Weights<T> = <T as pallet_inference::Config>::WeightInfo;
			let bytes = input_of(features).encoded_size() as u32;
			let asked = Weights::<T>::request_inference(bytes).saturating_add(Weights::<T>::callback());
			asked.saturating_add(T::DbWeight::get().reads_writes(3, 1))
		})]
		pub fn apply(origin: OriginFor<T>, features: Features, max_fee: BalanceOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			ensure!(!Members::<T>::contains_key(&who), Error::<T>::Member);
			ensure!(Members::<T>::count() < T::MaxMembers::get(), Error::<T>::Full);
			let input = Input::Inline(input_of(&features).encode().try_into().map_err(|_| DispatchError::Exhausted)?);
			let callback = <T as frame_system::Config>::RuntimeCall::from(Call::<T>::decide {});
			let request = NextRequest::<T>::get();
			pallet_inference::Pallet::<T>::request_inference(
				RawOrigin::Signed(who.clone()).into(),
				T::Doorkeeper::get(),
				input,
				T::UnitLimit::get(),
				max_fee,
				None,
				None,
				None,
				Some(Box::new(callback)),
			)?;
			Applicants::<T>::insert(request, &who);
			Self::deposit_event(Event::Applied { request, who });
			Ok(())
		}

		/// Acts on the classifier's answer.
		///
		/// Origin: the callback of a request that is final. Does nothing if [`Pallet::apply`] has not made the request.
		///
		/// Emits [`Event::Admitted`] or [`Event::Declined`]. Does not fail: what a failed callback has written would be gone, and nobody
		/// would make it again.
		#[pallet::call_index(1)]
		#[pallet::weight(T::DbWeight::get().reads_writes(4, 3))]
		pub fn decide(origin: OriginFor<T>) -> DispatchResult {
			let request = T::ResultOrigin::ensure_origin(origin)?;
			let Some(who) = Applicants::<T>::take(request) else { return Ok(()) };
			let output = Results::<T>::get(request).and_then(|result| result.output);
			let admitted = output.as_ref().and_then(label_of) == Some(ADMITTED);
			// Others may have taken the last places since the application.
			if admitted && Members::<T>::count() < T::MaxMembers::get() {
				Members::<T>::insert(&who, ());
				Self::deposit_event(Event::Admitted { request, who });
			} else {
				Self::deposit_event(Event::Declined { request, who });
			}
			Ok(())
		}

		/// Removes an application whose request has ended without a verdict: nobody calls back.
		///
		/// Origin: signed by anyone.
		///
		/// - `request`: the request.
		///
		/// Emits [`Event::Forgotten`]. Fails with [`Error::NoApplication`], and with [`Error::Open`] as long as an answer may come.
		#[pallet::call_index(2)]
		#[pallet::weight(T::DbWeight::get().reads_writes(3, 1))]
		pub fn forget(origin: OriginFor<T>, request: RequestId) -> DispatchResult {
			ensure_signed(origin)?;
			let who = Applicants::<T>::get(request).ok_or(Error::<T>::NoApplication)?;
			let open = Requests::<T>::contains_key(request) || pallet_inference::Callbacks::<T>::contains_key(request);
			ensure!(!open, Error::<T>::Open);
			Applicants::<T>::remove(request);
			Self::deposit_event(Event::Forgotten { request, who });
			Ok(())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[cfg(any(feature = "try-runtime", feature = "std"))]
	impl<T: Config> Pallet<T> {
		/// The invariants after every block.
		pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
			ensure!(Members::<T>::count() <= T::MaxMembers::get(), "admission: more members than the club takes");
			let next = NextRequest::<T>::get();
			ensure!(
				Applicants::<T>::iter_keys().all(|request| request < next),
				"admission: a request that nobody has made"
			);
			Ok(())
		}
	}
}
