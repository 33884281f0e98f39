//! The off-chain worker: reads the duties of the local keys, has the engine do them, submits what is ready.

use crate::{
	authorize::{payload, MAX_ITEMS},
	pallet::*,
	subjects::*,
	types::*,
	AccountIdOf,
};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{
	audit::AuditProof, hash, host, infr::AuthorityId, Abstention, ContentId, DutyId, EngineId, Finished, Hash32, Job,
	RoundId, Run, Verdict, Vote,
};
use frame_support::{traits::ValidatorSet, DefaultNoBound};
use frame_system::{
	offchain::{CreateAuthorizedTransaction, SubmitTransaction},
	pallet_prelude::BlockNumberFor,
};
use sp_io::offchain;
use sp_runtime::{
	offchain::{storage::StorageValueRef, Duration},
	traits::Saturating,
	RuntimeAppPublic,
};

/// Milliseconds after a block's import before which nothing is said of it. Whoever has not imported it yet does not take what others
/// say of it, and the first to import it, its author, is ahead of all others by the block's way through the network and its execution.
const IMPORT_LAG_MS: u64 = 500;
/// Milliseconds that the worker waits after that, if no run has ended: what is said within them is in the next block (blocks are 2 s
/// apart).
const MAX_WAIT_MS: u32 = 700;
/// Where a pass puts its token. Several blocks of one slot can be the best one after the other, so a pass may begin while another waits.
const LAST_PASS: &[u8] = b"assay/rounds/last-pass";
/// Bytes of outputs in one attestation, so that it leaves room in a block for others.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
/// Reveals in one attestation: each may conclude a round of every validator, and the block has to have room for that.
const MAX_REVEALS: usize = 12;
/// Votes of one key that are sealed and not opened: what it can open in a quarter of the shortest reveal window.
const MAX_SEALED: usize = MAX_REVEALS.saturating_mul(4);
/// Where a pass keeps what opens a seal, until it is not shut any more, behind a list of all: a round may end before its node can open it.
const SEALED: &[u8] = b"assay/rounds/sealed/";
const LOG: &str = "runtime::rounds";

/// One local validator's part in one open round.
struct Duty<T: Config> {
	id: DutyId,
	round_id: RoundId,
	round: Round<T>,
	validator: AccountIdOf<T>,
	ballot: Ballot,
	/// What makes an auditor of the validator, until its commit is on chain.
	proof: Option<AuditProof>,
}

/// An agreement that a local validator may object to.
struct Watch<T: Config> {
	/// The duty that its run is done for.
	id: DutyId,
	agreement: Agreement<T>,
	validator: AccountIdOf<T>,
	key: AuthorityId,
	/// The objection, with the vote yet to be found.
	objection: Objection<T::Subject>,
}

/// Items of one attestation.
#[derive(DefaultNoBound)]
struct Items<S> {
	commits: Vec<Commit>,
	reveals: Vec<Reveal>,
	signals: Vec<Signal>,
	objections: Vec<Objection<S>>,
	engine: Option<EngineId>,
}

