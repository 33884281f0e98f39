//! A chain of one's own: headers, votes and results as the runtime and GRANDPA make them, with keys that the tests know.

#![allow(dead_code)]

use assay_primitives::{
	hash::{blake2_256, result_hash},
	Claim, ContentId, Decision, EngineId, FailReason, Hash32, Verdict, Verification,
};
use assay_receipts::{
	genesis_keys, set_keys, value_key, verify, Age, Authorities, BlockRef, Checkpoint, DigestItem, Finalized, Header,
	Justification, Precommit, Receipt, ResultsProof, Route, SignedPrecommit, Start, StateProof, Step, TrustedBlock,
};
use codec::Encode;
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use finality_grandpa::{Commit, Message};
use polkadot_ckb_merkle_mountain_range::{leaf_index_to_pos, util::MemStore, Merge, Result, MMR};
use sp_crypto_hashing::keccak_256;

/// Round in which everything is finalized.
pub const ROUND: u64 = 7;
/// Blocks of a session, and sessions for which bonds stay: the example's sets overlap for as long.
pub const SESSION: (u64, u32) = (5, 4);

pub mod mutants;
pub mod trie;
pub mod years;

pub struct Mountains;

impl Merge for Mountains {
	type Item = Hash32;

	fn merge(left: &Hash32, right: &Hash32) -> Result<Hash32> {
		Ok(keccak_256(&[left.as_slice(), right].concat()))
	}
}

/// A receipt that a node made, through a change of the authority set to the next one, and its checkpoint. If the
/// encoding has changed, `ASSAY_KEEP_RECEIPT=1 node --test tests/receipts.test.js` has a node make it anew.
pub fn of_a_node() -> (Checkpoint, Vec<u8>) {
	let kept = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/node.json")).unwrap();
	let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
	let bytes = |name: &str| hex::decode(&kept[name].as_str().unwrap()[2..]).unwrap();
	(Checkpoint::Genesis(bytes("genesis").try_into().unwrap()), bytes("receipt"))
}

/// The verifier's verdict, for other languages to compare with: the facts that are proven, or the part that does not
/// hold.
pub fn verdict(receipt: &[u8], checkpoint: &Checkpoint, age: Age) -> serde_json::Value {
	let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
	match verify(receipt, checkpoint, age) {
		Ok(found) => serde_json::json!({
			"request": found.claim.request,
			"model": hex(&found.claim.model.0),
			"output": found.claim.output.map(|output| hex(&output.0)),
			"block": found.block.number,
			"head": hex(&found.head.hash),
			"checkpoint": hex(&found.checkpoint.hash),
			"next": hex(&Checkpoint::Block(found.next).encode()),
		}),
		Err(error) => serde_json::json!({ "error": error.to_string() }),
	}
}

/// The chain. Block `n` is `headers[n]`.
pub struct Chain {
	pub headers: Vec<Header>,
	/// Claims that became final in each block.
	pub claims: Vec<Vec<Claim>>,
	/// Authority sets, each with the block after which it takes over.
	pub sets: Vec<(u32, Vec<SigningKey>)>,
	store: MemStore<Hash32>,
	range_size: u64,
}

/// Keys `first`, `first + 1` and so on.
pub fn keys(first: u32, count: u32) -> Vec<SigningKey> {
	(first..first + count).map(|index| SigningKey::from(blake2_256(&index.encode()))).collect()
}

/// Each with a weight of one.
pub fn authorities(keys: &[SigningKey]) -> Authorities {
	keys.iter().map(|key| (VerificationKeyBytes::from(key).into(), 1)).collect()
}

/// The state while a set finalizes, as far as receipts know it.
pub fn state(authorities: &Authorities, set_id: u64, (session, sessions): (u64, u32)) -> trie::Trie {
	let [authorities_key, session_key, sessions_key] = genesis_keys();
	trie::Trie::new(vec![
		(authorities_key, authorities.encode()),
		(set_keys()[1].clone(), set_id.encode()),
		(session_key, session.encode()),
		(sessions_key, sessions.encode()),
		(value_key("System", "Number"), 7u32.encode()),
	])
}

/// Votes of some keys for a block.
pub fn finalized(header: Header, keys: &[SigningKey], set_id: u64) -> Finalized {
	let target = header.block();
	let precommits = keys.iter().map(|key| vote(key, target, set_id)).collect();
	let commit = Commit { target_hash: target.hash, target_number: target.number, precommits };
	Finalized { header, justification: Justification { round: ROUND, commit, votes_ancestries: vec![] } }
}

