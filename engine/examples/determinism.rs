//! Prints what an engine finds, one line for each golden vector and model: back end, name, BLAKE3 of output and trace, units of loading,
//! and of loading and running.
//!
//! `determinism BACKEND CACHE_DIR [--precompile] [NAME=MODEL.onnx[@SHAPE[,SHAPE...]]...]`, where a shape is `1x3x48x320`. The back
//! ends are `native`, `parts`, `threads`, `avx512`, `avx2`, `reference`, `no-fma`, `canonical-nans`, `pulley` and `aarch64`. With `--precompile` it fills the
//! cache for one and runs nothing. `scripts/determinism.sh` compares the lines.

use assay_engine::{sample, Backend, Config, Engine, Input, RunRequest};
use assay_primitives::constants::MAX_UNIT_LIMIT;
use std::{error::Error, path::Path, process::ExitCode};

/// `NAME=MODEL.onnx[@SHAPE[,SHAPE...]]`.
struct Model<'a> {
	name: &'a str,
	path: &'a str,
	shapes: Option<Vec<Vec<u64>>>,
}

fn model(argument: &str) -> Result<Model<'_>, Box<dyn Error>> {
	let (name, rest) = argument.split_once('=').ok_or("a model is NAME=PATH[@SHAPES]")?;
	let (path, shapes) = rest.split_once('@').map_or((rest, None), |(path, shapes)| (path, Some(shapes)));
	let shape =
		|text: &str| text.split('x').filter(|dim| !dim.is_empty()).map(str::parse).collect::<Result<Vec<u64>, _>>();
	let shapes = shapes.map(|text| text.split(',').map(shape).collect::<Result<_, _>>()).transpose()?;
	Ok(Model { name, path, shapes })
}

fn bits(engine: &Engine, model: &Model) -> Result<String, Box<dyn Error>> {
	let bytes = std::fs::read(model.path).map_err(|error| format!("{}: {error}", model.path))?;
	let made = match &model.shapes {
		None => None,
		Some(shapes) => {
			let inputs = engine.inspect(&bytes, Some(shapes))?.inputs;
			Some(sample(&inputs, shapes).ok_or("the input is too large")?.to_bytes()?)
		}
	};
	let input = made.as_deref().map_or(Input::Generated, Input::Encoded);
	let key = [0x5a; 32];
	let run = engine.run(&RunRequest {
		model: assay_engine::Model::Bytes(&bytes),
		input,
		unit_limit: MAX_UNIT_LIMIT,
		trace_keys: &[key],
	})?;
	let output = run.outcome.map_err(|reason| format!("{}: {reason:?}", model.path))?;
	let trace = blake3::Hash::from_bytes(run.trace_digests[0]);
	Ok(format!("{} {trace} {} {}", blake3::hash(&output), run.load_units, run.units))
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [name, cache_dir, rest @ ..] = arguments.as_slice() else {
		return Err("usage: determinism BACKEND CACHE_DIR [--precompile] [NAME=MODEL.onnx[@SHAPES]...]".into());
	};
	let backend: Backend = name.parse()?;
	if rest.first().is_some_and(|argument| argument == "--precompile") {
		Engine::precompile(Path::new(cache_dir), &backend)?;
		return Ok(ExitCode::SUCCESS);
	}
	let config = Config { cache_dir: cache_dir.into(), memory_budget: 8 << 30, parallel_runs: 1, worker: None };
	let engine = Engine::with_backend(config, &backend)?;
	let mut good = true;
	for (vector, bits) in engine.golden_bits() {
		good &= bits.is_ok();
		match bits {
			Ok(bits) => println!("{name}\t{vector}\t{bits}"),
			Err(why) => println!("{name}\t{vector}\tfailed: {why}"),
		}
	}
	for argument in rest {
		let model = model(argument)?;
		let bits = bits(&engine, &model);
		good &= bits.is_ok();
		println!("{name}\t{}\t{}", model.name, bits.unwrap_or_else(|why| format!("failed: {why}")));
	}
	Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
