//! Functions that read a space.

use super::{fields::date, shown, write::created, Access};
use crate::{
	index::{Query, RANKING},
	recall::{Integrity, Receipt},
	record::{Kind, Record, Role},
	store::Rights,
	Error, Result,
};
use codec::Encode;
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Results of a search that does not say how many it wants.
const DEFAULT_RESULTS: u64 = 10;
/// Memories of a page of a list that does not say how many it wants.
const DEFAULT_PAGE: u64 = 100;
/// Most memories of a page of a list.
const MOST_PAGE: u64 = 1_000;
/// Memories that an extractive profile shows.
const INSIGHTS: usize = 10;

fn count_of(body: &Value, names: &[&str], otherwise: u64) -> Result<u64> {
	let found = names.iter().map(|name| (name, &body[*name])).find(|(_, value)| !value.is_null());
	let Some((name, value)) = found else { return Ok(otherwise) };
	let number = value.as_u64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number > 0);
	number.ok_or_else(|| Error::Usage(format!("`{name}` is {value}: give a whole number from 1")))
}

impl Access {
	fn query_for(&self, body: &Value) -> Result<Query> {
		let text = body["query"].as_str().map(str::trim).filter(|text| !text.is_empty());
		let text = text.ok_or_else(|| Error::Usage("`query` is missing: give a text to search for".into()))?;
		let k = count_of(body, &["top_k", "limit", "k"], DEFAULT_RESULTS)?;
		let vector = self.embed(&[text])?.pop().unwrap_or_default();
		let k = u32::try_from(k).unwrap_or(u32::MAX);
		let query = Query { text: text.into(), vector, k, ..self.query(body)? };
		query.check()?;
		Ok(query)
	}

	/// The best memories for a query. With `proof` a receipt of the recall, in hex.
	pub fn search(&self, body: &Value) -> Result<Value> {
		let query = self.query_for(body)?;
		let receipt = match body["proof"] == json!(true) || body["proof"] == json!("true") {
			true => Some(self.space.prove(query.clone())?),
			false => None,
		};
		let hits = match &receipt {
			// The memories that the receipt shows, and not a second search.
			Some(receipt) => {
				let records = receipt.under_its_head()?.memories.into_iter().zip(&receipt.results);
				records.filter_map(|((_, record), proven)| Some((proven.hit, record?))).collect()
			}
			None => self.space.search(&query)?,
		};
		// The most that a record can have: the first place by each part.
		let best = if query.vector.is_empty() { 2 } else { 3 } * (1u64 << 32) / 60;
		let results = self.space.view(|view| {
			let result = |(hit, record): &(crate::index::Hit, Record)| {
				let mut value = shown(record, created(&view, &record.id, record.recorded_at), view.status(hit.index));
				value["score"] = json!(hit.fused as f64 / best as f64);
				value["ranked"] = json!({ "fused": hit.fused, "keyword": hit.keyword, "dense": hit.dense });
				value
			};
			Ok(hits.iter().map(result).collect::<Vec<_>>())
		})?;
		let mut answer = json!({
			"results": results,
			"ranking": { "version": RANKING, "dense": !query.vector.is_empty(), "keyword": true },
		});
		for (name, done) in [("rerank", "reranked"), ("threshold", "threshold_applied")] {
			if !body[name].is_null() && body[name] != json!(false) {
				answer[done] = json!(false);
				answer["reason"] = json!("ranking 1 is the whole order: nothing ranks after it, and its scores are ranks and no similarities");
			}
		}
		if let Some(receipt) = receipt {
			answer["proof"] = json!({
				"receipt": format!("0x{}", hex::encode(receipt.encode())),
				"seq": receipt.head.head.seq,
				"root": format!("0x{}", hex::encode(receipt.head.head.root)),
			});
		}
		Ok(answer)
	}

	/// A search as MemSync answers it.
	pub fn search_memsync(&self, body: &Value) -> Result<Value> {
		let mut answer = self.search(body)?;
		answer["memories"] = answer["results"].take();
		if let Some(answer) = answer.as_object_mut() {
			answer.remove("results");
		}
		for memory in answer["memories"].as_array_mut().into_iter().flatten() {
			memory["thread_id"] = memory["run_id"].clone();
			memory["rerank_score"] = memory["score"].clone();
			memory["vector_distance"] = Value::Null;
		}
		answer["user_bio"] = self.profile(body)?["user_bio"].clone();
		Ok(answer)
	}

