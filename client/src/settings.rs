//! The node to ask and the chain to trust, as a user names them: by options, by environment variables, and by the files
//! of this machine. All clients of a user share it.

use crate::{
	trust::{hex0x, read_checkpoint},
	Client, Endpoint, Error, Profile, Trust, Watcher,
};
use assay_primitives::Hash32;
use assay_receipts::Checkpoint;
use std::{
	env, fmt,
	path::{Path, PathBuf},
};

/// The node that is asked where nobody names another.
pub const DEFAULT_URL: &str = "ws://127.0.0.1:9944";

/// The node to ask and the chain to trust. A field that is none is taken from the environment, or from the files of
/// this machine.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
	/// RPC of a node; with a light client, of one that takes and gives blobs. Else `$ASSAY_URL`, or [`DEFAULT_URL`].
	pub url: Option<String>,
	/// File with the raw spec of the chain, for a light client. Else `$ASSAY_LIGHT`.
	pub light: Option<PathBuf>,
	/// Peers for the light client to begin with, beside those of the spec.
	pub bootnodes: Vec<String>,
	/// Name of the chain on this machine, under which its genesis block is pinned. Else `$ASSAY_CHAIN`, or `default`.
	pub chain: Option<String>,
	/// Hash of the genesis block that is trusted. Else the one that is pinned, or what the first node says.
	pub genesis: Option<Hash32>,
	/// The start of receipts. Else the last block that was proven here, or the genesis block.
	pub start: Option<Start>,
	/// True if checkpoints are taken whose validators may have withdrawn their bonds.
	pub any_age: bool,
}

/// The start of receipts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Start {
	/// The genesis block.
	Genesis,
	/// A file with a checkpoint, or a raw chain spec that has one.
	File(PathBuf),
}

/// The source of the pinned hash of the genesis block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
	/// From the user.
	Given,
	/// From the chain spec.
	Spec,
	/// From the node at this URL.
	Node(String),
}

/// The first use of a chain on this machine: what was pinned, which the user has to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirstUse {
	/// Name of the chain here.
	pub chain: String,
	/// Its genesis block.
	pub genesis: Hash32,
	/// The source of that hash.
	pub source: Source,
	/// The file that has it now.
	pub path: PathBuf,
}

impl fmt::Display for FirstUse {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		let source = match &self.source {
			Source::Given => "as you say".to_string(),
			Source::Spec => "as the chain spec says".into(),
			Source::Node(url) => {
				format!("as {url} says, which you trust with that this once: compare it with what others publish")
			}
		};
		write!(
			formatter,
			"first use of `{}`: it is the chain with genesis block {}, {source}. No node can change that from now on ({})",
			self.chain,
			hex0x(self.genesis),
			self.path.display()
		)
	}
}

impl Settings {
	/// The profile of the chain: the file with the facts that are known of it.
	pub fn profile(&self) -> Result<Profile, Error> {
		let name = self.chain.clone().or_else(|| text_variable("ASSAY_CHAIN")).unwrap_or_else(|| "default".into());
		Profile::of_user(&name)
	}

	/// The trust that these settings and the profile name together.
	pub fn trust(&self, profile: &Profile) -> Result<Trust, Error> {
		let mut trust = profile.trust();
		trust.any_age = self.any_age;
		let mut genesis = self.genesis;
		match &self.start {
			None => (),
			Some(Start::Genesis) => trust.checkpoint = None,
			Some(Start::File(file)) => {
				let (checkpoint, now) = read_checkpoint(file, genesis.or(trust.genesis))?;
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

	/// The endpoint to ask.
	pub fn endpoint(&self) -> Result<Endpoint, Error> {
		match self.light.clone().or_else(|| folder_variable("ASSAY_LIGHT")) {
			Some(path) => {
				let spec = std::fs::read_to_string(&path).map_err(|error| Error::file(&path, error))?;
				// The node of the environment is for RPC: a light client gets a node only if it is told to.
				Ok(Endpoint::Light { spec, bootnodes: self.bootnodes.clone(), blobs: self.url.clone() })
			}
			None => {
				let url = self.url.clone().or_else(|| text_variable("ASSAY_URL"));
				Ok(Endpoint::Rpc(url.unwrap_or_else(|| DEFAULT_URL.into())))
			}
		}
	}

	/// Connects. The first time under this name, pins the chain's genesis block: [`Client::first_use`] says what was
	/// pinned. Facts that the client's answers prove are kept for the next one.
	pub async fn connect(&self, watcher: Watcher<'_>) -> Result<Client, Error> {
		let mut profile = self.profile()?;
		let trust = self.trust(&profile)?;
		let endpoint = self.endpoint()?;
		let given = trust.genesis.is_some();
		let client = Client::connect(&endpoint, trust, watcher).await?;
		let mut first = None;
		if !profile.is_pinned() {
			profile.pin(client.genesis(), client.finalized().await?)?;
			let source = match endpoint {
				_ if given => Source::Given,
				Endpoint::Light { .. } => Source::Spec,
				Endpoint::Rpc(url) => Source::Node(url),
			};
			let (chain, path) = (profile.name().to_string(), profile.path().to_path_buf());
			first = Some(FirstUse { chain, genesis: client.genesis(), source, path });
		}
		Ok(client.keeping(profile, first))
	}
}

/// A text that the environment has.
pub(crate) fn text_variable(name: &str) -> Option<String> {
	env::var(name).ok().filter(|value| !value.is_empty())
}

fn folder_variable(name: &str) -> Option<PathBuf> {
	env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Our folder in one that the environment names, or in the user's own.
fn home(variable: &str, default: &str) -> PathBuf {
	let given = folder_variable(variable).or_else(|| folder_variable("HOME").map(|home| home.join(default)));
	given.unwrap_or_else(|| Path::new(default).into()).join("assay")
}

/// The folder of this user's secrets.
pub(crate) fn data_home() -> PathBuf {
	home("XDG_DATA_HOME", ".local/share")
}

/// The folder of the files that this user trusts.
pub(crate) fn config_home() -> PathBuf {
	home("XDG_CONFIG_HOME", ".config")
}
