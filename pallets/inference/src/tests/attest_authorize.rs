//! `attest`: which attestations the pool and a block take.

use super::*;
use assay_primitives::{h, infr::AuthoritySignature};
use codec::Encode;
use frame_support::{assert_ok, traits::Authorize};
use pallet_rounds::payload;
use sp_core::{Pair, H256};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{TransactionSource, ValidTransaction},
	DispatchError,
};

/// A round of three of five, its first member and that one's signal, in the first block that takes it.
fn duty() -> (RoundId, u64, Attestation<u64, u32, Subject>) {
	let (_, round) = open_round(3);
	let who = member_list(round)[0];
	(round, who, signal(who, round, SignalKind::InputUnavailable))
}

/// A signed attestation and its signature.
fn attested(attestation: Attestation<u64, u32, Subject>) -> (Attestation<u64, u32, Subject>, AuthoritySignature) {
	match sign(attestation) {
		Signed::Attest(attestation, signature) => (attestation, signature),
		Signed::Seal(_) => unreachable!(),
	}
}

#[test]
fn an_attestation_is_operational_urgent_and_unique_for_validator_session_and_block() {
	run(5, || {
		let (round, who, attestation) = duty();
		let deadline = Rounds::<Test>::get(round).unwrap().commit_end;
		let validity = submit(sign(attestation)).unwrap();
		let expected = ValidTransaction {
			priority: u64::MAX / 2 - u64::from(deadline - now()),
			requires: vec![],
			provides: vec![("assay/attest", (who, Session::get(), now() - 1, hash_of(now() - 1))).encode()],
			longevity: u64::from(deadline - now()),
			propagate: true,
		};
		assert_eq!(validity, expected);
		use frame_support::dispatch::{DispatchClass, GetDispatchInfo, Pays};
		let (attestation, signature) = attested(nothing(who));
		let info = RoundsCall::<Test>::attest { attestation, signature }.get_dispatch_info();
		assert_eq!((info.class, info.pays_fee), (DispatchClass::Operational, Pays::Yes));
	});
}

#[test]
fn the_nearer_the_deadline_the_higher_the_priority() {
	run(5, || {
		let (first, _) = (open_round(5).1, ());
		let second = Ask { k: Some(5), ..Ask::new(model_id(1)) }.submit().unwrap();
		run_for(2);
		let second = round_of(second);
		let kind = SignalKind::InputUnavailable;
		let one = submit(sign(signal(FIRST, first, kind))).unwrap();
		let other = submit(sign(signal(FIRST, second, kind))).unwrap();
		assert!(one.priority > other.priority);
		// Two in one: the nearer one counts.
		let both = Attestation {
			signals: [first, second].map(|round| Signal { round, kind, proof: None }).to_vec().try_into().unwrap(),
			..nothing(FIRST + 1)
		};
		assert_eq!(submit(sign(both)).unwrap().priority, one.priority);
	});
}

#[test]
fn an_attestation_made_at_a_later_block_is_refused() {
	run(5, || {
		let (_, _, attestation) = duty();
		for block in [now(), now() + 1, u32::MAX] {
			assert_refused(Attestation { block, ..attestation.clone() }, InvalidTransaction::Future);
		}
		assert_ok!(submit(sign(attestation)));
	});
}

#[test]
fn what_is_said_on_one_fork_is_not_taken_on_another() {
	run(5, || {
		let (_, _, attestation) = duty();
		let signed = sign(attestation.clone());
		// The same heights on another fork, from the block on at which the attestation was made.
		frame_system::BlockHash::<Test>::insert(attestation.block, H256([9; 32]));
		assert_signed_refused(signed, InvalidTransaction::BadProof);
		assert_ok!(submit(sign(attestation)));
	});
}

#[test]
fn an_attestation_of_more_than_eight_blocks_ago_is_refused() {
	run(5, || {
		run_to(20);
		let (_, _, attestation) = duty();
		let oldest = now() - 8;
		for block in 0..oldest {
			assert_refused(Attestation { block, ..attestation.clone() }, InvalidTransaction::Stale);
		}
		assert_ok!(submit(sign(Attestation { block: oldest, ..attestation })));
	});
}

