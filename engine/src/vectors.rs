//! The models of the golden vectors: every kind of kernel that real models use, and every way in which machines have been seen
//! to differ. Small, so that all of them run when a node starts.

use crate::onnx::{
	float_attribute, floats, graph, graph_attribute, int_attribute, ints, ints_attribute, model, node, tensor, value,
	Message, BOOL, FLOAT, INT64, INT8, UINT8,
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
