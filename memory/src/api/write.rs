//! Functions that change a space.

use super::{fields::time_of, shown, Access};
use crate::{
	record::{Id, Kind, Origin, Record, Role, Scope},
	store::{now, random, Deletion, Reach, Rights, View},
	Error, Result,
};
use serde_json::{json, Value};
use std::collections::BTreeSet;

/// A memory to be written.
#[derive(Clone, Debug, Default)]
pub struct Draft {
	/// The role that said it.
	pub role: Role,
	/// The text of the memory.
	pub text: String,
	/// The scope of the memory, within the key's.
	pub scope: Scope,
	/// The program that wrote it; the key's name, if empty.
	pub source: String,
	/// Verbatim or derived.
	pub origin: Origin,
	/// Semantic or episodic.
	pub kind: Kind,
	/// Its categories.
	pub categories: Vec<String>,
	/// A JSON object, or nothing.
	pub metadata: String,
	/// The time from which on it is so.
	pub valid_from: Option<u64>,
	/// The time at which it ceased to be so.
	pub valid_to: Option<u64>,
	/// Another memory that it replaces.
	pub supersedes: Option<Id>,
	/// The time from which on it is left out.
	pub expires_at: Option<u64>,
}

/// A memory that was written.
struct Written {
	record: Record,
	duplicate_of: Option<Id>,
}

/// The status of a write when it is answered.
const AT_FIRST: &str = "local";

/// The reason for which `infer` did nothing.
const NOT_INFERRED: &str = "no extractor is configured: the messages are stored as they are";

fn new_id() -> Id {
	Id(uuid::Uuid::now_v7().into_bytes())
}

fn text_of(content: &Value) -> Option<String> {
	match content {
		Value::String(text) => Some(text.clone()),
		Value::Array(parts) => {
			let texts = parts.iter().map(|part| part["text"].as_str()).collect::<Option<Vec<_>>>()?;
			Some(texts.join("\n"))
		}
		_ => None,
	}
}

/// The messages of a request: `messages`, in any form that mem0's clients send, or `text`.
fn messages_of(body: &Value) -> Result<Vec<(Role, String)>> {
	let refused = || {
		Error::Usage(
			"`messages` has to be a list of {\"role\": \"user\", \"content\": \"...\"}, one of those, or a text".into(),
		)
	};
	let message = |message: &Value| match message {
		Value::String(text) => Ok((Role::User, text.clone())),
		Value::Object(_) => {
			let role = message["role"].as_str().unwrap_or("user").parse()?;
			Ok((role, text_of(&message["content"]).ok_or_else(refused)?))
		}
		_ => Err(refused()),
	};
	let source = ["messages", "text", "memory", "content", "data"].into_iter().find(|name| !body[*name].is_null());
	match source.map(|name| &body[name]) {
		Some(Value::Array(messages)) if !messages.is_empty() => messages.iter().map(message).collect(),
		Some(one @ (Value::String(_) | Value::Object(_))) => Ok(vec![message(one)?]),
		_ => Err(refused()),
	}
}

fn names_of(body: &Value, name: &str) -> Result<Vec<String>> {
	let refused = || Error::Usage(format!("`{name}` has to be a list of texts"));
	match &body[name] {
		Value::Null => Ok(Vec::new()),
		Value::String(one) => Ok(vec![one.clone()]),
		Value::Array(names) => names.iter().map(|name| name.as_str().map(String::from).ok_or_else(refused)).collect(),
		_ => Err(refused()),
	}
}

fn metadata_of(body: &Value) -> Result<Option<String>> {
	match &body["metadata"] {
		Value::Null => Ok(None),
		Value::Object(metadata) if metadata.is_empty() => Ok(Some(String::new())),
		Value::Object(metadata) => Ok(Some(Value::Object(metadata.clone()).to_string())),
		_ => Err(Error::Usage("`metadata` has to be an object, as {\"key\": \"value\"}".into())),
	}
}

fn optional_time(body: &Value, names: &[&str], ends: bool) -> Result<Option<u64>> {
	let value = names.iter().map(|name| &body[*name]).find(|value| !value.is_null());
	value.map(|value| time_of(value, ends)).transpose()
}

