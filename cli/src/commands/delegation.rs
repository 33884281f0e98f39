//! `assay delegate`, `undelegate` and `withdraw-delegation`.

use super::{
	screen::Screen,
	session::{submit, Network, Signer},
	validator::account,
};
use crate::run::Report;
use assay_client::{address, amount, parse_amount, Call, Error};
use clap::Subcommand;

/// Commands of a delegator.
#[derive(Subcommand)]
pub enum Delegator {
	/// Delegate to a validator: earn with it, and be penalised with it
	Delegate {
		/// Its address, or its name in `assay keys`
		validator: String,
		/// ASY, 1 at least
		#[arg(value_parser = parse_amount)]
		amount: u128,
		#[command(flatten)]
		signer: Signer,
	},
	/// Take a delegation back, which can be withdrawn when the validator cannot be found at fault for its present seats any more, after a week
	Undelegate {
		/// Address of the validator, or its name in `assay keys`
		validator: String,
		/// ASY [default: all]
		#[arg(value_parser = parse_amount)]
		amount: Option<u128>,
		#[command(flatten)]
		signer: Signer,
	},
	/// Withdraw a delegation that was taken back
	WithdrawDelegation {
		/// Address of the validator, or its name in `assay keys`
		validator: String,
		/// Pay your part of penalties that are not taken yet now, and get nothing of it back if they are cancelled; without this, wait for them
		#[arg(long)]
		pay_due: bool,
		#[command(flatten)]
		signer: Signer,
	},
}

/// Runs a command.
pub async fn delegation(command: &Delegator, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Delegator::Delegate { validator, amount: plancks, signer } => {
			let id = account(Some(validator), signer)?;
			let what = format!("delegates {} to {}", amount(*plancks), address(&id));
			submit(signer, &Call::delegate(&id, *plancks), *plancks, &what, network, screen).await
		}
		Delegator::Undelegate { validator, amount: plancks, signer } => {
			let id = account(Some(validator), signer)?;
			let much = plancks.map_or("all".into(), amount);
			let what = format!("takes back {much} from {}", address(&id));
			submit(signer, &Call::undelegate(&id, *plancks), 0, &what, network, screen).await
		}
		Delegator::WithdrawDelegation { validator, pay_due, signer } => {
			let id = account(Some(validator), signer)?;
			let what = format!("withdraws what it took back from {}", address(&id));
			submit(signer, &Call::withdraw_delegation(&id, *pay_due), 0, &what, network, screen).await
		}
	}
}
