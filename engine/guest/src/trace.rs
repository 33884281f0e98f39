//! One pass over every tensor that an operator produced: each NaN becomes the canonical one, and the bytes are folded into the
//! trace digests.
//!
//! A block of 1 KiB is folded into four 64-bit lanes by NH (the universal hash of UMAC: sums modulo 2^32 of data and key,
//! multiplied in pairs, added up), and keyed BLAKE3 runs over the folds, a thirty-second of the data. NH's key and BLAKE3's key
//! both come from the trace key.

use crate::{abi::MAX_TRACE_KEYS, cell::Global, types};
use tract_onnx::prelude::*;

const BLOCK: usize = 1024;
const WORDS: usize = BLOCK / 4;
type Lanes = [u64; 4];

struct Digest {
	hasher: blake3::Hasher,
	words: [u32; WORDS],
}

impl Digest {
	fn new(key: &[u8; 32]) -> Self {
		let mut bytes = [0; BLOCK];
		blake3::Hasher::new_keyed(key).update(b"nh").finalize_xof().fill(&mut bytes);
		let mut words = [0; WORDS];
		for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
			*word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
		}
		Digest { hasher: blake3::Hasher::new_keyed(key), words }
	}
}

// Room for every key from the start: the number of keys must not move what a run allocates.
static DIGESTS: Global<[Option<Digest>; MAX_TRACE_KEYS]> = Global::new([const { None }; MAX_TRACE_KEYS]);

/// Starts the digests of a run. Keys beyond [`MAX_TRACE_KEYS`] are the host's error.
pub fn start(keys: &[[u8; 32]]) {
	assert!(keys.len() <= MAX_TRACE_KEYS, "too many trace keys");
	DIGESTS.with(|digests| {
		for (index, digest) in digests.iter_mut().enumerate() {
			*digest = keys.get(index).map(Digest::new);
		}
	});
}

/// The digests of what ran until now.
pub fn digests() -> impl Iterator<Item = [u8; 32]> {
	DIGESTS
		.with(|digests| {
			let finish = |digest: &Option<Digest>| digest.as_ref().map(|digest| *digest.hasher.finalize().as_bytes());
			[finish(&digests[0]), finish(&digests[1]), finish(&digests[2]), finish(&digests[3])]
		})
		.into_iter()
		.flatten()
}

/// How the elements of a tensor have to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
	/// Bits as they are.
	Plain,
	F16,
	F32,
	F64,
}

fn kind(data_type: DatumType) -> Kind {
	match data_type {
		DatumType::F16 => Kind::F16,
		DatumType::F32 => Kind::F32,
		DatumType::F64 => Kind::F64,
		_ => Kind::Plain,
	}
}

/// Sweeps what node `id` produced.
pub fn sweep(id: u32, outputs: TVec<TValue>) -> TVec<TValue> {
	outputs.into_iter().enumerate().map(|(slot, value)| sweep_one(id, slot as u32, value)).collect()
}

fn sweep_one(id: u32, slot: u32, value: TValue) -> TValue {
	// Symbolic dimensions and packed operands have no plain bytes; they follow from tensors that do.
	let text = value.datum_type() == DatumType::String;
	if !text && !value.datum_type().is_copy() || !value.is_plain_ram() {
		return value;
	}
	let Ok(bytes) = types::bytes(&value) else { return value };
	let kind = kind(value.datum_type());
	let mut dirty = false;
	DIGESTS.with(|digests| {
		for digest in digests.iter_mut().flatten() {
			digest.hasher.update(&id.to_le_bytes());
			digest.hasher.update(&slot.to_le_bytes());
			digest.hasher.update(&[tag(value.datum_type()), value.rank() as u8]);
			for dim in value.shape() {
				digest.hasher.update(&(*dim as u64).to_le_bytes());
			}
			if text {
				digest.hasher.update(&(bytes.len() as u64).to_le_bytes());
			}
			let Digest { hasher, words } = digest;
			dirty |= fold(&bytes, kind, words, |lanes| {
				let mut bytes = [0; 32];
				for (bytes, lane) in bytes.chunks_exact_mut(8).zip(lanes) {
					bytes.copy_from_slice(&lane.to_le_bytes());
				}
				hasher.update(&bytes);
			});
		}
		if digests.iter().all(Option::is_none) && kind != Kind::Plain {
			dirty = fold(&bytes, kind, &[0; WORDS], |_| ());
		}
	});
	drop(bytes);
	if !dirty {
		return value;
	}
	let mut tensor = value.into_tensor();
	rewrite_nan(&mut tensor);
	tensor.into_tvalue()
}

/// Rewrites every NaN of a tensor to the canonical one; says whether one was foreign.
pub fn rewrite_nan(tensor: &mut Tensor) -> bool {
	if !tensor.datum_type().is_copy() || !tensor.is_plain_ram() {
		return false;
	}
	let kind = kind(tensor.datum_type());
	if kind == Kind::Plain || !fold(tensor.as_bytes(), kind, &[0; WORDS], |_| ()) {
		return false;
	}
	let data_type = match kind {
		Kind::F16 => assay_primitives::DataType::F16,
		Kind::F64 => assay_primitives::DataType::F64,
		Kind::F32 | Kind::Plain => assay_primitives::DataType::F32,
	};
	assay_primitives::tensor::canonicalize(data_type, tensor.as_bytes_mut());
	true
}

