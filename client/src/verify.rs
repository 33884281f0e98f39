//! What makes a node's word true: receipts, and proofs of the state of a block that a receipt has proven.

use crate::{client::Client, trust::hex0x, Error};
use assay_primitives::{
	hash::{blake2_256, result_hash},
	Claim, ContentId, Hash32, ModelId, RequestId, Verdict,
};
use assay_receipts::{
	all_asked, is_as_long, read, verify, Age, Checkpoint, Receipt, StateError, Terms, TrustedBlock, Verified,
};
use codec::{DecodeAll, Encode};
use serde::Deserialize;
use sp_crypto_hashing::{blake2_128, twox_128};
use std::collections::HashMap;
use subxt::rpcs::client::rpc_params;

/// What a result rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Evidence {
	/// A receipt that was verified here.
	Receipt {
		/// Its bytes, to be kept or given to others.
		bytes: Vec<u8>,
		/// What it proves.
		verified: Verified,
		/// The time of its head in milliseconds since 1970, if the node has proven it: [`Verified::next`] and this are a checkpoint for
		/// later.
		time: Option<u64>,
	},
	/// A light client's: the state of a block that it has seen finalized, with the proof that the block has it.
	LightClient {
		/// Number of the block.
		number: u32,
		/// Its hash.
		hash: Hash32,
	},
}

/// A receipt's claim and what it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proven {
	/// The receipt's bytes.
	pub bytes: Vec<u8>,
	/// What it proves.
	pub verified: Verified,
	head_state: Hash32,
}

/// Verifies a receipt, also offline.
pub fn verify_receipt(bytes: &[u8], checkpoint: &Checkpoint, age: Age) -> Result<Proven, Error> {
	let verified = verify(bytes, checkpoint, age)?;
	let head_state = Receipt::from_bytes(bytes)?.route.head.block.header.state_root;
	Ok(Proven { bytes: bytes.to_vec(), verified, head_state })
}

/// What a request is known to be by whoever made it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
	/// The request.
	pub request: RequestId,
	/// The model, if it is known.
	pub model: Option<ModelId>,
	/// The input, if it is known.
	pub input: Option<ContentId>,
	/// What was paid for, if it is known.
	pub terms: Option<Terms>,
}

/// Checks that a claim is about this request.
pub(crate) fn check_claim(claim: &Claim, expected: &Expected) -> Result<(), Error> {
	let other = |what: &str, found: String, wanted: String| {
		Err(Error::Unverified(format!("what was given proves something about {what} {found}, and not {wanted}")))
	};
	if claim.request != expected.request {
		return other("request", claim.request.to_string(), expected.request.to_string());
	}
	match expected.model {
		Some(model) if claim.model != model => return other("model", hex0x(claim.model), hex0x(model)),
		_ => (),
	}
	match expected.input {
		Some(input) if claim.input != input => return other("input", hex0x(claim.input), hex0x(input)),
		_ => (),
	}
	let found = Terms::of(&claim.decision);
	match expected.terms {
		Some(paid) if found != paid && !all_asked(&claim.decision) => {
			Err(Error::Unverified(format!("request {} was decided by {found}, and {paid} was paid for", claim.request)))
		}
		_ => Ok(()),
	}
}

/// Checks that a claim rests on no less than these terms and on the vote of every member.
pub fn check_terms(claim: &Claim, least: &Terms) -> Result<(), Error> {
	let decision = &claim.decision;
	if least.met_by(decision) {
		return Ok(());
	}
	let found = Terms::of(decision);
	let mut short: Vec<String> = [
		("members", found.k, least.k),
		("auditors", found.audits, least.audits),
		("votes", decision.votes, decision.k),
	]
	.iter()
	.filter(|(_, found, least)| found < least)
	.map(|(what, found, least)| format!("{found} of {least} {what}"))
	.collect();
	if !is_as_long(found.window, least.window) {
		short.push(format!("a window of {} and not of {}", found.window, least.window));
	}
	let request = claim.request;
	Err(Error::Unverified(format!("request {request} rests on too little: {}; --fast accepts it", short.join(", "))))
}

