//! The off-chain worker: reads the duties of the local keys, has the engine do them, submits what is ready.

use crate::{
	authorize::{payload, MAX_ITEMS},
	pallet::*,
	standings::is_assured,
	subjects::*,
	types::*,
	AccountIdOf,
};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::{
	audit::{AuditInput, AuditProof},
	h, hash, host,
	infr::AuthorityId,
	seal::SealInput,
	Abstention, ContentId, DutyId, EngineId, Finished, Hash32, Job, RoundId, Run, Verdict, Vote,
};
use codec::{Decode, Encode};
use frame_support::{traits::Get, traits::ValidatorSet, DefaultNoBound};
use frame_system::{
	offchain::{CreateAuthorizedTransaction, SubmitTransaction},
	pallet_prelude::BlockNumberFor,
};
use sp_io::offchain;
use sp_runtime::{
	offchain::{storage::StorageValueRef, Duration},
	traits::{Saturating, Zero},
	RuntimeAppPublic,
};

/// Milliseconds after a block's import before which nothing is said of it. Whoever has not imported it yet does not take what others
/// say of it, and the first to import it, its author, is ahead of all others by the block's way through the network and its execution.
const IMPORT_LAG_MS: u64 = 500;
/// Milliseconds that the worker waits after that, if no run has ended: what is said within them is in the next block (blocks are 2 s
/// apart).
const MAX_WAIT_MS: u32 = 700;
/// The key of local storage under which a pass puts its token. Several blocks of one slot can be the best one after the
/// other, so a pass may begin while another waits.
const LAST_PASS: &[u8] = b"assay/rounds/last-pass";
/// Bytes of outputs in one attestation, so that it leaves room in a block for others.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
/// Reveals in one attestation, of rounds of few voters.
const MAX_REVEALS: usize = 48;
/// Rounds of every validator whose reveals fit into one attestation: each may end its round, and the block has to have room for that.
const MAX_FULL_ROUNDS: u32 = 12;
/// The weight of the end of a round beside its voters, expressed in voters.
const ROUND_VOTERS: u32 = 8;
/// One in so many reveals is of a round that has ended, at least, where there are so many.
const LATE_PART: usize = 4;
/// Attestations that open all votes of one key that are sealed and not opened: a quarter of the shortest reveal window.
const SEALED_ATTESTATIONS: u32 = 4;
/// The prefix of local storage under which a pass keeps the [`Sealed`] of each duty until its seal is not shut any
/// more, and the key of the list of all. A node seals one vote in a round, whatever happens to it, and a round may end
/// before the node can open it.
const SEALED: &[u8] = b"assay/rounds/sealed/";
/// Blocks before the end of a window of a fixed length in which a node objects in any case: three blocks may take what it says.
const LAST_OBJECTION: u32 = 4;
const LOG: &str = "runtime::rounds";

/// One local validator's part in one open round.
struct Duty<T: Config> {
	id: DutyId,
	round_id: RoundId,
	round: Round<T>,
	validator: AccountIdOf<T>,
	ballot: Ballot,
	/// The VRF proof that makes the validator an auditor, until its seal is on chain.
	proof: Option<AuditProof>,
}

/// A vote with its salt, which together open a seal.
#[derive(Clone, Encode, Decode)]
struct Sealed {
	commitment: Hash32,
	vote: Vote,
	salt: [u8; 16],
	/// Id of the input that was run.
	input: ContentId,
}

/// An agreement that a local validator runs again.
struct Watch<T: Config> {
	/// The duty that its run is done for.
	id: DutyId,
	/// The duty of the run that confirms what it finds.
	confirmation: DutyId,
	subject: T::Subject,
	agreement: Agreement<T>,
	validator: AccountIdOf<T>,
	key: AuthorityId,
	stand: Stand,
}

/// The ways in which a validator may stand against an agreement.
enum Stand {
	/// With an objection, and the proof of an auditor unless it was kept out. An auditor that cannot get the input says so instead.
	Object(Option<AuditProof>),
	/// With a dispute.
	Dispute,
}

/// An item of an attestation against an agreement.
enum Against<S> {
	Objection(Objection<S>),
	Lack(Signal),
	Dispute(S),
}

