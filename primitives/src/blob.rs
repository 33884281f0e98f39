//! Content ids: a Merkle tree over chunks of 256 KiB, bound to the length.

use crate::{
	constants::CHUNK_BYTES,
	hash::{blake2_256, h, Hash32},
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Name of a blob: `H("assay/blob", length, top)`. A leaf is the plain BLAKE2b-256 of a chunk, a node `H("assay/node", left,
/// right)`, an odd node is promoted, and the empty blob's top is `H("assay/empty")`.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Hash,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ContentId(pub Hash32);

impl ContentId {
	/// Id of a blob held in memory.
	pub fn of(bytes: &[u8]) -> Self {
		Self::of_tree(bytes.len() as u64, Self::top(bytes.chunks(CHUNK_BYTES as usize).map(blake2_256).collect()))
	}

	/// Id of a blob of `length` bytes whose chunks have these hashes.
	pub fn from_leaves(length: u64, leaves: Vec<Hash32>) -> Self {
		Self::of_tree(length, Self::top(leaves))
	}

	/// Id of a blob of `length` bytes with this top.
	pub fn of_tree(length: u64, top: Hash32) -> Self {
		ContentId(h("assay/blob", (length, top)))
	}

	/// Top of the tree over chunks with these hashes.
	pub fn top(leaves: Vec<Hash32>) -> Hash32 {
		let mut level = leaves;
		while level.len() > 1 {
			level = level
				.chunks(2)
				.filter_map(|pair| match pair {
					[left, right] => Some(h("assay/node", (left, right))),
					[odd] => Some(*odd),
					_ => None,
				})
				.collect();
		}
		level.first().copied().unwrap_or_else(|| h("assay/empty", ()))
	}

	/// Number of chunks of a blob of `length` bytes.
	pub const fn chunks(length: u64) -> u64 {
		length.div_ceil(CHUNK_BYTES)
	}
}

impl AsRef<[u8]> for ContentId {
	fn as_ref(&self) -> &[u8] {
		&self.0
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;

	#[test]
	fn the_length_is_part_of_the_id() {
		let leaf = blake2_256(b"x");
		assert_ne!(ContentId::from_leaves(1, vec![leaf]), ContentId::from_leaves(2, vec![leaf]));
	}

	#[test]
	fn an_odd_node_is_promoted() {
		let l = [[1; 32], [2; 32], [3; 32]];
		let top = h("assay/node", (h("assay/node", (l[0], l[1])), l[2]));
		let length = 3 * CHUNK_BYTES;
		assert_eq!(ContentId::from_leaves(length, l.to_vec()).0, h("assay/blob", (length, top)));
	}

	#[test]
	fn a_leaf_is_the_plain_hash_of_its_chunk() {
		let bytes = vec![7u8; CHUNK_BYTES as usize + 1];
		let leaves = vec![blake2_256(&bytes[..CHUNK_BYTES as usize]), blake2_256(&bytes[CHUNK_BYTES as usize..])];
		assert_eq!(ContentId::of(&bytes), ContentId::from_leaves(CHUNK_BYTES + 1, leaves));
		assert_eq!(ContentId::of(&[]).0, h("assay/blob", (0u64, h("assay/empty", ()))));
	}
}
