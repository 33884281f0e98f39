//! The one way from tensors to an answer: find the model, see what it takes and costs, ask, wait, verify.
//!
//! [`Client::run`] goes all of it. [`Client::submit`] stops when the request is made and gives a [`Ticket`], with which [`Client::wait`] goes
//! on; [`Client::resume`] makes one of a request's number. A program that shows the price first takes [`Client::plan`],
//! [`Client::prepare_request`] and [`Client::place`].
//!
//! [`Client::plan`] checks everything that can be known before money is spent. Errors after the request is made are
//! [`Error::Requested`], which has its number.

use crate::{
	amount,
	calls::Call,
	client::{constant, value, Client, Prepared, Progress, Watcher},
	models::{Found, ModelRef},
	ports::{fit, Port},
	records::{Input, ModelStatus, Window},
	verify::{check_terms, Expected},
	Account, Answer, Ask, Error, Given,
};
use assay_api::codes;
use assay_primitives::{
	constants::{MAX_BLOB_INPUT, MAX_INLINE_INPUT, MAX_UNIT_LIMIT},
	ContentId, Hash32, RequestId, TensorBundle,
};
use assay_receipts::{genesis_keys, Checkpoint, Terms};
use codec::DecodeAll;
use std::{
	future::Future,
	time::{Duration, Instant},
};
use subxt::{ext::scale_decode::DecodeAsType, rpcs::client::rpc_params};

/// Options of a request. Everything that is none has a default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
	/// Compute units that the run may use, load included. Else as many as a node says that it takes.
	pub unit_limit: Option<u64>,
	/// The inputs and units of the run, if somebody else than a node knows them: then no node is asked.
	pub known: Option<Known>,
	/// Most plancks to put on hold. Else the price that the chain says, and a tenth: prices follow fullness, and the request is in a later
	/// block.
	pub max_fee: Option<u128>,
	/// Validators of the committee.
	pub k: Option<u32>,
	/// Auditors that are expected beside it.
	pub audits: Option<u32>,
	/// The window in which its agreement may be disputed.
	pub window: Option<Window>,
	/// True to take an answer that rests on less than [`Terms::DEFAULT`], if none of the three was named.
	pub fast: bool,
	/// Longest time for all of it. Else as long as the chain may take.
	pub timeout: Option<Duration>,
}

/// The needs of a run: its inputs and its compute units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
	/// Inputs of the model.
	pub inputs: Vec<Port>,
	/// Compute units of load and run. None where they depend on the values of the input.
	pub units: Option<u64>,
}

/// A request that was checked and priced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
	/// The model, and how it was found.
	pub found: Found,
	/// The request.
	pub ask: Ask,
	/// Plancks that it puts on hold by the prices of now, royalty included. The part that the run does not use returns.
	pub price: u128,
	/// True if the answer may rest on less than the defaults.
	fast: bool,
	deadline: Option<Deadline>,
}

/// A request that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
	/// Its number.
	pub request: RequestId,
	/// The facts that its claim has to have.
	pub expected: Expected,
	/// The name and the version that have to be the model's.
	named: Option<(String, u32)>,
	/// The terms that the answer has to rest on, if they were not asked for.
	least: Option<Terms>,
	deadline: Option<Deadline>,
}

/// The end of the time that was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Deadline {
	at: Instant,
	/// The time that was given.
	given: Duration,
}

impl Options {
	fn deadline(&self) -> Option<Deadline> {
		let given = self.timeout?;
		Some(Deadline { at: Instant::now().checked_add(given)?, given })
	}

	/// True if they name any of the terms that the answer rests on.
	fn name_terms(&self) -> bool {
		self.k.is_some() || self.audits.is_some() || self.window.is_some()
	}
}

impl Ticket {
	/// Gives the rest of the way a time of its own.
	pub fn within(self, timeout: Duration) -> Self {
		let options = Options { timeout: Some(timeout), ..Options::default() };
		Ticket { deadline: options.deadline(), ..self }
	}

	/// Takes an answer whatever it rests on.
	pub fn fast(self) -> Self {
		Ticket { least: None, ..self }
	}
}

/// Does what is to be done before the time is over.
async fn within<T>(deadline: Option<Deadline>, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
	let Some(Deadline { at, given }) = deadline else { return work.await };
	match tokio::time::timeout_at(at.into(), work).await {
		Ok(done) => done,
		Err(_) => Err(Error::Timeout(given.as_secs())),
	}
}

