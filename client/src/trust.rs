//! The chain and blocks that the user trusts, and the file that keeps them.
//!
//! A chain is its genesis block. Whoever knows the hash of that block needs nobody's word for anything else: receipts
//! lead back to it. The source of that hash is all the trust there is. It is given (`--genesis`, or a chain spec for a
//! light client), or it is what the first node said that was ever asked under this name. From then on it stays: no
//! node, the same or another, gets to name another one.

use crate::{settings::config_home, Error};
use assay_primitives::Hash32;
use assay_receipts::{Age, Checkpoint, Spec, TrustedBlock, SLOT_MS};
use codec::{DecodeAll, Encode};
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	time::{SystemTime, UNIX_EPOCH},
};

/// The facts that a client takes as true.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trust {
	/// The chain's genesis block. Without it, the first answer of the node is trusted.
	pub genesis: Option<Hash32>,
	/// A later block that is known to be final, with who finalizes what follows.
	pub checkpoint: Option<TrustedBlock>,
	/// True if that one is to be used even if the genesis block would do.
	pub exact: bool,
	/// Least number that the chain's best block may have by now, from the clock.
	pub now: u32,
	/// True if checkpoints older than the unbonding time are taken.
	pub any_age: bool,
}

impl Trust {
	/// Trust in a genesis block.
	pub fn in_genesis(genesis: Hash32) -> Self {
		Trust { genesis: Some(genesis), ..Trust::default() }
	}

	/// The age that a checkpoint may have, if somebody says that the chain has come to block `best`.
	pub fn age(&self, best: u32) -> Age {
		if self.any_age {
			return Age::Any;
		}
		Age::Bonded { now: self.now.max(best) }
	}

	/// The checkpoint for a request that ended in block `ended` when the chain had come to `best`: the later one where that is of use. It
	/// proves what came before it too, but not before the next block that has votes.
	pub(crate) fn checkpoint(&self, genesis: Hash32, ended: u32, best: u32) -> Checkpoint {
		let genesis_is_old = |unbonding| self.now.max(best) > unbonding && !self.any_age;
		match &self.checkpoint {
			Some(block) if self.exact || block.block.number < ended || genesis_is_old(block.unbonding) => {
				Checkpoint::Block(block.clone())
			}
			_ => Checkpoint::Genesis(genesis),
		}
	}
}

/// Something that was known at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Seen {
	block: u32,
	/// Milliseconds since 1970.
	time: u64,
}

impl Seen {
	/// Most blocks that the chain can have by now.
	fn bound(&self, now: u64) -> u32 {
		let slots = now.saturating_sub(self.time) / SLOT_MS;
		self.block.saturating_add(u32::try_from(slots).unwrap_or(u32::MAX))
	}
}

/// The facts that are known of one chain, in a file of its own.
#[derive(Clone, Debug)]
pub struct Profile {
	path: PathBuf,
	name: String,
	genesis: Option<Hash32>,
	seen: Option<Seen>,
	checkpoint: Option<(TrustedBlock, u64)>,
}

impl Profile {
	/// The profile of a chain of this user: in `assay/chains` of `$XDG_CONFIG_HOME`, or of `~/.config`.
	pub fn of_user(name: &str) -> Result<Self, Error> {
		Profile::open(&config_home().join("chains"), name)
	}

	/// Reads a profile from a folder. One that is not there is empty.
	pub fn open(folder: &Path, name: &str) -> Result<Self, Error> {
		let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
		if name.is_empty() || !name.bytes().all(allowed) {
			return Err(Error::Usage(format!("`{name}` is no name of a chain: use letters, digits, - and _")));
		}
		let path = folder.join(format!("{name}.json"));
		let mut profile = Profile { path, name: name.into(), genesis: None, seen: None, checkpoint: None };
		match std::fs::read(&profile.path) {
			Ok(bytes) => profile.load(&bytes)?,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => (),
			Err(error) => return Err(Error::file(&profile.path, error)),
		}
		Ok(profile)
	}

