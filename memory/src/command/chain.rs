//! Commands that need the chain, for the program that talks to it.

use super::{default_home, hex32, read, serve, write, Answer, Command, Memory};
use crate::{
	anchoring::Chain,
	chain::Anchored,
	head::Account,
	recall::Receipt,
	store::{Home, Rights, Space},
	Error, Result,
};
use codec::Encode;
use std::path::{Path, PathBuf};

/// The chain's answer on the receipt that is verified.
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
		/// True if validators are to keep its pages, if it is new there.
		network: bool,
		/// True if a commit that cannot be opened is to be followed.
		over: bool,
		/// True if nobody is to be asked.
		yes: bool,
	},
	/// Adds the chain's word to a receipt.
	Attest {
		/// The space.
		space: Box<Space>,
		/// The receipt.
		receipt: Box<Receipt>,
		/// The file that the result goes to.
		output: PathBuf,
	},
	/// Verifies a receipt that has the chain's word.
	Verify(Box<Anchored>),
	/// Takes in what others have committed.
	Sync {
		/// The space.
		space: Box<Space>,
		/// Its number on the chain, for the first time.
		number: Option<u64>,
	},
	/// Lets an account write to a space on the chain, or lets it no more; then [`execute`](super::execute) seals the next manifests to it, or
	/// seals them to it no more.
	Share {
		/// The space.
		space: Box<Space>,
		/// The account.
		who: Account,
		/// Its rights, and the last block in which it has them. None: nothing any more.
		rights: Option<(Rights, Option<u32>)>,
		/// True if nobody is to be asked.
		yes: bool,
	},
	/// Serves spaces and puts their commits on the chain: [`serve_on_chain`].
	Serve {
		/// True if validators are to keep the pages of a space that is new there.
		network: bool,
	},
}

/// No chain.
pub(super) enum Never {}

impl Chain for Never {
	async fn pass(&self, _: &Space) -> std::result::Result<(), String> {
		match *self {}
	}
}

/// Serves all spaces, and puts on the chain what is written to those that are there and to the one that the command names.
pub fn serve_on_chain(memory: &Memory, chain: &impl Chain) -> Result<Answer> {
	match &memory.command {
		Command::Serve { listen, host, .. } => {
			serve::serve(&memory.its_home()?, *listen, host, Some((&memory.space, chain)))
		}
		_ => Err(Error::Usage("only `assay memory serve` serves".into())),
	}
}

impl Memory {
	fn its_home(&self) -> Result<Home> {
		Ok(Home::new(self.home.clone().map_or_else(default_home, Ok)?))
	}

	/// The part of the command that needs the chain. None: nothing.
	pub fn on_chain(&self) -> Result<Option<ChainCommand>> {
		let open = || Ok::<_, Error>(Box::new(self.its_home()?.open(&self.space)?));
		let share = |who: &str, rights, yes| {
			let space = open()?;
			let command = ChainCommand::Share { who: hex32(who, "account")?, rights, yes, space };
			match &command {
				ChainCommand::Share { space, .. } if space.anchor()?.is_none() => Ok(None),
				_ => Ok(Some(command)),
			}
		};
		match &self.command {
			Command::Anchor { network, over, yes } => {
				Ok(Some(ChainCommand::Anchor { space: open()?, network: *network, over: *over, yes: *yes }))
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
			Command::Sync { number } => Ok(Some(ChainCommand::Sync { space: open()?, number: *number })),
			Command::Grant { who, rights, box_key: Some(_), until, yes, .. } => {
				// Whoever writes has to read.
				let rights = Rights(Rights::parse(rights)?.0 | Rights::READ.0);
				share(who, Some((rights, *until)), *yes)
			}
			Command::Revoke { who, yes } if who.starts_with("0x") => share(who, None, *yes),
			Command::Serve { anchor: true, network, .. } => Ok(Some(ChainCommand::Serve { network: *network })),
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
