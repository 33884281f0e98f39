//! State of the engine, and quotes: `engine_*`.

use super::{blobs::blob_error, runtime_error};
use crate::{
	engine::{self, InspectError, RunQueue},
	full::FullClient,
};
use assay_api::{
	codes,
	engine::{Dim, Port, Quote, Report},
	H256,
};
use assay_engine::{Declared, Inspection};
use assay_primitives::{ContentId, EngineId, TensorBundle};
use assay_runtime::Runtime;
use codec::Decode;
use jsonrpsee::{
	core::{
		async_trait,
		server::{ConnectionId, Extensions},
		RpcResult,
	},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};
use pallet_inference::InferenceApi;
use pallet_models::ModelsApi;
use sc_client_api::{HeaderBackend, StorageKey, StorageProvider};
use sp_api::ProvideRuntimeApi;
use std::sync::Arc;

/// The calls.
#[rpc(server)]
pub trait EngineApi {
	/// State of the engine and of its queue.
	#[method(name = "engine_status")]
	fn status(&self) -> RpcResult<Report>;

	/// What a run of a model that this node holds takes, at `shapes` of its inputs or at those of its sample, under the engine that it is
	/// active under, or that of the network if it is not registered. A connection has one quote at a time, which ends after two minutes. What that costs in plancks is for the runtime API `InferenceApi_price` to say.
	#[method(name = "engine_quote", blocking, with_extensions)]
	fn quote(&self, model: H256, shapes: Option<Vec<Vec<u64>>>) -> RpcResult<Quote>;
}

pub struct EngineRpc {
	client: Arc<FullClient>,
	queue: Arc<RunQueue>,
}

impl EngineRpc {
	pub fn new(client: Arc<FullClient>, queue: Arc<RunQueue>) -> Self {
		EngineRpc { client, queue }
	}

	/// The shapes of the input that a registered model was tried with. A model whose dimensions have a least length loads at those, and not at
	/// 1. None if it was tried with the input that the network makes.
	fn sample_shapes(&self, model: &ContentId) -> Option<Vec<Vec<u64>>> {
		let key = StorageKey(pallet_models::Samples::<Runtime>::hashed_key_for(model));
		let sample = self.client.storage(self.client.info().best_hash, &key).ok()??;
		let bytes = match pallet_models::Input::decode(&mut &sample.0[..]).ok()? {
			pallet_models::Input::Inline(bytes) => bytes.into_inner(),
			pallet_models::Input::Blob(blob) => self.queue.blob(&blob.id)?,
		};
		let sample = TensorBundle::from_bytes(&bytes).ok()?;
		Some(sample.0.into_iter().map(|tensor| tensor.shape).collect())
	}

	/// The engine that a model is active under, or to be.
	fn engine_of(&self, model: ContentId) -> Result<EngineId, sp_api::ApiError> {
		let (api, best) = (self.client.runtime_api(), self.client.info().best_hash);
		if let Some(model) = api.model(best, model)? {
			return Ok(model.engine);
		}
		Ok(api.engine(best)?.unwrap_or_else(engine::id))
	}
}

#[async_trait]
impl EngineApiServer for EngineRpc {
	fn status(&self) -> RpcResult<Report> {
		Ok(self.queue.report())
	}

	fn quote(&self, connection: &Extensions, model: H256, shapes: Option<Vec<Vec<u64>>>) -> RpcResult<Quote> {
		let caller = connection.get::<ConnectionId>().map_or(0, |id| id.0);
		let model = ContentId(model.0);
		let engine = self.engine_of(model).map_err(runtime_error)?;
		let shapes = shapes.or_else(|| self.sample_shapes(&model));
		self.queue.inspect(engine, &model, shapes.as_deref(), caller).map(quote).map_err(inspect_error)
	}
}

fn quote(inspection: Inspection) -> Quote {
	Quote {
		inputs: inspection.inputs.into_iter().map(port).collect(),
		outputs: inspection.outputs.into_iter().map(port).collect(),
		operators: inspection.operators.into_iter().collect(),
		shapes: inspection.shapes,
		load_units: inspection.load_units,
		unit_limit: inspection.run_units.map(|run_units| inspection.load_units.saturating_add(run_units)),
		memory_bytes: inspection.memory_bytes,
	}
}

fn port(declared: Declared) -> Port {
	let dim = |dim| match dim {
		assay_engine::Dim::Fixed(number) => Dim::Fixed(number),
		assay_engine::Dim::Symbol(name) => Dim::Symbol(name),
		assay_engine::Dim::Unknown => Dim::Unknown,
	};
	Port {
		name: declared.name,
		data_type: declared.data_type.name().into(),
		shape: declared.shape.map(|shape| shape.into_iter().map(dim).collect()),
	}
}

fn inspect_error(error: InspectError) -> ErrorObjectOwned {
	let code = match error {
		InspectError::Blob(error) => return blob_error(error),
		InspectError::Starting | InspectError::Busy => codes::ENGINE_BUSY,
		InspectError::Unavailable(_) | InspectError::NotHeld(_) | InspectError::Local(_) | InspectError::TooLong => {
			codes::ENGINE
		}
		InspectError::Model(_) => codes::MODEL,
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}
