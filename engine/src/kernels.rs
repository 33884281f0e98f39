//! The guest's one import: kernels, done by this CPU's own instructions, or by the guest itself where those are missing.
//!
//! Both find the same bits. [`self_test`] compares them when an engine starts, and a kernel that differs is left to the guest.

use crate::{
	compiled::Compiled,
	guest::MEMORY_BYTES,
	instance::{Guest, Instance, MemoryBudget, Stop},
	Abstain,
};
use assay_kernels::{cases::Case, Checked, Descriptor, Isa, Kernel, Memory, DESCRIPTOR_BYTES, KERNELS};
use codec::{Decode, Encode};
use std::sync::Arc;
use wasmtime::{Caller, Linker};

/// Module and name of the import.
pub const IMPORT: (&str, &str) = ("k", "exec");

/// The guest's export that does a descriptor's work.
pub const REFERENCE: &str = "ref_exec";

/// The kind of kernels. No bit depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub enum Kernels {
	/// By the fastest instructions that this CPU has.
	#[default]
	Fastest,
	/// By AVX-512, or by the guest on a CPU without.
	Avx512,
	/// By AVX2, or by the guest on a CPU without.
	Avx2,
	/// By NEON, or by the guest on a CPU without.
	Neon,
	/// By the guest.
	Reference,
}

impl std::str::FromStr for Kernels {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		Ok(match name {
			"fastest" => Kernels::Fastest,
			"avx512" => Kernels::Avx512,
			"avx2" => Kernels::Avx2,
			"neon" => Kernels::Neon,
			"reference" => Kernels::Reference,
			other => return Err(format!("`{other}` are no kernels: choose fastest, avx512, avx2, neon or reference")),
		})
	}
}

impl Kernels {
	/// The kernels that this machine does itself.
	pub fn native(self) -> Native {
		let isa = match self {
			Kernels::Fastest => Isa::native(),
			Kernels::Avx512 => Isa::avx512(),
			Kernels::Avx2 => Isa::avx2(),
			Kernels::Neon => Isa::neon(),
			Kernels::Reference => None,
		};
		Native { isa, trusted: [true; KERNELS.len()] }
	}
}

/// The kernels that this machine does itself: which instructions it has, and which kernels have passed their test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Native {
	isa: Option<Isa>,
	trusted: [bool; KERNELS.len()],
}

impl Native {
	/// None: the guest does them.
	pub const NONE: Native = Native { isa: None, trusted: [false; KERNELS.len()] };

	/// The instructions for a descriptor, if its kernel is done here.
	fn isa_for(&self, descriptor: &Descriptor) -> Option<Isa> {
		let kernel = Kernel::of(descriptor)?;
		let index = KERNELS.iter().position(|known| *known == kernel)?;
		self.isa.filter(|_| self.trusted.get(index).copied().unwrap_or(false))
	}

	/// Leaves a kernel to the guest.
	pub fn distrust(&mut self, kernel: Kernel) {
		let places = KERNELS.iter().zip(&mut self.trusted);
		places.filter(|(known, _)| **known == kernel).for_each(|(_, trusted)| *trusted = false);
	}
}

/// Defines the import.
pub fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
	linker.func_wrap(IMPORT.0, IMPORT.1, exec)?;
	Ok(())
}

/// Does the work of `count` descriptors at `at`. A descriptor that is refused is a fault of the guest, which no other machine need
/// have: the run ends without a verdict.
fn exec(mut caller: Caller<'_, Guest>, at: u32, count: u32) -> wasmtime::Result<u32> {
	for index in 0..count {
		let place = at.checked_add(index.saturating_mul(DESCRIPTOR_BYTES as u32));
		let done = place.ok_or("a descriptor outside of the memory".into()).and_then(|place| one(&mut caller, place));
		match done {
			Ok(()) => (),
			Err(Failed::Refused(why)) => {
				let stop = Stop::Abstain(Abstain::Host(format!("the guest asks for a kernel wrongly: {why}")));
				return Err(caller.data_mut().stop(stop));
			}
			Err(Failed::Stopped(error)) => return Err(error),
		}
	}
	Ok(0)
}

/// Why a descriptor's work is not done.
enum Failed {
	Refused(String),
	/// The guest stopped inside of its own kernel.
	Stopped(wasmtime::Error),
}

impl From<&str> for Failed {
	fn from(why: &str) -> Self {
		Failed::Refused(why.into())
	}
}

