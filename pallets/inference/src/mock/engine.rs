//! An engine without models: what it gives follows from model, input and keys.

use assay_primitives::{
	h,
	hash::{commitment, duty_id, result_hash, trace_key},
	host::EngineHost,
	seal::SealInput,
	Abstention, ContentId, DutyId, EngineId, EngineStatus, FailReason, Finished, Hash32, Job, JobInput, ModelId,
	Output, Run, Verdict, Vote,
};
use frame_support::parameter_types;
use pallet_models::Input;
use std::{
	collections::BTreeMap,
	sync::{Arc, Mutex},
};

use super::{ENGINE, GENESIS};

/// The plan of a model's runs.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
	/// The end of its runs.
	pub outcome: Planned,
	/// Units of loading it.
	pub load_units: u64,
	/// Units of load and run.
	pub units: u64,
}

/// The end of a model's runs.
#[derive(Clone, Copy, Debug)]
pub enum Planned {
	/// With an output of so many bytes.
	Inline(usize),
	/// With an output of so many bytes, in the blob store.
	Blob(u64),
	/// Without one.
	Fails(FailReason),
}

/// The plan of a model for which no test has made one.
pub const PLAN: Plan = Plan { outcome: Planned::Inline(40), load_units: 10, units: 100 };

parameter_types! {
	/// Models that do something else than [`PLAN`].
	pub static Plans: BTreeMap<ModelId, Plan> = BTreeMap::new();
}

/// Plans what a model does.
pub fn plan(model: ModelId, outcome: Planned, units: u64) {
	Plans::mutate(|plans| plans.insert(model, Plan { outcome, units, ..PLAN }));
}

/// Id of the input that the engine makes for a model.
pub fn generated_input(model: ModelId) -> ContentId {
	ContentId(h("test/generated", model))
}

/// Id of the input of a run.
pub fn input_of(model: ModelId, input: Option<&Input>) -> ContentId {
	input.map_or_else(|| generated_input(model), Input::content_id)
}

/// The run that every honest engine gives.
pub fn execute(model: ModelId, input: ContentId, unit_limit: u64, trace_keys: &[Hash32]) -> Run {
	let plan = Plans::mutate(|plans| plans.get(&model).copied()).unwrap_or(PLAN);
	let seed = h("test/output", (model, input));
	let (outcome, units) = match plan.outcome {
		_ if plan.units > unit_limit => (Err(FailReason::ComputeLimit), unit_limit),
		Planned::Inline(length) => {
			let bytes: Vec<u8> = seed.iter().copied().cycle().take(length).collect();
			(Ok(Output::Inline(bytes.try_into().unwrap())), plan.units)
		}
		Planned::Blob(size) => (Ok(Output::Blob { size, top: seed }), plan.units),
		Planned::Fails(reason) => (Err(reason), plan.units),
	};
	let trace_digests = trace_keys.iter().map(|key| h("test/trace", (model, input, key))).collect();
	Run { outcome, load_units: plan.load_units, units, trace_digests, input }
}

/// The vote in a round by a run of the network's first engine.
pub fn vote_of(run: &Run, model: ModelId) -> Vote {
	vote_under(ENGINE, run, model)
}

/// The vote in a round by a run of an engine.
pub fn vote_under(engine: EngineId, run: &Run, model: ModelId) -> Vote {
	let verdict = match &run.outcome {
		Ok(output) => Verdict::Output {
			result_hash: result_hash(&GENESIS, &engine, &model, &run.input, &output.content_id()),
			load_units: run.load_units,
			units: run.units,
		},
		Err(reason) => Verdict::Failed { reason: *reason, units: run.units },
	};
	let trace_digest = run.trace_digests[0];
	Vote { verdict, trace_digest, contested_digest: run.trace_digests.get(1).copied() }
}

/// Result hash that a model honestly gives on an input.
pub fn honest_result(model: ModelId, input: ContentId) -> Hash32 {
	match vote_of(&execute(model, input, u64::MAX, &[[0; 32]]), model).verdict {
		Verdict::Output { result_hash, .. } => result_hash,
		verdict => panic!("{verdict:?} has no output"),
	}
}

/// The behaviour of an [`EngineHost`] under test towards duties.
#[derive(Clone, Debug, Default)]
pub enum Mood {
	/// Runs them.
	#[default]
	Works,
	/// Is not done.
	Busy,
	/// Cannot.
	Abstains(Abstention),
	/// Runs them, and finds something else from now on.
	Forgets,
	/// As [`Mood::Forgets`], and does not find it again.
	Wavers,
}

