//! Steps of requests, as the runtime tells them of a block: with them a node keeps what the state forgets when a request ends.

use assay_primitives::{ContentId, ModelId, RequestId, RoundId, Verdict};
use codec::{Decode, Encode};
use pallet_rounds::SignalKind;
use scale_info::TypeInfo;

/// A step of a request, or of a round whose request an earlier step named. Rounds about models have steps too, all but their draw.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Step<AccountId> {
	/// The request was made.
	#[codec(index = 0)]
	Requested {
		/// The request.
		request: RequestId,
		/// The account that asked.
		requester: AccountId,
		/// The model.
		model: ModelId,
		/// Id of the input bundle.
		input: ContentId,
	},
	/// A round was drawn.
	#[codec(index = 1)]
	Drawn {
		/// The request.
		request: RequestId,
		/// The round.
		round: RoundId,
		/// True if every validator votes.
		everybody: bool,
		/// Members drawn.
		members: u32,
	},
	/// A validator sealed its vote.
	#[codec(index = 2)]
	Sealed {
		/// The round.
		round: RoundId,
		/// The validator.
		validator: AccountId,
		/// True if the time for it was over.
		late: bool,
	},
	/// A validator proved that it drew itself as an auditor.
	#[codec(index = 3)]
	Admitted {
		/// The round.
		round: RoundId,
		/// The validator.
		validator: AccountId,
	},
	/// A validator opened its vote.
	#[codec(index = 4)]
	Revealed {
		/// The round.
		round: RoundId,
		/// The validator.
		validator: AccountId,
		/// True if the round was over.
		late: bool,
		/// Its verdict.
		verdict: Verdict,
	},
	/// A validator cannot get what it needs.
	#[codec(index = 5)]
	Signalled {
		/// The round.
		round: RoundId,
		/// The validator.
		validator: AccountId,
		/// The bytes that are missing.
		kind: SignalKind,
	},
	/// The last round brought no decision.
	#[codec(index = 6)]
	Redrawn {
		/// The request.
		request: RequestId,
	},
	/// Enough votes of the last round are equal.
	#[codec(index = 7)]
	Agreed {
		/// The request.
		request: RequestId,
		/// Equal votes.
		votes: u32,
	},
	/// Votes of the last round differ, or its result is challenged: every validator votes.
	#[codec(index = 8)]
	Escalated {
		/// The request.
		request: RequestId,
	},
	/// A validator challenges a result.
	#[codec(index = 9)]
	Disputed {
		/// The request.
		request: RequestId,
		/// The validator.
		validator: AccountId,
		/// Its verdict, where it says one in place of a hold.
		objection: Option<Verdict>,
	},
	/// A dispute was decided.
	#[codec(index = 10)]
	Settled {
		/// The request.
		request: RequestId,
		/// The validator that raised it.
		validator: AccountId,
		/// True if the result was overturned.
		upheld: bool,
	},
	/// The request ended.
	#[codec(index = 11)]
	Ended {
		/// The request.
		request: RequestId,
		/// Its end.
		outcome: Outcome,
	},
	/// All validators have decided that the final result is false.
	#[codec(index = 12)]
	Overturned {
		/// The request.
		request: RequestId,
	},
}

/// The end of a request.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Outcome {
	/// Its verdict is final.
	#[codec(index = 0)]
	Final(Verdict),
	/// Too few validators answered.
	#[codec(index = 1)]
	Expired,
	/// The validators disagree, and no two thirds found the same.
	#[codec(index = 2)]
	Unresolved,
}

sp_api::decl_runtime_apis! {
	/// The steps of requests in a block.
	pub trait HistoryApi<AccountId> where AccountId: codec::Codec {
		/// The steps of requests in the block whose state this is, in its order.
		fn steps() -> alloc::vec::Vec<Step<AccountId>>;
	}
}
