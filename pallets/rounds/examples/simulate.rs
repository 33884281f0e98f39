//! The cost of a false final result for an adversary under the rules of the code.
//!
//! The rules are those of `docs/protocol.md`. A share of the seats pools its runs, keys and blocks. One round is a decision
//! process: in each state the adversary sees what a real one sees and takes the action that is best for it. The process is
//! solved by backward induction for a gain `G` that a false final result brings. The break-even is the mean cost of one false
//! result for an adversary that wants one a month and uses the cheapest rounds for it. All amounts are in smallest bonds.
//! Run it with `scripts/simulate.sh`, or `rustc -O --edition 2021 simulate.rs`.
//!
//! - no argument: tables, and exit code 1 if a target is missed under the rules of the code;
//! - `--check`: consistency tests of this program, and nothing else.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;

/// Part of honest auditors, authors, voters and replayers that is there.
const LIVE: f64 = 0.9;
/// Part of honest auditors that have sealed and are gone when seals are opened.
const DROPPED: f64 = 0.01;
/// Part of those that is back within the 60 blocks that their shut seal adds.
const BACK: f64 = 0.5;
/// Part of agreements that a validator runs again: `--replays 60`, per mille.
const REPLAYS: f64 = 0.06;
/// Cost of one request: 0.01 of 1,000 ASY. Most of it returns to the adversary's own voters; it is counted in full.
const REQUEST: f64 = 1e-5;
/// Requests of one block: `MaxPerBlock`.
const REQUESTS_PER_BLOCK: f64 = 64.0;
/// Open requests: `MaxOpen`.
const MAX_OPEN: f64 = 2_048.0;
/// Slots of a month, an era and a session, at 2 s.
const MONTH: f64 = 1_296_000.0;
const ERA: f64 = 10_800.0;
const SESSION: f64 = 1_800.0;
/// Sessions of an era, and those with shut seals that bar a validator: `SHUT_SESSIONS`.
const SESSIONS: usize = 6;
const SHUT_SESSIONS: usize = 3;
/// Chance that a slot has a primary author: `PRIMARY_PROBABILITY`.
const PRIMARY: f64 = 0.25;
/// Blocks of an adversary's branch that are told apart; more than any window's.
const MOST_BLOCKS: usize = 96;
/// Most own blocks of a branch that is tried where nothing is final.
const MOST_BRANCH: usize = 120;
/// Samples of own slots.
const SAMPLES: usize = 128;
/// Slots after those in which a sample has its blocks.
const SLOTS_AFTER: usize = 8;
/// Blocks on top of a block when it is final, where honest validators alone are two thirds.
const FINAL: usize = 3;
/// Blocks on top of the one that closed the members' seals, when auditors show themselves by the rule that was before.
const OBJECT_DEPTH: usize = 16;
/// Blocks from the one with the request to the one that closes the members' seals.
const CLOSED: usize = 2;
/// Blocks from the one with the request to an agreement, where members open at once.
const AGREED: usize = 6;
/// Blocks of the phases: sealing, where a member waits; audit; reveal; a round of all; the grace of a repeated one.
const SEALING: f64 = 5.0;
const AUDITING: f64 = 3.0;
const REVEALING: usize = 16;
const OF_ALL: f64 = 23.0;
const REPEAT: f64 = 122.0;
/// Blocks for which honest members are held back by one false signal, at most, where all judge without delay.
const HELD_FOR: f64 = 10.0;
/// Up to so many validators every window waits for more than a third: `SMALL_SET`.
const SMALL_SET: usize = 20;
/// Least blocks of a window `Assured`: `DefaultWindow`.
const DEFAULT_WINDOW: usize = 16;
/// Blocks that each opened auditor below three adds to a window: `FEW_AUDITORS`, `BLOCKS_PER_MISSING_AUDITOR`.
const FEW_AUDITORS: usize = 3;
const BLOCKS_PER_MISSING_AUDITOR: usize = 7;
/// Penalties, parts of a bond: `WrongVerdict`, `WrongByMajority` and `Withheld`, `ShutTogether`, `StillShut`.
const WRONG: f64 = 1.0;
const HALF: f64 = 0.5;
const SHUT: f64 = 0.5;
const SHUT_AUDITOR: f64 = 0.25;
/// Part of a penalty that finders share.
const BOUNTY: f64 = 0.5;

/// The time at which an honest auditor shows itself.
#[derive(Clone, Copy, PartialEq)]
enum Showing {
	/// At the end of the audit phase, final or not.
	EndOfPhase,
	/// Once the block that closed the members' seals is final, or [`OBJECT_DEPTH`] blocks are on top of it.
	FinalOrDeep,
	/// Once it is final, and no window begins before more than a third say so in an inherent: the code.
	Final,
}

/// The consequence of auditors' signals that they lack the input.
#[derive(Clone, Copy, PartialEq)]
enum Lacking {
	/// Half as many signals as seals, in the audit phase: another committee.
	Redraw,
	/// Half as many signals as seals, in the audit phase: all judge. Signals of more than two thirds convict.
	TwoThirds,
	/// So many signals, taken as long as objections are, have all judge, whatever seals there are. Signals of more than half
	/// convict. The code, with one.
	InWindow(usize),
}

/// Rules that the program can change.
#[derive(Clone, Copy)]
struct Rules {
	replays: f64,
	showing: Showing,
	lacking: Lacking,
	/// A reveal window has 16 blocks, whoever makes them.
	reveals_counted: bool,
	/// A validator with a shut seal of a round that did not agree is drawn for others.
	shut_drawn: bool,
	/// A validator that is being judged is drawn for other committees.
	judged_drawn: bool,
	/// Finders share half of a penalty that more than half have judged, too.
	half_pays: bool,
	/// The victim takes a result with fewer votes than `k`.
	few_votes: bool,
	/// The victim takes a result whose input did not travel in the call.
	blobs: bool,
	/// Per cent of the validators that are honest and held back by false signals, if others were drawn in their place. In the code their seats
	/// stay empty, which is 0 here.
	held: usize,
	/// No bond is at stake in two rounds. No rule does that.
	apart: bool,
}

/// The code.
const CODE: Rules = Rules {
	replays: REPLAYS,
	showing: Showing::Final,
	lacking: Lacking::InWindow(1),
	reveals_counted: false,
	shut_drawn: false,
	judged_drawn: false,
	half_pays: false,
	few_votes: false,
	blobs: true,
	held: 0,
	apart: false,
};

type Change = fn(Rules) -> Rules;

/// Rules of the code, each alone taken away or as it was before.
const WITHOUT: [(&str, Change); 11] = [
	("signals after the audit phase", |rules| Rules { lacking: Lacking::TwoThirds, ..rules }),
	("one signal is enough (two are)", |rules| Rules { lacking: Lacking::InWindow(2), ..rules }),
	("signals convict (another committee)", |rules| Rules { lacking: Lacking::Redraw, ..rules }),
	("the wait for finality (16 blocks on top)", |rules| Rules { showing: Showing::FinalOrDeep, ..rules }),
	("any wait", |rules| Rules { showing: Showing::EndOfPhase, ..rules }),
	("judged members held back", |rules| Rules { judged_drawn: true, ..rules }),
	("shut seals held back", |rules| Rules { shut_drawn: true, ..rules }),
	("two thirds for a reward", |rules| Rules { half_pays: true, ..rules }),
	("a third's reveal window (16 blocks)", |rules| Rules { reveals_counted: true, ..rules }),
	("replays", |rules| Rules { replays: 0.0, ..rules }),
	("`k` votes (4 taken)", |rules| Rules { few_votes: true, ..rules }),
];

/// The rules of the morning of 2026-11-27, before the last four.
const BEFORE: Rules =
	Rules { showing: Showing::FinalOrDeep, lacking: Lacking::TwoThirds, judged_drawn: true, half_pays: true, ..CODE };

/// A small pseudo-random generator (SplitMix64): the same figures on every machine.
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

	fn hit(&mut self, chance: f64) -> bool {
		self.unit() < chance
	}
}

/// Logarithm of the binomial coefficient.
fn ln_choose(n: usize, k: usize) -> f64 {
	(0..k).map(|i| ((n - i) as f64 / (k - i) as f64).ln()).sum()
}

/// Chances of 0 to `n` hits in `n` trials.
fn binomial(n: usize, chance: f64) -> Vec<f64> {
	let power = |base: f64, n: usize| if n == 0 { 0.0 } else { n as f64 * base.ln() };
	(0..=n).map(|hits| (ln_choose(n, hits) + power(chance, hits) + power(1.0 - chance, n - hits)).exp()).collect()
}

/// Chance that all `k` members, drawn of `v`, are among the `f` dishonest.
fn all_own(v: usize, f: usize, k: usize) -> f64 {
	if f < k {
		return 0.0;
	}
	(ln_choose(f, k) - ln_choose(v, k)).exp()
}

/// Chance of at least `n` hits.
fn at_least(chances: &[f64], n: usize) -> f64 {
	chances.iter().skip(n).rev().sum()
}

/// The time in which an agreement may be disputed.
#[derive(Clone, Copy, PartialEq)]
enum Window {
	/// At least 16 blocks, and until more than a third of the seats have made blocks.
	Assured,
	Blocks(usize),
}

/// A set of validators and the terms of a request.
#[derive(Clone, Copy)]
struct Setting {
	v: usize,
	percent: usize,
	k: usize,
	a: usize,
	window: Window,
}

impl Setting {
	/// Dishonest seats: so many per cent, and in any case fewer than a third.
	fn f(&self) -> usize {
		(self.v * self.percent).div_ceil(100).min((self.v - 1) / 3)
	}

	fn honest(&self) -> usize {
		self.v - self.f()
	}

	/// True if everybody is a member.
	fn is_small(&self) -> bool {
		self.v <= self.k + self.a
	}

	/// True if a false result can have the votes of all k.
	fn is_possible(&self) -> bool {
		!self.is_small() && self.f() >= self.k
	}

