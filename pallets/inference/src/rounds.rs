//! Rounds: draw, deadlines, outcome. One mechanism for everything that is attested.

use crate::{math, pallet::*, types::*, AccountIdOf, WeightInfo};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{constants, h, Hash32, RequestId, RoundId, Verdict, Vote};
use codec::Encode;
use frame_support::{pallet_prelude::*, traits::ValidatorSet, weights::WeightMeter};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Saturating, Zero};

/// Blocks after the shortest commit window in which late members may still commit.
const COMMIT_GRACE: u32 = 4;
/// Blocks in which a closed round's votes are to be revealed.
pub(crate) const REVEAL_WINDOW: u32 = 4;
/// Committees that are drawn again after silence, before a request expires.
const MAX_REDRAWS: u8 = 2;
/// Activation rounds that may end in silence before a model is rejected.
const MAX_SILENCES: u8 = 2;
/// Blocks that a block catches up with when earlier ones had no room for pruning.
const PRUNED_BLOCKS: u32 = 16;
/// Blocks that are tried for a task when the agenda of the wanted one is full. An open subject has one task at most, so that no more
/// than `MaxOpen` / `MaxPerBlock` blocks are full in a row; the same holds for results to prune. `integrity_test` keeps that below.
pub(crate) const AGENDA_PROBES: u32 = 64;

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
	pub(crate) fn genesis() -> Hash32 {
		Self::hash_bytes(frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()))
	}

	/// Bytes of a block hash.
	pub(crate) fn hash_bytes(hash: T::Hash) -> Hash32 {
		let mut out = [0u8; 32];
		out.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
		out
	}

	/// Key of a round's trace digests.
	pub(crate) fn trace_key(id: RoundId, round: &Round<T>) -> Hash32 {
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

	/// Members that a draw asks for. `None` for a request that there is not.
	pub(crate) fn wanted(draw: &PendingDraw, validators: u32) -> Option<u32> {
		match (draw.subject, draw.kind) {
			(Subject::Model(_), RoundKind::Activation) => Some(T::MaxActivation::get()),
			(Subject::Request(request), RoundKind::Committee) => Requests::<T>::get(request).map(|request| request.k),
			_ => Some(validators),
		}
	}

	pub(crate) fn draw(
		draw: PendingDraw,
		electors: &[(AccountIdOf<T>, assay_primitives::infr::AuthorityId)],
		session: u32,
		last: &Hash32,
		vrf: &Hash32,
		now: BlockNumberFor<T>,
	) {
		let id = NextRound::<T>::get();
		NextRound::<T>::put(id.saturating_add(1));
		let seed = h("assay/seed", (last, vrf, id));
		let v = electors.len() as u32;
		let Some(wanted) = Self::wanted(&draw, v) else { return };
		let growth = match draw.kind {
			RoundKind::Activation => 0,
			_ => Self::growth_of(draw.subject),
		};
		let drawn = math::draw(&seed, v, wanted);
		let members = drawn.len() as u32;
		let threshold = math::quorum(members);
		let (min, grace) = match draw.kind {
			RoundKind::Activation => (1u32, T::ActivationWindow::get()),
			_ => (1u32.saturating_add(growth), COMMIT_GRACE.saturating_add(growth)),
		};
		let commit_min = now.saturating_add(min.into());
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
		if let Subject::Request(request) = draw.subject {
			Requests::<T>::mutate(request, |record| {
				if let Some(record) = record {
					record.status = match draw.kind {
						RoundKind::Escalation { .. } => RequestStatus::Escalated(Some(id)),
						_ => RequestStatus::Assigned(id),
					};
				}
			});
		}
		Self::deposit_event(Event::RoundDrawn {
			round: id,
			subject: draw.subject,
			kind: draw.kind,
			members,
			threshold,
		});
	}

	fn growth_of(subject: Subject) -> u32 {
		match subject {
			Subject::Request(request) => Requests::<T>::get(request).map_or(0, |request| request.growth),
			Subject::Model(model) => Models::<T>::get(model)
				.map_or(0, |model| constants::window_growth(T::ActivationUnits::get(), model.size)),
		}
	}

	fn reveal_window(growth: u32) -> BlockNumberFor<T> {
		REVEAL_WINDOW.saturating_add(growth).into()
	}

	/// Puts a task on the agenda of a block, or of the next one that has room. Returns which.
	pub(crate) fn schedule(at: BlockNumberFor<T>, task: Deadline) -> BlockNumberFor<T> {
		Self::first_with_room(at, |block| Agenda::<T>::try_append(block, task).is_ok())
	}

	/// Takes a task from the agenda again, so that it takes nobody's place.
	pub(crate) fn unschedule(at: BlockNumberFor<T>, task: Deadline) {
		Agenda::<T>::mutate_exists(at, |agenda| {
			if let Some(tasks) = agenda {
				tasks.retain(|other| *other != task);
				if tasks.is_empty() {
					*agenda = None;
				}
			}
		});
	}

	/// Has a result or the record of a rejected model leave the state in a block, or in the next one that has room. Returns which.
	pub(crate) fn schedule_pruning(at: BlockNumberFor<T>, subject: Subject) -> BlockNumberFor<T> {
		Self::first_with_room(at, |block| Prunable::<T>::try_append(block, subject).is_ok())
	}

	/// The subject has left the state already.
	pub(crate) fn unschedule_pruning(at: BlockNumberFor<T>, subject: Subject) {
		Prunable::<T>::mutate_exists(at, |due| {
			if let Some(subjects) = due {
				subjects.retain(|other| *other != subject);
				if subjects.is_empty() {
					*due = None;
				}
			}
		});
	}

	fn first_with_room(at: BlockNumberFor<T>, put: impl Fn(BlockNumberFor<T>) -> bool) -> BlockNumberFor<T> {
		let mut block = at;
		for _ in 0..AGENDA_PROBES {
			if put(block) {
				return block;
			}
			block = block.saturating_add(1u32.into());
		}
		frame_support::defensive!("the agenda is full for longer than the bound on open subjects allows");
		block
	}

	/// Does what is due. Returns its weight.
	pub(crate) fn perform(task: Deadline, now: BlockNumberFor<T>) -> Weight {
		match task {
			Deadline::Commits(id) => Self::commit_deadline(id, now),
			Deadline::Reveals(id) => {
				if Rounds::<T>::get(id).is_some_and(|round| round.closed && now > round.reveal_end) {
					Self::conclude(id, now)
				} else {
					T::WeightInfo::close_commits()
				}
			}
			Deadline::Challenge(request) => {
				let (payments, bytes) = Self::finalize(request, now);
				T::WeightInfo::finalize(payments, bytes)
			}
		}
	}

	/// Removes the results and the rejected models whose time is over, as long as the block has room.
	pub(crate) fn prune_due(now: BlockNumberFor<T>, meter: &mut WeightMeter) {
		let mut block = PrunedTo::<T>::get();
		let a_result = T::WeightInfo::prune(1).saturating_sub(T::WeightInfo::prune(0));
		for _ in 0..PRUNED_BLOCKS {
			if block > now || meter.try_consume(T::WeightInfo::prune(0)).is_err() {
				break;
			}
			let mut due = Prunable::<T>::take(block);
			due.retain(|subject| {
				let weight = match subject {
					Subject::Request(_) => a_result,
					Subject::Model(_) => T::WeightInfo::prune_model(),
				};
				let room = meter.try_consume(weight).is_ok();
				match subject {
					Subject::Request(request) if room => Self::prune(*request),
					Subject::Model(model) if room => Self::prune_model(*model),
					Subject::Request(_) | Subject::Model(_) => (),
				}
				!room
			});
			if !due.is_empty() {
				Prunable::<T>::insert(block, due);
				break;
			}
			block = block.saturating_add(1u32.into());
		}
		PrunedTo::<T>::put(block);
	}

	fn prune(request: RequestId) {
		if let Some(record) = Results::<T>::take(request) {
			FinalizedIn::<T>::remove(record.ended_at);
			Self::deposit_event(Event::ResultPruned { request });
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
		Self::unschedule(round.deadline_at, Deadline::Commits(id));
		round.closed = true;
		round.commit_end = end;
		round.reveal_end = end.saturating_add(Self::reveal_window(round.growth));
		round.deadline_at = Self::schedule(round.reveal_end.saturating_add(1u32.into()), Deadline::Reveals(id));
	}

	/// Decides a round from its ballots and removes it. Returns the weight of that.
	pub(crate) fn conclude(id: RoundId, now: BlockNumberFor<T>) -> Weight {
		let Some(round) = Rounds::<T>::take(id) else { return Weight::zero() };
		let deadline = if round.closed { Deadline::Reveals(id) } else { Deadline::Commits(id) };
		Self::unschedule(round.deadline_at, deadline);
		let ballots: Vec<_> = Ballots::<T>::drain_prefix(id).take(round.voters() as usize).collect();
		for (_, ballot) in &ballots {
			Duties::<T>::remove(&ballot.key, id);
		}
		let outcome = Self::outcome(&round, &ballots);
		let faults = Self::find_faults(id, &round, &ballots, &outcome);
		let missed = ballots.iter().filter(|(_, b)| b.signal == Some(SignalKind::InputUnavailable)).count() as u32;
		let product = match &outcome {
			Outcome::Agreement { vote: Vote { verdict: Verdict::Output { result_hash, .. }, .. }, .. } => {
				Products::<T>::get(id, result_hash)
			}
			_ => None,
		};
		// One product for each verdict at most, so never more than voters.
		let _ = Products::<T>::clear_prefix(id, round.voters(), None);
		let bytes = product.as_ref().map_or(0, |product| product.output.inline_len());
		match round.subject {
			Subject::Model(model) => Self::conclude_model(id, &round, model, outcome, product),
			Subject::Request(request) => {
				if let Some(Request { model, .. }) = Requests::<T>::get(request) {
					match outcome {
						Outcome::Agreement { .. } => Unavailable::<T>::remove(model),
						Outcome::Contradiction | Outcome::Silence => Self::note_unavailable(model, &round, &ballots),
					}
				}
				Self::conclude_request(id, &round, request, outcome, product, missed, now)
			}
		}
		Self::end_weight(matches!(round.subject, Subject::Model(_)), ballots.len() as u32, bytes, faults)
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
			(RoundKind::Activation | RoundKind::Committee, _) if several => Outcome::Contradiction,
			(_, Some((vote, voters, auditors))) if voters.len() as u32 >= round.threshold => {
				Outcome::Agreement { vote, voters, auditors }
			}
			_ => Outcome::Silence,
		}
	}

	/// Asks for a round of everybody about what a round left open. `key` is that of the round's trace digests.
	pub(crate) fn escalate(subject: Subject, contested: RoundId, key: Hash32) {
		let kind = RoundKind::Escalation { contested, contested_key: key };
		// An open subject has one draw or one round, and `NewDraws` has a place for each.
		if Self::want_draw(PendingDraw { subject, kind }).is_ok() {
			Self::deposit_event(Event::Escalated { subject, contested });
		}
	}

	fn conclude_model(
		id: RoundId,
		round: &Round<T>,
		model_id: assay_primitives::ModelId,
		outcome: Outcome<AccountIdOf<T>>,
		product: Option<Product>,
	) {
		let Some(mut model) = Models::<T>::get(model_id) else { return };
		let escalated = matches!(round.kind, RoundKind::Escalation { .. });
		let reject = match outcome {
			Outcome::Contradiction => return Self::escalate(round.subject, id, Self::trace_key(id, round)),
			Outcome::Silence if escalated => Some(RejectReason::Unresolved),
			Outcome::Silence => {
				let ModelStatus::Pending { silences } = model.status else { return };
				let silences = silences.saturating_add(1);
				if silences < MAX_SILENCES {
					model.status = ModelStatus::Pending { silences };
					Models::<T>::insert(model_id, model);
					return Self::redraw(id, round.subject, RoundKind::Activation);
				}
				Some(RejectReason::Deadline)
			}
			Outcome::Agreement { vote, voters, .. } => {
				Self::pay_activation(model_id, &mut model, &voters);
				match (vote.verdict, product) {
					(Verdict::Output { result_hash, load_units, units }, Some(product)) => {
						if model.expected.is_some_and(|expected| expected != result_hash) {
							Some(RejectReason::UnexpectedResult { attested: result_hash })
						} else {
							model.status = ModelStatus::Active {
								input: product.input,
								output: product.output,
								result_hash,
								load_units,
								sample_units: units,
							};
							Self::deposit_event(Event::ModelActivated {
								model: model_id,
								result_hash,
								load_units,
								sample_units: units,
							});
							None
						}
					}
					(Verdict::Failed { reason, .. }, _) => Some(RejectReason::Failed(reason)),
					// A revealed output always left its product.
					(Verdict::Output { .. }, None) => Some(RejectReason::Unresolved),
				}
			}
		};
		if let Some(reason) = reject {
			Self::pay_activation(model_id, &mut model, &[]);
			Self::relist(model_id, &mut model, |model| model.status = ModelStatus::Rejected(reason));
			Self::deposit_event(Event::ModelRejected { model: model_id, reason });
			Self::close_model_if_idle(model_id, &mut model);
		}
		Models::<T>::insert(model_id, model);
		Self::leave_place();
	}

	fn redraw(id: RoundId, subject: Subject, kind: RoundKind) {
		if Self::want_draw(PendingDraw { subject, kind }).is_ok() {
			Self::deposit_event(Event::RoundRedrawn { subject, round: id });
		}
	}

	fn conclude_request(
		id: RoundId,
		round: &Round<T>,
		request_id: RequestId,
		outcome: Outcome<AccountIdOf<T>>,
		product: Option<Product>,
		missed: u32,
		now: BlockNumberFor<T>,
	) {
		let Some(mut request) = Requests::<T>::get(request_id) else { return };
		let escalated = matches!(round.kind, RoundKind::Escalation { .. });
		match outcome {
			Outcome::Contradiction => {
				request.status = RequestStatus::Escalated(None);
				Requests::<T>::insert(request_id, request);
				Self::escalate(round.subject, id, Self::trace_key(id, round));
			}
			Outcome::Silence if escalated => {
				Self::settle_dispute(request_id, None);
				Self::unresolved(request_id, request, now);
			}
			Outcome::Silence if request.redraws < MAX_REDRAWS => {
				request.redraws = request.redraws.saturating_add(1);
				request.status = RequestStatus::Requested;
				Requests::<T>::insert(request_id, request);
				Self::redraw(id, round.subject, RoundKind::Committee);
			}
			Outcome::Silence => Self::expire(request_id, request, round, missed, now),
			Outcome::Agreement { vote, voters, auditors } => {
				if escalated {
					Self::settle_dispute(request_id, Some(&vote.verdict));
				}
				let votes = voters.len() as u32;
				// Members and auditors are validators of one session, whose number is bounded.
				let (voters, auditors) = (BoundedVec::truncate_from(voters), BoundedVec::truncate_from(auditors));
				let key = Self::trace_key(id, round);
				Voters::<T>::insert(request_id, Agreement { key, vote, voters, auditors });
				if let Some(product) = product {
					Attested::<T>::insert(request_id, product);
				}
				let window = if escalated { 1 } else { T::ChallengeWindow::get().saturating_add(round.growth) };
				let final_at = Self::schedule(now.saturating_add(window.into()), Deadline::Challenge(request_id));
				request.status = RequestStatus::Attested {
					decision: Decision {
						round: id,
						verdict: vote.verdict,
						votes,
						k: round.members,
						q: round.threshold,
						v: round.v,
						escalated,
					},
					final_at,
				};
				Requests::<T>::insert(request_id, request);
				Self::deposit_event(Event::InferenceAttested {
					request: request_id,
					verdict: vote.verdict,
					votes,
					final_at,
				});
			}
		}
	}
}
