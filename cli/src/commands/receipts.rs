//! `assay receipt`, `assay state` and `assay verify`.

use super::{
	infer::{claim_json, decision_rows, Least},
	screen::Screen,
	session::{Network, Session},
	text::{pairs, status},
};
use crate::run::Report;
use assay_client::{hex0x, tensors, verify_receipt, Error, Proven, ProvenState, Trust};
use assay_primitives::{Hash32, RequestId, Verdict};
use assay_receipts::{all_asked, value_key, verify_state, BlockRef, Checkpoint, TrustedBlock, Verified, STATE_MAGIC};
use clap::Args;
use codec::Encode;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};

/// Arguments of `assay receipt`.
#[derive(Args)]
pub struct ReceiptArguments {
	/// Number of a final request
	request: RequestId,
	/// File for the receipt [default: receipt-REQUEST]
	#[arg(long, short, value_name = "FILE")]
	output: Option<PathBuf>,
	#[command(flatten)]
	least: Least,
}

/// Arguments of `assay state`.
#[derive(Args)]
pub struct StateArguments {
	/// Key of the state in hex, or PALLET.VALUE for what a pallet has one of, like `Timestamp.Now`
	#[arg(value_parser = key)]
	key: Key,
	/// Keep the statement, which proves the value to others
	#[arg(long, short, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Write the block that has the value to a file, as a checkpoint for later and for others
	#[arg(long, value_name = "FILE")]
	next: Option<PathBuf>,
}

/// A key of the state.
#[derive(Clone)]
struct Key(Vec<u8>);

fn key(text: &str) -> Result<Key, String> {
	match (text.strip_prefix("0x"), text.split_once('.')) {
		(Some(digits), _) => hex::decode(digits).map(Key).map_err(|error| format!("no key in hex: {error}")),
		(None, Some((pallet, name))) => Ok(Key(value_key(pallet, name))),
		(None, None) => Err("give a key in hex with 0x, or PALLET.VALUE".into()),
	}
}

/// Arguments of `assay verify`.
#[derive(Args)]
pub struct Verify {
	/// File with a receipt, or with a statement of `assay state`
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
	let trust = session.client.trust();
	let Proven { bytes, verified, .. } = match trust.checkpoint {
		Some(block) if trust.exact => session.client.receipt(command.request, &Checkpoint::Block(block)).await?,
		_ => session.client.receipt_for_others(command.request).await?,
	};
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

/// Reads a value of the state with the proof that a finalized block has it.
pub async fn state(command: &StateArguments, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let session = Session::open(network, screen).await?;
	let (bytes, proven) = session.client.state(&command.key.0).await?;
	if let Some(path) = &command.output {
		std::fs::write(path, &bytes).map_err(|error| Error::file(path, error))?;
	}
	if let Some(path) = &command.next {
		keep(&proven.next, path)?;
	}
	Ok(state_report(&proven, bytes.len()))
}

fn state_report(proven: &ProvenState, bytes: usize) -> Report {
	let value = proven.value.as_ref().map(hex0x);
	let rows = [
		("key", hex0x(&proven.key)),
		("value", value.clone().unwrap_or_else(|| "none".into())),
		("block", place(proven.block)),
		("checkpoint", place(proven.checkpoint)),
		("genesis", hex0x(proven.genesis)),
		("statement", format!("{bytes} bytes, {}", status("verified"))),
	];
	let json = json!({
		"key": hex0x(&proven.key),
		"value": value,
		"block": block_json(proven.block),
		"checkpoint": block_json(proven.checkpoint),
		"genesis": hex0x(proven.genesis),
		"bytes": bytes,
		"verified": true,
	});
	Report { text: pairs(&rows), json }
}

/// Writes a block as a checkpoint.
fn keep(block: &TrustedBlock, path: &Path) -> Result<(), Error> {
	std::fs::write(path, Checkpoint::Block(block.clone()).encode()).map_err(|error| Error::file(path, error))
}

/// Verifies a receipt, without any node.
pub fn verify(command: &Verify, network: &Network) -> Result<Report, Error> {
	let bytes = std::fs::read(&command.receipt).map_err(|error| Error::file(&command.receipt, error))?;
	let settings = network.settings();
	let trust = settings.trust(&settings.profile()?)?;
	let genesis = trust.genesis.ok_or_else(|| {
		Error::Usage(
			"nothing is trusted here yet, so nothing can be verified: give the hash of the chain's genesis block with --genesis".into(),
		)
	})?;
	let age = trust.age(command.now.unwrap_or(0));
	let assumed = Assumed::of(&trust, command.now);
	if bytes.starts_with(&STATE_MAGIC) {
		if command.output.is_some() || command.input.is_some() {
			return Err(Error::Usage("a statement of the state has no input and no output".into()));
		}
		let proven = from_trusted(&trust, genesis, |checkpoint| Ok(verify_state(&bytes, checkpoint, age)?))?;
		if let Some(path) = &command.next {
			keep(&proven.next, path)?;
		}
		let mut report = state_report(&proven, bytes.len());
		assumed.add_to(&mut report, proven.checkpoint, proven.block);
		return Ok(report);
	}
	let proven = from_trusted(&trust, genesis, |checkpoint| verify_receipt(&bytes, checkpoint, age))?;
	let verified = &proven.verified;
	command.least.check(&verified.claim)?;
	let is = |path: &Path, what: &str, holds: &dyn Fn(&[u8]) -> bool| {
		let tensors = tensors::read(path)?.to_bytes().map_err(|error| Error::file(path, error))?;
		if holds(&tensors) {
			return Ok(format!("{} is the {what}", path.display()));
		}
		Err(Error::Unverified(format!("{} is not the {what} of request {}", path.display(), verified.claim.request)))
	};
	let mut matched = Vec::new();
	if let Some(path) = &command.output {
		matched.push(is(path, "output", &|bytes| verified.is_output(bytes))?);
	}
	if let Some(path) = &command.input {
		matched.push(is(path, "input", &|bytes| verified.is_input(bytes))?);
	}
	if let Some(path) = &command.next {
		keep(&verified.next, path)?;
	}
	let mut report = report(verified, bytes.len());
	if !matched.is_empty() {
		report.text.push_str(&format!("\n{:<11}{}", "matches", matched.join(", ")));
	}
	report.json["matches"] = json!({ "output": command.output.is_some(), "input": command.input.is_some() });
	assumed.add_to(&mut report, verified.checkpoint, verified.head);
	let source = if network.names_genesis() { "which you name" } else { "which is pinned here" };
	report.text = format!("{}\n\n{}", sentence(verified, source), report.text);
	Ok(report)
}

/// The result that was proven, by how many votes, and the trust that it rests on.
fn sentence(verified: &Verified, source: &str) -> String {
	let decision = &verified.claim.decision;
	let of = if all_asked(decision) { decision.v } else { decision.k };
	let share = decision.power as f64 / decision.total.max(1) as f64 * 100.0;
	let what = match decision.verdict {
		Verdict::Output { .. } => "agree on its output",
		Verdict::Failed { .. } => "agree that it fails",
	};
	let from = match verified.checkpoint.number {
		0 => String::new(),
		number => format!(", and block {number} of it as a checkpoint"),
	};
	format!(
		"{} of {of} validators that were asked, with {share:.1} % of the voting power, ran the model on the input and {what}: final in block \
		 {}. This trusts the chain with genesis block {}, {source}{from}, and more than two thirds of its validators' voting power.",
		decision.votes,
		verified.block.number,
		hex0x(verified.genesis),
	)
}

/// The age that the starting block was taken to have.
struct Assumed {
	/// Number of the chain's best block; none if nothing says it.
	now: Option<u32>,
	by: &'static str,
}

impl Assumed {
	fn of(trust: &Trust, now: Option<u32>) -> Self {
		match now {
			_ if trust.any_age => Assumed { now: None, by: "accepted" },
			Some(now) if now >= trust.now => Assumed { now: Some(now), by: "given" },
			_ if trust.now > 0 => Assumed { now: Some(trust.now), by: "clock" },
			_ => Assumed { now: None, by: "unknown" },
		}
	}

