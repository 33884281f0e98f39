//! Motions, and how an adversary would bend them.

use crate::{mock::*, pallet::*, HoldReason, Power};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::InspectHold, Bounded, StorePreimage},
};
use sp_runtime::{traits::BadOrigin, DispatchResult};

fn propose(who: u64, call: RuntimeCall) -> u32 {
	let motion = NextMotion::<Test>::get();
	assert_ok!(Council::propose(RuntimeOrigin::signed(who), bound(call)));
	motion
}

fn support(who: u64, motion: u32) -> DispatchResult {
	let call = Motions::<Test>::get(motion).map_or_else(Default::default, |motion| motion.call.hash());
	Council::support(RuntimeOrigin::signed(who), motion, call)
}

/// The block in which the call of a motion is made, if it was decided.
fn due(motion: u32) -> Option<u64> {
	System::events().into_iter().find_map(|record| match record.event {
		RuntimeEvent::Council(Event::Decided { motion: decided, due, .. }) if decided == motion => Some(due),
		_ => None,
	})
}

fn held(who: u64) -> u128 {
	Balances::balance_on_hold(&HoldReason::Motion.into(), &who)
}

fn are(powers: &[(u64, Power)]) {
	Powers::set(powers.to_vec());
}

#[test]
fn more_than_two_thirds_have_a_call_made_as_root_after_the_delay_and_not_before() {
	new_test_ext().execute_with(|| {
		let (short, long) = (propose(1, note(b"a")), propose(1, note(&[b'b'; 200])));
		assert_eq!(held(1), 100);
		for motion in [short, long] {
			assert_ok!(support(2, motion));
			assert_eq!(due(motion), None, "half is not enough");
			assert_ok!(support(3, motion));
			assert_eq!(due(motion), Some(11));
		}
		assert_eq!(held(1), 0);
		run_to(10);
		assert!(!is_noted(b"a") && !is_noted(&[b'b'; 200]));
		run_to(11);
		assert!(is_noted(b"a") && is_noted(&[b'b'; 200]));
	});
}

#[test]
fn two_thirds_and_not_more_decide_nothing() {
	new_test_ext().execute_with(|| {
		are(&[(1, 1_000), (2, 1_000), (3, 1_000)]);
		let motion = propose(1, note(b"a"));
		assert_ok!(support(2, motion));
		assert_eq!(due(motion), None);
		are(&[(1, 1_000), (2, 1_001), (3, 1_000)]);
		assert_ok!(support(2, motion));
		assert!(due(motion).is_some());
	});
}

#[test]
fn one_head_with_most_of_the_power_decides_and_many_heads_with_little_do_not() {
	new_test_ext().execute_with(|| {
		are(&[(1, 10), (2, 10), (3, 10), (4, 61)]);
		let motion = propose(1, note(b"a"));
		assert_ok!(support(2, motion));
		assert_ok!(support(3, motion));
		assert_eq!(due(motion), None, "three of four heads have a third of the power");
		let motion = propose(4, note(b"b"));
		assert_eq!(due(motion), Some(11), "and the fourth has two thirds");
		assert_eq!(held(4), 0);
	});
}

#[test]
fn support_of_somebody_who_has_left_or_was_put_out_counts_for_nothing() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		assert_ok!(support(2, motion));
		// The second is put out: two of the three that are left have just two thirds.
		are(&[(1, 10), (3, 10), (4, 10)]);
		assert_noop!(support(2, motion), Error::<Test>::NotAValidator);
		assert_ok!(support(3, motion));
		assert_eq!(due(motion), None);
		// It is back, and has to say again what it wants.
		are(&[(1, 10), (2, 10), (3, 10), (4, 10)]);
		assert_ok!(support(1, motion));
		assert_eq!(due(motion), None);
		assert_ok!(support(2, motion));
		assert!(due(motion).is_some());
	});
}

#[test]
fn a_whole_set_that_has_left_decides_nothing() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		assert_ok!(support(2, motion));
		are(&[(5, 10), (6, 10), (7, 10), (8, 10)]);
		assert_ok!(support(5, motion));
		assert_eq!(Motions::<Test>::get(motion).unwrap().supporters.to_vec(), [5]);
		assert_noop!(Council::propose(RuntimeOrigin::signed(1), bound(note(b"b"))), Error::<Test>::NotAValidator);
		assert_ok!(support(6, motion));
		assert_eq!(due(motion), None);
		assert_ok!(support(7, motion));
		assert!(due(motion).is_some());
	});
}

