//! The RPC methods `invariants_*`, by which tests of networks check each block. A release build does not have them.

#[cfg(not(debug_assertions))]
compile_error!("a release build checks no invariants");

use crate::full::FullBackend;
use assay_api::codes;
use assay_runtime::invariants;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};
use sc_client_api::{Backend, TrieCacheContext};
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{Ext, OverlayedChanges};
use std::sync::Arc;

/// The calls.
#[rpc(server)]
pub trait InvariantsApi {
	/// Says what is wrong with the state after a block, or nothing. This build's own runtime reads it, whatever the chain's is.
	#[method(name = "invariants_check", blocking)]
	fn check(&self, block: H256) -> RpcResult<Option<String>>;
}

pub struct InvariantsRpc {
	backend: Arc<FullBackend>,
}

impl InvariantsRpc {
	pub fn new(backend: Arc<FullBackend>) -> Self {
		InvariantsRpc { backend }
	}
}

#[async_trait]
impl InvariantsApiServer for InvariantsRpc {
	fn check(&self, block: H256) -> RpcResult<Option<String>> {
		let state = self.backend.state_at(block, TrieCacheContext::Untrusted).map_err(|error| {
			ErrorObjectOwned::owned(codes::STORAGE, format!("no state of {block}: {error}"), None::<()>)
		})?;
		let mut overlay = OverlayedChanges::<BlakeTwo256>::default();
		let mut ext = Ext::new(&mut overlay, &state, None);
		Ok(sp_externalities::set_and_run_with_externalities(&mut ext, invariants::check).err())
	}
}
