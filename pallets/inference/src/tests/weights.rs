//! The weights are those that were measured for the calls and hooks there are.

use crate::{mock::Test, Call};
use frame_support::traits::GetCallName;

const CALLS: &str = include_str!("../lib.rs");
const WEIGHTS: &str = include_str!("../weights.rs");
const BENCHMARKS: &str = include_str!("../benchmarking.rs");

/// Names of the functions that follow a mark, in their order.
fn functions_after(mark: &str, text: &'static str) -> Vec<&'static str> {
	let after = text.split(mark).skip(1).filter_map(|part| part.split_once("fn "));
	after.filter_map(|(_, rest)| rest.split_once('(')).map(|(name, _)| name).collect()
}

#[test]
fn the_weights_are_of_the_benchmarks_that_there_are() {
	assert!(WEIGHTS.contains("measured by `scripts/weights.sh`"), "weights.rs is not what the script writes");
	let (of_trait, _) = WEIGHTS.split_once("What was measured").unwrap();
	let mut measured: Vec<_> = of_trait.split("fn ").skip(1).filter_map(|rest| rest.split('(').next()).collect();
	let mut benchmarks = functions_after("#[benchmark]", BENCHMARKS);
	measured.sort();
	benchmarks.sort();
	assert_eq!(measured, benchmarks, "run scripts/weights.sh");
}

#[test]
fn a_call_weighs_what_its_own_benchmark_says() {
	for call in Call::<Test>::get_call_names() {
		let (attributes, _) = CALLS.split_once(&format!("pub fn {call}(")).unwrap();
		let (_, attributes) = attributes.rsplit_once("#[pallet::call_index").unwrap();
		// An attestation is weighed by its parts.
		let weight = if *call == "attest" { "attest_weight(".into() } else { format!("WeightInfo::{call}(") };
		assert!(attributes.contains(&weight), "{call} is weighed with{attributes}");
	}
}
