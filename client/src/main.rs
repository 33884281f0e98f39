//! The command line of Assay.
//!
//! Exit codes: 0, done; 1, a file or a model could not be used as asked; 2, the command line is wrong; 3, the run ended with a
//! verdict that every honest engine reaches, but without an output; 4, this machine could not do it, and another may; 5, this
//! machine computes other bits than the network and must not attest.

mod run;
mod tensors;

use assay_engine::{Abstain, EngineError, InspectError, SelfTestError};
use assay_primitives::FailReason;
use clap::{Parser, Subcommand};
use std::{fmt::Display, path::Path, process::ExitCode};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A file.
	#[error("{0}")]
	File(String),
	/// What was asked does not fit the model.
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
}

impl Error {
	/// Trouble with a file.
	pub fn file(path: &Path, error: impl Display) -> Self {
		Error::File(format!("{}: {error}", path.display()))
	}

	fn code(&self) -> u8 {
		match self {
			Error::File(_) | Error::Usage(_) => 1,
			Error::Failed(..) => 3,
			Error::Abstain(_) | Error::Engine(_) => 4,
			Error::SelfTest(_) => 5,
		}
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

/// Run ONNX models bit-exactly, as the Assay network does.
#[derive(Parser)]
#[command(version, about, after_help = EXIT_CODES)]
struct Arguments {
	/// Print one JSON object instead of text
	#[arg(long, global = true)]
	json: bool,
	#[command(flatten)]
	engine: run::EngineArguments,
	#[command(subcommand)]
	command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  a file or a model could not be used as asked
  2  the command line is wrong
  3  the run ended without an output, as it does on every honest machine
  4  this machine could not do it; another may
  5  this machine computes other bits than the network and must not attest";

#[derive(Subcommand)]
enum Command {
	/// Run a model on an input
	Run(run::Run),
	/// Say what a model is and what it costs
	Inspect(run::Inspect),
	/// Compare this machine's bits with the network's
	Selftest,
	/// Run models for the process that started this one
	#[command(name = run::WORKER, hide = true)]
	EngineWorker,
}

fn main() -> ExitCode {
	let arguments = Arguments::parse();
	let done = match &arguments.command {
		Command::Run(command) => run::run(command, &arguments.engine),
		Command::Inspect(command) => run::inspect(command, &arguments.engine),
		Command::Selftest => run::self_test(&arguments.engine),
		Command::EngineWorker => assay_engine::worker_main(),
	};
	match done {
		Ok(report) => {
			report.print(arguments.json);
			ExitCode::SUCCESS
		}
		Err(error) => {
			if arguments.json {
				let reason = match &error {
					Error::Failed(reason, _) => Some(format!("{reason:?}")),
					_ => None,
				};
				println!("{}", serde_json::json!({ "error": error.to_string(), "reason": reason }));
			} else {
				eprintln!("assay: {error}");
			}
			ExitCode::from(error.code())
		}
	}
}
