//! Events of the pallet.

use frame_support::pallet_macros::*;

/// Events of the pallet.
#[pallet_section]
mod events {
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A space was made.
		SpaceCreated {
			/// Its number.
			space: SpaceId,
			/// The account that owns it.
			owner: AccountIdOf<T>,
		},
		/// A space has another state.
		Committed {
			/// The space.
			space: SpaceId,
			/// Number of the commit.
			seq: u64,
			/// Root of the tree over its records.
			root: Hash32,
			/// Id of the manifest.
			manifest: ContentId,
			/// Epoch of the keys.
			epoch: u32,
			/// The account that committed it.
			by: AccountIdOf<T>,
		},
		/// The network keeps another blob for a space.
		BlobAdded {
			/// The space.
			space: SpaceId,
			/// Its id.
			blob: ContentId,
			/// Its length in bytes.
			size: u64,
			/// Plancks on hold of who committed it.
			deposit: u128,
		},
		/// The network keeps a blob for a space no more.
		BlobDropped {
			/// The space.
			space: SpaceId,
			/// Its id.
			blob: ContentId,
			/// The account that its deposit returned to.
			payer: AccountIdOf<T>,
			/// Plancks.
			deposit: u128,
		},
		/// An account may do something in a space.
		Granted {
			/// The space.
			space: SpaceId,
			/// The account.
			who: AccountIdOf<T>,
			/// The rights that the account has.
			rights: Rights,
			/// The last block in which it may.
			until: Option<BlockNumberFor<T>>,
			/// The account that granted them.
			by: AccountIdOf<T>,
		},
		/// An account may do nothing in a space any more.
		Revoked {
			/// The space.
			space: SpaceId,
			/// The account.
			who: AccountIdOf<T>,
			/// The epoch that the next commit has at least.
			epoch: u32,
		},
		/// Keys of spaces are sealed to another key of an account from now on.
		BoxKeySet {
			/// The account.
			who: AccountIdOf<T>,
			/// The key. None: nothing is sealed to the account.
			key: Option<Hash32>,
		},
		/// A space was given to another account, with the deposit for its record.
		SpaceTransferred {
			/// The space.
			space: SpaceId,
			/// The owner before.
			from: AccountIdOf<T>,
			/// The owner now.
			to: AccountIdOf<T>,
			/// The epoch that the next commit has at least.
			epoch: u32,
		},
		/// A space is being closed. The rest of its blobs and grants goes with further calls.
		SpaceClosing {
			/// The space.
			space: SpaceId,
			/// Blobs that the network keeps for it still.
			blobs: u32,
			/// Grants that it has still.
			grants: u32,
		},
		/// A space is gone, and all its deposits returned.
		SpaceClosed {
			/// The space.
			space: SpaceId,
		},
	}
}
