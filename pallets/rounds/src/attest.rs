//! Takes an attestation into its rounds, once its signature was checked.

use crate::{pallet::*, subjects::*, types::*, AccountIdOf};
use alloc::vec::Vec;
use assay_primitives::{
	constants::{MAX_BLOB_OUTPUT, MAX_INLINE_OUTPUT},
	hash, Hash32, Output, RoundId, Verdict,
};
use frame_support::weights::Weight;
use frame_system::pallet_prelude::BlockNumberFor;

impl<T: Config> Pallet<T> {
	/// Applies the items that are live and skips the others. Proofs of auditors were checked when it was authorized.
	/// Returns what the ends of rounds weigh that it brought about, and how many outputs there were to store.
	pub(crate) fn do_attest(attestation: AttestationOf<T>) -> (Weight, u32) {
		let now = frame_system::Pallet::<T>::block_number();
		if Self::live_holder(&attestation).is_some() {
			T::Engines::held(&attestation.validator);
		}
		let Attestation { validator, session, reveals, signals, objections, disputes, .. } = attestation;
		let mut revealed: Vec<RoundId> = Vec::new();
		let mut stored = 0u32;
		for reveal in reveals {
			if let Some((round, ballot)) = Self::live_reveal(&reveal, &validator, session, now) {
				let id = reveal.round;
				stored = stored.saturating_add(Self::apply_reveal(reveal, &validator, round, ballot).into());
				revealed.push(id);
			} else if let Some(ended) = Self::live_late(&reveal, &validator, session) {
				Self::open_late(reveal, &validator, ended);
			}
		}
		for signal in signals {
			if let Some((mut round, mut ballot)) = Self::live_signal(&signal, &validator, session, now) {
				let Signal { round: id, kind, .. } = signal;
				ballot.signal = Some(kind);
				if ballot.auditor {
					round.audit_signals = round.audit_signals.saturating_add(1);
					Duties::<T>::insert(&ballot.key, id, &validator);
				} else {
					round.signals = round.signals.saturating_add(1);
				}
				Ballots::<T>::insert(id, &validator, ballot);
				Rounds::<T>::insert(id, round);
				Self::deposit_event(Event::Signalled { round: id, validator: validator.clone(), kind });
			} else if let Some((subject, agreement, _)) = Self::live_lack(&signal, &validator, session) {
				Self::lack(signal, &validator, subject, agreement);
			}
		}
		for objection in objections {
			if let Some((agreement, _)) = Self::live_objection(&objection, &validator, session) {
				let Objection { subject, vote, .. } = objection;
				let against = ContestedVote { voter: validator.clone(), vote, part: Part::Objector };
				Self::object(subject, against, agreement);
			}
		}
		for subject in disputes {
			if Self::live_dispute(&subject, &validator, session).is_some() {
				// The authorization of the attestation has checked that the account can hold that many plancks.
				let _ = Self::do_dispute(validator.clone(), subject);
			}
		}
		let mut ends = Weight::zero();
		for id in revealed {
			// All who committed have opened their votes: nothing is left to wait for.
			if Rounds::<T>::get(id).is_some_and(|round| round.reveals == round.sealed()) {
				ends.saturating_accrue(Self::conclude(id, now));
			}
		}
		(ends, stored)
	}

	fn ballot(id: RoundId, validator: &AccountIdOf<T>, session: u32) -> Option<(Round<T>, Ballot)> {
		let round = Rounds::<T>::get(id).filter(|round| round.session == session)?;
		let ballot = Ballots::<T>::get(id, validator)?;
		Some((round, ballot))
	}

	/// The round and the ballot, if this reveal may be taken in block `now` and opens the commitment.
	pub(crate) fn live_reveal(
		reveal: &Reveal,
		validator: &AccountIdOf<T>,
		session: u32,
		now: BlockNumberFor<T>,
	) -> Option<(Round<T>, Ballot)> {
		Self::open_ballot(reveal.round, validator, session, now)
			.filter(|(round, ballot)| Self::opens(reveal, validator, round, ballot))
	}

	/// The round and the ballot, if it is to be opened in block `now`.
	pub(crate) fn open_ballot(
		id: RoundId,
		validator: &AccountIdOf<T>,
		session: u32,
		now: BlockNumberFor<T>,
	) -> Option<(Round<T>, Ballot)> {
		Self::ballot(id, validator, session).filter(|(round, ballot)| {
			round.phase == Phase::Revealing && now > round.audit_end && now <= round.reveal_end && ballot.vote.is_none()
		})
	}

