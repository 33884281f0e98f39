//! # Validators pallet
//!
//! Anyone becomes a validator by bonding; the largest bonds with session keys are elected for each session.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage, and [`Bonds`] for how other pallets report faults.
//!
//! ## Overview
//!
//! An account bonds at least [`Config::MinBond`], sets its session keys with the session pallet, and is a candidate. At every change of session the
//! candidates with the largest bonds are elected. A validator that wants to leave unbonds: it is not elected any more, and can withdraw after
//! [`Config::UnbondingSessions`], which outlasts every window in which it can be found at fault.
//!
//! Voting power follows the bond, capped, as it was at the election: [`Powers`] has that of this session, [`NextPowers`] that of the next.
//!
//! Accounts delegate plancks to a validator that takes less than all as its commission. They add to its voting power, and share what it earns. Each
//! validator has two pools of shares, of those that are with it and of those that leave; both are penalised with its bond. Nothing is done for each
//! delegator, however many there are.
//!
//! A penalty is a part of all that stands for the validator at the time of the fault. It is taken an era later, or four for what puts a validator
//! out of the set, so that governance can cancel one that a bug caused. Finders of the fault are kept with the penalty, and share half of the
//! plancks that are taken of the bond in the end; all else goes to the treasury. Some faults also put the validator in jail, out of the set, until
//! it asks to be let out in a later era. A validator in jail, or with less than the smallest bond left when its penalties are taken, weighs nothing
//! from the next block on: [`Config::Seats`] is told at once.
//!
//! ## Example
//!
//! A pallet that finds faults reports them; what they cost is taken an era later.
//!
//! ```
//! use pallet_validators::{Bonds, Config, Fault, Pallet};
//!
//! fn report_silence<T: Config>(who: &T::AccountId) {
//!     if <Pallet<T> as Bonds<_>>::bond(who) > 0 {
//!         <Pallet<T> as Bonds<_>>::penalize(who, Fault::Silent);
//!     }
//! }
//! ```
//!
//! ## Low level
//!
//! The election reads every candidate once; their number is bounded by [`Config::MaxCandidates`]. Bonds are holds, so a penalty moves
//! what is on hold and fails for nobody. Faults of one kind, by one validator, in one era, add up in one record: nobody can fill a
//! list of penalties so that the next one finds no place. Penalties that are due are taken over the blocks that follow the era, a few in
//! each. If no candidate can be elected, the set stays as it is: the chain goes on.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use pallet::*;
pub use weights::WeightInfo;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod delegation;
#[cfg(test)]
mod mock;
mod penalties;
mod pools;
mod power;
mod session;
#[cfg(test)]
mod tests;
pub mod weights;

pub use assay_primitives::{Bonds, Fault, Power, Seats};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::fungible::Inspect, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use pools::Stake;
pub use pools::{Pool, Share};
use scale_info::TypeInfo;
use sp_runtime::Perbill;

/// Balance of the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Account id of the runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

/// Blocks of a session, for the pallets that count them.
pub struct SessionLength<T>(core::marker::PhantomData<T>);

impl<T: Config> frame_support::traits::Get<u64> for SessionLength<T> {
	fn get() -> u64 {
		SessionBlocks::<T>::get()
	}
}

/// Eras that a penalty is held that puts a validator out of the set.
const HELD_ERAS: u32 = 4;
/// Finders of one penalty. There are a few auditors in a round; what would go to more than these goes to the treasury.
pub const MAX_FINDERS: u32 = 64;
/// Signals of a validator in an era that cost nothing although the others had the bytes: its own network may fail now and then.
const FREE_SIGNALS: u32 = 2;
/// Sessions that a validator is liable beyond the time of unbonding, which begins with the end of its last seat: one for the seat, one to spare.
const MARGIN_SESSIONS: u32 = 2;
/// Part of the validators that missed duties may put in jail in an era: a twentieth.
const JAILED_PART: Perbill = Perbill::from_percent(5);

/// Says to the history of sessions that a validator is one: there is nothing more to say about it.
pub struct Exists;

impl<A> sp_runtime::traits::Convert<A, Option<()>> for Exists {
	fn convert(_: A) -> Option<()> {
		Some(())
	}
}

