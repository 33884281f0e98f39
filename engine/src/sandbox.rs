//! The rights that a worker gives up before it sees a model.

use crate::memory::pagemap;
use codec::{Decode, Encode};
use landlock::{Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope, ABI};
use rustix::{
	process::{getegid, geteuid, setpriority_process, setrlimit, Resource, Rlimit, Signal},
	thread::{set_capabilities, CapabilitySet, CapabilitySets, UnshareFlags},
};
use seccompiler::{
	BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use std::{
	collections::BTreeMap,
	fs,
	io::{self, Read, Write},
};

/// Memory of a worker besides guests and snapshots: its code, the compiled guest, stacks, messages.
const OVERHEAD: u64 = 2 << 30;

/// The guards of a machine against its workers, where the system has the means. System calls are limited on every system.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Guards {
	/// A worker can open no file.
	pub no_files: bool,
	/// A worker sees no other process, and has no rights beyond those of its user.
	pub namespaces: bool,
}

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
	libc::SYS_munmap,
	libc::SYS_mremap,
	libc::SYS_madvise,
	libc::SYS_membarrier,
	libc::SYS_brk,
	libc::SYS_memfd_create,
	libc::SYS_ftruncate,
	libc::SYS_clone3,
	libc::SYS_exit,
	libc::SYS_exit_group,
	libc::SYS_rt_sigaction,
	libc::SYS_rt_sigprocmask,
	libc::SYS_rt_sigreturn,
	libc::SYS_sigaltstack,
	libc::SYS_restart_syscall,
	libc::SYS_gettid,
	libc::SYS_getpid,
	libc::SYS_sched_yield,
	libc::SYS_sched_getaffinity,
	libc::SYS_clock_gettime,
	libc::SYS_clock_nanosleep,
	libc::SYS_nanosleep,
	libc::SYS_getrandom,
	libc::SYS_rseq,
	libc::SYS_set_robust_list,
	libc::SYS_set_tid_address,
];

/// System calls of a worker with the conditions that the arguments of each have to meet, all of them: the number of an argument, the bits of it
/// that are looked at, and their value.
fn calls_with_conditions(own: u64) -> [(libc::c_long, Vec<Condition>); 8] {
	// Of arguments that are integers, the system looks at these bits.
	const INTEGER: u64 = u32::MAX as u64;
	let executable = libc::PROT_EXEC as u64;
	let thread = libc::CLONE_THREAD as u64;
	[
		// Code is compiled, or read from the cache, before: no page becomes code any more.
		(libc::SYS_mmap, vec![(2, executable, 0)]),
		(libc::SYS_mprotect, vec![(2, executable, 0)]),
		// Threads, and no processes.
		(libc::SYS_clone, vec![(0, thread, thread)]),
		// To look for the pages of its memory that were written.
		(libc::SYS_ioctl, vec![(1, INTEGER, pagemap::SCAN)]),
		// To itself alone.
		(libc::SYS_tgkill, vec![(0, INTEGER, own)]),
		// Names of threads.
		(libc::SYS_prctl, vec![(0, INTEGER, libc::PR_SET_NAME as u64)]),
		(libc::SYS_prctl, vec![(0, INTEGER, libc::PR_SET_VMA as u64)]),
		// To read its own limits.
		(libc::SYS_prlimit64, vec![(0, INTEGER, 0), (2, u64::MAX, 0)]),
	]
}

type Condition = (u8, u64, u64);

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
	die_with_parent();
	if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "1000") {
		log::warn!("the worker is not the first to go when memory runs out: {error}");
	}
	let none = Rlimit { current: Some(0), maximum: Some(0) };
	let _ = setrlimit(Resource::Core, none);
}

/// Moves this process into namespaces of its own, in which it sees no process but itself, and gives up the rights that root has. Returns
/// the number by which the process that started this one knows it, and whether the system allows namespaces. If it does, this process only
/// waits from here on, and its child goes on as the worker.
pub fn separate() -> io::Result<(u32, bool)> {
	let here = std::process::id();
	let (user, group) = (geteuid().as_raw(), getegid().as_raw());
	let namespaces = UnshareFlags::NEWUSER
		| UnshareFlags::NEWPID
		| UnshareFlags::NEWNET
		| UnshareFlags::NEWIPC
		| UnshareFlags::NEWUTS
		| UnshareFlags::NEWCGROUP;
	// SAFETY: no table of open files is unshared.
	let found = match unsafe { rustix::thread::unshare_unsafe(namespaces) } {
		Ok(()) => {
			// The same names for itself, so that the files of its user are its own.
			name_itself(user, group)?;
			(be_a_child()?, true)
		}
		Err(error) => {
			log::debug!("this system gives the worker no namespaces: {error}");
			(here, false)
		}
	};
	let none = CapabilitySet::empty();
	set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
	Ok(found)
}

