//! The encoding of a receipt.

use crate::{
	header::BlockRef,
	merkle::{ResultsProof, MAX_ITEMS, MAX_SIBLINGS},
	Claim, Error, Hash32, Route,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};

/// The first bytes of every receipt: its kind, and the version of its encoding.
pub const MAGIC: [u8; 4] = *b"asr1";

/// Most bytes of a receipt: two hundred steps over sets of a hundred validators. To cover more, a client takes a later checkpoint.
pub const MAX_RECEIPT_BYTES: usize = 4 * 1024 * 1024;

/// Everything that leads from a claim to a block that the caller trusts. See the crate's documentation.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
	/// The claim that is proven.
	pub claim: Claim,
	/// Block in which it became final.
	pub block: BlockRef,
	/// From the claim to the root over the block's results.
	pub results: ResultsProof,
	/// From the block's leaf to the root of the mountain range in the head.
	pub mmr: Vec<Hash32>,
	/// From the checkpoint to the head, a block after the claim's.
	pub route: Route,
}

impl Receipt {
	/// The receipt's bytes.
	pub fn to_bytes(&self) -> Vec<u8> {
		(MAGIC, self).encode()
	}

	/// Decodes a receipt. There is one encoding for each: what is decoded encodes to the same bytes.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
		let receipt: Self = decode(bytes, MAGIC)?;
		if receipt.results.siblings.len() > MAX_SIBLINGS || receipt.mmr.len() > MAX_ITEMS {
			return Err(Error::Malformed);
		}
		Ok(receipt)
	}
}

/// Decodes a statement that begins with `magic`.
pub(crate) fn decode<T: Decode>(bytes: &[u8], magic: [u8; 4]) -> Result<T, Error> {
	if bytes.len() > MAX_RECEIPT_BYTES {
		return Err(Error::TooLarge { bytes: bytes.len(), limit: MAX_RECEIPT_BYTES });
	}
	let mut body = bytes.strip_prefix(&magic).ok_or(Error::NotAReceipt)?;
	T::decode_all(&mut body).map_err(|_| Error::Malformed)
}
