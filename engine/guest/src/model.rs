//! From ONNX bytes to a plan that runs.

use crate::{
	abi::{Declared, Description, Dim, LoadError, Loaded, RunError, Signature},
	functions,
	guard::Guards,
	honoured, importer,
	kernel::text,
	lower, meter, sequences, trace, types,
};
use assay_primitives::{
	tensor::{MAX_NAME_BYTES, MAX_RANK, MAX_TENSORS, MAX_TEXT_BYTES},
	Tensor as BundleTensor, TensorBundle,
};
use codec::Encode;
use std::collections::{BTreeMap, BTreeSet};
use tract_onnx::{
	model::ParseResult,
	pb::{
		tensor_shape_proto::dimension::Value as Dimension, type_proto::Value, AttributeProto, GraphProto, ModelProto,
		NodeProto, ValueInfoProto,
	},
	prelude::*,
	tract_core::ops::konst::Const,
	tract_hir::{
		infer::{DimFact, Factoid, ShapeFactoid},
		internal::*,
	},
};

/// Most graphs inside graphs. The importer and the optimiser recurse; this stays far from every host's stack limit.
const MAX_SUBGRAPH_DEPTH: usize = 8;

/// Most bytes of a symbolic dimension. Its parser recurses.
const MAX_DIM_PARAM_BYTES: usize = 128;

/// Most bytes of an error's text.
const MAX_ERROR_BYTES: usize = 2048;

/// Operators that are random unless they are given a seed.
const RANDOM: [&str; 6] =
	["Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"];

