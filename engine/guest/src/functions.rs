//! Model-local functions: each call becomes the nodes of the function's body, before anything else looks at the graph.
//!
//! A function names its operator sets itself. The domain of each of its nodes carries a version that is not the model's: `ai.onnx@21`.

use prost::Message;
use std::collections::BTreeMap;
use tract_onnx::{
	pb::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto},
	tract_hir::internal::*,
};

/// Most functions that call each other.
const MAX_CALLS: usize = 16;

/// Most nodes that all calls together become. A function that calls another twice doubles them at each level.
const MAX_NODES: usize = 1 << 16;

/// The parts of `ModelProto` that tract's form of it leaves out: the defaults and overloads of functions.
#[derive(Clone, PartialEq, Message)]
struct Extras {
	#[prost(message, repeated, tag = "25")]
	functions: Vec<FunctionExtras>,
}

#[derive(Clone, PartialEq, Message)]
struct FunctionExtras {
	/// Attributes with the values that they have where a call does not give them.
	#[prost(message, repeated, tag = "11")]
	defaults: Vec<AttributeProto>,
	#[prost(string, tag = "13")]
	overload: String,
}

struct Function {
	body: FunctionProto,
	defaults: Vec<AttributeProto>,
	/// The operator sets that are not those of the model, by domain.
	opsets: BTreeMap<&'static str, i64>,
}

/// The domains of which the importer reads the version.
const VERSIONED: [&str; 2] = [ONNX, "ai.onnx.ml"];

/// A name of ONNX's own domain, whose other name is none at all.
const ONNX: &str = "ai.onnx";

/// The letter between a domain and the version of its operator set.
const AT: char = '@';

/// A node's domain, and the version of its operator set where that is not the model's. ONNX's own domain has no name here.
pub fn domain(node: &NodeProto) -> (&str, Option<i64>) {
	let (domain, version) = match node.domain.split_once(AT) {
		Some((domain, version)) => (domain, version.parse().ok()),
		None => (node.domain.as_str(), None),
	};
	(if domain == ONNX { "" } else { domain }, version)
}

/// The domain of ONNX's own operators in a version.
pub fn onnx_domain(version: i64) -> String {
	format!("{ONNX}{AT}{version}")
}

/// The version in which operators of a domain are imported.
fn version(imports: &[OperatorSetIdProto], domain: &str) -> Option<i64> {
	let same = |name: &str| name == domain || name.is_empty() && domain == ONNX;
	imports.iter().find(|import| same(&import.domain)).map(|import| import.version)
}

/// The functions of a model, by domain and name.
struct Functions {
	known: BTreeMap<(String, String), Function>,
	/// Numbers the calls, so that no two of them share a name.
	calls: usize,
	nodes: usize,
}

/// Puts the bodies of a model's functions in the places of their calls. `bytes` is the model's file.
pub fn inline(proto: &mut ModelProto, bytes: &[u8]) -> TractResult<()> {
	if proto.functions.is_empty() {
		return Ok(());
	}
	let extras = Extras::decode(bytes).context("not an ONNX file")?.functions;
	let bodies = std::mem::take(&mut proto.functions);
	ensure!(extras.len() == bodies.len(), "not an ONNX file");
	let mut known = BTreeMap::new();
	for (body, extra) in bodies.into_iter().zip(extras) {
		let name = body.name.clone().unwrap_or_default();
		ensure!(
			extra.overload.is_empty(),
			"the function {name} is overloaded, which is not supported; give each its own name"
		);
		let mut opsets = BTreeMap::new();
		for domain in VERSIONED {
			let (found, of_model) = (version(&body.opset_import, domain), version(&proto.opset_import, domain));
			if let Some(found) = found.filter(|found| Some(*found) != of_model) {
				opsets.insert(domain, found);
			}
		}
		let key = (body.domain.clone().unwrap_or_default(), name.clone());
		let function = Function { body, defaults: extra.defaults, opsets };
		ensure!(known.insert(key, function).is_none(), "there are two functions {name}");
	}
	let graph = proto.graph.as_mut().context("the file holds no graph")?;
	Functions { known, calls: 0, nodes: 0 }.graph(graph, 0)
}

impl Functions {
	fn graph(&mut self, graph: &mut GraphProto, depth: usize) -> TractResult<()> {
		graph.node = self.nodes(std::mem::take(&mut graph.node), depth)?;
		Ok(())
	}

