//! Runs in workers: the same verdicts as in this process, and a worker's end is an abstention. This program is its own worker.

mod common;

use assay_engine::{
	Abstain, Cancel, Config, Engine, EngineError, Guards, InspectError, Kernels, Model, Worker, RUN_MEMORY_BYTES,
};
use assay_primitives::{constants::MAX_UNIT_LIMIT, FailReason};
use codec::Encode;
use common::{engine, f32_bundle, floats, model, node, run_generated, value, CACHE, FLOAT, LIMIT};
use std::{
	fs,
	io::{Read, Write},
	os::{fd::OwnedFd, unix::net::UnixStream},
	path::Path,
	process::{Command, Stdio},
	sync::atomic::{AtomicU32, Ordering},
	thread,
	time::Duration,
};

fn main() {
	match std::env::args().nth(1).as_deref() {
		Some("worker") => assay_engine::worker_main(),
		Some("poor-worker") => {
			refuse(&[libc::SYS_landlock_create_ruleset, libc::SYS_unshare]);
			assay_engine::worker_main()
		}
		_ => (),
	}
	let tests: [(&str, fn()); 17] = [
		("a_worker_finds_what_this_process_finds", a_worker_finds_what_this_process_finds),
		("workers_find_the_same_with_all_kernels", workers_find_the_same_with_all_kernels),
		("workers_find_the_same_with_several_threads", workers_find_the_same_with_several_threads),
		("a_workers_end_is_an_abstention_and_the_next_one_runs", a_workers_end_is_an_abstention_and_the_next_one_runs),
		("a_named_model_is_read_when_it_is_not_loaded", a_named_model_is_read_when_it_is_not_loaded),
		("a_worker_that_dies_during_a_run_is_an_abstention", a_worker_that_dies_during_a_run_is_an_abstention),
		("a_worker_outlives_the_thread_that_it_was_started_for", a_worker_outlives_the_thread_that_it_was_started_for),
		("an_inspection_ends_with_its_time", an_inspection_ends_with_its_time),
		("a_cancelled_run_ends_with_its_worker_and_no_other", a_cancelled_run_ends_with_its_worker_and_no_other),
		("what_is_cancelled_before_it_begins_costs_no_worker", what_is_cancelled_before_it_begins_costs_no_worker),
		("a_run_at_the_canonical_limits_fits_into_the_memory_of_a_run", a_run_at_the_canonical_limits_fits),
		("a_worker_has_given_up_system_calls_and_files", a_worker_has_given_up_system_calls_and_files),
		("a_worker_reaches_no_process_but_itself", a_worker_reaches_no_process_but_itself),
		("a_worker_says_what_guards_the_machine_against_it", a_worker_says_what_guards_the_machine_against_it),
		("a_worker_sees_one_model_and_ends_after_a_while", a_worker_sees_one_model_and_ends_after_a_while),
		("a_worker_ends_quietly_with_the_process_that_started_it", a_worker_ends_quietly_with_its_parent),
		("what_is_no_worker_is_an_error", what_is_no_worker_is_an_error),
	];
	// Compiles the guest once for all.
	engine();
	for (name, test) in tests {
		test();
		println!("test {name} ... ok");
	}
}

/// Has the system refuse these calls, as one does that does not know them or does not allow them.
fn refuse(calls: &[i64]) {
	use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
	let rules = calls.iter().map(|call| (*call, vec![])).collect();
	let refused = SeccompAction::Errno(libc::EOPNOTSUPP as u32);
	let arch = std::env::consts::ARCH.try_into().unwrap();
	let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch).unwrap();
	seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
}

fn workers(parallel_runs: usize) -> Engine {
	workers_with(parallel_runs, Kernels::default())
}

fn workers_with(parallel_runs: usize, kernels: Kernels) -> Engine {
	workers_of(parallel_runs, kernels, 0)
}

fn workers_of(parallel_runs: usize, kernels: Kernels, extra_threads: usize) -> Engine {
	let program = std::env::current_exe().unwrap();
	let worker = Some(Worker { program, args: vec!["worker".into()], kernels, extra_threads });
	Engine::new(Config { cache_dir: CACHE.into(), memory_budget: 4 << 30, parallel_runs, worker }).unwrap()
}

fn request(model: &[u8], unit_limit: u64) -> assay_engine::RunRequest<'_> {
	assay_engine::RunRequest {
		model: Model::Bytes(model),
		input: assay_engine::Input::Generated,
		unit_limit,
		trace_keys: &[[7; 32]],
	}
}

