//! Keys bind an agent to a space, rights and a scope: every endpoint and every tool, asked with another's, gives nothing.

mod common;

use assay_memory::{
	api::{Access, Daemon as Served},
	record::Scope,
	store::{Recovery, Rights},
	Error,
};
use common::{all, ask, home, Daemon};
use serde_json::{json, Value};
use std::sync::Arc;

const MARK: &str = "quartzmark";

fn scope(user: &str) -> Scope {
	Scope { user: Some(user.into()), ..Scope::default() }
}

/// Every endpoint that reads or changes memories, with what a foreign agent would send to get at alice's.
fn requests(id: &str) -> Vec<(&'static str, String, Value)> {
	let id = |path: &str| path.replace("{id}", id);
	let everything = || json!({ "query": MARK, "filters": { "OR": [{ "user_id": "alice" }, { "user_id": "*" }, { "NOT": [{ "user_id": "bob" }] }] } });
	let mut all = Vec::new();
	for path in
		["/v1/memories/search", "/v3/memories/search/", "/v2/memories/search/", "/v1/memories/search/", "/search"]
	{
		all.push(("POST", path.into(), everything()));
		all.push(("POST", path.into(), json!({ "query": MARK, "user_id": "alice" })));
		all.push(("POST", path.into(), json!({ "query": MARK, "proof": true })));
		all.push((
			"POST",
			path.into(),
			json!({ "query": MARK, "latest_only": false, "show_expired": true, "filters": { "memory_ids": [id("{id}")] } }),
		));
	}
	for path in ["/v3/memories/", "/v2/memories/", "/v1/exports/get/", "/v1/exports/", "/v1/summary/"] {
		all.push(("POST", path.into(), everything()));
		all.push(("POST", path.into(), json!({})));
	}
	for path in [
		"/v1/memories?user_id=alice",
		"/v1/memories/?user_id=*",
		"/memories",
		"/v1/entities/",
		"/v1/users/profile?user_id=alice",
		"/v1/users/bio",
		"/v2/entities/user/alice/profile/",
		"/v1/integrations/status",
		"/v1/memories/{id}",
		"/v1/memories/{id}/",
		"/memories/{id}",
		"/v1/memories/{id}/history",
		"/v1/memories/{id}/history/",
		"/memories/{id}/history",
		"/v1/deletions/{id}",
		"/v1/api-keys",
	] {
		all.push(("GET", id(path), Value::Null));
	}
	for path in ["/v1/memories/{id}", "/v1/memories/{id}/", "/memories/{id}"] {
		all.push(("PUT", id(path), json!({ "text": "changed" })));
		all.push(("DELETE", id(path), Value::Null));
	}
	all.push(("PATCH", id("/v1/memories/{id}"), json!({ "text": "changed" })));
	all.push(("PUT", "/v1/batch/".into(), json!({ "memories": [{ "memory_id": id("{id}"), "text": "changed" }] })));
	all.push(("DELETE", "/v1/batch/".into(), json!({ "memories": [{ "memory_id": id("{id}") }] })));
	all.push(("DELETE", "/v2/entities/user/alice/".into(), Value::Null));
	all.push(("DELETE", "/v1/memories/?user_id=alice".into(), Value::Null));
	all.push(("DELETE", "/memories?user_id=*".into(), Value::Null));
	all.push(("POST", "/v1/memories".into(), json!({ "messages": "planted", "user_id": "alice" })));
	all.push(("POST", "/v1/memories".into(), json!({ "messages": "planted", "supersedes": id("{id}") })));
	all
}

#[test]
fn no_endpoint_gives_anything_to_a_foreign_scope_key_or_space() {
	let folder = tempfile::tempdir().unwrap();
	let home = home(folder.path());
	let space = Arc::new(home.create("first", false, None, Recovery::File).unwrap());
	let other = home.create("second", false, None, Recovery::File).unwrap();
	let added =
		all(&space).add(&json!({ "messages": format!("{MARK} belongs to alice"), "user_id": "alice" })).unwrap();
	let id = added["results"][0]["id"].as_str().unwrap().to_string();
	let bob = space.add_key("bob", Rights(7), &scope("bob")).unwrap();
	let elsewhere = other.add_key("elsewhere", Rights::ALL, &Scope::default()).unwrap();
	let writer = space.add_key("writer", Rights::APPEND, &Scope::default()).unwrap();
	let daemon = Daemon::start(folder.path());

	let mut asked = 0;
	for (key, name) in
		[(&bob, "scope"), (&elsewhere, "space"), (&"asm-00".to_string(), "key"), (&writer, "right to append only")]
	{
		for (method, path, body) in requests(&id) {
			if name == "right to append only"
				&& path == "/v1/memories"
				&& method == "POST"
				&& body["supersedes"].is_null()
			{
				continue;
			}
			let (status, answer) =
				daemon.ask(method, &path, key, &body).unwrap_or_else(|| panic!("{method} {path}: no answer"));
			let text = answer.to_string();
			assert!(!text.contains("belongs to alice"), "foreign {name}: {method} {path} {body} gives {text}");
			if name == "key" {
				assert_eq!(status, 401, "{method} {path}");
			}
			if path.contains(&id) && name != "key" {
				assert!(status == 404 || status == 403, "foreign {name}: {method} {path} answers {status} {text}");
			}
			asked += 1;
		}
	}
	println!("{asked} requests, 0 records");
	// Nor whether and when another's memory was deleted.
	let gone = all(&space).add(&json!({ "messages": "to be deleted", "user_id": "alice" })).unwrap();
	let gone = gone["results"][0]["id"].as_str().unwrap();
	all(&space).delete(gone, &json!({})).unwrap();
	for path in [format!("/v1/deletions/{gone}"), format!("/v1/memories/{gone}/history")] {
		assert_eq!(daemon.ask("GET", &path, &bob, &Value::Null).unwrap().0, 404, "{path}");
	}
	// All of it is still there, and is what it was.
	let (status, memory) = daemon
		.ask(
			"GET",
			&format!("/v1/memories/{id}"),
			&space.add_key("alice", Rights::READ, &scope("alice")).unwrap(),
			&Value::Null,
		)
		.unwrap();
	assert_eq!(
		(status, &memory["memory"], &memory["version"]),
		(200, &json!(format!("{MARK} belongs to alice")), &json!(1))
	);
	assert_eq!(all(&space).list(&json!({ "user_id": "alice", "latest_only": false })).unwrap()["count"], 1);
}

