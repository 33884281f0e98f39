//! `assay infer` and `assay quote`.

use super::{
	screen::Screen,
	session::{Network, Session, Signer},
	text::pairs,
};
use crate::{
	error::Error as LocalError,
	run::{self, EngineArguments, Report},
};
use assay_client::{
	amount, check_terms, hex0x, parse_amount, records::Window, tensors, Answer, Ask, Client, Error, Evidence, Found,
	Given, Known, ModelRef, Options, Plan, Terms,
};
use assay_primitives::{constants::MAX_UNIT_LIMIT, Claim, Decision, ModelId, TensorBundle, Verdict};
use assay_receipts::all_asked;
use clap::Args;
use serde_json::{json, Value};
use std::{
	path::{Path, PathBuf},
	time::Duration,
};

/// The run that both commands are about.
#[derive(Args)]
pub struct Run {
	/// NAME, NAME@VERSION or id
	model: ModelRef,
	/// Compute units that the run may use, load included [default: as many as the node says, or --model-file shows]
	#[arg(long, value_name = "UNITS", value_parser = clap::value_parser!(u64).range(1..=MAX_UNIT_LIMIT))]
	units: Option<u64>,
	/// Validators of the committee [default: 5, or as many as there are]
	#[arg(long, short, value_name = "VALIDATORS")]
	k: Option<u32>,
	/// Auditors that are expected beside the committee. All validators vote if there are no more of them than both
	/// together [default: 8]
	#[arg(long, value_name = "N")]
	audits: Option<u32>,
	/// Time in which the committee's agreement may be disputed before it is final: 4 to 1800 blocks; `fast` for 4,
	/// which is worth no more than what a committee has bonded; `assured` for 16, and until more than a third of the
	/// validators have made blocks [default: 16]
	#[arg(long, value_name = "BLOCKS|fast|assured", value_parser = parse_window)]
	window: Option<Window>,
	/// The model's file: the input is checked and the units are counted here, and no node is asked
	#[arg(long, value_name = "FILE")]
	model_file: Option<PathBuf>,
}

/// The least that a claim has to rest on.
#[derive(Args)]
pub struct Least {
	/// Take a result that rests on fewer than 5 members, 8 auditors, 16 blocks of a window or the votes of all members
	#[arg(long)]
	pub fast: bool,
}

impl Least {
	/// Refuses a claim that rests on less.
	pub fn check(&self, claim: &Claim) -> Result<(), Error> {
		match self.fast {
			true => Ok(()),
			false => check_terms(claim, &Terms::DEFAULT),
		}
	}
}

fn parse_window(text: &str) -> Result<Window, String> {
	match text {
		"fast" => Ok(Window::FAST),
		"assured" => Ok(Window::Assured),
		blocks => blocks.parse().map(Window::Blocks).map_err(|_| "give blocks, `fast` or `assured`".into()),
	}
}

/// Arguments of `assay infer`.
#[derive(Args)]
pub struct Infer {
	#[command(flatten)]
	run: Run,
	/// Input tensors by name: .npz, .json or .bundle, or .npy for a model of one input; - for standard input; or JSON itself, whose
	/// arrays may lack types: '{"x": [[1.5, 2]]}', or '[[1.5, 2]]' for a model of one input
	#[arg(long, value_name = "FILE|-|JSON")]
	input: PathBuf,
	/// File for the output tensors: .npz, .json or .bundle, or .npy for one output
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// File for the receipt, which proves the output to others
	#[arg(long, value_name = "FILE")]
	receipt: Option<PathBuf>,
	/// Most ASY to put on hold [default: the price]
	#[arg(long, value_name = "ASY", value_parser = parse_amount)]
	max_fee: Option<u128>,
	/// Longest time for all of it; a request that was made goes on [default: as long as the chain may take]
	#[arg(long, value_name = "SECONDS")]
	timeout: Option<u64>,
	#[command(flatten)]
	least: Least,
	#[command(flatten)]
	signer: Signer,
}

