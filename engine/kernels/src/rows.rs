//! Softmax, layer normalization and sums of rows.
//!
//! A sum along a row has sixteen lanes: lane l adds up elements l, l + 16, ...; then the lanes are added in the order of
//! [`Lanes::sum`]. A largest element is found in the same order.

use crate::{
	descriptor::Descriptor,
	lanes::{Lanes, WIDTH},
	math,
	memory::{self, Memory},
	Refused,
};

/// A checked softmax: `e = exp(x - largest)`, `e * (1 / sum of e)`.
///
/// Along the innermost dimension, largest and sum are of lanes; along another one they are chains, ascending. Operands: 0 the output, 1 the
/// input, which may be the same; both `[outer, length, inner]`. Dims: outer, length, inner.
#[derive(Clone, Copy)]
pub struct Softmax {
	outer: usize,
	length: usize,
	inner: usize,
	output: *mut f32,
	input: *const f32,
}

/// Rows of a normalization: their number, their length, output and input.
fn rows(d: &Descriptor, memory: &Memory) -> Result<(usize, usize, *mut f32, *const f32), Refused> {
	let [rows, length, ..] = d.dims;
	memory::work(&[rows, length])?;
	let stride = i32::try_from(length).map_err(|_| Refused("a row beyond the memory"))?;
	let output = memory.floats(&d.operands[0], &[rows, length], &[stride, 1])?;
	let input = memory.floats(&d.operands[1], &[rows, length], &[stride, 1])?;
	memory::apart(d, 0, true)?;
	let rows = if length == 0 { 0 } else { rows };
	Ok((rows as usize, length as usize, output, input))
}

/// Repeats something for each place of a row with as many elements as are there: sixteen, or what is left. A macro and no closure: what
/// the compiler does not put in line it would compile without the CPU's vectors.
macro_rules! in_sixteens {
	($length:expr, |$at:ident, $count:ident| $body:expr) => {{
		let mut $at = 0;
		while $at + WIDTH <= $length {
			let $count = WIDTH;
			$body;
			$at += WIDTH;
		}
		if $at < $length {
			let $count = $length - $at;
			$body;
		}
	}};
}
pub(crate) use in_sixteens;

/// Reads up to sixteen numbers.
///
/// # Safety
/// They are there.
#[inline(always)]
pub(crate) unsafe fn load<L: Lanes>(from: *const f32, count: usize) -> L {
	// SAFETY: the caller's promise.
	unsafe {
		if count == WIDTH {
			L::load(from)
		} else {
			L::load_part(from, count)
		}
	}
}

/// Writes up to sixteen numbers.
///
/// # Safety
/// There is room.
#[inline(always)]
pub(crate) unsafe fn store<L: Lanes>(value: L, to: *mut f32, count: usize) {
	// SAFETY: the caller's promise.
	unsafe {
		if count == WIDTH {
			value.store(to)
		} else {
			value.store_part(to, count)
		}
	}
}

impl Softmax {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Softmax, Refused> {
		memory::unused(d, 2, 3, 0, 0)?;
		memory.scratch(d, 0)?;
		let [outer, length, inner, ..] = d.dims;
		memory::work(&[outer, length, inner])?;
		let row = memory::work(&[length, inner])?;
		let fits = |number: u64| i32::try_from(number).map_err(|_| Refused("a tensor beyond the memory"));
		let strides = [fits(row)?, fits(inner.into())?, 1];
		let output = memory.floats(&d.operands[0], &[outer, length, inner], &strides)?;
		let input = memory.floats(&d.operands[1], &[outer, length, inner], &strides)?;
		memory::apart(d, 0, true)?;
		let outer = if length == 0 || inner == 0 { 0 } else { outer };
		Ok(Softmax { outer: outer as usize, length: length as usize, inner: inner as usize, output, input })
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		for outer in 0..self.outer {
			let first = outer * self.length * self.inner;
			let (input, output) = (self.input.wrapping_add(first), self.output.wrapping_add(first));
			// SAFETY: `check` has found the rows to be there.
			unsafe {
				if self.inner == 1 {
					self.along::<L>(input, output);
				} else {
					self.across::<L>(input, output);
				}
			}
		}
	}

	/// Along a row.
	#[inline(always)]
	unsafe fn along<L: Lanes>(&self, input: *const f32, output: *mut f32) {
		// SAFETY: the caller's promise.
		unsafe {
			let mut largest = L::splat(f32::NEG_INFINITY);
			in_sixteens!(self.length, |at, count| {
				let x: L = load(input.add(at), count);
				largest = first(largest.max(x), largest, count);
			});
			let largest = L::splat(largest.largest());
			let mut sum = L::zero();
			in_sixteens!(self.length, |at, count| {
				let e = math::exp(load::<L>(input.add(at), count).sub(largest));
				store(e.canonical(), output.add(at), count);
				sum = first(sum.add(e), sum, count);
			});
			let share = L::splat(1.0 / sum.sum());
			in_sixteens!(self.length, |at, count| {
				let e: L = load(output.add(at), count);
				store(e.mul(share).canonical(), output.add(at), count);
			});
		}
	}

