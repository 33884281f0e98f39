//! Operators by which pipelines prepare features for a model: `Scaler`, `Imputer`, `Binarizer`, `LabelEncoder`, `OneHotEncoder`,
//! `CategoryMapper`, `ArrayFeatureExtractor`, `FeatureVectorizer`.

use super::{all_elements, elements, Kernel};
use tract_onnx::{prelude::*, tract_hir::internal::*};

fn numeric(name: &str, fact: &TypedFact) -> TractResult<()> {
	use DatumType::*;
	let numeric = matches!(fact.datum_type, F32 | F64 | I64 | I32);
	ensure!(numeric, "{name} of {:?} is not supported, only of float32, float64, int32 and int64", fact.datum_type);
	Ok(())
}

/// The value for a column, of one for all or one for each.
fn of_column<T: Copy>(values: &[T], place: usize, columns: usize) -> T {
	if values.len() == 1 {
		values[0]
	} else {
		values[place % columns.max(1)]
	}
}

fn check_columns(name: &str, count: usize, fact: &TypedFact) -> TractResult<()> {
	let columns = fact.shape.last().and_then(|dim| dim.to_usize().ok()).unwrap_or(1);
	ensure!(count == 1 || count == columns, "{name}: {count} values for {columns} columns");
	Ok(())
}

/// `(x - offset) * scale`, as `float32`.
#[derive(Debug, Clone)]
pub struct Scaler {
	pub offset: Vec<f32>,
	pub scale: Vec<f32>,
}

impl Kernel for Scaler {
	fn name(&self) -> &'static str {
		"Scaler"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("Scaler has one input") };
		numeric("Scaler", input)?;
		check_columns("Scaler", self.offset.len(), input)?;
		check_columns("Scaler", self.scale.len(), input)?;
		Ok(tvec!(f32::fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let columns = input.shape().last().copied().unwrap_or(1);
		let mut output = input.cast_to::<f32>()?.into_owned();
		let mut plain = output.try_as_plain_ram_mut()?;
		for (place, x) in plain.as_slice_mut::<f32>()?.iter_mut().enumerate() {
			*x = (*x - of_column(&self.offset, place, columns)) * of_column(&self.scale, place, columns);
		}
		Ok(tvec!(output.into_tvalue()))
	}
}

/// Puts another value where one is missing.
#[derive(Debug, Clone)]
pub enum Imputer {
	Floats { values: Vec<f32>, missing: f32 },
	Integers { values: Vec<i64>, missing: i64 },
}

impl Kernel for Imputer {
	fn name(&self) -> &'static str {
		"Imputer"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("Imputer has one input") };
		let (fits, count) = match self {
			Imputer::Floats { values, .. } => {
				(matches!(input.datum_type, DatumType::F32 | DatumType::F64), values.len())
			}
			Imputer::Integers { values, .. } => (input.datum_type == DatumType::I64, values.len()),
		};
		ensure!(fits, "Imputer: its values are not of the input's type, {:?}", input.datum_type);
		check_columns("Imputer", count, input)?;
		Ok(tvec!(input.datum_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let mut output = args_1!(inputs).into_tensor();
		let columns = output.shape().last().copied().unwrap_or(1);
		let data_type = output.datum_type();
		let mut plain = output.try_as_plain_ram_mut()?;
		match (self, data_type) {
			(Imputer::Floats { values, missing }, DatumType::F32) => {
				for (place, x) in plain.as_slice_mut::<f32>()?.iter_mut().enumerate() {
					if *x == *missing || x.is_nan() && missing.is_nan() {
						*x = of_column(values, place, columns);
					}
				}
			}
			(Imputer::Floats { values, missing }, _) => {
				for (place, x) in plain.as_slice_mut::<f64>()?.iter_mut().enumerate() {
					if *x == *missing as f64 || x.is_nan() && missing.is_nan() {
						*x = of_column(values, place, columns) as f64;
					}
				}
			}
			(Imputer::Integers { values, missing }, _) => {
				for (place, x) in plain.as_slice_mut::<i64>()?.iter_mut().enumerate() {
					if x == missing {
						*x = of_column(values, place, columns);
					}
				}
			}
		}
		Ok(tvec!(output.into_tvalue()))
	}
}

/// 1 above a threshold, 0 elsewhere.
#[derive(Debug, Clone)]
pub struct Binarizer {
	pub threshold: f32,
}

impl Kernel for Binarizer {
	fn name(&self) -> &'static str {
		"Binarizer"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("Binarizer has one input") };
		numeric("Binarizer", input)?;
		Ok(tvec!(input.datum_type.fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let mut numbers = input.cast_to::<f64>()?.into_owned();
		let mut plain = numbers.try_as_plain_ram_mut()?;
		plain.as_slice_mut::<f64>()?.iter_mut().for_each(|x| *x = (*x > self.threshold as f64) as u8 as f64);
		Ok(tvec!(numbers.cast_to_dt(input.datum_type())?.into_owned().into_tvalue()))
	}
}

