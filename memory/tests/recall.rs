//! Receipts of recalls: what is changed in one is found, by itself or against the state.

mod common;

use assay_memory::{
	filter::Filter,
	head::{Account, Signed, SignedHead},
	index::{Hit, Index, Query},
	page::State,
	recall::{Disclosed, Proven, Receipt},
	store::{Recovery, Space},
	tree::Tree,
	Error, Result,
};
use codec::Encode;
use common::{add, all, embedded, home, sentence, Random};
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};
use std::sync::Arc;

const MEMORIES: u64 = 90;

struct Setting {
	space: Arc<Space>,
	state: State,
	receipts: Vec<Receipt>,
	earlier: SignedHead,
	liar: Keypair,
	_folder: tempfile::TempDir,
}

fn setting() -> Setting {
	let folder = tempfile::tempdir().unwrap();
	let space = embedded(&home(folder.path()), "space", Recovery::File);
	let access = all(&space);
	for number in 0..MEMORIES / 2 {
		add(&access, ["alice", "bob"][number as usize % 2], &sentence(number));
	}
	let earlier = space.commit().unwrap().unwrap();
	for number in MEMORIES / 2..MEMORIES {
		add(&access, ["alice", "bob"][number as usize % 2], &sentence(number));
	}
	let queries =
		["who likes espresso", "Berlin and chess", "what did Alice paint", "compiler database server", "week 17"];
	let receipts = queries.map(|query| {
		let body = serde_json::json!({ "query": query, "top_k": 8, "user_id": if query.len() % 2 == 0 { Some("alice") } else { None }, "proof": true });
		let answer = access.search(&body).unwrap();
		let receipt = answer["proof"]["receipt"].as_str().unwrap().trim_start_matches("0x").to_string();
		Receipt::decode(&hex::decode(receipt).unwrap()).unwrap()
	});
	let state = space.read_export(&space.export().unwrap()).unwrap();
	let liar = MiniSecretKey::from_bytes(&[13; 32]).unwrap().expand_to_keypair(ExpansionMode::Ed25519);
	Setting { space, state, receipts: receipts.into(), earlier, liar, _folder: folder }
}

fn sign(pair: &Keypair, message: &[u8; 32]) -> Signed {
	Signed(pair.sign_simple(b"substrate", message).to_bytes())
}

/// A careful reader's checks: the receipt by itself, the last head that it knows, the state, and the query that it asked.
fn accept(receipt: &Receipt, asked: &Query, state: &State) -> Result<()> {
	receipt.integrity()?;
	receipt.is_latest_of(&state.head)?;
	receipt.answers(asked)?;
	receipt.completeness(&state.head, &state.index)
}

#[test]
fn a_receipt_as_it_was_made_is_accepted() {
	let setting = setting();
	for receipt in &setting.receipts {
		accept(receipt, &receipt.query, &setting.state).unwrap();
		assert!(receipt.integrity().unwrap().by_owner);
		assert!(receipt.results.len() > 2, "the query brings memories up");
		setting.space.refute(receipt).unwrap();
		// A reader may make it, too.
		let account: Account = setting.liar.public.to_bytes();
		let made = Receipt::make(
			receipt.head.clone(),
			&setting.state.index,
			&setting.state.tree,
			receipt.query.clone(),
			account,
			|message| sign(&setting.liar, message),
		);
		let made = made.unwrap();
		accept(&made, &receipt.query, &setting.state).unwrap();
		assert!(!made.integrity().unwrap().by_owner);
		assert_eq!(made.results, receipt.results);
	}
}

#[test]
fn of_5_000_receipts_with_changed_bytes_none_is_accepted() {
	let setting = setting();
	let mut random = Random(1);
	for round in 0..5_000 {
		let receipt = &setting.receipts[round % setting.receipts.len()];
		let mut bytes = receipt.encode();
		match random.below(4) {
			0 => bytes.truncate(random.below(bytes.len() as u64) as usize),
			1 => bytes.push(random.next() as u8),
			_ => {
				for _ in 0..=random.below(3) {
					let place = random.below(bytes.len() as u64) as usize;
					bytes[place] ^= 1 << random.below(8);
				}
			}
		}
		if bytes == receipt.encode() {
			continue;
		}
		let accepted = Receipt::decode(&bytes).and_then(|changed| changed.integrity().map(|_| ()));
		assert!(accepted.is_err(), "round {round}");
	}
}

