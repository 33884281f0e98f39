//! What a false result costs an adversary, in the second form of the protocol.
//!
//! A share of the seats pools its runs, keys and blocks. One request is a decision process: in each state the adversary
//! sees what a real one sees and takes the action that is best for it. The process is solved by backward induction for a
//! gain `G` that a false final result brings; the break-even is the smallest `G` at which asking is worth it. All amounts
//! are in smallest bonds. Run it with `scripts/simulate.sh`, or `rustc -O --edition 2021 simulate.rs`.
//!
//! - no argument: tables, and exit code 1 if a target is missed under the rules as the page has them;
//! - `--closed`: the same, but the exit code is that of the rules with the holes closed (see [`CLOSED`]);
//! - `--check`: consistency tests of this program, and nothing else.

use std::collections::BTreeMap;
use std::process::ExitCode;

/// Part of honest auditors, authors and voters that is there.
const LIVE: f64 = 0.9;
/// Part of honest auditors that have sealed and are gone when seals are opened.
const DROPPED: f64 = 0.01;
/// Part of those that is back within the 60 blocks that their shut seal adds.
const BACK: f64 = 0.5;
/// What one request costs: 0.01 of 1,000 ASY. Most of it returns to the adversary's own voters; it is counted in full.
const REQUEST: f64 = 1e-5;
/// Requests of one block.
const REQUESTS_PER_BLOCK: f64 = 64.0;
/// Slots of a month, an era and an hour, at 2 s.
const MONTH: f64 = 1_296_000.0;
const ERA: f64 = 10_800.0;
const HOUR: f64 = 1_800.0;
/// Chance that a slot has a primary author.
const PRIMARY: f64 = 0.25;
/// Hashes that the adversary spends to find an account whose request gets the committee that it wants.
const HASHES: f64 = 1e12;
/// Captured seeds of which it evaluates its own auditors' VRF.
const SEEDS: f64 = 1e6;
/// Blocks of an adversary's branch that are told apart; more than any window's.
const MOST_BLOCKS: usize = 64;
/// Blocks of a reveal window.
const REVEALS: usize = 16;
/// Samples of own slots.
const SAMPLES: usize = 256;
/// Slots in which a chain without finality may be left for another one.
const STALLED: usize = 8;
/// Penalties, parts of a bond.
const WRONG: f64 = 1.0;
const WRONG_UNRESOLVED: f64 = 0.5;
const SHUT: f64 = 0.5;
const SHUT_AUDITOR: f64 = 0.25;
/// Part of a penalty that objectors share.
const BOUNTY: f64 = 0.5;
/// Blocks that each opened auditor below three adds to W.
const FEW_AUDITORS: usize = 7;

/// What the protocol leaves open to the adversary; see [`HOLES`].
#[derive(Clone, Copy)]
struct Rules {
	early: bool,
	vanishes: bool,
	bytes: bool,
	counted: bool,
	thinned: bool,
	/// Blocks on top of a block when it is final.
	lag: usize,
	/// Who can stop finality by not voting does so.
	stalling: bool,
}

/// The holes in the order of [`Rules`], and the rule that closes each.
const HOLES: [&str; 5] = [
	"**Seals shown before finality.** An auditor shows itself in the last block but one of the phase even if the block that \
	 made the seed is not final. The adversary looks, and builds a chain without the request. Closed: nothing is shown, and \
	 no W ends, before that block is final.",
	"**Bonds at stake twice.** A seal that stays shut costs half a bond after an era, and until then its validator lies in \
	 other rounds; the adversary chooses the same few for each committee. What exceeds a bond vanishes. Closed: no bond is at \
	 stake in more rounds at once than it can pay for.",
	"**Input withheld.** Auditors that get no input signal. The round agrees where its seals, the adversary's, are more than \
	 twice the signals; else it ends, and nobody pays. Closed: who has sealed has to show the input, or its seal is a shut one.",
	"**W counts blocks.** The adversary makes them all, and reorganises away those of others. Closed: W is not over before \
	 authors with more than a third of stake have made blocks in it.",
	"**Auditors put out.** The adversary makes all blocks of a reveal window; whose third seal stays shut is out of audits \
	 until the era ends. Closed: no reveal window is over before the same authors have made blocks in it.",
];

