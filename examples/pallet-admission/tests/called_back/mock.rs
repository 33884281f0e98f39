//! A runtime with the pallet, and one validator, whose off-chain worker has an engine with a classifier.

use assay_primitives::{
	h,
	host::{EngineExt, EngineHost, FinalizedExt},
	infr::{AuthorityId, AuthorityPair, KEY_TYPE},
	Bonds, ContentId, DataType, DutyId, EngineId, EngineStatus, FailReason, Fault, Finished, Hash32, Job, JobInput,
	ModelId, Output, Power, Run, Tensor, TensorBundle,
};
use codec::Decode;
use frame_support::{
	construct_runtime, derive_impl,
	dispatch::GetDispatchInfo,
	parameter_types,
	traits::{
		ConstU128, ConstU32, ConstU64, Contains, Get, OffchainWorker, OnFinalize, OnIdle, OnInitialize,
		OneSessionHandler, ValidatorSet,
	},
	weights::Weight,
};
use pallet_inference::Window;
use parking_lot::{Mutex, RwLock};
use sp_core::{
	crypto::{ByteArray, Pair},
	hexdisplay::HexDisplay,
	offchain::{
		testing::{PoolState, TestOffchainExt, TestTransactionPoolExt},
		OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
	},
	H256,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{
	traits::{BlakeTwo256, Convert, ConvertInto, DispatchTransaction},
	BuildStorage,
};
use std::sync::Arc;

type Extension = frame_system::AuthorizeCall<Test>;
type Extrinsic = sp_runtime::testing::TestXt<RuntimeCall, Extension>;
type Block = sp_runtime::generic::Block<sp_runtime::generic::Header<u32, BlakeTwo256>, Extrinsic>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Voting: pallet_rounds,
		Registry: pallet_models,
		Inference: pallet_inference,
		Admission: pallet_admission,
	}
);

/// The engine of the network.
const ENGINE: EngineId = EngineId([0xE0; 32]);
/// The account that applies, and so do the accounts that follow.
pub const APPLICANT: u64 = 1;
/// The publisher of the classifier.
const PUBLISHER: u64 = 50;
const VALIDATOR: u64 = 100;
const TREASURY: u64 = 101;
/// Plancks that everybody has.
const WEALTH: u128 = 1_000_000_000;

parameter_types! {
	pub const Treasury: u64 = TREASURY;
	pub const Author: Option<u64> = Some(VALIDATOR);
	pub Doorkeeper: ModelId = ContentId(h("test/model", "doorkeeper"));
	pub const DefaultWindow: Window = Window::Blocks(3);
	pub const MaxCallbackWeight: Weight = Weight::MAX;
	/// True if the validator is away.
	pub static Away: bool = false;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<10>;
}

/// The validator, in place of the pallets of sessions, bonds and consensus.
pub struct OneValidator;

impl ValidatorSet<u64> for OneValidator {
	type ValidatorId = u64;
	type ValidatorIdOf = ConvertInto;

	fn session_index() -> u32 {
		0
	}

	fn validators() -> Vec<u64> {
		vec![VALIDATOR]
	}
}

impl Bonds<u64> for OneValidator {
	fn bond(_: &u64) -> u128 {
		WEALTH
	}

	fn is_good(_: &u64) -> bool {
		true
	}

	fn powers() -> Vec<(u64, Power)> {
		vec![(VALIDATOR, 1)]
	}

	fn penalize_found(who: &u64, fault: Fault, _: &[u64]) {
		assert!(Away::get(), "{who} is at fault: {fault:?}");
	}
}

/// The VRF output of its blocks.
impl Get<Option<Hash32>> for OneValidator {
	fn get() -> Option<Hash32> {
		Some(h("test/vrf", System::block_number()))
	}
}

impl pallet_rounds::Earnings<u64> for OneValidator {
	fn pay(who: &u64, amount: u128, mut pay: impl FnMut(&u64, u128) -> u128) -> u128 {
		pay(who, amount)
	}

	fn weight() -> Weight {
		Weight::zero()
	}
}

impl pallet_rounds::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Treasury = Treasury;
	type ValidatorSet = OneValidator;
	type AuthorVrf = OneValidator;
	type Author = Author;
	type Bonds = OneValidator;
	type Earnings = OneValidator;
	type PenaltyWeight = ();
	type WeightInfo = ();
	type Subject = assay_primitives::Subject;
	type Subjects = pallet_inference::ModelsAndRequests<Test>;
	type Engines = Registry;
	type MaxValidators = ConstU32<100>;
	type LateWindow = ConstU32<30>;
	type KeptSessions = ConstU32<40>;
	type MaxPerBlock = ConstU32<8>;
	type MaxOpen = ConstU32<16>;
}

