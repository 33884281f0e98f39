//! What went wrong, and what to do.

use assay_engine::{Abstain, EngineError, InspectError, SelfTestError};
use assay_primitives::FailReason;
use std::{fmt::Display, path::Path};
use subxt::error::{ConstantError, RuntimeApiError, StorageError, StorageValueError};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A file.
	#[error("{0}")]
	File(String),
	/// What was asked does not fit the model, the account or the chain.
	#[error("{0}")]
	Usage(String),
	/// Deterministic: every honest engine finds the same.
	#[error("{1} ({0:?})")]
	Failed(FailReason, String),
	/// This machine's trouble.
	#[error("this machine could not do it: {0}")]
	Abstain(#[from] Abstain),
	/// There is no engine.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// This machine's bits are not the network's.
	#[error(transparent)]
	SelfTest(#[from] SelfTestError),
	/// No node answers, or it answers with an error.
	#[error("{0}")]
	Network(String),
	/// The chain does not take a transaction.
	#[error("{0}")]
	Refused(String),
	/// What was given is not what the chain of the trusted checkpoint made final.
	#[error("not verified: {0}")]
	Unverified(String),
	/// The chain's calls or records are not those that this version was written for.
	#[error("this chain is not one that this version of assay knows: {0}; use the version that goes with the chain")]
	UnknownChain(String),
	/// The network did not decide.
	#[error("{0}")]
	NoAnswer(String),
	/// The user has stopped it.
	#[error("interrupted{0}")]
	Interrupted(String),
}

/// Why a run has no output, on every honest machine.
pub fn explain(reason: FailReason) -> &'static str {
	match reason {
		FailReason::InputMismatch => "the input's names, types or shapes are not the model's: see `assay inspect`",
		FailReason::ComputeLimit => "the run costs more units than --units allows",
		FailReason::MemoryLimit => "the run takes more memory than the engine has",
		FailReason::ModelTrap => "an operator of the model failed on this input",
		FailReason::ModelInvalid => {
			"this model does not load for inputs of these shapes: try others with `assay inspect`"
		}
	}
}

impl Error {
	/// Trouble with a file.
	pub fn file(path: &Path, error: impl Display) -> Self {
		Error::File(format!("{}: {error}", path.display()))
	}

	pub(crate) fn network(error: impl Display) -> Self {
		Error::Network(format!("the node did not answer: {error}"))
	}

	pub(crate) fn unknown_chain(error: impl Display) -> Self {
		Error::UnknownChain(error.to_string())
	}
}

impl From<InspectError> for Error {
	fn from(error: InspectError) -> Self {
		match error {
			InspectError::Failed { reason, text } => Error::Failed(reason, text),
			InspectError::Abstain(abstain) => Error::Abstain(abstain),
			InspectError::Shapes { .. } => Error::Usage(error.to_string()),
		}
	}
}

impl From<assay_receipts::Error> for Error {
	fn from(error: assay_receipts::Error) -> Self {
		Error::Unverified(error.to_string())
	}
}

impl From<assay_receipts::SpecError> for Error {
	fn from(error: assay_receipts::SpecError) -> Self {
		match error {
			assay_receipts::SpecError::Unusable(text) => Error::Usage(text),
			assay_receipts::SpecError::TooOld(text) => {
				Error::Unverified(format!("{text}, or accept its age with --accept-old-checkpoint"))
			}
		}
	}
}

impl From<assay_receipts::AnswerError> for Error {
	fn from(error: assay_receipts::AnswerError) -> Self {
		Error::Unverified(error.to_string())
	}
}

impl From<StorageError> for Error {
	fn from(error: StorageError) -> Self {
		match error {
			StorageError::CannotFetchValue(error)
			| StorageError::CannotIterateValues(error)
			| StorageError::StreamFailure(error) => Error::network(error),
			other => Error::unknown_chain(other),
		}
	}
}

impl From<StorageValueError> for Error {
	fn from(error: StorageValueError) -> Self {
		Error::unknown_chain(error)
	}
}

impl From<ConstantError> for Error {
	fn from(error: ConstantError) -> Self {
		Error::unknown_chain(error)
	}
}

impl From<RuntimeApiError> for Error {
	fn from(error: RuntimeApiError) -> Self {
		match error {
			RuntimeApiError::CannotCallApi(error) => Error::network(error),
			other => Error::unknown_chain(other),
		}
	}
}
