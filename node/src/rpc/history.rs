//! History of requests: `requests_*`.

use crate::history::{Error, Histories};
use assay_api::{
	codes,
	history::{Filter, History, Page},
};
use assay_primitives::RequestId;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};

/// The calls.
#[rpc(server)]
pub trait HistoryApi {
	/// The history of a request in finalized blocks: its rounds, who sealed and opened which vote in which block, its challenges and its
	/// end. Null if this node does not know the request. It is the node's word, and no proof.
	#[method(name = "requests_history", blocking)]
	fn history(&self, request: RequestId) -> RpcResult<Option<History>>;

	/// Numbers of requests, the newest first: all, those for a model, or those of an account. A page has at most 100; `before` is what the
	/// page before it says.
	#[method(name = "requests_list", blocking)]
	fn list(&self, filter: Filter, before: Option<u64>, limit: u32) -> RpcResult<Page>;
}

/// None where this node keeps no history.
pub struct HistoryRpc(pub Option<Histories>);

impl HistoryRpc {
	fn histories(&self) -> RpcResult<&Histories> {
		self.0.as_ref().ok_or_else(|| {
			let text = "this node keeps no history of requests: ask one that was started with --request-history";
			ErrorObjectOwned::owned(codes::NO_HISTORY, text, None::<()>)
		})
	}
}

#[async_trait]
impl HistoryApiServer for HistoryRpc {
	fn history(&self, request: RequestId) -> RpcResult<Option<History>> {
		self.histories()?.history(request).map_err(history_error)
	}

	fn list(&self, filter: Filter, before: Option<u64>, limit: u32) -> RpcResult<Page> {
		self.histories()?.list(filter, before, limit).map_err(history_error)
	}
}

fn history_error(error: Error) -> ErrorObjectOwned {
	let code = match error {
		Error::TwoFilters | Error::Address(_) | Error::Limit => codes::FILTER,
		Error::Runtime(_) => codes::RUNTIME,
		Error::Database(_) | Error::Record(_) => codes::STORAGE,
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}
