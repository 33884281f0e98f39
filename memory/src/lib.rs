//! Memory of agents: a space of records that its owner committed to, of which a recall is a pure function.
//!
//! Whoever may read a space can run a recall again, bit for bit, and sees that each memory is what was stored and that nothing better was
//! left out. `docs/memory.md` has the formats.
//!
//! The format, the ranking and the receipts ([`record`], [`tree`], [`page`], [`index`], [`recall`]) are pure and build for WASM with
//! `--no-default-features`. The feature `store` has [`store`]: spaces on disk, in SQLite. The feature `daemon`, which is on, has
//! [`api`], [`rest`], [`mcp`] and [`command`]: what the daemon answers, and the command line.
//!
//! Nothing here talks to the chain. A head carries the signature of the space's owner; [`chain`] has what the chain says of a space, and
//! the receipts that carry its word. A program that talks to it gives a daemon an [`anchoring::Chain`], and a space the
//! commits of others ([`store::Space::take`]).

#[cfg(feature = "daemon")]
pub mod anchoring;
#[cfg(feature = "daemon")]
pub mod api;
pub mod chain;
#[cfg(feature = "daemon")]
pub mod command;
pub mod constants;
pub mod embedding;
mod error;
pub mod filter;
pub mod head;
#[cfg(feature = "daemon")]
pub mod import;
pub mod index;
#[cfg(feature = "daemon")]
pub mod mcp;
pub mod page;
pub mod recall;
pub mod record;
#[cfg(feature = "daemon")]
pub mod rest;
#[cfg(feature = "store")]
pub mod store;
pub mod terms;
pub mod tree;

pub use error::{Error, Result};
