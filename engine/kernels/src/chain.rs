//! Element-wise operations, up to sixteen one after the other, with broadcasting.
//!
//! - Operands: 0 is the output; 1 to 4 are the inputs, as many as there are; 5 is the program, eight bytes a step. Output and inputs
//!   have strides along the four dims; the output's last is 1.
//! - Dims: four, the last one innermost; then the number of steps.
//! - An input may be the output's range exactly, with its strides.
//! - Scratch: [`SCRATCH`].
//!
//! A step is four bytes, operation and three sources, and a number. Sources below 4 are inputs, 4 and above are the results of earlier
//! steps, and [`CONSTANT`] is the step's own number. The last step's result is the output.

use crate::{
	descriptor::{Descriptor, Operand},
	lanes::{Lanes, WIDTH},
	math,
	memory::{self, Memory},
	Refused,
};

/// Most steps of a program.
pub const STEPS: usize = 16;
/// Most inputs.
pub const INPUTS: usize = 4;
/// The source that is the step's own number.
pub const CONSTANT: u8 = 255;
/// Bytes of a step.
pub const STEP_BYTES: usize = 8;

/// Elements that a program is run over at a time: all its results stay in the first cache.
const BLOCK: usize = 256;

/// Rows and columns of a block whose input lies across.
const SQUARE: usize = 16;

/// Numbers of scratch memory.
pub const SCRATCH: u64 = (BLOCK * (STEPS + INPUTS + 1)) as u64;

macro_rules! operations {
	($($number:literal $name:ident $sources:literal $text:literal,)*) => {
		/// The operation of a step.
		#[derive(Clone, Copy, PartialEq, Eq, Debug)]
		#[repr(u8)]
		pub enum Operation {
			$(#[doc = $text] $name = $number,)*
		}

		/// Every operation.
		pub const OPERATIONS: &[Operation] = &[$(Operation::$name,)*];

		impl Operation {
			/// The operation of a number.
			pub fn from_number(number: u8) -> Option<Self> {
				match number {
					$($number => Some(Operation::$name),)*
					_ => None,
				}
			}

			/// Number of sources that the operation has.
			pub fn sources(self) -> usize {
				match self {
					$(Operation::$name => $sources,)*
				}
			}
		}
	};
}

operations! {
	0 Add 2 "`a + b`.",
	1 Sub 2 "`a - b`.",
	2 Mul 2 "`a * b`.",
	3 Div 2 "`a / b`.",
	4 Min 2 "`a < b ? a : b`, and NaN if one is.",
	5 Max 2 "`a > b ? a : b`, and NaN if one is.",
	6 Sqrt 1 "Square root.",
	7 Floor 1 "The largest integer that is not above.",
	8 Ceil 1 "The smallest integer that is not below.",
	9 Rint 1 "The nearest integer, ties to even.",
	10 Abs 1 "Without the sign.",
	11 Neg 1 "With the other sign.",
	12 Exp 1 "`e^a`.",
	13 Sigmoid 1 "`1 / (1 + e^-a)`.",
	14 Silu 1 "`a / (1 + e^-a)`.",
	15 Tanh 1 "Hyperbolic tangent.",
	16 Erf 1 "Error function.",
	17 Gelu 1 "`a / 2 * (1 + erf(a / sqrt(2)))`.",
	18 AtLeast 2 "`a < b ? b : a`: a NaN of a stays.",
	19 AtMost 2 "`a > b ? b : a`: a NaN of a stays.",
	20 LeakyRelu 2 "`a < 0 ? a * b : a`.",
	22 Copy 1 "`a`.",
	21 HardSwish 1 "`a * clamp(a / 6 + 1 / 2, 0, 1)`, as `a * (1 / 6) + 0.5` rounded twice.",
}

/// A step of a program.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
	/// The operation.
	pub operation: Operation,
	/// The operation's sources; places beyond their number are 0.
	pub sources: [u8; 3],
	/// Its own number.
	pub constant: f32,
}

