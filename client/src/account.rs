//! Accounts that sign.

use crate::Error;
use assay_primitives::Hash32;
use std::{fmt::Display, str::FromStr};
use subxt::utils::AccountId32;
use subxt_signer::{bip39::Mnemonic, sr25519::Keypair, SecretUri};

/// An account with its secret.
#[derive(Clone)]
pub struct Account {
	pair: Keypair,
}

impl Account {
	/// From a secret as Substrate writes it: a phrase of 12 to 24 words or a seed in hex, and derivations: `//Alice` alone is one of the
	/// accounts of development chains.
	pub fn from_uri(uri: &str) -> Result<Self, Error> {
		let pair = Keypair::from_uri(&secret_uri(uri)?).map_err(|error| no_secret(&error))?;
		Ok(Account { pair })
	}

	/// From an account that polkadot.js has exported as JSON.
	pub fn from_polkadot_js(json: &str, password: &str) -> Result<Self, Error> {
		let pair = subxt_signer::polkadot_js_compat::decrypt_json(json, password)
			.map_err(|error| Error::Usage(format!("the account cannot be opened: {error}; is the password right?")))?;
		Ok(Account { pair })
	}

	/// A phrase of twelve words for a new account.
	pub fn new_phrase() -> Result<String, Error> {
		let mut entropy = [0; 16];
		random(&mut entropy)?;
		let phrase = Mnemonic::from_entropy(&entropy).map_err(|error| Error::Usage(error.to_string()))?;
		Ok(phrase.to_string())
	}

	/// Its id: the public key.
	pub fn id(&self) -> Hash32 {
		self.pair.public_key().0
	}

	/// Its address.
	pub fn address(&self) -> String {
		address(&self.id())
	}

	pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
		self.pair.sign(message).0
	}
}

fn no_secret(why: &dyn Display) -> Error {
	Error::Usage(format!("this is no secret: {why}; give 12 to 24 words, 32 bytes in hex, or //Alice and the like"))
}

/// A secret as Substrate writes it, in its parts.
pub(crate) fn secret_uri(text: &str) -> Result<SecretUri, Error> {
	SecretUri::from_str(text.trim()).map_err(|error| no_secret(&error))
}

/// Fills bytes from the system's source of randomness.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Error> {
	getrandom::fill(bytes).map_err(|error| Error::Machine(format!("there is no randomness: {error}").into()))
}

/// The address of an account.
pub fn address(id: &Hash32) -> String {
	AccountId32(*id).to_string()
}

/// The account of an address, or of a public key in hex.
pub fn parse_address(text: &str) -> Result<Hash32, Error> {
	if let Some(digits) = text.strip_prefix("0x") {
		let bytes = hex::decode(digits).ok().and_then(|bytes| bytes.try_into().ok());
		return bytes.ok_or_else(|| Error::Usage(format!("{text} is no account: a public key has 32 bytes")));
	}
	let id = AccountId32::from_str(text).map_err(|error| Error::Usage(format!("{text} is no address: {error}")))?;
	Ok(id.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn secrets_give_the_accounts_that_substrate_gives() {
		let alice = Account::from_uri("//Alice").unwrap();
		assert_eq!(alice.address(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
		assert_eq!(parse_address(&alice.address()).unwrap(), alice.id());
		let phrase = Account::new_phrase().unwrap();
		assert_eq!(phrase.split(' ').count(), 12);
		assert!(Account::from_uri(&phrase).is_ok());
		assert!(Account::from_uri("twelve words that are none").is_err());
	}
}
