//! Faults of validators. They are found when a round is decided, never inside one, so that nobody is punished for an open question.

use crate::{math, pallet::*, rounds::Outcome, types::*, AccountIdOf};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use assay_primitives::{Bonds, Fault, Power, RoundId, Vote};
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
			Outcome::Contested => {
				let votes = ballots.iter().filter_map(|(who, ballot)| {
					let part = if ballot.auditor { Part::Auditor } else { Part::Member };
					Some(ContestedVote { voter: who.clone(), vote: ballot.vote?, part })
				});
				Self::keep_contested(id, votes.collect());
				None
			}
			Outcome::Silence => None,
		};
		let voted = Self::counts(ballots, |ballot| ballot.vote.is_some());
		let lacking = Self::counts(ballots, |ballot| ballot.signal.is_some());
		// The network may be at fault if too few voted, or if a third has trouble.
		let excused = voted < round.threshold || lacking.saturating_mul(3) >= round.counts();
		let mut found = Vec::new();
		let mut wrong = BTreeMap::new();
		for (who, ballot) in ballots {
			match fault_of(ballot, decided, lead.is_some(), excused) {
				Some(fault @ (Fault::WrongVerdict | Fault::WrongTrace)) => {
					wrong.insert(who.clone(), fault);
				}
				Some(fault) => found.push((who.clone(), fault)),
				None => (),
			}
		}
		let judged = match round.kind {
			RoundKind::Everybody { contested: Some(contested), repeated } if decided.is_some() || repeated => {
				Some(Self::take_contested(contested.round))
			}
			_ => None,
		};
		// If two thirds have not decided after all have been asked twice, more than half decide, and a fault costs half
		// as much.
		let majority = || most_cast(ballots).filter(|(_, cast)| math::half(*cast, round.total)).map(|(vote, _)| vote);
		let mut finders = Vec::new();
		// Those whose penalties the finders share.
		let mut caught = BTreeSet::new();
		let contested = round.kind.contested().map(|contested| contested.round);
		let without_input = Self::counts(ballots, |ballot| ballot.signal == Some(SignalKind::InputUnavailable));
		// Of a final result nobody has to keep the input: who disputes brings it.
		let kept = || Self::reopened(&round.subject).is_none();
		let withheld = decided.is_none() && math::half(without_input, round.counts()) && kept();
		if let (Some(votes), Some(contested), true) = (&judged, contested, withheld) {
			let voted = votes.iter().filter(|vote| vote.part != Part::Objector);
			found.extend(voted.map(|vote| (vote.voter.clone(), Fault::Withheld)));
			Self::note_withheld(contested);
		}
		if let (Some(contested), true) = (contested, decided.is_some()) {
			found.extend(Self::idle_auditors(contested).into_iter().map(|who| (who, Fault::SignalledInVain)));
		}
		if let Some((votes, judge)) = judged.zip(decided.copied().or_else(majority)) {
			for ContestedVote { voter, vote, part } in &votes {
				let fault = match contested_fault(vote, &judge) {
					Some(Fault::WrongVerdict) if decided.is_none() => Fault::WrongByMajority,
					Some(fault) => fault,
					None => continue,
				};
				if *part != Part::Objector {
					caught.insert(voter.clone());
				}
				// Whoever was wrong in both rounds pays once for this subject, for what costs more.
				let known = wrong.entry(voter.clone()).or_insert(fault);
				if fault.per_mille() > known.per_mille() {
					*known = fault;
				}
			}
			// A fault costs half as much if all stay below two thirds. Those who lie would get half of that by one of
			// their own.
			if decided.is_some() {
				finders = Self::finders(round.subject, ballots, &votes, &judge, &wrong);
			}
			if decided.is_none() {
				let says_nothing =
					|ballot: &Ballot| ballot.vote.is_none() && ballot.commit.is_none() && ballot.signal.is_none();
				let idle = ballots.iter().filter(|(_, ballot)| says_nothing(ballot));
				found.extend(idle.map(|(who, _)| (who.clone(), Fault::NoJudge)));
			}
		}
		Self::note_caught(&round.subject, &wrong, &caught);
		for (who, fault) in &found {
			T::Bonds::penalize(who, *fault);
		}
		for (who, fault) in &wrong {
			let finders = if caught.contains(who) { finders.as_slice() } else { &[] };
			T::Bonds::penalize_found(who, *fault, finders);
		}
		(found.len() as u32).saturating_add(wrong.len() as u32)
	}

	/// Keeps votes that all are to judge. Until they have, who cast them is in no other committee: its bond is staked on its vote.
	pub(crate) fn keep_contested(round: RoundId, votes: Vec<ContestedVote<AccountIdOf<T>>>) {
		// Voters and who objects are validators of one session, whose number is bounded.
		let votes = BoundedVec::truncate_from(votes);
		Self::hold_back(votes.iter().map(|vote| &vote.voter));
		Contested::<T>::insert(round, votes);
	}

	fn take_contested(round: RoundId) -> Vec<ContestedVote<AccountIdOf<T>>> {
		let votes = Contested::<T>::take(round);
		Self::let_go(votes.iter().map(|vote| &vote.voter));
		votes.into_inner()
	}

	/// The finders, who share half of the penalties for the wrong votes of a contested round: the auditors that had
	/// sealed the right vote in it, or, if there are none, the validators that objected to the agreement or disputed
	/// it. Not who was wrong itself, in either round: a liar would collect its own ring's penalties.
	fn finders(
		subject: T::Subject,
		ballots: &[(AccountIdOf<T>, Ballot)],
		votes: &[ContestedVote<AccountIdOf<T>>],
		judge: &Vote,
		wrong: &BTreeMap<AccountIdOf<T>, Fault>,
	) -> Vec<AccountIdOf<T>> {
		let differs = |who: &AccountIdOf<T>| {
			ballots.iter().any(|(voter, ballot)| voter == who && ballot.vote.is_some_and(|vote| vote != *judge))
		};
		let honest = |who: &AccountIdOf<T>| !wrong.contains_key(who) && !differs(who);
		let of_part = |part| votes.iter().filter(move |vote| vote.part == part).map(|vote| &vote.voter);
		let auditors: Vec<_> = of_part(Part::Auditor).filter(|who| honest(who)).cloned().collect();
		if !auditors.is_empty() {
			return auditors;
		}
		let upheld = |dispute: &Dispute<T>| dispute.verdict != judge.verdict;
		let disputer = Disputes::<T>::get(subject).filter(upheld).map(|dispute| dispute.validator);
		let mut finders: Vec<_> = of_part(Part::Objector).cloned().collect();
		finders.extend(disputer.filter(|who| !finders.contains(who)));
		finders.retain(|who| honest(who));
		finders
	}
}

