//! A descriptor's work in parts that write apart, for several threads.
//!
//! A part is the same work over a range of one axis of the output. Each element stays the same sequence of operations, so no bit depends on
//! how many parts there are.

use crate::{Checked, Descriptor, Isa, Job};

/// An axis of an output, along which work can be divided.
pub(crate) struct Axis {
	/// Elements along it.
	pub length: usize,
	/// Each part but the last has a multiple of so many.
	pub grain: usize,
}

impl Axis {
	/// An axis that can be cut anywhere.
	pub fn anywhere(length: usize) -> Axis {
		Axis { length, grain: 1 }
	}

	fn grains(&self) -> usize {
		self.length.div_ceil(self.grain)
	}
}

/// Work that can be divided.
pub(crate) trait Divide: Copy {
	/// Multiply-adds, or as much work in other operations.
	fn steps(&self) -> usize;

	/// The axes that it can be divided along, the best one first.
	fn axes(&self) -> Vec<Axis>;

	/// `count` elements from `first` on, of one of [`Divide::axes`]. The work has some.
	fn part(&self, axis: usize, first: usize, count: usize) -> Self;

	/// The place of the scratch memory, for a kernel that has some. A part needs no more of it than the whole.
	fn scratch(&mut self) -> Option<&mut *mut f32>;
}

/// A part of a descriptor's work.
pub struct Part {
	work: Checked,
	/// The part's own scratch memory. Empty if the work uses the descriptor's.
	_scratch: Vec<f32>,
}

// SAFETY: its pointers lead to its own scratch memory, and to a memory of which no other part writes what this one reads or writes; that
// nothing else uses the memory meanwhile is the promise of `Memory::new`.
unsafe impl Send for Part {}

impl Part {
	/// Does the work with this CPU's instructions.
	pub fn run(self, isa: Isa) {
		self.work.run(isa);
	}
}

impl Checked {
	/// The work of `descriptor`, which this was made of, in at most `most` parts of at least `least` steps each: one part if there is too
	/// little to do, or if the kernel's work cannot be divided.
	pub fn parts(self, descriptor: &Descriptor, most: usize, least: usize) -> Vec<Part> {
		let scratch = descriptor.scratch.bytes as usize / size_of::<f32>();
		match self.0 {
			Job::Gemm(job) => divide(&job, Job::Gemm, scratch, most, least),
			Job::Conv(job) => divide(&job, Job::Conv, scratch, most, least),
			Job::Chain(job) => divide(&job, Job::Chain, scratch, most, least),
			Job::Softmax(job) => divide(&job, Job::Softmax, scratch, most, least),
			Job::Norm(job) => divide(&job, Job::Norm, scratch, most, least),
			Job::Sum(job) => divide(&job, Job::Sum, scratch, most, least),
			job @ (Job::Sweep(_) | Job::Recurrent(_)) => vec![Part { work: Checked(job), _scratch: vec![] }],
		}
	}
}

fn divide<D: Divide>(whole: &D, job: fn(D) -> Job, scratch: usize, most: usize, least: usize) -> Vec<Part> {
	let most = most.min(whole.steps() / least.max(1)).max(1);
	let axes = whole.axes();
	let enough = axes.iter().position(|axis| axis.grains() >= most);
	let longest = || (0..axes.len()).max_by_key(|index| axes[*index].grains());
	let axis = enough.or_else(longest).filter(|index| most > 1 && axes[*index].grains() > 1);
	let Some((index, Axis { length, grain })) = axis.map(|index| (index, &axes[index])) else {
		return vec![Part { work: Checked(job(*whole)), _scratch: vec![] }];
	};
	let each = length.div_ceil(most).next_multiple_of(*grain);
	(0..*length)
		.step_by(each)
		.map(|first| {
			let mut part = whole.part(index, first, each.min(length - first));
			// Kernels write scratch memory before they read it.
			let mut own = vec![];
			if let Some(place) = part.scratch().filter(|_| first > 0) {
				own = Vec::with_capacity(scratch);
				*place = own.as_mut_ptr();
			}
			Part { work: Checked(job(part)), _scratch: own }
		})
		.collect()
}
