//! Activation rounds: what makes a model active, and what rejects it.

use super::*;
use assay_primitives::{h, FailReason, Output};
use frame_support::{assert_noop, assert_ok};

/// Registers a model, makes blocks until its activation has ended, and gives its status.
fn outcome(registration: Registration) -> ModelStatus {
	let id = registration.model;
	assert_ok!(registration.submit());
	for _ in 0..200 {
		if !matches!(model(id).status, ModelStatus::Pending) {
			return model(id).status;
		}
		next_block();
	}
	panic!("the activation does not end");
}

fn rejection(registration: Registration) -> RejectReason {
	match outcome(registration) {
		ModelStatus::Rejected(reason) => reason,
		status => panic!("not rejected: {status:?}"),
	}
}

#[test]
fn a_model_whose_sample_two_thirds_attest_is_active() {
	run(4, || {
		let registration = Registration::new(1);
		let (id, sample) = (registration.model, registration.sample.clone().unwrap());
		let result_hash = honest_result(id, sample.content_id());
		let run = execute(id, sample.content_id(), u64::MAX, &[]);
		let active = ModelStatus::Active {
			input: sample.content_id(),
			output: run.outcome.unwrap(),
			result_hash,
			load_units: 10,
			sample_units: 100,
		};
		assert_eq!(outcome(registration), active);
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelActivated {
			model: id,
			result_hash,
			load_units: 10,
			sample_units: 100,
			engine: ENGINE
		})));
		let each = price(ActivationUnits::get(), 2_000, 4) / 4;
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ActivationPaid { model: id, voters: 4, each })));
		assert!(validators().into_iter().all(|who| free(who) == ED + each));
		assert_eq!(held(ModelsHold::Activation, PUBLISHER), 0);
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), model(id).deposit);
		assert_eq!(Samples::<Test>::get(id), Some(sample));
		assert_eq!(Standings::<Test>::count(), 0);
	});
}

#[test]
fn what_does_not_divide_among_the_voters_goes_to_the_treasury() {
	run(7, || {
		let fee = price(ActivationUnits::get(), 2_000, 7);
		assert_ne!(fee % 7, 0);
		active_model(1);
		assert_eq!(free(TREASURY), WEALTH + fee % 7);
	});
}

#[test]
fn without_a_sample_the_engine_makes_the_input() {
	run(4, || {
		let registration = Registration { sample: None, ..Registration::new(1) };
		let id = registration.model;
		let ModelStatus::Active { input, output, result_hash, .. } = outcome(registration) else {
			panic!("not active")
		};
		assert_eq!(input, generated_input(id));
		assert_eq!(result_hash, honest_result(id, input));
		assert!(matches!(output, Output::Inline(_)));
	});
}

#[test]
fn without_a_sample_two_inputs_contradict_each_other() {
	MaxActivation::set(4);
	run(7, || {
		hush();
		assert_ok!(Registration { sample: None, ..Registration::new(1) }.submit());
		run_for(2);
		let members = member_list(0);
		let who = members[3];
		commit_honestly(0, &members[..3]);
		let mut other = honest_reveal(0, who);
		other.input = assay_primitives::ContentId([3; 32]);
		let run = execute(model_id(1), other.input, ActivationUnits::get(), &trace_keys(0));
		other.vote = vote_of(&run, model_id(1));
		other.output = run.outcome.ok();
		assert_ok!(submit(sign(commit(who, 0, seal(0, who, &other.vote, &other.salt)))));
		next_block();
		assert_ok!(submit(sign(reveal(who, other))));
		reveal_honestly(0, &members[..3]);
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::Escalated {
			subject: Subject::Model(model_id(1)),
			contested: 0
		})));
	});
	MaxActivation::set(64);
}

#[test]
fn the_result_that_the_publisher_expects_activates() {
	run(4, || {
		let registration = Registration::new(1);
		let expected = honest_result(registration.model, inline(b"sample").content_id());
		let status = outcome(Registration { expected: Some(expected), ..registration });
		assert!(matches!(status, ModelStatus::Active { result_hash, .. } if result_hash == expected));
	});
}

#[test]
fn another_result_than_the_publisher_expects_rejects() {
	run(4, || {
		let attested = honest_result(model_id(1), inline(b"sample").content_id());
		let reason = rejection(Registration { expected: Some([1; 32]), ..Registration::new(1) });
		assert_eq!(reason, RejectReason::UnexpectedResult { attested });
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelRejected { model: model_id(1), reason })));
		let bytes = 2 * DepositPerKib::get();
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::DepositReturned {
			model: model_id(1),
			owner: PUBLISHER,
			amount: bytes
		})));
		let fee = price(ActivationUnits::get(), 2_000, 4);
		let record = DepositBase::get() + NameDeposit::get();
		assert_eq!(free(PUBLISHER), WEALTH - fee - record, "the validators have done their work");
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ActivationPaid {
			model: model_id(1),
			voters: 4,
			each: fee / 4
		})));
	});
}

