//! Configuration of the pallets.

use crate::{constants::*, *};
use assay_primitives::Power;
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	parameter_types,
	traits::{
		fungible::{Balanced, Credit, HoldConsideration, Inspect},
		tokens::imbalance::ResolveTo,
		ConstU128, ConstU32, ConstU64, ConstU8, Contains, EitherOf, EqualPrivilegeOnly, Get, Imbalance, InstanceFilter,
		KeyOwnerProofSystem, LinearStoragePrice, OnUnbalanced, VariantCountOf,
	},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_MILLIS},
		ConstantMultiplier, IdentityFee, Weight,
	},
	PalletId,
};
use frame_system::{
	limits::{BlockLength, BlockWeights},
	EnsureRoot,
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_core::crypto::KeyTypeId;
use sp_runtime::{
	traits::{AccountIdConversion, ConvertInto, Keccak256, OpaqueKeys},
	FixedPointNumber, Perbill, Perquintill,
};

/// Share of a block that normal transactions may fill; attestations have the rest to themselves.
const NORMAL_DISPATCH_RATIO: Perbill = Perbill::from_percent(75);
/// Time for the execution of a block: half a slot.
const MAXIMUM_BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_MILLIS * 1_000, u64::MAX);

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	pub const BlockHashCount: BlockNumber = 2_400;
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::builder()
		.base_block(frame_support::weights::constants::BlockExecutionWeight::get())
		.for_class(DispatchClass::all(), |weights| {
			weights.base_extrinsic = frame_support::weights::constants::ExtrinsicBaseWeight::get();
		})
		.for_class(DispatchClass::Normal, |weights| {
			weights.max_total = Some(NORMAL_DISPATCH_RATIO * MAXIMUM_BLOCK_WEIGHT);
		})
		.for_class(DispatchClass::Operational, |weights| {
			weights.max_total = Some(MAXIMUM_BLOCK_WEIGHT);
			weights.reserved = Some(MAXIMUM_BLOCK_WEIGHT - NORMAL_DISPATCH_RATIO * MAXIMUM_BLOCK_WEIGHT);
		})
		.avg_block_initialization(Perbill::from_percent(10))
		.build_or_panic();
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_BLOCK_LENGTH)
		.modify_max_length_for_class(DispatchClass::Normal, |max| *max = NORMAL_DISPATCH_RATIO * *max)
		.build();
	pub const SS58Prefix: u8 = 42;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type BlockLength = RuntimeBlockLength;
	type AccountId = AccountId;
	type Nonce = Nonce;
	type Hash = Hash;
	type BlockHashCount = BlockHashCount;
	type DbWeight = ParityDbWeight;
	type Version = Version;
	type AccountData = pallet_balances::AccountData<Balance>;
	type SS58Prefix = SS58Prefix;
	type MaxConsumers = ConstU32<16>;
}

parameter_types! {
	pub const ExpectedBlockTime: u64 = MILLISECS_PER_BLOCK;
	/// Blocks in which an equivocation may be reported: as long as the bond is there.
	pub const ReportLongevity: u64 = UNBONDING_BLOCKS as u64;
}

/// Blocks of a session, which the genesis block fixes.
pub type EpochDuration = pallet_validators::SessionLength<Runtime>;

impl pallet_babe::Config for Runtime {
	type EpochDuration = EpochDuration;
	type ExpectedBlockTime = ExpectedBlockTime;
	type EpochChangeTrigger = pallet_babe::ExternalTrigger;
	type DisabledValidators = Session;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type KeyOwnerProof = <Historical as KeyOwnerProofSystem<(KeyTypeId, pallet_babe::AuthorityId)>>::Proof;
	type EquivocationReportSystem = pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<{ (UNBONDING_BLOCKS / SESSION_BLOCKS) as u64 }>;
	type KeyOwnerProof = <Historical as KeyOwnerProofSystem<(KeyTypeId, pallet_grandpa::AuthorityId)>>::Proof;
	type EquivocationReportSystem =
		pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Babe;
	type MinimumPeriod = ConstU64<{ MILLISECS_PER_BLOCK / 2 }>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_authorship::Config for Runtime {
	type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
	type EventHandler = ();
}

impl pallet_session::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = AccountId;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = Babe;
	type NextSessionRotation = Babe;
	type SessionManager = pallet_session::historical::NoteHistoricalRoot<Runtime, Validators>;
	type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
	type Keys = SessionKeys;
	type DisablingStrategy = ();
	type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type KeyDeposit = ConstU128<0>;
}