/// Items of one attestation.
#[derive(DefaultNoBound)]
struct Items<S> {
	reveals: Vec<Reveal>,
	/// Those of rounds that have ended.
	late: Vec<Reveal>,
	signals: Vec<Signal>,
	objections: Vec<Objection<S>>,
	disputes: Vec<S>,
	engine: Option<EngineId>,
}

/// Room for reveals.
struct Room {
	reveals: usize,
	voters: u32,
}

impl Room {
	/// That of so many attestations.
	fn of<T: Config>(attestations: u32) -> Self {
		let voters = T::MaxValidators::get().saturating_add(ROUND_VOTERS).saturating_mul(MAX_FULL_ROUNDS);
		Self { reveals: MAX_REVEALS.saturating_mul(attestations as usize), voters: voters.saturating_mul(attestations) }
	}

	/// True if the reveal of a round of so many voters fits. Its part of the room is taken then.
	fn takes(&mut self, voters: u32) -> bool {
		let left = self.voters.checked_sub(voters.saturating_add(ROUND_VOTERS));
		let fits = self.reveals.checked_sub(1).zip(left);
		if let Some((reveals, voters)) = fits {
			*self = Self { reveals, voters };
		}
		fits.is_some()
	}
}

impl<T: Config> Pallet<T> {
	/// One pass of the off-chain worker, at block `now`.
	pub(crate) fn attest_offchain(now: BlockNumberFor<T>) {
		let token = offchain::random_seed();
		let last_pass = StorageValueRef::persistent(LAST_PASS);
		last_pass.set(&token);
		let said_from = offchain::timestamp().add(Duration::from_millis(IMPORT_LAG_MS));
		let genesis = Self::genesis();
		let finalized = Self::finalized();
		Self::forget_sealed(now, finalized);
		let (mut duties, ended) = Self::local_duties(&genesis, now);
		duties.extend(Self::local_audits(&genesis));
		duties.sort_by_key(|duty| {
			let deadline = duty.deadline();
			(now >= deadline, deadline)
		});
		let watches = Self::local_watches(&genesis, now);
		let list = |found: &BTreeMap<DutyId, Result<Run, Abstention>>| -> Vec<Job> {
			let again = watches.iter().flat_map(|watch| Self::watch_jobs(watch, found, &genesis));
			duties.iter().filter_map(Self::job).chain(again).collect()
		};
		let jobs = list(&Self::runs_of(&watches));
		let listed = jobs.len();
		if let Err(error) = host::engine::enqueue(jobs) {
			log::error!(target: LOG, "the engine is out of reach: {error:?}");
			return;
		}
		// Runs that ended before this pass and have just been listed again are there at once.
		let found = Self::runs_of(&watches);
		let jobs = list(&found);
		if jobs.len() > listed {
			let _ = host::engine::enqueue(jobs);
		}
		let actionable: Vec<DutyId> =
			duties.iter().filter(|duty| duty.is_actionable(now, finalized)).map(|duty| duty.id).collect();
		let holders = Self::new_holders();
		let late = Self::late_reveals(&genesis, ended);
		let heard: Vec<_> = watches.iter().filter(|watch| watch.is_time(now, finalized)).collect();
		let against = Self::against(&heard, &found, &genesis);
		if actionable.is_empty() && holders.is_empty() && late.is_empty() && against.is_empty() {
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
		let mut sealed: BTreeMap<AuthorityId, Room> = BTreeMap::new();
		let room = || Room::of::<T>(SEALED_ATTESTATIONS);
		for duty in duties.iter().filter(|duty| duty.ballot.commit.is_some()) {
			sealed.entry(duty.ballot.key.clone()).or_insert_with(room).takes(duty.round.voters());
		}
		for duty in &duties {
			let Some(finished) = finished.get(&duty.id) else { continue };
			if let (None, Ok(run)) = (duty.ballot.commit, &finished.result) {
				if sealed.entry(duty.ballot.key.clone()).or_insert_with(room).takes(duty.round.voters()) {
					Self::submit_seal(duty, run, &genesis);
				}
				continue;
			}
			let batch = batches
				.entry((duty.ballot.key.clone(), duty.round.session))
				.or_insert_with(|| (duty.validator.clone(), Items::default()));
			Self::add_item(duty, finished, &genesis, now, &mut batch.1, &mut output_bytes);
		}
		for (key, session, validator, reveal) in late {
			let batch = batches.entry((key, session)).or_insert_with(|| (validator, Items::default()));
			batch.1.late.push(reveal);
		}
		for (key, session, validator, said) in against {
			let batch = batches.entry((key, session)).or_insert_with(|| (validator, Items::default()));
			match said {
				Against::Objection(objection) => batch.1.objections.push(objection),
				Against::Lack(signal) => batch.1.signals.push(signal),
				Against::Dispute(subject) => batch.1.disputes.push(subject),
			}
		}
		for (key, session, validator) in holders {
			let batch = batches.entry((key, session)).or_insert_with(|| (validator, Items::default()));
			batch.1.engine = T::Engines::proposed();
		}
		for ((key, session), (validator, items)) in batches {
			Self::submit(&key, session, validator, items, &genesis, now);
		}
	}

	/// Local validators that hold the proposed engine and have not said so: their keys, and the session.
	fn new_holders() -> Vec<(AuthorityId, u32, AccountIdOf<T>)> {
		let Some(proposed) = T::Engines::proposed() else { return Vec::new() };
		let held = host::engine::status().is_ok_and(|status| status.engines.contains(&proposed));
		if !held {
			return Vec::new();
		}
		let (session, local) = (T::ValidatorSet::session_index(), AuthorityId::all());
		let electors = Electors::<T>::get().into_iter();
		electors
			.filter(|(who, key, _)| local.contains(key) && !T::Engines::is_held_by(who))
			.map(|(who, key, _)| (key, session, who))
			.collect()
	}

	/// The last block of this fork that the node knows to be final.
	fn finalized() -> BlockNumberFor<T> {
		let Ok((number, hash)) = host::engine::finalized() else { return Zero::zero() };
		let block = number.into();
		let here = Self::hash_bytes(frame_system::Pallet::<T>::block_hash(block));
		if here == hash {
			block
		} else {
			Zero::zero()
		}
	}

	/// Duties of local validators in open rounds, and the ended rounds in which seals of theirs are to be opened.
	fn local_duties(
		genesis: &Hash32,
		now: BlockNumberFor<T>,
	) -> (Vec<Duty<T>>, Vec<(RoundId, AuthorityId, AccountIdOf<T>)>) {
		let (mut duties, mut ended) = (Vec::new(), Vec::new());
		for key in AuthorityId::all() {
			for (round_id, validator) in Duties::<T>::iter_prefix(&key) {
				let Some(round) = Rounds::<T>::get(round_id) else {
					ended.push((round_id, key.clone(), validator));
					continue;
				};
				let Some(ballot) = Ballots::<T>::get(round_id, &validator) else { continue };
				if ballot.vote.is_some() || ballot.late.is_some() || now >= round.reveal_end {
					continue;
				}
				let id = hash::duty_id(genesis, round_id, &round.seed, &round.terms, &validator);
				duties.push(Duty { id, round_id, round, validator, ballot, proof: None });
			}
		}
		(duties, ended)
	}

	/// The proof of a local key that draws itself.
	fn drawn_proof(key: &AuthorityId, input: AuditInput, bound: u128) -> Option<AuditProof> {
		let (proof, number) = host::engine::draw_audit((key.clone(), input)).ok().flatten()?;
		(number <= bound).then_some(proof)
	}

	/// Validators of a session whose keys are here, with these.
	fn local_validators(session: u32, local: &[AuthorityId]) -> Vec<(AccountIdOf<T>, AuthorityId)> {
		let keys = SessionKeys::<T>::iter_prefix(session).map(|(who, (key, _))| (who, key));
		keys.filter(|(_, key)| local.contains(key)).collect()
	}

	/// Rounds in which a local validator has drawn itself and has not said so. Its run goes on when its phase is over: it may object.
	fn local_audits(genesis: &Hash32) -> Vec<Duty<T>> {
		let mut audits = Vec::new();
		let local = AuthorityId::all();
		if local.is_empty() {
			return audits;
		}
		let mut sessions = BTreeMap::new();
		for (round_id, round) in Rounds::<T>::iter() {
			if round.audits == 0 {
				continue;
			}
			let input = Self::audit_input(round_id, &round);
			let validators =
				sessions.entry(round.session).or_insert_with(|| Self::local_validators(round.session, &local));
			for (validator, _) in validators.iter().filter(|(who, _)| !Ballots::<T>::contains_key(round_id, who)) {
				let Some((ballot, bound)) = Self::auditor_ballot(&round, validator) else { continue };
				if let Some(proof) = Self::drawn_proof(&ballot.key, input, bound) {
					let id = hash::duty_id(genesis, round_id, &round.seed, &round.terms, validator);
					let validator = validator.clone();
					audits.push(Duty { id, round_id, round: round.clone(), validator, ballot, proof: Some(proof) });
				}
			}
		}
		audits
	}

	/// Forgets what opens the seals of rounds whose end is final, and that have none to be opened. On another fork such a seal may still be
	/// shut: a node that was cut off has ended the round by itself.
	fn forget_sealed(now: BlockNumberFor<T>, finalized: BlockNumberFor<T>) {
		let index = StorageValueRef::persistent(SEALED);
		let kept = index.get::<Vec<(RoundId, DutyId)>>().ok().flatten().unwrap_or_default();
		let next = NextRound::<T>::get();
		let genesis = Self::genesis();
		let era = T::LateWindow::get().into();
		// A round that has no number yet is one of a fork that may come back.
		let needed = |round: &RoundId, duty: &DutyId| {
			if *round >= next || Rounds::<T>::contains_key(round) {
				return true;
			}
			// Its end is final where no era of blocks waits for finality.
			let Some(ended) = EndedRounds::<T>::get(round) else { return now >= finalized.saturating_add(era) };
			let id = |who| hash::duty_id(&genesis, *round, &ended.seed, &ended.terms, who);
			let own = ended.seals.iter().find(|seal| id(&seal.validator) == *duty);
			// An auditor's seal that is not among them may still come, from whoever has it: then it is to be opened.
			own.is_none_or(|seal| seal.opening != Opening::Done || finalized < ended.ended_at)
		};
		let (kept, over): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(round, duty)| needed(round, duty));
		if !over.is_empty() {
			over.iter().for_each(|(_, duty)| StorageValueRef::persistent(&sealed_key(duty)).clear());
			index.set(&kept);
		}
	}

