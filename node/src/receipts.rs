//! Receipts: in which block a request became final, and what proves it to somebody who does not trust this node.
//!
//! Nothing here reads the state of an old block, which nodes do not keep. Claims are in the offchain database, where each executed block
//! leaves them; the index says which finalized block to look into; the mountain range and the changes of the authority set are kept by
//! all nodes for ever. When an authority set ends, the proof of it is kept beside them: with it, receipts skip the sets in between.

use crate::full::{FullAuthoritySet, FullBackend, FullClient};
use assay_primitives::{hash::blake2_256, Claim, Hash32, RequestId};
use assay_receipts::{
	genesis_keys, prove, set_keys, Authorities, BlockRef, Finalized, Header, Justification, Receipt, ResultsProof,
	Route, Start, State, StateProof, Step, TrustedBlock, MAX_RECEIPT_BYTES,
};
use assay_runtime::{opaque::Block, BlockNumber, Hash};
use codec::{Decode, DecodeAll, Encode};
use futures::StreamExt;
use pallet_inference::{InferenceApi, Review};
use parking_lot::Mutex;
use sc_chain_spec::ChainSpec;
use sc_client_api::{AuxStore, Backend, BlockBackend, BlockchainEvents, ProofProvider};
use sc_consensus_grandpa::{best_justification, GRANDPA_ENGINE_ID};
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::{
	offchain::{storage::OffchainDb, OffchainDbExt, OffchainStorage, STORAGE_PREFIX},
	storage::StateVersion,
};
use sp_mmr_primitives::{utils::NodesUtils, MmrApi};
use sp_runtime::traits::BlakeTwo256;
use std::{collections::HashMap, sync::Arc};

/// Key of the first block that the index does not cover, among the client's auxiliary data.
const NEXT: &[u8] = b"assay/receipts/next";
/// Blocks that the index takes over in one write.
const BATCH: BlockNumber = 1_000;
/// Steps that are kept from call to call: of about 20 kB each for a hundred validators, what two years take from every start.
const KEPT_STEPS: usize = 1_024;
/// How often a proof of the mountain range is tried. Each try can only miss nodes of blocks that became final during it.
const MMR_TRIES: usize = 3;

