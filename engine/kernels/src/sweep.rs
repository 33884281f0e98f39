//! The pass over every tensor that an operator has produced: it digests the bytes and says whether a NaN is not the canonical one.
//!
//! A block of 1 KiB is folded into four lanes of 64 bits by NH, the universal hash of UMAC: in each group of eight words, word i and
//! word i + 4 are added to their words of the key, modulo 2^32, and their product is added to lane i, modulo 2^64. A NaN is folded as the
//! canonical one. The last block is filled up with zeros. The digest is keyed BLAKE3 over the folded blocks, a thirty-second of the data.
//!
//! - Operands: 0 is the output, the digest and then a word that is 1 if a NaN was foreign and else 0; 1 the data; 2 the keys, a block for
//!   NH and 32 bytes for BLAKE3.
//! - Dims: bytes of the data, how they are read ([`Kind`]).
//! - Scratch: [`scratch`].

use crate::{
	descriptor::Descriptor,
	memory::{self, Memory},
	Refused,
};

/// Bytes of a block.
pub const BLOCK: usize = 1024;
/// Bytes of a folded block.
pub const FOLD: usize = 32;

/// The type as which data is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
	/// Bits as they are.
	Plain = 0,
	/// Half precision.
	F16 = 1,
	/// Single precision.
	F32 = 2,
	/// Double precision.
	F64 = 3,
}

/// Bytes of the output.
pub const OUTPUT: usize = 32 + 4;

/// Bytes of the keys.
pub const KEYS: usize = BLOCK + 32;

/// Numbers of scratch memory for so many bytes of data.
pub fn scratch(data: usize) -> u64 {
	(data.div_ceil(BLOCK) * FOLD / 4) as u64
}

/// A checked sweep.
pub struct Sweep {
	output: *mut u8,
	data: *const u8,
	length: usize,
	keys: *const u8,
	kind: Kind,
	folded: *mut u8,
}

/// Folds blocks.
pub(crate) trait Folder {
	/// Folds `count` blocks at `data` with the key to `output`; says whether a NaN was foreign.
	///
	/// # Safety
	/// They are there, and the CPU has what the folder needs.
	unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool;
}

