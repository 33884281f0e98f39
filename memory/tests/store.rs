//! Spaces on disk: what was answered is there, whatever happens, and a state is the same wherever it is opened.

mod common;

use assay_memory::{page::Export, store::Recovery, Error};
use codec::{Decode, Encode};
use common::{add, all, embedded, home, sentence, Daemon, Random};
use serde_json::{json, Value};
use std::{
	collections::BTreeSet,
	thread,
	time::{Duration, Instant},
};

#[test]
fn of_1_000_writes_none_that_was_answered_is_lost_when_the_daemon_is_killed_at_any_moment() {
	let folder = tempfile::tempdir().unwrap();
	let space = home(folder.path()).create("space", false, None, Recovery::File).unwrap();
	let key = space.add_key("writer", assay_memory::store::Rights::ALL, &Default::default()).unwrap();
	drop(space);
	let mut random = Random(std::process::id().into());
	let (mut answered, mut kills, mut unanswered) = (Vec::new(), 0, 0);
	while answered.len() < 1_000 {
		let daemon = Daemon::start(folder.path());
		let (id, address) = (daemon.child.id(), daemon.address.clone());
		let wait = Duration::from_micros(random.below(150_000));
		let killer = thread::spawn(move || {
			thread::sleep(wait);
			// Between any two instructions of the daemon.
			std::process::Command::new("kill").args(["-9", &id.to_string()]).status().unwrap();
		});
		let began = Instant::now();
		while began.elapsed() < wait + Duration::from_secs(5) {
			let text = format!("write number {}", answered.len() + unanswered);
			match common::ask(&address, "127.0.0.1", "POST", "/v1/memories", &key, &json!({ "messages": text })) {
				Some((200, answer)) => answered.push(answer["results"][0]["id"].as_str().unwrap().to_string()),
				Some((status, answer)) => panic!("{status} {answer}"),
				None => {
					unanswered += 1;
					break;
				}
			}
		}
		killer.join().unwrap();
		kills += 1;
		drop(daemon);
		let space = home(folder.path()).open("space").unwrap();
		space.check().unwrap();
		let there = space
			.view(|view| Ok(view.index.records().map(|(_, record)| record.id.to_string()).collect::<BTreeSet<_>>()))
			.unwrap();
		let lost = answered.iter().filter(|id| !there.contains(*id)).collect::<Vec<_>>();
		assert!(lost.is_empty(), "after kill {kills} these are lost: {lost:?}");
	}
	println!("{} writes answered, {kills} kills, {unanswered} writes cut off, none lost", answered.len());
	assert!(kills > 10, "the daemon was killed {kills} times");
}

#[test]
fn an_export_gives_the_same_root_elsewhere_and_nothing_changed_in_it_is_taken() {
	let folder = tempfile::tempdir().unwrap();
	let space = embedded(&home(&folder.path().join("here")), "space", Recovery::File);
	let access = all(&space);
	(0..150).for_each(|number| drop(add(&access, "alice", &sentence(number))));
	let old = space.export().unwrap();
	let id = add(&access, "alice", "to be deleted");
	access.delete(&id, &json!({})).unwrap();
	let export = space.export().unwrap();
	let there = home(&folder.path().join("there"));
	let copy = there.create_reader("copy", Some(&space.kit().unwrap())).unwrap();
	let bytes = export.encode();
	assert_eq!(copy.import(&Export::decode(&bytes).unwrap()).unwrap(), 150);
	copy.check().unwrap();
	assert_eq!(copy.head().unwrap(), space.head().unwrap());
	assert_eq!(copy.export().unwrap(), export, "exported again it is the same file");
	assert!(
		matches!(copy.import(&old), Err(Error::NotVerified(_) | Error::Forbidden(_))),
		"an older state is not taken over a newer one"
	);

	// The same recall gives the same there.
	let body = json!({ "query": "who likes espresso in Berlin", "top_k": 20 });
	let ids = |answer: Value| {
		answer["results"]
			.as_array()
			.unwrap()
			.iter()
			.map(|memory| (memory["id"].clone(), memory["ranked"].clone()))
			.collect::<Vec<_>>()
	};
	assert_eq!(ids(all(&std::sync::Arc::new(copy)).search(&body).unwrap()), ids(access.search(&body).unwrap()));

	let mut random = Random(3);
	for round in 0..500 {
		let mut changed = bytes.clone();
		let place = random.below(changed.len() as u64) as usize;
		changed[place] ^= 1 << random.below(8);
		let taken = Export::decode(&changed).and_then(|export| space.read_export(&export).map(|_| ()));
		assert!(taken.is_err(), "round {round}: byte {place}");
	}
	let mut short = export.clone();
	short.pages.pop();
	let refused = space.read_export(&short).err().unwrap().to_string();
	assert!(refused.contains("pages are missing"), "{refused}");
}

