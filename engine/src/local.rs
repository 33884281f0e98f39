//! The engine in this process: the order of the host's calls into the guest, and the limits around them.

use crate::{
	abi::{self, Declared, Description, RunError, Signature},
	compiled::{Backend, Compiled, Purpose, WASM_STACK_BYTES},
	error::{Abstain, EngineError, InspectError},
	guest::{self, Guest},
	instance::{Instance, MemoryBudget, Stop},
	kernels::{self, Threads},
	sample,
	snapshot::{self, Failure, Outcome, Snapshot},
	Config, Input, Inspection, Model, Run, RunRequest,
};
use assay_primitives::{
	constants::{MAX_BLOB_OUTPUT, MAX_UNIT_LIMIT},
	EngineId, FailReason, TensorBundle,
};
use parking_lot::{Condvar, Mutex, RwLock};
use std::{
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::Duration,
};

/// Length of a tick of the watchdog's clock.
const TICK: Duration = Duration::from_millis(50);

/// Seconds that any run may take, before its units count: loading a large model on a busy machine.
const WATCHDOG_SECONDS: u64 = 20;

/// Units that the slowest machine does in a second: a fortieth of what
/// [`UNITS_PER_BLOCK`](assay_primitives::constants::UNITS_PER_BLOCK) asks of one.
const WATCHDOG_UNITS_PER_SECOND: u64 = 50_000_000;

/// Nanoseconds of processor time that a unit may take in a run: sixteen times what it stands for.
const MAX_NANOSECONDS_PER_UNIT: u64 = 8;

/// Processor time that no run is called slow for, in nanoseconds: first uses of memory and code.
const CALIBRATION_FREE: u64 = 2_000_000_000;

/// Bytes of stack of a run's thread: the guest's and the host's own.
const THREAD_STACK_BYTES: usize = WASM_STACK_BYTES + (8 << 20);

/// Part of the memory budget that loaded models may keep.
const CACHE_SHARE: u64 = 4;

/// An engine that runs in this process.
pub struct Local {
	id: EngineId,
	load: Compiled,
	pub run: Compiled,
	snapshots: snapshot::Cache,
	budget: Arc<MemoryBudget>,
	slots: Slots,
	/// Runs share the memory; one that finds too little of it waits until it has it alone.
	room: RwLock<()>,
	watchdog_stop: Arc<AtomicBool>,
	/// True if the guest runs as the code that the cost table was measured with.
	calibrated: bool,
}

impl Local {
	/// Compiles the guest, or takes the compiled one from the cache.
	pub fn new(config: Config, guest: &Guest, backend: &Backend) -> Result<Local, EngineError> {
		guest::check(guest.bytes())?;
		let runs = config.parallel_runs.max(1);
		let load = Compiled::new(guest, Purpose::Load, backend, &config.cache_dir, 0)?;
		let run = Compiled::new(guest, Purpose::Run, backend, &config.cache_dir, runs)?;
		let budget = Arc::new(MemoryBudget::new(config.memory_budget));
		let watchdog_stop = Arc::new(AtomicBool::new(false));
		start_watchdog([load.engine.weak(), run.engine.weak()], watchdog_stop.clone())?;
		on_own_stack(|| kernels::self_test(&run))
			.and_then(|tested| tested.map_err(stopped))
			.map_err(EngineError::Kernels)?;
		Ok(Local {
			id: guest.id(),
			load,
			run,
			snapshots: snapshot::Cache::new(config.memory_budget / CACHE_SHARE),
			budget,
			slots: Slots::new(runs),
			room: RwLock::new(()),
			watchdog_stop,
			calibrated: Backend { threads: Threads::default(), ..backend.clone() } == Backend::default(),
		})
	}

	/// Id of this engine.
	pub fn id(&self) -> EngineId {
		self.id
	}

	/// Kernels that are left to the guest because they have found other bits than it, a bit for each.
	pub fn lost_kernels(&self) -> u32 {
		self.run.native.lost()
	}

