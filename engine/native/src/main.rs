//! tract natively, loaded as the guest loads it, with none of the engine around it: what `scripts/compare.py` compares the engine
//! with.
//!
//! Reads commands from the standard input, one a line, its parts separated by tabs, and answers each with a line:
//!
//! - `load MODEL INPUT`: an ONNX file, and the bundle whose names, types and shapes it is loaded for. Answer: `ok NANOSECONDS`.
//! - `run OUTPUT`: runs the loaded model on that input and writes the outputs' bundle to a file, or nowhere for `-`. Answer: `ok
//!   NANOSECONDS`.
//!
//! A request that fails is answered with `failed WHY`.

#[path = "../../guest/src/types.rs"]
mod types;

use assay_primitives::{Tensor as BundleTensor, TensorBundle};
use std::{
	error::Error,
	io::{BufRead, Write},
	panic::{catch_unwind, AssertUnwindSafe},
	sync::Arc,
	time::Instant,
};
use tract_onnx::{prelude::*, tract_hir::internal::SimplePlan};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A model that can run, and its input.
struct Loaded {
	plan: Arc<TypedSimplePlan>,
	inputs: TVec<TValue>,
	outputs: Vec<String>,
}

fn load(model: &str, input: &str) -> Outcome<Loaded> {
	let bundle = TensorBundle::from_bytes(&std::fs::read(input)?).map_err(|error| error.to_string())?;
	let onnx = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
	let proto = onnx.proto_model_for_path(model)?;
	let outputs = proto.graph.iter().flat_map(|graph| &graph.output).map(|output| output.name.clone()).collect();
	let mut model = onnx.parse(&proto, None)?.model;
	if model.inputs.len() != bundle.0.len() {
		return Err(format!("the model has {} inputs, not {}", model.inputs.len(), bundle.0.len()).into());
	}
	let mut inputs = tvec!();
	for (index, tensor) in bundle.0.iter().enumerate() {
		let value = types::load(tensor)?;
		model.set_input_fact(index, InferenceFact::dt_shape(value.datum_type(), value.shape()))?;
		inputs.push(value.into_tvalue());
	}
	let plan = SimplePlan::new(model.into_typed()?.into_optimized()?)?;
	Ok(Loaded { plan, inputs, outputs })
}

fn run(loaded: &Loaded) -> Outcome<(u128, TVec<TValue>)> {
	let inputs = loaded.inputs.clone();
	let start = Instant::now();
	let outputs = loaded.plan.run(inputs)?;
	Ok((start.elapsed().as_nanos(), outputs))
}

fn bundle(loaded: &Loaded, outputs: TVec<TValue>) -> Outcome<Vec<u8>> {
	let mut tensors = vec![];
	for (name, value) in loaded.outputs.iter().zip(outputs) {
		let tensor = match value.datum_type() {
			DatumType::TDim => value.cast_to::<i64>()?.into_owned(),
			_ => value.into_tensor(),
		};
		let data_type = types::from_tract(tensor.datum_type()).ok_or("an output of a type that bundles have not")?;
		let shape = tensor.shape().iter().map(|dim| *dim as u64).collect();
		let mut tensor =
			BundleTensor { name: name.clone(), data_type, shape, data: types::bytes(&tensor)?.into_owned() };
		tensor.canonicalize();
		tensors.push(tensor);
	}
	Ok(TensorBundle(tensors).to_bytes().map_err(|error| error.to_string())?)
}

fn answer(line: &str, loaded: &mut Option<Loaded>) -> Outcome<String> {
	match line.split('\t').collect::<Vec<_>>().as_slice() {
		["load", model, input] => {
			*loaded = None;
			let start = Instant::now();
			*loaded = Some(load(model, input)?);
			Ok(start.elapsed().as_nanos().to_string())
		}
		["run", output] => {
			let loaded = loaded.as_ref().ok_or("nothing is loaded")?;
			let (nanoseconds, outputs) = run(loaded)?;
			if *output != "-" {
				std::fs::write(output, bundle(loaded, outputs)?)?;
			}
			Ok(nanoseconds.to_string())
		}
		_ => Err("the commands are load and run".into()),
	}
}

fn main() -> Outcome<()> {
	// A panic is an answer like any other failure.
	std::panic::set_hook(Box::new(|_| ()));
	let mut loaded = None;
	for line in std::io::stdin().lock().lines() {
		let line = line?;
		let answer =
			catch_unwind(AssertUnwindSafe(|| answer(&line, &mut loaded).map_err(|error| format!("{error:#}"))));
		let answer = answer.unwrap_or_else(|panic| {
			let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
			Err(format!("panic: {}", text.unwrap_or_default()))
		});
		let mut out = std::io::stdout().lock();
		match answer {
			Ok(answer) => writeln!(out, "ok\t{answer}")?,
			Err(why) => writeln!(out, "failed\t{}", why.split_whitespace().collect::<Vec<_>>().join(" "))?,
		}
		out.flush()?;
	}
	Ok(())
}
