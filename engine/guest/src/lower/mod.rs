//! Puts kernels in the place of tract's operators: after tract has typed and decluttered a model, and before it chooses its own.
//!
//! Each rule knows one kind of operator in single precision, at shapes that are known. An operator that no rule knows stays tract's.

mod conv;
mod elements;
mod finish;
mod layout;
mod product;
mod recurrent;
mod rows;

use crate::{branches::Either, loops, quantized};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{logic::IfThenElse, scan::Scan},
	tract_hir::internal::*,
};

type Rule = fn(&TypedModel, &TypedNode) -> TractResult<Option<TypedModelPatch>>;

/// In this order: products and sums first, which take in what follows them; what is left of that is element-wise.
const RULES: [Rule; 6] = [conv::rule, product::rule, recurrent::rule, rows::rule, elements::rule, elements::moves];

/// Lowers a decluttered model and the plans inside it.
pub fn lower(mut model: TypedModel) -> TractResult<TypedModel> {
	for node in &mut model.nodes {
		if let Some(scan) = node.op_as_mut::<Scan>() {
			scan.body = lower(std::mem::take(&mut scan.body))?;
		} else if let Some(branches) = node.op_as_mut::<IfThenElse>() {
			branches.then_body = lower(std::mem::take(&mut branches.then_body))?;
			branches.else_body = lower(std::mem::take(&mut branches.else_body))?;
		} else if let Some(branches) = node.op_as_mut::<Either>() {
			branches.thens = lower(std::mem::take(&mut branches.thens).into_decluttered()?)?;
			branches.elses = lower(std::mem::take(&mut branches.elses).into_decluttered()?)?;
		} else if let Some(repeated) = node.op_as_mut::<loops::Body>() {
			repeated.body = lower(std::mem::take(&mut repeated.body).into_decluttered()?)?;
		}
	}
	quantized::stay_numbers(&mut model)?;
	let mut model = layout::channels_inside(&model)?;
	for rule in RULES {
		// Backwards, so that a rule which takes in what comes before an operator sees all of it.
		for id in model.eval_order()?.into_iter().rev() {
			if let Some(patch) = rule(&model, model.node(id))? {
				patch.apply(&mut model)?;
			}
		}
		model.compact()?;
	}
	Ok(model)
}

/// The shape of a tensor of single precision, if it is known.
fn shape(fact: &TypedFact) -> Option<TVec<usize>> {
	if fact.datum_type != DatumType::F32 || !fact.is_plain() {
		return None;
	}
	fact.shape.as_concrete().map(|shape| shape.into())
}

/// The distances of neighbours in a tensor that lies row by row.
fn strides(shape: &[usize]) -> TVec<usize> {
	let mut strides = tvec!(1; shape.len());
	for axis in (1..shape.len()).rev() {
		strides[axis - 1] = strides[axis] * shape[axis];
	}
	strides
}

/// The one node that reads an outlet, if it is no output of the model.
fn only_reader(model: &TypedModel, outlet: OutletId) -> Option<&TypedNode> {
	match model.outlet_successors(outlet) {
		[reader] if !model.output_outlets().ok()?.contains(&outlet) => Some(model.node(reader.node)),
		_ => None,
	}
}

/// A constant's numbers.
fn constant(model: &TypedModel, outlet: OutletId) -> Option<Arc<Tensor>> {
	let fact = model.outlet_fact(outlet).ok()?;
	let constant = fact.konst.clone()?;
	(constant.datum_type() == DatumType::F32 && constant.is_plain_ram()).then_some(constant)
}

/// A constant that is one number.
fn number(model: &TypedModel, outlet: OutletId) -> Option<f32> {
	let constant = constant(model, outlet)?;
	(constant.len() == 1).then(|| constant.cast_to_scalar::<f32>().ok())?
}

/// A stride in a descriptor.
fn stride(stride: usize) -> TractResult<i32> {
	i32::try_from(stride).context("a tensor beyond the engine's memory")
}
