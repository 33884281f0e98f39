//! Traits of the pallets whose records the rounds decide.

use crate::{Decision, Product};
use alloc::vec::Vec;
use assay_primitives::{ContentId, EngineId, JobInput, ModelId, Power, RoundId, Verdict, Vote, Window};
use frame_support::weights::Weight;

/// The run of a subject's rounds, and the rules by which they decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
	/// The engine that gives the run its meaning.
	pub engine: EngineId,
	/// The model.
	pub model: ModelId,
	/// Length of the model in bytes.
	pub model_size: u64,
	/// Id of the input; none where the engine makes it from the model's declared inputs.
	pub input: Option<ContentId>,
	/// True if nodes fetch the input from each other.
	pub fetched: bool,
	/// Compute budget, load included.
	pub unit_limit: u64,
	/// Most members of a committee.
	pub members: u32,
	/// Auditors that are expected beside them.
	pub audits: u32,
	/// Blocks by which each window is longer.
	pub growth: u32,
	/// Blocks in which a committee may seal, where the model's bytes are yet to arrive. Its other windows do not grow then.
	pub patience: Option<u32>,
	/// Committees that are drawn again after silence.
	pub redraws: u8,
	/// Blocks in which a committee's agreement may be disputed; 0 for none.
	pub window: u32,
	/// True if the window lasts until validators with more than a third of the voting power have made blocks in it.
	pub assured: bool,
	/// Plancks for a run at the unit limit by one validator.
	pub run_price: u128,
}

impl Terms {
	/// The window in which a committee's agreement may be disputed.
	pub fn disputed(&self) -> Window {
		if self.assured {
			Window::Assured
		} else {
			Window::Blocks(self.window)
		}
	}

	/// Members of a committee's round of so many validators: all of them where there are no more than members and auditors together.
	pub fn electorate(&self, validators: u32) -> u32 {
		if validators <= self.members.saturating_add(self.audits) {
			validators
		} else {
			self.members
		}
	}
}

/// The end of the rounds on a subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conclusion<AccountId> {
	/// Enough equal votes.
	Agreed {
		/// The decision, with the number of its votes.
		decision: Decision,
		/// The vote.
		vote: Vote,
		/// Members who cast it.
		voters: Vec<AccountId>,
		/// Auditors who cast it.
		auditors: Vec<AccountId>,
		/// Input and output of the run, if the verdict is one.
		product: Option<Product>,
	},
	/// Too few votes in every committee.
	Silent {
		/// True if more than a third of the members of the last round signalled that they cannot get the input.
		without_input: bool,
	},
	/// All were asked, and no two thirds agree.
	Unresolved,
}

/// Records that rounds decide. Each subject is opened with [`crate::Pallet::open`], or opened again with [`crate::Pallet::reopen`], and
/// ends with one call of `concluded`.
pub trait Subjects<Subject, AccountId> {
	/// The run of an open subject's rounds. `None` if there is no such subject.
	fn terms(subject: &Subject) -> Option<Terms>;
	/// The input of its run, for the off-chain worker.
	fn input(subject: &Subject) -> Option<JobInput>;
	/// A round on an open subject has ended. `lacking` are its voters who signalled that they cannot get the model.
	fn round_ended(subject: &Subject, agreed: bool, lacking: Vec<AccountId>);
	/// True if the decision on a subject that has ended is another than this verdict, of a vote in this round; false if
	/// the decision is not known. A round after the one that decided belongs to a dispute of the final result, and is
	/// about what that dispute decided.
	fn contradicts(subject: &Subject, round: RoundId, verdict: &Verdict) -> bool;
	/// The subject is not open any more. Returns what that weighed.
	fn concluded(subject: Subject, conclusion: Conclusion<AccountId>) -> Weight;
	/// The most that `concluded` weighs in the block that ends a round of so many voters.
	fn most_weight(voters: u32) -> Weight;
}

/// The change from one engine to the next, which validators take part in with their attestations.
pub trait EngineVotes<AccountId> {
	/// The engine that is to follow.
	fn proposed() -> Option<EngineId>;
	/// True if a validator has said that it holds the proposed engine.
	fn is_held_by(validator: &AccountId) -> bool;
	/// A validator says for the first time that it holds the proposed engine.
	fn held(validator: &AccountId);
	/// A session begins with these validators, of this voting power each.
	fn new_session(validators: &[(AccountId, Power)]);
}
