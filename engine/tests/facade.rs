//! The facade as the node uses it: outcomes, units, traces, and what a machine may not decide.

mod common;

use assay_engine::{Abstain, Dim, InspectError, Model};
use assay_primitives::{tensor::push_text, DataType, FailReason, Tensor, TensorBundle};
use codec::Encode;
use common::{
	decode, engine, f32_bundle, floats, fresh_engine, int_attribute, ints, ml_node, model, ms_node, node, run,
	run_generated, texts_attribute, value, Message, FLOAT, LIMIT, STRING,
};

#[test]
fn the_golden_vectors_have_their_bits() {
	assert_eq!(engine().self_test(), Ok(()));
}

#[test]
fn a_run_gives_named_outputs() {
	let model = model(
		[node("MatMul", &["x", "w"], &["product"], []), node("Relu", &["product"], &["y"], [])],
		[floats("w", &[2, 2], &[1.0, -1.0, 2.0, -2.0])],
		[value("x", FLOAT, &[-1, 2])],
		[value("y", FLOAT, &[-1, 2])],
	);
	let run = run(&model, &f32_bundle("x", &[3, 2], &[1., 1., 2., 0., -1., -1.]), LIMIT);
	let output = decode(&run.outcome.unwrap());
	assert_eq!(output.0.len(), 1);
	assert_eq!(output.0[0].name, "y");
	assert_eq!(output.0[0].shape, [3, 2]);
	assert_eq!(floats_of(&output.0[0]), [3., 0., 2., 0., 0., 3.]);
	assert!(run.load_units > 0 && run.units > run.load_units && run.units <= LIMIT);
}