#[test]
fn two_processes_on_one_space_see_each_other_and_lose_nothing() {
	let folder = tempfile::tempdir().unwrap();
	let home = home(folder.path());
	embedded(&home, "space", Recovery::File);
	let write = |name: &'static str| {
		let home = home.clone();
		thread::spawn(move || {
			let space = std::sync::Arc::new(home.open("space").unwrap());
			let access = all(&space);
			let mut ids = BTreeSet::new();
			for number in 0..100 {
				let id = add(&access, name, &format!("{name} {}", sentence(number)));
				if number % 10 == 9 {
					access.delete(&id, &json!({})).unwrap();
				} else if number % 7 == 3 {
					access.update(&id, &json!({ "text": format!("{name} changed {number}") })).unwrap();
					ids.insert(id);
				} else {
					ids.insert(id);
				}
			}
			ids
		})
	};
	let writers: Vec<_> = ["alice", "bob"].map(write).into();
	let ids: BTreeSet<String> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
	assert_eq!(ids.len(), 180);
	let space = home.open("space").unwrap();
	space.check().unwrap();
	let there = space
		.view(|view| Ok(view.index.records().map(|(_, record)| record.id.to_string()).collect::<BTreeSet<_>>()))
		.unwrap();
	assert_eq!(there, ids);
	space.commit().unwrap();
	space.check().unwrap();
}

#[test]
fn whatever_is_done_a_space_that_is_opened_again_ranks_the_same() {
	let folder = tempfile::tempdir().unwrap();
	let home = home(folder.path());
	let space = embedded(&home, "space", Recovery::File);
	let access = all(&space);
	let mut random = Random(4);
	let mut ids: Vec<String> = Vec::new();
	for round in 0..600u64 {
		match random.below(20) {
			0 if !ids.is_empty() => {
				let id = ids.swap_remove(random.below(ids.len() as u64) as usize);
				access.delete(&id, &json!({})).unwrap();
			}
			1 | 2 if !ids.is_empty() => {
				let id = &ids[random.below(ids.len() as u64) as usize];
				access.update(id, &json!({ "text": sentence(round) })).unwrap();
			}
			3 => drop(space.commit().unwrap()),
			_ => ids.push(add(&access, ["alice", "bob", "carol"][round as usize % 3], &sentence(round))),
		}
		if round % 100 == 99 {
			let again = home.open("space").unwrap();
			again.check().unwrap();
			for number in 0..20 {
				let query = assay_memory::index::Query {
					text: sentence(number),
					k: 50,
					superseded: number % 2 == 0,
					..Default::default()
				};
				assert_eq!(again.search(&query).unwrap(), space.search(&query).unwrap(), "round {round}");
			}
		}
	}
	let pages = |space: &assay_memory::store::Space| space.export().unwrap().pages.len();
	let heads = space.export().unwrap().head.head.seq;
	assert!(heads > 40 && pages(&space) <= 20, "{heads} commits left {} pages", pages(&space));
}

