//! Element-wise operators, as many together as a kernel's program has room for.

use super::{constant, number, only_reader, shape, stride, strides};
use crate::{
	call, cost,
	kernel::{
		elements,
		elements::{Extreme, Function, Quotient},
		Kernel, Own,
	},
};
use assay_kernels::{
	chain::{Operation, Step, CONSTANT, INPUTS, SCRATCH, STEPS},
	Descriptor, Kernel as Number,
};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{
		array::Slice,
		binary::TypedBinOp,
		element_wise::ElementWiseOp,
		math::{PowConst, SubF},
		nn::LeakyRelu,
		Downsample,
	},
	tract_hir::internal::*,
};

/// A program over tensors.
#[derive(Debug, Clone)]
struct Chain {
	/// Without operands.
	descriptor: Descriptor,
	program: Vec<u8>,
	output_strides: [i32; 4],
	input_strides: Vec<[i32; 4]>,
	/// The first element of the first input.
	first: usize,
	shape: TVec<usize>,
	/// Quarters of a unit for each element.
	each: u64,
}

impl Kernel for Chain {
	fn name(&self) -> &'static str {
		"Elements"
	}

	fn facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(DatumType::F32.fact(&self.shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let read = inputs.iter().filter_map(|fact| elements(fact)).sum::<u64>();
		let written: u64 = self.shape.iter().fold(1, |product, dim| product.saturating_mul(*dim as u64));
		Some(cost::kernel(0, read, written).saturating_add(written.saturating_mul(self.each) / 4))
	}

	fn units_are_all(&self) -> bool {
		true
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut output = call::output(&self.shape)?;
		if output.len() == 0 {
			return Ok(tvec!(output.into_tvalue()));
		}
		let mut descriptor = self.descriptor;
		descriptor.operands[0] = call::written(&mut output, self.output_strides);
		for (index, (input, strides)) in inputs.iter().zip(&self.input_strides).enumerate() {
			descriptor.operands[1 + index] = call::operand(input, *strides);
		}
		let skipped = self.first as u32 * 4;
		descriptor.operands[1].at += skipped;
		descriptor.operands[1].bytes -= skipped;
		descriptor.operands[5] = call::bytes(&self.program);
		call::execute(&mut descriptor, SCRATCH)?;
		Ok(tvec!(output.into_tvalue()))
	}
}

/// The origin of a number that a step of an operator takes.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Source {
	/// The operator's first or second input.
	Input(usize),
	/// An earlier step of the operator.
	Step(usize),
	/// A number.
	Number(f32),
}

/// An operator as steps.
type Steps = Vec<(Operation, Vec<Source>)>;

/// The steps of an element-wise operator. None if the kernel cannot do it.
fn steps(node: &TypedNode) -> Option<Steps> {
	use Source::*;
	if let Some(TypedBinOp(op, None)) = node.op_as::<TypedBinOp>() {
		let operation = match op.name() {
			"Add" => Operation::Add,
			"Sub" | "SubF" => Operation::Sub,
			"Mul" => Operation::Mul,
			"Div" => Operation::Div,
			"Min" => Operation::Min,
			"Max" => Operation::Max,
			_ => return None,
		};
		let sources = if op.is::<SubF>() { vec![Input(1), Input(0)] } else { vec![Input(0), Input(1)] };
		return Some(vec![(operation, sources)]);
	}
	if let Some(own) = node.op_as::<Own>() {
		return of_own(own, node.inputs.len());
	}
	let ElementWiseOp(op, None) = node.op_as::<ElementWiseOp>()? else { return None };
	let one = |operation| Some(vec![(operation, vec![Input(0)])]);
	if let Some(leaky) = op.downcast_ref::<LeakyRelu>() {
		return Some(vec![(Operation::LeakyRelu, vec![Input(0), Number(leaky.alpha)])]);
	}
	if let Some(power) = op.downcast_ref::<PowConst>() {
		let square = (Operation::Mul, vec![Input(0), Input(0)]);
		return match power.exponent {
			2.0 => Some(vec![square]),
			3.0 => Some(vec![square, (Operation::Mul, vec![Step(0), Input(0)])]),
			0.5 => one(Operation::Sqrt),
			_ => None,
		};
	}
	match op.name().as_str() {
		"Abs" => one(Operation::Abs),
		"Neg" => one(Operation::Neg),
		"Sqrt" => one(Operation::Sqrt),
		"Floor" => one(Operation::Floor),
		"Ceil" => one(Operation::Ceil),
		"RoundHalfToEven" => one(Operation::Rint),
		"Exp" => one(Operation::Exp),
		"Sigmoid" => one(Operation::Sigmoid),
		"Silu" => one(Operation::Silu),
		"Tanh" => one(Operation::Tanh),
		"Erf" => one(Operation::Erf),
		"GeluExact" => one(Operation::Gelu),
		"HardSwish" => one(Operation::HardSwish),
		"Square" => Some(vec![(Operation::Mul, vec![Input(0), Input(0)])]),
		"Recip" => Some(vec![(Operation::Div, vec![Number(1.0), Input(0)])]),
		"Rsqrt" => Some(vec![(Operation::Sqrt, vec![Input(0)]), (Operation::Div, vec![Number(1.0), Step(0)])]),
		_ => None,
	}
}

