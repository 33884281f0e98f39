//! # Inference pallet
//!
//! Takes requests of inferences and their fees, and makes what the validators attest final: written, paid, and told to who asked.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage, and [`InferenceApi`] for the runtime API.
//!
//! ## Overview
//!
//! Anyone asks a model of [`pallet_models`] with [`Pallet::request_inference`] and puts the fee on hold. The rounds of
//! [`pallet_rounds`] decide what the model gives on the input. When the window of their agreement is over, the result is final: it is
//! recorded with its claim, the voters and the publisher are paid, and the rest of the hold returns. For an era after the agreement a
//! validator may still dispute it with [`Pallet::dispute_result`]. The decision of all is written beside it, see
//! [`Review`].
//!
//! ## Example
//!
//! A pallet that is called back with an answer of a model. Its runtime sets `ResultOrigin` to [`EnsureInferenceResult`] and lets the
//! call through [`Config::CallbackFilter`]; whoever asks names the call as the request's callback.
//!
//! ```
//! #[frame_support::pallet(dev_mode)]
//! pub mod pallet_oracle {
//!     use assay_primitives::{verdict::OutputBytes, Output, RequestId};
//!     use frame_support::pallet_prelude::*;
//!     use frame_system::pallet_prelude::*;
//!
//!     #[pallet::config]
//!     pub trait Config: frame_system::Config + pallet_inference::Config {
//!         type ResultOrigin: EnsureOrigin<Self::RuntimeOrigin, Success = RequestId>;
//!     }
//!
//!     #[pallet::pallet]
//!     pub struct Pallet<T>(_);
//!
//!     /// The last answer: the bytes of a tensor bundle.
//!     #[pallet::storage]
//!     pub type Answer<T> = StorageValue<_, OutputBytes>;
//!
//!     #[pallet::call]
//!     impl<T: Config> Pallet<T> {
//!         pub fn take_answer(origin: OriginFor<T>) -> DispatchResult {
//!             let request = T::ResultOrigin::ensure_origin(origin)?;
//!             let result = pallet_inference::Results::<T>::get(request);
//!             // None of a request that ended without an output, such as a model's failure.
//!             if let Some(Output::Inline(bytes)) = result.and_then(|result| result.output) {
//!                 Answer::<T>::put(bytes);
//!             }
//!             Ok(())
//!         }
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! ## Low level
//!
//! A request is a subject of [`pallet_rounds`], with [`Pallet::terms`] as its terms. Callbacks are made, and results pruned, in `on_idle`,
//! out of what a block has left.
//!
//! | module | writes |
//! |---|---|
//! | `requests` | `Requests`, `Inputs`, `NextRequest`, `Reserved` |
//! | `results` | `Results`, `FinalizedIn`, `ResultsRoot`, `Prunable`, `PrunedTo` |
//! | `overturn` | `Inputs` and `Results` of a request whose final result is disputed |
//! | `callbacks` | `Callbacks`, `CallbackQueue` |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use callbacks::{ensure_inference_result, EnsureInferenceResult};
pub use pallet::*;
pub use subjects::ModelsAndRequests;
pub use types::*;
pub use weights::WeightInfo;

mod callbacks;
mod events;
pub mod history;
mod overturn;
mod requests;
mod results;
mod subjects;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use assay_primitives::{host::HostError, ContentId, EngineId, EngineStatus, ModelId, RequestId};
use frame_support::pallet_macros::import_section;
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_models::{BlobRef, Input};
pub use pallet_rounds::{AccountIdOf, BalanceOf};
use sp_runtime::traits::NumberFor;

