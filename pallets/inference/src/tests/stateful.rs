//! Honest and hostile people at random, over hundreds of blocks, with every invariant after each.
//!
//! `ASSAY_SEED` and `ASSAY_BLOCKS` choose another run: `ASSAY_SEED=7 ASSAY_BLOCKS=5000 cargo test -p pallet-inference stateful --
//! --nocapture`.

use super::*;
use assay_primitives::{constants::UNITS_PER_BLOCK, h, FailReason, Hash32, ModelId, Power};
use frame_support::weights::Weight;
use sp_runtime::{traits::Dispatchable, DispatchError};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of a session.
const SESSION: u32 = 25;
/// Models that there are.
const MODELS: u64 = 40;
/// Accounts that may be validators.
const CROWD: std::ops::Range<u64> = FIRST..FIRST + 12;
/// Those of them that may be hostile where fewer than a third are.
const SUSPECTS: std::ops::Range<u64> = FIRST..FIRST + 3;
/// Plancks that each of them has for disputes.
const PURSE: u128 = 5_000_000;
/// Blocks after which a request of the sizes used here has ended: three committees, the longest window, then all, twice, then finality.
const LONGEST: u32 = 400;

/// Pseudo-random choices that follow from a seed.
struct Dice {
	seed: u64,
	rolled: u64,
}

impl Dice {
	fn roll(&mut self, sides: u64) -> u64 {
		self.rolled += 1;
		let bytes = h("test/dice", (self.seed, self.rolled));
		u64::from_le_bytes(bytes[..8].try_into().unwrap()) % sides
	}

	fn chance(&mut self, percent: u64) -> bool {
		self.roll(100) < percent
	}

	/// One of the usual things, and now and then an odd one.
	fn mostly<T: Clone>(&mut self, usual: &[T], odd: &[T]) -> T {
		if self.chance(8) {
			self.pick(odd)
		} else {
			self.pick(usual)
		}
	}

	fn pick<T: Clone>(&mut self, of: &[T]) -> T {
		of[self.roll(of.len() as u64) as usize].clone()
	}
}

/// The record of a request, as the test keeps it.
struct Asked {
	at: u32,
	escrow: u128,
}

/// The share of the validators that are hostile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Threat {
	BelowThird,
	Any,
}

struct World {
	dice: Dice,
	threat: Threat,
	asked: BTreeMap<RequestId, Asked>,
	/// Of every request, the verdict of an honest run and the input.
	known: BTreeMap<RequestId, (Verdict, Input)>,
	decided: BTreeMap<RequestId, Decision>,
	balances: BTreeMap<u64, u128>,
	/// Rounds with the auditors that were admitted to them.
	auditors: BTreeSet<(RoundId, u64)>,
	stolen: Vec<Signed>,
	seen: usize,
	/// Blocks for which everybody comes at once.
	rush: u32,
	/// The validator that disputes the others' agreements while too many would not judge them.
	troll: Option<u64>,
}

/// Number of times that each thing happened.
type Tally = BTreeMap<String, u32>;

fn note(tally: &mut Tally, what: impl Into<String>) {
	*tally.entry(what.into()).or_default() += 1;
}

fn error_name(error: DispatchError) -> String {
	match error {
		DispatchError::Module(error) => error.message.unwrap().into(),
		DispatchError::Token(error) => format!("{error:?}"),
		other => format!("{other:?}"),
	}
}

/// The name of an event.
fn event_word(event: &RuntimeEvent) -> String {
	match event {
		RuntimeEvent::Voting(event) => word(event),
		RuntimeEvent::Registry(event) => word(event),
		RuntimeEvent::Inference(event) => word(event),
		_ => String::from("of another pallet"),
	}
}

/// A word for an event, a status or a reason: its name without its fields.
fn word(of: &impl std::fmt::Debug) -> String {
	let text = format!("{of:?}");
	let name = text.trim_start_matches("Event::");
	name.split([' ', '(', '{']).next().unwrap().to_string()
}

