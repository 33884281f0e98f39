//! Delegation, and how an adversary would gain by it.

use super::*;
use frame_support::traits::fungible::Mutate;
use sp_runtime::{DispatchResult, Perbill};

const M: u128 = 1_000_000;
const POT: u128 = 1_000;

/// Validators 3 and 4 with six million each, of which the first takes delegations for a tenth; 11 to 14 have a thousand million.
fn with_delegators(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		for who in [3, 4] {
			Balances::mint_into(&who, 20 * M).unwrap();
			assert_ok!(bond(who, 6 * M));
		}
		for who in 11..=14 {
			Balances::mint_into(&who, 1_000 * M).unwrap();
		}
		Balances::mint_into(&Validators::pot(), POT).unwrap();
		assert_ok!(commission(3, 10));
		test();
		Validators::do_try_state().unwrap();
	});
}

fn commission(who: u64, percent: u32) -> DispatchResult {
	Validators::set_commission(RuntimeOrigin::signed(who), Perbill::from_percent(percent))
}

fn delegate(who: u64, amount: u128) -> DispatchResult {
	Validators::delegate(RuntimeOrigin::signed(who), 3, amount)
}

fn undelegate(who: u64, amount: Option<u128>) -> DispatchResult {
	Validators::undelegate(RuntimeOrigin::signed(who), 3, amount)
}

fn withdraw_delegation(who: u64) -> DispatchResult {
	Validators::withdraw_delegation(RuntimeOrigin::signed(who), 3, false)
}

/// As the runtime has a validator paid. Returns the delegators' part.
fn earn(amount: u128) -> u128 {
	let part = Validators::delegators_part(&3, amount);
	Balances::mint_into(&Validators::pot(), part).unwrap();
	Validators::add_earnings(&3, part);
	part
}

/// Plancks of an account with the third validator, active and leaving.
fn has(who: u64) -> (u128, u128) {
	let (backing, delegation) = (Backings::<Test>::get(3), Delegations::<Test>::get(3, who).unwrap_or_default());
	let value = |pool: Pool, share| pool.value(pool.shares_of(&share));
	(value(backing.active, delegation.active), value(backing.leaving, delegation.leaving))
}

fn power_of(who: u64) -> u64 {
	NextPowers::<Test>::get().iter().find(|(known, _)| *known == who).map_or(0, |(_, power)| *power)
}

/// Runs until what the account takes back may be withdrawn.
fn run_until_free(who: u64) {
	run_to(Delegations::<Test>::get(3, who).unwrap().until);
}

#[test]
fn a_delegation_adds_to_the_voting_power_from_the_next_election_on() {
	with_delegators(|| {
		run_to_session(4);
		let (third, fourth) = (power_of(3), power_of(4));
		assert_eq!((third, fourth), (6_000_000, 6_000_000));
		assert_ok!(delegate(11, 3 * M));
		System::assert_last_event(Event::Delegated { delegator: 11, validator: 3, amount: 3 * M }.into());
		assert_eq!((Balances::free_balance(11), has(11)), (997 * M, (3 * M, 0)));
		assert_eq!(power_of(3), third);
		run_to_session(5);
		assert_eq!((power_of(3), power_of(4)), (9_000_000, fourth));
		// Plancks that are taken back give none, again from the next election on.
		assert_ok!(undelegate(11, Some(M)));
		assert_eq!(has(11), (2 * M, M));
		run_to_session(6);
		assert_eq!(power_of(3), 8_000_000);
		// The largest are elected, with what is delegated to them.
		assert_ok!(delegate(12, 100 * M));
		Balances::mint_into(&5, 100 * M).unwrap();
		assert_ok!(bond(5, 50 * M));
		run_to_session(12);
		assert!(power_of(3) > power_of(5) && power_of(5) > 0, "{:?}", NextPowers::<Test>::get());
	});
}

