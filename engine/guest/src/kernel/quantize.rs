//! Quantising of numbers that are too large for an integer: tract's kernel adds the zero point to the largest one, which overflows.
//! And the way back, for which tract has an operator that makes a table of all that follows up to the next quantising; it takes a softmax
//! for a function of single elements.

use super::{all_elements, Kernel};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{
		element_wise::ElementWiseOp,
		quant::{QuantizeLinearI8, QuantizeLinearU8},
	},
	tract_hir::internal::*,
};

/// `round(x * scale) + zero_point`, saturated.
#[derive(Debug, Clone)]
pub struct Quantize {
	scale: f32,
	zero_point: i32,
	signed: bool,
}

impl Quantize {
	/// Stands in for an operator, if it is one of these.
	pub fn of(op: &dyn TypedOp) -> Option<Self> {
		let op = &op.downcast_ref::<ElementWiseOp>()?.0;
		if let Some(op) = op.downcast_ref::<QuantizeLinearU8>() {
			return Some(Quantize { scale: op.scale, zero_point: op.zero_point as i32, signed: false });
		}
		let op = op.downcast_ref::<QuantizeLinearI8>()?;
		Some(Quantize { scale: op.scale, zero_point: op.zero_point as i32, signed: true })
	}

	fn apply(&self, x: f32) -> i32 {
		// Beyond this everything saturates; below it the sum fits.
		const FAR: f32 = 65_536.0;
		let scaled = (x * self.scale).round_ties_even();
		let near = scaled.clamp(-FAR, FAR);
		let (low, high) = if self.signed { (-128, 127) } else { (0, 255) };
		(near as i32 + self.zero_point).clamp(low, high)
	}
}

impl Kernel for Quantize {
	fn name(&self) -> &'static str {
		"QuantizeLinear"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let input = inputs.first().context("one input")?;
		let data_type = if self.signed { DatumType::I8 } else { DatumType::U8 };
		Ok(tvec!(data_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(6))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs).cast_to::<f32>()?.into_owned();
		let plain = input.try_as_plain_ram()?;
		let values = plain.as_slice::<f32>()?;
		let found = if self.signed {
			tensor1(&values.iter().map(|x| self.apply(*x) as i8).collect::<Vec<_>>())
		} else {
			tensor1(&values.iter().map(|x| self.apply(*x) as u8).collect::<Vec<_>>())
		};
		Ok(tvec!(found.into_shape(input.shape())?.into_tvalue()))
	}
}

/// `(x - zero_point) * scale`, of one scale and one zero point.
#[derive(Debug, Clone)]
pub struct Dequantize {
	pub scale: f32,
	pub zero_point: i32,
}

impl Kernel for Dequantize {
	fn name(&self) -> &'static str {
		"DequantizeLinear"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let input = inputs.first().context("one input")?;
		Ok(tvec!(f32::fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(6))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let plain = input.try_as_plain_ram()?;
		let number = |x: i32| x.wrapping_sub(self.zero_point) as f32 * self.scale;
		let found: Vec<f32> = match input.datum_type().unquantized() {
			DatumType::U8 => plain.as_slice::<u8>()?.iter().map(|x| number(*x as i32)).collect(),
			DatumType::I8 => plain.as_slice::<i8>()?.iter().map(|x| number(*x as i32)).collect(),
			DatumType::I32 => plain.as_slice::<i32>()?.iter().map(|x| number(*x)).collect(),
			other => bail!("DequantizeLinear of {other:?} is not supported"),
		};
		Ok(tvec!(tensor1(&found).into_shape(input.shape())?.into_tvalue()))
	}
}