fn small() -> Vec<u8> {
	model(
		[node("MatMul", &["x", "w"], &["y"], [])],
		[floats("w", &[2, 2], &[1.0, -1.0, 2.0, -2.0])],
		[value("x", FLOAT, &[-1, 2])],
		[value("y", FLOAT, &[-1, 2])],
	)
}

/// Seconds of products: long enough to be killed in.
fn long() -> Vec<u8> {
	let weights = vec![0.5; 512 * 512];
	let nodes = (0..400).map(|index| node("MatMul", &[&name(index), "w"], &[&name(index + 1)], []));
	fn name(index: usize) -> String {
		if index == 0 {
			"x".into()
		} else {
			format!("n{index}")
		}
	}
	model(
		nodes,
		[floats("w", &[512, 512], &weights)],
		[value("x", FLOAT, &[512, 512])],
		[value("n400", FLOAT, &[512, 512])],
	)
}

fn a_worker_finds_what_this_process_finds() {
	let apart = workers(1);
	assert_eq!(apart.id(), engine().id());
	for unit_limit in [LIMIT, 1000] {
		assert_eq!(apart.run(&request(&small(), unit_limit)), Ok(run_generated(&small(), unit_limit)));
	}
	assert_eq!(apart.inspect(&small(), None), engine().inspect(&small(), None));
	assert_eq!(apart.inputs(&small()), engine().inputs(&small()));
	let loads_at_one = common::loads_at_one();
	let two = f32_bundle("x", &[2], &[1.0, 2.0]);
	let fails_to_load =
		assay_engine::RunRequest { input: assay_engine::Input::Encoded(&two), ..request(&loads_at_one, LIMIT) };
	let here = common::run(&loads_at_one, &two, LIMIT);
	assert_eq!(here.outcome, Err(FailReason::ModelInvalid));
	assert_eq!(apart.run(&fails_to_load), Ok(here));
	let invalid = apart.inspect(b"no model", None);
	assert!(matches!(invalid, Err(InspectError::Failed { reason: FailReason::ModelInvalid, .. })));
	assert_eq!(apart.self_test(), Ok(()));
}

fn a_named_model_is_read_when_it_is_not_loaded() {
	let apart = workers(1);
	let (bytes, reads) = (small(), AtomicU32::new(0));
	let read = || {
		reads.fetch_add(1, Ordering::Relaxed);
		Ok(bytes.clone())
	};
	let bundle = f32_bundle("x", &[1, 2], &[1.0, 2.0]);
	let request = |id, read| assay_engine::RunRequest {
		model: Model::Named { id, read },
		input: assay_engine::Input::Encoded(&bundle),
		unit_limit: LIMIT,
		trace_keys: &[[7; 32]],
	};
	let expected = Ok(common::run(&bytes, &bundle, LIMIT));
	for _ in 0..3 {
		assert_eq!(apart.run(&request([1; 32], &read)), expected);
	}
	assert_eq!(reads.load(Ordering::Relaxed), 1);
	// Under another name it is another model, and gets a worker of its own.
	assert_eq!(apart.run(&request([2; 32], &read)), expected);
	kill(apart.worker_pids()[0]);
	assert!(matches!(apart.run(&request([2; 32], &read)), Err(Abstain::Worker(_))));
	assert_eq!(apart.run(&request([2; 32], &read)), expected);
	assert_eq!(reads.load(Ordering::Relaxed), 3);
	let gone = || Err(Abstain::Host("the file is gone".into()));
	assert_eq!(apart.run(&request([3; 32], &gone)), Err(Abstain::Host("the file is gone".into())));
	// The worker of the first name has ended with its snapshot, to make room for the others.
	assert_eq!(apart.run(&request([1; 32], &gone)), Err(Abstain::Host("the file is gone".into())));
}

