"""Mutants of the pallets and of the kernels: see scripts/mutants.sh."""

import os
import subprocess
import sys
from pathlib import Path

ROUNDS = "pallets/rounds/src/"
MODELS = "pallets/models/src/"
INFERENCE = "pallets/inference/src/"
VALIDATORS = "pallets/validators/src/"
COUNCIL = "pallets/council/src/"
MEMORY = "pallets/memory/src/"
KERNELS = "engine/kernels/src/"

# A condition that is taken to hold, or never to hold, whatever it says.
ALWAYS, NEVER = "true", "false"

# Tests that compare kernels with digests of what every machine finds.
GOLDEN_CASES, GOLDEN_FUNCTIONS = "every_instruction_set_gives_the_same_memory", "every_instruction_set_finds_the_same_bits"

# Each mutant: its name, the file, the expression, its replacement, and the tests that have to fail then. Entries of one name go together.
# An expression that stands in several places comes with what follows it in the one that is meant.
MUTANTS = [
    ("finders get nothing of delegators", VALIDATORS + "lib.rs", "pools::part(cost, stake.bond, stake.whole())", "cost",
     ["a_validator_that_finds_its_own_fault_gets_nothing_of_its_delegators"]),
    ("delegations are penalised", VALIDATORS + "delegation.rs", "part(amount, stake.delegated(), stake.whole())", "0",
     ["a_penalty_is_taken_of_bond_and_delegations_in_proportion", "who_leaves_just_before_a_penalty_pays_its_part"]),
    ("what leaves is penalised", VALIDATORS + "delegation.rs", "part(from_pot, stake.leaving, stake.delegated())", "0",
     ["a_penalty_is_taken_of_bond_and_delegations_in_proportion"]),
    ("a penalty is a part of delegations, too", VALIDATORS + "penalties.rs", "part.max(Perbill::from_perthousand(fault.per_mille())).mul_floor(stake.whole())",
     "part.max(Perbill::from_perthousand(fault.per_mille())).mul_floor(stake.bond)",
     ["a_penalty_is_taken_of_bond_and_delegations_in_proportion"]),
    ("who leaves is liable", VALIDATORS + "delegation.rs", "!leaves || now >= delegation.until", ALWAYS,
     ["who_leaves_just_before_a_penalty_pays_its_part", "who_delegates_for_one_reward_is_bound_as_long_as_anybody",
      "who_keeps_a_seat_because_nobody_else_is_there_keeps_its_delegators"]),
    ("who leaves is liable for a seat that stays", VALIDATORS + "delegation.rs",
     "pallet_session::Validators::<T>::get().contains(&validator)", NEVER,
     ["who_keeps_a_seat_because_nobody_else_is_there_keeps_its_delegators"]),
    ("what leaves waits for the last part", VALIDATORS + "delegation.rs",
     "if was_leaving { until.max(delegation.until) } else { until }", "if was_leaving { until.min(delegation.until) } else { until }",
     ["taking_more_back_does_not_set_the_first_free_earlier"]),
    ("nobody leaves without its part of a penalty", VALIDATORS + "delegation.rs", "due == 0 || pay_due", ALWAYS,
     ["who_leaves_just_before_a_penalty_pays_its_part", "small_penalties_keep_no_delegator_for_ever"]),
    ("who leaves pays its part", VALIDATORS + "delegation.rs", "stake.due_of(worth)", "0",
     ["small_penalties_keep_no_delegator_for_ever", "who_leaves_just_before_a_penalty_pays_its_part"]),
    ("what a leaver has paid is nobody else's", VALIDATORS + "delegation.rs", "candidate.paid.saturating_add(due)", "candidate.paid",
     ["small_penalties_keep_no_delegator_for_ever"]),
    ("nobody delegates while a penalty is due", VALIDATORS + "delegation.rs", "candidate.due == 0", ALWAYS,
     ["what_is_forgiven_returns_to_those_who_have_stayed_and_to_nobody_who_came"]),
    ("delegations have a smallest", VALIDATORS + "delegation.rs", "amount >= T::MinDelegation::get()", ALWAYS,
     ["who_takes_no_delegation_gets_none"]),
    ("who keeps all takes no delegation", VALIDATORS + "delegation.rs", "!closed", ALWAYS,
     ["who_takes_no_delegation_gets_none", "a_higher_commission_is_announced_for_a_whole_era"]),
    ("a higher commission is announced", VALIDATORS + "delegation.rs",
     "if commission > now { era.saturating_add(ANNOUNCED_ERAS).saturating_add(1) } else { era }", "era",
     ["a_higher_commission_is_announced_for_a_whole_era"]),
    ("the smallest bond is the validator's own", VALIDATORS + "delegation.rs", "Self::stake(who, candidate).own()",
     "Self::stake(who, candidate).counted()", ["delegations_are_no_bond"]),
    ("a share is not dear", VALIDATORS + "pools.rs", "pool.add(&mut own, amount)? < FEWEST_SHARES {", "pool.add(&mut own, amount)? == 0",
     ["the_first_delegator_cannot_make_a_share_so_dear_that_others_lose_by_it", "nobody_takes_out_more_than_its_part_whatever_happens_in_between"]),
    ("shares of an earlier pool are worth nothing", VALIDATORS + "pools.rs", "share.generation == self.generation {", ALWAYS,
     ["a_pool_that_a_penalty_empties_is_a_new_one", "nobody_takes_out_more_than_its_part_whatever_happens_in_between"]),
    ("roundings favour the pool", VALIDATORS + "pools.rs", "part_up(asked, self.shares, self.stake)", "part(asked, self.shares, self.stake)",
     ["nobody_takes_out_more_than_its_part_whatever_happens_in_between"]),
    ("no plancks without a share", VALIDATORS + "pools.rs", "if burnt == own { worth } else { asked }", "asked",
     ["nobody_takes_out_more_than_its_part_whatever_happens_in_between"]),
    ("delegations give power", VALIDATORS + "session.rs", "Candidates::<T>::get(who).map_or(0, |candidate| Self::stake(who, &candidate).counted())",
     "Candidates::<T>::get(who).map_or(0, |candidate| Self::stake(who, &candidate).own())",
     ["a_delegation_adds_to_the_voting_power_from_the_next_election_on"]),
    ("a payment is divided", INFERENCE + "results.rs", "T::Earnings::pay(voter, each, &mut pay)", "pay(voter, each)",
     ["whoever_shares_what_it_earns_is_paid_in_parts_and_nobody_pays_more_for_it"]),
    ("the council decides by power", COUNCIL + "lib.rs", "powers.iter().filter(|(known, _)| motion.supporters.contains(known)).fold(0, sum)",
     "total.saturating_mul(motion.supporters.len() as u64) / powers.len().max(1) as u64",
     ["one_head_with_most_of_the_power_decides_and_many_heads_with_little_do_not",
      "power_is_that_of_the_decision_and_not_of_the_support"]),
    ("two thirds of the council are not enough", COUNCIL + "lib.rs",
     "u128::from(power).saturating_mul(3) > u128::from(total).saturating_mul(2)",
     "u128::from(power).saturating_mul(3) >= u128::from(total).saturating_mul(2)", ["two_thirds_and_not_more_decide_nothing"]),
    ("half of the council are not enough", COUNCIL + "lib.rs",
     "u128::from(power).saturating_mul(3) > u128::from(total).saturating_mul(2)",
     "u128::from(power).saturating_mul(2) >= u128::from(total)",
     ["more_than_two_thirds_have_a_call_made_as_root_after_the_delay_and_not_before"]),
    ("who has left supports nothing", COUNCIL + "lib.rs", "powers.iter().any(|(known, _)| known == supporter)", ALWAYS,
     ["support_of_somebody_who_has_left_or_was_put_out_counts_for_nothing", "a_whole_set_that_has_left_decides_nothing"]),
    ("validators alone propose", COUNCIL + "lib.rs", "powers.iter().any(|(who, _)| *who == proposer)", ALWAYS,
     ["a_whole_set_that_has_left_decides_nothing"]),
    ("validators alone support", COUNCIL + "lib.rs", "powers.iter().any(|(validator, _)| *validator == who)", ALWAYS,
     ["nobody_decides_early_twice_or_for_others", "where_nobody_counts_nobody_decides"]),
    ("who supports twice counts once", COUNCIL + "lib.rs", "*supporter != who", ALWAYS,
     ["nobody_decides_early_twice_or_for_others"]),
    ("support names its call", COUNCIL + "lib.rs", "found.call.hash() == call", ALWAYS,
     ["support_is_for_a_call_and_not_for_its_number_on_another_fork"]),
    ("a motion ends", COUNCIL + "lib.rs", "!Self::has_ended(&found)", ALWAYS,
     ["a_motion_that_has_ended_is_closed_by_anybody_and_its_deposit_returns"]),
    ("a motion is not closed early", COUNCIL + "lib.rs", "Self::has_ended(&found) || (is_full() && has_left())", ALWAYS,
     ["nobody_decides_early_twice_or_for_others", "a_flood_of_motions_keeps_no_validator_out"]),
    ("who has left blocks no place", COUNCIL + "lib.rs", "(is_full() && has_left())", NEVER, ["a_flood_of_motions_keeps_no_validator_out"]),
    ("a proposer has two motions", COUNCIL + "lib.rs", "held <= deposit.saturating_mul(T::MotionsPerMember::get().into())", ALWAYS,
     ["a_proposer_has_two_motions_open_and_pays_for_each"]),
    ("other calls wait for the delay", COUNCIL + "lib.rs", "call.is_ok_and(|call| T::AtOnce::contains(&call))", "call.is_ok()",
     ["more_than_two_thirds_have_a_call_made_as_root_after_the_delay_and_not_before",
      "what_makes_something_milder_is_made_at_once_and_nothing_else_is"]),
    ("what is made at once is not made as root", COUNCIL + "lib.rs", "if at_once { Origin::TwoThirds.into() } else { RawOrigin::Root.into() }",
     "if !at_once { Origin::TwoThirds.into() } else { RawOrigin::Root.into() }",
     ["more_than_two_thirds_have_a_call_made_as_root_after_the_delay_and_not_before"]),
    # Memory.
    ("a commit follows the last one", MEMORY + "lib.rs", "Some(seq) == last.checked_add(1)", ALWAYS, ["of_two_commits_at_once_one_is_refused"]),
    ("who has no right commits nothing", MEMORY + "lib.rs", "rights.has(Rights::APPEND) || rights.has(Rights::EDIT)", ALWAYS,
     ["who_has_no_right_commits_nothing", "a_grant_ends_with_its_last_block"]),
    ("who may append drops nothing", MEMORY + "lib.rs", "rights.has(Rights::EDIT) || drop.is_empty()", ALWAYS,
     ["who_may_append_drops_nothing_and_loses_no_record"]),
    ("records are not lost", MEMORY + "lib.rs", "records >= before", ALWAYS, ["who_may_append_drops_nothing_and_loses_no_record"]),
    ("a commit has the epoch of its space", MEMORY + "lib.rs", "epoch >= found.epoch && epoch <= newest", ALWAYS,
     ["who_was_revoked_commits_nothing_and_the_next_commit_has_another_epoch"]),
    ("a grant ends", MEMORY + "grants.rs", "grant.until.is_none_or(|last| now <= last)", ALWAYS, ["a_grant_ends_with_its_last_block"]),
    ("a grantee gives no more than it has", MEMORY + "grants.rs", "own.has(rights)", ALWAYS,
     ["grants_are_given_by_the_owner_and_in_part_by_those_who_may"]),
    ("the owner alone gives the right to grant", MEMORY + "grants.rs", "!rights.has(Rights::GRANT)", ALWAYS,
     ["grants_are_given_by_the_owner_and_in_part_by_those_who_may"]),
    ("a space has its bound", MEMORY + "spaces.rs", "found.bytes <= T::MaxSpaceBytes::get()", ALWAYS,
     ["spaces_and_the_network_have_their_bounds_and_what_goes_makes_room"]),
    ("the network has its bound", MEMORY + "spaces.rs", "total <= T::MaxTotalBytes::get()", ALWAYS,
     ["spaces_and_the_network_have_their_bounds_and_what_goes_makes_room"]),
    ("an opened vote is the sealed one", ROUNDS + "attest.rs", "ballot.commit != Some(commitment)", NEVER,
     ["a_copied_commitment_cannot_be_opened", "copiers_earn_nothing", "a_revealed_vote_with_another_salt_is_refused"]),
    ("nobody commits after the window", ROUNDS + "seals.rs", "(now <= round.commit_end, round.commit_end)", "(true, round.commit_end)",
     ["who_sees_a_reveal_cannot_add_a_vote"]),
    ("a seal's signature is checked", ROUNDS + "seals.rs", "!placed.key.verify(&payload, &seal.signature)", NEVER,
     ["a_seal_is_for_one_chain_round_seed_terms_and_validator", "rotating_a_key_between_draw_and_attestation_changes_nothing"]),
    ("a second seal is a fault", ROUNDS + "seals.rs", "(known != seal.commitment).then_some(Timing::Second)", "None",
     ["two_seals_in_a_round_cost_the_whole_bond_in_every_stage_of_it"]),
    ("a fault of seals is told once", ROUNDS + "seals.rs", "told {", NEVER,
     ["two_seals_in_a_round_cost_the_whole_bond_in_every_stage_of_it"]),
    ("a seal that a fork has lost is handed in", ROUNDS + "seals.rs", "Some(Timing::Late)", "None",
     ["who_lies_looks_and_has_another_fork_built_finds_its_lie_there", "a_seal_after_its_time_is_no_vote_and_is_to_be_opened_all_the_same"]),
    ("a seal names what its round runs", ROUNDS + "seals.rs",
     'h("assay/terms", (subject, terms.model, terms.engine, terms.input, terms.unit_limit, contested))', "[0; 32]",
     ["the_terms_of_a_round_are_what_it_runs_and_what_it_judges"]),
    ("nobody shows itself before the committee is final", ROUNDS + "offchain.rs",
     "finalized >= round.commit_end || round.kind.is_everybody()", ALWAYS,
     ["nobody_shows_itself_before_the_block_that_has_closed_the_committee_is_final"]),
    ("a node seals one vote", ROUNDS + "offchain.rs", "kept_seal(&duty.id) {", "None::<Sealed>",
     ["a_node_seals_one_vote_in_a_round_whatever_happens_to_it"]),
    ("a second run confirms the first", ROUNDS + "offchain.rs",
     "Self::finds_otherwise(watch, Some(again), genesis) != Some(vote)", NEVER,
     ["it_says_nothing_against_what_it_finds_otherwise_only_once"]),
    ("who has lost a dispute raises no other by itself", ROUNDS + "offchain.rs", "Self::has_lost_a_dispute(validator, now)", NEVER,
     ["it_disputes_nothing_more_for_an_era_after_it_has_lost"]),
    ("an attestation disputes with a hold", ROUNDS + "standings.rs",
     "T::Currency::can_hold(&HoldReason::Dispute.into(), validator, hold)", ALWAYS,
     ["an_attestation_disputes_as_the_call_does_with_the_validators_plancks"]),
    ("a reveal is weighed as the end of its round", ROUNDS + "attest.rs", "reveal.voters < round.voters()", NEVER,
     ["a_reveal_is_weighed_as_the_end_of_its_round_and_of_none_that_is_larger"]),
    ("two authors end the auditors' phase", ROUNDS + "rounds.rs", "Self::author_since() < now", NEVER,
     ["auditors_are_heard_until_the_last_two_blocks_are_by_two_authors",
      "an_author_that_leaves_auditors_out_of_its_blocks_does_not_end_their_time"]),
    ("two authors make blocks in a window", ROUNDS + "standings.rs", "Self::two_authors_between(agreement.agreed_at, now)", ALWAYS,
     ["a_window_is_not_over_while_one_author_has_made_all_of_its_blocks"]),
    ("an auditor without the input stops an agreement", ROUNDS + "rounds.rs", "round.lacks_auditors()", NEVER,
     ["all_judge_the_members_where_an_auditor_lacks_the_input_whoever_has_sealed",
      "an_input_that_only_members_have_costs_those_who_vote_about_it_half_of_their_bonds"]),
    ("auditors lack no input as long as they may object", ROUNDS + "ended.rs",
     "signal.kind != SignalKind::InputUnavailable || signal.proof.is_none()", ALWAYS,
     ["an_auditor_that_lacks_the_input_says_so_as_long_as_it_may_object", "an_auditor_that_cannot_get_what_others_agreed_on_says_so"]),
    ("nobody lacks what travelled in a call", ROUNDS + "ended.rs", "!T::Subjects::terms(&ended.subject)?.fetched", NEVER,
     ["an_auditor_that_lacks_the_input_says_so_as_long_as_it_may_object"]),
    ("nobody lacks what travelled in a call, in the phase", ROUNDS + "attest.rs",
     "signal.kind == SignalKind::ModelUnavailable || T::Subjects::terms(&round.subject)?.fetched", ALWAYS,
     ["an_auditor_says_nothing_of_bytes_that_travelled_in_the_call"]),
    ("who lacks the input proves that it audits", ROUNDS + "authorize.rs",
     "Self::audits(&agreement, who, &key, item.proof.as_ref())", ALWAYS,
     ["an_auditor_that_lacks_the_input_says_so_as_long_as_it_may_object"]),
    ("nobody has to keep the input of a final result", ROUNDS + "faults.rs", "Self::reopened(&round.subject).is_none()", ALWAYS,
     ["a_dispute_of_a_final_result_that_fails_for_want_of_bytes_returns_half_of_its_hold"]),
    ("who votes about an input that nobody gets pays", ROUNDS + "faults.rs",
     "decided.is_none() && math::half(without_input, round.counts()) && kept()", NEVER,
     ["an_input_that_only_members_have_costs_those_who_vote_about_it_half_of_their_bonds",
      "who_opens_a_vote_late_about_an_input_that_nobody_else_has_pays_half_of_its_bond"]),
    ("a vote that is opened when nobody can judge it pays", ROUNDS + "ended.rs", "Some(Fault::Withheld)", "None",
     ["who_opens_a_vote_late_about_an_input_that_nobody_else_has_pays_half_of_its_bond"]),
    ("an auditor's signal in vain costs", ROUNDS + "faults.rs", "Self::idle_auditors(contested)", "Vec::<AccountIdOf<T>>::new()",
     ["an_auditor_that_lacks_the_input_says_so_as_long_as_it_may_object"]),
    ("nobody finds where more than half judge", ROUNDS + "faults.rs", "decided.is_some() {", ALWAYS,
     ["nobody_is_rewarded_where_more_than_half_judge"]),
    ("reveals wait for a third where a seal is shut", ROUNDS + "rounds.rs",
     "Self::more_than_a_third_between(round.audit_end, now, Zero::zero(), round.total)", ALWAYS,
     ["one_author_does_not_end_the_time_for_reveals_while_a_seal_is_shut"]),
    ("reveals do not wait for ever", ROUNDS + "rounds.rs", "now > most", NEVER,
     ["the_time_for_reveals_is_over_when_more_than_a_third_have_made_blocks_in_it_or_after_a_hundred"]),
    ("an assured window waits for finality", ROUNDS + "rounds.rs", "*is_final >= closed", ALWAYS,
     ["a_window_that_is_assured_is_not_over_before_the_seals_are_final_for_more_than_a_third",
      "it_objects_when_the_committees_seals_are_final"]),
    ("a node objects when the seals are final", ROUNDS + "offchain.rs",
     "finalized >= *sealed_at || (last && !is_assured(decision.window, decision.v))", ALWAYS,
     ["it_objects_when_the_committees_seals_are_final"]),
    ("a node objects at the end of a fixed window", ROUNDS + "offchain.rs", "last && !is_assured(decision.window, decision.v)", NEVER,
     ["it_objects_at_the_end_of_a_window_that_does_not_wait_for_finality"]),
    ("who is held back is in no committee", ROUNDS + "rounds.rs", "held_back.iter().any(|(who, _)| who == account)", NEVER,
     ["who_keeps_seals_shut_where_few_opened_is_in_no_committee_until_it_opens_them"]),
    ("an outage costs once in an era", VALIDATORS + "penalties.rs",
     "fault.once_in_an_era().iter().any(|fault| Penalties::<T>::contains_key((era, who, fault)))",
     "!fault.once_in_an_era().is_empty() && Penalties::<T>::contains_key((era, who, fault))",
     ["an_outage_costs_a_thousandth_in_an_era_whatever_was_missed_in_it"]),
    ("a lie that is opened late is a lie", ROUNDS + "ended.rs", "T::Subjects::contradicts(&ended.subject, id, verdict)", NEVER,
     ["who_opens_its_lie_late_pays_as_for_any_lie", "who_opens_its_lie_about_a_model_late_pays_as_for_any_lie"]),
    ("who keeps its seal shut is not drawn again", ROUNDS + "rounds.rs", "!excluded.contains(account)", ALWAYS,
     ["four_liars_of_five_are_not_enough_where_the_fifths_seal_is_shut"]),
    ("who keeps seals shut in three sessions is in no committee", ROUNDS + "rounds.rs", "!barred.contains(account)", ALWAYS,
     ["who_keeps_seals_shut_in_three_sessions_is_in_no_committee_and_audits_nothing_until_the_era_ends"]),
    ("who keeps seals shut in three sessions audits nothing", ROUNDS + "audits.rs", "Self::barred(now).contains(validator)", NEVER,
     ["who_keeps_seals_shut_in_three_sessions_is_in_no_committee_and_audits_nothing_until_the_era_ends"]),
    ("who has voted does not object", ROUNDS + "standings.rs", "!Self::may_object(&agreement, validator)", NEVER,
     ["an_auditor_that_has_voted_does_not_object"]),
    ("auditors are bounded", INFERENCE + "requests.rs", "audits <= T::MaxAudits::get()", ALWAYS,
     ["the_auditors_and_the_window_of_a_request_are_bounded"]),
    ("the window is bounded", INFERENCE + "requests.rs", "(T::MinWindow::get()..=T::MaxWindow::get()).contains(&blocks)", ALWAYS,
     ["the_auditors_and_the_window_of_a_request_are_bounded"]),
    ("open work is bounded by units", INFERENCE + "requests.rs", "with <= most", ALWAYS,
     ["the_largest_request_of_a_committee_of_any_size_finds_room_on_an_empty_chain",
      "a_flood_of_large_requests_keeps_no_small_one_out_and_the_other_way_round"]),
    ("short requests have room of their own", INFERENCE + "types.rs", "growth == 0", NEVER,
     ["an_input_that_can_be_withheld_takes_no_room_of_short_requests", "a_flood_of_large_requests_keeps_no_small_one_out_and_the_other_way_round"]),
    ("units are reserved for each voter", INFERENCE + "requests.rs", "unit_limit.checked_mul(voters.into())", "Some(unit_limit)",
     ["a_request_reserves_its_limit_for_each_voter_that_it_pays_for"]),
    ("units are free when a round agrees", INFERENCE + "subjects.rs", "Pallet::<T>::free(&mut request)", "()",
     ["units_are_free_once_a_round_has_agreed_and_not_only_when_the_window_is_over"]),
    ("units are free when a request ends", INFERENCE + "results.rs", "Self::free(&mut request)", "()",
     ["units_are_free_when_a_request_ends_without_an_answer"]),
    ("reserved units are compared with the requests", INFERENCE + "try_state.rs", "reserved == Reserved::<T>::get()", ALWAYS,
     ["a_sum_of_reserved_units_that_is_not_that_of_the_requests_is_seen"]),
    ("a vote of a committee has one digest", ROUNDS + "attest.rs",
     "reveal.vote.contested_digest.is_some() != round.kind.contested().is_some()", NEVER,
     ["a_vote_of_a_committee_that_carries_a_digest_for_an_escalation_is_not_taken"]),
    ("a request keeps its engine", INFERENCE + "requests.rs", "request.engine", "pallet_models::CurrentEngine::<T>::get().unwrap_or(request.engine)",
     ["an_open_request_keeps_its_engine"]),
    ("a duty is its account's", ROUNDS + "seals.rs", "Ballots::<T>::get(seal.round, &seal.validator)",
     "Ballots::<T>::iter_prefix_values(seal.round).next()", ["who_takes_over_a_place_does_not_take_over_its_duties"]),
    ("votes that differ contradict", ROUNDS + "rounds.rs", "votes.len() > 1", NEVER,
     ["four_colluders_do_not_frame_one_honest_member", "one_auditor_stops_a_captured_committee", "an_auditor_that_never_runs_earns_nothing",
      "a_round_zero_trace_does_not_prove_round_one"]),
    ("the seed is of two blocks", ROUNDS + "rounds.rs", 'h("assay/seed", (last, vrf, id))', 'h("assay/seed", (vrf, vrf, id))',
     ["the_seed_mixes_the_vrf_of_the_block_of_the_request_and_of_the_next_one"]),
    ("windows grow with the work", ROUNDS + "rounds.rs", "terms.growth", "0",
     ["every_window_of_a_larger_job_is_longer"]),
    ("results leave the state", INFERENCE + "results.rs", "Results::<T>::take(request)", "None",
     ["a_result_leaves_the_state_after_its_time"]),
    ("the contested digest is compared", ROUNDS + "faults.rs", "Some(vote.trace_digest) != decided.contested_digest", NEVER,
     ["a_framer_that_is_honest_among_all_is_found_by_the_digest_under_the_contested_key"]),
    ("traces are compared", ROUNDS + "faults.rs", "Some(vote.trace_digest) != decided.contested_digest", NEVER, []),
    ("traces are compared", ROUNDS + "faults.rs", "vote != *decided", NEVER,
     ["an_invented_trace_with_the_right_verdict_is_a_smaller_fault"]),
    ("verdicts are compared", ROUNDS + "faults.rs", "vote.verdict != decided.verdict", NEVER,
     ["a_lazy_cartel_that_always_fails_is_at_fault", "four_colluders_are_at_fault_and_the_one_they_frame_is_not"]),
    ("who does not reveal is at fault", ROUNDS + "faults.rs", "agreed.then_some(Fault::NotRevealed)", "None",
     ["who_never_opens_its_vote_where_the_others_agree_pays_a_little_then_a_quarter"]),
    ("seals that stay shut together cost more", ROUNDS + "ended.rs", "Fault::ShutTogether", "Fault::StillShut",
     ["who_never_opens_its_vote_where_the_others_are_too_few_pays_half_later"]),
    ("more than half judge where no two thirds decide", ROUNDS + "faults.rs", "math::half(*cast, round.total)", NEVER,
     ["who_lied_is_at_fault_where_more_than_half_find_something_else_and_no_two_thirds_do",
      "who_does_not_judge_contested_votes_is_at_fault_where_more_than_half_do"]),
    ("half of all do not judge", ROUNDS + "faults.rs", "math::half(*cast, round.total)", ALWAYS,
     ["nobody_is_at_fault_before_a_decision_or_where_no_more_than_half_agree"]),
    ("a member's shut seal asks for another draw", ROUNDS + "rounds.rs",
     "!everybody && ballots.iter().any(|(_, ballot)| shut(ballot))", NEVER,
     ["a_member_that_withholds_its_vote_where_the_others_agree_causes_a_redraw_too"]),
    ("few auditors prolong the window", ROUNDS + "standings.rs", "missing.saturating_mul(BLOCKS_PER_MISSING_AUDITOR)", "0",
     ["an_agreement_that_few_auditors_confirm_waits_longer"]),
    ("an auditor's shut seal prolongs the window", ROUNDS + "standings.rs", "if shut { SHUT_AUDITOR_WINDOW } else { 0 }", "0",
     ["an_agreement_waits_for_an_auditor_that_has_not_opened_its_vote"]),
    ("a third of a small set makes blocks in a window", ROUNDS + "rounds.rs", "math::a_third(authors, total.min(left))", ALWAYS,
     ["a_window_in_a_small_set_lasts_until_more_than_a_third_have_made_blocks_in_it",
      "an_assured_window_lasts_as_long_in_any_set"]),
    ("who objects finds otherwise", ROUNDS + "standings.rs", "objection.vote == agreement.vote", NEVER,
     ["only_who_was_kept_out_and_finds_otherwise_objects_and_only_in_the_window"]),
    ("an objector's proof is checked", ROUNDS + "authorize.rs", "Self::objector_is_drawn(item, who, &agreement, &key)", ALWAYS,
     ["an_auditor_whose_seal_was_left_out_objects"]),
    ("a third in trouble excuses silence", ROUNDS + "faults.rs", "lacking.saturating_mul(3) >= round.counts()", NEVER,
     ["nobody_is_at_fault_for_silence_where_a_third_has_trouble"]),
    ("signals are told", ROUNDS + "faults.rs", "(agreed && !excused && !ballot.auditor).then_some(Fault::Signalled)", "None",
     ["a_signal_is_a_fault_where_the_others_agree_and_no_third_has_trouble"]),
    ("signals are excused where the others do not agree", ROUNDS + "faults.rs", "agreed && !excused && !ballot.auditor", "!excused && !ballot.auditor",
     ["a_signal_is_no_fault_where_votes_differ"]),
    ("a third in trouble excuses signals", ROUNDS + "faults.rs", "agreed && !excused && !ballot.auditor", "agreed && !ballot.auditor",
     ["a_signal_is_a_fault_where_the_others_agree_and_no_third_has_trouble"]),
    ("two signals of an era cost nothing", VALIDATORS + "penalties.rs", "candidate.signals <= FREE_SIGNALS", NEVER,
     ["two_signals_of_an_era_cost_nothing_and_those_that_follow_a_thousandth_once"]),
    ("signals from the third on cost", VALIDATORS + "penalties.rs", "candidate.signals <= FREE_SIGNALS", ALWAYS,
     ["two_signals_of_an_era_cost_nothing_and_those_that_follow_a_thousandth_once", "signals_from_the_third_on_are_misses"]),
    ("a withheld input is paid for", INFERENCE + "results.rs", "request.input_is_blob && without_input", NEVER,
     ["a_withheld_input_pays_for_what_its_members_had_reserved"]),
    ("a withheld input is paid for with its units", INFERENCE + "results.rs",
     "work.unwrap_or(u128::MAX)", "T::BasePrice::get()",
     ["a_withheld_input_pays_for_what_its_members_had_reserved"]),
    ("a withheld input pays for auditors", INFERENCE + "results.rs", "request.paid_auditors", "0u32",
     ["a_withheld_input_pays_for_the_auditors_that_it_had_reserved"]),
    ("royalty and callback of a withheld input return", INFERENCE + "results.rs",
     "request.escrow.saturating_sub(request.royalty).saturating_sub(callback)", "request.escrow",
     ["a_withheld_input_never_costs_more_than_was_held_royalty_and_callback_apart"]),
    ("who has no answer pays nothing", INFERENCE + "results.rs", "request.input_is_blob && without_input", ALWAYS,
     ["who_always_withholds_expires_the_request_and_costs_the_requester_nothing"]),
    ("attestations are operational", ROUNDS + "lib.rs", "DispatchClass::Operational))]\n\t\t#[pallet::weight_of_authorize",
     "DispatchClass::Normal", ["an_attestation_is_operational_urgent_and_unique_for_validator_session_and_block"]),
    ("the nearest deadline goes first", ROUNDS + "authorize.rs", "TOP_PRIORITY.saturating_sub(left)", "TOP_PRIORITY",
     ["the_nearer_the_deadline_the_higher_the_priority"]),
    ("a signature is checked", ROUNDS + "authorize.rs", "!key.verify(&payload, signature)", NEVER,
     ["a_raw_flood_of_forged_calls_leaves_no_trace"]),
    ("a signature of a local transaction is checked", ROUNDS + "authorize.rs", "!key.verify(&payload, signature)",
     "!matches!(_source, TransactionSource::Local) && !key.verify(&payload, signature)", ["the_source_of_a_transaction_is_not_trusted"]),
    ("an attestation is for one fork", ROUNDS + "authorize.rs",
     "Pallet::<T>::hash_bytes(frame_system::Pallet::<T>::block_hash(attestation.block))", "[0; 32]",
     ["what_is_said_on_one_fork_is_not_taken_on_another"]),
    ("a callback has an origin of its own", INFERENCE + "callbacks.rs", "Origin::InferenceResult(request).into()",
     "frame_system::RawOrigin::from(Results::<T>::get(request).map(|record| record.owner)).into()",
     ["a_proxied_requesters_callback_has_no_power_of_the_requester"]),
    ("callbacks are filtered", INFERENCE + "callbacks.rs", "T::CallbackFilter::contains(&call)", ALWAYS,
     ["what_the_filter_does_not_let_through_is_refused"]),
    ("callbacks are bounded", INFERENCE + "callbacks.rs", "Callbacks::<T>::count() < T::MaxCallbacks::get()", ALWAYS,
     ["callbacks_wait_for_room_in_their_order_and_there_are_not_too_many"]),
    ("an auditor's number is below the bound", ROUNDS + "audits.rs", "number <= bound", ALWAYS,
     ["who_has_not_drawn_itself_is_no_auditor"]),
    ("an auditor's proof is checked", ROUNDS + "audits.rs",
     "proof.and_then(|proof| input.number(key, proof))", "proof.map(|_| 0)",
     ["a_proof_for_one_round_is_none_for_another", "who_has_not_drawn_itself_is_no_auditor"]),
    ("all auditors of an attestation have drawn themselves", ROUNDS + "authorize.rs", "!Self::proofs_hold(attestation, now)", NEVER,
     ["a_proof_for_one_round_is_none_for_another", "an_auditor_that_lacks_the_input_says_so_with_its_proof_and_seals_no_vote"]),
    ("a model that is gone is activated again", MODELS + "activation.rs", "pallet_rounds::Pallet::<T>::are_a_third(&known)", NEVER,
     ["a_model_whose_bytes_are_gone_is_activated_again"]),
    ("few do not take a model", MODELS + "activation.rs", "pallet_rounds::Pallet::<T>::are_a_third(&known)", ALWAYS,
     ["fewer_than_a_third_do_not_take_a_model_from_its_users"]),
    ("a false dispute costs its hold", ROUNDS + "standings.rs", "decided.is_some_and(|decided| *decided != verdict)", ALWAYS,
     ["a_dispute_of_an_honest_result_costs_the_hold"]),
    ("a dispute that is right returns its hold", ROUNDS + "standings.rs", "decided.is_some_and(|decided| *decided != verdict)", NEVER,
     ["a_dispute_overturns_the_result_of_a_captured_committee"]),
    ("a dispute is worth the runs", ROUNDS + "standings.rs", "runs.max(DISPUTE_PART.mul_ceil(T::Bonds::bond(who)))",
     "DISPUTE_PART.mul_ceil(T::Bonds::bond(who))", ["spam_of_disputes_pays_for_every_run_that_it_causes"]),
    ("only validators dispute what is final", ROUNDS + "reopen.rs", "electors.iter().any(|(validator, ..)| *validator == who)", ALWAYS,
     ["only_a_validator_of_the_session_disputes_a_final_result"]),
    ("who has lost a dispute disputes nothing final", ROUNDS + "reopen.rs", "!Self::has_lost_a_dispute(&who, now)", ALWAYS,
     ["a_liar_does_not_burn_the_only_dispute_by_losing_it"]),
    ("what is final is disputed for an era", ROUNDS + "reopen.rs",
     "now < ended.ended_at.saturating_add(T::LateWindow::get().into())", ALWAYS,
     ["a_round_that_is_kept_for_an_earlier_one_is_too_old_all_the_same"]),
    ("only votes that were opened in time are judged after final", ROUNDS + "reopen.rs", "seal.opening == Opening::Done", ALWAYS,
     ["who_opened_its_seal_in_time_is_judged_and_nobody_else"]),
    ("a final result is judged once at a time", ROUNDS + "reopen.rs", "!Standings::<T>::contains_key(subject)", ALWAYS,
     ["a_result_is_disputed_once_at_a_time"]),
    ("few large results are judged at a time", ROUNDS + "reopen.rs", "units <= REOPENED_UNITS", ALWAYS,
     ["disputes_of_two_of_the_largest_results_are_taken_and_small_ones_beside_them"]),
    ("large results keep no small ones out", ROUNDS + "reopen.rs", "unit_limit > SHORT_UNITS {", ALWAYS,
     ["disputes_of_two_of_the_largest_results_are_taken_and_small_ones_beside_them"]),
    ("who is put out has nothing more to lose", ROUNDS + "reopen.rs", "T::Bonds::is_good(who)", ALWAYS,
     ["compensation_is_at_most_the_treasurys_half_of_the_penalties_that_the_dispute_brings"]),
    ("a round waits for what all decide", ROUNDS + "ended.rs", "reopened.iter().any(|open| open.subject == ended.subject)", NEVER,
     ["who_opened_a_right_vote_late_is_not_held_to_the_lie_that_was_overturned"]),
    ("want of bytes returns half of a hold", ROUNDS + "standings.rs", "hold.saturating_sub(hold.checked_div(2).unwrap_or(0))", "hold",
     ["a_dispute_of_a_final_result_that_fails_for_want_of_bytes_returns_half_of_its_hold",
      "a_dispute_of_an_agreement_that_fails_for_want_of_bytes_returns_half_of_its_hold"]),
    ("all are asked once about what is final", INFERENCE + "overturn.rs", "!claim.decision.escalated && record.review.is_none()", ALWAYS,
     ["what_all_have_decided_is_not_asked_of_them_again", "a_dispute_of_a_right_result_costs_its_hold_and_there_is_no_other"]),
    ("a dispute after final is under an engine that nodes hold", INFERENCE + "overturn.rs", "Registry::<T>::is_held(&claim.engine)",
     ALWAYS, ["a_result_is_disputed_as_long_as_nodes_hold_its_engine"]),
    ("requests run under the engine of their model", INFERENCE + "requests.rs", "Registry::<T>::is_served(&model.engine)", ALWAYS,
     ["a_model_takes_requests_under_the_engine_in_use_and_the_one_before",
      "a_model_that_fails_under_two_engines_is_asked_no_more_until_its_owner_has_it_tried"]),
    ("a model is asked under the engine before", MODELS + "engine.rs", "OldEngines::<T>::get().first() == Some(engine)", NEVER,
     ["an_engine_change_takes_no_model_down_and_costs_its_owner_nothing"]),
    ("an engine waits for the trials", MODELS + "engine.rs", "!ToTry::<T>::exists()", ALWAYS,
     ["an_engine_waits_until_all_models_were_tried_under_the_one_before"]),
    ("what was pending over a change is tried", MODELS + "engine.rs", "CurrentEngine::<T>::get().as_ref() != Some(engine)", NEVER,
     ["a_model_that_was_pending_or_tried_when_an_engine_was_taken_over_is_tried_under_it"]),
    ("a model is tried once under an engine", MODELS + "engine.rs", "model.tried != engine", ALWAYS,
     ["a_model_that_was_pending_or_tried_when_an_engine_was_taken_over_is_tried_under_it"]),
    ("an engine waits for what is open under the oldest", MODELS + "engine.rs", "(stays || idle)", "true",
     ["nodes_hold_three_engines_and_the_oldest_as_long_as_something_is_open_under_it"]),
    ("few models are tried at a time", MODELS + "engine.rs", "Trials::<T>::count() >= MAX_TRIALS", NEVER,
     ["an_engine_waits_until_all_models_were_tried_under_the_one_before"]),
    ("a trial that fails takes no model down", MODELS + "activation.rs", "trial.is_some()", NEVER,
     ["a_model_that_fails_under_the_next_engine_goes_on_under_the_one_before"]),
    ("a retired model stays retired", MODELS + "activation.rs", "trial.is_none() || matches!(model.status, ModelStatus::Active { .. })", ALWAYS,
     ["a_model_that_is_retired_while_it_is_tried_stays_retired"]),
    ("a sample's vote is judged by its own rounds", MODELS + "activation.rs", "round < first || round >= end", NEVER,
     ["a_vote_about_a_sample_is_judged_by_what_its_own_rounds_decided"]),
    ("a claim is about one engine", MODELS + "activation.rs", "model.expected = None", "()",
     ["a_claim_about_the_sample_is_about_the_engine_of_the_registration"]),
    ("a fee stays with who has paid it", MODELS + "registry.rs", "model.activation_fee == 0", ALWAYS,
     ["a_model_that_fails_under_the_next_engine_goes_on_under_the_one_before"]),
    ("the catalogue has a total", MODELS + "registry.rs", "more == 0 || sum <= CatalogueLimit::<T>::get()", ALWAYS,
     ["all_models_together_take_no_more_of_a_disk_than_they_may"]),
    ("bytes cost more in a full catalogue", MODELS + "registry.rs", "sixteenths.saturating_sub(8) as u32", "0",
     ["a_byte_costs_twice_as_much_with_each_sixteenth_beyond_half_of_the_catalogue"]),
    ("outputs that are kept are paid", INFERENCE + "types.rs", "bytes.min(units).min(MAX_BLOB_OUTPUT).into()", "0",
     ["a_blob_that_all_validators_keep_pays_for_each_of_them"]),
    ("packages go with their engines", MODELS + "engine.rs", "!Self::is_held(engine)", NEVER,
     ["an_engine_comes_in_a_blob_that_nodes_keep_as_long_as_they_hold_it"]),
    ("a dispute brings the input of the result", INFERENCE + "overturn.rs", "input.content_id() == claim.input", ALWAYS,
     ["the_input_that_a_dispute_brings_is_that_of_the_result"]),
    ("the input of a dispute has its length", INFERENCE + "overturn.rs", "input.size() == record.input_size", ALWAYS,
     ["the_input_that_a_dispute_brings_is_that_of_the_result"]),
    ("votes about a result that nobody decided are held to nothing", INFERENCE + "overturn.rs", "round <= claim.decision.round", ALWAYS,
     ["honest_votes_of_a_dispute_that_nobody_decides_are_not_held_against_the_result"]),
    ("compensation is bounded by the penalties", INFERENCE + "overturn.rs", "penalties.checked_div(2).unwrap_or(0)", "u128::MAX",
     ["compensation_is_at_most_the_treasurys_half_of_the_penalties_that_the_dispute_brings"]),
    ("compensation has no royalty in it", INFERENCE + "results.rs", "paid.saturating_sub(royalty).saturating_sub(callback)", "paid",
     ["the_requester_gets_back_what_validators_had_but_no_royalty_and_no_callback"]),
    ("a result stays until all have decided on it", INFERENCE + "results.rs",
     "Rounds::<T>::reopened(&Subject::Request(request)).is_some()", NEVER, ["a_result_stays_in_the_state_until_all_have_decided_on_it"]),
    ("a dispute has a retired model's file expected", MODELS + "activation.rs", "over && model.open == 0", NEVER,
     ["the_bytes_of_a_model_that_was_retired_are_needed_again_as_long_as_all_decide"]),
    ("two thirds hold an engine", MODELS + "engine.rs",
     "math::two_thirds(held, total)", ALWAYS, ["an_engine_that_fewer_hold_waits", "an_engine_is_taken_over_when_two_thirds_of_the_power_hold_it"]),
    ("what opens a seal is kept until its round's end is final", ROUNDS + "offchain.rs", "seal.opening != Opening::Done || finalized < ended.ended_at",
     "seal.opening != Opening::Done", ["what_opens_a_seal_is_kept_until_the_end_of_its_round_is_final"]),
    ("late votes have their share of an attestation", ROUNDS + "offchain.rs", "MAX_REVEALS.saturating_sub(reveals.len()).max(MAX_REVEALS / LATE_PART)",
     "MAX_REVEALS.saturating_sub(reveals.len())", ["votes_of_ended_rounds_are_opened_however_many_are_to_be_opened_in_time"]),
    ("a full round counts for all its voters", ROUNDS + "offchain.rs", "voters.saturating_add(ROUND_VOTERS)", "ROUND_VOTERS",
     ["an_attestation_opens_twelve_votes_where_each_may_end_a_round_of_all"]),
    ("few come in a session", VALIDATORS + "session.rs", "come.takes(power::power(*bond, min_bond), change)", ALWAYS,
     ["a_quarter_of_the_voting_power_or_one_validator_comes_and_goes_in_a_session"]),
    ("few go in a session", VALIDATORS + "session.rs", "!gone.takes(power, change)", NEVER,
     ["a_quarter_of_the_voting_power_or_one_validator_comes_and_goes_in_a_session"]),
    ("an equivocation costs its share", VALIDATORS + "session.rs", "*part", "Perbill::zero()",
     ["an_equivocation_costs_more_the_more_equivocate_and_all_of_the_bond_at_a_third"]),
    ("the largest share of an era counts", VALIDATORS + "penalties.rs", "fault == Fault::Equivocation", NEVER,
     ["an_equivocation_costs_more_the_more_equivocate_and_all_of_the_bond_at_a_third"]),
    ("a bond lasts as long as its seat", VALIDATORS + "lib.rs", "seat.saturating_add(UnbondingSessions::<T>::get())",
     "UnbondingSessions::<T>::get()", ["the_time_of_unbonding_begins_when_the_last_seat_ends"]),
    ("who has a seat keeps its bond", VALIDATORS + "lib.rs", "!pallet_session::Validators::<T>::get().contains(&who)", ALWAYS,
     ["who_keeps_a_seat_because_nobody_else_is_there_keeps_its_bond_there"]),
    ("a smaller bond makes room", VALIDATORS + "lib.rs", "candidate.bond < amount && candidate.due == 0", ALWAYS,
     ["a_larger_bond_takes_the_place_of_a_smaller_one_that_is_liable_for_nothing"]),
    ("who is liable keeps its place", VALIDATORS + "lib.rs", "Self::liable_blocks(&candidate).is_zero()", ALWAYS,
     ["a_larger_bond_takes_the_place_of_a_smaller_one_that_is_liable_for_nothing"]),
    ("sums are checked", ROUNDS + "math.rs", "self.unit.checked_mul(units as u128)?", "self.unit.wrapping_mul(units as u128)", []),
    ("sums are checked", ROUNDS + "math.rs", "self.byte.checked_mul(bytes as u128)?", "self.byte.wrapping_mul(bytes as u128)", []),
    ("sums are checked", ROUNDS + "math.rs", "compute.checked_add(data)", "Some(compute.wrapping_add(data))", []),
    ("sums are checked", INFERENCE + "types.rs", "self.run.per_voter(units, bytes)?.checked_mul(members.into())?",
     "self.run.per_voter(units, bytes)?.wrapping_mul(members.into())", []),
    ("sums are checked", INFERENCE + "types.rs", "chain.checked_add(self.work(units, bytes, members, auditors)?)",
     "Some(chain.wrapping_add(self.work(units, bytes, members, auditors)?))", []),
    ("sums are checked", ROUNDS + "math.rs", "self.per_voter(units, bytes)?.checked_mul(voters as u128)?.checked_add(self.base)",
     "Some(self.per_voter(units, bytes)?.wrapping_mul(voters as u128).wrapping_add(self.base))",
     ["prices_at_the_extremes_do_not_fit_and_do_not_panic", "sums_that_do_not_fit_are_refused"]),
    ("holds are compared with records", INFERENCE + "try_state.rs", "held == escrow", ALWAYS,
     ["a_hold_that_an_ended_request_left_is_seen"]),
    ("no bond returns while a penalty is due", VALIDATORS + "lib.rs", "Self::due_faults(&who).next().is_none()", ALWAYS,
     ["a_bond_does_not_return_while_a_penalty_is_due"]),
    ("nobody leaves the jail before what put it there is paid", VALIDATORS + "lib.rs", "!Self::due_faults(&who).any(Fault::removes)",
     ALWAYS, ["a_penalty_is_held_for_four_eras_and_is_a_part_of_the_bond_at_the_fault"]),
    ("a trifle is paid once in an era", VALIDATORS + "penalties.rs",
     "fault.once_in_an_era().iter().any(|fault| Penalties::<T>::contains_key((era, who, fault)))", NEVER,
     ["faults_of_one_kind_add_up_and_take_nobodys_place"]),
    ("penalties are taken from who leaves", VALIDATORS + "penalties.rs", "era >= CurrentEra::<T>::get()", ALWAYS,
     ["leaving_does_not_escape_a_penalty"]),
    ("nobody in jail is elected", VALIDATORS + "session.rs", "Self::may_sit(who, candidate)",
     "Self::stake(who, candidate).own() >= min_bond", ["leaving_and_coming_back_does_not_open_the_jail"]),
    ("faults of a kind add up", VALIDATORS + "lib.rs", "self.amount.saturating_add(cost)", "cost",
     ["faults_of_one_kind_add_up_and_take_nobodys_place"]),
    ("faults of a kind cost the bond once", VALIDATORS + "lib.rs", "part.min(stake.whole().saturating_sub(self.amount))", "part",
     ["who_is_told_a_wrong_verdict_twice_pays_its_bond_once_and_the_first_finders_get_it"]),
    ("finders get half of a penalty", VALIDATORS + "lib.rs",
     "of_bond.checked_div(2).and_then(|half| half.checked_div(finders.len() as u128)).unwrap_or(0)", "0",
     ["half_of_a_penalty_goes_to_its_finders_in_equal_parts_once_it_is_taken"]),
    ("finders share what there is", VALIDATORS + "penalties.rs",
     "pools::part(share, there, penalty.amount)", "share",
     ["penalties_of_two_eras_take_the_bond_once_and_the_later_finders_get_what_is_left"]),
    ("what is due counts for a seat", VALIDATORS + "delegation.rs", "Self::stake(who, candidate).own()", "candidate.bond",
     ["a_seat_ends_when_the_penalties_that_are_due_leave_too_little_of_the_bond"]),
    ("who is in jail has no seat", VALIDATORS + "delegation.rs", "candidate.jailed.is_none()", ALWAYS,
     ["a_fault_ends_a_seat_at_once_and_that_is_told_once", "too_many_misses_end_a_seat_at_once"]),
    ("a seat ends at once", VALIDATORS + "penalties.rs", "was_good && !Self::may_sit(who, &candidate)", NEVER,
     ["a_fault_ends_a_seat_at_once_and_that_is_told_once"]),
    ("right auditors share alone", ROUNDS + "faults.rs", "!auditors.is_empty()", NEVER,
     ["auditors_that_sealed_the_truth_are_rewarded_for_the_liars_of_their_round",
      "an_auditor_that_opens_late_is_rewarded_alone_where_others_object"]),
    ("who was wrong finds nothing", ROUNDS + "faults.rs", "!wrong.contains_key(who) && !differs(who)", ALWAYS,
     ["a_liar_that_disputes_its_own_lie_is_not_rewarded", "a_liar_that_objects_and_lies_is_not_rewarded_and_nobody_is_for_its_own_lie"]),
    ("a wrong objection rewards nobody", ROUNDS + "faults.rs", "*part != Part::Objector", ALWAYS,
     ["a_liar_that_objects_and_lies_is_not_rewarded_and_nobody_is_for_its_own_lie"]),
    ("who was wrong twice pays for the worse", ROUNDS + "faults.rs", "fault.per_mille() > known.per_mille()", NEVER,
     ["who_lies_in_the_committee_and_invents_a_trace_among_all_pays_for_the_lie"]),
    ("others object until all are drawn", ROUNDS + "standings.rs",
     "Agreements::<T>::get(subject).or_else(|| Challenged::<T>::get(subject))", "Agreements::<T>::get(subject)",
     ["all_who_object_before_the_draw_of_all_are_rewarded_in_equal_parts", "auditors_that_open_late_after_an_objection_are_rewarded_too"]),
    ("nobody objects when all are drawn", ROUNDS + "rounds.rs", "draw.kind.contested().is_some()", NEVER,
     ["who_objects_after_the_draw_of_all_is_not_heard"]),
    ("who is put out is in no draw", ROUNDS + "session.rs", "before > 1", NEVER,
     ["who_is_put_out_is_in_no_draw_from_the_next_block_on_and_counts_for_no_threshold",
      "a_liar_that_was_found_out_has_no_vote_in_the_next_escalation"]),
    ("the last validator stays", ROUNDS + "session.rs", "before > 1", ALWAYS, ["the_last_validator_stays"]),
    ("who was put out stays out", ROUNDS + "session.rs", "T::Bonds::is_good(who)", ALWAYS,
     ["who_was_put_out_after_it_was_elected_stays_out_and_comes_back_when_it_is_good_again"]),
    ("who is put out does not audit", ROUNDS + "audits.rs", "!T::Bonds::is_good(validator)", NEVER, ["who_is_put_out_does_not_audit"]),
    ("who is put out does not object", ROUNDS + "standings.rs", "T::Bonds::is_good(validator) && Self::has_no_vote(agreement, validator)",
     "Self::has_no_vote(agreement, validator)",
     ["who_is_put_out_neither_objects_nor_disputes"]),
    ("a window waits for those that are left", ROUNDS + "rounds.rs", "total.min(left)", "total",
     ["blocks_of_who_is_put_out_do_not_end_the_window_of_a_small_set"]),
    # Stake.
    ("where all are asked the bonds decide", ROUNDS + "rounds.rs", "if kind.is_everybody() { *power } else { 1 }", "1",
     ["newcomers_with_a_fifth_of_all_bonds_do_not_decide_what_is_true"]),
    ("two thirds of the power decide", ROUNDS + "rounds.rs", "math::two_thirds_of(total)", "math::quorum(v).into()",
     ["two_thirds_of_the_heads_without_two_thirds_of_the_power_decide_nothing"]),
    ("a draw follows the bonds", ROUNDS + "rounds.rs", "pool.iter().map(|(.., power)| *power).collect()", "pool.iter().map(|_| 1).collect()",
     ["who_has_more_power_is_drawn_more_often"]),
    ("auditors draw themselves by their bonds", ROUNDS + "audits.rs", "math::audit_bound(round.audits, power, round.outside)",
     "math::audit_bound(round.audits, 1, round.outside)", ["who_has_more_power_audits_more_often"]),
    ("authors of a window count by their bonds", ROUNDS + "rounds.rs",
     "math::sum(electors.iter().filter(|(who, ..)| made(who)).map(|(.., power)| *power))",
     "math::sum(electors.iter().filter(|(who, ..)| made(who)).map(|_| 1))",
     ["authors_with_a_third_of_the_power_end_a_window_and_those_with_a_third_of_the_heads_do_not"]),
    ("voting power is capped", VALIDATORS + "power.rs", "power.min(cap) as Power", "power as Power",
     ["power_follows_the_bond_up_to_the_cap", "nobody_has_more_than_its_part_of_the_capped_sum"]),
    ("a quarter of the power changes in a session", VALIDATORS + "session.rs", "self.validators == 0 || sum <= most", ALWAYS,
     ["a_quarter_of_the_voting_power_or_one_validator_comes_and_goes_in_a_session",
      "nobody_outbids_more_than_a_quarter_of_the_voting_power_at_once"]),
    ("about the same bonds are no new set", VALIDATORS + "session.rs", "power.abs_diff(*known).saturating_mul(DIFFERENT_PART) <= *known", NEVER,
     ["a_session_with_the_same_validators_is_no_new_set"]),
    ("other bonds are a new set", VALIDATORS + "session.rs", "power.abs_diff(*known).saturating_mul(DIFFERENT_PART) <= *known", ALWAYS,
     ["a_session_with_the_same_validators_is_no_new_set"]),
    ("the chain is paid for each voter", INFERENCE + "types.rs", "self.voter.saturating_mul(voters.into())", "0",
     ["the_chain_is_paid_for_each_voter_and_for_each_copy_of_the_output"]),
    ("each copy of an output is paid", INFERENCE + "types.rs", "self.output.saturating_mul(bytes.into()).saturating_mul(copies)", "0",
     ["the_chain_is_paid_for_each_voter_and_for_each_copy_of_the_output"]),
    ("prices follow fullness", INFERENCE + "requests.rs", "fullness > target", NEVER,
     ["a_unit_costs_more_the_longer_more_than_half_of_all_that_can_be_reserved_is",
      "keeping_the_room_taken_costs_twice_as_much_every_five_minutes_up_to_a_bound"]),
    ("a request keeps the prices of its block", INFERENCE + "results.rs", "request.prices.run", "Registry::<T>::prices()",
     ["a_request_pays_the_prices_of_its_block"]),
    ("no election goes below the smallest set", VALIDATORS + "session.rs", "short > 0", NEVER,
     ["no_election_goes_below_the_smallest_set"]),
    ("a kernel rounds a multiply-add once", KERNELS + "lanes/scalar.rs", "self.0[lane].mul_add(factor.0[lane], addend.0[lane])",
     "self.0[lane] * factor.0[lane] + addend.0[lane]", [GOLDEN_CASES, GOLDEN_FUNCTIONS]),
    ("a kernel rounds a multiply-add once", KERNELS + "lanes/avx2.rs", "both!(_mm256_fmadd_ps, self, factor, addend)",
     "self.mul(factor).add(addend)", []),
    ("a kernel rounds a multiply-add once", KERNELS + "lanes/avx512.rs", "Avx512(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })",
     "self.mul(factor).add(addend)", []),
    ("a kernel's steps ascend", KERNELS + "gemm.rs", "(tile.a, tile.b)",
     "(tile.a.wrapping_add(tile.steps.saturating_sub(1) * tile.a_step), tile.b.wrapping_add(tile.steps.saturating_sub(1) * WIDTH))",
     [GOLDEN_CASES]),
    ("a kernel's steps ascend", KERNELS + "gemm.rs", "a.wrapping_add(tile.a_step)", "a.wrapping_sub(tile.a_step)", []),
    ("a kernel's steps ascend", KERNELS + "gemm.rs", "b.wrapping_add(WIDTH)", "b.wrapping_sub(WIDTH)", []),
    ("a kernel has sixteen lanes", KERNELS + "rows.rs", "$at + WIDTH <= $length", "$at + 8 <= $length", [GOLDEN_CASES]),
    ("a kernel has sixteen lanes", KERNELS + "rows.rs", ("WIDTH", ";\n\t\t\t$body"), "8", []),
    ("a kernel has sixteen lanes", KERNELS + "rows.rs", "$at += WIDTH", "$at += 8", []),
    ("a kernel keeps subnormals", KERNELS + "lib.rs", "Self::set(Self::CANONICAL)", "Self::set(Self::CANONICAL | 0x8040)",
     [GOLDEN_CASES, GOLDEN_FUNCTIONS]),
]

