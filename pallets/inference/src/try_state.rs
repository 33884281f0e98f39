//! Invariants, recomputed from storage.

use crate::{listing::ListKey, pallet::*, types::*, AccountIdOf};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use assay_primitives::{ContentId, ModelId, RequestId, RoundId};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that every sum and index equals what the records say.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_holds()?;
		Self::try_open()?;
		Self::try_rounds()?;
		Self::try_agenda()?;
		Self::try_callbacks()?;
		Self::try_pruning()?;
		Self::try_blobs()?;
		Self::try_names()?;
		Self::try_listing()
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<AccountIdOf<T>, [u128; 5]> = BTreeMap::new();
		let mut add = |who: &AccountIdOf<T>, at: usize, amount: u128| {
			if let Some(sum) = sums.entry(who.clone()).or_default().get_mut(at) {
				*sum = sum.saturating_add(amount);
			}
		};
		for (_, model) in Models::<T>::iter() {
			add(&model.owner, 0, model.deposit);
			add(&model.owner, 1, model.activation_fee);
		}
		for (_, name) in Names::<T>::iter() {
			add(&name.owner, 4, name.deposit);
		}
		for (_, request) in Requests::<T>::iter() {
			add(&request.owner, 2, request.escrow);
		}
		for (id, dispute) in Disputes::<T>::iter() {
			add(&dispute.validator, 3, dispute.hold);
			let escalated =
				matches!(Requests::<T>::get(id).map(|request| request.status), Some(RequestStatus::Escalated(_)));
			ensure!(escalated, "a dispute is about a request that is not escalated");
		}
		// Who has nothing open any more has nothing on hold.
		for (validator, _) in Electors::<T>::get() {
			add(&validator, 3, 0);
		}
		for (_, result) in Results::<T>::iter() {
			add(&result.owner, 2, 0);
		}
		for (who, [deposit, activation, escrow, dispute, name]) in sums {
			ensure!(Self::on_hold(HoldReason::ModelDeposit, &who) == deposit, "model deposits differ from the holds");
			ensure!(Self::on_hold(HoldReason::Activation, &who) == activation, "activation fees differ from the holds");
			ensure!(Self::on_hold(HoldReason::Escrow, &who) == escrow, "escrows differ from the holds");
			ensure!(Self::on_hold(HoldReason::Dispute, &who) == dispute, "disputes differ from the holds");
			ensure!(Self::on_hold(HoldReason::NameDeposit, &who) == name, "name deposits differ from the holds");
		}
		Ok(())
	}

	fn try_open() -> Result<(), TryRuntimeError> {
		let pending = Models::<T>::iter().filter(|(_, m)| matches!(m.status, ModelStatus::Pending { .. })).count();
		let mut open: BTreeMap<ModelId, u32> = BTreeMap::new();
		let mut requests = 0usize;
		for (id, request) in Requests::<T>::iter() {
			requests = requests.saturating_add(1);
			ensure!(Inputs::<T>::contains_key(id), "an open request has no input");
			let count = open.entry(request.model).or_default();
			*count = count.saturating_add(1);
			let attested = matches!(request.status, RequestStatus::Attested { .. });
			ensure!(
				attested == Voters::<T>::contains_key(id),
				"voters are kept for attested requests, and for no other"
			);
			ensure!(!Results::<T>::contains_key(id), "a request is open and has ended");
			match request.status {
				RequestStatus::Assigned(round) | RequestStatus::Escalated(Some(round)) => {
					let subject = Rounds::<T>::get(round).map(|round| round.subject);
					ensure!(subject == Some(Subject::Request(id)), "a request names a round that is not its own");
				}
				RequestStatus::Requested | RequestStatus::Escalated(None) => {
					let waits = |draw: &PendingDraw| draw.subject == Subject::Request(id);
					let drawn = NewDraws::<T>::get().iter().any(waits) || DueDraws::<T>::get().iter().any(waits);
					ensure!(drawn, "a request waits for a draw that nobody asked for");
				}
				RequestStatus::Attested { .. } => (),
			}
		}
		let in_round: Vec<Subject> = Rounds::<T>::iter_values().map(|round| round.subject).collect();
		for (id, model) in Models::<T>::iter() {
			let subject = Subject::Model(id);
			let waits = |draw: &PendingDraw| draw.subject == subject;
			let drawn = NewDraws::<T>::get().iter().any(waits) || DueDraws::<T>::get().iter().any(waits);
			let pending = matches!(model.status, ModelStatus::Pending { .. });
			ensure!(pending == (drawn || in_round.contains(&subject)), "a pending model waits for nothing");
			ensure!(model.open == open.get(&id).copied().unwrap_or(0), "a model's open requests are miscounted");
		}
		ensure!(Open::<T>::get() as usize == pending.saturating_add(requests), "open subjects are miscounted");
		ensure!(Inputs::<T>::iter_keys().count() == requests, "an input has no request");
		let attested =
			|id| Requests::<T>::get(id).is_some_and(|request| matches!(request.status, RequestStatus::Attested { .. }));
		ensure!(Attested::<T>::iter_keys().all(attested), "an output is kept for no attested request");
		Ok(())
	}

	fn try_rounds() -> Result<(), TryRuntimeError> {
		let mut duties = 0usize;
		for (id, round) in Rounds::<T>::iter() {
			let (mut members, mut auditors, mut commits, mut reveals, mut signals) = (0u32, 0u32, 0u32, 0u32, 0u32);
			for (validator, ballot) in Ballots::<T>::iter_prefix(id) {
				members = members.saturating_add(!ballot.auditor as u32);
				auditors = auditors.saturating_add(ballot.auditor as u32);
				commits = commits.saturating_add((ballot.commit.is_some() && !ballot.auditor) as u32);
				ensure!(ballot.commit.is_some() || !ballot.auditor, "an auditor has not committed");
				reveals = reveals.saturating_add(ballot.vote.is_some() as u32);
				signals = signals.saturating_add(ballot.signal.is_some() as u32);
				ensure!(ballot.commit.is_some() || ballot.vote.is_none(), "a vote was revealed without a commitment");
				ensure!(Duties::<T>::get(&ballot.key, id) == Some(validator), "a member's duty is missing");
			}
			duties = duties.saturating_add(members as usize).saturating_add(auditors as usize);
			ensure!(auditors == round.auditors, "auditors are miscounted");
			ensure!(auditors == 0 || round.kind == RoundKind::Committee, "a round has auditors that has none");
			ensure!(members == round.members, "members are miscounted");
			ensure!(commits == round.commits, "commits are miscounted");
			ensure!(reveals == round.reveals, "reveals are miscounted");
			ensure!(signals == round.signals, "signals are miscounted");
		}
		for id in Unavailable::<T>::iter_keys() {
			let active = Models::<T>::get(id).is_some_and(|model| matches!(model.status, ModelStatus::Active { .. }));
			ensure!(active, "a model's bytes are looked for that nobody can use");
		}
		ensure!(Duties::<T>::iter().count() == duties, "a duty has no ballot");
		ensure!(Ballots::<T>::iter().count() == duties, "a ballot has no round");
		let drawn = Rounds::<T>::iter_values().map(|round| round.kind);
		let wanted = NewDraws::<T>::get().into_iter().chain(DueDraws::<T>::get()).map(|draw| draw.kind);
		let escalated: BTreeSet<RoundId> = drawn
			.chain(wanted)
			.filter_map(|kind| match kind {
				RoundKind::Escalation { contested, .. } => Some(contested),
				RoundKind::Activation | RoundKind::Committee => None,
			})
			.collect();
		let contested: BTreeSet<RoundId> = Contested::<T>::iter_keys().collect();
		ensure!(contested == escalated, "contested votes are kept for escalations, and for nothing else");
		ensure!(Products::<T>::iter().all(|(id, ..)| Rounds::<T>::contains_key(id)), "a product has no round");
		Ok(())
	}

	fn try_agenda() -> Result<(), TryRuntimeError> {
		let rounds = Rounds::<T>::iter().map(|(id, round)| {
			let task = if round.closed { Deadline::Reveals(id) } else { Deadline::Commits(id) };
			(round.deadline_at, task)
		});
		for (block, task) in rounds {
			ensure!(Agenda::<T>::get(block).contains(&task), "an open round has no deadline");
		}
		let mut tasks = Rounds::<T>::iter().count();
		let challenges: Vec<RequestId> = Agenda::<T>::iter_values()
			.flatten()
			.filter_map(|task| match task {
				Deadline::Challenge(id) => Some(id),
				Deadline::Commits(_) | Deadline::Reveals(_) => None,
			})
			.collect();
		for (id, request) in Requests::<T>::iter() {
			if matches!(request.status, RequestStatus::Attested { .. }) {
				tasks = tasks.saturating_add(1);
				ensure!(challenges.contains(&id), "an attested request has no deadline");
			}
		}
		ensure!(Agenda::<T>::iter_values().flatten().count() == tasks, "a task has no subject");
		Ok(())
	}

	fn try_pruning() -> Result<(), TryRuntimeError> {
		let prunable: Vec<Subject> = Prunable::<T>::iter_values().flatten().collect();
		let rejected = |(id, model): (ModelId, Model<T>)| {
			let over = matches!(model.status, ModelStatus::Rejected(_)) && model.open == 0;
			ensure!(
				over == model.prunable_at.is_some(),
				"a model is to be pruned that is not rejected, or the other way round"
			);
			match model.prunable_at {
				Some(at) if !Prunable::<T>::get(at).contains(&Subject::Model(id)) => {
					Err("a rejected model is never pruned".into())
				}
				Some(_) => Ok(1usize),
				None => Ok(0usize),
			}
		};
		let mut due = Results::<T>::iter_keys().count();
		for model in Models::<T>::iter() {
			let one: Result<usize, TryRuntimeError> = rejected(model);
			due = due.saturating_add(one?);
		}
		ensure!(prunable.len() == due, "what is to be pruned is miscounted");
		let pruned_to = PrunedTo::<T>::get();
		ensure!(Prunable::<T>::iter_keys().all(|block| block >= pruned_to), "what is to be pruned was passed over");
		let there = prunable.into_iter().all(|subject| match subject {
			Subject::Request(id) => Results::<T>::contains_key(id),
			Subject::Model(id) => Models::<T>::contains_key(id),
		});
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
		if let Some(proposal) = NextEngine::<T>::get() {
			let holders: BTreeSet<_> = proposal.holders.iter().collect();
			ensure!(holders.len() == proposal.holders.len(), "a validator holds the next engine twice");
			ensure!(CurrentEngine::<T>::get() != Some(proposal.engine), "the next engine is the one in use");
		}
		Ok(())
	}

	fn try_blobs() -> Result<(), TryRuntimeError> {
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
		Inputs::<T>::iter().filter_map(|(_, input)| input.blob()).for_each(&mut add);
		let stored: BTreeMap<_, _> = Blobs::<T>::iter().collect();
		ensure!(stored == needed, "blob references differ from the records");
		Ok(())
	}

	fn try_names() -> Result<(), TryRuntimeError> {
		for (_, model) in Models::<T>::iter() {
			let name = Names::<T>::get(&model.name).ok_or("a model's name belongs to nobody")?;
			ensure!(model.version <= name.last_version, "a version is above its name's last");
		}
		ensure!(Provenances::<T>::iter_keys().all(Models::<T>::contains_key), "a statement is about no model");
		Ok(())
	}

	fn try_listing() -> Result<(), TryRuntimeError> {
		let mut due: BTreeMap<_, ModelId> = BTreeMap::new();
		for (id, model) in Models::<T>::iter() {
			let key = ListKey::new(&model.name, model.version);
			for facet in Self::facets(&model) {
				ensure!(due.insert((facet, key.clone()), id).is_none(), "two models are under one name and version");
			}
		}
		let listed: BTreeMap<_, _> = Listing::<T>::iter().map(|(facet, key, id)| ((facet, key), id)).collect();
		ensure!(listed == due, "the listing differs from the models");
		Ok(())
	}
}
