//! Puts the node together: client, consensus, network, off-chain workers, engine, RPC.

use crate::{
	blobs,
	cli::{self, BlobParams, Cli, EngineParams},
	condition::Examiner,
	disk::Room,
	engine::{self, Plan, RunQueue, StopOnDrop},
	finality::Finality,
	full::{FullBackend, FullClient, FullPool, FullSelectChain, HostFunctions},
	guard::{Backoff, Clock, Guard, Guarded},
	history,
	receipts::{self, Receipts},
	rpc,
};
use assay_blobs::Store;
use assay_primitives::host::{EngineExt, EngineHost, Finalized, FinalizedExt};
use assay_runtime::{apis::RuntimeApi, opaque::Block, Hash};
use futures::{future::BoxFuture, FutureExt, StreamExt};
use sc_chain_spec::{ChainType, GenesisBlockBuilder};
use sc_client_api::{Backend, BlockBackend};
use sc_consensus::DefaultImportQueue;
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaBlockImport, GrandpaPruningFilter, LinkHalf, SharedVoterState,
	ThreeQuartersOfTheUnfinalizedChain, VotingRulesBuilder,
};
use sc_network::{config::FullNetworkConfiguration, Event, NetworkBackend, NetworkEventStream};
use sc_service::{
	error::Error as ServiceError, Configuration, SpawnEssentialTaskHandle, SpawnTaskHandle, TaskManager, WarpSyncConfig,
};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_blockchain::HeaderBackend;
use sp_consensus_babe::{
	inherents::{BabeCreateInherentDataProviders, InherentDataProvider},
	SlotDuration,
};
use sp_core::{
	storage::{StateVersion, Storage},
	traits::SpawnEssentialNamed,
};
use sp_externalities::Extension;
use sp_inherents::CreateInherentDataProviders;
use sp_keystore::KeystorePtr;
use sp_runtime::traits::BlakeTwo256;
use std::{sync::Arc, time::Duration};

type FullGrandpaBlockImport = GrandpaBlockImport<FullBackend, Block, FullClient, FullSelectChain>;
type BabeBlockImport = sc_consensus_babe::BabeBlockImport<
	Block,
	FullClient,
	FullGrandpaBlockImport,
	BabeCreateInherentDataProviders<Block>,
	FullSelectChain,
>;

/// Blocks between two justifications that every node keeps: receipts and light clients start from one.
const JUSTIFICATION_PERIOD: u32 = 16;

/// Folder of the blobs in the chain's directory.
pub const BLOBS: &str = "blobs";

/// Time that a GRANDPA message is given to get around: a sixth of a slot.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// Parts that [`new_partial`] makes for this node, beside those of every service.
pub struct Extra {
	block_import: BabeBlockImport,
	grandpa_link: LinkHalf<Block, FullClient, FullSelectChain>,
	babe_link: BabeLink<Block>,
	babe_worker: BabeWorkerHandle<Block>,
	telemetry: Option<Telemetry>,
}

type PartialComponents =
	sc_service::PartialComponents<FullClient, FullBackend, FullSelectChain, DefaultImportQueue<Block>, FullPool, Extra>;