impl Step {
	/// The step as it lies in memory.
	pub fn to_bytes(self) -> [u8; STEP_BYTES] {
		let [a, b, c] = self.sources;
		let [d, e, f, g] = self.constant.to_bits().to_le_bytes();
		[self.operation as u8, a, b, c, d, e, f, g]
	}
}

/// A checked program.
#[derive(Clone, Copy)]
pub(crate) struct Program {
	steps: [Step; STEPS],
	count: usize,
	/// Inputs that it reads.
	read: [bool; INPUTS],
}

impl Program {
	/// Reads a program of so many steps.
	pub(crate) fn check(operand: &Operand, count: usize, memory: &Memory) -> Result<Program, Refused> {
		if count == 0 || count > STEPS {
			return Err(Refused("a program without steps, or with too many"));
		}
		let program = memory.bytes(operand, count * STEP_BYTES)?;
		let nothing = Step { operation: Operation::Add, sources: [0; 3], constant: 0.0 };
		let mut steps = [nothing; STEPS];
		let mut read = [false; INPUTS];
		for (index, step) in steps.iter_mut().enumerate().take(count) {
			// SAFETY: the program has so many steps.
			let bytes = unsafe { program.add(index * STEP_BYTES).cast::<[u8; STEP_BYTES]>().read_unaligned() };
			let [number, a, b, c, constant @ ..] = bytes;
			let operation = Operation::from_number(number).ok_or(Refused("an operation that there is not"))?;
			let sources = [a, b, c];
			for (place, source) in sources.iter().enumerate() {
				let source = usize::from(*source);
				let fits = source < INPUTS + index || source == usize::from(CONSTANT);
				if place < operation.sources() && !fits || place >= operation.sources() && source != 0 {
					return Err(Refused("a step with a source that there is not"));
				}
				if place < operation.sources() && source < INPUTS {
					read[source] = true;
				}
			}
			*step = Step { operation, sources, constant: f32::from_le_bytes(constant) };
		}
		Ok(Program { steps, count, read })
	}
}

/// A program over a few elements, [`BLOCK`] at most. All pointers are to what [`crate::Checked`] has found to be there.
pub struct Run<'a> {
	program: &'a Program,
	/// The inputs. Only those that the program reads have to be there.
	inputs: [*const f32; INPUTS],
	/// May be the place of an input.
	output: *mut f32,
	count: usize,
	/// [`SCRATCH`] numbers.
	scratch: *mut f32,
}

/// Runs a program.
///
/// # Safety
/// The run's pointers lead to its elements.
#[inline(always)]
pub unsafe fn run<L: Lanes>(run: &Run) {
	let mut values = [core::ptr::null::<f32>(); INPUTS + STEPS];
	values[..INPUTS].copy_from_slice(&run.inputs);
	for (at, step) in run.program.steps.iter().enumerate().take(run.program.count) {
		let last = at + 1 == run.program.count;
		let to = if last { run.output } else { buffer(run.scratch, INPUTS + at) };
		// SAFETY: values and place are whole blocks, or have `count` elements.
		unsafe {
			let a = source::<L>(step, 0, &values, run.scratch);
			let b = source::<L>(step, 1, &values, run.scratch);
			apply::<L>(step, a, b, to, run.count);
		}
		values[INPUTS + at] = to;
	}
}

/// The place of a block in the scratch memory.
fn buffer(scratch: *mut f32, index: usize) -> *mut f32 {
	scratch.wrapping_add(index * BLOCK)
}

/// A source of a step, and the stride of its elements: 0 for a vector of the step's own number.
#[inline(always)]
unsafe fn source<L: Lanes>(
	step: &Step,
	place: usize,
	values: &[*const f32; INPUTS + STEPS],
	scratch: *mut f32,
) -> (*const f32, usize) {
	let source = step.sources[place];
	if source != CONSTANT {
		return (values[usize::from(source)], 1);
	}
	let to = buffer(scratch, INPUTS + STEPS);
	// SAFETY: the scratch memory has a place for it.
	unsafe { L::splat(step.constant).store(to) };
	(to, 0)
}

