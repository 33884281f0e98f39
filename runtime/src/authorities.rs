//! Authorities of BABE and GRANDPA: as upstream's session handlers set them, each with its validator's voting power, where upstream gives each 1.

use crate::{constants::MAX_VALIDATORS, AccountId, Babe, Grandpa, Runtime, Validators};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{Bonds, Power};
use frame_support::{
	traits::{ConstU32, OneSessionHandler},
	WeakBoundedVec,
};
use pallet_babe::AuthorityId as BabeId;
use pallet_grandpa::AuthorityId as GrandpaId;
use sp_runtime::BoundToRuntimeAppPublic;

type Keys<'a, Key> = Vec<(&'a AccountId, Key)>;

/// Keys with the voting power of their validators.
fn weighted<'a, Key>(
	keys: impl IntoIterator<Item = (&'a AccountId, Key)>,
	powers: &[(AccountId, Power)],
) -> WeakBoundedVec<(Key, Power), ConstU32<MAX_VALIDATORS>> {
	let powers: BTreeMap<_, _> = powers.iter().map(|(who, power)| (who, *power)).collect();
	let keys = keys.into_iter().map(|(who, key)| (key, powers.get(who).copied().unwrap_or(1)));
	WeakBoundedVec::force_from(keys.collect(), Some("there are more than `MAX_VALIDATORS` validators"))
}

/// Authors of blocks.
pub struct WeightedBabe;

impl BoundToRuntimeAppPublic for WeightedBabe {
	type Public = BabeId;
}

impl OneSessionHandler<AccountId> for WeightedBabe {
	type Key = BabeId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a AccountId, BabeId)> + 'a,
	{
		let validators: Keys<BabeId> = validators.collect();
		Babe::on_genesis_session(validators.clone().into_iter());
		let authorities = weighted(validators, &Validators::powers());
		pallet_babe::Authorities::<Runtime>::put(&authorities);
		pallet_babe::NextAuthorities::<Runtime>::put(&authorities);
	}

	fn on_new_session<'a, I>(_changed: bool, validators: I, queued: I)
	where
		I: Iterator<Item = (&'a AccountId, BabeId)> + 'a,
	{
		let now = weighted(validators, &Validators::powers());
		let next = weighted(queued, &Validators::next_powers());
		Babe::enact_epoch_change(now, next, Some(crate::Session::current_index()));
	}

	fn on_disabled(index: u32) {
		Babe::on_disabled(index);
	}
}

/// Voters for finality.
pub struct WeightedGrandpa;

impl BoundToRuntimeAppPublic for WeightedGrandpa {
	type Public = GrandpaId;
}

impl OneSessionHandler<AccountId> for WeightedGrandpa {
	type Key = GrandpaId;

	fn on_genesis_session<'a, I>(validators: I)
	where
		I: Iterator<Item = (&'a AccountId, GrandpaId)> + 'a,
	{
		let validators: Keys<GrandpaId> = validators.collect();
		Grandpa::on_genesis_session(validators.clone().into_iter());
		pallet_grandpa::Authorities::<Runtime>::put(weighted(validators, &Validators::powers()));
	}

	fn on_new_session<'a, I>(changed: bool, validators: I, queued: I)
	where
		I: Iterator<Item = (&'a AccountId, GrandpaId)> + 'a,
	{
		let validators: Keys<GrandpaId> = validators.collect();
		let queued: Keys<GrandpaId> = queued.collect();
		let before = pallet_grandpa::CurrentSetId::<Runtime>::get();
		Grandpa::on_new_session(changed, validators.clone().into_iter(), queued.into_iter());
		// Upstream has scheduled the new set for the end of this block.
		if pallet_grandpa::CurrentSetId::<Runtime>::get() == before {
			return;
		}
		pallet_grandpa::PendingChange::<Runtime>::mutate(|change| {
			if let Some(change) = change {
				change.next_authorities = weighted(validators, &Validators::powers());
			}
		});
	}

	fn on_disabled(index: u32) {
		Grandpa::on_disabled(index);
	}
}