	/// Agreements that a local validator runs again: those that it may object to, and a random share of the others, which it may dispute.
	fn local_watches(genesis: &Hash32, now: BlockNumberFor<T>) -> Vec<Watch<T>> {
		let local = AuthorityId::all();
		let mut watches = Vec::new();
		if local.is_empty() {
			return watches;
		}
		let mut sessions = BTreeMap::new();
		let replays = host::engine::status().map_or(0, |status| status.replays);
		for (subject, agreement) in Agreements::<T>::iter().filter(|(_, agreement)| !agreement.decision.escalated) {
			let session = agreement.session;
			let validators = sessions.entry(session).or_insert_with(|| Self::local_validators(session, &local));
			for (validator, key) in validators.iter().cloned() {
				let Some(stand) = Self::stand(&agreement, &validator, &key, replays, now) else { continue };
				let round = agreement.decision.round;
				let id = hash::duty_id(genesis, round, &agreement.seed, &agreement.terms, &validator);
				let confirmation = h("assay/confirm", id);
				let agreement = agreement.clone();
				watches.push(Watch { id, confirmation, subject, agreement, validator, key, stand });
			}
		}
		watches
	}

	/// The way in which a local validator may stand against an agreement, if there is one. A dispute is for a share of
	/// agreements that nobody else can foresee, and for who has lost none of late.
	fn stand(
		agreement: &Agreement<T>,
		validator: &AccountIdOf<T>,
		key: &AuthorityId,
		replays: u32,
		now: BlockNumberFor<T>,
	) -> Option<Stand> {
		if !Self::may_object(agreement, validator) {
			return None;
		}
		if agreement.kept_out.contains(validator) {
			return Some(Stand::Object(None));
		}
		let bound = Self::objection_bound(agreement, validator);
		if let Some(proof) = bound.and_then(|bound| Self::drawn_proof(key, Self::objection_input(agreement), bound)) {
			return Some(Stand::Object(Some(proof)));
		}
		if Self::has_lost_a_dispute(validator, now) {
			return None;
		}
		let AuditInput { genesis, round, seed } = Self::objection_input(agreement);
		let input = SealInput { genesis, round, seed, terms: h("assay/replay", agreement.terms) };
		let drawn = host::engine::draw_salt((key.clone(), input)).ok().flatten()?;
		let number = u128::from_le_bytes(drawn).checked_rem(1_000).unwrap_or(0);
		(number < replays.into()).then_some(Stand::Dispute)
	}

