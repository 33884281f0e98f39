//! Records of the pallet.

use crate::{AccountIdOf, BalanceOf, Config};
pub use assay_primitives::Decision;
use assay_primitives::{
	audit::AuditProof,
	infr::{AuthorityId, AuthoritySignature},
	seal::SealInput,
	ContentId, EngineId, Hash32, Output, Power, RoundId, Verdict, Vote,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::*, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use frame_system::pallet_prelude::BlockNumberFor;
use scale_info::TypeInfo;
use sp_runtime::traits::ConstU32;

/// The agreement of a round, until its window is over or it is disputed.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Agreement<T: Config> {
	/// The decision, with the number of its votes.
	pub decision: Decision,
	/// The last block that took members' seals.
	pub sealed_at: BlockNumberFor<T>,
	/// Block of the agreement.
	pub agreed_at: BlockNumberFor<T>,
	/// Block in which it is final.
	pub final_at: BlockNumberFor<T>,
	/// Key of the round's trace digests.
	pub key: Hash32,
	/// The round's seed.
	pub seed: Hash32,
	/// Hash of what the round ran.
	pub terms: Hash32,
	/// Session whose validators the round was drawn from.
	pub session: u32,
	/// Voting power of those of them that were not members.
	pub outside: Power,
	/// Members whose seals did not reach the round.
	pub kept_out: BoundedVec<AccountIdOf<T>, T::MaxValidators>,
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
	/// The validator that raised the dispute.
	pub validator: AccountIdOf<T>,
	/// Plancks on hold.
	pub hold: BalanceOf<T>,
	/// The verdict that it challenges.
	pub verdict: Verdict,
}

/// The members of a round, and the votes that decide it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum RoundKind {
	/// As many members as the subject's terms say are drawn, by voting power; then each has one vote. Enough equal ones decide, if no vote
	/// differs and no member's is shut.
	#[codec(index = 0)]
	Committee,
	/// Every validator votes, two thirds of the voting power decide.
	#[codec(index = 1)]
	Everybody {
		/// The round whose votes this one judges, after a contradiction or a dispute.
		contested: Option<ContestedRound>,
		/// True if the round repeats one that did not decide.
		repeated: bool,
	},
}

/// A round whose votes all validators judge.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ContestedRound {
	/// The round.
	pub round: RoundId,
	/// Key of its trace digests.
	pub key: Hash32,
}

impl RoundKind {
	/// True if every validator is a member.
	pub fn is_everybody(&self) -> bool {
		matches!(self, RoundKind::Everybody { .. })
	}

	/// The round whose votes this one judges.
	pub fn contested(&self) -> Option<ContestedRound> {
		match self {
			RoundKind::Everybody { contested, .. } => *contested,
			RoundKind::Committee => None,
		}
	}
}

/// The part of a round that is open, by the messages that it takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Phase {
	/// Members' seals.
	#[codec(index = 0)]
	Sealing,
	/// Auditors' seals.
	#[codec(index = 1)]
	Auditing,
	/// Opened votes; auditors' seals still in the block in which it begins.
	#[codec(index = 2)]
	Revealing,
}

/// A vote that all validators judge.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ContestedVote<AccountId> {
	/// The validator that cast the vote.
	pub voter: AccountId,
	/// The vote.
	pub vote: Vote,
	/// The part in which the validator cast it.
	pub part: Part,
}

/// The part in which a validator has cast a contested vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Part {
	/// A member of the contested round.
	#[codec(index = 0)]
	Member,
	/// An auditor that has sealed its vote in the contested round.
	#[codec(index = 1)]
	Auditor,
	/// A validator without a vote in the contested round, which objects to what was agreed.
	#[codec(index = 2)]
	Objector,
}

/// Objections in one attestation, and disputes: each has all validators run a model.
pub const MAX_OBJECTIONS: u32 = 8;

/// Members whose seals were left shut and who are not drawn again for a subject: those of two committees.
pub const MAX_EXCLUDED: u32 = 42;

/// The state of an open subject.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Standing<AccountId> {
	/// Committees drawn again.
	pub redraws: u8,
	/// Members of earlier committees that left their seals shut.
	pub excluded: BoundedVec<AccountId, ConstU32<MAX_EXCLUDED>>,
	/// The event that the subject waits for.
	pub stage: Stage,
}

/// A round that has ended, for [`Config::LateWindow`] blocks. Seals that were shut at its end may still be opened, seals that a fork has
/// lost may still be handed in, and whoever has sealed two votes is still found.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct EndedRound<T: Config> {
	/// The subject of the round.
	pub subject: T::Subject,
	/// Session whose validators it was drawn from.
	pub session: u32,
	/// Its seed.
	pub seed: Hash32,
	/// Hash of what it ran and of what its votes judged.
	pub terms: Hash32,
	/// Block in which it ended.
	pub ended_at: BlockNumberFor<T>,
	/// Auditors that were expected beside its members.
	pub audits: u32,
	/// Voting power of the validators that were not its members.
	pub outside: Power,
	/// True if fewer members than the threshold had opened equal votes: a validator that looks at others' votes needs
	/// all of its own seals to stay shut.
	pub together: bool,
	/// True if more than half of all could not get the input that the round's votes are about.
	pub withheld: bool,
	/// The vote that a committee agreed on, which all may have to judge when it is final. None of a round that decided nothing, and of one
	/// in which all were asked.
	pub agreed: Option<Vote>,
	/// Members, and auditors that have sealed or signalled.
	pub seals: BoundedVec<EndedSeal<AccountIdOf<T>>, T::MaxValidators>,
}

