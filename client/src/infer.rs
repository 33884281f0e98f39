//! Asking, and the answers: nothing here returns an output that was not verified.

use crate::{
	client::{rpc_error, value, At, Client, Progress, Watcher},
	error::explain,
	ports::Port,
	records::{BlobRef, Ended, Input, OpenRequest, Output, ResultRecord, Window},
	requests::stage,
	trust::hex0x,
	verify::{verify_receipt, Evidence, Expected, Proven},
	Error,
};
use assay_api::{
	codes,
	engine::{Dim, Port as NodePort, Quote as NodeQuote},
	Bytes, H256,
};
use assay_primitives::{
	constants::{MAX_BLOB_OUTPUT, MAX_INLINE_INPUT},
	Claim, ContentId, Hash32, ModelId, RequestId, TensorBundle, Verdict,
};
use assay_receipts::{check_expected, check_output, verify_state, Checkpoint, ProvenState, Terms};
use std::time::Duration;
use subxt::rpcs::{client::rpc_params, Error as RpcError, UserError};

/// Times that a busy node is asked again, and the pause before each.
const BUSY_TRIES: u32 = 240;
const BUSY_PAUSE: Duration = Duration::from_millis(250);
/// Finalized blocks within which a request ends, whatever its windows: 64 blocks of work in each of the windows of three rounds and of
/// two of all validators, an hour in which it may be disputed, and as many again.
const LONGEST: u32 = 5_000;
/// Finalized blocks within which votes come that prove a result: twice the 16 between two justifications, and what GRANDPA may lag.
const PROVEN_WITHIN: u32 = 64;

/// The needs of an inference: its inputs, its compute units and its price.
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
	/// The window in which its agreement may be disputed; none for the default.
	pub window: Option<Window>,
}

/// A verified output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
	/// The claim that the chain made final.
	pub claim: Claim,
	/// The output.
	pub output: TensorBundle,
	/// The proof of the claim.
	pub evidence: Evidence,
	/// Plancks that the requester paid. Over RPC this is the word of the node.
	pub paid: u128,
}

impl Client {
	/// The node's quote of a run, at these shapes of the inputs or at those that the model declares.
	pub async fn quote(&self, model: &ModelId, shapes: Option<&[Vec<u64>]>) -> Result<Quote, Error> {
		let quote = self.node_quote(model, shapes).await?;
		let fixed = |dim| match dim {
			Dim::Fixed(dim) => Some(dim),
			Dim::Symbol(_) | Dim::Unknown => None,
		};
		let dims = |shape: Vec<Dim>| shape.into_iter().map(fixed).collect();
		let port = |port: NodePort| Port { name: port.name, data_type: port.data_type, shape: port.shape.map(dims) };
		Ok(Quote { inputs: quote.inputs.into_iter().map(port).collect(), unit_limit: quote.unit_limit })
	}

	/// A node inspects one model at a time, and says so to others.
	async fn node_quote(&self, model: &ModelId, shapes: Option<&[Vec<u64>]>) -> Result<NodeQuote, Error> {
		let mut tries = 0;
		loop {
			match self.try_node("engine_quote", rpc_params![H256(model.0), shapes]).await? {
				Ok(quote) => return Ok(quote),
				Err(error) if error.code == codes::ENGINE_BUSY && tries < BUSY_TRIES => {
					tries += 1;
					tokio::time::sleep(BUSY_PAUSE).await;
				}
				Err(error) => return Err(rpc_error(RpcError::User(error))),
			}
		}
	}

	/// The output of a request, verified; waits until there is one. `named` is a name and a version that have to be the model's.
	///
	/// Over RPC a receipt is verified that leads from what is trusted to the claim; a light client has the claim from the state of a
	/// block that it has seen finalized. Then the hash of the result is made again from the output's bytes.
	pub(crate) async fn answer(
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
		self.learn(&evidence)?;
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
			Checkpoint::Block(block) => Some(H256(block.block.hash)),
		};
		let mut blocks = self.blocks().await?;
		for _ in 0..PROVEN_WITHIN {
			let at = blocks.next().await?;
			match self.try_node::<Bytes>("receipts_build", rpc_params![request, from]).await? {
				Ok(Bytes(bytes)) => {
					let best = u32::try_from(at.block_number()).unwrap_or(u32::MAX);
					let proven = verify_receipt(&bytes, checkpoint, self.trust().age(best))?;
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

	/// The receipt of a final request for others: from the genesis block on, so that its hash is all that they need. If
	/// the validators of the genesis block do not answer for it any more, from the block on that is trusted here.
	pub async fn receipt_for_others(&self, request: RequestId) -> Result<Proven, Error> {
		match self.receipt(request, &Checkpoint::Genesis(self.genesis())).await {
			Err(Error::Receipt(assay_receipts::Error::CheckpointTooOld { .. })) => {
				self.receipt_since(request, u32::MAX).await
			}
			done => done,
		}
	}

	/// The value under a key of the state after a finalized block that the node names, or that there is none: the
	/// statement's bytes and the fact that it proves, verified from the last block that is known, or from the one that
	/// was asked for. Waits until there are votes for a block.
	pub async fn state(&self, key: &[u8]) -> Result<(Vec<u8>, ProvenState), Error> {
		self.state_since(key, 0, |best| self.trust().checkpoint(self.genesis(), best, best)).await
	}

	/// The same for others, at the last finalized block of now or a later one: from the genesis block on, so that its hash is all that they need.
	/// If the validators of the genesis block do not answer for it any more, from the block on that is trusted here.
	pub async fn state_for_others(&self, key: &[u8]) -> Result<(Vec<u8>, ProvenState), Error> {
		let now = self.finalized().await?;
		match self.state_since(key, now, |_| Checkpoint::Genesis(self.genesis())).await {
			Err(Error::Receipt(assay_receipts::Error::CheckpointTooOld { .. })) => self.state(key).await,
			done => done,
		}
	}

	async fn state_since(
		&self,
		key: &[u8],
		at_least: u32,
		start: impl Fn(u32) -> Checkpoint,
	) -> Result<(Vec<u8>, ProvenState), Error> {
		let mut blocks = self.blocks().await?;
		for _ in 0..PROVEN_WITHIN {
			let best = u32::try_from(blocks.next().await?.block_number()).unwrap_or(u32::MAX);
			let checkpoint = start(best);
			let from = match &checkpoint {
				Checkpoint::Genesis(_) => None,
				Checkpoint::Block(block) => Some(H256(block.block.hash)),
			};
			match self.try_node::<Bytes>("receipts_state", rpc_params![hex0x(key), from]).await? {
				Ok(Bytes(bytes)) => {
					let proven = verify_state(&bytes, &checkpoint, self.trust().age(best))?;
					if proven.key != key {
						return Err(Error::Unverified("what was given proves something about another key".into()));
					}
					if proven.block.number >= at_least {
						return Ok((bytes, proven));
					}
				}
				Err(error) if error.code == codes::NOT_YET_PROVEN => (),
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

	/// True if the request may still become final, so that waiting makes sense.
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

/// The stage of an open request.
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
	error.code == codes::NOT_FINAL || error.code == codes::NOT_YET_PROVEN
}

impl Ask {
	/// The terms that are paid for: those that the ask names, and the defaults. All validators vote if there are no
	/// more of them than members and auditors together.
	pub fn terms(&self) -> Terms {
		let Terms { k, audits, window } = Terms::DEFAULT;
		Terms {
			k: self.k.unwrap_or(k),
			audits: self.audits.unwrap_or(audits),
			window: self.window.map_or(window, Into::into),
		}
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