#[test]
fn a_file_that_is_no_model_is_rejected() {
	run(4, || {
		for (n, reason) in [
			FailReason::ModelInvalid,
			FailReason::InputMismatch,
			FailReason::MemoryLimit,
			FailReason::ModelTrap,
			FailReason::ComputeLimit,
		]
		.into_iter()
		.enumerate()
		{
			let registration = Registration::new(n as u64);
			plan(registration.model, Planned::Fails(reason), 100);
			assert_eq!(rejection(registration), RejectReason::Failed(reason));
		}
	});
}

#[test]
fn a_sample_beyond_the_activations_budget_is_rejected() {
	run(4, || {
		let registration = Registration::new(1);
		plan(registration.model, Planned::Inline(8), ActivationUnits::get() + 1);
		assert_eq!(rejection(registration), RejectReason::Failed(FailReason::ComputeLimit));
	});
}

#[test]
fn a_model_that_is_not_uploaded_gets_a_second_round_and_is_then_rejected() {
	run(4, || {
		set_role(validators(), Role::Lacks(SignalKind::ModelUnavailable));
		let n = now();
		let window = ActivationWindow::get();
		assert_ok!(Registration::new(1).submit());
		run_to(n + 2 + window);
		assert_eq!(model(model_id(1)).status, ModelStatus::Pending);
		assert_eq!(Rounds::<Test>::get(0).unwrap().signals, 4);
		next_block();
		assert_eq!(model(model_id(1)).status, ModelStatus::Pending);
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::RoundRedrawn {
			subject: Subject::Model(model_id(1)),
			round: 0
		})));
		run_to(n + 2 * (window + 3) - 1);
		assert_eq!(model(model_id(1)).status, ModelStatus::Pending);
		assert_eq!(held(ModelsHold::ModelDeposit, PUBLISHER), model(model_id(1)).deposit);
		next_block();
		assert_eq!(model(model_id(1)).status, ModelStatus::Rejected(RejectReason::Deadline));
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ModelRejected {
			model: model_id(1),
			reason: RejectReason::Deadline
		})));
		let fee = price(ActivationUnits::get(), 2_000, 4);
		assert_eq!(free(TREASURY), WEALTH + fee, "the fee is not refundable");
		assert_eq!(free(PUBLISHER), WEALTH - fee - DepositBase::get() - NameDeposit::get());
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Registry(ModelsEvent::ActivationPaid { .. }))), 0);
		assert!(!Registry::blob_expected(model_id(1), 2_000));
	});
}

#[test]
fn a_model_that_is_uploaded_late_is_active_all_the_same() {
	run(4, || {
		set_role(validators(), Role::Lacks(SignalKind::ModelUnavailable));
		assert_ok!(Registration::new(1).submit());
		run_for(ActivationWindow::get() + 8);
		assert_eq!(model(model_id(1)).status, ModelStatus::Pending);
		Roles::take();
		run_for(3);
		assert!(matches!(model(model_id(1)).status, ModelStatus::Active { .. }));
	});
}

#[test]
fn a_minority_that_says_nothing_does_not_keep_a_model_from_activation() {
	run(4, || {
		set_role([FIRST], Role::Silent);
		assert!(matches!(outcome(Registration::new(1)), ModelStatus::Active { .. }));
		assert_eq!(free(FIRST), ED, "who says nothing earns nothing");
	});
}

#[test]
fn one_short_of_two_thirds_is_not_enough() {
	run(6, || {
		set_role([FIRST, FIRST + 1], Role::Silent);
		assert_eq!(rejection(Registration::new(1)), RejectReason::Deadline);
	});
	run(7, || {
		set_role([FIRST, FIRST + 1], Role::Silent);
		assert!(matches!(outcome(Registration::new(1)), ModelStatus::Active { .. }));
	});
}

#[test]
fn votes_that_differ_are_decided_by_all_of_the_validators() {
	MaxActivation::set(3);
	run(7, || {
		// The draw is known from the VRF: the liar is one of the three.
		let seed = h("assay/seed", (vrf_of(now()), vrf_of(now() + 1), 0u64));
		let liar = FIRST + u64::from(math::draw(&seed, &[1; 7], 3)[0]);
		set_role([liar], Role::Liar(1));
		let n = now();
		assert!(matches!(outcome(Registration::new(1)), ModelStatus::Active { .. }));
		assert_eq!(now(), n + 7, "three blocks for the first round, four for all to fetch the model and run it");
		let subject = Subject::Model(model_id(1));
		assert_eq!(
			block_of(|event| *event == RuntimeEvent::Voting(RoundsEvent::Escalated { subject, contested: 0 })),
			n + 3
		);
		let escalation = log().into_iter().find_map(|(_, event)| match event {
			RuntimeEvent::Voting(RoundsEvent::RoundDrawn {
				round: 1,
				kind: RoundKind::Everybody { contested: Some(ContestedRound { round: contested, .. }), .. },
				members,
				threshold,
				..
			}) => Some((contested, members, threshold)),
			_ => None,
		});
		assert_eq!(escalation, Some((0, 7, 5)));
		assert_eq!(free(liar), ED, "the losing vote is not paid");
		let fee = price(ActivationUnits::get(), 2_000, 3);
		assert!(emitted(&RuntimeEvent::Registry(ModelsEvent::ActivationPaid {
			model: model_id(1),
			voters: 6,
			each: fee / 6
		})));
	});
	MaxActivation::set(64);
}