/// Makes the parts that the node and the commands on its database share.
pub fn new_partial(config: &mut Configuration) -> Result<PartialComponents, ServiceError> {
	// The MMR's nodes are written by blocks, so no block may be imported without.
	config.offchain_worker.indexing_enabled = true;

	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let unreadable = |error: sp_blockchain::Error| unreadable(config, error);
	let mut database = config.db_config();
	database.pruning_filters = vec![Arc::new(GrandpaPruningFilter)];
	let backend = sc_service::new_db_backend(database).map_err(unreadable)?;
	let genesis_state = config.chain_spec.as_storage_builder().build_storage().map_err(|error| {
		ServiceError::Other(format!(
			"the chain spec does not have the state of the genesis block, as specs for light clients do not: {error}; take the one that a \
			 chain's operators publish for nodes"
		))
	})?;
	let genesis_root = state_root(&genesis_state);
	let genesis =
		GenesisBlockBuilder::new_with_storage(genesis_state, !config.no_genesis(), backend.clone(), executor.clone())?;
	let (client, backend, keystore_container, task_manager) =
		sc_service::new_full_parts_with_genesis_builder::<Block, RuntimeApi, _, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			backend,
			genesis,
			false,
		)?;
	let client = Arc::new(client);
	let kept = client.header(client.info().genesis_hash).map_err(unreadable)?;
	if let Some(kept) = kept.filter(|kept| kept.state_root != genesis_root) {
		return Err(ServiceError::Other(format!(
			"{} has the chain with genesis block {:?}, and the chain spec is that of another one with the same id, `{}`: give the spec of that \
			 chain, another --base-path, or remove the old chain with `assay-node purge-chain`",
			config.data_path.display(),
			kept.hash(),
			config.chain_spec.id(),
		)));
	}

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::from(
		sc_transaction_pool::Builder::new(
			PoolSpawner { essential: task_manager.spawn_essential_handle(), other: task_manager.spawn_handle() },
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_block_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	)?;
	let justification_import = grandpa_block_import.clone();

	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_block_import,
		client.clone(),
		inherents(slot_duration),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(Arc::clone(&transaction_pool)),
	)?;
	let (import_queue, babe_worker) = sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
		link: babe_link.clone(),
		block_import: block_import.clone(),
		justification_import: Some(Box::new(justification_import)),
		client: client.clone(),
		slot_duration,
		spawner: &task_manager.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
	})?;

	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: Extra { block_import, grandpa_link, babe_link, babe_worker, telemetry },
	})
}

/// Spawns the tasks of the transaction pool. The blocking one waits on its thread until the pool is gone, which is after the node was told to
/// stop: as an essential task it would report a failure at every stop.
#[derive(Clone)]
struct PoolSpawner {
	essential: SpawnEssentialTaskHandle,
	other: SpawnTaskHandle,
}

impl SpawnEssentialNamed for PoolSpawner {
	fn spawn_essential(&self, name: &'static str, group: Option<&'static str>, future: BoxFuture<'static, ()>) {
		self.essential.spawn(name, group, future);
	}

	fn spawn_essential_blocking(
		&self,
		name: &'static str,
		group: Option<&'static str>,
		future: BoxFuture<'static, ()>,
	) {
		self.other.spawn_blocking(name, group, future);
	}
}

/// Says what to do about a database that cannot be read.
fn unreadable(config: &Configuration, error: sp_blockchain::Error) -> ServiceError {
	let path = config.database.path().unwrap_or(&config.data_path).display();
	ServiceError::Other(format!(
		"the database in {path} cannot be opened: {error}. Where another node uses it, stop that one. Where the disk was full or is damaged, mend \
		 that, remove the chain with `assay-node purge-chain`, and sync again: keys, blobs and results of runs stay"
	))
}

/// Root of the state of a genesis block.
fn state_root(storage: &Storage) -> Hash {
	let state = sp_state_machine::InMemoryBackend::<BlakeTwo256>::from((storage.clone(), StateVersion::V1));
	*state.root()
}

/// Inherents of a block's author: the slot, and the time of its clock.
fn inherents(slot_duration: SlotDuration) -> BabeCreateInherentDataProviders<Block> {
	Arc::new(move |_, ()| async move {
		let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
		let slot = InherentDataProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
		Ok((slot, timestamp))
	})
}

