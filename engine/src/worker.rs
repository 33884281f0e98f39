//! Runs in processes of their own: a hostile model, or a fault in what runs it, ends a worker and nothing else.
//!
//! A worker is the same binary, started again to call [`worker_main`]. It gets its settings and then one request after the other
//! on its standard input and answers on its standard output, each as a length and SCALE. Before the first request it gives up
//! what it does not need: files, sockets, other processes.

use crate::{
	compiled::Backend,
	error::{Abstain, EngineError, InspectError},
	guest::Guest,
	kernels::{Kernels, Threads},
	local::Local,
	sandbox::{self, Guards},
	Config, Declared, Input, Inspection, Model, Run, RunRequest, Worker,
};
use assay_primitives::{hash::Hash32, EngineId};
use codec::{Decode, DecodeAll, Encode};
use parking_lot::{Condvar, Mutex};
use rustix::process::{pidfd_open, pidfd_send_signal, Pid, PidfdFlags, Signal};
use std::{
	io::{ErrorKind, Read, Write},
	net::Shutdown,
	os::{fd::OwnedFd, unix::net::UnixStream},
	path::PathBuf,
	process::{Child, Command},
	sync::{
		atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
		mpsc,
	},
	time::{Duration, Instant},
};

/// Longest that a worker may take to start: it may have to compile the guest, on a slow machine.
const START: Duration = Duration::from_secs(1200);

/// Time that a worker has on top of its own watchdog's patience, before it counts as stuck.
pub const GRACE: Duration = Duration::from_secs(30);

/// Requests after which a worker ends, whatever it has run.
const MOST_ASKED: u32 = 64;

/// Largest message: a model, an input and their frame.
const MAX_MESSAGE: u64 = 600 << 20;

#[derive(Encode, Decode)]
struct Settings {
	cache_dir: Vec<u8>,
	memory_budget: u64,
	/// None for the guest that the worker is built with.
	guest: Option<Vec<u8>>,
	kernels: Kernels,
	extra_threads: u32,
}

/// A worker's first message, once it has started.
#[derive(Encode, Decode)]
struct Started {
	engine: EngineId,
	/// Its process, as the one that started it knows it.
	pid: u32,
	guards: Guards,
}

#[derive(Encode, Decode)]
enum Ask {
	/// Runs a model. If `model` has the id alone, and the worker has not loaded that model, the answer is `None`: the caller sends the bytes.
	#[codec(index = 0)]
	Run { model: Sent, input: Option<Vec<u8>>, unit_limit: u64, trace_keys: Vec<[u8; 32]> },
	#[codec(index = 1)]
	Inspect { model: Vec<u8>, shapes: Option<Vec<Vec<u64>>> },
	#[codec(index = 2)]
	Inputs { model: Vec<u8> },
}

/// A model on its way to a worker.
#[derive(Encode, Decode)]
enum Sent {
	#[codec(index = 0)]
	Bytes(Vec<u8>),
	/// Without the bytes, for a worker that may have it loaded.
	#[codec(index = 1)]
	Named { id: Hash32, bytes: Option<Vec<u8>> },
}

/// Ends a run from another thread, for good: one whose result nobody needs any more.
#[derive(Default)]
pub struct Cancel(Mutex<Cancelled>);

#[derive(Default)]
struct Cancelled {
	yes: bool,
	/// Of the worker that does the run now.
	socket: Option<UnixStream>,
}

impl Cancel {
	/// Ends the run that this was given to, now or before it begins. It abstains, and the worker that does it is killed.
	pub fn cancel(&self) {
		let mut state = self.0.lock();
		state.yes = true;
		if let Some(socket) = state.socket.take() {
			// Whoever waits for the worker's answer then finds it gone. The only error there is: it is gone already.
			let _ = socket.shutdown(Shutdown::Both);
		}
	}

	/// True if [`Cancel::cancel`] was called.
	pub fn is_cancelled(&self) -> bool {
		self.0.lock().yes
	}

