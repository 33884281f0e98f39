//! Behaviour of bonds, elections and penalties.

mod delegation;

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{Inspect, InspectHold, MutateHold},
};
use sp_runtime::{traits::Dispatchable, TransactionOutcome};

type Error = crate::Error<Test>;
type Event = crate::Event<Test>;

fn bond(who: u64, amount: u128) -> sp_runtime::DispatchResult {
	Validators::bond(RuntimeOrigin::signed(who), amount)
}

fn bond_of(who: u64) -> u128 {
	Balances::balance_on_hold(&HoldReason::Bond.into(), &who)
}

#[test]
fn the_genesis_block_says_how_long_bonds_stay_also_where_it_is_as_long_as_ever() {
	new_test_ext().execute_with(|| {
		assert!(SessionBlocks::<Test>::exists() && UnbondingSessions::<Test>::exists());
		assert_eq!((SessionBlocks::<Test>::get(), UnbondingSessions::<Test>::get()), (5, 8));
	});
}

/// A penalty that nobody has found.
fn penalty(faults: u32, amount: u128) -> Penalty<Test> {
	Penalty { faults, amount, finders: Default::default() }
}

/// Rewards that a penalty gave to its finders, by the events.
fn rewards() -> Vec<(u64, Fault, u64, u128)> {
	let reward = |record: frame_system::EventRecord<RuntimeEvent, _>| match record.event {
		RuntimeEvent::Validators(Event::Rewarded { who, fault, finder, amount }) => Some((who, fault, finder, amount)),
		_ => None,
	};
	System::events().into_iter().filter_map(reward).collect()
}

/// Penalties that were taken, by the events.
fn slashed() -> Vec<(u64, Fault, u128)> {
	let slash = |record: frame_system::EventRecord<RuntimeEvent, _>| match record.event {
		RuntimeEvent::Validators(Event::Slashed { who, fault, amount }) => Some((who, fault, amount)),
		_ => None,
	};
	System::events().into_iter().filter_map(slash).collect()
}

/// Plancks of all accounts.
fn plancks() -> u128 {
	frame_system::Account::<Test>::iter_keys().map(|who| Balances::total_balance(&who)).sum()
}

/// Runs until every penalty is taken. Fails if a planck is made or lost.
fn take_all() {
	let before = plancks();
	run_to_session(CurrentEra::<Test>::get() * 2 + 12);
	assert_eq!(Penalties::<Test>::iter().count(), 0);
	assert_eq!((plancks(), Balances::total_issuance()), (before, before));
}

#[test]
fn an_account_with_bond_and_keys_is_elected() {
	new_test_ext().execute_with(|| {
		assert_ok!(bond(3, 5_000));
		System::assert_last_event(Event::Bonded { who: 3, bond: 5_000 }.into());
		run_to_session(2);
		assert_eq!(Session::validators(), [3, 1, 2]);
		System::assert_has_event(Event::Elected { session: 2, validators: 3 }.into());
	});
}

#[test]
fn the_largest_bonds_win_and_equal_ones_go_by_account() {
	new_test_ext().execute_with(|| {
		assert_ok!(bond(3, 900));
		assert_ok!(bond(4, 950));
		run_to_session(2);
		assert_eq!(Session::validators(), [1, 4, 2]);
		assert_ok!(bond(3, 1));
		run_to_session(4);
		assert_eq!(Session::validators(), [1, 4, 3]);
	});
}

#[test]
fn an_account_without_keys_is_not_elected() {
	new_test_ext().execute_with(|| {
		assert_ok!(Session::purge_keys(RuntimeOrigin::signed(3)));
		assert_ok!(bond(3, 5_000));
		run_to_session(2);
		assert_eq!(Session::validators(), [1, 2]);
	});
}

#[test]
fn a_bond_has_a_minimum_and_candidates_a_maximum() {
	new_test_ext().execute_with(|| {
		assert_noop!(bond(3, 99), Error::BondTooSmall);
		for who in 3..=5 {
			assert_ok!(bond(who, 100));
		}
		assert_noop!(bond(6, 100), Error::TooManyCandidates);
		// Those that are in may bond more.
		assert_ok!(bond(5, 1));
		assert_noop!(bond(5, 1_000_000), sp_runtime::TokenError::FundsUnavailable);
		assert_noop!(bond(5, u128::MAX), sp_runtime::ArithmeticError::Overflow);
	});
}

#[test]
fn leaving_takes_effect_at_the_next_election_and_the_bond_returns_after_unbonding() {
	new_test_ext().execute_with(|| {
		assert_noop!(Validators::unbond(RuntimeOrigin::signed(3)), Error::NotBonded);
		assert_noop!(Validators::withdraw(RuntimeOrigin::signed(3)), Error::NotBonded);
		assert_noop!(Validators::withdraw(RuntimeOrigin::signed(2)), Error::NotWithdrawable);
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(2)));
		// Eleven sessions of five blocks: it is elected for session 1, whose end eight sessions follow, and one to spare.
		System::assert_last_event(Event::Unbonding { who: 2, until: 56 }.into());
		assert_noop!(Validators::unbond(RuntimeOrigin::signed(2)), Error::AlreadyUnbonding);
		run_to_session(2);
		assert_eq!(Session::validators(), [1]);
		run_to(55);
		assert_noop!(Validators::withdraw(RuntimeOrigin::signed(2)), Error::NotWithdrawable);
		run_to(56);
		assert_ok!(Validators::withdraw(RuntimeOrigin::signed(2)));
		System::assert_last_event(Event::Withdrawn { who: 2, amount: 900 }.into());
		assert_eq!((bond_of(2), Balances::balance(&2)), (0, 10_000));
		Validators::do_try_state().unwrap();
	});
}