	/// Across rows, each lane for itself.
	#[inline(always)]
	unsafe fn across<L: Lanes>(&self, input: *const f32, output: *mut f32) {
		// SAFETY: the caller's promise.
		unsafe {
			in_sixteens!(self.inner, |at, count| {
				let mut largest = L::splat(f32::NEG_INFINITY);
				for step in 0..self.length {
					largest = largest.max(load(input.add(step * self.inner + at), count));
				}
				let mut sum = L::zero();
				for step in 0..self.length {
					let place = step * self.inner + at;
					let e = math::exp(load::<L>(input.add(place), count).sub(largest));
					store(e.canonical(), output.add(place), count);
					sum = sum.add(e);
				}
				let share = L::splat(1.0).div(sum);
				for step in 0..self.length {
					let place = step * self.inner + at;
					let e: L = load(output.add(place), count);
					store(e.mul(share).canonical(), output.add(place), count);
				}
			});
		}
	}
}

/// The first `count` lanes of `new`, the others of `old`.
#[inline(always)]
fn first<L: Lanes>(new: L, old: L, count: usize) -> L {
	if count == WIDTH {
		return new;
	}
	let lane: [f32; WIDTH] = core::array::from_fn(|lane| lane as f32);
	// SAFETY: an array of sixteen.
	let lane = unsafe { L::load(lane.as_ptr()) };
	L::select(lane.lt(L::splat(count as f32)), new, old)
}

/// A checked layer normalization: `mean = sum * (1 / n)`, `variance = sum of d * d * (1 / n)` by fused multiply-adds,
/// `s = 1 / sqrt(variance + epsilon)`, `(x - mean) * s`, then times the factors and plus the offsets, fused, where there are some.
///
/// Operands: 0 the output, 1 the input, which may be the same; each whole rows, one after the other; 2 and 3 factors and offsets, one for
/// each element of a row. Dims: rows, their length. Parameters: 0 is epsilon. Flags: [`AFFINE`].
#[derive(Clone, Copy)]
pub struct Norm {
	rows: usize,
	length: usize,
	output: *mut f32,
	input: *const f32,
	affine: Option<(*const f32, *const f32)>,
	epsilon: f32,
}

/// There are factors and offsets.
pub const AFFINE: u32 = 1;

impl Norm {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Norm, Refused> {
		memory::unused(d, 4, 2, 1, AFFINE)?;
		memory.scratch(d, 0)?;
		let (rows, length, output, input) = rows(d, memory)?;
		let of = |operand: usize| memory.floats(&d.operands[operand], &[d.dims[1]], &[1]);
		let affine = if d.flags & AFFINE != 0 { Some((of(2)?.cast_const(), of(3)?.cast_const())) } else { None };
		Ok(Norm { rows, length, output, input, affine, epsilon: f32::from_bits(d.parameters[0]) })
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		let share = 1.0 / self.length as f32;
		for row in 0..self.rows {
			let (input, output) =
				(self.input.wrapping_add(row * self.length), self.output.wrapping_add(row * self.length));
			// SAFETY: `check` has found the rows to be there.
			unsafe {
				let mut sum = L::zero();
				in_sixteens!(self.length, |at, count| sum = first(sum.add(load(input.add(at), count)), sum, count));
				let mean = L::splat(sum.sum() * share);
				let mut squares = L::zero();
				in_sixteens!(self.length, |at, count| {
					let d = load::<L>(input.add(at), count).sub(mean);
					squares = first(d.fma(d, squares), squares, count);
				});
				let variance = squares.sum() * share;
				let factor = L::splat(1.0 / (variance + self.epsilon).sqrt());
				in_sixteens!(self.length, |at, count| {
					let mut y = load::<L>(input.add(at), count).sub(mean).mul(factor);
					if let Some((factors, offsets)) = self.affine {
						y = y.fma(load(factors.add(at), count), load(offsets.add(at), count));
					}
					store(y.canonical(), output.add(at), count);
				});
			}
		}
	}
}

/// A checked sum or extremum along one dimension.
///
/// Along the innermost it is one of lanes; along another one it is one chain, ascending, from the first element. A sum starts from +0 and is
/// multiplied by a number in the end. An extremum starts from infinity, and one NaN makes it NaN. Operands: 0 the output `[outer, inner]`,
/// 1 the input `[outer, length, inner]`. Dims: outer, length, inner. Flags: at most one of [`SQUARES`], [`MAXIMUM`] and [`MINIMUM`].
/// Parameters: 0 is the number.
#[derive(Clone, Copy)]
pub struct Sum {
	outer: usize,
	length: usize,
	inner: usize,
	output: *mut f32,
	input: *const f32,
	kind: Kind,
	factor: f32,
}

/// It is squares that are added up, by fused multiply-adds.
pub const SQUARES: u32 = 1;
/// It is the largest that is found.
pub const MAXIMUM: u32 = 1 << 1;
/// It is the smallest that is found.
pub const MINIMUM: u32 = 1 << 2;

/// The kind of reduction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
	Sum,
	Squares,
	Maximum,
	Minimum,
}

