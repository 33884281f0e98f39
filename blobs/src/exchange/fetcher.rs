//! Fetches wanted blobs from peers that have them.

use super::{
	message::{Request, Response, MAX_IDS},
	Failure, Network,
};
use crate::{error::hex, Error, Holding, Status, Store, LOG_TARGET};
use assay_primitives::{constants::CHUNK_BYTES, ContentId, Hash32};
use codec::{DecodeAll, Encode};
use futures::{future::BoxFuture, stream::FuturesUnordered, FutureExt, StreamExt};
use parking_lot::Mutex;
use std::{
	collections::{HashMap, HashSet},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::{
	sync::watch,
	time::{self, Instant, MissedTickBehavior},
};

/// Chunks asked of one peer at the same time: enough to fill a line of 200 ms at 40 Mbit/s, few enough for 1 Mbit/s within the
/// time that a request has.
const MAX_PER_PEER: usize = 4;
/// Chunks asked for at the same time: 8 MiB.
const MAX_IN_FLIGHT: usize = 32;
/// The same with the late ones, which are asked of others too. They bound the memory: 32 MiB.
const MAX_WITH_LATE: usize = 4 * MAX_IN_FLIGHT;
/// The same for blobs that nobody waits for.
const MAX_IN_BACKGROUND: usize = 4;
/// Blobs fetched at the same time.
const MAX_ACTIVE: usize = 8;
/// Interval at which requests to peers are made and timed out.
const TICK: Duration = Duration::from_millis(200);
/// Time after which a blob's leaves are asked of further peers, as many as have not answered.
const LATE_LEAVES: Duration = Duration::from_millis(500);
/// Time after which a chunk is asked of another peer too: 1 Mbit/s gives one in this time.
const LATE_CHUNK: Duration = Duration::from_secs(2);
/// Time between two `Have` requests for a blob, at first and while it is fetched.
const MIN_POLL: Duration = Duration::from_secs(1);
/// The same once nobody has had it for a while.
const MAX_POLL: Duration = Duration::from_secs(15);
/// Longest time for which a peer that does not answer is left alone.
const MAX_BACKOFF: Duration = Duration::from_secs(64);
/// Time for which a peer that said it is busy is left alone.
const BUSY: Duration = Duration::from_secs(1);
/// Time for which a peer that gave garbage is not asked.
const DISTRUST: Duration = Duration::from_secs(600);
/// Time for which a blob that this node cannot keep is not asked for.
const POSTPONED: Duration = Duration::from_secs(30);

/// Length of a blob, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
	/// The chain says so.
	Exactly(u64),
	/// Somebody says something; no blob of this kind is longer.
	AtMost(u64),
}

/// A blob to fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Want {
	/// The blob.
	pub id: ContentId,
	/// Its length in bytes.
	pub size: Size,
	/// True if a duty waits for the blob. Other blobs come after these, and are throttled ([`Throttle`]).
	pub urgent: bool,
}

/// Bandwidth limit for blobs that are not urgent.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
	/// Bytes per second.
	pub bytes_per_second: u64,
}

/// Progress of one blob.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
	/// The blob that is wanted.
	pub want: Want,
	/// True while chunks are requested from peers.
	pub fetching: bool,
	/// Peers that have some or all of it.
	pub holders: usize,
}

/// Counters of a fetcher since its start.
#[derive(Default, Debug)]
pub struct Stats {
	/// Chunks that were kept.
	pub chunks: AtomicU64,
	/// Their bytes.
	pub bytes: AtomicU64,
	/// Requests without an answer, or with one that did not help.
	pub failures: AtomicU64,
	/// Answers that no honest node gives.
	pub garbage: AtomicU64,
}

/// Tells a running [`Fetcher`] what to fetch, and says how far it is.
pub struct Handle {
	wants: watch::Sender<Vec<Want>>,
	progress: Arc<Mutex<Vec<Progress>>>,
	/// Counters.
	pub stats: Arc<Stats>,
}

impl Handle {
	/// Replaces the list of wanted blobs. A blob that is no longer in it is not fetched any more; its chunks stay in the store.
	pub fn want(&self, wants: Vec<Want>) {
		self.wants.send_if_modified(|current| {
			let changed = *current != wants;
			*current = wants;
			changed
		});
	}