	/// Memories, the newest first, in pages.
	pub fn list(&self, body: &Value) -> Result<Value> {
		let query = self.query(body)?;
		let page = count_of(body, &["page"], 1)?;
		let size = count_of(body, &["page_size", "top_k", "limit"], DEFAULT_PAGE)?.min(MOST_PAGE);
		self.space.view(|view| {
			let all: Vec<(u64, &Record)> = view
				.index
				.records()
				.rev()
				.filter(|(index, record)| {
					query.takes(record) && (query.superseded || !view.index.is_superseded(*index))
				})
				.collect();
			let from = page.saturating_sub(1).saturating_mul(size);
			let shown = |(index, record): &(u64, &Record)| {
				shown(record, created(&view, &record.id, record.recorded_at), view.status(*index))
			};
			let results: Vec<Value> = all.iter().skip(from as usize).take(size as usize).map(shown).collect();
			let more = from.saturating_add(size) < all.len() as u64;
			Ok(json!({
				"count": all.len(),
				"results": results,
				"page": page,
				"page_size": size,
				"next": more.then(|| format!("?page={}&page_size={size}", page + 1)),
				"previous": (page > 1).then(|| format!("?page={}&page_size={size}", page - 1)),
			}))
		})
	}

	/// One memory.
	pub fn get(&self, id: &str) -> Result<Value> {
		self.may(Rights::READ)?;
		let id = id.parse()?;
		self.space.view(|view| {
			let (index, record) = self.latest(&view, &id)?;
			Ok(shown(record, created(&view, &id, record.recorded_at), view.status(index)))
		})
	}

	/// All versions of a memory, from the first. Of one that was deleted only that.
	pub fn history(&self, id: &str) -> Result<Value> {
		self.may(Rights::READ)?;
		let id = id.parse()?;
		let versions = self.space.view(|view| {
			let versions = view.index.versions(&id);
			let records: Vec<&Record> = versions.into_iter().filter_map(|index| view.index.get(index)).collect();
			if !records.iter().all(|record| self.sees(record)) {
				return Ok(Vec::new());
			}
			let before = [None].into_iter().chain(records.iter().map(|record| Some(record.text.as_str())));
			let version = |(record, before): (&&Record, Option<&str>)| {
				json!({
					"id": format!("{id}-{}", record.version),
					"memory_id": id.to_string(),
					"old_memory": before,
					"new_memory": record.text,
					"event": if record.version == 1 { "ADD" } else { "UPDATE" },
					"version": record.version,
					"seq": record.seq,
					"source": record.source,
					"user_id": record.scope.user,
					"created_at": date(record.recorded_at),
					"updated_at": date(record.recorded_at),
				})
			};
			Ok(records.iter().zip(before).map(version).collect::<Vec<_>>())
		})?;
		if !versions.is_empty() {
			return Ok(json!(versions));
		}
		let deletion = self.deletion_of(&id)?;
		let deletion = deletion.ok_or_else(|| Error::NotFound(format!("there is no memory {id}")))?;
		Ok(json!([{
			"id": format!("{id}-deleted"),
			"memory_id": id.to_string(),
			"old_memory": null,
			"new_memory": null,
			"event": "DELETE",
			"seq": deletion.seq,
			"created_at": date(deletion.at),
			"updated_at": date(deletion.at),
		}]))
	}

	/// Users, agents, apps and runs that there are memories of.
	pub fn entities(&self) -> Result<Value> {
		self.may(Rights::READ)?;
		self.space.view(|view| {
			let mut found: BTreeMap<(&str, String), (u64, u64, u64)> = BTreeMap::new();
			for (index, record) in view.index.records().filter(|(_, record)| self.sees(record)) {
				for (kind, name) in
					record.scope.parts().into_iter().filter_map(|(kind, name)| Some((kind, name.clone()?)))
				{
					let (count, first, last) =
						found.entry((kind, name)).or_insert((0, record.recorded_at, record.recorded_at));
					*count += u64::from(!view.index.is_superseded(index));
					*first = (*first).min(record.recorded_at);
					*last = (*last).max(record.recorded_at);
				}
			}
			let results: Vec<Value> = found
				.into_iter()
				.map(|((kind, name), (count, first, last))| {
					json!({
						"type": kind, "name": name, "id": name, "total_memories": count,
						"created_at": date(first), "updated_at": date(last),
					})
				})
				.collect();
			Ok(json!({ "count": results.len(), "results": results, "next": null, "previous": null }))
		})
	}

