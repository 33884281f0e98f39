//! `RNN`, `GRU` and `LSTM` whole: every direction, activation, clip, length, layout, initial state and output.
//!
//! The kernels do LSTM and GRU with the default attributes and constant weights ([`crate::lower`]); tract's own layers do those whose weights
//! are not constant; this does the rest, and `DynamicQuantizeLSTM`, whose products are of bytes: what they multiply is rounded to 256 steps between its least and its largest element, as onnxruntime does it.

use super::{
	elements,
	quantize::{is_exact, Levels},
	Kernel, FUNCTION,
};
use crate::call;
use assay_kernels::{gemm::packed, WIDTH};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Which layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
	Rnn,
	Gru { linear_before_reset: bool },
	Lstm { input_forget: bool },
}

impl Cell {
	/// Gates, each as wide as the state.
	pub fn gates(self) -> usize {
		match self {
			Cell::Rnn => 1,
			Cell::Gru { .. } => 3,
			Cell::Lstm { .. } => 4,
		}
	}

	/// Activations of a direction, by default.
	pub fn default_activations(self) -> &'static [&'static str] {
		match self {
			Cell::Rnn => &["Tanh"],
			Cell::Gru { .. } => &["Sigmoid", "Tanh"],
			Cell::Lstm { .. } => &["Sigmoid", "Tanh", "Tanh"],
		}
	}
}

/// An activation with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
	Affine { alpha: f32, beta: f32 },
	Elu { alpha: f32 },
	HardSigmoid { alpha: f32, beta: f32 },
	LeakyRelu { alpha: f32 },
	Relu,
	ScaledTanh { alpha: f32, beta: f32 },
	Sigmoid,
	Softplus,
	Softsign,
	Tanh,
	ThresholdedRelu { alpha: f32 },
}

impl Activation {
	/// By its name. Each takes its parameters from the lists, if it has any.
	pub fn new(
		name: &str,
		alphas: &mut impl Iterator<Item = f32>,
		betas: &mut impl Iterator<Item = f32>,
	) -> Option<Self> {
		let mut alpha = |default: f32| alphas.next().unwrap_or(default);
		let mut beta = |default: f32| betas.next().unwrap_or(default);
		Some(match name.to_ascii_lowercase().as_str() {
			"affine" => Activation::Affine { alpha: alpha(0.0), beta: beta(0.0) },
			"elu" => Activation::Elu { alpha: alpha(1.0) },
			"hardsigmoid" => Activation::HardSigmoid { alpha: alpha(0.2), beta: beta(0.5) },
			"leakyrelu" => Activation::LeakyRelu { alpha: alpha(0.01) },
			"relu" => Activation::Relu,
			"scaledtanh" => Activation::ScaledTanh { alpha: alpha(0.0), beta: beta(0.0) },
			"sigmoid" => Activation::Sigmoid,
			"softplus" => Activation::Softplus,
			"softsign" => Activation::Softsign,
			"tanh" => Activation::Tanh,
			"thresholdedrelu" => Activation::ThresholdedRelu { alpha: alpha(1.0) },
			_ => return None,
		})
	}

	fn apply(self, x: f32) -> f32 {
		match self {
			Activation::Affine { alpha, beta } => alpha * x + beta,
			Activation::Elu { alpha } if x < 0.0 => alpha * (x.exp() - 1.0),
			Activation::HardSigmoid { alpha, beta } => (alpha * x + beta).clamp(0.0, 1.0),
			Activation::LeakyRelu { alpha } if x < 0.0 => alpha * x,
			Activation::Relu if x < 0.0 => 0.0,
			Activation::ScaledTanh { alpha, beta } => alpha * (beta * x).tanh(),
			Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
			Activation::Softplus if x > 0.0 => x + ((-x).exp() + 1.0).ln(),
			Activation::Softplus => (x.exp() + 1.0).ln(),
			Activation::Softsign => x / (1.0 + x.abs()),
			Activation::Tanh => x.tanh(),
			Activation::ThresholdedRelu { alpha } if x <= alpha => 0.0,
			Activation::Elu { .. }
			| Activation::LeakyRelu { .. }
			| Activation::Relu
			| Activation::ThresholdedRelu { .. } => x,
		}
	}
}

/// One of a layer's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
	Sequence,
	State,
	CellState,
}

/// Longest row that a product of bytes adds up in 32 bits.
const LONGEST_ROW: usize = 1 << 15;

