//! Nothing that a model says is ignored: an operator, or an attribute of one, that the importer does not read is an error.

use crate::operators::{Attribute, Operator, DOMAINS, LATEST_OPSET};
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
fn called(node: &NodeProto) -> String {
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

fn find(node: &NodeProto) -> TractResult<&'static Operator> {
	let domain = if node.domain == "ai.onnx" { "" } else { node.domain.as_str() };
	let operators = DOMAINS.iter().find(|(name, _)| *name == domain).map(|(_, operators)| *operators);
	let operators = operators.with_context(|| {
		format!("{}: the operators of the domain `{domain}` are not supported; export with those of ONNX", called(node))
	})?;
	let found = operators.iter().find(|operator| operator.name == node.op_type);
	found.with_context(|| {
		format!("{}: the operator is not supported; docs/operators.md lists those that are", called(node))
	})
}

/// Fails if the importer ignores something that the node says.
pub fn check(node: &NodeProto, opsets: &Opsets) -> TractResult<()> {
	let operator = find(node)?;
	let since = operator.since();
	ensure!(
		!node.domain.is_empty() && node.domain != "ai.onnx" || opsets.onnx == 0 || opsets.onnx >= since,
		"{}: the form of operator set {} is not supported; export with operator set {since} or later",
		called(node),
		opsets.onnx
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
				"{}: the attribute {} is not supported; export without it, or with an operator set that has it not",
				called(node),
				attribute.name
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
