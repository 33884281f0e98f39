//! The tools that agents use over the Model Context Protocol: mem0's names, and ours.

use crate::{api::Access, Error, Result};
use rmcp::{
	model::{
		CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, JsonObject, ListToolsResult,
		PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
	},
	service::RequestContext,
	transport::streamable_http_server::{
		session::local::LocalSessionManager, StreamableHttpServerConfig, StreamableHttpService,
	},
	ErrorData, RoleServer, ServerHandler, ServiceExt,
};
use serde_json::{json, Value};

/// A server of tools. Over HTTP each request brings its own access, by its API key.
#[derive(Clone)]
pub struct Server {
	access: Option<Access>,
}

const INSTRUCTIONS: &str =
	"Memories that outlast a session. Search before answering about the user or earlier work; add what is worth \
	knowing later, one fact a memory. `search_memories` with `proof` gives a receipt that `verify_recall` checks.";

fn tool(name: &'static str, description: &'static str, required: &[&str], properties: Value) -> Tool {
	let schema = json!({ "type": "object", "properties": properties, "required": required });
	let schema: JsonObject = schema.as_object().cloned().unwrap_or_default();
	Tool::new(name, description, schema)
}

/// The tools, with what they take.
pub fn tools() -> Vec<Tool> {
	let text = |description: &str| json!({ "type": "string", "description": description });
	let flag = |description: &str| json!({ "type": "boolean", "description": description });
	let number = |description: &str| json!({ "type": "integer", "minimum": 1, "description": description });
	let id = || text("Id of the memory");
	let filters = || json!({ "type": "object", "description": "Conditions: {\"AND\": [{\"user_id\": \"alice\"}, {\"categories\": {\"contains\": \"food\"}}]}" });
	let scope = |mut others: Value| {
		for (name, what) in [
			("user_id", "Whose memory"),
			("agent_id", "Which agent's"),
			("run_id", "Which session's"),
			("app_id", "Which application's"),
		] {
			others[name] = text(what);
		}
		others
	};
	let messages = json!({
		"type": "array",
		"description": "A conversation, each message of which becomes a memory",
		"items": { "type": "object", "properties": { "role": text("user, assistant, system or tool"), "content": text("What was said") } },
	});
	vec![
		tool(
			"add_memory",
			"Remember a text, or each message of a conversation. Give one fact as `text`; `derived_from` names the memories that it was made of.",
			&[],
			scope(json!({
				"text": text("What to remember"), "messages": messages, "metadata": json!({ "type": "object" }),
				"categories": json!({ "type": "array", "items": { "type": "string" } }), "type": text("semantic (default) or episodic"),
				"supersedes": text("Id of a memory that this one replaces"), "derived_from": json!({ "type": "array", "items": { "type": "string" } }),
				"expiration_date": text("Last day on which it is recalled, as 2026-11-27"),
			})),
		),
		tool(
			"search_memories",
			"The memories that fit a query best. With `proof`, a receipt that nothing was changed and nothing better was left out.",
			&["query"],
			scope(json!({
				"query": text("What to look for"), "top_k": number("How many at most; 10 without it"), "filters": filters(),
				"proof": flag("Whether to give a receipt"), "show_expired": flag("Also what has expired"),
				"latest_only": flag("false: also what was replaced"),
			})),
		),
		tool(
			"get_memories",
			"Memories, the newest first.",
			&[],
			scope(json!({ "filters": filters(), "page": number("From 1"), "page_size": number("At most 1000; 100 without it") })),
		),
		tool("get_memory", "One memory.", &["memory_id"], json!({ "memory_id": id() })),
		tool(
			"update_memory",
			"Write a new version of a memory. The old one stays in its history.",
			&["memory_id"],
			json!({ "memory_id": id(), "text": text("The new text"), "metadata": json!({ "type": "object" }) }),
		),
		tool(
			"delete_memory",
			"Delete a memory, all its versions. The answer says what the deletion has reached.",
			&["memory_id"],
			json!({ "memory_id": id(), "cascade": flag("Also what was derived from it"), "delete_linked": flag("Also what it replaced") }),
		),
		tool("delete_all_memories", "Delete all memories of a user, an agent, a run or an application.", &[], scope(json!({ "filters": filters() }))),
		tool("list_entities", "Users, agents, runs and applications that there are memories of.", &[], json!({})),
		tool("memory_history", "All versions of a memory.", &["memory_id"], json!({ "memory_id": id() })),
		tool("verify_recall", "Verify a receipt that a search with `proof` gave.", &["receipt"], json!({ "receipt": text("The receipt, in hex") })),
		tool("export_memories", "All memories, in plain text.", &[], scope(json!({ "filters": filters() }))),
	]
}

