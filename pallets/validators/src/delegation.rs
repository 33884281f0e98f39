//! Delegations to a validator: they add to its voting power, earn with it, and are penalised with it.

use crate::{
	pallet::*,
	pools::{part, Stake},
	AccountIdOf,
};
use frame_support::{
	ensure,
	traits::{fungible::Mutate, tokens::Preservation, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{AccountIdConversion, Saturating, Zero},
	ArithmeticError, DispatchResult, Perbill,
};

/// Whole eras for which a higher commission is announced before it is taken, so that delegators can leave.
const ANNOUNCED_ERAS: u32 = 1;

impl<T: Config> Pallet<T> {
	/// The account that has the plancks of all delegators.
	pub fn pot() -> AccountIdOf<T> {
		T::PalletId::get().into_account_truncating()
	}

	/// All that stands for what an account does.
	pub(crate) fn stake(who: &AccountIdOf<T>, candidate: &Candidate<BlockNumberFor<T>>) -> Stake {
		let backing = Backings::<T>::get(who);
		Stake {
			bond: candidate.bond,
			active: backing.active.stake,
			leaving: backing.leaving.stake,
			due: candidate.open_due(),
		}
	}

	/// True if a validator may have a seat: it is not in jail, and penalties leave at least [`Config::MinBond`] of its
	/// own bond.
	pub(crate) fn may_sit(who: &AccountIdOf<T>, candidate: &Candidate<BlockNumberFor<T>>) -> bool {
		candidate.jailed.is_none() && Self::stake(who, candidate).own() >= T::MinBond::get()
	}

	/// The commission that a validator takes now.
	fn commission(backing: &Backing) -> Perbill {
		match backing.raise {
			Some((raised, era)) if CurrentEra::<T>::get() >= era => raised,
			_ => backing.commission,
		}
	}

	pub(crate) fn do_set_commission(who: AccountIdOf<T>, commission: Perbill) -> DispatchResult {
		ensure!(Candidates::<T>::contains_key(&who), Error::<T>::NotBonded);
		let era = CurrentEra::<T>::get();
		Backings::<T>::mutate(&who, |backing| {
			let now = Self::commission(backing);
			// The rest of this era, and whole ones.
			let from = if commission > now { era.saturating_add(ANNOUNCED_ERAS).saturating_add(1) } else { era };
			*backing = Backing {
				commission: now.min(commission),
				raise: (commission > now).then_some((commission, from)),
				..*backing
			};
			Self::deposit_event(Event::CommissionSet { who: who.clone(), commission, from });
		});
		Ok(())
	}

	pub(crate) fn do_delegate(who: AccountIdOf<T>, validator: AccountIdOf<T>, amount: u128) -> DispatchResult {
		let candidate = Candidates::<T>::get(&validator).ok_or(Error::<T>::NotBonded)?;
		ensure!(candidate.leaves.is_none() && candidate.jailed.is_none(), Error::<T>::TakesNoDelegation);
		// A new delegator pays for nothing that was done before, and a penalty that is forgiven returns to those who
		// were there.
		ensure!(candidate.due == 0, Error::<T>::PenaltyPending);
		ensure!(amount >= T::MinDelegation::get(), Error::<T>::DelegationTooSmall);
		Backings::<T>::try_mutate(&validator, |backing| {
			let takes_all = |commission: Perbill| commission == Perbill::one();
			let closed = takes_all(backing.commission) || backing.raise.is_some_and(|(raised, _)| takes_all(raised));
			ensure!(!closed, Error::<T>::TakesNoDelegation);
			Delegations::<T>::try_mutate(&validator, &who, |delegation| {
				let delegation = delegation.get_or_insert_default();
				backing.active.join(&mut delegation.active, amount).ok_or(Error::<T>::SharesTooDear)
			})?;
			<T as Config>::Currency::transfer(&who, &Self::pot(), amount, Preservation::Preserve)?;
			Self::deposit_event(Event::Delegated { delegator: who, validator: validator.clone(), amount });
			Ok(())
		})
	}

	pub(crate) fn do_undelegate(
		who: AccountIdOf<T>,
		validator: AccountIdOf<T>,
		amount: Option<u128>,
	) -> DispatchResult {
		let liable = Candidates::<T>::get(&validator).map_or(Zero::zero(), |mut candidate| {
			// The validators stay if nobody can be elected.
			if pallet_session::Validators::<T>::get().contains(&validator) {
				let next = pallet_session::Pallet::<T>::current_index().saturating_add(1);
				candidate.seat = candidate.seat.max(Some(next));
			}
			Self::liable_blocks(&candidate)
		});
		let until = frame_system::Pallet::<T>::block_number().saturating_add(liable);
		Backings::<T>::try_mutate(&validator, |backing| {
			Delegations::<T>::try_mutate(&validator, &who, |delegation| {
				let delegation = delegation.as_mut().ok_or(Error::<T>::NotDelegated)?;
				let worth = backing.active.value(backing.active.shares_of(&delegation.active));
				ensure!(worth > 0, Error::<T>::NotDelegated);
				// Nobody stays with less than the smallest delegation.
				let amount = amount.filter(|amount| worth.saturating_sub(*amount) >= T::MinDelegation::get());
				let amount = backing.active.leave(&mut delegation.active, amount);
				let was_leaving = backing.leaving.shares_of(&delegation.leaving) > 0;
				backing.leaving.add(&mut delegation.leaving, amount).ok_or(ArithmeticError::Overflow)?;
				delegation.until = if was_leaving { until.max(delegation.until) } else { until };
				let (validator, until) = (validator.clone(), delegation.until);
				Self::deposit_event(Event::Undelegated { delegator: who.clone(), validator, amount, until });
				Ok(())
			})
		})
	}

	pub(crate) fn do_withdraw_delegation(
		who: AccountIdOf<T>,
		validator: AccountIdOf<T>,
		pay_due: bool,
	) -> DispatchResult {
		let mut delegation = Delegations::<T>::get(&validator, &who).ok_or(Error::<T>::NotDelegated)?;
		let mut backing = Backings::<T>::get(&validator);
		let stays = backing.active.shares_of(&delegation.active) > 0;
		let leaves = backing.leaving.shares_of(&delegation.leaving) > 0;
		ensure!(leaves || !stays, Error::<T>::NothingLeaves);
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(!leaves || now >= delegation.until, Error::<T>::NotWithdrawable);
		let candidate = Candidates::<T>::get(&validator);
		let stake = candidate.as_ref().map_or(Stake::default(), |candidate| Self::stake(&validator, candidate));
		let worth = backing.leaving.leave(&mut delegation.leaving, None);
		// Its part of the penalties that are not taken yet: whoever is gone pays nothing later.
		let due = stake.due_of(worth);
		ensure!(due == 0 || pay_due, Error::<T>::PenaltyPending);
		if let Some(mut candidate) = candidate.filter(|_| due > 0) {
			candidate.paid = candidate.paid.saturating_add(due);
			Candidates::<T>::insert(&validator, candidate);
		}
		if stays {
			Delegations::<T>::insert(&validator, &who, delegation);
		} else {
			Delegations::<T>::remove(&validator, &who);
		}
		Self::keep_backing(&validator, backing);
		let amount = worth.saturating_sub(due);
		for (to, plancks) in [(&who, amount), (&T::Treasury::get(), due)] {
			if plancks > 0 {
				<T as Config>::Currency::transfer(&Self::pot(), to, plancks, Preservation::Preserve)?;
			}
		}
		Self::deposit_event(Event::DelegationWithdrawn { delegator: who, validator, amount, due });
		Ok(())
	}

	/// Keeps what an account has of delegators, as long as it has something or is a candidate.
	pub(crate) fn keep_backing(who: &AccountIdOf<T>, backing: Backing) {
		if backing.is_empty() && !Candidates::<T>::contains_key(who) {
			Backings::<T>::remove(who);
		} else {
			Backings::<T>::insert(who, backing);
		}
	}

	/// The part of an account's earned plancks that is its delegators'.
	pub fn delegators_part(who: &AccountIdOf<T>, amount: u128) -> u128 {
		let backing = Backings::<T>::get(who);
		let active = backing.active.stake;
		if active == 0 {
			return 0;
		}
		let Some(candidate) = Candidates::<T>::get(who) else { return 0 };
		let shared = Perbill::one().saturating_sub(Self::commission(&backing)).mul_floor(amount);
		part(shared, active, active.saturating_add(candidate.bond))
	}

	/// Gives the delegators of an account plancks that [`Self::pot`] has got for them: no more than [`Self::delegators_part`].
	pub fn add_earnings(who: &AccountIdOf<T>, amount: u128) {
		if amount > 0 {
			Backings::<T>::mutate(who, |backing| backing.active.stake = backing.active.stake.saturating_add(amount));
			Self::deposit_event(Event::DelegatorsEarned { validator: who.clone(), amount });
		}
	}

	/// Takes this much of what stands for a validator, of each part in proportion, and pays it out with `pay`, which is given how to move plancks
	/// to an account. Returns what was taken.
	pub(crate) fn take_stake(
		who: &AccountIdOf<T>,
		candidate: &mut Candidate<BlockNumberFor<T>>,
		amount: u128,
		pay: impl FnOnce(&mut dyn FnMut(&AccountIdOf<T>, u128) -> u128),
	) -> u128 {
		let stake = Self::stake(who, candidate);
		let amount = amount.min(stake.whole());
		let of_delegators = part(amount, stake.delegated(), stake.whole());
		let of_bond = amount.saturating_sub(of_delegators);
		let (mut bond, mut pot) = (of_bond, of_delegators);
		pay(&mut |to, plancks| {
			let from_bond = Self::move_bond(who, to, plancks.min(bond));
			bond = bond.saturating_sub(from_bond);
			let from_pot = Self::move_delegated(to, plancks.saturating_sub(from_bond).min(pot));
			pot = pot.saturating_sub(from_pot);
			from_bond.saturating_add(from_pot)
		});
		let (from_bond, from_pot) = (of_bond.saturating_sub(bond), of_delegators.saturating_sub(pot));
		candidate.bond = candidate.bond.saturating_sub(from_bond);
		if from_pot > 0 {
			let mut backing = Backings::<T>::get(who);
			let from_leaving = part(from_pot, stake.leaving, stake.delegated());
			let rest = backing.leaving.take(from_leaving);
			let rest = rest.saturating_add(backing.active.take(from_pot.saturating_sub(from_leaving)));
			// Nobody owns what is left of a pool that is closed.
			let amount = from_pot.saturating_add(Self::move_delegated(&T::Treasury::get(), rest));
			Backings::<T>::insert(who, backing);
			Self::deposit_event(Event::DelegatorsSlashed { validator: who.clone(), amount });
		}
		from_bond.saturating_add(from_pot)
	}

	/// Moves plancks of delegators to another account. Returns how many: none if it cannot take them.
	fn move_delegated(to: &AccountIdOf<T>, amount: u128) -> u128 {
		if amount == 0 {
			return 0;
		}
		<T as Config>::Currency::transfer(&Self::pot(), to, amount, Preservation::Preserve).unwrap_or(0)
	}

	/// Pools have what their delegators have shares of, and the pot has what all pools have.
	#[cfg(any(feature = "try-runtime", feature = "std"))]
	pub(crate) fn try_delegations() -> Result<(), sp_runtime::TryRuntimeError> {
		use alloc::collections::BTreeMap;
		use frame_support::traits::fungible::Inspect;
		let mut shares: BTreeMap<AccountIdOf<T>, (u128, u128)> = BTreeMap::new();
		for (validator, _, delegation) in Delegations::<T>::iter() {
			let backing = Backings::<T>::get(&validator);
			let (active, leaving) = shares.entry(validator).or_default();
			*active = active.saturating_add(backing.active.shares_of(&delegation.active));
			*leaving = leaving.saturating_add(backing.leaving.shares_of(&delegation.leaving));
		}
		let mut stake = 0u128;
		for (validator, backing) in Backings::<T>::iter() {
			let (active, leaving) = shares.remove(&validator).unwrap_or_default();
			ensure!(
				active == backing.active.shares && leaving == backing.leaving.shares,
				"shares differ from their pool"
			);
			for pool in [backing.active, backing.leaving] {
				ensure!(
					(pool.stake > 0) == (pool.shares > 0),
					"a pool has plancks without shares, or shares of nothing"
				);
				stake = stake.saturating_add(pool.stake);
			}
			let known = Candidates::<T>::contains_key(&validator) || !backing.is_empty();
			ensure!(known, "nobody has anything with an account that is kept as a validator's");
		}
		ensure!(shares.into_values().all(|sums| sums == (0, 0)), "somebody has shares of no pool");
		ensure!(<T as Config>::Currency::balance(&Self::pot()) >= stake, "the pot has less than its delegators");
		Ok(())
	}
}
