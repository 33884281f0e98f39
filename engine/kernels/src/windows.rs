//! Windows over single channels: depthwise convolutions and poolings.
//!
//! With the channels outside, a channel is copied into planes, one for each rest of rows and columns modulo the strides, with what is
//! outside of the image around it. In those, the pixels under a tap lie side by side for all windows, and a whole channel is one run of
//! vectors however narrow it is. With the channels inside, vectors run over the channels.

use crate::{
	chain::After,
	conv::Axis,
	gemm::Finish,
	lanes::{Lanes, WIDTH},
	Refused,
};

/// Vectors that are computed together, so that each weight is read once for them.
const TOGETHER: usize = 4;

/// Numbers that may be read or written after the end of a plane.
const SLACK: usize = TOGETHER * WIDTH;

/// The way in which a tap enters its chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tap {
	/// It is multiplied by its weight and added, fused.
	Weighted,
	/// It is added.
	Added,
	/// The largest stays; a NaN does not count.
	Largest,
}

impl Tap {
	/// The number outside of the image, from which a chain starts, too.
	fn outside(self) -> f32 {
		match self {
			Tap::Weighted | Tap::Added => 0.0,
			// Minus infinity does not count either, as in onnxruntime.
			Tap::Largest => f32::MIN,
		}
	}

	/// One step of a chain.
	#[inline(always)]
	fn step<L: Lanes>(self, chain: L, x: L, weight: L) -> L {
		match self {
			Tap::Weighted => weight.fma(x, chain),
			Tap::Added => chain.add(x),
			// A comparison with a NaN does not hold.
			Tap::Largest => x.max(chain),
		}
	}
}

/// One channel of an image whose channels lie outside.
pub(crate) struct Plane {
	pub axes: [Axis; 2],
	pub tap: Tap,
	pub image: *const f32,
	pub row: usize,
	pub column: usize,
	pub weights: *const f32,
	pub output: *mut f32,
	pub finish: Finish,
	pub scratch: *mut f32,
}

/// Length of a plane along an axis.
fn length(axis: &Axis) -> usize {
	axis.output + (axis.window - 1) * axis.dilation / axis.stride
}

/// Rests modulo the stride that a tap can have.
fn phases(axis: &Axis) -> usize {
	axis.stride.min((axis.window - 1) * axis.dilation + 1)
}

/// Numbers of scratch memory of a [`Plane`].
pub(crate) fn scratch(axes: &[Axis; 2]) -> Result<u64, Refused> {
	let [rows, columns] = axes;
	if rows.window == 0 || columns.window == 0 {
		return Err(Refused("a convolution of nothing"));
	}
	let planes = (phases(rows) * phases(columns)) as u128;
	let width = length(columns) as u128;
	let plane = length(rows) as u128 * width + width + SLACK as u128;
	let taps = rows.window as u128 * columns.window as u128;
	let numbers = planes * plane + rows.output as u128 * width + SLACK as u128 + taps;
	u64::try_from(numbers).map_err(|_| Refused("a convolution beyond the memory"))
}

impl Plane {
	/// Computes the channel. `fresh` says that the planes do not hold it yet.
	///
	/// # Safety
	/// Image, weights, output and what finishes are there, and as much scratch memory as [`scratch`] says.
	#[inline(always)]
	pub unsafe fn run<L: Lanes>(&self, fresh: bool) {
		// SAFETY: the caller's promise.
		unsafe {
			match self.tap {
				Tap::Weighted => self.run_as::<L>(Tap::Weighted, fresh),
				Tap::Added => self.run_as::<L>(Tap::Added, fresh),
				Tap::Largest => self.run_as::<L>(Tap::Largest, fresh),
			}
		}
	}

