//! One engine for all tests, and ONNX models written by hand. Each test file uses what it needs of it.

#![allow(dead_code, unused_imports)]

#[path = "../../src/onnx.rs"]
mod onnx;

use assay_engine::{Config, Engine, Input, Model, Run, RunRequest};
use assay_primitives::{DataType, Tensor, TensorBundle};
use std::sync::OnceLock;

pub use onnx::{
	float_attribute, floats, graph, graph_attribute, int_attribute, ints, ints_attribute, ml_node, model, ms_node,
	node, tensor, tensor_attribute, texts_attribute, value, Message, BOOL, FLOAT, INT64, STRING,
};

/// Units that no small model needs.
pub const LIMIT: u64 = 10_000_000_000;

/// Folder of the compiled guest, kept between runs of the tests.
pub const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache");

/// The tests' engine.
pub fn engine() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| {
		let config = Config { cache_dir: CACHE.into(), memory_budget: 8 << 30, parallel_runs: 2, worker: None };
		Engine::new(config).unwrap()
	})
}

/// An engine with nothing loaded, one run at a time, and this much memory.
pub fn fresh_engine(memory_budget: u64) -> Engine {
	// Compiles the guest once for all.
	engine();
	Engine::new(Config { cache_dir: CACHE.into(), memory_budget, parallel_runs: 1, worker: None }).unwrap()
}

/// A run on an encoded bundle, with one trace key.
pub fn run(model: &[u8], bundle: &[u8], unit_limit: u64) -> Run {
	engine()
		.run(&RunRequest {
			model: Model::Bytes(model),
			input: Input::Encoded(bundle),
			unit_limit,
			trace_keys: &[[7; 32]],
		})
		.unwrap()
}

/// A run on the generated input, with one trace key.
pub fn run_generated(model: &[u8], unit_limit: u64) -> Run {
	engine()
		.run(&RunRequest { model: Model::Bytes(model), input: Input::Generated, unit_limit, trace_keys: &[[7; 32]] })
		.unwrap()
}

/// A bundle of one `float32` tensor.
pub fn f32_bundle(name: &str, shape: &[u64], data: &[f32]) -> Vec<u8> {
	let data = data.iter().flat_map(|value| value.to_le_bytes()).collect();
	let tensor = Tensor { name: name.into(), data_type: DataType::F32, shape: shape.to_vec(), data };
	TensorBundle(vec![tensor]).to_bytes().unwrap()
}

/// A bundle's tensors.
pub fn decode(bytes: &[u8]) -> TensorBundle {
	TensorBundle::from_bytes(bytes).unwrap()
}

/// Loads for one element, and for no other number of them: x, reshaped to as many elements as the square of its own.
pub fn loads_at_one() -> Vec<u8> {
	let nodes = [
		node("Shape", &["x"], &["s"], []),
		node("Mul", &["s", "s"], &["t"], []),
		node("Reshape", &["x", "t"], &["y"], []),
	];
	model(nodes, [], [value("x", FLOAT, &[-1])], [value("y", FLOAT, &[-1])])
}
