//! The end of requests, and their money.

use crate::{pallet::*, types::*, AccountIdOf, BalanceOf, WeightInfo};
use alloc::vec::Vec;
use assay_primitives::{EngineId, Hash32, ModelId, Output, RequestId, Subject, Verdict};
use codec::Encode;
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::{Inspect, InspectHold, Mutate, MutateHold},
		tokens::{Fortitude, Precision, Preservation},
	},
	weights::WeightMeter,
};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_models::{BlobRef, Pallet as Registry, MAX_ASKED};
use pallet_rounds::{agenda, Conclusion, Earnings, Pallet as Rounds, Product};
use sp_runtime::traits::{BlakeTwo256, Saturating};

impl<T: Config> Pallet<T> {
	/// The rounds on a request are over. Returns what that weighed.
	pub fn request_concluded(id: RequestId, conclusion: Conclusion<AccountIdOf<T>>) -> Weight {
		let Some(mut request) = Requests::<T>::take(id) else { return Self::review_concluded(id, conclusion) };
		Self::free(&mut request);
		let now = frame_system::Pallet::<T>::block_number();
		let (payments, bytes) = match conclusion {
			Conclusion::Agreed { decision, voters, auditors, product, .. } => {
				Self::finalize(id, request, decision, &voters, &auditors, product, now)
			}
			Conclusion::Silent { without_input } => {
				Self::expire(id, request, without_input, now);
				(0, 0)
			}
			Conclusion::Unresolved => {
				Self::unresolved(id, request, now);
				(0, 0)
			}
		};
		Self::weight_of_payments(payments, bytes)
	}

	/// The window of its agreement is over: pays, writes the result. Returns how many payments to voters there were, and how many bytes
	/// of output.
	fn finalize(
		id: RequestId,
		request: Request<T>,
		decision: Decision,
		voters: &[AccountIdOf<T>],
		auditors: &[AccountIdOf<T>],
		product: Option<Product>,
		now: BlockNumberFor<T>,
	) -> (u32, u32) {
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

		let (mut paid, mut royalty) = (0u128, 0u128);
		let mut pay = |to: &AccountIdOf<T>, amount: BalanceOf<T>| {
			// The hold of one reason is the sum over all of the owner's requests: take from this one's part only.
			let left = request.escrow.saturating_sub(paid);
			let moved = pallet_rounds::pay::<T>(HoldReason::Escrow, &request.owner, to, amount.min(left));
			paid = paid.saturating_add(moved);
			moved
		};
		let prices = request.prices.run;
		let per_voter = prices.per_voter(decision.verdict.units(), request.input_size).unwrap_or(0);
		// The escrow pays for a committee; an electorate that is larger shares that, and the treasury adds what is missing.
		let count = voters.len() as u128;
		let shared = per_voter.saturating_mul(u128::from(request.paid_members)).checked_div(count).unwrap_or(0);
		let each = per_voter.min(shared);
		if decision.escalated {
			Self::pay_escalation(id, voters, per_voter.saturating_sub(each));
		}
		for voter in voters {
			T::Earnings::pay(voter, each, &mut pay);
		}
		// More auditors than the escrow pays for share that.
		let per_auditor = prices.per_auditor(decision.verdict.units(), request.input_size).unwrap_or(0);
		let budget = per_auditor.saturating_mul(request.paid_auditors.into());
		let share = budget.checked_div(auditors.len() as u128).unwrap_or(0);
		for auditor in auditors {
			T::Earnings::pay(auditor, per_auditor.min(share), &mut pay);
		}
		if matches!(decision.verdict, Verdict::Output { .. }) {
			if let Some(model) = pallet_models::Models::<T>::get(request.model) {
				pay(&model.owner, request.royalty);
				royalty = request.royalty;
			}
		}
		let callback = Callbacks::<T>::get(id).map_or(0, |callback| callback.price);
		let bytes = output.as_ref().map_or(0, |output| output.inline_len());
		let paid_voters = request.paid_members.saturating_add(request.paid_auditors);
		let chain = request.prices.chain((voters.len().saturating_add(auditors.len()) as u32).min(paid_voters), bytes);
		let stored = match &output {
			Some(Output::Blob { size, .. }) => request.prices.stored(*size, request.unit_limit),
			Some(Output::Inline(_)) | None => 0,
		};
		pay(&T::Treasury::get(), chain.saturating_add(stored).saturating_add(callback));
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
		let price = paid.saturating_sub(royalty).saturating_sub(callback);
		Self::end(id, request, Ended::Final(claim), output, paid, price, now);
		let twice = if decision.escalated { voters.len() } else { 0 };
		(voters.len().saturating_add(auditors.len()).saturating_add(twice) as u32, bytes)
	}

	/// Weight of the end of a request with so many payments to validators and bytes of output.
	pub(crate) fn weight_of_payments(payments: u32, bytes: u32) -> Weight {
		let shared = T::Earnings::weight().saturating_mul(payments.into());
		<T as Config>::WeightInfo::finalize(payments, bytes).saturating_add(shared)
	}

	/// Pays each of the voters that an escalation called so much from the treasury, which has the penalties of those who were wrong;
	/// less if it has less.
	pub(crate) fn pay_escalation(id: RequestId, voters: &[AccountIdOf<T>], each: BalanceOf<T>) {
		let treasury = T::Treasury::get();
		let has = T::Currency::reducible_balance(&treasury, Preservation::Preserve, Fortitude::Polite);
		let each = each.min(has.checked_div(voters.len() as u128).unwrap_or(0));
		if each == 0 {
			return;
		}
		for voter in voters {
			// A voter without an account cannot take less than the existential deposit.
			T::Earnings::pay(voter, each, |to, amount| {
				T::Currency::transfer(&treasury, to, amount, Preservation::Preserve).unwrap_or(0)
			});
		}
		Self::deposit_event(Event::EscalationPaid { request: id, each });
	}

