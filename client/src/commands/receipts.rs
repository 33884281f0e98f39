//! `assay receipt` and `assay verify`.

use super::{
	infer::{claim_json, decision_rows, Least},
	screen::Screen,
	session::{hex0x, Network, Session},
	text::{pairs, status},
};
use crate::run::Report;
use assay::{tensors, verify_receipt, Error, Proven};
use assay_primitives::{RequestId, Verdict};
use assay_receipts::{Checkpoint, Verified};
use clap::Args;
use codec::Encode;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `assay receipt`.
#[derive(Args)]
pub struct ReceiptArguments {
	/// Number of a final request
	request: RequestId,
	/// Where the receipt goes [default: receipt-REQUEST]
	#[arg(long, short, value_name = "FILE")]
	output: Option<PathBuf>,
	#[command(flatten)]
	least: Least,
}

/// Arguments of `assay verify`.
#[derive(Args)]
pub struct Verify {
	/// File with a receipt
	receipt: PathBuf,
	/// Tensors that have to be the output of the request
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Tensors that have to be its input
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
	/// Number of the chain's best block, as you know it: it says how old the checkpoint is [default: what the clock allows since this
	/// machine knows the chain]
	#[arg(long, value_name = "BLOCK")]
	now: Option<u32>,
	/// Write the receipt's head to a file, as a checkpoint for later
	#[arg(long, value_name = "FILE")]
	next: Option<PathBuf>,
	#[command(flatten)]
	least: Least,
}

/// Has the node build a receipt, verifies it, and keeps it. It starts from the genesis block, so that everybody can verify it, or from
/// the file with a checkpoint that is given.
pub async fn receipt(command: &ReceiptArguments, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let session = Session::open(network, screen).await?;
	let checkpoint = match &session.trust.checkpoint {
		Some(block) if session.trust.exact => Checkpoint::Block(block.clone()),
		_ => Checkpoint::Genesis(session.client.genesis()),
	};
	let Proven { bytes, verified, .. } = session.client.receipt(command.request, &checkpoint).await?;
	command.least.check(&verified.claim)?;
	let path = command.output.clone().unwrap_or_else(|| PathBuf::from(format!("receipt-{}", command.request)));
	std::fs::write(&path, &bytes).map_err(|error| Error::file(&path, error))?;
	let mut report = report(&verified, bytes.len());
	report.text.push_str(&format!("\n{:<11}{}", "file", path.display()));
	// The receipt cannot say what was decided after it: the node does, as long as the result is in the state.
	let overturned = session.client.result(command.request).await?.and_then(|result| result.overturned());
	if let Some(overturned) = &overturned {
		report.text.push_str(&format!("\n{:<11}{overturned}", "false"));
	}
	report.json["overturned"] = overturned.into();
	report.json["file"] = json!(path);
	Ok(report)
}

/// Verifies a receipt, without any node.
pub fn verify(command: &Verify, network: &Network) -> Result<Report, Error> {
	let bytes = std::fs::read(&command.receipt).map_err(|error| Error::file(&command.receipt, error))?;
	let profile = network.profile()?;
	let trust = network.trust(&profile)?;
	let genesis = trust.genesis.ok_or_else(|| {
		Error::Usage(
			"nothing is trusted here yet, so nothing can be verified: give the hash of the chain's genesis block with --genesis".into(),
		)
	})?;
	let age = trust.age(command.now.unwrap_or(0));
	let from_genesis = verify_receipt(&bytes, &Checkpoint::Genesis(genesis), age);
	let proven = match (&trust.checkpoint, from_genesis) {
		(Some(block), _) if trust.exact => verify_receipt(&bytes, &Checkpoint::Block(block.clone()), age)?,
		// A receipt for whoever knows the block that was proven here last.
		(Some(block), Err(error)) => {
			verify_receipt(&bytes, &Checkpoint::Block(block.clone()), age).map_err(|_| error)?
		}
		(_, result) => result?,
	};
	let verified = &proven.verified;
	command.least.check(&verified.claim)?;
	let is = |path: &Path, what: &str, holds: &dyn Fn(&[u8]) -> bool| {
		let tensors = tensors::read(path, None)?.to_bytes().map_err(|error| Error::file(path, error))?;
		if holds(&tensors) {
			return Ok(());
		}
		Err(Error::Unverified(format!("{} is not the {what} of request {}", path.display(), verified.claim.request)))
	};
	if let Some(path) = &command.output {
		is(path, "output", &|bytes| verified.is_output(bytes))?;
	}
	if let Some(path) = &command.input {
		is(path, "input", &|bytes| verified.is_input(bytes))?;
	}
	if let Some(path) = &command.next {
		let next = Checkpoint::Block(verified.next.clone()).encode();
		std::fs::write(path, next).map_err(|error| Error::file(path, error))?;
	}
	Ok(report(verified, bytes.len()))
}

fn report(verified: &Verified, bytes: usize) -> Report {
	let claim = &verified.claim;
	let decision = &claim.decision;
	let result = match decision.verdict {
		Verdict::Output { result_hash, .. } => ("result", hex0x(result_hash)),
		Verdict::Failed { reason, .. } => ("failed", format!("{reason:?}")),
	};
	let block = |block: assay_receipts::BlockRef| format!("{} {}", block.number, hex0x(block.hash));
	let mut rows = vec![
		("request", claim.request.to_string()),
		("model", hex0x(claim.model)),
		("engine", hex0x(claim.engine.0)),
		("input", hex0x(claim.input)),
	];
	rows.extend(claim.output.map(|output| ("output", hex0x(output))));
	rows.push(result);
	rows.extend(decision_rows(decision));
	rows.extend([
		("block", block(verified.block)),
		("head", block(verified.head)),
		("checkpoint", block(verified.checkpoint)),
		("genesis", hex0x(verified.genesis)),
		("receipt", format!("{bytes} bytes, {}", status("verified"))),
	]);
	let mut json = claim_json(claim);
	let place = |block: assay_receipts::BlockRef| json!({ "number": block.number, "hash": hex0x(block.hash) });
	json["block"] = place(verified.block);
	json["head"] = place(verified.head);
	json["checkpoint"] = place(verified.checkpoint);
	json["genesis"] = hex0x(verified.genesis).into();
	json["bytes"] = bytes.into();
	json["verified"] = true.into();
	Report { text: pairs(&rows), json }
}
