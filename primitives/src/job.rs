//! The jobs that the off-chain worker gives to the engine, and their results.

use crate::{
	blob::ContentId,
	hash::Hash32,
	verdict::{EngineId, FailReason, Output},
};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};

/// Name of one attester's duty in one round: `H("assay/duty", genesis, round, seed, terms, attester)`.
pub type DutyId = Hash32;

/// The input of a run.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum JobInput {
	/// An encoded [`crate::TensorBundle`].
	#[codec(index = 0)]
	Inline(Vec<u8>),
	/// An encoded [`crate::TensorBundle`] in the blob store.
	#[codec(index = 1)]
	Blob {
		/// Its id.
		id: ContentId,
		/// Its length in bytes.
		size: u64,
	},
	/// The input that the engine makes from the model's declared inputs.
	#[codec(index = 2)]
	Generated,
}

/// One run to do.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Job {
	/// The duty it is done for. A duty that has a result is not run again.
	pub duty: DutyId,
	/// The engine that gives the run its meaning.
	pub engine: EngineId,
	/// The model.
	pub model: ContentId,
	/// Length of the model in bytes.
	pub model_size: u64,
	/// The input.
	pub input: JobInput,
	/// Compute budget, load included.
	pub unit_limit: u64,
	/// Keys of the trace digests, one digest for each: the round's own, then the contested round's if there is one.
	pub trace_keys: Vec<Hash32>,
	/// True if the job is to run in a process that has run nothing yet, so that it shares no trouble with another run.
	pub afresh: bool,
}

/// A run that ended with a verdict.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Run {
	/// The outputs, or the reason for which every honest engine has none. An output that is too large to travel with a reveal is
	/// in the blob store before the run is handed out.
	pub outcome: Result<Output, FailReason>,
	/// Units of loading the model.
	pub load_units: u64,
	/// Units of load and run together.
	pub units: u64,
	/// A digest under each of the job's keys, in their order.
	pub trace_digests: Vec<Hash32>,
	/// Id of the input that was run.
	pub input: ContentId,
}

/// Why there is no verdict. Never voted: it is this machine's trouble, not the model's.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Abstention {
	/// This node cannot run the engine that the network names.
	#[codec(index = 0)]
	EngineUnavailable,
	/// The model's bytes are not here.
	#[codec(index = 1)]
	ModelUnavailable,
	/// The input's bytes are not here.
	#[codec(index = 2)]
	InputUnavailable,
	/// The machine could not finish the run; the text is for the log.
	#[codec(index = 3)]
	Local(String),
}

/// A duty that the engine is done with.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Finished {
	/// The duty.
	pub duty: DutyId,
	/// The run, or why there is none.
	pub result: Result<Run, Abstention>,
}

/// State of the node's engine.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, scale_info::TypeInfo)]
pub struct EngineStatus {
	/// The engines that this node runs: those whose self-test gave the expected bits. Without one, the node does not attest.
	pub engines: Vec<EngineId>,
	/// Runs that wait.
	pub queued: u32,
	/// Runs under way.
	pub running: u32,
	/// Results that the node runs again, of a thousand that others have agreed on.
	pub replays: u32,
}