impl Sweep {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Sweep, Refused> {
		memory::unused(d, 3, 2, 0, 0)?;
		let length = d.dims[0] as usize;
		let kind = match d.dims[1] {
			0 => Kind::Plain,
			1 => Kind::F16,
			2 => Kind::F32,
			3 => Kind::F64,
			_ => return Err(Refused("data of a kind that there is not")),
		};
		let [output, data, keys, ..] = &d.operands;
		let output = memory.bytes(output, OUTPUT)?;
		let data = memory.bytes(data, length)?;
		let keys = memory.bytes(keys, KEYS)?;
		let folded = memory.scratch(d, scratch(length))?.cast();
		memory::apart(d, 0, false)?;
		Ok(Sweep { output, data, length, keys, kind, folded })
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<F: Folder>(&self) {
		let (whole, rest) = (self.length / BLOCK, self.length % BLOCK);
		// SAFETY: `check` has found data, keys, output and scratch memory to be there.
		unsafe {
			let mut foreign = F::fold(self.kind, self.data, self.keys, whole, self.folded);
			if rest > 0 {
				let mut last = [0; BLOCK];
				core::ptr::copy_nonoverlapping(self.data.add(whole * BLOCK), last.as_mut_ptr(), rest);
				foreign |= F::fold(self.kind, last.as_ptr(), self.keys, 1, self.folded.add(whole * FOLD));
			}
			let folded = core::slice::from_raw_parts(self.folded, self.length.div_ceil(BLOCK) * FOLD);
			let key = self.keys.add(BLOCK).cast::<[u8; 32]>().read_unaligned();
			let digest = *blake3::keyed_hash(&key, folded).as_bytes();
			self.output.cast::<[u8; 32]>().write_unaligned(digest);
			self.output.add(32).cast::<[u8; 4]>().write_unaligned(u32::from(foreign).to_le_bytes());
		}
	}
}

/// The fold in plain integers: what the others are compared with.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct Plain;

/// Numbers of 64 bits, of which each has the lanes of a kind side by side, with every NaN made canonical.
#[cfg(not(target_arch = "wasm32"))]
fn canonical(kind: Kind, bits: u64) -> u64 {
	let lanes = |size: u32, infinity: u64, nan: u64| {
		(0..64 / size).fold(0, |all, lane| {
			let value = bits >> (lane * size) & (u64::MAX >> (64 - size));
			let magnitude = value & (u64::MAX >> (65 - size));
			all | (if magnitude > infinity { nan } else { value }) << (lane * size)
		})
	};
	match kind {
		Kind::Plain => bits,
		Kind::F16 => lanes(16, 0x7c00, 0x7e00),
		Kind::F32 => lanes(32, 0x7f80_0000, 0x7fc0_0000),
		Kind::F64 => lanes(64, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0000),
	}
}

#[cfg(not(target_arch = "wasm32"))]
impl Folder for Plain {
	unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
		type Block = [u64; BLOCK / 8];
		let mut foreign = false;
		// SAFETY: the caller's promise.
		let key = unsafe { key.cast::<Block>().read_unaligned() };
		for index in 0..count {
			// SAFETY: the caller's promise.
			let block = unsafe { data.add(index * BLOCK).cast::<Block>().read_unaligned() };
			let mut words = [0u32; BLOCK / 4];
			for (at, (bits, key)) in block.iter().zip(key).enumerate() {
				let clean = canonical(kind, u64::from_le(*bits));
				foreign |= clean != u64::from_le(*bits);
				words[2 * at] = (clean as u32).wrapping_add(u64::from_le(key) as u32);
				words[2 * at + 1] = ((clean >> 32) as u32).wrapping_add((u64::from_le(key) >> 32) as u32);
			}
			let mut lanes = [0u64; 4];
			for group in words.chunks_exact(8) {
				for (lane, sum) in lanes.iter_mut().enumerate() {
					*sum = sum.wrapping_add(u64::from(group[lane]) * u64::from(group[lane + 4]));
				}
			}
			for (lane, sum) in lanes.iter().enumerate() {
				// SAFETY: the caller's promise.
				unsafe { output.add(index * FOLD + 8 * lane).cast::<[u8; 8]>().write_unaligned(sum.to_le_bytes()) };
			}
		}
		foreign
	}
}

/// The fold in WASM's vectors.
#[cfg(target_arch = "wasm32")]
pub(crate) struct Vectors;

#[cfg(target_arch = "wasm32")]
mod wasm {
	use super::{Folder, Kind, Vectors, BLOCK, FOLD};
	use core::arch::wasm32::*;

	#[inline(always)]
	fn canonical(kind: Kind, v: v128) -> v128 {
		match kind {
			Kind::Plain => v,
			Kind::F16 => {
				let nan = i16x8_gt(v128_and(v, i16x8_splat(0x7fff)), i16x8_splat(0x7c00));
				v128_bitselect(i16x8_splat(0x7e00), v, nan)
			}
			Kind::F32 => v128_bitselect(i32x4_splat(0x7fc0_0000), v, f32x4_ne(v, v)),
			Kind::F64 => v128_bitselect(i64x2_splat(0x7ff8_0000_0000_0000), v, f64x2_ne(v, v)),
		}
	}

