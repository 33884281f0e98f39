//! The canonical engine: tract compiled to WASM, run bit-exactly in a sandbox.
//!
//! [`Engine::run`] gives a request one meaning on every machine: the same output bits or the same [`FailReason`], the same
//! units, the same trace digests. Trouble of one machine is an [`Abstain`], a type of its own, so that it is never
//! voted.
//!
//! # How
//!
//! The guest (`engine/guest`) is tract compiled to WASM; its bytes and [`EngineProfile`](assay_primitives::EngineProfile) are
//! what [`engine_id`] names. It is compiled twice. A model is loaded by the first compilation, under fuel and with canonical
//! NaNs; the memory that the load leaves is mapped, copy-on-write, into a fresh instance of the second for each run. Inside,
//! every operator is charged for before it runs, and what it produced is swept after: NaNs become canonical, the bytes go into
//! the trace digests.
//!
//! # Example
//!
//! ```no_run
//! use assay_engine::{Config, Engine, Input, Model, RunRequest};
//!
//! let config = Config { cache_dir: "/tmp/engine".into(), memory_budget: 4 << 30, parallel_runs: 2, worker: None };
//! let engine = Engine::new(config)?;
//! let model = std::fs::read("model.onnx")?;
//! let model = Model::Bytes(&model);
//! let request = RunRequest { model, input: Input::Generated, unit_limit: 1_000_000_000, trace_keys: &[] };
//! let run = engine.run(&request)?;
//! println!("{} units: {:?}", run.units, run.outcome.map(|output| output.len()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

extern crate alloc;

#[path = "../guest/src/abi.rs"]
mod abi;
mod compiled;
mod error;
mod golden;
mod guest;
mod instance;
mod kernels;
mod local;
mod memory;
mod onnx;
mod package;
mod sample;
mod sandbox;
mod snapshot;
mod vectors;
mod worker;

pub use abi::{Declared, Dim};
pub use error::{Abstain, EngineError, InspectError, SelfTestError};
pub use guest::{engine_id, guest_hash};
pub use kernels::{Kernels, Threads};
pub use package::{Package, PackageError};
pub use sandbox::Guards;
pub use worker::{worker_main, Cancel};

/// For the determinism tests: ways to compile the guest, and the bits they give.
#[doc(hidden)]
pub use compiled::Backend;

use compiled::{Compiled, Purpose};

use assay_primitives::{constants::MAX_UNIT_LIMIT, hash::Hash32, EngineId, FailReason, TensorBundle};
use codec::{Decode, Encode};
use local::Local;
use std::{
	borrow::Cow,
	path::{Path, PathBuf},
	time::Duration,
};

/// Bytes of memory that any run finds its verdict in: the loaded model and the guest that runs it, each up to the canonical maximum.
/// With less, a machine abstains from runs that others have a verdict on.
pub const RUN_MEMORY_BYTES: u64 = 2 * guest::MEMORY_BYTES;

/// The part of its machine that an engine uses: folder, memory, parallel runs, workers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
	/// Folder of the compiled guest.
	pub cache_dir: PathBuf,
	/// Bytes of memory for all runs and loaded models together. Of workers, each gets an equal part; see [`RUN_MEMORY_BYTES`].
	pub memory_budget: u64,
	/// Runs at the same time; others wait.
	pub parallel_runs: usize,
	/// The command that starts a process to run models apart from this one. None to run them here, where a fault in the code that runs them
	/// ends this process.
	pub worker: Option<Worker>,
}

/// The command that starts a worker: the same binary, such that its main function calls [`worker_main`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Worker {
	/// The binary.
	pub program: PathBuf,
	/// Arguments that make it a worker.
	pub args: Vec<String>,
	/// The kind of kernels.
	pub kernels: Kernels,
	/// Threads of a run beside its own.
	pub extra_threads: usize,
}

impl Worker {
	/// This very program, with these arguments: the file that it was started from may have been replaced by an upgrade meanwhile.
	pub fn this_program(args: &[&str]) -> Worker {
		let args = args.iter().map(ToString::to_string).collect();
		Worker { program: "/proc/self/exe".into(), args, kernels: Kernels::default(), extra_threads: 0 }
	}
}

/// One run to do.
#[derive(Clone, Copy, Debug)]
pub struct RunRequest<'a> {
	/// The model.
	pub model: Model<'a>,
	/// The input.
	pub input: Input<'a>,
	/// Most units for load and run together.
	pub unit_limit: u64,
	/// Keys of the trace digests; at most four.
	pub trace_keys: &'a [[u8; 32]],
}

