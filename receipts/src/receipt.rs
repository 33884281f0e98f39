//! The encoding of a receipt.

use crate::{
	error::Nodes,
	finality::Authorities,
	header::{BlockRef, Header},
	merkle::{ResultsProof, MAX_ITEMS, MAX_SIBLINGS},
	state, Claim, Error, Hash32, Justification, StateError,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};

/// What every receipt begins with: its kind, and the version of its encoding.
pub const MAGIC: [u8; 4] = *b"asr1";

/// Most bytes of a receipt: a hundred changes of a set of a thousand validators, with room to spare. To cover more, a client takes a later
/// checkpoint.
pub const MAX_RECEIPT_BYTES: usize = 32 * 1024 * 1024;

/// Everything that leads from a claim to a block that the caller trusts. See the crate's documentation.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
	/// What is proven.
	pub claim: Claim,
	/// Block in which it became final.
	pub block: BlockRef,
	/// From the claim to the root over the block's results.
	pub results: ResultsProof,
	/// From the block's leaf to the root of the mountain range in the head.
	pub mmr: Vec<Hash32>,
	/// The block that the receipt starts from.
	pub start: Start,
	/// Changes of the authority set between start and head, all of them, in their order.
	pub changes: Vec<Finalized>,
	/// A block after the claim's.
	pub head: Finalized,
}

/// The block that a receipt starts from.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Start {
	/// The genesis block.
	#[codec(index = 0)]
	Genesis(GenesisProof),
	/// A later one, whose validators the caller knows.
	#[codec(index = 1)]
	Block(BlockRef),
}

/// Who finalizes the first blocks.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct GenesisProof {
	/// Header of the genesis block.
	pub header: Header,
	/// Nodes of its state from the root to the list of authorities.
	pub nodes: Nodes,
}

/// A header and the votes that finalized it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Finalized {
	/// The header.
	pub header: Header,
	/// The votes.
	pub justification: Justification,
}

impl Receipt {
	/// The receipt's bytes.
	pub fn to_bytes(&self) -> Vec<u8> {
		(MAGIC, self).encode()
	}

	/// Decodes a receipt. There is one encoding for each: what is decoded encodes to the same bytes.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
		if bytes.len() > MAX_RECEIPT_BYTES {
			return Err(Error::TooLarge { bytes: bytes.len(), limit: MAX_RECEIPT_BYTES });
		}
		let mut body = bytes.strip_prefix(&MAGIC).ok_or(Error::NotAReceipt)?;
		let receipt = Self::decode_all(&mut body).map_err(|_| Error::Malformed)?;
		if receipt.results.siblings.len() > MAX_SIBLINGS || receipt.mmr.len() > MAX_ITEMS {
			return Err(Error::Malformed);
		}
		Ok(receipt)
	}
}

impl GenesisProof {
	/// The authorities that the state names.
	pub(crate) fn authorities(&self) -> Result<Authorities, StateError> {
		let mut nodes = self.nodes.iter();
		let value = state::read(&self.header.state_root, &state::authorities_key(), |hash| {
			nodes.next().filter(|node| state::is_node(hash, node)).map(Vec::as_slice)
		})?;
		let authorities = Authorities::decode_all(&mut &*value).map_err(|_| StateError::BadValue)?;
		if nodes.next().is_some() {
			return Err(StateError::UnusedNode);
		}
		Ok(authorities)
	}
}
