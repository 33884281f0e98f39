//! The weights are those that were measured for the calls and hooks there are.

use crate::mock::Test;
use frame_support::traits::GetCallName;

/// A pallet: the names of its calls, and its files.
struct Source {
	calls: &'static [&'static str],
	pallet: &'static str,
	weights: &'static str,
	benchmarks: &'static str,
}

fn sources() -> [Source; 3] {
	[
		Source {
			calls: pallet_rounds::Call::<Test>::get_call_names(),
			pallet: include_str!("../../../rounds/src/lib.rs"),
			weights: include_str!("../../../rounds/src/weights.rs"),
			benchmarks: include_str!("../../../rounds/src/benchmarking.rs"),
		},
		Source {
			calls: pallet_models::Call::<Test>::get_call_names(),
			pallet: include_str!("../../../models/src/lib.rs"),
			weights: include_str!("../../../models/src/weights.rs"),
			benchmarks: include_str!("../../../models/src/benchmarking.rs"),
		},
		Source {
			calls: crate::Call::<Test>::get_call_names(),
			pallet: include_str!("../lib.rs"),
			weights: include_str!("../weights.rs"),
			benchmarks: include_str!("../benchmarking.rs"),
		},
	]
}

/// Names of the functions that follow a mark, in their order.
fn functions_after(mark: &str, text: &'static str) -> Vec<&'static str> {
	let after = text.split(mark).skip(1).filter_map(|part| part.split_once("fn "));
	after.filter_map(|(_, rest)| rest.split_once('(')).map(|(name, _)| name).collect()
}

#[test]
fn the_weights_are_of_the_benchmarks_that_there_are() {
	for Source { weights, benchmarks, .. } in sources() {
		assert!(weights.contains("measured by `scripts/weights.sh`"), "weights.rs is not what the script writes");
		let (of_trait, _) = weights.split_once("What was measured").unwrap();
		let mut measured: Vec<_> = of_trait.split("fn ").skip(1).filter_map(|rest| rest.split('(').next()).collect();
		let mut benchmarks = functions_after("#[benchmark]", benchmarks);
		measured.sort();
		benchmarks.sort();
		assert_eq!(measured, benchmarks, "run scripts/weights.sh");
	}
}

#[test]
fn a_call_weighs_what_its_own_benchmark_says() {
	for Source { calls, pallet, .. } in sources() {
		for call in calls {
			let (attributes, _) = pallet.split_once(&format!("pub fn {call}(")).unwrap();
			let (_, attributes) = attributes.rsplit_once("#[pallet::call_index").unwrap();
			// Attestations and seals are weighed by their parts.
			let weight = match *call {
				"attest" | "seal" => format!("{call}_weight("),
				call => format!("WeightInfo::{call}("),
			};
			assert!(attributes.contains(&weight), "{call} is weighed with{attributes}");
		}
	}
}
