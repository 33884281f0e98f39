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
	amount, check_terms, fit, hex0x, parse_amount,
	records::{ModelStatus, Window},
	tensors, Answer, Ask, Error, Evidence, Found, ModelRef, Port, Terms,
};
use assay_primitives::{constants::MAX_UNIT_LIMIT, Claim, Decision, ModelId, TensorBundle, Verdict};
use assay_receipts::all_asked;
use clap::Args;
use serde_json::{json, Value};
use std::path::{Path, PathBuf};

/// What both need to know of a run.
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
	/// Auditors that are expected beside the committee. Where there are no more validators than both together, all of them vote
	/// [default: 8]
	#[arg(long, value_name = "N")]
	audits: Option<u32>,
	/// How long the committee's agreement may be disputed before it is final: 4 to 1800 blocks; `fast` for 4, which is worth no more
	/// than what a committee has bonded; `assured` for 16, and until more than a third of the validators have made blocks [default: 16]
	#[arg(long, value_name = "BLOCKS|fast|assured", value_parser = parse_window)]
	window: Option<Window>,
	/// The model's file: the input is checked and the units are counted here, and no node is asked
	#[arg(long, value_name = "FILE")]
	model_file: Option<PathBuf>,
}

/// What a claim has to rest on.
#[derive(Args)]
pub struct Least {
	/// Take a result that rests on fewer than 5 members, 8 auditors, 16 blocks of a window or the votes of all members
	#[arg(long)]
	fast: bool,
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
	/// Input tensors by name: .npz, .json or .bundle, or .npy for a model of one input
	#[arg(long, value_name = "FILE")]
	input: PathBuf,
	/// Where the output tensors go: .npz, .json or .bundle, or .npy for one output
	#[arg(long, value_name = "FILE")]
	output: Option<PathBuf>,
	/// Where the receipt goes, which proves the output to others
	#[arg(long, value_name = "FILE")]
	receipt: Option<PathBuf>,
	/// Most ASY to put on hold [default: the price]
	#[arg(long, value_name = "ASY", value_parser = parse_amount)]
	max_fee: Option<u128>,
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

/// What the engine here finds of a model's file.
pub struct Local {
	id: ModelId,
	input: TensorBundle,
	units: Option<u64>,
}

impl Run {
	/// Checks an input and counts the units here, if there is the model's file.
	pub fn locally(&self, input: &Path, engine: &EngineArguments) -> Result<Option<Local>, LocalError> {
		let Some(file) = &self.model_file else { return Ok(None) };
		let (id, input, units) = run::try_input(file, input, engine)?;
		Ok(Some(Local { id, input, units }))
	}

	/// Whether it names anything of what the result rests on.
	fn names_terms(&self) -> bool {
		self.k.is_some() || self.audits.is_some() || self.window.is_some()
	}
}

impl Infer {
	/// See [`Run::locally`].
	pub fn locally(&self, engine: &EngineArguments) -> Result<Option<Local>, LocalError> {
		self.run.locally(&self.input, engine)
	}
}

impl QuoteArguments {
	/// See [`Run::locally`].
	pub fn locally(&self, engine: &EngineArguments) -> Result<Option<Local>, LocalError> {
		self.input.as_ref().map_or(Ok(None), |input| self.run.locally(input, engine))
	}
}

/// A run and its price: a request that may put no more than that on hold.
struct Priced {
	found: Found,
	ask: Ask,
}

/// Reads the input as the model takes it.
fn read_input(path: &Path, ports: &[Port]) -> Result<TensorBundle, Error> {
	let only = match ports {
		[only] => Some(only.name.as_str()),
		_ => None,
	};
	let at = |error: Error| match error {
		Error::Usage(text) => Error::file(path, text),
		other => other,
	};
	fit(tensors::read(path, only)?, ports).map_err(at)
}

/// The input as the model takes it, and the units, as far as somebody knows them: this machine by the model's file, if the model is active
/// under the engine that this program has, or a node.
async fn counted(
	session: &Session<'_>,
	run: &Run,
	found: &Found,
	input: Option<&Path>,
	local: Option<&Local>,
) -> Result<(Option<TensorBundle>, Option<u64>), Error> {
	let client = &session.client;
	if let Some(local) = local.filter(|_| found.model.engine == assay_engine::engine_id().0) {
		return Ok((Some(local.input.clone()), local.units));
	}
	if !client.has_node() {
		return Ok((input.map(|path| tensors::read(path, None)).transpose()?, None));
	}
	let declared = client.quote(&found.id, None).await?;
	let Some(path) = input else { return Ok((None, declared.unit_limit)) };
	let bundle = read_input(path, &declared.inputs)?;
	if run.units.is_some() {
		return Ok((Some(bundle), None));
	}
	let shapes: Vec<Vec<u64>> = bundle.0.iter().map(|tensor| tensor.shape.clone()).collect();
	let units = client.quote(&found.id, Some(&shapes)).await?.unit_limit;
	Ok((Some(bundle), units))
}

async fn priced(
	session: &Session<'_>,
	run: &Run,
	input: Option<&Path>,
	local: Option<&Local>,
) -> Result<Priced, Error> {
	let client = &session.client;
	let found = client.find(&run.model).await?.active()?;
	if local.is_some_and(|local| local.id != found.id) {
		return Err(Error::Usage(format!("--model-file is not {}: its id is another one", found.model.title())));
	}
	let (bundle, counted) = counted(session, run, &found, input, local).await?;
	let units = run.units.or(counted).ok_or_else(|| unknown_units(&found))?;
	let to_bytes = |bundle: TensorBundle| bundle.to_bytes().map_err(|error| Error::Usage(error.to_string()));
	let input = bundle.map(to_bytes).transpose()?.unwrap_or_default();
	let Run { k, audits, window, .. } = *run;
	let mut ask = Ask { model: found.id, input, unit_limit: units, max_fee: 0, k, audits, window };
	let terms = ask.terms();
	let price = client.price(units, ask.input.len() as u64, terms.k, terms.audits).await?;
	ask.max_fee = price.saturating_add(found.model.royalty);
	Ok(Priced { found, ask })
}

fn unknown_units(found: &Found) -> Error {
	let sample = match found.model.status {
		ModelStatus::Active { sample_units, .. } => format!(" (its sample took {sample_units})"),
		_ => String::new(),
	};
	Error::Usage(format!(
		"nobody says how many units {} takes on this input: give --units, or --model-file to count them here{sample}",
		found.model.title()
	))
}

impl Priced {
	fn rows(&self) -> Vec<(&'static str, String)> {
		let mut rows = vec![
			("model", self.found.model.title()),
			("id", hex0x(self.found.id)),
			("units", format!("{} at most", self.ask.unit_limit)),
		];
		rows.extend(terms_rows(&self.ask.terms()));
		rows.push(("price", format!("{} at most; what is not used returns", amount(self.ask.max_fee))));
		rows
	}

