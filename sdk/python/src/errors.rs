//! Errors, as the classes of the package: one for each kind of the library's table.

use assay_client::{Error, Kind};
use assay_engine::{Abstain, EngineError, InspectError, SelfTestError};
use pyo3::prelude::*;

/// An error, apart from any thread and any interpreter.
#[derive(Clone, Debug)]
pub struct Failure {
	kind: Kind,
	text: String,
	reason: Option<String>,
	/// The request that was made before it went wrong.
	request: Option<u64>,
}

impl Failure {
	/// A failure of a kind.
	pub fn new(kind: Kind, text: impl Into<String>) -> Self {
		Failure { kind, text: text.into(), reason: None, request: None }
	}

	/// The arguments do not fit.
	pub fn usage(text: impl Into<String>) -> Self {
		Failure::new(Kind::Usage, text)
	}

	/// The same, of a request that was made, if one was.
	pub fn of(self, request: Option<u64>) -> Self {
		Failure { request: self.request.or(request), ..self }
	}
}

impl From<Error> for Failure {
	fn from(error: Error) -> Self {
		let reason = error.reason().map(|reason| format!("{reason:?}"));
		Failure { kind: error.kind(), text: error.to_string(), reason, request: error.request() }
	}
}

impl From<Abstain> for Failure {
	fn from(abstain: Abstain) -> Self {
		Failure::new(Kind::Machine, format!("this machine could not do it: {abstain}"))
	}
}

impl From<EngineError> for Failure {
	fn from(error: EngineError) -> Self {
		Failure::new(Kind::Machine, error.to_string())
	}
}

impl From<SelfTestError> for Failure {
	fn from(error: SelfTestError) -> Self {
		Failure::new(Kind::OtherBits, error.to_string())
	}
}

impl From<InspectError> for Failure {
	fn from(error: InspectError) -> Self {
		match error {
			InspectError::Failed { reason, text } => Error::Failed(reason, text).into(),
			InspectError::Abstain(abstain) => abstain.into(),
			InspectError::Shapes { .. } => Failure::usage(error.to_string()),
		}
	}
}

impl From<Failure> for PyErr {
	fn from(failure: Failure) -> Self {
		Python::attach(|py| {
			let Failure { kind, text, reason, request } = failure;
			let made = py
				.import("assay._errors")
				.and_then(|module| module.getattr("of_kind")?.call1((kind.name(), text, request, reason)));
			made.map_or_else(|error| error, PyErr::from_value)
		})
	}
}
