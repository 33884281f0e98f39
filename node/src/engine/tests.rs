use super::*;
use assay_engine::{Abstain, InspectError as ModelError, RUN_MEMORY_BYTES};
use assay_primitives::{DataType, FailReason, Tensor, TensorBundle};
use std::{
	collections::VecDeque,
	fs,
	num::NonZeroUsize,
	sync::atomic::{AtomicU32, AtomicUsize, Ordering},
};
use tempfile::TempDir;

const MODEL: &[u8] = b"a model";
const INPUT: &[u8] = b"an input";
const ENGINE: EngineId = EngineId([1; 32]);
/// Longer than anything here takes, shorter than a person waits.
const PATIENCE: Duration = Duration::from_secs(10);

type Step = Box<dyn Fn(&Cancel) -> Result<assay_engine::Run, Abstain> + Send>;

/// A scripted engine, which answers "an output" when the script has no more entry.
#[derive(Default)]
struct Scripted {
	runs: AtomicUsize,
	/// Unit limit and place of each run, in the order in which they began.
	begun: Mutex<Vec<(u64, Place)>>,
	script: Mutex<VecDeque<Step>>,
	lost_kernels: AtomicU32,
}

impl Scripted {
	fn then(&self, step: impl Fn() -> Result<assay_engine::Run, Abstain> + Send + 'static) {
		self.script.lock().push_back(Box::new(move |_| step()));
	}

	/// The next run goes on until somebody stops it.
	fn then_endless(&self) {
		self.script.lock().push_back(Box::new(|cancel| {
			let started = Instant::now();
			while !cancel.is_cancelled() {
				assert!(started.elapsed() < PATIENCE, "nobody stops the run");
				std::thread::sleep(Duration::from_millis(1));
			}
			Err(Abstain::Cancelled)
		}));
	}

	fn begun(&self) -> Vec<(u64, Place)> {
		self.begun.lock().clone()
	}

	fn runs(&self) -> usize {
		self.runs.load(Ordering::SeqCst)
	}
}

impl Runner for Scripted {
	fn run(
		&self,
		request: &RunRequest,
		place: Place,
		_afresh: bool,
		cancel: &Cancel,
	) -> Result<assay_engine::Run, Abstain> {
		// As an engine that has nothing loaded.
		if let Model::Named { read, .. } = request.model {
			read()?;
		}
		self.begun.lock().push((request.unit_limit, place));
		self.runs.fetch_add(1, Ordering::SeqCst);
		let step = self.script.lock().pop_front();
		step.map_or_else(|| Ok(ran(Ok(b"an output".to_vec()))), |step| step(cancel))
	}

	fn inspect(&self, model: &[u8], _: Option<&[Vec<u64>]>) -> Result<Inspection, ModelError> {
		Ok(Inspection {
			inputs: vec![],
			outputs: vec![],
			operators: vec![],
			shapes: vec![],
			load_units: 1,
			run_units: Some(2),
			memory_bytes: model.len() as u64,
		})
	}

	fn started_workers(&self) -> u64 {
		0
	}

	fn lost_kernels(&self) -> u32 {
		self.lost_kernels.load(Ordering::SeqCst)
	}
}

fn ran(outcome: Result<Vec<u8>, FailReason>) -> assay_engine::Run {
	assay_engine::Run {
		outcome,
		load_units: 3,
		units: 10,
		trace_digests: vec![[9; 32]],
		generated_input: None,
		why: None,
	}
}

/// A node's queue, on a directory that outlives it.
struct Node {
	dir: Arc<TempDir>,
	store: Arc<Store>,
	engine: Arc<Scripted>,
	queue: Arc<RunQueue>,
}

impl Node {
	/// A node that holds the model.
	fn new() -> Self {
		let node = Self::without_model();
		node.store.put(MODEL).unwrap();
		node
	}

	fn without_model() -> Self {
		Self::on(Arc::new(tempfile::tempdir().unwrap()), Ok)
	}

