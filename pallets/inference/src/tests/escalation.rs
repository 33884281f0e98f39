//! Votes that differ: every validator runs the model, two thirds decide.

use super::*;
use assay_primitives::{constants::UNITS_PER_BLOCK, FailReason, Fault};
use frame_support::assert_ok;

/// Makes a request for the first model, and gives it a committee of which exactly these members play a role; outsiders are
/// honest. Ends in the first block that takes commits.
pub(super) fn committee(k: u32, role: Role, count: usize) -> (RequestId, RoundId, Vec<u64>) {
	let model = if Models::<Test>::contains_key(model_id(1)) { model_id(1) } else { active_model(1) };
	let id = Ask { k: Some(k), ..Ask::new(model) }.submit().unwrap();
	next_block();
	finish_block();
	let round = round_of(id);
	let hostile: Vec<u64> = members(round).into_iter().take(count).collect();
	set_role(hostile.clone(), role);
	next_block();
	(id, round, hostile)
}

fn contradictions() -> usize {
	count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::Escalated { .. })))
}

#[test]
fn a_liar_in_the_committee_escalates_and_all_of_the_validators_decide() {
	run(7, || {
		let (id, contested, liars) = committee(3, Role::Liar(1), 1);
		let n = now() - 2;
		let contested_key = trace_keys(contested)[0];
		next_block();
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Escalated { subject: Subject::Request(id), contested })));
		assert_eq!(stage(id), Stage::Escalated(None));
		next_block();
		finish_block();
		let Stage::Escalated(Some(round)) = stage(id) else { panic!("not drawn") };
		let kind = RoundKind::Everybody {
			contested: Some(ContestedRound { round: contested, key: contested_key }),
			repeated: false,
		};
		let drawn = RuntimeEvent::Voting(RoundsEvent::RoundDrawn {
			round,
			subject: Subject::Request(id),
			kind,
			members: 7,
			threshold: 5,
		});
		assert_eq!(log().last(), Some(&(n + 4, drawn)));
		assert_eq!(members(round), validators().into_iter().collect());
		next_block();
		let verdict = honest_verdict(round);
		next_block();
		let final_at = n + 7;
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Agreed {
			subject: Subject::Request(id),
			verdict,
			votes: 6,
			final_at
		})));
		run_to(final_at);
		let expected = Decision {
			round,
			verdict,
			votes: 6,
			k: 7,
			q: 0,
			v: 7,
			escalated: true,
			audits: 0,
			auditors: 0,
			power: 6,
			total: 7,
			window: Window::Blocks(0),
		};
		assert_eq!(decision(id), expected);
		assert!(liars.iter().all(|liar| free(*liar) == ED + activation_share()), "the losing vote is not paid");
	});
}

/// Plancks that each of the seven got for the activation of the first model.
fn activation_share() -> u128 {
	price(ActivationUnits::get(), 2_000, 7) / 7
}

#[test]
fn a_vote_in_an_escalation_carries_the_digest_under_the_contested_key() {
	run(7, || {
		let (id, contested, _) = committee(3, Role::Liar(1), 1);
		let contested_key = trace_keys(contested)[0];
		let old = honest_reveal(contested, FIRST).vote;
		run_for(2);
		let round = await_round(id);
		assert_eq!(trace_keys(round)[1], contested_key);
		let new = honest_reveal(round, FIRST).vote;
		assert_eq!(old.verdict, new.verdict);
		assert_ne!(old.trace_digest, new.trace_digest, "a new key: the contested run does not answer");
		assert_eq!(new.contested_digest, Some(old.trace_digest), "and the old one, to tell whose trace was invented");
		assert_eq!(old.contested_digest, None);
		await_end(id);
	});
}

#[test]
fn an_invented_trace_escalates_though_the_verdict_is_right() {
	run(7, || {
		let (id, ..) = committee(5, Role::Framer, 1);
		assert_eq!(ended(id), "output");
		assert_eq!(contradictions(), 1);
		assert_eq!(decision(id).votes, 6);
	});
}

