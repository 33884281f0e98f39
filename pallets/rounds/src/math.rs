//! The protocol's arithmetic, without FRAME: quorums, draws, prices. The simulation uses the same functions.

use alloc::vec::Vec;
use assay_primitives::{h, Hash32, Power};
use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Smallest number of equal votes that decides a committee of `k`: `floor(2k/3) + 1`.
pub const fn quorum(k: u32) -> u32 {
	// 2k/3 < k for k > 0, so neither step can overflow u64.
	let two_thirds = (k as u64).saturating_mul(2) / 3;
	(two_thirds as u32).saturating_add(1)
}

/// Voting power added up.
pub fn sum(powers: impl Iterator<Item = Power>) -> Power {
	powers.fold(0, Power::saturating_add)
}

/// True if `n` of `total` are more than two thirds.
pub const fn two_thirds(n: Power, total: Power) -> bool {
	(n as u128).saturating_mul(3) > (total as u128).saturating_mul(2)
}

/// True if `n` of `total` are more than a third.
pub const fn a_third(n: Power, total: Power) -> bool {
	(n as u128).saturating_mul(3) > total as u128
}

/// True if `n` of `total` are more than half.
pub const fn half(n: Power, total: Power) -> bool {
	(n as u128).saturating_mul(2) > total as u128
}

/// Smallest voting power that is more than two thirds of `total`.
pub const fn two_thirds_of(total: Power) -> Power {
	// Below `total` unless that is 0, so the cast is exact.
	((total as u128).saturating_mul(2) / 3).saturating_add(1) as Power
}

/// Smallest and largest committee for `validators`.
pub const fn committee_bounds(validators: u32, max: u32) -> (u32, u32) {
	let low = if validators < 3 { validators } else { 3 };
	let high = if validators < max { validators } else { max };
	(low, high)
}