type Offchain = <FullBackend as Backend<Block>>::OffchainStorage;

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The request is open, ended without an answer, or does not exist.
	#[error(
		"request {0} is not final: it is open, has ended without an answer, or does not exist; ask again when the block with its \
		 `InferenceFinalized` is finalized"
	)]
	NotFinal(RequestId),
	/// The votes for the blocks after it are not in yet.
	#[error("request {request} is final since block {block}, and no later block has votes that prove it yet: ask again in a few seconds")]
	NotYet { request: RequestId, block: BlockNumber },
	/// No block after the one that the statement is to start from has votes.
	#[error("no block after the checkpoint has votes that prove it yet: ask again in a few seconds")]
	NoHead,
	/// A state whose nodes do not prove the value of a key.
	#[error("the state proves nothing: {0}")]
	State(assay_receipts::StateError),
	/// Not a finalized block of the chain.
	#[error("block {0:?} is not a finalized block of this chain: give the hash of one, or none to start from the genesis block")]
	Checkpoint(Hash),
	/// The receipt has more bytes than verifiers take.
	#[error("the receipt has {0} bytes, more than verifiers take: ask for one from a later checkpoint")]
	TooLarge(usize),
	/// The node began with the state of a later block, and does not have the mountain range below it. No time mends that.
	#[error(
		"this node builds no receipts: it began with the state of a later block (--sync warp), and receipts need all blocks executed; ask \
		 another node, or sync this one in full"
	)]
	Warped,
	/// Something that every node has which executed the whole chain.
	#[error("this node does not have {0}: ask one that has executed the chain from its genesis block on")]
	Missing(&'static str),
	/// The chain specification does not make the genesis block.
	#[error("the chain specification does not make this chain's genesis state: {0}")]
	Genesis(String),
	/// The votes for changes of the authority set cannot be read.
	#[error("the changes of the authority set cannot be proven: {0}")]
	Changes(String),
	/// The runtime did not answer.
	#[error("the runtime did not answer: {0}")]
	Runtime(#[from] sp_api::ApiError),
	/// The mountain range does not have the leaf.
	#[error("the mountain range has no proof of block {block}: {error}")]
	Mmr { block: BlockNumber, error: sp_mmr_primitives::Error },
	/// The database failed.
	#[error("{0}")]
	Database(#[from] sp_blockchain::Error),
}

/// Keeps the index of final requests as finality goes on. Ends with the node.
pub async fn index(client: Arc<FullClient>, backend: Arc<FullBackend>) {
	let Some(offchain) = backend.offchain_storage() else {
		log::error!("no offchain database: this node builds no receipts");
		return;
	};
	let mut finality = client.finality_notification_stream();
	loop {
		if let Err(error) = catch_up(&client, &offchain) {
			log::error!("final requests are not indexed, their receipts will be late: {error}");
		}
		if finality.next().await.is_none() {
			return;
		}
	}
}

/// Brings the index to the last finalized block.
fn catch_up(client: &FullClient, offchain: &Offchain) -> Result<(), Error> {
	let finalized = client.info().finalized_number;
	let mut next = stored::<BlockNumber>(client, NEXT)?.unwrap_or(1);
	while next <= finalized {
		let end = finalized.min(next.saturating_add(BATCH)).saturating_add(1);
		let mut entries = vec![(NEXT.to_vec(), end.encode())];
		for block in next..end {
			if let Some(proof) = ending_set(client, block)? {
				entries.push((set_key(block), proof.encode()));
			}
			let claims = claims(client, offchain, block)?;
			entries.extend(claims.iter().map(|claim| (place_key(claim.request), block.encode())));
		}
		let entries: Vec<_> = entries.iter().map(|(key, value)| (key.as_slice(), value.as_slice())).collect();
		client.insert_aux(&entries, &[])?;
		next = end;
	}
	Ok(())
}

fn set_key(block: BlockNumber) -> Vec<u8> {
	("assay/receipts/set", block).encode()
}

/// The proof of the authority set that ends with a finalized block, where one does. None where the state before the block has gone, as on
/// a node that had no such index when it was there: receipts do not skip to that block then.
fn ending_set(client: &FullClient, block: BlockNumber) -> Result<Option<StateProof>, Error> {
	let Some(header) = header(client, block)? else { return Ok(None) };
	if !matches!(header.next_authorities(), Ok(Some(_))) {
		return Ok(None);
	}
	let Some(before) = self::header(client, block.saturating_sub(1))? else { return Ok(None) };
	match prove_values(client, &before, &set_keys()) {
		Ok(nodes) => Ok(Some(StateProof { header: before, nodes })),
		Err(error) => {
			log::debug!("receipts will not skip to block {block}: {error}");
			Ok(None)
		}
	}
}

/// A block of the best chain.
fn header(client: &FullClient, block: BlockNumber) -> Result<Option<Header>, Error> {
	let Some(hash) = client.hash(block)? else { return Ok(None) };
	client.header(hash)?.map(|header| same(&header)).transpose()
}

/// The same value in the types of the crate `assay-receipts`.
fn same<T: Decode>(value: &impl Encode) -> Result<T, Error> {
	T::decode_all(&mut &value.encode()[..]).map_err(|error| Error::Changes(error.to_string()))
}

/// Nodes of the state after a block that prove the values of keys, or their absence.
fn prove_values(client: &FullClient, header: &Header, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Error> {
	let proof = client.read_proof(Hash::from(header.hash()), &mut keys.iter().map(Vec::as_slice))?;
	in_order(proof, header, keys)
}

/// The nodes of a proof in the order in which they are needed.
fn in_order(proof: sp_state_machine::StorageProof, header: &Header, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Error> {
	let nodes: HashMap<Hash32, Vec<u8>> = proof.into_iter_nodes().map(|node| (blake2_256(&node), node)).collect();
	prove(&header.state_root, keys, |hash| nodes.get(hash).map(Vec::as_slice)).map_err(Error::State)
}

fn place_key(request: RequestId) -> Vec<u8> {
	("assay/receipts/place", request).encode()
}

fn stored<T: Decode>(client: &FullClient, key: &[u8]) -> Result<Option<T>, Error> {
	let bytes = client.get_aux(key)?;
	bytes
		.map(|bytes| T::decode(&mut &bytes[..]).map_err(|_| Error::Missing("a readable index of requests")))
		.transpose()
}

/// Claims of a finalized block, in the order of the block's results. The list is empty if this node has not executed the block.
fn claims(client: &FullClient, offchain: &Offchain, block: BlockNumber) -> Result<Vec<Claim>, Error> {
	let header = match client.hash(block)? {
		Some(hash) => client.header(hash)?,
		None => None,
	};
	let Some(header) = header else { return Ok(Vec::new()) };
	(0..)
		.map_while(|index| offchain.get(STORAGE_PREFIX, &Claim::offchain_key(&header.parent_hash.0, index)))
		.map(|bytes| Claim::decode_all(&mut &bytes[..]).map_err(|_| Error::Missing("readable claims")))
		.collect()
}

/// Steps that were found, by the block that they start from and the last end of a set that they may lead to.
type Steps = HashMap<(BlockNumber, BlockNumber), (usize, Step)>;

/// Builds receipts.
pub struct Receipts {
	client: Arc<FullClient>,
	offchain: Offchain,
	authority_set: FullAuthoritySet,
	spec: Box<dyn ChainSpec>,
	/// The genesis block with the proof of its validators, once it was needed.
	genesis: Mutex<Option<(StateProof, TrustedBlock)>>,
	steps: Mutex<Steps>,
}

impl Receipts {
	/// `None` for a backend without an offchain database.
	pub fn new(
		client: Arc<FullClient>,
		backend: &FullBackend,
		authority_set: FullAuthoritySet,
		spec: Box<dyn ChainSpec>,
	) -> Option<Self> {
		let offchain = backend.offchain_storage()?;
		Some(Receipts { client, offchain, authority_set, spec, genesis: Mutex::default(), steps: Mutex::default() })
	}

	/// Fails on a node that can build no receipt, whatever is asked for.
	pub fn check(&self) -> Result<(), Error> {
		let info = self.client.info();
		if info.finalized_number == 0 {
			return Ok(());
		}
		// The first leaf is under another key until its block is finalized, and moves from there: the key that it leaves is read first.
		let prefix = sp_mmr_primitives::INDEXING_PREFIX;
		let keys = [
			NodesUtils::node_temp_offchain_key::<assay_runtime::Header>(prefix, 0, info.genesis_hash),
			NodesUtils::node_canon_offchain_key(prefix, 0),
		];
		match keys.iter().any(|key| self.offchain.get(STORAGE_PREFIX, key).is_some()) {
			true => Ok(()),
			false => Err(Error::Warped),
		}
	}

	/// Number of the first block that the index of requests does not cover.
	pub fn indexed(&self) -> Result<BlockNumber, Error> {
		Ok(stored(&self.client, NEXT)?.unwrap_or(1))
	}

	/// The receipt of a final request, from a finalized block or else the genesis block on: its bytes.
	pub fn build(&self, request: RequestId, checkpoint: Option<Hash>) -> Result<Vec<u8>, Error> {
		self.check()?;
		let block = stored(&self.client, &place_key(request))?.ok_or(Error::NotFinal(request))?;
		let hash = self.client.hash(block)?.ok_or(Error::Missing("the block of the request"))?;
		let claims = claims(&self.client, &self.offchain, block)?;
		let (index, claim) = claims
			.iter()
			.enumerate()
			.find(|(_, claim)| claim.request == request)
			.ok_or(Error::Missing("the claim of the request"))?;
		let leaves: Vec<Hash32> = claims.iter().map(Claim::leaf).collect();
		let results = ResultsProof::new(&leaves, index as u32).ok_or(Error::Missing("the claim of the request"))?;

		let route = self.route(checkpoint, Some(block))?.ok_or(Error::NotYet { request, block })?;
		let mmr = self.mmr(block, route.head.block.header.number, &results)?;
		let block = BlockRef { number: block, hash: hash.0 };
		sized(Receipt { claim: claim.clone(), block, results, mmr, route }.to_bytes())
	}

	/// Bytes of a statement that proves the value of a key of the state, or its absence, after a finalized block. The proof starts at the
	/// checkpoint, or at the genesis block.
	pub fn state(&self, key: Vec<u8>, checkpoint: Option<Hash>) -> Result<Vec<u8>, Error> {
		let route = self.route(checkpoint, None)?.ok_or(Error::NoHead)?;
		let nodes = prove_values(&self.client, &route.head.block.header, std::slice::from_ref(&key))?;
		sized(State { key, nodes, route }.to_bytes())
	}

	/// Decision of all validators on a dispute of a final result, by the state of the last finalized block.
	pub fn review(&self, request: RequestId) -> Result<Option<Review<BlockNumber>>, Error> {
		Ok(self.client.runtime_api().review(self.client.info().finalized_hash, request)?)
	}

	/// The genesis block with the proof of its validators and of how long their bonds stay.
	pub fn genesis_proof(&self) -> Result<StateProof, Error> {
		Ok(self.genesis()?.0)
	}

	/// A finalized block other than the genesis block.
	fn start(&self, hash: Hash) -> Result<BlockRef, Error> {
		let number = self.client.number(hash)?.ok_or(Error::Checkpoint(hash))?;
		if number > self.client.info().finalized_number || self.client.hash(number)? != Some(hash) {
			return Err(Error::Checkpoint(hash));
		}
		Ok(BlockRef { number, hash: hash.0 })
	}

	/// The way from a finalized block, or else the genesis block, to the first block above `above` that ends an authority set, or else to
	/// the last block that has votes. None if there is no such block yet. It has so few steps as there can be, and no more than fit into a
	/// receipt.
	fn route(&self, from: Option<Hash>, above: Option<BlockNumber>) -> Result<Option<Route>, Error> {
		let (proof, genesis) = self.genesis()?;
		let ends: Vec<BlockNumber> = {
			let changes = self.authority_set.authority_set_changes();
			let changes = changes.iter_from(0).ok_or(Error::Missing("all changes of the authority set"))?;
			changes.map(|(_, end)| *end).collect()
		};
		let (start, mut number) = match from.filter(|from| from.0 != genesis.genesis) {
			Some(hash) => {
				let block = self.start(hash)?;
				(Start::Block(block), block.number)
			}
			None => (Start::Genesis(proof), 0),
		};
		let (before, mut left) = ends.split_at(ends.partition_point(|end| *end <= number));
		let mut known = match before.last() {
			Some(end) => {
				self.load(*end)?.next_authorities().ok_or(Error::Missing("the changes of the authority set"))?
			}
			None => genesis.authorities,
		};
		let latest = self.latest(ends.last().copied(), number, above)?;
		match left.iter().position(|end| above.is_some_and(|above| *end > above)) {
			Some(end) => left = left.get(..=end).unwrap_or_default(),
			None if latest.is_none() && above.is_some() => return Ok(None),
			None => (),
		}
		let ends_with_set = above.is_some_and(|above| left.last().is_some_and(|end| *end > above));

		let (mut steps, mut bytes) = (Vec::new(), 0usize);
		while let Some((at, step)) = self.step(&known, number, genesis.unbonding, left)? {
			bytes = bytes.saturating_add(step.encoded_size());
			if bytes > MAX_RECEIPT_BYTES {
				return Err(Error::TooLarge(bytes));
			}
			number = step.block.header.number;
			known = step.next_authorities().ok_or(Error::Missing("the changes of the authority set"))?;
			left = left.get(at.saturating_add(1)..).unwrap_or_default();
			steps.push(step);
		}
		let head = match latest {
			Some(Finalized { header, justification }) if !ends_with_set => {
				let justification = justification.fewest(&known, None);
				Some(Step { set: None, block: Finalized { header, justification } })
			}
			_ => steps.pop(),
		};
		Ok(head.map(|head| Route { start, steps, head }))
	}

	/// The next step from a block. It loads at most the ends of the sets within the unbonding time, and is kept for the next call.
	fn step(
		&self,
		known: &Authorities,
		number: BlockNumber,
		unbonding: u32,
		ends: &[BlockNumber],
	) -> Result<Option<(usize, Step)>, Error> {
		let reach = ends.partition_point(|end| end.saturating_sub(number) <= unbonding).max(1);
		let ends = ends.get(..reach).unwrap_or_default();
		let Some(last) = ends.last() else { return Ok(None) };
		if let Some(step) = self.steps.lock().get(&(number, *last)) {
			return Ok(Some(step.clone()));
		}
		let step = Step::next(known, number, unbonding, ends, |end| self.load(end))?;
		// An index that is behind would miss a proof that is still to come for good.
		let is_indexed = stored::<BlockNumber>(&self.client, NEXT)?.is_some_and(|next| next > *last);
		if let Some(step) = step.as_ref().filter(|_| is_indexed) {
			let mut kept = self.steps.lock();
			if kept.len() >= KEPT_STEPS {
				kept.clear();
			}
			kept.insert((number, *last), step.clone());
		}
		Ok(step)
	}

	/// The last block of an authority set, with the proof of that set, if this node has it.
	fn load(&self, end: BlockNumber) -> Result<Step, Error> {
		let hash = self.client.hash(end)?.ok_or(Error::Missing("the changes of the authority set"))?;
		let header = header(&self.client, end)?.ok_or(Error::Missing("the changes of the authority set"))?;
		let justification = self
			.client
			.justifications(hash)?
			.and_then(|justifications| justifications.into_justification(GRANDPA_ENGINE_ID))
			.ok_or(Error::Missing("the votes for a change of the authority set"))?;
		let justification =
			Justification::decode_all(&mut &justification[..]).map_err(|error| Error::Changes(error.to_string()))?;
		Ok(Step { set: stored(&self.client, &set_key(end))?, block: Finalized { header, justification } })
	}

	/// The last block that has votes of the authority set that there is now, which began after block `end`, if it is not below `from` and
	/// above `above`.
	fn latest(
		&self,
		end: Option<BlockNumber>,
		from: BlockNumber,
		above: Option<BlockNumber>,
	) -> Result<Option<Finalized>, Error> {
		let Some(justification) = best_justification::<_, Block>(&*self.client)? else { return Ok(None) };
		let justification: Justification = same(&justification)?;
		let number = justification.commit.target_number;
		if number < from || end.max(above).is_some_and(|below| number <= below) {
			return Ok(None);
		}
		let header = header(&self.client, number)?;
		Ok(header.map(|header| Finalized { header, justification }))
	}

	/// Proof that the mountain range of block `head` has the results of block `block`.
	fn mmr(&self, block: BlockNumber, head: BlockNumber, results: &ResultsProof) -> Result<Vec<Hash32>, Error> {
		let generate = || {
			let mut api = self.client.runtime_api();
			api.register_extension(OffchainDbExt::new(OffchainDb::new(self.offchain.clone())));
			// A block's results are in the leaf that the next block adds.
			let blocks = vec![block.saturating_add(1)];
			api.generate_proof(self.client.info().finalized_hash, blocks, Some(head))
		};
		// When a block becomes final, its nodes of the mountain range move from one key to another. The runtime looks under the new key and
		// then under the old one, and misses a node that moves in between: it is under the new key at the next try.
		let mut tries = 1..MMR_TRIES;
		let (leaves, proof) = loop {
			match generate()? {
				Err(_) if tries.next().is_some() => (),
				proof => break proof.map_err(|error| Error::Mmr { block, error })?,
			}
		};
		let leaf = leaves.into_iter().next().map(|leaf| leaf.into_opaque_leaf());
		match leaf.and_then(|leaf| leaf.try_decode::<((BlockNumber, Hash), Hash32)>()) {
			Some(((number, _), root)) if number == block && root == results.root => (),
			_ => return Err(Error::Missing("all claims of the request's block")),
		}
		Ok(proof.items.into_iter().map(|item: Hash| item.0).collect())
	}

	/// The genesis block with its proof. Its state is pruned like any other, and made again from the specification.
	fn genesis(&self) -> Result<(StateProof, TrustedBlock), Error> {
		let mut known = self.genesis.lock();
		if let Some(known) = &*known {
			return Ok(known.clone());
		}
		let header = header(&self.client, 0)?.ok_or(Error::Missing("the genesis block"))?;
		let storage = self.spec.as_storage_builder().build_storage().map_err(Error::Genesis)?;
		let state = sp_state_machine::InMemoryBackend::<BlakeTwo256>::from((storage, StateVersion::V1));
		let keys = genesis_keys();
		let proof = sp_state_machine::prove_read(state, &keys).map_err(|error| Error::Genesis(error.to_string()))?;
		let nodes = in_order(proof, &header, &keys)?;
		let proof = StateProof { header, nodes };
		let trusted = TrustedBlock::genesis(&proof).map_err(Error::State)?;
		*known = Some((proof.clone(), trusted.clone()));
		Ok((proof, trusted))
	}
}

/// The bytes, if verifiers take so many.
fn sized(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
	match bytes.len() > MAX_RECEIPT_BYTES {
		true => Err(Error::TooLarge(bytes.len())),
		false => Ok(bytes),
	}
}
