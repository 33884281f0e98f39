//! The keys of one machine to one space.

use super::{get, need, random, set};
use crate::{
	head::{Account, BoxKey, Signed, SIGNING_CONTEXT},
	page::{box_key, Key},
	Result,
};
use assay_primitives::hash::{h, Hash32};
use codec::{Decode, Encode};
use rusqlite::Connection;
use schnorrkel::{ExpansionMode, Keypair, MiniSecretKey};

/// The key that brings a space back when the machine is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Recovery {
	/// The seed: the box key follows from it, and so old manifests can be opened for ever by who has both.
	Seed,
	/// A kit that is exported again after each deletion, when the box key is another.
	File,
}

/// The keys that bring a space back, with an export of it.
#[derive(Clone, Encode, Decode)]
pub struct Kit {
	/// Of the account.
	pub seed: Key,
	/// Of the box key.
	pub box_secret: Key,
	/// The choice by which the box key follows from the seed or does not.
	pub recovery: Recovery,
}

/// The name of the row that has the box key of before, until the chain has a commit that is sealed to the one after it.
const BEFORE: &str = "box secret before";

pub(super) struct Keys {
	pub(super) recovery: Recovery,
	seed: Key,
	box_secret: Key,
	pair: Keypair,
}

/// Key of one row of the log.
pub(super) fn log_row(log_key: &Key, salt: &[u8]) -> Key {
	h("assay/memory/log", (log_key, salt))
}

impl Keys {
	pub(super) fn new(seed: Key, recovery: Recovery, box_secret: Option<Key>) -> Result<Self> {
		let box_secret = match recovery {
			Recovery::Seed => h("assay/memory/box", seed),
			Recovery::File => box_secret.map_or_else(random, Ok)?,
		};
		let pair = MiniSecretKey::from_bytes(&seed)
			.expect("every 32 bytes are a seed")
			.expand_to_keypair(ExpansionMode::Ed25519);
		Ok(Keys { recovery, seed, box_secret, pair })
	}

	pub(super) fn load(db: &Connection) -> Result<Self> {
		Keys::new(need(db, "seed")?, need(db, "recovery")?, get(db, "box secret")?)
	}

	pub(super) fn save(&self, db: &Connection) -> Result<()> {
		set(db, "seed", &self.seed)?;
		set(db, "recovery", &self.recovery)?;
		set(db, "box secret", &self.box_secret)
	}

	/// Another box key, where the recovery allows one. `sealed` says whether others may seal to the one of before until they see this one: it is
	/// kept until then.
	pub(super) fn rotate(&mut self, db: &Connection, sealed: bool) -> Result<()> {
		if self.recovery == Recovery::File {
			if sealed && Keys::before(db)?.is_none() {
				set(db, BEFORE, &self.box_secret)?;
			}
			self.box_secret = random()?;
			set(db, "box secret", &self.box_secret)?;
		}
		Ok(())
	}

	/// The box key of before, as long as it is kept.
	pub(super) fn before(db: &Connection) -> Result<Option<Key>> {
		get(db, BEFORE)
	}

	/// Destroys the box key of before. Says whether there was one.
	pub(super) fn forget_before(db: &Connection) -> Result<bool> {
		Ok(db.execute("DELETE FROM meta WHERE name = ?1", [BEFORE])? > 0)
	}

	pub(super) fn kit(&self) -> Kit {
		Kit { seed: self.seed, box_secret: self.box_secret, recovery: self.recovery }
	}

	pub(super) fn account(&self) -> Account {
		self.pair.public.to_bytes()
	}

	pub(super) fn box_key(&self) -> BoxKey {
		box_key(&self.box_secret)
	}

	pub(super) fn box_secret(&self) -> &Key {
		&self.box_secret
	}

	pub(super) fn sign(&self, message: &Hash32) -> Signed {
		Signed(self.pair.sign_simple(SIGNING_CONTEXT, message).to_bytes())
	}
}