	fn is_assured(&self) -> bool {
		self.window == Window::Assured || self.v <= SMALL_SET
	}

	/// Chance of one outsider to be an auditor.
	fn rate(&self) -> f64 {
		(self.a as f64 / (self.v - self.k) as f64).min(1.0)
	}

	/// Chances that so many honest auditors are drawn and there.
	fn audits(&self) -> Vec<f64> {
		truncated(binomial(self.honest(), self.rate() * LIVE), 1e-14)
	}

	/// Chances that so many of the adversary's own are drawn beside a committee of its own.
	fn own_audits(&self) -> Vec<f64> {
		truncated(binomial(self.f() - self.k, self.rate()), 1e-12)
	}

	/// Honest validators that are held back.
	fn held(&self, rules: &Rules) -> usize {
		(self.v * rules.held).div_ceil(100).min(self.honest())
	}

	/// Chance of a committee by chance that is all the adversary's.
	fn captured(&self, rules: &Rules) -> f64 {
		all_own(self.v - self.held(rules), self.f(), self.k)
	}

	/// Chance that all but one are the adversary's, and that one is away.
	fn nearly_captured(&self, rules: &Rules) -> f64 {
		let (v, f, k) = (self.v - self.held(rules), self.f(), self.k);
		let all_but_one = (ln_choose(f, k - 1) + ((v - f) as f64).ln() - ln_choose(v, k)).exp();
		all_but_one * (1.0 - LIVE)
	}

	/// False signals of a block that hold back so many: each holds back the honest members of one committee that voted.
	fn signals(&self, rules: &Rules) -> f64 {
		let (held, left) = (self.held(rules) as f64, (self.honest() - self.held(rules)) as f64);
		let honest_members = self.k as f64 * LIVE * left / (left + self.f() as f64);
		held / HELD_FOR / honest_members
	}

	/// Chance that an honest validator that is no live auditor of a round runs its result again.
	fn replay(&self, rules: &Rules) -> f64 {
		LIVE * (1.0 - self.rate()) * rules.replays / (1.0 - self.rate() * LIVE)
	}

	/// Chance that more honest validators than this are there.
	fn more_than(&self, least: usize) -> f64 {
		at_least(&binomial(self.honest(), LIVE), least + 1)
	}

	/// Chance that the honest alone are more than two thirds at some time. If they are not, the adversary stops
	/// finality.
	fn finalizes(&self) -> f64 {
		self.more_than(2 * self.v / 3)
	}

	/// Chance that all decide by more than two thirds, in either of two rounds, while the adversary keeps silent.
	fn decided(&self) -> f64 {
		1.0 - (1.0 - self.finalizes()).powi(2)
	}

	/// Mean blocks until more than a third of the seats have made one.
	fn third(&self) -> f64 {
		mean(&authors(self.v))
	}

	/// Mean blocks of a window with opened auditors.
	fn window_blocks(&self) -> f64 {
		let least = match self.window {
			Window::Assured => DEFAULT_WINDOW,
			Window::Blocks(blocks) => blocks,
		} as f64;
		if self.is_assured() {
			least.max(self.third())
		} else {
			least
		}
	}

	/// Requests that the adversary can make in a block, month in, month out.
	fn flow(&self) -> f64 {
		REQUESTS_PER_BLOCK.min(MAX_OPEN / (AGREED as f64 + self.window_blocks()))
	}

	fn slots(&self) -> Slots {
		Slots::of(self.f() as f64 / self.v as f64)
	}
}

/// Chances of so many blocks until more than a third of `v` seats have made one, where 90 % of the seats are there. Whoever is
/// there makes the next block with equal chance.
fn authors(v: usize) -> Vec<f64> {
	let (live, wanted) = (LIVE * v as f64, v / 3 + 1);
	let (mut at, mut chances, mut left) = (vec![0.0; wanted], Vec::new(), 1.0f64);
	at[0] = 1.0;
	while left > 1e-9 {
		let done = at[wanted - 1] * (live - (wanted - 1) as f64) / live;
		for n in (0..wanted).rev() {
			let before = if n == 0 { 0.0 } else { at[n - 1] * (live - (n - 1) as f64) / live };
			at[n] = at[n] * n as f64 / live + before;
		}
		left -= done;
		chances.push(done);
	}
	chances.insert(0, 0.0);
	chances
}

fn mean(chances: &[f64]) -> f64 {
	chances.iter().enumerate().map(|(n, chance)| n as f64 * chance).sum()
}

fn quantile(chances: &[f64], part: f64) -> usize {
	let mut sum = 0.0;
	chances
		.iter()
		.position(|chance| {
			sum += chance;
			sum >= part
		})
		.unwrap_or(chances.len())
}

/// Chances below `rare` go to the last.
fn truncated(mut chances: Vec<f64>, rare: f64) -> Vec<f64> {
	let most = (0..chances.len()).find(|n| at_least(&chances, n + 1) < rare).unwrap_or(0);
	chances.truncate(most + 1);
	chances
}

/// Chance and cost of what follows from a state, by the best actions.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
	/// That the result becomes final and is false.
	falsehood: f64,
	/// Smallest bonds.
	cost: f64,
}

const NOTHING: Outcome = Outcome { falsehood: 0.0, cost: 0.0 };

fn costs(cost: f64) -> Outcome {
	Outcome { falsehood: 0.0, cost }
}

impl Outcome {
	fn value(&self, gain: f64) -> f64 {
		self.falsehood * gain - self.cost
	}

	fn times(&self, times: f64) -> Outcome {
		Outcome { falsehood: self.falsehood * times, cost: self.cost * times }
	}

	fn and(&self, other: Outcome) -> Outcome {
		Outcome { falsehood: self.falsehood + other.falsehood, cost: self.cost + other.cost }
	}
}

/// The mean of these outcomes by their chances. The chances have to sum to one.
fn expect(branches: impl IntoIterator<Item = (f64, Outcome)>) -> Outcome {
	let (mut sum, mut all) = (0.0, NOTHING);
	for (chance, outcome) in branches {
		sum += chance;
		all = all.and(outcome.times(chance));
	}
	assert!((sum - 1.0f64).abs() < 1e-8, "chances sum to {sum}");
	all
}

/// The adversary's knowledge, from its own VRF, of the slots after a request.
#[derive(Clone, Copy, Debug)]
struct Moment {
	/// Part of all slots that are like this one.
	part: f64,
	/// Chance that a chain without the draw becomes the heavier one, after auditors have shown themselves.
	escape: f64,
	/// Chance that it keeps all objections out of the window, and own auditors that it takes for that: they open the lie.
	window: Option<(f64, usize)>,
	/// Chance that the last block of the audit phase is its own, so that no auditor is heard in it.
	last: f64,
}

/// No moment in particular.
const ANY: Moment = Moment { part: 1.0, escape: 0.0, window: None, last: 0.0 };

/// Mean cost of each wrong or shut vote, if some bonds are at stake in several rounds at once: never more than the
/// bond.
#[derive(Clone, Copy, Debug)]
struct Charge {
	shut: f64,
	half: f64,
	full: f64,
}

/// Mean part of a bond that each of so many rounds takes of its members, if each asks for `part` of it: a member of one has a
/// chance of `share` to be in each other one.
fn charged(rounds: f64, share: f64, part: f64) -> f64 {
	let most = (1.0 / part).round() as usize;
	// The mean over seats of min(1, part * rounds that it is in), by the rounds that it is in.
	let of = |n: f64| -> f64 {
		let chances: f64 = (0..most)
			.map(|hits| {
				let ways: f64 = (0..hits).map(|i| (n - i as f64).max(0.0) / (i + 1) as f64).product();
				let chance = ways * share.powi(hits as i32) * (1.0 - share).powf((n - hits as f64).max(0.0));
				(1.0 - part * hits as f64) * chance
			})
			.sum();
		(1.0 - chances) / (n * share)
	};
	let (low, high) = (rounds.floor(), rounds.ceil());
	let weight = rounds - low;
	if weight == 0.0 {
		of(low)
	} else {
		of(low) * (1.0 - weight) + of(high) * weight
	}
}

/// One round whose members are all the adversary's, for an adversary to whom a false final result is worth `gain`.
struct Game {
	setting: Setting,
	rules: Rules,
	gain: f64,
	/// Members that lie.
	k: f64,
	audits: Vec<f64>,
	own_audits: Vec<f64>,
	/// The outcome of [`Game::looking`] for so many own auditors, if it depends on nothing else.
	looked: Vec<Outcome>,
	/// Chances that so many of so many honest seals are opened.
	opening: Vec<Vec<f64>>,
	/// Chances that nobody runs the result again by chance, beside so many honest auditors.
	unreplayed: Vec<f64>,
	/// Chance that all decide by two thirds though the adversary keeps silent.
	decided: f64,
	/// Cost of asking, if the seed was known before.
	asked: f64,
	/// Chance that auditors keep their signals back, as the adversary has stopped finality.
	waits: f64,
	/// Chance that signals of all convict those who claimed to have the input.
	convicted: f64,
}

impl Game {
	fn new(setting: &Setting, rules: &Rules) -> Self {
		let audits = setting.audits();
		let replay = setting.replay(rules);
		let convicted = match rules.lacking {
			Lacking::Redraw => 0.0,
			Lacking::TwoThirds => setting.more_than(2 * setting.v / 3),
			Lacking::InWindow(_) => setting.more_than(setting.v / 2),
		};
		let waits = if rules.showing == Showing::EndOfPhase { 0.0 } else { 1.0 - setting.finalizes() };
		Game {
			setting: *setting,
			rules: *rules,
			gain: 0.0,
			asked: 0.0,
			looked: Vec::new(),
			waits,
			k: setting.k as f64,
			opening: (0..audits.len()).map(|h| binomial(h, 1.0 - DROPPED)).collect(),
			unreplayed: (0..audits.len()).map(|h| (1.0 - replay).powi((setting.honest() - h) as i32)).collect(),
			audits,
			own_audits: setting.own_audits(),
			decided: setting.decided(),
			convicted,
		}
	}

