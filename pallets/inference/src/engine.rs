//! The change from one engine to the next.

use crate::{pallet::*, types::*, AccountIdOf};
use assay_primitives::{infr::AuthorityId, EngineId, ModelId};
use frame_support::{
	pallet_prelude::*,
	traits::{fungible::MutateHold, ValidatorSet},
};
use frame_system::pallet_prelude::BlockNumberFor;

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

	/// The key of a validator that says for the first time that it holds the proposed engine.
	pub(crate) fn live_holder(attestation: &Attestation<AccountIdOf<T>, BlockNumberFor<T>>) -> Option<AuthorityId> {
		let engine = attestation.engine?;
		let proposal = NextEngine::<T>::get().filter(|proposal| proposal.engine == engine)?;
		let known = proposal.holders.contains(&attestation.validator);
		if known || attestation.session != T::ValidatorSet::session_index() {
			return None;
		}
		let electors = Electors::<T>::get();
		let elector = electors.iter().find(|(who, _)| *who == attestation.validator)?;
		Some(elector.1.clone())
	}

	/// Notes that a validator holds the proposed engine.
	pub(crate) fn add_holder(validator: &AccountIdOf<T>) {
		let Some(mut proposal) = NextEngine::<T>::get() else { return };
		// Holders are validators of one session, whose number is bounded.
		if proposal.holders.try_push(validator.clone()).is_ok() {
			let engine = proposal.engine;
			NextEngine::<T>::put(proposal);
			Self::deposit_event(Event::EngineHeld { engine, validator: validator.clone() });
		}
	}

	/// At a change of session: takes the proposed engine over if two thirds of the new set hold it.
	pub(crate) fn change_engine(electors: &[(AccountIdOf<T>, AuthorityId)]) {
		let Some(mut proposal) = NextEngine::<T>::get() else { return };
		proposal.holders.retain(|holder| electors.iter().any(|(who, _)| who == holder));
		if crate::math::two_thirds(proposal.holders.len() as u32, electors.len() as u32) {
			NextEngine::<T>::kill();
			CurrentEngine::<T>::put(proposal.engine);
			Self::deposit_event(Event::EngineSet { engine: proposal.engine });
		} else {
			NextEngine::<T>::put(proposal);
		}
	}

	pub(crate) fn do_reactivate_model(who: AccountIdOf<T>, id: ModelId) -> DispatchResult {
		let engine = CurrentEngine::<T>::get().ok_or(Error::<T>::NoEngine)?;
		let mut model = Models::<T>::get(id).ok_or(Error::<T>::ModelUnknown)?;
		ensure!(model.owner == who, Error::<T>::NotOwner);
		ensure!(matches!(model.status, ModelStatus::Active { .. }), Error::<T>::ModelNotActive);
		ensure!(model.engine != engine, Error::<T>::EngineNotNewer);
		let fee = Self::activation_fee(model.size)?;
		T::Currency::hold(&HoldReason::Activation.into(), &who, fee)?;
		model.activation_fee = fee;
		Self::reactivate(id, model, engine)
	}

	/// Has an active model's sample attested once more.
	pub(crate) fn reactivate(id: ModelId, mut model: Model<T>, engine: EngineId) -> DispatchResult {
		Self::take_place()?;
		Self::want_draw(PendingDraw { subject: Subject::Model(id), kind: RoundKind::Activation })?;
		Unavailable::<T>::remove(id);
		model.engine = engine;
		model.status = ModelStatus::Pending { silences: 0 };
		Models::<T>::insert(id, model);
		Self::deposit_event(Event::ReactivationStarted { model: id, engine });
		Ok(())
	}
}