/// The steps of an operator of ours. None if it is not element-wise, or if the kernel cannot do it.
fn of_own(own: &Own, inputs: usize) -> Option<Steps> {
	use Source::*;
	if let Some(extreme) = own.is::<Extreme>() {
		let operation = if extreme.largest { Operation::Max } else { Operation::Min };
		let first = |input| if input == 1 { Input(0) } else { Step(input - 2) };
		return (inputs > 1).then(|| (1..inputs).map(|input| (operation, vec![first(input), Input(input)])).collect());
	}
	if own.is::<Quotient>().is_some() {
		return Some(vec![(Operation::Div, vec![Input(0), Input(1)])]);
	}
	let low = |low: Option<f64>| Number(low.map_or(f32::NEG_INFINITY, |low| low as f32));
	let high = |high: Option<f64>| Number(high.map_or(f32::INFINITY, |high| high as f32));
	Some(match *own.is::<Function>()? {
		Function::Clamp { low: least, high: most } => {
			vec![(Operation::AtLeast, vec![Input(0), low(least)]), (Operation::AtMost, vec![Step(0), high(most)])]
		}
		Function::Saturate { low, high } => vec![
			(Operation::AtLeast, vec![Number(low as f32), Input(0)]),
			(Operation::AtMost, vec![Step(0), Number(high as f32)]),
		],
		Function::HardSigmoid { alpha, beta } => vec![
			(Operation::Mul, vec![Input(0), Number(alpha as f32)]),
			(Operation::Add, vec![Step(0), Number(beta as f32)]),
			(Operation::AtLeast, vec![Step(1), Number(0.0)]),
			(Operation::AtMost, vec![Step(2), Number(1.0)]),
		],
		Function::Swish { alpha: 1.0 } => vec![(Operation::Silu, vec![Input(0)])],
		Function::Sigmoid => vec![(Operation::Sigmoid, vec![Input(0)])],
		Function::Round => vec![(Operation::Rint, vec![Input(0)])],
		Function::LeakyRelu { alpha } => vec![(Operation::LeakyRelu, vec![Input(0), Number(alpha as f32)])],
		Function::HardSwish => vec![(Operation::HardSwish, vec![Input(0)])],
		_ => return None,
	})
}

/// A node's steps and its output's shape. None if the kernel cannot do it, a shape is unknown, or a tensor is not of single precision.
fn known(model: &TypedModel, node: &TypedNode) -> Option<(Steps, TVec<usize>)> {
	let steps = steps(node)?;
	let (inputs, outputs) = model.node_facts(node.id).ok()?;
	let output = shape(outputs[0])?;
	for (input, outlet) in inputs.iter().zip(&node.inputs) {
		let input = shape(input)?;
		if input.len() != output.len() && number(model, *outlet).is_none() {
			return None;
		}
	}
	Some((steps, output))
}

/// True if a node is element-wise and the kernel can do it.
pub fn is_known(model: &TypedModel, node: &TypedNode) -> bool {
	known(model, node).is_some()
}

