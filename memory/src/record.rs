//! A memory, and whose it is.

use crate::{
	constants::{CATEGORIES, DERIVED_FROM, LABEL_BYTES, METADATA_BYTES, TEXT_BYTES},
	Error, Result,
};
use codec::{Decode, Encode};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Id of a memory: a UUID of version 7. All versions of a memory have one id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
pub struct Id(pub [u8; 16]);

impl fmt::Display for Id {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		Uuid::from_bytes(self.0).fmt(f)
	}
}

impl FromStr for Id {
	type Err = Error;

	fn from_str(text: &str) -> Result<Self> {
		let id = Uuid::parse_str(text);
		id.map(|id| Id(id.into_bytes())).map_err(|_| {
			Error::NotFound(format!("`{text}` is no id of a memory: ids are UUIDs, as `add` and `ls` give them"))
		})
	}
}

/// The role that said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub enum Role {
	/// A person.
	#[default]
	User,
	/// A model.
	Assistant,
	/// Whoever set the model up.
	System,
	/// A tool that a model called.
	Tool,
}

impl Role {
	/// Its name in every interface.
	pub fn as_str(self) -> &'static str {
		match self {
			Role::User => "user",
			Role::Assistant => "assistant",
			Role::System => "system",
			Role::Tool => "tool",
		}
	}
}

impl FromStr for Role {
	type Err = Error;

	fn from_str(text: &str) -> Result<Self> {
		match text {
			"user" | "human" => Ok(Role::User),
			"assistant" | "ai" => Ok(Role::Assistant),
			"system" | "developer" => Ok(Role::System),
			"tool" | "function" => Ok(Role::Tool),
			_ => Err(Error::Usage(format!("`{text}` is no role: use user, assistant, system or tool"))),
		}
	}
}

/// The kind of a memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub enum Kind {
	/// A state: facts and preferences.
	#[default]
	Semantic,
	/// An event at a time.
	Episodic,
}

impl Kind {
	/// Its name in every interface.
	pub fn as_str(self) -> &'static str {
		match self {
			Kind::Semantic => "semantic",
			Kind::Episodic => "episodic",
		}
	}
}

impl FromStr for Kind {
	type Err = Error;

	fn from_str(text: &str) -> Result<Self> {
		match text {
			"semantic" => Ok(Kind::Semantic),
			"episodic" => Ok(Kind::Episodic),
			_ => Err(Error::Usage(format!("`{text}` is no type of a memory: use semantic or episodic"))),
		}
	}
}

/// The origin of a memory: said by somebody, or made of other memories.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub enum Origin {
	/// As it was said.
	#[default]
	Verbatim,
	/// Made of other memories.
	Derived {
		/// The memories that it was made of.
		from: Vec<Id>,
		/// The program or model that made it.
		by: String,
	},
}

/// The person, agent, session and application that a memory is of. Nothing is the same as no restriction only in a
/// filter: here it says that there is none.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Encode, Decode)]
pub struct Scope {
	/// The person.
	pub user: Option<String>,
	/// The agent.
	pub agent: Option<String>,
	/// The session or thread.
	pub run: Option<String>,
	/// The application.
	pub app: Option<String>,
}

impl Scope {
	/// Its parts, with the names that they have in every interface.
	pub fn parts(&self) -> [(&'static str, &Option<String>); 4] {
		[("user", &self.user), ("agent", &self.agent), ("run", &self.run), ("app", &self.app)]
	}
}

/// One version of a memory. Times are milliseconds since 1970, UTC.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Record {
	/// The memory that this is a version of.
	pub id: Id,
	/// From 1.
	pub version: u32,
	/// Number of the commit that brought it.
	pub seq: u64,
	/// The role that said it.
	pub role: Role,
	/// At most [`TEXT_BYTES`].
	pub text: String,
	/// The scope that it is of.
	pub scope: Scope,
	/// The name of the API key that wrote it, or the name that the writer gave its source.
	pub source: String,
	/// Verbatim or derived.
	pub origin: Origin,
	/// Semantic or episodic.
	pub kind: Kind,
	/// At most [`CATEGORIES`].
	pub categories: Vec<String>,
	/// A JSON object of at most [`METADATA_BYTES`], or nothing.
	pub metadata: String,
	/// The time at which the daemon took it.
	pub recorded_at: u64,
	/// The time from which on it is so.
	pub valid_from: Option<u64>,
	/// The time at which it ceased to be so.
	pub valid_to: Option<u64>,
	/// Another memory that this one replaces.
	pub supersedes: Option<Id>,
	/// The time from which on recalls leave it out.
	pub expires_at: Option<u64>,
	/// Random, so that nobody finds a text by its hash.
	pub salt: [u8; 16],
}

impl Record {
	/// Refuses what is out of bounds.
	pub fn check(&self) -> Result<()> {
		if self.text.trim().is_empty() {
			return Err(Error::Usage("a memory needs a text: give one that is not empty".into()));
		}
		bounded("text", self.text.len(), TEXT_BYTES, "split it into several memories")?;
		bounded("metadata", self.metadata.len(), METADATA_BYTES, "keep the rest elsewhere and a reference here")?;
		if self.categories.len() > CATEGORIES {
			return Err(Error::Usage(format!("a memory has at most {CATEGORIES} categories: give fewer")));
		}
		let scope = self.scope.parts().into_iter().filter_map(|(name, part)| Some((name, part.as_ref()?)));
		let names =
			scope.chain([("source", &self.source)]).chain(self.categories.iter().map(|name| ("category", name)));
		for (what, name) in names {
			bounded(what, name.len(), LABEL_BYTES, "use a shorter one")?;
			if name.is_empty() && what != "source" {
				return Err(Error::Usage(format!("an empty {what} names nobody: leave it out or give one")));
			}
		}
		if let Origin::Derived { from, by } = &self.origin {
			if from.len() > DERIVED_FROM {
				return Err(Error::Usage(format!(
					"a memory is derived from at most {DERIVED_FROM} others: name fewer"
				)));
			}
			bounded("name of what derived it", by.len(), LABEL_BYTES, "use a shorter one")?;
		}
		if !self.metadata.is_empty()
			&& !matches!(serde_json::from_str(&self.metadata), Ok(serde_json::Value::Object(_)))
		{
			return Err(Error::Usage("metadata has to be a JSON object, as {\"key\": \"value\"}".into()));
		}
		Ok(())
	}
}

fn bounded(what: &str, bytes: usize, most: usize, advice: &str) -> Result<()> {
	if bytes > most {
		return Err(Error::Usage(format!("the {what} has {bytes} bytes, and at most {most} are kept: {advice}")));
	}
	Ok(())
}
