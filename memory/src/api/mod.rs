//! Functions of the daemon and the command line on a space: one set, which takes and gives JSON, for REST, MCP and the
//! terminal.
//!
//! Searches and lists go through `Access::query`, which adds the scope of the key to the body's; a memory that is named
//! by its id goes through `Access::sees`, and a write through `Access::scope_for`. No other way leads to a record.

mod fields;
mod read;
mod write;

pub use fields::{date, filter_of, scope_of, time_of};
pub use read::verified;
pub use write::Draft;

use crate::{
	anchoring::Anchoring,
	embedding::Embedder,
	filter::Filter,
	index::Query,
	record::{Id, Record, Scope},
	store::{now, Deletion, KeyEntry, Rights, Space},
	Error, Result,
};
use serde_json::{json, Value};
use std::sync::Arc;

/// All spaces that a daemon serves.
pub struct Daemon {
	spaces: Vec<Arc<Space>>,
	embedder: Option<Arc<dyn Embedder>>,
	anchored: Vec<Arc<Anchoring>>,
}

impl Daemon {
	/// Serves these. The embedder is for the spaces whose embedding it is; others that have one are refused when they need it.
	pub fn new(spaces: Vec<Arc<Space>>, embedder: Option<Arc<dyn Embedder>>) -> Result<Self> {
		if spaces.is_empty() {
			return Err(Error::Usage("there is no space to serve: `assay memory init NAME` makes one".into()));
		}
		Ok(Daemon { spaces, embedder, anchored: Vec::new() })
	}

	/// The same with spaces whose commits go to the chain.
	pub fn anchored(self, anchored: Vec<Arc<Anchoring>>) -> Self {
		Daemon { anchored, ..self }
	}

	/// The spaces.
	pub fn spaces(&self) -> &[Arc<Space>] {
		&self.spaces
	}

	/// The rights of an API key.
	pub fn access(&self, secret: &str) -> Result<Access> {
		for space in &self.spaces {
			if let Some(key) = space.key(secret)? {
				let anchored = self.anchored.iter().find(|anchored| Arc::ptr_eq(anchored.space(), space)).cloned();
				return Ok(Access { anchored, ..Access::new(space.clone(), key, self.embedder.clone()) });
			}
		}
		Err(Error::Unauthorized("no space has this API key: `assay memory grant NAME` makes one".into()))
	}
}

/// A space as one agent may use it.
#[derive(Clone)]
pub struct Access {
	space: Arc<Space>,
	key: KeyEntry,
	embedder: Option<Arc<dyn Embedder>>,
	anchored: Option<Arc<Anchoring>>,
}

impl Access {
	/// By an API key.
	pub fn new(space: Arc<Space>, key: KeyEntry, embedder: Option<Arc<dyn Embedder>>) -> Self {
		Access { space, key, embedder, anchored: None }
	}

	/// Everything, as the owner at the terminal has it; restricted to a scope, if one is given.
	pub fn owner(space: Arc<Space>, name: &str, scope: Scope, embedder: Option<Arc<dyn Embedder>>) -> Self {
		Access::new(space, KeyEntry { name: name.into(), rights: Rights::ALL, scope, created_at: 0 }, embedder)
	}

	/// The space.
	pub fn space(&self) -> &Arc<Space> {
		&self.space
	}

	/// The key.
	pub fn key(&self) -> &KeyEntry {
		&self.key
	}

	/// The space's commits on their way to the chain, if the daemon puts them there.
	pub fn anchored(&self) -> Option<&Arc<Anchoring>> {
		self.anchored.as_ref()
	}

	fn may(&self, rights: Rights) -> Result<()> {
		if !self.key.rights.has(rights) {
			return Err(Error::Forbidden(format!(
				"the key `{}` may {}, and this takes {}: ask the owner for a key with that right",
				self.key.name,
				self.key.rights.names().join(" and "),
				rights.names().join(" and ")
			)));
		}
		Ok(())
	}

	/// The scope of a write: the one that is asked for, within the key's.
	fn scope_for(&self, body: &Value) -> Result<Scope> {
		let asked = scope_of(body)?;
		let part = |name: &str, own: &Option<String>, asked: &Option<String>| match (own, asked) {
			(Some(own), Some(asked)) if own != asked => Err(Error::Forbidden(format!(
				"the key `{}` writes for the {name} `{own}` only: leave the {name} out, or ask the owner for another key",
				self.key.name
			))),
			(own, asked) => Ok(asked.clone().or_else(|| own.clone())),
		};
		let own = &self.key.scope;
		Ok(Scope {
			user: part("user", &own.user, &asked.user)?,
			agent: part("agent", &own.agent, &asked.agent)?,
			run: part("run", &own.run, &asked.run)?,
			app: part("app", &own.app, &asked.app)?,
		})
	}