	/// Plancks that a requester pays that has withheld its input: the base price, the bytes, and the units at the limit
	/// of all voters that it has reserved, as they were kept from other work for as long. Royalty and callback return.
	fn withheld_price(id: RequestId, request: &Request<T>) -> BalanceOf<T> {
		let callback = Callbacks::<T>::get(id).map_or(0, |callback| callback.price);
		let bytes = request.prices.run.byte.saturating_mul(u128::from(request.input_size));
		let work = request.prices.withheld(request.unit_limit, request.paid_members, request.paid_auditors);
		let work = work.unwrap_or(u128::MAX);
		work.saturating_add(bytes).min(request.escrow.saturating_sub(request.royalty).saturating_sub(callback))
	}

	/// No committee answered. More than a third of the members of the last one looked in vain for the input, or not.
	fn expire(id: RequestId, request: Request<T>, without_input: bool, now: BlockNumberFor<T>) {
		let mut paid = 0u128;
		// Then the requester has withheld it.
		if request.input_is_blob && without_input {
			let price = Self::withheld_price(id, &request);
			paid = pallet_rounds::pay::<T>(HoldReason::Escrow, &request.owner, &T::Treasury::get(), price);
		}
		let refunded = Self::refund(&request, paid);
		Self::deposit_event(Event::InferenceExpired { request: id, paid, refunded });
		Self::end(id, request, Ended::Expired, None, paid, 0, now);
	}

	/// Everybody voted and no two thirds agree.
	fn unresolved(id: RequestId, request: Request<T>, now: BlockNumberFor<T>) {
		let refunded = Self::refund(&request, 0);
		Self::deposit_event(Event::InferenceUnresolved { request: id, refunded });
		Self::end(id, request, Ended::Unresolved, None, 0, 0, now);
	}

	fn end(
		id: RequestId,
		request: Request<T>,
		ended: Ended,
		output: Option<Output>,
		paid: BalanceOf<T>,
		price: BalanceOf<T>,
		now: BlockNumberFor<T>,
	) {
		if !matches!(ended, Ended::Final(_)) {
			Callbacks::<T>::remove(id);
		}
		Self::let_go(id, request.model, &request.engine);
		let Request { owner, unit_limit, input_size, growth, .. } = request;
		let review = None;
		let record =
			ResultRecord { owner, ended_at: now, ended, output, paid, price, unit_limit, input_size, growth, review };
		Results::<T>::insert(id, record);
		agenda::schedule::<Prunable<T>, _, _, _>(now.saturating_add(T::ResultRetention::get().into()), id);
	}

	/// Nobody runs a request any more: its input goes, and its model and its engine have one less to wait for.
	pub(crate) fn let_go(id: RequestId, model: ModelId, engine: &EngineId) {
		if let Some(blob) = Inputs::<T>::take(id).and_then(|input| input.blob()) {
			Registry::<T>::release_blob(blob);
		}
		Registry::<T>::leave_model(model);
		Registry::<T>::free_engine(engine);
	}

	/// Removes the results whose time is over, as long as the block has room.
	pub(crate) fn prune_due(now: BlockNumberFor<T>, meter: &mut WeightMeter) {
		type Weights<T> = <T as Config>::WeightInfo;
		let list = Weights::<T>::prune(0);
		let item = Weights::<T>::prune(1).saturating_sub(list);
		let next = agenda::empty::<Prunable<T>, _, _, _>(PrunedTo::<T>::get(), now, meter, list, item, |request| {
			Self::prune(*request)
		});
		PrunedTo::<T>::put(next);
	}

	fn prune(request: RequestId) {
		if Rounds::<T>::reopened(&Subject::Request(request)).is_some() {
			// The decision of all is written into it. By then nobody may dispute it any more.
			let now = frame_system::Pallet::<T>::block_number();
			agenda::schedule::<Prunable<T>, _, _, _>(now.saturating_add(T::LateWindow::get().into()), request);
			return;
		}
		if let Some(record) = Results::<T>::take(request) {
			FinalizedIn::<T>::remove(record.ended_at);
			Self::deposit_event(Event::ResultPruned { request });
		}
	}

	/// Outputs that are blobs, see [`crate::InferenceApi`]. Never called in a block.
	pub fn output_blobs(first: u32, last: u32) -> Vec<BlobRef> {
		let mut blobs = Vec::new();
		for block in (first..=last).take(MAX_ASKED) {
			for (request, _) in FinalizedIn::<T>::get(BlockNumberFor::<T>::from(block)) {
				let output = Results::<T>::get(request).and_then(|result| result.output);
				if let Some(output @ Output::Blob { size, .. }) = output {
					blobs.push(BlobRef { id: output.content_id(), size });
				}
			}
		}
		blobs
	}

	/// Inputs that are blobs, of all open requests, at most [`Config::MaxOpen`](pallet_rounds::Config::MaxOpen). Never called in a block.
	pub fn open_inputs() -> Vec<BlobRef> {
		let blob = |request: Request<T>| {
			request.input_is_blob.then_some(BlobRef { id: request.input, size: request.input_size })
		};
		Requests::<T>::iter_values().filter_map(blob).collect()
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
		let parent = Rounds::<T>::hash_bytes(frame_system::Pallet::<T>::parent_hash());
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
