//! AVX-512: one register.

use super::{program, tiles, Lanes, MAGIC};
use crate::{chain::Run, gemm::Tile};
use core::arch::x86_64::*;

/// Sixteen numbers in one register.
#[derive(Clone, Copy)]
pub struct Avx512(__m512);

#[inline(always)]
fn first(count: usize) -> __mmask16 {
	((1u32 << count) - 1) as __mmask16
}

// SAFETY of every block below: the CPU has AVX-512, or these lanes would not be in use; pointers are as the trait asks.
impl Lanes for Avx512 {
	type Mask = __mmask16;
	const ROWS: usize = 14;

	#[inline(always)]
	fn panels(rows: usize) -> usize {
		match rows {
			1 | 2 => 8,
			3..=6 => 4,
			_ => 2,
		}
	}

	#[inline(always)]
	unsafe fn tile(rows: usize, panels: usize, tile: &Tile) {
		tiles!(
			Avx512,
			["avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"],
			rows,
			panels,
			tile,
			[
				(1, 8),
				(2, 8),
				(3, 4),
				(4, 4),
				(5, 4),
				(6, 4),
				(7, 2),
				(8, 2),
				(9, 2),
				(10, 2),
				(11, 2),
				(12, 2),
				(13, 2),
				(14, 2),
				(1, 1),
				(2, 1),
				(3, 1),
				(4, 1),
				(5, 1),
				(6, 1),
				(7, 1),
				(8, 1),
				(9, 1),
				(10, 1),
				(11, 1),
				(12, 1),
				(13, 1),
				(14, 1),
				(1, 2),
				(2, 2),
				(3, 2),
				(4, 2),
				(5, 2),
				(6, 2),
				(1, 4),
				(2, 4),
			]
		)
	}

	#[inline(always)]
	unsafe fn program(run: &Run) {
		program!(Avx512, ["avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"], run)
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		Avx512(unsafe { _mm512_loadu_ps(from) })
	}

	#[inline(always)]
	unsafe fn load_part(from: *const f32, count: usize) -> Self {
		Avx512(unsafe { _mm512_maskz_loadu_ps(first(count), from) })
	}

	#[inline(always)]
	unsafe fn load_mask(from: *const f32, mask: u16) -> Self {
		Avx512(unsafe { _mm512_maskz_loadu_ps(mask, from) })
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		unsafe { _mm512_storeu_ps(to, self.0) }
	}

	#[inline(always)]
	unsafe fn store_part(self, to: *mut f32, count: usize) {
		unsafe { _mm512_mask_storeu_ps(to, first(count), self.0) }
	}

	#[inline(always)]
	fn splat(value: f32) -> Self {
		Avx512(unsafe { _mm512_set1_ps(value) })
	}

	#[inline(always)]
	fn add(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_add_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn sub(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_sub_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn mul(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_mul_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn div(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_div_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn sqrt(self) -> Self {
		Avx512(unsafe { _mm512_sqrt_ps(self.0) })
	}

	#[inline(always)]
	fn fma(self, factor: Self, addend: Self) -> Self {
		Avx512(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
	}

	#[inline(always)]
	fn floor(self) -> Self {
		Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(self.0) })
	}

	#[inline(always)]
	fn ceil(self) -> Self {
		Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC }>(self.0) })
	}

	#[inline(always)]
	fn rint(self) -> Self {
		Avx512(unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(self.0) })
	}

	#[inline(always)]
	fn and(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_and_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn or(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_or_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn xor(self, other: Self) -> Self {
		Avx512(unsafe { _mm512_xor_ps(self.0, other.0) })
	}

	#[inline(always)]
	fn lt(self, other: Self) -> Self::Mask {
		unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0) }
	}

	#[inline(always)]
	fn eq(self, other: Self) -> Self::Mask {
		unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0) }
	}

	#[inline(always)]
	fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
		Avx512(unsafe { _mm512_mask_blend_ps(mask, no.0, yes.0) })
	}

	#[inline(always)]
	fn powers(self) -> (Self, Self) {
		unsafe {
			let exponent = _mm512_sub_epi32(_mm512_castps_si512(self.0), _mm512_set1_epi32(MAGIC.to_bits() as i32));
			let half = _mm512_srai_epi32::<1>(exponent);
			let rest = _mm512_sub_epi32(exponent, half);
			let bias = _mm512_set1_epi32(127);
			let half = _mm512_slli_epi32::<23>(_mm512_add_epi32(half, bias));
			let rest = _mm512_slli_epi32::<23>(_mm512_add_epi32(rest, bias));
			(Avx512(_mm512_castsi512_ps(half)), Avx512(_mm512_castsi512_ps(rest)))
		}
	}
}
