//! Types of `requests_*`.

use primitive_types::H256;
use serde::{Deserialize, Serialize};

/// The history of a request, in finalized blocks. It is the node's word: a receipt proves the result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
	/// The request.
	pub request: u64,
	/// Address of the account that asked.
	pub requester: String,
	/// The model.
	pub model: H256,
	/// Id of the input bundle.
	pub input: H256,
	/// Block of the request.
	pub requested_at: u32,
	/// Block in which it ended.
	pub ended_at: Option<u32>,
	/// The outcome of the request.
	pub outcome: Option<Outcome>,
	/// The verdict that became final.
	pub verdict: Option<Verdict>,
	/// Block in which all validators decided that the final result is false.
	pub overturned_at: Option<u32>,
	/// Its rounds, in their order.
	pub rounds: Vec<Round>,
	/// Challenges of its results, in their order.
	pub disputes: Vec<Dispute>,
}

/// The outcome of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
	/// A verdict is final.
	Final,
	/// Too few validators answered.
	Expired,
	/// The validators disagree, and no two thirds found the same.
	Unresolved,
}

/// A verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
	/// The run has an output with this hash.
	Result(H256),
	/// It has none, for this reason.
	Failed(String),
}

/// A round of votes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
	/// Its number.
	pub round: u64,
	/// The electorate of the round.
	pub kind: Kind,
	/// Number of members that were drawn.
	pub members: u32,
	/// Block in which they were drawn.
	pub drawn_at: u32,
	/// Its end.
	pub ended: Option<Ended>,
	/// Validators that took a step in it, in the order of their first one.
	pub votes: Vec<Vote>,
}

/// The electorate of a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
	/// Members that were drawn, and auditors.
	Committee,
	/// Every validator.
	Everybody,
}

/// End of a round.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
	/// The block.
	pub block: u32,
	/// The way in which the round ended.
	pub how: How,
	/// Equal votes, where they agreed.
	pub votes: Option<u32>,
}

/// The way in which a round ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
	/// Enough votes are equal.
	Agreed,
	/// It brought no decision, and another one was drawn.
	Redrawn,
	/// Votes differ: every validator votes.
	Escalated,
	/// The request ended without a verdict.
	Undecided,
}

/// A validator's part in a round.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
	/// Address of its account.
	pub validator: String,
	/// Its part: a member, or an auditor.
	pub part: Part,
	/// Block that took its sealed vote.
	pub sealed_at: Option<u32>,
	/// Block that took what opens it.
	pub revealed_at: Option<u32>,
	/// True if one of these came after its time, and does not count.
	pub late: bool,
	/// Its verdict.
	pub verdict: Option<Verdict>,
	/// Bytes that it could not get.
	pub signalled: Option<String>,
}

/// The part of a validator in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
	/// The chain drew it.
	Member,
	/// It drew itself, which it has proved.
	Auditor,
}

/// A challenge of a result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dispute {
	/// Address of the validator.
	pub validator: String,
	/// Block of the challenge.
	pub block: u32,
	/// True if the validator says its own verdict, false if it has put plancks on hold.
	pub objection: bool,
	/// True if the result was overturned, once that is decided.
	pub upheld: Option<bool>,
}

/// Requests that are listed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
	/// Those for this model.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub model: Option<H256>,
	/// Those of the account with this address.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub requester: Option<String>,
}

/// A page of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
	/// Numbers of requests, the newest first.
	pub requests: Vec<u64>,
	/// The argument `before` of the next page, unless this is the last one.
	pub before: Option<u64>,
}