	/// Says that a worker begins with the run; whether it shall.
	fn begin(&self, process: &Process) -> std::io::Result<bool> {
		let mut state = self.0.lock();
		if !state.yes {
			state.socket = Some(process.socket.try_clone()?);
		}
		Ok(!state.yes)
	}

	/// Says that the worker is done; whether the run was ended meanwhile, and the worker with it.
	fn end(&self) -> bool {
		let mut state = self.0.lock();
		state.socket = None;
		state.yes
	}
}

/// Workers, one for each run at the same time.
pub struct Pool {
	starter: Starter,
	settings: Settings,
	id: EngineId,
	idle: Mutex<Vec<Option<Process>>>,
	freed: Condvar,
	/// Guards of the last worker that has started.
	guards: Mutex<Option<Guards>>,
	/// Workers that have started.
	started: AtomicU64,
	/// Kernels that a worker has left to the guest, a bit for each.
	lost_kernels: AtomicU32,
}

impl Pool {
	/// Starts one worker, to see that it can be done; the others start when they are needed.
	pub fn new(worker: Worker, config: &Config, guest: &Guest) -> Result<Pool, EngineError> {
		let pool = Self::lazy(worker, config, guest)?;
		let first = pool.start().map_err(EngineError::Worker)?;
		if let Some(place) = pool.idle.lock().first_mut() {
			*place = Some(first);
		}
		Ok(pool)
	}

	/// Starts every worker when it is needed.
	pub fn lazy(worker: Worker, config: &Config, guest: &Guest) -> Result<Pool, EngineError> {
		let count = config.parallel_runs.max(1);
		let settings = Settings {
			cache_dir: config.cache_dir.as_os_str().as_encoded_bytes().to_vec(),
			memory_budget: config.memory_budget / count as u64,
			guest: (guest.id() != crate::engine_id()).then(|| guest.bytes().to_vec()),
			kernels: worker.kernels,
			extra_threads: u32::try_from(worker.extra_threads).unwrap_or(u32::MAX),
		};
		let starter = Starter::new(worker).map_err(|error| EngineError::Worker(error.to_string()))?;
		let idle = std::iter::repeat_with(|| None).take(count).collect();
		Ok(Pool {
			starter,
			settings,
			id: guest.id(),
			idle: Mutex::new(idle),
			freed: Condvar::new(),
			guards: Mutex::default(),
			started: AtomicU64::default(),
			lost_kernels: AtomicU32::new(0),
		})
	}

	fn start(&self) -> Result<Process, String> {
		let (process, guards) = Process::start(&self.starter, &self.settings, self.id)?;
		*self.guards.lock() = Some(guards);
		self.started.fetch_add(1, Ordering::Relaxed);
		self.lost_kernels.fetch_or(process.lost_kernels, Ordering::Relaxed);
		Ok(process)
	}

	/// Guards of the last worker that has started; none if none has.
	pub fn guards(&self) -> Option<Guards> {
		*self.guards.lock()
	}

	/// Number of workers that have started.
	pub fn started_workers(&self) -> u64 {
		self.started.load(Ordering::Relaxed)
	}

	/// Runs a model; `afresh`, in a worker that has run nothing yet.
	pub fn run(&self, request: &RunRequest, afresh: bool, cancel: &Cancel, patience: Duration) -> Result<Run, Abstain> {
		let input = match request.input {
			Input::Encoded(bytes) => Some(bytes.to_vec()),
			Input::Generated => None,
		};
		let trace_keys = request.trace_keys.to_vec();
		let mut ask = Ask::Run { model: sent(&request.model), input, unit_limit: request.unit_limit, trace_keys };
		let whose = match request.model {
			Model::Bytes(_) => Whose::Own,
			Model::Named { id, .. } => Whose::Model(id),
		};
		self.with_worker(whose, afresh, cancel, |process| {
			if let Some(run) = process.ask::<Option<Result<Run, Abstain>>>(&ask.encode(), patience)? {
				return Ok(run);
			}
			if let (Ask::Run { model: Sent::Named { bytes, .. }, .. }, Model::Named { read, .. }) =
				(&mut ask, &request.model)
			{
				*bytes = match read() {
					Ok(read) => Some(read),
					Err(abstain) => return Ok(Err(abstain)),
				};
			}
			let run = process.ask::<Option<Result<Run, Abstain>>>(&ask.encode(), patience)?;
			run.ok_or_else(|| "the worker asks for a model that it was given".into())
		})?
	}

