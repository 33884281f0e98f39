//! Integers of 64 bits where tract counts in 32 or has no kernel. Sums and products wrap, as onnxruntime's do.

use super::{all_elements, elements, Kernel};
use tract_onnx::{prelude::*, tract_core::broadcast::multi_broadcast, tract_hir::internal::*};

fn as_i64(value: &TValue) -> TractResult<Tensor> {
	Ok(value.cast_to::<i64>()?.into_owned())
}

/// The kind of a reduction of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
	Plain,
	Mean,
	Product,
	Absolute,
	Squares,
	RootOfSquares,
}

/// A reduction of integers; the axes stay, with one element.
#[derive(Debug, Clone)]
pub struct Reduce {
	pub kind: Sum,
	pub axes: TVec<usize>,
}

impl Kernel for Reduce {
	fn name(&self) -> &'static str {
		"ReduceIntegers"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("a reduction has one input") };
		ensure!(
			input.datum_type != DatumType::U64 || self.kind == Sum::Plain || self.kind == Sum::Product,
			"this reduction of uint64 is not supported; cast to int64 before it"
		);
		let one = |(axis, dim): (usize, &TDim)| if self.axes.contains(&axis) { 1.to_dim() } else { dim.clone() };
		let shape: TVec<TDim> = input.shape.iter().enumerate().map(one).collect();
		Ok(tvec!(input.datum_type.fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(16))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let data_type = input.datum_type();
		let integers = as_i64(&input)?;
		let view = integers.to_plain_array_view::<i64>()?;
		let reduced = |(axis, dim): (usize, &usize)| if self.axes.contains(&axis) { 1 } else { *dim };
		let shape: TVec<usize> = view.shape().iter().enumerate().map(reduced).collect();
		let count = self.axes.iter().map(|axis| view.shape()[*axis]).product::<usize>() as i64;
		let output = tract_ndarray::ArrayD::from_shape_fn(&*shape, |at: tract_ndarray::IxDyn| {
			use tract_ndarray::Dimension;
			let mut lane = view.view();
			for (axis, index) in at.slice().iter().enumerate() {
				if !self.axes.contains(&axis) {
					lane.collapse_axis(tract_ndarray::Axis(axis), *index);
				}
			}
			let sum = |of: fn(i64) -> i64| lane.iter().fold(0i64, |sum, x| sum.wrapping_add(of(*x)));
			match self.kind {
				Sum::Plain => sum(|x| x),
				Sum::Mean => sum(|x| x).checked_div(count).unwrap_or(0),
				Sum::Product => lane.iter().fold(1i64, |product, x| product.wrapping_mul(*x)),
				Sum::Absolute => sum(i64::wrapping_abs),
				Sum::Squares => sum(|x| x.wrapping_mul(x)),
				Sum::RootOfSquares => (sum(|x| x.wrapping_mul(x)) as f64).sqrt() as i64,
			}
		});
		Ok(tvec!(output.into_tensor().cast_to_dt(data_type)?.into_owned().into_tvalue()))
	}
}

/// Integers to the power of integers.
#[derive(Debug, Clone)]
pub struct Power;

impl Power {
	fn of(base: i64, exponent: i64) -> TractResult<i64> {
		if exponent < 0 {
			ensure!(base != 0, "Pow: zero to a negative power");
			return Ok(match base {
				1 => 1,
				-1 if exponent % 2 == 0 => 1,
				-1 => -1,
				_ => 0,
			});
		}
		let (mut found, mut base, mut exponent) = (1i64, base, exponent);
		while exponent > 0 {
			if exponent & 1 == 1 {
				found = found.wrapping_mul(base);
			}
			base = base.wrapping_mul(base);
			exponent >>= 1;
		}
		Ok(found)
	}
}

impl Kernel for Power {
	fn name(&self) -> &'static str {
		"PowIntegers"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [base, exponent] = inputs else { bail!("Pow has two inputs") };
		let shape = multi_broadcast(&[base.shape.dims(), exponent.shape.dims()])?;
		Ok(tvec!(base.datum_type.fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(&self.facts(inputs).ok()?[0])?.saturating_mul(160))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (base, exponent) = args_2!(inputs);
		let data_type = base.datum_type();
		let shape = multi_broadcast(&[base.shape(), exponent.shape()])?;
		let (base, exponent) = (as_i64(&base)?, as_i64(&exponent)?);
		let (base, exponent) = (base.to_plain_array_view::<i64>()?, exponent.to_plain_array_view::<i64>()?);
		let base = base.broadcast(&*shape).context("shapes that do not fit together")?;
		let exponent = exponent.broadcast(&*shape).context("shapes that do not fit together")?;
		let found = base.iter().zip(exponent.iter()).map(|(base, exponent)| Power::of(*base, *exponent));
		let found = tensor1(&found.collect::<TractResult<Vec<i64>>>()?).into_shape(&shape)?;
		Ok(tvec!(found.cast_to_dt(data_type)?.into_owned().into_tvalue()))
	}
}

