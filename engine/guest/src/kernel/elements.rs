//! Element by element: functions of one number, and the larger or smaller of several.

use super::{all_elements, elements, Kernel, FUNCTION};
use tract_onnx::{
	prelude::{tract_num_traits::Float, *},
	tract_core::broadcast::multi_broadcast,
	tract_hir::internal::*,
};

/// A function of one number, in the precision of the tensor; half precision is computed in single.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
	/// Not below and not above a bound. NaN stays.
	Clamp { low: Option<f64>, high: Option<f64> },
	/// Not below and not above a bound. NaN becomes the lower bound.
	Saturate { low: f64, high: f64 },
	/// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`.
	Celu { alpha: f64 },
	/// `ln(exp(x) + 1)`, which does not overflow.
	Softplus,
	/// `x / (1 + exp(-alpha * x))`.
	Swish { alpha: f64 },
	/// `clamp(alpha * x + beta, 0, 1)`. NaN stays.
	HardSigmoid { alpha: f64, beta: f64 },
	/// `1 / (1 + exp(-x))`.
	Sigmoid,
	/// To the nearest integer, ties to even.
	Round,
	/// `alpha * x` below zero.
	LeakyRelu { alpha: f64 },
	/// `x * clamp(x / 6 + 1/2, 0, 1)`.
	HardSwish,
	/// `x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x^3)))`.
	GeluTanh,
}

fn of<T: Float>(number: f64) -> T {
	T::from(number).unwrap_or_else(T::nan)
}

impl Function {
	fn apply<T: Float>(self, x: T) -> T {
		let (zero, one) = (T::zero(), T::one());
		match self {
			Function::Clamp { low, high } => {
				let x = low.map_or(x, |low| if x < of(low) { of(low) } else { x });
				high.map_or(x, |high| if x > of(high) { of(high) } else { x })
			}
			Function::Saturate { low, high } => {
				let x = if of::<T>(low) < x { x } else { of(low) };
				if x > of(high) {
					of(high)
				} else {
					x
				}
			}
			Function::Celu { alpha } => {
				let alpha: T = of(alpha);
				if x < zero {
					alpha * ((x / alpha).exp() - one)
				} else {
					x
				}
			}
			Function::Softplus => {
				let rest = ((-x.abs()).exp() + one).ln();
				if x > zero {
					x + rest
				} else {
					rest
				}
			}
			Function::Swish { alpha } => x / (one + (-(of::<T>(alpha) * x)).exp()),
			Function::HardSigmoid { alpha, beta } => {
				Function::Clamp { low: Some(0.0), high: Some(1.0) }.apply(of::<T>(alpha) * x + of(beta))
			}
			Function::Sigmoid => one / (one + (-x).exp()),
			Function::Round => {
				let rounded = x.round();
				let even = (x - x.trunc()).abs() == of(0.5) && rounded % of(2.0) != zero;
				if even {
					rounded - x.signum()
				} else {
					rounded
				}
			}
			Function::LeakyRelu { alpha } => {
				if x < zero {
					of::<T>(alpha) * x
				} else {
					x
				}
			}
			Function::HardSwish => {
				let gate = Function::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 }.apply(x);
				x * gate
			}
			Function::GeluTanh => {
				let inner = of::<T>(0.797_884_560_802_865_4) * (x + of::<T>(0.044715) * x * x * x);
				of::<T>(0.5) * x * (one + inner.tanh())
			}
		}
	}

	fn is_short(self) -> bool {
		use Function::*;
		matches!(self, Clamp { .. } | Saturate { .. } | HardSigmoid { .. } | Round | LeakyRelu { .. } | HardSwish)
	}
}

