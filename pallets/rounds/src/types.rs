//! Records of the pallet.

use crate::{AccountIdOf, BalanceOf, Config};
pub use assay_primitives::Decision;
use assay_primitives::{
	audit::AuditProof, infr::AuthorityId, ContentId, EngineId, Hash32, Output, RoundId, Verdict, Vote,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::*, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_runtime::traits::ConstU32;

/// What a round agreed on, until its window is over or it is disputed.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Agreement<T: Config> {
	/// What was decided, and by how many.
	pub decision: Decision,
	/// Block in which it is final.
	pub final_at: BlockNumberFor<T>,
	/// Key of the round's trace digests.
	pub key: Hash32,
	/// The vote.
	pub vote: Vote,
	/// Members who cast it.
	pub voters: BoundedVec<AccountIdOf<T>, T::MaxValidators>,
	/// Auditors who cast it.
	pub auditors: BoundedVec<AccountIdOf<T>, T::MaxValidators>,
}

/// A challenge of an agreement.
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

/// Who votes in a round and what decides it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RoundKind {
	/// As many members as the subject's terms say are drawn. Enough equal votes decide, if no vote differs.
	#[codec(index = 0)]
	Committee,
	/// After a contradiction or a dispute: everybody votes, two thirds decide.
	#[codec(index = 1)]
	Escalation {
		/// The round that disagreed.
		contested: RoundId,
		/// Key of its trace digests.
		contested_key: Hash32,
	},
}

/// Where an open subject stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Standing {
	/// Committees drawn again after silence.
	pub redraws: u8,
	/// Where it stands.
	pub stage: Stage,
}

/// What an open subject waits for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage {
	/// Its committee is drawn at the end of the next block.
	#[codec(index = 0)]
	Waiting,
	/// A committee votes in this round.
	#[codec(index = 1)]
	Voting(RoundId),
	/// The window of its agreement runs.
	#[codec(index = 2)]
	Agreed,
	/// Everybody votes in this round, once it is drawn.
	#[codec(index = 3)]
	Escalated(Option<RoundId>),
}

/// A round of attestation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Round<T: Config> {
	/// What it is about.
	pub subject: T::Subject,
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
	/// Auditors that are expected beside the members.
	pub audits: u32,
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
	/// Members that signalled that they cannot get the bytes of the run.
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
pub enum Deadline<Subject> {
	/// The commit window of a round ends.
	#[codec(index = 0)]
	Commits(RoundId),
	/// The reveal window of a round ends.
	#[codec(index = 1)]
	Reveals(RoundId),
	/// The window of a subject's agreement ends.
	#[codec(index = 2)]
	Window(Subject),
}

/// A draw that waits for the randomness of the next block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PendingDraw<Subject> {
	/// What the round will be about.
	pub subject: Subject,
	/// Which round it will be.
	pub kind: RoundKind,
}
