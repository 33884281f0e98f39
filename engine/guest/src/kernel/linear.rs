//! `LinearClassifier`, `LinearRegressor`, `SVMClassifier`, `SVMRegressor`, and what becomes of their scores.

use super::{
	text::Labels,
	trees::{features, rows},
	Kernel, FUNCTION,
};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// `post_transform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
	None,
	Softmax,
	SoftmaxZero,
	Logistic,
	Probit,
}

impl Transform {
	/// By its name.
	pub fn new(name: &str) -> Option<Self> {
		Some(match name {
			"NONE" => Transform::None,
			"SOFTMAX" => Transform::Softmax,
			"SOFTMAX_ZERO" => Transform::SoftmaxZero,
			"LOGISTIC" => Transform::Logistic,
			"PROBIT" => Transform::Probit,
			_ => return None,
		})
	}

	/// The logistic function, without overflow.
	pub fn logistic(x: f32) -> f32 {
		let found = 1.0 / (1.0 + (-x.abs()).exp());
		if x < 0.0 {
			1.0 - found
		} else {
			found
		}
	}

	/// The inverse of the normal distribution, by Winitzki's approximation, as onnxruntime has it.
	fn probit(x: f32) -> f32 {
		let x = 2.0 * x - 1.0;
		let sign = if x < 0.0 { -1.0 } else { 1.0 };
		let log = ((1.0 - x) * (1.0 + x)).ln();
		let v = 2.0 / (std::f32::consts::PI * 0.147) + 0.5 * log;
		let root = (v * v - 1.0 / 0.147 * log).sqrt() - v;
		std::f32::consts::SQRT_2 * sign * root.sqrt()
	}

	/// Transforms the scores of a row.
	pub fn apply(self, scores: &mut [f32]) {
		let largest = scores.iter().fold(f32::MIN, |most, score| if *score > most { *score } else { most });
		match self {
			Transform::None => (),
			Transform::Logistic => scores.iter_mut().for_each(|score| *score = Self::logistic(*score)),
			Transform::Probit => scores.iter_mut().for_each(|score| *score = Self::probit(*score)),
			Transform::Softmax => {
				scores.iter_mut().for_each(|score| *score = (*score - largest).exp());
				let sum = scores.iter().fold(0.0, |sum, score| sum + score);
				scores.iter_mut().for_each(|score| *score /= sum);
			}
			Transform::SoftmaxZero => {
				let small = (-largest).exp();
				let mut sum = 0.0;
				for score in scores.iter_mut() {
					if score.abs() > 1e-7 {
						*score = (*score - largest).exp();
						sum += *score;
					} else {
						*score *= small;
					}
				}
				scores.iter_mut().for_each(|score| *score /= sum);
			}
		}
	}
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
	a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

/// Rows of features in single precision.
fn singles(input: &TValue) -> TractResult<(Vec<f32>, usize, usize)> {
	let (numbers, rows, columns) = features(input)?;
	Ok((numbers.into_iter().map(|number| number as f32).collect(), rows, columns))
}

/// Units of so many multiply-adds and functions in each row.
fn row_units(inputs: &[&TypedFact], products: usize, functions: usize) -> Option<u64> {
	let shape = inputs.first()?.shape.as_concrete()?;
	let rows = if shape.len() == 1 { 1 } else { *shape.first()? as u64 };
	let each = (products as u64).saturating_mul(4).saturating_add((functions as u64).saturating_mul(2 * FUNCTION));
	Some(rows.saturating_mul(each))
}

/// `LinearClassifier`.
#[derive(Debug, Clone)]
pub struct LinearClassifier {
	/// One row for each score.
	pub coefficients: Vec<f32>,
	pub intercepts: Vec<f32>,
	pub labels: Labels,
	pub transform: Transform,
}

impl LinearClassifier {
	fn columns(&self) -> usize {
		self.coefficients.len() / self.intercepts.len()
	}

	fn classes(&self) -> usize {
		self.intercepts.len().max(2).min(self.labels.len().max(1))
	}
}

impl Kernel for LinearClassifier {
	fn name(&self) -> &'static str {
		"LinearClassifier"
	}

