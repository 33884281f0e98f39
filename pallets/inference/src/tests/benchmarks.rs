//! The benchmarks of the two pallets that have no runtime of their own to run them in.

use crate::mock::{bench_ext, Test};
use frame_benchmarking::{BenchmarkError, BenchmarkParameter, Benchmarking};

/// Runs each benchmark of a pallet with all of its components at their lowest, then at their highest.
fn run_all<P: Benchmarking>(run: fn(&[u8], &[(BenchmarkParameter, u32)]) -> Result<(), BenchmarkError>) {
	for benchmark in P::benchmarks(true) {
		let at = |end: fn(u32, u32) -> u32| -> Vec<_> {
			benchmark.components.iter().map(|(name, low, high)| (*name, end(*low, *high))).collect()
		};
		for components in [at(|low, _| low), at(|_, high| high)] {
			bench_ext().execute_with(|| {
				let ran = run(&benchmark.name, &components);
				assert!(ran.is_ok(), "{} with {components:?}: {ran:?}", String::from_utf8_lossy(&benchmark.name));
			});
		}
	}
}

#[test]
fn the_benchmarks_of_rounds_run() {
	run_all::<pallet_rounds::Pallet<Test>>(pallet_rounds::benchmarking::run::<Test>);
}

#[test]
fn the_benchmarks_of_models_run() {
	run_all::<pallet_models::Pallet<Test>>(pallet_models::benchmarking::run::<Test>);
}
