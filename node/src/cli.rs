//! Command line of the node.

use crate::engine::{self, Plan};
use sc_cli::RunCmd;
use std::{
	net::{IpAddr, SocketAddr},
	num::NonZeroUsize,
	path::PathBuf,
};

/// The command that makes this program a worker of a node's engine.
pub const ENGINE_WORKER: &str = "engine-worker";

/// Arguments of `assay-node`.
#[derive(Debug, clap::Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[clap(flatten)]
	pub run: RunCmd,

	#[clap(flatten)]
	pub engine: EngineParams,

	#[clap(flatten)]
	pub blobs: BlobParams,

	#[clap(flatten)]
	pub history: HistoryParams,

	/// Sign from the start, although this node has no record of what was signed with its keys that fits its database. Without this a validator
	/// watches the chain for a session first. Only for one who knows that no other machine has the keys: whoever signs twice loses its bond.
	#[arg(long)]
	pub sign_at_once: bool,

	/// Free disk space, below which the node does not start and stops: a full disk damages databases. New blobs are refused where less than
	/// twice as much is free.
	#[arg(long, value_name = "MiB", default_value_t = 1024)]
	pub min_free_disk: u64,
}

/// Options for the storage and exchange of models, inputs and outputs.
#[derive(Clone, Debug, clap::Args)]
pub struct BlobParams {
	/// Disk space of all blobs together. Blobs that the chain does not need are removed first to make room.
	#[arg(long, value_name = "MiB", default_value_t = 50 * 1024)]
	pub blob_budget: u64,

	/// For how long a blob stays after the chain was last seen to need it. The default is a day.
	#[arg(long, value_name = "BLOCKS", default_value_t = assay_blobs::Config::DAY)]
	pub blob_keep: u32,

	/// Bandwidth limit per second of a validator's background downloads, which no duty waits for. It leaves the network to blocks and votes.
	#[arg(long, value_name = "MiB", default_value_t = 8)]
	pub blob_background: u64,

	/// Address at which blobs are uploaded and read over HTTP. By default 127.0.0.1:9980, or another port if that is taken.
	#[arg(long, value_name = "ADDRESS")]
	pub blob_listen: Option<SocketAddr>,

	/// Serve no blobs over HTTP, nor `/health` and `/ready`.
	#[arg(long, conflicts_with = "blob_listen")]
	pub no_blob_http: bool,

	/// Folder of the explorer, which is then at `/` of the HTTP server. `scripts/explorer.sh --build` writes it: explorer/dist.
	#[arg(long, value_name = "DIR", conflicts_with = "no_blob_http")]
	pub explorer: Option<PathBuf>,

	/// Address of a proxy in front of the HTTP server. Limits for one address then hold for the last address that it writes into
	/// `X-Forwarded-For`. May be given several times. Without it, all clients of a proxy share the limits of one.
	#[arg(long, value_name = "IP")]
	pub blob_proxy: Vec<IpAddr>,
}

impl BlobParams {
	/// Limits of the store, on a disk of which so many bytes have to stay free.
	pub fn store(&self, least_disk: u64) -> assay_blobs::Config {
		assay_blobs::Config {
			budget: self.blob_budget.saturating_mul(1024 * 1024),
			reserve: least_disk.saturating_mul(2),
			keep: self.blob_keep,
			..Default::default()
		}
	}
}

/// Options for the history of requests.
#[derive(Clone, Debug, clap::Args)]
pub struct HistoryParams {
	/// Keep the history of requests, which the chain's state forgets: who voted and when, and the requests for a model and of an account.
	/// RPC serves it (`requests_history`, `requests_list`), and explorers show it. It takes about 2 kB of disk for a request, and begins
	/// with the first finalized block whose state is there. A development chain's node keeps it always.
	#[arg(long)]
	pub request_history: bool,
}

/// Options for the engine's use of the machine.
#[derive(Clone, Debug, clap::Args)]
pub struct EngineParams {
	/// Number of models that may run at the same time, beside one run that is kept for short runs. By default half of the machine's cores,
	/// with the one for short runs, so that blocks are made in time. --engine-memory has to have room for all of them.
	#[arg(long, value_name = "COUNT")]
	pub engine_runs: Option<NonZeroUsize>,

	/// Threads of each run, which large models share out their work among. The results have the same bits. By default there are
	/// as many fewer runs at the same time.
	#[arg(long, value_name = "COUNT", default_value_t = NonZeroUsize::MIN)]
	pub engine_threads: NonZeroUsize,

	/// Memory limit of these runs together. Each run needs 4096, and a validator has to have room for one. The run that is kept for
	/// short runs, and each of two quotes, may take 2048 beside that. No memory is set aside. By default half of the machine's memory, and at
	/// least 4096.
	#[arg(long, value_name = "MiB")]
	pub engine_memory: Option<u64>,

	/// Number of results, of a thousand that a committee has agreed on, that a validator runs again beside its duties. If two runs differ from
	/// the result, it disputes it with plancks of its account on hold, and gets a share of the liars' penalties.
	#[arg(long, value_name = "PER MILLE", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=1000))]
	pub replays: u32,

	/// Instructions for the engine's heavy arithmetic: `fastest` for the best that this CPU has, `avx512`, `avx2`, `neon`, or `reference`
	/// for those that every machine has, about ten times slower. The results have the same bits. A validator that is too slow for its duties is jailed.
	#[arg(long, value_name = "KIND", default_value = "fastest")]
	pub kernels: assay_engine::Kernels,

