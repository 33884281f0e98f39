//! Several machines that write to one space: nothing is lost, and nobody changes what others wrote.

mod common;

use assay_memory::{
	api::Access,
	chain::{Anchored, Availability, OnChain},
	head::{Account, BlobRef, Config, Head, Signed, SignedHead},
	index::Query,
	page::{seal_page, Entry, Export, Manifest, PageRef, SealedManifest},
	record::{Record, Scope},
	store::{Anchor, Fetched, Reach, Recovery, Rights, Space, Taken},
	tree::{gone, leaf, Tree},
	Error, Result,
};
use assay_primitives::ContentId;
use codec::Encode;
use common::{home, sentence, Random};
use serde_json::json;
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// The chain's record of a space: the last commit with its blobs, the accounts that may write, and the epoch.
struct Chain {
	config: Config,
	last: Option<Export>,
	grants: Vec<(Account, Rights)>,
	epoch: u32,
	moved: usize,
}

impl Chain {
	fn of(space: &Space) -> Self {
		let config = space.config().unwrap().unwrap();
		Chain { config, last: None, grants: Vec::new(), epoch: 0, moved: 0 }
	}

	fn grant(&mut self, owner: &Space, reader: &Space, rights: Rights) {
		let (account, box_key) = reader.account().unwrap();
		owner.grant(&account, &box_key).unwrap();
		self.grants.push((account, rights));
		self.push(owner);
	}

	fn rights(&self, who: &Account) -> Rights {
		self.grants.iter().find(|(account, _)| account == who).map_or(Rights(0), |(_, rights)| *rights)
	}

	fn head(&self) -> Option<&Head> {
		self.last.as_ref().map(|last| &last.head.head)
	}

	fn anchor(&self) -> Anchor {
		Anchor { genesis: [1; 32], space: 3, seq: self.head().map_or(0, |head| head.seq) }
	}

	/// Gives a machine the last commit, if it is not one of its own.
	fn follow(&self, space: &Space) -> Result<Option<Taken>> {
		let Some(last) = &self.last else { return Ok(None) };
		let head = &last.head.head;
		if space.head_of(head.seq)?.as_ref() == Some(head) {
			return Ok(None);
		}
		let fetched = Fetched {
			anchor: self.anchor(),
			by_editor: head.by == self.config.owner || self.rights(&head.by).has(Rights::EDIT),
			granted: self.rights(&space.account()?.0),
			readers: self.grants.iter().map(|(who, _)| *who).collect(),
			epoch: self.epoch,
			state: last.clone(),
		};
		space.take(&fetched).map(Some)
	}

	/// The same, and the machine hears of it.
	fn submit(&mut self, space: &Space) -> bool {
		let taken = self.accept(space);
		if taken {
			space.set_anchor(&self.anchor()).unwrap();
		}
		taken
	}

	/// Takes a machine's commits if they follow the last one, as the pallet does.
	fn accept(&mut self, space: &Space) -> bool {
		let committed = space.committed().unwrap();
		let seq = self.head().map_or(0, |head| head.seq);
		if self.head().is_some_and(|last| !committed.heads.contains(last)) {
			return false;
		}
		let new: Vec<&Head> = committed.heads.iter().filter(|head| head.seq > seq).collect();
		for pair in new.windows(2) {
			assert_eq!(pair[1].previous, pair[0].hash());
		}
		for head in &new {
			assert!(
				head.epoch >= self.epoch && head.epoch <= self.epoch + 64,
				"the pallet refuses the epoch {}",
				head.epoch
			);
			self.epoch = head.epoch;
		}
		let mut head = committed.last;
		// It takes a transaction, and not the signature that the owner's machine has put under it.
		head.signature = Signed::NONE;
		let pages = committed.pages.into_iter().map(|(_, bytes)| bytes).collect();
		self.last = Some(Export { magic: Export::MAGIC, head, earlier: vec![], manifest: committed.manifest, pages });
		true
	}

	/// Commits of a machine, again on top of others' where those came first.
	fn push(&mut self, space: &Space) {
		while !self.submit(space) {
			self.moved += 1;
			self.follow(space).unwrap();
		}
	}
}

/// A machine with the space.
struct Machine {
	space: Arc<Space>,
	access: Access,
}

