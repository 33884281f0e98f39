//! `assay council`.

use super::{
	screen::Screen,
	session::{submit, Network, Session, Signer},
	text::table,
};
use crate::run::{hash, Report};
use assay_client::{address, hex0x, records::BoundedCall, Call, Error};
use assay_primitives::Hash32;
use clap::Subcommand;
use serde_json::json;
use std::path::Path;

/// Plancks on hold for an open motion.
const DEPOSIT: u128 = 10_000_000_000_000;

/// Propose and support what two thirds of the voting power decide
#[derive(Subcommand)]
pub enum Council {
	/// List open motions, as the node has them
	List,
	/// Propose a call, with 10 ASY on hold until it is decided or closed
	Propose {
		/// The encoded call: 0x and hex, or a file with that or with its bytes
		call: String,
		#[command(flatten)]
		signer: Signer,
	},
	/// Support a motion
	Support {
		/// Its number
		motion: u32,
		/// Hash of its call, so that no other call is supported
		#[arg(value_parser = hash)]
		call: Hash32,
		#[command(flatten)]
		signer: Signer,
	},
	/// Take support back
	Withdraw {
		/// Number of the motion
		motion: u32,
		#[command(flatten)]
		signer: Signer,
	},
	/// Remove a motion that has ended: its deposit returns to who proposed it
	Close {
		/// Its number
		motion: u32,
		#[command(flatten)]
		signer: Signer,
	},
}

/// Bytes of a call that is named on the command line.
fn read(call: &str) -> Result<Vec<u8>, Error> {
	let from_hex = |text: &str| text.trim().strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
	if let Some(bytes) = from_hex(call) {
		return Ok(bytes);
	}
	let bytes = std::fs::read(Path::new(call)).map_err(|error| {
		Error::Usage(format!("{call}: {error}; give the call as 0x and hex, or a file that has it"))
	})?;
	Ok(std::str::from_utf8(&bytes).ok().and_then(from_hex).unwrap_or(bytes))
}

/// Runs a command.
pub async fn council(command: &Council, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Council::List => list(network, screen).await,
		Council::Propose { call, signer } => {
			let bytes = read(call)?;
			let bound = BoundedCall::of(&bytes);
			if matches!(bound, BoundedCall::Lookup { .. }) {
				let what = format!("puts the {} bytes of the call on the chain, with a deposit for each", bytes.len());
				submit(signer, &Call::note_preimage(&bytes), 0, &what, network, screen).await?;
			}
			let what = format!("proposes the call {}, with 10 ASY on hold", hex0x(bound.hash()));
			let mut report = submit(signer, &Call::propose(&bound), DEPOSIT, &what, network, screen).await?;
			report.json["hash"] = hex0x(bound.hash()).into();
			Ok(report)
		}
		Council::Support { motion, call, signer } => {
			let what = format!("supports motion {motion}, the call {}", hex0x(call));
			submit(signer, &Call::support(*motion, call), 0, &what, network, screen).await
		}
		Council::Withdraw { motion, signer } => {
			let what = format!("takes its support of motion {motion} back");
			submit(signer, &Call::withdraw_support(*motion), 0, &what, network, screen).await
		}
		Council::Close { motion, signer } => {
			let what = format!("removes motion {motion}");
			submit(signer, &Call::close_motion(*motion), 0, &what, network, screen).await
		}
	}
}

async fn list(network: &Network, screen: &Screen) -> Result<Report, Error> {
	let (motions, total) = Session::open(network, screen).await?.client.motions().await?;
	let bytes = |call: &BoundedCall| match call {
		BoundedCall::Inline(bytes) => hex0x(bytes),
		BoundedCall::Lookup { len, .. } => format!("{len} bytes"),
		BoundedCall::Legacy { .. } => "unknown".into(),
	};
	let rows = motions.iter().map(|(index, motion, power)| {
		let call = hex0x(motion.call.hash());
		let support = format!("{power} of {total}");
		vec![index.to_string(), call, bytes(&motion.call), support, motion.ends.to_string(), address(&motion.proposer)]
	});
	let text = match motions.is_empty() {
		true => "there are no motions".into(),
		false => table(&["motion", "hash", "call", "support", "ends", "proposer"], rows),
	};
	let json = motions.iter().map(|(index, motion, power)| {
		json!({
			"motion": index,
			"hash": hex0x(motion.call.hash()),
			"call": bytes(&motion.call),
			"power": power,
			"total": total,
			"ends": motion.ends,
			"proposer": address(&motion.proposer),
			"supporters": motion.supporters.iter().map(address).collect::<Vec<_>>(),
		})
	});
	Ok(Report { text, json: json!({ "motions": json.collect::<Vec<_>>() }) })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_call_is_hex_or_a_file_of_hex_or_of_bytes() {
		let dir = tempfile::tempdir().unwrap();
		let file = |name: &str, bytes: &[u8]| {
			let path = dir.path().join(name);
			std::fs::write(&path, bytes).unwrap();
			path.to_str().unwrap().to_string()
		};
		assert_eq!(read("0x0708").unwrap(), [7, 8]);
		assert_eq!(read(&file("hex", b"0x0708\n")).unwrap(), [7, 8]);
		assert_eq!(read(&file("bytes", &[7, 8, 255])).unwrap(), [7, 8, 255]);
		assert!(matches!(read("0x7"), Err(Error::Usage(_))));
	}
}
