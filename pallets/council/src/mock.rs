//! A runtime for the tests: validators with the voting power that a test gives them.

use crate as pallet_council;
use crate::{EnsureCouncil, Power};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Contains, EitherOf, EqualPrivilegeOnly, Hooks, StorePreimage},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_scheduler::BoundedCallOf;
use sp_runtime::BuildStorage;

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Preimage: pallet_preimage,
		Scheduler: pallet_scheduler,
		Council: pallet_council,
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

impl pallet_preimage::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = ();
	type ManagerOrigin = EnsureRoot<u64>;
	type Consideration = ();
}

parameter_types! {
	pub const Treasury: u64 = 999;
	pub MaximumSchedulerWeight: Weight = Weight::MAX;
	/// Validators that count.
	pub static Powers: Vec<(u64, Power)> = vec![(1, 10), (2, 10), (3, 10), (4, 10)];
}

impl pallet_scheduler::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumSchedulerWeight;
	type ScheduleOrigin = EnsureRoot<u64>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = ConstU32<32>;
	type WeightInfo = ();
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

/// The calls of the council itself.
pub struct AtOnce;

impl Contains<RuntimeCall> for AtOnce {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Council(crate::Call::drop_motion { .. } | crate::Call::take_back { .. }))
	}
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Treasury = Treasury;
	type Powers = Powers;
	type AtOnce = AtOnce;
	type GovernanceOrigin = EitherOf<EnsureRoot<u64>, EnsureCouncil>;
	type WeightInfo = ();
	type Delay = ConstU64<10>;
	type MotionDuration = ConstU64<100>;
	type Deposit = ConstU128<50>;
	type MotionsPerMember = ConstU32<2>;
	type MaxMotions = ConstU32<8>;
	type MaxMembers = ConstU32<4>;
}

/// Accounts 1 to 9 have money.
pub fn new_test_ext() -> sp_io::TestExternalities {
	Powers::take();
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..=9).map(|who| (who, 1_000)).chain([(999, 1)]).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	let mut ext: sp_io::TestExternalities = storage.into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Begins each block up to this one, and checks the invariants in each.
pub fn run_to(block: u64) {
	while System::block_number() < block {
		System::set_block_number(System::block_number() + 1);
		Scheduler::on_initialize(System::block_number());
		Council::do_try_state().unwrap();
	}
}

/// A call that root alone may make.
pub fn note(key: &[u8]) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::set_storage { items: vec![(key.to_vec(), vec![1])] })
}

pub fn is_noted(key: &[u8]) -> bool {
	sp_io::storage::exists(key)
}

/// As it stands in a motion. The bytes of a long one become a preimage.
pub fn bound(call: RuntimeCall) -> BoundedCallOf<Test> {
	Preimage::bound(call).unwrap()
}

/// For benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub fn bench_ext() -> sp_io::TestExternalities {
	new_test_ext()
}