/// A program that is run over the results of another kernel, its only input, while they are in a cache. A back end takes a block of them at a
/// time, with a buffer of its own, so the descriptor has no scratch memory for it.
#[derive(Clone, Copy)]
pub(crate) struct After(Program);

impl After {
	/// Reads the program of a descriptor's last operand.
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<After, Refused> {
		let operand = &d.operands[5];
		let program = Program::check(operand, operand.bytes as usize / STEP_BYTES, memory)?;
		if program.read != [true, false, false, false] {
			return Err(Refused("a program that reads something else than the results"));
		}
		Ok(After(program))
	}

	/// Runs it over `count` results.
	///
	/// # Safety
	/// They are there.
	#[inline(always)]
	pub(crate) unsafe fn run<L: Lanes>(&self, results: *mut f32, count: usize) {
		let mut room = core::mem::MaybeUninit::<[f32; SCRATCH as usize]>::uninit();
		for start in (0..count).step_by(BLOCK) {
			// SAFETY: the caller's promise.
			unsafe {
				let some = results.add(start);
				let nothing = core::ptr::null();
				L::program(&Run {
					program: &self.0,
					inputs: [some.cast_const(), nothing, nothing, nothing],
					output: some,
					count: BLOCK.min(count - start),
					scratch: room.as_mut_ptr().cast(),
				});
			}
		}
	}
}

/// A checked program over checked tensors.
#[derive(Clone, Copy)]
pub struct Chain {
	program: Program,
	dims: [usize; 4],
	output: *mut f32,
	output_strides: [usize; 4],
	inputs: [*const f32; INPUTS],
	input_strides: [[usize; 4]; INPUTS],
	scratch: *mut f32,
}

impl Chain {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Chain, Refused> {
		memory::unused(d, 6, 5, 0, 0)?;
		let dims = [d.dims[0], d.dims[1], d.dims[2], d.dims[3]];
		let count = d.dims[4] as usize;
		memory::work(&dims)?;
		let program = Program::check(&d.operands[5], count, memory)?;
		let [output, inputs @ .., _] = &d.operands;
		if output.strides[3] != 1 {
			return Err(Refused("an output whose innermost dimension is not side by side"));
		}
		let output_at = memory.floats(output, &dims, &output.strides)?;
		memory::distinct(&dims, &output.strides)?;
		let mut inputs_at = [core::ptr::null(); INPUTS];
		let mut input_strides = [[0; 4]; INPUTS];
		for (index, input) in inputs.iter().enumerate() {
			if !program.read[index] {
				continue;
			}
			let in_place = input.at == output.at && input.bytes == output.bytes;
			if in_place && input.strides != output.strides {
				return Err(Refused("an output in the place of an input that is walked otherwise"));
			}
			inputs_at[index] = memory.floats(input, &dims, &input.strides)?;
			input_strides[index] = input.strides.map(|stride| stride as usize);
		}
		let scratch = memory.scratch(d, SCRATCH)?;
		memory::apart(d, 0, true)?;
		Ok(Chain {
			program,
			dims: dims.map(|dim| dim as usize),
			output: output_at,
			output_strides: output.strides.map(|stride| stride as usize),
			inputs: inputs_at,
			input_strides,
			scratch,
		})
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		let [first, second, third, length] = self.dims;
		if self.dims.contains(&0) {
			return;
		}
		// A program takes as long for a few elements as for some more, and an input that lies across is read in squares: each of its
		// lines of a cache once.
		let is_across = |strides: &[usize; 4]| strides[2] != 0 && strides[2] < strides[3];
		let mut read = self.input_strides.iter().zip(self.program.read).filter(|(_, read)| *read);
		let width = if read.any(|(strides, _)| is_across(strides)) { SQUARE } else { BLOCK }.min(length);
		let rows = (BLOCK / width).clamp(1, third);
		for outer in 0..first * second {
			let index = [outer / second, outer % second];
			for row in (0..third).step_by(rows) {
				let rows = rows.min(third - row);
				let place = |strides: &[usize; 4]| index[0] * strides[0] + index[1] * strides[1] + row * strides[2];
				for start in (0..length).step_by(width) {
					let is_first = row == 0 || width < length;
					let block = Block { rows, length: width.min(length - start), is_first };
					// SAFETY: `check` has found inputs and output to be there.
					unsafe { self.block::<L>(&block, |strides| place(strides) + start * strides[3]) }
				}
			}
		}
	}

