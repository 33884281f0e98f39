//! Plancks on hold, and where they go.

use crate::{AccountIdOf, BalanceOf, Config};
use frame_support::{
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
	weights::Weight,
};

/// Pays validators for their work, where they may share it with others.
pub trait Earnings<AccountId> {
	/// Has `pay` move plancks that a validator has earned, in parts, to whom they belong. `pay` returns how many it has moved. Returns the sum.
	fn pay(who: &AccountId, amount: u128, pay: impl FnMut(&AccountId, u128) -> u128) -> u128;

	/// Weight of that, beside one payment to the validator.
	fn weight() -> Weight;
}

/// Everybody keeps what it earns.
impl<AccountId> Earnings<AccountId> for () {
	fn pay(who: &AccountId, amount: u128, mut pay: impl FnMut(&AccountId, u128) -> u128) -> u128 {
		pay(who, amount)
	}

	fn weight() -> Weight {
		Weight::zero()
	}
}

/// Moves plancks on hold to a payee; to the treasury if the payee cannot take them, and nowhere if neither can. Returns what was
/// moved.
pub fn pay<T: Config>(
	reason: impl Into<T::RuntimeHoldReason>,
	from: &AccountIdOf<T>,
	to: &AccountIdOf<T>,
	amount: BalanceOf<T>,
) -> BalanceOf<T> {
	if amount == 0 {
		return 0;
	}
	let reason = reason.into();
	let transfer = |to: &AccountIdOf<T>| {
		T::Currency::transfer_on_hold(
			&reason,
			from,
			to,
			amount,
			Precision::BestEffort,
			Restriction::Free,
			Fortitude::Force,
		)
	};
	if from == to {
		return T::Currency::release(&reason, from, amount, Precision::BestEffort).unwrap_or(0);
	}
	transfer(to).or_else(|_| transfer(&T::Treasury::get())).unwrap_or(0)
}
