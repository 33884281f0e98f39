//! Shares of what an account's delegators have with it, and how a penalty is divided.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Most shares for a planck. A pool with more is closed: its rest goes with the penalty that has left so little.
const MOST_SHARES: u128 = 1_000_000;
/// Fewest shares of one delegation, so that what is lost by rounding is less than a millionth of it.
const FEWEST_SHARES: u128 = 1_000_000;

/// `a * b / c`, rounded down; 0 where `c` is 0.
pub(crate) fn part(a: u128, b: u128, c: u128) -> u128 {
	multiply_by_rational_with_rounding(a, b, c, Rounding::Down).unwrap_or(0)
}

/// `a * b / c`, rounded up; 0 where `c` is 0.
pub(crate) fn part_up(a: u128, b: u128, c: u128) -> u128 {
	multiply_by_rational_with_rounding(a, b, c, Rounding::Up).unwrap_or(0)
}

/// Plancks of many, each with shares of them. Earnings and penalties change what a share is worth, for all alike.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool {
	/// Plancks.
	pub stake: u128,
	/// Shares.
	pub shares: u128,
	/// Number of times that penalties have taken all of the pool. Shares of an earlier time are worth nothing.
	pub generation: u32,
}

/// Shares of one account in a pool.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Share {
	/// Number of shares.
	pub shares: u128,
	/// The generation of the pool that they are of.
	pub generation: u32,
}

impl Pool {
	/// Plancks that shares are worth, rounded down.
	pub fn value(&self, shares: u128) -> u128 {
		part(shares, self.stake, self.shares).min(self.stake)
	}

	/// Shares that are there of an account.
	pub fn shares_of(&self, share: &Share) -> u128 {
		if share.generation == self.generation {
			share.shares
		} else {
			0
		}
	}

	/// Adds plancks to those of an account. None, and nothing is changed, if they would give it so few shares that rounding costs it more
	/// than a millionth.
	pub(crate) fn join(&mut self, share: &mut Share, amount: u128) -> Option<()> {
		let (mut pool, mut own) = (*self, *share);
		if pool.add(&mut own, amount)? < FEWEST_SHARES {
			return None;
		}
		(*self, *share) = (pool, own);
		Some(())
	}

	/// As above, whatever rounding costs. Returns how many shares were added.
	pub(crate) fn add(&mut self, share: &mut Share, amount: u128) -> Option<u128> {
		let added = match self.shares {
			0 => amount,
			shares => multiply_by_rational_with_rounding(amount, shares, self.stake, Rounding::Down)?,
		};
		let shares = self.shares_of(share).checked_add(added)?;
		let (stake, all) = (self.stake.checked_add(amount)?, self.shares.checked_add(added)?);
		*share = Share { shares, generation: self.generation };
		(self.stake, self.shares) = (stake, all);
		Some(added)
	}

	/// Takes plancks out for an account, at most what its shares are worth; all of it with `None`, or where that takes
	/// all of its shares. Plancks that rounding costs stay for the others. Returns how many plancks.
	pub(crate) fn leave(&mut self, share: &mut Share, amount: Option<u128>) -> u128 {
		let own = self.shares_of(share);
		let worth = self.value(own);
		let asked = amount.unwrap_or(worth).min(worth);
		let burnt = if asked == worth { own } else { part_up(asked, self.shares, self.stake).min(own) };
		// Plancks never stay without a share of them.
		let amount = if burnt == own { worth } else { asked };
		self.stake = self.stake.saturating_sub(amount);
		self.shares = self.shares.saturating_sub(burnt);
		*share = Share { shares: own.saturating_sub(burnt), generation: self.generation };
		amount
	}

	/// Takes a penalty. Returns what is left where that is too little to go on with.
	pub(crate) fn take(&mut self, amount: u128) -> u128 {
		self.stake = self.stake.saturating_sub(amount);
		if self.stake.saturating_mul(MOST_SHARES) >= self.shares {
			return 0;
		}
		let rest = self.stake;
		*self = Pool { stake: 0, shares: 0, generation: self.generation.wrapping_add(1) };
		rest
	}
}

/// All that stands for what a validator does: its bond, what its delegators have with it, and what leaves.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Stake {
	pub bond: u128,
	pub active: u128,
	pub leaving: u128,
	/// Penalties that are to be taken of it.
	pub due: u128,
}

impl Stake {
	/// All of it.
	pub fn whole(&self) -> u128 {
		self.bond.saturating_add(self.delegated())
	}

	/// Plancks of delegators.
	pub fn delegated(&self) -> u128 {
		self.active.saturating_add(self.leaving)
	}

