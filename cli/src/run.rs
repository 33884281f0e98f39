//! `assay run`, `assay inspect`, `assay selftest`.

use crate::error::Error;
use assay_client::{explain, fit, hex0x, ordered, read_model, tensors, Error as ClientError, Known, Port};
use assay_engine::{sample, Config, Declared, Dim, Engine, Input, Inspection, Model, RunRequest, Worker};
use assay_primitives::{
	constants::{MAX_INLINE_INPUT, MAX_UNIT_LIMIT},
	hash::result_hash,
	ContentId, EngineId, FailReason, Hash32, ModelId, Tensor, TensorBundle,
};
use clap::Args;
use serde_json::{json, Value};
use std::{
	num::NonZeroUsize,
	path::{Path, PathBuf},
};

/// The command that makes this program a worker of its own.
pub const WORKER: &str = "engine-worker";

/// The engine's use of this machine.
#[derive(Args)]
pub struct EngineArguments {
	/// Folder of the compiled engine [default: $ASSAY_ENGINE_CACHE, or assay/engine in the user's cache folder]
	#[arg(long, global = true, hide_short_help = true, value_name = "DIR")]
	cache: Option<PathBuf>,
	/// Memory that models and runs may take, in MiB
	#[arg(long, global = true, hide_short_help = true, value_name = "MIB", default_value_t = 4096)]
	memory: u64,
	/// Threads of a run, which a large model shares out its work among. The output has the same bits
	#[arg(long, global = true, hide_short_help = true, value_name = "COUNT", default_value_t = NonZeroUsize::MIN)]
	threads: NonZeroUsize,
}

impl EngineArguments {
	fn engine(&self) -> Result<Engine, Error> {
		let cache_dir = self.cache.clone().or_else(|| folder("ASSAY_ENGINE_CACHE"));
		let cache_dir = cache_dir.unwrap_or_else(|| cache_home().join("assay").join("engine"));
		let worker = Some(Worker { extra_threads: self.threads.get() - 1, ..Worker::this_program(&[WORKER]) });
		Ok(Engine::new(Config { cache_dir, memory_budget: self.memory << 20, parallel_runs: 1, worker })?)
	}
}

/// `$XDG_CACHE_HOME`, or `~/.cache`.
fn cache_home() -> PathBuf {
	let cache = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
	cache.unwrap_or_else(std::env::temp_dir)
}

/// A folder that the environment names.
fn folder(variable: &str) -> Option<PathBuf> {
	std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The result of a command, for people and for programs.
pub struct Report {
	/// For people.
	pub text: String,
	/// For programs.
	pub json: Value,
}

impl Report {
	/// A report that says nothing.
	pub fn nothing() -> Self {
		Report { text: String::new(), json: Value::Null }
	}

	/// Prints one of the two.
	pub fn print(&self, json: bool) {
		if self.json.is_null() {
			return;
		}
		if json {
			println!("{}", self.json);
		} else {
			println!("{}", self.text);
		}
	}
}

/// Arguments of `assay run`.
#[derive(Args)]
pub struct Run {
	/// ONNX file
	model: PathBuf,
	/// Input tensors by name: .npz, .json or .bundle, or .npy for a model of one input [default: the sample that the network
	/// makes from the declared inputs]
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	/// File for the output tensors: .npz, .json or .bundle, or .npy for one output
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Most compute units for load and run together
	#[arg(long, value_name = "UNITS", default_value_t = MAX_UNIT_LIMIT)]
	units: u64,
	/// Key of a trace digest, 32 bytes in hex; may be given up to four times
	#[arg(long = "trace-key", value_name = "HEX", value_parser = hash)]
	trace_keys: Vec<Hash32>,
}

/// Arguments of `assay inspect`.
#[derive(Args)]
pub struct Inspect {
	/// ONNX file
	model: PathBuf,
	/// Shape of an input, as NAME=1x3x224x224; for the others, every free dimension is 1
	#[arg(long = "shape", value_name = "NAME=DIMS", value_parser = shape)]
	shapes: Vec<(String, Vec<u64>)>,
	/// Also print the arguments of the call that registers the model
	#[arg(long)]
	register: bool,
	/// Name to register it by [default: the file's]
	#[arg(long, requires = "register")]
	name: Option<String>,
	/// Version to register it as
	#[arg(long, requires = "register", default_value_t = 1)]
	version: u32,
	/// Genesis hash of the network, in hex: with it, `expected` is the result hash of the sample
	#[arg(long, requires = "register", value_name = "HEX", value_parser = hash)]
	genesis: Option<Hash32>,
}

/// 32 bytes in hex, for the command line.
pub fn hash(text: &str) -> Result<Hash32, String> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
		.map_err(|_| "it has to be 32 bytes in hex".to_string())?;
	Ok(bytes)
}

