//! Parts that the tests share: memories, an embedding, a daemon and a client without a library.
#![allow(dead_code)]

use assay_memory::{
	api::Access,
	embedding::Embedder,
	record::Scope,
	store::{Home, Recovery, Space},
	terms::terms,
	Result,
};
use assay_primitives::hash::{blake2_256, Hash32};
use serde_json::{json, Value};
use std::{
	io::{BufRead, BufReader, Read, Write},
	net::TcpStream,
	path::Path,
	process::{Child, Command, Stdio},
	sync::Arc,
};

/// Numbers that are the same in each run.
pub struct Random(pub u64);

impl Random {
	/// The next one.
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
		mixed ^ (mixed >> 33)
	}

	/// One below `end`.
	pub fn below(&mut self, end: u64) -> u64 {
		self.next() % end
	}
}

const DIMENSIONS: usize = 32;

/// Directions of terms by their hashes, added: texts with the same words are near each other.
pub struct Hashed;

impl Embedder for Hashed {
	fn embedding(&self) -> (Hash32, u16) {
		(blake2_256(b"a hash of each term"), DIMENSIONS as u16)
	}

	fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<i8>>> {
		let vector = |text: &&str| {
			let mut sums = [0i32; DIMENSIONS];
			for term in terms(text) {
				let hash = blake2_256(term.as_bytes());
				sums.iter_mut().zip(hash).for_each(|(sum, byte)| *sum += i32::from(byte as i8) / 4);
			}
			sums.map(|sum| sum.clamp(-127, 127) as i8).to_vec()
		};
		Ok(texts.iter().map(vector).collect())
	}
}

/// A space with the embedding above.
pub fn embedded(home: &Home, name: &str, recovery: Recovery) -> Arc<Space> {
	Arc::new(home.create(name, false, Some(Hashed.embedding()), recovery).unwrap())
}

/// All rights to a space.
pub fn all(space: &Arc<Space>) -> Access {
	Access::owner(space.clone(), "test", Scope::default(), Some(Arc::new(Hashed)))
}

pub fn home(folder: &Path) -> Home {
	Home::new(folder.to_path_buf())
}

/// Adds a text for a user, and gives its id.
pub fn add(access: &Access, user: &str, text: &str) -> String {
	let added = access.add(&json!({ "messages": text, "user_id": user, "run_id": "one" })).unwrap();
	added["results"][0]["id"].as_str().unwrap().into()
}

const SUBJECTS: [&str; 8] =
	["Alice", "Bob", "Carol", "the project", "my sister", "our team", "the server", "a colleague"];
const VERBS: [&str; 8] = ["likes", "visited", "moved to", "works on", "broke", "painted", "forgot", "recommends"];
const OBJECTS: [&str; 12] = [
	"Berlin",
	"espresso",
	"chess",
	"the compiler",
	"a red bicycle",
	"Lisbon",
	"green tea",
	"the database",
	"mountains",
	"jazz",
	"Rust",
	"a garden",
];

/// A sentence, another for each number.
pub fn sentence(number: u64) -> String {
	let mut random = Random(number);
	let mut pick = |words: &[&'static str]| words[random.below(words.len() as u64) as usize];
	format!(
		"{} {} {} and {} {} in week {number}",
		pick(&SUBJECTS),
		pick(&VERBS),
		pick(&OBJECTS),
		pick(&VERBS),
		pick(&OBJECTS)
	)
}

/// The daemon as a process of its own.
pub struct Daemon {
	pub child: Child,
	pub address: String,
}

impl Daemon {
	pub fn start(home: &Path) -> Self {
		let mut child = Command::new(env!("CARGO_BIN_EXE_assay-memory"))
			.args(["serve", "--listen", "127.0.0.1:0", "--home"])
			.arg(home)
			.stdout(Stdio::piped())
			.spawn()
			.unwrap();
		let mut line = String::new();
		BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
		let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next());
		let address = address.unwrap_or_else(|| panic!("the daemon says `{line}`")).to_string();
		Daemon { child, address }
	}

	/// The address, to ask without the daemon at hand.
	pub fn ask(&self, method: &str, path: &str, key: &str, body: &Value) -> Option<(u16, Value)> {
		ask(&self.address, "127.0.0.1", method, path, key, body)
	}
}

impl Drop for Daemon {
	fn drop(&mut self) {
		let _ = self.child.kill();
		let _ = self.child.wait();
	}
}

/// One request over a connection of its own. None if the daemon goes away before it has answered.
pub fn ask(address: &str, host: &str, method: &str, path: &str, key: &str, body: &Value) -> Option<(u16, Value)> {
	let mut stream = TcpStream::connect(address).ok()?;
	let body = if body.is_null() { String::new() } else { body.to_string() };
	let request = format!(
		"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
		body.len()
	);
	stream.write_all(request.as_bytes()).ok()?;
	let mut answer = Vec::new();
	stream.read_to_end(&mut answer).ok()?;
	let answer = String::from_utf8(answer).ok()?;
	let (head, body) = answer.split_once("\r\n\r\n")?;
	let status = head.split(' ').nth(1)?.parse().ok()?;
	let length =
		head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(String::from));
	if length.is_some_and(|length| length.parse() != Ok(body.len())) {
		return None;
	}
	Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}
