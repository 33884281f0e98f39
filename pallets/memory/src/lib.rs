//! # Memory pallet
//!
//! Spaces of memory: who may write to them, what was committed last, and which sealed pages the network keeps. No content.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage, and [`MemoryApi`] for the runtime API.
//!
//! ## Overview
//!
//! An account makes a space with [`Pallet::create_space`]. Whoever may write to it commits its state with [`Pallet::commit`]: the root of a
//! tree over all its records, and the manifest, a sealed blob that names the sealed pages. A commit names the one that it follows, so that of
//! two that are made at once one is refused, and its writer takes the other's records in and commits again. A proof of [`Spaces`] at a
//! finalized block shows which state was the latest then, and by the hashes of the heads before it, every earlier one.
//!
//! The owner lets others read and write with [`Pallet::grant`]. The keys that they read with are sealed to their
//! [`BoxKeys`] by whoever commits. A revocation raises the epoch that the next commit must have: its keys are others,
//! and who was revoked does not get them.
//!
//! Pages of a space on the network are kept by every validator, at a deposit that returns when they are dropped. No key is on the chain,
//! sealed or not: what is on a chain cannot be forgotten.
//!
//! ## Low level
//!
//! The chain cannot see whether a commit to a private space adds records or changes others. Whoever may only add drops no blob here, and
//! readers check the rest: a commit that changes the record of somebody else is refused by them, and undone by the owner's next one.
//!
//! A blob counts for whole KiB, and for [`COUNTED_BYTES`] at least. All that a call does is bounded by [`MAX_CHANGED`].
//!
//! | module | writes |
//! |---|---|
//! | `spaces` | `Spaces`, `NextSpace`, `SpaceBlobs`, `TotalBytes` |
//! | `grants` | `Grants`, `BoxKeys` |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use pallet::*;
pub use spaces::counted;
pub use types::*;
pub use weights::WeightInfo;

mod events;
mod grants;
mod spaces;
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
use assay_primitives::{ContentId, Hash32};
use frame_support::pallet_macros::import_section;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::NumberFor;

/// Account id of the runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// The blobs that the chain needs, for whatever purpose.
pub trait BlobReferences {
	/// A space needs a blob.
	fn reference(blob: BlobRef);
	/// A space needs a blob no more.
	fn release(blob: BlobRef);
}

sp_api::decl_runtime_apis! {
	/// Queries of nodes and clients. An answer reads a bounded part of the state, whatever there is.
	pub trait MemoryApi<AccountId> where AccountId: codec::Codec {
		/// Blobs that every validator keeps for spaces: at most `limit`, of 1,000, from the one after `after` on, in the order of the storage, and
		/// which one is the last.
		fn memory_blobs(after: Option<(SpaceId, ContentId)>, limit: u32) -> (Vec<BlobRef>, Option<(SpaceId, ContentId)>);
		/// Inputs that are blobs, of all open requests: what a node keeps for a while after the chain needs it no more, though a space had it too.
		fn open_inputs() -> Vec<BlobRef>;
		/// Accounts beside the owner that may read a space, with what manifests are sealed to.
		fn readers(space: SpaceId) -> Vec<Reader<AccountId, NumberFor<Block>>>;
	}
}

