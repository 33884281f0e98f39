//! Guest memory that starts as a private mapping of a snapshot: a run copies the pages that it writes, and no other.
//!
//! A page that is written for the first time costs a fault, which takes longer than to copy it. So a memory is kept when its run is over,
//! and the next run of the same snapshot gets it: with every page that was written put back to what the snapshot has, those behind it
//! at once and the others before anything runs. Linux tells which pages of the mapping were written, so nothing of one run reaches
//! the next.

use parking_lot::Mutex;
use rustix::{
	fs::{ftruncate, memfd_create, MemfdFlags},
	mm::{madvise, mmap, mmap_anonymous, mprotect, munmap, Advice, MapFlags, MprotectFlags, ProtFlags},
};
use std::{
	cell::RefCell,
	ffi::c_void,
	fs::File,
	os::unix::fs::FileExt,
	ptr::{null_mut, NonNull},
	sync::Arc,
};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Blocks in which an image is looked at for zeros: what a guest never wrote takes no memory.
const BLOCK: usize = 65_536;

/// Bytes of a page, as the kernel tells of them.
const PAGE: usize = 4096;

/// Largest memory that is kept for the next run.
const MAX_KEPT: usize = 512 << 20;

/// The memory of an instance at one moment, in a file that has no name.
pub struct ImageFile {
	file: File,
	length: usize,
	/// The file, to copy from.
	view: View,
	/// Which blocks of it hold anything but zeros.
	written: Vec<bool>,
}

/// A mapping to read from.
struct View {
	base: NonNull<u8>,
	length: usize,
}

// SAFETY: it owns its range of addresses, which nothing writes.
unsafe impl Send for View {}
// SAFETY: as above.
unsafe impl Sync for View {}

impl Drop for View {
	fn drop(&mut self) {
		// SAFETY: the range is ours, and its owner is going.
		if let Err(error) = unsafe { munmap(self.base.as_ptr().cast(), self.length) } {
			log::error!("a view of a snapshot is not given back: {error}");
		}
	}
}

impl ImageFile {
	/// Writes down what `memory` holds.
	pub fn new(memory: &[u8]) -> std::io::Result<Self> {
		let file = File::from(memfd_create("assay-engine-image", MemfdFlags::CLOEXEC)?);
		ftruncate(&file, memory.len() as u64)?;
		let mut written = Vec::with_capacity(memory.len().div_ceil(BLOCK));
		for (index, block) in memory.chunks(BLOCK).enumerate() {
			let some = block.iter().any(|byte| *byte != 0);
			if some {
				file.write_all_at(block, (index * BLOCK) as u64)?;
			}
			written.push(some);
		}
		let length = memory.len();
		// SAFETY: a new mapping, wherever there is room.
		let base = unsafe { mmap(null_mut(), length, ProtFlags::READ, MapFlags::SHARED, &file, 0) }?;
		let base = NonNull::new(base.cast()).ok_or(std::io::ErrorKind::OutOfMemory)?;
		Ok(ImageFile { file, length, view: View { base, length }, written })
	}

	/// Size in bytes.
	pub fn len(&self) -> usize {
		self.length
	}

	/// Makes `memory` the image, without copying it.
	///
	/// # Safety
	/// `memory` is the whole accessible part of a [`Mapping`] that nothing else refers to.
	unsafe fn map_over(&self, memory: *mut u8, length: usize) -> std::io::Result<()> {
		assert!(length == self.length, "an image that is not of the guest's size");
		let flags = MapFlags::PRIVATE | MapFlags::FIXED;
		// SAFETY: the caller's promise; the range is mapped already, so nothing else is overwritten.
		unsafe {
			mmap(memory.cast::<c_void>(), length, ProtFlags::READ | ProtFlags::WRITE, flags, &self.file, 0)?;
		}
		Ok(())
	}

	/// Puts a page back to what the image has there; beyond its end that is zeros.
	///
	/// # Safety
	/// The page at `offset` of `memory` can be written, and nothing else refers to it.
	unsafe fn restore(&self, memory: *mut u8, offset: usize) {
		let some = offset < self.length && self.written.get(offset / BLOCK).copied().unwrap_or(false);
		// SAFETY: the caller's promise; an image has whole pages.
		unsafe {
			let page = memory.add(offset);
			if some {
				page.copy_from_nonoverlapping(self.view.base.as_ptr().add(offset), PAGE);
			} else {
				page.write_bytes(0, PAGE);
			}
		}
	}
}

/// The kernel's search for pages, from Linux 6.7 on.
pub mod pagemap {
	use std::{fs::File, ops::Range, os::fd::AsRawFd};

