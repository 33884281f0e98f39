//! The models of the golden vectors: every kind of kernel that real models use, and every way in which machines have been seen
//! to differ. Small, so that all of them run when a node starts.

use crate::onnx::{
	call, float_attribute, floats, floats_attribute, function, given_attribute, graph, graph_attribute, int_attribute,
	ints, ints_attribute, ml_node, model, ms_node, node, tensor, tensor_attribute, text_attribute, texts_attribute,
	value, with_functions, Message, BOOL, FLOAT, INT64, INT8, STRING, UINT8,
};

/// Weights that are neither regular nor round: the fractional parts of multiples of the golden ratio, around 0.
fn weights(count: usize) -> Vec<f32> {
	(0..count as u64).map(|index| (index.wrapping_mul(0x9e37_79b9) as u32 as i32 as f32) / 4_294_967_296.0).collect()
}

/// The same as bytes.
fn byte_weights(count: usize) -> Vec<u8> {
	(0..count as u64).map(|index| (index.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect()
}

fn weight(name: &str, dims: &[i64]) -> Message {
	floats(name, dims, &weights(dims.iter().product::<i64>() as usize))
}

/// Matrix products between the activations whose kernels are polynomials.
pub fn dense() -> Vec<u8> {
	model(
		[
			node("Gemm", &["x", "w1", "b1"], &["h"], []),
			node("Erf", &["h"], &["e"], []),
			node("Tanh", &["e"], &["t"], []),
			node("MatMul", &["t", "w2"], &["l"], []),
			node("Sigmoid", &["l"], &["s"], []),
			node("Softmax", &["s"], &["y"], [int_attribute("axis", -1)]),
		],
		[weight("w1", &[37, 51]), weight("b1", &[51]), weight("w2", &[51, 19])],
		[value("x", FLOAT, &[5, 37])],
		[value("y", FLOAT, &[5, 19])],
	)
}

pub fn convolution() -> Vec<u8> {
	model(
		[
			node("Conv", &["x", "w"], &["c"], []),
			node("Relu", &["c"], &["r"], []),
			node("GlobalAveragePool", &["r"], &["g"], []),
			node("Flatten", &["g"], &["f"], []),
			node("Exp", &["f"], &["y"], []),
		],
		[weight("w", &[7, 3, 3, 3])],
		[value("x", FLOAT, &[-1, 3, 17, 13])],
		[value("y", FLOAT, &[-1, 7])],
	)
}

/// A mobile network's blocks: pointwise, depthwise and strided convolutions, hard swish, both poolings, batch normalization.
pub fn mobile() -> Vec<u8> {
	let positive: Vec<f32> = weights(12).into_iter().map(|weight| weight.abs() + 0.5).collect();
	model(
		[
			node(
				"Conv",
				&["x", "w1"],
				&["c1"],
				[ints_attribute("pads", &[1, 1, 1, 1]), ints_attribute("strides", &[2, 2])],
			),
			node("BatchNormalization", &["c1", "scale", "bias", "mean", "variance"], &["n"], []),
			node("HardSwish", &["n"], &["h"], []),
			node("Conv", &["h", "w2"], &["c2"], [int_attribute("group", 12), ints_attribute("pads", &[1, 1, 1, 1])]),
			node("Clip", &["c2", "zero", "six"], &["r"], []),
			node(
				"MaxPool",
				&["r"],
				&["m"],
				[ints_attribute("kernel_shape", &[2, 2]), ints_attribute("strides", &[2, 2])],
			),
			node(
				"AveragePool",
				&["r"],
				&["a"],
				[ints_attribute("kernel_shape", &[2, 2]), ints_attribute("strides", &[2, 2])],
			),
			node("Add", &["m", "a"], &["s"], []),
			node("Conv", &["s", "w3"], &["c3"], []),
			node("ReduceMean", &["c3"], &["p"], [ints_attribute("axes", &[2, 3]), int_attribute("keepdims", 0)]),
			node("LogSoftmax", &["p"], &["y"], [int_attribute("axis", 1)]),
		],
		[
			weight("w1", &[12, 3, 3, 3]),
			floats("scale", &[12], &positive),
			weight("bias", &[12]),
			weight("mean", &[12]),
			floats("variance", &[12], &positive),
			weight("w2", &[12, 1, 3, 3]),
			floats("zero", &[], &[0.]),
			floats("six", &[], &[6.]),
			weight("w3", &[9, 12, 1, 1]),
		],
		[value("x", FLOAT, &[1, 3, 22, 22])],
		[value("y", FLOAT, &[1, 9])],
	)
}

/// One block of a transformer's encoder: embedding, four heads of attention with a mask, layer normalization, GELU.
pub fn encoder() -> Vec<u8> {
	const WIDTH: i64 = 32;
	let layer_norm = |from: &str, to: &str| {
		let at = |name: &str| format!("{to}_{name}");
		let (mean, centred, square, variance, shifted, root, unit, scaled) = (
			at("mean"),
			at("centred"),
			at("square"),
			at("variance"),
			at("shifted"),
			at("root"),
			at("unit"),
			at("scaled"),
		);
		let over = || [ints_attribute("axes", &[-1])];
		vec![
			node("ReduceMean", &[from], &[&mean], over()),
			node("Sub", &[from, &mean], &[&centred], []),
			node("Mul", &[&centred, &centred], &[&square], []),
			node("ReduceMean", &[&square], &[&variance], over()),
			node("Add", &[&variance, "epsilon"], &[&shifted], []),
			node("Sqrt", &[&shifted], &[&root], []),
			node("Div", &[&centred, &root], &[&unit], []),
			node("Mul", &[&unit, "gamma"], &[&scaled], []),
			node("Add", &[&scaled, "beta"], &[to], []),
		]
	};
	let head = |from: &str, weight: &str, to: &str, perm: &[i64]| {
		let (flat, split) = (format!("{to}_flat"), format!("{to}_split"));
		vec![
			node("MatMul", &[from, weight], &[&flat], []),
			node("Reshape", &[&flat, "heads"], &[&split], []),
			node("Transpose", &[&split], &[to], [ints_attribute("perm", perm)]),
		]
	};
	let mut nodes =
		vec![node("Gather", &["embedding", "ids"], &["words"], []), node("Add", &["words", "position"], &["e"], [])];
	nodes.extend(layer_norm("e", "n1"));
	nodes.extend(head("n1", "wq", "q", &[0, 2, 1, 3]));
	nodes.extend(head("n1", "wk", "k", &[0, 2, 3, 1]));
	nodes.extend(head("n1", "wv", "v", &[0, 2, 1, 3]));
	nodes.extend([
		node("MatMul", &["q", "k"], &["qk"], []),
		node("Div", &["qk", "root_of_width"], &["scores"], []),
		node("Where", &["mask", "scores", "minus_infinity"], &["masked"], []),
		node("Softmax", &["masked"], &["attention"], [int_attribute("axis", -1)]),
		node("MatMul", &["attention", "v"], &["mixed"], []),
		node("Transpose", &["mixed"], &["turned"], [ints_attribute("perm", &[0, 2, 1, 3])]),
		node("Reshape", &["turned", "flat"], &["joined"], []),
		node("MatMul", &["joined", "wo"], &["o"], []),
		node("Add", &["o", "e"], &["r1"], []),
	]);
	nodes.extend(layer_norm("r1", "n2"));
	nodes.extend([
		node("MatMul", &["n2", "w1"], &["h"], []),
		node("Div", &["h", "root_of_two"], &["narrow"], []),
		node("Erf", &["narrow"], &["erf"], []),
		node("Add", &["erf", "one"], &["raised"], []),
		node("Mul", &["h", "raised"], &["doubled"], []),
		node("Mul", &["doubled", "half"], &["gelu"], []),
		node("MatMul", &["gelu", "w2"], &["f"], []),
		node("Add", &["f", "r1"], &["y"], []),
	]);
	model(
		nodes,
		[
			weight("embedding", &[11, WIDTH]),
			weight("position", &[9, WIDTH]),
			weight("gamma", &[WIDTH]),
			weight("beta", &[WIDTH]),
			floats("epsilon", &[], &[1e-12]),
			weight("wq", &[WIDTH, WIDTH]),
			weight("wk", &[WIDTH, WIDTH]),
			weight("wv", &[WIDTH, WIDTH]),
			weight("wo", &[WIDTH, WIDTH]),
			weight("w1", &[WIDTH, 4 * WIDTH]),
			weight("w2", &[4 * WIDTH, WIDTH]),
			ints("heads", &[4], &[0, 0, 4, 8]),
			ints("flat", &[3], &[0, 0, WIDTH]),
			tensor("mask", BOOL, &[1, 1, 1, 9], &[1, 1, 1, 1, 1, 1, 1, 0, 0]),
			floats("minus_infinity", &[], &[f32::NEG_INFINITY]),
			floats("root_of_width", &[], &[8f32.sqrt()]),
			floats("root_of_two", &[], &[std::f32::consts::SQRT_2]),
			floats("one", &[], &[1.]),
			floats("half", &[], &[0.5]),
		],
		[value("ids", INT64, &[2, 9])],
		[value("y", FLOAT, &[2, 9, WIDTH])],
	)
}

/// A recurrent network in both directions: a plan inside the plan, with a state.
pub fn lstm() -> Vec<u8> {
	model(
		[
			node(
				"LSTM",
				&["x", "w", "r", "b"],
				&["l", "h"],
				[
					int_attribute("hidden_size", 12),
					Message::default().bytes(1, "direction").bytes(4, "bidirectional").int(20, 3),
				],
			),
			node("Squeeze", &["h"], &["state"], []),
			node("GRU", &["x", "gw", "gr"], &["", "g"], [int_attribute("hidden_size", 12)]),
			node("Add", &["g", "h"], &["y"], []),
		],
		[
			weight("w", &[2, 48, 7]),
			weight("r", &[2, 48, 12]),
			weight("b", &[2, 96]),
			weight("gw", &[1, 36, 7]),
			weight("gr", &[1, 36, 12]),
		],
		[value("x", FLOAT, &[13, 3, 7])],
		[value("l", FLOAT, &[13, 2, 3, 12]), value("state", FLOAT, &[2, 3, 12]), value("y", FLOAT, &[2, 3, 12])],
	)
}

/// Eight-bit integers: quantized on the way in, a convolution and a product in integers, scales by tensor and by channel.
pub fn int8() -> Vec<u8> {
	model(
		[
			node("QuantizeLinear", &["x", "scale", "zero"], &["q"], []),
			node("QLinearConv", &["q", "scale", "zero", "w", "w_scale", "w_zero", "scale2", "zero"], &["c"], []),
			node("DequantizeLinear", &["c", "scale2", "zero"], &["d"], []),
			node("Relu", &["d"], &["r"], []),
			node("Flatten", &["r"], &["f"], []),
			node("DynamicQuantizeLinear", &["f"], &["g", "g_scale", "g_zero"], []),
			node("MatMulInteger", &["g", "m", "g_zero"], &["i"], []),
			node("Cast", &["i"], &["i_float"], [int_attribute("to", FLOAT)]),
			node("Mul", &["i_float", "g_scale"], &["y"], []),
		],
		[
			floats("scale", &[], &[0.0071]),
			tensor("zero", UINT8, &[], &[3]),
			floats("scale2", &[], &[0.031]),
			tensor("w", INT8, &[6, 2, 3, 3], &byte_weights(108)),
			floats("w_scale", &[6], &[0.011, 0.013, 0.017, 0.019, 0.023, 0.029]),
			tensor("w_zero", INT8, &[6], &[0; 6]),
			tensor("m", INT8, &[150, 10], &byte_weights(1500)),
		],
		[value("x", FLOAT, &[1, 2, 7, 7])],
		[value("y", FLOAT, &[1, 10])],
	)
}

/// Zero over zero, the logarithm of what is negative, infinity minus infinity: NaNs of either sign on common CPUs.
pub fn nan() -> Vec<u8> {
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

/// What reads the order of NaNs: maximum, minimum, arg-max, sorting, comparison, a softmax that is masked in full, casts to
/// integers, products and convolutions over them.
pub fn nan_order() -> Vec<u8> {
	model(
		[
			node("Sub", &["x", "x"], &["zero"], []),
			node("Div", &["zero", "zero"], &["fresh"], []),
			node("Where", &["holes", "fresh", "x"], &["n"], []),
			node("ReduceMax", &["n"], &["max"], [ints_attribute("axes", &[1]), int_attribute("keepdims", 0)]),
			node("ReduceMin", &["n"], &["min"], [ints_attribute("axes", &[1]), int_attribute("keepdims", 0)]),
			node("ArgMax", &["n"], &["arg"], [int_attribute("axis", 1), int_attribute("keepdims", 0)]),
			node("TopK", &["n", "three"], &["top", "top_at"], [int_attribute("axis", 1)]),
			node("Greater", &["n", "half"], &["greater"], []),
			node("Cast", &["n"], &["whole"], [int_attribute("to", INT64)]),
			node("Mul", &["x", "minus_infinity"], &["all_masked"], []),
			node("Softmax", &["all_masked"], &["soft"], [int_attribute("axis", -1)]),
			node("Softmax", &["n"], &["soft_n"], [int_attribute("axis", -1)]),
			node("Max", &["n", "half"], &["wide"], []),
			node("Sign", &["n"], &["sign"], []),
			node("MatMul", &["n", "w"], &["product"], []),
			node("Clip", &["n", "half"], &["clipped"], []),
		],
		[
			tensor("holes", BOOL, &[3, 8], &[0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
			ints("three", &[1], &[3]),
			floats("half", &[], &[0.5]),
			floats("minus_infinity", &[], &[f32::NEG_INFINITY]),
			weight("w", &[8, 5]),
		],
		[value("x", FLOAT, &[3, 8])],
		[
			value("max", FLOAT, &[3]),
			value("min", FLOAT, &[3]),
			value("arg", INT64, &[3]),
			value("top", FLOAT, &[3, 3]),
			value("top_at", INT64, &[3, 3]),
			value("greater", BOOL, &[3, 8]),
			value("whole", INT64, &[3, 8]),
			value("soft", FLOAT, &[3, 8]),
			value("soft_n", FLOAT, &[3, 8]),
			value("wide", FLOAT, &[3, 8]),
			value("sign", FLOAT, &[3, 8]),
			value("product", FLOAT, &[3, 5]),
			value("clipped", FLOAT, &[3, 8]),
		],
	)
}

/// A loop over rows whose body makes NaNs, and carries a sum.
pub fn scan() -> Vec<u8> {
	let body = graph(
		[
			node("Add", &["sum", "row"], &["next"], []),
			node("Sub", &["row", "half"], &["signed"], []),
			node("Sqrt", &["signed"], &["root"], []),
			node("Max", &["root", "next"], &["out"], []),
		],
		[floats("half", &[], &[0.5])],
		[value("sum", FLOAT, &[6]), value("row", FLOAT, &[6])],
		[value("next", FLOAT, &[6]), value("out", FLOAT, &[6])],
	);
	model(
		[node(
			"Scan",
			&["start", "x"],
			&["total", "y"],
			[graph_attribute("body", body), int_attribute("num_scan_inputs", 1)],
		)],
		[floats("start", &[6], &weights(6))],
		[value("x", FLOAT, &[9, 6])],
		[value("total", FLOAT, &[6]), value("y", FLOAT, &[9, 6])],
	)
}

/// Loops: one that grows what it hands on until a condition ends it, one that stacks what it gives, and one that goes on with what it gives.
/// Beside them normalization by numbers of the input, and functions of the model's own.
pub fn loops() -> Vec<u8> {
	let own =
		|states: &[Message]| [vec![value("number", INT64, &[]), value("go", BOOL, &[])], states.to_vec()].concat();
	let growing = graph(
		[
			node("Concat", &["a", "x"], &["a1"], [int_attribute("axis", 0)]),
			node("Shape", &["a1"], &["shape"], []),
			node("Gather", &["shape", "first"], &["length"], []),
			node("Less", &["length", "most"], &["go1"], []),
		],
		[ints("first", &[], &[0]), ints("most", &[], &[20])],
		own(&[value("a", FLOAT, &[-1, 3])]),
		[value("go1", BOOL, &[]), value("a1", FLOAT, &[-1, 3])],
	);
	let stacking = graph(
		[
			node("Cast", &["number"], &["float"], [int_attribute("to", FLOAT)]),
			node("Gather", &["x", "number"], &["row"], []),
			node("Mul", &["row", "float"], &["product"], []),
			node("Add", &["b", "product"], &["b1"], []),
			node("Tanh", &["b1"], &["given"], []),
			node("Identity", &["go"], &["go1"], []),
		],
		[],
		own(&[value("b", FLOAT, &[3])]),
		[value("go1", BOOL, &[]), value("b1", FLOAT, &[3]), value("given", FLOAT, &[3])],
	);
	let window = graph(
		[
			node("Concat", &["before", "row"], &["both"], [int_attribute("axis", 0)]),
			node("Slice", &["both", "from", "to"], &["after"], []),
		],
		[ints("from", &[1], &[3]), ints("to", &[1], &[9])],
		[value("before", FLOAT, &[3]), value("row", FLOAT, &[3])],
		[value("after", FLOAT, &[3]), value("both", FLOAT, &[6])],
	);
	let leaky = function(
		"Leaky",
		17,
		&["a"],
		&["b"],
		[node("LeakyRelu", &["a"], &["b"], [given_attribute("alpha", "slope")])],
		[float_attribute("slope", 0.375)],
	);
	let twice = function(
		"Twice",
		17,
		&["a"],
		&["c"],
		[
			call("Leaky", &["a"], &["b"], []),
			node("Neg", &["b"], &["x"], []),
			call("Leaky", &["x"], &["c"], [float_attribute("slope", 0.0625)]),
		],
		[],
	);
	let model = model(
		[
			node("Loop", &["", "yes", "x"], &["grown"], [graph_attribute("body", growing)]),
			node("ReduceSum", &["grown"], &["sum"], [int_attribute("keepdims", 0)]),
			node("Shape", &["x"], &["rows"], []),
			node("Gather", &["rows", "zero"], &["count"], []),
			node("Loop", &["count", "", "start"], &["last", "stack"], [graph_attribute("body", stacking)]),
			node(
				"Scan",
				&["start", "x"],
				&["end", "windows"],
				[graph_attribute("body", window), int_attribute("num_scan_inputs", 1)],
			),
			node("Exp", &["last"], &["variance"], []),
			node("BatchNormalization", &["x", "start", "last", "end", "variance"], &["normal"], []),
			call("Twice", &["normal"], &["leaky"], []),
		],
		[tensor("yes", BOOL, &[], &[1]), ints("zero", &[], &[0]), weight("start", &[3])],
		[value("x", FLOAT, &[5, 3])],
		[
			value("sum", FLOAT, &[]),
			value("stack", FLOAT, &[5, 3]),
			value("windows", FLOAT, &[5, 6]),
			value("leaky", FLOAT, &[5, 3]),
		],
	);
	with_functions(model, [leaky, twice])
}

/// A branch that only the input decides.
pub fn branch() -> Vec<u8> {
	let branch = |op: &str| graph([node(op, &["x"], &["taken"], [])], [], [], [value("taken", FLOAT, &[6])]);
	model(
		[
			node("ReduceSum", &["x"], &["sum"], [int_attribute("keepdims", 0)]),
			node("Greater", &["sum", "two"], &["condition"], []),
			node(
				"If",
				&["condition"],
				&["chosen"],
				[graph_attribute("then_branch", branch("Exp")), graph_attribute("else_branch", branch("Tanh"))],
			),
			node("Elu", &["chosen"], &["y"], [float_attribute("alpha", 0.7)]),
		],
		[floats("two", &[], &[2.])],
		[value("x", FLOAT, &[6])],
		[value("y", FLOAT, &[6])],
	)
}

/// What tables of numbers go through: preparation, trees of every comparison, linear models and support vector machines.
pub fn tabular() -> Vec<u8> {
	let trees = |of: &str| {
		let list = |name: &str, values: &[i64]| ints_attribute(name, values);
		let mut attributes = vec![
			list("nodes_treeids", &[0, 0, 0, 0, 0, 1, 1, 1]),
			list("nodes_nodeids", &[0, 1, 2, 3, 4, 0, 1, 2]),
			list("nodes_featureids", &[0, 1, 0, 0, 0, 2, 0, 0]),
			floats_attribute("nodes_values", &[0.1, -0.2, 0., 0., 0., 0.05, 0., 0.]),
			list("nodes_truenodeids", &[1, 2, 0, 0, 0, 1, 0, 0]),
			list("nodes_falsenodeids", &[4, 3, 0, 0, 0, 2, 0, 0]),
			list("nodes_missing_value_tracks_true", &[1, 0, 0, 0, 0, 1, 0, 0]),
			texts_attribute(
				"nodes_modes",
				&["BRANCH_LEQ", "BRANCH_GTE", "LEAF", "LEAF", "LEAF", "BRANCH_NEQ", "LEAF", "LEAF"],
			),
		];
		attributes.push(list(&format!("{of}_treeids"), &[0, 0, 0, 1, 1]));
		attributes.push(list(&format!("{of}_nodeids"), &[2, 3, 4, 1, 2]));
		attributes.push(list(&format!("{of}_ids"), &[0, 1, 2, 0, 1]));
		attributes.push(floats_attribute(&format!("{of}_weights"), &weights(5)));
		attributes
	};
	let classes = |name: &str| ints_attribute(name, &[3, 5, 8]);
	let mut classifier = trees("class");
	classifier.extend([classes("classlabels_int64s"), text_attribute("post_transform", "SOFTMAX")]);
	let mut regressor = trees("target");
	regressor.extend([int_attribute("n_targets", 3), text_attribute("aggregate_function", "AVERAGE")]);
	let vectors = |kernel: &str| {
		vec![
			text_attribute("kernel_type", kernel),
			floats_attribute("kernel_params", &[0.3, 0.5, 3.]),
			floats_attribute("support_vectors", &weights(16)),
		]
	};
	let mut machine = vectors("RBF");
	machine.extend([
		classes("classlabels_ints"),
		ints_attribute("vectors_per_class", &[2, 1, 1]),
		floats_attribute("coefficients", &weights(8)),
		floats_attribute("rho", &weights(3)),
		floats_attribute("prob_a", &[-1.2, -0.9, -1.]),
		floats_attribute("prob_b", &[0.1, 0., -0.2]),
	]);
	let mut poly = vectors("POLY");
	poly.extend([
		int_attribute("n_supports", 4),
		floats_attribute("coefficients", &weights(4)),
		floats_attribute("rho", &[0.2]),
	]);
	let linear = [
		floats_attribute("coefficients", &weights(12)),
		floats_attribute("intercepts", &weights(3)),
		classes("classlabels_ints"),
		text_attribute("post_transform", "LOGISTIC"),
	];
	let lines = [
		floats_attribute("coefficients", &weights(8)),
		floats_attribute("intercepts", &[0.5, -0.5]),
		int_attribute("targets", 2),
	];
	model(
		[
			ml_node(
				"Scaler",
				&["x"],
				&["scaled"],
				[floats_attribute("offset", &weights(4)), floats_attribute("scale", &[1.5])],
			),
			node("Div", &["scaled", "scaled"], &["ones"], []),
			node("Sub", &["scaled", "ones"], &["holes"], []),
			ml_node(
				"Imputer",
				&["holes"],
				&["filled"],
				[floats_attribute("imputed_value_floats", &[0.25]), float_attribute("replaced_value_float", f32::NAN)],
			),
			ml_node("Binarizer", &["filled"], &["signs"], [float_attribute("threshold", -0.5)]),
			ml_node("TreeEnsembleClassifier", &["scaled"], &["label", "probability"], classifier),
			ml_node("TreeEnsembleRegressor", &["filled"], &["value"], regressor),
			ml_node("SVMClassifier", &["scaled"], &["label2", "probability2"], machine),
			ml_node("SVMRegressor", &["scaled"], &["value2"], poly),
			ml_node("LinearClassifier", &["scaled"], &["label3", "probability3"], linear),
			ml_node("LinearRegressor", &["scaled"], &["value3"], lines),
			ml_node(
				"LabelEncoder",
				&["label"],
				&["code"],
				[ints_attribute("keys_int64s", &[3, 5]), floats_attribute("values_floats", &[0.5, 1.5])],
			),
			ml_node("OneHotEncoder", &["label2"], &["place"], [ints_attribute("cats_int64s", &[3, 5, 8])]),
			ml_node("ArrayFeatureExtractor", &["scaled", "columns"], &["picked"], []),
			ml_node("FeatureVectorizer", &["scaled", "signs"], &["wide"], [ints_attribute("inputdimensions", &[4, 4])]),
		],
		[ints("columns", &[2], &[3, 0])],
		[value("x", FLOAT, &[-1, 4])],
		[
			value("label", INT64, &[-1]),
			value("probability", FLOAT, &[-1, 3]),
			value("value", FLOAT, &[-1, 3]),
			value("label2", INT64, &[-1]),
			value("probability2", FLOAT, &[-1, 3]),
			value("value2", FLOAT, &[-1, 1]),
			value("label3", INT64, &[-1]),
			value("probability3", FLOAT, &[-1, 3]),
			value("value3", FLOAT, &[-1, 2]),
			value("code", FLOAT, &[-1]),
			value("place", FLOAT, &[-1, 3]),
			value("picked", FLOAT, &[-1, 2]),
			value("wide", FLOAT, &[-1, 8]),
		],
	)
}

/// Text: categories on the way in, labels on the way out, and what moves and compares it.
pub fn text() -> Vec<u8> {
	let cities = || texts_attribute("cats_strings", &["0", "caf\u{e9}"]);
	let table = |keys: Message, values: Message| [keys, values, text_attribute("default_string", "none")];
	let linear = [
		floats_attribute("coefficients", &weights(6)),
		floats_attribute("intercepts", &weights(3)),
		texts_attribute("classlabels_strings", &["buy", "hold", "sell"]),
		text_attribute("post_transform", "SOFTMAX"),
	];
	let tree = [
		ints_attribute("nodes_treeids", &[0, 0, 0]),
		ints_attribute("nodes_nodeids", &[0, 1, 2]),
		ints_attribute("nodes_featureids", &[0, 0, 0]),
		floats_attribute("nodes_values", &[0.5, 0., 0.]),
		ints_attribute("nodes_truenodeids", &[1, 0, 0]),
		ints_attribute("nodes_falsenodeids", &[2, 0, 0]),
		texts_attribute("nodes_modes", &["BRANCH_LT", "LEAF", "LEAF"]),
		ints_attribute("class_treeids", &[0, 0]),
		ints_attribute("class_nodeids", &[1, 2]),
		ints_attribute("class_ids", &[0, 0]),
		floats_attribute("class_weights", &[0.75, 0.125]),
		texts_attribute("classlabels_strings", &["no", "yes"]),
	];
	let mut machine = vec![
		floats_attribute("support_vectors", &weights(6)),
		floats_attribute("coefficients", &weights(6)),
		floats_attribute("kernel_params", &[0.3, 0., 0.]),
		floats_attribute("rho", &weights(3)),
		ints_attribute("vectors_per_class", &[1, 1, 1]),
		text_attribute("kernel_type", "RBF"),
	];
	machine.push(texts_attribute("classlabels_strings", &["a", "b", "c"]));
	model(
		[
			ml_node("OneHotEncoder", &["city"], &["hot"], [cities()]),
			node("Reshape", &["hot", "rows"], &["features"], []),
			ml_node("LinearClassifier", &["features"], &["label", "probability"], linear),
			ml_node("TreeEnsembleClassifier", &["features"], &["label2", "probability2"], tree),
			ml_node("SVMClassifier", &["features"], &["label3", "scores3"], machine),
			ml_node(
				"LabelEncoder",
				&["label"],
				&["code"],
				[texts_attribute("keys_strings", &["sell", "hold"]), floats_attribute("values_floats", &[0.5, 1.5])],
			),
			ml_node(
				"LabelEncoder",
				&["city"],
				&["name"],
				table(texts_attribute("keys_strings", &["0"]), texts_attribute("values_strings", &["\u{1f40c}"])),
			),
			ml_node(
				"CategoryMapper",
				&["city"],
				&["number"],
				[ints_attribute("cats_int64s", &[7, 8]), texts_attribute("cats_strings", &["1", "x"])],
			),
			node("Equal", &["city", "name"], &["same"], []),
			node("Concat", &["city", "name"], &["both"], [int_attribute("axis", 1)]),
			node("Transpose", &["both"], &["turned"], []),
			node("Gather", &["both", "columns"], &["gathered"], [int_attribute("axis", 1)]),
			ml_node("ArrayFeatureExtractor", &["both", "columns"], &["picked"], []),
			node("Greater", &["probability2", "half"], &["likely"], []),
			node("Where", &["likely", "both", "turned"], &["chosen"], []),
		],
		[ints("rows", &[2], &[-1, 2]), ints("columns", &[1], &[1]), floats("half", &[], &[0.5])],
		[value("city", STRING, &[2, 1])],
		[
			value("label", STRING, &[2]),
			value("probability", FLOAT, &[2, 3]),
			value("label2", STRING, &[2]),
			value("label3", STRING, &[2]),
			value("scores3", FLOAT, &[2, 3]),
			value("code", FLOAT, &[2]),
			value("name", STRING, &[2, 1]),
			value("number", INT64, &[2, 1]),
			value("same", BOOL, &[2, 1]),
			value("turned", STRING, &[2, 2]),
			value("gathered", STRING, &[2, 1]),
			value("picked", STRING, &[2, 1]),
			value("chosen", STRING, &[2, 2]),
		],
	)
}

/// Losses, windows, what turns sequences round, and branches that give several shapes.
pub fn windows() -> Vec<u8> {
	let narrow = graph(
		[node("Reshape", &["total", "row"], &["taken"], [])],
		[ints("row", &[2], &[1, 4])],
		[],
		[value("taken", FLOAT, &[1, 4])],
	);
	let column = graph(
		[node("Reshape", &["total", "column"], &["taken"], [])],
		[ints("column", &[2], &[2, 2])],
		[],
		[value("taken", FLOAT, &[2, 2])],
	);
	model(
		[
			node(
				"LpPool",
				&["x"],
				&["pool"],
				[int_attribute("p", 3), ints_attribute("kernel_shape", &[3]), ints_attribute("pads", &[1, 0])],
			),
			node("NegativeLogLikelihoodLoss", &["x", "labels", "weights"], &["nll"], []),
			node(
				"SoftmaxCrossEntropyLoss",
				&["x", "labels"],
				&["loss", "logarithms"],
				[text_attribute("reduction", "none"), int_attribute("ignore_index", 2)],
			),
			node(
				"ReverseSequence",
				&["x", "lengths"],
				&["back"],
				[int_attribute("batch_axis", 0), int_attribute("time_axis", 1)],
			),
			node("QuantizeLinear", &["x", "step", "zero"], &["bytes"], []),
			node("DequantizeLinear", &["bytes", "step", "zero"], &["steps"], []),
			node("Softmax", &["steps"], &["soft"], [int_attribute("axis", -1)]),
			node("QuantizeLinear", &["soft", "step", "zero"], &["soft_bytes"], []),
			node("StringConcat", &["city", "city"], &["twice"], []),
			node("ReduceSum", &["x", "first_axes"], &["total"], [int_attribute("keepdims", 0)]),
			node("ReduceMax", &["x"], &["most"], [int_attribute("keepdims", 0)]),
			node("Greater", &["most", "half"], &["condition"], []),
			node(
				"If",
				&["condition"],
				&["chosen"],
				[graph_attribute("then_branch", narrow), graph_attribute("else_branch", column)],
			),
			node("Exp", &["chosen"], &["late"], []),
			node("STFT", &["signal", "hop", "window"], &["spectrum"], []),
		],
		[
			ints("labels", &[2, 4], &[0, 1, 2, 0, 2, 2, 1, 0]),
			floats("weights", &[3], &[0.5, 0.25, 2.]),
			ints("lengths", &[2], &[3, 2]),
			floats("step", &[], &[0.0625]),
			tensor("zero", UINT8, &[], &[3]),
			ints("first_axes", &[2], &[0, 1]),
			floats("half", &[], &[0.5]),
			ints("hop", &[], &[4]),
			floats("window", &[8], &weights(8)),
		],
		[value("x", FLOAT, &[2, 3, 4]), value("city", STRING, &[2]), value("signal", FLOAT, &[1, 24])],
		[
			value("pool", FLOAT, &[2, 3, 3]),
			value("nll", FLOAT, &[]),
			value("loss", FLOAT, &[2, 4]),
			value("logarithms", FLOAT, &[2, 3, 4]),
			value("back", FLOAT, &[2, 3, 4]),
			value("soft_bytes", UINT8, &[2, 3, 4]),
			value("twice", STRING, &[2]),
			value("late", FLOAT, &[-1, 4]),
			value("spectrum", FLOAT, &[1, 5, 5, 2]),
		],
	)
}

/// Recurrent layers that are not the usual ones: backwards, clipped, with other activations, of several lengths.
pub fn recurrent() -> Vec<u8> {
	let hidden = || int_attribute("hidden_size", 5);
	model(
		[
			node(
				"LSTM",
				&["x", "lw", "lr", "lb", "lengths", "", "", "lp"],
				&["l", "lh", "lc"],
				[hidden(), text_attribute("direction", "reverse"), float_attribute("clip", 0.4)],
			),
			node(
				"GRU",
				&["x", "gw", "gr", "gb"],
				&["g", "gh"],
				[
					hidden(),
					text_attribute("direction", "reverse"),
					texts_attribute("activations", &["HardSigmoid", "Softsign"]),
					int_attribute("linear_before_reset", 1),
				],
			),
			node(
				"RNN",
				&["x", "rw", "rr"],
				&["r", "rh"],
				[
					hidden(),
					text_attribute("direction", "bidirectional"),
					texts_attribute("activations", &["Softplus", "LeakyRelu"]),
					floats_attribute("activation_alpha", &[0.2]),
				],
			),
		],
		[
			weight("lw", &[1, 20, 3]),
			weight("lr", &[1, 20, 5]),
			weight("lb", &[1, 40]),
			weight("lp", &[1, 15]),
			tensor("lengths", 6, &[2], &[3, 0, 0, 0, 6, 0, 0, 0]),
			weight("gw", &[1, 15, 3]),
			weight("gr", &[1, 15, 5]),
			weight("gb", &[1, 30]),
			weight("rw", &[2, 5, 3]),
			weight("rr", &[2, 5, 5]),
		],
		[value("x", FLOAT, &[6, 2, 3])],
		[
			value("l", FLOAT, &[6, 1, 2, 5]),
			value("lh", FLOAT, &[1, 2, 5]),
			value("lc", FLOAT, &[1, 2, 5]),
			value("g", FLOAT, &[6, 1, 2, 5]),
			value("gh", FLOAT, &[1, 2, 5]),
			value("r", FLOAT, &[6, 2, 2, 5]),
			value("rh", FLOAT, &[2, 2, 5]),
		],
	)
}

/// Single operators of ours: activations, extremes with NaN, integers of 64 bits, indices.
pub fn elements() -> Vec<u8> {
	let large = [1 << 40, -3, (1 << 53) + 1, 7];
	model(
		[
			node("Sqrt", &["x"], &["n"], []),
			node("Celu", &["x"], &["celu"], [float_attribute("alpha", 2.)]),
			node("Softplus", &["x"], &["softplus"], []),
			node("HardSigmoid", &["n"], &["hard"], []),
			node("Relu", &["n"], &["relu"], []),
			node("Clip", &["n", "low", "high"], &["clip"], []),
			node("Max", &["n", "x", "low"], &["max"], []),
			node("Min", &["n", "x"], &["min"], []),
			node("LogSoftmax", &["x"], &["log"], [int_attribute("axis", 0)]),
			node("Cast", &["x"], &["wide"], [int_attribute("to", 11)]),
			node("Sigmoid", &["wide"], &["sigmoid"], []),
			node("Round", &["wide"], &["round"], []),
			node("LeakyRelu", &["wide"], &["leaky"], []),
			node("HardSwish", &["wide"], &["swish"], []),
			node("Greater", &["x", "low"], &["positive"], []),
			node("Cast", &["positive"], &["bits"], [int_attribute("to", INT64)]),
			node("Mul", &["bits", "large"], &["integers"], []),
			node("ReduceSum", &["integers"], &["sum"], []),
			node("ReduceMean", &["integers"], &["mean"], [ints_attribute("axes", &[1])]),
			node("Mul", &["integers", "integers"], &["square"], []),
			node("Pow", &["integers", "three"], &["cube"], []),
			node("MatMul", &["integers", "column"], &["product"], []),
			node("OneHot", &["bits", "depth", "values"], &["hot"], []),
			node("GatherND", &["x", "last"], &["end"], []),
			node("Unsqueeze", &["x", "front"], &["planes"], []),
			node("GlobalLpPool", &["planes"], &["norm"], [int_attribute("p", 3)]),
			node("Div", &["x", "nothing"], &["far"], []),
			node("QuantizeLinear", &["far", "step", "zero"], &["bytes"], []),
		],
		[
			floats("low", &[], &[0.]),
			floats("high", &[], &[0.5]),
			floats("nothing", &[], &[0.]),
			floats("step", &[], &[0.1]),
			tensor("zero", UINT8, &[], &[7]),
			ints("large", &[4], &large),
			ints("three", &[], &[3]),
			ints("column", &[4, 1], &large),
			ints("depth", &[], &[1]),
			ints("values", &[2], &[-5, 1 << 35]),
			ints("last", &[1, 2], &[-1, -2]),
			ints("front", &[1], &[0]),
		],
		[value("x", FLOAT, &[3, 4])],
		[
			value("celu", FLOAT, &[3, 4]),
			value("softplus", FLOAT, &[3, 4]),
			value("hard", FLOAT, &[3, 4]),
			value("relu", FLOAT, &[3, 4]),
			value("clip", FLOAT, &[3, 4]),
			value("max", FLOAT, &[3, 4]),
			value("min", FLOAT, &[3, 4]),
			value("log", FLOAT, &[3, 4]),
			value("sigmoid", 11, &[3, 4]),
			value("round", 11, &[3, 4]),
			value("leaky", 11, &[3, 4]),
			value("swish", 11, &[3, 4]),
			value("sum", INT64, &[1, 1]),
			value("mean", INT64, &[3, 1]),
			value("square", INT64, &[3, 4]),
			value("cube", INT64, &[3, 4]),
			value("product", INT64, &[3, 1]),
			value("hot", INT64, &[3, 4, 1]),
			value("end", FLOAT, &[1]),
			value("norm", FLOAT, &[1, 3, 1]),
			value("bytes", UINT8, &[3, 4]),
		],
	)
}

/// Forms of several exporters: sequences and optionals, a function of another operator set, an ensemble with sets, a layer whose weights are
/// bytes.
pub fn exporters() -> Vec<u8> {
	let singles = |name: &str, values: &[f32]| tensor_attribute(name, floats(name, &[values.len() as i64], values));
	let ensemble = [
		ints_attribute("tree_roots", &[0, 2]),
		tensor_attribute("nodes_modes", tensor("nodes_modes", UINT8, &[4], &[6, 0, 6, 3])),
		singles("nodes_splits", &[0., 0.25, 0., -0.125]),
		ints_attribute("nodes_featureids", &[0, 1, 2, 3]),
		ints_attribute("nodes_truenodeids", &[0, 1, 3, 3]),
		ints_attribute("nodes_trueleafs", &[1, 1, 0, 1]),
		ints_attribute("nodes_falsenodeids", &[1, 2, 4, 5]),
		ints_attribute("nodes_falseleafs", &[0, 1, 1, 1]),
		ints_attribute("nodes_missing_value_tracks_true", &[0, 1, 1, 0]),
		singles("membership_values", &[2., 0., -1., f32::NAN, 1., -2., f32::NAN]),
		ints_attribute("leaf_targetids", &[0, 1, 0, 1, 0, 1]),
		singles("leaf_weights", &weights(6)),
		int_attribute("n_targets", 2),
		int_attribute("aggregate_function", 0),
		int_attribute("post_transform", 2),
	];
	let present = graph(
		[node("OptionalGetElement", &["maybe"], &["content"], []), node("Exp", &["content"], &["taken"], [])],
		[],
		[],
		[value("taken", FLOAT, &[3, 4])],
	);
	let absent = graph([node("Neg", &["x"], &["taken"], [])], [], [], [value("taken", FLOAT, &[3, 4])]);
	let rows = [
		node("Unsqueeze", &["a"], &["u"], [ints_attribute("axes", &[0])]),
		node("ReduceSum", &["u"], &["b"], [ints_attribute("axes", &[2]), int_attribute("keepdims", 0)]),
	];
	let bytes = |name: &str, dims: &[i64]| {
		let raw = byte_weights(dims.iter().product::<i64>() as usize);
		tensor(name, UINT8, dims, &raw)
	};
	let made = model(
		[
			node("SplitToSequence", &["x", "lengths"], &["columns"], [int_attribute("axis", 1)]),
			node("SequenceAt", &["columns", "last"], &["narrow"], []),
			node("SequenceErase", &["columns", "last"], &["wide"], []),
			node("SequenceInsert", &["wide", "narrow", "first"], &["turned"], []),
			node("ConcatFromSequence", &["turned"], &["joined"], [int_attribute("axis", -1)]),
			node("SplitToSequence", &["x"], &["flat"], [int_attribute("keepdims", 0)]),
			node("ConcatFromSequence", &["flat"], &["stack"], [int_attribute("axis", 1), int_attribute("new_axis", 1)]),
			node("SequenceLength", &["columns"], &["length"], []),
			node("Optional", &["joined"], &["maybe"], []),
			node("OptionalHasElement", &["maybe"], &["has"], []),
			node(
				"If",
				&["has"],
				&["chosen"],
				[graph_attribute("then_branch", present), graph_attribute("else_branch", absent)],
			),
			call("Rows", &["chosen"], &["rows"], []),
			node("Floor", &["steps"], &["whole"], []),
			ml_node("TreeEnsemble", &["whole"], &["trees"], ensemble),
			ms_node(
				"DynamicQuantizeLSTM",
				&["signal", "w", "r", "b", "", "", "", "", "ws", "wz", "rs", "rz"],
				&["layer", "state"],
				[int_attribute("hidden_size", 5), text_attribute("direction", "bidirectional")],
			),
		],
		[
			ints("lengths", &[2], &[3, 1]),
			ints("last", &[], &[-1]),
			ints("first", &[], &[0]),
			bytes("w", &[2, 3, 20]),
			bytes("r", &[2, 5, 20]),
			weight("b", &[2, 40]),
			floats("ws", &[2], &[0.01, 0.02]),
			tensor("wz", UINT8, &[2], &[120, 130]),
			floats("rs", &[2, 20], &weights(40).into_iter().map(|scale| scale.abs() / 20.).collect::<Vec<_>>()),
			tensor("rz", UINT8, &[2, 20], &[[125; 20], [131; 20]].concat()),
		],
		[value("x", FLOAT, &[3, 4]), value("steps", FLOAT, &[-1, 4]), value("signal", FLOAT, &[6, 2, 3])],
		[
			value("turned", FLOAT, &[]),
			value("stack", FLOAT, &[4, 3]),
			value("length", INT64, &[]),
			value("chosen", FLOAT, &[3, 4]),
			value("rows", FLOAT, &[1, 3]),
			value("trees", FLOAT, &[-1, 2]),
			value("layer", FLOAT, &[6, 2, 2, 5]),
			value("state", FLOAT, &[2, 2, 5]),
		],
	);
	with_functions(made, [function("Rows", 11, &["a"], &["b"], rows, [])])
}