	/// The results that the engine has of the runs of these watches.
	fn runs_of(watches: &[Watch<T>]) -> BTreeMap<DutyId, Result<Run, Abstention>> {
		let ids: Vec<DutyId> = watches.iter().flat_map(|watch| [watch.id, watch.confirmation]).collect();
		if ids.is_empty() {
			return BTreeMap::new();
		}
		let finished = host::engine::take_finished(ids, 0).unwrap_or_default();
		finished.into_iter().map(|finished| (finished.duty, finished.result)).collect()
	}

	/// The vote of a watch's run, if it differs from the vote that was agreed on.
	fn finds_otherwise(watch: &Watch<T>, run: Option<&Result<Run, Abstention>>, genesis: &Hash32) -> Option<Vote> {
		let terms = T::Subjects::terms(&watch.subject)?;
		Self::vote(&terms, run?.as_ref().ok()?, genesis).filter(|vote| *vote != watch.agreement.vote)
	}

	/// The runs that a watch asks for: that of the round that agreed, and if it finds otherwise, another in a process of its own.
	fn watch_jobs(watch: &Watch<T>, found: &BTreeMap<DutyId, Result<Run, Abstention>>, genesis: &Hash32) -> Vec<Job> {
		let trace_keys = alloc::vec![watch.agreement.key];
		let mut jobs: Vec<Job> = Self::run_of(watch.id, &watch.subject, trace_keys).into_iter().collect();
		if Self::finds_otherwise(watch, found.get(&watch.id), genesis).is_some() {
			let again = jobs.first().map(|job| Job { duty: watch.confirmation, afresh: true, ..job.clone() });
			jobs.extend(again);
		}
		jobs
	}

