//! Open work is counted in units: which requests find room, and when they make room again.

use super::*;
use assay_primitives::constants::{MAX_UNIT_LIMIT, SHORT_UNITS, UNITS_PER_BLOCK};
use frame_support::{assert_noop, assert_ok};

/// Runs a test on a chain where only units bound what is open, and where they cost nothing.
fn roomy(validators: u32, test: impl FnOnce()) {
	MaxOpen::set(1_000);
	MaxPerBlock::set(1_000);
	UnitPrice::set(0);
	run(validators, test);
	UnitPrice::set(3);
	MaxPerBlock::set(8);
	MaxOpen::set(16);
}

fn reserved() -> (u64, u64) {
	let OpenUnits { short, long } = Reserved::<Test>::get();
	(short, long)
}

/// Asks until there is no room; gives how many requests found some.
fn fill(ask: &Ask) -> u64 {
	let mut count = 0;
	while ask.clone().submit().is_ok() {
		count += 1;
	}
	assert_noop!(ask.clone().submit(), Error::TooManyUnits);
	count
}

#[test]
fn the_largest_request_of_a_committee_of_any_size_finds_room_on_an_empty_chain() {
	for validators in [1, 2, 3, 4, 22, 53, 54, 100] {
		roomy(validators, || {
			let (k, audits) = (MaxCommittee::get().min(validators), MaxAudits::get());
			let largest =
				Ask { unit_limit: MAX_UNIT_LIMIT, k: Some(k), audits: Some(audits), ..Ask::new(active_model(1)) };
			hush();
			assert_eq!(fill(&largest), 2, "{validators} validators");
		});
	}
}

#[test]
fn a_request_reserves_its_limit_for_each_voter_that_it_pays_for() {
	roomy(21, || {
		let model = active_model(1);
		hush();
		assert_ok!(Ask { unit_limit: SHORT_UNITS, k: Some(3), ..Ask::new(model) }.submit());
		assert_eq!(reserved(), (3 * SHORT_UNITS, 0));
		// Twice the expected auditors are paid for.
		let id = Ask { unit_limit: SHORT_UNITS + 1, k: Some(3), audits: Some(4), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(
			(reserved(), request(id).reserved),
			((3 * SHORT_UNITS, 11 * (SHORT_UNITS + 1)), 11 * (SHORT_UNITS + 1))
		);
		// All vote where there are no more than that.
		assert_ok!(Ask { unit_limit: 500, k: Some(3), audits: Some(18), ..Ask::new(model) }.submit());
		assert_eq!(reserved().0, 3 * SHORT_UNITS + 21 * 500);
	});
}

#[test]
fn a_flood_of_large_requests_keeps_no_small_one_out_and_the_other_way_round() {
	roomy(4, || {
		let model = active_model(1);
		hush();
		let large = Ask { unit_limit: MAX_UNIT_LIMIT, k: Some(4), ..Ask::new(model) };
		assert_eq!(fill(&large), 2);
		let short = Ask { unit_limit: SHORT_UNITS, k: Some(4), ..Ask::new(model) };
		assert_eq!(fill(&short), 6 * 4);
		// The rest is for a request of fewer units.
		assert_noop!(Ask { unit_limit: 1, ..short }.submit(), Error::TooManyUnits);
		assert_eq!(reserved(), (6 * 4 * UNITS_PER_BLOCK, 128 * 4 * UNITS_PER_BLOCK));
	});
	roomy(4, || {
		let model = active_model(1);
		hush();
		let ask = |unit_limit| Ask { unit_limit, k: Some(4), ..Ask::new(model) };
		assert_eq!(fill(&ask(SHORT_UNITS)), 6 * 4);
		assert_ok!(ask(MAX_UNIT_LIMIT).submit());
		assert_ok!(ask(MAX_UNIT_LIMIT - 5).submit());
		assert_noop!(ask(SHORT_UNITS + 1).submit(), Error::TooManyUnits);
	});
}

#[test]
fn who_asks_for_fewer_units_finds_the_room_that_is_left() {
	roomy(7, || {
		let model = active_model(1);
		hush();
		let ask = |unit_limit, k| Ask { unit_limit, k: Some(k), ..Ask::new(model) };
		assert_eq!(fill(&ask(MAX_UNIT_LIMIT, 5)), 2);
		assert_noop!(ask(MAX_UNIT_LIMIT, 5).submit(), Error::TooManyUnits);
		assert_ok!(ask(MAX_UNIT_LIMIT, 4).submit());
		assert_eq!(reserved(), (0, 128 * 7 * UNITS_PER_BLOCK));
	});
}

#[test]
fn units_are_free_once_a_round_has_agreed_and_not_only_when_the_window_is_over() {
	roomy(7, || {
		let model = active_model(1);
		let id =
			Ask { k: Some(3), window: Some(Window::Blocks(MaxWindow::get())), ..Ask::new(model) }.submit().unwrap();
		while stage(id) != Stage::Agreed {
			assert_eq!((reserved(), request(id).reserved), ((1_500, 0), 1_500));
			next_block();
		}
		assert_eq!((reserved(), request(id).reserved), ((0, 0), 0));
		// Neither a dispute nor the end of it gives back what is free already.
		let other = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let disputer = validators().into_iter().find(|who| !agreement(id).voters.contains(who)).unwrap();
		set_free(disputer, 1_000_000);
		assert_ok!(call(disputer, RoundsCall::dispute { subject: Subject::Request(id) }));
		assert_eq!(reserved(), (1_500, 0));
		assert_eq!((ended(id), ended(other)), ("output", "output"));
		assert_eq!(reserved(), (0, 0));
	});
}

#[test]
fn units_are_free_when_a_request_ends_without_an_answer() {
	for (role, end) in [(Role::Silent, "expired"), (Role::Liar(1), "unresolved")] {
		roomy(6, || {
			let model = active_model(1);
			set_role(validators().into_iter().take(3), role);
			let id = Ask { k: Some(6), ..Ask::new(model) }.submit().unwrap();
			assert_eq!(reserved(), (3_000, 0));
			assert_eq!(ended(id), end);
			assert_eq!(reserved(), (0, 0));
		});
	}
}

#[test]
fn a_contradiction_frees_nothing_before_all_have_decided() {
	roomy(7, || {
		let model = active_model(1);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		next_block();
		finish_block();
		set_role(members(round_of(id)).into_iter().take(1), Role::Liar(1));
		while !matches!(stage(id), Stage::Escalated(_)) {
			next_block();
		}
		assert_eq!(reserved(), (1_500, 0));
		assert_eq!(ended(id), "output");
		assert_eq!(reserved(), (0, 0));
	});
}

#[test]
fn an_input_that_can_be_withheld_takes_no_room_of_short_requests() {
	roomy(7, || {
		let model = active_model(1);
		hush();
		let ask = Ask { k: Some(7), unit_limit: SHORT_UNITS, ..Ask::new(model) };
		assert_ok!(Ask { input: blob(1, 1), ..ask.clone() }.submit());
		assert_eq!(reserved(), (0, 7 * SHORT_UNITS));
		// All that finds room leaves that of the others as it is.
		fill(&Ask { input: blob(2, 1), ..ask.clone() });
		assert_ok!(ask.submit());
		assert_eq!(reserved().0, 7 * SHORT_UNITS);
	});
}
