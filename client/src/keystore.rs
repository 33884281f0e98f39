//! Accounts of this user: a file for each, which nobody else may read. All clients of a user share them.

use crate::{
	encrypted::encrypt,
	parse_address,
	settings::{data_home, text_variable},
	Account, Error,
};
use assay_primitives::Hash32;
use serde_json::{json, Value};
use std::{
	fs::{self, OpenOptions},
	io::Write,
	os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
	path::PathBuf,
};

/// The folder of the accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keystore {
	folder: PathBuf,
}

/// An account without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyEntry {
	/// Name.
	pub name: String,
	/// Address.
	pub address: String,
	/// True if a password opens it.
	pub encrypted: bool,
	/// Its file.
	pub path: PathBuf,
}

impl Keystore {
	/// The accounts in a folder.
	pub fn new(folder: PathBuf) -> Self {
		Keystore { folder }
	}

	/// The accounts of this user: `assay/keys` in `$XDG_DATA_HOME`, or in `~/.local/share`.
	pub fn of_user() -> Self {
		Keystore::new(data_home().join("keys"))
	}

	fn path(&self, name: &str) -> Result<PathBuf, Error> {
		let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
		if name.is_empty() || !name.bytes().all(allowed) {
			return Err(Error::Usage(format!("`{name}` is no name of an account: use letters, digits, - and _")));
		}
		Ok(self.folder.join(format!("{name}.json")))
	}

	/// Keeps a secret: a phrase, a seed or a derivation. With a password it is encrypted, in the format of polkadot.js.
	pub fn add(&self, name: &str, secret: &str, password: Option<&str>) -> Result<KeyEntry, Error> {
		let address = Account::from_uri(secret)?.address();
		let value = match password {
			Some(password) => encrypt(secret, name, &address, password)?,
			None => json!({ "address": address, "secret": secret.trim() }),
		};
		self.write(name, &value)
	}

	/// Keeps an account as polkadot.js has exported it, encrypted.
	pub fn add_polkadot_js(&self, name: &str, text: &str) -> Result<KeyEntry, Error> {
		let value: Value =
			serde_json::from_str(text).map_err(|error| Error::Usage(format!("this is no JSON: {error}")))?;
		if !value["encoded"].is_string() || !value["address"].is_string() {
			return Err(Error::Usage("this is no account that polkadot.js has exported".into()));
		}
		self.write(name, &value)
	}

	fn write(&self, name: &str, value: &Value) -> Result<KeyEntry, Error> {
		let path = self.path(name)?;
		let at = |error: std::io::Error| match error.kind() {
			std::io::ErrorKind::AlreadyExists => Error::Usage(format!(
				"there is an account `{name}`: choose another name, or remove it with `assay keys rm {name}`"
			)),
			_ => Error::file(&path, error),
		};
		let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
		made.map_err(|error| Error::file(&self.folder, error))?;
		let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(at)?;
		file.write_all(format!("{value:#}\n").as_bytes()).map_err(|error| Error::file(&path, error))?;
		self.entry(name)
	}

