//! Programs that sign without asking: what `assay mcp` and `assay serve` share, and `assay budget`, which shows what they spend.

use super::{
	screen::{describe, Screen},
	session::{ask_password, Identity, Network, Session},
	text::{pairs, table},
};
use crate::run::Report;
use assay_client::{
	address, amount, parse_amount, Account, Answer, Budget, Client, Error, Found, Keystore, Ledger, Limit, Options,
	Period, Plan, Progress, Spending, Ticket,
};
use assay_primitives::{RequestId, TensorBundle};
use clap::Args;
use serde_json::{json, Value};
use std::{
	collections::VecDeque,
	future::Future,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Jobs whose answers are kept. The chain has them for a week, and [`Agent::resume`] gets them from there.
const JOBS: usize = 64;

/// The spending limits of a program that signs without asking.
#[derive(Args)]
pub struct Allowance {
	/// Most that all requests of the account may cost, as ASY for a day, or ASY/hour, ASY/week or ASY/month. The programs of this user on this
	/// machine share it. Nothing is signed without it
	#[arg(long, value_name = "ASY", help_heading = "Account")]
	budget: Option<Limit>,
	/// Most ASY that a single request may cost [default: the budget]
	#[arg(long, value_name = "ASY", value_parser = parse_amount, help_heading = "Account")]
	max_fee: Option<u128>,
	#[command(flatten)]
	identity: Identity,
}

impl Allowance {
	/// Connects. Without a budget no account is opened.
	pub async fn open(&self, network: &Network, screen: &Screen) -> Result<Arc<Agent>, Error> {
		// Standard input may be the program's own.
		let closed = |name: &str| {
			Err(Error::Usage(format!(
				"`{name}` is encrypted, and nobody can be asked: give its password as ASSAY_PASSWORD"
			)))
		};
		let account = self.budget.map(|_| self.identity.account(closed)).transpose()?;
		let client = Session::open(network, screen).await?.client;
		let payer = account.zip(self.budget).map(|(account, limit)| {
			let ledger = Ledger::of_user(&client.genesis(), &account.id());
			Payer { account, budget: Budget { ledger, limit }, max_fee: self.max_fee.unwrap_or(limit.plancks) }
		});
		Ok(Arc::new(Agent { client, payer, jobs: Mutex::default() }))
	}
}

/// A connection on which a program asks models, as far as its budget goes.
pub struct Agent {
	/// The connection.
	pub client: Client,
	payer: Option<Payer>,
	jobs: Mutex<VecDeque<Job>>,
}

struct Payer {
	account: Account,
	budget: Budget,
	max_fee: u128,
}

/// An inference that goes on whoever waits for it.
#[derive(Clone)]
pub struct Job {
	stage: watch::Receiver<Stage>,
}

/// The stage of an inference.
#[derive(Clone, Default)]
pub struct Stage {
	/// The request, once it has a number.
	pub request: Option<RequestId>,
	/// Steps so far.
	pub steps: u32,
	/// The last of them, in words.
	pub text: String,
	/// The verified answer, or why there is none.
	pub done: Option<Result<Arc<Answer>, Arc<Error>>>,
}

type Told = Arc<dyn Fn(Progress) + Send + Sync>;

impl Agent {
	fn payer(&self) -> Result<&Payer, Error> {
		self.payer.as_ref().ok_or_else(|| {
			Error::Refused(
				"this program has no budget, so it signs nothing: its user starts it with --budget ASY".into(),
			)
		})
	}

	/// Refuses to ask where nothing may be signed.
	pub fn can_pay(&self) -> Result<(), Error> {
		self.payer().map(|_| ())
	}

	/// The limit, and what is left of it.
	pub async fn allowance(&self) -> Result<Option<(Limit, u128)>, Error> {
		let Some(Payer { budget: Budget { ledger, limit }, .. }) = &self.payer else { return Ok(None) };
		self.client.settle(ledger).await?;
		Ok(Some((*limit, limit.plancks.saturating_sub(ledger.spending(limit.period)?.total()))))
	}

	/// Waits for the answer to a request, and settles.
	async fn finish(&self, ticket: &Ticket, told: &Told) -> Result<Answer, Error> {
		let answer = self.client.wait(ticket, &**told).await;
		if let Some(Payer { budget, .. }) = &self.payer {
			// The next request settles what is not settled now.
			let _ = self.client.settle(&budget.ledger).await;
		}
		answer
	}

	/// Checks and prices a request.
	pub async fn plan(&self, found: Found, input: TensorBundle) -> Result<Plan, Error> {
		let mut plan = self.client.plan(found, input, &Options::default()).await?;
		if let Some(Payer { max_fee, .. }) = &self.payer {
			if plan.price > *max_fee {
				return Err(Error::Refused(format!(
					"this costs up to {}, and a request of this program may cost {}: ask for less, or raise --max-fee; nothing was signed",
					amount(plan.price),
					amount(*max_fee)
				)));
			}
			plan.ask.max_fee = plan.ask.max_fee.min(*max_fee);
		}
		Ok(plan)
	}

	/// Asks a model.
	pub fn ask(self: &Arc<Self>, found: Found, input: TensorBundle) -> Result<Job, Error> {
		self.can_pay()?;
		let agent = self.clone();
		Ok(self.start(None, |told| async move {
			let payer = agent.payer()?;
			let plan = agent.plan(found, input).await?;
			let prepared = agent.client.prepare_request(&plan, &payer.account).await?;
			let ticket = agent.client.place_within(&payer.budget, &plan, &prepared, &*told).await?;
			agent.finish(&ticket, &told).await
		}))
	}

	/// The job of a request, or one that gets its answer from the chain.
	pub fn resume(self: &Arc<Self>, request: RequestId) -> Job {
		let is_it = |job: &&Job| {
			let stage = job.stage.borrow();
			stage.request == Some(request) && !matches!(stage.done, Some(Err(_)))
		};
		if let Some(job) = self.jobs().iter().rev().find(is_it) {
			return job.clone();
		}
		let agent = self.clone();
		self.start(Some(request), |told| async move { agent.finish(&agent.client.resume(request), &told).await })
	}

	/// The last job of this program.
	pub fn last(&self) -> Option<Job> {
		self.jobs().back().cloned()
	}

	/// Answers that are here, by their requests.
	pub fn answered(&self) -> Vec<(RequestId, Arc<Answer>)> {
		let answer = |job: &Job| match &job.stage.borrow().done {
			Some(Ok(answer)) => Some((answer.claim.request, answer.clone())),
			_ => None,
		};
		self.jobs().iter().filter_map(answer).collect()
	}

	fn jobs(&self) -> MutexGuard<'_, VecDeque<Job>> {
		self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
	}

	fn start<W>(&self, request: Option<RequestId>, work: impl FnOnce(Told) -> W) -> Job
	where
		W: Future<Output = Result<Answer, Error>> + Send + 'static,
	{
		let (sender, stage) = watch::channel(Stage { request, ..Stage::default() });
		let sender = Arc::new(sender);
		let teller = sender.clone();
		let told = move |progress| {
			teller.send_modify(|stage| {
				if let Progress::Requested(request) = progress {
					stage.request = Some(request);
				}
				if let Some(text) = describe(progress) {
					stage.steps = stage.steps.saturating_add(1);
					stage.text = text;
				}
			});
		};
		let work = work(Arc::new(told));
		tokio::spawn(async move {
			let done = work.await.map(Arc::new).map_err(Arc::new);
			sender.send_modify(|stage| stage.done = Some(done));
		});
		let job = Job { stage };
		let mut jobs = self.jobs();
		jobs.push_back(job.clone());
		if jobs.len() > JOBS {
			// Those that are not done are known to their waiters.
			jobs.pop_front();
		}
		job
	}
}

