//! The cost of an operator in units: a unit stands for half a nanosecond of a core with AVX2.
//!
//! The table names every operator that an optimised model can hold. One that it does not name is an error of the load: nothing
//! runs for free. The weights are measured, by `scripts/bench.sh costs`; where they err, they err on the dear side.

use crate::kernel::{suppression::Limited, Own};
use assay_primitives::tensor::MAX_TEXT_BYTES;
use tract_onnx::{
	prelude::*,
	tract_core::ops::{
		binary::TypedBinOp,
		cnn::{Deconv, MaxPool, OptMaxPool, OptSumPool, PoolSpec, SumPool},
		fft::{Fft, Stft},
	},
	tract_hir::internal::*,
};
use tract_onnx_opl::{
	lrn::Lrn, ml::tree_ensemble_classifier::TreeEnsembleClassifier, non_max_suppression::NonMaxSuppression,
};

/// Units of one step of the plan, whatever it does: the plan's own work, the allocation of outputs.
pub const STEP: u64 = 4_000;

/// Compute units of a kernel on the host, by its multiply-adds and by the elements that it reads and writes.
pub fn kernel(products: u64, read: u64, written: u64) -> u64 {
	(products / 16).saturating_add(read / 2).saturating_add(written.saturating_mul(3))
}

/// The rule by which an operator's units follow from its shapes. [`STEP`] and units for the bytes read and written are added to each.
#[derive(Clone, Copy, Debug)]
enum Class {
	/// So many units for each element written.
	Written(u64),
	/// So many units for each element read or written.
	Touched(u64),
	/// Tract counts the multiply-adds; the kernels do so many units' worth for each.
	Products(u64),
	/// Has a rule of its own in [`special`].
	Special,
}

/// Classes by the operators' names. Element-wise and binary operators lose the prefixes and suffixes of their optimised forms.
fn class(name: &str) -> Option<Class> {
	use Class::*;
	let name = name.strip_prefix("Opt").unwrap_or(name);
	let name = name.strip_suffix("ByScalar").or(name.strip_suffix("Unicast")).unwrap_or(name);
	if name.starts_with("BinChain(") {
		// Each element costs as many operations as the chain has links.
		let links = name.matches('+').count() as u64 + 1;
		return Some(Touched(links.saturating_mul(4)));
	}
	if name.starts_with("Reduce<") {
		return Some(Touched(if name.contains("LogSumExp") { 24 } else { 6 }));
	}
	if name.starts_with("assay.") {
		// Operators of ours say what they cost.
		return Some(Special);
	}
	if name.contains("-to-") {
		// Casts between quantised types.
		return Some(Touched(8));
	}
	Some(match name {
		// Views and copies.
		"AddAxis"
		| "RmAxis"
		| "Identity"
		| "IntoShape"
		| "BlockQuantIntoShape"
		| "SplitGroupBlockQuant"
		| "Reshape"
		| "Dummy"
		| "Dropout"
		| "ComplexToInnerDim"
		| "InnerDimToComplex" => Written(1),
		"MoveAxis" | "Cast" | "Concat" | "MultiBroadcastTo" | "Pad" | "Tile" | "DynTile" | "Range" | "Onehot"
		| "NearestUpsample" | "Downsample" | "EyeLike" | "ConstantLike" => Written(4),
		// It asks of each element on which side of the diagonal it is.
		"Trilu" => Written(80),
		// The elements that these read follow from those that they write.
		"Slice" | "DynSlice" | "StridedSlice" => Written(4),
		"Gather" => Written(20),
		"GatherElements" | "DiagGather" | "RotateHalf" => Written(12),
		"ScatterElements" => Touched(28),
		"CumSum" => Touched(12),
		// Packing for the matrix kernels. The packed panels have no plain size; they hold what is read.
		"MatMulPack" | "SimpleMatMulPack" => Touched(4),
		"Im2col" | "LazyIm2col" => Touched(4),
		// Arithmetic of a few instructions.
		"Add" | "Sub" | "SubF" | "Mul" | "Max" | "Min" | "And" | "Or" | "Xor" | "BitAnd" | "BitOr" | "BitXor"
		| "ShiftLeft" | "ShiftRight" | "Eq" | "NE" | "LT" | "LTE" | "GT" | "GTE" | "Iff" => Touched(4),
		"Abs"
		| "Neg"
		| "Not"
		| "BitNot"
		| "Square"
		| "Sign"
		| "LeakyRelu"
		| "HardSwish"
		| "IsInf"
		| "IsNan"
		| "Floor"
		| "Ceil"
		| "Round"
		| "RoundHalfToEven"
		| "Recip"
		| "QScale"
		| "Scale"
		| "DequantizeLinearF32"
		| "QuantizeLinearU8"
		| "QuantizeLinearI8"
		| "OffsetI8asU8"
		| "OffsetU8asI8"
		| "LookupTable" => Touched(6),
		"Div" | "Sqrt" | "Rsqrt" => Touched(6),
		"Rem" => Touched(16),
		"DynamicQuantizeLinearU8" => Touched(16),
		// Polynomials in vectors.
		"Exp" | "Ln" | "Erf" | "Sigmoid" | "Tanh" | "Silu" | "GeluApproximate" | "GeluExact" | "ClampedSwiGlu" => {
			Touched(16)
		}
		// The library's functions, element by element.
		"Pow" | "PowConst" => Touched(80),
		"Acos" | "Acosh" | "Asin" | "Asinh" | "Atan" | "Atanh" | "Cos" | "Cosh" | "Sin" | "Sinh" | "Tan" => Touched(32),
		"Softmax" | "ScaledMaskedSoftmax" | "RmsNorm" | "ScaledRmsNorm" | "ExpUnitNorm" | "ApplyRope" => Touched(24),
		"LstmEpilogue" | "GruEpilogue" => Touched(64),
		"Random" | "Multinomial" => Touched(80),
		"DirectLookup" | "ReverseLookup" | "onnx.Cast" | "onnx.Cast(StringParse)" => Touched(80),
		// Products. An `EinSum` that the optimisation has left as it is walks its axes one by one.
		"MatMul" | "DepthWiseConv" | "DirectSpatialConv" | "BlockedConv" => Products(1),
		"Conv" | "EinSumMatMul" | "PrefixMatMul" => Products(4),
		"EinSum" => Products(120),
		"SDPA" | "FlashSDPA" => Products(48),
		"QSumB" => Touched(4),
		// Plans of their own are charged inside.
		"Scan" | "IfThenElse" | "Loop" => Written(2),
		"MaxPool"
		| "SumPool"
		| "Deconv"
		| "DeconvSum"
		| "DepthwiseDeconv"
		| "Fft"
		| "STFT"
		| "GruSeq"
		| "Lrn"
		| "NonMaxSuppression"
		| "Topk"
		| "NonZero"
		| "GatherNd"
		| "ScatterNd"
		| "TreeEnsembleClassifier"
		| "Resize"
		| "GridSample"
		| "OnnxMaxPoolIndices" => Special,
		_ => return None,
	})
}