impl World {
	/// Begins a session with another set, other keys and other roles.
	fn new_session(&mut self) {
		let size = 4 + self.dice.roll(6);
		let (most, suspects) = match self.threat {
			Threat::BelowThird => ((size - 1) / 3, SUSPECTS),
			Threat::Any => (size, CROWD),
		};
		let mut suspects: Vec<u64> = suspects.collect();
		let mut set = Vec::new();
		// Now and then all of them are of one mind, and wrong.
		let cartel = self.threat == Threat::Any && self.dice.chance(30);
		// Or more than half are honest, and too few of the others judge contested votes for two thirds.
		let shirking = self.threat == Threat::Any && !cartel && self.dice.chance(50);
		self.troll = None;
		let wanted = match (cartel, shirking) {
			(true, _) => size,
			(_, true) => size - (size / 2 + 1),
			_ => self.dice.roll(most + 1),
		};
		for _ in 0..wanted {
			set.push(suspects.remove(self.dice.roll(suspects.len() as u64) as usize));
		}
		let hostile = set.len();
		if shirking {
			self.troll = set.first().copied();
		}
		let honest = if self.threat == Threat::Any { CROWD } else { SUSPECTS.end..CROWD.end };
		let mut honest: Vec<u64> = honest.filter(|who| !set.contains(who)).collect();
		while set.len() < size as usize {
			set.push(honest.remove(self.dice.roll(honest.len() as u64) as usize));
		}
		// The honest may have more power each. All have the same if a part of the set's heads is wanted.
		let equal = cartel || shirking || self.dice.chance(40);
		for who in CROWD {
			let most = if equal || set[..hostile].contains(&who) { 1 } else { 3 };
			Powers::mutate(|powers| powers.insert(who, 1 + self.dice.roll(most)));
			if self.dice.chance(20) {
				KeyOf::mutate(|keys| *keys.entry(who).or_default() += 1);
			}
		}
		let shirkers = Roles::take().into_iter().filter(|(_, role)| *role == Role::Shirker).map(|(who, _)| who);
		let shirkers: Vec<u64> = shirkers.collect();
		for (n, who) in set.iter().take(hostile).enumerate() {
			let role = self.dice.pick(&[
				Role::Liar(1),
				Role::Liar(1),
				Role::Liar(2),
				Role::Framer,
				Role::Fails(FailReason::ModelTrap),
				Role::Copier,
				Role::Objector,
				Role::Silent,
				Role::Withholder,
				Role::Withholder,
				Role::Late,
				Role::LateLiar(1),
				Role::Lacks(SignalKind::InputUnavailable),
				Role::Lacks(SignalKind::ModelUnavailable),
			]);
			let role = match (cartel, shirking) {
				(true, _) => Role::Liar(1),
				(_, true) if n > 0 => Role::Shirker,
				(_, true) => Role::Liar(1),
				_ => role,
			};
			set_role([*who], role);
		}
		// A shirker goes on with it, as a rule: a round that repeats another lasts for sessions.
		for who in shirkers {
			if !(cartel && set.contains(&who)) && self.dice.chance(95) {
				set_role([who], Role::Shirker);
			}
		}
		if NextEngine::<Test>::exists() && self.dice.chance(70) {
			set = validators();
		}
		// Validators that were put out come back with the next set, as a rule.
		Out::mutate(|out| out.retain(|_| self.dice.chance(10)));
		mock::new_session(&set);
		if self.dice.chance(30) {
			let engine = self.dice.pick(&[ENGINE, other_engine(), third_engine()]);
			let call: RuntimeCall = ModelsCall::set_engine { engine, package: None }.into();
			call.dispatch(RuntimeOrigin::root()).unwrap();
		}
		let Some(EngineProposal { engine, .. }) = NextEngine::<Test>::get() else { return };
		for who in set {
			if self.dice.chance(85) {
				let _ = submit(sign(Attestation { engine: Some(engine), ..nothing(who) }));
			}
		}
	}

	/// Any model, most often one that is active.
	fn model(&mut self) -> ModelId {
		let active =
			|(id, model): (ModelId, Model<Test>)| matches!(model.status, ModelStatus::Active { .. }).then_some(id);
		let active: Vec<ModelId> = Models::<Test>::iter().filter_map(active).collect();
		let any = model_id(self.dice.roll(MODELS));
		if active.is_empty() {
			any
		} else {
			self.dice.mostly(&active, &[any])
		}
	}

	fn input(&mut self) -> Input {
		let (n, byte) = (self.dice.roll(4), self.dice.roll(256) as u8);
		let usual = [inline(&[byte; 5]), inline(&[byte; 50]), blob(n, 3_000)];
		self.dice.mostly(&usual, &[inline(b""), blob(n, 0), blob(n, u64::MAX)])
	}

