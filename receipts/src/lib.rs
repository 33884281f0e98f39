//! Verifies receipts: that a chain made a claim final, without the chain.
//!
//! A receipt is everything that somebody who knows one block of a chain, by default its genesis block, needs to be sure of one claim:
//! that this model on this input gave this output, attested by so many validators. It leads
//!
//! 1. from the [`Claim`] to the root over the results that became final in the claim's block,
//! 2. from that root and the block's number and hash to a leaf of the chain's Merkle mountain range,
//! 3. from the leaf to the root of the mountain range in the digest of a later header, the receipt's head,
//! 4. from the head to the validators that finalized it, by their GRANDPA votes,
//! 5. and from these validators back to those of the checkpoint, through every change of the authority set in between: each is a header
//!    that names the next set, finalized by the one before.
//!
//! [`verify`] checks all five and answers with what the receipt proves and the checkpoint that it rests on. It trusts nothing that it is
//! given but the [`Checkpoint`] and what the caller says about its [`Age`].
//!
//! ```no_run
//! use assay_receipts::{verify, Age, Checkpoint};
//! # let (receipt, genesis, best) = (vec![0u8], [0u8; 32], 1_000);
//! let verified = verify(&receipt, &Checkpoint::Genesis(genesis), Age::within_unbonding(best))?;
//! println!("request {}: {:?}", verified.claim.request, verified.claim.output);
//! # Ok::<(), assay_receipts::Error>(())
//! ```
//!
//! The crate is `no_std` and has no host functions: it is the same code in a browser, a contract and a server. Signatures are
//! verified with the library that the chain's nodes use, so that both accept and refuse the same ones (ZIP 215).
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

mod checkpoint;
mod error;
mod finality;
mod header;
mod merkle;
mod receipt;
mod state;
mod terms;

pub use assay_primitives::{Claim, ContentId, Decision, Hash32, Verdict, Window};
pub use checkpoint::{Age, Checkpoint, TrustedBlock, UNBONDING_BLOCKS};
pub use error::{ClaimError, Error, JustificationError, StateError};
pub use finality::{Authorities, AuthorityId, Justification, Precommit, Signature, SignedPrecommit, MAX_ANCESTRY};
pub use header::{BlockRef, DigestItem, Header};
pub use merkle::ResultsProof;
pub use receipt::{Finalized, GenesisProof, Receipt, Start, MAGIC, MAX_RECEIPT_BYTES};
pub use state::{authorities_key, path, read};
pub use terms::{all_asked, is_as_long, Terms};

use assay_primitives::hash::result_hash;
use finality::Voters;

/// What a receipt proves, and what the proof rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
	/// What the chain claims.
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
	/// Whether these are the bytes of the output.
	pub fn is_output(&self, bytes: &[u8]) -> bool {
		self.claim.output == Some(ContentId::of(bytes))
	}

	/// Whether these are the bytes of the input.
	pub fn is_input(&self, bytes: &[u8]) -> bool {
		self.claim.input == ContentId::of(bytes)
	}
}

/// Verifies an encoded receipt against a checkpoint.
///
/// `Ok` means: if more than two thirds of the validators of each set since the checkpoint were honest, the chain of the checkpoint made
/// this claim final.
pub fn verify(receipt: &[u8], checkpoint: &Checkpoint, age: Age) -> Result<Verified, Error> {
	verify_decoded(Receipt::from_bytes(receipt)?, checkpoint, age)
}

/// As [`verify`], for a receipt that has been decoded.
pub fn verify_decoded(receipt: Receipt, checkpoint: &Checkpoint, age: Age) -> Result<Verified, Error> {
	let trusted = trusted_block(&receipt.start, checkpoint)?;
	let (genesis, start) = (trusted.genesis, trusted.block);
	age.check(start.number, start.number)?;
	let next = follow(trusted, &receipt)?;
	let head = next.block;
	// Now the head's number is known to be true, and may say more of the checkpoint's age than the caller knew.
	age.check(start.number, head.number)?;

	if receipt.block.number >= head.number {
		return Err(Error::HeadTooEarly { block: receipt.block.number, head: head.number });
	}
	let mmr_root = receipt.head.header.mmr_root().ok_or(Error::NoMmrRoot { head: head.number })?;
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

/// The block that the receipt starts from, if the caller trusts it.
fn trusted_block(start: &Start, checkpoint: &Checkpoint) -> Result<TrustedBlock, Error> {
	match (start, checkpoint) {
		(Start::Genesis(proof), Checkpoint::Genesis(genesis)) => {
			if proof.header.hash() != *genesis || proof.header.number != 0 {
				return Err(Error::OtherCheckpoint);
			}
			let authorities = proof.authorities().map_err(Error::GenesisAuthorities)?;
			Ok(TrustedBlock {
				genesis: *genesis,
				block: BlockRef { number: 0, hash: *genesis },
				set_id: 0,
				authorities,
			})
		}
		(Start::Block(start), Checkpoint::Block(trusted)) if *start == trusted.block => Ok(trusted.clone()),
		_ => Err(Error::OtherCheckpoint),
	}
}

/// Goes from the checkpoint through the changes of the authority set to the head. Returns the head, and who finalizes what follows it.
fn follow(trusted: TrustedBlock, receipt: &Receipt) -> Result<TrustedBlock, Error> {
	let TrustedBlock { genesis, mut block, mut set_id, mut authorities } = trusted;
	let mut last_change = None;
	for change in &receipt.changes {
		let voters = Voters::new(&authorities).ok_or(Error::NoVoters { set_id })?;
		if change.header.number <= block.number {
			return Err(Error::ChangeOrder { number: change.header.number });
		}
		block = voters.finalized(change, set_id)?;
		authorities = change.header.next_authorities()?.ok_or(Error::NoChange { number: block.number })?;
		set_id = set_id.checked_add(1).ok_or(Error::NoVoters { set_id })?;
		last_change = Some(block.number);
	}
	let voters = Voters::new(&authorities).ok_or(Error::NoVoters { set_id })?;
	if last_change.is_some_and(|number| receipt.head.header.number <= number) {
		return Err(Error::ChangeOrder { number: receipt.head.header.number });
	}
	let head = voters.finalized(&receipt.head, set_id)?;
	if let Some(next) = receipt.head.header.next_authorities()? {
		authorities = next;
		set_id = set_id.checked_add(1).ok_or(Error::NoVoters { set_id })?;
	}
	Ok(TrustedBlock { genesis, block: head, set_id, authorities })
}

/// What holds of every claim that an honest chain makes.
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
