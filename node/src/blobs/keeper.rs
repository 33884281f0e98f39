//! Follows the chain to know which blobs this node has to hold and which it may remove.

use super::{memory::Memory, metrics::Metrics, LOG_TARGET};
use crate::{engine::RunQueue, full::FullClient};
use assay_blobs::{
	exchange::{Handle, Size, Want},
	Status, Store,
};
use assay_primitives::{constants::MAX_BLOB_OUTPUT, ContentId};
use assay_runtime::{opaque::Block, AccountId, Hash};
use futures::StreamExt;
use pallet_inference::InferenceApi;
use pallet_memory::MemoryApi;
use pallet_models::{BlobRef, EngineInfo, ModelsApi};
use sc_client_api::BlockchainEvents;
use sc_network_sync::SyncingService;
use sp_api::{ApiError, ApiExt, ProvideRuntimeApi};
use sp_consensus::SyncOracle;
use sp_runtime::traits::Header;
use std::{
	collections::{BTreeMap, HashSet},
	sync::Arc,
};
use tokio::sync::watch;

/// Blocks between two looks at all models and engines. A duty does not wait for it.
const MODELS_EVERY: u32 = 5;

/// Blocks between two collections.
const COLLECT_EVERY: u32 = 30;

/// Most models, blobs or blocks in a question to the runtime.
const PAGE: u32 = 500;

/// Largest number of blobs that are wanted at the same time. Others wait for room.
const MAX_WANTS: usize = 1_024;

/// The task.
pub struct Keeper {
	client: Arc<FullClient>,
	store: Arc<Store>,
	fetching: Arc<Handle>,
	queue: Arc<RunQueue>,
	/// Blobs that duties wait for, with their sizes.
	duties: watch::Receiver<Vec<(ContentId, u64)>>,
	sync: Arc<SyncingService<Block>>,
	is_validator: bool,
	/// Blocks for which an output is kept.
	keep: u32,
	metrics: Option<Metrics>,
	/// Engines that nodes hold, as of the last look.
	engines: Vec<EngineInfo>,
	/// Blobs of models, as of the last look.
	models: Vec<BlobRef>,
	models_at: Option<u32>,
	/// Blobs of spaces of memory.
	memory: Memory,
	/// Outputs that are not here, with the block that made them final.
	outputs: BTreeMap<ContentId, u32>,
	outputs_to: Option<u32>,
	collected_at: Option<u32>,
}

impl Keeper {
	/// A keeper that has not looked at the chain.
	pub fn new(
		client: Arc<FullClient>,
		store: Arc<Store>,
		fetching: Arc<Handle>,
		queue: Arc<RunQueue>,
		sync: Arc<SyncingService<Block>>,
		is_validator: bool,
		keep: u32,
		metrics: Option<Metrics>,
	) -> Self {
		Keeper {
			client,
			store,
			fetching,
			duties: queue.wanted(),
			queue,
			sync,
			is_validator,
			keep,
			metrics,
			engines: vec![],
			models: vec![],
			models_at: None,
			memory: Memory::default(),
			outputs: BTreeMap::new(),
			outputs_to: None,
			collected_at: None,
		}
	}

	/// Follows the chain until it ends.
	pub async fn run(mut self) {
		let mut blocks = self.client.import_notification_stream();
		loop {
			tokio::select! {
				block = blocks.next() => match block {
					Some(block) if block.is_new_best => self.on_block(block.hash, *block.header.number()),
					Some(_) => continue,
					None => return,
				},
				changed = self.duties.changed() => if changed.is_err() { return },
			}
			self.tell();
		}
	}

	fn on_block(&mut self, hash: Hash, number: u32) {
		// The state of an old block names the blobs that were needed then.
		if self.sync.is_major_syncing() {
			return;
		}
		if let Err(error) = self.look(hash, number) {
			log::warn!(target: LOG_TARGET, "block {number} does not say what it needs: {error}");
		}
		if let Some(metrics) = &self.metrics {
			metrics.update(&self.store.usage(), &self.fetching);
		}
	}

	fn look(&mut self, hash: Hash, number: u32) -> Result<(), ApiError> {
		let is_due = |last: Option<u32>, every| last.is_none_or(|last| number.abs_diff(last) >= every);
		if is_due(self.models_at, MODELS_EVERY) {
			self.engines = self.client.runtime_api().engines(hash)?;
			self.queue.hold(&self.engines);
			if self.is_validator {
				self.models = self.model_blobs(hash)?;
			}
			self.models_at = Some(number);
		}
		if self.is_validator {
			self.look_for_outputs(hash, number)?;
		}
		self.look_for_memory(hash)?;
		if is_due(self.collected_at, COLLECT_EVERY) {
			self.collect(hash, number)?;
			self.collect_memory(hash)?;
			self.collected_at = Some(number);
		}
		Ok(())
	}

