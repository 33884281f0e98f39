//! Prices of a request: its voters for the run, and the chain for the bytes and weight that their votes take in blocks.

use super::*;
use assay_primitives::constants::{MAX_INLINE_OUTPUT, SHORT_UNITS, UNITS_PER_BLOCK};
use sp_runtime::{traits::One, FixedU128};

fn demand() -> Demand {
	CurrentDemand::<Test>::get()
}

#[test]
fn a_unit_costs_more_the_longer_more_than_half_of_all_that_can_be_reserved_is() {
	run(7, || {
		let model = active_model(1);
		set_role(validators(), Role::Silent);
		assert_eq!(demand(), Demand::default());
		let ask = |units, k| Ask { k: Some(k), unit_limit: units, ..Ask::new(model) };
		let before = Inference::prices(0);
		// Six blocks of seven validators: 22 of 168 billions for each voter of one of these, and more than half for five.
		let large = || ask(SHORT_UNITS, 7).submit().unwrap();
		MaxOpen::set(64);
		let first: Vec<RequestId> = (0..8).map(|_| large()).collect();
		next_block();
		assert_eq!(demand(), Demand::default(), "56 of 168");
		let mut more: Vec<RequestId> = (0..8).map(|_| large()).collect();
		next_block();
		more.extend((0..4).map(|_| large()));
		run_for(2);
		let Demand { short, long } = demand();
		assert!(short > FixedU128::one() && long == FixedU128::one(), "140 of 168, and of those beside them none");
		// Prices stay as they were at the request.
		let kept = |id: &RequestId| request(*id).prices;
		assert!(first.iter().chain(&more).all(|id| kept(id) == before));
		let unit = UnitPrice::mutate(|unit| {
			*unit = 1_000_000;
			*unit
		});
		let now = Inference::prices(0);
		assert!(now.run.unit > unit && now.run.unit < unit * 11 / 10, "{}", now.run.unit);
		assert_eq!(Inference::prices(1).run.unit, unit);
		assert_eq!(Inference::price(SHORT_UNITS, 5, 7, 0), now.most(SHORT_UNITS, 5, 7, 0));
		assert_eq!((now.run.base, now.run.byte, now.voter), (before.run.base, before.run.byte, before.voter));
		UnitPrice::set(3);
		// A requester that has asked before pays as it was then, and the price falls once there is room again.
		Roles::take();
		for id in first.into_iter().chain(more) {
			await_end(id);
		}
		run_for(20);
		assert_eq!(demand(), Demand::default());
	});
	MaxOpen::set(16);
}

#[test]
fn keeping_the_room_taken_costs_twice_as_much_every_five_minutes_up_to_a_bound() {
	run(1, || {
		let most = UNITS_PER_BLOCK * 128;
		let blocks = |reserved: u64, blocks: u32| {
			Reserved::<Test>::put(OpenUnits { short: 0, long: reserved });
			(0..blocks).for_each(|_| Inference::follow_demand());
			let factor = demand().long;
			Reserved::<Test>::kill();
			factor
		};
		let doubled = blocks(most, 150);
		assert!(doubled > FixedU128::from_u32(2) && doubled < FixedU128::from_rational(22, 10), "{doubled}");
		assert_eq!(blocks(most / 2, 50), doubled, "half of it is what there is room for");
		assert_eq!(blocks(most, 2_000), FixedU128::from_u32(1_000));
		assert!(blocks(0, 150) < FixedU128::from_u32(500));
		assert_eq!(blocks(0, 3_000), FixedU128::one());
	});
}

#[test]
fn the_chain_is_paid_for_each_voter_and_for_each_copy_of_the_output() {
	run(7, || {
		let model = active_model(1);
		LengthPrice::set(3);
		let prices = Inference::prices(0);
		assert_eq!((prices.voter, prices.output), (3 * 768, 3));
		let before = free(TREASURY);
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let most = BasePrice::get() + 3 * per_voter(500, 5) + 3 * prices.voter + 4 * 3 * u128::from(MAX_INLINE_OUTPUT);
		assert_eq!(request(id).escrow, most);
		LengthPrice::set(0);
		assert_eq!(ended(id), "output");
		let record = result(id);
		let bytes = record.output.as_ref().unwrap().inline_len();
		assert!(bytes > 0);
		// One copy travels with each vote, and one is kept for a week.
		let chain = BasePrice::get() + 3 * prices.voter + 4 * 3 * u128::from(bytes);
		assert_eq!(prices.chain(3, bytes), chain);
		assert_eq!(free(TREASURY) - before, chain);
		let Ended::Final(claim) = record.ended else { panic!("final") };
		assert_eq!(record.paid, chain + 3 * per_voter(claim.decision.verdict.units(), 5));
	});
	LengthPrice::set(0);
}

#[test]
fn prices_that_do_not_fit_are_none() {
	run(1, || {
		UnitPrice::set(u128::MAX);
		assert_eq!(Inference::price(2, 0, 1, 0), None);
		UnitPrice::set(3);
	});
}

#[test]
fn a_blob_that_all_validators_keep_pays_for_each_of_them() {
	run(7, || {
		StoredBytePrice::set(2);
		let model = active_model(1);
		plan(model, Planned::Blob(20_000), 100);
		let ask = |units| Ask { k: Some(3), unit_limit: units, ..Ask::new(model) };
		let free = || price(100, 5, 3);
		let held =
			|units| price(units, 5, 3) + 14 * u128::from(units.min(assay_primitives::constants::MAX_BLOB_OUTPUT));
		let at_most = 40_000;
		assert_eq!(request(ask(at_most).submit().unwrap()).escrow, held(at_most));
		assert_eq!(Inference::price(1 << 40, 5, 3, 0), Some(held(1 << 40)), "no output is larger than a blob may be");
		let id = NextRequest::<Test>::get() - 1;
		let treasury = self::free(Treasury::get());
		assert_eq!(ended(id), "output");
		let ended = result(id);
		assert_eq!(ended.paid, free() + 14 * 20_000);
		assert_eq!(self::free(Treasury::get()) - treasury, BasePrice::get() + 14 * 20_000);
		// An output that travels with the vote is in the blocks.
		plan(model, Planned::Inline(40), 100);
		let id = ask(at_most).submit().unwrap();
		assert_eq!(super::ended(id), "output");
		assert_eq!(result(id).paid, free());
		StoredBytePrice::set(0);
	});
}
