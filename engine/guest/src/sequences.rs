//! Sequences and optionals, which tract has not.
//!
//! A sequence is a list of tensors whose length is known when the model is loaded, and an optional is its content or nothing. Both are gone
//! before the importer reads the graph: what made and read them names the tensors instead. A sequence that the model gives becomes the
//! outputs `name.0`, `name.1` and so on.

use crate::{
	functions::{self, Names},
	honoured::called,
	importer,
};
use std::collections::{BTreeMap, BTreeSet};
use tract_onnx::{
	data_resolver::MmapDataResolver,
	pb::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto},
	tensor::load_tensor,
	tract_hir::{infer::Factoid, internal::*},
};

/// The operators that make or read sequences and optionals.
const OPERATORS: [&str; 11] = [
	"ConcatFromSequence",
	"Optional",
	"OptionalGetElement",
	"OptionalHasElement",
	"SequenceAt",
	"SequenceConstruct",
	"SequenceEmpty",
	"SequenceErase",
	"SequenceInsert",
	"SequenceLength",
	"SplitToSequence",
];

/// Operator set of the nodes that are written here.
const OPSET: i64 = 13;

/// Most tensors of a sequence.
const MOST_TENSORS: usize = 1 << 12;

/// Most numbers of a constant that may say where a sequence is split.
const MOST_NUMBERS: i64 = MOST_TENSORS as i64;

/// The meaning of a name that is no tensor's.
#[derive(Clone)]
enum Held {
	/// Tensors by name.
	List(Vec<String>),
	/// All slices of length one along an axis of a tensor, whose length the run decides.
	Slices {
		of: String,
		axis: i64,
		/// True if a slice has that axis.
		keep: bool,
	},
	/// An optional without content.
	Nothing,
}

/// Rewrites a model so that no node makes or reads a sequence or an optional.
pub fn unfold(proto: &mut ModelProto) -> TractResult<()> {
	let graph = proto.graph.as_mut().context("the file holds no graph")?;
	if !holds(graph) {
		return Ok(());
	}
	let nodes = std::mem::take(&mut graph.node);
	let model: &ModelProto = proto;
	let graph = model.graph.as_ref().context("the file holds no graph")?;
	let mut scope = Scope { model: Some(model), ..Scope::default() };
	graph.initializer.iter().for_each(|tensor| scope.remember(&tensor.name, tensor));
	let mut names: BTreeSet<String> = graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
	names.extend(graph.input.iter().map(|input| input.name.clone()));
	names.extend(nodes.iter().flat_map(|node| node.output.iter().cloned()));
	for node in nodes {
		scope.node(node)?;
	}
	let mut outputs = vec![];
	for output in &graph.output {
		outputs.extend(scope.output(output, &names)?);
	}
	let done = scope.done;
	let graph = proto.graph.as_mut().context("the file holds no graph")?;
	graph.node = done;
	graph.output = outputs;
	Ok(())
}

fn is_ours(node: &NodeProto) -> bool {
	functions::domain(node).0.is_empty() && OPERATORS.contains(&node.op_type.as_str())
}

/// The graphs inside a node.
fn inner(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
	node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
}

/// True if a node of a graph, or of one inside it, is of [`OPERATORS`].
fn holds(graph: &GraphProto) -> bool {
	graph.node.iter().any(|node| is_ours(node) || inner(node).any(holds))
}

/// The names that a graph and those inside it make, and those that they read.
fn names<'a>(graph: &'a GraphProto, made: &mut BTreeSet<&'a str>, read: &mut BTreeSet<&'a str>) {
	made.extend(graph.initializer.iter().map(|tensor| tensor.name.as_str()));
	made.extend(graph.input.iter().map(|input| input.name.as_str()));
	read.extend(graph.output.iter().map(|output| output.name.as_str()));
	for node in &graph.node {
		made.extend(node.output.iter().map(String::as_str));
		read.extend(node.input.iter().map(String::as_str));
		inner(node).for_each(|graph| names(graph, made, read));
	}
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
	node.attribute.iter().find(|attribute| attribute.name == name)
}

fn integer(node: &NodeProto, name: &str, default: i64) -> i64 {
	attribute(node, name).map_or(default, |attribute| attribute.i)
}