	#[inline(always)]
	unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
		let mut changed = i64x2_splat(0);
		// SAFETY: the caller's promise; loads and stores ask for no alignment.
		unsafe {
			let key = key.cast::<v128>();
			for block in 0..count {
				let data = data.add(block * BLOCK).cast::<v128>();
				let (mut low, mut high) = (i64x2_splat(0), i64x2_splat(0));
				for i in (0..BLOCK / 16).step_by(2) {
					let (x, y) = (v128_load(data.add(i)), v128_load(data.add(i + 1)));
					let (a, b) = (canonical(kind, x), canonical(kind, y));
					changed = v128_or(changed, v128_or(v128_xor(a, x), v128_xor(b, y)));
					let (a, b) = (i32x4_add(a, v128_load(key.add(i))), i32x4_add(b, v128_load(key.add(i + 1))));
					low = i64x2_add(low, u64x2_extmul_low_u32x4(a, b));
					high = i64x2_add(high, u64x2_extmul_high_u32x4(a, b));
				}
				let output = output.add(block * FOLD).cast::<v128>();
				v128_store(output, low);
				v128_store(output.add(1), high);
			}
		}
		v128_any_true(changed)
	}

	impl Folder for Vectors {
		unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
			// SAFETY: the caller's promise.
			unsafe {
				match kind {
					Kind::Plain => fold(Kind::Plain, data, key, count, output),
					Kind::F16 => fold(Kind::F16, data, key, count, output),
					Kind::F32 => fold(Kind::F32, data, key, count, output),
					Kind::F64 => fold(Kind::F64, data, key, count, output),
				}
			}
		}
	}
}

/// The fold in AVX2.
#[cfg(target_arch = "x86_64")]
pub(crate) struct Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
	use super::{Avx2, Folder, Kind, BLOCK, FOLD};
	use core::arch::x86_64::*;

	/// The vector with every NaN made canonical, and where it was not.
	#[inline]
	#[target_feature(enable = "avx2")]
	fn canonical(kind: Kind, v: __m256i) -> __m256i {
		match kind {
			Kind::Plain => v,
			Kind::F16 => {
				let magnitude = _mm256_and_si256(v, _mm256_set1_epi16(0x7fff));
				let nan = _mm256_cmpgt_epi16(magnitude, _mm256_set1_epi16(0x7c00));
				_mm256_blendv_epi8(v, _mm256_set1_epi16(0x7e00), nan)
			}
			Kind::F32 => {
				let magnitude = _mm256_and_si256(v, _mm256_set1_epi32(0x7fff_ffff));
				let nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7f80_0000));
				_mm256_blendv_epi8(v, _mm256_set1_epi32(0x7fc0_0000), nan)
			}
			Kind::F64 => {
				let magnitude = _mm256_and_si256(v, _mm256_set1_epi64x(i64::MAX));
				let nan = _mm256_cmpgt_epi64(magnitude, _mm256_set1_epi64x(0x7ff0_0000_0000_0000));
				_mm256_blendv_epi8(v, _mm256_set1_epi64x(0x7ff8_0000_0000_0000), nan)
			}
		}
	}

	#[inline]
	#[target_feature(enable = "avx2")]
	unsafe fn fold<const KIND: u32>(data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
		let kind = const {
			match KIND {
				0 => Kind::Plain,
				1 => Kind::F16,
				2 => Kind::F32,
				_ => Kind::F64,
			}
		};
		// The words of a group that are multiplied, each pair in a lane of 64 bits.
		let first = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
		let second = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
		let mut changed = _mm256_setzero_si256();
		// SAFETY: the caller's promise.
		unsafe {
			for block in 0..count {
				let data = data.add(block * BLOCK).cast::<__m256i>();
				let key = key.cast::<__m256i>();
				let mut sums = [_mm256_setzero_si256(); 2];
				for group in (0..BLOCK / 32).step_by(2) {
					for (half, sum) in sums.iter_mut().enumerate() {
						let found = _mm256_loadu_si256(data.add(group + half));
						let clean = canonical(kind, found);
						changed = _mm256_or_si256(changed, _mm256_xor_si256(found, clean));
						let keyed = _mm256_add_epi32(clean, _mm256_loadu_si256(key.add(group + half)));
						let a = _mm256_permutevar8x32_epi32(keyed, first);
						let b = _mm256_permutevar8x32_epi32(keyed, second);
						*sum = _mm256_add_epi64(*sum, _mm256_mul_epu32(a, b));
					}
				}
				let sum = _mm256_add_epi64(sums[0], sums[1]);
				_mm256_storeu_si256(output.add(block * FOLD).cast(), sum);
			}
		}
		_mm256_testz_si256(changed, changed) == 0
	}

	impl Folder for Avx2 {
		#[inline(always)]
		unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
			// SAFETY: the caller's promise; the CPU has AVX2, or this folder would not be in use.
			unsafe {
				match kind {
					Kind::Plain => fold::<0>(data, key, count, output),
					Kind::F16 => fold::<1>(data, key, count, output),
					Kind::F32 => fold::<2>(data, key, count, output),
					Kind::F64 => fold::<3>(data, key, count, output),
				}
			}
		}
	}
}

