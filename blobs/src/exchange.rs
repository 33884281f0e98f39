//! The exchange, by which stores fill themselves from each other.
//!
//! A node asks its peers which of the blobs that it wants they have, in whole or in part ([`Request::Have`]), one of them for the
//! hashes of the chunks, from which the id follows ([`Request::Leaves`]), and then several at once for chunks, in an order of its
//! own ([`Request::Chunk`]): nodes that fetch the same blob serve each other what they have so far. A question that is late is
//! asked of others too, so that peers that claim a blob and keep silent hold it up for seconds only. Every answer is checked
//! before anything of it is kept, and who gave it is known, so that who gives garbage is not asked again.

mod fetcher;
mod limiter;
mod message;
mod server;
#[cfg(test)]
mod tests;

pub use fetcher::{Fetcher, Handle, Progress, Size, Stats, Throttle, Want};
pub use limiter::{Admission, Limiter};
pub use message::{Request, Response, MAX_IDS, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES};
pub use server::{answer, Answer};

use futures::future::BoxFuture;
use std::{fmt::Debug, hash::Hash};

/// The network that a [`Fetcher`] asks.
pub trait Network: Send + Sync + 'static {
	/// Identifier of a peer.
	type Peer: Clone + Eq + Hash + Ord + Debug + Send + Sync + 'static;

	/// Peers that can be asked.
	fn peers(&self) -> Vec<Self::Peer>;

	/// Sends a request and waits for the answer, for a limited time.
	fn request(&self, peer: &Self::Peer, request: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>>;

	/// Hears of a peer whose answer no honest node gives.
	fn report(&self, peer: &Self::Peer);
}

/// Why a request has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
	/// The peer is not connected any more.
	#[error("disconnected")]
	Disconnected,
	/// The peer does not want to answer, or not in this protocol.
	#[error("refused")]
	Refused,
	/// The answer did not come in time.
	#[error("timed out")]
	TimedOut,
}
