//! Models made to harm: every one ends with a verdict that a second run repeats, within the limits, and the engine goes on.

mod common;

use assay_engine::{Config, Engine, Input, Model, Run, RunRequest};
use assay_primitives::{constants::MAX_UNIT_LIMIT, FailReason};
use common::{
	engine, f32_bundle, floats, graph, graph_attribute, int_attribute, ints, ints_attribute, model, node, run,
	run_generated, tensor, tensor_attribute, value, Message, BOOL, FLOAT, INT64, LIMIT,
};

/// Runs twice, checks that the verdict is repeated and that the engine still works, and gives the outcome's reason.
fn fails(model: &[u8]) -> FailReason {
	fails_within(model, MAX_UNIT_LIMIT)
}

fn fails_within(model: &[u8], unit_limit: u64) -> FailReason {
	let once = || -> Run {
		let request =
			RunRequest { model: Model::Bytes(model), input: Input::Generated, unit_limit, trace_keys: &[[7; 32]] };
		engine().run(&request).expect("a hostile model is no reason to abstain")
	};
	let first = once();
	assert_eq!(once(), first);
	assert!(first.units <= unit_limit);
	assert!(run(&relu(), &f32_bundle("x", &[1], &[1.0]), LIMIT).outcome.is_ok());
	first.outcome.expect_err("a hostile model has no output")
}

fn relu() -> Vec<u8> {
	model([node("Relu", &["x"], &["y"], [])], [], [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])])
}

#[test]
fn giant_input_dimensions_are_a_mismatch() {
	for dims in [&[i64::MAX][..], &[1 << 40, 1 << 40], &[1 << 31], &[1 << 16, 1 << 16, 1 << 16, 1 << 16]] {
		let model = model([node("Relu", &["x"], &["y"], [])], [], [value("x", FLOAT, dims)], [value("y", FLOAT, dims)]);
		assert_eq!(fails(&model), FailReason::InputMismatch, "{dims:?}");
	}
}

#[test]
fn an_initializer_that_declares_terabytes_is_invalid() {
	for dims in [&[1i64 << 40][..], &[1 << 31, 1 << 31], &[i64::MAX], &[-1], &[i64::MIN]] {
		let model = model(
			[node("Add", &["x", "w"], &["y"], [])],
			[tensor("w", FLOAT, dims, &[0; 16])],
			[value("x", FLOAT, &[1])],
			[value("y", FLOAT, &[1])],
		);
		assert_eq!(fails(&model), FailReason::ModelInvalid, "{dims:?}");
	}
}

/// A model whose one node adds a constant of terabytes, made while it loads.
fn grown_constant(nodes: Vec<Message>, initializers: Vec<Message>) -> Vec<u8> {
	let nodes = nodes.into_iter().chain([
		node("ReduceSum", &["grown"], &["sum"], [int_attribute("keepdims", 0)]),
		node("Add", &["x", "sum"], &["y"], []),
	]);
	model(nodes, initializers, [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])])
}

/// Loading stops at one of its limits: which one is the same everywhere, and which one it is does not matter.
fn is_stopped_while_loading(model: &[u8]) {
	let reason = fails(model);
	assert!(
		matches!(reason, FailReason::ComputeLimit | FailReason::MemoryLimit | FailReason::ModelInvalid),
		"{reason:?}"
	);
	// A small budget stops it as well, and costs no more than that.
	assert!(matches!(fails_within(model, 50_000_000), FailReason::ComputeLimit | FailReason::ModelInvalid));
}

#[test]
fn growth_through_constant_of_shape_is_stopped_while_loading() {
	for dims in [&[1i64 << 20, 1 << 20][..], &[1 << 15, 1 << 14], &[i64::MAX, 2]] {
		let value = tensor_attribute("value", floats("one", &[1], &[1.0]));
		is_stopped_while_loading(&grown_constant(
			vec![node("ConstantOfShape", &["dims"], &["grown"], [value])],
			vec![ints("dims", &[dims.len() as i64], dims)],
		));
	}
}

#[test]
fn growth_through_expand_is_stopped_while_loading() {
	is_stopped_while_loading(&grown_constant(
		vec![node("Expand", &["one", "dims"], &["grown"], [])],
		vec![floats("one", &[1, 1], &[1.0]), ints("dims", &[2], &[1 << 20, 1 << 20])],
	));
}