/// Lies that a reader with an account of its own may try, and sign. None where there is nothing to be changed in this way.
fn lie(kind: u64, receipt: &mut Receipt, setting: &Setting, random: &mut Random) -> Option<&'static str> {
	let count = receipt.results.len() as u64;
	let at = random.below(count) as usize;
	let result = &mut receipt.results[at];
	Some(match kind {
		0 => {
			let Disclosed::Record(record) = &mut result.memory else { return None };
			record.text.push('!');
			"record"
		}
		1 => {
			let Disclosed::Record(record) = &mut result.memory else { return None };
			record.source = "somebody else".into();
			"author"
		}
		2 => {
			result.hit.index ^= 1 << random.below(6);
			"index"
		}
		3 => {
			result.hit.fused += 1 + random.below(1_000);
			"score"
		}
		4 => {
			result.hit.keyword ^= 1 << random.below(30);
			"keyword score"
		}
		5 => {
			result.hit.dense = result.hit.dense.map(|dense| dense ^ (1 << random.below(12)));
			"dense score"
		}
		6 => {
			let node = random.below(result.path.len() as u64) as usize;
			result.path[node][random.below(32) as usize] ^= 1;
			"path"
		}
		7 => {
			receipt.head.head.root[random.below(32) as usize] ^= 1;
			"root"
		}
		8 => {
			receipt.head.head.seq ^= 1 + random.below(3);
			"seq"
		}
		9 => {
			receipt.query.filter = Filter::default().and(receipt.query.filter.clone());
			"filter"
		}
		10 => {
			let other = random.below(count) as usize;
			receipt.results.swap(at, other);
			(at != other).then_some("order")?
		}
		11 => {
			receipt.query.k += 1 + random.below(5) as u32;
			"k"
		}
		12 => {
			receipt.results.remove(at);
			"one left out"
		}
		13 => {
			// One that is in the state, with its true path, and does not belong here.
			let index = random.below(MEMORIES);
			if receipt.results.iter().any(|result| result.hit.index == index) {
				return None;
			}
			let record = setting.state.index.get(index)?.clone();
			let last = receipt.results.last()?.hit.fused;
			let added = Proven {
				hit: Hit { index, fused: last - 1, keyword: 1, dense: None },
				memory: Disclosed::Record(record),
				path: setting.state.tree.path(index),
			};
			if random.below(2) == 0 {
				receipt.results.pop();
			}
			receipt.results.push(added);
			"one added"
		}
		14 => {
			// The true state of an earlier commit, and a true recall of it.
			let mut index = Index::new(32);
			let mut tree = Tree::default();
			for number in 0..setting.earlier.head.records {
				let record = setting.state.index.get(number)?.clone();
				tree.set(number, assay_memory::tree::leaf(number, &record));
				index.push(Some(record), setting.state.index.vector(number));
			}
			let query = receipt.query.clone();
			let account = setting.liar.public.to_bytes();
			*receipt = Receipt::make(setting.earlier.clone(), &index, &tree, query, account, |message| {
				sign(&setting.liar, message)
			})
			.ok()?;
			"an old head as the latest"
		}
		15 => {
			receipt.head.config.owner = setting.liar.public.to_bytes();
			receipt.head.head.by = setting.liar.public.to_bytes();
			receipt.head.signature =
				sign(&setting.liar, &SignedHead::message(&receipt.head.config, &receipt.head.head));
			"another owner"
		}
		16 => {
			receipt.results.truncate(at);
			"all after one left out"
		}
		_ => {
			receipt.query.text.push_str(" Lisbon");
			"query"
		}
	})
}

#[test]
fn of_5_000_lies_that_a_reader_signs_none_is_accepted_and_each_omission_is_named() {
	let setting = setting();
	let mut random = Random(2);
	let mut told = std::collections::BTreeMap::new();
	let mut round = 0;
	while told.values().sum::<u64>() < 5_000 {
		round += 1;
		let honest = &setting.receipts[(random.below(setting.receipts.len() as u64)) as usize];
		let mut receipt = honest.clone();
		let Some(name) = lie(round % 18, &mut receipt, &setting, &mut random) else { continue };
		receipt.signer = setting.liar.public.to_bytes();
		receipt.signature = sign(&setting.liar, &receipt.message());
		let refused = accept(&receipt, &honest.query, &setting.state);
		let Err(Error::NotVerified(why)) = refused else { panic!("{name}: {refused:?}") };
		if name == "one left out" {
			receipt.integrity().unwrap();
			let left_out = honest
				.results
				.iter()
				.map(|result| result.hit.index)
				.find(|index| !receipt.results.iter().any(|result| result.hit.index == *index));
			assert!(why.contains(&format!("memory {} ", left_out.unwrap())), "{why}");
		}
		*told.entry(name).or_insert(0) += 1;
	}
	println!("{told:?}");
	assert_eq!(told.len(), 18);
}

#[test]
fn a_memory_can_be_shown_by_its_hash_alone() {
	let setting = setting();
	let mut receipt = setting.receipts[0].clone();
	let Disclosed::Record(record) = receipt.results[1].memory.clone() else { panic!("records are shown") };
	receipt.results[1].memory = Disclosed::Leaf(assay_memory::tree::leaf(receipt.results[1].hit.index, &record));
	receipt.signer = setting.liar.public.to_bytes();
	receipt.signature = sign(&setting.liar, &receipt.message());
	let integrity = receipt.integrity().unwrap();
	assert!(integrity.memories[0].1.is_some() && integrity.memories[1].1.is_none());
	receipt.completeness(&setting.state.head, &setting.state.index).unwrap();
}