/// The inputs that say what the bytes of the weights stand for.
#[derive(Debug, Clone)]
pub struct Bytes {
	/// Scale and zero point of `W`.
	pub input: [usize; 2],
	/// Scale and zero point of `R`.
	pub state: [usize; 2],
}

/// Weights of one direction of a layer, forward or backward, that come as bytes: less their zero points.
#[derive(Debug)]
pub struct ByteWeights {
	bytes: Weights,
	rows: usize,
	/// One for each column.
	scales: Vec<f32>,
}

#[derive(Debug)]
enum Weights {
	/// Numbers of single precision, packed for the kernel: every sum of products of bytes and these weights is exact.
	Packed(Tensor),
	/// Integers, `[row][column]`.
	Integers(Vec<i32>),
}

impl ByteWeights {
	/// The weights of a direction, from `[directions, rows, columns]`. Scales and zero points are one number, or one for each column of a
	/// direction.
	pub fn new(
		[weights, scales, zero_points]: [&TValue; 3],
		direction: usize,
		rows: usize,
		columns: usize,
	) -> TractResult<Self> {
		ensure!(rows <= LONGEST_ROW, "weights of {rows} rows are not supported, only of {LONGEST_ROW}");
		let directions = weights.shape().first().copied().unwrap_or(0);
		ensure!(weights.len() == directions * rows * columns, "weights that have not {rows} rows of {columns}");
		let plain = scales.try_as_plain_ram()?;
		let scales = plain.as_slice::<f32>()?;
		let each = if scales.len() == directions { 1 } else { columns };
		ensure!(
			scales.len() == directions * each && zero_points.len() == scales.len() && direction < directions,
			"{} scales and {} zero points, where one or {columns} are expected for each direction",
			scales.len(),
			zero_points.len()
		);
		let zeros = zero_points.cast_to::<i32>()?;
		let zeros = zeros.try_as_plain_ram()?;
		let zeros = &zeros.as_slice::<i32>()?[direction * each..][..each];
		ensure!(
			zeros.iter().all(|zero| *zero == zeros[0]),
			"zero points that differ in a direction are not supported, as they are not in onnxruntime"
		);
		let bytes = weights.cast_to::<i32>()?;
		let bytes = bytes.try_as_plain_ram()?;
		let bytes = &bytes.as_slice::<i32>()?[direction * rows * columns..][..rows * columns];
		let scales = &scales[direction * each..][..each];
		let zero = zeros.first().copied().unwrap_or(0);
		Ok(ByteWeights {
			rows,
			bytes: Weights::of(bytes.iter().map(|byte| byte - zero).collect(), columns)?,
			scales: (0..columns).map(|column| scales[if each == 1 { 0 } else { column }]).collect(),
		})
	}

	/// The product of a matrix's rows, rounded to bytes, and the weights.
	fn product(&self, matrix: &[f32], width: usize) -> TractResult<Vec<f32>> {
		ensure!(width == self.rows, "rows of {width} numbers by weights of {} rows", self.rows);
		let (scale, zero) = Levels::of(matrix);
		let byte = |x: &f32| ((x / scale).round_ties_even() + zero).clamp(0.0, 255.0) as i32 - zero as i32;
		let columns = self.scales.len();
		let rows = matrix.len() / width.max(1);
		let scaled = |(sum, of_column): (f32, &f32)| sum * (scale * of_column);
		match &self.bytes {
			Weights::Packed(packed) => {
				let bytes: Vec<f32> = matrix.iter().map(|x| byte(x) as f32).collect();
				let mut product = call::product(&bytes, packed, columns, width)?;
				let mut plain = product.try_as_plain_ram_mut()?;
				let sums = plain.as_slice_mut::<f32>()?;
				for row in sums.chunks_exact_mut(columns.max(1)) {
					row.iter_mut().zip(&self.scales).for_each(|(sum, of_column)| *sum = scaled((*sum, of_column)));
				}
				Ok(sums.to_vec())
			}
			Weights::Integers(weights) => {
				let mut product = Vec::with_capacity(rows * columns);
				let mut sums = vec![0i32; columns];
				for row in 0..rows {
					sums.fill(0);
					for (k, x) in matrix[row * width..][..width].iter().enumerate() {
						let byte = byte(x);
						for (sum, weight) in sums.iter_mut().zip(&weights[k * columns..][..columns]) {
							*sum += byte * weight;
						}
					}
					product.extend(sums.iter().map(|sum| *sum as f32).zip(&self.scales).map(scaled));
				}
				Ok(product)
			}
		}
	}
}

