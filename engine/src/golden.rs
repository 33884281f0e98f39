//! Small models with the bits that every machine has to find.

use crate::{
	onnx::{floats, int_attribute, model, node, value, Message, FLOAT},
	Engine, Input, RunRequest, SelfTestError,
};

/// Enough for any of the vectors.
const UNIT_LIMIT: u64 = 2_000_000_000;

/// Key of the vectors' trace digests.
const TRACE_KEY: [u8; 32] = *b"assay golden vectors' trace key.";

struct Vector {
	name: &'static str,
	model: fn() -> Vec<u8>,
	/// BLAKE3 of the output bundle.
	output: &'static str,
	/// Trace digest under [`TRACE_KEY`].
	trace: &'static str,
}

const VECTORS: [Vector; 3] = [
	Vector {
		name: "dense",
		model: dense,
		output: "029e039b513c04056b07c8da7e261aa1c95c3dfe5ac457f5073b157ef829eed0",
		trace: "da7c176d1a29494d2aa6afb1a8474fec968199154cbe713be39981dbdcf02eae",
	},
	Vector {
		name: "convolution",
		model: convolution,
		output: "9707fc940669e9da8f191967968442bf0ffb97346248ccd81481c4cb4ff4f60b",
		trace: "5d1620896b2d5a7b85ad2890bed31583bdf9f78e090f8166f060d70b1f943e52",
	},
	Vector {
		name: "nan",
		model: nan,
		output: "a2ee2510e5d0680eeeeb1ddc10b10e6df664f27a4225f35854dbd423215fae42",
		trace: "31c8ea6ffd74e96631bd26bcdc8f94d7ef6e2d8c88d64e6fa49d89e6fbb2193c",
	},
];

/// Runs every vector and compares the bits.
pub fn self_test(engine: &Engine) -> Result<(), SelfTestError> {
	VECTORS.iter().try_for_each(|vector| check(engine, vector))
}

fn check(engine: &Engine, vector: &Vector) -> Result<(), SelfTestError> {
	let name = vector.name;
	let model = (vector.model)();
	let request =
		RunRequest { model: &model, input: Input::Generated, unit_limit: UNIT_LIMIT, trace_keys: &[TRACE_KEY] };
	let failed = |why: String| SelfTestError::Failed { vector: name, why };
	let run = engine.run(&request).map_err(|abstain| failed(abstain.to_string()))?;
	let output = run.outcome.map_err(|reason| failed(format!("{reason:?}")))?;
	let trace = run.trace_digests.first().copied().unwrap_or_default();
	same(name, "the output", vector.output, blake3::hash(&output))?;
	same(name, "the trace", vector.trace, blake3::Hash::from_bytes(trace))
}

fn same(vector: &'static str, what: &'static str, expected: &str, found: blake3::Hash) -> Result<(), SelfTestError> {
	let found = found.to_hex().to_string();
	if found == expected {
		return Ok(());
	}
	Err(SelfTestError::Differs { vector, what, expected: expected.into(), found })
}

/// Weights that are neither regular nor round: the fractional parts of multiples of the golden ratio, around 0.
fn weights(count: usize) -> Vec<f32> {
	(0..count as u64).map(|index| (index.wrapping_mul(0x9e37_79b9) as u32 as i32 as f32) / 4_294_967_296.0).collect()
}

fn dense() -> Vec<u8> {
	model(
		[
			node("Gemm", &["x", "w1", "b1"], &["h"], []),
			node("Erf", &["h"], &["e"], []),
			node("Tanh", &["e"], &["t"], []),
			node("MatMul", &["t", "w2"], &["l"], []),
			node("Sigmoid", &["l"], &["s"], []),
			node("Softmax", &["s"], &["y"], [int_attribute("axis", -1)]),
		],
		[
			floats("w1", &[37, 51], &weights(37 * 51)),
			floats("b1", &[51], &weights(51)),
			floats("w2", &[51, 19], &weights(51 * 19)),
		],
		[value("x", FLOAT, &[5, 37])],
		[value("y", FLOAT, &[5, 19])],
	)
}

fn convolution() -> Vec<u8> {
	model(
		[
			node("Conv", &["x", "w"], &["c"], []),
			node("Relu", &["c"], &["r"], []),
			node("GlobalAveragePool", &["r"], &["g"], []),
			node("Flatten", &["g"], &["f"], []),
			node("Exp", &["f"], &["y"], []),
		],
		[floats("w", &[7, 3, 3, 3], &weights(7 * 27))],
		[value("x", FLOAT, &[-1, 3, 17, 13])],
		[value("y", FLOAT, &[-1, 7])],
	)
}

/// Zero over zero, the logarithm of what is negative, infinity minus infinity: NaNs of either sign on common CPUs.
fn nan() -> Vec<u8> {
	let ops: [Message; 7] = [
		node("Sub", &["x", "x"], &["zero"], []),
		node("Div", &["zero", "zero"], &["a"], []),
		node("Neg", &["x"], &["negative"], []),
		node("Log", &["negative"], &["b"], []),
		node("Div", &["x", "zero"], &["infinity"], []),
		node("Sub", &["infinity", "infinity"], &["c"], []),
		node("Concat", &["a", "b", "c", "x"], &["y"], [int_attribute("axis", 0)]),
	];
	model(ops, [], [value("x", FLOAT, &[11])], [value("y", FLOAT, &[44])])
}
