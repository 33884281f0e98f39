//! Calls of the module.

use crate::json::{data_type, BlockJson, ClaimJson, ExpectedJson, Hex, TensorJson, TermsJson};
use assay_primitives::{
	constants::CHUNK_BYTES,
	hash::{blake2_256, result_hash},
	tensor::{push_text, texts},
	ContentId, DataType, EngineId, Hash32, Tensor, TensorBundle,
};
use assay_receipts::{
	check_expected, check_name, check_output, check_terms, name_key, read, time_key, verify, verify_state, Age,
	Checkpoint, Receipt, Spec, SpecError, StateError, TrustedBlock,
};
use codec::{DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use std::collections::HashMap;

/// A call. The bytes that it is about are beside it.
#[derive(Deserialize)]
#[serde(tag = "call", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Call {
	/// Chooses the start of a receipt: the genesis block, or the later one if the genesis block is older than bonds
	/// stay.
	Start {
		/// Genesis block of the chain.
		genesis: Hex<Hash32>,
		/// A later block that is trusted: the encoding of a [`TrustedBlock`].
		block: Option<Hex<Vec<u8>>>,
		/// Number of the chain's best block.
		now: u32,
	},
	/// Verifies the receipt in the bytes.
	Verify {
		/// The trusted block.
		checkpoint: CheckpointJson,
		/// Number of the chain's best block; without it, a checkpoint of any age is taken.
		now: Option<u32>,
	},
	/// Verifies the statement of the state in the bytes.
	VerifyState {
		/// The trusted block.
		checkpoint: CheckpointJson,
		/// As in [`Call::Verify`].
		now: Option<u32>,
	},
	/// Checks that a claim is about what was asked.
	CheckExpected {
		/// The claim.
		claim: ClaimJson,
		/// The facts of the caller's request.
		expected: ExpectedJson,
	},
	/// Checks that a claim rests on no less than these terms.
	CheckTerms {
		/// The claim.
		claim: ClaimJson,
		/// The terms.
		least: TermsJson,
	},
	/// Checks that the bytes are the output of a claim of this chain.
	CheckOutput {
		/// The claim.
		claim: ClaimJson,
		/// Genesis block of the chain.
		genesis: Hex<Hash32>,
	},
	/// The keys of the state after a head that [`Call::ReadHead`] reads.
	HeadKeys {
		/// A name and its version, if they are to be compared with a model.
		named: Option<Named>,
	},
	/// Reads the state after a proven head: its time, and that a name is the model's.
	ReadHead {
		/// State root of the head.
		root: Hex<Hash32>,
		/// Nodes of the proof, in any order.
		nodes: Vec<Hex<Vec<u8>>>,
		/// A name, its version, and the model that they have to be.
		named: Option<NamedModel>,
	},
	/// Reads values of the state under a proven root; `null` where it is proven that there is none.
	Read {
		/// State root.
		root: Hex<Hash32>,
		/// Keys.
		keys: Vec<Hex<Vec<u8>>>,
		/// Nodes of the proof, in any order.
		nodes: Vec<Hex<Vec<u8>>>,
	},
	/// Says why a light client must not begin with the raw chain spec in the bytes: its block is older than bonds stay. `null` if it may.
	SpecAge {
		/// Milliseconds since 1970.
		clock: u64,
		/// Number of the block that the chain has come to.
		best: u32,
	},
	/// Id of the bytes, and hashes of their chunks.
	ContentId {},
	/// Hash by which a verdict names an output.
	ResultHash {
		/// Genesis block of the chain.
		genesis: Hex<Hash32>,
		/// The engine.
		engine: Hex<Hash32>,
		/// The model.
		model: Hex<Hash32>,
		/// Id of the input.
		input: Hex<Hash32>,
		/// Id of the output.
		output: Hex<Hash32>,
	},
	/// Encodes tensors whose elements are in the bytes. The bytes of the answer are the bundle, with the one NaN of each type.
	EncodeBundle {
		/// The tensors.
		tensors: Vec<TensorJson>,
	},
	/// Decodes the bundle in the bytes. The bytes of the answer are the elements.
	DecodeBundle {},
}

/// A trusted block.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckpointJson {
	/// The genesis block, by its hash.
	Genesis(Hex<Hash32>),
	/// The encoding of a [`TrustedBlock`].
	Block(Hex<Vec<u8>>),
	/// The encoding of a [`Checkpoint`].
	Encoded(Hex<Vec<u8>>),
}

/// A name and its version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
	name: String,
	version: u32,
}

