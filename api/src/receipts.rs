//! Types of `receipts_*`.

use primitive_types::H256;
use serde::{Deserialize, Serialize};

/// A node's means to build receipts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
	/// True if this node builds them.
	pub builds: bool,
	/// The reason, if it does not.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
	/// Last finalized block whose requests have receipts here.
	pub indexed: u32,
}

/// The decision of all validators on a final result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
	/// True if the result is false.
	pub overturned: bool,
	/// Block in which that was decided.
	pub block: u32,
	/// Hash of the result that they have decided on; null for a failure, and where they have confirmed the result.
	pub result: Option<H256>,
	/// The reason for which the run fails, if they have decided that.
	pub failed: Option<String>,
}
