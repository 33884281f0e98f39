//! Validators, honest and not. Each decides after a block what to say in the next one, as an off-chain worker does.

use super::*;
use crate::{Decision, Inputs};
use assay_primitives::{
	audit::{AuditInput, AuditProof},
	h,
	infr::{AuthorityPair, AuthoritySignature},
	seal::SealInput,
	FailReason, Output, Subject, Verdict, Vote,
};
use frame_support::traits::Authorize;
use pallet_models::Samples;
use pallet_rounds::{
	payload, Agreement, Agreements, Attestation, Ballot, Ballots, Call, EndedRounds, EndedSeal, Objection, Opening,
	Phase, Reveal, Round, Rounds, Seal, SessionKeys, Signal, SignalKind, MAX_OBJECTIONS,
};
use sp_core::Pair;
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
};
use std::collections::BTreeSet;

/// The behaviour of a validator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
	/// Commits to what it finds and reveals it.
	Honest,
	/// Votes for an output that the model does not give. Liars of one ring agree on it.
	Liar(u8),
	/// Votes for what the model gives, with a trace of its own.
	Framer,
	/// Votes `Failed` with this reason, whatever the model does.
	Fails(FailReason),
	/// Commits to what another has committed to, and reveals the other's vote.
	Copier,
	/// Says nothing.
	Silent,
	/// Does its duty, and says nothing where all judge contested votes.
	Shirker,
	/// Commits and does not reveal.
	Withholder,
	/// Commits to what it finds and reveals it when the round is over.
	Late,
	/// As a liar, and reveals when the round is over.
	LateLiar(u8),
	/// Says nothing in rounds, and objects with a lie to what others agree on.
	Objector,
	/// Lacks something, and says so once the shortest window is over.
	Lacks(SignalKind),
}

parameter_types! {
	/// Validators that are not honest.
	pub static Roles: BTreeMap<u64, Role> = BTreeMap::new();
	/// Inputs that nobody has uploaded.
	pub static Missing: BTreeSet<ContentId> = BTreeSet::new();
	/// Attestations that were accepted, and that were refused.
	pub static Submitted: (u32, u32) = (0, 0);
	/// Votes that were accepted, by round.
	pub static Votes: BTreeMap<u64, BTreeMap<u64, Vote>> = BTreeMap::new();
}

thread_local! {
	/// Reveals for the seals that validators have made, by round and validator.
	pub(super) static SEALED: RefCell<BTreeMap<(u64, u64), Reveal>> = const { RefCell::new(BTreeMap::new()) };
}

/// Gives validators a role.
pub fn set_role(who: impl IntoIterator<Item = u64>, role: Role) {
	Roles::mutate(|roles| roles.extend(who.into_iter().map(|who| (who, role))));
}

/// A validator's key pair, the `index`-th that it has used.
pub fn pair_of(who: u64, index: u32) -> AuthorityPair {
	AuthorityPair::from_seed(&h("test/key", (who, index)))
}

/// The key that a validator uses now.
pub fn key(who: u64) -> AuthorityId {
	pair_of(who, KeyOf::get().get(&who).copied().unwrap_or(0)).public()
}

/// The pair of a key that a validator uses or has used.
pub fn pair_for(who: u64, key: &AuthorityId) -> AuthorityPair {
	let last = KeyOf::get().get(&who).copied().unwrap_or(0);
	(0..=last).rev().map(|index| pair_of(who, index)).find(|pair| pair.public() == *key).unwrap()
}

/// Salt of a validator in a round.
pub fn salt(round: u64, who: u64) -> [u8; 16] {
	h("test/salt", (round, who))[..16].try_into().unwrap()
}

/// A transaction of a validator's node.
#[derive(Clone, Debug)]
pub enum Signed {
	/// A sealed vote.
	Seal(Seal<u64>),
	/// All else.
	Attest(Attestation<u64, u32, Subject>, AuthoritySignature),
}

/// A message that a validator signs.
pub trait Says {
	/// The validator that signs it.
	fn validator(&self) -> u64;
	/// Signs it with this key.
	fn signed_with(self, pair: &AuthorityPair) -> Signed;
}

impl Says for Seal<u64> {
	fn validator(&self) -> u64 {
		self.validator
	}

