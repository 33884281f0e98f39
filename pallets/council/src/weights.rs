//! Weights of `pallet_council`. Not measured: counted by hand from the accesses that each function names, with times of calls of the same
//! shape in `pallet_validators`, rounded up. A hundred validators are compared with a hundred supporters in each count.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn propose() -> Weight;
	fn support() -> Weight;
	fn decide() -> Weight;
	fn withdraw_support() -> Weight;
	fn close() -> Weight;
	fn drop_motion() -> Weight;
}

/// Weights by the reads and writes that were counted.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Rounds::Electors` (r:1 w:0), 6,402 bytes
	/// Storage: `Council::CounterForMotions` (r:1 w:1), `Council::NextMotion` (r:1 w:1), `Council::Motions` (r:1 w:1), 3,500 bytes
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	fn propose() -> Weight {
		Weight::from_parts(150_000_000, 25_000)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Rounds::Electors` (r:1 w:0), 6,402 bytes
	/// Storage: `Council::Motions` (r:1 w:1), 3,500 bytes
	fn support() -> Weight {
		Weight::from_parts(600_000_000, 15_000)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// The weight that a decision adds, without the weights that `Scheduler` has for its own part. Storage:
	/// `Council::Delay` (r:1 w:0), `Council::CounterForMotions` (r:1 w:1) Storage: `System::Account` (r:1 w:1),
	/// `Balances::Holds` (r:1 w:1) Storage: `Preimage::StatusFor`, `Preimage::RequestStatusFor` (r:2 w:2),
	/// `Preimage::PreimageFor` (r:1 w:0), 4,096 bytes
	fn decide() -> Weight {
		Weight::from_parts(200_000_000, 25_000)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Council::Motions` (r:1 w:1), 3,500 bytes
	fn withdraw_support() -> Weight {
		Weight::from_parts(40_000_000, 8_000)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Rounds::Electors` (r:1 w:0), 6,402 bytes
	/// Storage: `Council::Motions` (r:1 w:1), `Council::CounterForMotions` (r:1 w:1)
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	fn close() -> Weight {
		Weight::from_parts(110_000_000, 25_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Council::Motions` (r:1 w:1), `Council::CounterForMotions` (r:1 w:1)
	/// Storage: `System::Account` (r:2 w:2), `Balances::Holds` (r:1 w:1)
	fn drop_motion() -> Weight {
		Weight::from_parts(120_000_000, 25_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
}

/// Nothing weighs anything, for tests.
impl WeightInfo for () {
	fn propose() -> Weight {
		Weight::zero()
	}
	fn support() -> Weight {
		Weight::zero()
	}
	fn decide() -> Weight {
		Weight::zero()
	}
	fn withdraw_support() -> Weight {
		Weight::zero()
	}
	fn close() -> Weight {
		Weight::zero()
	}
	fn drop_motion() -> Weight {
		Weight::zero()
	}
}
