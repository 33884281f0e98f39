//! The engine's share of the machine.

use crate::disk::MIB;
use assay_engine::RUN_MEMORY_BYTES;
use std::num::NonZeroUsize;

/// Memory of the worker that is kept for short runs. Each byte that a model has allocated when it is loaded costs a unit, and so does
/// each that a run writes; the loaded model and the guest that runs it are two.
const KEPT_MEMORY: u64 = 2 << 30;

/// Memory of a worker for quotes. One that it does not suffice for is answered with an error, and nothing depends on it.
const QUOTE_MEMORY: u64 = 2 << 30;

/// Number of runs at the same time, and the memory limit of each. No memory is set aside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
	/// Runs of any length, at least one. There is one more, for short ones alone.
	pub runs: usize,
	/// Bytes of memory for each of them.
	pub run_memory: u64,
	/// Bytes of memory for the short one.
	pub kept_memory: u64,
	/// Bytes of memory for each quote.
	pub quote_memory: u64,
}

/// Resource that the engine has too little of.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Shortage {
	/// The limit that was given.
	#[error(
		"--engine-memory {given} is not enough: a run may take {need} MiB, and a validator that cannot do every run abstains until it \
		 is jailed; say --engine-memory {need} or more",
		need = RUN_MEMORY_BYTES / MIB
	)]
	Memory {
		/// In MiB.
		given: u64,
	},
	/// The machine's memory.
	#[error(
		"this machine has {has} MiB of memory: a run may take {need} MiB, and a validator that cannot do every run abstains until it is \
		 jailed; use a machine with more memory",
		need = RUN_MEMORY_BYTES / MIB
	)]
	Machine {
		/// In MiB.
		has: u64,
	},
}

/// More runs were asked for than there is memory for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
	"--engine-runs {runs} takes {} MiB, {} for each run, and the engine has {has}: lower it to {fit}, or raise --engine-memory on a \
	 machine that has the memory",
	RUN_MEMORY_BYTES / MIB * *runs as u64, RUN_MEMORY_BYTES / MIB
)]
pub struct TooManyRuns {
	runs: usize,
	/// In MiB.
	has: u64,
	fit: u64,
}

impl Plan {
	/// A plan by the options of the command line, on a machine of so many cores and bytes of memory. Without options the runs get half of
	/// the memory, and half of the cores with the short run. The shortage beside the plan says why it cannot do every run.
	pub fn new(
		runs: Option<NonZeroUsize>,
		memory: Option<u64>,
		cores: usize,
		machine: u64,
	) -> Result<(Plan, Option<Shortage>), TooManyRuns> {
		let asked = memory.map(|mib| mib.saturating_mul(MIB));
		let memory = asked.unwrap_or((machine / 2).max(RUN_MEMORY_BYTES)).min(machine);
		let fit = (memory / RUN_MEMORY_BYTES).max(1);
		let runs = match runs {
			Some(runs) if runs.get() as u64 > fit => {
				return Err(TooManyRuns { runs: runs.get(), has: memory / MIB, fit });
			}
			Some(runs) => runs.get(),
			None => (cores / 2).saturating_sub(1).clamp(1, fit as usize),
		};
		let shortage = match asked {
			_ if machine < RUN_MEMORY_BYTES => Some(Shortage::Machine { has: machine / MIB }),
			Some(asked) if asked < RUN_MEMORY_BYTES => Some(Shortage::Memory { given: asked / MIB }),
			_ => None,
		};
		let plan = Plan {
			runs,
			run_memory: RUN_MEMORY_BYTES.min(memory),
			kept_memory: KEPT_MEMORY.min(memory),
			quote_memory: QUOTE_MEMORY.min(memory),
		};
		Ok((plan, shortage))
	}
}

/// Bytes of memory that this process can get: the machine's, or those of its control group.
pub fn machine_memory() -> u64 {
	let mut system = sysinfo::System::new();
	system.refresh_memory();
	let total = system.total_memory();
	system.cgroup_limits().map_or(total, |limits| limits.total_memory.min(total))
}

#[cfg(test)]
mod tests {
	use super::*;

	const GIB: u64 = 1 << 30;

	fn plan(runs: usize, memory: Option<u64>, cores: usize, machine: u64) -> (Plan, Option<Shortage>) {
		Plan::new(NonZeroUsize::new(runs), memory, cores, machine).unwrap()
	}

	#[test]
	fn a_run_gets_what_it_may_need_however_many_cores_there_are() {
		for (cores, gib, runs) in
			[(1, 4, 1), (2, 8, 1), (4, 64, 1), (8, 64, 3), (16, 16, 2), (64, 16, 2), (64, 256, 31), (64, 7, 1)]
		{
			let (plan, shortage) = plan(0, None, cores, gib * GIB);
			assert_eq!((plan.runs, shortage), (runs, None), "{cores} cores, {gib} GiB");
			assert_eq!(plan.run_memory, RUN_MEMORY_BYTES);
			assert!(plan.runs as u64 * plan.run_memory <= (gib / 2 * GIB).max(RUN_MEMORY_BYTES));
		}
	}

	#[test]
	fn what_was_asked_for_is_done_where_the_memory_is_there() {
		assert_eq!(plan(3, Some(12_288), 2, 16 * GIB).0.runs, 3);
		assert_eq!(plan(0, Some(4_096), 64, 256 * GIB).0.runs, 1);
		assert_eq!(plan(1, None, 2, 4 * GIB).1, None);
	}

	#[test]
	fn more_runs_than_memory_are_refused() {
		let refused =
			|runs, memory, machine| Plan::new(NonZeroUsize::new(runs), memory, 64, machine).unwrap_err().to_string();
		let text = refused(3, Some(8_192), 64 * GIB);
		assert!(text.contains("--engine-runs 3 takes 12288 MiB") && text.contains("lower it to 2"), "{text}");
		// An option cannot give more memory than the machine has.
		assert!(refused(4, Some(16_384), 8 * GIB).contains("the engine has 8192"));
		assert!(refused(2, None, 8 * GIB).contains("the engine has 4096"));
	}

	#[test]
	fn what_cannot_hold_a_run_says_so() {
		let (small, shortage) = plan(0, Some(4_095), 16, 64 * GIB);
		assert_eq!((small.runs, small.run_memory), (1, 4_095 << 20));
		assert!(shortage.unwrap().to_string().contains("say --engine-memory 4096 or more"));
		let (small, shortage) = plan(1, None, 2, 3 * GIB);
		assert_eq!((small.run_memory, small.kept_memory), (3 * GIB, 2 * GIB));
		assert_eq!(shortage, Some(Shortage::Machine { has: 3_072 }));
		assert_eq!(plan(0, Some(16_384), 2, GIB).1, Some(Shortage::Machine { has: 1_024 }));
	}

	#[test]
	fn this_machine_has_memory() {
		assert!(machine_memory() > GIB / 2);
	}
}