impl pallet_session::historical::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FullIdentification = ();
	type FullIdentificationOf = pallet_validators::Exists;
}

impl pallet_offences::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type IdentificationTuple = pallet_session::historical::IdentificationTuple<Runtime>;
	type OnOffenceHandler = Validators;
}

/// The origin that governs: root, which is sudo on development and local chains and nobody elsewhere, or the council,
/// for those calls that it has made at once. All else it does as root, which takes [`ENACTMENT_DELAY`].
pub type Governance = EitherOf<EnsureRoot<AccountId>, pallet_council::EnsureCouncil>;

/// Validators that are not put out, with the voting power that they have in verdicts.
pub struct VotingPowers;

impl Get<Vec<(AccountId, Power)>> for VotingPowers {
	fn get() -> Vec<(AccountId, Power)> {
		pallet_rounds::Electors::<Runtime>::get().into_iter().map(|(who, _, power)| (who, power)).collect()
	}
}

/// Calls that the council has made at once, alone or in a batch: they forgive, or keep something from happening.
pub struct MilderCalls;

impl MilderCalls {
	fn is_milder(call: &RuntimeCall) -> bool {
		matches!(
			call,
			RuntimeCall::Validators(
				pallet_validators::Call::cancel_penalty { .. } | pallet_validators::Call::set_minimum { .. }
			) | RuntimeCall::Council(pallet_council::Call::drop_motion { .. } | pallet_council::Call::take_back { .. })
		)
	}
}

impl Contains<RuntimeCall> for MilderCalls {
	fn contains(call: &RuntimeCall) -> bool {
		match call {
			RuntimeCall::Utility(
				pallet_utility::Call::batch { calls }
				| pallet_utility::Call::batch_all { calls }
				| pallet_utility::Call::force_batch { calls },
			) => calls.iter().all(Self::is_milder),
			call => Self::is_milder(call),
		}
	}
}

impl pallet_council::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Treasury = TreasuryAccount;
	type Powers = VotingPowers;
	type AtOnce = MilderCalls;
	type GovernanceOrigin = Governance;
	type WeightInfo = pallet_council::weights::SubstrateWeight<Runtime>;
	type Delay = ConstU32<ENACTMENT_DELAY>;
	type MotionDuration = ConstU32<MOTION_DURATION>;
	type Deposit = ConstU128<MOTION_DEPOSIT>;
	type MotionsPerMember = ConstU32<MOTIONS_PER_VALIDATOR>;
	type MaxMotions = ConstU32<MAX_MOTIONS>;
	type MaxMembers = ConstU32<MAX_VALIDATORS>;
}

parameter_types! {
	/// The account that has the plancks of delegators.
	pub const DelegationsId: PalletId = PalletId(*b"assay/dl");
}

impl pallet_validators::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type GovernanceOrigin = Governance;
	type Seats = Rounds;
	type Treasury = TreasuryAccount;
	type WeightInfo = pallet_validators::weights::SubstrateWeight<Runtime>;
	type PalletId = DelegationsId;
	type MinBond = ConstU128<MIN_BOND>;
	type MinDelegation = ConstU128<MIN_DELEGATION>;
	type MaxElected = ConstU32<MAX_VALIDATORS>;
	type MaxCandidates = ConstU32<MAX_CANDIDATES>;
	type PenaltiesPerBlock = ConstU32<PENALTIES_PER_BLOCK>;
	type SessionBlocks = ConstU64<{ SESSION_BLOCKS as u64 }>;
	type UnbondingSessions = ConstU32<{ UNBONDING_BLOCKS / SESSION_BLOCKS }>;
	type SessionsPerEra = ConstU32<SESSIONS_PER_ERA>;
	type MissesToJail = ConstU32<MISSES_TO_JAIL>;
}

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
}

