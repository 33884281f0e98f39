//! `assay serve`: OpenAI's HTTP for models of the chain, on this machine, with this user's keys. An answer is verified before it is sent.

use super::{
	agent::{Agent, Allowance},
	embeddings::{shortened, vectors, Batch, Encoder},
	screen::Screen,
	session::Network,
};
use assay_client::{address, records::Listed, Answer, Error, Found, Kind, ModelRef, Query};
use assay_memory::rest::host_name;
use assay_primitives::{ModelId, RequestId};
use axum::{
	extract::{rejection::JsonRejection, DefaultBodyLimit, Path, Request, State},
	http::{header, HeaderName, HeaderValue, StatusCode},
	middleware::{from_fn_with_state, Next},
	response::{IntoResponse, Response},
	routing::{get, post},
	Json, Router,
};
use base64::{prelude::BASE64_STANDARD, Engine};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::Mutex};
use utoipa::{OpenApi, ToSchema};

/// Longest body of a request, in bytes.
const BODY_BYTES: usize = 8 * 1024 * 1024;
/// Most texts in a request, as OpenAI has it.
const MOST_TEXTS: usize = 2_048;
/// Tokenizers that are kept.
const ENCODERS: usize = 16;
/// Tasks of models that give a vector for a text.
const TASKS: [&str; 2] = ["feature-extraction", "sentence-similarity"];
/// Models of a task in the list.
const LISTED: u32 = 100;
const REQUEST: HeaderName = HeaderName::from_static("x-assay-request");
/// OpenAI's clients try again what fails, unless this is `false`: each time would be paid for.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Arguments of `assay serve`.
#[derive(Args)]
pub struct Serve {
	/// Address to listen on
	#[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9986")]
	listen: SocketAddr,
	/// A name beside localhost that this endpoint goes by; several times for several
	#[arg(long, value_name = "NAME")]
	host: Vec<String>,
	/// Key that clients have to send [default: $ASSAY_API_KEY, or any]. Other machines are not let in without one
	#[arg(long, value_name = "KEY")]
	api_key: Option<String>,
	#[command(flatten)]
	allowance: Allowance,
}

/// State that all requests share.
struct Endpoint {
	agent: Arc<Agent>,
	encoders: Mutex<HashMap<ModelId, Arc<Encoder>>>,
	hosts: Vec<String>,
	key: Option<String>,
}

type Shared = State<Arc<Endpoint>>;

/// Serves until the process is stopped.
pub async fn serve(command: &Serve, network: &Network, screen: &Screen) -> Result<(), Error> {
	let key = command.api_key.clone().or_else(|| std::env::var("ASSAY_API_KEY").ok()).filter(|key| !key.is_empty());
	if !command.listen.ip().is_loopback() && key.is_none() {
		return Err(Error::Usage(format!(
			"{} is open to other machines, which would spend the budget: give clients a key with --api-key",
			command.listen
		)));
	}
	let agent = command.allowance.open(network, screen).await?;
	let taken = |error| Error::Usage(format!("{}: {error}: give another address with --listen", command.listen));
	let listener = TcpListener::bind(command.listen).await.map_err(taken)?;
	let address = listener.local_addr().map_err(|error| Error::Machine(error.into()))?;
	let names = ["localhost", "127.0.0.1", "[::1]"].map(String::from);
	let hosts = names.into_iter().chain([address.ip().to_string()]).chain(command.host.iter().cloned()).collect();
	let endpoint = Arc::new(Endpoint { agent, encoders: Mutex::default(), hosts, key });
	println!("serves http://{address}/v1");
	if !address.ip().is_loopback() {
		screen.note(&format!(
			"{address} is open to other machines, and HTTP does not hide what is said: put TLS before it"
		));
	}
	axum::serve(listener, router(endpoint)).await.map_err(|error| Error::Machine(error.into()))
}

#[derive(OpenApi)]
#[openapi(
	info(title = "assay serve", description = "Embeddings by models of the chain, verified before they are sent."),
	paths(list_models, show_model, embed, receipt)
)]
struct Description;

fn router(endpoint: Arc<Endpoint>) -> Router {
	Router::new()
		.route("/v1/models", get(list_models))
		.route("/v1/models/{*model}", get(show_model))
		.route("/v1/embeddings", post(embed))
		.route("/v1/receipts/{request}", get(receipt))
		.route("/openapi.json", get(|| async { Json(Description::openapi()) }))
		.fallback(|| async {
			Failure::new(StatusCode::NOT_FOUND, "there is nothing at this path: /openapi.json has those that there are")
		})
		.layer(DefaultBodyLimit::max(BODY_BYTES))
		.layer(from_fn_with_state(endpoint.clone(), admit))
		.with_state(endpoint)
}

