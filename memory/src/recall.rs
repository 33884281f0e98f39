//! Receipts of recalls: each memory is in the state that the owner committed, and nothing better was left out of it.

use crate::{
	head::{Account, Signed, SignedHead},
	index::{Hit, Index, Query},
	record::Record,
	tree::{leaf, root_of, Tree},
	Error, Result,
};
use assay_primitives::hash::{h, Hash32};
use codec::{Decode, Encode};

/// A memory in a receipt.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Disclosed {
	/// All of it.
	Record(Record),
	/// Its leaf, for who is not to read it.
	Leaf(Hash32),
}

/// One result, with its proof.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Proven {
	/// Its index and scores.
	pub hit: Hit,
	/// The memory.
	pub memory: Disclosed,
	/// Siblings from its leaf to the top.
	pub path: Vec<Hash32>,
}

/// The results of a recall, with the proof of them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Receipt {
	/// [`Receipt::MAGIC`].
	pub magic: [u8; 4],
	/// The state that was asked.
	pub head: SignedHead,
	/// The query.
	pub query: Query,
	/// The results, the best first.
	pub results: Vec<Proven>,
	/// The account that made the recall.
	pub signer: Account,
	/// By the signer, over [`Receipt::message`].
	pub signature: Signed,
}

/// The statement that a receipt proves by itself (level 1).
#[derive(Debug)]
pub struct Integrity {
	/// The memories that it shows, none where only the leaf is there.
	pub memories: Vec<(u64, Option<Record>)>,
	/// True if the owner of the space made the recall, and false if a reader did.
	pub by_owner: bool,
}

impl Receipt {
	/// The first bytes of the file.
	pub const MAGIC: [u8; 4] = *b"asq1";

	/// `H("assay/memory/recall", head, query, results, signer)`, which the signer signs.
	pub fn message(&self) -> Hash32 {
		h("assay/memory/recall", (&self.head, &self.query, &self.results, &self.signer))
	}

	/// Makes the recall. The state has to be that of the head.
	pub fn make(
		head: SignedHead,
		index: &Index,
		tree: &Tree,
		query: Query,
		signer: Account,
		sign: impl FnOnce(&Hash32) -> Signed,
	) -> Result<Self> {
		query.check()?;
		let prove = |hit: Hit| {
			let record = index
				.get(hit.index)
				.ok_or_else(|| Error::Damaged("the index names a record that is not there".into()))?;
			Ok(Proven { hit, memory: Disclosed::Record(record.clone()), path: tree.path(hit.index) })
		};
		let results = index.search(&query).into_iter().map(prove).collect::<Result<_>>()?;
		let mut receipt = Receipt { magic: Self::MAGIC, head, query, results, signer, signature: Signed([0; 64]) };
		receipt.signature = sign(&receipt.message());
		Ok(receipt)
	}

	/// Reads a file.
	pub fn decode(bytes: &[u8]) -> Result<Self> {
		let mut rest = bytes;
		let receipt = <Receipt as Decode>::decode(&mut rest);
		let whole = receipt.ok().filter(|receipt| receipt.magic == Self::MAGIC && rest.is_empty());
		whole.ok_or_else(|| {
			Error::NotVerified("this is no receipt of a recall: `assay memory search --proof FILE` writes them".into())
		})
	}

	/// Level 1: each memory is in the state that the owner committed. Needs nothing else.
	pub fn integrity(&self) -> Result<Integrity> {
		self.head.check()?;
		self.under_its_head()
	}

