//! Types of the parts of a full node.

use assay_primitives::host::engine::HostFunctions as EngineFunctions;
use assay_runtime::{apis::RuntimeApi, opaque::Block, BlockNumber, Hash};
use sc_executor::WasmExecutor;
use sc_transaction_pool::TransactionPoolHandle;

/// The functions that the runtime may call: Substrate's, and the engine's.
pub type HostFunctions = (sp_io::SubstrateHostFunctions, EngineFunctions);
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, WasmExecutor<HostFunctions>>;
pub type FullBackend = sc_service::TFullBackend<Block>;
pub type FullPool = TransactionPoolHandle<Block, FullClient>;
pub type FullSelectChain = sc_consensus::LongestChain<FullBackend, Block>;
pub type FullAuthoritySet = sc_consensus_grandpa::SharedAuthoritySet<Hash, BlockNumber>;
