//! The runtime of Assay: BABE and GRANDPA, balances, an MMR for receipts, and the inference pallet.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
// The macros that make a runtime document little of what they generate.
#![allow(missing_docs)]

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

extern crate alloc;

pub mod apis;
pub mod authorities;
pub mod configs;
pub mod constants;
pub mod genesis_config_presets;
mod history;
#[cfg(feature = "std")]
pub mod invariants;
#[cfg(feature = "next-version")]
mod next_version;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

pub use pallet_balances::Call as BalancesCall;
#[cfg(feature = "std")]
pub use sp_runtime::BuildStorage;

/// The types of blocks for a node that does not know their calls.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

	/// Header.
	pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
	/// Block with opaque extrinsics.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;
	/// Id of a block.
	pub type BlockId = generic::BlockId<Block>;
}

impl_opaque_keys! {
	/// Keys that a validator sets for its sessions.
	pub struct SessionKeys {
		/// Authors blocks.
		pub babe: authorities::WeightedBabe,
		/// Finalizes them.
		pub grandpa: authorities::WeightedGrandpa,
		/// Attests inferences.
		pub inference: Rounds,
		/// Publishes the node's addresses.
		pub authority_discovery: AuthorityDiscovery,
	}
}

/// Version of the runtime. `runtime/tests/versions.rs` says when the numbers are raised.
macro_rules! version {
	($spec_version:tt, $transaction_version:tt) => {
		/// Version of the runtime.
		#[sp_version::runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: alloc::borrow::Cow::Borrowed("assay"),
			impl_name: alloc::borrow::Cow::Borrowed("assay"),
			authoring_version: 1,
			spec_version: $spec_version,
			impl_version: 1,
			apis: apis::RUNTIME_API_VERSIONS,
			transaction_version: $transaction_version,
			system_version: 1,
		};
	};
}
#[cfg(not(feature = "next-version"))]
version!(2, 2);
#[cfg(feature = "next-version")]
version!(3, 2);

/// Signature of a transaction.
pub type Signature = MultiSignature;
/// Account id, the public key behind a signature or its hash.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Plancks.
pub type Balance = u128;
/// Number of an account's transactions.
pub type Nonce = u32;
/// Hash of a block.
pub type Hash = sp_core::H256;
/// Number of a block.
pub type BlockNumber = u32;
/// The way in which transactions name accounts.
pub type Address = MultiAddress<AccountId, ()>;
/// Header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// Block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Block with its justification.
pub type SignedBlock = generic::SignedBlock<Block>;
/// Id of a block.
pub type BlockId = generic::BlockId<Block>;

/// The extensions that every transaction carries beside its call.
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Transaction.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// Migrations from the last release to this one.
#[cfg(not(feature = "next-version"))]
pub type Migrations = ();
#[cfg(feature = "next-version")]
pub use next_version::Migrations;

/// Executes blocks.
pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
	Migrations,
>;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	// Before `Rounds`, whose draws use the author's VRF output that BABE's `on_finalize` leaves.
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;

	#[runtime::pallet_index(3)]
	pub type Authorship = pallet_authorship;

	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;

	// Before `Session`, which asks for the voting power of the first validators.
	#[runtime::pallet_index(6)]
	pub type Validators = pallet_validators;

	#[runtime::pallet_index(7)]
	pub type Session = pallet_session;

	#[runtime::pallet_index(8)]
	pub type Historical = pallet_session::historical;

	#[runtime::pallet_index(9)]
	pub type Offences = pallet_offences;

	#[runtime::pallet_index(10)]
	pub type Grandpa = pallet_grandpa;

	#[runtime::pallet_index(11)]
	pub type AuthorityDiscovery = pallet_authority_discovery;

	// Before `Inference`: its leaf carries the results root that the parent block left.
	#[runtime::pallet_index(12)]
	pub type Mmr = pallet_mmr;

	#[runtime::pallet_index(13)]
	pub type Rounds = pallet_rounds;

	#[runtime::pallet_index(14)]
	pub type Models = pallet_models;

	#[runtime::pallet_index(15)]
	pub type Inference = pallet_inference;

	#[runtime::pallet_index(16)]
	pub type Memory = pallet_memory;

	#[runtime::pallet_index(20)]
	pub type Utility = pallet_utility;

	// The validators, as those who govern. Their decisions are made as root, after a delay.
	#[runtime::pallet_index(21)]
	pub type Council = pallet_council;

	#[runtime::pallet_index(22)]
	pub type Scheduler = pallet_scheduler;

	#[runtime::pallet_index(23)]
	pub type Preimage = pallet_preimage;

	#[runtime::pallet_index(24)]
	pub type Multisig = pallet_multisig;

	#[runtime::pallet_index(25)]
	pub type Proxy = pallet_proxy;

	#[runtime::pallet_index(255)]
	pub type Sudo = pallet_sudo;
}