/// Size in bytes of a tensor of this type and shape, if it is known.
fn bytes(fact: &TypedFact) -> Option<u64> {
	// An element of text costs as if it were as long as it may be.
	let size = if fact.datum_type == DatumType::String { MAX_TEXT_BYTES } else { fact.datum_type.size_of() };
	elements(fact).map(|elements| elements.saturating_mul(size as u64))
}

fn elements(fact: &TypedFact) -> Option<u64> {
	let shape = fact.shape.as_concrete()?;
	Some(shape.iter().fold(1u64, |product, dim| product.saturating_mul(*dim as u64)))
}

/// Largest tensor among these facts, in bytes.
pub fn largest(facts: &[&TypedFact]) -> u64 {
	facts.iter().filter_map(|fact| bytes(fact)).max().unwrap_or(0)
}

fn sum(facts: &[&TypedFact], of: impl Fn(&TypedFact) -> Option<u64>) -> Option<u64> {
	facts.iter().try_fold(0u64, |sum, fact| Some(sum.saturating_add(of(fact)?)))
}

/// The name that the table knows an operator by.
fn name(op: &dyn TypedOp) -> StaticName {
	match op.downcast_ref::<TypedBinOp>() {
		Some(binary) => binary.0.name().into(),
		None => op.as_op().name(),
	}
}

/// Fails for an operator that the table does not name.
pub fn check(op: &dyn TypedOp) -> TractResult<()> {
	let name = name(op);
	ensure!(class(&name).is_some(), "the operator {name} has no cost");
	Ok(())
}

/// Operators that read as much of their first input as they write.
fn reads_sparsely(name: &str) -> bool {
	matches!(name, "Gather" | "GatherElements" | "GatherNd" | "Slice" | "DynSlice" | "StridedSlice")
}

/// True for an operator of ours that says itself what it costs to read and to write.
fn units_are_all(op: &dyn TypedOp) -> bool {
	op.downcast_ref::<Own>().is_some_and(|own| own.0.units_are_all())
}

/// Units of what an operator reads and computes, as far as the inputs tell.
fn read(op: &dyn TypedOp, inputs: &[&TypedFact]) -> TractResult<Option<u64>> {
	let name = name(op);
	let Some(class) = class(&name) else { bail!("the operator {name} has no cost") };
	let read = if reads_sparsely(&name) { inputs.get(1..).unwrap_or_default() } else { inputs };
	let moved = if units_are_all(op) { Some(0) } else { sum(read, bytes) };
	let Some(moved) = moved else { return Ok(None) };
	let computed = match class {
		Class::Written(_) => Some(0),
		Class::Touched(each) => sum(read, elements).map(|elements| elements.saturating_mul(each)),
		Class::Products(each) => products(op, inputs)?.map(|products| products.saturating_mul(each)),
		Class::Special => special(op, &name, inputs)?,
	};
	Ok(computed.map(|computed| STEP.saturating_add(moved).saturating_add(computed)))
}

