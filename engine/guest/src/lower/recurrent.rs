//! LSTM and GRU with constant weights and the usual functions: the product of all inputs, and then the steps.

use super::{constant, shape};
use crate::{
	call, cost,
	kernel::{
		elements,
		recurrent::{ByteWeights, Cell, Output, Recurrent},
		Kernel, Own,
	},
};
use assay_kernels::{
	gemm::packed,
	recurrent::{scratch, weights, BACKWARDS, BIASES, GRU, LINEAR},
	Kernel as Number, WIDTH,
};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Biases of a direction: of its inputs and of its state, for each gate, and one more for a GRU.
type Biases = [Vec<f32>; BIASES as usize];

/// One direction.
#[derive(Debug, Clone)]
struct Direction {
	backwards: bool,
	/// Weights of the state, packed.
	weights: Arc<Tensor>,
	bias: Arc<Tensor>,
}

/// A layer as the kernels have it.
#[derive(Debug, Clone)]
struct Layer {
	cell: Cell,
	outputs: Vec<Output>,
	shapes: Vec<TVec<usize>>,
	steps: usize,
	batch: usize,
	width: usize,
	length: usize,
	/// Weights of the inputs of all directions, packed.
	weights: Arc<Tensor>,
	directions: Vec<Direction>,
	/// Which inputs the first state and the first cells are.
	state: Option<usize>,
	cells: Option<usize>,
}

impl Layer {
	/// Columns of a direction's gates.
	fn columns(&self) -> usize {
		self.cell.gates() * self.length
	}

	fn is_lstm(&self) -> bool {
		matches!(self.cell, Cell::Lstm { .. })
	}

	/// The inputs by their weights: `[step][row][direction][column]`.
	fn products(&self, x: &Tensor) -> TractResult<Tensor> {
		let plain = x.try_as_plain_ram()?;
		call::product(plain.as_slice::<f32>()?, &self.weights, self.directions.len() * self.columns(), self.width)
	}

	/// The steps of a direction. Calls `put` with each step and its states, and gives back the last states and cells.
	fn steps(
		&self,
		index: usize,
		products: &Tensor,
		mut state: Vec<f32>,
		mut cells: Vec<f32>,
		mut put: impl FnMut(usize, &[f32]),
	) -> TractResult<(Vec<f32>, Vec<f32>)> {
		let (direction, columns) = (&self.directions[index], self.columns());
		let pitch = self.directions.len() * columns;
		let each = self.batch * self.length;
		// Steps of one descriptor: nothing interrupts it.
		let most = (call::MAX_PRODUCTS / (each * columns) as u64).clamp(1, self.steps as u64) as usize;
		let mut descriptor = call::descriptor(Number::Recurrent);
		descriptor.flags = match self.cell {
			Cell::Gru { linear_before_reset: true } => GRU | LINEAR,
			Cell::Gru { linear_before_reset: false } => GRU,
			_ => 0,
		};
		descriptor.flags |= if direction.backwards { BACKWARDS } else { 0 };
		let numbers = scratch(self.batch as u32, self.length as u32, columns as u32);
		let strides = [super::stride(self.batch * pitch)?, super::stride(pitch)?, 1, 0];
		for done in (0..self.steps).step_by(most) {
			let some = most.min(self.steps - done);
			let first = if direction.backwards { self.steps - done - some } else { done };
			let blocks = some + usize::from(self.is_lstm());
			let mut output = call::output(&[blocks * each])?;
			descriptor.dims[..4].copy_from_slice(&[some, self.batch, self.length, columns].map(|dim| dim as u32));
			let mut from = call::operand(products, strides);
			let skipped = ((first * self.batch * pitch + index * columns) * 4) as u32;
			from.at += skipped;
			from.bytes -= skipped;
			descriptor.operands = [
				call::written(&mut output, [0; 4]),
				from,
				call::operand(&direction.weights, [0; 4]),
				call::operand(&direction.bias, [0; 4]),
				call::numbers(&state),
				if self.is_lstm() { call::numbers(&cells) } else { Default::default() },
			];
			call::execute(&mut descriptor, numbers)?;
			let plain = output.try_as_plain_ram()?;
			let found = plain.as_slice::<f32>()?;
			for step in 0..some {
				put(first + step, &found[step * each..][..each]);
			}
			let last = if direction.backwards { 0 } else { some - 1 };
			state.copy_from_slice(&found[last * each..][..each]);
			if self.is_lstm() {
				cells.copy_from_slice(&found[some * each..][..each]);
			}
		}
		Ok((state, cells))
	}
}

