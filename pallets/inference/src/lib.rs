//! # Inference pallet
//!
//! Registers models, takes requests, and lets bonded validators attest what a model gives on an input.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage, and [`InferenceApi`] and [`ModelsApi`] for the runtime APIs.
//!
//! ## Overview
//!
//! A model is a file; its id is the hash of its bytes. Its publisher registers it with [`Pallet::register_model`] and
//! uploads the bytes to a node. Validators fetch them, run the model on its sample input and attest the result; if two thirds
//! agree, the model is active. It is found by name, owner, task and tags through [`ModelsApi`]. Its owner may describe it anew, state
//! where it comes from, give it away, or retire it.
//!
//! Anyone asks with [`Pallet::request_inference`] and puts the fee on hold. Two blocks later a committee is drawn from
//! the validators; its members run the model in the canonical engine, commit to a sealed vote and reveal it once all
//! have committed. If enough votes are equal, the result becomes final after a challenge window, the voters and the publisher are
//! paid and the rest of the hold returns. If votes differ, every validator runs the model and two thirds decide. So they do if a
//! validator that drew itself as an auditor contradicts, or if one disputes the result ([`Pallet::dispute`]). Whoever was wrong is
//! told to the pallet that holds the bonds.
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
//! Everything that is attested goes through one mechanism, a [`Round`]. Deadlines are tasks in [`Agenda`]; a draw happens at the end
//! of the block after the one that asked for it, with the VRF outputs of both, so that nobody knows the committee when
//! the request is included. No vote can be read before the commit window is closed, and a vote is bound to a keyed digest of the whole
//! run, so copying is of no use. Nobody is at fault before all have decided. Callbacks are made, and results and
//! rejected models pruned, in `on_idle`, out of what a block has left. What models are found by is kept in the order of names, so that a
//! search is a walk over neighbours. The engine is reached through the off-chain worker alone.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use callbacks::{ensure_inference_result, EnsureInferenceResult};
pub use listing::{Facet, ListKey, ModelCursor, ModelFilter, ModelInfo, ModelPage, ModelState, MAX_LOOKED, MAX_PAGE};
pub use pallet::*;
pub use registry::provenance_payload;
pub use types::*;
pub use weights::WeightInfo;

mod attest;
mod audits;
mod authorize;
mod blobs;
mod callbacks;
mod disputes;
mod engine;
mod events;
mod faults;
mod lifecycle;
mod listing;
pub mod math;
mod offchain;
mod registry;
mod rounds;
mod session;
mod settle;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use assay_primitives::{host::HostError, ContentId, EngineId, EngineStatus, ModelId};
use frame_support::pallet_macros::import_section;
use frame_support::traits::fungible::Inspect;
use frame_system::pallet_prelude::BlockNumberFor;

/// Balance of the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Account id of the runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

sp_api::decl_runtime_apis! {
	/// What a node and a client ask the pallet.
	pub trait InferenceApi<Balance> where Balance: codec::Codec {
		/// The engine that the network runs.
		fn engine() -> Option<EngineId>;
		/// Whether the chain needs a blob of this id and length in bytes. Nodes take uploads of no other.
		fn blob_expected(id: ContentId, size: u64) -> bool;
		/// The same for up to 1,000 blobs, in their order. What is beyond them gets no answer.
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
		fn price(units: u64, bytes: u64, k: u32) -> Option<Balance>;
		/// State of the node's engine. In a runtime API there is none: the answer is always
		/// [`HostError::NotOffchain`], which shows that block execution cannot reach it.
		fn engine_status() -> Result<EngineStatus, HostError>;
	}

	/// The registry of models, for clients that have no indexer. An answer reads a bounded part of the state, whatever is registered.
	pub trait ModelsApi<AccountId, Balance> where AccountId: codec::Codec, Balance: codec::Codec {
		/// Models that a filter lets through, in the order of their names, and of a name's versions from the newest on: at most
		/// `limit`, from 1 to [`MAX_PAGE`]. Looks at [`MAX_LOOKED`] entries, of those that share the owner, else the tag, else the
		/// task of the filter; so a page can be short, or empty, and have a next one. `after` is where the page before ended.
		fn models(
			filter: ModelFilter<AccountId>,
			after: Option<ModelCursor>,
			limit: u32,
		) -> ModelPage<AccountId, Balance>;
		/// The model with this id.
		fn model(id: ModelId) -> Option<ModelInfo<AccountId, Balance>>;
		/// A version of a name; without a version the newest one that is active, of the newest [`MAX_LOOKED`].
		fn model_named(name: ModelName, version: Option<u32>) -> Option<ModelInfo<AccountId, Balance>>;
	}
}

