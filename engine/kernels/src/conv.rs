//! Convolutions and poolings of one or two dimensions.
//!
//! An element's chain runs over the taps in row-major order, and inside of a tap over the channels of its group. A tap outside of the
//! image reads +0, and is computed; a pooling by the largest reads the least finite number there.
//!
//! - Operands: 0 is the image with strides of (image, channel, row, column); 1 the weights; 2 the output with strides of (image, channel,
//!   pixel), the pixels row by row; 3 the bias, one number for each channel written; 4 what is added after it, with the output's strides.
//! - Dims: images, groups, channels written by a group, channels read by a group, and rows and columns of the image, of the output and of
//!   the window. A pooling has a group for each channel.
//! - Parameters: 0 to 2 as of [`crate::gemm`]; 3 strides, 4 dilations, 5 pixels before the image, each rows in the low and columns in
//!   the high half.
//! - Scratch: [`scratch`].
//!
//! With [`AFTER`], operand 5 is a program of [`crate::chain`], which is run over each finished element.
//!
//! With [`INSIDE`], the channels of image and output lie side by side. The weights are then packed as a product's B for each group, the
//! groups [`gemm::packed`] apart, or `[tap][channel]` where each group reads and writes one channel. Else the output's pixels lie side by
//! side, and the weights are a row of `[tap][channel]` for each channel written, with a stride of (row).

use crate::{
	chain::After,
	descriptor::Descriptor,
	gemm::{self, Finish, Packed, Panels, Product, AFTER, CLAMP, COLUMN_BIAS, RESIDUAL, ROW_BIAS, SCALE},
	lanes::{Lanes, WIDTH},
	memory::{self, Memory},
	windows::{self, Pixels, Plane, Tap},
	Refused,
};

/// Numbers of a block of windows that are gathered for a product: it stays in the second cache.
const BLOCK: usize = 64 * 1024;

/// Rows of such a block are a multiple of this: of the rows of every back end's tiles.
const ROWS: usize = 42;

/// The sizes of image, output and window along one axis, and the place of each window.
#[derive(Clone, Copy)]
pub(crate) struct Axis {
	/// Length of the image, of the output, of the window.
	pub image: usize,
	pub output: usize,
	pub window: usize,
	/// Distance of windows, distance of taps, pixels before the image.
	pub stride: usize,
	pub dilation: usize,
	pub before: usize,
}

impl Axis {
	/// The pixel under a tap, if it is one of the image.
	#[inline(always)]
	pub fn pixel(&self, output: usize, tap: usize) -> Option<usize> {
		let at = (output * self.stride + tap * self.dilation).wrapping_sub(self.before);
		(at < self.image).then_some(at)
	}
}

#[cfg(not(target_arch = "wasm32"))]
impl Axis {
	/// The axis for `count` windows from `first` on, and how many pixels later its image begins.
	fn part(&self, first: usize, count: usize) -> (Axis, usize) {
		let moved = first * self.stride;
		let later = moved.saturating_sub(self.before).min(self.image);
		(Axis { image: self.image - later, output: count, before: self.before.saturating_sub(moved), ..*self }, later)
	}
}

/// True if each window is one pixel: that of the image which is in the output's place.
fn is_same(axes: &[Axis; 2]) -> bool {
	axes.iter().all(|axis| axis.window == 1 && axis.stride == 1 && axis.before == 0 && axis.output == axis.image)
}

/// Rows and columns of a descriptor's windows.
fn axes(d: &Descriptor) -> Result<[Axis; 2], Refused> {
	let mut axes = [Axis { image: 0, output: 0, window: 0, stride: 0, dilation: 0, before: 0 }; 2];
	for (index, axis) in axes.iter_mut().enumerate() {
		let half = |parameter: usize| (d.parameters[parameter] >> (16 * index) & 0xffff) as usize;
		*axis = Axis {
			image: d.dims[4 + index] as usize,
			output: d.dims[6 + index] as usize,
			window: d.dims[8 + index] as usize,
			stride: half(3),
			dilation: half(4),
			before: half(5),
		};
		if axis.stride == 0 || axis.dilation == 0 {
			return Err(Refused("a window that does not move"));
		}
		let reach = |count: usize, each: usize| (count as u128) * (each as u128);
		if reach(axis.output, axis.stride) + reach(axis.window, axis.dilation) > 1 << 31 {
			return Err(Refused("a window that goes far beyond the image"));
		}
	}
	Ok(axes)
}