#[test]
fn delegations_are_no_bond() {
	with_delegators(|| {
		MinBond::set(5 * M);
		assert_ok!(delegate(11, 100 * M));
		assert!(Validators::is_good(&3));
		// A quarter of all: four and a half of its own are left.
		Validators::penalize(&3, Fault::WrongTrace);
		Candidates::<Test>::mutate(3, |candidate| candidate.as_mut().unwrap().jailed = None);
		assert!(!Validators::is_good(&3));
		assert_eq!(bond_of(3), 6 * M);
	});
}

#[test]
fn delegators_earn_with_their_validator_less_its_commission() {
	with_delegators(|| {
		assert_eq!(earn(1_000), 0, "there is nobody");
		assert_ok!(delegate(11, 2 * M));
		assert_ok!(delegate(12, 4 * M));
		// Half of the stake is theirs, and a tenth of what that earns the validator's.
		assert_eq!(earn(M), M * 45 / 100);
		System::assert_last_event(Event::DelegatorsEarned { validator: 3, amount: M * 45 / 100 }.into());
		assert_eq!((has(11).0, has(12).0), (2 * M + 150_000, 4 * M + 300_000));
		// A later delegator has no part in it, and one that leaves earns nothing more.
		assert_ok!(delegate(13, 6 * M));
		assert_eq!(has(13).0, 6 * M - 1);
		assert_ok!(undelegate(12, None));
		let before = has(12);
		earn(M);
		assert_eq!(has(12), before);
		assert!(has(11).0 > 2 * M + 150_000);
		// Nothing of what another one earns.
		assert_eq!(Validators::delegators_part(&4, M), 0);
	});
}

#[test]
fn a_higher_commission_is_announced_for_a_whole_era() {
	with_delegators(|| {
		run_to_session(3);
		assert_ok!(delegate(11, 6 * M));
		let part = || Validators::delegators_part(&3, 1_000);
		assert_eq!(part(), 450);
		assert_ok!(commission(3, 50));
		System::assert_last_event(
			Event::CommissionSet { who: 3, commission: Perbill::from_percent(50), from: 3 }.into(),
		);
		run_to_session(5);
		assert_eq!(part(), 450, "the rest of the first era, and the second one");
		run_to_session(6);
		assert_eq!(part(), 250);
		// A lower one is taken at once, and takes back what was announced.
		assert_ok!(commission(3, 100));
		assert_noop!(delegate(12, M), Error::TakesNoDelegation);
		assert_ok!(commission(3, 0));
		assert_eq!(part(), 500);
		run_to_session(12);
		assert_eq!(part(), 500);
		assert_noop!(commission(11, 0), Error::NotBonded);
	});
}

#[test]
fn who_takes_no_delegation_gets_none() {
	with_delegators(|| {
		let to = |validator, amount| Validators::delegate(RuntimeOrigin::signed(11), validator, amount);
		assert_noop!(to(4, 2 * M), Error::TakesNoDelegation);
		assert_noop!(to(12, 2 * M), Error::NotBonded);
		assert_noop!(to(3, M - 1), Error::DelegationTooSmall);
		assert!(to(3, 2_000 * M).is_err(), "it has not so much");
		assert!(Delegations::<Test>::iter().next().is_none());
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(3)));
		assert_noop!(to(3, 2 * M), Error::TakesNoDelegation);
		assert_ok!(bond(3, 0));
		Candidates::<Test>::mutate(3, |candidate| candidate.as_mut().unwrap().jailed = Some(0));
		assert_noop!(to(3, 2 * M), Error::TakesNoDelegation);
	});
}

