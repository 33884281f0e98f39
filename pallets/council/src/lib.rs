//! # Council pallet
//!
//! Validators decide calls by more than two thirds of their voting power.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage.
//!
//! ## Overview
//!
//! A validator proposes a call, inline up to 128 bytes or by the hash of its preimage, with [`Config::Deposit`] on hold. Validators support
//! the motion or take their support back. The motion is decided by the first support that makes more than two thirds of
//! [`Config::Powers`]. Powers are read at each count: the support of an account that has left the set, or was put out of it, counts for
//! nothing.
//!
//! A decided call is made by the scheduler:
//!
//! - Calls in [`Config::AtOnce`] make something milder. They are made in the next block, with this pallet's own origin.
//! - All other calls are made as root, [`Delay`] blocks later, so that everybody can see them and leave. Nothing shortens the delay, and
//!   the council can take the call back.
//!
//! A motion without two thirds ends after [`Config::MotionDuration`]. Anybody removes it then, and its deposit returns. A motion that the
//! council drops loses its deposit to the treasury.
//!
//! ## Example
//!
//! Two thirds of the voting power authorize an upgrade of the runtime.
//!
//! ```
//! use frame_support::traits::{Bounded, StorePreimage};
//! use pallet_council::{pallet::Call, Config};
//!
//! fn upgrade<T: Config>(authorize: <T as pallet_scheduler::Config>::RuntimeCall) -> Option<Call<T>> {
//!     let call = <T as pallet_scheduler::Config>::Preimages::bound(authorize).ok()?;
//!     Some(Call::propose { call })
//! }
//! ```
//!
//! ## Low level
//!
//! A motion keeps at most [`Config::MaxMembers`] supporters: whenever one is added, those that do not count any more are removed. The
//! number of motions is bounded by [`Config::MaxMotions`]. A validator always finds a place: where all are taken, the motion of a proposer
//! that is no validator any more may be removed before its end, and each validator has at most [`Config::MotionsPerMember`].
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
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