	fn best(&self, options: impl IntoIterator<Item = Outcome>) -> Outcome {
		let better = |a: Outcome, b: Outcome| if b.value(self.gain) > a.value(self.gain) { b } else { a };
		options.into_iter().reduce(better).unwrap_or(NOTHING)
	}

	/// The round is drawn: the adversary sees its members and `own` auditors of its own. It tells the truth, or lies in one of
	/// three ways.
	fn drawn(&self, own: usize, charge: &Charge, moment: &Moment) -> Outcome {
		if moment.window.is_some_and(|(_, liars)| own < liars) {
			return NOTHING;
		}
		let withheld = self.rules.blobs.then(|| self.withheld(own, charge, moment));
		let looking = self.looked.get(own).copied().unwrap_or_else(|| self.looking(own, charge, moment));
		let lies = [looking, self.blind(own, charge, moment)].into_iter().chain(withheld);
		self.best([NOTHING].into_iter().chain(lies.map(|lie| lie.and(costs(self.asked)))))
	}

	/// Honest auditors seal in their phase, and it sees how many before it opens.
	fn looking(&self, own: usize, charge: &Charge, moment: &Moment) -> Outcome {
		expect(self.audits.iter().enumerate().map(|(h, chance)| (*chance, self.audited(h, own, charge, moment))))
	}

	/// `h` honest auditors have sealed. If they have shown themselves before anything is final, it may build beside
	/// them.
	fn audited(&self, h: usize, own: usize, charge: &Charge, moment: &Moment) -> Outcome {
		let stay = if h == 0 { self.unaudited(own, charge) } else { self.openings(h, own, charge) };
		match self.rules.showing {
			Showing::EndOfPhase if h > 0 => self.or_escape(stay, moment),
			_ => stay,
		}
	}

	/// Stays on this chain, or tries another one without the draw.
	fn or_escape(&self, stay: Outcome, moment: &Moment) -> Outcome {
		self.best([stay, expect([(moment.escape, NOTHING), (1.0 - moment.escape, stay)])])
	}

	/// No honest auditor is drawn and there. The lie is opened; who runs it again by chance disputes it.
	fn unaudited(&self, own: usize, charge: &Charge) -> Outcome {
		let unseen = self.unreplayed[0];
		let option = |kept: f64, share: f64| {
			let judged = self.judged(share, 0, charge);
			expect([(unseen, Outcome { falsehood: 1.0, cost: kept }), (1.0 - unseen, judged)])
		};
		// One own seal of the truth: kept shut for ever, or opened late, when it has the reward alone.
		let insured = (own > 0).then(|| option(SHUT_AUDITOR, 1.0));
		self.best([option(0.0, own as f64 / (own + 1) as f64)].into_iter().chain(insured))
	}

	/// The adversary waits until the end of the reveal window, and sees who opens.
	fn openings(&self, h: usize, own: usize, charge: &Charge) -> Outcome {
		expect(self.opening[h].iter().enumerate().map(|(n, chance)| (*chance, self.opened(n, h - n, own, charge))))
	}

	/// `opened` honest seals are open, `missing` are not. Keep the lie shut, or open it.
	fn opened(&self, opened: usize, missing: usize, own: usize, charge: &Charge) -> Outcome {
		let h = opened + missing;
		let shut = costs(self.k * charge.shut);
		let contradicted = self.judged(own as f64 / (own + h) as f64, 0, charge);
		if opened > 0 {
			return self.best([shut, contradicted]);
		}
		// An auditor that comes back in the window contradicts, as does a validator that runs it again; one that comes
		// back after it disputes the final result.
		let unseen = (1.0 - BACK).powi(missing as i32) * self.unreplayed[h];
		let late = Outcome { falsehood: 1.0, ..contradicted };
		self.best([shut, expect([(unseen, late), (1.0 - unseen, contradicted)])])
	}

	/// Honest auditors are kept out of their phase, by leaving them out of its last block or by keeping finality back. The lie is
	/// opened; they object in the window. Then the adversary is judged, or has a chain without the draw, or its own window.
	fn blind(&self, own: usize, charge: &Charge, moment: &Moment) -> Outcome {
		let seen = |share: f64| match moment.window {
			// Kept out of the window, they dispute what is final: it stays false, and the votes pay.
			Some((chance, liars)) => {
				let judged = self.judged(0.0, liars, charge);
				expect([(chance, Outcome { falsehood: 1.0, ..judged }), (1.0 - chance, judged)])
			}
			None => {
				let judged = self.judged(share, 0, charge);
				self.or_escape(judged, moment)
			}
		};
		let plan = |kept: f64, insured: bool| -> Outcome {
			expect(self.audits.iter().enumerate().flat_map(|(h, chance)| {
				let unseen = if h == 0 { self.unreplayed[0] } else { 0.0 };
				// Of those that run it again by chance one disputes, if no auditor objects.
				let finders = h.max(1);
				let share = if insured { 1.0 } else { own as f64 / (own + finders) as f64 };
				let success = Outcome { falsehood: 1.0, cost: kept };
				[(chance * unseen, success), (chance * (1.0 - unseen), seen(share))]
			}))
		};
		// A shut seal of its own makes a window longer: none where the window is to be its own.
		let insured = (own > 0 && moment.window.is_none()).then(|| plan(SHUT_AUDITOR, true));
		self.best([plan(0.0, false)].into_iter().chain(insured))
	}

	/// The input is a blob that only the adversary has. Honest auditors can but signal, and nobody else can run it again. Its own
	/// auditors seal the lie. The judgment fails for want of the input, unless it then shows it.
	fn withheld(&self, own: usize, charge: &Charge, moment: &Moment) -> Outcome {
		let through = |h: usize| match self.rules.lacking {
			Lacking::InWindow(signals) => h < signals,
			_ => h == 0 || own > 2 * h,
		};
		let failed = match self.rules.lacking {
			Lacking::Redraw => NOTHING,
			_ => {
				let shut = costs(self.k * charge.shut);
				let silent = costs(self.convicted * self.k * charge.half);
				// An own auditor that has sealed the truth is the only one.
				let share = if own > 0 { 1.0 } else { 0.0 };
				self.best([shut, silent, self.judged(share, 0, charge)])
			}
		};
		// Signals of the audit phase wait for finality.
		let hidden = self.rules.showing != Showing::EndOfPhase && !matches!(self.rules.lacking, Lacking::InWindow(_));
		let failed = if hidden { failed } else { self.or_escape(failed, moment) };
		let passed = Outcome { falsehood: 1.0, cost: 0.0 };
		let kept_out = match self.rules.lacking {
			Lacking::InWindow(_) => moment.window.map_or(0.0, |(chance, _)| chance),
			_ => 1.0 - (1.0 - self.waits) * (1.0 - moment.last),
		};
		let heard = |h: usize| if through(h) { passed } else { failed };
		let signalled = expect(self.audits.iter().enumerate().map(|(h, chance)| (*chance, heard(h))));
		expect([(kept_out, passed), (1.0 - kept_out, signalled)])
	}

	/// All decide. The adversary votes with the honest, or keeps silent so that they stay below two thirds: then more than half
	/// judge, at half the penalty. `share` of the finders' half is its own. `liars` auditors of its own have lied, too.
	fn judged(&self, share: f64, liars: usize, charge: &Charge) -> Outcome {
		let lost = |part: f64, share: f64| costs((self.k + liars as f64) * part * (1.0 - BOUNTY * share));
		let decided = lost(charge.full, share);
		let by_half = lost(charge.half, if self.rules.half_pays { share } else { 0.0 });
		let silent = expect([(self.decided, decided), (1.0 - self.decided, by_half)]);
		self.best([decided, silent])
	}
}

/// Authors of a slot.
#[derive(Clone, Copy)]
struct Slots {
	/// Chance of a primary author of the adversary's.
	own_primary: f64,
	/// Chance of an honest one that is there.
	honest_primary: f64,
	/// Chance that the secondary author is the adversary's.
	own_secondary: f64,
	/// Chance that it is honest and there.
	honest_secondary: f64,
}

impl Slots {
	fn of(share: f64) -> Self {
		let primary = |share: f64| 1.0 - (1.0 - PRIMARY).powf(share);
		let honest = (1.0 - share) * LIVE;
		Slots {
			own_primary: primary(share),
			honest_primary: primary(honest),
			own_secondary: share,
			honest_secondary: honest,
		}
	}

	/// Own blocks of a slot, of either kind, that an honest primary one does not replace.
	fn claims(&self) -> f64 {
		self.own_primary + self.own_secondary * (1.0 - self.honest_primary)
	}

	/// Everything that a slot can be, with its chance.
	fn events(&self) -> Vec<(f64, Slot)> {
		let empty = 1.0 - self.own_secondary - self.honest_secondary;
		let secondaries =
			[(self.own_secondary, true, false), (self.honest_secondary, false, true), (empty, false, false)];
		let mut events = Vec::new();
		for (p, own_primary) in [(self.own_primary, true), (1.0 - self.own_primary, false)] {
			for (q, honest_primary) in [(self.honest_primary, true), (1.0 - self.honest_primary, false)] {
				for (r, own_secondary, honest_secondary) in secondaries {
					events.push((p * q * r, Slot { own_primary, honest_primary, own_secondary, honest_secondary }));
				}
			}
		}
		events
	}
}

/// The validators that can make a block in a slot.
#[derive(Clone, Copy)]
struct Slot {
	own_primary: bool,
	honest_primary: bool,
	own_secondary: bool,
	honest_secondary: bool,
}

/// A stretch of own blocks, and the honest branch on top of it that competes with the adversary's own, if there is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
	/// Own blocks below both branches.
	blocks: usize,
	/// Blocks of either branch.
	own: usize,
	honest: usize,
	/// The primary blocks by which the honest branch is heavier.
	lead: i32,
}

const START: Stretch = Stretch { blocks: 0, own: 0, honest: 0, lead: 0 };

