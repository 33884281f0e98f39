//! Open subjects: how they begin, what their agreements wait for, disputes, and how they end.

use crate::{agenda, money, pallet::*, subjects::*, types::*, AccountIdOf, BalanceOf};
use assay_primitives::{Bonds, Hash32, RoundId, Verdict};
use frame_support::{
	pallet_prelude::*,
	traits::{fungible::MutateHold, tokens::Precision},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, Perbill};

/// Part of its bond that a validator puts on hold for a dispute: a fiftieth.
const DISPUTE_PART: Perbill = Perbill::from_percent(2);

impl<T: Config> Pallet<T> {
	/// Opens a subject: its committee is drawn at the end of the next block. Refused where this block or the chain has no more room.
	pub fn open(subject: T::Subject) -> DispatchResult {
		let taken = TakenInBlock::<T>::get();
		ensure!(taken < T::MaxPerBlock::get(), Error::<T>::BlockFull);
		ensure!(Standings::<T>::count() < T::MaxOpen::get(), Error::<T>::TooManyOpen);
		ensure!(!Standings::<T>::contains_key(subject), Error::<T>::AlreadyOpen);
		TakenInBlock::<T>::put(taken.saturating_add(1));
		Standings::<T>::insert(subject, Standing { redraws: 0, stage: Stage::Waiting });
		Self::want_draw(PendingDraw { subject, kind: RoundKind::Committee })
	}

	/// Validators of the current session.
	pub fn validators() -> u32 {
		Electors::<T>::decode_len().unwrap_or(0) as u32
	}

	/// Asks for a draw at the end of the next block.
	fn want_draw(draw: PendingDraw<T::Subject>) -> DispatchResult {
		NewDraws::<T>::try_append(draw).map_err(|()| Error::<T>::TooManyOpen.into())
	}

	/// Notes what an open subject waits for.
	pub(crate) fn set_stage(subject: &T::Subject, stage: Stage) {
		Standings::<T>::mutate(subject, |standing| {
			if let Some(standing) = standing {
				standing.stage = stage;
			}
		});
	}

	/// A committee was silent. Draws another one, as often as the terms say.
	pub(crate) fn redraw_or_give_up(
		id: RoundId,
		subject: T::Subject,
		terms: &Terms,
		members: u32,
		without_input: u32,
	) -> Weight {
		let Some(mut standing) = Standings::<T>::get(subject) else { return Weight::zero() };
		if standing.redraws >= terms.redraws {
			return Self::conclude_subject(subject, Conclusion::Silent { members, without_input });
		}
		standing.redraws = standing.redraws.saturating_add(1);
		standing.stage = Stage::Waiting;
		Standings::<T>::insert(subject, standing);
		// An open subject has one draw or one round, and `NewDraws` has a place for each.
		if Self::want_draw(PendingDraw { subject, kind: RoundKind::Committee }).is_ok() {
			Self::deposit_event(Event::RoundRedrawn { subject, round: id });
		}
		Weight::zero()
	}

	/// Asks for a round of everybody about what a round left open. `key` is that of the round's trace digests.
	pub(crate) fn escalate(subject: T::Subject, contested: RoundId, key: Hash32) {
		Self::set_stage(&subject, Stage::Escalated(None));
		let kind = RoundKind::Escalation { contested, contested_key: key };
		// As above.
		if Self::want_draw(PendingDraw { subject, kind }).is_ok() {
			Self::deposit_event(Event::Escalated { subject, contested });
		}
	}

	/// A round has decided: the subject is concluded at once, or when the window of its agreement is over.
	pub(crate) fn agree(
		subject: T::Subject,
		terms: &Terms,
		mut agreement: Agreement<T>,
		growth: u32,
		product: Option<Product>,
		now: BlockNumberFor<T>,
	) -> Weight {
		let Decision { verdict, votes, escalated, .. } = agreement.decision;
		if terms.window == 0 {
			return Self::conclude_subject(subject, Self::agreed(agreement, product));
		}
		let window = if escalated { 1 } else { terms.window.saturating_add(growth) };
		let at = now.saturating_add(window.into());
		let final_at = agenda::schedule::<Agenda<T>, _, _, _>(at, Deadline::Window(subject));
		agreement.final_at = final_at;
		Agreements::<T>::insert(subject, agreement);
		if let Some(product) = product {
			Outputs::<T>::insert(subject, product);
		}
		Self::set_stage(&subject, Stage::Agreed);
		Self::deposit_event(Event::Agreed { subject, verdict, votes, final_at });
		Weight::zero()
	}

