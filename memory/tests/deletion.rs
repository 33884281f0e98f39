//! Deletions: what every key that exists afterwards opens of everything that ever existed.

mod common;

use assay_memory::{
	page::{box_key, open, open_page, Export, Key, SealedManifest},
	store::{Home, Reach, Recovery, Space},
};
use assay_primitives::hash::h;
use codec::{Decode, Encode};
use common::{add, all, embedded, home, sentence};
use rusqlite::Connection;
use serde_json::json;
use std::{path::Path, sync::Arc};

const SECRET: &str = "the safe opens with 4711";

/// Everything sealed that ever existed: exports, and rows of the log.
#[derive(Default)]
struct Kept {
	exports: Vec<Export>,
	log: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Kept {
	fn keep_log(&mut self, space: &Space) {
		let db = Connection::open(space.path()).unwrap();
		let mut rows = db.prepare("SELECT salt, sealed FROM log").unwrap();
		let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
		self.log.extend(rows.map(Result::unwrap));
	}

	fn keep(&mut self, space: &Space) {
		self.keep_log(space);
		self.exports.push(space.export().unwrap());
	}

	/// The keys with which the secret can be read.
	fn readable_with(&self, keys: &[Key]) -> Vec<Key> {
		let has = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
		let opens = |key: &Key| {
			let pages = self.exports.iter().flat_map(|export| &export.pages);
			let by_page = pages.filter_map(|page| open_page(key, page).ok()).any(|entries| has(&entries.encode()));
			let by_manifest = self.exports.iter().any(|export| {
				let sealed = SealedManifest::decode(&mut export.manifest.as_slice()).unwrap();
				let manifest = sealed.open(export.head.config.space, export.head.head.seq, Some(key));
				let pages = manifest.map(|manifest| manifest.pages).unwrap_or_default();
				pages.iter().zip(&export.pages).any(|(page, bytes)| has(&open_page(&page.key, bytes).unwrap().encode()))
			});
			let by_log = self.log.iter().any(|(salt, sealed)| {
				let row: Key = h("assay/memory/log", (key, salt.as_slice()));
				open(&row, sealed, b"assay/memory/log").is_ok_and(|entry| has(&entry))
			});
			by_page || by_manifest || by_log
		};
		keys.iter().copied().filter(opens).collect()
	}
}

/// Every 32 bytes in a row of a space's file and what lies beside it: all keys are among them.
fn every_key(space: &Space) -> Vec<Key> {
	let db = Connection::open(space.path()).unwrap();
	let mut keys: Vec<Key> = Vec::new();
	for query in
		["SELECT value FROM meta", "SELECT key FROM pages", "SELECT hash FROM api_keys", "SELECT box_key FROM readers"]
	{
		let mut rows = db.prepare(query).unwrap();
		let rows = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
		for value in rows.map(Result::unwrap) {
			keys.extend(value.windows(32).take(256).map(|window| Key::try_from(window).unwrap()));
		}
	}
	let seeds: Vec<Key> = keys.clone();
	// Keys that follow from a seed.
	keys.extend(seeds.iter().map(|seed| -> Key { h("assay/memory/box", seed) }));
	keys
}

fn files(folder: &Path) -> Vec<u8> {
	let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
	files.flat_map(|path| std::fs::read(path).unwrap()).collect()
}

fn page_keys(space: &Space) -> Vec<Key> {
	let db = Connection::open(space.path()).unwrap();
	let mut rows = db.prepare("SELECT key FROM pages").unwrap();
	let rows = rows.query_map([], |row| row.get(0)).unwrap();
	rows.map(Result::unwrap).collect()
}

/// A space with a secret among other memories, committed twice; everything sealed is kept.
fn with_secret(home: &Home, recovery: Recovery) -> (Arc<Space>, String, Kept) {
	let space = embedded(home, "space", recovery);
	let access = all(&space);
	let mut kept = Kept::default();
	(0..20).for_each(|number| drop(add(&access, "alice", &sentence(number))));
	let id = add(&access, "alice", SECRET);
	kept.keep_log(&space);
	kept.keep(&space);
	(20..40).for_each(|number| drop(add(&access, "alice", &sentence(number))));
	kept.keep(&space);
	(space, id, kept)
}

#[test]
fn after_a_deletion_no_key_that_exists_opens_what_was_deleted() {
	let folder = tempfile::tempdir().unwrap();
	let (space, id, mut kept) = with_secret(&home(folder.path()), Recovery::File);
	assert!(!kept.readable_with(&every_key(&space)).is_empty(), "before it is deleted it can be read");
	let old_keys = page_keys(&space);

	let deleted = all(&space).delete(&id, &json!({})).unwrap();
	assert_eq!(deleted["deletion"]["reached"], "forward");
	kept.keep(&space);
	assert_eq!(kept.readable_with(&every_key(&space)), Vec::<Key>::new());
	// Nor is the key anywhere in the files, the write-ahead log included.
	let bytes = files(folder.path());
	let destroyed = old_keys.iter().filter(|key| !page_keys(&space).contains(key)).collect::<Vec<_>>();
	assert!(!destroyed.is_empty());
	for key in destroyed {
		assert!(!bytes.windows(32).any(|window| window == key), "a page's old key is still on disk");
	}
	let left = all(&space).search(&json!({ "query": "safe opens 4711" })).unwrap();
	assert!(left["results"].as_array().unwrap().iter().all(|memory| memory["memory"] != SECRET));
	space.check().unwrap();
}

#[test]
fn where_the_box_key_follows_from_the_seed_that_key_alone_opens_it_and_the_report_says_so() {
	let folder = tempfile::tempdir().unwrap();
	let (space, id, kept) = with_secret(&home(folder.path()), Recovery::Seed);
	let secret = space.kit().unwrap().box_secret;
	let deleted = all(&space).delete(&id, &json!({})).unwrap();
	assert_eq!(deleted["deletion"]["reached"], "keys");
	assert!(deleted["deletion"]["open"][0].as_str().unwrap().contains("seed"));
	let mut opened = kept.readable_with(&every_key(&space));
	opened.sort();
	opened.dedup();
	assert_eq!(opened, [secret]);
}

#[test]
fn what_a_reader_or_a_kit_still_opens_is_named_until_it_has_other_keys() {
	let folder = tempfile::tempdir().unwrap();
	let (home, elsewhere) = (home(&folder.path().join("owner")), home(&folder.path().join("reader")));
	let reader = elsewhere.create_reader("reader", None).unwrap();
	let (space, id, mut kept) = with_secret(&home, Recovery::File);
	let (account, key) = reader.account().unwrap();
	space.grant(&account, &key).unwrap();
	kept.keep(&space);
	reader.import(kept.exports.last().unwrap()).unwrap();
	let (old_reader, old_kit) = (reader.kit().unwrap(), space.kit().unwrap());

	let deleted = all(&space).delete(&id, &json!({})).unwrap();
	assert_eq!(deleted["deletion"]["reached"], "keys");
	assert_eq!(deleted["deletion"]["waits_for"], json!([format!("0x{}", hex::encode(account))]));
	assert_eq!(deleted["deletion"]["open"].as_array().unwrap().len(), 2, "the kit and the reader");
	assert_eq!(kept.readable_with(&every_key(&space)), Vec::<Key>::new());
	assert_eq!(
		kept.readable_with(&[old_reader.box_secret, old_kit.box_secret]),
		[old_reader.box_secret, old_kit.box_secret]
	);

	// The reader takes the new state over, and another box key, and the owner seals to it.
	reader.import(&space.export().unwrap()).unwrap();
	let new = reader.rotate().unwrap();
	assert_ne!(new, box_key(&old_reader.box_secret));
	space.grant(&account, &new).unwrap();
	assert_eq!(all(&space).deletion(&id).unwrap()["open"].as_array().unwrap().len(), 1, "the kit");
	space.kit().unwrap();
	assert_eq!(all(&space).deletion(&id).unwrap()["reached"], "forward");
	let all_keys = [every_key(&space), every_key(&reader)].concat();
	assert_eq!(kept.readable_with(&all_keys), Vec::<Key>::new());
	assert_eq!(space.deletion(&id.parse().unwrap()).unwrap().unwrap().reach, Reach::Forward);
	reader.import(&space.export().unwrap()).unwrap();
	reader.check().unwrap();
}

#[test]
fn a_revoked_reader_keeps_what_it_had_and_gets_nothing_new() {
	let folder = tempfile::tempdir().unwrap();
	let (space, id, _) = with_secret(&home(&folder.path().join("owner")), Recovery::File);
	let reader = home(&folder.path().join("reader")).create_reader("reader", None).unwrap();
	let (account, key) = reader.account().unwrap();
	let early = space.export().unwrap();
	assert!(reader.import(&early).unwrap_err().to_string().contains("grant"));
	space.grant(&account, &key).unwrap();
	assert_eq!(reader.import(&space.export().unwrap()).unwrap(), 41);
	space.revoke(&account).unwrap();
	assert!(reader.import(&space.export().unwrap()).unwrap_err().to_string().contains("grant"));
	// It may still have the old manifest: no deletion of what it could read is called forward.
	let deleted = all(&space).delete(&id, &json!({})).unwrap();
	assert_eq!(deleted["deletion"]["reached"], "keys");
	assert_eq!(deleted["deletion"]["waits_for"].as_array().unwrap().len(), 1);
	// It could never read a memory that was written after it was revoked.
	let later = add(&all(&space), "alice", "written later");
	space.commit().unwrap();
	assert_eq!(all(&space).delete(&later, &json!({})).unwrap()["deletion"]["reached"], "forward");
}

#[test]
fn what_is_derived_goes_with_cascade_and_is_counted_without() {
	let folder = tempfile::tempdir().unwrap();
	let space = embedded(&home(folder.path()), "space", Recovery::File);
	let access = all(&space);
	let said = add(&access, "alice", "I was born in Bremen in 1990");
	let derive = |from: &str, text: &str| {
		let added = access
			.add(&json!({ "text": text, "user_id": "alice", "derived_from": [from], "derived_by": "model" }))
			.unwrap();
		added["results"][0]["id"].as_str().unwrap().to_string()
	};
	let fact = derive(&said, "Alice was born in Bremen");
	derive(&fact, "Alice is from the north");
	let other = add(&access, "alice", "I like tea");
	let copy = derive(&other, "Alice likes tea");

	assert_eq!(access.delete(&other, &json!({})).unwrap()["derived_left"], 1);
	assert_eq!(access.get(&copy).unwrap()["derived_from"], json!([other]));
	let deleted = access.delete(&said, &json!({ "cascade": true })).unwrap();
	assert_eq!(deleted["deleted"], 3);
	assert_eq!(access.list(&json!({})).unwrap()["count"], 1);
	// All versions go, and only that it was deleted stays.
	access.update(&copy, &json!({ "text": "Alice likes green tea" })).unwrap();
	access.delete(&copy, &json!({})).unwrap();
	assert_eq!(access.list(&json!({ "latest_only": false })).unwrap()["count"], 0);
	let history = access.history(&copy).unwrap();
	assert_eq!((history.as_array().unwrap().len(), &history[0]["event"]), (1, &json!("DELETE")));
}
