//! tract's importer with our operators in the places of those that it has not, or that answer otherwise than onnxruntime.

use crate::{
	functions,
	kernel::{
		elements::{Extreme, Function, GlobalLpPool, LogSoftmax},
		indices::{FromEnd, OneHot},
		integers::{self, Sum},
		linear::{self, LinearClassifier, LinearRegressor, SvmClassifier, SvmRegressor, Transform},
		losses::{Loss, Reduction},
		prepare::{
			ArrayFeatureExtractor, Binarizer, CategoryMapper, FeatureVectorizer, Imputer, LabelEncoder, OneHotEncoder,
			Scaler,
		},
		recurrent::{Activation, Bytes, Cell, Output, Recurrent},
		suppression::Limited,
		text::{self, Labels},
		trees::{self, Aggregate, Forest, Mode, Node, Question},
		windows::{LpPool, Padding, ReverseSequence},
		wire,
		words::{Case, Letters, Normalizer, Tokenizer, Vectorizer, Weighting},
		Imported, Kernel,
	},
	quantized,
};
use assay_primitives::tensor::MAX_TEXT_BYTES;
use std::collections::BTreeMap;
use tract_onnx::{
	model::{optional_inputs, optional_outputs, ParsingContext},
	pb::{AttributeProto, NodeProto, TensorProto},
	prelude::*,
	tract_core::ops::{
		array::{self, Pad, PadMode, Slice, StridedSlice},
		binary::TypedBinOp,
		cast::{cast, wire_cast},
		change_axes::wire_rank_broadcast,
		logic::CompEq,
		math,
	},
	tract_hir::{self, internal::*, ops::binary::wire_rank_broadcast as wire_rank},
	Onnx,
};
use tract_onnx_opl::{non_max_suppression::NonMaxSuppression, non_zero::NonZero};

pub type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;
type Builder = fn(&ParsingContext, &NodeProto) -> Built;

/// The importer with our operators, each built as its node's operator set has it. It ignores declared shapes, but those of inputs.
pub fn onnx() -> Onnx {
	let mut onnx = ours();
	onnx.op_register.0.values_mut().for_each(|builder| *builder = of_its_opset);
	onnx
}

/// tract's importer with our operators.
fn ours() -> Onnx {
	let mut onnx = tract_onnx::onnx().with_ignore_output_shapes(true).with_ignore_value_info(true);
	for (name, builder) in BUILDERS {
		onnx.op_register.insert(name, *builder);
	}
	onnx
}

/// An operator as the operator set of its node has it, which is the model's for most.
fn of_its_opset(context: &ParsingContext, node: &NodeProto) -> Built {
	thread_local! {
		static OURS: Onnx = ours();
	}
	let builder = OURS.with(|onnx| onnx.op_register.0.get(&node.op_type).copied());
	let builder = builder.with_context(|| format!("the importer has no {}", node.op_type))?;
	let window: Vec<i64> = node.get_attr_opt_vec("kernel_shape")?.unwrap_or_default();
	ensure!(window.iter().all(|length| *length > 0), "{}: kernel_shape has {window:?}", node.op_type);
	match functions::domain(node) {
		("", Some(version)) => builder(&ParsingContext { onnx_operator_set_version: version, ..context.clone() }, node),
		_ => builder(context, node),
	}
}

/// The names of the operators that have a builder of ours.
const BUILDERS: &[(&str, Builder)] = &[
	("ArrayFeatureExtractor", |_, _| own(ArrayFeatureExtractor)),
	("BatchNormalization", |context, node| {
		let epsilon = float(node, "epsilon", 1e-5)?;
		let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
			batch_normalization(epsilon, name, model, inputs)
		};
		Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
	}),
	("Binarizer", |_, node| own(Binarizer { threshold: node.get_attr_opt("threshold")?.unwrap_or(0.0) })),
	("Cast", cast_to),
	("CastLike", |_, _| Ok((expand(CastTo(None)), vec![]))),
	("CategoryMapper", category_mapper),
	("Celu", |_, node| own(Function::Celu { alpha: float(node, "alpha", 1.0)? })),
	("Clip", clip),
	("Compress", |_, node| Ok((expand(Compress { axis: node.get_attr_opt("axis")? }), vec![]))),
	("ConstantOfShape", constant_of_shape),
	("Conv", conv),
	("ConvInteger", quantized::conv_integer),
	("CumSum", |_, node| {
		let reverse = node.get_attr_opt("reverse")?.unwrap_or(false);
		Ok((expand(CumSum { exclusive: node.get_attr_opt("exclusive")?.unwrap_or(false), reverse }), vec![]))
	}),
	("DFT", dft),
	("DequantizeLinear", quantized::dequantize),
	("DynamicQuantizeLSTM", lstm),
	("DynamicQuantizeLinear", quantized::dynamic_quantize),
	("Einsum", einsum),
	("Equal", |context, node| instead(context, node, equal)),
	("Erf", |context, node| doubles(context, node, None)),
	("FeatureVectorizer", |_, node| own(FeatureVectorizer { widths: node.get_attr_vec("inputdimensions")? })),
	("GRU", |context, node| {
		let linear_before_reset = node.get_attr_opt("linear_before_reset")?.unwrap_or(false);
		recurrent(context, node, Cell::Gru { linear_before_reset })
	}),
	("GatherND", gather_nd),
	("Gelu", |context, node| {
		let tanh = node.get_attr_opt("approximate")?.unwrap_or("none") == "tanh";
		let double = tanh.then_some(Function::GeluTanh);
		doubles(context, node, double)
	}),
	("Gemm", |context, node| {
		let gemm = DoubleGemm {
			original: original(context, node)?,
			alpha: float(node, "alpha", 1.0)?,
			beta: float(node, "beta", 1.0)?,
			trans_a: node.get_attr_opt("transA")?.unwrap_or(false),
			trans_b: node.get_attr_opt("transB")?.unwrap_or(false),
		};
		Ok((expand(gemm), vec![]))
	}),
	("GlobalLpPool", |_, node| own(GlobalLpPool { p: node.get_attr_opt("p")?.unwrap_or(2) })),
	("HardSigmoid", |_, node| {
		own(Function::HardSigmoid { alpha: float(node, "alpha", 0.2)?, beta: float(node, "beta", 0.5)? })
	}),
	("HardSwish", |context, node| doubles(context, node, Some(Function::HardSwish))),
	("If", crate::branches::build),
	("Imputer", imputer),
	("IsNaN", |context, node| doubles(context, node, None)),
	("LSTM", lstm),
	("LabelEncoder", label_encoder),
	("LeakyRelu", |context, node| {
		let alpha = float(node, "alpha", 0.01)?;
		doubles(context, node, Some(Function::LeakyRelu { alpha }))
	}),
	("LinearClassifier", linear_classifier),
	("LinearRegressor", linear_regressor),
	("LogSoftmax", |context, node| {
		let rest = context.onnx_operator_set_version < 13;
		let axis = node.get_attr_opt("axis")?.unwrap_or(if rest { 1 } else { -1 });
		own(LogSoftmax { axis, rest })
	}),
	("Loop", crate::loops::build),
	("LpPool", lp_pool),
	("MatMul", |context, node| instead(context, node, mat_mul)),
	("MatMulInteger", quantized::mat_mul_integer),
	("Max", |_, _| Ok((expand(Extremes { largest: true }), vec![]))),
	("Min", |_, _| Ok((expand(Extremes { largest: false }), vec![]))),
	("Mul", |context, node| instead(context, node, mul)),
	("NegativeLogLikelihoodLoss", |_, node| loss(node, true)),
	("NonMaxSuppression", non_max_suppression),
	("OneHot", |_, node| Ok((expand(OneHotWithDepth { axis: node.get_attr_opt("axis")?.unwrap_or(-1) }), vec![]))),
	("OneHotEncoder", |_, node| {
		let numbers = list::<i64>(node, "cats_int64s")?.map(|numbers| tensor1(&numbers));
		let texts = list::<String>(node, "cats_strings")?.map(|texts| tensor1(&texts));
		let categories = numbers.or(texts).context("OneHotEncoder has no categories")?;
		own(OneHotEncoder { categories, zeros: node.get_attr_opt("zeros")?.unwrap_or(true) })
	}),
	("Pad", |context, node| match context.onnx_operator_set_version {
		..11 => upstream(context, node, "Pad"),
		_ => pad(context, node),
	}),
	("Pow", |context, node| instead(context, node, pow)),
	("QuantizeLinear", quantized::quantize),
	("RNN", |context, node| recurrent(context, node, Cell::Rnn)),
	("Range", |context, node| Ok((expand(Range { original: original(context, node)? }), vec![]))),
	("ReduceL1", |context, node| reduce(context, node, Sum::Absolute)),
	("ReduceL2", |context, node| reduce(context, node, Sum::RootOfSquares)),
	("ReduceMax", |context, node| reduce_extreme(context, node, f32::NEG_INFINITY)),
	("ReduceMean", |context, node| reduce(context, node, Sum::Mean)),
	("ReduceMin", |context, node| reduce_extreme(context, node, f32::INFINITY)),
	("ReduceProd", |context, node| reduce(context, node, Sum::Product)),
	("ReduceSum", |context, node| reduce(context, node, Sum::Plain)),
	("ReduceSumSquare", |context, node| reduce(context, node, Sum::Squares)),
	("Relu", |context, node| floats(context, node, Function::Clamp { low: Some(0.0), high: None })),
	("Resize", resize),
	("ReverseSequence", reverse_sequence),
	("Round", |context, node| doubles(context, node, Some(Function::Round))),
	("STFT", stft),
	("SVMClassifier", svm_classifier),
	("SVMRegressor", svm_regressor),
	("Scaler", |_, node| own(Scaler { offset: node.get_attr_vec("offset")?, scale: node.get_attr_vec("scale")? })),
	("Scan", scan),
	("ScatterND", scatter_nd),
	("Sigmoid", |context, node| doubles(context, node, Some(Function::Sigmoid))),
	("SoftmaxCrossEntropyLoss", |_, node| loss(node, false)),
	("Slice", |context, node| match context.onnx_operator_set_version {
		1..10 => upstream(context, node, "Slice"),
		_ => {
			let mut optional = optional_inputs(node).skip(3);
			let (axes, steps) = (optional.next().flatten(), optional.next().flatten());
			Ok((expand(Slices(strided(axes, steps))), vec![]))
		}
	}),
	("Softplus", |_, _| own(Function::Softplus)),
	("Squeeze", squeeze),
	("StringConcat", |_, _| own(text::Join)),
	("StringNormalizer", string_normalizer),
	("Swish", |context, node| match float(node, "alpha", 1.0)? {
		1.0 => doubles(context, node, Some(Function::Swish { alpha: 1.0 })),
		alpha => own(Function::Swish { alpha }),
	}),
	("TfIdfVectorizer", vectorizer),
	("Tokenizer", tokenizer),
	("TreeEnsemble", tree_ensemble),
	("TreeEnsembleClassifier", tree_classifier),
	("TreeEnsembleRegressor", tree_regressor),
	("Upsample", |context, node| {
		// `Resize` under its first name, with the rules of operator set 10.
		let context = ParsingContext { onnx_operator_set_version: 10, ..context.clone() };
		resize(&context, &NodeProto { op_type: "Resize".into(), ..node.clone() })
	}),
	("Where", |context, node| instead(context, node, choose)),
	("ZipMap", |context, node| upstream(context, node, "Identity")),
];

fn own(kernel: impl Kernel) -> Built {
	Ok((Imported::of(kernel), vec![]))
}

fn float(node: &NodeProto, name: &str, default: f32) -> TractResult<f64> {
	Ok(node.get_attr_opt::<f32>(name)?.unwrap_or(default) as f64)
}

/// The operator that tract's own importer builds from a node.
fn upstream(context: &ParsingContext, node: &NodeProto, operator: &str) -> Built {
	thread_local! {
		static ORIGINAL: Onnx = tract_onnx::onnx();
	}
	let builder = ORIGINAL.with(|onnx| onnx.op_register.0.get(operator).copied());
	builder.with_context(|| format!("tract has no {operator}"))?(context, node)
}