/// The page with the rules that close the holes.
const CLOSED: Rules =
	Rules { early: false, vanishes: false, bytes: false, counted: false, thinned: false, lag: 3, stalling: true };
/// The page, read literally.
const PAGE: Rules = Rules { early: true, vanishes: true, bytes: true, counted: true, thinned: true, ..CLOSED };
/// One hole each.
const EARLY: Rules = Rules { early: true, ..CLOSED };
const VANISHES: Rules = Rules { vanishes: true, ..CLOSED };
const BYTES: Rules = Rules { bytes: true, ..CLOSED };
const COUNTED: Rules = Rules { counted: true, ..CLOSED };
const THINNED: Rules = Rules { thinned: true, ..CLOSED };

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

/// A set of validators and the terms of a request.
#[derive(Clone, Copy)]
struct Setting {
	v: usize,
	percent: usize,
	k: usize,
	a: usize,
	w: usize,
}

impl Setting {
	/// Dishonest seats: so many per cent, and in any case fewer than a third.
	fn f(&self) -> usize {
		(self.v * self.percent).div_ceil(100).min((self.v - 1) / 3)
	}

	fn honest(&self) -> usize {
		self.v - self.f()
	}

	/// Whether everybody is a member.
	fn is_small(&self) -> bool {
		self.v <= self.k + self.a
	}

	/// Whether a false result can have the votes of all k.
	fn is_possible(&self) -> bool {
		!self.is_small() && self.f() >= self.k
	}

	/// Chance of one outsider to be an auditor, in a phase whose number of auditors is so many times the first one's.
	fn rate(&self, times: usize) -> f64 {
		((times * self.a) as f64 / (self.v - self.k) as f64).min(1.0)
	}

	/// Chances that so many honest auditors are drawn and there. What is rarer than a rounding error goes to the last.
	fn audits(&self, times: usize) -> Vec<f64> {
		let mut chances = binomial(self.honest(), self.rate(times) * LIVE);
		let most = (0..chances.len()).find(|n| at_least(&chances, n + 1) < 1e-14).unwrap_or(0);
		chances.truncate(most + 1);
		chances
	}

	/// Chance of a committee by chance that is all the adversary's.
	fn captured(&self) -> f64 {
		all_own(self.v, self.f(), self.k)
	}

	/// Most auditors of its own that the adversary finds among captured seeds.
	fn own_auditors(&self) -> usize {
		let seeds = (HASHES * self.captured()).min(SEEDS);
		let own = binomial(self.f() - self.k, self.rate(1));
		(0..own.len()).rev().find(|n| seeds * at_least(&own, *n) >= 1.0).unwrap_or(0)
	}

	/// Chance that all decide by more than two thirds, in either of two windows, while the adversary keeps silent.
	fn decided(&self) -> f64 {
		let once = at_least(&binomial(self.honest(), LIVE), 2 * self.v / 3 + 1);
		1.0 - (1.0 - once) * (1.0 - once)
	}

	/// Blocks on top of one that is final. The adversary stops finality by not voting, where it can.
	fn lag(&self, rules: &Rules) -> usize {
		let stalls = 3.0 * LIVE * self.honest() as f64 <= 2.0 * self.v as f64;
		if rules.stalling && stalls {
			STALLED
		} else {
			rules.lag
		}
	}

	/// W when the adversary opens as many auditors' seals of its own as help.
	fn window(&self) -> usize {
		self.w + FEW_AUDITORS * 3usize.saturating_sub(self.own_auditors())
	}

	fn slots(&self) -> Slots {
		Slots::of(self.f() as f64 / self.v as f64)
	}
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
}

/// What chance leads to. The chances have to sum to one.
fn expect(branches: impl IntoIterator<Item = (f64, Outcome)>) -> Outcome {
	let (mut sum, mut all) = (0.0, NOTHING);
	for (chance, outcome) in branches {
		sum += chance;
		all.falsehood += chance * outcome.falsehood;
		all.cost += chance * outcome.cost;
	}
	assert!((sum - 1.0f64).abs() < 1e-8, "chances sum to {sum}");
	all
}

/// When the adversary asks: what it knows of the slots to come, from its own VRF.
#[derive(Clone, Copy)]
struct Moment {
	/// How many such tries there are in a month.
	tries: f64,
	/// Chance that it can put another chain in the place of the one with the request, after it has seen who audits.
	escape: f64,
	/// It authors the last two blocks of the audit phase; the chance that it then authors all of W, too.
	window: Option<f64>,
}

