//! Auditors: validators outside of a committee that draw themselves.

use crate::{math, pallet::*, types::*, AccountIdOf};
use assay_primitives::{
	audit::{AuditInput, AuditProof},
	infr::AuthorityId,
	Bonds, Power, RoundId,
};

impl<T: Config> Pallet<T> {
	/// The message of an auditor's VRF in a round.
	pub(crate) fn audit_input(id: RoundId, round: &Round<T>) -> AuditInput {
		AuditInput { genesis: Self::genesis(), round: id, seed: round.seed }
	}

	/// Largest number that makes an auditor in a round of a validator with this voting power; none if none is to be one.
	pub fn audit_bound(round: &Round<T>, power: Power) -> Option<u128> {
		math::audit_bound(round.audits, power, round.outside)
	}

	/// The ballot of a validator that says it has drawn itself, and the largest number that makes an auditor of it.
	/// [`Self::is_drawn`] checks that its number is at most that.
	pub(crate) fn auditor_ballot(round: &Round<T>, validator: &AccountIdOf<T>) -> Option<(Ballot, u128)> {
		let (key, power) = SessionKeys::<T>::get(round.session, validator)?;
		let bound = Self::audit_bound(round, power)?;
		let now = frame_system::Pallet::<T>::block_number();
		if !T::Bonds::is_good(validator) || Self::barred(now).contains(validator) {
			return None;
		}
		Some((Ballot::new(key, 1, true), bound))
	}

	/// True if an auditor's proof holds. A member needs none, so that it is true for every member.
	pub(crate) fn is_drawn(
		id: RoundId,
		round: &Round<T>,
		validator: &AccountIdOf<T>,
		ballot: &Ballot,
		proof: Option<&AuditProof>,
	) -> bool {
		if !ballot.auditor {
			return true;
		}
		let power = SessionKeys::<T>::get(round.session, validator).map_or(0, |(_, power)| power);
		proves(&Self::audit_input(id, round), &ballot.key, proof, Self::audit_bound(round, power))
	}
}

/// True if a proof is this key's, and its number makes an auditor.
pub(crate) fn proves(input: &AuditInput, key: &AuthorityId, proof: Option<&AuditProof>, bound: Option<u128>) -> bool {
	let number = proof.and_then(|proof| input.number(key, proof));
	number.zip(bound).is_some_and(|(number, bound)| number <= bound)
}