	/// The profile of a user, taken from its memories as they are.
	pub fn profile(&self, body: &Value) -> Result<Value> {
		let query = self.query(body)?;
		self.space.view(|view| {
			let live = |(index, record): &(u64, &Record)| query.takes(record) && !view.index.is_superseded(*index);
			let facts: Vec<&Record> = view
				.index
				.records()
				.rev()
				.filter(live)
				.map(|(_, record)| record)
				.filter(|record| record.kind == Kind::Semantic && record.role != Role::Assistant)
				.collect();
			let written = facts.iter().find(|record| record.categories == ["bio"]);
			let others: Vec<&&Record> =
				facts.iter().filter(|record| record.categories != ["bio"]).take(INSIGHTS).collect();
			let mut categories: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
			for record in &others {
				for category in &record.categories {
					categories.entry(category).or_default().push(&record.text);
				}
			}
			let extract: Vec<&str> = others.iter().map(|record| record.text.as_str()).collect();
			Ok(json!({
				"user_bio": written.map_or_else(|| extract.join("\n"), |record| record.text.clone()),
				"insights": extract,
				"profiles": categories,
				"method": if written.is_some() { "written" } else { "extractive" },
				"memories": others.iter().map(|record| record.id.to_string()).collect::<Vec<_>>(),
				"updated_at": facts.first().map(|record| date(record.recorded_at)),
			}))
		})
	}

	/// All memories that a filter lets through, in plain text.
	pub fn export(&self, body: &Value) -> Result<Value> {
		let query = self.query(body)?;
		self.space.view(|view| {
			let live = view.index.records().filter(|(index, record)| {
				query.takes(record) && (query.superseded || !view.index.is_superseded(*index))
			});
			let memories: Vec<Value> = live
				.map(|(index, record)| {
					shown(record, created(&view, &record.id, record.recorded_at), view.status(index))
				})
				.collect();
			let mut answer = json!({ "memories": memories, "count": memories.len(), "status": "SUCCEEDED" });
			if !body["schema"].is_null() {
				answer["schema_applied"] = json!(false);
				answer["reason"] = json!("no extractor is configured: the memories are given as they are");
			}
			Ok(answer)
		})
	}

	/// Verifies a receipt: by itself, and against the state that is here.
	pub fn verify(&self, body: &Value) -> Result<Value> {
		self.may(Rights::READ)?;
		let text = body["receipt"]
			.as_str()
			.ok_or_else(|| Error::Usage("`receipt` is missing: give the hex that a search with `proof` gave".into()))?;
		let bytes =
			hex::decode(text.trim_start_matches("0x")).map_err(|_| Error::Usage("`receipt` is no hex".into()))?;
		let receipt = Receipt::decode(&bytes)?;
		// The state knows more than a key of a scope may: what the receipt leaves out could be somebody else's.
		let scoped = self.key.scope != crate::record::Scope::default();
		verified(&receipt, receipt.integrity()?, |receipt| match scoped {
			true => Ok(Some("the key sees a part of the space only".into())),
			false => self.space.refute(receipt).map(|()| None),
		})
	}
}

/// The statement that a receipt proves, in words. `complete` checks level 2, or says why it cannot.
pub fn verified(
	receipt: &Receipt,
	integrity: Integrity,
	complete: impl FnOnce(&Receipt) -> Result<Option<String>>,
) -> Result<Value> {
	let unchecked = complete(receipt)?;
	let memories = integrity.memories.iter().map(|(index, record)| {
		json!({ "index": index, "id": record.as_ref().map(|record| record.id.to_string()), "memory": record.as_ref().map(|record| &record.text) })
	});
	Ok(json!({
		"verified": true,
		"integrity": true,
		"complete": unchecked.is_none(),
		"not_checked": unchecked,
		"query": receipt.query.text,
		"owner": format!("0x{}", hex::encode(receipt.head.config.owner)),
		"space": receipt.head.config.space.to_string(),
		"seq": receipt.head.head.seq,
		"root": format!("0x{}", hex::encode(receipt.head.head.root)),
		"by": format!("0x{}", hex::encode(receipt.head.head.by)),
		"signer": format!("0x{}", hex::encode(receipt.signer)),
		"by_owner": integrity.by_owner,
		"made_at": date(receipt.query.now),
		"memories": memories.collect::<Vec<_>>(),
	}))
}
