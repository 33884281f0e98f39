//! Runs prepared cases and says which give the expected outputs: `conformance CACHE_DIR CASES [PREFIX]`.
//!
//! A case is `NAME.onnx` with the bundles `NAME.in` and `NAME.out` (`scripts/conformance_cases.py` makes them). A line for each: its
//! name, a tab, and `pass` or the reason for the failure. Outputs agree as NumPy's `allclose` has it, with a relative tolerance of
//! 1e-3 and an absolute one of 1e-5, wide enough for the reference's own precision.

use assay_engine::{Config, Engine, Input, InspectError, RunRequest};
use assay_primitives::{DataType, Tensor, TensorBundle};
use std::{error::Error, path::Path};

/// More than any case costs.
const UNIT_LIMIT: u64 = 20_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = std::env::args().skip(1).collect();
	let (cache_dir, cases, prefix) = match arguments.as_slice() {
		[cache_dir, cases] => (cache_dir, cases, ""),
		[cache_dir, cases, prefix] => (cache_dir, cases, prefix.as_str()),
		_ => return Err("usage: conformance CACHE_DIR CASES [PREFIX]".into()),
	};
	let config = Config { cache_dir: cache_dir.into(), memory_budget: 8 << 30, parallel_runs: 1, worker: None };
	let engine = Engine::new(config)?;
	let mut names = vec![];
	for entry in std::fs::read_dir(cases)? {
		let name = entry?.file_name().to_string_lossy().into_owned();
		names.extend(name.strip_suffix(".onnx").filter(|name| name.starts_with(prefix)).map(str::to_string));
	}
	names.sort();
	for name in names {
		let verdict = case(&engine, &Path::new(cases).join(&name));
		println!("{name}\t{}", verdict.err().unwrap_or_else(|| "pass".into()));
	}
	Ok(())
}

fn case(engine: &Engine, stem: &Path) -> Result<(), String> {
	let read = |extension: &str| {
		let path = format!("{}.{extension}", stem.display());
		std::fs::read(&path).map_err(|error| format!("{path}: {error}"))
	};
	let (model, input, expected) = (read("onnx")?, read("in")?, read("out")?);
	let given = TensorBundle::from_bytes(&input).map_err(|error| format!("input: {error}"))?;
	let expected = TensorBundle::from_bytes(&expected).map_err(|error| format!("output: {error}"))?;
	let request = RunRequest { model: &model, input: Input::Encoded(&input), unit_limit: UNIT_LIMIT, trace_keys: &[] };
	let run = engine.run(&request).map_err(|abstain| format!("Abstain: {abstain}"))?;
	let found = run.outcome.map_err(|reason| {
		let shapes: Vec<Vec<u64>> = given.0.iter().map(|tensor| tensor.shape.clone()).collect();
		match engine.inspect(&model, Some(&shapes)) {
			Err(InspectError::Failed { reason, text }) => format!("{reason:?}: {}", one_line(&text)),
			_ => format!("{reason:?} at the run"),
		}
	})?;
	let found = TensorBundle::from_bytes(&found).map_err(|error| format!("found: {error}"))?;
	if found.0.len() != expected.0.len() {
		return Err(format!("{} outputs, not {}", found.0.len(), expected.0.len()));
	}
	found.0.iter().zip(&expected.0).try_for_each(|(found, expected)| close(found, expected))
}

fn one_line(text: &str) -> String {
	text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect()
}

fn close(found: &Tensor, expected: &Tensor) -> Result<(), String> {
	let name = &expected.name;
	if found.data_type != expected.data_type {
		return Err(format!("`{name}` is {}, not {}", found.data_type.name(), expected.data_type.name()));
	}
	if found.shape != expected.shape {
		return Err(format!("`{name}` has shape {:?}, not {:?}", found.shape, expected.shape));
	}
	let size = found.data_type.size();
	let elements = found.data.chunks_exact(size).zip(expected.data.chunks_exact(size));
	let wrong = elements.filter(|(a, b)| !same(found.data_type, a, b)).count();
	if wrong > 0 {
		return Err(format!("`{name}` differs in {wrong} of {} elements", found.data.len() / size));
	}
	Ok(())
}

fn same(data_type: DataType, found: &[u8], expected: &[u8]) -> bool {
	let float = |bytes: &[u8]| match data_type {
		DataType::F16 => half(u16::from_le_bytes([bytes[0], bytes[1]])),
		DataType::F32 => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as f64,
		_ => f64::from_le_bytes(bytes.try_into().expect("eight bytes")),
	};
	match data_type {
		DataType::F16 | DataType::F32 | DataType::F64 => {
			let (a, b) = (float(found), float(expected));
			a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-5 + 1e-3 * b.abs()
		}
		_ => found == expected,
	}
}

/// The value of a number in half precision.
fn half(bits: u16) -> f64 {
	let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
	let (exponent, mantissa) = ((bits >> 10 & 0x1f) as i32, (bits & 0x3ff) as f64);
	sign * match exponent {
		0 => mantissa * 2f64.powi(-24),
		0x1f if mantissa == 0.0 => f64::INFINITY,
		0x1f => f64::NAN,
		_ => (1024.0 + mantissa) * 2f64.powi(exponent - 25),
	}
}