	/// Items against agreements, each with key, session and validator: votes that two runs of a local validator have
	/// found otherwise than agreed, and signals of auditors that cannot get the input.
	fn against(
		watches: &[&Watch<T>],
		found: &BTreeMap<DutyId, Result<Run, Abstention>>,
		genesis: &Hash32,
	) -> Vec<(AuthorityId, u32, AccountIdOf<T>, Against<T::Subject>)> {
		let said = watches.iter().filter_map(|watch| {
			if let Some(Err(Abstention::InputUnavailable)) = found.get(&watch.id) {
				return Self::lacks(watch);
			}
			let vote = Self::finds_otherwise(watch, found.get(&watch.id), genesis)?;
			let again = found.get(&watch.confirmation)?;
			let subject = watch.subject;
			if Self::finds_otherwise(watch, Some(again), genesis) != Some(vote) {
				log::error!(target: LOG, "two runs of {subject:?} find two things: this machine or its engine is faulty");
				return None;
			}
			let (session, key, said) = match watch.stand {
				Stand::Object(proof) => {
					let said = Against::Objection(Objection { subject, vote, proof });
					(watch.agreement.session, watch.key.clone(), said)
				}
				Stand::Dispute => {
					let session = T::ValidatorSet::session_index();
					(session, Self::session_key(session, &watch.validator)?, Against::Dispute(subject))
				}
			};
			Some((key, session, watch.validator.clone(), said))
		});
		said.collect()
	}

	/// The signal of an auditor that cannot get the input of an agreement.
	fn lacks(watch: &Watch<T>) -> Option<(AuthorityId, u32, AccountIdOf<T>, Against<T::Subject>)> {
		let Stand::Object(Some(proof)) = watch.stand else { return None };
		let round = watch.agreement.decision.round;
		let signal = Signal { round, kind: SignalKind::InputUnavailable, proof: Some(proof) };
		let session = watch.agreement.session;
		Self::live_lack(&signal, &watch.validator, session)?;
		Some((watch.key.clone(), session, watch.validator.clone(), Against::Lack(signal)))
	}

