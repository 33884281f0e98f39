//! Publishers and requesters.

use super::*;
use crate::{Call, NextRequest, Request, Requests, ResultRecord, Results, Window};
use assay_primitives::{h, ModelId, RequestId, Subject};
use frame_support::assert_ok;
use pallet_models::{
	Call as ModelsCall, CurrentEngine, Input, Model, ModelMetadata, ModelStatus, OldEngines, Provenance,
};
use pallet_rounds::{Agreement, Agreements, Stage, Standings};
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchResult};

/// Dispatches a call as a block does: in a storage layer, by a signed origin.
pub fn call(who: u64, call: impl Into<RuntimeCall>) -> DispatchResult {
	call.into().dispatch(RuntimeOrigin::signed(who)).map(|_| ()).map_err(|error| error.error)
}

/// Id of the `n`-th model.
pub fn model_id(n: u64) -> ModelId {
	ContentId(h("test/model", n))
}

/// An inline input.
pub fn inline(bytes: &[u8]) -> Input {
	Input::Inline(bytes.to_vec().try_into().unwrap())
}

/// An input in the blob store.
pub fn blob(n: u64, size: u64) -> Input {
	Input::Blob(BlobRef { id: ContentId(h("test/blob", n)), size })
}

/// Metadata of a model with this task and these tags.
pub fn metadata(task: &str, tags: &[&str]) -> ModelMetadata {
	let tags: Vec<_> = tags.iter().map(|tag| tag.as_bytes().to_vec().try_into().unwrap()).collect();
	ModelMetadata {
		task: task.as_bytes().to_vec().try_into().unwrap(),
		tags: tags.try_into().unwrap(),
		..Default::default()
	}
}

/// The key that the publisher's statements are signed with.
pub fn publisher_key() -> sp_core::ed25519::Pair {
	sp_core::Pair::from_seed(&[7; 32])
}

/// A statement about a version, as it should be signed.
pub fn statement(model: ModelId, name: &[u8], version: u32) -> Provenance {
	let statement = b"git+https://example.org/model@1f3c, trained on MNIST".to_vec();
	let payload = pallet_models::provenance_payload(&model, name, version, &statement);
	let signature = sp_core::Pair::sign(&publisher_key(), &payload);
	Provenance { statement: statement.try_into().unwrap(), key: sp_core::Pair::public(&publisher_key()), signature }
}

/// A registration.
#[derive(Clone, Debug)]
pub struct Registration {
	pub owner: u64,
	pub model: ModelId,
	pub size: u64,
	pub name: Vec<u8>,
	pub version: u32,
	pub metadata: ModelMetadata,
	pub royalty: u128,
	pub sample: Option<Input>,
	pub expected: Option<Hash32>,
}

impl Registration {
	/// The publisher registers the `n`-th model, of 2,000 bytes, under a name of its own.
	pub fn new(n: u64) -> Self {
		Registration {
			owner: PUBLISHER,
			model: model_id(n),
			size: 2_000,
			name: format!("model-{n}").into_bytes(),
			version: 1,
			metadata: ModelMetadata::default(),
			royalty: 0,
			sample: Some(inline(b"sample")),
			expected: None,
		}
	}

	pub fn submit(self) -> DispatchResult {
		let Registration { owner, model, size, name, version, metadata, royalty, sample, expected } = self;
		let name = name.try_into().unwrap();
		call(owner, ModelsCall::register_model { model, size, name, version, metadata, royalty, sample, expected })
	}
}

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
	pub owner: u64,
	pub model: ModelId,
	pub input: Input,
	pub unit_limit: u64,
	pub max_fee: u128,
	pub k: Option<u32>,
	pub audits: Option<u32>,
	pub window: Option<Window>,
	pub callback: Option<Box<RuntimeCall>>,
}

