//! `try_state` sees each thing that can be wrong with the records.

use super::*;
use assay_primitives::{ContentId, ModelId};
use frame_support::{
	assert_ok,
	traits::{fungible::MutateHold, tokens::Precision::Exact},
};
use sp_runtime::DispatchError;

/// Ids of a state that has one of everything.
struct Rich {
	/// Open: some members have committed, others signalled.
	assigned: RequestId,
	committing: RoundId,
	/// Open: one member has revealed.
	revealing: RoundId,
	attested: RequestId,
	requested: RequestId,
	finished: RequestId,
}

fn rich() -> Rich {
	let model = activate(Registration { sample: Some(blob(1, 3_000)), ..Registration::new(1) });
	let finished = Ask { owner: RIVAL, k: Some(3), ..Ask::new(model) }.submit().unwrap();
	await_end(finished);
	let ask = || Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
	let attested = ask();
	let half = Ask { k: Some(4), ..Ask::new(model) }.submit().unwrap();
	next_block();
	hush();
	let assigned = Ask { input: blob(2, 100), k: Some(3), ..Ask::new(model) }.submit().unwrap();
	run_for(1);
	let (first, revealing) = (round_of(attested), round_of(half));
	commit_honestly(first, &member_list(first));
	commit_honestly(revealing, &member_list(revealing));
	next_block();
	reveal_honestly(first, &member_list(first));
	reveal_honestly(revealing, &member_list(revealing)[..1]);
	let committing = round_of(assigned);
	let committers = member_list(committing);
	commit_honestly(committing, &committers[..1]);
	assert_ok!(submit(sign(signal(committers[1], committing, SignalKind::InputUnavailable))));
	next_block();
	let requested = ask();
	assert_ok!(Registration::new(2).submit());
	assert!(matches!(stage(attested), Stage::Agreed));
	Rich { assigned, committing, revealing, attested, requested, finished }
}

/// Asserts that this corruption of a sound state is seen, and named like this.
#[track_caller]
fn assert_seen(message: &str, corrupt: impl FnOnce(&Rich)) {
	let seen = ext(7).execute_with(|| {
		let rich = rich();
		try_state().unwrap();
		corrupt(&rich);
		try_state()
	});
	match seen {
		Err(DispatchError::Other(text)) => assert_eq!(text, message),
		other => panic!("{other:?}"),
	}
}

#[test]
fn a_model_deposit_that_is_not_held_is_seen() {
	assert_seen("model deposits differ from the holds", |_| {
		assert_ok!(Balances::release(&ModelsHold::ModelDeposit.into(), &PUBLISHER, 1, Exact));
	});
}

#[test]
fn an_activation_fee_that_is_not_held_is_seen() {
	assert_seen("activation fees differ from the holds", |_| {
		assert_ok!(Balances::hold(&ModelsHold::Activation.into(), &PUBLISHER, 1));
	});
}

#[test]
fn an_escrow_that_is_not_held_is_seen() {
	assert_seen("escrows differ from the holds", |_| {
		assert_ok!(Balances::release(&HoldReason::Escrow.into(), &REQUESTER, 1, Exact));
	});
}

#[test]
fn a_hold_that_an_ended_request_left_is_seen() {
	assert_seen("escrows differ from the holds", |_| {
		assert_ok!(Balances::hold(&HoldReason::Escrow.into(), &RIVAL, 1));
	});
}

#[test]
fn a_sum_of_reserved_units_that_is_not_that_of_the_requests_is_seen() {
	assert_seen("reserved units differ from the requests", |_| Reserved::<Test>::mutate(|open| open.long += 1));
	assert_seen("reserved units differ from the requests", |_| Reserved::<Test>::mutate(|open| open.short -= 1));
}

