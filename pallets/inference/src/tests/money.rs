//! Every planck: who pays, who is paid, when, and that none is made or lost.

use super::*;
use assay_primitives::FailReason;
use frame_support::assert_ok;

/// An active model of the publisher with a royalty, and the balances of everybody after its activation.
struct Books {
	model: assay_primitives::ModelId,
	before: Vec<(u64, u128)>,
}

impl Books {
	fn open(royalty: u128) -> Self {
		let model = activate(Registration { royalty, ..Registration::new(1) });
		Books { model, before: Vec::new() }.again()
	}

	/// Writes the balances down anew.
	fn again(self) -> Self {
		let people = [REQUESTER, PUBLISHER, RIVAL, TREASURY].into_iter().chain(validators());
		Books { before: people.map(|who| (who, free(who))).collect(), ..self }
	}

	/// Plancks that have come to an account since.
	fn earned(&self, who: u64) -> i128 {
		let (_, before) = self.before.iter().find(|(known, _)| *known == who).unwrap();
		free(who) as i128 - *before as i128
	}

	fn ask(&self) -> Ask {
		Ask { k: Some(3), ..Ask::new(self.model) }
	}
}

#[test]
fn a_requester_pays_exactly_base_voters_and_royalty() {
	run(7, || {
		let books = Books::open(50);
		let id = books.ask().submit().unwrap();
		run_for(2);
		let voters = members(round_of(id));
		assert_eq!(ended(id), "output");
		let each = per_voter(100, 5);
		let paid = BasePrice::get() + 3 * each + 50;
		assert_eq!(books.earned(REQUESTER), -(paid as i128));
		assert_eq!(books.earned(PUBLISHER), 50);
		assert_eq!(books.earned(TREASURY), BasePrice::get() as i128);
		for who in validators() {
			assert_eq!(books.earned(who), if voters.contains(&who) { each as i128 } else { 0 });
		}
		let refunded = price(500, 5, 3) + 50 - paid;
		let model = books.model;
		let verdict = decision(id).verdict;
		assert!(emitted(&RuntimeEvent::Inference(OwnEvent::InferenceFinalized {
			request: id,
			owner: REQUESTER,
			model,
			verdict,
			paid,
			refunded
		})));
		assert_eq!(result(id).paid, paid);
	});
}

#[test]
fn whoever_shares_what_it_earns_is_paid_in_parts_and_nobody_pays_more_for_it() {
	run(7, || {
		set_free(PARTNER, ED);
		Sharing::set(validators());
		let books = Books::open(50);
		let of_activation = free(PARTNER) - ED;
		assert!(of_activation > 0);
		assert!(validators().into_iter().all(|who| (free(who) - ED).abs_diff(of_activation / 7) <= 1));
		let id = books.ask().submit().unwrap();
		run_for(2);
		let voters = members(round_of(id));
		assert_eq!(ended(id), "output");
		let each = per_voter(100, 5);
		assert_eq!(free(PARTNER), ED + of_activation + 3 * (each / 2));
		for who in validators() {
			assert_eq!(books.earned(who), if voters.contains(&who) { (each - each / 2) as i128 } else { 0 });
		}
		assert_eq!(result(id).paid, BasePrice::get() + 3 * each + 50);
		// The weight of that is in the price.
		let before = Inference::prices(0).voter;
		SharingWeight::set(7);
		assert!(Inference::prices(0).voter > before);
	});
}

#[test]
fn nothing_moves_before_the_block_of_final_and_all_of_it_in_that_block() {
	run(5, || {
		let books = Books::open(50);
		let id = books.ask().submit().unwrap();
		let escrow = request(id).escrow;
		for _ in 0..5 {
			next_block();
			assert_eq!(books.earned(REQUESTER), -(escrow as i128));
			assert_eq!(held(HoldReason::Escrow, REQUESTER), escrow);
			assert!(validators().into_iter().all(|who| books.earned(who) == 0));
		}
		next_block();
		assert_eq!(held(HoldReason::Escrow, REQUESTER), 0);
		assert_eq!(books.earned(REQUESTER), -(result(id).paid as i128));
	});
}

#[test]
fn a_failed_run_pays_no_royalty() {
	run(7, || {
		let books = Books::open(50);
		plan(books.model, Planned::Fails(FailReason::ModelTrap), 60);
		let id = books.ask().submit().unwrap();
		assert_eq!(ended(id), "failed");
		assert_eq!(books.earned(PUBLISHER), 0);
		assert_eq!(books.earned(REQUESTER), -((BasePrice::get() + 3 * per_voter(60, 5)) as i128));
		assert_eq!(result(id).output, None);
		let Ended::Final(claim) = result(id).ended else { panic!("not final") };
		assert_eq!(claim.output, None);
		assert_eq!(claim.decision.verdict, Verdict::Failed { reason: FailReason::ModelTrap, units: 60 });
	});
}