#[test]
fn no_tool_gives_anything_to_a_foreign_scope() {
	let folder = tempfile::tempdir().unwrap();
	let space = Arc::new(home(folder.path()).create("space", false, None, Recovery::File).unwrap());
	let added =
		all(&space).add(&json!({ "messages": format!("{MARK} belongs to alice"), "user_id": "alice" })).unwrap();
	let id = added["results"][0]["id"].as_str().unwrap();
	let receipt = all(&space).search(&json!({ "query": MARK, "proof": true })).unwrap()["proof"]["receipt"].clone();
	let bob = Access::owner(space.clone(), "bob", scope("bob"), None);
	let body = json!({ "memory_id": id, "query": MARK, "user_id": "alice", "text": "changed", "receipt": "0x00" });
	let tools = [
		"search_memories",
		"get_memories",
		"get_memory",
		"update_memory",
		"delete_memory",
		"delete_all_memories",
		"list_entities",
		"memory_history",
		"verify_recall",
		"export_memories",
		"add_memory",
	];
	for tool in tools {
		let answer = match bob.call(tool, &body) {
			Ok(value) => value.to_string(),
			Err(error) => error.to_string(),
		};
		assert!(!answer.contains("belongs to alice"), "{tool}: {answer}");
	}
	// A receipt shows what it shows to who holds it; what else there is it does not tell.
	let verified = bob.verify(&json!({ "receipt": receipt })).unwrap();
	assert_eq!((&verified["integrity"], &verified["complete"]), (&json!(true), &json!(false)));
	assert_eq!(all(&space).list(&json!({ "latest_only": false })).unwrap()["count"], 1);
	assert!(matches!(bob.call("drop_table", &body), Err(Error::NotFound(_))));
	let served = Served::new(vec![space], None).unwrap();
	assert!(matches!(served.access("asm-11"), Err(Error::Unauthorized(_))));
}

#[test]
fn what_a_key_may_not_do_it_is_told() {
	let folder = tempfile::tempdir().unwrap();
	let home = home(folder.path());
	let space = home.create("space", false, None, Recovery::File).unwrap();
	let reader = space.add_key("reader", Rights::READ, &Scope::default()).unwrap();
	let granter = space.add_key("granter", Rights(11), &scope("bob")).unwrap();
	let daemon = Daemon::start(folder.path());
	let asked = |key: &str, method: &str, path: &str, body: Value| daemon.ask(method, path, key, &body).unwrap();
	let (status, answer) = asked(&reader, "POST", "/v1/memories", json!({ "messages": "x" }));
	assert_eq!(status, 403);
	assert!(answer["detail"].as_str().unwrap().contains("may read, and this takes append"), "{answer}");
	assert_eq!(asked(&reader, "GET", "/v1/api-keys", Value::Null).0, 403);
	// Nobody gives away more than it has.
	assert_eq!(asked(&granter, "POST", "/v1/api-keys", json!({ "name": "a", "rights": "edit" })).0, 403);
	assert_eq!(asked(&granter, "POST", "/v1/api-keys", json!({ "name": "a", "user_id": "alice" })).0, 403);
	let (status, made) = asked(&granter, "POST", "/v1/api-keys", json!({ "name": "a", "rights": ["read"] }));
	assert_eq!(status, 200);
	assert_eq!(asked(made["key"].as_str().unwrap(), "GET", "/v1/memories", Value::Null).0, 200);
	assert_eq!(asked(&granter, "DELETE", "/v1/api-keys/reader", Value::Null).0, 404);
	assert_eq!(asked(&granter, "DELETE", "/v1/api-keys/a", Value::Null).0, 200);
	assert_eq!(asked(made["key"].as_str().unwrap(), "GET", "/v1/memories", Value::Null).0, 401);
	assert_eq!(asked(&reader, "GET", "/v1/nothing", Value::Null).0, 404);
	assert_eq!(asked(&reader, "GET", "/v1/integrations/google", Value::Null).0, 501);
	// A page that a browser was lured to names another host.
	let (status, answer) = ask(&daemon.address, "evil.example", "GET", "/v1/memories", &reader, &Value::Null).unwrap();
	assert_eq!(status, 403);
	assert!(answer["detail"].as_str().unwrap().contains("evil.example"));
	// No request without a key, MCP neither.
	assert_eq!(daemon.ask("POST", "/mcp", "", &json!({})).unwrap().0, 401);
	assert_eq!(asked(&reader, "POST", "/v1/memories/search", json!([1])).0, 400);
}
