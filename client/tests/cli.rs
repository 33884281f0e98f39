//! The commands as people and scripts call them.

use serde_json::{json, Value};
use std::{path::Path, process::Command};

#[path = "../../engine/src/onnx.rs"]
#[allow(dead_code)]
mod onnx;

struct Output {
	code: i32,
	stdout: String,
	stderr: String,
}

fn assay(arguments: &[&str]) -> Output {
	let output = Command::new(env!("CARGO_BIN_EXE_assay"))
		.args(arguments)
		.env("ASSAY_ENGINE_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache"))
		.output()
		.unwrap();
	Output {
		code: output.status.code().unwrap(),
		stdout: String::from_utf8(output.stdout).unwrap(),
		stderr: String::from_utf8(output.stderr).unwrap(),
	}
}

fn json_of(arguments: &[&str]) -> (i32, Value) {
	let output = assay(arguments);
	(output.code, serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}{}", output.stdout, output.stderr)))
}

/// `y = x + x`, for rows of two.
fn double(folder: &Path) -> String {
	let model = onnx::model(
		[onnx::node("Add", &["x", "x"], &["y"], [])],
		[],
		[onnx::value("x", onnx::FLOAT, &[-1, 2])],
		[onnx::value("y", onnx::FLOAT, &[-1, 2])],
	);
	let path = folder.join("double.onnx");
	std::fs::write(&path, model).unwrap();
	path.to_str().unwrap().into()
}

#[test]
fn run_writes_the_outputs_and_says_what_they_are() {
	let folder = tempfile::tempdir().unwrap();
	let model = double(folder.path());
	let input = folder.path().join("in.json");
	std::fs::write(&input, r#"{"x": {"dtype": "float32", "shape": [2, 2], "data": [1, 2.5, -3, "NaN"]}}"#).unwrap();
	let output = folder.path().join("out.json");
	let (input, output) = (input.to_str().unwrap(), output.to_str().unwrap());
	let (code, report) = json_of(&["--json", "run", &model, "--input", input, "--output", output]);
	assert_eq!(code, 0);
	assert!(report["units"].as_u64() > report["load_units"].as_u64());
	let written: Value = serde_json::from_slice(&std::fs::read(output).unwrap()).unwrap();
	assert_eq!(written, json!({ "y": { "dtype": "float32", "shape": [2, 2], "data": [2.0, 5.0, -6.0, "NaN"] } }));
	let text = assay(&["run", &model, "--input", input]);
	assert!(text.stdout.contains("y: float32 [2, 2]"), "{}", text.stdout);
	assert!(text.stdout.contains(report["output"].as_str().unwrap()));
}

#[test]
fn npz_and_npy_give_the_same_output() {
	let folder = tempfile::tempdir().unwrap();
	let model = double(folder.path());
	let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
	std::fs::write(path("in.json"), r#"{"x": {"dtype": "float32", "shape": [1, 2], "data": [1, 2]}}"#).unwrap();
	let mut outputs = vec![];
	for name in ["a.npy", "b.npz", "c.json"] {
		let (code, report) = json_of(&["--json", "run", &model, "--input", &path("in.json"), "--output", &path(name)]);
		assert_eq!(code, 0);
		outputs.push(report["output"].clone());
	}
	assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
	let (code, report) = json_of(&["--json", "run", &model, "--input", &path("a.npy")]);
	assert_eq!((code, &report["tensors"]["y"]["data"]), (0, &json!([4.0, 8.0])));
	// The archive names its tensor `y`, which the model does not take.
	let (code, report) = json_of(&["--json", "run", &model, "--input", &path("b.npz")]);
	assert_eq!(code, 1);
	assert!(report["error"].as_str().unwrap().contains("no tensor `x`"));
}

#[test]
fn inspect_tells_cost_and_shapes_and_the_registration() {
	let folder = tempfile::tempdir().unwrap();
	let model = double(folder.path());
	let (code, report) = json_of(&["--json", "inspect", &model, "--shape", "x=3x2"]);
	assert_eq!(code, 0);
	assert_eq!(report["shapes"], json!([[3, 2]]));
	assert_eq!(report["inputs"], json!([{ "name": "x", "dtype": "float32", "shape": ["n", 2] }]));
	assert_eq!(report["outputs"], json!([{ "name": "y", "dtype": "float32", "shape": [3, 2] }]));
	assert_eq!(report["operators"], json!([["Add", 1]]));
	assert!(report["run_units"].as_u64().unwrap() > 0 && report["memory_bytes"].as_u64().unwrap() > 0);
	let genesis = "11".repeat(32);
	let (code, report) = json_of(&["--json", "inspect", &model, "--register", "--genesis", &genesis]);
	assert_eq!(code, 0);
	let call = report["register"].as_array().unwrap();
	let names: Vec<&str> = call.iter().map(|argument| argument["name"].as_str().unwrap()).collect();
	assert_eq!(names, ["model", "size", "name", "version", "metadata", "royalty", "sample", "expected"]);
	assert_eq!(call[2]["value"], "double");
	assert_eq!(call[7]["value"].as_str().unwrap().len(), 66);
	let (code, report) = json_of(&["--json", "inspect", &model, "--shape", "z=3"]);
	assert_eq!(code, 1);
	assert!(report["error"].as_str().unwrap().contains("its inputs are x"));
}

#[test]
fn every_exit_code_means_one_thing() {
	let folder = tempfile::tempdir().unwrap();
	let model = double(folder.path());
	let garbage = folder.path().join("garbage.onnx");
	std::fs::write(&garbage, "no model").unwrap();
	let garbage = garbage.to_str().unwrap();
	assert_eq!(assay(&["run", "/nowhere.onnx"]).code, 1);
	assert_eq!(assay(&["run"]).code, 2);
	assert_eq!(assay(&["run", garbage]).code, 3);
	assert_eq!(assay(&["run", &model, "--units", "10"]).code, 3);
	assert_eq!(assay(&["--memory", "1", "run", &model]).code, 4);
	let (_, report) = json_of(&["--json", "run", &model, "--units", "10"]);
	assert_eq!(report["reason"], "ComputeLimit");
	let (_, report) = json_of(&["--json", "run", garbage]);
	assert_eq!(report["reason"], "ModelInvalid");
}

#[test]
fn selftest_passes_here() {
	let (code, report) = json_of(&["--json", "selftest"]);
	assert_eq!((code, &report["passed"]), (0, &json!(true)));
}
