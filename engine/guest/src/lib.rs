//! tract behind the engine's WASM interface: one import, for kernels, and no clock, no randomness, no threads.
//!
//! The host calls, in this order: `init`, `alloc` and a write for each argument, `describe` or `load`; then, in an instance that
//! has the memory which `load` left, `alloc` and a write for the input, `run`, `finish`. A call that answers with bytes returns
//! their address in its high and their length in its low 32 bits. The calls without arguments
//! allocate nothing, so that they also work after a trap.

extern crate alloc;

pub mod abi;
mod branches;
mod call;
mod cell;
mod cost;
mod extremum;
mod functions;
mod guard;
mod honoured;
mod importer;
mod kernel;
mod loops;
mod lower;
mod meter;
mod model;
mod operators;
mod quantized;
mod sequences;
mod sign;
mod trace;
mod types;

use abi::{LoadError, RunError, Signature, Tally, MAX_TRACE_KEYS};
use cell::Global;
use codec::{DecodeAll, Encode};
use model::{Parsed, Ready};
use std::fmt::Write;

#[global_allocator]
static ALLOCATOR: meter::Counting = meter::Counting;

const MESSAGE_BYTES: usize = 2048;

struct Message {
	bytes: [u8; MESSAGE_BYTES],
	length: usize,
}

impl Write for Message {
	fn write_str(&mut self, text: &str) -> std::fmt::Result {
		let room = &mut self.bytes[self.length..];
		let taken = room.len().min(text.len());
		room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
		self.length += taken;
		Ok(())
	}
}

static MESSAGE: Global<Message> = Global::new(Message { bytes: [0; MESSAGE_BYTES], length: 0 });
static READY: Global<Option<Ready>> = Global::new(None);
static OVER_LIMIT: Global<bool> = Global::new(false);
static TALLY: Global<[u8; TALLY_BYTES]> = Global::new([0; TALLY_BYTES]);

/// Units, the number of digests as a compact, the digests.
const TALLY_BYTES: usize = 8 + 1 + 32 * MAX_TRACE_KEYS;

/// Stops the guest because the load allocates more than its limit covers.
fn stop_over_limit() -> ! {
	OVER_LIMIT.with(|over| *over = true);
	#[cfg(target_arch = "wasm32")]
	core::arch::wasm32::unreachable();
	#[cfg(not(target_arch = "wasm32"))]
	std::process::abort()
}

fn answer(bytes: Vec<u8>) -> u64 {
	let bytes = bytes.leak();
	(bytes.as_ptr() as usize as u64) << 32 | bytes.len() as u64
}

/// # Safety
/// `pointer` and `length` are those of a buffer from `alloc` that the host has filled.
unsafe fn argument(pointer: *mut u8, length: usize) -> Vec<u8> {
	// SAFETY: `alloc` made it a vector of this length and capacity.
	unsafe { Vec::from_raw_parts(pointer, length, length) }
}

/// The first call. Draws the keys of the maps' hashers, which come from the addresses of the moment: here the same in every
/// instance of every machine.
#[no_mangle]
pub extern "C" fn init() {
	drop(std::collections::hash_map::RandomState::new());
	std::panic::set_hook(Box::new(|info| {
		MESSAGE.with(|message| {
			let payload = info.payload();
			let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
			message.length = 0;
			let _ = write!(
				message,
				"an operator does not take these shapes or values: {}",
				text.unwrap_or("it has failed")
			);
		});
	}));
}

/// A buffer for the host to write to.
#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
	vec![0; length].leak().as_mut_ptr()
}

/// Parses a model: `Result<Description, LoadError>`.
///
/// # Safety
/// The buffer is from `alloc`.
#[no_mangle]
pub unsafe extern "C" fn describe(model: *mut u8, length: usize, allocations: u64) -> u64 {
	meter::limit_allocations(allocations);
	// SAFETY: the host's promise.
	let model = unsafe { argument(model, length) };
	answer(Parsed::new(&model).map(Parsed::description).encode())
}

