//! Challenges of attested results.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf};
use assay_primitives::{Bonds, RequestId, Verdict};
use frame_support::{
	pallet_prelude::*,
	traits::{fungible::MutateHold, tokens::Precision},
};
use sp_runtime::Perbill;

/// Part of its bond that a validator puts on hold for a dispute: a fiftieth.
const DISPUTE_PART: Perbill = Perbill::from_percent(2);

impl<T: Config> Pallet<T> {
	pub(crate) fn do_dispute(who: AccountIdOf<T>, id: RequestId) -> DispatchResult {
		let mut request = Requests::<T>::get(id).ok_or(Error::<T>::NotAttested)?;
		let RequestStatus::Attested { decision, final_at } = request.status else {
			return Err(Error::<T>::NotAttested.into());
		};
		ensure!(!decision.escalated, Error::<T>::DecidedByAll);
		let electors = Electors::<T>::get();
		ensure!(electors.iter().any(|(validator, _)| *validator == who), Error::<T>::NotValidator);
		let agreement = Voters::<T>::get(id).ok_or(Error::<T>::NotAttested)?;
		let hold = Self::dispute_hold(&who, &request, electors.len() as u32).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Dispute.into(), &who, hold)?;

		Self::unschedule(final_at, Deadline::Challenge(id));
		request.status = RequestStatus::Escalated(None);
		Requests::<T>::insert(id, request);
		Voters::<T>::remove(id);
		Attested::<T>::remove(id);
		let Agreement { key, vote, voters, auditors } = agreement;
		let votes = voters.into_iter().chain(auditors).map(|voter| (voter, vote)).collect();
		// As many as there are voters.
		Contested::<T>::insert(decision.round, BoundedVec::truncate_from(votes));
		Disputes::<T>::insert(id, Dispute { validator: who.clone(), hold, verdict: decision.verdict });
		Self::deposit_event(Event::Disputed { request: id, validator: who, hold });
		Self::escalate(Subject::Request(id), decision.round, key);
		Ok(())
	}

	/// The larger of a part of the bond and what a run by each of `v` validators costs at most. `None` if that does not fit.
	fn dispute_hold(who: &AccountIdOf<T>, request: &Request<T>, v: u32) -> Option<BalanceOf<T>> {
		let runs = Self::prices().per_voter(request.unit_limit, request.input_size)?.checked_mul(v.into())?;
		Some(runs.max(DISPUTE_PART.mul_ceil(T::Bonds::bond(who))))
	}

	/// Returns the hold of a dispute if everybody decided on another verdict than the disputed one; takes it otherwise.
	pub(crate) fn settle_dispute(id: RequestId, decided: Option<&Verdict>) {
		let Some(Dispute { validator, hold, verdict }) = Disputes::<T>::take(id) else { return };
		let upheld = decided.is_some_and(|decided| *decided != verdict);
		let lost = if upheld { 0 } else { Self::pay(HoldReason::Dispute, &validator, &T::Treasury::get(), hold) };
		let rest = hold.saturating_sub(lost);
		let _ = T::Currency::release(&HoldReason::Dispute.into(), &validator, rest, Precision::BestEffort);
		Self::deposit_event(Event::DisputeSettled { request: id, validator, upheld, hold });
	}
}
