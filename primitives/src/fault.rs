//! Faults of validators, and how the pallet that finds one tells the pallet that holds the bonds.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A fault that costs bond.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Fault {
	/// A vote for another verdict than two thirds of the validators decided.
	#[codec(index = 0)]
	WrongVerdict,
	/// The decided verdict with another trace than two thirds of the validators found.
	#[codec(index = 1)]
	WrongTrace,
	/// A sealed vote that was not opened.
	#[codec(index = 2)]
	NotRevealed,
	/// No vote where the others voted.
	#[codec(index = 3)]
	Silent,
	/// Two blocks in a slot, or two votes in a round of finality.
	#[codec(index = 4)]
	Equivocation,
}

impl Fault {
	/// Part of the bond that it costs, in thousandths.
	pub const fn per_mille(self) -> u32 {
		match self {
			Fault::WrongVerdict | Fault::Equivocation => 100,
			Fault::WrongTrace => 50,
			Fault::NotRevealed => 5,
			Fault::Silent => 1,
		}
	}

	/// Whether it puts the validator out of the set.
	pub const fn removes(self) -> bool {
		matches!(self, Fault::WrongVerdict | Fault::Equivocation)
	}
}

/// What pallets that find faults need to know of bonds.
pub trait Bonds<AccountId> {
	/// Plancks that an account has bonded.
	fn bond(who: &AccountId) -> u128;
	/// Records a fault; its penalty is taken later.
	fn penalize(who: &AccountId, fault: Fault);
}
