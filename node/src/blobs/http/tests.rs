use super::*;
use tokio::{
	io::{AsyncReadExt, AsyncWriteExt},
	net::TcpSocket,
};

#[test]
fn ranges_are_those_of_http() {
	let size = 1000;
	for (header, expected) in [
		("bytes=0-0", Asked::Range(0..1)),
		("bytes=10-19", Asked::Range(10..20)),
		("bytes=990-", Asked::Range(990..1000)),
		("bytes=-10", Asked::Range(990..1000)),
		("bytes=-5000", Asked::Range(0..1000)),
		("bytes=5-18446744073709551615", Asked::Range(5..1000)),
		("bytes=1000-", Asked::Unsatisfiable),
		("bytes=1000-1001", Asked::Unsatisfiable),
		("bytes=-0", Asked::Unsatisfiable),
		("bytes=20-10", Asked::Ignored),
		("bytes=0-1,5-6", Asked::Ignored),
		("bytes=+1-2", Asked::Ignored),
		("bytes=99999999999999999999-", Asked::Ignored),
		("bytes=a-b", Asked::Ignored),
		("bytes=-", Asked::Ignored),
		("chunks=0-1", Asked::Ignored),
		("", Asked::Ignored),
	] {
		assert_eq!(parse_range(header, size), expected, "{header}");
	}
	assert_eq!(parse_range("bytes=0-", 0), Asked::Unsatisfiable);
}

/// Time in which a client of these tests sends the next bytes.
const IDLE: Duration = Duration::from_millis(300);

struct Server {
	_dir: tempfile::TempDir,
	address: SocketAddr,
	store: Arc<Store>,
}

fn condition(problems: &[&str]) -> Condition {
	let problems = problems.iter().map(ToString::to_string).collect();
	let engine = assay_api::engine::Readiness::Ready;
	Condition { best: 7, finalized: 5, peers: 3, syncing: false, engine, free_disk: Some(1 << 40), problems }
}

/// A server whose chain expects these bytes.
async fn server(expected: &[&[u8]]) -> Server {
	server_of(expected, &[], &[]).await
}

/// The same, behind proxies of this machine, of a node that has problems.
async fn server_of(expected: &[&[u8]], proxies: &[u8], problems: &'static [&'static str]) -> Server {
	served(http(expected, proxies, problems)).await
}

fn http(expected: &[&[u8]], proxies: &[u8], problems: &'static [&'static str]) -> (Http, tempfile::TempDir) {
	let dir = tempfile::tempdir().unwrap();
	let expected: Vec<_> = expected.iter().map(|bytes| (ContentId::of(bytes), bytes.len() as u64)).collect();
	let http = Http {
		expects: Box::new(move |id, size| Ok(expected.contains(&(id, size)))),
		examine: Box::new(move || condition(problems)),
		proxies: proxies.iter().map(|last| IpAddr::from([127, 0, 0, *last])).collect(),
		pages: None,
		store: Arc::new(Store::open(dir.path()).unwrap()),
		limits: Limits::new(),
		idle_time: IDLE,
		metrics: None,
	};
	(http, dir)
}

async fn served((http, dir): (Http, tempfile::TempDir)) -> Server {
	let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
	let (address, store) = (listener.local_addr().unwrap(), http.store.clone());
	tokio::spawn(run(listener, http));
	Server { _dir: dir, address, store }
}

