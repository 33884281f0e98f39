//! The guest's request for one kernel: the places of its operands, and their shape. 256 bytes, little-endian.

use crate::Kernel;

/// Bytes of a descriptor in memory.
pub const DESCRIPTOR_BYTES: usize = 256;

/// Operands that a descriptor has room for.
pub const OPERANDS: usize = 6;

/// A range of the guest's memory, and how it is walked.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Operand {
	/// Address of the first byte.
	pub at: u32,
	/// Length in bytes.
	pub bytes: u32,
	/// Distance of neighbours along up to four dimensions, in elements. The kernel defines the dimensions.
	pub strides: [i32; 4],
}

/// A range of the guest's memory that a kernel may use as it likes.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scratch {
	/// Address of the first byte.
	pub at: u32,
	/// Length in bytes.
	pub bytes: u32,
}

/// One piece of work.
#[repr(C, align(16))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Descriptor {
	/// Number of the kernel: see [`crate::Kernel`].
	pub kernel: u16,
	/// Version of its arithmetic.
	pub version: u16,
	/// Bits that the kernel defines.
	pub flags: u32,
	/// Operands, in an order that the kernel defines.
	pub operands: [Operand; OPERANDS],
	/// Sizes, in an order that the kernel defines.
	pub dims: [u32; 12],
	/// Numbers beside sizes, in an order that the kernel defines.
	pub parameters: [u32; 8],
	/// Memory to work in.
	pub scratch: Scratch,
	/// Zero.
	pub reserved: [u32; 4],
}

const _: () = assert!(size_of::<Descriptor>() == DESCRIPTOR_BYTES);

impl Descriptor {
	/// Steps of the work, whatever a step is.
	pub fn work(&self) -> u64 {
		self.dims.iter().fold(1, |work, dim| work.saturating_mul(u64::from((*dim).max(1))))
	}

	/// The operand that is written.
	pub fn output(&self) -> Operand {
		let products = [Kernel::Gemm, Kernel::Conv, Kernel::Pool].map(|kernel| kernel as u16);
		let [first, _, third, ..] = self.operands;
		if products.contains(&self.kernel) {
			third
		} else {
			first
		}
	}

	/// Reads a descriptor as it lies in memory.
	pub fn from_bytes(bytes: &[u8; DESCRIPTOR_BYTES]) -> Self {
		let mut words = bytes.chunks_exact(4).map(|word| match word {
			[a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]),
			_ => 0,
		});
		let mut next = || words.next().unwrap_or(0);
		let first = next();
		let flags = next();
		let operands = [(); OPERANDS].map(|()| Operand {
			at: next(),
			bytes: next(),
			strides: [next() as i32, next() as i32, next() as i32, next() as i32],
		});
		let dims = [(); 12].map(|()| next());
		let parameters = [(); 8].map(|()| next());
		let scratch = Scratch { at: next(), bytes: next() };
		let reserved = [(); 4].map(|()| next());
		Descriptor {
			kernel: first as u16,
			version: (first >> 16) as u16,
			flags,
			operands,
			dims,
			parameters,
			scratch,
			reserved,
		}
	}

	/// The descriptor as it lies in memory.
	pub fn to_bytes(&self) -> [u8; DESCRIPTOR_BYTES] {
		let mut bytes = [0; DESCRIPTOR_BYTES];
		let operands = self.operands.iter().flat_map(|operand| {
			let strides = operand.strides.map(|stride| stride as u32);
			[operand.at, operand.bytes].into_iter().chain(strides)
		});
		let words = [self.kernel as u32 | (self.version as u32) << 16, self.flags]
			.into_iter()
			.chain(operands)
			.chain(self.dims)
			.chain(self.parameters)
			.chain([self.scratch.at, self.scratch.bytes])
			.chain(self.reserved);
		for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
			place.copy_from_slice(&word.to_le_bytes());
		}
		bytes
	}
}
