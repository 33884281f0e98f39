//! Types of `engine_*`.

use primitive_types::H256;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// State of a node's engines and of its queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
	/// The engine that the node was built with.
	#[serde(flatten)]
	pub own: Engine,
	/// The other engines that the chain has nodes hold, as far as they are here.
	pub others: Vec<Engine>,
	/// Runs that wait.
	pub queued: u32,
	/// Those of them that wait for bytes.
	pub waiting_for_blobs: u32,
	/// Runs under way.
	pub running: u32,
}

/// An engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Engine {
	/// Its id.
	pub engine: H256,
	/// The state of the engine: whether it runs models.
	pub state: Readiness,
	/// The reason for which it is unavailable.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub reason: Option<String>,
}

/// The state of an engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Readiness {
	/// It is compiled, or tests itself.
	Starting,
	/// It does.
	Ready,
	/// It cannot.
	Unavailable,
}

/// The needs of a run of a model: its inputs and its compute units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
	/// Inputs as the model declares them.
	pub inputs: Vec<Port>,
	/// Outputs at `shapes`.
	pub outputs: Vec<Port>,
	/// Number of nodes of each ONNX operator.
	pub operators: BTreeMap<String, u32>,
	/// Shapes of the inputs that the rest holds for.
	pub shapes: Vec<Vec<u64>>,
	/// Compute units of loading the model.
	pub load_units: u64,
	/// Least `unit_limit` that covers load and run. Missing if that depends on the values of the input.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub unit_limit: Option<u64>,
	/// Bytes of memory that the loaded model takes.
	pub memory_bytes: u64,
}

/// An input or an output.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
	/// Name.
	pub name: String,
	/// Data type, as NumPy names it.
	pub data_type: String,
	/// Dimensions. Missing if not even their number is declared.
	#[serde(skip_serializing_if = "Option::is_none")]
	pub shape: Option<Vec<Dim>>,
}

/// A dimension.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dim {
	/// A number.
	Fixed(u64),
	/// The name of a symbol.
	Symbol(String),
	/// Nothing is declared.
	Unknown,
}