/// A name and dimensions, for the command line.
pub fn shape(text: &str) -> Result<(String, Vec<u64>), String> {
	let (name, dims) = text.rsplit_once('=').ok_or("it has to look like NAME=1x3x224x224")?;
	let dims = dims.split('x').filter(|dim| !dim.is_empty()).map(str::parse).collect::<Result<_, _>>();
	Ok((name.into(), dims.map_err(|_| "the dimensions have to look like 1x3x224x224")?))
}

/// The error of a run without an output: the engine's words, after the meaning of the reason.
fn failed(reason: FailReason, why: Option<String>) -> Error {
	let why = why.filter(|why| !why.is_empty());
	Error::Client(ClientError::Failed(
		reason,
		match (reason, why) {
			(FailReason::ModelInvalid, Some(why)) => why,
			(_, Some(why)) => format!("{}: {why}", explain(reason)),
			(_, None) => explain(reason).into(),
		},
	))
}

/// Runs a model on an input.
pub fn run(command: &Run, engine: &EngineArguments) -> Result<Report, Error> {
	let model = read_model(&command.model)?;
	let engine = engine.engine()?;
	let given = command.input.as_deref().map(|path| input(&engine, &model, path)).transpose()?;
	let input = given.as_deref().map_or(Input::Generated, Input::Encoded);
	let run = engine.run(&RunRequest {
		model: Model::Bytes(&model),
		input,
		unit_limit: command.units,
		trace_keys: &command.trace_keys,
	})?;
	let outputs = run.outcome.map_err(|reason| failed(reason, run.why))?;
	let bundle = TensorBundle::from_bytes(&outputs).map_err(|error| Error::file(&command.model, error))?;
	if let Some(path) = &command.output {
		tensors::write(path, &bundle)?;
	}
	let input = given.or(run.generated_input).unwrap_or_default();
	let ids = [("engine", engine.id().0), ("model", ContentId::of(&model).0), ("input", ContentId::of(&input).0)];
	let output = ContentId::of(&outputs).0;
	let mut text = describe(&bundle, command.output.is_none());
	text.push_str(&format!(
		"output  {}\nunits   {} ({} of them for loading)",
		hex0x(output),
		run.units,
		run.load_units
	));
	run.trace_digests.iter().for_each(|digest| text.push_str(&format!("\ntrace   {}", hex0x(digest))));
	let mut json = json!({
		"output": hex0x(output),
		"units": run.units,
		"load_units": run.load_units,
		"trace_digests": run.trace_digests.iter().map(hex0x).collect::<Vec<_>>(),
	});
	ids.into_iter().for_each(|(name, id)| json[name] = hex0x(id).into());
	if command.output.is_none() {
		json["tensors"] = tensors::to_json(&bundle);
	}
	Ok(Report { text, json })
}

/// Tensors, a line for each and one for its first elements, where they are to be seen.
pub fn describe(bundle: &TensorBundle, elements: bool) -> String {
	let mut text = String::new();
	for tensor in &bundle.0 {
		text.push_str(&format!("{}: {} {}\n", tensor.name, tensor.data_type.name(), dims(&tensor.shape)));
		if elements {
			text.push_str(&format!("  {}\n", preview(bundle, tensor)));
		}
	}
	text
}

/// The first elements of a tensor, in rows of its innermost dimension.
fn preview(bundle: &TensorBundle, tensor: &Tensor) -> String {
	const SHOWN: usize = 24;
	let json = tensors::to_json(bundle);
	let Some(data) = json[&tensor.name]["data"].as_array() else { return String::new() };
	let row = tensor.shape.last().map_or(1, |length| usize::try_from(*length).unwrap_or(usize::MAX)).max(1);
	let shown = &data[..data.len().min(SHOWN)];
	let rows = shown.chunks(row).map(|row| row.iter().map(Value::to_string).collect::<Vec<_>>().join(", "));
	let more = if data.len() > SHOWN { format!(", ... {} in all", data.len()) } else { String::new() };
	format!("{}{more}", rows.collect::<Vec<_>>().join("\n  "))
}