	fn register(&mut self) -> Result<(), DispatchError> {
		let id = model_id(self.dice.roll(MODELS));
		let sample = if self.dice.chance(30) { None } else { Some(self.input()) };
		let engine = CurrentEngine::<Test>::get().unwrap_or(ENGINE);
		let honest = vote_under(engine, &execute(id, input_of(id, sample.as_ref()), 1_000, &[[0; 32]]), id);
		let expected = match (self.dice.roll(6), honest.verdict) {
			(0, _) => Some([1; 32]),
			(1, Verdict::Output { result_hash, .. }) => Some(result_hash),
			_ => None,
		};
		let (owner, names) = self.dice.pick(&[(PUBLISHER, ["a", "b", "c/d"]), (RIVAL, ["e", "f", "g"])]);
		let record = |name: &str| Names::<Test>::get(ModelName::truncate_from(name.into()));
		let last = |name: &str| record(name).map_or(0, |name| name.last_version);
		let name = self.dice.mostly(&names, &["a", "e", "", "H"]);
		// Names are given away now and then.
		let holder = record(name).map_or(owner, |name| name.owner);
		let owner = self.dice.mostly(&[holder], &[owner]);
		Registration {
			owner: self.dice.mostly(&[owner], &[PAUPER]),
			model: id,
			size: self.dice.mostly(&[1, 2_000, 5_000_000], &[0, u64::MAX]),
			version: self.dice.mostly(&[last(name) + 1, last(name).max(1)], &[0, 1]),
			name: name.as_bytes().to_vec(),
			royalty: self.dice.pick(&[0, 0, 5, 500]),
			metadata: self.metadata(),
			sample,
			expected,
		}
		.submit()
	}

	fn metadata(&mut self) -> ModelMetadata {
		let task = self.dice.mostly(&["", "text", "image"], &["Text"]);
		let tags = self.dice.mostly(&[&[][..], &["small"], &["small", "int8"]], &[&["a", "a"], &[""]]);
		let description = self.dice.mostly(&[&b""[..], b"What it does."], &[b"\0"]).to_vec();
		let size = self.dice.mostly(&[1, 3_000], &[0]);
		let card = self.dice.chance(40).then(|| BlobRef { id: blob(self.dice.roll(3), 0).content_id(), size });
		ModelMetadata { description: description.try_into().unwrap(), card, ..metadata(task, tags) }
	}

	/// Manages a model or a name, as a rule by its owner. Returns the call's name and its result.
	fn manage(&mut self, model: ModelId) -> (&'static str, Result<(), DispatchError>) {
		let (name, version, owner) = match Models::<Test>::get(model) {
			Some(model) => (model.name, model.version, model.owner),
			None => (Default::default(), 1, PUBLISHER),
		};
		let who = self.dice.mostly(&[owner], &[PUBLISHER, RIVAL]);
		let to = self.dice.mostly(&[PUBLISHER, RIVAL], &[999]);
		match self.dice.roll(8) {
			0..=2 => ("set_metadata", call(who, ModelsCall::set_metadata { model, metadata: self.metadata() })),
			3..=5 => {
				let version = self.dice.mostly(&[version], &[version + 1]);
				let provenance = statement(model, &name, version);
				("set_provenance", call(who, ModelsCall::set_provenance { model, provenance }))
			}
			6 => ("transfer_model", call(who, ModelsCall::transfer_model { model, to })),
			_ => {
				let who = Names::<Test>::get(&name).map_or(who, |name| self.dice.mostly(&[name.owner], &[who]));
				let name = self.dice.mostly(&[name], &[ModelName::truncate_from(b"nobody".to_vec())]);
				("transfer_name", call(who, ModelsCall::transfer_name { name, to }))
			}
		}
	}

	fn ask(&mut self) -> Result<(), DispatchError> {
		let ask = Ask {
			audits: self.dice.mostly(&[None, Some(0), Some(0), Some(3)], &[Some(MaxAudits::get() + 1)]),
			window: self.dice.mostly(
				&[None, Some(Window::Blocks(1)), Some(Window::Blocks(5)), Some(Window::Assured)],
				&[Some(Window::Blocks(0)), Some(Window::Blocks(MaxWindow::get() + 1))],
			),
			owner: self.dice.mostly(&[REQUESTER, RIVAL], &[PAUPER]),
			model: self.model(),
			input: self.input(),
			unit_limit: self.dice.mostly(&[500, 500, 5_000, 50, UNITS_PER_BLOCK * 2], &[0, u64::MAX]),
			max_fee: self.dice.mostly(&[u128::MAX], &[10]),
			k: self.dice.mostly(&[None, Some(3), Some(3), Some(4)], &[Some(1), Some(30)]),
			callback: if self.dice.chance(30) { Some(Box::new(self.callback())) } else { None },
		};
		let run = execute(ask.model, ask.input.content_id(), ask.unit_limit, &[[0; 32]]);
		let engine = Models::<Test>::get(ask.model).map_or(ENGINE, |model| model.engine);
		let (honest, at) = (vote_under(engine, &run, ask.model).verdict, now());
		let input = ask.input.clone();
		let id = ask.submit()?;
		self.known.insert(id, (honest, input));
		self.asked.insert(id, Asked { at, escrow: request(id).escrow });
		Ok(())
	}