	fn signed_with(self, pair: &AuthorityPair) -> Signed {
		let unknown = || SealInput { genesis: GENESIS, round: self.round, seed: [0; 32], terms: [0; 32] };
		let input = seal_input(self.round).unwrap_or_else(unknown);
		let signature = pair.sign(&input.payload(&self.validator, &self.commitment));
		Signed::Seal(Seal { signature, ..self })
	}
}

impl Says for Attestation<u64, u32, Subject> {
	fn validator(&self) -> u64 {
		self.validator
	}

	fn signed_with(self, pair: &AuthorityPair) -> Signed {
		let signature = pair.sign(&payload::<Test>(&GENESIS, &self));
		Signed::Attest(self, signature)
	}
}

/// Signs with the key that a validator uses now.
pub fn sign(says: impl Says) -> Signed {
	let who = says.validator();
	says.signed_with(&pair_for(who, &key(who)))
}

/// Signs with any key.
pub fn sign_with(pair: &AuthorityPair, says: impl Says) -> Signed {
	says.signed_with(pair)
}

/// An attestation without items, made at the last finished block.
pub fn nothing(validator: u64) -> Attestation<u64, u32, Subject> {
	Attestation {
		validator,
		session: Session::get(),
		block: now() - 1,
		reveals: Default::default(),
		signals: Default::default(),
		objections: Default::default(),
		disputes: Default::default(),
		engine: None,
	}
}

/// A sealed vote, yet to be signed.
pub fn commit(who: u64, round: u64, commitment: Hash32) -> Seal<u64> {
	let signature = sp_core::sr25519::Signature::default().into();
	Seal { round, validator: who, commitment, proof: None, signature }
}

/// The sealed vote of an auditor, yet to be signed.
pub fn audit_commit(who: u64, round: u64, commitment: Hash32, proof: AuditProof) -> Seal<u64> {
	Seal { proof: Some(proof), ..commit(who, round, commitment) }
}

/// An attestation with one reveal.
pub fn reveal(who: u64, reveal: Reveal) -> Attestation<u64, u32, Subject> {
	Attestation { reveals: vec![reveal].try_into().unwrap(), ..nothing(who) }
}

/// An attestation with one signal.
pub fn signal(who: u64, round: u64, kind: SignalKind) -> Attestation<u64, u32, Subject> {
	Attestation { signals: vec![Signal { round, kind, proof: None }].try_into().unwrap(), ..nothing(who) }
}

/// Does with a node's transaction as the pool and then the block do: authorizes it, and dispatches it with the origin
/// that this gives.
pub fn submit(signed: Signed) -> Result<ValidTransaction, TransactionValidityError> {
	let (call, who, reveals): (RuntimeCall, _, _) = match signed {
		Signed::Seal(seal) => (Call::seal { seal: seal.clone() }.into(), seal.validator, Default::default()),
		Signed::Attest(attestation, signature) => {
			let (who, reveals) = (attestation.validator, attestation.reveals.clone());
			(Call::attest { attestation, signature }.into(), who, reveals)
		}
	};
	let answer = call.authorize(TransactionSource::External).unwrap();
	Submitted::mutate(|(taken, refused)| *(if answer.is_ok() { taken } else { refused }) += 1);
	let (validity, _) = answer?;
	call.dispatch(frame_system::RawOrigin::Authorized.into()).unwrap();
	if reveals.is_empty() {
		return Ok(validity);
	}
	for event in events() {
		match event {
			RuntimeEvent::Voting(RoundsEvent::VoteRevealed { round, validator, .. }) if validator == who => {
				let opened = reveals.iter().find(|reveal| reveal.round == round);
				opened.map(|reveal| Votes::mutate(|votes| votes.entry(round).or_default().insert(who, reveal.vote)));
			}
			_ => (),
		}
	}
	Ok(validity)
}