#[test]
fn bonding_again_takes_an_unbonding_back() {
	new_test_ext().execute_with(|| {
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(2)));
		assert_ok!(bond(2, 0));
		run_to_session(2);
		assert_eq!(Session::validators(), [1, 2]);
	});
}

#[test]
fn the_time_of_unbonding_begins_when_the_last_seat_ends() {
	new_test_ext().execute_with(|| {
		assert_ok!(bond(3, 5_000));
		assert_ok!(bond(4, 500));
		// Not elected yet: there is nothing to find.
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(4)));
		assert_ok!(Validators::withdraw(RuntimeOrigin::signed(4)));
		run_to_session(3);
		assert!(Session::validators().contains(&3));
		// It is elected for session 4 as well.
		let now = System::block_number();
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(3)));
		System::assert_last_event(Event::Unbonding { who: 3, until: now + (4 + 8 + 2 - 3) * 5 }.into());
		run_to_session(4);
		assert!(Session::validators().contains(&3), "its seat outlives the call");
		run_to_session(5);
		assert!(!Session::validators().contains(&3));
		// Whatever it did in its last block can be found for the whole time of unbonding after it.
		run_to_session(13);
		assert_noop!(Validators::withdraw(RuntimeOrigin::signed(3)), Error::NotWithdrawable);
		run_to_session(14);
		assert_ok!(Validators::withdraw(RuntimeOrigin::signed(3)));
	});
}

#[test]
fn who_keeps_a_seat_because_nobody_else_is_there_keeps_its_bond_there() {
	new_test_ext().execute_with(|| {
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(2)));
		run_to_session(20);
		assert_eq!(Session::validators(), [1, 2]);
		assert_noop!(Validators::withdraw(RuntimeOrigin::signed(1)), Error::NotWithdrawable);
	});
}

#[test]
fn a_larger_bond_takes_the_place_of_a_smaller_one_that_is_liable_for_nothing() {
	new_test_ext().execute_with(|| {
		let over = |who, amount, smaller| Validators::bond_over(RuntimeOrigin::signed(who), amount, smaller);
		for who in 3..=4 {
			assert_ok!(bond(who, 100));
		}
		// There is room yet: nobody has to go.
		assert_ok!(over(5, 120, 4));
		assert_eq!((bond_of(4), bond_of(5)), (100, 120));
		assert_noop!(bond(6, 110), Error::TooManyCandidates);
		// Those with seats, with as large bonds, or without one keep what they have.
		assert_noop!(over(6, 5_000, 2), Error::NotDisplaceable);
		assert_noop!(over(6, 100, 4), Error::NotDisplaceable);
		assert_noop!(over(6, 110, 999), Error::NotBonded);
		assert_noop!(over(6, 99, 4), Error::NotDisplaceable);
		assert_ok!(over(6, 110, 4));
		System::assert_has_event(Event::Displaced { who: 4, by: 6, amount: 100 }.into());
		assert_eq!((bond_of(4), bond_of(6)), (0, 110));
		// Bonding more needs nobody's place.
		assert_ok!(over(6, 10, 3));
		assert_eq!((bond_of(3), bond_of(6)), (100, 120));
		// One that had a seat is liable for what it did in it.
		let had_seat = |seat| Candidates::<Test>::mutate(3, |candidate| candidate.as_mut().unwrap().seat = seat);
		had_seat(Some(0));
		assert_noop!(over(4, 5_000, 3), Error::NotDisplaceable);
		had_seat(None);
		Validators::penalize(&3, Fault::Silent);
		Validators::penalize(&3, Fault::WrongTrace);
		assert_noop!(over(4, 5_000, 3), Error::NotDisplaceable);
		Validators::do_try_state().unwrap();
	});
}

#[test]
fn a_quarter_of_the_voting_power_or_one_validator_comes_and_goes_in_a_session() {
	new_test_ext().execute_with(|| {
		// Two validators, three seats: all are outbid at once.
		for who in 3..=5 {
			assert_ok!(bond(who, 5_000));
		}
		run_to_session(2);
		// One comes into the free seat, and nobody has to leave for it but the last.
		assert_eq!(Session::validators(), [3, 1]);
		run_to_session(3);
		assert_eq!(Session::validators(), [3, 4]);
		run_to_session(4);
		assert_eq!(Session::validators(), [3, 4, 5]);
		// Those who leave go one by one, too, the smallest bond first; who is put out goes at once.
		assert_ok!(bond(4, 1));
		for who in 3..=5 {
			assert_ok!(Validators::unbond(RuntimeOrigin::signed(who)));
		}
		Validators::penalize(&4, Fault::WrongVerdict);
		run_to_session(6);
		// The two that come have less than a quarter of the voting power together.
		assert_eq!(Session::validators(), [1, 2, 3]);
		run_to_session(7);
		assert_eq!(Session::validators(), [1, 2]);
	});
}

