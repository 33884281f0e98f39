//! Weights of `pallet_inference`, measured by `scripts/weights.sh`: 6 steps, 5 repeats, 2026-11-20.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn request_inference(b: u32) -> Weight;
	fn finalize(m: u32, b: u32) -> Weight;
	fn callback_queue() -> Weight;
	fn callback() -> Weight;
	fn prune(n: u32) -> Weight;
	fn dispute_result(b: u32) -> Weight;
}

/// What was measured.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Models::CurrentEngine` (r:1 w:0)
	/// Proof: `Models::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::TakenInBlock` (r:1 w:1)
	/// Proof: `Rounds::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Open` (r:1 w:1)
	/// Proof: `Rounds::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NextRequest` (r:1 w:1)
	/// Proof: `Inference::NextRequest` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[1, 65536]`.
	fn request_inference(b: u32) -> Weight {
		Weight::from_parts(133_516_316, 77263)
			.saturating_add(Weight::from_parts(8_502, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
			// The units that are reserved, counted by hand.
			.saturating_add(Weight::from_parts(5_000_000, 519))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Attested` (r:1 w:1)
	/// Proof: `Rounds::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:1)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `System::ParentHash` (r:1 w:0)
	/// Proof: `System::ParentHash` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Voters` (r:1 w:1)
	/// Proof: `Rounds::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:103 w:103)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:1 w:0)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:1 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Open` (r:1 w:1)
	/// Proof: `Rounds::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Results` (r:0 w:1)
	/// Proof: `Inference::Results` (`max_values`: None, `max_size`: Some(16671), added: 19146, mode: `MaxEncodedLen`)
	/// Storage: `Inference::ResultsRoot` (r:0 w:1)
	/// Proof: `Inference::ResultsRoot` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	/// The range of component `b` is `[0, 16384]`.
	fn finalize(m: u32, b: u32) -> Weight {
		Weight::from_parts(245_426_550, 69022)
			.saturating_add(Weight::from_parts(39_713_297, 0).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(6_715, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(14_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(14_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2603).saturating_mul(m.into()))
			// The units that are free again, counted by hand.
			.saturating_add(Weight::from_parts(5_000_000, 519))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1))
			// Whether it was open again, and the result of one that was, counted by hand.
			.saturating_add(Weight::from_parts(5_000_000, 20_000))
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}
	/// Storage: `Inference::CallbackQueue` (r:1 w:0)
	/// Proof: `Inference::CallbackQueue` (`max_values`: Some(1), `max_size`: Some(2050), added: 2545, mode: `MaxEncodedLen`)
	fn callback_queue() -> Weight {
		Weight::from_parts(2_864_000, 3535).saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Inference::CallbackQueue` (r:1 w:1)
	/// Proof: `Inference::CallbackQueue` (`max_values`: Some(1), `max_size`: Some(2050), added: 2545, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:1 w:1)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::CounterForCallbacks` (r:1 w:1)
	/// Proof: `Inference::CounterForCallbacks` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn callback() -> Weight {
		Weight::from_parts(16_765_000, 7611)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Inference::PrunedTo` (r:1 w:1)
	/// Proof: `Inference::PrunedTo` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Results` (r:64 w:64)
	/// Proof: `Inference::Results` (`max_values`: None, `max_size`: Some(16671), added: 19146, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:0 w:1)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn prune(n: u32) -> Weight {
		Weight::from_parts(8_563_000, 5591)
			.saturating_add(Weight::from_parts(13_023_608, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 19146).saturating_mul(n.into()))
			// Whether a result is judged again, counted by hand.
			.saturating_add(T::DbWeight::get().reads_writes(1, 1).saturating_mul(n.into()))
	}
	/// Counted by hand: the input as in `request_inference`, what `dispute` of rounds does, the result, the round that agreed with its
	/// hundred votes, who has lost a dispute, what is open again, and two blobs.
	/// The range of component `b` is `[1, 65536]`.
	fn dispute_result(b: u32) -> Weight {
		Weight::from_parts(250_000_000, 200_000)
			.saturating_add(Weight::from_parts(8_502, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(18_u64))
			.saturating_add(T::DbWeight::get().writes(14_u64))
	}
}

/// For mocks: nothing weighs anything.
impl WeightInfo for () {
	fn request_inference(_: u32) -> Weight {
		Weight::zero()
	}
	fn finalize(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn callback_queue() -> Weight {
		Weight::zero()
	}
	fn callback() -> Weight {
		Weight::zero()
	}
	fn prune(_: u32) -> Weight {
		Weight::zero()
	}
	fn dispute_result(_: u32) -> Weight {
		Weight::zero()
	}
}