/// The seal of a validator in a round that has ended.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct EndedSeal<AccountId> {
	/// The validator that made the seal.
	pub validator: AccountId,
	/// True if the seal is an auditor's.
	pub auditor: bool,
	/// The sealed vote.
	pub commit: Option<Hash32>,
	/// True if the seal came after its time.
	pub late: bool,
	/// The state of the vote: shut, open or judged.
	pub opening: Opening,
	/// True if a second, different seal of this validator was seen.
	pub twice: bool,
	/// True if the validator is an auditor that has signalled.
	pub signalled: bool,
}

impl<AccountId> EndedSeal<AccountId> {
	/// The sealed vote, if it is to be opened.
	pub fn shut(&self) -> Option<Hash32> {
		self.commit.filter(|_| self.opening == Opening::Shut)
	}
}

/// The state of a seal's vote in a round that has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Opening {
	/// It is to be opened.
	#[codec(index = 0)]
	Shut,
	/// With this verdict, which has yet to be judged.
	#[codec(index = 1)]
	Open(Verdict),
	/// There is nothing to judge: the vote was judged with its round, or the round ended before votes were to be opened.
	#[codec(index = 2)]
	Done,
}

/// Sessions in which a validator has stopped rounds without need.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ShutCount<AccountId, N> {
	/// The validator.
	pub validator: AccountId,
	/// Block of the first time.
	pub since: N,
	/// The last session that was counted.
	pub session: u32,
	/// Sessions.
	pub sessions: u32,
}

/// The author of the last blocks.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AuthorRun<AccountId, N> {
	/// The author of the current block.
	pub author: Option<AccountId>,
	/// The first block since which no other has made one.
	pub since: N,
	/// The first block of the author before.
	pub before: N,
}

/// The event that an open subject waits for.
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
	/// The subject of the round.
	pub subject: T::Subject,
	/// The members, and the votes that decide.
	pub kind: RoundKind,
	/// Randomness of its draw and of its trace key.
	pub seed: Hash32,
	/// Hash of what it runs and of what its votes judge: with the seed, what its seals are signed over.
	pub terms: Hash32,
	/// Session whose validators it was drawn from.
	pub session: u32,
	/// Validators of that session.
	pub v: u32,
	/// Their voting power.
	pub total: Power,
	/// That of those that are not members.
	pub outside: Power,
	/// Members.
	pub members: u32,
	/// The sum that equal votes must reach to decide: heads in a committee, voting power in a round of all.
	pub threshold: Power,
	/// Auditors that are expected beside the members.
	pub audits: u32,
	/// The commit window stays open at least to the end of this block.
	pub commit_min: BlockNumberFor<T>,
	/// Last block that takes members' seals. Brought forward when every member has sealed its vote.
	pub commit_end: BlockNumberFor<T>,
	/// Last block that takes auditors' seals; the one above where there are no auditors. Put off as long as its last two blocks are by
	/// one author.
	pub audit_end: BlockNumberFor<T>,
	/// Last block that takes reveals.
	pub reveal_end: BlockNumberFor<T>,
	/// Members that committed.
	pub commits: u32,
	/// The sum of the counts of their votes.
	pub committed: Power,
	/// Auditors that committed.
	pub auditors: u32,
	/// Members and auditors that revealed.
	pub reveals: u32,
	/// Members that signalled that they cannot get the bytes of the run.
	pub signals: u32,
	/// Auditors that signalled it.
	pub audit_signals: u32,
	/// Auditors that have no part in it, for their seals came after their time.
	pub late_auditors: u32,
	/// Blocks by which each of its windows is longer.
	pub growth: u32,
	/// The phase that is open.
	pub phase: Phase,
	/// Block whose agenda ends the window that is open.
	pub deadline_at: BlockNumberFor<T>,
}

impl<T: Config> Round<T> {
	/// Sealed votes.
	pub fn sealed(&self) -> u32 {
		self.commits.saturating_add(self.auditors)
	}

	/// Members, and auditors that there are so far, with those that could only signal, and those whose seals came late.
	pub fn voters(&self) -> u32 {
		let auditors = self.auditors.saturating_add(self.audit_signals).saturating_add(self.late_auditors);
		self.members.saturating_add(auditors)
	}

	/// The message that validators sign for their sealed votes of this round.
	pub fn seal_input(&self, genesis: Hash32, id: RoundId) -> SealInput {
		SealInput { genesis, round: id, seed: self.seed, terms: self.terms }
	}

