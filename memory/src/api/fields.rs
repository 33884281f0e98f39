//! The parts of requests: scopes, times, filters, in the words of mem0 and MemSync.

use crate::{
	filter::{Field, Filter},
	record::Scope,
	Error, Result,
};
use jiff::{civil::Date, tz::TimeZone, Timestamp, ToSpan};
use serde_json::{Map, Value};

/// A time as text, in UTC.
pub fn date(milliseconds: u64) -> String {
	let time = Timestamp::from_millisecond(i64::try_from(milliseconds).unwrap_or(i64::MAX));
	time.map_or_else(|_| milliseconds.to_string(), |time| time.to_string())
}

/// A time in milliseconds since 1970: RFC 3339, a day (its first moment, or with `ends` its last), or a number of seconds.
pub fn time_of(value: &Value, ends: bool) -> Result<u64> {
	let refused =
		|| Error::Usage(format!("{value} is no time: give 2026-11-27, 2026-11-27T12:00:00Z or seconds since 1970"));
	let number = |seconds: f64| ((0.0..1e11).contains(&seconds)).then_some((seconds * 1000.0) as i64);
	let milliseconds = match value {
		Value::Number(seconds) => seconds.as_f64().and_then(number),
		Value::String(text) => match (text.parse::<Timestamp>(), text.parse::<Date>()) {
			(Ok(time), _) => Some(time.as_millisecond()),
			(Err(_), Ok(day)) => {
				let day = day.checked_add((ends as i64).days()).and_then(|day| day.to_zoned(TimeZone::UTC));
				day.ok().map(|day| day.timestamp().as_millisecond() - i64::from(ends))
			}
			(Err(_), Err(_)) => text.parse().ok().and_then(number),
		},
		_ => None,
	};
	milliseconds.and_then(|time| u64::try_from(time).ok()).ok_or_else(refused)
}

/// Names of the parts of a scope: mem0's, MemSync's, and ours.
const USER: &[&str] = &["user_id", "user"];
const AGENT: &[&str] = &["agent_id", "agent"];
const RUN: &[&str] = &["run_id", "thread_id", "session_id", "run"];
const APP: &[&str] = &["app_id", "app"];

fn name_of(body: &Value, names: &[&str]) -> Result<Option<String>> {
	for name in names {
		match &body[*name] {
			Value::Null => {}
			Value::String(text) if !text.is_empty() => return Ok(Some(text.clone())),
			other => {
				return Err(Error::Usage(format!(
					"`{name}` is {other}: give a text that is not empty, or leave it out"
				)))
			}
		}
	}
	Ok(None)
}

/// The scope that a write names, at the top or in `filters`.
pub fn scope_of(body: &Value) -> Result<Scope> {
	let filters = filters_of(body)?;
	let part = |names| Result::Ok(name_of(body, names)?.or(name_of(&filters, names)?));
	Ok(Scope { user: part(USER)?, agent: part(AGENT)?, run: part(RUN)?, app: part(APP)? })
}

/// `filters`, which some clients send as a text in a query string, in JSON or as Python writes a dict.
fn filters_of(body: &Value) -> Result<Value> {
	match &body["filters"] {
		Value::String(text) => {
			let read = serde_json::from_str(text).or_else(|_| serde_json::from_str(&text.replace('\'', "\"")));
			read.map_err(|_| Error::Usage("`filters` is no JSON object: give it as {\"user_id\": \"alice\"}".into()))
		}
		other => Ok(other.clone()),
	}
}

/// The records that a read ranges over: scope and conditions at the top, and `filters` in mem0's grammar.
pub fn filter_of(body: &Value) -> Result<Filter> {
	let mut filters = Vec::new();
	for (names, field) in [(USER, Field::User), (AGENT, Field::Agent), (RUN, Field::Run), (APP, Field::App)] {
		if let Some(name) = name_of(body, names)? {
			filters.push(if name == "*" { Filter::Has(field) } else { Filter::Is(field, name) });
		}
	}
	for (name, filter) in [("start_date", Filter::Since as fn(u64) -> Filter), ("end_date", Filter::Until)] {
		if !body[name].is_null() {
			filters.push(filter(time_of(&body[name], name == "end_date")?));
		}
	}
	for name in ["categories", "type", "source", "metadata"] {
		if !body[name].is_null() && body[name] != Value::Array(Vec::new()) {
			filters.push(condition(name, &body[name])?);
		}
	}
	match filters_of(body)? {
		Value::Null => {}
		filter => filters.push(expression(&filter, 0)?),
	}
	Ok(Filter::All(filters))
}

