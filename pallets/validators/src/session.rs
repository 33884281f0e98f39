//! Election of the validators of each session, eras, and the offences that consensus reports.

use crate::{pallet::*, power, AccountIdOf, Fault, Power};
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{traits::Get, weights::Weight, BoundedVec};
use pallet_session::historical;
use sp_runtime::Perbill;
use sp_staking::{
	offence::{OffenceDetails, OnOffenceHandler},
	SessionIndex,
};

/// One in so many of the set's voting power comes or goes in a session, or one validator.
const CHANGED_PART: Power = 4;
/// One in so many of a validator's voting power that it may differ by before the set changes for that.
const DIFFERENT_PART: Power = 100;

/// Validators that come in a session, or that go.
#[derive(Default)]
struct Change {
	validators: u32,
	power: Power,
}

impl Change {
	/// True if another one may come or go, with `most` of voting power for all but the first.
	fn takes(&mut self, power: Power, most: Power) -> bool {
		let sum = self.power.saturating_add(power);
		let fits = self.validators == 0 || sum <= most;
		if fits {
			(self.validators, self.power) = (self.validators.saturating_add(1), sum);
		}
		fits
	}
}

impl<T: Config> Pallet<T> {
	/// The validators of a session: candidates with the largest bonds among those that may be elected and have keys; equal bonds in the order
	/// of their accounts. None if nobody can be elected, or the same are and their voting power is about the same: then finality has no new set
	/// of authorities, of which each receipt would carry a proof.
	///
	/// One in [`CHANGED_PART`] of the voting power may come in a session, and as much may leave or be outbid: whoever buys all seats at once
	/// has them after so many sessions, and all can see it. A validator that is put out goes at once, but for those
	/// that [`MinimumValidators`] keeps.
	fn elect(session: SessionIndex) -> Option<Vec<AccountIdOf<T>>> {
		let (most, min_bond) = (T::MaxElected::get() as usize, T::MinBond::get());
		let mut ranking: Vec<(bool, u128, AccountIdOf<T>)> = Candidates::<T>::iter()
			.take(T::MaxCandidates::get() as usize)
			.filter(|(who, candidate)| Self::may_sit(who, candidate))
			.filter(|(who, _)| pallet_session::NextKeys::<T>::contains_key(who))
			.map(|(who, candidate)| (candidate.leaves.is_some(), Self::stake(&who, &candidate).counted(), who))
			.collect();
		// Candidates that stay come before those that leave, and the larger bond before the smaller.
		ranking.sort_by(|(a, bond, x), (b, other, y)| a.cmp(b).then_with(|| other.cmp(bond)).then_with(|| x.cmp(y)));
		let validators: BTreeSet<_> = pallet_session::Validators::<T>::get().into_iter().collect();
		let powers = NextPowers::<T>::get();
		let total = powers.iter().fold(0, |sum: Power, (_, power)| sum.saturating_add(*power));
		let change = total.checked_div(CHANGED_PART).unwrap_or(0);
		let staying = ranking.iter().filter(|(leaves, ..)| !leaves).count().min(most);
		if staying == 0 {
			return None;
		}
		let (mut elected, mut come, mut gone) = (BTreeSet::new(), Change::default(), Change::default());
		// From the last of them on: who leaves, or has a smaller bond than others, goes first.
		for (place, (_, _, who)) in ranking.iter().enumerate().rev().filter(|(_, (_, _, who))| validators.contains(who))
		{
			let power = powers.iter().find(|(known, _)| known == who).map_or(1, |(_, power)| *power);
			if place < staying || !gone.takes(power, change) {
				elected.insert(place);
			}
		}
		for (place, (_, bond, who)) in ranking.iter().enumerate().take(staying) {
			if elected.len() < most && !validators.contains(who) && come.takes(power::power(*bond, min_bond), change) {
				elected.insert(place);
			}
		}
		let elected = elected.into_iter().filter_map(|place| ranking.get(place)).map(|(_, _, who)| who.clone());
		let elected = Self::filled_up(elected.collect(), &validators);
		elected.iter().for_each(|who| Self::seat(who, session));
		Self::deposit_event(Event::Elected { session, validators: elected.len() as u32 });
		let next = Self::powers_of(&elected);
		let is_same = |(who, power): &(AccountIdOf<T>, Power)| {
			let known = powers.iter().find(|(known, _)| known == who);
			known.is_some_and(|(_, known)| power.abs_diff(*known).saturating_mul(DIFFERENT_PART) <= *known)
		};
		let same = validators.len() == next.len() && next.iter().all(is_same);
		(!same).then(|| {
			NextPowers::<T>::put(next);
			elected
		})
	}