	#[inline(always)]
	unsafe fn run_as<L: Lanes>(&self, kind: Tap, fresh: bool) {
		let [rows, columns] = self.axes;
		let (height, width) = (length(&rows), length(&columns));
		let plane = height * width + width + SLACK;
		let planes = phases(&rows) * phases(&columns);
		let sums = self.scratch.wrapping_add(planes * plane);
		let taps = rows.window * columns.window;
		let places = sums.wrapping_add(rows.output * width + SLACK).cast::<u32>();
		// SAFETY: the caller's promise, and the sizes that `scratch` adds up.
		unsafe {
			if fresh {
				for phase in 0..planes {
					self.fill(self.scratch.add(phase * plane), phase / phases(&columns), phase % phases(&columns));
				}
				for tap in 0..taps {
					let down = tap / columns.window * rows.dilation;
					let right = tap % columns.window * columns.dilation;
					let phase = down % rows.stride * phases(&columns) + right % columns.stride;
					let place = phase * plane + down / rows.stride * width + right / columns.stride;
					*places.add(tap) = place as u32;
				}
			}
			for at in (0..rows.output * width).step_by(SLACK) {
				let mut chains = [L::splat(kind.outside()); TOGETHER];
				for tap in 0..taps {
					let from = self.scratch.add(*places.add(tap) as usize + at);
					let weight = if kind == Tap::Weighted { L::splat(*self.weights.add(tap)) } else { L::zero() };
					for (index, chain) in chains.iter_mut().enumerate() {
						*chain = kind.step(*chain, L::load(from.add(index * WIDTH)), weight);
					}
				}
				for (index, chain) in chains.iter().enumerate() {
					chain.canonical().store(sums.add(at + index * WIDTH));
				}
			}
			for y in 0..rows.output {
				for x in (0..columns.output).step_by(WIDTH) {
					let count = WIDTH.min(columns.output - x);
					let sum = L::load(sums.add(y * width + x));
					let done = self.finish.apply(sum, 0, y * columns.output + x, count);
					let to = self.output.add(y * columns.output + x);
					if count == WIDTH {
						done.store(to);
					} else {
						done.store_part(to, count);
					}
				}
			}
		}
	}

	/// Fills the plane of the pixels whose distance from the first window is `down` and `right` modulo the strides.
	///
	/// # Safety
	/// The conditions of [`Plane::run`].
	#[inline(always)]
	unsafe fn fill(&self, to: *mut f32, down: usize, right: usize) {
		let [rows, columns] = self.axes;
		let (height, width) = (length(&rows), length(&columns));
		let phase = |axis: &Axis, phase: usize| Axis { dilation: 1, output: length(axis), window: phase + 1, ..*axis };
		let (tall, wide) = (phase(&rows, down), phase(&columns, right));
		let outside = self.tap.outside();
		// The columns that lie in the image are one range.
		let first = (0..width).find(|x| wide.pixel(*x, right).is_some()).unwrap_or(width);
		let inside = columns.image + columns.before;
		let last = if inside > right { ((inside - right - 1) / columns.stride + 1).min(width) } else { 0 };
		let last = last.max(first);
		// SAFETY: the caller's promise.
		unsafe {
			for y in 0..height {
				let to = core::slice::from_raw_parts_mut(to.add(y * width), width);
				let Some(from) = tall.pixel(y, down) else {
					to.fill(outside);
					continue;
				};
				let from = self.image.add(from * self.row);
				to[..first].fill(outside);
				to[last..].fill(outside);
				if first == last {
					continue;
				}
				let start = from.add((first * columns.stride + right - columns.before) * self.column);
				let step = columns.stride * self.column;
				if step == 1 {
					to[first..last].as_mut_ptr().copy_from_nonoverlapping(start, last - first);
				} else {
					for (x, to) in to[first..last].iter_mut().enumerate() {
						*to = *start.add(x * step);
					}
				}
			}
			// The numbers after the plane's end, which the last vectors read.
			core::slice::from_raw_parts_mut(to.add(height * width), width + SLACK).fill(outside);
		}
	}
}

/// All channels of an image whose channels lie inside.
pub(crate) struct Pixels<'a> {
	pub axes: [Axis; 2],
	pub tap: Tap,
	pub channels: usize,
	pub image: *const f32,
	pub row: usize,
	pub column: usize,
	/// `[tap][channel]`.
	pub weights: *const f32,
	pub output: *mut f32,
	/// Distance of pixels of the output.
	pub pixel: usize,
	pub finish: Finish,
	/// The program that is run over the results, if there is one.
	pub after: Option<&'a After>,
}

