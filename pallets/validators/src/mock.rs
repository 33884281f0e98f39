//! A runtime for the tests: sessions of five blocks, eras of two sessions.

use crate as pallet_validators;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Hooks},
};
use sp_runtime::{testing::UintAuthorityId, traits::ConvertInto, BuildStorage};

type Block = frame_system::mocking::MockBlock<Test>;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Historical: pallet_session::historical,
		Validators: pallet_validators,
		Session: pallet_session,
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
	type ExistentialDeposit = ExistentialDeposit;
	type RuntimeHoldReason = RuntimeHoldReason;
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = u64;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = pallet_session::PeriodicSessions<ConstU64<5>, ConstU64<0>>;
	type NextSessionRotation = pallet_session::PeriodicSessions<ConstU64<5>, ConstU64<0>>;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Test, Validators>;
	type SessionHandler = pallet_session::TestSessionHandler;
	type Keys = UintAuthorityId;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ();
}

impl pallet_session::historical::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = crate::Exists;
}

parameter_types! {
	pub const Treasury: u64 = 999;
	pub const DelegationsId: frame_support::PalletId = frame_support::PalletId(*b"assay/dl");
	pub static ExistentialDeposit: u128 = 1;
	pub static MinBond: u128 = 100;
}

parameter_types! {
	/// Validators that were put out, in this order.
	pub static PutOut: Vec<u64> = Vec::new();
}

/// Notes who it is told of.
pub struct Noted;

impl crate::Seats<u64> for Noted {
	fn put_out(who: &u64) {
		PutOut::mutate(|out| out.push(*who));
	}
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = frame_system::EnsureRoot<u64>;
	type Seats = Noted;
	type Treasury = Treasury;
	type WeightInfo = ();
	type PalletId = DelegationsId;
	type MinBond = MinBond;
	type MinDelegation = ConstU128<1_000_000>;
	type MaxElected = ConstU32<3>;
	type MaxCandidates = ConstU32<5>;
	type PenaltiesPerBlock = ConstU32<2>;
	type SessionsPerEra = ConstU32<2>;
	type SessionBlocks = ConstU64<5>;
	type UnbondingSessions = ConstU32<8>;
	type MissesToJail = ConstU32<3>;
}

pub fn keys(who: u64) -> UintAuthorityId {
	UintAuthorityId(who)
}

/// Validators 1 and 2 with bonds of 1,000 and 900; accounts 3 to 6 have money and keys and no bond.
pub fn new_test_ext() -> sp_io::TestExternalities {
	ExistentialDeposit::take();
	MinBond::take();
	PutOut::take();
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..=6).map(|who| (who, 10_000)).chain([(999, 1)]).collect();
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }.assimilate_storage(&mut storage).unwrap();
	pallet_validators::GenesisConfig::<Test> { bonds: vec![(1, 1_000), (2, 900)], ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	pallet_session::GenesisConfig::<Test> {
		keys: [1, 2].map(|who| (who, who, keys(who))).to_vec(),
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	let mut ext: sp_io::TestExternalities = storage.into();
	ext.execute_with(|| {
		System::set_block_number(1);
		for who in 3..=6 {
			Session::set_keys(RuntimeOrigin::signed(who), keys(who), vec![]).unwrap();
		}
	});
	ext
}

/// Runs to the start of a block, checking the invariants in each.
pub fn run_to(block: u64) {
	while System::block_number() < block {
		System::set_block_number(System::block_number() + 1);
		Session::on_initialize(System::block_number());
		Validators::on_initialize(System::block_number());
		Validators::do_try_state().unwrap();
	}
}

/// Runs to the start of a session.
pub fn run_to_session(session: u32) {
	while Session::current_index() < session {
		run_to(System::block_number() + 1);
	}
}

/// For benchmarks: nobody has a bond.
#[cfg(feature = "runtime-benchmarks")]
pub fn bench_ext() -> sp_io::TestExternalities {
	let mut ext: sp_io::TestExternalities =
		frame_system::GenesisConfig::<Test>::default().build_storage().unwrap().into();
	ext.execute_with(|| System::set_block_number(1));
	ext
}
