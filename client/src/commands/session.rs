//! What all commands on the network share: where to ask, what to trust, who signs.

use super::{
	keystore::Keystore,
	screen::Screen,
	text::{amount, pairs, parse_amount},
};
use crate::run::{folder, hash, Report};
use assay::{read_checkpoint, Account, Answer, Call, Client, Endpoint, Error, Profile, Progress, Trust};
use assay_primitives::Hash32;
use assay_receipts::Checkpoint;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where to ask, and what to trust.
#[derive(Args)]
pub struct Network {
	/// RPC of a node [default: $ASSAY_URL, or ws://127.0.0.1:9944]
	#[arg(long, global = true, value_name = "URL", help_heading = "Network")]
	url: Option<String>,
	/// Raw chain spec: ask the chain through a light client in this process, which trusts no node [default: $ASSAY_LIGHT]. With it,
	/// --url names a node for blobs only
	#[arg(long, global = true, value_name = "SPEC", help_heading = "Network")]
	light: Option<PathBuf>,
	/// Peer for the light client to begin with, beside those of the chain spec; may be given several times
	#[arg(long = "bootnode", global = true, value_name = "ADDRESS", help_heading = "Network")]
	bootnodes: Vec<String>,
	/// Name of the chain on this machine: its genesis block is pinned under it at the first use [default: $ASSAY_CHAIN, or default]
	#[arg(long, global = true, value_name = "NAME", help_heading = "Network")]
	chain: Option<String>,
	/// Hash of the genesis block that is trusted, in place of what the first node says
	#[arg(long, global = true, value_name = "HEX", value_parser = hash, help_heading = "Network")]
	genesis: Option<Hash32>,
	/// What receipts are to start from: `genesis`, or a file with a checkpoint or a raw chain spec that carries one [default: the last block that was proven here, or the
	/// genesis block]
	#[arg(long, global = true, value_name = "FILE", help_heading = "Network")]
	checkpoint: Option<String>,
	/// Take a checkpoint, or let a light client begin with one, whose validators may have taken their bonds back: they could have signed another history at no cost
	#[arg(long, global = true, help_heading = "Network")]
	accept_old_checkpoint: bool,
}

/// Who signs, and whether.
#[derive(Args)]
pub struct Signer {
	/// Account that signs, by its name in `assay keys` [default: $ASSAY_ACCOUNT, or the only one]
	#[arg(long, value_name = "NAME", conflicts_with = "suri", help_heading = "Account")]
	account: Option<String>,
	/// Secret of the account that signs, for development: //Alice and the like [default: $ASSAY_SURI]
	#[arg(long, value_name = "SURI", help_heading = "Account")]
	suri: Option<String>,
	/// Say what it costs, and do nothing
	#[arg(long, help_heading = "Account")]
	pub dry_run: bool,
	/// Do not ask whether to pay
	#[arg(long, short, help_heading = "Account")]
	yes: bool,
}

/// `$XDG_CONFIG_HOME/assay`, or the like.
fn home(variable: &str, default: &str) -> PathBuf {
	let given = folder(variable).or_else(|| folder("HOME").map(|home| home.join(default)));
	given.unwrap_or_else(|| PathBuf::from(default)).join("assay")
}

/// The accounts of this user.
pub fn keystore() -> Keystore {
	Keystore::new(home("XDG_DATA_HOME", ".local/share").join("keys"))
}

fn text_variable(name: &str) -> Option<String> {
	std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Network {
	/// What is known of the chain.
	pub fn profile(&self) -> Result<Profile, Error> {
		let name = self.chain.clone().or_else(|| text_variable("ASSAY_CHAIN")).unwrap_or_else(|| "default".into());
		Profile::open(&home("XDG_CONFIG_HOME", ".config").join("chains"), &name)
	}

	/// What the command line and the profile say is to be trusted.
	pub fn trust(&self, profile: &Profile) -> Result<Trust, Error> {
		let mut trust = profile.trust();
		trust.any_age = self.accept_old_checkpoint;
		let mut genesis = self.genesis;
		match self.checkpoint.as_deref() {
			None => (),
			Some("genesis") => trust.checkpoint = None,
			Some(file) => {
				let (checkpoint, now) = read_checkpoint(Path::new(file), genesis.or(trust.genesis))?;
				trust.now = trust.now.max(now);
				match checkpoint {
					Checkpoint::Genesis(hash) => {
						trust.checkpoint = None;
						genesis = genesis.or(Some(hash));
					}
					Checkpoint::Block(block) => {
						genesis = genesis.or(Some(block.genesis));
						trust.checkpoint = Some(block);
						trust.exact = true;
					}
				}
			}
		}
		let pinned = trust.genesis;
		let of_another = |hash: Hash32| {
			Error::Usage(format!(
				"`{}` is the chain with genesis block {}, and not {}: give another chain a name of its own with --chain",
				profile.name(),
				pinned.map(hex0x).unwrap_or_default(),
				hex0x(hash)
			))
		};
		match (genesis, pinned) {
			(Some(given), Some(pinned)) if given != pinned => return Err(of_another(given)),
			_ => trust.genesis = pinned.or(genesis),
		}
		match (&trust.checkpoint, trust.genesis) {
			(Some(block), Some(genesis)) if block.genesis != genesis => Err(of_another(block.genesis)),
			_ => Ok(trust),
		}
	}

	fn endpoint(&self) -> Result<Endpoint, Error> {
		let url = self.url.clone().or_else(|| text_variable("ASSAY_URL"));
		match self.light.clone().or_else(|| folder("ASSAY_LIGHT")) {
			Some(path) => {
				let spec = std::fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
				// What the environment names is for RPC: a light client gets a node only if it is told to.
				Ok(Endpoint::Light { spec, bootnodes: self.bootnodes.clone(), blobs: self.url.clone() })
			}
			None => Ok(Endpoint::Rpc(url.unwrap_or_else(|| "ws://127.0.0.1:9944".into()))),
		}
	}
}

/// A connection, and what is known of its chain.
pub struct Session<'a> {
	/// The connection.
	pub client: Client,
	/// What is to be trusted.
	pub trust: Trust,
	/// The terminal.
	pub screen: &'a Screen,
	profile: Profile,
}

