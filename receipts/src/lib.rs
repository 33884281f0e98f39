//! Verifies receipts: that a chain made a claim final, without the chain.
//!
//! A receipt is everything that somebody who knows one block of a chain, by default its genesis block, needs to be sure of one claim:
//! that this model on this input gave this output, attested by so many validators. It leads
//!
//! 1. from the [`Claim`] to the root over the results that became final in the claim's block,
//! 2. from that root and the block's number and hash to a leaf of the chain's Merkle mountain range,
//! 3. from the leaf to the root of the mountain range in the digest of a later header, the receipt's head,
//! 4. from the head to the validators that finalized it, by their GRANDPA votes,
//! 5. and from these validators back to those of the checkpoint, by a [`Route`] of headers, each finalized by the set that is known from the
//!    one before, or by a later set together with more than a third of that one.
//!
//! [`verify`] checks all five and answers with what the receipt proves and the checkpoint that it rests on. It trusts nothing that it is
//! given but the [`Checkpoint`] and what the caller says about its [`Age`].
//!
//! ```no_run
//! use assay_receipts::{verify, Age, Checkpoint};
//! # let (receipt, genesis, best) = (vec![0u8], [0u8; 32], 1_000);
//! let verified = verify(&receipt, &Checkpoint::Genesis(genesis), Age::Bonded { now: best })?;
//! println!("request {}: {:?}", verified.claim.request, verified.claim.output);
//! # Ok::<(), assay_receipts::Error>(())
//! ```
//!
//! [`verify_state`] does the same for a [`State`]: what is under a key of the state after a finalized block, or that nothing is.
//!
//! The crate is `no_std` and has no host functions: it is the same code in a browser, a contract and a server. Signatures are
//! verified with the library that the chain's nodes use, so that both accept and refuse the same ones (ZIP 215).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

mod answer;
mod checkpoint;
mod error;
mod finality;
mod header;
mod merkle;
mod receipt;
mod route;
#[cfg(feature = "spec")]
mod spec;
mod state;
mod statement;
mod terms;

pub use answer::{
	check_expected, check_name, check_output, check_terms, grant_key, name_key, space_key, time_key, AnswerError,
	Expected,
};
pub use assay_primitives::{Claim, ContentId, Decision, Hash32, Verdict, Window};
pub use checkpoint::{Age, Checkpoint, TrustedBlock};
pub use error::{ClaimError, Error, JustificationError, StateError};
pub use finality::{Authorities, AuthorityId, Justification, Precommit, Signature, SignedPrecommit, MAX_ANCESTRY};
pub use header::{BlockRef, DigestItem, Header};
pub use merkle::ResultsProof;
pub use receipt::{Receipt, MAGIC, MAX_RECEIPT_BYTES};
pub use route::{Finalized, Route, Start, Step};
#[cfg(feature = "spec")]
pub use spec::{Spec, SpecError, GENESIS_PROOF, SLOT_MS};
pub use state::{genesis_keys, prove, read, set_keys, value_key, StateProof};
pub use statement::{verify_state, ProvenState, State, STATE_MAGIC};
pub use terms::{all_asked, is_as_long, Terms};

use assay_primitives::hash::result_hash;

/// The claim that a receipt proves, and the blocks that the proof rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
	/// The chain's claim.
	pub claim: Claim,
	/// Block in which the claim became final.
	pub block: BlockRef,
	/// Finalized block whose mountain range holds the claim.
	pub head: BlockRef,
	/// Genesis block of the chain.
	pub genesis: Hash32,
	/// The checkpoint that all of it rests on.
	pub checkpoint: BlockRef,
	/// The head, with the validators that finalize what follows it: a checkpoint for later, as good as the one this one rests on.
	pub next: TrustedBlock,
}

impl Verified {
	/// True if these are the bytes of the output.
	pub fn is_output(&self, bytes: &[u8]) -> bool {
		self.claim.output == Some(ContentId::of(bytes))
	}

	/// True if these are the bytes of the input.
	pub fn is_input(&self, bytes: &[u8]) -> bool {
		self.claim.input == ContentId::of(bytes)
	}
}

/// Verifies an encoded receipt against a checkpoint.
///
/// `Ok` means: if more than two thirds of the validators of each set that the receipt goes through were honest, by weight, until the step
/// after it, the chain of the checkpoint made this claim final.
pub fn verify(receipt: &[u8], checkpoint: &Checkpoint, age: Age) -> Result<Verified, Error> {
	verify_decoded(Receipt::from_bytes(receipt)?, checkpoint, age)
}

/// As [`verify`], for a receipt that has been decoded.
pub fn verify_decoded(receipt: Receipt, checkpoint: &Checkpoint, age: Age) -> Result<Verified, Error> {
	let (start, next) = receipt.route.follow(checkpoint, age)?;
	let (genesis, head) = (next.genesis, next.block);
	if receipt.block.number >= head.number {
		return Err(Error::HeadTooEarly { block: receipt.block.number, head: head.number });
	}
	let mmr_root = receipt.route.head.block.header.mmr_root().ok_or(Error::NoMmrRoot { head: head.number })?;
	if !receipt.results.holds(receipt.claim.leaf()) {
		return Err(Error::Results);
	}
	let leaf = merkle::mmr_leaf(&receipt.block, &receipt.results.root);
	if merkle::mmr_root(leaf, receipt.block.number, head.number, &receipt.mmr) != Some(mmr_root) {
		return Err(Error::Mmr { head: head.number });
	}
	check_claim(&receipt.claim, &genesis)?;
	Ok(Verified { claim: receipt.claim, block: receipt.block, head, genesis, checkpoint: start, next })
}

/// Checks the conditions that hold for every claim of an honest chain.
fn check_claim(claim: &Claim, genesis: &Hash32) -> Result<(), Error> {
	let decision = &claim.decision;
	match (decision.verdict, claim.output) {
		(Verdict::Output { result_hash: named, .. }, Some(output)) => {
			if result_hash(genesis, &claim.engine, &claim.model, &claim.input, &output) != named {
				return Err(ClaimError::ResultHash.into());
			}
		}
		(Verdict::Failed { .. }, None) => (),
		(Verdict::Output { .. }, None) | (Verdict::Failed { .. }, Some(_)) => return Err(ClaimError::Output.into()),
	}
	let Decision { votes, k, q, v, power, total, .. } = *decision;
	let two_thirds = |part: u64, whole: u64| u128::from(part).saturating_mul(3) > u128::from(whole).saturating_mul(2);
	// More than two thirds of the members, who are validators; where all were asked, of their voting power.
	let decides = match decision.escalated {
		true => two_thirds(power, total),
		false => votes >= q && two_thirds(q.into(), k.into()),
	};
	if !decides || votes > v || k > v || power > total {
		return Err(ClaimError::Votes.into());
	}
	Ok(())
}