fn head(method: &str, bytes: &[u8], headers: &str) -> Vec<u8> {
	let id = hex::encode(ContentId::of(bytes).0);
	format!("{method} /blobs/{id} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

fn put(bytes: &[u8]) -> Vec<u8> {
	[&head("PUT", bytes, &format!("Content-Length: {}\r\n", bytes.len()))[..], bytes].concat()
}

impl Server {
	/// A connection from an address of this machine.
	async fn connect(&self, from: u8) -> TcpStream {
		let socket = TcpSocket::new_v4().unwrap();
		socket.bind(SocketAddr::from(([127, 0, 0, from], 0))).unwrap();
		socket.connect(self.address).await.unwrap()
	}

	/// Sends bytes and returns status and body, or nothing if the connection was closed.
	async fn ask(&self, from: u8, request: &[u8]) -> Option<(u16, Vec<u8>)> {
		let mut stream = self.connect(from).await;
		// A server that has seen enough stops reading.
		let _ = stream.write_all(request).await;
		answer(stream).await
	}

	fn is_empty(&self) -> bool {
		std::fs::read_dir(self._dir.path()).unwrap().count() == 0
	}
}

async fn answer(mut stream: TcpStream) -> Option<(u16, Vec<u8>)> {
	let mut response = vec![];
	let _ = stream.read_to_end(&mut response).await;
	let end = response.windows(4).position(|window| window == b"\r\n\r\n")?;
	let status = std::str::from_utf8(&response[9..12]).unwrap().parse().unwrap();
	Some((status, response[end + 4..].to_vec()))
}

fn bytes() -> Vec<u8> {
	(0..2 * CHUNK_BYTES + 77).map(|i| (i / 249 + i) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_goes_in_and_comes_out() {
	let bytes = bytes();
	let server = server(&[&bytes]).await;
	assert_eq!(server.ask(1, &put(&bytes)).await.unwrap().0, 201);
	assert_eq!(server.store.read_all(&ContentId::of(&bytes)).unwrap(), bytes);
	assert_eq!(server.ask(1, &put(&bytes)).await.unwrap().0, 200);
	assert_eq!(server.ask(1, &head("GET", &bytes, "")).await.unwrap(), (200, bytes.clone()));
	let range = head("GET", &bytes, "Range: bytes=262140-262150\r\n");
	assert_eq!(server.ask(1, &range).await.unwrap(), (206, bytes[262_140..262_151].to_vec()));
	assert_eq!(server.ask(1, &head("HEAD", &bytes, "")).await.unwrap(), (200, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_expected_blob_leaves_nothing() {
	let bytes = bytes();
	let server = server(&[&bytes]).await;
	let mut wrong = put(&bytes);
	*wrong.last_mut().unwrap() ^= 1;
	assert_eq!(server.ask(1, &wrong).await.unwrap().0, 422);
	assert_eq!(server.ask(1, &put(b"unexpected")).await.unwrap().0, 403);
	let short = head("PUT", &bytes, "Content-Length: 5\r\n");
	assert_eq!(server.ask(1, &[&short[..], b"12345"].concat()).await.unwrap().0, 403);
	let chunked = head("PUT", &bytes, "Transfer-Encoding: chunked\r\n");
	assert_eq!(server.ask(1, &chunked).await.unwrap().0, 411);
	assert_eq!(server.ask(1, &head("GET", &bytes, "")).await.unwrap().0, 404);
	assert_eq!(
		server.ask(1, b"GET /blobs/xyz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.unwrap().0,
		400
	);
	assert_eq!(
		server.ask(1, b"GET /../etc/passwd HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").await.unwrap().0,
		404
	);
	assert!(server.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stops_half_way_is_ended_and_leaves_nothing() {
	let bytes = bytes();
	let server = server(&[&bytes]).await;
	let request = put(&bytes);
	let mut stopped = server.connect(1).await;
	stopped.write_all(&request[..CHUNK_BYTES as usize]).await.unwrap();
	let mut vanished = server.connect(1).await;
	vanished.write_all(&request[..CHUNK_BYTES as usize]).await.unwrap();
	drop(vanished);
	assert_eq!(answer(stopped).await.unwrap().0, 408);
	tokio::time::sleep(IDLE).await;
	assert!(server.is_empty());
	assert_eq!(server.ask(1, &request).await.unwrap().0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_does_not_keep_others_from_uploading() {
	let bytes = bytes();
	let server = server(&[&bytes]).await;
	let request = put(&bytes);
	let mut greedy = vec![];
	for _ in 0..2 {
		let mut stream = server.connect(2).await;
		stream.write_all(&request[..1000]).await.unwrap();
		greedy.push(stream);
	}
	tokio::time::sleep(IDLE / 6).await;
	assert_eq!(server.ask(2, &request).await.unwrap().0, 503);
	assert_eq!(server.ask(3, &request).await.unwrap().0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_and_requests_leaves_room_for_others() {
	let bytes = bytes();
	let server = server(&[&bytes]).await;
	server.store.put(&bytes).unwrap();
	// Connections that say nothing.
	let mut idle = vec![];
	for _ in 0..200 {
		idle.push(server.connect(2).await);
	}
	assert_eq!(server.ask(3, &head("GET", &bytes, "")).await.unwrap(), (200, bytes.clone()));
	let mut closed = 0;
	for stream in &mut idle {
		closed += usize::from(timeout(IDLE / 30, stream.read(&mut [0])).await.is_ok());
	}
	assert_eq!(closed, 200 - 16, "an address has its connections, those for a word, and no more");
	// Readers that do not read.
	let mut deaf = vec![];
	for _ in 0..12 {
		let mut stream = server.connect(4).await;
		stream.write_all(&head("GET", &bytes, "")).await.unwrap();
		deaf.push(stream);
	}
	assert_eq!(server.ask(3, &head("GET", &bytes, "")).await.unwrap(), (200, bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_lose_their_places() {
	// More than the system keeps for a connection.
	let bytes = vec![7; 32 << 20];
	let server = server(&[&bytes]).await;
	server.store.put(&bytes).unwrap();
	let small = server.store.put(b"small").unwrap();
	let (begun, mut deaf) = (Instant::now(), vec![]);
	for _ in 0..12 {
		let mut stream = server.connect(4).await;
		stream.write_all(&head("GET", &bytes, "")).await.unwrap();
		deaf.push(stream);
	}
	let request = head("GET", b"small", "");
	let ask = || server.ask(4, &request);
	// 503 while their connections are open. Those of refused requests close soon, and the address has too many requests then.
	let (status, _) = ask().await.unwrap();
	let may_be_over = begun.elapsed() >= IDLE;
	assert!(may_be_over || [429, 503].contains(&status), "who comes too many is told so, and not {status}");
	loop {
		match ask().await {
			Some((200, answer)) => break assert_eq!(ContentId::of(&answer), small),
			Some((429 | 503, _)) | None => tokio::time::sleep(IDLE / 10).await,
			Some(other) => panic!("{other:?}"),
		}
	}
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_limits_are_those_of_its_clients() {
	let bytes = vec![7; 32 << 20];
	let server = server_of(&[&bytes], &[9, 10], &[]).await;
	server.store.put(&bytes).unwrap();
	server.store.put(b"small").unwrap();
	let mut unread = vec![];
	// More than an address may have under way, all through one proxy, with names before the last one that nobody vouches for.
	for request in 0..8 {
		let mut stream = server.connect(9).await;
		let forwarded = format!("X-Forwarded-For: 10.1.{request}.1, 10.0.0.1, 127.0.0.10\r\n");
		stream.write_all(&head("GET", &bytes, &forwarded)).await.unwrap();
		unread.push(stream);
	}
	let server = &server;
	let ask = |from, client: &str| {
		let request = head("GET", b"small", &format!("X-Forwarded-For: {client}\r\n"));
		async move { server.ask(from, &request).await.unwrap().0 }
	};
	tokio::time::sleep(IDLE / 10).await;
	assert_eq!([ask(9, "10.0.0.1").await, ask(9, "10.0.0.2:4711").await], [429, 200]);
	// Who is no proxy speaks for itself, whatever it says.
	assert_eq!(ask(11, "10.0.0.1").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nodes_condition_can_be_had_when_all_connections_of_an_address_are_taken() {
	let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").into_bytes();
	let well = server(&[]).await;
	let mut idle = vec![];
	for _ in 0..12 {
		idle.push(well.connect(1).await);
	}
	let (status, body) = well.ask(1, &get("/ready")).await.unwrap();
	let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
	assert_eq!((status, &body["best"], &body["freeDisk"]), (200, &7.into(), &(1u64 << 40).into()));
	assert_eq!(well.ask(1, &get("/blobs/")).await.unwrap().0, 503);

	let ill = server_of(&[], &[], &["the node has no peers"]).await;
	let (ready, body) = ill.ask(1, &get("/ready")).await.unwrap();
	assert!(String::from_utf8(body).unwrap().contains("the node has no peers"));
	assert_eq!((ready, ill.ask(1, &get("/health")).await.unwrap().0), (503, 200), "it is alive all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_explorer_is_served_from_what_was_there_at_the_start() {
	let dir = tempfile::tempdir().unwrap();
	std::fs::create_dir(dir.path().join("assets")).unwrap();
	for (name, text) in [("index.html", "<p>"), ("assets/main.js", "1;"), (".secret.js", "2;"), ("notes.md", "#")] {
		std::fs::write(dir.path().join(name), text).unwrap();
	}
	let mut http = http(&[], &[], &[]);
	http.0.pages = Some(Pages::read(dir.path()).unwrap());
	let server = served(http).await;
	std::fs::write(dir.path().join("later.js"), "3;").unwrap();
	let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").into_bytes();
	assert_eq!(server.ask(1, &get("/")).await, Some((200, b"<p>".to_vec())));
	assert_eq!(server.ask(1, &get("/?node=ws://there")).await, Some((200, b"<p>".to_vec())));
	assert_eq!(server.ask(1, &get("/assets/main.js")).await, Some((200, b"1;".to_vec())));
	for path in ["/.secret.js", "/notes.md", "/later.js", "/assets/../index.html", "/assets/", "/%2e%2e/Cargo.toml"] {
		assert_eq!(server.ask(1, &get(path)).await.unwrap().0, 404, "{path}");
	}
	assert_eq!(server.ask(1, &get("/health")).await.unwrap().0, 200);
}

#[test]
fn a_folder_without_the_explorer_is_refused_in_words() {
	let dir = tempfile::tempdir().unwrap();
	for wrong in [dir.path().to_path_buf(), dir.path().join("nowhere")] {
		let error = Pages::read(&wrong).err().unwrap();
		assert!(error.contains("explorer/dist"), "{error}");
	}
}
