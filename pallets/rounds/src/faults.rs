//! Faults of validators. They are found when a round is decided, never inside one, so that nobody is punished for an open question.

use crate::{agenda, pallet::*, rounds::Outcome, subjects::Subjects, types::*, AccountIdOf, WeightInfo};
use alloc::{collections::BTreeSet, vec::Vec};
use assay_primitives::{hash, infr::AuthorityId, Bonds, Fault, RoundId, Vote};
use frame_support::{traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;

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

	/// Keeps the seals that are shut at the end of a round until their time to be opened is over, and of a round that decides nothing the
	/// votes that were opened: what is decided in the end judges them. Returns whose seals are shut.
	pub(crate) fn keep_shut(
		id: RoundId,
		round: &Round<T>,
		ballots: &[(AccountIdOf<T>, Ballot)],
		agreed: bool,
		undecided: bool,
		now: BlockNumberFor<T>,
	) -> Vec<AccountIdOf<T>> {
		// A window that closed with too few seals opens none of them.
		if round.phase != Phase::Revealing {
			return Vec::new();
		}
		let kept = ballots.iter().filter(|(_, ballot)| ballot.is_shut() || undecided && ballot.vote.is_some());
		let seals = kept.filter_map(|(validator, ballot)| {
			let opened = ballot.vote.map(|vote| vote.verdict);
			Some(ShutSeal { validator: validator.clone(), key: ballot.key.clone(), commit: ballot.commit?, opened })
		});
		// Members and auditors are validators of one session, whose number is bounded.
		let seals = BoundedVec::truncate_from(seals.collect::<Vec<_>>());
		if !seals.is_empty() {
			let kept = ShutRound { subject: round.subject, session: round.session, together: !agreed, seals };
			ShutRounds::<T>::insert(id, kept);
			let at = now.saturating_add(T::LateWindow::get().into());
			agenda::schedule::<ShutAgenda<T>, _, _, _>(at, id);
		}
		ballots.iter().filter(|(_, ballot)| ballot.is_shut()).map(|(validator, _)| validator.clone()).collect()
	}

	/// The key of a validator whose seal of a round that has ended is shut.
	pub(crate) fn late_key(id: RoundId, validator: &AccountIdOf<T>, session: u32) -> Option<AuthorityId> {
		let shut = ShutRounds::<T>::get(id).filter(|shut| shut.session == session)?;
		let seal = shut.seals.iter().find(|seal| seal.validator == *validator && seal.opened.is_none())?;
		Some(seal.key.clone())
	}

	/// The shut seals of a round that has ended, if this reveal opens one of them.
	pub(crate) fn live_late(reveal: &Reveal, validator: &AccountIdOf<T>, session: u32) -> Option<ShutRound<T>> {
		let shut = ShutRounds::<T>::get(reveal.round).filter(|shut| shut.session == session)?;
		let commit = hash::commitment(&Self::genesis(), reveal.round, validator, &reveal.vote, &reveal.salt);
		let opens = |seal: &ShutSeal<AccountIdOf<T>>| {
			seal.validator == *validator && seal.opened.is_none() && seal.commit == commit
		};
		let opens = reveal.output.is_none() && shut.seals.iter().any(opens);
		opens.then_some(shut)
	}

	/// Notes the verdict of a vote that is opened after its round.
	pub(crate) fn open_late(reveal: Reveal, validator: &AccountIdOf<T>, mut shut: ShutRound<T>) {
		let (round, vote) = (reveal.round, reveal.vote);
		let verdict = vote.verdict;
		if let Some(seal) = shut.seals.iter_mut().find(|seal| seal.validator == *validator) {
			seal.opened = Some(verdict);
		}
		let subject = shut.subject;
		ShutRounds::<T>::insert(round, shut);
		Self::deposit_event(Event::OpenedLate { round, validator: validator.clone(), verdict });
		// What was to be opened in the round that agreed is heard as long as the agreement may be disputed.
		let stands_against = |agreement: &Agreement<T>| {
			agreement.decision.round == round && !agreement.decision.escalated && agreement.vote != vote
		};
		if let Some(agreement) = Agreements::<T>::get(subject).filter(stands_against) {
			Self::object(Objection { subject, vote, proof: None }, validator, agreement);
		}
	}

	/// The time of the shut seals of a round is over: who has not opened its own, or has opened another verdict than the one that was
	/// decided, is at fault.
	pub(crate) fn settle_shut(id: RoundId) -> Weight {
		let Some(shut) = ShutRounds::<T>::take(id) else { return T::WeightInfo::close_commits() };
		let decided = T::Subjects::verdict(&shut.subject);
		let mut faults = 0u64;
		for ShutSeal { validator, opened, .. } in &shut.seals {
			let fault = match (opened, decided) {
				(None, _) if shut.together => Some(Fault::ShutTogether),
				(None, _) => Some(Fault::StillShut),
				(Some(verdict), Some(decided)) if *verdict != decided => Some(Fault::WrongVerdict),
				(Some(_), _) => None,
			};
			if let Some(fault) = fault {
				faults = faults.saturating_add(1);
				T::Bonds::penalize(validator, fault);
			}
		}
		T::WeightInfo::close_commits().saturating_add(T::PenaltyWeight::get().saturating_mul(faults))
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
