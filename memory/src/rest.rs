//! HTTP: the paths of MemSync, of mem0's platform and of mem0's server, and MCP over streamable HTTP.

use crate::{
	anchoring::Anchoring,
	api::{Access, Daemon, Draft},
	import, mcp,
	record::Scope,
	store::Rights,
	Error, Result,
};
use axum::{
	body::{to_bytes, Body},
	extract::{Path, Request, State},
	http::{header, HeaderMap, StatusCode},
	middleware::{from_fn_with_state, Next},
	response::{IntoResponse, Response},
	routing::{any, delete, get, post, put},
	Extension, Json, Router,
};
use serde_json::{json, Map, Value};
use std::{net::SocketAddr, sync::Arc};

/// Longest body of a request, in bytes: a chat export of some years.
const BODY_BYTES: usize = 64 * 1024 * 1024;

/// State that requests share.
#[derive(Clone)]
struct Shared {
	daemon: Arc<Daemon>,
	hosts: Arc<Vec<String>>,
}

type Answer = std::result::Result<Json<Value>, Failure>;

/// An error as HTTP has it: mem0's clients read `detail`, others `error`.
struct Failure(Error);

impl From<Error> for Failure {
	fn from(error: Error) -> Self {
		Failure(error)
	}
}

impl IntoResponse for Failure {
	fn into_response(self) -> Response {
		let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
		let body = json!({ "detail": self.0.to_string(), "error": self.0.to_string(), "reason": self.0.kind() });
		(status, Json(body)).into_response()
	}
}

/// Everything that a daemon answers. `hosts` are the names that it goes by: a request for another one comes from a page that a browser
/// was lured to.
pub fn router(daemon: Arc<Daemon>, address: SocketAddr, hosts: &[String]) -> Router {
	let names = ["localhost", "127.0.0.1", "[::1]"].map(String::from);
	let hosts: Vec<String> = names.into_iter().chain([address.ip().to_string()]).chain(hosts.iter().cloned()).collect();
	let shared = Shared { daemon, hosts: Arc::new(hosts) };
	Router::new()
		.merge(memsync())
		.merge(platform())
		.merge(server())
		.merge(refused())
		.route_service("/mcp", mcp::http())
		.layer(from_fn_with_state(shared, admit))
		.fallback(|| async {
			Failure(Error::NotFound("there is nothing at this path: docs/memory.md lists them".into()))
		})
}

/// The name that a request is for, without its port.
pub fn host_name(headers: &HeaderMap) -> &str {
	let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
	match host.rsplit_once(':') {
		Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
		_ => host,
	}
}

/// Lets in who names one of our hosts and has a key.
async fn admit(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
	let name = host_name(request.headers());
	if !shared.hosts.iter().any(|known| known.eq_ignore_ascii_case(name)) {
		let advice = "ask for 127.0.0.1, or start the daemon with `--host`";
		return Failure(Error::Forbidden(format!("this daemon does not go by the name `{name}`: {advice}")))
			.into_response();
	}
	let secret = match secret(request.headers()) {
		Some(secret) => secret.to_string(),
		None => {
			let advice = "send it as `X-API-Key: asm-...` or `Authorization: Token asm-...`";
			return Failure(Error::Unauthorized(format!("an API key is missing: {advice}"))).into_response();
		}
	};
	let daemon = shared.daemon.clone();
	match blocking(move || daemon.access(&secret)).await {
		Ok(access) => {
			request.extensions_mut().insert(access);
			next.run(request).await
		}
		Err(error) => Failure(error).into_response(),
	}
}

fn secret(headers: &HeaderMap) -> Option<&str> {
	let key = headers.get("x-api-key").and_then(|key| key.to_str().ok());
	let authorization = || headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ');
	key.or_else(|| {
		authorization().filter(|(scheme, _)| ["Token", "Bearer"].contains(scheme)).map(|(_, key)| key.trim())
	})
}

/// The disk and the ranking are not waited for on the threads that serve.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
	let done = tokio::task::spawn_blocking(work).await;
	done.unwrap_or_else(|error| {
		Err(Error::storage("the daemon", format!("a request ended without an answer: {error}")))
	})
}