/// Tract changes the shape of what each iteration gives where it is made, and so for the body's own operators that read it: they get a
/// copy.
fn scan(context: &ParsingContext, node: &NodeProto) -> Built {
	let mut node = node.clone();
	for graph in node.attribute.iter_mut().filter_map(|attribute| attribute.g.as_mut()) {
		for output in &mut graph.output {
			let inner = std::mem::take(&mut output.name);
			output.name = format!("{inner}/given");
			graph.node.push(NodeProto {
				input: vec![inner],
				output: vec![output.name.clone()],
				op_type: "Identity".into(),
				..NodeProto::default()
			});
		}
	}
	// The importer's operator keeps nothing of the node.
	upstream(context, &node, "Scan")
}

/// The operator of tract's own importer as an expansion, if it is one.
pub fn original(context: &ParsingContext, node: &NodeProto) -> TractResult<Box<dyn Expansion>> {
	let (operator, _) = upstream(context, node, &node.op_type)?;
	expansion_of(operator.as_ref(), node)
}

/// An operator of the importer as the expansion that it is.
pub fn expansion_of(operator: &dyn InferenceOp, node: &NodeProto) -> TractResult<Box<dyn Expansion>> {
	let expansion = as_expansion(operator).cloned();
	expansion.with_context(|| format!("{} is imported in another way", node.op_type))
}

#[allow(clippy::borrowed_box)] // What it is a box of is what it is downcast to.
fn as_expansion(operator: &dyn InferenceOp) -> Option<&Box<dyn Expansion>> {
	operator.as_op().downcast_ref::<Box<dyn Expansion>>()
}

/// Wires something in the place of the original, or nothing if that is right.
pub type Replacement = fn(&str, &mut TypedModel, &[OutletId]) -> TractResult<Option<TVec<OutletId>>>;

/// An operator of tract's importer that is replaced where its inputs ask for it.
#[derive(Clone)]
pub struct Instead {
	pub original: Box<dyn Expansion>,
	pub replacement:
		Arc<dyn Fn(&str, &mut TypedModel, &[OutletId]) -> TractResult<Option<TVec<OutletId>>> + Send + Sync>,
}

impl std::fmt::Debug for Instead {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		self.original.fmt(f)
	}
}

impl Expansion for Instead {
	fn name(&self) -> StaticName {
		self.original.name()
	}

	fn nboutputs(&self) -> TractResult<usize> {
		Expansion::nboutputs(self.original.as_ref())
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		self.original.rules(s, inputs, outputs)
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		match (self.replacement)(prefix, model, inputs)? {
			Some(wires) => Ok(wires),
			None => self.original.wire(prefix, model, inputs),
		}
	}
}

