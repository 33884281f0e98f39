//! The specification of a new chain: its first validators, balances and times. It has no sudo.

use crate::chain_spec::{self, ChainSpec};
use assay_runtime::{
	constants::{ASY, EXISTENTIAL_DEPOSIT, MAX_VALIDATORS, MIN_BOND},
	genesis_config_presets::{genesis, is_well_known, Terms},
	AccountId, Balance, SessionKeys,
};
use clap::Parser;
use codec::Decode;
use sc_chain_spec::ChainType;
use sc_keystore::LocalKeystore;
use sc_network::config::MultiaddrWithPeerId;
use serde::Deserialize;
use sp_core::crypto::key_types;
use sp_keystore::Keystore;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::PathBuf,
};

/// Validators without which one that is away stops finality.
const FEWEST_VALIDATORS: usize = 4;
/// Most plancks of an account: the largest number in a specification.
const MOST: Balance = u64::MAX as Balance;

/// Makes the specification of a new chain, which has no sudo and no well-known key, on standard output.
#[derive(Clone, Debug, Parser)]
pub struct GenesisCmd {
	/// Validators and balances, in JSON.
	#[arg(value_name = "FILE")]
	pub accounts: PathBuf,

	/// Name of the chain, for people.
	#[arg(long)]
	pub name: String,

	/// Id of the chain, for the folders of its nodes: small letters, digits and `_`.
	#[arg(long)]
	pub id: String,

	/// Blocks of a session. The default is an hour.
	#[arg(long, value_name = "BLOCKS")]
	pub session_blocks: Option<u64>,

	/// Sessions of an era. The default is 6.
	#[arg(long, value_name = "SESSIONS")]
	pub era_sessions: Option<u32>,

	/// Sessions between the end of a validator's last one and the return of its bond. The default is 168.
	#[arg(long, value_name = "SESSIONS")]
	pub unbonding_sessions: Option<u32>,

	/// Blocks between a decision of two thirds of the validators and the call that is made for it. The default is two days.
	#[arg(long, value_name = "BLOCKS")]
	pub delay: Option<u32>,

	/// Nodes that others ask first.
	#[arg(long, value_name = "ADDRESS")]
	pub bootnodes: Vec<MultiaddrWithPeerId>,
}

/// Makes the session keys of a first validator on its own machine, and prints the public ones.
#[derive(Clone, Debug, Parser)]
pub struct GenesisKeysCmd {
	/// Folder of the node that will validate.
	#[arg(long, value_name = "PATH")]
	pub base_path: PathBuf,

	/// Id of the chain, as `genesis` is told it.
	#[arg(long)]
	pub id: String,
}

impl GenesisKeysCmd {
	/// Prints the keys in hex, as `genesis` takes them.
	pub fn run(&self) -> sc_cli::Result<()> {
		println!("{}", self.make().map_err(sc_cli::Error::Input)?);
		Ok(())
	}

	fn make(&self) -> Result<String, String> {
		check_id(&self.id)?;
		let dir = self.base_path.join("chains").join(&self.id).join("keystore");
		if fs::read_dir(&dir).is_ok_and(|mut files| files.next().is_some()) {
			return Err(format!(
				"{} has keys already: a validator has one of each kind. Give another --base-path",
				dir.display()
			));
		}
		let store = LocalKeystore::open(&dir, None).map_err(|error| format!("{}: {error}", dir.display()))?;
		let failed = |error| format!("{}: {error}", dir.display());
		let sr25519 = |kind| store.sr25519_generate_new(kind, None).map(|key| key.0).map_err(failed);
		let babe = sr25519(key_types::BABE)?;
		let grandpa = store.ed25519_generate_new(key_types::GRANDPA, None).map_err(failed)?.0;
		let keys =
			[babe, grandpa, sr25519(assay_primitives::infr::KEY_TYPE)?, sr25519(key_types::AUTHORITY_DISCOVERY)?];
		Ok(format!("0x{}", hex::encode(keys.concat())))
	}
}

