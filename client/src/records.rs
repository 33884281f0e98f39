//! Records of the chain, as far as clients read them.
//!
//! They are decoded by the names and types that the chain's own metadata gives. A field that the chain has in addition is passed over; one
//! that is missing, or has another type, is an [`Error::UnknownChain`](crate::Error::UnknownChain).

use crate::trust::hex0x;
use assay_primitives::{
	hash::blake2_256, Claim, ContentId, Decision, EngineId, FailReason, Hash32, ModelId, RequestId, Verdict,
	Verification,
};
use subxt::ext::{scale_decode::DecodeAsType, scale_encode::EncodeAsType};

/// A blob and its length in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct BlobRef {
	/// Its id.
	pub id: Hash32,
	/// Its length in bytes.
	pub size: u64,
}

/// The place of a memory space's pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Availability {
	/// With those who write and read it.
	#[codec(index = 0)]
	Local,
	/// With every validator.
	#[codec(index = 1)]
	Network,
}

/// The model and tokenizer that make the vectors of a memory space.
#[derive(Clone, Copy, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Embedding {
	/// The model.
	pub model: Hash32,
	/// Numbers in a vector.
	pub dimensions: u16,
	/// The file that makes tokens of a text.
	pub tokenizer: Hash32,
	/// The engine that runs the model.
	pub engine: Hash32,
}

/// The part of a memory space that does not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct SpaceConfig {
	/// True if everybody may read the space.
	pub public: bool,
	/// The place of its pages.
	pub availability: Availability,
	/// The model that makes its vectors. None: keywords only.
	pub embedding: Option<Embedding>,
	/// The number of the rules by which a recall ranks.
	pub ranking: u8,
}

/// The last commit to a space of memory.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct SpaceHead {
	/// Its number.
	pub seq: u64,
	/// Root of the tree over all records.
	pub root: Hash32,
	/// The blob that names the pages.
	pub manifest: BlobRef,
	/// Hash of the head before.
	pub previous: Hash32,
	/// The account that committed it.
	pub by: Hash32,
}

/// A space of memory.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Space {
	/// The account that owns it.
	pub owner: Hash32,
	/// The part that does not change.
	pub config: SpaceConfig,
	/// The last commit.
	pub head: Option<SpaceHead>,
	/// The epoch that the next commit has at least.
	pub epoch: u32,
	/// True if it is being closed.
	pub closing: bool,
}

/// The publisher's description of a model.
#[derive(Clone, PartialEq, Eq, Debug, Default, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Metadata {
	/// Task, as model hubs name it: `image-classification`; at most 32 bytes.
	pub task: Vec<u8>,
	/// SPDX expression of the licence; at most 32 bytes.
	pub licence: Vec<u8>,
	/// Words to find the model by: at most 8 of at most 24 bytes.
	pub tags: Vec<Vec<u8>>,
	/// One paragraph, at most 512 bytes.
	pub description: Vec<u8>,
	/// The model card.
	pub card: Option<BlobRef>,
}

/// The bytes of an input or an output, or the blob that has them.
#[derive(Clone, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Input {
	/// In the record.
	#[codec(index = 0)]
	Inline(Vec<u8>),
	/// In the blob store.
	#[codec(index = 1)]
	Blob(BlobRef),
}

/// The window in which the agreement of a committee may be disputed before it is final.
#[derive(Clone, Copy, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Window {
	/// For so many blocks.
	#[codec(index = 0)]
	Blocks(u32),
	/// Until validators with more than a third of the set have made blocks in it, and for 16 blocks at least.
	#[codec(index = 1)]
	Assured,
}

impl Window {
	/// The shortest one, for an answer that is worth no more than what a committee has bonded.
	pub const FAST: Self = Window::Blocks(4);
}

impl From<Window> for assay_receipts::Window {
	fn from(window: Window) -> Self {
		match window {
			Window::Blocks(blocks) => assay_receipts::Window::Blocks(blocks),
			Window::Assured => assay_receipts::Window::Assured,
		}
	}
}

