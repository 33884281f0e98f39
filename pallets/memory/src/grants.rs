//! Grants: accounts that may read and write a space, and the keys that its manifests are sealed to.

use crate::{pallet::*, types::*, AccountIdOf, BlockNumberFor};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::Hash32;
use frame_support::{
	pallet_prelude::*,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};

impl<T: Config> Pallet<T> {
	/// The rights of an account in this block.
	pub(crate) fn rights(space: SpaceId, found: &Space<T>, who: &AccountIdOf<T>) -> Rights {
		if found.owner == *who {
			return Rights(u8::MAX);
		}
		let now = frame_system::Pallet::<T>::block_number();
		let grant = Grants::<T>::get(space, who).filter(|grant| grant.until.is_none_or(|last| now <= last));
		grant.map_or(Rights(0), |grant| grant.rights)
	}

	/// True if an account may give a grant with these rights, and take it away.
	fn may_grant(space: SpaceId, found: &Space<T>, by: &AccountIdOf<T>, rights: Rights) -> bool {
		let own = Self::rights(space, found, by);
		found.owner == *by || (own.has(Rights::GRANT) && own.has(rights) && !rights.has(Rights::GRANT))
	}

	pub(crate) fn do_grant(
		by: AccountIdOf<T>,
		space: SpaceId,
		who: AccountIdOf<T>,
		rights: Rights,
		until: Option<BlockNumberFor<T>>,
	) -> DispatchResult {
		let mut found = Self::open_space(space)?;
		ensure!(Self::may_grant(space, &found, &by, rights), Error::<T>::NoRight);
		ensure!(found.owner != who, Error::<T>::OwnerNeedsNone);
		let grant = match Grants::<T>::get(space, &who) {
			Some(known) => {
				ensure!(Self::may_grant(space, &found, &by, known.rights), Error::<T>::NoRight);
				Grant { rights, until, ..known }
			}
			None => {
				ensure!(found.grants < T::MaxGrants::get(), Error::<T>::TooManyGrants);
				let deposit = T::GrantDeposit::get();
				T::Currency::hold(&HoldReason::Grant.into(), &by, deposit)?;
				found.grants = found.grants.saturating_add(1);
				Grant { rights, until, since_epoch: found.epoch, by: by.clone(), deposit }
			}
		};
		Grants::<T>::insert(space, &who, grant);
		Spaces::<T>::insert(space, found);
		Self::deposit_event(Event::Granted { space, who, rights, until, by });
		Ok(())
	}

	pub(crate) fn do_revoke(by: AccountIdOf<T>, space: SpaceId, who: AccountIdOf<T>) -> DispatchResult {
		let mut found = Self::open_space(space)?;
		let grant = Grants::<T>::get(space, &who).ok_or(Error::<T>::NoSuchGrant)?;
		let may = by == who || Self::may_grant(space, &found, &by, grant.rights);
		ensure!(may, Error::<T>::NoRight);
		found.epoch = found.epoch.checked_add(1).ok_or(Error::<T>::Overflow)?;
		let mut released = BTreeMap::new();
		Self::take_grant(space, &mut found, &who, &mut released)?;
		Spaces::<T>::insert(space, found);
		Self::return_deposits(HoldReason::Grant, released)
	}

	/// Removes a grant, and adds what returns to whose it is.
	pub(crate) fn take_grant(
		space: SpaceId,
		found: &mut Space<T>,
		who: &AccountIdOf<T>,
		released: &mut BTreeMap<AccountIdOf<T>, u128>,
	) -> DispatchResult {
		let grant = Grants::<T>::take(space, who).ok_or(Error::<T>::NoSuchGrant)?;
		found.grants = found.grants.saturating_sub(1);
		let sum = released.entry(grant.by).or_default();
		*sum = sum.saturating_add(grant.deposit);
		Self::deposit_event(Event::Revoked { space, who: who.clone(), epoch: found.epoch });
		Ok(())
	}

	pub(crate) fn do_set_box_key(who: AccountIdOf<T>, key: Option<Hash32>) -> DispatchResult {
		let reason = HoldReason::BoxKey.into();
		match (BoxKeys::<T>::get(&who), key) {
			(None, None) => return Err(Error::<T>::NoBoxKey.into()),
			(Some(known), None) => {
				BoxKeys::<T>::remove(&who);
				T::Currency::release(&reason, &who, known.deposit, Precision::BestEffort)?;
			}
			(Some(known), Some(key)) => BoxKeys::<T>::insert(&who, BoxKey { key, ..known }),
			(None, Some(key)) => {
				let deposit = T::BoxKeyDeposit::get();
				T::Currency::hold(&reason, &who, deposit)?;
				BoxKeys::<T>::insert(&who, BoxKey { key, deposit });
			}
		}
		Self::deposit_event(Event::BoxKeySet { who, key });
		Ok(())
	}

	/// See [`crate::MemoryApi`]. Never called in a block.
	pub fn readers(space: SpaceId) -> Vec<Reader<AccountIdOf<T>, BlockNumberFor<T>>> {
		let reader = |(account, grant): (AccountIdOf<T>, Grant<T>)| {
			let box_key = BoxKeys::<T>::get(&account).map(|known| known.key);
			let Grant { rights, until, since_epoch, .. } = grant;
			Reader { account, rights, until, since_epoch, box_key }
		};
		Grants::<T>::iter_prefix(space).map(reader).collect()
	}
}
