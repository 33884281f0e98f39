//! A runtime of the three pallets of inference, a driver that makes its blocks, and people who use it.

mod actors;
mod engine;
mod no_validator;
pub mod probe;
mod users;

pub use actors::*;
pub use engine::*;
pub use no_validator::NoValidator;
pub use users::*;

use crate as pallet_inference;
pub use crate::Event as OwnEvent;
use crate::HoldReason;
use assay_primitives::{
	host::HostError, infr::AuthorityId, Bonds, ContentId, EngineId, EngineStatus, Fault, Hash32, ModelId, Power,
};
use frame_support::{
	construct_runtime, derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{
		fungible::{Inspect, InspectHold, Mutate},
		tokens::Preservation::Expendable,
		Contains, Get, OnFinalize, OnIdle, OnInitialize, OneSessionHandler, ValidatorSet,
	},
	weights::Weight,
};
use pallet_models::Names;
pub use pallet_models::{BlobRef, Models};
pub use pallet_models::{Event as ModelsEvent, HoldReason as ModelsHold};
pub use pallet_rounds::{Event as RoundsEvent, HoldReason as RoundsHold};
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, ConstU128, ConvertInto},
	transaction_validity::{TransactionValidityError, ValidTransaction},
	BuildStorage,
};
use std::{
	cell::{Cell, RefCell},
	collections::{BTreeMap, BTreeSet},
};

pub type Error = crate::Error<Test>;
pub type RoundsError = pallet_rounds::Error<Test>;
pub type ModelsError = pallet_models::Error<Test>;
pub type Extension = frame_system::AuthorizeCall<Test>;
pub type Extrinsic = sp_runtime::testing::TestXt<RuntimeCall, Extension>;
pub type Block = sp_runtime::generic::Block<sp_runtime::generic::Header<u32, BlakeTwo256>, Extrinsic>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Probe: probe,
		Voting: pallet_rounds,
		Registry: pallet_models,
		Inference: pallet_inference,
	}
);

/// Hash of block 0.
pub const GENESIS: Hash32 = [0x67; 32];
/// The engine of the network.
pub const ENGINE: EngineId = EngineId([0xE0; 32]);
/// Existential deposit.
pub const ED: u128 = 10;
/// The account that asks.
pub const REQUESTER: u64 = 1;
/// The account that publishes.
pub const PUBLISHER: u64 = 2;
/// Another who publishes and asks.
pub const RIVAL: u64 = 3;
/// The account that gets base prices.
pub const TREASURY: u64 = 4;
/// Without a planck.
pub const PAUPER: u64 = 5;
/// The first validator; the others follow.
pub const FIRST: u64 = 100;
/// Plancks that each of the rich starts with.
pub const WEALTH: u128 = 1_000_000_000_000;