/// The fold in NEON.
#[cfg(target_arch = "aarch64")]
pub(crate) struct Neon;

#[cfg(target_arch = "aarch64")]
mod neon {
	use super::{Folder, Kind, Neon, BLOCK, FOLD};
	use core::arch::aarch64::*;

	/// The vector with every NaN made canonical.
	#[inline]
	#[target_feature(enable = "neon")]
	fn canonical(kind: Kind, v: uint32x4_t) -> uint32x4_t {
		match kind {
			Kind::Plain => v,
			Kind::F16 => {
				let halves = vreinterpretq_u16_u32(v);
				let nan = vcgtq_u16(vandq_u16(halves, vdupq_n_u16(0x7fff)), vdupq_n_u16(0x7c00));
				vreinterpretq_u32_u16(vbslq_u16(nan, vdupq_n_u16(0x7e00), halves))
			}
			Kind::F32 => {
				let nan = vcgtq_u32(vandq_u32(v, vdupq_n_u32(0x7fff_ffff)), vdupq_n_u32(0x7f80_0000));
				vbslq_u32(nan, vdupq_n_u32(0x7fc0_0000), v)
			}
			Kind::F64 => {
				let doubles = vreinterpretq_u64_u32(v);
				let magnitude = vandq_u64(doubles, vdupq_n_u64(i64::MAX as u64));
				let nan = vcgtq_u64(magnitude, vdupq_n_u64(0x7ff0_0000_0000_0000));
				vreinterpretq_u32_u64(vbslq_u64(nan, vdupq_n_u64(0x7ff8_0000_0000_0000), doubles))
			}
		}
	}

	#[inline]
	#[target_feature(enable = "neon")]
	unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
		let mut changed = vdupq_n_u32(0);
		// SAFETY: the caller's promise; loads of bytes and stores of bytes ask for no alignment.
		unsafe {
			let load = |from: *const u8, at: usize| vreinterpretq_u32_u8(vld1q_u8(from.add(16 * at)));
			for block in 0..count {
				let data = data.add(block * BLOCK);
				let (mut low, mut high) = (vdupq_n_u64(0), vdupq_n_u64(0));
				for at in (0..BLOCK / 16).step_by(2) {
					let (x, y) = (load(data, at), load(data, at + 1));
					let (a, b) = (canonical(kind, x), canonical(kind, y));
					changed = vorrq_u32(changed, vorrq_u32(veorq_u32(a, x), veorq_u32(b, y)));
					let (a, b) = (vaddq_u32(a, load(key, at)), vaddq_u32(b, load(key, at + 1)));
					low = vaddq_u64(low, vmull_u32(vget_low_u32(a), vget_low_u32(b)));
					high = vaddq_u64(high, vmull_high_u32(a, b));
				}
				let output = output.add(block * FOLD);
				vst1q_u8(output, vreinterpretq_u8_u64(low));
				vst1q_u8(output.add(16), vreinterpretq_u8_u64(high));
			}
		}
		vmaxvq_u32(changed) != 0
	}

	impl Folder for Neon {
		unsafe fn fold(kind: Kind, data: *const u8, key: *const u8, count: usize, output: *mut u8) -> bool {
			// SAFETY: the caller's promise; every CPU of this architecture has NEON.
			unsafe {
				match kind {
					Kind::Plain => fold(Kind::Plain, data, key, count, output),
					Kind::F16 => fold(Kind::F16, data, key, count, output),
					Kind::F32 => fold(Kind::F32, data, key, count, output),
					Kind::F64 => fold(Kind::F64, data, key, count, output),
				}
			}
		}
	}
}
