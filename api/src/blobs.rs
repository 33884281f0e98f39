//! Types of `blob_*`.

use primitive_types::H256;
use serde::{Deserialize, Serialize};

/// The state of a blob in a node's store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum Status {
	/// All of it.
	Held {
		/// Bytes.
		size: u64,
	},
	/// Some chunks.
	Partial {
		/// Bytes of the whole.
		size: u64,
		/// Indices of the chunks that are still to come.
		missing: Vec<u32>,
	},
	/// Nothing.
	Unknown,
}

/// The blobs that a node holds, and those that it should hold and lacks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
	/// Blobs that are here as a whole.
	pub held: u32,
	/// Blobs of which some chunks are here.
	pub partial: u32,
	/// Bytes that both take, or will.
	pub bytes: u64,
	/// Most bytes.
	pub budget: u64,
	/// The address where blobs are uploaded and read over HTTP.
	pub http: Option<String>,
	/// Blobs that are here, in the order of the ids; at most 1,000.
	pub blobs: Vec<Line>,
	/// Blobs that should be here and are not, the urgent first; at most 1,000.
	pub wanted: Vec<Wanted>,
}

/// A blob that is here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
	/// Its id.
	pub id: H256,
	/// Bytes.
	pub size: u64,
	/// Chunks that are missing.
	pub missing: u32,
	/// The block at which the chain was first seen not to need it; it goes some time after.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub unneeded_since: Option<u32>,
}

/// A blob that should be here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
	/// Its id.
	pub id: H256,
	/// The state of the fetch: whether chunks are asked for now.
	pub state: Fetch,
	/// True if a duty waits for it.
	pub urgent: bool,
	/// Peers that have some or all of it.
	pub holders: u32,
}

/// The state of a blob's fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fetch {
	/// Chunks are asked for.
	Fetching,
	/// No chunk is asked for now.
	Missing,
}