	fn nodes(&mut self, nodes: Vec<NodeProto>, depth: usize) -> TractResult<Vec<NodeProto>> {
		let mut inlined = vec![];
		for mut node in nodes {
			for attribute in &mut node.attribute {
				for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
					self.graph(graph, depth)?;
				}
			}
			match self.known.get(&(node.domain.clone(), node.op_type.clone())) {
				Some(function) => {
					ensure!(depth < MAX_CALLS, "functions call each other more than {MAX_CALLS} deep");
					let call = format!("{}/{}", node.op_type, self.calls);
					let body = function.call(&node, &call)?;
					self.calls += 1;
					self.nodes += body.len();
					ensure!(
						self.nodes <= MAX_NODES,
						"the functions are more than {MAX_NODES} nodes where they are called"
					);
					inlined.extend(self.nodes(body, depth + 1)?);
				}
				None => inlined.push(node),
			}
		}
		Ok(inlined)
	}
}

impl Function {
	/// The nodes that a call becomes. Names of the body's own values and nodes get the prefix `call`.
	fn call(&self, node: &NodeProto, call: &str) -> TractResult<Vec<NodeProto>> {
		let (inputs, outputs) = (&self.body.input, &self.body.output);
		let called = node.name.as_str();
		ensure!(
			node.input.len() <= inputs.len() && node.output.len() <= outputs.len(),
			"node `{called}`: the function {} takes {} inputs and gives {} outputs",
			node.op_type,
			inputs.len(),
			outputs.len()
		);
		let mut names = Names { call, known: BTreeMap::new() };
		for (index, input) in inputs.iter().enumerate() {
			names.known.insert(input, node.input.get(index).cloned().unwrap_or_default());
		}
		let mut nodes = vec![];
		for (index, output) in outputs.iter().enumerate() {
			let Some(outer) = node.output.get(index).filter(|outer| !outer.is_empty()) else { continue };
			if let Some(given) = names.known.get(output.as_str()) {
				// The function gives an input back, or one value twice.
				nodes.push(NodeProto {
					input: vec![given.clone()],
					output: vec![outer.clone()],
					name: format!("{call}/{outer}"),
					op_type: "Identity".into(),
					..NodeProto::default()
				});
			} else {
				names.known.insert(output, outer.clone());
			}
		}
		let mut body = self.body.node.clone();
		for inner in &mut body {
			self.attributes(inner, node)?;
			self.versions(inner);
			names.node(inner);
		}
		body.append(&mut nodes);
		Ok(body)
	}

	/// Gives a node, and those inside it, the versions of their operators.
	fn versions(&self, inner: &mut NodeProto) {
		let domain = if inner.domain.is_empty() { ONNX } else { inner.domain.as_str() };
		if let Some(version) = self.opsets.get(domain) {
			inner.domain = format!("{domain}{AT}{version}");
		}
		for attribute in &mut inner.attribute {
			attribute
				.g
				.iter_mut()
				.chain(&mut attribute.graphs)
				.flat_map(|graph| &mut graph.node)
				.for_each(|nested| self.versions(nested));
		}
	}

	/// Gives a node, and those inside it, the attributes that it takes from the call.
	fn attributes(&self, inner: &mut NodeProto, node: &NodeProto) -> TractResult<()> {
		let mut given = vec![];
		for mut attribute in std::mem::take(&mut inner.attribute) {
			let wanted = attribute.ref_attr_name.clone();
			if wanted.is_empty() {
				for nested in attribute.g.iter_mut().chain(&mut attribute.graphs).flat_map(|graph| &mut graph.node) {
					self.attributes(nested, node)?;
				}
				given.push(attribute);
				continue;
			}
			let found = node.attribute.iter().chain(&self.defaults).find(|attribute| attribute.name == wanted);
			// An attribute that nobody gives is as if it were not written.
			if let Some(found) = found {
				given.push(AttributeProto { name: attribute.name, ..found.clone() });
			}
		}
		inner.attribute = given;
		Ok(())
	}
}

/// Names of the values inside a function, or inside a branch that is put in the place of its `If`, by those outside.
pub struct Names<'a> {
	/// Beginning of the names that are not known.
	pub call: &'a str,
	pub known: BTreeMap<&'a str, String>,
}

impl Names<'_> {
	/// Renames a value.
	pub fn name(&self, name: &mut String) {
		if name.is_empty() {
			return;
		}
		*name = match self.known.get(name.as_str()) {
			Some(outer) => outer.clone(),
			None => format!("{}/{name}", self.call),
		};
	}

	/// Renames all values of a node, and of those inside it.
	pub fn node(&self, node: &mut NodeProto) {
		node.input.iter_mut().chain(&mut node.output).for_each(|name| self.name(name));
		if !node.name.is_empty() {
			node.name = format!("{}/{}", self.call, node.name);
		}
		for attribute in &mut node.attribute {
			attribute.g.iter_mut().chain(&mut attribute.graphs).for_each(|graph| self.graph(graph));
		}
	}

	fn graph(&self, graph: &mut GraphProto) {
		graph.node.iter_mut().for_each(|node| self.node(node));
		graph.initializer.iter_mut().for_each(|tensor| self.name(&mut tensor.name));
		graph.input.iter_mut().chain(&mut graph.output).for_each(|value| self.name(&mut value.name));
	}
}
