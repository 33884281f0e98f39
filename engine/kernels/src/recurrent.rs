//! The steps of an LSTM or a GRU, after the product of its inputs and their weights.
//!
//! The sum of a gate is one chain: over the inputs, which is the product as it is given, and on over the state; then the bias is added. With
//! the gates i, o, f, g of an LSTM: `c = fma(sigmoid(f), c, sigmoid(i) * tanh(g))`, `h = sigmoid(o) * tanh(c)`. With the gates z, r, n of
//! a GRU: `n = tanh(n)`, `h = fma(sigmoid(z), h - n, n)`. Its n goes on over `sigmoid(r) * h`; with [`LINEAR`] the chain over the state is
//! one of its own, from +0, a bias of its own is added, and `n = tanh(fma(sigmoid(r), that, product + bias))`.
//!
//! - Operands: 0 is the output, `[step][row][state]`, behind which an LSTM leaves `[row][cell]`; 1 the product of the inputs with strides of
//!   (step, row, 1); 2 the weights of the state, packed as a product's B: of all gates, or of a GRU's first two and then of the third;
//!   3 four biases, of which a GRU's last is that of [`LINEAR`]; 4 the state before, `[row][state]`; 5 the cells before.
//! - Dims: steps, rows, length of the state, and the gates' columns: four times as many, or three.
//! - Flags: [`GRU`], [`LINEAR`], [`BACKWARDS`].
//! - Scratch: [`scratch`].

use crate::{
	descriptor::Descriptor,
	gemm::{packed, Finish, Packed, Product},
	lanes::{Lanes, WIDTH},
	math,
	memory::{self, Memory},
	rows::{in_sixteens, load, store},
	Refused,
};

/// It is a GRU.
pub const GRU: u32 = 1;
/// A GRU's reset comes after the product of the state.
pub const LINEAR: u32 = 1 << 1;
/// The last step comes first.
pub const BACKWARDS: u32 = 1 << 2;

/// Biases, each as long as the state.
pub const BIASES: u32 = 4;

/// The kind of cell that the gates make.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
	Lstm,
	Gru,
	LinearGru,
}

/// Numbers of scratch memory.
pub fn scratch(rows: u32, length: u32, columns: u32) -> u64 {
	u64::from(rows) * (u64::from(length) + u64::from(columns))
}

/// Numbers of the packed weights.
pub fn weights(length: u32, columns: u32) -> u64 {
	let (length, columns) = (u64::from(length), u64::from(columns));
	if columns == 4 * length {
		packed(columns, length)
	} else {
		packed(2 * length, length) + packed(length, length)
	}
}

/// Checked steps.
pub struct Recurrent {
	steps: usize,
	rows: usize,
	length: usize,
	columns: usize,
	cell: Cell,
	backwards: bool,
	output: *mut f32,
	products: *const f32,
	product_strides: [usize; 2],
	weights: *const f32,
	bias: *const f32,
	state: *const f32,
	cells: *const f32,
	scratch: *mut f32,
}