	/// Wanted blobs that are not complete, urgent ones first.
	pub fn progress(&self) -> Vec<Progress> {
		self.progress.lock().clone()
	}
}

/// The task that fetches. It checks and writes chunks itself, so give it a thread of its own.
pub struct Fetcher<N: Network> {
	store: Arc<Store>,
	network: Arc<N>,
	throttle: Throttle,
	wants: watch::Receiver<Vec<Want>>,
	progress: Arc<Mutex<Vec<Progress>>>,
	stats: Arc<Stats>,
	/// Blobs to fetch, the urgent first.
	tasks: Vec<Task<N::Peer>>,
	peers: HashMap<N::Peer, Peer>,
	requests: FuturesUnordered<BoxFuture<'static, Done<N::Peer>>>,
	/// Chunks asked for that are not late, by peer, blob and place, and those of them in the background.
	in_flight: HashMap<(N::Peer, ContentId, u32), Asked>,
	in_background: usize,
	/// Chunks asked for that are late.
	late: HashSet<(N::Peer, ContentId, u32)>,
	/// Bytes that may be asked for in the background now.
	allowance: f64,
	refilled: Instant,
	random: u64,
}

struct Task<P> {
	want: Want,
	next_poll: Instant,
	poll_delay: Duration,
	holders: HashMap<P, Holding>,
	/// Peers that were asked for the leaves and have not answered, and the time of the last question.
	asked_leaves: HashSet<P>,
	last_asked: Instant,
	/// Chunks to ask for, in the order of this node. `None` before the leaves are here.
	queue: Option<Vec<u32>>,
	in_flight: usize,
	postponed: Option<Instant>,
}

struct Peer {
	outstanding: usize,
	polling: bool,
	/// True once the peer was asked which of all wanted blobs it has.
	met: bool,
	/// True once the peer has given a chunk.
	proven: bool,
	failures: u32,
	/// Not asked before then.
	rests: Option<Instant>,
	connected: bool,
}

enum Question {
	Have(Vec<ContentId>),
	Leaves(ContentId),
	Chunk { id: ContentId, index: u32 },
}

/// A question for a chunk.
struct Asked {
	at: Instant,
	urgent: bool,
}

struct Done<P> {
	peer: P,
	question: Question,
	result: Result<Vec<u8>, Failure>,
}

impl<N: Network> Fetcher<N> {
	/// A fetcher that wants nothing yet.
	pub fn new(store: Arc<Store>, network: Arc<N>, throttle: Throttle) -> (Self, Handle) {
		let (sender, wants) = watch::channel(vec![]);
		let progress = Arc::new(Mutex::new(vec![]));
		let stats = Arc::new(Stats::default());
		let mut seed = [0; 8];
		// Without randomness the order is the same everywhere, which is slower and no worse.
		let _ = getrandom::fill(&mut seed);
		let fetcher = Fetcher {
			store,
			network,
			throttle,
			wants,
			progress: progress.clone(),
			stats: stats.clone(),
			tasks: vec![],
			peers: HashMap::new(),
			requests: FuturesUnordered::new(),
			in_flight: HashMap::new(),
			in_background: 0,
			late: HashSet::new(),
			allowance: 0.0,
			refilled: Instant::now(),
			random: u64::from_le_bytes(seed) | 1,
		};
		(fetcher, Handle { wants: sender, progress, stats })
	}

	/// Fetches until the [`Handle`] is dropped.
	pub async fn run(mut self) {
		let mut ticks = time::interval(TICK);
		ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
		loop {
			tokio::select! {
				changed = self.wants.changed() => match changed {
					Ok(()) => self.update_wants(),
					Err(_) => return,
				},
				Some(done) = self.requests.next() => self.on_done(done),
				_ = ticks.tick() => self.on_tick(),
			}
			self.ask_for_chunks();
		}
	}

