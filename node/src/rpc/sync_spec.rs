//! The chain spec that a light client begins with: `sync_state_genSyncSpec`.
//!
//! The SDK's own method gives the whole genesis state: megabytes, which take seconds to make at every call. This one names the state by its
//! root, as light clients need it, and proves for how long bonds stay with the chain.

use crate::{
	chain_spec::ChainSpec,
	full::{FullAuthoritySet, FullClient},
	receipts::Receipts,
};
use assay_receipts::{StateProof, GENESIS_PROOF};
use assay_runtime::opaque::Block;
use codec::Encode;
use jsonrpsee::core::async_trait;
use sc_consensus_babe::BabeWorkerHandle;
use sc_sync_state_rpc::{Error, SyncState, SyncStateApiServer};
use serde_json::{json, Value};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The method.
pub struct SyncSpec {
	pub chain_spec: Box<dyn sc_chain_spec::ChainSpec>,
	pub client: Arc<FullClient>,
	pub authority_set: FullAuthoritySet,
	pub babe: BabeWorkerHandle<Block>,
	pub receipts: Arc<Receipts>,
	/// The SDK's method for the short spec, once somebody has asked.
	pub short: OnceCell<SyncState<Block, FullClient>>,
}

impl SyncSpec {
	async fn short(&self) -> Result<&SyncState<Block, FullClient>, Error<Block>> {
		let make = || async {
			let (receipts, spec) = (self.receipts.clone(), self.chain_spec.cloned_box());
			// The first proof takes seconds: the genesis state is made from the spec.
			let made = tokio::task::spawn_blocking(move || {
				let proof = receipts.genesis_proof().map_err(|error| error.to_string())?;
				short(spec.as_ref(), &proof)
			});
			let made = made.await.map_err(|error| error.to_string()).and_then(|made| made).map_err(Error::JsonRpc)?;
			SyncState::new(Box::new(made), self.client.clone(), self.authority_set.clone(), self.babe.clone())
		};
		self.short.get_or_try_init(make).await
	}
}

#[async_trait]
impl SyncStateApiServer<Block> for SyncSpec {
	async fn system_gen_sync_spec(&self, _: bool) -> Result<Value, Error<Block>> {
		// There is no other form of a root than the raw one.
		self.short().await?.system_gen_sync_spec(true).await
	}
}

/// The spec of the same chain without its genesis state.
fn short(spec: &dyn sc_chain_spec::ChainSpec, proof: &StateProof) -> Result<ChainSpec, String> {
	let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
	let extensions = spec.extensions();
	let mut properties = spec.properties();
	properties.insert(GENESIS_PROOF.into(), hex(&proof.encode()).into());
	let value = json!({
		"name": spec.name(),
		"id": spec.id(),
		"chainType": spec.chain_type(),
		"bootNodes": spec.boot_nodes(),
		"telemetryEndpoints": spec.telemetry_endpoints(),
		"protocolId": spec.protocol_id(),
		"forkId": spec.fork_id(),
		"properties": properties,
		"forkBlocks": sc_chain_spec::get_extension::<sc_client_api::ForkBlocks<Block>>(extensions),
		"badBlocks": sc_chain_spec::get_extension::<sc_client_api::BadBlocks<Block>>(extensions),
		"lightSyncState": null,
		"genesis": { "stateRootHash": hex(&proof.header.state_root) },
	});
	ChainSpec::from_json_bytes(value.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_receipts::{Header, Spec};

	#[test]
	fn a_light_client_gets_the_root_of_the_genesis_state_and_not_the_state() {
		let header =
			Header { parent_hash: [0; 32], number: 0, state_root: [7; 32], extrinsics_root: [0; 32], digest: vec![] };
		let spec = crate::chain_spec::development().unwrap();
		let text = short(&spec, &StateProof { header, nodes: vec![] }).unwrap().as_json(true).unwrap();
		assert!(text.len() < 2_000, "{} bytes", text.len());
		let value: Value = serde_json::from_str(&text).unwrap();
		assert_eq!(value["genesis"]["stateRootHash"], format!("0x{}", hex::encode([7; 32])));
		assert_eq!((&value["id"], &value["protocolId"]), (&json!("assay_dev"), &json!("asy")));
		assert_eq!(value["properties"]["tokenSymbol"], "ASY");
		// The proof above proves nothing, and is refused.
		assert!(Spec::read(&text).unwrap_err().to_string().contains(GENESIS_PROOF));
	}
}