impl pallet_balances::Config for Runtime {
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type Balance = Balance;
	type RuntimeEvent = RuntimeEvent;
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type DoneSlashHandler = ();
}

parameter_types! {
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	pub MinimumMultiplier: Multiplier = Multiplier::saturating_from_rational(1, 10);
	pub MaximumMultiplier: Multiplier = Multiplier::saturating_from_integer(1_000);
}

/// Fees rise while blocks are more than a quarter full and fall while they are less.
pub type SlowAdjustingFee =
	TargetedFeeAdjustment<Runtime, TargetBlockFullness, AdjustmentVariable, MinimumMultiplier, MaximumMultiplier>;

/// Tips and a fifth of the fees go to the author of the block, who shares them with its delegators, all else to the
/// treasury. A validator that makes a third of all blocks and fills them with transactions of its own, so that the
/// price rises, pays more for that than it earns.
pub struct ToAuthorAndTreasury;

impl OnUnbalanced<Credit<AccountId, Balances>> for ToAuthorAndTreasury {
	fn on_unbalanceds(mut fee_and_tip: impl Iterator<Item = Credit<AccountId, Balances>>) {
		let Some(fee) = fee_and_tip.next() else { return };
		let (mut to_author, to_treasury) = fee.ration(1, 4);
		if let Some(tip) = fee_and_tip.next() {
			tip.merge_into(&mut to_author);
		}
		let (left, shared) = match Authorship::author() {
			Some(author) => {
				let part = Validators::delegators_part(&author, to_author.peek());
				let (to_delegators, to_author) = to_author.split(part);
				let part = to_delegators.peek();
				let shared = Balances::resolve(&Validators::pot(), to_delegators).err();
				if shared.is_none() {
					Validators::add_earnings(&author, part);
				}
				(Balances::resolve(&author, to_author).err(), shared)
			}
			None => (Some(to_author), None),
		};
		for credit in left.into_iter().chain(shared).chain([to_treasury]) {
			ResolveTo::<TreasuryAccount, Balances>::on_unbalanced(credit);
		}
	}
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnChargeTransaction = FungibleAdapter<Balances, ToAuthorAndTreasury>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightToFee = IdentityFee<Balance>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<FEE_PER_BYTE>>;
	type FeeMultiplierUpdate = SlowAdjustingFee;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
	pub const MultisigDeposit: Balance = deposit(1, 88);
	pub const MultisigDepositPerSigner: Balance = deposit(0, 32);
	pub const ProxyDeposit: Balance = deposit(1, 8);
	pub const ProxyDepositPerProxy: Balance = deposit(0, 37);
	pub const AnnouncementDeposit: Balance = deposit(1, 8);
	pub const AnnouncementDepositPerCall: Balance = deposit(0, 68);
	pub const PreimageDeposit: Balance = deposit(2, 64);
	pub const PreimageDepositPerByte: Balance = deposit(0, 1);
	pub const PreimageHoldReason: RuntimeHoldReason = RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	/// A fifth of a block for calls that were scheduled.
	pub MaximumSchedulerWeight: Weight = Perbill::from_percent(20) * MAXIMUM_BLOCK_WEIGHT;
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type DepositBase = MultisigDeposit;
	type DepositFactor = MultisigDepositPerSigner;
	type MaxSignatories = ConstU32<MAX_VALIDATORS>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
	type BlockNumberProvider = System;
}

