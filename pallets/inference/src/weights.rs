//! Weights of `pallet_inference`, measured by `scripts/weights.sh`: 10 steps, 10 repeats, 2026-11-20.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn register_model() -> Weight;
	fn request_inference() -> Weight;
	fn attest_commits(n: u32) -> Weight;
	fn attest_reveals(n: u32) -> Weight;
	fn attest_proof() -> Weight;
	fn conclude(m: u32) -> Weight;
	fn authorize_attest(n: u32) -> Weight;
	fn authorize_proof() -> Weight;
	fn retire_model() -> Weight;
	fn set_royalty() -> Weight;
	fn dispute() -> Weight;
	fn set_engine() -> Weight;
	fn reactivate_model() -> Weight;
	fn set_metadata() -> Weight;
	fn set_provenance() -> Weight;
	fn transfer_model() -> Weight;
	fn transfer_name() -> Weight;
	fn prune_model() -> Weight;
	fn on_initialize(n: u32) -> Weight;
	fn draws(n: u32) -> Weight;
	fn callback_queue() -> Weight;
	fn callback() -> Weight;
	fn prune(n: u32) -> Weight;
}

/// What was measured.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `Inference::CurrentEngine` (r:1 w:0)
	/// Proof: `Inference::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Electors` (r:1 w:0)
	/// Proof: `Inference::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Models` (r:2 w:2)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Names` (r:1 w:1)
	/// Proof: `Inference::Names` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Listing` (r:1 w:13)
	/// Proof: `Inference::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Inference::TakenInBlock` (r:1 w:1)
	/// Proof: `Inference::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Open` (r:1 w:1)
	/// Proof: `Inference::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NewDraws` (r:1 w:1)
	/// Proof: `Inference::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Blobs` (r:2 w:2)
	/// Proof: `Inference::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Samples` (r:0 w:1)
	/// Proof: `Inference::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Provenances` (r:0 w:2)
	/// Proof: `Inference::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn register_model() -> Weight {
		Weight::from_parts(604_772_000, 77263)
			.saturating_add(T::DbWeight::get().reads(14_u64))
			.saturating_add(T::DbWeight::get().writes(27_u64))
	}
	/// Storage: `Inference::CurrentEngine` (r:1 w:0)
	/// Proof: `Inference::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Electors` (r:1 w:0)
	/// Proof: `Inference::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Inference::TakenInBlock` (r:1 w:1)
	/// Proof: `Inference::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Open` (r:1 w:1)
	/// Proof: `Inference::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NextRequest` (r:1 w:1)
	/// Proof: `Inference::NextRequest` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NewDraws` (r:1 w:1)
	/// Proof: `Inference::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:0 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:0 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	fn request_inference() -> Weight {
		Weight::from_parts(716_468_000, 77263)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
	}
	/// Storage: `Inference::Rounds` (r:64 w:64)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:64 w:64)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_commits(n: u32) -> Weight {
		Weight::from_parts(494_493, 990)
			.saturating_add(Weight::from_parts(29_399_098, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}
	/// Storage: `Inference::Rounds` (r:64 w:64)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:64 w:64)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Products` (r:64 w:64)
	/// Proof: `Inference::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_reveals(n: u32) -> Weight {
		Weight::from_parts(2_674_000, 3509)
			.saturating_add(Weight::from_parts(179_261_733, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 18944).saturating_mul(n.into()))
	}
	/// Storage: `Inference::Rounds` (r:1 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:1 w:1)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Inference::SessionElectors` (r:1 w:0)
	/// Proof: `Inference::SessionElectors` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Duties` (r:0 w:1)
	/// Proof: `Inference::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	fn attest_proof() -> Weight {
		Weight::from_parts(446_025_000, 9879)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Inference::Rounds` (r:1 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:65 w:64)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Samples` (r:1 w:0)
	/// Proof: `Inference::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Products` (r:1 w:1)
	/// Proof: `Inference::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:65 w:65)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Open` (r:1 w:1)
	/// Proof: `Inference::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Duties` (r:0 w:64)
	/// Proof: `Inference::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 64]`.
	fn conclude(m: u32) -> Weight {
		Weight::from_parts(330_305_532, 69054)
			.saturating_add(Weight::from_parts(81_558_063, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(7_u64))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(m.into()))
	}
	/// Storage: `Inference::Rounds` (r:64 w:0)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:64 w:0)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[1, 64]`.
	fn authorize_attest(n: u32) -> Weight {
		Weight::from_parts(395_474_369, 3509)
			.saturating_add(Weight::from_parts(215_622_483, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2765).saturating_mul(n.into()))
	}
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn authorize_proof() -> Weight {
		Weight::from_parts(357_363_000, 3509).saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Blobs` (r:2 w:2)
	/// Proof: `Inference::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Samples` (r:1 w:0)
	/// Proof: `Inference::Samples` (`max_values`: None, `max_size`: Some(65589), added: 68064, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Listing` (r:0 w:11)
	/// Proof: `Inference::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Unavailable` (r:0 w:1)
	/// Proof: `Inference::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	fn retire_model() -> Weight {
		Weight::from_parts(188_491_000, 69054)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	fn set_royalty() -> Weight {
		Weight::from_parts(38_237_000, 21038)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Electors` (r:1 w:0)
	/// Proof: `Inference::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Voters` (r:1 w:1)
	/// Proof: `Inference::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NewDraws` (r:1 w:1)
	/// Proof: `Inference::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Disputes` (r:0 w:1)
	/// Proof: `Inference::Disputes` (`max_values`: None, `max_size`: Some(113), added: 2588, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Contested` (r:0 w:1)
	/// Proof: `Inference::Contested` (`max_values`: None, `max_size`: Some(14618), added: 17093, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Attested` (r:0 w:1)
	/// Proof: `Inference::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	fn dispute() -> Weight {
		Weight::from_parts(173_929_000, 77263)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
	}
	/// Storage: `Inference::NextEngine` (r:1 w:1)
	/// Proof: `Inference::NextEngine` (`max_values`: Some(1), `max_size`: Some(3234), added: 3729, mode: `MaxEncodedLen`)
	/// Storage: `Inference::CurrentEngine` (r:1 w:0)
	/// Proof: `Inference::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn set_engine() -> Weight {
		Weight::from_parts(12_739_000, 4719)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Inference::CurrentEngine` (r:1 w:0)
	/// Proof: `Inference::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Electors` (r:1 w:0)
	/// Proof: `Inference::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::TakenInBlock` (r:1 w:1)
	/// Proof: `Inference::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Open` (r:1 w:1)
	/// Proof: `Inference::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NewDraws` (r:1 w:1)
	/// Proof: `Inference::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Unavailable` (r:0 w:1)
	/// Proof: `Inference::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	fn reactivate_model() -> Weight {
		Weight::from_parts(137_835_000, 77263)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Blobs` (r:2 w:2)
	/// Proof: `Inference::Blobs` (`max_values`: None, `max_size`: Some(60), added: 2535, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Listing` (r:0 w:20)
	/// Proof: `Inference::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	fn set_metadata() -> Weight {
		Weight::from_parts(186_958_000, 21038)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(25_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:0)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Provenances` (r:0 w:1)
	/// Proof: `Inference::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn set_provenance() -> Weight {
		Weight::from_parts(91_516_000, 21038)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Listing` (r:0 w:12)
	/// Proof: `Inference::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	fn transfer_model() -> Weight {
		Weight::from_parts(215_551_000, 21038)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `Inference::Names` (r:1 w:1)
	/// Proof: `Inference::Names` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	fn transfer_name() -> Weight {
		Weight::from_parts(125_207_000, 6398)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Listing` (r:0 w:2)
	/// Proof: `Inference::Listing` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Provenances` (r:0 w:1)
	/// Proof: `Inference::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn prune_model() -> Weight {
		Weight::from_parts(111_586_000, 21038)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:64)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Attested` (r:64 w:64)
	/// Proof: `Inference::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:1)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `System::ParentHash` (r:1 w:0)
	/// Proof: `System::ParentHash` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Voters` (r:64 w:64)
	/// Proof: `Inference::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:64 w:64)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:87 w:87)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:64 w:0)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:64 w:64)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Open` (r:1 w:1)
	/// Proof: `Inference::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Prunable` (r:1 w:1)
	/// Proof: `Inference::Prunable` (`max_values`: None, `max_size`: Some(2126), added: 4601, mode: `MaxEncodedLen`)
	/// Storage: `Inference::DueDraws` (r:1 w:0)
	/// Proof: `Inference::DueDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Results` (r:0 w:64)
	/// Proof: `Inference::Results` (`max_values`: None, `max_size`: Some(16671), added: 19146, mode: `MaxEncodedLen`)
	/// Storage: `Inference::TakenInBlock` (r:0 w:1)
	/// Proof: `Inference::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn on_initialize(n: u32) -> Weight {
		Weight::from_parts(79_074_127, 77263)
			.saturating_add(Weight::from_parts(1_706_652_493, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(20_u64))
			.saturating_add(T::DbWeight::get().reads((7_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(19_u64))
			.saturating_add(T::DbWeight::get().writes((7_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 68032).saturating_mul(n.into()))
	}
	/// Storage: `Inference::LastVrf` (r:1 w:1)
	/// Proof: `Inference::LastVrf` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::DueDraws` (r:1 w:1)
	/// Proof: `Inference::DueDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NewDraws` (r:1 w:0)
	/// Proof: `Inference::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Electors` (r:1 w:0)
	/// Proof: `Inference::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Session::CurrentIndex` (r:1 w:0)
	/// Proof: `Session::CurrentIndex` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	/// Storage: `Inference::NextRound` (r:1 w:1)
	/// Proof: `Inference::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:64)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Rounds` (r:0 w:64)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:0 w:1344)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Duties` (r:0 w:1344)
	/// Proof: `Inference::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn draws(n: u32) -> Weight {
		Weight::from_parts(13_430_000, 77263)
			.saturating_add(Weight::from_parts(220_734_836, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(3_u64))
			.saturating_add(T::DbWeight::get().writes((44_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2765).saturating_mul(n.into()))
	}
	/// Storage: `Inference::CallbackQueue` (r:1 w:0)
	/// Proof: `Inference::CallbackQueue` (`max_values`: Some(1), `max_size`: Some(2050), added: 2545, mode: `MaxEncodedLen`)
	fn callback_queue() -> Weight {
		Weight::from_parts(3_965_000, 3535).saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Inference::CallbackQueue` (r:1 w:1)
	/// Proof: `Inference::CallbackQueue` (`max_values`: Some(1), `max_size`: Some(2050), added: 2545, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:1 w:1)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::CounterForCallbacks` (r:1 w:1)
	/// Proof: `Inference::CounterForCallbacks` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn callback() -> Weight {
		Weight::from_parts(24_776_000, 7611)
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
		Weight::from_parts(10_836_000, 5591)
			.saturating_add(Weight::from_parts(18_278_622, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 19146).saturating_mul(n.into()))
	}
}

/// Nothing weighs anything, for tests.
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
	fn retire_model() -> Weight {
		Weight::zero()
	}
	fn set_royalty() -> Weight {
		Weight::zero()
	}
	fn dispute() -> Weight {
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
	fn on_initialize(_: u32) -> Weight {
		Weight::zero()
	}
	fn draws(_: u32) -> Weight {
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
}
