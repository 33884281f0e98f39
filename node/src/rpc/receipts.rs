//! Receipts of final requests: `receipts_*`.

use super::error_codes;
use crate::receipts::{Error, Receipts};
use assay_primitives::RequestId;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};
use sp_core::{Bytes, H256};
use std::sync::Arc;

/// The calls.
#[rpc(server)]
pub trait ReceiptsApi {
	/// The receipt of a final request, which verifies itself. It starts from `checkpoint`, the hash of a finalized block whose
	/// validators the caller knows, or from the genesis block.
	#[method(name = "receipts_build", blocking)]
	fn build(&self, request: RequestId, checkpoint: Option<H256>) -> RpcResult<Bytes>;
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
	fn build(&self, request: RequestId, checkpoint: Option<H256>) -> RpcResult<Bytes> {
		self.receipts.build(request, checkpoint).map(Bytes).map_err(receipt_error)
	}
}

fn receipt_error(error: Error) -> ErrorObjectOwned {
	let code = match error {
		Error::NotFinal(_) => error_codes::NOT_FINAL,
		Error::NotYet { .. } => error_codes::NOT_YET_PROVEN,
		Error::Checkpoint(_) | Error::TooLarge(_) => error_codes::CHECKPOINT,
		Error::Runtime(_) => error_codes::RUNTIME,
		Error::Missing(_) | Error::Genesis(_) | Error::Changes(_) | Error::Mmr { .. } => error_codes::NO_RECEIPT,
		Error::Database(_) => error_codes::STORAGE,
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}