	/// Pages with what was asked for.
	#[repr(C)]
	#[derive(Clone, Copy, Default)]
	pub struct Region {
		/// Address of the first byte.
		pub start: u64,
		/// Address behind the last one.
		pub end: u64,
		categories: u64,
	}

	/// `struct pm_scan_arg` of `linux/fs.h`.
	#[repr(C)]
	struct Search {
		size: u64,
		flags: u64,
		start: u64,
		end: u64,
		walk_end: u64,
		regions: u64,
		length: u64,
		max_pages: u64,
		inverted: u64,
		all_of: u64,
		any_of: u64,
		told: u64,
	}

	/// `PAGEMAP_SCAN`: `_IOWR('f', 16, struct pm_scan_arg)`.
	pub const SCAN: u64 = 0xc060_6610;

	// Categories of pages.
	const OF_FILE: u64 = 1 << 2;
	const PRESENT: u64 = 1 << 3;
	const SWAPPED: u64 = 1 << 4;

	/// The pages of a range of addresses that are present or swapped out and no pages of a file, and where the search has ended.
	pub fn written<'a>(
		pages: &File,
		range: Range<usize>,
		regions: &'a mut [Region],
	) -> std::io::Result<(&'a [Region], usize)> {
		let mut search = Search {
			size: size_of::<Search>() as u64,
			flags: 0,
			start: range.start as u64,
			end: range.end as u64,
			walk_end: 0,
			regions: regions.as_mut_ptr() as u64,
			length: regions.len() as u64,
			max_pages: 0,
			inverted: OF_FILE,
			all_of: OF_FILE,
			any_of: PRESENT | SWAPPED,
			told: PRESENT,
		};
		// SAFETY: the kernel writes to `search` and to as many regions as there are.
		let found = unsafe { libc::ioctl(pages.as_raw_fd(), SCAN as _, &mut search) };
		let found = usize::try_from(found).map_err(|_| std::io::Error::last_os_error())?;
		let end = search.walk_end as usize;
		// An end that is no progress, or beyond, is none that it gives.
		if end <= range.start || end > range.end {
			return Err(std::io::ErrorKind::InvalidData.into());
		}
		Ok((regions.get(..found).unwrap_or_default(), end))
	}
}

thread_local! {
	/// The image that the next memory made by this thread is going to hold.
	static NEXT: RefCell<Option<Arc<ImageFile>>> = const { RefCell::new(None) };
}

/// Memories of runs that are over, for the next ones.
pub struct Pool {
	/// `/proc/self/pagemap`, by which Linux tells of this process's pages. None where it cannot be read, and then every memory is a new one.
	pages: Option<File>,
	/// The number of memories that are kept.
	most: usize,
	/// The bytes that live memories hold, by their addresses.
	live: Mutex<Vec<(usize, Arc<ImageFile>)>>,
	kept: Mutex<Vec<(Mapping, Arc<ImageFile>)>>,
}

impl Pool {
	/// A pool of at most so many memories. Before the process gives up opening files.
	pub fn new(most: usize) -> Arc<Pool> {
		let open = || {
			let warn = |error: &std::io::Error| log::warn!("each run gets fresh memory: /proc/self/pagemap: {error}");
			File::open("/proc/self/pagemap").inspect_err(warn).ok()
		};
		let pages = if most > 0 { open() } else { None };
		Arc::new(Pool { pages, most, live: Mutex::default(), kept: Mutex::default() })
	}

	/// Runs `make`, which makes an instance whose memory is going to hold `image`.
	pub fn expecting<T>(image: &Arc<ImageFile>, make: impl FnOnce() -> T) -> T {
		NEXT.with(|next| next.replace(Some(image.clone())));
		let made = make();
		NEXT.with(RefCell::take);
		made
	}

	/// Makes `memory` the image.
	///
	/// # Safety
	/// `memory` is the whole accessible part of a memory of this pool, and nothing else refers to it.
	pub unsafe fn fill(&self, memory: *mut u8, length: usize, image: &Arc<ImageFile>) -> std::io::Result<()> {
		let holds = self.live.lock().iter().any(|(base, held)| *base == memory as usize && Arc::ptr_eq(held, image));
		if holds {
			// SAFETY: the caller's promise.
			return unsafe { self.restore(memory, 0..length, image) };
		}
		// SAFETY: the caller's promise.
		unsafe { image.map_over(memory, length)? };
		self.live.lock().push((memory as usize, image.clone()));
		Ok(())
	}