impl Stretch {
	/// After one slot. A tie in one slot goes to the adversary; else the heavier branch wins, then the longer one.
	fn after(self, slot: &Slot) -> Stretch {
		let own = slot.own_primary || slot.own_secondary;
		if self.honest == 0 && own && (slot.own_primary || !slot.honest_primary) {
			return Stretch { blocks: self.blocks + 1, ..self };
		}
		let next = Stretch {
			blocks: self.blocks,
			own: (self.own + usize::from(own)).min(MOST_BLOCKS),
			honest: self.honest + usize::from(slot.honest_primary || slot.honest_secondary),
			lead: self.lead + i32::from(slot.honest_primary) - i32::from(slot.own_primary),
		};
		if next.lead < 0 || (next.lead == 0 && next.own > next.honest) {
			return Stretch { blocks: next.blocks + next.own, own: 0, honest: 0, lead: 0 };
		}
		next
	}
}

/// The adversary wants to make `wanted` blocks in a row. An honest one below `lag` others is final and ends it.
struct Race {
	slots: Slots,
	events: Vec<(f64, Slot)>,
	lag: usize,
	wanted: usize,
	known: BTreeMap<Stretch, f64>,
}

impl Race {
	fn new(slots: &Slots, lag: usize, wanted: usize) -> Self {
		Race { slots: *slots, events: slots.events(), lag, wanted, known: BTreeMap::new() }
	}

	/// Chance to get there.
	fn chance(&mut self, at: Stretch) -> f64 {
		if at.blocks >= self.wanted || at.honest > self.lag {
			return f64::from(u8::from(at.blocks >= self.wanted));
		}
		if let Some(chance) = self.known.get(&at) {
			return *chance;
		}
		let (mut same, mut sum) = (0.0, 0.0);
		for event in 0..self.events.len() {
			let (chance, slot) = self.events[event];
			let next = at.after(&slot);
			if next == at {
				same += chance;
			} else {
				sum += chance * self.chance(next);
			}
		}
		let chance = sum / (1.0 - same);
		self.known.insert(at, chance);
		chance
	}

	/// Slots in which it gets there, drawn with the chances that they have among all such, and some more.
	fn succeeding(&mut self, random: &mut Random) -> Vec<Slot> {
		let (mut at, mut slots, mut more) = (START, Vec::new(), SLOTS_AFTER);
		while more > 0 {
			let won = at.blocks >= self.wanted;
			let mut events = self.events.clone();
			events.iter_mut().for_each(|(p, slot)| *p *= if won { 1.0 } else { self.chance(at.after(slot)) });
			let mut left = random.unit() * events.iter().map(|(p, _)| p).sum::<f64>();
			let chosen = events.iter().find(|(p, _)| {
				left -= p;
				left < 0.0
			});
			let slot = chosen.unwrap_or(&events[0]).1;
			if won {
				more -= 1;
			} else {
				at = at.after(&slot);
			}
			slots.push(slot);
		}
		slots
	}

	/// Chance to get there in these slots, of which everything is known but the honest primary authors.
	fn foreseen(&self, slots: &[Slot]) -> f64 {
		let honest = self.slots.honest_primary;
		let (mut at, mut won) = (BTreeMap::from([(START, 1.0)]), 0.0);
		for slot in slots {
			let mut next = BTreeMap::new();
			for (stretch, chance) in at {
				for (honest_primary, p) in [(true, honest), (false, 1.0 - honest)] {
					let after = stretch.after(&Slot { honest_primary, ..*slot });
					if after.blocks >= self.wanted {
						won += chance * p;
					} else if after.honest <= self.lag {
						*next.entry(after).or_default() += chance * p;
					}
				}
			}
			at = next;
		}
		won
	}
}

/// Chance that the adversary makes so many blocks in a row from a slot on.
fn own_window(slots: &Slots, lag: usize, wanted: usize) -> f64 {
	Race::new(slots, lag, wanted).chance(START)
}

/// Chance that the adversary's chain, which leaves the request out, becomes the heavier one between the slot in which
/// auditors show themselves, the second after the request's, and the one in which the request's block is final.
fn escape(primaries: u32, slots: &Slots, lag: usize) -> f64 {
	// Chances of honest primary slots so far, where the adversary has not won yet.
	let mut racing = vec![1.0];
	let (mut own, mut won) = (0usize, 0.0);
	for slot in 0..lag {
		own += usize::from(primaries >> slot & 1 == 1);
		if slot > 0 {
			racing.push(0.0);
			for n in (0..racing.len()).rev() {
				let more = if n == 0 { 0.0 } else { racing[n - 1] * slots.honest_primary };
				racing[n] = racing[n] * (1.0 - slots.honest_primary) + more;
			}
		}
		if slot >= 2 {
			let ahead = own.min(racing.len());
			won += racing[..ahead].iter().sum::<f64>();
			racing[..ahead].fill(0.0);
		}
	}
	won
}

/// Moments at which it can reorganise: its own primary slots from that of the request on, whose block is a secondary one.
fn escapes(slots: &Slots, lag: usize) -> Vec<Moment> {
	let moment = |primaries: u32| {
		let own = primaries.count_ones() as i32;
		let pattern = slots.own_primary.powi(own) * (1.0 - slots.own_primary).powi(lag as i32 - own);
		let part = slots.own_secondary * (1.0 - slots.honest_primary) * pattern;
		Moment { part, escape: escape(primaries, slots, lag), ..ANY }
	};
	(0..1u32 << lag).map(moment).filter(|moment| moment.escape > 0.0).collect()
}

static FORESEEN: Mutex<BTreeMap<(u64, usize, usize), Vec<Moment>>> = Mutex::new(BTreeMap::new());

/// Moments at which it may author `wanted` blocks in a row. It knows its own slots in advance, and not the honest primary
/// ones. Samples are of own slots where it succeeds; one that succeeds with chance `u` stands for `1 / u` that are tried.
fn windows(slots: &Slots, lag: usize, wanted: usize) -> Vec<Moment> {
	let key = (slots.own_secondary.to_bits(), lag, wanted);
	if let Some(known) = FORESEEN.lock().expect("one thread").get(&key) {
		return known.clone();
	}
	let (mut random, mut race) = (Random(1), Race::new(slots, lag, wanted));
	let all = race.chance(START);
	let mut moment = || {
		let found = race.succeeding(&mut random);
		let window = race.foreseen(&found);
		(all / SAMPLES as f64 / window, window)
	};
	let found = merged((0..SAMPLES).map(|_| moment()).collect::<Vec<_>>());
	let moments: Vec<Moment> =
		found.into_iter().map(|(part, chance)| Moment { part, window: Some((chance, 0)), ..ANY }).collect();
	FORESEEN.lock().expect("one thread").insert(key, moments.clone());
	moments
}

/// Chance that a branch which is behind by so many primary blocks is ever ahead, where nothing is final.
fn ever_ahead(slots: &Slots, behind: i32) -> f64 {
	let (own, honest) = (slots.own_primary, slots.honest_primary);
	let step = own * (1.0 - honest) / (honest * (1.0 - own));
	step.min(1.0).powi((behind + 1).max(0))
}

/// Chance of being ahead, now or later, with `own` primary blocks, where honest ones have the chances `honest`.
fn overtakes(slots: &Slots, own: usize, honest: &[f64]) -> f64 {
	honest.iter().enumerate().map(|(n, chance)| chance * ever_ahead(slots, n as i32 - own as i32)).sum()
}

/// Moments alike are taken together: `(part, chance)` of each.
fn merged(moments: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
	let mut classes: BTreeMap<i32, (f64, f64)> = BTreeMap::new();
	for (part, chance) in moments.into_iter().filter(|(part, chance)| *part > 1e-15 && *chance > 0.01) {
		let class = classes.entry((2.0 * (chance / (1.0 - chance).max(1e-6)).ln()).floor() as i32).or_default();
		*class = (class.0 + part, class.1 + part * chance);
	}
	classes.into_values().map(|(part, sum)| (part, sum / part)).collect()
}

/// Moments at which it may have a chain without the draw, where nothing is final and auditors show themselves when `depth`
/// blocks are on top of the one with the request. It knows its own primary slots until then.
fn far_escapes(slots: &Slots, depth: usize) -> Vec<Moment> {
	let block = 1.0 - (1.0 - slots.honest_primary) * (1.0 - slots.honest_secondary);
	let time = (depth as f64 / block).ceil() as usize;
	let honest = binomial(depth, slots.honest_primary / block);
	let of = |(own, part): (usize, f64)| (part, overtakes(slots, own, &honest));
	let moments = merged(binomial(time, slots.own_primary).into_iter().enumerate().map(of));
	moments.into_iter().map(|(part, escape)| Moment { part, escape, ..ANY }).collect()
}

static BRANCHES: Mutex<BTreeMap<(u64, usize), Vec<Moment>>> = Mutex::new(BTreeMap::new());

/// Moments at which a branch of `wanted` own blocks may become the heavier one, where nothing is final. It knows its own slots
/// until then: how long that takes, and how many of its blocks are primary ones.
fn branches(slots: &Slots, wanted: usize) -> Vec<Moment> {
	if wanted > MOST_BRANCH {
		return Vec::new();
	}
	if wanted == 0 {
		return vec![Moment { window: Some((1.0, 0)), ..ANY }];
	}
	let key = (slots.own_secondary.to_bits(), wanted);
	if let Some(known) = BRANCHES.lock().expect("one thread").get(&key) {
		return known.clone();
	}
	let block = 1.0 - (1.0 - slots.own_primary) * (1.0 - slots.own_secondary);
	let primaries = binomial(wanted, slots.own_primary / block);
	let longest = (wanted as f64 / block + 8.0 * (wanted as f64).sqrt() / block) as usize;
	let mut all = Vec::new();
	for time in wanted..=longest {
		// The last slot has the last block.
		let part = (ln_choose(time - 1, wanted - 1)
			+ wanted as f64 * block.ln()
			+ (time - wanted) as f64 * (1.0 - block).ln())
		.exp();
		if part < 1e-13 {
			continue;
		}
		let honest = binomial(time, slots.honest_primary);
		all.extend(primaries.iter().enumerate().map(|(own, chance)| (part * chance, overtakes(slots, own, &honest))));
	}
	let moments: Vec<Moment> =
		merged(all).into_iter().map(|(part, chance)| Moment { part, window: Some((chance, 0)), ..ANY }).collect();
	BRANCHES.lock().expect("one thread").insert(key, moments.clone());
	moments
}