/// Units of what an operator writes.
fn written(op: &dyn TypedOp, outputs: &[&TypedFact]) -> Option<u64> {
	if units_are_all(op) {
		return Some(0);
	}
	let name = name(op);
	let each = match class(&name)? {
		Class::Written(each) | Class::Touched(each) => each,
		Class::Products(_) => 2,
		Class::Special => special_written(op, &name),
	};
	sum(outputs, |fact| Some(bytes(fact)?.saturating_add(elements(fact)?.saturating_mul(each))))
}

/// Multiply-adds and divisions by tract's own count.
fn products(op: &dyn TypedOp, inputs: &[&TypedFact]) -> TractResult<Option<u64>> {
	let mut units = 0u64;
	if name(op) == "FlashSDPA" {
		return Ok(attention(inputs));
	}
	for (kind, count) in op.cost(inputs)? {
		if !kind.is_compute() {
			continue;
		}
		let Ok(count) = count.to_i64() else { return Ok(None) };
		units = units.saturating_add(count.max(0) as u64);
	}
	Ok(Some(units))
}

/// Multiply-adds of an attention over queries, keys and values.
fn attention(inputs: &[&TypedFact]) -> Option<u64> {
	let [queries, keys, values, ..] = inputs else { return None };
	let keys = keys.shape.as_concrete()?;
	let values = values.shape.as_concrete()?;
	let length = *keys.iter().rev().nth(1)? as u64;
	let width = (*values.last()? as u64).saturating_add(*keys.last()? as u64);
	let rows = elements(queries)?.checked_div(*keys.last()? as u64).unwrap_or(0);
	Some(rows.saturating_mul(length).saturating_mul(width))
}

/// Positions of a pooling's or a convolution's window.
fn window(spec: &PoolSpec) -> u64 {
	spec.kernel_shape.iter().fold(1u64, |product, dim| product.saturating_mul(*dim as u64))
}

/// Units of a butterfly of the Fourier transform: complex, with its part of the twiddles.
const BUTTERFLY: u64 = 16;

/// Units of a place that is looked up by several indices, and of an element that is not zero.
const PLACE: u64 = 800;

/// Units of a comparison in a sort, and of the move that follows it.
const COMPARISON: u64 = 16;

/// Units of the intersection of two boxes.
const BOXES: u64 = 48;

/// Units of a step down a decision tree.
const TREE_STEP: u64 = 24;

/// Units of a position of a pooling's window.
const POOLED: u64 = 4;

fn log2(number: u64) -> u64 {
	u64::from(u64::BITS - number.leading_zeros())
}