	fn update_wants(&mut self) {
		let wants = self.wants.borrow_and_update().clone();
		let mut known: HashMap<_, _> = self.tasks.drain(..).map(|task| (task.want.id, task)).collect();
		let now = Instant::now();
		for want in wants {
			if self.store.holds(&want.id) {
				continue;
			}
			let task = match known.remove(&want.id) {
				Some(task) => Task { want, ..task },
				None => Task::new(want, now),
			};
			self.tasks.push(task);
		}
		self.tasks.sort_by_key(|task| !task.want.urgent);
		self.poll(now);
		self.publish();
	}

	fn on_tick(&mut self) {
		let now = Instant::now();
		let connected: HashSet<_> = self.network.peers().into_iter().collect();
		for peer in &connected {
			self.peers.entry(peer.clone()).or_insert_with(Peer::new).connected = true;
		}
		for (peer, state) in &mut self.peers {
			state.connected = connected.contains(peer);
			state.met &= state.connected;
		}
		// A peer that rests keeps resting under a new connection.
		self.peers
			.retain(|_, state| state.connected || state.outstanding > 0 || state.rests.is_some_and(|at| at > now));
		let store = &self.store;
		self.tasks.retain(|task| task.in_flight > 0 || !store.holds(&task.want.id));
		for task in &mut self.tasks {
			task.holders.retain(|peer, _| connected.contains(peer));
			task.postponed = task.postponed.filter(|until| *until > now);
			// Nothing left to ask for and not whole: a chunk went missing again.
			task.queue = task.queue.take().filter(|queue| task.in_flight > 0 || !queue.is_empty());
		}
		self.pass_late(now);
		let elapsed = now.duration_since(self.refilled).as_secs_f64();
		let rate = self.throttle.bytes_per_second as f64;
		self.allowance = (self.allowance + elapsed * rate).min(rate);
		self.refilled = now;
		self.poll(now);
		self.publish();
	}

	/// Has late chunks asked of other peers too, so that those that claim a blob and keep silent hold it up for seconds only.
	fn pass_late(&mut self, now: Instant) {
		let late = self.in_flight.iter().filter(|(_, asked)| asked.at + LATE_CHUNK <= now);
		let late: Vec<_> = late.map(|(question, _)| question.clone()).collect();
		for question in late {
			if self.in_flight.len() + self.late.len() >= MAX_WITH_LATE {
				return;
			}
			self.settle(&question, true);
			self.late.insert(question);
		}
	}

	/// Counts a chunk no longer as asked for. `again`: it is to be asked for.
	fn settle(&mut self, question: &(N::Peer, ContentId, u32), again: bool) {
		let Some(asked) = self.in_flight.remove(question) else { return };
		let (_, id, index) = question;
		self.in_background -= usize::from(!asked.urgent);
		if let Some(task) = self.task(id) {
			task.in_flight = task.in_flight.saturating_sub(1);
			if let (Some(queue), true) = (&mut task.queue, again) {
				queue.push(*index);
			}
		}
	}

	/// Asks peers for the blobs that are due to be asked for.
	fn poll(&mut self, now: Instant) {
		let due: Vec<_> = self.tasks.iter_mut().filter(|task| task.next_poll <= now).take(MAX_IDS).collect();
		let due: Vec<_> = due.into_iter().map(|task| task.polled(now)).collect();
		let all: Vec<_> = self.tasks.iter().map(|task| task.want.id).take(MAX_IDS).collect();
		let mut questions = vec![];
		for (peer, state) in &mut self.peers {
			let ids = if state.met { &due } else { &all };
			if ids.is_empty() || state.polling || !state.is_usable(now) {
				continue;
			}
			state.met = true;
			state.polling = true;
			questions.push((peer.clone(), Question::Have(ids.clone())));
		}
		for (peer, question) in questions {
			self.ask(peer, question);
		}
	}

	/// Asks for leaves and chunks as long as limits allow.
	fn ask_for_chunks(&mut self) {
		let now = Instant::now();
		let mut active = 0;
		for index in 0..self.tasks.len() {
			if active == MAX_ACTIVE || self.in_flight.len() >= MAX_IN_FLIGHT {
				return;
			}
			let task = &self.tasks[index];
			if task.holders.is_empty() || task.postponed.is_some() {
				continue;
			}
			active += 1;
			if task.queue.is_none() && !self.plan(index, now) {
				continue;
			}
			while self.ask_for_chunk(index, now) {}
		}
	}