/// Arguments of `assay quote`.
#[derive(Args)]
pub struct QuoteArguments {
	#[command(flatten)]
	run: Run,
	/// Input tensors, whose shapes decide [default: the shapes that the model declares]
	#[arg(long, value_name = "FILE")]
	input: Option<PathBuf>,
}

/// A model's file as the engine here has inspected and run it.
pub struct Local {
	id: ModelId,
	input: TensorBundle,
	known: Known,
}

impl Run {
	/// Checks an input and counts the units here, if there is the model's file.
	pub fn locally(&self, input: &Path, engine: &EngineArguments) -> Result<Option<Local>, LocalError> {
		let Some(file) = &self.model_file else { return Ok(None) };
		let (id, input, known) = run::try_input(file, input, engine)?;
		Ok(Some(Local { id, input, known }))
	}

	/// The model, if it takes requests.
	async fn find(&self, session: &Session<'_>, local: Option<&Local>) -> Result<Found, Error> {
		let found = session.client.find(&self.model).await?.active()?;
		if local.is_some_and(|local| local.id != found.id) {
			return Err(Error::Usage(format!("--model-file is not {}: its id is another one", found.model.title())));
		}
		Ok(found)
	}

	/// The request with its price. The engine's result here counts if the model is active under that engine.
	async fn plan(
		&self,
		session: &Session<'_>,
		input: &Path,
		local: Option<&Local>,
		options: Options,
	) -> Result<Plan, Error> {
		let found = self.find(session, local).await?;
		let local = local.filter(|_| found.model.engine == assay_engine::engine_id().0);
		let bundle = match local {
			Some(local) => local.input.clone().into(),
			None => Given::read(input)?,
		};
		let Run { units: unit_limit, k, audits, window, .. } = *self;
		let known = local.map(|local| local.known.clone());
		session.client.plan(found, bundle, &Options { unit_limit, known, k, audits, window, ..options }).await
	}
}

impl Infer {
	/// See [`Run::locally`].
	pub fn locally(&self, engine: &EngineArguments) -> Result<Option<Local>, LocalError> {
		self.run.locally(&self.input, engine)
	}

	/// Refuses files that could not be written: an answer is paid for before it is there.
	fn check_files(&self) -> Result<(), Error> {
		self.output.as_deref().map_or(Ok(()), tensors::check_writable)?;
		self.receipt.as_deref().map_or(Ok(()), tensors::can_create)
	}
}

impl QuoteArguments {
	/// See [`Run::locally`].
	pub fn locally(&self, engine: &EngineArguments) -> Result<Option<Local>, LocalError> {
		self.input.as_ref().map_or(Ok(None), |input| self.run.locally(input, engine))
	}
}

fn plan_rows(found: &Found, ask: &Ask, price: u128) -> Vec<(&'static str, String)> {
	let mut rows =
		vec![("model", found.model.title()), ("id", hex0x(found.id)), ("units", format!("{} at most", ask.unit_limit))];
	rows.extend(terms_rows(&ask.terms()));
	rows.push(("price", format!("{} at most; what is not used returns", amount(price))));
	rows
}

/// A plan, for programs.
pub fn plan_json(found: &Found, ask: &Ask, price: u128) -> Value {
	let Terms { k, audits, window } = ask.terms();
	json!({
		"model": hex0x(found.id),
		"name": String::from_utf8_lossy(&found.model.name),
		"version": found.model.version,
		"units": ask.unit_limit,
		"k": k,
		"audits": audits,
		"window": window_json(window),
		"price": price.to_string(),
		"royalty": found.model.royalty.to_string(),
	})
}

