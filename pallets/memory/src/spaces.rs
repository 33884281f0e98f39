//! Spaces, their states, and the blobs that the network keeps for them.

use crate::{pallet::*, types::*, AccountIdOf, BlobReferences};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::ContentId;
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};

/// Most blobs that one question is about: anybody may ask a node.
const MAX_LISTED: usize = 1_000;

/// Bytes that a blob of so many counts for.
pub fn counted(size: u64) -> u64 {
	size.max(COUNTED_BYTES).checked_next_multiple_of(KIB).unwrap_or(u64::MAX)
}

impl<T: Config> Pallet<T> {
	/// A space that is not being closed.
	pub(crate) fn open_space(space: SpaceId) -> Result<Space<T>, DispatchError> {
		let found = Spaces::<T>::get(space).ok_or(Error::<T>::NoSuchSpace)?;
		ensure!(!found.closing, Error::<T>::Closing);
		Ok(found)
	}

	pub(crate) fn do_create_space(owner: AccountIdOf<T>, config: SpaceConfig) -> DispatchResult {
		let space = NextSpace::<T>::get();
		NextSpace::<T>::put(space.checked_add(1).ok_or(Error::<T>::Overflow)?);
		let deposit = T::SpaceDeposit::get();
		T::Currency::hold(&HoldReason::Space.into(), &owner, deposit)?;
		let record = Space {
			owner: owner.clone(),
			config,
			head: None,
			changed_at: frame_system::Pallet::<T>::block_number(),
			epoch: 0,
			grants: 0,
			blobs: 0,
			bytes: 0,
			deposit,
			closing: false,
		};
		Spaces::<T>::insert(space, record);
		Self::deposit_event(Event::SpaceCreated { space, owner });
		Ok(())
	}

	pub(crate) fn do_commit(
		space: SpaceId,
		mut found: Space<T>,
		head: Head<T>,
		add: &[BlobRef],
		drop: &[ContentId],
	) -> DispatchResult {
		ensure!(head.manifest.size > 0, Error::<T>::EmptyBlob);
		match found.config.availability {
			Availability::Local => ensure!(add.is_empty() && drop.is_empty(), Error::<T>::NotOnNetwork),
			Availability::Network => {
				let last = found.head.as_ref().map(|head| head.manifest.id);
				ensure!(last.is_none_or(|last| !drop.contains(&last)), Error::<T>::NoSuchBlob);
				// Blobs that are dropped make room for those that are added.
				let mut released = BTreeMap::new();
				for id in last.iter().chain(drop) {
					Self::drop_blob(space, &mut found, id, &mut released)?;
				}
				Self::return_deposits(HoldReason::Blobs, released)?;
				Self::add_blobs(space, &mut found, &head.by, add.iter().chain([&head.manifest]))?;
			}
		}
		let Head { seq, root, manifest, epoch, by, .. } = head.clone();
		found.epoch = epoch;
		found.head = Some(head);
		found.changed_at = frame_system::Pallet::<T>::block_number();
		Spaces::<T>::insert(space, found);
		Self::deposit_event(Event::Committed { space, seq, root, manifest: manifest.id, epoch, by });
		Ok(())
	}