impl Pixels<'_> {
	/// Computes it.
	///
	/// # Safety
	/// Image, weights, output and what finishes are there.
	#[inline(always)]
	pub unsafe fn run<L: Lanes>(&self) {
		// SAFETY: the caller's promise.
		unsafe {
			match self.tap {
				Tap::Weighted => self.run_as::<L>(Tap::Weighted),
				Tap::Added => self.run_as::<L>(Tap::Added),
				Tap::Largest => self.run_as::<L>(Tap::Largest),
			}
		}
	}

	#[inline(always)]
	unsafe fn run_as<L: Lanes>(&self, kind: Tap) {
		let [rows, columns] = self.axes;
		// The windows all of whose columns lie in the image.
		let first = columns.before.div_ceil(columns.stride).min(columns.output);
		let reach = (columns.window - 1) * columns.dilation;
		let inside = (columns.image + columns.before).saturating_sub(reach).div_ceil(columns.stride);
		let last = inside.clamp(first, columns.output);
		for y in 0..rows.output {
			for channel in (0..self.channels).step_by(WIDTH) {
				let count = WIDTH.min(self.channels - channel);
				// SAFETY: the caller's promise.
				unsafe {
					for x in 0..first {
						self.some::<L, 1, true>(kind, y, x, channel, count);
					}
					let mut x = first;
					while x + TOGETHER <= last {
						self.some::<L, TOGETHER, false>(kind, y, x, channel, count);
						x += TOGETHER;
					}
					for x in x..last {
						self.some::<L, 1, false>(kind, y, x, channel, count);
					}
					for x in last..columns.output {
						self.some::<L, 1, true>(kind, y, x, channel, count);
					}
				}
			}
			let Some(after) = self.after else { continue };
			// SAFETY: the caller's promise.
			unsafe {
				let line = self.output.add(y * columns.output * self.pixel);
				if self.pixel == self.channels {
					after.run::<L>(line, columns.output * self.channels);
				} else {
					for x in 0..columns.output {
						after.run::<L>(line.add(x * self.pixel), self.channels);
					}
				}
			}
		}
	}

	/// Computes `count` channels of N pixels of a row. If EDGE is true, some columns of their windows may lie outside of the image.
	///
	/// # Safety
	/// The conditions of [`Pixels::run`].
	#[inline(always)]
	unsafe fn some<L: Lanes, const N: usize, const EDGE: bool>(
		&self,
		kind: Tap,
		y: usize,
		x: usize,
		channel: usize,
		count: usize,
	) {
		let [rows, columns] = self.axes;
		let outside = L::splat(kind.outside());
		let mut chains = [outside; N];
		// SAFETY: the caller's promise.
		unsafe {
			for down in 0..rows.window {
				let line = rows.pixel(y, down).map(|y| self.image.add(y * self.row + channel));
				for right in 0..columns.window {
					let weight = match kind {
						Tap::Weighted => part::<L>(
							self.weights.add((down * columns.window + right) * self.channels + channel),
							count,
						),
						Tap::Added | Tap::Largest => L::zero(),
					};
					for (index, chain) in chains.iter_mut().enumerate() {
						let at = if EDGE {
							columns.pixel(x + index, right)
						} else {
							Some((x + index) * columns.stride + right * columns.dilation - columns.before)
						};
						let value = match (line, at) {
							(Some(line), Some(at)) => part::<L>(line.add(at * self.column), count),
							_ => outside,
						};
						*chain = kind.step(*chain, value, weight);
					}
				}
			}
			for (index, chain) in chains.into_iter().enumerate() {
				let pixel = y * columns.output + x + index;
				let done = self.finish.apply(chain, pixel, channel, count);
				let to = self.output.add(pixel * self.pixel + channel);
				if count == WIDTH {
					done.store(to);
				} else {
					done.store_part(to, count);
				}
			}
		}
	}
}

/// Reads up to sixteen numbers.
#[inline(always)]
unsafe fn part<L: Lanes>(from: *const f32, count: usize) -> L {
	// SAFETY: the caller's promise.
	unsafe {
		if count == WIDTH {
			L::load(from)
		} else {
			L::load_part(from, count)
		}
	}
}