/// No moment in particular.
const ANY: Moment = Moment { tries: 1.0, escape: 0.0, window: None };

/// What the adversary can do at some moment: the gain at which it is worth it, what it brings, tries in a month.
type Way = (f64, Outcome, f64);

/// One request, for an adversary to whom a false final result is worth `gain`.
struct Game {
	setting: Setting,
	rules: Rules,
	moment: Moment,
	gain: f64,
	audits: Vec<f64>,
	/// Chances that so many of so many honest seals are opened.
	opening: Vec<Vec<f64>>,
	/// Chance that all decide though the adversary keeps silent.
	decided: f64,
	/// Most auditors of its own that it can have in the round.
	own_auditors: usize,
	/// What an input brings that nobody else gets.
	withheld: Outcome,
}

impl Game {
	fn new(setting: &Setting, rules: &Rules, moment: Moment) -> Self {
		let audits = setting.audits(1);
		Game {
			setting: *setting,
			rules: *rules,
			moment,
			gain: 0.0,
			opening: (0..audits.len()).map(|h| binomial(h, 1.0 - DROPPED)).collect(),
			audits,
			decided: setting.decided(),
			own_auditors: setting.own_auditors(),
			withheld: withheld(setting),
		}
	}

	fn play(&mut self, gain: f64) -> Outcome {
		self.gain = gain;
		self.ask()
	}

	/// Smallest gain at which asking at this moment is worth it, with the outcome of the policy that is best there.
	fn indifferent(&mut self, moment: Moment) -> Option<Way> {
		self.moment = moment;
		let (mut low, mut high) = (1e-9f64, 1e15f64);
		if self.play(high).value(high) <= 0.0 {
			return None;
		}
		while high / low > 1.0 + 1e-6 {
			let middle = (low * high).sqrt();
			if self.play(middle).value(middle) > 0.0 {
				high = middle;
			} else {
				low = middle;
			}
		}
		Some((high, self.play(high), moment.tries))
	}

	fn k(&self) -> f64 {
		self.setting.k as f64
	}

	fn best(&self, options: impl IntoIterator<Item = Outcome>) -> Outcome {
		let better = |a: Outcome, b: Outcome| if b.value(self.gain) > a.value(self.gain) { b } else { a };
		options.into_iter().reduce(better).unwrap_or(NOTHING)
	}

	/// Whether to ask, and with which input. The committee is the adversary's: it has chosen account and block for that.
	fn ask(&self) -> Outcome {
		// An auditor's seal that stays shut makes W longer: none of its own where it wants to make all of W.
		let own = if self.moment.window.is_some() { 0 } else { self.own_auditors };
		let inline = (0..=own).map(|own| self.members(own));
		let withheld = self.rules.bytes.then_some(self.withheld);
		self.best([NOTHING].into_iter().chain(inline).chain(withheld))
	}

	/// Members seal: honestly, not at all, or falsely, while `own` auditors of the adversary's own seal the truth.
	fn members(&self, own: usize) -> Outcome {
		let (honest, silent) = (costs(REQUEST), costs(REQUEST));
		let falsely = expect(self.audits.iter().enumerate().map(|(h, chance)| (*chance, self.audited(h, own))));
		self.best([honest, silent, Outcome { cost: falsely.cost + REQUEST, ..falsely }])
	}

	/// `h` honest auditors have shown themselves. Stay on this chain, or build beside it.
	fn audited(&self, h: usize, own: usize) -> Outcome {
		let stay = match self.moment.window {
			Some(window) if h > 0 => self.censored(h, window),
			_ => self.openings(h, own),
		};
		let escape = if self.rules.early { self.moment.escape } else { 0.0 };
		self.best([stay, expect([(escape, NOTHING), (1.0 - escape, stay)])])
	}

	/// `h` honest seals are in the block chain. The adversary waits until the end of the window, and sees who opens.
	fn openings(&self, h: usize, own: usize) -> Outcome {
		expect(self.opening[h].iter().enumerate().map(|(n, chance)| (*chance, self.opened(n, h - n, own))))
	}