fn expression(value: &Value, depth: u32) -> Result<Filter> {
	if depth > crate::constants::FILTER_DEPTH {
		return Err(Error::Usage("`filters` are nested too deep: ask in several queries".into()));
	}
	let Value::Object(object) = value else {
		return Err(Error::Usage(format!(
			"`filters` has {value} where an object belongs, as {{\"user_id\": \"alice\"}}"
		)));
	};
	let mut all = Vec::new();
	for (name, value) in object {
		let several = || match value {
			Value::Array(filters) => {
				filters.iter().map(|filter| expression(filter, depth + 1)).collect::<Result<Vec<_>>>()
			}
			other => Ok(vec![expression(other, depth + 1)?]),
		};
		all.push(match name.as_str() {
			"AND" => Filter::All(several()?),
			"OR" => Filter::Any(several()?),
			"NOT" => Filter::Not(Box::new(Filter::Any(several()?))),
			name => condition(name, value)?,
		});
	}
	Ok(Filter::All(all))
}

fn condition(name: &str, value: &Value) -> Result<Filter> {
	let field = match name {
		"user_id" | "user" => Field::User,
		"agent_id" | "agent" => Field::Agent,
		"run_id" | "thread_id" | "session_id" | "run" => Field::Run,
		"app_id" | "app" => Field::App,
		"category" | "categories" => Field::Category,
		"source" => Field::Source,
		"role" => Field::Role,
		"type" => Field::Kind,
		"id" | "memory_id" | "memory_ids" | "ids" => Field::Id,
		"memory" | "text" => Field::Text,
		"keywords" => return test(&Field::Text, "contains", value),
		"created_at" | "updated_at" | "timestamp" => return times(name, value),
		"metadata" => {
			let Value::Object(metadata) = value else {
				return Err(Error::Usage("`metadata` in a filter is an object, as {\"metadata\": {\"key\": \"value\"}}".into()));
			};
			let filters = metadata.iter().map(|(key, value)| on(&Field::Metadata(key.clone()), value));
			return Ok(Filter::All(filters.collect::<Result<_>>()?));
		}
		other => {
			return Err(Error::Usage(format!(
				"`{other}` is no field of a filter: there are user_id, agent_id, run_id, app_id, categories, source, role, type, memory_ids, \
				 keywords, created_at, metadata, AND, OR and NOT"
			)))
		}
	};
	on(&field, value)
}

fn on(field: &Field, value: &Value) -> Result<Filter> {
	match value {
		Value::Object(operators) => {
			let tests = operators.iter().map(|(operator, value)| test(field, operator, value));
			Ok(Filter::All(tests.collect::<Result<_>>()?))
		}
		Value::Array(_) => test(field, "in", value),
		value => test(field, "eq", value),
	}
}

fn test(field: &Field, operator: &str, value: &Value) -> Result<Filter> {
	let text = |value: &Value| match value {
		Value::String(text) => text.clone(),
		other => other.to_string(),
	};
	Ok(match (operator, value) {
		("eq", Value::Null) => Filter::Not(Box::new(Filter::Has(field.clone()))),
		("eq", Value::String(any)) if any == "*" => Filter::Has(field.clone()),
		("eq", value) => Filter::Is(field.clone(), text(value)),
		("ne", value) => Filter::Not(Box::new(test(field, "eq", value)?)),
		("in", Value::Array(values)) => Filter::Any(values.iter().map(|value| test(field, "eq", value)).collect::<Result<_>>()?),
		("nin", Value::Array(_)) => Filter::Not(Box::new(test(field, "in", value)?)),
		// A category is a member of a list.
		("contains", value) if *field == Field::Category => Filter::Is(Field::Category, text(value)),
		("contains" | "icontains", value) => Filter::Contains(field.clone(), text(value)),
		(other, _) => {
			return Err(Error::Usage(format!(
				"`{other}` does not go with this value: there are eq, ne, in, nin (with a list), contains and icontains, and for times gt, gte, lt and lte"
			)))
		}
	})
}

fn times(name: &str, value: &Value) -> Result<Filter> {
	let Value::Object(operators) = value else {
		return Err(Error::Usage(format!(
			"`{name}` in a filter takes gte, gt, lte or lt, as {{\"gte\": \"2026-11-27\"}}"
		)));
	};
	bounds(operators).map(Filter::All)
}

fn bounds(operators: &Map<String, Value>) -> Result<Vec<Filter>> {
	let bound = |(operator, value): (&String, &Value)| match operator.as_str() {
		"gte" => Ok(Filter::Since(time_of(value, false)?)),
		"gt" => Ok(Filter::Since(time_of(value, true)? + 1)),
		"lte" => Ok(Filter::Until(time_of(value, true)?)),
		"lt" => Ok(Filter::Until(time_of(value, false)?.saturating_sub(1))),
		other => Err(Error::Usage(format!("`{other}` does not go with a time: there are gte, gt, lte and lt"))),
	};
	operators.iter().map(bound).collect()
}