	/// The inputs that a model declares, in its order.
	pub fn inputs(&self, model: &[u8]) -> Result<Vec<Declared>, InspectError> {
		let _slot = self.slots.enter();
		let description = on_own_stack(|| self.describe(model, MAX_UNIT_LIMIT))??;
		let failed = |failure: Failure| InspectError::Failed { reason: failure.reason, text: failure.text };
		Ok(description.result.map_err(failed)?.inputs)
	}

	/// Loads a model and says what it is and what it costs, at the given shapes of its inputs or at those of the sample.
	pub fn inspect(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError> {
		let _slot = self.slots.enter();
		on_own_stack(|| self.inspect_here(model, shapes)).map_err(InspectError::Abstain)?
	}

	/// Runs a model. One that does not fit beside others is run again alone: what abstains for want of memory does not fit here at
	/// all.
	pub fn run(&self, request: &RunRequest) -> Result<Run, Abstain> {
		let _slot = self.slots.enter();
		on_own_stack(|| {
			let beside_others = self.room.read();
			let run = self.run_here(request);
			drop(beside_others);
			if !run.as_ref().is_err_and(|abstain| *abstain == Abstain::Memory) {
				return run;
			}
			let _alone = self.room.write();
			self.snapshots.clear();
			self.run.pool.clear();
			self.run_here(request)
		})?
	}

	fn inspect_here(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError> {
		let ticks = ticks(MAX_UNIT_LIMIT);
		let failed = |failure: Failure| InspectError::Failed { reason: failure.reason, text: failure.text };
		let description = self.describe(model, MAX_UNIT_LIMIT)?.result.map_err(failed)?;
		let mut signatures = sample::signatures(&description);
		if let Some(shapes) = shapes {
			if shapes.len() != signatures.len() {
				return Err(InspectError::Shapes { expected: signatures.len() as u32, given: shapes.len() as u32 });
			}
			for (signature, shape) in signatures.iter_mut().zip(shapes) {
				signature.shape = shape.clone();
			}
		}
		let model = Model::Bytes(model);
		let outcome = self.snapshots.get(&self.load, &self.budget, &model, &signatures, MAX_UNIT_LIMIT, ticks)?;
		let snapshot = outcome.result.map_err(failed)?;
		Ok(Inspection {
			inputs: description.inputs,
			outputs: snapshot.loaded.outputs.clone(),
			operators: description.operators,
			shapes: signatures.into_iter().map(|signature| signature.shape).collect(),
			load_units: outcome.units,
			run_units: snapshot.loaded.run_units,
			memory_bytes: snapshot.image.len(),
		})
	}

	fn describe(&self, model: &[u8], unit_limit: u64) -> Result<Outcome<Description>, Abstain> {
		snapshot::describe(&self.load, &self.budget, model, unit_limit, ticks(unit_limit))
	}

	fn run_here(&self, request: &RunRequest) -> Result<Run, Abstain> {
		if request.trace_keys.len() > abi::MAX_TRACE_KEYS {
			return Err(Abstain::Host(format!(
				"{} trace keys; at most {}",
				request.trace_keys.len(),
				abi::MAX_TRACE_KEYS
			)));
		}
		let (signatures, generated_input) = match self.input(request)? {
			Ok(input) => input,
			Err((failure, units)) => return Ok(failed_load(request, failure, units, None)),
		};
		let bundle = match (&generated_input, request.input) {
			(Some(bundle), _) => bundle.as_slice(),
			(None, Input::Encoded(bundle)) => bundle,
			(None, Input::Generated) => return Err(Abstain::Host("a sample that was not made".into())),
		};
		let outcome = self.snapshots.get(
			&self.load,
			&self.budget,
			&request.model,
			&signatures,
			request.unit_limit,
			ticks(request.unit_limit),
		)?;
		let snapshot = match outcome.result {
			Ok(snapshot) => snapshot,
			Err(failure) => return Ok(failed_load(request, failure, outcome.units, generated_input)),
		};
		let mut run = self.run_from(&snapshot, bundle, request, outcome.units);
		if run.as_ref().is_err_and(|abstain| *abstain == Abstain::Memory) && self.snapshots.clear() {
			run = self.run_from(&snapshot, bundle, request, outcome.units);
		}
		Ok(Run { generated_input, ..run? })
	}

	/// Names, types and shapes of the input, and the bundle if it is made here.
	fn input(
		&self,
		request: &RunRequest,
	) -> Result<Result<(Vec<Signature>, Option<Vec<u8>>), (Failure, u64)>, Abstain> {
		match request.input {
			Input::Encoded(bytes) => Ok(match TensorBundle::from_bytes(bytes) {
				Ok(bundle) => Ok((signatures(&bundle), None)),
				Err(error) => Err((Failure::new(FailReason::InputMismatch, error.to_string()), 0)),
			}),
			Input::Generated => {
				let outcome = self.describe(&request.model.bytes()?, request.unit_limit)?;
				let description = match outcome.result {
					Ok(description) => description,
					Err(failure) => return Ok(Err((failure, outcome.units))),
				};
				let signatures = sample::signatures(&description);
				let bundle = sample::sample(&signatures).and_then(|bundle| bundle.to_bytes().ok());
				Ok(bundle.map(|bundle| (signatures, Some(bundle))).ok_or_else(|| {
					let text = "a sample of the declared inputs is larger than a request may carry";
					(Failure::new(FailReason::InputMismatch, text), outcome.units)
				}))
			}
		}
	}

	/// The host's calls of a run, in the one order there is.
	fn run_from(
		&self,
		snapshot: &Snapshot,
		bundle: &[u8],
		request: &RunRequest,
		load_units: u64,
	) -> Result<Run, Abstain> {
		let mut instance = Instance::from_image(&self.run, &self.budget, &snapshot.image, ticks(request.unit_limit))
			.map_err(stopped)?;
		let budget = request.unit_limit.saturating_sub(load_units);
		let keys = instance.give_trace_keys(request.trace_keys).map_err(stopped)?;
		let started = processor_time();
		let answered = instance
			.give(bundle)
			.and_then(|(pointer, length)| instance.call("run", (pointer, length, keys, budget)))
			.and_then(|place| instance.answer::<Result<Vec<u8>, RunError>>(place));
		let outcome = match answered {
			Ok(Ok(output)) if output.len() as u64 > MAX_BLOB_OUTPUT => {
				Err(Failure::new(FailReason::MemoryLimit, format!("an output of {} bytes", output.len())))
			}
			Ok(Ok(output)) => Ok(output),
			Ok(Err(error)) => Err(failure(error)),
			Err(Stop::Trap(text)) => Err(Failure::new(FailReason::ModelTrap, text)),
			Err(Stop::MemoryLimit) => {
				Err(Failure::new(FailReason::MemoryLimit, "the run asks for more memory than the engine has"))
			}
			Err(Stop::Abstain(abstain)) => return Err(abstain),
			Err(other @ Stop::OutOfFuel) => return Err(Abstain::Host(format!("{other:?}"))),
		};
		let nanoseconds = processor_time().saturating_sub(started);
		let tally = instance.finish().map_err(stopped)?;
		if self.calibrated && is_far_too_slow(nanoseconds, tally.units) {
			let abstain = Abstain::Calibration { nanoseconds, units: tally.units };
			log::warn!("{abstain}");
			return Err(abstain);
		}
		let mut why = None;
		let outcome = outcome.map_err(|failure| {
			log::info!("run failed: {:?}: {}", failure.reason, failure.text);
			why = Some(failure.text);
			failure.reason
		});
		let units = load_units.saturating_add(tally.units);
		Ok(Run { outcome, load_units, units, trace_digests: tally.digests, generated_input: None, why })
	}
}

impl Drop for Local {
	fn drop(&mut self) {
		self.watchdog_stop.store(true, Ordering::Release);
	}
}

/// A stop where none is a verdict.
fn stopped(stop: Stop) -> Abstain {
	match stop {
		Stop::Abstain(abstain) => abstain,
		other => Abstain::Host(format!("{other:?}")),
	}
}

/// Processor time of this thread, in nanoseconds.
fn processor_time() -> u64 {
	let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
	(time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

fn is_far_too_slow(nanoseconds: u64, units: u64) -> bool {
	nanoseconds.saturating_sub(CALIBRATION_FREE) > units.saturating_mul(MAX_NANOSECONDS_PER_UNIT)
}

fn failure(error: RunError) -> Failure {
	match error {
		RunError::InputMismatch(text) => Failure::new(FailReason::InputMismatch, text),
		RunError::ComputeLimit => Failure::new(FailReason::ComputeLimit, "the unit limit does not cover the run"),
		RunError::MemoryLimit(text) => Failure::new(FailReason::MemoryLimit, text),
		RunError::Operator(text) => Failure::new(FailReason::ModelTrap, text),
	}
}

/// A run that ended before its first operator: the trace is empty.
fn failed_load(request: &RunRequest, failure: Failure, units: u64, generated_input: Option<Vec<u8>>) -> Run {
	log::info!("model not loaded: {:?}: {}", failure.reason, failure.text);
	let trace_digests = request.trace_keys.iter().map(|key| *blake3::keyed_hash(key, &[]).as_bytes()).collect();
	Run {
		outcome: Err(failure.reason),
		load_units: units,
		units,
		trace_digests,
		generated_input,
		why: Some(failure.text),
	}
}

fn signatures(bundle: &TensorBundle) -> Vec<Signature> {
	let tensors = bundle.0.iter();
	tensors
		.map(|tensor| Signature { name: tensor.name.clone(), data_type: tensor.data_type, shape: tensor.shape.clone() })
		.collect()
}

/// The watchdog's patience for each of a request's calls into the guest.
pub fn patience(unit_limit: u64) -> Duration {
	Duration::from_secs(WATCHDOG_SECONDS + unit_limit / WATCHDOG_UNITS_PER_SECOND)
}

/// The watchdog's patience, in ticks.
fn ticks(unit_limit: u64) -> u64 {
	(patience(unit_limit).as_millis() / TICK.as_millis()) as u64
}

fn start_watchdog(engines: [wasmtime::EngineWeak; 2], stop: Arc<AtomicBool>) -> Result<(), EngineError> {
	let tick = move || {
		while !stop.load(Ordering::Acquire) {
			std::thread::sleep(TICK);
			for engine in engines.iter().filter_map(wasmtime::EngineWeak::upgrade) {
				engine.increment_epoch();
			}
		}
	};
	let thread = std::thread::Builder::new().name("engine-watchdog".into());
	thread.spawn(tick).map(|_| ()).map_err(EngineError::Watchdog)
}

/// Does `work` on a thread with room for the guest's stack.
fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Abstain> {
	std::thread::scope(|scope| {
		let thread = std::thread::Builder::new().name("engine-run".into()).stack_size(THREAD_STACK_BYTES);
		let thread = thread
			.spawn_scoped(scope, work)
			.map_err(|error| Abstain::Host(format!("no thread for the run: {error}")))?;
		thread.join().map_err(|_| Abstain::Host("the run's thread panicked".into()))
	})
}

/// Places for runs at the same time.
struct Slots {
	free: Mutex<usize>,
	freed: Condvar,
}

impl Slots {
	fn new(count: usize) -> Self {
		Slots { free: Mutex::new(count), freed: Condvar::new() }
	}

	/// Waits for a place.
	fn enter(&self) -> Slot<'_> {
		let mut free = self.free.lock();
		while *free == 0 {
			self.freed.wait(&mut free);
		}
		*free -= 1;
		Slot(self)
	}
}

struct Slot<'a>(&'a Slots);

impl Drop for Slot<'_> {
	fn drop(&mut self) {
		*self.0.free.lock() += 1;
		self.0.freed.notify_one();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_run_is_called_slow_for_its_units_and_not_for_its_length() {
		assert!(!is_far_too_slow(CALIBRATION_FREE, 0));
		assert!(!is_far_too_slow(60_000_000_000, 30_000_000_000));
		assert!(is_far_too_slow(60_000_000_000, 1_000_000_000));
	}
}