/// Rows of windows that are gathered at a time.
fn gathered(pixels: usize, steps: usize) -> usize {
	(BLOCK / steps.max(1) / ROWS).max(1).saturating_mul(ROWS).min(pixels)
}

/// Numbers of scratch memory.
pub fn scratch(d: &Descriptor) -> Result<u64, Refused> {
	let channels_inside = d.flags & INSIDE != 0;
	let [_, _, written, read, ..] = d.dims;
	let axes = axes(d)?;
	let [rows, columns] = axes;
	let pixels = (rows.output as u64).saturating_mul(columns.output as u64);
	let taps = (rows.window as u64).saturating_mul(columns.window as u64);
	let steps = taps.saturating_mul(read.into());
	let (Ok(pixels), Ok(steps)) = (u32::try_from(pixels), u32::try_from(steps)) else {
		return Err(Refused("a convolution beyond the memory"));
	};
	Ok(match (channels_inside, read, written) {
		(true, 1, 1) => 0,
		(true, _, _) if is_same(&axes) => 0,
		(true, _, _) => gathered(pixels as usize, steps as usize) as u64 * u64::from(steps),
		(false, 1, _) => windows::scratch(&axes)?,
		(false, _, _) => gemm::scratch(pixels, steps),
	})
}

/// A checked convolution or pooling.
#[derive(Clone, Copy)]
pub struct Conv {
	images: usize,
	groups: usize,
	written: usize,
	read: usize,
	axes: [Axis; 2],
	tap: Tap,
	image: *const f32,
	image_strides: [usize; 4],
	weights: *const f32,
	weight_row: usize,
	output: *mut f32,
	output_strides: [usize; 3],
	channels_inside: bool,
	finish: Finish,
	residual_strides: [usize; 3],
	scratch: *mut f32,
	after: Option<After>,
}

impl Conv {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Conv, Refused> {
		let operands = if d.flags & AFTER != 0 { 6 } else { 5 };
		memory::unused(d, operands, 10, 6, ROW_BIAS | COLUMN_BIAS | SCALE | RESIDUAL | CLAMP | INSIDE | AFTER)?;
		Self::check_with(d, memory, Tap::Weighted)
	}

	/// A pooling: no weights. Flags: [`LARGEST`], or else the taps are added up.
	pub(crate) fn check_pool(d: &Descriptor, memory: &Memory) -> Result<Conv, Refused> {
		memory::unused(d, 3, 10, 6, SCALE | LARGEST | INSIDE)?;
		let [_, _, written, read, ..] = d.dims;
		if (written, read) != (1, 1) || d.operands[1] != Default::default() {
			return Err(Refused("a pooling over several channels"));
		}
		Self::check_with(d, memory, if d.flags & LARGEST != 0 { Tap::Largest } else { Tap::Added })
	}

