//! The tagged hash that every id and commitment is made with.

use alloc::vec::Vec;
use codec::Encode;

/// 32 bytes of BLAKE2b-256.
pub type Hash32 = [u8; 32];

/// `H(tag, x...) = BLAKE2b-256(SCALE((tag, x...)))`. Give the arguments after the tag as a tuple: `h("assay/node", (left, right))`.
pub fn h(tag: &str, args: impl Encode) -> Hash32 {
	let mut bytes = Vec::new();
	tag.encode_to(&mut bytes);
	args.encode_to(&mut bytes);
	sp_crypto_hashing::blake2_256(&bytes)
}

/// Plain BLAKE2b-256, which names a chunk.
pub fn blake2_256(bytes: &[u8]) -> Hash32 {
	sp_crypto_hashing::blake2_256(bytes)
}

/// Key of the trace digest of one attester's run: unknown before the round is drawn, different in every round.
pub fn trace_key(genesis: &Hash32, subject: &impl Encode, round: u64, seed: &Hash32) -> Hash32 {
	h("assay/trace", (genesis, subject, round, seed))
}

/// Hash that a verdict names an output by.
pub fn result_hash(
	genesis: &Hash32,
	engine: &crate::EngineId,
	model: &crate::ModelId,
	input: &crate::ContentId,
	outputs: &crate::ContentId,
) -> Hash32 {
	h("assay/result", (genesis, engine, model, input, outputs))
}

/// A sealed vote: says nothing until the vote and the salt are revealed.
pub fn commitment(genesis: &Hash32, round: u64, attester: &impl Encode, vote: &crate::Vote, salt: &[u8; 16]) -> Hash32 {
	h("assay/commit", (genesis, round, attester, vote, salt))
}

/// Name of the duty of one attester in one round. `terms` is the hash of what the round runs.
pub fn duty_id(genesis: &Hash32, round: u64, seed: &Hash32, terms: &Hash32, attester: &impl Encode) -> Hash32 {
	h("assay/duty", (genesis, round, seed, terms, attester))
}
