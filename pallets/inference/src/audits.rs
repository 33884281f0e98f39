//! Auditors: validators outside of a committee that draw themselves, and models whose bytes are gone.

use crate::{math, pallet::*, types::*, AccountIdOf};
use alloc::vec::Vec;
use assay_primitives::{
	audit::{AuditInput, AuditProof},
	infr::AuthorityId,
	ModelId, RoundId,
};
use frame_support::{storage::with_storage_layer, traits::Get, WeakBoundedVec};

/// Sessions of which the validators are kept: a commit window ends well before the last of them has left.
const KEPT_SESSIONS: u32 = 4;

impl<T: Config> Pallet<T> {
	/// Keeps the validators of a session for the auditors of its rounds, and lets those of an old one go.
	pub(crate) fn keep_electors(
		session: u32,
		electors: WeakBoundedVec<(AccountIdOf<T>, AuthorityId), T::MaxValidators>,
	) {
		SessionElectors::<T>::insert(session, electors);
		if let Some(old) = session.checked_sub(KEPT_SESSIONS) {
			SessionElectors::<T>::remove(old);
		}
	}

	/// What an auditor's VRF in a round is over.
	pub(crate) fn audit_input(id: RoundId, round: &Round<T>) -> AuditInput {
		AuditInput { genesis: Self::genesis(), round: id, seed: round.seed }
	}

	/// Largest number that makes an auditor in a round; none if it has none.
	pub(crate) fn audit_bound(round: &Round<T>) -> Option<u128> {
		let outsiders = round.v.saturating_sub(round.members);
		math::audit_bound(T::Auditors::get(), outsiders).filter(|_| round.kind == RoundKind::Committee)
	}

	/// The ballot of a validator that says it has drawn itself. Whether it has is for [`Self::is_drawn`] to check.
	pub(crate) fn auditor_ballot(round: &Round<T>, validator: &AccountIdOf<T>) -> Option<Ballot> {
		Self::audit_bound(round)?;
		let electors = SessionElectors::<T>::get(round.session);
		let (_, key) = electors.iter().find(|(who, _)| who == validator)?;
		Some(Ballot { key: key.clone(), commit: None, vote: None, signal: None, auditor: true })
	}

	/// Whether an auditor's proof holds; true for a member, who needs none.
	pub(crate) fn is_drawn(id: RoundId, round: &Round<T>, ballot: &Ballot, proof: Option<&AuditProof>) -> bool {
		if !ballot.auditor {
			return true;
		}
		let number = proof.and_then(|proof| Self::audit_input(id, round).number(&ballot.key, proof));
		number.zip(Self::audit_bound(round)).is_some_and(|(number, bound)| number <= bound)
	}

	/// Notes who could not get a model's bytes. When that is more than a third of the validators, fewer than two thirds hold them, and
	/// the model is activated again.
	pub(crate) fn note_unavailable(id: ModelId, round: &Round<T>, ballots: &[(AccountIdOf<T>, Ballot)]) {
		let lacking = ballots.iter().filter(|(_, ballot)| ballot.signal == Some(SignalKind::ModelUnavailable));
		let lacking: Vec<_> = lacking.map(|(who, _)| who).collect();
		let Some(model) = Models::<T>::get(id).filter(|model| matches!(model.status, ModelStatus::Active { .. }))
		else {
			return;
		};
		if lacking.is_empty() {
			return;
		}
		let mut known = Unavailable::<T>::get(id);
		for who in lacking {
			if !known.contains(who) && known.try_push(who.clone()).is_err() {
				break;
			}
		}
		let engine = CurrentEngine::<T>::get().unwrap_or(model.engine);
		let gone = (known.len() as u32).saturating_mul(3) > round.v;
		// Where the chain has no place for another activation now, the next signal asks again.
		if gone && with_storage_layer(|| Self::reactivate(id, model, engine)).is_ok() {
			Unavailable::<T>::remove(id);
		} else {
			Unavailable::<T>::insert(id, known);
		}
	}
}