	/// The query of a read: the body's conditions, within the key's scope.
	fn query(&self, body: &Value) -> Result<Query> {
		self.may(Rights::READ)?;
		let flag = |name: &str| match &body[name] {
			Value::Null => Ok(None),
			Value::Bool(value) => Ok(Some(*value)),
			Value::String(text) if text == "true" || text == "false" => Ok(Some(text == "true")),
			other => Err(Error::Usage(format!("`{name}` is {other}: give true or false"))),
		};
		let (as_of_seq, as_of) = match &body["as_of"] {
			Value::Null => (None, None),
			Value::Number(seq) => (
				Some(
					seq.as_u64()
						.ok_or_else(|| Error::Usage("`as_of` is no commit: give its number, or a time".into()))?,
				),
				None,
			),
			other => (None, Some(time_of(other, false)?)),
		};
		let query = Query {
			filter: Filter::scope(&self.key.scope).and(filter_of(body)?),
			now: now(),
			as_of_seq,
			as_of,
			expired: flag("show_expired")?.unwrap_or(false),
			superseded: !flag("latest_only")?.unwrap_or(true),
			k: 1,
			..Query::default()
		};
		query.check()?;
		Ok(query)
	}

	/// True if the key may see a record.
	fn sees(&self, record: &Record) -> bool {
		self.key.rights.has(Rights::READ) && Filter::scope(&self.key.scope).matches(record)
	}

	/// The progress of a deletion. The scope of a deleted memory is not known any more: only a key that sees all may
	/// ask.
	fn deletion_of(&self, id: &Id) -> Result<Option<Deletion>> {
		match self.key.scope == Scope::default() {
			true => self.space.deletion(id),
			false => Ok(None),
		}
	}

	/// The vectors of texts, empty ones without an embedding.
	fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<i8>>> {
		let embedding = self.space.config()?.and_then(|config| config.embedding);
		match (&self.embedder, embedding) {
			(_, None) => Ok(vec![Vec::new(); texts.len()]),
			(Some(embedder), Some(embedding)) if embedder.embedding() == embedding => embedder.embed(texts),
			(_, Some((model, _))) => Err(Error::Usage(format!(
				"the vectors of this space are made by the model 0x{}: give this daemon that model",
				hex::encode(model)
			))),
		}
	}

	/// Answers by name, for MCP and everything else that calls by name.
	pub fn call(&self, name: &str, body: &Value) -> Result<Value> {
		let id = || {
			body["memory_id"]
				.as_str()
				.ok_or_else(|| Error::Usage("`memory_id` is missing: give the id of a memory".into()))
		};
		match name {
			"add_memory" => self.add(body),
			"search_memories" => self.search(body),
			"get_memories" => self.list(body),
			"get_memory" => self.get(id()?),
			"update_memory" => self.update(id()?, body),
			"delete_memory" => self.delete(id()?, body),
			"delete_all_memories" => self.delete_all(body),
			"list_entities" => self.entities(),
			"memory_history" => self.history(id()?),
			"verify_recall" => self.verify(body),
			"export_memories" => self.export(body),
			other => Err(Error::NotFound(format!("there is no tool `{other}`: list the tools to see which there are"))),
		}
	}
}

/// A record for whoever asks over JSON.
fn shown(record: &Record, created_at: u64, status: &str) -> Value {
	let metadata: Value = serde_json::from_str(&record.metadata).unwrap_or(Value::Null);
	let (derived_from, derived_by) = match &record.origin {
		crate::record::Origin::Verbatim => (Value::Null, Value::Null),
		crate::record::Origin::Derived { from, by } => {
			(json!(from.iter().map(ToString::to_string).collect::<Vec<_>>()), json!(by))
		}
	};
	json!({
		"id": record.id.to_string(),
		"memory": record.text,
		"user_id": record.scope.user,
		"agent_id": record.scope.agent,
		"run_id": record.scope.run,
		"app_id": record.scope.app,
		"role": record.role.as_str(),
		"type": record.kind.as_str(),
		"source": record.source,
		"categories": record.categories,
		"metadata": metadata,
		"created_at": fields::date(record.valid_from.filter(|_| record.version == 1).unwrap_or(created_at)),
		"updated_at": fields::date(record.recorded_at),
		"valid_to": record.valid_to.map(fields::date),
		"expiration_date": record.expires_at.map(fields::date),
		"supersedes": record.supersedes.map(|id| id.to_string()),
		"derived_from": derived_from,
		"derived_by": derived_by,
		"version": record.version,
		"seq": record.seq,
		"status": status,
	})
}