#[test]
fn growth_through_tile_is_stopped_while_loading() {
	is_stopped_while_loading(&grown_constant(
		vec![node("Tile", &["one", "repeats"], &["grown"], [])],
		vec![floats("one", &[1, 1], &[1.0]), ints("repeats", &[2], &[1 << 20, 1 << 20])],
	));
}

#[test]
fn growth_by_folding_constants_is_stopped_while_loading() {
	// Each product of column and row squares the size: 2^4, 2^8, ... 2^40 bytes.
	let mut nodes = vec![];
	let mut initializers = vec![ints("column", &[2], &[-1, 1]), ints("row", &[2], &[1, -1]), ints("all", &[1], &[-1])];
	initializers.push(floats("c0", &[4], &[1.0; 4]));
	for step in 0..6 {
		let name = |kind: &str| format!("{kind}{step}");
		let next = if step == 5 { "grown".to_string() } else { format!("c{}", step + 1) };
		nodes.push(node("Reshape", &[&name("c"), "column"], &[&name("columns")], []));
		nodes.push(node("Reshape", &[&name("c"), "row"], &[&name("rows")], []));
		nodes.push(node("MatMul", &[&name("columns"), &name("rows")], &[&name("square")], []));
		nodes.push(node("Reshape", &[&name("square"), "all"], &[&next], []));
	}
	is_stopped_while_loading(&grown_constant(nodes, initializers));
}

#[test]
fn a_shape_that_the_inputs_values_decide_is_invalid() {
	for op in ["ConstantOfShape", "Expand", "Tile"] {
		let grow = match op {
			"ConstantOfShape" => node(op, &["dims"], &["grown"], []),
			_ => node(op, &["one", "dims"], &["grown"], []),
		};
		let model = model(
			[
				node("Cast", &["x"], &["dims"], [int_attribute("to", INT64)]),
				grow,
				node("ReduceSum", &["grown"], &["y"], [int_attribute("keepdims", 0)]),
			],
			[floats("one", &[1, 1], &[1.0])],
			[value("x", FLOAT, &[2])],
			[value("y", FLOAT, &[])],
		);
		assert_eq!(fails(&model), FailReason::ModelInvalid, "{op}");
	}
}

#[test]
fn growth_of_what_the_input_holds_is_stopped_at_the_run() {
	for op in ["Expand", "Tile"] {
		for (side, reason) in [(1 << 15, FailReason::MemoryLimit), (1 << 14, FailReason::ComputeLimit)] {
			let model = model(
				[
					node(op, &["x", "dims"], &["grown"], []),
					node("ReduceSum", &["grown"], &["y"], [int_attribute("keepdims", 0)]),
				],
				[ints("dims", &[2], &[side, side])],
				[value("x", FLOAT, &[1, 1])],
				[value("y", FLOAT, &[])],
			);
			let limit = if reason == FailReason::MemoryLimit { MAX_UNIT_LIMIT } else { 500_000_000 };
			assert_eq!(fails_within(&model, limit), reason, "{op} {side}");
		}
	}
}

#[test]
fn a_huge_scan_hits_the_compute_limit() {
	// Half a million steps.
	let body = graph(
		[
			node("Add", &["sum", "row"], &["next"], []),
			node("Sqrt", &["row"], &["root"], []),
			node("Max", &["root", "next"], &["out"], []),
		],
		[],
		[value("sum", FLOAT, &[6]), value("row", FLOAT, &[6])],
		[value("next", FLOAT, &[6]), value("out", FLOAT, &[6])],
	);
	let attributes = [graph_attribute("body", body), int_attribute("num_scan_inputs", 1)];
	let model = model(
		[node("Scan", &["start", "x"], &["total", "y"], attributes)],
		[floats("start", &[6], &[1.0; 6])],
		[value("x", FLOAT, &[500_000, 6])],
		[value("total", FLOAT, &[6]), value("y", FLOAT, &[500_000, 6])],
	);
	assert_eq!(fails_within(&model, 1_000_000_000), FailReason::ComputeLimit);
}

