//! Errors, each with the next step.
//!
//! Every error is of a [`Kind`], and the kinds are one table: the exit codes of the command line and the exceptions of other languages
//! come from it. The text of an error has its causes in it; [`std::error::Error::source`] gives them as they are, for programs.

use assay_primitives::{FailReason, RequestId};
use std::path::{Path, PathBuf};
use subxt::error::{ConstantError, RuntimeApiError, StorageError, StorageValueError};

/// The cause of an error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Errors of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
	/// A file cannot be read, written or understood.
	#[error("{}: {source}", path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// The cause.
		source: Cause,
	},
	/// The request does not fit the model, the account or the chain.
	#[error("{0}")]
	Usage(String),
	/// Deterministic: every honest engine finds the same.
	#[error("{1} ({0:?})")]
	Failed(FailReason, String),
	/// This machine lacks something that the work takes.
	#[error("this machine could not do it: {0}")]
	Machine(#[source] Cause),
	/// No node answers, or the network does not come to what it should.
	#[error("{0}")]
	Network(String),
	/// The connection failed.
	#[error("{what}: {source}{advice}")]
	Connection {
		/// The failure, in words.
		what: String,
		/// The cause.
		source: Cause,
		/// The next step for the user, or nothing.
		advice: &'static str,
	},
	/// A node has answered a call with an error.
	#[error("{message}")]
	Node {
		/// Its code.
		code: i32,
		/// Its text.
		message: String,
	},
	/// The chain does not take a transaction.
	#[error("{0}")]
	Refused(String),
	/// The given data is not what the chain of the trusted checkpoint made final.
	#[error("not verified: {0}")]
	Unverified(String),
	/// A receipt, or a statement of the state, does not hold.
	#[error("not verified: {0}")]
	Receipt(#[from] assay_receipts::Error),
	/// The chain's calls or records are not those that this version was written for.
	#[error("this chain is not one that this version of assay knows: {0}; use the version that goes with the chain")]
	UnknownChain(#[source] Cause),
	/// The network did not decide.
	#[error("{0}")]
	NoAnswer(String),
	/// The time that was given is over.
	#[error("not done within the {0} s that were given")]
	Timeout(u64),
	/// Went wrong after a transaction was handed over: it may be in a block, or get into one.
	#[error("{source}; the transaction was handed over and may still be included: `assay requests ls` and `assay models ls` say")]
	Submitted {
		/// The error itself.
		source: Box<Error>,
	},
	/// Went wrong after a request was made.
	#[error("{}", of_request(*request, source))]
	Requested {
		/// The request.
		request: RequestId,
		/// The error itself.
		source: Box<Error>,
	},
	/// The user has stopped it.
	#[error("interrupted{0}")]
	Interrupted(String),
}

/// The kinds of errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Kind {
	/// A file, a model, an account or a request could not be used as asked.
	Usage,
	/// The run ended without an output, as it does on every honest machine.
	Failed,
	/// This machine could not do it.
	Machine,
	/// This machine computes other bits than the network.
	OtherBits,
	/// No node answers.
	Network,
	/// The chain does not take it.
	Refused,
	/// It is not what the chain made final.
	NotVerified,
	/// The chain is another one than this version was written for.
	UnknownChain,
	/// The network did not decide.
	NoAnswer,
	/// The time that was given is over.
	Timeout,
	/// The user has stopped it.
	Interrupted,
}

impl Kind {
	/// The table: each kind with its name, its exit code and what it means.
	pub const ALL: [(Kind, &'static str, u8, &'static str); 11] = [
		(Kind::Usage, "usage", 1, "a file, a model, an account or a request could not be used as asked"),
		(Kind::Failed, "failed", 3, "the run ended without an output, as it does on every honest machine"),
		(Kind::Machine, "machine", 4, "this machine could not do it; another may"),
		(Kind::OtherBits, "other-bits", 5, "this machine computes other bits than the network and must not attest"),
		(Kind::Network, "network", 6, "no node answers, or it answers with an error"),
		(Kind::Refused, "refused", 7, "the chain does not take it, or the account cannot pay for it"),
		(Kind::NotVerified, "not-verified", 8, "NOT VERIFIED: what was given is not what the chain made final"),
		(Kind::UnknownChain, "unknown-chain", 9, "the chain is not one that this version knows"),
		(Kind::NoAnswer, "no-answer", 10, "the network did not decide: the request expired, or the model was rejected"),
		(Kind::Timeout, "timeout", 11, "the time that was given is over; a request that was made goes on"),
		(Kind::Interrupted, "interrupted", 130, "interrupted"),
	];

	fn row(self) -> (&'static str, u8) {
		let row = Kind::ALL.iter().find(|(kind, ..)| *kind == self);
		row.map_or(("usage", 1), |(_, name, code, _)| (*name, *code))
	}

	/// Its name, which stays.
	pub fn name(self) -> &'static str {
		self.row().0
	}

	/// The exit code of a program that ends with it.
	pub fn code(self) -> u8 {
		self.row().1
	}
}

