//! The verdicts that an attester can give on a run.

use crate::{
	blob::ContentId,
	constants::{CHUNK_BYTES, MAX_INLINE_OUTPUT},
	hash::{blake2_256, Hash32},
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Name of an engine: `H("assay/engine", guest_hash, SCALE(EngineProfile))`.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EngineId(pub Hash32);

/// The host's part of an engine's identity: its settings on which the meaning of the guest's bytes depends.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct EngineProfile {
	/// Canonical maximum of the guest's memory, in WASM pages of 64 KiB.
	pub memory_pages: u32,
	/// `relaxed_simd_deterministic`.
	pub deterministic: bool,
	/// Version of the encoding of tensors and of the calls into the guest.
	pub encoding_version: u32,
	/// Version of the table that says how many units an operator costs.
	pub cost_table_version: u32,
}

impl EngineId {
	/// Id of the engine that runs a guest with this BLAKE2b-256 under this profile.
	pub fn new(guest_hash: &Hash32, profile: &EngineProfile) -> Self {
		EngineId(crate::h("assay/engine", (guest_hash, profile)))
	}
}

/// Why a run has no output. Every honest engine reaches the same reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum FailReason {
	/// The input is not a canonical bundle, or its names, data types or shapes are not the model's.
	#[codec(index = 0)]
	InputMismatch,
	/// The unit limit of the request does not cover the run.
	#[codec(index = 1)]
	ComputeLimit,
	/// The run asks for more memory than the canonical maximum.
	#[codec(index = 2)]
	MemoryLimit,
	/// The model stopped the guest: a trap that WASM defines, or an operator's error.
	#[codec(index = 3)]
	ModelTrap,
	/// The engine cannot load the file as a model for inputs of these shapes. The units are those of the attempt.
	#[codec(index = 4)]
	ModelInvalid,
}

/// The deterministic outcome of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Verdict {
	/// The run ended with an output.
	#[codec(index = 0)]
	Output {
		/// [`crate::hash::result_hash`] of the output.
		result_hash: Hash32,
		/// Compute units of loading the model.
		load_units: u64,
		/// Compute units used, load included.
		units: u64,
	},
	/// The run has no output.
	#[codec(index = 1)]
	Failed {
		/// Why.
		reason: FailReason,
		/// Compute units used, load included.
		units: u64,
	},
}

impl Verdict {
	/// Compute units used, load included.
	pub fn units(&self) -> u64 {
		match self {
			Verdict::Output { units, .. } | Verdict::Failed { units, .. } => *units,
		}
	}
}

/// A vote: two are equal only if verdict and trace are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Vote {
	/// Outcome of the run.
	pub verdict: Verdict,
	/// Digest under this round's key over every tensor that the run produced.
	pub trace_digest: Hash32,
	/// In an escalation, the digest of the same run under the contested round's key: it tells whose trace was invented.
	pub contested_digest: Option<Hash32>,
}

/// The place of the bytes of a tensor bundle: an output of a run, or its input.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub enum Output {
	/// In the record: a [`crate::TensorBundle`] of at most [`MAX_INLINE_OUTPUT`] bytes.
	#[codec(index = 0)]
	Inline(OutputBytes),
	/// In the blob store. The id follows from both, so that a result hash binds them.
	#[codec(index = 1)]
	Blob {
		/// Length of the bundle in bytes.
		size: u64,
		/// Top of the tree over its chunks, see [`ContentId`].
		top: Hash32,
	},
}

/// Bytes of an output that travels with a reveal.
pub type OutputBytes = bounded_collections::BoundedVec<u8, bounded_collections::ConstU32<MAX_INLINE_OUTPUT>>;

impl Output {
	/// The reference to an output that lies in the blob store: its size and the top of its tree.
	pub fn blob(bytes: &[u8]) -> Self {
		let leaves = bytes.chunks(CHUNK_BYTES as usize).map(blake2_256).collect();
		Output::Blob { size: bytes.len() as u64, top: ContentId::top(leaves) }
	}

	/// Bytes that travel with the vote.
	pub fn inline_len(&self) -> u32 {
		match self {
			Output::Inline(bytes) => bytes.len() as u32,
			Output::Blob { .. } => 0,
		}
	}

	/// Id of the bundle's bytes.
	pub fn content_id(&self) -> ContentId {
		match self {
			Output::Inline(bytes) => ContentId::of(bytes),
			Output::Blob { size, top } => ContentId::of_tree(*size, *top),
		}
	}
}
