//! Products of matrices.
//!
//! `c[i, j] = finish(a[i, 0] * b[0, j] + ... + a[i, k - 1] * b[k - 1, j])`, where the sum is one chain of fused multiply-adds, k
//! ascending, from +0. No bit depends on the grouping of rows and columns, nor on a chain's being put aside after some steps and
//! taken up again.
//!
//! - Operands: 0 is A with strides of (row, k, outer batch, inner batch); 1 is B with (k, column, outer, inner), or packed, with
//!   (0, 0, outer, inner); 2 is C with (row, 1, outer, inner); 3 is the bias; 4 what is added after it, with C's kind of strides.
//! - Dims: rows, columns, k, outer batch, inner batch.
//! - Parameters: see [`Finish`].
//! - Scratch: [`scratch`], unless B is packed.
//!
//! With [`AFTER`], operand 5 is a program of [`crate::chain`], which is run over each finished element.

use crate::{
	chain::After,
	descriptor::Descriptor,
	lanes::{Lanes, WIDTH},
	memory::{self, Memory},
	Refused,
};

/// B is packed: panels of sixteen columns, `[columns / 16][k][16]`, filled up with zeros.
pub const PACKED: u32 = 1;
/// A number is added to each row.
pub const ROW_BIAS: u32 = 1 << 1;
/// A number is added to each column.
pub const COLUMN_BIAS: u32 = 1 << 2;
/// A matrix is added.
pub const RESIDUAL: u32 = 1 << 3;
/// The result is multiplied by a number.
pub const SCALE: u32 = 1 << 4;
/// The result is brought between two bounds.
pub const CLAMP: u32 = 1 << 5;
/// A program is run over the results.
pub const AFTER: u32 = 1 << 8;
/// All flags of what happens to a sum.
pub const FINISH: u32 = ROW_BIAS | COLUMN_BIAS | RESIDUAL | SCALE | CLAMP;

/// Steps of a chain before it is put aside: a block of B stays in the second cache, and A in the first.
pub const STEPS: usize = 384;

/// Numbers of B in a block that is packed as it comes.
const BLOCK: usize = 96 * 1024;

/// Numbers of B in a block that is packed already.
const PACKED_BLOCK: usize = 128 * 1024;

/// Results that a program is run over at a time: they stay in the first cache.
const TOGETHER: usize = 2048;

/// The steps from a sum to a result, in this order: bias, scale, residual, clamp. No two of them are fused.
#[derive(Clone, Copy)]
pub struct Finish {
	flags: u32,
	bias: *const f32,
	scale: f32,
	low: f32,
	high: f32,
	residual: *const f32,
	residual_row: usize,
}

impl Finish {
	/// Reads flags and parameters: 0 is the scale, 1 and 2 are the bounds.
	pub fn new(descriptor: &Descriptor, bias: *const f32, residual: *const f32) -> Self {
		let parameter = |index: usize| f32::from_bits(descriptor.parameters.get(index).copied().unwrap_or(0));
		Finish {
			flags: descriptor.flags & FINISH,
			bias,
			scale: parameter(0),
			low: parameter(1),
			high: parameter(2),
			residual,
			residual_row: descriptor.operands[4].strides[0] as usize,
		}
	}

	/// Nothing happens to a sum.
	pub(crate) fn none() -> Self {
		let (bias, residual) = (core::ptr::null(), core::ptr::null());
		Finish { flags: 0, bias, scale: 0.0, low: 0.0, high: 0.0, residual, residual_row: 0 }
	}

	/// Sets the distance of the residual's rows.
	pub(crate) fn set_residual_row(&mut self, row: usize) {
		self.residual_row = row;
	}

	/// These steps for a part of the matrix from a row and a column on, and a residual that starts elsewhere.
	pub(crate) fn at(&self, row: usize, column: usize, residual: usize) -> Finish {
		let first = match self.flags & (ROW_BIAS | COLUMN_BIAS) {
			ROW_BIAS => row,
			COLUMN_BIAS => column,
			_ => 0,
		};
		let bias = self.bias.wrapping_add(first);
		Finish { bias, residual: self.residual.wrapping_add(residual), ..*self }
	}

