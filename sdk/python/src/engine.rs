//! The engine on this machine: the network's bits without a network.

use crate::{
	errors::Failure,
	task::Task,
	tensors::{bundle, declared, from_bytes, taken, to_bytes, Declared as Port, Given},
};
use assay_client::{explain, hex0x, Error, Port as Input};
use assay_engine::{
	engine_id, sample, Cancel, Config, Declared, Dim, Engine as Runner, Input as Sample, Kernels, Model, RunRequest,
	Worker,
};
use assay_primitives::{
	constants::{MAX_INLINE_INPUT, MAX_MODEL_BYTES, MAX_UNIT_LIMIT},
	ContentId, FailReason, TensorBundle,
};
use pyo3::prelude::*;
use std::{
	path::PathBuf,
	sync::{Arc, Mutex, PoisonError},
};

/// An engine, whose worker starts with the first run.
#[pyclass(frozen, module = "assay._native")]
pub struct Engine {
	config: Config,
	/// Threads wait for the one that starts it.
	runner: Arc<Mutex<Option<Arc<Runner>>>>,
}

/// The result of a run on this machine.
#[pyclass(frozen, module = "assay._native")]
pub struct Run {
	output: TensorBundle,
	bytes: Vec<u8>,
	units: u64,
	load_units: u64,
	model: String,
	input: String,
}

/// Ends what a task has begun, when nobody waits for it any more.
struct Guard(Arc<Cancel>);

impl Drop for Guard {
	fn drop(&mut self) {
		self.0.cancel();
	}
}

fn port(declared: &Declared) -> Input {
	let dim = |dim: &Dim| match dim {
		Dim::Fixed(dim) => Some(*dim),
		Dim::Symbol(_) | Dim::Unknown => None,
	};
	Input {
		name: declared.name.clone(),
		data_type: declared.data_type.name().into(),
		shape: declared.shape.as_ref().map(|shape| shape.iter().map(dim).collect()),
	}
}

/// The error of a run without an output: the engine's words, after the meaning of the reason.
fn failed(reason: FailReason, why: Option<String>) -> Error {
	let text = match why.filter(|why| !why.is_empty()) {
		Some(why) if reason == FailReason::ModelInvalid => why,
		Some(why) => format!("{}: {why}", explain(reason)),
		None => explain(reason).into(),
	};
	Error::Failed(reason, text)
}

impl Engine {
	/// Does something on a thread that may wait.
	fn begin<T>(&self, work: impl FnOnce(&Runner, &Cancel) -> Result<T, Failure> + Send + 'static) -> PyResult<Task>
	where
		T: for<'py> IntoPyObject<'py> + Send + 'static,
	{
		let (config, runner) = (self.config.clone(), self.runner.clone());
		Task::begin(move |_| async move {
			let cancel = Arc::new(Cancel::default());
			let _guard = Guard(cancel.clone());
			let done = tokio::task::spawn_blocking(move || {
				let runner = {
					let mut runner = runner.lock().unwrap_or_else(PoisonError::into_inner);
					match &*runner {
						Some(runner) => runner.clone(),
						None => runner.insert(Arc::new(Runner::new(config)?)).clone(),
					}
				};
				work(&runner, &cancel)
			});
			done.await.map_err(|error| Failure::new(assay_client::Kind::Machine, error.to_string()))?
		})
	}
}

fn checked(model: Vec<u8>) -> Result<Vec<u8>, Failure> {
	match model.len() as u64 {
		0..=MAX_MODEL_BYTES => Ok(model),
		size => Err(Failure::usage(format!("a model has at most {MAX_MODEL_BYTES} bytes, not {size}"))),
	}
}

#[pymethods]
impl Engine {
	/// An engine that keeps its compiled code in a folder, and starts its worker with a program and its arguments.
	#[new]
	fn new(cache: PathBuf, memory: u64, program: PathBuf, args: Vec<String>) -> Self {
		let worker = Some(Worker { program, args, kernels: Kernels::default(), extra_threads: 0 });
		let config = Config { cache_dir: cache, memory_budget: memory, parallel_runs: 1, worker };
		Engine { config, runner: Arc::default() }
	}

	/// Its id.
	#[staticmethod]
	fn id() -> String {
		hex0x(engine_id().0)
	}

	/// Compares the bits of this machine with the network's.
	fn self_test(&self) -> PyResult<Task> {
		self.begin(|engine, _| Ok(engine.self_test()?))
	}

