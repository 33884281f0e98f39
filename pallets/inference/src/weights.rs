//! Weights of `pallet_inference`, measured by `scripts/weights.sh`: 10 steps, 10 repeats, 2026-11-27.

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
	/// Storage: `Inference::Reserved` (r:1 w:1)
	/// Proof: `Inference::Reserved` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NextRequest` (r:1 w:1)
	/// Proof: `Inference::NextRequest` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::TakenInBlock` (r:1 w:1)
	/// Proof: `Rounds::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::CounterForStandings` (r:1 w:1)
	/// Proof: `Rounds::CounterForStandings` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[1, 65536]`.
	fn request_inference(b: u32) -> Weight {
		Weight::from_parts(121_239_052, 157743)
			.saturating_add(Weight::from_parts(7_607, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().writes(11_u64))
	}
	/// Storage: `Rounds::Agreements` (r:1 w:1)
	/// Proof: `Rounds::Agreements` (`max_values`: None, `max_size`: Some(9968), added: 12443, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::LastAuthors` (r:1 w:0)
	/// Proof: `Rounds::LastAuthors` (`max_values`: Some(1), `max_size`: Some(41), added: 536, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::LastBlocks` (r:1 w:0)
	/// Proof: `Rounds::LastBlocks` (`max_values`: Some(1), `max_size`: Some(4002), added: 4497, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Outputs` (r:1 w:1)
	/// Proof: `Rounds::Outputs` (`max_values`: None, `max_size`: Some(16470), added: 18945, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::CounterForStandings` (r:1 w:1)
	/// Proof: `Rounds::CounterForStandings` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Reserved` (r:1 w:1)
	/// Proof: `Inference::Reserved` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:1)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `System::ParentHash` (r:1 w:0)
	/// Proof: `System::ParentHash` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:103 w:103)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:1 w:0)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:1 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(526), added: 3001, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Reopened` (r:1 w:0)
	/// Proof: `Rounds::Reopened` (`max_values`: Some(1), `max_size`: Some(457), added: 952, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Results` (r:0 w:1)
	/// Proof: `Inference::Results` (`max_values`: None, `max_size`: Some(16775), added: 19250, mode: `MaxEncodedLen`)
	/// Storage: `Inference::ResultsRoot` (r:0 w:1)
	/// Proof: `Inference::ResultsRoot` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	/// The range of component `b` is `[0, 16384]`.
	fn finalize(m: u32, b: u32) -> Weight {
		Weight::from_parts(305_338_121, 69022)
			.saturating_add(Weight::from_parts(39_693_251, 0).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(8_188, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(20_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(16_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2603).saturating_mul(m.into()))
	}
	/// Storage: `Inference::CallbackQueue` (r:1 w:0)
	/// Proof: `Inference::CallbackQueue` (`max_values`: Some(1), `max_size`: Some(2050), added: 2545, mode: `MaxEncodedLen`)
	fn callback_queue() -> Weight {
		Weight::from_parts(1_803_000, 3535).saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Inference::CallbackQueue` (r:1 w:1)
	/// Proof: `Inference::CallbackQueue` (`max_values`: Some(1), `max_size`: Some(2050), added: 2545, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:1 w:1)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::CounterForCallbacks` (r:1 w:1)
	/// Proof: `Inference::CounterForCallbacks` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn callback() -> Weight {
		Weight::from_parts(14_622_000, 7611)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Inference::PrunedTo` (r:1 w:1)
	/// Proof: `Inference::PrunedTo` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(526), added: 3001, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Reopened` (r:1 w:0)
	/// Proof: `Rounds::Reopened` (`max_values`: Some(1), `max_size`: Some(457), added: 952, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Results` (r:64 w:64)
	/// Proof: `Inference::Results` (`max_values`: None, `max_size`: Some(16775), added: 19250, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:0 w:1)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn prune(n: u32) -> Weight {
		Weight::from_parts(14_182_639, 3991)
			.saturating_add(Weight::from_parts(13_794_362, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 19250).saturating_mul(n.into()))
	}
	/// Storage: `Inference::Results` (r:1 w:0)
	/// Proof: `Inference::Results` (`max_values`: None, `max_size`: Some(16775), added: 19250, mode: `MaxEncodedLen`)
	/// Storage: `Models::CurrentEngine` (r:1 w:0)
	/// Proof: `Models::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:1)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::LostDisputes` (r:1 w:0)
	/// Proof: `Rounds::LostDisputes` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::EndedRounds` (r:1 w:0)
	/// Proof: `Rounds::EndedRounds` (`max_values`: None, `max_size`: Some(12157), added: 14632, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionsPerEra` (r:1 w:0)
	/// Proof: `Validators::SessionsPerEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Reopened` (r:1 w:1)
	/// Proof: `Rounds::Reopened` (`max_values`: Some(1), `max_size`: Some(457), added: 952, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::HeldBack` (r:1 w:1)
	/// Proof: `Rounds::HeldBack` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::CounterForStandings` (r:1 w:1)
	/// Proof: `Rounds::CounterForStandings` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Disputes` (r:0 w:1)
	/// Proof: `Rounds::Disputes` (`max_values`: None, `max_size`: Some(146), added: 2621, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Contested` (r:0 w:1)
	/// Proof: `Rounds::Contested` (`max_values`: None, `max_size`: Some(14718), added: 17193, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[1, 65536]`.
	fn dispute_result(b: u32) -> Weight {
		Weight::from_parts(223_234_203, 157743)
			.saturating_add(Weight::from_parts(7_298, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(17_u64))
			.saturating_add(T::DbWeight::get().writes(11_u64))
	}
}

/// Nothing weighs anything, for tests.
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
