//! Files of the explorer, which a node serves beside blobs. They are read once, at the start: no request reaches the disk.

use super::{finish, Refusal, Reply, Ticket};
use http_body_util::{BodyExt, Full};
use hyper::{
	body::Bytes,
	header::{self, HeaderMap},
	Response, StatusCode,
};
use std::{collections::HashMap, fs, io, path::Path};

/// Bytes of all files together.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Type of each kind of file that is served, by the end of its name.
const TYPES: [(&str, &str); 10] = [
	("html", "text/html; charset=utf-8"),
	("js", "text/javascript; charset=utf-8"),
	("css", "text/css; charset=utf-8"),
	("json", "application/json"),
	("map", "application/json"),
	("wasm", "application/wasm"),
	("svg", "image/svg+xml"),
	("png", "image/png"),
	("ico", "image/x-icon"),
	("txt", "text/plain; charset=utf-8"),
];

struct Page {
	bytes: Bytes,
	kind: &'static str,
	tag: String,
}

/// The files of a folder, by the path of a request.
pub struct Pages(HashMap<String, Page>);

impl Pages {
	/// Reads a folder that has an `index.html`.
	pub fn read(dir: &Path) -> Result<Self, String> {
		let said =
			|error: &dyn std::fmt::Display| {
				let dir = dir.display();
				format!("--explorer {dir}: {error}: name the folder that `scripts/explorer.sh --build` writes, explorer/dist")
			};
		let (mut pages, mut left) = (HashMap::new(), MAX_BYTES);
		read_into(&mut pages, dir, "/", &mut left).map_err(|error| said(&error))?;
		if !pages.contains_key("/") {
			return Err(said(&"there is no index.html"));
		}
		Ok(Pages(pages))
	}

	/// Answers a request, whose bytes count for the ticket. Without a ticket, what would come.
	pub(super) fn answer(&self, path: &str, headers: &HeaderMap, ticket: Option<Ticket>) -> Result<Reply, Refusal> {
		let Some(page) = self.0.get(path) else {
			return Err(Refusal::new(StatusCode::NOT_FOUND, "there is no such page: the explorer is at /"));
		};
		// `no-cache`: a browser asks each time whether the file is still the same, so that a new build is seen at once.
		let response = Response::builder()
			.header(header::CONTENT_TYPE, page.kind)
			.header(header::ETAG, &page.tag)
			.header(header::CACHE_CONTROL, "no-cache")
			.header(header::REFERRER_POLICY, "no-referrer")
			.header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
		if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == page.tag.as_bytes()) {
			return finish(response.status(StatusCode::NOT_MODIFIED), Bytes::new());
		}
		let response = response.header(header::CONTENT_LENGTH, page.bytes.len());
		let Some(mut ticket) = ticket else { return finish(response, Bytes::new()) };
		ticket.bytes = page.bytes.len() as u64;
		let body = Full::new(page.bytes.clone()).map_frame(move |frame| {
			let _until_it_is_sent = &ticket;
			frame
		});
		response.body(body.map_err(|never| match never {}).boxed_unsync()).map_err(super::internal)
	}
}

fn read_into(pages: &mut HashMap<String, Page>, dir: &Path, prefix: &str, left: &mut u64) -> io::Result<()> {
	for entry in fs::read_dir(dir)? {
		let entry = entry?;
		let Ok(name) = entry.file_name().into_string() else { continue };
		if name.starts_with('.') {
			continue;
		}
		let kind = entry.file_type()?;
		if kind.is_dir() {
			read_into(pages, &entry.path(), &format!("{prefix}{name}/"), left)?;
			continue;
		}
		let ending = name.rsplit('.').next();
		let Some((_, kind)) = TYPES.iter().find(|(known, _)| kind.is_file() && ending == Some(known)) else { continue };
		let bytes = fs::read(entry.path())?;
		let rest = left.checked_sub(bytes.len() as u64);
		*left = rest.ok_or_else(|| io::Error::other(format!("its files have more than {MAX_BYTES} bytes")))?;
		let tag = format!("\"{}\"", hex::encode(assay_primitives::hash::blake2_256(&bytes)));
		let path = if name == "index.html" { prefix.to_string() } else { format!("{prefix}{name}") };
		pages.insert(path, Page { bytes: bytes.into(), kind, tag });
	}
	Ok(())
}
