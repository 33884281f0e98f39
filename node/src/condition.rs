//! The condition of this node, for those who watch it: `/health`, `/ready`, and the metrics `assay_node_*`.

use crate::{
	disk::{Room, MIB},
	engine::RunQueue,
	full::FullClient,
	guard::Guard,
	receipts::Receipts,
	validator::Validator,
};
use assay_api::engine::Readiness;
use assay_primitives::EngineId;
use assay_runtime::opaque::Block;
use futures::StreamExt;
use pallet_inference::InferenceApi;
use parking_lot::Mutex;
use prometheus_endpoint::{register, Gauge, PrometheusError, Registry, U64};
use sc_client_api::BlockchainEvents;
use sc_network_sync::SyncingService;
use serde::Serialize;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_keystore::KeystorePtr;
use std::{
	sync::Arc,
	time::{Duration, Instant},
};

/// Time without a block after which something is wrong: thirty slots.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Blocks without finality after which something is wrong. Between two sets of validators it takes a session's end to come back.
const LONGEST_UNFINALIZED: u32 = 64;

/// The condition of a node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
	/// Number of the best block.
	pub best: u32,
	/// Number of the last finalized one.
	pub finalized: u32,
	/// Peers that blocks are exchanged with.
	pub peers: u64,
	/// True while the node gets many blocks that others have.
	pub syncing: bool,
	/// State of the engine that the node was built with.
	pub engine: Readiness,
	/// Bytes of the disk that are free.
	pub free_disk: Option<u64>,
	/// Reasons why the node cannot do its work, each with what to do. Empty when it is ready.
	pub problems: Vec<String>,
}

/// Examines a node.
pub struct Examiner {
	client: Arc<FullClient>,
	sync: Arc<SyncingService<Block>>,
	queue: Arc<RunQueue>,
	receipts: Option<Arc<Receipts>>,
	room: Room,
	/// True on a chain that needs no other node.
	alone: bool,
	/// None where nothing is signed.
	guard: Option<Arc<Guard>>,
	metrics: Option<(Metrics, Validator)>,
	seen: Mutex<Seen>,
}

/// What the last best block has said.
struct Seen {
	at: Instant,
	/// The engine that the chain has runs made with.
	engine: Option<EngineId>,
}

struct Metrics {
	ready: Gauge<U64>,
	free_disk: Gauge<U64>,
	least_disk: Gauge<U64>,
	engine: Gauge<U64>,
	indexed: Gauge<U64>,
}

impl Metrics {
	fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let gauge = |name: &str, help: &str| register(Gauge::new(name, help)?, registry);
		Ok(Metrics {
			ready: gauge("assay_node_ready", "1 if GET /ready finds no problem")?,
			free_disk: gauge("assay_node_disk_free_bytes", "Free bytes of the disk with the chain's folder")?,
			least_disk: gauge("assay_node_disk_least_bytes", "Free bytes below which the node stops")?,
			engine: gauge("assay_node_engine_current", "1 if the engine that the chain names is ready here")?,
			indexed: gauge("assay_receipts_indexed_block", "Last finalized block whose requests have receipts here")?,
		})
	}
}

impl Examiner {
	pub fn new(
		client: Arc<FullClient>,
		sync: Arc<SyncingService<Block>>,
		queue: Arc<RunQueue>,
		receipts: Option<Arc<Receipts>>,
		room: Room,
		alone: bool,
		guard: Option<Arc<Guard>>,
		keystore: KeystorePtr,
		registry: Option<&Registry>,
	) -> Arc<Self> {
		let register =
			|registry| Ok((Metrics::register(registry)?, Validator::new(client.clone(), keystore, registry)?));
		let metrics = registry.map(register).transpose().unwrap_or_else(|error: PrometheusError| {
			log::warn!("no metrics of the node's condition: {error}");
			None
		});
		let seen = Mutex::new(Seen { at: Instant::now(), engine: None });
		Arc::new(Examiner { client, sync, queue, receipts, room, alone, guard, metrics, seen })
	}

	/// Follows the chain until it ends.
	pub async fn watch(self: Arc<Self>) {
		let mut blocks = self.client.import_notification_stream();
		let mut alarm = tokio::time::interval(LONGEST_PAUSE / 4);
		loop {
			tokio::select! {
				block = blocks.next() => match block {
					Some(block) if block.is_new_best => {
						let engine = self.client.runtime_api().engine(block.hash).unwrap_or_default();
						*self.seen.lock() = Seen { at: Instant::now(), engine };
					}
					Some(_) => continue,
					None => return,
				},
				_ = alarm.tick() => (),
			}
			self.observe();
		}
	}

	fn observe(&self) {
		let Some((metrics, validator)) = &self.metrics else { return };
		validator.observe(self.client.info().best_hash);
		let condition = self.examine();
		metrics.ready.set(condition.problems.is_empty().into());
		metrics.free_disk.set(condition.free_disk.unwrap_or_default());
		metrics.least_disk.set(self.room.least);
		metrics.engine.set(self.lacks_engine().is_none().into());
		if let Some(indexed) = self.receipts.as_ref().and_then(|receipts| receipts.indexed().ok()) {
			metrics.indexed.set(indexed.saturating_sub(1).into());
		}
	}

	/// The engine that the chain names, unless it is ready here.
	fn lacks_engine(&self) -> Option<EngineId> {
		self.seen.lock().engine.filter(|engine| !self.queue.is_ready(engine))
	}

	/// The condition of this node now.
	pub fn examine(&self) -> Condition {
		let info = self.client.info();
		let (best, finalized) = (info.best_number, info.finalized_number);
		let peers = self.sync.num_connected_peers() as u64;
		let syncing = self.sync.is_major_syncing();
		let own = self.queue.report().own;
		let free_disk = self.room.free().ok();
		let pause = self.seen.lock().at.elapsed();

		let mut problems = vec![];
		let mut problem = |is: bool, text: String| problems.extend(is.then_some(text));
		problem(syncing, format!("the node syncs, and is at block {best}: wait"));
		problem(
			peers == 0 && !self.alone,
			"the node has no peers: see --bootnodes, --listen-addr and the firewall".into(),
		);
		problem(
			pause > LONGEST_PAUSE && !syncing,
			format!("no block for {} s: see the peers and the clock of this machine", pause.as_secs()),
		);
		problem(
			best.saturating_sub(finalized) > LONGEST_UNFINALIZED && !syncing,
			format!(
				"block {best} is the best and block {finalized} the last final one: more than a third of the voting power is away, or this node \
				 is cut off"
			),
		);
		if let Some(silent) = self.guard.as_ref().and_then(|guard| guard.problem()) {
			problem(true, silent);
		}
		match own.state {
			Readiness::Ready => (),
			Readiness::Starting => problem(true, "the engine starts: wait".into()),
			Readiness::Unavailable => {
				problem(true, format!("the engine is unavailable: {}", own.reason.unwrap_or_default()))
			}
		}
		if let Some(engine) = self.lacks_engine().filter(|_| own.state == Readiness::Ready) {
			problem(
				true,
				format!("the chain runs the engine 0x{}, which is not here: update the node", hex::encode(engine.0)),
			);
		}
		if let Some(free) = free_disk.filter(|free| *free < self.room.least.saturating_mul(2)) {
			let (dir, free, least) = (self.room.dir.display(), free / MIB, self.room.least / MIB);
			problem(true, format!("{dir}: {free} MiB are free, and the node stops below {least}: make room"));
		}
		Condition { best, finalized, peers, syncing, engine: own.state, free_disk, problems }
	}
}
