//! State of the engine, and quotes: `engine_*`.

use super::{blobs::blob_error, error_codes, runtime_error};
use crate::{
	engine::{self, InspectError, Report, RunQueue},
	service::FullClient,
};
use assay_engine::{Declared, Dim, Inspection};
use assay_primitives::{ContentId, EngineId, TensorBundle};
use assay_runtime::Runtime;
use codec::Decode;
use jsonrpsee::{
	core::{async_trait, RpcResult},
	proc_macros::rpc,
	types::ErrorObjectOwned,
};
use pallet_inference::InferenceApi;
use pallet_models::ModelsApi;
use sc_client_api::{HeaderBackend, StorageKey, StorageProvider};
use serde::Serialize;
use sp_api::ProvideRuntimeApi;
use sp_core::H256;
use std::{collections::BTreeMap, sync::Arc};

/// What a run of a model takes.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
	/// Inputs as the model declares them.
	inputs: Vec<Port>,
	/// Outputs at `shapes`.
	outputs: Vec<Port>,
	/// Number of nodes of each ONNX operator.
	operators: BTreeMap<String, u32>,
	/// Shapes of the inputs that the rest holds for.
	shapes: Vec<Vec<u64>>,
	/// Compute units of loading the model.
	load_units: u64,
	/// Least `unit_limit` that covers load and run. Missing if that depends on the values of the input.
	#[serde(skip_serializing_if = "Option::is_none")]
	unit_limit: Option<u64>,
	/// Bytes of memory that the loaded model takes.
	memory_bytes: u64,
}

/// An input or an output.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
	name: String,
	/// As in NumPy.
	data_type: &'static str,
	/// Dimensions: a number, the name of a symbol, or nothing. Missing if not even the rank is declared.
	#[serde(skip_serializing_if = "Option::is_none")]
	shape: Option<Vec<serde_json::Value>>,
}

/// The calls.
#[rpc(server)]
pub trait EngineApi {
	/// State of the engine and of its queue.
	#[method(name = "engine_status")]
	fn status(&self) -> RpcResult<Report>;

	/// What a run of a model that this node holds takes, at `shapes` of its inputs or at those of its sample, under the engine that it is
	/// active under, or that of the network if it is not registered. What that costs in plancks is for the runtime API `InferenceApi_price` to say.
	#[method(name = "engine_quote", blocking)]
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

	fn quote(&self, model: H256, shapes: Option<Vec<Vec<u64>>>) -> RpcResult<Quote> {
		let model = ContentId(model.0);
		let engine = self.engine_of(model).map_err(runtime_error)?;
		let shapes = shapes.or_else(|| self.sample_shapes(&model));
		self.queue.inspect(engine, &model, shapes.as_deref()).map(Quote::from).map_err(inspect_error)
	}
}

impl From<Inspection> for Quote {
	fn from(inspection: Inspection) -> Self {
		Quote {
			inputs: inspection.inputs.into_iter().map(Port::from).collect(),
			outputs: inspection.outputs.into_iter().map(Port::from).collect(),
			operators: inspection.operators.into_iter().collect(),
			shapes: inspection.shapes,
			load_units: inspection.load_units,
			unit_limit: inspection.run_units.map(|run_units| inspection.load_units.saturating_add(run_units)),
			memory_bytes: inspection.memory_bytes,
		}
	}
}

impl From<Declared> for Port {
	fn from(declared: Declared) -> Self {
		let dim = |dim| match dim {
			Dim::Fixed(number) => number.into(),
			Dim::Symbol(name) => name.into(),
			Dim::Unknown => serde_json::Value::Null,
		};
		Port {
			name: declared.name,
			data_type: declared.data_type.name(),
			shape: declared.shape.map(|shape| shape.into_iter().map(dim).collect()),
		}
	}
}

fn inspect_error(error: InspectError) -> ErrorObjectOwned {
	let code = match error {
		InspectError::Blob(error) => return blob_error(error),
		InspectError::Starting
		| InspectError::Unavailable(_)
		| InspectError::NotHeld(_)
		| InspectError::Busy
		| InspectError::Local(_) => error_codes::ENGINE,
		InspectError::Model(_) => error_codes::MODEL,
	};
	ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
}
