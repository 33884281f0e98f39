//! Text: labels of classes, and what may be done with tensors of it.

use super::{all_elements, Kernel, Own};
use assay_primitives::tensor::MAX_TEXT_BYTES;
use tract_onnx::{
	prelude::*,
	tract_core::{broadcast::multi_broadcast, ops::source::TypedSource},
	tract_hir::internal::*,
};

/// Tract's operators that move elements of text. Others copy bytes, which text has not.
const MOVES: [&str; 10] =
	["AddAxis", "RmAxis", "MoveAxis", "IntoShape", "Reshape", "Concat", "Gather", "Slice", "Identity", "Const"];

/// Fails if text comes to an operator, or out of one, that has no notion of it.
pub fn check(model: &TypedModel) -> TractResult<()> {
	for node in &model.nodes {
		if node.op_is::<Own>() || node.op_is::<TypedSource>() || MOVES.contains(&node.op.name().as_ref()) {
			continue;
		}
		let (inputs, outputs) = model.node_facts(node.id)?;
		let text = inputs.iter().chain(&outputs).any(|fact| fact.datum_type == DatumType::String);
		ensure!(!text, "node `{}` ({}): text is not supported here", node.name, node.op.name());
	}
	Ok(())
}

/// The labels of a classifier's classes.
#[derive(Debug, Clone)]
pub enum Labels {
	Numbers(Vec<i64>),
	Texts(Vec<String>),
}

impl Labels {
	/// Number of classes.
	pub fn len(&self) -> usize {
		match self {
			Labels::Numbers(labels) => labels.len(),
			Labels::Texts(labels) => labels.len(),
		}
	}

	/// Type and shape of so many labels.
	pub fn fact(&self, rows: TDim) -> TypedFact {
		match self {
			Labels::Numbers(_) => i64::fact([rows]),
			Labels::Texts(_) => String::fact([rows]),
		}
	}

	/// The labels of these classes.
	pub fn of(&self, classes: &[usize]) -> TValue {
		let found = match self {
			Labels::Numbers(labels) => tensor1(&classes.iter().map(|class| labels[*class]).collect::<Vec<_>>()),
			Labels::Texts(labels) => tensor1(&classes.iter().map(|class| labels[*class].clone()).collect::<Vec<_>>()),
		};
		found.into_tvalue()
	}
}

fn shape_of(inputs: &[&TypedFact]) -> TractResult<TVec<TDim>> {
	let shapes: TVec<TVec<TDim>> = inputs.iter().map(|input| input.shape.to_tvec()).collect();
	multi_broadcast(&shapes)
}

/// The inputs, all of the same shape.
fn broadcast(inputs: &[TValue]) -> TractResult<(TVec<usize>, Vec<Tensor>)> {
	let shapes: TVec<TVec<usize>> = inputs.iter().map(|input| input.shape().into()).collect();
	let shape = multi_broadcast(&shapes)?;
	let wide = |input: &TValue| {
		let mut input = input.clone().into_tensor();
		while input.rank() < shape.len() {
			input.insert_axis(0)?;
		}
		input.broadcast_to_shape(&shape)
	};
	let inputs = inputs.iter().map(wide).collect::<TractResult<_>>()?;
	Ok((shape, inputs))
}

/// `Equal` of text.
#[derive(Debug, Clone)]
pub struct Equal;

impl Kernel for Equal {
	fn name(&self) -> &'static str {
		"Equal"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		ensure!(inputs.iter().all(|input| input.datum_type == DatumType::String), "Equal of text and of another type");
		Ok(tvec!(bool::fact(shape_of(inputs)?)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(80))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (shape, wide) = broadcast(&inputs)?;
		let (a, b) = (wide[0].try_as_plain_ram()?, wide[1].try_as_plain_ram()?);
		let (a, b) = (a.as_slice::<String>()?, b.as_slice::<String>()?);
		let same: Vec<bool> = a.iter().zip(b).map(|(a, b)| a == b).collect();
		Ok(tvec!(tensor1(&same).into_shape(&shape)?.into_tvalue()))
	}
}

/// `Where` of text.
#[derive(Debug, Clone)]
pub struct Where;

impl Kernel for Where {
	fn name(&self) -> &'static str {
		"Where"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let text = inputs.iter().skip(1).all(|input| input.datum_type == DatumType::String);
		ensure!(text && inputs.len() == 3, "Where of text and of another type");
		Ok(tvec!(String::fact(shape_of(inputs)?)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(80))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (shape, wide) = broadcast(&inputs)?;
		let (condition, a, b) = (wide[0].try_as_plain_ram()?, wide[1].try_as_plain_ram()?, wide[2].try_as_plain_ram()?);
		let (a, b) = (a.as_slice::<String>()?, b.as_slice::<String>()?);
		let chosen = condition.as_slice::<bool>()?.iter().zip(a.iter().zip(b));
		let chosen: Vec<String> = chosen.map(|(first, (a, b))| if *first { a } else { b }.clone()).collect();
		Ok(tvec!(tensor1(&chosen).into_shape(&shape)?.into_tvalue()))
	}
}

/// `StringConcat`.
#[derive(Debug, Clone)]
pub struct Join;

impl Kernel for Join {
	fn name(&self) -> &'static str {
		"StringConcat"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let text = inputs.iter().all(|input| input.datum_type == DatumType::String);
		ensure!(text && inputs.len() == 2, "StringConcat has two inputs of text");
		Ok(tvec!(String::fact(shape_of(inputs)?)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(80))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (shape, wide) = broadcast(&inputs)?;
		let (a, b) = (wide[0].try_as_plain_ram()?, wide[1].try_as_plain_ram()?);
		let mut joined = vec![];
		for (a, b) in a.as_slice::<String>()?.iter().zip(b.as_slice::<String>()?) {
			ensure!(a.len() + b.len() <= MAX_TEXT_BYTES, "StringConcat: a text of more than {MAX_TEXT_BYTES} bytes");
			joined.push(format!("{a}{b}"));
		}
		Ok(tvec!(tensor1(&joined).into_shape(&shape)?.into_tvalue()))
	}
}
