//! Blobs on the network and over HTTP: fetching, serving, and the time for which they are kept.

mod http;
mod keeper;
mod limits;
mod memory;
mod metrics;
mod network;
mod server;

pub use network::{protocol, Protocol};

use crate::{cli::BlobParams, condition::Examiner, engine::RunQueue, full::FullClient};
use assay_blobs::{
	exchange::{Fetcher, Handle, Throttle},
	Store,
};
use assay_runtime::opaque::Block;
use keeper::Keeper;
use metrics::Metrics;
use network::PeerNetwork;
use prometheus_endpoint::Registry;
use sc_network::service::traits::NetworkService;
use sc_network_sync::SyncingService;
use sc_service::{error::Error as ServiceError, SpawnTaskHandle};
use std::{net::SocketAddr, sync::Arc};

const LOG_TARGET: &str = "blobs";

/// Group of the tasks, for metrics.
const GROUP: Option<&str> = Some("blobs");

/// Dependencies of the tasks.
pub struct Deps<'a> {
	pub client: Arc<FullClient>,
	pub store: Arc<Store>,
	pub queue: Arc<RunQueue>,
	pub network: Arc<dyn NetworkService>,
	pub sync: Arc<SyncingService<Block>>,
	pub examiner: Arc<Examiner>,
	pub protocol: Protocol,
	pub spawner: SpawnTaskHandle,
	/// True if this node keeps the blobs that validators keep.
	pub is_validator: bool,
	pub registry: Option<&'a Registry>,
}

/// Handles of the running tasks.
#[derive(Clone)]
pub struct Blobs {
	/// Wanted blobs and their progress.
	pub fetching: Arc<Handle>,
	/// Address at which HTTP is served.
	pub http: Option<SocketAddr>,
}

/// Starts the tasks.
pub fn start(deps: Deps, params: &BlobParams) -> Result<Blobs, ServiceError> {
	let Deps { client, store, queue, network, sync, examiner, protocol, spawner, is_validator, registry } = deps;
	let metrics = registry.map(Metrics::register).transpose().unwrap_or_else(|error| {
		log::warn!(target: LOG_TARGET, "no metrics: {error}");
		None
	});
	let peers = Arc::new(PeerNetwork::new(network, protocol.name));
	let throttle = Throttle { bytes_per_second: params.blob_background.saturating_mul(1024 * 1024) };
	let (fetcher, fetching) = Fetcher::new(store.clone(), peers.clone(), throttle);
	let fetching = Arc::new(fetching);
	spawner.spawn("blob-peers", GROUP, peers.follow(&sync));
	// On threads of their own: they check and write chunks, and read them.
	spawner.spawn_blocking("blob-fetcher", GROUP, fetcher.run());
	spawner.spawn_blocking("blob-server", GROUP, server::serve(store.clone(), protocol.requests, metrics.clone()));
	let keeper = Keeper::new(
		client.clone(),
		store.clone(),
		fetching.clone(),
		queue.clone(),
		sync,
		is_validator,
		params.blob_keep,
		metrics.clone(),
	);
	spawner.spawn_blocking("blob-keeper", GROUP, keeper.run());
	let mut http = None;
	if !params.no_blob_http {
		let listener = http::bind(params.blob_listen)?;
		http = Some(listener.local_addr().map_err(|error| ServiceError::Other(error.to_string()))?);
		let examine = Box::new(move || examiner.examine());
		let proxies = params.blob_proxy.clone();
		let pages = params.explorer.as_deref().map(http::Pages::read).transpose().map_err(ServiceError::Other)?;
		let serving = http::serve(listener, client, store, examine, proxies, pages, metrics);
		spawner.spawn("blob-http", GROUP, serving);
	}
	Ok(Blobs { fetching, http })
}