# So that no build takes a mutant for the real thing: cargo tells packages apart by name and version, wherever they are.
VERSION, MUTANT_VERSION = 'version = "0.1.0"', 'version = "0.1.0-mutants"'

GUARD = """
#[cfg(feature = "std")]
pub(crate) fn without(check: &str) -> bool {
	std::env::var("MUTANT").is_ok_and(|mutant| mutant == check)
}
#[cfg(not(feature = "std"))]
pub(crate) const fn without(_: &str) -> bool {
	false
}
"""

# The environment is read once: kernels ask at each multiply-add.
KERNELS_GUARD = """
#[inline(never)]
pub(crate) fn without(check: &str) -> bool {
	static MUTANT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| std::env::var("MUTANT").unwrap_or_default());
	*MUTANT == check
}
"""


def apply(root):
    """Writes every mutant into the sources under `root`, each behind its name."""
    manifest, lock = root / "Cargo.toml", root / "Cargo.lock"
    if VERSION not in manifest.read_text():
        sys.exit(f"mutants: the workspace is not at {VERSION} any more: change VERSION in scripts/mutants.py")
    manifest.write_text(manifest.read_text().replace(VERSION, MUTANT_VERSION, 1))
    packages = lock.read_text().split("[[package]]")
    lock.write_text("[[package]]".join(p if "source = " in p else p.replace(VERSION, MUTANT_VERSION, 1) for p in packages))
    by_place = {}
    for name, file, text, other, _ in MUTANTS:
        by_place.setdefault((file, text), []).append((name, other))
    for (file, text), mutants in by_place.items():
        path = root / file
        source = path.read_text()
        # The text behind the expression only tells which of several places is meant.
        expression, text = (text[0], "".join(text)) if isinstance(text, tuple) else (text.split("))]")[0].removesuffix(" {"), text)
        mutated = expression
        for name, other in mutants:
            mutated = f'(if crate::without("{name}") {{ {other} }} else {{ {mutated} }})'
        if text not in source:
            sys.exit(f"mutants: {file} has no `{text}` any more: say in scripts/mutants.py what has become of the check")
        path.write_text(source.replace(text, mutated + text[len(expression):]))
    for crate in (ROUNDS, MODELS, INFERENCE, VALIDATORS, COUNCIL, MEMORY, KERNELS):
        path = root / crate / "lib.rs"
        path.write_text(path.read_text() + (KERNELS_GUARD if crate == KERNELS else GUARD))


