//! The page that names every operator and what the engine honours of it.

use crate::operators::{Attribute, DOMAINS, INSTEAD, LATEST_OPSET};
use assay_primitives::tensor::MAX_TEXT_BYTES;
use std::fmt::Write;

/// Operators of which onnxruntime and onnx's reference give different answers: what differs, by how much in a case of the zoo or of ONNX's
/// suite, and which answer is the engine's.
const CONTESTED: &[(&str, &str, &str, &str)] = &[
	(
		"AveragePool",
		"a window beyond the pads, by `ceil_mode` and `count_include_pad`: the divisor",
		"216 of 729 elements",
		"onnxruntime's",
	),
	("Clip", "a bound that is not given: onnxruntime takes the largest number, so that infinity becomes it", "2 of 17 elements", "the reference's"),
	(
		"DynamicQuantizeLSTM",
		"weights of int8 of more than 7 bits: onnxruntime's sums saturate on processors without VNNI",
		"8 of 40 elements",
		"the sums as they are",
	),
	("Gather", "text: onnxruntime loses every element of a row but the first", "1 of 4 elements", "the reference's"),
	("Max", "int64, and 2,147,483,648: onnxruntime's is the lesser one", "2 of 4 elements", "the reference's"),
	("MaxPool", "NaN: onnxruntime skips it or not by its place in the window, the reference skips it", "13 of 120 elements", "the reference's"),
	("QLinearMatMul", "a result beyond int8: the reference wraps, onnxruntime saturates", "1 of 6 and 4 of 12 elements", "onnxruntime's"),
	(
		"TreeEnsemble",
		"`post_transform`: the reference has none; 1 and 2 are SOFTMAX and LOGISTIC in the standard, and the other way round in onnxruntime, which \
		transforms the score of a single target by PROBIT alone",
		"every score",
		"onnxruntime's",
	),
	("TreeEnsemble", "MIN and MAX of a target without a leaf: 0 in onnxruntime, the type's limit in the reference", "3 of 36 scores", "onnxruntime's"),
	("TreeEnsemble", "0 among the members of a set, at which the reference ends the set", "27 of 40 scores", "onnxruntime's"),
	(
		"TreeEnsembleClassifier",
		"two classes that both have weights: onnxruntime's label is 1, which need not be one, whenever the second's is above 0",
		"17 of 20 labels",
		"the class with the larger score, the first where both are the same",
	),
];

/// `docs/operators.md`.
pub fn page() -> String {
	let mut page = format!(
		"# Operators\n\nWritten by `cargo run --example operators > docs/operators.md`, from the table that a model is checked with when it is loaded.\n\n\
		The latest operator set is {LATEST_OPSET}. An operator that is not here, and an attribute that is not named beside it, is an error that says so.\n\
		An attribute with values may have these alone; one in parentheses changes nothing in the result.\n\n\
		`ZipMap` gives the tensor in front of it: one column for each class, in the order of the model's labels.\n\
		A branch of `If` that does not fit the shapes of its inputs fails when it is taken.\n\
		What an iteration of `Loop` hands to the next keeps its type and its number of dimensions; what iterations give to be stacked has one shape.\n\
		A model's own functions are put in the places of their calls, each in its own operator set; an overloaded one is an error.\n\n\
		A sequence is a list of tensors whose length is known when the model is loaded: from `SequenceConstruct`, from `SplitToSequence` by\n\
		constants or along an axis of a fixed length, and by positions that are constants. Of slices of length one along another axis, each can be\n\
		read, counted, and put together again. An output `name` that is a sequence is given as the outputs `name.0`, `name.1` and so on. An\n\
		optional is its content or nothing, and an `If` that asks for it is the branch that is taken. A sequence or an optional as an input, out\n\
		of a branch or a loop, and one whose length the run decides, is an error.\n\n\
		An element of text has at most {MAX_TEXT_BYTES} bytes, and costs as if it had so many. Classifiers have it as labels; ArrayFeatureExtractor,\n\
		CategoryMapper, Concat, Equal, Flatten, Gather, Identity, LabelEncoder, OneHotEncoder, Reshape, Squeeze, StringConcat, StringNormalizer,\n\
		TfIdfVectorizer, Tokenizer, Transpose, Unsqueeze and Where take it. A letter has another case where that is one letter too.\n\n\
		`TreeEnsemble` takes float16, float32 and float64 and gives the same; sums of float16 are float32 until the end.\n"
	);
	for (domain, operators) in DOMAINS {
		let name = if domain.is_empty() { "ai.onnx" } else { domain };
		let _ = write!(page, "\n## {name}\n\n| operator | since | attributes |\n|---|---|---|\n");
		for operator in *operators {
			let attributes: Vec<String> = operator
				.attributes()
				.map(|(name, known)| match known {
					Attribute::Read => format!("`{name}`"),
					Attribute::Inert => format!("(`{name}`)"),
					Attribute::Only(values) => format!("`{name}` = {}", values.replace('|', " or ")),
				})
				.collect();
			let since = operator.since();
			let since = if since > 1 { since.to_string() } else { String::new() };
			let _ = writeln!(page, "| {} | {since} | {} |", operator.name, attributes.join(", "));
		}
	}
	page.push_str(
		"\n## Instead of others\n\nThe operators of ONNX that are not supported, and one of com.microsoft.\n\n| operator | what a model does instead |\n|---|---|\n",
	);
	for (domain, name, advice) in INSTEAD {
		let separator = if domain.is_empty() { "" } else { "." };
		let _ = writeln!(page, "| {domain}{separator}{name} | {advice} |");
	}
	page.push_str(
		"\n## Contested\n\nOnnxruntime and onnx's reference give different answers here. A tie elsewhere goes to the lower index, as it does in both, but for `select_last_index`.\n\n\
		| operator | case | size of the difference | the engine's answer |\n|---|---|---|---|\n",
	);
	for (operator, case, size, answer) in CONTESTED {
		let _ = writeln!(page, "| {operator} | {case} | {size} | {answer} |");
	}
	page
}