#[test]
fn four_colluders_do_not_frame_one_honest_member() {
	run(13, || {
		let (id, contested, _) = committee(5, Role::Liar(1), 4);
		next_block();
		// q of the committee agree on the lie, and it is not attested.
		let agreeing = Votes::get()[&contested].values().filter(|vote| vote.verdict != honest_verdict_of(id)).count();
		assert_eq!(agreeing, 4);
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Escalated { subject: Subject::Request(id), contested })));
		assert_eq!(ended(id), "output");
		assert_eq!(decision(id).verdict, honest_verdict_of(id));
		assert_eq!(decision(id).votes, 9);
	});
}

/// The honest verdict on [`Ask::new`] of the first model.
fn honest_verdict_of(_: RequestId) -> Verdict {
	let input = Ask::new(model_id(1)).input.content_id();
	vote_of(&execute(model_id(1), input, 500, &[[0; 32]]), model_id(1)).verdict
}

#[test]
fn a_lazy_cartel_that_always_fails_is_contradicted() {
	run(7, || {
		let (id, ..) = committee(3, Role::Fails(FailReason::ModelTrap), 2);
		assert_eq!(ended(id), "output");
		assert_eq!(contradictions(), 1);
	});
}

#[test]
fn two_thirds_decide_though_others_disagree() {
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 1);
		let outsider = validators().into_iter().find(|who| !Roles::get().contains_key(who)).unwrap();
		set_role([outsider], Role::Framer);
		assert_eq!(ended(id), "output");
		let decision = decision(id);
		assert_eq!((decision.votes, decision.q), (5, 0));
	});
}

#[test]
fn without_two_thirds_the_whole_fee_returns() {
	run(7, || {
		let before = free(REQUESTER);
		let (id, ..) = committee(3, Role::Liar(1), 2);
		let third = validators().into_iter().find(|who| !Roles::get().contains_key(who)).unwrap();
		set_role([third], Role::Liar(1));
		let escrow = request(id).escrow;
		assert_eq!(ended(id), "unresolved");
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::InferenceUnresolved { request: id, refunded: escrow })));
		assert_eq!(free(REQUESTER), before);
		let record = result(id);
		assert_eq!((record.paid, record.output), (0, None));
		assert_eq!(contradictions(), 1, "an escalation does not escalate");
		assert!(!FinalizedIn::<Test>::contains_key(record.ended_at));
	});
}

#[test]
fn fewer_than_a_third_that_lie_are_found_out_a_half_leaves_it_open_and_two_thirds_decide() {
	for (liars, end) in [(2, "output"), (4, "unresolved"), (5, "unresolved"), (7, "output")] {
		run(9, || {
			let (before, all) = (free(REQUESTER), validators());
			let (id, round, hostile) = committee(9, Role::Liar(1), liars);
			let honest = honest_verdict(round);
			assert_eq!(ended(id), end);
			let faults = Faults::get();
			if end == "unresolved" {
				assert_eq!((free(REQUESTER), faults.len()), (before, 0), "nobody knows who was wrong");
				return;
			}
			let decision = decision(id);
			assert!(decision.escalated && u64::from(decision.votes) >= math::two_thirds_of(9));
			assert_eq!(decision.verdict == honest, liars == 2, "two thirds decide what is true");
			let wrong = |who: &u64| hostile.contains(who) == (liars == 2);
			let lost: Vec<u64> = all.into_iter().filter(wrong).collect();
			let mut found = faults;
			found.retain(|(_, fault)| *fault == Fault::WrongVerdict);
			found.sort_by_key(|(who, _)| *who);
			assert_eq!(found.into_iter().map(|(who, _)| who).collect::<Vec<_>>(), lost);
		});
	}
}

#[test]
fn an_escalation_that_nobody_answers_is_unresolved_at_its_deadline() {
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 1);
		next_block();
		assert_eq!(stage(id), Stage::Escalated(None));
		let n = now();
		hush();
		run_to(n + 6);
		assert!(matches!(stage(id), Stage::Escalated(Some(_))));
		next_block();
		assert_eq!(ended(id), "unresolved");
	});
}