	fn callback(&mut self) -> RuntimeCall {
		let note = |fails, bytes| RuntimeCall::from(probe::Call::note { fails, padding: vec![0; bytes] });
		match self.dice.roll(8) {
			0 => frame_system::Call::remark { remark: Vec::new() }.into(),
			1 => probe::Call::heavy {}.into(),
			2 => probe::Call::signed {}.into(),
			3 => note(false, 5_000),
			4 => note(true, 0),
			_ => note(false, 0),
		}
	}

	/// A challenge, most often of a result that can be challenged.
	fn dispute(&mut self) -> Result<(), DispatchError> {
		let of_request = |subject| match subject {
			Subject::Request(id) => Some(id),
			Subject::Model(_) => None,
		};
		let attested: Vec<RequestId> = Agreements::<Test>::iter_keys().filter_map(of_request).collect();
		let any = self.dice.roll(NextRequest::<Test>::get() + 1);
		let request = if attested.is_empty() { any } else { self.dice.mostly(&attested, &[any]) };
		let crowd: Vec<u64> = CROWD.collect();
		let who = self.dice.mostly(&crowd, &[RIVAL]);
		call(who, RoundsCall::dispute { subject: Subject::Request(request) })
	}

	/// A challenge of a result, most often of one that is final, with its input.
	fn dispute_result(&mut self) -> Result<(), DispatchError> {
		let ended: Vec<RequestId> = Results::<Test>::iter_keys().collect();
		let any = self.dice.roll(NextRequest::<Test>::get() + 1);
		let request = if ended.is_empty() { any } else { self.dice.mostly(&ended, &[any]) };
		let other = inline(b"another");
		let input = self.known.get(&request).map_or(other.clone(), |(_, input)| input.clone());
		let input = self.dice.mostly(&[input], &[other]);
		let crowd: Vec<u64> = CROWD.collect();
		let who = self.dice.mostly(&crowd, &[RIVAL]);
		call(who, Call::dispute_result { request, input })
	}

	fn act(&mut self, tally: &mut Tally) {
		let model = self.model();
		let who = self.dice.pick(&[PUBLISHER, PUBLISHER, RIVAL]);
		let (name, answer) = match self.dice.roll(60) {
			58..=59 => ("dispute_result", self.dispute_result()),
			0..=9 => ("register_model", self.register()),
			10..=37 => ("request_inference", self.ask()),
			38 => ("retire_model", call(who, ModelsCall::retire_model { model })),
			40..=41 | 54..=57 => ("dispute", self.dispute()),
			42..=45 => {
				let old = |(id, model): (ModelId, Model<Test>)| {
					let active = matches!(model.status, ModelStatus::Active { .. });
					(active && Some(model.engine) != CurrentEngine::<Test>::get()).then_some((model.owner, id))
				};
				let (who, model) = Models::<Test>::iter().find_map(old).unwrap_or((who, model));
				("reactivate_model", call(who, ModelsCall::reactivate_model { model }))
			}
			46..=53 => self.manage(model),
			_ => {
				let royalty = self.dice.pick(&[0, 7, 7, u128::MAX]);
				("set_royalty", call(who, ModelsCall::set_royalty { model, royalty }))
			}
		};
		note(tally, format!("call {name}"));
		if let Err(error) = answer {
			note(tally, format!("error {}", error_name(error)));
		}
	}

	/// Attestations of strangers and thieves, beside those that the validators make.
	fn noise(&mut self, genuine: &[Signed]) -> Vec<Signed> {
		self.stolen.extend(genuine.iter().take(2).cloned());
		let rounds: Vec<RoundId> = Rounds::<Test>::iter_keys().collect();
		if self.stolen.is_empty() || rounds.is_empty() {
			return Vec::new();
		}
		let stolen = self.dice.pick(&self.stolen);
		let round = self.dice.pick(&rounds);
		let who = self.dice.roll(12) + FIRST;
		let signal = Signal { round, kind: SignalKind::InputUnavailable, proof: None };
		let twice = vec![signal; 2].try_into().unwrap();
		let changed = match stolen.clone() {
			Signed::Attest(attestation, signature) => vec![
				Signed::Attest(Attestation { validator: who, block: now(), ..attestation.clone() }, signature.clone()),
				Signed::Attest(Attestation { block: now() + 9, ..attestation }, signature),
			],
			Signed::Seal(seal) => {
				vec![Signed::Seal(Seal { validator: who, ..seal.clone() }), Signed::Seal(Seal { round, ..seal })]
			}
		};
		let own = vec![
			stolen,
			sign_with(&pair_of(who, 77), commit(who, round, [0; 32])),
			sign(Attestation { signals: twice, block: now(), ..nothing(who) }),
		];
		[own, changed, self.another_fork()].concat()
	}

