//! Faults of validators. They are found when a round is decided, never inside one, so that nobody is punished for an open question.

use crate::{agenda, pallet::*, rounds::Outcome, subjects::Subjects, types::*, AccountIdOf, WeightInfo};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
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
				let votes = ballots.iter().filter_map(|(who, ballot)| {
					let part = if ballot.auditor { Part::Auditor } else { Part::Member };
					Some(ContestedVote { voter: who.clone(), vote: ballot.vote?, part })
				});
				// Members are validators of one session, whose number is bounded.
				Contested::<T>::insert(id, BoundedVec::truncate_from(votes.collect()));
				None
			}
			Outcome::Silence => None,
		};
		let voted = ballots.iter().filter(|(_, ballot)| ballot.vote.is_some() && !ballot.auditor).count() as u32;
		// Where too few voted, or a third has trouble, it may be the network.
		let excused = voted < round.threshold || round.signals.saturating_mul(3) >= round.members;
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
				Some(Contested::<T>::take(contested.round))
			}
			_ => None,
		};
		// Where two thirds do not decide after all have been asked twice, more than half do, and a fault costs half as much.
		let majority = || most_cast(ballots).filter(|(_, cast)| cast.saturating_mul(2) > round.v).map(|(vote, _)| vote);
		let mut finders = Vec::new();
		// Those whose penalties the finders share.
		let mut caught = BTreeSet::new();
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
			finders = Self::finders(round.subject, ballots, &votes, &judge, &wrong);
			if decided.is_none() {
				let says_nothing =
					|ballot: &Ballot| ballot.vote.is_none() && ballot.commit.is_none() && ballot.signal.is_none();
				let idle = ballots.iter().filter(|(_, ballot)| says_nothing(ballot));
				found.extend(idle.map(|(who, _)| (who.clone(), Fault::NoJudge)));
			}
		}
		for (who, fault) in &found {
			T::Bonds::penalize(who, *fault);
		}
		for (who, fault) in &wrong {
			let finders = if caught.contains(who) { finders.as_slice() } else { &[] };
			T::Bonds::penalize_found(who, *fault, finders);
		}
		(found.len() as u32).saturating_add(wrong.len() as u32)
	}

	/// Who is to share half of what the wrong votes of a contested round cost: the auditors that had sealed the right vote in it; where there
	/// are none, those who objected to the agreement and who disputed it. Not who was wrong itself, in either round: a liar would collect its
	/// own ring's penalties.
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
		if let Some(agreement) = Self::contestable(&subject).filter(stands_against) {
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
