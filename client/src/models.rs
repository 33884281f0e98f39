//! Finding models: by id, by name and version, by what they are called.

use crate::{
	calls::Registration,
	client::{constant, value, Client},
	records::{Input, Listed, Metadata, Model, ModelInfo, ModelStatus, Name},
	trust::hex0x,
	Error,
};
use assay_primitives::{ContentId, Hash32, ModelId};
use std::{fmt, str::FromStr};
use subxt::{
	dynamic,
	ext::{scale_decode::DecodeAsType, scale_encode::EncodeAsType},
};

/// Models in the longest page.
const LONGEST_PAGE: u32 = 100;
/// Pages that a search looks through in one call.
const SEARCHED_PAGES: u32 = 64;

/// The name that a user has for a model.
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

/// The models that are wanted: those of which everything holds that is given.
#[derive(Clone, PartialEq, Eq, Debug, Default, EncodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
pub struct Query {
	/// They have this owner.
	pub owner: Option<Hash32>,
	/// Their names begin like this; empty for any name.
	pub name_prefix: Vec<u8>,
	/// They have this task.
	pub task: Option<Vec<u8>>,
	/// They have this tag.
	pub tag: Option<Vec<u8>>,
	/// They take requests.
	pub active: bool,
}

/// A place in a list of models: a page's end.
#[derive(Clone, PartialEq, Eq, Debug, EncodeAsType, DecodeAsType)]
#[encode_as_type(crate_path = "subxt::ext::scale_encode")]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Cursor {
	/// Name.
	pub name: Vec<u8>,
	/// Version under it.
	pub version: u32,
}

impl fmt::Display for Cursor {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(formatter, "{}@{}", String::from_utf8_lossy(&self.name), self.version)
	}
}

/// Part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
	/// In the order of their names, and of a name's versions from the newest on.
	pub models: Vec<Listed>,
	/// The cursor to go on from, if there is more.
	pub next: Option<Cursor>,
}

impl Client {
	/// Finds a model.
	pub async fn find(&self, reference: &ModelRef) -> Result<Found, Error> {
		let found = match reference {
			ModelRef::Id(id) => self.model(id).await?.map(|model| Found { id: *id, model, named: None }),
			ModelRef::Name(name, version) => {
				let arguments = (name.as_bytes().to_vec(), *version);
				let call = dynamic::runtime_api_call::<_, Option<ModelInfo>>("ModelsApi", "model_named", arguments);
				let found = self.at().await?.runtime_apis().call(call).await?.map(Listed::from);
				found.map(|(id, model)| Found { id, named: Some((name.clone(), model.version)), model })
			}
		};
		match (found, reference) {
			(Some(found), _) => Ok(found),
			(None, ModelRef::Name(name, None)) if self.is_registered(name).await? => Err(Error::Usage(format!(
				"no version of {name} takes requests: `assay models search {name}` says what has become of each"
			))),
			(None, _) => Err(Error::Usage(format!(
				"there is no model {reference}: `assay models ls` lists those that there are"
			))),
		}
	}

	/// True if some model has this name, whatever its status.
	async fn is_registered(&self, name: &str) -> Result<bool, Error> {
		let query = Query { name_prefix: name.as_bytes().to_vec(), ..Query::default() };
		let page = self.models(&query, None, 1).await?;
		Ok(page.models.first().is_some_and(|(_, model)| model.name == name.as_bytes()))
	}

