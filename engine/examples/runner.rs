//! The engine as `scripts/compare.py` drives it: `runner CACHE_DIR [BACKEND]`.
//!
//! Reads commands from the standard input, one a line, its parts separated by tabs, and answers each with a line:
//!
//! - `sample MODEL SHAPES OUTPUT`: writes the bundle that the engine makes as an input, at shapes like `1x3x48x320,1`, or at the
//!   declared ones for `-`. Answer: `ok`.
//! - `load MODEL INPUT`: an ONNX file, and the bundle of its input. Answer: `ok NANOSECONDS LOAD_UNITS RUN_UNITS MEMORY_BYTES`.
//! - `run OUTPUT [KEYS]`: runs the loaded model on that input, with so many trace keys or one, and writes the outputs' bundle to a
//!   file, or nowhere for `-`. Answer: `ok NANOSECONDS OUTPUT_HASH TRACE_DIGEST`.
//!
//! An error is answered with `failed WHY`.

use assay_engine::{sample, Backend, Config, Engine, Input, InspectError, Model, RunRequest};
use assay_primitives::{constants::MAX_UNIT_LIMIT, TensorBundle};
use std::{
	error::Error,
	io::{BufRead, Write},
	time::Instant,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A model and its input.
struct Loaded {
	id: [u8; 32],
	model: Vec<u8>,
	input: Vec<u8>,
}

fn shapes(text: &str) -> Outcome<Option<Vec<Vec<u64>>>> {
	if text == "-" {
		return Ok(None);
	}
	let shape =
		|text: &str| text.split('x').filter(|dim| !dim.is_empty()).map(str::parse).collect::<Result<Vec<u64>, _>>();
	Ok(Some(text.split(',').map(shape).collect::<Result<_, _>>()?))
}

fn failed(error: InspectError) -> String {
	match error {
		InspectError::Failed { reason, text } => format!("{reason:?}: {text}"),
		other => other.to_string(),
	}
}

fn make_sample(engine: &Engine, model: &str, at: &str) -> Outcome<Vec<u8>> {
	let model = std::fs::read(model)?;
	match shapes(at)? {
		Some(shapes) => {
			let inputs = engine.inputs(&model).map_err(failed)?;
			Ok(sample(&inputs, &shapes)
				.ok_or("an input at these shapes is larger than a request may carry")?
				.to_bytes()?)
		}
		None => {
			let request = RunRequest {
				model: Model::Bytes(&model),
				input: Input::Generated,
				unit_limit: MAX_UNIT_LIMIT,
				trace_keys: &[],
			};
			Ok(engine.run(&request)?.generated_input.ok_or("the engine makes no input for this model")?)
		}
	}
}

fn load(engine: &Engine, model: &str, input: &str) -> Outcome<(String, Loaded)> {
	let (model, input) = (std::fs::read(model)?, std::fs::read(input)?);
	let bundle = TensorBundle::from_bytes(&input).map_err(|error| error.to_string())?;
	let shapes: Vec<Vec<u64>> = bundle.0.iter().map(|tensor| tensor.shape.clone()).collect();
	let start = Instant::now();
	let found = engine.inspect(&model, Some(&shapes)).map_err(failed)?;
	let time = start.elapsed().as_nanos();
	let run_units = found.run_units.map_or("-".into(), |units| units.to_string());
	Ok((
		format!("{time}\t{}\t{run_units}\t{}", found.load_units, found.memory_bytes),
		Loaded { id: *blake3::hash(&model).as_bytes(), model, input },
	))
}

fn run(engine: &Engine, loaded: &Loaded, output: &str, keys: usize) -> Outcome<String> {
	let (keys, input) = (vec![[0x5a; 32]; keys], &loaded.input);
	// By a name, as in a node, so that a model that is loaded is not read again.
	let read = || Ok(loaded.model.clone());
	let request = RunRequest {
		model: Model::Named { id: loaded.id, read: &read },
		input: Input::Encoded(input),
		unit_limit: MAX_UNIT_LIMIT,
		trace_keys: &keys,
	};
	let start = Instant::now();
	let run = engine.run(&request)?;
	let time = start.elapsed().as_nanos();
	let bytes = run.outcome.map_err(|reason| format!("{reason:?} at the run"))?;
	if output != "-" {
		std::fs::write(output, &bytes)?;
	}
	let trace = run.trace_digests.first().map_or("-".into(), |digest| blake3::Hash::from_bytes(*digest).to_string());
	Ok(format!("{time}\t{}\t{trace}\t{}", blake3::hash(&bytes), run.units))
}

fn answer(engine: &Engine, line: &str, loaded: &mut Option<Loaded>) -> Outcome<String> {
	match line.split('\t').collect::<Vec<_>>().as_slice() {
		["sample", model, shapes, output] => {
			std::fs::write(output, make_sample(engine, model, shapes)?)?;
			Ok(String::new())
		}
		["load", model, input] => {
			*loaded = None;
			let (answer, what) = load(engine, model, input)?;
			*loaded = Some(what);
			Ok(answer)
		}
		["run", output, keys @ ..] => {
			let keys = keys.first().map_or(Ok(1), |keys| keys.parse())?;
			run(engine, loaded.as_ref().ok_or("nothing is loaded")?, output, keys)
		}
		_ => Err("the commands are sample, load and run".into()),
	}
}

fn main() -> Outcome<()> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let (cache_dir, backend) = match arguments.as_slice() {
		[cache_dir] => (cache_dir, Backend::default()),
		[cache_dir, backend] => (cache_dir, backend.parse()?),
		_ => return Err("usage: runner CACHE_DIR [BACKEND]".into()),
	};
	let config = Config { cache_dir: cache_dir.into(), memory_budget: 8 << 30, parallel_runs: 1, worker: None };
	let engine = Engine::with_backend(config, &backend)?;
	let mut loaded = None;
	for line in std::io::stdin().lock().lines() {
		let mut out = std::io::stdout().lock();
		match answer(&engine, &line?, &mut loaded) {
			Ok(answer) => writeln!(out, "ok\t{answer}")?,
			Err(why) => {
				let why = why.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
				writeln!(out, "failed\t{}", why.chars().take(200).collect::<String>())?
			}
		}
		out.flush()?;
	}
	Ok(())
}
