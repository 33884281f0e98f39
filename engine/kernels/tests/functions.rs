//! Functions of one number: the bits of `kernels.golden` with each of this CPU's instructions, and close to the right ones.

mod common;

use assay_kernels::{
	cases::Case,
	chain::{Operation, OPERATIONS},
	Descriptor, Isa, Memory,
};
use common::{compare, is_long, isas};
use rayon::prelude::*;

/// Numbers at a time.
const COUNT: u64 = 1 << 16;

/// Distance of the numbers that every back end is tried with.
const STEP: u64 = 4099;

/// Memory for one function.
struct Bench {
	descriptor: Descriptor,
	words: Vec<u32>,
}

impl Bench {
	fn new(function: Operation) -> Bench {
		let case = Case::function(function, (0..COUNT as u32).map(|_| 0));
		let words = case.memory.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
		Bench { descriptor: case.descriptor, words }
	}

	/// The bits of the function of the numbers with the bits `first`, `first + step` and so on.
	fn run(&mut self, first: u64, step: u64, isa: Isa) -> &[u32] {
		let [output, input, ..] = self.descriptor.operands.map(|operand| operand.at as usize / 4);
		for (index, word) in self.words[input..][..COUNT as usize].iter_mut().enumerate() {
			*word = (first + index as u64 * step) as u32;
		}
		let case = Case { descriptor: self.descriptor, memory: vec![] };
		// SAFETY: the vector, which nothing else uses.
		let memory = unsafe { Memory::new(self.words.as_mut_ptr().cast(), self.words.len() * 4) };
		common::run(&case, memory, isa).unwrap();
		&self.words[output..][..COUNT as usize]
	}
}

/// Places of numbers that are computed together, of every `step`th number, and how many they are.
fn pieces(step: u64) -> impl Iterator<Item = (u64, usize)> {
	let numbers = (1u64 << 32).div_ceil(step);
	(0..numbers).step_by(COUNT as usize).map(move |first| (first * step, COUNT.min(numbers - first) as usize))
}

fn functions() -> impl Iterator<Item = Operation> {
	OPERATIONS.iter().copied().filter(|operation| operation.sources() == 1)
}

/// The digest of a function's results of every `step`th number.
fn digest(function: Operation, step: u64, isa: Isa) -> blake3::Hasher {
	let (mut bench, mut hasher) = (Bench::new(function), blake3::Hasher::new());
	for (first, count) in pieces(step) {
		let found = &bench.run(first, step, isa)[..count];
		// SAFETY: the words of a slice as bytes; every machine that this runs on is little-endian.
		hasher.update(unsafe { std::slice::from_raw_parts(found.as_ptr().cast::<u8>(), count * 4) });
	}
	hasher
}

#[test]
fn every_instruction_set_finds_the_same_bits() {
	let mut lines = vec![];
	for (name, isa) in isas() {
		for function in functions() {
			let found = digest(function, STEP, isa);
			compare(&mut lines, &format!("{function:?}"), (1u64 << 32).div_ceil(STEP), &found);
		}
		assert!(lines.is_empty(), "{name} finds other bits than kernels.golden:\n{}", lines.join("\n"));
	}
}

/// All 2^32 numbers, which takes too long for the scalar body.
#[test]
fn vectors_find_the_same_bits_for_every_number() {
	for (name, isa) in isas().into_iter().filter(|(_, isa)| is_long() && *isa != Isa::SCALAR) {
		let mut lines = vec![];
		let functions: Vec<_> = functions().collect();
		let found = functions.par_iter().map(|function| {
			let found = digest(*function, 1, isa);
			println!("{function:?} with {name}: all numbers");
			found
		});
		for (function, found) in functions.iter().zip(found.collect::<Vec<_>>()) {
			compare(&mut lines, &format!("{function:?}"), 1 << 32, &found);
		}
		assert!(lines.is_empty(), "{name} finds other bits than kernels.golden:\n{}", lines.join("\n"));
	}
}

#[test]
fn exponentials_are_within_four_units_in_the_last_place() {
	for (function, right) in [(Operation::Exp, f64::exp as fn(f64) -> f64), (Operation::Tanh, f64::tanh)] {
		let (mut bench, mut worst) = (Bench::new(function), 0.0f64);
		for (first, count) in pieces(STEP) {
			let found = &bench.run(first, STEP, Isa::native().unwrap_or(Isa::SCALAR))[..count];
			for (index, found) in found.iter().enumerate() {
				let input = (first + index as u64 * STEP) as u32;
				let right = right(f64::from(f32::from_bits(input)));
				let found = f32::from_bits(*found);
				if right.is_nan() {
					assert_eq!(found.to_bits(), 0x7fc0_0000);
				} else if right.abs() >= f64::from(f32::MIN_POSITIVE) && right <= f64::from(f32::MAX) {
					let unit = f64::from(f32::from_bits(found.abs().to_bits() + 1)) - f64::from(found.abs());
					worst = worst.max((f64::from(found) - right).abs() / unit);
				}
			}
		}
		println!("{function:?}: {worst:.2} units in the last place");
		assert!(worst < 4.0, "{function:?}: {worst}");
	}
}