fn name_itself(user: u32, group: u32) -> io::Result<()> {
	// Without this, only root may map groups.
	fs::write("/proc/self/setgroups", "deny")?;
	fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
	fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
}

/// Goes on in a child, which is the first process of the namespace that this one has made. This one ends as the child ends. Returns the
/// child's number in the namespace that this process is in.
fn be_a_child() -> io::Result<u32> {
	let (mut told, mut tells) = io::pipe()?;
	// SAFETY: this process has one thread.
	let child = unsafe { libc::fork() };
	match u32::try_from(child) {
		Err(_) => Err(io::Error::last_os_error()),
		Ok(0) => {
			die_with_parent();
			drop(tells);
			let mut pid = [0; 4];
			told.read_exact(&mut pid)?;
			Ok(u32::from_le_bytes(pid))
		}
		Ok(pid) => {
			// If this fails, the child reads an end, and is gone.
			let _ = tells.write_all(&pid.to_le_bytes());
			drop((told, tells));
			// The socket is the child's: its end is to be seen when it ends.
			// SAFETY: nothing here uses standard input and output any more.
			unsafe {
				libc::close(0);
				libc::close(1);
			}
			end_as(child)
		}
	}
}

/// Waits for a child, and ends in the same way.
fn end_as(child: libc::pid_t) -> ! {
	let mut status = 0;
	// SAFETY: `status` outlives the call.
	while unsafe { libc::waitpid(child, &mut status, 0) } < 0 {
		if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
			std::process::exit(1);
		}
	}
	if libc::WIFSIGNALED(status) {
		// SAFETY: sends a signal to this process.
		unsafe { libc::kill(libc::getpid(), libc::WTERMSIG(status)) };
	}
	std::process::exit(libc::WEXITSTATUS(status))
}

fn die_with_parent() {
	if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
		log::warn!("the worker may outlive the node: {error}");
	}
}

/// Gives up files, system calls and memory. A means that this system lacks is logged and left; one that it has and refuses is an
/// error. Returns whether files were given up.
pub fn enter(memory_budget: u64) -> Result<bool, String> {
	let limit = Some(memory_budget.saturating_add(OVERHEAD));
	setrlimit(Resource::Data, Rlimit { current: limit, maximum: limit })
		.map_err(|error| format!("memory limit: {error}"))?;
	let no_files = match no_files() {
		Ok(RulesetStatus::NotEnforced) => {
			log::warn!("this kernel has no landlock: the worker can open files");
			false
		}
		Ok(_) => true,
		Err(error) => return Err(format!("landlock: {error}")),
	};
	few_calls().map_err(|error| format!("seccomp: {error}"))?;
	Ok(no_files)
}

/// Takes what the kernel knows of these: files, connections, and signals and sockets of other processes.
fn no_files() -> Result<RulesetStatus, landlock::RulesetError> {
	let ruleset = Ruleset::default()
		.handle_access(AccessFs::from_all(ABI::V5))?
		.handle_access(AccessNet::from_all(ABI::V5))?
		.scope(Scope::from_all(ABI::V6))?
		.create()?;
	Ok(ruleset.restrict_self()?.ruleset)
}