impl Kernel for Layer {
	fn name(&self) -> &'static str {
		if self.is_lstm() {
			"LSTM"
		} else {
			"GRU"
		}
	}

	fn outputs(&self) -> usize {
		self.outputs.len()
	}

	fn facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(self.shapes.iter().map(|shape| DatumType::F32.fact(shape)).collect())
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		let rows = (self.steps * self.batch * self.directions.len()) as u64;
		let (width, length, columns) = (self.width as u64, self.length as u64, self.columns() as u64);
		let products = columns.next_multiple_of(WIDTH as u64).saturating_mul(width.saturating_add(length));
		let read = inputs.iter().filter_map(|fact| elements(fact)).fold(0, u64::saturating_add);
		// Each gate has a function, and a cell another one; then the step's own work.
		let functions = columns.saturating_add(length).saturating_mul(4).saturating_add(400);
		let each = cost::kernel(products, 0, length).saturating_add(functions);
		Some(cost::kernel(0, read, 0).saturating_add(rows.saturating_mul(each)))
	}

	fn units_are_all(&self) -> bool {
		true
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (each, directions) = (self.batch * self.length, self.directions.len());
		let products = self.products(&inputs[0])?;
		let first = |input: Option<usize>, index: usize| -> TractResult<Vec<f32>> {
			let Some(input) = input else { return Ok(vec![0.0; each]) };
			let plain = inputs[input].try_as_plain_ram()?;
			let given = plain.as_slice::<f32>()?;
			ensure!(given.len() == directions * each, "an initial state of {} elements", given.len());
			Ok(given[index * each..][..each].to_vec())
		};
		let mut sequence = vec![0.0f32; self.steps * directions * each];
		let (mut states, mut all_cells) = (vec![], vec![]);
		for index in 0..directions {
			let put = |step: usize, states: &[f32]| {
				sequence[(step * directions + index) * each..][..each].copy_from_slice(states);
			};
			let (state, cells) =
				self.steps(index, &products, first(self.state, index)?, first(self.cells, index)?, put)?;
			states.extend(state);
			all_cells.extend(cells);
		}
		let outputs = self.outputs.iter().zip(&self.shapes).map(|(output, shape)| {
			let numbers = match output {
				Output::Sequence => &sequence,
				Output::State => &states,
				Output::CellState => &all_cells,
			};
			Ok(Tensor::from_shape(shape, numbers)?.into_tvalue())
		});
		outputs.collect()
	}
}

/// Columns of a matrix that lies as `[column][step]`, in panels of sixteen.
fn pack(columns: &[f32], steps: usize) -> Vec<f32> {
	let count = columns.len() / steps;
	let mut to = vec![0.0; packed(count as u64, steps as u64) as usize];
	for (column, numbers) in columns.chunks_exact(steps).enumerate() {
		for (step, number) in numbers.iter().enumerate() {
			to[(column / WIDTH * steps + step) * WIDTH + column % WIDTH] = *number;
		}
	}
	to
}

/// The biases of a direction as the kernel has them, of `[input][gate]` and `[state][gate]`.
fn biases(cell: Cell, given: Option<&[f32]>, length: usize) -> Biases {
	let of = |side: usize, gate: usize| {
		let at = (side * cell.gates() + gate) * length;
		given.map_or(vec![0.0; length], |given| given[at..at + length].to_vec())
	};
	let both = |gate: usize| of(0, gate).into_iter().zip(of(1, gate)).map(|(input, state)| input + state).collect();
	match cell {
		Cell::Gru { linear_before_reset: true } => [both(0), both(1), of(0, 2), of(1, 2)],
		Cell::Gru { linear_before_reset: false } => [both(0), both(1), both(2), vec![0.0; length]],
		_ => [both(0), both(1), both(2), both(3)],
	}
}

/// The numbers of a constant.
fn numbers(tensor: &Tensor) -> TractResult<Vec<f32>> {
	Ok(tensor.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())
}

/// The sizes and the constants of a layer.
struct Given {
	steps: usize,
	batch: usize,
	width: usize,
	length: usize,
	input_weights: Vec<f32>,
	state_weights: Vec<f32>,
	bias: Option<Vec<f32>>,
}

impl Given {
	/// None unless all of it is constant and of the shapes that the standard says.
	fn of(model: &TypedModel, node: &TypedNode, layer: &Recurrent) -> TractResult<Option<Given>> {
		let constant = |input: usize| constant(model, *node.inputs.get(input)?);
		let (Some(x), Some(input_weights), Some(state_weights)) =
			(shape(model.outlet_fact(node.inputs[0])?), constant(1), constant(2))
		else {
			return Ok(None);
		};
		let bias = match layer.bias.map(constant) {
			Some(None) => return Ok(None),
			Some(Some(bias)) => Some(numbers(&bias)?),
			None => None,
		};
		let (&[steps, batch, width], &[_, _, length]) = (&x[..], state_weights.shape()) else { return Ok(None) };
		let (directions, columns) = (layer.backwards.len(), layer.cell.gates() * length);
		let fits = [steps, batch, width, length].iter().all(|dim| *dim > 0)
			&& input_weights.shape() == [directions, columns, width]
			&& state_weights.shape() == [directions, columns, length]
			&& bias.as_ref().is_none_or(|bias| bias.len() == 2 * directions * columns);
		if !fits {
			return Ok(None);
		}
		let (input_weights, state_weights) = (numbers(&input_weights)?, numbers(&state_weights)?);
		Ok(Some(Given { steps, batch, width, length, input_weights, state_weights, bias }))
	}

