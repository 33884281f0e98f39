//! Ranking 1: which memories a query brings up, in integers only, the same on every machine for ever.
//!
//! ```text
//! dense   = sum(q[i] * v[i])
//! idf(t)  = log2_q16(2 (N + 1)) - log2_q16(2 df(t) + 1)
//! tf(t)   = (2200 c << 10) / (1000 c + 300 + 900 len N / total)
//! keyword = sum over the query's distinct terms of idf(t) tf(t)
//! fused   = 2^32 / (60 + rank by dense) + 2 * 2^32 / (60 + rank by keyword)
//! ```
//!
//! Divisions round down. N, df and total are over the records that the filter lets through. `c` is how often a record has a term, its own
//! twice and those of the record before once; `len` is the sum of its `c`, `total` the sum of all `len`. The record before is the last
//! of lower index that has the same scope, with a run in it, and another id. Ranks begin at 0, ties go to the lower index, and beyond
//! rank [`RANKED`] - 1, for a keyword score of 0, and for a record or a query without a vector the part is 0.

use crate::{
	constants::{DIMENSIONS, QUERY_BYTES, RESULTS},
	filter::Filter,
	record::{Id, Record, Scope},
	terms::terms,
	Error, Result,
};
use codec::{Decode, Encode};
use std::{
	cmp::Reverse,
	collections::{BTreeSet, HashMap},
};

/// The number of this ranking in a space's configuration.
pub const RANKING: u8 = 1;
/// Records that each part of the ranking has ranks for.
pub const RANKED: usize = 1_000;

/// A question to a space.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Query {
	/// The text to look for.
	pub text: String,
	/// The vector that the space's embedding makes of the text; empty without one.
	pub vector: Vec<i8>,
	/// The largest number of results.
	pub k: u32,
	/// The memories that are ranged over.
	pub filter: Filter,
	/// The time, in milliseconds since 1970, by which memories expire and are valid.
	pub now: u64,
	/// The state after this commit, if not the last.
	pub as_of_seq: Option<u64>,
	/// The state as it had been recorded at this time, in milliseconds since 1970.
	pub as_of: Option<u64>,
	/// Also what has expired or is not valid now.
	pub expired: bool,
	/// Also what a later version or another memory replaces.
	pub superseded: bool,
}

impl Query {
	/// Refuses what is out of bounds.
	pub fn check(&self) -> Result<()> {
		if self.text.len() > QUERY_BYTES {
			return Err(Error::Usage(format!("a query has at most {QUERY_BYTES} bytes: shorten it")));
		}
		if self.k == 0 || self.k > RESULTS {
			return Err(Error::Usage(format!("a recall gives between 1 and {RESULTS} results: ask for so many")));
		}
		if self.vector.len() > DIMENSIONS {
			return Err(Error::Usage(format!("a vector has at most {DIMENSIONS} dimensions")));
		}
		self.filter.check()
	}

	/// True if the query ranges over a record, as far as the record alone tells.
	pub fn takes(&self, record: &Record) -> bool {
		self.takes_time(record) && self.filter.matches(record)
	}

	fn knows(&self, record: &Record) -> bool {
		self.as_of_seq.is_none_or(|seq| record.seq <= seq) && self.as_of.is_none_or(|time| record.recorded_at <= time)
	}

	fn takes_time(&self, record: &Record) -> bool {
		let valid = record.expires_at.is_none_or(|end| end > self.now)
			&& record.valid_from.is_none_or(|start| start <= self.now)
			&& record.valid_to.is_none_or(|end| end > self.now);
		self.knows(record) && (self.expired || valid)
	}
}

/// One result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Hit {
	/// Index of the record.
	pub index: u64,
	/// The score that it is ranked by.
	pub fused: u64,
	/// Score of the keyword part.
	pub keyword: u64,
	/// Score of the vectors, where the record is among the [`RANKED`] best by it.
	pub dense: Option<i32>,
}

