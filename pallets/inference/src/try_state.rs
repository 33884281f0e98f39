//! Invariants, recomputed from storage.

use crate::{pallet::*, AccountIdOf, Ended, OpenUnits};
use alloc::collections::{BTreeMap, BTreeSet};
use assay_primitives::{ContentId, EngineId, ModelId, RequestId, Subject};
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use pallet_models::{BlobRef, Blobs, ModelStatus, Models, OpenUnder, Packages, Samples, Trials};
use pallet_rounds::{Reopened, Stage, Standings};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that every sum and index equals what the records say, but for blobs, which other pallets need too: see [`Pallet::needed`].
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_holds()?;
		Self::try_open()?;
		Self::try_callbacks()?;
		Self::try_pruning()?;
		let enough = |(blob, count)| Blobs::<T>::get(blob) >= count;
		ensure!(Self::needed().into_iter().all(enough), "a blob is needed that is not referenced");
		Ok(())
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<AccountIdOf<T>, u128> = BTreeMap::new();
		for (_, request) in Requests::<T>::iter() {
			let sum = sums.entry(request.owner).or_default();
			*sum = sum.saturating_add(request.escrow);
		}
		// An account without open requests has nothing on hold.
		for (_, result) in Results::<T>::iter() {
			sums.entry(result.owner).or_default();
		}
		for (who, escrow) in sums {
			let held = T::Currency::balance_on_hold(&HoldReason::Escrow.into(), &who);
			ensure!(held == escrow, "escrows differ from the holds");
		}
		Ok(())
	}

	fn try_open() -> Result<(), TryRuntimeError> {
		let mut open: BTreeMap<ModelId, u32> = BTreeMap::new();
		let mut engines: BTreeMap<EngineId, u32> = BTreeMap::new();
		let mut under = |engine| {
			let count = engines.entry(engine).or_default();
			*count = count.saturating_add(1);
		};
		let mut requests = 0usize;
		let mut reserved = OpenUnits::default();
		for (id, request) in Requests::<T>::iter() {
			requests = requests.saturating_add(1);
			ensure!(Inputs::<T>::contains_key(id), "an open request has no input");
			under(request.engine);
			let count = open.entry(request.model).or_default();
			*count = count.saturating_add(1);
			ensure!(!Results::<T>::contains_key(id), "a request is open and has ended");
			let standing = Standings::<T>::get(Subject::Request(id)).ok_or("an open request waits for nothing")?;
			let voters = request.paid_members.saturating_add(request.paid_auditors);
			let all = request.unit_limit.saturating_mul(voters.into());
			let may_be = match standing.stage {
				Stage::Waiting | Stage::Voting(_) => request.reserved == all,
				Stage::Agreed => request.reserved == 0,
				// After two votes that differ, or after an agreement that somebody stands against.
				Stage::Escalated(_) => [0, all].contains(&request.reserved),
			};
			ensure!(may_be, "a request has not reserved what its voters may have to do");
			let sum = reserved.of(request.growth);
			*sum = sum.saturating_add(request.reserved);
		}
		for entry in Reopened::<T>::get() {
			let Subject::Request(id) = entry.subject else { return Err("a model is open again".into()) };
			requests = requests.saturating_add(1);
			ensure!(Inputs::<T>::contains_key(id), "a request that is open again has no input");
			ensure!(!Requests::<T>::contains_key(id), "a request is open and open again");
			let Some(Ended::Final(claim)) = Results::<T>::get(id).map(|record| record.ended) else {
				return Err("a request is open again that is not final".into());
			};
			under(claim.engine);
			let count = open.entry(claim.model).or_default();
			*count = count.saturating_add(1);
		}
		ensure!(reserved == Reserved::<T>::get(), "reserved units differ from the requests");
		for (id, model) in Models::<T>::iter() {
			let trial = Trials::<T>::get(id);
			let requests = open.get(&id).copied().unwrap_or(0);
			let known = requests.saturating_add(trial.is_some().into());
			ensure!(model.open == known, "a model's open requests are miscounted");
			trial.into_iter().for_each(|trial| under(trial.engine));
			if model.status == ModelStatus::Pending {
				under(model.engine);
			}
		}
		let counted: BTreeMap<_, _> = OpenUnder::<T>::iter().collect();
		ensure!(counted == engines, "what is open under an engine is miscounted");
		let standings = Standings::<T>::iter_keys().filter(|subject| matches!(subject, Subject::Request(_)));
		ensure!(standings.count() == requests, "a round is about a request that is not open");
		ensure!(Inputs::<T>::iter_keys().count() == requests, "an input has no request");
		Ok(())
	}

	fn try_pruning() -> Result<(), TryRuntimeError> {
		let due = Prunable::<T>::iter_values().flatten().count();
		ensure!(due == Results::<T>::iter_keys().count(), "what is to be pruned is miscounted");
		let pruned_to = PrunedTo::<T>::get();
		ensure!(Prunable::<T>::iter_keys().all(|block| block >= pruned_to), "what is to be pruned was passed over");
		let there = Prunable::<T>::iter_values().flatten().all(Results::<T>::contains_key);
		ensure!(there, "what is to be pruned is not there");
		Ok(())
	}

	fn try_callbacks() -> Result<(), TryRuntimeError> {
		let queue = CallbackQueue::<T>::get();
		let queued: BTreeSet<RequestId> = queue.iter().copied().collect();
		ensure!(queued.len() == queue.len(), "a callback is queued twice");
		ensure!(queued.iter().all(Callbacks::<T>::contains_key), "a callback is queued that is not there");
		let mut count = 0u32;
		for id in Callbacks::<T>::iter_keys() {
			count = count.saturating_add(1);
			let open = Requests::<T>::contains_key(id);
			ensure!(open != queued.contains(&id), "a callback belongs to an open request or to the queue");
		}
		ensure!(count == Callbacks::<T>::count(), "callbacks are miscounted");
		ensure!(count <= T::MaxCallbacks::get(), "there are too many callbacks");
		Ok(())
	}

	/// Blobs that models, engines and requests need, with the number of references to each.
	pub fn needed() -> BTreeMap<(ContentId, u64), u32> {
		let mut needed: BTreeMap<(ContentId, u64), u32> = BTreeMap::new();
		let mut add = |blob: BlobRef| {
			let count = needed.entry((blob.id, blob.size)).or_default();
			*count = count.saturating_add(1);
		};
		for (id, model) in Models::<T>::iter() {
			let over = matches!(model.status, ModelStatus::Retired | ModelStatus::Rejected(_));
			if !over || model.open > 0 {
				add(BlobRef { id, size: model.size });
				model.metadata.card.into_iter().for_each(&mut add);
				Samples::<T>::get(id).and_then(|sample| sample.blob()).into_iter().for_each(&mut add);
			}
		}
		Packages::<T>::iter_values().for_each(&mut add);
		Inputs::<T>::iter().filter_map(|(_, input)| input.blob()).for_each(&mut add);
		needed
	}
}
