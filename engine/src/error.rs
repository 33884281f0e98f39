//! Errors, by whose fault they are.

use assay_primitives::FailReason;
use codec::{Decode, Encode};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The guest is not one that the host can vouch for.
	#[error("the engine's guest cannot be used: {0}")]
	Guest(String),
	/// wasmtime does not take it.
	#[error("the engine's guest does not compile: {0}")]
	Compile(String),
	/// No worker can be started.
	#[error("the engine's worker cannot be started: {0}")]
	Worker(String),
	/// Kernels cannot be tested.
	#[error("the engine's kernels cannot be tested: {0}")]
	Kernels(Abstain),
	/// The watchdog's thread cannot be started.
	#[error("the engine's watchdog cannot be started: {0}")]
	Watchdog(std::io::Error),
}

impl EngineError {
	pub(crate) fn compile(error: wasmtime::Error) -> Self {
		EngineError::Compile(format!("{error:#}"))
	}
}

/// Why there is no verdict. Local trouble, which another machine may not have: it is never voted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Encode, Decode)]
pub enum Abstain {
	/// The run takes far longer than its units allow for.
	#[error("the run was stopped by the watchdog: it takes far longer here than its units allow for")]
	Watchdog,
	/// The native stack overflowed.
	#[error("the run overflowed this machine's stack")]
	StackOverflow,
	/// The run does not fit into this machine's memory budget. It may fit into the canonical maximum, so it is no verdict.
	#[error("the run does not fit into the engine's memory budget on this machine; raise it")]
	Memory,
	/// The run took far longer for its units than they stand for: the cost table is wrong about this model.
	#[error("the run took {nanoseconds} ns for {units} units, far more than they stand for: please report this model")]
	Calibration {
		/// Processor time of the run.
		nanoseconds: u64,
		/// Units charged for it.
		units: u64,
	},
	/// The worker died, got stuck, or could not be started.
	#[error("the engine's worker failed: {0}")]
	Worker(String),
	/// Anything else of the host.
	#[error("the engine's host failed: {0}")]
	Host(String),
	/// Somebody has cancelled the run.
	#[error("the run was cancelled")]
	Cancelled,
}

/// Why a model cannot be inspected.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Encode, Decode)]
pub enum InspectError {
	/// The engine cannot run this model, or not at these shapes; the text says which node and operator.
	#[error("{text}")]
	Failed {
		/// The reason that a run would fail with.
		reason: FailReason,
		/// For people.
		text: String,
	},
	/// The number of shapes is not the number of inputs.
	#[error("the model has {expected} inputs, and {given} shapes were given")]
	Shapes {
		/// Inputs of the model.
		expected: u32,
		/// Shapes given.
		given: u32,
	},
	/// This machine's trouble.
	#[error(transparent)]
	Abstain(#[from] Abstain),
}

/// Why this machine must not attest.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SelfTestError {
	/// The bits are not the canonical ones.
	#[error("golden vector `{vector}`: {what} is {found}, not {expected}; this machine must not attest")]
	Differs {
		/// Name of the vector.
		vector: String,
		/// Output, trace or units.
		what: &'static str,
		/// Canonical BLAKE3, in hex, or units.
		expected: String,
		/// The value that was found.
		found: String,
	},
	/// The vector did not run to an output.
	#[error("golden vector `{vector}` has no output: {why}")]
	Failed {
		/// Name of the vector.
		vector: String,
		/// Verdict or abstention.
		why: String,
	},
}