/// The calls that a proxy may make for its account.
#[derive(
	Copy,
	Clone,
	Debug,
	Default,
	Eq,
	PartialEq,
	Ord,
	PartialOrd,
	codec::Encode,
	codec::Decode,
	codec::DecodeWithMemTracking,
	codec::MaxEncodedLen,
	scale_info::TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Calls that pay nobody but the network: everything but transfers, delegations, models, names and spaces given
	/// away, and requests of models that ask for a royalty.
	NonTransfer,
	/// Models, and requests of models that ask for no royalty, as an application or a model's owner needs them.
	Inference,
	/// Bonds, commission and session keys, as an operator needs them. It delegates nothing: whoever has it would delegate to itself.
	Validator,
	/// Motions of the council, and their preimages.
	Governance,
	/// Requests of one model, as an application needs them whose model asks for a royalty.
	Model {
		/// The model.
		model: assay_primitives::ModelId,
		/// The highest royalty that a request may pay, in plancks. The proxy may make as many requests as it likes.
		royalty: Balance,
	},
}

/// True if a model asks for no more than this royalty. A proxy could ask its own model, so that whatever the account
/// holds would be its own.
fn royalty_is_at_most(model: &assay_primitives::ModelId, royalty: Balance) -> bool {
	pallet_models::Models::<Runtime>::get(model).is_none_or(|model| model.royalty <= royalty)
}

/// True if a call pays nobody but validators and the treasury for their work, and gives nothing away.
fn pays_nobody(call: &RuntimeCall) -> bool {
	match call {
		RuntimeCall::Inference(pallet_inference::Call::request_inference { model, .. }) => royalty_is_at_most(model, 0),
		RuntimeCall::Models(call) => {
			!matches!(call, pallet_models::Call::transfer_model { .. } | pallet_models::Call::transfer_name { .. })
		}
		RuntimeCall::Memory(pallet_memory::Call::transfer_space { .. }) => false,
		// The validator could earn with the plancks, and find its own fault.
		RuntimeCall::Validators(pallet_validators::Call::delegate { .. }) => false,
		_ => true,
	}
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Any => true,
			// A list of what is allowed: a pallet that comes later is not in it by itself.
			Self::NonTransfer => {
				let allowed = matches!(
					call,
					RuntimeCall::System(..)
						| RuntimeCall::Session(..)
						| RuntimeCall::Validators(..)
						| RuntimeCall::Rounds(..)
						| RuntimeCall::Models(..)
						| RuntimeCall::Inference(..)
						| RuntimeCall::Memory(..)
						| RuntimeCall::Council(..)
						| RuntimeCall::Preimage(..)
						| RuntimeCall::Utility(..)
				);
				allowed && pays_nobody(call)
			}
			// A dispute is a validator's, and puts its plancks on hold.
			Self::Inference => match call {
				RuntimeCall::Inference(pallet_inference::Call::dispute_result { .. }) => false,
				RuntimeCall::Models(..) | RuntimeCall::Inference(..) => pays_nobody(call),
				call => matches!(call, RuntimeCall::Utility(..)),
			},
			Self::Model { model, royalty } => match call {
				RuntimeCall::Inference(pallet_inference::Call::request_inference { model: asked, .. }) => {
					asked == model && royalty_is_at_most(model, *royalty)
				}
				call => matches!(call, RuntimeCall::Utility(..)),
			},
			Self::Validator => {
				pays_nobody(call)
					&& matches!(
						call,
						RuntimeCall::Rounds(..)
							| RuntimeCall::Inference(pallet_inference::Call::dispute_result { .. })
							| RuntimeCall::Validators(..)
							| RuntimeCall::Session(..)
							| RuntimeCall::Utility(..)
					)
			}
			Self::Governance => {
				matches!(call, RuntimeCall::Council(..) | RuntimeCall::Preimage(..) | RuntimeCall::Utility(..))
			}
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(Self::Any, _) => true,
			(Self::NonTransfer, Self::Any | Self::Model { .. }) => false,
			(Self::NonTransfer, _) => true,
			(Self::Model { model, royalty }, Self::Model { model: other, royalty: less }) => {
				model == other && royalty >= less
			}
			_ => self == other,
		}
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type Currency = Balances;
	type ProxyType = ProxyType;
	type ProxyDepositBase = ProxyDeposit;
	type ProxyDepositFactor = ProxyDepositPerProxy;
	type MaxProxies = ConstU32<32>;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
	type MaxPending = ConstU32<32>;
	type CallHasher = BlakeTwo256;
	type AnnouncementDepositBase = AnnouncementDeposit;
	type AnnouncementDepositFactor = AnnouncementDepositPerCall;
	type BlockNumberProvider = System;
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		PreimageHoldReason,
		LinearStoragePrice<PreimageDeposit, PreimageDepositPerByte, Balance>,
	>;
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumSchedulerWeight;
	// The council has its own way to root, which takes its time.
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = ConstU32<32>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type Preimages = Preimage;
	type BlockNumberProvider = System;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