/// The bytes of an output, or the blob that has them.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Output {
	/// In the record.
	Inline(Vec<u8>),
	/// In the blob store.
	Blob {
		/// Length of the bundle in bytes.
		size: u64,
	},
}

/// The reason for which a run has no output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
#[allow(missing_docs)]
pub enum Reason {
	InputMismatch,
	ComputeLimit,
	MemoryLimit,
	ModelTrap,
	ModelInvalid,
}

/// The reason for which a model did not become active.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum RejectReason {
	/// Two thirds agree that loading it or running its sample fails.
	Failed(Reason),
	/// The sample's result is not the one that the publisher claims.
	UnexpectedResult {
		/// The one that was attested.
		attested: Hash32,
	},
	/// Too few validators attested in time.
	Deadline,
	/// The validators disagreed.
	Unresolved,
}

/// The state of a model.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum ModelStatus {
	/// Waits for its bytes and its activation.
	Pending,
	/// Takes requests.
	Active {
		/// Compute units of loading the model.
		load_units: u64,
		/// Compute units of the sample run, load included.
		sample_units: u64,
	},
	/// Did not pass its activation.
	Rejected(RejectReason),
	/// Takes no new requests.
	Retired,
}

impl ModelStatus {
	/// In a word.
	pub fn name(&self) -> &'static str {
		match self {
			ModelStatus::Pending => "Pending",
			ModelStatus::Active { .. } => "Active",
			ModelStatus::Rejected(_) => "Rejected",
			ModelStatus::Retired => "Retired",
		}
	}
}

/// A registered model.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Model {
	/// The account that registered it.
	pub owner: Hash32,
	/// Length of the ONNX file in bytes.
	pub size: u64,
	/// Name.
	pub name: Vec<u8>,
	/// Version under that name.
	pub version: u32,
	/// The publisher's description of it.
	pub metadata: Metadata,
	/// Plancks to the owner for each request that ends with an output.
	pub royalty: u128,
	/// The engine it is active under, or to be.
	pub engine: Hash32,
	/// Its state.
	pub status: ModelStatus,
	/// Plancks on hold for the record and the bytes.
	pub deposit: u128,
	/// Open requests.
	pub open: u32,
}

impl Model {
	/// Name and version, as commands take them.
	pub fn title(&self) -> String {
		format!("{}@{}", String::from_utf8_lossy(&self.name), self.version)
	}
}

/// Holder of a name.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Name {
	/// Its first registrant.
	pub owner: Hash32,
	/// Highest version under it.
	pub last_version: u32,
}

/// The outcome of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
#[allow(missing_docs)]
pub enum VerdictRecord {
	Output { result_hash: Hash32, load_units: u64, units: u64 },
	Failed { reason: Reason, units: u64 },
}

/// The decision of a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
#[allow(missing_docs)]
pub struct DecisionRecord {
	pub round: u64,
	pub verdict: VerdictRecord,
	pub votes: u32,
	pub k: u32,
	pub q: u32,
	pub v: u32,
	pub escalated: bool,
	pub audits: u32,
	pub auditors: u32,
	pub power: u64,
	pub total: u64,
	pub window: Window,
}

/// The chain's claim about a final request.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
#[allow(missing_docs)]
pub struct ClaimRecord {
	pub request: RequestId,
	pub model: Hash32,
	pub engine: Hash32,
	pub input: Hash32,
	pub output: Option<Hash32>,
	pub decision: DecisionRecord,
}

/// The end of a request.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Ended {
	/// With a verdict.
	Final(ClaimRecord),
	/// Without an answer in time.
	Expired,
	/// In a disagreement that no two thirds decided.
	Unresolved,
}

/// Result of a request.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct ResultRecord {
	/// The account that asked.
	pub owner: Hash32,
	/// Block in which it ended.
	pub ended_at: u32,
	/// The way in which it ended.
	pub ended: Ended,
	/// The output, or where it is.
	pub output: Option<Output>,
	/// Plancks that the requester paid.
	pub paid: u128,
	/// The decision of all validators on a dispute of the final result, if they have made one.
	pub review: Option<Review>,
}

