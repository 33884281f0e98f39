//! Small pieces of work made from a number: for the self-test of a host, and for fuzzing.
//!
//! Shapes are small and odd, so that tails of vectors and tiles are met; data holds NaNs, infinities, subnormals and zeros of both signs.
//!
//! `kernels.golden` has digests of what every machine finds of them.

use crate::{
	chain::{Operation, Step, CONSTANT, INPUTS, OPERATIONS, SCRATCH, STEPS, STEP_BYTES},
	conv::{self, INSIDE, LARGEST},
	gemm::{self, AFTER, CLAMP, COLUMN_BIAS, PACKED, RESIDUAL, ROW_BIAS, SCALE},
	recurrent::{self, BACKWARDS, BIASES, GRU, LINEAR},
	rows::{AFFINE, MAXIMUM, MINIMUM, SQUARES},
	sweep::{self, BLOCK, KEYS, OUTPUT},
	Descriptor, Kernel, Operand, Scratch, DESCRIPTOR_BYTES, VERSION,
};

/// Values that a word of a hostile descriptor has.
const HOSTILE: [u32; 12] =
	[0, 1, 2, 3, 17, 255, 0x1_0000, 0x4000_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff];

/// The digest in `kernels.golden` of so many of something, if it has one.
pub fn golden(name: &str, count: u64) -> Option<&'static str> {
	let lines = include_str!("../kernels.golden").lines();
	let mut words = lines.map(|line| line.split(' '));
	words.find_map(|mut words| {
		let found = words.next() == Some(name) && words.next()?.parse() == Ok(count);
		found.then(|| words.next())?
	})
}

/// A descriptor, and the memory that it speaks of.
#[derive(Clone, Debug)]
pub struct Case {
	/// The descriptor. Its addresses count from the start of the memory.
	pub descriptor: Descriptor,
	/// The memory.
	pub memory: Vec<u8>,
}

impl Case {
	/// A valid case of a kernel.
	pub fn new(kernel: Kernel, seed: u64) -> Case {
		let descriptor = Descriptor { kernel: kernel as u16, version: VERSION, ..Descriptor::default() };
		let mut maker = Maker { state: seed ^ (kernel as u64) << 48, hostile: false, descriptor, memory: vec![] };
		maker.hostile = maker.below(2) == 0;
		match kernel {
			Kernel::Gemm => maker.gemm(),
			Kernel::Conv => maker.conv(),
			Kernel::Pool => maker.pool(),
			Kernel::Chain => maker.chain(),
			Kernel::Softmax => maker.softmax(),
			Kernel::Norm => maker.norm(),
			Kernel::Sum => maker.sum(),
			Kernel::Sweep => maker.sweep(),
			Kernel::Recurrent => maker.recurrent(),
		}
		Case { descriptor: maker.descriptor, memory: maker.memory }
	}

	/// A function of one number, over numbers with these bits.
	pub fn function(operation: Operation, bits: impl ExactSizeIterator<Item = u32>) -> Case {
		let descriptor = Descriptor { kernel: Kernel::Chain as u16, version: VERSION, ..Descriptor::default() };
		let mut maker = Maker { state: 0, hostile: false, descriptor, memory: vec![] };
		let count = bits.len() as u32;
		let tensor = |at: u32| Operand { at, bytes: count * 4, strides: [0, 0, 0, 1] };
		let output = maker.align();
		maker.memory.resize(output as usize + count as usize * 4, 0);
		let input = maker.align();
		maker.memory.extend(bits.flat_map(u32::to_le_bytes));
		let at = maker.align();
		maker.memory.extend(Step { operation, sources: [0; 3], constant: 0.0 }.to_bytes());
		let program = Operand { at, bytes: STEP_BYTES as u32, strides: [0; 4] };
		let unused = Operand::default();
		maker.descriptor.operands = [tensor(output), tensor(input), unused, unused, unused, program];
		maker.descriptor.dims[..5].copy_from_slice(&[1, 1, 1, count, 1]);
		maker.scratch(SCRATCH);
		Case { descriptor: maker.descriptor, memory: maker.memory }
	}