impl Kernel for Function {
	fn name(&self) -> &'static str {
		match self {
			Function::Clamp { .. } | Function::Saturate { .. } => "Clip",
			Function::Celu { .. } => "Celu",
			Function::Softplus => "Softplus",
			Function::Swish { .. } => "Swish",
			Function::HardSigmoid { .. } => "HardSigmoid",
			Function::Sigmoid => "Sigmoid",
			Function::Round => "Round",
			Function::LeakyRelu { .. } => "LeakyRelu",
			Function::HardSwish => "HardSwish",
			Function::GeluTanh => "Gelu",
		}
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("{} has one input", self.name()) };
		ensure!(input.datum_type.is_float(), "{} of {:?} is not supported", self.name(), input.datum_type);
		Ok(tvec!(input.datum_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let each = if self.is_short() { 4 } else { FUNCTION };
		Some(elements(inputs.first()?)?.saturating_mul(each))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut tensor = args_1!(inputs).into_tensor();
		match tensor.datum_type() {
			DatumType::F32 => {
				let mut plain = tensor.try_as_plain_ram_mut()?;
				let values = plain.as_slice_mut::<f32>()?.iter_mut();
				match self {
					// The one that large models have: in vectors.
					Function::Clamp { low, high } => {
						let low = low.map_or(f32::NEG_INFINITY, |low| low as f32);
						let high = high.map_or(f32::INFINITY, |high| high as f32);
						values.for_each(|x| {
							let above = if *x < low { low } else { *x };
							*x = if above > high { high } else { above };
						});
					}
					_ => values.for_each(|x| *x = self.apply(*x)),
				}
			}
			DatumType::F64 => {
				let mut plain = tensor.try_as_plain_ram_mut()?;
				plain.as_slice_mut::<f64>()?.iter_mut().for_each(|x| *x = self.apply(*x));
			}
			other => {
				let single = tensor.cast_to::<f32>()?.into_owned();
				let found = self.eval(tvec!(single.into_tvalue()))?;
				tensor = found[0].cast_to_dt(other)?.into_owned();
			}
		}
		Ok(tvec!(tensor.into_tvalue()))
	}
}

/// The largest or smallest of several floats, with broadcasting. One NaN makes the result NaN.
#[derive(Debug, Clone)]
pub struct Extreme {
	pub largest: bool,
}

impl Extreme {
	fn fold<T: Float + Datum>(&self, inputs: &[TValue], shape: &[usize]) -> TractResult<Tensor> {
		let first = inputs.first().context("at least one input")?.to_plain_array_view::<T>()?;
		let mut found = first.broadcast(shape).context("shapes that do not fit together")?.to_owned();
		for input in &inputs[1..] {
			let view = input.to_plain_array_view::<T>()?;
			let view = view.broadcast(shape).context("shapes that do not fit together")?;
			tract_ndarray::Zip::from(&mut found).and(&view).for_each(|a, b| {
				let better = if self.largest { *b > *a } else { *b < *a };
				if better || b.is_nan() {
					*a = *b;
				}
			});
		}
		Ok(found.into_tensor())
	}
}