fn floats_of(tensor: &Tensor) -> Vec<f32> {
	tensor.data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn the_same_request_gives_the_same_run_in_any_engine_and_order() {
	let first = lstm();
	let second = identity(4);
	let fresh = fresh_engine(4 << 30);
	let request = |model| assay_engine::RunRequest {
		model: Model::Bytes(model),
		input: assay_engine::Input::Generated,
		unit_limit: LIMIT,
		trace_keys: &[[1; 32], [2; 32]],
	};
	let expected = fresh.run(&request(&first)).unwrap();
	assert!(expected.outcome.is_ok());
	for _ in 0..3 {
		assert_eq!(engine().run(&request(&first)).unwrap(), expected);
		assert!(engine().run(&request(&second)).unwrap().outcome.is_ok());
	}
	assert_eq!(fresh.run(&request(&first)).unwrap(), expected);
}

/// An LSTM whose state would leak from one run to the next if anything were kept.
fn lstm() -> Vec<u8> {
	let weights = |count: usize| (0..count).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect::<Vec<_>>();
	model(
		[node("LSTM", &["x", "w", "r", "b"], &["y", "h"], [int_attribute("hidden_size", 5)])],
		[
			floats("w", &[1, 20, 3], &weights(60)),
			floats("r", &[1, 20, 5], &weights(100)),
			floats("b", &[1, 40], &weights(40)),
		],
		[value("x", FLOAT, &[7, 2, 3])],
		[value("y", FLOAT, &[7, 1, 2, 5]), value("h", FLOAT, &[1, 2, 5])],
	)
}

fn identity(length: i64) -> Vec<u8> {
	model([node("Identity", &["x"], &["y"], [])], [], [value("x", FLOAT, &[length])], [value("y", FLOAT, &[length])])
}

#[test]
fn the_trace_depends_on_its_key_and_not_on_the_other_keys() {
	let model = lstm();
	let run = |keys: &[[u8; 32]]| {
		let input = assay_engine::Input::Generated;
		engine()
			.run(&assay_engine::RunRequest { model: Model::Bytes(&model), input, unit_limit: LIMIT, trace_keys: keys })
			.unwrap()
	};
	let both = run(&[[1; 32], [2; 32]]);
	assert_ne!(both.trace_digests[0], both.trace_digests[1]);
	assert_eq!(run(&[[1; 32]]).trace_digests, both.trace_digests[..1]);
	assert_eq!(run(&[[2; 32]]).trace_digests, both.trace_digests[1..]);
	assert_eq!(run(&[]).outcome, both.outcome);
}

#[test]
fn inspecting_first_changes_nothing() {
	let model = lstm();
	let expected = run_generated(&model, LIMIT);
	let inspection = engine().inspect(&model, None).unwrap();
	assert_eq!(run_generated(&model, LIMIT), expected);
	assert_eq!(inspection.load_units, expected.load_units);
	assert_eq!(inspection.run_units, Some(expected.units - expected.load_units));
	assert_eq!(inspection.operators, [("LSTM".to_string(), 1)]);
}

#[test]
fn inspect_tells_declared_and_concrete_shapes() {
	let model = model(
		[node("Concat", &["x", "x"], &["y"], [int_attribute("axis", 0)])],
		[],
		[value("x", FLOAT, &[-1, 4])],
		[value("y", FLOAT, &[-1, 4])],
	);
	let inspection = engine().inspect(&model, Some(&[vec![3, 4]])).unwrap();
	assert_eq!(inspection.inputs[0].shape, Some(vec![Dim::Symbol("n".into()), Dim::Fixed(4)]));
	assert_eq!(inspection.outputs[0].shape, Some(vec![Dim::Fixed(6), Dim::Fixed(4)]));
	assert_eq!(inspection.inputs[0].data_type, DataType::F32);
	assert!(matches!(engine().inspect(&model, Some(&[])), Err(InspectError::Shapes { expected: 1, given: 0 })));
}

#[test]
fn what_the_importer_does_not_read_is_refused_in_words() {
	let refusal = |node: Message| {
		let model = model([node], [], [value("x", FLOAT, &[2, 2])], [value("y", FLOAT, &[2, 2])]);
		match engine().inspect(&model, None) {
			Err(InspectError::Failed { text, .. }) => text,
			other => panic!("{other:?}"),
		}
	};
	let text = refusal(node("Relu", &["x"], &["y"], [int_attribute("slope", 2)]));
	assert!(text.starts_with("node `y` (Relu): the attribute slope is not supported"), "{text}");
	let text = refusal(node("BatchNormalization", &["x"], &["y"], [int_attribute("training_mode", 1)]));
	assert!(text.contains("the attribute training_mode = 1 is not supported, only 0"), "{text}");
	let text = refusal(node("NoSuchOperator", &["x"], &["y"], []));
	assert!(text.starts_with("node `y` (NoSuchOperator): the operator is not supported"), "{text}");
	for (name, advice) in [
		("Unique", "find the distinct values before the model"),
		("FastGelu", "com.microsoft has one of that name: give the node that domain"),
		("relu", "it is written Relu"),
	] {
		let text = refusal(node(name, &["x"], &["y"], []));
		assert!(text.contains(advice), "{text}");
	}
	let text = refusal(ms_node("FusedConv", &["x"], &["y"], []));
	assert!(text.contains("export without onnxruntime's optimizations"), "{text}");
	let text = refusal(node("Softmax", &["x"], &["y"], [int_attribute("axes", 1)]));
	assert!(text.contains("the attribute axes is not supported, only axis; export without it"), "{text}");
	let text = refusal(node("Relu", &["x"], &["y"], []).bytes(7, "my.domain"));
	let wanted = "the operators of the domain `my.domain` are not supported; export with those of ai.onnx, ai.onnx.ml, com.microsoft";
	assert!(text.contains(wanted), "{text}");
	let long = texts_attribute("classlabels_strings", &["a", &"b".repeat(1_025)]);
	let text = refusal(ml_node("LinearClassifier", &["x"], &["y", "p"], [long]));
	assert!(text.contains("`classlabels_strings` holds a text of more than 1024 bytes"), "{text}");
}

#[test]
fn text_goes_where_an_operator_takes_it() {
	let table = [texts_attribute("keys_strings", &["a"]), texts_attribute("values_strings", &["caf\u{e9}"])];
	let encoder = model(
		[ml_node("LabelEncoder", &["x"], &["y"], table)],
		[],
		[value("x", STRING, &[-1])],
		[value("y", STRING, &[-1])],
	);
	let bundle = |name: &str, data: Vec<u8>| {
		let tensor = Tensor { name: name.into(), data_type: DataType::String, shape: vec![2], data };
		TensorBundle(vec![tensor]).encode()
	};
	let texts = |texts: [&str; 2]| {
		let mut data = vec![];
		texts.into_iter().for_each(|text| push_text(text, &mut data));
		data
	};
	let outcome = |data| run(&encoder, &bundle("x", data), LIMIT).outcome;
	assert_eq!(outcome(texts(["a", "\u{e9}"])), Ok(bundle("y", texts(["caf\u{e9}", "_Unused"]))));
	for malformed in [vec![1, 0, 0, 0, 0xff, 0, 0, 0, 0], vec![0; 4], vec![9; 8], texts(["", &"a".repeat(1_025)])] {
		assert_eq!(outcome(malformed), Err(FailReason::InputMismatch));
	}
	let tiled = model(
		[node("Tile", &["x", "twice"], &["y"], [])],
		[ints("twice", &[1], &[2])],
		[value("x", STRING, &[-1])],
		[value("y", STRING, &[-1])],
	);
	let Err(InspectError::Failed { text, .. }) = engine().inspect(&tiled, None) else { panic!("text is tiled") };
	assert!(text.contains("node `y` (Tile): text is not supported here"), "{text}");
}

#[test]
fn an_input_that_is_not_the_models_is_a_mismatch() {
	let model = model(
		[node("Add", &["x", "z"], &["y"], [])],
		[],
		[value("x", FLOAT, &[-1, 2]), value("z", FLOAT, &[-1, 2])],
		[value("y", FLOAT, &[-1, 2])],
	);
	let tensor = |name: &str, shape: &[u64]| Tensor {
		name: name.into(),
		data_type: DataType::F32,
		shape: shape.to_vec(),
		data: vec![0; 4 * shape.iter().product::<u64>() as usize],
	};
	let outcome = |tensors: Vec<Tensor>| run(&model, &TensorBundle(tensors).to_bytes().unwrap(), LIMIT).outcome;
	assert!(outcome(vec![tensor("x", &[3, 2]), tensor("z", &[3, 2])]).is_ok());
	let mut other_type = tensor("z", &[3, 2]);
	other_type.data_type = DataType::I32;
	for wrong in [
		vec![],
		vec![tensor("x", &[3, 2])],
		vec![tensor("z", &[3, 2]), tensor("x", &[3, 2])],
		vec![tensor("x", &[3, 3]), tensor("z", &[3, 3])],
		// Both are `n`.
		vec![tensor("x", &[3, 2]), tensor("z", &[4, 2])],
		vec![tensor("x", &[3, 2]), tensor("z", &[6])],
		vec![tensor("x", &[3, 2]), other_type],
	] {
		assert_eq!(outcome(wrong), Err(FailReason::InputMismatch));
	}
	assert_eq!(run(&model, b"no bundle", LIMIT).outcome, Err(FailReason::InputMismatch));
}

#[test]
fn the_limit_covers_load_and_run() {
	let model = lstm();
	let full = run_generated(&model, LIMIT);
	assert_eq!(run_generated(&model, full.units), full);
	for limit in [full.units - 1, full.load_units, full.load_units - 1, 1000, 0] {
		let run = run_generated(&model, limit);
		assert_eq!(run.outcome, Err(FailReason::ComputeLimit), "limit {limit}");
		assert_eq!(run.units, limit);
	}
}

#[test]
fn a_load_costs_the_same_whether_it_is_cached_or_not() {
	let model = identity(9);
	let request = |unit_limit| assay_engine::RunRequest {
		model: Model::Bytes(&model),
		input: assay_engine::Input::Generated,
		unit_limit,
		trace_keys: &[],
	};
	let warm = fresh_engine(4 << 30);
	let load_units = warm.run(&request(LIMIT)).unwrap().load_units;
	for limit in [load_units - 1, load_units / 2, 10] {
		assert_eq!(fresh_engine(4 << 30).run(&request(limit)).unwrap(), warm.run(&request(limit)).unwrap());
	}
}

#[test]
fn what_does_not_load_is_invalid_and_says_why() {
	let unknown =
		model([node("Frobnicate", &["x"], &["y"], [])], [], [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])]);
	let random =
		model([node("RandomNormalLike", &["x"], &["y"], [])], [], [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])]);
	let dangling =
		model([node("Relu", &["nothing"], &["y"], [])], [], [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])]);
	// The importer panics at an output that no node has.
	let no_such_output = model([], [], [value("x", FLOAT, &[1])], [value("y", FLOAT, &[1])]);
	for (bytes, says) in [
		(unknown, "Frobnicate"),
		(random, "without a seed"),
		(dangling, "nothing"),
		(no_such_output, ""),
		(vec![], ""),
		(vec![0xff; 100], ""),
	] {
		assert_eq!(run_generated(&bytes, LIMIT).outcome, Err(FailReason::ModelInvalid), "{says}");
		match engine().inspect(&bytes, None) {
			Err(InspectError::Failed { reason: FailReason::ModelInvalid, text }) => {
				assert!(text.contains(says), "{text}");
				assert!(!text.is_empty());
			}
			other => panic!("{other:?}"),
		}
	}
}