	/// The case with one word of its descriptor made hostile.
	pub fn broken(mut self, seed: u64) -> Case {
		let mut bytes = self.descriptor.to_bytes();
		let mut maker = Maker { state: seed, hostile: false, descriptor: self.descriptor, memory: vec![] };
		let word = maker.below(DESCRIPTOR_BYTES as u64 / 4) as usize;
		let value = HOSTILE[maker.below(HOSTILE.len() as u64) as usize];
		bytes[word * 4..word * 4 + 4].copy_from_slice(&value.to_le_bytes());
		self.descriptor = Descriptor::from_bytes(&bytes);
		self
	}

	/// The descriptor with addresses that count from the start of a memory in which this case's begins at `base`.
	pub fn at(&self, base: u32) -> Descriptor {
		let mut descriptor = self.descriptor;
		for operand in &mut descriptor.operands {
			if *operand != Operand::default() {
				operand.at = operand.at.wrapping_add(base);
			}
		}
		descriptor.scratch.at = descriptor.scratch.at.wrapping_add(base);
		descriptor
	}
}

struct Maker {
	state: u64,
	hostile: bool,
	descriptor: Descriptor,
	memory: Vec<u8>,
}

impl Maker {
	/// The next number of splitmix64.
	fn next(&mut self) -> u64 {
		self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut bits = self.state;
		bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
		bits ^ bits >> 31
	}

	fn below(&mut self, limit: u64) -> u64 {
		self.next() % limit
	}

	fn from(&mut self, low: u32, high: u32) -> u32 {
		low + self.below(u64::from(high - low) + 1) as u32
	}

	/// A size that vectors and tiles end in the middle of, seldom nothing.
	fn size(&mut self) -> u32 {
		match self.below(24) {
			0 => 0,
			1..8 => self.from(1, 4),
			8..20 => self.from(1, 40),
			_ => self.from(40, 100),
		}
	}

	fn number(&mut self) -> f32 {
		let plain = (self.next() as i32 as f32) / (1u32 << 30) as f32;
		if !self.hostile {
			return plain;
		}
		match self.below(24) {
			0 => f32::NAN,
			1 => f32::from_bits(0xffc0_1234),
			2 => f32::INFINITY,
			3 => f32::NEG_INFINITY,
			4 => -0.0,
			5 => 0.0,
			6 => f32::from_bits(self.next() as u32 & 0x807f_ffff),
			7 | 8 => f32::from_bits(self.next() as u32),
			9 => plain * 100.0,
			_ => plain,
		}
	}

	fn floats(&mut self, numbers: u64, strides: [i32; 4]) -> Operand {
		let at = self.align();
		for _ in 0..numbers {
			let bits = self.number().to_bits();
			self.memory.extend(bits.to_le_bytes());
		}
		Operand { at, bytes: (numbers * 4) as u32, strides }
	}

	fn align(&mut self) -> u32 {
		// Something between the operands that nobody may write.
		let gap = 16 + 4 * self.below(5) as usize;
		self.memory.extend(std::iter::repeat_n(0xa5, gap));
		self.memory.resize(self.memory.len().next_multiple_of(4), 0xa5);
		self.memory.len() as u32
	}

	fn scratch(&mut self, numbers: u64) {
		let at = self.align();
		self.memory.resize(at as usize + numbers as usize * 4, 0);
		self.descriptor.scratch = Scratch { at, bytes: (numbers * 4) as u32 };
		self.align();
	}

	fn finish(&mut self, rows: u32, columns: u32, allowed: u32) {
		for flag in [SCALE, CLAMP] {
			if allowed & flag != 0 && self.below(3) == 0 {
				self.descriptor.flags |= flag;
			}
		}
		let side = [0, ROW_BIAS, COLUMN_BIAS][self.below(3) as usize] & allowed;
		self.descriptor.flags |= side;
		if side != 0 {
			let length = if side == ROW_BIAS { rows } else { columns };
			self.descriptor.operands[3] = self.floats(length.into(), [0; 4]);
		}
		let (a, b) = (self.number(), self.number());
		self.descriptor.parameters[..3].copy_from_slice(&[a.to_bits(), (-1.0f32).to_bits(), (b.abs() + 0.5).to_bits()]);
	}