	fn json(&self) -> Value {
		let Terms { k, audits, window } = self.ask.terms();
		json!({
			"model": hex0x(self.found.id),
			"name": String::from_utf8_lossy(&self.found.model.name),
			"version": self.found.model.version,
			"units": self.ask.unit_limit,
			"k": k,
			"audits": audits,
			"window": window_json(window),
			"price": self.ask.max_fee.to_string(),
			"royalty": self.found.model.royalty.to_string(),
		})
	}
}

/// What is asked for, in lines.
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

/// What a decision rests on, in lines.
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
	let priced = priced(&session, &command.run, command.input.as_deref(), local.as_ref()).await?;
	Ok(Report { text: pairs(&priced.rows()), json: priced.json() })
}

/// Asks a model, waits for the answer, verifies it, and only then prints it.
pub async fn infer(command: &Infer, local: Option<Local>, network: &Network, screen: &Screen) -> Result<Report, Error> {
	let account = command.signer.account()?;
	let session = Session::open(network, screen).await?;
	let priced = priced(&session, &command.run, Some(&command.input), local.as_ref()).await?;
	let Priced { found, ask } = &priced;
	let price = ask.max_fee;
	if command.max_fee.is_some_and(|most| most < price) {
		return Err(Error::Refused(format!(
			"this costs up to {}, which is above --max-fee: raise it, or give fewer --units",
			amount(price)
		)));
	}
	// Prices follow fullness, and the request is in a later block.
	let ask = Ask { max_fee: command.max_fee.unwrap_or(price.saturating_add(price / 10)), ..ask.clone() };
	session.afford(&account, price).await?;
	let prepared = session.client.prepare_request(&ask, &account).await?;
	if command.signer.dry_run {
		let mut rows = priced.rows();
		rows.push(("fee", amount(prepared.fee)));
		let mut json = priced.json();
		json["fee"] = prepared.fee.to_string().into();
		return Ok(Report { text: pairs(&rows), json });
	}
	let costs = format!("{} costs up to {} and {} of fees", found.model.title(), amount(price), amount(prepared.fee));
	screen.step(costs.clone());
	command.signer.confirm(screen, &costs)?;
	let watcher = |progress| screen.show(progress);
	let answer = session.client.infer(found, &ask, &account, &watcher).await?;
	// Who has asked for certain terms has them: they were compared with the claim's.
	if !command.run.names_terms() {
		command.least.check(&answer.claim)?;
	}
	if let (Some(path), Evidence::Receipt { bytes, .. }) = (&command.receipt, &answer.evidence) {
		std::fs::write(path, bytes).map_err(|error| Error::file(path, error))?;
	}
	report(&answer, command.output.as_deref())
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
			let start = match verified.checkpoint.number {
				0 => "the genesis block".into(),
				number => format!("block {number}"),
			};
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