	fn model_blobs(&self, hash: Hash) -> Result<Vec<BlobRef>, ApiError> {
		let (mut blobs, mut after) = (vec![], None);
		loop {
			let (page, last) = self.client.runtime_api().model_blobs(hash, after, PAGE)?;
			blobs.extend(page);
			if last.is_none() {
				return Ok(blobs);
			}
			after = last;
		}
	}

	/// Outputs of the blocks since the last look; at first of all blocks whose outputs are still kept.
	fn look_for_outputs(&mut self, hash: Hash, number: u32) -> Result<(), ApiError> {
		let oldest = number.saturating_sub(self.keep);
		let mut first = self.outputs_to.map_or(oldest, |to| to.saturating_add(1)).max(oldest);
		while first <= number {
			let last = number.min(first.saturating_add(PAGE - 1));
			let blobs = self.client.runtime_api().output_blobs(hash, first, last)?;
			self.memory.are_shared(blobs.iter().map(|blob| &blob.id));
			self.outputs.extend(blobs.into_iter().map(|blob| (blob.id, last)));
			self.outputs_to = Some(last);
			first = last.saturating_add(1);
		}
		let store = &self.store;
		self.outputs.retain(|id, final_in| *final_in >= oldest && !store.holds(id));
		Ok(())
	}

	/// Blobs of spaces, and which of them are inputs or outputs too.
	fn look_for_memory(&mut self, hash: Hash) -> Result<(), ApiError> {
		let api = self.client.runtime_api();
		// A chain that is not upgraded yet has none.
		if !api.has_api::<dyn MemoryApi<Block, AccountId>>(hash)? {
			return Ok(());
		}
		let store = &self.store;
		self.memory.look(|after| api.memory_blobs(hash, after, PAGE), |id| store.holds(id))?;
		if !self.memory.is_empty() {
			let inputs = api.open_inputs(hash)?;
			self.memory.are_shared(inputs.iter().map(|blob| &blob.id).chain(self.outputs.keys()));
		}
		Ok(())
	}

	/// Removes what spaces have dropped and nothing else needs.
	fn collect_memory(&mut self, hash: Hash) -> Result<(), ApiError> {
		for id in self.memory.take_released() {
			// A blob has one length, which its id is made of.
			let Status::Held { size } = self.store.status(&id) else { continue };
			if self.client.runtime_api().blob_expected(hash, id, size)? {
				continue;
			}
			match self.store.remove(&id) {
				Ok(_) => {
					log::info!(target: LOG_TARGET, "a blob of {size} bytes went: its space has dropped it");
					if let Some(metrics) = &self.metrics {
						metrics.collected.inc();
					}
				}
				Err(error) => log::error!(target: LOG_TARGET, "{error}"),
			}
		}
		Ok(())
	}

	fn collect(&self, hash: Hash, number: u32) -> Result<(), ApiError> {
		let mut verdicts = vec![];
		for page in self.store.list().chunks(PAGE as usize) {
			let blobs = page.iter().map(|blob| BlobRef { id: blob.id, size: blob.size }).collect();
			let needed = self.client.runtime_api().blobs_expected(hash, blobs)?;
			verdicts.extend(page.iter().map(|blob| blob.id).zip(needed));
		}
		match self.store.collect(number, &verdicts) {
			Ok(collected) if collected.blobs > 0 => {
				log::info!(
					target: LOG_TARGET,
					"{} blobs of {} bytes went: the chain has not needed them for {} blocks",
					collected.blobs,
					collected.bytes,
					self.keep,
				);
				if let Some(metrics) = &self.metrics {
					metrics.collected.inc_by(collected.blobs.into());
				}
			}
			Ok(_) => (),
			Err(error) => log::error!(target: LOG_TARGET, "{error}"),
		}
		Ok(())
	}

	/// Gives the fetcher the list of wanted blobs.
	fn tell(&mut self) {
		let duties = self.duties.borrow_and_update().clone();
		let want = |id, size, urgent| Want { id, size, urgent };
		let duties = duties.into_iter().map(|(id, size)| want(id, Size::Exactly(size), true));
		let packages: Vec<_> = self.engines.iter().filter_map(|info| info.package).collect();
		let models = packages.iter().chain(&self.models).map(|blob| want(blob.id, Size::Exactly(blob.size), false));
		let memory = self.memory.blobs().filter(|_| self.is_validator);
		let memory = memory.map(|blob| want(blob.id, Size::Exactly(blob.size), false));
		let outputs = self.outputs.keys().map(|id| want(*id, Size::AtMost(MAX_BLOB_OUTPUT), false));
		let mut seen = HashSet::new();
		let wants = duties
			.chain(models)
			.chain(outputs)
			.chain(memory)
			.filter(|want| !self.store.holds(&want.id) && seen.insert(want.id))
			.take(MAX_WANTS)
			.collect();
		self.fetching.want(wants);
	}
}
