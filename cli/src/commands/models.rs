//! `assay models`.

use super::{
	publish::About,
	screen::Screen,
	session::{Network, Session, Signer},
	text::{foreign, pairs, short, status, table},
};
use crate::run::Report;
use assay_client::{
	address, amount, hex0x, parse_amount,
	records::{Listed, Model, ModelStatus},
	Account, Call, Cursor, Error, Found, Keystore, ModelRef, Query,
};
use assay_primitives::ModelId;
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::path::PathBuf;

/// Models of the chain
#[derive(Subcommand)]
pub enum Models {
	#[command(flatten)]
	Find(Find),
	/// Show a model
	Show {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
	},
	/// Change what is said about a model of yours; what is not named stays
	Edit {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
		#[command(flatten)]
		about: About,
		#[command(flatten)]
		signer: Signer,
	},
	/// Set what you get for each answer of a model of yours
	Royalty {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
		/// ASY
		#[arg(allow_negative_numbers = true, value_parser = parse_amount)]
		amount: u128,
		#[command(flatten)]
		signer: Signer,
	},
	/// Retire a model of yours: it takes no more requests, for good, and what its bytes cost returns
	Retire {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
		#[command(flatten)]
		signer: Signer,
	},
	/// Give a model of yours to another account, which gets its royalty from then on
	Transfer {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
		/// The other's address, or its name in `assay keys`
		to: String,
		#[command(flatten)]
		signer: Signer,
	},
}

/// Finding and downloading models, which works without `models` before it, too.
#[derive(Subcommand)]
pub enum Find {
	/// List models
	#[command(alias = "list")]
	Ls(List),
	/// List models in whose name, task, tags or description a word is
	Search {
		/// The word, in any case
		word: String,
		#[command(flatten)]
		list: List,
	},
	/// Download a model, and check that it is the one
	Pull {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
		/// File for the model [default: the name, with .onnx]
		#[arg(long, short, value_name = "FILE")]
		output: Option<PathBuf>,
		/// Replace a file that is there
		#[arg(long)]
		force: bool,
	},
}

/// The part of a list to show.
#[derive(Args)]
pub struct List {
	/// Models of this account: its address, or its name in `assay keys`
	#[arg(long, value_name = "ACCOUNT")]
	owner: Option<String>,
	/// Models for this task
	#[arg(long)]
	task: Option<String>,
	/// Models with this tag
	#[arg(long)]
	tag: Option<String>,
	/// Models that take requests
	#[arg(long)]
	active: bool,
	/// At most so many
	#[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
	limit: u32,
	/// Go on after NAME@VERSION, as the page before says
	#[arg(long, value_name = "NAME@VERSION")]
	from: Option<ModelRef>,
}

/// Runs a command.
pub async fn models(command: &Models, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Models::Find(command) => find(command, network, screen).await,
		Models::Show { model } => show(model, network, screen).await,
		Models::Edit { model, about, signer } => edit(model, about, signer, network, screen).await,
		Models::Royalty { model, amount: plancks, signer } => {
			let call = |id: &ModelId| Call::set_royalty(&id.0, *plancks);
			change(model, signer, call, &format!("sets the royalty to {} of", amount(*plancks)), network, screen).await
		}
		Models::Retire { model, signer } => {
			change(model, signer, |id| Call::retire_model(&id.0), "retires for good", network, screen).await
		}
		Models::Transfer { model, to, signer } => {
			let to = Keystore::of_user().find(to)?;
			let call = |id: &ModelId| Call::transfer_model(&id.0, &to);
			change(model, signer, call, &format!("gives to {}", address(&to)), network, screen).await
		}
	}
}

/// Runs a command that finds or downloads models.
pub async fn find(command: &Find, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Find::Ls(list) => ls(None, list, network, screen).await,
		Find::Search { word, list } => ls(Some(word), list, network, screen).await,
		Find::Pull { model, output, force } => pull(model, output.as_ref(), *force, network, screen).await,
	}
}

/// A page of the registry may have fewer models than it looks at, if a filter lets few through: this many pages are
/// asked for at most.
const PAGES: usize = 64;

async fn ls(word: Option<&str>, list: &List, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let query = Query {
		owner: list.owner.as_deref().map(|owner| Keystore::of_user().find(owner)).transpose()?,
		name_prefix: Vec::new(),
		task: list.task.clone().map(String::into_bytes),
		tag: list.tag.clone().map(String::into_bytes),
		active: list.active,
	};
	let mut next = match &list.from {
		None => None,
		Some(ModelRef::Name(name, Some(version))) => {
			Some(Cursor { name: name.clone().into_bytes(), version: *version })
		}
		Some(_) => return Err(Error::Usage("--from is NAME@VERSION".into())),
	};
	let session = Session::open(network, screen).await?;
	let mut models = Vec::new();
	for _ in 0..PAGES {
		let left = list.limit.saturating_sub(models.len() as u32);
		let page = match word {
			Some(word) => session.client.search(word, &query, next.as_ref(), left).await?,
			None => session.client.models(&query, next.as_ref(), left).await?,
		};
		models.extend(page.models);
		next = page.next;
		if next.is_none() || models.len() as u32 >= list.limit {
			break;
		}
	}
	let mut text = if models.is_empty() {
		"there is none".into()
	} else {
		table(&["model", "status", "bytes", "royalty", "task", "id"], models.iter().map(row))
	};
	if let Some(next) = &next {
		text.push_str(&format!("\nmore: --from {next}"));
	}
	let json = json!({
		"models": models.iter().map(|(id, model)| to_json(id, model)).collect::<Vec<_>>(),
		"next": next.map(|next| next.to_string()),
	});
	Ok(Report { text, json })
}

