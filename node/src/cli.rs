//! Command line of the node.

use sc_cli::RunCmd;

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
}

/// How much of the machine the engine may take.
#[derive(Clone, Debug, clap::Args)]
pub struct EngineParams {
	/// How many models may run at the same time. By default half of the machine's cores, so that blocks are made in time.
	#[arg(long, value_name = "COUNT")]
	pub engine_runs: Option<usize>,

	/// How much memory the runs may take together.
	#[arg(long, value_name = "MiB", default_value_t = 4096)]
	pub engine_memory: u64,

	/// Folder of the compiled engine, which nodes may share. By default it is in the base path.
	#[arg(long, value_name = "PATH")]
	pub engine_cache: Option<std::path::PathBuf>,
}

impl EngineParams {
	/// Models that run at the same time, at least one.
	pub fn runs(&self) -> usize {
		let cores = || std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2);
		self.engine_runs.unwrap_or_else(cores).max(1)
	}
}

/// Commands that do something else than run a node.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Run models for the node that started this process.
	#[command(name = ENGINE_WORKER, hide = true)]
	EngineWorker,

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
}