/// The honest run of a subject.
fn run_of(subject: &Subject, trace_keys: &[Hash32]) -> (ModelId, assay_primitives::Run) {
	let (model, input, limit) = match *subject {
		Subject::Model(model) => (model, input_of(model, Samples::<Test>::get(model).as_ref()), ActivationUnits::get()),
		Subject::Request(request) => {
			let terms = crate::Pallet::<Test>::terms(request).unwrap();
			let input = Inputs::<Test>::get(request).unwrap();
			assert_eq!(Some(input.content_id()), terms.input);
			(terms.model, input.content_id(), terms.unit_limit)
		}
	};
	assert!(Models::<Test>::contains_key(model));
	(model, execute(model, input, limit, trace_keys))
}

/// The engine that a subject's runs are made with.
fn engine_of(subject: &Subject) -> EngineId {
	match subject {
		Subject::Model(model) => Registry::terms(*model).unwrap().engine,
		Subject::Request(request) => crate::Pallet::<Test>::terms(*request).unwrap().engine,
	}
}

/// The reveal of a validator that plays this role in a round.
pub fn reveal_of(role: Role, id: u64, who: u64) -> Reveal {
	let (vote, run) = vote_as(role, id, who, &Rounds::<Test>::get(id).unwrap().subject, &trace_keys(id));
	let voters = Rounds::<Test>::get(id).unwrap().voters();
	Reveal { round: id, vote, salt: salt(id, who), input: run.input, output: run.outcome.ok(), voters }
}

/// The vote of a validator that plays this role in a round about a subject, and the run that it says it has done.
pub fn vote_as(
	role: Role,
	id: u64,
	who: u64,
	subject: &Subject,
	trace_keys: &[Hash32],
) -> (Vote, assay_primitives::Run) {
	let (model, mut run) = run_of(subject, trace_keys);
	match role {
		Role::Objector => return vote_as(Role::Liar(9), id, who, subject, trace_keys),
		Role::Liar(ring) | Role::LateLiar(ring) => {
			run.outcome = Ok(Output::Inline(vec![ring; 8].try_into().unwrap()));
			run.trace_digests.iter_mut().for_each(|digest| *digest = h("test/invented", (ring, id)));
		}
		Role::Framer => run.trace_digests.iter_mut().for_each(|digest| *digest = h("test/invented", (who, id))),
		Role::Fails(reason) => {
			run.outcome = Err(reason);
			run.trace_digests.iter_mut().for_each(|digest| *digest = h("test/invented", (reason, id)));
		}
		_ => (),
	}
	(vote_under(engine_of(subject), &run, model), run)
}

/// A reveal as it is taken when its round is over.
pub fn late(reveal: Reveal) -> Reveal {
	Reveal { output: None, voters: 0, ..reveal }
}

/// The reveal of an honest validator.
pub fn honest_reveal(id: u64, who: u64) -> Reveal {
	reveal_of(Role::Honest, id, who)
}

/// The commitment of an honest validator.
pub fn honest_seal(id: u64, who: u64) -> Hash32 {
	let reveal = honest_reveal(id, who);
	seal(id, who, &reveal.vote, &reveal.salt)
}

/// An item of one validator about one round in the next block.
enum Said {
	Seal(Seal<u64>),
	Reveal(Reveal),
	Signal(Signal),
	Objection(Objection<Subject>),
}

/// True if a validator that runs the round's subject can get its input.
fn has_input(round: &Round<Test>) -> bool {
	let input = match round.subject {
		Subject::Model(model) => Samples::<Test>::get(model),
		Subject::Request(request) => Inputs::<Test>::get(request),
	};
	input.is_none_or(|input| !Missing::get().contains(&input.content_id()))
}

