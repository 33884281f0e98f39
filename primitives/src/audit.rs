//! Auditors draw themselves: a validator whose VRF over a round's seed falls below a bound may vote in it, and nobody knows who will
//! before the votes are sealed.

use crate::{
	hash::Hash32,
	infr::{AuthorityId, KEY_TYPE},
	RoundId,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{
	crypto::VrfPublic,
	sr25519::{
		vrf::{VrfSignature, VrfTranscript},
		Public,
	},
};

/// A VRF's output with its proof, as `schnorrkel` encodes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct AuditProof {
	/// The output.
	pub output: Hash32,
	/// The proof that the output is the key's.
	pub proof: [u8; 64],
}

/// The input of an auditor's VRF.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct AuditInput {
	/// Hash of block 0.
	pub genesis: Hash32,
	/// The round.
	pub round: RoundId,
	/// Its seed.
	pub seed: Hash32,
}

impl AuditInput {
	/// The transcript that is signed.
	pub fn transcript(&self) -> VrfTranscript {
		let round = self.round.to_le_bytes();
		VrfTranscript::new(b"assay/audit", &[(b"genesis", &self.genesis), (b"round", &round), (b"seed", &self.seed)])
	}

	/// The number that a key draws, if the proof is its own.
	pub fn number(&self, key: &AuthorityId, proof: &AuditProof) -> Option<u128> {
		let key: &Public = key.as_ref();
		let signature = VrfSignature::decode(&mut &proof.encode()[..]).ok()?;
		let transcript = self.transcript();
		if !key.vrf_verify(&transcript.clone().into(), &signature) {
			return None;
		}
		number_of(key, &transcript, &signature)
	}
}

impl From<VrfSignature> for AuditProof {
	fn from(signature: VrfSignature) -> Self {
		AuditProof { output: signature.pre_output.0.to_bytes(), proof: signature.proof.0.to_bytes() }
	}
}

/// Draws with a key of this keystore: the proof, and the number that it proves. `None` if the key is not there.
pub fn prove(
	keystore: &dyn sp_keystore::Keystore,
	key: &AuthorityId,
	input: &AuditInput,
) -> Option<(AuditProof, u128)> {
	let transcript = input.transcript();
	let signature = keystore.sr25519_vrf_sign(KEY_TYPE, key.as_ref(), &transcript.clone().into()).ok().flatten()?;
	let public: &Public = key.as_ref();
	let number = number_of(public, &transcript, &signature)?;
	Some((signature.into(), number))
}

fn number_of(key: &Public, transcript: &VrfTranscript, signature: &VrfSignature) -> Option<u128> {
	let bytes = key.make_bytes::<16>(b"assay/audit-number", transcript, &signature.pre_output).ok()?;
	Some(u128::from_le_bytes(bytes))
}