#[test]
fn a_request_that_has_reserved_too_little_or_too_much_is_seen() {
	let corrupt = |request: RequestId, reserved: u64| {
		Requests::<Test>::mutate(request, |record| record.as_mut().unwrap().reserved = reserved);
	};
	let message = "a request has not reserved what its voters may have to do";
	assert_seen(message, |rich| corrupt(rich.assigned, 0));
	assert_seen(message, |rich| corrupt(rich.requested, 1_501));
	assert_seen(message, |rich| corrupt(rich.attested, 1_500));
	assert_seen(message, |rich| {
		challenge(rich);
		corrupt(rich.attested, 1);
	});
}

fn dispute(validator: u64, hold: u128) -> Dispute<Test> {
	Dispute { validator, hold, verdict: Verdict::Failed { reason: assay_primitives::FailReason::ModelTrap, units: 1 } }
}

#[test]
fn a_hold_of_no_dispute_is_seen() {
	assert_seen("disputes differ from the holds", |_| {
		set_free(FIRST, ED + 1);
		assert_ok!(Balances::hold(&RoundsHold::Dispute.into(), &FIRST, 1));
	});
}

#[test]
fn a_dispute_of_a_request_that_is_not_escalated_is_seen() {
	for id in [1, 999] {
		assert_seen("a dispute is about a subject that is not escalated", |_| {
			Disputes::<Test>::insert(Subject::Request(id), dispute(FIRST, 0));
		});
	}
}

#[test]
fn contested_votes_without_an_escalation_are_seen() {
	assert_seen("contested votes are kept for escalations, and for nothing else", |_| {
		Contested::<Test>::insert(999, frame_support::BoundedVec::default());
	});
}

#[test]
fn a_challenged_agreement_that_waits_for_no_draw_or_whose_votes_are_gone_is_seen() {
	assert_seen("a challenged agreement waits for no draw of all", |rich| {
		Challenged::<Test>::insert(Subject::Request(rich.attested), agreement(rich.attested));
	});
	assert_seen("the votes of a challenged agreement are not kept", |rich| {
		challenge(rich);
		Contested::<Test>::remove(Challenged::<Test>::iter_values().next().unwrap().decision.round);
	});
}

#[test]
fn a_contested_vote_that_is_kept_twice_is_seen() {
	assert_seen("a contested vote is kept twice", |rich| {
		challenge(rich);
		let round = Challenged::<Test>::iter_values().next().unwrap().decision.round;
		Contested::<Test>::mutate(round, |votes| votes.try_push(votes[0].clone()).unwrap());
	});
}

/// Has a validator dispute what was agreed on.
fn challenge(rich: &Rich) {
	set_free(FIRST, ED + 100_000);
	assert_ok!(call(FIRST, RoundsCall::dispute { subject: Subject::Request(rich.attested) }));
	try_state().unwrap();
}

fn callback() -> Callback {
	Callback { call: Default::default(), weight: Default::default(), price: 0 }
}

#[test]
fn callbacks_that_are_queued_twice_or_not_there_are_seen() {
	assert_seen("a callback is queued twice", |rich| {
		CallbackQueue::<Test>::put(frame_support::BoundedVec::truncate_from(vec![rich.finished; 2]));
	});
	assert_seen("a callback is queued that is not there", |rich| {
		CallbackQueue::<Test>::put(frame_support::BoundedVec::truncate_from(vec![rich.finished]));
	});
}

#[test]
fn callbacks_of_nobody_or_of_too_many_are_seen() {
	assert_seen("a callback belongs to an open request or to the queue", |rich| {
		Callbacks::<Test>::insert(rich.finished, callback());
	});
	assert_seen("a callback belongs to an open request or to the queue", |rich| {
		Callbacks::<Test>::insert(rich.requested, callback());
		CallbackQueue::<Test>::put(frame_support::BoundedVec::truncate_from(vec![rich.requested]));
	});
	assert_seen("there are too many callbacks", |rich| {
		MaxCallbacks::set(0);
		Callbacks::<Test>::insert(rich.requested, callback());
	});
	MaxCallbacks::set(4);
	assert_seen("callbacks are miscounted", |rich| {
		Callbacks::<Test>::insert(rich.requested, callback());
		let key = Callbacks::<Test>::hashed_key_for(rich.requested);
		sp_io::storage::clear(&key);
	});
}

