//! A validator that breaks the protocol, for tests of whole networks: it stands between engine and off-chain worker and twists what the
//! worker hears. A release build has none of it.
//!
//! `ASSAY_ADVERSARY` names a folder. The node reads there, from a file with its own name, what to do from now on; without the
//! file it is honest. Each act is in the log, in a line that begins with `adversary`.

#[cfg(not(debug_assertions))]
compile_error!("a release build contains no adversary");

use assay_primitives::{
	h, host::EngineHost, verdict::OutputBytes, DutyId, EngineStatus, Finished, Hash32, Job, Output, Run,
};
use futures::{future::BoxFuture, FutureExt, TryFutureExt};
use parking_lot::Mutex;
use sp_consensus::{Environment, ProposeArgs, Proposer};
use sp_core::offchain::OffchainStorage;
use sp_runtime::traits::Block as BlockT;
use std::{
	collections::HashSet,
	fs,
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};

const LOG_TARGET: &str = "adversary";

/// Names the folder of orders.
const FOLDER: &str = "ASSAY_ADVERSARY";

/// Prefix of the keys under which the off-chain worker keeps the votes that open its seals. The name of the duty follows.
const SEALED: &[u8] = b"assay/rounds/sealed/";

/// A way to break the protocol with the results of the engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
	/// Votes for an output that the model does not give. All that lie agree on it, and on the traces.
	Lie,
	/// Votes for the right verdict without the trace of a run, like a validator that has copied the answer.
	Guess,
	/// Votes in a committee as the others that frame do, for the right verdict with one invented trace, and is honest when all decide.
	Frame,
	/// Says nothing.
	Silent,
	/// Seals a vote that it does not open.
	Withhold,
	/// Leaves every transaction out of the blocks that it makes.
	Censor,
}

impl Act {
	fn parse(word: &str) -> Option<Self> {
		match word {
			"lie" => Some(Act::Lie),
			"guess" => Some(Act::Guess),
			"frame" => Some(Act::Frame),
			"silent" => Some(Act::Silent),
			"withhold" => Some(Act::Withhold),
			"censor" => Some(Act::Censor),
			_ => None,
		}
	}
}

struct Adversary {
	engine: Arc<dyn EngineHost>,
	/// The file of orders.
	order: PathBuf,
	/// Duties whose act was logged.
	told: Mutex<HashSet<DutyId>>,
}

/// The file of orders of a node, if the environment names a folder for them.
fn order(node: &str) -> Option<PathBuf> {
	Some(PathBuf::from(std::env::var_os(FOLDER)?).join(node))
}

/// Reads the act from a file of orders.
fn act(order: &Path) -> Option<Act> {
	let word = fs::read_to_string(order).ok()?;
	let act = Act::parse(word.trim());
	if act.is_none() {
		log::error!(target: LOG_TARGET, "adversary: {} says `{}`, which is no act", order.display(), word.trim());
	}
	act
}

/// The storage of the off-chain worker. A node that withholds its votes does not find there what opens them.
#[derive(Clone)]
pub struct Memory<S> {
	storage: S,
	order: Option<PathBuf>,
}

impl<S> Memory<S> {
	/// Puts itself in front of a node's storage.
	pub fn new(storage: S, node: &str) -> Self {
		Memory { storage, order: order(node) }
	}
}

impl<S: OffchainStorage> OffchainStorage for Memory<S> {
	fn set(&mut self, prefix: &[u8], key: &[u8], value: &[u8]) {
		self.storage.set(prefix, key, value)
	}

	fn remove(&mut self, prefix: &[u8], key: &[u8]) {
		self.storage.remove(prefix, key)
	}

	fn get(&self, prefix: &[u8], key: &[u8]) -> Option<Vec<u8>> {
		let opens = key.strip_prefix(SEALED).is_some_and(|duty| !duty.is_empty());
		let withholds = || self.order.as_deref().and_then(act) == Some(Act::Withhold);
		self.storage.get(prefix, key).filter(|_| !opens || !withholds())
	}

