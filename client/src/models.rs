//! Finding models: by id, by name and version, by what they are called.

use crate::{
	client::{value, Client},
	records::{Listed, Model, ModelStatus},
	trust::hex0x,
	Error,
};
use assay_primitives::{ContentId, Hash32, ModelId};
use std::{fmt, str::FromStr};
use subxt::dynamic;

/// Versions of a name that are tried for one that takes requests.
const TRIED_VERSIONS: u32 = 32;

/// How a user names a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelRef {
	/// By its id.
	Id(ModelId),
	/// By its name, and a version or else the highest one that takes requests.
	Name(String, Option<u32>),
}

impl FromStr for ModelRef {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if let Some(digits) = text.strip_prefix("0x") {
			let id = hex::decode(digits).ok().and_then(|bytes| Hash32::try_from(bytes).ok());
			return id.map(|id| ModelRef::Id(ContentId(id))).ok_or_else(|| "an id has 32 bytes in hex".into());
		}
		let (name, version) = match text.split_once('@') {
			Some((name, version)) => {
				let version = version.parse().map_err(|_| "a version is a number: NAME@VERSION".to_string())?;
				(name, Some(version))
			}
			None => (text, None),
		};
		let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_./".contains(&byte);
		if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
			return Err("a name has 1 to 64 of: lower-case letters, digits, -, _, ., /".into());
		}
		Ok(ModelRef::Name(name.into(), version))
	}
}

impl fmt::Display for ModelRef {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			ModelRef::Id(id) => formatter.write_str(&hex0x(id)),
			ModelRef::Name(name, None) => formatter.write_str(name),
			ModelRef::Name(name, Some(version)) => write!(formatter, "{name}@{version}"),
		}
	}
}

/// A model that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
	/// Its id.
	pub id: ModelId,
	/// Its record.
	pub model: Model,
	/// The name and the version that it was found by. Over RPC that they are this model's is the node's word until it is proven.
	pub named: Option<(String, u32)>,
}

impl Found {
	/// The model, if it takes requests.
	pub fn active(self) -> Result<Self, Error> {
		match self.model.status {
			ModelStatus::Active { .. } => Ok(self),
			_ => Err(Error::Usage(format!(
				"{} takes no requests: it is {}; `assay models show` says more",
				self.model.title(),
				self.model.status.name().to_lowercase()
			))),
		}
	}
}

/// What to list. With neither, all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
	/// What names begin with.
	pub prefix: Option<String>,
	/// The owner.
	pub owner: Option<Hash32>,
}

/// Part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
	/// In the order of the chain's storage.
	pub models: Vec<Listed>,
	/// Where the next page begins, if there is one.
	pub next: Option<ModelId>,
}

impl Client {
	/// Finds a model.
	pub async fn find(&self, reference: &ModelRef) -> Result<Found, Error> {
		let unknown = || Error::Usage(format!("no model is {reference}: `assay models ls` lists those that there are"));
		match reference {
			ModelRef::Id(id) => {
				let model = self.model(id).await?.ok_or_else(unknown)?;
				Ok(Found { id: *id, model, named: None })
			}
			ModelRef::Name(name, Some(version)) => self.find_version(name, *version).await?.ok_or_else(unknown),
			ModelRef::Name(name, None) => {
				let last = self.name(name).await?.ok_or_else(unknown)?.last_version;
				let mut newest = None;
				for version in (1..=last).rev().take(TRIED_VERSIONS as usize) {
					let Some(found) = self.find_version(name, version).await? else { continue };
					if matches!(found.model.status, ModelStatus::Active { .. }) {
						return Ok(found);
					}
					newest.get_or_insert(found);
				}
				newest.ok_or_else(unknown)
			}
		}
	}

	async fn find_version(&self, name: &str, version: u32) -> Result<Option<Found>, Error> {
		let Some(id) = self.version(name, version).await? else { return Ok(None) };
		let model = self.model(&id).await?;
		Ok(model.map(|model| Found { id, model, named: Some((name.into(), version)) }))
	}

	/// Lists at most `limit` models that fit, from `from` on, a page's [`Page::next`]. Reads the chain's storage in its order.
	pub async fn models(&self, query: &Query, from: Option<ModelId>, limit: usize) -> Result<Page, Error> {
		let at = self.at().await?;
		let address = dynamic::storage::<(Hash32,), Model>("Inference", "Models");
		let mut entries = at.storage().iter(address, ()).await?;
		let mut page = Page { models: Vec::new(), next: None };
		let mut begun = from.is_none();
		while let Some(entry) = entries.next().await {
			let entry = entry?;
			let (id,) = entry.key().and_then(|key| key.decode()).map_err(Error::unknown_chain)?;
			begun |= from.is_some_and(|from| from.0 == id);
			if !begun {
				continue;
			}
			let model = entry.value().decode()?;
			if !query.takes(&model) {
				continue;
			}
			if page.models.len() == limit {
				page.next = Some(ContentId(id));
				break;
			}
			page.models.push((ContentId(id), model));
		}
		Ok(page)
	}

	/// What registering a model of so many bytes costs: the deposit, which returns, and the fee of the activation.
	pub async fn registration_price(&self, size: u64) -> Result<(u128, u128), Error> {
		use crate::client::constant;
		let at = self.at().await?;
		let read = |name: &str| constant::<u128>(&at, "Inference", name);
		let validators: Vec<Hash32> = value(&at, "Session", "Validators", ()).await?.unwrap_or_default();
		let most: u32 = constant(&at, "Inference", "MaxActivation")?;
		let units: u64 = constant(&at, "Inference", "ActivationUnits")?;
		let electorate = validators.len().min(most as usize) as u128;
		let deposit = u128::from(size.div_ceil(1024)).saturating_mul(read("DepositPerKib")?);
		let run = read("UnitPrice")?.saturating_mul(units.into());
		let run = run.saturating_add(read("BytePrice")?.saturating_mul(size.into()));
		let fee = run.saturating_mul(electorate).saturating_add(read("BasePrice")?);
		Ok((deposit.saturating_add(read("DepositBase")?), fee))
	}
}

impl Query {
	fn takes(&self, model: &Model) -> bool {
		let named = self.prefix.as_ref().is_none_or(|prefix| model.name.starts_with(prefix.as_bytes()));
		named && self.owner.is_none_or(|owner| model.owner == owner)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn models_are_named_by_id_name_and_version() {
		assert_eq!("a/b".parse(), Ok(ModelRef::Name("a/b".into(), None)));
		assert_eq!("a/b@3".parse(), Ok(ModelRef::Name("a/b".into(), Some(3))));
		let id = format!("0x{}", "11".repeat(32));
		assert_eq!(id.parse(), Ok(ModelRef::Id(ContentId([0x11; 32]))));
		for wrong in ["", "A", "a b", "a@x", "0x11", "a@-1"] {
			assert!(wrong.parse::<ModelRef>().is_err(), "{wrong}");
		}
	}
}