parameter_types! {
	pub static BasePrice: u128 = 1_000;
	pub static UnitPrice: u128 = 3;
	pub static BytePrice: u128 = 7;
	/// For a byte in a block.
	pub static LengthPrice: u128 = 0;
	pub static DepositBase: u128 = 5_000;
	pub static DepositPerKib: u128 = 11;
	/// Plancks for a byte of an output that is a blob, for each validator.
	pub static StoredBytePrice: u128 = 0;
	pub static NameDeposit: u128 = 900;
	pub static DefaultCommittee: u32 = 5;
	pub static MaxCommittee: u32 = 21;
	pub static Auditors: u32 = 0;
	pub static MaxActivation: u32 = 64;
	pub static MaxValidators: u32 = 100;
	pub static LateWindow: u32 = 30;
	pub static MaxPerBlock: u32 = 8;
	pub static MaxOpen: u32 = 16;
	pub static ActivationWindow: u32 = 20;
	pub static ActivationUnits: u64 = 1_000;
	pub static MaxAudits: u32 = 32;
	pub static DefaultWindow: crate::Window = crate::Window::Blocks(3);
	pub static AssuredWindow: u32 = 3;
	pub static MinWindow: u32 = 1;
	pub static MaxWindow: u32 = 100;
	pub static ResultRetention: u32 = 40;
	pub static MaxCallbacks: u32 = 4;
	pub static MaxCallbackWeight: Weight = Weight::from_parts(1_000, 1_000);
	/// Weight that blocks leave to `on_idle`.
	pub static IdleWeight: Weight = Weight::MAX;
	pub static Session: u32 = 0;
	/// Bond of each validator.
	pub static Bond: u128 = 1_000_000;
	/// Voting power of validators; 1 for one that is not named.
	pub static Powers: BTreeMap<u64, Power> = BTreeMap::new();
	/// Faults that were found, in their order.
	pub static Faults: Vec<(u64, Fault)> = Vec::new();
	/// Those of the faults that somebody is to be rewarded for, and who.
	pub static Finders: Vec<(u64, Fault, Vec<u64>)> = Vec::new();
	/// Validators of the session, those that were put out too: they make blocks.
	pub static Set: Vec<u64> = Vec::new();
	/// Validators that were put out and have not come back.
	pub static Out: BTreeSet<u64> = BTreeSet::new();
	/// True if blocks carry no VRF output.
	pub static VrfMissing: bool = false;
	/// A number that makes the draws of one test differ from another's.
	pub static VrfSalt: u64 = 0;
	/// Blocks whose turn another validator has taken.
	pub static Authors: BTreeMap<u32, u64> = BTreeMap::new();
	/// The last block that is final in the view of authors; none for the parent of each block.
	pub static FinalTo: Option<u32> = None;
	/// The index of the key that a validator uses; 0 if it is not named.
	pub static KeyOf: BTreeMap<u64, u32> = BTreeMap::new();
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<u128>;
	type BlockWeights = BlockWeights;
}

/// Limits of a block in which a transaction weighs nothing but its call.
pub struct BlockWeights;

impl Get<frame_system::limits::BlockWeights> for BlockWeights {
	fn get() -> frame_system::limits::BlockWeights {
		let mut weights = frame_system::limits::BlockWeights::default();
		for class in DispatchClass::all() {
			weights.per_class.get_mut(*class).base_extrinsic = Weight::zero();
		}
		weights
	}
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
	type Balance = u128;
	type ExistentialDeposit = ConstU128<ED>;
}

impl probe::Config for Test {}

/// The session pallet's part.
pub struct Sessions;

impl ValidatorSet<u64> for Sessions {
	type ValidatorId = u64;
	type ValidatorIdOf = ConvertInto;

	fn session_index() -> u32 {
		Session::get()
	}

	fn validators() -> Vec<u64> {
		validators()
	}
}

/// The validators pallet's part.
pub struct Stakes;

impl Bonds<u64> for Stakes {
	fn bond(_: &u64) -> u128 {
		Bond::get()
	}

	fn is_good(who: &u64) -> bool {
		!Out::get().contains(who)
	}

	fn powers() -> Vec<(u64, Power)> {
		let powers = Powers::get();
		validators().into_iter().map(|who| (who, powers.get(&who).copied().unwrap_or(1))).collect()
	}

	fn penalize_found(who: &u64, fault: Fault, finders: &[u64]) {
		Faults::mutate(|faults| faults.push((*who, fault)));
		if !finders.is_empty() {
			Finders::mutate(|found| found.push((*who, fault, finders.to_vec())));
		}
		if fault.removes() {
			put_out(*who);
		}
	}
}

/// Tells the pallet, as the validators pallet does, that a validator loses its seat.
pub fn put_out(who: u64) {
	if Out::mutate(|out| out.insert(who)) {
		<Voting as assay_primitives::Seats<u64>>::put_out(&who);
	}
}

/// The calls of [`probe`] are made for requests.
pub struct CallbackFilter;

impl Contains<RuntimeCall> for CallbackFilter {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Probe(_))
	}
}

/// Two plancks for a picosecond.
pub struct WeightPrice;

