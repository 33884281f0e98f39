//! `assay transfer`, `assay faucet` and `assay balance`.

use super::{
	screen::Screen,
	session::{submit, Network, Session, Signer},
	text::pairs,
	validator::account,
};
use crate::run::Report;
use assay_client::{address, amount, parse_amount, Account, Call, Error, Keystore};
use clap::Subcommand;
use serde_json::json;

/// Money.
#[derive(Subcommand)]
pub enum Money {
	/// Send ASY to another account
	Transfer {
		/// Its address, or its name in `assay keys`
		to: String,
		/// ASY
		#[arg(allow_negative_numbers = true, value_parser = parse_amount)]
		amount: u128,
		#[command(flatten)]
		signer: Signer,
	},
	/// Get ASY on a development chain, from one of its accounts whose secret everybody knows
	Faucet {
		/// Address of the account that gets it, or its name in `assay keys` [default: the account that signs]
		#[arg(value_name = "ACCOUNT")]
		who: Option<String>,
		/// ASY
		#[arg(long, allow_negative_numbers = true, value_parser = parse_amount, default_value = "1000")]
		amount: u128,
		#[command(flatten)]
		signer: Signer,
	},
	/// Say what an account has, by the last finalized block
	Balance {
		/// Its address, or its name in `assay keys` [default: the account that signs]
		#[arg(value_name = "ACCOUNT")]
		who: Option<String>,
		#[command(flatten)]
		signer: Signer,
	},
}

/// The account that gives on development chains.
const FAUCET: &str = "//Alice";

/// Runs a command.
pub async fn money(command: &Money, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Money::Transfer { to, amount: plancks, signer } => {
			let id = Keystore::of_user().find(to)?;
			let what = format!("sends {} to {}", amount(*plancks), address(&id));
			submit(signer, &Call::transfer(&id, *plancks), *plancks, &what, network, screen).await
		}
		Money::Faucet { who, amount: plancks, signer } => {
			let id = account(who.as_deref(), signer)?;
			let session = Session::open(network, screen).await?;
			let giver = Account::from_uri(FAUCET)?;
			if session.client.balance(&giver.id()).await? < *plancks {
				return Err(Error::Usage(format!(
					"this chain has no faucet: {FAUCET}, who has ASY on development chains, has less than {} here; ask somebody \
					who has some to send it to {}",
					amount(*plancks),
					address(&id)
				)));
			}
			let what = format!("sends {} to {}", amount(*plancks), address(&id));
			session.sign(signer, &giver, &Call::transfer(&id, *plancks), *plancks, &what).await
		}
		Money::Balance { who, signer } => {
			let id = account(who.as_deref(), signer)?;
			let session = Session::open(network, screen).await?;
			let balance = session.client.balance(&id).await?;
			let rows = [("account", address(&id)), ("balance", amount(balance))];
			Ok(Report { text: pairs(&rows), json: json!({ "account": address(&id), "balance": balance.to_string() }) })
		}
	}
}