impl Weights {
	fn of(integers: Vec<i32>, columns: usize) -> TractResult<Self> {
		let column = |column: usize| integers.iter().skip(column).step_by(columns).map(|weight| *weight as f32);
		if !(0..columns).all(|at| is_exact(column(at))) {
			return Ok(Weights::Integers(integers));
		}
		let rows = integers.len() / columns.max(1);
		let mut packed = vec![0.0; packed(columns as u64, rows as u64) as usize];
		for (row, weights) in integers.chunks_exact(columns.max(1)).enumerate() {
			for (column, weight) in weights.iter().enumerate() {
				packed[(column / WIDTH * rows + row) * WIDTH + column % WIDTH] = *weight as f32;
			}
		}
		Ok(Weights::Packed(tensor1(&packed)))
	}
}

/// A recurrent layer. Inputs are `X`, `W`, `R` and, at these places, the optional ones.
#[derive(Debug, Clone)]
pub struct Recurrent {
	pub cell: Cell,
	/// For each direction, whether it runs backwards.
	pub backwards: Vec<bool>,
	/// Activations of all directions, one direction after the other.
	pub activations: Vec<Activation>,
	pub clip: Option<f32>,
	/// True if the axis of the batch comes before that of the time.
	pub batch_first: bool,
	pub bias: Option<usize>,
	pub lengths: Option<usize>,
	pub initial_state: Option<usize>,
	pub initial_cell: Option<usize>,
	pub peepholes: Option<usize>,
	/// The weights are bytes if it is there, and `W` and `R` have the gates as their last axis.
	pub bytes: Option<Bytes>,
	/// The byte weights of each direction, of inputs and of states, if they are constant.
	pub packed: Vec<[Arc<ByteWeights>; 2]>,
	pub outputs: Vec<Output>,
}

struct Sizes<D> {
	steps: D,
	batch: D,
	width: D,
	hidden: D,
}

/// `sums += factor * row`, element by element.
fn add_scaled(sums: &mut [f32], factor: f32, row: &[f32]) {
	for (sum, weight) in sums.iter_mut().zip(row) {
		*sum += factor * weight;
	}
}

/// The weights `[rows, columns]` of a direction, transposed.
fn transposed(weights: &[f32], direction: usize, rows: usize, columns: usize) -> Vec<f32> {
	let weights = &weights[direction * rows * columns..][..rows * columns];
	let mut out = vec![0.0; rows * columns];
	for row in 0..rows {
		for column in 0..columns {
			out[column * rows + row] = weights[row * columns + column];
		}
	}
	out
}

/// The weights and the settings of one direction.
struct Direction<'a> {
	layer: &'a Recurrent,
	activations: &'a [Activation],
	width: usize,
	hidden: usize,
	input_weights: Vec<f32>,
	state_weights: Vec<f32>,
	/// Both biases added, but those that a `GRU` keeps apart.
	bias: Vec<f32>,
	/// The recurrent bias of a `GRU`'s last gate where the reset comes after it.
	reset_bias: Vec<f32>,
	peepholes: Vec<f32>,
}

