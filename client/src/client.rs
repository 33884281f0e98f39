//! A connection to a chain.

use crate::{
	account::Account,
	calls::{self, Binding, Call},
	records::{Candidate, Model, Name, OpenRequest, ResultRecord},
	settings::FirstUse,
	trust::{clock, other_chain, Profile, Trust},
	verify::Evidence,
	Error,
};
use assay_primitives::{Hash32, ModelId, RequestId};
use assay_receipts::Spec;
use serde::de::DeserializeOwned;
use std::{
	collections::HashMap,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex, PoisonError, RwLock,
	},
	time::Duration,
};
use subxt::{
	client::{Blocks, OnlineClientAtBlock, OnlineClientAtBlockImpl},
	dynamic,
	error::{
		BackendError, DispatchError, ExtrinsicError, RpcError as SubxtRpcError, TransactionEventsError,
		TransactionFinalizedSuccessError, TransactionProgressError, TransactionStatusError,
	},
	ext::{
		frame_decode::storage::{IntoDecodableValues, IntoEncodableValues},
		scale_decode::DecodeAsType,
	},
	extrinsics::ExtrinsicEvents,
	lightclient::{ChainConfig, LightClient},
	rpcs::{
		client::{reconnecting_rpc_client::RpcClient as ReconnectingRpcClient, rpc_params, RpcParams},
		Error as RpcError, RpcClient,
	},
	transactions::{TransactionProgress, TransactionStatus},
	OnlineClient, SubstrateConfig,
};

/// Seconds in which a light client is to find a peer and follow the chain.
const LIGHT_START: Duration = Duration::from_secs(180);

/// Times that a transaction is submitted again after the pool has dropped it. A node's pool drops one that waits for an earlier one of its account
/// when the block whose view has it is left behind, however valid it is, and later ones of the account wait for it.
const DROPPED_TRIES: u32 = 3;
/// Times that a transaction is signed anew because another program has used its nonce.
const SIGN_TRIES: u32 = 3;
/// Longest time for one attempt to connect.
const CONNECT: Duration = Duration::from_secs(30);
/// Pauses after which a connection that was lost is tried again: 50 ms, and twice as long each time, up to 5 s; a minute in all.
const RECONNECTS: u32 = 18;
const RECONNECT_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A finalized block.
pub(crate) type At = OnlineClientAtBlock<SubstrateConfig>;

/// The node or chain to ask.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
	/// A node's RPC, `ws://` or `wss://`. It is not trusted: what it says of outputs is proven by receipts.
	Rpc(String),
	/// A light client in this process, which finds peers by itself and believes none of them.
	Light {
		/// The chain's raw specification.
		spec: String,
		/// Peers to begin with, beside those that the specification names.
		bootnodes: Vec<String>,
		/// RPC of a node that takes and gives blobs, which a light client does not. It is trusted with nothing: their ids are hashes.
		blobs: Option<String>,
	},
}

/// The progress of something that takes its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Progress {
	/// The light client looks for peers and follows the chain.
	Syncing,
	/// A transaction was handed over.
	Submitted,
	/// It is in a block, and that block is final.
	Included,
	/// So many of so many bytes of a blob are uploaded or downloaded.
	Bytes {
		/// Bytes that are done.
		done: u64,
		/// All bytes.
		total: u64,
	},
	/// The request has this number.
	Requested(RequestId),
	/// The request, or the model, stands here.
	Status(&'static str),
	/// Waits for the votes that prove the result.
	Proving,
}

/// Is told of progress.
pub type Watcher<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// A connection to a chain.
pub struct Client {
	api: OnlineClient<SubstrateConfig>,
	/// The endpoint itself.
	rpc: RpcClient,
	/// A node with the calls of ours.
	node: Option<RpcClient>,
	light: bool,
	trust: RwLock<Trust>,
	genesis: Hash32,
	/// One transaction of an account is handed over at a time.
	turns: Mutex<HashMap<Hash32, Turn>>,
	/// The file in which proven facts are kept.
	profile: Option<Mutex<Profile>>,
	first_use: Option<FirstUse>,
}