	/// Finds out which chunks to ask for, if need be from a peer that has some.
	fn plan(&mut self, index: usize, now: Instant) -> bool {
		let id = self.tasks[index].want.id;
		match self.store.status(&id) {
			Status::Partial { missing, .. } => {
				let queue = self.shuffled(missing);
				self.tasks[index].queue = Some(queue);
				true
			}
			Status::Held { .. } => false,
			Status::Unknown => {
				self.ask_for_leaves(index, now);
				false
			}
		}
	}

	/// Asks a peer for the leaves, and twice as many each time that they are late.
	fn ask_for_leaves(&mut self, index: usize, now: Instant) {
		let task = &self.tasks[index];
		let silent = task.asked_leaves.len();
		if silent > 0 && task.last_asked + LATE_LEAVES > now {
			return;
		}
		let rank = |peer: &N::Peer| {
			let state = self.peers.get(peer).filter(|state| state.is_usable(now))?;
			Some((!state.proven, state.failures, state.outstanding))
		};
		let others = task.holders.keys().filter(|peer| !task.asked_leaves.contains(peer));
		let mut others: Vec<_> = others.filter_map(|peer| Some((rank(peer)?, peer.clone()))).collect();
		others.sort();
		let id = task.want.id;
		for (_, peer) in others.into_iter().take(silent.max(1)) {
			let task = &mut self.tasks[index];
			task.asked_leaves.insert(peer.clone());
			task.last_asked = now;
			self.ask(peer, Question::Leaves(id));
		}
	}

	/// Asks the best peer for a chunk that it has.
	fn ask_for_chunk(&mut self, index: usize, now: Instant) -> bool {
		let task = &mut self.tasks[index];
		let urgent = task.want.urgent;
		if self.in_flight.len() >= MAX_IN_FLIGHT {
			return false;
		}
		if !urgent && (self.in_background >= MAX_IN_BACKGROUND || self.allowance <= 0.0) {
			return false;
		}
		let Some(queue) = &mut task.queue else { return false };
		let free = |peer: &N::Peer| self.peers.get(peer).filter(|state| state.is_free(now)).map(Peer::rank);
		let mut free: Vec<_> =
			task.holders.iter().filter_map(|(peer, holding)| Some((free(peer)?, peer, holding))).collect();
		free.sort_by_key(|(rank, peer, _)| (*rank, *peer));
		let (id, late) = (task.want.id, &self.late);
		let found = free.into_iter().find_map(|(_, peer, holding)| {
			let gives = |chunk: &u32| holding.has(*chunk) && !late.contains(&(peer.clone(), id, *chunk));
			Some((peer.clone(), queue.iter().rposition(gives)?))
		});
		let Some((peer, position)) = found else { return false };
		let chunk = queue.swap_remove(position);
		task.in_flight += 1;
		self.in_flight.insert((peer.clone(), id, chunk), Asked { at: now, urgent });
		if !urgent {
			self.in_background += 1;
			self.allowance -= CHUNK_BYTES as f64;
		}
		self.ask(peer, Question::Chunk { id, index: chunk });
		true
	}

	fn ask(&mut self, peer: N::Peer, question: Question) {
		let request = match &question {
			Question::Have(ids) => Request::Have(ids.clone()),
			Question::Leaves(id) => Request::Leaves(*id),
			Question::Chunk { id, index } => Request::Chunk(*id, *index),
		};
		if let Some(state) = self.peers.get_mut(&peer) {
			state.outstanding += 1;
		}
		let answer = self.network.request(&peer, request.encode());
		self.requests.push(async move { Done { result: answer.await, peer, question } }.boxed());
	}

