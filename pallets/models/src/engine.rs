//! The change from one engine to the next.

use crate::{pallet::*, types::*, AccountIdOf};
use assay_primitives::{EngineId, Power};
use frame_support::pallet_prelude::*;
use pallet_rounds::{math, EngineVotes};

impl<T: Config> Pallet<T> {
	pub(crate) fn propose_engine(engine: EngineId) {
		if let Some(old) = NextEngine::<T>::take() {
			Self::deposit_event(Event::EngineWithdrawn { engine: old.engine });
		}
		if CurrentEngine::<T>::get() != Some(engine) {
			NextEngine::<T>::put(EngineProposal { engine, holders: BoundedVec::new() });
			Self::deposit_event(Event::EngineProposed { engine });
		}
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

	/// Takes the proposed engine over if two thirds of the new set's voting power hold it.
	fn new_session(validators: &[(AccountIdOf<T>, Power)]) {
		let Some(mut proposal) = NextEngine::<T>::get() else { return };
		proposal.holders.retain(|holder| validators.iter().any(|(who, _)| who == holder));
		let total = math::sum(validators.iter().map(|(_, power)| *power));
		let holders = validators.iter().filter(|(who, _)| proposal.holders.contains(who));
		let held = math::sum(holders.map(|(_, power)| *power));
		if math::two_thirds(held, total) {
			NextEngine::<T>::kill();
			CurrentEngine::<T>::put(proposal.engine);
			Self::deposit_event(Event::EngineSet { engine: proposal.engine });
		} else {
			NextEngine::<T>::put(proposal);
		}
	}
}
