//! `TreeEnsembleClassifier`, `TreeEnsembleRegressor`, and `TreeEnsemble`, which took the place of both.
//!
//! A feature is compared in the precision that it is given in; integers are compared as `float32`, as onnxruntime does. Weights are
//! added up in the order of the trees, in double precision where the features are.

use super::{linear::Transform, text::Labels, Kernel};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Units of a step down a tree.
const STEP: u64 = 24;

/// The comparison of a feature with a branch's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
	Leq,
	Lt,
	Gte,
	Gt,
	Eq,
	Neq,
}

impl Mode {
	/// All of them, in the order in which `TreeEnsemble` numbers them.
	pub const ALL: [(&'static str, Mode); 6] = [
		("BRANCH_LEQ", Mode::Leq),
		("BRANCH_LT", Mode::Lt),
		("BRANCH_GTE", Mode::Gte),
		("BRANCH_GT", Mode::Gt),
		("BRANCH_EQ", Mode::Eq),
		("BRANCH_NEQ", Mode::Neq),
	];

	/// By its name.
	pub fn new(name: &str) -> Option<Self> {
		Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, mode)| mode)
	}

	fn holds(self, feature: f64, value: f64) -> bool {
		match self {
			Mode::Leq => feature <= value,
			Mode::Lt => feature < value,
			Mode::Gte => feature >= value,
			Mode::Gt => feature > value,
			Mode::Eq => feature == value,
			Mode::Neq => feature != value,
		}
	}
}

/// The question of a branch to a feature.
#[derive(Debug, Clone, Copy)]
pub enum Question {
	/// Its comparison with a number.
	Compare(Mode, f64),
	/// Membership in this range of the forest's members, which are in order.
	Member { start: usize, end: usize },
}

impl Question {
	/// Comparisons that it takes to answer the question.
	fn steps(self) -> u64 {
		match self {
			Question::Compare(..) => 1,
			Question::Member { start, end } => 1 + (usize::BITS - (end - start).leading_zeros()) as u64,
		}
	}
}

/// A node of the forest.
#[derive(Debug, Clone)]
pub enum Node {
	Branch {
		feature: usize,
		asks: Question,
		missing_is_true: bool,
		yes: usize,
		no: usize,
	},
	/// A range of the weights.
	Leaf {
		start: usize,
		end: usize,
	},
}

/// All trees, in one list.
#[derive(Debug, Clone)]
pub struct Forest {
	/// The first node of each tree.
	pub roots: Vec<usize>,
	pub nodes: Vec<Node>,
	/// Class or target, and weight.
	pub weights: Vec<(usize, f64)>,
	/// The sets of which a branch asks whether a feature is in one, each in order.
	pub members: Vec<f64>,
	/// Classes or targets.
	pub targets: usize,
	/// Features that a row needs at least.
	pub features: usize,
	/// Longest path, in steps; for all trees together.
	pub steps: u64,
}

