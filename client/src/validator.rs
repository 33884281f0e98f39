//! Operating a validator.

use crate::{
	calls::SessionKeys,
	client::{constant, from_hex, value, Client},
	records::{Backing, Candidate},
	trust::hex0x,
	Error,
};
use assay_primitives::Hash32;
use codec::DecodeAll;
use serde::Deserialize;
use subxt::rpcs::client::rpc_params;

/// The chain's records of a validator, or of somebody who is to be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValidatorStatus {
	/// Its bond, if it has one.
	pub candidate: Option<Candidate>,
	/// Its delegators' pools, if it has ever taken delegations.
	pub backing: Option<Backing>,
	/// Least plancks of a bond.
	pub min_bond: u128,
	/// True if it is one of the validators of this session.
	pub elected: bool,
	/// Validators of this session.
	pub validators: u32,
	/// Keys that it has named, if it has.
	pub keys: Option<SessionKeys>,
	/// The current era.
	pub era: u32,
}

/// Keys that a node made, and the proof that they are an account's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKeys {
	/// The public keys.
	pub keys: SessionKeys,
	/// The proof.
	pub proof: Vec<u8>,
}

impl Client {
	/// The state of an account as a validator.
	pub async fn validator(&self, account: &Hash32) -> Result<ValidatorStatus, Error> {
		#[derive(subxt::ext::scale_decode::DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct Keys {
			babe: Hash32,
			grandpa: Hash32,
			inference: Hash32,
			authority_discovery: Hash32,
		}
		let at = self.at().await?;
		let validators: Vec<Hash32> = value(&at, "Session", "Validators", ()).await?.unwrap_or_default();
		let keys: Option<Keys> = value(&at, "Session", "NextKeys", (*account,)).await?;
		Ok(ValidatorStatus {
			candidate: value(&at, "Validators", "Candidates", (*account,)).await?,
			backing: value(&at, "Validators", "Backings", (*account,)).await?,
			min_bond: constant(&at, "Validators", "MinBond")?,
			elected: validators.contains(account),
			validators: u32::try_from(validators.len()).unwrap_or(u32::MAX),
			keys: keys.map(|keys| SessionKeys {
				babe: keys.babe,
				grandpa: keys.grandpa,
				inference: keys.inference,
				authority_discovery: keys.authority_discovery,
			}),
			era: value(&at, "Validators", "CurrentEra", ()).await?.unwrap_or_default(),
		})
	}

	/// Has the node make new keys for an account's sessions. They are used once the chain is told: [`crate::Call::set_keys`].
	pub async fn rotate_keys(&self, account: &Hash32) -> Result<NewKeys, Error> {
		#[derive(Deserialize)]
		struct Generated {
			keys: String,
			proof: Option<String>,
		}
		let owner = rpc_params![hex0x(account)];
		let generated: Generated =
			self.ask_node("author_rotateKeysWithOwner", owner).await.map_err(|error| match error {
				Error::Network(text) => Error::Network(format!(
				"the node makes no keys: {text}; ask the validator's own node, on its own machine or with --rpc-methods unsafe"
			)),
				other => other,
			})?;
		NewKeys::parse(&generated.keys, &generated.proof.unwrap_or_default())
	}
}

impl NewKeys {
	/// From hex, as nodes and `assay validator rotate-keys` give them.
	pub fn parse(keys: &str, proof: &str) -> Result<Self, Error> {
		let keys = from_hex(keys).ok().and_then(|bytes| SessionKeys::decode_all(&mut &bytes[..]).ok());
		let keys =
			keys.ok_or_else(|| Error::Usage("the keys of a session are four public keys, 128 bytes in hex".into()))?;
		let proof = from_hex(proof).map_err(|_| Error::Usage("the proof has to be hex".into()))?;
		Ok(NewKeys { keys, proof })
	}
}
