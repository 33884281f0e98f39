//! The guest's one import: kernels, done by this CPU's own instructions, or by the guest itself where those are missing.
//!
//! Both find the same bits. [`self_test`] compares them when an engine starts, and a kernel that differs is left to the guest.

use crate::{
	compiled::Compiled,
	guest::MEMORY_BYTES,
	instance::{Exports, Guest, Instance, MemoryBudget, Stop},
	Abstain,
};
use assay_kernels::{cases::Case, Checked, Descriptor, Isa, Kernel, Memory, Refused, DESCRIPTOR_BYTES, KERNELS};
use codec::{Decode, Encode};
use rayon::ThreadPool;
use std::sync::{
	atomic::{AtomicU32, AtomicU64, Ordering},
	Arc, OnceLock,
};
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
		Native::new(match self {
			Kernels::Fastest => Isa::native(),
			Kernels::Avx512 => Isa::avx512(),
			Kernels::Avx2 => Isa::avx2(),
			Kernels::Neon => Isa::neon(),
			Kernels::Reference => None,
		})
	}
}

/// The threads that do a run's kernels. No bit depends on them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threads {
	/// Threads beside the run's own.
	pub extra: usize,
	/// Fewest steps of a kernel's work that a thread gets.
	pub least: usize,
}

impl Default for Threads {
	fn default() -> Self {
		// Below, waking a thread takes longer than it saves.
		Threads { extra: 0, least: 1 << 20 }
	}
}

impl Threads {
	/// The run's own and `extra` others.
	pub fn beside(extra: usize) -> Threads {
		Threads { extra, ..Threads::default() }
	}
}

/// The threads that do a kernel's work: the run's own, and others if there are some.
#[derive(Clone, Debug, Default)]
struct Crew {
	threads: Threads,
	/// The other threads. They start when a kernel first has work for them: in a worker, after it has given up what it does not need.
	others: Option<Arc<OnceLock<Option<ThreadPool>>>>,
}

impl Crew {
	fn new(threads: Threads) -> Crew {
		Crew { threads, others: (threads.extra > 0).then(Arc::default) }
	}

	fn others(&self) -> Option<&ThreadPool> {
		let start = || {
			let builder = rayon::ThreadPoolBuilder::new().num_threads(self.threads.extra);
			let pool = builder.thread_name(|_| "assay-kernels".into()).build();
			pool.inspect_err(|error| log::warn!("runs have one thread, for no other starts: {error}")).ok()
		};
		self.others.as_ref()?.get_or_init(start).as_ref()
	}
}

/// Does a descriptor's work on a memory.
type Run = fn(&Crew, Isa, &Descriptor, &mut [u8]) -> Result<(), Refused>;

/// One of so many descriptors is done by the guest, too, and compared.
const SAMPLED: u64 = 1000;

/// Most work of a descriptor that is compared: the guest takes some milliseconds for it.
const SAMPLED_WORK: u64 = 1 << 22;

/// The kernels that this machine does itself: which instructions it has, and which kernels have found other bits than the guest.
#[derive(Clone, Debug)]
pub struct Native {
	isa: Option<Isa>,
	run: Run,
	crew: Crew,
	sampled: u64,
	/// A bit for each kernel that is left to the guest, by its place in [`KERNELS`].
	lost: Arc<AtomicU32>,
	/// Descriptors that were done here.
	done: Arc<AtomicU64>,
}

impl Native {
	fn new(isa: Option<Isa>) -> Native {
		Native { isa, run, crew: Crew::default(), sampled: SAMPLED, lost: Arc::default(), done: Arc::default() }
	}

	/// The same kernels, with these threads.
	pub fn with(self, threads: Threads) -> Native {
		Native { crew: Crew::new(threads), ..self }
	}

	/// None: the guest does them.
	pub fn none() -> Native {
		Self::new(None)
	}