sp_api::decl_runtime_apis! {
	/// Queries of nodes and clients.
	pub trait InferenceApi<Balance> where Balance: codec::Codec {
		/// The engine that the network runs.
		fn engine() -> Option<EngineId>;
		/// True if the chain needs a blob of this id and length in bytes. Nodes take uploads of no other.
		fn blob_expected(id: ContentId, size: u64) -> bool;
		/// The same for up to 1,000 blobs, in their order. Blobs beyond them get no answer.
		fn blobs_expected(blobs: Vec<BlobRef>) -> Vec<bool>;
		/// Blobs that every validator keeps: those of models that are pending, active or have open requests, with their samples
		/// and cards. Looks at `limit` models, at most 1,000, from the one after `after` on, in the order of the storage, and says
		/// after which one to go on.
		fn model_blobs(after: Option<ModelId>, limit: u32) -> (Vec<BlobRef>, Option<ModelId>);
		/// Outputs that are blobs, of the results that became final from block `first` to block `last`, of at most 1,000 blocks.
		fn output_blobs(first: u32, last: u32) -> Vec<BlobRef>;
		/// Plancks that a request holds: for its unit limit, the bytes of its input, its committee and its auditors; royalty and callback
		/// apart.
		/// `None` if the sum does not fit.
		fn price(units: u64, bytes: u64, k: u32, audits: u32) -> Option<Balance>;
		/// The decision of all validators on a dispute of a request's final result, if they have made one: a receipt
		/// proves the result that became final, and not a later decision. None once the result has left the state.
		fn review(request: RequestId) -> Option<Review<NumberFor<Block>>>;
		/// State of the node's engine. In a runtime API there is none: the answer is always
		/// [`HostError::NotOffchain`], which shows that block execution cannot reach it.
		fn engine_status() -> Result<EngineStatus, HostError>;
	}
}