#[test]
fn a_load_that_fails_at_some_shapes_costs_the_same_everywhere_and_no_more_than_the_limit() {
	let model = common::loads_at_one();
	let input = |count: usize| f32_bundle("x", &[count as u64], &vec![1.; count]);
	assert!(run_generated(&model, LIMIT).outcome.is_ok(), "it passes its activation");
	assert!(run(&model, &input(1), LIMIT).outcome.is_ok());
	for count in [2, 3, 100] {
		let failed = run(&model, &input(count), LIMIT);
		assert_eq!(failed.outcome, Err(FailReason::ModelInvalid), "{count}");
		assert!(failed.units > 0 && failed.load_units == failed.units, "{failed:?}");
		// With and without a model loaded before, in this order of runs and in another.
		assert_eq!(run(&model, &input(count), LIMIT), failed);
		let request = |bundle, unit_limit| assay_engine::RunRequest {
			model: Model::Bytes(&model),
			input: assay_engine::Input::Encoded(bundle),
			unit_limit,
			trace_keys: &[[7; 32]],
		};
		let (bundle, fresh) = (input(count), fresh_engine(4 << 30));
		assert_eq!(fresh.run(&request(&bundle, failed.units)).unwrap(), failed, "the limit is exactly what it costs");
		for limit in [failed.units - 1, failed.units / 2, 1] {
			for engine in [&fresh, engine(), &fresh_engine(4 << 30)] {
				let short = engine.run(&request(&bundle, limit)).unwrap();
				assert_eq!((short.outcome, short.units), (Err(FailReason::ComputeLimit), limit));
			}
		}
		match engine().inspect(&model, Some(&[vec![count as u64]])) {
			Err(InspectError::Failed { reason: FailReason::ModelInvalid, text }) => assert!(!text.is_empty()),
			other => panic!("{other:?}"),
		}
	}
}

