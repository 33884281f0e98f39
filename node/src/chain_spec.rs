//! Specifications of the built-in chains: `dev` with one validator, `local` with several.

use assay_runtime::{genesis_config_presets::get_preset, opaque::Block, WASM_BINARY};
use sc_chain_spec::{json_merge, ChainSpecExtension, ChainType, Properties};
use serde::{Deserialize, Serialize};
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};

/// SS58 prefix of addresses: the generic Substrate one.
const SS58_FORMAT: u16 = 42;
const TOKEN_SYMBOL: &str = "ASY";
/// 1 ASY is 10^12 plancks.
const TOKEN_DECIMALS: u32 = 12;

/// Extensions of a chain specification.
#[derive(Default, Clone, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// Block numbers with known hashes.
	pub fork_blocks: sc_client_api::ForkBlocks<Block>,
	/// Known bad block hashes.
	pub bad_blocks: sc_client_api::BadBlocks<Block>,
	/// State from which light clients start.
	pub light_sync_state: sc_sync_state_rpc::LightSyncStateExtension,
}

/// Specification of an Assay chain.
pub type ChainSpec = sc_chain_spec::GenericChainSpec<Extensions>;

/// One validator, for development.
pub fn development() -> Result<ChainSpec, String> {
	built_in("Assay Development", "assay_dev", ChainType::Development, DEV_RUNTIME_PRESET)
}

/// Several validators on one machine.
pub fn local() -> Result<ChainSpec, String> {
	built_in("Assay Local", "assay_local", ChainType::Local, LOCAL_TESTNET_RUNTIME_PRESET)
}

/// A preset of the runtime. The runtime does not know the engine, so its presets leave it empty.
fn built_in(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, String> {
	let genesis = get_preset(&PresetId::from(preset)).ok_or_else(|| format!("the runtime has no preset `{preset}`"))?;
	let genesis =
		serde_json::from_slice(&genesis).map_err(|error| format!("preset `{preset}` is not JSON: {error}"))?;
	Ok(build(name, id, chain_type, genesis)?.build())
}

/// A genesis, with this node's engine as the one that the network runs.
pub fn build(
	name: &str,
	id: &str,
	chain_type: ChainType,
	mut genesis: serde_json::Value,
) -> Result<sc_chain_spec::ChainSpecBuilder<Extensions>, String> {
	let code = WASM_BINARY.ok_or("this node was built without its runtime (SKIP_WASM_BUILD): give --chain a file")?;
	json_merge(&mut genesis, serde_json::json!({ "models": { "engine": crate::engine::id() } }));

	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
	properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
	properties.insert("ss58Format".into(), SS58_FORMAT.into());

	Ok(ChainSpec::builder(code, Extensions::default())
		.with_name(name)
		.with_id(id)
		.with_chain_type(chain_type)
		.with_protocol_id("asy")
		.with_properties(properties)
		.with_genesis_config_patch(genesis))
}