/// A vote.
pub fn vote(key: &SigningKey, target: BlockRef, set_id: u64) -> SignedPrecommit {
	let precommit = Precommit { target_hash: target.hash, target_number: target.number };
	let message = (Message::Precommit(precommit.clone()), ROUND, set_id).encode();
	SignedPrecommit { precommit, signature: key.sign(&message).into(), id: VerificationKeyBytes::from(key).into() }
}

impl Chain {
	/// A chain of so many validators, with nothing but its genesis block.
	pub fn new(validators: u32) -> Self {
		let keys = keys(0, validators);
		let state_root = state(&authorities(&keys), 0, SESSION).root();
		let header =
			Header { parent_hash: [0; 32], number: 0, state_root, extrinsics_root: blake2_256(&[0]), digest: vec![] };
		Chain {
			headers: vec![header],
			claims: vec![vec![]],
			sets: vec![(0, keys)],
			store: MemStore::default(),
			range_size: 0,
		}
	}

	pub fn genesis(&self) -> Hash32 {
		self.headers[0].hash()
	}

	pub fn checkpoint(&self) -> Checkpoint {
		Checkpoint::Genesis(self.genesis())
	}

	pub fn best(&self) -> u32 {
		self.headers.len() as u32 - 1
	}

	/// A claim that holds on this chain.
	pub fn claim(&self, request: u64) -> Claim {
		Self::claim_of(self.genesis(), self.sets.last().unwrap().1.len() as u32, request)
	}

	/// A claim that holds on a chain of so many validators.
	pub fn claim_of(genesis: Hash32, v: u32, request: u64) -> Claim {
		let k = v.min(5);
		let q = 2 * k / 3 + 1;
		let id = |tag: &str| ContentId(blake2_256(&(tag, request).encode()));
		let (model, engine, input, output) = (id("model"), EngineId([9; 32]), id("input"), id("output"));
		let result_hash = result_hash(&genesis, &engine, &model, &input, &output);
		let verdict = Verdict::Output { result_hash, load_units: 1_000, units: 5_000 + request };
		let decision = Decision {
			round: request + 100,
			verdict,
			votes: k,
			k,
			q,
			v,
			escalated: false,
			audits: 8,
			auditors: 7,
			power: v.into(),
			total: v.into(),
			window: assay_receipts::Window::Assured,
		};
		let verification = Verification::ReExecution;
		Claim { request, model, engine, verification, input, output: Some(output), decision }
	}

	/// A claim of a failure.
	pub fn failure(&self, request: u64) -> Claim {
		let mut claim = self.claim(request);
		claim.output = None;
		claim.decision.verdict = Verdict::Failed { reason: FailReason::ModelTrap, units: 77 };
		claim
	}

	/// Adds a block in which claims become final, and after which another set may take over.
	pub fn block(&mut self, claims: Vec<Claim>, next: Option<Vec<SigningKey>>) {
		let parent = self.headers.last().unwrap().block();
		let leaves: Vec<Hash32> = self.claims[parent.number as usize].iter().map(Claim::leaf).collect();
		let results_root = ResultsProof::new(&leaves, 0).map_or([0; 32], |proof| proof.root);
		let mut range = MMR::<Hash32, Mountains, _>::new(self.range_size, &self.store);
		range.push(keccak_256(&((parent.number, parent.hash), results_root).encode())).unwrap();
		let root = range.get_root().unwrap();
		self.range_size = range.mmr_size();
		range.commit().unwrap();

		let number = parent.number + 1;
		let mut digest =
			vec![DigestItem::PreRuntime(*b"BABE", vec![1; 85]), DigestItem::Consensus(*b"BEEF", (3u8, root).encode())];
		if let Some(next) = next {
			let change = (1u8, authorities(&next), 0u32).encode();
			digest.push(DigestItem::Consensus(*b"FRNK", change));
			self.sets.push((number, next));
		}
		digest.push(DigestItem::Seal(*b"BABE", vec![2; 64]));
		let set_id = self.sets.len() as u64 - 1;
		let state_root = state(&authorities(&self.sets[set_id as usize].1), set_id, SESSION).root();
		self.headers.push(Header { parent_hash: parent.hash, number, state_root, extrinsics_root: [4; 32], digest });
		self.claims.push(claims);
	}

	/// Adds blocks without results.
	pub fn blocks(&mut self, count: u32) {
		(0..count).for_each(|_| self.block(vec![], None));
	}

	/// Number of the set that finalizes a block, and its keys.
	pub fn set_for(&self, number: u32) -> (u64, &[SigningKey]) {
		let set_id = self.sets.iter().rposition(|(after, _)| *after < number).unwrap_or(0);
		(set_id as u64, &self.sets[set_id].1)
	}

	/// A vote.
	pub fn vote(&self, key: &SigningKey, target: BlockRef, set_id: u64) -> SignedPrecommit {
		vote(key, target, set_id)
	}