#[test]
fn a_proposed_engine_that_makes_no_sense_is_seen() {
	assert_seen("a validator holds the next engine twice", |_| {
		let holders = frame_support::BoundedVec::truncate_from(vec![FIRST; 2]);
		NextEngine::<Test>::put(EngineProposal { engine: other_engine(), holders });
	});
	assert_seen("the next engine is the one in use", |_| {
		NextEngine::<Test>::put(EngineProposal { engine: ENGINE, holders: Default::default() });
	});
}

#[test]
fn results_that_pruning_passed_over_are_seen() {
	assert_seen("what is to be pruned was passed over", |rich| {
		PrunedTo::<Test>::put(result(rich.finished).ended_at + ResultRetention::get() + 1);
	});
}

#[test]
fn a_missing_input_is_seen() {
	assert_seen("an open request has no input", |rich| Inputs::<Test>::remove(rich.requested));
}

#[test]
fn missing_voters_are_seen() {
	assert_seen("agreements are kept for agreed subjects, and for no other", |rich| {
		Agreements::<Test>::remove(Subject::Request(rich.attested));
	});
}

#[test]
fn voters_too_early_are_seen() {
	assert_seen("agreements are kept for agreed subjects, and for no other", |rich| {
		let agreement = Agreements::<Test>::get(Subject::Request(rich.attested)).unwrap();
		Agreements::<Test>::insert(Subject::Request(rich.requested), agreement);
	});
}

#[test]
fn a_request_that_is_open_and_ended_is_seen() {
	assert_seen("a request is open and has ended", |rich| {
		Results::<Test>::insert(rich.requested, result(rich.finished));
	});
}

fn set_stage(request: RequestId, stage: Stage) {
	Standings::<Test>::mutate(Subject::Request(request), |standing| standing.as_mut().unwrap().stage = stage);
}

#[test]
fn a_request_in_anothers_round_is_seen() {
	assert_seen("a subject names a round that is not its own", |rich| {
		set_stage(rich.assigned, Stage::Voting(rich.revealing));
	});
}

#[test]
fn a_request_in_no_round_is_seen() {
	assert_seen("a subject names a round that is not its own", |rich| {
		set_stage(rich.assigned, Stage::Escalated(Some(999)));
	});
}

#[test]
fn a_request_that_waits_in_vain_is_seen() {
	for status in [Stage::Waiting, Stage::Escalated(None)] {
		assert_seen("a subject waits for a draw that nobody asked for", |rich| {
			set_stage(rich.assigned, status);
		});
	}
}

#[test]
fn a_pending_model_that_waits_in_vain_is_seen() {
	assert_seen("a subject waits for a draw that nobody asked for", |_| {
		NewDraws::<Test>::mutate(|draws| draws.retain(|draw| draw.subject != Subject::Model(model_id(2))));
	});
	assert_seen("a pending model waits for nothing", |_| {
		Standings::<Test>::remove(Subject::Model(model_id(2)));
		NewDraws::<Test>::mutate(|draws| draws.retain(|draw| draw.subject != Subject::Model(model_id(2))));
	});
}

#[test]
fn miscounted_requests_of_a_model_are_seen() {
	assert_seen("a model's open requests are miscounted", |_| {
		Models::<Test>::mutate(model_id(1), |model| model.as_mut().unwrap().open += 1);
	});
}

#[test]
fn miscounted_open_subjects_are_seen() {
	assert_seen("open subjects are miscounted", |_| {
		let counter = Standings::<Test>::counter_storage_final_key();
		frame_support::storage::unhashed::put(&counter, &(Standings::<Test>::count() + 1));
	});
}

#[test]
fn an_input_without_a_request_is_seen() {
	assert_seen("an input has no request", |_| Inputs::<Test>::insert(999, inline(b"input")));
}