impl Client {
	/// Connects. Fails if the endpoint is on another chain than the one that is trusted.
	pub async fn connect(endpoint: &Endpoint, trust: Trust, watcher: Watcher<'_>) -> Result<Self, Error> {
		let (rpc, node, light) = match endpoint {
			Endpoint::Rpc(url) => {
				let rpc = connect_rpc(url).await?;
				(rpc.clone(), Some(rpc), None)
			}
			Endpoint::Light { spec, bootnodes, blobs } => {
				watcher(Progress::Syncing);
				let node = match blobs {
					Some(url) => Some(connect_rpc(url).await?),
					None => None,
				};
				let known = Spec::read(spec)?;
				if !trust.any_age {
					known.check_age(clock(), 0)?;
				}
				(start_light(spec, bootnodes)?, node, Some(known))
			}
		};
		let api = OnlineClient::<SubstrateConfig>::from_rpc_client(rpc.clone()).await.map_err(Error::network)?;
		let genesis = api.genesis_hash().0;
		match trust.genesis {
			Some(pinned) if pinned != genesis => return Err(other_chain("the chain that is trusted", pinned, genesis)),
			_ => (),
		}
		let any_age = trust.any_age;
		let client = Client {
			api,
			rpc,
			node,
			light: light.is_some(),
			trust: RwLock::new(trust),
			genesis,
			turns: Mutex::default(),
			profile: None,
			first_use: None,
		};
		if let Some(spec) = light {
			// Now and then the first block that it names is one that it does not have yet.
			let first = async {
				match client.at().await {
					Ok(at) => Ok(at),
					Err(_) => client.at().await,
				}
			};
			tokio::time::timeout(LIGHT_START, first).await.map_err(|_| {
				let seconds = LIGHT_START.as_secs();
				Error::Network(format!(
					"the light client found no peer to follow in {seconds} s: does the chain spec name boot nodes that run? --bootnode \
					 names others"
				))
			})??;
			if !any_age {
				spec.check_age(clock(), client.finalized().await?)?;
			}
		}
		Ok(client)
	}

	/// Genesis block of the chain.
	pub fn genesis(&self) -> Hash32 {
		self.genesis
	}

	/// True if reads are proven to a light client here, and are not the word of a node.
	pub fn is_light(&self) -> bool {
		self.light
	}

	/// The genesis block that was pinned when this client connected, if it is the first use of the chain on this
	/// machine.
	pub fn first_use(&self) -> Option<&FirstUse> {
		self.first_use.as_ref()
	}

	/// The blocks that are trusted now: every answer moves the checkpoint on.
	pub fn trust(&self) -> Trust {
		self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
	}

	/// Keeps in a profile what is proven.
	pub(crate) fn keeping(self, profile: Profile, first_use: Option<FirstUse>) -> Self {
		Client { profile: Some(Mutex::new(profile)), first_use, ..self }
	}

	/// Keeps what an answer has proven, for the next one.
	pub(crate) fn learn(&self, evidence: &Evidence) -> Result<(), Error> {
		let Some((block, time)) = evidence.checkpoint() else { return Ok(()) };
		let Some(profile) = &self.profile else { return Ok(()) };
		let mut profile = profile.lock().unwrap_or_else(PoisonError::into_inner);
		profile.advance(block, time)?;
		let mut trust = self.trust.write().unwrap_or_else(PoisonError::into_inner);
		if !trust.exact {
			let Trust { checkpoint, now, .. } = profile.trust();
			(trust.checkpoint, trust.now) = (checkpoint, trust.now.max(now));
		}
		Ok(())
	}

	/// The last finalized block.
	pub(crate) async fn at(&self) -> Result<At, Error> {
		self.api.at_current_block().await.map_err(at_block_error)
	}