def build(word):
    """Arguments with which cargo builds the tests of the mutants whose name contains `word`, a line for each call."""
    files = {file for name, file, *_ in MUTANTS if word in name}
    if any(file.startswith(KERNELS) for file in files):
        print("-p assay-kernels --test functions --test descriptors")
    if any(not file.startswith(KERNELS) for file in files):
        # The node has no library: it is named for the features of dependencies, so that those that are compiled already are taken.
        print("--lib -p pallet-council -p pallet-inference -p pallet-memory -p pallet-validators -p assay-node")


def program_of(programs):
    """Test name to (program, full name)."""
    tests = {}
    for program in programs:
        listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            if line.endswith(": test"):
                path = line.removesuffix(": test")
                tests[path.split("::")[-1]] = (program, path)
    return tests


def passes(test, mutant):
    program, path = test
    environment = os.environ | {"MUTANT": mutant}
    return subprocess.run([program, "--exact", path], capture_output=True, env=environment, check=False).returncode == 0


def run(word, programs):
    tests = program_of(programs)
    survivors = count = 0
    for name, _, _, _, named in MUTANTS:
        if word not in name:
            continue
        for test in named:
            if test not in tests:
                sys.exit(f"mutants: there is no test {test}")
            count += 1
            sound, dead = passes(tests[test], ""), not passes(tests[test], name)
            survivors += not (sound and dead)
            print(f"{'ok' if sound and dead else 'NOT SO'}: without “{name}” {test} {'fails' if dead else 'passes'}"
                  + ("" if sound else ", and it fails with it, too"), flush=True)
    print(f"{count - survivors} of {count} as they should be")
    sys.exit(survivors > 0)


match sys.argv[1:]:
    case ["apply", root]:
        apply(Path(root))
    case ["build", word]:
        build(word)
    case ["run", word, *programs]:
        run(word, programs)
    case _:
        sys.exit("mutants: start scripts/mutants.sh")