	/// The instructions for a descriptor, if its kernel is done here.
	fn isa_for(&self, descriptor: &Descriptor) -> Option<Isa> {
		let bit = bit(Kernel::of(descriptor)?);
		self.isa.filter(|_| self.lost.load(Ordering::Relaxed) & bit == 0)
	}

	/// Leaves a kernel to the guest.
	fn lose(&self, kernel: Kernel) {
		self.lost.fetch_or(bit(kernel), Ordering::Relaxed);
		log::error!(
			"this CPU's {kernel:?} kernel finds other bits than the guest's: the guest does it from now on, slowly; \
			 please report this machine"
		);
	}

	/// The kernels that are left to the guest because they have found other bits, a bit for each.
	pub fn lost(&self) -> u32 {
		self.lost.load(Ordering::Relaxed)
	}

	/// True if this descriptor's result is compared with the guest's. Its place in each thousand changes, for models repeat themselves.
	fn is_sampled(&self, descriptor: &Descriptor) -> bool {
		let done = self.done.fetch_add(1, Ordering::Relaxed);
		let (round, place) = (done / self.sampled, done % self.sampled);
		let chosen = (round.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % self.sampled;
		place == chosen && descriptor.work() <= SAMPLED_WORK
	}
}

fn bit(kernel: Kernel) -> u32 {
	KERNELS.iter().position(|known| *known == kernel).map_or(0, |index| 1 << index)
}

/// Defines the import.
pub fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
	linker.func_wrap(IMPORT.0, IMPORT.1, exec)?;
	Ok(())
}

/// Does the work of `count` descriptors at `at`: 0 when it is done, 1 when one of them is refused. The guest's own kernels refuse the
/// same descriptors, so that what the guest makes of it is a verdict, and the same on every machine.
fn exec(mut caller: Caller<'_, Guest>, at: u32, count: u32) -> wasmtime::Result<u32> {
	for index in 0..count {
		let place = at.checked_add(index.saturating_mul(DESCRIPTOR_BYTES as u32));
		let done = place.ok_or(Failed::OUTSIDE).and_then(|place| one(&mut caller, place));
		match done {
			Ok(()) => (),
			Err(Failed::Refused(why)) => {
				log::debug!("a kernel refuses its descriptor: {why}");
				return Ok(1);
			}
			Err(Failed::Differs(kernel)) => {
				caller.data().native.lose(kernel);
				let stop = Stop::Abstain(Abstain::Host(format!(
					"this CPU's {kernel:?} kernel finds other bits than the guest's"
				)));
				return Err(caller.data_mut().stop(stop));
			}
			Err(Failed::Stopped(error)) => return Err(error),
		}
	}
	Ok(0)
}

