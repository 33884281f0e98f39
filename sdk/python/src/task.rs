//! Work on other threads, which Python waits for: in a thread, where Ctrl-C and a time limit end the wait, or in an event loop.

use crate::errors::Failure;
use assay_client::{Kind, Progress};
use pyo3::{exceptions::PyKeyboardInterrupt, prelude::*, BoundObject};
use std::{
	future::Future,
	sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
	time::{Duration, Instant},
};
use tokio::{runtime::Runtime, task::AbortHandle};

/// Time between two looks for signals of a thread that waits.
const LOOK: Duration = Duration::from_millis(50);

/// Makes a value of Python out of what was found, once somebody asks for it.
type Make = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

enum Outcome {
	Pending,
	Found(Make),
	Value(Py<PyAny>),
	Failed(Failure),
}

struct State {
	outcome: Outcome,
	/// The request that was made.
	request: Option<u64>,
	/// The stage of the work, in a word.
	status: &'static str,
	/// True if something may have been handed over to the chain.
	submitted: bool,
	callbacks: Vec<Py<PyAny>>,
}

/// The state that the work shares with those who wait for it.
pub struct Shared {
	state: Mutex<State>,
	changed: Condvar,
}

impl Shared {
	fn lock(&self) -> MutexGuard<'_, State> {
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Takes note of progress.
	pub fn note(&self, progress: Progress) {
		let mut state = self.lock();
		match progress {
			Progress::Syncing => state.status = "Syncing",
			Progress::Submitted => state.status = "Submitted",
			Progress::Included => state.status = "Included",
			Progress::Requested(request) => state.request = Some(request),
			Progress::Status(status) => state.status = status,
			Progress::Proving => state.status = "Proving",
			_ => (),
		}
		self.changed.notify_all();
	}

	/// From now on something may be in the hands of the chain.
	pub fn submits(&self) {
		self.lock().submitted = true;
	}

	/// The work is about a request that was made before.
	pub fn resumes(&self, request: u64) {
		let mut state = self.lock();
		(state.request, state.submitted) = (Some(request), true);
	}

	fn finish(&self, outcome: Outcome) {
		let callbacks = {
			let mut state = self.lock();
			if !matches!(state.outcome, Outcome::Pending) {
				return;
			}
			state.status = if matches!(outcome, Outcome::Failed(_)) { "Failed" } else { "Final" };
			state.outcome = match outcome {
				Outcome::Failed(failure) => Outcome::Failed(failure.of(state.request)),
				other => other,
			};
			std::mem::take(&mut state.callbacks)
		};
		self.changed.notify_all();
		if callbacks.is_empty() {
			return;
		}
		// An interpreter that ends has nobody left who waits.
		let _ = Python::try_attach(|py| {
			for callback in callbacks {
				if let Err(error) = callback.call0(py) {
					error.write_unraisable(py, None);
				}
			}
		});
	}
}

/// The threads of the client, and the process that has them.
fn runtime() -> Result<&'static Runtime, Failure> {
	static RUNTIME: OnceLock<(u32, std::io::Result<Runtime>)> = OnceLock::new();
	let (process, runtime) = RUNTIME.get_or_init(|| {
		let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
		(std::process::id(), runtime)
	});
	if *process != std::process::id() {
		return Err(Failure::usage(
			"assay was used before this process was forked, and its connections stay with the parent: start processes with \
			 multiprocessing's `spawn`",
		));
	}
	runtime.as_ref().map_err(|error| Failure::new(Kind::Machine, format!("this machine gives no threads: {error}")))
}

/// Work that has begun. `wait` gives what it found.
#[pyclass(frozen, module = "assay._native")]
pub struct Task {
	shared: Arc<Shared>,
	work: AbortHandle,
}

impl Task {
	/// Begins. `work` is given what it tells its progress to.
	pub fn begin<T, F>(work: impl FnOnce(Arc<Shared>) -> F) -> PyResult<Task>
	where
		F: Future<Output = Result<T, Failure>> + Send + 'static,
		T: for<'py> IntoPyObject<'py> + Send + 'static,
	{
		let state = State {
			outcome: Outcome::Pending,
			request: None,
			status: "Preparing",
			submitted: false,
			callbacks: Vec::new(),
		};
		let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
		let future = work(shared.clone());
		let told = shared.clone();
		let work = runtime()?.spawn(async move {
			told.finish(match future.await {
				Ok(found) => Outcome::Found(Box::new(move |py| {
					Ok(found.into_pyobject(py).map_err(Into::into)?.into_any().unbind())
				})),
				Err(failure) => Outcome::Failed(failure),
			});
		});
		Ok(Task { shared, work: work.abort_handle() })
	}

