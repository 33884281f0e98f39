//! Heavy arithmetic of the engine, for the host's CPU and for the guest.
//!
//! The guest asks for work by a [`Descriptor`]: one kernel, its operands in the guest's memory, and their shape. Whoever does it finds
//! the same bits. Each element of an output is one fixed sequence of IEEE operations, written down at its kernel; vectors and tiles only
//! choose which elements are worked on together. The guest has every kernel itself, in WASM; a host with [`Isa::native`] instructions does
//! it many times as fast.
//!
//! # Safety
//! Descriptors come from a guest that runs hostile models. [`Checked::new`] is the only way from a descriptor to a kernel: it finds every
//! operand inside of the memory, the output apart from the inputs, and the work bounded. Kernels take nothing else.
//!
//! # Arithmetic
//! `fma` rounds once, to nearest, ties to even; subnormals are kept. Nothing is contracted, reassociated or estimated. Each stored NaN is
//! 0x7FC00000, and comparisons are ordered, so the payload and sign that a NaN has inside of a kernel reach no decision.

pub mod cases;
pub mod chain;
pub mod conv;
mod descriptor;
pub mod gemm;
mod lanes;
mod math;
mod memory;
#[cfg(not(target_arch = "wasm32"))]
mod parts;
pub mod recurrent;
pub mod rows;
pub mod sweep;
mod windows;

pub use descriptor::{Descriptor, Operand, Scratch, DESCRIPTOR_BYTES, OPERANDS};
pub use lanes::WIDTH;
pub use memory::Memory;
#[cfg(not(target_arch = "wasm32"))]
pub use parts::Part;

use lanes::Lanes;
use sweep::Folder;

/// The kernels, by their numbers in a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Kernel {
	/// [`gemm::Gemm`].
	Gemm = 1,
	/// [`conv::Conv`].
	Conv = 2,
	/// [`chain::Chain`].
	Chain = 3,
	/// [`rows::Softmax`].
	Softmax = 4,
	/// [`rows::Norm`].
	Norm = 5,
	/// [`rows::Sum`].
	Sum = 6,
	/// [`sweep::Sweep`].
	Sweep = 7,
	/// [`conv::Conv`] without weights.
	Pool = 8,
	/// [`recurrent::Recurrent`].
	Recurrent = 9,
}

/// Every kernel.
pub const KERNELS: [Kernel; 9] = [
	Kernel::Gemm,
	Kernel::Conv,
	Kernel::Chain,
	Kernel::Softmax,
	Kernel::Norm,
	Kernel::Sum,
	Kernel::Sweep,
	Kernel::Pool,
	Kernel::Recurrent,
];

/// The version of every kernel's arithmetic.
pub const VERSION: u16 = 1;

impl Kernel {
	/// The kernel that a descriptor asks for, if this crate has it in this version.
	pub fn of(descriptor: &Descriptor) -> Option<Kernel> {
		let number = |kernel: &&Kernel| **kernel as u16 == descriptor.kernel;
		KERNELS.iter().find(number).copied().filter(|_| descriptor.version == VERSION)
	}
}

/// Why a descriptor is refused: a fault of the guest, which makes its descriptors itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused(pub &'static str);

impl std::fmt::Display for Refused {
	fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
		formatter.write_str(self.0)
	}
}

impl std::error::Error for Refused {}

/// Work whose operands are all inside of a memory.
pub struct Checked(Job);

enum Job {
	Gemm(gemm::Gemm),
	Conv(conv::Conv),
	Chain(chain::Chain),
	Softmax(rows::Softmax),
	Norm(rows::Norm),
	Sum(rows::Sum),
	Sweep(sweep::Sweep),
	Recurrent(recurrent::Recurrent),
}

impl Checked {
	/// Checks a descriptor against the memory that it speaks of.
	pub fn new(descriptor: &Descriptor, memory: &Memory) -> Result<Checked, Refused> {
		let kernel = Kernel::of(descriptor).ok_or(Refused("a kernel that there is not"))?;
		Ok(Checked(match kernel {
			Kernel::Gemm => Job::Gemm(gemm::Gemm::check(descriptor, memory)?),
			Kernel::Conv => Job::Conv(conv::Conv::check(descriptor, memory)?),
			Kernel::Pool => Job::Conv(conv::Conv::check_pool(descriptor, memory)?),
			Kernel::Chain => Job::Chain(chain::Chain::check(descriptor, memory)?),
			Kernel::Softmax => Job::Softmax(rows::Softmax::check(descriptor, memory)?),
			Kernel::Norm => Job::Norm(rows::Norm::check(descriptor, memory)?),
			Kernel::Sum => Job::Sum(rows::Sum::check(descriptor, memory)?),
			Kernel::Sweep => Job::Sweep(sweep::Sweep::check(descriptor, memory)?),
			Kernel::Recurrent => Job::Recurrent(recurrent::Recurrent::check(descriptor, memory)?),
		}))
	}

	/// Does the work.
	#[inline(always)]
	fn run_with<L: Lanes, F: Folder>(&self) {
		match &self.0 {
			Job::Gemm(job) => job.run::<L>(),
			Job::Conv(job) => job.run::<L>(),
			Job::Chain(job) => job.run::<L>(),
			Job::Softmax(job) => job.run::<L>(),
			Job::Norm(job) => job.run::<L>(),
			Job::Sum(job) => job.run::<L>(),
			Job::Sweep(job) => job.run::<F>(),
			Job::Recurrent(job) => job.run::<L>(),
		}
	}

