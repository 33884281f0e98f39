//! The command line of Assay. [`Kind::ALL`] has the meaning of the exit codes.

mod commands;
mod error;
mod run;

use assay_client::{Error as ClientError, Kind};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use commands::{
	agent, council, delegation, infer, keys, mcp, memory, models, money, publish, receipts, requests, screen::Screen,
	serve, session::Network, validator,
};
use error::Error;
use run::Report;
use std::{future::Future, process::ExitCode};

/// Publish ONNX models, ask them, and get answers that were verified before they are printed.
#[derive(Parser)]
#[command(name = "assay", version, about, after_help = EXAMPLES, after_long_help = exit_codes())]
struct Arguments {
	/// Print one JSON object instead of text
	#[arg(long, global = true)]
	json: bool,
	#[command(flatten)]
	network: Network,
	#[command(flatten)]
	engine: run::EngineArguments,
	#[command(subcommand)]
	command: Command,
}

const EXAMPLES: &str = "Examples:
  assay models search image
  assay infer dave/double --input '[1, 2, 3]' --receipt receipt
  assay verify receipt

`assay --help` also lists the options of the network and the exit codes.";

/// The meaning of the exit codes, in lines.
fn exit_codes() -> String {
	let rows = Kind::ALL.iter().map(|(_, _, code, meaning)| (*code, *meaning));
	let mut rows: Vec<(u8, &str)> = rows.chain([(0, "done"), (2, "the command line is wrong")]).collect();
	rows.sort_unstable();
	let lines: Vec<String> = rows.iter().map(|(code, meaning)| format!("  {code:<4} {meaning}")).collect();
	format!("Exit codes:\n{}", lines.join("\n"))
}

#[derive(Subcommand)]
enum Command {
	/// Ask a model, verify the answer, and print it
	#[command(after_help = "Examples:
  assay infer dave/double --input '[1, 2, 3]'
  assay infer dave/double@2 --input in.npz --output out.npz --receipt receipt --max-fee 0.1
  my-program | assay infer dave/double --input - --json --yes")]
	Infer(infer::Infer),
	/// Say what an inference costs
	Quote(infer::QuoteArguments),
	/// Publish a model: try it here, register and upload it, wait until it takes requests
	#[command(after_help = "Examples:
  assay publish iris.onnx --name me/iris --licence MIT --task tabular-classification
  assay publish iris.onnx --name me/iris --expect answers.npz --royalty 0.01
  assay publish iris.onnx --name me/iris --dry-run")]
	Publish(publish::Publish),
	/// Find, download and change models
	#[command(subcommand)]
	Models(models::Models),
	#[command(flatten)]
	Find(models::Find),
	/// Follow requests, and get their verified answers
	#[command(subcommand)]
	Requests(requests::Requests),
	/// Get the receipt of a request, verified
	Receipt(receipts::ReceiptArguments),
	/// Read a value of the chain's state, proven
	State(receipts::StateArguments),
	/// Verify a receipt or a statement of the state, without any node
	Verify(receipts::Verify),
	/// Keep accounts
	#[command(subcommand)]
	Keys(keys::Keys),
	#[command(flatten)]
	Money(money::Money),
	/// Say what programs with a budget have spent of an account
	Budget(agent::BudgetArguments),
	/// Serve an agent: models as tools of the Model Context Protocol, over standard input and output
	Mcp(mcp::Mcp),
	/// Serve programs on this machine: embeddings over HTTP, as OpenAI has them
	Serve(serve::Serve),
	/// Keep what agents remember
	Memory(assay_memory::command::Memory),
	/// Operate a validator
	#[command(subcommand)]
	Validator(validator::Validator),
	#[command(flatten)]
	Delegator(delegation::Delegator),
	/// Propose and support what two thirds of the voting power decide
	#[command(subcommand)]
	Council(council::Council),
	/// Run a model here
	Run(run::Run),
	/// Say what a model is and what it costs
	Inspect(run::Inspect),
	/// Compare this machine's bits with the network's
	Selftest,
	/// Print completions for a shell
	Completions {
		/// The shell
		shell: Shell,
	},
	/// Run models for the process that started this one
	#[command(name = run::WORKER, hide = true)]
	EngineWorker,
}

