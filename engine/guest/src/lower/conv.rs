//! Convolutions of one or two dimensions whose weights are constant, and poolings.

use super::{
	constant,
	finish::{Finish, Side},
	shape, stride,
};
use crate::{
	call, cost,
	kernel::{elements, Kernel, Own},
};
use assay_kernels::{
	conv::{scratch, INSIDE, LARGEST},
	gemm::{packed, SCALE},
	Descriptor, Kernel as Number, Operand, WIDTH,
};
use tract_onnx::{
	prelude::*,
	tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PoolSpec, SumPool},
	tract_hir::internal::*,
};

/// A convolution or a pooling as the kernel has it.
#[derive(Debug, Clone)]
struct Convolution {
	name: &'static str,
	/// Without operands.
	descriptor: Descriptor,
	image_strides: [i32; 4],
	output_strides: [i32; 4],
	weights: Option<Arc<Tensor>>,
	weight_strides: [i32; 4],
	finish: Finish,
	shape: TVec<usize>,
	/// Taps of all windows by channels read and written.
	products: u64,
	/// Units beside those of the image, the output and what is done with it.
	work: u64,
}

impl Kernel for Convolution {
	fn name(&self) -> &'static str {
		self.name
	}

	fn facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(DatumType::F32.fact(&self.shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let read = inputs.iter().filter_map(|fact| elements(fact)).fold(0, u64::saturating_add);
		let written = self.shape.iter().fold(1, |written: u64, dim| written.saturating_mul(*dim as u64));
		Some(cost::kernel(0, read, written).saturating_add(self.work).saturating_add(self.finish.units(written)))
	}

	fn units_are_all(&self) -> bool {
		true
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut output = call::output(&self.shape)?;
		let [_, _, _, _, rows, _, written, columns, ..] = self.descriptor.dims;
		// Rows of the output that a descriptor is asked for: nothing interrupts one.
		let bands = self.products.div_ceil(call::MAX_PRODUCTS).clamp(1, u64::from(written.max(1))) as u32;
		let height = written.div_ceil(bands);
		let [step, before] = [3, 5].map(|parameter| self.descriptor.parameters[parameter] & 0xffff);
		let mut top = 0;
		while top < written {
			let mut descriptor = self.descriptor;
			// A band's windows begin at a row of the image, or before its first one.
			let first = u64::from(top) * u64::from(step);
			let skipped = first.saturating_sub(before.into()).min(rows.into()) as u32;
			let some = height.min(written - top);
			descriptor.dims[4] = rows - skipped;
			descriptor.dims[6] = some;
			let left = u64::from(before).saturating_sub(first) as u32;
			descriptor.parameters[5] = descriptor.parameters[5] & 0xffff_0000 | left;
			let from = |mut operand: Operand, rows: u32, row: i32| {
				let bytes = rows * row as u32 * 4;
				operand.at += bytes;
				operand.bytes -= bytes;
				operand
			};
			let row = columns as i32 * self.output_strides[2];
			let operands = &mut descriptor.operands;
			operands[0] = from(call::operand(&inputs[0], self.image_strides), skipped, self.image_strides[2]);
			if let Some(weights) = &self.weights {
				operands[1] = call::operand(weights, self.weight_strides);
			}
			operands[2] = from(call::written(&mut output, self.output_strides), top, row);
			if let Some((_, bias)) = &self.finish.bias {
				operands[3] = call::operand(bias, [0; 4]);
			}
			if let Some(residual) = inputs.get(1) {
				operands[4] = from(call::operand(residual, self.output_strides), top, row);
			}
			descriptor.operands[5] = self.finish.program().unwrap_or_default();
			let numbers = scratch(&descriptor)?;
			call::execute(&mut descriptor, numbers)?;
			top += some;
		}
		Ok(tvec!(output.into_tvalue()))
	}
}

/// Sizes of two dimensions, where one is missing the rows.
fn two(sizes: &[usize], missing: usize) -> Option<[usize; 2]> {
	match *sizes {
		[columns] => Some([missing, columns]),
		[rows, columns] => Some([rows, columns]),
		_ => None,
	}
}