	fn read(&self, name: &str) -> Result<(PathBuf, String, Value), Error> {
		let path = self.path(name)?;
		let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
			std::io::ErrorKind::NotFound => {
				Error::Usage(format!("there is no account `{name}`: `assay keys ls` lists those that there are"))
			}
			_ => Error::file(&path, error),
		})?;
		let value = serde_json::from_str(&text).map_err(|error| Error::file(&path, error))?;
		Ok((path, text, value))
	}

	/// An account without its secret.
	pub fn entry(&self, name: &str) -> Result<KeyEntry, Error> {
		let (path, _, value) = self.read(name)?;
		let address = value["address"].as_str().ok_or_else(|| Error::file(&path, "there is no address in it"))?;
		let encrypted = value["encoded"].is_string();
		Ok(KeyEntry { name: name.into(), address: address.into(), encrypted, path: path.clone() })
	}

	/// All accounts, by name.
	pub fn list(&self) -> Result<Vec<KeyEntry>, Error> {
		let files = match fs::read_dir(&self.folder) {
			Ok(files) => files,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
			Err(error) => return Err(Error::file(&self.folder, error)),
		};
		let mut names: Vec<String> = files
			.filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".json")?.to_string()))
			.collect();
		names.sort();
		names.iter().map(|name| self.entry(name)).collect()
	}

	/// Opens an account. An encrypted one takes its password from `$ASSAY_PASSWORD`, or from `password`, which is given its name. A file that
	/// others may read is refused.
	pub fn open(&self, name: &str, password: impl FnOnce(&str) -> Result<String, Error>) -> Result<Account, Error> {
		let (path, text, value) = self.read(name)?;
		let mode = fs::metadata(&path).map_err(|error| Error::file(&path, error))?.permissions().mode();
		if mode & 0o077 != 0 {
			let why = format!("others may read it (mode {:o}): chmod 600 it", mode & 0o777);
			return Err(Error::file(&path, why));
		}
		let Some(secret) = value["secret"].as_str() else {
			let password = Keystore::password().map_or_else(|| password(name), Ok)?;
			return Account::from_polkadot_js(&text, &password);
		};
		let account = Account::from_uri(secret)?;
		if value["address"].as_str() != Some(account.address().as_str()) {
			return Err(Error::file(&path, "its address is not that of its secret"));
		}
		Ok(account)
	}

	/// The password in `$ASSAY_PASSWORD`.
	pub fn password() -> Option<String> {
		text_variable("ASSAY_PASSWORD")
	}

	/// The account that signs where nobody names another: `$ASSAY_ACCOUNT`, or the only one.
	pub fn default_name(&self) -> Result<String, Error> {
		if let Some(name) = text_variable("ASSAY_ACCOUNT") {
			return Ok(name);
		}
		match self.list()?.as_slice() {
			[only] => Ok(only.name.clone()),
			[] => Err(Error::Usage(
				"there is no account: `assay keys new NAME` makes one, //Alice is one of a development chain".into(),
			)),
			several => {
				let names: Vec<&str> = several.iter().map(|entry| entry.name.as_str()).collect();
				Err(Error::Usage(format!("say which account signs: {}", names.join(", "))))
			}
		}
	}

	/// The id of an account that is named by its address, by its name here, or as one of a development chain: //Alice.
	pub fn find(&self, who: &str) -> Result<Hash32, Error> {
		if who.starts_with("//") {
			return Ok(Account::from_uri(who)?.id());
		}
		match self.entry(who) {
			Ok(entry) => parse_address(&entry.address),
			Err(_) => parse_address(who)
				.map_err(|_| Error::Usage(format!("`{who}` is neither an account of `assay keys ls` nor an address"))),
		}
	}

	/// Removes an account for good.
	pub fn remove(&self, name: &str) -> Result<(), Error> {
		let entry = self.entry(name)?;
		fs::remove_file(&entry.path).map_err(|error| Error::file(&entry.path, error))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn secrets_are_in_files_that_nobody_else_may_read() {
		let folder = tempfile::tempdir().unwrap();
		let keystore = Keystore::new(folder.path().join("keys"));
		let none = |_: &str| Err(Error::Usage("nobody is asked".into()));
		assert!(keystore.list().unwrap().is_empty());
		let entry = keystore.add("bob", "//Bob", None).unwrap();
		assert_eq!(entry.address, "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty");
		let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
		assert_eq!((mode(&entry.path), mode(&folder.path().join("keys"))), (0o600, 0o700));
		assert_eq!(keystore.open("bob", none).unwrap().address(), entry.address);
		assert!(keystore.add("bob", "//Charlie", None).is_err());
		assert!(keystore.add("../x", "//Charlie", None).is_err());
		assert_eq!(keystore.list().unwrap().len(), 1);
		fs::set_permissions(&entry.path, fs::Permissions::from_mode(0o640)).unwrap();
		assert!(keystore.open("bob", none).err().unwrap().to_string().contains("mode 640"));
		keystore.remove("bob").unwrap();
		assert!(keystore.open("bob", none).is_err());
		let sealed = keystore.add("carol", "//Charlie", Some("a password")).unwrap();
		assert!(sealed.encrypted);
		assert!(!fs::read_to_string(&sealed.path).unwrap().contains("//Charlie"));
		assert!(keystore.open("carol", none).is_err());
		let opened = keystore.open("carol", |_| Ok("a password".into())).unwrap();
		assert_eq!(opened.address(), Account::from_uri("//Charlie").unwrap().address());
	}
}