	/// A block with the votes of some keys for it.
	pub fn finalized_by(&self, number: u32, keys: &[SigningKey], set_id: u64) -> Finalized {
		finalized(self.headers[number as usize].clone(), keys, set_id)
	}

	/// A block with the votes of its whole set.
	pub fn finalized(&self, number: u32) -> Finalized {
		let (set_id, keys) = self.set_for(number);
		self.finalized_by(number, keys, set_id)
	}

	/// The state after a block.
	pub fn state(&self, number: u32) -> trie::Trie {
		let (set_id, keys) = self.set_for(number + 1);
		state(&authorities(keys), set_id, SESSION)
	}

	/// The proof of the genesis block's validators.
	pub fn genesis_proof(&self) -> StateProof {
		self.state(0).proof(self.headers[0].clone(), &genesis_keys())
	}

	/// A finalized block for whoever knows its set.
	pub fn step(&self, number: u32) -> Step {
		Step { set: None, block: self.finalized(number) }
	}

	/// A finalized block for whoever knows an earlier set.
	pub fn skip(&self, number: u32) -> Step {
		let parent = self.headers[number as usize - 1].clone();
		Step { set: Some(self.state(number - 1).proof(parent, &set_keys())), block: self.finalized(number) }
	}

	/// Proof in the mountain range of block `head` that it holds the leaf of block `block`.
	pub fn mmr(&self, block: u32, head: u32) -> Vec<Hash32> {
		// As the runtime does it for a head of the past: with the size that the range had then.
		let size = polkadot_ckb_merkle_mountain_range::leaf_index_to_mmr_size(u64::from(head) - 1);
		let range = MMR::<Hash32, Mountains, _>::new(size, &self.store);
		range.gen_proof(vec![leaf_index_to_pos(u64::from(block))]).unwrap().proof_items().to_vec()
	}

	/// The receipt of a claim, from a block on.
	pub fn receipt_from(&self, start: u32, block: u32, index: u32, head: u32) -> Receipt {
		let leaves: Vec<Hash32> = self.claims[block as usize].iter().map(Claim::leaf).collect();
		let changes = self.sets[1..].iter().filter(|(after, _)| *after > start && *after < head);
		Receipt {
			claim: self.claims[block as usize][index as usize].clone(),
			block: self.headers[block as usize].block(),
			results: ResultsProof::new(&leaves, index).unwrap(),
			mmr: self.mmr(block, head),
			route: Route {
				start: self.start(start),
				steps: changes.map(|(after, _)| self.step(*after)).collect(),
				head: self.step(head),
			},
		}
	}

	/// The start of a receipt from a block.
	pub fn start(&self, number: u32) -> Start {
		match number {
			0 => Start::Genesis(self.genesis_proof()),
			_ => Start::Block(self.headers[number as usize].block()),
		}
	}

	/// The receipt of a claim, from the genesis block on.
	pub fn receipt(&self, block: u32, index: u32, head: u32) -> Receipt {
		self.receipt_from(0, block, index, head)
	}

	/// A block as a checkpoint.
	pub fn trusted(&self, number: u32) -> TrustedBlock {
		let (set_id, keys) = self.set_for(number + 1);
		TrustedBlock {
			genesis: self.genesis(),
			block: self.headers[number as usize].block(),
			set_id,
			authorities: authorities(keys),
			unbonding: SESSION.0 as u32 * SESSION.1,
		}
	}
}

/// A chain of 40 blocks: results in blocks 5 (three) and 22 (one, a failure), other sets after blocks 10, 20 and 30.
pub fn example() -> Chain {
	let mut chain = Chain::new(4);
	chain.blocks(4);
	let claims = (0..3).map(|request| chain.claim(request)).collect();
	chain.block(claims, None);
	chain.blocks(4);
	chain.block(vec![], Some(keys(10, 4)));
	chain.blocks(9);
	chain.block(vec![], Some(keys(20, 5)));
	chain.blocks(1);
	let failure = chain.failure(3);
	chain.block(vec![failure], None);
	chain.blocks(7);
	chain.block(vec![], Some(keys(30, 4)));
	chain.blocks(10);
	chain
}

/// A chain with sets of six, of which two change every five blocks, up to block 30. Bonds stay for 20 blocks.
pub fn overlapping() -> Chain {
	let mut chain = Chain::new(6);
	let claim = chain.claim(0);
	chain.block(vec![claim], None);
	for change in 1..=6 {
		chain.blocks(5 * change - 1 - chain.best());
		chain.block(vec![], Some(keys(2 * change, 6)));
	}
	chain.blocks(5);
	chain
}
