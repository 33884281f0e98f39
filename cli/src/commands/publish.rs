//! `assay publish`.

use super::{
	screen::Screen,
	session::{Network, Session, Signer},
	text::{pairs, status},
};
use crate::{
	error::Error as LocalError,
	run::{self, EngineArguments, Report},
};
use assay_client::{
	amount, hex0x, parse_amount,
	records::{self, ModelStatus},
	Account, Error, ModelRef, Registration,
};
use assay_primitives::{ContentId, EngineId};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Bytes of the largest card.
const MAX_CARD: usize = 1 << 20;

/// Arguments of `assay publish`.
#[derive(Args)]
pub struct Publish {
	/// ONNX file
	model: PathBuf,
	/// Name to publish it by, and the version: NAME or NAME@VERSION. Without a version, the next one
	#[arg(long)]
	name: ModelRef,
	/// Shape of an input of the sample, as NAME=1x3x224x224; for the others, every free dimension is 1
	#[arg(long = "shape", value_name = "NAME=DIMS", value_parser = run::shape)]
	shapes: Vec<(String, Vec<u64>)>,
	/// Tensors by name that the model has to give, as another runtime gives them: .npz, .json or .bundle. Those that are named as its
	/// inputs are what it is asked; without them it is asked its sample. Nothing is registered if it answers otherwise
	#[arg(long, value_name = "FILE")]
	expect: Option<PathBuf>,
	/// ASY that you get for each answer
	#[arg(long, value_name = "ASY", allow_negative_numbers = true, value_parser = parse_amount, default_value = "0")]
	royalty: u128,
	#[command(flatten)]
	about: About,
	#[command(flatten)]
	signer: Signer,
}

/// The description of a model. Options that are not given are as in the version before, or empty.
#[derive(Args)]
pub struct About {
	/// Task, as model hubs name it: image-classification
	#[arg(long)]
	task: Option<String>,
	/// SPDX expression of the licence
	#[arg(long, alias = "license")]
	licence: Option<String>,
	/// Word to find it by; may be given up to eight times
	#[arg(long = "tag", value_name = "WORD")]
	tags: Vec<String>,
	/// One paragraph about it
	#[arg(long)]
	description: Option<String>,
	/// Model card: a text file of at most 1 MiB, which is uploaded like a model
	#[arg(long, value_name = "FILE")]
	card: Option<PathBuf>,
}

impl About {
	/// Bytes of the card.
	pub fn card(&self) -> Result<Option<Vec<u8>>, Error> {
		let Some(path) = &self.card else { return Ok(None) };
		let bytes = std::fs::read(path).map_err(|error| Error::file(path, error))?;
		if bytes.is_empty() || bytes.len() > MAX_CARD {
			return Err(Error::file(path, format!("a card has 1 to {MAX_CARD} bytes, not {}", bytes.len())));
		}
		Ok(Some(bytes))
	}

	/// As the chain takes it, with its bounds. `before` is what was said of the version before.
	pub fn metadata(
		&self,
		before: Option<&records::Metadata>,
		card: Option<&[u8]>,
	) -> Result<records::Metadata, Error> {
		let bounded = |what: &str, text: &str, most: usize| {
			if text.len() > most {
				return Err(Error::Usage(format!("--{what} has at most {most} bytes, not {}", text.len())));
			}
			Ok(text.as_bytes().to_vec())
		};
		let field = |what: &str, text: &Option<String>, before: Option<&Vec<u8>>, most: usize| match text {
			Some(text) => bounded(what, text, most),
			None => Ok(before.cloned().unwrap_or_default()),
		};
		if self.tags.len() > 8 {
			return Err(Error::Usage(format!("there are at most 8 tags, not {}", self.tags.len())));
		}
		let tags = match self.tags.as_slice() {
			[] => before.map(|before| before.tags.clone()).unwrap_or_default(),
			tags => tags.iter().map(|tag| bounded("tag", tag, 24)).collect::<Result<_, _>>()?,
		};
		let card = card.map(|bytes| records::BlobRef { id: ContentId::of(bytes).0, size: bytes.len() as u64 });
		Ok(records::Metadata {
			task: field("task", &self.task, before.map(|before| &before.task), 32)?,
			licence: field("licence", &self.licence, before.map(|before| &before.licence), 32)?,
			tags,
			description: field("description", &self.description, before.map(|before| &before.description), 512)?,
			card: card.or(before.and_then(|before| before.card)),
		})
	}
}

/// A model that the engine here has run.
pub struct Checked {
	account: Account,
	bytes: Vec<u8>,
	engine: EngineId,
	sample: Option<Vec<u8>>,
	units: u64,
}

/// Has the engine load the model and run its sample: what would be rejected is not paid for.
pub fn check(command: &Publish, engine: &EngineArguments, screen: &Screen) -> Result<Checked, LocalError> {
	let account = command.signer.account()?;
	screen.step("tries the model in the engine".into());
	let (bytes, engine, sample, units) =
		run::try_model(&command.model, &command.shapes, command.expect.as_deref(), engine)?;
	Ok(Checked { account, bytes, engine, sample, units })
}

