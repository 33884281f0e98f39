//! The start that a raw chain spec names: the blocks for which bonds stay, and the block that its publisher chose.
//!
//! Nodes give such specs with `sync_state_genSyncSpec`. The block is what a light client begins with, and a checkpoint for receipts. In
//! place of the genesis state they have its root, and a proof of what is read here ([`GENESIS_PROOF`]).

use crate::{genesis_keys, Authorities, DigestItem, Hash32, Header, StateProof, TrustedBlock};
use alloc::{
	format,
	string::{String, ToString},
};
use codec::{Decode, DecodeAll};
use serde_json::Value;

/// Milliseconds of a slot: there is at most one block in each.
pub const SLOT_MS: u64 = 2_000;

/// Name of the property of a chain spec without its genesis state that has a [`StateProof`] of the genesis block, in hex. It is a property,
/// for light clients take no other fields than they know.
pub const GENESIS_PROOF: &str = "genesisProof";

/// The reason for which a chain spec is of no use here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SpecError {
	/// It is none, or lacks something.
	#[error("{0}")]
	Unusable(String),
	/// The block that it begins with is older than bonds stay, or nobody knows for how long they do.
	#[error("{0}")]
	TooOld(String),
}

/// A raw chain spec, as far as it says what is to be trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
	/// Blocks for which bonds stay; none for a spec with neither the state of the genesis block nor a proof of it.
	unbonding: Option<u32>,
	/// Hash of the genesis block that was proven.
	genesis: Option<Hash32>,
	/// A finalized block, with who finalizes what follows it.
	block: Option<(Header, u64, Authorities)>,
}

impl Spec {
	/// Reads a spec.
	pub fn read(text: &str) -> Result<Self, SpecError> {
		let wrong = |what: &str| SpecError::Unusable(format!("this is no raw chain spec: {what}"));
		let value: Value = serde_json::from_str(text).map_err(|error| wrong(&error.to_string()))?;
		let there = |pointer: &str| value.pointer(pointer).filter(|value| !value.is_null());
		if there("/genesis/raw").or(there("/genesis/stateRootHash")).is_none() {
			return Err(wrong("its genesis is not raw; `assay-node export-chain-spec --raw` writes one"));
		}
		let bytes =
			|pointer: &str| there(pointer)?.as_str()?.strip_prefix("0x").and_then(|text| hex::decode(text).ok());
		let state = |key: &[u8]| bytes(&format!("/genesis/raw/top/0x{}", hex::encode(key)));
		let [_, session, sessions] = genesis_keys();
		let session = state(&session).and_then(|session| u64::decode_all(&mut &session[..]).ok());
		let sessions = state(&sessions).and_then(|sessions| u32::decode_all(&mut &sessions[..]).ok());
		let unbonding = session
			.zip(sessions)
			.map(|(session, sessions)| u32::try_from(session.saturating_mul(sessions.into())).unwrap_or(u32::MAX));
		let proven = match there("/genesis/stateRootHash").and(there(&format!("/properties/{GENESIS_PROOF}"))) {
			None => None,
			Some(_) => {
				let damaged = || wrong(&format!("its {GENESIS_PROOF} does not prove its genesis block"));
				let proof = bytes(&format!("/properties/{GENESIS_PROOF}")).ok_or_else(damaged)?;
				let proof = StateProof::decode_all(&mut &proof[..]).map_err(|_| damaged())?;
				if bytes("/genesis/stateRootHash").is_none_or(|root| root != proof.header.state_root) {
					return Err(damaged());
				}
				let (_, unbonding) = proof.genesis().map_err(|_| damaged())?;
				Some((proof.header.hash(), unbonding))
			}
		};
		let (genesis, unbonding) = (proven.map(|(hash, _)| hash), unbonding.or(proven.map(|(_, blocks)| blocks)));
		let block = match there("/lightSyncState") {
			None => None,
			Some(_) => {
				let damaged = || wrong("its lightSyncState is damaged");
				let header = bytes("/lightSyncState/finalizedBlockHeader").ok_or_else(damaged)?;
				let header = Header::decode_all(&mut &header[..]).map_err(|_| damaged())?;
				// The set begins with its voters and its number; what the node has to do later follows.
				let set = bytes("/lightSyncState/grandpaAuthoritySet").ok_or_else(damaged)?;
				let (voters, set_id) = <(Authorities, u64)>::decode(&mut &set[..]).map_err(|_| damaged())?;
				Some((header, set_id, voters))
			}
		};
		Ok(Spec { unbonding, genesis, block })
	}

