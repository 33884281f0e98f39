//! Every kernel gives the memory of `kernels.golden` with each of this CPU's instructions, touches nothing beside its operands, and refuses
//! what it must not do.

mod common;

use assay_kernels::{cases::Case, gemm, sweep, Descriptor, Isa, Kernel, KERNELS};
use common::{compare, is_long, isas, Arena};
use rayon::prelude::*;
use std::ops::Range;

/// Cases of each kernel in the short tests, and in the long ones.
const COUNTS: [u64; 2] = [1_250, 125_000];

fn count() -> u64 {
	COUNTS[usize::from(is_long())]
}

/// Steps of the work of a hostile descriptor that is done, and not only accepted.
const LITTLE: u64 = 1 << 22;

/// Elements in the last vector of whatever a kernel's vectors run along.
fn tail(kernel: Kernel, d: &Descriptor) -> usize {
	let inside = d.flags & assay_kernels::conv::INSIDE != 0;
	let along = match kernel {
		Kernel::Gemm => d.dims[1],
		// Channels of each group, or of all; pixels; or pixels of a row.
		Kernel::Conv | Kernel::Pool => match (inside, d.dims[2], d.dims[3]) {
			(true, 1, 1) => d.dims[1],
			(true, written, _) => written,
			(false, _, 1) => d.dims[7],
			(false, ..) => d.dims[6] * d.dims[7],
		},
		Kernel::Chain => d.dims[3],
		Kernel::Softmax | Kernel::Sum => d.dims[if d.dims[2] == 1 { 1 } else { 2 }],
		Kernel::Norm => d.dims[1],
		Kernel::Recurrent => d.dims[2],
		// The last block, in sixteenths.
		Kernel::Sweep => (d.dims[0] as usize % sweep::BLOCK / (sweep::BLOCK / 16)) as u32,
	};
	along as usize % 16
}

/// Cases of a kernel that have run.
#[derive(Default)]
struct Ran {
	/// By elements in the last vector, and by rows in the last tile of 16.
	tails: [u64; 16],
	rows: [u64; 16],
	hasher: blake3::Hasher,
}