/// A request's query string and body as one object; what is in the body counts.
async fn body_of(request: Request) -> Result<Value> {
	let (parts, body) = request.into_parts();
	let too_large = |_| Error::Usage(format!("a request has at most {BODY_BYTES} bytes: send it in parts"));
	let bytes = to_bytes(body, BODY_BYTES).await.map_err(too_large)?;
	let mut all = Map::new();
	let query: std::result::Result<axum::extract::Query<Vec<(String, String)>>, _> =
		axum::extract::Query::try_from_uri(&parts.uri);
	let query = query
		.map_err(|_| Error::Usage("the query string is not one: send name=value pairs with & between them".into()))?;
	all.extend(query.0.into_iter().map(|(name, value)| (name, Value::String(value))));
	if !bytes.is_empty() {
		match serde_json::from_slice(&bytes) {
			Ok(Value::Object(body)) => all.extend(body),
			Ok(_) => return Err(Error::Usage("the body has to be a JSON object".into())),
			Err(error) => return Err(Error::Usage(format!("the body is no JSON: {error}"))),
		}
	}
	Ok(Value::Object(all))
}

/// Answers a request with a function of the space.
async fn answer(
	access: Access,
	request: Request,
	work: impl FnOnce(&Access, Value) -> Result<Value> + Send + 'static,
) -> Answer {
	let body = body_of(request).await?;
	let anchored = waited_for(&access, &body)?;
	let mut value = blocking(move || work(&access, body)).await?;
	if let Some(anchored) = anchored {
		became_final(&mut value, anchored.until_final().await);
	}
	Ok(Json(value))
}

/// The anchoring that a request with `wait=final` waits for, once it is done.
fn waited_for(access: &Access, body: &Value) -> Result<Option<Arc<Anchoring>>> {
	match (&body["wait"], access.anchored()) {
		(Value::Null, _) => Ok(None),
		(Value::String(wait), Some(anchored)) if wait == "final" => Ok(Some(anchored.clone())),
		(Value::String(wait), None) if wait == "final" => Err(Error::Usage(
			"this daemon does not put the space on a chain, so nothing becomes final: start it with `assay memory serve --anchor`"
				.into(),
		)),
		(other, _) => Err(Error::Usage(format!("`wait` is {other}: leave it out, or give \"final\""))),
	}
}

/// Says in an answer whether what it is about is in a finalized block.
fn became_final(value: &mut Value, done: std::result::Result<(), String>) {
	// A list is read, and not written.
	if !value.is_object() {
		return;
	}
	if done.is_ok() {
		let written = |value: &mut Value| {
			if value["status"] == "local" {
				value["status"] = json!("final");
			}
		};
		value.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten().for_each(written);
		written(value);
	}
	value["final"] = json!(done.is_ok());
	if let Err(why) = done {
		value["waits_for"] = json!(why);
	}
}

/// A handler without a part of the path in it.
macro_rules! plain {
	(|$access:ident, $body:ident| $work:expr) => {
		|Extension(access): Extension<Access>, request: Request<Body>| {
			answer(access, request, move |$access: &Access, $body: Value| $work)
		}
	};
}

/// A handler of a path with an id in it.
macro_rules! with_id {
	(|$access:ident, $id:ident, $body:ident| $work:expr) => {
		|Path($id): Path<String>, Extension(access): Extension<Access>, request: Request<Body>| {
			answer(access, request, move |$access: &Access, $body: Value| {
				let $id: &str = &$id;
				$work
			})
		}
	};
}

/// MemSync's paths have no slash at the end.
fn memsync() -> Router {
	Router::new()
		.route(
			"/v1/memories",
			post(plain!(|access, body| access.add(&body))).get(plain!(|access, body| listed(access, &body))),
		)
		.route("/v1/memories/search", post(plain!(|access, body| access.search_memsync(&body))))
		.route(
			"/v1/memories/{id}",
			get(with_id!(|access, id, _body| access.get(id)))
				.patch(with_id!(|access, id, body| access.update(id, &body)))
				.put(with_id!(|access, id, body| access.update(id, &body)))
				.delete(with_id!(|access, id, body| access.delete(id, &body))),
		)
		.route("/v1/memories/{id}/history", get(with_id!(|access, id, _body| access.history(id))))
		.route("/v1/deletions/{id}", get(with_id!(|access, id, _body| access.deletion(id))))
		.route("/v1/users/profile", get(plain!(|access, body| access.profile(&body))))
		.route(
			"/v1/users/bio",
			get(plain!(|access, body| access
				.profile(&body)
				.map(|profile| json!({ "user_bio": profile["user_bio"], "method": profile["method"] }))))
			.patch(plain!(|access, body| access.set_bio(&body))),
		)
		.route("/v1/integrations/files", post(plain!(|access, body| import_text(access, &body))))
		.route("/v1/integrations/chat", post(plain!(|access, body| import_chat(access, &body))))
		.route("/v1/integrations/status", get(plain!(|access, body| sources(access, &body))))
		.route(
			"/v1/api-keys",
			get(plain!(|access, _body| keys(access))).post(plain!(|access, body| add_key(access, &body))),
		)
		.route("/v1/api-keys/{name}", delete(with_id!(|access, name, _body| remove_key(access, name))))
		.route("/v1/verify", post(plain!(|access, body| access.verify(&body))))
		.route("/v1/status", get(plain!(|access, _body| status(access))))
}