// The macros of storage and errors expand to code that calls `expect`, on constants alone.
#[allow(clippy::expect_used)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use assay_primitives::{constants::MAX_UNIT_LIMIT, Hash32, Verdict};
	use frame_support::{
		dispatch::{GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::Contains,
		weights::WeightMeter,
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{Convert, Dispatchable};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<
			RuntimeEvent: From<Event<Self>>,
			RuntimeCall: GetDispatchInfo + Dispatchable<PostInfo = PostDispatchInfo>,
			RuntimeOrigin: From<Origin>,
		> + pallet_rounds::Config<RuntimeHoldReason: From<HoldReason>>
		+ pallet_models::Config
	{
		/// Calls that a request may have made after it is final.
		type CallbackFilter: Contains<<Self as frame_system::Config>::RuntimeCall>;
		/// Plancks for weight that a request causes, and for that of a callback.
		type WeightPrice: Convert<Weight, u128>;
		/// Plancks for a byte of what a request has others put into blocks.
		#[pallet::constant]
		type LengthPrice: Get<u128>;
		/// Plancks for a byte of an output that is a blob, for each validator that keeps it.
		#[pallet::constant]
		type StoredBytePrice: Get<u128>;
		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;

		/// Committee size when a request names none.
		#[pallet::constant]
		type DefaultCommittee: Get<u32>;
		/// Largest committee.
		#[pallet::constant]
		type MaxCommittee: Get<u32>;
		/// Auditors that are expected beside a committee when a request names no number.
		#[pallet::constant]
		type DefaultAudits: Get<u32>;
		/// Most auditors that a request may ask for.
		#[pallet::constant]
		type MaxAudits: Get<u32>;
		/// The window in which a committee's agreement may be disputed, for requests that name none.
		#[pallet::constant]
		type DefaultWindow: Get<Window>;
		/// Blocks of the window `Assured` at least.
		#[pallet::constant]
		type AssuredWindow: Get<u32>;
		/// Fewest blocks of a window that a request may ask for.
		#[pallet::constant]
		type MinWindow: Get<u32>;
		/// Most blocks of a window that a request may ask for.
		#[pallet::constant]
		type MaxWindow: Get<u32>;
		/// Blocks after which a result leaves the state.
		#[pallet::constant]
		type ResultRetention: Get<u32>;
		/// Callbacks of open requests and of those that wait for their turn.
		#[pallet::constant]
		type MaxCallbacks: Get<u32>;
		/// Largest weight of a callback.
		#[pallet::constant]
		type MaxCallbackWeight: Get<Weight>;
	}

	/// Origin of calls that the pallet makes.
	#[pallet::origin]
	#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
	pub enum Origin {
		/// The callback of a request that is final. Neither the requester's power nor anybody else's comes with it.
		#[codec(index = 0)]
		InferenceResult(RequestId),
	}

	/// The reasons for which plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a request; what is not used returns.
		#[codec(index = 0)]
		Escrow,
	}

	/// Id of the next request.
	#[pallet::storage]
	pub type NextRequest<T: Config> = StorageValue<_, RequestId, ValueQuery>;

	/// Open requests.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageMap<_, Twox64Concat, RequestId, Request<T>>;

	/// Inputs of open requests, and of those that are open again.
	#[pallet::storage]
	pub type Inputs<T: Config> = StorageMap<_, Twox64Concat, RequestId, Input>;

	/// Compute units that validators may still have to run for open requests.
	#[pallet::storage]
	pub type Reserved<T: Config> = StorageValue<_, OpenUnits, ValueQuery>;

	/// The price of a compute unit now, in parts of [`pallet_models::Config::UnitPrice`].
	#[pallet::storage]
	pub type CurrentDemand<T: Config> = StorageValue<_, Demand, ValueQuery>;

	/// Calls to make once a request is final.
	#[pallet::storage]
	pub type Callbacks<T: Config> = CountedStorageMap<_, Twox64Concat, RequestId, Callback>;

	/// Final requests whose callbacks are to be made, in the order in which they became final.
	#[pallet::storage]
	pub type CallbackQueue<T: Config> = StorageValue<_, BoundedVec<RequestId, T::MaxCallbacks>, ValueQuery>;

	/// Ended requests, for [`Config::ResultRetention`] blocks.
	#[pallet::storage]
	pub type Results<T: Config> = StorageMap<_, Twox64Concat, RequestId, ResultRecord<T>>;

	/// Requests that became final in a block, each with the leaf of its claim: what the results root is made of.
	#[pallet::storage]
	pub type FinalizedIn<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<(RequestId, Hash32), T::MaxPerBlock>, ValueQuery>;

	/// Merkle root over the results that became final in the last finished block.
	#[pallet::storage]
	pub type ResultsRoot<T: Config> = StorageValue<_, Hash32, ValueQuery>;

	/// Results by the block in which they leave the state.
	#[pallet::storage]
	pub type Prunable<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<RequestId, T::MaxPerBlock>, ValueQuery>;

	/// The first block of which not every result has left the state.
	#[pallet::storage]
	pub type PrunedTo<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	#[pallet::error]
	pub enum Error<T> {
		/// The unit limit is 0 or above the largest one that may be bought.
		UnitLimitOutOfRange,
		/// The committee is smaller than min(3, validators) or larger than min(21, validators).
		CommitteeOutOfRange,
		/// The price for the unit limit is above `max_fee`. Raise it, or lower the unit limit.
		FeeAboveMax,
		/// The chain makes no such callback. Send one that its filter lets through.
		CallbackNotAllowed,
		/// A request asks for at most 32 auditors.
		TooManyAudits,
		/// A window has 4 to 1,800 blocks.
		WindowOutOfRange,
		/// The callback weighs more than one may, or has more than 4 KiB.
		CallbackTooLarge,
		/// Too many callbacks wait. Try again in a few blocks.
		TooManyCallbacks,
		/// Open requests have reserved all that the validators can do in time. Ask again in a few minutes, or for fewer units: requests of
		/// at most a quarter of a block's units have room of their own.
		TooManyUnits,
		/// There is no final result of this request: it is open, ended without one, or left the state.
		NotFinal,
		/// All validators have decided on this result: there is nobody left to ask.
		DecidedByAll,
		/// The result was attested under an engine that nodes hold no more: nobody can decide.
		OtherEngine,
		/// The input is not the one that the result is about.
		OtherInput,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Requests an inference and puts its price on hold.
		///
		/// Origin: signed. The result is final a few blocks later, see [`Event::InferenceFinalized`]; what is not used of the hold
		/// returns in that block.
		///
		/// - `model`: an active model.
		/// - `input`: an encoded tensor bundle, at most 64 KiB, or a blob of at most 16 MiB, to be uploaded next.
		/// - `unit_limit`: compute units that the run may use, load included. If it needs more, the result is `Failed` with
		///   `ComputeLimit`.
		/// - `max_fee`: most plancks that may be put on hold.
		/// - `k`: committee size; none for the default.
		/// - `audits`: auditors that are expected beside the committee; none for the default. All validators vote if
		///   there are no more of them than members and auditors together.
		/// - `window`: how long the committee's agreement may be disputed; none for the default. A short one is worth no more than what a
		///   committee has bonded.
		/// - `callback`: a call to make after finality, with the origin [`Origin::InferenceResult`] and no other. Its weight is prepaid
		///   at the price of the time, and goes to the treasury; it returns if the request does not become final.
		///
		/// Emits [`Event::InferenceRequested`].
		///
		/// # Errors
		///
		/// - [`pallet_models::Error::InputSizeOutOfRange`] if the input is empty or has more than 16 MiB.
		/// - [`Error::UnitLimitOutOfRange`] if `unit_limit` is 0 or above `MAX_UNIT_LIMIT`.
		/// - [`Error::CallbackNotAllowed`] if [`Config::CallbackFilter`] does not let the callback through.
		/// - [`Error::CallbackTooLarge`] if it weighs more than [`Config::MaxCallbackWeight`] or has more than
		///   [`MAX_CALLBACK_BYTES`].
		/// - [`Error::TooManyCallbacks`] if [`Config::MaxCallbacks`] callbacks wait.
		/// - [`pallet_models::Error::ModelUnknown`] if no model has this id.
		/// - [`pallet_models::Error::ModelNotActive`] if it is pending, rejected or retired.
		/// - [`pallet_models::Error::ModelOutdated`] if its engine is neither the one in use nor the one before.
		/// - [`pallet_models::Error::NoValidators`] if the session has no validators.
		/// - [`Error::CommitteeOutOfRange`] if `k` is below min(3, V) or above min([`Config::MaxCommittee`], V), with V
		///   validators.
		/// - [`Error::TooManyAudits`] if `audits` is above [`Config::MaxAudits`].
		/// - [`Error::WindowOutOfRange`] if `window` has fewer blocks than [`Config::MinWindow`] or more than
		///   [`Config::MaxWindow`].
		/// - [`Error::FeeAboveMax`] if the price is above `max_fee`.
		/// - [`Error::TooManyUnits`] if open requests have reserved the units that validators can run in time.
		/// - [`pallet_models::Error::Overflow`] if a sum does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for the price.
		/// - [`pallet_rounds::Error::BlockFull`] if this block has taken as many subjects as it can, and
		///   [`pallet_rounds::Error::TooManyOpen`] if as many are open as there can be.
		#[pallet::call_index(0)]
		#[pallet::weight({
			let callback = callback.as_ref().map_or(Weight::zero(), |_| <T as Config>::WeightInfo::callback());
			<T as Config>::WeightInfo::request_inference(input.inline_len()).saturating_add(callback)
		})]
		pub fn request_inference(
			origin: OriginFor<T>,
			model: ModelId,
			input: Input,
			unit_limit: u64,
			max_fee: BalanceOf<T>,
			k: Option<u32>,
			audits: Option<u32>,
			window: Option<Window>,
			callback: Option<alloc::boxed::Box<<T as frame_system::Config>::RuntimeCall>>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			pallet_models::Pallet::<T>::ensure_input_size(&input)?;
			ensure!(unit_limit > 0 && unit_limit <= MAX_UNIT_LIMIT, Error::<T>::UnitLimitOutOfRange);
			let callback = callback.map(|call| Self::take_callback(*call)).transpose()?;
			Self::do_request_inference(owner, model, input, unit_limit, max_fee, k, audits, window, callback)
		}

		/// Disputes a final result: every validator runs the model once more, and two thirds decide. If they decide otherwise, those who
		/// had voted for the result are penalised, and [`Review::Overturned`] stands in its record; the result itself, its receipt and
		/// its payments stay. The requester gets back at most the price that it paid to validators.
		///
		/// Origin: signed by a validator of the current session that has lost no dispute within an era. Puts on hold what any dispute does:
		/// the larger of a fiftieth of its bond and the price of a run by every validator. The hold returns if the result is overturned;
		/// half of it if all cannot decide because more than a third lack the bytes; else it is lost to the treasury.
		///
		/// Taken within an era of the end of the round that agreed, of a result that a committee has decided, under the engine that the
		/// network runs.
		///
		/// - `request`: the request.
		/// - `input`: its input, which the state does not have any more: an encoded tensor bundle of at most 64 KiB, or a blob, to be
		///   uploaded next. So is the model's file, if it was retired.
		///
		/// Emits `Disputed` and `Escalated`, then `DisputeSettled`, and [`Event::ResultOverturned`] or [`Event::ResultConfirmed`].
		///
		/// # Errors
		///
		/// - [`Error::NotFinal`] if the state has no final result of this request.
		/// - [`Error::DecidedByAll`] if all validators have decided on it, in its own rounds or on an earlier dispute.
		/// - [`Error::OtherEngine`] if nodes hold the engine of the result no more.
		/// - [`Error::OtherInput`] if `input` is not the one that the result is about.
		/// - [`pallet_models::Error::ModelUnknown`] if the record of the model has left the state.
		/// - [`pallet_rounds::Error::NotValidator`] if the account is no validator of the current session, or was put
		///   out.
		/// - [`pallet_rounds::Error::LostDispute`] if it has lost a dispute within an era.
		/// - [`pallet_rounds::Error::AlreadyOpen`] if a dispute of this result is open.
		/// - [`pallet_rounds::Error::TooLate`] if the round that agreed ended an era ago or earlier.
		/// - [`pallet_rounds::Error::TooManyReopened`] if all validators judge as many final results as they can at a
		///   time.
		/// - [`pallet_rounds::Error::Overflow`] or [`pallet_models::Error::Overflow`] if a sum does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for the hold.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::dispute_result(input.inline_len()))]
		pub fn dispute_result(origin: OriginFor<T>, request: RequestId, input: Input) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_dispute_result(who, request, input)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::follow_demand();
			T::DbWeight::get().reads_writes(3, 1)
		}

		fn on_idle(now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::make_callbacks(&mut meter);
			Self::prune_due(now, &mut meter);
			meter.consumed()
		}

		fn on_finalize(now: BlockNumberFor<T>) {
			Self::root_results(now);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(T::MaxCommittee::get() <= T::MaxValidators::get(), "a committee fits into the validators");
			assert!(T::MinWindow::get() > 0, "a result is never final in the block that attests it");
			let windows = T::MinWindow::get()..=T::MaxWindow::get();
			assert!(windows.contains(&T::AssuredWindow::get()), "no window is shorter than the shortest");
			if let Window::Blocks(blocks) = T::DefaultWindow::get() {
				assert!(windows.contains(&blocks), "a request may ask for the default");
			}
			assert!(T::DefaultAudits::get() <= T::MaxAudits::get(), "a request may ask for the default");
			assert!(T::ResultRetention::get() > 0, "a result outlives the block that writes it");
		}
	}
}