	/// Reveals of seals of local validators that are shut in rounds that have ended, each with key, session and
	/// validator.
	fn late_reveals(
		genesis: &Hash32,
		ended: Vec<(RoundId, AuthorityId, AccountIdOf<T>)>,
	) -> Vec<(AuthorityId, u32, AccountIdOf<T>, Reveal)> {
		let mut late = Vec::new();
		for (round, key, validator) in ended {
			let Some(record) = EndedRounds::<T>::get(round) else { continue };
			let shut = record.seals.iter().find(|seal| seal.validator == validator).and_then(EndedSeal::shut);
			let duty = hash::duty_id(genesis, round, &record.seed, &record.terms, &validator);
			match kept_seal(&duty).filter(|sealed| Some(sealed.commitment) == shut) {
				Some(Sealed { vote, salt, input, .. }) => {
					let reveal = Reveal { round, vote, salt, input, output: None, voters: 0 };
					late.push((key, record.session, validator, reveal));
				}
				None => log::error!(target: LOG, "round {round}: this node does not have what it has sealed"),
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
		Some(Job { duty, engine, model, model_size, input, unit_limit, trace_keys, afresh: false })
	}

	/// Seals what a run says and submits it. A node that has sealed a vote in this round before, on whatever fork, seals the same one.
	fn submit_seal(duty: &Duty<T>, run: &Run, genesis: &Hash32) {
		let Duty { round_id, round, validator, ballot, .. } = duty;
		let input = round.seal_input(*genesis, *round_id);
		let sealed = match kept_seal(&duty.id) {
			Some(sealed) => sealed,
			None => {
				let Some(terms) = T::Subjects::terms(&round.subject) else { return };
				let Some(vote) = Self::vote(&terms, run, genesis) else { return };
				let Ok(Some(salt)) = host::engine::draw_salt((ballot.key.clone(), input)) else {
					log::error!(target: LOG, "the keystore draws no salt with {:?}", ballot.key);
					return;
				};
				let commitment = hash::commitment(genesis, *round_id, validator, &vote, &salt);
				let sealed = Sealed { commitment, vote, salt, input: run.input };
				// On disk before anybody hears of the seal.
				keep_sealed(*round_id, &duty.id, &sealed);
				sealed
			}
		};
		let Some(signature) = ballot.key.sign(&input.payload(validator, &sealed.commitment)) else {
			log::error!(target: LOG, "the keystore does not sign with {:?}", ballot.key);
			return;
		};
		let seal = Seal {
			round: *round_id,
			validator: validator.clone(),
			commitment: sealed.commitment,
			proof: duty.proof,
			signature,
		};
		Self::submit_call(Call::seal { seal });
	}

	/// Adds the reveal or the signal of a duty to the items of an attestation.
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
		let sealed = kept_seal(&duty.id).filter(|sealed| Some(sealed.commitment) == duty.ballot.commit);
		let Some(Sealed { vote, salt, input, .. }) = sealed else {
			log::error!(target: LOG, "round {round}: this node does not have what it has sealed");
			return;
		};
		if Self::vote(&terms, run, genesis).map(|vote| vote.verdict) != Some(vote.verdict) {
			log::error!(target: LOG, "round {round}: the run that this node has stored is not the one that it has sealed");
			return;
		}
		let output = run.outcome.as_ref().ok().cloned();
		if let Some(assay_primitives::Output::Inline(bytes)) = &output {
			*output_bytes = output_bytes.saturating_add(bytes.len());
			if *output_bytes > MAX_OUTPUT_BYTES {
				return;
			}
		}
		let voters = duty.round.voters();
		items.reveals.push(Reveal { round, vote, salt, input, output, voters });
	}

	/// The vote that a run gives. A model that is active loads at its sample's shapes, and need not at others: that it
	/// fails to is a verdict.
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
		let Items { mut reveals, mut late, mut signals, mut objections, mut disputes, engine } = items;
		// An attestation with too many items is refused whole. The items that have waited longest go first, the rest in
		// the next block. However many votes are to be opened in time, those of rounds that have ended get their share:
		// they have a time, too.
		late.sort_by_key(|reveal| reveal.round);
		let (mut all, mut in_time) = (Room::of::<T>(1), Room::of::<T>(1));
		reveals.retain(|reveal| in_time.takes(reveal.voters));
		late.truncate(MAX_REVEALS.saturating_sub(reveals.len()).max(MAX_REVEALS / LATE_PART));
		late.retain(|reveal| all.takes(reveal.voters));
		reveals.retain(|reveal| all.takes(reveal.voters));
		reveals.extend(late);
		objections.truncate(MAX_OBJECTIONS as usize);
		disputes.truncate(MAX_OBJECTIONS as usize);
		let against = objections.len().saturating_add(disputes.len());
		let first = (engine.is_some() as usize).saturating_add(reveals.len()).saturating_add(against);
		signals.truncate((MAX_ITEMS as usize).saturating_sub(first));
		let attestation = Attestation {
			validator,
			session,
			block,
			reveals: frame_support::BoundedVec::truncate_from(reveals),
			signals: frame_support::BoundedVec::truncate_from(signals),
			objections: frame_support::BoundedVec::truncate_from(objections),
			disputes: frame_support::BoundedVec::truncate_from(disputes),
			engine,
		};
		if attestation.items() == 0 {
			return;
		}
		let Some(signature) = key.sign(&payload::<T>(genesis, &attestation)) else {
			log::error!(target: LOG, "the keystore does not sign with {key:?}");
			return;
		};
		Self::submit_call(Call::attest { attestation, signature });
	}