/// Checks that these bytes are the output of a claim, by the hash of the result.
pub(crate) fn check_output(claim: &Claim, genesis: &Hash32, bytes: &[u8]) -> Result<(), Error> {
	let output = ContentId::of(bytes);
	let found = result_hash(genesis, &claim.engine, &claim.model, &claim.input, &output);
	match claim.decision.verdict {
		Verdict::Output { result_hash, .. } if result_hash == found && claim.output == Some(output) => Ok(()),
		Verdict::Output { result_hash, .. } => Err(Error::Unverified(format!(
			"the output has the result hash {}, and the validators attested {}",
			hex0x(found),
			hex0x(result_hash)
		))),
		Verdict::Failed { .. } => Err(Error::Unverified("there is an output of a run that failed".into())),
	}
}

/// Keys of the state, from what this version knows of the chain: a proof under a key that a node made up would prove nothing.
mod keys {
	use super::*;

	/// Bytes of the longest name.
	const NAME_BYTES: usize = 64;

	fn entry(pallet: &str, name: &str) -> Vec<u8> {
		[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
	}

	/// The model of a name's version, among all: the name filled up with zeros, and the complement of the version, so that the newest
	/// comes first.
	pub fn version(name: &str, version: u32) -> Vec<u8> {
		let all = 0u8.encode();
		let mut place = [0; NAME_BYTES + 4];
		let filled = name.bytes().chain(std::iter::repeat(0)).take(NAME_BYTES);
		place.iter_mut().zip(filled.chain((!version).to_be_bytes())).for_each(|(to, from)| *to = from);
		let mut key = entry("Models", "Listing");
		key.extend([blake2_128(&all).as_slice(), &all, &place].concat());
		key
	}

	/// The time of a block.
	pub fn now() -> Vec<u8> {
		entry("Timestamp", "Now")
	}
}

#[derive(Deserialize)]
struct ReadProof {
	proof: Vec<String>,
}

impl Client {
	/// Values of the state after the head of a receipt, under keys of which the node proves what they have.
	async fn proven_values(&self, proven: &Proven, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
		let hex: Vec<String> = keys.iter().map(hex0x).collect();
		let params = rpc_params![hex, hex0x(proven.verified.head.hash)];
		let ReadProof { proof } = self.ask_node("state_getReadProof", params).await?;
		let nodes = proof.iter().map(|node| crate::client::from_hex(node)).collect::<Result<Vec<_>, _>>()?;
		let nodes: HashMap<Hash32, Vec<u8>> = nodes.into_iter().map(|node| (blake2_256(&node), node)).collect();
		let value = |key: &Vec<u8>| match read(&proven.head_state, key, |hash| nodes.get(hash).map(Vec::as_slice)) {
			Ok(value) => Ok(Some(value.to_vec())),
			Err(StateError::NoValue) => Ok(None),
			Err(error) => {
				Err(Error::Unverified(format!("the node does not prove the state of the receipt's head: {error}")))
			}
		};
		keys.iter().map(value).collect()
	}

