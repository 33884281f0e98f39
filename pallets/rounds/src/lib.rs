//! # Rounds pallet
//!
//! Has bonded validators attest what a run of a model gives, without knowing what the run is for.
//!
//! ## Pallet API
//!
//! See the [`pallet`] module for calls, events, errors and storage, and [`Subjects`] for what another pallet implements.
//!
//! ## Overview
//!
//! A pallet that needs a decision opens a subject with [`Pallet::open`]. A committee is drawn from the validators at the end of the next
//! block. Its members run the model in the canonical engine and seal their votes; then auditors, which draw themselves, seal theirs; then
//! all open them. If enough votes are equal, none differs and no member's is shut, the subject is concluded after its window, in which who
//! was kept out may object, and a validator may dispute the agreement ([`Pallet::dispute`]). If votes differ, or where there are no more
//! validators than members and auditors, all of them run the model and two thirds decide.
//! Whoever was wrong is told to the pallet that holds the bonds, and with it who found that.
//!
//! ## Low level
//!
//! The pallet knows no model and no request: what a subject is, what its rounds run and by which rules, is in the [`Terms`] that
//! [`Config::Subjects`] gives, and how it ended is told with one call of [`Subjects::concluded`].
//!
//! Deadlines are tasks in [`Agenda`]; a draw happens at the end of the block after the one that asked for it, with the VRF outputs of
//! both, so that nobody knows the committee when the subject is opened. No vote can be read before members and auditors have sealed theirs, and a
//! vote is bound to a keyed digest of the whole run, so copying is of no use. Nobody is at fault for a verdict before all have decided.
//! The engine is reached through the off-chain worker alone.
//!
//! | module | writes |
//! |---|---|
//! | `standings` | `Standings`, `Agreements`, `Challenged`, `Outputs`, `Disputes`, `LostDisputes`, `NewDraws`, `TakenInBlock`, and `Contested` of an agreement |
//! | `rounds` | `Rounds`, `NextRound`, `DueDraws`, `LastVrf`, `LastAuthors`, `LastBlocks`, and a round's `Ballots`, `Duties` and `Products` at its begin and end |
//! | `seals`, `attest` | `Rounds`, `Ballots`, `Duties`, `Products` of an open round; `seals` also `EndedRounds` |
//! | `ended` | `EndedRounds`, `OldestRound`, `ShutCounts`, `HeldBack`, and the `Duties` of their shut seals |
//! | `faults` | `Contested` |
//! | `reopen` | `Reopened`, and `Standings`, `Disputes` and `Contested` of a subject that is opened again |
//! | `session` | `Electors`, `SessionKeys` |
//! | `agenda` | the list that it is called for |
//! | `authorize`, `audits`, `math`, `offchain` | nothing |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

extern crate alloc;

pub use authorize::payload;
pub use money::{pay, Earnings};
pub use pallet::*;
pub use reopen::{ReopenedSubject, MAX_REOPENED};
pub use subjects::{Conclusion, EngineVotes, Subjects, Terms};
pub use types::*;
pub use weights::WeightInfo;

pub mod agenda;
mod attest;
mod audits;
mod authorize;
mod ended;
mod faults;
pub mod math;
mod money;
mod offchain;
mod reopen;
mod rounds;
mod seals;
mod session;
mod standings;
mod subjects;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;

use frame_support::traits::fungible::Inspect;

/// Balance of the pallet's currency.
pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<AccountIdOf<T>>>::Balance;
/// Account id of the runtime.
pub type AccountIdOf<T> = <T as frame_system::Config>::AccountId;