/// An element as a key: two elements are the same if their keys are equal.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
	/// Every NaN is the same, and so are both zeros.
	Bits(u64),
	Text(String),
}

const NAN: u64 = u64::MAX;

fn keys(tensor: &Tensor) -> TractResult<Vec<Key>> {
	let float = |x: f64| match x {
		x if x.is_nan() => NAN,
		0.0 => 0,
		x => x.to_bits(),
	};
	if tensor.datum_type() == DatumType::String {
		let plain = tensor.try_as_plain_ram()?;
		return Ok(plain.as_slice::<String>()?.iter().cloned().map(Key::Text).collect());
	}
	if tensor.datum_type().is_float() {
		let numbers = tensor.cast_to::<f64>()?;
		let plain = numbers.try_as_plain_ram()?;
		return Ok(plain.as_slice::<f64>()?.iter().map(|x| Key::Bits(float(*x))).collect());
	}
	let numbers = tensor.cast_to::<i64>()?;
	let plain = numbers.try_as_plain_ram()?;
	Ok(plain.as_slice::<i64>()?.iter().map(|x| Key::Bits(*x as u64)).collect())
}

/// Takes elements of a tensor by their places, or one of another tensor.
fn pick(from: &Tensor, other: &Tensor, places: &[Option<usize>], shape: &[usize]) -> TractResult<Tensor> {
	if from.datum_type() == DatumType::String {
		let (from, other) = (from.try_as_plain_ram()?, other.try_as_plain_ram()?);
		let (from, other) = (from.as_slice::<String>()?, other.as_slice::<String>()?);
		let text = |place: &Option<usize>| place.map_or(&other[0], |place| &from[place]).clone();
		return tensor1(&places.iter().map(text).collect::<Vec<String>>()).into_shape(shape);
	}
	let size = from.datum_type().size_of();
	let mut output = Tensor::zero_dt(from.datum_type(), shape)?;
	for (to, place) in output.as_bytes_mut().chunks_exact_mut(size).zip(places) {
		to.copy_from_slice(match place {
			Some(place) => &from.as_bytes()[place * size..(place + 1) * size],
			None => other.as_bytes(),
		});
	}
	Ok(output)
}

/// Looks each element up among the keys. Keys and values are tensors of one dimension.
#[derive(Debug, Clone)]
pub struct LabelEncoder {
	pub keys: Tensor,
	pub values: Tensor,
	/// One value.
	pub default: Tensor,
	/// True if a NaN is found among the keys, as from version 4 of the operator on.
	pub finds_nan: bool,
}

impl Kernel for LabelEncoder {
	fn name(&self) -> &'static str {
		"LabelEncoder"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("LabelEncoder has one input") };
		let (found, expected) = (input.datum_type, self.keys.datum_type());
		ensure!(found == expected, "LabelEncoder: elements of {found:?}, and keys of {expected:?}");
		Ok(tvec!(self.values.datum_type().fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		// A key is compared with about as many others as their number has bits.
		let each = if self.keys.datum_type() == DatumType::String { 800u64 } else { 80 };
		Some(all_elements(inputs)?.saturating_add(self.keys.len() as u64).saturating_mul(each))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		// The first of equal keys counts, as in onnxruntime's map.
		let mut places = std::collections::BTreeMap::new();
		for (place, key) in keys(&self.keys)?.into_iter().enumerate() {
			places.entry(key).or_insert(place);
		}
		if self.keys.datum_type().is_float() && !self.finds_nan {
			places.remove(&Key::Bits(NAN));
		}
		let found: Vec<Option<usize>> = keys(&input)?.iter().map(|key| places.get(key).copied()).collect();
		Ok(tvec!(pick(&self.values, &self.default, &found, input.shape())?.into_tvalue()))
	}
}

/// `CategoryMapper`: from numbers to text or back, whichever the input is.
#[derive(Debug, Clone)]
pub struct CategoryMapper {
	pub to_text: LabelEncoder,
	pub to_numbers: LabelEncoder,
}

impl CategoryMapper {
	fn of(&self, data_type: DatumType) -> &LabelEncoder {
		if data_type == DatumType::String {
			&self.to_numbers
		} else {
			&self.to_text
		}
	}
}

impl Kernel for CategoryMapper {
	fn name(&self) -> &'static str {
		"CategoryMapper"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("CategoryMapper has one input") };
		self.of(input.datum_type).facts(inputs)
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		self.of(inputs.first()?.datum_type).units(inputs)
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		self.of(inputs[0].datum_type()).eval(inputs)
	}
}

/// `ai.onnx.ml.OneHotEncoder`: a new last axis, with 1 where the element is the category.
#[derive(Debug, Clone)]
pub struct OneHotEncoder {
	/// Integers or text, in one dimension.
	pub categories: Tensor,
	/// True if an unknown category gives zeros alone. If false, it is an error.
	pub zeros: bool,
}