#[test]
fn a_session_with_the_same_validators_is_no_new_set() {
	use pallet_session::SessionManager;
	new_test_ext().execute_with(|| {
		// The set that an election would give.
		let elect = || {
			frame_support::storage::with_transaction(|| {
				let set = <Validators as SessionManager<u64>>::new_session(Session::current_index() + 1);
				TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(set))
			})
			.unwrap()
		};
		assert_eq!(elect(), None);
		run_to_session(2);
		// A hundredth more of a bond, or less, is no other set.
		assert_ok!(bond(2, 9));
		assert_eq!(elect(), None);
		assert_ok!(bond(2, 1));
		assert_eq!(elect(), Some(vec![1, 2]));
		assert_ok!(bond(2, 490));
		assert_ok!(bond(3, 200));
		assert_eq!(elect(), Some(vec![2, 1, 3]));
		run_to_session(4);
		assert_eq!((Session::validators(), elect()), (vec![2, 1, 3], None));
		assert!((0..=5).all(|session| Historical::historical_root(session).is_some()), "every session has its history");
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		assert_eq!(elect(), Some(vec![2, 3]));
		// They have seats in each session all the same.
		run_to_session(8);
		assert_eq!(Candidates::<Test>::get(3).unwrap().seat, Some(9));
	});
}

#[test]
fn voting_power_is_that_of_the_election_and_follows_the_bond() {
	new_test_ext().execute_with(|| {
		let powers = |list: &BoundedVec<(u64, Power), _>| list.to_vec();
		let now = || powers(&Powers::<Test>::get());
		assert_eq!(now(), [(1, 1_000), (2, 900)]);
		assert_eq!(Validators::powers(), now());
		assert_ok!(bond(1, 500));
		assert_ok!(bond(3, 2_000));
		run_to_session(1);
		assert_eq!(
			(now(), powers(&NextPowers::<Test>::get())),
			(vec![(1, 1_000), (2, 900)], vec![(3, 2_000), (1, 1_500), (2, 900)])
		);
		run_to_session(2);
		assert_eq!(now(), [(3, 2_000), (1, 1_500), (2, 900)]);
		// A penalty that is due counts for the next set already.
		Validators::penalize(&3, Fault::NoJudge);
		assert_eq!(now(), [(3, 2_000), (1, 1_500), (2, 900)]);
		assert_ok!(Validators::cancel_penalty(RuntimeOrigin::root(), HELD_ERAS + 1, 3, Fault::NoJudge));
		Validators::penalize(&1, Fault::NotRevealed);
		run_to_session(4);
		assert_eq!(now(), [(1, 1_499), (2, 900)], "three is in jail");
	});
}

#[test]
fn nobody_outbids_more_than_a_quarter_of_the_voting_power_at_once() {
	new_test_ext().execute_with(|| {
		// The rich one comes first, and alone: it has more than a quarter.
		assert_ok!(bond(5, 600));
		assert_ok!(bond(4, 5_000));
		run_to_session(2);
		assert_eq!(Session::validators(), [4, 1, 2]);
		// Of 6,900 two come that have 1,150 each in the place of the first ones, one after the other: the second would be too many.
		assert_ok!(bond(5, 550));
		assert_ok!(bond(6, 1_150));
		run_to_session(4);
		assert_eq!(Session::validators(), [4, 5, 1]);
		run_to_session(5);
		assert_eq!(Session::validators(), [4, 5, 6]);
	});
}

#[test]
fn no_election_goes_below_the_smallest_set() {
	new_test_ext().execute_with(|| {
		assert_noop!(Validators::set_minimum(RuntimeOrigin::signed(1), 2), sp_runtime::DispatchError::BadOrigin);
		assert_noop!(Validators::set_minimum(RuntimeOrigin::root(), 4), Error::TooManyValidators);
		assert_ok!(bond(3, 800));
		run_to_session(2);
		assert_eq!(Session::validators(), [1, 2, 3]);
		assert_ok!(Validators::set_minimum(RuntimeOrigin::root(), 2));
		System::assert_last_event(Event::MinimumSet { validators: 2 }.into());
		// One leaves and one is put out: the larger of what is left of their bonds stays for finality, and counts in no draw.
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		Validators::penalize(&2, Fault::WrongVerdict);
		run_to_session(4);
		assert_eq!(Session::validators(), [3, 1]);
		Validators::penalize(&1, Fault::WrongTrace);
		assert!(!Validators::is_good(&1));
		run_to_session(6);
		assert_eq!(Session::validators(), [3, 1]);
		assert_ok!(Validators::set_minimum(RuntimeOrigin::root(), 0));
		run_to_session(8);
		assert_eq!(Session::validators(), [3]);
	});
}