/// Lets in who names one of our hosts, and has the key. A request for another host comes from a page that a browser was lured to.
async fn admit(State(endpoint): Shared, request: Request, next: Next) -> Response {
	let host = host_name(request.headers());
	if !endpoint.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
		let text =
			format!("this endpoint does not go by the name `{host}`: ask for 127.0.0.1, or start it with --host");
		return Failure::new(StatusCode::FORBIDDEN, &text).into_response();
	}
	let given =
		request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
	match &endpoint.key {
		Some(key) if given != Some(key) => {
			let text = "the API key is missing, or another one: send it as `Authorization: Bearer KEY`";
			Failure::new(StatusCode::UNAUTHORIZED, text).into_response()
		}
		_ => next.run(request).await,
	}
}

/// An error as OpenAI has it.
#[derive(Serialize, ToSchema)]
struct Fault {
	/// The reason, and what to do.
	message: String,
	/// OpenAI's word for the kind of error.
	r#type: &'static str,
	/// Always null.
	param: Option<String>,
	/// The kind of error, as `assay` names its exit codes.
	code: Option<String>,
	/// The exit code of `assay` for this kind.
	exit_code: Option<u8>,
	/// The request that is paid for, if one was made before this went wrong.
	request: Option<RequestId>,
}

#[derive(Serialize, ToSchema)]
struct FaultBody {
	error: Fault,
}

struct Failure {
	status: StatusCode,
	fault: Fault,
}

impl Failure {
	fn new(status: StatusCode, text: &str) -> Self {
		let fault = Fault {
			message: text.into(),
			r#type: word(status),
			param: None,
			code: None,
			exit_code: None,
			request: None,
		};
		Failure { status, fault }
	}
}

/// OpenAI's word for a status.
fn word(status: StatusCode) -> &'static str {
	match status.as_u16() {
		401 => "authentication_error",
		402 => "insufficient_quota",
		403 => "permission_error",
		400..500 => "invalid_request_error",
		_ => "api_error",
	}
}

/// The status of a kind of error.
fn status(kind: Kind) -> StatusCode {
	match kind {
		Kind::Usage => StatusCode::BAD_REQUEST,
		Kind::Refused => StatusCode::PAYMENT_REQUIRED,
		Kind::Failed => StatusCode::UNPROCESSABLE_ENTITY,
		Kind::NotVerified | Kind::UnknownChain => StatusCode::BAD_GATEWAY,
		Kind::Network | Kind::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
		Kind::NoAnswer | Kind::Timeout => StatusCode::GATEWAY_TIMEOUT,
		_ => StatusCode::INTERNAL_SERVER_ERROR,
	}
}

impl From<&Error> for Failure {
	fn from(error: &Error) -> Self {
		let status = status(error.kind());
		let fault = Fault {
			message: error.to_string(),
			r#type: word(status),
			param: None,
			code: Some(error.kind().name().into()),
			exit_code: Some(error.kind().code()),
			request: error.request(),
		};
		Failure { status, fault }
	}
}

impl From<Error> for Failure {
	fn from(error: Error) -> Self {
		Failure::from(&error)
	}
}

impl IntoResponse for Failure {
	fn into_response(self) -> Response {
		let request = self.fault.request;
		let mut response = (self.status, Json(FaultBody { error: self.fault })).into_response();
		response.headers_mut().insert(SHOULD_RETRY, HeaderValue::from_static("false"));
		if let Some(request) = request {
			response.headers_mut().insert(REQUEST, request.into());
		}
		response
	}
}

/// A model, as OpenAI lists it.
#[derive(Serialize, ToSchema)]
struct ModelEntry {
	/// NAME@VERSION, which is the same model for ever.
	id: String,
	/// `model`.
	object: &'static str,
	/// Always 0: the chain has no time of a model.
	created: u64,
	/// Address of its owner.
	owned_by: String,
}

#[derive(Serialize, ToSchema)]
struct ModelList {
	/// `list`.
	object: &'static str,
	data: Vec<ModelEntry>,
}

fn entry((_, model): &Listed) -> ModelEntry {
	ModelEntry { id: model.title(), object: "model", created: 0, owned_by: address(&model.owner) }
}

/// Models for embeddings that take requests: those of the tasks `feature-extraction` and `sentence-similarity`
#[utoipa::path(get, path = "/v1/models", responses((status = 200, body = ModelList), (status = "default", body = FaultBody)))]
async fn list_models(State(endpoint): Shared) -> Result<Json<ModelList>, Failure> {
	let mut data = Vec::new();
	for task in TASKS {
		let query = Query { task: Some(task.into()), active: true, ..Query::default() };
		let page = endpoint.agent.client.models(&query, None, LISTED).await?;
		data.extend(page.models.iter().map(entry));
	}
	Ok(Json(ModelList { object: "list", data }))
}

