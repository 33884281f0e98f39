//! Sequences and optionals: what they become, and which are refused.

mod common;

use assay_engine::InspectError;
use common::{
	decode, engine, f32_bundle, float_attribute, graph, graph_attribute, int_attribute, ints, model, node, run, tensor,
	value, Message, BOOL, FLOAT, LIMIT,
};

fn refusal(model: &[u8]) -> String {
	match engine().inspect(model, None) {
		Err(InspectError::Failed { text, .. }) => text,
		other => panic!("{other:?}"),
	}
}

/// A model of one input `[rows, 4]`, in which a negative number is a length that the request decides.
fn of_rows(
	rows: i64,
	nodes: impl IntoIterator<Item = Message>,
	initializers: impl IntoIterator<Item = Message>,
) -> Vec<u8> {
	model(nodes, initializers, [value("x", FLOAT, &[rows, 4])], [value("y", FLOAT, &[])])
}

fn split() -> Message {
	node("SplitToSequence", &["x"], &["s"], [int_attribute("axis", 0)])
}

#[test]
fn tensors_of_a_sequence_are_outputs_with_numbers() {
	let model = of_rows(2, [node("SplitToSequence", &["x"], &["y"], [int_attribute("keepdims", 0)])], []);
	let inspection = engine().inspect(&model, None).unwrap();
	assert_eq!(inspection.operators, [("SplitToSequence".to_string(), 1)]);
	let run = run(&model, &f32_bundle("x", &[2, 4], &[1., 2., 3., 4., 5., 6., 7., 8.]), LIMIT);
	let names: Vec<(String, Vec<u64>)> =
		decode(&run.outcome.unwrap()).0.into_iter().map(|tensor| (tensor.name, tensor.shape)).collect();
	assert_eq!(names, [("y.0".to_string(), vec![4]), ("y.1".to_string(), vec![4])]);
}

#[test]
fn a_length_that_the_request_decides_is_refused_but_where_it_makes_no_difference() {
	let at = |place: i64| {
		let nodes = [split(), node("SequenceAt", &["s", "place"], &["y"], [])];
		of_rows(-1, nodes, [ints("place", &[], &[place])])
	};
	let bundle = f32_bundle("x", &[2, 4], &[1., 2., 3., 4., 5., 6., 7., 8.]);
	let last = decode(&run(&at(-1), &bundle, LIMIT).outcome.unwrap());
	assert_eq!((last.0[0].shape.clone(), last.0[0].data.clone()), (vec![1, 4], f32_data(&[5., 6., 7., 8.])));
	assert!(run(&at(2), &bundle, LIMIT).outcome.is_err());
	let text = refusal(&of_rows(-1, [node("SplitToSequence", &["x"], &["y"], [])], []));
	assert!(text.contains("the length of the sequence `y` is not known when the model is loaded"), "{text}");
	let text = refusal(&of_rows(-1, [split(), node("SequenceErase", &["s"], &["y"], [])], []));
	assert!(text.contains("export the model with a fixed length of axis 0 of `x`"), "{text}");
}

fn f32_data(data: &[f32]) -> Vec<u8> {
	data.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn a_place_outside_of_a_sequence_is_refused() {
	for (operator, place) in [("SequenceAt", 2), ("SequenceAt", -3), ("SequenceErase", 2)] {
		let nodes = [split(), node(operator, &["s", "place"], &["y"], [])];
		let text = refusal(&of_rows(2, nodes, [ints("place", &[], &[place])]));
		assert!(text.contains("2 tensors"), "{operator} {place}: {text}");
	}
	let nodes = [split(), node("SequenceAt", &["s", "x"], &["y"], [])];
	let text = refusal(&of_rows(2, nodes, []));
	assert!(text.contains("the position `x` is not known when the model is loaded; make it a constant"), "{text}");
	let empty = node("SequenceEmpty", &[], &["s"], []);
	let text =
		refusal(&of_rows(2, [empty, node("ConcatFromSequence", &["s"], &["y"], [int_attribute("axis", 0)])], []));
	assert!(text.contains("the sequence `s` is empty"), "{text}");
}

#[test]
fn what_takes_no_sequence_is_named() {
	let text = refusal(&of_rows(2, [split(), node("Relu", &["s"], &["y"], [])], []));
	assert!(text.starts_with("node `y` (Relu): its input `s` is a sequence or an optional"), "{text}");
	let body = graph(
		[
			node("Identity", &["go"], &["on"], []),
			node("SequenceConstruct", &["a", "a"], &["b"], []),
			node("LeakyRelu", &["a"], &["c"], [float_attribute("alpha", 0.5)]),
		],
		[],
		[value("n", 7, &[]), value("go", BOOL, &[]), value("a", FLOAT, &[2, 4])],
		[value("on", BOOL, &[]), value("c", FLOAT, &[2, 4]), value("b", FLOAT, &[])],
	);
	let looped = node("Loop", &["m", "c", "x"], &["z", "y"], [graph_attribute("body", body)]);
	let text = refusal(&of_rows(2, [looped], [ints("m", &[], &[2]), tensor("c", BOOL, &[], &[1])]));
	assert!(text.contains("inside a node gives `b`, a sequence or an optional"), "{text}");
	let nested = [split(), node("SequenceConstruct", &["s", "s"], &["y"], [])];
	let text = refusal(&of_rows(2, nested, []));
	assert!(text.contains("a sequence of sequences, of which `s` is one, is not supported"), "{text}");
	let nothing = [node("Optional", &[], &["o"], []), node("OptionalGetElement", &["o"], &["y"], [])];
	let text = refusal(&of_rows(2, nothing, []));
	assert!(text.contains("the optional `o` has no content"), "{text}");
}

#[test]
fn an_input_that_is_a_sequence_is_refused() {
	let of_tensor = Message::default().bytes(1, Message::default().int(1, FLOAT).into_bytes());
	let sequence = Message::default().bytes(1, of_tensor.into_bytes());
	let declared =
		Message::default().bytes(1, "x").bytes(2, Message::default().bytes(4, sequence.into_bytes()).into_bytes());
	let length = node("SequenceLength", &["x"], &["y"], []);
	let text = refusal(&model([length], [], [declared], [value("y", 7, &[])]));
	assert!(text.contains("the input `x` is no tensor but a sequence, a map or an optional"), "{text}");
}

#[test]
fn a_long_sequence_is_refused() {
	let nodes = [node("SplitToSequence", &["x", "one"], &["y"], [int_attribute("axis", 0)])];
	let text = refusal(&of_rows(5_000, nodes, [ints("one", &[], &[1])]));
	assert!(text.contains("a sequence of more than 4096 tensors is not supported"), "{text}");
}