/// The whole node.
pub fn new_full<N: NetworkBackend<Block, Hash>>(
	mut config: Configuration,
	Cli { engine: engine_params, blobs: blob_params, history: history_params, sign_at_once, .. }: &Cli,
	room: Room,
) -> Result<TaskManager, ServiceError> {
	// A development chain may run on a small machine. On any other chain a validator that cannot do every run would be jailed.
	let is_development = config.chain_spec.chain_type() == ChainType::Development;
	let must_do_every_run = config.role.is_authority() && !is_development;
	let plan = engine_params.plan(must_do_every_run).map_err(ServiceError::Other)?;
	log::info!("runs at the same time: {} of at most {} MiB, and a short one", plan.runs, plan.run_memory >> 20);

	let PartialComponents {
		client,
		backend,
		mut task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: Extra { block_import, grandpa_link, babe_link, babe_worker, mut telemetry },
	} = new_partial(&mut config)?;

	let (store, queue) = start_engine(&config, engine_params, plan, blob_params, room.least)?;
	task_manager.keep_alive(StopOnDrop(queue.clone()));
	task_manager.spawn_essential_handle().spawn("disk", None, room.clone().watch());

	let metrics = N::register_notification_metrics(config.prometheus_registry());
	let mut net_config =
		FullNetworkConfiguration::<_, _, N>::new(&config.network, config.prometheus_registry().cloned());
	let genesis = client
		.block_hash(0)?
		.ok_or_else(|| ServiceError::Other("the database has no genesis block: purge the chain".into()))?;
	let grandpa_protocol = sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
	let (grandpa_protocol_config, grandpa_notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
		grandpa_protocol.clone(),
		metrics.clone(),
		net_config.peer_store_handle(),
	);
	net_config.add_notification_protocol(grandpa_protocol_config);
	let (blob_protocol_config, blob_protocol) = blobs::protocol::<N>(&genesis);
	net_config.add_request_response_protocol(blob_protocol_config);

	let authority_set = grandpa_link.shared_authority_set().clone();
	let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		authority_set.clone(),
		Vec::new(),
	));
	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network(sc_service::BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	task_manager.spawn_handle().spawn_blocking("receipts", None, receipts::index(client.clone(), backend.clone()));
	let keeps_history = history_params.request_history || is_development;
	if keeps_history {
		let following = history::follow(client.clone(), backend.clone());
		task_manager.spawn_handle().spawn_blocking("history", None, following);
	}
	let guard = guard(&config, &client, *sign_at_once)?;
	let keystore = keystore_container.keystore();
	// The keys that votes are signed with.
	let votes: KeystorePtr = match &guard {
		Some(guard) => {
			let watching =
				guard.clone().watch(client.clone(), sync_service.clone(), keystore.clone(), config.force_authoring);
			task_manager.spawn_handle().spawn("guard", None, watching);
			Arc::new(Guarded { guard: guard.clone(), keystore })
		}
		None => keystore,
	};
	let receipts =
		Receipts::new(client.clone(), &backend, authority_set.clone(), config.chain_spec.cloned_box()).map(Arc::new);

	let examiner = Examiner::new(
		client.clone(),
		sync_service.clone(),
		queue.clone(),
		receipts.clone(),
		room,
		is_development,
		guard.clone(),
		keystore_container.keystore(),
		config.prometheus_registry(),
	);
	task_manager.spawn_handle().spawn("condition", None, examiner.clone().watch());

	let blobs = blobs::start(
		blobs::Deps {
			client: client.clone(),
			store: store.clone(),
			queue: queue.clone(),
			network: network.clone(),
			sync: sync_service.clone(),
			examiner,
			protocol: blob_protocol,
			spawner: task_manager.spawn_handle(),
			is_validator: config.role.is_authority(),
			registry: config.prometheus_registry(),
		},
		blob_params,
	)?;

	if config.offchain_worker.enabled {
		let queue: Arc<dyn EngineHost> = queue.clone();
		#[cfg(debug_assertions)]
		let queue = crate::adversary::between(queue, &config.network.node_name);
		let offchain_db = backend.offchain_storage();
		#[cfg(debug_assertions)]
		let offchain_db = offchain_db.map(|db| crate::adversary::Memory::new(db, &config.network.node_name));
		let finalized: Finalized = {
			let client = client.clone();
			Arc::new(move || {
				let info = client.info();
				(info.finalized_number, info.finalized_hash.0)
			})
		};
		let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(votes.clone()),
			offchain_db,
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			is_validator: config.role.is_authority(),
			enable_http_requests: false,
			// The only place where the engine is registered: nothing that a block does can reach it.
			custom_extensions: move |_| {
				let engine: Box<dyn Extension> = Box::new(EngineExt(queue.clone()));
				vec![engine, Box::new(FinalizedExt(finalized.clone()))]
			},
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	task_manager.spawn_handle().spawn(
		"mmr-gadget",
		None,
		mmr_gadget::MmrGadget::start(client.clone(), backend.clone(), sp_mmr_primitives::INDEXING_PREFIX.to_vec()),
	);

	let role = config.role;
	let force_authoring = config.force_authoring;
	let enable_grandpa = !config.disable_grandpa;
	let name = config.network.node_name.clone();
	let prometheus_registry = config.prometheus_registry().cloned();
	let authority_discovery_config = sc_authority_discovery::WorkerConfig {
		publish_non_global_ips: config.network.allow_non_globals_in_dht,
		public_addresses: config.network.public_addresses.clone(),
		strict_record_validation: true,
		persisted_cache_directory: config.network.net_config_path.clone(),
		..Default::default()
	};

	let voter_state = SharedVoterState::empty();
	let commands = block_import.clone();
	let deps = rpc::Deps {
		client: client.clone(),
		backend: backend.clone(),
		pool: transaction_pool.clone(),
		select_chain: select_chain.clone(),
		chain_spec: config.chain_spec.cloned_box(),
		keystore: keystore_container.keystore(),
		babe: babe_worker,
		grandpa: rpc::GrandpaDeps {
			voter_state: voter_state.clone(),
			authority_set: authority_set.clone(),
			justifications: grandpa_link.justification_stream(),
			proofs: FinalityProofProvider::new_for_service(backend.clone(), Some(authority_set)),
		},
		store,
		blobs,
		queue,
		receipts,
		keeps_history,
	};
	sc_service::spawn_tasks(sc_service::SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore_container.keystore(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder: Box::new(move |executor| rpc::create(&deps, executor).map_err(Into::into)),
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	if role.is_authority() {
		let mut env = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus_registry.as_ref(),
			telemetry.as_ref().map(|telemetry| telemetry.handle()),
		);
		// Upstream's default is less. A larger transaction that the runtime takes and the pool keeps would never be in a block.
		env.set_default_block_size_limit(assay_runtime::constants::MAX_BLOCK_LENGTH as usize);
		#[cfg(debug_assertions)]
		let env = crate::adversary::Authorship::new(env, &name);
		let times = inherents(babe_link.config().slot_duration());
		let finality = Finality::new(client.clone());
		task_manager.spawn_handle().spawn("finality", Some("block-authoring"), finality.clone().watch());
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: keystore_container.keystore(),
			client: client.clone(),
			select_chain,
			env,
			block_import,
			sync_oracle: sync_service.clone(),
			justification_sync_link: sync_service.clone(),
			create_inherent_data_providers: move |parent, ()| {
				let (times, settled) = (times.clone(), finality.inherent());
				async move {
					let (slot, timestamp) = times.create_inherent_data_providers(parent, ()).await?;
					Ok((slot, timestamp, settled))
				}
			},
			force_authoring,
			backoff_authoring_blocks: Some(Backoff { guard: guard.clone(), lagging: Default::default() }),
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(0.5),
			max_block_proposal_slot_portion: None,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("babe-proposer", Some("block-authoring"), babe);

		let dht_events = network.event_stream("authority-discovery").filter_map(|event| async move {
			match event {
				Event::Dht(event) => Some(event),
				_ => None,
			}
		});
		let (authority_discovery, _) = sc_authority_discovery::new_worker_and_service_with_config(
			authority_discovery_config,
			client,
			Arc::new(network.clone()),
			Box::pin(dht_events),
			sc_authority_discovery::Role::PublishAndDiscover(keystore_container.keystore()),
			prometheus_registry.clone(),
			task_manager.spawn_handle(),
		);
		task_manager.spawn_handle().spawn("authority-discovery-worker", Some("networking"), authority_discovery.run());
	}

	if enable_grandpa {
		let params = sc_consensus_grandpa::GrandpaParams {
			config: sc_consensus_grandpa::Config {
				gossip_duration: GOSSIP_DURATION,
				justification_generation_period: JUSTIFICATION_PERIOD,
				name: Some(name),
				observer_enabled: false,
				// Without keys, GRANDPA follows and does not vote.
				keystore: role.is_authority().then_some(votes),
				local_role: role,
				telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
				protocol_name: grandpa_protocol,
			},
			link: grandpa_link,
			network,
			sync: sync_service,
			notification_service: grandpa_notifications,
			// Upstream's default votes two blocks behind the best one, so that a block is final three later. Auditors wait until the block is
			// final that has closed the committee's seals, and have three blocks to seal in.
			voting_rule: VotingRulesBuilder::new().add(ThreeQuartersOfTheUnfinalizedChain).build(),
			prometheus_registry,
			shared_voter_state: voter_state,
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		};
		let voter = async move {
			// The import of blocks gives the voter its commands. Where it goes before the voter, at a stop, the voter reports an error.
			let _commands = commands;
			if let Some(guard) = guard {
				guard.signing().await;
			}
			match sc_consensus_grandpa::run_grandpa_voter(params) {
				Ok(voter) => voter.await,
				Err(error) => log::error!("no votes on finality: {error}"),
			}
		};
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}

/// The guard of a validator's signatures. A development chain's only node has none.
fn guard(config: &Configuration, client: &FullClient, at_once: bool) -> Result<Option<Arc<Guard>>, ServiceError> {
	if !config.role.is_authority() || config.chain_spec.chain_type() == ChainType::Development {
		return Ok(None);
	}
	let (head, _) = Clock::of(client)?.head(client)?;
	let guard = Guard::open(&config.data_path, client.info().genesis_hash, head, at_once);
	guard.map(Arc::new).map(Some).map_err(ServiceError::Other)
}

/// The blob store and the run queue, in the chain's directory.
fn start_engine(
	config: &Configuration,
	params: &EngineParams,
	plan: Plan,
	blob_params: &BlobParams,
	least_disk: u64,
) -> Result<(Arc<Store>, Arc<RunQueue>), ServiceError> {
	let store = Store::open_with(config.data_path.join(BLOBS), blob_params.store(least_disk))
		.map_err(|error| ServiceError::Other(error.to_string()))?;
	let store = Arc::new(store);
	let dir = config.data_path.join("engine");
	let cache_dir = params.engine_cache.clone().unwrap_or_else(|| dir.join("cache"));
	let runs = plan.runs;
	// This program again, so that nothing a model does can end the node.
	let worker = assay_engine::Worker {
		kernels: params.kernels,
		extra_threads: params.engine_threads.get().saturating_sub(1),
		..assay_engine::Worker::this_program(&[cli::ENGINE_WORKER])
	};
	let boot = engine::boot(cache_dir, plan, Some(worker), params.insecure_sandbox);
	engine::keep_panics_local();
	let registry = config.prometheus_registry();
	let queue =
		RunQueue::start(&dir, engine::id(), store.clone(), runs, params.replays, registry, boot, engine::package)
			.map_err(|error| {
				ServiceError::Other(format!("{}: {error}: check free space and permissions", dir.display()))
			})?;
	Ok((store, queue))
}
