//! Genesis presets: `development`, with one validator, and `local_testnet`, with four.
//!
//! They name no engine: the node that makes a chain spec from them puts its own in.

use crate::{configs::TreasuryAccount, constants::*, *};
use alloc::{format, string::String, vec};
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
/// Sessions between unbonding and withdrawal on a test network: longer than the longest round and the time of its late votes.
const TEST_UNBONDING_SESSIONS: u32 = 30;

/// Blocks between a decision of the council and the call that it is about, on a test network.
const TEST_ENACTMENT_DELAY: BlockNumber = 10;

/// The lengths of a chain's times; a field that is none is as in `constants`.
#[derive(Clone, Copy, Default)]
pub struct Terms {
	/// Blocks of a session.
	pub session_blocks: Option<u64>,
	/// Sessions of an era.
	pub sessions_per_era: Option<u32>,
	/// Sessions between the end of a validator's last one and the return of its bond.
	pub unbonding_sessions: Option<u32>,
	/// Blocks between a decision of the council and the call that it is about.
	pub enactment_delay: Option<BlockNumber>,
	/// Validators below which no election goes.
	pub minimum_validators: u32,
}

impl Terms {
	/// Says which of them does not do: bonds have to outlast every window in which a fault can be shown.
	pub fn check(&self) -> Result<(), String> {
		let blocks = self.session_blocks.unwrap_or(SESSION_BLOCKS.into());
		if !(10..=u64::from(DAYS)).contains(&blocks) {
			return Err(format!("a session has 10 to {DAYS} blocks, and not {blocks}"));
		}
		let era = self.sessions_per_era.unwrap_or(SESSIONS_PER_ERA);
		if !(1..=1_000).contains(&era) {
			return Err(format!("an era has 1 to 1000 sessions, and not {era}"));
		}
		let least = u64::from(era).saturating_add(LONGEST_ROUND.div_ceil(blocks)).saturating_add(1);
		let unbonding = self.unbonding_sessions.unwrap_or(UNBONDING_BLOCKS / SESSION_BLOCKS);
		if u64::from(unbonding) < least {
			return Err(format!(
				"the time of unbonding is {unbonding} sessions: with eras of {era} sessions of {blocks} blocks it has to be {least} at least, \
				 so that bonds outlast every fault"
			));
		}
		match self.enactment_delay {
			Some(0) => Err("--delay is a block at least".into()),
			_ => Ok(()),
		}
	}
}

/// A genesis, as a patch of the default one.
pub fn genesis(
	validators: Vec<(AccountId, SessionKeys, Balance)>,
	mut balances: Vec<(AccountId, Balance)>,
	terms: Terms,
	sudo: Option<AccountId>,
) -> Value {
	balances.extend([TreasuryAccount::get(), Validators::pot()].map(|who| (who, EXISTENTIAL_DEPOSIT)));
	let bonds = validators.iter().map(|(who, _, bond)| (who.clone(), *bond)).collect::<Vec<_>>();
	let keys = validators.into_iter().map(|(who, keys, _)| (who.clone(), who, keys)).collect::<Vec<_>>();
	build_struct_json_patch!(RuntimeGenesisConfig {
		balances: BalancesConfig { balances },
		babe: BabeConfig { epoch_config: apis::BABE_GENESIS_EPOCH_CONFIG },
		session: SessionConfig { keys },
		validators: ValidatorsConfig {
			bonds,
			session_blocks: terms.session_blocks,
			sessions_per_era: terms.sessions_per_era,
			unbonding_sessions: terms.unbonding_sessions,
			minimum_validators: terms.minimum_validators,
		},
		council: CouncilConfig { delay: terms.enactment_delay },
		sudo: SudoConfig { key: sudo },
	})
}

/// True if these bytes are a public key of a development account, of either kind.
pub fn is_well_known(key: &[u8]) -> bool {
	Sr25519Keyring::iter().any(|account| account.public().0 == key)
		|| Ed25519Keyring::iter().any(|account| account.public().0 == key)
}

const TEST_TERMS: Terms = Terms {
	session_blocks: Some(TEST_SESSION_BLOCKS),
	sessions_per_era: Some(TEST_SESSIONS_PER_ERA),
	unbonding_sessions: Some(TEST_UNBONDING_SESSIONS),
	enactment_delay: Some(TEST_ENACTMENT_DELAY),
	minimum_validators: 0,
};

fn testnet(validators: &[Sr25519Keyring]) -> Value {
	let balances = Sr25519Keyring::iter().map(|key| (key.to_account_id(), ENDOWMENT)).collect();
	let validators = validators.iter().map(|key| (key.to_account_id(), session_keys(*key), BOND)).collect();
	genesis(validators, balances, TEST_TERMS, Some(Sr25519Keyring::Alice.to_account_id()))
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn bonds_outlast_every_fault_on_every_chain() {
		Terms::default().check().unwrap();
		TEST_TERMS.check().unwrap();
		let least = |terms: Terms| {
			(1..).find(|sessions| Terms { unbonding_sessions: Some(*sessions), ..terms }.check().is_ok())
		};
		// A round of 800 blocks, an era of two sessions in which its late votes are judged, and a session to spare.
		assert_eq!(least(TEST_TERMS), Some(27 + 2 + 1));
		assert_eq!(least(Terms::default()), Some(1 + 6 + 1));
	}
}
