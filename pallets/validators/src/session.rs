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

impl<T: Config> Pallet<T> {
	/// The candidates with the largest bonds among those that may be elected and have keys; equal bonds in the order of their accounts. None
	/// if nobody can be elected, or the same are: then finality has no new set of authorities, of which each receipt would carry a proof.
	fn elect(session: SessionIndex) -> Option<Vec<AccountIdOf<T>>> {
		let mut ranking: Vec<(u128, AccountIdOf<T>)> = Candidates::<T>::iter()
			.take(T::MaxCandidates::get() as usize)
			.filter(|(_, candidate)| candidate.jailed.is_none() && candidate.leaves.is_none())
			.filter(|(_, candidate)| candidate.left() >= T::MinBond::get())
			.filter(|(who, _)| pallet_session::NextKeys::<T>::contains_key(who))
			.map(|(who, candidate)| (candidate.bond, who))
			.collect();
		ranking.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
		ranking.truncate(T::MaxElected::get() as usize);
		if ranking.is_empty() {
			return None;
		}
		let elected: Vec<_> = ranking.into_iter().map(|(_, who)| who).collect();
		elected.iter().for_each(|who| Self::seat(who, session));
		Self::deposit_event(Event::Elected { session, validators: elected.len() as u32 });
		let validators: BTreeSet<_> = pallet_session::Validators::<T>::get().into_iter().collect();
		let same = validators.len() == elected.len() && elected.iter().all(|who| validators.contains(who));
		(!same).then_some(elected)
	}
}

impl<T: Config> pallet_session::SessionManager<AccountIdOf<T>> for Pallet<T> {
	fn new_session(index: SessionIndex) -> Option<Vec<AccountIdOf<T>>> {
		Self::elect(index)
	}

	// At genesis the keys are not set yet: the session pallet takes the accounts that it has keys for.
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
