//! Indices: negative ones made positive, and ones that name no class.

use super::{all_elements, elements, Kernel};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Adds to each negative index the length of the dimension that it counts in: the last axis of the indices goes over dimensions.
#[derive(Debug, Clone)]
pub struct FromEnd {
	/// Lengths of the dimensions that an index names, the first one first.
	pub lengths: Vec<i64>,
}

impl Kernel for FromEnd {
	fn name(&self) -> &'static str {
		"IndicesFromEnd"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("one input") };
		Ok(tvec!(i64::fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(4))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut indices = args_1!(inputs).cast_to::<i64>()?.into_owned();
		let depth = indices.shape().last().copied().unwrap_or(1).max(1);
		let mut plain = indices.try_as_plain_ram_mut()?;
		for (place, index) in plain.as_slice_mut::<i64>()?.iter_mut().enumerate() {
			let length = self.lengths.get(place % depth).copied().context("an index of too many dimensions")?;
			ensure!(
				(-length..length).contains(index),
				"the index {index} is outside of a dimension of length {length}"
			);
			if *index < 0 {
				*index += length;
			}
		}
		Ok(tvec!(indices.into_tvalue()))
	}
}

/// `OneHot`: an index that is not below the depth has no place, and a negative one counts from the end.
#[derive(Debug, Clone)]
pub struct OneHot {
	pub depth: i64,
	pub axis: i64,
}

impl OneHot {
	fn place(&self, rank: usize) -> TractResult<usize> {
		let axis = if self.axis < 0 { self.axis + rank as i64 + 1 } else { self.axis };
		ensure!((0..=rank as i64).contains(&axis), "OneHot: the axis {} of indices of {rank} dimensions", self.axis);
		Ok(axis as usize)
	}
}

impl Kernel for OneHot {
	fn name(&self) -> &'static str {
		"OneHot"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [indices, values] = inputs else { bail!("indices and values") };
		let mut shape = indices.shape.to_tvec();
		shape.insert(self.place(indices.rank())?, self.depth.to_dim());
		Ok(tvec!(values.datum_type.fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(&self.facts(inputs).ok()?[0])?.saturating_mul(4))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (indices, values) = args_2!(inputs);
		ensure!(values.len() == 2 && values.rank() == 1, "OneHot: the values are two, off and on");
		let axis = self.place(indices.rank())?;
		let inner: usize = indices.shape()[axis..].iter().product();
		let mut shape: TVec<usize> = indices.shape().into();
		shape.insert(axis, self.depth as usize);
		let indices = indices.cast_to::<i64>()?;
		let indices = indices.try_as_plain_ram()?;
		let indices = indices.as_slice::<i64>()?;
		let size = values.datum_type().size_of();
		let (off, on) = values.as_bytes().split_at(size);
		let mut output = Tensor::zero_dt(values.datum_type(), &shape)?;
		let bytes = output.as_bytes_mut();
		bytes.chunks_exact_mut(size).for_each(|element| element.copy_from_slice(off));
		let depth = self.depth;
		for (place, index) in indices.iter().enumerate() {
			let index = if *index < 0 { index + depth } else { *index };
			if (0..depth).contains(&index) {
				let (outer, rest) = (place / inner, place % inner);
				let at = (outer * depth as usize + index as usize) * inner + rest;
				bytes[at * size..(at + 1) * size].copy_from_slice(on);
			}
		}
		Ok(tvec!(output.into_tvalue()))
	}
}