impl Direction<'_> {
	fn gate(&self, activation: usize, value: f32) -> f32 {
		let value = match self.layer.clip {
			Some(clip) if value > clip => clip,
			Some(clip) if value < -clip => -clip,
			_ => value,
		};
		self.activations[activation].apply(value)
	}

	/// One step: `h` and `c` become the next ones.
	fn step(&self, x: &[f32], h: &mut [f32], c: &mut [f32], sums: &mut [f32]) {
		let hidden = self.hidden;
		let gates = self.layer.cell.gates() * hidden;
		sums.copy_from_slice(&self.bias);
		for (k, value) in x.iter().enumerate().take(self.width) {
			add_scaled(sums, *value, &self.input_weights[k * gates..][..gates]);
		}
		match self.layer.cell {
			Cell::Rnn => {
				for (k, value) in h.iter().enumerate() {
					add_scaled(sums, *value, &self.state_weights[k * gates..][..gates]);
				}
				for (h, sum) in h.iter_mut().zip(sums) {
					*h = self.gate(0, *sum);
				}
			}
			Cell::Gru { linear_before_reset } => {
				for (k, value) in h.iter().enumerate() {
					add_scaled(&mut sums[..2 * hidden], *value, &self.state_weights[k * gates..][..2 * hidden]);
				}
				for sum in &mut sums[..2 * hidden] {
					*sum = self.gate(0, *sum);
				}
				let (gated, last) = sums.split_at_mut(2 * hidden);
				let (update, reset) = gated.split_at(hidden);
				let mut recurrent = self.reset_bias.clone();
				for (k, value) in h.iter().enumerate() {
					let value = if linear_before_reset { *value } else { *value * reset[k] };
					add_scaled(&mut recurrent, value, &self.state_weights[k * gates + 2 * hidden..][..hidden]);
				}
				for k in 0..hidden {
					let part = if linear_before_reset { reset[k] * recurrent[k] } else { recurrent[k] };
					let new = self.gate(1, last[k] + part);
					h[k] = (1.0 - update[k]) * new + update[k] * h[k];
				}
			}
			Cell::Lstm { input_forget } => {
				for (k, value) in h.iter().enumerate() {
					add_scaled(sums, *value, &self.state_weights[k * gates..][..gates]);
				}
				self.lstm(h, c, sums, input_forget);
			}
		}
	}

	/// The next state of an `LSTM`, from the sums of its gates.
	fn lstm(&self, h: &mut [f32], c: &mut [f32], sums: &[f32], input_forget: bool) {
		let hidden = self.hidden;
		let peephole = |gate: usize, k: usize, c: f32| match self.peepholes.get(gate * hidden + k) {
			Some(weight) => weight * c,
			None => 0.0,
		};
		for k in 0..hidden {
			let input = self.gate(0, sums[k] + peephole(0, k, c[k]));
			let forget =
				if input_forget { 1.0 - input } else { self.gate(0, sums[2 * hidden + k] + peephole(2, k, c[k])) };
			c[k] = forget * c[k] + input * self.gate(1, sums[3 * hidden + k]);
			let output = self.gate(0, sums[hidden + k] + peephole(1, k, c[k]));
			h[k] = output * self.activations[2].apply(c[k]);
		}
	}
}

impl Recurrent {
	/// True for an LSTM or a GRU with the default activations and without clip, batch-first layout, byte weights, lengths and peepholes.
	pub fn is_usual(&self) -> bool {
		let usual = match self.cell {
			Cell::Gru { .. } => [Activation::Sigmoid, Activation::Tanh].repeat(self.backwards.len()),
			Cell::Lstm { input_forget: false } => {
				[Activation::Sigmoid, Activation::Tanh, Activation::Tanh].repeat(self.backwards.len())
			}
			Cell::Lstm { input_forget: true } | Cell::Rnn => return false,
		};
		let plain = self.clip.is_none() && !self.batch_first && self.bytes.is_none();
		plain && self.lengths.is_none() && self.peepholes.is_none() && self.activations == usual
	}

	fn sizes<D: Clone>(&self, x: &[D], r: &[D]) -> TractResult<Sizes<D>> {
		ensure!(x.len() == 3 && r.len() == 3, "X and R have three dimensions");
		let (steps, batch) = if self.batch_first { (1, 0) } else { (0, 1) };
		let hidden = if self.bytes.is_some() { &r[1] } else { &r[2] };
		Ok(Sizes { steps: x[steps].clone(), batch: x[batch].clone(), width: x[2].clone(), hidden: hidden.clone() })
	}