	pub fn inspect(
		&self,
		model: &[u8],
		shapes: Option<&[Vec<u64>]>,
		patience: Duration,
	) -> Result<Inspection, InspectError> {
		let ask = Ask::Inspect { model: model.to_vec(), shapes: shapes.map(<[_]>::to_vec) };
		self.ask::<Result<Inspection, InspectError>>(model, &ask, patience)?
	}

	pub fn inputs(&self, model: &[u8], patience: Duration) -> Result<Vec<Declared>, InspectError> {
		self.ask::<Result<Vec<Declared>, InspectError>>(model, &Ask::Inputs { model: model.to_vec() }, patience)?
	}

	fn ask<A: Decode>(&self, model: &[u8], ask: &Ask, patience: Duration) -> Result<A, Abstain> {
		let whose = Whose::Model(blake3::hash(model).into());
		self.with_worker(whose, false, &Cancel::default(), |process| process.ask(&ask.encode(), patience))
	}

	/// Has an idle worker that has seen no other model, or a new one, do something; `afresh`, a new one.
	fn with_worker<T>(
		&self,
		whose: Whose,
		afresh: bool,
		cancel: &Cancel,
		work: impl FnOnce(&mut Process) -> Result<T, String>,
	) -> Result<T, Abstain> {
		let mut worker = self.take(whose);
		if afresh {
			worker = None;
		}
		let answer = self.done_by(&mut worker, cancel, |process| {
			process.whose = whose;
			process.asked = process.asked.saturating_add(1);
			work(process)
		});
		if worker.as_ref().is_some_and(|process| process.asked >= MOST_ASKED) {
			worker = None;
		}
		self.idle.lock().push(worker);
		self.freed.notify_one();
		answer
	}

	/// Has this worker do something, or a new one. A worker that fails or is cancelled is gone, and so is its answer.
	fn done_by<T>(
		&self,
		worker: &mut Option<Process>,
		cancel: &Cancel,
		work: impl FnOnce(&mut Process) -> Result<T, String>,
	) -> Result<T, Abstain> {
		let process = self.started(worker).map_err(Abstain::Worker)?;
		let begins = cancel.begin(process).map_err(|error| Abstain::Worker(format!("a worker's socket: {error}")))?;
		if !begins {
			return Err(Abstain::Cancelled);
		}
		let answer = work(process);
		self.lost_kernels.fetch_or(process.lost_kernels, Ordering::Relaxed);
		let cancelled = cancel.end();
		if cancelled || answer.is_err() {
			*worker = None;
		}
		if cancelled {
			return Err(Abstain::Cancelled);
		}
		answer.map_err(Abstain::Worker)
	}

	fn take(&self, whose: Whose) -> Option<Process> {
		let mut idle = self.idle.lock();
		loop {
			// One whose snapshot of the model is warm before one that has seen no model, before a place for one. The worker of another model ends.
			let kind = |kind: fn(&Whose, &Whose) -> bool| {
				idle.iter().position(|worker| worker.as_ref().is_some_and(|process| kind(&process.whose, &whose)))
			};
			let warm = kind(|seen, whose| seen == whose).or_else(|| kind(|seen, _| *seen == Whose::Own));
			if let Some(index) = warm {
				return idle.swap_remove(index);
			}
			if let Some(index) = idle.iter().position(Option::is_none).or_else(|| idle.len().checked_sub(1)) {
				idle.swap_remove(index);
				return None;
			}
			self.freed.wait(&mut idle);
		}
	}

