//! Receipts that were tampered with, and what the verifier says of each, for other languages to compare with: `mutated COUNT` prints so many
//! lines of JSON.

#[path = "../tests/common/mod.rs"]
mod common;

use assay_receipts::Age;
use codec::Encode;
use common::{
	mutants::{Random, World},
	verdict,
};
use serde_json::json;

fn main() {
	let count: usize = std::env::args().nth(1).and_then(|count| count.parse().ok()).expect("usage: mutated COUNT");
	let (world, mut random) = (World::new(), Random(4));
	let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
	for case in 0..count {
		let (which, receipt) = match case % 3 {
			0 => world.flipped(&mut random),
			1 => world.overwritten(&mut random),
			_ => world.grafted(&mut random),
		};
		let checkpoint = &world.receipts[which].1;
		let verdict = verdict(&receipt, checkpoint, Age::Any);
		println!(
			"{}",
			json!({ "receipt": hex(&receipt), "checkpoint": hex(&checkpoint.encode()), "verdict": verdict })
		);
	}
}
