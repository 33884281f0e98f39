//! Operators of our own, where tract has none or answers otherwise than onnxruntime.
//!
//! A [`Kernel`] says what its outputs look like, what it costs and how it computes; [`Own`] makes an operator of tract's plans out of
//! it, and [`Imported`] one of the importer's. Everything here is plain IEEE arithmetic in a fixed order, with the transcendental
//! functions that are compiled into the guest.

pub mod elements;
pub mod indices;
pub mod integers;
pub mod linear;
pub mod losses;
pub mod prepare;
pub mod quantize;
pub mod recurrent;
pub mod suppression;
pub mod text;
pub mod trees;
pub mod windows;
pub mod words;

use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Units of a transcendental function of one number.
pub const FUNCTION: u64 = 80;

/// An operator of ours.
pub trait Kernel: std::any::Any + std::fmt::Debug + Send + Sync {
	/// Name in plans and errors.
	fn name(&self) -> &'static str;

	/// Number of outputs.
	fn outputs(&self) -> usize {
		1
	}

	/// Types and shapes of the outputs.
	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>>;

	/// Units of an evaluation, beside the bytes read and written; none while shapes are unknown.
	fn units(&self, inputs: &[&TypedFact]) -> Option<u64>;

	/// True if [`Kernel::units`] has the bytes read and written too.
	fn units_are_all(&self) -> bool {
		false
	}

	/// Computes the outputs.
	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>>;
}

/// Elements of a tensor of this shape, if it is known.
pub fn elements(fact: &TypedFact) -> Option<u64> {
	let shape = fact.shape.as_concrete()?;
	Some(shape.iter().fold(1u64, |product, dim| product.saturating_mul(*dim as u64)))
}

/// Elements of all inputs.
pub fn all_elements(inputs: &[&TypedFact]) -> Option<u64> {
	inputs.iter().try_fold(0u64, |sum, fact| Some(sum.saturating_add(elements(fact)?)))
}

/// A kernel as an operator of a plan.
#[derive(Debug, Clone)]
pub struct Own(pub Arc<dyn Kernel>);

impl Own {
	/// The kernel, if it is of this kind.
	pub fn is<K: Kernel>(&self) -> Option<&K> {
		let kernel: &dyn std::any::Any = &*self.0;
		kernel.downcast_ref()
	}
}

impl PartialEq for Own {
	fn eq(&self, other: &Self) -> bool {
		Arc::ptr_eq(&self.0, &other.0)
	}
}

impl Eq for Own {}

impl Op for Own {
	fn name(&self) -> StaticName {
		format!("assay.{}", self.0.name()).into()
	}

	op_as_typed_op!();
}

impl EvalOp for Own {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		self.0.eval(inputs)
	}
}

impl TypedOp for Own {
	as_op!();

	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		self.0.facts(inputs)
	}
}

/// A kernel as the importer's operator.
#[derive(Debug, Clone)]
pub struct Imported(pub Arc<dyn Kernel>);

impl Imported {
	/// The importer's operator for a kernel.
	pub fn of(kernel: impl Kernel) -> Box<dyn InferenceOp> {
		expand(Imported(Arc::new(kernel)))
	}
}

/// Wires a kernel, with symbolic dimensions among its inputs as the integers that they are.
pub fn wire(
	kernel: Arc<dyn Kernel>,
	name: &str,
	model: &mut TypedModel,
	inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
	let mut wires = tvec!();
	for (index, input) in inputs.iter().enumerate() {
		let input = if model.outlet_fact(*input)?.datum_type == DatumType::TDim {
			let cast = tract_onnx::tract_core::ops::cast::cast(DatumType::I64);
			model.wire_node(format!("{name}.as-integers-{index}"), cast, &[*input])?[0]
		} else {
			*input
		};
		wires.push(input);
	}
	model.wire_node(name, Own(kernel), &wires)
}

impl Expansion for Imported {
	fn name(&self) -> StaticName {
		self.0.name().into()
	}

	fn nboutputs(&self) -> TractResult<usize> {
		Ok(self.0.outputs())
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_output_arity(outputs, self.0.outputs())?;
		let types = (0..inputs.len()).map(move |index| (&inputs[index].datum_type).bex());
		s.given_all(types, move |s, types: Vec<DatumType>| {
			let shapes = (0..inputs.len()).map(move |index| (&inputs[index].shape).bex());
			s.given_all(shapes, move |s, shapes: Vec<TVec<TDim>>| {
				let fact = |(data_type, shape): (&DatumType, TVec<TDim>)| {
					let plain = if *data_type == DatumType::TDim { DatumType::I64 } else { *data_type };
					plain.fact(shape)
				};
				let facts: Vec<TypedFact> = types.iter().zip(shapes).map(fact).collect();
				let facts: Vec<&TypedFact> = facts.iter().collect();
				for (output, found) in outputs.iter().zip(self.0.facts(&facts)?) {
					s.equals(&output.datum_type, found.datum_type)?;
					s.equals(&output.shape, found.shape.to_tvec())?;
				}
				Ok(())
			})
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		wire(self.0.clone(), prefix, model, inputs)
	}
}