	/// Finishes one vector of sums.
	///
	/// # Safety
	/// Row and column, and the `count` after it, are those of the matrix that this was checked for.
	#[inline(always)]
	pub(crate) unsafe fn apply<L: Lanes>(&self, mut sum: L, row: usize, column: usize, count: usize) -> L {
		// SAFETY: the caller's promise.
		unsafe {
			if self.flags & ROW_BIAS != 0 {
				sum = sum.add(L::splat(*self.bias.add(row)));
			}
			if self.flags & COLUMN_BIAS != 0 {
				sum = sum.add(part::<L>(self.bias.add(column), count));
			}
			if self.flags & SCALE != 0 {
				sum = sum.mul(L::splat(self.scale));
			}
			if self.flags & RESIDUAL != 0 {
				sum = sum.add(part::<L>(self.residual.add(row * self.residual_row + column), count));
			}
		}
		if self.flags & CLAMP != 0 {
			sum = sum.clamp(L::splat(self.low), L::splat(self.high));
		}
		sum.canonical()
	}
}

/// Reads up to sixteen numbers.
///
/// # Safety
/// They are there.
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

/// A few rows by a few panels of a product, and a part of its chain. All pointers are to what [`crate::Checked`] has found to be
/// there.
pub struct Tile {
	/// Steps of the chain.
	steps: usize,
	/// The tile's first row of A at the first step, and the distances of rows and steps.
	a: *const f32,
	a_row: usize,
	a_step: usize,
	/// The first panel of B at the first step, and the distance of panels.
	b: *const f32,
	b_panel: usize,
	/// The tile's place in C, and the distance of rows.
	c: *mut f32,
	c_row: usize,
	/// Columns that the tile has.
	columns: usize,
	/// True if the chain starts here, from +0, and true if it has its last step here.
	begins: bool,
	ends: bool,
	/// The steps that follow the chain's last one, and the tile's first row and column in the matrix.
	finish: Finish,
	row: usize,
	column: usize,
}

/// Computes a tile of R rows by P panels.
///
/// # Safety
/// The tile's pointers lead to its rows, columns and steps.
#[inline(always)]
pub unsafe fn tile<L: Lanes, const R: usize, const P: usize>(tile: &Tile) {
	let valid = |panel: usize| tile.columns.saturating_sub(panel * WIDTH).min(WIDTH);
	let mut sums = [[L::zero(); P]; R];
	// SAFETY: the caller's promise.
	unsafe {
		if !tile.begins {
			for (r, row) in sums.iter_mut().enumerate() {
				for (p, sum) in row.iter_mut().enumerate() {
					*sum = part(tile.c.add(r * tile.c_row + p * WIDTH), valid(p));
				}
			}
		}
		let (mut a, mut b) = (tile.a, tile.b);
		for _ in 0..tile.steps {
			let mut columns = [L::zero(); P];
			for (p, column) in columns.iter_mut().enumerate() {
				*column = L::load(b.add(p * tile.b_panel));
			}
			for (r, row) in sums.iter_mut().enumerate() {
				let factor = L::splat(*a.add(r * tile.a_row));
				for (p, sum) in row.iter_mut().enumerate() {
					*sum = factor.fma(columns[p], *sum);
				}
			}
			a = a.wrapping_add(tile.a_step);
			b = b.wrapping_add(WIDTH);
		}
		for (r, row) in sums.iter().enumerate() {
			for (p, sum) in row.iter().enumerate() {
				let (count, to) = (valid(p), tile.c.add(r * tile.c_row + p * WIDTH));
				let value = match tile.ends {
					true => tile.finish.apply(*sum, tile.row + r, tile.column + p * WIDTH, count),
					// A NaN is the same NaN in every back end when it is put aside, too.
					false => sum.canonical(),
				};
				if count == WIDTH {
					value.store(to);
				} else {
					value.store_part(to, count);
				}
			}
		}
	}
}

/// A source of the panels of B.
pub(crate) trait Panels {
	/// True if [`Panels::block`] computes the panels, false if they are in memory already.
	const MADE: bool;