	/// Has the network keep blobs for a space, at the cost of `payer`.
	fn add_blobs<'a>(
		space: SpaceId,
		found: &mut Space<T>,
		payer: &AccountIdOf<T>,
		blobs: impl Iterator<Item = &'a BlobRef>,
	) -> DispatchResult {
		let (mut bytes, mut held) = (0u64, 0u128);
		for blob in blobs {
			ensure!(blob.size > 0, Error::<T>::EmptyBlob);
			ensure!(!SpaceBlobs::<T>::contains_key(space, blob.id), Error::<T>::BlobExists);
			let counted = counted(blob.size);
			let kib = u128::from(counted.checked_div(KIB).unwrap_or(u64::MAX));
			let deposit = T::DepositPerKib::get().checked_mul(kib).ok_or(Error::<T>::Overflow)?;
			bytes = bytes.checked_add(counted).ok_or(Error::<T>::SpaceFull)?;
			held = held.checked_add(deposit).ok_or(Error::<T>::Overflow)?;
			found.blobs = found.blobs.checked_add(1).ok_or(Error::<T>::Overflow)?;
			SpaceBlobs::<T>::insert(space, blob.id, SpaceBlob { size: blob.size, payer: payer.clone(), deposit });
			T::Blobs::reference(*blob);
			Self::deposit_event(Event::BlobAdded { space, blob: blob.id, size: blob.size, deposit });
		}
		found.bytes = found.bytes.checked_add(bytes).ok_or(Error::<T>::SpaceFull)?;
		ensure!(found.bytes <= T::MaxSpaceBytes::get(), Error::<T>::SpaceFull);
		let total = TotalBytes::<T>::get().checked_add(bytes).ok_or(Error::<T>::NetworkFull)?;
		ensure!(total <= T::MaxTotalBytes::get(), Error::<T>::NetworkFull);
		TotalBytes::<T>::put(total);
		T::Currency::hold(&HoldReason::Blobs.into(), payer, held)
	}

	/// Has the network forget a blob, and adds what returns to whose it is.
	fn drop_blob(
		space: SpaceId,
		found: &mut Space<T>,
		id: &ContentId,
		released: &mut BTreeMap<AccountIdOf<T>, u128>,
	) -> DispatchResult {
		let SpaceBlob { size, payer, deposit } = SpaceBlobs::<T>::take(space, id).ok_or(Error::<T>::NoSuchBlob)?;
		let counted = counted(size);
		found.bytes = found.bytes.saturating_sub(counted);
		found.blobs = found.blobs.saturating_sub(1);
		TotalBytes::<T>::mutate(|total| *total = total.saturating_sub(counted));
		T::Blobs::release(BlobRef { id: *id, size });
		let sum = released.entry(payer.clone()).or_default();
		*sum = sum.saturating_add(deposit);
		Self::deposit_event(Event::BlobDropped { space, blob: *id, payer, deposit });
		Ok(())
	}

	pub(crate) fn return_deposits(reason: HoldReason, released: BTreeMap<AccountIdOf<T>, u128>) -> DispatchResult {
		let reason = reason.into();
		for (who, amount) in released {
			T::Currency::release(&reason, &who, amount, Precision::BestEffort)?;
		}
		Ok(())
	}

	pub(crate) fn do_transfer_space(from: AccountIdOf<T>, space: SpaceId, to: AccountIdOf<T>) -> DispatchResult {
		let mut found = Self::open_space(space)?;
		ensure!(found.owner == from, Error::<T>::NotOwner);
		ensure!(from != to, Error::<T>::OwnerNeedsNone);
		T::Currency::transfer_on_hold(
			&HoldReason::Space.into(),
			&from,
			&to,
			found.deposit,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Polite,
		)?;
		let epoch = found.epoch.checked_add(1).ok_or(Error::<T>::Overflow)?;
		found.epoch = epoch;
		found.owner = to.clone();
		Spaces::<T>::insert(space, found);
		Self::deposit_event(Event::SpaceTransferred { space, from, to, epoch });
		Ok(())
	}

	/// Releases blobs, then grants, then the space. Returns how many were released.
	pub(crate) fn do_close_space(owner: AccountIdOf<T>, space: SpaceId) -> Result<u32, DispatchError> {
		let mut found = Spaces::<T>::get(space).ok_or(Error::<T>::NoSuchSpace)?;
		ensure!(found.owner == owner, Error::<T>::NotOwner);
		found.closing = true;
		let most = MAX_CHANGED as usize;
		let blobs: Vec<ContentId> = SpaceBlobs::<T>::iter_key_prefix(space).take(most).collect();
		let mut released = BTreeMap::new();
		for id in &blobs {
			Self::drop_blob(space, &mut found, id, &mut released)?;
		}
		Self::return_deposits(HoldReason::Blobs, released)?;
		let accounts = Grants::<T>::iter_key_prefix(space).take(most.saturating_sub(blobs.len()));
		let accounts: Vec<AccountIdOf<T>> = accounts.collect();
		let mut released = BTreeMap::new();
		for who in &accounts {
			Self::take_grant(space, &mut found, who, &mut released)?;
		}
		Self::return_deposits(HoldReason::Grant, released)?;
		if found.blobs > 0 || found.grants > 0 {
			let (blobs, grants) = (found.blobs, found.grants);
			Spaces::<T>::insert(space, found);
			Self::deposit_event(Event::SpaceClosing { space, blobs, grants });
		} else {
			Spaces::<T>::remove(space);
			T::Currency::release(&HoldReason::Space.into(), &owner, found.deposit, Precision::BestEffort)?;
			Self::deposit_event(Event::SpaceClosed { space });
		}
		Ok(blobs.len().saturating_add(accounts.len()) as u32)
	}

	/// See [`crate::MemoryApi`]. Never called in a block.
	pub fn memory_blobs(
		after: Option<(SpaceId, ContentId)>,
		limit: u32,
	) -> (Vec<BlobRef>, Option<(SpaceId, ContentId)>) {
		let blobs = match after {
			Some((space, id)) => SpaceBlobs::<T>::iter_from(SpaceBlobs::<T>::hashed_key_for(space, id)),
			None => SpaceBlobs::<T>::iter(),
		};
		let mut last = None;
		let blobs = blobs.take((limit as usize).min(MAX_LISTED)).map(|(space, id, blob)| {
			last = Some((space, id));
			BlobRef { id, size: blob.size }
		});
		let blobs = blobs.collect();
		(blobs, last)
	}
}
