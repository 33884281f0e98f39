//! AVX2 with FMA: two registers.

use super::{program, tiles, Lanes, MAGIC};
use crate::{chain::Run, gemm::Tile};
use core::arch::x86_64::*;

/// Sixteen numbers in two registers.
#[derive(Clone, Copy)]
pub struct Avx2(__m256, __m256);

/// The same instruction on both registers.
macro_rules! both {
	($instruction:ident $({$constant:expr})?, $($operand:expr),+) => {
		// SAFETY: the CPU has AVX2 and FMA, or these lanes would not be in use.
		unsafe { Avx2($instruction $(::<{ $constant }>)?($($operand.0),+), $instruction $(::<{ $constant }>)?($($operand.1),+)) }
	};
}

/// All bits of the first `count` lanes of sixteen.
#[inline(always)]
fn first(count: usize) -> (__m256i, __m256i) {
	// SAFETY: the CPU has AVX2, or these lanes would not be in use.
	unsafe {
		let count = _mm256_set1_epi32(count as i32);
		let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
		let upper = _mm256_add_epi32(lane, _mm256_set1_epi32(8));
		(_mm256_cmpgt_epi32(count, lane), _mm256_cmpgt_epi32(count, upper))
	}
}

// SAFETY of every block below: the CPU has AVX2 and FMA, or these lanes would not be in use; pointers are as the trait asks.
impl Lanes for Avx2 {
	type Mask = Avx2;
	const ROWS: usize = 6;

	#[inline(always)]
	fn panels(rows: usize) -> usize {
		match rows {
			1 => 4,
			2 | 3 => 2,
			_ => 1,
		}
	}

	#[inline(always)]
	unsafe fn tile(rows: usize, panels: usize, tile: &Tile) {
		tiles!(
			Avx2,
			["avx2,fma"],
			rows,
			panels,
			tile,
			[(1, 4), (2, 2), (3, 2), (4, 1), (5, 1), (6, 1), (1, 2), (1, 1), (2, 1), (3, 1)]
		)
	}

	#[inline(always)]
	unsafe fn program(run: &Run) {
		program!(Avx2, ["avx2,fma"], run)
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		unsafe { Avx2(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
	}

	#[inline(always)]
	unsafe fn load_part(from: *const f32, count: usize) -> Self {
		let (low, high) = first(count);
		unsafe { Avx2(_mm256_maskload_ps(from, low), _mm256_maskload_ps(from.wrapping_add(8), high)) }
	}

	#[inline(always)]
	unsafe fn load_mask(from: *const f32, mask: u16) -> Self {
		if mask == u16::MAX {
			return unsafe { Self::load(from) };
		}
		unsafe {
			let bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
			let (low, high) = (_mm256_set1_epi32(mask.into()), _mm256_set1_epi32((mask >> 8).into()));
			let low = _mm256_cmpeq_epi32(_mm256_and_si256(low, bits), bits);
			let high = _mm256_cmpeq_epi32(_mm256_and_si256(high, bits), bits);
			Avx2(_mm256_maskload_ps(from, low), _mm256_maskload_ps(from.wrapping_add(8), high))
		}
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		unsafe {
			_mm256_storeu_ps(to, self.0);
			_mm256_storeu_ps(to.add(8), self.1);
		}
	}

	#[inline(always)]
	unsafe fn store_part(self, to: *mut f32, count: usize) {
		let (low, high) = first(count);
		unsafe {
			_mm256_maskstore_ps(to, low, self.0);
			_mm256_maskstore_ps(to.wrapping_add(8), high, self.1);
		}
	}

	#[inline(always)]
	fn splat(value: f32) -> Self {
		unsafe { Avx2(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
	}

	#[inline(always)]
	fn add(self, other: Self) -> Self {
		both!(_mm256_add_ps, self, other)
	}

	#[inline(always)]
	fn sub(self, other: Self) -> Self {
		both!(_mm256_sub_ps, self, other)
	}

	#[inline(always)]
	fn mul(self, other: Self) -> Self {
		both!(_mm256_mul_ps, self, other)
	}

	#[inline(always)]
	fn div(self, other: Self) -> Self {
		both!(_mm256_div_ps, self, other)
	}

	#[inline(always)]
	fn sqrt(self) -> Self {
		both!(_mm256_sqrt_ps, self)
	}

	#[inline(always)]
	fn fma(self, factor: Self, addend: Self) -> Self {
		both!(_mm256_fmadd_ps, self, factor, addend)
	}

	#[inline(always)]
	fn floor(self) -> Self {
		both!(_mm256_round_ps {_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC}, self)
	}

	#[inline(always)]
	fn ceil(self) -> Self {
		both!(_mm256_round_ps {_MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC}, self)
	}

	#[inline(always)]
	fn rint(self) -> Self {
		both!(_mm256_round_ps {_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC}, self)
	}

	#[inline(always)]
	fn and(self, other: Self) -> Self {
		both!(_mm256_and_ps, self, other)
	}

	#[inline(always)]
	fn or(self, other: Self) -> Self {
		both!(_mm256_or_ps, self, other)
	}

	#[inline(always)]
	fn xor(self, other: Self) -> Self {
		both!(_mm256_xor_ps, self, other)
	}

	#[inline(always)]
	fn lt(self, other: Self) -> Self::Mask {
		both!(_mm256_cmp_ps { _CMP_LT_OQ }, self, other)
	}

	#[inline(always)]
	fn eq(self, other: Self) -> Self::Mask {
		both!(_mm256_cmp_ps { _CMP_EQ_OQ }, self, other)
	}

	#[inline(always)]
	fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
		both!(_mm256_blendv_ps, no, yes, mask)
	}

	#[inline(always)]
	fn powers(self) -> (Self, Self) {
		#[inline(always)]
		unsafe fn of_one(value: __m256) -> (__m256, __m256) {
			unsafe {
				let exponent = _mm256_sub_epi32(_mm256_castps_si256(value), _mm256_set1_epi32(MAGIC.to_bits() as i32));
				let half = _mm256_srai_epi32::<1>(exponent);
				let rest = _mm256_sub_epi32(exponent, half);
				let bias = _mm256_set1_epi32(127);
				let half = _mm256_slli_epi32::<23>(_mm256_add_epi32(half, bias));
				let rest = _mm256_slli_epi32::<23>(_mm256_add_epi32(rest, bias));
				(_mm256_castsi256_ps(half), _mm256_castsi256_ps(rest))
			}
		}
		let (low, high) = unsafe { (of_one(self.0), of_one(self.1)) };
		(Avx2(low.0, high.0), Avx2(low.1, high.1))
	}
}