	/// The window of an agreement is over.
	pub(crate) fn end_window(subject: T::Subject, now: BlockNumberFor<T>) -> Weight {
		let Some(agreement) = Agreements::<T>::get(subject).filter(|agreement| now >= agreement.final_at) else {
			return Weight::zero();
		};
		Agreements::<T>::remove(subject);
		let product = Outputs::<T>::take(subject);
		Self::conclude_subject(subject, Self::agreed(agreement, product))
	}

	fn agreed(agreement: Agreement<T>, product: Option<Product>) -> Conclusion<AccountIdOf<T>> {
		let Agreement { decision, vote, voters, auditors, .. } = agreement;
		Conclusion::Agreed { decision, vote, voters: voters.into_inner(), auditors: auditors.into_inner(), product }
	}

	/// Closes a subject. Returns what that weighs beside the end of its last round.
	pub(crate) fn conclude_subject(subject: T::Subject, conclusion: Conclusion<AccountIdOf<T>>) -> Weight {
		Standings::<T>::remove(subject);
		T::Subjects::concluded(subject, conclusion)
	}

	pub(crate) fn do_dispute(who: AccountIdOf<T>, subject: T::Subject) -> DispatchResult {
		let agreement = Agreements::<T>::get(subject).ok_or(Error::<T>::NotAgreed)?;
		let Agreement { decision, final_at, key, vote, voters, auditors } = agreement;
		ensure!(!decision.escalated, Error::<T>::DecidedByAll);
		let electors = Electors::<T>::get();
		ensure!(electors.iter().any(|(validator, _)| *validator == who), Error::<T>::NotValidator);
		let terms = T::Subjects::terms(&subject).ok_or(Error::<T>::NotAgreed)?;
		let hold = Self::dispute_hold(&who, &terms, electors.len() as u32).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Dispute.into(), &who, hold)?;

		agenda::unschedule::<Agenda<T>, _, _, _>(final_at, &Deadline::Window(subject));
		Agreements::<T>::remove(subject);
		Outputs::<T>::remove(subject);
		let votes = voters.into_iter().chain(auditors).map(|voter| (voter, vote)).collect();
		// As many as there are voters.
		Contested::<T>::insert(decision.round, BoundedVec::truncate_from(votes));
		Disputes::<T>::insert(subject, Dispute { validator: who.clone(), hold, verdict: decision.verdict });
		Self::deposit_event(Event::Disputed { subject, validator: who, hold });
		Self::escalate(subject, decision.round, key);
		Ok(())
	}

	/// The larger of a part of the bond and what a run by each of `v` validators costs at most. `None` if that does not fit.
	fn dispute_hold(who: &AccountIdOf<T>, terms: &Terms, v: u32) -> Option<BalanceOf<T>> {
		let runs = terms.run_price.checked_mul(v.into())?;
		Some(runs.max(DISPUTE_PART.mul_ceil(T::Bonds::bond(who))))
	}

	/// Returns the hold of a dispute if everybody decided on another verdict than the disputed one; takes it otherwise.
	pub(crate) fn settle_dispute(subject: T::Subject, decided: Option<&Verdict>) {
		let Some(Dispute { validator, hold, verdict }) = Disputes::<T>::take(subject) else { return };
		let upheld = decided.is_some_and(|decided| *decided != verdict);
		let treasury = T::Treasury::get();
		let lost = if upheld { 0 } else { money::pay::<T>(HoldReason::Dispute, &validator, &treasury, hold) };
		let rest = hold.saturating_sub(lost);
		let _ = T::Currency::release(&HoldReason::Dispute.into(), &validator, rest, Precision::BestEffort);
		Self::deposit_event(Event::DisputeSettled { subject, validator, upheld, hold });
	}
}