	fn started<'a>(&self, worker: &'a mut Option<Process>) -> Result<&'a mut Process, String> {
		Ok(match worker {
			Some(process) => process,
			None => worker.insert(self.start()?),
		})
	}

	/// Kernels that a worker has left to the guest, a bit for each.
	pub fn lost_kernels(&self) -> u32 {
		self.lost_kernels.load(Ordering::Relaxed)
	}

	/// Ids of the workers' processes.
	pub fn pids(&self) -> Vec<u32> {
		self.idle.lock().iter().flatten().map(|process| process.pid).collect()
	}
}

/// The owner of the models that a worker has run. After a stranger's model it runs no other, so damage to the worker harms no other model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
	/// This process alone: golden vectors, and models that its user runs.
	Own,
	/// A stranger's model, by its name.
	Model(Hash32),
}

fn sent(model: &Model) -> Sent {
	match model {
		Model::Bytes(bytes) => Sent::Bytes(bytes.to_vec()),
		Model::Named { id, .. } => Sent::Named { id: *id, bytes: None },
	}
}

/// Starts the processes of a pool on a thread that lasts as long as the pool: the system ends a worker with the thread that has started
/// it, and whoever asks for a run may be gone before the next one.
struct Starter(mpsc::Sender<mpsc::Sender<Result<Process, String>>>);

impl Starter {
	fn new(worker: Worker) -> std::io::Result<Starter> {
		let (asks, asked) = mpsc::channel::<mpsc::Sender<Result<Process, String>>>();
		let start = move || {
			for answer in asked {
				// Whoever has asked waits for it.
				let _ = answer.send(Process::spawn(&worker));
			}
		};
		std::thread::Builder::new().name("engine-starter".into()).spawn(start)?;
		Ok(Starter(asks))
	}

	fn spawn(&self) -> Result<Process, String> {
		let gone = "the thread that starts workers is gone";
		let (answer, answered) = mpsc::channel();
		self.0.send(answer).map_err(|_| gone)?;
		answered.recv().map_err(|_| gone)?
	}
}

/// A worker's process.
struct Process {
	/// The process that was started: the worker, or, in namespaces, the process that waits for it.
	child: Child,
	/// The worker.
	pid: u32,
	/// The worker, by a handle that stays its own: another process may get its number.
	handle: Option<OwnedFd>,
	/// The other end of the worker's standard input and output.
	socket: UnixStream,
	whose: Whose,
	/// Requests that it was given.
	asked: u32,
	/// Kernels that it has left to the guest, a bit for each.
	lost_kernels: u32,
}

impl Process {
	/// A new worker that has its settings, and what guards this machine against it.
	fn start(starter: &Starter, settings: &Settings, engine: EngineId) -> Result<(Process, Guards), String> {
		let mut process = starter.spawn()?;
		let started = process.ask::<Result<Started, String>>(&settings.encode(), START)??;
		if started.engine != engine {
			return Err("the worker runs another engine".into());
		}
		process.pid = started.pid;
		let pid = i32::try_from(started.pid).ok().and_then(Pid::from_raw);
		process.handle = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
		Ok((process, started.guards))
	}

	fn spawn(worker: &Worker) -> Result<Process, String> {
		let (socket, theirs) = UnixStream::pair().map_err(|error| format!("a worker's socket: {error}"))?;
		let theirs = OwnedFd::from(theirs);
		let copy = theirs.try_clone().map_err(|error| format!("a worker's socket: {error}"))?;
		let mut command = Command::new(&worker.program);
		// Nothing of the environment: it would be an input that the network does not know.
		command.args(&worker.args).env_clear().stdin(theirs).stdout(copy);
		let child = command.spawn().map_err(|error| format!("{}: {error}", worker.program.display()))?;
		// With `command` goes our copy of the worker's end, without which its death could not be told.
		let pid = child.id();
		Ok(Process { child, pid, handle: None, socket, whose: Whose::Own, asked: 0, lost_kernels: 0 })
	}