	/// A pointer to the panels of `columns` columns from `column` on, at the steps from `step` on, and the distance of panels.
	///
	/// # Safety
	/// The columns and steps are there.
	unsafe fn block<L: Lanes>(&self, column: usize, columns: usize, step: usize, steps: usize) -> (*const f32, usize);
}

/// One product.
pub(crate) struct Product<'a> {
	pub rows: usize,
	pub columns: usize,
	pub steps: usize,
	pub a: *const f32,
	pub a_row: usize,
	pub a_step: usize,
	pub c: *mut f32,
	pub c_row: usize,
	/// True if the chains go on from the sums that C holds.
	pub goes_on: bool,
	pub finish: Finish,
	/// The program that is run over the results, if there is one.
	pub after: Option<&'a After>,
}

/// Columns of a block of B that is packed as it comes.
fn block_columns(steps: usize, numbers: usize) -> usize {
	(numbers / steps.clamp(1, STEPS) / WIDTH).max(1) * WIDTH
}

/// Numbers of scratch memory of a product with so many columns and steps, whose B is not packed.
pub fn scratch(columns: u32, steps: u32) -> u64 {
	let whole = u64::from(columns).next_multiple_of(WIDTH as u64);
	let columns = whole.min(block_columns(steps as usize, BLOCK) as u64);
	columns * (steps as u64).min(STEPS as u64)
}

impl Product<'_> {
	/// Computes it, block by block.
	///
	/// # Safety
	/// A, C and the panels have the rows, columns and steps, and what finishes has them too.
	#[inline(always)]
	pub unsafe fn run<L: Lanes, S: Panels>(&self, panels: &S) {
		let most = self.rows.div_ceil(L::ROWS).max(1);
		let height = self.rows.div_ceil(most).max(1);
		let width = block_columns(self.steps, if S::MADE { BLOCK } else { PACKED_BLOCK });
		for left in (0..self.columns).step_by(width) {
			let columns = width.min(self.columns - left);
			let mut step = 0;
			loop {
				let steps = STEPS.min(self.steps - step);
				let ends = step + steps == self.steps;
				// SAFETY: the caller's promise, for parts of the whole.
				unsafe {
					let (b, b_panel) = panels.block::<L>(left, columns, step, steps);
					let mut first = 0;
					for top in (0..self.rows).step_by(height) {
						let rows = height.min(self.rows - top);
						let mut column = 0;
						while column < columns {
							let mut wide = L::panels(rows);
							while wide > 1 && wide > (columns - column).div_ceil(WIDTH) {
								wide /= 2;
							}
							let tile = Tile {
								steps,
								a: self.a.add(top * self.a_row + step * self.a_step),
								a_row: self.a_row,
								a_step: self.a_step,
								b: b.add(column / WIDTH * b_panel),
								b_panel,
								c: self.c.add(top * self.c_row + left + column),
								c_row: self.c_row,
								columns: (columns - column).min(wide * WIDTH),
								begins: step == 0 && !self.goes_on,
								ends,
								finish: self.finish,
								row: top,
								column: left + column,
							};
							L::tile(rows, wide, &tile);
							column += wide * WIDTH;
						}
						let Some(after) = self.after.filter(|_| ends) else { continue };
						// So many rows together that a call of the program is worth while.
						let done = top + rows;
						if done < self.rows && (done - first) * columns < TOGETHER {
							continue;
						}
						let some = self.c.add(first * self.c_row + left);
						if self.c_row == columns {
							after.run::<L>(some, (done - first) * columns);
						} else {
							for row in 0..done - first {
								after.run::<L>(some.add(row * self.c_row), columns);
							}
						}
						first = done;
					}
				}
				step += steps;
				if ends {
					break;
				}
			}
		}
	}
}

/// Panels that lie ready.
pub(crate) struct Packed {
	pub b: *const f32,
	pub steps: usize,
}

impl Panels for Packed {
	const MADE: bool = false;

	#[inline(always)]
	unsafe fn block<L: Lanes>(&self, column: usize, _: usize, step: usize, _: usize) -> (*const f32, usize) {
		let panel = self.steps * WIDTH;
		(self.b.wrapping_add(column / WIDTH * panel + step * WIDTH), panel)
	}
}

