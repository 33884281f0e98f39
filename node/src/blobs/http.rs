//! Blobs over HTTP: `PUT /blobs/ID` for blobs that the chain expects, `GET /blobs/ID` for blobs that are held; the node's condition:
//! `GET /health` and `GET /ready`; and the explorer's files, if the node is given them.

mod paced;
mod pages;

use super::{
	limits::{Limits, Place, Ticket},
	metrics::Metrics,
	LOG_TARGET,
};
use crate::{condition::Condition, full::FullClient};
use assay_blobs::{Error, Status, Store, Upload};
use assay_primitives::{constants::CHUNK_BYTES, ContentId};
use http_body_util::{combinators::UnsyncBoxBody, BodyExt, Full, StreamBody};
use hyper::{
	body::{Body, Bytes, Frame, Incoming},
	header::{self, HeaderMap, HeaderValue},
	server::conn::http1,
	service::service_fn,
	Method, Request, Response, StatusCode,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use paced::Paced;
pub use pages::Pages;
use pallet_inference::InferenceApi;
use sc_service::error::Error as ServiceError;
use socket2::SockRef;
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use std::{
	convert::Infallible,
	io,
	net::{IpAddr, Ipv4Addr, SocketAddr},
	ops::Range,
	sync::Arc,
	time::Duration,
};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::mpsc,
	task::JoinSet,
	time::{timeout, timeout_at, Instant},
};

/// Default address of the HTTP server, which only this machine reaches.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9980);

/// Time in which a client sends the head of a request, on a connection that is kept open too.
const HEAD_TIME: Duration = Duration::from_secs(15);

/// Time in which a client sends the next bytes of an upload.
const IDLE_TIME: Duration = Duration::from_secs(20);

/// Least bytes per second of an upload or a download, so that nobody holds a place for ever.
const MIN_SPEED: u64 = 32 * 1024;

/// Bytes that the system takes for a client before it has sent them. Without this limit it takes megabytes, which would count as read.
const MAX_UNSENT: u32 = 128 * 1024;

/// Longest time that a connection is open: the largest model at 1 Mbit/s.
const CONNECTION_TIME: Duration = Duration::from_secs(40 * 60);

/// The same of a connection that gets one short answer.
const SPARE_TIME: Duration = Duration::from_secs(5);

/// Pieces of an upload that wait for the disk.
const PIECES: usize = 4;

/// Says whether the chain needs a blob of this id and length.
type Expects = Box<dyn Fn(ContentId, u64) -> Result<bool, sp_api::ApiError> + Send + Sync>;

/// Says in which condition this node is.
type Examine = Box<dyn Fn() -> Condition + Send + Sync>;

type Reply = Response<UnsyncBoxBody<Bytes, io::Error>>;

struct Http {
	expects: Expects,
	examine: Examine,
	/// Addresses whose word is taken for whom they ask.
	proxies: Vec<IpAddr>,
	/// The explorer, if it is served.
	pages: Option<Pages>,
	store: Arc<Store>,
	limits: Limits,
	idle_time: Duration,
	metrics: Option<Metrics>,
}

/// Why a request is refused.
struct Refusal {
	status: StatusCode,
	text: String,
}

/// Listens at an address, or at the default one; if that is taken by another node, at any port.
pub fn bind(address: Option<SocketAddr>) -> Result<TcpListener, ServiceError> {
	let listen = |address: SocketAddr| {
		let listener = std::net::TcpListener::bind(address)?;
		listener.set_nonblocking(true)?;
		TcpListener::from_std(listener)
	};
	let listener = match address {
		Some(address) => listen(address),
		None => listen(DEFAULT).or_else(|_| listen(SocketAddr::new(DEFAULT.ip(), 0))),
	};
	let listener = listener.map_err(|error| {
		let address = address.unwrap_or(DEFAULT);
		ServiceError::Other(format!("--blob-listen {address}: {error}: give another address, or --no-blob-http"))
	})?;
	if let Ok(address) = listener.local_addr() {
		log::info!(target: LOG_TARGET, "HTTP: http://{address}/blobs/ID, /health, /ready");
	}
	Ok(listener)
}

/// Serves until the node ends.
pub async fn serve(
	listener: TcpListener,
	client: Arc<FullClient>,
	store: Arc<Store>,
	examine: Examine,
	proxies: Vec<IpAddr>,
	pages: Option<Pages>,
	metrics: Option<Metrics>,
) {
	let expects = move |id, size| client.runtime_api().blob_expected(client.info().best_hash, id, size);
	let (limits, idle_time) = (Limits::new(), IDLE_TIME);
	run(listener, Http { expects: Box::new(expects), examine, proxies, pages, store, limits, idle_time, metrics })
		.await;
}