/// Moments of one kind in a month of own slots, and the cost of a seed there.
struct Source {
	moment: Moment,
	/// Seeds of a block, of committees that it can have drawn.
	seeds: f64,
	/// Smallest bonds of one seed, and of each that is used.
	price: f64,
	asked: f64,
}

/// The means of the adversary: all moments, each with the seeds that it pays for and those that it only has to choose.
struct Adversary {
	game: Game,
	sources: Vec<Source>,
	/// Chances of a committee, and members of it that lie.
	committees: Vec<(f64, f64)>,
	/// Blocks in which bonds of judged and of shut seals are at stake again.
	judged_for: f64,
	shut_for: f64,
	/// False results of an era and their cost, where honest auditors were put out; for nobody else to run it again.
	thinned: Option<(f64, f64)>,
}

impl Adversary {
	fn new(setting: &Setting, rules: &Rules) -> Self {
		let slots = setting.slots();
		let claims = slots.claims();
		let finalizes = setting.finalizes();
		let mut moments = vec![ANY];
		if rules.blobs && !matches!(rules.lacking, Lacking::InWindow(_)) {
			// Members may wait with their seals, so that the last block of the audit phase is in an own primary slot.
			let part = 1.0 - (1.0 - slots.own_primary).powi(SEALING as i32 - 1);
			moments.push(Moment { part, last: 1.0 - slots.honest_primary / 2.0, ..ANY });
		}
		let stalled = |moment: Moment| Moment { part: moment.part * (1.0 - finalizes), ..moment };
		let running = |moment: Moment| Moment { part: moment.part * finalizes, ..moment };
		match rules.showing {
			Showing::EndOfPhase => {
				moments.extend(escapes(&slots, FINAL).into_iter().map(running));
				moments.extend(far_escapes(&slots, AGREED).into_iter().map(stalled));
			}
			Showing::FinalOrDeep => {
				moments.extend(far_escapes(&slots, CLOSED + OBJECT_DEPTH).into_iter().map(stalled));
			}
			Showing::Final => (),
		}
		// Blocks of a window that are over before auditors object, where nothing is final.
		let deaf = if rules.showing == Showing::FinalOrDeep { CLOSED + OBJECT_DEPTH + 1 - AGREED } else { 0 };
		let least = match setting.window {
			Window::Assured => DEFAULT_WINDOW,
			Window::Blocks(blocks) => blocks,
		};
		let own = setting.own_audits().len() - 1;
		for liars in 0..=own.min(FEW_AUDITORS) {
			let with = |moment: Moment| Moment { window: moment.window.map(|(chance, _)| (chance, liars)), ..moment };
			let wanted = least + BLOCKS_PER_MISSING_AUDITOR * (FEW_AUDITORS - liars);
			let left = wanted.saturating_sub(deaf);
			if !setting.is_assured() {
				moments.extend(windows(&slots, FINAL, wanted).into_iter().map(running).map(with));
				moments.extend(branches(&slots, left).into_iter().map(stalled).map(with));
			} else if deaf > 0 {
				let left = left.max(assured_branch(setting, deaf));
				moments.extend(branches(&slots, left).into_iter().map(stalled).map(with));
			}
		}
		let mut sources = Vec::new();
		for mut moment in moments {
			moment.last = moment.last.max(claims);
			// A request has a second draw, where the adversary leaves out the block that would make its seed.
			let looks = 1.0 + claims;
			sources.push(Source { moment, seeds: setting.flow() * looks, price: REQUEST / looks, asked: 0.0 });
			// It makes both blocks of the seed, and asks only at the places whose seed it wants.
			sources.push(Source { moment, seeds: REQUESTS_PER_BLOCK * claims * claims, price: 0.0, asked: REQUEST });
		}
		let k = setting.k as f64;
		let mut committees = vec![(setting.captured(rules), k)];
		if rules.few_votes {
			committees.push((setting.nearly_captured(rules), k - 1.0));
		}
		let decided = setting.decided();
		let object = match rules.showing {
			_ if finalizes >= 0.5 => FINAL as f64,
			Showing::EndOfPhase => 1.0,
			Showing::FinalOrDeep => OBJECT_DEPTH as f64,
			// Nobody objects as long as it stops finality, and no request ends: until there are as many as may be open.
			Showing::Final => MAX_OPEN / setting.flow() - AGREED as f64,
		};
		let judged_for = match rules.judged_drawn {
			true => AGREED as f64 + object + OF_ALL + REPEAT * (1.0 - decided),
			false => AGREED as f64 + object,
		};
		let reveals = if rules.reveals_counted { REVEALING as f64 } else { setting.third().max(REVEALING as f64) };
		let shut_for = if rules.shut_drawn { ERA } else { 1.0 + SEALING + AUDITING + reveals };
		let thinned = rules.reveals_counted.then(|| thinned(setting, &slots)).flatten();
		Adversary { game: Game::new(setting, rules), sources, committees, judged_for, shut_for, thinned }
	}

	/// The outcome of a month for an adversary that takes every chance that is worth it at `gain` for each false
	/// result.
	fn month(&mut self, gain: f64) -> Outcome {
		self.game.gain = gain;
		let mut all = NOTHING;
		for index in 0..self.sources.len() {
			for committee in 0..self.committees.len() {
				let (captured, k) = self.committees[committee];
				self.game.k = k;
				let source = &self.sources[index];
				if source.moment.window.is_none() && source.moment.escape == 0.0 {
					self.game.asked = source.asked;
					all = all.and(self.batches(source, captured));
				}
			}
		}
		for committee in 0..self.committees.len() {
			let (captured, k) = self.committees[committee];
			self.game.k = k;
			all = all.and(self.rare(captured));
		}
		self.game.k = self.game.setting.k as f64;
		all.and(self.put_out(gain))
	}

	/// Rounds that run at the same time share members. The adversary sees how many it has, takes the batches in which they are
	/// many, and in these the rounds with most auditors of its own.
	fn batches(&self, source: &Source, captured: f64) -> Outcome {
		let blocks = self.judged_for.max(self.shut_for);
		let (seeds, batches) = (source.seeds * source.moment.part * blocks, MONTH / blocks);
		let own = &self.game.own_audits;
		let mean = seeds * captured;
		let most = ((mean + 9.0 * mean.sqrt() + 12.0) as usize).min(80);
		// If they are more than that, all batches are the same.
		let counts: Vec<f64> = if mean > 40.0 { vec![mean] } else { (1..=most).map(|n| n as f64).collect() };
		let known: Vec<Vec<Outcome>> = counts
			.iter()
			.map(|n| {
				let charge = self.charge(*n, blocks);
				(0..own.len()).map(|own| self.game.drawn(own, &charge, &source.moment)).collect()
			})
			.collect();
		let mut best = NOTHING;
		for least in 0..own.len() {
			let part = at_least(own, least);
			let expected = mean * part;
			let mut batch = costs(seeds * source.price);
			for (n, outcomes) in counts.iter().zip(&known) {
				let chance = if mean > 40.0 { 1.0 } else { poisson(expected, *n as usize) };
				let lies = if mean > 40.0 { n * part } else { *n };
				let one = expect_given(own, least, part, outcomes);
				if one.value(self.game.gain) > 0.0 {
					batch = batch.and(one.times(chance * lies));
				}
			}
			if batch.value(self.game.gain) > best.value(self.game.gain) {
				best = batch;
			}
		}
		best.times(batches)
	}

	/// Rounds at moments that are rare. As many others as it can have at that time share members with each.
	fn rare(&mut self, captured: f64) -> Outcome {
		let blocks = self.judged_for.max(self.shut_for);
		let seeds = self.sources.iter().map(|source| source.seeds).fold(0.0, f64::max);
		let charge = self.charge(1.0 + seeds * blocks * captured, blocks);
		if self.game.rules.showing != Showing::EndOfPhase {
			self.game.looked =
				(0..self.game.own_audits.len()).map(|own| self.game.looking(own, &charge, &ANY)).collect();
		}
		let mut all = NOTHING;
		for source in &self.sources {
			if source.moment.window.is_none() && source.moment.escape == 0.0 {
				continue;
			}
			self.game.asked = source.asked;
			let own = self.game.own_audits.iter().enumerate();
			let one = expect(own.map(|(own, chance)| (*chance, self.game.drawn(own, &charge, &source.moment))));
			let seed = costs(source.price).and(one.times(captured));
			if seed.value(self.game.gain) > 0.0 {
				all = all.and(seed.times(MONTH * source.moment.part * source.seeds));
			}
		}
		self.game.looked.clear();
		all
	}

	/// Cost of a vote, if so many rounds of `blocks` lie.
	fn charge(&self, rounds: f64, blocks: f64) -> Charge {
		if self.game.rules.apart {
			return Charge { shut: SHUT, half: HALF, full: WRONG };
		}
		let share = self.game.setting.k as f64 / self.game.setting.f() as f64;
		let at_once = |time: f64, part: f64| charged(1.0 + (rounds - 1.0) * time / blocks, share.min(1.0), part);
		Charge {
			shut: at_once(self.shut_for, SHUT),
			half: at_once(self.judged_for, HALF),
			full: at_once(self.judged_for, WRONG),
		}
	}