impl sp_runtime::traits::Convert<Weight, u128> for WeightPrice {
	fn convert(weight: Weight) -> u128 {
		2 * u128::from(weight.ref_time())
	}
}

/// A VRF output for each block, unless [`VrfMissing`].
pub struct AuthorVrf;

impl Get<Option<Hash32>> for AuthorVrf {
	fn get() -> Option<Hash32> {
		(!VrfMissing::get()).then(|| vrf_of(System::block_number()))
	}
}

/// VRF output of the author of a block.
pub fn vrf_of(block: u32) -> Hash32 {
	assay_primitives::h("test/vrf", (VrfSalt::get(), block))
}

/// Validators make blocks in turn, unless [`Authors`] says otherwise.
pub struct BlockAuthor;

impl Get<Option<u64>> for BlockAuthor {
	fn get() -> Option<u64> {
		let (block, set) = (System::block_number(), Set::get());
		let turn = set.get(block as usize % set.len().max(1)).copied();
		Authors::get().get(&block).copied().or(turn)
	}
}

parameter_types! {
	pub const Treasury: u64 = TREASURY;
}

parameter_types! {
	/// Validators that share what they are paid with [`PARTNER`].
	pub static Sharing: Vec<u64> = Vec::new();
	/// The weight of that for each payment.
	pub static SharingWeight: u64 = 0;
}

/// Has half of what some validators earn.
pub const PARTNER: u64 = 4_242;

/// Some validators keep half of what they earn.
pub struct Halves;

impl pallet_rounds::Earnings<u64> for Halves {
	fn pay(who: &u64, amount: u128, mut pay: impl FnMut(&u64, u128) -> u128) -> u128 {
		let part = if Sharing::get().contains(who) { amount / 2 } else { 0 };
		pay(&PARTNER, part) + pay(who, amount - part)
	}

	fn weight() -> Weight {
		Weight::from_parts(SharingWeight::get(), 0)
	}
}

impl pallet_rounds::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Treasury = Treasury;
	type ValidatorSet = Sessions;
	type AuthorVrf = AuthorVrf;
	type Author = BlockAuthor;
	type Bonds = Stakes;
	type Earnings = Halves;
	type PenaltyWeight = ();
	type WeightInfo = ();
	type Subject = assay_primitives::Subject;
	type Subjects = crate::ModelsAndRequests<Test>;
	type Engines = Registry;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::ModelsAndRequests<Test>;
	#[cfg(feature = "runtime-benchmarks")]
	type SeatHelper = ();
	type MaxValidators = MaxValidators;
	type LateWindow = LateWindow;
	type KeptSessions = frame_support::traits::ConstU32<40>;
	type MaxPerBlock = MaxPerBlock;
	type MaxOpen = MaxOpen;
}

impl pallet_models::Config for Test {
	type GovernanceOrigin = frame_system::EnsureRoot<u64>;
	type WeightInfo = ();
	type BasePrice = BasePrice;
	type UnitPrice = UnitPrice;
	type BytePrice = BytePrice;
	type DepositBase = DepositBase;
	type DepositPerKib = DepositPerKib;
	type CatalogueLimit = frame_support::traits::ConstU64<{ 1 << 40 }>;
	type NameDeposit = NameDeposit;
	type MaxActivation = MaxActivation;
	type ActivationWindow = ActivationWindow;
	type ActivationUnits = ActivationUnits;
	type RecordRetention = ResultRetention;
}