	/// Number of the last finalized block.
	pub async fn finalized(&self) -> Result<u32, Error> {
		Ok(u32::try_from(self.at().await?.block_number()).unwrap_or(u32::MAX))
	}

	/// Says when there are more finalized blocks.
	pub(crate) async fn blocks(&self) -> Result<FinalizedBlocks, Error> {
		let stream = self.api.stream_blocks().await.map_err(Error::network)?;
		Ok(FinalizedBlocks { api: self.api.clone(), stream })
	}

	/// A method that every endpoint has.
	pub(crate) async fn call<T: DeserializeOwned>(&self, method: &str, params: RpcParams) -> Result<T, Error> {
		request(&self.rpc, method, params).await.map_err(rpc_error)
	}

	/// A method of a node, which a light client does not have.
	pub(crate) async fn ask_node<T: DeserializeOwned>(&self, method: &str, params: RpcParams) -> Result<T, Error> {
		self.try_node(method, params).await?.map_err(|error| rpc_error(RpcError::User(error)))
	}

	/// The same, with the errors that the node gives apart from those of the connection.
	pub(crate) async fn try_node<T: DeserializeOwned>(
		&self,
		method: &str,
		params: RpcParams,
	) -> Result<Result<T, subxt::rpcs::UserError>, Error> {
		let node = self.node.as_ref().ok_or_else(|| {
			Error::Usage(
				"a light client has no blobs and runs no models for others: name a node with --url as well, it is not trusted with it"
					.into(),
			)
		})?;
		match request(node, method, params).await {
			Ok(value) => Ok(Ok(value)),
			Err(RpcError::User(error)) => Ok(Err(error)),
			Err(error) => Err(rpc_error(error)),
		}
	}

	/// True if there is a node to ask for blobs and quotes.
	pub fn has_node(&self) -> bool {
		self.node.is_some()
	}

	/// A model's record.
	pub async fn model(&self, id: &ModelId) -> Result<Option<Model>, Error> {
		value(&self.at().await?, "Models", "Models", (id.0,)).await
	}

	/// The holder of a name, with its last version.
	pub async fn name(&self, name: &str) -> Result<Option<Name>, Error> {
		value(&self.at().await?, "Models", "Names", (name.as_bytes().to_vec(),)).await
	}

	/// An open request.
	pub async fn open_request(&self, request: RequestId) -> Result<Option<OpenRequest>, Error> {
		value(&self.at().await?, "Inference", "Requests", (request,)).await
	}

	/// An ended request, as long as the state has it. Over RPC this is the word of the node: see [`Client::answer`].
	pub async fn result(&self, request: RequestId) -> Result<Option<ResultRecord>, Error> {
		value(&self.at().await?, "Inference", "Results", (request,)).await
	}

	/// A bond.
	pub async fn candidate(&self, account: &Hash32) -> Result<Option<Candidate>, Error> {
		value(&self.at().await?, "Validators", "Candidates", (*account,)).await
	}

	/// The engine that the network runs.
	pub async fn engine(&self) -> Result<Option<Hash32>, Error> {
		value(&self.at().await?, "Models", "CurrentEngine", ()).await
	}

	/// Validators of the session.
	pub async fn validators(&self) -> Result<Vec<Hash32>, Error> {
		Ok(value(&self.at().await?, "Session", "Validators", ()).await?.unwrap_or_default())
	}

	/// Plancks that an account may spend.
	pub async fn balance(&self, account: &Hash32) -> Result<u128, Error> {
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct Info {
			data: Data,
		}
		#[derive(DecodeAsType)]
		#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
		struct Data {
			free: u128,
		}
		let info: Option<Info> = value(&self.at().await?, "System", "Account", (*account,)).await?;
		Ok(info.map_or(0, |info| info.data.free))
	}

