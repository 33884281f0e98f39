//! Disputes of final results: all validators run the model once more, and what they decide is written beside the result.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf};
use assay_primitives::{RequestId, RoundId, Subject, Verdict};
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_models::{Input, Models, Pallet as Registry};
use pallet_rounds::{Conclusion, Pallet as Rounds, Terms};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_dispute_result(who: AccountIdOf<T>, id: RequestId, input: Input) -> DispatchResult {
		let record = Results::<T>::get(id).ok_or(Error::<T>::NotFinal)?;
		let Ended::Final(claim) = &record.ended else { return Err(Error::<T>::NotFinal.into()) };
		ensure!(!claim.decision.escalated && record.review.is_none(), Error::<T>::DecidedByAll);
		ensure!(Registry::<T>::is_held(&claim.engine), Error::<T>::OtherEngine);
		let is_input = input.size() == record.input_size && input.content_id() == claim.input;
		ensure!(is_input, Error::<T>::OtherInput);
		let terms = Self::terms_of(&record, claim).ok_or(pallet_models::Error::<T>::ModelUnknown)?;
		Rounds::<T>::reopen(who, Subject::Request(id), &claim.decision, &terms)?;
		Registry::<T>::enter_model_again(claim.model)?;
		Registry::<T>::use_engine(&claim.engine);
		if let Some(blob) = input.blob() {
			Registry::<T>::reference_blob(blob);
		}
		Inputs::<T>::insert(id, input);
		Ok(())
	}

	/// Terms of a request that is open again.
	pub(crate) fn terms_again(id: RequestId) -> Option<Terms> {
		Rounds::<T>::reopened(&Subject::Request(id))?;
		let record = Results::<T>::get(id)?;
		let Ended::Final(claim) = &record.ended else { return None };
		Self::terms_of(&record, claim)
	}

	/// The run by which all decide on a final result. There is no committee, and what all decide waits for nobody.
	fn terms_of(record: &ResultRecord<T>, claim: &Claim) -> Option<Terms> {
		Some(Terms {
			engine: claim.engine,
			model: claim.model,
			model_size: Models::<T>::get(claim.model)?.size,
			input: Some(claim.input),
			// There are no auditors that could lack it.
			fetched: false,
			unit_limit: record.unit_limit,
			members: claim.decision.k,
			audits: 0,
			growth: record.growth,
			patience: None,
			redraws: 0,
			window: 1,
			assured: false,
			run_price: Registry::<T>::prices().per_voter(record.unit_limit, record.input_size).unwrap_or(u128::MAX),
		})
	}

	/// The verdict that a vote in this round about a request is held to, as long as its result is in the state: that which became final,
	/// unless it was overturned. Of a later round, which judged the final result: what was decided then.
	pub fn verdict(id: RequestId, round: RoundId) -> Option<Verdict> {
		let record = Results::<T>::get(id)?;
		let Ended::Final(claim) = record.ended else { return None };
		match record.review {
			Some(Review::Overturned { verdict, .. }) => Some(verdict),
			Some(Review::Confirmed { .. }) => Some(claim.decision.verdict),
			None => (round <= claim.decision.round).then_some(claim.decision.verdict),
		}
	}

	/// See [`crate::InferenceApi`].
	pub fn review(id: RequestId) -> Option<Review<BlockNumberFor<T>>> {
		Results::<T>::get(id)?.review
	}

	/// All have decided on a final result, or failed to. Returns what that weighed.
	pub(crate) fn review_concluded(id: RequestId, conclusion: Conclusion<AccountIdOf<T>>) -> Weight {
		let Some(open) = Rounds::<T>::reopened(&Subject::Request(id)) else { return Weight::zero() };
		let Some(mut record) = Results::<T>::get(id) else { return Weight::zero() };
		let Ended::Final(claim) = &record.ended else { return Weight::zero() };
		Self::let_go(id, claim.model, &claim.engine);
		let mut payments = 0u32;
		if let Conclusion::Agreed { decision, voters, .. } = conclusion {
			let (at, verdict) = (frame_system::Pallet::<T>::block_number(), decision.verdict);
			if verdict == claim.decision.verdict {
				record.review = Some(Review::Confirmed { at });
				Self::deposit_event(Event::ResultConfirmed { request: id });
			} else {
				record.review = Some(Review::Overturned { at, verdict });
				let compensation = Self::compensate(&record, open.penalties);
				let owner = record.owner.clone();
				Self::deposit_event(Event::ResultOverturned { request: id, owner, verdict, compensation });
			}
			Self::pay_judges(id, &voters, &verdict, record.input_size);
			payments = (voters.len() as u32).saturating_add(1);
			Results::<T>::insert(id, record);
		}
		Self::weight_of_payments(payments, 0)
	}

	/// Pays the requester of a false result what validators and the chain have had for it, out of the treasury: at once, as the treasury
	/// waits for its part of the penalties for four eras, and never more than that part. Royalty and callback are not in it: who owns a
	/// model would have the treasury pay any royalty for a lie of its own.
	fn compensate(record: &ResultRecord<T>, penalties: BalanceOf<T>) -> BalanceOf<T> {
		let treasury = T::Treasury::get();
		let has = T::Currency::reducible_balance(&treasury, Preservation::Preserve, Fortitude::Polite);
		// The finders get half of the penalties.
		let amount = record.price.min(penalties.checked_div(2).unwrap_or(0)).min(has);
		if amount == 0 {
			return 0;
		}
		// An account that is gone cannot take less than the existential deposit.
		T::Currency::transfer(&treasury, &record.owner, amount, Preservation::Preserve).unwrap_or(0)
	}

	/// Pays those who have decided for their run. The treasury has the hold for that, or will have the penalties.
	fn pay_judges(id: RequestId, voters: &[AccountIdOf<T>], verdict: &Verdict, input_size: u64) {
		let each = Registry::<T>::prices().per_voter(verdict.units(), input_size).unwrap_or(0);
		Self::pay_escalation(id, voters, each);
	}
}
