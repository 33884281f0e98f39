//! Invariants, recomputed from storage.

use crate::{pallet::*, types::*, AccountIdOf};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{ContentId, ModelId, RequestId};
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that every sum and index equals what the records say.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_holds()?;
		Self::try_open()?;
		Self::try_rounds()?;
		Self::try_agenda()?;
		Self::try_blobs()?;
		Self::try_names()
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<AccountIdOf<T>, [u128; 3]> = BTreeMap::new();
		let mut add = |who: &AccountIdOf<T>, at: usize, amount: u128| {
			if let Some(sum) = sums.entry(who.clone()).or_default().get_mut(at) {
				*sum = sum.saturating_add(amount);
			}
		};
		for (_, model) in Models::<T>::iter() {
			add(&model.owner, 0, model.deposit);
			add(&model.owner, 1, model.activation_fee);
		}
		for (_, request) in Requests::<T>::iter() {
			add(&request.owner, 2, request.escrow);
		}
		// Who has nothing open any more has nothing on hold.
		for (_, result) in Results::<T>::iter() {
			add(&result.owner, 2, 0);
		}
		for (who, [deposit, activation, escrow]) in sums {
			ensure!(Self::on_hold(HoldReason::ModelDeposit, &who) == deposit, "model deposits differ from the holds");
			ensure!(Self::on_hold(HoldReason::Activation, &who) == activation, "activation fees differ from the holds");
			ensure!(Self::on_hold(HoldReason::Escrow, &who) == escrow, "escrows differ from the holds");
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
			let (mut members, mut commits, mut reveals, mut signals) = (0u32, 0u32, 0u32, 0u32);
			for (validator, ballot) in Ballots::<T>::iter_prefix(id) {
				members = members.saturating_add(1);
				commits = commits.saturating_add(ballot.commit.is_some() as u32);
				reveals = reveals.saturating_add(ballot.vote.is_some() as u32);
				signals = signals.saturating_add(ballot.signal.is_some() as u32);
				ensure!(ballot.commit.is_some() || ballot.vote.is_none(), "a vote was revealed without a commitment");
				ensure!(Duties::<T>::get(&ballot.key, id) == Some(validator), "a member's duty is missing");
			}
			duties = duties.saturating_add(members as usize);
			ensure!(members == round.members, "members are miscounted");
			ensure!(commits == round.commits, "commits are miscounted");
			ensure!(reveals == round.reveals, "reveals are miscounted");
			ensure!(signals == round.signals, "signals are miscounted");
		}
		ensure!(Duties::<T>::iter().count() == duties, "a duty has no ballot");
		ensure!(Ballots::<T>::iter().count() == duties, "a ballot has no round");
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
		let prunable: Vec<RequestId> = Prunable::<T>::iter_values().flatten().collect();
		ensure!(prunable.len() == Results::<T>::iter_keys().count(), "results to prune are miscounted");
		ensure!(prunable.into_iter().all(Results::<T>::contains_key), "a result to prune is not there");
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
		for (name, version, id) in Versions::<T>::iter() {
			let record = Names::<T>::get(&name).ok_or("a version has no name")?;
			ensure!(version <= record.last_version, "a version is above its name's last");
			let model = Models::<T>::get(id).ok_or("a version has no model")?;
			ensure!(model.name == name && model.version == version, "a version names another's model");
			ensure!(model.owner == record.owner, "a model is under another's name");
		}
		for (id, model) in Models::<T>::iter() {
			// A rejected model's version may have been given to another file.
			let rejected = matches!(model.status, ModelStatus::Rejected(_));
			let listed = Versions::<T>::get(&model.name, model.version) == Some(id);
			ensure!(rejected || listed, "a model is not under its name");
		}
		Ok(())
	}
}