impl Kind {
	#[inline(always)]
	fn start(self) -> f32 {
		match self {
			Kind::Sum | Kind::Squares => 0.0,
			Kind::Maximum => f32::NEG_INFINITY,
			Kind::Minimum => f32::INFINITY,
		}
	}

	#[inline(always)]
	fn step<L: Lanes>(self, found: L, x: L) -> L {
		match self {
			Kind::Sum => found.add(x),
			Kind::Squares => x.fma(x, found),
			Kind::Maximum => either_nan(x.max(found), found, x),
			Kind::Minimum => either_nan(x.min(found), found, x),
		}
	}

	/// All lanes in one.
	#[inline(always)]
	fn fold<L: Lanes>(self, lanes: L) -> f32 {
		let choose = |a: f32, b: f32| {
			let first = if self == Kind::Maximum { a > b } else { a < b };
			if first || a.is_nan() {
				a
			} else {
				b
			}
		};
		match self {
			Kind::Sum | Kind::Squares => lanes.sum(),
			Kind::Maximum | Kind::Minimum => lanes.to_array().into_iter().fold(self.start(), choose),
		}
	}
}

/// A NaN if one of the two is one, else the value.
#[inline(always)]
fn either_nan<L: Lanes>(value: L, a: L, b: L) -> L {
	L::select(a.eq(a), L::select(b.eq(b), value, b), a)
}

impl Sum {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Sum, Refused> {
		memory::unused(d, 2, 3, 1, SQUARES | MAXIMUM | MINIMUM)?;
		memory.scratch(d, 0)?;
		let [outer, length, inner, ..] = d.dims;
		let row = memory::work(&[length, inner])?;
		memory::work(&[outer, length, inner])?;
		let fits = |number: u64| i32::try_from(number).map_err(|_| Refused("a tensor beyond the memory"));
		let (row, step) = (fits(row)?, fits(inner.into())?);
		let output = memory.floats(&d.operands[0], &[outer, inner], &[step, 1])?;
		let input = memory.floats(&d.operands[1], &[outer, length, inner], &[row, step, 1])?;
		memory::apart(d, 0, false)?;
		let kind = match d.flags {
			0 => Kind::Sum,
			SQUARES => Kind::Squares,
			MAXIMUM => Kind::Maximum,
			MINIMUM => Kind::Minimum,
			_ => return Err(Refused("a sum of several kinds")),
		};
		let outer = if inner == 0 { 0 } else { outer };
		let factor = if matches!(kind, Kind::Sum | Kind::Squares) { f32::from_bits(d.parameters[0]) } else { 1.0 };
		Ok(Sum { outer: outer as usize, length: length as usize, inner: inner as usize, output, input, kind, factor })
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		match self.kind {
			Kind::Sum => self.run_as::<L>(Kind::Sum),
			Kind::Squares => self.run_as::<L>(Kind::Squares),
			Kind::Maximum => self.run_as::<L>(Kind::Maximum),
			Kind::Minimum => self.run_as::<L>(Kind::Minimum),
		}
	}

	#[inline(always)]
	fn run_as<L: Lanes>(&self, kind: Kind) {
		let factor = L::splat(self.factor);
		for outer in 0..self.outer {
			let input = self.input.wrapping_add(outer * self.length * self.inner);
			let output = self.output.wrapping_add(outer * self.inner);
			// SAFETY: `check` has found input and output to be there.
			unsafe {
				if self.inner == 1 {
					let mut found = L::splat(kind.start());
					in_sixteens!(self.length, |at, count| {
						found = first(kind.step(found, load(input.add(at), count)), found, count)
					});
					store(L::splat(kind.fold(found)).mul(factor).canonical(), output, 1);
					continue;
				}
				in_sixteens!(self.inner, |at, count| {
					let mut found = L::splat(kind.start());
					for step in 0..self.length {
						found = kind.step(found, load(input.add(step * self.inner + at), count));
					}
					store(found.mul(factor).canonical(), output.add(at), count);
				});
			}
		}
	}
}

/// Work that is divided by rows: each reads and writes so many numbers.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! by_rows {
	($name:ident, $rows:ident, |$job:ident| $read:expr, $written:expr) => {
		impl crate::parts::Divide for $name {
			fn steps(&self) -> usize {
				let $job = self;
				self.$rows.saturating_mul($read)
			}

			fn axes(&self) -> Vec<crate::parts::Axis> {
				vec![crate::parts::Axis::anywhere(self.$rows)]
			}

			fn part(&self, _: usize, first: usize, count: usize) -> Self {
				let $job = self;
				let (input, output) =
					(self.input.wrapping_add(first * $read), self.output.wrapping_add(first * $written));
				$name { $rows: count, input, output, ..*self }
			}

			fn scratch(&mut self) -> Option<&mut *mut f32> {
				None
			}
		}
	};
}

#[cfg(not(target_arch = "wasm32"))]
by_rows!(Softmax, outer, |job| job.length * job.inner, job.length * job.inner);
#[cfg(not(target_arch = "wasm32"))]
by_rows!(Norm, rows, |job| job.length, job.length);
#[cfg(not(target_arch = "wasm32"))]
by_rows!(Sum, outer, |job| job.length * job.inner, job.inner);