impl<T: Config> Pallet<T> {
	/// One pass of the off-chain worker, at block `now`.
	pub(crate) fn attest_offchain(now: BlockNumberFor<T>) {
		let token = offchain::random_seed();
		let last_pass = StorageValueRef::persistent(LAST_PASS);
		last_pass.set(&token);
		let said_from = offchain::timestamp().add(Duration::from_millis(IMPORT_LAG_MS));
		Self::forget_sealed();
		let genesis = Self::genesis();
		let mut duties = Self::local_duties(&genesis, now);
		duties.extend(Self::local_audits(&genesis, now));
		duties.sort_by_key(|duty| match duty.ballot.commit {
			None if duty.ballot.auditor => duty.round.audit_end,
			None => duty.round.commit_end,
			Some(_) => duty.round.reveal_end,
		});
		let watches = Self::local_watches(&genesis);
		let jobs = duties.iter().filter_map(Self::job);
		let jobs: Vec<Job> = jobs.chain(watches.iter().filter_map(Self::watch_job)).collect();
		if let Err(error) = host::engine::enqueue(jobs) {
			log::error!(target: LOG, "the engine is out of reach: {error:?}");
			return;
		}
		let actionable: Vec<DutyId> =
			duties.iter().filter(|duty| duty.is_actionable(now)).map(|duty| duty.id).collect();
		let holders = Self::new_holders();
		let late = Self::late_reveals();
		let objections = Self::objections(&watches, &genesis);
		if actionable.is_empty() && holders.is_empty() && late.is_empty() && objections.is_empty() {
			return;
		}
		offchain::sleep_until(said_from);
		let finished = match actionable.is_empty() {
			true => Vec::new(),
			false => host::engine::take_finished(actionable, MAX_WAIT_MS).unwrap_or_default(),
		};
		if last_pass.get() != Ok(Some(token)) {
			log::debug!(target: LOG, "another block is the best one by now");
			return;
		}
		let finished: BTreeMap<DutyId, Finished> = finished.into_iter().map(|f| (f.duty, f)).collect();

		let mut batches: BTreeMap<(AuthorityId, u32), (AccountIdOf<T>, Items<T::Subject>)> = BTreeMap::new();
		let mut output_bytes = 0usize;
		for duty in duties.iter().filter(|duty| duty.is_actionable(now)) {
			let Some(finished) = finished.get(&duty.id) else { continue };
			let batch = batches
				.entry((duty.ballot.key.clone(), duty.round.session))
				.or_insert_with(|| (duty.validator.clone(), Items::default()));
			Self::add_item(duty, finished, &genesis, now, &mut batch.1, &mut output_bytes);
		}
		for (key, session, validator, reveal) in late {
			let batch = batches.entry((key, session)).or_insert_with(|| (validator, Items::default()));
			batch.1.reveals.push(reveal);
		}
		for (key, session, validator, objection) in objections {
			let batch = batches.entry((key, session)).or_insert_with(|| (validator, Items::default()));
			batch.1.objections.push(objection);
		}
		for (key, session, validator) in holders {
			let batch = batches.entry((key, session)).or_insert_with(|| (validator, Items::default()));
			batch.1.engine = T::Engines::proposed();
		}
		for ((key, session), (validator, mut items)) in batches {
			let sealed = |duty: &&Duty<T>| duty.ballot.key == key && duty.ballot.commit.is_some();
			items.commits.truncate(MAX_SEALED.saturating_sub(duties.iter().filter(sealed).count()));
			Self::submit(&key, session, validator, items, &genesis, now);
		}
	}

	/// Local validators that hold the proposed engine and have not said so: their keys, and the session.
	fn new_holders() -> Vec<(AuthorityId, u32, AccountIdOf<T>)> {
		let Some(proposed) = T::Engines::proposed() else { return Vec::new() };
		let held = host::engine::status().is_ok_and(|s| s.self_test_passed && s.engine == proposed);
		if !held {
			return Vec::new();
		}
		let (session, local) = (T::ValidatorSet::session_index(), AuthorityId::all());
		let electors = Electors::<T>::get().into_iter();
		electors
			.filter(|(who, key)| local.contains(key) && !T::Engines::is_held_by(who))
			.map(|(who, key)| (key, session, who))
			.collect()
	}

	fn local_duties(genesis: &Hash32, now: BlockNumberFor<T>) -> Vec<Duty<T>> {
		let mut duties = Vec::new();
		for key in AuthorityId::all() {
			for (round_id, validator) in Duties::<T>::iter_prefix(&key) {
				let Some(round) = Rounds::<T>::get(round_id) else { continue };
				let Some(ballot) = Ballots::<T>::get(round_id, &validator) else { continue };
				if ballot.vote.is_some() || now >= round.reveal_end {
					continue;
				}
				let id = hash::duty_id(genesis, round_id, &round.seed, &validator);
				duties.push(Duty { id, round_id, round, validator, ballot, proof: None });
			}
		}
		duties
	}

