//! Puts channels inside, from the first convolution on for as far as nothing else needs them where they were.
//!
//! ONNX has the channels of an image before its rows and columns. With the channels of a pixel side by side, a convolution reads what lies
//! under a window in long pieces, and one of a single pixel is a product of the image as it lies. A tensor is moved only where an
//! operator that is not known here reads it.
//!
//! Channels are the second axis, or the first one where tract has taken away the axis of a single image.

use super::{constant, elements, shape};
use std::{cmp::Ordering, collections::HashMap};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{
		array::{Pad, Slice, TypedConcat},
		cnn::{Conv, MaxPool, PoolSpec, SumPool},
		einsum::EinSum,
		nn::{DataFormat, Reduce},
		Downsample,
	},
	tract_hir::internal::*,
};

/// The axis of channels, as ONNX has it.
const CHANNELS: usize = 1;

/// The place of an axis after the axis `channels` has been moved inside.
fn inside(axis: usize, channels: usize, rank: usize) -> usize {
	match axis.cmp(&channels) {
		Ordering::Less => axis,
		Ordering::Equal => rank - 1,
		Ordering::Greater => axis - 1,
	}
}

/// Sizes or other things of axes, in the order that those have when the channels lie inside.
fn reordered<T: Clone>(of_axes: &[T], channels: usize) -> TVec<T> {
	let mut moved: TVec<T> = of_axes.into();
	let channels = moved.remove(channels);
	moved.push(channels);
	moved
}

/// An operator for inputs whose channels lie inside.
struct Moved {
	op: Box<dyn TypedOp>,
	/// The axes that were the channels of its inputs and of its output.
	from: usize,
	to: usize,
}

/// The model, rewritten from its inputs on.
struct Rewrite<'a> {
	source: &'a TypedModel,
	target: TypedModel,
	/// Tensors as they are in the source.
	plain: HashMap<OutletId, OutletId>,
	/// Tensors with their channels inside, and the axis that those were.
	moved: HashMap<OutletId, (usize, OutletId)>,
}

/// Rewrites a decluttered model.
pub fn channels_inside(source: &TypedModel) -> TractResult<TypedModel> {
	if !source.nodes.iter().any(|node| conv_spec(source, node).is_some()) {
		return Ok(source.clone());
	}
	let target = TypedModel { symbols: source.symbols.clone(), ..TypedModel::default() };
	let mut rewrite = Rewrite { source, target, plain: HashMap::new(), moved: HashMap::new() };
	let mut order = source.eval_order()?;
	// An input that nothing reads is an input all the same.
	let unread = source.input_outlets()?.iter().map(|outlet| outlet.node).filter(|node| !order.contains(node));
	order.extend(unread.collect::<Vec<_>>());
	for id in order {
		rewrite.node(source.node(id))?;
	}
	rewrite.finish()
}

/// The windows of a convolution that the kernels can do with the channels inside.
fn conv_spec<'a>(model: &TypedModel, node: &'a TypedNode) -> Option<&'a PoolSpec> {
	let conv = node.op_as::<Conv>()?;
	let [image, weights, bias] = node.inputs[..] else { return None };
	let known = shape(model.outlet_fact(image).ok()?).is_some() && shape(&node.outputs[0].fact).is_some();
	let constants = constant(model, weights).is_some() && constant(model, bias).is_some();
	let spec = &conv.pool_spec;
	let kind = conv.q_params.is_none() && spec.data_format == DataFormat::NCHW && (1..=2).contains(&spec.rank());
	(known && constants && kind).then_some(spec)
}

fn with_channels_inside(spec: &PoolSpec) -> PoolSpec {
	PoolSpec { data_format: DataFormat::NHWC, ..spec.clone() }
}

