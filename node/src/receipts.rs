//! Receipts: in which block a request became final, and what proves it to somebody who does not trust this node.
//!
//! Nothing here reads the state of an old block, which nodes do not keep. Claims are in the offchain database, where each executed block
//! leaves them; the index says which finalized block to look into; the mountain range and the changes of the authority set are kept by
//! all nodes for ever.

use crate::service::{FullBackend, FullClient};
use assay_primitives::{hash::blake2_256, Claim, Hash32, RequestId};
use assay_receipts::{
	authorities_key, path, BlockRef, Finalized, GenesisProof, Header, Receipt, ResultsProof, Start, MAX_RECEIPT_BYTES,
};
use assay_runtime::{opaque::Block, BlockNumber, Hash};
use codec::{Decode, DecodeAll, Encode};
use futures::StreamExt;
use pallet_inference::{InferenceApi, Review};
use parking_lot::Mutex;
use sc_chain_spec::ChainSpec;
use sc_client_api::{AuxStore, Backend, BlockchainEvents};
use sc_network_sync::strategy::warp::{EncodedProof, WarpSyncProvider};
use sp_api::{ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::{
	offchain::{storage::OffchainDb, OffchainDbExt, OffchainStorage, STORAGE_PREFIX},
	storage::StateVersion,
	H256,
};
use sp_mmr_primitives::MmrApi;
use sp_runtime::traits::BlakeTwo256;
use std::{collections::HashMap, sync::Arc};

/// Key of the first block that the index does not cover, among the client's auxiliary data.
const NEXT: &[u8] = b"assay/receipts/next";
/// Blocks that the index takes over in one write.
const BATCH: BlockNumber = 1_000;

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
	/// Not a finalized block of the chain.
	#[error("block {0:?} is not a finalized block of this chain: give the hash of one, or none to start from the genesis block")]
	Checkpoint(Hash),
	/// The receipt has more bytes than verifiers take.
	#[error("the receipt has {0} bytes, more than verifiers take: ask for one from a later checkpoint")]
	TooLarge(usize),
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
			let claims = claims(client, offchain, block)?;
			entries.extend(claims.iter().map(|claim| (place_key(claim.request), block.encode())));
		}
		let entries: Vec<_> = entries.iter().map(|(key, value)| (key.as_slice(), value.as_slice())).collect();
		client.insert_aux(&entries, &[])?;
		next = end;
	}
	Ok(())
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

/// What became final in a finalized block, in the order of the block's results. None for a block that this node has not executed.
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

/// Builds receipts.
pub struct Receipts {
	client: Arc<FullClient>,
	offchain: Offchain,
	changes: Arc<dyn WarpSyncProvider<Block>>,
	spec: Box<dyn ChainSpec>,
	/// The proof of the first validators, once it has been asked for.
	genesis: Mutex<Option<GenesisProof>>,
}

impl Receipts {
	/// `None` for a backend without an offchain database.
	pub fn new(
		client: Arc<FullClient>,
		backend: &FullBackend,
		changes: Arc<dyn WarpSyncProvider<Block>>,
		spec: Box<dyn ChainSpec>,
	) -> Option<Self> {
		let offchain = backend.offchain_storage()?;
		Some(Receipts { client, offchain, changes, spec, genesis: Mutex::new(None) })
	}

	/// The receipt of a final request, from a finalized block or else the genesis block on: its bytes.
	pub fn build(&self, request: RequestId, checkpoint: Option<Hash>) -> Result<Vec<u8>, Error> {
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

		let genesis = self.client.info().genesis_hash;
		let from = checkpoint.unwrap_or(genesis);
		let start = if from == genesis { Start::Genesis(self.genesis_proof()?) } else { self.start(from)? };
		let (changes, head) = self.changes(from, block)?.ok_or(Error::NotYet { request, block })?;
		let mmr = self.mmr(block, head.header.number, &results)?;
		let block = BlockRef { number: block, hash: hash.0 };
		let receipt = Receipt { claim: claim.clone(), block, results, mmr, start, changes, head }.to_bytes();
		if receipt.len() > MAX_RECEIPT_BYTES {
			return Err(Error::TooLarge(receipt.len()));
		}
		Ok(receipt)
	}