	fn gemm(&mut self) {
		let (rows, columns) = (self.size(), self.size());
		let steps = if self.below(8) == 0 { self.from(380, 390) } else { self.size() };
		let (outer, inner) = (self.from(1, 2), self.from(1, 2));
		self.descriptor.dims[..5].copy_from_slice(&[rows, columns, steps, outer, inner]);
		// Each matrix with its rows or its columns inside, and some room between rows.
		let mut strides = |rows: u32, columns: u32, across: bool| {
			let (lines, length) = if across { (columns, rows) } else { (rows, columns) };
			let pitch = length + self.below(3) as u32;
			let each = lines * pitch;
			let (row, column) = if across { (1, pitch) } else { (pitch, 1) };
			([row, column, each * inner, each].map(|stride| stride as i32), u64::from(each * inner * outer))
		};
		let (a, a_numbers) = strides(rows, steps, rows % 2 == 1);
		let (b, b_numbers) = strides(steps, columns, steps % 2 == 1);
		let (c, c_numbers) = strides(rows, columns, false);
		self.descriptor.operands[0] = self.floats(a_numbers, a);
		self.descriptor.operands[2] = self.floats(c_numbers, c);
		self.after();
		if self.below(2) == 0 {
			self.descriptor.flags |= PACKED;
			let each = gemm::packed(columns.into(), steps.into());
			let strides = [0, 0, each as i32 * inner as i32, each as i32];
			self.descriptor.operands[1] = self.floats(each * u64::from(inner * outer), strides);
			self.scratch(0);
		} else {
			self.descriptor.operands[1] = self.floats(b_numbers, b);
			self.scratch(gemm::scratch(columns, steps));
		}
		self.finish(rows, columns, SCALE | CLAMP | ROW_BIAS | COLUMN_BIAS);
		if self.below(3) == 0 {
			self.descriptor.flags |= RESIDUAL;
			self.descriptor.operands[4] = self.floats(c_numbers, c);
		}
	}

	/// Image, output and windows for so many channels; says whether the channels lie inside, and how many pixels are written.
	fn windows(&mut self, groups: u32, written: u32, read: u32) -> (bool, u32, u32) {
		let images = self.from(1, 2);
		let inside = self.below(2) == 0;
		let mut axis = |longest: u32| {
			let (window, stride, dilation) = (self.from(1, 4), self.from(1, 3), self.from(1, 2));
			let before = self.below(u64::from(window)) as u32;
			let image = self.from(1, longest);
			let room = image + before + self.below(u64::from(window)) as u32;
			let output = room.saturating_sub((window - 1) * dilation).div_ceil(stride).max(1);
			[image, output, window, stride, dilation, before]
		};
		let (rows, columns) = (axis(9), axis(40));
		let pixels = rows[1] * columns[1];
		let sizes = (0..3).flat_map(|size| [rows[size], columns[size]]);
		for (place, size) in
			self.descriptor.dims.iter_mut().zip([images, groups, written, read].into_iter().chain(sizes))
		{
			*place = size;
		}
		for word in 3..6 {
			self.descriptor.parameters[word] = rows[word] | columns[word] << 16;
		}
		let (from, to) = (groups * read, groups * written);
		let image_pixels = rows[0] * columns[0];
		let (channel, row, column) = if inside { (1, columns[0] * from, from) } else { (image_pixels, columns[0], 1) };
		let strides = [from * image_pixels, channel, row, column].map(|stride| stride as i32);
		self.descriptor.operands[0] = self.floats(u64::from(images * from * image_pixels), strides);
		let (channel, pixel) = if inside { (1, to) } else { (pixels, 1) };
		let strides = [to * pixels, channel, pixel, 0].map(|stride| stride as i32);
		self.descriptor.operands[2] = self.floats(u64::from(images * to * pixels), strides);
		if inside {
			self.descriptor.flags |= INSIDE;
		}
		(inside, pixels, images)
	}