	fn check_with(d: &Descriptor, memory: &Memory, tap: Tap) -> Result<Conv, Refused> {
		let [images, groups, written, read, rows, columns, out_rows, out_columns, tap_rows, tap_columns, ..] = d.dims;
		let axes = axes(d)?;
		if [images, out_rows, out_columns, tap_rows, tap_columns, read, written, groups].contains(&0) {
			return Err(Refused("a convolution of nothing"));
		}
		memory::work(&[images, groups, written, read, out_rows, out_columns, tap_rows, tap_columns])?;
		let product = |sizes: &[u32]| {
			let product = memory::work(sizes)?;
			u32::try_from(product).map_err(|_| Refused("a convolution beyond the memory"))
		};
		let (pixels, taps) = (product(&[out_rows, out_columns])?, product(&[tap_rows, tap_columns])?);
		let steps = product(&[taps, read])?;
		let (all_read, all_written) = (product(&[groups, read])?, product(&[groups, written])?);
		let [image, weights, output, bias, residual, _] = &d.operands;
		let [output_image, output_channel, output_pixel, _] = output.strides;
		let channels_inside = d.flags & INSIDE != 0;
		let beside = if channels_inside { (output_channel, image.strides[1]) == (1, 1) } else { output_pixel == 1 };
		// Windows that need no gathering are walked as they lie.
		let [_, _, row, column] = image.strides;
		let in_order = out_rows == 1 || i64::from(row) == i64::from(columns) * i64::from(column);
		if !beside || channels_inside && is_same(&axes) && !in_order {
			return Err(Refused("a convolution whose image or output lies otherwise"));
		}
		let image_at = memory.floats(image, &[images, all_read, rows, columns], &image.strides)?;
		let by_channel = (written, read) == (1, 1);
		let weights_at = match (tap, channels_inside) {
			(Tap::Largest | Tap::Added, _) => core::ptr::null_mut(),
			(Tap::Weighted, false) => memory.floats(weights, &[all_written, steps], &[weights.strides[0], 1])?,
			(Tap::Weighted, true) if by_channel => memory.floats(weights, &[product(&[taps, groups])?], &[1])?,
			(Tap::Weighted, true) => {
				let each = gemm::packed(written.into(), steps.into());
				let each = u32::try_from(each).map_err(|_| Refused("a convolution beyond the memory"))?;
				memory.floats(weights, &[product(&[groups, each])?], &[1])?
			}
		};
		let places = [images, all_written, pixels];
		let output_at = memory.floats(output, &places, &[output_image, output_channel, output_pixel])?;
		memory::distinct(&places, &[output_image, output_channel, output_pixel])?;
		let wanted = if channels_inside { COLUMN_BIAS } else { ROW_BIAS };
		let bias_at = match d.flags & (ROW_BIAS | COLUMN_BIAS) {
			_ if tap != Tap::Weighted => core::ptr::null_mut(),
			0 => core::ptr::null_mut(),
			flag if flag == wanted => memory.floats(bias, &[all_written], &[1])?,
			_ => return Err(Refused("a bias of pixels")),
		};
		let [residual_image, residual_channel, residual_pixel, _] = residual.strides;
		let residual_at = if tap == Tap::Weighted && d.flags & RESIDUAL != 0 {
			let inside = if channels_inside { residual_channel } else { residual_pixel };
			if inside != 1 {
				return Err(Refused("a residual that lies otherwise than the output"));
			}
			memory.floats(residual, &places, &[residual_image, residual_channel, residual_pixel])?
		} else {
			core::ptr::null_mut()
		};
		let scratch = memory.scratch(d, scratch(d)?)?;
		let after = if d.flags & AFTER != 0 { Some(After::check(d, memory)?) } else { None };
		memory::apart(d, 2, false)?;
		let mut finish = Finish::new(d, bias_at, residual_at);
		finish.set_residual_row(if channels_inside { residual_pixel } else { residual_channel } as usize);
		Ok(Conv {
			images: images as usize,
			groups: groups as usize,
			written: written as usize,
			read: read as usize,
			axes,
			tap,
			image: image_at,
			image_strides: image.strides.map(|stride| stride as usize),
			weights: weights_at,
			weight_row: weights.strides[0] as usize,
			output: output_at,
			output_strides: [output_image, output_channel, output_pixel].map(|stride| stride as usize),
			channels_inside,
			finish,
			residual_strides: [residual_image, residual_channel, residual_pixel].map(|stride| stride as usize),
			scratch,
			after,
		})
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		for image in 0..self.images {
			match (self.channels_inside, self.read, self.written) {
				(true, 1, 1) => self.by_pixel::<L>(image),
				(true, _, _) => self.by_window::<L>(image),
				(false, 1, _) => self.by_channel::<L>(image),
				(false, _, _) => self.by_panel::<L>(image),
			}
		}
	}

	/// The places at which a group's first channel is written and read, and the offset of its residual.
	fn places(&self, image: usize, group: usize) -> (*mut f32, *const f32, usize) {
		let written = group * self.written;
		let output = self.output.wrapping_add(image * self.output_strides[0] + written * self.output_strides[1]);
		let from = image * self.image_strides[0] + group * self.read * self.image_strides[1];
		let residual = image * self.residual_strides[0] + written * self.residual_strides[1];
		(output, self.image.wrapping_add(from), residual)
	}