#[test]
fn a_load_that_fails_is_final_and_is_paid() {
	run(7, || {
		let books = Books::open(50);
		plan(books.model, Planned::Fails(FailReason::ModelInvalid), 60);
		let id = books.ask().submit().unwrap();
		run_for(2);
		let voters = members(round_of(id));
		assert_eq!(ended(id), "failed");
		assert_eq!(decision(id).verdict, Verdict::Failed { reason: FailReason::ModelInvalid, units: 60 });
		assert_eq!((result(id).output, decision(id).escalated), (None, false));
		for who in validators() {
			assert_eq!(books.earned(who), if voters.contains(&who) { per_voter(60, 5) as i128 } else { 0 });
		}
		assert_eq!(books.earned(PUBLISHER), 0);
		assert_eq!(books.earned(REQUESTER), -((BasePrice::get() + 3 * per_voter(60, 5)) as i128));
		assert!(matches!(model(books.model).status, ModelStatus::Active { .. }), "it answers at other shapes");
	});
}

#[test]
fn a_budget_that_is_too_small_is_used_up() {
	run(7, || {
		let books = Books::open(50);
		let id = Ask { unit_limit: 99, ..books.ask() }.submit().unwrap();
		assert_eq!(ended(id), "failed");
		assert_eq!(decision(id).verdict, Verdict::Failed { reason: FailReason::ComputeLimit, units: 99 });
		assert_eq!(books.earned(REQUESTER), -((BasePrice::get() + 3 * per_voter(99, 5)) as i128));
	});
}

#[test]
fn only_revealed_equal_votes_are_paid() {
	run(5, || {
		let books = Books::open(0);
		set_role([FIRST], Role::Withholder);
		let id = Ask { k: Some(5), ..books.ask() }.submit().unwrap();
		assert_eq!(ended(id), "output");
		assert_eq!(books.earned(FIRST), 0);
		assert_eq!(books.earned(FIRST + 1), per_voter(100, 5) as i128);
		assert_eq!(books.earned(REQUESTER), -((BasePrice::get() + 4 * per_voter(100, 5)) as i128));
	});
}

#[test]
fn a_publisher_that_asks_its_own_model_pays_its_royalty_to_itself() {
	run(7, || {
		let books = Books::open(50);
		let id = Ask { owner: PUBLISHER, ..books.ask() }.submit().unwrap();
		assert_eq!(ended(id), "output");
		assert_eq!(books.earned(PUBLISHER), -((BasePrice::get() + 3 * per_voter(100, 5)) as i128));
		assert_eq!(result(id).paid, BasePrice::get() + 3 * per_voter(100, 5) + 50);
	});
}

#[test]
fn a_validator_and_the_treasury_may_ask_as_well() {
	run(3, || {
		let books = Books::open(0);
		set_free(FIRST, 1_000_000);
		let books = books.again();
		let each = per_voter(100, 5) as i128;
		for owner in [FIRST, TREASURY] {
			let id = Ask { owner, ..books.ask() }.submit().unwrap();
			assert_eq!(ended(id), "output");
		}
		assert_eq!(books.earned(FIRST), -(BasePrice::get() as i128) - each);
		assert_eq!(books.earned(TREASURY), BasePrice::get() as i128 - 3 * each);
		assert_eq!(books.earned(FIRST + 1), 2 * each);
	});
}

#[test]
fn what_a_payee_cannot_take_goes_to_the_treasury() {
	UnitPrice::set(0);
	BytePrice::set(1);
	run(4, || {
		// Validators without an account, who earn less than one needs.
		let books = Books::open(0);
		new_session(&[200, 201, 202]);
		let id = books.ask().submit().unwrap();
		assert_eq!(ended(id), "output");
		assert_eq!((free(200), free(201), free(202)), (0, 0, 0));
		assert_eq!(books.earned(TREASURY), (BasePrice::get() + 3 * 5) as i128);
		assert_eq!(books.earned(REQUESTER), -((BasePrice::get() + 3 * 5) as i128));
	});
	UnitPrice::set(3);
	BytePrice::set(7);
}