impl Machine {
	fn new(space: Space) -> Self {
		let space = Arc::new(space);
		Machine { access: Access::owner(space.clone(), "test", Scope::default(), None), space }
	}

	fn add(&self, text: &str) -> String {
		common::add(&self.access, "alice", text)
	}

	fn texts(&self) -> BTreeSet<String> {
		self.space.view(|view| Ok(view.index.records().map(|(_, record)| record.text.clone()).collect())).unwrap()
	}

	fn root(&self) -> [u8; 32] {
		self.space.head().unwrap().unwrap().head.root
	}
}

/// The owner's machine, one with these rights that has the space from the chain, and the chain.
fn two(folder: &Path, rights: Rights) -> (Machine, Machine, Chain) {
	let owner = Machine::new(home(folder).create("owner", false, None, Recovery::File).unwrap());
	let other = Machine::new(home(folder).create_reader("other", None).unwrap());
	let mut chain = Chain::of(&owner.space);
	owner.add("the first memory");
	chain.push(&owner.space);
	chain.grant(&owner.space, &other.space, rights);
	chain.follow(&other.space).unwrap().unwrap();
	(owner, other, chain)
}

const APPENDS: Rights = Rights(Rights::READ.0 | Rights::APPEND.0);
const EDITS: Rights = Rights(APPENDS.0 | Rights::EDIT.0);

#[test]
fn of_1_000_writes_of_two_machines_at_once_none_is_lost() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, other, mut chain) = two(folder.path(), EDITS);
	let mut random = Random(7);
	let mut written = BTreeSet::from(["the first memory".to_string()]);
	let mut deleted = 0;
	for number in 0..1_000u64 {
		let machine = if random.below(2) == 0 { &owner } else { &other };
		let text = format!("{} {number}", sentence(number));
		let id = machine.add(&text);
		written.insert(text.clone());
		match random.below(20) {
			0 => {
				machine.access.update(&id, &json!({ "text": format!("{text}, later") })).unwrap();
				written.insert(format!("{text}, later"));
			}
			1 => {
				machine.access.delete(&id, &json!({})).unwrap();
				written.remove(&text);
				deleted += 1;
			}
			2 => drop(machine.space.commit().unwrap()),
			_ => {}
		}
		if random.below(8) == 0 {
			chain.push(&machine.space);
		}
	}
	for machine in [&owner, &other, &owner] {
		chain.push(&machine.space);
	}
	for machine in [&owner, &other] {
		chain.follow(&machine.space).unwrap();
		assert_eq!(machine.texts(), written);
		machine.space.check().unwrap();
		let statuses = machine.space.view(|view| {
			Ok((0..view.index.len()).all(|at| view.status(at) == "final" || view.index.get(at).is_none()))
		});
		assert!(statuses.unwrap());
	}
	assert_eq!(owner.root(), other.root());
	assert!(chain.moved > 20 && deleted > 20, "{} commits were made again, {deleted} memories deleted", chain.moved);
	// The disk has the same as memory.
	let again = Machine::new(home(folder.path()).open("other").unwrap());
	assert_eq!((again.texts(), again.root()), (written, owner.root()));
}

#[test]
fn a_commit_that_is_on_the_chain_before_its_machine_knows_is_not_made_twice() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, other, mut chain) = two(folder.path(), APPENDS);
	owner.add("written once");
	// As after a kill between the block and the disk.
	assert!(chain.accept(&owner.space));
	let statuses = |at| owner.space.view(|view| Ok(view.status(at))).unwrap();
	assert_eq!((statuses(0), statuses(1)), ("final", "committed"));
	other.add("on top of it");
	chain.push(&other.space);
	let taken = chain.follow(&owner.space).unwrap().unwrap();
	assert_eq!(taken, Taken::default());
	let texts: Vec<String> =
		owner.space.view(|view| Ok(view.index.records().map(|(_, record)| record.text.clone()).collect())).unwrap();
	assert_eq!(texts, ["the first memory", "written once", "on top of it"]);
}