	fn conv(&mut self) {
		let (groups, written, read) = match self.below(4) {
			0 => (self.from(1, 20), 1, 1),
			1 => (self.from(1, 4), self.from(1, 3), self.from(1, 3)),
			_ => (1, self.from(1, 40), self.from(1, 20)),
		};
		let (inside, pixels, images) = self.windows(groups, written, read);
		let steps = self.descriptor.dims[8] * self.descriptor.dims[9] * read;
		let numbers = match (inside, read, written) {
			(true, 1, 1) => u64::from(steps * groups),
			(true, ..) => gemm::packed(written.into(), steps.into()) * u64::from(groups),
			(false, ..) => u64::from(steps * groups * written),
		};
		let row = if inside { 0 } else { steps as i32 };
		self.descriptor.operands[1] = self.floats(numbers, [row, 0, 0, 0]);
		let channels = groups * written;
		let side = if inside { COLUMN_BIAS } else { ROW_BIAS };
		self.finish(channels, channels, SCALE | CLAMP | side);
		if self.below(3) == 0 {
			self.descriptor.flags |= RESIDUAL;
			let strides = self.descriptor.operands[2].strides;
			self.descriptor.operands[4] = self.floats(u64::from(images * channels * pixels), strides);
		}
		self.after();
		let numbers = conv::scratch(&self.descriptor).unwrap_or(0);
		self.scratch(numbers);
	}

	fn pool(&mut self) {
		let groups = self.from(1, 20);
		self.windows(groups, 1, 1);
		self.descriptor.flags |= [LARGEST, SCALE, 0][self.below(3) as usize];
		self.descriptor.parameters[0] = 0.25f32.to_bits();
		let numbers = conv::scratch(&self.descriptor).unwrap_or(0);
		self.scratch(numbers);
	}

	fn chain(&mut self) {
		let dims = match self.below(3) {
			// Many rows.
			0 => [1, self.from(1, 2), self.from(5, 40), self.size()],
			_ => [self.from(1, 3), self.from(1, 3), self.from(1, 4), self.size() * 3],
		};
		self.descriptor.dims[..4].copy_from_slice(&dims);
		let count = self.from(1, STEPS as u32) as usize;
		self.descriptor.dims[4] = count as u32;
		let [_, second, third, length] = dims;
		let of_rows = |pitch: u32| [second * third * pitch, third * pitch, pitch, 1].map(|stride| stride as i32);
		let (whole, across) =
			(of_rows(length), [second * third * length, third * length, 1, third].map(|stride| stride as i32));
		let all: u64 = dims.iter().map(|dim| u64::from(*dim)).product();
		// The output's rows are sometimes apart.
		let pitch = length + if self.below(4) == 0 { self.from(1, 5) } else { 0 };
		self.descriptor.operands[0] =
			self.floats(u64::from(dims[0] * second * third) * u64::from(pitch), of_rows(pitch));
		let inputs = self.from(1, INPUTS as u32) as usize;
		for input in 1..=inputs {
			self.descriptor.operands[input] = match self.below(5) {
				0 => self.floats(length.max(1).into(), [0, 0, 0, 1]),
				1 => self.floats((third * second).into(), [0, third as i32, 1, 0]),
				2 if input == 1 => self.descriptor.operands[0],
				3 => self.floats(all, across),
				_ => self.floats(all, whole),
			};
		}
		self.descriptor.operands[5] = self.program(count, inputs);
		self.scratch(SCRATCH);
	}

	/// A program of so many steps that reads so many inputs, all or some of them.
	fn program(&mut self, count: usize, inputs: usize) -> Operand {
		let at = self.align();
		for step in 0..count {
			let operation = OPERATIONS[self.below(OPERATIONS.len() as u64) as usize];
			let mut sources = [0; 3];
			for source in sources.iter_mut().take(operation.sources()) {
				*source = match self.below(4) {
					0 => CONSTANT,
					1 => self.below(inputs as u64) as u8,
					_ if step > 0 => INPUTS as u8 + self.below(step as u64) as u8,
					_ => 0,
				};
			}
			let constant = self.number();
			self.memory.extend(Step { operation, sources, constant }.to_bytes());
		}
		Operand { at, bytes: (count * STEP_BYTES) as u32, strides: [0; 4] }
	}

	/// Sometimes a program over the results.
	fn after(&mut self) {
		if self.below(3) != 0 {
			return;
		}
		self.descriptor.flags |= AFTER;
		let count = self.from(1, 4) as usize;
		let program = self.program(count, 1);
		// The first step reads the results whatever the others read.
		let first = program.at as usize;
		self.memory[first..first + 2].copy_from_slice(&[Operation::HardSwish as u8, 0]);
		self.memory[first + 2..first + 4].fill(0);
		self.descriptor.operands[5] = program;
	}