impl Job {
	/// The stage that it is in.
	pub fn stage(&mut self) -> Stage {
		self.stage.borrow_and_update().clone()
	}

	/// Waits until it stands elsewhere than it did when [`Job::stage`] was called.
	pub async fn moves(&mut self) -> Result<(), Error> {
		let ended = |_| Error::Machine("an inference ended without an answer".into());
		self.stage.changed().await.map_err(ended)
	}

	/// Waits for the answer.
	pub async fn answer(mut self) -> Result<Arc<Answer>, Arc<Error>> {
		loop {
			if let Some(done) = self.stage().done {
				return done;
			}
			self.moves().await.map_err(Arc::new)?;
		}
	}
}

/// An error for programs.
pub fn error_json(error: &Error) -> Value {
	json!({
		"error": error.to_string(),
		"kind": error.kind().name(),
		"code": error.kind().code(),
		"reason": error.reason().map(|reason| format!("{reason:?}")),
		"request": error.request(),
	})
}

/// Arguments of `assay budget`.
#[derive(Args)]
pub struct BudgetArguments {
	/// Its address, or its name in `assay keys` [default: the account that signs]
	#[arg(value_name = "ACCOUNT")]
	who: Option<String>,
	#[command(flatten)]
	identity: Identity,
}

/// Says what programs with a budget have spent of an account, by the ledger on this machine.
pub fn budget(command: &BudgetArguments, network: &Network) -> Result<Report, Error> {
	let id = match &command.who {
		Some(who) => Keystore::of_user().find(who)?,
		None => command.identity.account(ask_password)?.id(),
	};
	let settings = network.settings();
	let genesis = settings.trust(&settings.profile()?)?.genesis.ok_or_else(|| {
		Error::Usage(
			"this chain was never asked on this machine, so nothing was spent: name another with --chain".into(),
		)
	})?;
	let ledger = Ledger::of_user(&genesis, &id);
	let spending = Period::ALL.map(|(period, name, _)| ledger.spending(period).map(|spending| (name, spending)));
	let spending = spending.into_iter().collect::<Result<Vec<_>, _>>()?;
	let open = ledger.reservations()?;
	let row = |(name, spending): &(&str, Spending)| {
		vec![format!("last {name}"), amount(spending.spent), amount(spending.reserved)]
	};
	let mut text = pairs(&[("account", address(&id)), ("ledger", ledger.path().display().to_string())]);
	text.push_str(&format!("\n{}", table(&["period", "spent", "reserved"], spending.iter().map(row))));
	for one in &open {
		let request =
			one.request.map_or("a transaction that may be in no block".into(), |request| format!("request {request}"));
		text.push_str(&format!("\n{:<11}{} for {request}", "reserved", amount(one.held.saturating_add(one.fee))));
	}
	let periods = spending.iter().map(|(name, spending)| {
		let value = json!({ "spent": spending.spent.to_string(), "reserved": spending.reserved.to_string() });
		((*name).to_string(), value)
	});
	let json = json!({
		"account": address(&id),
		"ledger": ledger.path(),
		"periods": periods.collect::<serde_json::Map<_, _>>(),
		"reservations": open,
	});
	Ok(Report { text, json })
}
