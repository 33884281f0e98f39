//! The engine as the run queue sees it.

use super::{quotes, Boot, Plan, Source};
use assay_engine::{Abstain, Cancel, Config, Engine, InspectError, Inspection, Package, Run, RunRequest, Worker};
use assay_primitives::EngineId;
use std::{path::PathBuf, sync::Arc};

/// Kind of worker for a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
	/// By a worker that takes any run.
	Any,
	/// By the worker that is kept for short ones.
	Kept,
}

/// Runs models: the engine, or a scripted one in tests.
pub trait Runner: Send + Sync {
	/// See [`Engine::run_unless`], and [`Engine::run_afresh`].
	fn run(&self, request: &RunRequest, place: Place, afresh: bool, cancel: &Cancel) -> Result<Run, Abstain>;
	/// See [`Engine::inspect_within`].
	fn inspect(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError>;
	/// See [`Engine::lost_kernels`].
	fn lost_kernels(&self) -> u32;
}

/// The engine once for each kind of work, so that none waits for a worker of another kind.
struct Engines {
	any: Engine,
	kept: Engine,
	/// For quotes over RPC, which must not hold up duties.
	quotes: Engine,
}

impl Runner for Engines {
	fn run(&self, request: &RunRequest, place: Place, afresh: bool, cancel: &Cancel) -> Result<Run, Abstain> {
		let engine = match place {
			Place::Any => &self.any,
			Place::Kept => &self.kept,
		};
		if afresh {
			engine.run_afresh(request, cancel)
		} else {
			engine.run_unless(request, cancel)
		}
	}

	fn inspect(&self, model: &[u8], shapes: Option<&[Vec<u64>]>) -> Result<Inspection, InspectError> {
		self.quotes.inspect_within(model, shapes, quotes::LONGEST)
	}

	fn lost_kernels(&self) -> u32 {
		[&self.any, &self.kept, &self.quotes].map(Engine::lost_kernels).into_iter().max().unwrap_or(0)
	}
}

/// Id of the engine that this node was built with.
pub fn id() -> EngineId {
	assay_engine::engine_id()
}

/// The package of that engine.
pub fn package() -> Vec<u8> {
	Package::built_in().to_bytes()
}

/// Starts engines and tests them.
pub fn boot(cache_dir: PathBuf, plan: Plan, worker: Option<Worker>) -> Boot {
	Arc::new(move |source| {
		let package = match source {
			Source::BuiltIn => Package::built_in(),
			Source::Package(id, bytes) => Package::from_bytes(id, &bytes).map_err(|error| error.to_string())?,
		};
		let config = |parallel_runs: usize, each: u64| Config {
			cache_dir: cache_dir.clone(),
			memory_budget: each.saturating_mul(parallel_runs as u64),
			parallel_runs,
			worker: worker.clone(),
		};
		let any = package.engine(config(plan.runs, plan.run_memory)).map_err(|error| error.to_string())?;
		any.self_test().map_err(|error| error.to_string())?;
		let lazy = |runs, each| package.lazy(config(runs, each)).map_err(|error| error.to_string());
		let (kept, quotes) = (lazy(1, plan.kept_memory)?, lazy(quotes::AT_A_TIME, plan.quote_memory)?);
		Ok(Arc::new(Engines { any, kept, quotes }))
	})
}
