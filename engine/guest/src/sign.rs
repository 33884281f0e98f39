//! Operators that read the sign of a NaN which they made themselves.
//!
//! WASM leaves open whether a NaN that an instruction makes is negative. Between operators the sweep settles it; inside an
//! operator nothing does, so every operator that tells NaNs apart by sign is listed here.
//!
//! tract 0.23.9, as far as ONNX reaches it, looks at signs, bits or total order of floats in these places:
//! - Non-max suppression asks for the sign of areas. An area that is infinity times zero would be a NaN of either sign:
//!   [`check`] bounds the boxes so that every area is finite.
//! - The kernel of maximum and minimum compares in total order, where a positive NaN is the largest number and a negative one the
//!   smallest, after instructions that make NaNs of either sign. [`crate::extremum`] stands in for it in reductions. Softmax uses
//!   it too: there a NaN among the inputs makes the whole row of the output NaN, whichever maximum was found.
//! - Flash attention takes the maximum of scores that it has just made, in such an order. A NaN among them makes the whole row of
//!   the output NaN, whichever maximum it took.
//! - Half precision activations look the bits up in a table. All NaNs lead to NaNs.
//! - `Erf` copies a sign to its result; of a NaN that is a NaN.
//! - Routing between experts sorts in total order; no ONNX operator becomes one.

use crate::kernel::suppression::Limited;
use tract_onnx::{prelude::*, tract_core::ops::array::Gather, tract_hir::internal::*};
use tract_onnx_opl::non_max_suppression::NonMaxSuppression;

/// Largest coordinate of a box: the product of two differences stays finite in single precision.
const MAX_COORDINATE: f32 = (1u64 << 60) as f32;

/// Fails where an index of a gather names no element; tract stops without a word there.
fn check_indices(gather: &Gather, inputs: &[TValue]) -> TractResult<()> {
	let [data, indices] = inputs else { return Ok(()) };
	let length = data.shape().get(gather.axis).copied().unwrap_or(0) as i64;
	if indices.datum_type() != DatumType::I64 || !indices.is_plain_ram() {
		return Ok(());
	}
	let plain = indices.try_as_plain_ram()?;
	for index in plain.as_slice::<i64>()? {
		ensure!((-length..length).contains(index), "the index {index} is outside of a dimension of length {length}");
	}
	Ok(())
}

/// Fails where an operator's result would depend on the sign of a NaN, or an index leads nowhere.
pub fn check(op: &dyn TypedOp, inputs: &[TValue]) -> TractResult<()> {
	if let Some(gather) = op.downcast_ref::<Gather>() {
		return check_indices(gather, inputs);
	}
	if !op.is::<NonMaxSuppression>() && !op.is::<Limited>() {
		return Ok(());
	}
	let boxes = inputs.first().context("boxes are the first input")?.cast_to::<f32>()?;
	let boxes = boxes.try_as_plain_ram()?;
	let bounded = boxes.as_slice::<f32>()?.iter().all(|coordinate| coordinate.abs() <= MAX_COORDINATE);
	ensure!(bounded, "non-max suppression of a box that is not finite, or beyond {MAX_COORDINATE:e}");
	Ok(())
}
