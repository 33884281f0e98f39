//! A pallet that calls the engine's host interface from where it must not answer.

pub use pallet::*;

use assay_primitives::{
	audit::AuditInput,
	host::{engine, HostError},
};

/// Answers to the calls of the interface.
pub type Answers = [Option<HostError>; 4];

frame_support::parameter_types! {
	/// Requests whose callbacks were made, in their order.
	pub static Seen: Vec<u64> = Vec::new();
}

/// Weight of the calls that are made for requests.
pub const CALLBACK: u64 = 100;

/// Calls the interface.
pub fn ask() -> Answers {
	let input = AuditInput { genesis: [0; 32], round: 0, seed: [0; 32] };
	[
		engine::status().err(),
		engine::enqueue(Vec::new()).err(),
		engine::take_finished(vec![[0; 32]], 10).err(),
		engine::draw_audit((super::key(super::FIRST), input)).err(),
	]
}

#[frame_support::pallet(dev_mode)]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeOrigin: From<crate::Origin> + Into<Result<crate::Origin, Self::RuntimeOrigin>>>
	{
	}

	/// Requests whose callbacks were made.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type Noted<T> = StorageValue<_, Vec<u64>, ValueQuery>;

	/// Answers that an extrinsic got.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type FromCall<T> = StorageValue<_, Answers>;

	/// Answers that a hook got.
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

		/// Notes the request whose callback this is.
		#[pallet::call_index(1)]
		#[pallet::weight(Weight::from_parts(CALLBACK, 0))]
		pub fn note(origin: OriginFor<T>, fails: bool, _padding: Vec<u8>) -> DispatchResult {
			let request = crate::EnsureInferenceResult::ensure_origin(origin)?;
			Noted::<T>::append(request);
			if fails {
				return Err("on purpose".into());
			}
			Seen::mutate(|seen| seen.push(request));
			Ok(())
		}

		/// Weighs more than a callback may.
		#[pallet::call_index(2)]
		#[pallet::weight(Weight::from_parts(1_001, 0))]
		pub fn heavy(_: OriginFor<T>) -> DispatchResult {
			Ok(())
		}

		/// Needs the power of an account.
		#[pallet::call_index(3)]
		#[pallet::weight(Weight::from_parts(CALLBACK, 0))]
		pub fn signed(origin: OriginFor<T>) -> DispatchResult {
			ensure_signed(origin).map(|_| ()).map_err(Into::into)
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
