//! `If`. Tract's importer wants branches that give the same shapes, and both to fit the shapes of the inputs.
//!
//! A dimension in which two branches differ is known at the run only. A branch that does not fit the inputs' shapes fails when it is
//! taken, and not before.

use crate::kernel::{Kernel, Own};
use std::collections::BTreeMap;
use tract_onnx::{
	model::{ParseResult, ParsingContext},
	pb::NodeProto,
	prelude::*,
	tract_core::ops::logic::IfThenElse,
	tract_hir::{
		infer::{Factoid, ShapeFactoid},
		internal::*,
	},
};

/// A branch: its graph, and which inputs of the node each of its own is.
#[derive(Debug, Clone)]
struct Branch {
	body: InferenceModel,
	inputs: Vec<usize>,
	/// Why it fits these inputs not.
	misfit: Option<String>,
}

impl Branch {
	/// The branch where its inputs are these of a typed model, which knows shapes that the importer's model does not.
	fn typed(&self, model: &TypedModel, inputs: &[OutletId]) -> TractResult<Option<TypedModel>> {
		if self.misfit.is_some() {
			return Ok(None);
		}
		let mut body = self.body.clone();
		for (inner, outer) in self.inputs.iter().enumerate() {
			let fact = body.input_fact(inner)?;
			if fact.shape.concretize().is_none() || fact.datum_type.concretize().is_none() {
				body.set_input_fact(inner, InferenceFact::from(model.outlet_fact(inputs[*outer])?))?;
			}
		}
		body.into_typed().map(Some)
	}
}

/// The importer's operator.
#[derive(Debug, Clone)]
struct If {
	branches: [Branch; 2],
	symbols: SymbolScope,
	/// The dimensions that the run decides, by output and axis.
	late: BTreeMap<(usize, usize), Symbol>,
}

/// `If` as the importer reads it.
pub fn build(context: &ParsingContext, node: &NodeProto) -> TractResult<(Box<dyn InferenceOp>, Vec<String>)> {
	let parse = |name: &str| -> TractResult<ParseResult> { context.parse_graph(node.get_attr(name)?) };
	let (then_branch, else_branch) = (parse("then_branch")?, parse("else_branch")?);
	let mut outer: Vec<String> =
		then_branch.unresolved_inputs.iter().chain(&else_branch.unresolved_inputs).cloned().collect();
	outer.sort();
	outer.dedup();
	let (thens, elses) = (then_branch.model.outputs.len(), else_branch.model.outputs.len());
	ensure!(thens == elses, "If: the branches have {thens} and {elses} outputs");
	let branch = |parsed: ParseResult| -> TractResult<Branch> {
		let place = |name: &String| outer.iter().position(|outer| outer == name).map(|place| place + 1);
		let inputs: Option<Vec<usize>> = parsed.unresolved_inputs.iter().map(place).collect();
		Ok(Branch { body: parsed.model, inputs: inputs.context("If: an input without a place")?, misfit: None })
	};
	let branches = [branch(then_branch)?, branch(else_branch)?];
	let op = If { branches, symbols: context.template.symbols.clone(), late: BTreeMap::new() };
	Ok((Box::new(op), outer))
}

impl PartialEq for If {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for If {}

impl Op for If {
	fn name(&self) -> StaticName {
		"If".into()
	}

	not_a_typed_op!();
}

impl EvalOp for If {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, _: TVec<TValue>) -> TractResult<TVec<TValue>> {
		bail!("If is not typed yet")
	}
}

impl If {
	/// The shape of an output, as far as both branches tell.
	fn shape(&mut self, output: usize) -> TractResult<ShapeFactoid> {
		let mut shapes = vec![];
		for branch in self.branches.iter().filter(|branch| branch.misfit.is_none()) {
			shapes.push(branch.body.output_fact(output)?.shape.clone());
		}
		let [a, b] = &shapes[..] else { return Ok(shapes.into_iter().next().unwrap_or_default()) };
		if a.is_open() || b.is_open() {
			return Ok(ShapeFactoid::default());
		}
		let ranks = (a.dims().count(), b.dims().count());
		ensure!(ranks.0 == ranks.1, "If: branches that give {} and {} dimensions are not supported", ranks.0, ranks.1);
		let mut dims: TVec<DimFact> = tvec!();
		for (axis, (a, b)) in a.dims().zip(b.dims()).enumerate() {
			let late = || self.symbols.new_with_prefix("branch");
			dims.push(match (a.concretize(), b.concretize()) {
				(Some(a), Some(b)) if a == b => a.into(),
				(Some(_), Some(_)) => self.late.entry((output, axis)).or_insert_with(late).to_dim().into(),
				_ => DimFact::default(),
			});
		}
		Ok(ShapeFactoid::closed(dims))
	}
}