impl Client {
	/// Asks a model, waits for the answer, and verifies it.
	pub async fn run(
		&self,
		model: &ModelRef,
		input: impl Into<Given>,
		options: &Options,
		account: &Account,
		watcher: Watcher<'_>,
	) -> Result<Answer, Error> {
		let ticket = self.submit(model, input, options, account, watcher).await?;
		self.wait(&ticket, watcher).await
	}

	/// Asks a model, and returns when the request is in a finalized block.
	pub async fn submit(
		&self,
		model: &ModelRef,
		input: impl Into<Given>,
		options: &Options,
		account: &Account,
		watcher: Watcher<'_>,
	) -> Result<Ticket, Error> {
		let deadline = options.deadline();
		let (plan, prepared) = within(deadline, async {
			let found = self.find(model).await?.active()?;
			let plan = self.plan(found, input, options).await?;
			let prepared = self.prepare_request(&plan, account).await?;
			Ok((plan, prepared))
		})
		.await?;
		self.place(&Plan { deadline, ..plan }, &prepared, watcher).await
	}

	/// A request that was made before, by its number.
	pub fn resume(&self, request: RequestId) -> Ticket {
		let expected = Expected { request, model: None, input: None, terms: None };
		Ticket { request, expected, named: None, least: Some(Terms::DEFAULT), deadline: None }
	}

	/// Waits for the answer to a request, and verifies it.
	pub async fn wait(&self, ticket: &Ticket, watcher: Watcher<'_>) -> Result<Answer, Error> {
		let named = ticket.named.as_ref().map(|(name, version)| (name.as_str(), *version));
		let answer = within(ticket.deadline, async {
			let answer = self.answer(&ticket.expected, named, watcher).await?;
			match &ticket.least {
				Some(least) => check_terms(&answer.claim, least).map(|()| answer),
				None => Ok(answer),
			}
		});
		answer.await.map_err(|error| error.of(ticket.request))
	}

	/// Checks and prices a request: what the model takes, how many units the run takes, what the chain lets ask, and whether its answer
	/// could be verified.
	pub async fn plan(&self, found: Found, input: impl Into<Given>, options: &Options) -> Result<Plan, Error> {
		self.check_asked(options).await?;
		let (input, taken) = self.fitting(&found, input.into(), options).await?;
		let unit_limit = match (options.unit_limit, taken) {
			(Some(limit), Some(taken)) if limit < taken => {
				return Err(Error::Usage(format!(
					"this run takes {taken} units, and {limit} are allowed: it would be paid for and end in ComputeLimit"
				)))
			}
			(Some(limit), _) | (None, Some(limit)) => limit,
			(None, None) => return Err(unknown_units(&found)),
		};
		let input = input.to_bytes().map_err(|error| Error::Usage(error.to_string()))?;
		let size = input.len() as u64;
		if size == 0 || size > MAX_BLOB_INPUT {
			return Err(Error::Usage(format!("an input has 1 to {MAX_BLOB_INPUT} bytes, not {size}")));
		}
		if size > u64::from(MAX_INLINE_INPUT) && !self.has_node() {
			return Err(Error::Usage(format!(
				"an input above {MAX_INLINE_INPUT} bytes is uploaded to a node: name one with --url as well"
			)));
		}
		let Options { k, audits, window, .. } = *options;
		let mut ask = Ask { model: found.id, input, unit_limit, max_fee: 0, k, audits, window };
		let terms = ask.terms();
		let price = self.price(unit_limit, size, terms.k, terms.audits).await?.saturating_add(found.model.royalty);
		if options.max_fee.is_some_and(|most| most < price) {
			return Err(Error::Refused(format!(
				"this costs up to {}, which is above --max-fee: raise it, or give fewer --units",
				amount(price)
			)));
		}
		ask.max_fee = options.max_fee.unwrap_or(price.saturating_add(price / 10));
		self.check_start().await?;
		let fast = options.fast || options.name_terms();
		Ok(Plan { found, ask, price, fast, deadline: options.deadline() })
	}

