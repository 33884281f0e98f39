//! Years of sessions with simulated headers: the last block of each authority set, and the block before it, and nothing else.

use super::{finalized, keys, trie::Trie, Chain};
use assay_primitives::{hash::blake2_256, Hash32};
use assay_receipts::{
	genesis_keys, set_keys, value_key, Authorities, Checkpoint, DigestItem, Header, Receipt, ResultsProof, Route,
	Start, Step, TrustedBlock,
};
use codec::Encode;
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use polkadot_ckb_merkle_mountain_range::{
	helper::{parent_offset, pos_height_in_tree, sibling_offset},
	leaf_index_to_mmr_size, leaf_index_to_pos, MMRStoreReadOps, Result, MMR,
};
use std::collections::BTreeMap;

/// Blocks of a session, and sessions for which bonds stay, as on a network.
pub const PRODUCTION: (u64, u32) = (1_800, 168);

/// A chain whose authority set is another one in each session.
pub struct Years {
	/// Voters of a set.
	pub validators: u32,
	/// Sessions after which one validator has gone and another one has come. In the others, bonds change.
	pub churn: u32,
	/// Blocks of a session, and sessions for which bonds stay.
	pub session: (u64, u32),
	/// Sessions that there are.
	pub sessions: u32,
	/// The keys that there have been, so that each is made once.
	all: Vec<SigningKey>,
}

impl Years {
	pub fn new(validators: u32, churn: u32, session: (u64, u32), sessions: u32) -> Self {
		let all = keys(0, validators + sessions / churn + 2);
		Years { validators, churn, session, sessions, all }
	}

	/// The keys of the validators that finalize in a session.
	pub fn keys(&self, session: u32) -> &[SigningKey] {
		let first = (session / self.churn) as usize;
		&self.all[first..first + self.validators as usize]
	}

	/// With their bonds, which differ by half.
	pub fn set(&self, session: u32) -> Authorities {
		let bond = |id: &[u8; 32]| 10_000 + u64::from(u16::from_le_bytes([id[0] ^ session as u8, id[1]])) % 5_000;
		self.keys(session)
			.iter()
			.map(|key| <[u8; 32]>::from(VerificationKeyBytes::from(key)))
			.map(|id| (id, bond(&id)))
			.collect()
	}

	/// The state in a session, with other pallets around what receipts read.
	fn state(&self, session: u32) -> Trie {
		let mut values: Vec<_> = (0..40u32)
			.flat_map(|pallet| {
				(0..6u32).map(move |item| (value_key(&format!("p{pallet}"), &format!("{item}")), vec![7; 40]))
			})
			.collect();
		let [authorities, sessions, unbonding] = genesis_keys();
		values.push((authorities, self.set(session).encode()));
		values.push((set_keys()[1].clone(), u64::from(session).encode()));
		values.push((sessions, self.session.0.encode()));
		values.push((unbonding, self.session.1.encode()));
		values.extend(["Pending", "Stalled", "Next", "State"].map(|name| (value_key("Grandpa", name), vec![1; 8])));
		Trie::new(values)
	}

	fn header(&self, number: u32, parent_hash: Hash32, state_root: Hash32, digest: Vec<DigestItem>) -> Header {
		let babe = [DigestItem::PreRuntime(*b"BABE", vec![1; 85]), DigestItem::Seal(*b"BABE", vec![2; 64])];
		let [first, last] = babe;
		let digest = [vec![first], digest, vec![last]].concat();
		Header { parent_hash, number, state_root, extrinsics_root: [4; 32], digest }
	}

	pub fn genesis(&self) -> Header {
		Header {
			parent_hash: [0; 32],
			number: 0,
			state_root: self.state(0).root(),
			extrinsics_root: [3; 32],
			digest: vec![],
		}
	}

	/// Number of a session's last block.
	pub fn end(&self, session: u32) -> u32 {
		(session + 1) * self.session.0 as u32
	}

	/// Ends of the sessions after a block, but that of the last session, which is the head.
	pub fn ends(&self, after: u32) -> Vec<u32> {
		(0..self.sessions).map(|session| self.end(session)).filter(|end| *end > after).collect()
	}