#[test]
fn an_operators_error_is_a_trap() {
	// The index lies outside of what it indexes, which only the run can see.
	let model = model(
		[node("Gather", &["table", "x"], &["y"], [])],
		[floats("table", &[3], &[1., 2., 3.])],
		[value("x", 7, &[1])],
		[value("y", FLOAT, &[1])],
	);
	let index = |index: i64| {
		let tensor =
			Tensor { name: "x".into(), data_type: DataType::I64, shape: vec![1], data: index.to_le_bytes().to_vec() };
		run(&model, &TensorBundle(vec![tensor]).to_bytes().unwrap(), LIMIT)
	};
	assert_eq!(floats_of(&decode(&index(2).outcome.unwrap()).0[0]), [3.0]);
	let failed = index(1 << 20);
	assert_eq!(failed.outcome, Err(FailReason::ModelTrap));
	assert_eq!(index(1 << 20), failed);
}

#[test]
fn nans_of_any_sign_leave_as_the_canonical_one() {
	let model = model(
		[node("Div", &["x", "z"], &["a"], []), node("Neg", &["a"], &["b"], []), node("Sqrt", &["x"], &["y"], [])],
		[floats("z", &[3], &[0., 0., 0.])],
		[value("x", FLOAT, &[3])],
		[value("b", FLOAT, &[3]), value("y", FLOAT, &[3])],
	);
	let run = run(&model, &f32_bundle("x", &[3], &[0., -1., 1.]), LIMIT);
	let output = decode(&run.outcome.unwrap());
	assert_eq!(output.0[0].data[..4], 0x7fc0_0000u32.to_le_bytes());
	assert_eq!(output.0[1].data[4..8], 0x7fc0_0000u32.to_le_bytes());
}

