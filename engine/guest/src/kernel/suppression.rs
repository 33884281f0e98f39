//! Non-max suppression in which a limit of no boxes is one; tract takes it for none.

use tract_onnx::{prelude::*, tract_hir::internal::*};
use tract_onnx_opl::non_max_suppression::NonMaxSuppression;

/// tract's operator, with its limit as the third input.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limited(pub NonMaxSuppression);

impl Op for Limited {
	fn name(&self) -> StaticName {
		"NonMaxSuppression".into()
	}

	fn mints_runtime_symbols(&self) -> bool {
		true
	}

	op_as_typed_op!();
}

impl EvalOp for Limited {
	op_out_of_plan!();

	fn eval(&self, context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let most = inputs.get(2).context("the limit is the third input")?.cast_to::<i64>()?;
		let most = most.try_as_plain_ram()?.as_slice::<i64>()?.first().copied().unwrap_or(0);
		if most <= 0 {
			return Ok(tvec!(Tensor::zero_dt(DatumType::I64, &[0, 3])?.into_tvalue()));
		}
		self.0.eval(context, inputs)
	}
}

impl TypedOp for Limited {
	as_op!();

	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		self.0.output_facts(inputs)
	}
}
