//! Quantised operators, made of operators of single precision, for which there are kernels. A number of single precision has every integer
//! below 2^24 exactly, so a product of bytes has the same bits there, in any order of its sum, as long as no sum can be larger.

use crate::{
	importer::{self, expansion_of, instead, Built, Instead},
	kernel::{
		self,
		elements::{Function, Quotient},
		quantize::{is_exact, Dequantize, Levels, ToByte},
		wire, Own,
	},
};
use tract_onnx::{
	model::{optional_inputs, ParsingContext},
	pb::NodeProto,
	prelude::*,
	tract_core::ops::{
		cast::{cast, Cast},
		change_axes::wire_rank_broadcast,
		math,
	},
	tract_hir::{internal::*, ops::matmul::MatMulInference},
};

/// `ConvInteger`.
pub fn conv_integer(context: &ParsingContext, node: &NodeProto) -> Built {
	let zero_points: Vec<Option<usize>> = optional_inputs(node).skip(2).take(2).collect();
	let mut single = NodeProto { op_type: "Conv".into(), ..node.clone() };
	single.input.truncate(2);
	let single = expansion_of(importer::conv(context, &single)?.0.as_ref(), node)?;
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let [of_image, of_weights] = [0, 1].map(|index| zero_points.get(index).copied().flatten().map(|at| inputs[at]));
		let Some(weights) = centred(model, inputs[1], of_weights, 0)? else { return Ok(None) };
		let plain = weights.try_as_plain_ram()?;
		let channels = weights.shape().first().copied().unwrap_or(0);
		let taps = weights.len().checked_div(channels).unwrap_or(0).max(1);
		let exact = plain.as_slice::<f32>()?.chunks_exact(taps).all(|channel| is_exact(channel.iter().copied()));
		if !exact {
			return Ok(None);
		}
		let Some(image) = numbers(&format!("{name}.image"), model, inputs[0], of_image)? else { return Ok(None) };
		let weights = model.add_const(format!("{name}.weights"), weights)?;
		let sums = single.wire(&format!("{name}.sums"), model, &[image, weights])?;
		model.wire_node(name, cast(DatumType::I32), &sums).map(Some)
	};
	let original = importer::original(context, node)?;
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

/// `MatMulInteger`.
pub fn mat_mul_integer(context: &ParsingContext, node: &NodeProto) -> Built {
	let zero_points: Vec<Option<usize>> = optional_inputs(node).skip(2).take(2).collect();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let [of_a, of_b] = [0, 1].map(|index| zero_points.get(index).copied().flatten().map(|at| inputs[at]));
		let rank = model.outlet_fact(inputs[1])?.rank();
		if rank < 2 || model.outlet_fact(inputs[0])?.rank() < 2 {
			return Ok(None);
		}
		let Some(b) = centred(model, inputs[1], of_b, rank - 1)? else { return Ok(None) };
		let view = b.to_plain_array_view::<f32>()?;
		let exact =
			view.lanes(tract_ndarray::Axis(rank - 2)).into_iter().all(|column| is_exact(column.iter().copied()));
		if !exact {
			return Ok(None);
		}
		let Some(a) = numbers(&format!("{name}.a"), model, inputs[0], of_a)? else { return Ok(None) };
		let b = model.add_const(format!("{name}.b"), b)?;
		let product = MatMulInference::default();
		let sums = Expansion::wire(&product, &format!("{name}.sums"), model, &[a, b])?;
		model.wire_node(name, cast(DatumType::I32), &sums).map(Some)
	};
	let original = importer::original(context, node)?;
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

/// Constant bytes less their zero point, which is one or has one for each place of an axis.
fn centred(
	model: &TypedModel,
	bytes: OutletId,
	zero_point: Option<OutletId>,
	axis: usize,
) -> TractResult<Option<Tensor>> {
	let fact = model.outlet_fact(bytes)?;
	let Some(bytes) = fact.konst.clone().filter(|_| matches!(fact.datum_type, DatumType::U8 | DatumType::I8)) else {
		return Ok(None);
	};
	let mut numbers = bytes.cast_to::<f32>()?.into_owned();
	let Some(zero_point) = zero_point else { return Ok(Some(numbers)) };
	let Some(zero_point) = model.outlet_fact(zero_point)?.konst.clone() else { return Ok(None) };
	let Some(zero_point) = along(&zero_point, axis, bytes.shape())? else { return Ok(None) };
	let zero_point = zero_point.to_plain_array_view::<f32>()?;
	let mut view = numbers.to_plain_array_view_mut::<f32>()?;
	let zero_point = zero_point.broadcast(view.raw_dim()).context("a zero point that does not fit")?;
	view.zip_mut_with(&zero_point, |number, zero| *number -= zero);
	Ok(Some(numbers))
}