	/// The same without the owner's signature, for who has another word on the head: the chain's.
	pub fn under_its_head(&self) -> Result<Integrity> {
		let not = |what: String| Err(Error::NotVerified(what));
		self.head.has_known_rules()?;
		self.query.check()?;
		let (config, head) = (&self.head.config, &self.head.head);
		if !self.signature.is_by(&self.signer, &self.message()) {
			return not("whoever made the recall has not signed this".into());
		}
		if self.results.len() > self.query.k as usize {
			return not(format!("{} results where {} were asked for", self.results.len(), self.query.k));
		}
		if !self.query.vector.is_empty() && self.query.vector.len() != config.dimensions() {
			return not("the query's vector is not of the space's embedding".into());
		}
		let order = |proven: &Proven| (std::cmp::Reverse(proven.hit.fused), proven.hit.index);
		if self.results.windows(2).any(|pair| order(&pair[0]) >= order(&pair[1])) {
			return not("the results are not in the order of their scores".into());
		}
		let mut memories = Vec::new();
		for Proven { hit, memory, path } in &self.results {
			let leaf = match memory {
				Disclosed::Record(record) => leaf(hit.index, record),
				Disclosed::Leaf(leaf) => *leaf,
			};
			if root_of(hit.index, head.records, leaf, path) != Some(head.root) {
				return not(format!("memory {} is not in the state that the owner committed", hit.index));
			}
			let record = match memory {
				Disclosed::Record(record) => Some(record.clone()),
				Disclosed::Leaf(_) => None,
			};
			if record.as_ref().is_some_and(|record| record.seq > head.seq || !self.query.takes(record)) {
				return not(format!("memory {} is not one that the query ranges over", hit.index));
			}
			memories.push((hit.index, record));
		}
		Ok(Integrity { memories, by_owner: self.signer == config.owner })
	}

	/// Checks that no later head of the space is known than the receipt's. A known head has the owner's signature, or
	/// came from the chain.
	pub fn is_latest_of(&self, known: &SignedHead) -> Result<()> {
		if known.signature != Signed::NONE {
			known.check()?;
		}
		let (own, known_head) = (&self.head.head, &known.head);
		if (known.config.space, known.config.owner) != (self.head.config.space, self.head.config.owner) {
			return Err(Error::NotVerified(
				"the receipt is of another space, or another owner's, than the one that is known by its number".into(),
			));
		}
		if known_head.seq > own.seq {
			return Err(Error::NotVerified(format!(
				"the receipt is of commit {}, and the owner has signed commit {} since: ask for a new one",
				own.seq, known_head.seq
			)));
		}
		if known_head.seq == own.seq && (known_head != own || known.config != self.head.config) {
			return Err(Error::NotVerified(format!("the owner has signed two heads of commit {}", own.seq)));
		}
		Ok(())
	}

	/// That the receipt is of the query that was asked, but for the time that it was asked at.
	pub fn answers(&self, asked: &Query) -> Result<()> {
		if self.query != (Query { now: self.query.now, ..asked.clone() }) {
			return Err(Error::NotVerified("the receipt is of another query than the one that was asked".into()));
		}
		Ok(())
	}

	/// Level 2: the same query on the same state gives exactly these. `index` is the state's, of which `head` is the owner's word.
	/// The error names the result that is refuted.
	pub fn completeness(&self, head: &SignedHead, index: &Index) -> Result<()> {
		let not = |what: String| Err(Error::NotVerified(what));
		if (&head.config, &head.head) != (&self.head.config, &self.head.head) {
			return not(format!(
				"the state is that of commit {}, and the receipt is of commit {}: take the state of that one",
				head.head.seq, self.head.head.seq
			));
		}
		let expected = index.search(&self.query);
		for (place, hit) in expected.iter().enumerate() {
			match self.results.get(place) {
				None => return not(format!("memory {} was left out of place {}", hit.index, place + 1)),
				Some(proven) if proven.hit == *hit => {}
				Some(proven) if proven.hit.index == hit.index => {
					return not(format!(
						"memory {} has the score {}, and not {}",
						hit.index, hit.fused, proven.hit.fused
					));
				}
				Some(proven) => {
					return not(format!(
						"memory {} belongs to place {}, where the receipt has memory {}",
						hit.index,
						place + 1,
						proven.hit.index
					));
				}
			}
		}
		match self.results.get(expected.len()) {
			Some(proven) => not(format!("memory {} is no result of the query", proven.hit.index)),
			None => Ok(()),
		}
	}
}