impl Publish {
	async fn registration(
		&self,
		checked: &Checked,
		card: Option<&[u8]>,
		session: &Session<'_>,
		owner: &[u8; 32],
	) -> Result<Registration, Error> {
		let ModelRef::Name(name, version) = &self.name else {
			return Err(Error::Usage("--name is a name, not an id".into()));
		};
		let taken = session.client.name(name).await?;
		if taken.as_ref().is_some_and(|taken| taken.owner != *owner) {
			return Err(Error::Refused(format!("the name {name} belongs to another account: choose another")));
		}
		let last = taken.map(|taken| taken.last_version);
		let next = last.map_or(1, |last| last.saturating_add(1));
		let before = match last {
			Some(last) => session.client.find(&ModelRef::Name(name.clone(), Some(last))).await.ok(),
			None => None,
		};
		let metadata = self.about.metadata(before.as_ref().map(|before| &before.model.metadata), card)?;
		Ok(Registration {
			model: ContentId::of(&checked.bytes).0,
			size: checked.bytes.len() as u64,
			name: name.as_bytes().to_vec(),
			version: version.unwrap_or(next),
			metadata,
			royalty: self.royalty,
			sample: checked.sample.clone().map(records::Input::Inline),
			expected: None,
		})
	}
}

/// Registers, uploads, and waits until the model takes requests.
pub async fn publish(
	command: &Publish,
	checked: &Checked,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let account = &checked.account;
	let card = command.about.card()?;
	command.about.metadata(None, card.as_deref())?;
	let session = Session::open(network, screen).await?;
	let client = &session.client;
	let id = ContentId::of(&checked.bytes);
	let engine = client.engine().await?.unwrap_or_default();
	if engine != checked.engine.0 {
		return Err(Error::UnknownChain(
			format!("it runs the engine {}, and this is {}", hex0x(engine), hex0x(checked.engine.0)).into(),
		));
	}
	if let Some(model) = client.model(&id).await? {
		if let Some(report) = resume(&session, &checked.bytes, &model, &account.id()).await? {
			return Ok(report);
		}
	}
	let registration = command.registration(checked, card.as_deref(), &session, &account.id()).await?;
	let title = format!("{}@{}", String::from_utf8_lossy(&registration.name), registration.version);
	let price = client.registration_price(&registration).await?;
	client.afford(account, price.total()).await?;
	let prepared = client.prepare_registration(&registration, account).await?;
	let mut rows = vec![
		("model", title.clone()),
		("id", hex0x(id)),
		("size", format!("{} bytes", registration.size)),
		("units", format!("{} with its sample", checked.units)),
		("bytes", format!("{} on hold, returns when the model is retired or rejected", amount(price.deposit))),
		("record", format!("{} on hold, as long as record and name are there", amount(price.record))),
		("activation", format!("{}, goes to the validators that run the sample", amount(price.activation))),
		("fee", amount(prepared.fee)),
	];
	let mut json = json!({
		"id": hex0x(id),
		"name": String::from_utf8_lossy(&registration.name),
		"version": registration.version,
		"units": checked.units,
		"deposit": price.deposit.to_string(),
		"record": price.record.to_string(),
		"activation_fee": price.activation.to_string(),
		"fee": prepared.fee.to_string(),
		"status": null,
	});
	if command.signer.dry_run {
		return Ok(Report { text: pairs(&rows), json });
	}
	let held = amount(price.deposit + price.record);
	let costs = format!("{title} costs {}, {held} of which are put on hold", amount(price.total() + prepared.fee));
	screen.step(costs.clone());
	command.signer.confirm(screen, &costs)?;
	let model = client.publish(&checked.bytes, &prepared, &session.watcher()).await?;
	if let Some(card) = card {
		client.upload(&card, &session.watcher()).await?;
	}
	rows.push(("status", status(model.status.name())));
	json["status"] = model.status.name().into();
	Ok(Report { text: pairs(&rows), json })
}

/// Goes on with a publication that was cut off: the model is registered and paid for. None if it was rejected, and may be registered anew.
async fn resume(
	session: &Session<'_>,
	bytes: &[u8],
	model: &records::Model,
	owner: &[u8; 32],
) -> Result<Option<Report>, Error> {
	let id = ContentId::of(bytes);
	match &model.status {
		ModelStatus::Rejected(_) => return Ok(None),
		ModelStatus::Pending if model.owner == *owner => (),
		ModelStatus::Pending | ModelStatus::Active { .. } | ModelStatus::Retired => {
			return Err(Error::Refused(format!(
				"this file is registered already, as {}: use it, or publish another file",
				model.title()
			)))
		}
	}
	session.screen.step(format!("{} is registered already: uploads what is missing", model.title()));
	session.client.upload(bytes, &session.watcher()).await?;
	let model = session.client.activation(&id, &session.watcher()).await?;
	let rows = [("model", model.title()), ("id", hex0x(id)), ("status", status(model.status.name()))];
	let name = String::from_utf8_lossy(&model.name);
	let json = json!({ "id": hex0x(id), "name": name, "version": model.version, "status": model.status.name() });
	Ok(Some(Report { text: pairs(&rows), json }))
}