impl Rewrite<'_> {
	/// A tensor as it is in the source.
	fn plain(&mut self, outlet: OutletId) -> TractResult<OutletId> {
		if let Some(found) = self.plain.get(&outlet) {
			return Ok(*found);
		}
		let (channels, moved) = *self.moved.get(&outlet).context("a tensor that nothing has made")?;
		let rank = self.target.outlet_fact(moved)?.rank();
		let name = format!("{}.{}.outside", self.source.node(outlet.node).name, outlet.slot);
		let wire = self.target.wire_node(name, AxisOp::Move(rank - 1, channels), &[moved])?[0];
		self.plain.insert(outlet, wire);
		Ok(wire)
	}

	/// A tensor with its channels inside, which are its axis `channels`.
	fn moved(&mut self, outlet: OutletId, channels: usize) -> TractResult<OutletId> {
		if let Some((_, found)) = self.moved.get(&outlet).filter(|(axis, _)| *axis == channels) {
			return Ok(*found);
		}
		let name = format!("{}.{}.inside.{channels}", self.source.node(outlet.node).name, outlet.slot);
		let rank = self.source.outlet_fact(outlet)?.rank();
		let wire = match constant(self.source, outlet) {
			Some(constant) => {
				let moved = constant.into_tensor().move_axis(channels, rank - 1)?;
				self.target.add_const(name, moved)?
			}
			None => {
				let plain = self.plain(outlet)?;
				self.target.wire_node(name, AxisOp::Move(channels, rank - 1), &[plain])?[0]
			}
		};
		self.moved.insert(outlet, (channels, wire));
		Ok(wire)
	}

	/// Inputs and outputs in their order, as they are in the source.
	fn finish(mut self) -> TractResult<TypedModel> {
		let mut interface = vec![];
		for outlets in [self.source.input_outlets()?, self.source.output_outlets()?] {
			let plain: Vec<OutletId> = outlets.iter().map(|outlet| self.plain(*outlet)).collect::<TractResult<_>>()?;
			for (outlet, plain) in outlets.iter().zip(&plain) {
				if let Some(label) = self.source.outlet_label(*outlet) {
					self.target.set_outlet_label(*plain, label.to_string())?;
				}
			}
			interface.push(plain);
		}
		(self.target.outputs, self.target.inputs) =
			(interface.pop().unwrap_or_default(), interface.pop().unwrap_or_default());
		self.target.properties.clone_from(&self.source.properties);
		Ok(self.target)
	}

	fn node(&mut self, node: &TypedNode) -> TractResult<()> {
		let Some(Moved { op, from, to }) = self.with_channels_inside(node)? else { return self.copy(node) };
		let weights = node.op_is::<Conv>() || node.op_is::<EinSum>();
		let mut inputs = tvec!();
		for input in &node.inputs {
			let is_image = !weights
				|| shape(self.source.outlet_fact(*input)?).is_some() && constant(self.source, *input).is_none();
			inputs.push(if is_image { self.moved(*input, from)? } else { self.plain(*input)? });
		}
		let wires = self.target.wire_node(&*node.name, op, &inputs)?;
		self.moved.insert(node.id.into(), (to, wires[0]));
		Ok(())
	}

	/// Leaves an operator as it is.
	fn copy(&mut self, node: &TypedNode) -> TractResult<()> {
		let inputs = node.inputs.iter().map(|input| self.plain(*input)).collect::<TractResult<TVec<_>>>()?;
		let facts = node.outputs.iter().map(|outlet| outlet.fact.clone()).collect();
		let id = self.target.add_node(&*node.name, node.op.clone(), facts)?;
		for (slot, input) in inputs.into_iter().enumerate() {
			self.target.add_edge(input, InletId::new(id, slot))?;
		}
		for slot in 0..node.outputs.len() {
			self.plain.insert(OutletId::new(node.id, slot), OutletId::new(id, slot));
		}
		Ok(())
	}

	/// The axis of a tensor's channels, if they lie inside already.
	fn channels(&self, outlet: OutletId) -> Option<usize> {
		let (channels, _) = self.moved.get(&outlet)?;
		constant(self.source, outlet).is_none().then_some(*channels)
	}

	/// The operator for inputs whose channels lie inside, if it is known and they do.
	fn with_channels_inside(&self, node: &TypedNode) -> TractResult<Option<Moved>> {
		if let Some(spec) = conv_spec(self.source, node) {
			let conv = node.op_as::<Conv>().context("a convolution")?;
			let op = Box::new(Conv { pool_spec: with_channels_inside(spec), ..conv.clone() });
			return Ok(Some(Moved { op, from: CHANNELS, to: CHANNELS }));
		}
		let [output] = &node.outputs[..] else { return Ok(None) };
		let Some(shape_of_output) = shape(&output.fact) else { return Ok(None) };
		let Some(channels) = node.inputs.iter().find_map(|input| self.channels(*input)) else { return Ok(None) };
		let rank = shape_of_output.len();
		if rank < 3 {
			return Ok(None);
		}
		if let Some(product) = node.op_as::<EinSum>() {
			return self.product(node, product);
		}
		if let Some(axis) = node.op_as::<AxisOp>() {
			return Ok(single_axis(axis, channels, rank));
		}
		for input in &node.inputs {
			if shape(self.source.outlet_fact(*input)?).is_none_or(|own| own.len() != rank) {
				return Ok(None);
			}
		}
		let op =
			if elements::is_known(self.source, node) { Some(node.op.clone()) } else { walked(node, channels, rank) };
		Ok(op.map(|op| Moved { op, from: channels, to: channels }))
	}

	/// A convolution of single pixels, which tract has made a product: weights by channels.
	fn product(&self, node: &TypedNode, op: &EinSum) -> TractResult<Option<Moved>> {
		let [first, second] = node.inputs[..] else { return Ok(None) };
		let image = match (constant(self.source, first), constant(self.source, second)) {
			(None, Some(_)) => 0,
			(Some(_), None) => 1,
			_ => return Ok(None),
		};
		let Some(from) = self.channels(node.inputs[image]) else { return Ok(None) };
		let Some(read) = shape(self.source.outlet_fact(node.inputs[image])?) else { return Ok(None) };
		let written = node.outputs[0].fact.rank();
		// The weights' own axis in the output.
		let own = op.axes.iter_all_axes().filter(|axis| axis.inputs[image].is_empty());
		let mut own = own.filter(|axis| !axis.inputs[1 - image].is_empty()).map(|axis| &axis.outputs[0][..]);
		let (Some(&[to]), None) = (own.next(), own.next()) else { return Ok(None) };
		if op.q_params.is_some() || written < 3 {
			return Ok(None);
		}
		let mut axes = tvec!();
		for axis in op.axes.iter_all_axes() {
			let mut axis = axis.clone();
			let known = match (&axis.inputs[image][..], &axis.inputs[1 - image][..], &axis.outputs[0][..]) {
				// Pixels, or images.
				([pixels], [], [_]) => *pixels != from,
				// The channels that are read, and those that are written.
				([channels], [_], []) => *channels == from,
				([], [_], [_]) => true,
				// The axis of a single image, which goes or comes.
				([single], [], []) => *single != from && read[*single] == 1,
				([], [], [_]) => true,
				// A group's channels.
				_ => false,
			};
			if !known {
				return Ok(None);
			}
			let moved = |positions: &TVec<usize>, channels: usize, rank: usize| {
				positions.iter().map(|position| inside(*position, channels, rank)).collect()
			};
			axis.inputs[image] = moved(&axis.inputs[image], from, read.len());
			axis.outputs[0] = moved(&axis.outputs[0], to, written);
			axes.push(axis);
		}
		let op = Box::new(EinSum { axes: AxesMapping::new(2, 1, axes)?, ..op.clone() });
		Ok(Some(Moved { op, from, to }))
	}
}

