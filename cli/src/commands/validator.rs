//! `assay validator`.

use super::{
	screen::Screen,
	session::{submit, Network, Session, Signer},
	text::{pairs, status},
};
use crate::run::Report;
use assay_client::{
	address, amount, hex0x, parse_amount,
	records::{Ended, Input},
	tensors, Call, Error, Keystore, NewKeys, SessionKeys, ValidatorStatus,
};
use assay_primitives::{ContentId, RequestId};
use clap::Subcommand;
use codec::Encode;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};

/// Submits a call of a validator that stands so that the chain takes it; what the chain would refuse costs no fee.
async fn submit_if(
	check: impl Fn(&ValidatorStatus, u32) -> Result<(), String>,
	signer: &Signer,
	call: &Call,
	what: &str,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let account = signer.account()?;
	let session = Session::open(network, screen).await?;
	let found = session.client.validator(&account.id()).await?;
	let refused = |why| Error::Refused(format!("{}: {why}", account.address()));
	check(&found, session.client.finalized().await?).map_err(refused)?;
	session.sign(signer, &account, call, 0, what).await
}

fn may_withdraw(found: &ValidatorStatus, now: u32) -> Result<(), String> {
	let candidate = found.candidate.as_ref().ok_or("it has no bond")?;
	match candidate.leaves {
		None => Err("it has not left: `assay validator unbond` first".into()),
		Some(from) if now < from => Err(format!("it may withdraw from block {from} on, and block {now} is finalized")),
		Some(_) if found.elected => Err("it is a validator of this session: wait for the end of it".into()),
		Some(_) => Ok(()),
	}
}

fn may_leave_jail(found: &ValidatorStatus, _: u32) -> Result<(), String> {
	let candidate = found.candidate.as_ref().ok_or("it has no bond")?;
	match candidate.jailed {
		None => Err("it is not in jail".into()),
		Some(until) if found.era <= until => {
			Err(format!("it may leave after era {until}, and this is era {}", found.era))
		}
		Some(_) if candidate.bond < found.min_bond => {
			let least = amount(found.min_bond);
			Err(format!("its bond is below {least}: `assay validator bond` what is missing"))
		}
		Some(_) => Ok(()),
	}
}