#[test]
fn members_that_commit_and_do_not_reveal_in_an_escalation_do_not_stop_it() {
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 1);
		next_block();
		let n = now();
		let outsider = validators().into_iter().find(|who| !Roles::get().contains_key(who)).unwrap();
		set_role([outsider], Role::Withholder);
		assert_eq!(ended(id), "output");
		assert_eq!(decision(id).votes, 5);
		// Drawn n+1, committed n+2, revealed until n+18, decided n+19, final n+20.
		assert_eq!(result(id).ended_at, n + 20);
	});
}

#[test]
fn the_windows_of_an_escalation_grow_with_the_work() {
	run(7, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), unit_limit: UNITS_PER_BLOCK * 3, ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		let liar = member_list(round_of(id))[0];
		set_role([liar], Role::Liar(1));
		while stage(id) != Stage::Escalated(None) {
			next_block();
		}
		let drawn = now() + 1;
		next_block();
		finish_block();
		let round = Rounds::<Test>::get(round_of(id)).unwrap();
		assert_eq!((round.commit_min, round.commit_end), (drawn + 4, drawn + 11));
		assert_eq!(round.growth, 3);
		assert_eq!(ended(id), "output");
	});
}

#[test]
fn the_treasury_adds_to_the_escrow_what_an_escalation_of_everybody_costs() {
	run(7, || {
		let before = free(REQUESTER);
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		let treasury = free(TREASURY);
		assert_eq!(ended(id), "output");
		let each = per_voter(100, 5);
		let shared = 3 * each / 6;
		for who in validators() {
			let earned = if liars.contains(&who) { 0 } else { each };
			assert_eq!(free(who), ED + activation_share() + earned);
		}
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::EscalationPaid { request: id, each: each - shared })));
		assert_eq!(free(REQUESTER), before - BasePrice::get() - 6 * shared);
		assert_eq!(free(TREASURY), treasury + BasePrice::get() - 6 * (each - shared));
	});
}

#[test]
fn what_the_treasury_adds_is_shared_as_all_else_that_is_earned() {
	run(7, || {
		let (id, _, liars) = committee(3, Role::Liar(1), 1);
		set_free(PARTNER, ED);
		Sharing::set(validators());
		assert_eq!(ended(id), "output");
		let each = per_voter(100, 5);
		let shared = 3 * each / 6;
		let parts = [shared, each - shared].map(|part| part / 2).iter().sum::<u128>();
		assert_eq!(free(PARTNER), ED + 6 * parts);
		for who in validators().into_iter().filter(|who| !liars.contains(who)) {
			assert_eq!(free(who), ED + activation_share() + each - parts);
		}
	});
}

#[test]
fn a_poor_treasury_adds_what_it_has_and_keeps_its_account() {
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 1);
		set_free(TREASURY, ED + 60);
		assert_eq!(ended(id), "output");
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::EscalationPaid { request: id, each: 10 })));
		assert_eq!(free(TREASURY), ED + BasePrice::get());
	});
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 1);
		set_free(TREASURY, ED);
		assert_eq!(ended(id), "output");
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Inference(OwnEvent::EscalationPaid { .. }))), 0);
	});
}

#[test]
fn nobody_is_penalised_in_a_round() {
	run(7, || {
		let (id, ..) = committee(3, Role::Liar(1), 2);
		let before: Vec<u128> = validators().into_iter().map(free).collect();
		await_end(id);
		let after: Vec<u128> = validators().into_iter().map(free).collect();
		assert!(before.iter().zip(&after).all(|(before, after)| before <= after));
	});
}

#[test]
fn a_contradiction_waits_for_all_who_committed() {
	run(7, || {
		let (id, round) = open_round(5);
		let members = member_list(round);
		commit_honestly(round, &members[..4]);
		let lie = reveal_of(Role::Liar(1), round, members[4]);
		assert_ok!(submit(sign(commit(members[4], round, seal(round, members[4], &lie.vote, &lie.salt)))));
		next_block();
		assert_ok!(submit(sign(reveal(members[4], lie))));
		reveal_honestly(round, &members[..3]);
		assert_eq!(contradictions(), 0);
		run_to(Rounds::<Test>::get(round).unwrap().reveal_end);
		assert_eq!(contradictions(), 0);
		next_block();
		assert_eq!(contradictions(), 1, "the last one did not reveal in time");
		assert_eq!(stage(id), Stage::Escalated(None));
	});
}
