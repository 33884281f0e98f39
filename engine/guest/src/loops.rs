//! `Loop`. Tract's importer has none.
//!
//! A value that an iteration hands to the next keeps its type and its rank. A dimension that an iteration changes, or that its values
//! decide, is known at the run only, and so is the number of iterations where a condition may end them.

use crate::{cost::STEP, meter};
use std::collections::BTreeMap;
use tract_onnx::{
	model::{ParseResult, ParsingContext},
	pb::{GraphProto, NodeProto},
	prelude::*,
	tract_core::ops::{cast::cast, identity::Identity},
	tract_hir::{infer::Factoid, internal::*},
};

/// The inputs of the body that stand before those that it hands on: the iteration and the condition.
const OWN_INPUTS: usize = 2;

/// The inputs and outputs of a `Loop`, for the operator before it is typed and after.
#[derive(Debug, Clone)]
pub struct Form {
	/// True if the first input is there: the most iterations that there may be.
	limited: bool,
	/// True if the second input is there, which says if there is a first iteration.
	conditional: bool,
	/// Values that an iteration hands to the next.
	carried: usize,
	/// Values that each iteration gives, which the operator stacks.
	stacked: usize,
	/// Shapes in which the body takes the iteration and the condition: of no dimension, or of one.
	own_ranks: [usize; OWN_INPUTS],
}

impl Form {
	/// Inputs before the first value that is handed on.
	fn first(&self) -> usize {
		self.limited as usize + self.conditional as usize
	}

	fn outputs(&self) -> usize {
		self.carried + self.stacked
	}
}

/// The importer's operator.
#[derive(Debug, Clone)]
struct Loop {
	form: Form,
	/// Its inputs are the iteration, the condition, what is handed on, and what it takes from outside.
	body: InferenceModel,
	symbols: SymbolScope,
	/// The dimensions that the run decides, by output and axis.
	late: BTreeMap<(usize, usize), Symbol>,
	/// The number of iterations, where the run decides it.
	count: Symbol,
}

/// A body whose shapes fit those of the inputs, and what the operator then gives.
struct Settled {
	body: InferenceModel,
	facts: TVec<TypedFact>,
	/// Iterations, if nothing but the limit ends them.
	iterations: Option<u64>,
}

/// `Loop` as the importer reads it.
pub fn build(context: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
	let graph: &GraphProto = node.get_attr("body")?;
	let ParseResult { model: body, unresolved_inputs, .. } = context.parse_graph(graph)?;
	let given = |index: usize| node.input.get(index).is_some_and(|name| !name.is_empty());
	let carried = node.input.len().saturating_sub(OWN_INPUTS);
	let (inputs, outputs) = (body.inputs.len() - unresolved_inputs.len(), body.outputs.len());
	ensure!(
		inputs == OWN_INPUTS + carried && outputs > carried,
		"Loop: a body of {inputs} inputs and {outputs} outputs, where the loop hands {carried} values on"
	);
	ensure!(
		node.input.iter().skip(OWN_INPUTS).all(|name| !name.is_empty()),
		"Loop: a value that is handed on has no name"
	);
	let mut own_ranks = [0; OWN_INPUTS];
	for (index, rank) in own_ranks.iter_mut().enumerate() {
		let shape = &body.input_fact(index)?.shape;
		*rank = if shape.is_open() { 0 } else { shape.dims().count() };
		ensure!(*rank <= 1, "Loop: the body takes a number of {rank} dimensions");
	}
	let stacked = outputs - 1 - carried;
	let form = Form { limited: given(0), conditional: given(1), carried, stacked, own_ranks };
	let symbols = context.template.symbols.clone();
	let count = symbols.new_with_prefix("iterations");
	Ok((Box::new(Loop { form, body, symbols, late: BTreeMap::new(), count }), unresolved_inputs))
}

impl PartialEq for Loop {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for Loop {}

impl Op for Loop {
	fn name(&self) -> StaticName {
		"Loop".into()
	}

	not_a_typed_op!();
}

impl EvalOp for Loop {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, _: TVec<TValue>) -> TractResult<TVec<TValue>> {
		bail!("Loop is not typed yet")
	}
}