/// Does work on the network, until it is done or the user stops it.
fn online<E: Into<Error>>(screen: &Screen, work: impl Future<Output = Result<Report, E>>) -> Result<Report, Error> {
	let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
	let runtime = runtime.map_err(|error| ClientError::Machine(error.into()))?;
	let done = runtime.block_on(async {
		tokio::select! {
			done = work => done.map_err(Into::into),
			_ = tokio::signal::ctrl_c() => Err(ClientError::Interrupted(screen.left_behind()).into()),
		}
	});
	runtime.shutdown_background();
	done
}

fn perform(arguments: &Arguments, screen: &Screen) -> Result<Report, Error> {
	let Arguments { network, engine, .. } = arguments;
	match &arguments.command {
		Command::Infer(command) => {
			let local = command.locally(engine)?;
			online(screen, infer::infer(command, local, network, screen))
		}
		Command::Quote(command) => {
			let local = command.locally(engine)?;
			online(screen, infer::quote(command, local, network, screen))
		}
		Command::Publish(command) => {
			let checked = publish::check(command, engine, screen)?;
			online(screen, publish::publish(command, &checked, network, screen))
		}
		Command::Models(command) => online(screen, models::models(command, network, screen)),
		Command::Find(command) => online(screen, models::find(command, network, screen)),
		Command::Requests(command) => online(screen, requests::requests(command, network, screen)),
		Command::Receipt(command) => online(screen, receipts::receipt(command, network, screen)),
		Command::State(command) => online(screen, receipts::state(command, network, screen)),
		Command::Verify(command) => Ok(receipts::verify(command, network)?),
		Command::Keys(command) => match (keys::offline(command, screen), command) {
			(Some(done), _) => Ok(done?),
			(None, keys::Keys::Show { name, .. }) => online(screen, keys::show_with_balance(name, network, screen)),
			(None, _) => Err(ClientError::Usage("this command needs no network".into()).into()),
		},
		Command::Budget(command) => Ok(agent::budget(command, network)?),
		Command::Mcp(command) => online(screen, served(mcp::serve(command, network, screen))),
		Command::Serve(command) => online(screen, served(serve::serve(command, network, screen))),
		Command::Memory(command) => {
			use assay_memory::command::ChainCommand;
			match command.on_chain()? {
				Some(ChainCommand::Verify(anchored)) => memory::verify(*anchored, command.clone(), network),
				Some(ChainCommand::Serve { network: kept }) => memory::serve(command, kept, network, screen),
				Some(on_chain) => online(screen, memory::memory(on_chain, command, network, screen)),
				None => {
					let done = assay_memory::command::execute(command.clone())?;
					Ok(Report { text: done.text.trim_end().into(), json: done.value })
				}
			}
		}
		Command::Money(command) => online(screen, money::money(command, network, screen)),
		Command::Validator(command) => online(screen, validator::validator(command, network, screen)),
		Command::Delegator(command) => online(screen, delegation::delegation(command, network, screen)),
		Command::Council(command) => online(screen, council::council(command, network, screen)),
		Command::Run(command) => run::run(command, engine),
		Command::Inspect(command) => run::inspect(command, engine),
		Command::Selftest => run::self_test(engine),
		Command::Completions { shell } => Ok(completions(*shell)),
		Command::EngineWorker => assay_engine::worker_main(),
	}
}

/// A server that runs until the other side has enough has nothing more to say.
async fn served(work: impl Future<Output = Result<(), ClientError>>) -> Result<Report, ClientError> {
	work.await.map(|()| Report::nothing())
}

fn completions(shell: Shell) -> Report {
	let mut script = Vec::new();
	clap_complete::generate(shell, &mut Arguments::command(), "assay", &mut script);
	let text = String::from_utf8_lossy(&script).trim_end().to_string();
	let json = serde_json::json!({ "shell": shell.to_string(), "script": text });
	Report { text, json }
}

fn main() -> ExitCode {
	let arguments = Arguments::parse();
	let screen = Screen::new(arguments.json);
	let done = perform(&arguments, &screen);
	screen.clear();
	match done {
		Ok(report) => {
			report.print(arguments.json);
			ExitCode::SUCCESS
		}
		Err(error) => {
			if arguments.json {
				println!("{}", error.to_json());
			} else {
				eprintln!("assay: {error}");
			}
			ExitCode::from(error.kind().code())
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_command_can_be_parsed() {
		Arguments::command().debug_assert();
		let help = Arguments::command().render_long_help().to_string();
		assert!(help.contains("8    NOT VERIFIED") && help.contains("2    the command line is wrong"), "{help}");
	}
}
