//! What went wrong: what the library says of it, and the engine.

use assay_client::{Cause, Error as ClientError, Kind};
use assay_engine::{Abstain, EngineError, InspectError, SelfTestError};
use serde_json::{json, Value};
use std::path::Path;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// What the library says.
	#[error(transparent)]
	Client(#[from] ClientError),
	/// This machine's trouble.
	#[error("this machine could not do it: {0}")]
	Abstain(#[from] Abstain),
	/// There is no engine.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// This machine's bits are not the network's.
	#[error(transparent)]
	SelfTest(#[from] SelfTestError),
}

impl Error {
	/// Trouble with a file.
	pub fn file(path: &Path, source: impl Into<Cause>) -> Self {
		ClientError::file(path, source).into()
	}

	/// What was asked does not fit.
	pub fn usage(text: impl Into<String>) -> Self {
		ClientError::Usage(text.into()).into()
	}

	/// What kind of error it is.
	pub fn kind(&self) -> Kind {
		match self {
			Error::Client(error) => error.kind(),
			Error::Abstain(_) | Error::Engine(_) => Kind::Machine,
			Error::SelfTest(_) => Kind::OtherBits,
		}
	}

	/// For programs.
	pub fn to_json(&self) -> Value {
		let reason = match self {
			Error::Client(error) => error.reason(),
			Error::Abstain(_) | Error::Engine(_) | Error::SelfTest(_) => None,
		};
		json!({
			"error": self.to_string(),
			"reason": reason.map(|reason| format!("{reason:?}")),
			"code": self.kind().code(),
			"kind": self.kind().name(),
		})
	}
}

impl From<InspectError> for Error {
	fn from(error: InspectError) -> Self {
		match error {
			InspectError::Failed { reason, text } => ClientError::Failed(reason, text).into(),
			InspectError::Abstain(abstain) => abstain.into(),
			InspectError::Shapes { .. } => Error::usage(error.to_string()),
		}
	}
}
