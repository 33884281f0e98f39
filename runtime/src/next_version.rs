//! The migration of a later version, for tests of upgrades: it moves a storage item.

use frame_support::{storage::migration::move_storage_from_pallet, traits::OnRuntimeUpgrade, weights::Weight};

/// Moves the item `Moved` of the pallet `Before` to the pallet `After`.
pub struct Migrations;

impl OnRuntimeUpgrade for Migrations {
	fn on_runtime_upgrade() -> Weight {
		move_storage_from_pallet(b"Moved", b"Before", b"After");
		<crate::Runtime as frame_system::Config>::DbWeight::get().reads_writes(2, 2)
	}
}
