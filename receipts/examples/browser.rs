//! The verifier as a WebAssembly module without imports, for browsers and whatever else loads one.
//!
//! Build it with `scripts/receipts-wasm.sh`. A caller takes memory with `take`, writes the receipt and the encoded
//! [`Checkpoint`](assay_receipts::Checkpoint) there, and calls `check`, which gives both back. The answer lies at `answer`, `answer_length`
//! bytes of it, until the next call: if `check` returned 1, the encoding of `(claim, block, head, checkpoint, next)`; if 0, what does not
//! hold, in UTF-8.

// Pointers are what a module of this kind has for an interface.
#![allow(unsafe_code)]

use assay_receipts::{verify, Age, Checkpoint};
use codec::{DecodeAll, Encode};
use std::cell::RefCell;

thread_local! {
	static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Memory for so many bytes.
#[no_mangle]
pub extern "C" fn take(length: usize) -> *mut u8 {
	Box::into_raw(vec![0u8; length].into_boxed_slice()).cast()
}

/// What [`take`] gave, with what the caller wrote.
///
/// # Safety
///
/// `pointer` came from [`take`] with this length and has not been given back.
unsafe fn give_back(pointer: *mut u8, length: usize) -> Box<[u8]> {
	// SAFETY: by the contract above, this is the box that `take` made.
	unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(pointer, length)) }
}

/// Verifies a receipt, when the chain is at block `now`; 2^32 - 1 takes a checkpoint of any age.
///
/// # Safety
///
/// Both pointers came from [`take`] with these lengths and have not been given back.
#[no_mangle]
pub unsafe extern "C" fn check(
	receipt: *mut u8,
	receipt_length: usize,
	checkpoint: *mut u8,
	checkpoint_length: usize,
	now: u32,
) -> u32 {
	// SAFETY: the caller keeps the contract of this function, which is that of `give_back`.
	let (receipt, checkpoint) =
		unsafe { (give_back(receipt, receipt_length), give_back(checkpoint, checkpoint_length)) };
	let age = if now == u32::MAX { Age::Any } else { Age::Bonded { now } };
	let verified = Checkpoint::decode_all(&mut &*checkpoint)
		.map_err(|_| "the checkpoint is damaged".to_string())
		.and_then(|checkpoint| verify(&receipt, &checkpoint, age).map_err(|error| error.to_string()));
	let (holds, answer) = match verified {
		Ok(found) => (1, (found.claim, found.block, found.head, found.checkpoint, found.next).encode()),
		Err(error) => (0, error.into_bytes()),
	};
	ANSWER.set(answer);
	holds
}

/// Where the last answer is.
#[no_mangle]
pub extern "C" fn answer() -> *const u8 {
	ANSWER.with_borrow(|answer| answer.as_ptr())
}

/// Bytes of the last answer.
#[no_mangle]
pub extern "C" fn answer_length() -> usize {
	ANSWER.with_borrow(Vec::len)
}
