//! Products of matrices, whatever order their axes are in.

use super::{
	constant,
	finish::{BiasAxis, Finish, Side},
	shape, stride, strides,
};
use crate::{
	call, cost,
	kernel::{elements, Kernel, Own},
};
use assay_kernels::{
	gemm::{scratch, PACKED},
	Descriptor, Kernel as Number, Operand, WIDTH,
};
use tract_onnx::{prelude::*, tract_core::ops::einsum::EinSum, tract_hir::internal::*};

/// An axis, or some that lie together: its length, and its distances in A, B and C. 0 where a matrix has not got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
	length: usize,
	a: usize,
	b: usize,
	c: usize,
}

/// Joins neighbouring axes that are one in every matrix. They are in the order of the output's memory, or of A's.
fn join(axes: &[Axis]) -> Vec<Axis> {
	let mut joined: Vec<Axis> = vec![];
	for inner in axes.iter().filter(|axis| axis.length != 1) {
		if let Some(outer) = joined.last_mut() {
			let one = |outer: usize, each: usize| outer == each * inner.length;
			if one(outer.a, inner.a) && one(outer.b, inner.b) && one(outer.c, inner.c) {
				*outer = Axis { length: outer.length * inner.length, ..*inner };
				continue;
			}
		}
		joined.push(*inner);
	}
	joined
}

/// A product as the kernel has it.
#[derive(Debug, Clone)]
struct Product {
	/// Without operands.
	descriptor: Descriptor,
	/// Which input A is, and which B, unless it is constant.
	a: usize,
	b: Option<usize>,
	/// B, packed.
	packed: Option<Arc<Tensor>>,
	a_strides: [i32; 4],
	b_strides: [i32; 4],
	c_strides: [i32; 4],
	/// Axes that the kernel does not go over itself: it is called for each place along them.
	loops: Vec<Axis>,
	finish: Finish,
	shape: TVec<usize>,
	/// Multiply-adds, with those of columns that fill up a vector.
	products: u64,
}

impl Kernel for Product {
	fn name(&self) -> &'static str {
		"MatMul"
	}

	fn facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(DatumType::F32.fact(&self.shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let constant = self.packed.as_ref().map_or(0, |packed| packed.len() as u64);
		let read = inputs.iter().filter_map(|fact| elements(fact)).fold(constant, u64::saturating_add);
		let written = self.shape.iter().fold(1, |written: u64, dim| written.saturating_mul(*dim as u64));
		Some(cost::kernel(self.products, read, written).saturating_add(self.finish.units(written)))
	}

	fn units_are_all(&self) -> bool {
		true
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut output = call::output(&self.shape)?;
		if output.len() == 0 {
			return Ok(tvec!(output.into_tvalue()));
		}
		let mut descriptor = self.descriptor;
		let [rows, columns, steps, outer, inner, ..] = descriptor.dims;
		let b = match (&self.packed, self.b) {
			(Some(packed), _) => packed,
			(None, Some(b)) => &*inputs[b],
			(None, None) => bail!("a product of one matrix"),
		};
		let numbers = if self.packed.is_some() { 0 } else { scratch(columns, steps) };
		descriptor.operands[5] = self.finish.program().unwrap_or_default();
		let residual = self.finish.residual.and_then(|_| inputs.last());
		if let Some((_, bias)) = &self.finish.bias {
			descriptor.operands[3] = call::operand(bias, [0; 4]);
		}
		// Rows of one descriptor, and then the axes that it does not have.
		let each = u64::from(columns) * u64::from(steps.max(1)) * u64::from(outer) * u64::from(inner);
		let most = u32::try_from(call::MAX_PRODUCTS / each.max(1)).unwrap_or(u32::MAX).max(1);
		let times: usize = self.loops.iter().map(|axis| axis.length).product();
		for time in 0..times {
			let (mut a_at, mut b_at, mut c_at, mut rest) = (0, 0, 0, time);
			for axis in self.loops.iter().rev() {
				let index = rest % axis.length;
				rest /= axis.length;
				a_at += index * axis.a;
				b_at += index * axis.b;
				c_at += index * axis.c;
			}
			let mut top = 0;
			while top < rows {
				let height = most.min(rows - top);
				descriptor.dims[0] = height;
				let of = |mut operand: Operand, at: usize, row: i32| {
					let bytes = (at as u32 + top * row as u32) * 4;
					operand.at += bytes;
					operand.bytes -= bytes;
					operand
				};
				descriptor.operands[0] = of(call::operand(&inputs[self.a], self.a_strides), a_at, self.a_strides[0]);
				descriptor.operands[1] = of(call::operand(b, self.b_strides), b_at, 0);
				descriptor.operands[2] = of(call::written(&mut output, self.c_strides), c_at, self.c_strides[0]);
				if let Some(residual) = residual {
					descriptor.operands[4] = of(call::operand(residual, self.c_strides), c_at, self.c_strides[0]);
				}
				if let Some((Side::Rows, bias)) = &self.finish.bias {
					descriptor.operands[3] = of(call::operand(bias, [0; 4]), 0, 1);
				}
				call::execute(&mut descriptor, numbers)?;
				top += height;
			}
		}
		Ok(tvec!(output.into_tvalue()))
	}
}

