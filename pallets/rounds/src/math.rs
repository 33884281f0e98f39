//! The protocol's arithmetic, without FRAME: quorums, draws, prices. The simulation uses the same functions.

use alloc::vec::Vec;
use assay_primitives::{h, Hash32};

/// Smallest number of equal votes that decides a committee of `k`: `floor(2k/3) + 1`.
pub const fn quorum(k: u32) -> u32 {
	// 2k/3 < k for k > 0, so neither step can overflow u64.
	let two_thirds = (k as u64).saturating_mul(2) / 3;
	(two_thirds as u32).saturating_add(1)
}

/// Whether `n` of `total` are more than two thirds.
pub const fn two_thirds(n: u32, total: u32) -> bool {
	(n as u64).saturating_mul(3) > (total as u64).saturating_mul(2)
}

/// Smallest `n` that is more than two thirds of `total`.
pub const fn two_thirds_of(total: u32) -> u32 {
	quorum(total)
}

/// Smallest and largest committee for `validators`.
pub const fn committee_bounds(validators: u32, max: u32) -> (u32, u32) {
	let low = if validators < 3 { validators } else { 3 };
	let high = if validators < max { validators } else { max };
	(low, high)
}

/// Largest number that makes a validator outside of the committee an auditor, so that `wanted` of `outsiders` are expected to be.
/// `None` if none is to be one.
pub const fn audit_bound(wanted: u32, outsiders: u32) -> Option<u128> {
	if wanted == 0 || outsiders == 0 {
		return None;
	}
	if wanted >= outsiders {
		return Some(u128::MAX);
	}
	match u128::MAX.checked_div(outsiders as u128) {
		// Not above u128::MAX, as wanted < outsiders.
		Some(part) => Some(part.saturating_mul(wanted as u128)),
		None => None,
	}
}

/// Members and auditors that a request pays in advance: all of `validators` where there are no more than `k` members and `audits`
/// auditors, else the members and twice as many auditors as are expected. More than those share it.
pub const fn paid_voters(validators: u32, k: u32, audits: u32) -> (u32, u32) {
	if validators <= k.saturating_add(audits) {
		return (validators, 0);
	}
	let (twice, outsiders) = (audits.saturating_mul(2), validators.saturating_sub(k));
	(k, if twice < outsiders { twice } else { outsiders })
}

/// Draws `k` different indices below `n` from a seed: a partial Fisher-Yates shuffle, so that each set has the same chance.
pub fn draw(seed: &Hash32, n: u32, k: u32) -> Vec<u32> {
	let mut pool: Vec<u32> = (0..n).collect();
	let take = k.min(n) as usize;
	for index in 0..take {
		let left = (pool.len().saturating_sub(index)) as u64;
		let random = h("assay/draw", (seed, index as u32));
		let mut word = [0u8; 8];
		word.iter_mut().zip(random.iter()).for_each(|(to, from)| *to = *from);
		// The bias of the remainder is below 2^-54 for n <= 1,000.
		let offset = u64::from_le_bytes(word).checked_rem(left).unwrap_or(0) as usize;
		let other = index.saturating_add(offset);
		if other < pool.len() {
			pool.swap(index, other);
		}
	}
	pool.truncate(take);
	pool
}

/// Prices in plancks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
	/// For a request, whatever it runs.
	pub base: u128,
	/// For a compute unit, to each voter.
	pub unit: u128,
	/// For a byte of input, to each voter.
	pub byte: u128,
}

impl Prices {
	/// What one voter is paid. `None` if the sum does not fit.
	pub fn per_voter(&self, units: u64, bytes: u64) -> Option<u128> {
		let compute = self.unit.checked_mul(units as u128)?;
		let data = self.byte.checked_mul(bytes as u128)?;
		compute.checked_add(data)
	}

	/// What an auditor is paid: half as much again as a member, so that it is worth to run what might have been run by others.
	pub fn per_auditor(&self, units: u64, bytes: u64) -> Option<u128> {
		let per_voter = self.per_voter(units, bytes)?;
		per_voter.checked_add(per_voter / 2)
	}

	/// What a request with `voters` votes costs, royalty apart. `None` if the sum does not fit.
	pub fn total(&self, units: u64, bytes: u64, voters: u32) -> Option<u128> {
		self.per_voter(units, bytes)?.checked_mul(voters as u128)?.checked_add(self.base)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn quorum_is_more_than_two_thirds() {
		for k in 1..2_000 {
			assert!(two_thirds(quorum(k), k));
			assert!(!two_thirds(quorum(k) - 1, k));
			assert!(quorum(k) <= k);
		}
		assert_eq!((quorum(1), quorum(3), quorum(4), quorum(5), quorum(21)), (1, 3, 3, 4, 15));
	}

	#[test]
	fn a_draw_has_distinct_members_and_all_sets_come_up() {
		let mut hits = [0u32; 10];
		for seed in 0u32..2_000 {
			let seed = h("test", seed);
			let drawn = draw(&seed, 10, 3);
			assert_eq!(drawn.len(), 3);
			let mut sorted = drawn.clone();
			sorted.sort();
			sorted.dedup();
			assert_eq!(sorted.len(), 3);
			drawn.iter().for_each(|index| hits[*index as usize] += 1);
		}
		// 600 expected each; the standard deviation is about 20.
		assert!(hits.iter().all(|n| (480..720).contains(n)), "{hits:?}");
	}

	#[test]
	fn a_draw_never_exceeds_the_pool() {
		assert_eq!(draw(&[0; 32], 2, 5).len(), 2);
		assert!(draw(&[0; 32], 0, 5).is_empty());
	}

	#[test]
	fn as_many_auditors_are_expected_as_are_wanted() {
		assert_eq!((audit_bound(0, 9), audit_bound(3, 0)), (None, None));
		assert_eq!((audit_bound(3, 3), audit_bound(3, 2)), (Some(u128::MAX), Some(u128::MAX)));
		assert_eq!(audit_bound(3, 6), Some(u128::MAX / 6 * 3));
		let bound = audit_bound(3, 95).unwrap();
		let number = |n: u32| {
			let hash = h("test", n);
			u128::from_le_bytes(hash[..16].try_into().unwrap())
		};
		// 3,000 expected; the standard deviation is about 54.
		let drawn = (0..95_000).filter(|n| number(*n) <= bound).count();
		assert!((2_800..3_200).contains(&drawn), "{drawn}");
		assert_eq!((paid_voters(100, 5, 3), paid_voters(9, 5, 3), paid_voters(9, 5, 0)), ((5, 6), (5, 4), (5, 0)));
		assert_eq!((paid_voters(8, 5, 3), paid_voters(1, 1, 8)), ((8, 0), (1, 0)));
	}

	#[test]
	fn prices_refuse_to_overflow() {
		let prices = Prices { base: 1, unit: u128::MAX, byte: 1 };
		assert_eq!(prices.total(1, 0, 1), None);
		assert_eq!(prices.total(2, 0, 1), None);
		assert_eq!(Prices { base: 1, unit: 2, byte: 3 }.total(10, 100, 5), Some(1 + 5 * 320));
	}
}
