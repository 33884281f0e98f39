//! Plancks on hold, and where they go.

use crate::{AccountIdOf, BalanceOf, Config};
use frame_support::traits::{
	fungible::MutateHold,
	tokens::{Fortitude, Precision, Restriction},
	Get,
};

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