	/// True if an auditor could not get the bytes of the run, so that the members may be the only ones who have them.
	/// Auditors that have sealed say nothing against that: they may be the members' friends.
	pub fn lacks_auditors(&self) -> bool {
		self.audit_signals > 0
	}
}

/// The input and outputs of a revealed verdict, kept until its round ends.
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
	/// The count of the vote: 1 in a committee, its validator's voting power in a round of all.
	pub counts: Power,
	/// The sealed vote.
	pub commit: Option<Hash32>,
	/// The vote.
	pub vote: Option<Vote>,
	/// The bytes that the validator could not get, if it has signalled.
	pub signal: Option<SignalKind>,
	/// True if the validator drew itself: its vote can contradict and does not decide.
	pub auditor: bool,
	/// A vote that was sealed after its time. It has no part in the round, and is to be opened after it.
	pub late: Option<Hash32>,
	/// True if a second, different seal of this validator was seen.
	pub twice: bool,
}

impl Ballot {
	/// The ballot of a validator that has said nothing yet.
	pub fn new(key: AuthorityId, counts: Power, auditor: bool) -> Self {
		Ballot { key, counts, commit: None, vote: None, signal: None, auditor, late: None, twice: false }
	}

	/// True if the vote is sealed and not opened.
	pub fn is_shut(&self) -> bool {
		self.commit.is_some() && self.vote.is_none()
	}
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

/// A sealed vote in one round. It carries its own signature and names no block, so that anybody can hand it in on every fork that has
/// the round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Seal<AccountId> {
	/// The round.
	pub round: RoundId,
	/// The validator.
	pub validator: AccountId,
	/// [`assay_primitives::hash::commitment`].
	pub commitment: Hash32,
	/// The VRF proof that makes a validator that was not drawn an auditor.
	pub proof: Option<AuditProof>,
	/// Over [`SealInput::payload`], with the key that was the validator's when the round was drawn.
	pub signature: AuthoritySignature,
}

/// The seals of a runtime.
pub type SealOf<T> = Seal<AccountIdOf<T>>;

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
	/// Voters of the round at most, [`Round::voters`]: it is weighed as the end of a round of so many. 0 for a round that has ended.
	pub voters: u32,
}

/// A signal in one round.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Signal {
	/// The round.
	pub round: RoundId,
	/// The bytes that are missing.
	pub kind: SignalKind,
	/// The VRF proof that makes a validator that was not drawn an auditor.
	pub proof: Option<AuditProof>,
}

/// The vote of a validator that has none in the round of an agreement, and finds otherwise: a member that was kept out,
/// or an auditor.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Objection<Subject> {
	/// The subject of the agreement.
	pub subject: Subject,
	/// Its own vote, with the trace under that round's key. All validators judge it, as they do the votes that agreed.
	pub vote: Vote,
	/// The VRF proof that makes a validator that was not drawn an auditor.
	pub proof: Option<AuditProof>,
}

/// Everything that one validator has to say in one block beside its seals, signed once.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Attestation<AccountId, BlockNumber, Subject> {
	/// The validator.
	pub validator: AccountId,
	/// Session that the rounds were drawn in: it says which key signs.
	pub session: u32,
	/// Block that the validator's node was at. The signature is over its hash, too.
	pub block: BlockNumber,
	/// Opened votes.
	pub reveals: BoundedVec<Reveal, ConstU32<64>>,
	/// Signals.
	pub signals: BoundedVec<Signal, ConstU32<64>>,
	/// Objections.
	pub objections: BoundedVec<Objection<Subject>, ConstU32<MAX_OBJECTIONS>>,
	/// Agreements that it disputes, each with plancks of its account on hold: as [`crate::Pallet::dispute`].
	pub disputes: BoundedVec<Subject, ConstU32<MAX_OBJECTIONS>>,
	/// The proposed engine, if the node holds it and it passes its vectors.
	pub engine: Option<EngineId>,
}

impl<A, N, S> Attestation<A, N, S> {
	/// All that it says.
	pub fn items(&self) -> u32 {
		let against = (self.objections.len() as u32).saturating_add(self.disputes.len() as u32);
		let others = (self.signals.len() as u32).saturating_add(against);
		(self.reveals.len() as u32).saturating_add(others).saturating_add(self.engine.is_some() as u32)
	}

	/// Items with a proof, which takes time to check.
	pub fn proofs(&self) -> u32 {
		let signals = self.signals.iter().map(|signal| signal.proof.is_some());
		let objections = self.objections.iter().map(|objection| objection.proof.is_some());
		signals.chain(objections).filter(|proves| *proves).count() as u32
	}
}

/// The attestations of a runtime.
pub type AttestationOf<T> = Attestation<AccountIdOf<T>, BlockNumberFor<T>, <T as Config>::Subject>;

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
	/// Auditors of a round have had their time.
	#[codec(index = 3)]
	Audits(RoundId),
}

/// A draw that waits for the randomness of the next block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PendingDraw<Subject> {
	/// The subject of the round.
	pub subject: Subject,
	/// The kind of the round: a committee, or all validators.
	pub kind: RoundKind,
}
