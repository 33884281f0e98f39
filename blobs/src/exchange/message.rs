//! Messages between stores, in SCALE.

use crate::Holding;
use assay_primitives::{constants::CHUNK_BYTES, ContentId, Hash32};
use codec::{Decode, Encode};

/// Most ids in one request.
pub const MAX_IDS: usize = 256;

/// Most bytes of a request: ids, and the length in front of them.
pub const MAX_REQUEST_BYTES: u64 = MAX_IDS as u64 * 32 + 16;

/// Largest response in bytes: a chunk with its frame, or the bit maps of the chunks that a node has of [`MAX_IDS`] of the largest models.
pub const MAX_RESPONSE_BYTES: u64 = CHUNK_BYTES + 1024;

/// A question to a peer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Request {
	/// Asks which parts of these blobs the peer has.
	#[codec(index = 0)]
	Have(Vec<ContentId>),
	/// Asks for the hashes of a blob's chunks.
	#[codec(index = 1)]
	Leaves(ContentId),
	/// Asks for the bytes of one chunk.
	#[codec(index = 2)]
	Chunk(ContentId, u32),
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Response {
	/// The parts of each blob, in the order of the request.
	#[codec(index = 0)]
	Have(Vec<Holding>),
	/// Length of the blob in bytes, and the hash of each chunk.
	#[codec(index = 1)]
	Leaves(u64, Vec<Hash32>),
	/// The bytes of the chunk.
	#[codec(index = 2)]
	Chunk(Vec<u8>),
	/// It is not here.
	#[codec(index = 3)]
	Missing,
	/// Too many bytes went to this peer: ask again in a second.
	#[codec(index = 4)]
	Busy,
}