// The macros of storage and errors expand to code that calls `expect`, on constants alone.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, fungible::MutateHold, tokens::Precision},
	};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::{Saturating, UniqueSaturatedInto, Zero};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
		+ pallet_session::historical::Config
	{
		/// Reasons of the runtime's holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// The currency of bonds.
		type Currency: fungible::MutateHold<AccountIdOf<Self>, Reason = <Self as Config>::RuntimeHoldReason>
			+ fungible::Mutate<AccountIdOf<Self>, Balance = u128>;
		/// The origin that may cancel a penalty before it is taken.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// The pallet that is told of validators that are put out before their session ends.
		type Seats: Seats<AccountIdOf<Self>>;
		/// Account that receives penalties.
		type Treasury: Get<AccountIdOf<Self>>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;

		/// Names the account that has the plancks of delegators, which needs an existential deposit of its own.
		#[pallet::constant]
		type PalletId: Get<frame_support::PalletId>;
		/// Smallest bond in plancks.
		#[pallet::constant]
		type MinBond: Get<u128>;
		/// Smallest delegation in plancks, which pays for its record.
		#[pallet::constant]
		type MinDelegation: Get<u128>;
		/// Most validators of a session.
		#[pallet::constant]
		type MaxElected: Get<u32>;
		/// Most candidates.
		#[pallet::constant]
		type MaxCandidates: Get<u32>;
		/// Penalties that one block takes.
		#[pallet::constant]
		type PenaltiesPerBlock: Get<u32>;
		/// Sessions of an era, where the genesis block says nothing else.
		#[pallet::constant]
		type SessionsPerEra: Get<u32>;
		/// Blocks of a session, where the genesis block says nothing else.
		#[pallet::constant]
		type SessionBlocks: Get<u64>;
		/// Sessions between unbonding and withdrawal, where the genesis block says nothing else.
		#[pallet::constant]
		type UnbondingSessions: Get<u32>;
		/// Duties missed in an era that put a validator in jail.
		#[pallet::constant]
		type MissesToJail: Get<u32>;
	}

	/// The reasons for which plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A validator's bond.
		#[codec(index = 0)]
		Bond,
	}

	/// An account with a bond.
	#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
	pub struct Candidate<N> {
		/// Plancks on hold.
		pub bond: u128,
		/// Plancks of penalties that are not taken yet.
		pub due: u128,
		/// Plancks of these penalties that delegators have paid when they left.
		pub paid: u128,
		/// Era after which it may ask to be let out of jail, if it is there.
		pub jailed: Option<u32>,
		/// Block from which on it may withdraw, if it leaves.
		pub leaves: Option<N>,
		/// Era of the last missed duty.
		pub missed_in: u32,
		/// Duties missed in that era.
		pub misses: u32,
		/// Era of the last fault that was a signal.
		pub signalled_in: u32,
		/// Such faults in that era.
		pub signals: u32,
		/// Last session that it was elected for.
		pub seat: Option<u32>,
	}

	impl<N> Candidate<N> {
		/// Of an account that has bonded so much and done nothing yet.
		fn of(bond: u128) -> Self {
			Self {
				bond,
				due: 0,
				paid: 0,
				jailed: None,
				leaves: None,
				missed_in: 0,
				misses: 0,
				signalled_in: 0,
				signals: 0,
				seat: None,
			}
		}

		/// Plancks of penalties that are still to be taken.
		pub(crate) fn open_due(&self) -> u128 {
			self.due.saturating_sub(self.paid)
		}

		/// A penalty of this amount is none any more. Returns what of it nobody has paid yet.
		pub(crate) fn settle(&mut self, amount: u128) -> u128 {
			let open = pools::part(amount, self.open_due(), self.due);
			self.paid = self.paid.saturating_sub(amount.saturating_sub(open));
			self.due = self.due.saturating_sub(amount);
			open
		}
	}

	/// Plancks of delegators with an account, and its commission.
	#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
	pub struct Backing {
		/// Part of what its delegators would earn that the validator keeps. All of it: it takes no delegation.
		pub commission: Perbill,
		/// A higher commission, and the first era in which it is taken.
		pub raise: Option<(Perbill, u32)>,
		/// Gives voting power, earns, and is penalised.
		pub active: Pool,
		/// Was taken back: is penalised as long as it is there, and no more than that.
		pub leaving: Pool,
	}

	impl Default for Backing {
		fn default() -> Self {
			Self { commission: Perbill::one(), raise: None, active: Pool::default(), leaving: Pool::default() }
		}
	}

	impl Backing {
		/// True if nobody has anything with the account.
		pub(crate) fn is_empty(&self) -> bool {
			self.active.shares == 0 && self.leaving.shares == 0
		}
	}

	/// The shares of one delegator with a validator.
	#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
	pub struct Delegation<N> {
		/// Shares of what is active.
		pub active: Share,
		/// Shares of what leaves.
		pub leaving: Share,
		/// Block from which on it may withdraw what leaves.
		pub until: N,
	}

	/// Penalties of one validator for one kind of fault in one era.
	#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
	#[scale_info(skip_type_params(T))]
	pub struct Penalty<T: Config> {
		/// Number of faults.
		pub faults: u32,
		/// Plancks: the parts of the stake added up, at most all of it.
		pub amount: u128,
		/// Accounts that found the faults, with the plancks of the amount that each is to get: together at most half of the part that the
		/// bond pays.
		pub finders: BoundedVec<(AccountIdOf<T>, u128), ConstU32<MAX_FINDERS>>,
	}

	impl<T: Config> Default for Penalty<T> {
		fn default() -> Self {
			Self { faults: 0, amount: 0, finders: BoundedVec::new() }
		}
	}

	impl<T: Config> Penalty<T> {
		/// Adds a fault that costs a part of this stake. Faults of one record are taken or forgiven together, so that they never cost more
		/// than the stake, and those who found the first of them lose nothing to who finds another. Returns what the fault costs.
		pub(crate) fn add(&mut self, part: u128, stake: &Stake, finders: &[AccountIdOf<T>]) -> u128 {
			let cost = part.min(stake.whole().saturating_sub(self.amount));
			// The part that delegators pay goes to the treasury: their validator could find its own fault.
			let of_bond = pools::part(cost, stake.bond, stake.whole());
			self.faults = self.faults.saturating_add(1);
			self.amount = self.amount.saturating_add(cost);
			let each = of_bond.checked_div(2).and_then(|half| half.checked_div(finders.len() as u128)).unwrap_or(0);
			if each > 0 {
				for finder in finders {
					match self.finders.iter_mut().find(|(known, _)| known == finder) {
						Some((_, share)) => *share = share.saturating_add(each),
						// A share without a place goes to the treasury.
						None => {
							let _ = self.finders.try_push((finder.clone(), each));
						}
					}
				}
			}
			cost
		}
	}

	/// Blocks of a session. Fixed in the genesis block: consensus depends on it.
	#[pallet::storage]
	pub type SessionBlocks<T: Config> = StorageValue<_, u64, ValueQuery, <T as Config>::SessionBlocks>;

	/// Sessions of an era. Fixed in the genesis block.
	#[pallet::storage]
	pub type SessionsPerEra<T: Config> = StorageValue<_, u32, ValueQuery, <T as Config>::SessionsPerEra>;

	/// Sessions between unbonding and withdrawal. Fixed in the genesis block.
	#[pallet::storage]
	pub type UnbondingSessions<T: Config> = StorageValue<_, u32, ValueQuery, <T as Config>::UnbondingSessions>;

	/// Accounts with a bond.
	#[pallet::storage]
	pub type Candidates<T: Config> =
		CountedStorageMap<_, Blake2_128Concat, AccountIdOf<T>, Candidate<BlockNumberFor<T>>>;

	/// Plancks of delegators with each validator, and with accounts that were one.
	#[pallet::storage]
	pub type Backings<T: Config> = StorageMap<_, Blake2_128Concat, AccountIdOf<T>, Backing, ValueQuery>;

	/// Delegators of each validator. Keys are accounts that anybody may choose, so they are hashed.
	#[pallet::storage]
	pub type Delegations<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		AccountIdOf<T>,
		Blake2_128Concat,
		AccountIdOf<T>,
		Delegation<BlockNumberFor<T>>,
	>;

	/// Penalties that are not taken yet, by the era at whose end they are due.
	#[pallet::storage]
	pub type Penalties<T: Config> = StorageNMap<
		_,
		(NMapKey<Twox64Concat, u32>, NMapKey<Blake2_128Concat, AccountIdOf<T>>, NMapKey<Twox64Concat, Fault>),
		Penalty<T>,
	>;

	/// The first era whose penalties are not all taken.
	#[pallet::storage]
	pub type Untaken<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// The current era.
	#[pallet::storage]
	pub type CurrentEra<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Validators of the current session with their voting power.
	#[pallet::storage]
	pub type Powers<T: Config> =
		StorageValue<_, BoundedVec<(AccountIdOf<T>, Power), <T as Config>::MaxElected>, ValueQuery>;

	/// Validators that were elected last, for the session after the current one, with their voting power.
	#[pallet::storage]
	pub type NextPowers<T: Config> =
		StorageValue<_, BoundedVec<(AccountIdOf<T>, Power), <T as Config>::MaxElected>, ValueQuery>;

	/// Validators below which no election goes: where fewer can be elected, some that would have to go keep their seats.
	#[pallet::storage]
	pub type MinimumValidators<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Validators jailed for missed duties in the current era.
	#[pallet::storage]
	pub type JailedInEra<T: Config> = StorageValue<_, u32, ValueQuery>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Accounts with their bonds in plancks.
		pub bonds: Vec<(AccountIdOf<T>, u128)>,
		/// Blocks of a session; none for [`Config::SessionBlocks`].
		pub session_blocks: Option<u64>,
		/// Sessions of an era; none for [`Config::SessionsPerEra`].
		pub sessions_per_era: Option<u32>,
		/// Sessions between unbonding and withdrawal; none for [`Config::UnbondingSessions`].
		pub unbonding_sessions: Option<u32>,
		/// Validators below which no election goes.
		pub minimum_validators: u32,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// Written in any case: receipts prove the time of unbonding from the state of this block.
			let blocks = self.session_blocks.unwrap_or_else(T::SessionBlocks::get);
			assert!(blocks > 0, "a session has a block");
			SessionBlocks::<T>::put(blocks);
			UnbondingSessions::<T>::put(self.unbonding_sessions.unwrap_or_else(T::UnbondingSessions::get));
			if let Some(sessions) = self.sessions_per_era {
				assert!(sessions > 0, "an era has a session");
				SessionsPerEra::<T>::put(sessions);
			}
			MinimumValidators::<T>::put(self.minimum_validators);
			for (who, bond) in &self.bonds {
				assert!(Pallet::<T>::add_bond(who, *bond).is_ok(), "a genesis validator cannot hold its bond");
				// The session pallet seats them in the first two sessions.
				Pallet::<T>::seat(who, 1);
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account bonded, or bonded more.
		Bonded {
			/// The account.
			who: AccountIdOf<T>,
			/// Its bond in plancks.
			bond: u128,
		},
		/// A validator leaves the set at the next change of session.
		Unbonding {
			/// The account.
			who: AccountIdOf<T>,
			/// Block from which on it may withdraw.
			until: BlockNumberFor<T>,
		},
		/// A bond returned.
		Withdrawn {
			/// The account.
			who: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
		},
		/// A candidate without a seat made room for a larger bond, and got its own back.
		Displaced {
			/// The account.
			who: AccountIdOf<T>,
			/// The account that has its place.
			by: AccountIdOf<T>,
			/// Plancks that returned.
			amount: u128,
		},
		/// A validator was put in jail.
		Jailed {
			/// The account.
			who: AccountIdOf<T>,
			/// Era after which it may ask to be let out.
			era: u32,
		},
		/// A validator was let out of jail.
		Unjailed {
			/// The account.
			who: AccountIdOf<T>,
		},
		/// A fault was found; its penalty is taken at the end of an era.
		Faulted {
			/// The account.
			who: AccountIdOf<T>,
			/// The fault.
			fault: Fault,
			/// Plancks.
			amount: u128,
			/// Era at whose end it is taken.
			era: u32,
		},
		/// No election goes below so many validators any more.
		MinimumSet {
			/// Validators.
			validators: u32,
		},
		/// A penalty was cancelled.
		PenaltyCancelled {
			/// The account.
			who: AccountIdOf<T>,
			/// The fault.
			fault: Fault,
			/// Plancks.
			amount: u128,
		},
		/// A penalty was taken.
		Slashed {
			/// The account.
			who: AccountIdOf<T>,
			/// The fault.
			fault: Fault,
			/// Plancks that were taken of bond and delegations, the finders' shares among them: never more than there was.
			amount: u128,
		},
		/// A finder of a fault got its share of a penalty that was taken.
		Rewarded {
			/// The account that paid the penalty.
			who: AccountIdOf<T>,
			/// The fault.
			fault: Fault,
			/// The account that found it.
			finder: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
		},
		/// A validator has named its commission.
		CommissionSet {
			/// The validator.
			who: AccountIdOf<T>,
			/// Part of what its delegators would earn.
			commission: Perbill,
			/// The first era in which it is taken.
			from: u32,
		},
		/// An account delegated to a validator.
		Delegated {
			/// The account that delegates.
			delegator: AccountIdOf<T>,
			/// The validator that it delegated to.
			validator: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
		},
		/// A delegator takes plancks back: they earn nothing any more, and are penalised as long as they are there.
		Undelegated {
			/// The account that delegated.
			delegator: AccountIdOf<T>,
			/// The validator that it takes them from.
			validator: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
			/// Block from which on it may withdraw them.
			until: BlockNumberFor<T>,
		},
		/// A delegation returned.
		DelegationWithdrawn {
			/// The account that has the plancks back.
			delegator: AccountIdOf<T>,
			/// The validator that it had delegated to.
			validator: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
			/// Plancks that went to the treasury, as its part of penalties that are not taken yet.
			due: u128,
		},
		/// A validator's delegators got their part of what it has earned.
		DelegatorsEarned {
			/// The validator.
			validator: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
		},
		/// Delegators paid their part of a validator's penalty.
		DelegatorsSlashed {
			/// The validator.
			validator: AccountIdOf<T>,
			/// Plancks.
			amount: u128,
		},
		/// Validators were elected for a session.
		Elected {
			/// The session.
			session: u32,
			/// Number of validators.
			validators: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The bond would be below the smallest one. Bond more.
		BondTooSmall,
		/// There are as many candidates as there can be. Bond more than one of those without a seat has, and name it: see `bond_over`.
		TooManyCandidates,
		/// The account has no bond. Bond first.
		NotBonded,
		/// The account is unbonding already. Withdraw when its time has come.
		AlreadyUnbonding,
		/// The unbonding time is not over, or the account did not unbond.
		NotWithdrawable,
		/// The account is not in jail, or its era there is not over.
		NotReleasable,
		/// There is no such penalty.
		NoSuchPenalty,
		/// A penalty is due that is not taken yet. Try again when it is: it is held for up to four eras.
		PenaltyPending,
		/// The named candidate keeps its place: its bond is no smaller, it has or had a seat for which it is liable, or it is to pay a penalty.
		/// Name another one.
		NotDisplaceable,
		/// A session has no room for so many validators. Name at most `MaxElected`.
		TooManyValidators,
		/// The validator keeps all that its delegators would earn, is in jail, or leaves. Delegate to another one.
		TakesNoDelegation,
		/// The delegation is below the smallest one, `MinDelegation`. Delegate more.
		DelegationTooSmall,
		/// A share of the validator's pool is worth so much that rounding would cost more than a millionth. Delegate more, or to another one.
		SharesTooDear,
		/// The account has delegated nothing to this validator, or a penalty has taken all of it. Withdraw to remove its record.
		NotDelegated,
		/// Nothing of the delegation leaves. Undelegate first.
		NothingLeaves,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Bonds `amount` plancks, or adds them to a bond. With session keys set, the account is a candidate from the next election on.
		/// Takes back an unbonding.
		///
		/// Origin: signed. Emits [`Event::Bonded`].
		///
		/// # Errors
		/// [`Error::TooManyCandidates`] if the account has no bond and there are [`Config::MaxCandidates`]; [`Error::BondTooSmall`] if the
		/// bond would be below [`Config::MinBond`]; `ArithmeticError::Overflow` if it does not fit; `TokenError::FundsUnavailable` if the
		/// account has too few free plancks.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::bond())]
		pub fn bond(origin: OriginFor<T>, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::add_bond(&who, amount)
		}

		/// Leaves: the account is not elected any more and may withdraw [`Config::UnbondingSessions`] after the end of its last seat. An
		/// account without a seat may withdraw at once.
		///
		/// Origin: signed. Emits [`Event::Unbonding`].
		///
		/// # Errors
		/// [`Error::NotBonded`] if the account has no bond; [`Error::AlreadyUnbonding`] if it leaves already.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Candidates::<T>::try_mutate(&who, |candidate| {
				let candidate = candidate.as_mut().ok_or(Error::<T>::NotBonded)?;
				ensure!(candidate.leaves.is_none(), Error::<T>::AlreadyUnbonding);
				let now = frame_system::Pallet::<T>::block_number();
				let until = now.saturating_add(Self::liable_blocks(candidate));
				candidate.leaves = Some(until);
				Self::deposit_event(Event::Unbonding { who: who.clone(), until });
				Ok(())
			})
		}

		/// Takes the bond back after unbonding.
		///
		/// Origin: signed. Emits [`Event::Withdrawn`].
		///
		/// # Errors
		/// [`Error::NotBonded`] if the account has no bond; [`Error::NotWithdrawable`] if it did not unbond, its time is not over, or it is
		/// a validator still; [`Error::PenaltyPending`] if a penalty is not taken yet.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::withdraw())]
		pub fn withdraw(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let candidate = Candidates::<T>::get(&who).ok_or(Error::<T>::NotBonded)?;
			let now = frame_system::Pallet::<T>::block_number();
			ensure!(candidate.leaves.is_some_and(|until| now >= until), Error::<T>::NotWithdrawable);
			// The validators stay if nobody can be elected.
			ensure!(!pallet_session::Validators::<T>::get().contains(&who), Error::<T>::NotWithdrawable);
			ensure!(Self::due_faults(&who).next().is_none(), Error::<T>::PenaltyPending);
			let amount = Self::release(&who, &candidate)?;
			Self::deposit_event(Event::Withdrawn { who, amount });
			Ok(())
		}

		/// Leaves jail, once its era is over and the penalty that put the validator there is taken or cancelled.
		///
		/// Origin: signed. Emits [`Event::Unjailed`].
		///
		/// # Errors
		/// [`Error::NotBonded`] if the account has no bond; [`Error::NotReleasable`] if it is not in jail, or its era there is not over;
		/// [`Error::PenaltyPending`] if a penalty that puts a validator out is not taken yet; [`Error::BondTooSmall`] if penalties leave
		/// less than [`Config::MinBond`] of its own bond.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::unjail())]
		pub fn unjail(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Candidates::<T>::try_mutate(&who, |candidate| {
				let candidate = candidate.as_mut().ok_or(Error::<T>::NotBonded)?;
				let era = CurrentEra::<T>::get();
				ensure!(candidate.jailed.is_some_and(|until| era > until), Error::<T>::NotReleasable);
				ensure!(!Self::due_faults(&who).any(Fault::removes), Error::<T>::PenaltyPending);
				let own = Self::stake(&who, candidate).own();
				ensure!(own >= T::MinBond::get(), Error::<T>::BondTooSmall);
				candidate.jailed = None;
				Self::deposit_event(Event::Unjailed { who: who.clone() });
				Ok(())
			})
		}

		/// Cancels a penalty that is not taken yet.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::PenaltyCancelled`].
		///
		/// - `era`: the era at whose end it would be taken.
		/// - `who`: the account that would pay.
		/// - `fault`: its fault. All faults of this kind in that era are forgiven.
		///
		/// # Errors
		/// [`Error::NoSuchPenalty`] if the account has no such penalty, or it was taken.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::cancel_penalty())]
		pub fn cancel_penalty(origin: OriginFor<T>, era: u32, who: AccountIdOf<T>, fault: Fault) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let penalty = Penalties::<T>::take((era, &who, fault)).ok_or(Error::<T>::NoSuchPenalty)?;
			Candidates::<T>::mutate(&who, |candidate| {
				if let Some(candidate) = candidate {
					candidate.settle(penalty.amount);
				}
			});
			Self::deposit_event(Event::PenaltyCancelled { who, fault, amount: penalty.amount });
			Ok(())
		}

		/// Bonds `amount` plancks where there are as many candidates as there can be: the account takes the place of a candidate with a smaller
		/// bond, which gets its bond back. Both stay if there is room.
		///
		/// Origin: signed. Emits [`Event::Bonded`], and [`Event::Displaced`] if the other one had to go.
		///
		/// - `smaller`: a candidate that is liable for no seat and has no penalty to pay.
		///
		/// # Errors
		/// [`Error::NotBonded`] if `smaller` has no bond; [`Error::NotDisplaceable`] if its bond is no smaller than `amount`, it has a seat
		/// or is liable for one, or it has a penalty to pay; the errors of [`Pallet::bond`].
		#[pallet::call_index(5)]
		#[pallet::weight(<T as Config>::WeightInfo::bond_over())]
		pub fn bond_over(origin: OriginFor<T>, amount: u128, smaller: AccountIdOf<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			if !Candidates::<T>::contains_key(&who) && Candidates::<T>::count() >= T::MaxCandidates::get() {
				Self::displace(&smaller, &who, amount)?;
			}
			Self::add_bond(&who, amount)
		}

		/// Sets the least number of validators. If fewer can be elected, the largest bonds of those that would have to go keep
		/// their seats: they make and finalize blocks. In draws and thresholds those that were put out count for nothing.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::MinimumSet`].
		///
		/// - `validators`: their number, at most [`Config::MaxElected`].
		///
		/// # Errors
		/// [`Error::TooManyValidators`] if `validators` is above [`Config::MaxElected`].
		#[pallet::call_index(6)]
		#[pallet::weight(<T as Config>::WeightInfo::set_minimum())]
		pub fn set_minimum(origin: OriginFor<T>, validators: u32) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(validators <= <T as Config>::MaxElected::get(), Error::<T>::TooManyValidators);
			MinimumValidators::<T>::put(validators);
			Self::deposit_event(Event::MinimumSet { validators });
			Ok(())
		}

		/// Sets `commission`, the part of its delegators' earnings that a validator keeps. A lower commission is taken at once, a higher
		/// one after a whole era, in which delegators can leave. All of it, as for who has never named one: the validator takes no
		/// delegation.
		///
		/// Origin: signed, by an account with a bond. Emits [`Event::CommissionSet`].
		///
		/// # Errors
		/// [`Error::NotBonded`] if the account has no bond.
		#[pallet::call_index(7)]
		#[pallet::weight(<T as Config>::WeightInfo::set_commission())]
		pub fn set_commission(origin: OriginFor<T>, commission: Perbill) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_commission(who, commission)
		}

		/// Delegates plancks to a validator. They add to its voting power from the next election on, and share at once what it earns. They are
		/// penalised with it.
		///
		/// Origin: signed. Emits [`Event::Delegated`].
		///
		/// - `validator`: a candidate that takes delegations, is not in jail, does not leave, and has no penalty to pay.
		/// - `amount`: plancks, at least [`Config::MinDelegation`].
		///
		/// # Errors
		/// [`Error::NotBonded`] if the validator has no bond; [`Error::TakesNoDelegation`] if it leaves, is in jail, or keeps all of the
		/// earnings, now or by an announced raise; [`Error::PenaltyPending`] if it has a penalty to pay; [`Error::DelegationTooSmall`] if
		/// `amount` is below [`Config::MinDelegation`]; [`Error::SharesTooDear`] if rounding would cost more than a millionth; those of a
		/// transfer that keeps the account alive.
		#[pallet::call_index(8)]
		#[pallet::weight(<T as Config>::WeightInfo::delegate())]
		pub fn delegate(origin: OriginFor<T>, validator: AccountIdOf<T>, amount: u128) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_delegate(who, validator, amount)
		}

		/// Takes a delegation back. It earns nothing from now on. It can be withdrawn when the validator cannot be found at fault any more for
		/// the seats that it has now, which is at once if it has none; until then it is penalised.
		///
		/// Origin: signed, by a delegator. Emits [`Event::Undelegated`].
		///
		/// - `validator`: the validator that has it.
		/// - `amount`: plancks; none for all. All, too, where less than [`Config::MinDelegation`] would stay. An earlier part that was
		///   taken back and is still there waits as long.
		///
		/// # Errors
		/// [`Error::NotDelegated`] if the account has nothing active with the validator; `ArithmeticError::Overflow` if the shares do not fit.
		#[pallet::call_index(9)]
		#[pallet::weight(<T as Config>::WeightInfo::undelegate())]
		pub fn undelegate(origin: OriginFor<T>, validator: AccountIdOf<T>, amount: Option<u128>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_undelegate(who, validator, amount)
		}

		/// Withdraws a delegation that was taken back.
		///
		/// Origin: signed, by a delegator. Emits [`Event::DelegationWithdrawn`].
		///
		/// - `validator`: the validator that has it.
		/// - `pay_due`: true if its part of penalties that are not taken yet goes to the treasury now, and stays there if they are cancelled later.
		///   If false, the call waits until they are taken or cancelled: it fails with [`Error::PenaltyPending`].
		///
		/// # Errors
		/// [`Error::NotDelegated`] if the account has no record with the validator; [`Error::NothingLeaves`] if it has taken nothing back;
		/// [`Error::NotWithdrawable`] if the time is not over; [`Error::PenaltyPending`] if penalties are not taken yet and `pay_due` is
		/// false; `TokenError::BelowMinimum` if the account is gone and would get less than the existential deposit.
		#[pallet::call_index(10)]
		#[pallet::weight(<T as Config>::WeightInfo::withdraw_delegation())]
		pub fn withdraw_delegation(origin: OriginFor<T>, validator: AccountIdOf<T>, pay_due: bool) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_delegation(who, validator, pay_due)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			let (penalties, rewards) = Self::take_penalties();
			<T as Config>::WeightInfo::take_penalties(penalties, rewards)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(
				T::MaxElected::get() > 0 && <T as Config>::SessionsPerEra::get() > 0,
				"there are sessions and validators"
			);
			assert!(T::PenaltiesPerBlock::get() > 0, "penalties are taken");
		}
	}

	impl<T: Config> Pallet<T> {
		/// Validators that were elected last, for the session after the current one, with their voting power.
		pub fn next_powers() -> Vec<(AccountIdOf<T>, Power)> {
			NextPowers::<T>::get().into_inner()
		}

		/// Blocks from now on in which a candidate can be found at fault for what it did in a seat: the rest of it, the time of unbonding, and
		/// a session to spare. None if it had no seat, or if that is over.
		pub(crate) fn liable_blocks(candidate: &Candidate<BlockNumberFor<T>>) -> BlockNumberFor<T> {
			let Some(seat) = candidate.seat else { return Zero::zero() };
			let sessions = seat.saturating_add(UnbondingSessions::<T>::get()).saturating_add(MARGIN_SESSIONS);
			let left = sessions.saturating_sub(pallet_session::Pallet::<T>::current_index());
			SessionBlocks::<T>::get().saturating_mul(left.into()).unique_saturated_into()
		}

		/// Notes that an account was elected for a session.
		pub(crate) fn seat(who: &AccountIdOf<T>, session: u32) {
			Candidates::<T>::mutate(who, |candidate| {
				if let Some(candidate) = candidate {
					candidate.seat = Some(session);
				}
			});
		}

		/// Removes a candidate with a smaller bond than this, for which nobody can find a fault any more.
		fn displace(smaller: &AccountIdOf<T>, by: &AccountIdOf<T>, amount: u128) -> DispatchResult {
			let candidate = Candidates::<T>::get(smaller).ok_or(Error::<T>::NotBonded)?;
			ensure!(candidate.bond < amount && candidate.due == 0, Error::<T>::NotDisplaceable);
			ensure!(Self::liable_blocks(&candidate).is_zero(), Error::<T>::NotDisplaceable);
			ensure!(!pallet_session::Validators::<T>::get().contains(smaller), Error::<T>::NotDisplaceable);
			let amount = Self::release(smaller, &candidate)?;
			Self::deposit_event(Event::Displaced { who: smaller.clone(), by: by.clone(), amount });
			Ok(())
		}

		/// Returns a bond. Returns how many plancks it was.
		fn release(
			who: &AccountIdOf<T>,
			candidate: &Candidate<BlockNumberFor<T>>,
		) -> Result<u128, sp_runtime::DispatchError> {
			let reason = HoldReason::Bond.into();
			let amount = <T as Config>::Currency::release(&reason, who, candidate.bond, Precision::BestEffort)?;
			Candidates::<T>::remove(who);
			Self::keep_backing(who, Backings::<T>::get(who));
			Ok(amount)
		}

		fn add_bond(who: &AccountIdOf<T>, amount: u128) -> DispatchResult {
			let known = Candidates::<T>::get(who);
			ensure!(
				known.is_some() || Candidates::<T>::count() < T::MaxCandidates::get(),
				Error::<T>::TooManyCandidates
			);
			let mut candidate = known.unwrap_or(Candidate::of(0));
			let bond = candidate.bond.checked_add(amount).ok_or(sp_runtime::ArithmeticError::Overflow)?;
			ensure!(bond >= T::MinBond::get(), Error::<T>::BondTooSmall);
			<T as Config>::Currency::hold(&HoldReason::Bond.into(), who, amount)?;
			candidate.bond = bond;
			candidate.leaves = None;
			Candidates::<T>::insert(who, candidate);
			Self::deposit_event(Event::Bonded { who: who.clone(), bond });
			Ok(())
		}

		/// Recomputes every sum from the records.
		#[cfg(any(feature = "try-runtime", feature = "std"))]
		pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
			use alloc::collections::{BTreeMap, BTreeSet};
			use fungible::InspectHold;
			for (who, candidate) in Candidates::<T>::iter() {
				let held = <T as Config>::Currency::balance_on_hold(&HoldReason::Bond.into(), &who);
				ensure!(held == candidate.bond, "a bond differs from the hold");
			}
			let count = Candidates::<T>::iter_keys().count();
			ensure!(Candidates::<T>::count() as usize == count, "candidates are miscounted");
			ensure!(count <= T::MaxCandidates::get() as usize, "there are too many candidates");
			let mut due: BTreeMap<AccountIdOf<T>, u128> = BTreeMap::new();
			let untaken = Untaken::<T>::get();
			ensure!(untaken <= CurrentEra::<T>::get(), "penalties of an era were taken before its end");
			for ((era, who, _), penalty) in Penalties::<T>::iter() {
				ensure!(era >= untaken, "a penalty was due and is not taken");
				ensure!(Candidates::<T>::contains_key(&who), "a penalty has nobody to pay it");
				ensure!(penalty.faults > 0, "a penalty is for no fault");
				let sum = due.entry(who.clone()).or_default();
				*sum = sum.saturating_add(penalty.amount);
				let shares = penalty.finders.iter().map(|(_, share)| *share).fold(0u128, u128::saturating_add);
				ensure!(shares <= penalty.amount / 2, "finders are to get more than half of a penalty");
				let finders: BTreeSet<_> = penalty.finders.iter().map(|(finder, _)| finder).collect();
				ensure!(finders.len() == penalty.finders.len(), "a finder is named twice");
				ensure!(!finders.contains(&who), "somebody is to find its own fault");
			}
			for (who, candidate) in Candidates::<T>::iter() {
				let sum = due.get(&who).copied().unwrap_or(0);
				ensure!(sum == candidate.due, "what is due of a bond differs from the penalties");
				ensure!(candidate.paid <= candidate.due, "more was paid of penalties than there are");
			}
			let era = CurrentEra::<T>::get();
			let jailed =
				Candidates::<T>::iter_values().all(|candidate| candidate.jailed.is_none_or(|until| until <= era));
			ensure!(jailed, "somebody is in jail for an era that has not come");
			for (powers, validators) in [
				(Powers::<T>::get(), pallet_session::Validators::<T>::get()),
				(
					NextPowers::<T>::get(),
					pallet_session::QueuedKeys::<T>::get().into_iter().map(|(who, _)| who).collect(),
				),
			] {
				let known: BTreeSet<_> = powers.iter().map(|(who, _)| who).collect();
				// A validator that gave its keys up when nobody could be elected is none any more, and its power is kept.
				ensure!(validators.iter().all(|who| known.contains(who)), "a validator's voting power is not known");
				ensure!(powers.iter().all(|(_, power)| *power > 0), "a validator has no voting power");
			}
			let next = pallet_session::Pallet::<T>::current_index().saturating_add(1);
			let seated = Candidates::<T>::iter_values().all(|candidate| candidate.seat.is_none_or(|seat| seat <= next));
			ensure!(seated, "somebody is elected for a session that nobody was elected for");
			Self::try_delegations()
		}
	}

	impl<T: Config> Bonds<AccountIdOf<T>> for Pallet<T> {
		fn bond(who: &AccountIdOf<T>) -> u128 {
			Candidates::<T>::get(who).map_or(0, |candidate| candidate.bond)
		}

		fn is_good(who: &AccountIdOf<T>) -> bool {
			Candidates::<T>::get(who).is_some_and(|candidate| Self::may_sit(who, &candidate))
		}

		fn powers() -> Vec<(AccountIdOf<T>, Power)> {
			Powers::<T>::get().into_inner()
		}

		fn penalize_found(who: &AccountIdOf<T>, fault: Fault, finders: &[AccountIdOf<T>]) {
			Self::charge(who, fault, Perbill::zero(), finders);
		}
	}
}
