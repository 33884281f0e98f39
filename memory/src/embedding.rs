//! The model that makes vectors of texts.

use crate::Result;
use assay_primitives::hash::Hash32;

/// A model that gives a text a direction. The same text has to give the same vector on every machine.
pub trait Embedder: Send + Sync {
	/// Name of the model, and number of its dimensions: what a space's configuration says.
	fn embedding(&self) -> (Hash32, u16);

	/// The vectors of texts: int8, scaled by the model.
	fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<i8>>>;
}