impl pallet_inference::Config for Test {
	type CallbackFilter = CallbackFilter;
	type WeightPrice = WeightPrice;
	type LengthPrice = LengthPrice;
	type StoredBytePrice = StoredBytePrice;
	type WeightInfo = ();
	type DefaultCommittee = DefaultCommittee;
	type MaxCommittee = MaxCommittee;
	type DefaultAudits = Auditors;
	type MaxAudits = MaxAudits;
	type DefaultWindow = DefaultWindow;
	type AssuredWindow = AssuredWindow;
	type MinWindow = MinWindow;
	type MaxWindow = MaxWindow;
	type ResultRetention = ResultRetention;
	type MaxCallbacks = MaxCallbacks;
	type MaxCallbackWeight = MaxCallbackWeight;
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

sp_api::impl_runtime_apis! {
	impl sp_api::Core<Block> for Test {
		fn version() -> sp_version::RuntimeVersion {
			Default::default()
		}

		fn execute_block(_: <Block as sp_runtime::traits::Block>::LazyBlock) {}

		fn initialize_block(_: &<Block as sp_runtime::traits::Block>::Header) -> sp_runtime::ExtrinsicInclusionMode {
			sp_runtime::ExtrinsicInclusionMode::AllExtrinsics
		}
	}

	impl crate::InferenceApi<Block, u128> for Test {
		fn engine() -> Option<EngineId> {
			pallet_models::CurrentEngine::<Test>::get()
		}

		fn blob_expected(id: ContentId, size: u64) -> bool {
			Registry::blob_expected(id, size)
		}

		fn blobs_expected(blobs: Vec<BlobRef>) -> Vec<bool> {
			Registry::blobs_expected(blobs)
		}

		fn model_blobs(after: Option<ModelId>, limit: u32) -> (Vec<BlobRef>, Option<ModelId>) {
			Registry::model_blobs(after, limit)
		}

		fn output_blobs(first: u32, last: u32) -> Vec<BlobRef> {
			Inference::output_blobs(first, last)
		}

		fn price(units: u64, bytes: u64, k: u32, audits: u32) -> Option<u128> {
			Inference::price(units, bytes, k, audits)
		}

		fn review(request: assay_primitives::RequestId) -> Option<crate::Review<u32>> {
			Inference::review(request)
		}

		fn engine_status() -> Result<EngineStatus, HostError> {
			assay_primitives::host::engine::status()
		}
	}
}

thread_local! {
	static LOG: RefCell<Vec<(u32, RuntimeEvent)>> = const { RefCell::new(Vec::new()) };
	static ISSUANCE: Cell<u128> = const { Cell::new(0) };
	static FINISHED: Cell<u32> = const { Cell::new(0) };
}

/// A chain with this many validators, at block 1. Validators have an account of [`ED`].
pub fn ext(validators: u32) -> sp_io::TestExternalities {
	ext_of(validators, Some(ENGINE))
}

/// As [`ext`], with the engine that the genesis names.
pub fn ext_of(validators: u32, engine: Option<EngineId>) -> sp_io::TestExternalities {
	forget();
	let rich = [REQUESTER, PUBLISHER, RIVAL, TREASURY].map(|who| (who, WEALTH));
	let poor = (0..validators).map(|index| (FIRST + u64::from(index), ED));
	let mut registry = pallet_models::GenesisConfig::<Test>::default();
	registry.engine = engine;
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: rich.into_iter().chain(poor).collect(),
			..Default::default()
		},
		registry,
		..Default::default()
	};
	let mut ext: sp_io::TestExternalities = genesis.build_storage().unwrap().into();
	ext.execute_with(|| {
		let set: Vec<_> = (0..validators).map(|index| FIRST + u64::from(index)).map(|who| (who, key(who))).collect();
		Set::set(set.iter().map(|(who, _)| *who).collect());
		Voting::on_genesis_session(set.iter().map(|(who, key)| (who, key.clone())));
		begin_block();
		ISSUANCE.set(Balances::total_issuance());
	});
	ext
}

/// Runs a test on a chain with this many validators, and checks the invariants once more at its end.
pub fn run(validators: u32, test: impl FnOnce()) {
	ext(validators).execute_with(|| {
		test();
		finish_block();
	});
}

