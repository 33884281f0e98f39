//! Guest memory that starts as a private mapping of a snapshot: a run copies the pages that it writes, and no other.

use rustix::{
	fs::{ftruncate, memfd_create, MemfdFlags},
	mm::{madvise, mmap, mmap_anonymous, mprotect, munmap, Advice, MapFlags, MprotectFlags, ProtFlags},
};
use std::{
	ffi::c_void,
	fs::File,
	os::unix::fs::FileExt,
	ptr::{null_mut, NonNull},
};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Blocks in which an image is looked at for zeros: what a guest never wrote takes no memory.
const BLOCK: usize = 65_536;

/// The memory of an instance at one moment, in a file that has no name.
pub struct ImageFile {
	file: File,
	length: usize,
}

impl ImageFile {
	/// Writes down what `memory` holds.
	pub fn new(memory: &[u8]) -> std::io::Result<Self> {
		let file = File::from(memfd_create("assay-engine-image", MemfdFlags::CLOEXEC)?);
		ftruncate(&file, memory.len() as u64)?;
		for (index, block) in memory.chunks(BLOCK).enumerate() {
			if block.iter().any(|byte| *byte != 0) {
				file.write_all_at(block, (index * BLOCK) as u64)?;
			}
		}
		Ok(ImageFile { file, length: memory.len() })
	}

	/// Size in bytes.
	pub fn len(&self) -> usize {
		self.length
	}

	/// Makes `memory` the image, without copying it.
	///
	/// # Safety
	/// `memory` is the whole accessible part of a [`Mapping`] that nothing else refers to.
	pub unsafe fn map_over(&self, memory: *mut u8, length: usize) -> std::io::Result<()> {
		assert!(length == self.length, "an image that is not of the guest's size");
		let flags = MapFlags::PRIVATE | MapFlags::FIXED;
		// SAFETY: the caller's promise; the range is mapped already, so nothing else is overwritten.
		unsafe {
			mmap(memory.cast::<c_void>(), length, ProtFlags::READ | ProtFlags::WRITE, flags, &self.file, 0)?;
		}
		Ok(())
	}
}

/// Makes the memories of all instances.
pub struct Creator;

// SAFETY: the memories it makes are as wasmtime asks: reserved in full, with the guard behind, zero where accessible.
unsafe impl MemoryCreator for Creator {
	fn new_memory(
		&self,
		_: MemoryType,
		minimum: usize,
		maximum: Option<usize>,
		reserved: Option<usize>,
		guard: usize,
	) -> Result<Box<dyn LinearMemory>, String> {
		let capacity = reserved.or(maximum).unwrap_or(minimum).max(minimum);
		Mapping::new(minimum, capacity, guard)
			.map(|mapping| Box::new(mapping) as Box<dyn LinearMemory>)
			.map_err(|error| error.to_string())
	}
}

/// Address space for one memory, its first part accessible.
struct Mapping {
	base: NonNull<u8>,
	accessible: usize,
	capacity: usize,
	guard: usize,
}

// SAFETY: it owns its range of addresses, and gives out the address only.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
	fn new(accessible: usize, capacity: usize, guard: usize) -> std::io::Result<Self> {
		let length = capacity.checked_add(guard).ok_or(std::io::ErrorKind::OutOfMemory)?;
		let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
		// SAFETY: a new mapping, wherever there is room.
		let base = unsafe { mmap_anonymous(null_mut(), length, ProtFlags::empty(), flags) }?;
		let base = NonNull::new(base.cast()).ok_or(std::io::ErrorKind::OutOfMemory)?;
		let mut mapping = Mapping { base, accessible: 0, capacity, guard };
		mapping.make_accessible(accessible)?;
		Ok(mapping)
	}

	fn make_accessible(&mut self, length: usize) -> std::io::Result<()> {
		if length > self.capacity {
			return Err(std::io::ErrorKind::OutOfMemory.into());
		}
		if length <= self.accessible {
			return Ok(());
		}
		// SAFETY: within the mapping, which `length <= capacity` says.
		unsafe {
			let start = self.base.as_ptr().add(self.accessible).cast::<c_void>();
			let more = length - self.accessible;
			mprotect(start, more, MprotectFlags::READ | MprotectFlags::WRITE)?;
			// Weights are read from end to end: large pages save most of the faults. It is a hint; a kernel may refuse it.
			let _ = madvise(start, more, Advice::LinuxHugepage);
		}
		self.accessible = length;
		Ok(())
	}
}

// SAFETY: the range stays where it is until it is dropped, and `grow_to` never shrinks it.
unsafe impl LinearMemory for Mapping {
	fn byte_size(&self) -> usize {
		self.accessible
	}

	fn byte_capacity(&self) -> usize {
		self.capacity
	}

	fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
		Ok(self.make_accessible(new_size)?)
	}

	fn as_ptr(&self) -> *mut u8 {
		self.base.as_ptr()
	}
}

impl Drop for Mapping {
	fn drop(&mut self) {
		// SAFETY: the range is ours, and its owner is going.
		let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.capacity + self.guard) };
		if let Err(error) = unmapped {
			log::error!("guest memory is not given back: {error}");
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn bytes(mapping: &mut Mapping) -> &mut [u8] {
		// SAFETY: accessible, and borrowed as long as the mapping.
		unsafe { std::slice::from_raw_parts_mut(mapping.base.as_ptr(), mapping.accessible) }
	}

	#[test]
	fn what_one_memory_writes_no_other_sees() {
		const LENGTH: usize = 4 * BLOCK;
		let mut content = vec![0; LENGTH];
		content[BLOCK + 5] = 7;
		content[LENGTH - 1] = 9;
		let image = ImageFile::new(&content).unwrap();
		let mut memories = [0, 1].map(|_| Mapping::new(BLOCK, 8 * BLOCK, BLOCK).unwrap());
		for memory in &mut memories {
			memory.make_accessible(LENGTH).unwrap();
			bytes(memory)[0] = 1;
			// SAFETY: the whole of the memory, which nothing else refers to.
			unsafe { image.map_over(memory.as_ptr(), LENGTH) }.unwrap();
			assert!(bytes(memory) == content);
		}
		bytes(&mut memories[0])[BLOCK + 5] = 8;
		assert!(bytes(&mut memories[1]) == content);
		memories[0].make_accessible(5 * BLOCK).unwrap();
		assert_eq!(bytes(&mut memories[0])[BLOCK + 5], 8);
		assert!(bytes(&mut memories[0])[LENGTH..].iter().all(|byte| *byte == 0));
		assert!(memories[0].make_accessible(9 * BLOCK).is_err());
	}
}
