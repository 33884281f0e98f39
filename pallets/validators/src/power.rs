//! Voting power: what a validator counts for, by its bond.

use alloc::vec::Vec;
use assay_primitives::Power;

/// Parts of the smallest bond that voting power is counted in.
const PARTS: u128 = 1_000;
/// Most voting power of one validator, so that the sum over a set fits.
const MOST: u128 = 1 << 48;

/// Voting power of the validators of a set with these bonds in plancks: in thousandths of the smallest bond that a validator may have, rounded
/// down, 1 at least. Power of one validator above a tenth of the sum, or three times the average if that is more,
/// counts for nothing.
pub(crate) fn powers(bonds: &[u128], min_bond: u128) -> Vec<Power> {
	let powers: Vec<u128> = bonds.iter().map(|bond| power(*bond, min_bond).into()).collect();
	let cap = cap(&powers);
	powers.into_iter().map(|power| power.min(cap) as Power).collect()
}

/// Voting power of a bond where nothing caps it.
pub(crate) fn power(bond: u128, min_bond: u128) -> Power {
	let part = min_bond.checked_div(PARTS).unwrap_or(0).max(1);
	bond.checked_div(part).unwrap_or(0).clamp(1, MOST) as Power
}

/// The largest voting power that is at most the larger of 1/10 and 3/V of the sum over all, once none is larger.
fn cap(powers: &[u128]) -> u128 {
	let v = powers.len() as u128;
	let (part, whole) = if v < 30 { (3u128, v) } else { (1u128, 10) };
	let mut sorted = powers.to_vec();
	sorted.sort_unstable_by(|a, b| b.cmp(a));
	let mut rest = sorted.iter().fold(0u128, |sum, power| sum.saturating_add(*power));
	let mut cap = rest;
	for (capped, power) in (0u128..).zip(sorted) {
		// With so many at the cap and the others as they are: cap = part / whole * (capped * cap + rest).
		let left = whole.saturating_sub(part.saturating_mul(capped));
		cap = match part.saturating_mul(rest).checked_div(left) {
			Some(cap) => cap.max(1),
			// So many are at the cap that there is none.
			None => break,
		};
		if power <= cap {
			break;
		}
		rest = rest.saturating_sub(power);
	}
	cap
}

#[cfg(test)]
mod tests {
	use super::*;

	fn of(bonds: &[u128]) -> Vec<Power> {
		powers(bonds, 1_000)
	}

	#[test]
	fn power_follows_the_bond_up_to_the_cap() {
		assert!(of(&[]).is_empty());
		assert_eq!(of(&[7]), [7]);
		assert_eq!(of(&[0, 5_000]), [1, 5_000], "nobody has none, and of two each may have all");
		// A third of three times the average: there is no cap for three.
		assert_eq!(of(&[1_000, 1_000, 10_000]), [1_000, 1_000, 10_000]);
		// Three quarters of a set of four.
		assert_eq!(of(&[1_000, 1_000, 1_000, 100_000]), [1_000, 1_000, 1_000, 9_000]);
		// Half of a set of six, and two that would both have more.
		assert_eq!(of(&[50_000, 90_000, 1_000, 1_000, 1_000, 1_000])[2..], [1_000; 4]);
		let equal = vec![1_000; 100];
		assert_eq!(of(&equal), vec![1_000; 100]);
	}

	#[test]
	fn nobody_has_more_than_its_part_of_the_capped_sum() {
		for v in 1..=120usize {
			for whales in 0..=v {
				let bonds: Vec<u128> = (0..v)
					.map(|at| if at < whales { u128::from(u64::MAX) << (at % 7) } else { 1_000 + at as u128 })
					.collect();
				let powers = of(&bonds);
				let sum: u128 = powers.iter().map(|power| u128::from(*power)).sum();
				let (part, whole) = if v < 30 { (3, v as u128) } else { (1, 10) };
				for power in &powers {
					// A planck is lost in rounding for each that is capped.
					assert!(
						u128::from(*power) * whole <= part * (sum + v as u128),
						"{v} with {whales}: {power} of {sum}"
					);
				}
				assert!(powers.windows(2).skip(whales).all(|pair| pair[0] <= pair[1]), "the order stays");
			}
		}
	}

	#[test]
	fn a_bond_is_counted_in_thousandths_of_the_smallest() {
		let asy = 1_000_000_000_000;
		assert_eq!(powers(&[1_000 * asy, 999 * asy + 1, 1_500 * asy], 1_000 * asy), [1_000, 999, 1_500]);
	}
}