/// The type of a value in a plan: what tract computes with symbols are integers.
fn plain(data_type: DatumType) -> DatumType {
	if data_type == DatumType::TDim {
		DatumType::I64
	} else {
		data_type
	}
}

/// Type and shape of a value, if both are known.
fn known(fact: &InferenceFact) -> Option<(DatumType, TVec<TDim>)> {
	Some((plain(fact.datum_type.concretize()?), fact.shape.concretize()?))
}

impl Loop {
	/// The body's analysis with the shapes of these inputs. None while they are not known.
	fn settle(&mut self, inputs: &[InferenceFact]) -> TractResult<Option<Settled>> {
		let Form { carried, stacked, own_ranks, .. } = self.form;
		let inputs_of_body = &inputs[self.form.first()..];
		let Some(mut states) = inputs_of_body[..carried].iter().map(known).collect::<Option<Vec<_>>>() else {
			return Ok(None);
		};
		if inputs_of_body[carried..].iter().any(|fact| known(fact).is_none()) {
			return Ok(None);
		}
		loop {
			let mut body = self.body.clone();
			let own = |rank: usize| -> TVec<TDim> { (0..rank).map(|_| 1.to_dim()).collect() };
			let of = |data_type: DatumType, shape: TVec<TDim>| InferenceFact::dt_shape(data_type, shape);
			body.input_fact_mut(0)?.unify_with(&of(DatumType::I64, own(own_ranks[0])))?;
			body.input_fact_mut(1)?.unify_with(&of(DatumType::Bool, own(own_ranks[1])))?;
			for (index, (data_type, shape)) in states.iter().enumerate() {
				// The shape that the body declares holds for some iterations only, so only the type is compared.
				let declared = body.input_fact(OWN_INPUTS + index)?.datum_type;
				ensure!(
					declared.concretize().is_none_or(|declared| plain(declared) == *data_type),
					"Loop: the body takes {declared:?} where {data_type:?} is handed on"
				);
				body.set_input_fact(OWN_INPUTS + index, of(*data_type, shape.clone()))?;
			}
			for (index, given) in inputs_of_body[carried..].iter().enumerate() {
				body.input_fact_mut(OWN_INPUTS + carried + index)?.unify_with(given)?;
			}
			body.analyse(false)?;
			let mut changed = false;
			for (index, (data_type, shape)) in states.iter_mut().enumerate() {
				let output = body.output_fact(1 + index)?;
				let Some(found) = output.datum_type.concretize() else { return Ok(None) };
				ensure!(plain(found) == *data_type, "Loop: an iteration makes {found:?} of {data_type:?}");
				ensure!(!output.shape.is_open(), "Loop: an iteration gives a value of a rank that is not known");
				let dims: Vec<Option<TDim>> = output.shape.dims().map(|dim| dim.concretize()).collect();
				ensure!(
					dims.len() == shape.len(),
					"Loop: an iteration makes {} dimensions of {}, which is not supported",
					dims.len(),
					shape.len()
				);
				for (axis, (before, after)) in shape.iter_mut().zip(dims).enumerate() {
					if after.as_ref() == Some(before)
						|| self.late.get(&(index, axis)).is_some_and(|late| *before == late.to_dim())
					{
						continue;
					}
					*before = self.late(index, axis);
					changed = true;
				}
			}
			if changed {
				continue;
			}
			let iterations = self.iterations(&body, inputs)?;
			let count = match iterations {
				Some(iterations) => iterations.to_dim(),
				None => self.count.to_dim(),
			};
			let mut facts: TVec<TypedFact> =
				states.into_iter().map(|(data_type, shape)| data_type.fact(shape)).collect();
			for index in carried..carried + stacked {
				let Some((data_type, shape)) = known(body.output_fact(1 + index)?) else { return Ok(None) };
				let mut dims: TVec<TDim> = tvec!(count.clone());
				for (axis, dim) in shape.into_iter().enumerate() {
					// A symbol may stand for another number in each iteration.
					dims.push(if dim.to_i64().is_ok() { dim } else { self.late(index, axis + 1) });
				}
				facts.push(data_type.fact(dims));
			}
			return Ok(Some(Settled { body, facts, iterations }));
		}
	}

