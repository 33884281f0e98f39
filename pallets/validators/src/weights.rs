//! Weights of the pallet.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What calls weigh.
pub trait WeightInfo {
	/// [`crate::Pallet::bond`].
	fn bond() -> Weight;
	/// [`crate::Pallet::unbond`].
	fn unbond() -> Weight;
	/// [`crate::Pallet::withdraw`].
	fn withdraw() -> Weight;
	/// [`crate::Pallet::unjail`].
	fn unjail() -> Weight;
	/// [`crate::Pallet::cancel_penalty`].
	fn cancel_penalty() -> Weight;
	/// This many penalties, taken.
	fn take_penalties(penalties: u32) -> Weight;
}

/// Weights counted by hand from the storage accesses of each call, with generous execution times. Each storage item is taken to add 4
/// KiB to the proof.
pub struct SubstrateWeight<T>(PhantomData<T>);

fn weight<T: frame_system::Config>(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(1_000_000), reads.saturating_mul(4_096))
		.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn bond() -> Weight {
		weight::<T>(80, 4, 4)
	}

	fn unbond() -> Weight {
		weight::<T>(30, 1, 1)
	}

	fn withdraw() -> Weight {
		weight::<T>(80, 4, 4)
	}

	fn unjail() -> Weight {
		weight::<T>(30, 2, 1)
	}

	fn cancel_penalty() -> Weight {
		weight::<T>(40, 1, 1)
	}

	fn take_penalties(penalties: u32) -> Weight {
		weight::<T>(20, 3, 1).saturating_add(weight::<T>(100, 6, 6).saturating_mul(penalties.into()))
	}
}

impl WeightInfo for () {
	fn bond() -> Weight {
		Weight::zero()
	}
	fn unbond() -> Weight {
		Weight::zero()
	}
	fn withdraw() -> Weight {
		Weight::zero()
	}
	fn unjail() -> Weight {
		Weight::zero()
	}
	fn cancel_penalty() -> Weight {
		Weight::zero()
	}
	fn take_penalties(_: u32) -> Weight {
		Weight::zero()
	}
}