	/// The block as a checkpoint of the chain with this genesis block, and the number that the chain's best block may have at `clock`,
	/// milliseconds since 1970.
	pub fn checkpoint(&self, genesis: Hash32, clock: u64) -> Result<(TrustedBlock, u32), SpecError> {
		let missing =
			|what: &str| SpecError::Unusable(format!("the chain spec has no {what}, which a checkpoint needs"));
		let (header, set_id, authorities) = self.block.clone().ok_or_else(|| missing("`lightSyncState`"))?;
		let unbonding = self.unbonding.ok_or_else(|| missing("state of the genesis block"))?;
		if self.genesis.is_some_and(|proven| proven != genesis) {
			return Err(SpecError::Unusable("the chain spec is that of another chain".into()));
		}
		let now =
			header.number.saturating_add(slots_since(&header, clock).ok_or_else(|| missing("slot of its block"))?);
		let block = header.block();
		Ok((TrustedBlock { genesis, block, set_id, authorities, unbonding }, now))
	}

	/// Refuses to begin with what has become older than bonds stay, at `clock`, when a light client that has begun there says that the
	/// chain has come to block `best`.
	pub fn check_age(&self, clock: u64, best: u32) -> Result<(), SpecError> {
		let Some(limit) = self.unbonding else {
			return Err(SpecError::TooOld(
				"the chain spec does not have the state of the genesis block, which says how old its block may be: take a raw one"
					.into(),
			));
		};
		let (from, since) = match &self.block {
			Some((header, ..)) => (header.number, slots_since(header, clock).unwrap_or(u32::MAX)),
			None => (0, 0),
		};
		let age = since.max(best.saturating_sub(from));
		if age > limit {
			return Err(SpecError::TooOld(format!(
				"the chain spec lets a light client begin at block {from}, which is {age} blocks old, more than the {limit} for which its \
				 validators answer: take a spec that was published later"
			)));
		}
		Ok(())
	}
}

