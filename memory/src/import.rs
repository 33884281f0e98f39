//! Files of other systems, as memories.

use crate::{
	api::{time_of, Draft},
	constants::TEXT_BYTES,
	record::{Kind, Origin, Role, Scope},
	Error, Result,
};
use serde_json::Value;

/// Longest piece of a document that becomes one memory, in bytes.
const PIECE_BYTES: usize = 2_000;

/// Formats that [`parse`] reads.
pub const FORMATS: [&str; 6] = ["mem0", "memwal", "letta", "mcp", "chatgpt", "claude"];

/// Reads a file of another system.
pub fn parse(format: &str, bytes: &[u8]) -> Result<Vec<Draft>> {
	let text = std::str::from_utf8(bytes).map_err(|_| Error::Usage("the file is no text in UTF-8".into()))?;
	let json = || {
		let value: serde_json::Result<Value> = serde_json::from_str(text);
		value.map_err(|error| Error::Usage(format!("the file is no JSON: {error}")))
	};
	let drafts = match format {
		"mem0" | "memwal" => list(json().or_else(|error| lines(text).ok_or(error))?),
		"letta" => letta(&json()?),
		"mcp" => {
			graph(&json().ok().filter(|value| value["entities"].is_array()).or_else(|| lines(text)).unwrap_or_default())
		}
		"chatgpt" => chatgpt(&json()?),
		"claude" => claude(&json()?),
		other => {
			return Err(Error::Usage(format!("`{other}` is no format that is read: there are {}", FORMATS.join(", "))))
		}
	};
	let drafts: Vec<Draft> = drafts.into_iter().flat_map(split).collect();
	if drafts.is_empty() {
		return Err(Error::Usage(format!("there is no memory in the file: is it one of {format}?")));
	}
	Ok(drafts)
}

/// Reads a text, Markdown or HTML file, by the end of its name. Each paragraph, or several short ones, is a memory.
pub fn document(name: &str, content: &str) -> Result<Vec<Draft>> {
	let lower = name.to_ascii_lowercase();
	let text = match lower.rsplit_once('.').map(|(_, end)| end) {
		Some("html" | "htm") => nanohtml2text::html2text(content).replace("\r\n", "\n"),
		Some("txt" | "text" | "md" | "markdown") => content.replace("\r\n", "\n"),
		_ => return Err(Error::Usage(format!("`{name}` is no text: files end in .txt, .md or .html"))),
	};
	let mut pieces: Vec<String> = Vec::new();
	for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
		match pieces.last_mut() {
			Some(piece) if piece.len() + paragraph.len() < PIECE_BYTES => {
				piece.push_str("\n\n");
				piece.push_str(paragraph);
			}
			_ => pieces.push(paragraph.into()),
		}
	}
	if pieces.is_empty() {
		return Err(Error::Usage(format!("there is no text in `{name}`")));
	}
	let drafts = pieces.into_iter().map(|text| Draft { text, ..Draft::default() });
	Ok(drafts.flat_map(split).collect())
}

/// A memory of what is too long for one, in parts that end where a word does.
fn split(draft: Draft) -> Vec<Draft> {
	let mut parts = Vec::new();
	let mut rest = draft.text.trim();
	while rest.len() > TEXT_BYTES {
		let mut end = TEXT_BYTES;
		while !rest.is_char_boundary(end) {
			end -= 1;
		}
		let end = rest[..end].rfind(char::is_whitespace).filter(|space| *space > 0).unwrap_or(end);
		parts.push(rest[..end].trim().to_string());
		rest = rest[end..].trim();
	}
	parts.push(rest.to_string());
	parts.into_iter().filter(|text| !text.is_empty()).map(|text| Draft { text, ..draft.clone() }).collect()
}

/// One JSON object a line.
fn lines(text: &str) -> Option<Value> {
	let values = text
		.lines()
		.filter(|line| !line.trim().is_empty())
		.map(serde_json::from_str)
		.collect::<serde_json::Result<Vec<Value>>>();
	values.ok().map(Value::Array)
}

fn text_of<'a>(value: &'a Value, names: &[&str]) -> Option<&'a str> {
	names.iter().find_map(|name| value[*name].as_str()).filter(|text| !text.trim().is_empty())
}

fn owned(value: &Value, names: &[&str]) -> Option<String> {
	text_of(value, names).map(String::from)
}

fn metadata_of(value: &Value) -> String {
	match &value["metadata"] {
		Value::Object(metadata) if !metadata.is_empty() => value["metadata"].to_string(),
		_ => String::new(),
	}
}

fn time(value: &Value) -> Option<u64> {
	(!value.is_null()).then(|| time_of(value, false).ok()).flatten()
}

/// Lists of memories: those of mem0's `get_all` and exports, and those of MemWal.
fn list(value: Value) -> Vec<Draft> {
	let of = |name: &str| value[name].as_array().cloned();
	let memories = value.as_array().cloned().or_else(|| of("results")).or_else(|| of("memories")).unwrap_or_default();
	let draft = |memory: &Value| {
		let text =
			memory.as_str().map(String::from).or_else(|| owned(memory, &["memory", "text", "content", "data"]))?;
		let categories =
			memory["categories"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(String::from));
		Some(Draft {
			text,
			role: text_of(memory, &["role"]).and_then(|role| role.parse().ok()).unwrap_or_default(),
			kind: text_of(memory, &["type"]).and_then(|kind| kind.parse().ok()).unwrap_or_default(),
			scope: Scope {
				user: owned(memory, &["user_id", "user"]),
				agent: owned(memory, &["agent_id", "agent"]),
				run: owned(memory, &["run_id", "thread_id"]),
				app: owned(memory, &["app_id", "namespace"]),
			},
			categories: categories.collect(),
			metadata: metadata_of(memory),
			valid_from: time(&memory["created_at"]),
			..Draft::default()
		})
	};
	memories.iter().filter_map(draft).collect()
}

