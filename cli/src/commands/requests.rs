//! `assay requests`.

use super::{
	infer,
	screen::Screen,
	session::{Network, Session},
	text::{foreign, pairs, short, status, table},
};
use crate::run::Report;
use assay_client::{
	address, amount, hex0x,
	records::{Ended, OpenRequest, ResultRecord, Stage},
	tensors, Entry, Error, Keystore, Terms, LOOKED_AT,
};
use assay_primitives::{Claim, ContentId, Hash32, RequestId, Verdict};
use clap::Subcommand;
use serde_json::{json, Value};
use std::{
	cmp::Reverse,
	collections::{hash_map, HashMap},
	path::PathBuf,
};

/// Requests of the chain
#[derive(Subcommand)]
pub enum Requests {
	/// List the newest requests, open ones first
	Ls {
		/// Requests of this account: its address, or its name in `assay keys`
		#[arg(long, value_name = "ACCOUNT")]
		owner: Option<String>,
		/// At most so many
		#[arg(long, default_value_t = 50)]
		limit: usize,
	},
	/// Show a request; with --output, verify its answer and keep it
	Show {
		/// Its number
		#[arg(value_parser = number)]
		request: RequestId,
		/// File for the verified output: .npz, .json, .bundle or .npy
		#[arg(long, short, value_name = "FILE")]
		output: Option<PathBuf>,
		#[command(flatten)]
		least: infer::Least,
	},
	/// Follow a request until it has ended
	Watch {
		/// Its number
		#[arg(value_parser = number)]
		request: RequestId,
	},
}

/// The number of a request, on the command line.
pub fn number(text: &str) -> Result<RequestId, String> {
	text.parse().map_err(|_| format!("`{text}` is no number of a request: `assay requests ls` lists them"))
}

/// Runs a command.
pub async fn requests(command: &Requests, network: &Network, screen: &Screen) -> Result<Report, Error> {
	match command {
		Requests::Ls { owner, limit } => ls(owner.as_deref(), *limit, network, screen).await,
		Requests::Show { request, output: None, .. } => show(*request, network, screen).await,
		Requests::Show { request, output: Some(output), least } => {
			let session = Session::open(network, screen).await?;
			tensors::check_writable(output)?;
			let ticket = session.client.resume(*request);
			let ticket = if least.fast { ticket.fast() } else { ticket };
			let answer = session.client.wait(&ticket, &session.watcher()).await?;
			infer::report(&answer, Some(output))
		}
		Requests::Watch { request } => {
			let session = Session::open(network, screen).await?;
			let (record, _) = session.client.ended(*request, &session.watcher()).await?;
			Ok(report(*request, &Entry::Ended(record), None))
		}
	}
}

async fn ls(owner: Option<&str>, limit: usize, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let owner = owner.map(|owner| Keystore::of_user().find(owner)).transpose()?;
	let session = Session::open(network, screen).await?;
	let (mut requests, more) = session.client.requests(owner.as_ref(), limit).await?;
	requests.sort_by_key(|(request, entry)| (matches!(entry, Entry::Ended(_)), Reverse(*request)));
	let titles = titles(&session, &requests).await?;
	let mut text = if requests.is_empty() {
		"there is none".into()
	} else {
		table(
			&["request", "status", "model", "owner", "price"],
			requests.iter().map(|(id, entry)| row(*id, entry, &titles)),
		)
	};
	if more && requests.len() < limit {
		text.push_str(&format!(
			"\nolder ones than the last {LOOKED_AT} were not looked at: `assay requests show REQUEST`"
		));
	} else if more {
		text.push_str("\nthere are more: raise --limit");
	}
	let json = json!({
		"requests": requests.iter().map(|(id, entry)| to_json(*id, entry)).collect::<Vec<_>>(),
		"more": more,
	});
	Ok(Report { text, json })
}

/// The model of a request, if its entry names it.
fn model(entry: &Entry) -> Option<Hash32> {
	match entry {
		Entry::Open(open, _) => Some(open.model),
		Entry::Ended(ResultRecord { ended: Ended::Final(claim), .. }) => Some(claim.model),
		Entry::Ended(_) => None,
	}
}

/// Names of the models of requests, as the registry has them.
async fn titles(session: &Session<'_>, requests: &[(RequestId, Entry)]) -> Result<HashMap<Hash32, String>, Error> {
	let mut titles = HashMap::new();
	for id in requests.iter().filter_map(|(_, entry)| model(entry)) {
		if let hash_map::Entry::Vacant(place) = titles.entry(id) {
			let found = session.client.model(&ContentId(id)).await?;
			place.insert(found.map_or_else(|| short(id), |model| foreign(model.title().as_bytes())));
		}
	}
	Ok(titles)
}

