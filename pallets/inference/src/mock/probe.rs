//! A pallet that calls the engine's host interface from where it must not answer.

pub use pallet::*;

use assay_primitives::host::{engine, HostError};

/// What the three calls of the interface answered.
pub type Answers = [Option<HostError>; 3];

/// Calls the interface.
pub fn ask() -> Answers {
	[engine::status().err(), engine::enqueue(Vec::new()).err(), engine::take_finished(vec![[0; 32]], 10).err()]
}

#[frame_support::pallet(dev_mode)]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config {}

	/// What an extrinsic got.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type FromCall<T> = StorageValue<_, Answers>;

	/// What a hook got.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type FromHook<T> = StorageValue<_, Answers>;

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Asks the engine in a block.
		#[pallet::call_index(0)]
		pub fn ask_engine(_: OriginFor<T>) -> DispatchResult {
			FromCall::<T>::put(ask());
			Ok(())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			FromHook::<T>::put(ask());
			Weight::zero()
		}
	}
}