	/// Seals on another fork by some validators that may be at fault.
	fn another_fork(&mut self) -> Vec<Signed> {
		let ended = EndedRounds::<Test>::iter().map(|(id, ended)| (id, ended.session));
		let open = Rounds::<Test>::iter().map(|(id, round)| (id, round.session));
		let rounds: Vec<_> = ended.chain(open).collect();
		if rounds.is_empty() || !self.dice.chance(5) {
			return Vec::new();
		}
		let (round, session) = self.dice.pick(&rounds);
		let who = self.dice.pick(&SUSPECTS.collect::<Vec<_>>());
		let Some((key, _)) = SessionKeys::<Test>::get(session, who) else { return Vec::new() };
		vec![sign_with(&pair_for(who, &key), commit(who, round, [0xEE; 32]))]
	}

	/// Checks what has happened since the last look against what the test knows.
	fn look(&mut self, tally: &mut Tally) {
		let log = log_from(self.seen);
		for (_, event) in &log {
			note(tally, format!("event {}", event_word(event)));
			match event {
				RuntimeEvent::Voting(RoundsEvent::Agreed {
					subject: Subject::Request(request),
					verdict,
					votes,
					..
				}) => self.attested(*request, *verdict, *votes, tally),
				RuntimeEvent::Inference(OwnEvent::InferenceFinalized { request, verdict, paid, refunded, .. }) => {
					let claimed = match result(*request).ended {
						Ended::Final(claim) => claim.decision,
						ended => panic!("final and {ended:?}"),
					};
					assert_eq!(self.decided.remove(request), Some(claimed), "not what was attested");
					self.ended(*request, paid + refunded);
					self.repent(*request, verdict);
					let output = matches!(verdict, Verdict::Output { .. });
					note(tally, if output { "end output" } else { "end failed" });
				}
				RuntimeEvent::Inference(OwnEvent::InferenceExpired { request, paid, refunded }) => {
					self.ended(*request, paid + refunded);
					note(tally, if *paid > 0 { "end expired, paid" } else { "end expired" });
				}
				RuntimeEvent::Inference(OwnEvent::InferenceUnresolved { request, refunded }) => {
					self.ended(*request, *refunded);
					note(tally, "end unresolved");
				}
				RuntimeEvent::Registry(ModelsEvent::ModelActivated { model, result_hash, .. }) => {
					self.activated(*model, *result_hash, tally)
				}
				RuntimeEvent::Registry(ModelsEvent::ModelRejected { reason, .. }) => {
					note(tally, format!("end model rejected: {}", word(reason)));
					note(tally, format!("end model: {}", word(reason)));
				}
				RuntimeEvent::Registry(ModelsEvent::TrialFailed { reason, .. }) => {
					note(tally, format!("end model: {}", word(reason)));
				}
				RuntimeEvent::Registry(ModelsEvent::ModelRetired { .. }) => note(tally, "end model retired"),
				RuntimeEvent::Voting(
					RoundsEvent::Disputed { subject: Subject::Request(request), .. }
					| RoundsEvent::Objected { subject: Subject::Request(request), .. },
				) => self.disputed(*request),
				RuntimeEvent::Voting(RoundsEvent::AuditorAdmitted { round, validator }) => {
					self.auditors.insert((*round, *validator));
				}
				RuntimeEvent::Voting(RoundsEvent::DisputeSettled { validator, upheld, hold, returned, .. }) => {
					note(tally, if *upheld { "end dispute upheld" } else { "end dispute lost" });
					self.balances.entry(*validator).and_modify(|total| *total -= hold - returned);
				}
				RuntimeEvent::Inference(OwnEvent::ResultOverturned { request, .. }) => {
					let wrong = decision(*request).verdict == self.known[request].0;
					assert!(
						!wrong || self.threat == Threat::Any,
						"a third of the validators overturned a right result"
					);
				}
				RuntimeEvent::Inference(OwnEvent::ResultConfirmed { request }) => {
					let right = decision(*request).verdict == self.known[request].0;
					assert!(right || self.threat == Threat::Any, "a third of the validators confirmed a false result");
				}
				RuntimeEvent::Inference(OwnEvent::CallbackDispatched { result, .. }) => {
					note(tally, if result.is_ok() { "end callback made" } else { "end callback failed" });
				}
				RuntimeEvent::Registry(ModelsEvent::EngineSet { .. }) => note(tally, "end engine set"),
				_ => (),
			}
		}
		self.seen += log.len();
		for (id, asked) in &self.asked {
			assert!(now() - asked.at < LONGEST, "request {id} is stuck in {:?}", stage(*id));
		}
		for who in CROWD {
			let total = free(who) + held(RoundsHold::Dispute, who);
			let before = self.balances.insert(who, total).unwrap_or(0);
			assert!(total >= before, "a validator lost plancks");
		}
		for (who, fault) in Faults::take() {
			note(tally, format!("fault {fault:?}"));
			let suspect = self.threat == Threat::Any || SUSPECTS.contains(&who);
			assert!(suspect, "an honest validator was found at fault: {fault:?}");
		}
	}

