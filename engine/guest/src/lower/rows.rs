//! Softmax and sums.

use super::{number, shape};
use crate::{
	call, cost,
	kernel::{all_elements, Kernel, Own},
};
use assay_kernels::{
	rows::{MAXIMUM, MINIMUM, SQUARES},
	Descriptor, Kernel as Number,
};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{
		binary::TypedBinOp,
		math::Mul,
		nn::{Reduce, Reducer, Softmax, SoftmaxKind},
	},
};

/// A kernel of one input that both lie as they are.
#[derive(Debug, Clone)]
struct Plain {
	name: &'static str,
	/// Without operands.
	descriptor: Descriptor,
	shape: TVec<usize>,
	/// Units for each element read.
	each: u64,
}

impl Kernel for Plain {
	fn name(&self) -> &'static str {
		self.name
	}

	fn facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(DatumType::F32.fact(&self.shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let read = all_elements(inputs)?;
		let written = self.shape.iter().fold(1, |written: u64, dim| written.saturating_mul(*dim as u64));
		Some(cost::kernel(0, read, written).saturating_add(read.saturating_mul(self.each)))
	}

	fn units_are_all(&self) -> bool {
		true
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut output = call::output(&self.shape)?;
		let mut descriptor = self.descriptor;
		descriptor.operands[0] = call::written(&mut output, [0; 4]);
		descriptor.operands[1] = call::operand(&inputs[0], [0; 4]);
		call::execute(&mut descriptor, 0)?;
		Ok(tvec!(output.into_tvalue()))
	}
}

fn replace(model: &TypedModel, node: &TypedNode, last: usize, op: Plain) -> TractResult<Option<TypedModelPatch>> {
	let mut patch = TypedModelPatch::default();
	let taps = patch.taps(model, &node.inputs)?;
	let wire = patch.wire_node(&*model.node(last).name, Own(Arc::new(op)), &taps)?;
	patch.shunt_outside(model, last.into(), wire[0])?;
	Ok(Some(patch))
}

/// Sizes before an axis, along so many axes from it on, and behind them.
fn around(shape: &[usize], axis: usize, count: usize) -> TractResult<[u32; 3]> {
	let of = |sizes: &[usize]| u32::try_from(sizes.iter().product::<usize>());
	Ok([of(&shape[..axis])?, of(&shape[axis..axis + count])?, of(&shape[axis + count..])?])
}

/// Replaces a softmax along one axis, or a sum or an extremum along neighbouring ones.
pub fn rule(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	let (inputs, outputs) = model.node_facts(node.id)?;
	let [input] = inputs[..] else { return Ok(None) };
	let [output] = outputs[..] else { return Ok(None) };
	let (Some(input), Some(output)) = (shape(input), shape(output)) else { return Ok(None) };
	if input.contains(&0) {
		return Ok(None);
	}
	if let Some(softmax) = node.op_as::<Softmax>() {
		let [axis] = softmax.axes[..] else { return Ok(None) };
		if softmax.kind != SoftmaxKind::Softmax || softmax.quant_output_dt.is_some() {
			return Ok(None);
		}
		let mut descriptor = call::descriptor(Number::Softmax);
		descriptor.dims[..3].copy_from_slice(&around(&input, axis, 1)?);
		return replace(model, node, node.id, Plain { name: "Softmax", descriptor, shape: output, each: 4 });
	}
	let Some(reduce) = node.op_as::<Reduce>() else { return Ok(None) };
	let mut axes = reduce.axes.clone();
	axes.sort_unstable();
	let (Some(first), beside) = (axes.first(), axes.windows(2).all(|pair| pair[0] + 1 == pair[1])) else {
		return Ok(None);
	};
	if !beside {
		return Ok(None);
	}
	let [outer, length, inner] = around(&input, *first, axes.len())?;
	let mut descriptor = call::descriptor(Number::Sum);
	descriptor.dims[..3].copy_from_slice(&[outer, length, inner]);
	let mut factor = 1.0;
	let mut last = node.id;
	match reduce.reducer {
		Reducer::Sum => {
			// A mean is a sum and a product.
			if let Some(next) = super::only_reader(model, node.id.into()) {
				let times = next.op_as::<TypedBinOp>().is_some_and(|op| op.0.is::<Mul>() && op.1.is_none());
				let found = next.inputs.iter().find_map(|input| number(model, *input));
				let same = shape(model.outlet_fact(next.id.into())?).as_ref() == Some(&output);
				if let (true, true, Some(found)) = (times, same, found) {
					(factor, last) = (found, next.id);
				}
			}
		}
		Reducer::MeanOfSquares => {
			factor = 1.0 / length as f32;
			descriptor.flags = SQUARES;
		}
		Reducer::Max => descriptor.flags = MAXIMUM,
		Reducer::Min => descriptor.flags = MINIMUM,
		_ => return Ok(None),
	}
	descriptor.parameters[0] = factor.to_bits();
	replace(model, node, last, Plain { name: "Sum", descriptor, shape: output, each: 1 })
}
