//! A runtime for the tests: spaces of 64 KiB on a network of 96 KiB.

use crate as pallet_memory;
use crate::{BlobRef, BlobReferences};
use assay_primitives::ContentId;
use frame_support::{
	derive_impl,
	storage::unhashed,
	traits::{ConstU128, ConstU32, ConstU64},
};
use sp_runtime::BuildStorage;
use std::collections::BTreeMap;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Memory: pallet_memory,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type AccountStore = System;
	type ExistentialDeposit = ConstU128<1>;
	type RuntimeHoldReason = RuntimeHoldReason;
}

/// Blobs that the chain needs, with their counts. In the state, so that a call that fails changes nothing.
const NEEDED: &[u8] = b"needed";

pub fn needed() -> BTreeMap<(ContentId, u64), u32> {
	unhashed::get_or_default(NEEDED)
}

/// Counts as `pallet_models` does.
pub struct Counter;

impl BlobReferences for Counter {
	fn reference(blob: BlobRef) {
		let mut needed = needed();
		*needed.entry((blob.id, blob.size)).or_default() += 1;
		unhashed::put(NEEDED, &needed);
	}

	fn release(blob: BlobRef) {
		let mut needed = needed();
		*needed.get_mut(&(blob.id, blob.size)).expect("what is released was referenced") -= 1;
		needed.retain(|_, count| *count > 0);
		unhashed::put(NEEDED, &needed);
	}
}

pub const SPACE_DEPOSIT: u128 = 100;
pub const GRANT_DEPOSIT: u128 = 10;
pub const BOX_KEY_DEPOSIT: u128 = 5;
/// Plancks on hold for a blob of at most 16 KiB.
pub const SMALL: u128 = 16;

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Blobs = Counter;
	type WeightInfo = ();
	type SpaceDeposit = ConstU128<SPACE_DEPOSIT>;
	type DepositPerKib = ConstU128<1>;
	type GrantDeposit = ConstU128<GRANT_DEPOSIT>;
	type BoxKeyDeposit = ConstU128<BOX_KEY_DEPOSIT>;
	type MaxSpaceBytes = ConstU64<{ SPACE_KIB * 1024 }>;
	type MaxTotalBytes = ConstU64<{ TOTAL_KIB * 1024 }>;
	type MaxGrants = ConstU32<3>;
}

// Benchmarks commit as many blobs as a call may.
const SPACE_KIB: u64 = if cfg!(feature = "runtime-benchmarks") { 1 << 20 } else { 64 };
const TOTAL_KIB: u64 = if cfg!(feature = "runtime-benchmarks") { 1 << 20 } else { 96 };

/// Accounts 1 to 9 have money, and 10 has next to none.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..=9).map(|who| (who, 10_000)).chain([(10, 20)]).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let mut ext: sp_io::TestExternalities = storage.into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test, and checks the invariants after it, among them that the chain needs what spaces have and nothing else.
pub fn run(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		check();
	});
}

pub fn check() {
	Memory::do_try_state().unwrap();
	assert_eq!(Memory::needed(), needed());
}
