//! Rounds: draw, deadlines, outcome. One mechanism for everything that is attested.

use crate::{agenda, math, pallet::*, subjects::*, types::*, AccountIdOf, WeightInfo};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{h, infr::AuthorityId, Hash32, RoundId, Verdict, Vote};
use codec::Encode;
use frame_support::{pallet_prelude::*, traits::ValidatorSet};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Saturating, Zero};

/// Blocks after the shortest commit window in which late members may still commit.
const COMMIT_GRACE: u32 = 4;
/// Blocks in which a closed round's votes are to be revealed.
pub(crate) const REVEAL_WINDOW: u32 = 4;
/// How a round ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome<AccountId> {
	/// Enough equal votes, and for a drawn electorate no other.
	Agreement {
		/// The vote.
		vote: Vote,
		/// Members who cast it.
		voters: Vec<AccountId>,
		/// Auditors who cast it.
		auditors: Vec<AccountId>,
	},
	/// Two votes differ.
	Contradiction,
	/// Too few votes.
	Silence,
}

impl<T: Config> Pallet<T> {
	/// Hash of block 0.
	pub fn genesis() -> Hash32 {
		Self::hash_bytes(frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()))
	}

	/// Bytes of a block hash.
	pub fn hash_bytes(hash: T::Hash) -> Hash32 {
		let mut out = [0u8; 32];
		out.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
		out
	}

	/// Key of a round's trace digests.
	pub fn trace_key(id: RoundId, round: &Round<T>) -> Hash32 {
		assay_primitives::hash::trace_key(&Self::genesis(), &round.subject, id, &round.seed)
	}

	/// Draws what an earlier block asked for, from the VRF outputs of its author and this block's.
	pub(crate) fn draw_due(now: BlockNumberFor<T>) {
		let Some(vrf) = T::AuthorVrf::get() else {
			// No randomness in this block: the draws wait, together with what the block asked for.
			return;
		};
		Self::draw_now(now, vrf);
	}

	/// Draws with this block's VRF output.
	pub(crate) fn draw_now(now: BlockNumberFor<T>, vrf: Hash32) {
		let last = LastVrf::<T>::get();
		LastVrf::<T>::put(vrf);
		let due = DueDraws::<T>::get();
		DueDraws::<T>::put(NewDraws::<T>::take());
		if due.is_empty() {
			return;
		}
		let electors = Electors::<T>::get();
		let session = T::ValidatorSet::session_index();
		for draw in due {
			Self::draw(draw, &electors, session, &last, &vrf, now);
		}
	}

	/// Members that a draw asks for. `None` for a subject that there is not.
	pub(crate) fn wanted(draw: &PendingDraw<T::Subject>, validators: u32) -> Option<u32> {
		match draw.kind {
			RoundKind::Committee => T::Subjects::terms(&draw.subject).map(|terms| terms.members),
			RoundKind::Escalation { .. } => Some(validators),
		}
	}

	pub(crate) fn draw(
		draw: PendingDraw<T::Subject>,
		electors: &[(AccountIdOf<T>, AuthorityId)],
		session: u32,
		last: &Hash32,
		vrf: &Hash32,
		now: BlockNumberFor<T>,
	) {
		let id = NextRound::<T>::get();
		NextRound::<T>::put(id.saturating_add(1));
		let seed = h("assay/seed", (last, vrf, id));
		let v = electors.len() as u32;
		let Some(terms) = T::Subjects::terms(&draw.subject) else { return };
		let (wanted, audits, patience) = match draw.kind {
			RoundKind::Committee => (terms.members, terms.audits, terms.patience),
			RoundKind::Escalation { .. } => (v, 0, None),
		};
		let growth = if patience.is_some() { 0 } else { terms.growth };
		let drawn = math::draw(&seed, v, wanted);
		let members = drawn.len() as u32;
		let threshold = math::quorum(members);
		let commit_min = now.saturating_add(1u32.saturating_add(growth).into());
		let grace = patience.unwrap_or(COMMIT_GRACE.saturating_add(growth));
		let commit_end = commit_min.saturating_add(grace.into());
		let deadline_at = Self::schedule(commit_end.saturating_add(1u32.into()), Deadline::Commits(id));
		let round = Round::<T> {
			subject: draw.subject,
			kind: draw.kind,
			seed,
			session,
			v,
			members,
			threshold,
			audits,
			commit_min,
			commit_end,
			reveal_end: commit_end.saturating_add(Self::reveal_window(growth)),
			commits: 0,
			auditors: 0,
			reveals: 0,
			signals: 0,
			growth,
			closed: false,
			deadline_at,
		};
		for index in drawn {
			if let Some((account, key)) = electors.get(index as usize) {
				let ballot = Ballot { key: key.clone(), commit: None, vote: None, signal: None, auditor: false };
				Ballots::<T>::insert(id, account, ballot);
				Duties::<T>::insert(key, id, account);
			}
		}
		Rounds::<T>::insert(id, round);
		let stage = match draw.kind {
			RoundKind::Committee => Stage::Voting(id),
			RoundKind::Escalation { .. } => Stage::Escalated(Some(id)),
		};
		Self::set_stage(&draw.subject, stage);
		Self::deposit_event(Event::RoundDrawn {
			round: id,
			subject: draw.subject,
			kind: draw.kind,
			members,
			threshold,
		});
	}

	fn reveal_window(growth: u32) -> BlockNumberFor<T> {
		REVEAL_WINDOW.saturating_add(growth).into()
	}

	fn schedule(at: BlockNumberFor<T>, task: Deadline<T::Subject>) -> BlockNumberFor<T> {
		agenda::schedule::<Agenda<T>, _, _, _>(at, task)
	}

	/// Does what is due. Returns its weight.
	pub(crate) fn perform(task: Deadline<T::Subject>, now: BlockNumberFor<T>) -> Weight {
		match task {
			Deadline::Commits(id) => Self::commit_deadline(id, now),
			Deadline::Reveals(id) => {
				if Rounds::<T>::get(id).is_some_and(|round| round.closed && now > round.reveal_end) {
					Self::conclude(id, now)
				} else {
					T::WeightInfo::close_commits()
				}
			}
			Deadline::Window(subject) => Self::end_window(subject, now),
		}
	}

	fn commit_deadline(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		if let Some(mut round) = Rounds::<T>::get(id).filter(|round| !round.closed && now > round.commit_end) {
			if round.commits < round.threshold {
				return Self::conclude(id, now);
			}
			// The block before this one, unless a full agenda has put the deadline off: the reveal window begins here either way.
			let end = now.saturating_sub(1u32.into());
			Self::close_commits(id, &mut round, end);
			Rounds::<T>::insert(id, round);
		}
		T::WeightInfo::close_commits()
	}

	/// Closes the commit window with the end of block `end`.
	pub(crate) fn close_commits(id: RoundId, round: &mut Round<T>, end: BlockNumberFor<T>) {
		agenda::unschedule::<Agenda<T>, _, _, _>(round.deadline_at, &Deadline::Commits(id));
		round.closed = true;
		round.commit_end = end;
		round.reveal_end = end.saturating_add(Self::reveal_window(round.growth));
		round.deadline_at = Self::schedule(round.reveal_end.saturating_add(1u32.into()), Deadline::Reveals(id));
	}

	/// Decides a round from its ballots and removes it. Returns the weight of that.
	pub(crate) fn conclude(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		let Some(round) = Rounds::<T>::take(id) else { return Weight::zero() };
		let deadline = if round.closed { Deadline::Reveals(id) } else { Deadline::Commits(id) };
		agenda::unschedule::<Agenda<T>, _, _, _>(round.deadline_at, &deadline);
		let ballots: Vec<_> = Ballots::<T>::drain_prefix(id).take(round.voters() as usize).collect();
		for (_, ballot) in &ballots {
			Duties::<T>::remove(&ballot.key, id);
		}
		let outcome = Self::outcome(&round, &ballots);
		let faults = Self::find_faults(id, &round, &ballots, &outcome);
		let product = match &outcome {
			Outcome::Agreement { vote: Vote { verdict: Verdict::Output { result_hash, .. }, .. }, .. } => {
				Products::<T>::get(id, result_hash)
			}
			_ => None,
		};
		// One product for each verdict at most, so never more than voters.
		let _ = Products::<T>::clear_prefix(id, round.voters(), None);
		let bytes = product.as_ref().map_or(0, |product| product.output.inline_len());
		let voters = ballots.len() as u32;
		let after = Self::follow(id, &round, outcome, product, &ballots, now);
		Self::end_weight(voters, bytes, faults).saturating_add(after)
	}

	/// What follows for the subject from the outcome of a round. Returns the weight of that.
	fn follow(
		id: RoundId,
		round: &Round<T>,
		outcome: Outcome<AccountIdOf<T>>,
		product: Option<Product>,
		ballots: &[(AccountIdOf<T>, Ballot)],
		now: BlockNumberFor<T>,
	) -> Weight {
		let subject = round.subject;
		let escalated = matches!(round.kind, RoundKind::Escalation { .. });
		let signalled = |kind| ballots.iter().filter(move |(_, ballot)| ballot.signal == Some(kind));
		let lacking = signalled(SignalKind::ModelUnavailable).map(|(who, _)| who.clone()).collect();
		let agreed = matches!(outcome, Outcome::Agreement { .. });
		T::Subjects::round_ended(&subject, agreed, lacking, round.v);
		let Some(terms) = T::Subjects::terms(&subject) else { return Weight::zero() };
		match outcome {
			Outcome::Contradiction => {
				Self::escalate(subject, id, Self::trace_key(id, round));
				Weight::zero()
			}
			Outcome::Silence if escalated => {
				Self::settle_dispute(subject, None);
				Self::conclude_subject(subject, Conclusion::Unresolved)
			}
			Outcome::Silence => {
				let without_input = signalled(SignalKind::InputUnavailable).count() as u32;
				Self::redraw_or_give_up(id, subject, &terms, round.members, without_input)
			}
			Outcome::Agreement { vote, voters, auditors } => {
				if escalated {
					Self::settle_dispute(subject, Some(&vote.verdict));
				}
				let decision = Decision {
					round: id,
					verdict: vote.verdict,
					votes: voters.len() as u32,
					k: round.members,
					q: round.threshold,
					v: round.v,
					escalated,
				};
				let agreement = Agreement {
					decision,
					final_at: now,
					key: Self::trace_key(id, round),
					vote,
					// Members and auditors are validators of one session, whose number is bounded.
					voters: BoundedVec::truncate_from(voters),
					auditors: BoundedVec::truncate_from(auditors),
				};
				Self::agree(subject, &terms, agreement, round.growth, product, now)
			}
		}
	}

	fn outcome(round: &Round<T>, ballots: &[(AccountIdOf<T>, Ballot)]) -> Outcome<AccountIdOf<T>> {
		let mut votes: BTreeMap<Vec<u8>, (Vote, Vec<AccountIdOf<T>>, Vec<AccountIdOf<T>>)> = BTreeMap::new();
		for (account, ballot) in ballots {
			if let Some(vote) = ballot.vote {
				let (_, voters, auditors) = votes.entry(vote.encode()).or_insert((vote, Vec::new(), Vec::new()));
				if ballot.auditor { auditors } else { voters }.push(account.clone());
			}
		}
		let several = votes.len() > 1;
		let best = votes.into_values().max_by_key(|(_, voters, _)| voters.len());
		match (round.kind, best) {
			(RoundKind::Committee, _) if several => Outcome::Contradiction,
			(_, Some((vote, voters, auditors))) if voters.len() as u32 >= round.threshold => {
				Outcome::Agreement { vote, voters, auditors }
			}
			_ => Outcome::Silence,
		}
	}
}