	/// Plancks that a request puts on hold, royalty apart, for a committee of `k` with `audits` auditors.
	pub async fn price(&self, units: u64, bytes: u64, k: u32, audits: u32) -> Result<u128, Error> {
		let call = dynamic::runtime_api_call::<_, Option<u128>>("InferenceApi", "price", (units, bytes, k, audits));
		let price = self.at().await?.runtime_apis().call(call).await?;
		price.ok_or_else(|| Error::Usage(format!("no price fits {units} units and {bytes} bytes: ask for less")))
	}

	/// The fees of a call, if an account signs it.
	pub async fn prepare(&self, call: &Call, account: &Account) -> Result<Prepared, Error> {
		let at = self.at().await?;
		let bytes = self.signed(&at, call, account, self.next_nonce(account).await?)?;
		let fee = at.transactions().from_bytes(bytes).partial_fee_estimate().await.map_err(Error::network)?;
		Ok(Prepared { call: call.clone(), account: account.clone(), fee })
	}

	fn signed(&self, at: &At, call: &Call, account: &Account, nonce: u32) -> Result<Vec<u8>, Error> {
		call.check(at.metadata_ref())?;
		calls::check_extensions(at.metadata_ref())?;
		let binding = Binding {
			genesis: self.genesis,
			spec_version: at.spec_version(),
			transaction_version: at.transaction_version(),
			block: (at.block_number(), at_hash(at)),
			nonce,
		};
		Ok(calls::sign(call, account, &binding))
	}

	/// The nonce of an account's next transaction. A node counts those that wait in its pool, a light client those in blocks.
	async fn next_nonce(&self, account: &Account) -> Result<u32, Error> {
		self.call("system_accountNextIndex", rpc_params![account.address()]).await
	}

	/// Signs a transaction, submits it and waits until a finalized block has it.
	pub async fn send(&self, prepared: &Prepared, watcher: Watcher<'_>) -> Result<Included, Error> {
		let Prepared { call, account, .. } = prepared;
		let turn = {
			let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
			turns.entry(account.id()).or_default().clone()
		};
		let (progress, bytes) = self.hand_over(call, account, &turn).await?;
		watcher(Progress::Submitted);
		let mut found = progress.wait_for_finalized_success().await;
		for _ in 0..DROPPED_TRIES {
			if !is_dropped(&found) {
				break;
			}
			found = into_pool(&self.at().await?, call, bytes.clone()).await?.wait_for_finalized_success().await;
		}
		match found {
			Ok(events) => {
				watcher(Progress::Included);
				Ok(Included(events))
			}
			Err(error) => {
				// A transaction that was handed over may be lost: the chain says which nonce is next.
				*turn.lock().await = None;
				Err(match error {
					TransactionFinalizedSuccessError::SuccessError(TransactionEventsError::ExtrinsicFailed(error)) => {
						refused(call, explain(&error))
					}
					TransactionFinalizedSuccessError::FinalizationError(
						TransactionProgressError::TransactionStatusError(error),
					) => refused(call, error),
					other => Error::network(other).after_submission(),
				})
			}
		}
	}

	/// Hands a transaction over, and returns when it is in the pool: the next of this account is given the nonce after it.
	async fn hand_over(&self, call: &Call, account: &Account, turn: &Turn) -> Result<(Handed, Vec<u8>), Error> {
		let mut last = turn.lock().await;
		let mut tries = 0;
		loop {
			let at = self.at().await?;
			let known = self.next_nonce(account).await?;
			let nonce = last.map_or(known, |last| known.max(last.saturating_add(1)));
			let bytes = self.signed(&at, call, account, nonce)?;
			match into_pool(&at, call, bytes.clone()).await {
				Ok(progress) => {
					*last = Some(nonce);
					return Ok((progress, bytes));
				}
				Err(error @ Error::Refused(_)) => {
					*last = None;
					// Another program has signed with this account meanwhile.
					tries += 1;
					if tries == SIGN_TRIES || self.next_nonce(account).await? <= nonce {
						return Err(error);
					}
				}
				Err(error) => return Err(error),
			}
		}
	}
}