#[test]
fn power_is_that_of_the_decision_and_not_of_the_support() {
	new_test_ext().execute_with(|| {
		are(&[(1, 60), (2, 10), (3, 30)]);
		let motion = propose(1, note(b"a"));
		// Its bond is gone before others join it.
		are(&[(1, 10), (2, 10), (3, 30)]);
		assert_ok!(support(2, motion));
		assert_eq!(due(motion), None);
		// A majority that exists by now is counted when somebody asks for it.
		are(&[(1, 60), (2, 10), (3, 30)]);
		assert_ok!(support(1, motion));
		assert!(due(motion).is_some());
	});
}

#[test]
fn nobody_decides_early_twice_or_for_others() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		let hash = Motions::<Test>::get(motion).unwrap().call.hash();
		// Support again is no more support.
		for _ in 0..3 {
			assert_ok!(support(1, motion));
		}
		assert_eq!(Motions::<Test>::get(motion).unwrap().supporters.to_vec(), [1]);
		assert_noop!(Council::close(RuntimeOrigin::signed(2), motion), Error::<Test>::StillOpen);
		assert_noop!(support(9, motion), Error::<Test>::NotAValidator);
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(Council::drop_motion(origin.clone(), motion), BadOrigin);
			assert_noop!(Council::take_back(origin, motion), BadOrigin);
		}
		assert_ok!(support(2, motion));
		assert_ok!(support(3, motion));
		assert!(due(motion).is_some());
		assert_noop!(Council::support(RuntimeOrigin::signed(4), motion, hash), Error::<Test>::NoSuchMotion);
		run_to(11);
		sp_io::storage::clear(b"a");
		run_to(40);
		assert!(!is_noted(b"a"), "the call is made once");
	});
}

#[test]
fn support_is_for_a_call_and_not_for_its_number_on_another_fork() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		let other = bound(note(b"b")).hash();
		assert_noop!(Council::support(RuntimeOrigin::signed(2), motion, other), Error::<Test>::OtherCall);
	});
}

#[test]
fn support_that_was_taken_back_does_not_count() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		assert_ok!(support(2, motion));
		assert_ok!(Council::withdraw_support(RuntimeOrigin::signed(1), motion));
		System::assert_last_event(Event::SupportWithdrawn { motion, who: 1 }.into());
		assert_noop!(Council::withdraw_support(RuntimeOrigin::signed(1), motion), Error::<Test>::NoSupport);
		assert_ok!(support(3, motion));
		assert_eq!(due(motion), None);
		assert_ok!(support(4, motion));
		assert!(due(motion).is_some());
	});
}

#[test]
fn what_makes_something_milder_is_made_at_once_and_nothing_else_is() {
	new_test_ext().execute_with(|| {
		let decided = propose(1, note(b"a"));
		assert_ok!(support(2, decided));
		assert_ok!(support(3, decided));
		let take_back = RuntimeCall::Council(Call::take_back { motion: decided });
		let milder = propose(1, take_back.clone());
		// By its preimage, too, if that is there.
		let wrapped = RuntimeCall::System(frame_system::Call::remark { remark: vec![1; 300] });
		let harmless = propose(1, wrapped);
		for motion in [milder, harmless] {
			assert_ok!(support(2, motion));
			assert_ok!(support(3, motion));
		}
		assert_eq!((due(milder), due(harmless)), (Some(2), Some(11)));
		run_to(2);
		System::assert_has_event(Event::TakenBack { motion: decided }.into());
		run_to(30);
		assert!(!is_noted(b"a"));
		// It is not root that makes it.
		let origin: RuntimeOrigin = Origin::TwoThirds.into();
		assert_noop!(System::set_storage(origin.clone(), vec![]), BadOrigin);
		assert_noop!(Council::take_back(origin, decided), Error::<Test>::NoSuchCall);
	});
}

#[test]
fn a_milder_call_with_a_preimage_is_made_at_once_where_it_is_there() {
	new_test_ext().execute_with(|| {
		let victim = propose(4, note(b"a"));
		let call = RuntimeCall::Council(Call::drop_motion { motion: victim });
		let bytes = codec::Encode::encode(&call);
		let (hash, len) =
			(<sp_runtime::traits::BlakeTwo256 as sp_runtime::traits::Hash>::hash(&bytes), bytes.len() as u32);
		let by_hash = || Bounded::Lookup { hash, len };
		// Nobody can see what it is: it waits, and nothing happens when it is due.
		assert_ok!(Council::propose(RuntimeOrigin::signed(1), by_hash()));
		assert_ok!(support(2, 1));
		assert_ok!(support(3, 1));
		assert_eq!(due(1), Some(11));
		run_to(11);
		assert!(Motions::<Test>::contains_key(victim));
		System::assert_has_event(
			pallet_scheduler::Event::CallUnavailable { task: (11, 0), id: Some(Council::task_name(1)) }.into(),
		);
		assert_ok!(Preimage::note(bytes.into()));
		assert_ok!(Council::propose(RuntimeOrigin::signed(1), by_hash()));
		assert_ok!(support(2, 2));
		assert_ok!(support(3, 2));
		assert_eq!(due(2), Some(12));
		run_to(12);
		assert!(!Motions::<Test>::contains_key(victim));
		// Its proposer has lost the deposit.
		System::assert_has_event(Event::Dropped { motion: victim, deposit: 50 }.into());
		assert_eq!((held(4), Balances::free_balance(4), Balances::free_balance(999)), (0, 950, 51));
	});
}