	fn direction(&self, index: usize, sizes: &Sizes<usize>, inputs: &[TValue]) -> TractResult<Direction<'_>> {
		let (width, hidden, gates) = (sizes.width, sizes.hidden, self.cell.gates());
		let directions = self.backwards.len();
		let read = |input: usize, each: usize| -> TractResult<Vec<f32>> {
			let plain = inputs[input].try_as_plain_ram()?;
			let all = plain.as_slice::<f32>()?;
			ensure!(
				all.len() == each * directions,
				"input {input} has {} elements, not {}",
				all.len(),
				each * directions
			);
			Ok(all.to_vec())
		};
		let rows = gates * hidden;
		let weights = |input: usize, columns: usize| -> TractResult<Vec<f32>> {
			match self.bytes {
				Some(_) => Ok(vec![]),
				None => Ok(transposed(&read(input, rows * columns)?, index, rows, columns)),
			}
		};
		let (input_weights, state_weights) = (weights(1, width)?, weights(2, hidden)?);
		let mut bias = vec![0.0; rows];
		let mut reset_bias = vec![0.0; if matches!(self.cell, Cell::Gru { .. }) { hidden } else { 0 }];
		if let Some(input) = self.bias {
			let both = read(input, 2 * rows)?;
			let both = &both[index * 2 * rows..][..2 * rows];
			for (k, bias) in bias.iter_mut().enumerate() {
				let apart = matches!(self.cell, Cell::Gru { linear_before_reset: true }) && k >= 2 * hidden;
				*bias = if apart { both[k] } else { both[k] + both[rows + k] };
				if apart {
					reset_bias[k - 2 * hidden] = both[rows + k];
				}
			}
		}
		let peepholes = match self.peepholes {
			Some(input) => read(input, 3 * hidden)?[index * 3 * hidden..][..3 * hidden].to_vec(),
			None => vec![],
		};
		let each = self.activations.len() / directions;
		let activations = &self.activations[index * each..][..each];
		Ok(Direction {
			layer: self,
			activations,
			width,
			hidden,
			input_weights,
			state_weights,
			bias,
			reset_bias,
			peepholes,
		})
	}
}