/// The paths of mem0's platform end with a slash.
fn platform() -> Router {
	let search = || post(plain!(|access, body| access.search(&body)));
	let add = || post(plain!(|access, body| access.add(&body)));
	Router::new()
		.route("/v1/ping/", get(plain!(|access, _body| ping(access))))
		.route("/v3/memories/add/", add())
		.route("/v3/memories/search/", search())
		.route("/v2/memories/search/", search())
		.route("/v1/memories/search/", search())
		.route("/v3/memories/", post(plain!(|access, body| access.list(&body))))
		.route("/v2/memories/", post(plain!(|access, body| access.list(&body))))
		.route(
			"/v1/memories/",
			add()
				.get(plain!(|access, body| access.list(&body)))
				.delete(plain!(|access, body| access.delete_all(&body))),
		)
		.route(
			"/v1/memories/{id}/",
			get(with_id!(|access, id, _body| access.get(id)))
				.put(with_id!(|access, id, body| access.update(id, &body)))
				.delete(with_id!(|access, id, body| access.delete(id, &body))),
		)
		.route("/v1/memories/{id}/history/", get(with_id!(|access, id, _body| access.history(id))))
		.route(
			"/v1/batch/",
			put(plain!(|access, body| access.update_all(&body)))
				.delete(plain!(|access, body| access.delete_batch(&body))),
		)
		.route("/v1/entities/", get(plain!(|access, _body| access.entities())))
		.route("/v2/entities/{kind}/{name}/", delete(delete_entity))
		.route("/v2/entities/user/{name}/profile/", get(with_id!(|access, name, _body| profile(access, name))))
		.route("/v1/exports/", post(plain!(|access, body| export(access, &body))))
		.route("/v1/exports/get/", post(plain!(|access, body| access.export(&body))))
		.route("/v1/summary/", post(plain!(|access, body| summary(access, &body))))
}

/// The paths of mem0's server.
fn server() -> Router {
	Router::new()
		.route(
			"/memories",
			post(plain!(|access, body| access.add(&body)))
				.get(plain!(|access, body| access.list(&body)))
				.delete(plain!(|access, body| access.delete_all(&body))),
		)
		.route("/search", post(plain!(|access, body| access.search(&body))))
		.route(
			"/memories/{id}",
			get(with_id!(|access, id, _body| access.get(id)))
				.put(with_id!(|access, id, body| access.update(id, &body)))
				.delete(with_id!(|access, id, body| access.delete(id, &body))),
		)
		.route("/memories/{id}/history", get(with_id!(|access, id, _body| access.history(id))))
}

/// Routes that other services have and this one has not, with the reason.
fn refused() -> Router {
	let no = |why: &'static str| any(move || async move { Failure(Error::NotSupported(why.into())) });
	Router::new()
		.route(
			"/v1/integrations/{name}",
			no("there are no logins to other services here: send files to /v1/integrations/files"),
		)
		.route(
			"/v1/integrations/{name}/{step}",
			no("there are no logins to other services here: send files to /v1/integrations/files"),
		)
		.route(
			"/v2/profiles/jobs/",
			no("profiles are made when they are asked for: GET /v2/entities/user/NAME/profile/"),
		)
		.route(
			"/v2/profiles/jobs/{id}/",
			no("profiles are made when they are asked for: GET /v2/entities/user/NAME/profile/"),
		)
		.route("/v2/profiles/settings/", no("profiles are made when they are asked for, and have no settings"))
		.route("/v1/feedback/", no("ranking 1 is fixed and learns from no feedback: update or delete the memory"))
		.route(
			"/api/v1/orgs/{*path}",
			no("a space has no projects and members: `assay memory grant` makes keys with rights and scopes"),
		)
		.route("/api/v1/webhooks/{*path}", no("the daemon calls nobody: ask /v1/memories/ with start_date"))
		.route("/reset", no("a space is emptied by DELETE /memories with whose memories they are, or with user_id=*"))
		.route("/configure", no("the space's configuration is set when it is made: `assay memory init`"))
}

