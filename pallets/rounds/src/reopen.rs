//! Disputes of what is final: all decide once more, as long as it is known who has agreed on it.

use crate::{pallet::*, subjects::Terms, types::*, AccountIdOf, BalanceOf};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use assay_primitives::{
	constants::{MAX_UNIT_LIMIT, SHORT_UNITS},
	hash, Bonds, Decision, Fault,
};
use codec::{Decode, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{pallet_prelude::*, traits::fungible::MutateHold};
use scale_info::TypeInfo;
use sp_runtime::traits::Saturating;

/// Subjects that are open again at a time. They have places of their own: who fills those of [`Config::MaxOpen`] keeps no dispute out.
pub const MAX_REOPENED: u32 = 8;

/// Units that each validator may have to run for those of them above [`SHORT_UNITS`]: two of the largest.
const REOPENED_UNITS: u64 = MAX_UNIT_LIMIT.saturating_mul(2);

/// A subject that has ended and is open again.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ReopenedSubject<Subject, Balance> {
	/// The subject.
	pub subject: Subject,
	/// Units of a run at most.
	pub unit_limit: u64,
	/// Plancks of the penalties that it brought to those who had agreed on what was final.
	pub penalties: Balance,
}

/// Subjects that may be open: those that were asked for, and those that are open again.
pub struct MostOpen<T>(PhantomData<T>);

impl<T: Config> Get<u32> for MostOpen<T> {
	fn get() -> u32 {
		T::MaxOpen::get().saturating_add(MAX_REOPENED)
	}
}

impl<T: Config> Pallet<T> {
	/// Opens a subject again that has ended with this decision of a committee: a validator disputes it, with plancks on hold as for any
	/// dispute. All decide at once, and judge the votes that the decision rests on. Whoever calls this looks whether the decision is the
	/// subject's, and whether all have decided on it before.
	pub fn reopen(who: AccountIdOf<T>, subject: T::Subject, decision: &Decision, terms: &Terms) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		let electors = Electors::<T>::get();
		ensure!(electors.iter().any(|(validator, ..)| *validator == who), Error::<T>::NotValidator);
		ensure!(!Self::has_lost_a_dispute(&who, now), Error::<T>::LostDispute);
		ensure!(!Standings::<T>::contains_key(subject), Error::<T>::AlreadyOpen);
		let round = decision.round;
		// A round may be kept for longer than its time, for an earlier one.
		let in_time = |ended: &EndedRound<T>| now < ended.ended_at.saturating_add(T::LateWindow::get().into());
		let ended = EndedRounds::<T>::get(round).filter(in_time).ok_or(Error::<T>::TooLate)?;
		let vote = ended.agreed.filter(|_| ended.subject == subject).ok_or(Error::<T>::TooLate)?;

		Self::take_place(subject, terms.unit_limit)?;
		let hold = Self::dispute_hold(&who, terms, electors.len() as u32).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Dispute.into(), &who, hold)?;
		// A seal that was shut when the round agreed is not done, and one that came after its time is shut as long as it is not opened.
		let votes = ended.seals.iter().filter(|seal| seal.commit.is_some() && seal.opening == Opening::Done);
		let votes: Vec<_> = votes
			.map(|seal| ContestedVote {
				voter: seal.validator.clone(),
				vote,
				part: if seal.auditor { Part::Auditor } else { Part::Member },
			})
			.collect();
		Self::keep_contested(round, votes);
		let stage = Stage::Escalated(None);
		Standings::<T>::insert(subject, Standing { redraws: 0, excluded: BoundedVec::new(), stage });
		Disputes::<T>::insert(subject, Dispute { validator: who.clone(), hold, verdict: vote.verdict });
		Self::deposit_event(Event::Disputed { subject, validator: who, hold });
		let key = hash::trace_key(&Self::genesis(), &subject, round, &ended.seed);
		Self::escalate(subject, round, key);
		Ok(())
	}

	/// Takes one of the places for subjects that are open again. Large ones do not keep the small ones out.
	fn take_place(subject: T::Subject, unit_limit: u64) -> DispatchResult {
		Reopened::<T>::try_mutate(|open| {
			if unit_limit > SHORT_UNITS {
				let long = open.iter().map(|entry| entry.unit_limit).filter(|units| *units > SHORT_UNITS);
				let units = long.fold(unit_limit, u64::saturating_add);
				ensure!(units <= REOPENED_UNITS, Error::<T>::TooManyReopened);
			}
			let entry = ReopenedSubject { subject, unit_limit, penalties: 0 };
			open.try_push(entry).map_err(|_| Error::<T>::TooManyReopened.into())
		})
	}

	/// A subject that has ended and is open again.
	pub fn reopened(subject: &T::Subject) -> Option<ReopenedSubject<T::Subject, BalanceOf<T>>> {
		Reopened::<T>::get().into_iter().find(|entry| entry.subject == *subject)
	}

	/// Removes a subject from [`Reopened`], if it was open again, after all have decided on it.
	pub(crate) fn close_reopened(subject: &T::Subject) {
		if Self::reopened(subject).is_some() {
			Reopened::<T>::mutate(|open| open.retain(|entry| entry.subject != *subject));
		}
	}

	/// Notes what those lose who had agreed on what was final, before it is told. A validator that is put out already
	/// may have lost all before.
	pub(crate) fn note_caught(
		subject: &T::Subject,
		wrong: &BTreeMap<AccountIdOf<T>, Fault>,
		caught: &BTreeSet<AccountIdOf<T>>,
	) {
		if caught.is_empty() || Self::reopened(subject).is_none() {
			return;
		}
		let cost = |who: &AccountIdOf<T>| {
			let per_mille = wrong.get(who).map_or(0, |fault| fault.per_mille());
			T::Bonds::bond(who).saturating_mul(per_mille.into()).checked_div(1_000).unwrap_or(0)
		};
		let caught = caught.iter().filter(|who| T::Bonds::is_good(who));
		let penalties: BalanceOf<T> = caught.map(cost).fold(0, BalanceOf::<T>::saturating_add);
		Reopened::<T>::mutate(|open| {
			if let Some(entry) = open.iter_mut().find(|entry| entry.subject == *subject) {
				entry.penalties = entry.penalties.saturating_add(penalties);
			}
		});
	}
}
