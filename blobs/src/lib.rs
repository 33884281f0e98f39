//! Content-addressed store of models, inputs and outputs on disk, and the exchange that fills it from peers.
//!
//! [`Store`] keeps blobs: every chunk is checked when it arrives and each time it is read, and a crash leaves nothing that
//! [`Store::check`] would not pass. [`exchange`] moves chunks between stores over the caller's network.
//! Nothing but [`Store::read_all`] and [`Store::put`] holds more of a blob in memory than a few chunks.

mod disk;
mod error;
pub mod exchange;
mod store;
#[cfg(test)]
mod tests;
mod upload;

pub use error::Error;
pub use store::{Collected, Config, Holding, Report, Status, Store, Summary, Usage};
pub use upload::Upload;

const LOG_TARGET: &str = "blobs";
