//! The rights that a worker gives up before it sees a model.

use landlock::{Access, AccessFs, Ruleset, RulesetAttr, RulesetStatus, ABI};
use rustix::process::{setpriority_process, setrlimit, Resource, Rlimit, Signal};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

/// Memory of a worker besides guests and snapshots: its code, the compiled guest, stacks, messages.
const OVERHEAD: u64 = 2 << 30;

/// The system calls of a worker that waits, runs and answers.
const CALLS: &[libc::c_long] = &[
	libc::SYS_read,
	libc::SYS_write,
	libc::SYS_readv,
	libc::SYS_writev,
	libc::SYS_pread64,
	libc::SYS_pwrite64,
	libc::SYS_close,
	libc::SYS_ppoll,
	libc::SYS_futex,
	libc::SYS_mmap,
	libc::SYS_munmap,
	libc::SYS_mprotect,
	libc::SYS_mremap,
	libc::SYS_madvise,
	libc::SYS_membarrier,
	libc::SYS_brk,
	libc::SYS_memfd_create,
	libc::SYS_ftruncate,
	libc::SYS_clone,
	libc::SYS_clone3,
	libc::SYS_exit,
	libc::SYS_exit_group,
	libc::SYS_rt_sigaction,
	libc::SYS_rt_sigprocmask,
	libc::SYS_rt_sigreturn,
	libc::SYS_sigaltstack,
	libc::SYS_restart_syscall,
	libc::SYS_tgkill,
	libc::SYS_gettid,
	libc::SYS_getpid,
	libc::SYS_sched_yield,
	libc::SYS_sched_getaffinity,
	libc::SYS_clock_gettime,
	libc::SYS_clock_nanosleep,
	libc::SYS_nanosleep,
	libc::SYS_getrandom,
	libc::SYS_prctl,
	libc::SYS_prlimit64,
	libc::SYS_rseq,
	libc::SYS_set_robust_list,
	libc::SYS_set_tid_address,
];

/// Closes every file that came along from the process that started this one, but for its standard streams.
pub fn close_inherited_files() {
	const FIRST: libc::c_uint = 3;
	// SAFETY: called before anything here has opened a file.
	if unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, 0) } != 0 {
		log::warn!("the worker keeps files of the process that started it: {}", std::io::Error::last_os_error());
	}
}

/// Of 19: yields to what else this machine does, and still gets a share when it is busy.
const NICE: i32 = 10;

/// Makes this process the one that waits, and the one that goes first: with its parent, and when the machine runs out of memory.
pub fn be_expendable() {
	if let Err(error) = setpriority_process(None, NICE) {
		log::warn!("runs have normal priority: {error}");
	}
	if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
		log::warn!("the worker may outlive the node: {error}");
	}
	if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "1000") {
		log::warn!("the worker is not the first to go when memory runs out: {error}");
	}
	let none = Rlimit { current: Some(0), maximum: Some(0) };
	let _ = setrlimit(Resource::Core, none);
}

/// Gives up files, system calls and memory. What this system has no means for is logged and left; what it has and refuses is an
/// error.
pub fn enter(memory_budget: u64) -> Result<(), String> {
	let limit = Some(memory_budget.saturating_add(OVERHEAD));
	setrlimit(Resource::Data, Rlimit { current: limit, maximum: limit })
		.map_err(|error| format!("memory limit: {error}"))?;
	match no_files() {
		Ok(RulesetStatus::NotEnforced) => log::warn!("this kernel has no landlock: the worker can open files"),
		Ok(_) => (),
		Err(error) => return Err(format!("landlock: {error}")),
	}
	few_calls().map_err(|error| format!("seccomp: {error}"))
}

fn no_files() -> Result<RulesetStatus, landlock::RulesetError> {
	let ruleset = Ruleset::default().handle_access(AccessFs::from_all(ABI::V5))?.create()?;
	Ok(ruleset.restrict_self()?.ruleset)
}

fn few_calls() -> Result<(), Box<dyn std::error::Error>> {
	let rules = CALLS.iter().map(|call| (*call, vec![])).collect();
	// An error rather than death: a call that the list forgot then fails where it is made, with a reason.
	let refused = SeccompAction::Errno(libc::EPERM as u32);
	let filter =
		SeccompFilter::new(rules, refused, SeccompAction::Allow, TargetArch::try_from(std::env::consts::ARCH)?)?;
	let program = BpfProgram::try_from(filter)?;
	Ok(seccompiler::apply_filter_all_threads(&program)?)
}