fn integer_attribute(name: &str, i: i64) -> AttributeProto {
	AttributeProto { name: name.into(), r#type: 2, i, ..AttributeProto::default() }
}

/// An input that a node may leave out.
fn given(node: &NodeProto, index: usize) -> Option<&str> {
	node.input.get(index).map(String::as_str).filter(|name| !name.is_empty())
}

fn input(node: &NodeProto, index: usize) -> TractResult<&str> {
	given(node, index).with_context(|| format!("the input {index} is missing"))
}

fn output(node: &NodeProto) -> TractResult<&str> {
	node.output.first().map(String::as_str).filter(|name| !name.is_empty()).context("the output has no name")
}

/// A tensor of integers: one number, or a list.
fn integers(list: &[i64], scalar: bool) -> TensorProto {
	let dims = if scalar { vec![] } else { vec![list.len() as i64] };
	TensorProto { dims, data_type: 7, int64_data: list.to_vec(), ..TensorProto::default() }
}

/// A graph while it is rewritten.
#[derive(Default)]
struct Scope<'a> {
	/// The model without the nodes of its graph; none inside an inner graph.
	model: Option<&'a ModelProto>,
	/// The nodes as they are now.
	done: Vec<NodeProto>,
	held: BTreeMap<String, Held>,
	/// Constants that say where, how many or whether.
	constants: BTreeMap<String, Arc<Tensor>>,
	/// Numbers the branches that are put in the places of their `If`.
	branches: usize,
}

