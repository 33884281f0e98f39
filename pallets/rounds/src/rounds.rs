//! Rounds: draw, deadlines, outcome. One mechanism for everything that is attested.

use crate::{agenda, math, pallet::*, standings::Lacking, subjects::*, types::*, AccountIdOf, WeightInfo};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{h, infr::AuthorityId, Hash32, Power, RoundId, Verdict, Vote, Window};
use codec::Encode;
use frame_support::{pallet_prelude::*, traits::ValidatorSet};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Saturating, Zero};

/// Blocks after the shortest commit window in which late members may still commit.
const COMMIT_GRACE: u32 = 4;
/// Blocks in which a closed round's votes are to be revealed.
const REVEAL_WINDOW: u32 = 16;
/// Blocks in which auditors may seal, after the members have.
const AUDIT_WINDOW: u32 = 3;
/// Blocks after the shortest commit window in which a round that repeats another takes seals.
const REPEAT_GRACE: u32 = 100;
/// Blocks by which the time for reveals is longer at a time, where a seal is shut and few authors have made all its blocks.
const MORE_REVEALS: u32 = 2;
/// Blocks that it lasts at most.
const MOST_REVEALS: u32 = 100;

/// The outcome of a round.
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
	/// Two votes differ, or auditors could not get the bytes that the votes are about: all judge the votes.
	Contested,
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
			RoundKind::Committee => T::Subjects::terms(&draw.subject).map(|terms| terms.electorate(validators)),
			RoundKind::Everybody { .. } => Some(validators),
		}
	}

	pub(crate) fn draw(
		draw: PendingDraw<T::Subject>,
		electors: &[(AccountIdOf<T>, AuthorityId, Power)],
		session: u32,
		last: &Hash32,
		vrf: &Hash32,
		now: BlockNumberFor<T>,
	) {
		let id = NextRound::<T>::get();
		NextRound::<T>::put(id.saturating_add(1));
		if draw.kind.contested().is_some() {
			// From here on nobody else is heard: what all find can be read soon.
			Challenged::<T>::remove(draw.subject);
		}
		let seed = h("assay/seed", (last, vrf, id));
		let v = electors.len() as u32;
		let Some((terms, standing)) = T::Subjects::terms(&draw.subject).zip(Standings::<T>::get(draw.subject)) else {
			return;
		};
		let (excluded, barred, held_back) = (&standing.excluded, Self::barred(now), HeldBack::<T>::get());
		let drawable = |account: &AccountIdOf<T>| !excluded.contains(account) && !barred.contains(account);
		let mut pool: Vec<_> = electors.iter().filter(|(account, ..)| drawable(account)).collect();
		let kind = match draw.kind {
			// If few are left whose seals were not shut, they do not decide alone.
			RoundKind::Committee if terms.electorate(v) >= v || (pool.len() as u32) < terms.members => {
				RoundKind::Everybody { contested: None, repeated: false }
			}
			kind => kind,
		};
		if kind.is_everybody() {
			pool = electors.iter().collect();
		}
		let (wanted, audits) = match kind {
			RoundKind::Committee => (terms.members, terms.audits),
			RoundKind::Everybody { .. } => (v, 0),
		};
		let patience = terms.patience.filter(|_| kind.contested().is_none());
		let growth = if patience.is_some() { 0 } else { terms.growth };
		let terms_hash = Self::terms_hash(&draw.subject, &terms, kind.contested().map(|contested| contested.round));
		let total = math::sum(electors.iter().map(|(.., power)| *power));
		let powers: Vec<_> = pool.iter().map(|(.., power)| *power).collect();
		let drawn = math::draw(&seed, &powers, wanted);
		let threshold = match kind {
			RoundKind::Committee => math::quorum(drawn.len() as u32).into(),
			RoundKind::Everybody { .. } => math::two_thirds_of(total),
		};
		// The seat of whoever is held back stays empty: if another were drawn for it, whoever has honest validators held back would fill
		// committees with its own.
		let is_held_back = |account: &AccountIdOf<T>| held_back.iter().any(|(who, _)| who == account);
		let drawn = drawn.into_iter().filter_map(|index| pool.get(index as usize));
		let drawn: Vec<_> = drawn.filter(|(account, ..)| kind.is_everybody() || !is_held_back(account)).collect();
		let members = drawn.len() as u32;
		let outside = total.saturating_sub(math::sum(drawn.iter().map(|(.., power)| *power)));
		let commit_min = now.saturating_add(1u32.saturating_add(growth).into());
		let grace = match kind {
			RoundKind::Everybody { repeated: true, .. } => REPEAT_GRACE,
			_ => COMMIT_GRACE,
		};
		let grace = patience.unwrap_or(grace.saturating_add(growth));
		let commit_end = commit_min.saturating_add(grace.into());
		let deadline_at = Self::schedule(commit_end.saturating_add(1u32.into()), Deadline::Commits(id));
		let round = Round::<T> {
			subject: draw.subject,
			kind,
			seed,
			terms: terms_hash,
			session,
			v,
			total,
			outside,
			members,
			threshold,
			audits,
			commit_min,
			commit_end,
			audit_end: commit_end,
			reveal_end: commit_end.saturating_add(Self::reveal_window(growth)),
			commits: 0,
			committed: 0,
			auditors: 0,
			reveals: 0,
			signals: 0,
			audit_signals: 0,
			late_auditors: 0,
			growth,
			phase: Phase::Sealing,
			deadline_at,
		};
		for (account, key, power) in drawn {
			let counts = if kind.is_everybody() { *power } else { 1 };
			Ballots::<T>::insert(id, account, Ballot::new(key.clone(), counts, false));
			Duties::<T>::insert(key, id, account);
		}
		Rounds::<T>::insert(id, round);
		let stage = match kind.contested() {
			None => Stage::Voting(id),
			Some(_) => Stage::Escalated(Some(id)),
		};
		Self::set_stage(&draw.subject, stage);
		Self::deposit_event(Event::RoundDrawn { round: id, subject: draw.subject, kind, members, threshold });
	}

	fn reveal_window(growth: u32) -> BlockNumberFor<T> {
		REVEAL_WINDOW.saturating_add(growth).into()
	}

	fn schedule(at: BlockNumberFor<T>, task: Deadline<T::Subject>) -> BlockNumberFor<T> {
		agenda::schedule::<Agenda<T>, _, _, _>(at, task)
	}

	/// Notes who makes this block.
	pub(crate) fn note_author(now: BlockNumberFor<T>) {
		let author = T::Author::get();
		let run = LastAuthors::<T>::get();
		if run.as_ref().is_none_or(|run| run.author != author) {
			let before = run.map_or(Zero::zero(), |run| run.since);
			LastAuthors::<T>::put(AuthorRun { author: author.clone(), since: now, before });
		}
		let Some(author) = author else { return };
		LastBlocks::<T>::mutate(|last| match last.iter_mut().find(|(who, ..)| *who == author) {
			Some((_, block, _)) => *block = now,
			// At each change of session it keeps the validators of the new one: there are as many places.
			None => {
				let _ = last.try_push((author, now, Zero::zero()));
			}
		});
	}

	/// True if two authors have made the blocks between these two.
	pub(crate) fn two_authors_between(block: BlockNumberFor<T>, now: BlockNumberFor<T>) -> bool {
		let Some(run) = LastAuthors::<T>::get() else { return false };
		let since = if run.since == now { run.before } else { run.since };
		since > block.saturating_add(1u32.into())
	}

	/// The author of this block says which block is final in its view.
	pub(crate) fn do_note_final(block: BlockNumberFor<T>) {
		let now = frame_system::Pallet::<T>::block_number();
		let Some(author) = T::Author::get() else { return };
		LastBlocks::<T>::mutate(|last| {
			if let Some((_, _, is_final)) = last.iter_mut().find(|(who, ..)| *who == author) {
				*is_final = block.min(now);
			}
		});
	}

	/// True if validators with more than a third of a set's voting power have made blocks between these two, and have
	/// said in them that block `closed` is final. Those that were put out do not count.
	pub(crate) fn more_than_a_third_between(
		block: BlockNumberFor<T>,
		now: BlockNumberFor<T>,
		closed: BlockNumberFor<T>,
		total: Power,
	) -> bool {
		let electors = Electors::<T>::get();
		let last_blocks = LastBlocks::<T>::get();
		let made = |who: &AccountIdOf<T>| {
			let in_time = |(author, last, is_final): &(AccountIdOf<T>, BlockNumberFor<T>, BlockNumberFor<T>)| {
				author == who && *last > block && *last < now && *is_final >= closed
			};
			last_blocks.iter().any(in_time)
		};
		let authors = math::sum(electors.iter().filter(|(who, ..)| made(who)).map(|(.., power)| *power));
		// As much as there was at the draw may never come where some were put out since.
		let left = math::sum(electors.iter().map(|(.., power)| *power));
		math::a_third(authors, total.min(left))
	}

	/// The first of the blocks in a row that the author of this one has made.
	pub(crate) fn author_since() -> BlockNumberFor<T> {
		LastAuthors::<T>::get().map_or(Zero::zero(), |run| run.since)
	}

	/// Does what is due. Returns its weight.
	pub(crate) fn perform(task: Deadline<T::Subject>, now: BlockNumberFor<T>) -> Weight {
		match task {
			Deadline::Commits(id) => Self::commit_deadline(id, now),
			Deadline::Audits(id) => Self::audit_deadline(id, now),
			Deadline::Reveals(id) => Self::reveal_deadline(id, now),
			Deadline::Window(subject) => Self::end_window(subject, now),
		}
	}

	fn commit_deadline(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		let open = |round: &Round<T>| round.phase == Phase::Sealing && now > round.commit_end;
		if let Some(mut round) = Rounds::<T>::get(id).filter(open) {
			if !round.has_enough_seals() {
				return Self::conclude(id, now);
			}
			// The block before this one, unless a full agenda has put the deadline off: the next phase begins here either way.
			let end = now.saturating_sub(1u32.into());
			Self::close_commits(id, &mut round, end);
			Rounds::<T>::insert(id, round);
		}
		T::WeightInfo::close_commits()
	}

	/// Closes the commit window with the end of block `end`. If there may be auditors, they seal next.
	pub(crate) fn close_commits(id: RoundId, round: &mut Round<T>, end: BlockNumberFor<T>) {
		agenda::unschedule::<Agenda<T>, _, _, _>(round.deadline_at, &Deadline::Commits(id));
		round.commit_end = end;
		if round.audits > 0 && round.outside > 0 {
			round.phase = Phase::Auditing;
			let at = end.saturating_add(AUDIT_WINDOW.saturating_add(round.growth).into());
			Self::schedule_audit_end(id, round, at);
		} else {
			Self::begin_reveals(id, round, end);
		}
	}

	fn schedule_audit_end(id: RoundId, round: &mut Round<T>, at: BlockNumberFor<T>) {
		round.deadline_at = Self::schedule(at, Deadline::Audits(id));
		round.audit_end = round.deadline_at;
	}

	/// Votes are opened after block `end`.
	fn begin_reveals(id: RoundId, round: &mut Round<T>, end: BlockNumberFor<T>) {
		round.phase = Phase::Revealing;
		round.audit_end = end;
		round.reveal_end = end.saturating_add(Self::reveal_window(round.growth));
		round.deadline_at = Self::schedule(round.reveal_end.saturating_add(1u32.into()), Deadline::Reveals(id));
	}

	/// The last block that takes auditors' seals, unless one author has made this block and the one before: it could have left all of
	/// them out.
	fn audit_deadline(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		if let Some(mut round) = Rounds::<T>::get(id).filter(|round| round.phase == Phase::Auditing) {
			if Self::author_since() < now {
				Self::schedule_audit_end(id, &mut round, now.saturating_add(1u32.into()));
			} else {
				Self::begin_reveals(id, &mut round, now);
			}
			Rounds::<T>::insert(id, round);
		}
		T::WeightInfo::close_commits()
	}

	/// The time for reveals is over, unless a seal is shut that few authors could have kept shut: as long as validators with more than a third
	/// of the set have not made blocks in it, one adversary may have made them all.
	fn reveal_deadline(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		let over = |round: &Round<T>| round.phase == Phase::Revealing && now > round.reveal_end;
		let Some(mut round) = Rounds::<T>::get(id).filter(over) else { return T::WeightInfo::close_commits() };
		let most = round.audit_end.saturating_add(MOST_REVEALS.saturating_add(round.growth).into());
		if now > most || Self::more_than_a_third_between(round.audit_end, now, Zero::zero(), round.total) {
			return Self::conclude(id, now);
		}
		round.deadline_at = Self::schedule(now.saturating_add(MORE_REVEALS.into()), Deadline::Reveals(id));
		round.reveal_end = round.deadline_at.saturating_sub(1u32.into());
		Rounds::<T>::insert(id, round);
		T::WeightInfo::close_commits()
	}

	/// Decides a round from its ballots and removes it. Returns the weight of that.
	pub(crate) fn conclude(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		let Some(round) = Rounds::<T>::take(id) else { return Weight::zero() };
		let deadline = round.deadline(id);
		agenda::unschedule::<Agenda<T>, _, _, _>(round.deadline_at, &deadline);
		let ballots: Vec<_> = Ballots::<T>::drain_prefix(id).take(round.voters() as usize).collect();
		for (_, ballot) in &ballots {
			Duties::<T>::remove(&ballot.key, id);
		}
		let (outcome, lead) = Self::outcome(&round, &ballots);
		let faults = Self::find_faults(id, &round, &ballots, &outcome, lead.as_ref());
		let shut = Self::keep_ended(id, &round, &ballots, &outcome, lead.is_some(), now);
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
		let after = Self::follow(id, &round, outcome, product, &ballots, shut, now);
		Self::end_weight(voters, bytes, faults).saturating_add(after)
	}

	/// Applies the outcome of a round to its subject. Returns the weight of that.
	fn follow(
		id: RoundId,
		round: &Round<T>,
		outcome: Outcome<AccountIdOf<T>>,
		product: Option<Product>,
		ballots: &[(AccountIdOf<T>, Ballot)],
		shut: Vec<AccountIdOf<T>>,
		now: BlockNumberFor<T>,
	) -> Weight {
		let subject = round.subject;
		let everybody = round.kind.is_everybody();
		let signalled = |kind| ballots.iter().filter(move |(_, ballot)| ballot.signal == Some(kind));
		let lacking = signalled(SignalKind::ModelUnavailable).map(|(who, _)| who.clone()).collect();
		let agreed = matches!(outcome, Outcome::Agreement { .. });
		T::Subjects::round_ended(&subject, agreed, lacking);
		let Some(terms) = T::Subjects::terms(&subject) else { return Weight::zero() };
		match outcome {
			Outcome::Contested => {
				Self::escalate(subject, id, Self::trace_key(id, round));
				Weight::zero()
			}
			Outcome::Silence => {
				let input = Self::counts(ballots, |ballot| ballot.signal == Some(SignalKind::InputUnavailable));
				let lacking = Lacking { any: Self::counts(ballots, |ballot| ballot.signal.is_some()), input };
				let differ = round.kind.contested().is_some() || Self::differ(ballots);
				let is_member =
					|who: &AccountIdOf<T>| ballots.iter().any(|(voter, ballot)| voter == who && !ballot.auditor);
				let shut = shut.into_iter().filter(is_member).collect();
				Self::undecided(id, round, &terms, shut, lacking, differ)
			}
			Outcome::Agreement { vote, voters, auditors } => {
				if everybody {
					Self::settle_dispute(subject, Some(&vote.verdict), false);
				}
				let decision = Decision {
					round: id,
					verdict: vote.verdict,
					votes: voters.len() as u32,
					k: round.members,
					// As many heads as the threshold of a committee, where each counts for 1.
					q: if everybody { 0 } else { round.threshold as u32 },
					v: round.v,
					escalated: everybody,
					audits: round.audits,
					auditors: auditors.len() as u32,
					power: Self::power_of(round.session, voters.iter().chain(&auditors)),
					total: round.total,
					window: if everybody { Window::Blocks(0) } else { terms.disputed() },
				};
				let silent = |(who, ballot): &(AccountIdOf<T>, Ballot)| ballot.commit.is_none().then(|| who.clone());
				let kept_out = ballots.iter().filter(|(_, ballot)| !ballot.auditor).filter_map(silent).collect();
				let agreement = Agreement {
					decision,
					seed: round.seed,
					terms: round.terms,
					session: round.session,
					outside: round.outside,
					kept_out: BoundedVec::truncate_from(kept_out),
					sealed_at: round.commit_end,
					agreed_at: now,
					final_at: now,
					key: Self::trace_key(id, round),
					vote,
					// Members and auditors are validators of one session, whose number is bounded.
					voters: BoundedVec::truncate_from(voters),
					auditors: BoundedVec::truncate_from(auditors),
				};
				Self::agree(subject, &terms, agreement, round, !shut.is_empty(), product, now)
			}
		}
	}

	/// The sum of the counts of these members' votes, cast or not.
	pub(crate) fn counts(ballots: &[(AccountIdOf<T>, Ballot)], are: impl Fn(&Ballot) -> bool) -> Power {
		let members = ballots.iter().map(|(_, ballot)| ballot).filter(|ballot| !ballot.auditor && are(ballot));
		math::sum(members.map(|ballot| ballot.counts))
	}

	/// Voting power of these validators of a session.
	fn power_of<'a>(session: u32, validators: impl Iterator<Item = &'a AccountIdOf<T>>) -> Power
	where
		AccountIdOf<T>: 'a,
	{
		math::sum(validators.filter_map(|who| SessionKeys::<T>::get(session, who)).map(|(_, power)| power))
	}

	/// The outcome of a round by its ballots, and the vote that as many members as the threshold have cast, if no vote
	/// differs or all are asked.
	fn outcome(round: &Round<T>, ballots: &[(AccountIdOf<T>, Ballot)]) -> (Outcome<AccountIdOf<T>>, Option<Vote>) {
		let mut votes: BTreeMap<Vec<u8>, (Vote, Vec<AccountIdOf<T>>, Vec<AccountIdOf<T>>, Power)> = BTreeMap::new();
		for (account, ballot) in ballots {
			if let Some(vote) = ballot.vote {
				let entry = votes.entry(vote.encode()).or_insert((vote, Vec::new(), Vec::new(), 0));
				let (_, voters, auditors, counts) = entry;
				if ballot.auditor {
					auditors.push(account.clone());
				} else {
					voters.push(account.clone());
					*counts = counts.saturating_add(ballot.counts);
				}
			}
		}
		let everybody = round.kind.is_everybody();
		if votes.len() > 1 && !everybody {
			return (Outcome::Contested, None);
		}
		let best = votes.into_values().max_by_key(|(_, _, _, counts)| *counts);
		let lead = best.filter(|(_, _, _, counts)| *counts >= round.threshold);
		// A requester that withholds an input from all but its own members keeps auditors from their work. All look for
		// it, and judge who has voted.
		if round.lacks_auditors() {
			return (Outcome::Contested, lead.map(|(vote, ..)| vote));
		}
		let Some((vote, voters, auditors, _)) = lead else { return (Outcome::Silence, None) };
		// Four liars of five could agree while the seal of the honest fifth is kept out: a member's shut seal asks for another draw.
		let shut = |ballot: &Ballot| !ballot.auditor && ballot.is_shut();
		if !everybody && ballots.iter().any(|(_, ballot)| shut(ballot)) {
			return (Outcome::Silence, Some(vote));
		}
		(Outcome::Agreement { vote, voters, auditors }, Some(vote))
	}

	/// True if two opened votes are unequal.
	fn differ(ballots: &[(AccountIdOf<T>, Ballot)]) -> bool {
		let mut votes = ballots.iter().filter_map(|(_, ballot)| ballot.vote);
		let first = votes.next();
		votes.any(|vote| Some(vote) != first)
	}
}

impl<T: Config> Round<T> {
	/// True if enough members have sealed a vote for the round to go on. A last round of all about contested votes can
	/// judge them by the votes of more than half.
	fn has_enough_seals(&self) -> bool {
		match self.kind {
			RoundKind::Everybody { contested: Some(_), repeated: true } => math::half(self.committed, self.counts()),
			_ => self.committed >= self.threshold,
		}
	}

	/// The sum of the counts of all members' votes.
	pub(crate) fn counts(&self) -> Power {
		if self.kind.is_everybody() {
			self.total
		} else {
			self.members.into()
		}
	}

	/// The task that ends its phase.
	pub(crate) fn deadline(&self, id: RoundId) -> Deadline<T::Subject> {
		match self.phase {
			Phase::Sealing => Deadline::Commits(id),
			Phase::Auditing => Deadline::Audits(id),
			Phase::Revealing => Deadline::Reveals(id),
		}
	}
}