#[test]
fn the_last_validators_stay_when_nobody_can_be_elected() {
	new_test_ext().execute_with(|| {
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(2)));
		run_to_session(3);
		assert_eq!(Session::validators(), [1, 2]);
	});
}

#[test]
fn a_penalty_is_held_for_four_eras_and_is_a_part_of_the_bond_at_the_fault() {
	new_test_ext().execute_with(|| {
		Validators::penalize(&1, Fault::WrongTrace);
		System::assert_has_event(Event::Faulted { who: 1, fault: Fault::WrongTrace, amount: 250, era: 4 }.into());
		// It is out of the set from the next election on, and cannot come back before it has paid.
		run_to_session(2);
		assert_eq!(Session::validators(), [2]);
		run_to_session(8);
		assert_eq!((CurrentEra::<Test>::get(), bond_of(1)), (4, 1_000));
		assert_noop!(Validators::unjail(RuntimeOrigin::signed(1)), Error::PenaltyPending);
		run_to_session(10);
		assert_eq!((CurrentEra::<Test>::get(), bond_of(1)), (5, 750));
		assert_eq!(Balances::balance(&999), 251);
		System::assert_has_event(Event::Slashed { who: 1, fault: Fault::WrongTrace, amount: 250 }.into());
		assert_ok!(Validators::unjail(RuntimeOrigin::signed(1)));
	});
}

#[test]
fn a_wrong_verdict_and_an_equivocation_put_the_validator_out() {
	for (fault, left) in [(Fault::WrongVerdict, 0), (Fault::Equivocation, 990)] {
		new_test_ext().execute_with(|| {
			Validators::penalize(&1, fault);
			System::assert_has_event(Event::Jailed { who: 1, era: 0 }.into());
			run_to_session(4);
			assert_eq!(Session::validators(), [2]);
			run_to_session(10);
			assert_eq!(bond_of(1), left);
		});
	}
}

#[test]
fn leaving_does_not_escape_a_penalty() {
	new_test_ext().execute_with(|| {
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		Validators::penalize(&1, Fault::WrongVerdict);
		run_to_session(12);
		assert_ok!(Validators::withdraw(RuntimeOrigin::signed(1)));
		System::assert_last_event(Event::Withdrawn { who: 1, amount: 0 }.into());
	});
}

#[test]
fn a_bond_does_not_return_while_a_penalty_is_due() {
	new_test_ext().execute_with(|| {
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		run_to(56);
		// An equivocation that is reported at the last moment.
		Validators::penalize(&1, Fault::Equivocation);
		assert_noop!(Validators::withdraw(RuntimeOrigin::signed(1)), Error::PenaltyPending);
		run_to_session(CurrentEra::<Test>::get() * 2 + 10);
		assert_ok!(Validators::withdraw(RuntimeOrigin::signed(1)));
		System::assert_last_event(Event::Withdrawn { who: 1, amount: 990 }.into());
	});
}

#[test]
fn governance_cancels_a_penalty_before_it_is_taken() {
	new_test_ext().execute_with(|| {
		Validators::penalize(&1, Fault::WrongVerdict);
		Validators::penalize(&2, Fault::NotRevealed);
		let fault = Fault::WrongVerdict;
		let cancel = |origin, era, fault| Validators::cancel_penalty(origin, era, 1, fault);
		assert_noop!(cancel(RuntimeOrigin::signed(1), 4, fault), sp_runtime::DispatchError::BadOrigin);
		assert_noop!(cancel(RuntimeOrigin::root(), 4, Fault::NotRevealed), Error::NoSuchPenalty);
		assert_noop!(cancel(RuntimeOrigin::root(), 9, fault), Error::NoSuchPenalty);
		let call = RuntimeCall::Validators(Call::cancel_penalty { era: 4, who: 1, fault });
		assert_ok!(call.dispatch(RuntimeOrigin::root()));
		System::assert_last_event(Event::PenaltyCancelled { who: 1, fault, amount: 1_000 }.into());
		run_to_session(10);
		// 0.1 % of 900, rounded down.
		assert_eq!((bond_of(1), bond_of(2)), (1_000, 900));
	});
}

#[test]
fn too_many_misses_in_an_era_jail_and_at_most_one_of_a_small_set() {
	new_test_ext().execute_with(|| {
		for _ in 0..3 {
			Validators::penalize(&1, Fault::Silent);
			Validators::penalize(&2, Fault::Silent);
		}
		System::assert_has_event(Event::Jailed { who: 1, era: 0 }.into());
		assert_eq!(Candidates::<Test>::get(2).unwrap().jailed, None);
		assert_noop!(Validators::unjail(RuntimeOrigin::signed(1)), Error::NotReleasable);
		assert_noop!(Validators::unjail(RuntimeOrigin::signed(3)), Error::NotBonded);
		run_to_session(2);
		assert_eq!(Session::validators(), [2]);
		assert_ok!(Validators::unjail(RuntimeOrigin::signed(1)));
		System::assert_last_event(Event::Unjailed { who: 1 }.into());
		run_to_session(4);
		assert_eq!(Session::validators(), [1, 2]);
	});
}