/// The square of integers of 64 bits: what tract would make of `x * x`, and has no kernel for.
#[derive(Debug, Clone)]
pub struct Square;

impl Kernel for Square {
	fn name(&self) -> &'static str {
		"SquareIntegers"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let input = inputs.first().context("one input")?;
		Ok(tvec!(input.datum_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(4))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = inputs.into_iter().next().context("one input")?;
		let mut integers = as_i64(&input)?;
		let mut plain = integers.try_as_plain_ram_mut()?;
		plain.as_slice_mut::<i64>()?.iter_mut().for_each(|x| *x = x.wrapping_mul(*x));
		Ok(tvec!(integers.cast_to_dt(input.datum_type())?.into_owned().into_tvalue()))
	}
}

/// Products of matrices of integers.
#[derive(Debug, Clone)]
pub struct MatMul;

/// Shapes as NumPy's `matmul` reads them: batch dimensions, rows, inner length, columns.
struct Layout<D> {
	batch: TVec<D>,
	m: Option<D>,
	n: Option<D>,
}

fn layout<D: Clone + DimLike>(a: &[D], b: &[D]) -> TractResult<Layout<D>> {
	ensure!(!a.is_empty() && !b.is_empty(), "MatMul of a scalar");
	let m = (a.len() > 1).then(|| a[a.len() - 2].clone());
	let n = (b.len() > 1).then(|| b[b.len() - 1].clone());
	let inner = if b.len() > 1 { &b[b.len() - 2] } else { &b[0] };
	ensure!(a[a.len() - 1] == *inner, "MatMul of shapes {a:?} and {b:?}");
	let (a, b) = (&a[..a.len().saturating_sub(2)], &b[..b.len().saturating_sub(2)]);
	Ok(Layout { batch: multi_broadcast(&[a, b])?, m, n })
}

impl Kernel for MatMul {
	fn name(&self) -> &'static str {
		"MatMulIntegers"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [a, b] = inputs else { bail!("MatMul has two inputs") };
		ensure!(a.datum_type == b.datum_type, "MatMul of {:?} and {:?}", a.datum_type, b.datum_type);
		let found = layout(&a.shape.to_tvec(), &b.shape.to_tvec())?;
		let shape: TVec<TDim> = found.batch.into_iter().chain(found.m).chain(found.n).collect();
		Ok(tvec!(a.datum_type.fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let inner = *inputs.first()?.shape.as_concrete()?.last()? as u64;
		Some(elements(&self.facts(inputs).ok()?[0])?.saturating_mul(inner).saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (a, b) = args_2!(inputs);
		let data_type = a.datum_type();
		let found = layout(a.shape(), b.shape())?;
		let inner = a.shape()[a.rank() - 1];
		let (m, n) = (found.m.unwrap_or(1), found.n.unwrap_or(1));
		let full = |rows: usize, columns: usize| -> Vec<usize> {
			found.batch.iter().copied().chain([rows, columns]).collect()
		};
		let (mut a, mut b) = (as_i64(&a)?, as_i64(&b)?);
		if found.m.is_none() {
			a.insert_axis(0)?;
		}
		if found.n.is_none() {
			b.insert_axis(1)?;
		}
		let (a, b) = (a.to_plain_array_view::<i64>()?, b.to_plain_array_view::<i64>()?);
		let a = a.broadcast(full(m, inner)).context("shapes that do not fit together")?;
		let b = b.broadcast(full(inner, n)).context("shapes that do not fit together")?;
		let a: Vec<i64> = a.iter().copied().collect();
		let b: Vec<i64> = b.iter().copied().collect();
		let batches: usize = found.batch.iter().product();
		let mut out = vec![0i64; batches * m * n];
		for batch in 0..batches {
			for row in 0..m {
				for k in 0..inner {
					let factor = a[(batch * m + row) * inner + k];
					let weights = &b[(batch * inner + k) * n..][..n];
					let sums = &mut out[(batch * m + row) * n..][..n];
					for (sum, weight) in sums.iter_mut().zip(weights) {
						*sum = sum.wrapping_add(factor.wrapping_mul(*weight));
					}
				}
			}
		}
		let shape: TVec<usize> = found.batch.iter().copied().chain(found.m).chain(found.n).collect();
		Ok(tvec!(tensor1(&out).into_shape(&shape)?.cast_to_dt(data_type)?.into_owned().into_tvalue()))
	}
}
