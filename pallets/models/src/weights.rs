//! Weights of `pallet_models`, measured by `scripts/weights.sh`: 6 steps, 5 repeats, 2026-11-20.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn register_model() -> Weight;
	fn conclude_model(m: u32) -> Weight;
	fn retire_model() -> Weight;
	fn set_royalty() -> Weight;
	fn set_engine() -> Weight;
	fn reactivate_model() -> Weight;
	fn set_metadata() -> Weight;
	fn set_provenance() -> Weight;
	fn transfer_model() -> Weight;
	fn transfer_name() -> Weight;
	fn prune_model() -> Weight;
	fn prune_queue() -> Weight;
}

/// What was measured.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::CurrentEngine` (r:1 w:0)
	/// Proof: `Models::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:2 w:2)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Models::Names` (r:1 w:1)
	/// Proof: `Models::Names` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Models::Listing` (r:1 w:13)
	/// Proof: `Models::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::TakenInBlock` (r:1 w:1)
	/// Proof: `Rounds::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Open` (r:1 w:1)
	/// Proof: `Rounds::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Models::Blobs` (r:2 w:2)
	/// Proof: `Models::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Models::Samples` (r:0 w:1)
	/// Proof: `Models::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Models::Provenances` (r:0 w:2)
	/// Proof: `Models::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn register_model() -> Weight {
		Weight::from_parts(430_913_000, 77263)
			.saturating_add(T::DbWeight::get().reads(14_u64))
			.saturating_add(T::DbWeight::get().writes(27_u64))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:65 w:64)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Models::Samples` (r:1 w:0)
	/// Proof: `Models::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:1 w:1)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:1 w:1)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:65 w:65)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Open` (r:1 w:1)
	/// Proof: `Rounds::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:64)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 64]`.
	fn conclude_model(m: u32) -> Weight {
		Weight::from_parts(263_201_858, 69054)
			.saturating_add(Weight::from_parts(50_662_433, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(m.into()))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Models::Blobs` (r:2 w:2)
	/// Proof: `Models::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Models::Samples` (r:1 w:0)
	/// Proof: `Models::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Models::Listing` (r:0 w:11)
	/// Proof: `Models::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Models::Unavailable` (r:0 w:1)
	/// Proof: `Models::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	fn retire_model() -> Weight {
		Weight::from_parts(119_228_000, 69054)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	fn set_royalty() -> Weight {
		Weight::from_parts(27_151_000, 21038)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Models::NextEngine` (r:1 w:1)
	/// Proof: `Models::NextEngine` (`max_values`: Some(1), `max_size`: Some(3234), added: 3729, mode: `MaxEncodedLen`)
	/// Storage: `Models::CurrentEngine` (r:1 w:0)
	/// Proof: `Models::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn set_engine() -> Weight {
		Weight::from_parts(8_643_000, 4719)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Models::CurrentEngine` (r:1 w:0)
	/// Proof: `Models::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::TakenInBlock` (r:1 w:1)
	/// Proof: `Rounds::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Open` (r:1 w:1)
	/// Proof: `Rounds::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Models::Unavailable` (r:0 w:1)
	/// Proof: `Models::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	fn reactivate_model() -> Weight {
		Weight::from_parts(93_759_000, 77263)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Models::Blobs` (r:2 w:2)
	/// Proof: `Models::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Models::Listing` (r:0 w:20)
	/// Proof: `Models::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	fn set_metadata() -> Weight {
		Weight::from_parts(130_524_000, 21038)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(25_u64))
	}
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Models::Provenances` (r:0 w:1)
	/// Proof: `Models::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn set_provenance() -> Weight {
		Weight::from_parts(80_490_000, 21038)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Models::Listing` (r:0 w:12)
	/// Proof: `Models::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	fn transfer_model() -> Weight {
		Weight::from_parts(143_694_000, 21038)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `Models::Names` (r:1 w:1)
	/// Proof: `Models::Names` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	fn transfer_name() -> Weight {
		Weight::from_parts(84_356_000, 6398)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Models::Listing` (r:0 w:2)
	/// Proof: `Models::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Models::Provenances` (r:0 w:1)
	/// Proof: `Models::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn prune_model() -> Weight {
		Weight::from_parts(76_104_000, 21038)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Models::PrunedTo` (r:1 w:1)
	/// Storage: `Models::Prunable` (r:1 w:1)
	fn prune_queue() -> Weight {
		Weight::from_parts(8_563_000, 5591)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
}

/// For mocks: nothing weighs anything.
impl WeightInfo for () {
	fn register_model() -> Weight {
		Weight::zero()
	}
	fn conclude_model(_: u32) -> Weight {
		Weight::zero()
	}
	fn retire_model() -> Weight {
		Weight::zero()
	}
	fn set_royalty() -> Weight {
		Weight::zero()
	}
	fn set_engine() -> Weight {
		Weight::zero()
	}
	fn reactivate_model() -> Weight {
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
	fn prune_model() -> Weight {
		Weight::zero()
	}
	fn prune_queue() -> Weight {
		Weight::zero()
	}
}
