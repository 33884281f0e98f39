//! Seals: each carries its own signature and names the round's seed and terms instead of a block, so that anybody can hand it in on every
//! fork that has the round. Whoever seals, looks, and has another fork built without its seal finds that seal there too.

use crate::{audits, authorize, math, pallet::*, subjects::Terms, types::*};
use assay_primitives::{audit::AuditInput, h, infr::AuthorityId, seal::SealInput, Bonds, Fault, Hash32, RoundId};
use frame_support::pallet_prelude::*;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Saturating, UniqueSaturatedInto},
	transaction_validity::TransactionValidityWithRefund,
	RuntimeAppPublic,
};

/// Blocks in which the pool keeps a seal whose time is over.
const LATE_LONGEVITY: u32 = 64;

/// The place of a seal.
pub(crate) enum Place<T: Config> {
	/// In this ballot of an open round.
	Open(Round<T>, Ballot),
	/// In a round that has ended.
	Ended(EndedRound<T>),
}

/// The effect of a seal by its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Timing {
	/// It is a vote in its round.
	InTime,
	/// It has no part in its round, and is to be opened after it.
	Late,
	/// It is the second one of its validator: a fault.
	Second,
}

/// A seal that may be taken, provided that its signature and its proof hold.
pub(crate) struct Placed<T: Config> {
	place: Place<T>,
	timing: Timing,
	/// Last block in which it is a vote.
	deadline: BlockNumberFor<T>,
	key: AuthorityId,
	input: SealInput,
	/// Largest number that makes an auditor; set for a validator that has yet to prove that it is one.
	bound: Option<u128>,
}

/// The reason for which a seal is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unplaced {
	/// Its time is yet to come, or its round.
	Early,
	/// It is known, or there is no place for it.
	Stale,
}

impl<T: Config> Pallet<T> {
	/// Hash of what a round runs and of the votes that it judges.
	pub(crate) fn terms_hash(subject: &T::Subject, terms: &Terms, contested: Option<RoundId>) -> Hash32 {
		let contested = contested.map(|round| h("assay/contested", Contested::<T>::get(round)));
		h("assay/terms", (subject, terms.model, terms.engine, terms.input, terms.unit_limit, contested))
	}

	/// The place of a seal in block `now`.
	pub(crate) fn place(seal: &SealOf<T>, now: BlockNumberFor<T>) -> Result<Placed<T>, Unplaced> {
		let (id, validator) = (seal.round, &seal.validator);
		if id >= NextRound::<T>::get() {
			return Err(Unplaced::Early);
		}
		match Rounds::<T>::get(id) {
			Some(round) => Self::place_in_open(seal, round, now),
			None => {
				let ended = EndedRounds::<T>::get(id).ok_or(Unplaced::Stale)?;
				let known = ended.seals.iter().find(|known| known.validator == *validator);
				let timing = match known {
					Some(known) => timing(known.commit, known.twice, seal, false).ok_or(Unplaced::Stale)?,
					None => Timing::Late,
				};
				let (key, power) = SessionKeys::<T>::get(ended.session, validator).ok_or(Unplaced::Stale)?;
				let bound = match known {
					Some(_) => None,
					None => Some(math::audit_bound(ended.audits, power, ended.outside).ok_or(Unplaced::Stale)?),
				};
				let input = SealInput { genesis: Self::genesis(), round: id, seed: ended.seed, terms: ended.terms };
				Ok(Placed { place: Place::Ended(ended), timing, deadline: now, key, input, bound })
			}
		}
	}

	fn place_in_open(seal: &SealOf<T>, round: Round<T>, now: BlockNumberFor<T>) -> Result<Placed<T>, Unplaced> {
		let known = Ballots::<T>::get(seal.round, &seal.validator);
		let is_new = known.is_none();
		let (ballot, bound) = match known {
			Some(ballot) => (ballot, None),
			None => {
				let (ballot, bound) = Self::auditor_ballot(&round, &seal.validator).ok_or(Unplaced::Stale)?;
				(ballot, Some(bound))
			}
		};
		let (in_time, deadline) = match ballot.auditor {
			true if round.phase == Phase::Sealing || now <= round.commit_end => return Err(Unplaced::Early),
			// An auditor that has said that it lacks something has no vote.
			true => (is_new && now <= round.audit_end, round.audit_end),
			false => (now <= round.commit_end, round.commit_end),
		};
		let timing = timing(ballot.commit.or(ballot.late), ballot.twice, seal, in_time).ok_or(Unplaced::Stale)?;
		let (key, input) = (ballot.key.clone(), round.seal_input(Self::genesis(), seal.round));
		Ok(Placed { place: Place::Open(round, ballot), timing, deadline, key, input, bound })
	}