fn says(role: Role, id: u64, round: &Round<Test>, who: u64, ballot: &Ballot) -> Option<Said> {
	let role = match role {
		Role::Honest | Role::Framer | Role::Withholder | Role::Late | Role::Shirker if !has_input(round) => {
			Role::Lacks(SignalKind::InputUnavailable)
		}
		role => role,
	};
	let next = now() + 1;
	let commits = ballot.commit.is_none()
		&& match ballot.auditor {
			true => round.phase == Phase::Auditing && next > round.commit_end && next <= round.audit_end,
			false => round.phase == Phase::Sealing && next <= round.commit_end,
		};
	let reveals =
		ballot.is_shut() && round.phase == Phase::Revealing && next > round.audit_end && next <= round.reveal_end;
	let others = || Ballots::<Test>::iter_prefix(id).filter(|(other, _)| *other != who);
	match role {
		Role::Silent | Role::Objector => None,
		Role::Shirker if round.kind.contested().is_some() => None,
		Role::Withholder | Role::Late | Role::LateLiar(_) if reveals => None,
		Role::Lacks(kind) => {
			let time = if ballot.auditor { next >= round.audit_end } else { now() >= round.commit_min };
			let due = commits && ballot.signal.is_none() && time;
			due.then_some(Said::Signal(Signal { round: id, kind, proof: None }))
		}
		Role::Copier if commits => {
			let commitment = others().find_map(|(_, ballot)| ballot.commit)?;
			Some(Said::Seal(commit(who, id, commitment)))
		}
		Role::Copier if reveals => {
			let (other, vote) = others().find_map(|(other, ballot)| Some((other, ballot.vote?)))?;
			Some(Said::Reveal(Reveal { vote, salt: salt(id, other), ..honest_reveal(id, who) }))
		}
		_ if commits => {
			let reveal = reveal_of(role, id, who);
			let commitment = seal(id, who, &reveal.vote, &reveal.salt);
			SEALED.with_borrow_mut(|sealed| sealed.insert((id, who), reveal));
			Some(Said::Seal(commit(who, id, commitment)))
		}
		_ if reveals => Some(Said::Reveal(reveal_of(role, id, who))),
		_ => None,
	}
}

/// The proof that a validator draws in a round.
pub fn draw_audit(who: u64, id: u64) -> AuditProof {
	let round = Rounds::<Test>::get(id).unwrap();
	prove(who, &AuditInput { genesis: GENESIS, round: id, seed: round.seed })
}

pub fn prove(who: u64, input: &AuditInput) -> AuditProof {
	let pair = sp_core::sr25519::Pair::from_seed(&h("test/key", (who, KeyOf::get().get(&who).copied().unwrap_or(0))));
	sp_core::crypto::VrfSecret::vrf_sign(&pair, &input.transcript().into()).into()
}

/// Validators that have drawn themselves in a round and have not said so, with their keys and proofs.
pub fn auditors(id: u64, round: &Round<Test>) -> Vec<(u64, AuthorityId, AuditProof)> {
	let input = AuditInput { genesis: GENESIS, round: id, seed: round.seed };
	SessionKeys::<Test>::iter_prefix(round.session)
		.filter(|(who, (key, _))| !Ballots::<Test>::contains_key(id, who) && *key == self::key(*who))
		.map(|(who, (key, power))| (who, key, draw_audit(who, id), Voting::audit_bound(round, power)))
		.filter(|(_, key, proof, bound)| {
			input.number(key, proof).zip(*bound).is_some_and(|(number, bound)| number <= bound)
		})
		.map(|(who, key, proof, _)| (who, key, proof))
		.collect()
}

/// Validators that have no seal in the round of an agreement and may object, with their keys and proofs.
pub fn objectors(agreement: &Agreement<Test>) -> Vec<(u64, AuthorityId, Option<AuditProof>)> {
	let Decision { round, audits, escalated, .. } = agreement.decision;
	if escalated {
		return Vec::new();
	}
	let is_shut = |seal: &EndedSeal<u64>| seal.commit.is_some() && seal.opening != Opening::Done;
	let shut: Vec<u64> = EndedRounds::<Test>::get(round)
		.map(|ended| ended.seals.into_iter().filter(is_shut).map(|seal| seal.validator).collect())
		.unwrap_or_default();
	let sealed: Vec<u64> = agreement.voters.iter().chain(&agreement.auditors).chain(&shut).copied().collect();
	let input = AuditInput { genesis: GENESIS, round, seed: agreement.seed };
	SessionKeys::<Test>::iter_prefix(agreement.session)
		.filter(|(who, (key, _))| !sealed.contains(who) && *key == self::key(*who))
		.filter_map(|(who, (key, power))| {
			let bound = pallet_rounds::math::audit_bound(audits, power, agreement.outside);
			if agreement.kept_out.contains(&who) {
				return Some((who, key, None));
			}
			let proof = prove(who, &input);
			let drawn = input.number(&key, &proof).zip(bound).is_some_and(|(number, bound)| number <= bound);
			drawn.then_some((who, key, Some(proof)))
		})
		.collect()
}

