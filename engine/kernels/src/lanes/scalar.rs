//! One number after the other: what the other instances are compared with.

use super::{program, tiles, Lanes, MAGIC, WIDTH};
use crate::{chain::Run, gemm::Tile};

/// Sixteen numbers, worked on one by one.
#[derive(Clone, Copy)]
pub struct Scalar([f32; WIDTH]);

#[inline(always)]
fn map(a: Scalar, f: impl Fn(f32) -> f32) -> Scalar {
	Scalar(a.0.map(f))
}

#[inline(always)]
fn zip(a: Scalar, b: Scalar, f: impl Fn(f32, f32) -> f32) -> Scalar {
	Scalar(std::array::from_fn(|lane| f(a.0[lane], b.0[lane])))
}

#[inline(always)]
fn bits(a: Scalar, b: Scalar, f: impl Fn(u32, u32) -> u32) -> Scalar {
	zip(a, b, |a, b| f32::from_bits(f(a.to_bits(), b.to_bits())))
}

impl Lanes for Scalar {
	type Mask = [bool; WIDTH];
	const ROWS: usize = 3;

	fn panels(_: usize) -> usize {
		1
	}

	unsafe fn tile(rows: usize, panels: usize, tile: &Tile) {
		tiles!(Scalar, [], rows, panels, tile, [(1, 1), (2, 1), (3, 1)])
	}

	unsafe fn program(run: &Run) {
		program!(Scalar, [], run)
	}

	unsafe fn load(from: *const f32) -> Self {
		// SAFETY: the caller's promise.
		Scalar(unsafe { from.cast::<[f32; WIDTH]>().read_unaligned() })
	}

	unsafe fn load_part(from: *const f32, count: usize) -> Self {
		// SAFETY: the caller's promise.
		Scalar(std::array::from_fn(|lane| if lane < count { unsafe { *from.add(lane) } } else { 0.0 }))
	}

	unsafe fn load_mask(from: *const f32, mask: u16) -> Self {
		Scalar(std::array::from_fn(|lane| match mask >> lane & 1 {
			0 => 0.0,
			// SAFETY: the caller's promise.
			_ => unsafe { *from.wrapping_add(lane) },
		}))
	}

	unsafe fn store(self, to: *mut f32) {
		// SAFETY: the caller's promise.
		unsafe { to.cast::<[f32; WIDTH]>().write_unaligned(self.0) }
	}

	unsafe fn store_part(self, to: *mut f32, count: usize) {
		for (lane, value) in self.0.into_iter().take(count).enumerate() {
			// SAFETY: the caller's promise.
			unsafe { *to.add(lane) = value }
		}
	}

	fn splat(value: f32) -> Self {
		Scalar([value; WIDTH])
	}

	fn add(self, other: Self) -> Self {
		zip(self, other, |a, b| a + b)
	}

	fn sub(self, other: Self) -> Self {
		zip(self, other, |a, b| a - b)
	}

	fn mul(self, other: Self) -> Self {
		zip(self, other, |a, b| a * b)
	}

	fn div(self, other: Self) -> Self {
		zip(self, other, |a, b| a / b)
	}

	fn sqrt(self) -> Self {
		map(self, f32::sqrt)
	}

	fn fma(self, factor: Self, addend: Self) -> Self {
		Scalar(std::array::from_fn(|lane| self.0[lane].mul_add(factor.0[lane], addend.0[lane])))
	}

	fn floor(self) -> Self {
		map(self, f32::floor)
	}

	fn ceil(self) -> Self {
		map(self, f32::ceil)
	}

	fn rint(self) -> Self {
		map(self, f32::round_ties_even)
	}

	fn and(self, other: Self) -> Self {
		bits(self, other, |a, b| a & b)
	}

	fn or(self, other: Self) -> Self {
		bits(self, other, |a, b| a | b)
	}

	fn xor(self, other: Self) -> Self {
		bits(self, other, |a, b| a ^ b)
	}

	fn lt(self, other: Self) -> Self::Mask {
		std::array::from_fn(|lane| self.0[lane] < other.0[lane])
	}

	fn eq(self, other: Self) -> Self::Mask {
		std::array::from_fn(|lane| self.0[lane] == other.0[lane])
	}

	fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
		Scalar(std::array::from_fn(|lane| if mask[lane] { yes.0[lane] } else { no.0[lane] }))
	}

	fn powers(self) -> (Self, Self) {
		let exponent = |value: f32| value.to_bits().wrapping_sub(MAGIC.to_bits()) as i32;
		let power = |exponent: i32| f32::from_bits((exponent.wrapping_add(127) as u32) << 23);
		let half = map(self, |value| power(exponent(value) >> 1));
		let rest = map(self, |value| power(exponent(value).wrapping_sub(exponent(value) >> 1)));
		(half, rest)
	}
}
