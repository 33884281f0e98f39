//! Runs the commands of the command line.

use crate::{
	chain_spec,
	cli::{Cli, Subcommand},
	disk::{self, Lock, Room},
	service,
};
use assay_runtime::opaque::Block;
use sc_cli::{CliConfiguration, KeySubcommand, Runner, SharedParams, SubstrateCli};
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkWorker};

const WHICH_CHAIN: &str = "name a chain: `--chain FILE` with the specification that the chain's operators publish, `--dev` for a chain \
	of this node alone, `--chain local` for four well-known validators on one machine; `assay-node genesis` makes a chain of its own";

const NO_BUILT_IN: &str =
	"no production chain is built in: give --chain the file that its operators publish, or make one with \
	`assay-node genesis`";

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Assay Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"the Assay authors".into()
	}

	fn support_url() -> String {
		"the issue tracker of the repository that this node was built from".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(match id {
			"dev" => Box::new(chain_spec::development()?),
			// Commands that need no chain, such as those of keys, ask for one all the same.
			"" | "local" => Box::new(chain_spec::local()?),
			"production" => return Err(NO_BUILT_IN.into()),
			path => Box::new(chain_spec::ChainSpec::from_json_file(path.into())?),
		})
	}
}

/// Parses the command line and runs it.
pub fn run() -> sc_cli::Result<()> {
	disk::write_private_files();
	let cli = Cli::from_args();
	match &cli.subcommand {
		None => run_node(&cli),
		Some(Subcommand::Genesis(cmd)) => cmd.run(),
		Some(Subcommand::GenesisKeys(cmd)) => cmd.run(),
		Some(Subcommand::EngineWorker) => assay_engine::worker_main(),
		Some(Subcommand::ExportEngine(cmd)) => cmd.run(),
		Some(Subcommand::Key(KeySubcommand::Insert(cmd))) => {
			name_chain(&cmd.shared_params)?;
			cmd.run(&cli)
		}
		Some(Subcommand::Key(cmd)) => cmd.run(&cli),
		Some(Subcommand::BuildSpec(cmd)) => {
			runner(&cli, cmd)?.sync_run(|config| cmd.run(config.chain_spec, config.network))
		}
		Some(Subcommand::ExportChainSpec(cmd)) => cmd.run(cli.load_spec(&cmd.chain)?),
		Some(Subcommand::CheckBlock(cmd)) => runner(&cli, cmd)?.async_run(|mut config| {
			let parts = service::new_partial(&mut config)?;
			Ok((cmd.run(parts.client, parts.import_queue), parts.task_manager))
		}),
		Some(Subcommand::ExportBlocks(cmd)) => runner(&cli, cmd)?.async_run(|mut config| {
			let parts = service::new_partial(&mut config)?;
			Ok((cmd.run(parts.client, config.database), parts.task_manager))
		}),
		Some(Subcommand::ExportState(cmd)) => runner(&cli, cmd)?.async_run(|mut config| {
			let parts = service::new_partial(&mut config)?;
			Ok((cmd.run(parts.client, config.chain_spec), parts.task_manager))
		}),
		Some(Subcommand::ImportBlocks(cmd)) => runner(&cli, cmd)?.async_run(|mut config| {
			let parts = service::new_partial(&mut config)?;
			Ok((cmd.run(parts.client, parts.import_queue), parts.task_manager))
		}),
		Some(Subcommand::PurgeChain(cmd)) => runner(&cli, cmd)?.sync_run(|config| cmd.run(config.database)),
		Some(Subcommand::Revert(cmd)) => runner(&cli, cmd)?.async_run(|mut config| {
			let parts = service::new_partial(&mut config)?;
			let revert = Box::new(|client, backend, blocks| {
				sc_consensus_babe::revert(std::sync::Arc::clone(&client), backend, blocks)?;
				sc_consensus_grandpa::revert(client, blocks)?;
				Ok(())
			});
			Ok((cmd.run(parts.client, parts.backend, Some(revert)), parts.task_manager))
		}),
		Some(Subcommand::CheckBlobs(cmd)) => runner(&cli, cmd)?.sync_run(|config| cmd.run(&config.data_path)),
		Some(Subcommand::ChainInfo(cmd)) => runner(&cli, cmd)?.sync_run(|config| cmd.run::<Block>(&config)),
	}
}

/// Refuses a command on the data of a chain that is not named: the one that it would take is hardly the one that was meant.
fn name_chain(shared: &SharedParams) -> sc_cli::Result<()> {
	match shared.chain.is_none() && !shared.dev {
		true => Err(sc_cli::Error::Input(WHICH_CHAIN.into())),
		false => Ok(()),
	}
}

/// Prepares a command on the data of a chain.
fn runner<C: CliConfiguration>(cli: &Cli, command: &C) -> sc_cli::Result<Runner<Cli>> {
	name_chain(command.shared_params())?;
	cli.create_runner(command)
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	let shared = &cli.run.shared_params;
	name_chain(shared)?;
	if let Some(base) = &shared.base_path {
		disk::writable(base)?;
	}
	cli.create_runner(&cli.run)?.run_node_until_exit(|config| async move {
		let dir = config.data_path.clone();
		disk::writable(&dir)?;
		disk::keep_private(&dir);
		let lock = Lock::take(&dir)?;
		let room = Room { dir, least: cli.min_free_disk.saturating_mul(1024 * 1024) };
		room.check().map_err(|full| full.to_string())?;
		let mut tasks = match config.network.network_backend {
			NetworkBackendType::Litep2p => service::new_full::<Litep2pNetworkBackend>(config, cli, room),
			NetworkBackendType::Libp2p => service::new_full::<NetworkWorker<_, _>>(config, cli, room),
		}?;
		tasks.keep_alive(lock);
		Ok(tasks)
	})
}