	/// The last block of the set that ends with it, with the proof of that set, voted for by all.
	pub fn load(&self, end: u32, mmr_root: Hash32) -> Step {
		let session = end / self.session.0 as u32 - 1;
		let state = self.state(session);
		let parent = self.header(
			end - 1,
			[5; 32],
			state.root(),
			vec![DigestItem::Consensus(*b"BEEF", (3u8, [6u8; 32]).encode())],
		);
		let change = (1u8, self.set(session + 1), 0u32).encode();
		let logs =
			vec![DigestItem::Consensus(*b"BEEF", (3u8, mmr_root).encode()), DigestItem::Consensus(*b"FRNK", change)];
		let header = self.header(end, parent.hash(), [8; 32], logs);
		let block = finalized(header, self.keys(session), session.into());
		Step { set: Some(state.proof(parent, &set_keys())), block }
	}

	/// A session's last block as a checkpoint, as somebody publishes it.
	pub fn trusted(&self, session: u32) -> TrustedBlock {
		let mut trusted = TrustedBlock::genesis(&self.state(0).proof(self.genesis(), &genesis_keys())).unwrap();
		trusted.block = self.load(self.end(session), [6; 32]).block.header.block();
		trusted.set_id = u64::from(session) + 1;
		trusted.authorities = self.set(session + 1);
		trusted
	}

	/// The receipt of a claim of the last block before the end, as a node makes it.
	pub fn receipt(&self, from: Option<&TrustedBlock>) -> (Checkpoint, Receipt) {
		let genesis = self.genesis();
		let proof = self.state(0).proof(genesis.clone(), &genesis_keys());
		let first = TrustedBlock::genesis(&proof).unwrap();
		let (checkpoint, start, trusted) = match from {
			None => (Checkpoint::Genesis(genesis.hash()), Start::Genesis(proof), first.clone()),
			Some(block) => (Checkpoint::Block(block.clone()), Start::Block(block.block), block.clone()),
		};

		let claim = Chain::claim_of(genesis.hash(), self.validators, 77);
		let results = ResultsProof::new(&[claim.leaf()], 0).unwrap();
		let head = self.end(self.sessions - 1);
		let block = assay_receipts::BlockRef { number: head - 1, hash: [5; 32] };
		let leaf = sp_crypto_hashing::keccak_256(&((block.number, block.hash), results.root).encode());
		let range = Range::new(head, block.number, leaf);
		let range = MMR::<Hash32, super::Mountains, _>::new(leaf_index_to_mmr_size(u64::from(head) - 1), &range);
		let mmr_root = range.get_root().unwrap();
		let mmr = range.gen_proof(vec![leaf_index_to_pos(u64::from(block.number))]).unwrap().proof_items().to_vec();

		let ends = self.ends(trusted.block.number);
		let (mut left, mut number, mut known) = (&ends[..], trusted.block.number, trusted.authorities);
		let mut steps = Vec::new();
		let mut load = |end| Ok::<_, ()>(self.load(end, if end == head { mmr_root } else { [6; 32] }));
		while let Some((at, step)) = Step::next(&known, number, trusted.unbonding, left, &mut load).unwrap() {
			(number, known, left) = (step.block.header.number, step.next_authorities().unwrap(), &left[at + 1..]);
			steps.push(step);
		}
		let head = steps.pop().unwrap();
		(checkpoint, Receipt { claim, block, results, mmr, route: Route { start, steps, head } })
	}
}

/// A mountain range of equal leaves but one.
struct Range {
	/// Roots of trees of equal leaves, by their height.
	equal: Vec<Hash32>,
	others: BTreeMap<u64, Hash32>,
}

impl Range {
	fn new(leaves: u32, other: u32, leaf: Hash32) -> Self {
		let merge = |left: &Hash32, right: &Hash32| sp_crypto_hashing::keccak_256(&[left.as_slice(), right].concat());
		let equal: Vec<Hash32> =
			std::iter::successors(Some(blake2_256(b"leaf")), |root| Some(merge(root, root))).take(33).collect();
		let size = leaf_index_to_mmr_size(u64::from(leaves) - 1);
		let (mut at, mut hash, mut height) = (leaf_index_to_pos(other.into()), leaf, 0u8);
		let mut others = BTreeMap::new();
		while at < size {
			others.insert(at, hash);
			let sibling = &equal[height as usize];
			let is_right = pos_height_in_tree(at + 1) > height;
			hash = if is_right { merge(sibling, &hash) } else { merge(&hash, sibling) };
			if !is_right && at + sibling_offset(height) >= size {
				break;
			}
			at += if is_right { 1 } else { parent_offset(height) };
			height += 1;
		}
		Range { equal, others }
	}
}

impl MMRStoreReadOps<Hash32> for &Range {
	fn get_elem(&self, pos: u64) -> Result<Option<Hash32>> {
		Ok(Some(self.others.get(&pos).copied().unwrap_or(self.equal[pos_height_in_tree(pos) as usize])))
	}
}
