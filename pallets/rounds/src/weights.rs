//! Weights of `pallet_rounds`, measured by `scripts/weights.sh`: 6 steps, 5 repeats, 2026-11-20.

#![allow(missing_docs)]

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// A function for each benchmark in `benchmarking.rs`, which says what it measures.
pub trait WeightInfo {
	fn seal() -> Weight;
	fn seal_proof() -> Weight;
	fn seal_ended() -> Weight;
	fn authorize_seal() -> Weight;
	fn attest_signals(n: u32) -> Weight;
	fn attest_reveals(n: u32) -> Weight;
	fn attest_output(b: u32) -> Weight;
	fn attest_proof() -> Weight;
	fn conclude(m: u32, b: u32) -> Weight;
	fn authorize_signals(n: u32) -> Weight;
	fn authorize_reveals(n: u32) -> Weight;
	fn authorize_proof() -> Weight;
	fn dispute() -> Weight;
	fn hooks() -> Weight;
	fn draw(m: u32) -> Weight;
	fn close_commits() -> Weight;
	fn put_out() -> Weight;
	fn note_final() -> Weight;
}

/// What was measured.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Counted by hand, as the next three.
	fn seal() -> Weight {
		Weight::from_parts(40_000_000, 9879)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	fn seal_proof() -> Weight {
		Weight::from_parts(36_000_000, 9879)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	fn seal_ended() -> Weight {
		Weight::from_parts(60_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	fn authorize_seal() -> Weight {
		Weight::from_parts(80_000_000, 9879).saturating_add(T::DbWeight::get().reads(5_u64))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:64)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:64)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_signals(n: u32) -> Weight {
		Weight::from_parts(1_913_000, 990)
			.saturating_add(Weight::from_parts(21_406_342, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:64)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:64)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:64 w:64)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_reveals(n: u32) -> Weight {
		Weight::from_parts(1_202_000, 3509)
			.saturating_add(Weight::from_parts(40_965_411, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 18944).saturating_mul(n.into()))
			// The keys of a session, and a round that has ended, counted by hand.
			.saturating_add(T::DbWeight::get().reads_writes(2, 1).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:1)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:1 w:1)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[0, 16384]`.
	fn attest_output(b: u32) -> Weight {
		Weight::from_parts(54_286_824, 19934)
			.saturating_add(Weight::from_parts(6_239, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:1)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::SessionElectors` (r:1 w:0)
	/// Proof: `Rounds::SessionElectors` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:1)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	fn attest_proof() -> Weight {
		Weight::from_parts(35_713_000, 9879)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
			// The auditor's bond, counted by hand.
			.saturating_add(Weight::from_parts(5_000_000, 2573))
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:101 w:100)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:1 w:1)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:2 w:2)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Models::Unavailable` (r:0 w:1)
	/// Proof: `Models::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Attested` (r:0 w:1)
	/// Proof: `Rounds::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:100)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Voters` (r:0 w:1)
	/// Proof: `Rounds::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	/// The range of component `b` is `[0, 16384]`.
	fn conclude(m: u32, b: u32) -> Weight {
		Weight::from_parts(85_749_351, 19934)
			.saturating_add(Weight::from_parts(7_566_442, 0).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(6_949, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(m.into()))
			// The units that a request frees, counted by hand.
			.saturating_add(Weight::from_parts(10_000_000, 519))
			.saturating_add(T::DbWeight::get().reads_writes(1, 2))
			// The round that is kept, and who has left seals shut, counted by hand.
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[1, 64]`.
	fn authorize_signals(n: u32) -> Weight {
		Weight::from_parts(62_884_570, 3509)
			.saturating_add(Weight::from_parts(10_608_724, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2722).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
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
	/// Storage: `Rounds::Rounds` (r:1 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::SessionElectors` (r:1 w:0)
	/// Proof: `Rounds::SessionElectors` (`max_values`: None, `max_size`: Some(6414), added: 8889, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn authorize_proof() -> Weight {
		Weight::from_parts(352_226_000, 9879)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			// The auditor's bond, counted by hand.
			.saturating_add(Weight::from_parts(5_000_000, 2573))
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Voters` (r:1 w:1)
	/// Proof: `Rounds::Voters` (`max_values`: None, `max_size`: Some(6566), added: 9041, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(82), added: 2557, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:1 w:1)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Disputes` (r:0 w:1)
	/// Proof: `Rounds::Disputes` (`max_values`: None, `max_size`: Some(113), added: 2588, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Contested` (r:0 w:1)
	/// Proof: `Rounds::Contested` (`max_values`: None, `max_size`: Some(14618), added: 17093, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Attested` (r:0 w:1)
	/// Proof: `Rounds::Attested` (`max_values`: None, `max_size`: Some(16437), added: 18912, mode: `MaxEncodedLen`)
	fn dispute() -> Weight {
		Weight::from_parts(109_934_000, 77263)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(9_u64))
			// The agreement that is kept until all are drawn and who has objected to it, counted by hand.
			.saturating_add(Weight::from_parts(30_000_000, 28_000))
			.saturating_add(T::DbWeight::get().reads_writes(3, 1))
	}
	/// Storage: `Rounds::Agenda` (r:1 w:0)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::DueDraws` (r:1 w:1)
	/// Proof: `Rounds::DueDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::LastVrf` (r:1 w:1)
	/// Proof: `Rounds::LastVrf` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:0)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(75778), added: 76273, mode: `MaxEncodedLen`)
	/// Storage: `Session::CurrentIndex` (r:1 w:0)
	/// Proof: `Session::CurrentIndex` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	/// Storage: `Rounds::NextRound` (r:1 w:1)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:0)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::TakenInBlock` (r:0 w:1)
	/// Proof: `Rounds::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Inference::ResultsRoot` (r:0 w:1)
	/// Proof: `Inference::ResultsRoot` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	fn hooks() -> Weight {
		Weight::from_parts(34_752_000, 77263)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
			// The authors of the last blocks and the seals that are due, counted by hand.
			.saturating_add(T::DbWeight::get().reads_writes(4, 3))
			// The first round that may be forgotten, and what is open again, counted by hand.
			.saturating_add(T::DbWeight::get().reads_writes(5, 1))
	}
	/// Storage: `Rounds::NextRound` (r:1 w:1)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(290), added: 2765, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:1 w:1)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:0 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:0 w:100)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(247), added: 2722, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:100)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	fn draw(m: u32) -> Weight {
		Weight::from_parts(26_732_363, 4055)
			.saturating_add(Weight::from_parts(5_680_536, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(m.into())))
			// The challenged agreement that a draw of all ends, counted by hand.
			.saturating_add(Weight::from_parts(2_000_000, 0))
			.saturating_add(T::DbWeight::get().writes(1_u64))
			// Who is barred, and the votes that are judged, counted by hand.
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:2 w:2)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(590), added: 3065, mode: `MaxEncodedLen`)
	fn close_commits() -> Weight {
		Weight::from_parts(16_885_000, 7120)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// One list of a hundred validators is read and written, counted by hand.
	fn note_final() -> Weight {
		Weight::from_parts(20_000_000, 7120).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
	/// Storage: `Rounds::Electors` (r:1 w:1)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	fn put_out() -> Weight {
		// Counted by hand.
		Weight::from_parts(40_000_000, 7887)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

/// For mocks: nothing weighs anything.
impl WeightInfo for () {
	fn seal() -> Weight {
		Weight::zero()
	}
	fn seal_proof() -> Weight {
		Weight::zero()
	}
	fn seal_ended() -> Weight {
		Weight::zero()
	}
	fn authorize_seal() -> Weight {
		Weight::zero()
	}
	fn attest_signals(_: u32) -> Weight {
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
	fn conclude(_: u32, _: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_signals(_: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_reveals(_: u32) -> Weight {
		Weight::zero()
	}
	fn authorize_proof() -> Weight {
		Weight::zero()
	}
	fn dispute() -> Weight {
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
	fn put_out() -> Weight {
		Weight::zero()
	}
	fn note_final() -> Weight {
		Weight::zero()
	}
}
