//! `LpPool`, and `ReverseSequence`.

use super::{all_elements, elements, Kernel, FUNCTION};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// The padding of a pooling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Padding {
	/// So many before each axis, and then so many after each.
	Explicit(Vec<usize>),
	/// As many elements as give a window for every stride. Of an odd number, one more is at the end if `at_end`.
	Same { at_end: bool },
}

/// `sum(|x|^p)^(1/p)` over windows.
#[derive(Debug, Clone)]
pub struct LpPool {
	pub p: i64,
	pub window: Vec<usize>,
	pub strides: Vec<usize>,
	pub dilations: Vec<usize>,
	pub padding: Padding,
	pub ceil: bool,
}

impl LpPool {
	/// Windows along an axis, and the elements before the first that are padded.
	fn along(&self, axis: usize, length: usize) -> TractResult<(usize, usize)> {
		let (stride, reach) = (self.strides[axis], (self.window[axis] - 1) * self.dilations[axis] + 1);
		match &self.padding {
			Padding::Same { at_end } => {
				let count = length.div_ceil(stride);
				let pad = (count.saturating_sub(1) * stride + reach).saturating_sub(length);
				Ok((count, if *at_end { pad / 2 } else { pad.div_ceil(2) }))
			}
			Padding::Explicit(pads) => {
				let (before, after) = (pads[axis], pads[axis + self.window.len()]);
				let room = (length + before + after).checked_sub(reach);
				let room = room.with_context(|| format!("LpPool: a window of {reach} on {length} elements"))?;
				let mut count = if self.ceil { room.div_ceil(stride) } else { room / stride } + 1;
				// The last window begins within the tensor or its padding at the front.
				if self.ceil && (count - 1) * stride >= length + before {
					count -= 1;
				}
				Ok((count, before))
			}
		}
	}

	fn shape(&self, input: &[usize]) -> TractResult<Vec<usize>> {
		let mut shape = input[..2].to_vec();
		for (axis, length) in input[2..].iter().enumerate() {
			shape.push(self.along(axis, *length)?.0);
		}
		Ok(shape)
	}
}

impl Kernel for LpPool {
	fn name(&self) -> &'static str {
		"LpPool"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("LpPool has one input") };
		ensure!(input.datum_type == DatumType::F32, "LpPool of {:?} is not supported", input.datum_type);
		ensure!(input.rank() == 2 + self.window.len(), "LpPool: a window of {} dimensions", self.window.len());
		let shape = input.shape.as_concrete().context("LpPool of a shape that is known at the run only")?;
		Ok(tvec!(f32::fact(self.shape(shape)?)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let written = elements(&self.facts(inputs).ok()?[0])?;
		let window: usize = self.window.iter().product();
		Some(written.saturating_mul(window as u64).saturating_mul(if self.p <= 2 { 8 } else { FUNCTION }))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let (lengths, shape) = (input.shape().to_vec(), self.shape(input.shape())?);
		let plain = input.try_as_plain_ram()?;
		let values = plain.as_slice::<f32>()?;
		let befores: Vec<usize> = (0..self.window.len())
			.map(|axis| self.along(axis, lengths[axis + 2]).map(|(_, before)| before))
			.collect::<TractResult<_>>()?;
		let plane: usize = lengths[2..].iter().product();
		let (windows, places): (usize, usize) = (shape[2..].iter().product(), self.window.iter().product());
		let p = self.p as f32;
		let mut out = Vec::with_capacity(shape.iter().product());
		for channel in 0..shape[0] * shape[1] {
			for window in 0..windows {
				let mut sum = 0.0f32;
				for place in 0..places {
					let (mut window, mut place, mut at, mut step) = (window, place, 0, 1);
					let mut inside = true;
					for axis in (0..self.window.len()).rev() {
						let (start, offset) = (window % shape[axis + 2], place % self.window[axis]);
						window /= shape[axis + 2];
						place /= self.window[axis];
						let from_front = start * self.strides[axis] + offset * self.dilations[axis];
						let index = from_front.checked_sub(befores[axis]).filter(|index| *index < lengths[axis + 2]);
						match index {
							Some(index) => at += index * step,
							None => inside = false,
						}
						step *= lengths[axis + 2];
					}
					if inside {
						let x = values[channel * plane + at].abs();
						sum += match self.p {
							1 => x,
							2 => x * x,
							_ => x.powf(p),
						};
					}
				}
				out.push(match self.p {
					1 => sum,
					2 => sum.sqrt(),
					_ => sum.powf(1.0 / p),
				});
			}
		}
		Ok(tvec!(tensor1(&out).into_shape(&shape)?.into_tvalue()))
	}
}

/// The first elements of each sequence backwards; the others stay.
#[derive(Debug, Clone)]
pub struct ReverseSequence {
	pub batch_axis: usize,
}

impl Kernel for ReverseSequence {
	fn name(&self) -> &'static str {
		"ReverseSequence"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input, lengths] = inputs else { bail!("ReverseSequence has two inputs") };
		ensure!(input.rank() >= 2 && lengths.rank() == 1, "ReverseSequence needs two axes, and a list of lengths");
		let plain = input.datum_type.is_copy();
		ensure!(plain, "ReverseSequence of {:?} is not supported", input.datum_type);
		Ok(tvec!(input.without_value()))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (input, lengths) = args_2!(inputs);
		let lengths = lengths.cast_to::<i64>()?;
		let plain = lengths.try_as_plain_ram()?;
		let lengths = plain.as_slice::<i64>()?;
		let shape = input.shape();
		let (batches, steps) = (shape[self.batch_axis], shape[1 - self.batch_axis]);
		let block = shape[2..].iter().product::<usize>() * input.datum_type().size_of();
		ensure!(lengths.len() == batches, "ReverseSequence: {} lengths of {batches} sequences", lengths.len());
		let place = |batch: usize, step: usize| {
			let at = if self.batch_axis == 0 { batch * steps + step } else { step * batches + batch };
			at * block..(at + 1) * block
		};
		let mut output = input.clone().into_tensor();
		for (batch, length) in lengths.iter().enumerate() {
			let length = usize::try_from(*length).ok().filter(|length| *length <= steps);
			let length = length.context("ReverseSequence: a length beyond the sequence's")?;
			for step in 0..length {
				let from = &input.as_bytes()[place(batch, length - 1 - step)];
				output.as_bytes_mut()[place(batch, step)].copy_from_slice(from);
			}
		}
		Ok(tvec!(output.into_tvalue()))
	}
}