#[test]
fn a_treasury_without_an_account_leaves_no_planck_on_hold() {
	BasePrice::set(ED - 1);
	run(7, || {
		let fee = price(ActivationUnits::get(), 2_000, 7);
		assert!((1..ED).contains(&(fee % 7)), "a remainder that makes no account");
		set_free(TREASURY, 0);
		assert_eq!(free(TREASURY), 0);
		let model = active_model(1);
		assert_eq!(held(ModelsHold::Activation, PUBLISHER), 0);
		let before = free(REQUESTER);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(id), "output");
		assert_eq!(held(HoldReason::Escrow, REQUESTER), 0);
		assert_eq!(result(id).paid, before - free(REQUESTER), "what nobody can take returns");
	});
	BasePrice::set(1_000);
}

#[test]
fn a_new_royalty_counts_for_later_requests() {
	run(7, || {
		let books = Books::open(50);
		let first = books.ask().submit().unwrap();
		assert_ok!(call(PUBLISHER, ModelsCall::set_royalty { model: books.model, royalty: 70 }));
		let second = books.ask().submit().unwrap();
		assert_eq!((ended(first), ended(second)), ("output", "output"));
		assert_eq!(books.earned(PUBLISHER), 120);
	});
}

#[test]
fn requests_of_one_owner_do_not_pay_from_each_others_holds() {
	run(7, || {
		let books = Books::open(50);
		let small = Ask { unit_limit: 100, ..books.ask() }.submit().unwrap();
		next_block();
		let large = Ask { unit_limit: 100_000, ..books.ask() }.submit().unwrap();
		let large_escrow = request(large).escrow;
		// As if more were due than it holds.
		Requests::<Test>::mutate(small, |request| request.as_mut().unwrap().prices.run.unit *= 100);
		let escrow = request(small).escrow;
		assert_eq!(ended(small), "output");
		assert_eq!(result(small).paid, escrow);
		assert_eq!(held(HoldReason::Escrow, REQUESTER), large_escrow);
		assert_eq!(ended(large), "output");
		assert_eq!(result(large).paid, BasePrice::get() + 3 * per_voter(100, 5) + 50);
		assert_eq!(books.earned(REQUESTER), -((result(small).paid + result(large).paid) as i128));
	});
}

#[test]
fn a_request_pays_the_prices_of_its_block() {
	run(7, || {
		let books = Books::open(50);
		let id = books.ask().submit().unwrap();
		let due = BasePrice::get() + 3 * per_voter(100, 5) + 50;
		UnitPrice::set(0);
		BytePrice::set(0);
		BasePrice::set(0);
		assert_eq!(ended(id), "output");
		assert_eq!(books.earned(REQUESTER), -(due as i128));
	});
	UnitPrice::set(3);
	BytePrice::set(7);
	BasePrice::set(1_000);
}

#[test]
fn a_free_network_holds_and_pays_nothing() {
	UnitPrice::set(0);
	BytePrice::set(0);
	BasePrice::set(0);
	DepositBase::set(0);
	DepositPerKib::set(0);
	run(7, || {
		let books = Books::open(0);
		let id = Ask { max_fee: 0, ..books.ask() }.submit().unwrap();
		assert_eq!(ended(id), "output");
		assert_eq!(result(id).paid, 0);
		assert!(validators().into_iter().chain([REQUESTER]).all(|who| books.earned(who) == 0));
	});
	UnitPrice::set(3);
	BytePrice::set(7);
	BasePrice::set(1_000);
	DepositBase::set(5_000);
	DepositPerKib::set(11);
}

#[test]
fn the_same_units_cost_a_larger_committee_more() {
	run(7, || {
		let books = Books::open(0);
		let three = books.ask().submit().unwrap();
		let seven = Ask { k: Some(7), ..books.ask() }.submit().unwrap();
		await_end(three);
		await_end(seven);
		assert_eq!(result(three).paid, BasePrice::get() + 3 * per_voter(100, 5));
		assert_eq!(result(seven).paid, BasePrice::get() + 7 * per_voter(100, 5));
	});
}

#[test]
fn load_units_are_charged_with_every_run() {
	run(7, || {
		let books = Books::open(0);
		Plans::mutate(|plans| {
			plans.insert(books.model, Plan { outcome: Planned::Inline(8), load_units: 70, units: 90 })
		});
		for _ in 0..2 {
			let id = books.ask().submit().unwrap();
			assert_eq!(ended(id), "output");
			assert_eq!(result(id).paid, BasePrice::get() + 3 * per_voter(90, 5));
		}
	});
}
