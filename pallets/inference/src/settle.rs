//! How requests end, and their money.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf};
use alloc::vec::Vec;
use assay_primitives::{Hash32, ModelId, RequestId, Verdict};
use codec::Encode;
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::{Inspect, InspectHold, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation, Restriction},
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{BlakeTwo256, Saturating};

impl<T: Config> Pallet<T> {
	/// The challenge window of a request is over: pays, writes the result. Returns how many payments to voters there were,
	/// and how many bytes of output.
	pub(crate) fn finalize(id: RequestId, now: BlockNumberFor<T>) -> (u32, u32) {
		let Some(request) = Requests::<T>::get(id) else { return (0, 0) };
		let RequestStatus::Attested { decision, final_at } = request.status else { return (0, 0) };
		if now < final_at {
			return (0, 0);
		}
		let product = Attested::<T>::take(id);
		let output = product.map(|product| product.output);
		let claim = Claim {
			request: id,
			model: request.model,
			engine: request.engine,
			verification: request.verification,
			input: request.input,
			output: output.as_ref().map(|output| output.content_id()),
			decision,
		};
		Self::record_claim(&claim, now);

		let (voters, auditors) =
			Voters::<T>::take(id).map(|agreement| (agreement.voters, agreement.auditors)).unwrap_or_default();
		let mut paid = 0u128;
		let mut pay = |to: &AccountIdOf<T>, amount: BalanceOf<T>| {
			// The hold of one reason is the sum over all of the owner's requests: take from this one's part only.
			let left = request.escrow.saturating_sub(paid);
			paid = paid.saturating_add(Self::pay(HoldReason::Escrow, &request.owner, to, amount.min(left)));
		};
		let prices = Self::prices();
		let per_voter = prices.per_voter(decision.verdict.units(), request.input_size).unwrap_or(0);
		// The escrow pays for a committee; an electorate that is larger shares that, and the treasury adds what is missing.
		let count = voters.len() as u128;
		let shared = per_voter.saturating_mul(u128::from(request.k)).checked_div(count).unwrap_or(0);
		let each = per_voter.min(shared);
		if decision.escalated {
			Self::pay_escalation(id, &voters, per_voter.saturating_sub(each));
		}
		for voter in &voters {
			pay(voter, each);
		}
		// More auditors than the escrow pays for share that.
		let per_auditor = prices.per_auditor(decision.verdict.units(), request.input_size).unwrap_or(0);
		let budget = per_auditor.saturating_mul(request.audits.into());
		let share = budget.checked_div(auditors.len() as u128).unwrap_or(0);
		for auditor in &auditors {
			pay(auditor, per_auditor.min(share));
		}
		if matches!(decision.verdict, Verdict::Output { .. }) {
			if let Some(model) = Models::<T>::get(request.model) {
				pay(&model.owner, request.royalty);
			}
		}
		let callback = Callbacks::<T>::get(id).map_or(0, |callback| callback.price);
		pay(&T::Treasury::get(), T::BasePrice::get().saturating_add(callback));
		let refunded = Self::refund(&request, paid);
		Self::deposit_event(Event::InferenceFinalized {
			request: id,
			owner: request.owner.clone(),
			model: request.model,
			verdict: decision.verdict,
			paid,
			refunded,
		});
		Self::queue_callback(id);
		let bytes = output.as_ref().map_or(0, |output| output.inline_len());
		Self::end(id, request, Ended::Final(claim), output, paid, now);
		let twice = if decision.escalated { voters.len() } else { 0 };
		(voters.len().saturating_add(auditors.len()).saturating_add(twice) as u32, bytes)
	}

	/// Pays each of the voters that an escalation called so much from the treasury, which has the penalties of those who were wrong;
	/// less if it has less.
	fn pay_escalation(id: RequestId, voters: &[AccountIdOf<T>], each: BalanceOf<T>) {
		let treasury = T::Treasury::get();
		let has = T::Currency::reducible_balance(&treasury, Preservation::Preserve, Fortitude::Polite);
		let each = each.min(has.checked_div(voters.len() as u128).unwrap_or(0));
		if each == 0 {
			return;
		}
		for voter in voters {
			// A voter without an account cannot take less than the existential deposit.
			let _ = T::Currency::transfer(&treasury, voter, each, Preservation::Preserve);
		}
		Self::deposit_event(Event::EscalationPaid { request: id, each });
	}

	/// No committee answered. `missed` members of the last one looked in vain for the input.
	pub(crate) fn expire(id: RequestId, request: Request<T>, round: &Round<T>, missed: u32, now: BlockNumberFor<T>) {
		let mut paid = 0u128;
		// An input that more than a third of the members looked for in vain was withheld by the requester.
		if request.input_is_blob && missed.saturating_mul(3) > round.members {
			let bytes = T::BytePrice::get().saturating_mul(u128::from(request.input_size));
			let price = T::BasePrice::get().saturating_add(bytes).min(request.escrow);
			paid = Self::pay(HoldReason::Escrow, &request.owner, &T::Treasury::get(), price);
		}
		let refunded = Self::refund(&request, paid);
		Self::deposit_event(Event::InferenceExpired { request: id, paid, refunded });
		Self::end(id, request, Ended::Expired, None, paid, now);
	}

