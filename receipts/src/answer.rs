//! The checks that are left when a receipt holds: that its claim is about the caller's request, and that an output is
//! the one that it names.

use crate::{all_asked, is_as_long, value_key, Claim, ContentId, Hash32, Terms, Verdict};
use alloc::{
	format,
	string::{String, ToString},
	vec::Vec,
};
use assay_primitives::{hash::result_hash, ModelId, RequestId};
use codec::Encode;
use sp_crypto_hashing::{blake2_128, twox_64};

/// Bytes of the longest name of a model.
const NAME_BYTES: usize = 64;

/// The facts of a request that its maker knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
	/// The request.
	pub request: RequestId,
	/// The model, if it is known.
	pub model: Option<ModelId>,
	/// The input, if it is known.
	pub input: Option<ContentId>,
	/// The terms that were paid for, if they are known.
	pub terms: Option<Terms>,
}

/// The reason for which a claim, or an output, is not the answer to a request.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AnswerError {
	/// The claim is about something else.
	#[error("what was given proves something about {what} {found}, and not {wanted}")]
	Other {
		/// The part that differs.
		what: &'static str,
		/// The value in the claim.
		found: String,
		/// The value in the caller's request.
		wanted: String,
	},
	/// It was decided on other terms.
	#[error("request {request} was decided by {found}, and {paid} was paid for")]
	OtherTerms {
		/// The request.
		request: RequestId,
		/// The terms that it was decided on.
		found: Terms,
		/// The terms that were paid for.
		paid: Terms,
	},
	/// It rests on less than is accepted.
	#[error("request {request} rests on too little: {short}")]
	TooLittle {
		/// The request.
		request: RequestId,
		/// The part that is too small.
		short: String,
	},
	/// The output is another one.
	#[error("the output has the result hash {found}, and the validators attested {attested}")]
	OtherOutput {
		/// Result hash of what was given.
		found: String,
		/// Result hash that the claim names.
		attested: String,
	},
	/// A run that failed has no output.
	#[error("there is an output of a run that failed")]
	OutputOfFailure,
	/// A name is not the model's.
	#[error("{name}@{version} is not the model {model}, which the node named")]
	OtherName {
		/// The name.
		name: String,
		/// The version.
		version: u32,
		/// The model.
		model: String,
	},
}

