//! Nothing that a model says is ignored: an operator, or an attribute of one, that the importer does not read is an error.

use crate::{
	functions,
	operators::{Attribute, Operator, DOMAINS, INSTEAD, LATEST_OPSET},
};
use tract_onnx::{
	pb::{AttributeProto, ModelProto, NodeProto},
	tract_hir::internal::*,
};

/// Versions of the operator sets that a model asks for.
pub struct Opsets {
	onnx: i64,
}

impl Opsets {
	/// Fails if a version is later than the table of operators.
	pub fn new(model: &ModelProto) -> TractResult<Self> {
		let of_onnx = |domain: &str| domain.is_empty() || domain == "ai.onnx";
		let onnx = model.opset_import.iter().find(|import| of_onnx(&import.domain)).map_or(0, |import| import.version);
		ensure!(
			onnx <= LATEST_OPSET,
			"the model is of operator set {onnx}, and {LATEST_OPSET} is the latest supported; export it with that or an earlier one"
		);
		Ok(Opsets { onnx })
	}
}

/// A node as its owner knows it.
pub fn called(node: &NodeProto) -> String {
	let name = if node.name.is_empty() { node.output.first() } else { Some(&node.name) };
	format!("node `{}` ({})", name.map(String::as_str).unwrap_or_default(), node.op_type)
}

/// An attribute's value, where the table can name it.
fn value(attribute: &AttributeProto) -> String {
	match attribute.r#type {
		1 => attribute.f.to_string(),
		2 => attribute.i.to_string(),
		3 => String::from_utf8_lossy(&attribute.s).into_owned(),
		_ => "a list or a tensor".into(),
	}
}

/// A domain as a file names it.
fn shown(domain: &str) -> &str {
	if domain.is_empty() {
		"ai.onnx"
	} else {
		domain
	}
}

fn find(node: &NodeProto) -> TractResult<&'static Operator> {
	let (domain, _) = functions::domain(node);
	let operators = DOMAINS.iter().find(|(name, _)| *name == domain).map(|(_, operators)| *operators);
	let operators = operators.with_context(|| {
		let domains: Vec<&str> = DOMAINS.iter().map(|(name, _)| shown(name)).collect();
		format!(
			"{}: the operators of the domain `{domain}` are not supported; export with those of {}",
			called(node),
			domains.join(", ")
		)
	})?;
	let found = operators.iter().find(|operator| operator.name == node.op_type);
	found.with_context(|| {
		format!(
			"{}: the operator is not supported; {}; docs/operators.md lists those that are",
			called(node),
			advice(domain, &node.op_type)
		)
	})
}

/// Advice to the model's author about an operator that is not honoured.
fn advice(domain: &str, name: &str) -> String {
	if let Some((_, _, advice)) = INSTEAD.iter().find(|(of, operator, _)| *of == domain && *operator == name) {
		return (*advice).into();
	}
	let has = |operators: &[Operator]| operators.iter().any(|operator| operator.name == name);
	if let Some((other, _)) = DOMAINS.iter().find(|(_, operators)| has(operators)) {
		return format!("{} has one of that name: give the node that domain", shown(other));
	}
	let same = |operator: &&Operator| operator.name.eq_ignore_ascii_case(name);
	if let Some(operator) = DOMAINS.iter().flat_map(|(_, operators)| *operators).find(same) {
		return format!("it is written {}", operator.name);
	}
	match domain {
		"com.microsoft" => "export without onnxruntime's optimizations, which write operators of its own".into(),
		_ => "write it with operators that are".into(),
	}
}

/// The attributes that are read, in a sentence.
fn readable(operator: &Operator) -> String {
	let names: Vec<&str> = operator.attributes().map(|(name, _)| name).collect();
	if names.is_empty() {
		format!("{} has none", operator.name)
	} else {
		format!("only {}", names.join(", "))
	}
}

/// Fails if the importer ignores something that the node says.
pub fn check(node: &NodeProto, opsets: &Opsets) -> TractResult<()> {
	let operator = find(node)?;
	let since = operator.since();
	let (domain, version) = functions::domain(node);
	let opset = version.unwrap_or(opsets.onnx);
	ensure!(
		!domain.is_empty() || opset <= LATEST_OPSET,
		"{}: it is of operator set {opset}, and {LATEST_OPSET} is the latest supported; export its function with that or an earlier one",
		called(node)
	);
	ensure!(
		!domain.is_empty() || opset == 0 || opset >= since,
		"{}: the form of operator set {opset} is not supported; export with operator set {since} or later",
		called(node)
	);
	for attribute in &node.attribute {
		let known = operator.attributes().find(|(name, _)| *name == attribute.name).map(|(_, known)| known);
		let found = value(attribute);
		match known {
			Some(Attribute::Read | Attribute::Inert) => (),
			Some(Attribute::Only(values)) => ensure!(
				values.split('|').any(|value| value == found),
				"{}: the attribute {} = {found} is not supported, only {}",
				called(node),
				attribute.name,
				values.replace('|', " or ")
			),
			None => bail!(
				"{}: the attribute {} is not supported, {}; export without it, or with an operator set that has it not",
				called(node),
				attribute.name,
				readable(operator)
			),
		}
	}
	check_together(node)
}

/// Values that are supported, but not beside each other.
fn check_together(node: &NodeProto) -> TractResult<()> {
	let text = |name: &str| {
		let attribute = node.attribute.iter().find(|attribute| attribute.name == name);
		attribute.map(|attribute| String::from_utf8_lossy(&attribute.s).into_owned()).unwrap_or_default()
	};
	if node.op_type == "GridSample" {
		let cubic = ["cubic", "bicubic"].contains(&text("mode").as_str());
		ensure!(
			!cubic || text("padding_mode") != "border",
			"{}: the attributes mode = cubic and padding_mode = border are not supported together",
			called(node)
		);
	}
	Ok(())
}
