//! Genesis presets: `development`, with one validator, and `local_testnet`, with four.
//!
//! They name no engine: the node that makes a chain spec from them puts its own in.

use crate::{configs::TreasuryAccount, constants::*, *};
use alloc::vec;
use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Balance of the presets' accounts: a million ASY.
const ENDOWMENT: Balance = 1_000_000 * ASY;

/// Session keys of a well-known account.
fn session_keys(account: Sr25519Keyring) -> SessionKeys {
	let grandpa = match account {
		Sr25519Keyring::Bob => Ed25519Keyring::Bob,
		Sr25519Keyring::Charlie => Ed25519Keyring::Charlie,
		Sr25519Keyring::Dave => Ed25519Keyring::Dave,
		_ => Ed25519Keyring::Alice,
	};
	SessionKeys {
		babe: account.public().into(),
		grandpa: grandpa.public().into(),
		inference: account.public().into(),
		authority_discovery: account.public().into(),
	}
}

/// Bond of the presets' validators.
const BOND: Balance = 10 * MIN_BOND;
/// Blocks of a session on a test network, so that changes of the set can be watched.
const TEST_SESSION_BLOCKS: u64 = 30;
/// Sessions of an era on a test network: a penalty is taken within four minutes.
const TEST_SESSIONS_PER_ERA: u32 = 2;
/// Sessions between unbonding and withdrawal on a test network: four eras.
const TEST_UNBONDING_SESSIONS: u32 = 4 * TEST_SESSIONS_PER_ERA;

/// Blocks between a decision of the council and the call that it is about, on a test network.
const TEST_ENACTMENT_DELAY: BlockNumber = 10;

fn testnet(validators: &[Sr25519Keyring]) -> Value {
	let mut balances: Vec<(AccountId, Balance)> =
		Sr25519Keyring::iter().map(|key| (key.to_account_id(), ENDOWMENT)).collect();
	balances.push((TreasuryAccount::get(), EXISTENTIAL_DEPOSIT));
	let keys =
		validators.iter().map(|key| (key.to_account_id(), key.to_account_id(), session_keys(*key))).collect::<Vec<_>>();
	let bonds = validators.iter().map(|key| (key.to_account_id(), BOND)).collect::<Vec<_>>();
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances },
		babe: BabeConfig { epoch_config: apis::BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig { keys },
		validators: ValidatorsConfig {
			bonds,
			session_blocks: Some(TEST_SESSION_BLOCKS),
			sessions_per_era: Some(TEST_SESSIONS_PER_ERA),
			unbonding_sessions: Some(TEST_UNBONDING_SESSIONS),
		},
		enactment: EnactmentConfig { delay: Some(TEST_ENACTMENT_DELAY) },
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
	})
}

/// The preset of this name, as JSON.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave};
	let patch = match id.as_ref() {
		sp_genesis_builder::DEV_RUNTIME_PRESET => testnet(&[Alice]),
		sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET => testnet(&[Alice, Bob, Charlie, Dave]),
		_ => return None,
	};
	serde_json::to_vec(&patch).ok()
}

/// Names of the presets.
pub fn preset_names() -> Vec<PresetId> {
	vec![
		PresetId::from(sp_genesis_builder::DEV_RUNTIME_PRESET),
		PresetId::from(sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET),
	]
}
