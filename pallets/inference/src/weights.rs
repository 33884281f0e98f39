//! Weights of `pallet_inference`, measured by `scripts/weights.sh`: 6 steps, 5 repeats, 2026-11-20.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn register_model() -> Weight;
	fn request_inference(b: u32) -> Weight;
	fn attest_commits(n: u32) -> Weight;
	fn attest_reveals(n: u32) -> Weight;
	fn attest_output(b: u32) -> Weight;
	fn attest_proof() -> Weight;
	fn conclude_model(m: u32) -> Weight;
	fn conclude_request(m: u32, b: u32) -> Weight;
	fn authorize_commits(n: u32) -> Weight;
	fn authorize_reveals(n: u32) -> Weight;
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
	fn hooks() -> Weight;
	fn draw(m: u32) -> Weight;
	fn close_commits() -> Weight;
	fn finalize(m: u32, b: u32) -> Weight;
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
		Weight::from_parts(430_913_000, 77263)
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
	/// The range of component `b` is `[1, 65536]`.
	fn request_inference(b: u32) -> Weight {
		Weight::from_parts(133_516_316, 77263)
			.saturating_add(Weight::from_parts(8_502, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
	}
	/// Storage: `Inference::Rounds` (r:64 w:64)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:64 w:64)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_commits(n: u32) -> Weight {
		Weight::from_parts(1_913_000, 990)
			.saturating_add(Weight::from_parts(21_406_342, 0).saturating_mul(n.into()))
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
		Weight::from_parts(1_202_000, 3509)
			.saturating_add(Weight::from_parts(40_965_411, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 18944).saturating_mul(n.into()))
	}
	/// Storage: `Inference::Rounds` (r:1 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:1 w:1)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Products` (r:1 w:1)
	/// Proof: `Inference::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[0, 16384]`.
	fn attest_output(b: u32) -> Weight {
		Weight::from_parts(54_286_824, 19934)
			.saturating_add(Weight::from_parts(6_239, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Inference::Rounds` (r:1 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:1 w:1)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Inference::SessionElectors` (r:1 w:0)
	/// Proof: `Inference::SessionElectors` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Duties` (r:0 w:1)
	/// Proof: `Inference::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	fn attest_proof() -> Weight {
		Weight::from_parts(35_713_000, 9879)
			.saturating_add(T::DbWeight::get().reads(3_u64))
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
	fn conclude_model(m: u32) -> Weight {
		Weight::from_parts(263_201_858, 69054)
			.saturating_add(Weight::from_parts(50_662_433, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(m.into()))
	}
	/// Storage: `Inference::Rounds` (r:1 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:101 w:100)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Products` (r:1 w:1)
	/// Proof: `Inference::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Agenda` (r:2 w:2)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Unavailable` (r:0 w:1)
	/// Proof: `Inference::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Attested` (r:0 w:1)
	/// Proof: `Inference::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Duties` (r:0 w:100)
	/// Proof: `Inference::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Voters` (r:0 w:1)
	/// Proof: `Inference::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	/// The range of component `b` is `[0, 16384]`.
	fn conclude_request(m: u32, b: u32) -> Weight {
		Weight::from_parts(85_749_351, 19934)
			.saturating_add(Weight::from_parts(7_566_442, 0).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(6_949, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(m.into()))
	}
	/// Storage: `Inference::Rounds` (r:64 w:0)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:64 w:0)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[1, 64]`.
	fn authorize_commits(n: u32) -> Weight {
		Weight::from_parts(62_884_570, 3509)
			.saturating_add(Weight::from_parts(10_608_724, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
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
	fn authorize_reveals(n: u32) -> Weight {
		Weight::from_parts(67_775_865, 3509)
			.saturating_add(Weight::from_parts(27_109_820, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2765).saturating_mul(n.into()))
	}
	/// Storage: `Inference::Rounds` (r:1 w:0)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:1 w:0)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Inference::SessionElectors` (r:1 w:0)
	/// Proof: `Inference::SessionElectors` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn authorize_proof() -> Weight {
		Weight::from_parts(352_226_000, 9879).saturating_add(T::DbWeight::get().reads(4_u64))
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
		Weight::from_parts(119_228_000, 69054)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	fn set_royalty() -> Weight {
		Weight::from_parts(27_151_000, 21038)
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
		Weight::from_parts(109_934_000, 77263)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
	}
	/// Storage: `Inference::NextEngine` (r:1 w:1)
	/// Proof: `Inference::NextEngine` (`max_values`: Some(1), `max_size`: Some(3234), added: 3729, mode: `MaxEncodedLen`)
	/// Storage: `Inference::CurrentEngine` (r:1 w:0)
	/// Proof: `Inference::CurrentEngine` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn set_engine() -> Weight {
		Weight::from_parts(8_643_000, 4719)
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
		Weight::from_parts(93_759_000, 77263)
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
		Weight::from_parts(130_524_000, 21038)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(25_u64))
	}
	/// Storage: `Inference::Models` (r:1 w:0)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Provenances` (r:0 w:1)
	/// Proof: `Inference::Provenances` (`max_values`: None, `max_size`: Some(1170), added: 3645, mode: `MaxEncodedLen`)
	fn set_provenance() -> Weight {
		Weight::from_parts(80_490_000, 21038)
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
		Weight::from_parts(143_694_000, 21038)
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
		Weight::from_parts(84_356_000, 6398)
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
		Weight::from_parts(76_104_000, 21038)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Inference::Agenda` (r:1 w:0)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Electors` (r:1 w:0)
	/// Proof: `Inference::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Inference::DueDraws` (r:1 w:1)
	/// Proof: `Inference::DueDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::LastVrf` (r:1 w:1)
	/// Proof: `Inference::LastVrf` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::NewDraws` (r:1 w:0)
	/// Proof: `Inference::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Session::CurrentIndex` (r:1 w:0)
	/// Proof: `Session::CurrentIndex` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	/// Storage: `Inference::NextRound` (r:1 w:1)
	/// Proof: `Inference::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:0)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `Inference::TakenInBlock` (r:0 w:1)
	/// Proof: `Inference::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::ResultsRoot` (r:0 w:1)
	/// Proof: `Inference::ResultsRoot` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn hooks() -> Weight {
		Weight::from_parts(34_752_000, 77263)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Inference::NextRound` (r:1 w:1)
	/// Proof: `Inference::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Agenda` (r:1 w:1)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Rounds` (r:0 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Ballots` (r:0 w:100)
	/// Proof: `Inference::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Duties` (r:0 w:100)
	/// Proof: `Inference::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	fn draw(m: u32) -> Weight {
		Weight::from_parts(26_732_363, 4055)
			.saturating_add(Weight::from_parts(5_680_536, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(m.into())))
	}
	/// Storage: `Inference::Rounds` (r:1 w:1)
	/// Proof: `Inference::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Agenda` (r:2 w:2)
	/// Proof: `Inference::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	fn close_commits() -> Weight {
		Weight::from_parts(16_885_000, 7120)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Attested` (r:1 w:1)
	/// Proof: `Inference::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:1)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `System::ParentHash` (r:1 w:0)
	/// Proof: `System::ParentHash` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Voters` (r:1 w:1)
	/// Proof: `Inference::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:103 w:103)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Models` (r:1 w:1)
	/// Proof: `Inference::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Callbacks` (r:1 w:0)
	/// Proof: `Inference::Callbacks` (`max_values`: None, `max_size`: Some(4146), added: 6621, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Inputs` (r:1 w:1)
	/// Proof: `Inference::Inputs` (`max_values`: None, `max_size`: Some(65557), added: 68032, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Open` (r:1 w:1)
	/// Proof: `Inference::Open` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
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
	}
}

/// Nothing weighs anything, for tests.
impl WeightInfo for () {
	fn register_model() -> Weight {
		Weight::zero()
	}
	fn request_inference(_: u32) -> Weight {
		Weight::zero()
	}
	fn attest_commits(_: u32) -> Weight {
		Weight::zero()
	}
	fn attest_reveals(_: u32) -> Weight {
		Weight::zero()
	}
	fn attest_output(_: u32) -> Weight {
		Weight::zero()
	}
	fn attest_proof() -> Weight {
		Weight::zero()
	}
	fn conclude_model(_: u32) -> Weight {
		Weight::zero()
	}
	fn conclude_request(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_commits(_: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_reveals(_: u32) -> Weight {
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
	fn hooks() -> Weight {
		Weight::zero()
	}
	fn draw(_: u32) -> Weight {
		Weight::zero()
	}
	fn close_commits() -> Weight {
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
}