	/// Rounds in which a local validator has drawn itself and has not said so.
	fn local_audits(genesis: &Hash32, now: BlockNumberFor<T>) -> Vec<Duty<T>> {
		let mut audits = Vec::new();
		let local = AuthorityId::all();
		if local.is_empty() {
			return audits;
		}
		let mut sessions: BTreeMap<u32, Vec<AccountIdOf<T>>> = BTreeMap::new();
		for (round_id, round) in Rounds::<T>::iter() {
			let over = round.phase == Phase::Revealing || now >= round.audit_end && round.phase == Phase::Auditing;
			if over || Self::audit_bound(&round).is_none() {
				continue;
			}
			let input = Self::audit_input(round_id, &round);
			let validators = sessions.entry(round.session).or_insert_with(|| {
				let electors = SessionElectors::<T>::get(round.session).into_iter();
				electors.filter(|(_, key)| local.contains(key)).map(|(who, _)| who).collect()
			});
			for validator in validators.iter().filter(|who| !Ballots::<T>::contains_key(round_id, who)) {
				let Some(ballot) = Self::auditor_ballot(&round, validator) else { continue };
				let Ok(proof) = host::engine::draw_audit((ballot.key.clone(), input)) else { continue };
				if Self::is_drawn(round_id, &round, &ballot, proof.as_ref()) {
					let id = hash::duty_id(genesis, round_id, &round.seed, validator);
					let validator = validator.clone();
					audits.push(Duty { id, round_id, round: round.clone(), validator, ballot, proof });
				}
			}
		}
		audits
	}