/// Slots between a block and a time: there is at most one block in each.
fn slots_since(header: &Header, clock: u64) -> Option<u32> {
	let slot = header.digest.iter().find_map(|item| match item {
		// The one of BABE's three ways that the author was drawn in, its index, the slot.
		DigestItem::PreRuntime([b'B', b'A', b'B', b'E'], claim) => {
			<(u8, u32, u64)>::decode(&mut &claim[..]).ok().map(|(_, _, slot)| slot)
		}
		_ => None,
	})?;
	let now = clock.checked_div(SLOT_MS)?;
	Some(u32::try_from(now.saturating_sub(slot)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{vec, vec::Vec};
	use codec::Encode;
	use serde_json::json;

	const CLOCK: u64 = 1_800_000_000_000;

	/// A block of the first slot, and sessions of 30 blocks, of which bonds stay for ten.
	fn spec(slots_ago: u64) -> Value {
		let slot = CLOCK / SLOT_MS - slots_ago;
		let claim = DigestItem::PreRuntime(*b"BABE", (2u8, 3u32, slot, [7u8; 16]).encode());
		let header = Header {
			parent_hash: [1; 32],
			number: 70,
			state_root: [2; 32],
			extrinsics_root: [3; 32],
			digest: vec![claim],
		};
		let set = (vec![([4u8; 32], 9u64)], 5u64, [0u8; 3]);
		let hex = |bytes: Vec<u8>| format!("0x{}", hex::encode(bytes));
		let [_, session, sessions] = genesis_keys();
		json!({
			"genesis": { "raw": { "top": { hex(session): hex(30u64.encode()), hex(sessions): hex(10u32.encode()) } } },
			"lightSyncState": { "finalizedBlockHeader": hex(header.encode()), "grandpaAuthoritySet": hex(set.encode()) },
		})
	}

	#[test]
	fn a_spec_names_a_checkpoint_and_its_age() {
		let (block, now) = Spec::read(&spec(100).to_string()).unwrap().checkpoint([8; 32], CLOCK).unwrap();
		assert_eq!((block.genesis, block.block.number, block.set_id, block.unbonding), ([8; 32], 70, 5, 300));
		assert_eq!((block.authorities, now), (vec![([4; 32], 9)], 170));
	}

	#[test]
	fn a_light_client_begins_with_nothing_that_is_older_than_bonds_stay() {
		let begins = |spec: &Value, best| Spec::read(&spec.to_string()).unwrap().check_age(CLOCK, best).is_ok();
		assert!(begins(&spec(300), 370));
		// By the clock, and by what the chain has come to.
		assert!(!begins(&spec(301), 70));
		assert!(!begins(&spec(0), 371));
		let mut genesis = spec(0);
		genesis["lightSyncState"] = Value::Null;
		assert!(begins(&genesis, 300) && !begins(&genesis, 301));
		genesis["genesis"] = json!({ "stateRootHash": "0x00" });
		assert!(!begins(&genesis, 0));
	}

	/// A spec that has the proof of a real genesis block in place of the state, and the hash of that block.
	fn proven() -> (Value, Hash32) {
		let vectors: Value = serde_json::from_str(include_str!("../vectors.json")).unwrap();
		let receipt = vectors[0]["receipt"].as_str().unwrap();
		let receipt = crate::Receipt::from_bytes(&hex::decode(&receipt[2..]).unwrap()).unwrap();
		let crate::Start::Genesis(proof) = receipt.route.start else { panic!("the first vector starts there") };
		let mut spec = spec(0);
		spec["genesis"] = json!({ "stateRootHash": format!("0x{}", hex::encode(proof.header.state_root)) });
		spec["properties"] = json!({ GENESIS_PROOF: format!("0x{}", hex::encode(proof.encode())) });
		(spec, proof.header.hash())
	}

	#[test]
	fn a_spec_without_the_genesis_state_proves_how_long_bonds_stay() {
		let (spec, genesis) = proven();
		let read = Spec::read(&spec.to_string()).unwrap();
		let unbonding = read.checkpoint(genesis, CLOCK).unwrap().0.unbonding;
		assert!(unbonding > 0);
		assert!(read.checkpoint([8; 32], CLOCK).unwrap_err().to_string().contains("another chain"));
		let last = 70 + unbonding;
		assert!(read.check_age(CLOCK, last).is_ok() && read.check_age(CLOCK, last + 1).is_err());
		for change in [
			|spec: &mut Value| spec["genesis"]["stateRootHash"] = json!(format!("0x{}", "11".repeat(32))),
			|spec: &mut Value| spec["properties"][GENESIS_PROOF] = json!("0x00"),
		] {
			let mut spec = spec.clone();
			change(&mut spec);
			assert!(Spec::read(&spec.to_string()).unwrap_err().to_string().contains("does not prove"));
		}
	}

	#[test]
	fn a_spec_without_what_a_checkpoint_needs_is_refused() {
		let refused = |change: &dyn Fn(&mut Value)| {
			let mut spec = spec(0);
			change(&mut spec);
			Spec::read(&spec.to_string()).and_then(|spec| spec.checkpoint([8; 32], CLOCK)).unwrap_err().to_string()
		};
		assert!(refused(&|spec| spec["lightSyncState"] = Value::Null).contains("lightSyncState"));
		assert!(refused(&|spec| spec["lightSyncState"]["grandpaAuthoritySet"] = json!("0x08")).contains("damaged"));
		assert!(refused(&|spec| spec["genesis"] = json!({ "stateRootHash": "0x00" })).contains("genesis block"));
		assert!(refused(&|spec| spec["genesis"] = json!({ "runtimeGenesis": {} })).contains("not raw"));
	}
}