	fn ask<A: Decode>(&mut self, message: &[u8], patience: Duration) -> Result<A, String> {
		let deadline = Instant::now() + patience;
		let answer = self.exchange(message, deadline);
		let answer = answer.map_err(|error| format!("the worker is gone ({error}){}", self.how_it_ended()))?;
		let (lost_kernels, answer) = <(u32, A)>::decode_all(&mut answer.as_slice())
			.map_err(|error| format!("the worker's answer does not decode: {error}"))?;
		self.lost_kernels = lost_kernels;
		Ok(answer)
	}

	fn exchange(&mut self, message: &[u8], deadline: Instant) -> std::io::Result<Vec<u8>> {
		self.socket.set_write_timeout(Some(left(deadline)?))?;
		send(&mut self.socket, message)?;
		self.receive(deadline)
	}

	fn receive(&mut self, deadline: Instant) -> std::io::Result<Vec<u8>> {
		let mut length = [0; 8];
		self.read(&mut length, deadline)?;
		let mut bytes = buffer(u64::from_le_bytes(length))?;
		self.read(&mut bytes, deadline)?;
		Ok(bytes)
	}

	fn read(&mut self, mut into: &mut [u8], deadline: Instant) -> std::io::Result<()> {
		while !into.is_empty() {
			self.socket.set_read_timeout(Some(left(deadline)?))?;
			match self.socket.read(into) {
				Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
				Ok(count) => into = into.get_mut(count..).unwrap_or_default(),
				Err(error) if error.kind() == ErrorKind::Interrupted => (),
				Err(error) => return Err(error),
			}
		}
		Ok(())
	}

	fn how_it_ended(&mut self) -> String {
		// Its socket closes a moment before it can be waited for.
		for _ in 0..20 {
			if let Ok(Some(status)) = self.child.try_wait() {
				return format!(": {status}");
			}
			std::thread::sleep(Duration::from_millis(5));
		}
		String::new()
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		// The process that waits for the worker ends when the worker has ended, and not before.
		let killed = self.handle.as_ref().is_some_and(|handle| pidfd_send_signal(handle, Signal::KILL).is_ok());
		if !killed {
			let _ = self.child.kill();
		}
		let _ = self.child.wait();
	}
}

/// Time until a deadline; an error when there is none left.
fn left(deadline: Instant) -> std::io::Result<Duration> {
	match deadline.saturating_duration_since(Instant::now()) {
		Duration::ZERO => Err(ErrorKind::TimedOut.into()),
		left => Ok(left),
	}
}

fn send(to: &mut impl Write, message: &[u8]) -> std::io::Result<()> {
	to.write_all(&(message.len() as u64).to_le_bytes())?;
	to.write_all(message)?;
	to.flush()
}

fn buffer(length: u64) -> std::io::Result<Vec<u8>> {
	if length > MAX_MESSAGE {
		return Err(std::io::Error::other(format!("a message of {length} bytes")));
	}
	Ok(vec![0; length as usize])
}

/// The next message; none when the parent is gone.
fn next(from: &mut impl Read) -> std::io::Result<Option<Vec<u8>>> {
	let mut length = [0; 8];
	match from.read_exact(&mut length) {
		Ok(()) => (),
		Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
		Err(error) => return Err(error),
	}
	let mut bytes = buffer(u64::from_le_bytes(length))?;
	from.read_exact(&mut bytes)?;
	Ok(Some(bytes))
}

/// The main function of a worker: serves the process that started it until that one is gone.
pub fn worker_main() -> ! {
	sandbox::close_inherited_files();
	let _ = log::set_logger(&Stderr).map(|()| log::set_max_level(log::LevelFilter::Info));
	let served = sandbox::separate().and_then(|(pid, namespaces)| serve(pid, namespaces));
	let code = match served {
		Ok(()) => 0,
		// The process that started this one is gone; with an answer unread, its end of the socket is reset.
		Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => 0,
		Err(error) => {
			log::error!("{error}");
			1
		}
	};
	std::process::exit(code)
}

