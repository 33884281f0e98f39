//! Weights of `pallet_validators`, measured by `scripts/weights.sh`: 10 steps, 10 repeats, 2026-11-27. Since then the calls of delegators were added,
//! and accesses to `Backings` and to the delegators' account in other calls: these are counted by hand, and no times of theirs are measured.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn bond() -> Weight;
	fn bond_over() -> Weight;
	fn unbond() -> Weight;
	fn withdraw() -> Weight;
	fn unjail() -> Weight;
	fn cancel_penalty() -> Weight;
	fn set_minimum() -> Weight;
	fn set_commission() -> Weight;
	fn delegate() -> Weight;
	fn undelegate() -> Weight;
	fn withdraw_delegation() -> Weight;
	fn earn() -> Weight;
	fn penalize() -> Weight;
	fn take_penalties(n: u32, f: u32) -> Weight;
}

/// What was measured.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Validators::Candidates` (r:1 w:0), `Validators::Backings` (r:1 w:1), `System::Account` (r:1 w:1), `Validators::CurrentEra` (r:1 w:0)
	fn earn() -> Weight {
		Weight::from_parts(50_000_000, 7_000)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CounterForCandidates` (r:1 w:1)
	/// Proof: `Validators::CounterForCandidates` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	fn bond() -> Weight {
		Weight::from_parts(59_188_000, 3694)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	fn bond_over() -> Weight {
		Weight::from_parts(59_188_000, 3694)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Validators::UnbondingSessions` (r:1 w:0)
	/// Proof: `Validators::UnbondingSessions` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn unbond() -> Weight {
		Weight::from_parts(14_532_000, 3571)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Untaken` (r:1 w:0)
	/// Proof: `Validators::Untaken` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:5 w:0)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(3163), added: 5638, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CounterForCandidates` (r:1 w:1)
	/// Proof: `Validators::CounterForCandidates` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn withdraw() -> Weight {
		Weight::from_parts(78_738_000, 29180)
			.saturating_add(T::DbWeight::get().reads(12_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Untaken` (r:1 w:0)
	/// Proof: `Validators::Untaken` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:6 w:0)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(3163), added: 5638, mode: `MaxEncodedLen`)
	fn unjail() -> Weight {
		Weight::from_parts(45_157_000, 34818)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Validators::Penalties` (r:1 w:1)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(3163), added: 5638, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	fn cancel_penalty() -> Weight {
		Weight::from_parts(21_863_000, 6628)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `Validators::MinimumValidators` (r:0 w:1)
	fn set_minimum() -> Weight {
		Weight::from_parts(21_863_000, 0).saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:0), `Validators::Backings` (r:1 w:1), `Validators::CurrentEra` (r:1 w:0)
	fn set_commission() -> Weight {
		Weight::from_parts(30_000_000, 7_000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:0), `Validators::Backings` (r:1 w:1), `Validators::Delegations` (r:1 w:1)
	/// Storage: `System::Account` (r:2 w:2)
	fn delegate() -> Weight {
		Weight::from_parts(110_000_000, 15_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:0), `Validators::Backings` (r:1 w:1), `Validators::Delegations` (r:1 w:1)
	/// Storage: `Session::Validators` (r:1 w:0), `Session::CurrentIndex` (r:1 w:0)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0), `Validators::UnbondingSessions` (r:1 w:0)
	fn undelegate() -> Weight {
		Weight::from_parts(60_000_000, 18_000)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1), `Validators::Backings` (r:1 w:1), `Validators::Delegations` (r:1 w:1)
	/// Storage: `System::Account` (r:3 w:3)
	fn withdraw_delegation() -> Weight {
		Weight::from_parts(160_000_000, 18_000)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// Storage: `Validators::Candidates` (r:1 w:1)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:1 w:1)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(3163), added: 5638, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	fn penalize() -> Weight {
		Weight::from_parts(30_556_000, 7887)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `Validators::Untaken` (r:1 w:0)
	/// Proof: `Validators::Untaken` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::CurrentEra` (r:1 w:0)
	/// Proof: `Validators::CurrentEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Penalties` (r:21 w:20)
	/// Proof: `Validators::Penalties` (`max_values`: None, `max_size`: Some(3163), added: 5638, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:20 w:20)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:20 w:20)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:85 w:85)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 20]`.
	/// The range of component `f` is `[0, 1280]`.
	fn take_penalties(n: u32, f: u32) -> Weight {
		Weight::from_parts(11_537_000, 91357)
			.saturating_add(Weight::from_parts(901_613_279, 0).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(12_643_027, 0).saturating_mul(f.into()))
			.saturating_add(T::DbWeight::get().reads(12_u64))
			.saturating_add(T::DbWeight::get().reads((7_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(10_u64))
			.saturating_add(T::DbWeight::get().writes((7_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 55).saturating_mul(f.into()))
			.saturating_add(Weight::from_parts(0, 5638).saturating_mul(n.into()))
	}
}

/// Nothing weighs anything, for tests.
impl WeightInfo for () {
	fn bond() -> Weight {
		Weight::zero()
	}
	fn bond_over() -> Weight {
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
	fn set_minimum() -> Weight {
		Weight::zero()
	}
	fn set_commission() -> Weight {
		Weight::zero()
	}
	fn delegate() -> Weight {
		Weight::zero()
	}
	fn undelegate() -> Weight {
		Weight::zero()
	}
	fn withdraw_delegation() -> Weight {
		Weight::zero()
	}
	fn earn() -> Weight {
		Weight::zero()
	}
	fn penalize() -> Weight {
		Weight::zero()
	}
	fn take_penalties(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
}