	/// The result, if it is there.
	fn taken(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
		let mut state = self.shared.lock();
		match &state.outcome {
			Outcome::Pending => return Ok(None),
			Outcome::Value(value) => return Ok(Some(value.clone_ref(py))),
			Outcome::Failed(failure) => {
				let failure = failure.clone();
				drop(state);
				return Err(failure.into());
			}
			Outcome::Found(_) => (),
		}
		// Others who ask meanwhile find it pending, and look again.
		let Outcome::Found(make) = std::mem::replace(&mut state.outcome, Outcome::Pending) else { return Ok(None) };
		drop(state);
		let made = make(py);
		let mut state = self.shared.lock();
		state.outcome = match &made {
			Ok(value) => Outcome::Value(value.clone_ref(py)),
			Err(error) => Outcome::Failed(Failure::new(Kind::Machine, error.to_string())),
		};
		drop(state);
		self.shared.changed.notify_all();
		made.map(Some)
	}

	/// Waits until something holds. Ctrl-C and the end of the time are errors that name the request.
	fn until<T>(
		&self,
		py: Python<'_>,
		timeout: Option<f64>,
		abort: bool,
		mut found: impl FnMut(Python<'_>) -> PyResult<Option<T>>,
	) -> PyResult<T> {
		let limit = timeout.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
		let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
		loop {
			if let Some(found) = found(py)? {
				return Ok(found);
			}
			let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
			if left == Some(Duration::ZERO) {
				if abort {
					self.stop(Kind::Timeout, "the time that was given is over");
				}
				return Err(self.cut_short(py, "timeout", "the time that was given is over"));
			}
			let pause = left.map_or(LOOK, |left| left.min(LOOK));
			py.detach(|| {
				let state = self.shared.lock();
				if matches!(state.outcome, Outcome::Pending) {
					let waited = self.shared.changed.wait_timeout(state, pause);
					drop(waited);
				}
			});
			if let Err(signal) = py.check_signals() {
				if abort {
					self.stop(Kind::Interrupted, "interrupted");
				}
				return Err(match signal.is_instance_of::<PyKeyboardInterrupt>(py) {
					true => self.cut_short(py, "interrupted", "interrupted"),
					false => signal,
				});
			}
		}
	}

	fn stop(&self, kind: Kind, why: &str) {
		self.work.abort();
		self.shared.finish(Outcome::Failed(Failure::new(kind, why)));
	}

	/// The error of a wait that was cut short: it says what goes on without this.
	fn cut_short(&self, py: Python<'_>, kind: &str, what: &str) -> PyErr {
		let (request, submitted) = {
			let state = self.shared.lock();
			(state.request, state.submitted)
		};
		let text = match (request, submitted) {
			(Some(request), _) => {
				format!("{what}; request {request} goes on, and `net.resume({request})` gets its answer")
			}
			(None, true) => {
				format!("{what}; the transaction may have been handed over, and be included: `net.requests()` says")
			}
			(None, false) => format!("{what}; nothing was submitted"),
		};
		let module = py.import("assay._errors");
		let made = module.and_then(|module| module.getattr("of_kind")?.call1((kind, text, request, None::<String>)));
		made.map_or_else(|error| error, PyErr::from_value)
	}
}

#[pymethods]
impl Task {
	/// The result. A wait that ends early ends the work too, unless it is told not to.
	#[pyo3(signature = (timeout=None, abort=true))]
	fn wait(&self, py: Python<'_>, timeout: Option<f64>, abort: bool) -> PyResult<Py<PyAny>> {
		self.until(py, timeout, abort, |py| self.taken(py))
	}

	/// Number of the request, as soon as there is one.
	#[pyo3(signature = (timeout=None))]
	fn wait_request(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<u64> {
		self.until(py, timeout, false, |_| {
			let state = self.shared.lock();
			match (&state.outcome, state.request) {
				(_, Some(request)) => Ok(Some(request)),
				(Outcome::Failed(failure), None) => Err(failure.clone().into()),
				(Outcome::Pending, None) => Ok(None),
				(Outcome::Found(_) | Outcome::Value(_), None) => Err(Failure::usage("this made no request").into()),
			}
		})
	}

	/// Calls a function without arguments on some thread when the work is done, or now if it is.
	fn on_done(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
		{
			let mut state = self.shared.lock();
			if matches!(state.outcome, Outcome::Pending) {
				state.callbacks.push(callback);
				return Ok(());
			}
		}
		callback.call0(py).map(|_| ())
	}

	/// Ends the work here. A request that was handed over to the chain goes on.
	fn cancel(&self) {
		self.stop(Kind::Usage, "this was cancelled, and has no result; a request that was made goes on");
	}

	/// True if it has ended.
	#[getter]
	fn done(&self) -> bool {
		!matches!(self.shared.lock().outcome, Outcome::Pending)
	}

	/// True if something may have been handed over to the chain.
	#[getter]
	fn submitted(&self) -> bool {
		self.shared.lock().submitted
	}

	/// Number of the request, if it was made.
	#[getter]
	fn request(&self) -> Option<u64> {
		self.shared.lock().request
	}

	/// The stage of the work, in a word.
	#[getter]
	fn status(&self) -> &'static str {
		self.shared.lock().status
	}
}
