//! Errors of commands: those of the library, and those of the engine.

use assay_client::{Cause, Error as ClientError, Kind};
use assay_engine::{Abstain, EngineError, InspectError, SelfTestError};
use serde_json::{json, Value};
use std::path::Path;

/// Errors of commands.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// An error of the library.
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
	/// An error of a space of memories.
	#[error(transparent)]
	Memory(#[from] assay_memory::Error),
}

impl Error {
	/// Trouble with a file.
	pub fn file(path: &Path, source: impl Into<Cause>) -> Self {
		ClientError::file(path, source).into()
	}

	/// The arguments do not fit.
	pub fn usage(text: impl Into<String>) -> Self {
		ClientError::Usage(text.into()).into()
	}

	/// The kind of the error.
	pub fn kind(&self) -> Kind {
		match self {
			Error::Client(error) => error.kind(),
			Error::Abstain(_) | Error::Engine(_) => Kind::Machine,
			Error::SelfTest(_) => Kind::OtherBits,
			Error::Memory(error) => match error {
				assay_memory::Error::NotVerified(_) => Kind::NotVerified,
				assay_memory::Error::Damaged(_) | assay_memory::Error::Storage { .. } => Kind::Machine,
				_ => Kind::Usage,
			},
		}
	}

	/// For programs.
	pub fn to_json(&self) -> Value {
		let reason = match self {
			Error::Client(error) => error.reason().map(|reason| format!("{reason:?}")),
			Error::Memory(error) => Some(error.kind().into()),
			Error::Abstain(_) | Error::Engine(_) | Error::SelfTest(_) => None,
		};
		json!({
			"error": self.to_string(),
			"reason": reason,
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn errors_of_a_memory_have_the_exit_codes_that_it_gives_them() {
		let errors = [
			assay_memory::Error::Usage(String::new()),
			assay_memory::Error::NotFound(String::new()),
			assay_memory::Error::Forbidden(String::new()),
			assay_memory::Error::Unauthorized(String::new()),
			assay_memory::Error::NotSupported(String::new()),
			assay_memory::Error::NotVerified(String::new()),
			assay_memory::Error::Damaged(String::new()),
			assay_memory::Error::storage("a file", "is gone"),
		];
		for error in errors {
			let code = error.exit_code();
			assert_eq!(Error::from(error).kind().code(), code);
		}
	}
}
