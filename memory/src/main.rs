//! `assay-memory`: `assay memory` without the rest of `assay`, for the tests of this crate.

use assay_memory::command::{execute, Answer, Memory};
use clap::Parser;
use serde_json::json;
use std::{io::Write, process::ExitCode};

/// Memory of agents: what was recalled is proven, what was deleted is gone, and the user holds the keys.
#[derive(Parser)]
#[command(name = "assay-memory", version)]
struct Program {
	/// Print one JSON object instead of text.
	#[arg(long, global = true)]
	json: bool,
	#[command(flatten)]
	memory: Memory,
}

fn main() -> ExitCode {
	let Program { json: as_json, memory } = Program::parse();
	match execute(memory) {
		Ok(Answer { value, text }) => {
			let text = if as_json { value.to_string() } else { text };
			match writeln!(std::io::stdout(), "{}", text.trim_end()) {
				Ok(()) => ExitCode::SUCCESS,
				Err(_) => ExitCode::FAILURE,
			}
		}
		Err(error) => {
			let code = error.exit_code();
			if as_json {
				println!("{}", json!({ "error": error.to_string(), "reason": error.kind(), "code": code }));
			} else {
				eprintln!("assay: {error}");
			}
			ExitCode::from(code)
		}
	}
}