/// The chain of an error's causes, shortened.
pub fn in_words(error: impl std::borrow::Borrow<TractError>) -> String {
	let mut text = format!("{:#}", error.borrow());
	if text.len() > MAX_ERROR_BYTES {
		let end = (0..=MAX_ERROR_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
		text.truncate(end);
		text.push_str(" ...");
	}
	text
}

/// A parsed model, its initializers cleaned, and what it declares.
pub struct Parsed {
	model: InferenceModel,
	description: Description,
	/// ONNX's numbers of the types that the outputs are declared with; 0 for none.
	output_types: Vec<i32>,
}

impl Parsed {
	/// Parses and checks what can be checked without shapes.
	pub fn new(bytes: &[u8]) -> Result<Parsed, LoadError> {
		Self::try_new(bytes).map_err(|error| LoadError::Invalid(in_words(error)))
	}

	fn try_new(bytes: &[u8]) -> TractResult<Parsed> {
		let onnx = importer::onnx();
		let mut proto = onnx.proto_model_for_read(&mut &*bytes).context("not an ONNX file")?;
		functions::inline(&mut proto, bytes)?;
		let opsets = honoured::Opsets::new(&proto)?;
		let graph = proto.graph.as_mut().context("the file holds no graph")?;
		let mut operators = BTreeMap::new();
		survey(graph, 1, &opsets, &mut operators)?;
		sequences::unfold(&mut proto)?;
		let graph = proto.graph.as_ref().context("the file holds no graph")?;
		let outputs: Vec<String> = graph.output.iter().map(|output| output.name.clone()).collect();
		check_names(&outputs)?;
		let output_types = graph.output.iter().map(declared_type).collect();
		let ParseResult { mut model, unresolved_inputs, .. } = parse(&onnx, &proto)?;
		ensure!(unresolved_inputs.is_empty(), "inputs that nothing produces: {unresolved_inputs:?}");
		drop(proto);
		clean_constants(&mut model)?;
		let mut inputs = vec![];
		let mut sample_shapes = vec![];
		for outlet in model.input_outlets()?.to_vec() {
			let name = model.node(outlet.node).name.clone();
			let fact = model.outlet_fact(outlet)?;
			let data_type = fact.datum_type.concretize().with_context(|| format!("input `{name}` has no type"))?;
			let data_type = types::from_tract(data_type)
				.with_context(|| format!("input `{name}` has type {data_type:?}, which is not supported"))?;
			let shape = declared_shape(&fact.shape);
			sample_shapes.push(sample_shape(&fact.shape));
			inputs.push(Declared { name, data_type, shape });
		}
		check_names(&inputs.iter().map(|input| input.name.clone()).collect::<Vec<_>>())?;
		ensure!(!outputs.is_empty(), "the graph has no output");
		let operators = operators.into_iter().collect();
		Ok(Parsed { model, description: Description { inputs, sample_shapes, outputs, operators }, output_types })
	}

	/// The inputs, outputs and operators that the model declares.
	pub fn description(self) -> Description {
		self.description
	}

	/// Binds the inputs, types, optimises and guards the model.
	pub fn load(mut self, inputs: &[Signature]) -> Result<(Loaded, Ready), LoadError> {
		self.bind(inputs)?;
		self.ready(inputs).map_err(|error| LoadError::Invalid(in_words(error)))
	}

	fn bind(&mut self, inputs: &[Signature]) -> Result<(), LoadError> {
		let mismatch = |text: String| Err(LoadError::InputMismatch(text));
		let declared = &self.description.inputs;
		if declared.len() != inputs.len() {
			return mismatch(format!("the model has {} inputs, not {}", declared.len(), inputs.len()));
		}
		let mut symbols = SymbolValues::default();
		for (index, (declared, input)) in declared.iter().zip(inputs).enumerate() {
			if declared.name != input.name {
				return mismatch(format!("input {index} is `{}`, not `{}`", declared.name, input.name));
			}
			if declared.data_type != input.data_type {
				let (right, wrong) = (declared.data_type.name(), input.data_type.name());
				return mismatch(format!("input `{}` is of {right}, not of {wrong}", input.name));
			}
			let fact = match self.model.input_fact(index) {
				Ok(fact) => fact.clone(),
				Err(error) => return Err(LoadError::Invalid(in_words(error))),
			};
			if let Err(why) = bind_shape(&fact.shape, &input.shape, &mut symbols) {
				return mismatch(format!("input `{}`: {why}", input.name));
			}
		}
		for (index, input) in inputs.iter().enumerate() {
			let shape: TVec<usize> = input.shape.iter().map(|dim| *dim as usize).collect();
			let data_type = types::to_tract(input.data_type).unwrap_or(DatumType::F32);
			let set = self.model.set_input_fact(index, InferenceFact::dt_shape(data_type, shape));
			set.map_err(|error| LoadError::Invalid(in_words(error)))?;
		}
		Ok(())
	}

	fn ready(self, inputs: &[Signature]) -> TractResult<(Loaded, Ready)> {
		let model = self.model.into_typed()?;
		text::check(&model)?;
		let mut model = lower::lower(model.into_decluttered()?)?;
		model.optimize()?;
		let mut outputs = vec![];
		for (index, name) in self.description.outputs.iter().enumerate() {
			let fact = model.output_fact(index)?;
			let data_type = types::from_tract(fact.datum_type)
				.with_context(|| format!("output `{name}` has type {:?}, which is not supported", fact.datum_type))?;
			let (found, declared) = (data_type.encode()[0] as i32, self.output_types[index]);
			ensure!(
				declared == 0 || declared == found,
				"output `{name}` is declared with ONNX's type {declared}, and the engine would give {}",
				data_type.name()
			);
			ensure!(fact.rank() <= MAX_RANK, "output `{name}` has {} dimensions; at most {MAX_RANK}", fact.rank());
			let dim = |dim: &TDim| match dim.to_i64() {
				Ok(dim) => Dim::Fixed(dim.max(0) as u64),
				Err(_) => Dim::Symbol(dim.to_string()),
			};
			let shape = Some(fact.shape.iter().map(dim).collect());
			outputs.push(Declared { name: name.clone(), data_type, shape });
		}
		let guarded = Guards::default().guard(&model, 1)?;
		drop(model);
		let state = SimplePlan::new(guarded.model)?.spawn()?;
		let loaded = Loaded { outputs, run_units: guarded.units };
		Ok((loaded, Ready { state, inputs: inputs.to_vec(), outputs: self.description.outputs }))
	}
}

fn parse(onnx: &tract_onnx::Onnx, proto: &ModelProto) -> TractResult<ParseResult> {
	onnx.parse(proto, None)
}

/// Counts the operators of a graph and of those inside it, refuses what has no single meaning or no bound, and removes the shapes that
/// are not believed anyway: exporters write expressions of any length there.
fn survey(
	graph: &mut GraphProto,
	depth: usize,
	opsets: &honoured::Opsets,
	operators: &mut BTreeMap<String, u32>,
) -> TractResult<()> {
	ensure!(depth <= MAX_SUBGRAPH_DEPTH, "graphs are nested more than {MAX_SUBGRAPH_DEPTH} deep");
	graph.value_info.clear();
	graph.output.iter_mut().for_each(forget_dim_params);
	if depth > 1 {
		// The tensors that an inner graph gets tell the shapes of its inputs better than its declarations do.
		graph.input.iter_mut().for_each(forget_dim_params);
	}
	for value in &graph.input {
		let tensor = value.r#type.as_ref().is_some_and(|fact| fact.value.is_some());
		ensure!(
			tensor || depth > 1,
			"the input `{}` is no tensor but a sequence, a map or an optional; export the model with an input for each tensor",
			value.name
		);
		check_dim_params(value)?;
	}
	for tensor in &graph.initializer {
		let location = tensor.external_data.iter().find(|entry| entry.key == "location");
		ensure!(
			tensor.data_location != Some(1),
			"the weights `{}` are in another file, {}; write them into the model: onnx.save_model(onnx.load(PATH), ONE_FILE)",
			tensor.name,
			location.map(|entry| entry.value.as_str()).unwrap_or_default()
		);
		check_texts(&tensor.string_data, &tensor.name)?;
	}
	for node in &mut graph.node {
		let name = match functions::domain(node).0 {
			"" => node.op_type.clone(),
			domain => format!("{domain}.{}", node.op_type),
		};
		for attribute in &node.attribute {
			let tensor = attribute.t.iter().flat_map(|tensor| &tensor.string_data);
			check_texts(attribute.strings.iter().chain(tensor).chain([&attribute.s]), &attribute.name)?;
		}
		refuse_random(node)?;
		honoured::check(node, opsets)?;
		*operators.entry(name).or_insert(0u32) += 1;
		for inner in node.attribute.iter_mut().flat_map(|attribute| attribute.g.iter_mut().chain(&mut attribute.graphs))
		{
			survey(inner, depth + 1, opsets, operators)?;
		}
	}
	Ok(())
}

/// ONNX's number of a tensor's type; 0 for what is no tensor.
fn declared_type(value: &ValueInfoProto) -> i32 {
	match value.r#type.as_ref().and_then(|fact| fact.value.as_ref()) {
		Some(Value::TensorType(tensor)) => tensor.elem_type,
		_ => 0,
	}
}