/// A name, its version, and the model that they have to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedModel {
	name: String,
	version: u32,
	model: Hex<Hash32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifiedJson {
	claim: ClaimJson,
	block: BlockJson,
	head: BlockJson,
	genesis: Hex<Hash32>,
	checkpoint: BlockJson,
	/// The head as a checkpoint for later: the encoding of a [`TrustedBlock`].
	next: Hex<Vec<u8>>,
	/// State root of the head.
	state_root: Hex<Hash32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProvenStateJson {
	key: Hex<Vec<u8>>,
	value: Option<Hex<Vec<u8>>>,
	block: BlockJson,
	genesis: Hex<Hash32>,
	checkpoint: BlockJson,
	next: Hex<Vec<u8>>,
}

/// The answer of a call: JSON, and bytes.
type Answer = Result<(Value, Vec<u8>), String>;

fn words(error: impl ToString) -> String {
	error.to_string()
}

fn age(now: Option<u32>) -> Age {
	now.map_or(Age::Any, |now| Age::Bonded { now })
}

fn answer(value: impl Serialize) -> Answer {
	Ok((serde_json::to_value(value).map_err(words)?, Vec::new()))
}

impl CheckpointJson {
	fn decode(&self) -> Result<Checkpoint, String> {
		let damaged = |_| "the checkpoint is damaged".to_string();
		match self {
			CheckpointJson::Genesis(hash) => Ok(Checkpoint::Genesis(hash.0)),
			CheckpointJson::Block(bytes) => {
				TrustedBlock::decode_all(&mut &bytes.0[..]).map(Checkpoint::Block).map_err(damaged)
			}
			CheckpointJson::Encoded(bytes) => Checkpoint::decode_all(&mut &bytes.0[..]).map_err(damaged),
		}
	}
}

/// Performs a call on the bytes beside it.
pub fn perform(call: Call, bytes: &[u8]) -> Answer {
	match call {
		Call::Start { genesis, block, now } => {
			let block = block.map(|bytes| TrustedBlock::decode_all(&mut &bytes.0[..])).transpose();
			let block = block.map_err(|_| "the checkpoint is damaged".to_string())?;
			match block {
				Some(block) if block.genesis != genesis.0 => Err("the checkpoint is of another chain".into()),
				Some(block) if now > block.unbonding => {
					answer(json!({ "checkpoint": { "block": Hex(block.encode()) }, "from": Hex(block.block.hash) }))
				}
				_ => answer(json!({ "checkpoint": { "genesis": genesis }, "from": null })),
			}
		}
		Call::Verify { checkpoint, now } => {
			let verified = verify(bytes, &checkpoint.decode()?, age(now)).map_err(words)?;
			let head = Receipt::from_bytes(bytes).map_err(words)?.route.head;
			answer(VerifiedJson {
				claim: verified.claim.into(),
				block: verified.block.into(),
				head: verified.head.into(),
				genesis: Hex(verified.genesis),
				checkpoint: verified.checkpoint.into(),
				next: Hex(verified.next.encode()),
				state_root: Hex(head.block.header.state_root),
			})
		}
		Call::VerifyState { checkpoint, now } => {
			let proven = verify_state(bytes, &checkpoint.decode()?, age(now)).map_err(words)?;
			answer(ProvenStateJson {
				key: Hex(proven.key),
				value: proven.value.map(Hex),
				block: proven.block.into(),
				genesis: Hex(proven.genesis),
				checkpoint: proven.checkpoint.into(),
				next: Hex(proven.next.encode()),
			})
		}
		Call::CheckExpected { claim, expected } => {
			answer(check_expected(&claim.into(), &expected.into()).map_err(words)?)
		}
		Call::CheckTerms { claim, least } => answer(check_terms(&claim.into(), &least.into()).map_err(words)?),
		Call::CheckOutput { claim, genesis } => answer(check_output(&claim.into(), &genesis.0, bytes).map_err(words)?),
		Call::HeadKeys { named } => {
			let named = named.map(|Named { name, version }| name_key(&name, version));
			answer([time_key()].into_iter().chain(named).map(Hex).collect::<Vec<_>>())
		}
		Call::ReadHead { root, nodes, named } => {
			let mut keys = vec![time_key()];
			keys.extend(named.iter().map(|NamedModel { name, version, .. }| name_key(name, *version)));
			let values = values(&root.0, &keys, &nodes)
				.map_err(|error| format!("the node does not prove the state of the receipt's head: {error}"))?;
			if let Some(NamedModel { name, version, model }) = named {
				let value = values.get(1).and_then(Option::as_deref);
				check_name(value, &name, version, &ContentId(model.0)).map_err(words)?;
			}
			let time = values.first().and_then(Option::as_deref);
			answer(json!({ "time": time.and_then(|mut time| u64::decode_all(&mut time).ok()) }))
		}
		Call::Read { root, keys, nodes } => {
			let keys: Vec<Vec<u8>> = keys.into_iter().map(|key| key.0).collect();
			let values = values(&root.0, &keys, &nodes).map_err(|error| format!("the value is not proven: {error}"))?;
			answer(values.into_iter().map(|value| value.map(Hex)).collect::<Vec<_>>())
		}
		Call::SpecAge { clock, best } => {
			let spec =
				std::str::from_utf8(bytes).map_err(|_| "this is no raw chain spec: it is no text".to_string())?;
			match Spec::read(spec).and_then(|spec| spec.check_age(clock, best)) {
				Ok(()) => answer(Value::Null),
				Err(SpecError::TooOld(why)) => answer(why),
				Err(error) => Err(words(error)),
			}
		}
		Call::ContentId {} => {
			let leaves: Vec<Hash32> = bytes.chunks(CHUNK_BYTES as usize).map(blake2_256).collect();
			let id = ContentId::from_leaves(bytes.len() as u64, leaves.clone());
			answer(
				json!({ "id": Hex(id.0), "leaves": leaves.into_iter().map(Hex).collect::<Vec<_>>(), "chunk": CHUNK_BYTES }),
			)
		}
		Call::ResultHash { genesis, engine, model, input, output } => {
			let [model, input, output] = [model, input, output].map(|id| ContentId(id.0));
			answer(Hex(result_hash(&genesis.0, &EngineId(engine.0), &model, &input, &output)))
		}
		Call::EncodeBundle { tensors } => encode(tensors, bytes),
		Call::DecodeBundle {} => decode(bytes),
	}
}

/// Values under keys, by nodes whose hashes lead from the root to them.
fn values(root: &Hash32, keys: &[Vec<u8>], nodes: &[Hex<Vec<u8>>]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
	let nodes: HashMap<Hash32, &[u8]> = nodes.iter().map(|node| (blake2_256(&node.0), node.0.as_slice())).collect();
	let value = |key: &Vec<u8>| match read(root, key, |hash| nodes.get(hash).copied()) {
		Ok(value) => Ok(Some(value.to_vec())),
		Err(StateError::NoValue) => Ok(None),
		Err(error) => Err(error),
	};
	keys.iter().map(value).collect()
}

fn encode(tensors: Vec<TensorJson>, mut bytes: &[u8]) -> Answer {
	let mut bundle = TensorBundle::default();
	for TensorJson { name, data_type: type_name, shape, bytes: length, texts } in tensors {
		let data_type = data_type(&type_name)
			.ok_or_else(|| format!("`{name}` is {type_name}, which is no data type of the network"))?;
		let data = match texts {
			Some(texts) if data_type == DataType::String => {
				let mut data = Vec::new();
				texts.iter().for_each(|text| push_text(text, &mut data));
				data
			}
			Some(_) => return Err(format!("`{name}` is {type_name}, and its elements are texts")),
			None => {
				let (data, rest) =
					bytes.split_at_checked(length).ok_or_else(|| format!("the bytes end before those of `{name}`"))?;
				bytes = rest;
				data.to_vec()
			}
		};
		let mut tensor = Tensor { name, data_type, shape, data };
		tensor.canonicalize();
		bundle.0.push(tensor);
	}
	if !bytes.is_empty() {
		return Err(format!("{} bytes are those of no tensor", bytes.len()));
	}
	Ok((Value::Null, bundle.to_bytes().map_err(words)?))
}

fn decode(bytes: &[u8]) -> Answer {
	let bundle = TensorBundle::from_bytes(bytes).map_err(words)?;
	let mut data = Vec::with_capacity(bytes.len());
	let mut tensors = Vec::with_capacity(bundle.0.len());
	for tensor in bundle.0 {
		let is_text = tensor.data_type == DataType::String;
		// The bundle is canonical: each element is a text.
		let texts = is_text.then(|| texts(&tensor.data).flatten().map(Into::into).collect());
		let length = if is_text { 0 } else { tensor.data.len() };
		data.extend(tensor.data.iter().take(length));
		tensors.push(TensorJson {
			name: tensor.name,
			data_type: tensor.data_type.name().into(),
			shape: tensor.shape,
			bytes: length,
			texts,
		});
	}
	Ok((serde_json::to_value(tensors).map_err(words)?, data))
}