/// The part of an MMR leaf that says which results became final in the leaf's block.
pub struct FinalResults;

impl sp_mmr_primitives::LeafDataProvider for FinalResults {
	type LeafData = [u8; 32];

	fn leaf_data() -> Self::LeafData {
		pallet_inference::ResultsRoot::<Runtime>::get()
	}
}

/// Leaf of the MMR: number and hash of the block, and the root over the results that became final in it.
pub type MmrLeaf = (pallet_mmr::ParentNumberAndHash<Runtime>, FinalResults);
/// Hashing of the MMR.
pub type MmrHashing = Keccak256;

/// Puts the root of the MMR into the header's digest, in the form that `pallet-beefy-mmr` gives it.
pub struct DepositMmrRoot;

impl pallet_mmr::primitives::OnNewRoot<Hash> for DepositMmrRoot {
	fn on_new_root(root: &Hash) {
		let log = sp_consensus_beefy::ConsensusLog::<sp_consensus_beefy::ecdsa_crypto::AuthorityId>::MmrRoot(*root);
		let digest =
			sp_runtime::DigestItem::Consensus(sp_consensus_beefy::BEEFY_ENGINE_ID, codec::Encode::encode(&log));
		System::deposit_log(digest);
	}
}

impl pallet_mmr::Config for Runtime {
	const INDEXING_PREFIX: &'static [u8] = sp_mmr_primitives::INDEXING_PREFIX;
	type Hashing = MmrHashing;
	type LeafData = MmrLeaf;
	type OnNewRoot = DepositMmrRoot;
	type BlockHashProvider = pallet_mmr::DefaultBlockHashProvider<Runtime>;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
}

parameter_types! {
	pub TreasuryAccount: AccountId = PalletId(*b"assay/tr").into_account_truncating();
}

/// VRF output of the author of the current block.
pub struct AuthorVrf;

impl Get<Option<assay_primitives::Hash32>> for AuthorVrf {
	fn get() -> Option<assay_primitives::Hash32> {
		pallet_babe::AuthorVrfRandomness::<Runtime>::get()
	}
}

/// The validator that makes the current block.
pub struct BlockAuthor;

impl Get<Option<AccountId>> for BlockAuthor {
	fn get() -> Option<AccountId> {
		pallet_authorship::Pallet::<Runtime>::author()
	}
}

/// Blocks of an era.
pub struct LateWindow;

impl Get<u32> for LateWindow {
	fn get() -> u32 {
		let sessions = u64::from(pallet_validators::SessionsPerEra::<Runtime>::get());
		let blocks = pallet_validators::SessionBlocks::<Runtime>::get().saturating_mul(sessions);
		u32::try_from(blocks).unwrap_or(u32::MAX)
	}
}

/// Sessions of an era, and of two of the longest rounds: a round that has ended is kept until those that were drawn before it are forgotten.
pub struct KeptSessions;

impl Get<u32> for KeptSessions {
	fn get() -> u32 {
		let rounds = LONGEST_ROUND.saturating_mul(2);
		let session = pallet_validators::SessionBlocks::<Runtime>::get().max(1);
		let sessions = u32::try_from(rounds.div_ceil(session)).unwrap_or(u32::MAX).saturating_add(4);
		pallet_validators::SessionsPerEra::<Runtime>::get().saturating_add(sessions)
	}
}