#[test]
fn a_penalty_is_taken_of_bond_and_delegations_in_proportion() {
	with_delegators(|| {
		assert_ok!(delegate(11, 3 * M));
		assert_ok!(delegate(12, M));
		assert_ok!(undelegate(12, None));
		let issuance = Balances::total_issuance();
		Validators::penalize_found(&3, Fault::WrongTrace, &[5, 6]);
		assert_eq!(Candidates::<Test>::get(3).unwrap().due, 10 * M / 4);
		// Half of what the bond pays goes to the finders.
		let found = [5, 6].map(Balances::free_balance);
		run_to_session(11);
		assert_eq!([5, 6].map(Balances::free_balance), found.map(|free| free + 6 * M / 16));
		assert_eq!(bond_of(3), 6 * M * 3 / 4);
		assert_eq!((has(11), has(12)), ((3 * M * 3 / 4, 0), (0, M * 3 / 4)));
		assert_eq!(Balances::free_balance(Validators::pot()), POT + 3 * M);
		assert_eq!(Balances::free_balance(999), 1 + 6 * M / 8 + M);
		assert_eq!(Balances::total_issuance(), issuance);
		System::assert_has_event(Event::DelegatorsSlashed { validator: 3, amount: M }.into());
		System::assert_has_event(Event::Slashed { who: 3, fault: Fault::WrongTrace, amount: 10 * M / 4 }.into());
	});
}

#[test]
fn a_validator_that_finds_its_own_fault_gets_nothing_of_its_delegators() {
	with_delegators(|| {
		assert_ok!(delegate(11, 900 * M));
		let own = Balances::total_balance(&3) + Balances::total_balance(&4);
		Validators::penalize_found(&3, Fault::WrongVerdict, &[4]);
		run_to_session(11);
		assert_eq!(Balances::total_balance(&3) + Balances::total_balance(&4), own - 3 * M);
		assert_eq!(Balances::free_balance(999), 1 + 903 * M);
	});
}

#[test]
fn whatever_happens_no_planck_is_made_and_nobody_gains_what_was_not_earned() {
	for seed in 0..30u64 {
		with_delegators(|| {
			let mut state = seed;
			let mut number = |below: u128| {
				state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
				u128::from(state >> 24) % below.max(1)
			};
			let (mut earned, issuance) = (0, Balances::total_issuance());
			for step in 0..150 {
				let who = 11 + number(4) as u64;
				// Most of these are refused now and then.
				let _ = match number(12) {
					0..=2 => delegate(who, M + number(20 * M)),
					3 => undelegate(who, None),
					4 | 5 => undelegate(who, Some(number(10 * M))),
					6 => withdraw_delegation(who),
					7 => Validators::withdraw_delegation(RuntimeOrigin::signed(who), 3, true),
					8 => {
						earned += earn(number(M));
						Ok(())
					}
					9 if number(4) == 0 => {
						let faults = [Fault::Silent, Fault::WrongTrace, Fault::ShutTogether, Fault::WrongVerdict];
						Validators::penalize_found(&3, faults[number(4) as usize], &[4]);
						Ok(())
					}
					10 => {
						let due = Penalties::<Test>::iter_keys().next();
						due.map_or(Ok(()), |(era, who, fault)| {
							if number(4) > 0 {
								return Ok(());
							}
							Validators::cancel_penalty(RuntimeOrigin::root(), era, who, fault)
						})
					}
					_ => {
						let _ = bond(3, 6 * M - bond_of(3).min(6 * M));
						let _ = Validators::unjail(RuntimeOrigin::signed(3));
						run_to(System::block_number() + number(20) as u64);
						Ok(())
					}
				};
				Validators::do_try_state().unwrap();
				assert_eq!(Balances::total_issuance(), issuance + earned, "{seed}: {step}");
				let theirs: u128 = (11..=14).map(|who| Balances::free_balance(who) + has(who).0 + has(who).1).sum();
				assert!(theirs <= 4_000 * M + earned, "{seed}: {step}");
			}
		});
	}
}