#[test]
fn deep_nesting_of_graphs_is_invalid() {
	let mut branch = graph([node("Relu", &["x"], &["t"], [])], [], [], [value("t", FLOAT, &[1])]);
	for _ in 0..200 {
		let attributes =
			[graph_attribute("then_branch", branch.clone()), graph_attribute("else_branch", branch_of_exp())];
		branch = graph([node("If", &["c"], &["t"], attributes)], [], [], [value("t", FLOAT, &[1])]);
	}
	let attributes = [graph_attribute("then_branch", branch), graph_attribute("else_branch", branch_of_exp())];
	let model = model(
		[node("If", &["c"], &["y"], attributes)],
		[],
		[value("x", FLOAT, &[1]), value("c", BOOL, &[])],
		[value("y", FLOAT, &[1])],
	);
	assert_eq!(fails(&model), FailReason::ModelInvalid);
}

fn branch_of_exp() -> Message {
	graph([node("Exp", &["x"], &["t"], [])], [], [], [value("t", FLOAT, &[1])])
}

#[test]
fn deep_nesting_of_the_encoding_is_invalid() {
	// An attribute holds a graph, which holds a node, which holds an attribute: to a depth that no parser's stack survives.
	let mut nested = vec![];
	for _ in 0..20_000 {
		let mut outer = Message::default().bytes(1, Message::default().bytes(5, &nested).into_bytes()).into_bytes();
		outer = Message::default().bytes(6, outer).into_bytes();
		nested = outer;
		if nested.len() > 4 << 20 {
			break;
		}
	}
	let graph = Message::default().bytes(1, Message::default().bytes(5, nested).into_bytes());
	let model = Message::default().int(1, 8).bytes(7, graph.into_bytes()).into_bytes();
	assert_eq!(fails(&model), FailReason::ModelInvalid);
}

#[test]
fn a_deep_expression_in_a_dimension_is_invalid() {
	let symbol = format!("{}n{}", "(".repeat(100_000), ")".repeat(100_000));
	let dim = Message::default().bytes(2, symbol);
	let shape = Message::default().each(1, [dim]).into_bytes();
	let tensor = Message::default().int(1, FLOAT).bytes(2, shape).into_bytes();
	let input = Message::default().bytes(1, "x").bytes(2, Message::default().bytes(1, tensor).into_bytes());
	let model = model([node("Relu", &["x"], &["y"], [])], [], [input], [value("y", FLOAT, &[1])]);
	assert_eq!(fails(&model), FailReason::ModelInvalid);
}

#[test]
fn a_node_that_reads_itself_is_invalid() {
	let itself =
		model([node("Add", &["x", "y"], &["y"], [])], [], [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])]);
	let in_a_ring = model(
		[node("Add", &["x", "b"], &["a"], []), node("Relu", &["a"], &["b"], [])],
		[],
		[value("x", FLOAT, &[1])],
		[value("b", FLOAT, &[1])],
	);
	for model in [itself, in_a_ring] {
		assert_eq!(fails(&model), FailReason::ModelInvalid);
	}
}

#[test]
fn a_chain_of_a_hundred_thousand_nodes_stops_or_runs() {
	let name = |index: usize| if index == 0 { "x".to_string() } else { format!("n{index}") };
	const LENGTH: usize = 100_000;
	let nodes = (0..LENGTH).map(|index| node("Relu", &[&name(index)], &[&name(index + 1)], []));
	let model = model(nodes, [], [value("x", FLOAT, &[1])], [value(&name(LENGTH), FLOAT, &[1])]);
	let once = || run_generated(&model, 2_000_000_000);
	assert_eq!(once(), once());
}

#[test]
fn a_truncated_model_is_never_a_crash() {
	let whole = lstm(3);
	assert!(run_generated(&whole, LIMIT).outcome.is_ok());
	for length in (0..whole.len()).step_by(41) {
		let once = || run_generated(&whole[..length], LIMIT);
		assert_eq!(once(), once(), "{length} bytes");
	}
}

#[test]
fn flipped_bits_are_never_a_crash() {
	let whole = lstm(3);
	let mut outputs = 0;
	for at in (0..whole.len().min(400)).step_by(3) {
		let mut flipped = whole.clone();
		flipped[at] ^= 1 << (at % 8);
		let once = || run_generated(&flipped, LIMIT);
		let first = once();
		outputs += first.outcome.is_ok() as u32;
		assert_eq!(once(), first, "byte {at}");
	}
	// Some flips change a name or a weight, which is a model as good as another.
	assert!(outputs > 0);
}