	fn load(&mut self, bytes: &[u8]) -> Result<(), Error> {
		let damaged = || Error::file(&self.path, "this is no profile of a chain: remove it to begin anew");
		let value: Value = serde_json::from_slice(bytes).map_err(|_| damaged())?;
		let seen =
			|name: &str| Some(Seen { block: number(&value[name]["block"])?, time: value[name]["time"].as_u64()? });
		let genesis = bytes_of(&value["genesis"]).and_then(|bytes| bytes.try_into().ok()).ok_or_else(damaged)?;
		let first = seen("seen").ok_or_else(damaged)?;
		let checkpoint = match &value["checkpoint"] {
			Value::Null => None,
			_ => {
				let block = bytes_of(&value["checkpoint"]["block"]).ok_or_else(damaged)?;
				let block = TrustedBlock::decode_all(&mut &block[..]).map_err(|_| damaged())?;
				let time = value["checkpoint"]["time"].as_u64().ok_or_else(damaged)?;
				if block.genesis != genesis {
					return Err(damaged());
				}
				Some((block, time))
			}
		};
		(self.genesis, self.seen, self.checkpoint) = (Some(genesis), Some(first), checkpoint);
		Ok(())
	}

	/// The trust that it names.
	pub fn trust(&self) -> Trust {
		let now = clock();
		let checkpoint = self.checkpoint.as_ref().map(|(block, time)| Seen { block: block.block.number, time: *time });
		let bounds = self.seen.iter().chain(&checkpoint).map(|seen| seen.bound(now));
		Trust {
			genesis: self.genesis,
			checkpoint: self.checkpoint.as_ref().map(|(block, _)| block.clone()),
			now: bounds.max().unwrap_or(0),
			..Trust::default()
		}
	}

	/// Its name.
	pub fn name(&self) -> &str {
		&self.name
	}

	/// The path of the file.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// True if a genesis block is pinned.
	pub fn is_pinned(&self) -> bool {
		self.genesis.is_some()
	}

	/// Pins a genesis block, for good. `best` is a block that the chain has come to.
	pub fn pin(&mut self, genesis: Hash32, best: u32) -> Result<(), Error> {
		if self.genesis.is_some_and(|pinned| pinned != genesis) {
			return Err(other_chain(&format!("`{}`", self.name), self.genesis.unwrap_or_default(), genesis));
		}
		if self.genesis.is_none() {
			self.genesis = Some(genesis);
			self.seen = Some(Seen { block: best, time: clock() });
			self.save()?;
		}
		Ok(())
	}

	/// Keeps a block that was proven, with the time that the chain gives it, in milliseconds since 1970, if it is later than what is
	/// there.
	pub fn advance(&mut self, block: &TrustedBlock, time: u64) -> Result<(), Error> {
		let later = self.checkpoint.as_ref().is_none_or(|(known, _)| known.block.number < block.block.number);
		if self.genesis != Some(block.genesis) || !later {
			return Ok(());
		}
		// A clock in the future would make the checkpoint look young for ever.
		self.checkpoint = Some((block.clone(), time.min(clock())));
		self.save()
	}

	fn save(&self) -> Result<(), Error> {
		let at = |error: std::io::Error| Error::file(&self.path, error);
		let folder = self.path.parent().unwrap_or(Path::new("."));
		std::fs::create_dir_all(folder).map_err(at)?;
		let checkpoint = self
			.checkpoint
			.as_ref()
			.map(|(block, time)| json!({ "number": block.block.number, "time": time, "block": hex0x(block.encode()) }));
		let value = json!({
			"genesis": self.genesis.map(hex0x),
			"seen": self.seen.as_ref().map(|seen| json!({ "block": seen.block, "time": seen.time })),
			"checkpoint": checkpoint,
		});
		// Beside it and then in its place: another process may be reading.
		let draft = folder.join(format!(".{}.{}", self.name, std::process::id()));
		std::fs::write(&draft, format!("{value:#}\n")).map_err(at)?;
		std::fs::rename(&draft, &self.path).map_err(at)
	}
}

/// The error of a chain that is not the one that was pinned.
pub(crate) fn other_chain(name: &str, pinned: Hash32, found: Hash32) -> Error {
	Error::Unverified(format!(
		"this is the chain with genesis block {}, and {name} is the one with {}; if you mean another chain, give it a name of its \
		 own with --chain",
		hex0x(found),
		hex0x(pinned)
	))
}

