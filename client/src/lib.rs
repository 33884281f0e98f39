//! The client of Assay: publish models, ask them, and get answers that were verified before the call returned.
//!
//! Assay is a chain on which validators run ONNX models and attest what they give. A [`Client`] talks to it through a node's RPC or
//! through a light client in this process ([`Endpoint`]), and trusts neither with a result:
//!
//! - over RPC, [`Client::run`] and [`Client::wait`] have the node build a receipt, and verify it from the genesis block, or from a later
//!   checkpoint ([`Trust`]), to the claim that the chain made final; that a name is the model's is proven under the same receipt;
//! - a light client has verified the finality of a block, and the proof that the block's state has the claim.
//!
//! Then the hash of the result is made again from the bytes of the output. There is no way to have an output without that.
//!
//! Prices, lists and the state of open requests are *not* proven over RPC: they are the node's word, and the functions
//! that read them say so. Calls are encoded here before an account signs them, and not by a node's metadata, see
//! [`Call`].
//!
//! ```no_run
//! use assay_client::{Account, Client, Endpoint, ModelRef, Options, Trust};
//! use assay_primitives::TensorBundle;
//!
//! # async fn example(genesis: [u8; 32], input: TensorBundle) -> Result<(), assay_client::Error> {
//! let endpoint = Endpoint::Rpc("ws://127.0.0.1:9944".into());
//! let client = Client::connect(&endpoint, Trust::in_genesis(genesis), &|_| ()).await?;
//! let model: ModelRef = "charlie/first".parse().map_err(assay_client::Error::Usage)?;
//! let answer = client.run(&model, input, &Options::default(), &Account::from_uri("//Bob")?, &|_| ()).await?;
//! for tensor in &answer.output.0 {
//!     println!("{}: {:?}, attested by {} validators", tensor.name, tensor.shape, answer.claim.decision.votes);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `examples/` has an inference, a receipt that is verified offline, and a publication; the command `assay` (`cli/`) is made of this crate.

mod account;
mod amounts;
mod blobs;
mod budget;
mod calls;
mod client;
mod council;
mod encrypted;
mod error;
mod infer;
mod keystore;
mod memory;
mod models;
mod onnx;
mod ports;
mod publish;
mod requests;
mod run;
mod settings;
mod trust;
mod validator;
mod verify;

pub mod records;
pub mod tensors;

pub use assay_api::codes;
pub use assay_receipts::{ProvenState, Spec, Terms};

pub use account::{address, parse_address, Account};
pub use amounts::{amount, parse_amount};
pub use budget::{Budget, Ledger, Limit, Period, Reservation, Spending};
pub use calls::{Call, Commit, Registration, SessionKeys};
pub use client::{Client, Endpoint, Included, Prepared, Progress, Watcher};
pub use error::{explain, Cause, Error, Kind};
pub use infer::{Answer, Ask, Quote};
pub use keystore::{KeyEntry, Keystore};
pub use models::{Cursor, Found, ModelRef, Page, Query, RegistrationPrice};
pub use onnx::{model_property, read_model};
pub use ports::{fit, ordered, Port};
pub use requests::{Entry, LOOKED_AT};
pub use run::{Known, Options, Plan, Ticket};
pub use settings::{FirstUse, Settings, Source, Start, DEFAULT_URL};
pub use tensors::Given;
pub use trust::{hex0x, read_checkpoint, Profile, Trust};
pub use validator::{NewKeys, ValidatorStatus};
pub use verify::{check_terms, verify_receipt, Evidence, Expected, Proven};