/// The places of windows in an image, and the places in the output of the numbers that they give.
struct Geometry {
	/// True if the channels lie inside: those of a pixel are neighbours.
	inside: bool,
	images: usize,
	image: [usize; 2],
	output: [usize; 2],
	window: [usize; 2],
	/// Strides, dilations, pixels before.
	words: [u32; 3],
	image_strides: [i32; 4],
	output_strides: [i32; 4],
	/// True if all taps of all windows lie in the image.
	is_whole: bool,
}

impl Geometry {
	/// None for what the kernel has not.
	fn new(spec: &PoolSpec, image: &[usize], output: &[usize]) -> TractResult<Option<Geometry>> {
		let (image, output) = (spec.data_format.shape(image)?, spec.data_format.shape(output)?);
		// A single channel lies inside and outside, and vectors run along the pixels.
		let inside = spec.data_format.c_is_last() && (*image.c() > 1 || *output.c() > 1);
		let padding = spec.computed_padding(image.hw_dims());
		let before: TVec<usize> = padding.iter().map(|axis| axis.pad_before).collect();
		let sizes = (
			two(image.hw_dims(), 1),
			two(output.hw_dims(), 1),
			two(&spec.kernel_shape, 1),
			two(&spec.strides(), 1),
			two(&spec.dilations(), 1),
			two(&before, 0),
		);
		let (Some(size), Some(written), Some(window), Some(steps), Some(dilations), Some(before)) = sizes else {
			return Ok(None);
		};
		let words = [steps, dilations, before].map(|[rows, columns]| {
			let half = |size: usize| u16::try_from(size).ok().map(u32::from);
			Some(half(rows)? | half(columns)? << 16)
		});
		let [Some(first), Some(second), Some(third)] = words else { return Ok(None) };
		let images = image.n().copied().unwrap_or(1);
		if images == 0 || written.contains(&0) {
			return Ok(None);
		}
		let strides = |channels: usize, [rows, columns]: [usize; 2]| -> TractResult<[i32; 4]> {
			let (channel, row, column) =
				if inside { (1, columns * channels, channels) } else { (rows * columns, columns, 1) };
			Ok([stride(channels * rows * columns)?, stride(channel)?, stride(row)?, stride(column)?])
		};
		let image_strides = strides(*image.c(), size)?;
		let [each, channel, _, pixel] = strides(*output.c(), written)?;
		let is_whole = (0..2).all(|axis| {
			let last = (written[axis] - 1) * steps[axis] + (window[axis] - 1) * dilations[axis];
			before[axis] == 0 && last < size[axis]
		});
		Ok(Some(Geometry {
			inside,
			images,
			image: size,
			output: written,
			window,
			words: [first, second, third],
			image_strides,
			output_strides: [each, channel, pixel, 0],
			is_whole,
		}))
	}

	/// A descriptor of the geometry, for groups that read and write so many channels.
	fn descriptor(&self, kernel: Number, groups: usize, written: usize, read: usize) -> TractResult<Descriptor> {
		let mut descriptor = call::descriptor(kernel);
		let sizes = self.image.into_iter().chain(self.output).chain(self.window);
		let dims = [self.images, groups, written, read].into_iter().chain(sizes);
		for (place, dim) in descriptor.dims.iter_mut().zip(dims) {
			*place = u32::try_from(dim)?;
		}
		descriptor.parameters[3..6].copy_from_slice(&self.words);
		if self.inside {
			descriptor.flags |= INSIDE;
		}
		Ok(descriptor)
	}

	/// Units of groups that write and read so many channels each, without image and output.
	fn work(&self, groups: usize, written: usize, read: usize) -> u64 {
		if read == 1 && (written == 1 || !self.inside) {
			// Vectors along the pixels, or along the channels: each number of the image is read for each tap.
			return self.products(groups.saturating_mul(written)) / 8;
		}
		// A product of what lies under the windows: pixels by channels, or the other way round. Columns fill vectors.
		let pixels = self.output[0].saturating_mul(self.output[1]);
		let (rows, columns) = if self.inside { (pixels, written) } else { (written, pixels) };
		let all = |sizes: &[usize]| sizes.iter().fold(1u64, |product, size| product.saturating_mul(*size as u64));
		let steps = all(&[self.window[0], self.window[1], read, groups]);
		let products = all(&[rows, columns.next_multiple_of(WIDTH), self.images]).saturating_mul(steps);
		let is_as_it_lies = self.inside && self.window == [1, 1] && self.image == self.output;
		let gathered = if is_as_it_lies { 0 } else { all(&[pixels, self.images]).saturating_mul(steps) };
		let weights = steps.saturating_mul(written as u64);
		cost::kernel(products, gathered.saturating_add(weights), 0)
	}