impl Ran {
	/// Runs the cases of some seeds with each of this CPU's instructions.
	fn new(kernel: Kernel, seeds: Range<u64>, isas: &[(&str, Isa)]) -> Ran {
		let (arena, mut ran) = (Arena::new(), Ran::default());
		for seed in seeds {
			let case = Case::new(kernel, seed);
			let mut expected: Option<Vec<u8>> = None;
			for (name, isa) in isas {
				let found = arena.apart(&case, seed % 2 == 0, *isa);
				let found = found.unwrap_or_else(|why| panic!("{kernel:?} of seed {seed} is refused: {why}"));
				let expected = expected.get_or_insert_with(|| found.clone());
				assert!(found == *expected, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
			}
			ran.hasher.update(&expected.unwrap());
			ran.tails[tail(kernel, &case.descriptor)] += 1;
			ran.rows[case.descriptor.dims[0] as usize % 16] += 1;
		}
		ran
	}
}

/// The seeds in pieces, the first of which is that of the short tests.
fn pieces() -> impl IndexedParallelIterator<Item = Range<u64>> {
	(0..(count() / COUNTS[0]) as usize).into_par_iter().map(|piece| {
		let first = piece as u64 * COUNTS[0];
		first..first + COUNTS[0]
	})
}

fn sum(counts: impl Iterator<Item = [u64; 16]>) -> [u64; 16] {
	counts.fold([0; 16], |sum, counts| std::array::from_fn(|index| sum[index] + counts[index]))
}

#[test]
fn every_instruction_set_gives_the_same_memory() {
	let isas = isas();
	let mut lines = vec![];
	for kernel in KERNELS {
		let ran: Vec<Ran> = pieces().map(|seeds| Ran::new(kernel, seeds, &isas)).collect();
		compare(&mut lines, &format!("{kernel:?}"), COUNTS[0], &ran[0].hasher);
		let (tails, rows) = (sum(ran.iter().map(|ran| ran.tails)), sum(ran.iter().map(|ran| ran.rows)));
		println!(
			"{kernel:?}: {} cases ran with {} back ends; by elements in the last vector: {tails:?}",
			count(),
			isas.len()
		);
		assert!(tails.iter().all(|met| *met > 0), "{kernel:?}: there are tails that no case has");
		if kernel == Kernel::Gemm {
			println!("{kernel:?}: by rows in the last tile of 16: {rows:?}");
			assert!(rows.iter().all(|met| *met > 0), "there are tiles that no case has");
		}
	}
	assert!(lines.is_empty(), "other memory than that of kernels.golden:\n{}", lines.join("\n"));
}

#[test]
fn chains_are_cut_where_they_are_put_aside() {
	let steps = (0..count()).map(|seed| Case::new(Kernel::Gemm, seed).descriptor.dims[2]);
	let mut met = [0; 3];
	for steps in steps.filter(|steps| (gemm::STEPS as u32 - 1..=gemm::STEPS as u32 + 1).contains(steps)) {
		met[(steps + 1 - gemm::STEPS as u32) as usize] += 1;
	}
	println!("products of {} steps, one less and one more: {met:?}", gemm::STEPS);
	assert!(met.iter().all(|met| *met > 0));
}

/// Counts of hostile descriptors: run, refused, and accepted but not run, for it would take long.
fn hostile(kernel: Kernel, seeds: Range<u64>, isas: &[(&str, Isa)]) -> [u64; 3] {
	let (arena, mut counts) = (Arena::new(), [0; 3]);
	for seed in seeds {
		let mut case = Case::new(kernel, seed).broken(seed);
		case.memory.resize(case.memory.len().next_multiple_of(16), 0);
		if case.descriptor.work() >= LITTLE && arena.accepts(&case) {
			counts[2] += 1;
			continue;
		}
		let run = |isa: Isa| arena.whole(&case, seed % 2 == 0, isa);
		let expected = run(Isa::SCALAR);
		for (name, isa) in isas {
			assert!(run(*isa) == expected, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
		}
		counts[usize::from(expected.is_err())] += 1;
	}
	counts
}

#[test]
fn hostile_descriptors_are_refused_or_touch_nothing_outside_of_the_memory() {
	let isas = isas();
	for kernel in KERNELS {
		let counts = pieces().map(|seeds| hostile(kernel, seeds, &isas));
		let [ran, refused, long] =
			counts.reduce(Default::default, |sum, counts| std::array::from_fn(|index| sum[index] + counts[index]));
		println!("{kernel:?}: of {} hostile descriptors {refused} were refused, {ran} ran, {long} were accepted and would take long", count());
		assert!(ran > 0 && refused > 0 && long < count() / 10);
	}
}

#[test]
fn what_lies_between_the_operands_stays() {
	let arena = Arena::new();
	for kernel in KERNELS {
		for seed in 0..count() / 10 {
			let mut case = Case::new(kernel, seed);
			case.memory.resize(case.memory.len().next_multiple_of(16), 0);
			let after = arena.whole(&case, true, Isa::native().unwrap_or(Isa::SCALAR)).unwrap();
			let (output, scratch) = (case.descriptor.output(), case.descriptor.scratch);
			let allowed = [(output.at, output.bytes), (scratch.at, scratch.bytes)];
			for (at, (before, after)) in case.memory.iter().zip(&after).enumerate() {
				let may = allowed.iter().any(|(from, bytes)| (*from as usize..(from + bytes) as usize).contains(&at));
				assert!(may || before == after, "{kernel:?} of seed {seed} writes byte {at}");
			}
		}
	}
}

/// The memory without what a case works in.
fn without_scratch(case: &Case, mut memory: Vec<u8>) -> Vec<u8> {
	let scratch = case.descriptor.scratch;
	memory[scratch.at as usize..][..scratch.bytes as usize].fill(0);
	memory
}

#[test]
fn work_in_parts_gives_the_same_memory() {
	let isas = isas();
	for kernel in KERNELS {
		let divided = pieces().map(|seeds| {
			let (arena, mut divided) = (Arena::new(), 0u64);
			for seed in seeds {
				let mut case = Case::new(kernel, seed);
				case.memory.resize(case.memory.len().next_multiple_of(16), 0);
				let (name, isa) = isas[seed as usize % isas.len()];
				let whole = without_scratch(&case, arena.whole(&case, seed % 2 == 0, isa).unwrap());
				for most in [2, 3, 7] {
					let (found, count) = arena.in_parts(&case, seed % 2 == 0, isa, most);
					let found = without_scratch(&case, found);
					assert!(
						found == whole,
						"{kernel:?} of seed {seed} with {name} in {count} parts of {most}: {:?}",
						case.descriptor
					);
					divided += u64::from(count > 1);
				}
			}
			divided
		});
		let divided: u64 = divided.sum();
		println!("{kernel:?}: {divided} of {} runs were divided", 3 * count());
		let is_divided = !matches!(kernel, Kernel::Sweep | Kernel::Recurrent);
		assert!(divided > 0 || !is_divided, "{kernel:?} is never divided");
	}
}