// What the macros of storage and errors expand to expects what a constant holds.
#[allow(clippy::expect_used)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use assay_primitives::{
		constants::{MAX_BLOB_INPUT, MAX_INLINE_OUTPUT, MAX_MODEL_BYTES, MAX_UNIT_LIMIT},
		infr::{AuthorityId, AuthoritySignature},
		Bonds, Hash32, Output, RequestId, RoundId, Verdict, Vote,
	};
	use frame_support::{
		dispatch::{GetDispatchInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{fungible, Contains, ValidatorSet},
		weights::WeightMeter,
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
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
		> + CreateAuthorizedTransaction<Call<Self>>
	{
		/// Reasons of the runtime's holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// The currency that fees and deposits are paid in.
		type Currency: fungible::MutateHold<AccountIdOf<Self>, Reason = Self::RuntimeHoldReason>
			+ fungible::Mutate<AccountIdOf<Self>>
			+ fungible::Inspect<AccountIdOf<Self>, Balance = u128>;
		/// Index of the current session.
		type ValidatorSet: ValidatorSet<AccountIdOf<Self>>;
		/// VRF output of the author of the current block, once the consensus pallet's `on_finalize` has run.
		type AuthorVrf: Get<Option<Hash32>>;
		/// Bonds of validators, and where their faults are told.
		type Bonds: Bonds<AccountIdOf<Self>>;
		/// Weight of a penalty.
		type PenaltyWeight: Get<Weight>;
		/// Who may propose an engine.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Calls that a request may have made after it is final.
		type CallbackFilter: Contains<<Self as frame_system::Config>::RuntimeCall>;
		/// Plancks for the weight of a callback.
		type WeightPrice: Convert<Weight, u128>;
		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;
		/// Account that receives base prices and remainders.
		type Treasury: Get<AccountIdOf<Self>>;

		/// Plancks for a request, whatever it runs.
		#[pallet::constant]
		type BasePrice: Get<u128>;
		/// Plancks for a compute unit, to each voter.
		#[pallet::constant]
		type UnitPrice: Get<u128>;
		/// Plancks for a byte of input, to each voter.
		#[pallet::constant]
		type BytePrice: Get<u128>;
		/// Plancks held for a model's record, with what it is found by and its provenance.
		#[pallet::constant]
		type DepositBase: Get<u128>;
		/// Plancks held for each KiB of a model and its sample, rounded up, and of its card, rounded up.
		#[pallet::constant]
		type DepositPerKib: Get<u128>;
		/// Plancks held for a name.
		#[pallet::constant]
		type NameDeposit: Get<u128>;
		/// Committee size when a request names none.
		#[pallet::constant]
		type DefaultCommittee: Get<u32>;
		/// Largest committee.
		#[pallet::constant]
		type MaxCommittee: Get<u32>;
		/// Auditors that are expected in a committee's round, beside its members.
		#[pallet::constant]
		type Auditors: Get<u32>;
		/// Most members of an activation round.
		#[pallet::constant]
		type MaxActivation: Get<u32>;
		/// Most validators of a session.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Models and requests that one block takes.
		#[pallet::constant]
		type MaxPerBlock: Get<u32>;
		/// Pending models and open requests together.
		#[pallet::constant]
		type MaxOpen: Get<u32>;
		/// Blocks in which a pending model's bytes are to be uploaded and its sample attested.
		#[pallet::constant]
		type ActivationWindow: Get<u32>;
		/// Compute units that the activation of a model may use.
		#[pallet::constant]
		type ActivationUnits: Get<u64>;
		/// Blocks that a challenge may be raised in after `Attested`.
		#[pallet::constant]
		type ChallengeWindow: Get<u32>;
		/// Blocks after which a result, or the record of a rejected model, leaves the state.
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

	/// Why plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a model's bytes, returned when it is retired or rejected, and for its record, returned when that leaves the state.
		#[codec(index = 0)]
		ModelDeposit,
		/// For the validators that activate a model.
		#[codec(index = 1)]
		Activation,
		/// For a request; what is not used returns.
		#[codec(index = 2)]
		Escrow,
		/// For a dispute; lost unless the result is overturned.
		#[codec(index = 3)]
		Dispute,
		/// For a name, which stays.
		#[codec(index = 4)]
		NameDeposit,
	}

	/// The engine that new models and requests use.
	#[pallet::storage]
	pub type CurrentEngine<T: Config> = StorageValue<_, EngineId>;

	/// The engine that is to follow, and who holds it.
	#[pallet::storage]
	pub type NextEngine<T: Config> = StorageValue<_, EngineProposal<T>>;

	/// Models by id.
	#[pallet::storage]
	pub type Models<T: Config> = StorageMap<_, Blake2_128Concat, ModelId, Model<T>>;

	/// Sample inputs of models that have one.
	#[pallet::storage]
	pub type Samples<T: Config> = StorageMap<_, Blake2_128Concat, ModelId, Input>;

	/// Names and who holds them.
	#[pallet::storage]
	pub type Names<T: Config> = StorageMap<_, Blake2_128Concat, ModelName, NameRecord<T>>;

	/// Models by what they are found by, and there in the order of names and versions. The second key is not hashed, for its order is what
	/// it is for: names that begin alike make a branch of the state's trie deeper, by their 64 bytes at most, and each costs a deposit.
	#[pallet::storage]
	pub type Listing<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, Facet<AccountIdOf<T>>, Identity, ListKey, ModelId>;

	/// Where models come from, as their publishers state it.
	#[pallet::storage]
	pub type Provenances<T: Config> = StorageMap<_, Blake2_128Concat, ModelId, Provenance>;

	/// Id of the next request.
	#[pallet::storage]
	pub type NextRequest<T: Config> = StorageValue<_, RequestId, ValueQuery>;

	/// Open requests.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageMap<_, Twox64Concat, RequestId, Request<T>>;

	/// Inputs of open requests.
	#[pallet::storage]
	pub type Inputs<T: Config> = StorageMap<_, Twox64Concat, RequestId, Input>;

	/// What the voters of attested requests agreed on, and who is to be paid for it.
	#[pallet::storage]
	pub type Voters<T: Config> = StorageMap<_, Twox64Concat, RequestId, Agreement<T>>;

	/// Challenges that everybody's votes are to settle.
	#[pallet::storage]
	pub type Disputes<T: Config> = StorageMap<_, Twox64Concat, RequestId, Dispute<T>>;

	/// Outputs of attested requests.
	#[pallet::storage]
	pub type Attested<T: Config> = StorageMap<_, Twox64Concat, RequestId, Product>;

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

	/// Blobs that the chain needs, by id and length, with the number of records that do.
	#[pallet::storage]
	pub type Blobs<T: Config> = StorageMap<_, Blake2_128Concat, (ContentId, u64), u32, ValueQuery>;

	/// Id of the next round.
	#[pallet::storage]
	pub type NextRound<T: Config> = StorageValue<_, RoundId, ValueQuery>;

	/// Open rounds.
	#[pallet::storage]
	pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, RoundId, Round<T>>;

	/// Members of open rounds and what they have said.
	#[pallet::storage]
	pub type Ballots<T: Config> = StorageDoubleMap<_, Twox64Concat, RoundId, Blake2_128Concat, AccountIdOf<T>, Ballot>;

	/// Open rounds by the key that attests in them.
	#[pallet::storage]
	pub type Duties<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AuthorityId, Twox64Concat, RoundId, AccountIdOf<T>>;

	/// Inputs and outputs of the verdicts revealed in open rounds, by result hash.
	#[pallet::storage]
	pub type Products<T: Config> = StorageDoubleMap<_, Twox64Concat, RoundId, Identity, Hash32, Product>;

	/// Votes of rounds that ended in a contradiction or a dispute, until the escalation has decided who was wrong.
	#[pallet::storage]
	pub type Contested<T: Config> =
		StorageMap<_, Twox64Concat, RoundId, BoundedVec<(AccountIdOf<T>, Vote), T::MaxValidators>, ValueQuery>;

	/// What is due in a block.
	#[pallet::storage]
	pub type Agenda<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<Deadline, T::MaxPerBlock>, ValueQuery>;

	/// Results and rejected models by the block in which they leave the state.
	#[pallet::storage]
	pub type Prunable<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<Subject, T::MaxPerBlock>, ValueQuery>;

	/// The first block of which not everything has left the state.
	#[pallet::storage]
	pub type PrunedTo<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Draws that this block asked for.
	#[pallet::storage]
	pub type NewDraws<T: Config> = StorageValue<_, BoundedVec<PendingDraw, T::MaxOpen>, ValueQuery>;

	/// Draws that an earlier block asked for; they take place at the end of this block.
	#[pallet::storage]
	pub type DueDraws<T: Config> = StorageValue<_, BoundedVec<PendingDraw, T::MaxOpen>, ValueQuery>;

	/// VRF output of the author of the last block.
	#[pallet::storage]
	pub type LastVrf<T: Config> = StorageValue<_, Hash32, ValueQuery>;

	/// Models and requests that this block took.
	#[pallet::storage]
	pub type TakenInBlock<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Pending models and open requests together.
	#[pallet::storage]
	pub type Open<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Validators of the current session with their attestation keys.
	#[pallet::storage]
	pub type Electors<T: Config> =
		StorageValue<_, WeakBoundedVec<(AccountIdOf<T>, AuthorityId), T::MaxValidators>, ValueQuery>;

	/// Validators of this session and the ones before, from which auditors of open rounds come.
	#[pallet::storage]
	pub type SessionElectors<T: Config> =
		StorageMap<_, Twox64Concat, u32, WeakBoundedVec<(AccountIdOf<T>, AuthorityId), T::MaxValidators>, ValueQuery>;

	/// Validators that could not get the bytes of an active model, since its last agreement.
	#[pallet::storage]
	pub type Unavailable<T: Config> =
		StorageMap<_, Blake2_128Concat, ModelId, BoundedVec<AccountIdOf<T>, T::MaxValidators>, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The engine that the network runs. Without it, models and requests are refused with [`Error::NoEngine`].
		pub engine: Option<EngineId>,
		#[serde(skip)]
		_phantom: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Some(engine) = self.engine {
				CurrentEngine::<T>::put(engine);
			}
		}
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The network names no engine. Start it from a chain spec that carries one.
		NoEngine,
		/// There is no validator to attest.
		NoValidators,
		/// The model is registered already. Use it, or register another file.
		ModelExists,
		/// No model has this id. Register it first.
		ModelUnknown,
		/// The model is pending, rejected or retired. Wait for `ModelActivated`, or ask another.
		ModelNotActive,
		/// Only the owner of the model or the name may do this.
		NotOwner,
		/// The name belongs to another account. Choose another.
		NameTaken,
		/// No model was ever registered under this name.
		NameUnknown,
		/// A name has 1 to 64 of: lower-case letters, digits, `-`, `_`, `.`, `/`.
		InvalidName,
		/// Versions of a name only go up. Choose a higher one.
		VersionNotNewer,
		/// A model has between 1 byte and 256 MiB.
		ModelSizeOutOfRange,
		/// An input has at least 1 byte, and at most 64 KiB inline or 16 MiB as a blob.
		InputSizeOutOfRange,
		/// A model card has between 1 byte and 1 MiB.
		CardSizeOutOfRange,
		/// A task has at most 32 of: lower-case letters, digits, `-`, `_`, `.`, `/`.
		InvalidTask,
		/// There are at most 8 tags, each once, with 1 to 24 of: lower-case letters, digits, `-`, `_`, `.`, `/`.
		InvalidTag,
		/// A licence is printable ASCII; a description and a statement are UTF-8 without control characters, and a statement says
		/// something.
		InvalidText,
		/// The signature is not the key's over this model, name, version and statement.
		InvalidSignature,
		/// The unit limit is 0 or above the largest one that may be bought.
		UnitLimitOutOfRange,
		/// The committee is smaller than min(3, validators) or larger than min(21, validators).
		CommitteeOutOfRange,
		/// The price for the unit limit is above `max_fee`. Raise it, or lower the unit limit.
		FeeAboveMax,
		/// Too many models and requests are open. Try again in a few blocks.
		TooManyOpen,
		/// This block has taken all it can. Try again in the next one.
		BlockFull,
		/// The chain makes no such callback. Send one that its filter lets through.
		CallbackNotAllowed,
		/// The callback weighs more than one may, or has more than 4 KiB.
		CallbackTooLarge,
		/// Too many callbacks wait. Try again in a few blocks.
		TooManyCallbacks,
		/// A sum does not fit.
		Overflow,
		/// The request is not attested, or has ended. Only results in their challenge window can be disputed.
		NotAttested,
		/// All validators have voted on this result: there is nobody left to ask.
		DecidedByAll,
		/// Only a validator of the current session may do this.
		NotValidator,
		/// The model is active under the engine of the network.
		EngineNotNewer,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a model and starts its activation.
		///
		/// Origin: signed. Puts a deposit on hold ([`Config::DepositPerKib`], which returns when the model is rejected, or retired with
		/// no request open; [`Config::DepositBase`], which stays as long as the record, of a rejected model
		/// [`Config::ResultRetention`] blocks; for a new name [`Config::NameDeposit`], which stays); and the activation fee, which goes
		/// to the validators that attest and is not returned. Upload the bytes next, and the card's; those of the model are to arrive
		/// within [`Config::ActivationWindow`] blocks.
		///
		/// - `model`: [`ContentId`] of the ONNX file's bytes.
		/// - `size`: their number.
		/// - `name`, `version`: names belong to their first registrant, or to whom that gives them; versions of a name only go up.
		/// - `metadata`: what it is found by, and what people read. Tags and task are of the alphabet of names.
		/// - `royalty`: plancks to the owner for each request that ends with an output.
		/// - `sample`: the input of the activation run; without one the engine makes one from the declared inputs.
		/// - `expected`: the result hash that the sample has to give.
		///
		/// Emits [`Event::ModelRegistered`], and [`Event::NameRegistered`] for a new name.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_model())]
		pub fn register_model(
			origin: OriginFor<T>,
			model: ModelId,
			size: u64,
			name: ModelName,
			version: u32,
			metadata: ModelMetadata,
			royalty: BalanceOf<T>,
			sample: Option<Input>,
			expected: Option<Hash32>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			ensure!(size > 0 && size <= MAX_MODEL_BYTES, Error::<T>::ModelSizeOutOfRange);
			Self::ensure_name(&name)?;
			Self::ensure_metadata(&metadata)?;
			if let Some(sample) = &sample {
				Self::ensure_input_size(sample)?;
			}
			Self::do_register_model(owner, model, size, name, version, metadata, royalty, sample, expected)
		}

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
		/// - `callback`: a call to make after finality, with the origin [`Origin::InferenceResult`] and no other. Its weight is prepaid
		///   at the price of the time, and goes to the treasury; it returns if the request does not become final.
		///
		/// Emits [`Event::InferenceRequested`].
		#[pallet::call_index(1)]
		#[pallet::weight({
			let callback = callback.as_ref().map_or(Weight::zero(), |_| T::WeightInfo::callback());
			T::WeightInfo::request_inference(input.inline_len()).saturating_add(callback)
		})]
		pub fn request_inference(
			origin: OriginFor<T>,
			model: ModelId,
			input: Input,
			unit_limit: u64,
			max_fee: BalanceOf<T>,
			k: Option<u32>,
			callback: Option<alloc::boxed::Box<<T as frame_system::Config>::RuntimeCall>>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::ensure_input_size(&input)?;
			ensure!(unit_limit > 0 && unit_limit <= MAX_UNIT_LIMIT, Error::<T>::UnitLimitOutOfRange);
			let callback = callback.map(|call| Self::take_callback(*call)).transpose()?;
			Self::do_request_inference(owner, model, input, unit_limit, max_fee, k, callback)
		}

		/// Takes what a validator has to say: sealed votes, opened votes, signals.
		///
		/// Origin: authorized by the signature over the attestation, made with the key that was the validator's when the rounds
		/// were drawn. Validators' nodes submit it; it pays no fee. Items that are stale when it is dispatched are skipped.
		///
		/// Emits [`Event::VoteCommitted`], [`Event::VoteRevealed`], [`Event::Signalled`].
		#[pallet::call_index(2)]
		#[pallet::weight((Pallet::<T>::most_attest_weight(attestation), DispatchClass::Operational))]
		#[pallet::weight_of_authorize(Pallet::<T>::authorize_weight(attestation))]
		#[pallet::authorize(Self::authorize_attest)]
		pub fn attest(
			origin: OriginFor<T>,
			attestation: Attestation<AccountIdOf<T>, BlockNumberFor<T>>,
			_signature: AuthoritySignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let (own, reveals) = (Self::attest_weight(&attestation), attestation.reveals.len() as u64);
			let (ends, stored) = Self::do_attest(attestation);
			// Of equal outputs the first one is written.
			let unwritten = T::DbWeight::get().writes(reveals.saturating_sub(stored.into()));
			Ok(Some(own.saturating_add(ends).saturating_sub(unwritten)).into())
		}

		/// Retires a model: it takes no new requests, and is found by its name and owner only. The deposit for its bytes returns when no
		/// request is open; its record stays.
		///
		/// Origin: signed by the owner. Emits [`Event::ModelRetired`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::retire_model())]
		pub fn retire_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_retire_model(who, model)
		}

		/// Sets the royalty of later requests.
		///
		/// Origin: signed by the owner. Emits [`Event::RoyaltySet`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_royalty())]
		pub fn set_royalty(origin: OriginFor<T>, model: ModelId, royalty: BalanceOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Models::<T>::try_mutate(model, |record| {
				let record = record.as_mut().ok_or(Error::<T>::ModelUnknown)?;
				ensure!(record.owner == who, Error::<T>::NotOwner);
				record.royalty = royalty;
				Self::deposit_event(Event::RoyaltySet { model, royalty });
				Ok(())
			})
		}

		/// Challenges an attested result in its challenge window: every validator runs the model, and two thirds decide.
		///
		/// Origin: signed by a validator of the current session. Puts the larger of a fiftieth of its bond and the price of a run
		/// by every validator on hold; that is lost to the treasury unless the result is overturned.
		///
		/// Emits [`Event::Disputed`] and [`Event::Escalated`], then [`Event::DisputeSettled`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::dispute())]
		pub fn dispute(origin: OriginFor<T>, request: RequestId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_dispute(who, request)
		}

		/// Proposes the engine that new models and requests are to use. It is taken over at the first change of session at which two
		/// thirds of the new set have attested that they hold it. Naming the engine in use withdraws a proposal.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::EngineProposed`] or [`Event::EngineWithdrawn`], then
		/// [`Event::EngineHeld`] and [`Event::EngineSet`].
		#[pallet::call_index(6)]
		#[pallet::weight((T::WeightInfo::set_engine(), DispatchClass::Operational))]
		pub fn set_engine(origin: OriginFor<T>, engine: EngineId) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::propose_engine(engine);
			Ok(())
		}

		/// Activates a model again, for the engine that the network has now. It takes no requests until that is done.
		///
		/// Origin: signed by the owner. Puts an activation fee on hold. Emits [`Event::ReactivationStarted`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::reactivate_model())]
		pub fn reactivate_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_reactivate_model(who, model)
		}

		/// Replaces what is said about an active model.
		///
		/// Origin: signed by the owner. The deposit follows the size of the card; upload a new one next.
		///
		/// Emits [`Event::MetadataSet`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_metadata())]
		pub fn set_metadata(origin: OriginFor<T>, model: ModelId, metadata: ModelMetadata) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_metadata(who, model, metadata)
		}

		/// States where a model that is pending or active comes from, in place of an earlier statement.
		///
		/// Origin: signed by the owner. The statement is signed with a key of its own, see [`Provenance`].
		///
		/// Emits [`Event::ProvenanceSet`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::set_provenance())]
		pub fn set_provenance(origin: OriginFor<T>, model: ModelId, provenance: Provenance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_provenance(who, model, provenance)
		}

		/// Gives an active model to another account, with the deposit that is on hold for it. The name that it is under stays whose
		/// it is, see [`Pallet::transfer_name`].
		///
		/// Origin: signed by the owner. The other account exists. Emits [`Event::ModelTransferred`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::transfer_model())]
		pub fn transfer_model(origin: OriginFor<T>, model: ModelId, to: AccountIdOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer_model(who, model, to)
		}

		/// Gives a name to another account, with its deposit: from then on that registers versions under it. The models under it stay
		/// whose they are.
		///
		/// Origin: signed by the owner. The other account exists. Emits [`Event::NameTransferred`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::transfer_name())]
		pub fn transfer_name(origin: OriginFor<T>, name: ModelName, to: AccountIdOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer_name(who, name, to)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			TakenInBlock::<T>::kill();
			let mut weight = T::WeightInfo::hooks();
			for task in Agenda::<T>::take(now) {
				weight.saturating_accrue(Self::perform(task, now));
			}
			// Draws come at the end of this block and are paid for here.
			let validators = Electors::<T>::decode_len().unwrap_or(0) as u32;
			for draw in DueDraws::<T>::get() {
				let members = Self::wanted(&draw, validators).unwrap_or(0).min(validators);
				weight.saturating_accrue(T::WeightInfo::draw(members));
			}
			weight
		}

		fn on_idle(now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::make_callbacks(&mut meter);
			Self::prune_due(now, &mut meter);
			meter.consumed()
		}

		fn on_finalize(now: BlockNumberFor<T>) {
			Self::draw_due(now);
			Self::root_results(now);
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			if sp_io::offchain::is_validator() {
				Self::attest_offchain(now);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(T::MaxCommittee::get() <= T::MaxValidators::get(), "a committee fits into the validators");
			assert!(T::MaxActivation::get() <= T::MaxValidators::get(), "an electorate fits into the validators");
			assert!(T::ChallengeWindow::get() > 0, "a result is never final in the block that attests it");
			let full = T::MaxOpen::get().checked_div(T::MaxPerBlock::get());
			assert!(full.is_some_and(|blocks| blocks < rounds::AGENDA_PROBES), "a deadline always finds a place");
			assert!(T::ResultRetention::get() > 0, "a result outlives the block that writes it");
		}
	}

	impl<T: Config> Pallet<T> {
		/// Weight of an attestation, the rounds that its reveals end apart.
		pub(crate) fn attest_weight(attestation: &Attestation<AccountIdOf<T>, BlockNumberFor<T>>) -> Weight {
			let reveals = attestation.reveals.len() as u32;
			let light = attestation.items().saturating_sub(reveals);
			// What an attestation without items weighs is in `attest_commits` already.
			let all_reveals = T::WeightInfo::attest_reveals(reveals).saturating_sub(T::WeightInfo::attest_reveals(0));
			T::WeightInfo::attest_commits(light)
				.saturating_add(all_reveals)
				.saturating_add(Self::outputs_weight(attestation))
				.saturating_add(T::WeightInfo::attest_proof().saturating_mul(attestation.proofs().into()))
		}

		/// Weight of an attestation each of whose reveals ends a round of all validators, all of whom are at fault.
		pub(crate) fn most_attest_weight(attestation: &Attestation<AccountIdOf<T>, BlockNumberFor<T>>) -> Weight {
			let all = T::MaxValidators::get();
			let end = |model| Self::end_weight(model, all, MAX_INLINE_OUTPUT, all);
			let end = end(true).max(end(false));
			Self::attest_weight(attestation).saturating_add(end.saturating_mul(attestation.reveals.len() as u64))
		}

		/// What the end of a round weighs, on a model or on a request, with so many voters, bytes of output, and voters at fault.
		pub(crate) fn end_weight(model: bool, voters: u32, bytes: u32, faults: u32) -> Weight {
			// These benchmarks begin with the last reveal.
			let (end, begun) = match model {
				true => (T::WeightInfo::conclude_model(voters), MAX_INLINE_OUTPUT),
				false => (T::WeightInfo::conclude_request(voters, bytes), bytes),
			};
			end.saturating_sub(T::WeightInfo::attest_output(begun))
				.saturating_add(T::PenaltyWeight::get().saturating_mul(faults.into()))
		}

		/// What the bytes of an attestation's outputs add: they are hashed.
		fn outputs_weight(attestation: &Attestation<AccountIdOf<T>, BlockNumberFor<T>>) -> Weight {
			let bytes = |reveal: &Reveal| reveal.output.as_ref().map_or(0, Output::inline_len);
			let bytes = attestation.reveals.iter().map(bytes).fold(0u32, u32::saturating_add);
			T::WeightInfo::attest_output(bytes).saturating_sub(T::WeightInfo::attest_output(0))
		}

		/// Weight of checking an attestation, each proof of an auditor in it too.
		pub(crate) fn authorize_weight(attestation: &Attestation<AccountIdOf<T>, BlockNumberFor<T>>) -> Weight {
			let reveals = attestation.reveals.len() as u32;
			let light = attestation.items().saturating_sub(reveals);
			let all_reveals =
				T::WeightInfo::authorize_reveals(reveals).saturating_sub(T::WeightInfo::authorize_reveals(0));
			T::WeightInfo::authorize_commits(light)
				.saturating_add(all_reveals)
				.saturating_add(Self::outputs_weight(attestation))
				.saturating_add(T::WeightInfo::authorize_proof().saturating_mul(attestation.proofs().into()))
		}

		fn ensure_input_size(input: &Input) -> DispatchResult {
			let size = input.size();
			ensure!(size > 0 && size <= MAX_BLOB_INPUT, Error::<T>::InputSizeOutOfRange);
			Ok(())
		}
	}
}