/// An agent file of Letta: blocks, archival passages, messages.
fn letta(value: &Value) -> Vec<Draft> {
	let derived = || Origin::Derived { from: Vec::new(), by: "letta".into() };
	let agents = value["agents"].as_array().cloned().unwrap_or_default();
	let mut drafts = Vec::new();
	for part in agents.iter().chain([value]) {
		let agent = owned(part, &["name"]);
		let scope = Scope { agent, ..Scope::default() };
		let all = |names: &[&str]| {
			names.iter().flat_map(|name| part[*name].as_array().cloned().unwrap_or_default()).collect::<Vec<_>>()
		};
		for block in all(&["blocks", "core_memory"]) {
			if let Some(text) = owned(&block, &["value"]) {
				let categories = owned(&block, &["label"]).into_iter().collect();
				drafts.push(Draft { text, categories, origin: derived(), scope: scope.clone(), ..Draft::default() });
			}
		}
		for passage in all(&["passages", "archival_memory"]) {
			if let Some(text) = owned(&passage, &["text", "content"]) {
				drafts.push(Draft { text, origin: derived(), scope: scope.clone(), ..Draft::default() });
			}
		}
		for message in all(&["messages"]) {
			drafts.extend(said(&message, &message["content"], &scope));
		}
	}
	drafts
}

/// The knowledge graph of MCP's memory server: an observation is a memory, and so is a relation.
fn graph(value: &Value) -> Vec<Draft> {
	let flat = value.as_array().cloned().unwrap_or_default();
	let of = |list: &str, kind: &str| {
		let marked = flat.iter().filter(|item| item["type"] == kind).cloned();
		value[list].as_array().cloned().into_iter().flatten().chain(marked).collect::<Vec<_>>()
	};
	let mut drafts = Vec::new();
	for entity in of("entities", "entity") {
		let Some(name) = text_of(&entity, &["name"]) else { continue };
		for observation in entity["observations"].as_array().into_iter().flatten().filter_map(Value::as_str) {
			let categories = owned(&entity, &["entityType"]).into_iter().collect();
			drafts.push(Draft { text: format!("{name}: {observation}"), categories, ..Draft::default() });
		}
	}
	for relation in of("relations", "relation") {
		let parts = [text_of(&relation, &["from"]), text_of(&relation, &["relationType"]), text_of(&relation, &["to"])];
		if let [Some(from), Some(relation), Some(to)] = parts {
			let categories = vec!["relation".into()];
			drafts.push(Draft {
				text: format!("{from} {} {to}", relation.replace('_', " ")),
				categories,
				..Draft::default()
			});
		}
	}
	drafts
}

/// A message of a conversation, its content a text or a list of parts.
fn said(message: &Value, content: &Value, scope: &Scope) -> Option<Draft> {
	let role: Role = text_of(message, &["role", "sender"]).and_then(|role| role.parse().ok()).unwrap_or_default();
	let parts = |list: &Vec<Value>| {
		list.iter().filter_map(|part| part.as_str().or(part["text"].as_str())).collect::<Vec<_>>().join("\n")
	};
	let text = content.as_str().map(String::from).or_else(|| content.as_array().map(parts))?;
	let valid_from = time(&message["create_time"]).or_else(|| time(&message["created_at"]));
	let kind = Kind::Episodic;
	(!text.trim().is_empty()).then(|| Draft { text, role, kind, scope: scope.clone(), valid_from, ..Draft::default() })
}

/// `conversations.json` of ChatGPT.
fn chatgpt(value: &Value) -> Vec<Draft> {
	let mut drafts = Vec::new();
	for conversation in value.as_array().into_iter().flatten() {
		let scope = Scope { run: owned(conversation, &["conversation_id", "id", "title"]), ..Scope::default() };
		let nodes = conversation["mapping"].as_object().into_iter().flat_map(|mapping| mapping.values());
		let mut messages: Vec<&Value> =
			nodes.map(|node| &node["message"]).filter(|message| message.is_object()).collect();
		messages.sort_by_key(|message| time(&message["create_time"]));
		for message in messages {
			let author =
				serde_json::json!({ "role": message["author"]["role"], "create_time": message["create_time"] });
			drafts.extend(said(&author, &message["content"]["parts"], &scope));
		}
	}
	drafts
}

/// `conversations.json` of Claude.
fn claude(value: &Value) -> Vec<Draft> {
	let mut drafts = Vec::new();
	for conversation in value.as_array().into_iter().flatten() {
		let scope = Scope { run: owned(conversation, &["uuid", "name"]), ..Scope::default() };
		for message in conversation["chat_messages"].as_array().into_iter().flatten() {
			let content = if message["content"].is_null() { &message["text"] } else { &message["content"] };
			drafts.extend(said(message, content, &scope));
		}
	}
	drafts
}