	/// Puts the pages of a range that were written back to what the image has.
	///
	/// # Safety
	/// The range can be written, it lies in a mapping of the image, and nothing else refers to it.
	unsafe fn restore(&self, memory: *mut u8, range: std::ops::Range<usize>, image: &ImageFile) -> std::io::Result<()> {
		let pages = self.pages.as_ref().ok_or(std::io::ErrorKind::Unsupported)?;
		let base = memory as usize;
		let mut regions = [pagemap::Region::default(); 256];
		let mut offset = range.start;
		while offset < range.end {
			let Ok((found, end)) = pagemap::written(pages, base + offset..base + range.end, &mut regions) else {
				// SAFETY: the caller's promise.
				return unsafe { self.restore_by_entries(memory, offset..range.end, image) };
			};
			for region in found {
				for page in (region.start as usize..region.end as usize).step_by(PAGE) {
					// SAFETY: the caller's promise; the kernel tells of pages of the range.
					unsafe { image.restore(memory, page - base) };
				}
			}
			offset = end - base;
		}
		Ok(())
	}

	/// Restores on a Linux that cannot look for written pages itself: the entry of every page is read.
	///
	/// # Safety
	/// The conditions of [`Pool::restore`].
	unsafe fn restore_by_entries(
		&self,
		memory: *mut u8,
		range: std::ops::Range<usize>,
		image: &ImageFile,
	) -> std::io::Result<()> {
		// A page of the mapping that is no page of the file is one that was written: present, or swapped out.
		const PRESENT: u64 = 1 << 63;
		const SWAPPED: u64 = 1 << 62;
		const OF_FILE: u64 = 1 << 61;
		let pages = self.pages.as_ref().ok_or(std::io::ErrorKind::Unsupported)?;
		let mut entries = vec![0u8; 8 * 1024];
		let mut offset = range.start;
		while offset < range.end {
			let count = ((range.end - offset) / PAGE).min(1024);
			let (entries, _) = entries.split_at_mut(8 * count);
			pages.read_exact_at(entries, ((memory as usize + offset) / PAGE * 8) as u64)?;
			for entry in entries.as_chunks::<8>().0 {
				let entry = u64::from_ne_bytes(*entry);
				if entry & OF_FILE == 0 && entry & (PRESENT | SWAPPED) != 0 {
					// SAFETY: the caller's promise.
					unsafe { image.restore(memory, offset) };
				}
				offset += PAGE;
			}
		}
		Ok(())
	}

	/// Gives all kept memories back to the system.
	pub fn clear(&self) {
		self.kept.lock().clear();
	}

	/// A kept memory that holds the image which this thread is going to ask for.
	fn take(&self) -> Option<Mapping> {
		let image = NEXT.with(RefCell::take)?;
		let mut kept = self.kept.lock();
		let Some(index) = kept.iter().position(|(_, held)| Arc::ptr_eq(held, &image)) else {
			// Another model's turn: what is kept makes room.
			kept.pop();
			return None;
		};
		let (mapping, image) = kept.swap_remove(index);
		self.live.lock().push((mapping.base.as_ptr() as usize, image));
		Some(mapping)
	}

	/// Keeps a memory whose run is over, if it can be as it was before it.
	fn give_back(&self, mut mapping: Mapping) {
		let base = mapping.base.as_ptr();
		let image = {
			let mut live = self.live.lock();
			let Some(index) = live.iter().position(|(address, _)| *address == base as usize) else { return };
			live.swap_remove(index).1
		};
		if self.pages.is_none() || mapping.accessible > MAX_KEPT || mapping.accessible < image.len() {
			return;
		}
		// The part that `fill` does not see. Its own part `fill` puts back itself.
		// SAFETY: the run is over, and the mapping is ours; it held the image, and anonymous memory behind.
		let restored = unsafe { self.restore(base, image.len()..mapping.accessible, &image) };
		if restored.is_ok() && mapping.shrink(image.len()).is_ok() {
			let mut kept = self.kept.lock();
			if kept.len() < self.most {
				kept.push((mapping, image));
			}
		}
	}
}

/// Makes the memories of all instances.
pub struct Creator(pub Option<Arc<Pool>>);

// SAFETY: the memories it makes are as wasmtime asks: reserved in full, with the guard behind, zero where accessible. One that is kept
// is not zero, and is given only to whom makes it an image before anything runs.
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
		let kept = self.0.as_ref().and_then(|pool| pool.take());
		let fits =
			|mapping: &Mapping| mapping.capacity == capacity && mapping.guard == guard && mapping.accessible >= minimum;
		let mapping = match kept.filter(fits) {
			Some(mapping) => mapping,
			None => Mapping::new(minimum, capacity, guard).map_err(|error| error.to_string())?,
		};
		Ok(Box::new(Lent { size: minimum, mapping: Some(mapping), pool: self.0.clone() }))
	}
}

