//! Types that cross a boundary of Assay: ids, tensors, verdicts, claims, the engine's host interface.
//!
//! Everything here is `no_std` and deterministic. Hashes and encodings live for ever: the test vectors in
//! `primitives/vectors.json` pin them for every language.

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

#[cfg(feature = "runtime")]
pub mod audit;
pub mod blob;
pub mod claim;
pub mod constants;
pub mod fault;
pub mod hash;
#[cfg(feature = "runtime")]
pub mod host;
pub mod job;
#[cfg(feature = "runtime")]
pub mod seal;
pub mod subject;
pub mod tensor;
pub mod verdict;

pub use blob::ContentId;
pub use claim::{Claim, Decision, Verification, Window};
pub use fault::{Bonds, Fault, Seats};
pub use hash::{h, Hash32};
pub use job::{Abstention, DutyId, EngineStatus, Finished, Job, JobInput, Run};
pub use subject::Subject;
pub use tensor::{DataType, Tensor, TensorBundle, TensorError};
pub use verdict::{EngineId, EngineProfile, FailReason, Output, Verdict, Vote};

/// The session key that validators attest with.
#[cfg(feature = "runtime")]
pub mod infr {
	/// Key type of attestations, as `author_rotateKeys` and the keystore name it.
	pub const KEY_TYPE: sp_application_crypto::KeyTypeId = sp_application_crypto::KeyTypeId(*b"infr");

	mod app {
		use sp_application_crypto::{app_crypto, sr25519};
		app_crypto!(sr25519, super::KEY_TYPE);
	}

	/// Public half of an attestation key.
	pub type AuthorityId = app::Public;
	/// Signature by an attestation key.
	pub type AuthoritySignature = app::Signature;
	/// Attestation key pair.
	#[cfg(feature = "std")]
	pub type AuthorityPair = app::Pair;
}

/// A model is named by the [`ContentId`] of its ONNX bytes.
pub type ModelId = ContentId;
/// Requests are numbered in the order of their inclusion.
pub type RequestId = u64;
/// Voting power: what a validator counts for in draws and thresholds, in blocks and in finality. Its bond in thousandths of the smallest one,
/// capped.
pub type Power = u64;
/// Rounds are numbered in the order in which they were drawn.
pub type RoundId = u64;
