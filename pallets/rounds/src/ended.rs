//! Rounds that have ended, kept for an era: seals that were shut are opened or paid for.

use crate::{pallet::*, rounds::Outcome, subjects::Subjects, types::*, AccountIdOf, WeightInfo};
use alloc::vec::Vec;
use assay_primitives::{hash, infr::AuthorityId, Bonds, Fault, RoundId};
use frame_support::{traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::Saturating;

/// Sessions in an era in which a validator has left seals shut where the others agree, when it is barred from committees and audits.
const SHUT_SESSIONS: u32 = 3;
/// Rounds that are looked at in one block, to forget them.
const FORGOTTEN_PER_BLOCK: u32 = 128;

impl<T: Config> Pallet<T> {
	/// Keeps a round that has ended until its shut seals have had their time, and of one that decides nothing the votes that were opened,
	/// too: what is decided in the end judges them. Returns whose seals are shut.
	pub(crate) fn keep_ended(
		id: RoundId,
		round: &Round<T>,
		ballots: &[(AccountIdOf<T>, Ballot)],
		outcome: &Outcome<AccountIdOf<T>>,
		agreed: bool,
		now: BlockNumberFor<T>,
	) -> Vec<AccountIdOf<T>> {
		// A window that closed with too few seals opens none of them.
		let opens = round.phase == Phase::Revealing;
		let undecided = *outcome == Outcome::Silence;
		let (mut shut, mut seals, mut held_back) = (Vec::new(), Vec::new(), Vec::new());
		for (validator, ballot) in ballots {
			let Ballot { commit, late, twice, .. } = *ballot;
			let opening = match ballot.vote {
				Some(vote) if undecided => Opening::Open(vote.verdict),
				Some(_) => Opening::Done,
				None if commit.is_some() && !opens => Opening::Done,
				None => Opening::Shut,
			};
			let seal = EndedSeal {
				validator: validator.clone(),
				auditor: ballot.auditor,
				commit: commit.or(late),
				late: late.is_some(),
				opening,
				twice,
				signalled: ballot.auditor && ballot.signal.is_some(),
			};
			if seal.shut().is_some() {
				Duties::<T>::insert(&ballot.key, id, validator);
				if !agreed {
					held_back.push(validator);
					Self::deposit_event(Event::LeftShut { round: id, validator: validator.clone() });
				}
			}
			if opens && ballot.is_shut() {
				shut.push(validator.clone());
				if agreed {
					Self::count_shut(validator, round.session, now);
				}
			}
			seals.push(seal);
		}
		Self::hold_back(held_back);
		let ended = EndedRound {
			subject: round.subject,
			session: round.session,
			seed: round.seed,
			terms: round.terms,
			ended_at: now,
			audits: round.audits,
			outside: round.outside,
			together: !agreed,
			withheld: false,
			agreed: match outcome {
				Outcome::Agreement { vote, .. } if !round.kind.is_everybody() => Some(*vote),
				_ => None,
			},
			// Members and auditors are validators of one session, whose number is bounded.
			seals: BoundedVec::truncate_from(seals),
		};
		EndedRounds::<T>::insert(id, ended);
		shut
	}

	/// Counts a session in which a validator has left a seal shut where the others agreed. It makes all of them draw again, for a trifle.
	fn count_shut(validator: &AccountIdOf<T>, session: u32, now: BlockNumberFor<T>) {
		let era = T::LateWindow::get().into();
		ShutCounts::<T>::mutate(|counts| {
			counts.retain(|count| now < count.since.saturating_add(era));
			let Some(count) = counts.iter_mut().find(|count| count.validator == *validator) else {
				let count = ShutCount { validator: validator.clone(), since: now, session, sessions: 1 };
				// As many places as a session has validators. Whoever finds none is counted the next time.
				let _ = counts.try_push(count);
				return;
			};
			if count.session == session {
				return;
			}
			count.session = session;
			count.sessions = count.sessions.saturating_add(1);
			if count.sessions == SHUT_SESSIONS {
				let until = count.since.saturating_add(era);
				Self::deposit_event(Event::Barred { validator: validator.clone(), until });
			}
		});
	}

	/// Votes of these validators are to be judged, or their seals are shut in a round in which fewer than the threshold have opened equal votes.
	/// Until that is over their bonds are staked on them, and they are in no other committee: where one is drawn, its seat stays empty. They may
	/// audit: whoever has others held back has them audit all the same.
	pub(crate) fn hold_back<'a>(validators: impl IntoIterator<Item = &'a AccountIdOf<T>>) {
		HeldBack::<T>::mutate(|held| {
			for validator in validators {
				match held.iter_mut().find(|(who, _)| who == validator) {
					Some((_, votes)) => *votes = votes.saturating_add(1),
					// As many places as a session has validators. Whoever finds none is only not held back.
					None => {
						let _ = held.try_push((validator.clone(), 1));
					}
				}
			}
		});
	}

	/// Such votes are judged, such seals open or paid for.
	pub(crate) fn let_go<'a>(validators: impl IntoIterator<Item = &'a AccountIdOf<T>>) {
		HeldBack::<T>::mutate(|held| {
			for validator in validators {
				if let Some((_, votes)) = held.iter_mut().find(|(who, _)| who == validator) {
					*votes = votes.saturating_sub(1);
				}
			}
			held.retain(|(_, votes)| *votes > 0);
		});
	}

	/// More than half of all could not get the input that the votes of a round are about.
	pub(crate) fn note_withheld(round: RoundId) {
		EndedRounds::<T>::mutate(round, |ended| {
			if let Some(ended) = ended {
				ended.withheld = true;
			}
		});
	}

	/// Auditors of a contested round that could not get bytes which two thirds of all had. Nobody is barred for that: who withholds an input
	/// until they have signalled could bar all that are honest.
	pub(crate) fn idle_auditors(round: RoundId) -> Vec<AccountIdOf<T>> {
		let seals = EndedRounds::<T>::get(round).map(|ended| ended.seals).unwrap_or_default();
		seals.into_iter().filter(|seal| seal.signalled).map(|seal| seal.validator).collect()
	}

	/// The agreement and the key that signs, if a validator that says it has drawn itself in the round may say that it cannot get the input.
	/// Bytes that travelled in a call are no input that anybody lacks.
	pub(crate) fn live_lack(
		signal: &Signal,
		validator: &AccountIdOf<T>,
		session: u32,
	) -> Option<(T::Subject, Agreement<T>, AuthorityId)> {
		if signal.kind != SignalKind::InputUnavailable || signal.proof.is_none() {
			return None;
		}
		let ended = EndedRounds::<T>::get(signal.round).filter(|ended| ended.session == session)?;
		let known = |seal: &EndedSeal<AccountIdOf<T>>| seal.validator == *validator && seal.signalled;
		if ended.seals.iter().any(known) || !T::Subjects::terms(&ended.subject)?.fetched {
			return None;
		}
		let open = |agreement: &Agreement<T>| agreement.decision.round == signal.round && !agreement.decision.escalated;
		let agreement = Self::contestable(&ended.subject).filter(open)?;
		let may = Self::may_object(&agreement, validator) && !agreement.kept_out.contains(validator);
		may.then_some((ended.subject, agreement, Self::session_key(session, validator)?))
	}

	/// An auditor cannot get the input that others have agreed on. All look for it, and judge who has voted.
	pub(crate) fn lack(signal: Signal, validator: &AccountIdOf<T>, subject: T::Subject, agreement: Agreement<T>) {
		let Signal { round, kind, .. } = signal;
		EndedRounds::<T>::mutate(round, |ended| {
			let Some(ended) = ended else { return };
			match ended.seals.iter_mut().find(|seal| seal.validator == *validator) {
				Some(seal) => seal.signalled = true,
				None => {
					let seal = EndedSeal {
						validator: validator.clone(),
						auditor: true,
						commit: None,
						late: false,
						opening: Opening::Shut,
						twice: false,
						signalled: true,
					};
					// As many places as a session has validators.
					let _ = ended.seals.try_push(seal);
				}
			}
		});
		Self::deposit_event(Event::Signalled { round, validator: validator.clone(), kind });
		if !Challenged::<T>::contains_key(subject) {
			Self::contest(subject, agreement, None);
		}
	}

	/// Validators that are in no committee and audit nothing for now.
	pub(crate) fn barred(now: BlockNumberFor<T>) -> Vec<AccountIdOf<T>> {
		let era = T::LateWindow::get().into();
		let is_barred = |count: &ShutCount<AccountIdOf<T>, BlockNumberFor<T>>| {
			count.sessions >= SHUT_SESSIONS && now < count.since.saturating_add(era)
		};
		ShutCounts::<T>::get().into_iter().filter(is_barred).map(|count| count.validator).collect()
	}

	/// The key of a validator whose seal of a round that has ended is shut.
	pub(crate) fn late_key(id: RoundId, validator: &AccountIdOf<T>, session: u32) -> Option<AuthorityId> {
		let ended = EndedRounds::<T>::get(id).filter(|ended| ended.session == session)?;
		ended.seals.iter().find(|seal| seal.validator == *validator && seal.shut().is_some())?;
		Self::session_key(session, validator)
	}

	/// The round that has ended, if this reveal opens one of its shut seals.
	pub(crate) fn live_late(reveal: &Reveal, validator: &AccountIdOf<T>, session: u32) -> Option<EndedRound<T>> {
		let ended = EndedRounds::<T>::get(reveal.round).filter(|ended| ended.session == session)?;
		let commit = hash::commitment(&Self::genesis(), reveal.round, validator, &reveal.vote, &reveal.salt);
		let opens = |seal: &EndedSeal<AccountIdOf<T>>| seal.validator == *validator && seal.shut() == Some(commit);
		let opens = reveal.output.is_none() && ended.seals.iter().any(opens);
		opens.then_some(ended)
	}

	/// Notes the verdict of a vote that is opened after its round.
	pub(crate) fn open_late(reveal: Reveal, validator: &AccountIdOf<T>, mut ended: EndedRound<T>) {
		let (round, vote) = (reveal.round, reveal.vote);
		let verdict = vote.verdict;
		// A validator that sealed after its time may have looked at the others' votes first, so that its vote counts as
		// an objection.
		let mut part = Part::Objector;
		if let Some(seal) = ended.seals.iter_mut().find(|seal| seal.validator == *validator) {
			seal.opening = Opening::Open(verdict);
			if !seal.late {
				part = Part::Auditor;
			}
		}
		if let Some(key) = Self::session_key(ended.session, validator) {
			Duties::<T>::remove(key, round);
		}
		if ended.together {
			Self::let_go([validator]);
		}
		let subject = ended.subject;
		EndedRounds::<T>::insert(round, ended);
		Self::deposit_event(Event::OpenedLate { round, validator: validator.clone(), verdict });
		// A vote that was sealed in the round that agreed is heard for as long as the agreement may be disputed.
		let stands_against = |agreement: &Agreement<T>| {
			agreement.decision.round == round && !agreement.decision.escalated && agreement.vote != vote
		};
		if let Some(agreement) = Self::contestable(&subject).filter(stands_against) {
			Self::object(subject, ContestedVote { voter: validator.clone(), vote, part }, agreement);
		}
	}

	/// Forgets rounds whose time is over, in the order in which they were drawn: a later one waits for an earlier one that is still open.
	/// Stops after one in which there are faults. Returns what that weighs.
	pub(crate) fn forget_rounds(now: BlockNumberFor<T>) -> Weight {
		let mut weight = Weight::zero();
		let reopened = Reopened::<T>::get();
		let (first, next) = (OldestRound::<T>::get(), NextRound::<T>::get());
		let mut id = first;
		for _ in 0..FORGOTTEN_PER_BLOCK {
			if id >= next {
				break;
			}
			let faults = match EndedRounds::<T>::get(id) {
				Some(ended) if now < ended.ended_at.saturating_add(T::LateWindow::get().into()) => break,
				// The decision is in question: a validator that opened another verdict may have been right.
				Some(ended) if reopened.iter().any(|open| open.subject == ended.subject) => break,
				Some(ended) => Self::settle_ended(id, ended),
				None if Rounds::<T>::contains_key(id) => break,
				// Its subject was gone when it was drawn.
				None => 0,
			};
			weight.saturating_accrue(T::WeightInfo::close_commits());
			weight.saturating_accrue(T::PenaltyWeight::get().saturating_mul(faults.into()));
			id = id.saturating_add(1);
			if faults > 0 {
				break;
			}
		}
		if id != first {
			OldestRound::<T>::put(id);
		}
		weight
	}

	/// The time of a round's shut seals is over: who has not opened its own, or has opened another verdict than the one that was
	/// decided, is at fault. Returns how many are.
	fn settle_ended(id: RoundId, ended: EndedRound<T>) -> u32 {
		EndedRounds::<T>::remove(id);
		if ended.together {
			let shut = ended.seals.iter().filter(|seal| seal.shut().is_some());
			Self::let_go(shut.map(|seal| &seal.validator));
		}
		let mut faults = 0u32;
		for EndedSeal { validator, commit, opening, .. } in &ended.seals {
			let fault = match (commit, opening) {
				(Some(_), Opening::Shut) => {
					if let Some(key) = Self::session_key(ended.session, validator) {
						Duties::<T>::remove(key, id);
					}
					Some(if ended.together { Fault::ShutTogether } else { Fault::StillShut })
				}
				(_, Opening::Open(verdict)) if T::Subjects::contradicts(&ended.subject, id, verdict) => {
					Some(Fault::WrongVerdict)
				}
				// Whoever opens a vote when nobody can judge it any more, for want of the input, had that input.
				(_, Opening::Open(_)) if ended.withheld => Some(Fault::Withheld),
				_ => None,
			};
			if let Some(fault) = fault {
				faults = faults.saturating_add(1);
				T::Bonds::penalize(validator, fault);
			}
		}
		faults
	}
}
