//! `attest`: reveals, what they have to carry, and what copying is worth.

use super::*;
use assay_primitives::{constants::MAX_INLINE_OUTPUT, h, hash, ContentId, FailReason, Output, Vote};
use frame_support::assert_ok;

/// A closed round of three of five in the first block that takes reveals, its request, and the members.
fn closed_round() -> (RequestId, RoundId, Vec<u64>) {
	let (request, round) = open_round(3);
	let members = member_list(round);
	commit_honestly(round, &members);
	next_block();
	(request, round, members)
}

/// As [`closed_round`], with the first member committed to another vote.
fn closed_round_with(reveal: impl FnOnce(RoundId, u64) -> Reveal) -> (RequestId, RoundId, Reveal) {
	let (request, round) = open_round(3);
	let members = member_list(round);
	let who = members[0];
	let reveal = reveal(round, who);
	assert_ok!(submit(sign(commit(who, round, seal(round, who, &reveal.vote, &reveal.salt)))));
	commit_honestly(round, &members[1..]);
	next_block();
	(request, round, reveal)
}

#[test]
fn a_reveal_is_recorded_and_announced() {
	run(5, || {
		let (_, round, members) = closed_round();
		let who = members[0];
		let opened = honest_reveal(round, who);
		assert_ok!(submit(sign(reveal(who, opened.clone()))));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::VoteRevealed {
			round,
			validator: who,
			verdict: opened.vote.verdict
		})));
		assert_eq!(Ballots::<Test>::get(round, who).unwrap().vote, Some(opened.vote));
		assert_eq!(Rounds::<Test>::get(round).unwrap().reveals, 1);
		let Verdict::Output { result_hash, .. } = opened.vote.verdict else { panic!("no output") };
		let product = Product { input: opened.input, output: opened.output.unwrap() };
		assert_eq!(Products::<Test>::get(round, result_hash), Some(product));
	});
}

#[test]
fn a_vote_is_revealed_once() {
	run(5, || {
		let (_, round, members) = closed_round();
		let again = reveal(members[0], honest_reveal(round, members[0]));
		assert_ok!(submit(sign(again.clone())));
		assert_refused(again, InvalidTransaction::Stale);
	});
}

#[test]
fn a_vote_that_was_not_committed_to_is_not_revealed() {
	run(7, || {
		let (_, round) = open_round(5);
		let members = member_list(round);
		commit_honestly(round, &members[..4]);
		run_for(5);
		assert_eq!(Rounds::<Test>::get(round).unwrap().phase, Phase::Revealing);
		assert_refused(reveal(members[4], honest_reveal(round, members[4])), InvalidTransaction::Stale);
	});
}

#[test]
fn a_revealed_vote_with_another_salt_is_refused() {
	run(5, || {
		let (_, round, members) = closed_round();
		let who = members[0];
		for salt in [[0; 16], salt(round, members[1]), salt(round + 1, who)] {
			assert_refused(reveal(who, Reveal { salt, ..honest_reveal(round, who) }), InvalidTransaction::Stale);
		}
	});
}

#[test]
fn another_vote_than_the_sealed_one_is_refused() {
	run(5, || {
		let (_, round, members) = closed_round();
		let who = members[0];
		let honest = honest_reveal(round, who);
		let Verdict::Output { result_hash, load_units, units } = honest.vote.verdict else { panic!("no output") };
		let verdicts = [
			Verdict::Output { result_hash: [0; 32], load_units, units },
			Verdict::Output { result_hash, load_units: load_units + 1, units },
			Verdict::Output { result_hash, load_units, units: units + 1 },
			Verdict::Failed { reason: FailReason::ModelTrap, units },
		];
		let votes = verdicts.map(|verdict| Vote { verdict, ..honest.vote }).into_iter().chain([
			Vote { trace_digest: [0; 32], ..honest.vote },
			Vote { contested_digest: Some([0; 32]), ..honest.vote },
		]);
		for vote in votes {
			assert_refused(reveal(who, Reveal { vote, ..honest.clone() }), InvalidTransaction::Stale);
		}
		for role in [Role::Liar(1), Role::Framer, Role::Fails(FailReason::ModelTrap)] {
			assert_refused(reveal(who, reveal_of(role, round, who)), InvalidTransaction::Stale);
		}
	});
}

#[test]
fn a_late_reveal_is_refused() {
	run(5, || {
		let (_, round, members) = closed_round();
		let end = Rounds::<Test>::get(round).unwrap().reveal_end;
		reveal_honestly(round, &members[..1]);
		run_to(end);
		let late = honest_reveal(round, members[2]);
		reveal_honestly(round, &members[1..2]);
		next_block();
		assert!(!Rounds::<Test>::contains_key(round));
		assert_refused(reveal(members[2], late), InvalidTransaction::Stale);
	});
}