fn kill(pid: u32) {
	assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

fn a_workers_end_is_an_abstention_and_the_next_one_runs() {
	let engine = workers(1);
	let expected = engine.run(&request(&small(), LIMIT)).unwrap();
	let [pid] = engine.worker_pids()[..] else { panic!("one worker") };
	kill(pid);
	assert!(matches!(engine.run(&request(&small(), LIMIT)), Err(Abstain::Worker(_))));
	assert_eq!(engine.run(&request(&small(), LIMIT)), Ok(expected));
}

fn a_worker_that_dies_during_a_run_is_an_abstention() {
	let engine = workers(2);
	let [pid] = engine.worker_pids()[..] else { panic!("one worker at the start") };
	let model = long();
	thread::scope(|scope| {
		let dies = scope.spawn(|| engine.run(&request(&model, LIMIT * 10)));
		while engine.worker_pids().contains(&pid) {
			thread::sleep(Duration::from_millis(1));
		}
		// Another run, in a worker of its own, does not notice.
		let lives = scope.spawn(|| engine.run(&request(&small(), LIMIT)));
		thread::sleep(Duration::from_millis(300));
		kill(pid);
		let Err(Abstain::Worker(why)) = dies.join().unwrap() else { panic!("the worker was killed") };
		assert!(why.contains("signal: 9"), "{why}");
		assert!(lives.join().unwrap().unwrap().outcome.is_ok());
	});
}

fn workers_find_the_same_with_all_kernels() {
	let found = |kernels: &str| workers_with(1, kernels.parse().unwrap()).run(&request(&small(), LIMIT)).unwrap();
	let fastest = found("fastest");
	assert!(fastest.outcome.is_ok());
	for kernels in ["avx512", "avx2", "reference"] {
		assert_eq!(found(kernels), fastest, "{kernels}");
	}
	assert!("slowest".parse::<Kernels>().unwrap_err().contains("choose fastest, avx512, avx2, neon or reference"));
}

/// A model whose products are large enough for several threads.
fn large() -> Vec<u8> {
	let weights: Vec<f32> = (0..512 * 512).map(|index| (index % 601) as f32 / 300.0 - 1.0).collect();
	model(
		[
			node("MatMul", &["x", "w"], &["h"], []),
			node("Tanh", &["h"], &["t"], []),
			node("MatMul", &["t", "w"], &["y"], []),
		],
		[floats("w", &[512, 512], &weights)],
		[value("x", FLOAT, &[512, 512])],
		[value("y", FLOAT, &[512, 512])],
	)
}

fn workers_find_the_same_with_several_threads() {
	// A thread of rayon's is called after what starts it.
	let threads = |engine: &Engine| {
		let tasks = std::fs::read_dir(format!("/proc/{}/task", engine.worker_pids()[0])).unwrap();
		tasks
			.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
			.filter(|name| name.trim() == "assay-kernels")
			.count()
	};
	let alone = workers(1);
	let expected = alone.run(&request(&large(), LIMIT)).unwrap();
	assert!(expected.outcome.is_ok());
	assert_eq!(threads(&alone), 0);
	for extra in [1, 3] {
		let several = workers_of(1, Kernels::default(), extra);
		assert_eq!(several.run(&request(&large(), LIMIT)).unwrap(), expected, "with {extra} threads more");
		assert_eq!(threads(&several), extra);
	}
}

fn a_worker_outlives_the_thread_that_it_was_started_for() {
	let program = std::env::current_exe().unwrap();
	let worker = Some(Worker { program, args: vec!["worker".into()], kernels: Kernels::default(), extra_threads: 0 });
	let config = Config { cache_dir: CACHE.into(), memory_budget: RUN_MEMORY_BYTES, parallel_runs: 1, worker };
	let engine = Engine::lazy(config).unwrap();
	assert!(engine.worker_pids().is_empty());
	thread::scope(|scope| scope.spawn(|| engine.run(&request(&small(), LIMIT)).unwrap()).join().unwrap());
	let pids = engine.worker_pids();
	assert_eq!(pids.len(), 1);
	assert!(engine.run(&request(&small(), LIMIT)).unwrap().outcome.is_ok());
	assert_eq!(engine.worker_pids(), pids);
}

fn an_inspection_ends_with_its_time() {
	let apart = workers(1);
	let cut_off = apart.inspect_within(&long(), None, Duration::ZERO);
	assert!(matches!(&cut_off, Err(InspectError::Abstain(Abstain::Worker(_)))), "{cut_off:?}");
	assert_eq!(apart.inspect(&small(), None), engine().inspect(&small(), None));
}

fn a_cancelled_run_ends_with_its_worker_and_no_other() {
	let engine = workers(2);
	let [pid] = engine.worker_pids()[..] else { panic!("one worker at the start") };
	let (model, cancel) = (long(), Cancel::default());
	thread::scope(|scope| {
		let ends = scope.spawn(|| engine.run_unless(&request(&model, LIMIT * 10), &cancel));
		while engine.worker_pids().contains(&pid) {
			thread::sleep(Duration::from_millis(1));
		}
		let lives = scope.spawn(|| engine.run(&request(&small(), LIMIT)));
		// It is at its products: a tenth of a second of processor time is more than it takes to read the request.
		let ticks = || -> u64 {
			let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
			let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
			fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
		};
		let before = ticks();
		while ticks() < before + 10 {
			thread::sleep(Duration::from_millis(1));
		}
		cancel.cancel();
		assert_eq!(ends.join().unwrap(), Err(Abstain::Cancelled));
		assert!(!Path::new(&format!("/proc/{pid}")).exists(), "its worker is gone, and its processor time with it");
		assert!(lives.join().unwrap().unwrap().outcome.is_ok());
	});
	assert!(engine.run(&request(&small(), LIMIT)).unwrap().outcome.is_ok());
}

fn what_is_cancelled_before_it_begins_costs_no_worker() {
	let engine = workers(1);
	let pids = engine.worker_pids();
	let cancel = Cancel::default();
	cancel.cancel();
	assert_eq!(engine.run_unless(&request(&small(), LIMIT), &cancel), Err(Abstain::Cancelled));
	assert_eq!(engine.worker_pids(), pids);
	assert!(engine.run_unless(&request(&small(), LIMIT), &Cancel::default()).unwrap().outcome.is_ok());
	assert_eq!(engine.worker_pids(), pids);
}

fn a_run_at_the_canonical_limits_fits() {
	// Folded when it is loaded, to a little less than the 2 GiB that there are, and to a little more.
	let nodes = [
		node("Expand", &["c", "shape"], &["wide"], []),
		node("Add", &["wide", "x"], &["sum"], []),
		node("ReduceSum", &["sum"], &["y"], [common::int_attribute("keepdims", 0)]),
	];
	let model = |columns| {
		let constants = [floats("c", &[1, 1], &[0.0]), common::ints("shape", &[2], &[1 << 12, columns])];
		model(nodes.clone(), constants, [value("x", FLOAT, &[1, 1])], [value("y", FLOAT, &[])])
	};
	let outcome = |memory_budget, columns| {
		let worker = Some(Worker {
			program: std::env::current_exe().unwrap(),
			args: vec!["worker".into()],
			kernels: Kernels::default(),
			extra_threads: 0,
		});
		let config = Config { cache_dir: CACHE.into(), memory_budget, parallel_runs: 1, worker };
		let run = Engine::new(config).unwrap().run(&request(&model(columns), MAX_UNIT_LIMIT));
		run.map(|run| run.outcome.map(|_| ()))
	};
	assert_eq!(outcome(RUN_MEMORY_BYTES, 62 << 10), Ok(Ok(())));
	assert_eq!(outcome(RUN_MEMORY_BYTES / 2, 62 << 10), Err(Abstain::Memory));
	assert_eq!(outcome(RUN_MEMORY_BYTES, 64 << 10), Ok(Err(FailReason::MemoryLimit)));
}

fn a_worker_has_given_up_system_calls_and_files() {
	let engine = workers(1);
	engine.run(&request(&small(), LIMIT)).unwrap();
	let pid = engine.worker_pids()[0];
	let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
	assert!(status.contains("NoNewPrivs:\t1"), "{status}");
	assert!(status.contains("Seccomp:\t2"), "{status}");
	// Nothing but its pipes, its log, the memory of its models and the list of its own pages is open.
	let pages = format!("/proc/{pid}/pagemap");
	for entry in fs::read_dir(format!("/proc/{pid}/fd")).unwrap() {
		let entry = entry.unwrap();
		let number: u32 = entry.file_name().to_str().unwrap().parse().unwrap();
		let target = fs::read_link(entry.path()).unwrap();
		let target = target.to_str().unwrap();
		assert!(number <= 2 || target.contains("memfd:assay-engine-image") || target == pages, "{target:?}");
	}
	let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
	let data = limits.lines().find(|line| line.starts_with("Max data size")).unwrap();
	assert!(!data.contains("unlimited"), "{data}");
	assert_eq!(fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim(), "1000");
	assert!(fs::read(format!("/proc/{pid}/environ")).unwrap().is_empty());
}

fn a_worker_reaches_no_process_but_itself() {
	let engine = workers(1);
	let pid = engine.worker_pids()[0];
	let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
	for rights in ["CapEff", "CapPrm"] {
		assert!(status.contains(&format!("{rights}:\t0000000000000000")), "{status}");
	}
	let namespace = |pid: &str, name| fs::read_link(format!("/proc/{pid}/ns/{name}")).unwrap();
	for name in ["pid", "user", "net", "ipc"] {
		let apart = namespace(&pid.to_string(), name) != namespace("self", name);
		assert_eq!(apart, engine.guards().unwrap().namespaces, "{name}");
	}
	// Whatever ends it, nothing of it stays.
	drop(engine);
	assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

fn a_worker_says_what_guards_the_machine_against_it() {
	let program = std::env::current_exe().unwrap();
	let worker =
		Some(Worker { program, args: vec!["poor-worker".into()], kernels: Kernels::default(), extra_threads: 0 });
	let config = Config { cache_dir: CACHE.into(), memory_budget: 4 << 30, parallel_runs: 1, worker };
	let poor = Engine::new(config).unwrap();
	assert_eq!(poor.guards(), Some(Guards { no_files: false, namespaces: false }));
	assert!(poor.run(&request(&small(), LIMIT)).unwrap().outcome.is_ok());
}

fn a_worker_sees_one_model_and_ends_after_a_while() {
	let engine = workers(1);
	let (bytes, bundle) = (small(), f32_bundle("x", &[1, 2], &[1.0, 2.0]));
	let read = || Ok(bytes.clone());
	let run = |id| {
		let request = assay_engine::RunRequest {
			model: Model::Named { id, read: &read },
			input: assay_engine::Input::Encoded(&bundle),
			unit_limit: LIMIT,
			trace_keys: &[[7; 32]],
		};
		assert!(engine.run(&request).unwrap().outcome.is_ok());
		engine.worker_pids()
	};
	let first = run([1; 32]);
	assert_eq!(run([1; 32]), first, "the worker of a model keeps it");
	let second = run([2; 32]);
	assert_ne!(second, first);
	assert!(!Path::new(&format!("/proc/{}", first[0])).exists());
	let started = engine.started_workers();
	let runs = (0..100).filter(|_| run([2; 32]).is_empty()).count();
	assert!(runs >= 1, "it ends after some runs");
	assert!(engine.started_workers() > started);
	// Quotes are of models of strangers too.
	engine.inspect(&bytes, None).unwrap();
	let quoted = engine.worker_pids();
	engine.inspect(&long(), None).unwrap();
	assert_ne!(engine.worker_pids(), quoted);
}

/// A node that stops early leaves the answer unread of the worker that it has just started.
fn a_worker_ends_quietly_with_its_parent() {
	let settings = (CACHE.as_bytes(), 4u64 << 30, None::<Vec<u8>>, Kernels::default(), 0u32).encode();
	for read_answer in [true, false] {
		let (mut socket, theirs) = UnixStream::pair().unwrap();
		let theirs = OwnedFd::from(theirs);
		let mut command = Command::new(std::env::current_exe().unwrap());
		command.arg("worker").env_clear().stdin(theirs.try_clone().unwrap()).stdout(theirs).stderr(Stdio::piped());
		let child = command.spawn().unwrap();
		drop(command);
		socket.write_all(&(settings.len() as u64).to_le_bytes()).unwrap();
		socket.write_all(&settings).unwrap();
		let mut length = [0; 8];
		if read_answer {
			socket.read_exact(&mut length).unwrap();
			socket.read_exact(&mut vec![0; u64::from_le_bytes(length) as usize]).unwrap();
		} else {
			socket.read_exact(&mut length[..1]).unwrap();
		}
		drop(socket);
		let ended = child.wait_with_output().unwrap();
		assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "read: {read_answer}");
		assert!(ended.status.success(), "{}", ended.status);
	}
}

fn what_is_no_worker_is_an_error() {
	for program in ["/bin/true", "/nowhere/assay"] {
		let worker =
			Some(Worker { program: program.into(), args: vec![], kernels: Kernels::default(), extra_threads: 0 });
		let config = Config { cache_dir: CACHE.into(), memory_budget: 4 << 30, parallel_runs: 1, worker };
		assert!(matches!(Engine::new(config), Err(EngineError::Worker(_))));
	}
}