	fn on(
		dir: Arc<TempDir>,
		boot: impl FnOnce(Arc<Scripted>) -> Result<Arc<Scripted>, String> + Send + 'static,
	) -> Self {
		let store = Arc::new(Store::open(dir.path().join("blobs")).unwrap());
		let engine = Arc::new(Scripted::default());
		let boot: Boot = {
			let (engine, boot) = (engine.clone(), Mutex::new(Some(boot)));
			Arc::new(move |source| match source {
				Source::BuiltIn => {
					let boot = boot.lock().take().expect("it is started once");
					boot(engine.clone()).map(|engine| engine as Arc<dyn Runner>)
				}
				// An engine whose package says what it is.
				Source::Package(id, bytes) if bytes == id.0 => Ok(engine.clone() as Arc<dyn Runner>),
				Source::Package(..) => Err("this is no package".into()),
			})
		};
		let queue = RunQueue::start(dir.path(), ENGINE, store.clone(), 1, 0, Some(&Registry::new()), boot, || {
			ENGINE.0.to_vec()
		})
		.unwrap();
		Node { dir, store, engine, queue }
	}

	fn restarted(self) -> Self {
		self.queue.stop();
		Self::on(self.dir.clone(), Ok)
	}

	/// Waits for the result of a duty.
	fn finished(&self, duty: DutyId) -> Finished {
		let started = Instant::now();
		while started.elapsed() < PATIENCE {
			if let Some(finished) = self.queue.take_finished(vec![duty], 1000).pop() {
				return finished;
			}
		}
		panic!("nothing about the duty within {PATIENCE:?}");
	}

	fn result(&self, duty: DutyId) -> Result<Run, Abstention> {
		self.finished(duty).result
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		self.queue.stop();
	}
}

fn until(what: &str, condition: impl Fn() -> bool) {
	let started = Instant::now();
	while !condition() {
		assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
		std::thread::sleep(Duration::from_millis(5));
	}
}

/// A long run: one that the kept worker does not take, so that those of a test follow each other.
fn job(duty: u8) -> Job {
	Job {
		duty: [duty; 32],
		engine: ENGINE,
		model: ContentId::of(MODEL),
		model_size: MODEL.len() as u64,
		input: JobInput::Inline(INPUT.to_vec()),
		unit_limit: SHORT_UNITS + 1,
		trace_keys: vec![[7; 32]],
		afresh: false,
	}
}

/// A run that the kept worker takes.
fn short(duty: u8) -> Job {
	Job { unit_limit: SHORT_UNITS, ..job(duty) }
}

/// A step that tells when it was reached and goes on when it is let.
fn gate() -> (impl Fn() -> Result<assay_engine::Run, Abstain>, impl Fn(), impl Fn()) {
	let (reached_tx, reached_rx) = std::sync::mpsc::channel();
	let (open_tx, open_rx) = std::sync::mpsc::channel::<()>();
	let step = move || {
		reached_tx.send(()).unwrap();
		open_rx.recv().unwrap();
		Ok(ran(Ok(b"an output".to_vec())))
	};
	(step, move || reached_rx.recv_timeout(PATIENCE).unwrap(), move || open_tx.send(()).unwrap())
}

#[test]
fn a_run_is_handed_out_as_the_engine_made_it() {
	let node = Node::new();
	node.queue.enqueue(vec![job(1)]);
	let expected = Run {
		outcome: Ok(Output::Inline(b"an output".to_vec().try_into().unwrap())),
		load_units: 3,
		units: 10,
		trace_digests: vec![[9; 32]],
		input: ContentId::of(INPUT),
	};
	assert_eq!(node.result([1; 32]), Ok(expected));
}

#[test]
fn a_kernel_that_a_run_has_lost_is_in_the_metrics() {
	let node = Node::new();
	let lost = || node.queue.metrics.as_ref().unwrap().lost_kernels.get();
	node.queue.enqueue(vec![job(1)]);
	node.result(job(1).duty).unwrap();
	assert_eq!(lost(), 0);
	node.engine.lost_kernels.store(1, Ordering::SeqCst);
	node.queue.enqueue(vec![job(2)]);
	node.result(job(2).duty).unwrap();
	assert_eq!(lost(), 1);
}

#[test]
fn a_duty_is_run_once_however_often_it_is_listed() {
	let node = Node::new();
	for _ in 0..3 {
		node.queue.enqueue(vec![job(1), job(1)]);
		node.result([1; 32]).unwrap();
	}
	assert_eq!(node.engine.runs(), 1);
}