/// A commit on top of the last by a grantee, with other records than it has, and nothing signed or dropped.
fn lie(chain: &mut Chain, by: &Space, change: impl FnOnce(&mut Vec<Option<Record>>)) {
	let committed = by.committed().unwrap();
	let mut records: Vec<Option<Record>> =
		by.view(|view| Ok((0..view.index.len()).map(|index| view.index.get(index).cloned()).collect())).unwrap();
	change(&mut records);
	let (mut tree, mut entries) = (Tree::default(), Vec::new());
	for (index, record) in (0u64..).zip(&records) {
		tree.set(index, record.as_ref().map_or_else(|| gone(index), |record| leaf(index, record)));
		entries.extend(record.clone().map(|record| Entry { index, record, vector: vec![] }));
	}
	let (last, config) = (committed.last.head, chain.config.clone());
	let page = seal_page(&[5; 32], &entries);
	let blob = |bytes: &[u8]| BlobRef { id: ContentId::of(bytes), size: bytes.len() as u64 };
	let (first, end) = (entries[0].index, entries[entries.len() - 1].index);
	let pages = vec![PageRef { blob: blob(&page), key: [5; 32], first, last: end, records: entries.len() as u32 }];
	let mut readers: Vec<_> = by.readers().unwrap().iter().map(|reader| (reader.account, reader.box_key)).collect();
	readers.push(by.account().unwrap());
	let sealed = SealedManifest::seal(&Manifest { pages }, &[6; 32], config.space, last.seq + 1, &readers).unwrap();
	let manifest = sealed.to_blob(config.space);
	let head = Head {
		seq: last.seq + 1,
		root: tree.root(),
		records: records.len() as u64,
		manifest: blob(&manifest),
		epoch: last.epoch,
		previous: last.hash(),
		by: by.account().unwrap().0,
	};
	let head = SignedHead { config, head, signature: Signed::NONE };
	chain.last = Some(Export { magic: Export::MAGIC, head, earlier: vec![], manifest, pages: vec![page] });
}

#[test]
fn a_grantee_that_changes_what_others_wrote_is_refused_and_the_owner_undoes_it() {
	type Change = fn(&mut Vec<Option<Record>>);
	let cases: [(&str, Rights, Change); 5] = [
		("rewrites record 0", APPENDS, |records| records[0].as_mut().unwrap().text = "Alice owes me a house".into()),
		("rewrites record 0", EDITS, |records| records[0].as_mut().unwrap().text = "Alice owes me a house".into()),
		("leaves out record 0", APPENDS, |records| records[0] = None),
		("brings record 2 back", EDITS, |records| {
			records[2] = records[0].clone();
			records[2].as_mut().unwrap().id.0[15] ^= 1;
		}),
		("takes the place of another's", APPENDS, |records| {
			let mut version = records[0].clone().unwrap();
			(version.version, version.salt, version.text) = (2, [9; 16], "Alice owes me a house".into());
			records.push(Some(version));
		}),
	];
	for (why, rights, change) in cases {
		let folder = tempfile::tempdir().unwrap();
		let (owner, liar, mut chain) = two(folder.path(), rights);
		owner.add("the second memory");
		let id = owner.add("to be deleted");
		chain.push(&owner.space);
		owner.access.delete(&id, &json!({})).unwrap();
		chain.push(&owner.space);
		let reader = Machine::new(home(folder.path()).create_reader("reader", None).unwrap());
		chain.grant(&owner.space, &reader.space, Rights::READ);
		for machine in [&reader, &liar] {
			chain.follow(&machine.space).unwrap();
		}
		let before = owner.texts();
		assert_eq!(before.len(), 2);
		lie(&mut chain, &liar.space, |records| {
			change(records);
			let mut harmless = records[1].clone().unwrap();
			(harmless.id.0[15], harmless.salt, harmless.text) = (harmless.id.0[15] ^ 1, [8; 16], "harmless".into());
			records.push(Some(harmless));
		});
		let error = chain.follow(&reader.space).unwrap_err();
		assert!(matches!(error, Error::NotVerified(_)) && error.to_string().contains(why), "{error}");
		assert_eq!(reader.texts(), before, "a reader keeps what it had");

		let taken = chain.follow(&owner.space).unwrap().unwrap();
		assert!(taken.undone.as_ref().is_some_and(|undone| undone.contains(why)), "{taken:?}");
		owner.space.check().unwrap();
		chain.push(&owner.space);
		chain.follow(&reader.space).unwrap().unwrap();
		let mut after = before.clone();
		after.insert("harmless".into());
		assert_eq!((owner.texts(), reader.texts()), (after.clone(), after), "what harms nobody stays: {why}");
		assert_eq!(owner.root(), reader.root());
	}
}

