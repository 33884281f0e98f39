//! Invariants, recomputed from storage.

use crate::{listing::ListKey, pallet::*, types::*, AccountIdOf};
use alloc::collections::{BTreeMap, BTreeSet};
use assay_primitives::{EngineId, ModelId, Subject};
use frame_support::{ensure, traits::fungible::InspectHold};
use pallet_rounds::Standings;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that every sum and index equals what the records say, but [`Blobs`], which other pallets use too.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_holds()?;
		Self::try_status()?;
		Self::try_engine()?;
		Self::try_pruning()?;
		Self::try_names()?;
		Self::try_listing()
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<AccountIdOf<T>, [u128; 3]> = BTreeMap::new();
		let mut kept = 0u64;
		let mut add = |who: &AccountIdOf<T>, at: usize, amount: u128| {
			if let Some(sum) = sums.entry(who.clone()).or_default().get_mut(at) {
				*sum = sum.saturating_add(amount);
			}
		};
		for (_, model) in Models::<T>::iter() {
			add(&model.owner, 0, model.deposit);
			add(&model.owner, 1, model.activation_fee);
			kept = kept.saturating_add(model.kept);
			let over = matches!(model.status, ModelStatus::Retired | ModelStatus::Rejected(_)) && model.open == 0;
			ensure!(over == (model.kept == 0), "bytes are counted that nobody keeps, or the other way round");
		}
		ensure!(CatalogueBytes::<T>::get() == kept, "the bytes of models are miscounted");
		for (_, name) in Names::<T>::iter() {
			add(&name.owner, 2, name.deposit);
		}
		for (who, [deposit, activation, name]) in sums {
			let on_hold = |reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), &who);
			ensure!(on_hold(HoldReason::ModelDeposit) == deposit, "model deposits differ from the holds");
			ensure!(on_hold(HoldReason::Activation) == activation, "activation fees differ from the holds");
			ensure!(on_hold(HoldReason::NameDeposit) == name, "name deposits differ from the holds");
		}
		Ok(())
	}

	fn try_status() -> Result<(), TryRuntimeError> {
		let mut pending = 0usize;
		for (id, model) in Models::<T>::iter() {
			let is_pending = model.status == ModelStatus::Pending;
			let is_tried = Trials::<T>::contains_key(id);
			ensure!(!(is_pending && is_tried), "a model is activated and tried at once");
			ensure!(!is_tried || model.open > 0, "a model is tried that nobody has to hold");
			pending = pending.saturating_add((is_pending || is_tried).into());
			let open = Standings::<T>::contains_key(Subject::Model(id));
			ensure!((is_pending || is_tried) == open, "a pending model waits for nothing");
			ensure!(model.rounds.0 <= model.rounds.1, "a model's status is about no round");
		}
		ensure!(Trials::<T>::iter_keys().all(Models::<T>::contains_key), "a model is tried that there is not");
		let open = Standings::<T>::iter_keys().filter(|subject| matches!(subject, Subject::Model(_))).count();
		ensure!(open == pending, "a round is about a model that is not pending");
		for id in Unavailable::<T>::iter_keys() {
			let active = Models::<T>::get(id).is_some_and(|model| matches!(model.status, ModelStatus::Active { .. }));
			ensure!(active, "a model's bytes are looked for that nobody can use");
		}
		Ok(())
	}

	fn try_engine() -> Result<(), TryRuntimeError> {
		if let Some(proposal) = NextEngine::<T>::get() {
			let holders: BTreeSet<_> = proposal.holders.iter().collect();
			ensure!(holders.len() == proposal.holders.len(), "a validator holds the next engine twice");
			ensure!(CurrentEngine::<T>::get() != Some(proposal.engine), "the next engine is the one in use");
		}
		let current = CurrentEngine::<T>::get();
		let old: BTreeSet<_> = OldEngines::<T>::get().into_iter().collect();
		ensure!(old.len() == OldEngines::<T>::decode_len().unwrap_or(0), "an engine is held twice");
		ensure!(current.is_none_or(|engine| !old.contains(&engine)), "the engine in use is an old one");
		let next = NextEngine::<T>::get().map(|proposal| proposal.engine);
		let known = |engine: EngineId| Self::is_held(&engine) || next == Some(engine);
		ensure!(Packages::<T>::iter_keys().all(known), "the package is kept of an engine that nobody holds");
		ensure!(OpenUnder::<T>::iter_values().all(|open| open > 0), "an engine is kept for nothing");
		ensure!(
			OpenUnder::<T>::iter_keys().all(|engine| Self::is_held(&engine)),
			"something runs under an engine that nobody holds"
		);

		Ok(())
	}

	fn try_pruning() -> Result<(), TryRuntimeError> {
		let mut due = 0usize;
		for (id, model) in Models::<T>::iter() {
			let over = matches!(model.status, ModelStatus::Rejected(_)) && model.open == 0;
			ensure!(
				over == model.prunable_at.is_some(),
				"a model is to be pruned that is not rejected, or the other way round"
			);
			if let Some(at) = model.prunable_at {
				due = due.saturating_add(1);
				ensure!(Prunable::<T>::get(at).contains(&id), "a rejected model is never pruned");
			}
		}
		ensure!(Prunable::<T>::iter_values().flatten().count() == due, "what is to be pruned is miscounted");
		let pruned_to = PrunedTo::<T>::get();
		ensure!(Prunable::<T>::iter_keys().all(|block| block >= pruned_to), "what is to be pruned was passed over");
		Ok(())
	}

	fn try_names() -> Result<(), TryRuntimeError> {
		for (_, model) in Models::<T>::iter() {
			let name = Names::<T>::get(&model.name).ok_or("a model's name belongs to nobody")?;
			ensure!(model.version <= name.last_version, "a version is above its name's last");
		}
		ensure!(Provenances::<T>::iter_keys().all(Models::<T>::contains_key), "a statement is about no model");
		Ok(())
	}

	fn try_listing() -> Result<(), TryRuntimeError> {
		let mut due: BTreeMap<_, ModelId> = BTreeMap::new();
		for (id, model) in Models::<T>::iter() {
			let key = ListKey::new(&model.name, model.version);
			for facet in Self::facets(&model) {
				ensure!(due.insert((facet, key.clone()), id).is_none(), "two models are under one name and version");
			}
		}
		let listed: BTreeMap<_, _> = Listing::<T>::iter().map(|(facet, key, id)| ((facet, key), id)).collect();
		ensure!(listed == due, "the listing differs from the models");
		Ok(())
	}
}
