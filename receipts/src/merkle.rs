//! The two trees between a claim and a header.

use crate::{BlockRef, Hash32};
use alloc::{vec, vec::Vec};
use assay_primitives::hash::blake2_256;
use binary_merkle_tree::{merkle_proof_raw, verify_proof, Leaf};
use codec::{Decode, Encode};
use hash256_std_hasher::Hash256StdHasher;
use hash_db::Hasher;
use polkadot_ckb_merkle_mountain_range::{leaf_index_to_mmr_size, leaf_index_to_pos, Merge, MerkleProof, Result};
use sp_crypto_hashing::keccak_256;

/// Most siblings on the path of a claim: one for each bit of its index.
pub(crate) const MAX_SIBLINGS: usize = 32;
/// Most items of a proof in a mountain range: for each bit of a block number a sibling and a peak.
pub(crate) const MAX_ITEMS: usize = 64;

/// The results of a block are hashed with BLAKE2b-256.
struct Blake2;

impl Hasher for Blake2 {
	type Out = Hash32;
	type StdHasher = Hash256StdHasher;
	const LENGTH: usize = 32;

	fn hash(bytes: &[u8]) -> Hash32 {
		blake2_256(bytes)
	}
}

/// The place of a claim among the results of its block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct ResultsProof {
	/// Root over the results that became final in the block.
	pub root: Hash32,
	/// Place of the claim.
	pub index: u32,
	/// Results of the block, as far as it matters for the path: the root does not say how many there are.
	pub count: u32,
	/// The hashes that the claim's branch is hashed with, from the leaf to the root.
	pub siblings: Vec<Hash32>,
}

impl ResultsProof {
	/// Proof for the claim at `index` among all [leaves](crate::Claim::leaf) of its block. `None` if there is no such place.
	pub fn new(leaves: &[Hash32], index: u32) -> Option<Self> {
		if index as usize >= leaves.len() {
			return None;
		}
		let proof = merkle_proof_raw::<Blake2, _>(leaves.iter().copied(), index);
		Some(ResultsProof { root: proof.root, index, count: proof.number_of_leaves, siblings: proof.proof })
	}

	/// True if the leaf is in the tree.
	pub(crate) fn holds(&self, leaf: Hash32) -> bool {
		let siblings = self.siblings.iter().copied();
		verify_proof::<Blake2, _, _>(&self.root, siblings, self.count, self.index, Leaf::Hash(leaf))
	}
}

/// The mountain range is hashed with Keccak-256.
pub(crate) struct Mountains;

impl Merge for Mountains {
	type Item = Hash32;

	fn merge(left: &Hash32, right: &Hash32) -> Result<Hash32> {
		Ok(keccak_256(&(left, right).encode()))
	}
}

/// Hash of the leaf of a block.
pub(crate) fn mmr_leaf(block: &BlockRef, results_root: &Hash32) -> Hash32 {
	keccak_256(&(block, results_root).encode())
}

/// Root of the mountain range in the header of block `head`, if `items` prove `leaf` of block `block`. Each block adds the leaf of its
/// parent, from the first one on: block `head` makes a range of `head` leaves, of which block `block` is number `block`.
pub(crate) fn mmr_root(leaf: Hash32, block: u32, head: u32, items: &[Hash32]) -> Option<Hash32> {
	if block >= head {
		return None;
	}
	let size = leaf_index_to_mmr_size(u64::from(head.checked_sub(1)?));
	let proof = MerkleProof::<Hash32, Mountains>::new(size, items.to_vec());
	proof.calculate_root(vec![(leaf_index_to_pos(u64::from(block)), leaf)]).ok()
}
