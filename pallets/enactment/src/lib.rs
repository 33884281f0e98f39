//! # Enactment pallet
//!
//! Those who govern have a call made as root, after a delay in which everybody can see it and leave, and they can take it back.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage.
//!
//! ## Overview
//!
//! [`Config::GovernanceOrigin`] names a call, inline up to 128 bytes or by the hash of its preimage. It is made [`Config::Delay`] blocks
//! later with the origin root, so that it can do whatever the runtime can: authorize an upgrade, spend from the treasury, set storage.
//! Nothing shortens the delay. The scheduler keeps the calls and makes them: this pallet has no list of its own.
//!
//! ## Example
//!
//! Two thirds of a council authorize an upgrade of the runtime.
//!
//! ```
//! use frame_support::traits::{Bounded, StorePreimage};
//! use pallet_enactment::{pallet::Call, Config};
//!
//! fn upgrade<T: Config>(authorize: <T as pallet_scheduler::Config>::RuntimeCall) -> Option<Call<T>> {
//!     let call = <T as pallet_scheduler::Config>::Preimages::bound(authorize).ok()?;
//!     Some(Call::enact { call })
//! }
//! ```
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub use pallet::*;

// What the macros of storage and errors expand to expects what a constant holds.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use frame_support::{
		pallet_prelude::*,
		traits::schedule::{v3::Named, v3::TaskName, DispatchTime, HIGHEST_PRIORITY},
	};
	use frame_system::{pallet_prelude::*, RawOrigin};
	use pallet_scheduler::{BoundedCallOf, WeightInfo};
	use sp_runtime::traits::{CheckedAdd, Hash, One};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_scheduler::Config<BlockNumberProvider = frame_system::Pallet<Self>>
	{
		/// Who governs.
		type GovernanceOrigin: EnsureOrigin<<Self as frame_system::Config>::RuntimeOrigin>;
		/// Blocks between the decision and the call, where the genesis block says nothing else.
		#[pallet::constant]
		type Delay: Get<BlockNumberFor<Self>>;
	}

	/// Blocks between the decision and the call. Fixed in the genesis block.
	#[pallet::storage]
	pub type Delay<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery, <T as Config>::Delay>;

	/// Number of the next call.
	#[pallet::storage]
	pub type NextCall<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Blocks between the decision and the call; none for [`Config::Delay`].
		pub delay: Option<BlockNumberFor<T>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Some(delay) = self.delay {
				assert!(delay >= One::one(), "a call is made in a later block");
				Delay::<T>::put(delay);
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A call will be made as root.
		Decided {
			/// Its number.
			index: u32,
			/// Hash of the call.
			call: T::Hash,
			/// Block in which it is made, or a later one that has room.
			due: BlockNumberFor<T>,
		},
		/// A call was taken back.
		TakenBack {
			/// Its number.
			index: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such call, or it was made already. See the event `Decided` for its number.
		NoSuchCall,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Decides a call: it is made as root after [`Delay`].
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::Decided`]; the scheduler emits `Dispatched` when the call is made, or
		/// `CallUnavailable` if its preimage is not there then.
		///
		/// - `call`: the call, inline up to 128 bytes or by hash and length of its preimage.
		#[pallet::call_index(0)]
		#[pallet::weight(
			<T as pallet_scheduler::Config>::WeightInfo::schedule_named(T::MaxScheduledPerBlock::get())
				.saturating_add(T::DbWeight::get().reads_writes(2, 1))
		)]
		pub fn enact(origin: OriginFor<T>, call: BoundedCallOf<T>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let index = NextCall::<T>::get();
			NextCall::<T>::put(index.checked_add(1).ok_or(sp_runtime::ArithmeticError::Overflow)?);
			let hash = call.hash();
			let due = frame_system::Pallet::<T>::block_number()
				.checked_add(&Delay::<T>::get())
				.ok_or(sp_runtime::ArithmeticError::Overflow)?;
			let root = RawOrigin::Root.into();
			let when = DispatchTime::At(due);
			<pallet_scheduler::Pallet<T> as Named<_, _, _>>::schedule_named(
				Self::task_name(index),
				when,
				None,
				HIGHEST_PRIORITY,
				root,
				call,
			)?;
			Self::deposit_event(Event::Decided { index, call: hash, due });
			Ok(())
		}

		/// Takes a call back that was decided and is not made yet.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::TakenBack`].
		///
		/// - `index`: the number of the call.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as pallet_scheduler::Config>::WeightInfo::cancel_named(T::MaxScheduledPerBlock::get()))]
		pub fn take_back(origin: OriginFor<T>, index: u32) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			<pallet_scheduler::Pallet<T> as Named<_, _, _>>::cancel_named(Self::task_name(index))
				.map_err(|_| Error::<T>::NoSuchCall)?;
			Self::deposit_event(Event::TakenBack { index });
			Ok(())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(<T as Config>::Delay::get() >= One::one(), "a call is made in a later block");
		}
	}

	impl<T: Config> Pallet<T> {
		/// The scheduler's name of a call.
		pub fn task_name(index: u32) -> TaskName {
			sp_runtime::traits::BlakeTwo256::hash_of(&("assay/enactment", index)).0
		}

		/// The genesis block fixed a delay, and calls are numbered in order.
		#[cfg(any(feature = "try-runtime", feature = "std"))]
		pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
			ensure!(Delay::<T>::get() >= One::one(), "a call is made at once");
			let next = pallet_scheduler::Lookup::<T>::contains_key(Self::task_name(NextCall::<T>::get()));
			ensure!(!next, "a call was decided without a number");
			Ok(())
		}
	}
}