	/// Run models although this system cannot keep them from opening files. Without this, a node on a kernel without landlock does not attest.
	#[arg(long)]
	pub insecure_sandbox: bool,

	/// Folder of the compiled engine, which nodes of one user may share. By default it is in the base path.
	#[arg(long, value_name = "PATH")]
	pub engine_cache: Option<PathBuf>,
}

impl EngineParams {
	/// Plans the engine's share of this machine. A share that is too small for the largest run is an error where `must_do_every_run`, and
	/// a warning otherwise.
	pub fn plan(&self, must_do_every_run: bool) -> Result<Plan, String> {
		let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
		let threads = self.engine_threads.get();
		if threads > cores {
			return Err(format!(
				"--engine-threads {threads} is more than the {cores} cores that this machine has: lower it to {cores}"
			));
		}
		let plan = Plan::new(self.engine_runs, self.engine_memory, cores / threads, engine::machine_memory());
		let (plan, shortage) = plan.map_err(|error| error.to_string())?;
		match shortage {
			Some(shortage) if must_do_every_run => Err(shortage.to_string()),
			Some(shortage) => {
				log::warn!("{shortage}");
				Ok(plan)
			}
			None => Ok(plan),
		}
	}
}

/// Commands that do something else than run a node.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Run models for the node that started this process.
	#[command(name = ENGINE_WORKER, hide = true)]
	EngineWorker,

	/// Make the specification of a new chain, without sudo and without well-known keys.
	///
	/// FILE names the first validators and the balances, in whole ASY:
	///
	///   {"validators": [{"account": "5...", "keys": "0x...", "bond": 10000}], "balances": {"5...": 20000}}
	///
	/// A validator's keys are the public keys babe, grandpa, inference and authority_discovery, one after the other, as
	/// `assay-node genesis-keys` makes and prints them on its machine. The specification is printed: give it to every node as --chain FILE.
	#[command(verbatim_doc_comment)]
	Genesis(crate::genesis::GenesisCmd),

	/// Make the session keys of a first validator of a new chain, in its node's keystore, and print the public ones for `genesis`.
	GenesisKeys(crate::genesis::GenesisKeysCmd),

	/// Key management cli utilities.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Build a chain specification. `export-chain-spec` does the same without a node key.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Export a chain specification.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Validate blocks.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Export blocks.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Export the state of a given block into a chain spec.
	ExportState(sc_cli::ExportStateCmd),

	/// Import blocks.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole chain. Blobs and results of runs stay.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Revert the chain to a previous state.
	Revert(sc_cli::RevertCmd),

	/// Db meta columns information.
	ChainInfo(sc_cli::ChainInfoCmd),

	/// Read every blob of a node that is stopped, and report damage.
	CheckBlobs(CheckBlobsCmd),

	/// Write the package of the engine that this program was built with. Governance names its id to `set_engine`, and nodes that were built
	/// with another engine run it.
	ExportEngine(ExportEngineCmd),
}

/// Writes the package of the engine.
#[derive(Debug, Clone, clap::Parser)]
pub struct ExportEngineCmd {
	/// File to write. Put it into the folder `engine/engines` of a node's chain under its own name, <engine id>.engine, or upload it as the
	/// blob that `set_engine` names.
	#[arg(value_name = "FILE")]
	pub file: std::path::PathBuf,
}

impl ExportEngineCmd {
	/// Writes the file and prints what `set_engine` takes.
	pub fn run(&self) -> sc_cli::Result<()> {
		let package = engine::package();
		std::fs::write(&self.file, &package).map_err(|error| format!("{}: {error}", self.file.display()))?;
		println!("engine 0x{}", hex::encode(engine::id().0));
		println!("blob 0x{}", hex::encode(assay_primitives::ContentId::of(&package).0));
		println!("size {}", package.len());
		Ok(())
	}
}

/// Says which blobs of a node are as they should be.
#[derive(Debug, Clone, clap::Parser)]
pub struct CheckBlobsCmd {
	#[clap(flatten)]
	pub shared_params: sc_cli::SharedParams,

	#[clap(flatten)]
	pub blobs: BlobParams,
}

impl sc_cli::CliConfiguration for CheckBlobsCmd {
	fn shared_params(&self) -> &sc_cli::SharedParams {
		&self.shared_params
	}
}

impl CheckBlobsCmd {
	/// Opens the store in the chain's directory, as a node would, and reads all of it.
	pub fn run(&self, dir: &std::path::Path) -> sc_cli::Result<()> {
		let dir = dir.join(crate::service::BLOBS);
		let failed = |error: assay_blobs::Error| sc_cli::Error::Input(error.to_string());
		let store = assay_blobs::Store::open_with(&dir, self.blobs.store(0)).map_err(failed)?;
		let report = store.check().map_err(failed)?;
		for problem in &report.problems {
			println!("{problem}");
		}
		println!("{} blobs, {} bytes, {} problems", report.blobs, report.bytes, report.problems.len());
		if !report.problems.is_empty() {
			let text = format!("{}: what is damaged is fetched again when the node reads it", dir.display());
			return Err(sc_cli::Error::Input(text));
		}
		Ok(())
	}
}
