use super::*;
use crate::{Config, Status, Store};
use assay_primitives::{constants::CHUNK_BYTES, ContentId};
use codec::{Decode, Encode};
use futures::FutureExt;
use parking_lot::Mutex;
use std::{
	collections::BTreeMap,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Arc,
	},
	time::Duration,
};
use tempfile::TempDir;

/// Time that a request has.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Gets the honest answer and gives another one, or none.
type Twist = Box<dyn Fn(Request, Response) -> Option<Response> + Send + Sync>;

struct Node {
	store: Arc<Store>,
	twist: Twist,
	asked: AtomicUsize,
	connected: bool,
}

/// A network in which the test says what peers answer.
#[derive(Default)]
struct Net {
	nodes: Mutex<BTreeMap<u8, Arc<Node>>>,
	reported: Mutex<Vec<u8>>,
	/// Time that a request has, if it is not [`TIMEOUT`].
	timeout: Option<Duration>,
}

impl Net {
	fn add(
		&self,
		name: u8,
		store: &Arc<Store>,
		twist: impl Fn(Request, Response) -> Option<Response> + Send + Sync + 'static,
	) {
		let node = Node { store: store.clone(), twist: Box::new(twist), asked: AtomicUsize::new(0), connected: true };
		self.nodes.lock().insert(name, Arc::new(node));
	}

	fn add_honest(&self, name: u8, store: &Arc<Store>) {
		self.add(name, store, |_, response| Some(response));
	}

	fn asked(&self, name: u8) -> usize {
		self.nodes.lock()[&name].asked.load(Ordering::SeqCst)
	}
}

impl Network for Net {
	type Peer = u8;

	fn peers(&self) -> Vec<u8> {
		self.nodes.lock().iter().filter(|(_, node)| node.connected).map(|(name, _)| *name).collect()
	}

	fn request(&self, peer: &u8, request: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> {
		let Some(node) = self.nodes.lock().get(peer).cloned() else {
			return async { Err(Failure::Disconnected) }.boxed();
		};
		let timeout = self.timeout.unwrap_or(TIMEOUT);
		async move {
			node.asked.fetch_add(1, Ordering::SeqCst);
			tokio::time::sleep(Duration::from_millis(1)).await;
			let Answer::Response(response) = answer(&node.store, &request) else { return Err(Failure::Refused) };
			let request = Request::decode(&mut &request[..]).unwrap();
			match (node.twist)(request, Response::decode(&mut &response[..]).unwrap()) {
				Some(response) => Ok(response.encode()),
				None => {
					tokio::time::sleep(timeout).await;
					Err(Failure::TimedOut)
				}
			}
		}
		.boxed()
	}

	fn report(&self, peer: &u8) {
		self.reported.lock().push(*peer);
	}
}

fn store() -> (TempDir, Arc<Store>) {
	let dir = tempfile::tempdir().unwrap();
	let store = Store::open_with(dir.path(), Config::default()).unwrap();
	(dir, Arc::new(store))
}

/// A blob of so many chunks, and a store that has it.
fn blob(chunks: usize) -> (TempDir, Arc<Store>, Vec<u8>, Want) {
	let (dir, store) = store();
	let bytes: Vec<u8> = (0..chunks * CHUNK_BYTES as usize - 7).map(|i| (i / 253 + i) as u8).collect();
	let id = store.put(&bytes).unwrap();
	let want = Want { id, size: Size::Exactly(bytes.len() as u64), urgent: true };
	(dir, store, bytes, want)
}

/// A fetcher at work on a store of its own.
struct Fetch {
	_dir: TempDir,
	store: Arc<Store>,
	handle: Handle,
}

fn fetch(net: &Arc<Net>, wants: Vec<Want>) -> Fetch {
	let (dir, store) = store();
	let throttle = Throttle { bytes_per_second: 4 * CHUNK_BYTES };
	let (fetcher, handle) = Fetcher::new(store.clone(), net.clone(), throttle);
	tokio::spawn(fetcher.run());
	handle.want(wants);
	Fetch { _dir: dir, store, handle }
}

impl Fetch {
	async fn until(&self, what: &str, condition: impl Fn(&Fetch) -> bool) {
		let wait = async {
			while !condition(self) {
				tokio::time::sleep(Duration::from_millis(10)).await;
			}
		};
		tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"));
	}