/// The type's number in the digest. Quantised types have the numbers of their storage and a bit.
fn tag(data_type: DatumType) -> u8 {
	let plain = match data_type.unquantized() {
		DatumType::Bool => 9,
		DatumType::U8 => 2,
		DatumType::U16 => 4,
		DatumType::U32 => 12,
		DatumType::U64 => 13,
		DatumType::I8 => 3,
		DatumType::I16 => 5,
		DatumType::I32 => 6,
		DatumType::I64 => 7,
		DatumType::String => 8,
		DatumType::F16 => 10,
		DatumType::F32 => 1,
		DatumType::F64 => 11,
		_ => 0,
	};
	plain | if data_type.is_quantized() { 0x80 } else { 0 }
}

/// Folds `bytes`, with every NaN read as the canonical one, block by block; says whether a NaN was foreign. The last block is
/// filled up with zeros: the length is in the digest before it.
fn fold(bytes: &[u8], kind: Kind, key: &[u32; WORDS], mut emit: impl FnMut(Lanes)) -> bool {
	let mut dirty = false;
	let mut blocks = bytes.chunks_exact(BLOCK);
	for block in blocks.by_ref() {
		let (lanes, foreign) = fold_block(block, kind, key);
		emit(lanes);
		dirty |= foreign;
	}
	let rest = blocks.remainder();
	if !rest.is_empty() {
		let mut block = [0; BLOCK];
		block[..rest.len()].copy_from_slice(rest);
		let (lanes, foreign) = fold_block(&block, kind, key);
		emit(lanes);
		dirty |= foreign;
	}
	dirty
}

#[cfg(target_arch = "wasm32")]
fn fold_block(block: &[u8], kind: Kind, key: &[u32; WORDS]) -> (Lanes, bool) {
	match kind {
		Kind::Plain => simd::fold_block(block, key, |v| v),
		Kind::F16 => simd::fold_block(block, key, simd::canonical_f16),
		Kind::F32 => simd::fold_block(block, key, simd::canonical_f32),
		Kind::F64 => simd::fold_block(block, key, simd::canonical_f64),
	}
}

#[cfg(target_arch = "wasm32")]
mod simd {
	use super::{Lanes, BLOCK, WORDS};
	use core::arch::wasm32::*;

	pub fn canonical_f16(v: v128) -> v128 {
		let nan = i16x8_gt(v128_and(v, i16x8_splat(0x7fff)), i16x8_splat(0x7c00));
		v128_bitselect(i16x8_splat(0x7e00), v, nan)
	}

	pub fn canonical_f32(v: v128) -> v128 {
		v128_bitselect(i32x4_splat(0x7fc0_0000), v, f32x4_ne(v, v))
	}

	pub fn canonical_f64(v: v128) -> v128 {
		v128_bitselect(i64x2_splat(0x7ff8_0000_0000_0000), v, f64x2_ne(v, v))
	}

	pub fn fold_block(block: &[u8], key: &[u32; WORDS], canonical: impl Fn(v128) -> v128) -> (Lanes, bool) {
		assert!(block.len() == BLOCK);
		let data = block.as_ptr().cast::<v128>();
		let key = key.as_ptr().cast::<v128>();
		let mut low = i64x2_splat(0);
		let mut high = i64x2_splat(0);
		let mut changed = i64x2_splat(0);
		for i in (0..BLOCK / 16).step_by(2) {
			// SAFETY: block and key have BLOCK bytes, and `v128_load` asks for no alignment.
			let (x, y, k, l) = unsafe {
				(v128_load(data.add(i)), v128_load(data.add(i + 1)), v128_load(key.add(i)), v128_load(key.add(i + 1)))
			};
			let (a, b) = (canonical(x), canonical(y));
			changed = v128_or(changed, v128_or(v128_xor(a, x), v128_xor(b, y)));
			let (a, b) = (i32x4_add(a, k), i32x4_add(b, l));
			low = i64x2_add(low, u64x2_extmul_low_u32x4(a, b));
			high = i64x2_add(high, u64x2_extmul_high_u32x4(a, b));
		}
		let lanes = [
			u64x2_extract_lane::<0>(low),
			u64x2_extract_lane::<1>(low),
			u64x2_extract_lane::<0>(high),
			u64x2_extract_lane::<1>(high),
		];
		(lanes, v128_any_true(changed))
	}
}

#[cfg(not(target_arch = "wasm32"))]
fn fold_block(block: &[u8], kind: Kind, key: &[u32; WORDS]) -> (Lanes, bool) {
	let mut canonical = [0; BLOCK];
	canonical.copy_from_slice(block);
	match kind {
		Kind::Plain => (),
		Kind::F16 => assay_primitives::tensor::canonicalize(assay_primitives::DataType::F16, &mut canonical),
		Kind::F32 => assay_primitives::tensor::canonicalize(assay_primitives::DataType::F32, &mut canonical),
		Kind::F64 => assay_primitives::tensor::canonicalize(assay_primitives::DataType::F64, &mut canonical),
	}
	let word = |i: usize| {
		let at = i * 4;
		u32::from_le_bytes([canonical[at], canonical[at + 1], canonical[at + 2], canonical[at + 3]])
	};
	let mut lanes = [0u64; 4];
	for pair in (0..WORDS).step_by(8) {
		for (lane, sum) in lanes.iter_mut().enumerate() {
			let a = word(pair + lane).wrapping_add(key[pair + lane]);
			let b = word(pair + 4 + lane).wrapping_add(key[pair + 4 + lane]);
			*sum = sum.wrapping_add(a as u64 * b as u64);
		}
	}
	(lanes, canonical[..] != *block)
}
