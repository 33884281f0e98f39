//! Sixteen numbers at a time, on each kind of CPU.
//!
//! A kernel is written once over [`Lanes`] and compiled for each of its instances. Every operation is one of IEEE 754 in single
//! precision, rounded to nearest, ties to even, or a plain operation on bits. So the instances differ in speed and in no bit.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(target_arch = "aarch64")]
pub mod neon;
#[cfg(not(target_arch = "wasm32"))]
pub mod scalar;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

use crate::{chain::Run, gemm::Tile};

/// Numbers that a [`Lanes`] holds.
pub const WIDTH: usize = 16;

/// The one NaN that kernels store.
pub const NAN: f32 = f32::from_bits(0x7fc0_0000);

/// Added to a number of at most 2^21, rounds it to an integer in the low bits: 1.5 * 2^23.
pub const MAGIC: f32 = 12_582_912.0;

/// Sixteen numbers of single precision.
///
/// # Safety of the instances
/// The instances for a CPU's vectors may only be used where the CPU has them: inside of a function that is compiled for them and
/// that [`crate::Isa`] has chosen.
pub trait Lanes: Copy {
	/// Which of the sixteen.
	type Mask: Copy;

	/// Most rows of a tile of a product.
	const ROWS: usize;

	/// Panels of sixteen columns that a tile of so many rows has: 1, 2, 4 or 8, so that the sums stay in registers.
	fn panels(rows: usize) -> usize;

	/// Computes a tile of `rows` by `panels` of a product.
	///
	/// # Safety
	/// See [`Tile`].
	unsafe fn tile(rows: usize, panels: usize, tile: &Tile);

	/// Runs a program over a few elements: a function of its own, for it is long, and several kernels use it.
	///
	/// # Safety
	/// See [`Run`].
	unsafe fn program(run: &Run);

	/// Reads sixteen numbers.
	///
	/// # Safety
	/// They are there.
	unsafe fn load(from: *const f32) -> Self;

	/// Reads the first `count` numbers, of at most sixteen; the others are +0.
	///
	/// # Safety
	/// They are there.
	unsafe fn load_part(from: *const f32, count: usize) -> Self;

	/// Reads the numbers whose bit is set; the others are +0.
	///
	/// # Safety
	/// They are there. `from` itself need not be.
	unsafe fn load_mask(from: *const f32, mask: u16) -> Self;

	/// Writes sixteen numbers.
	///
	/// # Safety
	/// There is room.
	unsafe fn store(self, to: *mut f32);

	/// Writes the first `count` numbers, of at most sixteen.
	///
	/// # Safety
	/// There is room.
	unsafe fn store_part(self, to: *mut f32, count: usize);

	/// The same number sixteen times.
	fn splat(value: f32) -> Self;

	/// Sum.
	fn add(self, other: Self) -> Self;

	/// Difference.
	fn sub(self, other: Self) -> Self;

	/// Product.
	fn mul(self, other: Self) -> Self;

	/// Quotient.
	fn div(self, other: Self) -> Self;

	/// Square root.
	fn sqrt(self) -> Self;

	/// `self * factor + addend`, rounded once.
	fn fma(self, factor: Self, addend: Self) -> Self;

	/// The largest integer that is not above.
	fn floor(self) -> Self;

	/// The smallest integer that is not below.
	fn ceil(self) -> Self;

	/// The nearest integer, ties to even.
	fn rint(self) -> Self;

	/// Bits in both.
	fn and(self, other: Self) -> Self;

	/// Bits in one or both.
	fn or(self, other: Self) -> Self;

	/// Bits in one alone.
	fn xor(self, other: Self) -> Self;

	/// Less; false for a NaN.
	fn lt(self, other: Self) -> Self::Mask;

	/// Equal; false for a NaN.
	fn eq(self, other: Self) -> Self::Mask;

	/// `yes` where the mask is set, else `no`.
	fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

	/// For numbers `n + MAGIC` with an integer n between -250 and 250: `2^(n >> 1)` and `2^(n - (n >> 1))`.
	fn powers(self) -> (Self, Self);

	/// +0 sixteen times.
	#[inline(always)]
	fn zero() -> Self {
		Self::splat(0.0)
	}