impl Forest {
	/// Nodes as the attributes list them, and the weights of each.
	pub fn new(
		ids: &[(i64, i64)],
		mut branches: Vec<Option<(usize, f64, Mode, bool, i64, i64)>>,
		weights: &[((i64, i64), usize, f64)],
		targets: usize,
	) -> TractResult<Forest> {
		use std::collections::BTreeMap;
		ensure!(!ids.is_empty(), "a forest without nodes");
		let mut places = BTreeMap::new();
		for (place, id) in ids.iter().enumerate() {
			ensure!(places.insert(*id, place).is_none(), "tree {} has two nodes {}", id.0, id.1);
		}
		let mut of_leaves: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
		for (id, target, weight) in weights {
			let place =
				places.get(id).with_context(|| format!("a weight of node {} of tree {}, which is none", id.1, id.0))?;
			ensure!(branches[*place].is_none(), "a weight of node {} of tree {}, which is no leaf", id.1, id.0);
			ensure!(*target < targets, "a weight of class or target {target}, of {targets}");
			of_leaves.entry(*place).or_default().push((*target, *weight));
		}
		let mut nodes = vec![];
		let mut all = vec![];
		let mut is_child = vec![false; ids.len()];
		for (place, id) in ids.iter().enumerate() {
			nodes.push(match branches[place].take() {
				None => {
					let start = all.len();
					all.extend(of_leaves.remove(&place).unwrap_or_default());
					Node::Leaf { start, end: all.len() }
				}
				Some((feature, value, mode, missing_is_true, yes, no)) => {
					let mut child = |node: i64| -> TractResult<usize> {
						let child =
							*places.get(&(id.0, node)).with_context(|| format!("tree {} has no node {node}", id.0))?;
						// Every node has one parent, so that no path comes back to where it was.
						ensure!(!is_child[child], "node {node} of tree {} has two parents", id.0);
						is_child[child] = true;
						Ok(child)
					};
					let asks = Question::Compare(mode, value);
					Node::Branch { feature, asks, missing_is_true, yes: child(yes)?, no: child(no)? }
				}
			});
		}
		// The first node that is listed of each tree. Nodes that no path leads to are not looked at.
		let mut seen = std::collections::BTreeSet::new();
		let roots: Vec<usize> = (0..ids.len()).filter(|place| seen.insert(ids[*place].0)).collect();
		for root in &roots {
			ensure!(!is_child[*root], "the first node of tree {} is a child of another", ids[*root].0);
		}
		Ok(Forest::of(nodes, roots, all, vec![], targets))
	}

	/// A forest in whose nodes no path comes back to where it was.
	pub fn of(
		nodes: Vec<Node>,
		roots: Vec<usize>,
		weights: Vec<(usize, f64)>,
		members: Vec<f64>,
		targets: usize,
	) -> Forest {
		let mut steps = 0u64;
		for root in &roots {
			let (mut deepest, mut open) = (0, vec![(*root, 0u64)]);
			while let Some((place, before)) = open.pop() {
				let Node::Branch { asks, yes, no, .. } = &nodes[place] else {
					deepest = deepest.max(before + 1);
					continue;
				};
				let after = before + asks.steps();
				open.push((*yes, after));
				open.push((*no, after));
			}
			steps = steps.saturating_add(deepest);
		}
		let read = |node: &Node| match node {
			Node::Branch { feature, .. } => feature + 1,
			Node::Leaf { .. } => 0,
		};
		let features = nodes.iter().map(read).max().unwrap_or(0);
		Forest { roots, nodes, weights, members, targets, features, steps }
	}

	fn holds(&self, asks: Question, feature: f64) -> bool {
		match asks {
			Question::Compare(mode, value) => mode.holds(feature, value),
			Question::Member { start, end } => {
				let members = &self.members[start..end];
				members.get(members.partition_point(|member| *member < feature)) == Some(&feature)
			}
		}
	}

	/// The weights of the leaf that a row falls into.
	fn leaf(&self, root: usize, row: &[f64]) -> &[(usize, f64)] {
		let mut place = root;
		loop {
			match &self.nodes[place] {
				Node::Leaf { start, end } => return &self.weights[*start..*end],
				Node::Branch { feature, asks, missing_is_true, yes, no } => {
					let feature = row[*feature];
					let taken = self.holds(*asks, feature) || *missing_is_true && feature.is_nan();
					place = if taken { *yes } else { *no };
				}
			}
		}
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let shape = inputs.first()?.shape.as_concrete()?;
		let rows = if shape.len() == 1 { 1 } else { *shape.first()? as u64 };
		let each =
			self.steps.saturating_mul(STEP).saturating_add((self.targets as u64).saturating_mul(2 * super::FUNCTION));
		Some(rows.saturating_mul(each))
	}

	fn rows(&self, inputs: &[&TypedFact]) -> TractResult<TDim> {
		rows(inputs, Some(self.features))
	}
}

/// The rows of the only input, which has at least so many columns.
pub fn rows(inputs: &[&TypedFact], features: Option<usize>) -> TractResult<TDim> {
	let [input] = inputs else { bail!("one input") };
	use DatumType::*;
	ensure!(
		matches!(input.datum_type, F32 | F64 | I64 | I32),
		"features of {:?} are not supported, only float32, float64, int32 and int64",
		input.datum_type
	);
	shape(input, features)
}