#[test]
fn a_penalty_of_all_leaves_shares_of_nothing_and_those_who_come_later_pay_nothing() {
	with_delegators(|| {
		assert_ok!(delegate(11, 3 * M));
		assert_ok!(delegate(12, M));
		assert_ok!(undelegate(12, None));
		Validators::penalize(&3, Fault::WrongVerdict);
		run_to_session(11);
		assert_eq!((bond_of(3), has(11), has(12)), (0, (0, 0), (0, 0)));
		assert_eq!(Balances::free_balance(Validators::pot()), POT);
		assert_noop!(undelegate(11, None), Error::NotDelegated);
		assert_noop!(undelegate(12, Some(1)), Error::NotDelegated);
		// It bonds again, and somebody trusts it again.
		assert_ok!(bond(3, 6 * M));
		assert_ok!(Validators::unjail(RuntimeOrigin::signed(3)));
		assert_ok!(delegate(13, 2 * M));
		assert_ok!(delegate(11, 2 * M));
		assert_eq!((has(11).0, has(13).0), (2 * M, 2 * M));
		// A record without shares can go.
		assert_ok!(withdraw_delegation(12));
		assert!(!Delegations::<Test>::contains_key(3, 12));
		assert_noop!(withdraw_delegation(11), Error::NothingLeaves);
	});
}

#[test]
fn who_leaves_just_before_a_penalty_pays_its_part() {
	with_delegators(|| {
		run_to_session(3);
		assert_ok!(delegate(11, 6 * M));
		run_to_session(5);
		assert_ok!(undelegate(11, None));
		assert_noop!(withdraw_delegation(11), Error::NotWithdrawable);
		// The seat that it has elected ends, the time of unbonding passes, and a session is to spare.
		let until = Delegations::<Test>::get(3, 11).unwrap().until;
		assert_eq!(until, System::block_number() + 5 * (1 + 8 + 2));
		run_to(until - 1);
		assert_noop!(withdraw_delegation(11), Error::NotWithdrawable);
		Validators::penalize(&3, Fault::WrongTrace);
		run_to(until);
		assert_noop!(withdraw_delegation(11), Error::PenaltyPending);
		run_to_session(Session::current_index() + 10);
		assert_ok!(withdraw_delegation(11));
		System::assert_last_event(
			Event::DelegationWithdrawn { delegator: 11, validator: 3, amount: 6 * M * 3 / 4, due: 0 }.into(),
		);
		assert_eq!(Balances::free_balance(11), 1_000 * M - 6 * M / 4);
		assert_noop!(withdraw_delegation(11), Error::NotDelegated);
	});
}

#[test]
fn who_delegates_for_one_reward_is_bound_as_long_as_anybody() {
	with_delegators(|| {
		run_to_session(3);
		assert_ok!(delegate(11, 6 * M));
		earn(1_000);
		let before = Balances::free_balance(11);
		assert_ok!(undelegate(11, None));
		assert_noop!(withdraw_delegation(11), Error::NotWithdrawable);
		Validators::penalize(&3, Fault::WrongVerdict);
		run_until_free(11);
		assert_ok!(withdraw_delegation(11));
		assert_eq!(Balances::free_balance(11), before);
	});
}

#[test]
fn taking_more_back_does_not_set_the_first_free_earlier() {
	with_delegators(|| {
		run_to_session(3);
		assert_ok!(delegate(11, 6 * M));
		assert_ok!(undelegate(11, Some(2 * M)));
		let first = Delegations::<Test>::get(3, 11).unwrap().until;
		run_to_session(5);
		assert_ok!(undelegate(11, Some(2 * M)));
		assert_eq!(has(11), (2 * M, 4 * M));
		assert!(Delegations::<Test>::get(3, 11).unwrap().until > first);
		// Less than the smallest does not stay.
		assert_ok!(undelegate(11, Some(M + 1)));
		assert_eq!(has(11), (0, 6 * M));
		assert_noop!(undelegate(11, None), Error::NotDelegated);
		assert_noop!(undelegate(12, None), Error::NotDelegated);
	});
}

