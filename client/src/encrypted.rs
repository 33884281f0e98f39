//! Accounts as polkadot.js exports them: encrypted by a password.

use crate::{account::secret_uri, Error};
use base64::{engine::general_purpose::STANDARD, Engine};
use crypto_secretbox::{
	aead::{Aead, KeyInit},
	Key, Nonce, XSalsa20Poly1305,
};
use schnorrkel::{derive::Derivation, ExpansionMode, Keypair, MiniSecretKey};
use serde_json::{json, Value};
use subxt_signer::{bip39::Mnemonic, DeriveJunction, ExposeSecret, SecretUri};

/// The parameters of scrypt that polkadot.js uses by default: 2^17 blocks of 1 KiB, which takes 128 MiB.
const LOG_N: u8 = 17;
const R: u32 = 8;
const P: u32 = 1;

/// The start of a PKCS #8 file, and what stands between its secret and its public key.
const PKCS8_HEADER: [u8; 16] = [48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
const PKCS8_DIVIDER: [u8; 5] = [161, 35, 3, 33, 0];

/// The account of a secret in the file format of polkadot.js, version 3.
pub(crate) fn encrypt(secret: &str, name: &str, address: &str, password: &str) -> Result<Value, Error> {
	let pair = pair(&secret_uri(secret)?)?;
	let plain = [&PKCS8_HEADER[..], &pair.secret.to_ed25519_bytes(), &PKCS8_DIVIDER, &pair.public.to_bytes()].concat();

	let (mut salt, mut nonce) = ([0; 32], [0; 24]);
	crate::account::random(&mut salt)?;
	crate::account::random(&mut nonce)?;
	let failed = |error: &dyn std::fmt::Display| Error::Usage(format!("the account cannot be encrypted: {error}"));
	let params = scrypt::Params::new(LOG_N, R, P, 32).map_err(|error| failed(&error))?;
	let mut key = Key::default();
	scrypt::scrypt(password.as_bytes(), &salt, &params, &mut key).map_err(|error| failed(&error))?;
	let sealed = XSalsa20Poly1305::new(&key)
		.encrypt(Nonce::from_slice(&nonce), plain.as_slice())
		.map_err(|error| failed(&error))?;

	let n = 1u32 << LOG_N;
	let encoded = [&salt[..], &n.to_le_bytes(), &P.to_le_bytes(), &R.to_le_bytes(), &nonce, &sealed].concat();
	Ok(json!({
		"encoded": STANDARD.encode(encoded),
		"encoding": { "content": ["pkcs8", "sr25519"], "type": ["scrypt", "xsalsa20-poly1305"], "version": "3" },
		"address": address,
		"meta": { "name": name },
	}))
}

/// The key pair of a secret. `subxt_signer` makes the same one, and does not give its secret part.
fn pair(uri: &SecretUri) -> Result<Keypair, Error> {
	let wrong = |why: String| Error::Usage(format!("this is no secret: {why}"));
	let phrase = uri.phrase.expose_secret();
	let seed = match phrase.strip_prefix("0x") {
		Some(digits) => {
			let bytes = hex::decode(digits).map_err(|error| wrong(error.to_string()))?;
			MiniSecretKey::from_bytes(&bytes).map_err(|error| wrong(error.to_string()))?
		}
		None => {
			let words = Mnemonic::parse(phrase).map_err(|error| wrong(error.to_string()))?;
			let password = uri.password.as_ref().map_or("", |password| password.expose_secret());
			substrate_bip39::mini_secret_from_entropy(&words.to_entropy(), password)
				.map_err(|error| wrong(format!("{error:?}")))?
		}
	};
	let secret = uri.junctions.iter().fold(seed.expand(ExpansionMode::Ed25519), |secret, junction| match junction {
		DeriveJunction::Soft(code) => secret.derived_key_simple(schnorrkel::derive::ChainCode(*code), []).0,
		DeriveJunction::Hard(code) => {
			let (seed, _) = secret.hard_derive_mini_secret_key(Some(schnorrkel::derive::ChainCode(*code)), b"");
			seed.expand(ExpansionMode::Ed25519)
		}
	});
	Ok(secret.to_keypair())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Account;

	#[test]
	fn an_encrypted_account_is_that_of_its_secret_and_opens_with_its_password_alone() {
		let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
		let seed = format!("0x{}", "5e".repeat(32));
		for secret in ["//Alice", phrase, &seed, &format!("{phrase}//hard/soft///word")] {
			let address = Account::from_uri(secret).unwrap().address();
			let file = encrypt(secret, "somebody", &address, "open sesame").unwrap().to_string();
			assert_eq!(Account::from_polkadot_js(&file, "open sesame").unwrap().address(), address);
			assert!(Account::from_polkadot_js(&file, "open barley").is_err());
			assert!(!file.contains("walk"));
		}
	}
}