parameter_types! {
	/// A tenth of a block: whatever else is in it, one finds room.
	pub MaxCallbackWeight: Weight = Perbill::from_percent(10) * MAXIMUM_BLOCK_WEIGHT;
}

/// Calls that requests may have made after finality. Pallets of this runtime that are made for it ask for
/// `pallet_inference::EnsureInferenceResult`; beside those, a remark can be left for whoever follows the chain.
pub struct CallbackFilter;

impl Contains<RuntimeCall> for CallbackFilter {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::System(frame_system::Call::remark { .. }))
	}
}

parameter_types! {
	/// A fault that puts its validator out.
	pub PenaltyWeight: Weight =
		<<Runtime as pallet_validators::Config>::WeightInfo as pallet_validators::WeightInfo>::penalize().saturating_add(
			<<Runtime as pallet_rounds::Config>::WeightInfo as pallet_rounds::WeightInfo>::put_out(),
		);
}

/// Gives the validators of benchmarks their bonds.
#[cfg(feature = "runtime-benchmarks")]
pub struct BondsForBenchmarks;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_rounds::benchmarking::SeatHelper<AccountId> for BondsForBenchmarks {
	fn seat(who: &AccountId) {
		let bonded = Validators::bond(frame_system::RawOrigin::Signed(who.clone()).into(), MIN_BOND);
		assert!(bonded.is_ok(), "a validator of a benchmark has enough for a bond");
	}
}

/// Validators share what they are paid with their delegators.
pub struct WithDelegators;

impl pallet_rounds::Earnings<AccountId> for WithDelegators {
	fn pay(who: &AccountId, amount: Balance, mut pay: impl FnMut(&AccountId, Balance) -> Balance) -> Balance {
		let part = Validators::delegators_part(who, amount);
		if part == 0 {
			return pay(who, amount);
		}
		let pot = Validators::pot();
		let before = Balances::balance(&pot);
		let paid = pay(&pot, part);
		// Plancks that could not be moved there went elsewhere.
		Validators::add_earnings(who, Balances::balance(&pot).saturating_sub(before));
		paid.saturating_add(pay(who, amount.saturating_sub(part)))
	}

	fn weight() -> Weight {
		<<Runtime as pallet_validators::Config>::WeightInfo as pallet_validators::WeightInfo>::earn()
	}
}

impl pallet_rounds::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Treasury = TreasuryAccount;
	type ValidatorSet = Session;
	type AuthorVrf = AuthorVrf;
	type Author = BlockAuthor;
	type Bonds = Validators;
	type Earnings = WithDelegators;
	type PenaltyWeight = PenaltyWeight;
	type WeightInfo = pallet_rounds::weights::SubstrateWeight<Runtime>;
	type Subject = assay_primitives::Subject;
	type Subjects = pallet_inference::ModelsAndRequests<Runtime>;
	type Engines = Models;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = pallet_inference::ModelsAndRequests<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type SeatHelper = BondsForBenchmarks;
	type MaxValidators = ConstU32<MAX_VALIDATORS>;
	type LateWindow = LateWindow;
	type KeptSessions = KeptSessions;
	type MaxPerBlock = ConstU32<MAX_PER_BLOCK>;
	type MaxOpen = ConstU32<MAX_OPEN>;
}

impl pallet_models::Config for Runtime {
	type GovernanceOrigin = EnsureRoot<AccountId>;
	type WeightInfo = pallet_models::weights::SubstrateWeight<Runtime>;
	type BasePrice = ConstU128<BASE_PRICE>;
	type UnitPrice = ConstU128<UNIT_PRICE>;
	type BytePrice = ConstU128<BYTE_PRICE>;
	type DepositBase = ConstU128<MODEL_DEPOSIT_BASE>;
	type DepositPerKib = ConstU128<MODEL_DEPOSIT_PER_KIB>;
	type CatalogueLimit = ConstU64<CATALOGUE_LIMIT>;
	type NameDeposit = ConstU128<NAME_DEPOSIT>;
	type MaxActivation = ConstU32<MAX_ACTIVATION>;
	type ActivationWindow = ConstU32<ACTIVATION_WINDOW>;
	type ActivationUnits = ConstU64<ACTIVATION_UNITS>;
	type RecordRetention = ConstU32<RESULT_RETENTION>;
}

