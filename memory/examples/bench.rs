//! Times of searches, receipts, writes and commits. Prints JSON; `scripts/memory.sh --bench` compares it with sqlite-vec.
//!
//! `bench MEMORIES DIMENSIONS`: so many memories with random vectors, for ten users.

use assay_memory::{
	filter::{Field, Filter},
	index::{Index, Query},
	record::{Id, Kind, Origin, Record, Role, Scope},
	store::{Home, Recovery},
};
use codec::Encode;
use serde_json::json;
use std::time::Instant;

const WORDS: [&str; 16] = [
	"espresso", "Berlin", "compiler", "garden", "Lisbon", "chess", "database", "bicycle", "jazz", "mountain", "server",
	"deploy", "Monday", "sister", "painting", "school",
];
/// Writes that are timed one by one.
const WRITES: usize = 500;
/// Memories of the space that a receipt is made of.
const PROVEN: u64 = 20_000;
/// Searches of each kind, of which the median counts.
const SEARCHES: usize = 21;

fn numbers() -> impl FnMut() -> u64 {
	let mut state = 18u64;
	move || {
		state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(state >> 33) ^ (state >> 11)
	}
}

fn record(number: u64, next: &mut impl FnMut() -> u64) -> Record {
	let words: Vec<&str> = (0..12).map(|_| WORDS[next() as usize % WORDS.len()]).collect();
	Record {
		id: Id((u128::from(number) + 1).to_be_bytes()),
		version: 1,
		seq: 1,
		role: Role::User,
		text: format!("{} {number}", words.join(" ")),
		scope: Scope { user: Some(format!("user{}", number % 10)), ..Scope::default() },
		source: "bench".into(),
		origin: Origin::Verbatim,
		kind: Kind::Semantic,
		categories: Vec::new(),
		metadata: String::new(),
		recorded_at: 1,
		valid_from: None,
		valid_to: None,
		supersedes: None,
		expires_at: None,
		salt: [0; 16],
	}
}

fn median(mut work: impl FnMut()) -> f64 {
	let mut times: Vec<f64> = (0..SEARCHES)
		.map(|_| {
			let began = Instant::now();
			work();
			began.elapsed().as_secs_f64() * 1e3
		})
		.collect();
	times.sort_by(f64::total_cmp);
	times[SEARCHES / 2]
}

fn main() {
	let mut arguments =
		std::env::args().skip(1).map(|argument| argument.parse::<usize>().expect("two numbers are given"));
	let (memories, dimensions) = (arguments.next().unwrap_or(100_000), arguments.next().unwrap_or(384));
	let mut next = numbers();
	let began = Instant::now();
	let mut index = Index::new(dimensions);
	for number in 0..memories as u64 {
		let record = record(number, &mut next);
		let vector: Vec<i8> = (0..dimensions).map(|_| next() as i8).collect();
		index.push(Some(record), &vector);
	}
	let built = began.elapsed().as_secs_f64();
	let vector: Vec<i8> = (0..dimensions).map(|_| next() as i8).collect();
	let filter = Filter::Is(Field::User, "user3".into());
	let search = |text: &str, vector: &[i8], filter: &Filter| {
		let query =
			Query { text: text.into(), vector: vector.to_vec(), k: 10, filter: filter.clone(), ..Query::default() };
		median(|| assert!(index.search(&query).len() == 10))
	};
	let dense = search("", &vector, &Filter::default());
	let dense_filtered = search("", &vector, &filter);
	let both_filtered = search("espresso in Lisbon", &vector, &filter);
	let keyword = search("espresso in Lisbon", &[], &Filter::default());
	drop(index);

	let folder = tempfile::tempdir().expect("there is room for a folder");
	let space = Home::new(folder.path().into()).create("bench", false, None, Recovery::File).expect("a space is made");
	let add = |records: Vec<Record>| {
		space
			.append(|_| Ok((records.into_iter().map(|record| (record, Vec::new())).collect(), ())))
			.expect("a space takes records");
	};
	let began = Instant::now();
	for batch in 0..PROVEN / 1_000 {
		add((0..1_000).map(|number| record(batch * 1_000 + number, &mut next)).collect());
	}
	let imported = began.elapsed().as_secs_f64();
	let mut writes: Vec<f64> = (0..WRITES as u64)
		.map(|number| {
			let record = record(PROVEN + number, &mut next);
			let began = Instant::now();
			add(vec![record]);
			began.elapsed().as_secs_f64() * 1e3
		})
		.collect();
	writes.sort_by(f64::total_cmp);
	let query = Query { text: "espresso in Lisbon".into(), k: 10, now: 2, ..Query::default() };
	let receipt = space.prove(query).expect("the space gives a receipt");
	let verify = median(|| drop(receipt.integrity().expect("the receipt verifies")));
	println!(
		"{}",
		json!({
			"memories": memories, "dimensions": dimensions, "build_s": built,
			"search_dense_ms": dense, "search_dense_filtered_ms": dense_filtered, "search_both_filtered_ms": both_filtered,
			"search_keyword_ms": keyword, "write_median_ms": writes[WRITES / 2], "write_99_ms": writes[WRITES * 99 / 100],
			"import_a_second": PROVEN as f64 / imported, "receipt_bytes": receipt.encoded_size(), "receipt_verified_ms": verify,
		})
	);
}
