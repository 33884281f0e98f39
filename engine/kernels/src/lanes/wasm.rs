//! WASM: four vectors of 128 bits. The fused multiply-add is of the relaxed instructions, which the engine has compiled
//! deterministically: fused on every machine.

use super::{program, tiles, Lanes, MAGIC, WIDTH};
use crate::{chain::Run, gemm::Tile};
use core::arch::wasm32::*;

/// Sixteen numbers in four vectors.
#[derive(Clone, Copy)]
pub struct Wasm([v128; 4]);

#[inline(always)]
fn map(a: Wasm, f: impl Fn(v128) -> v128) -> Wasm {
	Wasm([f(a.0[0]), f(a.0[1]), f(a.0[2]), f(a.0[3])])
}

#[inline(always)]
fn zip(a: Wasm, b: Wasm, f: impl Fn(v128, v128) -> v128) -> Wasm {
	Wasm([f(a.0[0], b.0[0]), f(a.0[1], b.0[1]), f(a.0[2], b.0[2]), f(a.0[3], b.0[3])])
}

impl Lanes for Wasm {
	type Mask = Wasm;
	const ROWS: usize = 2;

	#[inline(always)]
	fn panels(_: usize) -> usize {
		1
	}

	#[inline(always)]
	unsafe fn tile(rows: usize, panels: usize, tile: &Tile) {
		tiles!(Wasm, [], rows, panels, tile, [(1, 1), (2, 1)])
	}

	#[inline(always)]
	unsafe fn program(run: &Run) {
		program!(Wasm, [], run)
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		let from = from.cast::<v128>();
		// SAFETY: the caller's promise; `v128_load` asks for no alignment.
		unsafe { Wasm([v128_load(from), v128_load(from.add(1)), v128_load(from.add(2)), v128_load(from.add(3))]) }
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
		let to = to.cast::<v128>();
		for (index, vector) in self.0.into_iter().enumerate() {
			// SAFETY: the caller's promise.
			unsafe { v128_store(to.add(index), vector) }
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
		Wasm([f32x4_splat(value); 4])
	}

	#[inline(always)]
	fn add(self, other: Self) -> Self {
		zip(self, other, |a, b| f32x4_add(a, b))
	}

	#[inline(always)]
	fn sub(self, other: Self) -> Self {
		zip(self, other, |a, b| f32x4_sub(a, b))
	}

	#[inline(always)]
	fn mul(self, other: Self) -> Self {
		zip(self, other, |a, b| f32x4_mul(a, b))
	}

	#[inline(always)]
	fn div(self, other: Self) -> Self {
		zip(self, other, |a, b| f32x4_div(a, b))
	}

	#[inline(always)]
	fn sqrt(self) -> Self {
		map(self, |a| f32x4_sqrt(a))
	}

	#[inline(always)]
	fn fma(self, factor: Self, addend: Self) -> Self {
		let fused = |i: usize| f32x4_relaxed_madd(self.0[i], factor.0[i], addend.0[i]);
		Wasm([fused(0), fused(1), fused(2), fused(3)])
	}

	#[inline(always)]
	fn floor(self) -> Self {
		map(self, |a| f32x4_floor(a))
	}

	#[inline(always)]
	fn ceil(self) -> Self {
		map(self, |a| f32x4_ceil(a))
	}

	#[inline(always)]
	fn rint(self) -> Self {
		map(self, |a| f32x4_nearest(a))
	}

	#[inline(always)]
	fn and(self, other: Self) -> Self {
		zip(self, other, |a, b| v128_and(a, b))
	}

	#[inline(always)]
	fn or(self, other: Self) -> Self {
		zip(self, other, |a, b| v128_or(a, b))
	}

	#[inline(always)]
	fn xor(self, other: Self) -> Self {
		zip(self, other, |a, b| v128_xor(a, b))
	}

	#[inline(always)]
	fn lt(self, other: Self) -> Self::Mask {
		zip(self, other, |a, b| f32x4_lt(a, b))
	}

	#[inline(always)]
	fn eq(self, other: Self) -> Self::Mask {
		zip(self, other, |a, b| f32x4_eq(a, b))
	}

	#[inline(always)]
	fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
		let chosen = |i: usize| v128_bitselect(yes.0[i], no.0[i], mask.0[i]);
		Wasm([chosen(0), chosen(1), chosen(2), chosen(3)])
	}

	#[inline(always)]
	fn powers(self) -> (Self, Self) {
		let exponent = |value: v128| i32x4_sub(value, i32x4_splat(MAGIC.to_bits() as i32));
		let power = |exponent: v128| i32x4_shl(i32x4_add(exponent, i32x4_splat(127)), 23);
		let half = map(self, |value| power(i32x4_shr(exponent(value), 1)));
		let rest = map(self, |value| power(i32x4_sub(exponent(value), i32x4_shr(exponent(value), 1))));
		(half, rest)
	}
}
