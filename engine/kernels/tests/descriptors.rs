//! Every kernel gives the memory of `kernels.golden` with each of this CPU's instructions, touches nothing beside its operands, and refuses
//! what it must not do.

mod common;

use assay_kernels::{cases::Case, gemm, sweep, Descriptor, Isa, Kernel, KERNELS};
use common::{compare, is_long, isas, Arena};

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

#[test]
fn every_instruction_set_gives_the_same_memory() {
	let (isas, arena) = (isas(), Arena::new());
	let mut lines = vec![];
	for kernel in KERNELS {
		let (mut hasher, mut tails, mut rows) = (blake3::Hasher::new(), [0; 16], [0; 16]);
		for seed in 0..count() {
			let case = Case::new(kernel, seed);
			let mut expected: Option<Vec<u8>> = None;
			for (name, isa) in &isas {
				let found = arena.apart(&case, seed % 2 == 0, *isa);
				let found = found.unwrap_or_else(|why| panic!("{kernel:?} of seed {seed} is refused: {why}"));
				let expected = expected.get_or_insert_with(|| found.clone());
				assert!(found == *expected, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
			}
			hasher.update(&expected.unwrap());
			tails[tail(kernel, &case.descriptor)] += 1;
			rows[case.descriptor.dims[0] as usize % 16] += 1;
			if seed + 1 == COUNTS[0] {
				compare(&mut lines, &format!("{kernel:?}"), seed + 1, &hasher);
			}
		}
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

#[test]
fn hostile_descriptors_are_refused_or_touch_nothing_outside_of_the_memory() {
	let (isas, arena) = (isas(), Arena::new());
	for kernel in KERNELS {
		let (mut ran, mut refused, mut long) = (0, 0, 0);
		for seed in 0..count() {
			let mut case = Case::new(kernel, seed).broken(seed);
			case.memory.resize(case.memory.len().next_multiple_of(16), 0);
			if case.descriptor.work() >= LITTLE && arena.accepts(&case) {
				long += 1;
				continue;
			}
			let run = |isa: Isa| arena.whole(&case, seed % 2 == 0, isa);
			let expected = run(Isa::SCALAR);
			for (name, isa) in &isas {
				assert!(run(*isa) == expected, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
			}
			match expected {
				Ok(_) => ran += 1,
				Err(_) => refused += 1,
			}
		}
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