fn row((id, model): &Listed) -> Vec<String> {
	vec![
		foreign(model.title().as_bytes()),
		model.status.name().into(),
		model.size.to_string(),
		amount(model.royalty),
		foreign(&model.metadata.task),
		short(id),
	]
}

/// A model, for programs.
pub fn to_json(id: &ModelId, model: &Model) -> Value {
	let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes));
	let metadata = &model.metadata;
	let mut json = json!({
		"id": hex0x(id),
		"name": text(&model.name),
		"version": model.version,
		"owner": address(&model.owner),
		"status": model.status.name(),
		"size": model.size,
		"royalty": model.royalty.to_string(),
		"engine": hex0x(model.engine),
		"deposit": model.deposit.to_string(),
		"open": model.open,
		"metadata": {
			"task": text(&metadata.task),
			"licence": text(&metadata.licence),
			"tags": metadata.tags.iter().map(|tag| text(tag)).collect::<Vec<_>>(),
			"description": text(&metadata.description),
			"card": metadata.card.map(|card| json!({ "id": hex0x(card.id), "size": card.size })),
		},
	});
	match &model.status {
		ModelStatus::Active { load_units, sample_units } => {
			json["load_units"] = (*load_units).into();
			json["sample_units"] = (*sample_units).into();
		}
		ModelStatus::Rejected(reason) => json["reason"] = format!("{reason:?}").into(),
		ModelStatus::Pending | ModelStatus::Retired => (),
	}
	json
}

/// A model of the account that signs.
async fn owned(session: &Session<'_>, reference: &ModelRef, account: &Account) -> Result<Found, Error> {
	let found = session.client.find(reference).await?;
	if found.model.owner != account.id() {
		return Err(Error::Refused(format!(
			"{} belongs to {}, and not to {}",
			found.model.title(),
			address(&found.model.owner),
			account.address()
		)));
	}
	Ok(found)
}

/// Has a model's owner make a call on it.
async fn change(
	reference: &ModelRef,
	signer: &Signer,
	call: impl Fn(&ModelId) -> Call,
	what: &str,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let account = signer.account()?;
	let session = Session::open(network, screen).await?;
	let found = owned(&session, reference, &account).await?;
	session.sign(signer, &account, &call(&found.id), 0, &format!("{what} {}", found.model.title())).await
}

async fn edit(
	reference: &ModelRef,
	about: &About,
	signer: &Signer,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let account = signer.account()?;
	let card = about.card()?;
	let session = Session::open(network, screen).await?;
	let found = owned(&session, reference, &account).await?;
	let metadata = about.metadata(Some(&found.model.metadata), card.as_deref())?;
	if metadata == found.model.metadata {
		return Err(Error::Usage("nothing would change: name what is to be said with --task, --card and so on".into()));
	}
	let call = Call::set_metadata(&found.id.0, &metadata);
	let what = format!("changes what is said about {}", found.model.title());
	let report = session.sign(signer, &account, &call, 0, &what).await?;
	if let Some(card) = card.filter(|_| !signer.dry_run) {
		session.client.upload(&card, &session.watcher()).await?;
	}
	Ok(report)
}

async fn show(reference: &ModelRef, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let session = Session::open(network, screen).await?;
	let found = session.client.find(reference).await?;
	let model = &found.model;
	let metadata = &model.metadata;
	let mut rows = vec![
		("model", foreign(model.title().as_bytes())),
		("id", hex0x(found.id)),
		("status", status(model.status.name())),
	];
	match &model.status {
		ModelStatus::Active { load_units, sample_units } => {
			rows.push(("units", format!("{load_units} to load, {sample_units} with its sample")));
		}
		ModelStatus::Rejected(reason) => rows.push(("reason", format!("{reason:?}"))),
		ModelStatus::Pending | ModelStatus::Retired => (),
	}
	rows.extend([
		("owner", address(&model.owner)),
		("size", format!("{} bytes", model.size)),
		("royalty", amount(model.royalty)),
		("deposit", amount(model.deposit)),
		("engine", hex0x(model.engine)),
		("open", format!("{} requests", model.open)),
	]);
	let tags: Vec<String> = metadata.tags.iter().map(|tag| foreign(tag)).collect();
	let about = [
		("task", foreign(&metadata.task)),
		("licence", foreign(&metadata.licence)),
		("tags", tags.join(", ")),
		("about", foreign(&metadata.description)),
		("card", metadata.card.map_or(String::new(), |card| format!("{}, {} bytes", hex0x(card.id), card.size))),
	];
	rows.extend(about.into_iter().filter(|(_, value)| !value.is_empty()));
	Ok(Report { text: pairs(&rows), json: to_json(&found.id, model) })
}

async fn pull(
	reference: &ModelRef,
	output: Option<&PathBuf>,
	force: bool,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let session = Session::open(network, screen).await?;
	let found = session.client.find(reference).await?;
	let path = output.cloned().unwrap_or_else(|| {
		let name = foreign(&found.model.name);
		PathBuf::from(format!(
			"{}.onnx",
			name.rsplit('/').next().filter(|name| !name.starts_with('.')).unwrap_or("model")
		))
	});
	if !force && path.exists() {
		return Err(Error::file(
			&path,
			"it is there already: name another file with --output, or replace it with --force",
		));
	}
	let bytes = session.client.download(&found.id, found.model.size, &session.watcher()).await?;
	std::fs::write(&path, &bytes).map_err(|error| Error::file(&path, error))?;
	let text = pairs(&[
		("model", foreign(found.model.title().as_bytes())),
		("id", hex0x(found.id)),
		("file", format!("{}, {} bytes", path.display(), bytes.len())),
	]);
	Ok(Report { text, json: json!({ "id": hex0x(found.id), "file": path, "size": bytes.len() }) })
}