	/// The directions of a layer as the kernel has them.
	fn directions(&self, layer: &Recurrent) -> TractResult<Vec<Direction>> {
		let (length, columns) = (self.length, layer.cell.gates() * self.length);
		let each = |(index, backwards): (usize, &bool)| {
			let own = &self.state_weights[index * columns * length..][..columns * length];
			let together = if matches!(layer.cell, Cell::Gru { .. }) { 2 * length * length } else { own.len() };
			let (first, last) = own.split_at(together);
			let packed = [pack(first, length), pack(last, length)].concat();
			ensure!(packed.len() as u64 == weights(length as u32, columns as u32), "weights that are packed otherwise");
			let bias = self.bias.as_ref().map(|bias| &bias[index * 2 * columns..][..2 * columns]);
			let bias = biases(layer.cell, bias, length).concat();
			let (weights, bias) = (tensor1(&packed).into_arc_tensor(), tensor1(&bias).into_arc_tensor());
			Ok(Direction { backwards: *backwards, weights, bias })
		};
		layer.backwards.iter().enumerate().map(each).collect()
	}
}

/// A layer whose weights are constant bytes, with these packed; none for any other, or if it has them.
fn of_bytes(model: &TypedModel, node: &TypedNode, layer: &Recurrent) -> TractResult<Option<Recurrent>> {
	let Some(bytes) = layer.bytes.as_ref().filter(|_| layer.packed.is_empty()) else { return Ok(None) };
	let mut inputs: Vec<Option<TValue>> = vec![];
	for input in &node.inputs {
		inputs.push(model.outlet_fact(*input)?.konst.clone().map(|constant| constant.into_tvalue()));
	}
	let [of_input, of_state] = [(1, bytes.input), (2, bytes.state)].map(|(weights, [scale, zero_point])| {
		let constant = |input: usize| inputs.get(input).cloned().flatten();
		Some([constant(weights)?, constant(scale)?, constant(zero_point)?])
	});
	let (Some(of_input), Some(of_state)) = (of_input, of_state) else { return Ok(None) };
	let columns = layer.cell.gates() * of_state[0].shape().get(1).copied().unwrap_or(0);
	let width = of_input[0].shape().get(1).copied().unwrap_or(0);
	let mut packed = vec![];
	for direction in 0..layer.backwards.len() {
		let weights = |of: &[TValue; 3], rows: usize| -> TractResult<_> {
			Ok(Arc::new(ByteWeights::new([&of[0], &of[1], &of[2]], direction, rows, columns)?))
		};
		packed.push([weights(&of_input, width)?, weights(&of_state, columns / layer.cell.gates())?]);
	}
	Ok(Some(Recurrent { packed, ..layer.clone() }))
}

/// Replaces a layer of ours.
pub fn rule(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	let Some(layer) = node.op_as::<Own>().and_then(|own| own.is::<Recurrent>()) else { return Ok(None) };
	if let Some(prepared) = of_bytes(model, node, layer)? {
		return TypedModelPatch::replace_single_op(model, node, &node.inputs, Own(Arc::new(prepared))).map(Some);
	}
	if !layer.is_usual() {
		return Ok(None);
	}
	let outputs = node.outputs.iter().map(|output| shape(&output.fact));
	let (Some(shapes), Some(given)) = (outputs.collect(), Given::of(model, node, layer)?) else { return Ok(None) };
	let mut patch = TypedModelPatch::default();
	let mut taps = tvec!(patch.tap_model(model, node.inputs[0])?);
	let mut tap = |input: Option<usize>| -> TractResult<Option<usize>> {
		let Some(input) = input else { return Ok(None) };
		taps.push(patch.tap_model(model, node.inputs[input])?);
		Ok(Some(taps.len() - 1))
	};
	let op = Layer {
		cell: layer.cell,
		outputs: layer.outputs.clone(),
		shapes,
		steps: given.steps,
		batch: given.batch,
		width: given.width,
		length: given.length,
		weights: tensor1(&pack(&given.input_weights, given.width)).into_arc_tensor(),
		directions: given.directions(layer)?,
		state: tap(layer.initial_state)?,
		cells: tap(layer.initial_cell)?,
	};
	let wires = patch.wire_node(&*node.name, Own(Arc::new(op)), &taps)?;
	for (slot, wire) in wires.into_iter().enumerate() {
		patch.shunt_outside(model, OutletId::new(node.id, slot), wire)?;
	}
	Ok(Some(patch))
}
