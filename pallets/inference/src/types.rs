//! Records of the pallet.

use crate::{AccountIdOf, BalanceOf, BlockNumberFor, Config};
use assay_primitives::{
	audit::AuditProof, constants::MAX_INLINE_INPUT, infr::AuthorityId, ContentId, EngineId, FailReason, Hash32,
	ModelId, Output, RequestId, RoundId, Verdict, Vote,
};
pub use assay_primitives::{Claim, Decision, Verification};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::*, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use scale_info::TypeInfo;
use sp_runtime::traits::ConstU32;

/// Bytes of a callback.
pub const MAX_CALLBACK_BYTES: u32 = 4 * 1024;

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

/// What a publisher says about a model, for people and for search.
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

/// What a publisher states about where a version comes from: the source, the training, the build.
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

/// Why a model did not become active.
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

/// Where a model stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ModelStatus {
	/// Waits for its bytes and the attestation of its sample run.
	#[codec(index = 0)]
	Pending {
		/// Activation rounds that ended in silence.
		silences: u8,
	},
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
	/// Who registered it, or was given it, and earns its royalty.
	pub owner: AccountIdOf<T>,
	/// Length of the ONNX file in bytes.
	pub size: u64,
	/// Name.
	pub name: ModelName,
	/// Version under that name.
	pub version: u32,
	/// What the publisher says about it.
	pub metadata: ModelMetadata,
	/// Plancks paid to the owner for each request that ends with an output.
	pub royalty: BalanceOf<T>,
	/// The engine it was registered for.
	pub engine: EngineId,
	/// How its results are verified.
	pub verification: Verification,
	/// Result hash that the publisher claims for the sample.
	pub expected: Option<Hash32>,
	/// Where it stands.
	pub status: ModelStatus,
	/// Plancks on hold for the record and the bytes.
	pub deposit: BalanceOf<T>,
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

/// What a committee agreed on, until it is final or disputed.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Agreement<T: Config> {
	/// Key of the round's trace digests.
	pub key: Hash32,
	/// The vote.
	pub vote: Vote,
	/// Members who cast it.
	pub voters: BoundedVec<AccountIdOf<T>, T::MaxValidators>,
	/// Auditors who cast it.
	pub auditors: BoundedVec<AccountIdOf<T>, T::MaxValidators>,
}

/// A challenge of an attested result.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Dispute<T: Config> {
	/// Who raised it.
	pub validator: AccountIdOf<T>,
	/// Plancks on hold.
	pub hold: BalanceOf<T>,
	/// The verdict that it challenges.
	pub verdict: Verdict,
}

/// A call to make once a request is final.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Callback {
	/// The call, as it was encoded when it was weighed.
	pub call: BoundedVec<u8, ConstU32<MAX_CALLBACK_BYTES>>,
	/// Its weight, at most.
	pub weight: Weight,
	/// Plancks of the request's escrow that pay for it.
	pub price: u128,
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

/// Where an open request stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RequestStatus<N> {
	/// Its committee, or everybody, is drawn at the end of the next block.
	#[codec(index = 0)]
	Requested,
	/// A round is open.
	#[codec(index = 1)]
	Assigned(RoundId),
	/// The committee agreed; the challenge window runs.
	#[codec(index = 2)]
	Attested {
		/// What was decided, and by whom.
		decision: Decision,
		/// Block in which it becomes final.
		final_at: N,
	},
	/// The committee disagreed; everybody votes in this round, once it is drawn.
	#[codec(index = 3)]
	Escalated(Option<RoundId>),
}

/// An open request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Request<T: Config> {
	/// Who asked and pays.
	pub owner: AccountIdOf<T>,
	/// The model.
	pub model: ModelId,
	/// The engine that gives the run its meaning.
	pub engine: EngineId,
	/// How the result is verified.
	pub verification: Verification,
	/// Id of the input bundle.
	pub input: ContentId,
	/// Its length in bytes.
	pub input_size: u64,
	/// Whether the input is in the blob store.
	pub input_is_blob: bool,
	/// Committee size.
	pub k: u32,
	/// Compute budget, load included.
	pub unit_limit: u64,
	/// Royalty at the time of the request.
	pub royalty: BalanceOf<T>,
	/// Plancks on hold.
	pub escrow: BalanceOf<T>,
	/// Blocks by which each of its windows is longer.
	pub growth: u32,
	/// Block of its inclusion.
	pub requested_at: BlockNumberFor<T>,
	/// Auditors that the escrow pays for.
	pub audits: u32,
	/// Committees drawn again.
	pub redraws: u8,
	/// Where it stands.
	pub status: RequestStatus<BlockNumberFor<T>>,
}

/// How a request ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Ended {
	/// With a verdict.
	#[codec(index = 0)]
	Final(Claim),
	/// Without an answer in time.
	#[codec(index = 1)]
	Expired,
	/// In a disagreement that no two thirds decided.
	#[codec(index = 2)]
	Unresolved,
}

/// Result of a request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct ResultRecord<T: Config> {
	/// Who asked.
	pub owner: AccountIdOf<T>,
	/// Block in which it ended.
	pub ended_at: BlockNumberFor<T>,
	/// How.
	pub ended: Ended,
	/// The output: the bundle's bytes, or where they are.
	pub output: Option<Output>,
	/// Plancks that the requester paid.
	pub paid: BalanceOf<T>,
}

/// What a round is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Subject {
	/// A model, on its sample input.
	#[codec(index = 0)]
	Model(ModelId),
	/// A request.
	#[codec(index = 1)]
	Request(RequestId),
}

