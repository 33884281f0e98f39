//! Invariants, recomputed from storage.

use crate::{counted, pallet::*, types::*, AccountIdOf};
use alloc::collections::BTreeMap;
use assay_primitives::ContentId;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::TryRuntimeError;

/// Plancks that records say are on hold, for each account and reason, as the index of [`HoldReason`].
pub type Due<T> = BTreeMap<(AccountIdOf<T>, usize), u128>;

/// Blobs with the number of references to each.
pub type Needed = BTreeMap<(ContentId, u64), u32>;

impl<T: Config> Pallet<T> {
	/// Checks that every sum and count equals what the records say. Other pallets have needs for blobs as well: see
	/// [`Pallet::needed`].
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let (mut grants, mut blobs) = (BTreeMap::<SpaceId, u32>::new(), BTreeMap::<SpaceId, (u32, u64)>::new());
		for (space, _, grant) in Grants::<T>::iter() {
			ensure!(grant.rights.is_valid(), "a grant has rights that there are not");
			let count = grants.entry(space).or_default();
			*count = count.saturating_add(1);
		}
		let mut total = 0u64;
		for (space, _, blob) in SpaceBlobs::<T>::iter() {
			let bytes = counted(blob.size);
			let (count, sum) = blobs.entry(space).or_default();
			*count = count.saturating_add(1);
			*sum = sum.saturating_add(bytes);
			total = total.saturating_add(bytes);
		}
		ensure!(TotalBytes::<T>::get() == total, "the bytes of all spaces are miscounted");
		ensure!(total <= T::MaxTotalBytes::get(), "the network keeps more than it may");
		for (id, space) in Spaces::<T>::iter() {
			ensure!(id < NextSpace::<T>::get(), "a space has a number that was not given");
			ensure!(space.grants == grants.remove(&id).unwrap_or(0), "grants are miscounted");
			ensure!(space.grants <= T::MaxGrants::get(), "there are too many grants");
			let known = blobs.remove(&id).unwrap_or((0, 0));
			ensure!((space.blobs, space.bytes) == known, "blobs are miscounted");
			ensure!(space.bytes <= T::MaxSpaceBytes::get(), "a space has more than it may");
			let Some(head) = space.head else { continue };
			ensure!(head.epoch <= space.epoch, "a head is of a later epoch than its space");
			let kept = SpaceBlobs::<T>::contains_key(id, head.manifest.id);
			let is_due = space.config.availability == Availability::Network;
			ensure!(space.closing || kept == is_due, "the last manifest is not kept, or kept for nobody");
		}
		ensure!(grants.is_empty() && blobs.is_empty(), "grants or blobs are of a space that there is not");
		Self::try_holds()
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let reasons = [HoldReason::Space, HoldReason::Blobs, HoldReason::Grant, HoldReason::BoxKey];
		for ((who, reason), due) in Self::due() {
			let Some(reason) = reasons.get(reason) else { return Err("there is no such hold".into()) };
			ensure!(T::Currency::balance_on_hold(&(*reason).into(), &who) == due, "deposits differ from the holds");
		}
		Ok(())
	}

	/// Plancks that should be on hold by the records.
	pub fn due() -> Due<T> {
		let mut due = Due::<T>::new();
		let mut add = |who: AccountIdOf<T>, reason: usize, amount: u128| {
			let sum = due.entry((who, reason)).or_default();
			*sum = sum.saturating_add(amount);
		};
		Spaces::<T>::iter_values().for_each(|space| add(space.owner, 0, space.deposit));
		SpaceBlobs::<T>::iter_values().for_each(|blob| add(blob.payer, 1, blob.deposit));
		Grants::<T>::iter_values().for_each(|grant| add(grant.by, 2, grant.deposit));
		BoxKeys::<T>::iter().for_each(|(who, key)| add(who, 3, key.deposit));
		due
	}

	/// Blobs that spaces need, with the number of references to each.
	pub fn needed() -> Needed {
		let mut needed = Needed::new();
		for (_, id, blob) in SpaceBlobs::<T>::iter() {
			let count = needed.entry((id, blob.size)).or_default();
			*count = count.saturating_add(1);
		}
		needed
	}
}
