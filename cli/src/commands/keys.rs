//! `assay keys`.

use super::{
	screen::Screen,
	session::{secret_line, Network, Session},
	text::{pairs, table},
};
use crate::run::Report;
use assay_client::{amount, hex0x, parse_address, Account, Error, KeyEntry, Keystore};
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::{io::IsTerminal, path::PathBuf};

/// Accounts of this user
#[derive(Subcommand)]
pub enum Keys {
	/// Make an account, and print the phrase that it comes from
	New {
		/// Name of the account here
		name: String,
		#[command(flatten)]
		keep: Keep,
	},
	/// Keep an account: its phrase or seed is read from stdin, and not shown while it is typed
	Import {
		/// Name of the account here
		name: String,
		/// Account that polkadot.js has exported; it stays encrypted
		#[arg(long, value_name = "FILE", conflicts_with = "plain")]
		json_file: Option<PathBuf>,
		#[command(flatten)]
		keep: Keep,
	},
	/// List the accounts
	Ls,
	/// Show an account
	Show {
		/// Name of the account here
		name: String,
		/// Ask the chain what it has
		#[arg(long)]
		balance: bool,
	},
	/// Remove an account for good
	Rm {
		/// Name of the account here
		name: String,
		/// Do not ask
		#[arg(long, short)]
		yes: bool,
	},
}

/// The way in which an account is kept.
#[derive(Args)]
pub struct Keep {
	/// Keep the secret without a password, in a file that only you may read
	#[arg(long)]
	plain: bool,
}

impl Keep {
	/// The password that the secret is encrypted with: `$ASSAY_PASSWORD`, or one that is typed twice.
	fn password(&self, name: &str) -> Result<Option<String>, Error> {
		if self.plain {
			return Ok(None);
		}
		if let Some(password) = Keystore::password() {
			return Ok(Some(password));
		}
		if !std::io::stdin().is_terminal() {
			return Err(Error::Usage(
				"the account is kept encrypted, and there is no terminal to ask for a password on: set ASSAY_PASSWORD, \
				or keep it without one with --plain"
					.into(),
			));
		}
		let password = secret_line(&format!("new password of {name}: "))?;
		if password.is_empty() {
			return Err(Error::Usage(
				"the password is empty: type one, or keep the account without with --plain".into(),
			));
		}
		if secret_line("the same again: ")? != password {
			return Err(Error::Usage("the two passwords differ, and nothing was kept".into()));
		}
		Ok(Some(password))
	}
}

fn to_json(entry: &KeyEntry) -> Value {
	json!({ "name": entry.name, "address": entry.address, "encrypted": entry.encrypted, "path": entry.path })
}

/// The commands that need no network; none for one that does.
pub fn offline(command: &Keys, screen: &Screen) -> Option<Result<Report, Error>> {
	Some(match command {
		Keys::New { name, keep } => new(name, keep),
		Keys::Import { name, json_file, keep } => import(name, json_file.as_ref(), keep),
		Keys::Ls => list(),
		Keys::Show { balance: true, .. } => return None,
		Keys::Show { name, .. } => show(name, None),
		Keys::Rm { name, yes } => remove(name, *yes, screen),
	})
}

fn new(name: &str, keep: &Keep) -> Result<Report, Error> {
	let password = keep.password(name)?;
	let phrase = Account::new_phrase()?;
	let entry = Keystore::of_user().add(name, &phrase, password.as_deref())?;
	let text = format!(
		"{}\n\nThe phrase is the account: who has it has what the account has. Write it down, it is shown this once:\n\n    {phrase}",
		pairs(&[("account", name.into()), ("address", entry.address.clone()), ("file", entry.path.display().to_string())])
	);
	let mut json = to_json(&entry);
	json["phrase"] = phrase.into();
	Ok(Report { text, json })
}

fn import(name: &str, file: Option<&PathBuf>, keep: &Keep) -> Result<Report, Error> {
	let entry = match file {
		Some(path) => {
			let text = std::fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
			Keystore::of_user().add_polkadot_js(name, &text)?
		}
		None => {
			let secret = secret_line("phrase or seed: ")?;
			Keystore::of_user().add(name, &secret, keep.password(name)?.as_deref())?
		}
	};
	let text = pairs(&[("account", name.into()), ("address", entry.address.clone())]);
	Ok(Report { text, json: to_json(&entry) })
}

fn list() -> Result<Report, Error> {
	let entries = Keystore::of_user().list()?;
	let json = entries.iter().map(to_json).collect();
	let text = if entries.is_empty() {
		"there is no account: `assay keys new NAME` makes one".into()
	} else {
		let yes = |is: bool| if is { "yes" } else { "no" }.to_string();
		table(
			&["name", "address", "encrypted"],
			entries.iter().map(|entry| vec![entry.name.clone(), entry.address.clone(), yes(entry.encrypted)]),
		)
	};
	Ok(Report { text, json })
}

fn show(name: &str, balance: Option<u128>) -> Result<Report, Error> {
	let entry = Keystore::of_user().entry(name)?;
	let id = parse_address(&entry.address)?;
	let mut rows = vec![
		("account", name.into()),
		("address", entry.address.clone()),
		("public key", hex0x(id)),
		("file", entry.path.display().to_string()),
	];
	let mut json = to_json(&entry);
	json["public_key"] = hex0x(id).into();
	if let Some(balance) = balance {
		rows.push(("balance", amount(balance)));
		json["balance"] = balance.to_string().into();
	}
	Ok(Report { text: pairs(&rows), json })
}

/// Shows an account with what the chain says it has.
pub async fn show_with_balance(name: &str, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let id = parse_address(&Keystore::of_user().entry(name)?.address)?;
	let session = Session::open(network, screen).await?;
	show(name, Some(session.client.balance(&id).await?))
}

fn remove(name: &str, yes: bool, screen: &Screen) -> Result<Report, Error> {
	let entry = Keystore::of_user().entry(name)?;
	if !yes {
		let what = format!("this removes {} for good, and without its phrase nobody gets it back", entry.address);
		screen.confirm(&what, "nothing was removed")?;
	}
	Keystore::of_user().remove(name)?;
	Ok(Report { text: format!("removed {name}"), json: to_json(&entry) })
}