impl Recurrent {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Recurrent, Refused> {
		memory::unused(d, 6, 4, 0, GRU | LINEAR | BACKWARDS)?;
		let [steps, rows, length, columns, ..] = d.dims;
		let cell = match d.flags & (GRU | LINEAR) {
			0 => Cell::Lstm,
			GRU => Cell::Gru,
			LINEAR => return Err(Refused("an LSTM with a reset")),
			_ => Cell::LinearGru,
		};
		let gates = if cell == Cell::Lstm { 4 } else { 3 };
		if [steps, rows, length].contains(&0) || u64::from(columns) != gates * u64::from(length) {
			return Err(Refused("a layer of nothing, or of other gates"));
		}
		memory::work(&[steps, rows, length, columns])?;
		let small = |number: u64| u32::try_from(number).map_err(|_| Refused("a layer beyond the memory"));
		let stride = |number: u64| i32::try_from(number).map_err(|_| Refused("a layer beyond the memory"));
		let (each, row) = (stride(memory::work(&[rows, length])?)?, stride(length.into())?);
		let blocks = if cell == Cell::Lstm { small(u64::from(steps) + 1)? } else { steps };
		let [output, products, weights_of, bias, state, cells] = &d.operands;
		let [step, product_row, beside, _] = products.strides;
		if beside != 1 {
			return Err(Refused("products whose columns do not lie side by side"));
		}
		let output_at = memory.floats(output, &[blocks, rows, length], &[each, row, 1])?;
		let products_at = memory.floats(products, &[steps, rows, columns], &[step, product_row, 1])?;
		let weights_at = memory.floats(weights_of, &[small(weights(length, columns))?], &[1])?;
		let bias_at = memory.floats(bias, &[BIASES, length], &[row, 1])?;
		let state_at = memory.floats(state, &[rows, length], &[row, 1])?;
		let cells_at = match cell {
			Cell::Lstm => memory.floats(cells, &[rows, length], &[row, 1])?,
			Cell::Gru | Cell::LinearGru if *cells == Default::default() => core::ptr::null_mut(),
			Cell::Gru | Cell::LinearGru => return Err(Refused("a GRU with cells")),
		};
		let scratch = memory.scratch(d, scratch(rows, length, columns))?;
		memory::apart(d, 0, false)?;
		Ok(Recurrent {
			steps: steps as usize,
			rows: rows as usize,
			length: length as usize,
			columns: columns as usize,
			cell,
			backwards: d.flags & BACKWARDS != 0,
			output: output_at,
			products: products_at,
			product_strides: [step as usize, product_row as usize],
			weights: weights_at,
			bias: bias_at,
			state: state_at,
			cells: cells_at,
			scratch,
		})
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		let each = self.rows * self.length;
		let cells = self.output.wrapping_add(self.steps * each);
		let mut before = self.state;
		// SAFETY: `check` has found all of it to be there.
		unsafe {
			if self.cell == Cell::Lstm {
				cells.copy_from_nonoverlapping(self.cells, each);
			}
			for step in 0..self.steps {
				let time = if self.backwards { self.steps - 1 - step } else { step };
				let from = self.products.add(time * self.product_strides[0]);
				for row in 0..self.rows {
					let to = self.scratch.add(row * self.columns);
					to.copy_from_nonoverlapping(from.add(row * self.product_strides[1]), self.columns);
				}
				let to = self.output.add(time * each);
				match self.cell {
					Cell::Lstm => self.lstm::<L>(before, cells, to),
					Cell::Gru => self.gru::<L>(before, to),
					Cell::LinearGru => self.linear_gru::<L>(before, to),
				}
				before = to;
			}
		}
	}

	/// Multiplies rows of states by the weights from panel `first` on, which are of so many columns; the chains go on from what is there,
	/// or from +0.
	///
	/// # Safety
	/// All of it is there.
	#[inline(always)]
	unsafe fn multiply<L: Lanes>(
		&self,
		a: *const f32,
		first: usize,
		columns: usize,
		c: *mut f32,
		c_row: usize,
		goes_on: bool,
	) {
		let product = Product {
			rows: self.rows,
			columns,
			steps: self.length,
			a,
			a_row: self.length,
			a_step: 1,
			c,
			c_row,
			goes_on,
			finish: Finish::none(),
			after: None,
		};
		let b = self.weights.wrapping_add(first * self.length * WIDTH);
		// SAFETY: the caller's promise.
		unsafe { product.run::<L, _>(&Packed { b, steps: self.length }) }
	}

	/// A gate's sums of a row, with its bias.
	///
	/// # Safety
	/// They are there.
	#[inline(always)]
	unsafe fn gate<L: Lanes>(&self, row: usize, gate: usize, at: usize, count: usize) -> L {
		// SAFETY: the caller's promise.
		unsafe {
			let sums = load::<L>(self.scratch.add(row * self.columns + gate * self.length + at), count);
			sums.add(load(self.bias.add(gate * self.length + at), count))
		}
	}