/// Forgets what an earlier chain of the same thread has left outside its state.
fn forget() {
	Sharing::take();
	SharingWeight::take();
	Roles::take();
	Plans::take();
	KeyOf::take();
	Votes::take();
	actors::SEALED.with_borrow_mut(BTreeMap::clear);
	Submitted::take();
	Missing::take();
	Session::take();
	Faults::take();
	Finders::take();
	Out::take();
	IdleWeight::take();
	probe::Seen::take();
	VrfMissing::take();
	Authors::take();
	FinalTo::take();
	LOG.with_borrow_mut(Vec::clear);
	FINISHED.set(0);
}

/// Hash of a block.
pub fn hash_of(block: u32) -> H256 {
	if block == 0 {
		H256(GENESIS)
	} else {
		H256(assay_primitives::h("test/block", block))
	}
}

fn begin_block() {
	let number = System::block_number() + 1;
	System::reset_events();
	System::initialize(&number, &hash_of(number - 1), &Default::default());
	AllPalletsWithSystem::on_initialize(number);
	Voting::note_final(RuntimeOrigin::none(), FinalTo::get().unwrap_or(number - 1)).unwrap();
}

/// Ends the block, if it has not been ended: what the hooks do, then every invariant.
pub fn finish_block() {
	if FINISHED.replace(System::block_number()) == System::block_number() {
		return;
	}
	AllPalletsWithSystem::on_idle(System::block_number(), IdleWeight::get());
	AllPalletsWithSystem::on_finalize(System::block_number());
	LOG.with_borrow_mut(|log| log.extend(events_of_block()));
	System::reset_events();
	// A node does this before it runs an off-chain worker or validates a transaction.
	frame_system::BlockHash::<Test>::insert(System::block_number(), hash_of(System::block_number()));
	check();
}

/// Ends the block, begins the next one, and lets the validators say in it what they have decided after the one before.
pub fn next_block() {
	next_block_with(|_| Vec::new());
}

/// As [`next_block`], with what else is decided after this block, by who has seen what the validators say; gives the answers to
/// that.
pub fn next_block_with(
	more: impl FnOnce(&[Signed]) -> Vec<Signed>,
) -> Vec<Result<ValidTransaction, TransactionValidityError>> {
	finish_block();
	let prepared = prepare();
	let more = more(&prepared);
	begin_block();
	for attestation in prepared {
		// A hostile validator's item is refused now and then; tests of refusals look at the answer.
		let _ = submit(attestation);
	}
	more.into_iter().map(submit).collect()
}

/// Makes blocks up to this one.
pub fn run_to(block: u32) {
	while System::block_number() < block {
		next_block();
	}
}

/// Makes this many blocks.
pub fn run_for(blocks: u32) {
	run_to(System::block_number() + blocks);
}

/// Number of the block that is being made.
pub fn now() -> u32 {
	System::block_number()
}

/// The invariants of the three pallets.
pub fn try_state() -> Result<(), sp_runtime::TryRuntimeError> {
	Voting::do_try_state()?;
	Registry::do_try_state()?;
	Inference::do_try_state()?;
	// Nothing else needs blobs here.
	let stored = pallet_models::Blobs::<Test>::iter().collect();
	frame_support::ensure!(Inference::needed() == stored, "blob references differ from the records");
	Ok(())
}

/// Checks the conditions that hold after every block: the pallets' own invariants; no planck made or lost; no hold
/// without a record.
pub fn check() {
	try_state().unwrap();
	let accounts: Vec<u64> = frame_system::Account::<Test>::iter_keys().collect();
	let sum: u128 = accounts.iter().map(Balances::total_balance).sum();
	assert_eq!(Balances::total_issuance(), ISSUANCE.get(), "plancks were made or lost");
	assert_eq!(sum, Balances::total_issuance(), "accounts do not add up to the issuance");
	let held = |reason: RuntimeHoldReason| -> u128 {
		accounts.iter().map(|who| Balances::balance_on_hold(&reason, who)).sum()
	};
	let models: Vec<_> = Models::<Test>::iter_values().collect();
	let escrow: u128 = crate::Requests::<Test>::iter_values().map(|request| request.escrow).sum();
	assert_eq!(
		held(ModelsHold::ModelDeposit.into()),
		models.iter().map(|model| model.deposit).sum(),
		"orphaned deposit"
	);
	assert_eq!(
		held(ModelsHold::Activation.into()),
		models.iter().map(|model| model.activation_fee).sum(),
		"orphaned fee"
	);
	assert_eq!(held(HoldReason::Escrow.into()), escrow, "orphaned escrow");
	let disputes: u128 = pallet_rounds::Disputes::<Test>::iter_values().map(|dispute| dispute.hold).sum();
	assert_eq!(held(RoundsHold::Dispute.into()), disputes, "orphaned hold of a dispute");
	let names: u128 = Names::<Test>::iter_values().map(|name| name.deposit).sum();
	assert_eq!(held(ModelsHold::NameDeposit.into()), names, "orphaned deposit of a name");
}