impl ResultRecord {
	/// The decision of all validators on a final result that is false, in a sentence.
	pub fn overturned(&self) -> Option<String> {
		let Some(Review::Overturned { at, verdict }) = &self.review else { return None };
		let decided = match verdict {
			VerdictRecord::Output { result_hash, .. } => format!("the result {}", hex0x(*result_hash)),
			VerdictRecord::Failed { reason, .. } => format!("{reason:?}"),
		};
		Some(format!("overturned: all validators decided {decided} in block {at}"))
	}
}

/// The decision of all validators on a dispute of a final result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Review {
	/// The same verdict.
	Confirmed {
		/// Block in which that was decided.
		at: u32,
	},
	/// Another verdict: the result is false.
	Overturned {
		/// Block in which that was decided.
		at: u32,
		/// The verdict that they have decided on.
		verdict: VerdictRecord,
	},
}

/// The event that an open request waits for.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Stage {
	/// Its committee is drawn at the end of the next block.
	Waiting,
	/// A committee votes in this round.
	Voting(u64),
	/// Enough have agreed; the window runs in which that may be disputed.
	Agreed,
	/// Votes are contested; everybody votes in this round, once it is drawn.
	Escalated(Option<u64>),
}

impl Stage {
	/// In a word.
	pub fn name(&self) -> &'static str {
		match self {
			Stage::Waiting => "Waiting",
			Stage::Voting(_) => "Voting",
			Stage::Agreed => "Agreed",
			Stage::Escalated(_) => "Escalated",
		}
	}
}

/// The subject of a round: the key of the rounds' records of an open request.
#[derive(EncodeAsType, DecodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) enum Subject {
	Request(RequestId),
}

/// The state of an open request in its rounds.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct Standing {
	pub stage: Stage,
}

/// The agreement on an open request.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct Agreement {
	pub final_at: u32,
}

/// An open request.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct OpenRequest {
	/// The account that asked and pays.
	pub owner: Hash32,
	/// The model.
	pub model: Hash32,
	/// Id of the input bundle.
	pub input: Hash32,
	/// Its length in bytes.
	pub input_size: u64,
	/// Committee size.
	pub k: u32,
	/// Compute budget, load included.
	pub unit_limit: u64,
	/// Plancks on hold.
	pub escrow: u128,
	/// Block of its inclusion.
	pub requested_at: u32,
	/// Auditors that are expected beside the committee.
	pub audits: u32,
	/// The window in which the committee's agreement may be disputed.
	pub window: Window,
}

/// A call in a motion: itself, or what names its preimage.
#[derive(Clone, PartialEq, Eq, Debug, codec::Encode, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum BoundedCall {
	/// By hash alone, as nothing here makes it.
	Legacy {
		/// Hash of the call.
		hash: Hash32,
	},
	/// Up to 128 bytes.
	Inline(Vec<u8>),
	/// More.
	Lookup {
		/// Hash of the call.
		hash: Hash32,
		/// Its bytes.
		len: u32,
	},
}

impl BoundedCall {
	/// Most bytes of a call that a motion itself has.
	const MAX_INLINE: usize = 128;

	/// A call by its bytes.
	pub fn of(bytes: &[u8]) -> Self {
		match bytes.len() {
			0..=Self::MAX_INLINE => BoundedCall::Inline(bytes.to_vec()),
			len => BoundedCall::Lookup { hash: blake2_256(bytes), len: len as u32 },
		}
	}

	/// Hash of the call.
	pub fn hash(&self) -> Hash32 {
		match self {
			BoundedCall::Inline(bytes) => blake2_256(bytes),
			BoundedCall::Legacy { hash } | BoundedCall::Lookup { hash, .. } => *hash,
		}
	}
}

