//! Asking, and the answers: nothing here returns an output that was not verified.

use crate::{
	account::Account,
	calls::Call,
	client::{from_hex, rpc_error, value, At, Client, Prepared, Progress, Watcher},
	error::explain,
	models::Found,
	ports::Port,
	records::{BlobRef, Ended, Input, OpenRequest, Output, ResultRecord, Window},
	requests::stage,
	trust::hex0x,
	verify::{verify_receipt, Evidence, Expected, Proven},
	Error,
};
use assay_primitives::{
	constants::{MAX_BLOB_INPUT, MAX_BLOB_OUTPUT, MAX_INLINE_INPUT},
	Claim, ContentId, Hash32, ModelId, RequestId, TensorBundle, Verdict,
};
use assay_receipts::{check_expected, check_output, verify_state, Checkpoint, ProvenState, Terms};
use serde::Deserialize;
use std::time::Duration;
use subxt::{
	ext::scale_decode::DecodeAsType,
	rpcs::{client::rpc_params, Error as RpcError, UserError},
};

/// The request is not final, as the node says it.
const NOT_FINAL: i32 = 20_020;
/// It is, and no later block has votes yet.
const NOT_YET_PROVEN: i32 = 20_021;
/// The node's engine does not answer now.
const ENGINE: i32 = 20_010;
/// How often, and after which pause, a node that is busy is asked again.
const BUSY_TRIES: u32 = 240;
const BUSY_PAUSE: Duration = Duration::from_millis(250);
/// Finalized blocks within which a request ends, whatever its windows: 64 blocks of work in each of the windows of three rounds and of
/// two of all validators, an hour in which it may be disputed, and as many again.
const LONGEST: u32 = 5_000;
/// Finalized blocks within which votes come that prove a result: twice the 16 between two justifications, and what GRANDPA may lag.
const PROVEN_WITHIN: u32 = 64;

/// What an inference takes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
	/// The model's inputs.
	pub inputs: Vec<Port>,
	/// Least unit limit that covers load and run. None if that depends on the values of the input.
	pub unit_limit: Option<u64>,
}

/// A request to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
	/// The model.
	pub model: ModelId,
	/// Bytes of the input bundle.
	pub input: Vec<u8>,
	/// Compute units that the run may use, load included.
	pub unit_limit: u64,
	/// Most plancks to put on hold.
	pub max_fee: u128,
	/// Size of the committee; none for the default.
	pub k: Option<u32>,
	/// Auditors that are expected beside it; none for the default.
	pub audits: Option<u32>,
	/// How long its agreement may be disputed; none for the default.
	pub window: Option<Window>,
}

/// A request that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requested {
	/// Its number.
	pub request: RequestId,
	/// Plancks on hold.
	pub escrow: u128,
	/// The model that was asked.
	pub model: ModelId,
	/// Id of the input.
	pub input: ContentId,
}

