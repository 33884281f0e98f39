//! Applications, from the request to the callback.

mod mock;

use assay_primitives::RequestId;
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use mock::*;
use pallet_admission::{Applicants, Error, Event, Members};
use pallet_inference::{Callbacks, Ended, NextRequest, Results};
use sp_runtime::DispatchError;

const PLENTY: u128 = 100_000_000;

fn apply(who: u64, features: &[i64]) -> RequestId {
	let request = NextRequest::<Test>::get();
	assert_ok!(Admission::apply(RuntimeOrigin::signed(who), features.to_vec().try_into().unwrap(), PLENTY));
	request
}

fn until_called_back(node: &Node, request: RequestId) {
	node.until(|| Results::<Test>::contains_key(request) && !Callbacks::<Test>::contains_key(request));
}

/// True if the block has this event of the pallet.
fn emitted(event: Event<Test>) -> bool {
	let event = RuntimeEvent::Admission(event);
	System::events().iter().any(|record| record.event == event)
}

#[test]
fn an_applicant_is_admitted_by_the_callback_once_the_answer_is_final() {
	run(|node| {
		let request = apply(APPLICANT, &[7, 8]);
		assert!(emitted(Event::Applied { request, who: APPLICANT }));
		node.until(|| Results::<Test>::contains_key(request));
		assert!(matches!(Results::<Test>::get(request).unwrap().ended, Ended::Final(_)));
		assert!(
			!Members::<Test>::contains_key(APPLICANT),
			"the block has become final, and the callback comes at its end"
		);
		node.block();
		assert!(Members::<Test>::contains_key(APPLICANT));
		assert!(!Applicants::<Test>::contains_key(request));
		assert_eq!(Balances::total_balance_on_hold(&APPLICANT), 0);
		let again = Admission::apply(RuntimeOrigin::signed(APPLICANT), Default::default(), PLENTY);
		assert_eq!(again, Err(Error::<Test>::Member.into()));
	});
}

#[test]
fn who_gets_another_label_or_none_is_declined() {
	run(|node| {
		let (low, none) = (apply(APPLICANT, &[1]), apply(APPLICANT + 1, &[]));
		until_called_back(node, low);
		until_called_back(node, none);
		assert!(Results::<Test>::get(low).unwrap().output.is_some());
		assert!(Results::<Test>::get(none).unwrap().output.is_none(), "the classifier does not take it");
		assert_eq!((Members::<Test>::count(), Applicants::<Test>::iter().count()), (0, 0));
	});
}

#[test]
fn a_request_that_somebody_else_makes_with_the_same_callback_admits_nobody() {
	run(|node| {
		let request = NextRequest::<Test>::get();
		let input = pallet_admission::input_of(&[99]).to_bytes().unwrap().try_into().unwrap();
		assert_ok!(Inference::request_inference(
			RuntimeOrigin::signed(APPLICANT),
			Doorkeeper::get(),
			pallet_models::Input::Inline(input),
			500,
			PLENTY,
			None,
			None,
			None,
			Some(Box::new(pallet_admission::Call::decide {}.into())),
		));
		until_called_back(node, request);
		assert_eq!(Members::<Test>::count(), 0);
	});
}

#[test]
fn nobody_calls_back_but_the_chain() {
	run(|_| {
		for origin in [RuntimeOrigin::signed(APPLICANT), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Admission::decide(origin), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn the_last_place_goes_to_who_is_decided_on_first() {
	run(|node| {
		let requests: Vec<_> = (0..3).map(|index| apply(APPLICANT + index, &[50])).collect();
		requests.iter().for_each(|request| until_called_back(node, *request));
		assert_eq!((Members::<Test>::count(), Applicants::<Test>::iter().count()), (2, 0));
		let late = Admission::apply(RuntimeOrigin::signed(APPLICANT + 4), Default::default(), PLENTY);
		assert_eq!(late, Err(Error::<Test>::Full.into()));
	});
}

#[test]
fn an_application_that_expires_is_paid_back_and_may_be_forgotten() {
	run(|node| {
		let before = Balances::free_balance(APPLICANT);
		let request = apply(APPLICANT, &[50]);
		let forget = |request| Admission::forget(RuntimeOrigin::signed(APPLICANT + 1), request);
		assert_noop!(forget(request), Error::<Test>::Open);
		assert_noop!(forget(request + 1), Error::<Test>::NoApplication);
		Away::set(true);
		node.until(|| Results::<Test>::contains_key(request));
		assert_eq!(Results::<Test>::get(request).unwrap().ended, Ended::Expired);
		assert_eq!(Balances::free_balance(APPLICANT), before);
		assert_ok!(forget(request));
		assert!(emitted(Event::Forgotten { request, who: APPLICANT }));
		assert_eq!((Members::<Test>::count(), Applicants::<Test>::iter().count()), (0, 0));
	});
}