	/// Taps of all windows of so many channels.
	fn products(&self, channels: usize) -> u64 {
		let sizes = self.output.into_iter().chain(self.window).chain([self.images, channels]);
		sizes.fold(1u64, |product, size| product.saturating_mul(size as u64))
	}
}

/// Calls `put` with (channel written, tap, channel read of its group) and the weight.
fn each_weight(conv: &Conv, kernel: &Tensor, mut put: impl FnMut(usize, usize, usize, f32)) -> TractResult<()> {
	let taps: usize = conv.pool_spec.kernel_shape.iter().product();
	let written = conv.output_channels();
	let read = conv.input_channels() / conv.group;
	let per_group = written / conv.group;
	let plain = kernel.try_as_plain_ram()?;
	let from = plain.as_slice::<f32>()?;
	ensure!(from.len() == written * read * taps, "the weights of a convolution are not of its shape");
	for channel in 0..written {
		let (group, inner) = (channel / per_group, channel % per_group);
		for tap in 0..taps {
			for input in 0..read {
				let at = match conv.kernel_fmt {
					KernelFormat::OIHW => (channel * read + input) * taps + tap,
					KernelFormat::HWIO => (tap * read * conv.group + group * read + input) * per_group + inner,
					KernelFormat::OHWI => (inner * taps + tap) * read * conv.group + group * read + input,
				};
				put(channel, tap, input, from[at]);
			}
		}
	}
	Ok(())
}

/// Weights as the kernel has them, and the stride of their rows.
fn weights(conv: &Conv, kernel: &Tensor, inside: bool) -> TractResult<(Tensor, usize)> {
	let taps: usize = conv.pool_spec.kernel_shape.iter().product();
	let written = conv.output_channels();
	let (per_group, read) = (written / conv.group, conv.input_channels() / conv.group);
	let steps = taps * read;
	if inside && (per_group, read) == (1, 1) {
		let mut to = vec![0.0; taps * written];
		each_weight(conv, kernel, |channel, tap, _, weight| to[tap * written + channel] = weight)?;
		return Ok((Tensor::from_shape(&[to.len()], &to)?, 0));
	}
	if inside {
		let group = packed(per_group as u64, steps as u64) as usize;
		let mut to = vec![0.0; group * conv.group];
		each_weight(conv, kernel, |channel, tap, input, weight| {
			let (column, step) = (channel % per_group, tap * read + input);
			let place = column / WIDTH * steps * WIDTH + step * WIDTH + column % WIDTH;
			to[channel / per_group * group + place] = weight;
		})?;
		return Ok((Tensor::from_shape(&[to.len()], &to)?, 0));
	}
	// Rows whose distance is a multiple of a KiB would share a few lines of the cache: they are set apart.
	let pitch = if steps.is_multiple_of(256) { steps + 16 } else { steps };
	let mut to = vec![0.0; written * pitch];
	each_weight(conv, kernel, |channel, tap, input, weight| to[channel * pitch + tap * read + input] = weight)?;
	Ok((Tensor::from_shape(&[to.len()], &to)?, pitch))
}

/// True if every element of the tensor is this number. False if the elements are not of single precision.
fn all(tensor: &Tensor, number: f32) -> bool {
	tensor
		.try_as_plain_ram()
		.is_ok_and(|plain| plain.as_slice::<f32>().is_ok_and(|all| all.iter().all(|one| *one == number)))
}

