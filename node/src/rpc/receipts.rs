//! Receipts of final requests: `receipts_*`.

use crate::receipts::{Error, Receipts};
use assay_api::{
	codes,
	receipts::{Review, Status},
	Bytes, H256,
};
use assay_primitives::{RequestId, Verdict};
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};
use std::sync::Arc;

/// The calls.
#[rpc(server)]
pub trait ReceiptsApi {
	/// Says whether this node builds receipts, so that nobody pays for an answer first that it cannot prove.
	#[method(name = "receipts_status", blocking)]
	fn status(&self) -> RpcResult<Status>;

	/// The receipt of a final request, which verifies itself. It starts from `checkpoint`, the hash of a finalized block whose
	/// validators the caller knows, or from the genesis block.
	#[method(name = "receipts_build", blocking)]
	fn build(&self, request: RequestId, checkpoint: Option<H256>) -> RpcResult<Bytes>;

	/// What is under a key of the state after a finalized block, or that nothing is: a statement that verifies itself, from `checkpoint` or
	/// the genesis block on.
	#[method(name = "receipts_state", blocking)]
	fn state(&self, key: Bytes, checkpoint: Option<H256>) -> RpcResult<Bytes>;

	/// What all validators have decided on a dispute of a final result, by the last finalized block; null where nothing was decided, and
	/// once the result has left the state. A receipt does not say it: it proves what became final.
	#[method(name = "receipts_review", blocking)]
	fn review(&self, request: RequestId) -> RpcResult<Option<Review>>;
}

pub struct ReceiptsRpc {
	receipts: Arc<Receipts>,
}

impl ReceiptsRpc {
	pub fn new(receipts: Arc<Receipts>) -> Self {
		ReceiptsRpc { receipts }
	}
}

#[async_trait]
impl ReceiptsApiServer for ReceiptsRpc {
	fn status(&self) -> RpcResult<Status> {
		let reason = match self.receipts.check() {
			Ok(()) => None,
			Err(error @ Error::Warped) => Some(error.to_string()),
			Err(error) => return Err(receipt_error(error)),
		};
		let indexed = self.receipts.indexed().map_err(receipt_error)?;
		Ok(Status { builds: reason.is_none(), reason, indexed: indexed.saturating_sub(1) })
	}

	fn build(&self, request: RequestId, checkpoint: Option<H256>) -> RpcResult<Bytes> {
		self.receipts.build(request, checkpoint).map(Bytes).map_err(receipt_error)
	}

	fn state(&self, key: Bytes, checkpoint: Option<H256>) -> RpcResult<Bytes> {
		self.receipts.state(key.0, checkpoint).map(Bytes).map_err(receipt_error)
	}

	fn review(&self, request: RequestId) -> RpcResult<Option<Review>> {
		let review = self.receipts.review(request).map_err(receipt_error)?;
		Ok(review.map(|review| match review {
			pallet_inference::Review::Confirmed { at } => {
				Review { overturned: false, block: at, result: None, failed: None }
			}
			pallet_inference::Review::Overturned { at, verdict } => {
				let (result, failed) = match verdict {
					Verdict::Output { result_hash, .. } => (Some(H256(result_hash)), None),
					Verdict::Failed { reason, .. } => (None, Some(format!("{reason:?}"))),
				};
				Review { overturned: true, block: at, result, failed }
			}
		}))
	}
}

fn receipt_error(error: Error) -> ErrorObjectOwned {
	let code = match error {
		Error::NotFinal(_) => codes::NOT_FINAL,
		Error::NotYet { .. } | Error::NoHead => codes::NOT_YET_PROVEN,
		Error::Checkpoint(_) | Error::TooLarge(_) => codes::CHECKPOINT,
		Error::Runtime(_) => codes::RUNTIME,
		Error::Warped
		| Error::Missing(_)
		| Error::Genesis(_)
		| Error::Changes(_)
		| Error::Mmr { .. }
		| Error::State(_) => codes::NO_RECEIPT,
		Error::Database(_) => codes::STORAGE,
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}