	fn submit_call(call: Call<T>) {
		let xt = <T as CreateAuthorizedTransaction<Call<T>>>::create_authorized_transaction(call.into());
		if SubmitTransaction::<T, Call<T>>::submit_transaction(xt).is_err() {
			log::debug!(target: LOG, "the pool did not take what this node has to say: it says it again");
		}
	}
}

impl<T: Config> Watch<T> {
	/// True if it is time to stand against the agreement. Whoever does shows itself, as an auditor does: not before the
	/// block is final that has closed the committee's seals. `Assured` waits for that, another window does not.
	fn is_time(&self, now: BlockNumberFor<T>, finalized: BlockNumberFor<T>) -> bool {
		let Agreement { sealed_at, final_at, decision, .. } = &self.agreement;
		let last = now.saturating_add(LAST_OBJECTION.into()) >= *final_at;
		finalized >= *sealed_at || (last && !is_assured(decision.window, decision.v))
	}
}

impl<T: Config> Duty<T> {
	/// Last block that takes what is to be said next.
	fn deadline(&self) -> BlockNumberFor<T> {
		match self.ballot.commit {
			None if self.ballot.auditor => self.round.audit_end,
			None => self.round.commit_end,
			Some(_) => self.round.reveal_end,
		}
	}

	/// True if the next block takes an item of this duty, and it is time to send it. An auditor's seal and an opened
	/// vote wait until the block is final that has closed the committee's seals: whoever looks could have another block
	/// built beside it. An auditor that waits in vain has no vote, and may object. Votes are not put off for longer
	/// than half of the time for reveals.
	fn is_actionable(&self, now: BlockNumberFor<T>, finalized: BlockNumberFor<T>) -> bool {
		let next = now.saturating_add(1u32.into());
		let round = &self.round;
		let closed = finalized >= round.commit_end || round.kind.is_everybody();
		match self.ballot.commit {
			None if self.ballot.auditor => {
				let open = round.phase == Phase::Auditing && next > round.commit_end && next <= round.audit_end;
				open && closed
			}
			None => round.phase == Phase::Sealing && next <= round.commit_end,
			Some(_) => {
				let left = round.reveal_end.saturating_sub(next);
				let last = left <= next.saturating_sub(round.audit_end);
				let open = round.phase == Phase::Revealing && next > round.audit_end && next <= round.reveal_end;
				open && (closed || last)
			}
		}
	}
}

/// Keeps what opens a seal.
fn keep_sealed(round: RoundId, duty: &DutyId, sealed: &Sealed) {
	StorageValueRef::persistent(&sealed_key(duty)).set(sealed);
	let index = StorageValueRef::persistent(SEALED);
	let mut kept = index.get::<Vec<(RoundId, DutyId)>>().ok().flatten().unwrap_or_default();
	if !kept.contains(&(round, *duty)) {
		kept.push((round, *duty));
		index.set(&kept);
	}
}

/// The vote and salt that open the seal of a duty.
fn kept_seal(duty: &DutyId) -> Option<Sealed> {
	StorageValueRef::persistent(&sealed_key(duty)).get().ok().flatten()
}

/// The key of local storage under which [`Sealed`] of a duty is kept.
fn sealed_key(duty: &DutyId) -> Vec<u8> {
	[SEALED, duty].concat()
}