/// A pooling or a convolution of two dimensions whose windows are so large; the size of a convolution's may follow from its weights alone.
fn windows(operator: &str, window: [i64; 2], is_said: bool) -> Vec<u8> {
	let is_conv = operator == "Conv";
	let weights = [1, 1, window[0], window[1]];
	let inputs: &[&str] = if is_conv { &["x", "w"] } else { &["x"] };
	let numbers = vec![1.0; if is_conv { window.iter().product::<i64>() as usize } else { 0 }];
	model(
		[node(operator, inputs, &["y"], is_said.then(|| ints_attribute("kernel_shape", &window)))],
		if is_conv { vec![floats("w", &weights, &numbers)] } else { vec![] },
		[value("x", FLOAT, &[1, 1, 5, 5])],
		[value("y", FLOAT, &[1, 1, -1, -1])],
	)
}

/// No kernel takes a window of nothing. The run ends by the model's fault on every machine.
#[test]
fn windows_of_nothing_end_with_the_same_verdict_by_every_kernel() {
	let config = Config { cache_dir: common::CACHE.into(), memory_budget: 8 << 30, parallel_runs: 1, worker: None };
	let reference = Engine::with_backend(config, &"reference".parse().unwrap()).unwrap();
	for (operator, is_said) in [("MaxPool", true), ("AveragePool", true), ("Conv", true), ("Conv", false)] {
		for window in [[0, 2], [2, 0], [0, 0]] {
			let model = windows(operator, window, is_said);
			let request =
				RunRequest { model: Model::Bytes(&model), input: Input::Generated, unit_limit: LIMIT, trace_keys: &[] };
			let found = engine().run(&request).unwrap_or_else(|why| panic!("{operator} {window:?}: {why}"));
			assert_eq!(reference.run(&request).unwrap(), found, "{operator} {window:?}");
			let expected = if is_said { FailReason::ModelInvalid } else { FailReason::ModelTrap };
			assert_eq!(found.outcome, Err(expected), "{operator} {window:?}");
		}
	}
}

/// An LSTM of one layer with a state of `hidden`.
fn lstm(hidden: i64) -> Vec<u8> {
	let weights = |count: i64| (0..count).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect::<Vec<_>>();
	model(
		[node("LSTM", &["x", "w", "r"], &["y", "h"], [int_attribute("hidden_size", hidden)])],
		[
			floats("w", &[1, 4 * hidden, 3], &weights(12 * hidden)),
			floats("r", &[1, 4 * hidden, hidden], &weights(4 * hidden * hidden)),
		],
		[value("x", FLOAT, &[7, 2, 3])],
		[value("y", FLOAT, &[7, 1, 2, hidden]), value("h", FLOAT, &[1, 2, hidden])],
	)
}

#[test]
fn an_lstm_runs_twice_with_one_answer() {
	let model = lstm(17);
	let first = run_generated(&model, LIMIT);
	assert!(first.outcome.is_ok());
	assert_eq!(run_generated(&model, LIMIT), first);
}

/// The same run again and again: alone, between runs of other models, and beside them. `ASSAY_LONG=1` makes it a thousand.
#[test]
fn a_run_has_one_hash_alone_interleaved_and_in_parallel() {
	let count = if std::env::var_os("ASSAY_LONG").is_some() { 1000 } else { 30 };
	let (first, second) = (lstm(17), lstm(5));
	let expected = run_generated(&first, LIMIT);
	assert!(expected.outcome.is_ok());
	for _ in 0..count {
		assert_eq!(run_generated(&first, LIMIT), expected);
	}
	for _ in 0..count {
		run_generated(&second, LIMIT);
		assert_eq!(run_generated(&first, LIMIT), expected);
	}
	let other = run_generated(&second, LIMIT);
	std::thread::scope(|scope| {
		for (model, expected) in [(&first, &expected), (&second, &other), (&first, &expected), (&second, &other)] {
			scope.spawn(move || {
				for _ in 0..count / 2 {
					assert_eq!(run_generated(model, LIMIT), *expected);
				}
			});
		}
	});
}