#[test]
fn an_output_without_an_attested_request_is_seen() {
	assert_seen("an output is kept for no agreement", |rich| {
		let product = Outputs::<Test>::get(Subject::Request(rich.attested)).unwrap();
		Outputs::<Test>::insert(Subject::Request(rich.requested), product);
	});
}

fn corrupt_ballot(round: RoundId, which: impl Fn(&Ballot) -> bool, corrupt: impl FnOnce(&mut Ballot)) {
	let (who, mut ballot) = Ballots::<Test>::iter_prefix(round).find(|(_, ballot)| which(ballot)).unwrap();
	corrupt(&mut ballot);
	Ballots::<Test>::insert(round, who, ballot);
}

#[test]
fn a_vote_without_a_commitment_is_seen() {
	assert_seen("a vote was revealed without a commitment", |rich| {
		corrupt_ballot(rich.revealing, |ballot| ballot.vote.is_some(), |ballot| ballot.commit = None);
	});
}

#[test]
fn a_missing_duty_is_seen() {
	assert_seen("a member's duty is missing", |rich| {
		Duties::<Test>::remove(key(member_list(rich.committing)[0]), rich.committing);
	});
}

#[test]
fn anothers_duty_is_seen() {
	assert_seen("a member's duty is missing", |rich| {
		let members = member_list(rich.committing);
		Duties::<Test>::insert(key(members[0]), rich.committing, members[1]);
	});
}

/// The first round that is kept after its end.
fn first_ended(_: &Rich) -> (RoundId, EndedRound<Test>) {
	EndedRounds::<Test>::iter().min_by_key(|(id, _)| *id).unwrap()
}

fn corrupt_ended(rich: &Rich, corrupt: impl FnOnce(&mut EndedRound<Test>)) {
	let (id, mut ended) = first_ended(rich);
	corrupt(&mut ended);
	EndedRounds::<Test>::insert(id, ended);
}

fn corrupt_round(round: RoundId, corrupt: impl FnOnce(&mut Round<Test>)) {
	Rounds::<Test>::mutate(round, |record| corrupt(record.as_mut().unwrap()));
}

#[test]
fn miscounted_members_commits_reveals_and_signals_are_seen() {
	assert_seen("members are miscounted", |rich| corrupt_round(rich.committing, |round| round.members += 1));
	assert_seen("commits are miscounted", |rich| corrupt_round(rich.committing, |round| round.commits += 1));
	assert_seen("reveals are miscounted", |rich| corrupt_round(rich.revealing, |round| round.reveals += 1));
	assert_seen("signals are miscounted", |rich| corrupt_round(rich.committing, |round| round.signals -= 1));
}

#[test]
fn a_duty_without_a_ballot_is_seen() {
	assert_seen("a duty has neither a ballot nor a shut seal", |_| Duties::<Test>::insert(key(FIRST), 999, FIRST));
}

#[test]
fn a_ballot_without_a_round_is_seen() {
	assert_seen("a ballot has no round", |rich| {
		let ballot = Ballots::<Test>::iter_prefix_values(rich.committing).next().unwrap();
		Ballots::<Test>::insert(999, FIRST, ballot);
	});
}

#[test]
fn a_product_without_a_round_is_seen() {
	assert_seen("a product has no round", |rich| {
		let product = Outputs::<Test>::get(Subject::Request(rich.attested)).unwrap();
		Products::<Test>::insert(999, [0; 32], product);
	});
}

#[test]
fn a_round_without_a_deadline_is_seen() {
	assert_seen("an open round has no deadline", |rich| {
		let at = Rounds::<Test>::get(rich.committing).unwrap().deadline_at;
		Agenda::<Test>::mutate(at, |tasks| tasks.retain(|task| *task != Deadline::Commits(rich.committing)));
	});
	assert_seen("an open round has no deadline", |rich| corrupt_round(rich.revealing, |round| round.deadline_at += 1));
}