/// A verified output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
	/// What the chain made final.
	pub claim: Claim,
	/// The output.
	pub output: TensorBundle,
	/// What shows it.
	pub evidence: Evidence,
	/// Plancks that the requester paid. Over RPC this is the word of the node.
	pub paid: u128,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeQuote {
	inputs: Vec<NodePort>,
	unit_limit: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodePort {
	name: String,
	data_type: String,
	shape: Option<Vec<serde_json::Value>>,
}

impl Client {
	/// What a node says that a run takes, at these shapes of the inputs or at those that the model declares.
	pub async fn quote(&self, model: &ModelId, shapes: Option<&[Vec<u64>]>) -> Result<Quote, Error> {
		let quote = self.node_quote(model, shapes).await?;
		let dims = |shape: Vec<serde_json::Value>| shape.iter().map(|dim| dim.as_u64()).collect();
		let port = |port: NodePort| Port { name: port.name, data_type: port.data_type, shape: port.shape.map(dims) };
		Ok(Quote { inputs: quote.inputs.into_iter().map(port).collect(), unit_limit: quote.unit_limit })
	}

	/// A node inspects one model at a time, and says so to others.
	async fn node_quote(&self, model: &ModelId, shapes: Option<&[Vec<u64>]>) -> Result<NodeQuote, Error> {
		let mut tries = 0;
		loop {
			match self.try_node("engine_quote", rpc_params![hex0x(model), shapes]).await? {
				Ok(quote) => return Ok(quote),
				Err(error) if error.code == ENGINE && error.message.contains("try again") && tries < BUSY_TRIES => {
					tries += 1;
					tokio::time::sleep(BUSY_PAUSE).await;
				}
				Err(error) => return Err(rpc_error(RpcError::User(error))),
			}
		}
	}

	/// Signs a request, to see its fee or to submit it.
	pub async fn prepare_request(&self, ask: &Ask, account: &Account) -> Result<Prepared, Error> {
		let size = ask.input.len() as u64;
		if size == 0 || size > MAX_BLOB_INPUT {
			return Err(Error::Usage(format!("an input has 1 to {MAX_BLOB_INPUT} bytes, not {size}")));
		}
		let Ask { unit_limit, max_fee, k, audits, window, .. } = *ask;
		let call = Call::request_inference(&ask.model.0, &ask.input(), unit_limit, max_fee, k, audits, window);
		self.prepare(&call, account).await
	}

	/// Makes a request: submits it, and uploads an input that does not fit into it.
	pub async fn request(&self, ask: &Ask, prepared: &Prepared, watcher: Watcher<'_>) -> Result<Requested, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct InferenceRequested {
			request: RequestId,
			escrow: u128,
		}
		let by_blob = matches!(ask.input(), Input::Blob(_));
		if by_blob && !self.has_node() {
			let most = MAX_INLINE_INPUT;
			return Err(Error::Usage(format!(
				"an input above {most} bytes is uploaded to a node: name one with --url as well"
			)));
		}
		let included = self.submit(prepared, watcher).await?;
		let InferenceRequested { request, escrow } = included.event("InferenceRequested")?;
		watcher(Progress::Requested(request));
		if by_blob {
			self.upload(&ask.input, watcher).await?;
		}
		Ok(Requested { request, escrow, model: ask.model, input: ContentId::of(&ask.input) })
	}

	/// Asks a model, waits, and verifies. `found` is how the model was found; if by its name, that the name is the model's is verified
	/// too.
	pub async fn infer(
		&self,
		found: &Found,
		ask: &Ask,
		account: &Account,
		watcher: Watcher<'_>,
	) -> Result<Answer, Error> {
		let prepared = self.prepare_request(ask, account).await?;
		let requested = self.request(ask, &prepared, watcher).await?;
		let Requested { request, model, input, .. } = requested;
		let expected = Expected { request, model: Some(model), input: Some(input), terms: Some(ask.terms()) };
		let named = found.named.as_ref().map(|(name, version)| (name.as_str(), *version));
		self.answer(&expected, named, watcher).await
	}

	/// The output of a request, verified; waits until there is one. `named` is a name and a version that have to be the model's.
	///
	/// Over RPC a receipt is verified that leads from what is trusted to the claim; a light client has the claim from the state of a
	/// block that it has seen finalized. Then the hash of the result is made again from the output's bytes.
	pub async fn answer(
		&self,
		expected: &Expected,
		named: Option<(&str, u32)>,
		watcher: Watcher<'_>,
	) -> Result<Answer, Error> {
		let (record, block) = self.ended(expected.request, watcher).await?;
		let found = match &record.ended {
			Ended::Final(claim) => Claim::from(claim.clone()),
			Ended::Expired | Ended::Unresolved => return Err(self.undecided(expected.request, &record.ended)),
		};
		if let Some(overturned) = record.overturned() {
			let request = expected.request;
			return Err(Error::Unverified(format!(
				"the result of request {request} was final, and is false; {overturned}"
			)));
		}
		let (claim, evidence) = if self.is_light() {
			(found, Evidence::LightClient { number: block.0, hash: block.1 })
		} else {
			watcher(Progress::Proving);
			let proven = self.receipt_since(expected.request, record.ended_at).await?;
			let claim = proven.verified.claim.clone();
			check_expected(&claim, expected)?;
			let time = self.check_name(&proven, named, &claim.model).await?;
			(claim, Evidence::Receipt { bytes: proven.bytes, verified: proven.verified, time })
		};
		check_expected(&claim, expected)?;
		if let Verdict::Failed { reason, .. } = claim.decision.verdict {
			return Err(Error::Failed(reason, explain(reason).into()));
		}
		let bytes = self.output_bytes(&claim, record.output, watcher).await?;
		check_output(&claim, &self.genesis(), &bytes)?;
		let output = TensorBundle::from_bytes(&bytes)
			.map_err(|error| Error::Unverified(format!("the output is no bundle of tensors: {error}")))?;
		Ok(Answer { claim, output, evidence, paid: record.paid })
	}

	fn undecided(&self, request: RequestId, ended: &Ended) -> Error {
		let by = if self.is_light() { "" } else { ", as the node says" };
		let why = match ended {
			Ended::Expired => "has expired: too few validators answered in time",
			Ended::Unresolved | Ended::Final(_) => "is unresolved: the validators found no two thirds for one result",
		};
		Error::NoAnswer(format!(
			"request {request} {why}{by}; what it held returns, less what the requester has caused"
		))
	}

	/// The bytes of an output, wherever they are. They are not verified.
	async fn output_bytes(
		&self,
		claim: &Claim,
		output: Option<Output>,
		watcher: Watcher<'_>,
	) -> Result<Vec<u8>, Error> {
		match output {
			Some(Output::Inline(bytes)) => Ok(bytes),
			Some(Output::Blob { size, .. }) if size > MAX_BLOB_OUTPUT => {
				Err(Error::Unverified(format!("no output has {size} bytes")))
			}
			Some(Output::Blob { size, .. }) => match claim.output {
				Some(id) => self.download(&id, size, watcher).await,
				None => Err(Error::Unverified("the claim has no output".into())),
			},
			None => Err(Error::Unverified("the record has no output, and the claim has one".into())),
		}
	}

	/// Waits until a request has ended, as the endpoint says it, and returns its record and the block that has it.
	pub async fn ended(
		&self,
		request: RequestId,
		watcher: Watcher<'_>,
	) -> Result<(ResultRecord, (u32, Hash32)), Error> {
		let at = self.at().await?;
		if let Some(found) = ended_at(&at, request).await? {
			return Ok(found);
		}
		if open_status(&at, request).await?.is_none() {
			return Err(no_request(&at, request).await?);
		}
		let mut blocks = self.blocks().await?;
		let mut last = None;
		for _ in 0..LONGEST {
			let at = blocks.next().await?;
			if let Some(found) = ended_at(&at, request).await? {
				return Ok(found);
			}
			let status = open_status(&at, request).await?;
			if let Some(status) = status.filter(|_| status != last) {
				watcher(Progress::Status(status));
				last = Some(status);
			}
		}
		Err(Error::NoAnswer(format!("request {request} has not ended within {LONGEST} blocks")))
	}

	/// The receipt of a final request from a checkpoint on, verified. Waits until there are votes for a later block.
	pub async fn receipt(&self, request: RequestId, checkpoint: &Checkpoint) -> Result<Proven, Error> {
		let from = match checkpoint {
			Checkpoint::Genesis(_) => None,
			Checkpoint::Block(block) => Some(hex0x(block.block.hash)),
		};
		let mut blocks = self.blocks().await?;
		for _ in 0..PROVEN_WITHIN {
			let at = blocks.next().await?;
			match self.try_node::<String>("receipts_build", rpc_params![request, &from]).await? {
				Ok(hex) => {
					let best = u32::try_from(at.block_number()).unwrap_or(u32::MAX);
					let proven = verify_receipt(&from_hex(&hex)?, checkpoint, self.trust().age(best))?;
					check_expected(
						&proven.verified.claim,
						&Expected { request, model: None, input: None, terms: None },
					)?;
					return Ok(proven);
				}
				Err(error) if is_early(&error) && self.may_become_final(&at, request).await? => (),
				Err(error) => return Err(rpc_error(RpcError::User(error))),
			}
		}
		Err(Error::Network(format!("no block with votes proves request {request} within {PROVEN_WITHIN} blocks")))
	}

	/// What is under a key of the state after a finalized block that the node names, or that nothing is: the statement's bytes and what it
	/// proves, verified from the last block that is known, or from the one that was asked for. Waits until there are votes for a block.
	pub async fn state(&self, key: &[u8]) -> Result<(Vec<u8>, ProvenState), Error> {
		let mut blocks = self.blocks().await?;
		for _ in 0..PROVEN_WITHIN {
			let best = u32::try_from(blocks.next().await?.block_number()).unwrap_or(u32::MAX);
			let checkpoint = self.trust().checkpoint(self.genesis(), best, best);
			let from = match &checkpoint {
				Checkpoint::Genesis(_) => None,
				Checkpoint::Block(block) => Some(hex0x(block.block.hash)),
			};
			match self.try_node::<String>("receipts_state", rpc_params![hex0x(key), &from]).await? {
				Ok(hex) => {
					let bytes = from_hex(&hex)?;
					let proven = verify_state(&bytes, &checkpoint, self.trust().age(best))?;
					if proven.key != key {
						return Err(Error::Unverified("what was given proves something about another key".into()));
					}
					return Ok((bytes, proven));
				}
				Err(error) if error.code == NOT_YET_PROVEN => (),
				Err(error) => return Err(rpc_error(RpcError::User(error))),
			}
		}
		Err(Error::Network(format!("no block with votes within {PROVEN_WITHIN} blocks")))
	}

	/// The receipt of a request that ended in a block, from the checkpoint that suits it.
	async fn receipt_since(&self, request: RequestId, ended: u32) -> Result<Proven, Error> {
		let checkpoint = self.trust().checkpoint(self.genesis(), ended, self.finalized().await?);
		self.receipt(request, &checkpoint).await
	}

	/// Whether there is sense in waiting.
	async fn may_become_final(&self, at: &At, request: RequestId) -> Result<bool, Error> {
		let result: Option<ResultRecord> = value(at, "Inference", "Results", (request,)).await?;
		match result {
			Some(result) => Ok(matches!(result.ended, Ended::Final(_))),
			None => Ok(value::<_, OpenRequest>(at, "Inference", "Requests", (request,)).await?.is_some()),
		}
	}
}

