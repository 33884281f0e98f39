//! Faults of validators. They are found when a round is decided, never inside one, so that nobody is punished for an open question.

use crate::{pallet::*, rounds::Outcome, types::*, AccountIdOf};
use alloc::{collections::BTreeSet, vec::Vec};
use assay_primitives::{Bonds, Fault, RoundId, Vote};
use frame_support::BoundedVec;

impl<T: Config> Pallet<T> {
	/// Tells the faults that the end of a round shows. `lead` is the vote that as many members as the threshold have cast, if no vote
	/// stands against it. Returns how many.
	pub(crate) fn find_faults(
		id: RoundId,
		round: &Round<T>,
		ballots: &[(AccountIdOf<T>, Ballot)],
		outcome: &Outcome<AccountIdOf<T>>,
		lead: Option<&Vote>,
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
		let mut tell = |who: &AccountIdOf<T>, fault: Fault| {
			faults = faults.saturating_add(1);
			T::Bonds::penalize(who, fault);
		};
		for (who, ballot) in ballots {
			if let Some(fault) = fault_of(ballot, decided, lead.is_some(), excused) {
				if matches!(fault, Fault::WrongVerdict | Fault::WrongTrace) {
					wrong.insert(who.clone());
				}
				tell(who, fault);
			}
		}
		let RoundKind::Everybody { contested: Some(contested), repeated } = round.kind else { return faults };
		if decided.is_none() && !repeated {
			return faults;
		}
		let votes = Contested::<T>::take(contested.round);
		// Where two thirds do not decide after all have been asked twice, more than half do, and a fault costs half as much.
		let majority = || most_cast(ballots).filter(|(_, cast)| cast.saturating_mul(2) > round.v).map(|(vote, _)| vote);
		let Some(judge) = decided.copied().or_else(majority) else { return faults };
		for (who, vote) in votes {
			// Whoever was wrong in both rounds has paid for this subject.
			let fault = contested_fault(&vote, &judge).filter(|_| !wrong.contains(&who));
			match fault {
				Some(Fault::WrongVerdict) if decided.is_none() => tell(&who, Fault::WrongByMajority),
				Some(fault) => tell(&who, fault),
				None => (),
			}
		}
		if decided.is_none() {
			for (who, ballot) in ballots {
				if ballot.vote.is_none() && ballot.commit.is_none() && ballot.signal.is_none() {
					tell(who, Fault::NoJudge);
				}
			}
		}
		faults
	}
}

/// The vote that most members have cast, and how many have.
fn most_cast<A>(ballots: &[(A, Ballot)]) -> Option<(Vote, u32)> {
	let votes: Vec<Vote> = ballots.iter().filter_map(|(_, ballot)| ballot.vote).collect();
	let cast = |vote: &Vote| votes.iter().filter(|other| *other == vote).count() as u32;
	votes.iter().map(|vote| (*vote, cast(vote))).max_by_key(|(_, cast)| *cast)
}

/// What a voter did wrong in a round that ended, given the vote that it decided on, whether as many members as the threshold have
/// agreed, and whether silence is excused.
fn fault_of(ballot: &Ballot, decided: Option<&Vote>, agreed: bool, excused: bool) -> Option<Fault> {
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
		// Where fewer have opened their votes, it may be the network, or one who keeps all of its own shut: time will show.
		(None, Some(_)) => agreed.then_some(Fault::NotRevealed),
		// Who says that it lacks something is not silent: it is not paid, and that is all.
		(None, None) => (!excused && !ballot.auditor && ballot.signal.is_none()).then_some(Fault::Silent),
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
