//! What an operator costs, in units: a unit is a multiply-add, or a byte moved.

use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

/// Units of one step of the plan, whatever it does.
const STEP: u64 = 64;

/// Units of an element of an operator that computes more than a few instructions for each: exponentials, powers, divisions.
const HEAVY_ELEMENT: u64 = 16;

/// Units of an element of any other operator.
const LIGHT_ELEMENT: u64 = 2;

/// Units of a division, in multiply-adds.
const DIVISION: u64 = 8;

/// Operators that read as much of their inputs as they write.
const SPARSE_READERS: [&str; 6] = ["Gather", "GatherElements", "GatherNd", "Slice", "DynSlice", "StridedSlice"];

/// Operators made of the vector unit's cheapest instructions.
const LIGHT: [&str; 14] = [
	"Cast",
	"Concat",
	"Gather",
	"GatherElements",
	"GatherNd",
	"Identity",
	"Pad",
	"Reshape",
	"Slice",
	"Source",
	"Squeeze",
	"Tile",
	"MultiBroadcastTo",
	"OptMatMulPack",
];

/// Size in bytes of a tensor of this type and shape, if it is known and not absurd.
fn bytes(fact: &TypedFact) -> Option<u64> {
	let size = fact.datum_type.size_of() as u64;
	let shape = fact.shape.as_concrete()?;
	Some(shape.iter().fold(size, |product, dim| product.saturating_mul(*dim as u64)))
}

fn elements(fact: &TypedFact) -> Option<u64> {
	let shape = fact.shape.as_concrete()?;
	Some(shape.iter().fold(1u64, |product, dim| product.saturating_mul(*dim as u64)))
}

/// Largest tensor among these facts, in bytes.
pub fn largest(facts: &[&TypedFact]) -> u64 {
	facts.iter().filter_map(|fact| bytes(fact)).max().unwrap_or(0)
}

/// Units of what an operator writes.
fn written(op: &dyn TypedOp, outputs: &[&TypedFact]) -> Option<u64> {
	let name = op.as_op().name();
	let each = if LIGHT.contains(&name.as_ref()) { LIGHT_ELEMENT } else { HEAVY_ELEMENT };
	outputs.iter().try_fold(0u64, |sum, fact| {
		let units = bytes(fact)?.saturating_add(elements(fact)?.saturating_mul(each));
		Some(sum.saturating_add(units))
	})
}

/// Units of what an operator reads and computes.
fn read(op: &dyn TypedOp, inputs: &[&TypedFact]) -> TractResult<Option<u64>> {
	let name = op.as_op().name();
	let mut units = STEP;
	for (index, fact) in inputs.iter().enumerate() {
		if index == 0 && SPARSE_READERS.contains(&name.as_ref()) {
			continue;
		}
		let Some(bytes) = bytes(fact) else { return Ok(None) };
		units = units.saturating_add(bytes);
	}
	for (kind, count) in op.cost(inputs)? {
		if !kind.is_compute() {
			continue;
		}
		let Ok(count) = count.to_i64() else { return Ok(None) };
		let weight = if matches!(kind, Cost::Div(_)) { DIVISION } else { 1 };
		units = units.saturating_add((count.max(0) as u64).saturating_mul(weight));
	}
	Ok(Some(units))
}

/// Units of one evaluation, if the shapes are known.
pub fn of_node(op: &dyn TypedOp, inputs: &[&TypedFact], outputs: &[&TypedFact]) -> TractResult<Option<u64>> {
	let Some(read) = read(op, inputs)? else { return Ok(None) };
	Ok(written(op, outputs).map(|written| read.saturating_add(written)))
}

/// Units to charge before and after an evaluation whose shapes are known only when it happens.
pub struct Late<'a>(pub &'a dyn TypedOp);

impl Late<'_> {
	/// What the inputs alone tell.
	pub fn before(&self, inputs: &[TValue]) -> TractResult<u64> {
		let facts = facts(inputs);
		let facts: TVec<&TypedFact> = facts.iter().collect();
		Ok(read(self.0, &facts)?.unwrap_or(STEP))
	}

	/// What the outputs add.
	pub fn after(&self, outputs: &[TValue]) -> u64 {
		let facts = facts(outputs);
		let facts: TVec<&TypedFact> = facts.iter().collect();
		written(self.0, &facts).unwrap_or(0)
	}
}

fn facts(values: &[TValue]) -> TVec<TypedFact> {
	values.iter().map(|value| TypedFact::shape_and_dt_of(value)).collect()
}
