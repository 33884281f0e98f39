//! Filters: the memories that a recall ranges over.

use crate::{
	constants::{FILTER_DEPTH, FILTER_NODES},
	record::{Record, Scope},
	Error, Result,
};
use codec::{Decode, Encode, Input};

/// The part of a record that a condition looks at.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Field {
	/// [`Scope::user`].
	User,
	/// [`Scope::agent`].
	Agent,
	/// [`Scope::run`].
	Run,
	/// [`Scope::app`].
	App,
	/// Any of the categories.
	Category,
	/// The program that wrote it.
	Source,
	/// The role that said it.
	Role,
	/// Semantic or episodic.
	Kind,
	/// The id.
	Id,
	/// The text.
	Text,
	/// An entry of the metadata: a text as it is, all else as JSON.
	Metadata(String),
}

/// A condition on a memory.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub enum Filter {
	/// All of these; nothing is asked for if there are none.
	All(Vec<Filter>),
	/// One of these at least.
	Any(Vec<Filter>),
	/// Not this.
	Not(Box<Filter>),
	/// The field is exactly this.
	Is(Field, String),
	/// The field has a value.
	Has(Field),
	/// The field contains this, upper or lower case of ASCII being the same.
	Contains(Field, String),
	/// Recorded at this time or later, in milliseconds since 1970.
	Since(u64),
	/// Recorded at this time or earlier, in milliseconds since 1970.
	Until(u64),
}

impl Default for Filter {
	fn default() -> Self {
		Filter::All(Vec::new())
	}
}

impl Decode for Filter {
	fn decode<I: Input>(input: &mut I) -> std::result::Result<Self, codec::Error> {
		decode(input, FILTER_DEPTH, &mut FILTER_NODES.clone())
	}
}

/// Decodes a filter that is no deeper and has no more nodes than allowed, so that bytes from elsewhere take no more stack or memory.
fn decode<I: Input>(input: &mut I, depth: u32, nodes: &mut usize) -> std::result::Result<Filter, codec::Error> {
	if depth == 0 || *nodes == 0 {
		return Err("a filter that is too deep or too large".into());
	}
	*nodes -= 1;
	let mut several = |input: &mut I| {
		let count = codec::Compact::<u32>::decode(input)?.0;
		(0..count).map(|_| decode(input, depth - 1, nodes)).collect::<std::result::Result<Vec<_>, _>>()
	};
	Ok(match input.read_byte()? {
		0 => Filter::All(several(input)?),
		1 => Filter::Any(several(input)?),
		2 => Filter::Not(Box::new(decode(input, depth - 1, nodes)?)),
		3 => Filter::Is(Decode::decode(input)?, Decode::decode(input)?),
		4 => Filter::Has(Decode::decode(input)?),
		5 => Filter::Contains(Decode::decode(input)?, Decode::decode(input)?),
		6 => Filter::Since(Decode::decode(input)?),
		7 => Filter::Until(Decode::decode(input)?),
		_ => return Err("a condition that this version does not know".into()),
	})
}

impl Filter {
	/// Exactly the parts of a scope that it names.
	pub fn scope(scope: &Scope) -> Filter {
		let fields = [Field::User, Field::Agent, Field::Run, Field::App];
		let parts = scope.parts().into_iter().zip(fields);
		Filter::All(parts.filter_map(|((_, part), field)| Some(Filter::Is(field, part.clone()?))).collect())
	}

	/// Both.
	pub fn and(self, other: Filter) -> Filter {
		Filter::All(vec![self, other])
	}

	/// Refuses what a receipt could not carry.
	pub fn check(&self) -> Result<()> {
		let mut nodes = 0;
		if self.measure(1, &mut nodes) > FILTER_DEPTH || nodes > FILTER_NODES {
			return Err(Error::Usage(format!(
				"a filter has at most {FILTER_NODES} conditions, nested at most {FILTER_DEPTH} deep: ask in several queries"
			)));
		}
		Ok(())
	}

	fn measure(&self, depth: u32, nodes: &mut usize) -> u32 {
		*nodes += 1;
		match self {
			Filter::All(filters) | Filter::Any(filters) => {
				filters.iter().map(|filter| filter.measure(depth + 1, nodes)).max().unwrap_or(depth)
			}
			Filter::Not(filter) => filter.measure(depth + 1, nodes),
			_ => depth,
		}
	}

	/// True if it looks at nothing but the scope, so that it is the same for all records of one.
	pub(crate) fn is_of_scope(&self) -> bool {
		match self {
			Filter::All(filters) | Filter::Any(filters) => filters.iter().all(Filter::is_of_scope),
			Filter::Not(filter) => filter.is_of_scope(),
			Filter::Is(field, _) | Filter::Has(field) | Filter::Contains(field, _) => {
				matches!(field, Field::User | Field::Agent | Field::Run | Field::App)
			}
			Filter::Since(_) | Filter::Until(_) => false,
		}
	}

	/// True if a record meets it.
	pub fn matches(&self, record: &Record) -> bool {
		match self {
			Filter::All(filters) => filters.iter().all(|filter| filter.matches(record)),
			Filter::Any(filters) => filters.iter().any(|filter| filter.matches(record)),
			Filter::Not(filter) => !filter.matches(record),
			Filter::Is(field, value) => any(field, record, |found| found == value),
			Filter::Has(field) => any(field, record, |_| true),
			Filter::Contains(field, part) => {
				let part = part.to_ascii_lowercase();
				any(field, record, |found| found.to_ascii_lowercase().contains(&part))
			}
			Filter::Since(time) => record.recorded_at >= *time,
			Filter::Until(time) => record.recorded_at <= *time,
		}
	}
}

fn any(field: &Field, record: &Record, test: impl Fn(&str) -> bool) -> bool {
	let part = |part: &Option<String>| part.as_deref().is_some_and(&test);
	match field {
		Field::User => part(&record.scope.user),
		Field::Agent => part(&record.scope.agent),
		Field::Run => part(&record.scope.run),
		Field::App => part(&record.scope.app),
		Field::Category => record.categories.iter().any(|category| test(category)),
		Field::Source => !record.source.is_empty() && test(&record.source),
		Field::Role => test(record.role.as_str()),
		Field::Kind => test(record.kind.as_str()),
		Field::Id => test(&record.id.to_string()),
		Field::Text => test(&record.text),
		Field::Metadata(key) => {
			let metadata: Option<serde_json::Value> = serde_json::from_str(&record.metadata).ok();
			match metadata.as_ref().and_then(|metadata| metadata.get(key)) {
				None | Some(serde_json::Value::Null) => false,
				Some(serde_json::Value::String(text)) => test(text),
				Some(value) => test(&value.to_string()),
			}
		}
	}
}