/// The rows of an input that has at least so many columns.
fn shape(input: &TypedFact, features: Option<usize>) -> TractResult<TDim> {
	ensure!((1..=2).contains(&input.rank()), "features of {} dimensions; rows and columns are expected", input.rank());
	let columns = input.shape[input.rank() - 1].to_usize().ok();
	if let (Some(features), Some(columns)) = (features, columns) {
		ensure!(columns >= features, "the model reads {features} features, and a row has {columns}");
	}
	Ok(if input.rank() == 1 { 1.to_dim() } else { input.shape[0].clone() })
}

/// Rows of features as numbers of double precision: integers by way of `float32`.
pub fn features(input: &TValue) -> TractResult<(Vec<f64>, usize, usize)> {
	let columns = input.shape().last().copied().unwrap_or(1);
	let rows = if input.rank() == 1 { 1 } else { input.shape()[0] };
	let single = input.datum_type() != DatumType::F64;
	let numbers =
		if single { input.cast_to::<f32>()?.cast_to::<f64>()?.into_owned() } else { input.clone().into_tensor() };
	let plain = numbers.try_as_plain_ram()?;
	Ok((plain.as_slice::<f64>()?.to_vec(), rows, columns))
}

/// A sum in single or double precision.
fn add(sum: f64, weight: f64, double: bool) -> f64 {
	if double {
		sum + weight
	} else {
		(sum as f32 + weight as f32) as f64
	}
}

/// `TreeEnsembleClassifier`: labels and scores.
#[derive(Debug, Clone)]
pub struct Classifier {
	pub forest: Forest,
	pub labels: Labels,
	pub base: Vec<f64>,
	pub transform: Transform,
	/// The only class that has weights, of two.
	pub binary: Option<usize>,
	/// True if no weight is below zero: a score is a probability then.
	pub positive: bool,
}

impl Classifier {
	/// A row's scores and its class.
	fn row(&self, row: &[f64], double: bool) -> (Vec<f32>, usize) {
		let mut scores = vec![0.0f64; self.labels.len()];
		let mut seen = vec![false; self.labels.len()];
		for root in &self.forest.roots {
			for (class, weight) in self.forest.leaf(*root, row) {
				scores[*class] = add(scores[*class], *weight, double);
				seen[*class] = true;
			}
		}
		if let Some(class) = self.binary {
			let base = if self.base.len() == 2 { self.base.get(class) } else { self.base.first() };
			let score = add(scores[class], base.copied().unwrap_or(0.0), double) as f32;
			return self.two_classes(class, score);
		}
		for (class, base) in self.base.iter().enumerate() {
			scores[class] = add(scores[class], *base, double);
			seen[class] = true;
		}
		let mut best: Option<usize> = None;
		for class in (0..scores.len()).filter(|class| seen[*class]) {
			if best.is_none_or(|best| scores[class] > scores[best]) {
				best = Some(class);
			}
		}
		let mut scores: Vec<f32> = scores.into_iter().map(|score| score as f32).collect();
		self.transform.apply(&mut scores);
		(scores, best.unwrap_or(0))
	}

	/// Scores and class where only one of two classes has weights.
	fn two_classes(&self, class: usize, score: f32) -> (Vec<f32>, usize) {
		let label = (score > if self.positive { 0.5 } else { 0.0 }) as usize;
		if class == 1 {
			let mut scores = vec![0.0, score];
			self.transform.apply(&mut scores);
			return (scores, label);
		}
		let scores = match (self.positive, self.transform) {
			(true, Transform::Logistic) => vec![1.0 - Transform::logistic(score), Transform::logistic(score)],
			(true, _) => vec![1.0 - score, score],
			(false, Transform::Logistic) => vec![Transform::logistic(-score), Transform::logistic(score)],
			(false, _) => vec![-score, score],
		};
		(scores, label)
	}
}