impl Ask {
	/// The requester asks with five bytes and 500 units, at any price.
	pub fn new(model: ModelId) -> Self {
		let input = inline(b"input");
		Ask {
			owner: REQUESTER,
			model,
			input,
			unit_limit: 500,
			max_fee: u128::MAX,
			k: None,
			audits: None,
			window: None,
			callback: None,
		}
	}

	pub fn submit(self) -> Result<RequestId, DispatchError> {
		let Ask { owner, model, input, unit_limit, max_fee, k, audits, window, callback } = self;
		let id = NextRequest::<Test>::get();
		call(owner, Call::request_inference { model, input, unit_limit, max_fee, k, audits, window, callback })
			.map(|()| id)
	}
}

/// Registers a model and runs its activation.
pub fn activate(registration: Registration) -> ModelId {
	let model = registration.model;
	assert_ok!(registration.submit());
	for _ in 0..60 {
		if !matches!(self::model(model).status, ModelStatus::Pending) {
			break;
		}
		next_block();
	}
	assert!(matches!(self::model(model).status, ModelStatus::Active { .. }), "{:?}", self::model(model).status);
	model
}

/// The `n`-th model, active.
pub fn active_model(n: u64) -> ModelId {
	activate(Registration::new(n))
}

/// Puts an engine in use, without a trial of the models.
pub fn switch_engine(engine: EngineId) {
	let last = CurrentEngine::<Test>::get().unwrap();
	OldEngines::<Test>::mutate(|old| {
		old.retain(|known| *known != engine);
		old.try_insert(0, last).unwrap();
	});
	CurrentEngine::<Test>::put(engine);
}

/// A model's record.
pub fn model(id: ModelId) -> Model<Test> {
	Models::<Test>::get(id).unwrap()
}

/// An open request's record.
pub fn request(id: RequestId) -> Request<Test> {
	Requests::<Test>::get(id).unwrap()
}

/// The stage of an open request.
pub fn stage(id: RequestId) -> Stage {
	Standings::<Test>::get(Subject::Request(id)).unwrap().stage
}

/// Committees of an open request that were drawn again.
pub fn redraws(id: RequestId) -> u8 {
	Standings::<Test>::get(Subject::Request(id)).unwrap().redraws
}

/// The agreement on an open request.
pub fn agreement(id: RequestId) -> Agreement<Test> {
	Agreements::<Test>::get(Subject::Request(id)).expect("it is agreed on")
}

/// The round that an open request is in.
pub fn round_of(id: RequestId) -> u64 {
	match stage(id) {
		Stage::Voting(round) | Stage::Escalated(Some(round)) => round,
		status => panic!("no round in {status:?}"),
	}
}

/// An ended request's record.
pub fn result(id: RequestId) -> ResultRecord<Test> {
	Results::<Test>::get(id).unwrap()
}

/// Makes blocks until a request has ended; gives its result.
pub fn await_end(id: RequestId) -> ResultRecord<Test> {
	for _ in 0..200 {
		if let Some(result) = Results::<Test>::get(id) {
			return result;
		}
		next_block();
	}
	panic!("request {id} does not end: {:?}", stage(id));
}

/// Makes blocks until the next one is drawn at the end of: the request is assigned or escalated in the state that this leaves.
pub fn await_round(id: RequestId) -> u64 {
	for _ in 0..200 {
		match stage(id) {
			Stage::Voting(round) | Stage::Escalated(Some(round)) => return round,
			_ => next_block(),
		}
	}
	panic!("request {id} gets no round");
}

/// Plancks that a request for so many units holds, with an input of so many bytes and `k` voters.
pub fn price(units: u64, bytes: u64, k: u32) -> u128 {
	BasePrice::get() + u128::from(k) * per_voter(units, bytes)
}

/// Plancks that one voter earns.
pub fn per_voter(units: u64, bytes: u64) -> u128 {
	UnitPrice::get() * u128::from(units) + BytePrice::get() * u128::from(bytes)
}