fn hex0x(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// Checks that a claim is about this request.
pub fn check_expected(claim: &Claim, expected: &Expected) -> Result<(), AnswerError> {
	let other = |what, found, wanted| Err(AnswerError::Other { what, found, wanted });
	if claim.request != expected.request {
		return other("request", claim.request.to_string(), expected.request.to_string());
	}
	for (what, found, wanted) in [("model", claim.model, expected.model), ("input", claim.input, expected.input)] {
		if let Some(wanted) = wanted.filter(|wanted| found != *wanted) {
			return other(what, hex0x(found), hex0x(wanted));
		}
	}
	let found = Terms::of(&claim.decision);
	match expected.terms {
		Some(paid) if found != paid && !all_asked(&claim.decision) => {
			Err(AnswerError::OtherTerms { request: claim.request, found, paid })
		}
		_ => Ok(()),
	}
}

/// Checks that a claim rests on no less than these terms and on the vote of every member.
pub fn check_terms(claim: &Claim, least: &Terms) -> Result<(), AnswerError> {
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
	Err(AnswerError::TooLittle { request: claim.request, short: short.join(", ") })
}

/// Checks that these bytes are the output of a claim, by the hash of the result.
pub fn check_output(claim: &Claim, genesis: &Hash32, bytes: &[u8]) -> Result<(), AnswerError> {
	let output = ContentId::of(bytes);
	let found = result_hash(genesis, &claim.engine, &claim.model, &claim.input, &output);
	match claim.decision.verdict {
		Verdict::Output { result_hash, .. } if result_hash == found && claim.output == Some(output) => Ok(()),
		Verdict::Output { result_hash, .. } => {
			Err(AnswerError::OtherOutput { found: hex0x(found), attested: hex0x(result_hash) })
		}
		Verdict::Failed { .. } => Err(AnswerError::OutputOfFailure),
	}
}

/// Checks that the state has this model under the key of a version of a name.
pub fn check_name(value: Option<&[u8]>, name: &str, version: u32, model: &ModelId) -> Result<(), AnswerError> {
	if value == Some(model.0.as_slice()) {
		return Ok(());
	}
	Err(AnswerError::OtherName { name: name.into(), version, model: hex0x(model) })
}

/// Key of the state under which the model of a name's version is, among all models: the name filled up with zeros, and the complement of
/// the version, so that the newest comes first. It comes from what this version knows of the chain: a proof under a key that a node made up
/// would prove nothing.
pub fn name_key(name: &str, version: u32) -> Vec<u8> {
	let all = 0u8.encode();
	let mut place = [0; NAME_BYTES + 4];
	let filled = name.bytes().chain(core::iter::repeat(0)).take(NAME_BYTES);
	place.iter_mut().zip(filled.chain((!version).to_be_bytes())).for_each(|(to, from)| *to = from);
	let mut key = value_key("Models", "Listing");
	key.extend([blake2_128(&all).as_slice(), &all, &place].concat());
	key
}

/// Key of the state under which a space of memory is.
pub fn space_key(space: u64) -> Vec<u8> {
	let place = space.to_le_bytes();
	let mut key = value_key("Memory", "Spaces");
	key.extend([twox_64(&place).as_slice(), &place].concat());
	key
}

/// Key of the state under which the grant of an account in a space of memory is.
pub fn grant_key(space: u64, account: &Hash32) -> Vec<u8> {
	let place = space.to_le_bytes();
	let mut key = value_key("Memory", "Grants");
	key.extend([twox_64(&place).as_slice(), &place, &blake2_128(account), account].concat());
	key
}

/// Key of the state under which a block's time is, in milliseconds since 1970.
pub fn time_key() -> Vec<u8> {
	value_key("Timestamp", "Now")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Decision, Window};
	use assay_primitives::{EngineId, Verification};

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
		check_expected(&claim(b""), &expected).unwrap();
		check_expected(&claim(b""), &Expected { model: None, input: None, ..expected }).unwrap();
		for other in [
			Expected { request: 8, ..expected },
			Expected { model: Some(ContentId([9; 32])), ..expected },
			Expected { input: Some(ContentId([9; 32])), ..expected },
		] {
			assert!(matches!(check_expected(&claim(b""), &other), Err(AnswerError::Other { .. })));
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
		check_expected(&of_committee(4, 5, 8, 16), &expected).unwrap();
		for (k, audits, window) in [(4, 8, 16), (5, 7, 16), (5, 8, 4), (6, 8, 16), (5, 9, 16), (5, 8, 17)] {
			let error = check_expected(&of_committee(k, k, audits, window), &expected).unwrap_err().to_string();
			let found = format!("by a committee of {k} with {audits} auditors and a window of {window} blocks, and");
			assert!(error.contains(&found) && error.ends_with("window of 16 blocks was paid for"), "{error}");
		}
		// All four validators of a small network have voted.
		check_expected(&claim(b""), &expected).unwrap();
	}

	#[test]
	fn a_claim_that_rests_on_too_little_is_refused_with_what_is_short() {
		let check = |claim: Claim| check_terms(&claim, &Terms::DEFAULT);
		check(of_committee(5, 5, 8, 100)).unwrap();
		check(claim(b"")).unwrap();
		for (claim, says) in [
			(of_committee(3, 3, 8, 100), "3 of 5 members"),
			(of_committee(5, 5, 2, 100), "2 of 8 auditors"),
			(
				of_committee(5, 5, 8, 16),
				"a window of 16 blocks and not of 16 blocks, and until more than a third of the",
			),
			(of_committee(4, 5, 8, 100), "4 of 5 votes"),
			(
				of_committee(3, 4, 0, 4),
				"4 of 5 members, 0 of 8 auditors, 3 of 4 votes, a window of 4 blocks and not of",
			),
		] {
			let text = check(claim).unwrap_err().to_string();
			assert!(text.contains(says), "{text}");
		}
	}

	#[test]
	fn a_name_is_the_models_by_the_state_alone() {
		let model = ContentId([3; 32]);
		check_name(Some(&[3; 32]), "a/b", 2, &model).unwrap();
		for value in [None, Some([9; 32].as_slice()), Some(&[3; 31])] {
			let text = check_name(value, "a/b", 2, &model).unwrap_err().to_string();
			assert!(text.starts_with("a/b@2 is not the model 0x0303"), "{text}");
		}
		assert!(name_key("a/b", 2) < name_key("a/b", 1), "the newest comes first");
	}
}