async fn run(listener: TcpListener, http: Http) {
	let http = Arc::new(http);
	let mut connections = JoinSet::new();
	loop {
		tokio::select! {
			accepted = listener.accept() => match accepted {
				Ok((stream, address)) => {
					// Without a place, and without one for an answer, the connection is closed.
					let is_proxy = http.proxies.contains(&address.ip().to_canonical());
					if let Some(place) = http.limits.connection(address.ip(), is_proxy) {
						connections.spawn(http.clone().connection(stream, address.ip(), place));
					}
				}
				Err(error) => {
					log::debug!(target: LOG_TARGET, "no connection: {error}");
					// Out of file descriptors, most likely.
					tokio::time::sleep(Duration::from_millis(100)).await;
				}
			},
			Some(_) = connections.join_next() => (),
		}
	}
}

impl Http {
	async fn connection(self: Arc<Self>, stream: TcpStream, address: IpAddr, place: Place) {
		if let Err(error) = SockRef::from(&stream).set_tcp_notsent_lowat(MAX_UNSENT) {
			log::debug!(target: LOG_TARGET, "{address}: its unsent bytes have no limit: {error}");
		}
		let stream = Paced::new(stream, self.idle_time, MIN_SPEED);
		let is_spare = place.is_spare;
		let time = if is_spare { SPARE_TIME } else { CONNECTION_TIME };
		let service = service_fn(move |request| {
			let http = self.clone();
			async move { Ok::<_, Infallible>(http.respond(request, address, is_spare).await) }
		});
		let connection = http1::Builder::new()
			.timer(TokioTimer::new())
			.header_read_timeout(HEAD_TIME)
			.keep_alive(!is_spare)
			.serve_connection(TokioIo::new(stream), service);
		if let Ok(Err(error)) = timeout(time, connection).await {
			log::trace!(target: LOG_TARGET, "{address}: {error}");
		}
		drop(place);
	}