parameter_types! {
	pub const DefaultWindow: assay_primitives::Window = DEFAULT_WINDOW;
}

impl pallet_inference::Config for Runtime {
	type CallbackFilter = CallbackFilter;
	type WeightPrice = TransactionPayment;
	type LengthPrice = ConstU128<FEE_PER_BYTE>;
	type StoredBytePrice = ConstU128<BYTE_PRICE>;
	type WeightInfo = pallet_inference::weights::SubstrateWeight<Runtime>;
	type DefaultCommittee = ConstU32<DEFAULT_COMMITTEE>;
	type MaxCommittee = ConstU32<MAX_COMMITTEE>;
	type DefaultAudits = ConstU32<DEFAULT_AUDITS>;
	type MaxAudits = ConstU32<MAX_AUDITS>;
	type DefaultWindow = DefaultWindow;
	type AssuredWindow = ConstU32<ASSURED_WINDOW>;
	type MinWindow = ConstU32<MIN_WINDOW>;
	type MaxWindow = ConstU32<MAX_WINDOW>;
	type ResultRetention = ConstU32<RESULT_RETENTION>;
	type MaxCallbacks = ConstU32<MAX_CALLBACKS>;
	type MaxCallbackWeight = MaxCallbackWeight;
}

/// Blobs that spaces need are counted with those of models and requests.
pub struct BlobsOfModels;

impl pallet_memory::BlobReferences for BlobsOfModels {
	fn reference(blob: pallet_memory::BlobRef) {
		Models::reference_blob(blob);
	}

	fn release(blob: pallet_memory::BlobRef) {
		Models::release_blob(blob);
	}
}

impl pallet_memory::Config for Runtime {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Blobs = BlobsOfModels;
	type WeightInfo = pallet_memory::weights::SubstrateWeight<Runtime>;
	type SpaceDeposit = ConstU128<MEMORY_RECORD_DEPOSIT>;
	type DepositPerKib = ConstU128<MEMORY_DEPOSIT_PER_KIB>;
	type GrantDeposit = ConstU128<MEMORY_RECORD_DEPOSIT>;
	type BoxKeyDeposit = ConstU128<MEMORY_RECORD_DEPOSIT>;
	type MaxSpaceBytes = ConstU64<MAX_SPACE_BYTES>;
	type MaxTotalBytes = ConstU64<MAX_MEMORY_BYTES>;
	type MaxGrants = ConstU32<MAX_GRANTS>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extrinsic = UncheckedExtrinsic;
	type RuntimeCall = RuntimeCall;
}

impl<LocalCall> frame_system::offchain::CreateTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	type Extension = TxExtension;

	fn create_transaction(call: RuntimeCall, extension: TxExtension) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_transaction(call, extension)
	}
}

impl<LocalCall> frame_system::offchain::CreateBare<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
		UncheckedExtrinsic::new_bare(call)
	}
}

impl<LocalCall> frame_system::offchain::CreateAuthorizedTransaction<LocalCall> for Runtime
where
	RuntimeCall: From<LocalCall>,
{
	fn create_extension() -> TxExtension {
		(
			frame_system::AuthorizeCall::new(),
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckEra::from(generic::Era::Immortal),
			frame_system::CheckNonce::from(0),
			frame_system::CheckWeight::new(),
			pallet_transaction_payment::ChargeTransactionPayment::from(0),
			frame_metadata_hash_extension::CheckMetadataHash::new(false),
			frame_system::WeightReclaim::new(),
		)
	}
}