#[test]
fn a_result_survives_a_restart() {
	let node = Node::new();
	node.queue.enqueue(vec![job(1)]);
	let before = node.finished([1; 32]);
	let node = node.restarted();
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.finished([1; 32]), before);
	assert_eq!(node.engine.runs(), 0);
}

#[test]
fn a_run_that_a_restart_cut_off_is_done_again() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1)]);
	reached();
	let cut_off = node.engine.clone();
	let node = node.restarted();
	node.queue.enqueue(vec![job(1)]);
	node.result([1; 32]).unwrap();
	assert_eq!((cut_off.runs(), node.engine.runs()), (1, 1));
	open();
}

#[test]
fn stopping_does_not_wait_for_a_run() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1), job(2)]);
	reached();
	let started = Instant::now();
	node.queue.stop();
	assert_eq!(node.queue.take_finished(vec![[1; 32]], 1000), []);
	assert!(started.elapsed() < Duration::from_millis(500));
	open();
	until("the worker ends", || Arc::strong_count(&node.queue) == 1);
	assert_eq!(node.engine.runs(), 1);
}

#[test]
fn a_damaged_result_is_run_again() {
	let node = Node::new();
	node.queue.enqueue(vec![job(1)]);
	node.result([1; 32]).unwrap();
	let path = node.dir.path().join("duties").join(hex::encode([1; 32]));
	let whole = fs::read(&path).unwrap();
	let node = node.restarted();
	fs::write(&path, &whole[..whole.len() - 1]).unwrap();
	node.queue.enqueue(vec![job(1)]);
	node.result([1; 32]).unwrap();
	assert_eq!(node.engine.runs(), 1);
}

#[test]
fn a_duty_that_asks_for_another_run_gets_it() {
	let node = Node::new();
	node.queue.enqueue(vec![job(1)]);
	node.result([1; 32]).unwrap();
	let other = Job { input: JobInput::Inline(b"another input".to_vec()), ..job(1) };
	node.queue.enqueue(vec![other]);
	let after = node.finished([1; 32]);
	assert_eq!(after.result.unwrap().input, ContentId::of(b"another input"));
	assert_eq!(node.engine.runs(), 2);
}

#[test]
fn a_job_waits_for_its_model_and_starts_when_the_last_chunk_arrives() {
	let node = Node::without_model();
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.result([1; 32]), Err(Abstention::ModelUnavailable));
	assert_eq!(node.queue.report().waiting_for_blobs, 1);
	let leaves = [blake2_256(MODEL)];
	node.store.begin(ContentId::of(MODEL), MODEL.len() as u64, &leaves).unwrap();
	assert_eq!(node.result([1; 32]), Err(Abstention::ModelUnavailable));
	node.store.put_chunk(&ContentId::of(MODEL), 0, MODEL).unwrap();
	until("the run", || node.engine.runs() == 1);
	node.result([1; 32]).unwrap();
}

#[test]
fn a_job_waits_for_its_input() {
	let node = Node::new();
	let id = ContentId::of(INPUT);
	let job = Job { input: JobInput::Blob { id, size: INPUT.len() as u64 }, ..job(1) };
	node.queue.enqueue(vec![job]);
	assert_eq!(node.result([1; 32]), Err(Abstention::InputUnavailable));
	node.store.put(INPUT).unwrap();
	until("the run", || node.engine.runs() == 1);
	assert_eq!(node.result([1; 32]).unwrap().input, id);
}

#[test]
fn a_model_of_another_size_than_the_chain_says_is_not_the_model() {
	let node = Node::new();
	node.queue.enqueue(vec![Job { model_size: 1, ..job(1) }]);
	assert_eq!(node.result([1; 32]), Err(Abstention::ModelUnavailable));
}

#[test]
fn a_job_that_waits_for_bytes_holds_up_nobody() {
	let node = Node::new();
	let absent = Job { model: ContentId::of(b"absent"), model_size: 6, ..job(1) };
	node.queue.enqueue(vec![absent, job(2)]);
	node.result([2; 32]).unwrap();
}