	/// The inputs that a model declares.
	fn inputs(&self, model: Vec<u8>) -> PyResult<Task> {
		let model = checked(model)?;
		self.begin(move |engine, _| {
			let ports: Vec<Port> = engine.inputs(&model)?.iter().map(port).map(|port| declared(&port)).collect();
			Ok(ports)
		})
	}

	/// Inputs, outputs, and units of load and run together, at these shapes of the inputs or at those of the sample.
	#[pyo3(signature = (model, shapes=None))]
	fn inspect(&self, model: Vec<u8>, shapes: Option<Vec<Vec<u64>>>) -> PyResult<Task> {
		let model = checked(model)?;
		self.begin(move |engine, _| {
			let found = engine.inspect(&model, shapes.as_deref())?;
			let ports = |list: &[Declared]| list.iter().map(port).map(|port| declared(&port)).collect::<Vec<Port>>();
			let units = found.run_units.map(|units| units.saturating_add(found.load_units));
			Ok((ports(&found.inputs), ports(&found.outputs), units))
		})
	}

	/// Runs a model on an input, or on the sample that the network makes.
	#[pyo3(signature = (model, inputs=None, units=None))]
	fn run(&self, py: Python<'_>, model: Vec<u8>, inputs: Option<Vec<Given>>, units: Option<u64>) -> PyResult<Task> {
		let model = checked(model)?;
		let input = inputs.map(|inputs| bundle(py, inputs)).transpose()?;
		let unit_limit = units.unwrap_or(MAX_UNIT_LIMIT);
		self.begin(move |engine, cancel| {
			let given = match input {
				Some(input) => {
					let ports: Vec<Input> = engine.inputs(&model)?.iter().map(port).collect();
					Some(to_bytes(&assay_client::fit(input, &ports)?)?)
				}
				None => None,
			};
			Run::of(engine, cancel, &model, given, unit_limit)
		})
	}

	/// Runs a model on the bytes of an input.
	fn run_bytes(&self, model: Vec<u8>, input: Vec<u8>) -> PyResult<Task> {
		let model = checked(model)?;
		self.begin(move |engine, cancel| Run::of(engine, cancel, &model, Some(input), MAX_UNIT_LIMIT))
	}

	/// Bytes of a sample at these shapes of the inputs.
	fn sample(&self, model: Vec<u8>, shapes: Vec<Vec<u64>>) -> PyResult<Task> {
		let model = checked(model)?;
		self.begin(move |engine, _| {
			let inputs = engine.inputs(&model)?;
			let bytes = sample(&inputs, &shapes).map(|bundle| to_bytes(&bundle)).transpose()?;
			let bytes = bytes.filter(|bytes| bytes.len() <= MAX_INLINE_INPUT as usize);
			bytes.ok_or_else(|| Failure::usage("a sample at these shapes is larger than a registration may carry"))
		})
	}
}

impl Run {
	/// Runs a model, on the sample that the network makes if no input is given.
	fn of(
		engine: &Runner,
		cancel: &Cancel,
		model: &[u8],
		given: Option<Vec<u8>>,
		unit_limit: u64,
	) -> Result<Run, Failure> {
		let request = RunRequest {
			model: Model::Bytes(model),
			input: given.as_deref().map_or(Sample::Generated, Sample::Encoded),
			unit_limit,
			trace_keys: &[],
		};
		let run = engine.run_unless(&request, cancel)?;
		let bytes = run.outcome.map_err(|reason| failed(reason, run.why))?;
		let input = given.or(run.generated_input).unwrap_or_default();
		Ok(Run {
			output: from_bytes(&bytes)?,
			bytes,
			units: run.units,
			load_units: run.load_units,
			model: hex0x(ContentId::of(model)),
			input: hex0x(ContentId::of(&input)),
		})
	}
}

#[pymethods]
impl Run {
	#[getter]
	fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, &'static str, Vec<u64>, Bound<'py, PyAny>)>> {
		taken(py, &self.output)
	}

	#[getter]
	fn units(&self) -> u64 {
		self.units
	}

	#[getter]
	fn load_units(&self) -> u64 {
		self.load_units
	}

	#[getter]
	fn model(&self) -> String {
		self.model.clone()
	}

	#[getter]
	fn input(&self) -> String {
		self.input.clone()
	}

	/// Id of the output.
	#[getter]
	fn output(&self) -> String {
		hex0x(ContentId::of(&self.bytes))
	}
}
