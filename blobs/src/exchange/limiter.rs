//! Rate limits of peers, so that one that asks for everything takes nothing from the others.

use std::{
	collections::HashMap,
	hash::Hash,
	time::{Duration, Instant},
};

/// Largest number of requests of a peer in service at the same time. A node sends half as many, so that answers which the peer gave up
/// on do not count against it.
const MAX_IN_SERVICE: u32 = 8;

/// Bytes that a peer gets in a second, on average.
const BYTES_PER_SECOND: f64 = 64.0 * 1024.0 * 1024.0;

/// Bytes that a peer gets at once after it was quiet.
const BURST_BYTES: f64 = BYTES_PER_SECOND;

/// Least cost of a request, in bytes: about a thousand of the smallest are served in a second.
const MIN_BYTES: f64 = 64.0 * 1024.0;

/// Peers that are remembered before those without a debt are forgotten.
const MAX_ACCOUNTS: usize = 1024;

/// Decision about a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
	/// Answer it, and say [`Limiter::done`] when the answer has gone out.
	Serve,
	/// Say that the node is busy.
	Busy,
	/// Do not answer: the peer sends more than any node of ours would.
	Flood,
}

struct Account {
	in_service: u32,
	/// Bytes that the peer may have now; below 0 if it had more than that.
	allowance: f64,
	updated: Instant,
}

/// Accounts of the peers that ask.
pub struct Limiter<P> {
	accounts: HashMap<P, Account>,
}

impl<P: Eq + Hash + Clone> Limiter<P> {
	/// Nobody has asked yet.
	pub fn new() -> Self {
		Limiter { accounts: HashMap::new() }
	}

	/// Decides about a request that has just come.
	pub fn admit(&mut self, peer: &P, now: Instant) -> Admission {
		if self.accounts.len() >= MAX_ACCOUNTS {
			let full = |account: &Account| account.in_service == 0 && account.at(now) >= BURST_BYTES;
			self.accounts.retain(|_, account| !full(account));
		}
		let fresh = || Account { in_service: 0, allowance: BURST_BYTES, updated: now };
		let account = self.accounts.entry(peer.clone()).or_insert_with(fresh);
		account.allowance = account.at(now);
		account.updated = now;
		if account.in_service >= MAX_IN_SERVICE {
			return Admission::Flood;
		}
		account.allowance -= MIN_BYTES;
		if account.allowance < 0.0 {
			// Asking costs nothing more than this, or a peer that does not wait would never be served again.
			account.allowance = account.allowance.max(-BURST_BYTES);
			return Admission::Busy;
		}
		account.in_service += 1;
		Admission::Serve
	}

	/// An answer of so many bytes has gone out, or has failed to.
	pub fn done(&mut self, peer: &P, bytes: u64) {
		if let Some(account) = self.accounts.get_mut(peer) {
			account.in_service = account.in_service.saturating_sub(1);
			account.allowance -= bytes as f64;
		}
	}
}

impl<P: Eq + Hash + Clone> Default for Limiter<P> {
	fn default() -> Self {
		Self::new()
	}
}

impl Account {
	fn at(&self, now: Instant) -> f64 {
		let elapsed = now.saturating_duration_since(self.updated).max(Duration::ZERO);
		(self.allowance + elapsed.as_secs_f64() * BYTES_PER_SECOND).min(BURST_BYTES)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_peer_that_does_not_read_its_answers_gets_no_more_and_others_do() {
		let (mut limiter, now) = (Limiter::new(), Instant::now());
		for _ in 0..MAX_IN_SERVICE {
			assert_eq!(limiter.admit(&"slow", now), Admission::Serve);
		}
		assert_eq!(limiter.admit(&"slow", now), Admission::Flood);
		assert_eq!(limiter.admit(&"other", now), Admission::Serve);
		limiter.done(&"slow", 10);
		assert_eq!(limiter.admit(&"slow", now), Admission::Serve);
	}

	#[test]
	fn a_peer_that_had_its_bytes_waits() {
		let (mut limiter, now) = (Limiter::new(), Instant::now());
		let mut served = 0.0;
		while limiter.admit(&"greedy", now) == Admission::Serve {
			limiter.done(&"greedy", 256 * 1024);
			served += 256.0 * 1024.0;
		}
		assert!(served <= BURST_BYTES && served > BURST_BYTES / 2.0);
		assert_eq!(limiter.admit(&"other", now), Admission::Serve);
		assert_eq!(limiter.admit(&"greedy", now + Duration::from_secs(1)), Admission::Serve);
	}

	#[test]
	fn peers_that_left_are_forgotten() {
		let (mut limiter, now) = (Limiter::new(), Instant::now());
		for peer in 0..10 * MAX_ACCOUNTS {
			let now = now + Duration::from_millis(10 * peer as u64);
			assert_eq!(limiter.admit(&peer, now), Admission::Serve);
			limiter.done(&peer, 0);
		}
		assert!(limiter.accounts.len() <= MAX_ACCOUNTS);
	}
}
