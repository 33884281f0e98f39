//! The ranking as a WebAssembly module without imports: `take` gives memory for a case in JSON, `answer` answers it, and the answer lies at
//! `at`, `length` bytes of it, until the next call. `tests/memory.test.js` compares it with `memory/vectors.json`.

// Pointers are what a module of this kind has for an interface.
#![allow(unsafe_code)]

#[path = "rank/cases.rs"]
mod cases;

use std::cell::RefCell;

thread_local! {
	static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Memory for so many bytes.
#[no_mangle]
pub extern "C" fn take(length: usize) -> *mut u8 {
	Box::into_raw(vec![0u8; length].into_boxed_slice()).cast()
}

/// Answers the case that was written to what [`take`] gave.
///
/// # Safety
///
/// The pointer came from [`take`] with this length and has not been given back.
#[no_mangle]
pub unsafe extern "C" fn answer(pointer: *mut u8, length: usize) {
	// SAFETY: by the contract above, this is the box that `take` made.
	let case = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, length)) };
	let case = serde_json::from_slice(&case).expect("the caller gives a case in JSON");
	ANSWER.set(cases::answer(&case).to_string().into_bytes());
}

/// The address of the last answer.
#[no_mangle]
pub extern "C" fn at() -> *const u8 {
	ANSWER.with_borrow(|answer| answer.as_ptr())
}

/// The length of the last answer, in bytes.
#[no_mangle]
pub extern "C" fn length() -> usize {
	ANSWER.with_borrow(Vec::len)
}