	async fn respond(&self, request: Request<Incoming>, address: IpAddr, is_spare: bool) -> Reply {
		let address = match self.proxies.contains(&address.to_canonical()) {
			true => self.forwarded(request.headers()).unwrap_or(address),
			false => address,
		};
		let answer = match (request.method(), request.uri().path()) {
			(&Method::GET, "/health") => Ok(self.health(false)),
			(&Method::GET, "/ready") => Ok(self.health(true)),
			_ if is_spare => Err(Refusal::new(
				StatusCode::SERVICE_UNAVAILABLE,
				"all connections are taken, or those of this address: try again in a few seconds",
			)),
			_ => self.route(request, address).await,
		};
		let mut response = answer.unwrap_or_else(Refusal::into);
		if let Some(metrics) = &self.metrics {
			metrics.http.with_label_values(&[response.status().as_str()]).inc();
		}
		// Pages of any origin may read and upload: blobs are public, and only those that the chain expects are taken.
		let headers = response.headers_mut();
		let mut allow = |name, value| headers.insert(name, HeaderValue::from_static(value));
		allow(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
		allow(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Accept-Ranges, Content-Length, Content-Range, ETag");
		response
	}

	/// The address that a proxy asks for: the last one of `X-Forwarded-For` that is not a proxy's. What stands before it is the word of whom
	/// nobody knows.
	fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
		let lists = headers.get_all("x-forwarded-for").iter().filter_map(|list| list.to_str().ok());
		let named: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
		for name in named.into_iter().rev() {
			let address = name.parse().or_else(|_| name.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
			if !self.proxies.contains(&IpAddr::to_canonical(&address)) {
				return Some(address);
			}
		}
		None
	}

	/// The node's condition. Where it has to be ready, a problem is an error.
	fn health(&self, must_be_ready: bool) -> Reply {
		let condition = (self.examine)();
		let status = match must_be_ready && !condition.problems.is_empty() {
			true => StatusCode::SERVICE_UNAVAILABLE,
			false => StatusCode::OK,
		};
		let text = serde_json::to_vec(&condition).unwrap_or_default();
		let mut response = Response::new(Full::new(text.into()).map_err(|never| match never {}).boxed_unsync());
		*response.status_mut() = status;
		response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
		response
	}

	async fn route(&self, request: Request<Incoming>, address: IpAddr) -> Result<Reply, Refusal> {
		let refuse = |status, text: &str| Err(Refusal::new(status, text));
		let Some(ticket) = self.limits.request(address) else {
			return refuse(StatusCode::TOO_MANY_REQUESTS, "too many requests or bytes: try again in a few seconds");
		};
		let path = request.uri().path();
		let Some(name) = path.strip_prefix("/blobs/") else {
			return match (&self.pages, request.method()) {
				(Some(pages), &Method::GET) => pages.answer(path, request.headers(), Some(ticket)),
				(Some(pages), &Method::HEAD) => pages.answer(path, request.headers(), None),
				_ => refuse(StatusCode::NOT_FOUND, "there is nothing here but /blobs/ID, /health and /ready"),
			};
		};
		let mut id = [0; 32];
		if hex::decode_to_slice(name.trim_start_matches("0x"), &mut id).is_err() {
			return refuse(StatusCode::BAD_REQUEST, "an id has 64 hexadecimal digits");
		}
		let id = ContentId(id);
		match *request.method() {
			Method::GET => self.read(id, request.headers(), Some(ticket)),
			Method::HEAD => self.read(id, request.headers(), None),
			Method::PUT => self.receive(id, request, address).await,
			Method::OPTIONS => Ok(preflight()),
			_ => refuse(StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, PUT and OPTIONS are all there is"),
		}
	}

	/// The blob, or a range of it. Without a ticket, what would come.
	fn read(&self, id: ContentId, headers: &HeaderMap, ticket: Option<Ticket>) -> Result<Reply, Refusal> {
		let size = match self.store.status(&id) {
			Status::Held { size } => size,
			Status::Partial { .. } | Status::Unknown => {
				return Err(Refusal::new(StatusCode::NOT_FOUND, "this node does not hold the blob: ask another"));
			}
		};
		let tag = format!("\"{}\"", hex::encode(id.0));
		let response = Response::builder()
			.header(header::ACCEPT_RANGES, "bytes")
			.header(header::ETAG, &tag)
			.header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
			.header(header::CONTENT_TYPE, "application/octet-stream")
			.header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
		if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
			return finish(response.status(StatusCode::NOT_MODIFIED), Bytes::new());
		}
		let ranged = headers.get(header::RANGE).map(|range| parse_range(range.to_str().unwrap_or_default(), size));
		let (range, response) = match ranged {
			None | Some(Asked::Ignored) => (0..size, response),
			Some(Asked::Range(range)) => {
				let content = format!("bytes {}-{}/{size}", range.start, range.end - 1);
				(range, response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, content))
			}
			Some(Asked::Unsatisfiable) => {
				let response = response.header(header::CONTENT_RANGE, format!("bytes */{size}"));
				return finish(response.status(StatusCode::RANGE_NOT_SATISFIABLE), Bytes::new());
			}
		};
		let response = response.header(header::CONTENT_LENGTH, range.end - range.start);
		match ticket {
			None => finish(response, Bytes::new()),
			Some(ticket) => response.body(self.stream(id, range, ticket).boxed_unsync()).map_err(internal),
		}
	}

	/// Reads a chunk when the client has taken the one before.
	fn stream(
		&self,
		id: ContentId,
		range: Range<u64>,
		ticket: Ticket,
	) -> impl Body<Data = Bytes, Error = io::Error> + Send + use<> {
		let state = (self.store.clone(), range, ticket);
		let pieces = futures::stream::try_unfold(state, move |(store, range, mut ticket)| async move {
			if range.is_empty() {
				return Ok(None);
			}
			// Up to the end of a chunk, so that each is read once.
			let end = range.end.min((range.start / CHUNK_BYTES + 1) * CHUNK_BYTES);
			let length = end - range.start;
			let reader = store.clone();
			let read = tokio::task::spawn_blocking(move || reader.read_range(&id, range.start, length)).await;
			let bytes = read.map_err(io::Error::other)?.map_err(io::Error::other)?;
			ticket.bytes += length;
			Ok(Some((Frame::data(Bytes::from(bytes)), (store, end..range.end, ticket))))
		});
		StreamBody::new(pieces)
	}

	/// Takes a blob that the chain expects.
	async fn receive(&self, id: ContentId, request: Request<Incoming>, address: IpAddr) -> Result<Reply, Refusal> {
		let refuse = |status, text: &str| Err(Refusal::new(status, text));
		let Some(size) = request.body().size_hint().exact() else {
			return refuse(StatusCode::LENGTH_REQUIRED, "say how many bytes come: Content-Length");
		};
		if self.store.status(&id) == (Status::Held { size }) {
			return finish(Response::builder().status(StatusCode::OK), "it is here already\n".into());
		}
		if !(self.expects)(id, size).map_err(internal)? {
			let text = format!(
				"blob {} of {size} bytes is not expected by the chain: register it first (as a model or as an input), and wait \
				 until the block with the registration is in",
				hex::encode(id.0),
			);
			return refuse(StatusCode::FORBIDDEN, &text);
		}
		let Some(_slot) = self.limits.upload(address) else {
			return refuse(
				StatusCode::SERVICE_UNAVAILABLE,
				"too many uploads are under way: try again, or another node",
			);
		};
		let (sender, pieces) = mpsc::channel(PIECES);
		let store = self.store.clone();
		let writer = tokio::task::spawn_blocking(move || write(&store, id, size, pieces));
		let sent = self.send_pieces(request.into_body(), size, sender).await;
		let written = writer.await.map_err(internal)?;
		match (written, sent) {
			(Ok(()), _) => finish(Response::builder().status(StatusCode::CREATED), "it is here\n".into()),
			// The client ended the stream early.
			(Err(Error::WrongLength { .. }), Err(refusal)) => Err(refusal),
			(Err(error), _) => Err(error.into()),
		}
	}

	/// Hands the body on until it ends, the writer does not want more, or the client is too slow.
	async fn send_pieces(&self, mut body: Incoming, size: u64, sender: mpsc::Sender<Bytes>) -> Result<(), Refusal> {
		let slow = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the bytes come too slowly: try again");
		let deadline = Instant::now() + self.idle_time + Duration::from_secs(size / MIN_SPEED);
		loop {
			let frame = timeout_at(deadline.min(Instant::now() + self.idle_time), body.frame()).await.map_err(slow)?;
			let Some(frame) = frame else { return Ok(()) };
			let frame = frame.map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, &error.to_string()))?;
			let Ok(bytes) = frame.into_data() else { continue };
			if sender.send(bytes).await.is_err() {
				return Ok(());
			}
		}
	}
}