impl Access {
	/// Writes memories. They are on disk when this returns.
	fn write(&self, drafts: Vec<Draft>) -> Result<Vec<Written>> {
		self.may(Rights::APPEND)?;
		let texts: Vec<&str> = drafts.iter().map(|draft| draft.text.as_str()).collect();
		let vectors = self.embed(&texts)?;
		let at = now();
		self.space.append(|view| {
			let mut records = Vec::new();
			let mut written = Vec::new();
			for (draft, vector) in drafts.into_iter().zip(vectors) {
				self.may_supersede(&view, draft.supersedes)?;
				let record = Record {
					id: new_id(),
					version: 1,
					seq: view.seq,
					role: draft.role,
					text: draft.text,
					scope: draft.scope,
					source: if draft.source.is_empty() { self.key.name.clone() } else { draft.source },
					origin: draft.origin,
					kind: draft.kind,
					categories: draft.categories,
					metadata: draft.metadata,
					recorded_at: at,
					valid_from: draft.valid_from,
					valid_to: draft.valid_to,
					supersedes: draft.supersedes,
					expires_at: draft.expires_at,
					salt: random()?,
				};
				let same = |(_, other): &(u64, &Record)| other.text == record.text && other.scope == record.scope;
				let duplicate_of = view.index.records().rev().find(same).map(|(_, other)| other.id);
				written.push(Written { record: record.clone(), duplicate_of });
				records.push((record, vector));
			}
			Ok((records, written))
		})
	}

	/// Replacing a memory takes the right to edit it.
	fn may_supersede(&self, view: &View, id: Option<Id>) -> Result<()> {
		let Some(id) = id else { return Ok(()) };
		self.may(Rights::EDIT)?;
		self.latest(view, &id).map(|_| ())
	}

