//! Checks of attestations: only the owner of the key that was recorded when the rounds were drawn may submit one.

use crate::{pallet::*, subjects::EngineVotes, types::*};
use assay_primitives::{
	infr::{AuthorityId, AuthoritySignature},
	Hash32,
};
use codec::Encode;
use frame_support::{pallet_prelude::*, traits::ValidatorSet};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Saturating, UniqueSaturatedInto},
	transaction_validity::{TransactionLongevity, TransactionValidityWithRefund},
	RuntimeAppPublic,
};

/// Blocks after which an attestation that was not included is made anew.
const MAX_AGE: u32 = 8;
/// Priority of an attestation whose deadline is now: above what tips reach, with room below for later deadlines.
pub(crate) const TOP_PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// Items of one attestation, so that checking it stays cheap.
pub(crate) const MAX_ITEMS: u32 = 64;

/// The bytes that an attestation's signature is over. The hash of its block makes it one for this fork: the same round
/// may have another seed on another, and a vote that lands there could neither be opened nor be right.
pub fn payload<T: Config>(genesis: &Hash32, attestation: &AttestationOf<T>) -> alloc::vec::Vec<u8> {
	("assay/attest", genesis, fork::<T>(attestation), attestation).encode()
}

/// Hash of the block that an attestation was made at. Known for the last blocks before the current one.
fn fork<T: Config>(attestation: &AttestationOf<T>) -> Hash32 {
	Pallet::<T>::hash_bytes(frame_system::Pallet::<T>::block_hash(attestation.block))
}

