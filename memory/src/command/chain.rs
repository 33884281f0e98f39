//! What of a command needs the chain, for the program that talks to it.

use super::{default_home, read, write, Command, Memory};
use crate::{
	chain::Anchored,
	recall::Receipt,
	store::{Home, Space},
	Result,
};
use codec::Encode;
use std::path::{Path, PathBuf};

/// What the chain says of the receipt that is verified.
pub struct Word {
	/// The receipt.
	pub receipt: Receipt,
	/// Genesis block of the chain.
	pub genesis: [u8; 32],
	/// Number of the space there.
	pub space: u64,
	/// Number of the finalized block at which its state was the last one.
	pub block: u32,
}

/// A command that needs the chain.
pub enum ChainCommand {
	/// Puts commits on the chain.
	Anchor {
		/// The space.
		space: Box<Space>,
		/// Whether validators keep its pages, if it is new there.
		network: bool,
		/// Whether nobody is to be asked.
		yes: bool,
	},
	/// Adds the chain's word to a receipt.
	Attest {
		/// The space.
		space: Box<Space>,
		/// The receipt.
		receipt: Box<Receipt>,
		/// Where the result goes.
		output: PathBuf,
	},
	/// Verifies a receipt that has the chain's word.
	Verify(Box<Anchored>),
}

impl Memory {
	/// What the command asks of the chain. None: nothing.
	pub fn on_chain(&self) -> Result<Option<ChainCommand>> {
		let open = || {
			let home = Home::new(self.home.clone().map_or_else(default_home, Ok)?);
			Ok::<_, crate::Error>(Box::new(home.open(&self.space)?))
		};
		match &self.command {
			Command::Anchor { network, yes } => {
				Ok(Some(ChainCommand::Anchor { space: open()?, network: *network, yes: *yes }))
			}
			Command::Attest { file, output } => {
				let receipt = Box::new(Receipt::decode(&read(file)?)?);
				let output = output.clone().unwrap_or_else(|| file.clone());
				Ok(Some(ChainCommand::Attest { space: open()?, receipt, output }))
			}
			Command::Verify { file, .. } => {
				let bytes = read(file)?;
				let anchored = Anchored::is_one(&bytes).then(|| Anchored::decode(&bytes)).transpose()?;
				Ok(anchored.map(|anchored| ChainCommand::Verify(Box::new(anchored))))
			}
			_ => Ok(None),
		}
	}
}

impl ChainCommand {
	/// Writes a receipt with the chain's word to a file that nobody else may read.
	pub fn keep(path: &Path, anchored: &Anchored) -> Result<()> {
		write(path, &anchored.encode())
	}
}
