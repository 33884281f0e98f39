//! The memory that descriptors speak of, and the checks that every operand goes through.

use crate::{
	descriptor::{Descriptor, Operand, OPERANDS},
	Refused,
};

/// Most steps that a descriptor may ask for, whatever a step is: 2^40.
pub const MAX_WORK: u128 = 1 << 40;

/// A guest's memory.
#[derive(Clone, Copy)]
pub struct Memory {
	base: *mut u8,
	length: usize,
}

impl Memory {
	/// Memory of `length` bytes from `base` on.
	///
	/// # Safety
	/// It can be read and written as long as kernels run on it, and nothing else uses it meanwhile.
	pub unsafe fn new(base: *mut u8, length: usize) -> Self {
		Memory { base, length }
	}

	/// The range of an operand.
	fn range(&self, at: u32, bytes: u32, align: usize) -> Result<*mut u8, Refused> {
		let (at, bytes) = (at as usize, bytes as usize);
		let end = at.checked_add(bytes).ok_or(Refused("an operand beyond the address space"))?;
		if end > self.length {
			return Err(Refused("an operand outside of the memory"));
		}
		if !at.is_multiple_of(align) {
			return Err(Refused("an operand that is not aligned"));
		}
		Ok(self.base.wrapping_add(at))
	}

	/// Bytes of an operand, of which the first `needed` are used.
	pub fn bytes(&self, operand: &Operand, needed: usize) -> Result<*mut u8, Refused> {
		if (operand.bytes as usize) < needed {
			return Err(Refused("an operand that is too short"));
		}
		self.range(operand.at, operand.bytes, 1)
	}

	/// Numbers of an operand that is walked along `dims` by `strides`.
	pub fn floats(&self, operand: &Operand, dims: &[u32], strides: &[i32]) -> Result<*mut f32, Refused> {
		let pointer = self.range(operand.at, operand.bytes, align_of::<f32>())?;
		let mut last = 0u128;
		for (dim, stride) in dims.iter().zip(strides) {
			if *stride < 0 {
				return Err(Refused("a negative stride"));
			}
			last += u128::from(dim.saturating_sub(1)) * u128::from(stride.unsigned_abs());
		}
		let empty = dims.contains(&0);
		if !empty && last >= u128::from(operand.bytes / 4) {
			return Err(Refused("an operand that is too short"));
		}
		Ok(pointer.cast())
	}

	/// The scratch memory of a descriptor, which has to be of this size.
	pub fn scratch(&self, descriptor: &Descriptor, floats: u64) -> Result<*mut f32, Refused> {
		let scratch = descriptor.scratch;
		if u64::from(scratch.bytes) != floats * 4 {
			return Err(Refused("scratch memory of another size than the kernel's formula says"));
		}
		Ok(self.range(scratch.at, scratch.bytes, align_of::<f32>())?.cast())
	}
}

/// Checks that the output overlaps no input but those that it may be equal to, and the scratch memory nothing.
pub fn apart(descriptor: &Descriptor, output: usize, in_place: bool) -> Result<(), Refused> {
	let range = |at: u32, bytes: u32| (u64::from(at), u64::from(at) + u64::from(bytes));
	let overlap = |a: (u64, u64), b: (u64, u64)| a.0 < b.1 && b.0 < a.1;
	let operand = |index: usize| {
		let operand = descriptor.operands.get(index).copied().unwrap_or_default();
		range(operand.at, operand.bytes)
	};
	let scratch = range(descriptor.scratch.at, descriptor.scratch.bytes);
	for index in 0..OPERANDS {
		if overlap(operand(index), scratch) {
			return Err(Refused("scratch memory that overlaps an operand"));
		}
		let same = in_place && operand(index) == operand(output);
		if index != output && !same && overlap(operand(index), operand(output)) {
			return Err(Refused("an output that overlaps an input"));
		}
	}
	Ok(())
}

/// Checks that no two elements of an output are in the same place: else the last one written would stay, and which that is would
/// depend on the back end.
pub fn distinct(dims: &[u32], strides: &[i32]) -> Result<(), Refused> {
	if dims.contains(&0) {
		return Ok(());
	}
	let mut axes: Vec<(u128, u128)> = dims
		.iter()
		.zip(strides)
		.filter(|(dim, _)| **dim > 1)
		.map(|(dim, stride)| (u128::from(stride.unsigned_abs()), u128::from(*dim - 1)))
		.collect();
	axes.sort_unstable();
	let mut reach = 0;
	for (stride, last) in axes {
		if stride <= reach {
			return Err(Refused("an output with two elements in one place"));
		}
		reach += stride * last;
	}
	Ok(())
}

/// The product of sizes, if it is no more than a descriptor may ask for.
pub fn work(dims: &[u32]) -> Result<u64, Refused> {
	let mut product = 1u128;
	for dim in dims {
		// An empty dimension ends the work, and not the check of the others.
		product *= u128::from((*dim).max(1));
		if product > MAX_WORK {
			return Err(Refused("more work than one descriptor may ask for"));
		}
	}
	Ok(product as u64)
}

/// Checks that what a kernel does not use is zero: so that it may get a meaning later.
pub fn unused(
	descriptor: &Descriptor,
	operands: usize,
	dims: usize,
	parameters: usize,
	flags: u32,
) -> Result<(), Refused> {
	let zero = descriptor.operands.iter().skip(operands).all(|operand| *operand == Operand::default())
		&& descriptor.dims.iter().skip(dims).all(|dim| *dim == 0)
		&& descriptor.parameters.iter().skip(parameters).all(|word| *word == 0)
		&& descriptor.reserved == [0; 4]
		&& descriptor.flags & !flags == 0;
	if zero {
		Ok(())
	} else {
		Err(Refused("something where the kernel has nothing"))
	}
}