pub fn instead(context: &ParsingContext, node: &NodeProto, replacement: Replacement) -> Built {
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

/// Tract's wants constants.
fn batch_normalization(
	epsilon: f64,
	name: &str,
	model: &mut TypedModel,
	inputs: &[OutletId],
) -> TractResult<Option<TVec<OutletId>>> {
	let mut constant = true;
	for parameter in &inputs[1..] {
		constant &= model.outlet_fact(*parameter)?.konst.is_some();
	}
	if constant {
		return Ok(None);
	}
	let of = model.outlet_fact(inputs[0])?.clone();
	let mut parameters = tvec!();
	for (index, parameter) in inputs[1..].iter().enumerate() {
		let mut parameter = *parameter;
		for axis in 1..of.rank().saturating_sub(1) {
			parameter =
				model.wire_node(format!("{name}.of-channel-{index}-{axis}"), AxisOp::Add(axis), &[parameter])?[0];
		}
		parameters.push(wire_rank_broadcast(format!("{name}.parameter-{index}"), model, &[inputs[0], parameter])?[1]);
	}
	let [scale, bias, mean, variance] = parameters[..] else { bail!("BatchNormalization takes five inputs") };
	let epsilon = tensor0(epsilon).cast_to_dt(of.datum_type)?.into_owned().broadcast_into_rank(of.rank())?;
	let epsilon = model.add_const(format!("{name}.epsilon"), epsilon)?;
	let mut wire = |part: &str, op: TypedBinOp, a: OutletId, b: OutletId| -> TractResult<OutletId> {
		Ok(model.wire_node(format!("{name}.{part}"), op, &[a, b])?[0])
	};
	let shifted = wire("variance", math::add(), variance, epsilon)?;
	let centred = wire("centred", math::sub(), inputs[0], mean)?;
	let deviation = model.wire_node(format!("{name}.deviation"), math::sqrt(), &[shifted])?[0];
	let mut wire = |part: &str, op: TypedBinOp, a: OutletId, b: OutletId| -> TractResult<OutletId> {
		Ok(model.wire_node(format!("{name}.{part}"), op, &[a, b])?[0])
	};
	let slope = wire("slope", math::div(), scale, deviation)?;
	let scaled = wire("scaled", math::mul(), centred, slope)?;
	model.wire_node(name, math::add(), &[scaled, bias]).map(Some)
}

/// Tract's takes the signal's own length in place of the one that it is given.
fn dft(context: &ParsingContext, node: &NodeProto) -> Built {
	let flag = |name: &str| TractResult::Ok(node.get_attr_opt(name)?.unwrap_or(0i64) != 0);
	// Their number says the length, or the length says how many there have to be.
	let by_bins = flag("inverse")? && flag("onesided")?;
	let mut optional = optional_inputs(node).skip(1);
	let (length, axis) = (optional.next().flatten(), optional.next().flatten());
	let declared: i64 = match context.onnx_operator_set_version {
		..20 => node.get_attr_opt("axis")?.unwrap_or(1),
		_ => -2,
	};
	let original = original(context, node)?;
	let wired = original.clone();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let number = |model: &TypedModel, input: usize, what: &str| -> TractResult<i64> {
			let constant = model.outlet_fact(inputs[input])?.konst.clone();
			constant
				.with_context(|| format!("DFT with {what} that is not a constant is not supported"))?
				.cast_to_scalar()
		};
		let (Some(length), false) = (length, by_bins) else { return Ok(None) };
		let wanted = number(model, length, "a length")?;
		let signal = model.outlet_fact(inputs[0])?.clone();
		let axis = axis.map_or(Ok(declared), |axis| number(model, axis, "an axis"))?;
		let axis = place_of(axis, signal.rank())?;
		let found = signal.shape[axis].to_i64()?;
		ensure!(wanted > 0, "DFT of the length {wanted}");
		let op: Box<dyn TypedOp> = match found.cmp(&wanted) {
			std::cmp::Ordering::Equal => return Ok(None),
			std::cmp::Ordering::Greater => Box::new(Slice::new(axis, 0, wanted)),
			std::cmp::Ordering::Less => {
				let mut pads = vec![(0, 0); signal.rank()];
				pads[axis].1 = (wanted - found) as usize;
				Box::new(Pad { mode: PadMode::Constant(rctensor0(0f32)), pads })
			}
		};
		let mut inputs: TVec<OutletId> = inputs.into();
		inputs[0] = model.wire_node(format!("{name}.signal"), op, &inputs[..1])?[0];
		wired.wire(name, model, &inputs).map(Some)
	};
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

/// Tract's wants the axis as a tensor of no dimension.
#[derive(Debug, Clone)]
struct CumSum {
	exclusive: bool,
	reverse: bool,
}

impl Expansion for CumSum {
	fn name(&self) -> StaticName {
		"CumSum".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_input_arity(inputs, 2)?;
		check_output_arity(outputs, 1)?;
		s.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
		s.equals(&inputs[0].shape, &outputs[0].shape)
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let axis = model.outlet_fact(inputs[1])?.konst.clone();
		let axis = axis.context("CumSum along an axis that is not a constant is not supported")?;
		ensure!(axis.len() == 1, "CumSum along {} axes", axis.len());
		let axis = place_of(
			axis.cast_to::<i64>()?.try_as_plain_ram()?.as_slice::<i64>()?[0],
			model.outlet_fact(inputs[0])?.rank(),
		)?;
		model.wire_node(prefix, array::CumSum { axis, exclusive: self.exclusive, reverse: self.reverse }, &inputs[..1])
	}
}

/// An axis that may be counted from the end.
fn place_of(axis: i64, rank: usize) -> TractResult<usize> {
	let counted = if axis < 0 { axis + rank as i64 } else { axis };
	ensure!((0..rank as i64).contains(&counted), "axis {axis} of {rank}");
	Ok(counted as usize)
}

fn strided(axes: Option<usize>, steps: Option<usize>) -> StridedSlice {
	StridedSlice {
		optional_axes_input: axes,
		optional_steps_input: steps,
		begin_mask: 0,
		end_mask: 0,
		shrink_axis_mask: 0,
	}
}

/// `Slice`. Of an axis that is walked backwards from behind its end, tract takes as much as forwards, and it has to be nothing.
#[derive(Debug, Clone)]
struct Slices(StridedSlice);

impl Slices {
	/// The axes, by their places in the lists of where they begin and end, and whether nothing is left of each. `given` are the inputs after
	/// the first.
	fn axes(&self, shape: &[TDim], given: &[Arc<Tensor>]) -> TractResult<Vec<(usize, bool)>> {
		let numbers = |tensor: &Tensor| -> TractResult<Vec<i64>> {
			Ok(tensor.cast_to::<i64>()?.try_as_plain_ram()?.as_slice::<i64>()?.to_vec())
		};
		let of = |input: Option<usize>| {
			input.and_then(|input| given.get(input - 1)).map(|tensor| numbers(tensor)).transpose()
		};
		let axes = of(self.0.optional_axes_input)?.unwrap_or_else(|| (0..given[0].len() as i64).collect());
		let steps = of(self.0.optional_steps_input)?.unwrap_or_else(|| vec![1; axes.len()]);
		ensure!(
			given[0].len() == axes.len() && given[1].len() == axes.len() && steps.len() == axes.len(),
			"Slice of {} axes with {} beginnings, {} ends and {} steps",
			axes.len(),
			given[0].len(),
			given[1].len(),
			steps.len()
		);
		// Begins and ends that follow from dimensions which the run decides are no numbers yet.
		let bounds = numbers(&given[0]).ok().zip(numbers(&given[1]).ok());
		let mut found = vec![];
		for (place, axis) in axes.into_iter().enumerate() {
			let axis = place_of(axis, shape.len())?;
			let nothing = match (shape[axis].to_i64(), &bounds) {
				(Ok(length), Some((begins, ends))) if steps[place] < 0 => {
					let counted = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
					let (last, none) = (length - 1, -1);
					length == 0 || counted(begins[place]).clamp(0, last) <= counted(ends[place]).clamp(none, last)
				}
				_ => false,
			};
			found.push((axis, nothing));
		}
		Ok(found)
	}
}

impl Expansion for Slices {
	fn name(&self) -> StaticName {
		"Slice".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_output_arity(outputs, 1)?;
		s.equals(&inputs[0].datum_type, &outputs[0].datum_type)?;
		s.equals(&inputs[0].rank, &outputs[0].rank)?;
		s.given(&inputs[0].shape, move |s, shape| {
			if let Some(axes) = self.0.optional_axes_input {
				let whole = shape.clone();
				s.given(&inputs[axes].value, move |s, axes| {
					let axes = axes.cast_to::<i64>()?.into_owned();
					let axes = axes.try_as_plain_ram()?;
					let sliced = axes.as_slice::<i64>()?.iter().map(|axis| place_of(*axis, whole.len()));
					let sliced: Vec<usize> = sliced.collect::<TractResult<_>>()?;
					for (axis, dim) in whole.iter().enumerate().filter(|(axis, _)| !sliced.contains(axis)) {
						s.equals(&outputs[0].shape[axis], dim)?;
					}
					Ok(())
				})?;
			}
			s.given_all(inputs[1..].iter().map(|input| &input.value), move |s, given: Vec<Arc<Tensor>>| {
				let steps = match self.0.optional_steps_input {
					Some(steps) => given[steps - 1].cast_to::<i32>()?.try_as_plain_ram()?.as_slice::<i32>()?.to_vec(),
					None => vec![1; shape.len()],
				};
				let mut found = shape.clone();
				for (place, (axis, nothing)) in self.axes(&shape, &given)?.into_iter().enumerate() {
					found[axis] = if nothing {
						0.to_dim()
					} else {
						self.0.prepare_one_dim(place, &shape[axis], &given[0], &given[1], &steps)?.soft_len()?
					};
				}
				s.equals(&outputs[0].shape, found)
			})
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let mut given = vec![];
		for input in &inputs[1..] {
			given.extend(model.outlet_fact(*input)?.konst.clone());
		}
		let mut slice = self.0.clone();
		let mut inputs: TVec<OutletId> = inputs.into();
		if given.len() == inputs.len() - 1 {
			let axes = self.axes(&model.outlet_fact(inputs[0])?.shape.to_tvec(), &given)?;
			for (axis, _) in axes.iter().filter(|(_, nothing)| *nothing) {
				inputs[0] =
					model.wire_node(format!("{prefix}.nothing-{axis}"), Slice::new(*axis, 0, 0), &inputs[..1])?[0];
			}
			let left: Vec<usize> = (0..axes.len()).filter(|place| !axes[*place].1).collect();
			if left.is_empty() && !axes.is_empty() {
				model.rename_node(inputs[0].node, prefix)?;
				return Ok(inputs[..1].into());
			}
			if left.len() < axes.len() {
				let steps = self
					.0
					.optional_steps_input
					.map_or_else(|| tensor1(&vec![1i64; axes.len()]), |steps| (*given[steps - 1]).clone());
				let kept = tensor1(&axes.iter().map(|(axis, _)| *axis as i64).collect::<Vec<_>>());
				inputs.truncate(1);
				for (name, list) in [("begins", &*given[0]), ("ends", &*given[1]), ("axes", &kept), ("steps", &steps)] {
					let list = list.cast_to::<i64>()?;
					let all = list.try_as_plain_ram()?.as_slice::<i64>()?.to_vec();
					let list = left.iter().map(|place| all[*place]).collect::<Vec<_>>();
					inputs.push(model.add_const(format!("{prefix}.{name}"), tensor1(&list))?);
				}
				slice = strided(Some(3), Some(4));
			}
		}
		model.wire_node(prefix, slice, &inputs)
	}
}

fn type_of(model: &TypedModel, outlet: OutletId) -> TractResult<DatumType> {
	Ok(model.outlet_fact(outlet)?.datum_type)
}

/// A function for floats of any precision; tract's own operator for the rest.
fn floats(context: &ParsingContext, node: &NodeProto, function: Function) -> Built {
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let is_float = type_of(model, inputs[0])?.is_float();
		is_float.then(|| wire(Arc::new(function), name, model, inputs)).transpose()
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

/// A function for `float64`, or an error if there is none; tract's own operator, which has not that precision, for the rest.
fn doubles(context: &ParsingContext, node: &NodeProto, function: Option<Function>) -> Built {
	let operator = node.op_type.clone();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		if type_of(model, inputs[0])? != DatumType::F64 {
			return Ok(None);
		}
		let function = function.with_context(|| format!("{operator} of float64 is not supported; use float32"))?;
		wire(Arc::new(function), name, model, inputs).map(Some)
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

// Casts.

/// `Cast`, to a type or to that of the second input. tract makes symbolic dimensions of all integers of 64 bits, by way of 32.
#[derive(Debug, Clone)]
struct CastTo(Option<DatumType>);

impl CastTo {
	fn target(from: DatumType, to: DatumType) -> DatumType {
		if from == DatumType::TDim && to == DatumType::I64 {
			DatumType::TDim
		} else {
			to
		}
	}
}

impl Expansion for CastTo {
	fn name(&self) -> StaticName {
		"Cast".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_input_arity(inputs, 1 + self.0.is_none() as usize)?;
		check_output_arity(outputs, 1)?;
		s.equals(&outputs[0].shape, &inputs[0].shape)?;
		s.given(&inputs[0].datum_type, move |s, from| match self.0 {
			Some(to) => s.equals(&outputs[0].datum_type, Self::target(from, to)),
			None => {
				s.given(&inputs[1].datum_type, move |s, to| s.equals(&outputs[0].datum_type, Self::target(from, to)))
			}
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let from = type_of(model, inputs[0])?;
		let to = match self.0 {
			Some(to) => to,
			None => type_of(model, inputs[1])?,
		};
		if from == DatumType::String && to == DatumType::String {
			return Ok(inputs[..1].into());
		}
		ensure!(
			from != DatumType::String && to != DatumType::String,
			"Cast from text, or to text, is not supported: cast outside of the model"
		);
		model.wire_node(prefix, cast(Self::target(from, to)), &inputs[..1])
	}
}

fn cast_to(_: &ParsingContext, node: &NodeProto) -> Built {
	Ok((expand(CastTo(Some(node.get_attr("to")?))), vec![]))
}

// Element by element.

/// `Max` and `Min` of any number of inputs.
#[derive(Debug, Clone)]
struct Extremes {
	largest: bool,
}

impl Expansion for Extremes {
	fn name(&self) -> StaticName {
		if self.largest { "Max" } else { "Min" }.into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_output_arity(outputs, 1)?;
		let types = (0..inputs.len()).map(move |index| (&inputs[index].datum_type).bex());
		s.given_all(types, move |s, types: Vec<DatumType>| {
			let found = DatumType::super_type_for(&types).with_context(|| format!("no common type of {types:?}"))?;
			s.equals(&outputs[0].datum_type, found)
		})?;
		s.given_all(inputs.iter().map(|input| &input.shape), move |s, shapes: Vec<TVec<TDim>>| {
			s.equals(&outputs[0].shape, tract_onnx::tract_core::broadcast::multi_broadcast(&shapes)?)
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let types: Vec<DatumType> = inputs.iter().map(|input| type_of(model, *input)).collect::<TractResult<_>>()?;
		let found = DatumType::super_type_for(&types).with_context(|| format!("no common type of {types:?}"))?;
		let inputs = wire_cast(prefix, model, inputs, found)?;
		if found.is_float() {
			return wire(Arc::new(Extreme { largest: self.largest }), prefix, model, &inputs);
		}
		let mut found = inputs[0];
		for (index, input) in inputs.iter().enumerate().skip(1) {
			let name = format!("{prefix}.{index}");
			let wires = wire_rank_broadcast(&name, model, &[found, *input])?;
			let op = if self.largest { math::max() } else { math::min() };
			found = model.wire_node(name, op, &wires)?[0];
		}
		Ok(tvec!(found))
	}
}

/// `Clip` with bounds as attributes before opset 11, as inputs since.
fn clip(context: &ParsingContext, node: &NodeProto) -> Built {
	if context.onnx_operator_set_version < 11 {
		let low = Some(float(node, "min", f32::MIN)?);
		let high = Some(float(node, "max", f32::MAX)?);
		return floats(context, node, Function::Clamp { low, high });
	}
	let mut optional = optional_inputs(node).skip(1);
	let (low, high) = (optional.next().flatten(), optional.next().flatten());
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let data_type = type_of(model, inputs[0])?;
		if !data_type.is_float() {
			return Ok(None);
		}
		let constant = |bound: Option<usize>| -> TractResult<Option<f64>> {
			let Some(fact) = bound.map(|bound| model.outlet_fact(inputs[bound])).transpose()? else { return Ok(None) };
			fact.konst.as_ref().map(|bound| bound.cast_to_scalar::<f64>()).transpose()
		};
		let bounds = (constant(low)?, constant(high)?);
		if bounds.0.is_some() == low.is_some() && bounds.1.is_some() == high.is_some() {
			let clamp = Function::Clamp { low: bounds.0, high: bounds.1 };
			return wire(Arc::new(clamp), name, model, &inputs[..1]).map(Some);
		}
		let mut found = inputs[0];
		for (largest, bound, part) in [(true, low, "low"), (false, high, "high")] {
			let Some(bound) = bound else { continue };
			let inputs = wire_cast(format!("{name}.{part}"), model, &[found, inputs[bound]], data_type)?;
			found = wire(Arc::new(Extreme { largest }), &format!("{name}.{part}"), model, &inputs)?[0];
		}
		Ok(Some(tvec!(found)))
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

/// `Equal` of text and of truth values.
fn equal(name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<Option<TVec<OutletId>>> {
	if type_of(model, inputs[0])? == DatumType::String {
		return wire(Arc::new(text::Equal), name, model, inputs).map(Some);
	}
	if type_of(model, inputs[0])? != DatumType::Bool || type_of(model, inputs[1])? != DatumType::Bool {
		return Ok(None);
	}
	let bytes = wire_cast(name, model, inputs, DatumType::U8)?;
	let wires = wire_rank(name, model, &bytes)?;
	model.wire_node(name, TypedBinOp(Box::new(CompEq), None), &wires).map(Some)
}

/// `Where` of text.
fn choose(name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<Option<TVec<OutletId>>> {
	let of_text = type_of(model, inputs[1])? == DatumType::String;
	of_text.then(|| wire(Arc::new(text::Where), name, model, inputs)).transpose()
}

/// The square of integers, of which tract would make an operator that it has no kernel for.
fn mul(name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<Option<TVec<OutletId>>> {
	let data_type = type_of(model, inputs[0])?;
	for (dimension, factor) in [(0, 1), (1, 0)] {
		let fact = model.outlet_fact(inputs[factor])?;
		if type_of(model, inputs[dimension])? == DatumType::TDim && fact.datum_type == DatumType::I64 {
			let large = match &fact.konst {
				Some(konst) => konst.try_as_plain_ram()?.as_slice::<i64>()?.iter().any(|x| i32::try_from(*x).is_err()),
				None => false,
			};
			ensure!(!large, "Mul of a dimension and a number of more than 32 bits is not supported");
		}
	}
	if inputs[0] != inputs[1] || !data_type.is_integer() {
		return Ok(None);
	}
	wire(Arc::new(integers::Square), name, model, &inputs[..1]).map(Some)
}

/// Integers to the power of integers.
fn pow(name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<Option<TVec<OutletId>>> {
	let integer = |input: OutletId| -> TractResult<bool> { Ok(type_of(model, input)?.is_integer()) };
	if !integer(inputs[0])? || !integer(inputs[1])? {
		return Ok(None);
	}
	wire(Arc::new(integers::Power), name, model, inputs).map(Some)
}

// Products.

/// Products of integers that tract has no kernel for, and of two vectors.
fn mat_mul(name: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<Option<TVec<OutletId>>> {
	let (a, b) = (model.outlet_fact(inputs[0])?.clone(), model.outlet_fact(inputs[1])?.clone());
	use DatumType::*;
	if matches!(a.datum_type, I64 | U64 | U32 | I16 | U16 | TDim) {
		let inputs = if b.datum_type == a.datum_type { inputs.into() } else { wire_cast(name, model, inputs, I64)? };
		return wire(Arc::new(integers::MatMul), name, model, &inputs).map(Some);
	}
	if a.rank() != 1 || b.rank() != 1 {
		return Ok(None);
	}
	let a = model.wire_node(format!("{name}.row"), AxisOp::Add(0), &inputs[..1])?[0];
	let b = model.wire_node(format!("{name}.column"), AxisOp::Add(1), &inputs[1..])?[0];
	let product = tract_hir::ops::matmul::MatMulInference::default();
	let found = product.wire(&format!("{name}.product"), model, &[a, b])?[0];
	let found = model.wire_node(format!("{name}.of-row"), AxisOp::Rm(1), &[found])?[0];
	model.wire_node(name, AxisOp::Rm(0), &[found]).map(Some)
}

/// `Gemm`, whose factors tract keeps in single precision.
#[derive(Debug, Clone)]
struct DoubleGemm {
	original: Box<dyn Expansion>,
	alpha: f64,
	beta: f64,
	trans_a: bool,
	trans_b: bool,
}

impl Expansion for DoubleGemm {
	fn name(&self) -> StaticName {
		"Gemm".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		self.original.rules(s, inputs, outputs)
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		if type_of(model, inputs[0])? != DatumType::F64 {
			return self.original.wire(prefix, model, inputs);
		}
		let axes = AxesMapping::for_numpy_matmul(2, self.trans_a, self.trans_b, false)?;
		let product = tract_onnx::tract_core::ops::einsum::EinSum::new(axes, DatumType::F64);
		let mut found = model.wire_node(format!("{prefix}.product"), product, &inputs[..2])?[0];
		let alpha = model.add_const(format!("{prefix}.alpha"), tensor2(&[[self.alpha]]))?;
		found = model.wire_node(format!("{prefix}.scaled"), math::mul(), &[found, alpha])?[0];
		if let (Some(addend), true) = (inputs.get(2), self.beta != 0.0) {
			let beta = model.add_const(format!("{prefix}.beta"), tensor2(&[[self.beta]]))?;
			let wires = wire_rank(format!("{prefix}.addend"), model, &[beta, *addend])?;
			let addend = model.wire_node(format!("{prefix}.scaled-addend"), math::mul(), &wires)?[0];
			found = model.wire_node(format!("{prefix}.sum"), math::add(), &[found, addend])?[0];
		}
		Ok(tvec!(found))
	}
}

/// An equation of one operand whose result is a number: tract reads its empty right side as none.
fn einsum(context: &ParsingContext, node: &NodeProto) -> Built {
	let equation: String = node.get_attr::<String>("equation")?.split_whitespace().collect();
	let (left, right) = equation.split_once("->").unwrap_or((&equation, "."));
	let distinct = left.chars().all(|label| label.is_ascii_alphabetic() && left.matches(label).count() == 1);
	if right.is_empty() && distinct && node.input.len() == 1 {
		let sum = tract_hir::ops::nn::Reduce::new(None, false, tract_hir::ops::nn::Reducer::Sum);
		return Ok((expand(sum), vec![]));
	}
	let replacement = |_: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let data_type = type_of(model, inputs[0])?;
		ensure!(data_type.is_float(), "Einsum of {data_type:?} is not supported; cast to float32 before it");
		Ok(None)
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

/// A convolution with a window of one element, which tract forgets to pad.
pub fn conv(context: &ParsingContext, node: &NodeProto) -> Built {
	let pads: Vec<i64> = node.get_attr_opt_vec("pads")?.unwrap_or_default();
	if pads.iter().all(|pad| *pad == 0) {
		return upstream(context, node, "Conv");
	}
	let mut bare = node.clone();
	bare.attribute.retain(|attribute| attribute.name != "pads");
	let bare = original(context, &bare)?;
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let weights = model.outlet_fact(inputs[1])?.shape.to_tvec();
		let window = weights.get(2..).context("Conv: weights of less than two dimensions")?;
		let padded = pads.iter().any(|pad| *pad != 0);
		if !padded || !window.iter().all(|dim| dim.is_one()) {
			return Ok(None);
		}
		ensure!(pads.len() == 2 * window.len() && pads.iter().all(|pad| *pad >= 0), "Conv: pads {pads:?}");
		let data_type = type_of(model, inputs[0])?;
		let spatial = pads.len() / 2;
		let pairs = (0..spatial).map(|axis| (pads[axis] as usize, pads[axis + spatial] as usize));
		let pads = [(0, 0), (0, 0)].into_iter().chain(pairs).collect();
		let zero = Arc::new(Tensor::zero_dt(data_type, &[])?);
		let pad = Pad { pads, mode: PadMode::Constant(zero) };
		let mut inputs: TVec<OutletId> = inputs.into();
		inputs[0] = model.wire_node(format!("{name}.padded"), pad, &inputs[..1])?[0];
		bare.wire(name, model, &inputs).map(Some)
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

// Shapes and indices.

fn constant_of_shape(context: &ParsingContext, node: &NodeProto) -> Built {
	if node.attribute.iter().any(|attribute| attribute.name == "value") {
		return upstream(context, node, "ConstantOfShape");
	}
	// Without a value it is zero in single precision.
	let zero = TensorProto { dims: vec![1], data_type: 1, float_data: vec![0.0], ..TensorProto::default() };
	let value = AttributeProto { name: "value".into(), r#type: 4, t: Some(zero), ..AttributeProto::default() };
	let mut node = node.clone();
	node.attribute.push(value);
	upstream(context, &node, "ConstantOfShape")
}

/// `Resize`. Before opset 11 the nearest element is the one before; tract takes the nearest.
fn resize(context: &ParsingContext, node: &NodeProto) -> Built {
	let nearest = node.get_attr_opt("mode")?.unwrap_or("nearest") == "nearest";
	if context.onnx_operator_set_version > 10 || !nearest {
		return upstream(context, node, "Resize");
	}
	let mut node = node.clone();
	let floor =
		AttributeProto { name: "nearest_mode".into(), r#type: 3, s: b"floor".to_vec(), ..AttributeProto::default() };
	node.attribute.push(floor);
	let replacement = |_: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let scales = *inputs.get(1).context("the scales are missing")?;
		let scales = model.outlet_fact(scales)?.konst.clone().context("the scales are not a constant")?;
		let scales = scales.cast_to::<f32>()?;
		let grows = scales.try_as_plain_ram()?.as_slice::<f32>()?.iter().all(|scale| *scale >= 1.0);
		ensure!(
			grows,
			"making smaller by nearest elements is not supported in this opset; export with opset 11 or later"
		);
		Ok(None)
	};
	Ok((expand(Instead { original: original(context, &node)?, replacement: Arc::new(replacement) }), vec![]))
}

/// `STFT`, whose signal may have an axis of length one for its real part, and may have none. Tract knows the first.
#[derive(Debug, Clone)]
struct Stft {
	original: Box<dyn Expansion>,
	onesided: bool,
	window: Option<usize>,
	frame_length: Option<usize>,
}

fn stft(context: &ParsingContext, node: &NodeProto) -> Built {
	let mut optional = optional_inputs(node).skip(2);
	let (window, frame_length) = (optional.next().flatten(), optional.next().flatten());
	let onesided = node.get_attr_opt("onesided")?.unwrap_or(1i64) != 0;
	Ok((expand(Stft { original: original(context, node)?, onesided, window, frame_length }), vec![]))
}

impl Expansion for Stft {
	fn name(&self) -> StaticName {
		"STFT".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_output_arity(outputs, 1)?;
		s.equals(&outputs[0].datum_type, &inputs[0].datum_type)?;
		s.equals(&outputs[0].rank, 4)?;
		s.equals(&outputs[0].shape[3], 2.to_dim())?;
		s.given(&inputs[0].shape, move |s, signal| {
			let real = signal.len() == 2 || signal.len() == 3 && signal[2].is_one();
			ensure!(real, "STFT of a signal of the shape {signal:?} is not supported, only of real numbers in rows");
			s.equals(&outputs[0].shape[0], signal[0].clone())?;
			let length = signal[1].clone();
			let rest = move |s: &mut Solver<'r>, frame: TDim| {
				let length = length.clone();
				let bins = if self.onesided { frame.clone() / 2 + 1 } else { frame.clone() };
				s.equals(&outputs[0].shape[2], bins)?;
				s.given(&inputs[1].value, move |s, step| {
					let step = step.cast_to_scalar::<i64>()?;
					ensure!(step > 0, "STFT: a step of {step}");
					s.equals(&outputs[0].shape[1], (length.clone() - frame.clone()) / step + 1)
				})
			};
			match (self.window, self.frame_length) {
				(Some(window), _) => s.given(&inputs[window].shape[0], rest),
				(None, Some(length)) => {
					s.given(&inputs[length].value, move |s, length| rest(s, length.cast_to_scalar::<i64>()?.to_dim()))
				}
				(None, None) => bail!("STFT has neither a window nor a length of frames"),
			}
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let mut inputs: TVec<OutletId> = inputs.into();
		if model.outlet_fact(inputs[0])?.rank() == 2 {
			inputs[0] = model.wire_node(format!("{prefix}.real"), AxisOp::Add(2), &inputs[..1])?[0];
		}
		self.original.wire(prefix, model, &inputs)
	}
}

/// `Squeeze` without axes, before opset 13 as since.
fn squeeze(context: &ParsingContext, node: &NodeProto) -> Built {
	let listed = node.attribute.iter().any(|attribute| attribute.name == "axes");
	let version = context.onnx_operator_set_version;
	let context = ParsingContext {
		onnx_operator_set_version: if listed || version >= 13 { version } else { 13 },
		..context.clone()
	};
	upstream(&context, node, "Squeeze")
}

/// `Range`. It is a constant if its limits are constants; the rest is left to tract, which knows steps that are positive integers.
#[derive(Debug, Clone)]
struct Range {
	original: Box<dyn Expansion>,
}

/// Most elements of a range that is a constant.
const MOST_IN_RANGE: f64 = 1e8;

impl Range {
	fn constant(start: &Tensor, limit: &Tensor, step: &Tensor) -> TractResult<Tensor> {
		fn number<T: Datum + Copy>(tensor: &Tensor) -> TractResult<T> {
			let tensor = tensor.cast_to::<T>()?;
			let plain = tensor.try_as_plain_ram()?;
			plain.as_slice::<T>()?.first().copied().context("Range: an empty limit")
		}
		let plain = |data_type: DatumType| if data_type == DatumType::TDim { DatumType::I64 } else { data_type };
		let types = [start, limit, step].map(|tensor| plain(tensor.datum_type()));
		let data_type = DatumType::super_type_for(types).context("Range: limits of several types")?;
		let count = if data_type.is_float() {
			let (start, limit, step) = (number::<f64>(start)?, number::<f64>(limit)?, number::<f64>(step)?);
			ensure!(step != 0.0, "Range: a step of zero");
			((limit - start) / step).ceil()
		} else {
			let (start, limit, step) = (number::<i64>(start)?, number::<i64>(limit)?, number::<i64>(step)?);
			ensure!(step != 0, "Range: a step of zero");
			let (span, step) = (limit as i128 - start as i128, step as i128);
			(span / step + (span % step != 0 && (span > 0) == (step > 0)) as i128) as f64
		};
		ensure!(count <= MOST_IN_RANGE, "Range: {count} elements");
		let count = count.max(0.0) as usize;
		let found = match data_type {
			DatumType::F32 => {
				let (start, step) = (number::<f32>(start)?, number::<f32>(step)?);
				tensor1(&(0..count).map(|index| start + index as f32 * step).collect::<Vec<_>>())
			}
			DatumType::F64 => {
				let (start, step) = (number::<f64>(start)?, number::<f64>(step)?);
				tensor1(&(0..count).map(|index| start + index as f64 * step).collect::<Vec<_>>())
			}
			_ => {
				let (start, step) = (number::<i64>(start)?, number::<i64>(step)?);
				let at = |index: usize| start.wrapping_add(step.wrapping_mul(index as i64));
				tensor1(&(0..count).map(at).collect::<Vec<_>>())
			}
		};
		Ok(found.cast_to_dt(data_type)?.into_owned())
	}

	/// True if the tensor holds numbers, and not expressions of symbols.
	fn known(tensor: &Tensor) -> bool {
		tensor.datum_type() != DatumType::TDim || tensor.cast_to::<i64>().is_ok()
	}
}

impl Expansion for Range {
	fn name(&self) -> StaticName {
		"Range".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_input_arity(inputs, 3)?;
		check_output_arity(outputs, 1)?;
		s.equals(&outputs[0].rank, 1)?;
		let types = (0..3).map(move |index| (&inputs[index].datum_type).bex());
		s.given_all(types, move |s, types: Vec<DatumType>| {
			let plain = |data_type: DatumType| if data_type == DatumType::TDim { DatumType::I64 } else { data_type };
			let found = DatumType::super_type_for(types.into_iter().map(plain)).context("limits of several types")?;
			s.equals(&outputs[0].datum_type, found)
		})?;
		s.given_3(&inputs[0].value, &inputs[1].value, &inputs[2].value, move |s, start, limit, step| {
			if [&start, &limit, &step].into_iter().all(|tensor| Self::known(tensor)) {
				let found = Self::constant(&start, &limit, &step)?;
				s.equals(&outputs[0].shape[0], found.len().to_dim())?;
			}
			Ok(())
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let mut limits = vec![];
		for input in inputs {
			limits.extend(model.outlet_fact(*input)?.konst.clone().filter(|tensor| Self::known(tensor)));
		}
		match &limits[..] {
			[start, limit, step] => Ok(tvec!(model.add_const(prefix, Self::constant(start, limit, step)?)?)),
			_ => self.original.wire(prefix, model, inputs),
		}
	}
}

/// Negative pads cut off, before the others put anything there.
fn pad(context: &ParsingContext, node: &NodeProto) -> Built {
	let axes = optional_inputs(node).nth(3).flatten();
	let original = original(context, node)?;
	let wired = original.clone();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let constant = |model: &TypedModel, input: usize| -> TractResult<Option<Vec<i64>>> {
			let Some(constant) = model.outlet_fact(inputs[input])?.konst.clone() else { return Ok(None) };
			let numbers = constant.cast_to::<i64>().ok();
			Ok(numbers.and_then(|numbers| Some(numbers.try_as_plain_ram().ok()?.as_slice::<i64>().ok()?.to_vec())))
		};
		let Some(pads) = constant(model, 1)? else { return Ok(None) };
		if pads.iter().all(|pad| *pad >= 0) {
			return Ok(None);
		}
		let shape = model.outlet_fact(inputs[0])?.shape.to_tvec();
		let axes = match axes {
			Some(axes) => constant(model, axes)?.context("Pad of axes that are not constants is not supported")?,
			None => (0..shape.len() as i64).collect(),
		};
		ensure!(pads.len() == 2 * axes.len(), "Pad of {} axes by {} numbers", axes.len(), pads.len());
		let mut inputs: TVec<OutletId> = inputs.into();
		for (place, axis) in axes.iter().enumerate() {
			let axis = place_of(*axis, shape.len())?;
			let cut = |pad: i64| pad.min(0).unsigned_abs() as usize;
			let (start, end) = (cut(pads[place]), cut(pads[place + axes.len()]));
			if (start, end) != (0, 0) {
				let slice = Slice::new(axis, start, shape[axis].clone() - end);
				inputs[0] = model.wire_node(format!("{name}.cut-{axis}"), slice, &inputs[..1])?[0];
			}
		}
		let put = tensor1(&pads.iter().map(|pad| (*pad).max(0)).collect::<Vec<_>>());
		inputs[1] = model.add_const(format!("{name}.pads"), put)?;
		wired.wire(name, model, &inputs).map(Some)
	};
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

/// Indices, as the second input, into the first dimensions of the first input after `skipped` ones.
fn from_end(name: &str, model: &mut TypedModel, inputs: &[OutletId], skipped: usize) -> TractResult<TVec<OutletId>> {
	let mut inputs: TVec<OutletId> = inputs.into();
	let shape = model.outlet_fact(inputs[0])?.shape.to_tvec();
	let lengths: Option<Vec<i64>> = shape.iter().skip(skipped).map(|dim| dim.to_i64().ok()).collect();
	if let Some(lengths) = lengths {
		inputs[1] = wire(Arc::new(FromEnd { lengths }), &format!("{name}.indices"), model, &inputs[1..2])?[0];
	}
	Ok(inputs)
}

/// `GatherND` and `ScatterND` with negative indices.
#[derive(Debug, Clone)]
struct WithIndices {
	original: Box<dyn InferenceOp>,
	skipped: usize,
}

impl Expansion for WithIndices {
	fn name(&self) -> StaticName {
		self.original.name()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		if let Some(expansion) = as_expansion(self.original.as_ref()) {
			return expansion.rules(s, inputs, outputs);
		}
		let gather = self.original.as_op().downcast_ref::<tract_hir::ops::array::GatherNd>();
		gather.context("GatherND is imported in another way")?.rules(s, inputs, outputs)
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let inputs = from_end(prefix, model, inputs, self.skipped)?;
		if let Some(expansion) = as_expansion(self.original.as_ref()) {
			return expansion.wire(prefix, model, &inputs);
		}
		let batch_dims = self.skipped;
		model.wire_node(prefix, tract_onnx::tract_core::ops::array::GatherNd::new(batch_dims), &inputs)
	}
}

fn gather_nd(context: &ParsingContext, node: &NodeProto) -> Built {
	let (original, closures) = upstream(context, node, "GatherND")?;
	let skipped = node.get_attr_opt("batch_dims")?.unwrap_or(0);
	Ok((expand(WithIndices { original, skipped }), closures))
}

fn scatter_nd(context: &ParsingContext, node: &NodeProto) -> Built {
	let (original, closures) = upstream(context, node, "ScatterND")?;
	Ok((expand(WithIndices { original, skipped: 0 }), closures))
}

/// `OneHot`, whose depth is a constant.
#[derive(Debug, Clone)]
struct OneHotWithDepth {
	axis: i64,
}

impl OneHotWithDepth {
	fn kernel(&self, depth: &Tensor) -> TractResult<OneHot> {
		ensure!(depth.len() == 1, "OneHot: a depth of {} numbers", depth.len());
		let depth = depth.cast_to::<i64>()?;
		let depth = depth.try_as_plain_ram()?.as_slice::<i64>()?[0];
		ensure!((0..1 << 31).contains(&depth), "OneHot: a depth of {depth}");
		Ok(OneHot { depth, axis: self.axis })
	}
}

impl Expansion for OneHotWithDepth {
	fn name(&self) -> StaticName {
		"OneHot".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_input_arity(inputs, 3)?;
		check_output_arity(outputs, 1)?;
		s.equals(&inputs[2].datum_type, &outputs[0].datum_type)?;
		s.given_2(&inputs[0].shape, &inputs[1].value, move |s, shape, depth| {
			let indices = i64::fact(shape);
			let values = f32::fact([2]);
			let facts = self.kernel(&depth)?.facts(&[&indices, &values])?;
			s.equals(&outputs[0].shape, facts[0].shape.to_tvec())
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let depth = model.outlet_fact(inputs[1])?.konst.clone().context("OneHot: the depth is not a constant")?;
		wire(Arc::new(self.kernel(&depth)?), prefix, model, &[inputs[0], inputs[2]])
	}
}

/// Non-max suppression in which a limit of no boxes is one.
fn non_max_suppression(context: &ParsingContext, node: &NodeProto) -> Built {
	let limited = node.input.get(2).is_some_and(|name| !name.is_empty());
	Ok((expand(Suppression { original: original(context, node)?, limited }), vec![]))
}

/// The limits are numbers or lists of one, and the shape is found out at the end.
#[derive(Debug, Clone)]
struct Suppression {
	original: Box<dyn Expansion>,
	limited: bool,
}

impl Expansion for Suppression {
	fn name(&self) -> StaticName {
		"NonMaxSuppression".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_output_arity(outputs, 1)?;
		ensure!(inputs.len() >= 2, "NonMaxSuppression needs boxes and scores");
		s.equals(&inputs[0].rank, 3)?;
		s.equals(&inputs[1].rank, 3)?;
		s.equals(&outputs[0].rank, 2)?;
		s.equals(&outputs[0].shape[1], 3.to_dim())?;
		s.equals(&outputs[0].datum_type, DatumType::I64)
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		for input in &inputs[..2] {
			let data_type = type_of(model, *input)?;
			ensure!(
				data_type == DatumType::F32,
				"NonMaxSuppression of {data_type:?} is not supported, only of float32"
			);
		}
		if !self.limited {
			return Ok(tvec!(model.add_const(prefix, Tensor::zero_dt(DatumType::I64, &[0, 3])?)?));
		}
		let found = self.original.wire(prefix, model, inputs)?;
		let id = found[0].node;
		let op =
			model.node(id).op_as::<NonMaxSuppression>().context("non-max suppression is imported in another way")?;
		let limited = Limited(op.clone());
		model.node_mut(id).op = Box::new(limited);
		Ok(found)
	}
}

// Sums of integers.

/// A reduction of integers over axes that an attribute or a constant names; tract's own for floats.
fn reduce(context: &ParsingContext, node: &NodeProto, kind: Sum) -> Built {
	let keep = node.get_attr_opt("keepdims")?.unwrap_or(1i64) == 1;
	let none_is_noop = node.get_attr_opt("noop_with_empty_axes")?.unwrap_or(0i64) == 1;
	let listed: Option<Vec<i64>> = node.get_attr_opt_vec("axes")?;
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let fact = model.outlet_fact(inputs[0])?.clone();
		if !fact.datum_type.is_integer() && fact.datum_type != DatumType::TDim {
			return Ok(None);
		}
		let rank = fact.rank() as i64;
		let mut axes: Vec<i64> = match inputs.get(1) {
			None => listed.clone().unwrap_or_default(),
			Some(axes) => {
				let axes = model.outlet_fact(*axes)?.konst.clone().context("the axes are not a constant")?;
				let axes = axes.cast_to::<i64>()?;
				axes.try_as_plain_ram()?.as_slice::<i64>()?.to_vec()
			}
		};
		if axes.is_empty() {
			if none_is_noop {
				return Ok(None);
			}
			axes = (0..rank).collect();
		}
		let mut places: TVec<usize> = tvec!();
		for axis in axes {
			ensure!((-rank..rank).contains(&axis), "the axis {axis} of a tensor of {rank} dimensions");
			places.push(if axis < 0 { axis + rank } else { axis } as usize);
		}
		places.sort_unstable();
		places.dedup();
		let kernel = integers::Reduce { kind, axes: places.clone() };
		let mut found = wire(Arc::new(kernel), name, model, &inputs[..1])?;
		if !keep {
			for axis in places.iter().rev() {
				found = model.wire_node(format!("{name}.without-{axis}"), AxisOp::Rm(*axis), &found)?;
			}
		}
		Ok(Some(found))
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

/// Largest or least elements: of truth values, and of none.
fn reduce_extreme(context: &ParsingContext, node: &NodeProto, of_none: f32) -> Built {
	let original = original(context, node)?;
	let reduction = original.clone();
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let fact = model.outlet_fact(inputs[0])?.clone();
		let mut inputs: TVec<OutletId> = inputs.into();
		if fact.datum_type == DatumType::Bool {
			inputs[0] = wire_cast(format!("{name}.bytes"), model, &inputs[..1], DatumType::U8)?[0];
			let found = reduction.wire(&format!("{name}.reduced"), model, &inputs)?;
			return model.wire_node(name, cast(DatumType::Bool), &found).map(Some);
		}
		if !fact.datum_type.is_float() || !fact.shape.iter().any(|dim| *dim == 0.to_dim()) {
			return Ok(None);
		}
		let found = reduction.wire(&format!("{name}.empty"), model, &inputs)?;
		let shape =
			model.outlet_fact(found[0])?.shape.as_concrete().context("a shape that is known at the run only")?;
		let extreme = tensor0(of_none).broadcast_scalar_to_shape(shape)?.cast_to_dt(fact.datum_type)?.into_owned();
		Ok(Some(tvec!(model.add_const(name, extreme)?)))
	};
	Ok((expand(Instead { original, replacement: Arc::new(replacement) }), vec![]))
}

// Losses, windows and choices.

fn loss(node: &NodeProto, of_logarithms: bool) -> Built {
	let name = node.get_attr_opt("reduction")?.unwrap_or("mean");
	let reduction = Reduction::new(name).with_context(|| format!("the reduction {name} is none"))?;
	let gives_logarithms = node.output.get(1).is_some_and(|name| !name.is_empty());
	own(Loss { of_logarithms, reduction, ignored: node.get_attr_opt("ignore_index")?, gives_logarithms })
}

fn lp_pool(_: &ParsingContext, node: &NodeProto) -> Built {
	let window: Vec<usize> = node.get_attr_vec("kernel_shape")?;
	let rank = window.len();
	let ones = |name: &str| -> TractResult<Vec<usize>> {
		let list: Vec<usize> = node.get_attr_opt_vec(name)?.unwrap_or_else(|| vec![1; rank]);
		ensure!(list.len() == rank && list.iter().all(|entry| (1..1 << 16).contains(entry)), "LpPool: {name} {list:?}");
		Ok(list)
	};
	ensure!(rank > 0 && window.iter().all(|entry| (1..1 << 16).contains(entry)), "LpPool: kernel_shape {window:?}");
	let pads: Vec<usize> = node.get_attr_opt_vec("pads")?.unwrap_or_else(|| vec![0; 2 * rank]);
	ensure!(pads.len() == 2 * rank && pads.iter().all(|pad| *pad < 1 << 16), "LpPool: pads {pads:?}");
	let padding = match node.get_attr_opt("auto_pad")?.unwrap_or("NOTSET") {
		"NOTSET" => Padding::Explicit(pads),
		"VALID" => Padding::Explicit(vec![0; 2 * rank]),
		"SAME_UPPER" => Padding::Same { at_end: true },
		"SAME_LOWER" => Padding::Same { at_end: false },
		other => bail!("LpPool: the auto_pad {other} is none"),
	};
	let p = node.get_attr_opt("p")?.unwrap_or(2i64);
	ensure!(p > 0, "LpPool: p = {p}");
	let ceil = node.get_attr_opt("ceil_mode")?.unwrap_or(0i64) != 0;
	own(LpPool { p, strides: ones("strides")?, dilations: ones("dilations")?, window, padding, ceil })
}

fn reverse_sequence(_: &ParsingContext, node: &NodeProto) -> Built {
	let batch_axis: usize = node.get_attr_opt("batch_axis")?.unwrap_or(1);
	let time_axis: usize = node.get_attr_opt("time_axis")?.unwrap_or(0);
	ensure!(
		batch_axis + time_axis == 1,
		"ReverseSequence: axes {batch_axis} and {time_axis}, which have to be 0 and 1"
	);
	own(ReverseSequence { batch_axis })
}

/// `Compress`. The run decides how many elements stay where the condition is no constant.
#[derive(Debug, Clone)]
struct Compress {
	axis: Option<i64>,
}

impl Compress {
	fn axis(&self, rank: usize) -> TractResult<usize> {
		let rank = if self.axis.is_some() { rank as i64 } else { 1 };
		let axis = self.axis.unwrap_or(0);
		ensure!((-rank..rank).contains(&axis), "Compress: the axis {axis} of {rank} dimensions");
		Ok(axis.rem_euclid(rank) as usize)
	}

	/// The places that stay.
	fn places(condition: &Tensor) -> TractResult<Vec<i64>> {
		let plain = condition.try_as_plain_ram()?;
		let kept = plain.as_slice::<bool>()?.iter().enumerate().filter(|(_, kept)| **kept);
		Ok(kept.map(|(place, _)| place as i64).collect())
	}
}

impl Expansion for Compress {
	fn name(&self) -> StaticName {
		"Compress".into()
	}

	fn rules<'r, 'p: 'r, 's: 'r>(
		&'s self,
		s: &mut Solver<'r>,
		inputs: &'p [TensorProxy],
		outputs: &'p [TensorProxy],
	) -> InferenceResult {
		check_input_arity(inputs, 2)?;
		check_output_arity(outputs, 1)?;
		s.equals(&inputs[1].datum_type, DatumType::Bool)?;
		s.equals(&inputs[1].rank, 1)?;
		s.equals(&outputs[0].datum_type, &inputs[0].datum_type)?;
		if self.axis.is_none() {
			s.equals(&outputs[0].rank, 1)?;
		} else {
			s.equals(&outputs[0].rank, &inputs[0].rank)?;
			s.given(&inputs[0].rank, move |s, rank| {
				let axis = self.axis(rank as usize)?;
				(0..rank as usize)
					.filter(|other| *other != axis)
					.try_for_each(|other| s.equals(&outputs[0].shape[other], &inputs[0].shape[other]))
			})?;
		}
		s.given_2(&inputs[0].rank, &inputs[1].value, move |s, rank, condition| {
			s.equals(&outputs[0].shape[self.axis(rank as usize)?], Self::places(&condition)?.len().to_dim())
		})
	}

	fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
		let fact = model.outlet_fact(inputs[0])?.clone();
		let axis = self.axis(fact.rank())?;
		let mut input = inputs[0];
		if self.axis.is_none() {
			let flat = AxisOp::Reshape(0, fact.shape.to_tvec(), tvec!(fact.shape.volume()));
			input = model.wire_node(format!("{prefix}.flat"), flat, &[input])?[0];
		}
		let places = match model.outlet_fact(inputs[1])?.konst.clone() {
			Some(condition) => {
				let places = Self::places(&condition)?;
				if let Ok(length) = model.outlet_fact(input)?.shape[axis].to_i64() {
					let inside = places.iter().all(|place| *place < length);
					ensure!(inside, "Compress: a condition longer than the axis");
				}
				model.add_const(format!("{prefix}.places"), tensor1(&places))?
			}
			None => {
				let kept = NonZero { count: model.symbols.new_with_prefix("kept") };
				let places = model.wire_node(format!("{prefix}.kept"), kept, &inputs[1..])?;
				model.wire_node(format!("{prefix}.places"), AxisOp::Rm(0), &places)?[0]
			}
		};
		model.wire_node(prefix, array::Gather::new(axis), &[input, places])
	}
}

// Recurrent layers.

fn lstm(context: &ParsingContext, node: &NodeProto) -> Built {
	let input_forget = node.get_attr_opt("input_forget")?.unwrap_or(false);
	recurrent(context, node, Cell::Lstm { input_forget })
}

fn recurrent(context: &ParsingContext, node: &NodeProto, cell: Cell) -> Built {
	let backwards = match node.get_attr_opt("direction")?.unwrap_or("forward") {
		"forward" => vec![false],
		"reverse" => vec![true],
		"bidirectional" => vec![false, true],
		other => bail!("{}: the direction {other} is none", node.op_type),
	};
	let alphas: Vec<f32> = node.get_attr_opt_vec("activation_alpha")?.unwrap_or_default();
	let betas: Vec<f32> = node.get_attr_opt_vec("activation_beta")?.unwrap_or_default();
	let defaults = cell.default_activations();
	let names: Vec<String> = match node.get_attr_opt_vec("activations")? {
		Some(names) => names,
		None => defaults.repeat(backwards.len()).iter().map(|name| name.to_string()).collect(),
	};
	ensure!(names.len() == defaults.len() * backwards.len(), "{}: {} activations", node.op_type, names.len());
	let (mut alphas, mut betas) = (alphas.into_iter(), betas.into_iter());
	let mut activations = vec![];
	for name in &names {
		let parameters = ["Affine", "ScaledTanh", "ThresholdedRelu"].contains(&name.as_str());
		// Onnxruntime has not the standard's defaults for these.
		ensure!(!parameters || alphas.len() > 0, "{}: the activation {name} needs activation_alpha", node.op_type);
		let found = Activation::new(name, &mut alphas, &mut betas);
		activations.push(found.with_context(|| format!("{}: the activation {name} is not supported", node.op_type))?);
	}
	let usual = names.iter().map(String::as_str).eq(defaults.repeat(backwards.len()));
	let clip: Option<f32> = node.get_attr_opt("clip")?.filter(|clip| *clip > 0.0);
	let mut optional = optional_inputs(node).skip(3);
	let mut next = || optional.next().flatten();
	let (bias, lengths, initial_state) = (next(), next(), next());
	let (initial_cell, peepholes) = (next(), next());
	let bytes = if node.op_type == "DynamicQuantizeLSTM" {
		ensure!(lengths.is_none(), "DynamicQuantizeLSTM with sequence_lens is not supported; export without it");
		let mut needed =
			|name: &str| next().with_context(|| format!("DynamicQuantizeLSTM: the input {name} is missing"));
		let input = [needed("W_scale")?, needed("W_zero_point")?];
		Some(Bytes { input, state: [needed("R_scale")?, needed("R_zero_point")?] })
	} else {
		None
	};
	let kinds = [Output::Sequence, Output::State, Output::CellState];
	let outputs: Vec<Output> =
		kinds.into_iter().zip(optional_outputs(node)).filter_map(|(kind, at)| at.map(|_| kind)).collect();
	let forgets = cell == Cell::Lstm { input_forget: true };
	let batch_first = node.get_attr_opt("layout")?.unwrap_or(0) == 1;
	// True for a layer that tract's own operators read, and compute faster than ours without kernels.
	let plain = backwards != [true]
		&& usual
		&& clip.is_none()
		&& lengths.is_none()
		&& !forgets
		&& !batch_first
		&& bytes.is_none();
	// True for an LSTM that tract's own operator gets wrong in a batch of several sequences.
	let stumbles = matches!(cell, Cell::Lstm { .. })
		&& (initial_state.is_none() || initial_cell.is_none())
		&& backwards.len() == 1
		&& outputs.len() > 1
		&& outputs.contains(&Output::CellState);
	let kernel = Recurrent {
		cell,
		backwards,
		activations,
		clip,
		batch_first,
		bias,
		lengths,
		initial_state,
		initial_cell,
		peepholes,
		bytes,
		packed: vec![],
		outputs,
	};
	if !plain {
		return own(kernel);
	}
	let (kernel, has_kernels) = (Arc::new(kernel.clone()), kernel.is_usual());
	let replacement = move |name: &str, model: &mut TypedModel, inputs: &[OutletId]| {
		let fact = model.outlet_fact(inputs[0])?;
		let mut weights = [Some(1), Some(2), kernel.bias].into_iter().flatten();
		let constant = weights.try_fold(true, |all, input| {
			Ok::<_, TractError>(all && model.outlet_fact(inputs[input])?.konst.is_some())
		})?;
		let ours = stumbles && !fact.shape[1].is_one()
			|| fact.datum_type != DatumType::F32
			|| has_kernels && constant && fact.shape.is_concrete();
		ours.then(|| wire(kernel.clone(), name, model, inputs)).transpose()
	};
	Ok((expand(Instead { original: original(context, node)?, replacement: Arc::new(replacement) }), vec![]))
}

// Tables.

fn transform(node: &NodeProto) -> TractResult<Transform> {
	let name = node.get_attr_opt("post_transform")?.unwrap_or("NONE");
	Transform::new(name).with_context(|| format!("the post_transform {name} is none"))
}

/// A list that is not empty.
fn list<'a, T: tract_onnx::pb_helpers::AttrTVecType<'a>>(
	node: &'a NodeProto,
	name: &str,
) -> TractResult<Option<Vec<T>>> {
	let list: Option<Vec<T>> = node.get_attr_opt_vec(name)?;
	Ok(list.filter(|list| !list.is_empty()))
}

/// The labels of classes: text, or integers by this name.
fn labels(node: &NodeProto, name: &str) -> TractResult<Labels> {
	let labels = match list(node, "classlabels_strings")? {
		Some(texts) => Labels::Texts(texts),
		None => Labels::Numbers(node.get_attr_vec(name)?),
	};
	ensure!(labels.len() >= 2, "{name} are {} classes; at least two are needed", labels.len());
	Ok(labels)
}

/// Numbers from a tensor.
fn tensor(context: &ParsingContext, node: &NodeProto, name: &str) -> TractResult<Option<Vec<f64>>> {
	let Some(tensor) = node.get_attr_opt::<&TensorProto>(name)? else { return Ok(None) };
	let tensor = context.load_tensor(tensor)?.cast_to::<f64>()?.into_owned();
	Ok(Some(tensor.try_as_plain_ram()?.as_slice::<f64>()?.to_vec()))
}

/// Numbers from a list of `float32` or, instead of it, a tensor of any float.
fn numbers(context: &ParsingContext, node: &NodeProto, name: &str) -> TractResult<Option<Vec<f64>>> {
	if let Some(numbers) = tensor(context, node, &format!("{name}_as_tensor"))? {
		return Ok(Some(numbers));
	}
	let list: Option<Vec<f32>> = node.get_attr_opt_vec(name)?;
	Ok(list.map(|list| list.into_iter().map(f64::from).collect()))
}

/// The trees of a node, and the class or target that each weight is of.
fn forest(context: &ParsingContext, node: &NodeProto, of: &str, targets: usize) -> TractResult<(Forest, Vec<usize>)> {
	let list = |name: &str| -> TractResult<Vec<i64>> { node.get_attr_vec(name) };
	let (trees, ids) = (list("nodes_treeids")?, list("nodes_nodeids")?);
	let modes: Vec<String> = node.get_attr_vec("nodes_modes")?;
	let (features, yes, no) = (list("nodes_featureids")?, list("nodes_truenodeids")?, list("nodes_falsenodeids")?);
	let values = numbers(context, node, "nodes_values")?.context("nodes_values is missing")?;
	let missing: Vec<i64> = node.get_attr_opt_vec("nodes_missing_value_tracks_true")?.unwrap_or_default();
	let count = ids.len();
	let lengths = [trees.len(), modes.len(), features.len(), yes.len(), no.len(), values.len()];
	ensure!(lengths.iter().all(|length| *length == count), "lists of nodes of several lengths: {count}, {lengths:?}");
	ensure!(
		missing.is_empty() || missing.len() == count,
		"nodes_missing_value_tracks_true has {} elements",
		missing.len()
	);
	let mut branches = vec![];
	for at in 0..count {
		if modes[at] == "LEAF" {
			branches.push(None);
			continue;
		}
		let mode = Mode::new(&modes[at]).with_context(|| format!("nodes_modes: {} is none", modes[at]))?;
		let feature = usize::try_from(features[at]).context("nodes_featureids: a negative one")?;
		branches.push(Some((feature, values[at], mode, missing.get(at) == Some(&1), yes[at], no[at])));
	}
	let places: Vec<(i64, i64)> = trees.into_iter().zip(ids).collect();
	let (trees, ids) = (list(&format!("{of}_treeids"))?, list(&format!("{of}_nodeids"))?);
	let of_targets = list(&format!("{of}_ids"))?;
	let weights = numbers(context, node, &format!("{of}_weights"))?.context("the weights are missing")?;
	let lengths = [trees.len(), of_targets.len(), weights.len()];
	ensure!(
		lengths.iter().all(|length| *length == ids.len()),
		"lists of weights of several lengths: {}, {lengths:?}",
		ids.len()
	);
	let mut all = vec![];
	let mut seen = vec![];
	for at in 0..ids.len() {
		let target = usize::try_from(of_targets[at]).context("a weight of a negative class or target")?;
		all.push(((trees[at], ids[at]), target, weights[at]));
		if !seen.contains(&target) {
			seen.push(target);
		}
	}
	Ok((Forest::new(&places, branches, &all, targets)?, seen))
}

fn base_values(context: &ParsingContext, node: &NodeProto, counts: &[usize]) -> TractResult<Vec<f64>> {
	let base = numbers(context, node, "base_values")?.unwrap_or_default();
	ensure!(base.is_empty() || counts.contains(&base.len()), "base_values: {} of them", base.len());
	Ok(base)
}

fn tree_classifier(context: &ParsingContext, node: &NodeProto) -> Built {
	let labels = labels(node, "classlabels_int64s")?;
	let classes = labels.len();
	let (forest, seen) = forest(context, node, "class", classes)?;
	let transform = transform(node)?;
	let binary = match seen[..] {
		[class] if classes == 2 => Some(class),
		_ => None,
	};
	let base = base_values(context, node, if binary.is_some() { &[1, 2] } else { std::slice::from_ref(&classes) })?;
	if binary.is_some() {
		ensure!(transform != Transform::Probit, "post_transform PROBIT with the weights of one class is not supported");
		ensure!(
			binary == Some(0) || base.is_empty(),
			"base_values with weights of the second class alone are not supported"
		);
	}
	let positive = forest.weights.iter().all(|(_, weight)| *weight >= 0.0);
	own(trees::Classifier { forest, labels, base, transform, binary, positive })
}

fn tree_regressor(context: &ParsingContext, node: &NodeProto) -> Built {
	let targets: usize = node.get_attr_opt("n_targets")?.unwrap_or(1);
	ensure!((1..=1 << 16).contains(&targets), "n_targets is {targets}");
	let (forest, _) = forest(context, node, "target", targets)?;
	let base = base_values(context, node, &[targets])?;
	let aggregate = match node.get_attr_opt("aggregate_function")?.unwrap_or("SUM") {
		"SUM" => Aggregate::Sum,
		"AVERAGE" => Aggregate::Average,
		"MIN" => Aggregate::Min,
		"MAX" => Aggregate::Max,
		other => bail!("the aggregate_function {other} is none"),
	};
	own(trees::Regressor { forest, base, transform: transform(node)?, aggregate, same_type: false })
}

/// ONNX's number of the type uint8.
const UINT8: i32 = 2;

/// The trees of a `TreeEnsemble`: branches and leaves are lists of their own, and a tree is its root's number.
fn ensemble(context: &ParsingContext, node: &NodeProto, targets: usize) -> TractResult<Forest> {
	let list = |name: &str| -> TractResult<Vec<i64>> { node.get_attr_vec(name) };
	let tensor = |name: &str| -> TractResult<Vec<f64>> {
		self::tensor(context, node, name)?.with_context(|| format!("{name} is missing"))
	};
	let (modes, splits, features) = (tensor("nodes_modes")?, tensor("nodes_splits")?, list("nodes_featureids")?);
	let (yes, no) = (list("nodes_truenodeids")?, list("nodes_falsenodeids")?);
	let (yes_leaves, no_leaves) = (list("nodes_trueleafs")?, list("nodes_falseleafs")?);
	let missing: Vec<i64> = node.get_attr_opt_vec("nodes_missing_value_tracks_true")?.unwrap_or_default();
	let numbered = node.get_attr::<&TensorProto>("nodes_modes")?.data_type == UINT8;
	ensure!(numbered, "nodes_modes is no tensor of uint8");
	let count = modes.len();
	let lengths = [splits.len(), features.len(), yes.len(), no.len(), yes_leaves.len(), no_leaves.len()];
	ensure!(lengths.iter().all(|length| *length == count), "lists of nodes of several lengths: {count}, {lengths:?}");
	ensure!(
		missing.is_empty() || missing.len() == count,
		"nodes_missing_value_tracks_true has {} elements",
		missing.len()
	);
	let (of_targets, leaf_weights) = (list("leaf_targetids")?, tensor("leaf_weights")?);
	let leaves = of_targets.len();
	ensure!(leaf_weights.len() == leaves, "{leaves} leaf_targetids and {} leaf_weights", leaf_weights.len());
	let members = self::tensor(context, node, "membership_values")?.unwrap_or_default();
	let mut sets = members.split(|member| member.is_nan());
	let mut all_members: Vec<f64> = vec![];
	let mut is_child = vec![false; count];
	let mut nodes = vec![];
	for at in 0..count {
		let feature = usize::try_from(features[at]).context("nodes_featureids: a negative one")?;
		let asks = match modes[at] as usize {
			mode if mode < Mode::ALL.len() => Question::Compare(Mode::ALL[mode].1, splits[at]),
			6 => {
				let set = sets.next().filter(|set| !set.is_empty());
				let mut set = set.with_context(|| format!("membership_values: node {at} has no members"))?.to_vec();
				set.sort_by(f64::total_cmp);
				let start = all_members.len();
				all_members.append(&mut set);
				Question::Member { start, end: all_members.len() }
			}
			_ => bail!("nodes_modes: {} is none", modes[at]),
		};
		// Leaves follow the branches.
		let mut child = |to: i64, leaf: i64| -> TractResult<usize> {
			let (kind, most) = if leaf != 0 { ("leaf", leaves) } else { ("node", count) };
			let place = usize::try_from(to).ok().filter(|place| *place < most);
			let place = place.with_context(|| format!("node {at} leads to {kind} {to} of {most}"))?;
			if leaf != 0 {
				return Ok(count + place);
			}
			// Every branch has one parent, so that no path comes back to where it was.
			ensure!(!is_child[place], "node {place} has two parents");
			is_child[place] = true;
			Ok(place)
		};
		let (yes, no) = (child(yes[at], yes_leaves[at])?, child(no[at], no_leaves[at])?);
		nodes.push(Node::Branch { feature, asks, missing_is_true: missing.get(at) == Some(&1), yes, no });
	}
	ensure!(sets.all(<[f64]>::is_empty), "membership_values: more sets than nodes that ask for one");
	let mut weights = vec![];
	for (leaf, (target, weight)) in of_targets.into_iter().zip(leaf_weights).enumerate() {
		let target = usize::try_from(target).ok().filter(|target| *target < targets);
		weights.push((target.with_context(|| format!("leaf_targetids: leaf {leaf} has none of {targets}"))?, weight));
		nodes.push(Node::Leaf { start: leaf, end: leaf + 1 });
	}
	let mut roots = vec![];
	for root in list("tree_roots")? {
		let root = usize::try_from(root).ok().filter(|root| *root < count);
		let root = root.with_context(|| format!("tree_roots: a root that is none of {count} nodes"))?;
		ensure!(!is_child[root], "tree_roots: node {root} is a child of another");
		// A tree of one leaf is a branch that leads to it whatever is asked; its root has the leaf's number.
		let leaf = yes_leaves[root] != 0 && no_leaves[root] != 0 && yes[root] == no[root];
		ensure!(
			!leaf || yes[root] == root as i64,
			"tree_roots: node {root} leads to leaf {} alone, which has to be leaf {root}",
			yes[root]
		);
		roots.push(root);
	}
	ensure!(!roots.is_empty(), "tree_roots is empty");
	Ok(Forest::of(nodes, roots, weights, all_members, targets))
}

fn tree_ensemble(context: &ParsingContext, node: &NodeProto) -> Built {
	let targets: usize = node.get_attr_opt("n_targets")?.context("n_targets is missing")?;
	ensure!((1..=1 << 16).contains(&targets), "n_targets is {targets}");
	let aggregate = match node.get_attr_opt("aggregate_function")?.unwrap_or(1i64) {
		0 => Aggregate::Average,
		1 => Aggregate::Sum,
		2 => Aggregate::Min,
		3 => Aggregate::Max,
		other => bail!("the aggregate_function {other} is none"),
	};
	// The numbers that onnxruntime gives to them; the standard has SOFTMAX before LOGISTIC.
	let transform = match node.get_attr_opt("post_transform")?.unwrap_or(0i64) {
		0 => Transform::None,
		1 => Transform::Logistic,
		2 => Transform::Softmax,
		3 => Transform::SoftmaxZero,
		4 => Transform::Probit,
		other => bail!("the post_transform {other} is none"),
	};
	let forest = ensemble(context, node, targets)?;
	own(trees::Regressor { forest, base: vec![], transform, aggregate, same_type: true })
}

fn linear_classifier(_: &ParsingContext, node: &NodeProto) -> Built {
	let labels = labels(node, "classlabels_ints")?;
	let coefficients: Vec<f32> = node.get_attr_vec("coefficients")?;
	let intercepts: Vec<f32> = node.get_attr_opt_vec("intercepts")?.unwrap_or_default();
	ensure!(!intercepts.is_empty(), "LinearClassifier without intercepts is not supported; write zeros");
	let scores = intercepts.len();
	ensure!(
		scores == labels.len() || scores == 1 && labels.len() == 2,
		"{scores} intercepts for {} classes",
		labels.len()
	);
	ensure!(
		!coefficients.is_empty() && coefficients.len().is_multiple_of(scores),
		"{} coefficients for {scores} scores",
		coefficients.len()
	);
	let transform = transform(node)?;
	ensure!(scores > 1 || transform != Transform::Probit, "post_transform PROBIT of one score is not supported");
	own(LinearClassifier { coefficients, intercepts, labels, transform })
}

fn linear_regressor(_: &ParsingContext, node: &NodeProto) -> Built {
	let targets: usize = node.get_attr_opt("targets")?.unwrap_or(1);
	let coefficients: Vec<f32> = node.get_attr_vec("coefficients")?;
	ensure!(
		targets > 0 && !coefficients.is_empty() && coefficients.len().is_multiple_of(targets),
		"{} coefficients for {targets} targets",
		coefficients.len()
	);
	let intercepts: Vec<f32> = node.get_attr_opt_vec("intercepts")?.unwrap_or_else(|| vec![0.0; targets]);
	ensure!(intercepts.len() == targets, "{} intercepts for {targets} targets", intercepts.len());
	own(LinearRegressor { coefficients, intercepts, transform: transform(node)? })
}

fn svm_function(node: &NodeProto) -> TractResult<linear::Function> {
	let parameters: Vec<f32> = node.get_attr_opt_vec("kernel_params")?.unwrap_or_default();
	let parameter = |at: usize| parameters.get(at).copied().unwrap_or(0.0);
	let (gamma, constant, degree) = (parameter(0), parameter(1), parameter(2));
	Ok(match node.get_attr_opt("kernel_type")?.unwrap_or("LINEAR") {
		"LINEAR" => linear::Function::Linear,
		"POLY" => linear::Function::Poly { gamma, constant, degree },
		"RBF" => linear::Function::Rbf { gamma },
		"SIGMOID" => linear::Function::Sigmoid { gamma, constant },
		other => bail!("the kernel_type {other} is none"),
	})
}

fn svm_regressor(_: &ParsingContext, node: &NodeProto) -> Built {
	let count: usize = node.get_attr_opt("n_supports")?.unwrap_or(0);
	let coefficients: Vec<f32> = node.get_attr_vec("coefficients")?;
	let vectors: Vec<f32> = if count > 0 { node.get_attr_vec("support_vectors")? } else { vec![] };
	let rho: Vec<f32> = node.get_attr_vec("rho")?;
	ensure!(!coefficients.is_empty() && !rho.is_empty(), "coefficients or rho are empty");
	ensure!(
		count == 0 || count == coefficients.len() && !vectors.is_empty() && vectors.len().is_multiple_of(count),
		"{} coefficients and {} numbers in support_vectors for n_supports = {count}",
		coefficients.len(),
		vectors.len()
	);
	ensure!(
		transform(node)? == Transform::None,
		"post_transform of SVMRegressor is not supported, as it is not in onnxruntime"
	);
	let function = if count > 0 { svm_function(node)? } else { linear::Function::Linear };
	let one_class = node.get_attr_opt::<i64>("one_class")?.unwrap_or(0) != 0;
	own(SvmRegressor { function, vectors, coefficients, rho: rho[0], one_class })
}

fn svm_classifier(_: &ParsingContext, node: &NodeProto) -> Built {
	let labels = labels(node, "classlabels_ints")?;
	let classes = labels.len();
	let coefficients: Vec<f32> = node.get_attr_vec("coefficients")?;
	let per_class: Vec<usize> = node.get_attr_opt_vec("vectors_per_class")?.unwrap_or_default();
	let count: usize = per_class.iter().sum();
	let rho: Vec<f32> = node.get_attr_vec("rho")?;
	let vectors: Vec<f32> = if count > 0 { node.get_attr_vec("support_vectors")? } else { vec![] };
	let (a, b): (Vec<f32>, Vec<f32>) =
		(node.get_attr_opt_vec("prob_a")?.unwrap_or_default(), node.get_attr_opt_vec("prob_b")?.unwrap_or_default());
	let pairs = classes * (classes - 1) / 2;
	ensure!(transform(node)? == Transform::None, "post_transform of SVMClassifier is not supported; export with NONE");
	if count == 0 {
		ensure!(
			a.is_empty() && classes > 2,
			"SVMClassifier without support vectors is supported for three and more classes"
		);
		ensure!(
			!rho.is_empty() && !coefficients.is_empty() && coefficients.len().is_multiple_of(classes),
			"{} coefficients for {classes} classes",
			coefficients.len()
		);
		return own(SvmClassifier {
			function: linear::Function::Linear,
			vectors,
			per_class: vec![],
			coefficients,
			rho,
			probabilities: None,
			labels,
		});
	}
	ensure!(per_class.len() == classes, "vectors_per_class names {} classes of {classes}", per_class.len());
	ensure!(
		!vectors.is_empty() && vectors.len().is_multiple_of(count),
		"{} numbers in support_vectors for {count} vectors",
		vectors.len()
	);
	ensure!(
		coefficients.len() == (classes - 1) * count,
		"{} coefficients for {classes} classes and {count} vectors",
		coefficients.len()
	);
	ensure!(rho.len() >= pairs, "{} numbers in rho for {pairs} pairs of classes", rho.len());
	ensure!(
		a.len() == b.len() && (a.is_empty() || a.len() >= pairs),
		"prob_a and prob_b have {} and {} numbers",
		a.len(),
		b.len()
	);
	let probabilities = (!a.is_empty()).then_some((a, b));
	own(SvmClassifier { function: svm_function(node)?, vectors, per_class, coefficients, rho, probabilities, labels })
}

fn imputer(_: &ParsingContext, node: &NodeProto) -> Built {
	let floats: Option<Vec<f32>> = node.get_attr_opt_vec("imputed_value_floats")?;
	let integers: Option<Vec<i64>> = node.get_attr_opt_vec("imputed_value_int64s")?;
	match (floats.filter(|floats| !floats.is_empty()), integers.filter(|integers| !integers.is_empty())) {
		(Some(values), None) => {
			own(Imputer::Floats { values, missing: node.get_attr_opt("replaced_value_float")?.unwrap_or(0.0) })
		}
		(None, Some(values)) => {
			own(Imputer::Integers { values, missing: node.get_attr_opt("replaced_value_int64")?.unwrap_or(0) })
		}
		_ => bail!("Imputer needs imputed_value_floats or imputed_value_int64s, and not both"),
	}
}

/// Version of `ai.onnx.ml` that a node of it is of.
fn ml_version(context: &ParsingContext, node: &NodeProto) -> i64 {
	let mut imports = context.model.opset_import.iter();
	let of_model = || imports.find(|import| import.domain == "ai.onnx.ml").map_or(1, |import| import.version);
	functions::domain(node).1.unwrap_or_else(of_model)
}

fn label_encoder(context: &ParsingContext, node: &NodeProto) -> Built {
	if let Some(texts) = list::<String>(node, "classes_strings")? {
		// Its first form: from text to places in a list, or back.
		let places: Vec<i64> = (0..texts.len() as i64).collect();
		return mapper(node, &places, &texts);
	}
	let elements = |of: &str| -> TractResult<Tensor> {
		if let Some(tensor) = node.get_attr_opt::<&TensorProto>(&format!("{of}_tensor"))? {
			return context.load_tensor(tensor);
		}
		if let Some(floats) = node.get_attr_opt_vec::<f32>(&format!("{of}_floats"))? {
			return Ok(tensor1(&floats));
		}
		if let Some(texts) = node.get_attr_opt_vec::<String>(&format!("{of}_strings"))? {
			return Ok(tensor1(&texts));
		}
		let integers = node.get_attr_opt_vec::<i64>(&format!("{of}_int64s"))?;
		integers.map(|integers| tensor1(&integers)).with_context(|| format!("LabelEncoder has no {of}"))
	};
	let (keys, values) = (elements("keys")?, elements("values")?);
	for tensor in [&keys, &values] {
		let data_type = tensor.datum_type();
		ensure!(
			data_type.is_number() || data_type == DatumType::String,
			"LabelEncoder of {data_type:?} is not supported, only of numbers and text"
		);
	}
	ensure!(
		keys.len() == values.len() && keys.len() > 0,
		"LabelEncoder: {} keys and {} values",
		keys.len(),
		values.len()
	);
	let default = match node.get_attr_opt::<&TensorProto>("default_tensor")? {
		Some(tensor) => context.load_tensor(tensor)?,
		None if values.datum_type() == DatumType::String => {
			tensor0(node.get_attr_opt::<String>("default_string")?.unwrap_or_else(|| UNUSED.into()))
		}
		None if values.datum_type().is_float() => tensor0(node.get_attr_opt("default_float")?.unwrap_or(-0.0f32)),
		None => tensor0(node.get_attr_opt("default_int64")?.unwrap_or(-1i64)),
	};
	ensure!(default.len() == 1, "LabelEncoder: a default of {} elements", default.len());
	let default = default.cast_to_dt(values.datum_type())?.into_owned();
	own(LabelEncoder { keys, values, default, finds_nan: ml_version(context, node) >= 4 })
}

/// The standard's text for what has no other.
const UNUSED: &str = "_Unused";

fn mapper(node: &NodeProto, numbers: &[i64], texts: &[String]) -> Built {
	ensure!(numbers.len() == texts.len(), "{}: {} numbers and {} texts", node.op_type, numbers.len(), texts.len());
	let text = node.get_attr_opt::<String>("default_string")?.unwrap_or_else(|| UNUSED.into());
	let number = tensor0(node.get_attr_opt("default_int64")?.unwrap_or(-1i64));
	let (numbers, texts) = (tensor1(numbers), tensor1(texts));
	let encoder = |keys: &Tensor, values: &Tensor, default| LabelEncoder {
		keys: keys.clone(),
		values: values.clone(),
		default,
		finds_nan: false,
	};
	let to_text = encoder(&numbers, &texts, tensor0(text));
	own(CategoryMapper { to_text, to_numbers: encoder(&texts, &numbers, number) })
}

fn category_mapper(_: &ParsingContext, node: &NodeProto) -> Built {
	let (numbers, texts): (Vec<i64>, Vec<String>) =
		(node.get_attr_vec("cats_int64s")?, node.get_attr_vec("cats_strings")?);
	mapper(node, &numbers, &texts)
}

// Words.

/// Locales in which a letter's other case is Unicode's.
const LOCALES: [&str; 4] = ["en_US.UTF-8", "en_US", "en-US", "C.UTF-8"];

fn string_normalizer(_: &ParsingContext, node: &NodeProto) -> Built {
	let name = node.get_attr_opt("case_change_action")?.unwrap_or("NONE");
	let case = Case::new(name).with_context(|| format!("the case_change_action {name} is none"))?;
	let locale = node.get_attr_opt("locale")?.unwrap_or(LOCALES[0]);
	ensure!(
		LOCALES.contains(&locale),
		"StringNormalizer in the locale {locale} is not supported, only in {}",
		LOCALES.join(" or ")
	);
	let left_out: Vec<String> = node.get_attr_opt_vec("stopwords")?.unwrap_or_default();
	ensure!(
		left_out.is_empty(),
		"StringNormalizer with stopwords is not supported, for its values would decide a shape; leave the words out before the model"
	);
	own(Normalizer(case))
}

fn tokenizer(context: &ParsingContext, node: &NodeProto) -> Built {
	let separators: Vec<String> = node.get_attr_opt_vec("separators")?.unwrap_or_default();
	let expression: Option<String> = node.get_attr_opt("tokenexp")?;
	let (letters, repeats) = match (&separators[..], expression) {
		([], Some(expression)) => Letters::new(&expression)?,
		([separator], None) if separator.is_empty() => (Letters::Ranges { ranges: vec![], inside: false }, false),
		_ => bail!("Tokenizer by separators is not supported; export it with tokenexp"),
	};
	let shortest: usize = node.get_attr("mincharnum")?;
	ensure!(shortest > 0, "Tokenizer: mincharnum is {shortest}");
	own(Tokenizer {
		letters,
		repeats,
		shortest,
		marks: node.get_attr_opt("mark")?.unwrap_or(false),
		pad: node.get_attr("pad_value")?,
		count: context.template.symbols.new_with_prefix("tokens"),
	})
}

/// Longest sequence of words that is counted.
const LONGEST_SEQUENCE: usize = 64;

fn vectorizer(_: &ParsingContext, node: &NodeProto) -> Built {
	let weighting = match node.get_attr("mode")? {
		"TF" => Weighting::Count,
		"IDF" => Weighting::Once,
		"TFIDF" => Weighting::Weighted,
		other => bail!("the mode {other} is none"),
	};
	let (shortest, longest): (usize, usize) = (node.get_attr("min_gram_length")?, node.get_attr("max_gram_length")?);
	let skips: usize = node.get_attr("max_skip_count")?;
	let starts: Vec<usize> = node.get_attr_vec("ngram_counts")?;
	ensure!(
		(1..=longest).contains(&shortest) && longest <= starts.len() && longest <= LONGEST_SEQUENCE,
		"TfIdfVectorizer: sequences of {shortest} to {longest} words, with {} ngram_counts",
		starts.len()
	);
	ensure!(skips < MAX_TEXT_BYTES, "TfIdfVectorizer: max_skip_count is {skips}");
	let indexes: Vec<usize> = node.get_attr_vec("ngram_indexes")?;
	let width = indexes.iter().max().context("TfIdfVectorizer: ngram_indexes is empty")?.saturating_add(1);
	let weights: Vec<f32> = node.get_attr_opt_vec("weights")?.unwrap_or_default();
	ensure!(
		weights.is_empty() || weights.len() == indexes.len() && weights.len() >= width,
		"TfIdfVectorizer: {} weights, {} ngram_indexes and {width} columns",
		weights.len(),
		indexes.len()
	);
	ensure!(width <= 1 << 24, "TfIdfVectorizer: {width} columns");
	let texts: Option<Vec<String>> = list(node, "pool_strings")?;
	let mut words = texts.is_some().then(BTreeMap::new);
	let pool: Vec<i64> = match texts {
		None => node.get_attr_vec("pool_int64s")?,
		Some(texts) => {
			let mut numbers = vec![];
			for text in texts {
				let known = words.get_or_insert_default();
				let next = known.len() as i64;
				numbers.push(*known.entry(text).or_insert(next));
			}
			numbers
		}
	};
	let mut columns = BTreeMap::new();
	let mut number = 0;
	for (at, start) in starts.iter().enumerate() {
		let end = starts.get(at + 1).copied().unwrap_or(pool.len());
		let length = at + 1;
		let part = pool.get(*start..end).filter(|part| part.len().is_multiple_of(length));
		let part = part.with_context(|| format!("TfIdfVectorizer: ngram_counts of sequences of {length}"))?;
		for sequence in part.chunks_exact(length) {
			let column = *indexes.get(number).context("TfIdfVectorizer: too few ngram_indexes")?;
			number += 1;
			if (shortest..=longest).contains(&length) {
				let before = columns.insert(sequence.to_vec(), column);
				ensure!(before.is_none(), "TfIdfVectorizer: a sequence is twice in the pool");
			}
		}
	}
	own(Vectorizer { words, columns, lengths: (shortest, longest), skips, weighting, weights, width })
}