impl Scope<'_> {
	/// Keeps a constant of a few integers or truth values.
	fn remember(&mut self, name: &str, tensor: &TensorProto) {
		let elements = tensor.dims.iter().fold(1i64, |product, dim| product.saturating_mul(*dim));
		if ![6, 7, 9].contains(&tensor.data_type) || !(0..=MOST_NUMBERS).contains(&elements) {
			return;
		}
		if let Ok(tensor) = load_tensor(&MmapDataResolver, tensor, None) {
			self.constants.insert(name.into(), tensor.into_arc_tensor());
		}
	}

	fn node(&mut self, mut node: NodeProto) -> TractResult<()> {
		if is_ours(&node) {
			return self.unfold(&node).with_context(|| called(&node));
		}
		let onnx = functions::domain(&node).0.is_empty();
		if onnx && node.op_type == "Identity" {
			if let Some(held) = given(&node, 0).and_then(|name| self.held.get(name)).cloned() {
				self.held.insert(output(&node)?.into(), held);
				return Ok(());
			}
		}
		if let Some(name) = node.input.iter().find(|name| self.held.contains_key(*name)) {
			bail!(
				"{}: its input `{name}` is a sequence or an optional, which only {} take; give it the tensors",
				called(&node),
				OPERATORS.join(", ")
			);
		}
		if onnx && node.op_type == "If" && self.concerns(&node) {
			if let Some(taken) = given(&node, 0).and_then(|name| self.constant(name)) {
				return self.branch(&node, taken.cast_to_scalar::<bool>()?);
			}
		}
		for attribute in &mut node.attribute {
			for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
				self.inner(graph)?;
			}
		}
		if onnx && node.op_type == "Constant" {
			let of = node.output.first().cloned().unwrap_or_default();
			match node.attribute.first() {
				Some(AttributeProto { name, t: Some(tensor), .. }) if name == "value" => self.remember(&of, tensor),
				Some(AttributeProto { name, i, .. }) if name == "value_int" => {
					self.remember(&of, &integers(&[*i], true))
				}
				Some(AttributeProto { name, ints, .. }) if name == "value_ints" => {
					self.remember(&of, &integers(ints, false))
				}
				_ => (),
			}
		}
		self.done.push(node);
		Ok(())
	}

	/// True if the graphs inside a node make or read sequences and optionals.
	fn concerns(&self, node: &NodeProto) -> bool {
		let reads = |graph: &GraphProto| {
			let (mut made, mut read) = (BTreeSet::new(), BTreeSet::new());
			names(graph, &mut made, &mut read);
			read.iter().any(|name| self.held.contains_key(*name))
		};
		inner(node).any(|graph| holds(graph) || reads(graph))
	}

	/// Rewrites a graph inside a node.
	fn inner(&self, graph: &mut GraphProto) -> TractResult<()> {
		let mut scope = Scope { held: self.held.clone(), constants: self.constants.clone(), ..Scope::default() };
		graph.initializer.iter().for_each(|tensor| scope.remember(&tensor.name, tensor));
		for node in std::mem::take(&mut graph.node) {
			scope.node(node)?;
		}
		graph.node = scope.done;
		match graph.output.iter().find(|output| scope.held.contains_key(&output.name)) {
			Some(output) => bail!(
				"the graph `{}` inside a node gives `{}`, a sequence or an optional, whose length is not known when the model is loaded; \
				give tensors instead",
				graph.name,
				output.name
			),
			None => Ok(()),
		}
	}

	/// Puts the branch of an `If` that is taken in its place.
	fn branch(&mut self, node: &NodeProto, taken: bool) -> TractResult<()> {
		let name = if taken { "then_branch" } else { "else_branch" };
		let graph = attribute(node, name).and_then(|attribute| attribute.g.as_ref());
		let mut graph = graph.with_context(|| format!("{}: the {name} is missing", called(node)))?.clone();
		let call = format!("{}/{name}/{}", node.output.first().map(String::as_str).unwrap_or_default(), self.branches);
		self.branches += 1;
		let outer: BTreeMap<String, String> = {
			let (mut made, mut read) = (BTreeSet::new(), BTreeSet::new());
			names(&graph, &mut made, &mut read);
			read.difference(&made).map(|name| (name.to_string(), name.to_string())).collect()
		};
		let known = outer.iter().map(|(name, same)| (name.as_str(), same.clone())).collect();
		let names = Names { call: &call, known };
		for mut tensor in std::mem::take(&mut graph.initializer) {
			names.name(&mut tensor.name);
			let name = std::mem::take(&mut tensor.name);
			self.give(&name, tensor)?;
		}
		for mut inner in std::mem::take(&mut graph.node) {
			names.node(&mut inner);
			self.node(inner)?;
		}
		for (output, given) in node.output.iter().zip(&mut graph.output).filter(|(output, _)| !output.is_empty()) {
			names.name(&mut given.name);
			self.write("Identity", vec![given.name.clone()], output, vec![])?;
		}
		Ok(())
	}

	/// Type, shape and value of a tensor at the top of the model, as far as tract infers them from the nodes that lead to it.
	fn fact(&self, name: &str) -> Option<InferenceFact> {
		let model = self.model?;
		let graph = model.graph.as_ref()?;
		let mut wanted = BTreeSet::from([name]);
		let mut node = vec![];
		for done in self.done.iter().rev() {
			if done.output.iter().any(|output| !output.is_empty() && wanted.contains(output.as_str())) {
				wanted.extend(done.input.iter().map(String::as_str));
				let (mut made, mut read) = (BTreeSet::new(), BTreeSet::new());
				inner(done).for_each(|graph| names(graph, &mut made, &mut read));
				wanted.extend(read.difference(&made));
				node.push(done.clone());
			}
		}
		node.reverse();
		// Tract forgets the type of an input or a constant that is an output itself.
		let found = format!("{name}/found");
		node.push(NodeProto {
			input: vec![name.into()],
			output: vec![found.clone()],
			op_type: "Identity".into(),
			..NodeProto::default()
		});
		let wants = |name: &str| wanted.contains(name);
		let part = GraphProto {
			node,
			initializer: graph.initializer.iter().filter(|tensor| wants(&tensor.name)).cloned().collect(),
			input: graph.input.iter().filter(|input| wants(&input.name)).cloned().collect(),
			output: vec![ValueInfoProto { name: found, ..ValueInfoProto::default() }],
			..GraphProto::default()
		};
		let part = ModelProto { graph: Some(part), opset_import: model.opset_import.clone(), ..ModelProto::default() };
		let mut parsed = importer::onnx().parse(&part, None).ok()?.model;
		parsed.analyse(false).ok()?;
		parsed.output_fact(0).ok().cloned()
	}

	/// The value of a tensor that is a constant.
	fn constant(&self, name: &str) -> Option<Arc<Tensor>> {
		let known = self.constants.get(name).cloned();
		known.or_else(|| self.fact(name)?.value.concretize())
	}

	/// Integers that are constants, and whether they are one number.
	fn numbers(&self, name: &str, what: &str) -> TractResult<(Vec<i64>, bool)> {
		let constant = self
			.constant(name)
			.with_context(|| format!("{what} `{name}` is not known when the model is loaded; make it a constant"))?;
		let numbers = constant.cast_to::<i64>()?;
		Ok((numbers.try_as_plain_ram()?.as_slice::<i64>()?.to_vec(), constant.rank() == 0))
	}

	/// The length of a tensor's axis, if it is known.
	fn length(&self, of: &str, axis: i64) -> Option<usize> {
		let shape = self.fact(of)?.shape.concretize()?;
		let rank = shape.len() as i64;
		let axis = if axis < 0 { axis + rank } else { axis };
		shape.get(usize::try_from(axis).ok()?)?.to_usize().ok()
	}

	/// Adds a node of one output.
	fn write(
		&mut self,
		operator: &str,
		input: Vec<String>,
		output: &str,
		attribute: Vec<AttributeProto>,
	) -> TractResult<()> {
		self.node(NodeProto {
			input,
			output: vec![output.into()],
			op_type: operator.into(),
			domain: functions::onnx_domain(OPSET),
			attribute,
			..NodeProto::default()
		})
	}

	/// Adds a constant.
	fn give(&mut self, name: &str, tensor: TensorProto) -> TractResult<()> {
		let value = AttributeProto { name: "value".into(), r#type: 4, t: Some(tensor), ..AttributeProto::default() };
		self.write("Constant", vec![], name, vec![value])
	}

	/// Adds `Squeeze` or `Unsqueeze` of one axis.
	fn change_axis(&mut self, operator: &str, of: &str, axis: i64, output: &str) -> TractResult<()> {
		let axes = format!("{output}/axes");
		self.give(&axes, integers(&[axis], false))?;
		self.write(operator, vec![of.into(), axes], output, vec![])
	}

	fn list(&self, name: &str) -> TractResult<Vec<String>> {
		match self.held.get(name) {
			Some(Held::List(list)) => Ok(list.clone()),
			Some(Held::Slices { of, axis, .. }) => bail!(
				"the length of the sequence `{name}` is not known when the model is loaded; export the model with a fixed length of axis {axis} of `{of}`"
			),
			Some(Held::Nothing) => bail!("the optional `{name}` has no content"),
			None => bail!(
				"`{name}` is no sequence whose tensors are known when the model is loaded; make it with SequenceConstruct or SplitToSequence"
			),
		}
	}

	fn hold(&mut self, node: &NodeProto, list: Vec<String>) -> TractResult<()> {
		ensure!(list.len() <= MOST_TENSORS, "a sequence of more than {MOST_TENSORS} tensors is not supported");
		self.held.insert(output(node)?.into(), Held::List(list));
		Ok(())
	}

	/// A place in a list of this length, which an input says; `default` where there is none.
	fn place(&self, node: &NodeProto, index: usize, length: usize, default: i64) -> TractResult<usize> {
		let place = match given(node, index) {
			None => default,
			Some(name) => match self.numbers(name, "the position")?.0[..] {
				[place] => place,
				_ => bail!("the position `{name}` is not one number"),
			},
		};
		let from_start = if place < 0 { place.saturating_add(length as i64) } else { place };
		usize::try_from(from_start).ok().filter(|place| *place <= length).with_context(|| {
			format!("the position {place} is outside of the sequence `{}` of {length} tensors", node.input[0])
		})
	}

	/// A place at which there is a tensor.
	fn place_of_one(&self, node: &NodeProto, index: usize, length: usize) -> TractResult<usize> {
		let place = self.place(node, index, length, -1)?;
		ensure!(place < length, "the sequence `{}` has {length} tensors, and none at {place}", node.input[0]);
		Ok(place)
	}

	/// Does in place of a node what it would do at the run.
	fn unfold(&mut self, node: &NodeProto) -> TractResult<()> {
		match node.op_type.as_str() {
			"SequenceConstruct" => {
				if let Some(name) = node.input.iter().find(|name| self.held.contains_key(*name)) {
					bail!("a sequence of sequences, of which `{name}` is one, is not supported; use one of tensors");
				}
				self.hold(node, node.input.clone())
			}
			"SequenceEmpty" => self.hold(node, vec![]),
			"SequenceInsert" => {
				let mut list = self.list(input(node, 0)?)?;
				let place = self.place(node, 2, list.len(), list.len() as i64)?;
				list.insert(place, input(node, 1)?.into());
				self.hold(node, list)
			}
			"SequenceErase" => {
				let mut list = self.list(input(node, 0)?)?;
				let place = self.place_of_one(node, 1, list.len())?;
				list.remove(place);
				self.hold(node, list)
			}
			"SequenceAt" => self.at(node),
			"SequenceLength" => self.count(node),
			"SplitToSequence" => self.split(node),
			"ConcatFromSequence" => self.concat(node),
			"Optional" | "OptionalGetElement" => self.content(node),
			_ => {
				let has = given(node, 0).is_some_and(|name| !matches!(self.held.get(name), Some(Held::Nothing)));
				let has = TensorProto { data_type: 9, int32_data: vec![has.into()], ..TensorProto::default() };
				self.give(output(node)?, has)
			}
		}
	}

	/// An optional and its content are the same.
	fn content(&mut self, node: &NodeProto) -> TractResult<()> {
		let name = output(node)?;
		let makes = node.op_type == "Optional";
		let held = match given(node, 0) {
			None if makes => Some(Held::Nothing),
			None => bail!("the optional is missing"),
			Some(of) => self.held.get(of).cloned(),
		};
		match held {
			Some(Held::Nothing) if !makes => bail!("the optional `{}` has no content", node.input[0]),
			Some(held) => {
				self.held.insert(name.into(), held);
				Ok(())
			}
			None => self.write("Identity", vec![node.input[0].clone()], name, vec![]),
		}
	}

	fn at(&mut self, node: &NodeProto) -> TractResult<()> {
		let (name, position) = (output(node)?, input(node, 1)?);
		let Some(Held::Slices { of, axis, keep }) = self.held.get(input(node, 0)?).cloned() else {
			let list = self.list(&node.input[0])?;
			let place = self.place_of_one(node, 1, list.len())?;
			return self.write("Identity", vec![list[place].clone()], name, vec![]);
		};
		// The index is a list of one, so that the axis stays.
		let (shape, index) = (format!("{name}/shape"), format!("{name}/index"));
		self.give(&shape, integers(&[1], false))?;
		self.write("Reshape", vec![position.into(), shape], &index, vec![])?;
		let slice = if keep { name.into() } else { format!("{name}/slice") };
		self.write("Gather", vec![of, index], &slice, vec![integer_attribute("axis", axis)])?;
		if keep {
			return Ok(());
		}
		self.change_axis("Squeeze", &slice, axis, name)
	}

	fn count(&mut self, node: &NodeProto) -> TractResult<()> {
		let name = output(node)?;
		let Some(Held::Slices { of, axis, .. }) = self.held.get(input(node, 0)?).cloned() else {
			let length = self.list(&node.input[0])?.len();
			return self.give(name, integers(&[length as i64], true));
		};
		let (shape, index) = (format!("{name}/shape"), format!("{name}/axis"));
		self.write("Shape", vec![of], &shape, vec![])?;
		self.give(&index, integers(&[axis], true))?;
		self.write("Gather", vec![shape, index], name, vec![integer_attribute("axis", 0)])
	}

	fn split(&mut self, node: &NodeProto) -> TractResult<()> {
		let (name, of) = (output(node)?, input(node, 0)?);
		let axis = integer(node, "axis", 0);
		let length = self.length(of, axis);
		let keep = integer(node, "keepdims", 1) != 0;
		let Some(split) = given(node, 1) else {
			let Some(length) = length else {
				self.held.insert(name.into(), Held::Slices { of: of.into(), axis, keep });
				return Ok(());
			};
			let list = self.pieces(node, &vec![1; length.min(MOST_TENSORS + 1)], axis)?;
			if keep {
				return self.hold(node, list);
			}
			let mut squeezed = vec![];
			for piece in list {
				squeezed.push(format!("{piece}/squeezed"));
				self.change_axis("Squeeze", &piece, axis, &format!("{piece}/squeezed"))?;
			}
			return self.hold(node, squeezed);
		};
		// The standard ignores it there, and onnxruntime does not always.
		ensure!(keep, "the attribute keepdims = 0 beside a split is not supported; leave one of them out");
		let (numbers, scalar) = self.numbers(split, "the split")?;
		ensure!(numbers.iter().all(|number| *number >= 0), "a split of a negative length");
		let lengths = match numbers[..] {
			[each] if scalar => {
				let length = length.with_context(|| {
					format!("the length of axis {axis} of `{of}` is not known when the model is loaded; export the model with a fixed one")
				})?;
				let each = usize::try_from(each).ok().filter(|each| *each > 0).context("a split of length zero")?;
				let starts = (0..length).step_by(each).take(MOST_TENSORS + 1);
				starts.map(|start| each.min(length - start) as i64).collect()
			}
			_ => numbers,
		};
		if let Some(length) = length {
			let sum = lengths.iter().fold(0i64, |sum, length| sum.saturating_add(*length));
			ensure!(
				sum == length as i64 || lengths.len() > MOST_TENSORS,
				"a split of {sum} in all, where axis {axis} of `{of}` has {length}"
			);
		}
		let list = self.pieces(node, &lengths, axis)?;
		self.hold(node, list)
	}

	/// Adds the node that cuts a tensor into pieces of these lengths.
	fn pieces(&mut self, node: &NodeProto, lengths: &[i64], axis: i64) -> TractResult<Vec<String>> {
		ensure!(lengths.len() <= MOST_TENSORS, "a sequence of more than {MOST_TENSORS} tensors is not supported");
		if lengths.is_empty() {
			return Ok(vec![]);
		}
		let name = output(node)?;
		let list: Vec<String> = (0..lengths.len()).map(|index| format!("{name}/{index}")).collect();
		let split = format!("{name}/lengths");
		self.give(&split, integers(lengths, false))?;
		self.node(NodeProto {
			input: vec![node.input[0].clone(), split],
			output: list.clone(),
			op_type: "Split".into(),
			domain: functions::onnx_domain(OPSET),
			attribute: vec![integer_attribute("axis", axis)],
			..NodeProto::default()
		})?;
		Ok(list)
	}

	fn concat(&mut self, node: &NodeProto) -> TractResult<()> {
		let name = output(node)?;
		let axis = attribute(node, "axis").context("the attribute axis is missing")?.i;
		let new_axis = integer(node, "new_axis", 0) != 0;
		if let Some(Held::Slices { of, axis: split, keep }) = self.held.get(input(node, 0)?).cloned() {
			if split == axis && keep != new_axis {
				// All slices side by side again.
				return self.write("Identity", vec![of], name, vec![]);
			}
		}
		let mut list = self.list(&node.input[0])?;
		ensure!(!list.is_empty(), "the sequence `{}` is empty", node.input[0]);
		if new_axis {
			for (index, tensor) in list.iter_mut().enumerate() {
				let wider = format!("{name}/{index}");
				self.change_axis("Unsqueeze", tensor, axis, &wider)?;
				*tensor = wider;
			}
		}
		self.write("Concat", list, name, vec![integer_attribute("axis", axis)])
	}

	/// An output of the model: the tensors of a sequence are outputs of their own. `names` are those of the model.
	fn output(&mut self, output: &ValueInfoProto, names: &BTreeSet<String>) -> TractResult<Vec<ValueInfoProto>> {
		let name = &output.name;
		if !self.held.contains_key(name) {
			return Ok(vec![output.clone()]);
		}
		let list = self.list(name).with_context(|| format!("output `{name}`"))?;
		ensure!(!list.is_empty(), "the output `{name}` is an empty sequence; export the model without it");
		let mut outputs = vec![];
		for (index, tensor) in list.into_iter().enumerate() {
			let numbered = format!("{name}.{index}");
			if tensor != numbered {
				ensure!(
					!names.contains(&numbered),
					"tensor {index} of the sequence `{name}` would be the output `{numbered}`, which the model names already; rename that"
				);
				self.write("Identity", vec![tensor], &numbered, vec![])?;
			}
			outputs.push(ValueInfoProto { name: numbered, ..ValueInfoProto::default() });
		}
		Ok(outputs)
	}
}
