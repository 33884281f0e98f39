//! Cases of the ranking in JSON, for other implementations of it.
//!
//! A case is `{"dimensions", "records", "removed", "queries"}`. A record is `{"id", "seq", "text", "user", "run", "vector", "supersedes",
//! "expires_at"}`, its ids small numbers; `removed` are indices. A query is `{"text", "vector", "k", "user", "now", "as_of_seq"}`. The answer
//! has, for each query, `[index, fused, keyword, dense]` of each hit. `{"terms": text}` is answered with the terms of a text.

use assay_memory::{
	filter::Filter,
	index::{Index, Query},
	record::{Id, Kind, Origin, Record, Role, Scope},
	terms::terms,
};
use serde_json::{json, Value};

/// A record of a case.
pub fn record(value: &Value) -> Record {
	let id = |value: &Value| Some(Id(u128::from(value.as_u64()?).to_be_bytes()));
	let text = |value: &Value| value.as_str().map(String::from);
	Record {
		id: id(&value["id"]).expect("a record has an id"),
		version: 1,
		seq: value["seq"].as_u64().unwrap_or(1),
		role: Role::User,
		text: text(&value["text"]).unwrap_or_default(),
		scope: Scope { user: text(&value["user"]), run: text(&value["run"]), ..Scope::default() },
		source: String::new(),
		origin: Origin::Verbatim,
		kind: Kind::Semantic,
		categories: Vec::new(),
		metadata: String::new(),
		recorded_at: 0,
		valid_from: None,
		valid_to: None,
		supersedes: id(&value["supersedes"]),
		expires_at: value["expires_at"].as_u64(),
		salt: [0; 16],
	}
}

fn vector(value: &Value) -> Vec<i8> {
	value.as_array().into_iter().flatten().filter_map(|part| i8::try_from(part.as_i64()?).ok()).collect()
}

/// The answer to a case.
pub fn answer(case: &Value) -> Value {
	if let Some(text) = case["terms"].as_str() {
		return json!(terms(text));
	}
	let mut index = Index::new(case["dimensions"].as_u64().unwrap_or(0) as usize);
	for value in case["records"].as_array().into_iter().flatten() {
		index.push(Some(record(value)), &vector(&value["vector"]));
	}
	let removed: Vec<u64> = case["removed"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
	index.remove(&removed);
	let hits = |query: &Value| {
		let scope = Scope { user: query["user"].as_str().map(String::from), ..Scope::default() };
		let query = Query {
			text: query["text"].as_str().unwrap_or_default().into(),
			vector: vector(&query["vector"]),
			k: query["k"].as_u64().unwrap_or(10) as u32,
			filter: Filter::scope(&scope),
			now: query["now"].as_u64().unwrap_or(0),
			as_of_seq: query["as_of_seq"].as_u64(),
			..Query::default()
		};
		json!(index
			.search(&query)
			.iter()
			.map(|hit| json!([hit.index, hit.fused, hit.keyword, hit.dense]))
			.collect::<Vec<_>>())
	};
	json!(case["queries"].as_array().into_iter().flatten().map(hits).collect::<Vec<_>>())
}
