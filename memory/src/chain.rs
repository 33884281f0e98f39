//! The chain's record of a space, and receipts of recalls that carry its proof.

use crate::{
	head::{Account, Config, Head},
	recall::Receipt,
	Error, Result,
};
use assay_primitives::{hash::Hash32, ContentId};
use codec::{Decode, DecodeAll, Encode};

/// The place of the sealed pages, by the chain's record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Availability {
	/// With those who write and read the space.
	Local,
	/// With every validator.
	Network,
}

/// The model and tokenizer that make the vectors, by the chain's record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Embedding {
	/// The model.
	pub model: Hash32,
	/// Numbers in a vector.
	pub dimensions: u16,
	/// The file that makes tokens of a text.
	pub tokenizer: ContentId,
	/// The engine that runs the model.
	pub engine: Hash32,
}

/// The chain's record of a space: the value of `Memory.Spaces`.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct OnChain {
	/// The account that owns it.
	pub owner: Account,
	/// True if everybody may read the space.
	pub public: bool,
	/// The place of its pages.
	pub availability: Availability,
	/// The model that makes its vectors.
	pub embedding: Option<Embedding>,
	/// The number of the rules by which a recall ranks.
	pub ranking: u8,
	/// The last commit.
	pub head: Option<Head>,
	/// Block of the last commit.
	pub changed_at: u32,
	/// The epoch that the next commit has at least.
	pub epoch: u32,
	/// Number of grants.
	pub grants: u32,
	/// Number of blobs that the network keeps for the space.
	pub blobs: u32,
	/// Bytes that they count for.
	pub bytes: u64,
	/// Plancks on hold for the record.
	pub deposit: u128,
	/// True if it is being closed.
	pub closing: bool,
}

impl OnChain {
	/// Reads a proven value.
	pub fn decode(value: &[u8]) -> Result<Self> {
		OnChain::decode_all(&mut &value[..]).map_err(|_| {
			Error::NotSupported("the chain's record of the space is of another version: take a later `assay`".into())
		})
	}

	/// Refuses a space that is not what a receipt says it is, or that has had another last commit.
	pub fn has(&self, config: &Config, head: &Head) -> Result<()> {
		let not = |what: String| Err(Error::NotVerified(what));
		let embedding = self.embedding.map(|embedding| (embedding.model, embedding.dimensions));
		if (self.owner, self.public, embedding, self.ranking)
			!= (config.owner, config.public, config.embedding, config.ranking)
		{
			return not("the space on the chain has another owner, or other rules, than the receipt says".into());
		}
		match &self.head {
			Some(last) if last == head => Ok(()),
			Some(last) => not(format!(
				"the last commit on the chain was commit {} with another state, and the receipt is of commit {}",
				last.seq, head.seq
			)),
			None => not("the space on the chain had no commit".into()),
		}
	}
}

/// A receipt with the proof that its state was the last one at a finalized block.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Anchored {
	/// [`Anchored::MAGIC`].
	pub magic: [u8; 4],
	/// The receipt.
	pub receipt: Receipt,
	/// Number of the space on the chain.
	pub space: u64,
	/// The statement of what is under the space's key, which `assay_receipts::verify_state` takes.
	pub statement: Vec<u8>,
}

impl Anchored {
	/// The first bytes of the file.
	pub const MAGIC: [u8; 4] = *b"asq2";

	/// Puts both together.
	pub fn new(receipt: Receipt, space: u64, statement: Vec<u8>) -> Self {
		Anchored { magic: Self::MAGIC, receipt, space, statement }
	}

	/// True if a file is such a receipt, and not one without the chain's proof.
	pub fn is_one(bytes: &[u8]) -> bool {
		bytes.starts_with(&Self::MAGIC)
	}

	/// Reads a file.
	pub fn decode(bytes: &[u8]) -> Result<Self> {
		let anchored = Anchored::decode_all(&mut &bytes[..]).ok();
		let anchored =
			anchored.filter(|anchored| anchored.magic == Self::MAGIC && anchored.receipt.magic == Receipt::MAGIC);
		anchored.ok_or_else(|| {
			Error::NotVerified("this is no receipt with the chain's word: `assay memory attest` writes them".into())
		})
	}

	/// Refuses a receipt whose state is not the one that the chain had last. `key` is the space's, `proven` what the statement proves.
	pub fn check(&self, key: &[u8], (proven_key, value): (&[u8], Option<&[u8]>)) -> Result<()> {
		self.receipt.under_its_head()?;
		if key != proven_key {
			return Err(Error::NotVerified("the chain's word is about something else than this space".into()));
		}
		let value = value.ok_or_else(|| {
			Error::NotVerified(format!("the chain had no space {}: it was closed, or never made", self.space))
		})?;
		OnChain::decode(value)?.has(&self.receipt.head.config, &self.receipt.head.head)
	}
}