	/// The outcome of a month in which honest auditors were put out for a part of each era.
	fn put_out(&self, gain: f64) -> Outcome {
		let Some((eras, cost)) = self.thinned else { return NOTHING };
		// Every committee is its own, and nobody audits. Those who run a result again by chance are left.
		let unseen = (1.0 - LIVE * self.game.rules.replays).powi(self.game.setting.honest() as i32);
		let charge = self.charge(1.0, 1.0);
		let one = expect([
			(unseen, Outcome { falsehood: 1.0, cost: REQUEST }),
			(1.0 - unseen, self.game.judged(0.0, 0, &charge)),
		]);
		// As many as it has members for.
		let times = (self.game.setting.f() / self.game.setting.k) as f64;
		let era = costs(cost).and(one.times(times));
		if era.value(gain) > 0.0 {
			era.times(eras)
		} else {
			NOTHING
		}
	}
}

/// The mean outcome where at least so many of its own auditors are drawn.
fn expect_given(own: &[f64], least: usize, part: f64, outcomes: &[Outcome]) -> Outcome {
	(least..own.len()).fold(NOTHING, |all, n| all.and(outcomes[n].times(own[n] / part)))
}

fn poisson(mean: f64, n: usize) -> f64 {
	if mean == 0.0 {
		return f64::from(u8::from(n == 0));
	}
	let ln_factorial: f64 = (1..=n).map(|i| (i as f64).ln()).sum();
	(n as f64 * mean.ln() - mean - ln_factorial).exp()
}

/// Own blocks that a branch needs so that a window `Assured` is over on it: honest validators have made blocks of it only before
/// auditors object, the first `deaf` ones. The others have to be the adversary's, all different.
fn assured_branch(setting: &Setting, deaf: usize) -> usize {
	let (v, f) = (setting.v as f64, setting.f());
	let honest = v * LIVE - f as f64 * LIVE;
	let by_honest = deaf as f64 * honest / (honest + f as f64);
	let authors = honest * (1.0 - (1.0 - 1.0 / honest).powf(by_honest));
	let by_own = deaf as f64 - by_honest;
	let own = f as f64 * (1.0 - (1.0 - 1.0 / f as f64).powf(by_own));
	let wanted = (setting.v / 3 + 1) as f64 - authors;
	let (mut blocks, mut known) = (0.0, own);
	while known < wanted {
		if known >= f as f64 - 0.5 {
			return usize::MAX;
		}
		blocks += f as f64 / (f as f64 - known);
		known += 1.0;
	}
	blocks.ceil() as usize
}

/// In three sessions of one era all blocks of a reveal window are the adversary's, and its own requests have given every honest
/// validator a seal that stays shut. Then they are barred. Number of such times in a month, and their cost.
fn thinned(setting: &Setting, slots: &Slots) -> Option<(f64, f64)> {
	if setting.v <= SMALL_SET {
		return None;
	}
	let finalizes = setting.finalizes();
	let foreseen = |part: f64, moments: Vec<Moment>| -> f64 {
		moments.iter().map(|moment| part * moment.part * moment.window.map_or(0.0, |(chance, _)| chance)).sum()
	};
	let window =
		foreseen(finalizes, windows(slots, FINAL, REVEALING)) + foreseen(1.0 - finalizes, branches(slots, REVEALING));
	let session = 1.0 - (1.0 - window.min(1.0)).powf(SESSION);
	// One session has to be left.
	let barred = at_least(&binomial(SESSIONS - 1, session), SHUT_SESSIONS);
	let requests = (10.0 / (setting.rate() * LIVE)).min(5.0 * REQUESTS_PER_BLOCK);
	// It tries windows of which it foresees an even chance at least; so two tries for each.
	let cost = 2.0 * SHUT_SESSIONS as f64 * requests * REQUEST;
	(barred > 1e-12).then_some((MONTH / ERA * barred, cost))
}

/// The price that the adversary pays for one false final result.
#[derive(Clone, Copy)]
struct Price {
	bonds: f64,
	/// Months in which it has one, at the shortest.
	months: f64,
}

/// Break-even of one false final result: the mean cost, for whoever wants one in a month, or in the first of a year, a century
/// or ten millennia in which it can have one.
fn break_even(setting: &Setting, rules: &Rules) -> Option<Price> {
	if !setting.is_possible() {
		return None;
	}
	let mut adversary = Adversary::new(setting, rules);
	const MOST: f64 = 1e9;
	let most = adversary.month(MOST).falsehood;
	let months = [1.0, 12.0, 1_200.0, 120_000.0].into_iter().find(|months| months * most > 1.0)?;
	let (mut low, mut high) = (1e-8f64, MOST);
	let (mut below, mut above) = (NOTHING, adversary.month(MOST));
	while high / low > 1.0 + 1e-4 {
		let middle = (low * high).sqrt();
		let at = adversary.month(middle);
		if at.falsehood * months >= 1.0 {
			(high, above) = (middle, at);
		} else {
			(low, below) = (middle, at);
		}
	}
	// The moments that are worth it for less, and the rest from those that begin to be.
	let wanted = (1.0 / months - below.falsehood) / (above.falsehood - below.falsehood);
	let bonds = (below.cost + wanted * (above.cost - below.cost)) * months;
	Some(Price { bonds, months })
}

/// Days between the starts of stretches in which a window is the adversary's alone.
fn days_between(part: f64) -> f64 {
	1.0 / part / MONTH * 30.0
}

/// The part of moments in which the adversary alone decides which objections a window takes, for the moments of all
/// lies in it.
fn own_windows(setting: &Setting, rules: &Rules) -> f64 {
	let moments = Adversary::new(setting, rules).sources.into_iter().filter(|source| source.price > 0.0);
	let of = |liars: usize| {
		move |source: &Source| match source.moment.window {
			Some((chance, own)) if own == liars => source.moment.part * chance,
			_ => 0.0,
		}
	};
	let sources: Vec<Source> = moments.collect();
	(0..=FEW_AUDITORS).map(|liars| sources.iter().map(of(liars)).sum()).fold(0.0, f64::max)
}

fn amount(bonds: f64) -> String {
	match bonds {
		bonds if bonds < 1e-9 => "0".into(),
		bonds if bonds < 0.095 => format!("{bonds:.0e}"),
		bonds if bonds < 9.95 => format!("{bonds:.1}"),
		bonds if bonds < 1e6 => format!("{bonds:.0}"),
		bonds => format!("{bonds:.0e}"),
	}
}

fn bonds(price: Option<Price>) -> String {
	match price {
		None => "-".into(),
		Some(Price { bonds, months: 1.0 }) => amount(bonds),
		Some(Price { bonds, months: 12.0 }) => format!("{} (year)", amount(bonds)),
		Some(Price { bonds, months: 1_200.0 }) => format!("{} (century)", amount(bonds)),
		Some(Price { bonds, .. }) => format!("{} (10,000 years)", amount(bonds)),
	}
}

fn duration(days: f64) -> String {
	match days {
		days if days.is_infinite() => "never".into(),
		days if days < 1.0 / 24.0 => format!("{:.1} minutes", days * 1_440.0),
		days if days < 1.0 => format!("{:.1} hours", days * 24.0),
		days if days < 1_000.0 => format!("{days:.1} days"),
		days if days < 3e8 => format!("{:.0} years", days / 365.25),
		days => format!("{:.0e} years", days / 365.25),
	}
}

fn header(title: &str, columns: &str) {
	println!("\n## {title}\n\n| {columns} |\n|{}", "---|".repeat(columns.split(" | ").count()));
}

fn setting(v: usize, percent: usize) -> Setting {
	Setting { v, percent, k: 5, a: 8, window: Window::Assured }
}

fn settings() -> impl Iterator<Item = Setting> {
	[20, 100, 1_000].into_iter().flat_map(|v| [10, 20, 33].map(|percent| setting(v, percent)))
}

fn nobody_looks(rules: Rules) -> Rules {
	Rules { replays: 0.0, ..rules }
}

/// All honest validators are held back: every committee is the adversary's.
fn free(rules: Rules) -> Rules {
	Rules { held: 100, ..rules }
}

fn apart(rules: Rules) -> Rules {
	Rules { apart: true, ..rules }
}

fn in_the_call(rules: Rules) -> Rules {
	Rules { blobs: false, ..rules }
}

const ASSUMPTIONS: [&str; 24] = [
	"All bonds are equal. A share of seats is a share of stake. The share is less than a third, and stays what it is, however many of its \
	 seats the adversary loses.",
	"The adversary pools runs, keys and blocks, and sees every message at once.",
	"It asks as often as `MaxPerBlock` (64) and `MaxOpen` (2,048) let it. Each request costs 10^-5 bonds, counted in full. It has a \
	 second draw for as many requests as it makes blocks of: it leaves out the block that would make the seed.",
	"Where it makes both blocks of a seed it knows 64 seeds in advance, and pays only for those that it uses.",
	"Own auditors are drawn by chance. It sees them when the round is drawn, and lies where that pays.",
	"A false result needs `k` equal votes, as clients refuse fewer. Victims take k = 5, a = 8 and the window of the table.",
	"Of honest auditors, authors, voters and replayers 90 % are there, each by chance, in each round anew.",
	"Of honest auditors that have sealed, 1 % are gone for the reveal window, and half of these for the window that this makes longer.",
	"Each honest validator runs 6 % of agreements again while the window runs, and disputes what it finds otherwise.",
	"Nobody can run again what has an input that the adversary alone has.",
	"Honest auditors can be kept out of the audit phase: its last block leaves them out. Then they object, or say that they lack the \
	 input, once the block that closed the seals is final. A window `Assured` has by then one honest author at least.",
	"A wrong vote costs a bond where all decide, half a bond where they stay below two thirds twice. The adversary keeps silent there, \
	 or signals.",
	"A member's shut seal costs half a bond, an auditor's a quarter. Whoever never opens pays no more.",
	"Half of a penalty goes to the auditors that sealed the truth, also to an own one that opens it after others have objected; else \
	 to all who object, in equal parts.",
	"A bond pays once. Rounds that run at the same time share members by chance; what exceeds a bond is not counted. The adversary \
	 picks the times at which it has most such rounds.",
	"A round with shut seals runs until its reveal window is over; one that is judged until all have decided.",
	"What was found false after its window is overturned and its votes pay, but it was final: it counts as a false result.",
	"A slot has a primary author with chance 1/4, and a secondary one. The branch with more primary blocks wins. The adversary knows \
	 its own slots of the epoch, and not the honest primary ones.",
	"A block is final when three are on top of it. Where the honest that are there are not more than two thirds, the adversary stops \
	 finality by not voting, for as long as it likes.",
	"Where nothing is final it may build beside any block, and wins when its branch has more primary blocks, at any later time.",
	"Own auditors that lack nothing may signal. Where a column holds honest validators back, their committees are drawn from the others, \
	 and honest auditors and replayers are as many as ever.",
	"After an own window the disputes come late, if anybody has the input.",
	"The break-even is the mean cost of one false result for whoever wants one a month and uses what is cheapest. If none comes in a \
	 month, it is for the first of a year, a century or 10,000 years.",
	"What the adversary earns by honest work is not counted. Whoever finds a lie in a round of the adversary's own pays nothing for it.",
];

