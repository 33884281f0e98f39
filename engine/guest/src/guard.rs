//! The guard around every operator of an optimised model: it charges before the operator runs, and sweeps the outputs after it.
//!
//! Operators that run a plan of their own (`Scan`, `If`, `Loop`) get one whose operators are guarded in the same way.

use crate::{branches::Either, cost, extremum::Extremum, kernel::text, loops, meter, sign, trace};
use tract_onnx::{
	prelude::*,
	tract_core::ops::{konst::Const, logic::IfThenElse, scan::OptScan, source::TypedSource},
	tract_hir::internal::*,
};

/// Most plans inside plans.
const MAX_NESTING: usize = 16;

/// Numbers the nodes of a model and of the plans inside it.
#[derive(Default)]
pub struct Guards {
	next: u32,
}

/// A model whose operators are guarded, and the units of one run of it if its shapes tell.
pub struct Guarded {
	pub model: TypedModel,
	pub units: Option<u64>,
}

impl Guards {
	/// Guards every operator of an optimised model.
	pub fn guard(&mut self, model: &TypedModel, depth: usize) -> TractResult<Guarded> {
		ensure!(depth <= MAX_NESTING, "plans are nested more than {MAX_NESTING} deep");
		text::check(model)?;
		let mut guarded = model.clone();
		let mut total = Some(0u64);
		for id in 0..model.nodes.len() {
			let node = model.node(id);
			if node.op_is::<TypedSource>() {
				continue;
			}
			if let Some(constant) = node.op_as::<Const>() {
				if let Some(clean) = clean_constant(constant)? {
					guarded.nodes[id].op = clean;
				}
				continue;
			}
			let number = self.next;
			self.next += 1;
			cost::check(node.op.as_ref()).with_context(|| format!("at {node}"))?;
			let (inputs, outputs) = model.node_facts(id)?;
			let units =
				cost::of_node(node.op.as_ref(), &inputs, &outputs).with_context(|| format!("cost of {node}"))?;
			let (op, nested) = self.nested(node, &inputs, depth).with_context(|| format!("in the plan of {node}"))?;
			let largest = cost::largest(&outputs);
			guarded.nodes[id].op = Box::new(Guard { number, op, units, largest });
			total = match (total, units, nested) {
				(Some(total), Some(units), Some(nested)) => Some(total.saturating_add(units).saturating_add(nested)),
				_ => None,
			};
		}
		Ok(Guarded { model: guarded, units: total })
	}

	/// The operator with guarded plans inside, and the units that those cost in one evaluation.
	fn nested(
		&mut self,
		node: &TypedNode,
		inputs: &[&TypedFact],
		depth: usize,
	) -> TractResult<(Box<dyn TypedOp>, Option<u64>)> {
		if let Some(scan) = node.op_as::<OptScan>() {
			let body = self.guard(scan.plan.model(), depth + 1)?;
			let mut params = (**scan).clone();
			params.plan = SimplePlan::new(body.model)?;
			let iterations = scan.iteration_count(inputs).and_then(|count| count.to_i64().ok());
			let units =
				body.units.zip(iterations).map(|(units, iterations)| units.saturating_mul(iterations.max(0) as u64));
			return Ok((Box::new(OptScan::new(Arc::new(params))), units));
		}
		let branches = match (node.op_as::<IfThenElse>(), node.op_as::<Either>()) {
			(Some(same), _) => Some(Either {
				thens: same.then_body.clone(),
				then_inputs: same.then_input_mapping.clone(),
				elses: same.else_body.clone(),
				else_inputs: same.else_input_mapping.clone(),
				facts: node.op.output_facts(inputs)?,
			}),
			(None, either) => either.cloned(),
		};
		if let Some(branches) = branches {
			let then_body = self.guard(&branches.thens.into_optimized()?, depth + 1)?;
			let else_body = self.guard(&branches.elses.into_optimized()?, depth + 1)?;
			let units = then_body.units.zip(else_body.units).map(|(then_units, else_units)| then_units.max(else_units));
			let op = If {
				facts: branches.facts,
				then_plan: SimplePlan::new(then_body.model)?,
				then_inputs: branches.then_inputs,
				else_plan: SimplePlan::new(else_body.model)?,
				else_inputs: branches.else_inputs,
			};
			return Ok((Box::new(op), units));
		}
		if let Some(body) = node.op_as::<loops::Body>() {
			let guarded = self.guard(&body.body.clone().into_optimized()?, depth + 1)?;
			let units = guarded
				.units
				.zip(body.iterations)
				.map(|(units, iterations)| units.saturating_add(cost::STEP).saturating_mul(iterations));
			return Ok((Box::new(body.planned(guarded.model)?), units));
		}
		if let Some(extremum) = Extremum::of(node.op.as_ref(), inputs) {
			return Ok((Box::new(extremum), Some(0)));
		}
		Ok((node.op.clone(), Some(0)))
	}
}

