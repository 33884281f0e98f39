//! Verifies a receipt from a file: `verify FILE CHECKPOINT [NOW [NEXT]]`.
//!
//! - `CHECKPOINT`: the hash of the chain's genesis block, or a file with an encoded checkpoint.
//! - `NOW`: number of the chain's best block, from a source that you trust, or `any` to take a checkpoint of any age, as without it.
//! - `NEXT`: a file to write the receipt's head to, as a checkpoint for later.
//!
//! Prints what the receipt proves, or why it is refused, with exit code 1.

use assay_receipts::{all_asked, verify, Age, Checkpoint, Decision, Terms, Verdict, Verified};
use codec::{DecodeAll, Encode};
use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
	match run(&arguments) {
		Ok(verified) => {
			print(&verified);
			ExitCode::SUCCESS
		}
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}

fn run(arguments: &[&str]) -> Result<Verified, String> {
	let (file, trusted, now, next) = match *arguments {
		[file, trusted] => (file, trusted, "any", None),
		[file, trusted, now] => (file, trusted, now, None),
		[file, trusted, now, next] => (file, trusted, now, Some(next)),
		_ => return Err("verify FILE CHECKPOINT [NOW [NEXT]]".into()),
	};
	let checkpoint = checkpoint(trusted)?;
	let age = match now {
		"any" => Age::Any,
		number => Age::Bonded { now: number.parse().map_err(|_| format!("{number} is not a block number"))? },
	};
	let verified = verify(&read(file)?, &checkpoint, age).map_err(|error| error.to_string())?;
	if let Some(next) = next {
		let checkpoint = Checkpoint::Block(verified.next.clone()).encode();
		fs::write(next, checkpoint).map_err(|error| format!("{next}: {error}"))?;
	}
	Ok(verified)
}

fn read(file: &str) -> Result<Vec<u8>, String> {
	fs::read(file).map_err(|error| format!("{file}: {error}"))
}

fn checkpoint(text: &str) -> Result<Checkpoint, String> {
	match text.strip_prefix("0x") {
		Some(digits) => {
			let hash = hex::decode(digits).ok().and_then(|bytes| bytes.try_into().ok());
			hash.map(Checkpoint::Genesis).ok_or_else(|| format!("{text} is not the hash of a block"))
		}
		None => Checkpoint::decode_all(&mut &*read(text)?).map_err(|_| format!("{text} holds no checkpoint")),
	}
}

fn print(verified: &Verified) {
	let claim = &verified.claim;
	let decision = &claim.decision;
	let line = |name: &str, value: String| println!("{name:<12}{value}");
	let hash = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
	line("request", claim.request.to_string());
	line("model", hash(&claim.model.0));
	line("engine", hash(&claim.engine.0));
	line("input", hash(&claim.input.0));
	match decision.verdict {
		Verdict::Output { result_hash, .. } => line("result", hash(&result_hash)),
		Verdict::Failed { reason, .. } => line("failed", format!("{reason:?}")),
	}
	if let Some(output) = claim.output {
		line("output", hash(&output.0));
	}
	let Decision { votes, k, q, v, power, total, .. } = decision;
	match decision.escalated {
		true => line("votes", format!("{votes} of {v} validators, {power} of {total} of the voting power")),
		false => line("votes", format!("{votes} of {k}, {q} decide, {v} validators")),
	}
	match all_asked(decision) {
		true => line("terms", "all validators were asked".into()),
		false => line("terms", format!("{}; {} auditors voted", Terms::of(decision), decision.auditors)),
	}
	for (name, block) in [("block", verified.block), ("head", verified.head), ("checkpoint", verified.checkpoint)] {
		line(name, format!("{} {}", block.number, hash(&block.hash)));
	}
}
