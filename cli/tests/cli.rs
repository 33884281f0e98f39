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

fn output_of(command: &mut Command) -> Output {
	let output = command.output().unwrap();
	Output {
		code: output.status.code().unwrap(),
		stdout: String::from_utf8(output.stdout).unwrap(),
		stderr: String::from_utf8(output.stderr).unwrap(),
	}
}

fn assay(arguments: &[&str]) -> Output {
	let cache = concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache");
	output_of(Command::new(env!("CARGO_BIN_EXE_assay")).args(arguments).env("ASSAY_ENGINE_CACHE", cache))
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

/// A user with accounts and trust of their own.
fn user(folder: &Path, arguments: &[&str]) -> Output {
	let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
	command
		.args(arguments)
		.env("XDG_CONFIG_HOME", folder.join("config"))
		.env("XDG_DATA_HOME", folder.join("data"))
		.env_remove("ASSAY_SURI")
		.env_remove("ASSAY_ACCOUNT")
		.stdin(std::process::Stdio::null());
	output_of(&mut command)
}

#[test]
fn accounts_are_made_listed_and_removed() {
	let folder = tempfile::tempdir().unwrap();
	let assay = |arguments: &[&str]| user(folder.path(), arguments);
	let made: Value = serde_json::from_str(&assay(&["--json", "keys", "new", "me", "--plain"]).stdout).unwrap();
	assert_eq!(made["phrase"].as_str().unwrap().split(' ').count(), 12);
	let listed: Value = serde_json::from_str(&assay(&["--json", "keys", "ls"]).stdout).unwrap();
	assert_eq!(listed[0]["address"], made["address"]);
	assert!(listed[0]["phrase"].is_null());
	let shown = assay(&["keys", "show", "me"]).stdout;
	assert!(shown.contains(made["address"].as_str().unwrap()) && !shown.contains("secret"), "{shown}");
	let again = assay(&["keys", "new", "me", "--plain"]);
	assert_eq!(again.code, 1);
	assert!(again.stderr.contains("choose another name"), "{}", again.stderr);
	assert_eq!(assay(&["keys", "rm", "me", "--yes"]).code, 0);
	assert_eq!(assay(&["keys", "show", "me"]).code, 1);
}

#[test]
fn a_receipt_needs_something_that_is_trusted() {
	let folder = tempfile::tempdir().unwrap();
	let vectors = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../receipts/vectors.json")).unwrap();
	let vectors: Value = serde_json::from_str(&vectors).unwrap();
	let bytes = hex::decode(vectors[0]["receipt"].as_str().unwrap().trim_start_matches("0x")).unwrap();
	let (_, genesis) = vectors[0]["checkpoint"].as_str().unwrap().split_at(4);
	let path = folder.path().join("receipt");
	std::fs::write(&path, bytes).unwrap();
	let verify = |options: &[&str]| {
		let arguments = [&["--json", "verify", path.to_str().unwrap()], options].concat();
		let output = user(folder.path(), &arguments);
		(output.code, serde_json::from_str::<Value>(&output.stdout).unwrap())
	};
	let (code, report) = verify(&[]);
	assert_eq!(code, 1);
	assert!(report["error"].as_str().unwrap().contains("--genesis"));
	let (code, report) = verify(&["--genesis", genesis]);
	assert_eq!((code, &report["block"]["number"]), (0, &json!(5)), "{report}");
	let (code, report) = verify(&["--genesis", &"11".repeat(32)]);
	assert_eq!((code, &report["code"]), (8, &json!(8)));
}

#[test]
fn what_has_no_node_says_so() {
	let folder = tempfile::tempdir().unwrap();
	let nowhere = ["--json", "--url", "ws://127.0.0.1:1", "models", "ls"];
	let output = user(folder.path(), &nowhere);
	assert_eq!(output.code, 6, "{}{}", output.stdout, output.stderr);
	assert!(output.stdout.contains("no node answers at ws://127.0.0.1:1"), "{}", output.stdout);
	let no_spec = folder.path().join("spec.json");
	std::fs::write(&no_spec, r#"{"genesis": {"runtimeGenesis": {}}}"#).unwrap();
	let output = user(folder.path(), &["--light", no_spec.to_str().unwrap(), "models", "ls"]);
	assert_eq!(output.code, 1);
	assert!(output.stderr.contains("--raw"), "{}", output.stderr);
}

#[test]
fn shells_complete_the_commands() {
	for shell in ["bash", "zsh", "fish"] {
		let output = assay(&["completions", shell]);
		assert_eq!(output.code, 0);
		assert!(output.stdout.contains("infer") && output.stdout.contains("validator"), "{shell}");
	}
	assert_eq!(assay(&["completions", "cobol"]).code, 2);
}
