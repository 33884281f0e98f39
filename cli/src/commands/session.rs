//! Arguments that all commands on the network share: the node to ask, the chain to trust, the account that signs.

use super::{screen::Screen, text::pairs};
use crate::run::{hash, Report};
use assay_client::{amount, Account, Call, Client, Error, Keystore, Progress, Settings, Start};
use assay_primitives::Hash32;
use clap::Args;
use serde_json::json;
use std::{io::IsTerminal, path::PathBuf};

/// The node to ask, and the chain to trust.
#[derive(Args)]
pub struct Network {
	/// RPC of a node [default: $ASSAY_URL, or ws://127.0.0.1:9944]
	#[arg(long, global = true, hide_short_help = true, value_name = "URL", help_heading = "Network")]
	url: Option<String>,
	/// Raw chain spec: ask the chain through a light client in this process, which trusts no node [default: $ASSAY_LIGHT]. With it,
	/// --url names a node for blobs only
	#[arg(long, global = true, hide_short_help = true, value_name = "SPEC", help_heading = "Network")]
	light: Option<PathBuf>,
	/// Peer for the light client to begin with, beside those of the chain spec; may be given several times
	#[arg(long = "bootnode", global = true, hide_short_help = true, value_name = "ADDRESS", help_heading = "Network")]
	bootnodes: Vec<String>,
	/// Name of the chain on this machine: its genesis block is pinned under it at the first use [default: $ASSAY_CHAIN, or default]
	#[arg(long, global = true, hide_short_help = true, value_name = "NAME", help_heading = "Network")]
	chain: Option<String>,
	/// Hash of the genesis block that is trusted, in place of what the first node says
	#[arg(long, global = true, hide_short_help = true, value_name = "HEX", value_parser = hash, help_heading = "Network")]
	genesis: Option<Hash32>,
	/// Start of receipts: `genesis`, or a file with a checkpoint or a raw chain spec that carries one [default: the
	/// last block that was proven here, or the genesis block]
	#[arg(long, global = true, hide_short_help = true, value_name = "FILE", help_heading = "Network")]
	checkpoint: Option<String>,
	/// Take a checkpoint, or let a light client begin with one, whose validators may have taken their bonds back: they could have signed another history at no cost
	#[arg(long, global = true, hide_short_help = true, help_heading = "Network")]
	accept_old_checkpoint: bool,
}

/// The account that signs.
#[derive(Args)]
pub struct Identity {
	/// Account that signs, by its name in `assay keys` [default: $ASSAY_ACCOUNT, or the only one]
	#[arg(long, value_name = "NAME", conflicts_with = "suri", help_heading = "Account")]
	account: Option<String>,
	/// Secret of the account that signs, for development: //Alice and the like [default: $ASSAY_SURI]
	#[arg(long, value_name = "SURI", help_heading = "Account")]
	suri: Option<String>,
}

/// The account that signs, and the consent to pay.
#[derive(Args)]
pub struct Signer {
	#[command(flatten)]
	identity: Identity,
	/// Say what it costs, and do nothing
	#[arg(long, help_heading = "Account")]
	pub dry_run: bool,
	/// Do not ask whether to pay [default: $ASSAY_YES]. Without a terminal to ask on, nothing is paid unless this is
	/// given
	#[arg(long, short, help_heading = "Account")]
	yes: bool,
}

impl Network {
	/// True if the command line names the genesis block.
	pub fn names_genesis(&self) -> bool {
		self.genesis.is_some()
	}

	/// As the library takes it.
	pub fn settings(&self) -> Settings {
		let start = self.checkpoint.as_deref().map(|start| match start {
			"genesis" => Start::Genesis,
			file => Start::File(file.into()),
		});
		Settings {
			url: self.url.clone(),
			light: self.light.clone(),
			bootnodes: self.bootnodes.clone(),
			chain: self.chain.clone(),
			genesis: self.genesis,
			start,
			any_age: self.accept_old_checkpoint,
		}
	}
}

/// A connection, and the terminal.
pub struct Session<'a> {
	/// The connection.
	pub client: Client,
	/// The terminal.
	pub screen: &'a Screen,
}