fn print_table(title: &str, columns: &[(String, Rules)]) {
	let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
	header(title, &format!("V | dishonest | {}", names.join(" | ")));
	for setting in settings().filter(Setting::is_possible) {
		let cells: Vec<String> = columns.iter().map(|(_, rules)| bonds(break_even(&setting, rules))).collect();
		println!("| {} | {} | {} |", setting.v, setting.f(), cells.join(" | "));
	}
}

/// The worth of each rule.
fn print_rules() {
	let mut columns = vec![("the code".to_string(), CODE), ("without: the last four rules".to_string(), BEFORE)];
	columns.extend(WITHOUT.iter().map(|(name, change)| (format!("without: {name}"), change(CODE))));
	columns.push(("input in the call".into(), in_the_call(CODE)));
	columns.push(("input in the call, without replays".into(), nobody_looks(in_the_call(CODE))));
	print_table("Break-even in smallest bonds at k = 5, a = 8, `Assured`, if one rule is missing", &columns);
}

/// The worth of windows.
fn print_by_window() {
	header("Break-even by the window", "V | dishonest | `Assured` | `Blocks(4)` | 16 | 30 | 60");
	for setting in settings().filter(Setting::is_possible) {
		let windows = [Window::Assured, Window::Blocks(4), Window::Blocks(16), Window::Blocks(30), Window::Blocks(60)];
		let cells = windows.map(|window| bonds(break_even(&Setting { window, ..setting }, &CODE)));
		println!("| {} | {} | {} |", setting.v, setting.f(), cells.join(" | "));
	}
}

/// The worth of auditors.
fn print_audits() {
	header(
		"Break-even by the auditors, `Assured`",
		"V | dishonest | all of k dishonest, by chance | no honest auditor of 8 | a = 6 | 8 | 10 | 12 | 13 | 14 | 16",
	);
	for setting in [setting(4, 33)].into_iter().chain(settings()) {
		if !setting.is_possible() {
			let why = if setting.is_small() { "all vote" } else { "0" };
			println!("| {} | {} | {why} |{}", setting.v, setting.f(), " - |".repeat(8));
			continue;
		}
		let cells = [6, 8, 10, 12, 13, 14, 16].map(|a| bonds(break_even(&Setting { a, ..setting }, &CODE)));
		println!(
			"| {} | {} | {:.1e} | {:.1e} | {} |",
			setting.v,
			setting.f(),
			setting.captured(&CODE),
			setting.audits()[0],
			cells.join(" | "),
		);
	}
}

/// The worth, to the adversary, of holding honest validators back by false signals.
fn print_held() {
	const HELD: [usize; 6] = [0, 10, 20, 33, 50, 100];
	let title =
		"If others were drawn in the place of those held back by false signals: break-even at k = 5, a = 8, `Assured`";
	header(
		title,
		"V | dishonest | 0 % of V held back | 10 % | 20 % | 33 % | 50 % | all honest: capture is free | the same, if no bond were at \
		 stake in two rounds",
	);
	for setting in settings().filter(Setting::is_possible) {
		let mut cells: Vec<String> =
			HELD.iter().map(|held| bonds(break_even(&setting, &Rules { held: *held, ..CODE }))).collect();
		cells.push(bonds(break_even(&setting, &apart(free(CODE)))));
		println!("| {} | {} | {} |", setting.v, setting.f(), cells.join(" | "));
	}
	header(
		"False signals of a block that hold back so many, at 10 blocks for each",
		"V | dishonest | 10 % of V | 20 % | 33 % | 50 % | chance of an own committee: 0 % | 10 % | 20 % | 33 % | 50 %",
	);
	for setting in settings().filter(Setting::is_possible) {
		let with = |held: usize| Rules { held, ..CODE };
		let signals = HELD[1..5].iter().map(|held| amount(setting.signals(&with(*held))));
		let chances = HELD[..5].iter().map(|held| format!("{:.1e}", setting.captured(&with(*held))));
		let cells: Vec<String> = signals.chain(chances).collect();
		println!("| {} | {} | {} |", setting.v, setting.f(), cells.join(" | "));
	}
}

/// The share from which on the wait for finality matters.
fn print_shares() {
	let title = "Break-even by the share, V = 100, k = 5, a = 8, `Assured`";
	header(title, "dishonest | honest alone finalize | the code | without the wait for finality (16 blocks on top)");
	for percent in [20, 22, 24, 25, 26, 28, 30, 33] {
		let setting = setting(100, percent);
		let unfinal = Rules { showing: Showing::FinalOrDeep, ..CODE };
		let cells = [CODE, unfinal].map(|rules| bonds(break_even(&setting, &rules)));
		println!("| {percent} | {:.0} % of the time | {} |", 100.0 * setting.finalizes(), cells.join(" | "));
	}
}

/// Mean time between windows of which all blocks are the adversary's.
fn print_windows() {
	let title = "Mean time between windows of which the adversary makes all blocks";
	header(title, "seats | a block is final below | 4 blocks | 16 | 30 | 60");
	for percent in [10, 20, 33] {
		let slots = Slots::of(f64::from(percent) / 100.0);
		for (lag, name) in [(0, "0 (no reorganisation)"), (2, "2"), (3, "3")] {
			let days = [4, 16, 30, 60].map(|w| duration(days_between(own_window(&slots, lag, w))));
			println!("| {percent} % | {name} | {} |", days.join(" | "));
		}
		let branch = |w| {
			branches(&slots, w).iter().map(|moment| moment.part * moment.window.map_or(0.0, |(chance, _)| chance)).sum()
		};
		let days = [4, 16, 30, 60].map(|w| duration(days_between(branch(w))));
		println!("| {percent} % | nothing is final | {} |", days.join(" | "));
	}
}

/// Lengths of windows that wait for more than a third.
fn print_lengths() {
	let title = "Blocks until more than a third of the seats have made one, and reveal windows that last so long";
	header(
		title,
		"V | mean | p50 | p97 | window `Assured`: mean | p50 | p97 | rounds with a seal shut after 16 blocks | reveal window of these: \
		 mean | p97",
	);
	for v in [20, 100, 1_000] {
		let chances = authors(v);
		let assured = |n: usize| n.max(DEFAULT_WINDOW);
		let mean_assured: f64 = chances.iter().enumerate().map(|(n, chance)| assured(n) as f64 * chance).sum();
		let (p50, p97) = (quantile(&chances, 0.5), quantile(&chances, 0.97));
		let setting = setting(v, 0);
		let seals = setting.k as f64 + setting.a as f64 * LIVE;
		println!(
			"| {v} | {:.1} | {p50} | {p97} | {mean_assured:.1} | {} | {} | {:.1} % | {mean_assured:.1} | {} |",
			mean(&chances),
			assured(p50),
			assured(p97),
			100.0 * (1.0 - (1.0 - DROPPED).powf(seals)),
			assured(p97),
		);
	}
}

/// Prints the targets, and what is missed. Returns whether all are met.
fn print_targets() -> bool {
	let all = [
		("the code", CODE),
		("nobody looks by chance", nobody_looks(CODE)),
		("capture is free", free(CODE)),
		("capture is free, no bond at stake twice", apart(free(CODE))),
	];
	let names: Vec<String> = all.iter().map(|(name, _)| format!("{name} | is")).collect();
	header("Targets", &format!("target | at least | {}", names.join(" | ")));
	let mut missed = Vec::new();
	let mut line = |name: String, least: f64, unit: &str, found: [(f64, String); 4]| {
		let word = |value: f64| if value >= least { "met" } else { "MISSED" };
		let cells: Vec<String> = found.iter().map(|(value, shown)| format!("{shown} | {}", word(*value))).collect();
		println!("| {name} | {least} {unit} | {} |", cells.join(" | "));
		for ((column, _), (value, shown)) in all.iter().zip(&found).take(3) {
			if *value < least {
				missed.push(format!("{column}: {name} is {shown}, and not {least} {unit}"));
			}
		}
	};
	for (percent, a, least) in [(33, 8, 150.0), (20, 8, 400.0), (33, 12, 4_000.0), (20, 12, 4_000.0)] {
		for v in [100, 1_000] {
			let setting = Setting { a, ..setting(v, percent) };
			let of = |(_, rules)| {
				let price = break_even(&setting, &rules);
				(price.map_or(f64::INFINITY, |price| price.bonds), bonds(price))
			};
			line(format!("break-even, V = {v}, {percent} %, a = {a}"), least, "bonds", all.map(of));
		}
	}
	for v in [100, 1_000] {
		let of = |(_, rules)| {
			let days = days_between(own_windows(&setting(v, 33), &rules));
			(days, duration(days))
		};
		line(format!("own window, V = {v}, 33 %, `Assured`"), 30.0, "days", all.map(of));
	}
	missed.sort_by_key(|line| !line.starts_with("the code"));
	println!();
	match missed.is_empty() {
		true => println!("All targets are met."),
		false => println!("NOT ALL TARGETS ARE MET:"),
	}
	missed.iter().for_each(|line| println!("- {line}"));
	missed.is_empty()
}

