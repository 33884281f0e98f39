//! The command line, as a user has it: proofs that verify where nobody was, and files that come and go.

use serde_json::{json, Value};
use std::{path::Path, process::Command};

fn run(home: &Path, arguments: &[&str]) -> (i32, Value) {
	let done = Command::new(env!("CARGO_BIN_EXE_assay-memory"))
		.arg("--json")
		.arg("--home")
		.arg(home)
		.args(arguments)
		.output()
		.unwrap();
	let text = String::from_utf8(done.stdout).unwrap();
	(
		done.status.code().unwrap(),
		serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?} prints `{text}`")),
	)
}

fn done(home: &Path, arguments: &[&str]) -> Value {
	let (code, value) = run(home, arguments);
	assert_eq!(code, 0, "{arguments:?}: {value}");
	value
}

fn refused(home: &Path, arguments: &[&str], code: i32, word: &str) {
	let (found, value) = run(home, arguments);
	assert_eq!(found, code, "{arguments:?}: {value}");
	assert!(value["error"].as_str().unwrap().contains(word), "{arguments:?}: {value}");
}

#[test]
fn a_receipt_verifies_where_nobody_was_and_says_what_it_could_not_check() {
	let folder = tempfile::tempdir().unwrap();
	let (here, there) = (folder.path().join("here"), folder.path().join("there"));
	let file = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
	let (first, second, export, kit) = (file("first"), file("second"), file("export"), file("kit"));
	let owner = done(&here, &["init"])["owner"].clone();
	let owner = owner.as_str().unwrap();
	done(&here, &["add", "Alice moved to Lisbon", "--user", "alice"]);
	done(&here, &["add", "Bob stays in Lisbon", "--user", "bob"]);
	done(&here, &["search", "Lisbon", "--proof", &first]);
	let verified = done(&here, &["verify", &first]);
	assert_eq!(
		(&verified["integrity"], &verified["complete"], &verified["older"]),
		(&json!(true), &json!(true), &json!(false))
	);
	assert_eq!(verified["memories"].as_array().unwrap().len(), 2);
	// A stranger, with nothing: level 1, and the owner is pinned.
	let verified = done(&there, &["verify", &first]);
	assert_eq!(
		(&verified["integrity"], &verified["complete"], &verified["first_use"]),
		(&json!(true), &json!(false), &json!(true))
	);
	assert!(verified["not_checked"].as_str().unwrap().contains("left out"));
	done(&there, &["verify", &first, "--owner", owner]);
	refused(&there, &["verify", &first, "--owner", &format!("0x{}", "11".repeat(32))], 8, "and not of");
	refused(&there, &["verify", &first, "--owner", "bob"], 1, "hex");

	// A later state: the old receipt is one of an older state from then on, for whoever has seen the new one.
	done(&here, &["add", "Carol left Lisbon"]);
	done(&here, &["search", "Lisbon", "--proof", &second]);
	done(&here, &["export", &export]);
	refused(&here, &["verify", &first], 8, "commit 2 since");
	assert_eq!(done(&there, &["verify", &second])["first_use"], json!(false));
	refused(&there, &["verify", &first], 8, "commit 2 since");
	let older = done(&there, &["verify", &first, "--accept-older"]);
	assert_eq!((&older["older"], &older["complete"]), (&json!(true), &json!(false)));
	refused(&there, &["verify", &export], 8, "no receipt");

	// With the state, level 2: an owner's second machine has it by kit and export.
	done(&here, &["kit", &kit]);
	done(&there, &["init", "copy", "--kit", &kit]);
	assert_eq!(done(&there, &["--space", "copy", "import", &export])["memories"], json!(3));
	assert_eq!(done(&there, &["--space", "copy", "verify", &second])["complete"], json!(true));
	assert_eq!(done(&there, &["--space", "copy", "verify", &second, "--state", &export])["complete"], json!(true));
	refused(
		&there,
		&["--space", "copy", "verify", &first, "--accept-older", "--state", &export],
		8,
		"take the state of that one",
	);
	assert_eq!(done(&there, &["--space", "copy", "status", "--check"])["memories"], json!(3));
	// Every change of a bit is found.
	let mut bytes = std::fs::read(&second).unwrap();
	let middle = bytes.len() / 2;
	bytes[middle] ^= 1;
	std::fs::write(&second, bytes).unwrap();
	refused(&there, &["verify", &second], 8, "not verified");
}

