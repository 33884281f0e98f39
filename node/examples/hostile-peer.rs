//! A peer that no honest node is, for the tests of what it can do to others.
//!
//!     hostile-peer flood|corrupt|silent ADDRESS GENESIS FILE
//!
//! It connects to the node at ADDRESS (a multiaddress with the peer id) on the chain with the genesis hash GENESIS. `flood` asks for
//! the chunks of FILE, as a blob, as fast as it can. The others say that they have it: `corrupt` gives its chunks with a bit
//! flipped, `silent` never gives any. Prints a line of JSON with what it has done every half second, until it is killed.

use assay_blobs::{
	exchange::{Request, Response, MAX_RESPONSE_BYTES},
	Holding,
};
use assay_primitives::{constants::CHUNK_BYTES, hash::blake2_256, ContentId};
use codec::{Decode, Encode};
use futures::StreamExt;
use litep2p::{
	config::ConfigBuilder,
	protocol::{
		notification,
		request_response::{self, DialOptions, RequestResponseEvent, RequestResponseHandle},
	},
	transport::websocket::config::Config as WebSocket,
	types::{
		multiaddr::{Multiaddr, Protocol},
		protocol::ProtocolName,
	},
	Litep2p, Litep2pEvent, PeerId,
};
use std::time::Duration;

/// Requests that a flood has open at the same time.
const OPEN: usize = 64;

#[derive(Default)]
struct Counts {
	connected: bool,
	/// Requests of the node that were answered, or not.
	asked: u64,
	/// Requests that the node answered.
	answered: u64,
	/// Requests that it did not.
	refused: u64,
}

struct Blob {
	id: ContentId,
	leaves: Vec<[u8; 32]>,
	bytes: Vec<u8>,
}

#[tokio::main]
async fn main() {
	let arguments: Vec<_> = std::env::args().skip(1).collect();
	let [mode, address, genesis, file] = &arguments[..] else { panic!("four arguments, see the source") };
	let bytes = std::fs::read(file).unwrap();
	let leaves: Vec<_> = bytes.chunks(CHUNK_BYTES as usize).map(blake2_256).collect();
	let blob = Blob { id: ContentId::from_leaves(bytes.len() as u64, leaves.clone()), leaves, bytes };
	let genesis = genesis.trim_start_matches("0x");
	let address: Multiaddr = address.parse().unwrap();
	let Some(Protocol::P2p(peer)) = address.iter().last() else { panic!("the address names no peer") };
	let peer = PeerId::from_multihash(peer).unwrap();

	let name = |protocol: &str| ProtocolName::from(format!("/{genesis}/{protocol}/1"));
	let (blobs_config, mut blobs) = request_response::ConfigBuilder::new(name("assay-blobs"))
		.with_max_size(MAX_RESPONSE_BYTES as usize)
		.with_timeout(Duration::from_secs(10))
		.build();
	let mut hash = [0; 32];
	hex::decode_to_slice(genesis, &mut hash).unwrap();
	// A full node at the genesis block.
	let handshake = (1u8, 0u32, hash, hash).encode();
	let (blocks_config, mut blocks) = notification::ConfigBuilder::new(name("block-announces"))
		.with_max_size(1024 * 1024)
		.with_handshake(handshake)
		.with_auto_accept_inbound(true)
		.build();
	let config = ConfigBuilder::new()
		.with_websocket(WebSocket { listen_addresses: vec![], ..Default::default() })
		.with_request_response_protocol(blobs_config)
		.with_notification_protocol(blocks_config)
		.build();
	let mut network = Litep2p::new(config).unwrap();
	network.dial_address(address).await.unwrap();

	let mut counts = Counts::default();
	let mut ticks = tokio::time::interval(Duration::from_millis(500));
	let (mut open, mut next) = (0usize, 0u32);
	loop {
		tokio::select! {
			event = network.next_event() => match event {
				Some(Litep2pEvent::ConnectionEstablished { .. }) => {
					counts.connected = true;
					blocks.open_substream(peer).await.unwrap();
				}
				Some(Litep2pEvent::ConnectionClosed { .. }) => counts.connected = false,
				_ => (),
			},
			Some(_) = blocks.next() => (),
			Some(event) = blobs.next() => match event {
				RequestResponseEvent::RequestReceived { request_id, request, .. } => {
					counts.asked += 1;
					// Without a response, the request stays open until the other side is tired of it.
					if let Some(response) = respond(mode, &blob, &request) {
						blobs.send_response(request_id, response.encode());
					}
				}
				RequestResponseEvent::ResponseReceived { .. } => {
					counts.answered += 1;
					open -= 1;
				}
				RequestResponseEvent::RequestFailed { .. } => {
					counts.refused += 1;
					open -= 1;
				}
			},
			_ = ticks.tick() => {
				let Counts { connected, asked, answered, refused } = counts;
				println!("{{\"connected\":{connected},\"asked\":{asked},\"answered\":{answered},\"refused\":{refused}}}");
				if mode == "flood" && counts.connected {
					flood(&mut blobs, peer, &blob, &mut open, &mut next).await;
				}
			}
		}
		if mode == "flood" && counts.connected && open < OPEN / 2 {
			flood(&mut blobs, peer, &blob, &mut open, &mut next).await;
		}
	}
}

async fn flood(handle: &mut RequestResponseHandle, peer: PeerId, blob: &Blob, open: &mut usize, next: &mut u32) {
	while *open < OPEN {
		*next = (*next + 1) % blob.leaves.len() as u32;
		let request = Request::Chunk(blob.id, *next).encode();
		handle.send_request(peer, request, DialOptions::Reject).await.unwrap();
		*open += 1;
	}
}

fn respond(mode: &str, blob: &Blob, request: &[u8]) -> Option<Response> {
	Some(match Request::decode(&mut &request[..]).unwrap() {
		Request::Have(ids) => {
			let holding = |id: &ContentId| if *id == blob.id { Holding::Whole } else { Holding::Nothing };
			Response::Have(ids.iter().map(holding).collect())
		}
		Request::Leaves(_) => Response::Leaves(blob.bytes.len() as u64, blob.leaves.clone()),
		Request::Chunk(..) if mode == "silent" => return None,
		Request::Chunk(_, index) => {
			let mut chunk = blob.bytes.chunks(CHUNK_BYTES as usize).nth(index as usize).unwrap().to_vec();
			chunk[0] ^= 1;
			Response::Chunk(chunk)
		}
	})
}