/// MemSync's list.
fn listed(access: &Access, body: &Value) -> Result<Value> {
	let mut answer = access.list(body)?;
	answer["memories"] = answer["results"].take();
	if let Some(answer) = answer.as_object_mut() {
		answer.remove("results");
	}
	Ok(answer)
}

fn ping(access: &Access) -> Result<Value> {
	let space = access.space();
	Ok(
		json!({ "status": "ok", "org_id": "assay", "project_id": space.name(), "user_email": null, "key": access.key().name }),
	)
}

async fn delete_entity(
	Path((kind, name)): Path<(String, String)>,
	Extension(access): Extension<Access>,
	request: Request<Body>,
) -> Answer {
	let part = match kind.as_str() {
		"user" | "agent" | "app" | "run" => format!("{kind}_id"),
		other => {
			return Err(
				Error::Usage(format!("`{other}` is no kind of entity: there are user, agent, app and run")).into()
			)
		}
	};
	answer(access, request, move |access, body| {
		let mut body = body;
		body[part] = json!(name);
		access.delete_all(&body)
	})
	.await
}

fn profile(access: &Access, user: &str) -> Result<Value> {
	let profile = access.profile(&json!({ "user_id": user }))?;
	let empty = profile["memories"] == json!([]) && profile["method"] == "extractive";
	Ok(json!({
		"entity_type": "user",
		"entity_id": user,
		"status": if empty { "insufficient_data" } else { "succeeded" },
		"generation_count": 1,
		"updated_at": profile["updated_at"],
		"method": profile["method"],
		"profile": profile,
	}))
}

fn export(access: &Access, body: &Value) -> Result<Value> {
	let made = access.export(body)?;
	let id = hex::encode(&assay_primitives::hash::blake2_256(made.to_string().as_bytes())[..16]);
	Ok(json!({
		"id": id,
		"status": "SUCCEEDED",
		"message": "an export is made when it is fetched: POST /v1/exports/get/ with the same filters",
		"count": made["count"],
		"schema_applied": false,
	}))
}

fn summary(access: &Access, body: &Value) -> Result<Value> {
	let profile = access.profile(body)?;
	Ok(json!({ "summary": profile["user_bio"], "method": profile["method"], "status": "SUCCEEDED" }))
}

fn status(access: &Access) -> Result<Value> {
	let space = access.space();
	let (present, pending) = space.view(|view| Ok((view.index.present(), view.index.len() - view.committed)))?;
	let head = space.head()?;
	Ok(json!({
		"space": space.name(),
		"memories": present,
		"local": pending,
		"seq": head.as_ref().map_or(0, |head| head.head.seq),
		"root": head.map(|head| format!("0x{}", hex::encode(head.head.root))),
		"space_on_chain": space.anchor()?.map(|anchor| anchor.space),
		"final": space.anchor()?.map(|anchor| anchor.seq),
		"waits_for": access.anchored().and_then(|anchored| anchored.waits_for()),
	}))
}

fn import_drafts(access: &Access, body: &Value, mut drafts: Vec<Draft>, source: &str) -> Result<Value> {
	let scope: Scope = crate::api::scope_of(body)?;
	for draft in &mut drafts {
		draft.source = source.into();
		draft.scope = Scope {
			user: scope.user.clone().or_else(|| draft.scope.user.take()),
			agent: scope.agent.clone().or_else(|| draft.scope.agent.take()),
			run: scope.run.clone().or_else(|| draft.scope.run.take()),
			app: scope.app.clone().or_else(|| draft.scope.app.take()),
		};
	}
	let added = access.add_all(drafts)?;
	Ok(json!({ "added": added, "status": "SUCCEEDED", "source": source, "inferred": false }))
}