/// Makes a model ready for one run with inputs like `Vec<Signature>`: `Result<Loaded, LoadError>`.
///
/// # Safety
/// The buffers are from `alloc`.
#[no_mangle]
pub unsafe extern "C" fn load(
	model: *mut u8,
	model_length: usize,
	inputs: *mut u8,
	inputs_length: usize,
	allocations: u64,
) -> u64 {
	meter::limit_allocations(allocations);
	// SAFETY: the host's promise.
	let (model, inputs) = unsafe { (argument(model, model_length), argument(inputs, inputs_length)) };
	let result = Vec::<Signature>::decode_all(&mut inputs.as_slice())
		.map_err(|error| LoadError::InputMismatch(error.to_string()))
		.and_then(|inputs| {
			let parsed = Parsed::new(&model)?;
			drop(model);
			parsed.load(&inputs)
		})
		.map(|(loaded, ready)| {
			READY.with(|slot| *slot = Some(ready));
			loaded
		});
	answer(result.encode())
}

/// Runs the loaded model on a bundle, with `count` trace keys of 32 bytes at `keys`: `Result<Vec<u8>, RunError>`.
///
/// # Safety
/// The bundle is a buffer from `alloc`; the keys are in the buffer that `trace_keys` names.
#[no_mangle]
pub unsafe extern "C" fn run(bundle: *mut u8, length: usize, key_count: usize, unit_limit: u64) -> u64 {
	// SAFETY: the host's promise.
	let bundle = unsafe { argument(bundle, length) };
	meter::limit_allocations(u64::MAX);
	KEYS.with(|keys| trace::start(&keys[..key_count.min(MAX_TRACE_KEYS)]));
	meter::start(unit_limit);
	let result = match READY.with(Option::take) {
		Some(ready) => ready.run(&bundle),
		None => Err(RunError::Operator("no model is loaded".into())),
	};
	#[cfg(feature = "other-bits")]
	let result = result.map(other_bits);
	answer(result.encode())
}

/// The bundle with another bit in each output of this name.
#[cfg(feature = "other-bits")]
fn other_bits(bundle: Vec<u8>) -> Vec<u8> {
	let mut tensors = assay_primitives::TensorBundle::from_bytes(&bundle).unwrap_or_default();
	for tensor in tensors.0.iter_mut().filter(|tensor| tensor.name == "other bits") {
		tensor.data.iter_mut().take(1).for_each(|byte| *byte ^= 1);
	}
	tensors.to_bytes().unwrap_or(bundle)
}

static KEYS: Global<[[u8; 32]; MAX_TRACE_KEYS]> = Global::new([[0; 32]; MAX_TRACE_KEYS]);

/// The place to which the host writes the trace keys. It is static, so that the number of keys moves nothing in memory.
#[no_mangle]
pub extern "C" fn trace_keys() -> *mut u8 {
	KEYS.with(|keys| keys.as_mut_ptr().cast())
}

/// The encoded `Tally` of the run, its units and its trace, also after a trap.
#[no_mangle]
pub extern "C" fn finish() -> u64 {
	struct Fixed<'a>(&'a mut [u8], usize);
	impl codec::Output for Fixed<'_> {
		fn write(&mut self, bytes: &[u8]) {
			self.0[self.1..self.1 + bytes.len()].copy_from_slice(bytes);
			self.1 += bytes.len();
		}
	}
	TALLY.with(|tally| {
		let mut out = Fixed(&mut tally[..], 0);
		meter::used().encode_to(&mut out);
		let count = trace::digests().count() as u32;
		codec::Compact(count).encode_to(&mut out);
		trace::digests().for_each(|digest| digest.encode_to(&mut out));
		let length = out.1;
		(tally.as_ptr() as usize as u64) << 32 | length as u64
	})
}

/// The text of the last panic.
#[no_mangle]
pub extern "C" fn message() -> u64 {
	MESSAGE.with(|message| (message.bytes.as_ptr() as usize as u64) << 32 | message.length as u64)
}

/// Bytes allocated in all.
#[no_mangle]
pub extern "C" fn allocated() -> u64 {
	meter::allocated()
}

/// 1 if the load stopped because it allocates more than its limit covers, or else 0.
#[no_mangle]
pub extern "C" fn over_limit() -> u32 {
	OVER_LIMIT.with(|over| *over as u32)
}

// `Tally` is decoded by the host; `finish` writes its encoding without an allocation.
const _: fn(Tally) -> (u64, Vec<[u8; 32]>) = |tally| (tally.units, tally.digests);