#[test]
fn a_disagreement_without_two_thirds_rejects() {
	run(6, || {
		set_role([FIRST, FIRST + 1], Role::Liar(1));
		assert_eq!(rejection(Registration::new(1)), RejectReason::Unresolved);
		assert_eq!(free(TREASURY), WEALTH + price(ActivationUnits::get(), 2_000, 6));
	});
}

#[test]
fn a_third_of_liars_activates_nothing_wrong_and_two_thirds_do() {
	run(7, || {
		set_role(FIRST..FIRST + 5, Role::Liar(1));
		let ModelStatus::Active { result_hash, .. } = outcome(Registration::new(1)) else { panic!("not active") };
		assert_ne!(result_hash, honest_result(model_id(1), inline(b"sample").content_id()));
	});
	run(7, || {
		set_role(FIRST..FIRST + 2, Role::Liar(1));
		let ModelStatus::Active { result_hash, .. } = outcome(Registration::new(1)) else { panic!("not active") };
		assert_eq!(result_hash, honest_result(model_id(1), inline(b"sample").content_id()));
	});
}

#[test]
fn at_most_the_configured_electorate_is_drawn() {
	MaxActivation::set(4);
	run(7, || {
		assert_ok!(Registration::new(1).submit());
		run_for(2);
		let round = Rounds::<Test>::get(0).unwrap();
		assert_eq!((round.members, round.threshold, round.v), (4, 3, 7));
		assert_eq!(members(0).len(), 4);
	});
	MaxActivation::set(64);
}

/// A model under `a`, version 1, that was rejected.
fn rejected() -> Registration {
	let registration = Registration { name: b"a".to_vec(), ..Registration::new(1) };
	rejection(Registration { expected: Some([1; 32]), ..registration.clone() });
	registration
}

#[test]
fn a_rejected_model_may_be_registered_anew_under_its_version() {
	run(4, || {
		let again = rejected();
		assert!(matches!(outcome(again), ModelStatus::Active { .. }));
		assert_eq!(Registry::version(b"a", 1), Some(model_id(1)));
	});
}

#[test]
fn the_version_of_a_rejected_model_may_be_given_to_another_file() {
	run(4, || {
		let other = Registration { model: model_id(2), ..rejected() };
		assert!(matches!(outcome(other), ModelStatus::Active { .. }));
		assert_eq!(Registry::version(b"a", 1), Some(model_id(2)));
		let third = Registration { name: b"a".to_vec(), ..Registration::new(3) };
		assert_noop!(third.submit(), ModelsError::VersionNotNewer);
	});
}

#[test]
fn a_rejected_model_may_be_registered_under_a_later_version() {
	run(4, || {
		let later = Registration { version: 2, ..rejected() };
		assert!(matches!(outcome(later), ModelStatus::Active { .. }));
		assert_eq!(Registry::version(b"a", 2), Some(model_id(1)));
		assert_eq!(Registry::version(b"a", 1), None, "the rejected version never was");
	});
}

#[test]
fn a_rejected_model_may_be_registered_by_another_under_another_name() {
	run(4, || {
		let theirs = Registration { owner: RIVAL, name: b"b".to_vec(), ..rejected() };
		assert_noop!(Registration { name: b"a".to_vec(), ..theirs.clone() }.submit(), ModelsError::NameTaken);
		assert!(matches!(outcome(theirs), ModelStatus::Active { .. }));
		assert_eq!(model(model_id(1)).owner, RIVAL);
		assert_eq!(Registry::version(b"b", 1), Some(model_id(1)));
		assert_eq!(Registry::version(b"a", 1), None, "nobody finds the rival's model under the old name");
		// The first registrant still holds the name and its version.
		assert!(matches!(
			outcome(Registration { model: model_id(2), name: b"a".to_vec(), ..Registration::new(1) }),
			ModelStatus::Active { .. }
		));
	});
}

#[test]
fn an_earlier_version_than_the_rejected_one_is_refused() {
	run(4, || {
		let first = Registration { version: 5, ..Registration::new(1) };
		rejection(Registration { expected: Some([1; 32]), ..first.clone() });
		assert_noop!(Registration { version: 4, ..first.clone() }.submit(), ModelsError::VersionNotNewer);
		assert_ok!(first.submit());
	});
}
