//! The owner's statement of a space's content.

use crate::{Error, Result};
use assay_primitives::{
	hash::{h, Hash32},
	ContentId,
};
use codec::{Decode, Encode};
use schnorrkel::{PublicKey, Signature};

/// An account: an sr25519 public key, as on the chain.
pub type Account = [u8; 32];
/// A public key of X25519, to which keys are sealed.
pub type BoxKey = [u8; 32];

/// The context that accounts sign under, as on every Substrate chain.
pub(crate) const SIGNING_CONTEXT: &[u8] = b"substrate";

/// A signature of sr25519.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Signed(pub [u8; 64]);

impl Signed {
	/// In the place of the owner's, where the chain's word is all there is: of a commit that somebody else made.
	pub const NONE: Signed = Signed([0; 64]);

	/// True if an account signed a message.
	pub fn is_by(&self, account: &Account, message: &Hash32) -> bool {
		let signature = Signature::from_bytes(&self.0);
		let key = PublicKey::from_bytes(account);
		matches!((signature, key), (Ok(signature), Ok(key)) if key.verify_simple(SIGNING_CONTEXT, message, &signature).is_ok())
	}
}

/// The part of a space that does not change.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Config {
	/// Number of the space among its owner's.
	pub space: u64,
	/// The account that owns it.
	pub owner: Account,
	/// True if everybody may read the space.
	pub public: bool,
	/// The model that makes its vectors, by its id, with the number of their dimensions. None: keywords only.
	pub embedding: Option<(Hash32, u16)>,
	/// The number of the rules by which a recall ranks: [`crate::index::RANKING`].
	pub ranking: u8,
}

impl Config {
	/// Dimensions of a vector, 0 for keywords only.
	pub fn dimensions(&self) -> usize {
		self.embedding.map_or(0, |(_, dimensions)| dimensions as usize)
	}
}

/// The id and length of a blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct BlobRef {
	/// Its id.
	pub id: ContentId,
	/// Its length in bytes.
	pub size: u64,
}

/// State of a space after a commit.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Head {
	/// Number of the commit, from 1.
	pub seq: u64,
	/// Root of the tree over all records that there ever were.
	pub root: Hash32,
	/// Number of these records, deleted ones included.
	pub records: u64,
	/// The manifest.
	pub manifest: BlobRef,
	/// Raised by each deletion and each revocation.
	pub epoch: u32,
	/// Hash of the head before; zeros for the first.
	pub previous: Hash32,
	/// The account that committed it.
	pub by: Account,
}

impl Head {
	/// `H("assay/memory/head", head)`.
	pub fn hash(&self) -> Hash32 {
		h("assay/memory/head", self)
	}
}

/// A head with the owner's signature over it and the configuration: `H("assay/memory/signed", config, head hash)`. The owner also signs what
/// others have committed, once its machine has looked at it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct SignedHead {
	/// The space.
	pub config: Config,
	/// Its state.
	pub head: Head,
	/// By the owner, or [`Signed::NONE`].
	pub signature: Signed,
}

impl SignedHead {
	/// The message that the owner signs.
	pub fn message(config: &Config, head: &Head) -> Hash32 {
		h("assay/memory/signed", (config, head.hash()))
	}

	/// Refuses a head that the owner has not signed.
	pub fn check(&self) -> Result<()> {
		if !self.signature.is_by(&self.config.owner, &Self::message(&self.config, &self.head)) {
			return Err(Error::NotVerified(
				"the head is not signed by the owner of the space: where others write, `assay memory attest` adds the chain's word"
					.into(),
			));
		}
		self.has_known_rules()
	}

	/// Refuses a space that is ranked by other rules than these.
	pub fn has_known_rules(&self) -> Result<()> {
		if self.config.ranking != crate::index::RANKING {
			return Err(Error::NotSupported(format!(
				"the space is ranked by rules {}, and this version knows {}: take a later version",
				self.config.ranking,
				crate::index::RANKING
			)));
		}
		Ok(())
	}
}
