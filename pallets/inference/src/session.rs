//! The validators of each session and the keys that they attest with.

use crate::{pallet::*, AccountIdOf};
use alloc::vec::Vec;
use assay_primitives::infr::AuthorityId;
use frame_support::{
	traits::{OneSessionHandler, ValidatorSet},
	WeakBoundedVec,
};

impl<T: Config> Pallet<T> {
	fn set_electors(electors: Vec<(AccountIdOf<T>, AuthorityId)>) {
		let electors = WeakBoundedVec::force_from(electors, Some("more validators than `MaxValidators`"));
		let validators = electors.len() as u32;
		Self::keep_electors(T::ValidatorSet::session_index(), electors.clone());
		Self::change_engine(&electors);
		if electors != Electors::<T>::get() {
			Electors::<T>::put(electors);
			Self::deposit_event(Event::ElectorsSet { validators });
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
