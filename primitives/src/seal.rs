//! Sealed votes: the bytes that a seal's signature is over, and the source of its salt.
//!
//! A seal names the round's seed and terms instead of a block, so that it holds on every fork that has the round: a seal that was seen
//! on one fork can be handed in on another.

use crate::{
	hash::Hash32,
	infr::{AuthorityId, KEY_TYPE},
	RoundId,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use sp_core::sr25519::vrf::VrfTranscript;

/// The round that a vote is sealed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SealInput {
	/// Hash of block 0.
	pub genesis: Hash32,
	/// The round.
	pub round: RoundId,
	/// Its seed.
	pub seed: Hash32,
	/// Hash of what it runs and what its votes judge.
	pub terms: Hash32,
}

impl SealInput {
	/// The bytes that the signature of a seal is over.
	pub fn payload(&self, validator: &impl Encode, commitment: &Hash32) -> Vec<u8> {
		("assay/seal", self, validator, commitment).encode()
	}

	/// The transcript that gives the salt.
	pub fn transcript(&self) -> VrfTranscript {
		let round = self.round.to_le_bytes();
		let items: [(&'static [u8], &[u8]); 4] =
			[(b"genesis", &self.genesis), (b"round", &round), (b"seed", &self.seed), (b"terms", &self.terms)];
		VrfTranscript::new(b"assay/salt", &items)
	}
}

/// The salt of a key's seal. The VRF output that it is made of is never shown, so nobody else can make it, and the key makes the same one
/// each time, after a crash too. `None` if the key is not in this keystore.
pub fn salt(keystore: &dyn sp_keystore::Keystore, key: &AuthorityId, input: &SealInput) -> Option<[u8; 16]> {
	let transcript = input.transcript();
	let output = keystore.sr25519_vrf_pre_output(KEY_TYPE, key.as_ref(), &transcript).ok().flatten()?;
	output.make_bytes::<16>(b"assay/salt", &transcript, key.as_ref()).ok()
}