/// A matrix whose panels are made block by block.
struct Strided {
	b: *const f32,
	b_step: usize,
	b_column: usize,
	scratch: *mut f32,
}

impl Panels for Strided {
	const MADE: bool = true;

	#[inline(always)]
	unsafe fn block<L: Lanes>(&self, column: usize, columns: usize, step: usize, steps: usize) -> (*const f32, usize) {
		let from = self.b.wrapping_add(column * self.b_column + step * self.b_step);
		// SAFETY: the caller's promise; the scratch memory has room for a block.
		unsafe {
			for (panel, left) in (0..columns).step_by(WIDTH).enumerate() {
				let count = WIDTH.min(columns - left);
				let to = self.scratch.add(panel * steps * WIDTH);
				let from = from.wrapping_add(left * self.b_column);
				if self.b_column == 1 {
					for at in 0..steps {
						part::<L>(from.wrapping_add(at * self.b_step), count).store(to.add(at * WIDTH));
					}
				} else {
					pack_across(from, self.b_step, self.b_column, steps, count, to);
				}
			}
		}
		(self.scratch, steps * WIDTH)
	}
}

/// Packs a panel whose columns do not lie side by side.
///
/// # Safety
/// `count` columns of `steps` numbers are there, and there is room for a panel.
#[inline(always)]
unsafe fn pack_across(from: *const f32, b_step: usize, b_column: usize, steps: usize, count: usize, to: *mut f32) {
	// SAFETY: the caller's promise.
	unsafe {
		for column in 0..WIDTH {
			for at in 0..steps {
				let value = if column < count { *from.wrapping_add(column * b_column + at * b_step) } else { 0.0 };
				*to.add(at * WIDTH + column) = value;
			}
		}
	}
}

/// A checked product, or many of a batch.
#[derive(Clone, Copy)]
pub struct Gemm {
	dims: [usize; 5],
	flags: u32,
	a: *const f32,
	a_strides: [usize; 4],
	b: *const f32,
	b_strides: [usize; 4],
	c: *mut f32,
	c_strides: [usize; 4],
	finish: Finish,
	residual_strides: [usize; 4],
	scratch: *mut f32,
	after: Option<After>,
}

/// Numbers of a packed matrix.
pub fn packed(columns: u64, steps: u64) -> u64 {
	columns.next_multiple_of(WIDTH as u64) * steps
}

impl Gemm {
	pub(crate) fn check(d: &Descriptor, memory: &Memory) -> Result<Gemm, Refused> {
		memory::unused(d, if d.flags & AFTER != 0 { 6 } else { 5 }, 5, 3, PACKED | FINISH | AFTER)?;
		let [rows, columns, steps, outer, inner, ..] = d.dims;
		memory::work(&[rows, columns, steps, outer, inner])?;
		let [a, b, c, bias, residual, _] = &d.operands;
		let of = |[first, second, outer, inner]: [i32; 4]| [outer, inner, first, second];
		let a_at = memory.floats(a, &[outer, inner, rows, steps], &of(a.strides))?;
		let b_at = if d.flags & PACKED != 0 {
			let each = u32::try_from(packed(columns.into(), steps.into()))
				.map_err(|_| Refused("a packed matrix beyond the memory"))?;
			memory.floats(b, &[outer, inner, each], &[b.strides[2], b.strides[3], 1])?
		} else {
			memory.floats(b, &[outer, inner, steps, columns], &of(b.strides))?
		};
		if c.strides[1] != 1 {
			return Err(Refused("an output whose columns do not lie side by side"));
		}
		let c_at = memory.floats(c, &[outer, inner, rows, columns], &of(c.strides))?;
		memory::distinct(&[outer, inner, rows, columns], &of(c.strides))?;
		let bias_at = match d.flags & (ROW_BIAS | COLUMN_BIAS) {
			0 => core::ptr::null_mut(),
			ROW_BIAS => memory.floats(bias, &[rows], &[1])?,
			COLUMN_BIAS => memory.floats(bias, &[columns], &[1])?,
			_ => return Err(Refused("a bias of rows and of columns")),
		};
		let residual_at = if d.flags & RESIDUAL != 0 {
			if residual.strides[1] != 1 {
				return Err(Refused("a residual whose columns do not lie side by side"));
			}
			memory.floats(residual, &[outer, inner, rows, columns], &of(residual.strides))?
		} else {
			core::ptr::null_mut()
		};
		let needed = if d.flags & PACKED != 0 { 0 } else { scratch(columns, steps) };
		let scratch = memory.scratch(d, needed)?;
		let after = if d.flags & AFTER != 0 { Some(After::check(d, memory)?) } else { None };
		memory::apart(d, 2, false)?;
		let strides = |strides: [i32; 4]| strides.map(|stride| stride as usize);
		Ok(Gemm {
			dims: [rows, columns, steps, outer, inner].map(|dim| dim as usize),
			flags: d.flags,
			a: a_at,
			a_strides: strides(a.strides),
			b: b_at,
			b_strides: strides(b.strides),
			c: c_at,
			c_strides: strides(c.strides),
			finish: Finish::new(d, bias_at, residual_at),
			residual_strides: strides(residual.strides),
			scratch,
			after,
		})
	}