	/// Forgets what opens the seals of rounds that have ended and have none that are shut.
	fn forget_sealed() {
		let index = StorageValueRef::persistent(SEALED);
		let kept = index.get::<Vec<(RoundId, Hash32)>>().ok().flatten().unwrap_or_default();
		let next = NextRound::<T>::get();
		// A round that has no number yet is one of a fork that may come back.
		let needed = |round: &RoundId| {
			*round >= next || Rounds::<T>::contains_key(round) || ShutRounds::<T>::contains_key(round)
		};
		let (kept, over): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(round, _)| needed(round));
		if !over.is_empty() {
			over.iter().for_each(|(_, commit)| StorageValueRef::persistent(&sealed_key(commit)).clear());
			index.set(&kept);
		}
	}

	/// Agreements that a local validator may object to.
	fn local_watches(genesis: &Hash32) -> Vec<Watch<T>> {
		let local = AuthorityId::all();
		let mut watches = Vec::new();
		if local.is_empty() {
			return watches;
		}
		for (subject, agreement) in Agreements::<T>::iter().filter(|(_, agreement)| !agreement.decision.escalated) {
			let electors = SessionElectors::<T>::get(agreement.session).into_iter();
			for (validator, key) in electors.filter(|(_, key)| local.contains(key)) {
				if !Self::may_object(&agreement, &validator) {
					continue;
				}
				let mut objection = Objection { subject, vote: agreement.vote, proof: None };
				if !agreement.kept_out.contains(&validator) {
					let input = Self::objection_input(&agreement);
					objection.proof = host::engine::draw_audit((key.clone(), input)).ok().flatten();
				}
				if Self::objector_is_drawn(&objection, &validator, &agreement, &key) {
					let id = hash::duty_id(genesis, agreement.decision.round, &agreement.seed, &validator);
					watches.push(Watch { id, agreement: agreement.clone(), validator, key, objection });
				}
			}
		}
		watches
	}

	/// The run that a watch asks for: that of the round that agreed.
	fn watch_job(watch: &Watch<T>) -> Option<Job> {
		let trace_keys = alloc::vec![watch.agreement.key];
		Self::run_of(watch.id, &watch.objection.subject, trace_keys)
	}

	/// What local validators find otherwise than what was agreed on: keys, sessions, validators, objections.
	fn objections(
		watches: &[Watch<T>],
		genesis: &Hash32,
	) -> Vec<(AuthorityId, u32, AccountIdOf<T>, Objection<T::Subject>)> {
		let ids: Vec<DutyId> = watches.iter().map(|watch| watch.id).collect();
		if ids.is_empty() {
			return Vec::new();
		}
		let finished = host::engine::take_finished(ids, 0).unwrap_or_default();
		let found = watches.iter().filter_map(|watch| {
			let run = finished.iter().find(|finished| finished.duty == watch.id)?.result.as_ref().ok()?;
			let terms = T::Subjects::terms(&watch.objection.subject)?;
			let vote = Self::vote(&terms, run, genesis)?;
			let objection = Objection { vote, ..watch.objection.clone() };
			let key = watch.key.clone();
			(vote != watch.agreement.vote).then(|| (key, watch.agreement.session, watch.validator.clone(), objection))
		});
		found.collect()
	}

	/// What opens the seals of local validators that were shut when their rounds ended: keys, sessions, validators, reveals.
	fn late_reveals() -> Vec<(AuthorityId, u32, AccountIdOf<T>, Reveal)> {
		let local = AuthorityId::all();
		let mut late = Vec::new();
		if local.is_empty() {
			return late;
		}
		for (round, shut) in ShutRounds::<T>::iter() {
			for seal in shut.seals.iter().filter(|seal| seal.opened.is_none() && local.contains(&seal.key)) {
				let key = sealed_key(&seal.commit);
				let stored = StorageValueRef::persistent(&key);
				match stored.get::<(Vote, [u8; 16], ContentId)>() {
					Ok(Some((vote, salt, input))) => {
						let reveal = Reveal { round, vote, salt, input, output: None };
						late.push((seal.key.clone(), shut.session, seal.validator.clone(), reveal));
					}
					_ => log::error!(target: LOG, "round {round}: this node does not have what it has sealed"),
				}
			}
		}
		late
	}

	/// The run that a duty asks for.
	fn job(duty: &Duty<T>) -> Option<Job> {
		let mut trace_keys = alloc::vec![Self::trace_key(duty.round_id, &duty.round)];
		trace_keys.extend(duty.round.kind.contested().map(|contested| contested.key));
		Self::run_of(duty.id, &duty.round.subject, trace_keys)
	}

	/// A run of what a subject is about.
	fn run_of(duty: DutyId, subject: &T::Subject, trace_keys: Vec<Hash32>) -> Option<Job> {
		let Terms { engine, model, model_size, unit_limit, .. } = T::Subjects::terms(subject)?;
		let input = T::Subjects::input(subject)?;
		Some(Job { duty, engine, model, model_size, input, unit_limit, trace_keys })
	}

	fn add_item(
		duty: &Duty<T>,
		finished: &Finished,
		genesis: &Hash32,
		now: BlockNumberFor<T>,
		items: &mut Items<T::Subject>,
		output_bytes: &mut usize,
	) {
		let round = duty.round_id;
		let Some(terms) = T::Subjects::terms(&duty.round.subject) else { return };
		let run = match &finished.result {
			Ok(run) => run,
			Err(abstention) => {
				let kind = match abstention {
					Abstention::ModelUnavailable => SignalKind::ModelUnavailable,
					Abstention::InputUnavailable => SignalKind::InputUnavailable,
					Abstention::EngineUnavailable | Abstention::Local(_) => return,
				};
				// Bytes may still arrive in the shortest window; after it, say what is missing. A pending model's are being uploaded.
				let pending = terms.patience.is_some() && duty.round.kind.contested().is_none();
				let next = now.saturating_add(1u32.into());
				// An auditor says so with the last block that hears it.
				let time = match duty.ballot.auditor {
					true => next >= duty.round.audit_end,
					false => now >= duty.round.commit_min,
				};
				if !pending && time && duty.ballot.signal.is_none() && duty.ballot.commit.is_none() {
					items.signals.push(Signal { round, kind, proof: duty.proof });
				}
				return;
			}
		};
		let Some(vote) = Self::vote(&terms, run, genesis) else { return };
		let hash = hash::commitment(genesis, round, &duty.validator, &vote, &finished.salt);
		match duty.ballot.commit {
			None => {
				// On disk before anybody hears of the seal.
				keep_sealed(round, &hash, &(vote, finished.salt, run.input));
				items.commits.push(Commit { round, hash, proof: duty.proof })
			}
			Some(committed) if committed == hash => {
				let output = run.outcome.as_ref().ok().cloned();
				if let Some(assay_primitives::Output::Inline(bytes)) = &output {
					*output_bytes = output_bytes.saturating_add(bytes.len());
					if *output_bytes > MAX_OUTPUT_BYTES {
						return;
					}
				}
				items.reveals.push(Reveal { round, vote, salt: finished.salt, input: run.input, output });
			}
			Some(_) => log::error!(
				target: LOG,
				"round {round}: the commitment on chain is not the one of the run that this node has stored",
			),
		}
	}

	/// What a run says. A model that is active loads at its sample's shapes, and need not at others: that it fails to is a verdict.
	fn vote(terms: &Terms, run: &Run, genesis: &Hash32) -> Option<Vote> {
		let verdict = match &run.outcome {
			Ok(output) => Verdict::Output {
				result_hash: hash::result_hash(genesis, &terms.engine, &terms.model, &run.input, &output.content_id()),
				load_units: run.load_units,
				units: run.units,
			},
			Err(reason) => Verdict::Failed { reason: *reason, units: run.units },
		};
		let mut digests = run.trace_digests.iter().copied();
		Some(Vote { verdict, trace_digest: digests.next()?, contested_digest: digests.next() })
	}

	fn submit(
		key: &AuthorityId,
		session: u32,
		validator: AccountIdOf<T>,
		items: Items<T::Subject>,
		genesis: &Hash32,
		block: BlockNumberFor<T>,
	) {
		let Items { mut commits, mut reveals, mut signals, mut objections, engine } = items;
		// An attestation with too many items is refused whole. What waits longest to be told goes first, the rest in the next block.
		reveals.truncate(MAX_REVEALS);
		objections.truncate(MAX_OBJECTIONS as usize);
		let first = (engine.is_some() as usize).saturating_add(reveals.len()).saturating_add(objections.len());
		let room = (MAX_ITEMS as usize).saturating_sub(first);
		commits.truncate(room);
		signals.truncate(room.saturating_sub(commits.len()));
		let attestation = Attestation {
			validator,
			session,
			block,
			commits: frame_support::BoundedVec::truncate_from(commits),
			reveals: frame_support::BoundedVec::truncate_from(reveals),
			signals: frame_support::BoundedVec::truncate_from(signals),
			objections: frame_support::BoundedVec::truncate_from(objections),
			engine,
		};
		if attestation.items() == 0 {
			return;
		}
		let Some(signature) = key.sign(&payload::<T>(genesis, &attestation)) else {
			log::error!(target: LOG, "the keystore does not sign with {key:?}");
			return;
		};
		let (commits, reveals) = (attestation.commits.len(), attestation.reveals.len());
		let call = Call::<T>::attest { attestation, signature };
		let xt = <T as CreateAuthorizedTransaction<Call<T>>>::create_authorized_transaction(call.into());
		match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
			Ok(()) => log::debug!(target: LOG, "submitted {commits} commits and {reveals} reveals"),
			Err(()) => log::debug!(target: LOG, "the pool did not take an attestation"),
		}
	}
}

impl<T: Config> Duty<T> {
	/// Whether the next block takes something in this round.
	fn is_actionable(&self, now: BlockNumberFor<T>) -> bool {
		let next = now.saturating_add(1u32.into());
		let round = &self.round;
		match self.ballot.commit {
			None if self.ballot.auditor => {
				round.phase == Phase::Auditing && next > round.commit_end && next <= round.audit_end
			}
			None => round.phase == Phase::Sealing && next <= round.commit_end,
			Some(_) => round.phase == Phase::Revealing && next > round.audit_end && next <= round.reveal_end,
		}
	}
}

/// Keeps what opens a seal.
fn keep_sealed(round: RoundId, commit: &Hash32, sealed: &(Vote, [u8; 16], ContentId)) {
	StorageValueRef::persistent(&sealed_key(commit)).set(sealed);
	let index = StorageValueRef::persistent(SEALED);
	let mut kept = index.get::<Vec<(RoundId, Hash32)>>().ok().flatten().unwrap_or_default();
	if !kept.contains(&(round, *commit)) {
		kept.push((round, *commit));
		index.set(&kept);
	}
}

/// Where what opens a seal is kept.
fn sealed_key(commit: &Hash32) -> Vec<u8> {
	[SEALED, commit].concat()
}