/// Log of base 2 in units of 2^-16, rounded down bit by bit. Of 0 it is 0.
pub fn log2_q16(n: u64) -> u64 {
	if n == 0 {
		return 0;
	}
	let exponent = 63 - n.leading_zeros() as u64;
	// n / 2^exponent in units of 2^-31.
	let mut mantissa = (n << (63 - exponent)) >> 32;
	let mut log = exponent << 16;
	for bit in (0..16).rev() {
		mantissa = (mantissa * mantissa) >> 31;
		if mantissa >> 32 != 0 {
			mantissa >>= 1;
			log |= 1 << bit;
		}
	}
	log
}

/// The dense score. No sum leaves 24 bits within [`DIMENSIONS`].
#[multiversion::multiversion(targets("x86_64+avx2", "x86_64+avx512f+avx512bw", "aarch64+neon"))]
pub fn dot(left: &[i8], right: &[i8]) -> i32 {
	left.iter().zip(right).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum()
}

/// All records of a space, with what a query asks of them.
#[derive(Default)]
pub struct Index {
	records: Vec<Option<Record>>,
	/// Number of records that are there.
	present: u64,
	/// Number of the record's scope in `scopes`.
	scope: Vec<u32>,
	scopes: Vec<Scope>,
	scope_numbers: HashMap<Scope, u32>,
	/// The records of each scope that has a run.
	runs: HashMap<u32, BTreeSet<u32>>,
	/// The first record that replaces this one.
	superseded_by: Vec<u32>,
	/// Of each id, the records.
	ids: HashMap<Id, Vec<u32>>,
	terms: HashMap<Box<str>, u32>,
	/// Of each term the records, in order, with how often they have it.
	postings: Vec<Vec<(u32, u32)>>,
	lengths: Vec<u32>,
	dimensions: usize,
	vectors: Vec<i8>,
	has_vector: Vec<bool>,
}

/// None in `superseded_by`.
const NOBODY: u32 = u32::MAX;

impl Index {
	/// Of records with vectors of so many dimensions, 0 for none.
	pub fn new(dimensions: usize) -> Self {
		Index { dimensions, ..Index::default() }
	}

	/// Number of records that there ever were.
	pub fn len(&self) -> u64 {
		self.records.len() as u64
	}

	/// True if there never was a record.
	pub fn is_empty(&self) -> bool {
		self.records.is_empty()
	}

	/// Number of records that are there.
	pub fn present(&self) -> u64 {
		self.present
	}

	/// A record.
	pub fn get(&self, index: u64) -> Option<&Record> {
		self.records.get(index as usize)?.as_ref()
	}

	/// The vector of a record, empty if it has none.
	pub fn vector(&self, index: u64) -> &[i8] {
		match self.has_vector.get(index as usize) {
			Some(true) => &self.vectors[index as usize * self.dimensions..][..self.dimensions],
			_ => &[],
		}
	}

	/// All records that are there, with their indices.
	pub fn records(&self) -> impl DoubleEndedIterator<Item = (u64, &Record)> {
		self.records.iter().enumerate().filter_map(|(index, record)| Some((index as u64, record.as_ref()?)))
	}

	/// The indices of the versions of a memory, from the first.
	pub fn versions(&self, id: &Id) -> Vec<u64> {
		self.ids.get(id).into_iter().flatten().map(|index| u64::from(*index)).collect()
	}

	/// True if something later replaces a record.
	pub fn is_superseded(&self, index: u64) -> bool {
		self.superseded_by.get(index as usize).is_some_and(|by| *by != NOBODY)
	}

	/// Takes the next record; none for one that was deleted. A vector that has not the space's dimensions is none.
	pub fn push(&mut self, record: Option<Record>, vector: &[i8]) {
		let index = self.records.len() as u32;
		let is_vector = self.dimensions > 0 && vector.len() == self.dimensions && record.is_some();
		self.vectors.extend_from_slice(if is_vector { vector } else { &[] });
		self.vectors.resize((index as usize + 1) * self.dimensions, 0);
		self.has_vector.push(is_vector);
		self.superseded_by.push(NOBODY);
		self.lengths.push(0);
		let Some(record) = record else {
			self.scope.push(0);
			self.records.push(None);
			return;
		};
		self.present += 1;
		let scope = self.number(&record.scope);
		self.scope.push(scope);
		if record.scope.run.is_some() {
			self.runs.entry(scope).or_default().insert(index);
		}
		self.supersede(index, &record);
		self.ids.entry(record.id).or_default().push(index);
		self.records.push(Some(record));
		self.index_terms(index);
	}