#[test]
fn more_than_64_items_are_refused() {
	run(5, || {
		let (round, who, attestation) = duty();
		let dead = |n: u64| Reveal { round: 1_000 + n, ..honest_reveal(round, who) };
		let signals =
			|n: u64| (0..n).map(|n| Signal { round: 2_000 + n, kind: SignalKind::ModelUnavailable, proof: None });
		let live = attestation.signals[0].clone();
		let reveals: Vec<_> = (0..39).map(dead).collect();
		let with = |n| Attestation {
			reveals: reveals.clone().try_into().unwrap(),
			signals: std::iter::once(live.clone()).chain(signals(n)).collect::<Vec<_>>().try_into().unwrap(),
			..attestation.clone()
		};
		assert_refused(with(25), InvalidTransaction::Call);
		assert_ok!(submit(sign(with(24))));
		assert_eq!(Rounds::<Test>::get(round).unwrap().signals, 1);
		assert!(Ballots::<Test>::get(round, who).unwrap().signal.is_some());
	});
}

#[test]
fn a_round_named_twice_is_refused() {
	run(5, || {
		let (round, who, attestation) = duty();
		let signal = attestation.signals[0].clone();
		let signals = Attestation { signals: vec![signal.clone(), signal].try_into().unwrap(), ..nothing(who) };
		assert_refused(signals, InvalidTransaction::Call);
		let reveal = honest_reveal(round, who);
		let reveals = Attestation { reveals: vec![reveal.clone(), reveal].try_into().unwrap(), ..attestation };
		assert_refused(reveals, InvalidTransaction::Call);
	});
}

#[test]
fn an_attestation_without_a_live_item_is_refused() {
	run(5, || {
		let (round, who, attestation) = duty();
		assert_refused(nothing(who), InvalidTransaction::Stale);
		let kind = SignalKind::InputUnavailable;
		assert_refused(signal(who, round + 1, kind), InvalidTransaction::Stale);
		let outsider = validators().into_iter().find(|who| !members(round).contains(who)).unwrap();
		assert_refused(signal(outsider, round, kind), InvalidTransaction::Stale);
		assert_refused(signal(REQUESTER, round, kind), InvalidTransaction::Stale);
		assert_refused(reveal(who, honest_reveal(round, who)), InvalidTransaction::Stale);
		assert_ok!(submit(sign(attestation.clone())));
		// Again, whole and unchanged.
		assert_refused(attestation, InvalidTransaction::Stale);
	});
}

#[test]
fn an_attestation_of_another_session_is_refused() {
	run(5, || {
		let (_, _, attestation) = duty();
		for session in [Session::get() + 1, u32::MAX] {
			assert_refused(Attestation { session, ..attestation.clone() }, InvalidTransaction::Stale);
		}
		new_session(&validators());
		assert_refused(Attestation { session: Session::get(), ..attestation.clone() }, InvalidTransaction::Stale);
		assert_ok!(submit(sign(attestation)));
	});
}

#[test]
fn an_attestation_signed_with_another_key_is_refused() {
	run(5, || {
		let (round, who, attestation) = duty();
		let other = member_list(round)[1];
		for pair in [pair_of(other, 0), pair_of(who, 1), pair_of(REQUESTER, 0)] {
			assert_signed_refused(sign_with(&pair, attestation.clone()), InvalidTransaction::BadProof);
		}
	});
}

#[test]
fn a_signature_is_for_one_chain_and_every_field() {
	run(5, || {
		let (round, who, attestation) = duty();
		let (_, signature) = attested(attestation.clone());
		let elsewhere = pair_of(who, 0).sign(&payload::<Test>(&[0x11; 32], &attestation));
		assert_signed_refused(Signed::Attest(attestation.clone(), elsewhere), InvalidTransaction::BadProof);
		let undomained = pair_of(who, 0).sign(&(GENESIS, &attestation).encode());
		assert_signed_refused(Signed::Attest(attestation.clone(), undomained), InvalidTransaction::BadProof);
		let dead = Signal { round: 999, kind: SignalKind::ModelUnavailable, proof: None };
		let changed = [
			Attestation { block: attestation.block - 1, ..attestation.clone() },
			signal(who, round, SignalKind::ModelUnavailable),
			Attestation {
				signals: vec![attestation.signals[0].clone(), dead].try_into().unwrap(),
				..attestation.clone()
			},
			Attestation { reveals: vec![honest_reveal(round, who)].try_into().unwrap(), ..attestation.clone() },
		];
		for changed in changed {
			assert_signed_refused(Signed::Attest(changed, signature.clone()), InvalidTransaction::BadProof);
		}
		// Another member with the same signature, too.
		let other = Attestation { validator: member_list(round)[1], ..attestation.clone() };
		assert_signed_refused(Signed::Attest(other, signature.clone()), InvalidTransaction::BadProof);
		assert_ok!(submit(Signed::Attest(attestation, signature)));
	});
}