	async fn holds(&self, want: &Want) {
		self.until("the blob is here", |fetch| fetch.store.holds(&want.id)).await;
		assert_eq!(self.store.check().unwrap().problems, Vec::<String>::new());
	}
}

fn is_chunk(request: &Request) -> bool {
	matches!(request, Request::Chunk(..))
}

/// Flips a bit of each chunk.
fn corrupt(_: Request, response: Response) -> Option<Response> {
	Some(match response {
		Response::Chunk(mut bytes) => {
			bytes[5] ^= 1;
			Response::Chunk(bytes)
		}
		other => other,
	})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_comes_from_several_peers() {
	let (_dir, source, bytes, want) = blob(20);
	let net = Arc::new(Net::default());
	(0..3).for_each(|name| net.add_honest(name, &source));
	let fetch = fetch(&net, vec![want]);
	fetch.holds(&want).await;
	assert_eq!(fetch.store.read_all(&want.id).unwrap(), bytes);
	assert!((0..3).all(|name| net.asked(name) > 2), "each of them gave some");
	fetch.until("nothing is wanted any more", |fetch| fetch.handle.progress().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_nobody_has_yet_comes_once_somebody_has_it() {
	let (_dir, source, bytes, want) = blob(3);
	let (_dir, empty) = store();
	let net = Arc::new(Net::default());
	net.add_honest(0, &empty);
	let fetch = fetch(&net, vec![want]);
	fetch.until("it is waited for", |fetch| fetch.handle.progress().len() == 1).await;
	assert_eq!(fetch.store.status(&want.id), Status::Unknown);
	drop(source);
	empty.put(&bytes).unwrap();
	fetch.holds(&want).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_fetch_the_same_blob_serve_each_other() {
	let (_dir, source, _, want) = blob(24);
	let net = Arc::new(Net::default());
	// It gives each chunk once.
	let given = Mutex::new(std::collections::HashSet::new());
	net.add(0, &source, move |request, response| match &request {
		Request::Chunk(_, index) if !given.lock().insert(*index) => Some(Response::Missing),
		_ => Some(response),
	});
	let (a, b) = (fetch(&net, vec![want]), fetch(&net, vec![want]));
	net.add_honest(1, &a.store);
	net.add_honest(2, &b.store);
	a.holds(&want).await;
	b.holds(&want).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupted_chunks_are_not_kept_and_their_giver_is_reported() {
	let (_dir, source, bytes, want) = blob(12);
	let net = Arc::new(Net::default());
	net.add(0, &source, corrupt);
	net.add_honest(1, &source);
	let fetch = fetch(&net, vec![want]);
	fetch.holds(&want).await;
	assert_eq!(fetch.store.read_all(&want.id).unwrap(), bytes);
	assert_eq!(*net.reported.lock(), [0]);
	assert_eq!(fetch.handle.stats.garbage.load(Ordering::Relaxed), 1);
	assert!(net.asked(0) <= 4, "who gives garbage is not asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_and_answers_that_no_honest_node_gives_are_reported() {
	let twists: [Twist; 4] = [
		Box::new(|_, response| match response {
			Response::Leaves(size, mut leaves) => {
				leaves.swap(0, 1);
				Some(Response::Leaves(size, leaves))
			}
			other => Some(other),
		}),
		Box::new(|_, response| match response {
			Response::Leaves(size, leaves) => Some(Response::Leaves(size + 1, leaves)),
			other => Some(other),
		}),
		Box::new(|_, response| match response {
			Response::Have(_) => Some(Response::Have(vec![])),
			other => Some(other),
		}),
		Box::new(|request, response| is_chunk(&request).then_some(Response::Leaves(1, vec![])).or(Some(response))),
	];
	for twist in twists {
		let (_dir, source, _, want) = blob(3);
		let net = Arc::new(Net::default());
		net.add(0, &source, twist);
		let fetch = fetch(&net, vec![want]);
		fetch.until("it is reported", |_| *net.reported.lock() == [0]).await;
		net.add_honest(1, &source);
		fetch.holds(&want).await;
		assert_eq!(*net.reported.lock(), [0]);
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_half_way_holds_up_nothing() {
	let (_dir, source, _, want) = blob(16);
	let net = Arc::new(Net::default());
	let served = AtomicUsize::new(0);
	net.add(0, &source, move |request, response| {
		let stop = is_chunk(&request) && served.fetch_add(1, Ordering::SeqCst) >= 5;
		(!stop).then_some(response)
	});
	let fetch = fetch(&net, vec![want]);
	fetch
		.until(
			"a part is here",
			|fetch| matches!(fetch.store.status(&want.id), Status::Partial { missing, .. } if missing.len() <= 11),
		)
		.await;
	net.add_honest(1, &source);
	fetch.holds(&want).await;
	assert_eq!(*net.reported.lock(), Vec::<u8>::new(), "to be slow is no crime");
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_never_answer_do_not_keep_an_honest_one_from_answering() {
	let (_dir, source, _, want) = blob(40);
	let net = Arc::new(Net::default());
	for name in 0..24 {
		net.add(name, &source, |request, response| (!is_chunk(&request)).then_some(response));
	}
	net.add_honest(24, &source);
	fetch(&net, vec![want]).holds(&want).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_peers_that_claim_a_blob_do_not_hold_it_up_however_many_they_are() {
	let (_dir, source, _, want) = blob(12);
	let net = Arc::new(Net { timeout: Some(10 * PATIENCE), ..Net::default() });
	for name in 0..30 {
		net.add(name, &source, |request, response| matches!(request, Request::Have(_)).then_some(response));
	}
	net.add_honest(255, &source);
	fetch(&net, vec![want]).holds(&want).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_fall_silent_after_a_chunk_do_not_hold_up_a_blob() {
	let (_dir, source, _, want) = blob(40);
	let net = Arc::new(Net { timeout: Some(10 * PATIENCE), ..Net::default() });
	for name in 0..9 {
		let given = AtomicUsize::new(0);
		net.add(name, &source, move |request, response| {
			(!is_chunk(&request) || given.fetch_add(1, Ordering::SeqCst) == 0).then_some(response)
		});
	}
	net.add_honest(255, &source);
	fetch(&net, vec![want]).holds(&want).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_leaves_is_replaced_and_what_came_from_it_stays() {
	let (_dir, source, _, want) = blob(10);
	let net = Arc::new(Net::default());
	let served = AtomicUsize::new(0);
	net.add(0, &source, move |request, response| {
		let stop = is_chunk(&request) && served.fetch_add(1, Ordering::SeqCst) >= 4;
		(!stop).then_some(response)
	});
	let fetch = fetch(&net, vec![want]);
	fetch
		.until(
			"a part is here",
			|fetch| matches!(fetch.store.status(&want.id), Status::Partial { missing, .. } if missing.len() == 6),
		)
		.await;
	net.nodes.lock().remove(&0);
	net.add_honest(1, &source);
	fetch.holds(&want).await;
	// Leaves were here, and so were four chunks: the rest is six, and questions who has it.
	let chunks = fetch.handle.stats.chunks.load(Ordering::Relaxed);
	assert_eq!(chunks, 10, "nothing was fetched twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_peer_is_given_time() {
	let (_dir, source, _, want) = blob(4);
	let net = Arc::new(Net::default());
	let busy = AtomicUsize::new(0);
	net.add(0, &source, move |request, response| {
		let busy = is_chunk(&request) && busy.fetch_add(1, Ordering::SeqCst) < 2;
		Some(if busy { Response::Busy } else { response })
	});
	let fetch = fetch(&net, vec![want]);
	fetch.holds(&want).await;
	assert!(net.reported.lock().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_of_another_size_than_the_chain_says_is_left() {
	let (_dir, source, bytes, want) = blob(3);
	let net = Arc::new(Net::default());
	net.add_honest(0, &source);
	let wrong = Want { size: Size::Exactly(bytes.len() as u64 + 1), ..want };
	let long = blob(2);
	net.add_honest(1, &long.1);
	let too_long = Want { size: Size::AtMost(1000), ..long.3 };
	let fetch = fetch(&net, vec![wrong, too_long]);
	fetch.until("both were asked for", |_| net.asked(0) >= 3 && net.asked(1) >= 3).await;
	tokio::time::sleep(Duration::from_millis(500)).await;
	assert_eq!(fetch.store.list(), []);
	assert!(net.reported.lock().is_empty(), "the peers are right");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_comes_after_what_is_urgent_and_slowly() {
	let (_dir, source, _, urgent) = blob(16);
	let (_dir2, other, _, want) = blob(10);
	let background = Want { urgent: false, ..want };
	let net = Arc::new(Net::default());
	net.add_honest(0, &source);
	net.add_honest(1, &other);
	let started = std::time::Instant::now();
	let fetch = fetch(&net, vec![background, urgent]);
	fetch.holds(&urgent).await;
	assert!(!fetch.store.holds(&background.id));
	fetch.holds(&background).await;
	// 10 chunks at 4 in a second, the first 4 and the last at once.
	assert!(started.elapsed() >= Duration::from_millis(1_000), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_wanted_no_more_is_not_fetched() {
	let (_dir, source, _, want) = blob(10);
	let net = Arc::new(Net::default());
	net.add(0, &source, |request, response| (!is_chunk(&request)).then_some(response));
	let fetch = fetch(&net, vec![want]);
	fetch.until("it is begun", |fetch| fetch.store.status(&want.id) != Status::Unknown).await;
	fetch.handle.want(vec![]);
	fetch.until("it is dropped", |fetch| fetch.handle.progress().is_empty()).await;
}

#[test]
fn requests_that_no_honest_node_sends_are_told_from_the_others() {
	let (_dir, store) = store();
	let malformed = |request: Vec<u8>| matches!(answer(&store, &request), Answer::Malformed);
	assert!(malformed(vec![]) && malformed(vec![9]) && malformed(vec![0, 255, 255]));
	assert!(malformed(Request::Have(vec![ContentId::default(); MAX_IDS + 1]).encode()));
	assert!(!malformed(Request::Have(vec![ContentId::default(); MAX_IDS]).encode()));
	assert!(Request::Have(vec![ContentId::default(); MAX_IDS]).encode().len() as u64 <= MAX_REQUEST_BYTES);
	let Answer::Response(response) = answer(&store, &Request::Chunk(ContentId::default(), 7).encode()) else {
		panic!("a question for what is not here is fine")
	};
	assert_eq!(Response::decode(&mut &response[..]), Ok(Response::Missing));
}