/// Operate a validator
#[derive(Subcommand)]
pub enum Validator {
	/// Show where an account stands
	Status {
		/// Its address, or its name in `assay keys` [default: the account that would sign]
		who: Option<String>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Add to the bond: who has enough of it is a candidate
	Bond {
		/// ASY to add
		#[arg(value_parser = parse_amount)]
		amount: u128,
		#[command(flatten)]
		signer: Signer,
	},
	/// Add to the bond where there is no place for another candidate: take that of one with a smaller bond
	BondOver {
		/// ASY to add
		#[arg(value_parser = parse_amount)]
		amount: u128,
		/// Address of the other candidate, which gets its bond back
		smaller: String,
		#[command(flatten)]
		signer: Signer,
	},
	/// Set which part of what delegators would earn is the validator's; 100 takes no delegation. More is taken after a whole era
	Commission {
		/// Per cent
		#[arg(value_parser = percent)]
		percent: u32,
		#[command(flatten)]
		signer: Signer,
	},
	/// Leave: the bond can be withdrawn a week after the end of the last session that the validator was elected for, or at once if there is none
	Unbond {
		#[command(flatten)]
		signer: Signer,
	},
	/// Take the bond back, a week after leaving
	Withdraw {
		#[command(flatten)]
		signer: Signer,
	},
	/// Leave the jail, in a later era than the one of the fault
	Unjail {
		#[command(flatten)]
		signer: Signer,
	},
	/// Dispute a final result that your own run finds false: all validators run the model once more, with plancks of yours on hold
	Dispute {
		/// Number of the request
		request: RequestId,
		/// Its input: .npz, .json or .bundle
		#[arg(long, value_name = "FILE")]
		input: PathBuf,
		#[command(flatten)]
		signer: Signer,
	},
	/// Have the node make new keys, and print what set-keys takes
	RotateKeys {
		/// Account that they are for: its address, or its name in `assay keys` [default: the account that would sign]
		who: Option<String>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Tell the chain the keys of the node; without any, has the node make them
	SetKeys {
		/// Public keys in hex, as rotate-keys prints them
		#[arg(requires = "proof")]
		keys: Option<String>,
		/// Proof that they are this account's, as rotate-keys prints it
		proof: Option<String>,
		#[command(flatten)]
		signer: Signer,
	},
}

/// A hundredth in parts of 10^9.
const PER_CENT: f64 = 1e7;

/// Parts of 10^9, for the command line.
fn percent(text: &str) -> Result<u32, String> {
	let wrong = || format!("`{text}` is no percentage: give one from 0 to 100, like 5 or 2.5");
	let percent: f64 = text.trim_end_matches('%').trim().parse().map_err(|_| wrong())?;
	if !(0.0..=100.0).contains(&percent) {
		return Err(wrong());
	}
	Ok((percent * PER_CENT).round() as u32)
}

/// Runs a command.
pub async fn validator(command: &Validator, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Validator::Status { who, signer } => show(who.as_deref(), signer, network, screen).await,
		Validator::Bond { amount: plancks, signer } => {
			let what = format!("bonds {}", amount(*plancks));
			submit(signer, &Call::bond(*plancks), *plancks, &what, network, screen).await
		}
		Validator::BondOver { amount: plancks, smaller, signer } => {
			let other = account(Some(smaller), signer)?;
			let what = format!("bonds {}, in the place of {}", amount(*plancks), address(&other));
			submit(signer, &Call::bond_over(*plancks, &other), *plancks, &what, network, screen).await
		}
		Validator::Commission { percent, signer } => {
			let what = format!("keeps {} % of what its delegators would earn", f64::from(*percent) / PER_CENT);
			submit(signer, &Call::set_commission(*percent), 0, &what, network, screen).await
		}
		Validator::Unbond { signer } => {
			let what = "leaves: is elected no more, and may withdraw a week after the end of its last session, or at once if it had none";
			submit(signer, &Call::unbond(), 0, what, network, screen).await
		}
		Validator::Withdraw { signer } => {
			let call = Call::withdraw();
			submit_if(may_withdraw, signer, &call, "takes its bond back", network, screen).await
		}
		Validator::Unjail { signer } => {
			submit_if(may_leave_jail, signer, &Call::unjail(), "leaves the jail", network, screen).await
		}
		Validator::Dispute { request, input, signer } => dispute(*request, input, signer, network, screen).await,
		Validator::RotateKeys { who, signer } => {
			let account = account(who.as_deref(), signer)?;
			let session = Session::open(network, screen).await?;
			let NewKeys { keys, proof } = session.client.rotate_keys(&account).await?;
			let (keys, proof) = (hex0x(keys.encode()), hex0x(proof));
			let text = format!(
				"{}\n\nThe node has their secrets. The chain uses them once it is told: assay validator set-keys KEYS PROOF",
				pairs(&[("account", address(&account)), ("keys", keys.clone()), ("proof", proof.clone())])
			);
			Ok(Report { text, json: json!({ "account": address(&account), "keys": keys, "proof": proof }) })
		}
		Validator::SetKeys { keys, proof, signer } => {
			set_keys(keys.as_deref(), proof.as_deref(), signer, network, screen).await
		}
	}
}

/// Disputes a final result, and uploads an input that does not fit into the call.
async fn dispute(
	request: RequestId,
	path: &Path,
	signer: &Signer,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let bytes = tensors::read(path)?.to_bytes().map_err(|error| Error::file(path, error))?;
	let result = Session::open(network, screen).await?.client.result(request).await?;
	let Some(Ended::Final(claim)) = result.map(|result| result.ended) else {
		return Err(Error::Usage(format!("the state has no final result of request {request}")));
	};
	if claim.input != ContentId::of(&bytes).0 {
		return Err(Error::Usage(format!("{} is not the input of request {request}", path.display())));
	}
	let input = Input::of(&bytes);
	let call = Call::dispute_result(request, &input);
	let what = format!("disputes the final result of request {request}, with a fiftieth of its bond or more on hold");
	let report = submit(signer, &call, 0, &what, network, screen).await?;
	if matches!(input, Input::Blob(_)) && !signer.dry_run {
		let session = Session::open(network, screen).await?;
		session.client.upload(&bytes, &session.watcher()).await?;
	}
	Ok(report)
}

async fn set_keys(
	keys: Option<&str>,
	proof: Option<&str>,
	signer: &Signer,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let new = match (keys, proof) {
		(Some(keys), Some(proof)) => NewKeys::parse(keys, proof)?,
		_ => {
			let account = signer.account()?;
			Session::open(network, screen).await?.client.rotate_keys(&account.id()).await?
		}
	};
	let call = Call::set_keys(&new.keys, &new.proof);
	let mut report = submit(signer, &call, 0, "names the keys of its sessions", network, screen).await?;
	report.json["keys"] = keys_json(&new.keys);
	Ok(report)
}

fn keys_json(keys: &SessionKeys) -> Value {
	json!({
		"babe": hex0x(keys.babe),
		"grandpa": hex0x(keys.grandpa),
		"inference": hex0x(keys.inference),
		"authority_discovery": hex0x(keys.authority_discovery),
	})
}

/// An account by its address or its name, or else the one that would sign.
pub fn account(who: Option<&str>, signer: &Signer) -> Result<[u8; 32], Error> {
	match who {
		None => Ok(signer.account()?.id()),
		Some(text) => Keystore::of_user().find(text),
	}
}

async fn show(who: Option<&str>, signer: &Signer, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let id = account(who, signer)?;
	let session = Session::open(network, screen).await?;
	let found = session.client.validator(&id).await?;
	let balance = session.client.balance(&id).await?;
	let yes = |is: bool| status(if is { "yes" } else { "no" });
	let mut rows = vec![("account", address(&id)), ("balance", amount(balance))];
	match &found.candidate {
		None => rows.push(("bond", format!("none; a validator bonds at least {}", amount(found.min_bond)))),
		Some(candidate) => {
			rows.push(("bond", amount(candidate.bond)));
			rows.extend(candidate.leaves.map(|block| ("leaves", format!("may withdraw from block {block} on"))));
			rows.extend(
				candidate.jailed.map(|era| ("jail", format!("may leave it after era {era}; now is era {}", found.era))),
			);
			rows.extend(found.backing.as_ref().map(|backing| {
				let percent = f64::from(backing.commission) / PER_CENT;
				("delegated", format!("{}, for a commission of {percent} %", amount(backing.active.stake)))
			}));
			rows.push(("missed", format!("{} duties in the last era in which it missed any", candidate.misses)));
		}
	}
	let keys = match &found.keys {
		Some(keys) => format!("babe {}", hex0x(keys.babe)),
		None => "none: assay validator set-keys names them".into(),
	};
	rows.extend([("keys", keys), ("elected", format!("{} ({} validators)", yes(found.elected), found.validators))]);
	let json = json!({
		"account": address(&id),
		"balance": balance.to_string(),
		"bond": found.candidate.as_ref().map(|candidate| candidate.bond.to_string()),
		"commission": found.backing.as_ref().map(|backing| f64::from(backing.commission) / PER_CENT),
		"delegated": found.backing.as_ref().map(|backing| backing.active.stake.to_string()),
		"leaves": found.candidate.as_ref().and_then(|candidate| candidate.leaves),
		"jailed": found.candidate.as_ref().and_then(|candidate| candidate.jailed),
		"misses": found.candidate.as_ref().map(|candidate| candidate.misses),
		"keys": found.keys.as_ref().map(keys_json),
		"elected": found.elected,
		"validators": found.validators,
		"era": found.era,
	});
	Ok(Report { text: pairs(&rows), json })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_commission_is_a_percentage() {
		assert_eq!(
			["0", "2.5", "10 %", "100"].map(|text| percent(text).unwrap()),
			[0, 25_000_000, 100_000_000, 1_000_000_000]
		);
		assert!(["-1", "101", "ten", "NaN"].iter().all(|text| percent(text).is_err()));
	}
}
