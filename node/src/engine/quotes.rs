//! Places for quotes: a few at a time, one for each caller, in the order in which they came.
//!
//! Quotes are free and anybody asks for them, so that each is bounded, and so is what one caller takes of the others' time.

use parking_lot::{Condvar, Mutex};
use std::{
	collections::{HashSet, VecDeque},
	time::{Duration, Instant},
};

/// Quotes at the same time.
pub const AT_A_TIME: usize = 2;

/// Longest time that a quote takes. A load at the canonical limits takes about as long.
pub const LONGEST: Duration = Duration::from_secs(120);

/// Most quotes that wait for a place.
const WAITING: usize = 32;

/// Longest wait for a place.
const PATIENCE: Duration = Duration::from_secs(20);

/// The one that asks: a connection.
pub type Caller = usize;

#[derive(Default)]
pub struct Quotes {
	state: Mutex<State>,
	changed: Condvar,
}

#[derive(Default)]
struct State {
	/// Those whose quotes are under way or wait.
	callers: HashSet<Caller>,
	waiting: VecDeque<Caller>,
	under_way: usize,
}

impl Quotes {
	/// Waits for a place. None for a caller that has one or waits for one, where too many wait, and after too long a wait.
	pub fn enter(&self, caller: Caller) -> Option<Place<'_>> {
		let mut state = self.state.lock();
		if state.waiting.len() >= WAITING || !state.callers.insert(caller) {
			return None;
		}
		state.waiting.push_back(caller);
		let deadline = Instant::now() + PATIENCE;
		while state.waiting.front() != Some(&caller) || state.under_way >= AT_A_TIME {
			if self.changed.wait_until(&mut state, deadline).timed_out() {
				state.waiting.retain(|waiting| *waiting != caller);
				state.callers.remove(&caller);
				self.changed.notify_all();
				return None;
			}
		}
		state.waiting.pop_front();
		state.under_way += 1;
		// There may be room for the next one, too.
		self.changed.notify_all();
		Some(Place { quotes: self, caller })
	}
}

/// A place, until it is dropped.
pub struct Place<'a> {
	quotes: &'a Quotes,
	caller: Caller,
}

impl Drop for Place<'_> {
	fn drop(&mut self) {
		let mut state = self.quotes.state.lock();
		state.callers.remove(&self.caller);
		state.under_way -= 1;
		self.quotes.changed.notify_all();
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_caller_has_one_place_and_gets_it_back() {
		let quotes = Quotes::default();
		let place = quotes.enter(1);
		assert!(place.is_some() && quotes.enter(1).is_none());
		let other = quotes.enter(2);
		assert!(other.is_some());
		drop(place);
		assert!(quotes.enter(1).is_some());
	}

	#[test]
	fn whoever_waits_gets_the_place_that_is_free_first_in_the_order_of_coming() {
		let quotes = Quotes::default();
		let mut places: Vec<Place> = (0..AT_A_TIME).map(|caller| quotes.enter(caller).unwrap()).collect();
		let order = Mutex::new(vec![]);
		std::thread::scope(|scope| {
			for (index, caller) in (10..14).enumerate() {
				let (quotes, order) = (&quotes, &order);
				scope.spawn(move || {
					let place = quotes.enter(caller).expect("a place is free soon");
					order.lock().push(caller);
					drop(place);
				});
				while quotes.state.lock().waiting.len() <= index {
					std::thread::yield_now();
				}
			}
			// One place for all four: the other stays taken.
			places.pop();
		});
		assert_eq!(*order.lock(), [10, 11, 12, 13]);
		drop(places);
		assert_eq!(quotes.state.lock().under_way, 0);
		assert!(quotes.state.lock().callers.is_empty());
	}

	#[test]
	fn no_more_than_so_many_wait() {
		let quotes = Quotes::default();
		let places: Vec<Place> = (0..AT_A_TIME).map(|caller| quotes.enter(caller).unwrap()).collect();
		std::thread::scope(|scope| {
			for caller in 0..WAITING {
				let quotes = &quotes;
				scope.spawn(move || quotes.enter(100 + caller).map(drop).expect("places are free soon"));
			}
			while quotes.state.lock().waiting.len() < WAITING {
				std::thread::yield_now();
			}
			assert!(quotes.enter(99).is_none());
			drop(places);
		});
		assert!(quotes.enter(99).is_some());
	}
}
