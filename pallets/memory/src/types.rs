//! Records of the pallet.

use crate::{AccountIdOf, BlockNumberFor, Config};
use assay_primitives::{h, ContentId, EngineId, Hash32, ModelId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::*, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
pub use pallet_models::BlobRef;
use scale_info::TypeInfo;

/// Number of a space, given in order and never again.
pub type SpaceId = u64;

/// Most blobs that a commit adds, that it drops, and that a call of `close_space` releases.
pub const MAX_CHANGED: u32 = 64;
/// Epochs that a commit may add to the last one: one for each blob that it may drop. Without a bound, one commit could
/// use all numbers up.
pub const MAX_EPOCHS: u32 = MAX_CHANGED;
/// Bytes that a blob counts for at least, as a page of memory is padded to them. Whoever adds small ones pays for the records of each.
pub const COUNTED_BYTES: u64 = 16 * 1024;
/// Bytes of a KiB, which is what is counted and paid for.
pub const KIB: u64 = 1024;

/// The place of a space's sealed pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Availability {
	/// With those who write and read the space. The chain has the head alone.
	#[codec(index = 0)]
	Local,
	/// With every validator.
	#[codec(index = 1)]
	Network,
}

/// The model and tokenizer that make the vectors of a space.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Embedding {
	/// The model.
	pub model: ModelId,
	/// Numbers in a vector.
	pub dimensions: u16,
	/// The file that makes tokens of a text.
	pub tokenizer: ContentId,
	/// The engine that runs the model.
	pub engine: EngineId,
}

/// The part of a space that does not change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct SpaceConfig {
	/// True if everybody may read the space: its pages and manifests are not sealed.
	pub public: bool,
	/// The place of its pages.
	pub availability: Availability,
	/// The model that makes its vectors. None: keywords only.
	pub embedding: Option<Embedding>,
	/// The number of the rules by which a recall ranks.
	pub ranking: u8,
}

/// State of a space after a commit.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Head<T: Config> {
	/// Number of the commit, from 1.
	pub seq: u64,
	/// Root of the tree over all records that there ever were.
	pub root: Hash32,
	/// Number of these records, deleted ones included.
	pub records: u64,
	/// The manifest, which names the pages.
	pub manifest: BlobRef,
	/// Epoch of the keys that it is sealed under.
	pub epoch: u32,
	/// Hash of the head before; zeros for the first.
	pub previous: Hash32,
	/// The account that committed it.
	pub by: AccountIdOf<T>,
}

impl<T: Config> Head<T> {
	/// `H("assay/memory/head", head)`.
	pub fn hash(&self) -> Hash32 {
		h("assay/memory/head", self)
	}
}

/// A space.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Space<T: Config> {
	/// The account that owns it.
	pub owner: AccountIdOf<T>,
	/// The part that does not change.
	pub config: SpaceConfig,
	/// The last commit. None before the first.
	pub head: Option<Head<T>>,
	/// Block of the last commit, or of the creation.
	pub changed_at: BlockNumberFor<T>,
	/// The epoch that the next commit has at least.
	pub epoch: u32,
	/// Number of grants.
	pub grants: u32,
	/// Number of blobs that the network keeps for the space.
	pub blobs: u32,
	/// Bytes that they count for.
	pub bytes: u64,
	/// Plancks on hold of the owner for the record.
	pub deposit: u128,
	/// True if its owner is closing it: it takes no commits and no grants.
	pub closing: bool,
}

/// Rights of an account in a space, as a set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Rights(pub u8);

impl Rights {
	/// Reads. Every grant has it: whoever writes has to read.
	pub const READ: Rights = Rights(0b0001);
	/// Adds records.
	pub const APPEND: Rights = Rights(0b0010);
	/// Changes and deletes records too.
	pub const EDIT: Rights = Rights(0b0100);
	/// Gives the rights that it has to others, but for this one.
	pub const GRANT: Rights = Rights(0b1000);

	/// True if these rights have all of `others`.
	pub fn has(self, others: Rights) -> bool {
		self.0 & others.0 == others.0
	}

	/// True if a grant may have these rights.
	pub fn is_valid(self) -> bool {
		self.0 < 16 && self.has(Self::READ)
	}
}

/// Rights of an account in a space, with their end.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct Grant<T: Config> {
	/// The rights.
	pub rights: Rights,
	/// The last block in which it may. None: until it is revoked.
	pub until: Option<BlockNumberFor<T>>,
	/// Epoch from which on manifests are sealed to it.
	pub since_epoch: u32,
	/// The account that granted them, which has the deposit on hold.
	pub by: AccountIdOf<T>,
	/// Plancks on hold.
	pub deposit: u128,
}

/// A blob that the network keeps for a space.
#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[scale_info(skip_type_params(T))]
pub struct SpaceBlob<T: Config> {
	/// Its length in bytes.
	pub size: u64,
	/// The account that has the plancks on hold for it.
	pub payer: AccountIdOf<T>,
	/// Plancks on hold.
	pub deposit: u128,
}

/// A public key to which the keys of spaces are sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct BoxKey {
	/// A public key of X25519.
	pub key: Hash32,
	/// Plancks on hold.
	pub deposit: u128,
}

/// A reader of a space, with what manifests are sealed to.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Reader<AccountId, BlockNumber> {
	/// The account.
	pub account: AccountId,
	/// The rights of the account.
	pub rights: Rights,
	/// The last block in which it may. None: until it is revoked.
	pub until: Option<BlockNumber>,
	/// Epoch from which on manifests are sealed to it.
	pub since_epoch: u32,
	/// Its box key. None: nothing can be sealed to it yet.
	pub box_key: Option<Hash32>,
}
