//! The Assay node: a Substrate node with BABE and GRANDPA that carries the canonical engine and the blob store.

#[cfg(debug_assertions)]
mod adversary;
mod blobs;
mod chain_spec;
mod cli;
mod command;
mod condition;
mod disk;
mod engine;
mod finality;
mod full;
mod genesis;
mod guard;
mod history;
mod receipts;
mod rpc;
mod service;
mod validator;

fn main() -> sc_cli::Result<()> {
	command::run()
}