/// The model of a run.
#[derive(Clone, Copy)]
pub enum Model<'a> {
	/// Bytes of an ONNX file.
	Bytes(&'a [u8]),
	/// An ONNX file that is read only where it is not loaded yet.
	Named {
		/// The file's name, such as its content id: no other bytes may ever have this name.
		id: Hash32,
		/// Reads it.
		read: &'a (dyn Fn() -> Result<Vec<u8>, Abstain> + Sync),
	},
}

impl<'a> Model<'a> {
	fn bytes(&self) -> Result<Cow<'a, [u8]>, Abstain> {
		match self {
			Model::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
			Model::Named { read, .. } => read().map(Cow::Owned),
		}
	}
}

impl std::fmt::Debug for Model<'_> {
	fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
		match self {
			Model::Bytes(bytes) => write!(formatter, "{} bytes", bytes.len()),
			Model::Named { id, .. } => write!(formatter, "{}", blake3::Hash::from_bytes(*id)),
		}
	}
}

/// The input of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input<'a> {
	/// Bytes of a [`TensorBundle`].
	Encoded(&'a [u8]),
	/// A sample made from the declared inputs, with every free dimension at 1.
	Generated,
}

/// The result of a request, the same in every honest engine.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Run {
	/// Bytes of the outputs' [`TensorBundle`], or why there are none.
	pub outcome: Result<Vec<u8>, FailReason>,
	/// Units of loading the model, whether it was loaded already or not.
	pub load_units: u64,
	/// Units of load and run together; never above the request's limit.
	pub units: u64,
	/// Digest of every tensor that the operators produced until the run ended, one for each key.
	pub trace_digests: Vec<[u8; 32]>,
	/// Bytes of the input's [`TensorBundle`], if the engine made it.
	pub generated_input: Option<Vec<u8>>,
	/// Why there are no outputs, for people: the operator, and what it found wrong. No part of the verdict.
	pub why: Option<String>,
}

/// A model's inputs and outputs, and its cost at some shapes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Inspection {
	/// Inputs as declared.
	pub inputs: Vec<Declared>,
	/// Outputs at the shapes below.
	pub outputs: Vec<Declared>,
	/// ONNX operators with the number of nodes of each.
	pub operators: Vec<(String, u32)>,
	/// Shapes of the inputs that the rest was found for.
	pub shapes: Vec<Vec<u64>>,
	/// Units of loading.
	pub load_units: u64,
	/// Units of a run without loading; none if they depend on the input's values.
	pub run_units: Option<u64>,
	/// Bytes of memory that the loaded model takes.
	pub memory_bytes: u64,
}

/// The engine. Share it in an [`std::sync::Arc`].
pub struct Engine {
	package: Package,
	place: Place,
}

/// The place where models run.
enum Place {
	/// In this process.
	Here(Box<Local>),
	/// In workers.
	Workers(worker::Pool),
}

impl Engine {
	/// Compiles the guest, or takes the compiled one from the cache; starts a worker, if there are to be any.
	pub fn new(config: Config) -> Result<Engine, EngineError> {
		Package::built_in().engine(config)
	}

	/// Makes an engine as `new` does, for a second one beside one that could be made: even the first worker starts only when it is needed.
	pub fn lazy(config: Config) -> Result<Engine, EngineError> {
		Package::built_in().lazy(config)
	}

	fn start(config: Config, package: Package, lazy: bool) -> Result<Engine, EngineError> {
		guest::check(package.guest.bytes())?;
		let place = match config.worker.clone() {
			Some(worker) if lazy => Place::Workers(worker::Pool::lazy(worker, &config, &package.guest)?),
			Some(worker) => Place::Workers(worker::Pool::new(worker, &config, &package.guest)?),
			None => Place::Here(Box::new(Local::new(config, &package.guest, &Backend::default())?)),
		};
		Ok(Engine { package, place })
	}

	/// Makes an engine as `new` does, without workers and with other code. No bit depends on the code.
	#[doc(hidden)]
	pub fn with_backend(config: Config, backend: &Backend) -> Result<Engine, EngineError> {
		let package = Package::built_in();
		let place = Place::Here(Box::new(Local::new(config, &package.guest, backend)?));
		Ok(Engine { package, place })
	}

	/// Fills a cache folder for an engine with this backend, which may be another machine's.
	#[doc(hidden)]
	pub fn precompile(cache_dir: &Path, backend: &Backend) -> Result<(), EngineError> {
		let guest = guest::Guest::built_in();
		guest::check(guest.bytes())?;
		Compiled::precompile(&guest, Purpose::Load, backend, cache_dir)?;
		Compiled::precompile(&guest, Purpose::Run, backend, cache_dir)
	}

	/// Id of this engine.
	pub fn id(&self) -> EngineId {
		self.package.id()
	}