/// The nonce that an account's last transaction has, if this client has handed one over.
type Turn = Arc<tokio::sync::Mutex<Option<u32>>>;

type Handed = TransactionProgress<SubstrateConfig, OnlineClientAtBlockImpl<SubstrateConfig>>;

/// True if the pool has dropped a transaction that it had taken.
fn is_dropped<T>(found: &Result<T, TransactionFinalizedSuccessError>) -> bool {
	matches!(
		found,
		Err(TransactionFinalizedSuccessError::FinalizationError(TransactionProgressError::TransactionStatusError(
			TransactionStatusError::Dropped(_)
		)))
	)
}

/// Submits a transaction, and returns when it is in the pool.
async fn into_pool(at: &At, call: &Call, bytes: Vec<u8>) -> Result<Handed, Error> {
	let mut progress = at.transactions().from_bytes(bytes).submit_and_watch().await.map_err(|error| match error {
		ExtrinsicError::ErrorSubmittingTransaction(BackendError::Rpc(SubxtRpcError::ClientError(RpcError::User(
			error,
		)))) => refused(call, error.message),
		other => Error::network(other).after_submission(),
	})?;
	// Over the newer methods the pool has not answered yet.
	match progress.next().await {
		Some(Ok(
			TransactionStatus::Error { message }
			| TransactionStatus::Invalid { message }
			| TransactionStatus::Dropped { message },
		)) => Err(refused(call, message)),
		Some(Ok(_)) => Ok(progress),
		Some(Err(error)) => Err(Error::network(error).after_submission()),
		None => Err(Error::Network("the node has closed the connection".into()).after_submission()),
	}
}

fn refused(call: &Call, why: impl std::fmt::Display) -> Error {
	Error::Refused(format!("{}.{} was not taken: {why}", call.pallet, call.name))
}

/// A call, who signs it, and what its inclusion costs.
#[derive(Clone)]
pub struct Prepared {
	call: Call,
	account: Account,
	/// Plancks that its inclusion costs.
	pub fee: u128,
}

/// Events of a transaction that a finalized block has.
pub struct Included(ExtrinsicEvents<SubstrateConfig>);

impl Included {
	/// The first event of this name.
	pub(crate) fn event<T: subxt::ext::scale_decode::DecodeAsFields>(&self, name: &str) -> Result<T, Error> {
		for event in self.0.iter() {
			let event = event.map_err(Error::unknown_chain)?;
			if event.event_name() == name {
				return event.decode_fields_unchecked_as::<T>().map_err(Error::unknown_chain);
			}
		}
		Err(Error::unknown_chain(format!("there was no event {name}")))
	}
}

/// Finalized blocks.
pub(crate) struct FinalizedBlocks {
	api: OnlineClient<SubstrateConfig>,
	stream: Blocks<SubstrateConfig>,
}

impl FinalizedBlocks {
	/// Waits for one, and returns the last: the stream begins some way back, at blocks older than what was seen before.
	pub async fn next(&mut self) -> Result<At, Error> {
		let block = self.stream.next().await.ok_or_else(|| Error::network("the connection was closed"))?;
		block.map_err(Error::network)?;
		self.api.at_current_block().await.map_err(at_block_error)
	}
}

/// A value of the state.
pub(crate) async fn value<K, V>(at: &At, pallet: &str, entry: &str, key: K) -> Result<Option<V>, Error>
where
	K: IntoEncodableValues + IntoDecodableValues,
	V: DecodeAsType,
{
	let address = dynamic::storage::<K, V>(pallet, entry);
	let found = at.storage().try_fetch(address, key).await?;
	Ok(match found {
		Some(found) => Some(found.decode()?),
		None => None,
	})
}

/// A constant of the chain.
pub(crate) fn constant<T: DecodeAsType>(at: &At, pallet: &str, name: &str) -> Result<T, Error> {
	Ok(at.constants().entry(dynamic::constant::<T>(pallet, name))?)
}