	/// Computes a block: of one row, or of some whole ones. `place` says where it begins, by a tensor's strides.
	///
	/// # Safety
	/// It is there.
	#[inline(always)]
	unsafe fn block<L: Lanes>(&self, block: &Block, place: impl Fn(&[usize; 4]) -> usize) {
		let mut inputs = [core::ptr::null(); INPUTS];
		for (input, value) in inputs.iter_mut().enumerate().filter(|(input, _)| self.program.read[*input]) {
			let strides = &self.input_strides[input];
			let from = self.inputs[input].wrapping_add(place(strides));
			let [_, _, row, column] = *strides;
			let buffer = buffer(self.scratch, input);
			// SAFETY: the caller's promise; a buffer has room for a block.
			*value = unsafe {
				if block.is_as_it_lies(row, column) {
					from
				} else {
					// A row that is the same for all is in its buffer since the first block.
					if row != 0 || block.rows == 1 || block.is_first {
						block.gather::<L>(from, row, column, buffer);
					}
					buffer
				}
			};
		}
		let output = self.output.wrapping_add(place(&self.output_strides));
		let row = self.output_strides[2];
		let direct = block.is_as_it_lies(row, 1);
		// The last step has no other use for its buffer.
		let to = if direct { output } else { buffer(self.scratch, INPUTS + self.program.count - 1) };
		let count = block.rows * block.length;
		// SAFETY: the caller's promise; inputs are as they lie, or in buffers.
		unsafe {
			L::program(&Run { program: &self.program, inputs, output: to, count, scratch: self.scratch });
			if !direct {
				for index in 0..block.rows {
					let from = to.add(index * block.length);
					from.copy_to_nonoverlapping(output.add(index * row), block.length);
				}
			}
		}
	}
}

/// Elements that a program is run over at a time: [`BLOCK`] at most.
struct Block {
	rows: usize,
	length: usize,
	/// No block of the same columns came before it.
	is_first: bool,
}

impl Block {
	/// True if the elements of a tensor with these distances of rows and columns lie side by side, in the block's order.
	#[inline(always)]
	fn is_as_it_lies(&self, row: usize, column: usize) -> bool {
		(column == 1 || self.length == 1) && (row == self.length || self.rows == 1)
	}

	/// Copies the block of a tensor to a buffer.
	///
	/// # Safety
	/// It is there, and there is room.
	#[inline(always)]
	unsafe fn gather<L: Lanes>(&self, from: *const f32, row: usize, column: usize, to: *mut f32) {
		// SAFETY: the caller's promise.
		unsafe {
			if self.rows == 1 && column == 0 {
				let value = L::splat(*from);
				(0..self.length).step_by(WIDTH).for_each(|at| value.store(to.add(at)));
			} else if row < column {
				// Along the shorter distance first.
				for at in 0..self.length {
					for index in 0..self.rows {
						*to.add(index * self.length + at) = *from.add(index * row + at * column);
					}
				}
			} else {
				for index in 0..self.rows {
					let (from, to) = (from.add(index * row), to.add(index * self.length));
					if column == 1 {
						to.copy_from_nonoverlapping(from, self.length);
					} else {
						(0..self.length).for_each(|at| *to.add(at) = *from.add(at * column));
					}
				}
			}
		}
	}
}

#[cfg(not(target_arch = "wasm32"))]
impl crate::parts::Divide for Chain {
	fn steps(&self) -> usize {
		self.dims.iter().product::<usize>().saturating_mul(self.program.count)
	}