	/// The last version of a memory that the key may see.
	pub(super) fn latest<'a>(&self, view: &View<'a>, id: &Id) -> Result<(u64, &'a Record)> {
		let versions = view.index.versions(id);
		let latest = versions.last().and_then(|index| Some((*index, view.index.get(*index)?)));
		latest
			.filter(|(_, record)| self.sees(record))
			.ok_or_else(|| Error::NotFound(format!("there is no memory {id}")))
	}

	/// Writes messages, each as a memory.
	pub fn add(&self, body: &Value) -> Result<Value> {
		let scope = self.scope_for(body)?;
		let kind: Kind = body["type"].as_str().map_or(Ok(Kind::default()), str::parse)?;
		let origin = match names_of(body, "derived_from")?.as_slice() {
			[] => Origin::Verbatim,
			from => Origin::Derived {
				from: from.iter().map(|id| id.parse()).collect::<Result<_>>()?,
				by: body["derived_by"].as_str().unwrap_or(&self.key.name).into(),
			},
		};
		let draft = Draft {
			scope,
			kind,
			origin,
			source: body["source"].as_str().unwrap_or_default().into(),
			categories: names_of(body, "categories")?,
			metadata: metadata_of(body)?.unwrap_or_default(),
			valid_from: optional_time(body, &["valid_from", "timestamp"], false)?,
			valid_to: optional_time(body, &["valid_to"], true)?,
			expires_at: optional_time(body, &["expiration_date", "expires_at"], true)?,
			supersedes: body["supersedes"].as_str().map(str::parse).transpose()?,
			..Draft::default()
		};
		let drafts = messages_of(body)?.into_iter().map(|(role, text)| Draft { role, text, ..draft.clone() });
		let written = self.write(drafts.collect())?;
		let results: Vec<Value> = written
			.iter()
			.map(|Written { record, duplicate_of }| {
				let mut value = shown(record, record.recorded_at, AT_FIRST);
				value["event"] = json!("ADD");
				value["duplicate_of"] = json!(duplicate_of.map(|id| id.to_string()));
				value
			})
			.collect();
		let mut answer = json!({ "results": results, "status": "SUCCEEDED", "inferred": false });
		// Clients that say nothing mean yes.
		if body["infer"] != json!(false) {
			answer["reason"] = json!(NOT_INFERRED);
		}
		Ok(answer)
	}

	/// Writes what was read from files, in batches. Gives how many.
	pub fn add_all(&self, drafts: Vec<Draft>) -> Result<usize> {
		let mut count = 0;
		for batch in drafts.chunks(crate::constants::PAGE_RECORDS) {
			let scoped = batch.iter().map(|draft| {
				let scope = json!({
					"user_id": draft.scope.user, "agent_id": draft.scope.agent, "run_id": draft.scope.run, "app_id": draft.scope.app
				});
				Ok(Draft { scope: self.scope_for(&scope)?, ..draft.clone() })
			});
			count += self.write(scoped.collect::<Result<_>>()?)?.len();
		}
		Ok(count)
	}

	/// Writes a new version of a memory. Fields that the body leaves out stay.
	pub fn update(&self, id: &str, body: &Value) -> Result<Value> {
		self.may(Rights::EDIT)?;
		let id: Id = id.parse()?;
		let texts = ["text", "memory", "data", "content"].into_iter().filter_map(|name| body[name].as_str());
		let text = texts.map(String::from).next();
		let metadata = metadata_of(body)?;
		let known = ["metadata", "timestamp", "valid_from", "valid_to", "expiration_date", "categories", "type"];
		if text.is_none() && known.iter().all(|name| body.get(*name).is_none()) {
			return Err(Error::Usage(
				"nothing is to be changed: give `text`, `metadata`, `categories`, `type` or `expiration_date`".into(),
			));
		}
		let vector = match &text {
			Some(text) => self.embed(&[text])?.pop(),
			None => None,
		};
		let expires_at = match body.get("expiration_date") {
			None => None,
			Some(Value::Null) => Some(None),
			Some(date) => Some(Some(time_of(date, true)?)),
		};
		let categories = body.get("categories").map(|_| names_of(body, "categories")).transpose()?;
		let kind = body["type"].as_str().map(str::parse).transpose()?;
		let valid_from = optional_time(body, &["valid_from", "timestamp"], false)?;
		let valid_to = optional_time(body, &["valid_to"], true)?;
		let (record, created_at) = self.space.append(|view| {
			let (index, last) = self.latest(&view, &id)?;
			let mut record = last.clone();
			record.version += 1;
			record.seq = view.seq;
			record.recorded_at = now();
			record.salt = random()?;
			record.source = self.key.name.clone();
			record.supersedes = None;
			record.text = text.unwrap_or(record.text);
			record.metadata = metadata.unwrap_or(record.metadata);
			record.categories = categories.unwrap_or(record.categories);
			record.kind = kind.unwrap_or(record.kind);
			record.valid_from = valid_from.or(record.valid_from);
			record.valid_to = valid_to.or(record.valid_to);
			record.expires_at = expires_at.unwrap_or(record.expires_at);
			let vector = vector.unwrap_or_else(|| view.index.vector(index).to_vec());
			let created_at = created(&view, &id, record.recorded_at);
			Ok((vec![(record.clone(), vector)], (record, created_at)))
		})?;
		let mut value = shown(&record, created_at, AT_FIRST);
		value["event"] = json!("UPDATE");
		Ok(value)
	}

	/// Several updates: `{"memories": [{"memory_id": ..., "text": ...}]}`.
	pub fn update_all(&self, body: &Value) -> Result<Value> {
		let memories = batch(body)?;
		let updated =
			memories.iter().map(|memory| self.update(memory_id(memory)?, memory)).collect::<Result<Vec<_>>>()?;
		Ok(json!({ "message": format!("Successfully updated {} memories", updated.len()), "results": updated }))
	}

	/// Deletes a memory, all its versions. With `cascade` what is derived from it, with `delete_linked` what it replaced.
	pub fn delete(&self, id: &str, body: &Value) -> Result<Value> {
		let ids = vec![id.parse()?];
		self.delete_ids(body, |access, view| {
			ids.iter().try_for_each(|id| access.latest(view, id).map(|_| ()))?;
			Ok(ids.clone())
		})
	}

	/// Several deletions: `{"memories": [{"memory_id": ...}]}`.
	pub fn delete_batch(&self, body: &Value) -> Result<Value> {
		let ids = batch(body)?.iter().map(|memory| memory_id(memory)?.parse()).collect::<Result<Vec<Id>>>()?;
		self.delete_ids(body, |access, view| {
			ids.iter().try_for_each(|id| access.latest(view, id).map(|_| ()))?;
			Ok(ids.clone())
		})
	}

	/// Deletes everything that a filter lets through. Without a condition nothing is deleted.
	pub fn delete_all(&self, body: &Value) -> Result<Value> {
		let query = self.query(body)?;
		let asked = super::filter_of(body)?;
		if asked == crate::filter::Filter::default() {
			return Err(Error::Usage(
				"say whose memories are to be deleted, as {\"user_id\": \"alice\"}; {\"user_id\": \"*\"} for all users"
					.into(),
			));
		}
		self.delete_ids(body, |_, view| {
			Ok(view
				.index
				.records()
				.filter(|(_, record)| query.filter.matches(record))
				.map(|(_, record)| record.id)
				.collect())
		})
	}

	fn delete_ids(&self, body: &Value, choose: impl FnOnce(&Self, &View) -> Result<Vec<Id>>) -> Result<Value> {
		self.may(Rights::EDIT)?;
		let flag = |name: &str| body[name] == json!(true) || body[name] == json!("true") || body[name] == json!("True");
		let (cascade, linked) = (flag("cascade"), flag("delete_linked"));
		let mut left = 0;
		let deletion = self.space.delete(|view| {
			let mut ids: BTreeSet<Id> = choose(self, &view)?.into_iter().collect();
			loop {
				let more = view.index.records().filter(|(_, record)| {
					let derived = matches!(&record.origin, Origin::Derived { from, .. } if from.iter().any(|id| ids.contains(id)));
					cascade && derived && !ids.contains(&record.id)
				});
				let mut more: BTreeSet<Id> =
					more.filter(|(_, record)| self.sees(record)).map(|(_, record)| record.id).collect();
				if linked {
					let replaced = view.index.records().filter(|(_, record)| ids.contains(&record.id));
					let replaced = replaced.filter_map(|(_, record)| record.supersedes).filter(|id| !ids.contains(id));
					more.extend(replaced.filter(|id| self.latest(&view, id).is_ok()));
				}
				if more.is_empty() {
					break;
				}
				ids.extend(more);
			}
			left = view
				.index
				.records()
				.filter(|(_, record)| !ids.contains(&record.id))
				.filter(
					|(_, record)| matches!(&record.origin, Origin::Derived { from, .. } if from.iter().any(|id| ids.contains(id))),
				)
				.count();
			Ok(ids.into_iter().collect())
		})?;
		let deleted = deletion.as_ref().map_or(0, |deletion| deletion.ids.len());
		Ok(json!({
			"message": if deleted == 1 { "Memory deleted successfully!".into() } else { format!("{deleted} memories deleted successfully!") },
			"deleted": deleted,
			"derived_left": left,
			"deletion": deletion.as_ref().map(deletion_shown),
		}))
	}

	/// The progress of a memory's deletion.
	pub fn deletion(&self, id: &str) -> Result<Value> {
		self.may(Rights::EDIT)?;
		let deletion = self.deletion_of(&id.parse()?)?;
		let deletion = deletion.ok_or_else(|| Error::NotFound(format!("no memory {id} was deleted here")))?;
		Ok(deletion_shown(&deletion))
	}

	/// Writes what a user says of itself, instead of what it said before.
	pub fn set_bio(&self, body: &Value) -> Result<Value> {
		let text = ["user_bio", "bio", "text"].into_iter().find_map(|name| body[name].as_str());
		let text = text.ok_or_else(|| Error::Usage("`bio` is missing: give a text".into()))?;
		let scope = self.scope_for(body)?;
		let known = self.space.view(|view| {
			let bio = |(_, record): &(u64, &Record)| record.scope == scope && record.categories == ["bio"];
			Ok(view.index.records().rev().find(bio).map(|(_, record)| record.id.to_string()))
		})?;
		match known {
			Some(id) => self.update(&id, &json!({ "text": text })),
			None => {
				let mut request = body.clone();
				request["messages"] = json!(text);
				request["categories"] = json!(["bio"]);
				self.add(&request)
			}
		}
	}
}

