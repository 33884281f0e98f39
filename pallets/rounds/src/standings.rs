//! Open subjects: how they begin, what their agreements wait for, disputes, and how they end.

use crate::{agenda, audits, math, money, pallet::*, subjects::*, types::*, AccountIdOf, BalanceOf};
use alloc::vec::Vec;
use assay_primitives::{
	audit::{AuditInput, AuditProof},
	infr::AuthorityId,
	Bonds, Hash32, Power, RoundId, Verdict, Window,
};
use frame_support::{
	pallet_prelude::*,
	traits::{
		fungible::{InspectHold, MutateHold},
		tokens::Precision,
		ValidatorSet,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{traits::Saturating, Perbill};

/// Validators up to which a window is not over before more than a third of them have made blocks in it.
const SMALL_SET: u32 = 20;
/// Opened auditors below which the window of an agreement is longer.
const FEW_AUDITORS: u32 = 3;
/// Blocks by which it is longer for each auditor that is missing.
const BLOCKS_PER_MISSING_AUDITOR: u32 = 7;
/// Blocks of a window at least where an auditor's seal is shut: it may still open in time.
const SHUT_AUDITOR_WINDOW: u32 = 60;

/// Part of its bond that a validator puts on hold for a dispute: a fiftieth.
const DISPUTE_PART: Perbill = Perbill::from_percent(2);

/// Power of the members that signalled that they cannot get the bytes of the run: the sum that their votes would have
/// counted for in the round.
pub(crate) struct Lacking {
	/// Those of the model or of the input.
	pub any: Power,
	/// Those of the input.
	pub input: Power,
}

/// True if a window stays open until validators with more than a third of the voting power have made blocks in it.
pub(crate) fn is_assured(window: Window, v: u32) -> bool {
	window == Window::Assured || v <= SMALL_SET
}

impl<T: Config> Pallet<T> {
	/// Opens a subject: its committee is drawn at the end of the next block. Refused where this block or the chain has no more room.
	pub fn open(subject: T::Subject) -> DispatchResult {
		let taken = TakenInBlock::<T>::get();
		ensure!(taken < T::MaxPerBlock::get(), Error::<T>::BlockFull);
		ensure!(Standings::<T>::count() < T::MaxOpen::get(), Error::<T>::TooManyOpen);
		ensure!(!Standings::<T>::contains_key(subject), Error::<T>::AlreadyOpen);
		TakenInBlock::<T>::put(taken.saturating_add(1));
		Standings::<T>::insert(subject, Standing { redraws: 0, excluded: BoundedVec::new(), stage: Stage::Waiting });
		Self::want_draw(PendingDraw { subject, kind: RoundKind::Committee })
	}

	/// Validators of the current session.
	pub fn validators() -> u32 {
		Electors::<T>::decode_len().unwrap_or(0) as u32
	}

	/// Asks for a draw at the end of the next block.
	fn want_draw(draw: PendingDraw<T::Subject>) -> DispatchResult {
		NewDraws::<T>::try_append(draw).map_err(|()| Error::<T>::TooManyOpen.into())
	}

	/// Notes what an open subject waits for.
	pub(crate) fn set_stage(subject: &T::Subject, stage: Stage) {
		Standings::<T>::mutate(subject, |standing| {
			if let Some(standing) = standing {
				standing.stage = stage;
			}
		});
	}

	/// A round has decided nothing. Another committee is drawn, without the members whose seals were left shut; then everybody is asked,
	/// and once more with a longer window.
	pub(crate) fn undecided(
		id: RoundId,
		round: &Round<T>,
		terms: &Terms,
		shut: Vec<AccountIdOf<T>>,
		lacking: Lacking,
		differ: bool,
	) -> Weight {
		let subject = round.subject;
		let Some(mut standing) = Standings::<T>::get(subject) else { return Weight::zero() };
		let contested = round.kind.contested();
		// A requester that withholds an input does not have all look for it for long.
		let withheld = math::a_third(lacking.any, round.counts());
		let again = standing.redraws < terms.redraws;
		let everybody = |contested, repeated| Some(RoundKind::Everybody { contested, repeated });
		let kind = match round.kind {
			RoundKind::Everybody { repeated: true, .. } => None,
			RoundKind::Everybody { contested: None, .. } if withheld && again => everybody(None, false),
			RoundKind::Everybody { contested: None, .. } if withheld => None,
			RoundKind::Everybody { contested, repeated: false } => everybody(contested, true),
			RoundKind::Committee if again => Some(RoundKind::Committee),
			RoundKind::Committee if withheld || terms.patience.is_some() => None,
			RoundKind::Committee => everybody(None, false),
		};
		let Some(kind) = kind else {
			Self::settle_dispute(subject, None, withheld);
			let conclusion = match differ && !math::half(lacking.input, round.counts()) {
				true => Conclusion::Unresolved,
				false => Conclusion::Silent { without_input: math::a_third(lacking.input, round.counts()) },
			};
			return Self::conclude_subject(subject, conclusion);
		};
		standing.redraws = standing.redraws.saturating_add(1);
		standing.stage = if contested.is_some() { Stage::Escalated(None) } else { Stage::Waiting };
		for who in shut {
			// As many places as two committees have members.
			let _ = standing.excluded.try_push(who);
		}
		Standings::<T>::insert(subject, standing);
		// An open subject has one draw or one round, and `NewDraws` has a place for each.
		if Self::want_draw(PendingDraw { subject, kind }).is_ok() {
			Self::deposit_event(Event::RoundRedrawn { subject, round: id });
		}
		Weight::zero()
	}

	/// Asks for a round of everybody about what a round left open. `key` is that of the round's trace digests.
	pub(crate) fn escalate(subject: T::Subject, contested: RoundId, key: Hash32) {
		Self::set_stage(&subject, Stage::Escalated(None));
		let kind = RoundKind::Everybody { contested: Some(ContestedRound { round: contested, key }), repeated: false };
		// As above.
		if Self::want_draw(PendingDraw { subject, kind }).is_ok() {
			Self::deposit_event(Event::Escalated { subject, contested });
		}
	}

	/// A round has decided: the subject is concluded at once, or when the window of its agreement is over.
	pub(crate) fn agree(
		subject: T::Subject,
		terms: &Terms,
		mut agreement: Agreement<T>,
		round: &Round<T>,
		shut: bool,
		product: Option<Product>,
		now: BlockNumberFor<T>,
	) -> Weight {
		let Decision { verdict, votes, escalated, .. } = agreement.decision;
		if terms.window == 0 {
			return Self::conclude_subject(subject, Self::agreed(agreement, product));
		}
		let window = if escalated { 1 } else { Self::window(terms, round, &agreement, shut) };
		let at = now.saturating_add(window.into());
		let final_at = agenda::schedule::<Agenda<T>, _, _, _>(at, Deadline::Window(subject));
		agreement.final_at = final_at;
		Agreements::<T>::insert(subject, agreement);
		if let Some(product) = product {
			Outputs::<T>::insert(subject, product);
		}
		Self::set_stage(&subject, Stage::Agreed);
		Self::deposit_event(Event::Agreed { subject, verdict, votes, final_at });
		Weight::zero()
	}

	/// Blocks in which an agreement of a committee may be disputed.
	fn window(terms: &Terms, round: &Round<T>, agreement: &Agreement<T>, shut: bool) -> u32 {
		let missing = match round.audits {
			0 => 0,
			_ => FEW_AUDITORS.saturating_sub(agreement.auditors.len() as u32),
		};
		let window = terms.window.saturating_add(missing.saturating_mul(BLOCKS_PER_MISSING_AUDITOR));
		// The seal that is shut is an auditor's: a member's would have asked for another draw.
		let least = if shut { SHUT_AUDITOR_WINDOW } else { 0 };
		window.max(least).saturating_add(round.growth)
	}

	/// The window of an agreement is over.
	pub(crate) fn end_window(subject: T::Subject, now: BlockNumberFor<T>) -> Weight {
		let Some(agreement) = Agreements::<T>::get(subject).filter(|agreement| now >= agreement.final_at) else {
			return Weight::zero();
		};
		if !agreement.decision.escalated && !Self::could_dispute(&subject, &agreement, now) {
			let at = now.saturating_add(1u32.into());
			let final_at = agenda::schedule::<Agenda<T>, _, _, _>(at, Deadline::Window(subject));
			Agreements::<T>::insert(subject, Agreement { final_at, ..agreement });
			return Weight::zero();
		}
		Agreements::<T>::remove(subject);
		let product = Outputs::<T>::take(subject);
		Self::conclude_subject(subject, Self::agreed(agreement, product))
	}

	/// True if a dispute could have been included since an agreement: one author that has made all blocks, or few
	/// validators of a small set, could have left every one out.
	fn could_dispute(subject: &T::Subject, agreement: &Agreement<T>, now: BlockNumberFor<T>) -> bool {
		let Decision { v, total, .. } = agreement.decision;
		let Some(terms) = T::Subjects::terms(subject) else { return true };
		// The block that ends the window takes no dispute any more.
		if !Self::two_authors_between(agreement.agreed_at, now) {
			return false;
		}
		// Nobody shows itself before that block is final. A run for a dispute may take as long as windows are longer.
		let (from, sealed_at) = (agreement.agreed_at.saturating_add(terms.growth.into()), agreement.sealed_at);
		!is_assured(terms.disputed(), v) || Self::more_than_a_third_between(from, now, sealed_at, total)
	}

	fn agreed(agreement: Agreement<T>, product: Option<Product>) -> Conclusion<AccountIdOf<T>> {
		let Agreement { decision, vote, voters, auditors, .. } = agreement;
		Conclusion::Agreed { decision, vote, voters: voters.into_inner(), auditors: auditors.into_inner(), product }
	}

	/// Closes a subject. Returns what that weighs beside the end of its last round.
	pub(crate) fn conclude_subject(subject: T::Subject, conclusion: Conclusion<AccountIdOf<T>>) -> Weight {
		Standings::<T>::remove(subject);
		let weight = T::Subjects::concluded(subject, conclusion);
		Self::close_reopened(&subject);
		weight
	}

	pub(crate) fn do_dispute(who: AccountIdOf<T>, subject: T::Subject) -> DispatchResult {
		let agreement = Agreements::<T>::get(subject).ok_or(Error::<T>::NotAgreed)?;
		ensure!(!agreement.decision.escalated, Error::<T>::DecidedByAll);
		let electors = Electors::<T>::get();
		ensure!(electors.iter().any(|(validator, ..)| *validator == who), Error::<T>::NotValidator);
		let terms = T::Subjects::terms(&subject).ok_or(Error::<T>::NotAgreed)?;
		let hold = Self::dispute_hold(&who, &terms, electors.len() as u32).ok_or(Error::<T>::Overflow)?;
		T::Currency::hold(&HoldReason::Dispute.into(), &who, hold)?;

		Disputes::<T>::insert(subject, Dispute { validator: who.clone(), hold, verdict: agreement.decision.verdict });
		Self::deposit_event(Event::Disputed { subject, validator: who, hold });
		Self::contest(subject, agreement, None);
		Ok(())
	}

	/// The agreement and the key that signs, if this validator may dispute it in an attestation.
	pub(crate) fn live_dispute(
		subject: &T::Subject,
		validator: &AccountIdOf<T>,
		session: u32,
	) -> Option<(Agreement<T>, AuthorityId)> {
		let agreement = Agreements::<T>::get(subject).filter(|agreement| !agreement.decision.escalated)?;
		if session != T::ValidatorSet::session_index() || !T::Bonds::is_good(validator) {
			return None;
		}
		let key = Self::session_key(session, validator)?;
		let terms = T::Subjects::terms(subject)?;
		let hold = Self::dispute_hold(validator, &terms, Self::validators())?;
		T::Currency::can_hold(&HoldReason::Dispute.into(), validator, hold).then_some((agreement, key))
	}

	/// True if a validator has lost a dispute within [`Config::LateWindow`].
	pub(crate) fn has_lost_a_dispute(validator: &AccountIdOf<T>, now: BlockNumberFor<T>) -> bool {
		let recent = |lost: BlockNumberFor<T>| now < lost.saturating_add(T::LateWindow::get().into());
		LostDisputes::<T>::get().iter().any(|(who, lost)| who == validator && recent(*lost))
	}

	/// Notes that a validator has lost a dispute, and forgets those that others lost long ago.
	fn note_lost_dispute(validator: &AccountIdOf<T>) {
		let now = frame_system::Pallet::<T>::block_number();
		LostDisputes::<T>::mutate(|lost| {
			lost.retain(|(who, at)| who != validator && now < at.saturating_add(T::LateWindow::get().into()));
			// As many places as a session has validators. Whoever finds none only keeps on disputing.
			let _ = lost.try_push((validator.clone(), now));
		});
	}

	/// Has everybody vote about an agreement, and judge the votes that it rests on and the one that stands against it.
	pub(crate) fn contest(
		subject: T::Subject,
		agreement: Agreement<T>,
		against: Option<ContestedVote<AccountIdOf<T>>>,
	) {
		let Agreement { decision, final_at, key, vote, .. } = agreement;
		agenda::unschedule::<Agenda<T>, _, _, _>(final_at, &Deadline::Window(subject));
		Agreements::<T>::remove(subject);
		Outputs::<T>::remove(subject);
		let cast = |part| move |voter: &AccountIdOf<T>| ContestedVote { voter: voter.clone(), vote, part };
		let members = agreement.voters.iter().map(cast(Part::Member));
		let votes = members.chain(agreement.auditors.iter().map(cast(Part::Auditor))).chain(against).collect();
		Self::keep_contested(decision.round, votes);
		Challenged::<T>::insert(subject, agreement);
		Self::escalate(subject, decision.round, key);
	}

	/// The agreement on a subject, as long as a validator may stand against it.
	pub(crate) fn contestable(subject: &T::Subject) -> Option<Agreement<T>> {
		Agreements::<T>::get(subject).or_else(|| Challenged::<T>::get(subject))
	}

	/// The agreement and the key that signs, if this objection may be taken, provided that an auditor's proof holds.
	pub(crate) fn live_objection(
		objection: &Objection<T::Subject>,
		validator: &AccountIdOf<T>,
		session: u32,
	) -> Option<(Agreement<T>, AuthorityId)> {
		let open = |agreement: &Agreement<T>| agreement.session == session && !agreement.decision.escalated;
		let agreement = Self::contestable(&objection.subject).filter(open)?;
		if objection.vote == agreement.vote || objection.vote.contested_digest.is_some() {
			return None;
		}
		if !Self::may_object(&agreement, validator) {
			return None;
		}
		if !agreement.kept_out.contains(validator) && objection.proof.is_none() {
			return None;
		}
		Some((agreement, Self::session_key(session, validator)?))
	}

	/// True if a validator may stand against an agreement. One that was put out has nothing to lose, and may not.
	pub(crate) fn may_object(agreement: &Agreement<T>, validator: &AccountIdOf<T>) -> bool {
		T::Bonds::is_good(validator) && Self::has_no_vote(agreement, validator)
	}

	/// True if a validator has no vote in the round of an agreement, because its seal or its reveal was kept out, and
	/// has not objected.
	fn has_no_vote(agreement: &Agreement<T>, validator: &AccountIdOf<T>) -> bool {
		let judged = Contested::<T>::get(agreement.decision.round).iter().any(|vote| vote.voter == *validator);
		!judged && !agreement.voters.contains(validator) && !agreement.auditors.contains(validator)
	}

	/// True if an objection's proof makes its validator an auditor. A member needs none, so that it is true for every
	/// member.
	pub(crate) fn objector_is_drawn(
		objection: &Objection<T::Subject>,
		validator: &AccountIdOf<T>,
		agreement: &Agreement<T>,
		key: &AuthorityId,
	) -> bool {
		if agreement.kept_out.contains(validator) {
			return true;
		}
		Self::audits(agreement, validator, key, objection.proof.as_ref())
	}

	/// True if a proof makes this validator, whose key this is, an auditor in the round of an agreement.
	pub(crate) fn audits(
		agreement: &Agreement<T>,
		validator: &AccountIdOf<T>,
		key: &AuthorityId,
		proof: Option<&AuditProof>,
	) -> bool {
		audits::proves(&Self::objection_input(agreement), key, proof, Self::objection_bound(agreement, validator))
	}

	/// The message of an auditor's VRF in the round of an agreement.
	pub(crate) fn objection_input(agreement: &Agreement<T>) -> AuditInput {
		AuditInput { genesis: Self::genesis(), round: agreement.decision.round, seed: agreement.seed }
	}

	/// Largest number that made an auditor of a validator in the round of an agreement.
	pub(crate) fn objection_bound(agreement: &Agreement<T>, validator: &AccountIdOf<T>) -> Option<u128> {
		let (_, power) = SessionKeys::<T>::get(agreement.session, validator)?;
		math::audit_bound(agreement.decision.audits, power, agreement.outside)
	}

	/// Takes an objection that is live. The first one has all validators judge; others that come before they are drawn are judged with it.
	pub(crate) fn object(subject: T::Subject, against: ContestedVote<AccountIdOf<T>>, agreement: Agreement<T>) {
		if !Self::has_no_vote(&agreement, &against.voter) {
			return;
		}
		let (validator, verdict) = (against.voter.clone(), against.vote.verdict);
		Self::deposit_event(Event::Objected { subject, validator, verdict });
		if Challenged::<T>::contains_key(subject) {
			// As many places as there are validators in a session.
			let voter = against.voter.clone();
			if Contested::<T>::try_append(agreement.decision.round, against).is_ok() {
				Self::hold_back([&voter]);
			}
		} else {
			Self::contest(subject, agreement, Some(against));
		}
	}

	/// The larger of a part of the bond and what a run by each of `v` validators costs at most. `None` if that does not fit.
	pub(crate) fn dispute_hold(who: &AccountIdOf<T>, terms: &Terms, v: u32) -> Option<BalanceOf<T>> {
		let runs = terms.run_price.checked_mul(v.into())?;
		Some(runs.max(DISPUTE_PART.mul_ceil(T::Bonds::bond(who))))
	}

	/// Returns the hold of a dispute if everybody decided on another verdict than the disputed one; takes it otherwise, and half of it where
	/// too many could not get the bytes to decide.
	pub(crate) fn settle_dispute(subject: T::Subject, decided: Option<&Verdict>, without_bytes: bool) {
		let Some(Dispute { validator, hold, verdict }) = Disputes::<T>::take(subject) else { return };
		let upheld = decided.is_some_and(|decided| *decided != verdict);
		let treasury = T::Treasury::get();
		if !upheld {
			Self::note_lost_dispute(&validator);
		}
		let due = match decided {
			Some(_) if upheld => 0,
			None if without_bytes => hold.saturating_sub(hold.checked_div(2).unwrap_or(0)),
			_ => hold,
		};
		let lost = money::pay::<T>(HoldReason::Dispute, &validator, &treasury, due);
		let rest = hold.saturating_sub(lost);
		let returned = T::Currency::release(&HoldReason::Dispute.into(), &validator, rest, Precision::BestEffort);
		let returned = returned.unwrap_or(0);
		Self::deposit_event(Event::DisputeSettled { subject, validator, upheld, hold, returned });
	}
}