/// One number, or one for each place of an axis, as a tensor of so many dimensions that goes with one of this shape; none if it has others.
fn along<D: DimLike>(numbers: &Tensor, axis: usize, shape: &[D]) -> TractResult<Option<Tensor>> {
	let mut own = vec![1; shape.len()];
	if numbers.len() != 1 {
		if shape.get(axis).and_then(|dim| dim.to_usize().ok()) != Some(numbers.len()) {
			return Ok(None);
		}
		own[axis] = numbers.len();
	}
	numbers.cast_to::<f32>()?.into_owned().into_shape(&own).map(Some)
}

/// Bytes less their zero point, as numbers of single precision; none for a zero point that is several.
fn numbers(
	name: &str,
	model: &mut TypedModel,
	bytes: OutletId,
	zero_point: Option<OutletId>,
) -> TractResult<Option<OutletId>> {
	let single = cast(DatumType::F32);
	let wire = model.wire_node(format!("{name}.single"), single.clone(), &[bytes])?;
	let Some(zero_point) = zero_point else { return Ok(Some(wire[0])) };
	if model.outlet_fact(zero_point)?.shape.volume() != 1.to_dim() {
		return Ok(None);
	}
	let zero_point = model.wire_node(format!("{name}.zero"), single, &[zero_point])?;
	let inputs = wire_rank_broadcast(format!("{name}.centre"), model, &[wire[0], zero_point[0]])?;
	Ok(Some(model.wire_node(format!("{name}.centred"), math::sub(), &inputs)?[0]))
}

/// `DynamicQuantizeLinear`.
pub fn dynamic_quantize(context: &ParsingContext, node: &NodeProto) -> Built {
	instead(context, node, |name, model, inputs| {
		let range = wire(Arc::new(Levels), &format!("{name}.range"), model, &inputs[..1])?;
		let (scale, zero_point) = (range[0], range[1]);
		let bytes = quantized(name, model, inputs[0], scale, Some(zero_point), false)?;
		let zero_point = wire(Arc::new(ToByte { signed: false }), &format!("{name}.zero"), model, &[zero_point])?;
		Ok(Some(tvec!(bytes, scale, zero_point[0])))
	})
}

/// `round(number / scale) + zero point`, saturated: as bytes.
fn quantized(
	name: &str,
	model: &mut TypedModel,
	number: OutletId,
	scale: OutletId,
	zero_point: Option<OutletId>,
	signed: bool,
) -> TractResult<OutletId> {
	let inputs = wire_rank_broadcast(format!("{name}.scale"), model, &[number, scale])?;
	let mut wire = kernel::wire(Arc::new(Quotient), &format!("{name}.scaled"), model, &inputs)?[0];
	wire = model.wire_node(format!("{name}.rounded"), math::round_half_to_even(), &[wire])?[0];
	if let Some(zero_point) = zero_point {
		let inputs = wire_rank_broadcast(format!("{name}.shift"), model, &[wire, zero_point])?;
		wire = model.wire_node(format!("{name}.shifted"), math::add(), &inputs)?[0];
	}
	let (low, high) = if signed { (-128.0, 127.0) } else { (0.0, 255.0) };
	let within = Function::Saturate { low, high };
	let within = kernel::wire(Arc::new(within), &format!("{name}.within"), model, &[wire])?[0];
	Ok(kernel::wire(Arc::new(ToByte { signed }), name, model, &[within])?[0])
}