	/// Checks a seal: cheap look-ups first, then the signature, then an auditor's proof. The transaction source is not trusted.
	pub(crate) fn authorize_seal(_source: TransactionSource, seal: &SealOf<T>) -> TransactionValidityWithRefund {
		let now = frame_system::Pallet::<T>::block_number();
		let placed = match Self::place(seal, now) {
			Ok(placed) => placed,
			// This node may be a block behind: nothing is wrong with the seal.
			Err(Unplaced::Early) => return Err(UnknownTransaction::CannotLookup.into()),
			Err(Unplaced::Stale) => return Err(InvalidTransaction::Stale.into()),
		};
		let payload = placed.input.payload(&seal.validator, &seal.commitment);
		if !placed.key.verify(&payload, &seal.signature) {
			return Err(InvalidTransaction::BadProof.into());
		}
		if !placed.is_drawn(seal) {
			return Err(InvalidTransaction::BadProof.into());
		}
		let left: u64 = match placed.timing {
			Timing::InTime => placed.deadline.saturating_sub(now).unique_saturated_into(),
			Timing::Late | Timing::Second => LATE_LONGEVITY.into(),
		};
		ValidTransaction::with_tag_prefix("assay/seal")
			.priority(authorize::TOP_PRIORITY.saturating_sub(left))
			.and_provides((seal.round, &seal.validator, seal.commitment))
			.longevity(left.max(1))
			.propagate(true)
			.build()
			.map(|validity| (validity, Weight::zero()))
	}

	/// Takes a seal whose signature and proof were checked when it was authorized; skips it if it is not live any more.
	pub(crate) fn do_seal(seal: SealOf<T>) {
		let now = frame_system::Pallet::<T>::block_number();
		let Ok(Placed { place, timing, key, .. }) = Self::place(&seal, now) else { return };
		let Seal { round: id, validator, commitment, .. } = seal;
		match (place, timing) {
			(Place::Open(round, ballot), Timing::InTime) => {
				Self::apply_commit(id, commitment, &validator, round, ballot, now);
				return;
			}
			(Place::Open(mut round, mut ballot), Timing::Late) => {
				if ballot.auditor && ballot.signal.is_none() {
					round.late_auditors = round.late_auditors.saturating_add(1);
					Duties::<T>::insert(&key, id, &validator);
					Rounds::<T>::insert(id, round);
				}
				ballot.late = Some(commitment);
				Ballots::<T>::insert(id, &validator, ballot);
			}
			(Place::Open(_, mut ballot), Timing::Second) => {
				ballot.twice = true;
				Ballots::<T>::insert(id, &validator, ballot);
			}
			(Place::Ended(mut ended), _) => {
				let twice = timing == Timing::Second;
				match ended.seals.iter_mut().find(|known| known.validator == validator) {
					Some(known) if twice => known.twice = true,
					Some(known) => (known.commit, known.late) = (Some(commitment), true),
					None => {
						let seal = EndedSeal {
							validator: validator.clone(),
							auditor: true,
							commit: Some(commitment),
							late: true,
							opening: Opening::Shut,
							twice: false,
							signalled: false,
						};
						// As many places as a session has validators.
						let _ = ended.seals.try_push(seal);
					}
				}
				let together = ended.together;
				EndedRounds::<T>::insert(id, ended);
				if !twice {
					Duties::<T>::insert(&key, id, &validator);
					if together {
						Self::hold_back([&validator]);
					}
				}
			}
		}
		if timing == Timing::Second {
			Self::deposit_event(Event::SealedTwice { round: id, validator: validator.clone() });
			T::Bonds::penalize(&validator, Fault::TwoSeals);
		} else {
			Self::deposit_event(Event::SealedLate { round: id, validator });
		}
	}
}

impl<T: Config> Placed<T> {
	/// True if an auditor's proof holds, or if the validator has a place in the round and needs none.
	pub(crate) fn is_drawn(&self, seal: &SealOf<T>) -> bool {
		let SealInput { genesis, round, seed, .. } = self.input;
		let input = AuditInput { genesis, round, seed };
		self.bound.is_none() || audits::proves(&input, &self.key, seal.proof.as_ref(), self.bound)
	}
}

/// The effect of a seal. `known` is the commitment that is known of its validator, and `told` says that two different
/// ones were seen before. `None` if there is nothing new in it.
fn timing<A>(known: Option<Hash32>, told: bool, seal: &Seal<A>, in_time: bool) -> Option<Timing> {
	if told {
		return None;
	}
	match known {
		Some(known) => (known != seal.commitment).then_some(Timing::Second),
		None if in_time => Some(Timing::InTime),
		None => Some(Timing::Late),
	}
}