fn events_of_block() -> Vec<(u32, RuntimeEvent)> {
	System::events()
		.into_iter()
		.map(|record| record.event)
		.filter(|event| {
			matches!(event, RuntimeEvent::Voting(_) | RuntimeEvent::Registry(_) | RuntimeEvent::Inference(_))
		})
		.map(|event| (System::block_number(), event))
		.collect()
}

/// The pallets' events since block 1, each with its block.
pub fn log() -> Vec<(u32, RuntimeEvent)> {
	log_from(0)
}

/// As [`log`], without the first so many.
pub fn log_from(first: usize) -> Vec<(u32, RuntimeEvent)> {
	let finished = LOG.with_borrow(Vec::len);
	let mut log = LOG.with_borrow(|log| log.get(first..).map(<[_]>::to_vec).unwrap_or_default());
	log.extend(events_of_block().into_iter().skip(first.saturating_sub(finished)));
	log
}

/// The pallets' events of this block so far.
pub fn events() -> Vec<RuntimeEvent> {
	events_of_block().into_iter().map(|(_, event)| event).collect()
}

/// True if this event was emitted in this block.
pub fn emitted(event: &RuntimeEvent) -> bool {
	events().contains(event)
}

/// Plancks that an account can spend, existential deposit included.
pub fn free(who: u64) -> u128 {
	Balances::balance(&who)
}

/// Plancks that an account has on hold.
pub fn held(reason: impl Into<RuntimeHoldReason>, who: u64) -> u128 {
	Balances::balance_on_hold(&reason.into(), &who)
}

/// Makes an account's spendable balance this much: the rival gives or takes the difference.
pub fn set_free(who: u64, amount: u128) {
	let has = free(who);
	let (from, to) = if has < amount { (RIVAL, who) } else { (who, RIVAL) };
	<Balances as Mutate<u64>>::transfer(&from, &to, has.abs_diff(amount), Expendable).unwrap();
}

/// Validators of the current session.
pub fn validators() -> Vec<u64> {
	pallet_rounds::Electors::<Test>::get().iter().map(|(who, ..)| *who).collect()
}

/// Begins a session with these validators and the keys that they use now.
pub fn new_session(set: &[u64]) {
	Session::mutate(|index| *index += 1);
	Set::set(set.to_vec());
	let set: Vec<(u64, AuthorityId)> = set.iter().map(|who| (*who, key(*who))).collect();
	let with_keys = || set.iter().map(|(who, key)| (who, key.clone()));
	Voting::on_new_session(true, Box::new(with_keys()) as Box<dyn Iterator<Item = _>>, Box::new(with_keys()));
}

/// For benchmarks: no validators yet, and the runtime's bounds.
#[cfg(feature = "runtime-benchmarks")]
pub fn bench_ext() -> sp_io::TestExternalities {
	MaxPerBlock::set(64);
	MaxOpen::set(1_024);
	Auditors::set(3);
	let mut ext = ext(0);
	let keystore = sp_keystore::testing::MemoryKeystore::new();
	ext.register_extension(sp_keystore::KeystoreExt::new(keystore));
	ext
}