	/// Lists models that fit, from `after` on, a page's [`Page::next`]: at most `limit`, from 1 to 100. A page can be short, or empty, and
	/// have a next one.
	pub async fn models(&self, query: &Query, after: Option<&Cursor>, limit: u32) -> Result<Page, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct ModelPage {
			models: Vec<ModelInfo>,
			next: Option<Cursor>,
		}
		let arguments = (query.clone(), after.cloned(), limit);
		let call = dynamic::runtime_api_call::<_, ModelPage>("ModelsApi", "models", arguments);
		let page = self.at().await?.runtime_apis().call(call).await?;
		Ok(Page { models: page.models.into_iter().map(Listed::from).collect(), next: page.next })
	}

	/// The same of models in whose name, task, tags or description a word is, whatever its case. It looks through at most 6,400 models in
	/// one call: a page can be short, or empty, and have a next one.
	pub async fn search(&self, word: &str, query: &Query, after: Option<&Cursor>, limit: u32) -> Result<Page, Error> {
		let word = word.to_lowercase();
		let has = |text: &[u8]| String::from_utf8_lossy(text).to_lowercase().contains(&word);
		let mut found = Page { models: Vec::new(), next: after.cloned() };
		for _ in 0..SEARCHED_PAGES {
			let page = self.models(query, found.next.as_ref(), LONGEST_PAGE).await?;
			found.next = page.next;
			for (id, model) in page.models {
				let Metadata { task, tags, description, .. } = &model.metadata;
				if !has(&model.name) && !has(task) && !has(description) && !tags.iter().any(|tag| has(tag)) {
					continue;
				}
				let place = Cursor { name: model.name.clone(), version: model.version };
				found.models.push((id, model));
				if found.models.len() as u32 == limit {
					found.next = Some(place);
					return Ok(found);
				}
			}
			if found.next.is_none() {
				break;
			}
		}
		Ok(found)
	}

	/// The price of a registration.
	pub async fn registration_price(&self, what: &Registration) -> Result<RegistrationPrice, Error> {
		let at = self.at().await?;
		let read = |name: &str| constant::<u128>(&at, "Models", name);
		let kibs = |bytes: u64| u128::from(bytes.div_ceil(1024));
		let sample = match &what.sample {
			None => 0,
			Some(Input::Inline(bytes)) => bytes.len() as u64,
			Some(Input::Blob(blob)) => blob.size,
		};
		let kept = kibs(what.size.saturating_add(sample)) + what.metadata.card.map_or(0, |card| kibs(card.size));
		let bytes: u64 = value(&at, "Models", "CatalogueBytes", ()).await?.unwrap_or_default();
		let limit: u64 = match value(&at, "Models", "CatalogueLimit", ()).await? {
			Some(limit) => limit,
			None => constant(&at, "Models", "CatalogueLimit")?,
		};
		let deposit = kept.saturating_mul(read("DepositPerKib")?).saturating_mul(fullness(bytes, limit));
		let name: Option<Name> = value(&at, "Models", "Names", (what.name.clone(),)).await?;
		let name = if name.is_some() { 0 } else { read("NameDeposit")? };

		let validators: Vec<Hash32> = value(&at, "Session", "Validators", ()).await?.unwrap_or_default();
		let most: u32 = constant(&at, "Models", "MaxActivation")?;
		let units: u64 = constant(&at, "Models", "ActivationUnits")?;
		let electorate = validators.len().min(most as usize) as u128;
		let run = read("UnitPrice")?.saturating_mul(units.into());
		let run = run.saturating_add(read("BytePrice")?.saturating_mul(what.size.into()));
		let activation = run.saturating_mul(electorate).saturating_add(read("BasePrice")?);
		Ok(RegistrationPrice { deposit, record: read("DepositBase")?.saturating_add(name), activation })
	}
}

/// The factor on the price of a KiB in a catalogue of so many bytes: twice as much with each sixteenth beyond half of
/// the limit.
fn fullness(bytes: u64, limit: u64) -> u128 {
	let sixteenths = u128::from(bytes).saturating_mul(16).checked_div(limit.into()).unwrap_or(16).min(16);
	1 << sixteenths.saturating_sub(8)
}

/// The price of a registration, in plancks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegistrationPrice {
	/// On hold for the bytes; returns when the model is retired or rejected.
	pub deposit: u128,
	/// On hold for the record, and for a new name, as long as they stay.
	pub record: u128,
	/// Goes to the validators that run the sample.
	pub activation: u128,
}

impl RegistrationPrice {
	/// All of it.
	pub fn total(&self) -> u128 {
		self.deposit.saturating_add(self.record).saturating_add(self.activation)
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

	#[test]
	fn a_full_catalogue_costs_256_times_as_much_as_an_empty_one() {
		let factors = [0, 8_999, 9_000, 10_000, 15_999, 16_000, 90_000].map(|bytes| fullness(bytes, 16_000));
		assert_eq!(factors, [1, 1, 2, 4, 128, 256, 256]);
		assert_eq!(fullness(0, 0), 256);
	}
}