impl<'a> Session<'a> {
	/// Connects. The first time under this name, pins the chain's genesis block and says what is trusted.
	pub async fn open(network: &Network, screen: &'a Screen) -> Result<Self, Error> {
		let client = network.settings().connect(&|progress| screen.show(progress)).await?;
		if let Some(first) = client.first_use() {
			screen.note(&first.to_string());
		}
		Ok(Session { client, screen })
	}

	/// Tells the screen.
	pub fn watcher(&self) -> impl Fn(Progress) + Send + Sync + '_ {
		|progress| self.screen.show(progress)
	}
}

impl Identity {
	/// The account that signs, with its secret. `password` is asked for that of an encrypted one, unless `$ASSAY_PASSWORD` has it.
	pub fn account(&self, password: impl FnOnce(&str) -> Result<String, Error>) -> Result<Account, Error> {
		let variable = || std::env::var("ASSAY_SURI").ok().filter(|suri| !suri.is_empty() && self.account.is_none());
		if let Some(suri) = self.suri.clone().or_else(variable) {
			return Account::from_uri(&suri);
		}
		let keystore = Keystore::of_user();
		let name = match &self.account {
			Some(name) => name.clone(),
			None => keystore.default_name()?,
		};
		keystore.open(&name, password)
	}
}

impl Signer {
	/// The account that signs.
	pub fn account(&self) -> Result<Account, Error> {
		self.identity.account(ask_password)
	}

	/// Asks whether to go on.
	pub fn confirm(&self, screen: &Screen, what: &str) -> Result<(), Error> {
		confirm(self.yes, screen, what)
	}
}

/// Asks whether to go on, unless that was said already.
pub fn confirm(yes: bool, screen: &Screen, what: &str) -> Result<(), Error> {
	let variable = std::env::var("ASSAY_YES").is_ok_and(|value| !matches!(value.as_str(), "" | "0"));
	if yes || variable {
		return Ok(());
	}
	screen.confirm(what, "nothing was submitted")
}

/// Signs and submits a call, once it is said what it costs.
pub async fn submit(
	signer: &Signer,
	call: &Call,
	plancks: u128,
	what: &str,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let account = signer.account()?;
	let session = Session::open(network, screen).await?;
	session.sign(signer, &account, call, plancks, what).await
}

impl Session<'_> {
	/// Signs and submits a call, once it is said what it costs.
	pub async fn sign(
		&self,
		signer: &Signer,
		account: &Account,
		call: &Call,
		plancks: u128,
		what: &str,
	) -> Result<Report, Error> {
		self.client.afford(account, plancks).await?;
		let prepared = self.client.prepare(call, account).await?;
		let rows = [("account", account.address()), ("call", what.to_string()), ("fee", amount(prepared.fee))];
		let mut json = json!({
			"account": account.address(),
			"call": format!("{}.{}", call.pallet, call.name),
			"fee": prepared.fee.to_string(),
			"done": false,
		});
		if signer.dry_run {
			return Ok(Report { text: pairs(&rows), json });
		}
		signer.confirm(self.screen, &format!("{} {what}, for {} of fees", account.address(), amount(prepared.fee)))?;
		self.client.send(&prepared, &self.watcher()).await?;
		json["done"] = true.into();
		Ok(Report { text: format!("{}\nin a finalized block", pairs(&rows)), json })
	}
}

/// Asks for the password of an account.
pub fn ask_password(name: &str) -> Result<String, Error> {
	secret_line(&format!("password of {name}: "))
}

/// A line that is not shown while it is typed.
pub fn secret_line(prompt: &str) -> Result<String, Error> {
	let read = if std::io::stdin().is_terminal() {
		rpassword::prompt_password(prompt)
	} else {
		let mut line = String::new();
		std::io::stdin().read_line(&mut line).map(|_| line)
	};
	let line = read.map_err(|error| Error::Usage(format!("nothing to read a secret from: {error}")))?;
	Ok(line.trim_end_matches(['\r', '\n']).to_string())
}