impl InferenceOp for If {
	fn infer_facts(
		&mut self,
		inputs: TVec<&InferenceFact>,
		outputs: TVec<&InferenceFact>,
		observed: TVec<&InferenceFact>,
	) -> TractResult<(TVec<InferenceFact>, TVec<InferenceFact>, TVec<InferenceFact>)> {
		let mut inputs: TVec<InferenceFact> = inputs.into_iter().cloned().collect();
		let mut outputs: TVec<InferenceFact> = outputs.into_iter().cloned().collect();
		inputs[0].datum_type.unify_with(&bool::datum_type().into())?;
		let taken = match inputs[0].value.concretize() {
			Some(condition) => Some(!condition.cast_to_scalar::<bool>()? as usize),
			None => None,
		};
		for (index, branch) in self.branches.iter_mut().enumerate() {
			if branch.misfit.is_some() || taken.is_some_and(|taken| taken != index) {
				continue;
			}
			let mut analyse = || -> TractResult<()> {
				for (inner, outer) in branch.inputs.iter().enumerate() {
					// A copy of the fact: a branch's demand on its input holds only where the branch is taken.
					let given = inputs[*outer].clone();
					branch.body.input_fact_mut(inner)?.unify_with(&given)?;
				}
				branch.body.analyse(false)?;
				Ok(())
			};
			if let Err(error) = analyse() {
				ensure!(taken.is_none(), error);
				branch.misfit = Some(format!("{error:#}"));
			}
		}
		if let (Some(first), Some(_)) = (&self.branches[0].misfit, &self.branches[1].misfit) {
			bail!("If: neither branch fits the inputs: {first}");
		}
		for (index, output) in outputs.iter_mut().enumerate() {
			for (at, branch) in self.branches.iter().enumerate() {
				if branch.misfit.is_none() && taken.is_none_or(|taken| taken == at) {
					output.datum_type.unify_with(&branch.body.output_fact(index)?.datum_type)?;
				}
			}
			match taken {
				Some(taken) => output.unify_with(&self.branches[taken].body.output_fact(index)?.clone())?,
				None => output.shape.unify_with(&self.shape(index)?)?,
			};
		}
		Ok((inputs, outputs, observed.into_iter().cloned().collect()))
	}

	fn nboutputs(&self) -> TractResult<usize> {
		Ok(self.branches[0].body.outputs.len())
	}

	fn to_typed(
		&self,
		_: &InferenceModel,
		node: &InferenceNode,
		target: &mut TypedModel,
		mapping: &HashMap<OutletId, OutletId>,
	) -> TractResult<TVec<OutletId>> {
		let inputs: TVec<OutletId> = node.inputs.iter().map(|outlet| mapping[outlet]).collect();
		let [then_branch, else_branch] = &self.branches;
		let condition = target.outlet_fact(inputs[0])?.clone();
		if let Some(constant) = &condition.konst {
			// Both are the one that is taken; tract then puts it in the place of the operator.
			let taken = &self.branches[!constant.cast_to_scalar::<bool>()? as usize];
			let body = taken.typed(target, &inputs)?.context("If: the branch that is taken does not fit the inputs")?;
			return wire(node, target, &inputs, (body.clone(), taken.inputs.clone()), (body, taken.inputs.clone()));
		}
		let (thens, elses) = match (then_branch.typed(target, &inputs)?, else_branch.typed(target, &inputs)?) {
			(Some(thens), Some(elses)) => ((thens, then_branch.inputs.clone()), (elses, else_branch.inputs.clone())),
			(Some(thens), None) => {
				let elses = failing(&condition, &thens, &else_branch.misfit)?;
				((thens, then_branch.inputs.clone()), (elses, vec![0]))
			}
			(None, Some(elses)) => {
				let thens = failing(&condition, &elses, &then_branch.misfit)?;
				((thens, vec![0]), (elses, else_branch.inputs.clone()))
			}
			(None, None) => bail!("If: neither branch fits the inputs"),
		};
		let mut facts: TVec<TypedFact> = tvec!();
		for output in 0..thens.0.outputs.len() {
			let (a, b) = (thens.0.output_fact(output)?, elses.0.output_fact(output)?);
			ensure!(
				a.datum_type == b.datum_type && a.rank() == b.rank(),
				"If: branches that give {a:?} and {b:?} are not supported"
			);
			let mut shape: TVec<TDim> = tvec!();
			for (axis, (a, b)) in a.shape.iter().zip(b.shape.iter()).enumerate() {
				shape.push(if a == b {
					a.clone()
				} else {
					let symbol = self.late.get(&(output, axis)).cloned();
					symbol.unwrap_or_else(|| self.symbols.new_with_prefix("branch")).to_dim()
				});
			}
			facts.push(a.datum_type.fact(shape));
		}
		let same = |model: &TypedModel| -> TractResult<bool> {
			facts
				.iter()
				.enumerate()
				.try_fold(true, |same, (output, fact)| Ok(same && model.output_fact(output)?.without_value() == *fact))
		};
		if same(&thens.0)? && same(&elses.0)? {
			return wire(node, target, &inputs, thens, elses);
		}
		let either = Either { thens: thens.0, then_inputs: thens.1, elses: elses.0, else_inputs: elses.1, facts };
		target.wire_node(&node.name, either, &inputs)
	}

