//! Tests of the three pallets together, one file for each call or behaviour.

mod activation;
mod adversary;
mod attest_authorize;
mod attest_commit;
mod attest_reveal;
mod audits;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
mod blobs;
mod bounds;
mod callbacks;
mod disputes;
mod engine_change;
mod escalation;
mod expiry;
mod listing;
mod money;
mod not_offchain;
mod objections;
mod offchain;
mod open_units;
mod overturned;
mod penalties;
mod prices;
mod pruning;
mod register_model;
mod registry;
mod request_inference;
mod results;
mod retire_and_royalty;
mod seals;
mod sessions;
mod stake;
mod stateful;
mod timeline;
mod try_state;
mod weights;

use crate::{
	mock::{Error, *},
	*,
};
use crate::{Call, HoldReason, Prunable, PrunedTo};
use assay_primitives::{RequestId, RoundId, Subject, Verdict};
use pallet_models::{Call as ModelsCall, *};
use pallet_rounds::{Call as RoundsCall, *};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError, UnknownTransaction};

/// Runs a test on a chain whose rounds expect this many auditors.
fn audited(validators: u32, auditors: u32, test: impl FnOnce()) {
	Auditors::set(auditors);
	run(validators, test);
	Auditors::set(0);
}

/// From here on the validators say only what the test makes them say.
fn hush() {
	set_role(validators(), Role::Silent);
}

/// An active model and a request for it whose round has just become open: this block is the first that takes commits. From here on
/// the validators say only what the test makes them say.
fn open_round(k: u32) -> (RequestId, RoundId) {
	open_round_of(Ask { k: Some(k), ..Ask::new(active_model(1)) })
}

/// As [`open_round`], for any request.
fn open_round_of(ask: Ask) -> (RequestId, RoundId) {
	hush();
	let request = ask.submit().unwrap();
	run_for(2);
	(request, round_of(request))
}

/// Members of a round, in the order of their accounts.
fn member_list(round: RoundId) -> Vec<u64> {
	members(round).into_iter().collect()
}

/// Has members commit honestly in this block.
fn commit_honestly(round: RoundId, who: &[u64]) {
	for who in who {
		submit(sign(commit(*who, round, honest_seal(round, *who)))).unwrap();
	}
}

/// Has members reveal honestly in this block.
fn reveal_honestly(round: RoundId, who: &[u64]) {
	for who in who {
		submit(sign(reveal(*who, honest_reveal(round, *who)))).unwrap();
	}
}

fn refusal(reason: InvalidTransaction) -> TransactionValidityError {
	TransactionValidityError::Invalid(reason)
}

fn state_root() -> Vec<u8> {
	sp_io::storage::root(sp_runtime::StateVersion::V1)
}

/// Asserts that the pool and the block refuse an attestation for this reason, and that it leaves no trace.
#[track_caller]
fn assert_refused(says: impl Says, reason: InvalidTransaction) {
	assert_signed_refused(sign(says), reason);
}

/// As [`assert_refused`], for one that is signed already.
#[track_caller]
fn assert_signed_refused(signed: Signed, reason: InvalidTransaction) {
	let before = state_root();
	assert_eq!(submit(signed).unwrap_err(), refusal(reason));
	assert_eq!(before, state_root(), "a refused attestation left a trace");
}

/// Asserts that a seal is refused as one whose time is yet to come.
#[track_caller]
fn assert_early(seal: Seal<u64>) {
	let before = state_root();
	assert_eq!(submit(sign(seal)).unwrap_err(), UnknownTransaction::CannotLookup.into());
	assert_eq!(before, state_root(), "a refused seal left a trace");
}

/// The end of a request, in a word.
fn ended(id: RequestId) -> &'static str {
	match await_end(id).ended {
		Ended::Final(Claim { decision: Decision { verdict: Verdict::Output { .. }, .. }, .. }) => "output",
		Ended::Final(_) => "failed",
		Ended::Expired => "expired",
		Ended::Unresolved => "unresolved",
	}
}

/// The decision in a request's claim.
fn decision(id: RequestId) -> Decision {
	match await_end(id).ended {
		Ended::Final(claim) => claim.decision,
		ended => panic!("request {id} ended as {ended:?}"),
	}
}

/// Events of this block and the ones before, counted if they are of a kind.
fn count(of_kind: impl Fn(&RuntimeEvent) -> bool) -> usize {
	log().iter().filter(|(_, event)| of_kind(event)).count()
}

/// The block in which the first event of a kind was emitted.
#[track_caller]
fn block_of(of_kind: impl Fn(&RuntimeEvent) -> bool) -> u32 {
	log().into_iter().find(|(_, event)| of_kind(event)).expect("such an event").0
}
