//! `assay models`.

use super::{
	screen::Screen,
	session::{Network, Session},
	text::{foreign, pairs, short, status, table},
};
use crate::run::Report;
use assay_client::{
	address, amount, hex0x, parse_address,
	records::{Listed, Model, ModelStatus},
	Cursor, Error, ModelRef, Query,
};
use assay_primitives::ModelId;
use clap::{Args, Subcommand};
use serde_json::{json, Value};
use std::path::PathBuf;

/// Models of the chain
#[derive(Subcommand)]
pub enum Models {
	/// List models
	Ls(List),
	/// Show a model
	Show {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
	},
	/// List models whose names begin with a word
	Search {
		/// What names begin with
		prefix: String,
		#[command(flatten)]
		list: List,
	},
	/// Download a model, and check that it is the one
	Pull {
		/// NAME, NAME@VERSION or id
		model: ModelRef,
		/// Where it goes [default: the name, with .onnx]
		#[arg(long, short, value_name = "FILE")]
		output: Option<PathBuf>,
	},
}

/// Which part of a list.
#[derive(Args)]
pub struct List {
	/// Models of this account
	#[arg(long, value_name = "ADDRESS")]
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
		Models::Ls(list) => ls(None, list, network, screen).await,
		Models::Search { prefix, list } => ls(Some(prefix.clone()), list, network, screen).await,
		Models::Show { model } => show(model, network, screen).await,
		Models::Pull { model, output } => pull(model, output.as_ref(), network, screen).await,
	}
}

/// Where a page of the registry looks at most of what a filter does not let through, this many pages are asked for at most.
const PAGES: usize = 64;

async fn ls(prefix: Option<String>, list: &List, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let query = Query {
		owner: list.owner.as_deref().map(parse_address).transpose()?,
		name_prefix: prefix.unwrap_or_default().into_bytes(),
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
		let page = session.client.models(&query, next.as_ref(), left).await?;
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

fn to_json(id: &ModelId, model: &Model) -> Value {
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
	];
	rows.extend(about.into_iter().filter(|(_, value)| !value.is_empty()));
	Ok(Report { text: pairs(&rows), json: to_json(&found.id, model) })
}

async fn pull(
	reference: &ModelRef,
	output: Option<&PathBuf>,
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
	let bytes = session.client.download(&found.id, found.model.size, &session.watcher()).await?;
	std::fs::write(&path, &bytes).map_err(|error| Error::file(&path, error))?;
	let text = pairs(&[
		("model", foreign(found.model.title().as_bytes())),
		("id", hex0x(found.id)),
		("file", format!("{}, {} bytes", path.display(), bytes.len())),
	]);
	Ok(Report { text, json: json!({ "id": hex0x(found.id), "file": path, "size": bytes.len() }) })
}