/// The node's side of the host interface, with a record of what it was asked.
#[derive(Clone, Default)]
pub struct FakeHost(pub Arc<Mutex<Asked>>);

/// Questions that a [`FakeHost`] was asked.
#[derive(Default)]
pub struct Asked {
	/// Its behaviour.
	pub mood: Mood,
	/// Lists of duties, in the order in which they came.
	pub enqueued: Vec<Vec<Job>>,
	/// Duties that were asked for, and how long to wait.
	pub taken: Vec<(Vec<DutyId>, u32)>,
	/// Of a thousand agreements, how many it runs again.
	pub replays: u32,
	/// A change that happens while somebody waits.
	pub meanwhile: Option<Box<dyn Fn() + Send>>,
}

impl EngineHost for FakeHost {
	fn enqueue(&self, jobs: Vec<Job>) {
		self.0.lock().unwrap().enqueued.push(jobs);
	}

	fn take_finished(&self, duties: Vec<DutyId>, max_wait_ms: u32) -> Vec<Finished> {
		let mut asked = self.0.lock().unwrap();
		asked.taken.push((duties.clone(), max_wait_ms));
		asked.meanwhile.iter().for_each(|happens| happens());
		// The probe's list, which it hands over in every block, is empty.
		let jobs = asked.enqueued.iter().rfind(|jobs| !jobs.is_empty()).cloned().unwrap_or_default();
		let answer = |job: &Job| match &asked.mood {
			Mood::Works => Some(Ok(run_job(job))),
			Mood::Busy => None,
			Mood::Abstains(abstention) => Some(Err(abstention.clone())),
			Mood::Wavers if job.afresh => Some(Ok(run_job(job))),
			Mood::Forgets | Mood::Wavers => Some(Ok(Run { units: run_job(job).units + 1, ..run_job(job) })),
		};
		jobs.iter()
			.filter(|job| duties.contains(&job.duty))
			.filter_map(|job| answer(job).map(|result| Finished { duty: job.duty, result }))
			.collect()
	}

	fn status(&self) -> EngineStatus {
		EngineStatus { engines: vec![ENGINE], queued: 0, running: 0, replays: self.0.lock().unwrap().replays }
	}
}

/// The run of a [`FakeHost`] for a job.
pub fn run_job(job: &Job) -> Run {
	let input = match &job.input {
		JobInput::Inline(bytes) => ContentId::of(bytes),
		JobInput::Blob { id, .. } => *id,
		JobInput::Generated => generated_input(job.model),
	};
	execute(job.model, input, job.unit_limit, &job.trace_keys)
}

/// Name of a validator's duty in a round.
pub fn duty_of(round: u64, who: u64) -> DutyId {
	let Some(SealInput { seed, terms, .. }) = seal_input(round) else { panic!("round {round} is not known") };
	duty_id(&GENESIS, round, &seed, &terms, &who)
}

/// The message that seals of a round are signed over, if it is open or has ended.
pub fn seal_input(round: u64) -> Option<SealInput> {
	let ended = || pallet_rounds::EndedRounds::<super::Test>::get(round).map(|ended| (ended.seed, ended.terms));
	let open = pallet_rounds::Rounds::<super::Test>::get(round).map(|open| (open.seed, open.terms));
	let (seed, terms) = open.or_else(ended)?;
	Some(SealInput { genesis: GENESIS, round, seed, terms })
}

/// Commitment of a validator to a vote.
pub fn seal(round: u64, who: u64, vote: &Vote, salt: &[u8; 16]) -> Hash32 {
	commitment(&GENESIS, round, &who, vote, salt)
}

/// Keys of a round's trace digests, in the order in which a vote carries their digests.
pub fn trace_keys(id: u64) -> Vec<Hash32> {
	let round = pallet_rounds::Rounds::<super::Test>::get(id).unwrap();
	let own = trace_key(&GENESIS, &round.subject, id, &round.seed);
	round.kind.contested().map_or(vec![own], |contested| vec![own, contested.key])
}

/// The engine that follows the other one.
pub const fn third_engine() -> EngineId {
	EngineId([3; 32])
}

/// The engine that follows the first one.
pub const fn other_engine() -> EngineId {
	EngineId([0xE1; 32])
}