	fn compare_and_set(&mut self, prefix: &[u8], key: &[u8], old_value: Option<&[u8]>, new_value: &[u8]) -> bool {
		self.storage.compare_and_set(prefix, key, old_value, new_value)
	}
}

/// Factory of proposers of blocks. A node that censors gives them no time for transactions.
pub struct Authorship<F> {
	factory: F,
	order: Option<PathBuf>,
}

impl<F> Authorship<F> {
	/// Puts itself in front of what makes a node's blocks.
	pub fn new(factory: F, node: &str) -> Self {
		Authorship { factory, order: order(node) }
	}
}

impl<B: BlockT, F: Environment<B>> Environment<B> for Authorship<F> {
	type Proposer = Author<F::Proposer>;
	type CreateProposer = BoxFuture<'static, Result<Self::Proposer, F::Error>>;
	type Error = F::Error;

	fn init(&mut self, parent: &B::Header) -> Self::CreateProposer {
		let censors = self.order.as_deref().and_then(act) == Some(Act::Censor);
		self.factory.init(parent).map_ok(move |proposer| Author { proposer, censors }).boxed()
	}
}

/// Proposer of one block.
pub struct Author<P> {
	proposer: P,
	censors: bool,
}

impl<B: BlockT, P: Proposer<B>> Proposer<B> for Author<P> {
	type Error = P::Error;
	type Proposal = P::Proposal;

	fn propose(self, args: ProposeArgs<B>) -> Self::Proposal {
		if !self.censors {
			return self.proposer.propose(args);
		}
		log::warn!(target: LOG_TARGET, "adversary, {:?}: a block without transactions", Act::Censor);
		self.proposer.propose(ProposeArgs { max_duration: Duration::ZERO, ..args })
	}
}

/// The engine, or an adversary in front of it where the environment asks for one.
pub fn between(engine: Arc<dyn EngineHost>, node: &str) -> Arc<dyn EngineHost> {
	let Some(order) = order(node) else { return engine };
	log::warn!(target: LOG_TARGET, "adversary: this node does what {} says", order.display());
	Arc::new(Adversary { engine, order, told: Default::default() })
}

impl Adversary {
	fn tell(&self, act: Act, duty: &DutyId, what: &str) {
		if self.told.lock().insert(*duty) {
			log::warn!(target: LOG_TARGET, "adversary, {act:?}: duty {}, {what}", hex::encode(duty));
		}
	}

	fn twist(&self, act: Act, finished: Finished) -> Option<Finished> {
		let Finished { duty, result } = finished;
		let Ok(run) = result else { return Some(Finished { duty, result }) };
		let deciding = run.trace_digests.len() > 1;
		let run = match act {
			Act::Silent => {
				self.tell(act, &duty, "the vote is kept back");
				return None;
			}
			Act::Withhold => {
				self.tell(act, &duty, "the vote is sealed, and what opens it is forgotten");
				run
			}
			Act::Censor => run,
			Act::Lie => {
				self.tell(act, &duty, "the vote is for an empty output");
				let outcome = Ok(Output::Inline(OutputBytes::truncate_from(vec![0])));
				Run { outcome, ..run }
			}
			Act::Guess => {
				self.tell(act, &duty, "the vote has a trace of its own");
				invented(run, &duty)
			}
			Act::Frame if deciding => {
				self.tell(act, &duty, "the vote is honest where all decide");
				run
			}
			Act::Frame => {
				self.tell(act, &duty, "the vote has the trace that the others invent");
				invented(run, &[0; 32])
			}
		};
		Some(Finished { duty, result: Ok(run) })
	}
}

/// The run with other traces; equal ones for equal names.
fn invented(run: Run, name: &Hash32) -> Run {
	let trace_digests = run.trace_digests.iter().map(|digest| h("assay/adversary", (digest, name))).collect();
	Run { trace_digests, ..run }
}