	/// Checks that a version of a name is this model, by the state that a receipt has proven. Returns the time of its head.
	pub(crate) async fn check_name(
		&self,
		proven: &Proven,
		named: Option<(&str, u32)>,
		model: &ModelId,
	) -> Result<Option<u64>, Error> {
		let mut keys = vec![keys::now()];
		keys.extend(named.map(|(name, version)| keys::version(name, version)));
		let values = match self.proven_values(proven, &keys).await {
			Ok(values) => values,
			// The state of an old head is gone, and with it only the time.
			Err(Error::Node { .. }) if named.is_none() => return Ok(None),
			Err(error) => return Err(error),
		};
		if let Some((name, version)) = named {
			if values.get(1).cloned().flatten() != Some(model.0.to_vec()) {
				return Err(Error::Unverified(format!(
					"{name}@{version} is not the model {}, which the node named",
					hex0x(model)
				)));
			}
		}
		let time = values.first().cloned().flatten().and_then(|time| u64::decode_all(&mut &time[..]).ok());
		Ok(time)
	}
}

impl Evidence {
	/// A checkpoint for later, with its time in milliseconds since 1970.
	pub fn checkpoint(&self) -> Option<(&TrustedBlock, u64)> {
		match self {
			Evidence::Receipt { verified, time: Some(time), .. } => Some((&verified.next, *time)),
			_ => None,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_primitives::{Decision, EngineId, Verification, Window};

	fn claim(bytes: &[u8]) -> Claim {
		let (engine, model, input) = (EngineId([2; 32]), ContentId([3; 32]), ContentId([4; 32]));
		let output = ContentId::of(bytes);
		let result_hash = result_hash(&[1; 32], &engine, &model, &input, &output);
		let verdict = Verdict::Output { result_hash, load_units: 1, units: 2 };
		let decision = Decision {
			round: 1,
			verdict,
			votes: 3,
			k: 4,
			q: 3,
			v: 4,
			escalated: false,
			audits: 8,
			auditors: 7,
			power: 11_000,
			total: 12_000,
			window: Window::Assured,
		};
		let verification = Verification::ReExecution;
		Claim { request: 7, model, engine, verification, input, output: Some(output), decision }
	}

	#[test]
	fn an_output_is_bound_to_chain_model_and_input() {
		let whole = claim(b"output");
		check_output(&whole, &[1; 32], b"output").unwrap();
		assert!(check_output(&whole, &[9; 32], b"output").is_err());
		assert!(check_output(&whole, &[1; 32], b"outpux").is_err());
		for change in [
			|claim: &mut Claim| claim.model = ContentId([9; 32]),
			|claim: &mut Claim| claim.input = ContentId([9; 32]),
			|claim: &mut Claim| claim.engine = EngineId([9; 32]),
			|claim: &mut Claim| claim.output = None,
		] {
			let mut changed = whole.clone();
			change(&mut changed);
			assert!(check_output(&changed, &[1; 32], b"output").is_err());
		}
	}

	#[test]
	fn a_claim_about_another_request_is_refused() {
		let expected =
			Expected { request: 7, model: Some(ContentId([3; 32])), input: Some(ContentId([4; 32])), terms: None };
		check_claim(&claim(b""), &expected).unwrap();
		check_claim(&claim(b""), &Expected { model: None, input: None, ..expected }).unwrap();
		for other in [
			Expected { request: 8, ..expected },
			Expected { model: Some(ContentId([9; 32])), ..expected },
			Expected { input: Some(ContentId([9; 32])), ..expected },
		] {
			assert!(matches!(check_claim(&claim(b""), &other), Err(Error::Unverified(_))));
		}
	}

	/// A claim of a committee among a hundred validators.
	fn of_committee(votes: u32, k: u32, audits: u32, window: u32) -> Claim {
		let mut claim = claim(b"");
		let window = Window::Blocks(window);
		claim.decision = Decision { votes, k, q: 3, v: 100, audits, window, ..claim.decision };
		claim
	}

	#[test]
	fn a_claim_on_other_terms_than_were_paid_for_is_refused() {
		let paid = Terms { k: 5, audits: 8, window: Window::Blocks(16) };
		let expected = Expected { request: 7, model: None, input: None, terms: Some(paid) };
		check_claim(&of_committee(4, 5, 8, 16), &expected).unwrap();
		for (k, audits, window) in [(4, 8, 16), (5, 7, 16), (5, 8, 4), (6, 8, 16), (5, 9, 16), (5, 8, 17)] {
			let error = check_claim(&of_committee(k, k, audits, window), &expected).unwrap_err().to_string();
			let found = format!("by a committee of {k} with {audits} auditors and a window of {window} blocks, and");
			assert!(error.contains(&found) && error.ends_with("window of 16 blocks was paid for"), "{error}");
		}
		// All four validators of a small network have voted.
		check_claim(&claim(b""), &expected).unwrap();
	}

	#[test]
	fn a_claim_that_rests_on_too_little_is_refused_with_what_is_short() {
		let check = |claim: Claim| check_terms(&claim, &Terms::DEFAULT);
		check(of_committee(5, 5, 8, 100)).unwrap();
		check(claim(b"")).unwrap();
		for (claim, says) in [
			(of_committee(3, 3, 8, 100), "3 of 5 members;"),
			(of_committee(5, 5, 2, 100), "2 of 8 auditors;"),
			(
				of_committee(5, 5, 8, 16),
				"a window of 16 blocks and not of 16 blocks, and until more than a third of the",
			),
			(of_committee(4, 5, 8, 100), "4 of 5 votes;"),
			(
				of_committee(3, 4, 0, 4),
				"4 of 5 members, 0 of 8 auditors, 3 of 4 votes, a window of 4 blocks and not of",
			),
		] {
			let Err(Error::Unverified(text)) = check(claim) else { panic!("it was taken") };
			assert!(text.contains(says) && text.contains("--fast"), "{text}");
		}
	}
}
