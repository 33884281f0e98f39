//! Election of the validators of each session, eras, and the offences that consensus reports.

use crate::{pallet::*, AccountIdOf, Fault, OnNewSet};
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{traits::Get, weights::Weight};
use pallet_session::historical;
use sp_runtime::Perbill;
use sp_staking::{
	offence::{OffenceDetails, OnOffenceHandler},
	SessionIndex,
};

/// One validator of so many comes or goes in a session, or one at least.
const CHANGED_PART: usize = 4;

impl<T: Config> Pallet<T> {
	/// The validators of a session: candidates with the largest bonds among those that may be elected and have keys; equal bonds in the order
	/// of their accounts. None if nobody can be elected, or the same are: then finality has no new set of authorities, of which each receipt
	/// would carry a proof.
	///
	/// One in [`CHANGED_PART`] of the validators may come in a session, and as many may leave or be outbid: whoever buys all seats at once
	/// has them after so many sessions, and all can see it. Who is put out goes at once.
	fn elect(session: SessionIndex) -> Option<Vec<AccountIdOf<T>>> {
		let most = T::MaxElected::get() as usize;
		let mut ranking: Vec<(bool, u128, AccountIdOf<T>)> = Candidates::<T>::iter()
			.take(T::MaxCandidates::get() as usize)
			.filter(|(_, candidate)| candidate.is_good(T::MinBond::get()))
			.filter(|(who, _)| pallet_session::NextKeys::<T>::contains_key(who))
			.map(|(who, candidate)| (candidate.leaves.is_some(), candidate.bond, who))
			.collect();
		// Who stays before who leaves, and the larger bond before the smaller.
		ranking.sort_by(|(a, bond, x), (b, other, y)| a.cmp(b).then_with(|| other.cmp(bond)).then_with(|| x.cmp(y)));
		let validators: BTreeSet<_> = pallet_session::Validators::<T>::get().into_iter().collect();
		let change = validators.len().checked_div(CHANGED_PART).unwrap_or(0).max(1);
		let staying = ranking.iter().filter(|(leaves, ..)| !leaves).count().min(most);
		if staying == 0 {
			return None;
		}
		let (mut elected, mut entered, mut left) = (BTreeSet::new(), 0usize, 0usize);
		// From the last of them on: who leaves, or has a smaller bond than others, goes first.
		for (place, _) in ranking.iter().enumerate().rev().filter(|(_, (_, _, who))| validators.contains(who)) {
			if place >= staying && left < change {
				left = left.saturating_add(1);
			} else {
				elected.insert(place);
			}
		}
		for (place, (_, _, who)) in ranking.iter().enumerate().take(staying) {
			if elected.len() < most && entered < change && !validators.contains(who) {
				entered = entered.saturating_add(1);
				elected.insert(place);
			}
		}
		let elected: Vec<_> =
			elected.into_iter().filter_map(|place| ranking.get(place)).map(|(_, _, who)| who.clone()).collect();
		elected.iter().for_each(|who| Self::seat(who, session));
		Self::deposit_event(Event::Elected { session, validators: elected.len() as u32 });
		let same = validators.len() == elected.len() && elected.iter().all(|who| validators.contains(who));
		(!same).then_some(elected)
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
		T::OnNewSet::on_new_set(pallet_session::Validators::<T>::get());
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
		T::DbWeight::get().reads_writes(6, 6).saturating_mul(offenders.len() as u64)
	}
}