	/// Channels outside: the weights by panels of what lies under the windows.
	#[inline(always)]
	fn by_panel<L: Lanes>(&self, image: usize) {
		let [rows, columns] = self.axes;
		for group in 0..self.groups {
			let first = group * self.written;
			let (c, from, residual) = self.places(image, group);
			let product = Product {
				rows: self.written,
				columns: rows.output * columns.output,
				steps: rows.window * columns.window * self.read,
				a: self.weights.wrapping_add(first * self.weight_row),
				a_row: self.weight_row,
				a_step: 1,
				c,
				c_row: self.output_strides[1],
				goes_on: false,
				finish: self.finish.at(first, 0, residual),
				after: self.after.as_ref(),
			};
			let [_, channel, row, column] = self.image_strides;
			let windows =
				Windows { image: from, channel, row, column, read: self.read, axes: self.axes, scratch: self.scratch };
			// SAFETY: `check` has found all of it to be there.
			unsafe { product.run::<L, _>(&windows) }
		}
	}

	/// Channels outside, each written from one.
	#[inline(always)]
	fn by_channel<L: Lanes>(&self, image: usize) {
		for channel in 0..self.groups * self.written {
			let read = channel / self.written;
			let plane = Plane {
				axes: self.axes,
				tap: self.tap,
				image: self.image.wrapping_add(image * self.image_strides[0] + read * self.image_strides[1]),
				row: self.image_strides[2],
				column: self.image_strides[3],
				weights: self.weights.wrapping_add(channel * self.weight_row),
				output: self.output.wrapping_add(image * self.output_strides[0] + channel * self.output_strides[1]),
				finish: self.finish.at(
					channel,
					0,
					image * self.residual_strides[0] + channel * self.residual_strides[1],
				),
				scratch: self.scratch,
			};
			// SAFETY: `check` has found all of it to be there.
			unsafe {
				plane.run::<L>(channel % self.written == 0);
				if let Some(after) = &self.after {
					let [rows, columns] = self.axes;
					after.run::<L>(plane.output, rows.output * columns.output);
				}
			}
		}
	}

	/// Channels inside, each written from one.
	#[inline(always)]
	fn by_pixel<L: Lanes>(&self, image: usize) {
		let (output, from, residual) = self.places(image, 0);
		let pixels = Pixels {
			axes: self.axes,
			tap: self.tap,
			channels: self.groups,
			image: from,
			row: self.image_strides[2],
			column: self.image_strides[3],
			weights: self.weights,
			output,
			pixel: self.output_strides[2],
			finish: self.finish.at(0, 0, residual),
			after: self.after.as_ref(),
		};
		// SAFETY: `check` has found all of it to be there.
		unsafe { pixels.run::<L>() }
	}

	/// Channels inside: what lies under the windows by the weights' panels.
	#[inline(always)]
	fn by_window<L: Lanes>(&self, image: usize) {
		let [rows, columns] = self.axes;
		let (pixels, steps) = (rows.output * columns.output, rows.window * columns.window * self.read);
		let column = self.image_strides[3];
		let same = is_same(&self.axes);
		let height = if same { pixels } else { gathered(pixels, steps) };
		for group in 0..self.groups {
			let (c, from, residual) = self.places(image, group);
			let b = self.weights.wrapping_add(group * gemm::packed(self.written as u64, steps as u64) as usize);
			for top in (0..pixels).step_by(height.max(1)) {
				let some = height.min(pixels - top);
				let (a, a_row) = if same {
					(from, column)
				} else {
					// SAFETY: the image is there, and the scratch memory has room for so many windows.
					unsafe { self.gather(from, top, some) };
					(self.scratch.cast_const(), steps)
				};
				let product = Product {
					rows: some,
					columns: self.written,
					steps,
					a,
					a_row,
					a_step: 1,
					c: c.wrapping_add(top * self.output_strides[2]),
					c_row: self.output_strides[2],
					goes_on: false,
					finish: self.finish.at(0, group * self.written, residual + top * self.residual_strides[2]),
					after: self.after.as_ref(),
				};
				// SAFETY: `check` has found all of it to be there.
				unsafe { product.run::<L, _>(&Packed { b, steps }) }
			}
		}
	}