#[test]
fn an_attested_request_without_a_deadline_is_seen() {
	assert_seen("an agreement's window has no end", |rich| {
		let final_at = agreement(rich.attested).final_at;
		Agenda::<Test>::mutate(final_at, |tasks| {
			tasks.retain(|task| *task != Deadline::Window(Subject::Request(rich.attested)))
		});
	});
}

#[test]
fn a_task_without_a_subject_is_seen() {
	for task in
		[Deadline::Commits(999), Deadline::Audits(999), Deadline::Reveals(999), Deadline::Window(Subject::Request(999))]
	{
		assert_seen("a task has no subject", |_| {
			assert_ok!(Agenda::<Test>::try_append(now() + 9, task));
		});
	}
}

#[test]
fn shut_seals_that_nobody_is_to_open_are_seen() {
	assert_seen("nobody is to open a shut seal", |rich| {
		corrupt_ended(rich, |ended| {
			ended.seals[0].commit = Some([1; 32]);
			ended.seals[0].opening = Opening::Shut;
		})
	});
	assert_seen("a duty has neither a ballot nor a shut seal", |rich| {
		let (id, ended) = first_ended(rich);
		Duties::<Test>::insert(key(ended.seals[0].validator), id, ended.seals[0].validator);
	});
	assert_seen("a round is kept that is to be forgotten", |_| OldestRound::<Test>::put(1_000));
	assert_seen("a round is open and has ended", |rich| {
		let (_, ended) = first_ended(rich);
		EndedRounds::<Test>::insert(rich.committing, ended);
	});
	assert_seen("an open round is forgotten", |rich| {
		EndedRounds::<Test>::drain().for_each(drop);
		OldestRound::<Test>::put(rich.committing + 1);
	});
}

#[test]
fn a_result_that_is_never_pruned_is_seen() {
	assert_seen("what is to be pruned is miscounted", |rich| {
		let at = result(rich.finished).ended_at + ResultRetention::get();
		Prunable::<Test>::remove(at);
	});
}

#[test]
fn pruning_without_a_result_is_seen() {
	assert_seen("what is to be pruned is not there", |rich| {
		let at = result(rich.finished).ended_at + ResultRetention::get();
		Prunable::<Test>::mutate(at, |due| due[0] = 999);
	});
}

#[test]
fn blob_references_that_differ_are_seen() {
	let message = "blob references differ from the records";
	assert_seen("a blob is needed that is not referenced", |_| Blobs::<Test>::remove((model_id(1), 2_000)));
	assert_seen(message, |_| Blobs::<Test>::insert((blob(1, 3_000).content_id(), 3_000), 2));
	assert_seen(message, |_| Blobs::<Test>::insert((ContentId([9; 32]), 1), 1));
	assert_seen(message, |_| Samples::<Test>::remove(model_id(1)));
}

/// A model that was rejected and waits for its pruning, beside all that is in a rich state.
fn rejected() -> ModelId {
	let id = model_id(3);
	plan(id, Planned::Fails(assay_primitives::FailReason::ModelInvalid), 30);
	Roles::take();
	assert_ok!(Registration::new(3).submit());
	run_for(6);
	assert!(matches!(model(id).status, ModelStatus::Rejected(_)));
	id
}

fn corrupt_model(id: ModelId, corrupt: impl FnOnce(&mut Model<Test>)) {
	Models::<Test>::mutate(id, |record| corrupt(record.as_mut().unwrap()));
}

#[test]
fn a_rejected_model_that_is_never_pruned_is_seen() {
	assert_seen("a model is to be pruned that is not rejected, or the other way round", |_| {
		corrupt_model(rejected(), |model| model.prunable_at = None);
	});
	assert_seen("a model is to be pruned that is not rejected, or the other way round", |_| {
		corrupt_model(model_id(1), |model| model.prunable_at = Some(9));
	});
	assert_seen("a rejected model is never pruned", |_| {
		corrupt_model(rejected(), |model| model.prunable_at = Some(9));
	});
	assert_seen("what is to be pruned is miscounted", |_| {
		assert_ok!(pallet_models::Prunable::<Test>::try_append(now() + 9, model_id(9)));
	});
}