impl Kernel for Classifier {
	fn name(&self) -> &'static str {
		"TreeEnsembleClassifier"
	}

	fn outputs(&self) -> usize {
		2
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let rows = self.forest.rows(inputs)?;
		Ok(tvec!(self.labels.fact(rows.clone()), f32::fact([rows, self.labels.len().to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		self.forest.units(inputs)
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let double = input.datum_type() == DatumType::F64;
		let (numbers, rows, columns) = features(&input)?;
		ensure!(columns >= self.forest.features, "a row has {columns} features, not {}", self.forest.features);
		let (mut classes, mut scores) = (Vec::with_capacity(rows), Vec::with_capacity(rows * self.labels.len()));
		for row in 0..rows {
			let (found, class) = self.row(&numbers[row * columns..][..columns], double);
			classes.push(class);
			scores.extend(found);
		}
		let scores = tensor1(&scores).into_shape(&[rows, self.labels.len()])?;
		Ok(tvec!(self.labels.of(&classes), scores.into_tvalue()))
	}
}

/// The rule by which the weights of all trees become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
	Sum,
	Average,
	Min,
	Max,
}

/// `TreeEnsembleRegressor`, and `TreeEnsemble`.
#[derive(Debug, Clone)]
pub struct Regressor {
	pub forest: Forest,
	pub base: Vec<f64>,
	pub transform: Transform,
	pub aggregate: Aggregate,
	/// True if it gives numbers of the features' type, as `TreeEnsemble` does, and not `float32`.
	pub same_type: bool,
}

impl Regressor {
	fn row(&self, row: &[f64], double: bool) -> Vec<f64> {
		let mut found: Vec<Option<f64>> = vec![None; self.forest.targets];
		for root in &self.forest.roots {
			for (target, weight) in self.forest.leaf(*root, row) {
				let before = found[*target];
				found[*target] = Some(match (self.aggregate, before) {
					(_, None) => *weight,
					(Aggregate::Sum | Aggregate::Average, Some(sum)) => add(sum, *weight, double),
					(Aggregate::Min, Some(least)) if *weight < least => *weight,
					(Aggregate::Max, Some(most)) if *weight > most => *weight,
					(_, Some(other)) => other,
				});
			}
		}
		let trees = self.forest.roots.len() as f64;
		let mut scores: Vec<f64> = vec![];
		for (target, found) in found.into_iter().enumerate() {
			let mut score = found.unwrap_or(0.0);
			if self.aggregate == Aggregate::Average {
				score = if double { score / trees } else { (score as f32 / trees as f32) as f64 };
			}
			scores.push(add(score, self.base.get(target).copied().unwrap_or(0.0), double));
		}
		// Onnxruntime transforms one number in no other way.
		let transforms = self.forest.targets > 1 || self.transform == Transform::Probit;
		if !transforms || self.transform == Transform::None {
			return scores;
		}
		let mut scores: Vec<f32> = scores.into_iter().map(|score| score as f32).collect();
		self.transform.apply(&mut scores);
		scores.into_iter().map(f64::from).collect()
	}
}

impl Kernel for Regressor {
	fn name(&self) -> &'static str {
		if self.same_type {
			"TreeEnsemble"
		} else {
			"TreeEnsembleRegressor"
		}
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		if !self.same_type {
			return Ok(tvec!(f32::fact([self.forest.rows(inputs)?, self.forest.targets.to_dim()])));
		}
		let [input] = inputs else { bail!("one input") };
		ensure!(
			input.datum_type.is_float(),
			"features of {:?} are not supported, only float16, float32 and float64",
			input.datum_type
		);
		let rows = shape(input, Some(self.forest.features))?;
		Ok(tvec!(input.datum_type.fact([rows, self.forest.targets.to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		self.forest.units(inputs)
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let double = input.datum_type() == DatumType::F64;
		let (numbers, rows, columns) = features(&input)?;
		ensure!(columns >= self.forest.features, "a row has {columns} features, not {}", self.forest.features);
		let scores: Vec<f64> =
			(0..rows).flat_map(|row| self.row(&numbers[row * columns..][..columns], double)).collect();
		let scores = tensor1(&scores).into_shape(&[rows, self.forest.targets])?;
		let data_type = if self.same_type { input.datum_type() } else { DatumType::F32 };
		Ok(tvec!(scores.cast_to_dt(data_type)?.into_owned().into_tvalue()))
	}
}