fn row(request: RequestId, entry: &Entry, titles: &HashMap<Hash32, String>) -> Vec<String> {
	let (status, plancks) = match entry {
		Entry::Open(open, stage) => (stage.name(), format!("{} on hold", amount(open.escrow))),
		Entry::Ended(result) => (shown(result), format!("{} paid", amount(result.paid))),
	};
	let model = model(entry).and_then(|id| titles.get(&id).cloned()).unwrap_or_default();
	vec![request.to_string(), status.into(), model, address(entry.owner()), plancks]
}

fn word(result: &ResultRecord) -> &'static str {
	match &result.ended {
		Ended::Final(_) if result.overturned().is_some() => "Overturned",
		Ended::Final(_) => "Final",
		Ended::Expired => "Expired",
		Ended::Unresolved => "Unresolved",
	}
}

/// The word for people: a final result that has no output is a failure.
fn shown(result: &ResultRecord) -> &'static str {
	match &result.ended {
		Ended::Final(claim) if matches!(Claim::from(claim.clone()).decision.verdict, Verdict::Failed { .. }) => {
			"Failed"
		}
		_ => word(result),
	}
}

fn to_json(request: RequestId, entry: &Entry) -> Value {
	let mut json = match entry {
		Entry::Open(open, stage) => json!({
			"request": request,
			"status": stage.name(),
			"model": hex0x(open.model),
			"input": hex0x(open.input),
			"unit_limit": open.unit_limit,
			"k": open.k,
			"audits": open.audits,
			"window": infer::window_json(open.window.into()),
			"escrow": open.escrow.to_string(),
			"requested_at": open.requested_at,
		}),
		Entry::Ended(result) => {
			let mut json = match &result.ended {
				Ended::Final(claim) => infer::claim_json(&Claim::from(claim.clone())),
				Ended::Expired | Ended::Unresolved => json!({ "request": request }),
			};
			json["status"] = word(result).into();
			json["paid"] = result.paid.to_string().into();
			json["ended_at"] = result.ended_at.into();
			json["overturned"] = result.overturned().into();
			json
		}
	};
	json["owner"] = address(entry.owner()).into();
	// Nothing here is proven: what is, has "verified".
	json["verified"] = false.into();
	json
}

async fn show(request: RequestId, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let session = Session::open(network, screen).await?;
	match session.client.entry(request).await? {
		Some(entry) => Ok(report(request, &entry, session.client.final_at(request).await?)),
		None => Err(Error::Usage(format!(
			"the state has no request {request}: it does not exist, or its result was a week ago; `assay receipt {request}` tells"
		))),
	}
}

fn report(request: RequestId, entry: &Entry, final_at: Option<u32>) -> Report {
	let mut rows = vec![("request", request.to_string())];
	match entry {
		Entry::Open(open, stage) => rows.extend(open_rows(open, stage, final_at)),
		Entry::Ended(result) => {
			rows.push(("status", status(shown(result))));
			if let Ended::Final(claim) = &result.ended {
				let claim = Claim::from(claim.clone());
				rows.extend([("model", hex0x(claim.model)), ("input", hex0x(claim.input))]);
				if let Verdict::Failed { reason, .. } = &claim.decision.verdict {
					rows.push(("reason", format!("{reason:?}")));
				}
				rows.extend(infer::decision_rows(&claim.decision));
			}
			rows.extend(result.overturned().map(|overturned| ("false", overturned)));
			rows.extend([("ended", format!("in block {}", result.ended_at)), ("paid", amount(result.paid))]);
		}
	}
	rows.push(("owner", address(entry.owner())));
	Report { text: pairs(&rows), json: to_json(request, entry) }
}

fn open_rows(open: &OpenRequest, stage: &Stage, final_at: Option<u32>) -> Vec<(&'static str, String)> {
	let mut rows = vec![("status", status(stage.name()))];
	if let Some(final_at) = final_at {
		rows.push(("final", format!("in block {final_at}, unless it is disputed")));
	}
	rows.extend([
		("model", hex0x(open.model)),
		("input", format!("{}, {} bytes", hex0x(open.input), open.input_size)),
		("units", format!("{} at most", open.unit_limit)),
	]);
	let terms = Terms { k: open.k, audits: open.audits, window: open.window.into() };
	rows.extend(infer::terms_rows(&terms));
	rows.extend([("asked", format!("in block {}", open.requested_at)), ("on hold", amount(open.escrow))]);
	rows
}
