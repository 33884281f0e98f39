//! Maximum and minimum over axes, for single precision. Tract's kernel orders NaNs by a sign that WASM leaves open; here one NaN
//! makes the result NaN, as it does in NumPy.

use tract_onnx::{
	prelude::*,
	tract_core::ops::nn::{Reduce, Reducer},
	tract_hir::internal::*,
};

/// `Reduce<Max>` or `Reduce<Min>` of `float32`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extremum {
	axes: TVec<usize>,
	largest: bool,
}

impl Extremum {
	/// Stands in for an operator, if it is one of these.
	pub fn of(op: &dyn TypedOp, inputs: &[&TypedFact]) -> Option<Self> {
		let reduce = op.downcast_ref::<Reduce>()?;
		let largest = match reduce.reducer {
			Reducer::Max => true,
			Reducer::Min => false,
			_ => return None,
		};
		let single = inputs.first().is_some_and(|fact| fact.datum_type == DatumType::F32);
		single.then(|| Extremum { axes: reduce.axes.clone(), largest })
	}

	fn neutral(&self) -> f32 {
		if self.largest {
			f32::NEG_INFINITY
		} else {
			f32::INFINITY
		}
	}

	fn choose(&self, a: f32, b: f32) -> f32 {
		let first = if self.largest { a > b } else { a < b };
		if first || a.is_nan() {
			a
		} else {
			b
		}
	}

	fn fold(&self, values: &[f32]) -> f32 {
		let (rest, found) = self.fold_blocks(values);
		rest.iter().fold(found, |found, value| self.choose(found, *value))
	}

	/// The extremum of whole blocks, and what is left.
	#[cfg(target_arch = "wasm32")]
	fn fold_blocks<'a>(&self, values: &'a [f32]) -> (&'a [f32], f32) {
		use core::arch::wasm32::*;
		const LANES: usize = 16;
		let choose = |a, b| if self.largest { f32x4_max(a, b) } else { f32x4_min(a, b) };
		let mut found = [f32x4_splat(self.neutral()); LANES / 4];
		let blocks = values.chunks_exact(LANES);
		let rest = blocks.remainder();
		for block in blocks {
			for (found, lanes) in found.iter_mut().zip(block.chunks_exact(4)) {
				// SAFETY: four floats, and `v128_load` asks for no alignment.
				*found = choose(*found, unsafe { v128_load(lanes.as_ptr().cast()) });
			}
		}
		let found = choose(choose(found[0], found[1]), choose(found[2], found[3]));
		let lanes = [
			f32x4_extract_lane::<0>(found),
			f32x4_extract_lane::<1>(found),
			f32x4_extract_lane::<2>(found),
			f32x4_extract_lane::<3>(found),
		];
		(rest, lanes.into_iter().fold(self.neutral(), |found, lane| self.choose(found, lane)))
	}

	#[cfg(not(target_arch = "wasm32"))]
	fn fold_blocks<'a>(&self, values: &'a [f32]) -> (&'a [f32], f32) {
		(values, self.neutral())
	}
}

impl Op for Extremum {
	fn name(&self) -> StaticName {
		if self.largest { "Reduce<Max>" } else { "Reduce<Min>" }.into()
	}

	op_as_typed_op!();
}

impl EvalOp for Extremum {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let reduced = |(axis, dim): (usize, &usize)| if self.axes.contains(&axis) { 1 } else { *dim };
		let shape: TVec<usize> = input.shape().iter().enumerate().map(reduced).collect();
		let input = input.try_as_plain_ram()?;
		let input = input.to_array_view::<f32>()?;
		let output = tract_ndarray::ArrayD::from_shape_fn(&*shape, |at: tract_ndarray::IxDyn| {
			use tract_ndarray::Dimension;
			let mut view = input.view();
			for (axis, index) in at.slice().iter().enumerate() {
				if !self.axes.contains(&axis) {
					view.collapse_axis(tract_ndarray::Axis(axis), *index);
				}
			}
			match view.as_slice() {
				Some(values) => self.fold(values),
				None => view.iter().fold(self.neutral(), |found, value| self.choose(found, *value)),
			}
		});
		Ok(tvec!(output.into_tensor().into_tvalue()))
	}
}

impl TypedOp for Extremum {
	as_op!();

	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let mut shape: TVec<TDim> = inputs[0].shape.iter().cloned().collect();
		for axis in &self.axes {
			shape[*axis] = 1.to_dim();
		}
		Ok(tvec!(f32::fact(shape)))
	}
}