#[test]
fn two_signals_of_an_era_cost_nothing_and_those_that_follow_a_thousandth_once() {
	new_test_ext().execute_with(|| {
		for _ in 0..2 {
			Validators::penalize(&1, Fault::Signalled);
		}
		assert_eq!((Penalties::<Test>::iter().count(), Candidates::<Test>::get(1).unwrap().due), (0, 0));
		for _ in 0..2 {
			Validators::penalize(&1, Fault::Signalled);
		}
		assert_eq!(Penalties::<Test>::get((1, 1, Fault::Signalled)), Some(penalty(1, 1)));
		System::assert_has_event(Event::Faulted { who: 1, fault: Fault::Signalled, amount: 1, era: 1 }.into());
		// Those of another validator and of another era are counted apart.
		Validators::penalize(&2, Fault::Signalled);
		assert_eq!(Penalties::<Test>::iter().count(), 1);
		run_to_session(2);
		for _ in 0..2 {
			Validators::penalize(&1, Fault::Signalled);
		}
		assert_eq!(Penalties::<Test>::get((2, 1, Fault::Signalled)), None);
		take_all();
		assert_eq!(bond_of(1), 999);
	});
}

#[test]
fn an_outage_costs_a_thousandth_in_an_era_whatever_was_missed_in_it() {
	for first in [Fault::Silent, Fault::NotRevealed] {
		new_test_ext().execute_with(|| {
			Validators::penalize(&1, first);
			for fault in [Fault::Silent, Fault::NotRevealed, Fault::Signalled, Fault::Signalled, Fault::Signalled] {
				Validators::penalize(&1, fault);
			}
			assert_eq!(Penalties::<Test>::iter().collect::<Vec<_>>(), [((1, 1, first), penalty(1, 1))]);
			// A fault that is no part of an outage costs beside it.
			Validators::penalize(&1, Fault::NoJudge);
			assert_eq!(Candidates::<Test>::get(1).unwrap().due, 21);
			run_to_session(2);
			Validators::penalize(&1, Fault::Silent);
			assert_eq!(Penalties::<Test>::get((2, 1, Fault::Silent)), Some(penalty(1, 1)), "the next era");
		});
	}
}

#[test]
fn signals_from_the_third_on_are_misses() {
	new_test_ext().execute_with(|| {
		for _ in 0..4 {
			Validators::penalize(&1, Fault::Signalled);
		}
		assert_eq!(Candidates::<Test>::get(1).unwrap().misses, 2);
		// They count with silence.
		Validators::penalize(&1, Fault::Silent);
		System::assert_has_event(Event::Jailed { who: 1, era: 0 }.into());
		assert_eq!((PutOut::get(), Candidates::<Test>::get(2).unwrap().misses), (vec![1], 0));
	});
}

#[test]
fn misses_of_an_earlier_era_are_forgotten() {
	new_test_ext().execute_with(|| {
		Validators::penalize(&1, Fault::Silent);
		Validators::penalize(&1, Fault::Silent);
		run_to_session(2);
		Validators::penalize(&1, Fault::Silent);
		assert_eq!(Candidates::<Test>::get(1).unwrap().jailed, None);
	});
}

#[test]
fn a_bond_below_the_minimum_does_not_leave_jail() {
	new_test_ext().execute_with(|| {
		assert_ok!(bond(3, 100));
		Validators::penalize(&3, Fault::WrongTrace);
		run_to_session(10);
		assert_eq!(bond_of(3), 75);
		assert_noop!(Validators::unjail(RuntimeOrigin::signed(3)), Error::BondTooSmall);
		assert_ok!(bond(3, 25));
		assert_ok!(Validators::unjail(RuntimeOrigin::signed(3)));
	});
}

#[test]
fn try_state_sees_a_bond_that_is_not_held() {
	new_test_ext().execute_with(|| {
		let reason = HoldReason::Bond.into();
		Balances::release(&reason, &1, 1, frame_support::traits::tokens::Precision::Exact).unwrap();
		assert!(Validators::do_try_state().is_err());
	});
}

#[test]
fn try_state_sees_a_penalty_that_was_not_taken() {
	new_test_ext().execute_with(|| {
		Validators::penalize(&1, Fault::WrongTrace);
		CurrentEra::<Test>::put(6);
		Validators::do_try_state().unwrap();
		Untaken::<Test>::put(5);
		assert!(Validators::do_try_state().is_err());
	});
}

#[test]
fn try_state_sees_eras_taken_too_early_penalties_of_nobody_and_sentences_of_the_future() {
	for corrupt in [
		|| Untaken::<Test>::put(1),
		|| Penalties::<Test>::insert((1, 77, Fault::Silent), penalty(1, 1)),
		|| Penalties::<Test>::insert((1, 1, Fault::Silent), penalty(0, 1)),
		|| Candidates::<Test>::mutate(1, |candidate| candidate.as_mut().unwrap().jailed = Some(1)),
	] {
		new_test_ext().execute_with(|| {
			Validators::do_try_state().unwrap();
			corrupt();
			assert!(Validators::do_try_state().is_err());
		});
	}
}

