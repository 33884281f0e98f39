//! Records of the registry.

use crate::{AccountIdOf, BalanceOf, BlockNumberFor, Config};
pub use assay_primitives::Verification;
use assay_primitives::{constants::MAX_INLINE_INPUT, ContentId, EngineId, FailReason, Hash32, Output, RoundId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::*, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use scale_info::TypeInfo;
use sp_runtime::traits::ConstU32;

/// Engines before the one in use that nodes hold.
pub const MAX_OLD_ENGINES: u32 = 2;

/// Name of a model: lower-case ASCII letters, digits, `-`, `_`, `.` and `/`.
pub type ModelName = BoundedVec<u8, ConstU32<64>>;
/// A task, as model hubs name it: `image-classification`. Of the alphabet of names; empty for none.
pub type ModelTask = BoundedVec<u8, ConstU32<32>>;
/// A word to find models by. Of the alphabet of names.
pub type ModelTag = BoundedVec<u8, ConstU32<24>>;
/// An encoded tensor bundle that travels in an extrinsic.
pub type InlineInput = BoundedVec<u8, ConstU32<MAX_INLINE_INPUT>>;

/// A blob and its length in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct BlobRef {
	/// Its id.
	pub id: ContentId,
	/// Its length in bytes.
	pub size: u64,
}

/// The publisher's description of a model, for people and for search.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ModelMetadata {
	/// Task.
	pub task: ModelTask,
	/// SPDX expression of the licence. Printable ASCII.
	pub licence: BoundedVec<u8, ConstU32<32>>,
	/// Words to find the model by, each once.
	pub tags: BoundedVec<ModelTag, ConstU32<8>>,
	/// One paragraph, in UTF-8.
	pub description: BoundedVec<u8, ConstU32<512>>,
	/// The model card.
	pub card: Option<BlobRef>,
}

/// The publisher's statement about the origin of a version: the source, the training, the build.
///
/// Signed with an ed25519 key, which need not be the account's: release pipelines have such keys, their signatures are the same each
/// time, and every language and `openssl` can make and check them. The payload is [`crate::provenance_payload`].
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Provenance {
	/// The statement, in UTF-8.
	pub statement: BoundedVec<u8, ConstU32<1024>>,
	/// The publisher's key.
	pub key: sp_core::ed25519::Public,
	/// Its signature.
	pub signature: sp_core::ed25519::Signature,
}

/// The reason for which a model did not become active.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RejectReason {
	/// Two thirds agree that loading it or running its sample fails.
	#[codec(index = 0)]
	Failed(FailReason),
	/// The sample's result is not the one that the publisher claims.
	#[codec(index = 1)]
	UnexpectedResult {
		/// The one that was attested.
		attested: Hash32,
	},
	/// Too few validators attested in time; most likely the bytes were not uploaded.
	#[codec(index = 2)]
	Deadline,
	/// The validators disagreed and no two thirds of them found the same.
	#[codec(index = 3)]
	Unresolved,
}

/// The state of a model.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ModelStatus {
	/// Waits for its bytes and the attestation of its sample run.
	#[codec(index = 0)]
	Pending,
	/// Takes requests.
	#[codec(index = 1)]
	Active {
		/// Input of the sample run.
		input: ContentId,
		/// Its outputs.
		output: Output,
		/// Its result hash.
		result_hash: Hash32,
		/// Compute units of loading the model; part of every run.
		load_units: u64,
		/// Compute units of the sample run, load included.
		sample_units: u64,
	},
	/// Did not pass its activation. The id may be registered anew.
	#[codec(index = 2)]
	Rejected(RejectReason),
	/// Takes no new requests.
	#[codec(index = 3)]
	Retired,
}

/// A registered model.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Model<T: Config> {
	/// The account that registered it, or was given it, and earns its royalty.
	pub owner: AccountIdOf<T>,
	/// Length of the ONNX file in bytes.
	pub size: u64,
	/// Name.
	pub name: ModelName,
	/// Version under that name.
	pub version: u32,
	/// The publisher's description of it.
	pub metadata: ModelMetadata,
	/// Plancks paid to the owner for each request that ends with an output.
	pub royalty: BalanceOf<T>,
	/// The engine that it is active under, or to be.
	pub engine: EngineId,
	/// The engine that it was activated or tried under last.
	pub tried: EngineId,
	/// The rounds that its status is about: from the first number on, and before the second.
	pub rounds: (RoundId, RoundId),
	/// The way in which its results are verified.
	pub verification: Verification,
	/// Result hash that the publisher claims for the sample, under the engine that it is registered for. None once the model is active.
	pub expected: Option<Hash32>,
	/// Its state.
	pub status: ModelStatus,
	/// Plancks on hold for the record and the bytes.
	pub deposit: BalanceOf<T>,
	/// Bytes that validators keep of it: its file, its sample and its card.
	pub kept: u64,
	/// Plancks on hold for the activation.
	pub activation_fee: BalanceOf<T>,
	/// Open requests.
	pub open: u32,
	/// Block in which the record of a rejected model leaves the state.
	pub prunable_at: Option<BlockNumberFor<T>>,
}

/// Holder of a name.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct NameRecord<T: Config> {
	/// Its first registrant, or who was given it: the only one who registers versions under it.
	pub owner: AccountIdOf<T>,
	/// Highest version under it.
	pub last_version: u32,
	/// Plancks on hold for it.
	pub deposit: BalanceOf<T>,
}

/// Input of a request, as it is submitted.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Input {
	/// An encoded tensor bundle.
	#[codec(index = 0)]
	Inline(InlineInput),
	/// An encoded tensor bundle in the blob store.
	#[codec(index = 1)]
	Blob(BlobRef),
}

impl Input {
	/// Id of the bundle's bytes.
	pub fn content_id(&self) -> ContentId {
		match self {
			Input::Inline(bytes) => ContentId::of(bytes),
			Input::Blob(blob) => blob.id,
		}
	}

	/// Length of the bundle in bytes.
	pub fn size(&self) -> u64 {
		match self {
			Input::Inline(bytes) => bytes.len() as u64,
			Input::Blob(blob) => blob.size,
		}
	}

	/// Bytes that travel in the call. A blob counts as the most there can be: to note it costs less than to hash those.
	pub fn inline_len(&self) -> u32 {
		match self {
			Input::Inline(bytes) => bytes.len() as u32,
			Input::Blob(_) => MAX_INLINE_INPUT,
		}
	}

	/// The blob, if it is one.
	pub fn blob(&self) -> Option<BlobRef> {
		match self {
			Input::Inline(_) => None,
			Input::Blob(blob) => Some(*blob),
		}
	}
}

/// An engine that is to follow the one in use.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct EngineProposal<T: Config> {
	/// The engine.
	pub engine: EngineId,
	/// Validators that attest that they hold it.
	pub holders: BoundedVec<AccountIdOf<T>, T::MaxValidators>,
}

/// A model that is active under one engine and is tried under another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Trial {
	/// The other engine.
	pub engine: EngineId,
	/// The first round that is about it.
	pub from: RoundId,
}

/// An engine that nodes hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct EngineInfo {
	/// The engine.
	pub engine: EngineId,
	/// The blob that it comes in, if nodes fetch it.
	pub package: Option<BlobRef>,
}

impl From<Input> for assay_primitives::JobInput {
	fn from(input: Input) -> Self {
		match input {
			Input::Inline(bytes) => Self::Inline(bytes.into_inner()),
			Input::Blob(BlobRef { id, size }) => Self::Blob { id, size },
		}
	}
}
