//! What an adversary can do to a committee, with the pallet's own arithmetic: draws, quorums, auditors' bounds.
//!
//! A share of the bonded validators pools its runs. A false result becomes final only if every member of the committee is the
//! adversary's (one honest vote is a contradiction, and then all decide) and no honest validator audits. The adversary knows its own VRF
//! outputs: where it owns two blocks in a row it picks among the seeds that they give, and, by putting requests of its own first,
//! among as many positions as a block takes. It cannot know who of the others will audit.
//!
//! Prints a table in Markdown. Run it with `scripts/simulate.sh`.

use assay_primitives::h;
use pallet_rounds::math;

/// Plancks of one ASY.
const ASY: f64 = 1e12;
/// The smallest bond: what a validator of the adversary stands to lose a tenth of.
const MIN_BOND: f64 = 1_000.0;
/// Part of it that a wrong verdict costs.
const PENALTY: f64 = 0.1;
/// Blocks of an epoch: as far as the adversary sees its own VRF outputs.
const EPOCH: f64 = 1_800.0;
/// Requests of one block: positions among which the adversary picks.
const POSITIONS: f64 = 64.0;
/// Samples of each estimate.
const SAMPLES: u32 = 20_000;
/// Draws by `math::draw` for the check against the closed form.
const DRAWS: u32 = 2_000;

/// A small pseudo-random generator (SplitMix64): the same table on every machine.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		z ^ (z >> 31)
	}

	fn unit(&mut self) -> f64 {
		(self.next() >> 11) as f64 / (1u64 << 53) as f64
	}

	fn number(&mut self) -> u128 {
		(u128::from(self.next()) << 64) | u128::from(self.next())
	}
}

/// A mean with the half-width of its 95 % confidence interval.
#[derive(Clone, Copy)]
struct Estimate {
	mean: f64,
	half: f64,
}

impl Estimate {
	fn of(samples: impl Iterator<Item = f64>) -> Self {
		let (mut n, mut sum, mut squares) = (0.0f64, 0.0f64, 0.0f64);
		for sample in samples {
			n += 1.0;
			sum += sample;
			squares += sample * sample;
		}
		let mean = sum / n;
		let variance = ((squares / n - mean * mean) * n / (n - 1.0)).max(0.0);
		Estimate { mean, half: 1.96 * (variance / n).sqrt() }
	}

	fn show(&self) -> String {
		format!("{:.2e} ± {:.0e}", self.mean, self.half)
	}
}

/// Chance that all `k` members are among the `f` dishonest of `v`, by importance sampling: members are picked dishonest more often than
/// they are drawn, and each sample counts by how much more often.
fn captured(random: &mut Random, v: u32, f: u32, k: u32) -> Estimate {
	const TILT: f64 = 0.95;
	Estimate::of((0..SAMPLES).map(|_| {
		let (mut dishonest, mut left, mut weight) = (f64::from(f), f64::from(v), 1.0);
		for _ in 0..k {
			let chance = dishonest / left;
			if chance == 0.0 {
				return 0.0;
			}
			let tilted = if chance >= 1.0 { 1.0 } else { TILT.max(chance) };
			if random.unit() >= tilted {
				return 0.0;
			}
			weight *= chance / tilted;
			dishonest -= 1.0;
			left -= 1.0;
		}
		weight
	}))
}

/// The same by drawing, as the chain does.
fn drawn(v: u32, f: u32, k: u32) -> Estimate {
	Estimate::of((0..DRAWS).map(|n| {
		let all = math::draw(&h("assay/simulation", (v, k, n)), v, k).into_iter().all(|index| index < f);
		f64::from(u8::from(all))
	}))
}

/// Chance that no honest validator audits a committee that the adversary has.
fn unaudited(random: &mut Random, v: u32, f: u32, k: u32, a: u32) -> Estimate {
	let (honest, bound) = (v - f, math::audit_bound(a, v - k));
	Estimate::of((0..SAMPLES / 10).map(|_| {
		let audited = bound.is_some_and(|bound| (0..honest).any(|_| random.number() <= bound));
		f64::from(u8::from(!audited))
	}))
}

/// Dishonest validators of `v`: so many per cent, and in any case fewer than a third.
fn dishonest(v: u32, percent: u32) -> u32 {
	(v * percent).div_ceil(100).min((v - 1) / 3)
}

/// What the adversary gets out of committees of `k`, for several numbers of auditors.
fn rows(random: &mut Random, v: u32, percent: u32, k: u32) -> f64 {
	let f = dishonest(v, percent);
	if f < k {
		println!("| {v} | {f} | {k} | any | 0 | - | 0 | 0 | 0 | - |");
		return 0.0;
	}
	let capture = captured(random, v, f, k);
	let check = drawn(v, f, k);
	for a in [0u32, 3, 6] {
		let missed = unaudited(random, v, f, k, a);
		let share = f64::from(f) / f64::from(v);
		let tries = EPOCH * share * share * POSITIONS;
		let choice = 1.0 - (1.0 - capture.mean.min(1.0)).powf(tries);
		let cost = f64::from(k) * PENALTY * MIN_BOND;
		let gain =
			if missed.mean > 0.0 { format!("{:.0}", (1.0 - missed.mean) / missed.mean * cost) } else { "-".into() };
		println!(
			"| {v} | {f} | {k} | {a} | {} | {} | {:.1e} | {choice:.2} | {:.1e} | {gain} |",
			capture.show(),
			missed.show(),
			capture.mean * missed.mean,
			choice * missed.mean,
		);
	}
	(capture.mean - check.mean).abs() / (capture.half + check.half).max(1e-3)
}

fn main() {
	let mut random = Random(1);
	println!("| V | dishonest | k | a | all of k dishonest | no honest auditor | false by chance | seed of choice in an epoch | false with it | break-even, ASY |");
	println!("|---|---|---|---|---|---|---|---|---|---|");
	let mut worst = 0.0f64;
	for v in [4u32, 20, 100, 1_000] {
		for percent in [10u32, 20, 33] {
			for k in [3u32, 5, 7] {
				if k <= v {
					worst = worst.max(rows(&mut random, v, percent, k));
				}
			}
		}
	}
	let prices = math::Prices { base: 1_000_000_000, unit: 1, byte: 100 };
	let run = prices.per_voter(160_000_000_000, 0).unwrap_or(0) as f64 / ASY;
	println!("\nThe dearest run pays a voter {run:.2} ASY; a wrong verdict costs it {:.0} ASY.", PENALTY * MIN_BOND);
	println!("Sampled and drawn estimates differ by at most {worst:.1} of their joint 95 % intervals.");
}