impl Server {
	/// For one agent on this machine, over standard input and output.
	pub fn new(access: Access) -> Self {
		Server { access: Some(access) }
	}

	/// Serves until the other side closes.
	pub async fn serve_stdio(self) -> Result<()> {
		let at = |error: String| Error::storage("MCP over standard input and output", error);
		let running = self.serve(rmcp::transport::stdio()).await.map_err(|error| at(error.to_string()))?;
		running.waiting().await.map_err(|error| at(error.to_string()))?;
		Ok(())
	}

	fn access(&self, context: &RequestContext<RoleServer>) -> Result<Access> {
		let by_request = || context.extensions.get::<axum::http::request::Parts>()?.extensions.get::<Access>().cloned();
		let access = self.access.clone().or_else(by_request);
		access.ok_or_else(|| {
			Error::Unauthorized("an API key is missing: send it as `Authorization: Bearer asm-...`".into())
		})
	}
}

impl ServerHandler for Server {
	fn get_info(&self) -> ServerConfig {
		let mut info =
			ServerConfig::new(ServerCapabilities::builder().enable_tools().build()).with_instructions(INSTRUCTIONS);
		info.server_info = Implementation::new("assay-memory", env!("CARGO_PKG_VERSION"));
		info
	}

	async fn list_tools(
		&self,
		_: Option<PaginatedRequestParams>,
		_: RequestContext<RoleServer>,
	) -> std::result::Result<ListToolsResult, ErrorData> {
		Ok(ListToolsResult::with_all_items(tools()))
	}

	fn get_tool(&self, name: &str) -> Option<Tool> {
		tools().into_iter().find(|tool| tool.name == name)
	}

	async fn call_tool(
		&self,
		request: CallToolRequestParams,
		context: RequestContext<RoleServer>,
	) -> std::result::Result<CallToolResponse, ErrorData> {
		let body = Value::Object(request.arguments.unwrap_or_default());
		Ok(call(self.access(&context), request.name.to_string(), body).await.into())
	}
}

/// The answer of a tool.
pub async fn call(access: Result<Access>, name: String, body: Value) -> CallToolResult {
	let done = tokio::task::spawn_blocking(move || access?.call(&name, &body)).await;
	let done =
		done.unwrap_or_else(|error| Err(Error::storage("a tool", format!("it ended without an answer: {error}"))));
	// A tool's refusal is for the model to read.
	match done {
		Ok(Value::Array(results)) => CallToolResult::structured(json!({ "results": results })),
		Ok(value) => CallToolResult::structured(value),
		Err(error) => CallToolResult::structured_error(json!({ "error": error.to_string(), "reason": error.kind() })),
	}
}

/// MCP over streamable HTTP. The daemon has looked at host and key before.
pub fn http() -> StreamableHttpService<Server, LocalSessionManager> {
	let config = StreamableHttpServerConfig::default().disable_allowed_hosts().with_max_request_body_bytes(1024 * 1024);
	StreamableHttpService::new(|| Ok(Server { access: None }), Default::default(), config)
}