/// The error of a request that was made, with the way to its answer if there may be one.
fn of_request(request: RequestId, error: &Error) -> String {
	let how = format!("`assay requests show {request} --output FILE` gets its answer");
	match error.kind() {
		Kind::Failed | Kind::NoAnswer => format!("request {request}: {error}"),
		Kind::NotVerified => format!("{error}; request {request} is paid for: with another node, {how}"),
		_ => format!("{error}; request {request} goes on without this: {how}"),
	}
}

/// The meaning of the reason for which a run has no output, on every honest machine.
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
	pub fn file(path: &Path, source: impl Into<Cause>) -> Self {
		Error::File { path: path.into(), source: source.into() }
	}

	/// The kind of the error.
	pub fn kind(&self) -> Kind {
		match self {
			Error::File { .. } | Error::Usage(_) => Kind::Usage,
			Error::Failed(..) => Kind::Failed,
			Error::Machine(_) => Kind::Machine,
			Error::Network(_) | Error::Connection { .. } | Error::Node { .. } => Kind::Network,
			Error::Refused(_) => Kind::Refused,
			Error::Unverified(_) | Error::Receipt(_) => Kind::NotVerified,
			Error::UnknownChain(_) => Kind::UnknownChain,
			Error::NoAnswer(_) => Kind::NoAnswer,
			Error::Timeout(_) => Kind::Timeout,
			Error::Submitted { source } | Error::Requested { source, .. } => source.kind(),
			Error::Interrupted(_) => Kind::Interrupted,
		}
	}

	/// The exit code of a program that ends with it.
	pub fn code(&self) -> u8 {
		self.kind().code()
	}

	/// The reason for which the run has no output, if that is the error.
	pub fn reason(&self) -> Option<FailReason> {
		match self {
			Error::Failed(reason, _) => Some(*reason),
			Error::Requested { source, .. } => source.reason(),
			_ => None,
		}
	}

	/// The request that was made before this went wrong, if one was: it is paid for, and [`Client::resume`](crate::Client::resume) gets its
	/// answer.
	pub fn request(&self) -> Option<RequestId> {
		match self {
			Error::Requested { request, .. } => Some(*request),
			_ => None,
		}
	}

	/// The same, said of a request.
	pub(crate) fn of(self, request: RequestId) -> Self {
		Error::Requested { request, source: Box::new(self) }
	}

	/// The same, after a transaction was handed over.
	pub(crate) fn after_submission(self) -> Self {
		Error::Submitted { source: Box::new(self) }
	}

	pub(crate) fn network(source: impl Into<Cause>) -> Self {
		Error::Connection { what: "the node did not answer".into(), source: source.into(), advice: "" }
	}

	pub(crate) fn unknown_chain(source: impl Into<Cause>) -> Self {
		Error::UnknownChain(source.into())
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_kind_has_a_name_and_a_code_of_its_own() {
		for (index, (kind, name, code, _)) in Kind::ALL.iter().enumerate() {
			assert_eq!((kind.name(), kind.code()), (*name, *code));
			let others = Kind::ALL.iter().skip(index + 1);
			assert!(others.clone().all(|other| other.1 != *name && other.2 != *code), "{name}");
		}
		let error = Error::file(Path::new("x"), std::io::Error::from(std::io::ErrorKind::NotFound));
		assert_eq!((error.code(), error.kind().name()), (1, "usage"));
		assert!(std::error::Error::source(&error).is_some_and(|cause| cause.is::<std::io::Error>()));
	}
}