/// Milliseconds since 1970.
pub(crate) fn clock() -> u64 {
	let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Reads a checkpoint as `assay state --next`, `assay verify --next` and the examples of the crate `assay-receipts` write it, or from a raw
/// chain spec of the chain with this genesis block. Returns it with the number that the chain's best block may have by now, as far as
/// the file says.
pub fn read_checkpoint(path: &Path, genesis: Option<Hash32>) -> Result<(Checkpoint, u32), Error> {
	let bytes = std::fs::read(path).map_err(|error| Error::file(path, error))?;
	if bytes.first() == Some(&b'{') {
		let genesis = genesis.ok_or_else(|| {
			Error::Usage(
				"a chain spec is a checkpoint of a chain that is known: name its genesis block with --genesis".into(),
			)
		})?;
		let (block, now) = Spec::read(&String::from_utf8_lossy(&bytes))?.checkpoint(genesis, clock())?;
		return Ok((Checkpoint::Block(block), now));
	}
	let checkpoint = Checkpoint::decode_all(&mut &bytes[..]).map_err(|_| Error::file(path, "this is no checkpoint"))?;
	Ok((checkpoint, 0))
}

/// Bytes in hex.
pub fn hex0x(bytes: impl AsRef<[u8]>) -> String {
	format!("0x{}", hex::encode(bytes))
}

fn bytes_of(value: &Value) -> Option<Vec<u8>> {
	hex::decode(value.as_str()?.strip_prefix("0x")?).ok()
}

fn number(value: &Value) -> Option<u32> {
	u32::try_from(value.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_receipts::BlockRef;

	fn block(genesis: Hash32, number: u32) -> TrustedBlock {
		let block = BlockRef { number, hash: [3; 32] };
		TrustedBlock { genesis, block, set_id: 2, authorities: vec![([4; 32], 1)], unbonding: 1_000 }
	}

	#[test]
	fn the_first_genesis_stays() {
		let folder = tempfile::tempdir().unwrap();
		let mut profile = Profile::open(folder.path(), "default").unwrap();
		assert!(!profile.is_pinned());
		profile.pin([1; 32], 10).unwrap();
		assert!(matches!(profile.pin([2; 32], 10), Err(Error::Unverified(_))));
		let mut again = Profile::open(folder.path(), "default").unwrap();
		assert_eq!(again.trust().genesis, Some([1; 32]));
		assert!(again.trust().now >= 10);
		assert!(matches!(again.pin([2; 32], 10), Err(Error::Unverified(_))));
		assert!(!Profile::open(folder.path(), "other").unwrap().is_pinned());
		assert!(Profile::open(folder.path(), "../x").is_err());
	}

	#[test]
	fn checkpoints_only_go_forward_and_stay_on_their_chain() {
		let folder = tempfile::tempdir().unwrap();
		let mut profile = Profile::open(folder.path(), "x").unwrap();
		profile.pin([1; 32], 10).unwrap();
		profile.advance(&block([1; 32], 20), clock() - 10_000).unwrap();
		profile.advance(&block([1; 32], 15), clock()).unwrap();
		profile.advance(&block([2; 32], 40), clock()).unwrap();
		let trust = Profile::open(folder.path(), "x").unwrap().trust();
		assert_eq!(trust.checkpoint, Some(block([1; 32], 20)));
		assert!((25..30).contains(&trust.now), "{}", trust.now);
	}

	#[test]
	fn an_old_genesis_gives_way_to_the_checkpoint() {
		let trust = Trust { checkpoint: Some(block([1; 32], 20)), ..Trust::in_genesis([1; 32]) };
		let later = Checkpoint::Block(block([1; 32], 20));
		assert_eq!(trust.checkpoint([1; 32], 30, 40), later);
		assert_eq!(trust.checkpoint([1; 32], 10, 40), Checkpoint::Genesis([1; 32]));
		assert_eq!(trust.checkpoint([1; 32], 10, 1_000), Checkpoint::Genesis([1; 32]));
		assert_eq!(trust.checkpoint([1; 32], 10, 1_001), later);
	}
}
