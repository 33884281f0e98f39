//! The engine as the run queue sees it.

use super::{quotes, Boot, Plan, Source};
use assay_engine::{
	Abstain, Cancel, Config, Engine, Guards, InspectError, Inspection, Package, Run, RunRequest, Worker,
};
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
	/// Number of workers that have started.
	fn started_workers(&self) -> u64;
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

	fn started_workers(&self) -> u64 {
		[&self.any, &self.kept, &self.quotes].map(Engine::started_workers).iter().sum()
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

/// What the system does not guard this machine with, if it has to.
fn lacking(guards: Option<Guards>, insecure_sandbox: bool) -> Result<(), String> {
	match guards {
		Some(Guards { no_files: false, .. }) if !insecure_sandbox => Err(
			"this system cannot keep models from opening files: its kernel has no landlock (Linux 5.13 or later, with `landlock` in the list of \
			 security modules); run the node on one that has, or take the risk with --insecure-sandbox"
				.into(),
		),
		Some(Guards { no_files, namespaces }) => {
			let has = |has| if has { "yes" } else { "no" };
			log::info!(
				"models run in processes without system calls of others, without files: {}, in namespaces of their own: {}",
				has(no_files),
				has(namespaces),
			);
			Ok(())
		}
		None => Ok(()),
	}
}

/// Starts engines and tests them. On a system that cannot guard this machine, none starts unless the sandbox may be insecure.
pub fn boot(cache_dir: PathBuf, plan: Plan, worker: Option<Worker>, insecure_sandbox: bool) -> Boot {
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
		lacking(any.guards(), insecure_sandbox)?;
		any.self_test().map_err(|error| error.to_string())?;
		let lazy = |runs, each| package.lazy(config(runs, each)).map_err(|error| error.to_string());
		let (kept, quotes) = (lazy(1, plan.kept_memory)?, lazy(quotes::AT_A_TIME, plan.quote_memory)?);
		Ok(Arc::new(Engines { any, kept, quotes }))
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_node_does_not_attest_in_a_sandbox_with_files_unless_told() {
		let guards = |no_files| Some(Guards { no_files, namespaces: false });
		assert!(lacking(guards(false), false).unwrap_err().contains("--insecure-sandbox"));
		assert_eq!([lacking(guards(false), true), lacking(guards(true), false)], [Ok(()), Ok(())]);
	}
}