/// Transactions of the validators for the next block: seals, and one attestation for each key and session.
pub fn prepare() -> Vec<Signed> {
	let roles = Roles::get();
	let mut batches: BTreeMap<(u64, u32, AuthorityId), Vec<Said>> = BTreeMap::new();
	let rounds: BTreeMap<u64, Round<Test>> = Rounds::<Test>::iter().collect();
	for (id, round) in &rounds {
		let members: BTreeMap<u64, Ballot> = Ballots::<Test>::iter_prefix(id).collect();
		for (who, ballot) in members {
			let role = roles.get(&who).copied().unwrap_or(Role::Honest);
			if let Some(said) = says(role, *id, round, who, &ballot) {
				batches.entry((who, round.session, ballot.key)).or_default().push(said);
			}
		}
		let drawn = if round.phase == Phase::Auditing { auditors(*id, round) } else { Vec::new() };
		for (who, key, proof) in drawn {
			let role = roles.get(&who).copied().unwrap_or(Role::Honest);
			let ballot = Ballot::new(key.clone(), 1, true);
			let proof = Some(proof);
			let said = match says(role, *id, round, who, &ballot) {
				Some(Said::Seal(seal)) => Said::Seal(Seal { proof, ..seal }),
				Some(Said::Signal(signal)) => Said::Signal(Signal { proof, ..signal }),
				_ => continue,
			};
			batches.entry((who, round.session, key)).or_default().push(said);
		}
	}
	for (subject, agreement) in Agreements::<Test>::iter() {
		for (who, key, proof) in objectors(&agreement) {
			let role = roles.get(&who).copied().unwrap_or(Role::Honest);
			let (vote, _) = vote_as(role, agreement.decision.round, who, &subject, &[agreement.key]);
			if matches!(role, Role::Honest | Role::Objector) && vote != agreement.vote {
				let said = Said::Objection(Objection { subject, vote, proof });
				batches.entry((who, agreement.session, key)).or_default().push(said);
			}
		}
	}
	for (id, ended) in EndedRounds::<Test>::iter() {
		for seal in ended.seals.iter().filter(|seal| seal.shut().is_some()) {
			let who = seal.validator;
			let Some((key, _)) = SessionKeys::<Test>::get(ended.session, who) else { continue };
			let role = roles.get(&who).copied().unwrap_or(Role::Honest);
			let opens = matches!(role, Role::Honest | Role::Late | Role::LateLiar(_));
			let sealed = SEALED.with_borrow(|sealed| sealed.get(&(id, who)).cloned());
			if let Some(reveal) = sealed.filter(|_| opens) {
				let late = Said::Reveal(late(reveal));
				batches.entry((who, ended.session, key)).or_default().push(late);
			}
		}
	}
	batches
		.into_iter()
		.flat_map(|((validator, session, key), said)| {
			let pair = pair_for(validator, &key);
			let (mut seals, mut reveals, mut signals) = (Vec::new(), Vec::new(), Vec::new());
			let mut objections = Vec::new();
			for said in said.into_iter().take(64) {
				match said {
					Said::Seal(seal) => seals.push(sign_with(&pair, seal)),
					Said::Reveal(reveal) => reveals.push(reveal),
					Said::Signal(signal) => signals.push(signal),
					Said::Objection(objection) => objections.push(objection),
				}
			}
			objections.truncate(MAX_OBJECTIONS as usize);
			let attestation = Attestation {
				validator,
				session,
				block: now(),
				reveals: reveals.try_into().unwrap(),
				signals: signals.try_into().unwrap(),
				objections: objections.try_into().unwrap(),
				disputes: Default::default(),
				engine: None,
			};
			if attestation.items() > 0 {
				seals.push(sign_with(&pair, attestation));
			}
			seals
		})
		.collect()
}

/// Members of a round.
pub fn members(id: u64) -> BTreeSet<u64> {
	Ballots::<Test>::iter_key_prefix(id).collect()
}

/// The verdict of an honest run in a round.
pub fn honest_verdict(id: u64) -> Verdict {
	honest_reveal(id, FIRST).vote.verdict
}
