//! JSON-RPC of the node: what every Substrate chain offers, and the calls of the blob store, the engine, the receipts and the history.

mod blobs;
mod engine;
mod history;
#[cfg(debug_assertions)]
mod invariants;
mod receipts;
mod sync_spec;

use crate::{
	blobs::Blobs,
	engine::RunQueue,
	full::{FullAuthoritySet, FullBackend, FullClient, FullPool, FullSelectChain},
	history::Histories,
	receipts::Receipts,
};
use assay_api::codes;
use assay_blobs::Store;
use assay_runtime::opaque::Block;
use jsonrpsee::{types::ErrorObjectOwned, RpcModule};
use sc_client_api::Backend;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedVoterState};
use sc_rpc::SubscriptionTaskExecutor;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// Dependencies of the RPC methods.
pub struct Deps {
	pub client: Arc<FullClient>,
	pub backend: Arc<FullBackend>,
	pub pool: Arc<FullPool>,
	pub select_chain: FullSelectChain,
	pub chain_spec: Box<dyn sc_chain_spec::ChainSpec>,
	pub keystore: KeystorePtr,
	pub babe: BabeWorkerHandle<Block>,
	pub grandpa: GrandpaDeps,
	pub store: Arc<Store>,
	pub blobs: Blobs,
	pub queue: Arc<RunQueue>,
	/// None without an offchain database.
	pub receipts: Option<Arc<Receipts>>,
	/// Whether this node keeps the history of requests.
	pub keeps_history: bool,
}

/// Dependencies of GRANDPA's RPC methods.
pub struct GrandpaDeps {
	pub voter_state: SharedVoterState,
	pub authority_set: FullAuthoritySet,
	pub justifications: GrandpaJustificationStream<Block>,
	pub proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// All calls beside those that `sc-service` adds itself.
pub fn create(
	deps: &Deps,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	use mmr_rpc::{Mmr, MmrApiServer};
	use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
	use sc_consensus_babe_rpc::{Babe, BabeApiServer};
	use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
	use sc_sync_state_rpc::SyncStateApiServer;
	use substrate_frame_rpc_system::{System, SystemApiServer};

	let Deps { client, grandpa, .. } = deps;
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), deps.pool.clone()).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(
		Babe::new(client.clone(), deps.babe.clone(), deps.keystore.clone(), deps.select_chain.clone()).into_rpc(),
	)?;
	module.merge(
		Grandpa::new(
			executor,
			grandpa.authority_set.clone(),
			grandpa.voter_state.clone(),
			grandpa.justifications.clone(),
			grandpa.proofs.clone(),
		)
		.into_rpc(),
	)?;
	if let Some(offchain) = deps.backend.offchain_storage() {
		module.merge(Mmr::new(client.clone(), offchain).into_rpc())?;
	}
	module.merge(blobs::BlobsApiServer::into_rpc(blobs::BlobsRpc::new(
		client.clone(),
		deps.store.clone(),
		deps.blobs.clone(),
	)))?;
	module.merge(engine::EngineApiServer::into_rpc(engine::EngineRpc::new(client.clone(), deps.queue.clone())))?;
	let histories = deps.keeps_history.then(|| Histories::new(client.clone()));
	module.merge(history::HistoryApiServer::into_rpc(history::HistoryRpc(histories)))?;
	#[cfg(debug_assertions)]
	module.merge(invariants::InvariantsApiServer::into_rpc(invariants::InvariantsRpc::new(deps.backend.clone())))?;
	if let Some(receipts) = &deps.receipts {
		let spec = sync_spec::SyncSpec {
			chain_spec: deps.chain_spec.cloned_box(),
			client: client.clone(),
			authority_set: grandpa.authority_set.clone(),
			babe: deps.babe.clone(),
			receipts: receipts.clone(),
			short: Default::default(),
		};
		module.merge(spec.into_rpc())?;
		module.merge(receipts::ReceiptsApiServer::into_rpc(receipts::ReceiptsRpc::new(receipts.clone())))?;
	}
	Ok(module)
}

/// The error of a runtime API that did not answer, in the codes of these calls.
fn runtime_error(error: sp_api::ApiError) -> ErrorObjectOwned {
	ErrorObjectOwned::owned(codes::RUNTIME, format!("the runtime did not answer: {error}"), None::<()>)
}