/// Units that the rules of single operators find from the inputs.
fn special(op: &dyn TypedOp, name: &str, inputs: &[&TypedFact]) -> TractResult<Option<u64>> {
	let Some(total) = sum(inputs, elements) else { return Ok(None) };
	let first = inputs.first().and_then(|fact| elements(fact)).unwrap_or(0);
	let dim = |input: usize, axis: usize| -> Option<u64> {
		inputs.get(input)?.shape.as_concrete()?.get(axis).map(|dim| *dim as u64)
	};
	if let Some(own) = op.downcast_ref::<Own>() {
		return Ok(own.0.units(inputs));
	}
	if let Some(fft) = op.downcast_ref::<Fft>() {
		// A length that is a large prime is done by three transforms of up to four times the length.
		let length = dim(0, fft.axis).unwrap_or(1);
		return Ok(Some(first.saturating_mul(log2(length).saturating_mul(BUTTERFLY))));
	}
	if op.is::<NonMaxSuppression>() || op.is::<Limited>() {
		let (batches, boxes, classes) = (dim(0, 0), dim(0, 1), dim(1, 1));
		let (Some(batches), Some(boxes), Some(classes)) = (batches, boxes, classes) else { return Ok(None) };
		let pairs = boxes.saturating_mul(boxes).saturating_mul(BOXES);
		let sort = boxes.saturating_mul(log2(boxes)).saturating_mul(COMPARISON);
		return Ok(Some(batches.saturating_mul(classes).saturating_mul(pairs.saturating_add(sort))));
	}
	if let Some(trees) = op.downcast_ref::<TreeEnsembleClassifier>() {
		let rows = dim(0, 0).unwrap_or(1);
		let data = &trees.ensemble.data;
		// A path cannot be longer than a tree; together they have so many nodes.
		let nodes = data.nodes.shape().first().copied().unwrap_or(0) as u64;
		let leaves = data.leaves.shape().first().copied().unwrap_or(0) as u64;
		return Ok(Some(rows.saturating_mul(nodes.saturating_add(leaves)).saturating_mul(TREE_STEP)));
	}
	if let Some(lrn) = op.downcast_ref::<Lrn>() {
		return Ok(Some(first.saturating_mul(380 + 4 * lrn.size as u64)));
	}
	if let Some(deconvolution) = op.downcast_ref::<Deconv>() {
		// Each element read is multiplied into the window of every output channel of its group.
		let spec = &deconvolution.pool_spec;
		let channels = (spec.output_channels / deconvolution.group.max(1)).max(1) as u64;
		return Ok(Some(first.saturating_mul(window(spec)).saturating_mul(channels).saturating_mul(8)));
	}
	Ok(match name {
		// The products are made already; each is added once.
		"DeconvSum" => Some(total.saturating_mul(8)),
		// Each element read is multiplied into the window of its own channel.
		"DepthwiseDeconv" => {
			let window = inputs.get(1).and_then(|kernel| elements(kernel)).unwrap_or(0) / dim(1, 0).unwrap_or(1).max(1);
			Some(first.saturating_mul(window.max(1)).saturating_mul(8))
		}
		"NonZero" => Some(first.saturating_mul(PLACE)),
		"GatherNd" | "ScatterNd" => {
			// There are as many places as rows of indices.
			let indices = inputs.get(1).and_then(|fact| fact.shape.as_concrete());
			let places = indices
				.and_then(|shape| shape.split_last())
				.map_or(1, |(_, rows)| rows.iter().fold(1u64, |product, dim| product.saturating_mul(*dim as u64)));
			Some(places.saturating_mul(PLACE).saturating_add(total.saturating_mul(4)))
		}
		"Topk" => Some(first.saturating_mul(log2(first)).saturating_mul(COMPARISON)),
		"GruSeq" => {
			// Inputs are rows of time steps; each step multiplies the state with the recurrent weights, and the row with the
			// others if that has not been done before.
			let Some(rows) = dim(0, 0).zip(dim(0, 1)).map(|(batch, steps)| batch.saturating_mul(steps)) else {
				return Ok(None);
			};
			let weights = total.saturating_sub(first);
			Some(rows.saturating_mul(weights).saturating_add(total.saturating_mul(128)))
		}
		_ => Some(0),
	})
}

/// Units for each element written by an operator with a rule of its own.
fn special_written(op: &dyn TypedOp, name: &str) -> u64 {
	let pool = op
		.downcast_ref::<OptMaxPool>()
		.map(|op| &op.pool_spec)
		.or_else(|| op.downcast_ref::<OptSumPool>().map(|op| &op.pool_spec))
		.or_else(|| op.downcast_ref::<MaxPool>().map(|op| &op.pool_spec))
		.or_else(|| op.downcast_ref::<SumPool>().map(|op| &op.pool_spec));
	if let Some(spec) = pool {
		return window(spec).saturating_mul(POOLED).saturating_add(16);
	}
	if let Some(stft) = op.downcast_ref::<Stft>() {
		return log2(stft.frame as u64).saturating_mul(BUTTERFLY);
	}
	match name {
		// A cubic window in three dimensions.
		"Resize" => 256,
		"GridSample" => 2_048,
		"GruSeq" => 128,
		_ => 16,
	}
}

/// Units of one evaluation, if the shapes are known.
pub fn of_node(op: &dyn TypedOp, inputs: &[&TypedFact], outputs: &[&TypedFact]) -> TractResult<Option<u64>> {
	let Some(read) = read(op, inputs)? else { return Ok(None) };
	Ok(written(op, outputs).map(|written| read.saturating_add(written)))
}

/// Units to charge before and after an evaluation whose shapes are known only when it happens.
pub struct Late<'a>(pub &'a dyn TypedOp);

impl Late<'_> {
	/// Units that follow from the inputs alone, to be charged before the evaluation.
	pub fn before(&self, inputs: &[TValue]) -> TractResult<u64> {
		let facts = facts(inputs);
		let facts: TVec<&TypedFact> = facts.iter().collect();
		Ok(read(self.0, &facts)?.unwrap_or(STEP))
	}

	/// Units that follow from the outputs, to be charged after the evaluation.
	pub fn after(&self, outputs: &[TValue]) -> u64 {
		let facts = facts(outputs);
		let facts: TVec<&TypedFact> = facts.iter().collect();
		written(self.0, &facts).unwrap_or(0)
	}
}

fn facts(values: &[TValue]) -> TVec<TypedFact> {
	values.iter().map(|value| TypedFact::shape_and_dt_of(value)).collect()
}
