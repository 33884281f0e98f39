//! Weights of `pallet_memory`. Not measured: counted by hand from the accesses that each function names, with times of calls of the same
//! shape in `pallet_models`, rounded up.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn create_space() -> Weight;
	fn commit(a: u32, d: u32) -> Weight;
	fn grant() -> Weight;
	fn revoke() -> Weight;
	fn set_box_key() -> Weight;
	fn transfer_space() -> Weight;
	fn close_space(n: u32) -> Weight;
}

/// Weights by the reads and writes that were counted.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Memory::NextSpace` (r:1 w:1), `Memory::Spaces` (r:0 w:1), 400 bytes
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	fn create_space() -> Weight {
		Weight::from_parts(60_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Memory::Spaces` (r:1 w:1), 400 bytes, `Memory::Grants` (r:1 w:0), 120 bytes
	/// Storage: `Memory::SpaceBlobs` (r:2 w:2), 120 bytes, `Models::Blobs` (r:2 w:2), 60 bytes, for the manifest and the one before
	/// Storage: `Memory::TotalBytes` (r:1 w:1)
	/// Storage: `System::Account` (r:2 w:2), `Balances::Holds` (r:2 w:2)
	/// The range of component `a` is `[0, 64]`: `Memory::SpaceBlobs` (r:1 w:1), `Models::Blobs` (r:1 w:1) for each.
	/// The range of component `d` is `[0, 64]`: the same, and `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1), each of another payer.
	fn commit(a: u32, d: u32) -> Weight {
		Weight::from_parts(130_000_000, 30_000)
			.saturating_add(Weight::from_parts(12_000_000, 5_200).saturating_mul(a.into()))
			.saturating_add(Weight::from_parts(40_000_000, 10_500).saturating_mul(d.into()))
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().reads(2_u64.saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().reads(4_u64.saturating_mul(d.into())))
			.saturating_add(T::DbWeight::get().writes(10_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64.saturating_mul(a.into())))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(d.into())))
	}
	/// Storage: `Memory::Spaces` (r:1 w:1), 400 bytes, `Memory::Grants` (r:2 w:1), 120 bytes
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	fn grant() -> Weight {
		Weight::from_parts(70_000_000, 15_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Memory::Spaces` (r:1 w:1), 400 bytes, `Memory::Grants` (r:2 w:1), 120 bytes
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	fn revoke() -> Weight {
		Weight::from_parts(70_000_000, 15_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Memory::BoxKeys` (r:1 w:1), 96 bytes
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	fn set_box_key() -> Weight {
		Weight::from_parts(60_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Memory::Spaces` (r:1 w:1), 400 bytes
	/// Storage: `System::Account` (r:2 w:2), `Balances::Holds` (r:2 w:2)
	fn transfer_space() -> Weight {
		Weight::from_parts(90_000_000, 15_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Memory::Spaces` (r:1 w:1), 400 bytes, `Memory::TotalBytes` (r:1 w:1)
	/// Storage: `System::Account` (r:1 w:1), `Balances::Holds` (r:1 w:1)
	/// Storage: the ends of `Memory::SpaceBlobs` and `Memory::Grants` (r:2 w:0)
	/// The range of component `n` is `[0, 64]`: `Memory::SpaceBlobs` (r:2 w:1), `Models::Blobs` (r:1 w:1), `System::Account` (r:1 w:1),
	/// `Balances::Holds` (r:1 w:1) for each, which is more than a grant.
	fn close_space(n: u32) -> Weight {
		Weight::from_parts(90_000_000, 20_000)
			.saturating_add(Weight::from_parts(42_000_000, 10_500).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().reads(5_u64.saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(4_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(n.into())))
	}
}

/// Nothing weighs anything, for tests.
impl WeightInfo for () {
	fn create_space() -> Weight {
		Weight::zero()
	}
	fn commit(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn grant() -> Weight {
		Weight::zero()
	}
	fn revoke() -> Weight {
		Weight::zero()
	}
	fn set_box_key() -> Weight {
		Weight::zero()
	}
	fn transfer_space() -> Weight {
		Weight::zero()
	}
	fn close_space(_: u32) -> Weight {
		Weight::zero()
	}
}