#[test]
fn small_penalties_keep_no_delegator_for_ever() {
	with_delegators(|| {
		assert_ok!(delegate(11, 6 * M));
		run_to_session(3);
		assert_ok!(undelegate(11, Some(3 * M)));
		run_until_free(11);
		// In each era before the last penalty is taken there is a new one, of a thousandth of all.
		Validators::penalize(&3, Fault::Silent);
		assert_noop!(withdraw_delegation(11), Error::PenaltyPending);
		let treasury = Balances::free_balance(999);
		assert_ok!(Validators::withdraw_delegation(RuntimeOrigin::signed(11), 3, true));
		System::assert_last_event(
			Event::DelegationWithdrawn { delegator: 11, validator: 3, amount: 3 * M - 3_000, due: 3_000 }.into(),
		);
		assert_eq!(Balances::free_balance(999), treasury + 3_000);
		// The others pay what is theirs, and not its part.
		let era = Penalties::<Test>::iter_keys().next().unwrap().0;
		run_to_session(2 * era + 4);
		assert_eq!((bond_of(3), has(11).0), (6 * M - 6_000, 3 * M - 3_000));
		assert_eq!(Balances::free_balance(999), treasury + 12_000);
		assert_eq!(Candidates::<Test>::get(3).unwrap().paid, 0);
	});
}

#[test]
fn what_is_forgiven_returns_to_those_who_have_stayed_and_to_nobody_who_came() {
	with_delegators(|| {
		assert_ok!(delegate(11, 3 * M));
		assert_ok!(delegate(12, M));
		// It has no seat.
		assert_ok!(undelegate(12, None));
		Validators::penalize(&3, Fault::WrongTrace);
		Candidates::<Test>::mutate(3, |candidate| candidate.as_mut().unwrap().jailed = None);
		assert_noop!(delegate(13, 2 * M), Error::PenaltyPending);
		assert_ok!(Validators::withdraw_delegation(RuntimeOrigin::signed(12), 3, true));
		assert_eq!(Balances::free_balance(12), 1_000 * M - M / 4);
		assert_ok!(Validators::cancel_penalty(RuntimeOrigin::root(), 4, 3, Fault::WrongTrace));
		let candidate = Candidates::<Test>::get(3).unwrap();
		assert_eq!((candidate.due, candidate.paid, has(11).0), (0, 0, 3 * M));
		run_to_session(12);
		assert_eq!((candidate.bond, has(11).0), (6 * M, 3 * M));
		assert_ok!(delegate(13, 2 * M));
	});
}

#[test]
fn two_penalties_of_all_take_it_once() {
	with_delegators(|| {
		assert_ok!(delegate(11, 6 * M));
		Validators::penalize(&3, Fault::WrongVerdict);
		Validators::penalize(&3, Fault::ShutTogether);
		Validators::penalize(&3, Fault::WrongTrace);
		assert_ok!(undelegate(11, None));
		let treasury = Balances::free_balance(999);
		assert_ok!(Validators::withdraw_delegation(RuntimeOrigin::signed(11), 3, true));
		assert_eq!(Balances::free_balance(11), 994 * M);
		run_to_session(12);
		assert_eq!((bond_of(3), Balances::free_balance(999)), (0, treasury + 12 * M));
		assert_eq!(Balances::free_balance(Validators::pot()), POT);
	});
}

#[test]
fn delegators_of_a_validator_that_is_gone_leave_at_once() {
	with_delegators(|| {
		assert_ok!(delegate(11, 6 * M));
		assert_ok!(delegate(12, 2 * M));
		run_to_session(3);
		assert_ok!(Validators::unbond(RuntimeOrigin::signed(3)));
		run_to(Candidates::<Test>::get(3).unwrap().leaves.unwrap());
		assert_ok!(Validators::withdraw(RuntimeOrigin::signed(3)));
		assert_eq!(earn(1_000), 0);
		for who in [11, 12] {
			assert_ok!(undelegate(who, None));
			assert_ok!(withdraw_delegation(who));
			assert_eq!(Balances::free_balance(who), 1_000 * M);
		}
		assert!(!Backings::<Test>::contains_key(3) && Delegations::<Test>::iter().next().is_none());
	});
}

