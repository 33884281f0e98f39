//! Receipts that carry the chain's word, and what refuses it.

mod common;

use assay_memory::{
	api::Access,
	chain::{Anchored, Availability, OnChain},
	head::Head,
	index::Query,
	recall::Receipt,
	record::Scope,
	store::{Anchor, Recovery, Space},
	Error,
};
use codec::Encode;
use common::{add, home, sentence};
use std::sync::Arc;

const KEY: &[u8] = b"key of the space";

/// The chain's record of a space whose last commit was this one.
fn record(space: &Space, head: Option<Head>) -> OnChain {
	let config = space.config().unwrap().unwrap();
	OnChain {
		owner: config.owner,
		public: config.public,
		availability: Availability::Network,
		embedding: None,
		ranking: config.ranking,
		head,
		changed_at: 7,
		epoch: 0,
		grants: 0,
		blobs: 2,
		bytes: 32_768,
		deposit: 1,
		closing: false,
	}
}

/// A space with a receipt of each of two commits.
fn setting(folder: &std::path::Path) -> (Arc<Space>, [Receipt; 2]) {
	let space = Arc::new(home(folder).create("space", false, None, Recovery::File).unwrap());
	let access = Access::owner(space.clone(), "test", Scope::default(), None);
	let receipts = [0, 1].map(|number| {
		add(&access, "alice", &sentence(number));
		let query = Query { text: sentence(number), k: 5, ..Query::default() };
		space.prove(query).unwrap()
	});
	(space, receipts)
}

fn refused(anchored: &Anchored, key: &[u8], value: Option<&[u8]>, why: &str) {
	match anchored.check(KEY, (key, value)) {
		Err(Error::NotVerified(text)) => assert!(text.contains(why), "{text}"),
		other => panic!("{other:?}"),
	}
}

#[test]
fn a_receipt_whose_state_was_not_the_last_one_on_the_chain_is_refused() {
	let folder = tempfile::tempdir().unwrap();
	let (space, [first, second]) = setting(folder.path());
	let of = |head: &Head| record(&space, Some(head.clone())).encode();
	let (old, last) = (of(&first.head.head), of(&second.head.head));
	let anchored = |receipt: &Receipt| Anchored::new(receipt.clone(), 3, b"statement".to_vec());
	let bytes = anchored(&second).encode();
	assert!(Anchored::is_one(&bytes) && !Anchored::is_one(&second.encode()));
	let read = Anchored::decode(&bytes).unwrap();
	read.check(KEY, (KEY, Some(&last))).unwrap();
	anchored(&first).check(KEY, (KEY, Some(&old))).unwrap();
	refused(&anchored(&first), KEY, Some(&last), "the last commit on the chain was commit 2");
	refused(&read, KEY, Some(&old), "the last commit on the chain was commit 1");
	refused(&read, KEY, Some(&record(&space, None).encode()), "no commit");
	refused(&read, KEY, None, "no space 3");
	refused(&read, b"another key", Some(&last), "something else");
	let head = || Some(second.head.head.clone());
	for other in [
		OnChain { owner: [9; 32], ..record(&space, head()) },
		OnChain { public: true, ..record(&space, head()) },
		OnChain { ranking: 2, ..record(&space, head()) },
	] {
		refused(&read, KEY, Some(&other.encode()), "another owner");
	}
	// The receipt itself is looked at, too.
	let mut changed = read.clone();
	changed.receipt.query.k += 1;
	refused(&changed, KEY, Some(&last), "has not signed this");
	for length in 0..bytes.len() {
		assert!(Anchored::decode(&bytes[..length]).is_err());
	}
}

#[test]
fn a_space_stays_on_the_chain_that_it_was_put_on() {
	let folder = tempfile::tempdir().unwrap();
	let (space, _) = setting(folder.path());
	assert_eq!(space.anchor().unwrap(), None);
	let anchor = Anchor { genesis: [1; 32], space: 3, seq: 0 };
	space.set_anchor(&anchor).unwrap();
	space.set_anchor(&Anchor { seq: 2, ..anchor.clone() }).unwrap();
	assert!(matches!(space.set_anchor(&Anchor { space: 4, ..anchor.clone() }), Err(Error::Usage(_))));
	assert!(matches!(space.set_anchor(&Anchor { genesis: [2; 32], ..anchor.clone() }), Err(Error::Usage(_))));
	assert_eq!(space.anchor().unwrap(), Some(Anchor { seq: 2, ..anchor }));
}

#[test]
fn what_the_chain_is_to_have_is_all_heads_and_the_pages_of_the_last() {
	let folder = tempfile::tempdir().unwrap();
	let (space, [first, second]) = setting(folder.path());
	let committed = space.committed().unwrap();
	assert_eq!(committed.heads, [first.head.head, second.head.head.clone()]);
	assert_eq!(committed.last, second.head);
	assert_eq!(assay_primitives::ContentId::of(&committed.manifest), committed.last.head.manifest.id);
	space.commit_again().unwrap();
	let again = space.committed().unwrap();
	assert_eq!((again.heads.len(), again.last.head.root), (3, committed.last.head.root));
	assert_eq!(again.pages.len(), committed.pages.len());
}