	/// Runs the golden vectors and compares bits. A machine that fails must not attest.
	pub fn self_test(&self) -> Result<(), SelfTestError> {
		golden::self_test(self, &self.package.vectors)
	}

	/// Name, and BLAKE3 of output and trace in hex, of every golden vector as this engine finds them.
	#[doc(hidden)]
	pub fn golden_bits(&self) -> Vec<(&'static str, Result<golden::Bits, String>)> {
		golden::found(self)
	}

	/// Name and bytes of the golden vectors' models: seeds for fuzzing.
	#[doc(hidden)]
	pub fn golden_models() -> Vec<(&'static str, Vec<u8>)> {
		golden::models()
	}

	/// The guards of this machine against its workers. None without workers, or before the first has started.
	pub fn guards(&self) -> Option<Guards> {
		match &self.place {
			Place::Here(_) => None,
			Place::Workers(pool) => pool.guards(),
		}
	}

	/// Number of workers that have started.
	pub fn started_workers(&self) -> u64 {
		match &self.place {
			Place::Here(_) => 0,
			Place::Workers(pool) => pool.started_workers(),
		}
	}

	/// Ids of the workers' processes that wait for a request; none without workers.
	pub fn worker_pids(&self) -> Vec<u32> {
		match &self.place {
			Place::Here(_) => vec![],
			Place::Workers(pool) => pool.pids(),
		}
	}

	/// Number of kernels that the guest does because this CPU has found other bits than it: at the start, or in one of the runs that are
	/// compared.
	pub fn lost_kernels(&self) -> u32 {
		let lost = match &self.place {
			Place::Here(local) => local.lost_kernels(),
			Place::Workers(pool) => pool.lost_kernels(),
		};
		lost.count_ones()
	}

	/// The inputs that a model declares, in its order.
	pub fn inputs(&self, model: &[u8]) -> Result<Vec<Declared>, InspectError> {
		match &self.place {
			Place::Here(local) => local.inputs(model),
			Place::Workers(pool) => pool.inputs(model, waits(MAX_UNIT_LIMIT)),
		}
	}

	/// Loads a model and says what it is and what it costs, at the given shapes of its inputs or at those of the sample.
	pub fn inspect(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError> {
		self.inspect_within(model, shapes, waits(MAX_UNIT_LIMIT))
	}

	/// Inspects as `inspect` does, for at most `patience`. A worker that needs more is ended, and abstains; without workers there is no such limit.
	pub fn inspect_within(
		&self,
		model: &[u8],
		shapes: Option<&[Vec<u64>]>,
		patience: Duration,
	) -> Result<Inspection, InspectError> {
		match &self.place {
			Place::Here(local) => local.inspect(model, shapes),
			Place::Workers(pool) => pool.inspect(model, shapes, patience),
		}
	}

	/// Runs a model.
	pub fn run(&self, request: &RunRequest) -> Result<Run, Abstain> {
		self.run_unless(request, &Cancel::default())
	}

	/// Runs a model in a worker that has run nothing yet, so that nothing of an earlier run can be the reason for what it finds. Without
	/// workers it is a run like any other.
	pub fn run_afresh(&self, request: &RunRequest, cancel: &Cancel) -> Result<Run, Abstain> {
		match &self.place {
			Place::Here(_) => self.run_unless(request, cancel),
			Place::Workers(pool) => pool.run(request, true, cancel, waits(request.unit_limit)),
		}
	}

	/// Runs a model until it is cancelled. Without workers, a run that has begun goes on to its end.
	pub fn run_unless(&self, request: &RunRequest, cancel: &Cancel) -> Result<Run, Abstain> {
		match &self.place {
			Place::Here(_) if cancel.is_cancelled() => Err(Abstain::Cancelled),
			Place::Here(local) => local.run(request),
			Place::Workers(pool) => pool.run(request, false, cancel, waits(request.unit_limit)),
		}
	}
}

/// Longest that a worker takes for a request: its own watchdog ends each of at most four calls into the guest before that.
fn waits(unit_limit: u64) -> Duration {
	local::patience(unit_limit) * 4 + worker::GRACE
}

/// The guest's bytes.
#[doc(hidden)]
pub fn guest() -> &'static [u8] {
	guest::GUEST
}

/// A bundle made as the engine makes its own input ([`Input::Generated`]), at other shapes; none if no request could carry it.
pub fn sample(inputs: &[Declared], shapes: &[Vec<u64>]) -> Option<TensorBundle> {
	let signature = |(input, shape): (&Declared, &Vec<u64>)| abi::Signature {
		name: input.name.clone(),
		data_type: input.data_type,
		shape: shape.clone(),
	};
	sample::sample(&inputs.iter().zip(shapes).map(signature).collect::<Vec<_>>())
}