/// Replaces a convolution and what follows it, or a pooling.
pub fn rule(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	if let Some(pool) = node.op_as::<MaxPool>() {
		return if pool.with_index_outputs.is_none() {
			pooling(model, node, &pool.pool_spec, Pooled::Largest)
		} else {
			Ok(None)
		};
	}
	if let Some(pool) = node.op_as::<SumPool>() {
		let pooled = match (pool.normalize, pool.count_include_pad) {
			(false, _) => Pooled::Sum,
			(true, _) => Pooled::Mean,
		};
		return pooling(model, node, &pool.pool_spec, pooled);
	}
	let Some(conv) = node.op_as::<Conv>() else { return Ok(None) };
	let [image, kernel, bias] = node.inputs[..] else { return Ok(None) };
	let (inputs, outputs) = model.node_facts(node.id)?;
	let (Some(image_shape), Some(output_shape)) = (shape(inputs[0]), shape(outputs[0])) else { return Ok(None) };
	let (Some(kernel), Some(bias)) = (constant(model, kernel), constant(model, bias)) else { return Ok(None) };
	let Some(geometry) = Geometry::new(&conv.pool_spec, &image_shape, &output_shape)? else { return Ok(None) };
	let (read, written) = (conv.input_channels() / conv.group, conv.output_channels() / conv.group);
	let products = geometry.products(conv.output_channels()).saturating_mul(read as u64);
	if conv.q_params.is_some() || read == 0 || written == 0 {
		return Ok(None);
	}
	let side = if geometry.inside { Side::Columns } else { Side::Rows };
	let bias = (!all(&bias, 0.0)).then(|| -> TractResult<_> {
		let numbers = if bias.len() == 1 {
			bias.broadcast_scalar_to_shape(&[conv.output_channels()])?
		} else {
			bias.into_tensor().into_shape(&[conv.output_channels()])?
		};
		Ok((side, numbers.into_arc_tensor()))
	});
	let channel_axis = conv.pool_spec.data_format.shape(&output_shape)?.c_axis();
	let (finish, last) = Finish::of(model, node, bias.transpose()?, &[(side, channel_axis, conv.output_channels())])?;
	let mut descriptor = geometry.descriptor(Number::Conv, conv.group, written, read)?;
	finish.describe(&mut descriptor);
	let residual = finish.residual;
	let (weights, pitch) = weights(conv, &kernel, geometry.inside)?;
	let op = Convolution {
		name: "Conv",
		descriptor,
		image_strides: geometry.image_strides,
		output_strides: geometry.output_strides,
		weights: Some(weights.into_arc_tensor()),
		weight_strides: [stride(pitch)?, 0, 0, 0],
		finish,
		shape: output_shape,
		products,
		work: geometry.work(conv.group, written, read),
	};
	replace(model, image, residual, last, op)
}

/// The number that a pooling takes from a window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pooled {
	Largest,
	Sum,
	Mean,
}

fn pooling(
	model: &TypedModel,
	node: &TypedNode,
	spec: &PoolSpec,
	pooled: Pooled,
) -> TractResult<Option<TypedModelPatch>> {
	let [image] = node.inputs[..] else { return Ok(None) };
	let (inputs, outputs) = model.node_facts(node.id)?;
	let (Some(image_shape), Some(output_shape)) = (shape(inputs[0]), shape(outputs[0])) else { return Ok(None) };
	let Some(geometry) = Geometry::new(spec, &image_shape, &output_shape)? else { return Ok(None) };
	let channels = *spec.data_format.shape(&image_shape)?.c();
	// The number of taps that count is the same for every window only if all taps lie in the image.
	if pooled == Pooled::Mean && !geometry.is_whole || channels == 0 {
		return Ok(None);
	}
	let mut descriptor = geometry.descriptor(Number::Pool, channels, 1, 1)?;
	match pooled {
		Pooled::Largest => descriptor.flags |= LARGEST,
		Pooled::Sum => (),
		Pooled::Mean => {
			descriptor.flags |= SCALE;
			descriptor.parameters[0] = (1.0 / geometry.window.iter().product::<usize>() as f32).to_bits();
		}
	}
	let op = Convolution {
		name: "Pool",
		descriptor,
		image_strides: geometry.image_strides,
		output_strides: geometry.output_strides,
		weights: None,
		weight_strides: [0; 4],
		finish: Finish::none(),
		shape: output_shape,
		products: geometry.products(channels),
		work: geometry.work(channels, 1, 1),
	};
	replace(model, image, None, node.id, op)
}

fn replace(
	model: &TypedModel,
	image: OutletId,
	residual: Option<OutletId>,
	last: usize,
	op: Convolution,
) -> TractResult<Option<TypedModelPatch>> {
	let mut patch = TypedModelPatch::default();
	let mut taps = tvec!(patch.tap_model(model, image)?);
	if let Some(residual) = residual {
		taps.push(patch.tap_model(model, residual)?);
	}
	let wire = patch.wire_node(&*model.node(last).name, Own(Arc::new(op)), &taps)?;
	patch.shunt_outside(model, last.into(), wire[0])?;
	Ok(Some(patch))
}
