//! Weights of the pallet.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What calls and hooks weigh.
pub trait WeightInfo {
	/// [`crate::Pallet::register_model`].
	fn register_model() -> Weight;
	/// [`crate::Pallet::request_inference`].
	fn request_inference() -> Weight;
	/// An attestation of this many commits or signals.
	fn attest_commits(n: u32) -> Weight;
	/// An attestation of this many reveals.
	fn attest_reveals(n: u32) -> Weight;
	/// A commit of an auditor.
	fn attest_proof() -> Weight;
	/// A reveal that ends a round of this many voters.
	fn conclude(m: u32) -> Weight;
	/// Authorization of an attestation of this many items.
	fn authorize_attest(n: u32) -> Weight;
	/// Checking an auditor's proof.
	fn authorize_proof() -> Weight;
	/// [`crate::Pallet::reactivate_model`].
	fn reactivate_model() -> Weight;
	/// [`crate::Pallet::retire_model`].
	fn retire_model() -> Weight;
	/// [`crate::Pallet::set_royalty`].
	fn set_royalty() -> Weight;
	/// [`crate::Pallet::set_metadata`].
	fn set_metadata() -> Weight;
	/// [`crate::Pallet::set_provenance`].
	fn set_provenance() -> Weight;
	/// [`crate::Pallet::transfer_model`].
	fn transfer_model() -> Weight;
	/// [`crate::Pallet::transfer_name`].
	fn transfer_name() -> Weight;
	/// [`crate::Pallet::dispute`].
	fn dispute() -> Weight;
	/// [`crate::Pallet::set_engine`].
	fn set_engine() -> Weight;
	/// What a callback costs beside itself.
	fn callback() -> Weight;
	/// A look at the queue of callbacks.
	fn callback_queue() -> Weight;
	/// Looking for results of one block that are to leave the state, and removing this many.
	fn prune(results: u32) -> Weight;
	/// Removing the record of a rejected model.
	fn prune_model() -> Weight;
	/// Start of a block with this many tasks on its agenda.
	fn on_initialize(tasks: u32) -> Weight;
	/// This many draws.
	fn draws(draws: u32) -> Weight;
}

/// Weights counted by hand from the storage accesses of each path at the largest committee (21) and electorate (64), with
/// generous execution times. Each storage item is taken to add 4 KiB to the proof.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Picoseconds of a microsecond.
const MICROS: u64 = 1_000_000;
/// Bytes that a storage access adds to the proof.
const PROOF: u64 = 4_096;

fn weight<T: frame_system::Config>(micros: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(micros.saturating_mul(MICROS), reads.saturating_mul(PROOF))
		.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn register_model() -> Weight {
		// Hashing 64 KiB of sample takes half a millisecond in WASM. It is listed in 11 places and may take the place of two rejected
		// models, each of which was listed in 2.
		weight::<T>(900, 25, 40)
	}

	fn request_inference() -> Weight {
		// Hashing 64 KiB of input takes half a millisecond in WASM.
		weight::<T>(800, 14, 12)
	}

	fn attest_commits(n: u32) -> Weight {
		weight::<T>(200, 4, 2).saturating_add(weight::<T>(50, 4, 4).saturating_mul(n.into()))
	}

	fn attest_reveals(n: u32) -> Weight {
		weight::<T>(200, 4, 2).saturating_add(weight::<T>(500, 20, 20).saturating_mul(n.into()))
	}

	fn attest_proof() -> Weight {
		weight::<T>(1_000, 2, 1)
	}

	fn conclude(m: u32) -> Weight {
		weight::<T>(200, 4, 2).saturating_add(weight::<T>(100, 4, 4).saturating_mul(m.into()))
	}

	fn authorize_attest(n: u32) -> Weight {
		weight::<T>(150, 2, 0).saturating_add(weight::<T>(300, 5, 0).saturating_mul(n.into()))
	}

	fn authorize_proof() -> Weight {
		weight::<T>(1_000, 2, 0)
	}

	fn reactivate_model() -> Weight {
		weight::<T>(200, 15, 15)
	}

	fn retire_model() -> Weight {
		// Task and tags are 9 of the places that it leaves.
		weight::<T>(200, 9, 22)
	}

	fn set_royalty() -> Weight {
		weight::<T>(30, 1, 1)
	}

	fn set_metadata() -> Weight {
		// Taken from 11 places and put into 11.
		weight::<T>(300, 7, 28)
	}

	fn set_provenance() -> Weight {
		// One signature.
		weight::<T>(200, 2, 1)
	}

	fn transfer_model() -> Weight {
		weight::<T>(300, 6, 28)
	}

	fn transfer_name() -> Weight {
		weight::<T>(100, 5, 5)
	}

	fn dispute() -> Weight {
		weight::<T>(200, 12, 10)
	}

	fn set_engine() -> Weight {
		weight::<T>(30, 2, 1)
	}

	fn callback() -> Weight {
		weight::<T>(100, 3, 3)
	}

	fn callback_queue() -> Weight {
		weight::<T>(20, 1, 1)
	}

	fn prune(results: u32) -> Weight {
		weight::<T>(10, 2, 2).saturating_add(weight::<T>(50, 2, 2).saturating_mul(results.into()))
	}

	fn prune_model() -> Weight {
		weight::<T>(150, 5, 8)
	}

	fn on_initialize(tasks: u32) -> Weight {
		weight::<T>(30, 3, 3).saturating_add(weight::<T>(2_000, 90, 90).saturating_mul(tasks.into()))
	}

	fn draws(draws: u32) -> Weight {
		weight::<T>(50, 6, 4).saturating_add(weight::<T>(500, 4, 134).saturating_mul(draws.into()))
	}
}

impl WeightInfo for () {
	fn register_model() -> Weight {
		Weight::zero()
	}
	fn request_inference() -> Weight {
		Weight::zero()
	}
	fn attest_commits(_: u32) -> Weight {
		Weight::zero()
	}
	fn attest_reveals(_: u32) -> Weight {
		Weight::zero()
	}
	fn attest_proof() -> Weight {
		Weight::zero()
	}
	fn conclude(_: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_attest(_: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_proof() -> Weight {
		Weight::zero()
	}
	fn reactivate_model() -> Weight {
		Weight::zero()
	}
	fn retire_model() -> Weight {
		Weight::zero()
	}
	fn set_royalty() -> Weight {
		Weight::zero()
	}
	fn set_metadata() -> Weight {
		Weight::zero()
	}
	fn set_provenance() -> Weight {
		Weight::zero()
	}
	fn transfer_model() -> Weight {
		Weight::zero()
	}
	fn transfer_name() -> Weight {
		Weight::zero()
	}
	fn dispute() -> Weight {
		Weight::zero()
	}
	fn set_engine() -> Weight {
		Weight::zero()
	}
	fn callback() -> Weight {
		Weight::zero()
	}
	fn callback_queue() -> Weight {
		Weight::zero()
	}
	fn prune(_: u32) -> Weight {
		Weight::zero()
	}
	fn prune_model() -> Weight {
		Weight::zero()
	}
	fn on_initialize(_: u32) -> Weight {
		Weight::zero()
	}
	fn draws(_: u32) -> Weight {
		Weight::zero()
	}
}
