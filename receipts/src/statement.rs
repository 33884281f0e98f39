//! The second statement: what is under a key of the state after a finalized block.

use crate::{
	error::{Error, Nodes},
	header::BlockRef,
	receipt::decode,
	state, Age, Checkpoint, Hash32, Route, TrustedBlock,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};

/// The first bytes of every encoded [`State`]: its kind, and the version of its encoding.
pub const STATE_MAGIC: [u8; 4] = *b"ass1";

/// Everything that leads from a value, or from there being none, to a block that the caller trusts.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct State {
	/// The key.
	pub key: Vec<u8>,
	/// Nodes of the head's state that lead to the value, or to where it shows that there is none.
	pub nodes: Nodes,
	/// From the checkpoint to the head.
	pub route: Route,
}

/// The value that a [`State`] proves, and the blocks that the proof rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProvenState {
	/// The key.
	pub key: Vec<u8>,
	/// The value under it; `None` if there is none.
	pub value: Option<Vec<u8>>,
	/// The finalized block after which that holds.
	pub block: BlockRef,
	/// Genesis block of the chain.
	pub genesis: Hash32,
	/// The checkpoint that all of it rests on.
	pub checkpoint: BlockRef,
	/// The block, with the validators that finalize what follows it: a checkpoint for later.
	pub next: TrustedBlock,
}

impl State {
	/// The statement's bytes.
	pub fn to_bytes(&self) -> Vec<u8> {
		(STATE_MAGIC, self).encode()
	}

	/// Decodes a statement.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
		decode(bytes, STATE_MAGIC)
	}
}

/// Verifies an encoded [`State`] against a checkpoint, as [`verify`](crate::verify) does with a receipt.
pub fn verify_state(bytes: &[u8], checkpoint: &Checkpoint, age: Age) -> Result<ProvenState, Error> {
	let State { key, nodes, route } = State::from_bytes(bytes)?;
	let (start, next) = route.follow(checkpoint, age)?;
	let keys = [key];
	let [value] = state::values(&route.head.block.header.state_root, &keys, &nodes).map_err(Error::State)?;
	let value = value.map(<[u8]>::to_vec);
	let [key] = keys;
	Ok(ProvenState { key, value, block: next.block, genesis: next.genesis, checkpoint: start, next })
}
