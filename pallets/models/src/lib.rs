//! # Models pallet
//!
//! The registry of models: ids, names, descriptions, deposits, activation, lists and searches, and the engine that gives runs their
//! meaning.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage, and [`ModelsApi`] for the runtime API.
//!
//! ## Overview
//!
//! A model is a file; its id is the hash of its bytes. Its publisher registers it with [`Pallet::register_model`] and
//! uploads the bytes to a node. Validators fetch them, run the model on its sample input and attest the result; if two thirds
//! agree, the model is active. When the network takes another engine over, every active model is tried under it, and takes requests meanwhile. It is found by name, owner, task and tags through [`ModelsApi`]. Its owner may describe it anew, state
//! where it comes from, give it away, or retire it.
//!
//! ## Low level
//!
//! An activation is a subject of [`pallet_rounds`], with [`Pallet::terms`] as its terms. Records of rejected models are pruned in `on_idle`,
//! out of what a block has left. The listing of models is in the order of names, so that a search is a walk over
//! neighbours.
//!
//! | module | writes |
//! |---|---|
//! | `activation` | `Models`, `Unavailable` |
//! | `registry` | `Models`, `Samples`, `Names`, `Provenances`, `CatalogueBytes`, `CatalogueLimit`, `Prunable`, `PrunedTo` |
//! | `listing` | `Listing` |
//! | `blobs` | `Blobs` |
//! | `engine` | `CurrentEngine`, `OldEngines`, `NextEngine`, `Packages`, `OpenUnder`, `ToTry`, `Trials` |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use blobs::MAX_ASKED;
pub use listing::{Facet, ListKey, ModelCursor, ModelFilter, ModelInfo, ModelPage, ModelState, MAX_LOOKED, MAX_PAGE};
pub use pallet::*;
pub use registry::provenance_payload;
pub use types::*;
pub use weights::WeightInfo;

mod activation;
mod blobs;
pub mod engine;
mod events;
mod listing;
mod registry;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;

use alloc::vec::Vec;
use assay_primitives::{ContentId, EngineId, ModelId};
use frame_support::pallet_macros::import_section;
use frame_system::pallet_prelude::BlockNumberFor;
pub use pallet_rounds::{AccountIdOf, BalanceOf};

sp_api::decl_runtime_apis! {
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
		/// Engines that nodes hold: the one in use, those before it from the newest on, and the proposed one.
		fn engines() -> Vec<EngineInfo>;
		/// A version of a name; without a version the newest one that is active, of the newest [`MAX_LOOKED`].
		fn model_named(name: ModelName, version: Option<u32>) -> Option<ModelInfo<AccountId, Balance>>;
	}
}