	/// Copies what lies under `count` windows from the `first` on to the scratch memory: `[window][tap][channel]`.
	///
	/// # Safety
	/// The image is at `from`, and there is room.
	#[inline(always)]
	unsafe fn gather(&self, from: *const f32, first: usize, count: usize) {
		let [rows, columns] = self.axes;
		let [_, _, row, column] = self.image_strides;
		let mut to = self.scratch;
		let (mut y, mut x) = (first / columns.output, first % columns.output);
		// A row of a window is one piece of the image, if its taps and their channels lie side by side.
		let beside = columns.dilation == 1 && column == self.read;
		let width = columns.window * self.read;
		for _ in 0..count {
			for down in 0..rows.window {
				let line = rows.pixel(y, down).map(|y| from.wrapping_add(y * row));
				let left = columns.pixel(x, 0).filter(|left| beside && left + columns.window <= columns.image);
				// SAFETY: the caller's promise.
				unsafe {
					match (line, left) {
						(None, _) => to.write_bytes(0, width),
						(Some(line), Some(left)) => to.copy_from_nonoverlapping(line.add(left * column), width),
						(Some(line), None) => {
							for right in 0..columns.window {
								let to = to.add(right * self.read);
								match columns.pixel(x, right) {
									Some(x) => to.copy_from_nonoverlapping(line.add(x * column), self.read),
									None => to.write_bytes(0, self.read),
								}
							}
						}
					}
					to = to.add(width);
				}
			}
			x += 1;
			if x == columns.output {
				(y, x) = (y + 1, 0);
			}
		}
	}
}

#[cfg(not(target_arch = "wasm32"))]
impl crate::parts::Divide for Conv {
	fn steps(&self) -> usize {
		let places = self.axes.iter().map(|axis| axis.output.saturating_mul(axis.window));
		let channels = [self.images, self.groups, self.written, self.read];
		channels.into_iter().chain(places).fold(1, usize::saturating_mul)
	}

	/// Images, then rows; columns where there is one row.
	fn axes(&self) -> Vec<crate::parts::Axis> {
		use crate::parts::Axis;
		let [rows, columns] = self.axes;
		let mut lengths = [self.images, rows.output, if rows.output == 1 { columns.output } else { 1 }];
		// A part of windows of one pixel that need gathering could be one that needs none, and would be walked as if it lay in order.
		if !is_same(&self.axes) && self.axes.iter().all(|axis| axis.window == 1) {
			lengths = [self.images, 1, 1];
		}
		lengths.map(Axis::anywhere).into()
	}

	fn part(&self, axis: usize, first: usize, count: usize) -> Self {
		let mut part = *self;
		let (image, output, residual) = if axis == 0 {
			part.images = count;
			(first * self.image_strides[0], first * self.output_strides[0], first * self.residual_strides[0])
		} else {
			let (mut own, later) = self.axes[axis - 1].part(first, count);
			if is_same(&self.axes) {
				own.image = count;
			}
			part.axes[axis - 1] = own;
			let pixels = if axis == 1 { first * self.axes[1].output } else { first };
			(later * self.image_strides[axis + 1], pixels * self.output_strides[2], pixels * self.residual_strides[2])
		};
		part.image = self.image.wrapping_add(image);
		part.output = self.output.wrapping_add(output);
		part.finish = self.finish.at(0, 0, residual);
		part
	}

	fn scratch(&mut self) -> Option<&mut *mut f32> {
		Some(&mut self.scratch)
	}
}

/// The channels lie inside.
pub const INSIDE: u32 = 1 << 7;

/// The largest tap is taken.
pub const LARGEST: u32 = 1 << 6;

/// The matrix of what lies under the windows: a row for each tap and channel, a column for each pixel written.
struct Windows {
	image: *const f32,
	channel: usize,
	row: usize,
	column: usize,
	read: usize,
	axes: [Axis; 2],
	scratch: *mut f32,
}