	/// `opened` honest seals are open, `missing` are not. Open the lie, or keep it shut for ever, or open it late.
	fn opened(&self, opened: usize, missing: usize, own: usize) -> Outcome {
		let shut = costs(self.k() * SHUT);
		let contradicted = self.judged(own, opened + missing);
		if opened > 0 {
			return self.best([shut, contradicted]);
		}
		if missing == 0 {
			// Nobody knows better. Its own auditors that have sealed the truth stay shut.
			return Outcome { falsehood: 1.0, cost: own as f64 * SHUT_AUDITOR };
		}
		// Who comes back within W contradicts; who comes back in the era is too late for the result, not for the penalty.
		let away = (1.0 - BACK).powi(missing as i32);
		let late = Outcome { falsehood: 1.0, ..contradicted };
		self.best([shut, expect([(away, late), (1.0 - away, contradicted)])])
	}

	/// Honest auditors were kept out of the audit phase, and object in W, or, where it is the adversary's, dispute after it.
	fn censored(&self, h: usize, window: f64) -> Outcome {
		let judged = self.judged(self.setting.f() - self.setting.k, h);
		let late = Outcome { falsehood: 1.0, ..judged };
		let open = expect([(window, late), (1.0 - window, judged)]);
		self.best([open, self.redrawn()])
	}

	/// All members stay shut, and no honest vote has been opened: another committee, of others. If that one lies unseen,
	/// the first seals are opened late and are equal. The third draw is of all, who tell the truth.
	fn redrawn(&self) -> Outcome {
		let (v, f, k) = (self.setting.v, self.setting.f(), self.setting.k);
		let once = all_own(v - k, f - k, k);
		// The adversary has the block of the draw, or leaves it out: two seeds.
		let captured = 1.0 - (1.0 - once) * (1.0 - once);
		let shut = costs(self.k() * SHUT);
		let unseen = self.audits[0];
		let seen = costs(2.0 * self.k() * SHUT);
		let lie = expect([(unseen, Outcome { falsehood: 1.0, cost: 0.0 }), (1.0 - unseen, seen)]);
		expect([(captured, self.best([shut, lie])), (1.0 - captured, shut)])
	}

	/// All decide. The adversary votes with the honest, or keeps silent so that they stay below two thirds: then more than
	/// half judge, at half the penalty. `own` of its accounts are among the objectors, beside `honest` others.
	fn judged(&self, own: usize, honest: usize) -> Outcome {
		let share = if own == 0 { 0.0 } else { own as f64 / (own + honest) as f64 };
		let lost = |penalty: f64| costs(self.k() * penalty * (1.0 - BOUNTY * share));
		let silent = expect([(self.decided, lost(WRONG)), (1.0 - self.decided, lost(WRONG_UNRESOLVED))]);
		self.best([lost(WRONG), silent])
	}
}

/// The input is a blob that only the adversary has; honest auditors can but signal. The round goes on where signals are
/// fewer than half of the seals, else the phase is repeated, with another seed, and then the request ends: seals that no
/// vote contradicts are opened late for nothing. The lie is opened only where it gets through.
fn withheld(setting: &Setting) -> Outcome {
	let passes = |own: &[f64], signals: &[f64]| -> f64 {
		let enough = |s: usize| if s == 0 { 1.0 } else { at_least(own, 2 * s + 1) };
		signals.iter().enumerate().map(|(s, chance)| chance * enough(s)).sum()
	};
	let sealed = setting.own_auditors();
	let mut chosen = vec![0.0; sealed + 1];
	chosen[sealed] = 1.0;
	let first = passes(&chosen, &setting.audits(1));
	let own = binomial(setting.f() - setting.k, setting.rate(2));
	let second = passes(&own, &setting.audits(2));
	Outcome { falsehood: first + (1.0 - first) * second, cost: REQUEST }
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

/// Who can make a block in a slot.
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
	/// By how many primary blocks the honest branch is heavier.
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
		let (mut at, mut slots, mut more) = (START, Vec::new(), STALLED);
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
		let tries = MONTH * slots.own_secondary * (1.0 - slots.honest_primary) * pattern;
		Moment { tries, escape: escape(primaries, slots, lag), window: None }
	};
	(0..1u32 << lag).map(moment).collect()
}