	/// Computes it.
	#[inline(always)]
	pub(crate) fn run<L: Lanes>(&self) {
		let [rows, columns, steps, outer, inner] = self.dims;
		if rows == 0 || columns == 0 {
			return;
		}
		for (first, second) in (0..outer).flat_map(|first| (0..inner).map(move |second| (first, second))) {
			let at = |strides: &[usize; 4]| first * strides[2] + second * strides[3];
			let product = Product {
				rows,
				columns,
				steps,
				a: self.a.wrapping_add(at(&self.a_strides)),
				a_row: self.a_strides[0],
				a_step: self.a_strides[1],
				c: self.c.wrapping_add(at(&self.c_strides)),
				c_row: self.c_strides[0],
				goes_on: false,
				finish: self.finish.at(0, 0, at(&self.residual_strides)),
				after: self.after.as_ref(),
			};
			let b = self.b.wrapping_add(at(&self.b_strides));
			// SAFETY: `check` has found all of it to be there.
			unsafe {
				if self.flags & PACKED != 0 {
					product.run::<L, _>(&Packed { b, steps });
				} else {
					let [b_step, b_column, ..] = self.b_strides;
					product.run::<L, _>(&Strided { b, b_step, b_column, scratch: self.scratch });
				}
			}
		}
	}
}

#[cfg(not(target_arch = "wasm32"))]
impl crate::parts::Divide for Gemm {
	fn steps(&self) -> usize {
		self.dims.iter().product()
	}

	/// Outer and inner batch, then rows and columns: columns first where each part would pack all of B else, or there are few rows.
	fn axes(&self) -> Vec<crate::parts::Axis> {
		use crate::parts::Axis;
		let [rows, columns, _, outer, inner] = self.dims;
		let rows = Axis { length: rows, grain: 8 };
		let columns = Axis { length: columns, grain: WIDTH };
		let (outer, inner) = (Axis::anywhere(outer), Axis::anywhere(inner));
		vec![outer, inner, rows, columns]
	}

	fn part(&self, axis: usize, first: usize, count: usize) -> Self {
		let mut part = *self;
		// The axis's place among the dims and among the strides, where rows are the first and columns the second.
		let (dim, stride) = [(3, 2), (4, 3), (0, 0), (1, 1)][axis];
		part.dims[dim] = count;
		let (row, column) = [(0, 0), (0, 0), (first, 0), (0, first)][axis];
		// Rows are A's alone, and columns B's.
		part.a = self.a.wrapping_add(if axis == 3 { 0 } else { first * self.a_strides[stride] });
		let b = match (axis, self.flags & PACKED != 0) {
			(2, _) => 0,
			(3, true) => first * self.dims[2],
			_ => first * self.b_strides[stride],
		};
		part.b = self.b.wrapping_add(b);
		part.c = self.c.wrapping_add(first * self.c_strides[stride]);
		part.finish = self.finish.at(row, column, first * self.residual_strides[stride]);
		part
	}

	fn scratch(&mut self) -> Option<&mut *mut f32> {
		Some(&mut self.scratch)
	}
}
