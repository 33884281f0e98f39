//! The interface between a node of Assay and its clients over RPC, beside the one of every Substrate node: the types of
//! `blob_*`, `engine_*`, `receipts_*` and `requests_*` as JSON has them, and the codes of their errors.
//!
//! The node answers with these types, and the client reads them: neither has a copy. Runtime APIs (`ModelsApi`,
//! `InferenceApi`) are declared by the pallets, and their types are in the chain's metadata.

pub mod blobs;
pub mod codes;
pub mod engine;
pub mod history;
pub mod receipts;

pub use primitive_types::H256;

use serde::{Deserialize, Serialize};

/// Bytes, as 0x and hex.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Bytes(#[serde(with = "impl_serde::serialize")] pub Vec<u8>);
