//! The exchange as a request-response protocol of the node's network.

use super::LOG_TARGET;
use assay_blobs::exchange::{Failure, Network, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES};
use assay_runtime::{opaque::Block, Hash};
use futures::{future::BoxFuture, FutureExt, Stream, StreamExt};
use parking_lot::Mutex;
use sc_network::{
	request_responses::{IncomingRequest, OutboundFailure},
	service::traits::NetworkService,
	IfDisconnected, NetworkBackend, PeerId, ProtocolName, ReputationChange, RequestFailure,
};
use sc_network_sync::{SyncEvent, SyncEventStream, SyncingService};
use std::{
	collections::HashSet,
	future::Future,
	pin::Pin,
	sync::{Arc, Weak},
	time::Duration,
};

/// Time that an answer has: a chunk over a line of 1 Mbit/s, with three others.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Requests that wait to be looked at; the server does so at once.
const QUEUE: usize = 256;

/// Bytes that do not have their hash. No honest node sends them, because it checks its own reads.
const GARBAGE: ReputationChange = ReputationChange::new_fatal("garbage instead of a blob");

/// The protocol as the network knows it, and what comes in through it.
pub struct Protocol {
	pub name: ProtocolName,
	pub requests: async_channel::Receiver<IncomingRequest>,
}

/// Makes the protocol for the chain of a genesis block.
pub fn protocol<N: NetworkBackend<Block, Hash>>(genesis: &Hash) -> (N::RequestResponseProtocolConfig, Protocol) {
	let name = ProtocolName::from(format!("/{}/assay-blobs/1", hex::encode(genesis)));
	let (sender, requests) = async_channel::bounded(QUEUE);
	let (request, response) = (MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES);
	let config = N::request_response_config(name.clone(), vec![], request, response, TIMEOUT, Some(sender));
	(config, Protocol { name, requests })
}

/// The peers that blocks are exchanged with.
pub struct PeerNetwork {
	network: Arc<dyn NetworkService>,
	protocol: ProtocolName,
	peers: Mutex<HashSet<PeerId>>,
}

impl PeerNetwork {
	/// Nobody is connected yet.
	pub fn new(network: Arc<dyn NetworkService>, protocol: ProtocolName) -> Self {
		PeerNetwork { network, protocol, peers: Mutex::new(HashSet::new()) }
	}

	/// Follows who comes and goes.
	pub fn follow(self: &Arc<Self>, sync: &SyncingService<Block>) -> impl Future<Output = ()> + Send + 'static {
		let events = sync.event_stream("blobs");
		Self::listen(Arc::downgrade(self), events)
	}

	async fn listen(this: Weak<Self>, mut events: Pin<Box<dyn Stream<Item = SyncEvent> + Send>>) {
		while let Some(event) = events.next().await {
			let Some(this) = this.upgrade() else { return };
			match event {
				// Light clients have no blobs.
				SyncEvent::PeerConnected { roles, .. } if roles.is_light() => (),
				SyncEvent::PeerConnected { peer_id, .. } => drop(this.peers.lock().insert(peer_id)),
				SyncEvent::PeerDisconnected(peer) => drop(this.peers.lock().remove(&peer)),
			}
		}
	}
}

impl Network for PeerNetwork {
	type Peer = PeerId;

	fn peers(&self) -> Vec<PeerId> {
		self.peers.lock().iter().copied().collect()
	}

	fn request(&self, peer: &PeerId, request: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> {
		let (sender, receiver) = futures::channel::oneshot::channel();
		self.network.start_request(*peer, self.protocol.clone(), request, None, sender, IfDisconnected::ImmediateError);
		async move {
			match receiver.await {
				Ok(Ok((response, _))) => Ok(response),
				Ok(Err(RequestFailure::Network(OutboundFailure::Timeout))) => Err(Failure::TimedOut),
				Ok(Err(RequestFailure::NotConnected | RequestFailure::Network(_))) | Err(_) => {
					Err(Failure::Disconnected)
				}
				Ok(Err(error)) => {
					log::trace!(target: LOG_TARGET, "a request was refused: {error}");
					Err(Failure::Refused)
				}
			}
		}
		.boxed()
	}

	fn report(&self, peer: &PeerId) {
		self.network.report_peer(*peer, GARBAGE);
	}
}