/// Scale and zero point of a node, constant and as they go with its first input.
fn scale(
	node: &NodeProto,
	model: &TypedModel,
	inputs: &[OutletId],
) -> TractResult<Option<(Tensor, Option<Tensor>, DatumType)>> {
	let shape = model.outlet_fact(inputs[0])?.shape.to_tvec();
	let axis: i64 = node.get_attr_opt("axis")?.unwrap_or(1);
	let axis = if axis < 0 { axis + shape.len() as i64 } else { axis } as usize;
	let constant = |input: Option<&OutletId>| -> TractResult<Option<Arc<Tensor>>> {
		let Some(input) = input else { return Ok(None) };
		Ok(model.outlet_fact(*input)?.konst.clone())
	};
	let zero_point = constant(inputs.get(2))?;
	let Some(scale) = constant(inputs.get(1))?.filter(|scale| scale.datum_type() == DatumType::F32) else {
		return Ok(None);
	};
	if inputs.len() > 2 && zero_point.is_none() {
		return Ok(None);
	}
	let Some(scale) = along(&scale, axis, &shape)? else { return Ok(None) };
	let Some(zero_point) = zero_point else { return Ok(Some((scale, None, DatumType::U8))) };
	let data_type = zero_point.datum_type();
	let Some(zero_point) = along(&zero_point, axis, &shape)? else { return Ok(None) };
	let zeros = zero_point.try_as_plain_ram()?.as_slice::<f32>()?.iter().all(|zero| *zero == 0.0);
	Ok(Some((scale, (!zeros).then_some(zero_point), data_type)))
}

/// `QuantizeLinear` to bytes.
pub fn quantize(context: &ParsingContext, node: &NodeProto) -> Built {
	let original = importer::original(context, node)?;
	let node = node.clone();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let Some((scale, zero_point, data_type)) = scale(&node, model, inputs)? else { return Ok(None) };
		if !matches!(data_type, DatumType::U8 | DatumType::I8) {
			return Ok(None);
		}
		let number = model.wire_node(format!("{name}.single"), cast(DatumType::F32), &inputs[..1])?[0];
		let scale = model.add_const(format!("{name}.scale"), scale)?;
		let zero_point = match zero_point {
			Some(zero_point) => Some(model.add_const(format!("{name}.zero"), zero_point)?),
			None => None,
		};
		let bytes = quantized(name, model, number, scale, zero_point, data_type == DatumType::I8)?;
		Ok(Some(tvec!(bytes)))
	};
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

/// `DequantizeLinear` of bytes, and of integers of 32 bits with one scale.
pub fn dequantize(context: &ParsingContext, node: &NodeProto) -> Built {
	let original = importer::original(context, node)?;
	let node = node.clone();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let Some((scale, zero_point, _)) = scale(&node, model, inputs)? else { return Ok(None) };
		match model.outlet_fact(inputs[0])?.datum_type {
			DatumType::U8 | DatumType::I8 => {
				let mut number = model.wire_node(format!("{name}.single"), cast(DatumType::F32), &inputs[..1])?[0];
				if let Some(zero_point) = zero_point {
					let zero_point = model.add_const(format!("{name}.zero"), zero_point)?;
					number = model.wire_node(format!("{name}.centred"), math::sub(), &[number, zero_point])?[0];
				}
				let scale = model.add_const(format!("{name}.scale"), scale)?;
				model.wire_node(name, math::mul(), &[number, scale]).map(Some)
			}
			// Not all of them are exact in single precision, and so their zero point comes first.
			DatumType::I32 if scale.len() == 1 && zero_point.as_ref().is_none_or(|zero| zero.len() == 1) => {
				let zero_point = match zero_point {
					Some(zero_point) => zero_point.into_shape(&[])?.cast_to_scalar::<i32>()?,
					None => 0,
				};
				let kernel = Dequantize { scale: scale.into_shape(&[])?.cast_to_scalar::<f32>()?, zero_point };
				wire(Arc::new(kernel), name, model, &inputs[..1]).map(Some)
			}
			_ => Ok(None),
		}
	};
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

/// Numbers that became bytes and numbers again without being anything else: they are what they were.
pub fn stay_numbers(model: &mut TypedModel) -> TractResult<()> {
	for id in model.eval_order()? {
		let node = model.node(id);
		let Some(Cast { to: DatumType::F32, .. }) = node.op_as::<Cast>() else { continue };
		let bytes = model.node(node.inputs[0].node);
		if bytes.op_as::<Own>().and_then(|own| own.is::<ToByte>()).is_none() {
			continue;
		}
		let mut patch = TypedModelPatch::default();
		let numbers = patch.tap_model(model, bytes.inputs[0])?;
		patch.shunt_outside(model, id.into(), numbers)?;
		patch.apply(model)?;
	}
	model.compact()
}