// The macros of storage and errors expand to code that calls `expect`, on constants alone.
#[allow(clippy::expect_used)]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Reasons of the runtime's holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// The currency of deposits.
		type Currency: fungible::MutateHold<AccountIdOf<Self>, Reason = <Self as Config>::RuntimeHoldReason>
			+ fungible::Inspect<AccountIdOf<Self>, Balance = u128>;
		/// The pallet that counts the references to each blob.
		type Blobs: BlobReferences;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;

		/// Plancks on hold for a space.
		#[pallet::constant]
		type SpaceDeposit: Get<u128>;
		/// Plancks on hold for each KiB that the network keeps.
		#[pallet::constant]
		type DepositPerKib: Get<u128>;
		/// Plancks on hold for a grant.
		#[pallet::constant]
		type GrantDeposit: Get<u128>;
		/// Plancks on hold for a box key.
		#[pallet::constant]
		type BoxKeyDeposit: Get<u128>;
		/// Bytes that the network keeps for a space, at most.
		#[pallet::constant]
		type MaxSpaceBytes: Get<u64>;
		/// Bytes that it keeps for all spaces, at most.
		#[pallet::constant]
		type MaxTotalBytes: Get<u64>;
		/// Grants of a space, at most.
		#[pallet::constant]
		type MaxGrants: Get<u32>;
	}

	/// The reasons for which plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For the record of a space, of its owner.
		#[codec(index = 0)]
		Space,
		/// For blobs that the network keeps, of who committed them.
		#[codec(index = 1)]
		Blobs,
		/// For a grant, of who gave it.
		#[codec(index = 2)]
		Grant,
		/// For a box key.
		#[codec(index = 3)]
		BoxKey,
	}

	/// Number of the next space.
	#[pallet::storage]
	pub type NextSpace<T: Config> = StorageValue<_, SpaceId, ValueQuery>;

	/// Spaces by their numbers, which nobody chooses.
	#[pallet::storage]
	pub type Spaces<T: Config> = StorageMap<_, Twox64Concat, SpaceId, Space<T>>;

	/// Rights of accounts beside the owner in a space.
	#[pallet::storage]
	pub type Grants<T: Config> = StorageDoubleMap<_, Twox64Concat, SpaceId, Blake2_128Concat, AccountIdOf<T>, Grant<T>>;

	/// Blobs that the network keeps for a space.
	#[pallet::storage]
	pub type SpaceBlobs<T: Config> =
		StorageDoubleMap<_, Twox64Concat, SpaceId, Blake2_128Concat, ContentId, SpaceBlob<T>>;

	/// The public key of each account, to which the keys of spaces are sealed.
	#[pallet::storage]
	pub type BoxKeys<T: Config> = StorageMap<_, Blake2_128Concat, AccountIdOf<T>, BoxKey>;

	/// Bytes that blobs of all spaces count for.
	#[pallet::storage]
	pub type TotalBytes<T: Config> = StorageValue<_, u64, ValueQuery>;

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such space, or it was closed. See the event `SpaceCreated` for its number.
		NoSuchSpace,
		/// The account may not do this in the space, or its grant has ended. Ask the owner for a grant with the right.
		NoRight,
		/// Only the owner of the space may do this.
		NotOwner,
		/// The space is being closed. Make another.
		Closing,
		/// The commit does not follow the last one, which somebody else made. Fetch that, take its records in, and commit again.
		HeadMoved,
		/// The epoch is below that of the space, or far above it. Seal the manifest under the space's epoch or the one after it.
		EpochOutOfRange,
		/// A commit has at least as many records as the one before: indices of deleted ones are kept.
		RecordsLost,
		/// Whoever may only append drops nothing. Commit without it, or ask the owner for the right to edit.
		AppendOnly,
		/// The network keeps no blobs for this space. Commit the manifest alone.
		NotOnNetwork,
		/// The blob is there already. Do not add it again.
		BlobExists,
		/// The space has no such blob, or it is the manifest, which goes by itself with the next commit.
		NoSuchBlob,
		/// A manifest and a page have at least 1 byte.
		EmptyBlob,
		/// The space has as many bytes as it may. Delete memories, or make another space.
		SpaceFull,
		/// All spaces have as many bytes as the network keeps. Try again later, or make a space whose pages stay with you.
		NetworkFull,
		/// A grant has the right to read, and others of append, edit and grant.
		InvalidRights,
		/// The owner has every right.
		OwnerNeedsNone,
		/// A grant ends in a later block than this one.
		EndsBeforeItBegins,
		/// The space has as many grants as it may. Revoke one first.
		TooManyGrants,
		/// The account has no grant in the space.
		NoSuchGrant,
		/// The account has no box key.
		NoBoxKey,
		/// A number does not fit.
		Overflow,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Makes a space. [`Config::SpaceDeposit`] is on hold until it is closed.
		///
		/// Origin: signed. Emits [`Event::SpaceCreated`] with its number.
		///
		/// - `config`: the part of it that does not change.
		///
		/// # Errors
		///
		/// - [`Error::Overflow`] if there is no number left.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for [`Config::SpaceDeposit`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create_space())]
		pub fn create_space(origin: OriginFor<T>, config: SpaceConfig) -> DispatchResult {
			Self::do_create_space(ensure_signed(origin)?, config)
		}

		/// Commits the state of a space. [`Config::DepositPerKib`] is on hold of who commits for the manifest and for each blob that is added,
		/// until it is dropped or replaced. Upload the blobs next: nodes take them from the block on that has the commit.
		///
		/// Origin: signed, by the owner or an account with a grant to edit, or to append where nothing is dropped. Emits
		/// [`Event::Committed`], and [`Event::BlobAdded`] and [`Event::BlobDropped`] for each blob.
		///
		/// - `seq`: the number after that of the last commit.
		/// - `root`: root of the tree over all records.
		/// - `records`: their number, deleted ones included.
		/// - `manifest`: the blob that names the pages. It takes the place of the one before.
		/// - `epoch`: of the keys that it is sealed under; at least that of the space.
		/// - `add`: pages that are new.
		/// - `drop`: pages that are no part of the state any more.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchSpace`] if there is no such space.
		/// - [`Error::Closing`] if it is being closed.
		/// - [`Error::NoRight`] if the account may neither append nor edit, and [`Error::AppendOnly`] if it may only
		///   append and drops a blob.
		/// - [`Error::HeadMoved`] if `seq` is not one above that of the last commit.
		/// - [`Error::EpochOutOfRange`] if `epoch` is below the space's, or more than [`MAX_EPOCHS`] above it.
		/// - [`Error::RecordsLost`] if `records` is below the number of the last commit.
		/// - [`Error::EmptyBlob`] if the manifest or a page has no bytes.
		/// - [`Error::NotOnNetwork`] if the space is local and `add` or `drop` names a blob.
		/// - [`Error::NoSuchBlob`] if `drop` names a blob that the space does not have, or its last manifest.
		/// - [`Error::BlobExists`] if `add` or `manifest` names a blob that it has.
		/// - [`Error::SpaceFull`] above [`Config::MaxSpaceBytes`], and [`Error::NetworkFull`] above
		///   [`Config::MaxTotalBytes`].
		/// - [`Error::Overflow`] if a deposit does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for the deposits.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::commit(add.len() as u32, drop.len() as u32))]
		pub fn commit(
			origin: OriginFor<T>,
			space: SpaceId,
			seq: u64,
			root: Hash32,
			records: u64,
			manifest: BlobRef,
			epoch: u32,
			add: BoundedVec<BlobRef, ConstU32<MAX_CHANGED>>,
			drop: BoundedVec<ContentId, ConstU32<MAX_CHANGED>>,
		) -> DispatchResult {
			let by = ensure_signed(origin)?;
			let found = Self::open_space(space)?;
			let rights = Self::rights(space, &found, &by);
			ensure!(rights.has(Rights::APPEND) || rights.has(Rights::EDIT), Error::<T>::NoRight);
			ensure!(rights.has(Rights::EDIT) || drop.is_empty(), Error::<T>::AppendOnly);
			let (last, previous) = match &found.head {
				Some(head) => (head.seq, head.hash()),
				None => (0, Hash32::default()),
			};
			ensure!(Some(seq) == last.checked_add(1), Error::<T>::HeadMoved);
			let newest = found.epoch.saturating_add(MAX_EPOCHS);
			ensure!(epoch >= found.epoch && epoch <= newest, Error::<T>::EpochOutOfRange);
			let before = found.head.as_ref().map_or(0, |head| head.records);
			ensure!(records >= before, Error::<T>::RecordsLost);
			let head = Head { seq, root, records, manifest, epoch, previous, by };
			Self::do_commit(space, found, head, &add, &drop)
		}

		/// Lets an account read a space, and do what the rights say; or changes what it may do and until when. [`Config::GrantDeposit`] is on
		/// hold of who grants until the grant is revoked.
		///
		/// Origin: signed, by the owner, or by an account with a grant to grant: that gives rights that it has itself, but for granting, and
		/// changes no grant of somebody who has that or more. Emits [`Event::Granted`].
		///
		/// - `space`: the space.
		/// - `who`: the account. Manifests are sealed to its box key.
		/// - `rights`: a sum of 1 to read, 2 to append, 4 to edit and 8 to grant.
		/// - `until`: the last block in which it may.
		///
		/// # Errors
		///
		/// - [`Error::InvalidRights`] if `rights` lacks the right to read, or has unknown ones.
		/// - [`Error::EndsBeforeItBegins`] if `until` is not after this block.
		/// - [`Error::NoSuchSpace`] if there is no such space.
		/// - [`Error::Closing`] if it is being closed.
		/// - [`Error::NoRight`] if the account may not give these rights, or not change the grant that there is.
		/// - [`Error::OwnerNeedsNone`] if `who` is the owner.
		/// - [`Error::TooManyGrants`] if the space has [`Config::MaxGrants`].
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for [`Config::GrantDeposit`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::grant())]
		pub fn grant(
			origin: OriginFor<T>,
			space: SpaceId,
			who: AccountIdOf<T>,
			rights: Rights,
			until: Option<BlockNumberFor<T>>,
		) -> DispatchResult {
			let by = ensure_signed(origin)?;
			ensure!(rights.is_valid(), Error::<T>::InvalidRights);
			let now = frame_system::Pallet::<T>::block_number();
			ensure!(until.is_none_or(|last| last > now), Error::<T>::EndsBeforeItBegins);
			Self::do_grant(by, space, who, rights, until)
		}

		/// Takes a grant away, and returns its deposit. The next commit has another epoch, whose keys the account does
		/// not get. It keeps the records that it has read.
		///
		/// Origin: signed, by the owner, by an account that could have given the grant, or by the account that has it. Emits
		/// [`Event::Revoked`].
		///
		/// - `space`: the space.
		/// - `who`: the account.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchSpace`] if there is no such space.
		/// - [`Error::Closing`] if it is being closed.
		/// - [`Error::NoSuchGrant`] if `who` has no grant.
		/// - [`Error::NoRight`] if the account is not `who` and could not have given the grant.
		/// - [`Error::Overflow`] if there is no epoch left.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::revoke())]
		pub fn revoke(origin: OriginFor<T>, space: SpaceId, who: AccountIdOf<T>) -> DispatchResult {
			Self::do_revoke(ensure_signed(origin)?, space, who)
		}

		/// Sets the public key to which keys of spaces are sealed for the account, or removes it.
		/// [`Config::BoxKeyDeposit`] is on hold as long as there is one.
		///
		/// Origin: signed. Emits [`Event::BoxKeySet`].
		///
		/// - `key`: a public key of X25519. None removes the one that is there.
		///
		/// # Errors
		///
		/// - [`Error::NoBoxKey`] if there is none to remove.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for [`Config::BoxKeyDeposit`].
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_box_key())]
		pub fn set_box_key(origin: OriginFor<T>, key: Option<Hash32>) -> DispatchResult {
			Self::do_set_box_key(ensure_signed(origin)?, key)
		}

		/// Gives a space to another account, with the deposit for its record. Deposits for blobs and grants stay with who made them. The next
		/// commit has another epoch, whose keys the account before does not get.
		///
		/// Origin: signed, by the owner. Emits [`Event::SpaceTransferred`].
		///
		/// - `space`: the space.
		/// - `to`: the account that is to own it.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchSpace`] if there is no such space.
		/// - [`Error::Closing`] if it is being closed.
		/// - [`Error::NotOwner`] if the space belongs to another account.
		/// - [`Error::OwnerNeedsNone`] if `to` is the owner.
		/// - `TokenError::CannotCreateHold` if the account `to` does not exist.
		/// - [`Error::Overflow`] if there is no epoch left.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::transfer_space())]
		pub fn transfer_space(origin: OriginFor<T>, space: SpaceId, to: AccountIdOf<T>) -> DispatchResult {
			Self::do_transfer_space(ensure_signed(origin)?, space, to)
		}

		/// Closes a space: releases at most [`MAX_CHANGED`] of its blobs and then of its grants, and returns their deposits. From the first call
		/// on the space takes no commits. The call that finds nothing left removes the space and returns its deposit. Call it until then.
		///
		/// Origin: signed, by the owner. Emits [`Event::BlobDropped`] for each blob and [`Event::Revoked`] for each grant, then
		/// [`Event::SpaceClosing`] or [`Event::SpaceClosed`].
		///
		/// - `space`: the space.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchSpace`] if there is no such space.
		/// - [`Error::NotOwner`] if the space belongs to another account.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::close_space(MAX_CHANGED))]
		pub fn close_space(origin: OriginFor<T>, space: SpaceId) -> DispatchResultWithPostInfo {
			let released = Self::do_close_space(ensure_signed(origin)?, space)?;
			Ok(Some(T::WeightInfo::close_space(released)).into())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(T::MaxSpaceBytes::get() <= T::MaxTotalBytes::get(), "a space fits into the network");
			assert!(T::MaxSpaceBytes::get() >= COUNTED_BYTES, "a manifest fits into a space");
		}
	}
}
