//! Answers what peers ask.

use super::message::{Request, Response, MAX_IDS};
use crate::{Error, Store, LOG_TARGET};
use codec::{DecodeAll, Encode};

/// Outcome of a request.
#[derive(Debug)]
pub enum Answer {
	/// This goes back.
	Response(Vec<u8>),
	/// No honest node sends such a request.
	Malformed,
}

/// Answers one request from the store. Reads at most one chunk.
pub fn answer(store: &Store, request: &[u8]) -> Answer {
	let response = match Request::decode_all(&mut &request[..]) {
		Ok(Request::Have(ids)) if ids.len() <= MAX_IDS => {
			Response::Have(ids.iter().map(|id| store.holding(id)).collect())
		}
		Ok(Request::Have(_)) | Err(_) => return Answer::Malformed,
		Ok(Request::Leaves(id)) => match store.leaves(&id) {
			Some((size, leaves)) => Response::Leaves(size, leaves.to_vec()),
			None => Response::Missing,
		},
		Ok(Request::Chunk(id, index)) => match store.read_chunk(&id, index) {
			Ok(bytes) => Response::Chunk(bytes),
			Err(error) => {
				if let Error::Io { .. } = error {
					log::error!(target: LOG_TARGET, "a peer's request fails here: {error}");
				}
				Response::Missing
			}
		},
	};
	Answer::Response(response.encode())
}