fn serve(pid: u32, namespaces: bool) -> std::io::Result<()> {
	let (mut from, mut to) = (std::io::stdin().lock(), std::io::stdout().lock());
	let Some(settings) = next(&mut from)? else { return Ok(()) };
	let settings = Settings::decode_all(&mut settings.as_slice()).map_err(std::io::Error::other)?;
	let started = start(&settings);
	let lost_kernels = started.as_ref().map_or(0, |(engine, _)| engine.lost_kernels());
	let answer = started.as_ref().map(|(engine, no_files)| {
		let guards = Guards { no_files: *no_files, namespaces };
		Started { engine: engine.id(), pid, guards }
	});
	send(&mut to, &(lost_kernels, answer.map_err(Clone::clone)).encode())?;
	let Ok((engine, _)) = started else { return Ok(()) };
	while let Some(ask) = next(&mut from)? {
		let ask = Ask::decode_all(&mut ask.as_slice()).map_err(std::io::Error::other)?;
		send(&mut to, &answer_to(&engine, &ask))?;
	}
	Ok(())
}

/// The engine, and whether this process has given up files.
fn start(settings: &Settings) -> Result<(Local, bool), String> {
	use std::os::unix::ffi::OsStrExt;
	sandbox::be_expendable();
	let cache_dir = PathBuf::from(std::ffi::OsStr::from_bytes(&settings.cache_dir));
	let config = Config { cache_dir, memory_budget: settings.memory_budget, parallel_runs: 1, worker: None };
	let guest = settings.guest.clone().map_or_else(Guest::built_in, Guest::new);
	let threads = Threads::beside(settings.extra_threads as usize);
	let backend = Backend { kernels: settings.kernels, threads, ..Backend::default() };
	let engine = Local::new(config, &guest, &backend).map_err(|error| error.to_string())?;
	// Only now: compiling the guest takes files, and memory that no run may have.
	let no_files = sandbox::enter(settings.memory_budget)?;
	Ok((engine, no_files))
}

fn answer_to(engine: &Local, ask: &Ask) -> Vec<u8> {
	match ask {
		Ask::Run { model, input, unit_limit, trace_keys } => {
			let input = input.as_deref().map_or(Input::Generated, Input::Encoded);
			let request = |model| RunRequest { model, input, unit_limit: *unit_limit, trace_keys };
			match model {
				Sent::Bytes(bytes) => answer(engine, Some(engine.run(&request(Model::Bytes(bytes))))),
				Sent::Named { id, bytes: Some(bytes) } => {
					let read = || Ok(bytes.clone());
					answer(engine, Some(engine.run(&request(Model::Named { id: *id, read: &read }))))
				}
				Sent::Named { id, bytes: None } => {
					let wanted = AtomicBool::new(false);
					let read = || {
						wanted.store(true, Ordering::Relaxed);
						Err(Abstain::Host("the model is not here".into()))
					};
					let run = engine.run(&request(Model::Named { id: *id, read: &read }));
					answer(engine, (!wanted.into_inner()).then_some(run))
				}
			}
		}
		Ask::Inspect { model, shapes } => answer(engine, engine.inspect(model, shapes.as_deref())),
		Ask::Inputs { model } => answer(engine, engine.inputs(model)),
	}
}

/// An answer as it is sent: after the kernels that are left to the guest by now.
fn answer(engine: &Local, answer: impl Encode) -> Vec<u8> {
	(engine.lost_kernels(), answer).encode()
}

/// The worker's log: lines on the standard error that it shares with the process that started it.
struct Stderr;

impl log::Log for Stderr {
	fn enabled(&self, metadata: &log::Metadata) -> bool {
		metadata.level() <= log::Level::Warn || metadata.target().starts_with("assay")
	}

	fn log(&self, record: &log::Record) {
		if self.enabled(record.metadata()) {
			eprintln!("engine worker: {}: {}", record.level(), record.args());
		}
	}

	fn flush(&self) {}
}