	/// Liars whose result is final repent now and then, and one of them says so.
	fn repent(&mut self, id: RequestId, verdict: &Verdict) {
		let (honest, input) = self.known[&id].clone();
		if *verdict != honest && !decision(id).escalated && self.dice.chance(75) {
			Roles::mutate(|roles| roles.retain(|_, role| *role == Role::Shirker));
			let who = self.dice.pick(&validators());
			let _ = call(who, Call::dispute_result { request: id, input });
		}
	}

	fn attested(&mut self, id: RequestId, verdict: Verdict, announced: u32, tally: &mut Tally) {
		let decision = agreement(id).decision;
		assert_eq!((decision.verdict, decision.votes), (verdict, announced));
		let votes = Votes::mutate(|votes| votes.remove(&decision.round)).unwrap();
		let session = EndedRounds::<Test>::get(decision.round).unwrap().session;
		let mut counts: BTreeMap<Vec<u8>, (Power, u32)> = BTreeMap::new();
		for (who, vote) in votes.iter().filter(|(who, _)| !self.auditors.contains(&(decision.round, **who))) {
			let power = if decision.escalated { SessionKeys::<Test>::get(session, who).unwrap().1 } else { 1 };
			let (sum, heads) = counts.entry(codec::Encode::encode(vote)).or_default();
			(*sum, *heads) = (*sum + power, *heads + 1);
		}
		let (most, heads) = counts.values().copied().max().unwrap();
		assert_eq!(heads, announced, "not the votes that were revealed");
		let (threshold, total) = match decision.escalated {
			true => (math::two_thirds_of(decision.total), decision.total),
			false => (math::quorum(decision.k).into(), decision.k.into()),
		};
		assert!(most >= threshold && math::two_thirds(most, total));
		assert!(!decision.escalated || decision.power == most);
		assert!(votes.values().any(|vote| vote.verdict == verdict));
		assert!(decision.escalated || counts.len() == 1, "attested in spite of another vote");
		if decision.escalated {
			assert_eq!(decision.k, decision.v);
			note(tally, "end decided by all");
		} else {
			let seals = EndedRounds::<Test>::get(decision.round).unwrap().seals.into_iter();
			let shut: Vec<_> = seals.filter(|seal| seal.shut().is_some() && !seal.late).collect();
			let auditor = |seal: &EndedSeal<u64>| self.auditors.contains(&(decision.round, seal.validator));
			assert!(shut.iter().all(auditor), "agreed on with a member's seal shut");
			note(
				tally,
				if shut.is_empty() {
					"end decided by a committee"
				} else {
					"end decided by a committee, an auditor's seal shut"
				},
			);
		}
		let false_result = verdict != self.known[&id].0;
		assert!(self.threat == Threat::Any || !false_result, "a third of the validators made a false result");
		if false_result {
			note(tally, "end false, by more than a third");
			if !decision.escalated && self.dice.chance(75) {
				// They repent, and one of them says so.
				Roles::mutate(|roles| roles.retain(|_, role| *role == Role::Shirker));
				let who = self.dice.pick(&validators());
				let _ = call(who, RoundsCall::dispute { subject: Subject::Request(id) });
			}
		}
		if Results::<Test>::contains_key(id) {
			note(tally, "end final result judged by all");
			return;
		}
		self.decided.insert(id, decision);
		if let Some(who) = self.troll.filter(|_| !decision.escalated) {
			let _ = call(who, RoundsCall::dispute { subject: Subject::Request(id) });
		}
	}