/// Who votes in a round and what decides it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RoundKind {
	/// A model's activation: up to 64 drawn, two thirds decide.
	#[codec(index = 0)]
	Activation,
	/// A request's committee: k drawn, q decide.
	#[codec(index = 1)]
	Committee,
	/// After a contradiction: everybody votes, two thirds decide.
	#[codec(index = 2)]
	Escalation {
		/// The round that disagreed.
		contested: RoundId,
		/// Key of its trace digests.
		contested_key: Hash32,
	},
}

/// A round of attestation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Round<T: Config> {
	/// What it is about.
	pub subject: Subject,
	/// Who votes and what decides.
	pub kind: RoundKind,
	/// Randomness of its draw and of its trace key.
	pub seed: Hash32,
	/// Session whose validators it was drawn from.
	pub session: u32,
	/// Validators of that session.
	pub v: u32,
	/// Members.
	pub members: u32,
	/// Equal votes that decide.
	pub threshold: u32,
	/// The commit window stays open at least to the end of this block.
	pub commit_min: BlockNumberFor<T>,
	/// Last block that takes commits. Brought forward when every member has committed.
	pub commit_end: BlockNumberFor<T>,
	/// Last block that takes reveals.
	pub reveal_end: BlockNumberFor<T>,
	/// Members that committed.
	pub commits: u32,
	/// Auditors that committed.
	pub auditors: u32,
	/// Members and auditors that revealed.
	pub reveals: u32,
	/// Members that signalled that the model or the input cannot be had.
	pub signals: u32,
	/// Blocks by which each of its windows is longer.
	pub growth: u32,
	/// Whether the commit window has been closed.
	pub closed: bool,
	/// Block whose agenda ends the window that is open.
	pub deadline_at: BlockNumberFor<T>,
}

impl<T: Config> Round<T> {
	/// Sealed votes.
	pub fn sealed(&self) -> u32 {
		self.commits.saturating_add(self.auditors)
	}

	/// Members, and auditors that there are so far.
	pub fn voters(&self) -> u32 {
		self.members.saturating_add(self.auditors)
	}
}

/// What a revealed verdict is about, kept until its round ends.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Product {
	/// The input that was run.
	pub input: ContentId,
	/// The outputs.
	pub output: Output,
}

/// A member's or an auditor's part in a round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ballot {
	/// The key that its attestations are signed with, as it was at the draw.
	pub key: AuthorityId,
	/// The sealed vote.
	pub commit: Option<Hash32>,
	/// The vote.
	pub vote: Option<Vote>,
	/// What it could not get.
	pub signal: Option<SignalKind>,
	/// Whether it drew itself: its vote can contradict and does not decide.
	pub auditor: bool,
}

/// Something that a validator needs and cannot get.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum SignalKind {
	/// The model's bytes.
	#[codec(index = 0)]
	ModelUnavailable,
	/// The input's bytes.
	#[codec(index = 1)]
	InputUnavailable,
}

/// A sealed vote in one round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Commit {
	/// The round.
	pub round: RoundId,
	/// [`assay_primitives::hash::commitment`].
	pub hash: Hash32,
	/// What makes an auditor of a validator that was not drawn.
	pub proof: Option<AuditProof>,
}

/// An opened vote in one round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Reveal {
	/// The round.
	pub round: RoundId,
	/// The vote.
	pub vote: Vote,
	/// Salt of the commitment.
	pub salt: [u8; 16],
	/// The input that was run; the request's own, or the one that the engine made for a model without a sample.
	pub input: ContentId,
	/// The outputs, for a verdict that has any.
	pub output: Option<Output>,
}

/// A signal in one round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Signal {
	/// The round.
	pub round: RoundId,
	/// What is missing.
	pub kind: SignalKind,
}

/// Everything that one validator has to say in one block, signed once.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Attestation<AccountId, BlockNumber> {
	/// The validator.
	pub validator: AccountId,
	/// Session that the rounds were drawn in: it says which key signs.
	pub session: u32,
	/// Block that the validator's node was at. The signature is over its hash, too.
	pub block: BlockNumber,
	/// Sealed votes.
	pub commits: BoundedVec<Commit, ConstU32<64>>,
	/// Opened votes.
	pub reveals: BoundedVec<Reveal, ConstU32<64>>,
	/// Signals.
	pub signals: BoundedVec<Signal, ConstU32<64>>,
	/// The proposed engine, if the node holds it and it passes its vectors.
	pub engine: Option<EngineId>,
}

impl<A, N> Attestation<A, N> {
	/// All that it says.
	pub fn items(&self) -> u32 {
		let votes = (self.commits.len() as u32).saturating_add(self.reveals.len() as u32);
		votes.saturating_add(self.signals.len() as u32).saturating_add(self.engine.is_some() as u32)
	}

	/// Commits with a proof, which takes time to check.
	pub fn proofs(&self) -> u32 {
		self.commits.iter().filter(|commit| commit.proof.is_some()).count() as u32
	}
}

/// Something that is due in a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Deadline {
	/// The commit window of a round ends.
	#[codec(index = 0)]
	Commits(RoundId),
	/// The reveal window of a round ends.
	#[codec(index = 1)]
	Reveals(RoundId),
	/// The challenge window of a request ends.
	#[codec(index = 2)]
	Challenge(RequestId),
}

/// A draw that waits for the randomness of the next block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PendingDraw {
	/// What the round will be about.
	pub subject: Subject,
	/// Which round it will be.
	pub kind: RoundKind,
}