fn check_id(id: &str) -> Result<(), String> {
	let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
	match !id.is_empty() && id.chars().all(is_id) {
		true => Ok(()),
		false => Err(format!("--id `{id}` has to be small letters, digits and `_`")),
	}
}

/// Validators and balances of the genesis block, as the operator writes them down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
	validators: Vec<Validator>,
	/// Whole ASY.
	balances: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Validator {
	account: String,
	keys: String,
	/// Whole ASY.
	bond: u64,
}

impl GenesisCmd {
	/// Prints the specification.
	pub fn run(&self) -> sc_cli::Result<()> {
		let spec = self.spec().map_err(sc_cli::Error::Input)?;
		println!("{}", sc_service::ChainSpec::as_json(&spec, true).map_err(sc_cli::Error::Input)?);
		Ok(())
	}

	/// The specification.
	pub fn spec(&self) -> Result<ChainSpec, String> {
		check_id(&self.id)?;
		let file = self.accounts.display();
		let text = fs::read_to_string(&self.accounts).map_err(|error| format!("{file}: {error}"))?;
		let accounts: Accounts = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
		let terms = Terms {
			session_blocks: self.session_blocks,
			sessions_per_era: self.era_sessions,
			unbonding_sessions: self.unbonding_sessions,
			enactment_delay: self.delay,
			minimum_validators: FEWEST_VALIDATORS as u32,
		};
		terms.check()?;
		let (validators, balances) = accounts.read().map_err(|error| format!("{file}: {error}"))?;
		let genesis = genesis(validators, balances, terms, None);
		let spec = chain_spec::build(&self.name, &self.id, ChainType::Live, genesis)?;
		Ok(spec.with_boot_nodes(self.bootnodes.clone()).build())
	}
}

/// Account, keys and bond of each validator.
type Validators = Vec<(AccountId, SessionKeys, Balance)>;

impl Accounts {
	/// Reads the accounts, and refuses those with which a chain could not begin, or should not.
	fn read(&self) -> Result<(Validators, Vec<(AccountId, Balance)>), String> {
		let count = self.validators.len();
		if !(FEWEST_VALIDATORS..=MAX_VALIDATORS as usize).contains(&count) {
			return Err(format!(
				"{count} validators: a chain begins with {FEWEST_VALIDATORS} at least, since with fewer one that is away stops finality, and \
				 with {MAX_VALIDATORS} at most"
			));
		}
		let mut balances = BTreeMap::new();
		for (who, asy) in &self.balances {
			let account = address(who)?;
			let plancks = plancks(*asy).filter(|plancks| *plancks <= MOST && *plancks >= EXISTENTIAL_DEPOSIT);
			let plancks =
				plancks.ok_or_else(|| format!("{who} has {asy} ASY: an account has 1 to {} of them", MOST / ASY))?;
			if balances.insert(account, plancks).is_some() {
				return Err(format!("{who} is named twice"));
			}
		}
		let mut validators = Vec::new();
		let (mut accounts, mut known) = (BTreeSet::new(), BTreeSet::new());
		for Validator { account: who, keys, bond } in &self.validators {
			let account = address(who)?;
			if !accounts.insert(account.clone()) {
				return Err(format!("{who} validates twice"));
			}
			let bytes =
				hex::decode(keys.trim_start_matches("0x")).map_err(|error| format!("the keys of {who}: {error}"))?;
			for (kind, key) in bytes.chunks(32).enumerate() {
				if is_well_known(key) {
					return Err(format!("the keys of {who} are those of a development account, which everybody has"));
				}
				if !known.insert((kind, key.to_vec())) {
					return Err(format!(
						"{who} has the keys of another validator, or one of them: each node makes its own"
					));
				}
			}
			let keys = SessionKeys::decode(&mut &bytes[..]).ok().filter(|keys| codec::Encode::encode(keys) == bytes);
			let keys = keys.ok_or_else(|| {
				format!("the keys of {who} are {} bytes and not 128: see `assay-node genesis-keys`", bytes.len())
			})?;
			let bond = plancks(*bond).filter(|bond| *bond >= MIN_BOND && *bond <= MOST);
			let bond = bond.ok_or_else(|| format!("the bond of {who} has to be {} ASY at least", MIN_BOND / ASY))?;
			let least = bond.saturating_add(ASY);
			if balances.get(&account).is_none_or(|balance| *balance < least) {
				return Err(format!(
					"{who} bonds {} ASY: `balances` has to give it that and one more, for fees",
					bond / ASY
				));
			}
			validators.push((account, keys, bond));
		}
		Ok((validators, balances.into_iter().collect()))
	}
}