	/// A disputed result is not what was decided.
	fn disputed(&mut self, id: RequestId) {
		self.decided.remove(&id);
	}

	fn ended(&mut self, id: RequestId, plancks: u128) {
		assert_eq!(self.asked.remove(&id).unwrap().escrow, plancks, "paid and refunded are not what was held");
	}

	fn activated(&mut self, id: ModelId, result_hash: Hash32, tally: &mut Tally) {
		let ModelStatus::Active { input, .. } = model(id).status else { return };
		let honest = vote_under(model(id).engine, &execute(id, input, 1_000, &[[0; 32]]), id).verdict;
		let right = matches!(honest, Verdict::Output { result_hash: known, .. } if known == result_hash);
		assert!(right || self.threat == Threat::Any, "a third of the validators activated a model");
		note(tally, "end model active");
	}

	/// One block.
	fn step(&mut self, tally: &mut Tally) {
		if now().is_multiple_of(SESSION) {
			self.new_session();
		}
		VrfMissing::set(self.dice.chance(5));
		IdleWeight::set(self.dice.mostly(&[Weight::MAX], &[Weight::zero(), Weight::from_parts(150, 0)]));
		if self.dice.chance(4) {
			self.rush = 4;
		}
		self.rush = self.rush.saturating_sub(1);
		let calls = if self.rush > 0 { 30 } else { self.dice.roll(4) };
		for _ in 0..calls {
			self.act(tally);
		}
		if self.dice.chance(2) {
			let engine = CurrentEngine::<Test>::take();
			self.act(tally);
			self.act(tally);
			CurrentEngine::<Test>::set(engine);
		}
		if self.dice.chance(2) {
			let electors = Electors::<Test>::take();
			(0..5).for_each(|_| self.act(tally));
			Electors::<Test>::put(electors);
		}
		let noise = std::cell::RefCell::new(Vec::new());
		let answers = next_block_with(|genuine| {
			noise.replace(self.noise(genuine));
			noise.borrow().clone()
		});
		for answer in answers {
			note(
				tally,
				match answer {
					Ok(_) => "attestation taken twice or in time".into(),
					Err(TransactionValidityError::Invalid(error)) => format!("attestation refused: {}", word(&error)),
					Err(TransactionValidityError::Unknown(error)) => format!("seal refused: {}", word(&error)),
				},
			);
		}
		self.look(tally);
	}
}

/// Plays this many blocks, then lets everything end.
fn play(seed: u64, threat: Threat, blocks: u32, tally: &mut Tally) {
	VrfSalt::set(seed);
	run(7, || {
		for n in 0..MODELS {
			match n % 8 {
				4 => plan(model_id(n), Planned::Fails(FailReason::ModelInvalid), 30),
				5 => plan(model_id(n), Planned::Inline(8), 5_000),
				6 => plan(model_id(n), Planned::Blob(50_000), 200),
				_ => (),
			}
		}
		let dice = Dice { seed, rolled: 0 };
		Missing::set([blob(3, 3_000).content_id()].into());
		let (asked, known, decided, balances, auditors) = Default::default();
		CROWD.for_each(|who| set_free(who, ED + PURSE));
		let stolen = Vec::new();
		let mut world =
			World { dice, threat, asked, known, decided, balances, auditors, stolen, seen: 0, rush: 0, troll: None };
		world.new_session();
		for _ in 0..blocks {
			world.step(tally);
		}
		VrfMissing::set(false);
		IdleWeight::set(Weight::MAX);
		for _ in 0..LONGEST {
			next_block();
			world.look(tally);
			if Standings::<Test>::count() == 0 && EndedRounds::<Test>::iter().next().is_none() {
				break;
			}
		}
		// Callbacks are made when their block ends.
		next_block();
		world.look(tally);
		assert_eq!(Standings::<Test>::count(), 0, "seed {seed}: something is stuck");
		assert!(world.asked.is_empty() && world.decided.is_empty());
		let open = (Rounds::<Test>::iter().count(), Ballots::<Test>::iter().count(), Agenda::<Test>::iter().count());
		assert_eq!(open, (0, 0, 0));
		let waiting = (Disputes::<Test>::iter().count(), Contested::<Test>::iter().count(), Callbacks::<Test>::count());
		assert_eq!(waiting, (0, 0, 0));
		assert_eq!((EndedRounds::<Test>::iter().count(), Duties::<Test>::iter().count()), (0, 0));
		run_for(ResultRetention::get());
		finish_block();
		assert_eq!((Results::<Test>::iter().count(), FinalizedIn::<Test>::iter().count()), (0, 0));
		assert_eq!((Prunable::<Test>::iter().count(), Outputs::<Test>::iter().count()), (0, 0));
	});
	VrfSalt::set(0);
}

