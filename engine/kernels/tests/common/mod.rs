//! This CPU's instructions, and memory for kernels to run on.

#![allow(dead_code)]

use assay_kernels::{
	cases::{golden, Case},
	Checked, Isa, Memory,
};
use rustix::mm::{mmap_anonymous, mprotect, munmap, MapFlags, MprotectFlags, ProtFlags};

/// The tests take minutes.
pub fn is_long() -> bool {
	std::env::var_os("ASSAY_LONG").is_some()
}

/// The back ends of this machine with their names. The first is there on every machine.
pub fn isas() -> Vec<(&'static str, Isa)> {
	let known =
		[("scalar", Some(Isa::SCALAR)), ("avx2", Isa::avx2()), ("avx512", Isa::avx512()), ("neon", Isa::neon())];
	for (name, _) in known.iter().filter(|(_, isa)| isa.is_none()) {
		println!("{name}: not run, for this CPU has not got it");
	}
	known.into_iter().filter_map(|(name, isa)| Some((name, isa?))).collect()
}

/// Notes the line that `kernels.golden` has to have, unless it has it.
pub fn compare(lines: &mut Vec<String>, name: &str, count: u64, found: &blake3::Hasher) {
	let found = found.finalize().to_hex();
	if golden(name, count) != Some(found.as_str()) {
		lines.push(format!("{name} {count} {found}"));
	}
}

/// Runs a descriptor on a memory.
pub fn run(case: &Case, memory: Memory, isa: Isa) -> Result<(), &'static str> {
	Checked::new(&case.descriptor, &memory).map_err(|refused| refused.0)?.run(isa);
	Ok(())
}

/// Runs a descriptor on a memory in up to `most` parts, the last one first.
pub fn run_parts(case: &Case, memory: Memory, isa: Isa, most: usize) -> usize {
	let parts = Checked::new(&case.descriptor, &memory).unwrap().parts(&case.descriptor, most, 1);
	let count = parts.len();
	parts.into_iter().rev().for_each(|part| part.run(isa));
	count
}

/// Bytes between slots: a multiple of every system's pages.
const GUARD: usize = 1 << 16;

/// Bytes of a slot: room for any case.
const SLOT: usize = 4 << 20;

/// Slots of memory. A touch of what lies before, between and after them ends the process.
pub struct Arena {
	base: *mut u8,
	length: usize,
}

impl Arena {
	/// An arena with as many slots as a descriptor has operands, and one for its scratch memory.
	pub fn new() -> Arena {
		let slots = assay_kernels::OPERANDS + 1;
		let length = GUARD + slots * (SLOT + GUARD);
		// SAFETY: memory of our own, where the system likes it.
		unsafe {
			let base = mmap_anonymous(std::ptr::null_mut(), length, ProtFlags::empty(), MapFlags::PRIVATE).unwrap();
			let arena = Arena { base: base.cast(), length };
			for index in 0..slots {
				let slot = arena.base.add(arena.slot(index)).cast();
				mprotect(slot, SLOT, MprotectFlags::READ | MprotectFlags::WRITE).unwrap();
			}
			arena
		}
	}

	fn slot(&self, index: usize) -> usize {
		GUARD + index * (SLOT + GUARD)
	}

	/// True if a case is accepted, with its memory in one piece.
	pub fn accepts(&self, case: &Case) -> bool {
		// SAFETY: a slot, with which nothing is done.
		let memory = unsafe { Memory::new(self.base.add(self.slot(0)), case.memory.len()) };
		Checked::new(&case.descriptor, &memory).is_ok()
	}

	/// Runs a case with its memory in one piece, at the beginning or at the end of a slot: the memory after it, or why it is refused.
	pub fn whole(&self, case: &Case, at_end: bool, isa: Isa) -> Result<Vec<u8>, &'static str> {
		let length = case.memory.len();
		assert!(length.is_multiple_of(16) && length <= SLOT, "a memory of {length} bytes");
		// SAFETY: a slot, which nothing else uses.
		unsafe {
			let base = self.base.add(self.slot(0) + if at_end { SLOT - length } else { 0 });
			base.copy_from_nonoverlapping(case.memory.as_ptr(), length);
			run(case, Memory::new(base, length), isa)?;
			Ok(std::slice::from_raw_parts(base, length).to_vec())
		}
	}

	/// Runs a valid case in up to `most` parts, with its memory in one piece: the memory after it, and how many parts there were.
	pub fn in_parts(&self, case: &Case, at_end: bool, isa: Isa, most: usize) -> (Vec<u8>, usize) {
		let length = case.memory.len();
		assert!(length.is_multiple_of(16) && length <= SLOT, "a memory of {length} bytes");
		// SAFETY: a slot, which nothing else uses.
		unsafe {
			let base = self.base.add(self.slot(0) + if at_end { SLOT - length } else { 0 });
			base.copy_from_nonoverlapping(case.memory.as_ptr(), length);
			let count = run_parts(case, Memory::new(base, length), isa, most);
			(std::slice::from_raw_parts(base, length).to_vec(), count)
		}
	}

	/// Runs a case with each operand at the beginning, or each at the end, of a slot of its own.
	pub fn apart(&self, case: &Case, at_end: bool, isa: Isa) -> Result<Vec<u8>, &'static str> {
		let mut after = case.memory.clone();
		let mut moved = case.clone();
		let mut places: Vec<(u32, u32, u32)> = vec![];
		let mut place = |at: u32, bytes: u32| {
			if let Some((_, _, to)) = places.iter().find(|place| (place.0, place.1) == (at, bytes)) {
				return *to;
			}
			let end = if at_end { SLOT - bytes as usize } else { 0 };
			let to = (self.slot(places.len()) + end) as u32;
			places.push((at, bytes, to));
			to
		};
		for operand in moved.descriptor.operands.iter_mut().filter(|operand| **operand != Default::default()) {
			operand.at = place(operand.at, operand.bytes);
		}
		let scratch = &mut moved.descriptor.scratch;
		scratch.at = place(scratch.at, scratch.bytes);
		// SAFETY: slots, which nothing else uses.
		unsafe {
			for (at, bytes, to) in &places {
				let from = &case.memory[*at as usize..][..*bytes as usize];
				self.base.add(*to as usize).copy_from_nonoverlapping(from.as_ptr(), from.len());
			}
			run(&moved, Memory::new(self.base, self.length), isa)?;
			for (at, bytes, to) in &places {
				let to_vec = &mut after[*at as usize..][..*bytes as usize];
				to_vec.as_mut_ptr().copy_from_nonoverlapping(self.base.add(*to as usize), to_vec.len());
			}
		}
		Ok(after)
	}
}

impl Drop for Arena {
	fn drop(&mut self) {
		// SAFETY: what `new` has mapped, which nobody uses any more.
		let _ = unsafe { munmap(self.base.cast(), self.length) };
	}
}