	fn on_done(&mut self, done: Done<N::Peer>) {
		let Done { peer, question, result } = done;
		let now = Instant::now();
		if let Some(state) = self.peers.get_mut(&peer) {
			state.outstanding = state.outstanding.saturating_sub(1);
			state.polling &= !matches!(question, Question::Have(_));
		}
		if let Question::Leaves(id) = &question {
			if let Some(task) = self.task(id) {
				task.asked_leaves.remove(&peer);
			}
		}
		let outcome = match result {
			Ok(bytes) => self.on_answer(&peer, &question, &bytes, now),
			Err(failure) => Outcome::Failed(failure),
		};
		let helped = matches!(outcome, Outcome::Fine);
		self.judge(&peer, matches!(question, Question::Chunk { .. }), outcome, now);
		let Question::Chunk { id, index } = question else { return };
		let question = (peer, id, index);
		if !self.late.remove(&question) {
			self.settle(&question, !helped);
		} else if let (Some(queue), true) = (self.task(&id).and_then(|task| task.queue.as_mut()), helped) {
			// It waits to be asked of others.
			queue.retain(|waiting| *waiting != index);
		}
	}

	/// Draws the consequences of an answer for the peer that gave it.
	fn judge(&mut self, peer: &N::Peer, is_chunk: bool, outcome: Outcome, now: Instant) {
		let Some(state) = self.peers.get_mut(peer) else { return };
		match outcome {
			Outcome::Fine => {
				state.failures = 0;
				state.proven |= is_chunk;
			}
			Outcome::Local => (),
			Outcome::Busy => state.rests = Some(now + BUSY),
			Outcome::Failed(failure) => {
				log::debug!(target: LOG_TARGET, "peer {peer:?}: {failure}");
				self.stats.failures.fetch_add(1, Ordering::Relaxed);
				state.fail(now);
			}
			Outcome::Absent => {
				self.stats.failures.fetch_add(1, Ordering::Relaxed);
				state.fail(now);
			}
			Outcome::Garbage => {
				log::warn!(target: LOG_TARGET, "peer {peer:?} gives garbage and is not asked for a while");
				self.stats.garbage.fetch_add(1, Ordering::Relaxed);
				state.rests = Some(now + DISTRUST);
				self.network.report(peer);
				for task in &mut self.tasks {
					task.holders.remove(peer);
				}
			}
		}
	}

	fn on_answer(&mut self, peer: &N::Peer, question: &Question, bytes: &[u8], now: Instant) -> Outcome {
		let Ok(response) = Response::decode_all(&mut &bytes[..]) else { return Outcome::Garbage };
		match (question, response) {
			(_, Response::Busy) => Outcome::Busy,
			(Question::Have(ids), Response::Have(holdings)) if ids.len() == holdings.len() => {
				for (id, holding) in ids.iter().zip(holdings) {
					let Some(task) = self.task(id) else { continue };
					match holding {
						Holding::Nothing => drop(task.holders.remove(peer)),
						held => drop(task.holders.insert(peer.clone(), held)),
					}
				}
				Outcome::Fine
			}
			(Question::Leaves(id), Response::Leaves(size, leaves)) => self.on_leaves(*id, size, &leaves, now),
			(Question::Chunk { id, index }, Response::Chunk(bytes)) => self.on_chunk(*id, *index, &bytes, now),
			(Question::Leaves(id) | Question::Chunk { id, .. }, Response::Missing) => {
				// It said that it had it. The next poll tells.
				if let Some(task) = self.task(id) {
					task.holders.remove(peer);
				}
				Outcome::Absent
			}
			_ => Outcome::Garbage,
		}
	}

	fn on_leaves(&mut self, id: ContentId, size: u64, leaves: &[Hash32], now: Instant) -> Outcome {
		let is_here = self.store.status(&id) != Status::Unknown;
		let Some(task) = self.task(&id).filter(|_| !is_here) else { return Outcome::Fine };
		if ContentId::chunks(size) != leaves.len() as u64 || ContentId::from_leaves(size, leaves.to_vec()) != id {
			return Outcome::Garbage;
		}
		let fits = match task.want.size {
			Size::Exactly(expected) => size == expected,
			Size::AtMost(limit) => size <= limit,
		};
		if !fits {
			log::warn!(target: LOG_TARGET, "blob {} has {size} bytes, not what the chain was told: it is left", hex(&id));
			task.postponed = Some(now + DISTRUST);
			return Outcome::Fine;
		}
		if let Err(error) = self.store.begin(id, size, leaves) {
			log::warn!(target: LOG_TARGET, "blob {} cannot be fetched: {error}", hex(&id));
			if let Some(task) = self.task(&id) {
				task.postponed = Some(now + POSTPONED);
			}
		}
		Outcome::Fine
	}