/// A motion of the council.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Motion {
	/// The validator that proposed it.
	pub proposer: Hash32,
	/// Block from which on nobody can support it.
	pub ends: u32,
	/// The call.
	pub call: BoundedCall,
	/// Accounts that support it.
	pub supporters: Vec<Hash32>,
}

/// A bond.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Candidate {
	/// Plancks on hold.
	pub bond: u128,
	/// Era after which it may ask to be let out of jail, if it is there.
	pub jailed: Option<u32>,
	/// Block from which on it may withdraw, if it leaves.
	pub leaves: Option<u32>,
	/// Duties missed in the era of the last missed one.
	pub misses: u32,
}

/// Plancks of delegators with a validator, and its commission.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Backing {
	/// Part of what its delegators would earn that it keeps, in parts of 10^9.
	pub commission: u32,
	/// A higher one, and the era from which on it is taken.
	pub raise: Option<(u32, u32)>,
	/// The pool that gives voting power and earns.
	pub active: Pool,
	/// The pool that was taken back.
	pub leaving: Pool,
}

/// Plancks of many.
#[derive(Clone, PartialEq, Eq, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Pool {
	/// Plancks.
	pub stake: u128,
	/// Shares of them.
	pub shares: u128,
}

impl From<Reason> for FailReason {
	fn from(reason: Reason) -> Self {
		match reason {
			Reason::InputMismatch => FailReason::InputMismatch,
			Reason::ComputeLimit => FailReason::ComputeLimit,
			Reason::MemoryLimit => FailReason::MemoryLimit,
			Reason::ModelTrap => FailReason::ModelTrap,
			Reason::ModelInvalid => FailReason::ModelInvalid,
		}
	}
}

impl From<VerdictRecord> for Verdict {
	fn from(verdict: VerdictRecord) -> Self {
		match verdict {
			VerdictRecord::Output { result_hash, load_units, units } => {
				Verdict::Output { result_hash, load_units, units }
			}
			VerdictRecord::Failed { reason, units } => Verdict::Failed { reason: reason.into(), units },
		}
	}
}

impl From<ClaimRecord> for Claim {
	fn from(claim: ClaimRecord) -> Self {
		let DecisionRecord { round, verdict, votes, k, q, v, escalated, audits, auditors, power, total, window } =
			claim.decision;
		Claim {
			request: claim.request,
			model: ContentId(claim.model),
			engine: EngineId(claim.engine),
			verification: Verification::ReExecution,
			input: ContentId(claim.input),
			output: claim.output.map(ContentId),
			decision: Decision {
				round,
				verdict: verdict.into(),
				votes,
				k,
				q,
				v,
				escalated,
				audits,
				auditors,
				power,
				total,
				window: window.into(),
			},
		}
	}
}

/// A model and its id.
pub type Listed = (ModelId, Model);

/// The registry's record of a model.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct ModelInfo {
	id: Hash32,
	owner: Hash32,
	name: Vec<u8>,
	version: u32,
	size: u64,
	metadata: Metadata,
	royalty: u128,
	engine: Hash32,
	state: ModelState,
	deposit: u128,
	open: u32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
enum ModelState {
	Pending,
	Active { load_units: u64, sample_units: u64 },
	Rejected(RejectReason),
	Retired,
}

impl From<ModelInfo> for Listed {
	fn from(info: ModelInfo) -> Self {
		let status = match info.state {
			ModelState::Pending => ModelStatus::Pending,
			ModelState::Active { load_units, sample_units } => ModelStatus::Active { load_units, sample_units },
			ModelState::Rejected(reason) => ModelStatus::Rejected(reason),
			ModelState::Retired => ModelStatus::Retired,
		};
		let model = Model {
			owner: info.owner,
			size: info.size,
			name: info.name,
			version: info.version,
			metadata: info.metadata,
			royalty: info.royalty,
			engine: info.engine,
			status,
			deposit: info.deposit,
			open: info.open,
		};
		(ContentId(info.id), model)
	}
}