	/// Output and input of the same rows, sometimes in one place.
	fn in_rows(&mut self) -> u32 {
		let (rows, length) = (self.from(1, 5), self.size());
		self.descriptor.dims[..2].copy_from_slice(&[rows, length]);
		self.descriptor.operands[0] = self.floats(u64::from(rows * length), [0; 4]);
		self.descriptor.operands[1] = match self.below(3) {
			0 => self.descriptor.operands[0],
			_ => self.floats(u64::from(rows * length), [0; 4]),
		};
		length
	}

	fn softmax(&mut self) {
		let (outer, length, inner) = (self.from(1, 4), self.size(), if self.below(2) == 0 { 1 } else { self.size() });
		self.descriptor.dims[..3].copy_from_slice(&[outer, length, inner]);
		let numbers = u64::from(outer * length * inner);
		self.descriptor.operands[0] = self.floats(numbers, [0; 4]);
		self.descriptor.operands[1] = match self.below(3) {
			0 => self.descriptor.operands[0],
			_ => self.floats(numbers, [0; 4]),
		};
		self.scratch(0);
	}

	fn norm(&mut self) {
		let length = self.in_rows();
		if self.below(2) == 0 {
			self.descriptor.flags |= AFFINE;
			self.descriptor.operands[2] = self.floats(length.into(), [0; 4]);
			self.descriptor.operands[3] = self.floats(length.into(), [0; 4]);
		}
		self.descriptor.parameters[0] = 1e-5f32.to_bits();
		self.scratch(0);
	}

	fn sum(&mut self) {
		let inner = if self.below(2) == 0 { 1 } else { self.size() };
		let (outer, length) = (self.from(1, 4), self.size());
		self.descriptor.dims[..3].copy_from_slice(&[outer, length, inner]);
		self.descriptor.operands[0] = self.floats(u64::from(outer * inner), [0; 4]);
		self.descriptor.operands[1] = self.floats(u64::from(outer * length * inner), [0; 4]);
		self.descriptor.flags |= [0, SQUARES, MAXIMUM, MINIMUM][self.below(4) as usize];
		self.descriptor.parameters[0] = self.number().to_bits();
		self.scratch(0);
	}

	fn sweep(&mut self) {
		let length = self.below(4 * BLOCK as u64) as usize;
		let numbers = length.div_ceil(4) as u64;
		let key = self.floats(KEYS as u64 / 4, [0; 4]);
		self.descriptor.operands[2] = key;
		self.descriptor.operands[1] = self.floats(numbers, [0; 4]);
		self.descriptor.operands[0] = self.floats(OUTPUT as u64 / 4, [0; 4]);
		let kind = self.below(4) as u32;
		self.descriptor.dims[..2].copy_from_slice(&[length as u32, kind]);
		self.scratch(sweep::scratch(length));
	}

	fn recurrent(&mut self) {
		let (steps, rows, length) = (self.from(1, 4), self.from(1, 3), self.from(1, 40));
		let flags = [0, GRU, GRU | LINEAR][self.below(3) as usize];
		let columns = length * if flags == 0 { 4 } else { 3 };
		self.descriptor.flags = flags | [0, BACKWARDS][self.below(2) as usize];
		self.descriptor.dims[..4].copy_from_slice(&[steps, rows, length, columns]);
		let states = u64::from(rows * length);
		let blocks = u64::from(steps) + u64::from(flags == 0);
		let pitch = columns + self.below(3) as u32;
		let products = [(pitch * rows) as i32, pitch as i32, 1, 0];
		self.descriptor.operands[0] = self.floats(blocks * states, [0; 4]);
		self.descriptor.operands[1] = self.floats(u64::from(pitch * rows * steps), products);
		self.descriptor.operands[2] = self.floats(recurrent::weights(length, columns), [0; 4]);
		self.descriptor.operands[3] = self.floats(u64::from(BIASES * length), [0; 4]);
		self.descriptor.operands[4] = self.floats(states, [0; 4]);
		if flags == 0 {
			self.descriptor.operands[5] = self.floats(states, [0; 4]);
		}
		self.scratch(recurrent::scratch(rows, length, columns));
	}
}
