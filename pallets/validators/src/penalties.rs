//! Penalties: found, kept for eras, and taken.

use crate::{pallet::*, pools, AccountIdOf, Fault, FREE_SIGNALS, HELD_ERAS, JAILED_PART};
use alloc::vec::Vec;
use assay_primitives::Seats;
use frame_support::traits::{
	fungible::MutateHold,
	tokens::{Fortitude, Precision, Restriction},
	Get,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Zero, Perbill};

impl<T: Config> Pallet<T> {
	/// Takes the next penalties of eras that are over. Returns how many, and how many finders they had.
	pub(crate) fn take_penalties() -> (u32, u32) {
		let era = Untaken::<T>::get();
		if era >= CurrentEra::<T>::get() {
			return (0, 0);
		}
		let most = T::PenaltiesPerBlock::get();
		let due: Vec<_> = Penalties::<T>::drain_prefix((era,)).take(most as usize).collect();
		let count = due.len() as u32;
		let mut finders = 0u32;
		for ((who, fault), penalty) in due {
			finders = finders.saturating_add(penalty.finders.len() as u32);
			Self::take_penalty(who, fault, penalty);
		}
		if count < most {
			Untaken::<T>::put(era.saturating_add(1));
		}
		(count, finders)
	}

	/// Faults of a validator whose penalties are due.
	pub(crate) fn due_faults(who: &AccountIdOf<T>) -> impl Iterator<Item = Fault> + '_ {
		let last = CurrentEra::<T>::get().saturating_add(HELD_ERAS);
		// Eras are taken faster than they come: a few are open at any time.
		(Untaken::<T>::get()..=last).flat_map(move |era| Penalties::<T>::iter_key_prefix((era, who)))
	}

	/// Takes a penalty from what there is left of bond and delegations. Finders get their shares of what there is, the treasury all else.
	fn take_penalty(who: AccountIdOf<T>, fault: Fault, penalty: Penalty<T>) {
		let Some(mut candidate) = Candidates::<T>::get(&who) else { return };
		let open = candidate.settle(penalty.amount);
		let there = open.min(Self::stake(&who, &candidate).whole());
		let taken = Self::take_stake(&who, &mut candidate, there, |pay| {
			let mut left = there;
			for (finder, share) in penalty.finders {
				let amount = pay(&finder, pools::part(share, there, penalty.amount));
				if amount > 0 {
					left = left.saturating_sub(amount);
					Self::deposit_event(Event::Rewarded { who: who.clone(), fault, finder, amount });
				}
			}
			pay(&T::Treasury::get(), left);
		});
		Candidates::<T>::insert(&who, candidate);
		Self::deposit_event(Event::Slashed { who, fault, amount: taken });
	}

	/// Moves plancks of a bond to another account. Returns how many: none if it cannot take them.
	pub(crate) fn move_bond(from: &AccountIdOf<T>, to: &AccountIdOf<T>, amount: u128) -> u128 {
		if amount.is_zero() {
			return 0;
		}
		<T as Config>::Currency::transfer_on_hold(
			&HoldReason::Bond.into(),
			from,
			to,
			amount,
			Precision::BestEffort,
			Restriction::Free,
			Fortitude::Force,
		)
		.unwrap_or(0)
	}

	fn jail(who: &AccountIdOf<T>, candidate: &mut Candidate<BlockNumberFor<T>>) {
		let era = CurrentEra::<T>::get();
		if candidate.jailed.is_none_or(|until| until < era) {
			candidate.jailed = Some(era);
			Self::deposit_event(Event::Jailed { who: who.clone(), era });
		}
	}

	/// Records a fault that costs this part of bond and delegations, or what faults of its kind cost at least.
	pub(crate) fn charge(who: &AccountIdOf<T>, fault: Fault, part: Perbill, finders: &[AccountIdOf<T>]) {
		let Some(mut candidate) = Candidates::<T>::get(who) else { return };
		let signalled = matches!(fault, Fault::Signalled | Fault::SignalledInVain);
		if signalled && Self::count_signal(&mut candidate) {
			Candidates::<T>::insert(who, candidate);
			return;
		}
		let was_good = Self::may_sit(who, &candidate);
		let stake = Self::stake(who, &candidate);
		let mut part = part.max(Perbill::from_perthousand(fault.per_mille())).mul_floor(stake.whole());
		// A broken engine must not take the honest with it: what costs more than a trifle is held longer.
		let held = if fault.removes() { HELD_ERAS } else { 1 };
		let era = CurrentEra::<T>::get().saturating_add(held);
		if fault == Fault::Equivocation {
			// As upstream does: when another one is found, the same are reported again, each with a larger part. The largest counts.
			let known = Penalties::<T>::get((era, who, fault)).map_or(0, |penalty| penalty.amount);
			part = part.saturating_sub(known);
		}
		let paid = fault.once_in_an_era().iter().any(|fault| Penalties::<T>::contains_key((era, who, fault)));
		if !part.is_zero() && !paid {
			let amount = Penalties::<T>::mutate((era, who, fault), |penalty| {
				penalty.get_or_insert_default().add(part, &stake, finders)
			});
			candidate.due = candidate.due.saturating_add(amount);
			Self::deposit_event(Event::Faulted { who: who.clone(), fault, amount, era });
		}
		match fault {
			Fault::Silent | Fault::Signalled => Self::count_miss(who, &mut candidate),
			_ if fault.removes() => Self::jail(who, &mut candidate),
			_ => (),
		}
		Candidates::<T>::insert(who, candidate);
		// A seat ends with what was bonded for it, and not with the session.
		if was_good && !Self::may_sit(who, &candidate) {
			T::Seats::put_out(who);
		}
	}

	/// Counts a missed duty. Jails for too many, but at most [`JAILED_PART`] of the validators (and at least one) in an era: when
	/// many miss, it is the network.
	fn count_miss(who: &AccountIdOf<T>, candidate: &mut Candidate<BlockNumberFor<T>>) {
		let era = CurrentEra::<T>::get();
		if candidate.missed_in != era {
			candidate.missed_in = era;
			candidate.misses = 0;
		}
		candidate.misses = candidate.misses.saturating_add(1);
		let jailed = JailedInEra::<T>::get();
		let validators = pallet_session::Validators::<T>::decode_len().unwrap_or(0) as u32;
		let most = JAILED_PART.mul_floor(validators).max(1);
		if candidate.misses >= T::MissesToJail::get() && candidate.jailed.is_none() && jailed < most {
			JailedInEra::<T>::put(jailed.saturating_add(1));
			Self::jail(who, candidate);
		}
	}

	/// Counts a signal where the others had the bytes. Returns whether it costs nothing yet.
	fn count_signal(candidate: &mut Candidate<BlockNumberFor<T>>) -> bool {
		let era = CurrentEra::<T>::get();
		if candidate.signalled_in != era {
			candidate.signalled_in = era;
			candidate.signals = 0;
		}
		candidate.signals = candidate.signals.saturating_add(1);
		candidate.signals <= FREE_SIGNALS
	}
}
