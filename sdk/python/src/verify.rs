//! Verifying without any node.

use crate::{
	answer::Claim,
	errors::Failure,
	tensors::{bundle, to_bytes, Given},
};
use assay_client::{check_terms, hex0x, verify_receipt, Error, Settings, Start, Terms, Trust};
use assay_primitives::Hash32;
use assay_receipts::Checkpoint;
use pyo3::prelude::*;
use std::path::PathBuf;

/// A hash of 32 bytes in hex.
pub fn genesis_hash(text: &str) -> Result<Hash32, Failure> {
	let mut bytes = [0; 32];
	hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
		.map_err(|_| Failure::usage(format!("`{text}` is no hash: a hash has 32 bytes in hex")))?;
	Ok(bytes)
}

/// The trusted blocks: the given genesis block, with the facts that are kept of that chain on this machine, or these
/// alone.
fn trust(
	genesis: Option<&str>,
	chain: Option<String>,
	checkpoint: Option<PathBuf>,
	accept_old_checkpoint: bool,
) -> Result<(Trust, Hash32), Failure> {
	let given = genesis.map(genesis_hash).transpose()?;
	let settings = Settings {
		chain,
		genesis: given,
		start: checkpoint.map(Start::File),
		any_age: accept_old_checkpoint,
		..Settings::default()
	};
	let profile = settings.profile()?;
	let trust = match profile.trust().genesis {
		// The chain that is kept here is another one, which says nothing of this one.
		Some(pinned) if given.is_some_and(|given| given != pinned) && settings.start.is_none() => {
			Trust { genesis: given, any_age: accept_old_checkpoint, ..Trust::default() }
		}
		_ => settings.trust(&profile)?,
	};
	let genesis = trust.genesis.ok_or_else(|| {
		Failure::usage("nothing is trusted here yet, so nothing can be verified: give the hash of the chain's genesis block as `genesis=`")
	})?;
	Ok((trust, genesis))
}

/// The age that the starting block of a receipt was taken to have: whoever has left with the bond since could have
/// signed another history.
fn assumed(trust: &Trust, now: Option<u32>, start: u32, head: u32) -> String {
	let since = |now: u32| now.max(head).saturating_sub(start);
	match now {
		_ if trust.any_age => "not checked, as you say: validators who have left could have signed another history".into(),
		Some(now) if now >= trust.now => format!("{} blocks since the block that it starts from, by `now=`", since(now)),
		_ if trust.now > 0 => format!(
			"at most {} blocks since the block that it starts from, by the clock since this machine knows the chain",
			since(trust.now)
		),
		_ => "unknown: this machine has never seen the chain, and validators who have left could have signed another history; `now=` says how \
		      far the chain is"
			.into(),
	}
}

/// Verifies a receipt from the genesis block, or else for whoever knows the block that was proven here last.
#[pyfunction]
#[pyo3(signature = (receipt, genesis, chain, checkpoint, now, accept_old_checkpoint, fast, input, output))]
pub fn verify(
	py: Python<'_>,
	receipt: &[u8],
	genesis: Option<&str>,
	chain: Option<String>,
	checkpoint: Option<PathBuf>,
	now: Option<u32>,
	accept_old_checkpoint: bool,
	fast: bool,
	input: Option<Vec<Given>>,
	output: Option<Vec<Given>>,
) -> PyResult<Claim> {
	let (trust, genesis) = trust(genesis, chain, checkpoint, accept_old_checkpoint)?;
	let age = trust.age(now.unwrap_or(0));
	let from = |checkpoint: &Checkpoint| verify_receipt(receipt, checkpoint, age);
	let block = trust.checkpoint.clone().map(Checkpoint::Block);
	let proven = match block {
		Some(block) if trust.exact => from(&block),
		Some(block) => from(&Checkpoint::Genesis(genesis)).or_else(|error| from(&block).map_err(|_| error)),
		None => from(&Checkpoint::Genesis(genesis)),
	};
	let verified = proven.map_err(Failure::from)?.verified;
	if !fast {
		check_terms(&verified.claim, &Terms::DEFAULT).map_err(Failure::from)?;
	}
	let request = verified.claim.request;
	let other = |what: &str, id: Option<String>| {
		let id = id.unwrap_or_else(|| "none".into());
		Failure::from(Error::Unverified(format!("this is not the {what} of request {request}, which is {id}")))
	};
	if let Some(output) = output {
		if !verified.is_output(&to_bytes(&bundle(py, output)?)?) {
			return Err(other("output", verified.claim.output.map(hex0x)).into());
		}
	}
	if let Some(input) = input {
		if !verified.is_input(&to_bytes(&bundle(py, input)?)?) {
			return Err(other("input", Some(hex0x(verified.claim.input))).into());
		}
	}
	let age = assumed(&trust, now, verified.checkpoint.number, verified.head.number);
	Ok(Claim::proven(&verified, Some(age)))
}