	fn on_chunk(&mut self, id: ContentId, index: u32, bytes: &[u8], now: Instant) -> Outcome {
		match self.store.put_chunk(&id, index, bytes) {
			Ok(missing) => {
				self.stats.chunks.fetch_add(1, Ordering::Relaxed);
				self.stats.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
				if missing == 0 && self.task(&id).is_some() {
					log::info!(target: LOG_TARGET, "blob {} is here", hex(&id));
					self.tasks.retain(|task| task.want.id != id);
				}
				Outcome::Fine
			}
			Err(Error::WrongChunk { .. }) => Outcome::Garbage,
			Err(error) => {
				log::warn!(target: LOG_TARGET, "chunk {index} of blob {} cannot be kept: {error}", hex(&id));
				if let Some(task) = self.task(&id) {
					task.postponed = Some(now + POSTPONED);
					task.queue = None;
				}
				Outcome::Local
			}
		}
	}

	fn task(&mut self, id: &ContentId) -> Option<&mut Task<N::Peer>> {
		self.tasks.iter_mut().find(|task| task.want.id == *id)
	}

	fn publish(&self) {
		let progress = |task: &Task<N::Peer>| Progress {
			want: task.want,
			fetching: task.in_flight > 0,
			holders: task.holders.len(),
		};
		*self.progress.lock() = self.tasks.iter().map(progress).collect();
	}

	/// In an order that differs from node to node, so that they have different chunks to give each other.
	fn shuffled(&mut self, mut chunks: Vec<u32>) -> Vec<u32> {
		for index in (1..chunks.len()).rev() {
			// xorshift64: nothing depends on how good it is.
			self.random ^= self.random << 13;
			self.random ^= self.random >> 7;
			self.random ^= self.random << 17;
			chunks.swap(index, (self.random % (index as u64 + 1)) as usize);
		}
		chunks
	}
}

/// Consequence of an answer for its peer.
enum Outcome {
	/// The answer was useful.
	Fine,
	/// The answer was right, and this node could not use it.
	Local,
	/// The peer is busy, and asks to wait.
	Busy,
	/// No answer came.
	Failed(Failure),
	/// The peer does not have a chunk that it has announced.
	Absent,
	/// The answer is one that no honest node gives.
	Garbage,
}

impl<P> Task<P> {
	fn new(want: Want, now: Instant) -> Self {
		Task {
			want,
			next_poll: now,
			poll_delay: MIN_POLL,
			holders: HashMap::new(),
			asked_leaves: HashSet::new(),
			last_asked: now,
			queue: None,
			in_flight: 0,
			postponed: None,
		}
	}

	/// Its id, for a question that is asked now.
	fn polled(&mut self, now: Instant) -> ContentId {
		self.next_poll = now + self.poll_delay;
		self.poll_delay = match self.holders.is_empty() {
			true => self.poll_delay.mul_f64(1.25).min(MAX_POLL),
			false => MIN_POLL,
		};
		self.want.id
	}
}

impl Peer {
	fn new() -> Self {
		Peer { outstanding: 0, polling: false, met: false, proven: false, failures: 0, rests: None, connected: true }
	}

	fn is_usable(&self, now: Instant) -> bool {
		self.connected && self.rests.is_none_or(|until| until <= now)
	}

	/// One that has proven nothing gets a single request, so that many that never answer cannot hold all of them.
	fn is_free(&self, now: Instant) -> bool {
		let most = if self.proven && self.failures == 0 { MAX_PER_PEER } else { 1 };
		self.is_usable(now) && self.outstanding < most
	}

	/// The peer with the lowest rank is asked first.
	fn rank(&self) -> (u32, usize) {
		(self.failures, self.outstanding)
	}

	/// Leaves the peer alone, for longer each time. Requests that fail together count once.
	fn fail(&mut self, now: Instant) {
		if self.rests.is_some_and(|until| until > now) {
			return;
		}
		let backoff = Duration::from_secs(1 << self.failures.min(6)).min(MAX_BACKOFF);
		self.failures = self.failures.saturating_add(1);
		self.rests = Some(now + backoff);
	}
}