/// A model that takes requests
#[utoipa::path(get, path = "/v1/models/{model}", params(("model" = String, Path, description = "NAME, NAME@VERSION or id")),
	responses((status = 200, body = ModelEntry), (status = "default", body = FaultBody)))]
async fn show_model(State(endpoint): Shared, Path(model): Path<String>) -> Result<Json<ModelEntry>, Failure> {
	let found = endpoint.find(&model).await?;
	Ok(Json(entry(&(found.id, found.model))))
}

/// A text, texts, or the tokens of one or several.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "`input` is a text, texts, or tokens of one or of several")]
enum Input {
	Text(String),
	Texts(Vec<String>),
	Tokens(Vec<u32>),
	Rows(Vec<Vec<u32>>),
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Encoding {
	/// Numbers.
	#[default]
	Float,
	/// Base64 of float32, least byte first.
	Base64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmbeddingRequest {
	/// NAME, NAME@VERSION or id.
	model: String,
	/// At most 2048 texts, which are one request on the chain.
	input: Input,
	#[serde(default)]
	encoding_format: Encoding,
	/// Keeps the first so many numbers of each vector, at length 1.
	dimensions: Option<usize>,
	/// Passed over.
	#[allow(dead_code)]
	user: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Vector {
	Floats(Vec<f32>),
	Base64(String),
}

#[derive(Serialize, ToSchema)]
struct EmbeddingEntry {
	/// `embedding`.
	object: &'static str,
	/// Place of its text in the input.
	index: usize,
	embedding: Vector,
}

#[derive(Serialize, ToSchema)]
struct Usage {
	prompt_tokens: usize,
	total_tokens: usize,
}

/// The proof of an answer: its request, and the number of its votes.
#[derive(Serialize, ToSchema)]
struct Proof {
	/// Number of the request, whose receipt is at `/v1/receipts/{request}`.
	request: RequestId,
	/// Validators that attested the output.
	votes: u32,
	/// Always true: what is not verified is not sent.
	verified: bool,
}

#[derive(Serialize, ToSchema)]
struct EmbeddingResponse {
	/// `list`.
	object: &'static str,
	data: Vec<EmbeddingEntry>,
	/// NAME@VERSION of the model that answered.
	model: String,
	usage: Usage,
	assay: Proof,
}

/// Vectors for texts, proven before they are sent
#[utoipa::path(post, path = "/v1/embeddings", request_body = EmbeddingRequest,
	responses((status = 200, body = EmbeddingResponse, headers(("x-assay-request" = u64, description = "Number of the request"))),
		(status = 402, description = "The budget or the account does not cover it", body = FaultBody),
		(status = 502, description = "The node's answer is not what the chain made final", body = FaultBody),
		(status = "default", body = FaultBody)))]
async fn embed(
	State(endpoint): Shared,
	body: Result<Json<EmbeddingRequest>, JsonRejection>,
) -> Result<Response, Failure> {
	let Json(request) = body.map_err(|error| Error::Usage(error.body_text()))?;
	endpoint.agent.can_pay()?;
	let found = endpoint.find(&request.model).await?;
	let (model, batch, texts) = endpoint.encode(found.clone(), request.input).await?;
	let answer = endpoint.agent.ask(found, batch.input)?.answer().await.map_err(|error| Failure::from(&*error))?;
	let of_request =
		|source| Failure::from(Error::Requested { request: answer.claim.request, source: Box::new(source) });
	let mut data = Vec::new();
	for (index, vector) in vectors(&answer.output, texts).map_err(of_request)?.into_iter().enumerate() {
		let vector = match request.dimensions {
			Some(dimensions) => shortened(&vector, dimensions).map_err(of_request)?,
			None => vector,
		};
		let embedding = match request.encoding_format {
			Encoding::Float => Vector::Floats(vector),
			Encoding::Base64 => {
				let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
				Vector::Base64(BASE64_STANDARD.encode(bytes))
			}
		};
		data.push(EmbeddingEntry { object: "embedding", index, embedding });
	}
	let Answer { claim, .. } = &*answer;
	let proof = Proof { request: claim.request, votes: claim.decision.votes, verified: true };
	let usage = Usage { prompt_tokens: batch.tokens, total_tokens: batch.tokens };
	let body = EmbeddingResponse { object: "list", data, model, usage, assay: proof };
	Ok(([(REQUEST, claim.request.to_string())], Json(body)).into_response())
}

/// The receipt of a request, from the genesis block on: `assay verify` takes it
#[utoipa::path(get, path = "/v1/receipts/{request}", params(("request" = u64, Path, description = "Number of a final request")),
	responses((status = 200, content_type = "application/octet-stream"), (status = "default", body = FaultBody)))]