/// The input's bundle, its tensors in the order of the model's inputs.
fn input(engine: &Engine, model: &[u8], path: &Path) -> Result<Vec<u8>, Error> {
	let ports: Vec<Port> = engine.inputs(model)?.iter().map(port).collect();
	let bundle = tensors::Given::read(path)?.ordered(&ports).map_err(|error| Error::file(path, error.to_string()))?;
	bundle.to_bytes().map_err(|error| Error::file(path, error))
}

/// Has the engine load a model and run its sample, as validators will, and compares its answers with a file of those that are expected:
/// its bytes, the engine, the sample if it is another one than the engine makes, and the units.
pub fn try_model(
	path: &Path,
	shapes: &[(String, Vec<u64>)],
	expect: Option<&Path>,
	engine: &EngineArguments,
) -> Result<(Vec<u8>, EngineId, Option<Vec<u8>>, u64), Error> {
	let model = read_model(path)?;
	let engine = engine.engine()?;
	let sample = match given_shapes(&engine, &model, shapes)? {
		None => None,
		Some(shapes) => Some(sample_at(&engine, &model, &shapes)?),
	};
	let input = sample.as_deref().map_or(Input::Generated, Input::Encoded);
	let run =
		engine.run(&RunRequest { model: Model::Bytes(&model), input, unit_limit: MAX_UNIT_LIMIT, trace_keys: &[] })?;
	let free = || engine.inputs(&model).is_ok_and(|inputs| inputs.iter().any(|input| !is_fixed(input)));
	let why = match run.outcome {
		Err(FailReason::ModelInvalid | FailReason::ModelTrap) if shapes.is_empty() && free() => {
			let why = run.why.unwrap_or_default();
			Some(format!("{why}; this is with 1 in place of every free dimension: --shape NAME=DIMS names others"))
		}
		_ => run.why,
	};
	let outputs = run.outcome.map_err(|reason| failed(reason, why))?;
	if let Some(file) = expect {
		compare(&engine, &model, &outputs, file)?;
	}
	Ok((model, engine.id(), sample, run.units))
}

/// Fails if the model answers otherwise than a file says. `sampled` is what it gives for its sample.
fn compare(engine: &Engine, model: &[u8], sampled: &[u8], file: &Path) -> Result<(), Error> {
	let declared = engine.inputs(model)?;
	let names: Vec<&str> = declared.iter().map(|input| input.name.as_str()).collect();
	let tensors = tensors::read(file)?.0;
	let (given, expected): (Vec<_>, Vec<_>) =
		tensors.into_iter().partition(|tensor| names.contains(&tensor.name.as_str()));
	if expected.is_empty() {
		return Err(Error::file(file, "it holds no tensor that is not an input of the model"));
	}
	let found = if given.is_empty() {
		sampled.to_vec()
	} else {
		let bundle = ordered(TensorBundle(given), names.iter().copied()).map_err(|error| Error::file(file, error))?;
		let input = bundle.to_bytes().map_err(|error| Error::file(file, error))?;
		let request = RunRequest {
			model: Model::Bytes(model),
			input: Input::Encoded(&input),
			unit_limit: MAX_UNIT_LIMIT,
			trace_keys: &[],
		};
		let run = engine.run(&request)?;
		run.outcome.map_err(|reason| failed(reason, run.why))?
	};
	let found = TensorBundle::from_bytes(&found).map_err(|error| Error::file(file, error))?;
	for tensor in &expected {
		let output = found.0.iter().find(|output| output.name == tensor.name);
		let output = output.ok_or_else(|| Error::file(file, format!("the model has no output `{}`", tensor.name)))?;
		if let Some(why) = tensors::difference(tensor, output) {
			return Err(Error::file(file, format!("{why}: the model is not registered")));
		}
	}
	Ok(())
}