fn name_of(n: u64) -> ModelName {
	model(model_id(n)).name
}

#[test]
fn a_name_deposit_that_is_not_held_is_seen() {
	assert_seen("name deposits differ from the holds", |_| {
		assert_ok!(Balances::release(&ModelsHold::NameDeposit.into(), &PUBLISHER, 1, Exact));
	});
	assert_seen("name deposits differ from the holds", |_| {
		Names::<Test>::mutate(name_of(1), |record| record.as_mut().unwrap().deposit += 1);
	});
}

#[test]
fn a_name_of_nobody_is_seen() {
	assert_seen("a model's name belongs to nobody", |_| {
		Names::<Test>::mutate(name_of(1), |record| record.as_mut().unwrap().deposit = 0);
		assert_ok!(Balances::release(&ModelsHold::NameDeposit.into(), &PUBLISHER, NameDeposit::get(), Exact));
		Names::<Test>::remove(name_of(1));
	});
}

#[test]
fn a_version_above_the_last_is_seen() {
	assert_seen("a version is above its name's last", |_| {
		Names::<Test>::mutate(name_of(1), |record| record.as_mut().unwrap().last_version = 0);
	});
}

#[test]
fn a_statement_about_nothing_is_seen() {
	assert_seen("a statement is about no model", |_| {
		Provenances::<Test>::insert(model_id(9), statement(model_id(1), b"name", 1));
	});
}

/// Facets under which the described model of the tests below is listed.
fn places() -> Vec<Facet<u64>> {
	vec![
		Facet::All,
		Facet::Owner(PUBLISHER),
		Facet::Task(b"text".to_vec().try_into().unwrap()),
		Facet::Tag(b"small".to_vec().try_into().unwrap()),
		Facet::Tag(b"fast".to_vec().try_into().unwrap()),
	]
}

fn described() -> ListKey {
	Roles::take();
	let metadata = metadata("text", &["small", "fast"]);
	activate(Registration { metadata, ..Registration::new(3) });
	ListKey::new(&name_of(3), 1)
}

#[test]
fn each_place_that_a_model_is_missing_from_is_seen() {
	for place in places() {
		assert_seen("the listing differs from the models", |_| {
			let key = described();
			try_state().unwrap();
			Listing::<Test>::remove(place, key);
		});
	}
}

#[test]
fn each_place_that_names_another_model_is_seen() {
	for place in places() {
		assert_seen("the listing differs from the models", |_| {
			let key = described();
			Listing::<Test>::insert(place, key, model_id(1));
		});
	}
}

#[test]
fn each_place_that_a_model_should_not_have_is_seen() {
	let empty =
		[Facet::Owner(RIVAL), Facet::Task(Default::default()), Facet::Tag(b"other".to_vec().try_into().unwrap())];
	for place in empty {
		assert_seen("the listing differs from the models", |_| {
			let key = described();
			Listing::<Test>::insert(place, key, model_id(3));
		});
	}
	assert_seen("the listing differs from the models", |_| {
		Listing::<Test>::insert(Facet::All, ListKey::new(&name_of(1), 2), model_id(1));
	});
	assert_seen("the listing differs from the models", |_| {
		Listing::<Test>::insert(Facet::All, ListKey::new(b"nobody", 1), model_id(9));
	});
}

#[test]
fn models_that_share_a_version_are_seen() {
	assert_seen("two models are under one name and version", |_| {
		let name = name_of(1);
		corrupt_model(model_id(2), |model| model.name = name);
	});
}

#[test]
fn a_sound_state_is_sound() {
	run(7, || {
		let rich = rich();
		// All three committees are silent, and then all, twice.
		run_for(140);
		assert!(Results::<Test>::contains_key(rich.requested));
	});
}