fn plancks(asy: u64) -> Option<Balance> {
	Balance::from(asy).checked_mul(ASY)
}

/// An account by its address, unless everybody has its key.
fn address(text: &str) -> Result<AccountId, String> {
	let account: AccountId = text.parse().map_err(|error| format!("`{text}` is no address: {error}"))?;
	match is_well_known(account.as_ref()) {
		true => Err(format!("{text} is a development account, whose key everybody has")),
		false => Ok(account),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use serde_json::{json, Value};
	use sp_core::crypto::Ss58Codec;
	use sp_runtime::BuildStorage;

	fn account(index: u8) -> String {
		AccountId::new([index; 32]).to_ss58check()
	}

	fn validator(index: u8) -> Value {
		// Any 32 bytes are a key of sr25519 as far as its type goes; ed25519 too.
		json!({ "account": account(index), "keys": format!("0x{}", hex::encode([index; 128])), "bond": 1_000 })
	}

	fn file() -> Value {
		let balances: BTreeMap<_, _> = (1..=5).map(|index| (account(index), 2_000)).collect();
		json!({ "validators": (1..=4).map(validator).collect::<Vec<_>>(), "balances": balances })
	}

	fn spec(file: &Value, flags: &[&str]) -> Result<ChainSpec, String> {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("accounts.json");
		fs::write(&path, file.to_string()).unwrap();
		let words = ["genesis", path.to_str().unwrap(), "--name", "Ours", "--id", "ours"];
		GenesisCmd::parse_from(words.iter().chain(flags)).spec()
	}

	#[test]
	fn a_chain_begins_with_its_validators_and_without_sudo() {
		let flags = ["--session-blocks", "30", "--era-sessions", "2", "--unbonding-sessions", "30", "--delay", "7"];
		let mut storage = sp_io::TestExternalities::new(spec(&file(), &flags).unwrap().build_storage().unwrap());
		storage.execute_with(|| {
			use assay_runtime::{Balances, Runtime, Session};
			assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
			assert_eq!(Session::validators().len(), 4);
			assert_eq!(pallet_validators::Candidates::<Runtime>::count(), 4);
			assert_eq!(pallet_validators::SessionBlocks::<Runtime>::get(), 30);
			assert_eq!(pallet_council::Delay::<Runtime>::get(), 7);
			assert_eq!(Balances::free_balance(AccountId::new([5; 32])), 2_000 * ASY);
			assert_ne!(pallet_models::CurrentEngine::<Runtime>::get(), None);
			assert_eq!(pallet_validators::MinimumValidators::<Runtime>::get(), 4);
		});
		// The defaults are those of constants.rs.
		let mut storage = sp_io::TestExternalities::new(spec(&file(), &[]).unwrap().build_storage().unwrap());
		storage.execute_with(|| {
			use assay_runtime::{constants::*, Runtime};
			assert_eq!(pallet_validators::SessionBlocks::<Runtime>::get(), u64::from(SESSION_BLOCKS));
			assert_eq!(pallet_validators::SessionsPerEra::<Runtime>::get(), SESSIONS_PER_ERA);
			assert_eq!(pallet_validators::UnbondingSessions::<Runtime>::get(), UNBONDING_BLOCKS / SESSION_BLOCKS);
			assert_eq!(pallet_council::Delay::<Runtime>::get(), ENACTMENT_DELAY);
		});
	}

	#[test]
	fn the_first_validators_make_and_finalize_blocks_by_their_bonds() {
		let mut file = file();
		file["validators"][0]["bond"] = json!(1_500);
		let mut storage = sp_io::TestExternalities::new(spec(&file, &[]).unwrap().build_storage().unwrap());
		storage.execute_with(|| {
			let mut babe: Vec<_> = assay_runtime::Babe::authorities().iter().map(|(_, power)| *power).collect();
			let mut grandpa: Vec<_> =
				assay_runtime::Grandpa::grandpa_authorities().iter().map(|(_, power)| *power).collect();
			for powers in [&mut babe, &mut grandpa] {
				powers.sort();
				assert_eq!(*powers, [1_000, 1_000, 1_000, 1_500]);
			}
		});
	}

	#[test]
	fn a_validator_makes_its_keys_once_and_a_chain_begins_with_them() {
		let dir = tempfile::tempdir().unwrap();
		let make = || GenesisKeysCmd { base_path: dir.path().into(), id: "ours".into() }.make();
		let keys = make().unwrap();
		assert_eq!(fs::read_dir(dir.path().join("chains/ours/keystore")).unwrap().count(), 4);
		let mut file = file();
		file["validators"][0]["keys"] = json!(keys);
		spec(&file, &[]).unwrap();
		assert!(make().unwrap_err().contains("has keys already"));
	}

	#[test]
	fn what_a_chain_cannot_begin_with_is_refused_in_words() {
		let changed = |change: &dyn Fn(&mut Value)| {
			let mut file = file();
			change(&mut file);
			spec(&file, &[]).err().unwrap_or_default()
		};
		let alice = sp_keyring::Sr25519Keyring::Alice;
		let known = hex::encode([alice.public().0, [9; 32], [9; 32], [9; 32]].concat());
		let cases: [(&str, &dyn Fn(&mut Value)); 12] = [
			("3 validators: a chain begins with 4 at least", &|file| {
				drop(file["validators"].as_array_mut().unwrap().pop())
			}),
			("no address", &|file| file["validators"][0]["account"] = json!("5x")),
			("development account", &|file| {
				file["validators"][0]["account"] = json!(alice.to_account_id().to_ss58check())
			}),
			("those of a development account", &|file| file["validators"][0]["keys"] = json!(known)),
			("are 3 bytes and not 128", &|file| file["validators"][0]["keys"] = json!("0x010203")),
			("the keys of", &|file| file["validators"][0]["keys"] = json!("0xzz")),
			("keys of another validator", &|file| {
				file["validators"][1]["keys"] = file["validators"][0]["keys"].clone()
			}),
			// One of the four is enough.
			("keys of another validator", &|file| {
				file["validators"][1]["keys"] = json!(format!("0x{}{}", hex::encode([1; 32]), hex::encode([2; 96])))
			}),
			("validates twice", &|file| file["validators"][1]["account"] = json!(account(1))),
			("has to be 1000 ASY at least", &|file| file["validators"][2]["bond"] = json!(999)),
			("has to give it that and one more", &|file| file["validators"][2]["bond"] = json!(2_000)),
			("unknown field `sudo`", &|file| file["sudo"] = json!(account(1))),
		];
		for (expected, change) in cases {
			let error = changed(change);
			assert!(error.contains(expected), "{error:?} does not say {expected:?}");
		}
		for (flags, expected) in [
			(&["--session-blocks", "0"][..], "a session has"),
			(&["--unbonding-sessions", "6"], "has to be"),
			(&["--delay", "0"], "--delay"),
		] {
			let error = spec(&file(), flags).err().unwrap_or_default();
			assert!(error.contains(expected), "{error:?} does not say {expected:?}");
		}
	}
}
