//! Receipts that pin the encoding. `UPDATE_VECTORS=1 cargo test -p assay-receipts` writes them anew; a changed line is a break: receipts live
//! for ever.

mod common;

use assay_receipts::{Age, Checkpoint, Receipt};
use codec::{DecodeAll, Encode};
use common::{example, overlapping, verdict, Chain};
use serde_json::{json, Value};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");

fn hex(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", ::hex::encode(bytes))
}

fn bytes(value: &Value) -> Vec<u8> {
	::hex::decode(&value.as_str().unwrap()[2..]).unwrap()
}

fn case(name: &str, checkpoint: &Checkpoint, receipt: &[u8], now: Option<u32>) -> Value {
	let limit = now.map_or(Age::Any, |now| Age::Bonded { now });
	let verdict = verdict(receipt, checkpoint, limit);
	json!({
		"name": name,
		"checkpoint": hex(checkpoint.encode()),
		"now": now,
		"receipt": hex(receipt),
		"verdict": verdict,
	})
}

fn vectors() -> Value {
	let chain = example();
	let genesis = chain.checkpoint();
	let first = chain.receipt(5, 1, 8);
	let later = Checkpoint::Block(chain.trusted(25));
	let changed = |change: fn(&mut Receipt)| {
		let mut receipt = first.clone();
		change(&mut receipt);
		receipt.to_bytes()
	};
	let skipping = |chain: &Chain, number| {
		let mut receipt = chain.receipt(1, 0, number);
		(receipt.route.steps, receipt.route.head) = (vec![], chain.skip(number));
		case(&format!("a skip to block {number}"), &chain.checkpoint(), &receipt.to_bytes(), None)
	};
	json!([
		case("no change of the set", &genesis, &first.to_bytes(), None),
		case("two changes of the set, a failure", &genesis, &chain.receipt(22, 0, 28).to_bytes(), None),
		case("from a checkpoint after the claim", &later, &chain.receipt_from(25, 5, 0, 35).to_bytes(), None),
		case("a checkpoint that is too old", &genesis, &first.to_bytes(), Some(21)),
		case("another checkpoint", &later, &first.to_bytes(), None),
		case("a byte after the end", &genesis, &[first.to_bytes(), vec![0]].concat(), None),
		case(
			"another output",
			&genesis,
			&changed(|receipt| receipt.claim.output = receipt.claim.output.map(|_| Default::default())),
			None
		),
		case(
			"too few votes",
			&genesis,
			&changed(|receipt| drop(receipt.route.head.block.justification.commit.precommits.drain(..2))),
			None
		),
		skipping(&overlapping(), 8),
		skipping(&overlapping(), 11),
	])
}

#[test]
fn receipts_have_the_encoding_that_they_always_had_and_verify_as_they_did() {
	let made = vectors();
	if std::env::var_os("UPDATE_VECTORS").is_some() {
		std::fs::write(FILE, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
	}
	let kept: Value = serde_json::from_slice(&std::fs::read(FILE).unwrap()).unwrap();
	for (kept, made) in kept.as_array().unwrap().iter().zip(made.as_array().unwrap()) {
		assert_eq!(kept["receipt"], made["receipt"], "{}", kept["name"]);
		assert_eq!(kept["verdict"], made["verdict"], "{}", kept["name"]);
	}
	assert_eq!(kept, made);
	for vector in kept.as_array().unwrap() {
		let checkpoint = Checkpoint::decode_all(&mut &bytes(&vector["checkpoint"])[..]).unwrap();
		let again = case(
			vector["name"].as_str().unwrap(),
			&checkpoint,
			&bytes(&vector["receipt"]),
			vector["now"].as_u64().map(|now| now as u32),
		);
		assert_eq!(*vector, again);
	}
}