impl Kernel for Extreme {
	fn name(&self) -> &'static str {
		if self.largest {
			"Max"
		} else {
			"Min"
		}
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let first = inputs.first().context("at least one input")?;
		ensure!(inputs.iter().all(|fact| fact.datum_type == first.datum_type), "inputs of several types");
		let shapes: TVec<&[TDim]> = inputs.iter().map(|fact| fact.shape.dims()).collect();
		Ok(tvec!(first.datum_type.fact(multi_broadcast(&shapes)?)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let shape = self.facts(inputs).ok()?;
		Some(elements(&shape[0])?.saturating_mul(4).saturating_mul(inputs.len() as u64))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let shapes: TVec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
		let shape = multi_broadcast(&shapes)?;
		let found = match inputs[0].datum_type() {
			DatumType::F32 => self.fold::<f32>(&inputs, &shape)?,
			DatumType::F64 => self.fold::<f64>(&inputs, &shape)?,
			DatumType::F16 => {
				let single = |input: &TValue| Ok(input.cast_to::<f32>()?.into_owned().into_tvalue());
				let inputs: TVec<TValue> = inputs.iter().map(single).collect::<TractResult<_>>()?;
				self.fold::<f32>(&inputs, &shape)?.cast_to::<f16>()?.into_owned()
			}
			other => bail!("{} of {other:?} is not supported", self.name()),
		};
		Ok(tvec!(found.into_tvalue()))
	}
}

/// The quotient of numbers of single precision, with broadcasting. Tract would multiply by the reciprocal, which rounds twice.
#[derive(Debug, Clone)]
pub struct Quotient;

impl Kernel for Quotient {
	fn name(&self) -> &'static str {
		"Div"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [a, b] = inputs else { bail!("Div has two inputs") };
		Ok(tvec!(f32::fact(multi_broadcast(&[a.shape.dims(), b.shape.dims()])?)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(&self.facts(inputs).ok()?[0])?.saturating_mul(6))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (a, b) = args_2!(inputs);
		let shape = multi_broadcast(&[a.shape(), b.shape()])?;
		let (a, b) = (a.to_plain_array_view::<f32>()?, b.to_plain_array_view::<f32>()?);
		let mut found = a.broadcast(&*shape).context("shapes that do not fit together")?.to_owned();
		found.zip_mut_with(&b.broadcast(&*shape).context("shapes that do not fit together")?, |a, b| *a /= b);
		Ok(tvec!(found.into_tensor().into_tvalue()))
	}
}

/// `x - max - ln(sum(exp(x - max)))` over an axis and those after it that belong to it.
#[derive(Debug, Clone)]
pub struct LogSoftmax {
	/// The axis as the model writes it: a negative one counts from the end.
	pub axis: i64,
	/// True if all axes from `axis` on are normalised as one, as before opset 13.
	pub rest: bool,
}

impl LogSoftmax {
	fn rows<T: Float + Datum>(&self, tensor: &mut Tensor) -> TractResult<()> {
		let rank = tensor.rank();
		let axis = if self.axis < 0 { self.axis + rank as i64 } else { self.axis } as usize;
		ensure!(axis < rank.max(1), "LogSoftmax: the axis {} of a tensor of {rank} dimensions", self.axis);
		let shape = tensor.shape().to_vec();
		let (length, inner): (usize, usize) = if self.rest {
			(shape[axis..].iter().product(), 1)
		} else {
			(shape.get(axis).copied().unwrap_or(1), shape.iter().skip(axis + 1).product())
		};
		if tensor.len() == 0 {
			return Ok(());
		}
		let mut plain = tensor.try_as_plain_ram_mut()?;
		for block in plain.as_slice_mut::<T>()?.chunks_exact_mut(length * inner) {
			for lane in 0..inner {
				let at = |index: usize| index * inner + lane;
				let largest = (0..length).fold(T::neg_infinity(), |most, index| {
					let value = block[at(index)];
					if value > most || value.is_nan() {
						value
					} else {
						most
					}
				});
				let sum = (0..length).fold(T::zero(), |sum, index| sum + (block[at(index)] - largest).exp());
				let shift = sum.ln();
				for index in 0..length {
					block[at(index)] = block[at(index)] - largest - shift;
				}
			}
		}
		Ok(())
	}
}

impl Kernel for LogSoftmax {
	fn name(&self) -> &'static str {
		"LogSoftmax"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("LogSoftmax has one input") };
		ensure!(input.datum_type.is_float(), "LogSoftmax of {:?} is not supported", input.datum_type);
		Ok(tvec!(input.datum_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(FUNCTION + 16))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut tensor = args_1!(inputs).into_tensor();
		match tensor.datum_type() {
			DatumType::F32 => self.rows::<f32>(&mut tensor)?,
			DatumType::F64 => self.rows::<f64>(&mut tensor)?,
			other => {
				let mut single = tensor.cast_to::<f32>()?.into_owned();
				self.rows::<f32>(&mut single)?;
				tensor = single.cast_to_dt(other)?.into_owned();
			}
		}
		Ok(tvec!(tensor.into_tvalue()))
	}
}

/// `sum(|x|^p)^(1/p)` over all axes but the first two.
#[derive(Debug, Clone)]
pub struct GlobalLpPool {
	pub p: i64,
}

impl Kernel for GlobalLpPool {
	fn name(&self) -> &'static str {
		"GlobalLpPool"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("GlobalLpPool has one input") };
		ensure!(input.datum_type == DatumType::F32, "GlobalLpPool of {:?} is not supported", input.datum_type);
		ensure!(input.rank() >= 2, "GlobalLpPool of a tensor of less than two dimensions");
		let shape: TVec<TDim> =
			input.shape.iter().enumerate().map(|(axis, dim)| if axis < 2 { dim.clone() } else { 1.to_dim() }).collect();
		Ok(tvec!(f32::fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(FUNCTION))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let mut shape = input.shape().to_vec();
		let size: usize = shape[2..].iter().product();
		shape[2..].fill(1);
		let plain = input.try_as_plain_ram()?;
		let values = plain.as_slice::<f32>()?;
		let p = self.p as f32;
		let norm = |values: &[f32]| match self.p {
			1 => values.iter().fold(0.0, |sum, x| sum + x.abs()),
			2 => values.iter().fold(0.0f32, |sum, x| sum + x * x).sqrt(),
			_ => values.iter().fold(0.0f32, |sum, x| sum + x.abs().powf(p)).powf(1.0 / p),
		};
		let planes: usize = shape.iter().product();
		let found: Vec<f32> = (0..planes).map(|plane| norm(&values[plane * size..(plane + 1) * size])).collect();
		Ok(tvec!(tensor1(&found).into_shape(&shape)?.into_tvalue()))
	}
}