/// The record of a request that has ended, and the block that has it.
async fn ended_at(at: &At, request: RequestId) -> Result<Option<(ResultRecord, (u32, Hash32))>, Error> {
	let record: Option<ResultRecord> = value(at, "Inference", "Results", (request,)).await?;
	let number = u32::try_from(at.block_number()).unwrap_or(u32::MAX);
	Ok(record.map(|record| (record, (number, crate::client::at_hash(at)))))
}

/// Where a request stands that is open.
async fn open_status(at: &At, request: RequestId) -> Result<Option<&'static str>, Error> {
	Ok(stage(at, request).await?.map(|stage| stage.name()))
}

/// The error of a request that is neither open nor has a result.
async fn no_request(at: &At, request: RequestId) -> Result<Error, Error> {
	let next: RequestId = value(at, "Inference", "NextRequest", ()).await?.unwrap_or_default();
	Ok(Error::Usage(match next.checked_sub(1) {
		Some(last) if request <= last => {
			format!("request {request} has left the state: `assay receipt {request}` proves what its result was")
		}
		Some(last) => format!("there is no request {request}: the last one is {last}"),
		None => format!("there is no request {request}: there is none yet"),
	}))
}

fn is_early(error: &UserError) -> bool {
	error.code == NOT_FINAL || error.code == NOT_YET_PROVEN
}

impl Ask {
	/// What is paid for: what the ask names, and the defaults. Where there are no more validators than members and auditors together,
	/// all of them vote.
	pub fn terms(&self) -> Terms {
		let Terms { k, audits, window } = Terms::DEFAULT;
		Terms {
			k: self.k.unwrap_or(k),
			audits: self.audits.unwrap_or(audits),
			window: self.window.map_or(window, Into::into),
		}
	}

	/// The input as the call takes it.
	fn input(&self) -> Input {
		Input::of(&self.input)
	}
}

impl Input {
	/// The bytes of an input, as calls take them: what does not fit is a blob, to be uploaded next.
	pub fn of(bytes: &[u8]) -> Self {
		if bytes.len() <= MAX_INLINE_INPUT as usize {
			Input::Inline(bytes.to_vec())
		} else {
			Input::Blob(BlobRef { id: ContentId::of(bytes).0, size: bytes.len() as u64 })
		}
	}
}