/// The axis of a single image that goes or comes. `rank` is that of the output.
fn single_axis(op: &AxisOp, channels: usize, rank: usize) -> Option<Moved> {
	let (op, to) = match *op {
		AxisOp::Rm(axis) if axis != channels => {
			let to = if axis < channels { channels - 1 } else { channels };
			(AxisOp::Rm(inside(axis, channels, rank + 1)), to)
		}
		AxisOp::Add(axis) => {
			let to = if axis <= channels { channels + 1 } else { channels };
			(AxisOp::Add(inside(axis, to, rank)), to)
		}
		_ => return None,
	};
	Some(Moved { op: Box::new(op), from: channels, to })
}

/// An operator that walks along axes, for those that they have when the channels lie inside.
fn walked(node: &TypedNode, channels: usize, rank: usize) -> Option<Box<dyn TypedOp>> {
	let op: &dyn TypedOp = node.op.as_ref();
	let inside = |axis: usize| inside(axis, channels, rank);
	if let Some(pool) = op.downcast_ref::<MaxPool>() {
		let known = pool.with_index_outputs.is_none() && is_outside(&pool.pool_spec, channels);
		known.then(|| Box::new(MaxPool { pool_spec: with_channels_inside(&pool.pool_spec), ..pool.clone() }) as _)
	} else if let Some(pool) = op.downcast_ref::<SumPool>() {
		let known = is_outside(&pool.pool_spec, channels);
		known.then(|| Box::new(SumPool { pool_spec: with_channels_inside(&pool.pool_spec), ..pool.clone() }) as _)
	} else if let Some(reduce) = op.downcast_ref::<Reduce>() {
		let axes = reduce.axes.iter().map(|axis| inside(*axis)).collect();
		Some(Box::new(Reduce { axes, ..reduce.clone() }) as _)
	} else if let Some(concat) = op.downcast_ref::<TypedConcat>() {
		Some(Box::new(TypedConcat { axis: inside(concat.axis) }) as _)
	} else if let Some(pad) = op.downcast_ref::<Pad>() {
		Some(Box::new(Pad { pads: reordered(&pad.pads, channels).to_vec(), ..pad.clone() }) as _)
	} else if let Some(slice) = op.downcast_ref::<Slice>() {
		Some(Box::new(Slice { axis: inside(slice.axis), ..slice.clone() }) as _)
	} else {
		let downsample = op.downcast_ref::<Downsample>()?;
		Some(Box::new(Downsample { axis: inside(downsample.axis), ..downsample.clone() }) as _)
	}
}

/// True if a pooling and its tensor both have their channels outside, at the axis [`CHANNELS`].
fn is_outside(spec: &PoolSpec, channels: usize) -> bool {
	spec.data_format == DataFormat::NCHW && channels == CHANNELS
}
