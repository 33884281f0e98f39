//! Blobs: up to a node, and down from one. Their ids are hashes, so no node is trusted with them.

use crate::{
	client::{rpc_error, Client, Progress, Watcher},
	trust::hex0x,
	Error,
};
use assay_api::{blobs::Status, codes, Bytes, H256};
use assay_primitives::{
	constants::{CHUNK_BYTES, MAX_MODEL_BYTES},
	hash::blake2_256,
	ContentId,
};
use subxt::rpcs::{client::rpc_params, Error as RpcError};

/// Finalized blocks within which a node is to have seen what the chain expects.
const NODE_LAG: u32 = 10;

impl Client {
	/// Uploads a blob that the chain expects: only what the node does not have.
	pub async fn upload(&self, bytes: &[u8], watcher: Watcher<'_>) -> Result<(), Error> {
		let id = H256(ContentId::of(bytes).0);
		let chunks: Vec<&[u8]> = bytes.chunks(CHUNK_BYTES as usize).collect();
		let leaves: Vec<H256> = chunks.iter().map(|chunk| H256(blake2_256(chunk))).collect();
		let missing = match self.begin(id, bytes.len(), &leaves).await? {
			Status::Held { .. } => Vec::new(),
			Status::Partial { missing, .. } => missing,
			Status::Unknown => return Err(Error::network("it does not take the upload")),
		};
		let total = bytes.len() as u64;
		let mut done = total.saturating_sub(missing.len() as u64 * CHUNK_BYTES);
		for index in missing {
			watcher(Progress::Bytes { done, total });
			let chunk =
				chunks.get(index as usize).ok_or_else(|| Error::network("it asks for bytes that there are not"))?;
			let _left: u32 = self.ask_node("blob_putChunk", rpc_params![id, index, hex0x(chunk)]).await?;
			done = total.min(done + CHUNK_BYTES);
		}
		watcher(Progress::Bytes { done: total, total });
		Ok(())
	}

	async fn begin(&self, id: H256, size: usize, leaves: &[H256]) -> Result<Status, Error> {
		let mut blocks = None;
		for _ in 0..NODE_LAG {
			match self.try_node("blob_begin", rpc_params![id, size, leaves]).await? {
				Ok(status) => return Ok(status),
				Err(error) if error.code == codes::NOT_EXPECTED => {
					if blocks.is_none() {
						blocks = Some(self.blocks().await?);
					}
					if let Some(blocks) = &mut blocks {
						blocks.next().await?;
					}
				}
				Err(error) => return Err(rpc_error(RpcError::User(error))),
			}
		}
		Err(Error::Network("the node does not know that the chain expects these bytes: is it in sync?".into()))
	}

	/// Downloads a blob of at most `size` bytes, and checks that it is the one of this id.
	pub async fn download(&self, id: &ContentId, size: u64, watcher: Watcher<'_>) -> Result<Vec<u8>, Error> {
		if size > MAX_MODEL_BYTES {
			return Err(Error::Unverified(format!("no blob of the chain has {size} bytes")));
		}
		let name = hex0x(id);
		let mut bytes = Vec::new();
		while (bytes.len() as u64) < size {
			let done = bytes.len() as u64;
			watcher(Progress::Bytes { done, total: size });
			let length = CHUNK_BYTES.min(size - done);
			let Bytes(part) = self.ask_node("blob_read", rpc_params![H256(id.0), done, length]).await?;
			if part.is_empty() || part.len() as u64 > length {
				return Err(Error::network(format!("it has only {done} of {size} bytes of {name}")));
			}
			bytes.extend(part);
		}
		watcher(Progress::Bytes { done: size, total: size });
		if ContentId::of(&bytes) != *id {
			return Err(Error::Unverified(format!("the node gave other bytes than those of {name}")));
		}
		Ok(bytes)
	}
}
