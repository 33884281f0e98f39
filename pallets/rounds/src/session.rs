//! The validators of each session and the keys that they attest with.

use crate::{math, pallet::*, subjects::EngineVotes, AccountIdOf};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{infr::AuthorityId, Bonds, Power, Seats};
use frame_support::{
	traits::{Get, OneSessionHandler, ValidatorSet},
	WeakBoundedVec,
};

impl<T: Config> Pallet<T> {
	/// Keeps the keys of a session's validators for its rounds and for what comes after them, and lets those of an old one go.
	fn keep_keys(session: u32, electors: &[(AccountIdOf<T>, AuthorityId, Power)]) {
		for (validator, key, power) in electors {
			SessionKeys::<T>::insert(session, validator, (key, power));
		}
		if let Some(old) = session.checked_sub(T::KeptSessions::get()) {
			let _ = SessionKeys::<T>::clear_prefix(old, T::MaxValidators::get(), None);
		}
	}

	/// True if those of these accounts that are validators now have more than a third of the voting power.
	pub fn are_a_third(accounts: &[AccountIdOf<T>]) -> bool {
		let electors = Electors::<T>::get();
		let own = electors.iter().filter(|(who, ..)| accounts.contains(who)).map(|(.., power)| *power);
		math::a_third(math::sum(own), math::sum(electors.iter().map(|(.., power)| *power)))
	}

	/// The attestation key that a validator had in a session that is remembered.
	pub(crate) fn session_key(session: u32, validator: &AccountIdOf<T>) -> Option<AuthorityId> {
		SessionKeys::<T>::get(session, validator).map(|(key, _)| key)
	}

	fn set_electors(validators: Vec<(AccountIdOf<T>, AuthorityId)>) {
		let powers: BTreeMap<_, _> = T::Bonds::powers().into_iter().collect();
		let power_of = |who: &AccountIdOf<T>| powers.get(who).copied().unwrap_or(1);
		let validators = validators.into_iter().map(|(who, key)| {
			let power = power_of(&who);
			(who, key, power)
		});
		let validators: Vec<_> = validators.collect();
		// A validator that was put out after it was elected stays out.
		let seated: Vec<_> = validators.iter().filter(|(who, ..)| T::Bonds::is_good(who)).cloned().collect();
		// A chain all of whose validators are put out goes on with them, as it does where nobody can be elected.
		let electors = if seated.is_empty() { validators } else { seated };
		let electors = WeakBoundedVec::force_from(electors, Some("more validators than `MaxValidators`"));
		let validators = electors.len() as u32;
		Self::keep_keys(T::ValidatorSet::session_index(), &electors);
		let powers: Vec<_> = electors.iter().map(|(who, _, power)| (who.clone(), *power)).collect();
		T::Engines::new_session(&powers);
		// There is a place for each of the validators of this session.
		LastBlocks::<T>::mutate(|last| last.retain(|(who, ..)| electors.iter().any(|(elector, ..)| elector == who)));
		if electors != Electors::<T>::get() {
			Electors::<T>::put(electors);
			Self::deposit_event(Event::ElectorsSet { validators });
		}
	}
}

impl<T: Config> Seats<AccountIdOf<T>> for Pallet<T> {
	/// The validator is in no draw any more, and counts for no threshold of one. Rounds that are open keep their members: all that they need
	/// is fixed. The last validator stays, or nobody would answer.
	fn put_out(who: &AccountIdOf<T>) {
		let mut electors = Electors::<T>::get();
		let before = electors.len();
		if before > 1 {
			electors.retain(|(elector, ..)| elector != who);
		}
		if electors.len() < before {
			Electors::<T>::put(electors);
			Self::deposit_event(Event::PutOut { validator: who.clone() });
		}
	}
}

impl<T: Config> sp_runtime::BoundToRuntimeAppPublic for Pallet<T> {
	type Public = AuthorityId;
}

impl<T: Config> OneSessionHandler<AccountIdOf<T>> for Pallet<T> {
	type Key = AuthorityId;

	fn on_genesis_session<'a, I: 'a>(validators: I)
	where
		I: Iterator<Item = (&'a AccountIdOf<T>, AuthorityId)>,
	{
		Self::set_electors(validators.map(|(account, key)| (account.clone(), key)).collect());
	}

	fn on_new_session<'a, I: 'a>(_changed: bool, validators: I, _queued: I)
	where
		I: Iterator<Item = (&'a AccountIdOf<T>, AuthorityId)>,
	{
		Self::set_electors(validators.map(|(account, key)| (account.clone(), key)).collect());
	}

	fn on_disabled(_index: u32) {
		// A disabled validator keeps its duties until the session ends; it is still held to them.
	}
}
