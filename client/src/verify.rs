//! Proofs of a node's word: receipts, and proofs of the state of a block that a receipt has proven.

use crate::{client::Client, trust::hex0x, Error};
use assay_primitives::{hash::blake2_256, Claim, Hash32, ModelId};
pub use assay_receipts::Expected;
use assay_receipts::{
	check_name, name_key, read, time_key, verify, Age, Checkpoint, Receipt, StateError, Terms, TrustedBlock, Verified,
};
use codec::DecodeAll;
use serde::Deserialize;
use std::collections::HashMap;
use subxt::rpcs::client::rpc_params;

/// The proof that a result rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Evidence {
	/// A receipt that was verified here.
	Receipt {
		/// Its bytes, to be kept or given to others.
		bytes: Vec<u8>,
		/// The facts that it proves.
		verified: Verified,
		/// The time of its head in milliseconds since 1970, if the node has proven it: [`Verified::next`] and this are a checkpoint for
		/// later.
		time: Option<u64>,
	},
	/// A light client's: the state of a block that it has seen finalized, with the proof that the block has it.
	LightClient {
		/// Number of the block.
		number: u32,
		/// Its hash.
		hash: Hash32,
	},
}

/// A receipt's claim and what it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proven {
	/// The receipt's bytes.
	pub bytes: Vec<u8>,
	/// The facts that it proves.
	pub verified: Verified,
	head_state: Hash32,
}

/// Verifies a receipt, also offline.
pub fn verify_receipt(bytes: &[u8], checkpoint: &Checkpoint, age: Age) -> Result<Proven, Error> {
	let verified = verify(bytes, checkpoint, age)?;
	let head_state = Receipt::from_bytes(bytes)?.route.head.block.header.state_root;
	Ok(Proven { bytes: bytes.to_vec(), verified, head_state })
}

/// Checks that a claim rests on no less than these terms and on the vote of every member.
pub fn check_terms(claim: &Claim, least: &Terms) -> Result<(), Error> {
	assay_receipts::check_terms(claim, least).map_err(|error| Error::Unverified(format!("{error}; --fast accepts it")))
}

#[derive(Deserialize)]
struct ReadProof {
	proof: Vec<String>,
}

impl Client {
	/// Values of the state after the head of a receipt, under keys of which the node proves what they have.
	async fn proven_values(&self, proven: &Proven, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
		let hex: Vec<String> = keys.iter().map(hex0x).collect();
		let params = rpc_params![hex, hex0x(proven.verified.head.hash)];
		let ReadProof { proof } = self.ask_node("state_getReadProof", params).await?;
		let nodes = proof.iter().map(|node| crate::client::from_hex(node)).collect::<Result<Vec<_>, _>>()?;
		let nodes: HashMap<Hash32, Vec<u8>> = nodes.into_iter().map(|node| (blake2_256(&node), node)).collect();
		let value = |key: &Vec<u8>| match read(&proven.head_state, key, |hash| nodes.get(hash).map(Vec::as_slice)) {
			Ok(value) => Ok(Some(value.to_vec())),
			Err(StateError::NoValue) => Ok(None),
			Err(error) => {
				Err(Error::Unverified(format!("the node does not prove the state of the receipt's head: {error}")))
			}
		};
		keys.iter().map(value).collect()
	}

	/// Checks that a version of a name is this model, by the state that a receipt has proven. Returns the time of its head.
	pub(crate) async fn check_name(
		&self,
		proven: &Proven,
		named: Option<(&str, u32)>,
		model: &ModelId,
	) -> Result<Option<u64>, Error> {
		let mut keys = vec![time_key()];
		keys.extend(named.map(|(name, version)| name_key(name, version)));
		let values = match self.proven_values(proven, &keys).await {
			Ok(values) => values,
			// The state of an old head is gone, and with it only the time.
			Err(Error::Node { .. }) if named.is_none() => return Ok(None),
			Err(error) => return Err(error),
		};
		if let Some((name, version)) = named {
			check_name(values.get(1).and_then(Option::as_deref), name, version, model)?;
		}
		let time = values.first().cloned().flatten().and_then(|time| u64::decode_all(&mut &time[..]).ok());
		Ok(time)
	}
}

impl Evidence {
	/// A checkpoint for later, with its time in milliseconds since 1970.
	pub fn checkpoint(&self) -> Option<(&TrustedBlock, u64)> {
		match self {
			Evidence::Receipt { verified, time: Some(time), .. } => Some((&verified.next, *time)),
			_ => None,
		}
	}
}