#[test]
fn faults_of_one_kind_add_up_and_take_nobodys_place() {
	new_test_ext().execute_with(|| {
		for _ in 0..3_000 {
			Validators::penalize(&1, Fault::NotRevealed);
		}
		for _ in 0..3 {
			Validators::penalize(&1, Fault::WrongTrace);
		}
		// A fault with a fixed small price costs it once in an era.
		assert_eq!(Penalties::<Test>::get((1, 1, Fault::NotRevealed)), Some(penalty(1, 1)));
		assert_eq!(Penalties::<Test>::get((4, 1, Fault::WrongTrace)), Some(penalty(3, 750)));
		Validators::penalize(&1, Fault::WrongVerdict);
		run_to_session(10);
		// More than there is cannot be taken.
		assert_eq!(bond_of(1), 0);
		assert_eq!(Session::validators(), [2]);
		assert_eq!(Penalties::<Test>::iter().count(), 0);
	});
}

#[test]
fn half_of_a_penalty_goes_to_its_finders_in_equal_parts_once_it_is_taken() {
	new_test_ext().execute_with(|| {
		let fault = Fault::WrongVerdict;
		Validators::penalize_found(&1, fault, &[3, 4, 5]);
		run_to_session(8);
		assert_eq!((rewards(), Balances::balance(&3)), (vec![], 10_000), "it is held");
		take_all();
		// Of 1,000 a half, and of that a third, rounded down. The remainder of the division goes to the treasury.
		assert_eq!(rewards(), [3, 4, 5].map(|finder| (1, fault, finder, 166)));
		assert_eq!(slashed(), [(1, fault, 1_000)]);
		assert_eq!([3, 4, 5].map(|who| Balances::balance(&who)), [10_166; 3]);
		assert_eq!((bond_of(1), Balances::balance(&999)), (0, 1 + 1_000 - 3 * 166));
	});
}

#[test]
fn a_penalty_without_finders_goes_to_the_treasury() {
	new_test_ext().execute_with(|| {
		Validators::penalize(&1, Fault::WrongVerdict);
		take_all();
		assert_eq!((rewards(), Balances::balance(&999)), (vec![], 1_001));
	});
}

#[test]
fn finders_of_a_penalty_that_is_cancelled_get_nothing() {
	new_test_ext().execute_with(|| {
		Validators::penalize_found(&1, Fault::WrongVerdict, &[3]);
		assert_ok!(Validators::cancel_penalty(RuntimeOrigin::root(), 4, 1, Fault::WrongVerdict));
		take_all();
		assert_eq!((rewards(), slashed()), (vec![], vec![]));
		assert_eq!((bond_of(1), Balances::balance(&3)), (1_000, 10_000));
	});
}

#[test]
fn what_a_finder_cannot_take_goes_to_the_treasury() {
	new_test_ext().execute_with(|| {
		assert_ok!(bond(3, 100));
		// A half of a quarter is 12 for two: six for each. Nobody has account 77, which needs a planck more than that.
		ExistentialDeposit::set(7);
		Validators::penalize_found(&3, Fault::WrongTrace, &[77, 4]);
		take_all();
		assert_eq!(rewards(), [(3, Fault::WrongTrace, 4, 6)]);
		assert_eq!((Balances::balance(&77), Balances::balance(&999), bond_of(3)), (0, 1 + 19, 75));
	});
}

#[test]
fn finders_that_find_no_room_leave_their_shares_to_the_treasury() {
	new_test_ext().execute_with(|| {
		let finders: Vec<u64> = (1_000..1_000 + u64::from(MAX_FINDERS) + 1).collect();
		Validators::penalize_found(&1, Fault::WrongVerdict, &finders);
		take_all();
		// 500 for 65.
		assert_eq!(rewards().len(), MAX_FINDERS as usize);
		assert_eq!((Balances::balance(&1_000), Balances::balance(&1_064)), (7, 0));
		assert_eq!(Balances::balance(&999), 1 + 1_000 - 7 * 64);
	});
}

#[test]
fn who_is_told_a_wrong_verdict_twice_pays_its_bond_once_and_the_first_finders_get_it() {
	new_test_ext().execute_with(|| {
		let fault = Fault::WrongVerdict;
		Validators::penalize_found(&1, fault, &[3]);
		// A liar's other account finds the next lie.
		Validators::penalize_found(&1, fault, &[4]);
		let record = Penalties::<Test>::get((4, 1, fault)).unwrap();
		assert_eq!((record.faults, record.amount, record.finders.into_inner()), (2, 1_000, vec![(3, 500)]));
		System::assert_last_event(Event::Faulted { who: 1, fault, amount: 0, era: 4 }.into());
		take_all();
		assert_eq!((rewards(), slashed()), (vec![(1, fault, 3, 500)], vec![(1, fault, 1_000)]));
	});
}