#[test]
fn a_copied_commitment_cannot_be_opened() {
	run(5, || {
		let (request, round) = open_round(3);
		let members = member_list(round);
		let (a, b) = (members[0], members[1]);
		commit_honestly(round, &[a, members[2]]);
		// B seals with A's very commitment, and later says what A says.
		assert_ok!(submit(sign(commit(b, round, honest_seal(round, a)))));
		next_block();
		reveal_honestly(round, &[a]);
		let copied = Ballots::<Test>::get(round, a).unwrap().vote.unwrap();
		for salt in [salt(round, a), salt(round, b), [0; 16]] {
			let copy = Reveal { vote: copied, salt, ..honest_reveal(round, b) };
			assert_refused(reveal(b, copy), InvalidTransaction::Stale);
		}
		// Nor does A's attestation speak for B.
		let Signed::Attest(stolen, signature) = sign(reveal(a, honest_reveal(round, a))) else { unreachable!() };
		let stolen = Signed::Attest(Attestation { validator: b, ..stolen }, signature);
		assert_signed_refused(stolen, InvalidTransaction::BadProof);
		set_role([members[2]], Role::Honest);
		run_to(Rounds::<Test>::get(round).unwrap().reveal_end + 1);
		assert!(!Rounds::<Test>::contains_key(round));
		assert!(redraws(request) > 0, "two of three are not enough");
	});
}

#[test]
fn copiers_earn_nothing() {
	run(5, || {
		let model = active_model(1);
		set_role([FIRST], Role::Copier);
		let copied: Vec<_> = (0..4).map(|_| Ask::new(model).submit().unwrap()).collect();
		let before = free(FIRST);
		for id in copied {
			assert_eq!(ended(id), "output");
			assert_eq!(decision(id).votes, 4);
		}
		assert_eq!(free(FIRST), before);
	});
}

#[test]
fn a_round_zero_trace_does_not_prove_round_one() {
	run(5, || {
		let model = active_model(1);
		hush();
		let [first, second] = [(); 2].map(|()| Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap());
		run_for(2);
		let (first, second) = (round_of(first), round_of(second));
		let members = member_list(second);
		let who = members[0];
		let (old, new) = (honest_reveal(first, who).vote, honest_reveal(second, who).vote);
		assert_eq!(old.verdict, new.verdict, "the same model on the same input");
		assert_ne!(old.trace_digest, new.trace_digest, "under another key");
		// A validator that votes with the trace of the earlier run differs from those that ran the model again.
		let replay = Reveal { vote: old, ..honest_reveal(second, who) };
		assert_ok!(submit(sign(commit(who, second, seal(second, who, &old, &replay.salt)))));
		commit_honestly(second, &members[1..]);
		next_block();
		assert_ok!(submit(sign(reveal(who, replay))));
		reveal_honestly(second, &members[1..]);
		assert!(events().iter().any(
			|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Escalated { contested, .. }) if *contested == second)
		));
	});
}

#[test]
fn a_result_hash_without_its_output_is_refused() {
	run(5, || {
		let (_, round, members) = closed_round();
		let who = members[0];
		let honest = honest_reveal(round, who);
		let outputs = [
			None,
			Some(Output::Inline(vec![1; 40].try_into().unwrap())),
			Some(Output::Blob { size: 20_000, top: [1; 32] }),
		];
		for output in outputs {
			assert_refused(reveal(who, Reveal { output, ..honest.clone() }), InvalidTransaction::Stale);
		}
		let input = ContentId([2; 32]);
		assert_refused(reveal(who, Reveal { input, ..honest }), InvalidTransaction::Stale);
	});
}

#[test]
fn a_vote_on_another_input_is_refused_though_it_was_sealed() {
	run(5, || {
		let (_, round, mut sealed) = closed_round_with(|round, who| {
			let mut other = honest_reveal(round, who);
			other.input = ContentId([2; 32]);
			let outputs = other.output.as_ref().unwrap().content_id();
			let result_hash = hash::result_hash(&GENESIS, &ENGINE, &model_id(1), &other.input, &outputs);
			other.vote.verdict = Verdict::Output { result_hash, load_units: 10, units: 100 };
			other
		});
		let who = member_list(round)[0];
		assert_refused(reveal(who, sealed.clone()), InvalidTransaction::Stale);
		sealed.input = honest_reveal(round, who).input;
		assert_refused(reveal(who, sealed), InvalidTransaction::Stale);
	});
}

#[test]
fn a_failure_carries_no_output() {
	run(5, || {
		let (_, round, sealed) =
			closed_round_with(|round, who| reveal_of(Role::Fails(FailReason::ModelTrap), round, who));
		let who = member_list(round)[0];
		let output = Some(Output::Inline(vec![1; 40].try_into().unwrap()));
		assert_refused(reveal(who, Reveal { output, ..sealed.clone() }), InvalidTransaction::Stale);
		assert_ok!(submit(sign(reveal(who, sealed))));
	});
}