/// The time at which the first version of a memory was written.
pub(super) fn created(view: &View, id: &Id, otherwise: u64) -> u64 {
	let first = view.index.versions(id).first().copied();
	first.and_then(|index| view.index.get(index)).map_or(otherwise, |record| record.recorded_at)
}

fn batch(body: &Value) -> Result<&Vec<Value>> {
	body["memories"]
		.as_array()
		.ok_or_else(|| Error::Usage("`memories` has to be a list of {\"memory_id\": ...}".into()))
}

fn memory_id(memory: &Value) -> Result<&str> {
	let id = memory["memory_id"].as_str().or(memory["id"].as_str());
	id.ok_or_else(|| Error::Usage("each of `memories` needs a `memory_id`".into()))
}

/// The reach of a deletion, with the reasons for which it goes no further.
fn deletion_shown(deletion: &Deletion) -> Value {
	let mut open: Vec<String> = Vec::new();
	if deletion.seed {
		open.push("recovery is by the seed: who has the seed and an old export can read".into());
	}
	if deletion.kit {
		open.push(
			"a kit that was exported before opens old exports: `assay memory kit` anew, and destroy the old file"
				.into(),
		);
	}
	if !deletion.waits_for.is_empty() {
		open.push("readers who still have the box key that they had: each runs `assay memory rotate`, and you grant the new key".into());
	}
	if deletion.restored {
		open.push("the space came here from a kit: the machine before may still have keys, and readers revoked there are not known here".into());
	}
	if deletion.waiting {
		open.push("the chain has not this commit yet: until then this machine keeps the box key of before, which others may still seal to".into());
	}
	if deletion.public {
		open.push("the space is public: who has an old export can read".into());
	}
	json!({
		"reached": match deletion.reach { Reach::Keys => "keys", Reach::Forward => "forward" },
		"ids": deletion.ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
		"seq": deletion.seq,
		"deleted_at": super::fields::date(deletion.at),
		"waits_for": deletion.waits_for.iter().map(|account| format!("0x{}", hex::encode(account))).collect::<Vec<_>>(),
		"open": open,
		"note": "no copy that a reader made of a text, and no block of a disk that was overwritten, is within reach of this",
	})
}
