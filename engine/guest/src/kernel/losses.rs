//! `NegativeLogLikelihoodLoss` and `SoftmaxCrossEntropyLoss`.

use super::{all_elements, elements::LogSoftmax, Kernel, FUNCTION};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// The reduction of the elements' losses: each one stays, or they become their sum or their mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
	None,
	Sum,
	Mean,
}

impl Reduction {
	/// By its name.
	pub fn new(name: &str) -> Option<Self> {
		Some(match name {
			"none" => Reduction::None,
			"sum" => Reduction::Sum,
			"mean" => Reduction::Mean,
			_ => return None,
		})
	}
}

/// Either loss of scores by class in the second axis, labels, and weights of the classes if there are any.
#[derive(Debug, Clone)]
pub struct Loss {
	/// True if the scores are logarithms of probabilities already.
	pub of_logarithms: bool,
	pub reduction: Reduction,
	/// The label that counts for nothing.
	pub ignored: Option<i64>,
	/// True if the logarithms are a second output.
	pub gives_logarithms: bool,
}

impl Kernel for Loss {
	fn name(&self) -> &'static str {
		if self.of_logarithms {
			"NegativeLogLikelihoodLoss"
		} else {
			"SoftmaxCrossEntropyLoss"
		}
	}

	fn outputs(&self) -> usize {
		1 + self.gives_logarithms as usize
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		ensure!((2..=3).contains(&inputs.len()), "{} has two or three inputs", self.name());
		let (scores, labels) = (inputs[0], inputs[1]);
		ensure!(
			scores.datum_type == DatumType::F32,
			"{} of {:?} is not supported, only of float32",
			self.name(),
			scores.datum_type
		);
		ensure!(
			scores.rank() >= 2 && labels.rank() + 1 == scores.rank(),
			"{}: one label for each element",
			self.name()
		);
		let whole = matches!(labels.datum_type, DatumType::I32 | DatumType::I64);
		ensure!(whole, "{}: labels of {:?}", self.name(), labels.datum_type);
		let loss = match self.reduction {
			Reduction::None => f32::fact(labels.shape.clone()),
			_ => f32::scalar_fact(),
		};
		let mut facts = tvec!(loss);
		if self.gives_logarithms {
			facts.push(f32::fact(scores.shape.clone()));
		}
		Ok(facts)
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(FUNCTION + 16))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let logarithms = if self.of_logarithms {
			inputs[0].clone()
		} else {
			LogSoftmax { axis: 1, rest: false }.eval(inputs[..1].into())?.remove(0)
		};
		let labels = inputs[1].cast_to::<i64>()?;
		let (plain, labels_plain) = (logarithms.try_as_plain_ram()?, labels.try_as_plain_ram()?);
		let (values, labels) = (plain.as_slice::<f32>()?, labels_plain.as_slice::<i64>()?);
		let weights = match inputs.get(2) {
			Some(weights) => Some(weights.try_as_plain_ram()?.as_slice::<f32>()?.to_vec()),
			None => None,
		};
		let classes = logarithms.shape()[1];
		let block: usize = logarithms.shape()[2..].iter().product();
		let (mut losses, mut sum, mut total) = (Vec::with_capacity(labels.len()), 0.0f32, 0.0f32);
		for (at, label) in labels.iter().enumerate() {
			if Some(*label) == self.ignored {
				losses.push(0.0);
				continue;
			}
			let class = usize::try_from(*label).ok().filter(|class| *class < classes);
			let class = class.with_context(|| format!("{}: the label {label} of {classes} classes", self.name()))?;
			let weight = match &weights {
				Some(weights) => *weights.get(class).context("as many weights as classes")?,
				None => 1.0,
			};
			let loss = -values[(at / block.max(1) * classes + class) * block + at % block.max(1)] * weight;
			losses.push(loss);
			sum += loss;
			total += weight;
		}
		let loss = match self.reduction {
			Reduction::None => tensor1(&losses).into_shape(inputs[1].shape())?,
			Reduction::Sum => tensor0(sum),
			Reduction::Mean => tensor0(sum / total),
		};
		let mut outputs = tvec!(loss.into_tvalue());
		if self.gives_logarithms {
			// No view of it is left.
			outputs.push(logarithms);
		}
		Ok(outputs)
	}
}
