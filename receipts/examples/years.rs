//! Size of receipts over two years of hourly sessions, and time to make and to verify them: `cargo run --release --example years -p
//! assay-receipts`. Headers are simulated, votes are signed.

#[path = "../tests/common/mod.rs"]
mod common;

use assay_receipts::{verify, Age};
use common::years::{Years, PRODUCTION};
use std::time::Instant;

const RUNS: usize = 5;
const YEAR: u32 = 365 * 24;

fn main() {
	println!("| validators | one replaced every | from | steps | bytes | milliseconds |");
	println!("|---|---|---|---|---|---|");
	for churn in [24, 4] {
		let chain = Years::new(100, churn, PRODUCTION, 2 * YEAR);
		measure(&chain, None);
		measure(&chain, Some(YEAR));
		measure(&chain, Some(2 * YEAR - 6 * 24));
	}
}

fn measure(chain: &Years, from: Option<u32>) {
	let trusted = from.map(|session| chain.trusted(session));
	let (checkpoint, receipt) = chain.receipt(trusted.as_ref());
	let steps = receipt.route.steps.len() + 1;
	let receipt = receipt.to_bytes();
	// The shortest run is the one that nothing else got in the way of.
	let shortest = (0..RUNS)
		.map(|_| {
			let start = Instant::now();
			verify(&receipt, &checkpoint, Age::Any).expect("the receipt holds");
			start.elapsed().as_secs_f64() * 1_000.0
		})
		.fold(f64::INFINITY, f64::min);
	let age = from.map_or("genesis".into(), |session| format!("{} days ago", (2 * YEAR - session) / 24));
	println!("| {} | {} h | {age} | {steps} | {} | {shortest:.0} |", chain.validators, chain.churn, receipt.len());
}
