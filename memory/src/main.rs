//! `assay-memory`: the command line of [`assay_memory::command`] as a program of its own, until it is `assay memory`.

use clap::Parser;
use std::process::ExitCode;

/// Memory of agents: what was recalled is proven, what was deleted is gone, and the user holds the keys.
#[derive(Parser)]
#[command(name = "assay-memory", version)]
struct Program {
	#[command(flatten)]
	memory: assay_memory::command::Memory,
}

fn main() -> ExitCode {
	assay_memory::command::run(Program::parse().memory)
}