/// Moments at which it may author `wanted` blocks in a row. It knows its own slots in advance, and not the honest primary
/// ones. Samples are of own slots where it succeeds; one that succeeds with chance `u` stands for `1 / u` that are tried.
fn windows(slots: &Slots, lag: usize, wanted: usize) -> Vec<Moment> {
	let (mut random, mut race) = (Random(1), Race::new(slots, lag, wanted));
	let all = race.chance(START);
	let mut moment = || {
		let found = race.succeeding(&mut random);
		let window = race.foreseen(&found);
		Moment { tries: MONTH * all / SAMPLES as f64 / window, escape: 0.0, window: Some(window) }
	};
	(0..SAMPLES).map(|_| moment()).collect()
}

/// What the adversary pays for one false final result, and how often a try brings one.
#[derive(Clone, Copy)]
struct Price {
	bonds: f64,
	per_try: f64,
}

/// While all blocks of a reveal window are the adversary's, no honest seal opens, and its own requests of five blocks have
/// given honest validators many. Whose third seal stays shut is out of audits until the era ends. Then it lies.
fn thinned(setting: &Setting, moment: Moment, in_an_era: f64) -> Way {
	let rate = setting.rate(1) * LIVE;
	let requests = (10.0 / rate).min(5.0 * REQUESTS_PER_BLOCK * in_an_era.floor().max(1.0)).ceil();
	let left = 1.0 - at_least(&binomial(requests as usize, rate), 3);
	let (window, unseen) = (moment.window.unwrap_or(0.0), (1.0 - rate * left).powf(setting.honest() as f64));
	let seen = window * (1.0 - unseen) * setting.k as f64 * SHUT;
	let outcome = Outcome { falsehood: window * unseen, cost: (requests + 1.0) * REQUEST + seen };
	(outcome.cost / outcome.falsehood, outcome, moment.tries)
}

/// All that the adversary can do at all moments.
fn ways(setting: &Setting, rules: &Rules) -> Vec<Way> {
	let (slots, lag) = (setting.slots(), setting.lag(rules));
	let tries = MONTH * slots.own_secondary * REQUESTS_PER_BLOCK;
	let mut moments = vec![Moment { tries, ..ANY }];
	if rules.early {
		moments.extend(escapes(&slots, lag));
	}
	if rules.counted && setting.v > 20 {
		moments.extend(windows(&slots, lag, setting.window()));
	}
	let mut game = Game::new(setting, rules, moments[0]);
	let mut ways: Vec<Way> = moments.into_iter().filter_map(|moment| game.indifferent(moment)).collect();
	if rules.thinned {
		let in_an_era = ERA * own_window(&slots, lag, REVEALS);
		ways.extend(windows(&slots, lag, REVEALS).into_iter().map(|moment| thinned(setting, moment, in_an_era)));
	}
	ways
}

/// The cheapest way to one false result a month: the best moments first.
fn by_moments(setting: &Setting, rules: &Rules) -> Option<Price> {
	let mut ways = ways(setting, rules);
	ways.sort_by(|a, b| a.0.total_cmp(&b.0));
	let (mut bonds, mut falsehoods, mut used) = (0.0, 0.0, 0.0);
	for (_, outcome, tries) in ways {
		let wanted = ((1.0 - falsehoods) / outcome.falsehood).min(tries);
		bonds += wanted * outcome.cost;
		falsehoods += wanted * outcome.falsehood;
		used += wanted;
	}
	(falsehoods > 0.0).then(|| Price { bonds: bonds / falsehoods, per_try: falsehoods / used })
}

/// The same few members lie in so many rounds of one era that one is not audited; their bonds are all there is to lose.
/// They are the fewest of which the adversary finds whole committees, again and again.
fn by_burning(setting: &Setting) -> Option<Price> {
	let Setting { v, k, .. } = *setting;
	let found = |m: &usize| HASHES.ln() + ln_choose(*m, k) >= ln_choose(v, k);
	let members = (k..=setting.f()).find(found)?;
	let unseen = setting.audits(1)[0];
	let in_an_era = ERA * setting.slots().own_secondary * REQUESTS_PER_BLOCK;
	let eras = (1.0 / unseen / in_an_era).max(1.0);
	Some(Price { bonds: members as f64 * eras + REQUEST / unseen, per_try: unseen })
}

