//! Functions of one number: the same bits with each of this CPU's instructions, and close to the right ones.

use assay_kernels::{
	chain::{Operation, Step, SCRATCH, STEP_BYTES},
	Checked, Descriptor, Isa, Kernel, Memory, Operand, Scratch, VERSION,
};

const FUNCTIONS: [Operation; 6] =
	[Operation::Exp, Operation::Sigmoid, Operation::Silu, Operation::Tanh, Operation::Erf, Operation::Gelu];

/// Numbers at a time.
const COUNT: usize = 1 << 16;

/// Memory of one call: input, output, program, scratch.
struct Bench(Vec<u32>);

impl Bench {
	fn new() -> Bench {
		Bench(vec![0; 2 * COUNT + STEP_BYTES / 4 + SCRATCH as usize])
	}

	/// The bits of a function of numbers with these bits.
	fn run(&mut self, function: Operation, inputs: &[u32], isa: Isa) -> &[u32] {
		self.0[..COUNT].copy_from_slice(inputs);
		let step = Step { operation: function, sources: [0; 3], constant: 0.0 }.to_bytes();
		for (word, bytes) in self.0[2 * COUNT..].iter_mut().zip(step.as_chunks::<4>().0) {
			*word = u32::from_le_bytes(*bytes);
		}
		let bytes = |words: usize| (words * 4) as u32;
		let tensor = |at: usize| Operand { at: bytes(at), bytes: bytes(COUNT), strides: [0, 0, 0, 1] };
		let program = Operand { at: bytes(2 * COUNT), bytes: STEP_BYTES as u32, strides: [0; 4] };
		let unused = Operand::default();
		let descriptor = Descriptor {
			kernel: Kernel::Chain as u16,
			version: VERSION,
			operands: [tensor(COUNT), tensor(0), unused, unused, unused, program],
			dims: [1, 1, 1, COUNT as u32, 1, 0, 0, 0, 0, 0, 0, 0],
			scratch: Scratch { at: program.at + program.bytes, bytes: bytes(SCRATCH as usize) },
			..Descriptor::default()
		};
		// SAFETY: the vector, which nothing else uses.
		let memory = unsafe { Memory::new(self.0.as_mut_ptr().cast(), self.0.len() * 4) };
		Checked::new(&descriptor, &memory).unwrap().run(isa);
		&self.0[COUNT..2 * COUNT]
	}
}

/// Every number, or every 4,099th without `ASSAY_LONG`.
fn inputs() -> impl Iterator<Item = Vec<u32>> {
	let step = if std::env::var_os("ASSAY_LONG").is_some() { 1 } else { 4099 };
	let each = step * COUNT as u64;
	(0..=u64::from(u32::MAX)).step_by(each as usize).map(move |first| {
		(0..COUNT as u64).map(|index| (first + index * step).min(u64::from(u32::MAX)) as u32).collect()
	})
}

#[test]
fn every_instruction_set_finds_the_same_bits() {
	let known = [("avx2", Isa::avx2()), ("avx512", Isa::avx512())];
	let (mut expected, mut found) = (Bench::new(), Bench::new());
	for function in FUNCTIONS {
		for inputs in inputs() {
			// With all numbers the first vectors are compared with the others: one by one would take hours.
			let first = if std::env::var_os("ASSAY_LONG").is_some() { Isa::avx2() } else { None };
			let expected = expected.run(function, &inputs, first.unwrap_or(Isa::SCALAR));
			for (name, isa) in known.iter().filter_map(|(name, isa)| Some((name, (*isa)?))) {
				assert!(
					found.run(function, &inputs, isa) == expected,
					"{function:?} with {name} from {:#x}",
					inputs[0]
				);
			}
		}
	}
}

#[test]
fn exponentials_are_within_four_units_in_the_last_place() {
	let mut bench = Bench::new();
	for (function, right) in [(Operation::Exp, f64::exp as fn(f64) -> f64), (Operation::Tanh, f64::tanh)] {
		let mut worst = 0.0f64;
		for inputs in inputs() {
			for (input, found) in inputs.iter().zip(bench.run(function, &inputs, Isa::native().unwrap_or(Isa::SCALAR)))
			{
				let right = right(f64::from(f32::from_bits(*input)));
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