impl<'a> Session<'a> {
	/// Connects. The first time under this name, pins the chain's genesis block and says what is trusted.
	pub async fn open(network: &Network, screen: &'a Screen) -> Result<Self, Error> {
		let mut profile = network.profile()?;
		let trust = network.trust(&profile)?;
		let endpoint = network.endpoint()?;
		let client = Client::connect(&endpoint, trust.clone(), &|progress| screen.show(progress)).await?;
		if !profile.is_pinned() {
			profile.pin(client.genesis(), client.finalized().await?)?;
			let source = match (&endpoint, trust.genesis) {
				(_, Some(_)) => "as you say".to_string(),
				(Endpoint::Light { .. }, None) => "as the chain spec says".into(),
				(Endpoint::Rpc(url), None) => {
					format!("as {url} says, which you trust with that this once: compare it with what others publish")
				}
			};
			screen.note(&format!(
				"first use of `{}`: it is the chain with genesis block {}, {source}. No node can change that from now on ({})",
				profile.name(),
				hex0x(client.genesis()),
				profile.path().display()
			));
		}
		Ok(Session { client, trust, screen, profile })
	}

	/// Tells the screen.
	pub fn watcher(&self) -> impl Fn(Progress) + Send + Sync + '_ {
		|progress| self.screen.show(progress)
	}

	/// Keeps what an answer has proven, for the next one.
	pub fn learn(&mut self, answer: &Answer) -> Result<(), Error> {
		match answer.evidence.checkpoint() {
			Some((block, time)) => self.profile.advance(block, time),
			None => Ok(()),
		}
	}

	/// Refuses what an account cannot pay.
	pub async fn afford(&self, account: &Account, plancks: u128) -> Result<(), Error> {
		let balance = self.client.balance(&account.id()).await?;
		if balance >= plancks {
			return Ok(());
		}
		Err(Error::Refused(format!(
			"{} has {}, and this takes {}: send it some, or sign with another account",
			account.address(),
			amount(balance),
			amount(plancks)
		)))
	}
}

impl Signer {
	/// The account that signs.
	pub fn account(&self) -> Result<Account, Error> {
		let suri = self.suri.clone().or_else(|| text_variable("ASSAY_SURI").filter(|_| self.account.is_none()));
		if let Some(suri) = suri {
			return Account::from_uri(&suri);
		}
		let keystore = keystore();
		if let Some(name) = self.account.clone().or_else(|| text_variable("ASSAY_ACCOUNT")) {
			return keystore.open(&name);
		}
		match keystore.list()?.as_slice() {
			[only] => keystore.open(&only.name),
			[] => Err(Error::Usage(
				"there is no account: `assay keys new NAME` makes one, --suri //Alice is one of a development chain"
					.into(),
			)),
			several => {
				let names: Vec<&str> = several.iter().map(|entry| entry.name.as_str()).collect();
				Err(Error::Usage(format!("say which account signs, with --account: {}", names.join(", "))))
			}
		}
	}

	/// Asks whether to go on.
	pub fn confirm(&self, screen: &Screen, what: &str) -> Result<(), Error> {
		if self.yes || screen.confirm(&format!("{what}. Go on?")) {
			return Ok(());
		}
		Err(Error::Interrupted(", nothing was submitted".into()))
	}
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
	session.afford(&account, plancks).await?;
	let prepared = session.client.prepare(call, &account).await?;
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
	signer.confirm(screen, &format!("{} {what}, for {} of fees", account.address(), amount(prepared.fee)))?;
	session.client.submit(&prepared, &session.watcher()).await?;
	json["done"] = true.into();
	Ok(Report { text: format!("{}\nin a finalized block", pairs(&rows)), json })
}

/// Bytes in hex.
pub fn hex0x(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// For the command line.
pub fn asy(text: &str) -> Result<u128, String> {
	parse_amount(text)
}