	/// Everybody voted and no two thirds agree.
	pub(crate) fn unresolved(id: RequestId, request: Request<T>, now: BlockNumberFor<T>) {
		let refunded = Self::refund(&request, 0);
		Self::deposit_event(Event::InferenceUnresolved { request: id, refunded });
		Self::end(id, request, Ended::Unresolved, None, 0, now);
	}

	fn end(
		id: RequestId,
		request: Request<T>,
		ended: Ended,
		output: Option<assay_primitives::Output>,
		paid: BalanceOf<T>,
		now: BlockNumberFor<T>,
	) {
		Requests::<T>::remove(id);
		if !matches!(ended, Ended::Final(_)) {
			Callbacks::<T>::remove(id);
		}
		if let Some(blob) = Inputs::<T>::take(id).and_then(|input| input.blob()) {
			Self::release_blob(blob);
		}
		Self::leave_model(request.model);
		Self::leave_place();
		Results::<T>::insert(id, ResultRecord { owner: request.owner, ended_at: now, ended, output, paid });
		Self::schedule_pruning(now.saturating_add(T::ResultRetention::get().into()), Subject::Request(id));
	}

	/// Pays the validators whose votes decided an activation; what is left of the fee goes to the treasury.
	pub(crate) fn pay_activation(id: ModelId, model: &mut Model<T>, voters: &[AccountIdOf<T>]) {
		let fee = core::mem::take(&mut model.activation_fee);
		if fee == 0 {
			return;
		}
		let each = fee.checked_div(voters.len() as u128).unwrap_or(0);
		let mut paid = 0u128;
		for voter in voters {
			paid = paid.saturating_add(Self::pay(HoldReason::Activation, &model.owner, voter, each));
		}
		let rest = fee.saturating_sub(paid);
		let rest = rest.saturating_sub(Self::pay(HoldReason::Activation, &model.owner, &T::Treasury::get(), rest));
		if rest > 0 {
			// A treasury without an account takes nothing below the existential deposit: no planck stays on hold without a record.
			let _ = T::Currency::release(&HoldReason::Activation.into(), &model.owner, rest, Precision::BestEffort);
		}
		if !voters.is_empty() {
			Self::deposit_event(Event::ActivationPaid { model: id, voters: voters.len() as u32, each });
		}
	}

	/// Moves plancks on hold to a payee; to the treasury if the payee cannot take them, and nowhere if neither can. Returns what was
	/// moved.
	pub(crate) fn pay(
		reason: HoldReason,
		from: &AccountIdOf<T>,
		to: &AccountIdOf<T>,
		amount: BalanceOf<T>,
	) -> BalanceOf<T> {
		if amount == 0 {
			return 0;
		}
		let reason = reason.into();
		let transfer = |to: &AccountIdOf<T>| {
			T::Currency::transfer_on_hold(
				&reason,
				from,
				to,
				amount,
				Precision::BestEffort,
				Restriction::Free,
				Fortitude::Force,
			)
		};
		if from == to {
			return T::Currency::release(&reason, from, amount, Precision::BestEffort).unwrap_or(0);
		}
		transfer(to).or_else(|_| transfer(&T::Treasury::get())).unwrap_or(0)
	}

	fn refund(request: &Request<T>, paid: BalanceOf<T>) -> BalanceOf<T> {
		let rest = request.escrow.saturating_sub(paid);
		T::Currency::release(&HoldReason::Escrow.into(), &request.owner, rest, Precision::BestEffort).unwrap_or(0)
	}

	/// Puts a claim among those that the block's results root is made of, and into the offchain database of whoever executes the
	/// block: receipts are made from there when the state has long forgotten it.
	fn record_claim(claim: &Claim, now: BlockNumberFor<T>) {
		let index = FinalizedIn::<T>::decode_len(now).unwrap_or(0) as u32;
		if FinalizedIn::<T>::try_append(now, (claim.request, claim.leaf())).is_err() {
			frame_support::defensive!("more finalized in a block than its agenda holds");
			return;
		}
		let parent = Self::hash_bytes(frame_system::Pallet::<T>::parent_hash());
		sp_io::offchain_index::set(&Claim::offchain_key(&parent, index), &claim.encode());
	}

	/// Computes the root over the results that became final in this block.
	pub(crate) fn root_results(now: BlockNumberFor<T>) {
		let leaves: Vec<Hash32> = FinalizedIn::<T>::get(now).into_iter().map(|(_, leaf)| leaf).collect();
		let root = binary_merkle_tree::merkle_root_raw::<BlakeTwo256, _>(leaves.into_iter().map(Into::into));
		ResultsRoot::<T>::put(root.to_fixed_bytes());
	}

	/// Plancks that an account has on hold for a reason.
	pub fn on_hold(reason: HoldReason, who: &AccountIdOf<T>) -> BalanceOf<T> {
		T::Currency::balance_on_hold(&reason.into(), who)
	}
}