impl pallet_models::Config for Test {
	type GovernanceOrigin = frame_system::EnsureRoot<u64>;
	type WeightInfo = ();
	type BasePrice = ConstU128<1_000>;
	type UnitPrice = ConstU128<3>;
	type BytePrice = ConstU128<7>;
	type DepositBase = ConstU128<5_000>;
	type DepositPerKib = ConstU128<11>;
	type CatalogueLimit = ConstU64<{ 1 << 40 }>;
	type NameDeposit = ConstU128<900>;
	type MaxActivation = ConstU32<64>;
	type ActivationWindow = ConstU32<20>;
	type ActivationUnits = ConstU64<1_000>;
	type RecordRetention = ConstU32<40>;
}

/// A planck for a nanosecond.
pub struct WeightPrice;

impl Convert<Weight, u128> for WeightPrice {
	fn convert(weight: Weight) -> u128 {
		u128::from(weight.ref_time() / 1_000)
	}
}

/// The calls that the chain makes for requests.
pub struct CallbackFilter;

impl Contains<RuntimeCall> for CallbackFilter {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Admission(pallet_admission::Call::decide {}))
	}
}

impl pallet_inference::Config for Test {
	type CallbackFilter = CallbackFilter;
	type WeightPrice = WeightPrice;
	type LengthPrice = ConstU128<0>;
	type StoredBytePrice = ConstU128<0>;
	type WeightInfo = ();
	type DefaultCommittee = ConstU32<5>;
	type MaxCommittee = ConstU32<10>;
	type DefaultAudits = ConstU32<0>;
	type MaxAudits = ConstU32<32>;
	type DefaultWindow = DefaultWindow;
	type AssuredWindow = ConstU32<3>;
	type MinWindow = ConstU32<1>;
	type MaxWindow = ConstU32<100>;
	type ResultRetention = ConstU32<40>;
	type MaxCallbacks = ConstU32<4>;
	type MaxCallbackWeight = MaxCallbackWeight;
}

impl pallet_admission::Config for Test {
	type ResultOrigin = pallet_inference::EnsureInferenceResult;
	type Doorkeeper = Doorkeeper;
	type UnitLimit = ConstU64<500>;
	type MaxMembers = ConstU32<2>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	type RuntimeCall = RuntimeCall;
	type Extrinsic = Extrinsic;
}

impl<LocalCall> frame_system::offchain::CreateTransaction<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	type Extension = Extension;

	fn create_transaction(call: RuntimeCall, extension: Extension) -> Extrinsic {
		Extrinsic::new_transaction(call, extension)
	}
}

impl<LocalCall> frame_system::offchain::CreateAuthorizedTransaction<LocalCall> for Test
where
	RuntimeCall: From<LocalCall>,
{
	fn create_extension() -> Extension {
		Extension::new()
	}
}

/// The label 1 for features whose sum is above 10; no model that takes none.
fn classify(input: &[u8]) -> Result<Output, FailReason> {
	let TensorBundle(tensors) = TensorBundle::from_bytes(input).unwrap();
	let numbers: Vec<i64> =
		tensors[0].data.chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())).collect();
	if numbers.is_empty() {
		return Err(FailReason::InputMismatch);
	}
	let label = i64::from(numbers.iter().sum::<i64>() > 10);
	let name = pallet_admission::LABEL.into();
	let label = Tensor { name, data_type: DataType::I64, shape: vec![1], data: label.to_le_bytes().to_vec() };
	Ok(Output::Inline(TensorBundle(vec![label]).to_bytes().unwrap().try_into().unwrap()))
}

/// The engine of the validator's node.
#[derive(Default)]
struct Engine(Mutex<Vec<Job>>);

impl EngineHost for Engine {
	fn enqueue(&self, jobs: Vec<Job>) {
		*self.0.lock() = jobs;
	}

	fn take_finished(&self, duties: Vec<DutyId>, _: u32) -> Vec<Finished> {
		let run = |job: &Job| {
			let JobInput::Inline(input) = &job.input else { panic!("no input travelled otherwise: {job:?}") };
			Run {
				outcome: classify(input),
				load_units: 10,
				units: 100,
				trace_digests: job.trace_keys.iter().map(|key| h("test/trace", (&job.model, input, key))).collect(),
				input: ContentId::of(input),
			}
		};
		let jobs = self.0.lock();
		let asked = jobs.iter().filter(|job| duties.contains(&job.duty));
		asked.map(|job| Finished { duty: job.duty, result: Ok(run(job)) }).collect()
	}