use alloc::vec::Vec;
use assay_primitives::Power;
use codec::{Decode, DecodeLimit, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::{fungible::Inspect, Bounded, EnsureOrigin},
	BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use pallet_scheduler::BoundedCallOf;
use scale_info::TypeInfo;

/// Account id of the runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
/// Balance of the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;

/// Bytes of a preimage that is read to see whether its call is one of [`Config::AtOnce`]. A longer call waits for [`Delay`].
const MAX_READ: u32 = 4_096;
/// Calls within calls that are decoded to see that.
const MAX_DEPTH: u32 = 8;

/// Succeeds for calls that the council has decided and that are made at once.
pub struct EnsureCouncil;

impl<O: From<Origin> + Into<Result<Origin, O>>> EnsureOrigin<O> for EnsureCouncil {
	type Success = ();

	fn try_origin(origin: O) -> Result<(), O> {
		origin.into().map(|Origin::TwoThirds| ())
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<O, ()> {
		Ok(Origin::TwoThirds.into())
	}
}

// The macros of storage and errors expand to code that calls `expect`, on constants alone.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{
			fungible,
			fungible::{InspectHold, MutateHold},
			schedule::{v3::Named, v3::TaskName, DispatchTime, HIGHEST_PRIORITY},
			tokens::{Fortitude, Precision, Restriction},
			Contains, QueryPreimage,
		},
	};
	use frame_system::{pallet_prelude::*, RawOrigin};
	use pallet_scheduler::WeightInfo as _;
	use sp_runtime::{
		traits::{CheckedAdd, Hash, One},
		ArithmeticError,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>>
		+ pallet_scheduler::Config<BlockNumberProvider = frame_system::Pallet<Self>, PalletsOrigin: From<Origin>>
	{
		/// Reasons of the runtime's holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// The currency of deposits.
		type Currency: fungible::MutateHold<AccountIdOf<Self>, Reason = <Self as Config>::RuntimeHoldReason>
			+ fungible::Inspect<AccountIdOf<Self>, Balance = u128>;
		/// Account that receives the deposits of motions that are dropped.
		type Treasury: Get<AccountIdOf<Self>>;
		/// Validators that count, with their voting power.
		type Powers: Get<Vec<(AccountIdOf<Self>, Power)>>;
		/// Calls that are made at once, with [`Origin::TwoThirds`].
		type AtOnce: Contains<<Self as pallet_scheduler::Config>::RuntimeCall>;
		/// The origin that drops motions and takes decided calls back: the council by [`EnsureCouncil`], and root.
		type GovernanceOrigin: EnsureOrigin<<Self as frame_system::Config>::RuntimeOrigin>;
		/// Weights of the calls.
		type WeightInfo: crate::WeightInfo;

		/// Blocks between the decision and the call, where the genesis block says nothing else.
		#[pallet::constant]
		type Delay: Get<BlockNumberFor<Self>>;
		/// Blocks in which a motion can be supported.
		#[pallet::constant]
		type MotionDuration: Get<BlockNumberFor<Self>>;
		/// Plancks on hold for an open motion.
		#[pallet::constant]
		type Deposit: Get<u128>;
		/// Motions that a validator may have open.
		#[pallet::constant]
		type MotionsPerMember: Get<u32>;
		/// Open motions.
		#[pallet::constant]
		type MaxMotions: Get<u32>;
		/// Validators of a session.
		#[pallet::constant]
		type MaxMembers: Get<u32>;
	}

	/// The reasons for which plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// The deposit of an open motion.
		#[codec(index = 0)]
		Motion,
	}

	/// The origin of a call that the council has decided and that is in [`Config::AtOnce`].
	#[pallet::origin]
	#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
	pub enum Origin {
		/// More than two thirds of the voting power.
		#[codec(index = 0)]
		TwoThirds,
	}

	/// A call that the validators may support.
	#[derive(CloneNoBound, PartialEqNoBound, EqNoBound, DebugNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
	#[scale_info(skip_type_params(T))]
	pub struct Motion<T: Config> {
		/// The validator that proposed the call.
		pub proposer: AccountIdOf<T>,
		/// Plancks that are on hold of the proposer.
		pub deposit: u128,
		/// Block from which on nobody can support it.
		pub ends: BlockNumberFor<T>,
		/// The call.
		pub call: BoundedCallOf<T>,
		/// Accounts that support it. Those that are validators count.
		pub supporters: BoundedVec<AccountIdOf<T>, T::MaxMembers>,
	}

	/// Blocks between the decision and the call. Fixed in the genesis block.
	#[pallet::storage]
	pub type Delay<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery, <T as Config>::Delay>;

	/// Number of the next motion.
	#[pallet::storage]
	pub type NextMotion<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Open motions by their numbers, which nobody chooses.
	#[pallet::storage]
	pub type Motions<T: Config> = CountedStorageMap<_, Twox64Concat, u32, Motion<T>>;

	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Blocks between the decision and the call; none for [`Config::Delay`].
		pub delay: Option<BlockNumberFor<T>>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			if let Some(delay) = self.delay {
				assert!(delay >= One::one(), "a call is made in a later block");
				Delay::<T>::put(delay);
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A validator proposed a call.
		Proposed {
			/// Number of the motion.
			motion: u32,
			/// The validator that proposed the call.
			proposer: AccountIdOf<T>,
			/// Hash of the call.
			call: T::Hash,
			/// Block from which on nobody can support it.
			ends: BlockNumberFor<T>,
		},
		/// A validator supports a motion.
		Supported {
			/// Number of the motion.
			motion: u32,
			/// The validator.
			who: AccountIdOf<T>,
			/// Voting power of all that support it now.
			power: Power,
			/// Voting power of all validators that count.
			total: Power,
		},
		/// An account took its support back.
		SupportWithdrawn {
			/// Number of the motion.
			motion: u32,
			/// The account.
			who: AccountIdOf<T>,
		},
		/// More than two thirds support a motion. Its deposit returned, and its call will be made.
		Decided {
			/// Number of the motion.
			motion: u32,
			/// Hash of the call.
			call: T::Hash,
			/// Block in which it is made, or a later one that has room.
			due: BlockNumberFor<T>,
		},
		/// A motion was removed that was not decided, and its deposit returned.
		Closed {
			/// Number of the motion.
			motion: u32,
		},
		/// The council dropped a motion, and its deposit went to the treasury.
		Dropped {
			/// Number of the motion.
			motion: u32,
			/// Plancks.
			deposit: u128,
		},
		/// A decided call was taken back.
		TakenBack {
			/// Number of the motion that it was.
			motion: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The account is no validator of this session, or was put out. Validators alone propose and support.
		NotAValidator,
		/// The account has as many motions open as it may. Wait until one has ended, and close it.
		TooManyOfYours,
		/// There are as many motions as there can be. Close one that has ended, or whose proposer is no validator any more.
		TooManyMotions,
		/// There is no such motion, or it was decided. See the event `Proposed` for its number.
		NoSuchMotion,
		/// The motion is about another call. Look at it again on the best chain.
		OtherCall,
		/// The motion has ended. Close it, and propose its call again.
		Ended,
		/// The motion is still open. Close it when it has ended.
		StillOpen,
		/// The account does not support the motion.
		NoSupport,
		/// There is no such call, or it was made already. See the event `Decided` for its number.
		NoSuchCall,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Proposes a call and supports it. A deposit is on hold until the motion is decided or closed.
		///
		/// Origin: signed, by a validator that counts. Emits [`Event::Proposed`] and [`Event::Supported`], and [`Event::Decided`] where the
		/// validator alone has two thirds.
		///
		/// - `call`: the call, inline up to 128 bytes or by hash and length of its preimage. The preimage has to be there when the call is
		///   made; where it is not there at the decision, the call waits for [`Delay`] whatever it is.
		///
		/// # Errors
		///
		/// - [`Error::NotAValidator`] if the account is no validator of this session, or was put out.
		/// - [`Error::TooManyMotions`] if [`Config::MaxMotions`] motions are open.
		/// - [`Error::TooManyOfYours`] if the account has deposits for [`Config::MotionsPerMember`] motions on hold.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for [`Config::Deposit`].
		/// - `ArithmeticError::Overflow` if the number of the motion or a block number does not fit.
		/// - `DispatchError::Exhausted` if the motion is decided at once, and the scheduler has no room in the block in
		///   which the call is due.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::propose().saturating_add(Pallet::<T>::deciding()))]
		pub fn propose(origin: OriginFor<T>, call: BoundedCallOf<T>) -> DispatchResult {
			let proposer = ensure_signed(origin)?;
			let powers = T::Powers::get();
			ensure!(powers.iter().any(|(who, _)| *who == proposer), Error::<T>::NotAValidator);
			ensure!(Motions::<T>::count() < T::MaxMotions::get(), Error::<T>::TooManyMotions);
			let (reason, deposit) = (HoldReason::Motion.into(), T::Deposit::get());
			let held = T::Currency::balance_on_hold(&reason, &proposer).saturating_add(deposit);
			ensure!(held <= deposit.saturating_mul(T::MotionsPerMember::get().into()), Error::<T>::TooManyOfYours);
			T::Currency::hold(&reason, &proposer, deposit)?;
			let index = NextMotion::<T>::get();
			NextMotion::<T>::put(index.checked_add(1).ok_or(ArithmeticError::Overflow)?);
			let ends = frame_system::Pallet::<T>::block_number()
				.checked_add(&T::MotionDuration::get())
				.ok_or(ArithmeticError::Overflow)?;
			let hash = call.hash();
			let motion = Motion { proposer: proposer.clone(), deposit, ends, call, supporters: BoundedVec::new() };
			Self::deposit_event(Event::Proposed { motion: index, proposer: proposer.clone(), call: hash, ends });
			Self::count(index, motion, proposer, powers)
		}

		/// Supports a motion. Whoever supports it already has all support counted again, by the voting power of now.
		///
		/// Origin: signed, by a validator that counts. Emits [`Event::Supported`], and [`Event::Decided`] where those that support it have
		/// more than two thirds of the voting power.
		///
		/// - `motion`: its number.
		/// - `call`: hash of its call, so that nobody supports another call that has this number on another fork.
		///
		/// # Errors
		///
		/// - [`Error::NotAValidator`] if the account is no validator of this session, or was put out.
		/// - [`Error::NoSuchMotion`] if no open motion has this number.
		/// - [`Error::OtherCall`] if the call of the motion has another hash.
		/// - [`Error::Ended`] if [`Config::MotionDuration`] blocks have passed since the proposal.
		/// - `ArithmeticError::Overflow` if the motion is decided, and the block in which the call is due does not fit.
		/// - `DispatchError::Exhausted` if the motion is decided, and the scheduler has no room in that block.
		#[pallet::call_index(1)]
		#[pallet::weight(<T as Config>::WeightInfo::support().saturating_add(Pallet::<T>::deciding()))]
		pub fn support(origin: OriginFor<T>, motion: u32, call: T::Hash) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let powers = T::Powers::get();
			ensure!(powers.iter().any(|(validator, _)| *validator == who), Error::<T>::NotAValidator);
			let found = Motions::<T>::get(motion).ok_or(Error::<T>::NoSuchMotion)?;
			ensure!(found.call.hash() == call, Error::<T>::OtherCall);
			ensure!(!Self::has_ended(&found), Error::<T>::Ended);
			Self::count(motion, found, who, powers)
		}

		/// Takes support back from a motion that is not decided.
		///
		/// Origin: signed, by an account that supports the motion. Emits [`Event::SupportWithdrawn`].
		///
		/// - `motion`: its number.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchMotion`] if no open motion has this number.
		/// - [`Error::NoSupport`] if the account does not support it.
		#[pallet::call_index(2)]
		#[pallet::weight(<T as Config>::WeightInfo::withdraw_support())]
		pub fn withdraw_support(origin: OriginFor<T>, motion: u32) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Motions::<T>::try_mutate(motion, |found| {
				let found = found.as_mut().ok_or(Error::<T>::NoSuchMotion)?;
				let before = found.supporters.len();
				found.supporters.retain(|supporter| *supporter != who);
				ensure!(found.supporters.len() < before, Error::<T>::NoSupport);
				Self::deposit_event(Event::SupportWithdrawn { motion, who });
				Ok(())
			})
		}

		/// Removes a motion that has ended, and returns its deposit to its proposer. Removes an open motion as well, if
		/// there are [`Config::MaxMotions`] motions and its proposer is no validator any more.
		///
		/// Origin: signed, by anybody. Emits [`Event::Closed`].
		///
		/// - `motion`: its number.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchMotion`] if no open motion has this number.
		/// - [`Error::StillOpen`] if the motion has not ended, and its place is not needed or its proposer is still a
		///   validator.
		#[pallet::call_index(3)]
		#[pallet::weight(<T as Config>::WeightInfo::close())]
		pub fn close(origin: OriginFor<T>, motion: u32) -> DispatchResult {
			ensure_signed(origin)?;
			let found = Motions::<T>::get(motion).ok_or(Error::<T>::NoSuchMotion)?;
			let is_full = || Motions::<T>::count() >= T::MaxMotions::get();
			let has_left = || !T::Powers::get().iter().any(|(who, _)| *who == found.proposer);
			ensure!(Self::has_ended(&found) || (is_full() && has_left()), Error::<T>::StillOpen);
			Self::remove(motion, &found)?;
			Self::deposit_event(Event::Closed { motion });
			Ok(())
		}

		/// Removes an open motion. Its deposit goes to the treasury.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::Dropped`].
		///
		/// - `motion`: its number.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchMotion`] if no open motion has this number.
		/// - `TokenError::CannotCreate` if the treasury has no account and the deposit is below the existential
		///   deposit.
		#[pallet::call_index(4)]
		#[pallet::weight(<T as Config>::WeightInfo::drop_motion())]
		pub fn drop_motion(origin: OriginFor<T>, motion: u32) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let found = Motions::<T>::take(motion).ok_or(Error::<T>::NoSuchMotion)?;
			let deposit = T::Currency::transfer_on_hold(
				&HoldReason::Motion.into(),
				&found.proposer,
				&T::Treasury::get(),
				found.deposit,
				Precision::BestEffort,
				Restriction::Free,
				Fortitude::Force,
			)?;
			Self::deposit_event(Event::Dropped { motion, deposit });
			Ok(())
		}

		/// Takes a call back that was decided and is not made yet.
		///
		/// Origin: [`Config::GovernanceOrigin`]. Emits [`Event::TakenBack`].
		///
		/// - `motion`: number of the motion that decided it.
		///
		/// # Errors
		///
		/// - [`Error::NoSuchCall`] if the scheduler has no call of this motion: it was made, or taken back, or never
		///   decided.
		#[pallet::call_index(5)]
		#[pallet::weight(<T as pallet_scheduler::Config>::WeightInfo::cancel_named(T::MaxScheduledPerBlock::get()))]
		pub fn take_back(origin: OriginFor<T>, motion: u32) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			<pallet_scheduler::Pallet<T> as Named<_, _, _>>::cancel_named(Self::task_name(motion))
				.map_err(|_| Error::<T>::NoSuchCall)?;
			Self::deposit_event(Event::TakenBack { motion });
			Ok(())
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(<T as Config>::Delay::get() >= One::one(), "a call is made in a later block");
			let places = T::MotionsPerMember::get().saturating_mul(T::MaxMembers::get());
			assert!(T::MaxMotions::get() >= places, "each validator has places of its own");
			assert!(T::MotionsPerMember::get() > 0 && T::Deposit::get() > 0, "the deposits count a proposer's motions");
		}
	}

	impl<T: Config> Pallet<T> {
		/// The scheduler's name of a decided call.
		pub fn task_name(motion: u32) -> TaskName {
			sp_runtime::traits::BlakeTwo256::hash_of(&("assay/council", motion)).0
		}

		/// Weight of a decision: the call is looked at, and the scheduler takes it.
		fn deciding() -> Weight {
			<T as Config>::WeightInfo::decide().saturating_add(
				<T as pallet_scheduler::Config>::WeightInfo::schedule_named(T::MaxScheduledPerBlock::get()),
			)
		}

		fn has_ended(motion: &Motion<T>) -> bool {
			frame_system::Pallet::<T>::block_number() >= motion.ends
		}

		/// Adds the support of a validator, counts, and decides or keeps the motion.
		fn count(
			index: u32,
			mut motion: Motion<T>,
			who: AccountIdOf<T>,
			powers: Vec<(AccountIdOf<T>, Power)>,
		) -> DispatchResult {
			motion
				.supporters
				.retain(|supporter| *supporter != who && powers.iter().any(|(known, _)| known == supporter));
			// There is room: all that are left are validators, and this one was taken out.
			motion.supporters.try_push(who.clone()).map_err(|_| Error::<T>::NotAValidator)?;
			let sum = |sum: Power, (_, power): &(AccountIdOf<T>, Power)| sum.saturating_add(*power);
			let total = powers.iter().fold(0, sum);
			let power = powers.iter().filter(|(known, _)| motion.supporters.contains(known)).fold(0, sum);
			Self::deposit_event(Event::Supported { motion: index, who, power, total });
			if u128::from(power).saturating_mul(3) > u128::from(total).saturating_mul(2) {
				return Self::decide(index, motion);
			}
			Motions::<T>::insert(index, motion);
			Ok(())
		}

		/// Has the call of a motion made, at once or after the delay, and removes the motion.
		pub(crate) fn decide(index: u32, motion: Motion<T>) -> DispatchResult {
			let at_once = Self::is_made_at_once(&motion.call);
			let delay = if at_once { One::one() } else { Delay::<T>::get() };
			let due = frame_system::Pallet::<T>::block_number().checked_add(&delay).ok_or(ArithmeticError::Overflow)?;
			let origin = if at_once { Origin::TwoThirds.into() } else { RawOrigin::Root.into() };
			let hash = motion.call.hash();
			Self::remove(index, &motion)?;
			<pallet_scheduler::Pallet<T> as Named<_, _, _>>::schedule_named(
				Self::task_name(index),
				DispatchTime::At(due),
				None,
				HIGHEST_PRIORITY,
				origin,
				motion.call,
			)?;
			Self::deposit_event(Event::Decided { motion: index, call: hash, due });
			Ok(())
		}

		/// True if a call is short, known, and in [`Config::AtOnce`].
		fn is_made_at_once(call: &BoundedCallOf<T>) -> bool {
			let fetched;
			let bytes = match call {
				Bounded::Inline(bytes) => bytes.as_slice(),
				Bounded::Lookup { hash, len } if *len <= MAX_READ => {
					match <T as pallet_scheduler::Config>::Preimages::fetch(hash, Some(*len)) {
						Ok(bytes) => fetched = bytes,
						Err(_) => return false,
					}
					fetched.as_ref()
				}
				Bounded::Lookup { .. } | Bounded::Legacy { .. } => return false,
			};
			let call =
				<T as pallet_scheduler::Config>::RuntimeCall::decode_all_with_depth_limit(MAX_DEPTH, &mut &*bytes);
			call.is_ok_and(|call| T::AtOnce::contains(&call))
		}

		/// Removes a motion and returns its deposit.
		fn remove(index: u32, motion: &Motion<T>) -> DispatchResult {
			Motions::<T>::remove(index);
			let (reason, precision) = (HoldReason::Motion.into(), Precision::BestEffort);
			T::Currency::release(&reason, &motion.proposer, motion.deposit, precision).map(|_| ())
		}

		/// Motions are as many as are counted, numbered in order, supported once by each, and their deposits are on hold.
		#[cfg(any(feature = "try-runtime", feature = "std"))]
		pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
			use alloc::collections::{BTreeMap, BTreeSet};
			ensure!(Delay::<T>::get() >= One::one(), "a call is made at once");
			let (next, count) = (NextMotion::<T>::get(), Motions::<T>::iter_keys().count());
			ensure!(Motions::<T>::count() as usize == count, "motions are miscounted");
			ensure!(count <= T::MaxMotions::get() as usize, "there are too many motions");
			let mut deposits: BTreeMap<_, u128> = BTreeMap::new();
			for (index, motion) in Motions::<T>::iter() {
				ensure!(index < next, "a motion has a number that was not given");
				let supporters: BTreeSet<_> = motion.supporters.iter().collect();
				ensure!(supporters.len() == motion.supporters.len(), "somebody supports a motion twice");
				let decided = pallet_scheduler::Lookup::<T>::contains_key(Self::task_name(index));
				ensure!(!decided, "a motion is open that was decided");
				let sum = deposits.entry(motion.proposer.clone()).or_default();
				*sum = sum.saturating_add(motion.deposit);
			}
			for (who, sum) in deposits {
				let held = T::Currency::balance_on_hold(&HoldReason::Motion.into(), &who);
				ensure!(held == sum, "deposits differ from the hold");
			}
			let next = pallet_scheduler::Lookup::<T>::contains_key(Self::task_name(next));
			ensure!(!next, "a call was decided without a number");
			Ok(())
		}
	}
}