/// The terms that are asked for, in lines.
pub fn terms_rows(terms: &Terms) -> [(&'static str, String); 3] {
	let Terms { k, audits, window } = terms;
	let all = u64::from(*k).saturating_add((*audits).into());
	[
		("committee", format!("{k}; all validators where there are no more than {all}")),
		("audits", format!("{audits} expected")),
		("window", window.to_string()),
	]
}

/// A window, for programs.
pub fn window_json(window: assay_receipts::Window) -> Value {
	match window {
		assay_receipts::Window::Blocks(blocks) => blocks.into(),
		assay_receipts::Window::Assured => "assured".into(),
	}
}

/// The votes that a decision rests on, in lines.
pub fn decision_rows(decision: &Decision) -> Vec<(&'static str, String)> {
	let Decision { votes, k, q, v, audits, auditors, power, total, window, .. } = decision;
	let share = format!("{:.1} % of the voting power", *power as f64 / (*total).max(1) as f64 * 100.0);
	let mut rows = Vec::new();
	if all_asked(decision) {
		rows.push(("votes", format!("{votes} of {v} validators, {share}; more than two thirds decide")));
		rows.push(("committee", "all validators".into()));
	} else {
		rows.push(("votes", format!("{votes} of {k}, {q} decide, {v} validators; with the auditors' {share}")));
		rows.push(("committee", k.to_string()));
		rows.push(("audits", format!("{auditors} voted, {audits} expected")));
		rows.push(("window", format!("{window} blocks")));
	}
	rows
}

/// Says what an inference costs.
pub async fn quote(
	command: &QuoteArguments,
	local: Option<Local>,
	network: &Network,
	screen: &Screen,
) -> Result<Report, Error> {
	let session = Session::open(network, screen).await?;
	let run = &command.run;
	let (found, ask, price) = match &command.input {
		Some(input) => {
			let Plan { found, ask, price, .. } = run.plan(&session, input, local.as_ref(), Options::default()).await?;
			(found, ask, price)
		}
		None => declared(&session, run).await?,
	};
	Ok(Report { text: pairs(&plan_rows(&found, &ask, price)), json: plan_json(&found, &ask, price) })
}

/// The price at the shapes that the model declares.
async fn declared(session: &Session<'_>, run: &Run) -> Result<(Found, Ask, u128), Error> {
	let found = run.find(session, None).await?;
	let unit_limit = match run.units {
		Some(units) => units,
		None => session.client.quote(&found.id, None).await?.unit_limit.ok_or_else(|| {
			Error::Usage(
				"the units depend on the values of the input: give --units, or --input with --model-file".into(),
			)
		})?,
	};
	let Run { k, audits, window, .. } = *run;
	let ask = Ask { model: found.id, input: Vec::new(), unit_limit, max_fee: 0, k, audits, window };
	let terms = ask.terms();
	let price = session.client.price(unit_limit, 0, terms.k, terms.audits).await?;
	let price = price.saturating_add(found.model.royalty);
	Ok((found, ask, price))
}

/// Asks a model, waits for the answer, verifies it, and only then prints it.
pub async fn infer(command: &Infer, local: Option<Local>, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let account = command.signer.account()?;
	command.check_files()?;
	let session = Session::open(network, screen).await?;
	let client = &session.client;
	if command.receipt.is_some() && !client.has_node() {
		return Err(Error::Usage(
			"a light client has no receipts: for --receipt, name a node with --url as well".into(),
		));
	}
	let timeout = command.timeout.map(Duration::from_secs);
	let options = Options { max_fee: command.max_fee, fast: command.least.fast, timeout, ..Options::default() };
	let plan = command.run.plan(&session, &command.input, local.as_ref(), options).await?;
	let Plan { found, ask, price, .. } = &plan;
	let prepared = client.prepare_request(&plan, &account).await?;
	if command.signer.dry_run {
		let mut rows = plan_rows(found, ask, *price);
		rows.push(("fee", amount(prepared.fee)));
		let mut json = plan_json(found, ask, *price);
		json["fee"] = prepared.fee.to_string().into();
		return Ok(Report { text: pairs(&rows), json });
	}
	let costs = format!("{} costs up to {} and {} of fees", found.model.title(), amount(*price), amount(prepared.fee));
	screen.step(costs.clone());
	command.signer.confirm(screen, &costs)?;
	let watcher = session.watcher();
	let ticket = client.place(&plan, &prepared, &watcher).await?;
	let answer = client.wait(&ticket, &watcher).await?;
	let done = deliver(command, client, &answer).await;
	done.map_err(|source| Error::Requested { request: ticket.request, source: Box::new(source) })
}

/// Writes the files of an answer, and says what it is.
async fn deliver(command: &Infer, client: &Client, answer: &Answer) -> Result<Report, Error> {
	let mut report = report(answer, command.output.as_deref())?;
	let Some(path) = &command.receipt else { return Ok(report) };
	let trust = client.trust();
	let proven = match (&answer.evidence, trust.exact) {
		// The one that starts where the user has said.
		(Evidence::Receipt { bytes, verified, .. }, true) => (bytes.clone(), verified.checkpoint.number),
		_ => {
			let proven = client.receipt_for_others(answer.claim.request).await?;
			(proven.bytes, proven.verified.checkpoint.number)
		}
	};
	let (bytes, from) = proven;
	std::fs::write(path, &bytes).map_err(|error| Error::file(path, error))?;
	report.text.push_str(&format!("\n{:<11}{}, from {} on", "receipt", path.display(), start_of(from)));
	report.json["receipt"] = json!({ "file": path, "bytes": bytes.len(), "checkpoint": from });
	Ok(report)
}

/// The start of a receipt, in words.
pub fn start_of(checkpoint: u32) -> String {
	match checkpoint {
		0 => "the genesis block".into(),
		number => format!("block {number}"),
	}
}

/// A verified answer: writes its tensors to a file, or prints them.
pub fn report(answer: &Answer, output: Option<&Path>) -> Result<Report, Error> {
	if let Some(path) = output {
		tensors::write(path, &answer.output)?;
	}
	let mut text = run::describe(&answer.output, output.is_none());
	let claim = &answer.claim;
	let decision = &claim.decision;
	let verified = match &answer.evidence {
		Evidence::Receipt { verified, bytes, .. } => {
			let start = start_of(verified.checkpoint.number);
			format!("by a receipt of {} bytes from {start} to block {}", bytes.len(), verified.head.number)
		}
		Evidence::LightClient { number, .. } => format!("by the light client, in the state of block {number}"),
	};
	let mut rows = vec![
		("request", claim.request.to_string()),
		("model", hex0x(claim.model)),
		("input", hex0x(claim.input)),
		("output", claim.output.map(hex0x).unwrap_or_default()),
		("units", decision.verdict.units().to_string()),
	];
	rows.extend(decision_rows(decision));
	rows.extend([("paid", amount(answer.paid)), ("verified", verified)]);
	if let Verdict::Output { result_hash, .. } = decision.verdict {
		rows.insert(4, ("result", hex0x(result_hash)));
	}
	text.push_str(&pairs(&rows));
	let mut json = claim_json(claim);
	json["paid"] = answer.paid.to_string().into();
	json["verified"] = match &answer.evidence {
		Evidence::Receipt { verified, bytes, .. } => json!({
			"by": "receipt",
			"bytes": bytes.len(),
			"block": verified.block.number,
			"head": verified.head.number,
			"checkpoint": verified.checkpoint.number,
			"genesis": hex0x(verified.genesis),
		}),
		Evidence::LightClient { number, hash } => json!({ "by": "light client", "block": number, "hash": hex0x(hash) }),
	};
	if output.is_none() {
		json["tensors"] = tensors::to_json(&answer.output);
	}
	Ok(Report { text, json })
}

/// A claim, for programs.
pub fn claim_json(claim: &Claim) -> Value {
	let decision = &claim.decision;
	let mut json = json!({
		"request": claim.request,
		"model": hex0x(claim.model),
		"engine": hex0x(claim.engine.0),
		"input": hex0x(claim.input),
		"output": claim.output.map(hex0x),
		"units": decision.verdict.units(),
		"votes": decision.votes,
		"k": decision.k,
		"q": decision.q,
		"v": decision.v,
		"escalated": decision.escalated,
		"audits": decision.audits,
		"auditors": decision.auditors,
		"power": decision.power,
		"total_power": decision.total,
		"window": window_json(decision.window),
	});
	match decision.verdict {
		Verdict::Output { result_hash, .. } => json["result_hash"] = hex0x(result_hash).into(),
		Verdict::Failed { reason, .. } => json["failed"] = format!("{reason:?}").into(),
	}
	json
}