	/// Sees what the request's inclusion costs, and whether the account can pay for it.
	pub async fn prepare_request(&self, plan: &Plan, account: &Account) -> Result<Prepared, Error> {
		let Ask { unit_limit, max_fee, k, audits, window, .. } = plan.ask;
		self.afford(account, plan.price).await?;
		let call = Call::request_inference(
			&plan.ask.model.0,
			&Input::of(&plan.ask.input),
			unit_limit,
			max_fee,
			k,
			audits,
			window,
		);
		self.prepare(&call, account).await
	}

	/// Refuses what an account cannot pay, by the last finalized block.
	pub async fn afford(&self, account: &Account, plancks: u128) -> Result<(), Error> {
		let balance = self.balance(&account.id()).await?;
		if balance >= plancks {
			return Ok(());
		}
		Err(Error::Refused(format!(
			"{} has {}, and this takes {}: send it some, or sign with another account; a payment counts once its block is finalized",
			account.address(),
			amount(balance),
			amount(plancks)
		)))
	}

	/// Makes a request, and uploads an input that does not fit into it.
	pub async fn place(&self, plan: &Plan, prepared: &Prepared, watcher: Watcher<'_>) -> Result<Ticket, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct InferenceRequested {
			request: RequestId,
		}
		let submitted = std::sync::atomic::AtomicBool::new(false);
		let told = |progress| {
			if progress == Progress::Submitted {
				submitted.store(true, std::sync::atomic::Ordering::Relaxed);
			}
			watcher(progress);
		};
		let included = within(plan.deadline, self.send(prepared, &told)).await.map_err(|error| match error {
			Error::Timeout(_) if submitted.load(std::sync::atomic::Ordering::Relaxed) => error.after_submission(),
			other => other,
		})?;
		let InferenceRequested { request } = included.event("InferenceRequested").map_err(Error::after_submission)?;
		watcher(Progress::Requested(request));
		if let Input::Blob(_) = Input::of(&plan.ask.input) {
			let uploaded = within(plan.deadline, self.upload(&plan.ask.input, watcher)).await;
			uploaded.map_err(|error| error.of(request))?;
		}
		let ask = &plan.ask;
		let expected = Expected {
			request,
			model: Some(ask.model),
			input: Some(ContentId::of(&ask.input)),
			terms: Some(ask.terms()),
		};
		Ok(Ticket {
			request,
			expected,
			named: plan.found.named.clone(),
			least: (!plan.fast).then_some(Terms::DEFAULT),
			deadline: plan.deadline,
		})
	}

	/// The input as the model takes it, and the units that the run takes, as far as somebody knows them.
	async fn fitting(
		&self,
		found: &Found,
		input: Given,
		options: &Options,
	) -> Result<(TensorBundle, Option<u64>), Error> {
		if let Some(Known { inputs, units }) = &options.known {
			return Ok((fit(input, inputs)?, *units));
		}
		if !self.has_node() {
			return Ok((input.tensors(&[])?, None));
		}
		let taken = async {
			let input = fit(input.clone(), &self.quote(&found.id, None).await?.inputs)?;
			let shapes: Vec<Vec<u64>> = input.0.iter().map(|tensor| tensor.shape.clone()).collect();
			let units = self.quote(&found.id, Some(&shapes)).await?.unit_limit;
			Ok((input, units))
		};
		match taken.await {
			// This node cannot tell; others run it.
			Err(Error::Node { code: codes::ENGINE | codes::ENGINE_BUSY | codes::BLOB, .. })
				if options.unit_limit.is_some() =>
			{
				Ok((input.tensors(&[])?, None))
			}
			done => done,
		}
	}

	/// Refuses what the chain would refuse for a fee.
	async fn check_asked(&self, options: &Options) -> Result<(), Error> {
		let at = self.at().await?;
		let read = |name: &str| constant::<u32>(&at, "Inference", name);
		if let Some(units) = options.unit_limit {
			if units == 0 || units > MAX_UNIT_LIMIT {
				return Err(Error::Usage(format!("a run has 1 to {MAX_UNIT_LIMIT} units, not {units}")));
			}
		}
		if let Some(k) = options.k {
			let electors: Vec<(Hash32, Hash32, u64)> = value(&at, "Rounds", "Electors", ()).await?.unwrap_or_default();
			let validators = u32::try_from(electors.len()).unwrap_or(u32::MAX);
			let (low, high) = (validators.min(3), validators.min(read("MaxCommittee")?));
			if k < low || k > high {
				return Err(Error::Usage(format!(
					"a committee of this chain has {low} to {high} of its {validators} validators, not {k}"
				)));
			}
		}
		match options.audits {
			Some(audits) if audits > read("MaxAudits")? => {
				return Err(Error::Usage(format!("at most {} auditors are expected, not {audits}", read("MaxAudits")?)))
			}
			_ => (),
		}
		match options.window {
			Some(Window::Blocks(blocks)) if blocks < read("MinWindow")? || blocks > read("MaxWindow")? => {
				let (least, most) = (read("MinWindow")?, read("MaxWindow")?);
				Err(Error::Usage(format!("a window has {least} to {most} blocks, not {blocks}")))
			}
			_ => Ok(()),
		}
	}

	/// Refuses to ask where the answer would have no receipt from this node, or one that would be refused for the age of the block that it
	/// starts from.
	async fn check_start(&self) -> Result<(), Error> {
		if self.is_light() {
			return Ok(());
		}
		// A node of an earlier version does not have the method, and fails when the receipt is asked for.
		let status = self.try_node::<assay_api::receipts::Status>("receipts_status", rpc_params![]).await?;
		if let Some(reason) = status.ok().filter(|status| !status.builds).and_then(|status| status.reason) {
			return Err(Error::Unverified(format!(
				"nothing was asked, as the answer could not be verified: as the node says, {reason}"
			)));
		}
		let trust = self.trust();
		if trust.any_age {
			return Ok(());
		}
		let best = self.finalized().await?;
		let (from, limit) = match trust.checkpoint(self.genesis(), best.saturating_add(1), best) {
			Checkpoint::Block(block) => (block.block.number, Some(block.unbonding)),
			Checkpoint::Genesis(_) => (0, self.unbonding().await?),
		};
		let age = trust.now.max(best).saturating_sub(from);
		match limit {
			Some(limit) if age > limit => Err(Error::Unverified(format!(
				"nothing was asked, as the answer could not be verified: what is trusted here is block {from}, which is {age} blocks old, more \
				 than the {limit} for which its validators answer. Name a later one with --checkpoint, or accept its age with \
				 --accept-old-checkpoint"
			))),
			_ => Ok(()),
		}
	}

	/// Blocks for which bonds stay, as the node says: what a receipt from the genesis block on will prove.
	async fn unbonding(&self) -> Result<Option<u32>, Error> {
		let [_, session, sessions] = genesis_keys();
		let read = |key: Vec<u8>| {
			self.call::<Option<assay_api::Bytes>>("state_getStorage", rpc_params![assay_api::Bytes(key)])
		};
		let session = read(session).await?.and_then(|value| u64::decode_all(&mut &value.0[..]).ok());
		let sessions = read(sessions).await?.and_then(|value| u32::decode_all(&mut &value.0[..]).ok());
		let blocks = session.zip(sessions).map(|(session, sessions)| session.saturating_mul(sessions.into()));
		Ok(blocks.map(|blocks| u32::try_from(blocks).unwrap_or(u32::MAX)))
	}
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

#[cfg(test)]
mod tests {
	use super::*;

	/// Compiles only if what is called from threads of other languages may move between them.
	#[allow(dead_code)]
	fn moves_between_threads(client: &Client, model: &ModelRef, account: &Account, ticket: &Ticket) {
		fn moves(_: impl Send) {}
		let (input, options) = (TensorBundle(Vec::new()), Options::default());
		moves(client.run(model, input, &options, account, &|_| ()));
		moves(client.wait(ticket, &|_| ()));
		fn shared<T: Send + Sync>() {}
		shared::<Client>();
		shared::<Error>();
	}

	#[tokio::test]
	async fn what_takes_too_long_ends_with_the_time_that_was_given() {
		let options = Options { timeout: Some(Duration::from_millis(20)), ..Options::default() };
		let late = within(options.deadline(), std::future::pending::<Result<(), Error>>()).await;
		let error = late.unwrap_err().of(7);
		assert_eq!((error.code(), error.kind().name(), error.request()), (11, "timeout", Some(7)));
		assert!(error.to_string().contains("`assay requests show 7 --output FILE`"), "{error}");
		assert!(within(options.deadline(), async { Ok(1) }).await.is_ok());
		assert!(within(None, async { Ok(1) }).await.is_ok());
	}
}