	fn number(&mut self, scope: &Scope) -> u32 {
		if let Some(number) = self.scope_numbers.get(scope) {
			return *number;
		}
		let number = self.scopes.len() as u32;
		self.scopes.push(scope.clone());
		self.scope_numbers.insert(scope.clone(), number);
		number
	}

	fn supersede(&mut self, index: u32, record: &Record) {
		for id in [Some(record.id), record.supersedes].into_iter().flatten() {
			for earlier in self.ids.get(&id).into_iter().flatten().filter(|earlier| **earlier < index) {
				let by = &mut self.superseded_by[*earlier as usize];
				*by = (*by).min(index);
			}
		}
	}

	/// Takes records out. Their indices stay empty for ever.
	pub fn remove(&mut self, indices: &[u64]) {
		for index in indices.iter().map(|index| *index as u32) {
			if self.get(u64::from(index)).is_none() {
				continue;
			}
			let followers = self.followers(index);
			for touched in followers.iter().chain([&index]) {
				self.unindex_terms(*touched);
			}
			let Some(record) = self.records[index as usize].take() else { continue };
			self.present -= 1;
			self.has_vector[index as usize] = false;
			if self.dimensions > 0 {
				self.vectors[index as usize * self.dimensions..][..self.dimensions].fill(0);
			}
			if let Some(run) = self.runs.get_mut(&self.scope[index as usize]) {
				run.remove(&index);
			}
			if let Some(versions) = self.ids.get_mut(&record.id) {
				versions.retain(|version| *version != index);
			}
			for follower in followers {
				self.index_terms(follower);
			}
		}
		self.ids.retain(|_, versions| !versions.is_empty());
		self.superseded_by.fill(NOBODY);
		let records = std::mem::take(&mut self.records);
		for (index, record) in records.iter().enumerate() {
			if let Some(record) = record {
				self.supersede(index as u32, record);
			}
		}
		self.records = records;
	}

	/// The record before.
	fn before(&self, index: u32) -> Option<u32> {
		let id = self.get(u64::from(index))?.id;
		let run = self.runs.get(&self.scope[index as usize])?;
		let another = |earlier: &u32| self.get(u64::from(*earlier)).is_some_and(|record| record.id != id);
		run.range(..index).rev().copied().find(another)
	}

	/// The records that this one is before.
	fn followers(&self, index: u32) -> Vec<u32> {
		let run = self.runs.get(&self.scope[index as usize]);
		let after = run.into_iter().flat_map(|run| run.range(index + 1..).copied());
		// Right after it may be versions of itself, whose record before is an earlier one.
		let own = |later: &u32| {
			self.get(u64::from(*later)).map(|record| record.id) == self.get(u64::from(index)).map(|record| record.id)
		};
		let mut after = after.peekable();
		if after.peek().is_some_and(own) {
			return Vec::new();
		}
		after.take_while(|later| self.before(*later) == Some(index)).collect()
	}

	fn counts(&self, index: u32) -> HashMap<String, u32> {
		let mut counts = HashMap::new();
		let mut count = |record: Option<&Record>, times: u32| {
			for term in record.map(|record| terms(&record.text)).unwrap_or_default() {
				*counts.entry(term).or_insert(0) += times;
			}
		};
		count(self.get(u64::from(index)), 2);
		count(self.before(index).and_then(|before| self.get(u64::from(before))), 1);
		counts
	}

	fn index_terms(&mut self, index: u32) {
		let mut length = 0;
		for (term, count) in self.counts(index) {
			length += count;
			let next = self.postings.len() as u32;
			let number = *self.terms.entry(term.into_boxed_str()).or_insert(next);
			if number == next {
				self.postings.push(Vec::new());
			}
			let postings = &mut self.postings[number as usize];
			let place = postings.partition_point(|(other, _)| *other < index);
			postings.insert(place, (index, count));
		}
		self.lengths[index as usize] = length;
	}

	fn unindex_terms(&mut self, index: u32) {
		for term in self.counts(index).into_keys() {
			let Some(number) = self.terms.get(term.as_str()) else { continue };
			self.postings[*number as usize].retain(|(other, _)| *other != index);
		}
		self.lengths[index as usize] = 0;
	}