/// Hash of a block.
pub(crate) fn at_hash(at: &At) -> Hash32 {
	at.block_hash().0
}

fn start_light(spec: &str, bootnodes: &[String]) -> Result<RpcClient, Error> {
	let wrong = |error: String| Error::Usage(format!("this is no raw chain spec: {error}"));
	let mut value: serde_json::Value = serde_json::from_str(spec).map_err(|error| wrong(error.to_string()))?;
	let known = value["bootNodes"].as_array().cloned().unwrap_or_default();
	let all: Vec<_> = known.into_iter().chain(bootnodes.iter().cloned().map(Into::into)).collect();
	if all.is_empty() {
		return Err(Error::Usage(
			"a light client needs a peer to begin with, and the chain spec names none: name one with --bootnode ADDRESS".into(),
		));
	}
	value["bootNodes"] = all.into();
	let (_, rpc) = LightClient::relay_chain(ChainConfig::chain_spec(value.to_string()))
		.map_err(|error| Error::Usage(format!("the light client does not take this chain spec: {error}")))?;
	Ok(RpcClient::new(rpc))
}

async fn connect_rpc(url: &str) -> Result<RpcClient, Error> {
	let pauses = Pauses { connected: Arc::default(), next: RECONNECT_PAUSE, left: RECONNECTS };
	let connected = pauses.connected.clone();
	let client = ReconnectingRpcClient::builder().retry_policy(pauses).connection_timeout(CONNECT).build(url).await;
	let client = client.map_err(|error| Error::Connection {
		what: format!("no node answers at {url}"),
		source: error.into(),
		advice: "; start one, or name another with --url",
	})?;
	connected.store(true, Ordering::Relaxed);
	Ok(RpcClient::new(client))
}

/// The pauses before another try. The first connection is tried once: whoever names a node that is not there is told at
/// once.
#[derive(Clone)]
struct Pauses {
	connected: Arc<AtomicBool>,
	next: Duration,
	left: u32,
}

impl Iterator for Pauses {
	type Item = Duration;

	fn next(&mut self) -> Option<Duration> {
		if !self.connected.load(Ordering::Relaxed) {
			return None;
		}
		self.left = self.left.checked_sub(1)?;
		let pause = self.next;
		self.next = LONGEST_PAUSE.min(pause.saturating_mul(2));
		Some(pause)
	}
}

/// Calls a method, and once more if the connection was lost meanwhile: every method that is called so may be called twice.
async fn request<T: DeserializeOwned>(rpc: &RpcClient, method: &str, params: RpcParams) -> Result<T, RpcError> {
	match rpc.request(method, params.clone()).await {
		Err(error) if error.is_disconnected_will_reconnect() => rpc.request(method, params).await,
		done => done,
	}
}

fn at_block_error(error: subxt::error::OnlineClientAtBlockError) -> Error {
	Error::network(error)
}

pub(crate) fn rpc_error(error: RpcError) -> Error {
	match error {
		RpcError::User(error) => Error::Node { code: error.code, message: error.message },
		other => Error::network(other),
	}
}

/// A dispatch error in the words that the chain has for it.
fn explain(error: &DispatchError) -> String {
	match error {
		DispatchError::Module(module) => match module.details() {
			Ok(details) => {
				let docs = details.variant.docs.join(" ");
				let name = format!("{}.{}", details.pallet.name(), details.variant.name);
				if docs.trim().is_empty() {
					name
				} else {
					format!("{} ({name})", docs.trim())
				}
			}
			Err(error) => error.to_string(),
		},
		DispatchError::Token(_) => {
			format!("{error} The account has too little, or has it on hold: `assay keys ls` says what it has")
		}
		other => other.to_string(),
	}
}

/// The bytes of a hex string that a node gives.
pub(crate) fn from_hex(text: &str) -> Result<Vec<u8>, Error> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
	hex::decode(digits).map_err(|error| Error::network(format!("what it gives is no hex: {error}")))
}