/// The axes of a product by their roles.
#[derive(Default, Debug)]
struct Roles {
	batch: Vec<Axis>,
	rows: Vec<Axis>,
	columns: Vec<Axis>,
	steps: Vec<Axis>,
	/// Axes of the output that rows and columns alone run along.
	row_axis: Option<usize>,
	column_axis: Option<usize>,
}

/// Sorts the axes of an operator with inputs `a` and `b` of these shapes; none if it is no product.
fn roles(op: &EinSum, a: usize, shapes: [&[usize]; 2], output: &[usize]) -> Option<Roles> {
	let b = 1 - a;
	let (a_strides, b_strides, c_strides) = (strides(shapes[a]), strides(shapes[b]), strides(output));
	let mut found = vec![];
	for axis in op.axes.iter_all_axes() {
		let place = |positions: &TVec<usize>| match positions[..] {
			[] => Some(None),
			[one] => Some(Some(one)),
			_ => None,
		};
		let (in_a, in_b, in_c) = (place(&axis.inputs[a])?, place(&axis.inputs[b])?, place(&axis.outputs[0])?);
		let length = |shape: &[usize], at: Option<usize>| at.map_or(1, |at| shape[at]);
		let (a_length, b_length) = (length(shapes[a], in_a), length(shapes[b], in_b));
		let whole = a_length.max(b_length);
		if in_c.is_some() && length(output, in_c) != whole {
			return None;
		}
		let step = |strides: &[usize], at: Option<usize>, length: usize| match at {
			Some(at) if length == whole => strides[at],
			_ => 0,
		};
		let one = Axis {
			length: whole,
			a: step(&a_strides, in_a, a_length),
			b: step(&b_strides, in_b, b_length),
			c: step(&c_strides, in_c, whole),
		};
		if whole != 1 {
			found.push((in_a.filter(|_| a_length == whole), in_b.filter(|_| b_length == whole), in_c, one));
		}
	}
	// In the order of the output's memory, and what is added up in the order of A's.
	found.sort_by_key(|(in_a, _, in_c, _)| (in_c.unwrap_or(usize::MAX), in_a.unwrap_or(usize::MAX)));
	let mut roles = Roles::default();
	let (mut row_axes, mut column_axes) = (vec![], vec![]);
	for (in_a, in_b, in_c, axis) in found {
		match (in_a, in_b, in_c) {
			(Some(_), Some(_), Some(_)) => roles.batch.push(axis),
			(Some(_), None, Some(at)) => {
				roles.rows.push(axis);
				row_axes.push(at);
			}
			(None, Some(_), Some(at)) => {
				roles.columns.push(axis);
				column_axes.push(at);
			}
			(Some(_), Some(_), None) => roles.steps.push(axis),
			_ => return None,
		}
	}
	let single = |axes: &[usize]| match axes {
		[one] => Some(*one),
		_ => None,
	};
	(roles.row_axis, roles.column_axis) = (single(&row_axes), single(&column_axes));
	for axes in [&mut roles.batch, &mut roles.rows, &mut roles.columns, &mut roles.steps] {
		*axes = join(axes);
	}
	Some(roles)
}

/// Takes the last axis, or one of length 1.
fn take_last(axes: &mut Vec<Axis>, along: Axis) -> Axis {
	axes.pop().unwrap_or(along)
}

/// B in panels of sixteen columns, one matrix after the other along the loops.
fn pack(b: &[f32], columns: Axis, steps: Axis, loops: &mut [Axis]) -> TractResult<Tensor> {
	let panel = steps.length * WIDTH;
	let whole = columns.length.div_ceil(WIDTH) * panel;
	let slices: usize = loops.iter().filter(|axis| axis.b != 0).map(|axis| axis.length).product();
	let mut to = vec![0.0; slices * whole];
	for slice in 0..slices {
		let (mut at, mut rest) = (0, slice);
		for axis in loops.iter().rev().filter(|axis| axis.b != 0) {
			at += rest % axis.length * axis.b;
			rest /= axis.length;
		}
		let to = &mut to[slice * whole..][..whole];
		for step in 0..steps.length {
			for column in 0..columns.length {
				to[column / WIDTH * panel + step * WIDTH + column % WIDTH] =
					b[at + step * steps.b + column * columns.b];
			}
		}
	}
	let mut distance = whole;
	for axis in loops.iter_mut().rev().filter(|axis| axis.b != 0) {
		axis.b = distance;
		distance *= axis.length;
	}
	Tensor::from_shape(&[to.len()], &to)
}