	/// The records that a query ranges over.
	fn mask(&self, query: &Query) -> Vec<bool> {
		let of_scope = query.filter.is_of_scope();
		let mut scopes = vec![None; self.scopes.len()];
		let passes = |(index, record): (usize, &Option<Record>)| {
			let Some(record) = record else { return false };
			let by = self.superseded_by[index];
			let replaced = by != NOBODY && self.get(u64::from(by)).is_some_and(|by| query.knows(by));
			if (replaced && !query.superseded) || !query.takes_time(record) {
				return false;
			}
			if of_scope {
				*scopes[self.scope[index] as usize].get_or_insert_with(|| query.filter.matches(record))
			} else {
				query.filter.matches(record)
			}
		};
		self.records.iter().enumerate().map(passes).collect()
	}

	/// The results of a query, the best first.
	pub fn search(&self, query: &Query) -> Vec<Hit> {
		let mask = self.mask(query);
		let keywords = best(self.keywords(&query.text, &mask));
		let dense = best(self.dense(&query.vector, &mask));
		let mut hits: HashMap<u32, Hit> = HashMap::new();
		let empty = |index| Hit { index: u64::from(index), fused: 0, keyword: 0, dense: None };
		for (rank, (score, index)) in keywords.into_iter().enumerate() {
			let hit = hits.entry(index).or_insert_with(|| empty(index));
			hit.keyword = score;
			hit.fused += 2 * (1 << 32) / (60 + rank as u64);
		}
		for (rank, (score, index)) in dense.into_iter().enumerate() {
			let hit = hits.entry(index).or_insert_with(|| empty(index));
			hit.dense = Some(score);
			hit.fused += (1 << 32) / (60 + rank as u64);
		}
		let mut hits: Vec<Hit> = hits.into_values().collect();
		hits.sort_unstable_by_key(|hit| (Reverse(hit.fused), hit.index));
		hits.truncate(query.k as usize);
		hits
	}

	fn keywords(&self, text: &str, mask: &[bool]) -> Vec<(u64, u32)> {
		let passing = || mask.iter().enumerate().filter(|(_, passes)| **passes).map(|(index, _)| index);
		let records = passing().count() as u64;
		let total: u64 = passing().map(|index| u64::from(self.lengths[index])).sum();
		let mut scores = vec![0u64; mask.len()];
		for term in terms(text).into_iter().collect::<BTreeSet<_>>() {
			let Some(number) = self.terms.get(term.as_str()) else { continue };
			let postings = self.postings[*number as usize].iter().filter(|(index, _)| mask[*index as usize]);
			let df = postings.clone().count() as u64;
			let idf = log2_q16(2 * (records + 1)) - log2_q16(2 * df + 1);
			for (index, count) in postings {
				let (count, length) = (u64::from(*count), u64::from(self.lengths[*index as usize]));
				let tf = ((2_200 * count) << 10) / (1_000 * count + 300 + 900 * length * records / total);
				scores[*index as usize] += idf * tf;
			}
		}
		let scores = scores.into_iter().enumerate();
		scores.filter(|(_, score)| *score > 0).map(|(index, score)| (score, index as u32)).collect()
	}

	fn dense(&self, query: &[i8], mask: &[bool]) -> Vec<(i32, u32)> {
		if self.dimensions == 0 || query.len() != self.dimensions {
			return Vec::new();
		}
		let indices = (0..mask.len()).filter(|index| mask[*index] && self.has_vector[*index]);
		indices
			.map(|index| (dot(query, &self.vectors[index * self.dimensions..][..self.dimensions]), index as u32))
			.collect()
	}
}

/// The [`RANKED`] best, the best first.
fn best<T: Ord + Copy>(mut scores: Vec<(T, u32)>) -> Vec<(T, u32)> {
	let order = |(score, index): &(T, u32)| (Reverse(*score), *index);
	if scores.len() > RANKED {
		scores.select_nth_unstable_by_key(RANKED, order);
		scores.truncate(RANKED);
	}
	scores.sort_unstable_by_key(order);
	scores
}