/// Does the work of one descriptor.
fn one(caller: &mut Caller<'_, Guest>, at: u32) -> Result<(), Failed> {
	let exports = caller.data().exports().ok_or("it is not ready yet")?;
	let native = caller.data().native;
	let memory = exports.memory.data_mut(&mut *caller);
	let bytes = memory.get(at as usize..).and_then(|rest| rest.first_chunk::<DESCRIPTOR_BYTES>());
	let descriptor = Descriptor::from_bytes(bytes.ok_or("a descriptor outside of the memory")?);
	if let Some(isa) = native.isa_for(&descriptor) {
		return run(isa, &descriptor, memory).map_err(|refused| refused.0.into());
	}
	match exports.reference.call(&mut *caller, at) {
		Ok(0) => Ok(()),
		Ok(_) => Err("refused by the guest itself".into()),
		Err(error) => Err(Failed::Stopped(error)),
	}
}

/// Does a descriptor's work on a memory.
fn run(isa: Isa, descriptor: &Descriptor, memory: &mut [u8]) -> Result<(), assay_kernels::Refused> {
	// SAFETY: the memory is borrowed, and nothing of the guest runs meanwhile.
	let memory = unsafe { Memory::new(memory.as_mut_ptr(), memory.len()) };
	Checked::new(descriptor, &memory)?.run(isa);
	Ok(())
}

/// Room in the guest for a case and its descriptor.
const ROOM: usize = 1 << 20;

/// Cases of each kernel that an engine starts with.
const CASES: u64 = 3;

/// Ticks of the engine's epoch for a self-test, which takes milliseconds.
const TICKS: u64 = 400;

/// Where cases are run: a guest, and room in its memory.
struct Bench {
	instance: Instance,
	at: u32,
}

/// What becomes of a case: the memory after it, or none if it is refused.
type Outcome = Option<Vec<u8>>;

impl Bench {
	fn new(compiled: &Compiled, budget: &Arc<MemoryBudget>) -> Result<Bench, Stop> {
		let mut instance = Instance::new(compiled, budget, None, TICKS)?;
		instance.call::<(), ()>("init", ())?;
		let (at, _) = instance.give(&vec![0; ROOM])?;
		Ok(Bench { instance, at })
	}

	/// A case here and in the guest.
	fn both(&mut self, isa: Isa, case: &Case) -> Result<(Outcome, Outcome), Stop> {
		let Some(length) = DESCRIPTOR_BYTES.checked_add(case.memory.len()).filter(|length| *length <= ROOM) else {
			return Err(Abstain::Host("a kernel's case that is too large".into()).into());
		};
		let start = self.at.saturating_add(DESCRIPTOR_BYTES as u32);
		let descriptor = case.at(start);
		self.instance.write(self.at, &descriptor.to_bytes())?;
		self.instance.write(start, &case.memory)?;
		let mut memory = self.instance.read(0, self.at as usize + length)?.to_vec();
		let native = run(isa, &descriptor, &mut memory).ok();
		let refused: u32 = self.instance.call(REFERENCE, self.at)?;
		let reference = self.instance.read(start, case.memory.len())?.to_vec();
		let found = memory.get(start as usize..).map(<[u8]>::to_vec);
		Ok((native.and(found), (refused == 0).then_some(reference)))
	}
}

