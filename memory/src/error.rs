//! Errors, each with the next step.

use std::fmt::Display;

/// Everything that this crate refuses or fails at.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The given value cannot be used.
	#[error("{0}")]
	Usage(String),
	/// There is nothing of this name or id, or it is not for whoever asks.
	#[error("{0}")]
	NotFound(String),
	/// Whoever asks may not do this.
	#[error("{0}")]
	Forbidden(String),
	/// No key, or none that is known.
	#[error("{0}")]
	Unauthorized(String),
	/// This version does not do what is asked for.
	#[error("{0}")]
	NotSupported(String),
	/// The given data is not what its owner committed, or not what the query gives.
	#[error("not verified: {0}")]
	NotVerified(String),
	/// Something sealed does not open, or is not what its name says.
	#[error("{0}")]
	Damaged(String),
	/// A file or the database.
	#[error("{what}: {source}")]
	Storage {
		/// The file or the step.
		what: String,
		/// The system's error.
		source: Box<dyn std::error::Error + Send + Sync>,
	},
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
	/// An error of the file system or the database.
	pub fn storage(what: impl Display, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
		Error::Storage { what: what.to_string(), source: source.into() }
	}

	/// The status that HTTP gives it.
	pub fn status(&self) -> u16 {
		match self {
			Error::Usage(_) | Error::NotVerified(_) => 400,
			Error::Unauthorized(_) => 401,
			Error::Forbidden(_) => 403,
			Error::NotFound(_) => 404,
			Error::NotSupported(_) => 501,
			Error::Damaged(_) | Error::Storage { .. } => 500,
		}
	}

	/// The exit code of the command line, by the table in `docs/client.md`.
	pub fn exit_code(&self) -> u8 {
		match self {
			Error::Usage(_)
			| Error::NotFound(_)
			| Error::Forbidden(_)
			| Error::Unauthorized(_)
			| Error::NotSupported(_) => 1,
			Error::Damaged(_) | Error::Storage { .. } => 4,
			Error::NotVerified(_) => 8,
		}
	}

	/// One word for programs.
	pub fn kind(&self) -> &'static str {
		match self {
			Error::Usage(_) => "Usage",
			Error::NotFound(_) => "NotFound",
			Error::Forbidden(_) => "Forbidden",
			Error::Unauthorized(_) => "Unauthorized",
			Error::NotSupported(_) => "NotSupported",
			Error::NotVerified(_) => "NotVerified",
			Error::Damaged(_) => "Damaged",
			Error::Storage { .. } => "Storage",
		}
	}
}

#[cfg(feature = "store")]
impl From<rusqlite::Error> for Error {
	fn from(error: rusqlite::Error) -> Self {
		Error::storage("the space's database", error)
	}
}