/// Neighbouring lanes that read neighbouring numbers.
#[derive(Clone, Copy)]
struct Run {
	/// The place that lane 0 reads if it is one of the run's lanes.
	from: *const f32,
	mask: u16,
}

impl Panels for Windows {
	const MADE: bool = true;

	#[inline(always)]
	unsafe fn block<L: Lanes>(&self, column: usize, columns: usize, step: usize, steps: usize) -> (*const f32, usize) {
		for (panel, left) in (0..columns).step_by(WIDTH).enumerate() {
			let to = self.scratch.wrapping_add(panel * steps * WIDTH);
			// SAFETY: the caller's promise.
			unsafe { self.panel::<L>(column + left, WIDTH.min(columns - left), step, steps, to) }
		}
		(self.scratch, steps * WIDTH)
	}
}

impl Windows {
	/// Packs the panel of `count` pixels from `pixel` on.
	///
	/// # Safety
	/// They are there, and there is room for a panel.
	#[inline(always)]
	unsafe fn panel<L: Lanes>(&self, pixel: usize, count: usize, step: usize, steps: usize, to: *mut f32) {
		let [rows, columns] = self.axes;
		let mut places = [(0, 0); WIDTH];
		let (mut y, mut x) = (pixel / columns.output, pixel % columns.output);
		for place in places.iter_mut().take(count) {
			*place = (y, x);
			x += 1;
			if x == columns.output {
				(y, x) = (y + 1, 0);
			}
		}
		let mut done = 0;
		while done < steps {
			let (tap, first) = ((step + done) / self.read, (step + done) % self.read);
			let channels = (self.read - first).min(steps - done);
			let (down, right) = (tap / columns.window, tap % columns.window);
			let mut runs = [Run { from: self.image, mask: 0 }; WIDTH];
			let (mut found, mut next) = (0, usize::MAX);
			for (lane, (y, x)) in places.iter().take(count).enumerate() {
				let (Some(y), Some(x)) = (rows.pixel(*y, down), columns.pixel(*x, right)) else { continue };
				let at = y * self.row + x * self.column;
				// A run goes on over lanes outside of the image, if what comes after them lies where it would.
				let from = at.wrapping_sub(lane);
				if found == 0 || from != next {
					runs[found].from = self.image.wrapping_add(first * self.channel).wrapping_add(from);
					next = from;
					found += 1;
				}
				runs[found - 1].mask |= 1 << lane;
			}
			// SAFETY: each lane of a mask reads a pixel of the image, in a channel that is there; the panel has room for the steps.
			unsafe {
				let to = to.add(done * WIDTH);
				match runs[..found] {
					[] => (0..channels).for_each(|at| L::zero().store(to.add(at * WIDTH))),
					[run] if run.mask == u16::MAX => {
						for at in 0..channels {
							L::load(run.from.wrapping_add(at * self.channel)).store(to.add(at * WIDTH));
						}
					}
					[run] => {
						for at in 0..channels {
							L::load_mask(run.from.wrapping_add(at * self.channel), run.mask).store(to.add(at * WIDTH));
						}
					}
					[one, two] => {
						for at in 0..channels {
							let one = L::load_mask(one.from.wrapping_add(at * self.channel), one.mask);
							let two = L::load_mask(two.from.wrapping_add(at * self.channel), two.mask);
							one.or(two).store(to.add(at * WIDTH));
						}
					}
					_ => {
						let mut lanes = [(self.image, false); WIDTH];
						for run in &runs[..found] {
							for (lane, (from, is_there)) in lanes.iter_mut().enumerate() {
								if run.mask >> lane & 1 != 0 {
									(*from, *is_there) = (run.from.wrapping_add(lane), true);
								}
							}
						}
						for at in 0..channels {
							for (lane, (from, is_there)) in lanes.iter().enumerate() {
								let value = if *is_there { *from.wrapping_add(at * self.channel) } else { 0.0 };
								*to.add(at * WIDTH + lane) = value;
							}
						}
					}
				}
			}
			done += channels;
		}
	}
}
