//! `vectors.json` pins the ranking, as a second implementation computes it, and `hashes.json` every hash and encoding of the format.
//! `tests/memory/ranking.py vectors` writes the first anew; `UPDATE_VECTORS=1 cargo test` the second; a difference breaks every receipt
//! that there is.

#[path = "../examples/rank/cases.rs"]
mod cases;

use assay_memory::{
	filter::{Field, Filter},
	head::{BlobRef, Config, Head, SignedHead},
	index::{dot, log2_q16, Query},
	page::{seal, Entry, Manifest, PageRef},
	record::{Id, Kind, Origin, Record, Role, Scope},
	terms::terms,
	tree::{gone, leaf, root, Tree},
};
use assay_primitives::ContentId;
use codec::{Decode, Encode};
use serde_json::{json, Value};

fn vectors() -> Value {
	serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
	value.as_array().unwrap()
}

#[test]
fn the_ranking_is_the_one_that_is_pinned() {
	let vectors = vectors();
	for pair in list(&vectors["terms"]) {
		assert_eq!(json!(terms(pair[0].as_str().unwrap())), pair[1]);
	}
	for pair in list(&vectors["words"]) {
		let found = terms(pair[0].as_str().unwrap());
		// A stop word has no term.
		assert!(found.is_empty() || json!(found) == json!([pair[1]]), "{pair} {found:?}");
	}
	for pair in list(&vectors["log2_q16"]) {
		assert_eq!(log2_q16(pair[0].as_u64().unwrap()), pair[1].as_u64().unwrap());
	}
	let mut hits = 0;
	for ranking in list(&vectors["rankings"]) {
		assert_eq!(cases::answer(&ranking["case"]), ranking["hits"]);
		hits += list(&ranking["hits"]).iter().map(|hits| list(hits).len()).sum::<usize>();
	}
	assert!(hits > 100, "the vectors have {hits} hits");
}

/// The code that [`dot`] is compiled from, for this processor's smallest instruction set.
fn plain_dot(left: &[i8], right: &[i8]) -> i32 {
	let mut sum = 0;
	for index in 0..left.len() {
		sum += std::hint::black_box(i32::from(left[index])) * i32::from(right[index]);
	}
	sum
}

#[test]
fn the_dense_score_is_the_same_with_every_instruction_set() {
	let mut seed = 1u64;
	let mut next = || {
		seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
		(seed >> 56) as i8
	};
	for case in 0..10_000 {
		let dimensions = [8, 32, 256, 384, 1_040][case % 5];
		let (left, right): (Vec<i8>, Vec<i8>) = (0..dimensions).map(|_| (next(), next())).unzip();
		assert_eq!(dot(&left, &right), plain_dot(&left, &right));
	}
	assert!(dot(&[127; 1_040], &[127; 1_040]) < 1 << 24);
}

fn record(text: &str) -> Record {
	Record {
		id: Id([7; 16]),
		version: 2,
		seq: 3,
		role: Role::Assistant,
		text: text.into(),
		scope: Scope { user: Some("alice".into()), agent: None, run: Some("one".into()), app: None },
		source: "test".into(),
		origin: Origin::Derived { from: vec![Id([1; 16])], by: "model".into() },
		kind: Kind::Episodic,
		categories: vec!["food".into()],
		metadata: "{\"a\":1}".into(),
		recorded_at: 1_795_000_000_000,
		valid_from: Some(1),
		valid_to: None,
		supersedes: Some(Id([2; 16])),
		expires_at: Some(1_800_000_000_000),
		salt: [9; 16],
	}
}

fn made() -> Value {
	let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
	let mut tree = Tree::default();
	let mut roots = vec![hex(&tree.root())];
	for index in 0..6 {
		let leaf = if index == 2 { gone(index) } else { leaf(index, &record(&format!("memory {index}"))) };
		tree.set(index, leaf);
		roots.push(hex(&tree.root()));
	}
	let config = Config { space: 5, owner: [3; 32], public: false, embedding: Some(([4; 32], 384)), ranking: 1 };
	let head = Head {
		seq: 9,
		root: root(6, &[1; 32]),
		records: 6,
		manifest: BlobRef { id: ContentId([2; 32]), size: 16_400 },
		epoch: 2,
		previous: [8; 32],
		by: [3; 32],
	};
	let query = Query {
		text: "coffee".into(),
		vector: vec![-1, 2],
		k: 10,
		filter: Filter::All(vec![
			Filter::Is(Field::User, "alice".into()),
			Filter::Any(vec![
				Filter::Has(Field::Metadata("a".into())),
				Filter::Not(Box::new(Filter::Contains(Field::Text, "x".into()))),
			]),
			Filter::Since(1),
			Filter::Until(2),
		]),
		now: 1_795_000_000_000,
		as_of_seq: Some(4),
		as_of: None,
		expired: false,
		superseded: true,
	};
	assert_eq!(Query::decode(&mut query.encode().as_slice()).unwrap(), query);
	let entry = Entry { index: 1, record: record("memory 1"), vector: vec![1, -1] };
	let page = PageRef { blob: head.manifest, key: [6; 32], first: 0, last: 5, records: 5 };
	json!({
		"record": hex(&record("memory 1").encode()),
		"leaf of it at 1": hex(&leaf(1, &record("memory 1"))),
		"gone at 2": hex(&gone(2)),
		"roots of 0 to 6 leaves": roots,
		"path of leaf 3": tree.path(3).iter().map(|node| hex(node)).collect::<Vec<_>>(),
		"config": hex(&config.encode()),
		"head": hex(&head.encode()),
		"head hash": hex(&head.hash()),
		"what the owner signs": hex(&SignedHead::message(&config, &head)),
		"query": hex(&query.encode()),
		"entry of a page": hex(&entry.encode()),
		"manifest": hex(&Manifest { pages: vec![page] }.encode()),
		"sealed \"abc\"": hex(&seal(&[6; 32], b"abc", b"assay/memory/page")),
	})
}

#[test]
fn every_hash_and_encoding_is_the_one_that_is_pinned() {
	let path = concat!(env!("CARGO_MANIFEST_DIR"), "/hashes.json");
	let made = made();
	if std::env::var_os("UPDATE_VECTORS").is_some() {
		std::fs::write(path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
	}
	let pinned: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
	assert_eq!(made, pinned);
}