#[test]
fn a_model_that_was_damaged_on_disk_is_waited_for() {
	let node = Node::new();
	let path = node.dir.path().join("blobs").join(hex::encode(ContentId::of(MODEL).0)).join("data");
	fs::write(path, b"damage!").unwrap();
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.result([1; 32]), Err(Abstention::ModelUnavailable));
	node.store.put(MODEL).unwrap();
	until("the run", || node.engine.runs() == 1);
	node.result([1; 32]).unwrap();
}

#[test]
fn a_job_for_another_engine_is_abstained_from() {
	let node = Node::new();
	node.queue.enqueue(vec![Job { engine: EngineId([2; 32]), ..job(1) }]);
	assert_eq!(node.result([1; 32]), Err(Abstention::EngineUnavailable));
	assert_eq!(node.engine.runs(), 0);
}

#[test]
fn without_its_self_test_the_engine_is_unavailable_and_says_so() {
	let dir = Arc::new(tempfile::tempdir().unwrap());
	let node = Node::on(dir, |_| Err("vector 3 differs".into()));
	node.store.put(MODEL).unwrap();
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.result([1; 32]), Err(Abstention::EngineUnavailable));
	let report = node.queue.report();
	assert_eq!((report.own.state, report.own.reason.as_deref()), (Readiness::Unavailable, Some("vector 3 differs")));
	assert!(node.queue.status().engines.is_empty());
	let inspected = node.queue.inspect(ENGINE, &ContentId::of(MODEL), None, 1);
	assert!(matches!(inspected, Err(InspectError::Unavailable(_))));
}

fn other(id: u8, package: Option<ContentId>) -> EngineInfo {
	let package = package.map(|id| pallet_models::BlobRef { id, size: 32 });
	EngineInfo { engine: EngineId([id; 32]), package }
}

#[test]
fn a_node_runs_every_engine_that_the_chain_names_and_that_is_here() {
	let node = Node::new();
	let file = |id: u8| node.dir.path().join(format!("engines/{}.engine", hex::encode([id; 32])));
	assert!(file(1).exists(), "its own is kept for the program that comes after it");
	let blob = node.store.put(&[2; 32]).unwrap();
	fs::write(file(3), [3; 32]).unwrap();
	fs::write(file(4), "rubbish").unwrap();
	fs::write(file(5), [5; 32]).unwrap();
	let others =
		[other(2, Some(blob)), other(3, None), other(4, None), other(6, None), other(7, Some(ContentId([9; 32])))];
	node.queue.hold(&others);
	until("they start", || node.queue.report().others.iter().all(|other| other.state != Readiness::Starting));
	let states: Vec<_> = node.queue.report().others.iter().map(|o| (o.engine.0[0], o.state)).collect();
	assert_eq!(states, [(2, Readiness::Ready), (3, Readiness::Ready), (4, Readiness::Unavailable)]);
	let mut ready = node.queue.status().engines;
	ready.sort_by_key(|engine| engine.0);
	assert_eq!(ready, [1, 2, 3].map(|id| EngineId([id; 32])));
	assert!(!file(5).exists() && file(1).exists(), "what the chain does not name goes");
	let jobs = (1..=6).map(|id| Job { engine: EngineId([id; 32]), ..job(id) }).collect();
	node.queue.enqueue(jobs);
	for id in 1..=3 {
		assert!(node.result([id; 32]).is_ok(), "engine {id}");
	}
	for id in 4..=6 {
		assert_eq!(node.result([id; 32]), Err(Abstention::EngineUnavailable), "engine {id}");
	}
	// Later the chain names its own alone.
	node.queue.hold(&[]);
	assert_eq!(node.queue.status().engines, [ENGINE]);
	assert!(!file(3).exists() && file(1).exists());
	assert!(matches!(
		node.queue.inspect(EngineId([3; 32]), &ContentId::of(MODEL), None, 1),
		Err(InspectError::NotHeld(_))
	));
}

#[test]
fn an_engine_that_panics_at_start_is_unavailable() {
	let node = Node::on(Arc::new(tempfile::tempdir().unwrap()), |_| panic!("no memory"));
	until("the boot", || node.queue.report().own.state == Readiness::Unavailable);
}