#[test]
fn a_run_beyond_the_canonical_memory_is_a_verdict_and_one_beyond_the_budget_is_not() {
	// 2^30 floats from eight bytes of input.
	let model = model(
		[
			node("Expand", &["x", "shape"], &["wide"], []),
			node("ReduceSum", &["wide"], &["y"], [int_attribute("keepdims", 0)]),
		],
		[common::ints("shape", &[2], &[1 << 15, 1 << 15])],
		[value("x", FLOAT, &[1, 1])],
		[value("y", FLOAT, &[])],
	);
	let run = run(&model, &f32_bundle("x", &[1, 1], &[1.]), assay_primitives::constants::MAX_UNIT_LIMIT);
	assert!(matches!(run.outcome, Err(FailReason::MemoryLimit)), "{run:?}");
	let small = fresh_engine(1 << 20);
	let request = assay_engine::RunRequest {
		model: Model::Bytes(&model),
		input: assay_engine::Input::Generated,
		unit_limit: LIMIT,
		trace_keys: &[],
	};
	assert_eq!(small.run(&request), Err(Abstain::Memory));
}

#[test]
fn runs_in_parallel_do_not_disturb_each_other() {
	let model = lstm();
	let expected = run_generated(&model, LIMIT);
	std::thread::scope(|scope| {
		let runs: Vec<_> = (0..6).map(|_| scope.spawn(|| run_generated(&model, LIMIT))).collect();
		for run in runs {
			assert_eq!(run.join().unwrap(), expected);
		}
	});
}

#[test]
fn runs_that_do_not_fit_beside_each_other_follow_each_other() {
	// 128 MiB for each, of a budget of 200.
	let model = model(
		[
			node("Expand", &["x", "shape"], &["wide"], []),
			node("ReduceSum", &["wide"], &["y"], [int_attribute("keepdims", 0)]),
		],
		[common::ints("shape", &[2], &[1 << 13, 1 << 12])],
		[value("x", FLOAT, &[1, 1])],
		[value("y", FLOAT, &[])],
	);
	let config = assay_engine::Config {
		cache_dir: common::CACHE.into(),
		memory_budget: 200 << 20,
		parallel_runs: 4,
		worker: None,
	};
	engine();
	let small = assay_engine::Engine::new(config).unwrap();
	let request = assay_engine::RunRequest {
		model: Model::Bytes(&model),
		input: assay_engine::Input::Generated,
		unit_limit: LIMIT,
		trace_keys: &[],
	};
	std::thread::scope(|scope| {
		let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| small.run(&request))).collect();
		for run in runs {
			assert!(run.join().unwrap().unwrap().outcome.is_ok());
		}
	});
}