	/// Does the work as the guest does it.
	#[cfg(target_arch = "wasm32")]
	pub fn run(self) {
		self.run_with::<lanes::wasm::Wasm, sweep::Vectors>()
	}

	/// Does the work with this CPU's instructions.
	#[cfg(not(target_arch = "wasm32"))]
	pub fn run(self, isa: Isa) {
		let _control = Control::canonical();
		match isa.0 {
			Instructions::Scalar => self.run_with::<lanes::scalar::Scalar, sweep::Plain>(),
			#[cfg(target_arch = "x86_64")]
			// SAFETY: an `Isa` with these instructions is made only where the CPU has them.
			Instructions::Avx2 => unsafe { self.run_avx2() },
			#[cfg(target_arch = "x86_64")]
			// SAFETY: as above.
			Instructions::Avx512 => unsafe { self.run_avx512() },
			#[cfg(target_arch = "aarch64")]
			Instructions::Neon => self.run_with::<lanes::neon::Neon, sweep::Neon>(),
		}
	}

	#[cfg(target_arch = "x86_64")]
	#[target_feature(enable = "avx2,fma")]
	fn run_avx2(&self) {
		self.run_with::<lanes::avx2::Avx2, sweep::Avx2>()
	}

	#[cfg(target_arch = "x86_64")]
	#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
	fn run_avx512(&self) {
		self.run_with::<lanes::avx512::Avx512, sweep::Avx2>()
	}
}

/// Which of a CPU's instructions kernels use. No bit depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg(not(target_arch = "wasm32"))]
pub struct Isa(Instructions);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg(not(target_arch = "wasm32"))]
enum Instructions {
	Scalar,
	#[cfg(target_arch = "x86_64")]
	Avx2,
	#[cfg(target_arch = "x86_64")]
	Avx512,
	#[cfg(target_arch = "aarch64")]
	Neon,
}

#[cfg(not(target_arch = "wasm32"))]
impl Isa {
	/// One number after the other, on any CPU: slower than the guest, and what the others are compared with.
	pub const SCALAR: Isa = Isa(Instructions::Scalar);

	/// AVX-512, where the CPU has it.
	pub fn avx512() -> Option<Isa> {
		#[cfg(target_arch = "x86_64")]
		if is_x86_feature_detected!("avx512f")
			&& is_x86_feature_detected!("avx512bw")
			&& is_x86_feature_detected!("avx512dq")
			&& is_x86_feature_detected!("avx512vl")
			&& is_x86_feature_detected!("fma")
		{
			return Some(Isa(Instructions::Avx512));
		}
		None
	}

	/// AVX2 with FMA, where the CPU has it.
	pub fn avx2() -> Option<Isa> {
		#[cfg(target_arch = "x86_64")]
		if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
			return Some(Isa(Instructions::Avx2));
		}
		None
	}

	/// NEON, which every CPU of AArch64 has.
	pub fn neon() -> Option<Isa> {
		#[cfg(target_arch = "aarch64")]
		return Some(Isa(Instructions::Neon));
		#[cfg(not(target_arch = "aarch64"))]
		None
	}

	/// The fastest that this CPU has; none if the guest is faster.
	pub fn native() -> Option<Isa> {
		Self::avx512().or_else(Self::avx2).or_else(Self::neon)
	}
}

/// The CPU's floating-point control as IEEE has it: rounding to nearest, subnormals kept, no traps. It is put back at the end.
#[cfg(target_arch = "x86_64")]
struct Control(u32);

#[cfg(target_arch = "x86_64")]
impl Control {
	/// All exceptions masked, none pending, round to nearest, neither FTZ nor DAZ.
	const CANONICAL: u32 = 0x1f80;

	fn canonical() -> Control {
		let mut before = 0u32;
		// SAFETY: reads the control register to a place of ours.
		unsafe { core::arch::asm!("stmxcsr [{}]", in(reg) &mut before, options(nostack, preserves_flags)) };
		Self::set(Self::CANONICAL);
		Control(before)
	}

	fn set(control: u32) {
		// SAFETY: a value that the register can have; the compiler assumes the canonical one, which is set but before and after.
		unsafe { core::arch::asm!("ldmxcsr [{}]", in(reg) &control, options(nostack, preserves_flags)) };
	}
}

/// The floating-point control of AArch64 as IEEE has it. It is put back at the end.
#[cfg(target_arch = "aarch64")]
struct Control(u64);

#[cfg(target_arch = "aarch64")]
impl Control {
	/// Round to nearest, no traps, NaNs keep what they carry, neither FZ nor AH.
	const CANONICAL: u64 = 0;

	fn canonical() -> Control {
		let before;
		// SAFETY: reads the control register.
		unsafe { core::arch::asm!("mrs {}, fpcr", out(reg) before, options(nomem, nostack, preserves_flags)) };
		Self::set(Self::CANONICAL);
		Control(before)
	}

	fn set(control: u64) {
		// SAFETY: a value that the register can have; the compiler assumes the canonical one, which is set but before and after.
		unsafe { core::arch::asm!("msr fpcr, {}", in(reg) control, options(nostack, preserves_flags)) };
	}
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl Drop for Control {
	fn drop(&mut self) {
		Self::set(self.0);
	}
}

/// Elsewhere only the scalar body runs, with the control as it is.
#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64", target_arch = "aarch64")))]
struct Control;

#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64", target_arch = "aarch64")))]
impl Control {
	fn canonical() -> Control {
		Control
	}
}
