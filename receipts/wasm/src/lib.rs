//! The verifier as a WebAssembly module without imports, for browsers and whatever else loads one, and everything else that decides in a
//! client: ids, canonical tensors, proofs of the state. A client in another language has no second implementation of any of it.
//!
//! Build it with `scripts/receipts-wasm.sh`. A caller takes memory with [`take`], writes the JSON of a [`Call`] and the bytes that the call is
//! about there, and gives both to [`call`]. The answer lies at [`answer`], [`answer_length`] bytes of it, until the next call: if
//! [`call`] returned 1, JSON, and at [`bytes`] what the call gives in bytes; if 0, what does not hold, in UTF-8 and in the words of the Rust
//! library.
//!
//! Hashes and bytes in JSON are hex with `0x`. Numbers of 64 bits are strings, for JavaScript's numbers are shorter.

// Pointers are what a module of this kind has for an interface.
#![allow(unsafe_code)]

mod calls;
mod json;

pub use calls::{perform, Call};

use std::cell::RefCell;

thread_local! {
	static ANSWER: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// A dependency that makes seeds asks for random numbers. Nothing here makes a seed.
#[cfg(target_arch = "wasm32")]
fn no_random_numbers(_: &mut [u8]) -> Result<(), getrandom::Error> {
	Err(getrandom::Error::UNSUPPORTED)
}
#[cfg(target_arch = "wasm32")]
getrandom::register_custom_getrandom!(no_random_numbers);

/// Memory for so many bytes.
#[no_mangle]
pub extern "C" fn take(length: usize) -> *mut u8 {
	Box::into_raw(vec![0u8; length].into_boxed_slice()).cast()
}

/// Takes back the memory of [`take`], with the bytes that the caller wrote.
///
/// # Safety
///
/// `pointer` came from [`take`] with this length and has not been given back.
unsafe fn give_back(pointer: *mut u8, length: usize) -> Box<[u8]> {
	// SAFETY: by the contract above, this is the box that `take` made.
	unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, length)) }
}

/// Performs a [`Call`]: 1 if what it says holds.
///
/// # Safety
///
/// Both pointers came from [`take`] with these lengths and have not been given back.
#[no_mangle]
pub unsafe extern "C" fn call(json: *mut u8, json_length: usize, bytes: *mut u8, bytes_length: usize) -> u32 {
	// SAFETY: the caller keeps the contract of this function, which is that of `give_back`.
	let (json, bytes) = unsafe { (give_back(json, json_length), give_back(bytes, bytes_length)) };
	let done = serde_json::from_slice(&json)
		.map_err(|error| format!("this is no call of the verifier: {error}"))
		.and_then(|call| perform(call, &bytes));
	let (holds, answer) = match done {
		Ok((json, bytes)) => (1, (json.to_string().into_bytes(), bytes)),
		Err(error) => (0, (error.into_bytes(), Vec::new())),
	};
	ANSWER.set(answer);
	holds
}

/// The address of the last answer.
#[no_mangle]
pub extern "C" fn answer() -> *const u8 {
	ANSWER.with_borrow(|(answer, _)| answer.as_ptr())
}

/// Bytes of the last answer.
#[no_mangle]
pub extern "C" fn answer_length() -> usize {
	ANSWER.with_borrow(|(answer, _)| answer.len())
}

/// The address of the bytes that the last call gave beside its answer.
#[no_mangle]
pub extern "C" fn bytes() -> *const u8 {
	ANSWER.with_borrow(|(_, bytes)| bytes.as_ptr())
}

/// The number of these bytes.
#[no_mangle]
pub extern "C" fn bytes_length() -> usize {
	ANSWER.with_borrow(|(_, bytes)| bytes.len())
}