#[test]
fn the_owner_goes_over_a_commit_that_nobody_can_open() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, liar, mut chain) = two(folder.path(), APPENDS);
	owner.add("not on the chain yet");
	lie(&mut chain, &liar.space, |_| {});
	let last = chain.last.as_mut().unwrap();
	last.manifest = vec![7; 20_000];
	last.head.head.manifest = BlobRef { id: ContentId::of(&last.manifest), size: 20_000 };
	last.head.head.records += 3;
	let head = last.head.head.clone();
	assert!(chain.follow(&owner.space).is_err());
	assert!(!chain.accept(&owner.space), "it does not follow");
	let endless = Head { records: u64::MAX, ..head.clone() };
	assert!(owner.space.take_over(&chain.anchor(), &endless, 0).unwrap_err().to_string().contains("at most"));
	assert!(matches!(liar.space.take_over(&chain.anchor(), &head, 0), Err(Error::Forbidden(_))));
	owner.space.take_over(&chain.anchor(), &head, 0).unwrap();
	assert!(chain.submit(&owner.space));
	owner.space.check().unwrap();
	let reader = Machine::new(home(folder.path()).create_reader("reader", None).unwrap());
	chain.grant(&owner.space, &reader.space, Rights::READ);
	chain.follow(&reader.space).unwrap();
	let texts = BTreeSet::from(["the first memory", "not on the chain yet"].map(String::from));
	assert_eq!((owner.texts(), reader.texts()), (texts.clone(), texts));
	assert_eq!(owner.space.view(|view| Ok(view.index.len())).unwrap(), 5, "indices are not used again");
}

#[test]
fn a_commit_that_says_it_has_more_records_than_memory_holds_is_refused_before_it_is_opened() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, liar, mut chain) = two(folder.path(), APPENDS);
	let reader = Machine::new(home(folder.path()).create_reader("reader", None).unwrap());
	chain.grant(&owner.space, &reader.space, Rights::READ);
	chain.follow(&reader.space).unwrap();
	chain.follow(&liar.space).unwrap();
	lie(&mut chain, &liar.space, |_| {});
	chain.last.as_mut().unwrap().head.head.records = u64::MAX;
	let error = chain.follow(&reader.space).unwrap_err();
	assert!(error.to_string().contains("at most"), "{error}");
}

#[test]
fn an_editor_deletes_for_all_and_who_may_only_append_deletes_nothing() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, editor, mut chain) = two(folder.path(), EDITS);
	let id = owner.add("a secret of Bob");
	chain.push(&owner.space);
	chain.follow(&editor.space).unwrap();
	editor.access.delete(&id, &json!({})).unwrap();
	chain.push(&editor.space);
	chain.follow(&owner.space).unwrap().unwrap();
	assert_eq!(owner.texts(), BTreeSet::from(["the first memory".to_string()]));
	chain.grants[0].1 = APPENDS;
	owner.add("the second memory");
	chain.push(&owner.space);
	chain.follow(&editor.space).unwrap();
	let id = editor.space.view(|view| Ok(view.index.get(0).unwrap().id.to_string())).unwrap();
	for error in [
		editor.access.delete(&id, &json!({})).unwrap_err(),
		editor.access.update(&id, &json!({ "text": "another" })).unwrap_err(),
		editor.access.add(&json!({ "messages": "another", "supersedes": id })).unwrap_err(),
	] {
		assert!(matches!(error, Error::Forbidden(_)), "{error}");
	}
	editor.add("the third memory");
	chain.push(&editor.space);
	chain.grants[0].1 = Rights::READ;
	owner.add("the fourth memory");
	chain.push(&owner.space);
	chain.follow(&editor.space).unwrap();
	let error = editor.access.add(&json!({ "messages": "another" })).unwrap_err();
	assert!(error.to_string().contains("grant"), "{error}");
	assert_eq!(editor.texts().len(), 4);
}

