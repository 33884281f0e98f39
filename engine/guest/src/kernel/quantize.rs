//! Bytes and numbers.

use super::{all_elements, Kernel};
use assay_kernels::WIDTH;
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// The largest distance of two bytes.
const FARTHEST: i64 = 255;

/// Integers from here on are not all exact in single precision.
const INEXACT: i64 = 1 << 24;

/// True if every sum of products of bytes, less their zero point, and these integers is exact in single precision.
pub fn is_exact(integers: impl Iterator<Item = f32>) -> bool {
	let sum = integers.fold(0i64, |sum, integer| sum.saturating_add(integer.abs() as i64));
	sum.saturating_mul(FARTHEST) < INEXACT
}

/// Integers of single precision as bytes. Whoever wires it has brought them between the least and the largest byte, without NaN.
#[derive(Debug, Clone)]
pub struct ToByte {
	pub signed: bool,
}

impl Kernel for ToByte {
	fn name(&self) -> &'static str {
		"QuantizeLinear"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let input = inputs.first().context("one input")?;
		let data_type = if self.signed { DatumType::I8 } else { DatumType::U8 };
		Ok(tvec!(data_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(4))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let plain = input.try_as_plain_ram()?;
		let numbers = plain.as_slice::<f32>()?.iter();
		let bytes = if self.signed {
			tensor1(&numbers.map(|number| *number as i32 as i8).collect::<Vec<_>>())
		} else {
			tensor1(&numbers.map(|number| *number as i32 as u8).collect::<Vec<_>>())
		};
		Ok(tvec!(bytes.into_shape(input.shape())?.into_tvalue()))
	}
}

/// Scale and zero point with which bytes reach from the least to the largest number, and zero is among them: of `DynamicQuantizeLinear`, as
/// onnxruntime chooses them.
#[derive(Debug, Clone)]
pub struct Levels;

impl Levels {
	/// Scale and zero point.
	pub fn of(numbers: &[f32]) -> (f32, f32) {
		let (mut least, mut most) = ([0.0f32; WIDTH], [0.0f32; WIDTH]);
		let (blocks, rest) = numbers.as_chunks::<WIDTH>();
		for block in blocks {
			for (lane, number) in block.iter().enumerate() {
				least[lane] = if *number < least[lane] { *number } else { least[lane] };
				most[lane] = if *number > most[lane] { *number } else { most[lane] };
			}
		}
		let all = |lanes: [f32; WIDTH]| lanes.into_iter().chain(rest.iter().copied());
		let least = all(least).fold(0.0f32, |least, number| if number < least { number } else { least });
		let most = all(most).fold(0.0f32, |most, number| if number > most { number } else { most });
		let scale = if least == most { 1.0 } else { (most - least) / 255.0 };
		let zero_point = -least / scale;
		// A NaN, of infinities, is no zero point.
		let zero_point = if zero_point > 0.0 { zero_point } else { 0.0 };
		(scale, if zero_point > 255.0 { 255.0 } else { zero_point.round_ties_even() })
	}
}

impl Kernel for Levels {
	fn name(&self) -> &'static str {
		"DynamicQuantizeLinear"
	}

	fn outputs(&self) -> usize {
		2
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("DynamicQuantizeLinear has one input") };
		ensure!(input.datum_type == DatumType::F32, "DynamicQuantizeLinear of {:?} is not supported", input.datum_type);
		Ok(tvec!(f32::fact([0usize; 0]), f32::fact([0usize; 0])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(4))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let (scale, zero_point) = Levels::of(input.try_as_plain_ram()?.as_slice::<f32>()?);
		Ok(tvec!(tensor0(scale).into_tvalue(), tensor0(zero_point).into_tvalue()))
	}
}

/// `(x - zero_point) * scale` of integers of 32 bits, with one scale and one zero point.
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
		let number = |x: &i32| x.wrapping_sub(self.zero_point) as f32 * self.scale;
		let found: Vec<f32> = plain.as_slice::<i32>()?.iter().map(number).collect();
		Ok(tvec!(tensor1(&found).into_shape(input.shape())?.into_tvalue()))
	}
}
