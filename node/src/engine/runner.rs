//! The engine as the run queue sees it.

use super::Boot;
use assay_engine::{Abstain, Config, Engine, InspectError, Inspection, Run, RunRequest};
use assay_primitives::EngineId;
use std::sync::Arc;

/// Runs models: the engine, or in tests one that does as it is told.
pub trait Runner: Send + Sync {
	/// See [`Engine::run`].
	fn run(&self, request: &RunRequest) -> Result<Run, Abstain>;
	/// See [`Engine::inspect`].
	fn inspect(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError>;
}

impl Runner for Engine {
	fn run(&self, request: &RunRequest) -> Result<Run, Abstain> {
		Engine::run(self, request)
	}

	fn inspect(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError> {
		Engine::inspect(self, model, shapes)
	}
}

/// Id of the engine that this node was built with.
pub fn id() -> EngineId {
	assay_engine::engine_id()
}

/// Starts the engine and tests it.
pub fn boot(config: Config) -> Boot {
	Box::new(|| {
		let engine = Engine::new(config).map_err(|error| error.to_string())?;
		engine.self_test().map_err(|error| error.to_string())?;
		Ok(Arc::new(engine))
	})
}
