//! The operators that follow a product. Bias, factor, residual and bounds are done with its sums while they are in registers; then a program
//! is run over the results, element by element, while they are in a cache.

use super::{constant, elements, number, only_reader, shape};
use crate::{
	call,
	kernel::{elements::Function, Own},
};
use assay_kernels::{
	gemm::{AFTER, CLAMP, COLUMN_BIAS, RESIDUAL, ROW_BIAS, SCALE},
	Descriptor, Operand,
};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{
		binary::TypedBinOp,
		math::{Add, Max, Min, Mul},
	},
};

/// The order is that of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
	Sum,
	Bias,
	Scale,
	Residual,
	Low,
	High,
}

/// Along which side of a matrix a bias runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
	/// A number for each row.
	Rows,
	/// A number for each column.
	Columns,
}

/// The operators that follow a product, as its kernel takes them.
#[derive(Clone, Debug)]
pub struct Finish {
	/// The bias, as many numbers as its side has.
	pub bias: Option<(Side, Arc<Tensor>)>,
	scale: Option<f32>,
	/// The tensor that is added, if there is one: the kernel's last input.
	pub residual: Option<OutletId>,
	low: Option<f32>,
	high: Option<f32>,
	/// The encoded program that is run over the results after all of the above. Empty if there is none.
	program: Vec<u8>,
	/// Quarters of a unit of the program for each element.
	each: u64,
}

/// An axis along which a bias may run: the side, the axis in the output, and its length.
pub type BiasAxis = (Side, usize, usize);

impl Finish {
	/// Nothing follows.
	pub fn none() -> Finish {
		Finish { bias: None, scale: None, residual: None, low: None, high: None, program: vec![], each: 0 }
	}

	/// Takes in what follows a node's only output; says which node is the last one. `axes` are those that a bias may run along.
	pub fn of(
		model: &TypedModel,
		node: &TypedNode,
		bias: Option<(Side, Arc<Tensor>)>,
		axes: &[BiasAxis],
	) -> TractResult<(Finish, usize)> {
		let mut stage = if bias.is_some() { Stage::Bias } else { Stage::Sum };
		let mut finish = Finish { bias, ..Finish::none() };
		let mut last = node;
		while let Some(next) = only_reader(model, last.id.into()) {
			let Some(found) = finish.take(model, last, next, stage, axes)? else { break };
			stage = found;
			last = next;
		}
		if let Some(following) = elements::following(model, last)? {
			(finish.program, finish.each) = (following.program, following.each);
			return Ok((finish, following.last));
		}
		Ok((finish, last.id))
	}

	/// Takes in one node, if it comes in the kernel's order.
	fn take(
		&mut self,
		model: &TypedModel,
		last: &TypedNode,
		next: &TypedNode,
		stage: Stage,
		axes: &[BiasAxis],
	) -> TractResult<Option<Stage>> {
		if let Some(Function::Clamp { low, high }) = next.op_as::<Own>().and_then(|own| own.is::<Function>()) {
			if stage >= Stage::Low {
				return Ok(None);
			}
			(self.low, self.high) = (low.map(|low| low as f32), high.map(|high| high as f32));
			return Ok(Some(Stage::High));
		}
		let Some(TypedBinOp(op, None)) = next.op_as::<TypedBinOp>() else { return Ok(None) };
		let [a, b] = next.inputs[..] else { return Ok(None) };
		let other = match (a.node == last.id, b.node == last.id) {
			(true, false) => b,
			(false, true) => a,
			_ => return Ok(None),
		};
		let own = model.outlet_fact(last.id.into())?;
		if shape(own) != shape(model.outlet_fact(next.id.into())?) {
			return Ok(None);
		}
		let finite = number(model, other).filter(|number| number.is_finite());
		Ok(match finite {
			Some(factor) if op.is::<Mul>() && stage < Stage::Scale => {
				self.scale = Some(factor);
				Some(Stage::Scale)
			}
			Some(low) if op.is::<Max>() && stage < Stage::Low => {
				self.low = Some(low);
				Some(Stage::Low)
			}
			Some(high) if op.is::<Min>() && stage < Stage::High => {
				self.high = Some(high);
				Some(Stage::High)
			}
			_ if op.is::<Add>() => self.take_sum(model, own, other, stage, axes)?,
			_ => None,
		})
	}

	fn take_sum(
		&mut self,
		model: &TypedModel,
		own: &TypedFact,
		other: OutletId,
		stage: Stage,
		axes: &[BiasAxis],
	) -> TractResult<Option<Stage>> {
		if stage < Stage::Bias {
			if let Some(bias) = constant(model, other) {
				for (side, axis, length) in axes {
					let along = bias.shape().get(*axis) == Some(length) && bias.len() == *length;
					if along {
						let numbers = bias.into_tensor().into_shape(&[*length])?;
						self.bias = Some((*side, numbers.into_arc_tensor()));
						return Ok(Some(Stage::Bias));
					}
				}
			}
		}
		let same = stage < Stage::Residual && shape(own).is_some() && shape(own) == shape(model.outlet_fact(other)?);
		if same {
			self.residual = Some(other);
			return Ok(Some(Stage::Residual));
		}
		Ok(None)
	}

	/// The program, if there is one.
	pub fn program(&self) -> Option<Operand> {
		(!self.program.is_empty()).then(|| call::bytes(&self.program))
	}

	/// Units of the program for so many elements.
	pub fn units(&self, elements: u64) -> u64 {
		elements.saturating_mul(self.each) / 4
	}

	/// Writes flags and parameters.
	pub fn describe(&self, descriptor: &mut Descriptor) {
		descriptor.flags |= match self.bias {
			Some((Side::Rows, _)) => ROW_BIAS,
			Some((Side::Columns, _)) => COLUMN_BIAS,
			None => 0,
		};
		if let Some(scale) = self.scale {
			descriptor.flags |= SCALE;
			descriptor.parameters[0] = scale.to_bits();
		}
		if self.residual.is_some() {
			descriptor.flags |= RESIDUAL;
		}
		if !self.program.is_empty() {
			descriptor.flags |= AFTER;
		}
		if self.low.is_some() || self.high.is_some() {
			descriptor.flags |= CLAMP;
			descriptor.parameters[1] = self.low.unwrap_or(f32::NEG_INFINITY).to_bits();
			descriptor.parameters[2] = self.high.unwrap_or(f32::INFINITY).to_bits();
		}
	}
}