fn from_env(name: &str) -> Option<u64> {
	std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn stateful() {
	Auditors::set(2);
	MaxCallbacks::set(2);
	MaxOpen::set(32);
	let mut tally = Tally::new();
	let seed = from_env("ASSAY_SEED").unwrap_or(5);
	let blocks = from_env("ASSAY_BLOCKS").unwrap_or(200) as u32;
	for round in 0..6 {
		play(seed + 2 * round, Threat::BelowThird, blocks, &mut tally);
		play(seed + 2 * round + 1, Threat::Any, blocks, &mut tally);
	}
	for (what, times) in &tally {
		println!("{times:>7}  {what}");
	}
	let calls = [
		"dispute",
		"dispute_result",
		"reactivate_model",
		"register_model",
		"request_inference",
		"retire_model",
		"set_metadata",
		"set_provenance",
		"set_royalty",
		"transfer_model",
		"transfer_name",
	];
	let faults = [
		"NoJudge",
		"NotRevealed",
		"ShutTogether",
		"Signalled",
		"Silent",
		"StillShut",
		"TwoSeals",
		"WrongByMajority",
		"WrongTrace",
		"WrongVerdict",
	];
	let ends = [
		"callback failed",
		"callback made",
		"decided by a committee",
		"decided by a committee, an auditor's seal shut",
		"decided by all",
		"dispute lost",
		"dispute upheld",
		"engine set",
		"expired",
		"expired, paid",
		"failed",
		"final result judged by all",
		"model active",
		"model rejected: Deadline",
		"model rejected: Failed",
		"model rejected: UnexpectedResult",
		"model retired",
		"model: Unresolved",
		"output",
		"unresolved",
	];
	let errors = [
		"NoEngine",
		"NoValidators",
		"ModelExists",
		"ModelUnknown",
		"ModelNotActive",
		"ModelOutdated",
		"NotOwner",
		"NameTaken",
		"NameUnknown",
		"InvalidName",
		"InvalidTask",
		"InvalidTag",
		"InvalidText",
		"InvalidSignature",
		"CardSizeOutOfRange",
		"VersionNotNewer",
		"ModelSizeOutOfRange",
		"InputSizeOutOfRange",
		"UnitLimitOutOfRange",
		"CommitteeOutOfRange",
		"FeeAboveMax",
		"TooManyOpen",
		"BlockFull",
		"CallbackNotAllowed",
		"CallbackTooLarge",
		"TooManyCallbacks",
		"TooManyAudits",
		"WindowOutOfRange",
		"NotAgreed",
		"DecidedByAll",
		"NotValidator",
		"EngineNotNewer",
		"Overflow",
		"FundsUnavailable",
	];
	let named = |line: &'static str| line.strip_prefix("\t\t")?.strip_suffix(" {");
	let of_rounds = include_str!("../../../rounds/src/lib.rs").split("pub enum Event").nth(1).unwrap();
	let of_rounds = of_rounds.split("#[pallet::error]").next().unwrap();
	let events = [include_str!("../events.rs"), include_str!("../../../models/src/events.rs"), of_rounds];
	let events = events.into_iter().flat_map(str::lines).filter_map(named);
	// Nobody is kept out of a round here, keeps seals shut for so long, or is known to find a lie that is final, and a model's bytes are
	// looked for while it is tried: tests/objections.rs, tests/adversary.rs, tests/overturned.rs, tests/audits.rs and tests/blobs.rs have who does.
	let elsewhere = ["Objected", "Barred", "ResultOverturned", "ReactivationStarted", "CatalogueLimitSet"];
	let events = events.filter(|name| !name.contains([' ', '/', '\t']) && !elsewhere.contains(name));
	let refusals = ["BadProof", "Call", "Future", "Stale"];
	let must = ends
		.map(|end| format!("end {end}"))
		.into_iter()
		.chain(errors.map(|error| format!("error {error}")))
		.chain(calls.map(|call| format!("call {call}")))
		.chain(faults.map(|fault| format!("fault {fault}")))
		.chain(events.map(|event| format!("event {event}")))
		.chain(refusals.map(|refusal| format!("attestation refused: {refusal}")));
	for what in must {
		assert!(tally.contains_key(&what), "never: {what}");
	}
}