/// Largest number that makes an auditor of a validator with this voting power outside of the committee, so that `wanted` are expected to be
/// where those outside have `outside` together. `None` if none is to be one.
pub const fn audit_bound(wanted: u32, power: Power, outside: Power) -> Option<u128> {
	if wanted == 0 || power == 0 || outside == 0 {
		return None;
	}
	let chance = (wanted as u128).saturating_mul(power as u128);
	if chance >= outside as u128 {
		return Some(u128::MAX);
	}
	match u128::MAX.checked_div(outside as u128) {
		// Not above u128::MAX, as the chance is below 1.
		Some(part) => Some(part.saturating_mul(chance)),
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

/// Draws `k` different places of this list from a seed, one after the other, each with a chance in proportion to its voting power among
/// those that are left. Whoever splits a bond among several validators has the same chance for each seat.
pub fn draw(seed: &Hash32, powers: &[Power], k: u32) -> Vec<u32> {
	let mut pool: Vec<(u32, Power)> = (0u32..).zip(powers.iter().copied()).filter(|(_, power)| *power > 0).collect();
	let mut left = pool.iter().fold(0u128, |sum, (_, power)| sum.saturating_add((*power).into()));
	let take = (k as usize).min(pool.len());
	let mut drawn = Vec::with_capacity(take);
	for index in 0..take {
		let random = h("assay/draw", (seed, index as u32));
		let mut word = [0u8; 16];
		word.iter_mut().zip(random.iter()).for_each(|(to, from)| *to = *from);
		// The bias of the remainder is below 2^-56: the voting power of a set is below 2^72.
		let mut point = u128::from_le_bytes(word).checked_rem(left).unwrap_or(0);
		let place = pool.iter().position(|(_, power)| {
			let here = point < u128::from(*power);
			point = point.saturating_sub((*power).into());
			here
		});
		let (who, power) = pool.remove(place.unwrap_or(0));
		left = left.saturating_sub(power.into());
		drawn.push(who);
	}
	drawn
}

/// Prices in plancks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Prices {
	/// For the chain, whatever is run.
	pub base: u128,
	/// For a compute unit, to each voter.
	pub unit: u128,
	/// For a byte of input, to each voter.
	pub byte: u128,
}

impl Prices {
	/// Plancks that one voter is paid. `None` if the sum does not fit.
	pub fn per_voter(&self, units: u64, bytes: u64) -> Option<u128> {
		let compute = self.unit.checked_mul(units as u128)?;
		let data = self.byte.checked_mul(bytes as u128)?;
		compute.checked_add(data)
	}

	/// Plancks that an auditor is paid: half as much again as a member, so that it is worth to run what might have been
	/// run by others.
	pub fn per_auditor(&self, units: u64, bytes: u64) -> Option<u128> {
		let per_voter = self.per_voter(units, bytes)?;
		per_voter.checked_add(per_voter / 2)
	}

	/// Plancks that a request with `voters` votes costs, royalty apart. `None` if the sum does not fit.
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
			let (q, total) = (Power::from(quorum(k)), Power::from(k));
			assert!(two_thirds(q, total));
			assert!(!two_thirds(q - 1, total));
			assert!(q <= total && q == two_thirds_of(total));
		}
		assert_eq!((quorum(1), quorum(3), quorum(4), quorum(5), quorum(21)), (1, 3, 3, 4, 15));
		assert!(
			two_thirds(two_thirds_of(Power::MAX), Power::MAX) && !two_thirds(two_thirds_of(Power::MAX) - 1, Power::MAX)
		);
		assert_eq!((a_third(1, 3), a_third(2, 3), half(2, 4), half(3, 4)), (false, true, false, true));
	}

	#[test]
	fn a_draw_has_distinct_members_in_proportion_to_their_power() {
		// Two with a power of 3, and six with 1: a twelfth of all for each of these in the first seat.
		let powers = [3, 1, 1, 1, 3, 1, 1, 1];
		let mut first = [0u32; 8];
		for seed in 0u32..6_000 {
			let drawn = draw(&h("test", seed), &powers, 3);
			assert_eq!(drawn.len(), 3);
			let mut sorted = drawn.clone();
			sorted.sort();
			sorted.dedup();
			assert_eq!(sorted.len(), 3);
			first[drawn[0] as usize] += 1;
		}
		// 500 or 1,500 expected; the standard deviations are about 21 and 34.
		let of = |large: bool| first.iter().zip(&powers).filter(move |(_, power)| (**power == 3) == large);
		assert!(of(false).all(|(n, _)| (400..600).contains(n)), "{first:?}");
		assert!(of(true).all(|(n, _)| (1_350..1_650).contains(n)), "{first:?}");
	}

	#[test]
	fn a_bond_that_is_split_has_the_same_chance() {
		let chance = |powers: &[Power], own: u32| {
			let seats = |seed: u32| draw(&h("test", seed), powers, 1).into_iter().filter(|who| *who < own).count();
			(0u32..4_000).map(seats).sum::<usize>()
		};
		// A fifth of 4,000 draws; the standard deviation is about 25.
		let (whole, split) = (chance(&[20, 40, 40], 1), chance(&[5, 5, 5, 5, 40, 40], 4));
		assert!((690..910).contains(&whole) && (690..910).contains(&split), "{whole} and {split}");
	}

	#[test]
	fn a_draw_never_exceeds_the_pool() {
		assert_eq!(draw(&[0; 32], &[1, 1], 5).len(), 2);
		assert_eq!(draw(&[0; 32], &[0, 1], 2), [1], "who has no power is not drawn");
		assert!(draw(&[0; 32], &[], 5).is_empty());
	}

	#[test]
	fn as_many_auditors_are_expected_as_are_wanted() {
		assert_eq!((audit_bound(0, 1, 9), audit_bound(3, 1, 0), audit_bound(3, 0, 9)), (None, None, None));
		assert_eq!((audit_bound(3, 1, 3), audit_bound(3, 2, 5)), (Some(u128::MAX), Some(u128::MAX)));
		assert_eq!(audit_bound(3, 1, 6), Some(u128::MAX / 6 * 3));
		assert_eq!(audit_bound(3, 2, 12), Some(u128::MAX / 12 * 6));
		let number = |n: u32| {
			let hash = h("test", n);
			u128::from_le_bytes(hash[..16].try_into().unwrap())
		};
		// Half of 90 outsiders have a power of 2: 3,000 of 90,000 are expected; the standard deviation is about 54.
		let bound = |n: u32| audit_bound(3, 1 + u64::from(n % 2), 135).unwrap();
		let drawn = (0..90_000).filter(|n| number(*n) <= bound(*n)).count();
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
