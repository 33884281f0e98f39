//! Faults of validators. They are found when a round is decided, never inside one, so that nobody is punished for an open question.

use crate::{pallet::*, rounds::Outcome, types::*, AccountIdOf};
use alloc::collections::BTreeSet;
use assay_primitives::{Bonds, Fault, RoundId, Vote};
use frame_support::BoundedVec;

impl<T: Config> Pallet<T> {
	/// Tells the faults that the end of a round shows. Returns how many.
	pub(crate) fn find_faults(
		id: RoundId,
		round: &Round<T>,
		ballots: &[(AccountIdOf<T>, Ballot)],
		outcome: &Outcome<AccountIdOf<T>>,
	) -> u32 {
		let decided = match outcome {
			Outcome::Agreement { vote, .. } => Some(vote),
			Outcome::Contradiction => {
				let votes = ballots.iter().filter_map(|(who, ballot)| Some((who.clone(), ballot.vote?))).collect();
				// Members are validators of one session, whose number is bounded.
				Contested::<T>::insert(id, BoundedVec::truncate_from(votes));
				None
			}
			Outcome::Silence => None,
		};
		let voted = ballots.iter().filter(|(_, ballot)| ballot.vote.is_some() && !ballot.auditor).count() as u32;
		// Where too few voted, or a third has trouble, it may be the network.
		let excused = voted < round.threshold || round.signals.saturating_mul(3) >= round.members;
		let mut wrong = BTreeSet::new();
		let mut faults = 0u32;
		for (who, ballot) in ballots {
			if let Some(fault) = fault_of(round, ballot, decided, excused) {
				if matches!(fault, Fault::WrongVerdict | Fault::WrongTrace) {
					wrong.insert(who.clone());
				}
				faults = faults.saturating_add(1);
				T::Bonds::penalize(who, fault);
			}
		}
		let RoundKind::Escalation { contested, .. } = round.kind else { return faults };
		let votes = Contested::<T>::take(contested);
		let Some(decided) = decided else { return faults };
		for (who, vote) in votes {
			// Whoever was wrong in both rounds has paid for this subject.
			if let Some(fault) = contested_fault(&vote, decided).filter(|_| !wrong.contains(&who)) {
				faults = faults.saturating_add(1);
				T::Bonds::penalize(&who, fault);
			}
		}
		faults
	}
}

/// What a member did wrong in a round that ended, given the vote that it decided on and whether silence is excused.
fn fault_of<T: Config>(round: &Round<T>, ballot: &Ballot, decided: Option<&Vote>, excused: bool) -> Option<Fault> {
	match (ballot.vote, ballot.commit) {
		(Some(vote), _) => {
			let decided = decided?;
			if vote.verdict != decided.verdict {
				Some(Fault::WrongVerdict)
			} else if vote != *decided {
				Some(Fault::WrongTrace)
			} else {
				None
			}
		}
		(None, Some(_)) => round.closed.then_some(Fault::NotRevealed),
		// Who says that it lacks something is not silent: it is not paid, and that is all.
		(None, None) => (!excused && ballot.signal.is_none()).then_some(Fault::Silent),
	}
}

/// What a vote of a contested round got wrong, given the vote that everybody decided on.
fn contested_fault(vote: &Vote, decided: &Vote) -> Option<Fault> {
	if vote.verdict != decided.verdict {
		Some(Fault::WrongVerdict)
	} else if Some(vote.trace_digest) != decided.contested_digest {
		Some(Fault::WrongTrace)
	} else {
		None
	}
}