	/// # Safety
	/// The scratch memory has the products; states and cells are there.
	#[inline(always)]
	unsafe fn lstm<L: Lanes>(&self, before: *const f32, cells: *mut f32, to: *mut f32) {
		// SAFETY: the caller's promise.
		unsafe {
			self.multiply::<L>(before, 0, self.columns, self.scratch, self.columns, true);
			for row in 0..self.rows {
				let (cells, to) = (cells.add(row * self.length), to.add(row * self.length));
				in_sixteens!(self.length, |at, count| {
					let taken = math::sigmoid(self.gate::<L>(row, 0, at, count));
					let kept = math::sigmoid(self.gate::<L>(row, 2, at, count));
					let new = math::tanh(self.gate::<L>(row, 3, at, count));
					let cell = kept.fma(load(cells.add(at), count), taken.mul(new)).canonical();
					store(cell, cells.add(at), count);
					let shown = math::sigmoid(self.gate::<L>(row, 1, at, count));
					store(shown.mul(math::tanh(cell)).canonical(), to.add(at), count);
				});
			}
		}
	}

	/// The place of a row that is neither products nor states.
	#[inline(always)]
	fn aside(&self) -> *mut f32 {
		self.scratch.wrapping_add(self.rows * self.columns)
	}

	/// # Safety
	/// The conditions of [`Recurrent::lstm`].
	#[inline(always)]
	unsafe fn gru<L: Lanes>(&self, before: *const f32, to: *mut f32) {
		let (both, last) = (2 * self.length, self.scratch.wrapping_add(2 * self.length));
		// SAFETY: the caller's promise.
		unsafe {
			self.multiply::<L>(before, 0, both, self.scratch, self.columns, true);
			for row in 0..self.rows {
				let place = row * self.length;
				in_sixteens!(self.length, |at, count| {
					let reset = math::sigmoid(self.gate::<L>(row, 1, at, count));
					let rest = reset.mul(load(before.add(place + at), count));
					store(rest.canonical(), self.aside().add(place + at), count);
				});
			}
			self.multiply::<L>(self.aside(), both.div_ceil(WIDTH), self.length, last, self.columns, true);
			for row in 0..self.rows {
				let place = row * self.length;
				in_sixteens!(self.length, |at, count| {
					let new = math::tanh(self.gate::<L>(row, 2, at, count));
					self.update(row, at, count, new, before.add(place), to.add(place));
				});
			}
		}
	}

	/// # Safety
	/// The conditions of [`Recurrent::lstm`].
	#[inline(always)]
	unsafe fn linear_gru<L: Lanes>(&self, before: *const f32, to: *mut f32) {
		let both = 2 * self.length;
		// SAFETY: the caller's promise.
		unsafe {
			self.multiply::<L>(before, 0, both, self.scratch, self.columns, true);
			self.multiply::<L>(before, both.div_ceil(WIDTH), self.length, self.aside(), self.length, false);
			for row in 0..self.rows {
				let place = row * self.length;
				in_sixteens!(self.length, |at, count| {
					let reset = math::sigmoid(self.gate::<L>(row, 1, at, count));
					let of_state = load::<L>(self.aside().add(place + at), count);
					let of_state = of_state.add(load(self.bias.add(3 * self.length + at), count));
					let new = math::tanh(reset.fma(of_state, self.gate(row, 2, at, count)));
					self.update(row, at, count, new, before.add(place), to.add(place));
				});
			}
		}
	}

	/// The next state of a GRU's row.
	///
	/// # Safety
	/// The conditions of [`Recurrent::lstm`].
	#[inline(always)]
	unsafe fn update<L: Lanes>(&self, row: usize, at: usize, count: usize, new: L, before: *const f32, to: *mut f32) {
		// SAFETY: the caller's promise.
		unsafe {
			let kept = math::sigmoid(self.gate::<L>(row, 0, at, count));
			let next = kept.fma(load::<L>(before.add(at), count).sub(new), new);
			store(next.canonical(), to.add(at), count);
		}
	}
}