impl Kernel for OneHotEncoder {
	fn name(&self) -> &'static str {
		"OneHotEncoder"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("OneHotEncoder has one input") };
		if self.categories.datum_type() == DatumType::String {
			ensure!(input.datum_type == DatumType::String, "OneHotEncoder: categories of text, and numbers");
		} else {
			numeric("OneHotEncoder", input)?;
		}
		let shape: TVec<TDim> = input.shape.iter().cloned().chain([self.categories.len().to_dim()]).collect();
		Ok(tvec!(f32::fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(&self.facts(inputs).ok()?[0])?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let text = input.datum_type() == DatumType::String;
		let whole = if text { input.clone().into_tensor() } else { input.cast_to::<i64>()?.into_owned() };
		let categories = keys(&self.categories)?;
		let mut out = vec![];
		for (index, key) in keys(&whole)?.into_iter().enumerate() {
			let place = categories.iter().position(|category| *category == key);
			ensure!(self.zeros || place.is_some(), "OneHotEncoder: element {index} is not among the categories");
			out.extend((0..categories.len()).map(|category| (place == Some(category)) as u8 as f32));
		}
		let shape: TVec<usize> = input.shape().iter().copied().chain([categories.len()]).collect();
		Ok(tvec!(tensor1(&out).into_shape(&shape)?.into_tvalue()))
	}
}

/// Takes columns of the last axis.
#[derive(Debug, Clone)]
pub struct ArrayFeatureExtractor;

impl Kernel for ArrayFeatureExtractor {
	fn name(&self) -> &'static str {
		"ArrayFeatureExtractor"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input, indices] = inputs else { bail!("ArrayFeatureExtractor has two inputs") };
		ensure!(input.rank() >= 1, "ArrayFeatureExtractor of a scalar");
		let count: TDim = indices.shape.iter().product();
		let mut shape = input.shape.to_tvec();
		shape.pop();
		if shape.is_empty() {
			shape.push(1.to_dim());
		}
		shape.push(count);
		Ok(tvec!(input.datum_type.fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(&self.facts(inputs).ok()?[0])?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (input, indices) = args_2!(inputs);
		let mut shape: TVec<usize> = input.shape().into();
		let columns = shape.pop().context("a scalar")?;
		let rows: usize = shape.iter().product();
		if shape.is_empty() {
			shape.push(1);
		}
		let indices = indices.cast_to::<i64>()?;
		let plain = indices.try_as_plain_ram()?;
		let indices = plain.as_slice::<i64>()?;
		shape.push(indices.len());
		let mut places = vec![];
		for row in 0..rows {
			for index in indices {
				ensure!((0..columns as i64).contains(index), "ArrayFeatureExtractor: the column {index} of {columns}");
				places.push(Some(row * columns + *index as usize));
			}
		}
		Ok(tvec!(pick(&input, &input, &places, &shape)?.into_tvalue()))
	}
}

/// Columns of several inputs beside each other, as `float32`.
#[derive(Debug, Clone)]
pub struct FeatureVectorizer {
	pub widths: Vec<usize>,
}

impl Kernel for FeatureVectorizer {
	fn name(&self) -> &'static str {
		"FeatureVectorizer"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		ensure!(
			!inputs.is_empty() && inputs.len() == self.widths.len(),
			"inputdimensions names {} inputs",
			self.widths.len()
		);
		for (input, width) in inputs.iter().zip(&self.widths) {
			numeric("FeatureVectorizer", input)?;
			ensure!(input.datum_type == inputs[0].datum_type, "inputs of several types");
			ensure!((1..=2).contains(&input.rank()), "an input of {} dimensions", input.rank());
			ensure!(input.shape[input.rank() - 1] == width.to_dim(), "an input that has not {width} columns");
		}
		let rows = if inputs[0].rank() == 1 { 1.to_dim() } else { inputs[0].shape[0].clone() };
		Ok(tvec!(f32::fact([rows, self.widths.iter().sum::<usize>().to_dim()])))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(all_elements(inputs)?.saturating_mul(8))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let rows = if inputs[0].rank() == 1 { 1 } else { inputs[0].shape()[0] };
		let single = |input: &TValue| Ok(input.cast_to::<f32>()?.into_owned());
		let singles: Vec<Tensor> = inputs.iter().map(single).collect::<TractResult<_>>()?;
		let mut out = vec![];
		for row in 0..rows {
			for (input, width) in singles.iter().zip(&self.widths) {
				let plain = input.try_as_plain_ram()?;
				let values = plain.as_slice::<f32>()?;
				out.extend_from_slice(values.get(row * width..(row + 1) * width).context("inputs of several lengths")?);
			}
		}
		let shape = [rows, self.widths.iter().sum::<usize>()];
		Ok(tvec!(tensor1(&out).into_shape(&shape)?.into_tvalue()))
	}
}