#[test]
fn a_raw_flood_of_forged_calls_leaves_no_trace() {
	run(5, || {
		let (round, who, attestation) = duty();
		let before = state_root();
		for n in 0..200u32 {
			let bytes = [h("flood", n), h("flood", (n, n))].concat();
			let bytes: [u8; 64] = bytes.try_into().unwrap();
			let signature = sp_core::sr25519::Signature::from_raw(bytes).into();
			let forged = Attestation { validator: if n % 2 == 0 { who } else { u64::from(n) }, ..attestation.clone() };
			assert!(submit(Signed::Attest(forged, signature)).is_err());
			let signature = sp_core::sr25519::Signature::from_raw(bytes).into();
			let forged =
				Seal { signature, ..commit(if n % 2 == 0 { who } else { u64::from(n) }, round, h("flood", n)) };
			assert!(submit(Signed::Seal(forged)).is_err());
		}
		assert_eq!(state_root(), before);
		// And the victim is not kept from voting.
		assert_ok!(submit(sign(attestation)));
	});
}

#[test]
fn the_source_of_a_transaction_is_not_trusted() {
	run(5, || {
		let (_, who, attestation) = duty();
		for source in [TransactionSource::Local, TransactionSource::InBlock, TransactionSource::External] {
			let Signed::Attest(attestation, signature) = sign_with(&pair_of(who, 1), attestation.clone()) else {
				unreachable!()
			};
			let call: RuntimeCall = RoundsCall::attest { attestation, signature }.into();
			assert_eq!(call.authorize(source).unwrap().unwrap_err(), refusal(InvalidTransaction::BadProof));
		}
	});
}

#[test]
fn only_an_authorized_origin_attests() {
	run(5, || {
		let (_, who, attestation) = duty();
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none(), RuntimeOrigin::signed(who)] {
			let (attestation, signature) = attested(attestation.clone());
			let call: RuntimeCall = RoundsCall::attest { attestation, signature }.into();
			assert_eq!(call.dispatch(origin).unwrap_err().error, DispatchError::BadOrigin);
		}
	});
}

#[test]
fn stale_items_are_skipped_beside_a_live_one() {
	run(5, || {
		let (round, who, attestation) = duty();
		let kind = SignalKind::InputUnavailable;
		let signals = vec![Signal { round: 77, kind, proof: None }, attestation.signals[0].clone()];
		let reveals = vec![Reveal { round: 0, ..honest_reveal(round, who) }, honest_reveal(round, who)];
		let mixed = Attestation {
			signals: signals.try_into().unwrap(),
			reveals: reveals.try_into().unwrap(),
			..attestation.clone()
		};
		assert_ok!(submit(sign(mixed)));
		let ballot = Ballots::<Test>::get(round, who).unwrap();
		assert_eq!((ballot.vote, ballot.signal), (None, Some(kind)));
		assert_eq!(events(), vec![RuntimeEvent::Voting(RoundsEvent::Signalled { round, validator: who, kind })]);
	});
}

#[test]
fn items_of_two_keys_are_refused() {
	run(5, || {
		let (first, _) = (open_round(5).1, ());
		let second = Ask { k: Some(5), ..Ask::new(model_id(1)) }.submit().unwrap();
		run_for(2);
		let second = round_of(second);
		let mut ballot = Ballots::<Test>::get(second, FIRST).unwrap();
		Duties::<Test>::remove(&ballot.key, second);
		ballot.key = pair_of(FIRST, 1).public();
		Duties::<Test>::insert(&ballot.key, second, FIRST);
		Ballots::<Test>::insert(second, FIRST, ballot);
		let kind = SignalKind::InputUnavailable;
		let both = Attestation {
			signals: [first, second].map(|round| Signal { round, kind, proof: None }).to_vec().try_into().unwrap(),
			..nothing(FIRST)
		};
		for index in [0, 1] {
			assert_signed_refused(sign_with(&pair_of(FIRST, index), both.clone()), InvalidTransaction::Stale);
		}
		assert_ok!(submit(sign_with(&pair_of(FIRST, 0), signal(FIRST, first, kind))));
		assert_ok!(submit(sign_with(&pair_of(FIRST, 1), signal(FIRST, second, kind))));
	});
}