/// An encoded sample at these shapes.
fn sample_at(engine: &Engine, model: &[u8], shapes: &[Vec<u64>]) -> Result<Vec<u8>, Error> {
	let inputs = engine.inputs(model)?;
	let bundle = sample(&inputs, shapes).and_then(|bundle| bundle.to_bytes().ok());
	let bundle = bundle.filter(|bundle| bundle.len() <= MAX_INLINE_INPUT as usize);
	bundle.ok_or_else(|| Error::usage("a sample at these shapes is larger than a registration may carry"))
}

/// An input, as the library has it.
fn port(declared: &Declared) -> Port {
	let dim = |dim: &Dim| match dim {
		Dim::Fixed(dim) => Some(*dim),
		Dim::Symbol(_) | Dim::Unknown => None,
	};
	Port {
		name: declared.name.clone(),
		data_type: declared.data_type.name().into(),
		shape: declared.shape.as_ref().map(|shape| shape.iter().map(dim).collect()),
	}
}

/// Checks an input against a model's file: the model's id, the input, and what the run takes.
pub fn try_input(
	model: &Path,
	input: &Path,
	engine: &EngineArguments,
) -> Result<(ModelId, TensorBundle, Known), Error> {
	let bytes = read_model(model)?;
	let engine = engine.engine()?;
	let inputs: Vec<Port> = engine.inputs(&bytes)?.iter().map(port).collect();
	let bundle = fit(tensors::Given::read(input)?, &inputs)?;
	let shapes: Vec<Vec<u64>> = bundle.0.iter().map(|tensor| tensor.shape.clone()).collect();
	let inspection = engine.inspect(&bytes, Some(&shapes))?;
	let units = inspection.run_units.map(|units| units.saturating_add(inspection.load_units));
	Ok((ContentId::of(&bytes), bundle, Known { inputs, units }))
}

/// Says what a model is and what it costs.
pub fn inspect(command: &Inspect, engine: &EngineArguments) -> Result<Report, Error> {
	let model = read_model(&command.model)?;
	let engine = engine.engine()?;
	let shapes = given_shapes(&engine, &model, &command.shapes)?;
	let inspection = engine.inspect(&model, shapes.as_deref())?;
	let id = ContentId::of(&model);
	let mut text =
		format!("model    {}\nsize     {} bytes\nengine   {}\n", hex0x(id), model.len(), hex0x(engine.id().0));
	for (input, shape) in inspection.inputs.iter().zip(&inspection.shapes) {
		text.push_str(&format!("input    {}, at {}\n", declared(input), dims(shape)));
	}
	inspection.outputs.iter().for_each(|output| text.push_str(&format!("output   {}\n", declared(output))));
	let operators: Vec<String> = inspection.operators.iter().map(|(name, count)| format!("{count} {name}")).collect();
	text.push_str(&format!("nodes    {}\n", operators.join(", ")));
	let run_units =
		inspection.run_units.map_or("as many as the input's values lead to".into(), |units| units.to_string());
	text.push_str(&format!("units    {} to load, {run_units} to run\n", inspection.load_units));
	text.push_str(&format!("memory   {} bytes", inspection.memory_bytes));
	let mut json = json!({
		"model": hex0x(id),
		"size": model.len(),
		"engine": hex0x(engine.id().0),
		"inputs": inspection.inputs.iter().map(declared_json).collect::<Vec<_>>(),
		"shapes": inspection.shapes,
		"outputs": inspection.outputs.iter().map(declared_json).collect::<Vec<_>>(),
		"operators": inspection.operators.iter().map(|(name, count)| json!([name, count])).collect::<Vec<_>>(),
		"load_units": inspection.load_units,
		"run_units": inspection.run_units,
		"memory_bytes": inspection.memory_bytes,
	});
	if command.register {
		let call = registration(&engine, &model, &inspection, command)?;
		text.push_str("\n\nmodels.registerModel:\n");
		text.push_str(&call.iter().map(|(name, value)| format!("  {name}: {value}")).collect::<Vec<_>>().join("\n"));
		// A list, for the call takes them in this order.
		json["register"] = call.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
	}
	Ok(Report { text, json })
}

