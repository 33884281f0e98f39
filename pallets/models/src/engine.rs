//! The change from one engine to the next, and the trial of every model under it.
//!
//! A model stays active under the engine that it was activated under. When another engine is taken over, every active model is **tried**
//! under it, a few at a time, without a fee: its sample is run as at its registration, and once two thirds agree on an output the model is
//! active under the new engine. A model that fails goes on under the engine before. Nodes hold the engine in use, the two before it and
//! the one that is proposed, and no more: an engine is taken over when no model is left to be tried and nothing is open under the engine
//! that would be the third before it. Requests and trials that are open under the others go on.

use crate::{pallet::*, types::*, AccountIdOf, WeightInfo as _};
use alloc::vec::Vec;
use assay_primitives::{EngineId, ModelId, Power, Subject};
use frame_support::{pallet_prelude::*, storage::with_storage_layer, weights::WeightMeter};
use pallet_rounds::{math, EngineVotes, NextRound, Pallet as Rounds};

/// Models that are tried at the same time.
pub const MAX_TRIALS: u32 = 8;
/// Models that are looked at in one block for one to try.
pub const LOOKED_FOR_TRIAL: u32 = 16;
/// Most bytes of an engine's package.
pub const MAX_PACKAGE_BYTES: u64 = 64 << 20;

impl<T: Config> Pallet<T> {
	pub(crate) fn propose_engine(engine: EngineId, package: Option<BlobRef>) {
		if let Some(old) = NextEngine::<T>::take() {
			Self::forget_package(&old.engine);
			Self::deposit_event(Event::EngineWithdrawn { engine: old.engine });
		}
		if CurrentEngine::<T>::get() == Some(engine) {
			return;
		}
		if let Some(package) = package {
			Self::reference_blob(package);
			Packages::<T>::mutate(engine, |known| {
				if let Some(known) = known.replace(package) {
					Self::release_blob(known);
				}
			});
		}
		NextEngine::<T>::put(EngineProposal { engine, holders: BoundedVec::new() });
		Self::deposit_event(Event::EngineProposed { engine, package });
	}

	/// Lets the package of an engine go that no node has to hold any more.
	fn forget_package(engine: &EngineId) {
		if !Self::is_held(engine) {
			Packages::<T>::take(engine).into_iter().for_each(Self::release_blob);
		}
	}

	/// True if nodes hold an engine: it is in use, or one of the two before.
	pub fn is_held(engine: &EngineId) -> bool {
		CurrentEngine::<T>::get().as_ref() == Some(engine) || OldEngines::<T>::get().contains(engine)
	}

	/// True if requests run under an engine: it is in use, or the one before.
	pub fn is_served(engine: &EngineId) -> bool {
		CurrentEngine::<T>::get().as_ref() == Some(engine) || OldEngines::<T>::get().first() == Some(engine)
	}

	/// Engines that nodes hold: the one in use, those before from the newest on, and the proposed one. Never called in a block.
	pub fn engines() -> Vec<EngineInfo> {
		let held = CurrentEngine::<T>::get().into_iter().chain(OldEngines::<T>::get());
		let all = held.chain(NextEngine::<T>::get().map(|proposal| proposal.engine));
		all.map(|engine| EngineInfo { engine, package: Packages::<T>::get(engine) }).collect()
	}

	/// Something is open under an engine.
	pub fn use_engine(engine: &EngineId) {
		OpenUnder::<T>::mutate(engine, |open| *open = open.saturating_add(1));
	}