	fn outputs(&self) -> usize {
		2
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let rows = rows(inputs, Some(self.columns()))?;
		Ok(tvec!(self.labels.fact(rows.clone()), f32::fact([rows, self.classes().to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		row_units(inputs, self.coefficients.len(), self.labels.len())
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (numbers, rows, columns) = singles(&args_1!(inputs))?;
		ensure!(columns == self.columns(), "a row has {columns} features, not {}", self.columns());
		let (mut classes, mut all) = (vec![], vec![]);
		for row in numbers.chunks_exact(columns.max(1)).take(rows) {
			let score = |(weights, intercept): (&[f32], &f32)| dot(row, weights) + intercept;
			let mut scores: Vec<f32> =
				self.coefficients.chunks_exact(columns).zip(&self.intercepts).map(score).collect();
			if let [score] = scores[..] {
				classes.push((score > 0.0) as usize);
				scores = match self.transform {
					Transform::Logistic => vec![1.0 - Transform::logistic(score), Transform::logistic(score)],
					_ => vec![1.0 - score, score],
				};
			} else {
				let best =
					(1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best });
				classes.push(best);
				self.transform.apply(&mut scores);
			}
			all.extend(scores);
		}
		let scores = tensor1(&all).into_shape(&[rows, self.classes()])?;
		Ok(tvec!(self.labels.of(&classes), scores.into_tvalue()))
	}
}

/// `LinearRegressor`.
#[derive(Debug, Clone)]
pub struct LinearRegressor {
	/// One row for each target.
	pub coefficients: Vec<f32>,
	pub intercepts: Vec<f32>,
	pub transform: Transform,
}

impl Kernel for LinearRegressor {
	fn name(&self) -> &'static str {
		"LinearRegressor"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let rows = rows(inputs, Some(self.coefficients.len() / self.intercepts.len()))?;
		Ok(tvec!(f32::fact([rows, self.intercepts.len().to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		row_units(inputs, self.coefficients.len(), self.intercepts.len())
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (numbers, rows, columns) = singles(&args_1!(inputs))?;
		let expected = self.coefficients.len() / self.intercepts.len();
		ensure!(columns == expected, "a row has {columns} features, not {expected}");
		let mut all = vec![];
		for row in numbers.chunks_exact(columns.max(1)).take(rows) {
			let score = |(weights, intercept): (&[f32], &f32)| dot(row, weights) + intercept;
			let mut scores: Vec<f32> =
				self.coefficients.chunks_exact(columns).zip(&self.intercepts).map(score).collect();
			// Onnxruntime transforms one number in no other way.
			if scores.len() > 1 || self.transform == Transform::Probit {
				self.transform.apply(&mut scores);
			}
			all.extend(scores);
		}
		Ok(tvec!(tensor1(&all).into_shape(&[rows, self.intercepts.len()])?.into_tvalue()))
	}
}

/// The kernel function of a support vector machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
	Linear,
	Poly { gamma: f32, constant: f32, degree: f32 },
	Rbf { gamma: f32 },
	Sigmoid { gamma: f32, constant: f32 },
}

impl Function {
	fn of(self, row: &[f32], vector: &[f32]) -> f32 {
		match self {
			Function::Linear => dot(row, vector),
			Function::Poly { gamma, constant, degree } => (gamma * dot(row, vector) + constant).powf(degree),
			Function::Rbf { gamma } => {
				let distance = row.iter().zip(vector).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b));
				(-gamma * distance).exp()
			}
			Function::Sigmoid { gamma, constant } => (gamma * dot(row, vector) + constant).tanh(),
		}
	}
}

/// `SVMRegressor`. Without support vectors its coefficients are those of the features.
#[derive(Debug, Clone)]
pub struct SvmRegressor {
	pub function: Function,
	pub vectors: Vec<f32>,
	pub coefficients: Vec<f32>,
	pub rho: f32,
	pub one_class: bool,
}

impl SvmRegressor {
	fn columns(&self) -> usize {
		if self.vectors.is_empty() {
			self.coefficients.len()
		} else {
			self.vectors.len() / self.coefficients.len()
		}
	}
}

impl Kernel for SvmRegressor {
	fn name(&self) -> &'static str {
		"SVMRegressor"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(f32::fact([rows(inputs, Some(self.columns()))?, 1.to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		row_units(inputs, self.vectors.len().max(self.coefficients.len()), self.coefficients.len())
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (numbers, rows, columns) = singles(&args_1!(inputs))?;
		ensure!(columns == self.columns(), "a row has {columns} features, not {}", self.columns());
		let mut all = vec![];
		for row in numbers.chunks_exact(columns.max(1)).take(rows) {
			let sum = if self.vectors.is_empty() {
				dot(row, &self.coefficients)
			} else {
				let each = self.vectors.chunks_exact(columns).zip(&self.coefficients);
				each.fold(0.0, |sum, (vector, weight)| sum + weight * self.function.of(row, vector))
			};
			let found = sum + self.rho;
			all.push(match self.one_class {
				true if found > 0.0 => 1.0,
				true => -1.0,
				false => found,
			});
		}
		Ok(tvec!(tensor1(&all).into_shape(&[rows, 1])?.into_tvalue()))
	}
}

/// `SVMClassifier`. Without support vectors it is linear, with one row of coefficients a class.
#[derive(Debug, Clone)]
pub struct SvmClassifier {
	pub function: Function,
	pub vectors: Vec<f32>,
	/// Support vectors of each class; none if it is linear.
	pub per_class: Vec<usize>,
	pub coefficients: Vec<f32>,
	pub rho: Vec<f32>,
	/// Parameters of the probabilities of each pair; none if there are no probabilities.
	pub probabilities: Option<(Vec<f32>, Vec<f32>)>,
	pub labels: Labels,
}

impl SvmClassifier {
	fn columns(&self) -> usize {
		match self.per_class.iter().sum::<usize>() {
			0 => self.coefficients.len() / self.labels.len(),
			vectors => self.vectors.len() / vectors,
		}
	}

	fn scores(&self) -> usize {
		let classes = self.labels.len();
		if self.per_class.is_empty() || self.probabilities.is_some() {
			classes
		} else {
			(classes * (classes - 1) / 2).max(2)
		}
	}

	/// Score of each pair of classes, and votes of each class.
	fn pairs(&self, row: &[f32]) -> (Vec<f32>, Vec<u32>) {
		let classes = self.labels.len();
		let kernels: Vec<f32> =
			self.vectors.chunks_exact(row.len().max(1)).map(|vector| self.function.of(row, vector)).collect();
		let start = |class: usize| self.per_class[..class].iter().sum::<usize>();
		let (mut scores, mut votes) = (vec![], vec![0; classes]);
		for i in 0..classes {
			for j in i + 1..classes {
				let part = |line: usize, class: usize| -> f64 {
					let (from, count) = (start(class), self.per_class[class]);
					let weights = &self.coefficients[line * kernels.len() + from..][..count];
					weights.iter().zip(&kernels[from..][..count]).fold(0.0, |sum, (a, b)| sum + (a * b) as f64)
				};
				let sum = part(j - 1, i) + part(i, j) + self.rho[scores.len()] as f64;
				votes[if sum > 0.0 { i } else { j }] += 1;
				scores.push(sum as f32);
			}
		}
		(scores, votes)
	}

	/// Probabilities of the classes from those of the pairs, by Wu, Lin and Weng's second method.
	fn coupled(&self, scores: &[f32], a: &[f32], b: &[f32]) -> Vec<f32> {
		let k = self.labels.len();
		let mut r = vec![0.0f32; k * k];
		let mut pair = 0;
		for i in 0..k {
			for j in i + 1..k {
				let found = 1.0 - Transform::logistic(scores[pair] * a[pair] + b[pair]);
				let found = found.clamp(1e-7, 1.0 - 1e-7);
				r[i * k + j] = found;
				r[j * k + i] = 1.0 - found;
				pair += 1;
			}
		}
		let mut q = vec![0.0f32; k * k];
		for i in 0..k {
			for j in (0..k).filter(|j| *j != i) {
				q[i * k + i] += r[j * k + i] * r[j * k + i];
				q[i * k + j] = -r[j * k + i] * r[i * k + j];
			}
		}
		let mut p = vec![1.0 / k as f32; k];
		for _ in 0..100 {
			let mut qp: Vec<f32> = (0..k).map(|i| dot(&q[i * k..][..k], &p)).collect();
			let mut pqp = dot(&p, &qp);
			let error =
				qp.iter().fold(0.0f32, |most, qp| if (qp - pqp).abs() > most { (qp - pqp).abs() } else { most });
			if error < 0.005 / k as f32 {
				break;
			}
			for i in 0..k {
				let step = (pqp - qp[i]) / q[i * k + i];
				p[i] += step;
				pqp = (pqp + step * (step * q[i * k + i] + 2.0 * qp[i])) / (1.0 + step) / (1.0 + step);
				for j in 0..k {
					qp[j] = (qp[j] + step * q[i * k + j]) / (1.0 + step);
					p[j] /= 1.0 + step;
				}
			}
		}
		p
	}

	fn row(&self, row: &[f32]) -> (Vec<f32>, usize) {
		if self.per_class.is_empty() {
			let scores: Vec<f32> = self
				.coefficients
				.chunks_exact(row.len().max(1))
				.map(|weights| dot(row, weights) + self.rho[0])
				.collect();
			let best = (1..scores.len()).fold(0, |best, class| if scores[class] > scores[best] { class } else { best });
			return (scores, best);
		}
		let (scores, votes) = self.pairs(row);
		let best = (1..votes.len()).fold(0, |best, class| if votes[class] > votes[best] { class } else { best });
		match (&self.probabilities, &scores[..]) {
			(Some((a, b)), _) => (self.coupled(&scores, a, b), best),
			(None, [score]) => (vec![-score, *score], best),
			(None, _) => (scores, best),
		}
	}
}

impl Kernel for SvmClassifier {
	fn name(&self) -> &'static str {
		"SVMClassifier"
	}

	fn outputs(&self) -> usize {
		2
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let rows = rows(inputs, Some(self.columns()))?;
		Ok(tvec!(self.labels.fact(rows.clone()), f32::fact([rows, self.scores().to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let k = self.labels.len();
		let coupling = if self.probabilities.is_some() { k.saturating_mul(k).saturating_mul(400) } else { 0 };
		let products = self.vectors.len().saturating_add(self.coefficients.len()).saturating_add(coupling);
		row_units(inputs, products, self.per_class.iter().sum::<usize>() + k * k)
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (numbers, rows, columns) = singles(&args_1!(inputs))?;
		ensure!(columns == self.columns(), "a row has {columns} features, not {}", self.columns());
		let (mut classes, mut all) = (vec![], vec![]);
		for row in numbers.chunks_exact(columns.max(1)).take(rows) {
			let (scores, best) = self.row(row);
			classes.push(best);
			all.extend(scores);
		}
		Ok(tvec!(self.labels.of(&classes), tensor1(&all).into_shape(&[rows, self.scores()])?.into_tvalue()))
	}
}