#[test]
fn jobs_wait_while_the_engine_starts() {
	let (tx, rx) = std::sync::mpsc::channel::<()>();
	let node = Node::on(Arc::new(tempfile::tempdir().unwrap()), move |engine| {
		rx.recv().map_err(|error| error.to_string())?;
		Ok(engine)
	});
	node.store.put(MODEL).unwrap();
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.queue.take_finished(vec![[1; 32]], 50), []);
	assert_eq!(node.queue.report().own.state, Readiness::Starting);
	tx.send(()).unwrap();
	node.result([1; 32]).unwrap();
}

#[test]
fn trouble_of_this_machine_is_tried_again_twice_and_then_reported() {
	let node = Node::new();
	for _ in 0..3 {
		node.engine.then(|| Err(Abstain::Memory));
	}
	for runs in 1..=3 {
		node.queue.enqueue(vec![job(1)]);
		until("the run", || node.engine.runs() == runs && node.queue.report().running == 0);
		if runs < 3 {
			assert_eq!(node.queue.take_finished(vec![[1; 32]], 50), []);
		}
	}
	assert_eq!(node.result([1; 32]), Err(Abstention::Local(Abstain::Memory.to_string())));
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.result([1; 32]), Err(Abstention::Local(Abstain::Memory.to_string())));
	assert_eq!(node.engine.runs(), 3);
}

#[test]
fn a_panic_of_the_engine_is_trouble_of_this_machine() {
	let node = Node::new();
	node.engine.then(|| panic!("a bug in the engine"));
	node.queue.enqueue(vec![job(1)]);
	until("the run", || node.engine.runs() == 1 && node.queue.report().running == 0);
	node.queue.enqueue(vec![job(1)]);
	node.result([1; 32]).unwrap();
}

#[test]
fn a_failed_run_is_a_result() {
	let node = Node::new();
	node.engine.then(|| Ok(ran(Err(FailReason::ModelTrap))));
	node.queue.enqueue(vec![job(1)]);
	assert_eq!(node.result([1; 32]).unwrap().outcome, Err(FailReason::ModelTrap));
}

#[test]
fn a_queued_duty_that_the_chain_drops_is_not_run() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1), job(2)]);
	reached();
	node.queue.enqueue(vec![job(1), job(3)]);
	open();
	node.result([3; 32]).unwrap();
	assert_eq!(node.queue.take_finished(vec![[2; 32]], 0), []);
	assert_eq!(node.engine.runs(), 2);
}

#[test]
fn the_result_of_a_running_duty_that_the_chain_drops_is_discarded() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1)]);
	reached();
	node.queue.enqueue(vec![]);
	open();
	until("the end of the run", || node.queue.report().running == 0);
	assert_eq!(node.queue.take_finished(vec![[1; 32]], 50), []);
	assert_eq!(fs::read_dir(node.dir.path().join("duties")).unwrap().count(), 0);
}

#[test]
fn a_run_whose_end_is_faster_than_its_stop_is_not_done_twice() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1)]);
	reached();
	node.queue.enqueue(vec![]);
	node.queue.enqueue(vec![job(1)]);
	open();
	node.result([1; 32]).unwrap();
	assert_eq!(node.engine.runs(), 1);
}

#[test]
fn a_run_whose_duty_is_dropped_is_stopped_and_its_worker_does_the_next() {
	let node = Node::new();
	node.engine.then_endless();
	node.queue.enqueue(vec![job(1), job(2)]);
	until("the run", || node.engine.runs() == 1);
	node.queue.enqueue(vec![job(2)]);
	node.result([2; 32]).unwrap();
	assert_eq!(node.queue.take_finished(vec![[1; 32]], 0), []);
	assert!(node.queue.state.lock().running.is_empty());
}