#[test]
fn a_deletion_that_the_chain_has_not_yet_does_not_close_the_space_to_what_others_commit() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, other, mut chain) = two(folder.path(), APPENDS);
	let id = owner.add("the safe opens with 4711");
	chain.push(&owner.space);
	chain.follow(&other.space).unwrap();
	owner.access.delete(&id, &json!({})).unwrap();
	// Sealed to the box key that the owner had before.
	other.add("written meanwhile");
	chain.push(&other.space);
	let deletion = || owner.space.deletion(&id.parse().unwrap()).unwrap().unwrap();
	assert!(deletion().waiting && deletion().reach == Reach::Keys);
	chain.push(&owner.space);
	assert!(!deletion().waiting, "the box key of before is destroyed once the chain has the deletion");
	chain.follow(&other.space).unwrap();
	let left = BTreeSet::from(["the first memory".to_string(), "written meanwhile".to_string()]);
	assert_eq!((owner.texts(), other.texts()), (left.clone(), left));
}

#[test]
fn what_was_committed_before_a_revocation_is_committed_again_under_its_epoch() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, other, mut chain) = two(folder.path(), APPENDS);
	for number in 0..3 {
		owner.add(&sentence(number));
		owner.space.commit().unwrap();
	}
	// From a wallet: this machine does not know of it.
	chain.epoch += 1;
	owner.space.raise_epoch(chain.epoch).unwrap();
	owner.space.raise_epoch(chain.epoch).unwrap();
	chain.push(&owner.space);
	chain.follow(&other.space).unwrap();
	assert_eq!((owner.texts().len(), other.texts().len()), (4, 4));
	assert_eq!(owner.space.head().unwrap().unwrap().head.epoch, chain.epoch);
	owner.space.check().unwrap();
}

#[test]
fn who_is_revoked_reads_nothing_that_is_written_later() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, other, mut chain) = two(folder.path(), APPENDS);
	owner.space.revoke(&other.space.account().unwrap().0).unwrap();
	chain.grants.clear();
	owner.add("not for everybody");
	chain.push(&owner.space);
	let error = chain.follow(&other.space).unwrap_err();
	assert!(matches!(error, Error::Forbidden(_)), "{error}");
	assert!(!other.texts().contains("not for everybody"));
}

#[test]
fn a_recall_of_a_state_that_others_committed_has_the_owner_s_signature_or_the_chain_s_word() {
	let folder = tempfile::tempdir().unwrap();
	let (owner, other, mut chain) = two(folder.path(), APPENDS);
	other.add("Bob moved to Lisbon");
	chain.push(&other.space);
	chain.follow(&owner.space).unwrap();
	let query = Query { text: "Lisbon".into(), k: 5, ..Query::default() };
	let (signed, unsigned) = (owner.space.prove(query.clone()).unwrap(), other.space.prove(query).unwrap());
	assert_eq!(signed.head.head, unsigned.head.head);
	assert_eq!(signed.head.head.by, other.space.account().unwrap().0, "the author is who committed it");
	assert!(signed.integrity().unwrap().by_owner);
	let error = unsigned.integrity().unwrap_err();
	assert!(error.to_string().contains("assay memory attest"), "{error}");
	let record = |head: &Head| {
		let found = OnChain {
			owner: chain.config.owner,
			public: false,
			availability: Availability::Network,
			embedding: None,
			ranking: chain.config.ranking,
			head: Some(head.clone()),
			changed_at: 7,
			epoch: 0,
			grants: 1,
			blobs: 2,
			bytes: 32_768,
			deposit: 1,
			closing: false,
		};
		found.encode()
	};
	let anchored = Anchored::new(unsigned.clone(), 3, vec![]);
	anchored.check(b"key", (b"key", Some(&record(&unsigned.head.head)))).unwrap();
	let mut other_head = unsigned.head.head.clone();
	other_head.root = [4; 32];
	assert!(anchored.check(b"key", (b"key", Some(&record(&other_head)))).is_err());
	other.space.refute(&signed).unwrap();
	let error = other.space.export().unwrap_err();
	assert!(error.to_string().contains("assay memory sync"), "{error}");
	let export = owner.space.export().unwrap();
	assert_eq!(export.open(None).err().map(|error| error.status()), Some(403));
}