fn forget_dim_params(value: &mut ValueInfoProto) {
	let Some(Value::TensorType(tensor)) = value.r#type.as_mut().and_then(|fact| fact.value.as_mut()) else { return };
	for dim in tensor.shape.iter_mut().flat_map(|shape| &mut shape.dim) {
		dim.value.take_if(|dim| matches!(dim, Dimension::DimParam(_)));
	}
}

fn check_dim_params(value: &ValueInfoProto) -> TractResult<()> {
	let Some(Value::TensorType(tensor)) = value.r#type.as_ref().and_then(|fact| fact.value.as_ref()) else {
		return Ok(());
	};
	for dim in tensor.shape.iter().flat_map(|shape| &shape.dim) {
		if let Some(Dimension::DimParam(param)) = &dim.value {
			ensure!(
				param.len() <= MAX_DIM_PARAM_BYTES,
				"a symbolic dimension of `{}` has more than {MAX_DIM_PARAM_BYTES} bytes",
				value.name
			);
		}
	}
	Ok(())
}

/// Labels and categories have to fit into a bundle.
fn check_texts<'a>(texts: impl IntoIterator<Item = &'a Vec<u8>>, of: &str) -> TractResult<()> {
	for text in texts {
		ensure!(text.len() <= MAX_TEXT_BYTES, "`{of}` holds a text of more than {MAX_TEXT_BYTES} bytes");
	}
	Ok(())
}

fn refuse_random(node: &NodeProto) -> TractResult<()> {
	let seeded = |attribute: &AttributeProto| attribute.name == "seed";
	ensure!(
		!RANDOM.contains(&node.op_type.as_str()) || node.attribute.iter().any(seeded),
		"node `{}`: {} without a seed gives another answer each time",
		node.name,
		node.op_type
	);
	Ok(())
}

fn check_names(names: &[String]) -> TractResult<()> {
	ensure!(names.len() <= MAX_TENSORS, "{} inputs or outputs; at most {MAX_TENSORS}", names.len());
	let mut seen = BTreeSet::new();
	for name in names {
		ensure!(!name.is_empty(), "an input or output has no name");
		ensure!(name.len() <= MAX_NAME_BYTES, "the name of an input or output has more than {MAX_NAME_BYTES} bytes");
		ensure!(seen.insert(name), "two inputs or two outputs are named `{name}`");
	}
	Ok(())
}

/// Rewrites the NaNs of the initializers, before anything is folded with them.
fn clean_constants(model: &mut InferenceModel) -> TractResult<()> {
	for node in model.nodes_mut() {
		let Some(constant) = node.op_as_mut::<Const>() else { continue };
		if !constant.val().datum_type().is_float() || !constant.val().is_plain_ram() {
			continue;
		}
		let mut tensor = (**constant.val()).clone();
		if trace::rewrite_nan(&mut tensor)? {
			let tensor = tensor.into_arc_tensor();
			*constant = Const::new(tensor.clone())?;
			node.outputs[0].fact = InferenceFact::from(TypedFact::try_from(tensor)?);
		}
	}
	Ok(())
}

fn declared_shape(shape: &ShapeFactoid) -> Option<Vec<Dim>> {
	if shape.is_open() {
		return None;
	}
	let dim = |dim: &DimFact| match dim.concretize() {
		None => Dim::Unknown,
		Some(dim) => match dim.to_i64() {
			Ok(dim) => Dim::Fixed(dim.max(0) as u64),
			Err(_) => Dim::Symbol(dim.to_string()),
		},
	};
	Some(shape.dims().map(dim).collect())
}