/// Why a descriptor's work is not done.
enum Failed {
	Refused(&'static str),
	/// The guest has found other bits. The kernel's earlier work in this run is in doubt.
	Differs(Kernel),
	/// The guest stopped inside of its own kernel.
	Stopped(wasmtime::Error),
}

impl Failed {
	const OUTSIDE: Failed = Failed::Refused("it lies outside of the memory");
}

impl From<Refused> for Failed {
	fn from(refused: Refused) -> Self {
		Failed::Refused(refused.0)
	}
}

/// Does the work of one descriptor.
fn one(caller: &mut Caller<'_, Guest>, at: u32) -> Result<(), Failed> {
	let exports = caller.data().exports().ok_or(Failed::Refused("the guest is not ready yet"))?;
	let memory = exports.memory.data(&*caller);
	let bytes = memory.get(at as usize..).and_then(|rest| rest.first_chunk::<DESCRIPTOR_BYTES>());
	let descriptor = Descriptor::from_bytes(bytes.ok_or(Failed::OUTSIDE)?);
	let native = &caller.data().native;
	let Some(isa) = native.isa_for(&descriptor) else { return by_guest(caller, &exports, at) };
	let (run, crew, is_sampled) = (native.run, native.crew.clone(), native.is_sampled(&descriptor));
	let run = |memory: &mut [u8]| run(&crew, isa, &descriptor, memory);
	if !is_sampled {
		return Ok(run(exports.memory.data_mut(&mut *caller))?);
	}
	let output = descriptor.output();
	let range = output.at as usize..(output.at as usize).saturating_add(output.bytes as usize);
	let memory = exports.memory.data_mut(&mut *caller);
	let before = memory.get(range.clone()).ok_or(Failed::OUTSIDE)?.to_vec();
	run(memory)?;
	let written = memory.get_mut(range.clone()).ok_or(Failed::OUTSIDE)?;
	let found = written.to_vec();
	// An input may be there.
	written.copy_from_slice(&before);
	by_guest(caller, &exports, at)?;
	match Kernel::of(&descriptor) {
		Some(kernel) if exports.memory.data(&*caller).get(range) != Some(&*found) => Err(Failed::Differs(kernel)),
		_ => Ok(()),
	}
}

/// Has the guest do the work of one descriptor.
fn by_guest(caller: &mut Caller<'_, Guest>, exports: &Exports, at: u32) -> Result<(), Failed> {
	match exports.reference.call(&mut *caller, at) {
		Ok(0) => Ok(()),
		Ok(_) => Err(Failed::Refused("the guest's own kernel refuses it")),
		Err(error) => Err(Failed::Stopped(error)),
	}
}

/// Does a descriptor's work on a memory.
fn run(crew: &Crew, isa: Isa, descriptor: &Descriptor, memory: &mut [u8]) -> Result<(), Refused> {
	// SAFETY: the memory is borrowed, and nothing of the guest runs meanwhile.
	let memory = unsafe { Memory::new(memory.as_mut_ptr(), memory.len()) };
	let work = Checked::new(descriptor, &memory)?;
	let Some(others) = crew.others() else {
		work.run(isa);
		return Ok(());
	};
	let mut parts = work.parts(descriptor, crew.threads.extra.saturating_add(1), crew.threads.least);
	let own = parts.pop();
	let do_own = || own.into_iter().for_each(|part| part.run(isa));
	if parts.is_empty() {
		do_own();
	} else {
		others.in_place_scope(|scope| {
			parts.into_iter().for_each(|part| scope.spawn(move |_| part.run(isa)));
			do_own();
		});
	}
	Ok(())
}

/// Room in the guest for a case and its descriptor.
const ROOM: usize = 1 << 20;

/// Cases of each kernel that an engine starts with.
const CASES: u64 = 3;

/// Ticks of the engine's epoch for a self-test, which takes milliseconds.
const TICKS: u64 = 400;

/// A place to run cases: a guest, and room in its memory.
struct Bench {
	instance: Instance,
	at: u32,
}

/// The result of a case: the memory after it, or none if it is refused.
type Outcome = Option<Vec<u8>>;

impl Bench {
	fn new(compiled: &Compiled, budget: &Arc<MemoryBudget>) -> Result<Bench, Stop> {
		let mut instance = Instance::new(compiled, budget, None, TICKS)?;
		instance.call::<(), ()>("init", ())?;
		let (at, _) = instance.give(&vec![0; ROOM])?;
		Ok(Bench { instance, at })
	}

	/// Puts a case into the guest's memory. Its descriptor as it is there, and the place of its memory.
	fn put(&mut self, case: &Case) -> Result<(Descriptor, u32), Stop> {
		if DESCRIPTOR_BYTES.saturating_add(case.memory.len()) > ROOM {
			return Err(Abstain::Host("a kernel's case that is too large".into()).into());
		}
		let start = self.at.saturating_add(DESCRIPTOR_BYTES as u32);
		let descriptor = case.at(start);
		self.instance.write(self.at, &descriptor.to_bytes())?;
		self.instance.write(start, &case.memory)?;
		Ok((descriptor, start))
	}