/// The constant with canonical NaNs, if it has others.
fn clean_constant(constant: &Const) -> TractResult<Option<Box<dyn TypedOp>>> {
	if !constant.val().is_plain_ram() {
		return Ok(None);
	}
	let mut tensor = (**constant.val()).clone();
	if !trace::rewrite_nan(&mut tensor)? {
		return Ok(None);
	}
	Ok(Some(Box::new(Const::new(tensor.into_arc_tensor())?)))
}

/// An operator between its charge and its sweep.
#[derive(Debug, Clone)]
struct Guard {
	number: u32,
	op: Box<dyn TypedOp>,
	/// Units of an evaluation; none if the shapes are known only then.
	units: Option<u64>,
	/// Bytes of the largest output, as far as the shapes tell.
	largest: u64,
}

impl PartialEq for Guard {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for Guard {}

impl Guard {
	fn evaluate(
		&self,
		inputs: TVec<TValue>,
		eval: impl FnOnce(TVec<TValue>) -> TractResult<TVec<TValue>>,
	) -> TractResult<TVec<TValue>> {
		if cfg!(feature = "unguarded") {
			return eval(inputs);
		}
		meter::check_tensor(self.largest)?;
		sign::check(self.op.as_ref(), &inputs)?;
		let late = cost::Late(self.op.as_ref());
		meter::charge(match self.units {
			Some(units) => units,
			None => late.before(&inputs)?,
		})?;
		let outputs = eval(inputs)?;
		if self.units.is_none() {
			meter::charge(late.after(&outputs))?;
		}
		trace::sweep(self.number, outputs)
	}
}

impl EvalOp for Guard {
	not_out_of_plan!();

	fn eval(&self, ctx: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		self.evaluate(inputs, |inputs| self.op.eval(ctx, inputs))
	}

	fn state(&self, ctx: &EvalContext) -> TractResult<Option<Box<dyn OpState>>> {
		Ok(self.op.state(ctx)?.map(|state| Box::new(GuardState(state)) as Box<dyn OpState>))
	}

	fn forwards_input(&self) -> Option<usize> {
		self.op.forwards_input()
	}

	fn drop_session(&self, session: SessionId, node_id: usize) {
		self.op.drop_session(session, node_id)
	}
}

impl Op for Guard {
	fn name(&self) -> StaticName {
		self.op.name()
	}

	fn mints_runtime_symbols(&self) -> bool {
		self.op.mints_runtime_symbols()
	}

	fn required_bound_symbols(&self, inputs: &[&TypedFact]) -> TVec<Symbol> {
		self.op.required_bound_symbols(inputs)
	}

	op_as_typed_op!();
}

impl TypedOp for Guard {
	as_op!();

	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		self.op.output_facts(inputs)
	}
}

/// State of a guarded operator.
#[derive(Debug, Clone)]
struct GuardState(Box<dyn OpState>);

impl OpState for GuardState {
	fn load_from(&mut self, turn: &mut TurnState, states: &mut dyn Iterator<Item = TValue>) -> TractResult<()> {
		self.0.load_from(turn, states)
	}

	fn save_to(&self, states: &mut Vec<TValue>) -> TractResult<()> {
		self.0.save_to(states)
	}

	fn init_tensor_fact(&self) -> Option<(String, TypedFact)> {
		self.0.init_tensor_fact()
	}

	fn has_init_tensor_fact(&self) -> bool {
		self.0.has_init_tensor_fact()
	}

	fn resolve_symbols(&mut self, turn: &mut TurnState) -> TractResult<()> {
		self.0.resolve_symbols(turn)
	}

	fn eval(&mut self, ctx: &EvalContext, op: &dyn Op, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let guard = op.downcast_ref::<Guard>().context("the state of a guarded operator belongs to its guard")?;
		guard.evaluate(inputs, |inputs| self.0.eval(ctx, guard.op.as_op(), inputs))
	}

	fn reset_lanes(&mut self, lanes: &[LaneId]) -> TractResult<()> {
		self.0.reset_lanes(lanes)
	}
}

/// `IfThenElse` with optimised and guarded branches. Tract's own plans them anew at each evaluation.
#[derive(Debug, Clone)]
struct If {
	facts: TVec<TypedFact>,
	then_plan: Arc<TypedSimplePlan>,
	then_inputs: Vec<usize>,
	else_plan: Arc<TypedSimplePlan>,
	else_inputs: Vec<usize>,
}

impl PartialEq for If {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for If {}

impl Op for If {
	fn name(&self) -> StaticName {
		"IfThenElse".into()
	}

	fn mints_runtime_symbols(&self) -> bool {
		true
	}

	op_as_typed_op!();
}

impl EvalOp for If {
	not_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let condition = inputs.first().context("an If has a condition")?.cast_to_scalar::<bool>()?;
		let (plan, mapping) =
			if condition { (&self.then_plan, &self.then_inputs) } else { (&self.else_plan, &self.else_inputs) };
		plan.run(mapping.iter().map(|index| inputs[*index].clone()).collect())
	}
}

impl TypedOp for If {
	as_op!();

	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.facts.clone())
	}
}