impl Kernel for Recurrent {
	fn name(&self) -> &'static str {
		match self.cell {
			_ if self.bytes.is_some() => "DynamicQuantizeLSTM",
			Cell::Rnn => "RNN",
			Cell::Gru { .. } => "GRU",
			Cell::Lstm { .. } => "LSTM",
		}
	}

	fn outputs(&self) -> usize {
		self.outputs.len()
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		ensure!(inputs.len() >= 3, "X, W and R");
		for (index, input) in inputs.iter().enumerate() {
			let of_bytes =
				self.bytes.as_ref().is_some_and(|bytes| [1, 2, bytes.input[1], bytes.state[1]].contains(&index));
			let fits = match input.datum_type {
				DatumType::U8 | DatumType::I8 => of_bytes,
				DatumType::F32 => !of_bytes,
				_ => Some(index) == self.lengths,
			};
			ensure!(fits, "{:?} is not supported as input {index}", input.datum_type);
		}
		let found = self.sizes(&inputs[0].shape.to_tvec(), &inputs[2].shape.to_tvec())?;
		let directions = self.backwards.len().to_dim();
		let shape = |output: &Output| match (output, self.batch_first) {
			(Output::Sequence, false) => {
				tvec!(found.steps.clone(), directions.clone(), found.batch.clone(), found.hidden.clone())
			}
			(Output::Sequence, true) => {
				tvec!(found.batch.clone(), found.steps.clone(), directions.clone(), found.hidden.clone())
			}
			(_, false) => tvec!(directions.clone(), found.batch.clone(), found.hidden.clone()),
			(_, true) => tvec!(found.batch.clone(), directions.clone(), found.hidden.clone()),
		};
		Ok(self.outputs.iter().map(|output| f32::fact(shape(output))).collect())
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let x = elements(inputs[0])?;
		let width = (*inputs[0].shape.as_concrete()?.last()? as u64).max(1);
		let weights = elements(inputs[1])?.saturating_add(elements(inputs[2])?);
		let hidden = self.sizes(inputs[0].shape.as_concrete()?, inputs[2].shape.as_concrete()?).ok()?.hidden as u64;
		let states = elements(inputs[2])?.checked_div(hidden).unwrap_or(0);
		// Steps of all sequences: each multiplies every weight, and has its gates' functions.
		let each = weights.saturating_mul(2).saturating_add(states.saturating_mul(2 * FUNCTION));
		Some((x / width).saturating_mul(each).saturating_add(weights.saturating_mul(8)))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let sizes = self.sizes(inputs[0].shape(), inputs[2].shape())?;
		let Sizes { steps, batch, width, hidden } = sizes;
		let directions = self.backwards.len();
		let x = inputs[0].try_as_plain_ram()?;
		let x = x.as_slice::<f32>()?;
		let state = |input: Option<usize>| -> TractResult<Vec<f32>> {
			let Some(input) = input else { return Ok(vec![0.0; directions * batch * hidden]) };
			let plain = inputs[input].try_as_plain_ram()?;
			let given = plain.as_slice::<f32>()?;
			ensure!(given.len() == directions * batch * hidden, "an initial state of {} elements", given.len());
			let mut out = vec![0.0; given.len()];
			for direction in 0..directions {
				for row in 0..batch {
					let from = if self.batch_first { row * directions + direction } else { direction * batch + row };
					let to = direction * batch + row;
					out[to * hidden..][..hidden].copy_from_slice(&given[from * hidden..][..hidden]);
				}
			}
			Ok(out)
		};
		let (mut h, mut c) = (state(self.initial_state)?, state(self.initial_cell)?);
		let lengths: Vec<usize> = match self.lengths {
			None => vec![steps; batch],
			Some(input) => {
				let lengths = inputs[input].cast_to::<i64>()?;
				let plain = lengths.try_as_plain_ram()?;
				let lengths = plain.as_slice::<i64>()?;
				ensure!(lengths.len() == batch, "{} lengths for a batch of {batch}", lengths.len());
				ensure!(
					lengths.iter().all(|length| (0..=steps as i64).contains(length)),
					"a length that is not one of {steps} steps"
				);
				lengths.iter().map(|length| *length as usize).collect()
			}
		};
		let mut sequence = vec![0.0f32; steps * directions * batch * hidden];
		let mut sums = vec![0.0; self.cell.gates() * hidden];
		for (index, backwards) in self.backwards.iter().enumerate() {
			let direction = self.direction(index, &sizes, &inputs)?;
			if let (Some(bytes), Cell::Lstm { input_forget }) = (&self.bytes, self.cell) {
				let columns = self.cell.gates() * hidden;
				let weights = |weights: usize, [scale, zero_point]: [usize; 2], rows: usize| -> TractResult<_> {
					let given = [&inputs[weights], &inputs[scale], &inputs[zero_point]];
					Ok(Arc::new(ByteWeights::new(given, index, rows, columns)?))
				};
				let [input_weights, state_weights] = match self.packed.get(index) {
					Some(packed) => packed.clone(),
					None => [weights(1, bytes.input, width)?, weights(2, bytes.state, hidden)?],
				};
				let of_inputs = input_weights.product(x, width)?;
				let at = index * batch * hidden;
				for step in 0..steps {
					let time = if *backwards { steps - 1 - step } else { step };
					let of_states = state_weights.product(&h[at..][..batch * hidden], hidden)?;
					for row in 0..batch {
						let of_input = &of_inputs[(time * batch + row) * columns..][..columns];
						let of_state = &of_states[row * columns..][..columns];
						for (k, sum) in sums.iter_mut().enumerate() {
							*sum = of_input[k] + of_state[k] + direction.bias[k];
						}
						let (h, c) = (&mut h[at + row * hidden..][..hidden], &mut c[at + row * hidden..][..hidden]);
						direction.lstm(h, c, &sums, input_forget);
						let to = (time * directions + index) * batch + row;
						sequence[to * hidden..][..hidden].copy_from_slice(h);
					}
				}
				continue;
			}
			for (row, length) in lengths.iter().enumerate() {
				let at = (index * batch + row) * hidden;
				for step in 0..*length {
					let time = if *backwards { length - 1 - step } else { step };
					let from = if self.batch_first { row * steps + time } else { time * batch + row };
					let (h, c) = (&mut h[at..at + hidden], &mut c[at..at + hidden]);
					direction.step(&x[from * width..][..width], h, c, &mut sums);
					let to = if self.batch_first {
						(row * steps + time) * directions + index
					} else {
						(time * directions + index) * batch + row
					};
					sequence[to * hidden..][..hidden].copy_from_slice(h);
				}
			}
		}
		let last = |state: &[f32]| -> TractResult<Tensor> {
			if !self.batch_first {
				return tensor1(state).into_shape(&[directions, batch, hidden]);
			}
			let mut out = vec![0.0; state.len()];
			for direction in 0..directions {
				for row in 0..batch {
					let (from, to) = (direction * batch + row, row * directions + direction);
					out[to * hidden..][..hidden].copy_from_slice(&state[from * hidden..][..hidden]);
				}
			}
			tensor1(&out).into_shape(&[batch, directions, hidden])
		};
		let mut outputs = tvec!();
		for output in &self.outputs {
			let tensor = match output {
				Output::Sequence if self.batch_first => {
					tensor1(&sequence).into_shape(&[batch, steps, directions, hidden])?
				}
				Output::Sequence => tensor1(&sequence).into_shape(&[steps, directions, batch, hidden])?,
				Output::State => last(&h)?,
				Output::CellState => last(&c)?,
			};
			outputs.push(tensor.into_tvalue());
		}
		Ok(outputs)
	}
}
