//! Weights of `pallet_models`, measured by `scripts/weights.sh`: 10 steps, 10 repeats, 2026-11-27.

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
	fn try_models(l: u32) -> Weight;
	fn set_catalogue_limit() -> Weight;
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
	/// Storage: `Rounds::CounterForStandings` (r:1 w:1)
	/// Proof: `Rounds::CounterForStandings` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Models::Prunable` (r:1 w:1)
	/// Proof: `Models::Prunable` (`max_values`: None, `max_size`: Some(2062), added: 4537, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Models::Blobs` (r:2 w:2)
	/// Proof: `Models::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Models::Samples` (r:0 w:1)
	/// Proof: `Models::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Models::Provenances` (r:0 w:2)
	/// Proof: `Models::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn register_model() -> Weight {
		Weight::from_parts(419_446_000, 157743)
			.saturating_add(T::DbWeight::get().reads(15_u64))
			.saturating_add(T::DbWeight::get().writes(28_u64))
	}
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::CounterForStandings` (r:1 w:1)
	/// Proof: `Rounds::CounterForStandings` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:65 w:65)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Reopened` (r:1 w:0)
	/// Proof: `Rounds::Reopened` (`max_values`: Some(1), `max_size`: Some(457), added: 952, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 64]`.
	fn conclude_model(m: u32) -> Weight {
		Weight::from_parts(64_748_062, 21038)
			.saturating_add(Weight::from_parts(40_265_037, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(5_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2619).saturating_mul(m.into()))
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
		Weight::from_parts(124_345_000, 69054)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	fn set_royalty() -> Weight {
		Weight::from_parts(32_058_000, 21038)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Models::NextEngine` (r:1 w:1)
	/// Proof: `Models::NextEngine` (`max_values`: Some(1), `max_size`: Some(3234), added: 3729, mode: `MaxEncodedLen`)
	/// Storage: `Models::CurrentEngine` (r:1 w:0)
	/// Proof: `Models::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn set_engine() -> Weight {
		Weight::from_parts(7_150_000, 4719)
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
	/// Storage: `Rounds::CounterForStandings` (r:1 w:1)
	/// Proof: `Rounds::CounterForStandings` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Models::Unavailable` (r:0 w:1)
	/// Proof: `Models::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	fn reactivate_model() -> Weight {
		Weight::from_parts(114_350_000, 157743)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
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
		Weight::from_parts(142_323_000, 21038)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(25_u64))
	}
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Models::Provenances` (r:0 w:1)
	/// Proof: `Models::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn set_provenance() -> Weight {
		Weight::from_parts(113_749_000, 21038)
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
		Weight::from_parts(150_455_000, 21038)
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
		Weight::from_parts(89_132_000, 6398)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Models::Prunable` (r:1 w:1)
	/// Proof: `Models::Prunable` (`max_values`: None, `max_size`: Some(2062), added: 4537, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Models::Listing` (r:0 w:2)
	/// Proof: `Models::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Models::Provenances` (r:0 w:1)
	/// Proof: `Models::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn prune_model() -> Weight {
		Weight::from_parts(78_808_000, 21038)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Models::PrunedTo` (r:1 w:1)
	/// Proof: `Models::PrunedTo` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Models::Prunable` (r:1 w:0)
	/// Proof: `Models::Prunable` (`max_values`: None, `max_size`: Some(2062), added: 4537, mode: `MaxEncodedLen`)
	fn prune_queue() -> Weight {
		Weight::from_parts(4_617_000, 5527)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Counted by hand.
	/// Storage: `Models::CatalogueLimit` (r:0 w:1)
	fn set_catalogue_limit() -> Weight {
		Weight::from_parts(7_150_000, 0).saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Counted by hand: what `reactivate_model` weighs without the fee, and two reads for each model that is looked at.
	/// Storage: `Models::ToTry` (r:1 w:1)
	/// Storage: `Models::Trials` (r:16 w:1)
	/// Storage: `Models::CounterForTrials` (r:1 w:1)
	/// Storage: `Models::Models` (r:16 w:1)
	/// Storage: `Models::OpenUnder` (r:1 w:1)
	/// Storage: `Rounds::NextRound` (r:1 w:0)
	fn try_models(l: u32) -> Weight {
		Weight::from_parts(114_350_000, 157743)
			.saturating_add(Weight::from_parts(12_000_000, 22600).saturating_mul(l.into()))
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(l.into())))
			.saturating_add(T::DbWeight::get().writes(10_u64))
	}
}

/// Nothing weighs anything, for tests.
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
	fn set_catalogue_limit() -> Weight {
		Weight::zero()
	}
	fn try_models(_: u32) -> Weight {
		Weight::zero()
	}
}