	/// Adds validators that were not elected, the largest bonds first, until there are as many as there have to be at least.
	fn filled_up(mut elected: Vec<AccountIdOf<T>>, validators: &BTreeSet<AccountIdOf<T>>) -> Vec<AccountIdOf<T>> {
		let short = (MinimumValidators::<T>::get().min(T::MaxElected::get()) as usize).saturating_sub(elected.len());
		if short > 0 {
			let others = validators.iter().filter(|who| !elected.contains(who));
			let others = others.filter(|who| pallet_session::NextKeys::<T>::contains_key(who));
			let mut others: Vec<_> = others.map(|who| (Self::left(who), who)).collect();
			others.sort_by(|(left, x), (other, y)| other.cmp(left).then_with(|| x.cmp(y)));
			elected.extend(others.into_iter().take(short).map(|(_, who)| who.clone()));
		}
		elected
	}

	/// Plancks of an account's bond and active delegations that are left when its penalties are taken.
	fn left(who: &AccountIdOf<T>) -> u128 {
		Candidates::<T>::get(who).map_or(0, |candidate| Self::stake(who, &candidate).counted())
	}

	/// Voting power of the validators of a set.
	fn powers_of(set: &[AccountIdOf<T>]) -> BoundedVec<(AccountIdOf<T>, Power), T::MaxElected> {
		let bonds: Vec<_> = set.iter().map(Self::left).collect();
		let powers = power::powers(&bonds, T::MinBond::get());
		// An election ends with as many as there is room for.
		BoundedVec::truncate_from(set.iter().cloned().zip(powers).collect())
	}
}

impl<T: Config> pallet_session::SessionManager<AccountIdOf<T>> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<AccountIdOf<T>>> {
		Self::elect(index)
	}

	// The session pallet takes the accounts that it has keys for.
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<AccountIdOf<T>>> {
		None
	}

	fn end_session(_: SessionIndex) {}

	fn start_session(index: SessionIndex) {
		let era = index.checked_div(SessionsPerEra::<T>::get()).unwrap_or(0);
		let last = CurrentEra::<T>::get();
		if era > last {
			CurrentEra::<T>::put(era);
			JailedInEra::<T>::kill();
		}
		Powers::<T>::put(NextPowers::<T>::get());
		// Nobody can be held to what happened in a session that is older than the bonds of those who left after it.
		historical::Pallet::<T>::prune_up_to(index.saturating_sub(UnbondingSessions::<T>::get()));
	}
}

impl<T: Config> historical::SessionManager<AccountIdOf<T>, ()> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<(AccountIdOf<T>, ())>> {
		Self::elect(index).map(|elected| elected.into_iter().map(|who| (who, ())).collect())
	}

	/// Those that have keys. With none here the first sessions would have no history, and nobody could show what was done in them.
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<(AccountIdOf<T>, ())>> {
		let who: BTreeSet<_> = pallet_session::NextKeys::<T>::iter_keys().collect();
		let who: Vec<_> = who.into_iter().collect();
		let powers = Self::powers_of(&who);
		Powers::<T>::put(&powers);
		NextPowers::<T>::put(powers);
		(!who.is_empty()).then(|| who.into_iter().map(|who| (who, ())).collect())
	}

	fn start_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(index);
	}

	fn end_session(index: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(index);
	}
}

impl<T: Config> OnOffenceHandler<AccountIdOf<T>, (AccountIdOf<T>, ()), Weight> for Pallet<T> {
	fn on_offence(
		offenders: &[OffenceDetails<AccountIdOf<T>, (AccountIdOf<T>, ())>],
		parts: &[Perbill],
		_: SessionIndex,
	) -> Weight {
		// Upstream says what part of the bond it is by how many have equivocated at once: all of it at a third of the set.
		for (offender, part) in offenders.iter().zip(parts) {
			Self::charge(&offender.offender.0, Fault::Equivocation, *part, &[]);
		}
		T::DbWeight::get().reads_writes(8, 6).saturating_mul(offenders.len() as u64)
	}
}
