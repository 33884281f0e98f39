//! Size of receipts and time to verify them, for sets of validators of several sizes: `cargo run --release --example measure -p assay-receipts`.

#[path = "../tests/common/mod.rs"]
mod common;

use assay_receipts::{verify, Age};
use common::{keys, Chain};
use std::time::Instant;

/// Blocks of the chains: a week's worth make a mountain range about as high.
const BLOCKS: u32 = 2_000;
const RUNS: usize = 15;

fn main() {
	println!("| validators | changes of the set | bytes | milliseconds |");
	println!("|---|---|---|---|");
	for validators in [4, 100, 1_000] {
		for changes in [0, 1, 10] {
			measure(validators, changes);
		}
	}
}

/// Every vote of every set is in the receipt; no more than two thirds of them are needed.
fn measure(validators: u32, changes: u32) {
	let mut chain = Chain::new(validators);
	let claims = (0..64).map(|request| chain.claim(request)).collect();
	chain.block(claims, None);
	for change in 1..=changes {
		chain.block(vec![], Some(keys(change * validators, validators)));
	}
	chain.blocks(BLOCKS - chain.best());
	let receipt = chain.receipt(1, 40, BLOCKS).to_bytes();
	// The shortest run is the one that nothing else got in the way of.
	let shortest = (0..RUNS)
		.map(|_| {
			let start = Instant::now();
			verify(&receipt, &chain.checkpoint(), Age::Any).expect("the receipt holds");
			start.elapsed().as_secs_f64() * 1_000.0
		})
		.fold(f64::INFINITY, f64::min);
	println!("| {validators} | {changes} | {} | {shortest:.1} |", receipt.len());
}
