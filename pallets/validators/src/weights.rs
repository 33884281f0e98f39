//! Weights of `pallet_validators`, measured by `scripts/weights.sh`: 6 steps, 5 repeats, 2026-11-20.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn bond() -> Weight;
	fn unbond() -> Weight;
	fn withdraw() -> Weight;
	fn unjail() -> Weight;
	fn cancel_penalty() -> Weight;
	fn penalize() -> Weight;
	fn take_penalties(n: u32, f: u32) -> Weight;
}

/// What was measured.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CounterForCandidates` (r:1 w:1)
	/// Proof: `Validators::CounterForCandidates` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	fn bond() -> Weight {
		Weight::from_parts(63_495_000, 3694)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Validators::UnbondingSessions` (r:1 w:0)
	/// Proof: `Validators::UnbondingSessions` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn unbond() -> Weight {
		Weight::from_parts(15_994_000, 3547)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Untaken` (r:1 w:0)
	/// Proof: `Validators::Untaken` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:2 w:0)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(89), added: 2564, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CounterForCandidates` (r:1 w:1)
	/// Proof: `Validators::CounterForCandidates` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn withdraw() -> Weight {
		Weight::from_parts(68_082_000, 6118)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn unjail() -> Weight {
		Weight::from_parts(14_532_000, 3547)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Validators::Penalties` (r:1 w:1)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(89), added: 2564, mode: `MaxEncodedLen`)
	fn cancel_penalty() -> Weight {
		Weight::from_parts(14_111_000, 3554)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
			// The finders and what is due of the bond, counted by hand.
			.saturating_add(Weight::from_parts(15_000_000, 3074 + 2573))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:1 w:1)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(89), added: 2564, mode: `MaxEncodedLen`)
	fn penalize() -> Weight {
		Weight::from_parts(22_013_000, 3554)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			// The finders, counted by hand.
			.saturating_add(Weight::from_parts(20_000_000, 3074))
	}
	/// Storage: `Validators::Untaken` (r:1 w:0)
	/// Proof: `Validators::Untaken` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:21 w:20)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(89), added: 2564, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:20 w:20)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:21 w:21)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:20 w:20)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 20]`.
	/// The range of component `f` is `[0, 1280]`.
	fn take_penalties(n: u32, f: u32) -> Weight {
		Weight::from_parts(18_274_702, 3593)
			.saturating_add(Weight::from_parts(58_803_006, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			.saturating_add(T::DbWeight::get().writes((4_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2704).saturating_mul(n.into()))
			// The shares of finders and the room that they take in the records, counted by hand.
			.saturating_add(Weight::from_parts(60_000_000, 2603).saturating_mul(f.into()))
			.saturating_add(Weight::from_parts(10_000_000, 3074).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(f.into()))
			.saturating_add(T::DbWeight::get().writes(f.into()))
	}
}

/// Nothing weighs anything, for tests.
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
	fn penalize() -> Weight {
		Weight::zero()
	}
	fn take_penalties(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
}