async fn receipt(State(endpoint): Shared, Path(request): Path<RequestId>) -> Result<Response, Failure> {
	let client = &endpoint.agent.client;
	if !client.has_node() {
		return Err(Error::Usage("a light client has no receipts: name a node with --url as well".into()).into());
	}
	let proven = client.receipt_for_others(request).await?;
	Ok(([(header::CONTENT_TYPE, "application/octet-stream")], proven.bytes).into_response())
}

impl Endpoint {
	async fn find(&self, model: &str) -> Result<Found, Error> {
		let reference: ModelRef = model.parse().map_err(Error::Usage)?;
		self.agent.client.find(&reference).await?.active()
	}

	/// The model's name, the tensors of a request, and how many texts they are.
	async fn encode(&self, found: Found, input: Input) -> Result<(String, Batch, usize), Error> {
		let title = found.model.title();
		let encoder = self.encoder(&found).await?;
		let work = move || {
			let count = |texts: usize| match texts {
				1..=MOST_TEXTS => Ok(texts),
				_ => Err(Error::Usage(format!("a request has 1 to {MOST_TEXTS} texts, and not {texts}"))),
			};
			Ok(match input {
				Input::Text(text) => (encoder.texts(&[text])?, 1),
				Input::Texts(texts) => (encoder.texts(&texts)?, count(texts.len())?),
				Input::Tokens(ids) => (encoder.ids(vec![ids])?, 1),
				Input::Rows(rows) => {
					let texts = count(rows.len())?;
					(encoder.ids(rows)?, texts)
				}
			})
		};
		let (batch, texts) = blocking(work).await?;
		Ok((title, batch, texts))
	}

	/// The tokenizer of a model, from its file, which is downloaded for it once.
	async fn encoder(&self, found: &Found) -> Result<Arc<Encoder>, Error> {
		let mut encoders = self.encoders.lock().await;
		if let Some(encoder) = encoders.get(&found.id) {
			return Ok(encoder.clone());
		}
		let client = &self.agent.client;
		let ports = client.quote(&found.id, None).await?.inputs;
		let file = client.download(&found.id, found.model.size, &|_| ()).await?;
		let title = found.model.title();
		let encoder = Arc::new(blocking(move || Encoder::of(&file, &title, ports)).await?);
		if encoders.len() >= ENCODERS {
			encoders.clear();
		}
		encoders.insert(found.id, encoder.clone());
		Ok(encoder)
	}
}

/// Tokenizers are not waited for on the threads that serve.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
	let done = tokio::task::spawn_blocking(work).await;
	done.unwrap_or_else(|error| Err(Error::Machine(format!("a tokenizer ended without an answer: {error}").into())))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_description_has_every_path_and_is_of_openapi_3() {
		let value = serde_json::to_value(Description::openapi()).unwrap();
		assert!(value["openapi"].as_str().unwrap().starts_with("3."));
		let mut paths: Vec<&String> = value["paths"].as_object().unwrap().keys().collect();
		paths.sort();
		assert_eq!(paths, ["/v1/embeddings", "/v1/models", "/v1/models/{model}", "/v1/receipts/{request}"]);
		let schemas = value["components"]["schemas"].as_object().unwrap();
		for name in ["EmbeddingRequest", "EmbeddingResponse", "FaultBody", "ModelList"] {
			assert!(schemas.contains_key(name), "{name}");
		}
	}

	#[test]
	fn every_kind_of_error_has_a_status() {
		assert_eq!(status(Kind::NotVerified), StatusCode::BAD_GATEWAY);
		for (kind, name, code, _) in Kind::ALL {
			let failure = Failure { status: status(kind), ..Failure::new(status(kind), name) };
			let response = failure.into_response();
			assert!(response.status().as_u16() >= 400, "{name} {code}");
			assert_eq!(response.headers()[SHOULD_RETRY], "false");
		}
	}

	#[test]
	fn texts_and_tokens_are_told_apart() {
		let input = |text: &str| serde_json::from_str::<Input>(text);
		assert!(matches!(input("\"a\""), Ok(Input::Text(_))));
		assert!(matches!(input("[\"a\"]"), Ok(Input::Texts(_))));
		assert!(matches!(input("[1]"), Ok(Input::Tokens(_))));
		assert!(matches!(input("[[1], [2]]"), Ok(Input::Rows(_))));
		assert!(input("[[\"a\"]]").is_err() && input("[-1]").is_err());
	}
}