	/// The round and the ballot, if this signal may be taken in block `now`.
	pub(crate) fn live_signal(
		signal: &Signal,
		validator: &AccountIdOf<T>,
		session: u32,
		now: BlockNumberFor<T>,
	) -> Option<(Round<T>, Ballot)> {
		let round = Rounds::<T>::get(signal.round).filter(|round| round.session == session)?;
		let ballot = match Ballots::<T>::get(signal.round, validator) {
			Some(ballot) => Some(ballot).filter(|_| round.phase == Phase::Sealing && now <= round.commit_end),
			None => {
				// Nobody lacks what has travelled in a call.
				let lacks = signal.kind == SignalKind::ModelUnavailable || T::Subjects::terms(&round.subject)?.fetched;
				Self::auditor_in_time(&round, validator, lacks && signal.proof.is_some(), now)
			}
		}?;
		let silent = ballot.signal.is_none() && ballot.commit.is_none() && ballot.late.is_none();
		silent.then_some((round, ballot))
	}

	/// The ballot of a validator that says it has drawn itself, where auditors may say something. Members can change no vote any more.
	fn auditor_in_time(
		round: &Round<T>,
		validator: &AccountIdOf<T>,
		proves: bool,
		now: BlockNumberFor<T>,
	) -> Option<Ballot> {
		let open = round.phase != Phase::Sealing && now > round.commit_end && now <= round.audit_end;
		if !open || !proves {
			return None;
		}
		Self::auditor_ballot(round, validator).map(|(ballot, _)| ballot)
	}

	/// True if the reveal opens the ballot's commitment, names the subject's input, stays within the unit limit, and
	/// carries the output that its verdict names.
	fn opens(reveal: &Reveal, validator: &AccountIdOf<T>, round: &Round<T>, ballot: &Ballot) -> bool {
		let genesis = Self::genesis();
		let commitment = hash::commitment(&genesis, reveal.round, validator, &reveal.vote, &reveal.salt);
		if ballot.commit != Some(commitment) {
			return false;
		}
		// It may be the last one, and was weighed as the end of a smaller round.
		if reveal.voters < round.voters() {
			return false;
		}
		let Some(terms) = T::Subjects::terms(&round.subject) else { return false };
		// A digest that nobody asked for would make equal votes unequal, and nobody could say whose is wrong.
		if reveal.vote.contested_digest.is_some() != round.kind.contested().is_some() {
			return false;
		}
		// The engine never uses more than the limit, and what was paid in covers no more.
		if terms.input.is_some_and(|input| input != reveal.input) || reveal.vote.verdict.units() > terms.unit_limit {
			return false;
		}
		match (reveal.vote.verdict, &reveal.output) {
			(Verdict::Output { result_hash, load_units, units }, Some(output)) => {
				let outputs = output.content_id();
				load_units <= units
					&& in_its_form(output)
					&& result_hash == hash::result_hash(&genesis, &terms.engine, &terms.model, &reveal.input, &outputs)
			}
			(Verdict::Failed { .. }, None) => true,
			_ => false,
		}
	}

	/// Takes a seal in its time.
	pub(crate) fn apply_commit(
		id: RoundId,
		commitment: Hash32,
		validator: &AccountIdOf<T>,
		mut round: Round<T>,
		mut ballot: Ballot,
		now: BlockNumberFor<T>,
	) {
		ballot.commit = Some(commitment);
		if ballot.auditor {
			Duties::<T>::insert(&ballot.key, id, validator);
			round.auditors = round.auditors.saturating_add(1);
			Self::deposit_event(Event::AuditorAdmitted { round: id, validator: validator.clone() });
		} else {
			round.commits = round.commits.saturating_add(1);
			round.committed = round.committed.saturating_add(ballot.counts);
		}
		let last = !ballot.auditor && round.commits >= round.members;
		Ballots::<T>::insert(id, validator, ballot);
		if last {
			let end = now.max(round.commit_min);
			Self::close_commits(id, &mut round, end);
		}
		Rounds::<T>::insert(id, round);
		Self::deposit_event(Event::VoteCommitted { round: id, validator: validator.clone() });
	}

	/// Returns whether its output is one that nobody has revealed before.
	fn apply_reveal(reveal: Reveal, validator: &AccountIdOf<T>, mut round: Round<T>, mut ballot: Ballot) -> bool {
		let Reveal { round: id, vote, input, output, .. } = reveal;
		let mut stored = false;
		if let (Verdict::Output { result_hash, .. }, Some(output)) = (vote.verdict, output) {
			// A result hash has one output, and that has one form.
			if !Products::<T>::contains_key(id, result_hash) {
				Products::<T>::insert(id, result_hash, Product { input, output });
				stored = true;
			}
		}
		ballot.vote = Some(vote);
		Ballots::<T>::insert(id, validator, ballot);
		round.reveals = round.reveals.saturating_add(1);
		Rounds::<T>::insert(id, round);
		Self::deposit_event(Event::VoteRevealed { round: id, validator: validator.clone(), verdict: vote.verdict });
		stored
	}
}

/// True if an output travels in the form that its length asks for: inline up to `MAX_INLINE_OUTPUT` bytes, and only a
/// longer one as a blob.
fn in_its_form(output: &Output) -> bool {
	match output {
		Output::Inline(_) => true,
		Output::Blob { size, .. } => *size > MAX_INLINE_OUTPUT.into() && *size <= MAX_BLOB_OUTPUT,
	}
}
