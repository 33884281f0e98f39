//! A connection to a chain.

use crate::{
	account::Account,
	answer::Answer,
	errors::Failure,
	publish::{self, Publication},
	task::{Shared, Task},
	tensors::{bundle, declared, port, Declared, Given},
	verify::genesis_hash,
};
use assay_client::{
	address, hex0x, parse_address,
	records::{Ended, ModelStatus, Window},
	Client as Connection, Cursor, Entry, Found, Keystore, Known, ModelRef, Options, Plan, Progress, Query, Settings,
	Start, Terms,
};
use assay_primitives::{ContentId, RequestId};
use assay_receipts::Checkpoint;
use pyo3::prelude::*;
use std::{path::PathBuf, sync::Arc};

/// Models of a page of a list.
const PAGE: u32 = 100;

/// A connection.
#[pyclass(frozen, module = "assay._native")]
pub struct Client {
	connection: Arc<Connection>,
}

/// A model that was found, under one id.
#[pyclass(frozen, module = "assay._native")]
#[derive(Clone)]
pub struct Model {
	found: Found,
}

/// A run and its price, which nothing was paid of yet.
#[pyclass(frozen, module = "assay._native")]
pub struct Offer {
	plan: Plan,
	fee: u128,
}

/// Connects. Arguments that are not given are taken from the environment, or from the files of this machine, as the
/// command line does.
#[pyfunction]
#[pyo3(signature = (url, light, bootnodes, chain, genesis, checkpoint, accept_old_checkpoint))]
pub fn connect(
	url: Option<String>,
	light: Option<PathBuf>,
	bootnodes: Vec<String>,
	chain: Option<String>,
	genesis: Option<&str>,
	checkpoint: Option<PathBuf>,
	accept_old_checkpoint: bool,
) -> PyResult<Task> {
	let start = checkpoint.map(|path| match path.to_str() {
		Some("genesis") => Start::Genesis,
		_ => Start::File(path),
	});
	let settings = Settings {
		url,
		light,
		bootnodes,
		chain,
		genesis: genesis.map(genesis_hash).transpose()?,
		start,
		any_age: accept_old_checkpoint,
	};
	Task::begin(|shared| async move {
		let connection = settings.connect(&watcher(&shared)).await?;
		Ok(Client { connection: Arc::new(connection) })
	})
}

fn watcher(shared: &Arc<Shared>) -> impl Fn(Progress) + Send + Sync + 'static {
	let shared = shared.clone();
	move |progress| shared.note(progress)
}

/// A window, as the package names it.
fn window(text: &str) -> Result<Window, Failure> {
	match text {
		"fast" => Ok(Window::FAST),
		"assured" => Ok(Window::Assured),
		blocks => match blocks.parse() {
			Ok(blocks) => Ok(Window::Blocks(blocks)),
			Err(_) => Err(Failure::usage(format!("the window is {blocks}: give blocks, \"fast\" or \"assured\""))),
		},
	}
}

#[pymethods]
impl Client {
	#[getter]
	fn genesis(&self) -> String {
		hex0x(self.connection.genesis())
	}

	#[getter]
	fn is_light(&self) -> bool {
		self.connection.is_light()
	}

	#[getter]
	fn has_node(&self) -> bool {
		self.connection.has_node()
	}

	/// The genesis block that was pinned, if this is the first use of the chain on this machine.
	#[getter]
	fn first_use(&self) -> Option<String> {
		self.connection.first_use().map(ToString::to_string)
	}

	/// Number of the last finalized block.
	fn finalized(&self) -> PyResult<Task> {
		let connection = self.connection.clone();
		Task::begin(|_| async move { Ok(connection.finalized().await?) })
	}

	/// Plancks that an account may spend: one of this user by its name, or any by its address.
	fn balance(&self, who: &str) -> PyResult<Task> {
		let account = Keystore::of_user().find(who).map_err(Failure::from)?;
		let connection = self.connection.clone();
		Task::begin(|_| async move { Ok(connection.balance(&account).await?) })
	}

	/// Finds a model by name, name and version, or id.
	fn model(&self, reference: &str) -> PyResult<Task> {
		let reference: ModelRef = reference.parse().map_err(Failure::usage)?;
		let connection = self.connection.clone();
		Task::begin(|_| async move { Ok(Model { found: connection.find(&reference).await? }) })
	}