#[test]
fn nothing_that_leaves_a_private_space_or_lies_on_its_disk_holds_a_text_or_a_vector_in_the_clear() {
	let folder = tempfile::tempdir().unwrap();
	let space = embedded(&home(folder.path()), "space", Recovery::File);
	let access = all(&space);
	let texts: Vec<String> = (0..300).map(|number| format!("{} zyxwv{number}", sentence(number))).collect();
	let mut outside: Vec<Vec<u8>> = Vec::new();
	for (number, text) in texts.iter().enumerate() {
		let body = json!({ "messages": text, "user_id": format!("user{number}qq"), "metadata": { "note": format!("secretnote{number}") }, "categories": ["categoryqq"] });
		access.add(&body).unwrap();
		if number % 100 == 50 {
			let export = space.export().unwrap();
			outside.push(export.manifest.clone());
			outside.extend(export.pages.clone());
			outside.push(export.encode());
		}
	}
	for file in std::fs::read_dir(folder.path()).unwrap() {
		outside.push(std::fs::read(file.unwrap().path()).unwrap());
	}
	let vectors: Vec<Vec<u8>> = space
		.view(|view| {
			Ok((0..view.index.len())
				.map(|index| view.index.vector(index).iter().map(|value| *value as u8).collect())
				.collect())
		})
		.unwrap();
	assert!(vectors.iter().all(|vector: &Vec<u8>| vector.len() == 32));
	let found = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
	let total: usize = outside.iter().map(Vec::len).sum();
	for bytes in &outside {
		for what in ["zyxwv", "secretnote", "categoryqq", "user5", "espresso", "week 1"] {
			assert!(!found(bytes, what.as_bytes()), "`{what}` is in the clear");
		}
		for vector in vectors.iter().step_by(7) {
			// A part is enough to tell a vector by.
			assert!(!found(bytes, &vector[8..16]), "a vector is in the clear");
		}
		assert!(bytes.len() < 16 || !found(&bytes[..bytes.len().min(400)], b"alice"));
	}
	println!("{total} bytes in {} files and blobs, 0 hits", outside.len());
	// The search itself finds what is there.
	assert!(found(texts[0].as_bytes(), b"zyxwv"));
}

#[test]
fn bounds_are_refused_in_words() {
	let folder = tempfile::tempdir().unwrap();
	let home = home(folder.path());
	let space = embedded(&home, "space", Recovery::File);
	let access = all(&space);
	let refused = |body: Value| access.add(&body).unwrap_err().to_string();
	assert!(refused(json!({ "messages": "x".repeat(16 * 1024 + 1) })).contains("at most 16384"));
	assert!(refused(json!({ "messages": "  " })).contains("not empty"));
	assert!(refused(json!({ "messages": 5 })).contains("messages"));
	assert!(refused(json!({})).contains("messages"));
	assert!(refused(json!({ "messages": "x", "metadata": "y" })).contains("object"));
	assert!(refused(json!({ "messages": "x", "metadata": { "y": "z".repeat(5_000) } })).contains("4096"));
	assert!(refused(json!({ "messages": "x", "categories": vec!["c"; 17] })).contains("16 categories"));
	assert!(refused(json!({ "messages": "x", "user_id": "" })).contains("user_id"));
	assert!(refused(json!({ "messages": "x", "expiration_date": "soon" })).contains("2026-11-27"));
	assert!(refused(json!({ "messages": [{ "role": "robot", "content": "x" }] })).contains("robot"));
	for (body, word) in [
		(json!({ "query": " " }), "query"),
		(json!({ "query": "x", "top_k": 0 }), "top_k"),
		(json!({ "query": "x", "top_k": 5_000 }), "1000"),
		(json!({ "query": "x", "filters": { "nonsense": 1 } }), "nonsense"),
		(json!({ "query": "x", "filters": { "created_at": { "gte": "never" } } }), "never"),
		(json!({ "query": "x", "filters": [1] }), "object"),
		(json!({ "query": "x", "show_expired": "perhaps" }), "true or false"),
	] {
		let error = access.search(&body).unwrap_err();
		assert!(error.to_string().contains(word) && error.status() == 400, "{body}: {error}");
	}
	assert_eq!(access.list(&json!({})).unwrap()["count"], 0);
	assert!(home.create("space", false, None, Recovery::File).err().unwrap().to_string().contains("another name"));
	assert!(home.open("../space").err().unwrap().to_string().contains("letters"));
	assert!(home.open("other").err().unwrap().to_string().contains("init"));
	assert!(access.delete_all(&json!({})).unwrap_err().to_string().contains("whose"));
}

#[test]
fn what_version_1_wrote_opens_and_verifies() {
	let folder = tempfile::tempdir().unwrap();
	// The keys of a space that was made for this.
	let kit = assay_memory::store::Kit::decode(&mut include_bytes!("version-1/kit").as_slice()).unwrap();
	let export = Export::decode(include_bytes!("version-1/export")).unwrap();
	let receipt = assay_memory::recall::Receipt::decode(include_bytes!("version-1/receipt")).unwrap();
	let space = home(folder.path()).create_reader("space", Some(&kit)).unwrap();
	assert_eq!(space.import(&export).unwrap(), 3, "two versions of one memory, one of another, and one that is gone");
	space.check().unwrap();
	assert_eq!(receipt.integrity().unwrap().memories.len(), 2);
	space.refute(&receipt).unwrap();
	assert_eq!(space.export().unwrap(), export);
}
