//! Invariants, recomputed from storage.

use crate::{pallet::*, subjects::Subjects, types::*, AccountIdOf};
use alloc::collections::{BTreeMap, BTreeSet};
use assay_primitives::RoundId;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that every sum and index equals what the records say.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::try_holds()?;
		Self::try_standings()?;
		Self::try_rounds()?;
		Self::try_agenda()
	}

	fn try_holds() -> Result<(), TryRuntimeError> {
		let mut sums: BTreeMap<AccountIdOf<T>, u128> = BTreeMap::new();
		for (subject, dispute) in Disputes::<T>::iter() {
			let sum = sums.entry(dispute.validator).or_default();
			*sum = sum.saturating_add(dispute.hold);
			let stage = Standings::<T>::get(subject).map(|standing| standing.stage);
			ensure!(matches!(stage, Some(Stage::Escalated(_))), "a dispute is about a subject that is not escalated");
		}
		// A validator without an open dispute has nothing on hold.
		for (validator, ..) in Electors::<T>::get() {
			sums.entry(validator).or_default();
		}
		for (who, sum) in sums {
			let held = T::Currency::balance_on_hold(&HoldReason::Dispute.into(), &who);
			ensure!(held == sum, "disputes differ from the holds");
		}
		Ok(())
	}

	fn try_standings() -> Result<(), TryRuntimeError> {
		let mut open = 0u32;
		for (subject, standing) in Standings::<T>::iter() {
			open = open.saturating_add(1);
			ensure!(T::Subjects::terms(&subject).is_some(), "an open subject has no record");
			let agreed = standing.stage == Stage::Agreed;
			ensure!(
				agreed == Agreements::<T>::contains_key(subject),
				"agreements are kept for agreed subjects, and for no other"
			);
			match standing.stage {
				Stage::Voting(round) | Stage::Escalated(Some(round)) => {
					let of = Rounds::<T>::get(round).map(|round| round.subject);
					ensure!(of == Some(subject), "a subject names a round that is not its own");
				}
				Stage::Waiting | Stage::Escalated(None) => {
					let waits = |draw: &PendingDraw<T::Subject>| draw.subject == subject;
					let drawn = NewDraws::<T>::get().iter().any(waits) || DueDraws::<T>::get().iter().any(waits);
					ensure!(drawn, "a subject waits for a draw that nobody asked for");
				}
				Stage::Agreed => (),
			}
		}
		ensure!(open == Standings::<T>::count(), "open subjects are miscounted");
		let reopened = Reopened::<T>::get();
		let asked = open.saturating_sub(reopened.len() as u32);
		ensure!(asked <= T::MaxOpen::get(), "there are too many open subjects");
		let subjects: BTreeSet<_> = reopened.iter().map(|entry| entry.subject).collect();
		ensure!(subjects.len() == reopened.len(), "a subject is open again twice");
		for subject in subjects {
			let stage = Standings::<T>::get(subject).map(|standing| standing.stage);
			let judged = matches!(stage, Some(Stage::Escalated(_)));
			ensure!(judged || stage == Some(Stage::Agreed), "a subject is open again that nobody judges");
			ensure!(judged == Disputes::<T>::contains_key(subject), "a subject is open again for no dispute");
		}
		let agreed = Agreements::<T>::iter_keys().count();
		let known = Standings::<T>::iter_values().filter(|standing| standing.stage == Stage::Agreed).count();
		ensure!(agreed == known, "an agreement has no subject");
		ensure!(Outputs::<T>::iter_keys().all(Agreements::<T>::contains_key), "an output is kept for no agreement");
		for (subject, agreement) in Challenged::<T>::iter() {
			let stage = Standings::<T>::get(subject).map(|standing| standing.stage);
			ensure!(stage == Some(Stage::Escalated(None)), "a challenged agreement waits for no draw of all");
			let judged = Contested::<T>::contains_key(agreement.decision.round);
			ensure!(judged, "the votes of a challenged agreement are not kept");
		}
		for votes in Contested::<T>::iter_values() {
			let voters: BTreeSet<_> = votes.iter().map(|vote| &vote.voter).collect();
			ensure!(voters.len() == votes.len(), "a contested vote is kept twice");
		}
		Ok(())
	}

	fn try_rounds() -> Result<(), TryRuntimeError> {
		let mut duties = 0usize;
		for (id, round) in Rounds::<T>::iter() {
			let (mut members, mut auditors, mut lacking, mut late) = (0u32, 0u32, 0u32, 0u32);
			let (mut commits, mut reveals, mut signals, mut committed) = (0u32, 0u32, 0u32, 0u64);
			for (validator, ballot) in Ballots::<T>::iter_prefix(id) {
				members = members.saturating_add(!ballot.auditor as u32);
				let sealed = ballot.commit.is_some();
				auditors = auditors.saturating_add((ballot.auditor && sealed) as u32);
				let signalled = ballot.signal.is_some();
				lacking = lacking.saturating_add((ballot.auditor && !sealed && signalled) as u32);
				if sealed && !ballot.auditor {
					commits = commits.saturating_add(1);
					committed = committed.saturating_add(ballot.counts);
				}
				late = late.saturating_add((ballot.auditor && !sealed && !signalled) as u32);
				ensure!(!sealed || ballot.late.is_none(), "a seal is in time and late");
				let said = sealed || ballot.late.is_some() || signalled;
				ensure!(said || !ballot.auditor, "an auditor has said nothing");
				reveals = reveals.saturating_add(ballot.vote.is_some() as u32);
				signals = signals.saturating_add((ballot.signal.is_some() && !ballot.auditor) as u32);
				ensure!(ballot.commit.is_some() || ballot.vote.is_none(), "a vote was revealed without a commitment");
				ensure!(Duties::<T>::get(&ballot.key, id) == Some(validator), "a member's duty is missing");
			}
			let voters = members.saturating_add(auditors).saturating_add(lacking).saturating_add(late);
			duties = duties.saturating_add(voters as usize);
			let stage = Standings::<T>::get(round.subject).map(|standing| standing.stage);
			let named = matches!(stage, Some(Stage::Voting(named) | Stage::Escalated(Some(named))) if named == id);
			ensure!(named, "a round is about a subject that does not name it");
			let counted = (round.auditors, round.audit_signals, round.late_auditors);
			ensure!((auditors, lacking, late) == counted, "auditors are miscounted");
			ensure!(auditors == 0 || round.audits > 0, "a round has auditors that has none");
			ensure!(members == round.members, "members are miscounted");
			ensure!((commits, committed) == (round.commits, round.committed), "commits are miscounted");
			ensure!(reveals == round.reveals, "reveals are miscounted");
			ensure!(signals == round.signals, "signals are miscounted");
		}
		ensure!(Ballots::<T>::iter().count() == duties, "a ballot has no round");
		duties = duties.saturating_add(Self::try_ended()?);
		ensure!(Duties::<T>::iter().count() == duties, "a duty has neither a ballot nor a shut seal");
		let drawn = Rounds::<T>::iter_values().map(|round| round.kind);
		let wanted = NewDraws::<T>::get().into_iter().chain(DueDraws::<T>::get()).map(|draw| draw.kind);
		let escalated: BTreeSet<RoundId> =
			drawn.chain(wanted).filter_map(|kind| Some(kind.contested()?.round)).collect();
		let contested: BTreeSet<RoundId> = Contested::<T>::iter_keys().collect();
		ensure!(contested == escalated, "contested votes are kept for escalations, and for nothing else");
		ensure!(Products::<T>::iter().all(|(id, ..)| Rounds::<T>::contains_key(id)), "a product has no round");
		Ok(())
	}

	/// Returns how many seals of rounds that have ended are to be opened.
	fn try_ended() -> Result<usize, TryRuntimeError> {
		let mut shut = 0usize;
		let mut held: BTreeMap<AccountIdOf<T>, u32> = BTreeMap::new();
		let oldest = OldestRound::<T>::get();
		for (id, ended) in EndedRounds::<T>::iter() {
			ensure!(id >= oldest && id < NextRound::<T>::get(), "a round is kept that is to be forgotten");
			ensure!(!Rounds::<T>::contains_key(id), "a round is open and has ended");
			for seal in ended.seals.iter().filter(|seal| seal.shut().is_some()) {
				let key = SessionKeys::<T>::get(ended.session, &seal.validator);
				let duty = key.and_then(|(key, _)| Duties::<T>::get(key, id));
				ensure!(duty.as_ref() == Some(&seal.validator), "nobody is to open a shut seal");
				shut = shut.saturating_add(1);
				if ended.together {
					let seals = held.entry(seal.validator.clone()).or_default();
					*seals = seals.saturating_add(1);
				}
			}
		}
		for vote in Contested::<T>::iter_values().flatten() {
			let votes = held.entry(vote.voter).or_default();
			*votes = votes.saturating_add(1);
		}
		// The list has a place for each of a session's validators: it may be short of one, and has none that has nothing shut.
		let exact = HeldBack::<T>::get().iter().all(|(who, seals)| held.get(who) == Some(seals));
		let short = HeldBack::<T>::get().len() < held.len().min(T::MaxValidators::get() as usize);
		ensure!(exact && !short, "who is held back differs from the contested votes and the shut seals");
		let oldest_open = Rounds::<T>::iter_keys().all(|id| id >= oldest);
		ensure!(oldest_open, "an open round is forgotten");
		Ok(shut)
	}

	fn try_agenda() -> Result<(), TryRuntimeError> {
		let mut tasks = 0usize;
		for (id, round) in Rounds::<T>::iter() {
			tasks = tasks.saturating_add(1);
			let task = round.deadline(id);
			ensure!(Agenda::<T>::get(round.deadline_at).contains(&task), "an open round has no deadline");
		}
		for (subject, agreement) in Agreements::<T>::iter() {
			tasks = tasks.saturating_add(1);
			let due = Agenda::<T>::get(agreement.final_at).contains(&Deadline::Window(subject));
			ensure!(due, "an agreement's window has no end");
		}
		ensure!(Agenda::<T>::iter_values().flatten().count() == tasks, "a task has no subject");
		Ok(())
	}
}
