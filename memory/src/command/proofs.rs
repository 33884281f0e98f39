//! `verify`: what a receipt proves to who was not there.

use super::{hex32, read, show_hex, write, Answer, Word};
use crate::{api::verified, head::SignedHead, page::Export, recall::Receipt, store::Home, Error, Result};
use codec::{DecodeAll, Encode};
use serde_json::json;
use std::{fs, path::Path};

/// The last head of each space that this machine has seen, beside the spaces.
fn known(home: &Home, space: u64) -> std::path::PathBuf {
	home.folder().join("known").join(format!("{space:016x}"))
}

fn read_known(path: &Path) -> Result<Option<SignedHead>> {
	match fs::read(path) {
		Ok(bytes) => {
			let head = SignedHead::decode_all(&mut bytes.as_slice());
			head.map(Some).map_err(|_| Error::Damaged(format!("{}: this is no head: remove the file", path.display())))
		}
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
		Err(error) => Err(Error::storage(path.display(), error)),
	}
}

/// Refuses the word of another chain, or about another space there, than the first one: an owner could show an old state as the last one of a
/// space that was left behind.
fn pin(path: &Path, word: &Word) -> Result<()> {
	let own = (word.genesis, word.space).encode();
	match fs::read(path) {
		Ok(known) if known == own => Ok(()),
		Ok(_) => Err(Error::NotVerified(
			"this machine knows the space as another one on the chain: ask its owner which one it is".into(),
		)),
		Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
			if let Some(folder) = path.parent() {
				fs::create_dir_all(folder).map_err(|error| Error::storage(folder.display(), error))?;
			}
			write(path, &own)
		}
		Err(error) => Err(Error::storage(path.display(), error)),
	}
}

/// The expectations of a receipt beside itself.
pub(super) struct Expected<'a> {
	/// The account whose space it has to be.
	pub(super) owner: Option<&'a str>,
	/// True if it may be of a state that is not the last one any more.
	pub(super) older: bool,
}

pub(super) fn verify(
	home: &Home,
	space: &str,
	file: &Path,
	state: Option<&Path>,
	expected: &Expected,
	word: Option<&Word>,
) -> Result<Answer> {
	let owner = expected.owner;
	let receipt = match word {
		Some(word) => word.receipt.clone(),
		None => Receipt::decode(&read(file)?)?,
	};
	let integrity = match word {
		Some(_) => receipt.under_its_head()?,
		None => receipt.integrity()?,
	};
	let config = &receipt.head.config;
	if let Some(owner) = owner {
		if hex32(owner, "account")? != config.owner {
			return Err(Error::NotVerified(format!("the space is of {}, and not of {owner}", show_hex(&config.owner))));
		}
	}
	let here = home.names()?.contains(&space.to_string()).then(|| home.open(space)).transpose()?;
	let here = match here {
		Some(here) => here.config()?.is_some_and(|own| own == *config).then_some(here),
		None => None,
	};
	let path = known(home, config.space);
	if let Some(word) = word {
		pin(&path.with_extension("chain"), word)?;
	}
	let mut heads = vec![read_known(&path)?];
	if let Some(here) = &here {
		heads.push(here.head()?);
	}
	let mut older = false;
	// Of a space that others write to, the owner may have signed a commit that was made again on top of theirs: which one it became, the
	// chain says.
	let replaced = |head: &&SignedHead| word.is_some() && head.head.seq == receipt.head.head.seq;
	for head in heads.iter().flatten().filter(|head| !replaced(head)) {
		let is_older = expected.older && head.head.seq > receipt.head.head.seq && head.config == *config;
		older |= is_older;
		if !is_older {
			receipt.is_latest_of(head)?;
		}
	}
	let value = verified(&receipt, integrity, |receipt| {
		if let Some(state) = state {
			let export = Export::decode(&read(state)?)?;
			let state = match &here {
				Some(here) => here.read_export(&export)?,
				None => export.open(None)?,
			};
			return receipt.completeness(&state.head, &state.index).map(|()| None);
		}
		match &here {
			Some(_) if older => Ok(Some(
				"whether something better was left out: that takes the state of then, with `--state EXPORT`".into(),
			)),
			Some(here) => here.refute(receipt).map(|()| None),
			None => Ok(Some(
				"whether something better was left out: that takes the state, with `--state EXPORT` or in a space here"
					.into(),
			)),
		}
	})?;
	let first = heads.iter().flatten().next().is_none();
	if let Some(folder) = path.parent() {
		fs::create_dir_all(folder).map_err(|error| Error::storage(folder.display(), error))?;
	}
	if !older {
		write(&path, &receipt.head.encode())?;
	}

	let mut value = value;
	value["first_use"] = json!(first && owner.is_none());
	let who = match receipt.head.head.by == config.owner {
		true => format!("the owner {}", show_hex(&config.owner)),
		false => format!("{}, with a grant of the owner {},", show_hex(&receipt.head.head.by), show_hex(&config.owner)),
	};
	let mut text = format!(
		"verified: {who} has committed to each of {} memories (commit {} of space {})",
		receipt.results.len(),
		receipt.head.head.seq,
		config.space
	);
	text += match value["complete"] == true {
		true => "\nverified: nothing that fits better was left out",
		false => "\nnot checked: whether something better was left out; `--state EXPORT` does",
	};
	text += &match (older, word) {
		(true, _) => "\nolder: the owner has signed a later commit since".to_string(),
		(false, Some(word)) => format!(
			"\nverified: this was the last commit at the finalized block {} of the chain {}, where it is space {}",
			word.block,
			show_hex(&word.genesis),
			word.space
		),
		(false, None) => {
			"\nnot checked: whether the owner has signed a later commit that this machine has not seen".to_string()
		}
	};
	value["older"] = json!(older);
	value["last_at"] =
		json!(word.map(|word| json!({ "block": word.block, "genesis": show_hex(&word.genesis), "space": word.space })));
	if first && owner.is_none() {
		text += "\nnot checked: whether this owner is who you mean; from now on this machine takes no other for the space, and `--owner` says whom you expect";
	}
	for memory in value["memories"].as_array().into_iter().flatten() {
		text += &format!("\n  {}", memory["memory"].as_str().unwrap_or("(not shown)").replace('\n', " "));
	}
	Ok(Answer::new(value, text))
}