fn write(store: &Arc<Store>, id: ContentId, size: u64, mut pieces: mpsc::Receiver<Bytes>) -> Result<(), Error> {
	let mut upload = Upload::begin(store, id, size)?;
	while let Some(bytes) = pieces.blocking_recv() {
		upload.write(&bytes)?;
	}
	upload.finish()
}

/// Answer to the preflight request of a browser, which precedes an upload.
fn preflight() -> Reply {
	let mut response = Response::new(Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync());
	*response.status_mut() = StatusCode::NO_CONTENT;
	let headers = response.headers_mut();
	let mut allow = |name, value| headers.insert(name, HeaderValue::from_static(value));
	allow(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, PUT, OPTIONS");
	allow(header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, If-None-Match, Range");
	allow(header::ACCESS_CONTROL_MAX_AGE, "86400");
	response
}

fn finish(response: hyper::http::response::Builder, text: Bytes) -> Result<Reply, Refusal> {
	response.body(Full::new(text).map_err(|never| match never {}).boxed_unsync()).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Refusal {
	Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
}

/// Part of a blob that a `Range` header asks for.
#[derive(PartialEq, Eq, Debug)]
enum Asked {
	Range(Range<u64>),
	/// Nothing of it is there.
	Unsatisfiable,
	/// Not a single range of bytes: the whole blob answers it.
	Ignored,
}

fn parse_range(header: &str, size: u64) -> Asked {
	let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
		return Asked::Ignored;
	};
	let number =
		|text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
	let range = match (first, last) {
		("", last) => number(last).map(|length| size.saturating_sub(length)..size),
		(first, "") => number(first).map(|first| first..size),
		(first, last) => match (number(first), number(last)) {
			(Some(first), Some(last)) if first <= last => Some(first..last.saturating_add(1).min(size)),
			_ => None,
		},
	};
	match range {
		Some(range) if range.start < range.end => Asked::Range(range),
		Some(_) => Asked::Unsatisfiable,
		None => Asked::Ignored,
	}
}

impl Refusal {
	fn new(status: StatusCode, text: &str) -> Self {
		Refusal { status, text: text.to_string() }
	}
}

impl From<Error> for Refusal {
	fn from(error: Error) -> Self {
		let status = match error {
			Error::WrongId { .. } | Error::WrongChunk { .. } | Error::WrongLength { .. } => {
				StatusCode::UNPROCESSABLE_ENTITY
			}
			Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
			Error::Full { .. } | Error::NoRoom { .. } => StatusCode::INSUFFICIENT_STORAGE,
			_ => StatusCode::INTERNAL_SERVER_ERROR,
		};
		Refusal::new(status, &error.to_string())
	}
}

impl From<Refusal> for Reply {
	fn from(refusal: Refusal) -> Self {
		let text = Bytes::from(refusal.text + "\n");
		let mut response = Response::new(Full::new(text).map_err(|never| match never {}).boxed_unsync());
		*response.status_mut() = refusal.status;
		if refusal.status == StatusCode::TOO_MANY_REQUESTS || refusal.status == StatusCode::SERVICE_UNAVAILABLE {
			response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
		}
		response
	}
}

#[cfg(test)]
mod tests;
