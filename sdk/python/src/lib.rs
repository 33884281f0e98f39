//! The parts of the package `assay`: the client library and the engine, as Python calls them.
//!
//! Everything that waits is a [`task::Task`], which the package waits for in a thread or in an event loop. Tensors cross as name, type,
//! shape and bytes; NumPy is in the package. The crates below decide, and nothing of that is here.

mod account;
mod answer;
mod engine;
mod errors;
mod network;
mod publish;
mod task;
mod tensors;
mod verify;

use assay_client::Kind;
use pyo3::prelude::*;

/// Runs models for the process that started this one, and does not return.
#[pyfunction]
fn worker_main() {
	assay_engine::worker_main()
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
	module.add_class::<account::Account>()?;
	module.add_class::<answer::Answer>()?;
	module.add_class::<answer::Claim>()?;
	module.add_class::<engine::Engine>()?;
	module.add_class::<engine::Run>()?;
	module.add_class::<network::Client>()?;
	module.add_class::<network::Model>()?;
	module.add_class::<network::Offer>()?;
	module.add_class::<task::Task>()?;
	module.add_function(wrap_pyfunction!(account::accounts, module)?)?;
	module.add_function(wrap_pyfunction!(network::connect, module)?)?;
	module.add_function(wrap_pyfunction!(tensors::content_id, module)?)?;
	module.add_function(wrap_pyfunction!(tensors::fit, module)?)?;
	module.add_function(wrap_pyfunction!(verify::verify, module)?)?;
	module.add_function(wrap_pyfunction!(worker_main, module)?)?;
	module.add("KINDS", Kind::ALL.map(|(_, name, code, meaning)| (name, code, meaning)).to_vec())?;
	module.add("VERSION", env!("CARGO_PKG_VERSION"))
}