/// Compares this machine's kernels with the guest's on a few cases; those that differ are left to the guest.
pub fn self_test(compiled: &mut Compiled) -> Result<(), Stop> {
	let Some(isa) = compiled.native.isa else { return Ok(()) };
	// A guest's memory before it has loaded anything, which does not count as a run's.
	let mut bench = Bench::new(compiled, &Arc::new(MemoryBudget::new(MEMORY_BYTES)))?;
	for kernel in KERNELS {
		for seed in 0..CASES {
			let (native, reference) = bench.both(isa, &Case::new(kernel, seed))?;
			if native.is_none() || native != reference {
				log::error!(
					"this CPU's {kernel:?} kernel finds other bits than the guest's: the guest does it from now on, slowly; \
					 please report this machine"
				);
				compiled.native.distrust(kernel);
			}
		}
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::compiled::{Backend, Purpose};
	use assay_kernels::cases::Case;

	fn compiled() -> Compiled {
		let cache = std::env::temp_dir().join("assay-engine-kernels-test");
		Compiled::new(&crate::guest::Guest::built_in(), Purpose::Run, &Backend::default(), &cache, 0).unwrap()
	}

	fn budget() -> Arc<MemoryBudget> {
		Arc::new(MemoryBudget::new(4 << 30))
	}

	/// Cases of each kernel.
	fn count() -> u64 {
		if std::env::var_os("ASSAY_LONG").is_some() {
			62_500
		} else {
			625
		}
	}

	fn isas() -> Vec<(&'static str, Isa)> {
		let known = [("avx512", Isa::avx512()), ("avx2", Isa::avx2()), ("scalar", Some(Isa::SCALAR))];
		for (name, _) in known.iter().filter(|(_, isa)| isa.is_none()) {
			println!("{name}: not run, for this CPU has not got it");
		}
		known.into_iter().filter_map(|(name, isa)| Some((name, isa?))).collect()
	}

	#[test]
	fn this_machine_finds_what_the_guest_finds() {
		let (compiled, budget) = (compiled(), budget());
		let isas = isas();
		for kernel in KERNELS {
			let mut bench = Bench::new(&compiled, &budget).unwrap();
			let mut ran = [0; 3];
			for seed in 0..count() {
				let which = seed as usize % isas.len();
				let (name, isa) = isas[which];
				let case = Case::new(kernel, seed);
				let (native, reference) = bench.both(isa, &case).unwrap();
				assert!(native == reference, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
				ran[which] += u64::from(native.is_some());
			}
			println!(
				"{kernel:?}: {ran:?} of {} cases ran on {:?}",
				count(),
				isas.iter().map(|isa| isa.0).collect::<Vec<_>>()
			);
			assert_eq!(ran.iter().sum::<u64>(), count());
		}
	}

	/// A valid case with one word of its descriptor made hostile.
	fn broken(kernel: Kernel, seed: u64) -> Case {
		let mut case = Case::new(kernel, seed);
		let mut bytes = case.descriptor.to_bytes();
		let pick = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
		let word = (pick >> 32) as usize % (DESCRIPTOR_BYTES / 4);
		let hostile =
			[0, 1, 2, 3, 17, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffc, 0x0001_0000, 0x4000_0001, 255];
		let value = hostile[(pick >> 20) as usize % hostile.len()];
		bytes[word * 4..word * 4 + 4].copy_from_slice(&u32::to_le_bytes(value));
		case.descriptor = Descriptor::from_bytes(&bytes);
		case
	}

	/// Whether all that a descriptor speaks of lies in its case's memory, and it is little work: else it is only asked for refusal.
	fn is_harmless(case: &Case) -> bool {
		let length = case.memory.len() as u64;
		let inside = |at: u32, bytes: u32| u64::from(at) + u64::from(bytes) <= length;
		let d = &case.descriptor;
		let work = d.dims.iter().fold(1u64, |work, dim| work.saturating_mul(u64::from((*dim).max(1))));
		d.operands.iter().all(|operand| inside(operand.at, operand.bytes))
			&& inside(d.scratch.at, d.scratch.bytes)
			&& work < 1 << 22
	}

	#[test]
	fn hostile_descriptors_are_refused_alike_or_give_the_same_memory() {
		let (compiled, budget) = (compiled(), budget());
		let (_, isa) = isas()[0];
		for kernel in KERNELS {
			let mut bench = Bench::new(&compiled, &budget).unwrap();
			let (mut refused, mut ran, mut left) = (0, 0, 0);
			for seed in 0..count() {
				let case = broken(kernel, seed);
				if !is_harmless(&case) {
					// What lies outside of the case's memory may be the guest's own, and is not given to it.
					let work = case
						.descriptor
						.dims
						.iter()
						.fold(1u64, |work, dim| work.saturating_mul(u64::from((*dim).max(1))));
					let mut memory = case.memory.clone();
					match work < 1 << 22 && run(isa, &case.descriptor, &mut memory).is_err() {
						true => refused += 1,
						false => left += 1,
					}
					continue;
				}
				let (native, reference) = bench.both(isa, &case).unwrap();
				assert!(native == reference, "{kernel:?} of seed {seed}: {:?}", case.descriptor);
				match native {
					Some(_) => ran += 1,
					None => refused += 1,
				}
			}
			println!("{kernel:?}: {ran} ran, {refused} were refused, {left} were not compared");
			assert!(refused > 0 && ran > 0);
		}
	}

	#[test]
	fn a_kernel_that_differs_is_left_to_the_guest() {
		let mut native = Kernels::Fastest.native();
		let gemm = Descriptor { kernel: Kernel::Gemm as u16, version: assay_kernels::VERSION, ..Descriptor::default() };
		let conv = Descriptor { kernel: Kernel::Conv as u16, ..gemm };
		native.distrust(Kernel::Gemm);
		assert_eq!(native.isa_for(&gemm), None);
		assert_eq!(native.isa_for(&conv), Isa::native());
		let unknown = Descriptor { version: assay_kernels::VERSION + 1, ..conv };
		assert_eq!(native.isa_for(&unknown), None);
	}
}