/// A tree of operators whose results nobody else reads, and the tensors that it starts from.
struct Tree<'a> {
	model: &'a TypedModel,
	/// Operators, the last one first.
	nodes: Vec<(usize, Steps)>,
	leaves: Vec<OutletId>,
	steps: usize,
	/// A tensor that is not computed here, whatever makes it.
	given: Option<OutletId>,
}

impl<'a> Tree<'a> {
	/// Takes in what comes before a node, as far as there is room, and not what makes the tensor that is given.
	fn of(model: &'a TypedModel, node: &TypedNode, given: Option<OutletId>) -> Option<Tree<'a>> {
		let (steps, output) = known(model, node)?;
		let mut tree = Tree { model, steps: steps.len(), nodes: vec![(node.id, steps)], leaves: vec![], given };
		tree.add_leaves(&node.inputs);
		if tree.leaves.len() > INPUTS {
			return None;
		}
		let mut at = 0;
		while at < tree.leaves.len() {
			let leaf = tree.leaves[at];
			if !tree.expand(leaf, &output) {
				at += 1;
			}
		}
		(!tree.leaves.is_empty()).then_some(tree)
	}

	/// Numbers are in the program; all else is a leaf, once.
	fn add_leaves(&mut self, inputs: &[OutletId]) {
		for input in inputs {
			if number(self.model, *input).is_none() && !self.leaves.contains(input) {
				self.leaves.push(*input);
			}
		}
	}

	/// Takes in the operator that makes a leaf; says whether it did.
	fn expand(&mut self, leaf: OutletId, output: &[usize]) -> bool {
		let node = self.model.node(leaf.node);
		let Some((steps, shape)) = known(self.model, node) else { return false };
		let alone = only_reader(self.model, leaf).is_some();
		if !alone || self.given == Some(leaf) || shape[..] != *output || self.steps + steps.len() > STEPS {
			return false;
		}
		let before = self.leaves.clone();
		self.leaves.retain(|other| *other != leaf);
		self.add_leaves(&node.inputs);
		if self.leaves.len() > INPUTS {
			self.leaves = before;
			return false;
		}
		self.steps += steps.len();
		self.nodes.push((node.id, steps));
		true
	}

	/// The kernel's program.
	fn program(&self) -> TractResult<Vec<Step>> {
		let mut program: Vec<Step> = vec![];
		let mut results: Vec<(OutletId, u8)> = vec![];
		let order = self.model.eval_order()?;
		let mut nodes: Vec<&(usize, Steps)> = self.nodes.iter().collect();
		nodes.sort_by_key(|(id, _)| order.iter().position(|node| node == id));
		for (id, steps) in nodes {
			let node = self.model.node(*id);
			let first = program.len();
			for (operation, sources) in steps {
				let mut step = Step { operation: *operation, sources: [0; 3], constant: 0.0 };
				for (place, source) in sources.iter().enumerate() {
					let constant = match source {
						Source::Input(input) => number(self.model, node.inputs[*input]),
						Source::Number(number) => Some(*number),
						Source::Step(_) => None,
					};
					step.sources[place] = match (constant, source) {
						(Some(number), _) => {
							step.constant = number;
							CONSTANT
						}
						(None, Source::Step(step)) => (INPUTS + first + step) as u8,
						(None, Source::Input(input)) => {
							let outlet = node.inputs[*input];
							let result = results.iter().find(|(made, _)| *made == outlet).map(|(_, source)| *source);
							let leaf = || self.leaves.iter().position(|leaf| *leaf == outlet).map(|leaf| leaf as u8);
							result.or_else(leaf).context("an operator without its input")?
						}
						(None, Source::Number(_)) => bail!("a number that is none"),
					};
				}
				program.push(step);
			}
			results.push(((*id).into(), (INPUTS + program.len() - 1) as u8));
		}
		Ok(program)
	}
}

/// Operators that follow a tensor, element by element, and need no other tensor.
pub struct Following {
	/// The operators as a program of one input.
	pub program: Vec<u8>,
	/// Units for each element.
	pub each: u64,
	/// The last operator.
	pub last: usize,
}

/// The operators that follow a node's only output, as far as a kernel can do them with the results in a cache.
pub fn following(model: &TypedModel, node: &TypedNode) -> TractResult<Option<Following>> {
	let outlet = OutletId::from(node.id);
	if model.output_outlets()?.contains(&outlet) {
		return Ok(None);
	}
	let readers: Vec<usize> = model.outlet_successors(outlet).iter().map(|inlet| inlet.node).collect();
	let own = shape(model.outlet_fact(outlet)?);
	// All that comes after it, element by element and one by one, until the steps would be too many.
	let mut after = readers.clone();
	let mut at = 0;
	let mut best: Option<Tree> = None;
	while at < after.len() && at <= STEPS {
		let next = model.node(after[at]);
		at += 1;
		if shape(&next.outputs[0].fact) != own || !is_known(model, next) {
			continue;
		}
		let tree = Tree::of(model, next, Some(outlet)).filter(|tree| {
			let is_alone = tree.leaves[..] == [outlet];
			is_alone && readers.iter().all(|reader| tree.nodes.iter().any(|(node, _)| node == reader))
		});
		if let Some(tree) = tree.filter(|tree| best.as_ref().is_none_or(|best| best.steps < tree.steps)) {
			best = Some(tree);
		}
		for inlet in model.outlet_successors(next.id.into()) {
			if !after.contains(&inlet.node) {
				after.push(inlet.node);
			}
		}
	}
	let Some(tree) = best else { return Ok(None) };
	let program = tree.program()?;
	Ok(Some(Following {
		each: program.iter().map(|step| quarters(step.operation)).sum(),
		program: program.iter().flat_map(|step| step.to_bytes()).collect(),
		last: tree.nodes[0].0,
	}))
}

/// The distances of neighbours of output and inputs along the output's axes, the output's first: 0 where an input is repeated.
fn distances(output: &[usize], inputs: &[TVec<usize>]) -> Option<Vec<TVec<usize>>> {
	let mut distances = vec![strides(output)];
	for input in inputs {
		let own = strides(input);
		let along = |axis: usize| if input[axis] == 1 { 0 } else { own[axis] };
		if (0..output.len()).any(|axis| input[axis] != 1 && input[axis] != output[axis]) {
			return None;
		}
		distances.push((0..output.len()).map(along).collect());
	}
	Some(distances)
}

/// The fewest axes that tensors can be walked along, outermost first, as four: lengths, and distances for each tensor. The first tensor
/// lies row by row.
fn walk(lengths_of_axes: &[usize], distances: &[TVec<usize>]) -> Option<(Vec<usize>, Vec<Vec<usize>>)> {
	let mut lengths: Vec<usize> = vec![];
	let mut joined: Vec<Vec<usize>> = vec![vec![]; distances.len()];
	for (axis, length) in lengths_of_axes.iter().enumerate().filter(|(_, length)| **length != 1) {
		let last = lengths.len().checked_sub(1);
		let one = |(tensor, distance): (usize, &TVec<usize>)| {
			last.is_some_and(|last| joined[tensor][last] == distance[axis] * length)
		};
		let joins = distances.iter().enumerate().all(one);
		match last {
			Some(last) if joins => {
				lengths[last] *= length;
				joined.iter_mut().zip(distances).for_each(|(joined, distance)| joined[last] = distance[axis]);
			}
			_ => {
				lengths.push(*length);
				joined.iter_mut().zip(distances).for_each(|(joined, distance)| joined.push(distance[axis]));
			}
		}
	}
	if lengths.is_empty() {
		joined[0] = vec![1];
		joined[1..].iter_mut().for_each(|joined| joined.push(0));
		lengths.push(1);
	}
	while lengths.len() < 4 {
		lengths.insert(0, 1);
		joined.iter_mut().for_each(|joined| joined.insert(0, 0));
	}
	(lengths.len() == 4).then_some((lengths, joined))
}

/// An operator that only moves elements: for each axis of the output how far its neighbours are apart in the input, and the first element.
fn moved(node: &TypedNode, input: &[usize], output: &[usize]) -> Option<(TVec<usize>, usize)> {
	let own = strides(input);
	if let Some(AxisOp::Move(from, to)) = node.op_as::<AxisOp>() {
		let mut distances = own;
		let axis = distances.remove(*from);
		distances.insert(*to, axis);
		return Some((distances, 0));
	}
	if let Some(downsample) = node.op_as::<Downsample>() {
		let stride = usize::try_from(downsample.stride).ok()?;
		let mut distances = own;
		let first = downsample.modulo * distances[downsample.axis];
		distances[downsample.axis] *= stride;
		return Some((distances, first));
	}
	let slice = node.op_as::<Slice>()?;
	let start = slice.start.to_usize().ok()?;
	let end = start + output[slice.axis];
	(end <= input[slice.axis]).then(|| (own.clone(), start * own[slice.axis]))
}

/// Replaces an operator that only moves elements.
pub fn moves(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	let [input] = node.inputs[..] else { return Ok(None) };
	let (inputs, outputs) = model.node_facts(node.id)?;
	let [output] = outputs[..] else { return Ok(None) };
	let (Some(from), Some(to)) = (shape(inputs[0]), shape(output)) else { return Ok(None) };
	if to.contains(&0) || constant(model, input).is_some() {
		return Ok(None);
	}
	let Some((distances, first)) = moved(node, &from, &to) else { return Ok(None) };
	let Some((lengths, distances)) = walk(&to, &[strides(&to), distances]) else { return Ok(None) };
	let program = vec![Step { operation: Operation::Copy, sources: [0; 3], constant: 0.0 }];
	replace(model, node, &[input], Walk { lengths, distances, first }, program, to)
}

/// The axes along which a program's tensors are walked: their lengths, and each tensor's distances along them, the output's first.
struct Walk {
	lengths: Vec<usize>,
	distances: Vec<Vec<usize>>,
	/// The first element of the first input.
	first: usize,
}

/// Quarters of a unit of a step for each element.
fn quarters(operation: Operation) -> u64 {
	match operation {
		Operation::Exp | Operation::Sigmoid | Operation::Silu | Operation::Tanh | Operation::Erf | Operation::Gelu => {
			16
		}
		_ => 1,
	}
}

/// Replaces an element-wise operator and those before it.
pub fn rule(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	let Some(tree) = Tree::of(model, node, None) else { return Ok(None) };
	let output = shape(model.outlet_fact(node.id.into())?).context("a shape that was known")?;
	let inputs = tree.leaves.iter().map(|leaf| shape(model.outlet_fact(*leaf)?).context("a shape that was known"));
	let inputs: Vec<TVec<usize>> = inputs.collect::<TractResult<_>>()?;
	let walked = distances(&output, &inputs).and_then(|distances| walk(&output, &distances));
	let Some((lengths, distances)) = walked else { return Ok(None) };
	replace(model, node, &tree.leaves, Walk { lengths, distances, first: 0 }, tree.program()?, output)
}

fn replace(
	model: &TypedModel,
	node: &TypedNode,
	leaves: &[OutletId],
	walk: Walk,
	program: Vec<Step>,
	shape: TVec<usize>,
) -> TractResult<Option<TypedModelPatch>> {
	let mut descriptor = call::descriptor(Number::Chain);
	for (place, length) in descriptor.dims.iter_mut().zip(&walk.lengths) {
		*place = u32::try_from(*length)?;
	}
	descriptor.dims[4] = program.len() as u32;
	let four = |distances: &Vec<usize>| -> TractResult<[i32; 4]> {
		Ok([stride(distances[0])?, stride(distances[1])?, stride(distances[2])?, stride(distances[3])?])
	};
	let mut patch = TypedModelPatch::default();
	let taps = leaves.iter().map(|leaf| patch.tap_model(model, *leaf)).collect::<TractResult<TVec<_>>>()?;
	let op = Chain {
		descriptor,
		program: program.iter().flat_map(|step| step.to_bytes()).collect(),
		output_strides: four(&walk.distances[0])?,
		input_strides: walk.distances[1..].iter().map(four).collect::<TractResult<_>>()?,
		first: walk.first,
		shape,
		each: program.iter().map(|step| quarters(step.operation)).sum(),
	};
	let wire = patch.wire_node(&*node.name, Own(Arc::new(op)), &taps)?;
	patch.shunt_outside(model, node.id.into(), wire[0])?;
	Ok(Some(patch))
}