	fn status(&self) -> EngineStatus {
		EngineStatus { engines: vec![ENGINE], queued: 0, running: 0, replays: 0 }
	}
}

/// Transactions that the validator's node has sent.
pub struct Node(Arc<RwLock<PoolState>>);

impl Node {
	/// Ends the block, lets the off-chain worker see it, and begins the next one with what the worker has sent.
	pub fn block(&self) {
		finish_block();
		if !Away::get() {
			Voting::offchain_worker(System::block_number());
		}
		begin_block();
		for bytes in std::mem::take(&mut self.0.write().transactions) {
			let call = Extrinsic::decode(&mut &bytes[..]).unwrap().function;
			let info = call.get_dispatch_info();
			let applied =
				Extension::new().dispatch_transaction(RuntimeOrigin::none(), call, &info, bytes.len(), 0).unwrap();
			applied.unwrap();
		}
	}

	/// Makes blocks until something holds.
	pub fn until(&self, holds: impl Fn() -> bool) {
		for _ in 0..200 {
			if holds() {
				return;
			}
			self.block();
		}
		panic!("it does not come to hold within 200 blocks");
	}
}

fn hash_of(block: u32) -> H256 {
	H256(h("test/block", block))
}

fn begin_block() {
	let number = System::block_number() + 1;
	System::initialize(&number, &hash_of(number - 1), &Default::default());
	AllPalletsWithSystem::on_initialize(number);
	Voting::note_final(RuntimeOrigin::none(), number - 1).unwrap();
}

fn finish_block() {
	let number = System::block_number();
	AllPalletsWithSystem::on_idle(number, Weight::MAX);
	AllPalletsWithSystem::on_finalize(number);
	Admission::do_try_state().unwrap();
	// The work of a node before it runs an off-chain worker.
	frame_system::BlockHash::<Test>::insert(number, hash_of(number));
}

/// Runs a test on a chain whose classifier is active.
pub fn run(test: impl FnOnce(&Node)) {
	Away::set(false);
	let accounts = (APPLICANT..=APPLICANT + 5).chain([PUBLISHER, VALIDATOR, TREASURY]);
	let mut registry = pallet_models::GenesisConfig::<Test>::default();
	registry.engine = Some(ENGINE);
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: accounts.map(|who| (who, WEALTH)).collect(),
			..Default::default()
		},
		registry,
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities = genesis.build_storage().unwrap().into();
	let seed = h("test/key", VALIDATOR);
	let key: AuthorityId = AuthorityPair::from_seed(&seed).public();
	let keystore = MemoryKeystore::new();
	keystore.insert(KEY_TYPE, &format!("0x{}", HexDisplay::from(&seed)), key.as_slice()).unwrap();
	let (worker, _) = TestOffchainExt::new();
	let (transactions, pool) = TestTransactionPoolExt::new();
	ext.register_extension(OffchainDbExt::new(worker.clone()));
	ext.register_extension(OffchainWorkerExt::new(worker));
	ext.register_extension(TransactionPoolExt::new(transactions));
	ext.register_extension(KeystoreExt(Arc::new(keystore)));
	ext.register_extension(EngineExt(Arc::new(Engine::default())));
	ext.register_extension(FinalizedExt(Arc::new(|| (0, [0; 32]))));
	ext.execute_with(|| {
		Voting::on_genesis_session([(&VALIDATOR, key)].into_iter());
		begin_block();
		let node = Node(pool);
		let sample = pallet_admission::input_of(&[1, 2]).to_bytes().unwrap().try_into().unwrap();
		Registry::register_model(
			RuntimeOrigin::signed(PUBLISHER),
			Doorkeeper::get(),
			2_000,
			b"club/doorkeeper".to_vec().try_into().unwrap(),
			1,
			Default::default(),
			0,
			Some(pallet_models::Input::Inline(sample)),
			None,
		)
		.unwrap();
		let is_active = || {
			let model = pallet_models::Models::<Test>::get(Doorkeeper::get()).unwrap();
			matches!(model.status, pallet_models::ModelStatus::Active { .. })
		};
		node.until(is_active);
		test(&node);
		finish_block();
	});
}