#[test]
fn penalties_of_two_eras_take_the_bond_once_and_the_later_finders_get_what_is_left() {
	new_test_ext().execute_with(|| {
		Validators::penalize_found(&1, Fault::WrongTrace, &[3]);
		run_to_session(2);
		// Another quarter, half and all of what is still the whole bond.
		Validators::penalize_found(&1, Fault::WrongVerdict, &[4, 5]);
		run_to_session(4);
		Validators::penalize_found(&1, Fault::WrongByMajority, &[6]);
		take_all();
		assert_eq!(
			slashed(),
			[(1, Fault::WrongTrace, 250), (1, Fault::WrongVerdict, 750), (1, Fault::WrongByMajority, 0)]
		);
		// Of the 750 that were there for the second, as of the 1,000 that it would have cost, a half.
		let (trace, verdict) = (Fault::WrongTrace, Fault::WrongVerdict);
		assert_eq!(rewards(), [(1, trace, 3, 125), (1, verdict, 4, 187), (1, verdict, 5, 187)]);
		assert_eq!((bond_of(1), Balances::balance(&6), Balances::balance(&999)), (0, 10_000, 1 + 125 + 376));
	});
}

#[test]
fn a_penalty_that_is_cancelled_leaves_the_bond_to_the_next_one() {
	new_test_ext().execute_with(|| {
		Validators::penalize_found(&1, Fault::WrongVerdict, &[3]);
		run_to_session(2);
		Validators::penalize_found(&1, Fault::WrongVerdict, &[4]);
		assert_ok!(Validators::cancel_penalty(RuntimeOrigin::root(), 4, 1, Fault::WrongVerdict));
		take_all();
		assert_eq!(rewards(), [(1, Fault::WrongVerdict, 4, 500)]);
		assert_eq!(slashed(), [(1, Fault::WrongVerdict, 1_000)]);
	});
}

#[test]
fn try_state_sees_shares_beyond_a_half_finders_that_are_named_twice_and_who_finds_itself() {
	for finders in [vec![(3, 500), (4, 1)], vec![(3, 1), (3, 1)], vec![(1, 1)]] {
		new_test_ext().execute_with(|| {
			Validators::penalize_found(&1, Fault::WrongVerdict, &[3]);
			Validators::do_try_state().unwrap();
			Penalties::<Test>::mutate((4, 1, Fault::WrongVerdict), |penalty| {
				penalty.as_mut().unwrap().finders = finders.try_into().unwrap();
			});
			assert!(Validators::do_try_state().is_err());
		});
	}
}

#[test]
fn a_fault_ends_a_seat_at_once_and_that_is_told_once() {
	new_test_ext().execute_with(|| {
		assert_eq!([1, 2, 3].map(|who| Validators::is_good(&who)), [true, true, false]);
		Validators::penalize(&2, Fault::NotRevealed);
		assert_eq!((PutOut::get(), Validators::is_good(&2)), (vec![], true));
		Validators::penalize(&1, Fault::WrongTrace);
		assert_eq!((PutOut::get(), Validators::is_good(&1)), (vec![1], false));
		Validators::penalize(&1, Fault::WrongVerdict);
		assert_eq!(PutOut::get(), [1]);
		// Until it is out of jail again.
		take_all();
		assert_ok!(bond(1, 500));
		assert!(!Validators::is_good(&1));
		assert_ok!(Validators::unjail(RuntimeOrigin::signed(1)));
		assert!(Validators::is_good(&1));
	});
}

#[test]
fn too_many_misses_end_a_seat_at_once() {
	new_test_ext().execute_with(|| {
		for _ in 0..3 {
			assert!(PutOut::get().is_empty());
			Validators::penalize(&1, Fault::Silent);
		}
		assert_eq!((PutOut::get(), Validators::is_good(&1)), (vec![1], false));
	});
}

#[test]
fn a_seat_ends_when_the_penalties_that_are_due_leave_too_little_of_the_bond() {
	new_test_ext().execute_with(|| {
		assert_ok!(bond(3, 1_001));
		MinBond::set(1_000);
		// A thousandth in each era, and one more than the smallest bond has room for one.
		Validators::penalize(&3, Fault::NotRevealed);
		assert_eq!(
			(Validators::stake(&3, &Candidates::<Test>::get(3).unwrap()).own(), Validators::is_good(&3)),
			(1_000, true)
		);
		run_to_session(2);
		Validators::penalize(&3, Fault::Silent);
		assert_eq!((PutOut::get(), Validators::is_good(&3)), (vec![3], false));
		assert_eq!(Candidates::<Test>::get(3).unwrap().jailed, None);
		// It is not elected, until it has bonded more.
		run_to_session(4);
		assert_eq!(Session::validators(), [1]);
		assert_ok!(bond(3, 1));
		assert!(Validators::is_good(&3));
		run_to_session(6);
		// Both have the same bond left.
		assert_eq!(Session::validators(), [1, 3]);
	});
}

#[test]
fn a_penalty_that_is_cancelled_is_not_due_any_more() {
	new_test_ext().execute_with(|| {
		MinBond::set(1_000);
		Validators::penalize(&1, Fault::NotRevealed);
		assert!(!Validators::is_good(&1));
		assert_ok!(Validators::cancel_penalty(RuntimeOrigin::root(), 1, 1, Fault::NotRevealed));
		assert_eq!((Candidates::<Test>::get(1).unwrap().due, Validators::is_good(&1)), (0, true));
	});
}