/// Replaces a product and what follows it.
pub fn rule(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	let Some(op) = node.op_as::<EinSum>() else { return Ok(None) };
	let [first, second] = node.inputs[..] else { return Ok(None) };
	if op.q_params.is_some() || op.operating_dt != DatumType::F32 {
		return Ok(None);
	}
	let (inputs, outputs) = model.node_facts(node.id)?;
	let (Some(left), Some(right), Some(output)) = (shape(inputs[0]), shape(inputs[1]), shape(outputs[0])) else {
		return Ok(None);
	};
	if left.contains(&0) || right.contains(&0) {
		return Ok(None);
	}
	let Some(mut found) = roles(op, 0, [&left, &right], &output) else { return Ok(None) };
	let mut a = 0;
	// Columns have to lie side by side in the output. A matrix times a vector is a vector times a matrix, whose columns fill vectors.
	let beside = |axes: &[Axis]| axes.last().is_some_and(|axis| axis.c == 1);
	if beside(&found.rows) && !beside(&found.columns) {
		a = 1;
		let Some(other) = roles(op, a, [&left, &right], &output) else { return Ok(None) };
		found = other;
	}
	if !beside(&found.columns) && !found.columns.is_empty() || found.steps.len() > 1 {
		return Ok(None);
	}
	let none = Axis { length: 1, a: 0, b: 0, c: 0 };
	let steps = take_last(&mut found.steps, none);
	let columns = take_last(&mut found.columns, Axis { c: 1, ..none });
	let rows = take_last(&mut found.rows, none);
	let mut loops: Vec<Axis> = found.batch.into_iter().chain(found.columns).chain(found.rows).collect();
	let second_constant = constant(model, [second, first][a]);
	let packed = match &second_constant {
		Some(b) => Some(pack(b.try_as_plain_ram()?.as_slice::<f32>()?, columns, steps, &mut loops)?.into_arc_tensor()),
		None => None,
	};
	let mut axes: Vec<BiasAxis> = vec![];
	axes.extend(found.column_axis.filter(|_| columns.length > 1).map(|axis| (Side::Columns, axis, columns.length)));
	axes.extend(found.row_axis.filter(|_| rows.length > 1).map(|axis| (Side::Rows, axis, rows.length)));
	let (finish, last) = Finish::of(model, node, None, &axes)?;
	let filled = columns.length.next_multiple_of(WIDTH);
	let products = [rows.length, filled, steps.length].into_iter().chain(loops.iter().map(|axis| axis.length));
	let products = products.fold(1u64, |product, length| product.saturating_mul(length as u64));
	let inner = take_last(&mut loops, none);
	let outer = take_last(&mut loops, none);
	let mut descriptor = call::descriptor(Number::Gemm);
	for (place, axis) in descriptor.dims.iter_mut().zip([rows, columns, steps, outer, inner]) {
		*place = u32::try_from(axis.length)?;
	}
	finish.describe(&mut descriptor);
	if packed.is_some() {
		descriptor.flags |= PACKED;
	}
	let four = |strides: [usize; 4]| -> TractResult<[i32; 4]> {
		Ok([stride(strides[0])?, stride(strides[1])?, stride(strides[2])?, stride(strides[3])?])
	};
	let b_strides = if packed.is_some() { [0, 0, outer.b, inner.b] } else { [steps.b, columns.b, outer.b, inner.b] };
	let mut patch = TypedModelPatch::default();
	let (a_outlet, b_outlet) = if a == 0 { (first, second) } else { (second, first) };
	let mut taps = tvec!(patch.tap_model(model, a_outlet)?);
	if packed.is_none() {
		taps.push(patch.tap_model(model, b_outlet)?);
	}
	if let Some(residual) = finish.residual {
		taps.push(patch.tap_model(model, residual)?);
	}
	let op = Product {
		descriptor,
		a: 0,
		b: packed.is_none().then_some(1),
		packed,
		a_strides: four([rows.a, steps.a, outer.a, inner.a])?,
		b_strides: four(b_strides)?,
		c_strides: four([rows.c, 1, outer.c, inner.c])?,
		loops,
		finish,
		shape: output,
		products,
	};
	let wire = patch.wire_node(&*model.node(last).name, Own(Arc::new(op)), &taps)?;
	patch.shunt_outside(model, last.into(), wire[0])?;
	Ok(Some(patch))
}
