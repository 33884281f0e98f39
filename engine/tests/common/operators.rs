//! The page that names every operator and what the engine honours of it.

use crate::operators::{Attribute, DOMAINS, LATEST_OPSET};
use assay_primitives::tensor::MAX_TEXT_BYTES;
use std::fmt::Write;

/// `docs/operators.md`.
pub fn page() -> String {
	let mut page = format!(
		"# Operators\n\nWritten by `cargo run --example operators > docs/operators.md`, from the table that a model is checked with when it is loaded.\n\n\
		The latest operator set is {LATEST_OPSET}. An operator that is not here, and an attribute that is not named beside it, is an error that says so.\n\
		An attribute with values may have these alone; one in parentheses changes nothing in the result.\n\n\
		`ZipMap` gives the tensor in front of it: one column for each class, in the order of the model's labels.\n\
		`OptionalHasElement` of a tensor is true, and without an input false. A branch of `If` that does not fit the shapes of its inputs fails when it is taken.\n\
		What an iteration of `Loop` hands to the next keeps its type and its number of dimensions; what iterations give to be stacked has one shape.\n\
		A model's own functions are put in the places of their calls; an overloaded one is an error.\n\n\
		An element of text has at most {MAX_TEXT_BYTES} bytes, and costs as if it had so many. Classifiers have it as labels; ArrayFeatureExtractor,\n\
		CategoryMapper, Concat, Equal, Flatten, Gather, Identity, LabelEncoder, OneHotEncoder, Reshape, Squeeze, StringConcat, Transpose, Unsqueeze and Where take it.\n\n\
		Where both of two classes of a `TreeEnsembleClassifier` have weights, the label is the class with the larger score; onnxruntime says 1\n\
		whenever the second's is above 0. Onnxruntime's `Gather` loses every text of a row but the first.\n"
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
	page
}