/// The vote for which most was cast, and how much.
fn most_cast<A>(ballots: &[(A, Ballot)]) -> Option<(Vote, Power)> {
	let votes: Vec<_> = ballots.iter().filter_map(|(_, ballot)| Some((ballot.vote?, ballot.counts))).collect();
	let cast = |vote: &Vote| math::sum(votes.iter().filter(|(other, _)| other == vote).map(|(_, counts)| *counts));
	votes.iter().map(|(vote, _)| (*vote, cast(vote))).max_by_key(|(_, cast)| *cast)
}

/// The fault of a voter in a round that ended. `decided` is the vote that the round decided on, `agreed` says that as
/// many members as the threshold have agreed, and `excused` that silence is no fault.
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
		// If fewer have opened their votes, the cause may be the network, or one validator that keeps all of its own
		// seals shut: time will show.
		(None, Some(_)) => agreed.then_some(Fault::NotRevealed),
		// Whoever lacks what the others had may do so twice. An auditor is not at fault: its signal has all validators
		// look for the bytes.
		(None, None) if ballot.signal.is_some() => (agreed && !excused && !ballot.auditor).then_some(Fault::Signalled),
		(None, None) => (!excused && !ballot.auditor).then_some(Fault::Silent),
	}
}

/// The fault of a vote of a contested round, given the vote that everybody decided on.
fn contested_fault(vote: &Vote, decided: &Vote) -> Option<Fault> {
	if vote.verdict != decided.verdict {
		Some(Fault::WrongVerdict)
	} else if Some(vote.trace_digest) != decided.contested_digest {
		Some(Fault::WrongTrace)
	} else {
		None
	}
}
