//! Weights of `pallet_rounds`, measured by `scripts/weights.sh`: 10 steps, 10 repeats, 2026-11-27.

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
	/// Storage: `Rounds::NextRound` (r:1 w:0)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:1)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:2 w:2)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(2190), added: 4665, mode: `MaxEncodedLen`)
	fn seal() -> Weight {
		Weight::from_parts(40_931_000, 10320)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Rounds::NextRound` (r:1 w:0)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:1)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionsPerEra` (r:1 w:0)
	/// Proof: `Validators::SessionsPerEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::ShutCounts` (r:1 w:0)
	/// Proof: `Rounds::ShutCounts` (`max_values`: Some(1), `max_size`: Some(4402), added: 4897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::SessionKeys` (r:1 w:0)
	/// Proof: `Rounds::SessionKeys` (`max_values`: None, `max_size`: Some(92), added: 2567, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:1)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	fn seal_proof() -> Weight {
		Weight::from_parts(62_923_000, 5887)
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Rounds::NextRound` (r:1 w:0)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:1 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::EndedRounds` (r:1 w:1)
	/// Proof: `Rounds::EndedRounds` (`max_values`: None, `max_size`: Some(12157), added: 14632, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::SessionKeys` (r:1 w:0)
	/// Proof: `Rounds::SessionKeys` (`max_values`: None, `max_size`: Some(92), added: 2567, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::HeldBack` (r:1 w:1)
	/// Proof: `Rounds::HeldBack` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:1)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	fn seal_ended() -> Weight {
		Weight::from_parts(54_872_000, 15622)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Rounds::NextRound` (r:1 w:0)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:1 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn authorize_seal() -> Weight {
		Weight::from_parts(75_463_000, 3746).saturating_add(T::DbWeight::get().reads(4_u64))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:64)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:64)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_signals(n: u32) -> Weight {
		Weight::from_parts(1_442_000, 990)
			.saturating_add(Weight::from_parts(16_250_820, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2756).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:64)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:64)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:64 w:64)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 64]`.
	fn attest_reveals(n: u32) -> Weight {
		Weight::from_parts(1_472_000, 21038)
			.saturating_add(Weight::from_parts(48_370_000, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes((3_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 18944).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:1)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:1 w:1)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[0, 16384]`.
	fn attest_output(b: u32) -> Weight {
		Weight::from_parts(74_927_674, 21038)
			.saturating_add(Weight::from_parts(6_041, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:1)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionsPerEra` (r:1 w:0)
	/// Proof: `Validators::SessionsPerEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::ShutCounts` (r:1 w:0)
	/// Proof: `Rounds::ShutCounts` (`max_values`: Some(1), `max_size`: Some(4402), added: 4897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::SessionKeys` (r:1 w:0)
	/// Proof: `Rounds::SessionKeys` (`max_values`: None, `max_size`: Some(92), added: 2567, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:1)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	fn attest_proof() -> Weight {
		Weight::from_parts(52_058_000, 5887)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:101 w:100)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:1)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Products` (r:1 w:1)
	/// Proof: `Rounds::Products` (`max_values`: None, `max_size`: Some(16469), added: 18944, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:2 w:2)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(2190), added: 4665, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::HeldBack` (r:1 w:1)
	/// Proof: `Rounds::HeldBack` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Reserved` (r:1 w:1)
	/// Proof: `Inference::Reserved` (`max_values`: Some(1), `max_size`: Some(16), added: 511, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Outputs` (r:0 w:1)
	/// Proof: `Rounds::Outputs` (`max_values`: None, `max_size`: Some(16470), added: 18945, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::EndedRounds` (r:0 w:1)
	/// Proof: `Rounds::EndedRounds` (`max_values`: None, `max_size`: Some(12157), added: 14632, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agreements` (r:0 w:1)
	/// Proof: `Rounds::Agreements` (`max_values`: None, `max_size`: Some(9968), added: 12443, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:100)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// Storage: `Models::Unavailable` (r:0 w:1)
	/// Proof: `Models::Unavailable` (`max_values`: None, `max_size`: Some(3250), added: 5725, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	/// The range of component `b` is `[0, 16384]`.
	fn conclude(m: u32, b: u32) -> Weight {
		Weight::from_parts(115_147_115, 21038)
			.saturating_add(Weight::from_parts(7_150_202, 0).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(7_540, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(m.into())))
			.saturating_add(T::DbWeight::get().writes(12_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(m.into())))
			.saturating_add(Weight::from_parts(0, 2756).saturating_mul(m.into()))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[1, 64]`.
	fn authorize_signals(n: u32) -> Weight {
		Weight::from_parts(58_183_996, 3509)
			.saturating_add(Weight::from_parts(10_146_422, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2756).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::Rounds` (r:64 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:64 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::EndedRounds` (r:64 w:0)
	/// Proof: `Rounds::EndedRounds` (`max_values`: None, `max_size`: Some(12157), added: 14632, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:64 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[1, 64]`.
	fn authorize_reveals(n: u32) -> Weight {
		Weight::from_parts(57_723_154, 21038)
			.saturating_add(Weight::from_parts(35_835_401, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().reads((4_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 14632).saturating_mul(n.into()))
	}
	/// Storage: `Rounds::NextRound` (r:1 w:0)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:1 w:0)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:1 w:0)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionsPerEra` (r:1 w:0)
	/// Proof: `Validators::SessionsPerEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::ShutCounts` (r:1 w:0)
	/// Proof: `Rounds::ShutCounts` (`max_values`: Some(1), `max_size`: Some(4402), added: 4897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::SessionKeys` (r:1 w:0)
	/// Proof: `Rounds::SessionKeys` (`max_values`: None, `max_size`: Some(92), added: 2567, mode: `MaxEncodedLen`)
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn authorize_proof() -> Weight {
		Weight::from_parts(364_935_000, 5887).saturating_add(T::DbWeight::get().reads(9_u64))
	}
	/// Storage: `Rounds::Agreements` (r:1 w:1)
	/// Proof: `Rounds::Agreements` (`max_values`: None, `max_size`: Some(9968), added: 12443, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Validators::Candidates` (r:1 w:0)
	/// Proof: `Validators::Candidates` (`max_values`: None, `max_size`: Some(106), added: 2581, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(229), added: 2704, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:1 w:1)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(2190), added: 4665, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::HeldBack` (r:1 w:1)
	/// Proof: `Rounds::HeldBack` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:1)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Outputs` (r:0 w:1)
	/// Proof: `Rounds::Outputs` (`max_values`: None, `max_size`: Some(16470), added: 18945, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Disputes` (r:0 w:1)
	/// Proof: `Rounds::Disputes` (`max_values`: None, `max_size`: Some(146), added: 2621, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Contested` (r:0 w:1)
	/// Proof: `Rounds::Contested` (`max_values`: None, `max_size`: Some(14718), added: 17193, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Challenged` (r:0 w:1)
	/// Proof: `Rounds::Challenged` (`max_values`: None, `max_size`: Some(9968), added: 12443, mode: `MaxEncodedLen`)
	fn dispute() -> Weight {
		Weight::from_parts(158_136_000, 157743)
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().writes(11_u64))
	}
	/// Storage: `Rounds::LastAuthors` (r:1 w:1)
	/// Proof: `Rounds::LastAuthors` (`max_values`: Some(1), `max_size`: Some(41), added: 536, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:1 w:0)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(2190), added: 4665, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Reopened` (r:1 w:0)
	/// Proof: `Rounds::Reopened` (`max_values`: Some(1), `max_size`: Some(457), added: 952, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::OldestRound` (r:1 w:0)
	/// Proof: `Rounds::OldestRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NextRound` (r:1 w:1)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Electors` (r:1 w:0)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::DueDraws` (r:1 w:1)
	/// Proof: `Rounds::DueDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::LastVrf` (r:1 w:1)
	/// Proof: `Rounds::LastVrf` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::NewDraws` (r:1 w:0)
	/// Proof: `Rounds::NewDraws` (`max_values`: Some(1), `max_size`: Some(156258), added: 156753, mode: `MaxEncodedLen`)
	/// Storage: `Session::CurrentIndex` (r:1 w:0)
	/// Proof: `Session::CurrentIndex` (`max_values`: Some(1), `max_size`: None, mode: `Measured`)
	/// Storage: `Rounds::Standings` (r:1 w:0)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Inference::FinalizedIn` (r:1 w:0)
	/// Proof: `Inference::FinalizedIn` (`max_values`: None, `max_size`: Some(2574), added: 5049, mode: `MaxEncodedLen`)
	/// Storage: `Inference::ResultsRoot` (r:0 w:1)
	/// Proof: `Inference::ResultsRoot` (`max_values`: Some(1), `max_size`: Some(32), added: 527, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::TakenInBlock` (r:0 w:1)
	/// Proof: `Rounds::TakenInBlock` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn hooks() -> Weight {
		Weight::from_parts(53_780_000, 157743)
			.saturating_add(T::DbWeight::get().reads(13_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// Storage: `Rounds::NextRound` (r:1 w:1)
	/// Proof: `Rounds::NextRound` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Inference::Requests` (r:1 w:0)
	/// Proof: `Inference::Requests` (`max_values`: None, `max_size`: Some(231), added: 2706, mode: `MaxEncodedLen`)
	/// Storage: `Models::Models` (r:1 w:0)
	/// Proof: `Models::Models` (`max_values`: None, `max_size`: Some(17573), added: 20048, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Standings` (r:1 w:1)
	/// Proof: `Rounds::Standings` (`max_values`: None, `max_size`: Some(1405), added: 3880, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionsPerEra` (r:1 w:0)
	/// Proof: `Validators::SessionsPerEra` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Validators::SessionBlocks` (r:1 w:0)
	/// Proof: `Validators::SessionBlocks` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::ShutCounts` (r:1 w:0)
	/// Proof: `Rounds::ShutCounts` (`max_values`: Some(1), `max_size`: Some(4402), added: 4897, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::HeldBack` (r:1 w:0)
	/// Proof: `Rounds::HeldBack` (`max_values`: Some(1), `max_size`: Some(3602), added: 4097, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:1 w:1)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(2190), added: 4665, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Rounds` (r:0 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Ballots` (r:0 w:100)
	/// Proof: `Rounds::Ballots` (`max_values`: None, `max_size`: Some(281), added: 2756, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Duties` (r:0 w:100)
	/// Proof: `Rounds::Duties` (`max_values`: None, `max_size`: Some(96), added: 2571, mode: `MaxEncodedLen`)
	/// The range of component `m` is `[1, 100]`.
	fn draw(m: u32) -> Weight {
		Weight::from_parts(81_766_389, 21038)
			.saturating_add(Weight::from_parts(5_358_119, 0).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
			.saturating_add(T::DbWeight::get().writes((2_u64).saturating_mul(m.into())))
	}
	/// Storage: `Rounds::Rounds` (r:1 w:1)
	/// Proof: `Rounds::Rounds` (`max_values`: None, `max_size`: Some(225), added: 2700, mode: `MaxEncodedLen`)
	/// Storage: `Rounds::Agenda` (r:2 w:2)
	/// Proof: `Rounds::Agenda` (`max_values`: None, `max_size`: Some(2190), added: 4665, mode: `MaxEncodedLen`)
	fn close_commits() -> Weight {
		Weight::from_parts(25_388_000, 10320)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `Rounds::Electors` (r:1 w:1)
	/// Proof: `Rounds::Electors` (`max_values`: Some(1), `max_size`: Some(6402), added: 6897, mode: `MaxEncodedLen`)
	fn put_out() -> Weight {
		Weight::from_parts(16_224_000, 7887)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn note_final() -> Weight {
		Weight::from_parts(8_853_000, 0)
	}
}

/// Nothing weighs anything, for tests.
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