#[test]
fn a_length_that_is_not_the_preimages_is_no_way_to_another_call() {
	new_test_ext().execute_with(|| {
		let call = RuntimeCall::Council(Call::drop_motion { motion: 0 });
		let hash = Preimage::note(codec::Encode::encode(&call).into()).unwrap();
		for len in [0, 1, 4_097, u32::MAX] {
			let motion = NextMotion::<Test>::get();
			assert_ok!(Council::propose(RuntimeOrigin::signed(1), Bounded::Lookup { hash, len }));
			assert_ok!(support(2, motion));
			assert_ok!(support(3, motion));
			assert_eq!(due(motion), Some(11), "{len}");
		}
	});
}

#[test]
fn a_motion_that_has_ended_is_closed_by_anybody_and_its_deposit_returns() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		assert_ok!(support(2, motion));
		run_to(100);
		assert_noop!(Council::close(RuntimeOrigin::signed(9), motion), Error::<Test>::StillOpen);
		run_to(101);
		assert_noop!(support(3, motion), Error::<Test>::Ended);
		assert_ok!(Council::close(RuntimeOrigin::signed(9), motion));
		System::assert_last_event(Event::Closed { motion }.into());
		assert_noop!(Council::close(RuntimeOrigin::signed(9), motion), Error::<Test>::NoSuchMotion);
		assert_eq!((held(1), Balances::free_balance(1)), (0, 1_000));
	});
}

#[test]
fn a_flood_of_motions_keeps_no_validator_out() {
	new_test_ext().execute_with(|| {
		for who in 1..=4 {
			propose(who, note(b"a"));
			propose(who, note(b"a"));
			let more = Council::propose(RuntimeOrigin::signed(who), bound(note(b"a")));
			assert!(more.is_err());
		}
		// All places are taken. Those of validators that are gone are free for those that came.
		are(&[(1, 10), (2, 10), (3, 10), (5, 10)]);
		assert_noop!(Council::propose(RuntimeOrigin::signed(5), bound(note(b"a"))), Error::<Test>::TooManyMotions);
		assert_noop!(Council::close(RuntimeOrigin::signed(5), 0), Error::<Test>::StillOpen);
		assert_ok!(Council::close(RuntimeOrigin::signed(5), 6));
		assert_eq!(held(4), 50);
		// And no more than are needed.
		assert_noop!(Council::close(RuntimeOrigin::signed(5), 7), Error::<Test>::StillOpen);
		propose(5, note(b"a"));
		assert_ok!(Council::close(RuntimeOrigin::signed(5), 7));
		propose(5, note(b"a"));
		Council::do_try_state().unwrap();
	});
}

#[test]
fn a_proposer_has_two_motions_open_and_pays_for_each() {
	new_test_ext().execute_with(|| {
		are(&[(1, 10), (2, 10), (3, 10)]);
		let first = propose(1, note(b"a"));
		propose(1, note(b"b"));
		let third = || Council::propose(RuntimeOrigin::signed(1), bound(note(b"c")));
		assert_noop!(third(), Error::<Test>::TooManyOfYours);
		assert_ok!(support(2, first));
		assert_ok!(support(3, first));
		assert_ok!(third());
		are(&[(8, 10), (9, 10)]);
		assert_ok!(Balances::burn(RuntimeOrigin::signed(9), 980, false));
		assert!(Council::propose(RuntimeOrigin::signed(9), bound(note(b"c"))).is_err(), "it has no deposit");
	});
}

#[test]
fn where_nobody_counts_nobody_decides() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		are(&[]);
		assert_noop!(support(1, motion), Error::<Test>::NotAValidator);
		assert_eq!(due(motion), None);
	});
}

#[test]
fn sums_that_do_not_add_up_are_seen() {
	new_test_ext().execute_with(|| {
		let motion = propose(1, note(b"a"));
		Motions::<Test>::mutate(motion, |motion| motion.as_mut().unwrap().deposit += 1);
		assert!(Council::do_try_state().is_err());
		Motions::<Test>::mutate(motion, |motion| motion.as_mut().unwrap().deposit -= 1);
		Council::do_try_state().unwrap();
		NextMotion::<Test>::put(0);
		assert!(Council::do_try_state().is_err());
	});
}
