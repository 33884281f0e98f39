//! This node's validator as the chain has it, for the metrics `assay_validator_*`.

use crate::full::FullClient;
use assay_primitives::infr;
use assay_runtime::{constants::ASY, AccountId, Hash, Runtime};
use codec::Decode;
use pallet_validators::Candidate;
use prometheus_endpoint::{register, Gauge, PrometheusError, Registry, F64, U64};
use sc_client_api::{StorageKey, StorageProvider};
use sp_blockchain::Error;
use sp_core::crypto::ByteArray;
use sp_keystore::KeystorePtr;
use std::sync::Arc;

/// Reads and reports.
pub struct Validator {
	client: Arc<FullClient>,
	keystore: KeystorePtr,
	metrics: Metrics,
}

struct Metrics {
	candidate: Gauge<U64>,
	elected: Gauge<U64>,
	bond: Gauge<F64>,
	due: Gauge<F64>,
	jailed: Gauge<U64>,
	missed: Gauge<U64>,
	held_back: Gauge<U64>,
}

/// What the state after a block has of an account that validates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Standing {
	candidate: Option<Candidate<u32>>,
	is_elected: bool,
	is_held_back: bool,
	era: u32,
}

impl Validator {
	pub fn new(client: Arc<FullClient>, keystore: KeystorePtr, registry: &Registry) -> Result<Self, PrometheusError> {
		let gauge = |name: &str, help: &str| register(Gauge::new(name, help)?, registry);
		let asy = |name: &str, help: &str| register(Gauge::new(name, help)?, registry);
		let metrics = Metrics {
			candidate: gauge("assay_validator_candidate", "1 if an account with a bond has the keys of this node")?,
			elected: gauge("assay_validator_elected", "1 if it is in the set of this session")?,
			bond: asy("assay_validator_bond_asy", "Its bond, penalties that are due included")?,
			due: asy(
				"assay_validator_penalties_asy",
				"Penalties that are due, and are taken if they are not cancelled",
			)?,
			jailed: gauge("assay_validator_jailed", "1 if it is in jail for missed duties")?,
			missed: gauge("assay_validator_missed_duties", "Duties that it missed in this era")?,
			held_back: gauge(
				"assay_validator_held_back",
				"1 if it is in no committee for a vote that is shut or contested",
			)?,
		};
		Ok(Validator { client, keystore, metrics })
	}

	/// Reads the state after a block.
	pub fn observe(&self, block: Hash) {
		let standing = self.standing(block).unwrap_or_else(|error| {
			log::debug!("block {block:?} does not say how the validator stands: {error}");
			None
		});
		standing.unwrap_or_default().show(&self.metrics);
	}

	/// The account whose keys this node has; none where it has none that somebody has set.
	fn standing(&self, block: Hash) -> Result<Option<Standing>, Error> {
		let keys = self.keystore.sr25519_public_keys(infr::KEY_TYPE);
		let owner = |key: Vec<u8>| {
			let key = pallet_session::KeyOwner::<Runtime>::hashed_key_for((infr::KEY_TYPE, key));
			self.read::<AccountId>(block, key).transpose()
		};
		let Some(account) = keys.iter().find_map(|key| owner(key.to_raw_vec())).transpose()? else { return Ok(None) };
		let candidate = self.read(block, pallet_validators::Candidates::<Runtime>::hashed_key_for(&account))?;
		let elected = pallet_session::Validators::<Runtime>::hashed_key();
		let elected: Vec<AccountId> = self.read(block, elected.to_vec())?.unwrap_or_default();
		let held_back = pallet_rounds::HeldBack::<Runtime>::hashed_key();
		let held_back: Vec<(AccountId, u32)> = self.read(block, held_back.to_vec())?.unwrap_or_default();
		let era =
			self.read(block, pallet_validators::CurrentEra::<Runtime>::hashed_key().to_vec())?.unwrap_or_default();
		Ok(Some(Standing {
			candidate,
			is_elected: elected.contains(&account),
			is_held_back: held_back.iter().any(|(who, _)| *who == account),
			era,
		}))
	}

	fn read<T: Decode>(&self, block: Hash, key: Vec<u8>) -> Result<Option<T>, Error> {
		let value = self.client.storage(block, &StorageKey(key))?;
		value.map(|value| T::decode(&mut &value.0[..]).map_err(|error| Error::Backend(error.to_string()))).transpose()
	}
}

impl Standing {
	fn show(&self, metrics: &Metrics) {
		let asy = |plancks: u128| plancks as f64 / ASY as f64;
		let candidate = self.candidate.as_ref();
		metrics.candidate.set(candidate.is_some().into());
		metrics.elected.set(self.is_elected.into());
		metrics.held_back.set(self.is_held_back.into());
		metrics.bond.set(candidate.map_or(0.0, |candidate| asy(candidate.bond)));
		metrics.due.set(candidate.map_or(0.0, |candidate| asy(candidate.due)));
		metrics.jailed.set(candidate.is_some_and(|candidate| candidate.jailed.is_some()).into());
		metrics.missed.set(candidate.map_or(0, |candidate| self.missed(candidate)).into());
	}

	/// The count is that of the era of the last miss.
	fn missed(&self, candidate: &Candidate<u32>) -> u32 {
		match candidate.missed_in == self.era {
			true => candidate.misses,
			false => 0,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn duties_missed_in_an_era_that_is_over_are_not_missed_in_this_one() {
		let candidate = Candidate {
			bond: 1_000 * ASY,
			due: 0,
			paid: 0,
			jailed: None,
			leaves: None,
			missed_in: 6,
			misses: 3,
			signalled_in: 0,
			signals: 0,
			seat: None,
		};
		let missed = |era| Standing { era, ..Standing::default() }.missed(&candidate);
		assert_eq!([missed(6), missed(7)], [3, 0]);
	}
}
