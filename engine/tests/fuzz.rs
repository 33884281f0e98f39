//! Mutated models, bundles and requests: an answer or a typed error, in bounded memory, that a second run repeats, and the host
//! lives. `ASSAY_FUZZ_SECONDS` makes each target run that long; without it, a few hundred inputs.

mod common;

use assay_engine::{Engine, Input, Model, Run, RunRequest};
use assay_primitives::{FailReason, TensorBundle};
use common::engine;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::{Duration, Instant},
};

/// Units that end any mutant's run in well under a second.
const LIMIT: u64 = 400_000_000;

/// SplitMix64.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	fn below(&mut self, bound: usize) -> usize {
		(self.next() % bound.max(1) as u64) as usize
	}

	fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
		&of[self.below(of.len())]
	}
}

/// One to four changes of the kinds that find trouble in parsers: bits, bytes, numbers at the edges, cut, doubled, spliced.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
	const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, 0x10, 0x0a, 0x08];
	for _ in 0..=random.below(4) {
		let at = random.below(bytes.len());
		match random.below(12) {
			0..=4 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
			5..=7 if !bytes.is_empty() => bytes[at] = *random.pick(&EDGES),
			8 => bytes.truncate(at),
			9 => bytes.insert(at, random.next() as u8),
			10 => {
				let end = (at + random.below(64)).min(bytes.len());
				let piece = bytes[at..end].to_vec();
				bytes.splice(at..at, piece);
			}
			_ => {
				let from = random.below(other.len());
				let end = (from + random.below(64)).min(other.len());
				let until = (at + end - from).min(bytes.len());
				bytes.splice(at..until, other[from..end].iter().copied());
			}
		}
	}
}

/// Counts of the inputs by their outcomes, and the paths that they took.
#[derive(Default)]
struct Tally {
	executions: u32,
	reached_run: u32,
	outcomes: BTreeMap<String, u32>,
	/// Fuel of the load and units of the run: each path through parser and optimiser burns its own amount.
	paths: BTreeSet<(u64, u64)>,
}

impl Tally {
	fn count(&mut self, run: &Run) {
		self.executions += 1;
		// A run that ended before its first operator costs what its load costs.
		self.reached_run += (run.units > run.load_units) as u32;
		let outcome = match &run.outcome {
			Ok(_) => "Output".to_string(),
			Err(reason) => format!("{reason:?}"),
		};
		*self.outcomes.entry(outcome).or_default() += 1;
		self.paths.insert((run.load_units, run.units));
	}

	fn share(&self) -> f64 {
		self.reached_run as f64 / self.executions.max(1) as f64
	}
}

/// Feeds `make`'s requests to the engine until the time is over, and says what became of them.
fn fuzz(
	target: &str,
	seed: u64,
	inputs: u32,
	mut make: impl FnMut(&mut Random) -> (Vec<u8>, Option<Vec<u8>>, u64),
) -> Tally {
	let seconds = std::env::var("ASSAY_FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
	let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
	// A longer run starts elsewhere each time, and says where.
	let seed = if until.is_some() { std::process::id() as u64 ^ seed << 32 } else { seed };
	println!("{target}: seed {seed}");
	let mut random = Random(seed);
	let mut tally = Tally::default();
	while until.map_or(tally.executions < inputs, |until| Instant::now() < until) {
		let (model, input, unit_limit) = make(&mut random);
		let run = |engine: &Engine| {
			let input = input.as_deref().map_or(Input::Generated, Input::Encoded);
			let request = RunRequest { model: Model::Bytes(&model), input, unit_limit, trace_keys: &[[3; 32]] };
			engine.run(&request).expect("no input is a reason to abstain")
		};
		let first = run(engine());
		assert_eq!(run(engine()), first, "{target}: seed {seed}, input {}", tally.executions);
		if let Ok(output) = &first.outcome {
			assert!(TensorBundle::from_bytes(output).is_ok());
		}
		tally.count(&first);
	}
	println!(
		"{target}: {} executions on {} paths, {:.0} % reached the run: {:?}",
		tally.executions,
		tally.paths.len(),
		tally.share() * 100.0,
		tally.outcomes
	);
	assert_eq!(engine().self_test(), Ok(()));
	tally
}

fn seeds() -> Vec<Vec<u8>> {
	Engine::golden_models().into_iter().map(|(_, model)| model).collect()
}

#[test]
fn mutated_models_end_with_a_verdict() {
	let seeds = seeds();
	let tally = fuzz("models", 1, 150, |random| {
		let mut model = random.pick(&seeds).clone();
		let other = random.pick(&seeds).clone();
		mutate(random, &mut model, &other);
		(model, None, LIMIT)
	});
	assert!(tally.share() >= 0.1);
	assert!(tally.outcomes.contains_key("ModelInvalid"));
}

#[test]
fn mutated_bundles_end_with_a_verdict() {
	let seeds: Vec<(Vec<u8>, Vec<u8>)> = seeds()
		.into_iter()
		.map(|model| {
			let request =
				RunRequest { model: Model::Bytes(&model), input: Input::Generated, unit_limit: LIMIT, trace_keys: &[] };
			let input = engine().run(&request).unwrap().generated_input.unwrap();
			(model, input)
		})
		.collect();
	let tally = fuzz("bundles", 2, 150, |random| {
		let (model, input) = random.pick(&seeds).clone();
		let mut mutant = input.clone();
		// Mostly the data, which lies behind the header and reaches the run.
		if random.below(3) > 0 {
			let at = 64.min(mutant.len() - 1) + random.below(mutant.len().saturating_sub(64));
			mutant[at.min(input.len() - 1)] ^= 1 << random.below(8);
		} else {
			mutate(random, &mut mutant, &input);
		}
		(model, Some(mutant), LIMIT)
	});
	assert!(tally.share() >= 0.2);
	assert!(tally.outcomes.contains_key("InputMismatch"));
}

#[test]
fn any_limit_ends_with_a_verdict_within_it() {
	let seeds = seeds();
	let tally = fuzz("limits", 3, 150, |random| {
		// From what covers no load to what covers every run.
		let bits = 20 + random.below(14);
		(random.pick(&seeds).clone(), None, random.next() % (1 << bits))
	});
	assert!(tally.share() >= 0.2);
	assert!(tally.outcomes.contains_key(&format!("{:?}", FailReason::ComputeLimit)));
}