fn import_text(access: &Access, body: &Value) -> Result<Value> {
	let text = |name: &str| {
		body[name].as_str().ok_or_else(|| {
			Error::Usage(format!("`{name}` is missing: send {{\"name\": \"notes.md\", \"content\": \"...\"}}"))
		})
	};
	let (name, content) = (text("name")?, text("content")?);
	import_drafts(access, body, import::document(name, content)?, name)
}

fn import_chat(access: &Access, body: &Value) -> Result<Value> {
	let format =
		body["format"].as_str().ok_or_else(|| Error::Usage("`format` is missing: chatgpt or claude".into()))?;
	let data = match &body["data"] {
		Value::String(text) => text.clone(),
		Value::Null => return Err(Error::Usage("`data` is missing: send the conversations.json of the export".into())),
		other => other.to_string(),
	};
	import_drafts(access, body, import::parse(format, data.as_bytes())?, format)
}

/// The sources of memories with their counts: the imported ones are among them.
fn sources(access: &Access, body: &Value) -> Result<Value> {
	let all = access.export(body)?;
	let mut counts: std::collections::BTreeMap<String, u64> = Default::default();
	for memory in all["memories"].as_array().into_iter().flatten() {
		*counts.entry(memory["source"].as_str().unwrap_or_default().into()).or_default() += 1;
	}
	Ok(json!({ "sources": counts, "running": [], "logins": "not supported" }))
}

fn may_grant(access: &Access) -> Result<()> {
	match access.key().rights.has(Rights::GRANT) {
		true => Ok(()),
		false => Err(Error::Forbidden(format!("the key `{}` may not grant: ask the owner", access.key().name))),
	}
}

/// True if one scope is the other, or a part of it.
fn is_within(scope: &Scope, outer: &Scope) -> bool {
	let pairs = scope.parts().into_iter().zip(outer.parts());
	pairs.into_iter().all(|((_, own), (_, outer))| outer.is_none() || own == outer)
}

fn keys(access: &Access) -> Result<Value> {
	may_grant(access)?;
	let own = &access.key().scope;
	let keys = access.space().keys()?.into_iter().filter(|key| is_within(&key.scope, own)).map(|key| {
		json!({
			"name": key.name, "rights": key.rights.names(), "user_id": key.scope.user, "agent_id": key.scope.agent,
			"run_id": key.scope.run, "app_id": key.scope.app, "created_at": crate::api::date(key.created_at),
		})
	});
	Ok(json!({ "keys": keys.collect::<Vec<_>>() }))
}

fn add_key(access: &Access, body: &Value) -> Result<Value> {
	may_grant(access)?;
	let name = body["name"]
		.as_str()
		.ok_or_else(|| Error::Usage("`name` is missing: what the key is called and writes as".into()))?;
	let rights = match &body["rights"] {
		Value::Null => Rights(Rights::READ.0 | Rights::APPEND.0),
		Value::String(rights) => Rights::parse(rights)?,
		Value::Array(rights) => Rights::parse(&rights.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))?,
		other => return Err(Error::Usage(format!("`rights` is {other}: give read, append, edit, grant or all"))),
	};
	if !access.key().rights.has(rights) {
		return Err(Error::Forbidden("nobody gives rights that he has not: ask the owner".into()));
	}
	let own = &access.key().scope;
	let asked = crate::api::scope_of(body)?;
	let scope = Scope {
		user: asked.user.or_else(|| own.user.clone()),
		agent: asked.agent.or_else(|| own.agent.clone()),
		run: asked.run.or_else(|| own.run.clone()),
		app: asked.app.or_else(|| own.app.clone()),
	};
	if !is_within(&scope, own) {
		return Err(Error::Forbidden("the scope of a key is within that of who grants it: ask the owner".into()));
	}
	Ok(
		json!({ "name": name, "key": access.space().add_key(name, rights, &scope)?, "note": "this is shown once and kept nowhere" }),
	)
}

fn remove_key(access: &Access, name: &str) -> Result<Value> {
	may_grant(access)?;
	let known =
		access.space().keys()?.into_iter().find(|key| key.name == name && is_within(&key.scope, &access.key().scope));
	known.ok_or_else(|| Error::NotFound(format!("there is no key `{name}`")))?;
	access.space().remove_key(name)?;
	Ok(json!({ "message": format!("key `{name}` removed") }))
}