impl EngineHost for Adversary {
	fn enqueue(&self, jobs: Vec<Job>) {
		let open: HashSet<_> = jobs.iter().map(|job| job.duty).collect();
		self.told.lock().retain(|duty| open.contains(duty));
		self.engine.enqueue(jobs)
	}

	fn take_finished(&self, duties: Vec<DutyId>, max_wait_ms: u32) -> Vec<Finished> {
		let finished = self.engine.take_finished(duties, max_wait_ms);
		match act(&self.order) {
			None => finished,
			Some(act) => finished.into_iter().filter_map(|finished| self.twist(act, finished)).collect(),
		}
	}

	fn status(&self) -> EngineStatus {
		self.engine.status()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_primitives::ContentId;

	/// Has found something for every duty.
	struct Found(usize);

	impl EngineHost for Found {
		fn enqueue(&self, _: Vec<Job>) {}

		fn take_finished(&self, duties: Vec<DutyId>, _: u32) -> Vec<Finished> {
			let run = Run {
				outcome: Ok(Output::Inline(OutputBytes::truncate_from(vec![1, 2]))),
				load_units: 1,
				units: 2,
				trace_digests: vec![[7; 32]; self.0],
				input: ContentId([3; 32]),
			};
			duties.into_iter().map(|duty| Finished { duty, result: Ok(run.clone()) }).collect()
		}

		fn status(&self) -> EngineStatus {
			EngineStatus { engines: vec![Default::default()], queued: 0, running: 0, replays: 0 }
		}
	}

	/// The results that two nodes with this order hand to their off-chain workers, for a duty each.
	fn heard(order: &str, digests: usize) -> Vec<Finished> {
		let dir = tempfile::tempdir().unwrap();
		let order_file = dir.path().join("node");
		fs::write(&order_file, order).unwrap();
		let node = |duty| {
			let engine = Arc::new(Found(digests));
			Adversary { engine, order: order_file.clone(), told: Default::default() }.take_finished(vec![[duty; 32]], 0)
		};
		[node(1), node(2)].concat()
	}

	fn runs(finished: &[Finished]) -> Vec<Run> {
		finished.iter().map(|finished| finished.result.clone().unwrap()).collect()
	}

	#[test]
	fn who_withholds_does_not_find_what_opens_its_seals() {
		let dir = tempfile::tempdir().unwrap();
		let order_file = dir.path().join("node");
		let storage = sp_core::offchain::storage::InMemOffchainStorage::default();
		let mut memory = Memory { storage, order: Some(order_file.clone()) };
		let duty = [SEALED, &[1; 32]].concat();
		for key in [SEALED, &duty] {
			memory.set(b"", key, b"kept");
		}
		assert!(memory.get(b"", SEALED).is_some() && memory.get(b"", &duty).is_some());
		fs::write(&order_file, "withhold").unwrap();
		assert!(memory.get(b"", SEALED).is_some() && memory.get(b"", &duty).is_none());
	}

	#[test]
	fn each_act_twists_what_it_says_and_nothing_else() {
		let honest = Found(1).take_finished(vec![[1; 32], [2; 32]], 0);
		assert_eq!(heard("whatever", 1), honest);
		assert_eq!(heard("silent", 1), vec![]);

		assert_eq!(heard("withhold\n", 1), honest);
		assert_eq!(heard("censor", 1), honest);

		let lies = runs(&heard("lie", 1));
		assert_eq!(lies[0], lies[1]);
		assert!(lies[0].outcome != runs(&honest)[0].outcome && lies[0].trace_digests == vec![[7; 32]]);

		let guesses = runs(&heard("guess", 1));
		assert!(guesses[0].trace_digests != guesses[1].trace_digests && guesses[0].outcome == runs(&honest)[0].outcome);

		let frames = runs(&heard("frame", 1));
		assert!(frames[0] == frames[1] && frames[0].trace_digests != vec![[7; 32]]);
		assert_eq!(runs(&heard("frame", 2)), runs(&Found(2).take_finished(vec![[1; 32], [2; 32]], 0)));
	}
}