/// Break-even of one false final result.
fn break_even(setting: &Setting, rules: &Rules) -> Option<Price> {
	if !setting.is_possible() {
		return None;
	}
	let burning = if rules.vanishes { by_burning(setting) } else { None };
	by_moments(setting, rules).into_iter().chain(burning).min_by(|a, b| a.bonds.total_cmp(&b.bonds))
}

/// Days between the starts of stretches in which all blocks are the adversary's.
fn days_between(slots: &Slots, lag: usize, wanted: usize) -> f64 {
	1.0 / own_window(slots, lag, wanted) / HOUR / 24.0
}

fn bonds(price: Option<Price>) -> String {
	match price.map(|price| price.bonds) {
		None => "-".into(),
		Some(bonds) if bonds < 0.1 => format!("{bonds:.1e}"),
		Some(bonds) if bonds < 10.0 => format!("{bonds:.1}"),
		Some(bonds) if bonds < 1e6 => format!("{bonds:.0}"),
		Some(bonds) => format!("{bonds:.1e}"),
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
	Setting { v, percent, k: 5, a: 8, w: 16 }
}

const ASSUMPTIONS: [&str; 24] = [
	"All bonds are equal; a bond is the smallest one. So a share of seats is a share of stake.",
	"The adversary has fewer than a third of seats. It pools runs, keys and blocks, and sees every message at once.",
	"The adversary picks account and nonce until the seed of its own block gives its own committee: 10^12 hashes at most.",
	"It picks among 10^6 such seeds the one with most auditors of its own.",
	"A false result needs k equal votes, as clients refuse fewer. Who takes q of k pays q / k of the break-even.",
	"Victims take k = 5, a = 8, W = 16 and no weaker terms. The adversary asks for exactly these.",
	"Of honest auditors, authors and voters 90 % are there, each by chance, in each round anew.",
	"Of honest auditors that have sealed, 1 % are gone for the reveal window, and half of these for 60 blocks more.",
	"Nobody runs a request that he has not drawn: no dispute by chance.",
	"Each wrong vote costs a bond where all decide; half a bond where they stay below two thirds twice. The adversary keeps \
	 silent there, and signals, which costs nothing.",
	"A member's shut seal costs half a bond, an auditor's a quarter. Who never opens pays no more.",
	"Half of a penalty goes to the sealed auditors in equal parts; the adversary's own auditors seal the truth where it pays.",
	"Objections without a seal share with disputes; each of the adversary's seats disputes.",
	"A result that was forced through a window is disputed after it: it stays false, and the votes pay.",
	"After honest votes are open no later draw of the request can be false.",
	"A request costs 10^-5 bonds. What the adversary earns by honest work is not counted.",
	"A slot has a primary author with chance 1/4, and a secondary one. Blocks may come late. The branch with more primary \
	 blocks wins, then the longer one, then the first; a tie in one slot goes to the adversary.",
	"The adversary knows its own slots of the epoch, primary and secondary, and not the honest primary ones.",
	"A block is final when 3 are on top of it. Where fewer than two thirds of stake vote without the adversary, it stops \
	 finality for 8 slots at least.",
	"Honest auditors show themselves in the second slot after the request's block, when the block that closes has one on top.",
	"To get away, it holds back primary blocks beside the request's block, a secondary one, and wins by weight alone.",
	"It makes the last two blocks of an audit phase when it needs to; reveals can wait for its window.",
	"It tries one request at a time where it can get away, and 64 in each of its blocks where it cannot.",
	"The break-even is the mean cost of one false result for whoever wants one a month, and takes the best moments first.",
];

/// What each hole is worth at the defaults.
fn print_holes() {
	header(
		"Break-even in smallest bonds at k = 5, a = 8, W = 16, if one hole is open",
		"V | dishonest | none | seals shown before finality | bonds at stake twice | input withheld | W counts blocks | \
		 auditors put out | all: the page",
	);
	for (v, percent) in [20, 100, 1_000].iter().flat_map(|v| [10, 20, 33].map(|percent| (*v, percent))) {
		let setting = setting(v, percent);
		let rules = [CLOSED, EARLY, VANISHES, BYTES, COUNTED, THINNED, PAGE];
		println!("| {v} | {} | {} |", setting.f(), rules.map(|rules| bonds(break_even(&setting, &rules))).join(" | "));
	}
}

/// The whole table.
fn print_all() {
	header(
		"Break-even of one false final result, in smallest bonds",
		"V | dishonest | k | a | all of k dishonest, by chance | no honest auditor | holes closed | false per try | \
		 but W = 4 counts blocks | W = 16 | W = 30 | the page | false per try",
	);
	for v in [4, 20, 100, 1_000] {
		for percent in [10, 20, 33] {
			for k in [5, 7] {
				[6, 8, 12].into_iter().for_each(|a| print_row(Setting { v, percent, k, a, w: 16 }));
			}
		}
	}
}

fn print_row(setting: Setting) {
	let Setting { v, k, a, .. } = setting;
	let f = setting.f();
	if !setting.is_possible() {
		if a == 6 {
			let why = if setting.is_small() { "all vote" } else { "0" };
			println!("| {v} | {f} | {k} | any | {why} | - | - | - | - | - | - | - | - |");
		}
		return;
	}
	let (closed, page) = (break_even(&setting, &CLOSED), break_even(&setting, &PAGE));
	let per_try = |price: &Option<Price>| price.map_or(0.0, |price| price.per_try);
	let counted = [4, 16, 30].map(|w| bonds(break_even(&Setting { w, ..setting }, &COUNTED)));
	println!(
		"| {v} | {f} | {k} | {a} | {:.1e} | {:.1e} | {} | {:.1e} | {} | {} | {:.1e} |",
		setting.captured(),
		setting.audits(1)[0],
		bonds(closed),
		per_try(&closed),
		counted.join(" | "),
		bonds(page),
		per_try(&page),
	);
}

/// How often all blocks of a window are the adversary's.
fn print_windows() {
	let title = "Mean time between windows of which the adversary makes all blocks";
	header(title, "seats | a block is final below | 4 blocks | 16 | 30 | 60");
	for percent in [10, 20, 33] {
		let slots = Slots::of(f64::from(percent) / 100.0);
		for (lag, name) in [(0, "0 (no reorganisation)"), (2, "2"), (3, "3"), (STALLED, "8 (finality stopped)")] {
			let days = [4, 16, 30, 60].map(|w| duration(days_between(&slots, lag, w)));
			println!("| {percent} % | {name} | {} |", days.join(" | "));
		}
	}
}

/// What depends on how soon a block is final.
fn print_lags() {
	let title = "Break-even at k = 5, a = 8, W = 16, by the number of blocks below which one is final";
	header(title, "V | dishonest | hole | 2 | 3 | 4 | 8");
	for (v, percent) in [(100, 20), (100, 33), (1_000, 20), (1_000, 33)] {
		let setting = setting(v, percent);
		for (hole, name) in [(EARLY, "seals shown before finality"), (COUNTED, "W counts blocks")] {
			let at = |lag| bonds(break_even(&setting, &Rules { lag, stalling: false, ..hole }));
			println!("| {v} | {} | {name} | {} |", setting.f(), [2, 3, 4, 8].map(at).join(" | "));
		}
	}
}

/// Prints the targets; whether the page and the closed rules meet all.
fn print_targets() -> (bool, bool) {
	header("Targets", "target | at least | the page | is | holes closed | is");
	let mut met = (true, true);
	let mut line = |name: String, least: f64, unit: &str, page: (f64, String), closed: (f64, String)| {
		let word = |value: f64| if value >= least { "met" } else { "MISSED" };
		println!("| {name} | {least} {unit} | {} | {} | {} | {} |", page.1, word(page.0), closed.1, word(closed.0));
		met = (met.0 && page.0 >= least, met.1 && closed.0 >= least);
	};
	for (percent, a, least) in [(33, 8, 150.0), (20, 8, 400.0), (33, 12, 4_000.0), (20, 12, 4_000.0)] {
		for v in [100, 1_000] {
			let setting = Setting { a, ..setting(v, percent) };
			let of = |rules| {
				let price = break_even(&setting, &rules);
				(price.map_or(f64::INFINITY, |price| price.bonds), bonds(price))
			};
			line(format!("break-even, V = {v}, {percent} %, a = {a}"), least, "bonds", of(PAGE), of(CLOSED));
		}
	}
	for v in [100, 1_000] {
		let setting = setting(v, 33);
		let days = days_between(&setting.slots(), setting.lag(&PAGE), setting.w);
		let page = (days, duration(days));
		line(format!("own window, V = {v}, 33 %, W = 16"), 30.0, "days", page, (f64::INFINITY, "never".into()));
	}
	met
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
	near(setting(100, 33).captured(), 33.0 * 32.0 * 31.0 * 30.0 * 29.0 / (100.0 * 99.0 * 98.0 * 97.0 * 96.0));
	near(setting(100, 33).audits(1)[0], (1.0f64 - 0.9 * 8.0 / 95.0).powi(67));
	near(Slots::of(0.2).events().iter().map(|(chance, _)| chance).sum(), 1.0);
	assert_eq!((setting(4, 33).f(), setting(20, 33).f(), setting(1_000, 33).f()), (1, 6, 330));
	assert!(setting(4, 33).is_small() && !setting(20, 33).is_small());
	assert!(break_even(&setting(4, 33), &PAGE).is_none() && break_even(&setting(20, 20), &PAGE).is_none());
}

/// No strategy that is fixed beforehand is better than what the induction finds, and nothing is better than always lying
/// for free.
fn check_strategies() {
	for (v, percent) in [(20, 33), (100, 10), (100, 33), (1_000, 20)] {
		let setting = setting(v, percent);
		let (k, audits, pd) = (setting.k as f64, setting.audits(1), setting.decided());
		let (unseen, penalty) = (audits[0], pd * WRONG + (1.0 - pd) * WRONG_UNRESOLVED);
		let insured = |own: f64| -> f64 {
			let lost = |h: usize| k * penalty * (1.0 - BOUNTY * own / (own + h as f64));
			unseen * own * SHUT_AUDITOR + (1..audits.len()).map(|h| audits[h] * lost(h)).sum::<f64>()
		};
		let fixed = [
			NOTHING,
			Outcome { falsehood: unseen, cost: REQUEST + (1.0 - unseen) * k * SHUT },
			Outcome { falsehood: unseen, cost: REQUEST + (1.0 - unseen) * k * WRONG },
			Outcome { falsehood: unseen, cost: REQUEST + insured(setting.own_auditors() as f64) },
		];
		let mut game = Game::new(&setting, &CLOSED, ANY);
		for gain in [1.0, 10.0, 100.0, 1e3, 1e4, 1e6] {
			let value = game.play(gain).value(gain);
			assert!(
				fixed.iter().all(|fixed| fixed.value(gain) <= value + 1e-9),
				"a fixed strategy is better at {gain}"
			);
			assert!(value <= 1.1 * unseen * gain, "more than who lies for free at {gain}");
		}
		let lucky = Moment { escape: 1.0, ..ANY };
		let (free, ..) = Game::new(&setting, &EARLY, lucky).indifferent(lucky).expect("a gain at which lying pays");
		assert!((free / (REQUEST / unseen) - 1.0).abs() < 1e-5, "who can always get away pays for requests alone");
		let holes = [EARLY, VANISHES, BYTES, COUNTED, THINNED].map(|rules| break_even(&setting, &rules));
		let closed = break_even(&setting, &CLOSED).map_or(0.0, |price| price.bonds);
		let page = break_even(&setting, &PAGE).map_or(0.0, |price| price.bonds);
		assert!(holes.into_iter().flatten().all(|one| one.bonds <= closed * 1.000_1 && one.bonds >= page * 0.999_9));
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

/// Whether the first `wanted` blocks of the chain are the adversary's, before an honest one is final.
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
	if !matches!(argument.as_deref(), None | Some("--closed" | "--check")) {
		eprintln!("usage: simulate [--closed | --check]");
		return ExitCode::from(2);
	}
	if argument.as_deref() == Some("--check") {
		check_chances();
		check_strategies();
		check_escapes();
		check_windows(&mut Random(7));
		println!("chances, strategies, reorganisations and windows are consistent");
		return ExitCode::SUCCESS;
	}
	println!("## Assumptions\n");
	ASSUMPTIONS.iter().for_each(|line| println!("- {line}"));
	println!("\n## Holes of the page\n");
	HOLES.iter().for_each(|line| println!("- {line}"));
	print_holes();
	print_all();
	print_windows();
	print_lags();
	let (page, closed) = print_targets();
	ExitCode::from(u8::from(!if argument.is_some() { closed } else { page }))
}