	fn axes(&self) -> Vec<crate::parts::Axis> {
		use crate::parts::Axis;
		let [first, second, third, length] = self.dims;
		let outer = [first, second, third].map(Axis::anywhere);
		outer.into_iter().chain([Axis { length, grain: BLOCK }]).collect()
	}

	fn part(&self, axis: usize, first: usize, count: usize) -> Self {
		let mut part = *self;
		part.dims[axis] = count;
		part.output = self.output.wrapping_add(first * self.output_strides[axis]);
		for (input, strides) in part.inputs.iter_mut().zip(&self.input_strides) {
			*input = input.wrapping_add(first * strides[axis]);
		}
		part
	}

	fn scratch(&mut self) -> Option<&mut *mut f32> {
		Some(&mut self.scratch)
	}
}

/// Does one step over `count` elements. Sources are a pointer and the stride of vectors: 0 for one and the same.
#[inline(always)]
unsafe fn apply<L: Lanes>(step: &Step, a: (*const f32, usize), b: (*const f32, usize), to: *mut f32, count: usize) {
	macro_rules! over {
		(|$x:ident| $value:expr) => {
			over!(|$x, _y| $value, false)
		};
		(|$x:ident, $y:ident| $value:expr) => {
			over!(|$x, $y| $value, true)
		};
		(|$x:ident, $y:ident| $value:expr, $both:literal) => {{
			let mut at = 0;
			// SAFETY: the caller's promise.
			unsafe {
				while at + WIDTH <= count {
					let $x = L::load(a.0.add(at * a.1));
					let $y = if $both { L::load(b.0.add(at * b.1)) } else { $x };
					let value: L = $value;
					value.canonical().store(to.add(at));
					at += WIDTH;
				}
				if at < count {
					let rest = count - at;
					let $x = L::load_part(a.0.add(at * a.1), rest);
					let $y = if $both { L::load_part(b.0.add(at * b.1), rest) } else { $x };
					let value: L = $value;
					value.canonical().store_part(to.add(at), rest);
				}
			}
		}};
	}
	let zero = L::zero();
	match step.operation {
		Operation::Copy => over!(|x| x),
		Operation::Add => over!(|x, y| x.add(y)),
		Operation::Sub => over!(|x, y| x.sub(y)),
		Operation::Mul => over!(|x, y| x.mul(y)),
		Operation::Div => over!(|x, y| x.div(y)),
		Operation::Min => over!(|x, y| nan_of(x.min(y), x, y)),
		Operation::Max => over!(|x, y| nan_of(x.max(y), x, y)),
		Operation::Sqrt => over!(|x| x.sqrt()),
		Operation::Floor => over!(|x| x.floor()),
		Operation::Ceil => over!(|x| x.ceil()),
		Operation::Rint => over!(|x| x.rint()),
		Operation::Abs => over!(|x| x.abs()),
		Operation::Neg => over!(|x| x.neg()),
		Operation::Exp => over!(|x| math::exp(x)),
		Operation::Sigmoid => over!(|x| math::sigmoid(x)),
		Operation::Silu => over!(|x| math::silu(x)),
		Operation::Tanh => over!(|x| math::tanh(x)),
		Operation::Erf => over!(|x| math::erf(x)),
		Operation::Gelu => over!(|x| math::gelu(x)),
		Operation::AtLeast => over!(|x, y| L::select(x.lt(y), y, x)),
		Operation::AtMost => over!(|x, y| L::select(y.lt(x), y, x)),
		Operation::LeakyRelu => over!(|x, y| L::select(x.lt(zero), x.mul(y), x)),
		Operation::HardSwish => over!(|x| {
			let sixth = x.mul(L::splat(1.0 / 6.0)).add(L::splat(0.5));
			x.mul(sixth.clamp(zero, L::splat(1.0)))
		}),
	}
}

/// The value, or a NaN where one of its sources is one.
#[inline(always)]
fn nan_of<L: Lanes>(value: L, x: L, y: L) -> L {
	let value = L::select(x.eq(x), value, x);
	L::select(y.eq(y), value, y)
}