/// The shapes of all inputs, if any was given.
fn given_shapes(engine: &Engine, model: &[u8], given: &[(String, Vec<u64>)]) -> Result<Option<Vec<Vec<u64>>>, Error> {
	if given.is_empty() {
		return Ok(None);
	}
	let inputs = engine.inputs(model)?;
	for (name, _) in given {
		if !inputs.iter().any(|input| input.name == *name) {
			let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
			return Err(Error::usage(format!("the model has no input `{name}`; its inputs are {}", names.join(", "))));
		}
	}
	let free = |input: &Declared| {
		let dims = input.shape.as_deref().unwrap_or(&[Dim::Unknown]);
		dims.iter().map(|dim| if let Dim::Fixed(dim) = dim { *dim } else { 1 }).collect()
	};
	let shape = |input: &Declared| {
		let found = given.iter().find(|(name, _)| *name == input.name);
		found.map_or_else(|| free(input), |(_, shape)| shape.clone())
	};
	Ok(Some(inputs.iter().map(shape).collect()))
}

/// True if the model declares all of an input's shape.
fn is_fixed(input: &Declared) -> bool {
	input.shape.as_ref().is_some_and(|dims| dims.iter().all(|dim| matches!(dim, Dim::Fixed(_))))
}

/// Arguments of `models.registerModel`, in their order, as polkadot.js takes them.
fn registration(
	engine: &Engine,
	model: &[u8],
	inspection: &Inspection,
	command: &Inspect,
) -> Result<Vec<(&'static str, Value)>, Error> {
	let id = ContentId::of(model);
	let name = match &command.name {
		Some(name) => name.clone(),
		None => command.model.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
	};
	// A sample at the declared shapes is what the network makes by itself.
	let sample = if command.shapes.is_empty() { None } else { Some(sample_at(engine, model, &inspection.shapes)?) };
	let expected = match command.genesis {
		None => Value::Null,
		Some(genesis) => {
			let input = sample.as_deref().map_or(Input::Generated, Input::Encoded);
			let run = engine.run(&RunRequest {
				model: Model::Bytes(model),
				input,
				unit_limit: MAX_UNIT_LIMIT,
				trace_keys: &[],
			})?;
			let outputs = run.outcome.map_err(|reason| failed(reason, run.why))?;
			let input = sample.clone().or(run.generated_input).unwrap_or_default();
			let hash = result_hash(&genesis, &engine.id(), &id, &ContentId::of(&input), &ContentId::of(&outputs));
			hex0x(hash).into()
		}
	};
	let metadata = json!({ "task": "", "licence": "", "tags": [], "description": "", "card": null });
	Ok(vec![
		("model", hex0x(id).into()),
		("size", model.len().into()),
		("name", name.into()),
		("version", command.version.into()),
		("metadata", metadata),
		("royalty", 0.into()),
		("sample", sample.map_or(Value::Null, |bundle| json!({ "Inline": hex0x(bundle) }))),
		("expected", expected),
	])
}

/// Compares this machine's bits with the network's.
pub fn self_test(engine: &EngineArguments) -> Result<Report, Error> {
	let engine = engine.engine()?;
	engine.self_test()?;
	let id = hex0x(engine.id().0);
	Ok(Report {
		text: format!("engine {id}: this machine computes the network's bits"),
		json: json!({ "engine": id, "passed": true }),
	})
}

fn dims(shape: &[u64]) -> String {
	format!("[{}]", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
}

fn dim(dim: &Dim) -> String {
	match dim {
		Dim::Fixed(dim) => dim.to_string(),
		Dim::Symbol(symbol) => symbol.clone(),
		Dim::Unknown => "?".into(),
	}
}

fn declared(tensor: &Declared) -> String {
	let shape = match &tensor.shape {
		Some(shape) => format!("[{}]", shape.iter().map(dim).collect::<Vec<_>>().join(", ")),
		None => "[...]".into(),
	};
	format!("{}: {} {shape}", tensor.name, tensor.data_type.name())
}

fn declared_json(tensor: &Declared) -> Value {
	let dim = |one: &Dim| match one {
		Dim::Fixed(dim) => (*dim).into(),
		other => Value::from(dim(other)),
	};
	let shape = tensor.shape.as_ref().map(|shape| shape.iter().map(dim).collect::<Vec<_>>());
	json!({ "name": tensor.name, "dtype": tensor.data_type.name(), "shape": shape })
}