	fn late(&mut self, output: usize, axis: usize) -> TDim {
		let late = || self.symbols.new_with_prefix("loop");
		self.late.entry((output, axis)).or_insert_with(late).to_dim()
	}

	/// The number of iterations, if the limit is known and no condition ends them.
	fn iterations(&self, body: &InferenceModel, inputs: &[InferenceFact]) -> TractResult<Option<u64>> {
		if !self.form.limited {
			return Ok(None);
		}
		let always = |fact: &InferenceFact| -> TractResult<bool> {
			Ok(match fact.value.concretize() {
				Some(value) => value.cast_to_scalar::<bool>()?,
				None => false,
			})
		};
		let begins = !self.form.conditional || always(&inputs[1])?;
		let mut outlet = body.outputs[0];
		while body.node(outlet.node).op_is::<Identity>() {
			outlet = body.node(outlet.node).inputs[0];
		}
		let goes_on = outlet == body.inputs[1] || always(body.outlet_fact(outlet)?)?;
		Ok(match inputs[0].value.concretize() {
			Some(limit) if begins && goes_on => Some(limit.cast_to_scalar::<i64>()?.max(0) as u64),
			_ => None,
		})
	}
}

impl InferenceOp for Loop {
	fn infer_facts(
		&mut self,
		inputs: TVec<&InferenceFact>,
		outputs: TVec<&InferenceFact>,
		observed: TVec<&InferenceFact>,
	) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
		let inputs: TVec<InferenceFact> = inputs.into_iter().cloned().collect();
		let mut outputs: TVec<InferenceFact> = outputs.into_iter().cloned().collect();
		if outputs.iter().any(|output| known(output).is_none()) {
			if let Some(settled) = self.settle(&inputs)? {
				for (output, fact) in outputs.iter_mut().zip(&settled.facts) {
					output.unify_with(&InferenceFact::dt_shape(fact.datum_type, fact.shape.to_tvec()))?;
				}
			}
		}
		Ok((inputs, outputs, observed.into_iter().cloned().collect()))
	}

	fn nboutputs(&self) -> TractResult<usize> {
		Ok(self.form.outputs())
	}

	fn to_typed(
		&self,
		source: &InferenceModel,
		node: &InferenceNode,
		target: &mut TypedModel,
		mapping: &HashMap<OutletId, OutletId>,
	) -> TractResult<TVec<OutletId>> {
		let mut facts = tvec!();
		for outlet in &node.inputs {
			facts.push(source.outlet_fact(*outlet)?.clone());
		}
		let settled = self.clone().settle(&facts)?.context("Loop: the shapes of its inputs are not known")?;
		let mut inputs = tvec!();
		for (index, outlet) in node.inputs.iter().enumerate() {
			let mut input = mapping[outlet];
			let handed_on = index < self.form.first() + self.form.carried;
			if handed_on && target.outlet_fact(input)?.datum_type == DatumType::TDim {
				let name = format!("{}.as-integers-{index}", node.name);
				input = target.wire_node(name, cast(DatumType::I64), &[input])?[0];
			}
			inputs.push(input);
		}
		let body = settled.body.into_typed()?;
		let op = Body { form: self.form.clone(), body, facts: settled.facts, iterations: settled.iterations };
		target.wire_node(&node.name, op, &inputs)
	}

	as_op!();
}

/// A loop in a typed model. The guard makes a plan of its body.
#[derive(Debug, Clone)]
pub struct Body {
	form: Form,
	pub body: TypedModel,
	facts: TVec<TypedFact>,
	pub iterations: Option<u64>,
}

impl PartialEq for Body {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for Body {}

impl Op for Body {
	fn name(&self) -> StaticName {
		"Loop".into()
	}

	fn mints_runtime_symbols(&self) -> bool {
		true
	}

	op_as_typed_op!();
}

impl EvalOp for Body {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		self.planned(self.body.clone().into_optimized()?)?.run(inputs)
	}
}

