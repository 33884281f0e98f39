//! The run queue: takes the duties that the off-chain worker sees, has the engine do them, and keeps the results.
//!
//! Runs happen in processes of their own, at low priority, so that they delay neither block production nor the off-chain workers; the
//! queue's threads wait for them. They begin in the order in which the off-chain worker lists them, which is that of their deadlines. A
//! run whose duty is listed no more is stopped. One worker takes short runs only, so that they are done beside long ones.
//! A result is on disk before anybody hears of it: after a restart it is read back, and the
//! duty is not run again. Trouble of this machine is an abstention and never a verdict.

mod duties;
mod metrics;
mod plan;
mod quotes;
mod runner;
#[cfg(test)]
mod tests;

pub use plan::{machine_memory, Plan};
pub use runner::{boot, id, package};

use assay_api::engine::{Engine as EngineReport, Readiness, Report};
use assay_blobs::{Status, Store};
use assay_engine::{Abstain, Cancel, Input, Inspection, Model, RunRequest};
use assay_primitives::{
	constants::{MAX_INLINE_OUTPUT, SHORT_UNITS},
	hash::{blake2_256, Hash32},
	host::EngineHost,
	Abstention, ContentId, DutyId, EngineId, EngineStatus, Finished, Job, JobInput, Output, Run,
};
use codec::Encode;
use duties::{Duties, Record};
use metrics::Metrics;
use pallet_models::EngineInfo;
use parking_lot::{Condvar, Mutex};
use prometheus_endpoint::Registry;
use quotes::{Caller, Quotes};
use runner::{Place, Runner};
use std::{
	collections::{HashMap, HashSet},
	io,
	panic::AssertUnwindSafe,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::sync::watch;

const LOG_TARGET: &str = "inference";

/// Prefix of the names of the queue's threads.
const THREADS: &str = "inference-";

/// Longest wait in [`EngineHost::take_finished`]. A slot has 2 s; the rest of it is for the worker to submit what it got.
const MAX_WAIT: Duration = Duration::from_millis(1200);

/// Number of retries of a run after trouble of this machine.
const MAX_RETRIES: u32 = 2;

/// Time for which results stay on disk. The longest windows of the protocol are over well before.
const KEEP_RESULTS: Duration = Duration::from_secs(24 * 60 * 60);

/// Interval at which old results are removed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Starts an engine: compiles its guest if no cache has it, and tests it. Takes seconds.
pub type Boot = Arc<dyn Fn(Source) -> Result<Arc<dyn Runner>, String> + Send + Sync>;

/// Origin of an engine.
#[derive(Clone)]
pub enum Source {
	/// This program was built with it.
	BuiltIn,
	/// From the bytes of its package.
	Package(EngineId, Vec<u8>),
}

/// Extension of the files of packages.
const PACKAGE: &str = "engine";

/// The engines and the duties they are given. Stops when [`RunQueue::stop`] is called.
pub struct RunQueue {
	/// The engine that this program was built with.
	id: EngineId,
	boot: Boot,
	/// Folder of packages of engines.
	packages: PathBuf,
	/// Number of results, of a thousand that others have agreed on, that are run again.
	replays: u32,
	store: Arc<Store>,
	duties: Duties,
	metrics: Option<Metrics>,
	state: Mutex<State>,
	/// There may be something to run.
	work: Condvar,
	/// There is a new result.
	finished: Condvar,
	/// Places of those for whom models are inspected.
	quotes: Quotes,
	/// Blobs that duties wait for.
	wanted: watch::Sender<Vec<(ContentId, u64)>>,
}

struct State {
	engines: HashMap<EngineId, EngineState>,
	entries: HashMap<DutyId, Entry>,
	/// The duties in the order in which they were listed.
	order: Vec<DutyId>,
	/// Duties being run, dropped ones too until they have stopped.
	running: HashMap<DutyId, Running>,
	stopped: bool,
}

enum EngineState {
	Starting,
	Ready(Arc<dyn Runner>),
	/// The text says why.
	Unavailable(String),
}

struct Running {
	job: Job,
	cancel: Arc<Cancel>,
}

struct Entry {
	job: Job,
	phase: Phase,
	/// Runs that ended in trouble of this machine.
	failures: u32,
	/// The abstention that was last reported, so that it is logged and counted once.
	reported: Option<Abstention>,
}

enum Phase {
	/// To be run, or being run.
	Open,
	/// The machine was in trouble; waits for the next list.
	Failed,
	Done(Finished),
}

/// Outcome of a run for the queue.
enum Ended {
	Run(Run),
	/// Model or input went missing between the look at the store and the reading.
	Missing,
	/// The chain has dropped its duty.
	Stopped,
	Local(String),
}

/// Why a model could not be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
	#[error("the engine is starting: try again in a few seconds")]
	Starting,
	#[error("the engine of this node is unavailable: {0}")]
	Unavailable(String),
	#[error("this node does not hold the engine 0x{} that the model is active under: ask another node", hex::encode(.0.0))]
	NotHeld(EngineId),
	#[error("other quotes are under way, of which a caller may have one: try again in a few seconds")]
	Busy,
	#[error("the quote takes longer than {} s, which a node does for nobody: `assay inspect` does it on your own machine", quotes::LONGEST.as_secs())]
	TooLong,
	#[error(transparent)]
	Blob(#[from] assay_blobs::Error),
	#[error("the model cannot be run: {0}")]
	Model(assay_engine::InspectError),
	#[error("{0}")]
	Local(String),
}

impl RunQueue {
	/// Opens the results in `dir` and starts `workers` threads, of which the first boots the engine `id` that this program was built with,
	/// and one more for short runs alone. Keeps that engine's package in `dir` for the program that comes after this one.
	pub fn start(
		dir: &Path,
		id: EngineId,
		store: Arc<Store>,
		workers: usize,
		replays: u32,
		registry: Option<&Registry>,
		boot: Boot,
		package: impl FnOnce() -> Vec<u8>,
	) -> io::Result<Arc<Self>> {
		let metrics = registry.map(Metrics::register).transpose().unwrap_or_else(|error| {
			log::warn!(target: LOG_TARGET, "no metrics: {error}");
			None
		});
		let packages = dir.join("engines");
		keep_package(&packages, id, package)?;
		let queue = Arc::new(RunQueue {
			id,
			boot,
			packages,
			replays,
			store,
			duties: Duties::open(dir.join("duties"))?,
			metrics,
			state: Mutex::new(State {
				engines: HashMap::from([(id, EngineState::Starting)]),
				entries: HashMap::new(),
				order: Vec::new(),
				running: HashMap::new(),
				stopped: false,
			}),
			work: Condvar::new(),
			finished: Condvar::new(),
			quotes: Quotes::default(),
			wanted: watch::Sender::new(vec![]),
		});
		queue.store.on_held({
			let queue = Arc::downgrade(&queue);
			move |_| {
				if let Some(queue) = queue.upgrade() {
					// Under the lock, or a worker between its look at the store and its sleep would miss it.
					let _state = queue.state.lock();
					queue.work.notify_all();
				}
			}
		});
		spawn(0, {
			let queue = queue.clone();
			move || {
				queue.start_engine(id, Source::BuiltIn);
				queue.work(Place::Any);
			}
		})?;
		let others = std::iter::repeat_n(Place::Any, workers.saturating_sub(1)).chain([Place::Kept]);
		for (worker, place) in others.enumerate() {
			let queue = queue.clone();
			spawn(worker.saturating_add(1), move || queue.work(place))?;
		}
		Ok(queue)
	}

	/// Starts no more runs. Running ones are abandoned: their duties have no result and are run again after a restart.
	pub fn stop(&self) {
		self.state.lock().stopped = true;
		self.work.notify_all();
		self.finished.notify_all();
	}

	/// Ids and lengths in bytes of the blobs that duties wait for, in the order of the duties.
	pub fn wanted(&self) -> watch::Receiver<Vec<(ContentId, u64)>> {
		self.wanted.subscribe()
	}

	/// True if an engine is here and has passed its self-test.
	pub fn is_ready(&self, engine: &EngineId) -> bool {
		self.state.lock().ready(engine).is_some()
	}

	/// State of engine and queue.
	pub fn report(&self) -> Report {
		let state = self.state.lock();
		let own = state.engines.get(&self.id).map_or((Readiness::Starting, None), EngineState::report);
		let line = |id: &EngineId, (state, reason)| EngineReport { engine: id.0.into(), state, reason };
		let others = state.engines.iter().filter(|(id, _)| **id != self.id);
		let mut others: Vec<_> = others.map(|(id, engine)| line(id, engine.report())).collect();
		others.sort_by_key(|other| other.engine);
		let waiting = state.queued().filter(|entry| self.lacks(&entry.job).is_some()).count();
		Report {
			own: line(&self.id, own),
			others,
			queued: state.queued().count() as u32,
			waiting_for_blobs: waiting as u32,
			running: state.running.len() as u32,
		}
	}

	/// Inputs, outputs and costs of a held model under an engine, at `shapes` of its inputs or at the declared ones. A caller has one such
	/// question at a time.
	pub fn inspect(
		&self,
		engine: EngineId,
		model: &ContentId,
		shapes: Option<&[Vec<u64>]>,
		caller: Caller,
	) -> Result<Inspection, InspectError> {
		let engine = match self.state.lock().engines.get(&engine) {
			None => return Err(InspectError::NotHeld(engine)),
			Some(EngineState::Starting) => return Err(InspectError::Starting),
			Some(EngineState::Unavailable(reason)) => return Err(InspectError::Unavailable(reason.clone())),
			Some(EngineState::Ready(engine)) => engine.clone(),
		};
		let _place = self.quotes.enter(caller).ok_or(InspectError::Busy)?;
		let model = self.store.read_all(model)?;
		let started = Instant::now();
		catch(|| engine.inspect(&model, shapes)).map_err(InspectError::Local)?.map_err(|error| match error {
			assay_engine::InspectError::Abstain(_) if started.elapsed() >= quotes::LONGEST => InspectError::TooLong,
			assay_engine::InspectError::Abstain(abstain) => InspectError::Local(abstain.to_string()),
			error => InspectError::Model(error),
		})
	}

	/// The bytes of a blob that this node holds.
	pub fn blob(&self, id: &ContentId) -> Option<Vec<u8>> {
		self.store.read_all(id).ok()
	}

	/// The engines that the chain has nodes hold. Starts those that are here as packages, in the node's folder or as blobs, and lets those go
	/// that are not among them, but for the one that this program was built with.
	pub fn hold(self: &Arc<Self>, engines: &[EngineInfo]) {
		let is_held = |id: &EngineId| *id == self.id || engines.iter().any(|info| info.engine == *id);
		let missing: Vec<_> = {
			let mut state = self.state.lock();
			state.engines.retain(|id, _| is_held(id));
			engines.iter().filter(|info| !state.engines.contains_key(&info.engine)).collect()
		};
		for info in missing {
			let Some(package) = self.find_package(info) else { continue };
			let id = info.engine;
			self.state.lock().engines.insert(id, EngineState::Starting);
			let queue = self.clone();
			let started = spawn_named(format!("{THREADS}engine"), move || {
				queue.start_engine(id, Source::Package(id, package));
			});
			if let Err(error) = started {
				log::error!(target: LOG_TARGET, "no thread to start engine {}: {error}", hex::encode(id.0));
				self.state.lock().engines.remove(&id);
			}
		}
		if let Err(error) = remove_packages(&self.packages, is_held) {
			log::warn!(target: LOG_TARGET, "{}: {error}", self.packages.display());
		}
	}

	/// The package of an engine, if it is on this machine.
	fn find_package(&self, info: &EngineInfo) -> Option<Vec<u8>> {
		let path = package_path(&self.packages, info.engine);
		match std::fs::read(&path) {
			Ok(bytes) => return Some(bytes),
			Err(error) if error.kind() == io::ErrorKind::NotFound => (),
			Err(error) => log::error!(target: LOG_TARGET, "{}: {error}", path.display()),
		}
		let package = info.package.filter(|blob| self.store.status(&blob.id) == Status::Held { size: blob.size })?;
		let read = self.store.read_all(&package.id);
		read.inspect_err(|error| log::error!(target: LOG_TARGET, "the package of an engine: {error}")).ok()
	}

	fn start_engine(&self, id: EngineId, source: Source) {
		let started = Instant::now();
		let state = match catch(|| (self.boot)(source)).and_then(|booted| booted) {
			Ok(engine) => {
				log::info!(
					target: LOG_TARGET,
					"engine {} passed its self-test, {} ms after start",
					hex::encode(id.0),
					started.elapsed().as_millis(),
				);
				self.observe_kernels(engine.as_ref());
				EngineState::Ready(engine)
			}
			Err(reason) if self.state.lock().stopped => {
				log::debug!(target: LOG_TARGET, "the node stopped while an engine started: {reason}");
				return;
			}
			Err(reason) => {
				let id = hex::encode(id.0);
				log::error!(target: LOG_TARGET, "engine {id} is unavailable, this node does not attest with it: {reason}");
				EngineState::Unavailable(reason)
			}
		};
		if let Some(metrics) = self.metrics.as_ref().filter(|_| id == self.id) {
			metrics.self_test.set(matches!(state, EngineState::Ready(_)) as u64);
		}
		// The chain may have dropped it meanwhile.
		if let Some(known) = self.state.lock().engines.get_mut(&id) {
			*known = state;
		}
		self.work.notify_all();
		self.finished.notify_all();
	}

	/// A worker's life.
	fn work(&self, place: Place) {
		let mut swept: Option<Instant> = None;
		loop {
			if swept.is_none_or(|swept| swept.elapsed() >= SWEEP_INTERVAL) {
				swept = Some(Instant::now());
				let open: HashSet<_> = self.state.lock().entries.keys().copied().collect();
				self.duties.expire(KEEP_RESULTS, &open);
			}
			let (engine, job, cancel) = {
				let mut state = self.state.lock();
				if state.stopped {
					return;
				}
				match self.next(&state, place) {
					Some((engine, job)) => {
						let cancel = Arc::new(Cancel::default());
						state.running.insert(job.duty, Running { job: job.clone(), cancel: cancel.clone() });
						self.observe(&state);
						(engine, job, cancel)
					}
					None => {
						self.work.wait_for(&mut state, SWEEP_INTERVAL);
						continue;
					}
				}
			};
			let ended = self.run(engine.as_ref(), &job, place, &cancel);
			self.settle(job, ended);
		}
	}

	/// The first duty that can be run now in such a place.
	fn next(&self, state: &State, place: Place) -> Option<(Arc<dyn Runner>, Job)> {
		let fits = |job: &Job| place == Place::Any || job.unit_limit <= SHORT_UNITS;
		let mut open = state.queued().filter(|entry| matches!(entry.phase, Phase::Open) && fits(&entry.job));
		open.find_map(|entry| {
			let engine = state.ready(&entry.job.engine)?;
			self.abstention(state, &entry.job).is_none().then(|| (engine, entry.job.clone()))
		})
	}

	fn run(&self, engine: &dyn Runner, job: &Job, place: Place, cancel: &Cancel) -> Ended {
		let unread = |error| match error {
			assay_blobs::Error::Io { .. } => Ended::Local(error.to_string()),
			_ => Ended::Missing,
		};
		let input = match &job.input {
			JobInput::Inline(bytes) => Ok(Some(bytes.clone())),
			JobInput::Blob { id, .. } => self.store.read_all(id).map(Some),
			JobInput::Generated => Ok(None),
		};
		let input = match input {
			Ok(input) => input,
			Err(error) => return unread(error),
		};
		// Reading verifies the whole file: only where the engine has not loaded it.
		let model_error = Mutex::new(None);
		let read_model = || {
			self.store.read_all(&job.model).map_err(|error| {
				let abstain = Abstain::Host(error.to_string());
				*model_error.lock() = Some(error);
				abstain
			})
		};
		let (duty, model_id) = (hex::encode(job.duty), hex::encode(job.model.0));
		log::info!(target: LOG_TARGET, "run started: duty {duty}, model {model_id}");
		let started = Instant::now();
		let request = RunRequest {
			model: Model::Named { id: job.model.0, read: &read_model },
			input: input.as_deref().map_or(Input::Generated, Input::Encoded),
			unit_limit: job.unit_limit,
			trace_keys: &job.trace_keys,
		};
		let ran = catch(|| engine.run(&request, place, job.afresh, cancel));
		self.observe_kernels(engine);
		let ran = match ran {
			Ok(Ok(ran)) => ran,
			Ok(Err(Abstain::Cancelled)) => return Ended::Stopped,
			Ok(Err(abstain)) => {
				let local = Ended::Local(abstain.to_string());
				return model_error.into_inner().map_or(local, unread);
			}
			Err(panic) => return Ended::Local(panic),
		};
		let elapsed = started.elapsed();
		let outcome = match &ran.outcome {
			Ok(_) => "Output".to_string(),
			Err(reason) => format!("{reason:?}"),
		};
		log::info!(
			target: LOG_TARGET,
			"run finished: duty {duty}, {} ms, {} units, {outcome}",
			elapsed.as_millis(),
			ran.units,
		);
		if let Some(metrics) = &self.metrics {
			metrics.runs.with_label_values(&[&outcome]).inc();
			metrics.seconds.observe(elapsed.as_secs_f64());
		}
		match self.keep(job, ran) {
			Ok(run) => Ended::Run(run),
			Err(error) => Ended::Local(error.to_string()),
		}
	}

	/// Puts outputs that are too large to travel, and inputs that the engine made, into the blob store.
	fn keep(&self, job: &Job, ran: assay_engine::Run) -> Result<Run, assay_blobs::Error> {
		let input = match (&job.input, &ran.generated_input) {
			(JobInput::Inline(bytes), _) => ContentId::of(bytes),
			(JobInput::Blob { id, .. }, _) => *id,
			(JobInput::Generated, Some(bytes)) => self.store.put(bytes)?,
			// No input was made from a model that does not load.
			(JobInput::Generated, None) => ContentId::of(&[]),
		};
		let outcome = match ran.outcome {
			Err(reason) => Err(reason),
			Ok(bytes) if bytes.len() <= MAX_INLINE_OUTPUT as usize => {
				Ok(Output::Inline(assay_primitives::verdict::OutputBytes::truncate_from(bytes)))
			}
			Ok(bytes) => {
				self.store.put(&bytes)?;
				Ok(Output::blob(&bytes))
			}
		};
		let trace_digests = ran.trace_digests;
		Ok(Run { outcome, load_units: ran.load_units, units: ran.units, trace_digests, input })
	}

	fn settle(&self, job: Job, ended: Ended) {
		let duty = job.duty;
		let wanted = self.state.lock().entry_of(&job).is_some();
		let phase = match ended {
			// If the chain asks for it again meanwhile, it is run again.
			Ended::Stopped => {
				log::info!(target: LOG_TARGET, "run stopped: duty {}, the chain has dropped it", hex::encode(duty));
				if let Some(metrics) = &self.metrics {
					metrics.stopped.inc();
				}
				None
			}
			_ if !wanted => {
				log::info!(target: LOG_TARGET, "run discarded: duty {}, the chain has dropped it", hex::encode(duty));
				None
			}
			Ended::Run(run) => match self.duties.save(duty, job_hash(&job), run) {
				Ok(finished) => Some(Phase::Done(finished)),
				Err(error) => Some(self.failed(&job, error.to_string())),
			},
			Ended::Missing => None,
			Ended::Local(reason) => Some(self.failed(&job, reason)),
		};
		let mut state = self.state.lock();
		state.running.remove(&duty);
		if let (Some(phase), Some(entry)) = (phase, state.entry_of(&job)) {
			entry.phase = phase;
		}
		self.observe(&state);
		drop(state);
		self.work.notify_all();
		self.finished.notify_all();
	}

	/// Next phase of a duty after trouble of this machine.
	fn failed(&self, job: &Job, reason: String) -> Phase {
		let duty = hex::encode(job.duty);
		log::warn!(target: LOG_TARGET, "run abstained: duty {duty}, {reason}");
		let abstention = Abstention::Local(reason);
		self.count(&abstention);
		let mut state = self.state.lock();
		let Some(entry) = state.entry_of(job) else { return Phase::Failed };
		entry.failures += 1;
		if entry.failures <= MAX_RETRIES {
			return Phase::Failed;
		}
		log::error!(target: LOG_TARGET, "duty {duty} was tried {} times and is given up", entry.failures);
		Phase::Done(abstained(job.duty, abstention))
	}

	/// The reason why a job has to wait for its bytes, or none if they are here.
	fn lacks(&self, job: &Job) -> Option<Abstention> {
		let held = |id, size| self.store.status(id) == Status::Held { size };
		if !held(&job.model, job.model_size) {
			return Some(Abstention::ModelUnavailable);
		}
		match &job.input {
			JobInput::Blob { id, size } if !held(id, *size) => Some(Abstention::InputUnavailable),
			JobInput::Blob { .. } | JobInput::Inline(_) | JobInput::Generated => None,
		}
	}

	/// Ids and lengths of the blobs that open duties need and that are not here.
	fn missing(&self, state: &State) -> Vec<(ContentId, u64)> {
		let blobs = |job: &Job| {
			let input = match job.input {
				JobInput::Blob { id, size } => Some((id, size)),
				JobInput::Inline(_) | JobInput::Generated => None,
			};
			[Some((job.model, job.model_size)), input].into_iter().flatten()
		};
		let here = |entry: &&Entry| state.engines.contains_key(&entry.job.engine);
		let needed = state.queued().filter(here).flat_map(|entry| blobs(&entry.job));
		needed.filter(|(id, _)| !self.store.holds(id)).collect()
	}

	/// Why a duty has no result now, if it is not for lack of time.
	fn abstention(&self, state: &State, job: &Job) -> Option<Abstention> {
		if matches!(state.engines.get(&job.engine), None | Some(EngineState::Unavailable(_))) {
			return Some(Abstention::EngineUnavailable);
		}
		self.lacks(job)
	}

	/// The results among `duties`, and whether one of them is worth waiting for.
	fn collect(&self, state: &mut State, duties: &[DutyId]) -> (Vec<Finished>, Vec<Finished>, bool) {
		let (mut results, mut provisional, mut pending) = (vec![], vec![], false);
		for duty in duties {
			let Some(entry) = state.entries.get(duty) else { continue };
			match &entry.phase {
				Phase::Done(finished) => results.push(finished.clone()),
				Phase::Failed => (),
				Phase::Open => match self.abstention(state, &entry.job) {
					None => pending = true,
					Some(abstention) => {
						if entry.reported.as_ref() != Some(&abstention) {
							let (duty, model) = (hex::encode(duty), hex::encode(entry.job.model.0));
							log::info!(target: LOG_TARGET, "run waits: duty {duty}, model {model}, {abstention:?}");
							self.count(&abstention);
						}
						provisional.push(abstained(*duty, abstention));
					}
				},
			}
		}
		for finished in &provisional {
			if let Some(entry) = state.entries.get_mut(&finished.duty) {
				entry.reported = finished.result.as_ref().err().cloned();
			}
		}
		(results, provisional, pending)
	}

	fn count(&self, abstention: &Abstention) {
		let reason = match abstention {
			Abstention::EngineUnavailable => "EngineUnavailable",
			Abstention::ModelUnavailable => "ModelUnavailable",
			Abstention::InputUnavailable => "InputUnavailable",
			Abstention::Local(_) => "Local",
		};
		if let Some(metrics) = &self.metrics {
			metrics.abstentions.with_label_values(&[reason]).inc();
		}
	}

	fn observe_kernels(&self, engine: &dyn Runner) {
		if let Some(metrics) = &self.metrics {
			// Each of the engines has its own number, and what is lost is lost for this CPU.
			let known = metrics.lost_kernels.get();
			metrics.lost_kernels.set(known.max(engine.lost_kernels().into()));
		}
	}

	fn observe(&self, state: &State) {
		if let Some(metrics) = &self.metrics {
			metrics.queued.set(state.queued().count() as u64);
			metrics.running.set(state.running.len() as u64);
			if let Some(engine) = state.ready(&self.id) {
				metrics.workers.inc_by(engine.started_workers().saturating_sub(metrics.workers.get()));
			}
		}
	}

	/// The entry of a job that was just listed.
	fn admit(&self, job: Job) -> Entry {
		let record = self.duties.load(&job.duty);
		// On another fork the same duty may ask for another run: that one has no result yet.
		let finished = record.filter(|record| record.job == job_hash(&job)).map(Record::into_finished);
		let phase = finished.map_or(Phase::Open, Phase::Done);
		Entry { job, phase, failures: 0, reported: None }
	}
}

impl EngineHost for RunQueue {
	fn enqueue(&self, jobs: Vec<Job>) {
		let new: Vec<_> = {
			let mut state = self.state.lock();
			jobs.iter().filter(|job| state.entry_of(job).is_none()).cloned().collect()
		};
		// Read from disk outside the lock.
		let mut admitted: HashMap<_, _> = new.into_iter().map(|job| (job.duty, self.admit(job))).collect();

		let mut state = self.state.lock();
		let mut previous = std::mem::take(&mut state.entries);
		state.order.clear();
		for job in jobs {
			let known = previous.remove(&job.duty).filter(|entry| entry.job == job);
			let Some(mut entry) = known.or_else(|| admitted.remove(&job.duty)) else { continue };
			if matches!(entry.phase, Phase::Failed) {
				entry.phase = Phase::Open;
			}
			state.order.push(job.duty);
			state.entries.insert(job.duty, entry);
		}
		for (duty, entry) in previous {
			if !matches!(entry.phase, Phase::Done(_)) {
				log::info!(target: LOG_TARGET, "run dropped: duty {}, the chain asks no more for it", hex::encode(duty));
			}
		}
		// On another fork the same duty may ask for another run.
		let wanted =
			|running: &&Running| state.entries.get(&running.job.duty).is_some_and(|entry| entry.job == running.job);
		for running in state.running.values().filter(|running| !wanted(running)) {
			running.cancel.cancel();
		}
		self.observe(&state);
		self.work.notify_all();
		let wanted = self.missing(&state);
		drop(state);
		self.wanted.send_if_modified(|current| std::mem::replace(current, wanted.clone()) != wanted);
	}

	fn take_finished(&self, duties: Vec<DutyId>, max_wait_ms: u32) -> Vec<Finished> {
		let deadline = Instant::now() + MAX_WAIT.min(Duration::from_millis(max_wait_ms.into()));
		let mut state = self.state.lock();
		loop {
			let (mut results, provisional, pending) = self.collect(&mut state, &duties);
			let waits = results.is_empty() && pending && !state.stopped;
			if !waits || self.finished.wait_until(&mut state, deadline).timed_out() {
				results.extend(provisional);
				return results;
			}
		}
	}

	fn status(&self) -> EngineStatus {
		let state = self.state.lock();
		EngineStatus {
			engines: state.engines.keys().filter(|id| state.ready(id).is_some()).copied().collect(),
			queued: state.queued().count() as u32,
			running: state.running.len() as u32,
			replays: self.replays,
		}
	}
}

impl EngineState {
	/// Its name, and why it is unavailable.
	fn report(&self) -> (Readiness, Option<String>) {
		match self {
			EngineState::Starting => (Readiness::Starting, None),
			EngineState::Ready(_) => (Readiness::Ready, None),
			EngineState::Unavailable(reason) => (Readiness::Unavailable, Some(reason.clone())),
		}
	}
}

impl State {
	/// An engine that has passed its self-test.
	fn ready(&self, id: &EngineId) -> Option<Arc<dyn Runner>> {
		match self.engines.get(id)? {
			EngineState::Ready(engine) => Some(engine.clone()),
			EngineState::Starting | EngineState::Unavailable(_) => None,
		}
	}

	/// Duties that wait for a worker, in the order of the list.
	fn queued(&self) -> impl Iterator<Item = &Entry> {
		self.order
			.iter()
			.filter(|duty| !self.running.contains_key(*duty))
			.filter_map(|duty| self.entries.get(duty))
			.filter(|entry| matches!(entry.phase, Phase::Open | Phase::Failed))
	}

	/// The entry of exactly this job.
	fn entry_of(&mut self, job: &Job) -> Option<&mut Entry> {
		self.entries.get_mut(&job.duty).filter(|entry| entry.job == *job)
	}
}

/// Holds for the lifetime of the node; stops the queue when dropped.
pub struct StopOnDrop(pub Arc<RunQueue>);

impl Drop for StopOnDrop {
	fn drop(&mut self) {
		self.0.stop();
	}
}

fn job_hash(job: &Job) -> Hash32 {
	blake2_256(&job.encode())
}

fn abstained(duty: DutyId, abstention: Abstention) -> Finished {
	Finished { duty, result: Err(abstention) }
}

/// Makes a panic of the engine an error of this machine. [`keep_panics_local`] lets it come this far.
fn catch<T>(f: impl FnOnce() -> T) -> Result<T, String> {
	std::panic::catch_unwind(AssertUnwindSafe(f)).map_err(|_| "the engine panicked: see the log".into())
}

/// Exempts the threads of the engine from Substrate's rule that a panic ends the process: a model that finds a bug must not stop
/// block production.
pub fn keep_panics_local() {
	let previous = std::panic::take_hook();
	std::panic::set_hook(Box::new(move |info| match std::thread::current().name() {
		Some(name) if name.starts_with(THREADS) => {
			log::error!(target: LOG_TARGET, "{info}\n{}", std::backtrace::Backtrace::force_capture());
		}
		_ => previous(info),
	}));
}

fn spawn(worker: usize, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
	spawn_named(format!("{THREADS}{worker}"), work)
}

fn spawn_named(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
	std::thread::Builder::new().name(name).spawn(work)?;
	Ok(())
}

fn package_path(folder: &Path, id: EngineId) -> PathBuf {
	folder.join(format!("{}.{PACKAGE}", hex::encode(id.0)))
}

/// Writes the package of an engine into a folder, if it is not there.
fn keep_package(folder: &Path, id: EngineId, package: impl FnOnce() -> Vec<u8>) -> io::Result<()> {
	let path = package_path(folder, id);
	if path.exists() {
		return Ok(());
	}
	std::fs::create_dir_all(folder)?;
	// Written aside and moved: a reader sees the whole file or none.
	let aside = path.with_extension("part");
	std::fs::write(&aside, package())?;
	std::fs::rename(aside, path)
}

/// Removes packages of engines that nobody needs.
fn remove_packages(folder: &Path, is_held: impl Fn(&EngineId) -> bool) -> io::Result<()> {
	for entry in std::fs::read_dir(folder)? {
		let path = entry?.path();
		let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| hex::decode(stem).ok());
		let id = id.and_then(|id| Hash32::try_from(id).ok()).map(EngineId);
		if path.extension().is_some_and(|ending| ending == PACKAGE) && id.is_some_and(|id| !is_held(&id)) {
			std::fs::remove_file(path)?;
		}
	}
	Ok(())
}
