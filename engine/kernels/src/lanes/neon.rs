//! NEON: four registers.

use super::{program, tiles, Lanes, MAGIC, NAN, WIDTH};
use crate::{chain::Run, gemm::Tile};
use core::arch::aarch64::*;

/// Sixteen numbers in four registers.
#[derive(Clone, Copy)]
pub struct Neon([float32x4_t; 4]);

/// Which of the sixteen: all bits of a number, or none.
#[derive(Clone, Copy)]
pub struct Mask([uint32x4_t; 4]);

/// The same expression for each of the four registers.
macro_rules! each {
	($vectors:ident, |$i:ident| $value:expr) => {{
		// SAFETY: every CPU of this architecture has NEON.
		let of = |$i: usize| unsafe { $value };
		$vectors([of(0), of(1), of(2), of(3)])
	}};
}

/// An operation on the bits of both.
macro_rules! bits {
	($instruction:ident, $a:expr, $b:expr) => {
		each!(Neon, |i| vreinterpretq_f32_u32($instruction(
			vreinterpretq_u32_f32($a.0[i]),
			vreinterpretq_u32_f32($b.0[i])
		)))
	};
}

impl Lanes for Neon {
	type Mask = Mask;
	const ROWS: usize = 6;

	#[inline(always)]
	fn panels(rows: usize) -> usize {
		match rows {
			1 | 2 => 2,
			_ => 1,
		}
	}

	#[inline(always)]
	unsafe fn tile(rows: usize, panels: usize, tile: &Tile) {
		tiles!(Neon, [], rows, panels, tile, [(1, 2), (2, 2), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1)])
	}

	#[inline(always)]
	unsafe fn program(run: &Run) {
		program!(Neon, [], run)
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		each!(Neon, |i| vld1q_f32(from.add(4 * i)))
	}

	#[inline(always)]
	unsafe fn load_part(from: *const f32, count: usize) -> Self {
		let mut whole = [0.0; WIDTH];
		// SAFETY: the caller's promise.
		unsafe {
			core::ptr::copy_nonoverlapping(from, whole.as_mut_ptr(), count);
			Self::load(whole.as_ptr())
		}
	}

	#[inline(always)]
	unsafe fn load_mask(from: *const f32, mask: u16) -> Self {
		if mask == u16::MAX {
			// SAFETY: the caller's promise.
			return unsafe { Self::load(from) };
		}
		let mut whole = [0.0; WIDTH];
		for (lane, value) in whole.iter_mut().enumerate() {
			if mask >> lane & 1 != 0 {
				// SAFETY: the caller's promise.
				*value = unsafe { *from.wrapping_add(lane) };
			}
		}
		// SAFETY: an array of sixteen.
		unsafe { Self::load(whole.as_ptr()) }
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		for (index, vector) in self.0.into_iter().enumerate() {
			// SAFETY: the caller's promise; every CPU of this architecture has NEON.
			unsafe { vst1q_f32(to.add(4 * index), vector) }
		}
	}

	#[inline(always)]
	unsafe fn store_part(self, to: *mut f32, count: usize) {
		let whole = self.to_array();
		// SAFETY: the caller's promise.
		unsafe { core::ptr::copy_nonoverlapping(whole.as_ptr(), to, count) }
	}

	#[inline(always)]
	fn splat(value: f32) -> Self {
		each!(Neon, |_i| vdupq_n_f32(value))
	}

	#[inline(always)]
	fn add(self, other: Self) -> Self {
		each!(Neon, |i| vaddq_f32(self.0[i], other.0[i]))
	}

	#[inline(always)]
	fn sub(self, other: Self) -> Self {
		each!(Neon, |i| vsubq_f32(self.0[i], other.0[i]))
	}

	#[inline(always)]
	fn mul(self, other: Self) -> Self {
		each!(Neon, |i| vmulq_f32(self.0[i], other.0[i]))
	}

	#[inline(always)]
	fn div(self, other: Self) -> Self {
		each!(Neon, |i| vdivq_f32(self.0[i], other.0[i]))
	}

	#[inline(always)]
	fn sqrt(self) -> Self {
		each!(Neon, |i| vsqrtq_f32(self.0[i]))
	}

	#[inline(always)]
	fn fma(self, factor: Self, addend: Self) -> Self {
		each!(Neon, |i| vfmaq_f32(addend.0[i], self.0[i], factor.0[i]))
	}

	#[inline(always)]
	fn floor(self) -> Self {
		each!(Neon, |i| vrndmq_f32(self.0[i]))
	}

	#[inline(always)]
	fn ceil(self) -> Self {
		each!(Neon, |i| vrndpq_f32(self.0[i]))
	}

	#[inline(always)]
	fn rint(self) -> Self {
		each!(Neon, |i| vrndnq_f32(self.0[i]))
	}

	#[inline(always)]
	fn and(self, other: Self) -> Self {
		bits!(vandq_u32, self, other)
	}

	#[inline(always)]
	fn or(self, other: Self) -> Self {
		bits!(vorrq_u32, self, other)
	}

	#[inline(always)]
	fn xor(self, other: Self) -> Self {
		bits!(veorq_u32, self, other)
	}

	#[inline(always)]
	fn lt(self, other: Self) -> Self::Mask {
		each!(Mask, |i| vcltq_f32(self.0[i], other.0[i]))
	}

	#[inline(always)]
	fn eq(self, other: Self) -> Self::Mask {
		each!(Mask, |i| vceqq_f32(self.0[i], other.0[i]))
	}

	#[inline(always)]
	fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
		each!(Neon, |i| vbslq_f32(mask.0[i], yes.0[i], no.0[i]))
	}

	/// On the bits: by a comparison of numbers, the compiler takes one NaN for another, and leaves out what tells them apart.
	#[inline(always)]
	fn canonical(self) -> Self {
		each!(Neon, |i| {
			let bits = vreinterpretq_u32_f32(self.0[i]);
			let magnitude = vandq_u32(bits, vdupq_n_u32(0x7fff_ffff));
			let is_nan = vcgtq_u32(magnitude, vdupq_n_u32(0x7f80_0000));
			vreinterpretq_f32_u32(vbslq_u32(is_nan, vdupq_n_u32(NAN.to_bits()), bits))
		})
	}

	#[inline(always)]
	fn powers(self) -> (Self, Self) {
		#[inline(always)]
		fn exponent(value: float32x4_t) -> int32x4_t {
			// SAFETY: every CPU of this architecture has NEON.
			unsafe { vsubq_s32(vreinterpretq_s32_f32(value), vdupq_n_s32(MAGIC.to_bits() as i32)) }
		}
		#[inline(always)]
		fn power(exponent: int32x4_t) -> float32x4_t {
			// SAFETY: as above.
			unsafe { vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(exponent, vdupq_n_s32(127)))) }
		}
		let half = each!(Neon, |i| power(vshrq_n_s32::<1>(exponent(self.0[i]))));
		let rest = each!(Neon, |i| power(vsubq_s32(exponent(self.0[i]), vshrq_n_s32::<1>(exponent(self.0[i])))));
		(half, rest)
	}
}