#[test]
fn memories_of_other_systems_come_in_and_go_out() {
	let folder = tempfile::tempdir().unwrap();
	let home = folder.path().join("home");
	done(&home, &["init"]);
	let write = |name: &str, text: &str| {
		let path = folder.path().join(name);
		std::fs::write(&path, text).unwrap();
		path.to_str().unwrap().to_string()
	};
	let files = [
		("mem0", r#"{"results": [{"id": "1", "memory": "Likes tea", "user_id": "alice", "categories": ["food"], "created_at": "2025-03-01T10:00:00Z"}]}"#, 1),
		("memwal", "{\"text\": \"Owns a boat\", \"namespace\": \"sea\"}\n{\"text\": \"Sails on Sundays\"}\n", 2),
		("letta", r#"{"agents": [{"name": "bot", "messages": [{"role": "user", "content": [{"type": "text", "text": "My name is Kim"}]}]}], "blocks": [{"label": "human", "value": "Kim is a pilot"}]}"#, 2),
		("mcp", "{\"type\": \"entity\", \"name\": \"Ada\", \"entityType\": \"person\", \"observations\": [\"writes programs\"]}\n{\"type\": \"relation\", \"from\": \"Ada\", \"relationType\": \"works_with\", \"to\": \"Charles\"}\n", 2),
		("chatgpt", r#"[{"id": "c", "mapping": {"b": {"message": {"author": {"role": "assistant"}, "content": {"parts": ["Hello Rex"]}, "create_time": 2}}, "a": {"message": {"author": {"role": "user"}, "content": {"parts": ["I am Rex"]}, "create_time": 1}}}}]"#, 2),
		("claude", r#"[{"uuid": "u", "chat_messages": [{"sender": "human", "text": "I am Mia", "created_at": "2026-01-01T00:00:00Z"}]}]"#, 1),
	];
	for (format, text, count) in files {
		let path = write(format, text);
		assert_eq!(done(&home, &["import", &path, "--from", format])["added"], json!(count), "{format}");
	}
	let found = |query: &str| done(&home, &["search", query])["results"][0].clone();
	assert_eq!(
		(found("tea")["user_id"].as_str(), found("tea")["created_at"].as_str()),
		(Some("alice"), Some("2025-03-01T10:00:00Z"))
	);
	assert_eq!((found("boat")["app_id"].as_str(), found("pilot")["derived_by"].as_str()), (Some("sea"), Some("letta")));
	assert_eq!(found("Ada works with Charles")["memory"], json!("Ada works with Charles"));
	assert_eq!(found("Mia")["source"], json!("claude"));
	let path = write("nonsense", "no JSON");
	refused(&home, &["import", &path, "--from", "mem0"], 1, "JSON");
	refused(&home, &["import", &path, "--from", "notion"], 1, "mem0");
	refused(&home, &["import", &path], 1, "no export");
	let plain = folder.path().join("plain.json");
	assert_eq!(done(&home, &["export", plain.to_str().unwrap(), "--plain"])["memories"], json!(10));
	let again = folder.path().join("again");
	done(&again, &["init"]);
	assert_eq!(done(&again, &["import", plain.to_str().unwrap(), "--from", "mem0"])["added"], json!(10));
	refused(&home, &["rm"], 1, "ids");
	refused(&home, &["--space", "other", "ls"], 1, "init other");
	assert_eq!(done(&home, &["rm", "--user", "alice"])["deletion"]["reached"], json!("forward"));
}

#[test]
fn a_time_before_is_asked_by_its_commit() {
	let folder = tempfile::tempdir().unwrap();
	let home = folder.path();
	done(home, &["init"]);
	let id = done(home, &["add", "The office is in Graz"])["results"][0]["id"].as_str().unwrap().to_string();
	done(home, &["commit"]);
	done(home, &["update", &id, "The office is in Linz"]);
	done(home, &["commit"]);
	let first = |arguments: &[&str]| done(home, arguments)["results"][0]["memory"].clone();
	assert_eq!(first(&["search", "office"]), json!("The office is in Linz"));
	assert_eq!(first(&["search", "office", "--as-of", "1"]), json!("The office is in Graz"));
	assert_eq!(done(home, &["search", "office", "--as-of", "2020-01-01"])["results"], json!([]));
	assert_eq!(done(home, &["history", &id]).as_array().unwrap().len(), 2);
	let replaced = done(home, &["add", "The office is in Wels", "--supersedes", &id]);
	assert_eq!(first(&["search", "office"]), replaced["results"][0]["memory"]);
	done(home, &["add", "Lunch is at noon", "--expires", "2020-01-01"]);
	assert_eq!(done(home, &["search", "lunch"])["results"], json!([]));
}