	fn add_to(&self, report: &mut Report, checkpoint: BlockRef, head: BlockRef) {
		let blocks = self.now.map(|now| now.max(head.number).saturating_sub(checkpoint.number));
		let blocks_text = blocks.unwrap_or_default();
		let text = match self.by {
			"accepted" => "not checked, as you say: validators who have left could have signed another history".into(),
			"given" => format!("{blocks_text} blocks since the checkpoint, by --now"),
			"clock" => format!("at most {blocks_text} blocks since the checkpoint, by the clock since this machine knows the chain"),
			_ => "UNKNOWN: this machine has never seen the chain, and validators who have left could have signed another history; --now BLOCK \
			      says how far the chain is"
				.into(),
		};
		report.text.push_str(&format!("\n{:<11}{text}", "age"));
		report.json["age"] = json!({ "blocks": blocks, "by": self.by });
	}
}

/// Verifies from the genesis block, or else for whoever knows the block that was proven here last; from the checkpoint that was asked for
/// and from no other.
pub fn from_trusted<T>(
	trust: &Trust,
	genesis: Hash32,
	verify: impl Fn(&Checkpoint) -> Result<T, Error>,
) -> Result<T, Error> {
	let block = trust.checkpoint.as_ref().map(|block| Checkpoint::Block(block.clone()));
	match block {
		Some(block) if trust.exact => verify(&block),
		Some(block) => verify(&Checkpoint::Genesis(genesis)).or_else(|error| verify(&block).map_err(|_| error)),
		None => verify(&Checkpoint::Genesis(genesis)),
	}
}

/// The facts that a receipt proves.
pub fn report(verified: &Verified, bytes: usize) -> Report {
	let claim = &verified.claim;
	let decision = &claim.decision;
	let result = match decision.verdict {
		Verdict::Output { result_hash, .. } => ("result", hex0x(result_hash)),
		Verdict::Failed { reason, .. } => ("failed", format!("{reason:?}")),
	};
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
		("block", place(verified.block)),
		("head", place(verified.head)),
		("checkpoint", place(verified.checkpoint)),
		("genesis", hex0x(verified.genesis)),
		("receipt", format!("{bytes} bytes, {}", status("verified"))),
	]);
	let mut json = claim_json(claim);
	json["block"] = block_json(verified.block);
	json["head"] = block_json(verified.head);
	json["checkpoint"] = block_json(verified.checkpoint);
	json["genesis"] = hex0x(verified.genesis).into();
	json["bytes"] = bytes.into();
	json["verified"] = true.into();
	Report { text: pairs(&rows), json }
}

fn place(block: BlockRef) -> String {
	format!("{} {}", block.number, hex0x(block.hash))
}

fn block_json(block: BlockRef) -> Value {
	json!({ "number": block.number, "hash": hex0x(block.hash) })
}