#[test]
fn delegations_keep_nobody_from_bonding_more() {
	with_delegators(|| {
		assert_ok!(delegate(11, 6 * M));
		assert_ok!(bond(5, 100));
		Balances::mint_into(&6, 20 * M).unwrap();
		assert_ok!(Validators::bond_over(RuntimeOrigin::signed(6), 7 * M, 3));
		assert_eq!(Candidates::<Test>::get(3), None);
		assert_ok!(undelegate(11, None));
		assert_ok!(withdraw_delegation(11));
		assert_eq!(Balances::free_balance(11), 1_000 * M);
		assert!(!Backings::<Test>::contains_key(3));
	});
}

#[test]
fn who_keeps_a_seat_because_nobody_else_is_there_keeps_its_delegators() {
	with_delegators(|| {
		assert_ok!(delegate(11, 6 * M));
		run_to_session(3);
		for who in [1, 2, 3, 4] {
			assert_ok!(Validators::unbond(RuntimeOrigin::signed(who)));
		}
		run_to_session(40);
		assert!(Session::validators().contains(&3));
		assert_ok!(undelegate(11, None));
		assert_noop!(withdraw_delegation(11), Error::NotWithdrawable);
	});
}

#[test]
fn the_first_delegator_cannot_make_a_share_so_dear_that_others_lose_by_it() {
	with_delegators(|| {
		assert_ok!(commission(3, 0));
		assert_ok!(delegate(11, 2 * M));
		// It takes back all but the smallest delegation, and has its validator earn, over and over.
		let worth = || Backings::<Test>::get(3).active.value(1_000);
		while worth() < 10_000_000 {
			assert_ok!(undelegate(11, Some(has(11).0 - M)));
			earn(500 * M);
		}
		let before = has(11);
		assert_noop!(delegate(12, 2 * M), Error::SharesTooDear);
		assert_eq!((has(11), Balances::free_balance(12)), (before, 1_000 * M));
		// Plancks that are sent to the pot are nobody's.
		Balances::mint_into(&Validators::pot(), 500 * M).unwrap();
		assert_eq!(has(11), before);
	});
}

#[test]
fn going_in_and_out_gains_nothing() {
	with_delegators(|| {
		assert_ok!(delegate(11, 7 * M));
		earn(1_234_567);
		for turn in 0..50 {
			assert_ok!(delegate(12, 2 * M + turn * 7_919));
			assert_ok!(undelegate(12, Some(M / 3 + turn)));
			assert_ok!(undelegate(12, None));
		}
		assert!(has(11).0 >= 7 * M);
		assert_ok!(withdraw_delegation(12));
		assert!(Balances::free_balance(12) <= 1_000 * M);
		assert!(Balances::free_balance(12) >= 1_000 * M - 200, "a planck is lost in each step");
	});
}

#[test]
fn sums_of_delegations_that_do_not_add_up_are_seen() {
	with_delegators(|| {
		assert_ok!(delegate(11, 6 * M));
		let with = |change: fn(&mut Backing)| {
			let before = Backings::<Test>::get(3);
			Backings::<Test>::mutate(3, change);
			assert!(Validators::do_try_state().is_err());
			Backings::<Test>::insert(3, before);
		};
		with(|backing| backing.active.shares += 1);
		with(|backing| backing.active.stake += POT + 1);
		with(|backing| backing.leaving.stake = 1);
		Backings::<Test>::insert(9, Backing::default());
		assert!(Validators::do_try_state().is_err());
		Backings::<Test>::remove(9);
	});
}