/// Chances sum to one, and small cases have the figures that they have by hand.
fn check_chances() {
	let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} is not {b}");
	for (n, chance) in [(0, 0.5), (1, 0.0), (7, 1.0), (67, 0.0758), (900, 0.9)] {
		near(binomial(n, chance).iter().sum(), 1.0);
	}
	near(all_own(10, 4, 2), 6.0 / 45.0);
	near(all_own(5, 5, 5), 1.0);
	near(binomial(4, 0.5)[1], 0.25);
	near(setting(100, 33).captured(&CODE), 33.0 * 32.0 * 31.0 * 30.0 * 29.0 / (100.0 * 99.0 * 98.0 * 97.0 * 96.0));
	near(setting(100, 33).captured(&free(CODE)), 1.0);
	near(setting(100, 33).audits()[0], (1.0f64 - 0.9 * 8.0 / 95.0).powi(67));
	near(Slots::of(0.2).events().iter().map(|(chance, _)| chance).sum(), 1.0);
	near((0..60).map(|n| poisson(6.5, n)).sum(), 1.0);
	assert_eq!((setting(4, 33).f(), setting(20, 33).f(), setting(1_000, 33).f()), (1, 6, 330));
	assert!(setting(4, 33).is_small() && !setting(20, 33).is_small());
	assert!(break_even(&setting(4, 33), &CODE).is_none() && break_even(&setting(20, 20), &CODE).is_none());
	// Two authors of three that are there: the first block, then 3 / 2 blocks in the mean.
	assert!((mean(&authors(3)) - (1.0 + 2.7 / 1.7)).abs() < 1e-6);
	// One honest validator of 67 is away nearly always: two thirds of 100 need all of them.
	near(setting(100, 33).finalizes(), 0.9f64.powi(67));
	// One round takes what it asks for, two at once no more than the bond, many the bond once.
	near(charged(1.0, 0.2, 0.5), 0.5);
	near(charged(2.0, 1.0, 1.0), 0.5);
	near(charged(2.0, 0.5, 1.0), 0.75);
	near(charged(1_000.0, 1.0, 0.5), 0.001);
}

/// No strategy that is fixed beforehand is better than what the induction finds, and nothing is better than always lying for free.
fn check_strategies() {
	let alone = Charge { shut: SHUT, half: HALF, full: WRONG };
	for (v, percent) in [(20, 33), (100, 10), (100, 33), (1_000, 20)] {
		let setting = setting(v, percent);
		let rules = Rules { half_pays: true, ..nobody_looks(in_the_call(CODE)) };
		let mut game = Game::new(&setting, &rules);
		let (k, audits, pd) = (setting.k as f64, setting.audits(), setting.decided());
		let (unseen, penalty) = (audits[0], pd * WRONG + (1.0 - pd) * HALF);
		for own in 0..game.own_audits.len() {
			let looked = |h: usize| k * penalty * (1.0 - BOUNTY * own as f64 / (own + h) as f64);
			let fixed = [
				NOTHING,
				Outcome { falsehood: unseen, cost: (1.0 - unseen) * k * SHUT },
				Outcome { falsehood: unseen, cost: (1.0 - unseen) * k * WRONG },
				Outcome { falsehood: unseen, cost: (1..audits.len()).map(|h| audits[h] * looked(h)).sum() },
			];
			for gain in [1.0, 10.0, 100.0, 1e3, 1e4, 1e6] {
				game.gain = gain;
				let value = game.drawn(own, &alone, &ANY).value(gain);
				assert!(
					fixed.iter().all(|fixed| fixed.value(gain) <= value + 1e-9),
					"a fixed strategy is better at {gain}"
				);
				assert!(value <= 1.1 * unseen * gain, "more than who lies for free at {gain}");
			}
		}
		let lucky = Moment { escape: 1.0, ..ANY };
		let mut game = Game::new(&setting, &Rules { showing: Showing::EndOfPhase, ..nobody_looks(in_the_call(CODE)) });
		game.gain = 1e-6;
		let free = game.drawn(0, &alone, &lucky);
		assert!(free.cost == 0.0 && free.falsehood > 0.99 * unseen, "who can always get away pays nothing");
		let mine = Moment { window: Some((1.0, 0)), ..ANY };
		game.gain = 1e3;
		assert!(game.drawn(0, &alone, &mine).falsehood > 0.999_999, "who has the window alone is never disputed in it");
	}
	for setting in [setting(100, 20), setting(100, 33), setting(1_000, 33)] {
		let price = |rules: Rules| break_even(&setting, &rules).map_or(f64::INFINITY, |price| price.bonds);
		let code = price(CODE);
		assert!(price(BEFORE) <= code * 1.001 && price(free(CODE)) <= price(apart(free(CODE))) * 1.001);
		assert!(WITHOUT.iter().all(|(_, change)| price(change(CODE)) <= code * 1.001));
		let held = [0, 10, 33, 100].map(|held| price(Rules { held, ..CODE }));
		assert!(held.is_sorted_by(|a, b| b <= a), "to hold more back is no worse: {held:?}");
	}
}

/// Branches where nothing is final, by drawing slots.
fn check_branches(random: &mut Random) {
	let slots = Slots::of(0.33);
	for wanted in [4, 12] {
		let (tries, mut won) = (40_000, 0);
		for _ in 0..tries {
			let (mut blocks, mut lead) = (0, 0i32);
			for _ in 0..2_000 {
				let primary = random.hit(slots.own_primary);
				blocks += usize::from(primary || random.hit(slots.own_secondary));
				lead += i32::from(random.hit(slots.honest_primary)) - i32::from(primary);
				if blocks >= wanted && lead < 0 {
					won += 1;
					break;
				}
				if lead > 60 {
					break;
				}
			}
		}
		let won = f64::from(won) / f64::from(tries);
		let chance: f64 = branches(&slots, wanted)
			.iter()
			.map(|moment| moment.part * moment.window.map_or(0.0, |(chance, _)| chance))
			.sum();
		// Counts with less than a hundredth of a chance are left out.
		assert!((won - chance).abs() < 0.015, "{won} built, {chance} expected, {wanted} blocks");
	}
}

/// All outcomes of honest primary slots, one by one, for every pattern of own ones.
fn check_escapes() {
	let slots = Slots::of(0.33);
	assert_eq!(escape(0b11, &slots, 2), 0.0);
	assert!((escape(0b001, &slots, 3) - (1.0 - slots.honest_primary).powi(2)).abs() < 1e-12);
	let lag = 6usize;
	for own in 0..1u32 << lag {
		let mut all = 0.0;
		for honest in (0..1u32 << lag).filter(|honest| honest & 1 == 0) {
			let weight = |blocks: u32, slot: usize| (blocks & ((2 << slot) - 1)).count_ones();
			let chance = slots.honest_primary.powi(honest.count_ones() as i32)
				* (1.0 - slots.honest_primary).powi(lag as i32 - 1 - honest.count_ones() as i32);
			all += if (2..lag).any(|slot| weight(own, slot) > weight(honest, slot)) { chance } else { 0.0 };
		}
		assert!((escape(own, &slots, lag) - all).abs() < 1e-12);
	}
}

/// Own windows by building two chains, block by block.
fn check_windows(random: &mut Random) {
	let slots = Slots::of(0.33);
	for (lag, wanted) in [(0, 3), (2, 4), (3, 4), (3, 16), (8, 8)] {
		let tries = 400_000;
		let won = (0..tries).filter(|_| built(random, &slots, lag, wanted)).count() as f64 / f64::from(tries);
		let chance = own_window(&slots, lag, wanted);
		let off = (won - chance).abs() / (chance / f64::from(tries)).sqrt();
		assert!(off < 5.0, "{won} built, {chance} expected, {wanted} blocks, final below {lag}");
	}
}

/// A block: whether it is the adversary's, and its weight.
type Block = (bool, u32);

/// True if the first `wanted` blocks of the chain are the adversary's, before an honest one is final.
fn built(random: &mut Random, slots: &Slots, lag: usize, wanted: usize) -> bool {
	let (mut best, mut beside): (Vec<Block>, Vec<Block>) = (Vec::new(), Vec::new());
	let heavy = |chain: &[Block]| chain.iter().map(|block| block.1).sum::<u32>();
	loop {
		let (primary, honest_primary) = (random.hit(slots.own_primary), random.hit(slots.honest_primary));
		let draw = random.unit();
		let secondary = draw < slots.own_secondary;
		let honest_secondary = !secondary && draw < slots.own_secondary + slots.honest_secondary;
		let tie = best == beside;
		if primary || secondary {
			beside.push((true, u32::from(primary)));
		}
		if honest_primary || honest_secondary {
			best.push((false, u32::from(honest_primary)));
		}
		let (ours, theirs) = ((heavy(&beside), beside.len()), (heavy(&best), best.len()));
		if ours > theirs || (ours == theirs && tie) {
			best.clone_from(&beside);
		}
		let honest = best.iter().position(|block| !block.0);
		if honest.unwrap_or(best.len()) >= wanted {
			return true;
		}
		if honest.is_some_and(|at| best.len() - at > lag) {
			return false;
		}
	}
}

fn main() -> ExitCode {
	let argument = std::env::args().nth(1);
	if !matches!(argument.as_deref(), None | Some("--check")) {
		eprintln!("usage: simulate [--check]");
		return ExitCode::from(2);
	}
	if argument.as_deref() == Some("--check") {
		check_chances();
		check_strategies();
		check_escapes();
		check_windows(&mut Random(7));
		check_branches(&mut Random(9));
		println!("chances, strategies, reorganisations, windows and branches are consistent");
		return ExitCode::SUCCESS;
	}
	println!("## Assumptions\n");
	ASSUMPTIONS.iter().for_each(|line| println!("- {line}"));
	print_rules();
	print_by_window();
	print_audits();
	print_held();
	print_shares();
	print_windows();
	print_lengths();
	ExitCode::from(u8::from(!print_targets()))
}