	/// The numbers in order.
	#[inline(always)]
	fn to_array(self) -> [f32; WIDTH] {
		let mut array = [0.0; WIDTH];
		// SAFETY: the array has room for sixteen.
		unsafe { self.store(array.as_mut_ptr()) };
		array
	}

	/// `self < other ? self : other`.
	#[inline(always)]
	fn min(self, other: Self) -> Self {
		Self::select(self.lt(other), self, other)
	}

	/// `self > other ? self : other`.
	#[inline(always)]
	fn max(self, other: Self) -> Self {
		Self::select(other.lt(self), self, other)
	}

	/// `self < low ? low : self`, then `self > high ? high : self`. A NaN stays.
	#[inline(always)]
	fn clamp(self, low: Self, high: Self) -> Self {
		let raised = Self::select(self.lt(low), low, self);
		Self::select(high.lt(raised), high, raised)
	}

	/// Every NaN replaced by [`NAN`].
	#[inline(always)]
	fn canonical(self) -> Self {
		Self::select(self.eq(self), self, Self::splat(NAN))
	}

	/// Without the sign.
	#[inline(always)]
	fn abs(self) -> Self {
		self.and(Self::splat(f32::from_bits(0x7fff_ffff)))
	}

	/// With the other sign.
	#[inline(always)]
	fn neg(self) -> Self {
		self.xor(Self::splat(-0.0))
	}

	/// The sign alone.
	#[inline(always)]
	fn sign(self) -> Self {
		self.and(Self::splat(-0.0))
	}

	/// The sum of all, in the one order that every back end has: lane i and i + 8, then i and i + 4, then (0 + 2) + (1 + 3).
	#[inline(always)]
	fn sum(self) -> f32 {
		let all = self.to_array();
		let mut eight = [0.0; 8];
		for (lane, sum) in eight.iter_mut().enumerate() {
			*sum = all[lane] + all[lane + 8];
		}
		let four = [eight[0] + eight[4], eight[1] + eight[5], eight[2] + eight[6], eight[3] + eight[7]];
		(four[0] + four[2]) + (four[1] + four[3])
	}

	/// The largest of all by `a > b ? a : b`, in the order of [`Lanes::sum`].
	#[inline(always)]
	fn largest(self) -> f32 {
		let larger = |a: f32, b: f32| if a > b { a } else { b };
		let all = self.to_array();
		let mut eight = [0.0; 8];
		for (lane, found) in eight.iter_mut().enumerate() {
			*found = larger(all[lane], all[lane + 8]);
		}
		let four = [0, 1, 2, 3].map(|lane| larger(eight[lane], eight[lane + 4]));
		larger(larger(four[0], four[2]), larger(four[1], four[3]))
	}
}

/// Calls [`crate::gemm::tile`] with a number of rows and panels that the compiler knows.
macro_rules! tiles {
	($lanes:ty, [$($feature:literal)?], $rows:expr, $panels:expr, $tile:expr, [$(($r:literal, $p:literal)),* $(,)?]) => {{
		$(#[target_feature(enable = $feature)])?
		unsafe fn sized<const R: usize, const P: usize>(tile: &Tile) {
			// SAFETY: the caller's promise.
			unsafe { crate::gemm::tile::<$lanes, R, P>(tile) }
		}
		match ($rows, $panels) {
			// SAFETY: the caller's promise; the CPU has the instructions, or these lanes would not be in use.
			$(($r, $p) => unsafe { sized::<$r, $p>($tile) },)*
			_ => unreachable!("no tile has these rows and panels"),
		}
	}};
}
pub(crate) use tiles;

/// Calls [`crate::chain::run`], compiled with the instructions of some lanes.
macro_rules! program {
	($lanes:ty, [$($feature:literal)?], $run:expr) => {{
		$(#[target_feature(enable = $feature)])?
		#[inline(never)]
		unsafe fn compiled(run: &Run) {
			// SAFETY: the caller's promise.
			unsafe { crate::chain::run::<$lanes>(run) }
		}
		// SAFETY: the caller's promise; the CPU has the instructions, or these lanes would not be in use.
		unsafe { compiled($run) }
	}};
}
pub(crate) use program;