#[test]
fn an_active_model_may_fail_to_load() {
	run(5, || {
		let (_, round, sealed) =
			closed_round_with(|round, who| reveal_of(Role::Fails(FailReason::ModelInvalid), round, who));
		let who = member_list(round)[0];
		let output = Some(Output::Inline(vec![1; 40].try_into().unwrap()));
		assert_refused(reveal(who, Reveal { output, ..sealed.clone() }), InvalidTransaction::Stale);
		assert_ok!(submit(sign(reveal(who, sealed))));
	});
}

#[test]
fn a_load_that_fails_uses_no_more_units_than_the_request_buys() {
	run(5, || {
		let (_, round, sealed) = closed_round_with(|round, who| {
			let mut greedy = reveal_of(Role::Fails(FailReason::ModelInvalid), round, who);
			greedy.vote.verdict = Verdict::Failed { reason: FailReason::ModelInvalid, units: 501 };
			greedy
		});
		assert_refused(reveal(member_list(round)[0], sealed), InvalidTransaction::Stale);
	});
}

#[test]
fn more_units_than_the_request_buys_are_refused() {
	run(5, || {
		let (_, round, sealed) = closed_round_with(|round, who| {
			let mut greedy = honest_reveal(round, who);
			let Verdict::Output { units, .. } = &mut greedy.vote.verdict else { panic!("no output") };
			*units = 501;
			greedy
		});
		assert_refused(reveal(member_list(round)[0], sealed), InvalidTransaction::Stale);
	});
}

#[test]
fn a_run_that_uses_less_than_its_load_is_refused() {
	run(5, || {
		let (_, round, sealed) = closed_round_with(|round, who| {
			let mut odd = honest_reveal(round, who);
			let Verdict::Output { load_units, units, .. } = &mut odd.vote.verdict else { panic!("no output") };
			*load_units = *units + 1;
			odd
		});
		assert_refused(reveal(member_list(round)[0], sealed), InvalidTransaction::Stale);
	});
}

#[test]
fn an_output_that_fits_travels_with_the_reveal() {
	run(5, || {
		let (request, round, members) = closed_round();
		let honest = honest_reveal(round, members[0]);
		let Some(Output::Inline(bytes)) = &honest.output else { panic!("an output that fits") };
		let (top, id) = (assay_primitives::hash::blake2_256(bytes), ContentId::of(bytes));
		// With the true size the id is right, so only the form tells that the bytes are withheld.
		assert_eq!(Output::Blob { size: 40, top }.content_id(), id);
		for size in [0, 40, u64::from(MAX_INLINE_OUTPUT), u64::from(MAX_INLINE_OUTPUT) + 1, 1 << 40] {
			let output = Some(Output::Blob { size, top });
			assert_refused(reveal(members[0], Reveal { output, ..honest.clone() }), InvalidTransaction::Stale);
		}
		reveal_honestly(round, &members);
		assert_eq!(await_end(request).output, honest.output);
	});
}

#[test]
fn the_size_of_an_output_that_is_a_blob_is_bound_by_the_result_hash() {
	run(5, || {
		let model = active_model(1);
		plan(model, Planned::Blob(1 << 20), 100);
		let (_, round) = open_round_of(Ask::new(model));
		let members = member_list(round);
		commit_honestly(round, &members);
		next_block();
		let honest = honest_reveal(round, members[0]);
		let Some(Output::Blob { top, .. }) = honest.output else { panic!("the output is a blob") };
		let output = Some(Output::Blob { size: (1 << 20) + 1, top });
		assert_refused(reveal(members[0], Reveal { output, ..honest }), InvalidTransaction::Stale);
		reveal_honestly(round, &members);
	});
}

#[test]
fn a_larger_output_is_a_blob() {
	run(5, || {
		let model = active_model(1);
		plan(model, Planned::Blob(1 << 20), 100);
		let id = Ask::new(model).submit().unwrap();
		let expected =
			Output::Blob { size: 1 << 20, top: h("test/output", (model, Ask::new(model).input.content_id())) };
		assert_eq!(await_end(id).output, Some(expected.clone()));
		let Ended::Final(claim) = await_end(id).ended else { panic!("not final") };
		assert_eq!(claim.output, Some(expected.content_id()));
	});
}

#[test]
fn an_output_of_the_largest_inline_size_is_stored() {
	run(1, || {
		let model = active_model(1);
		plan(model, Planned::Inline(MAX_INLINE_OUTPUT as usize), 100);
		let id = Ask::new(model).submit().unwrap();
		assert!(
			matches!(await_end(id).output, Some(Output::Inline(bytes)) if bytes.len() == MAX_INLINE_OUTPUT as usize)
		);
	});
}

#[test]
fn a_reveal_is_weighed_as_the_end_of_its_round_and_of_none_that_is_larger() {
	run(9, || {
		let (_, round) = open_round(5);
		let list = member_list(round);
		commit_honestly(round, &list);
		next_block();
		let honest = honest_reveal(round, list[0]);
		assert_eq!(honest.voters, 5);
		assert_refused(reveal(list[0], Reveal { voters: 4, ..honest.clone() }), InvalidTransaction::Stale);
		assert_ok!(submit(sign(reveal(list[0], honest))));
	});
}