// The macros of storage and errors expand to code that calls `expect`, on constants alone.
#[allow(clippy::expect_used)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use assay_primitives::{
		constants::{FINALITY_INHERENT, MAX_INLINE_OUTPUT},
		infr::{AuthorityId, AuthoritySignature},
		Bonds, Hash32, Output, Power, RoundId, Verdict,
	};
	use frame_support::{
		inherent::MakeFatalError,
		pallet_prelude::*,
		traits::{fungible, ValidatorSet},
	};
	use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(0);

	/// Deadlines that a round pays for: three of its own, and 21 blocks by which its window may be put off, until enough authors have made
	/// blocks in it.
	const DEADLINES: u64 = 24;

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<RuntimeEvent: From<Event<Self>>> + CreateAuthorizedTransaction<Call<Self>>
	{
		/// Reasons of the runtime's holds.
		type RuntimeHoldReason: From<HoldReason>;
		/// The currency of bonds, fees and deposits.
		type Currency: fungible::MutateHold<AccountIdOf<Self>, Reason = Self::RuntimeHoldReason>
			+ fungible::Mutate<AccountIdOf<Self>>
			+ fungible::Inspect<AccountIdOf<Self>, Balance = u128>;
		/// Account that receives lost holds and what payees cannot take.
		type Treasury: Get<AccountIdOf<Self>>;
		/// Index of the current session.
		type ValidatorSet: ValidatorSet<AccountIdOf<Self>>;
		/// VRF output of the author of the current block, once the consensus pallet's `on_finalize` has run.
		type AuthorVrf: Get<Option<Hash32>>;
		/// The validator that makes the current block.
		type Author: Get<Option<AccountIdOf<Self>>>;
		/// Bonds of validators, and where their faults are told.
		type Bonds: Bonds<AccountIdOf<Self>>;
		/// The delegators with whom validators share their pay.
		type Earnings: crate::Earnings<AccountIdOf<Self>>;
		/// Weight of a penalty.
		type PenaltyWeight: Get<Weight>;
		/// Weights of the calls and hooks.
		type WeightInfo: WeightInfo;
		/// The subjects of rounds: records of the pallets behind [`Config::Subjects`].
		type Subject: Parameter + Member + MaxEncodedLen + Copy + Ord;
		/// The pallets whose records the rounds decide.
		type Subjects: Subjects<Self::Subject, AccountIdOf<Self>>;
		/// The change from one engine to the next.
		type Engines: EngineVotes<AccountIdOf<Self>>;
		/// Makes subjects for the benchmarks: requests and activations, as the pallets of [`Config::Subjects`] have them.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self::Subject>;
		/// Seats for the benchmarks, from the pallet that holds the bonds.
		#[cfg(feature = "runtime-benchmarks")]
		type SeatHelper: benchmarking::SeatHelper<AccountIdOf<Self>>;

		/// Most validators of a session.
		#[pallet::constant]
		type MaxValidators: Get<u32>;
		/// Blocks in which a round that has ended is kept, so that its shut seals may still be opened: an era.
		type LateWindow: Get<u32>;
		/// Sessions before the current one whose validators' keys are kept: those of [`Config::LateWindow`] and of the longest round.
		type KeptSessions: Get<u32>;
		/// Subjects that one block takes.
		#[pallet::constant]
		type MaxPerBlock: Get<u32>;
		/// Open subjects.
		#[pallet::constant]
		type MaxOpen: Get<u32>;
	}

	/// The reasons for which plancks are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a dispute; lost unless the result is overturned, or in half where all lack the bytes.
		#[codec(index = 0)]
		Dispute,
	}

	/// Open subjects and where they stand.
	#[pallet::storage]
	pub type Standings<T: Config> = CountedStorageMap<_, Blake2_128Concat, T::Subject, Standing<AccountIdOf<T>>>;

	/// Agreements whose window runs, by subject, with the voters that are to be paid.
	#[pallet::storage]
	pub type Agreements<T: Config> = StorageMap<_, Blake2_128Concat, T::Subject, Agreement<T>>;

	/// Inputs and outputs of the runs that were agreed on.
	#[pallet::storage]
	pub type Outputs<T: Config> = StorageMap<_, Blake2_128Concat, T::Subject, Product>;

	/// Challenges that everybody's votes are to settle.
	#[pallet::storage]
	pub type Disputes<T: Config> = StorageMap<_, Blake2_128Concat, T::Subject, Dispute<T>>;

	/// Validators that have lost a dispute, and in which block, until the set changes after [`Config::LateWindow`]: their nodes raise no other
	/// one by themselves.
	#[pallet::storage]
	pub type LostDisputes<T: Config> =
		StorageValue<_, BoundedVec<(AccountIdOf<T>, BlockNumberFor<T>), T::MaxValidators>, ValueQuery>;

	/// Id of the next round.
	#[pallet::storage]
	pub type NextRound<T: Config> = StorageValue<_, RoundId, ValueQuery>;

	/// Open rounds.
	#[pallet::storage]
	pub type Rounds<T: Config> = StorageMap<_, Twox64Concat, RoundId, Round<T>>;

	/// Members of open rounds and what they have said.
	#[pallet::storage]
	pub type Ballots<T: Config> = StorageDoubleMap<_, Twox64Concat, RoundId, Blake2_128Concat, AccountIdOf<T>, Ballot>;

	/// Open rounds by the key that attests in them, and ended ones in which a seal of that key is to be opened.
	#[pallet::storage]
	pub type Duties<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, AuthorityId, Twox64Concat, RoundId, AccountIdOf<T>>;

	/// Inputs and outputs of the verdicts revealed in open rounds, by result hash.
	#[pallet::storage]
	pub type Products<T: Config> = StorageDoubleMap<_, Twox64Concat, RoundId, Identity, Hash32, Product>;

	/// Votes of rounds that ended in a contradiction or a dispute, until the escalation has decided who was wrong.
	#[pallet::storage]
	pub type Contested<T: Config> =
		StorageMap<_, Twox64Concat, RoundId, BoundedVec<ContestedVote<AccountIdOf<T>>, T::MaxValidators>, ValueQuery>;

	/// Agreements that somebody stands against, until all are drawn to judge that: until then others may stand against them too.
	#[pallet::storage]
	pub type Challenged<T: Config> = StorageMap<_, Blake2_128Concat, T::Subject, Agreement<T>>;

	/// The tasks that are due in a block: the ends of phases and of windows.
	#[pallet::storage]
	pub type Agenda<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumberFor<T>, BoundedVec<Deadline<T::Subject>, T::MaxPerBlock>, ValueQuery>;

	/// Rounds that have ended, for [`Config::LateWindow`] blocks.
	#[pallet::storage]
	pub type EndedRounds<T: Config> = StorageMap<_, Twox64Concat, RoundId, EndedRound<T>>;

	/// Validators that have left seals shut within [`Config::LateWindow`] where the others agreed.
	#[pallet::storage]
	pub type ShutCounts<T: Config> =
		StorageValue<_, BoundedVec<ShutCount<AccountIdOf<T>, BlockNumberFor<T>>, T::MaxValidators>, ValueQuery>;

	/// Validators with votes that are to be judged, or with shut seals of rounds in which fewer than the threshold have opened equal votes, and
	/// how many of both. If one of them is drawn for a committee, its seat stays empty.
	#[pallet::storage]
	pub type HeldBack<T: Config> = StorageValue<_, BoundedVec<(AccountIdOf<T>, u32), T::MaxValidators>, ValueQuery>;

	/// The first round that is open or in [`EndedRounds`].
	#[pallet::storage]
	pub type OldestRound<T: Config> = StorageValue<_, RoundId, ValueQuery>;

	/// The author of the current block, and the block since which no other validator has made one.
	#[pallet::storage]
	pub type LastAuthors<T: Config> = StorageValue<_, AuthorRun<AccountIdOf<T>, BlockNumberFor<T>>>;

	/// The last block that each validator of this session has made, and the block that was final in its view when it last said so.
	#[pallet::storage]
	pub type LastBlocks<T: Config> = StorageValue<
		_,
		BoundedVec<(AccountIdOf<T>, BlockNumberFor<T>, BlockNumberFor<T>), T::MaxValidators>,
		ValueQuery,
	>;

	/// Subjects that have ended and are open again: a validator disputes what is final.
	#[pallet::storage]
	pub type Reopened<T: Config> =
		StorageValue<_, BoundedVec<ReopenedSubject<T::Subject, BalanceOf<T>>, ConstU32<MAX_REOPENED>>, ValueQuery>;

	/// Draws that this block asked for.
	#[pallet::storage]
	pub type NewDraws<T: Config> =
		StorageValue<_, BoundedVec<PendingDraw<T::Subject>, reopen::MostOpen<T>>, ValueQuery>;

	/// Draws that an earlier block asked for; they take place at the end of this block.
	#[pallet::storage]
	pub type DueDraws<T: Config> =
		StorageValue<_, BoundedVec<PendingDraw<T::Subject>, reopen::MostOpen<T>>, ValueQuery>;

	/// VRF output of the author of the last block.
	#[pallet::storage]
	pub type LastVrf<T: Config> = StorageValue<_, Hash32, ValueQuery>;

	/// Subjects that this block took.
	#[pallet::storage]
	pub type TakenInBlock<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Validators of the current session with their attestation keys and their voting power, but for those that were put out.
	#[pallet::storage]
	pub type Electors<T: Config> =
		StorageValue<_, WeakBoundedVec<(AccountIdOf<T>, AuthorityId, Power), T::MaxValidators>, ValueQuery>;

	/// Attestation keys and voting power of the validators of this session and of the [`Config::KeptSessions`] before it.
	#[pallet::storage]
	pub type SessionKeys<T: Config> =
		StorageDoubleMap<_, Twox64Concat, u32, Blake2_128Concat, AccountIdOf<T>, (AuthorityId, Power)>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A round was drawn.
		RoundDrawn {
			/// The round.
			round: RoundId,
			/// The subject of the round.
			subject: T::Subject,
			/// The kind of the round: a committee, or all validators.
			kind: RoundKind,
			/// Members drawn.
			members: u32,
			/// The sum that equal votes must reach to decide: heads in a committee, voting power in a round of all.
			threshold: Power,
		},
		/// A validator sealed its vote.
		VoteCommitted {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// A validator outside of the committee proved by its own secret draw that it is an auditor of the round.
		AuditorAdmitted {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// A validator's seal came after its time: it has no part in the round, and is to be opened after it.
		SealedLate {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// A validator has left seals shut in too many sessions where the others agreed: it is in no committee and audits nothing until this
		/// block.
		Barred {
			/// The validator.
			validator: AccountIdOf<T>,
			/// The first block in which it may be drawn again.
			until: BlockNumberFor<T>,
		},
		/// A validator sealed two votes in one round.
		SealedTwice {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// A validator opened its vote.
		VoteRevealed {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
			/// Its verdict.
			verdict: Verdict,
		},
		/// A validator opened a vote after the end of its round.
		OpenedLate {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
			/// Its verdict.
			verdict: Verdict,
		},
		/// A validator cannot get what it needs.
		Signalled {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
			/// The bytes that the validator cannot get: the model's or the input's.
			kind: SignalKind,
		},
		/// A validator has left its seal shut where too few votes were opened: until it opens it, it is in no other committee.
		LeftShut {
			/// The round.
			round: RoundId,
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// A round brought no decision and is drawn again.
		RoundRedrawn {
			/// The subject of the round that ended.
			subject: T::Subject,
			/// The round that ended.
			round: RoundId,
		},
		/// Enough equal votes: the result becomes final unless it is challenged.
		Agreed {
			/// The subject of the round.
			subject: T::Subject,
			/// The verdict.
			verdict: Verdict,
			/// Equal votes.
			votes: u32,
			/// Block in which it becomes final.
			final_at: BlockNumberFor<T>,
		},
		/// Votes differ, or auditors could not get what they are about: every validator runs the model.
		Escalated {
			/// The subject of the round that disagreed.
			subject: T::Subject,
			/// The round that disagreed.
			contested: RoundId,
		},
		/// A validator challenges an agreement: every validator runs the model.
		Disputed {
			/// The subject of the agreement.
			subject: T::Subject,
			/// The validator.
			validator: AccountIdOf<T>,
			/// Plancks on hold.
			hold: BalanceOf<T>,
		},
		/// A validator that has no vote in the round of an agreement finds otherwise: every validator runs the model.
		Objected {
			/// The subject of the agreement.
			subject: T::Subject,
			/// The validator.
			validator: AccountIdOf<T>,
			/// Its verdict.
			verdict: Verdict,
		},
		/// Everybody has voted on a disputed result, or failed to.
		DisputeSettled {
			/// The subject of the disputed result.
			subject: T::Subject,
			/// The validator that raised the dispute.
			validator: AccountIdOf<T>,
			/// True if the result was overturned: the hold returned. If not, it went to the treasury, and half of it
			/// where too many could not get the bytes.
			upheld: bool,
			/// Plancks that were on hold.
			hold: BalanceOf<T>,
			/// Plancks of these that returned.
			returned: BalanceOf<T>,
		},
		/// A validator was put out: it weighs nothing from the next block on.
		PutOut {
			/// The validator.
			validator: AccountIdOf<T>,
		},
		/// The validators of a new session were taken over.
		ElectorsSet {
			/// The number of validators.
			validators: u32,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// Too many models and requests are open. Try again in a few blocks.
		TooManyOpen,
		/// This block has taken all it can. Try again in the next one.
		BlockFull,
		/// The subject is open already.
		AlreadyOpen,
		/// Nothing is agreed on this subject, or it has ended. Only results in their challenge window can be disputed.
		NotAgreed,
		/// All validators have voted on this result: there is nobody left to ask.
		DecidedByAll,
		/// Only a validator of the current session may do this.
		NotValidator,
		/// A sum does not fit.
		Overflow,
		/// No committee agreed on this within an era before: who voted is not known any more.
		TooLate,
		/// The validator has lost a dispute within an era. Another one may dispute this.
		LostDispute,
		/// All validators judge as many final results as they can at a time. Try again in a few blocks.
		TooManyReopened,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Takes what a validator has to say beside its seals: opened votes, signals, objections, disputes.
		///
		/// Origin: authorized by the signature over the attestation, made with the key that was the validator's when the rounds
		/// were drawn. Validators' nodes submit it; it pays no fee. Items that are stale when it is dispatched are skipped.
		///
		/// Emits [`Event::VoteRevealed`], [`Event::Signalled`], [`Event::OpenedLate`], [`Event::Objected`], [`Event::Disputed`].
		///
		/// # Errors
		///
		/// None once it is in a block: stale items are skipped. Before that the transaction is refused:
		///
		/// - `Future` if the attestation's block is not known yet.
		/// - `Stale` if that block is more than 8 blocks old, or no item is live.
		/// - `Call` if it has more than 64 items, or names a round twice in items of one kind.
		/// - `BadProof` if the signature is not the key's, or an auditor's proof does not hold.
		#[pallet::call_index(0)]
		#[pallet::weight((Pallet::<T>::most_attest_weight(attestation), DispatchClass::Operational))]
		#[pallet::weight_of_authorize(Pallet::<T>::authorize_weight(attestation))]
		#[pallet::authorize(Self::authorize_attest)]
		pub fn attest(
			origin: OriginFor<T>,
			attestation: AttestationOf<T>,
			_signature: AuthoritySignature,
		) -> DispatchResultWithPostInfo {
			ensure_authorized(origin)?;
			let (own, reveals) = (Self::attest_weight(&attestation), attestation.reveals.len() as u64);
			let (ends, stored) = Self::do_attest(attestation);
			// Of equal outputs the first one is written.
			let unwritten = T::DbWeight::get().writes(reveals.saturating_sub(stored.into()));
			Ok(Some(own.saturating_add(ends).saturating_sub(unwritten)).into())
		}

		/// Challenges an agreement in its window: every validator runs the model, and two thirds decide.
		///
		/// Origin: signed by a validator of the current session. Puts the larger of a fiftieth of its bond and the price of a run
		/// by every validator on hold; that is lost to the treasury unless the result is overturned. Half of it returns where more than a
		/// third lack the bytes to decide.
		///
		/// - `subject`: the request.
		///
		/// Emits [`Event::Disputed`] and [`Event::Escalated`], then [`Event::DisputeSettled`].
		///
		/// # Errors
		///
		/// - [`Error::NotAgreed`] if nothing is agreed on the subject, or the window of its agreement is over.
		/// - [`Error::DecidedByAll`] if all validators have voted on it.
		/// - [`Error::NotValidator`] if the account is no validator of the current session, or was put out.
		/// - [`Error::Overflow`] if the hold does not fit.
		/// - `TokenError::FundsUnavailable` if the account has too few free plancks for the hold.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::dispute())]
		pub fn dispute(origin: OriginFor<T>, subject: T::Subject) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_dispute(who, subject)
		}

		/// Takes a sealed vote. In its time it is a vote in its round. After its time, or after the round, it has no part there, and is to
		/// be opened all the same within [`Config::LateWindow`]. A second seal that differs from the first is a fault.
		///
		/// Origin: authorized by the seal's own signature; anybody may submit it. It pays no fee. A seal that is stale when it is
		/// dispatched is skipped.
		///
		/// Emits [`Event::VoteCommitted`], and [`Event::AuditorAdmitted`] for an auditor; [`Event::SealedLate`]; or
		/// [`Event::SealedTwice`].
		///
		/// # Errors
		///
		/// None once it is in a block. Before that the transaction is refused:
		///
		/// - `CannotLookup` if its round, or the time of its seals, is yet to come.
		/// - `Stale` if the seal is known, or there is no place for it.
		/// - `BadProof` if the signature is not the key's, or an auditor's proof does not hold.
		#[pallet::call_index(2)]
		#[pallet::weight((Pallet::<T>::seal_weight(seal), DispatchClass::Operational))]
		#[pallet::weight_of_authorize(Pallet::<T>::authorize_seal_weight(seal))]
		#[pallet::authorize(Self::authorize_seal)]
		pub fn seal(origin: OriginFor<T>, seal: SealOf<T>) -> DispatchResult {
			ensure_authorized(origin)?;
			Self::do_seal(seal);
			Ok(())
		}

		/// Says which block has been final for four blocks in the view of the author of this block. The window `Assured` of an agreement counts
		/// only authors in whose view the block is final that closed the committee's seals: before that nobody has shown what it found.
		///
		/// Origin: none; an inherent of the block's author.
		///
		/// # Errors
		///
		/// - `BadOrigin` for any other origin.
		#[pallet::call_index(3)]
		#[pallet::weight((T::WeightInfo::note_final(), DispatchClass::Mandatory))]
		pub fn note_final(origin: OriginFor<T>, block: BlockNumberFor<T>) -> DispatchResult {
			ensure_none(origin)?;
			Self::do_note_final(block);
			Ok(())
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = MakeFatalError<()>;
		const INHERENT_IDENTIFIER: InherentIdentifier = FINALITY_INHERENT;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			let block: u32 = data.get_data(&FINALITY_INHERENT).ok().flatten()?;
			Some(Call::note_final { block: block.into() })
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::note_final { .. })
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			TakenInBlock::<T>::kill();
			Self::note_author(now);
			let mut weight = T::WeightInfo::hooks();
			for task in Agenda::<T>::take(now) {
				weight.saturating_accrue(Self::perform(task, now));
			}
			weight.saturating_accrue(Self::forget_rounds(now));
			// Draws come at the end of this block and are paid for here.
			let validators = Electors::<T>::decode_len().unwrap_or(0) as u32;
			for draw in DueDraws::<T>::get() {
				let members = Self::wanted(&draw, validators).unwrap_or(0).min(validators);
				weight.saturating_accrue(T::WeightInfo::draw(members));
			}
			weight
		}

		fn on_finalize(now: BlockNumberFor<T>) {
			Self::draw_due(now);
		}

		fn offchain_worker(now: BlockNumberFor<T>) {
			if sp_io::offchain::is_validator() {
				Self::attest_offchain(now);
			}
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			let full = reopen::MostOpen::<T>::get().checked_div(T::MaxPerBlock::get());
			assert!(full.is_some_and(|blocks| blocks < agenda::PROBES), "a deadline always finds a place");
			assert!(T::LateWindow::get() > 0, "a seal may be opened after its round");
		}
	}

	impl<T: Config> Pallet<T> {
		/// Weight of a seal: that of a second one, which is a fault, where it is no vote.
		pub(crate) fn seal_weight(seal: &SealOf<T>) -> Weight {
			let proof = if seal.proof.is_some() { T::WeightInfo::seal_proof() } else { Weight::zero() };
			T::WeightInfo::seal().max(proof).max(T::PenaltyWeight::get().saturating_add(T::WeightInfo::seal_ended()))
		}

		/// Weight of checking a seal, with the proof of an auditor.
		pub(crate) fn authorize_seal_weight(seal: &SealOf<T>) -> Weight {
			let proof = if seal.proof.is_some() { T::WeightInfo::authorize_proof() } else { Weight::zero() };
			T::WeightInfo::authorize_seal().saturating_add(proof)
		}

		/// Weight of an attestation, the rounds that its reveals end apart.
		pub(crate) fn attest_weight(attestation: &AttestationOf<T>) -> Weight {
			let reveals = attestation.reveals.len() as u32;
			let light = attestation.items().saturating_sub(reveals);
			let against = (attestation.objections.len() as u64).saturating_add(attestation.disputes.len() as u64);
			// An auditor's signal may stand against an agreement, too.
			let lacking = attestation.signals.iter().filter(|signal| signal.proof.is_some()).count() as u64;
			let against = against.saturating_add(lacking);
			// `attest_signals` already includes the weight of an attestation without items.
			let all_reveals = T::WeightInfo::attest_reveals(reveals).saturating_sub(T::WeightInfo::attest_reveals(0));
			T::WeightInfo::attest_signals(light)
				.saturating_add(all_reveals)
				.saturating_add(Self::outputs_weight(attestation))
				.saturating_add(T::WeightInfo::attest_proof().saturating_mul(attestation.proofs().into()))
				.saturating_add(T::WeightInfo::dispute().saturating_mul(against))
		}

		/// Weight of an attestation each of whose reveals ends its round, in which all voters are at fault, or is an objection.
		pub(crate) fn most_attest_weight(attestation: &AttestationOf<T>) -> Weight {
			let end = |voters: u32| {
				let voters = voters.min(T::MaxValidators::get());
				let end = Self::end_weight(voters, MAX_INLINE_OUTPUT, voters);
				end.saturating_add(T::Subjects::most_weight(voters)).max(T::WeightInfo::dispute())
			};
			let ends = attestation.reveals.iter().map(|reveal| end(reveal.voters));
			ends.fold(Self::attest_weight(attestation), Weight::saturating_add)
		}

		/// The weight that a voter of a round adds to blocks: the seal of an auditor, with its proof, and an
		/// attestation that opens it, both checked and in transactions of their own, and its part of the draw and of
		/// the end.
		pub fn voter_weight() -> Weight {
			let transaction = T::BlockWeights::get().get(DispatchClass::Operational).base_extrinsic;
			let more = |one: Weight, none: Weight| one.saturating_sub(none);
			let parts = [
				T::WeightInfo::seal().max(T::WeightInfo::seal_proof()),
				T::WeightInfo::authorize_seal(),
				T::WeightInfo::authorize_proof(),
				T::WeightInfo::attest_signals(0),
				more(T::WeightInfo::attest_reveals(1), T::WeightInfo::attest_reveals(0)),
				T::WeightInfo::authorize_signals(0),
				more(T::WeightInfo::authorize_reveals(1), T::WeightInfo::authorize_reveals(0)),
				more(T::WeightInfo::draw(1), T::WeightInfo::draw(0)),
				more(T::WeightInfo::conclude(1, 0), T::WeightInfo::conclude(0, 0)),
				transaction.saturating_mul(2),
			];
			parts.into_iter().fold(Weight::zero(), Weight::saturating_add)
		}

		/// The weight of a round without its voters: its draw, its deadlines, its end and that of its window, which may
		/// be put off several times.
		pub fn round_weight() -> Weight {
			T::WeightInfo::draw(0)
				.saturating_add(T::WeightInfo::close_commits().saturating_mul(DEADLINES))
				.saturating_add(Self::end_weight(0, 0, 0))
		}

		/// The weight of the end of a round, with so many voters, bytes of output, and voters at fault.
		pub(crate) fn end_weight(voters: u32, bytes: u32, faults: u32) -> Weight {
			// The benchmark begins with the last reveal.
			T::WeightInfo::conclude(voters, bytes)
				.saturating_sub(T::WeightInfo::attest_output(bytes))
				.saturating_add(T::PenaltyWeight::get().saturating_mul(faults.into()))
		}

		/// The weight that the bytes of an attestation's outputs add, as they are hashed.
		fn outputs_weight(attestation: &AttestationOf<T>) -> Weight {
			let bytes = |reveal: &Reveal| reveal.output.as_ref().map_or(0, Output::inline_len);
			let bytes = attestation.reveals.iter().map(bytes).fold(0u32, u32::saturating_add);
			T::WeightInfo::attest_output(bytes).saturating_sub(T::WeightInfo::attest_output(0))
		}

		/// Weight of checking an attestation, each proof of an auditor in it too.
		pub(crate) fn authorize_weight(attestation: &AttestationOf<T>) -> Weight {
			let reveals = attestation.reveals.len() as u32;
			let light = attestation.items().saturating_sub(reveals);
			let all_reveals =
				T::WeightInfo::authorize_reveals(reveals).saturating_sub(T::WeightInfo::authorize_reveals(0));
			T::WeightInfo::authorize_signals(light)
				.saturating_add(all_reveals)
				.saturating_add(Self::outputs_weight(attestation))
				.saturating_add(T::WeightInfo::authorize_proof().saturating_mul(attestation.proofs().into()))
		}
	}
}
