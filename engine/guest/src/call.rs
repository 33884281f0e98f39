//! Calls of kernels: the one import, and the export with which the guest does the work itself.

use assay_kernels::{gemm::PACKED, Descriptor, Kernel, Operand, Scratch, VERSION};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Multiply-adds of a descriptor, above which the work is cut into several: nothing interrupts a host's kernel.
pub const MAX_PRODUCTS: u64 = 1 << 33;

#[cfg(target_arch = "wasm32")]
mod machine {
	use assay_kernels::{Checked, Descriptor, Memory, DESCRIPTOR_BYTES};

	#[link(wasm_import_module = "k")]
	extern "C" {
		/// Does the work of `count` descriptors, one after the other. 0 if it is done.
		fn exec(descriptors: *const Descriptor, count: u32) -> u32;
	}

	/// Does a descriptor's work in the guest: what every host's own way is equal to. 0 if it is done.
	///
	/// # Safety
	/// The descriptor is in the memory.
	#[no_mangle]
	pub unsafe extern "C" fn ref_exec(descriptor: *const Descriptor) -> u32 {
		// SAFETY: the caller's promise.
		let descriptor = unsafe { descriptor.cast::<[u8; DESCRIPTOR_BYTES]>().read() };
		let length = core::arch::wasm32::memory_size(0) * 65_536;
		// SAFETY: all of the guest's memory, in which whoever made the descriptor holds the operands.
		let memory = unsafe { Memory::new(core::ptr::null_mut(), length) };
		match Checked::new(&Descriptor::from_bytes(&descriptor), &memory) {
			Ok(work) => {
				work.run();
				0
			}
			Err(_) => 1,
		}
	}

	pub fn execute(descriptor: &Descriptor) -> bool {
		// SAFETY: the host, or `ref_exec`, checks every range of the descriptor; the operands are borrowed by the caller meanwhile.
		unsafe { exec(descriptor, 1) == 0 }
	}
}

#[cfg(not(target_arch = "wasm32"))]
mod machine {
	use assay_kernels::Descriptor;

	/// There is no guest's memory here: natively the guest is compiled for lints only.
	pub fn execute(_: &Descriptor) -> bool {
		false
	}
}

/// A descriptor for a kernel, with nothing in it yet.
pub fn descriptor(kernel: Kernel) -> Descriptor {
	Descriptor { kernel: kernel as u16, version: VERSION, ..Descriptor::default() }
}

/// Bytes as an operand.
pub fn bytes(bytes: &[u8]) -> Operand {
	Operand { at: bytes.as_ptr() as usize as u32, bytes: bytes.len() as u32, strides: [0; 4] }
}

/// Numbers as an operand.
pub fn numbers(numbers: &[f32]) -> Operand {
	Operand { at: numbers.as_ptr() as usize as u32, bytes: size_of_val(numbers) as u32, strides: [0; 4] }
}

/// Bytes that the kernel writes, as an operand.
pub fn written_bytes(bytes: &mut [u8]) -> Operand {
	Operand { at: bytes.as_mut_ptr() as usize as u32, bytes: bytes.len() as u32, strides: [0; 4] }
}

/// A tensor that the kernel writes, as an operand.
pub fn written(tensor: &mut Tensor, strides: [i32; 4]) -> Operand {
	Operand { strides, ..written_bytes(tensor.as_bytes_mut()) }
}

/// A tensor as an operand.
pub fn operand(tensor: &Tensor, strides: [i32; 4]) -> Operand {
	Operand { strides, ..bytes(tensor.as_bytes()) }
}

/// A tensor for a kernel to write.
pub fn output(shape: &[usize]) -> TractResult<Tensor> {
	// SAFETY: the kernel writes every element, and a kernel that fails ends the run.
	unsafe { Tensor::uninitialized::<f32>(shape) }
}

/// Does the work, with so many numbers of scratch memory.
pub fn execute(descriptor: &mut Descriptor, scratch: u64) -> TractResult<()> {
	let numbers = usize::try_from(scratch).ok().filter(|numbers| *numbers <= i32::MAX as usize / 4);
	let room = Vec::<f32>::with_capacity(numbers.context("a kernel's scratch memory does not fit into the engine's")?);
	descriptor.scratch = Scratch { at: room.as_ptr() as usize as u32, bytes: (scratch * 4) as u32 };
	ensure!(machine::execute(descriptor), "the host does not do a kernel");
	Ok(())
}

/// The product of a matrix of rows and a packed one of so many columns: `[row][column]`.
pub fn product(matrix: &[f32], packed: &Tensor, columns: usize, steps: usize) -> TractResult<Tensor> {
	let rows = matrix.len() / steps.max(1);
	let mut products = output(&[rows, columns])?;
	let most = (MAX_PRODUCTS / (columns * steps).max(1) as u64).clamp(1, rows.max(1) as u64) as usize;
	let stride = |stride: usize| i32::try_from(stride).context("a matrix beyond the engine's memory");
	let mut descriptor = descriptor(Kernel::Gemm);
	descriptor.flags = PACKED;
	for top in (0..rows).step_by(most) {
		let some = most.min(rows - top);
		descriptor.dims[..5].copy_from_slice(&[some as u32, columns as u32, steps as u32, 1, 1]);
		let mut a = Operand { strides: [stride(steps)?, 1, 0, 0], ..numbers(matrix) };
		let mut c = written(&mut products, [stride(columns)?, 1, 0, 0]);
		for (operand, row) in [(&mut a, steps), (&mut c, columns)] {
			let skipped = (top * row * 4) as u32;
			operand.at += skipped;
			operand.bytes -= skipped;
		}
		descriptor.operands[0] = a;
		descriptor.operands[1] = operand(packed, [0; 4]);
		descriptor.operands[2] = c;
		execute(&mut descriptor, 0)?;
	}
	Ok(products)
}