	/// It is over.
	pub fn free_engine(engine: &EngineId) {
		OpenUnder::<T>::mutate_exists(engine, |open| *open = open.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0));
	}

	/// True if another engine may be taken over: each model is tried under the one in use, or was, and nothing is open
	/// under the engine that nodes would drop.
	fn is_settled(next: &EngineId) -> bool {
		let old = OldEngines::<T>::get();
		let stays = old.len() < MAX_OLD_ENGINES as usize || old.contains(next);
		let idle = old.last().is_none_or(|engine| !OpenUnder::<T>::contains_key(engine));
		(stays || idle) && !ToTry::<T>::exists()
	}

	fn take_over(engine: EngineId) {
		let mut old = OldEngines::<T>::get();
		old.retain(|known| *known != engine);
		if old.is_full() {
			old.pop();
		}
		let dropped: Vec<_> = OldEngines::<T>::get().into_iter().filter(|known| !old.contains(known)).collect();
		if let Some(last) = CurrentEngine::<T>::get() {
			// There is room: the oldest was taken out.
			let _ = old.try_insert(0, last);
		}
		NextEngine::<T>::kill();
		CurrentEngine::<T>::put(engine);
		OldEngines::<T>::put(old);
		dropped.iter().for_each(Self::forget_package);
		ToTry::<T>::put(None::<ModelId>);
		Self::deposit_event(Event::EngineSet { engine });
	}

	/// Has the next models tried under the engine in use, as long as the block has room.
	pub(crate) fn try_models(meter: &mut WeightMeter) {
		let weight = <T as Config>::WeightInfo::try_models(LOOKED_FOR_TRIAL);
		if meter.try_consume(T::DbWeight::get().reads(1)).is_err() {
			return;
		}
		let Some(last) = ToTry::<T>::get() else { return };
		if meter.try_consume(weight).is_err() || Trials::<T>::count() >= MAX_TRIALS {
			return;
		}
		let Some(engine) = CurrentEngine::<T>::get() else { return };
		let models = match last {
			Some(id) => Models::<T>::iter_from(Models::<T>::hashed_key_for(id)),
			None => Models::<T>::iter(),
		};
		let mut looked = 0u32;
		let mut reached = last;
		for (id, model) in models.take(LOOKED_FOR_TRIAL as usize) {
			looked = looked.saturating_add(1);
			let active = matches!(model.status, ModelStatus::Active { .. });
			if active && model.engine != engine && model.tried != engine && !Trials::<T>::contains_key(id) {
				// If the chain has no place for another round now, the next block looks again.
				let begun = with_storage_layer(|| Self::begin_trial(id, model, engine));
				if begun.is_ok() {
					reached = Some(id);
				}
				ToTry::<T>::put(reached);
				return;
			}
			reached = Some(id);
		}
		if looked < LOOKED_FOR_TRIAL {
			ToTry::<T>::kill();
			Self::deposit_event(Event::CatalogueTried { engine });
		} else {
			ToTry::<T>::put(reached);
		}
	}

	/// Looks at all models once more: one has become active that was activated or tried under an engine that is not in use any more.
	pub(crate) fn try_again(engine: &EngineId) {
		if CurrentEngine::<T>::get().as_ref() != Some(engine) {
			ToTry::<T>::put(None::<ModelId>);
		}
	}

	/// Has an active model's sample run under another engine. The model stays as it is meanwhile.
	pub(crate) fn begin_trial(id: ModelId, mut model: Model<T>, engine: EngineId) -> DispatchResult {
		Rounds::<T>::open(Subject::Model(id))?;
		Self::use_engine(&engine);
		let from = NextRound::<T>::get();
		// Decisions from here on are about the other engine.
		model.rounds.1 = model.rounds.1.min(from);
		model.tried = engine;
		Trials::<T>::insert(id, Trial { engine, from });
		Self::enter_model(id, &mut model)?;
		Self::deposit_event(Event::TrialBegan { model: id, engine });
		Ok(())
	}
}

impl<T: Config> EngineVotes<AccountIdOf<T>> for Pallet<T> {
	fn proposed() -> Option<EngineId> {
		NextEngine::<T>::get().map(|proposal| proposal.engine)
	}

	fn is_held_by(validator: &AccountIdOf<T>) -> bool {
		NextEngine::<T>::get().is_some_and(|proposal| proposal.holders.contains(validator))
	}

	fn held(validator: &AccountIdOf<T>) {
		let Some(mut proposal) = NextEngine::<T>::get() else { return };
		// Holders are validators of one session, whose number is bounded.
		if proposal.holders.try_push(validator.clone()).is_ok() {
			let engine = proposal.engine;
			NextEngine::<T>::put(proposal);
			Self::deposit_event(Event::EngineHeld { engine, validator: validator.clone() });
		}
	}

	/// Takes the proposed engine over if two thirds of the new set's voting power hold it, and the change before is settled.
	fn new_session(validators: &[(AccountIdOf<T>, Power)]) {
		let Some(mut proposal) = NextEngine::<T>::get() else { return };
		proposal.holders.retain(|holder| validators.iter().any(|(who, _)| who == holder));
		let total = math::sum(validators.iter().map(|(_, power)| *power));
		let holders = validators.iter().filter(|(who, _)| proposal.holders.contains(who));
		let held = math::sum(holders.map(|(_, power)| *power));
		if math::two_thirds(held, total) && Self::is_settled(&proposal.engine) {
			Self::take_over(proposal.engine);
		} else {
			NextEngine::<T>::put(proposal);
		}
	}
}