#[test]
fn a_duty_that_comes_back_after_its_run_was_stopped_is_run_again() {
	let node = Node::new();
	node.engine.then_endless();
	node.queue.enqueue(vec![job(1)]);
	until("the run", || node.engine.runs() == 1);
	node.queue.enqueue(vec![]);
	for _ in 0..MAX_RETRIES + 2 {
		// A stop is no trouble of this machine, however often it happens.
		node.engine.then_endless();
		node.queue.enqueue(vec![job(1)]);
		let before = node.engine.runs();
		until("the run is there again", || node.engine.runs() > before || node.queue.report().running == 1);
		node.queue.enqueue(vec![]);
		until("it is stopped", || node.queue.report().running == 0);
	}
	node.engine.script.lock().clear();
	node.queue.enqueue(vec![job(1)]);
	node.result([1; 32]).unwrap();
}

#[test]
fn a_run_that_another_fork_asks_otherwise_for_is_stopped() {
	let node = Node::new();
	node.engine.then_endless();
	node.queue.enqueue(vec![job(1)]);
	until("the run", || node.engine.runs() == 1);
	node.queue.enqueue(vec![Job { input: JobInput::Inline(b"another input".to_vec()), ..job(1) }]);
	assert_eq!(node.result([1; 32]).unwrap().input, ContentId::of(b"another input"));
}

#[test]
fn runs_begin_in_the_order_of_the_last_list() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	let long = |duty: u8| Job { unit_limit: SHORT_UNITS + duty as u64, ..job(duty) };
	node.queue.enqueue(vec![long(1), long(2), long(3)]);
	reached();
	node.queue.enqueue(vec![long(4), long(1), long(3), long(2)]);
	open();
	node.result([2; 32]).unwrap();
	let begun: Vec<u64> = node.engine.begun().iter().map(|(limit, _)| limit - SHORT_UNITS).collect();
	assert_eq!(begun, [1, 4, 3, 2]);
}

#[test]
fn short_runs_are_done_beside_a_long_one() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1)]);
	reached();
	// In front of them is a long one, which has to wait.
	node.queue.enqueue(vec![job(1), job(2), short(3), short(4)]);
	node.result([3; 32]).unwrap();
	node.result([4; 32]).unwrap();
	let kept = (SHORT_UNITS, Place::Kept);
	assert_eq!(node.engine.begun(), [(SHORT_UNITS + 1, Place::Any), kept, kept]);
	open();
	node.result([2; 32]).unwrap();
}

#[test]
fn a_long_run_never_takes_the_worker_that_is_kept() {
	let node = Node::new();
	let long: Vec<Job> = (1..20).map(job).collect();
	node.queue.enqueue(long);
	until("all runs", || node.engine.runs() == 19 && node.queue.report().running == 0);
	assert!(node.engine.begun().iter().all(|(_, place)| *place == Place::Any));
}

#[test]
fn an_output_that_is_too_large_to_travel_is_in_the_blob_store() {
	let node = Node::new();
	let output = vec![5; MAX_INLINE_OUTPUT as usize + 1];
	let id = ContentId::of(&output);
	node.engine.then({
		let output = output.clone();
		move || Ok(ran(Ok(output.clone())))
	});
	node.queue.enqueue(vec![job(1)]);
	let outcome = node.result([1; 32]).unwrap().outcome;
	assert_eq!(outcome, Ok(Output::blob(&output)));
	assert_eq!(outcome.unwrap().content_id(), id);
	assert_eq!(node.store.read_all(&id).unwrap(), output);
}

#[test]
fn an_input_that_the_engine_made_is_in_the_blob_store() {
	let node = Node::new();
	node.engine.then(|| Ok(assay_engine::Run { generated_input: Some(b"made".to_vec()), ..ran(Ok(vec![])) }));
	node.queue.enqueue(vec![Job { input: JobInput::Generated, ..job(1) }]);
	assert_eq!(node.result([1; 32]).unwrap().input, ContentId::of(b"made"));
	assert_eq!(node.store.read_all(&ContentId::of(b"made")).unwrap(), b"made");
}

#[test]
fn taking_waits_for_a_result_and_not_longer_than_asked() {
	let node = Node::new();
	let (step, reached, open) = gate();
	node.engine.then(step);
	node.queue.enqueue(vec![job(1)]);
	reached();
	let started = Instant::now();
	assert_eq!(node.queue.take_finished(vec![[1; 32]], 100), []);
	assert!(started.elapsed() >= Duration::from_millis(100));
	assert_eq!(node.queue.take_finished(vec![[1; 32]], u32::MAX), []);
	assert!(started.elapsed() < Duration::from_secs(5));
	open();
	node.result([1; 32]).unwrap();
}

