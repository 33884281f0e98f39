//! Faults of validators, and how the pallet that finds one tells the pallet that holds the bonds.

use crate::Power;
use alloc::vec::Vec;
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
	/// A sealed vote that was never opened, where fewer members than the threshold opened equal ones.
	#[codec(index = 5)]
	ShutTogether,
	/// A sealed vote that was never opened, where the others agreed.
	#[codec(index = 6)]
	StillShut,
	/// A contested vote for another verdict than more than half of all validators found, where no two thirds decided.
	#[codec(index = 7)]
	WrongByMajority,
	/// Neither vote nor signal where all were asked twice about contested votes.
	#[codec(index = 8)]
	NoJudge,
	/// Two different seals in one round.
	#[codec(index = 9)]
	TwoSeals,
	/// No vote, for want of bytes, where the others had them and agreed. The first two in an era cost nothing.
	#[codec(index = 10)]
	Signalled,
	/// A vote on an input that more than half of the validators, asked twice, could not get: whoever votes has the input and hands it on.
	#[codec(index = 11)]
	Withheld,
	/// An auditor's signal for bytes that two thirds of the validators had when all were asked. The first two signals in an era cost nothing.
	#[codec(index = 12)]
	SignalledInVain,
}

impl Fault {
	/// Part of the bond that it costs, in thousandths.
	pub const fn per_mille(self) -> u32 {
		match self {
			Fault::WrongVerdict | Fault::TwoSeals => 1_000,
			Fault::ShutTogether | Fault::WrongByMajority | Fault::Withheld => 500,
			Fault::WrongTrace | Fault::StillShut => 250,
			Fault::NoJudge => 20,
			// At least: more, the more validators equivocate at once.
			Fault::Equivocation => 10,
			Fault::NotRevealed | Fault::Silent | Fault::Signalled | Fault::SignalledInVain => 1,
		}
	}

	/// True if the fault puts the validator out of the set, and its penalty is held for governance to look at.
	pub const fn removes(self) -> bool {
		self.per_mille() > 1
	}

	/// Faults of which a validator pays one in an era, this one among them, whichever comes first and however often they happen: what an
	/// outage costs in all. None for a fault that costs each time.
	pub const fn once_in_an_era(self) -> &'static [Fault] {
		match self {
			Fault::NotRevealed | Fault::Silent | Fault::Signalled | Fault::SignalledInVain => {
				&[Fault::NotRevealed, Fault::Silent, Fault::Signalled, Fault::SignalledInVain]
			}
			Fault::NoJudge => &[Fault::NoJudge],
			_ => &[],
		}
	}
}

/// The bonds of validators, as pallets that find faults need them.
pub trait Bonds<AccountId> {
	/// Plancks that an account has bonded.
	fn bond(who: &AccountId) -> u128;
	/// True if a validator counts in draws and thresholds. False for one that is put out: it is in jail, or its bond, less the penalties that are
	/// due, is below the smallest one.
	fn is_good(who: &AccountId) -> bool;
	/// The validators of this session with what each of them counts for.
	fn powers() -> Vec<(AccountId, Power)>;
	/// Records a fault; its penalty is taken later.
	fn penalize(who: &AccountId, fault: Fault) {
		Self::penalize_found(who, fault, &[]);
	}
	/// Records a fault as `penalize` does. Half of the penalty that is taken in the end goes to the finders in equal parts.
	fn penalize_found(who: &AccountId, fault: Fault, finders: &[AccountId]);
}

/// Is told who loses its seat before the session ends.
pub trait Seats<AccountId> {
	/// This account is put out: if it is a validator, it weighs nothing from now on.
	fn put_out(who: &AccountId);
}

impl<AccountId> Seats<AccountId> for () {
	fn put_out(_: &AccountId) {}
}