#[test]
fn try_state_sees_what_is_due_for_no_penalty() {
	new_test_ext().execute_with(|| {
		Validators::penalize(&1, Fault::WrongTrace);
		Validators::do_try_state().unwrap();
		Candidates::<Test>::mutate(1, |candidate| candidate.as_mut().unwrap().due += 1);
		assert!(Validators::do_try_state().is_err());
	});
}

#[test]
fn penalties_of_an_era_are_taken_over_several_blocks() {
	new_test_ext().execute_with(|| {
		for who in 3..=5 {
			assert_ok!(bond(who, 1_000));
		}
		for who in 1..=5 {
			Validators::penalize(&who, Fault::WrongTrace);
		}
		run_to_session(10);
		let open = || Penalties::<Test>::iter().count();
		assert_eq!(open(), 3);
		let block = System::block_number();
		run_to(block + 1);
		assert_eq!(open(), 1);
		run_to(block + 2);
		assert_eq!((open(), Untaken::<Test>::get()), (0, 5));
		assert_eq!((bond_of(1), bond_of(2), bond_of(5)), (750, 675, 750));
	});
}

#[test]
fn leaving_and_coming_back_does_not_open_the_jail() {
	new_test_ext().execute_with(|| {
		// Enough of the bond is left for a seat.
		Validators::penalize(&1, Fault::WrongTrace);
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(1)));
		assert_ok!(bond(1, 0));
		run_to_session(2);
		assert_eq!(Session::validators(), [2]);
		// A validator that leaves before it is found out is in jail, too.
		assert_ok!(bond(3, 500));
		run_to_session(4);
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(3)));
		Validators::penalize(&3, Fault::WrongTrace);
		assert_ok!(bond(3, 0));
		run_to_session(6);
		assert_eq!(Session::validators(), [2]);
	});
}

#[test]
fn the_history_of_sessions_ends_with_the_unbonding_time() {
	new_test_ext().execute_with(|| {
		run_to_session(20);
		assert!(Historical::historical_root(11).is_none());
		assert!(Historical::historical_root(12).is_some());
	});
}

/// Upstream's handler of offences says that these have equivocated at once, each at the cost of this part of its bond.
fn report(offenders: &[u64], part: Perbill) {
	use sp_staking::offence::{OffenceDetails, OnOffenceHandler};
	let details: Vec<_> =
		offenders.iter().map(|who| OffenceDetails { offender: (*who, ()), reporters: vec![] }).collect();
	Validators::on_offence(&details, &vec![part; offenders.len()], 0);
}

#[test]
fn a_reported_equivocation_is_penalised() {
	new_test_ext().execute_with(|| {
		report(&[1], Perbill::zero());
		let fault = Fault::Equivocation;
		System::assert_has_event(Event::Faulted { who: 1, fault, amount: 10, era: 4 }.into());
		System::assert_has_event(Event::Jailed { who: 1, era: 0 }.into());
	});
}

#[test]
fn an_equivocation_costs_more_the_more_equivocate_and_all_of_the_bond_at_a_third() {
	let fault = Fault::Equivocation;
	new_test_ext().execute_with(|| {
		// Another one is found, and the first is reported again.
		report(&[1], Perbill::from_percent(20));
		report(&[1, 2], Perbill::from_percent(60));
		System::assert_has_event(Event::Faulted { who: 1, fault, amount: 200, era: 4 }.into());
		System::assert_has_event(Event::Faulted { who: 1, fault, amount: 400, era: 4 }.into());
		System::assert_has_event(Event::Faulted { who: 2, fault, amount: 540, era: 4 }.into());
		// In another slot of this era they were fewer: nothing is added.
		report(&[1], Perbill::from_percent(20));
		run_to_session(10);
		assert_eq!((bond_of(1), bond_of(2)), (400, 360));
	});
	new_test_ext().execute_with(|| {
		report(&[1, 2], Perbill::one());
		run_to_session(10);
		assert_eq!((bond_of(1), bond_of(2)), (0, 0));
	});
}

#[test]
fn the_weights_are_those_that_were_measured_for_each_call() {
	let (weights, calls) = (include_str!("weights.rs"), include_str!("lib.rs"));
	assert!(weights.contains("measured by `scripts/weights.sh`"), "weights.rs is not what the script writes");
	for name in include_str!("benchmarking.rs").split("#[benchmark]").skip(1) {
		let (_, name) = name.split_once("fn ").unwrap();
		let (name, _) = name.split_once('(').unwrap();
		assert!(weights.contains(&format!("fn {name}(")), "{name} was not measured: run scripts/weights.sh");
	}
	for call in <crate::Call<Test> as frame_support::traits::GetCallName>::get_call_names() {
		let (attributes, _) = calls.split_once(&format!("pub fn {call}(")).unwrap();
		let (_, attributes) = attributes.rsplit_once("#[pallet::call_index").unwrap();
		assert!(attributes.contains(&format!("WeightInfo::{call}(")), "{call} is weighed with{attributes}");
	}
}