#[test]
fn results_of_open_duties_outlive_their_age() {
	let dir = tempfile::tempdir().unwrap();
	let duties = Duties::open(dir.path().into()).unwrap();
	let run = Run {
		outcome: Err(FailReason::ModelTrap),
		load_units: 0,
		units: 0,
		trace_digests: vec![],
		input: ContentId::of(&[]),
	};
	for duty in [[1; 32], [2; 32]] {
		duties.save(duty, [0; 32], run.clone()).unwrap();
	}
	duties.expire(PATIENCE, &HashSet::new());
	assert!(duties.load(&[1; 32]).is_some());
	std::thread::sleep(Duration::from_millis(20));
	duties.expire(Duration::from_millis(1), &HashSet::from([[2; 32]]));
	assert!(duties.load(&[1; 32]).is_none());
	assert!(duties.load(&[2; 32]).is_some());
}

#[test]
fn a_held_model_can_be_inspected() {
	let node = Node::new();
	until("the boot", || node.queue.report().own.state == Readiness::Ready);
	assert_eq!(node.queue.inspect(ENGINE, &ContentId::of(MODEL), None, 1).unwrap().memory_bytes, MODEL.len() as u64);
	let absent = node.queue.inspect(ENGINE, &ContentId::of(b"absent"), None, 1);
	assert!(matches!(absent, Err(InspectError::Blob(assay_blobs::Error::Unknown(_)))));
	let place = node.queue.quotes.enter(1);
	assert!(matches!(node.queue.inspect(ENGINE, &ContentId::of(MODEL), None, 1), Err(InspectError::Busy)));
	node.queue.inspect(ENGINE, &ContentId::of(MODEL), None, 2).unwrap();
	drop(place);
	node.queue.inspect(ENGINE, &ContentId::of(MODEL), None, 1).unwrap();
}

#[test]
fn the_engine_itself_runs_a_model_that_was_uploaded() {
	// y = Relu(x), both f32 of shape [2], in ONNX opset 13.
	let model = hex::decode(concat!(
		"08083a330a0c0a0178120179220452656c751201675a0f0a0178120a0a08080112040a020802620f0a0179120a0a0808",
		"0112040a0208024202100d",
	))
	.unwrap();
	let dir = tempfile::tempdir().unwrap();
	let store = Arc::new(Store::open(dir.path().join("blobs")).unwrap());
	// The compiled guest is kept beside this build: it takes a while to make.
	let cache_dir = concat!(env!("OUT_DIR"), "/engine").into();
	let (plan, _) = Plan::new(NonZeroUsize::new(1), None, 2, RUN_MEMORY_BYTES).unwrap();
	let queue = RunQueue::start(
		dir.path(),
		id(),
		store.clone(),
		plan.runs,
		0,
		None,
		boot(cache_dir, plan, None, false),
		package,
	)
	.unwrap();
	let x = [-1.0f32, 2.0].map(f32::to_le_bytes).concat();
	let tensor = |name: &str, data| Tensor { name: name.into(), data_type: DataType::F32, shape: vec![2], data };
	let job = Job {
		engine: id(),
		model: store.put(&model).unwrap(),
		model_size: model.len() as u64,
		input: JobInput::Inline(TensorBundle(vec![tensor("x", x)]).to_bytes().unwrap()),
		unit_limit: 1_000_000_000,
		..job(1)
	};
	queue.enqueue(vec![job]);
	let run = loop {
		// Without a cache, the engine takes a while to start.
		if let Some(finished) = queue.take_finished(vec![[1; 32]], 1000).pop() {
			break finished.result.unwrap();
		}
	};
	let y = [0.0f32, 2.0].map(f32::to_le_bytes).concat();
	let output = TensorBundle(vec![tensor("y", y)]).to_bytes().unwrap();
	assert_eq!(run.outcome.unwrap().content_id(), ContentId::of(&output));
	assert_eq!(run.trace_digests.len(), 1);
	assert!(run.units > run.load_units);
	queue.stop();
}
