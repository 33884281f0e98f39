//! Every kernel gives the same memory with each of this CPU's instructions, and refuses what it must not do.

use assay_kernels::{cases::Case, Checked, Isa, Memory, KERNELS};

/// Cases of each kernel. All of issue's number with `ASSAY_LONG`.
fn count() -> u64 {
	if std::env::var_os("ASSAY_LONG").is_some() {
		125_000
	} else {
		1_250
	}
}

fn isas() -> Vec<(&'static str, Isa)> {
	let known = [("avx2", Isa::avx2()), ("avx512", Isa::avx512())];
	for (name, isa) in &known {
		if isa.is_none() {
			println!("{name}: not run, for this CPU has not got it");
		}
	}
	known.into_iter().filter_map(|(name, isa)| Some((name, isa?))).collect()
}

fn run(case: &Case, isa: Isa) -> Result<Vec<u8>, &'static str> {
	// Aligned as a guest's memory is.
	let mut words = vec![0u64; case.memory.len().div_ceil(8)];
	// SAFETY: the words of a vector as bytes, borrowed until they are copied.
	let bytes = unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast::<u8>(), case.memory.len()) };
	bytes.copy_from_slice(&case.memory);
	// SAFETY: the vector, which nothing else uses.
	let memory = unsafe { Memory::new(bytes.as_mut_ptr(), bytes.len()) };
	Checked::new(&case.descriptor, &memory).map_err(|refused| refused.0)?.run(isa);
	Ok(bytes.to_vec())
}

#[test]
fn every_instruction_set_gives_the_same_memory() {
	let isas = isas();
	for kernel in KERNELS {
		let mut ran = 0;
		for seed in 0..count() {
			let case = Case::new(kernel, seed);
			let expected = run(&case, Isa::SCALAR);
			ran += u64::from(expected.is_ok());
			if let Err(why) = &expected {
				println!("{kernel:?} of seed {seed} is refused: {why}");
			}
			for (name, isa) in &isas {
				let found = run(&case, *isa);
				assert!(found == expected, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
			}
		}
		println!("{kernel:?}: {ran} of {} cases ran", count());
		assert_eq!(ran, count(), "{kernel:?}: the cases are made to be valid");
	}
}

#[test]
fn what_lies_between_the_operands_stays() {
	for kernel in KERNELS {
		for seed in 0..count() / 10 {
			let case = Case::new(kernel, seed);
			let after = run(&case, Isa::native().unwrap_or(Isa::SCALAR)).unwrap();
			let d = &case.descriptor;
			let written = if matches!(
				kernel,
				assay_kernels::Kernel::Gemm | assay_kernels::Kernel::Conv | assay_kernels::Kernel::Pool
			) {
				2
			} else {
				0
			};
			let output = d.operands[written];
			let allowed = [(output.at, output.bytes), (d.scratch.at, d.scratch.bytes)];
			for (at, (before, after)) in case.memory.iter().zip(&after).enumerate() {
				let may = allowed.iter().any(|(from, bytes)| (*from as usize..(from + bytes) as usize).contains(&at));
				assert!(may || before == after, "{kernel:?} of seed {seed} writes byte {at}");
			}
		}
	}
}
