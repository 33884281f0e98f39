//! Units of a run, charged before each operator, and bytes of a load, counted by the allocator.

use crate::cell::Global;
use core::alloc::{GlobalAlloc, Layout};
use std::alloc::System;
use tract_onnx::tract_hir::internal::{format_err, TractResult};

/// Largest tensor in bytes: what one allocation of a 32-bit address space can hold.
pub const MAX_TENSOR_BYTES: u64 = i32::MAX as u64;

/// Which limit ended the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exceeded {
	Compute,
	Memory,
}

pub struct Meter {
	limit: u64,
	used: u64,
	exceeded: Option<Exceeded>,
}

static METER: Global<Meter> = Global::new(Meter { limit: 0, used: 0, exceeded: None });

/// Starts a run of at most `limit` units.
pub fn start(limit: u64) {
	METER.with(|meter| *meter = Meter { limit, used: 0, exceeded: None });
}

/// Takes `units` from the budget, or fails the run.
pub fn charge(units: u64) -> TractResult<()> {
	METER.with(|meter| {
		if units > meter.limit - meter.used {
			meter.used = meter.limit;
			meter.exceeded = Some(Exceeded::Compute);
			return Err(format_err!("the unit limit does not cover the run"));
		}
		meter.used += units;
		Ok(())
	})
}

/// Fails the run if a tensor of this size could not exist.
pub fn check_tensor(bytes: u64) -> TractResult<()> {
	if bytes <= MAX_TENSOR_BYTES {
		return Ok(());
	}
	METER.with(|meter| meter.exceeded = Some(Exceeded::Memory));
	Err(format_err!("a tensor of {bytes} bytes; at most {MAX_TENSOR_BYTES} are possible"))
}

/// Units charged so far.
pub fn used() -> u64 {
	METER.with(|meter| meter.used)
}

/// The limit that was hit, if one was.
pub fn exceeded() -> Option<Exceeded> {
	METER.with(|meter| meter.exceeded)
}

struct Counter {
	allocated: u64,
	limit: u64,
}

static COUNTER: Global<Counter> = Global::new(Counter { allocated: 0, limit: u64::MAX });

/// The system's allocator, counting. A copy of any size costs one unit of fuel; nearly every large one goes into fresh memory, so
/// the bytes allocated bound what fuel does not see.
pub struct Counting;

impl Counting {
	fn count(size: usize) {
		let over = COUNTER.with(|counter| {
			counter.allocated = counter.allocated.saturating_add(size as u64);
			counter.allocated > counter.limit
		});
		if over {
			crate::stop_over_limit();
		}
	}
}

// SAFETY: every call goes to `System` unchanged.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		Self::count(layout.size());
		// SAFETY: the caller's promise.
		unsafe { System.alloc(layout) }
	}

	unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
		// SAFETY: the caller's promise.
		unsafe { System.dealloc(pointer, layout) }
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		Self::count(layout.size());
		// SAFETY: the caller's promise.
		unsafe { System.alloc_zeroed(layout) }
	}

	unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
		Self::count(new_size);
		// SAFETY: the caller's promise.
		unsafe { System.realloc(pointer, layout, new_size) }
	}
}

/// Sets the most bytes that may be allocated in all; the guest stops beyond.
pub fn limit_allocations(limit: u64) {
	COUNTER.with(|counter| counter.limit = limit);
}

/// Bytes allocated in all.
pub fn allocated() -> u64 {
	COUNTER.with(|counter| counter.allocated)
}