	as_op!();
}

fn wire(
	node: &InferenceNode,
	target: &mut TypedModel,
	inputs: &[OutletId],
	thens: (TypedModel, Vec<usize>),
	elses: (TypedModel, Vec<usize>),
) -> TractResult<TVec<OutletId>> {
	let op =
		IfThenElse { then_body: thens.0, then_input_mapping: thens.1, else_body: elses.0, else_input_mapping: elses.1 };
	target.wire_node(&node.name, op, inputs)
}

/// A branch that fails when it is taken, with the outputs of the other one.
fn failing(condition: &TypedFact, other: &TypedModel, why: &Option<String>) -> TractResult<TypedModel> {
	let mut facts = tvec!();
	for output in 0..other.outputs.len() {
		facts.push(other.output_fact(output)?.without_value());
	}
	let mut model = TypedModel { symbols: other.symbols.clone(), ..TypedModel::default() };
	let source = model.add_source("condition", condition.without_value())?;
	let fails = Fails { facts, why: why.clone().unwrap_or_default() };
	let outputs = model.wire_node("misfit", Own(Arc::new(fails)), &[source])?;
	model.select_output_outlets(&outputs)?;
	Ok(model)
}

/// Stands in place of a branch that does not fit the inputs' shapes: a run that takes the branch ends with the error.
#[derive(Debug, Clone)]
struct Fails {
	facts: TVec<TypedFact>,
	why: String,
}

impl Kernel for Fails {
	fn name(&self) -> &'static str {
		"Misfit"
	}

	fn outputs(&self) -> usize {
		self.facts.len()
	}

	fn facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.facts.clone())
	}

	fn units(&self, _: &[&TypedFact]) -> Option<u64> {
		Some(0)
	}

	fn eval(&self, _: TVec<TValue>) -> TractResult<TVec<TValue>> {
		bail!("the branch that the input takes does not fit the inputs' shapes: {}", self.why)
	}
}

/// Branches whose outputs differ in shape. The guard makes plans of them.
#[derive(Debug, Clone)]
pub struct Either {
	pub thens: TypedModel,
	pub then_inputs: Vec<usize>,
	pub elses: TypedModel,
	pub else_inputs: Vec<usize>,
	pub facts: TVec<TypedFact>,
}

impl PartialEq for Either {
	fn eq(&self, _: &Self) -> bool {
		false
	}
}

impl Eq for Either {}

impl Op for Either {
	fn name(&self) -> StaticName {
		"IfThenElse".into()
	}

	fn mints_runtime_symbols(&self) -> bool {
		true
	}

	op_as_typed_op!();
}

impl EvalOp for Either {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (body, mapping) = match inputs[0].cast_to_scalar::<bool>()? {
			true => (&self.thens, &self.then_inputs),
			false => (&self.elses, &self.else_inputs),
		};
		body.clone().into_runnable()?.run(mapping.iter().map(|index| inputs[*index].clone()).collect())
	}
}

impl TypedOp for Either {
	as_op!();

	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.facts.clone())
	}
}