/// The shape with every symbol, and everything unknown, at 1.
fn sample_shape(shape: &ShapeFactoid) -> Vec<u64> {
	if shape.is_open() {
		return vec![1];
	}
	let dim = |dim: &DimFact| {
		let Some(dim) = dim.concretize() else { return 1 };
		let mut values = SymbolValues::default();
		for symbol in dim.symbols() {
			values.set(&symbol, 1);
		}
		dim.eval(&values).to_i64().map_or(1, |dim| dim.max(0) as u64)
	};
	shape.dims().map(dim).collect()
}

/// Checks a shape against the declared one and takes the symbols' values from it.
fn bind_shape(declared: &ShapeFactoid, shape: &[u64], symbols: &mut SymbolValues) -> Result<(), String> {
	if shape.iter().any(|dim| *dim > i32::MAX as u64) {
		return Err(format!("no tensor of shape {shape:?} fits into the engine's memory"));
	}
	if declared.is_open() {
		return Ok(());
	}
	let rank = declared.dims().count();
	if rank != shape.len() {
		return Err(format!("the model declares {rank} dimensions, not {}", shape.len()));
	}
	for (axis, (declared, dim)) in declared.dims().zip(shape).enumerate() {
		let Some(declared) = declared.concretize() else { continue };
		let dim = *dim as i64;
		if let TDim::Sym(symbol) = &declared {
			if symbols.get(symbol).is_none() {
				symbols.set(symbol, dim);
				continue;
			}
		}
		if let Ok(expected) = declared.eval(symbols).to_i64() {
			if expected != dim {
				return Err(format!("dimension {axis} is {declared} = {expected}, not {dim}"));
			}
		}
	}
	Ok(())
}

/// A model that waits for its run.
pub struct Ready {
	state: TypedSimpleState,
	inputs: Vec<Signature>,
	outputs: Vec<String>,
}

impl Ready {
	/// Runs the model once. There is no second run: an operator's state would leak into it.
	pub fn run(mut self, bundle: &[u8]) -> Result<Vec<u8>, RunError> {
		let inputs = self.inputs(bundle)?;
		let outcome = self.state.run(inputs);
		match meter::exceeded() {
			Some(meter::Exceeded::Compute) => return Err(RunError::ComputeLimit),
			Some(meter::Exceeded::Memory) => {
				let why = outcome.err().map(in_words).unwrap_or_default();
				return Err(RunError::MemoryLimit(why));
			}
			None => (),
		}
		let outputs = outcome.map_err(|error| RunError::Operator(in_words(error)))?;
		self.bundle(outputs).map_err(|error| RunError::Operator(in_words(error)))
	}

	fn inputs(&self, bundle: &[u8]) -> Result<TVec<TValue>, RunError> {
		let mismatch = |why: String| RunError::InputMismatch(why);
		let bundle = TensorBundle::from_bytes(bundle).map_err(|error| mismatch(format!("{error:?}")))?;
		if bundle.0.len() != self.inputs.len() {
			return Err(mismatch("not the tensors that the model was loaded for".into()));
		}
		let mut values = tvec!();
		for (tensor, expected) in bundle.0.into_iter().zip(&self.inputs) {
			let matches = tensor.name == expected.name
				&& tensor.data_type == expected.data_type
				&& tensor.shape == expected.shape;
			if !matches {
				return Err(mismatch(format!("`{}` is not what the model was loaded for", tensor.name)));
			}
			values.push(types::load(&tensor).map_err(|error| mismatch(in_words(error)))?.into_tvalue());
		}
		Ok(values)
	}

	fn bundle(&self, outputs: TVec<TValue>) -> TractResult<Vec<u8>> {
		let mut tensors = vec![];
		for (name, value) in self.outputs.iter().zip(outputs) {
			let tensor = if value.datum_type() == DatumType::TDim {
				value.cast_to::<i64>()?.into_owned()
			} else {
				value.into_tensor()
			};
			let data_type = types::from_tract(tensor.datum_type())
				.with_context(|| format!("output `{name}` has type {:?}", tensor.datum_type()))?;
			let shape = tensor.shape().iter().map(|dim| *dim as u64).collect();
			let data = types::bytes(&tensor).with_context(|| format!("output `{name}`"))?.into_owned();
			let mut tensor = BundleTensor { name: name.clone(), data_type, shape, data };
			tensor.canonicalize();
			tensors.push(tensor);
		}
		TensorBundle(tensors).to_bytes().map_err(|error| format_err!("{error:?}"))
	}
}
