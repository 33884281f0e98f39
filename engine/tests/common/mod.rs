//! One engine for all tests, and ONNX models written by hand.

#[path = "../../src/onnx.rs"]
#[allow(dead_code)]
mod onnx;

use assay_engine::{Config, Engine, Input, Run, RunRequest};
use assay_primitives::{DataType, Tensor, TensorBundle};
use std::sync::OnceLock;

pub use onnx::{floats, int_attribute, model, node, value, Message, FLOAT};

/// Units that no small model needs.
pub const LIMIT: u64 = 10_000_000_000;

/// Folder of the compiled guest, kept between runs of the tests.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache");

/// The tests' engine.
pub fn engine() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| {
		let config = Config { cache_dir: CACHE.into(), memory_budget: 8 << 30, parallel_runs: 2 };
		Engine::new(config).unwrap()
	})
}

/// An engine with nothing loaded, one run at a time, and this much memory.
pub fn fresh_engine(memory_budget: u64) -> Engine {
	// Compiles the guest once for all.
	engine();
	Engine::new(Config { cache_dir: CACHE.into(), memory_budget, parallel_runs: 1 }).unwrap()
}

/// A run on an encoded bundle, with one trace key.
pub fn run(model: &[u8], bundle: &[u8], unit_limit: u64) -> Run {
	engine().run(&RunRequest { model, input: Input::Encoded(bundle), unit_limit, trace_keys: &[[7; 32]] }).unwrap()
}

/// A run on the generated input, with one trace key.
pub fn run_generated(model: &[u8], unit_limit: u64) -> Run {
	engine().run(&RunRequest { model, input: Input::Generated, unit_limit, trace_keys: &[[7; 32]] }).unwrap()
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

/// `TensorProto` of `int64`.
pub fn ints(name: &str, dims: &[i64], data: &[i64]) -> Message {
	let raw: Vec<u8> = data.iter().flat_map(|value| value.to_le_bytes()).collect();
	let message = dims.iter().fold(Message::default(), |message, dim| message.int(1, *dim));
	message.int(2, 7).bytes(8, name).bytes(9, raw)
}