impl TypedOp for Body {
	as_op!();

	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.facts.clone())
	}
}

impl Body {
	/// The operator that runs this body, which is the loop's own as it is to be run.
	pub fn planned(&self, body: TypedModel) -> TractResult<Planned> {
		Ok(Planned { form: self.form.clone(), facts: self.facts.clone(), plan: SimplePlan::new(body)? })
	}
}

/// A loop that runs.
#[derive(Debug, Clone)]
pub struct Planned {
	form: Form,
	facts: TVec<TypedFact>,
	plan: Arc<TypedSimplePlan>,
}

impl PartialEq for Planned {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for Planned {}

impl Op for Planned {
	fn name(&self) -> StaticName {
		"Loop".into()
	}

	fn mints_runtime_symbols(&self) -> bool {
		true
	}

	op_as_typed_op!();
}

impl EvalOp for Planned {
	not_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		self.run(inputs)
	}
}

impl TypedOp for Planned {
	as_op!();

	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.facts.clone())
	}
}

/// A number in the shape in which the body takes it.
fn own<T: Datum>(value: T, rank: usize) -> TractResult<TValue> {
	let tensor = if rank == 0 { tensor0(value) } else { tensor1(&[value]) };
	Ok(tensor.into_tvalue())
}

impl Planned {
	fn run(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let Form { carried, stacked, own_ranks, .. } = self.form;
		let mut inputs = inputs.into_iter();
		let mut next = || inputs.next().context("Loop: too few inputs");
		let limit = if self.form.limited { next()?.cast_to_scalar::<i64>()? } else { i64::MAX };
		let mut goes_on = if self.form.conditional { next()?.cast_to_scalar::<bool>()? } else { true };
		let mut states: TVec<TValue> = tvec!();
		for _ in 0..carried {
			states.push(next()?);
		}
		let outside: TVec<TValue> = inputs.collect();
		let mut stacks: Vec<Vec<Tensor>> = vec![vec![]; stacked];
		let mut iteration = 0i64;
		while goes_on && iteration < limit {
			meter::charge(STEP)?;
			let mut values = tvec!(own(iteration, own_ranks[0])?, own(true, own_ranks[1])?);
			values.extend(std::mem::take(&mut states));
			values.extend(outside.iter().cloned());
			let mut given = self.plan.run(values)?.into_iter();
			let condition = given.next().context("Loop: a body without a condition")?;
			goes_on = condition.cast_to_scalar::<bool>()?;
			for (index, value) in given.enumerate() {
				let wanted = self.facts[index].datum_type;
				let value = if value.datum_type() == wanted {
					value
				} else {
					value.cast_to_dt(wanted)?.into_owned().into_tvalue()
				};
				match index.checked_sub(carried) {
					None => states.push(value),
					Some(stack) => {
						let mut value = value.into_tensor();
						value.insert_axis(0)?;
						stacks[stack].push(value);
					}
				}
			}
			iteration += 1;
		}
		for (fact, stack) in self.facts[carried..].iter().zip(stacks) {
			states.push(stacked_of(fact, stack)?.into_tvalue());
		}
		Ok(states)
	}
}

/// The values of all iterations in one tensor, stacked along a new first axis.
fn stacked_of(fact: &TypedFact, stack: Vec<Tensor>) -> TractResult<Tensor> {
	let Some(first) = stack.first() else {
		// Without an iteration nothing tells a dimension that the run decides: it is 0.
		let shape: TVec<usize> = fact.shape.iter().map(|dim| dim.to_usize().unwrap_or(0)).collect();
		let mut shape = shape;
		shape[0] = 0;
		return Tensor::zero_dt(fact.datum_type, &shape);
	};
	ensure!(
		stack.iter().all(|each| each.shape() == first.shape()),
		"Loop: iterations give values of several shapes, which do not stack"
	);
	let bytes = stack.iter().map(|each| (each.len() * each.datum_type().size_of()) as u64).sum();
	meter::check_tensor(bytes)?;
	Tensor::stack_tensors(0, &stack)
}