	/// Plancks of a part of the stake that go when the penalties are taken, rounded up.
	pub fn due_of(&self, part: u128) -> u128 {
		part_up(part, self.due.min(self.whole()), self.whole())
	}

	/// Plancks of the bond that are left when the penalties are taken.
	pub fn own(&self) -> u128 {
		self.bond.saturating_sub(self.due_of(self.bond))
	}

	/// Plancks that give voting power, as far as they are left when the penalties are taken.
	pub fn counted(&self) -> u128 {
		self.own().saturating_add(self.active.saturating_sub(self.due_of(self.active)))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const ASY: u128 = 1_000_000_000_000;

	/// A generator of numbers, the same in each run.
	fn numbers(mut state: u64) -> impl FnMut(u128) -> u128 {
		move |below| {
			state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
			u128::from(state >> 20) % below.max(1)
		}
	}

	#[test]
	fn nobody_takes_out_more_than_its_part_whatever_happens_in_between() {
		for seed in 0..200 {
			let mut number = numbers(seed);
			let (mut pool, mut shares) = (Pool::default(), [Share::default(); 4]);
			let (mut put_in, mut taken_out) = (0u128, 0u128);
			for _ in 0..200 {
				let who = number(4) as usize;
				let before = pool.value(pool.shares_of(&shares[who]));
				match number(6) {
					0 | 1 => {
						let amount = ASY + number(1_000 * ASY);
						if pool.join(&mut shares[who], amount).is_some() {
							put_in += amount;
							let after = pool.value(pool.shares_of(&shares[who]));
							assert!(after <= before + amount, "{seed}: {after} of {before} and {amount}");
							// It loses a millionth at most.
							assert!(after + 1 + amount / 1_000_000 >= before + amount);
						}
					}
					2 => {
						// Often all but little, so that shares become dear.
						let amount = if number(2) == 0 { before.saturating_sub(ASY) } else { number(1_000 * ASY) };
						let out = pool.leave(&mut shares[who], Some(amount));
						taken_out += out;
						let after = pool.value(pool.shares_of(&shares[who]));
						assert!(out <= amount || pool.shares_of(&shares[who]) == 0, "{seed}");
						assert!(after + out <= before, "{seed}");
					}
					3 => {
						let out = pool.leave(&mut shares[who], None);
						taken_out += out;
						assert!(out <= before);
					}
					4 if pool.shares > 0 => {
						let earned = number(10 * ASY) << number(20);
						pool.stake += earned;
						put_in += earned;
					}
					_ => {
						let amount = if number(3) == 0 { pool.stake } else { number(pool.stake + 1) };
						taken_out += amount + pool.take(amount);
					}
				}
				assert_eq!(pool.stake, put_in - taken_out, "{seed}");
				assert_eq!(pool.shares, shares.iter().map(|share| pool.shares_of(share)).sum::<u128>(), "{seed}");
				assert!(pool.shares > 0 || pool.stake == 0, "{seed}: plancks without an owner");
				assert!(pool.stake > 0 || pool.shares == 0, "{seed}: shares of nothing");
			}
		}
	}

	#[test]
	fn a_pool_that_a_penalty_empties_is_a_new_one() {
		let (mut pool, mut old, mut new) = (Pool::default(), Share::default(), Share::default());
		pool.join(&mut old, 5 * ASY).unwrap();
		assert_eq!(pool.take(5 * ASY), 0);
		assert_eq!((pool.shares_of(&old), pool.value(0)), (0, 0));
		pool.join(&mut new, ASY).unwrap();
		assert_eq!(pool.leave(&mut old, None), 0);
		assert_eq!(pool.leave(&mut new, None), ASY);
		// A rest that is too small to go on with goes, too.
		pool.join(&mut new, 5 * ASY).unwrap();
		assert_eq!(pool.take(5 * ASY - 1_000), 1_000);
		assert_eq!((pool.stake, pool.shares_of(&new)), (0, 0));
	}

	#[test]
	fn a_penalty_is_divided_without_a_planck_too_many() {
		let stake = Stake { bond: 7, active: 5, leaving: 3, due: 4 };
		assert_eq!((stake.whole(), stake.delegated()), (15, 8));
		assert_eq!([stake.bond, stake.active, stake.leaving].map(|part| stake.due_of(part)), [2, 2, 1]);
		assert_eq!((stake.own(), stake.counted()), (5, 8));
		assert_eq!(Stake { due: 100, ..stake }.counted(), 0, "never more than there is");
		assert_eq!(Stake::default().counted(), 0);
		assert_eq!(Stake { bond: 10, due: 3, ..Default::default() }.own(), 7);
	}
}