	/// All models of which everything holds that is given.
	#[pyo3(signature = (name, owner, task, tag, active))]
	fn models(
		&self,
		name: String,
		owner: Option<&str>,
		task: Option<String>,
		tag: Option<String>,
		active: bool,
	) -> PyResult<Task> {
		let owner = owner.map(parse_address).transpose().map_err(Failure::from)?;
		let bytes = |text: Option<String>| text.map(String::into_bytes);
		let query = Query { owner, name_prefix: name.into_bytes(), task: bytes(task), tag: bytes(tag), active };
		let connection = self.connection.clone();
		Task::begin(|_| async move {
			let mut models = Vec::new();
			let mut after: Option<Cursor> = None;
			loop {
				let page = connection.models(&query, after.as_ref(), PAGE).await?;
				models.extend(page.models.into_iter().map(|(id, model)| {
					let named = Some((String::from_utf8_lossy(&model.name).into_owned(), model.version));
					Model { found: Found { id, model, named } }
				}));
				match page.next {
					Some(next) => after = Some(next),
					None => return Ok(models),
				}
			}
		})
	}

	/// The inputs of a model, and the units of a run at these shapes or at those that it declares.
	#[pyo3(signature = (model, shapes=None))]
	fn quote(&self, model: &Model, shapes: Option<Vec<Vec<u64>>>) -> PyResult<Task> {
		let (connection, id) = (self.connection.clone(), model.found.id);
		Task::begin(|_| async move {
			let quote = connection.quote(&id, shapes.as_deref()).await?;
			let ports: Vec<Declared> = quote.inputs.iter().map(declared).collect();
			Ok((ports, quote.unit_limit))
		})
	}

	/// Plancks that a run of so many units on so many bytes holds, royalty included.
	#[pyo3(signature = (model, units, size, k, audits))]
	fn price(&self, model: &Model, units: u64, size: u64, k: Option<u32>, audits: Option<u32>) -> PyResult<Task> {
		let (connection, royalty) = (self.connection.clone(), model.found.model.royalty);
		let terms = Terms::DEFAULT;
		let (k, audits) = (k.unwrap_or(terms.k), audits.unwrap_or(terms.audits));
		Task::begin(|_| async move { Ok(connection.price(units, size, k, audits).await?.saturating_add(royalty)) })
	}

	/// Checks an input, and says what a request costs. Refuses what the account cannot pay. A node is asked for the
	/// inputs and the units, unless `known` has them.
	#[pyo3(signature = (model, inputs, known, account, units, max_fee, k, audits, window, fast))]
	fn offer(
		&self,
		py: Python<'_>,
		model: &Model,
		inputs: Vec<Given>,
		known: Option<(Vec<Declared>, Option<u64>)>,
		account: &Account,
		units: Option<u64>,
		max_fee: Option<u128>,
		k: Option<u32>,
		audits: Option<u32>,
		window: Option<&str>,
		fast: bool,
	) -> PyResult<Task> {
		let input = bundle(py, inputs)?;
		let found = model.found.clone().active().map_err(Failure::from)?;
		let window = window.map(self::window).transpose()?;
		let known = known.map(|(inputs, units)| Known { inputs: inputs.into_iter().map(port).collect(), units });
		let options = Options { unit_limit: units, known, max_fee, k, audits, window, fast, timeout: None };
		let (connection, account) = (self.connection.clone(), account.0.clone());
		Task::begin(move |_| async move {
			let plan = connection.plan(found, input, &options).await?;
			let fee = connection.prepare_request(&plan, &account).await?.fee;
			Ok(Offer { plan, fee })
		})
	}

	/// Makes a request that may hold no more than so many plancks, waits for its answer, and verifies it.
	fn ask(&self, offer: &Offer, account: &Account, max_fee: u128) -> PyResult<Task> {
		let mut plan = offer.plan.clone();
		plan.ask.max_fee = max_fee;
		let (connection, account) = (self.connection.clone(), account.0.clone());
		Task::begin(move |shared| async move {
			let watcher = watcher(&shared);
			let prepared = connection.prepare_request(&plan, &account).await?;
			shared.submits();
			let ticket = connection.place(&plan, &prepared, &watcher).await?;
			let answer = connection.wait(&ticket, &watcher).await?;
			Ok(Answer::new(answer, hex0x(connection.genesis())))
		})
	}

	/// The answer of a request that was made before, verified.
	fn resume(&self, request: RequestId, fast: bool) -> PyResult<Task> {
		let connection = self.connection.clone();
		Task::begin(move |shared| async move {
			shared.resumes(request);
			let ticket = connection.resume(request);
			let ticket = if fast { ticket.fast() } else { ticket };
			let answer = connection.wait(&ticket, &watcher(&shared)).await?;
			Ok(Answer::new(answer, hex0x(connection.genesis())))
		})
	}

	/// Number and status of requests of an account, the open ones first, and whether there are more.
	fn requests(&self, owner: &str, limit: usize) -> PyResult<Task> {
		let owner = Keystore::of_user().find(owner).map_err(Failure::from)?;
		let connection = self.connection.clone();
		Task::begin(move |_| async move {
			let (entries, more) = connection.requests(Some(&owner), limit).await?;
			let status = |entry: &Entry| match entry {
				Entry::Open(_, stage) => stage.name().to_string(),
				Entry::Ended(record) => match record.ended {
					Ended::Final(_) => "Final".into(),
					Ended::Expired => "Expired".into(),
					Ended::Unresolved => "Unresolved".into(),
				},
			};
			let entries: Vec<(RequestId, String)> =
				entries.iter().map(|(request, entry)| (*request, status(entry))).collect();
			Ok((entries, more))
		})
	}