	/// A case here.
	fn native(&mut self, native: &Native, isa: Isa, case: &Case) -> Result<Outcome, Stop> {
		let (descriptor, start) = self.put(case)?;
		match (native.run)(&native.crew, isa, &descriptor, self.instance.memory()) {
			Ok(()) => Ok(Some(self.instance.read(start, case.memory.len())?.to_vec())),
			Err(_) => Ok(None),
		}
	}

	/// A case in the guest.
	fn reference(&mut self, case: &Case) -> Result<Outcome, Stop> {
		let (_, start) = self.put(case)?;
		match self.instance.call(REFERENCE, self.at)? {
			0u32 => Ok(Some(self.instance.read(start, case.memory.len())?.to_vec())),
			_ => Ok(None),
		}
	}
}

/// Compares this machine's kernels with the guest's on a few cases; those that differ are left to the guest.
pub fn self_test(compiled: &Compiled) -> Result<(), Stop> {
	let native = &compiled.native;
	let Some(isa) = native.isa else { return Ok(()) };
	// A guest's memory before it has loaded anything, which does not count as a run's.
	let mut bench = Bench::new(compiled, &Arc::new(MemoryBudget::new(MEMORY_BYTES)))?;
	for kernel in KERNELS {
		for seed in 0..CASES {
			let case = Case::new(kernel, seed);
			let found = bench.native(native, isa, &case)?;
			if found.is_none() || found != bench.reference(&case)? {
				native.lose(kernel);
				break;
			}
		}
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		compiled::{Backend, Purpose},
		local::Local,
		Config, Engine, Place,
	};
	use assay_kernels::{
		cases::golden,
		chain::{Operation, OPERATIONS},
		VERSION,
	};

	fn bench(backend: &Backend) -> Bench {
		let cache = std::env::temp_dir().join("assay-engine-kernels-test");
		let guest = crate::guest::Guest::built_in();
		let compiled = Compiled::new(&guest, Purpose::Run, backend, &cache, 0).unwrap();
		Bench::new(&compiled, &Arc::new(MemoryBudget::new(4 << 30))).unwrap()
	}

	/// Cases of each kernel. The kernels' own tests have a hundred times as many in their long form.
	const COUNT: u64 = 1_250;

	fn isas() -> Vec<(&'static str, Isa)> {
		let known =
			[("avx512", Isa::avx512()), ("avx2", Isa::avx2()), ("neon", Isa::neon()), ("scalar", Some(Isa::SCALAR))];
		for (name, _) in known.iter().filter(|(_, isa)| isa.is_none()) {
			println!("{name}: not run, for this CPU has not got it");
		}
		known.into_iter().filter_map(|(name, isa)| Some((name, isa?))).collect()
	}

	#[test]
	fn this_machine_finds_what_the_guest_finds() {
		let isas = isas();
		let mut bench = bench(&Backend::default());
		let mut lines = vec![];
		for kernel in KERNELS {
			let (mut ran, mut hasher) = (vec![0; isas.len()], blake3::Hasher::new());
			for seed in 0..COUNT {
				let which = seed as usize % isas.len();
				let (name, isa) = isas[which];
				let case = Case::new(kernel, seed);
				let native = bench.native(&Native::none(), isa, &case).unwrap();
				let reference = bench.reference(&case).unwrap();
				assert!(native == reference, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
				hasher.update(&native.expect("the cases are made to be valid"));
				ran[which] += 1;
			}
			let digest = hasher.finalize().to_hex();
			if golden(&format!("{kernel:?}"), COUNT) != Some(digest.as_str()) {
				lines.push(format!("{kernel:?} {COUNT} {digest}"));
			}
			println!("{kernel:?}: {ran:?} cases ran on {:?}", isas.iter().map(|isa| isa.0).collect::<Vec<_>>());
		}
		assert!(lines.is_empty(), "other memory than that of kernels.golden:\n{}", lines.join("\n"));
	}

	/// Numbers that a function is computed of at a time.
	const NUMBERS: u64 = 1 << 15;

	/// Distance of the numbers that a function is computed of.
	const STEP: u64 = 4099;

	/// The digest of a function's results in the guest.
	fn digest(bench: &mut Bench, function: Operation) -> (u64, String) {
		let (mut hasher, count) = (blake3::Hasher::new(), (1u64 << 32).div_ceil(STEP));
		for first in (0..count).step_by(NUMBERS as usize) {
			let some = first as u32..count.min(first + NUMBERS) as u32;
			let case = Case::function(function, some.map(|index| index * STEP as u32));
			let output = case.descriptor.output();
			let after = bench.reference(&case).unwrap().unwrap();
			hasher.update(&after[output.at as usize..][..output.bytes as usize]);
		}
		(count, hasher.finalize().to_hex().to_string())
	}

	#[test]
	fn the_guest_finds_the_same_bits_however_it_is_compiled() {
		for name in ["reference", "canonical-nans", "no-fma", "pulley"] {
			let mut bench = bench(&name.parse().unwrap());
			for function in OPERATIONS.iter().copied().filter(|operation| operation.sources() == 1) {
				let (count, found) = digest(&mut bench, function);
				assert_eq!(golden(&format!("{function:?}"), count), Some(found.as_str()), "{function:?} with {name}");
			}
			for kernel in KERNELS {
				let mut hasher = blake3::Hasher::new();
				for seed in 0..COUNT {
					hasher.update(&bench.reference(&Case::new(kernel, seed)).unwrap().unwrap());
				}
				let found = hasher.finalize().to_hex();
				assert_eq!(golden(&format!("{kernel:?}"), COUNT), Some(found.as_str()), "{kernel:?} with {name}");
			}
		}
	}

	/// Steps of the work of a hostile descriptor that is done, and not only accepted.
	const LITTLE: u64 = 1 << 22;

	/// True if all ranges of a descriptor lie in its case's memory: the memory elsewhere is the guest's own.
	fn is_inside(case: &Case) -> bool {
		let inside = |at: u32, bytes: u32| u64::from(at) + u64::from(bytes) <= case.memory.len() as u64;
		let d = &case.descriptor;
		d.operands.iter().all(|operand| inside(operand.at, operand.bytes)) && inside(d.scratch.at, d.scratch.bytes)
	}

	#[test]
	fn hostile_descriptors_are_refused_alike_or_give_the_same_memory() {
		let isas = isas();
		for kernel in KERNELS {
			let mut bench = bench(&Backend::default());
			let (mut refused, mut ran, mut left) = (0, 0, 0);
			for seed in 0..COUNT {
				let case = Case::new(kernel, seed).broken(seed);
				let (name, isa) = isas[seed as usize % isas.len()];
				let (descriptor, start) = bench.put(&case).unwrap();
				let memory = bench.instance.memory();
				// SAFETY: the memory is borrowed, and nothing is done with it.
				let checked = Checked::new(&descriptor, &unsafe { Memory::new(memory.as_mut_ptr(), memory.len()) });
				if checked.is_ok() && (case.descriptor.work() >= LITTLE || !is_inside(&case)) {
					left += 1;
					continue;
				}
				let native = bench.native(&Native::none(), isa, &case).unwrap();
				let reference = bench.reference(&case).unwrap();
				assert!(native == reference, "{kernel:?} of seed {seed} with {name}: {:?}", case.descriptor);
				assert_eq!(native.is_some(), checked.is_ok());
				match native {
					Some(_) => ran += 1,
					None => {
						refused += 1;
						let after = bench.instance.read(start, case.memory.len()).unwrap();
						assert!(after == case.memory, "{kernel:?} of seed {seed} is refused and writes");
					}
				}
			}
			println!("{kernel:?}: of {COUNT} hostile descriptors {refused} were refused, {ran} ran, {left} would not end or touch the guest");
			assert!(refused > 0 && ran > 0 && left < COUNT / 10);
		}
	}

	/// A CPU whose products have a wrong bit.
	fn broken(crew: &Crew, isa: Isa, descriptor: &Descriptor, memory: &mut [u8]) -> Result<(), Refused> {
		run(crew, isa, descriptor, memory)?;
		let output = descriptor.output();
		if Kernel::of(descriptor) == Some(Kernel::Gemm) && output.bytes > 0 {
			memory[output.at as usize] ^= 1;
		}
		Ok(())
	}

	/// An engine that runs here, with these kernels.
	fn engine(native: Native) -> Engine {
		let cache_dir = std::env::temp_dir().join("assay-engine-kernels-test");
		let config = Config { cache_dir, memory_budget: 8 << 30, parallel_runs: 1, worker: None };
		let mut engine = Engine::with_backend(config, &Backend::default()).unwrap();
		local(&mut engine).run.native = native;
		engine
	}

	fn local(engine: &mut Engine) -> &mut Local {
		match &mut engine.place {
			Place::Here(local) => local,
			Place::Workers(_) => unreachable!("the engine is in this process"),
		}
	}

	#[test]
	fn a_kernel_that_differs_is_left_to_the_guest() {
		let native = Kernels::Fastest.native();
		let gemm = Descriptor { kernel: Kernel::Gemm as u16, version: VERSION, ..Descriptor::default() };
		let conv = Descriptor { kernel: Kernel::Conv as u16, ..gemm };
		native.lose(Kernel::Gemm);
		assert_eq!((native.isa_for(&gemm), native.isa_for(&conv)), (None, Isa::native()));
		let unknown = Descriptor { version: VERSION + 1, ..conv };
		assert_eq!(native.isa_for(&unknown), None);
	}

	#[test]
	fn an_engine_whose_kernels_the_host_does_not_know_finds_the_same_bits() {
		let mut engine = engine(Native::none());
		let hosts = KERNELS.iter().map(std::slice::from_ref).chain([&KERNELS[..]]);
		for unknown in hosts {
			let native = Kernels::Fastest.native();
			unknown.iter().for_each(|kernel| native.lose(*kernel));
			local(&mut engine).run.native = native;
			engine.self_test().unwrap_or_else(|error| panic!("without {unknown:?}: {error}"));
		}
	}

	#[test]
	fn a_cpu_that_is_broken_when_an_engine_starts_runs_as_any_other() {
		let native = Native { isa: Some(Isa::SCALAR), run: broken, sampled: u64::MAX, ..Native::none() };
		let mut engine = engine(native);
		assert!(engine.self_test().is_err(), "the vectors have no product");
		self_test(&local(&mut engine).run).unwrap();
		assert_eq!(engine.lost_kernels(), 1);
		engine.self_test().unwrap();
	}

	#[test]
	fn a_cpu_that_breaks_later_is_found_out_by_comparing() {
		let engine = engine(Native { isa: Some(Isa::SCALAR), run: broken, sampled: 1, ..Native::none() });
		assert_eq!(engine.lost_kernels(), 0);
		let run = engine.self_test().unwrap_err().to_string();
		assert!(run.contains("Gemm kernel finds other bits"), "{run}");
		assert_eq!(engine.lost_kernels(), 1);
		engine.self_test().unwrap();
	}

	#[test]
	fn one_descriptor_of_each_thousand_is_compared_and_not_always_the_same() {
		let native = Native::new(Some(Isa::SCALAR));
		let little = Descriptor::default();
		let places: Vec<usize> = (0..10 * SAMPLED as usize).filter(|_| native.is_sampled(&little)).collect();
		let rounds: Vec<usize> = places.iter().map(|place| place / SAMPLED as usize).collect();
		assert_eq!(rounds, (0..10).collect::<Vec<_>>());
		let within: std::collections::BTreeSet<usize> = places.iter().map(|place| place % SAMPLED as usize).collect();
		assert!(within.len() > 5);
		let much = Descriptor { dims: [2048; 12], ..little };
		assert!((0..SAMPLED).all(|_| !native.is_sampled(&much)));
	}
}