fn few_calls() -> Result<(), Box<dyn std::error::Error>> {
	let arch = TargetArch::try_from(std::env::consts::ARCH)?;
	let apply = |rules, otherwise, matching| -> Result<(), Box<dyn std::error::Error>> {
		let program = BpfProgram::try_from(SeccompFilter::new(rules, otherwise, matching, arch)?)?;
		Ok(seccompiler::apply_filter_all_threads(&program)?)
	};
	// The arguments of clone3 are in memory, where no filter can look. Without it, threads begin by clone.
	let clone3 = BTreeMap::from([(libc::SYS_clone3, vec![])]);
	apply(clone3, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;

	let mut rules: BTreeMap<_, Vec<SeccompRule>> = CALLS.iter().map(|call| (*call, vec![])).collect();
	for (call, conditions) in calls_with_conditions(std::process::id().into()) {
		let condition = |(argument, bits, value)| {
			SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(bits), value)
		};
		let rule = SeccompRule::new(conditions.into_iter().map(condition).collect::<Result<_, _>>()?)?;
		rules.entry(call).or_default().push(rule);
	}
	// An error rather than death: a call that the list forgot then fails where it is made, with a reason.
	apply(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::process::Command;

	/// Names the process that the probe must not reach.
	const PROBE: &str = "ASSAY_SANDBOX_PROBE";

	/// The probe needs a process with one thread, which is this program with this test alone.
	#[test]
	fn who_is_inside_reaches_no_other_process_and_makes_no_code() {
		if let Ok(outside) = std::env::var(PROBE) {
			return probe(outside.parse().unwrap());
		}
		let test = "sandbox::tests::who_is_inside_reaches_no_other_process_and_makes_no_code";
		let probe = Command::new(std::env::current_exe().unwrap())
			.args(["--exact", test, "--test-threads", "1", "--nocapture"])
			.env(PROBE, std::process::id().to_string())
			.output()
			.unwrap();
		let text = String::from_utf8_lossy(&probe.stdout).into_owned() + &String::from_utf8_lossy(&probe.stderr);
		assert!(probe.status.success() && text.contains("the probe has passed"), "{text}");
	}

	fn probe(outside: libc::pid_t) {
		let call = |number, arguments: [u64; 6]| {
			let [a, b, c, d, e, f] = arguments;
			// SAFETY: what is called is refused, or does nothing to this process.
			match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
				-1 => Err(io::Error::last_os_error().raw_os_error().unwrap()),
				found => Ok(found),
			}
		};
		let other = outside as u64;
		let limits = [7u64; 2];
		let lives = [call(libc::SYS_tgkill, [other, other, 0, 0, 0, 0]), call(libc::SYS_kill, [other, 0, 0, 0, 0, 0])];
		assert_eq!(lives, [Ok(0); 2], "the one outside is there, and can be reached at first");

		let (_, namespaces) = separate().unwrap();
		enter(1 << 30).unwrap();
		let refused = Err(libc::EPERM);
		let pages = |protection: i32| {
			[0, 4096, protection as u64, (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64, u64::MAX, 0]
		};
		let writable = libc::PROT_READ | libc::PROT_WRITE;
		let page = call(libc::SYS_mmap, pages(writable)).unwrap() as u64;
		let exec = libc::PROT_EXEC as u64;
		let limits = limits.as_ptr() as u64;
		for (name, found) in [
			("tgkill", call(libc::SYS_tgkill, [other, other, 0, 0, 0, 0])),
			("kill", call(libc::SYS_kill, [other, 0, 0, 0, 0, 0])),
			("prlimit64 of another", call(libc::SYS_prlimit64, [other, libc::RLIMIT_NOFILE as u64, 0, page, 0, 0])),
			("prlimit64 that sets", call(libc::SYS_prlimit64, [0, libc::RLIMIT_NOFILE as u64, limits, 0, 0, 0])),
			("clone of a process", call(libc::SYS_clone, [libc::SIGCHLD as u64, 0, 0, 0, 0, 0])),
			("mmap of code", call(libc::SYS_mmap, pages(writable | libc::PROT_EXEC))),
			("mprotect to code", call(libc::SYS_mprotect, [page, 4096, exec | libc::PROT_READ as u64, 0, 0, 0])),
			("prctl", call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as u64, 1, 0, 0, 0, 0])),
			("ptrace", call(libc::SYS_ptrace, [libc::PTRACE_ATTACH as u64, other, 0, 0, 0, 0])),
			("socket", call(libc::SYS_socket, [libc::AF_INET as u64, libc::SOCK_STREAM as u64, 0, 0, 0, 0])),
			("unshare", call(libc::SYS_unshare, [libc::CLONE_NEWUSER as u64, 0, 0, 0, 0, 0])),
			("openat", call(libc::SYS_openat, [libc::AT_FDCWD as u64, c"/".as_ptr() as u64, 0, 0, 0, 0])),
		] {
			assert_eq!(found, refused, "{name}");
		}
		assert_eq!(call(libc::SYS_clone3, [page, 64, 0, 0, 0, 0]), Err(libc::ENOSYS));
		// A worker's own calls go on: threads, their names and limits, and signals to itself.
		let thread = std::thread::Builder::new().name("inside".into()).spawn(|| 7).unwrap();
		assert_eq!(thread.join().unwrap(), 7);
		let own = std::process::id() as u64;
		assert_eq!(own == 1, namespaces, "the first process of its namespace");
		assert_eq!(call(libc::SYS_tgkill, [own, call(libc::SYS_gettid, [0; 6]).unwrap() as u64, 0, 0, 0, 0]), Ok(0));
		assert_eq!(call(libc::SYS_prlimit64, [0, libc::RLIMIT_STACK as u64, 0, page, 0, 0]), Ok(0));
		println!("the probe has passed");
	}
}