impl<T: Config> Pallet<T> {
	/// Checks an attestation: cheap look-ups first, one signature last. The transaction source is not trusted.
	pub(crate) fn authorize_attest(
		_source: TransactionSource,
		attestation: &AttestationOf<T>,
		signature: &AuthoritySignature,
	) -> TransactionValidityWithRefund {
		let now = frame_system::Pallet::<T>::block_number();
		if attestation.block >= now {
			return Err(InvalidTransaction::Future.into());
		}
		if now > attestation.block.saturating_add(MAX_AGE.into()) {
			return Err(InvalidTransaction::Stale.into());
		}
		if attestation.items() > MAX_ITEMS || has_duplicates(attestation) {
			return Err(InvalidTransaction::Call.into());
		}
		let (deadline, key) = Self::nearest_duty(attestation, now).ok_or(InvalidTransaction::Stale)?;
		let payload = payload::<T>(&Self::genesis(), attestation);
		if !key.verify(&payload, signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		// Outputs and proofs of auditors are dear to check: only for whoever can sign as a validator, outputs only until one item is live.
		if !Self::has_live_item(attestation, now) {
			return Err(InvalidTransaction::Stale.into());
		}
		if !Self::proofs_hold(attestation, now) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let left: u64 = deadline.saturating_sub(now).unique_saturated_into();
		let longevity: TransactionLongevity = left.clamp(1, MAX_AGE.into());
		ValidTransaction::with_tag_prefix("assay/attest")
			.priority(TOP_PRIORITY.saturating_sub(left))
			.and_provides((&attestation.validator, attestation.session, attestation.block, fork::<T>(attestation)))
			.longevity(longevity)
			.propagate(true)
			.build()
			.map(|validity| (validity, Weight::zero()))
	}

	/// The key of a validator that says for the first time that it holds the proposed engine.
	pub(crate) fn live_holder(attestation: &AttestationOf<T>) -> Option<AuthorityId> {
		let engine = attestation.engine?;
		let who = &attestation.validator;
		let proposed = T::Engines::proposed() == Some(engine) && !T::Engines::is_held_by(who);
		if !proposed || attestation.session != T::ValidatorSet::session_index() {
			return None;
		}
		let electors = Electors::<T>::get();
		electors.iter().find(|(elector, ..)| elector == who).map(|(_, key, _)| key.clone())
	}

	/// True if all auditors among the items have drawn themselves. The dispatch relies on that.
	fn proofs_hold(attestation: &AttestationOf<T>, now: BlockNumberFor<T>) -> bool {
		let (who, session) = (&attestation.validator, attestation.session);
		let objections = attestation.objections.iter().all(|item| {
			Self::live_objection(item, who, session)
				.is_none_or(|(agreement, key)| Self::objector_is_drawn(item, who, &agreement, &key))
		});
		let lacks = |item: &Signal| {
			Self::live_lack(item, who, session)
				.is_none_or(|(_, agreement, key)| Self::audits(&agreement, who, &key, item.proof.as_ref()))
		};
		objections
			&& attestation.signals.iter().filter(|item| item.proof.is_some()).all(|item| {
				Self::live_signal(item, who, session, now)
					.is_none_or(|(round, ballot)| Self::is_drawn(item.round, &round, who, &ballot, item.proof.as_ref()))
					&& lacks(item)
			})
	}

	/// True if at least one of the items is live.
	fn has_live_item(attestation: &AttestationOf<T>, now: BlockNumberFor<T>) -> bool {
		let (who, session) = (&attestation.validator, attestation.session);
		let reveals = || {
			attestation.reveals.iter().any(|item| {
				Self::live_reveal(item, who, session, now).is_some() || Self::live_late(item, who, session).is_some()
			})
		};
		let signals = attestation.signals.iter().any(|item| {
			Self::live_signal(item, who, session, now).is_some() || Self::live_lack(item, who, session).is_some()
		});
		let objections = attestation.objections.iter().any(|item| Self::live_objection(item, who, session).is_some());
		let disputes = attestation.disputes.iter().any(|subject| Self::live_dispute(subject, who, session).is_some());
		signals || objections || disputes || Self::live_holder(attestation).is_some() || reveals()
	}

	/// The nearest deadline among the items whose time it is, and the key that all of them are signed with. `None` without any, or if
	/// they belong to different keys.
	fn nearest_duty(
		attestation: &AttestationOf<T>,
		now: BlockNumberFor<T>,
	) -> Option<(BlockNumberFor<T>, AuthorityId)> {
		let who = &attestation.validator;
		let session = attestation.session;
		let reveals = attestation
			.reveals
			.iter()
			.filter_map(|item| Self::open_ballot(item.round, who, session, now))
			.map(|(round, ballot)| (round.reveal_end, ballot.key));
		let signals = attestation
			.signals
			.iter()
			.filter_map(|item| Self::live_signal(item, who, session, now))
			.map(|(round, ballot)| (if ballot.auditor { round.audit_end } else { round.commit_end }, ballot.key));
		let some_time = now.saturating_add(MAX_AGE.into());
		let engine = Self::live_holder(attestation).map(|key| (some_time, key));
		let late = attestation
			.reveals
			.iter()
			.filter_map(|item| Self::late_key(item.round, who, session))
			.map(|key| (some_time, key));
		let objections = attestation
			.objections
			.iter()
			.filter_map(|item| Self::live_objection(item, who, session))
			.map(|(agreement, key)| (agreement.final_at, key));
		let lacks = attestation
			.signals
			.iter()
			.filter_map(|item| Self::live_lack(item, who, session))
			.map(|(_, agreement, key)| (agreement.final_at, key));
		let disputes = attestation
			.disputes
			.iter()
			.filter_map(|subject| Self::live_dispute(subject, who, session))
			.map(|(agreement, key)| (agreement.final_at, key));
		let mut nearest: Option<(BlockNumberFor<T>, AuthorityId)> = None;
		for (deadline, key) in
			reveals.chain(signals).chain(engine).chain(late).chain(objections).chain(lacks).chain(disputes)
		{
			nearest = match nearest {
				None => Some((deadline, key)),
				Some((first, known)) if known == key => Some((first.min(deadline), known)),
				Some(_) => return None,
			};
		}
		nearest
	}
}

/// True if two items of one kind name the same round.
fn has_duplicates<A, N, S>(attestation: &Attestation<A, N, S>) -> bool {
	let mut seen = alloc::collections::BTreeSet::new();
	let reveals = attestation.reveals.iter().map(|item| (1u8, item.round));
	let signals = attestation.signals.iter().map(|item| (0u8, item.round));
	!reveals.chain(signals).all(|item| seen.insert(item))
}