// The macros of storage and errors expand to code that calls `expect`, on constants alone.
#[allow(clippy::expect_used)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use assay_primitives::{
		constants::{MAX_BLOB_INPUT, MAX_MODEL_BYTES},
		Hash32, Subject,
	};
	use frame_support::{pallet_prelude::*, weights::WeightMeter};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_rounds::Config<RuntimeHoldReason: From<HoldReason>, Subject = Subject>
	{
		/// The origin that may propose an engine.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;

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
		/// Plancks held for each KiB of a model and its sample, rounded up, and of its card, rounded up, where the catalogue is at most half
		/// full. From there on it doubles with each sixteenth of [`CatalogueLimit`].
		#[pallet::constant]
		type DepositPerKib: Get<u128>;
		/// Plancks held for a name.
		#[pallet::constant]
		type NameDeposit: Get<u128>;
		/// Most members of an activation round.
		#[pallet::constant]
		type MaxActivation: Get<u32>;
		/// Blocks in which a pending model's bytes are to be uploaded and its sample attested.
		#[pallet::constant]
		type ActivationWindow: Get<u32>;
		/// Compute units that the activation of a model may use.
		#[pallet::constant]
		type ActivationUnits: Get<u64>;
		/// Bytes that all models may take of every validator's disk, until governance sets another limit.
		#[pallet::constant]
		type CatalogueLimit: Get<u64>;
		/// Blocks after which the record of a rejected model leaves the state.
		#[pallet::constant]
		type RecordRetention: Get<u32>;
	}

	/// The reasons for which plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a model's bytes, returned when it is retired or rejected, and for its record, returned when that leaves the state.
		#[codec(index = 0)]
		ModelDeposit,
		/// For the validators that activate a model.
		#[codec(index = 1)]
		Activation,
		/// For a name, which stays.
		#[codec(index = 2)]
		NameDeposit,
	}

	/// The engine that new models and requests use.
	#[pallet::storage]
	pub type CurrentEngine<T: Config> = StorageValue<_, EngineId>;

	/// The engine that is to follow, and who holds it.
	#[pallet::storage]
	pub type NextEngine<T: Config> = StorageValue<_, EngineProposal<T>>;

	/// Engines that were in use before, from the newest on: active models and open requests may be under them.
	#[pallet::storage]
	pub type OldEngines<T: Config> = StorageValue<_, BoundedVec<EngineId, ConstU32<MAX_OLD_ENGINES>>, ValueQuery>;

	/// Blobs in which engines come that nodes hold.
	#[pallet::storage]
	pub type Packages<T: Config> = StorageMap<_, Blake2_128Concat, EngineId, BlobRef>;

	/// Open requests and activations by the engine that they run under.
	#[pallet::storage]
	pub type OpenUnder<T: Config> = StorageMap<_, Blake2_128Concat, EngineId, u32, ValueQuery>;

	/// The model that was looked at last for one to try under the engine in use; none before the first. Not there when all have been tried.
	#[pallet::storage]
	pub type ToTry<T: Config> = StorageValue<_, Option<ModelId>>;

	/// Models that are active under one engine and are tried under another.
	#[pallet::storage]
	pub type Trials<T: Config> = CountedStorageMap<_, Blake2_128Concat, ModelId, Trial>;

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

	/// Statements of publishers about the origin of their models.
	#[pallet::storage]
	pub type Provenances<T: Config> = StorageMap<_, Blake2_128Concat, ModelId, Provenance>;

	/// Blobs that the chain needs, by id and length, with the number of records that do.
	#[pallet::storage]
	pub type Blobs<T: Config> = StorageMap<_, Blake2_128Concat, (ContentId, u64), u32, ValueQuery>;

	/// Bytes that validators keep of all models.
	#[pallet::storage]
	pub type CatalogueBytes<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// Bytes that all models may take of every validator's disk.
	#[pallet::storage]
	pub type CatalogueLimit<T: Config> = StorageValue<_, u64, ValueQuery, <T as Config>::CatalogueLimit>;

	/// Validators that could not get the bytes of an active model, since its last agreement.
	#[pallet::storage]
	pub type Unavailable<T: Config> =
		StorageMap<_, Blake2_128Concat, ModelId, BoundedVec<AccountIdOf<T>, T::MaxValidators>, ValueQuery>;

	/// Rejected models by the block in which their records leave the state.
	#[pallet::storage]
	pub type Prunable<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<ModelId, T::MaxPerBlock>, ValueQuery>;

	/// The first block of which not every record has left the state.
	#[pallet::storage]
	pub type PrunedTo<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

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
		/// The model failed under the engines that nodes hold: see `TrialFailed` for why. Ask another, or have its owner try it again with
		/// `reactivate_model`.
		ModelOutdated,
		/// Models take as many bytes of every validator's disk as they may. Try again when one was retired, or when governance has raised
		/// `CatalogueLimit`.
		CatalogueFull,
		/// Its owner has had the model tried, and the activation fee is on hold. Wait for `ModelActivated` or `TrialFailed`.
		FeeOnHold,
		/// An engine's package has between 1 byte and 64 MiB.
		PackageSizeOutOfRange,
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
		/// A sum does not fit.
		Overflow,
		/// The model is active under the engine of the network.
		EngineNotNewer,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a model and starts its activation.
		///
		/// Origin: signed. Puts a deposit on hold ([`Config::DepositPerKib`], which returns when the model is rejected, or retired with
		/// no request open; [`Config::DepositBase`], which stays as long as the record, of a rejected model
		/// [`Config::RecordRetention`] blocks; for a new name [`Config::NameDeposit`], which stays); and the activation fee, which goes
		/// to the validators that attest and is not returned. The bytes of all models are bounded by [`CatalogueLimit`]. Upload the bytes next, and the card's; those of the model are to arrive
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
		///
		/// # Errors
		///
		/// - [`Error::ModelSizeOutOfRange`] if `size` is 0 or above 256 MiB.
		/// - [`Error::InvalidName`] if the name is empty or has other bytes than those of its alphabet.
		/// - [`Error::InvalidTask`] or [`Error::InvalidTag`] if the task or a tag has bytes that are not of the
		///   alphabet of names, or a tag is empty or stands twice.
		/// - [`Error::InvalidText`] if the licence is not printable ASCII, or the description not UTF-8 without control
		///   characters.
		/// - [`Error::CardSizeOutOfRange`] if the card is empty or has more than 1 MiB.
		/// - [`Error::InputSizeOutOfRange`] if the sample is empty or has more than 16 MiB.
		/// - [`Error::NoEngine`] if the network names no engine, and [`Error::NoValidators`] if the session has no
		///   validators.
		/// - [`Error::ModelExists`] if the model is registered and not rejected, or was rejected and has open requests.
		/// - [`Error::NameTaken`] if the name belongs to another account.
		/// - [`Error::VersionNotNewer`] if `version` is not above the name's last one, unless that was rejected; or is
		///   0 for a new name.
		/// - [`pallet_rounds::Error::BlockFull`] if this block has taken as many subjects as it can, and
		///   [`pallet_rounds::Error::TooManyOpen`] if as many are open as there can be.
		/// - [`Error::CatalogueFull`] if the bytes do not fit below [`CatalogueLimit`].
		/// - [`Error::Overflow`] if a sum does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for deposits and fee.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::register_model())]
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

		/// Retires a model: it takes no new requests, and is found by its name and owner only. The deposit for its bytes returns when no
		/// request is open; its record stays.
		///
		/// Origin: signed by the owner. Emits [`Event::ModelRetired`].
		///
		/// # Errors
		///
		/// - [`Error::ModelUnknown`] if no model has this id.
		/// - [`Error::NotOwner`] if the model belongs to another account.
		/// - [`Error::ModelNotActive`] if the model is pending, rejected or retired.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::retire_model())]
		pub fn retire_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_retire_model(who, model)
		}

		/// Sets the royalty of later requests.
		///
		/// Origin: signed by the owner. Emits [`Event::RoyaltySet`].
		///
		/// # Errors
		///
		/// - [`Error::ModelUnknown`] if no model has this id.
		/// - [`Error::NotOwner`] if the model belongs to another account.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::set_royalty())]
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

		/// Proposes the engine that new models are to use, and under which active ones are tried. It is taken over at the first change of
		/// session at which two thirds of the new set's voting power have attested that they hold it, all models have been tried under the
		/// engine in use, and nothing is open under an engine that nodes would have to hold as a fifth. Naming the engine in use withdraws a
		/// proposal.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::EngineProposed`] or [`Event::EngineWithdrawn`], then
		/// [`Event::EngineHeld`], [`Event::EngineSet`], and for the models [`Event::TrialBegan`] and [`Event::ModelActivated`] or
		/// [`Event::TrialFailed`].
		///
		/// - `engine`: its id.
		/// - `package`: the blob that it comes in, made by `assay-node export-engine`; upload it next. None if operators bring it with their
		///   binaries.
		///
		/// # Errors
		///
		/// - [`Error::PackageSizeOutOfRange`] if the package is empty or has more than 64 MiB.
		#[pallet::call_index(3)]
		#[pallet::weight((<T as Config>::WeightInfo::set_engine(), DispatchClass::Operational))]
		pub fn set_engine(origin: OriginFor<T>, engine: EngineId, package: Option<BlobRef>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let fits = package.is_none_or(|package| (1..=engine::MAX_PACKAGE_BYTES).contains(&package.size));
			ensure!(fits, Error::<T>::PackageSizeOutOfRange);
			Self::propose_engine(engine, package);
			Ok(())
		}

		/// Has a model tried once more under the engine in use, where it failed when all were tried. It takes requests under the engine before
		/// as long as nodes hold that one.
		///
		/// Origin: signed by the owner. Puts an activation fee on hold. Emits [`Event::TrialBegan`], then [`Event::ModelActivated`] or
		/// [`Event::TrialFailed`].
		///
		/// # Errors
		///
		/// - [`Error::NoEngine`] if the network names no engine, and [`Error::NoValidators`] if the session has no
		///   validators.
		/// - [`Error::ModelUnknown`] if no model has this id.
		/// - [`Error::NotOwner`] if the model belongs to another account.
		/// - [`Error::ModelNotActive`] if the model is pending, rejected or retired.
		/// - [`Error::EngineNotNewer`] if the model is active under the engine in use.
		/// - [`pallet_rounds::Error::AlreadyOpen`] if the model is being tried.
		/// - [`pallet_rounds::Error::BlockFull`] if this block has taken as many subjects as it can, and
		///   [`pallet_rounds::Error::TooManyOpen`] if as many are open as there can be.
		/// - [`Error::Overflow`] if a sum does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for the activation fee.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::reactivate_model())]
		pub fn reactivate_model(origin: OriginFor<T>, model: ModelId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_reactivate_model(who, model)
		}

		/// Replaces what is said about an active model.
		///
		/// Origin: signed by the owner. The deposit follows the size of the card; upload a new one next.
		///
		/// Emits [`Event::MetadataSet`].
		///
		/// # Errors
		///
		/// - [`Error::InvalidTask`] or [`Error::InvalidTag`] if the task or a tag has bytes that are not of the
		///   alphabet of names, or a tag is empty or stands twice.
		/// - [`Error::InvalidText`] if the licence is not printable ASCII, or the description not UTF-8 without control
		///   characters.
		/// - [`Error::CardSizeOutOfRange`] if the card is empty or has more than 1 MiB.
		/// - [`Error::ModelUnknown`] if no model has this id.
		/// - [`Error::NotOwner`] if the model belongs to another account.
		/// - [`Error::ModelNotActive`] if the model is pending, rejected or retired.
		/// - [`Error::CatalogueFull`] if the new card is larger and does not fit below [`CatalogueLimit`].
		/// - [`Error::Overflow`] if a sum does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for the deposit of a larger card.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::set_metadata())]
		pub fn set_metadata(origin: OriginFor<T>, model: ModelId, metadata: ModelMetadata) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_metadata(who, model, metadata)
		}

		/// States where a model that is pending or active comes from, in place of an earlier statement.
		///
		/// Origin: signed by the owner. The statement is signed with a key of its own, see [`Provenance`].
		///
		/// Emits [`Event::ProvenanceSet`].
		///
		/// # Errors
		///
		/// - [`Error::ModelUnknown`] if no model has this id.
		/// - [`Error::NotOwner`] if the model belongs to another account.
		/// - [`Error::ModelNotActive`] if the model is rejected or retired.
		/// - [`Error::InvalidText`] if the statement is empty, or not UTF-8 without control characters.
		/// - [`Error::InvalidSignature`] if the signature is not the key's over [`provenance_payload`].
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::set_provenance())]
		pub fn set_provenance(origin: OriginFor<T>, model: ModelId, provenance: Provenance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_provenance(who, model, provenance)
		}

		/// Gives an active model to another account, with the deposit that is on hold for it. The name that it is under stays whose
		/// it is, see [`Pallet::transfer_name`].
		///
		/// Origin: signed by the owner. The other account exists. Emits [`Event::ModelTransferred`].
		///
		/// # Errors
		///
		/// - [`Error::ModelUnknown`] if no model has this id.
		/// - [`Error::NotOwner`] if the model belongs to another account.
		/// - [`Error::ModelNotActive`] if the model is pending, rejected or retired.
		/// - [`Error::FeeOnHold`] if its owner has had the model tried, and the trial has not ended.
		/// - `TokenError::CannotCreateHold` if the other account does not exist.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::transfer_model())]
		pub fn transfer_model(origin: OriginFor<T>, model: ModelId, to: AccountIdOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer_model(who, model, to)
		}

		/// Gives a name to another account, with its deposit: from then on that registers versions under it. The models under it stay
		/// whose they are.
		///
		/// Origin: signed by the owner. The other account exists. Emits [`Event::NameTransferred`].
		///
		/// # Errors
		///
		/// - [`Error::NameUnknown`] if no model was ever registered under this name.
		/// - [`Error::NotOwner`] if the name belongs to another account.
		/// - `TokenError::CannotCreateHold` if the other account does not exist.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::transfer_name())]
		pub fn transfer_name(origin: OriginFor<T>, name: ModelName, to: AccountIdOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_transfer_name(who, name, to)
		}

		/// Sets how many bytes all models may take of every validator's disk. Models that are there stay, whatever they take.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::CatalogueLimitSet`].
		///
		/// - `bytes`: the limit. Each node's `--blob-budget` has to be larger.
		///
		/// # Errors
		///
		/// - `BadOrigin` for any other origin.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::set_catalogue_limit())]
		pub fn set_catalogue_limit(origin: OriginFor<T>, bytes: u64) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			CatalogueLimit::<T>::put(bytes);
			Self::deposit_event(Event::CatalogueLimitSet { bytes });
			Ok(())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(now: BlockNumberFor<T>, remaining: Weight) -> Weight {
			let mut meter = WeightMeter::with_limit(remaining);
			Self::prune_due(now, &mut meter);
			Self::try_models(&mut meter);
			meter.consumed()
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(T::MaxActivation::get() <= T::MaxValidators::get(), "an electorate fits into the validators");
			assert!(T::RecordRetention::get() > 0, "a rejected model's record outlives the block that rejects it");
		}
	}

	impl<T: Config> Pallet<T> {
		/// Checks the size of a sample or an input: 1 byte to `MAX_BLOB_INPUT`.
		pub fn ensure_input_size(input: &Input) -> DispatchResult {
			let size = input.size();
			ensure!(size > 0 && size <= MAX_BLOB_INPUT, Error::<T>::InputSizeOutOfRange);
			Ok(())
		}
	}
}
