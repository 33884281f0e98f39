//! Times loads and runs: `bench CACHE_DIR RUNS NAME=MODEL.onnx[@SHAPE[,SHAPE...]]...`.
//!
//! Prints for each model, as tab-separated columns under a header: milliseconds of the first load and run together, of the best and
//! of the median later run, units, and nanoseconds of the best run for each unit.

use assay_engine::{sample, Config, Engine, Input, RunRequest};
use assay_primitives::constants::MAX_UNIT_LIMIT;
use std::{error::Error, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let [cache_dir, runs, models @ ..] = arguments.as_slice() else {
		return Err("usage: bench CACHE_DIR RUNS NAME=MODEL.onnx[@SHAPE[,SHAPE...]]...".into());
	};
	let runs: usize = runs.parse()?;
	let start = Instant::now();
	let engine =
		Engine::new(Config { cache_dir: cache_dir.into(), memory_budget: 8 << 30, parallel_runs: 1, worker: None })?;
	let started = start.elapsed();
	let start = Instant::now();
	let _ = engine.self_test();
	println!("# engine starts in {:.2} s, self-test {:.2} s", started.as_secs_f64(), start.elapsed().as_secs_f64());
	println!("model\tload ms\tfirst ms\tbest ms\tmedian ms\tload units\trun units\tload ns/unit\trun ns/unit\tMiB");
	for argument in models {
		let (name, rest) = argument.split_once('=').ok_or("a model is NAME=PATH[@SHAPES]")?;
		match bench(&engine, runs, rest) {
			Ok(line) => println!("{name}\t{line}"),
			Err(why) => println!("{name}\t{why}"),
		}
	}
	Ok(())
}

fn bench(engine: &Engine, runs: usize, argument: &str) -> Result<String, Box<dyn Error>> {
	let (path, shapes) = argument.split_once('@').map_or((argument, None), |(path, shapes)| (path, Some(shapes)));
	let shape =
		|text: &str| text.split('x').filter(|dim| !dim.is_empty()).map(str::parse).collect::<Result<Vec<u64>, _>>();
	let shapes: Option<Vec<Vec<u64>>> =
		shapes.map(|text| text.split(',').map(shape).collect::<Result<_, _>>()).transpose()?;
	let model = std::fs::read(path)?;
	let start = Instant::now();
	let inspection = engine.inspect(&model, shapes.as_deref())?;
	let load = start.elapsed().as_secs_f64() * 1e3;
	let input = match &shapes {
		Some(shapes) => Some(sample(&inspection.inputs, shapes).ok_or("the input is too large")?.to_bytes()?),
		None => None,
	};
	let input = input.as_deref().map_or(Input::Generated, Input::Encoded);
	let generated = input == Input::Generated;
	let mut encoded = None;
	let mut times = vec![];
	let mut units = (0, 0);
	for _ in 0..=runs.max(1) {
		let input = encoded.as_deref().map_or(input, Input::Encoded);
		let start = Instant::now();
		let run =
			engine.run(&RunRequest { model: &model, input, unit_limit: MAX_UNIT_LIMIT, trace_keys: &[[1; 32]] })?;
		times.push(start.elapsed().as_secs_f64() * 1e3);
		run.outcome.map_err(|reason| format!("{reason:?}"))?;
		units = (run.load_units, run.units - run.load_units);
		if generated && encoded.is_none() {
			encoded = run.generated_input;
		}
	}
	let first = times.remove(0);
	times.sort_by(f64::total_cmp);
	let (best, median) = (times[0], times[times.len() / 2]);
	Ok(format!(
		"{load:.1}\t{first:.1}\t{best:.2}\t{median:.2}\t{}\t{}\t{:.2}\t{:.2}\t{:.0}",
		units.0,
		units.1,
		load * 1e6 / units.0 as f64,
		best * 1e6 / units.1 as f64,
		inspection.memory_bytes as f64 / (1 << 20) as f64
	))
}
