//! Upload and download of blobs: `blob_*`.
//!
//! Uploads need no trust and are open on every listener: a blob is taken only if the chain expects its id and size (somebody has
//! paid a deposit for it), each chunk only if it has the hash that the id commits to, and uploads that have begun and not ended
//! are limited in number.

use super::runtime_error;
use crate::{blobs::Blobs, full::FullClient};
use assay_api::{
	blobs::{Fetch, Line, Overview, Status as BlobStatus, Wanted},
	codes, Bytes, H256,
};
use assay_blobs::{exchange::Progress, Error, Status, Store};
use assay_primitives::{constants::CHUNK_BYTES, ContentId};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};
use pallet_inference::InferenceApi;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// Most uploads that have begun and not ended: each is a deposit on chain, but a node need not hold all of them half-way.
const MAX_UPLOADS: usize = 64;

/// Most blobs in one list of an [`Overview`].
const MAX_LISTED: usize = 1_000;

/// The calls.
#[rpc(server)]
pub trait BlobsApi {
	/// Begins or resumes an upload. `leaves` are the BLAKE2b-256 hashes of the blob's chunks of 256 KiB.
	#[method(name = "blob_begin", blocking)]
	fn begin(&self, id: H256, size: u64, leaves: Vec<H256>) -> RpcResult<BlobStatus>;

	/// Uploads a chunk. Returns how many are missing then.
	#[method(name = "blob_putChunk", blocking)]
	fn put_chunk(&self, id: H256, index: u32, bytes: Bytes) -> RpcResult<u32>;

	/// Says what this node has of a blob.
	#[method(name = "blob_status")]
	fn status(&self, id: H256) -> RpcResult<BlobStatus>;

	/// Says what this node has, what it should have, and what it fetches.
	#[method(name = "blob_overview")]
	fn overview(&self) -> RpcResult<Overview>;

	/// Reads at most 256 KiB.
	#[method(name = "blob_read", blocking)]
	fn read(&self, id: H256, offset: u64, length: u64) -> RpcResult<Bytes>;
}

pub struct BlobsRpc {
	client: Arc<FullClient>,
	store: Arc<Store>,
	blobs: Blobs,
}

impl BlobsRpc {
	pub fn new(client: Arc<FullClient>, store: Arc<Store>, blobs: Blobs) -> Self {
		BlobsRpc { client, store, blobs }
	}

	fn is_expected(&self, id: ContentId, size: u64) -> RpcResult<bool> {
		let best = self.client.info().best_hash;
		self.client.runtime_api().blob_expected(best, id, size).map_err(runtime_error)
	}

	fn expect(&self, id: ContentId, size: u64) -> RpcResult<()> {
		if self.is_expected(id, size)? {
			return Ok(());
		}
		let text = format!(
			"blob {} of {size} bytes is not expected by the chain: register it first (as a model or as an input), and wait \
			 until the block with the registration is in",
			hex::encode(id.0),
		);
		Err(ErrorObjectOwned::owned(codes::NOT_EXPECTED, text, None::<()>))
	}

	/// Makes sure that one more upload may begin, dropping those that the chain does not expect any more.
	fn make_room(&self) -> RpcResult<()> {
		let mut uploads: Vec<_> = self.store.list().into_iter().filter(|blob| blob.missing > 0).collect();
		if uploads.len() < MAX_UPLOADS {
			return Ok(());
		}
		for index in (0..uploads.len()).rev() {
			let upload = &uploads[index];
			if !self.is_expected(upload.id, upload.size)? {
				self.store.remove(&upload.id).map_err(blob_error)?;
				uploads.swap_remove(index);
			}
		}
		if uploads.len() < MAX_UPLOADS {
			return Ok(());
		}
		let text = format!("{MAX_UPLOADS} uploads are under way on this node: try again later, or another node");
		Err(ErrorObjectOwned::owned(codes::TOO_MANY_UPLOADS, text, None::<()>))
	}
}

#[async_trait]
impl BlobsApiServer for BlobsRpc {
	fn begin(&self, id: H256, size: u64, leaves: Vec<H256>) -> RpcResult<BlobStatus> {
		let id = ContentId(id.0);
		self.expect(id, size)?;
		if self.store.status(&id) == Status::Unknown {
			self.make_room()?;
		}
		let leaves: Vec<_> = leaves.into_iter().map(|leaf| leaf.0).collect();
		self.store.begin(id, size, &leaves).map(status).map_err(blob_error)
	}

	fn put_chunk(&self, id: H256, index: u32, bytes: Bytes) -> RpcResult<u32> {
		let id = ContentId(id.0);
		match self.store.status(&id) {
			Status::Partial { size, .. } => self.expect(id, size)?,
			// What is whole stays so, and what has not begun is refused.
			Status::Held { .. } | Status::Unknown => (),
		}
		self.store.put_chunk(&id, index, &bytes.0).map_err(blob_error)
	}

	fn status(&self, id: H256) -> RpcResult<BlobStatus> {
		Ok(status(self.store.status(&ContentId(id.0))))
	}

	fn overview(&self) -> RpcResult<Overview> {
		let usage = self.store.usage();
		let line = |blob: assay_blobs::Summary| Line {
			id: blob.id.0.into(),
			size: blob.size,
			missing: blob.missing,
			unneeded_since: blob.unneeded,
		};
		let wanted = |progress: Progress| Wanted {
			id: progress.want.id.0.into(),
			state: if progress.fetching { Fetch::Fetching } else { Fetch::Missing },
			urgent: progress.want.urgent,
			holders: progress.holders as u32,
		};
		Ok(Overview {
			held: usage.held,
			partial: usage.partial,
			bytes: usage.bytes,
			budget: usage.budget,
			http: self.blobs.http.map(|address| format!("http://{address}/blobs/")),
			blobs: self.store.list().into_iter().take(MAX_LISTED).map(line).collect(),
			wanted: self.blobs.fetching.progress().into_iter().take(MAX_LISTED).map(wanted).collect(),
		})
	}

	fn read(&self, id: H256, offset: u64, length: u64) -> RpcResult<Bytes> {
		if length > CHUNK_BYTES {
			let text = format!("{length} bytes are more than the {CHUNK_BYTES} of one call: ask for less");
			return Err(ErrorObjectOwned::owned(codes::BLOB, text, None::<()>));
		}
		Ok(Bytes(self.store.read_range(&ContentId(id.0), offset, length).map_err(blob_error)?))
	}
}

fn status(status: Status) -> BlobStatus {
	match status {
		Status::Held { size } => BlobStatus::Held { size },
		Status::Partial { size, missing } => BlobStatus::Partial { size, missing },
		Status::Unknown => BlobStatus::Unknown,
	}
}

pub fn blob_error(error: Error) -> ErrorObjectOwned {
	let code = match error {
		Error::Io { .. } => codes::STORAGE,
		_ => codes::BLOB,
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}
