//! Serves peers.

use super::metrics::Metrics;
use assay_blobs::{
	exchange::{answer, Admission, Answer, Limiter, Response},
	Store,
};
use codec::Encode;
use futures::{channel::oneshot, future::BoxFuture, stream::FuturesUnordered, FutureExt, StreamExt};
use sc_network::{
	request_responses::{IncomingRequest, OutgoingResponse},
	PeerId, ReputationChange,
};
use std::{sync::Arc, time::Instant};

/// More requests at a time than a node of ours sends. About 1,500 of them within seconds ban a peer.
const FLOOD: ReputationChange = ReputationChange::new(-(1 << 20), "too many blob requests");

/// A request that cannot be read.
const MALFORMED: ReputationChange = ReputationChange::new_fatal("malformed blob request");

/// Answers until the network ends. It reads the disk itself, so give it a thread of its own; it waits for nobody who does not
/// read his answer.
pub async fn serve(store: Arc<Store>, requests: async_channel::Receiver<IncomingRequest>, metrics: Option<Metrics>) {
	let mut limiter = Limiter::new();
	let mut sending: FuturesUnordered<BoxFuture<'static, (PeerId, u64)>> = FuturesUnordered::new();
	loop {
		let request = tokio::select! {
			request = requests.recv() => match request {
				Ok(request) => request,
				Err(_) => return,
			},
			Some((peer, bytes)) = sending.next() => {
				limiter.done(&peer, bytes);
				continue;
			},
		};
		let IncomingRequest { peer, payload, pending_response } = request;
		let admission = limiter.admit(&peer, Instant::now());
		let (result, change, outcome) = match admission {
			Admission::Flood => (Err(()), Some(FLOOD), "flood"),
			Admission::Busy => (Ok(Response::Busy.encode()), None, "busy"),
			Admission::Serve => match answer(&store, &payload) {
				Answer::Response(bytes) => (Ok(bytes), None, "served"),
				Answer::Malformed => (Err(()), Some(MALFORMED), "malformed"),
			},
		};
		let bytes = result.as_ref().map_or(0, |bytes| bytes.len() as u64);
		if let Some(metrics) = &metrics {
			metrics.requests.with_label_values(&[outcome]).inc();
			metrics.served_bytes.inc_by(bytes);
		}
		let (sent, is_sent) = oneshot::channel();
		// If the network is gone, there is nobody to tell.
		let _ = pending_response.send(OutgoingResponse {
			result,
			reputation_changes: change.into_iter().collect(),
			sent_feedback: Some(sent),
		});
		if admission == Admission::Serve {
			// The feedback is dropped when sending fails or takes too long.
			sending.push(is_sent.map(move |_| (peer, bytes)).boxed());
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_blobs::exchange::Request;
	use assay_primitives::ContentId;
	use codec::Decode;

	type Pending = oneshot::Receiver<OutgoingResponse>;

	fn ask(queue: &async_channel::Sender<IncomingRequest>, peer: PeerId, request: &Request) -> Pending {
		let (pending_response, response) = oneshot::channel();
		let payload = request.encode();
		queue.try_send(IncomingRequest { peer, payload, pending_response }).unwrap();
		response
	}

	fn service() -> (tempfile::TempDir, ContentId, async_channel::Sender<IncomingRequest>) {
		let dir = tempfile::tempdir().unwrap();
		let store = Arc::new(Store::open(dir.path()).unwrap());
		let id = store.put(&[7; 1000]).unwrap();
		let (queue, requests) = async_channel::bounded(10_000);
		tokio::spawn(serve(store, requests, None));
		(dir, id, queue)
	}

	#[tokio::test]
	async fn a_peer_that_floods_loses_reputation_and_others_are_served() {
		let (_dir, id, queue) = service();
		let (flooder, other) = (PeerId::random(), PeerId::random());
		let request = Request::Chunk(id, 0);
		let flood: Vec<_> = (0..5_000).map(|_| ask(&queue, flooder, &request)).collect();
		let honest = ask(&queue, other, &request);
		let mut unread = vec![];
		let mut refused = 0;
		for pending in flood {
			let response = pending.await.unwrap();
			match &response.result {
				Ok(_) => unread.push(response),
				Err(()) => {
					assert_eq!(response.reputation_changes, [FLOOD]);
					refused += 1;
				}
			}
		}
		assert_eq!((unread.len(), refused), (8, 4_992), "what the flooder does not read takes the memory of 8 answers");
		let response = honest.await.unwrap();
		assert_eq!(Response::decode(&mut &response.result.unwrap()[..]), Ok(Response::Chunk(vec![7; 1000])));
		assert_eq!(response.reputation_changes, []);
	}

	#[tokio::test]
	async fn a_peer_that_reads_its_answers_is_served_on_and_on() {
		let (_dir, id, queue) = service();
		let peer = PeerId::random();
		for _ in 0..100 {
			let response = ask(&queue, peer, &Request::Chunk(id, 0)).await.unwrap();
			assert!(response.result.is_ok() && response.reputation_changes.is_empty());
			response.sent_feedback.unwrap().send(()).unwrap();
		}
	}

	#[tokio::test]
	async fn what_cannot_be_read_costs_reputation() {
		let (_dir, _, queue) = service();
		let (pending_response, response) = oneshot::channel();
		queue.try_send(IncomingRequest { peer: PeerId::random(), payload: vec![255; 9], pending_response }).unwrap();
		let response = response.await.unwrap();
		assert_eq!((response.result, response.reputation_changes), (Err(()), vec![MALFORMED]));
	}
}