	/// The receipt of a final request from the genesis block on, which convinces everybody, verified.
	fn receipt(&self, request: RequestId) -> PyResult<Task> {
		let connection = self.connection.clone();
		Task::begin(move |_| async move {
			let genesis = Checkpoint::Genesis(connection.genesis());
			Ok(connection.receipt(request, &genesis).await?.bytes)
		})
	}

	/// The file of a model, which is the one of its id.
	fn download(&self, model: &Model) -> PyResult<Task> {
		let (connection, id, size) = (self.connection.clone(), model.found.id, model.found.model.size);
		Task::begin(move |shared| async move { Ok(connection.download(&id, size, &watcher(&shared)).await?) })
	}

	/// Publishes a file that the engine here has run: registers it, uploads it, and waits until it takes requests.
	#[pyo3(signature = (file, engine, name, account, royalty, task, licence, tags, description, sample, max_cost))]
	fn publish(
		&self,
		file: Vec<u8>,
		engine: &str,
		name: &str,
		account: &Account,
		royalty: u128,
		task: &str,
		licence: &str,
		tags: Vec<String>,
		description: &str,
		sample: Option<Vec<u8>>,
		max_cost: Option<u128>,
	) -> PyResult<Task> {
		let metadata = publish::metadata(task, licence, &tags, description)?;
		let reference: ModelRef = name.parse().map_err(Failure::usage)?;
		let ModelRef::Name(name, version) = reference else {
			return Err(Failure::usage("a model is published by a name, not by an id").into());
		};
		let engine = genesis_hash(engine)?;
		let publication = Publication { file, engine, name, version, metadata, royalty, sample, max_cost };
		let (connection, account) = (self.connection.clone(), account.0.clone());
		Task::begin(move |shared| async move {
			shared.submits();
			let id = ContentId::of(&publication.file);
			let model = publication.publish(&connection, &account, &watcher(&shared)).await?;
			let named = Some((String::from_utf8_lossy(&model.name).into_owned(), model.version));
			Ok(Model { found: Found { id, model, named } })
		})
	}
}

#[pymethods]
impl Model {
	#[getter]
	fn id(&self) -> String {
		hex0x(self.found.id)
	}

	#[getter]
	fn name(&self) -> String {
		String::from_utf8_lossy(&self.found.model.name).into_owned()
	}

	#[getter]
	fn version(&self) -> u32 {
		self.found.model.version
	}

	#[getter]
	fn owner(&self) -> String {
		address(&self.found.model.owner)
	}

	#[getter]
	fn status(&self) -> &'static str {
		self.found.model.status.name()
	}

	#[getter]
	fn engine(&self) -> String {
		hex0x(self.found.model.engine)
	}

	/// Bytes of the file.
	#[getter]
	fn size(&self) -> u64 {
		self.found.model.size
	}

	/// Plancks to the owner for each answer.
	#[getter]
	fn royalty(&self) -> u128 {
		self.found.model.royalty
	}

	#[getter]
	fn task(&self) -> String {
		String::from_utf8_lossy(&self.found.model.metadata.task).into_owned()
	}

	#[getter]
	fn licence(&self) -> String {
		String::from_utf8_lossy(&self.found.model.metadata.licence).into_owned()
	}

	#[getter]
	fn description(&self) -> String {
		String::from_utf8_lossy(&self.found.model.metadata.description).into_owned()
	}

	#[getter]
	fn tags(&self) -> Vec<String> {
		self.found.model.metadata.tags.iter().map(|tag| String::from_utf8_lossy(tag).into_owned()).collect()
	}

	/// Units of its sample run, load included, if it takes requests.
	#[getter]
	fn sample_units(&self) -> Option<u64> {
		match self.found.model.status {
			ModelStatus::Active { sample_units, .. } => Some(sample_units),
			_ => None,
		}
	}
}

#[pymethods]
impl Offer {
	/// Plancks that the request holds, royalty included.
	#[getter]
	fn price(&self) -> u128 {
		self.plan.price
	}

	/// Most plancks that it may hold: the price and a little more, for prices change until it is in a block.
	#[getter]
	fn max_fee(&self) -> u128 {
		self.plan.ask.max_fee
	}

	/// Plancks that its inclusion costs.
	#[getter]
	fn fee(&self) -> u128 {
		self.fee
	}

	#[getter]
	fn units(&self) -> u64 {
		self.plan.ask.unit_limit
	}
}