/// A memory as an instance has it: of a mapping that may be accessible further.
struct Lent {
	size: usize,
	mapping: Option<Mapping>,
	pool: Option<Arc<Pool>>,
}

// SAFETY: the range stays where it is until it is dropped, and `grow_to` never shrinks it.
unsafe impl LinearMemory for Lent {
	fn byte_size(&self) -> usize {
		self.size
	}

	fn byte_capacity(&self) -> usize {
		self.mapping.as_ref().map_or(0, |mapping| mapping.capacity)
	}

	fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
		if let Some(mapping) = &mut self.mapping {
			mapping.make_accessible(new_size)?;
			self.size = new_size;
		}
		Ok(())
	}

	fn as_ptr(&self) -> *mut u8 {
		self.mapping.as_ref().map_or(null_mut(), |mapping| mapping.base.as_ptr())
	}
}

impl Drop for Lent {
	fn drop(&mut self) {
		if let (Some(pool), Some(mapping)) = (&self.pool, self.mapping.take()) {
			pool.give_back(mapping);
		}
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

	/// Makes what lies behind `length` inaccessible. Its pages stay.
	fn shrink(&mut self, length: usize) -> std::io::Result<()> {
		if length < self.accessible {
			// SAFETY: within the mapping.
			unsafe {
				let start = self.base.as_ptr().add(length).cast::<c_void>();
				mprotect(start, self.accessible - length, MprotectFlags::empty())?;
			}
			self.accessible = length;
		}
		Ok(())
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
			unsafe { image.map_over(memory.base.as_ptr(), LENGTH) }.unwrap();
			assert!(bytes(memory) == content);
		}
		bytes(&mut memories[0])[BLOCK + 5] = 8;
		assert!(bytes(&mut memories[1]) == content);
		memories[0].make_accessible(5 * BLOCK).unwrap();
		assert_eq!(bytes(&mut memories[0])[BLOCK + 5], 8);
		assert!(bytes(&mut memories[0])[LENGTH..].iter().all(|byte| *byte == 0));
		assert!(memories[0].make_accessible(9 * BLOCK).is_err());
	}

	#[test]
	fn a_memory_that_is_kept_shows_nothing_of_the_run_before() {
		const LENGTH: usize = 4 * BLOCK;
		let mut content = vec![0; LENGTH];
		content[BLOCK + 5] = 7;
		let image = Arc::new(ImageFile::new(&content).unwrap());
		let other = Arc::new(ImageFile::new(&vec![3; LENGTH]).unwrap());
		let pool = Pool::new(1);
		let creator = Creator(Some(pool.clone()));
		let mut places = vec![];
		for image in [&image, &image, &image, &other, &image] {
			let make = || creator.new_memory(MemoryType::new(1, None), BLOCK, None, Some(8 * BLOCK), BLOCK).unwrap();
			let mut memory = Pool::expecting(image, make);
			assert_eq!(memory.byte_size(), BLOCK);
			// SAFETY: accessible, and nothing else refers to it.
			unsafe { memory.as_ptr().write(0xff) };
			memory.grow_to(LENGTH).unwrap();
			// SAFETY: the whole of the memory, which nothing else refers to.
			unsafe { pool.fill(memory.as_ptr(), LENGTH, image) }.unwrap();
			memory.grow_to(6 * BLOCK).unwrap();
			// SAFETY: accessible, and borrowed as long as the memory.
			let bytes = unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), 6 * BLOCK) };
			let (held, behind) = bytes.split_at_mut(LENGTH);
			let expected: &[u8] = if Arc::ptr_eq(image, &other) { &[3; LENGTH] } else { &content };
			assert!(held == expected && behind.iter().all(|byte| *byte == 0));
			held[2 * BLOCK..3 * BLOCK].fill(9);
			held[BLOCK + 5] = 1;
			behind[BLOCK..].fill(9);
			if pool.pages.is_some() {
				// SAFETY: the image's part of the memory, which nothing else refers to.
				unsafe { pool.restore_by_entries(memory.as_ptr(), 0..LENGTH, image) }.unwrap();
				assert!(held == expected, "the entries of all pages tell of fewer written ones");
				held[2 * BLOCK..3 * BLOCK].fill(9);
			}
			places.push(memory.as_ptr() as usize);
		}
		assert!(pool.pages.is_none() || places[0] == places[1] && places[1] == places[2]);
	}
}