	/// What all validators have decided on a dispute of a final result, as the state of the last finalized block says.
	pub fn review(&self, request: RequestId) -> Result<Option<Review<BlockNumber>>, Error> {
		Ok(self.client.runtime_api().review(self.client.info().finalized_hash, request)?)
	}

	/// A finalized block other than the genesis block.
	fn start(&self, hash: Hash) -> Result<Start, Error> {
		let number = self.client.number(hash)?.ok_or(Error::Checkpoint(hash))?;
		if number > self.client.info().finalized_number || self.client.hash(number)? != Some(hash) {
			return Err(Error::Checkpoint(hash));
		}
		Ok(Start::Block(BlockRef { number, hash: hash.0 }))
	}

	/// Changes of the authority set after block `from`, and the first block above `block` that is finalized by the set that they lead to.
	/// They are what nodes give each other for warp sync. None if there is no such block yet.
	fn changes(&self, mut from: Hash, block: BlockNumber) -> Result<Option<(Vec<Finalized>, Finalized)>, Error> {
		let mut changes = Vec::new();
		loop {
			let EncodedProof(bytes) = self.changes.generate(from).map_err(|error| Error::Changes(error.to_string()))?;
			let (fragments, finished) = <(Vec<Finalized>, bool)>::decode_all(&mut &bytes[..])
				.map_err(|error| Error::Changes(error.to_string()))?;
			let last = fragments.last().map(|fragment| fragment.header.hash());
			for fragment in fragments {
				if fragment.header.number > block {
					return Ok(Some((changes, fragment)));
				}
				changes.push(fragment);
			}
			match last {
				Some(last) if !finished => from = H256(last),
				_ => return Ok(None),
			}
		}
	}

	/// Proof that the mountain range of block `head` has the results of block `block`.
	fn mmr(&self, block: BlockNumber, head: BlockNumber, results: &ResultsProof) -> Result<Vec<Hash32>, Error> {
		let mut api = self.client.runtime_api();
		api.register_extension(OffchainDbExt::new(OffchainDb::new(self.offchain.clone())));
		// A block's results are in the leaf that the next block adds.
		let blocks = vec![block.saturating_add(1)];
		let (leaves, proof) = api
			.generate_proof(self.client.info().finalized_hash, blocks, Some(head))?
			.map_err(|error| Error::Mmr { block, error })?;
		let leaf = leaves.into_iter().next().map(|leaf| leaf.into_opaque_leaf());
		match leaf.and_then(|leaf| leaf.try_decode::<((BlockNumber, Hash), Hash32)>()) {
			Some(((number, _), root)) if number == block && root == results.root => (),
			_ => return Err(Error::Missing("all claims of the request's block")),
		}
		Ok(proof.items.into_iter().map(|item: Hash| item.0).collect())
	}

	/// Proof of the first validators. The state of the genesis block is pruned like any other, and made again from the specification.
	fn genesis_proof(&self) -> Result<GenesisProof, Error> {
		let mut known = self.genesis.lock();
		if let Some(proof) = &*known {
			return Ok(proof.clone());
		}
		let genesis = self.client.info().genesis_hash;
		let header = self.client.header(genesis)?.ok_or(Error::Missing("the genesis block"))?;
		let header =
			Header::decode_all(&mut &header.encode()[..]).map_err(|error| Error::Genesis(error.to_string()))?;
		let storage = self.spec.as_storage_builder().build_storage().map_err(Error::Genesis)?;
		let state = sp_state_machine::InMemoryBackend::<BlakeTwo256>::from((storage, StateVersion::V1));
		let key = authorities_key();
		let nodes = sp_state_machine::prove_read(state, [&key]).map_err(|error| Error::Genesis(error.to_string()))?;
		let nodes: HashMap<Hash32, Vec<u8>> = nodes.into_iter_nodes().map(|node| (blake2_256(&node), node)).collect();
		let nodes = path(&header.state_root, &key, |hash| nodes.get(hash).map(Vec::as_slice))
			.map_err(|error| Error::Genesis(error.to_string()))?;
		let proof = GenesisProof { header, nodes };
		*known = Some(proof.clone());
		Ok(proof)
	}
}
