//! The off-chain worker of a node, with an engine behind it.

use super::*;
use assay_primitives::{
	host::{EngineExt, FinalizedExt},
	seal, Abstention, FailReason, Job, JobInput, Output,
};
use codec::Decode;
use frame_support::{assert_ok, traits::Hooks};
use sp_core::{
	crypto::ByteArray,
	offchain::{
		testing::{OffchainState, PoolState, TestOffchainExt, TestTransactionPoolExt},
		OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
	},
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use std::{cell::RefCell, sync::Arc};

/// A node: its keys, its engine, and what its worker has sent to the pool.
struct Node {
	host: FakeHost,
	keystore: Arc<MemoryKeystore>,
	pool: Arc<parking_lot::RwLock<PoolState>>,
	offchain: Arc<parking_lot::RwLock<OffchainState>>,
	/// The list of duties that the worker gave the engine last.
	jobs: RefCell<Vec<Job>>,
	/// The block that it calls final: nothing if a test does not say otherwise.
	finalized: Arc<parking_lot::RwLock<(u32, [u8; 32])>>,
}

/// Runs a test on a chain with this many validators, of which the node's are these; the mock plays the others.
fn with_node(validators: u32, local: &[u64], test: impl FnOnce(&Node)) {
	let mut ext = ext(validators);
	let (worker, offchain) = TestOffchainExt::new();
	let (transactions, pool) = TestTransactionPoolExt::new();
	let node = Node {
		host: FakeHost::default(),
		keystore: Arc::new(MemoryKeystore::new()),
		pool,
		offchain,
		jobs: Default::default(),
		finalized: Default::default(),
	};
	ext.register_extension(OffchainDbExt::new(worker.clone()));
	ext.register_extension(OffchainWorkerExt::new(worker));
	ext.register_extension(TransactionPoolExt::new(transactions));
	ext.register_extension(KeystoreExt(node.keystore.clone()));
	ext.register_extension(EngineExt(Arc::new(node.host.clone())));
	let finalized = node.finalized.clone();
	ext.register_extension(FinalizedExt(Arc::new(move || *finalized.read())));
	ext.execute_with(|| {
		for who in local {
			node.insert_key(*who, 0);
		}
		set_role(local.iter().copied(), Role::Silent);
		test(&node);
		finish_block();
	});
}

/// The seal that was sent, alone.
#[track_caller]
fn the_seal(sent: &[Signed]) -> &Seal<u64> {
	match sent {
		[Signed::Seal(seal)] => seal,
		sent => panic!("not one seal: {sent:?}"),
	}
}

/// The attestation that was sent, alone.
#[track_caller]
fn the_attestation(sent: &[Signed]) -> &Attestation<u64, u32, Subject> {
	match sent {
		[Signed::Attest(attestation, _)] => attestation,
		sent => panic!("not one attestation: {sent:?}"),
	}
}

/// The attestations among what was sent.
fn attestations(sent: Vec<Signed>) -> Vec<Attestation<u64, u32, Subject>> {
	let attestation = |signed| match signed {
		Signed::Attest(attestation, _) => Some(attestation),
		Signed::Seal(_) => None,
	};
	sent.into_iter().filter_map(attestation).collect()
}

impl Node {
	/// The salt of a validator's seal in a round that is known.
	fn salt(&self, round: RoundId, who: u64) -> [u8; 16] {
		seal::salt(&*self.keystore, &key(who), &seal_input(round).unwrap()).unwrap()
	}

	fn insert_key(&self, who: u64, index: u32) {
		use sp_core::Pair;
		let seed =
			format!("0x{}", sp_core::hexdisplay::HexDisplay::from(&assay_primitives::h("test/key", (who, index))));
		let public = pair_of(who, index).public();
		self.keystore.insert(assay_primitives::infr::KEY_TYPE, &seed, public.as_slice()).unwrap();
	}

	/// This block of the chain is final in the node's view.
	fn finalize(&self, block: u32) {
		*self.finalized.write() = (block, hash_of(block).into());
	}

	fn mood(&self, mood: Mood) {
		self.host.0.lock().unwrap().mood = mood;
	}

	/// Lets the worker run after this block; gives what it sent to the pool.
	fn work(&self) -> Vec<Signed> {
		finish_block();
		Voting::offchain_worker(now());
		self.jobs.replace(self.host.0.lock().unwrap().enqueued.last().cloned().unwrap_or_default());
		let transactions = std::mem::take(&mut self.pool.write().transactions);
		let decode = |bytes: Vec<u8>| {
			let extrinsic = Extrinsic::decode(&mut &bytes[..]).unwrap();
			assert!(!extrinsic.is_signed(), "a general transaction");
			match extrinsic.function {
				RuntimeCall::Voting(RoundsCall::attest { attestation, signature }) => {
					Signed::Attest(attestation, signature)
				}
				RuntimeCall::Voting(RoundsCall::seal { seal }) => Signed::Seal(seal),
				call => panic!("sent {call:?}"),
			}
		};
		transactions.into_iter().map(decode).collect()
	}

	/// Makes a block with what the worker has sent, all of which has to be accepted. Gives it.
	fn block(&self) -> Vec<Signed> {
		let mut sent = Vec::new();
		let answers = next_block_with(|_| {
			sent = self.work();
			sent.clone()
		});
		answers.into_iter().for_each(|answer| drop(answer.unwrap()));
		sent
	}

	fn blocks(&self, count: u32) -> Vec<Signed> {
		(0..count).flat_map(|_| self.block()).collect()
	}

	fn jobs(&self) -> Vec<Job> {
		self.jobs.borrow().clone()
	}

	fn asked(&self) -> (usize, usize) {
		let asked = self.host.0.lock().unwrap();
		(asked.enqueued.len(), asked.taken.len())
	}

	/// The first model, active.
	fn active_model(&self) -> assay_primitives::ModelId {
		assert_ok!(Registration::new(1).submit());
		for _ in 0..40 {
			self.block();
			if matches!(model(model_id(1)).status, ModelStatus::Active { .. }) {
				return model_id(1);
			}
		}
		panic!("{:?}", model(model_id(1)).status);
	}
}

#[test]
fn it_seals_and_opens_and_the_request_is_final_in_four_blocks() {
	with_node(1, &[FIRST], |node| {
		let start = now();
		let model = node.active_model();
		assert_eq!(now(), start + 3);
		let n = now();
		let id = Ask::new(model).submit().unwrap();
		assert!(node.block().is_empty());
		let sent = node.block();
		let sealed = the_seal(&sent);
		let round = round_of(id);
		let expected = honest_reveal(round, FIRST);
		let salt = node.salt(round, FIRST);
		let commitment = super::seal(round, FIRST, &expected.vote, &salt);
		assert_eq!((sealed.round, sealed.validator, sealed.commitment), (round, FIRST, commitment));
		let sent = node.block();
		let opened = the_attestation(&sent);
		let reveal = reveal(FIRST, Reveal { salt, ..expected });
		assert_eq!(*opened, Attestation { block: n + 2, ..reveal });
		assert!(node.block().is_empty());
		assert_eq!(result(id).ended_at, n + 4);
	});
}

#[test]
fn the_pipeline_of_the_runtime_takes_what_it_sends() {
	use frame_support::dispatch::GetDispatchInfo;
	use sp_runtime::traits::DispatchTransaction;
	with_node(1, &[FIRST], |node| {
		assert_ok!(Registration::new(1).submit());
		node.block();
		finish_block();
		Voting::offchain_worker(now());
		let [bytes] = &node.pool.read().transactions.clone()[..] else { panic!("one transaction") };
		next_block();
		let apply = || {
			let call = Extrinsic::decode(&mut &bytes[..]).unwrap().function;
			let info = call.get_dispatch_info();
			Extension::new().dispatch_transaction(RuntimeOrigin::none(), call, &info, bytes.len(), 0)
		};
		assert_ok!(apply().unwrap());
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::VoteCommitted { round: 0, validator: FIRST })));
		assert_eq!(apply().unwrap_err(), refusal(InvalidTransaction::Stale));
	});
}

#[test]
fn what_is_said_of_a_block_waits_until_others_have_it() {
	with_node(1, &[FIRST], |node| {
		let clock = || node.offchain.read().timestamp.unix_millis();
		assert_ok!(Registration::new(1).submit());
		let start = clock();
		assert!(node.block().is_empty());
		assert_eq!(clock(), start, "there was nothing to say");
		assert_eq!(node.block().len(), 1);
		assert_eq!(clock(), start + 500);
	});
}

#[test]
fn the_engine_gets_the_whole_list_of_duties() {
	with_node(3, &[FIRST], |node| {
		node.mood(Mood::Busy);
		assert_ok!(Registration { sample: None, ..Registration::new(1) }.submit());
		assert_ok!(Registration { sample: Some(blob(1, 3_000)), ..Registration::new(2) }.submit());
		assert_ok!(Registration { sample: Some(inline(b"sample")), ..Registration::new(3) }.submit());
		node.blocks(2);
		let inputs = [
			JobInput::Generated,
			JobInput::Blob { id: blob(1, 3_000).content_id(), size: 3_000 },
			JobInput::Inline(b"sample".to_vec()),
		];
		for round in 0..3 {
			let expected = Job {
				duty: duty_of(round, FIRST),
				engine: ENGINE,
				model: model_id(1 + round),
				model_size: 2_000,
				input: inputs[round as usize].clone(),
				unit_limit: ActivationUnits::get(),
				trace_keys: trace_keys(round),
				afresh: false,
			};
			assert!(node.jobs().contains(&expected), "{round}: {:?}", node.jobs());
		}
		assert_eq!(node.jobs().len(), 3);
	});
}

#[test]
fn a_request_runs_on_its_own_input_within_its_own_budget() {
	with_node(3, &[FIRST], |node| {
		let model = node.active_model();
		let id = Ask { unit_limit: 77, ..Ask::new(model) }.submit().unwrap();
		node.blocks(2);
		let round = round_of(id);
		let expected = Job {
			duty: duty_of(round, FIRST),
			engine: ENGINE,
			model,
			model_size: 2_000,
			input: JobInput::Inline(b"input".to_vec()),
			unit_limit: 77,
			trace_keys: trace_keys(round),
			afresh: false,
		};
		assert_eq!(node.jobs(), vec![expected]);
	});
}

#[test]
fn in_an_escalation_it_runs_under_both_keys() {
	with_node(7, &[FIRST], |node| {
		let model = node.active_model();
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		node.block();
		finish_block();
		let liar = members(round_of(id)).into_iter().find(|who| *who != FIRST).unwrap();
		set_role([liar], Role::Liar(1));
		while !matches!(stage(id), Stage::Escalated(Some(_))) {
			node.block();
		}
		let round = round_of(id);
		assert_eq!(trace_keys(round).len(), 2);
		assert_eq!(node.jobs()[0].trace_keys, trace_keys(round));
		node.blocks(4);
		assert_eq!(decision(id).votes, 6);
		assert!(decision(id).escalated);
	});
}

#[test]
fn a_node_that_is_no_validator_does_nothing() {
	let mut ext = ext(1);
	let host = FakeHost::default();
	let (transactions, pool) = TestTransactionPoolExt::new();
	let (worker, _) = TestOffchainExt::new();
	ext.register_extension(OffchainDbExt::new(worker.clone()));
	ext.register_extension(OffchainWorkerExt::new(NoValidator(worker)));
	ext.register_extension(TransactionPoolExt::new(transactions));
	ext.register_extension(EngineExt(Arc::new(host.clone())));
	let keystore = Arc::new(MemoryKeystore::new());
	ext.register_extension(KeystoreExt(keystore.clone()));
	ext.execute_with(|| {
		let node = Node {
			host: host.clone(),
			keystore,
			pool,
			offchain: Default::default(),
			jobs: Default::default(),
			finalized: Default::default(),
		};
		node.insert_key(FIRST, 0);
		set_role([FIRST], Role::Silent);
		assert_ok!(Registration::new(1).submit());
		let before = node.asked();
		for _ in 0..5 {
			assert!(node.work().is_empty());
			next_block();
		}
		// Later questions come from the probe's hook, which hands over no duty and asks for none of ours.
		let asked = host.0.lock().unwrap();
		assert!(asked.enqueued[before.0..].iter().all(Vec::is_empty));
		assert!(asked.taken[before.1..].iter().all(|(duties, _)| duties == &[[0; 32]]));
	});
}

#[test]
fn without_duties_it_says_so_to_the_engine_and_submits_nothing() {
	with_node(3, &[], |node| {
		assert_ok!(Registration::new(1).submit());
		for _ in 0..5 {
			let before = node.asked();
			assert!(node.work().is_empty());
			let after = node.asked();
			assert_eq!((after.0 - before.0, after.1 - before.1), (1, 0), "a list, no question");
			assert!(node.jobs().is_empty());
			next_block();
		}
	});
}

#[test]
fn without_an_engine_it_submits_nothing() {
	let mut ext = ext(1);
	let (worker, _) = TestOffchainExt::new();
	let (transactions, pool) = TestTransactionPoolExt::new();
	let keystore = Arc::new(MemoryKeystore::new());
	ext.register_extension(OffchainDbExt::new(worker.clone()));
	ext.register_extension(OffchainWorkerExt::new(worker));
	ext.register_extension(TransactionPoolExt::new(transactions));
	ext.register_extension(KeystoreExt(keystore.clone()));
	ext.execute_with(|| {
		let node = Node {
			host: FakeHost::default(),
			keystore,
			pool,
			offchain: Default::default(),
			jobs: Default::default(),
			finalized: Default::default(),
		};
		node.insert_key(FIRST, 0);
		set_role([FIRST], Role::Silent);
		assert_ok!(Registration::new(1).submit());
		for _ in 0..5 {
			assert!(node.work().is_empty());
			next_block();
		}
	});
}

#[test]
fn it_waits_for_a_run_and_no_longer_than_1200_milliseconds_in_all() {
	with_node(1, &[FIRST], |node| {
		node.mood(Mood::Busy);
		assert_ok!(Registration::new(1).submit());
		node.block();
		let before = node.asked();
		assert!(node.work().is_empty());
		assert_eq!(node.asked().1 - before.1, 1);
		let asked = node.host.0.lock().unwrap().taken.last().cloned().unwrap();
		assert_eq!(asked, (vec![duty_of(0, FIRST)], 1_200 - 500));
		node.mood(Mood::Works);
		assert_eq!(node.block().len(), 1, "a run that took longer is attested later");
	});
}

#[test]
fn a_slow_run_is_attested_as_soon_as_it_has_ended() {
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		node.mood(Mood::Busy);
		let n = now();
		let id = Ask::new(model).submit().unwrap();
		assert!(node.blocks(4).is_empty());
		node.mood(Mood::Works);
		node.blocks(4);
		assert_eq!(result(id).ended_at, n + 7);
	});
}

#[test]
fn it_signals_what_is_missing_once_the_shortest_window_is_over() {
	with_node(3, &[FIRST], |node| {
		let model = node.active_model();
		node.mood(Mood::Abstains(Abstention::InputUnavailable));
		let n = now();
		let id = Ask { input: blob(1, 3_000), ..Ask::new(model) }.submit().unwrap();
		assert!(node.blocks(3).is_empty(), "the input may still arrive");
		let round = round_of(id);
		assert_eq!(now(), Rounds::<Test>::get(round).unwrap().commit_min);
		let sent = node.block();
		assert_eq!(now(), n + 4);
		let kind = SignalKind::InputUnavailable;
		assert_eq!(*the_attestation(&sent), Attestation { block: n + 3, ..signal(FIRST, round, kind) });
		assert!(node.block().is_empty(), "once");
		node.mood(Mood::Works);
		assert_eq!(the_seal(&node.block()).round, round, "and votes if the input arrives after all");
	});
}

#[test]
fn a_missing_model_is_signalled_as_such_once_it_is_active() {
	with_node(3, &[FIRST], |node| {
		node.mood(Mood::Abstains(Abstention::ModelUnavailable));
		assert_ok!(Registration::new(1).submit());
		// A pending model is being uploaded.
		assert!(node.blocks(5).is_empty());
		node.mood(Mood::Works);
		node.blocks(2);
		assert!(matches!(model(model_id(1)).status, ModelStatus::Active { .. }));
		node.mood(Mood::Abstains(Abstention::ModelUnavailable));
		let id = Ask { k: Some(3), ..Ask::new(model_id(1)) }.submit().unwrap();
		let sent = node.blocks(3);
		let kind = SignalKind::ModelUnavailable;
		assert_eq!(the_attestation(&sent).signals[0], Signal { round: round_of(id), kind, proof: None });
	});
}

#[test]
fn trouble_of_its_own_is_never_said() {
	with_node(3, &[FIRST], |node| {
		let model = node.active_model();
		for (n, abstention) in
			[Abstention::EngineUnavailable, Abstention::Local("no memory".into())].into_iter().enumerate()
		{
			node.mood(Mood::Abstains(abstention));
			let id = Ask { input: inline(&[n as u8]), ..Ask::new(model) }.submit().unwrap();
			while Requests::<Test>::contains_key(id) {
				assert!(node.block().is_empty());
			}
		}
	});
}

#[test]
fn an_active_model_that_does_not_load_at_the_inputs_shapes_is_a_vote() {
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		plan(model, Planned::Fails(FailReason::ModelInvalid), 10);
		let id = Ask::new(model).submit().unwrap();
		node.blocks(5);
		assert_eq!(ended(id), "failed");
		assert_eq!(decision(id).verdict, Verdict::Failed { reason: FailReason::ModelInvalid, units: 10 });
	});
}

#[test]
fn it_does_not_reveal_what_it_has_not_committed_to() {
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		let id = Ask::new(model).submit().unwrap();
		assert_eq!(node.blocks(2).len(), 1);
		let round = round_of(id);
		assert_eq!(Rounds::<Test>::get(round).unwrap().phase, Phase::Revealing);
		node.mood(Mood::Forgets);
		// The only validator makes all blocks: what it has sealed is waited for as long as may be.
		assert!(node.blocks(101).is_empty());
		assert_eq!(redraws(id), 1);
	});
}

#[test]
fn it_opens_after_the_round_what_it_could_not_open_in_time() {
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		let id = Ask::new(model).submit().unwrap();
		node.blocks(2);
		let round = round_of(id);
		let (sealed, salt) = (honest_reveal(round, FIRST), node.salt(round, FIRST));
		// It is out of reach until the round has ended.
		run_for(101);
		assert!(!Rounds::<Test>::contains_key(round));
		let sent = node.block();
		let late = the_attestation(&sent);
		let opened = Reveal { salt, output: None, voters: 0, ..sealed.clone() };
		assert_eq!(late.reveals.to_vec(), vec![opened]);
		let verdict = sealed.vote.verdict;
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::OpenedLate { round, validator: FIRST, verdict })));
		assert!(attestations(node.block()).iter().all(|attestation| attestation.reveals.is_empty()), "once");
		// The round is repeated, and this time it is there.
		node.blocks(3);
		assert_eq!(ended(id), "output");
		run_for(LateWindow::get());
		assert_eq!(Faults::get(), vec![]);
	});
}

#[test]
fn each_validator_sends_its_seals_and_one_attestation_a_block() {
	with_node(3, &[FIRST, FIRST + 1], |node| {
		let model = node.active_model();
		let first: Vec<_> = (0..4).map(|_| Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap()).collect();
		node.block();
		let second: Vec<_> = (0..3).map(|_| Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap()).collect();
		let check = |sent: Vec<Signed>, seals: usize, reveals: usize| {
			for who in [FIRST, FIRST + 1] {
				let own = |signed: &&Signed| matches!(signed, Signed::Seal(seal) if seal.validator == who);
				assert_eq!(sent.iter().filter(own).count(), seals);
				let own = |attestation: &Attestation<_, _, _>| attestation.validator == who;
				let said: Vec<_> = attestations(sent.clone()).into_iter().filter(own).collect();
				assert!(said.len() <= 1);
				assert_eq!(said.first().map_or(0, |attestation| attestation.reveals.len()), reveals);
			}
		};
		check(node.block(), 4, 0);
		check(node.block(), 3, 4);
		check(node.block(), 0, 3);
		assert!(node.block().is_empty());
		node.blocks(3);
		for id in first.into_iter().chain(second) {
			assert_eq!(decision(id).votes, 3);
		}
	});
}

#[test]
fn a_pass_that_another_has_overtaken_says_nothing() {
	use sp_core::offchain::OffchainStorage;
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		let id = Ask::new(model).submit().unwrap();
		node.block();
		let chain = node.offchain.clone();
		let another = move || chain.write().persistent_storage.set(b"", b"assay/rounds/last-pass", &[1; 32]);
		node.host.0.lock().unwrap().meanwhile = Some(Box::new(another));
		assert!(node.block().is_empty());
		node.host.0.lock().unwrap().meanwhile = None;
		assert_eq!(node.block().len(), 1);
		node.blocks(3);
		assert_eq!(decision(id).votes, 1);
	});
}

#[test]
fn it_attests_with_the_key_that_the_duty_was_recorded_with() {
	with_node(3, &[FIRST], |node| {
		let model = node.active_model();
		let before = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		node.block();
		finish_block();
		KeyOf::mutate(|keys| keys.insert(FIRST, 1));
		node.insert_key(FIRST, 1);
		new_session(&validators());
		let after = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		node.blocks(3);
		node.blocks(4);
		assert_eq!((decision(before).votes, decision(after).votes), (3, 3));
	});
}

#[test]
fn more_duties_than_an_attestation_holds_are_all_done_and_no_sealed_vote_is_left() {
	MaxPerBlock::set(100);
	MaxOpen::set(200);
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		let ids: Vec<_> = (0..100).map(|_| Ask::new(model).submit().unwrap()).collect();
		for _ in 0..40 {
			for attestation in attestations(node.block()) {
				assert!(attestation.items() <= 64 && attestation.reveals.len() <= 48);
			}
		}
		for id in ids {
			assert_eq!((ended(id), decision(id).votes), ("output", 1));
		}
		let sealed = count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::VoteCommitted { .. })));
		let opened = count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::VoteRevealed { .. })));
		assert_eq!((sealed, opened), (101, 101));
	});
	MaxPerBlock::set(8);
	MaxOpen::set(16);
}

/// Number of times that a request's committee was drawn again.
fn request_redraws(id: RequestId) -> usize {
	count(
		|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::RoundRedrawn { subject, .. }) if *subject == Subject::Request(id)),
	)
}

#[test]
fn outputs_of_one_attestation_leave_room_in_the_block() {
	MaxPerBlock::set(40);
	MaxOpen::set(80);
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		plan(model, Planned::Inline(16 * 1024), 100);
		let ids: Vec<_> = (0..40).map(|_| Ask::new(model).submit().unwrap()).collect();
		for _ in 0..10 {
			for attestation in attestations(node.block()) {
				let bytes: usize = attestation
					.reveals
					.iter()
					.map(|reveal| match &reveal.output {
						Some(Output::Inline(bytes)) => bytes.len(),
						_ => 0,
					})
					.sum();
				assert!(bytes <= 256 * 1024);
			}
		}
		for id in ids {
			assert_eq!((ended(id), request_redraws(id)), ("output", 0));
		}
	});
	MaxPerBlock::set(8);
	MaxOpen::set(16);
}

#[test]
fn duties_that_have_ended_are_dropped_from_the_list() {
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		Ask::new(model).submit().unwrap();
		node.block();
		node.work();
		assert_eq!(node.jobs().len(), 1);
		node.blocks(2);
		node.work();
		assert!(node.jobs().is_empty(), "revealed");
	});
}

#[test]
fn it_audits_where_its_key_draws_itself() {
	Auditors::set(4);
	let all: Vec<u64> = (FIRST..FIRST + 8).collect();
	with_node(8, &all, |node| {
		let model = node.active_model();
		let n = now();
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		node.block();
		node.block();
		let round = round_of(id);
		let drawn = auditors(round, &Rounds::<Test>::get(round).unwrap()).len();
		assert!(drawn >= 3, "{drawn}");
		assert_eq!(Rounds::<Test>::get(round).map(|round| (round.commits, round.auditors)), Some((3, 0)));
		// The block that has closed the committee's seals is final: auditors show themselves, then all votes are opened.
		node.finalize(n + 2);
		node.block();
		assert_eq!(count(|event| matches!(event, RuntimeEvent::Voting(RoundsEvent::AuditorAdmitted { .. }))), drawn);
		assert_eq!(Rounds::<Test>::get(round).map(|round| round.auditors), Some(drawn as u32));
		// Auditors have until n+5.
		assert!(node.blocks(2).is_empty());
		node.block();
		let revealed = |event: &_| matches!(event, RuntimeEvent::Voting(RoundsEvent::VoteRevealed { .. }));
		assert_eq!(count(revealed), 8 + 3 + drawn);
		assert_eq!(agreement(id).agreed_at, n + 6);
		node.blocks(4);
		assert_eq!(result(id).ended_at, n + 10);
	});
	Auditors::set(0);
}

#[test]
fn an_auditor_opens_a_seal_that_comes_when_the_round_is_over() {
	Auditors::set(4);
	let all: Vec<u64> = (FIRST..FIRST + 8).collect();
	with_node(8, &all, |node| {
		let model = node.active_model();
		let n = now();
		let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		node.blocks(2);
		let round = round_of(id);
		node.finalize(n + 2);
		// The authors of the auditors' phase leave all of their seals out, and somebody keeps one.
		let left_out = node.work();
		let seal = the_seal(&left_out[..1]).clone();
		(0..3).for_each(|_| next_block());
		node.block();
		assert_eq!((now(), stage(id)), (n + 6, Stage::Agreed));
		assert_eq!(EndedRounds::<Test>::get(round).unwrap().seals.len(), 3, "it is not among the seals");
		node.blocks(2);
		let (validator, salt) = (seal.validator, node.salt(round, seal.validator));
		assert_ok!(submit(Signed::Seal(seal)));
		assert!(emitted(&RuntimeEvent::Voting(RoundsEvent::SealedLate { round, validator })));
		let sent = node.block();
		let opened = the_attestation(&sent).reveals.to_vec();
		assert_eq!(opened.iter().map(|reveal| (reveal.round, reveal.salt)).collect::<Vec<_>>(), vec![(round, salt)]);
		run_for(2 * LateWindow::get());
		assert_eq!(Faults::get(), vec![]);
	});
	Auditors::set(0);
}

#[test]
fn votes_of_ended_rounds_are_opened_however_many_are_to_be_opened_in_time() {
	MaxPerBlock::set(64);
	MaxOpen::set(64);
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		let ask = || Ask::new(model).submit().unwrap();
		let ids: Vec<_> = (0..16).map(|_| ask()).collect();
		node.blocks(2);
		let late: Vec<_> = ids.into_iter().map(round_of).collect();
		node.blocks(2);
		for _ in 0..60 {
			ask();
		}
		// All are drawn and sealed, and opened from the next block on.
		node.blocks(2);
		// As where the chain that wins has not heard what opens these.
		for round in &late {
			EndedRounds::<Test>::mutate(round, |ended| ended.as_mut().unwrap().seals[0].opening = Opening::Shut);
			Duties::<Test>::insert(key(FIRST), round, FIRST);
		}
		let opened = || attestations(node.block()).iter().flat_map(|said| said.reveals.to_vec()).collect::<Vec<_>>();
		let of_late = |reveals: &[Reveal]| reveals.iter().filter(|reveal| late.contains(&reveal.round)).count();
		let first = opened();
		assert_eq!((first.len(), of_late(&first)), (48, 12));
		let second = opened();
		assert_eq!((second.len(), of_late(&second)), (28, 4));
	});
	MaxPerBlock::set(8);
	MaxOpen::set(16);
}

#[test]
fn an_attestation_opens_twelve_votes_where_each_may_end_a_round_of_all() {
	MaxPerBlock::set(64);
	MaxOpen::set(64);
	MaxValidators::set(1);
	with_node(1, &[FIRST], |node| {
		let model = node.active_model();
		for _ in 0..60 {
			Ask::new(model).submit().unwrap();
		}
		node.blocks(2);
		// No more are sealed than four attestations open.
		let counts: Vec<_> =
			(0..6).map(|_| attestations(node.block()).iter().map(|said| said.reveals.len()).sum::<usize>()).collect();
		assert_eq!(counts, [12, 12, 12, 12, 12, 0]);
	});
	MaxValidators::set(100);
	MaxPerBlock::set(8);
	MaxOpen::set(16);
}

#[test]
fn what_opens_a_seal_is_kept_until_the_end_of_its_round_is_final() {
	with_node(8, &[FIRST], |node| {
		let model = node.active_model();
		// One of the eight is not drawn: another one.
		VrfSalt::set(1);
		let id = Ask { k: Some(7), audits: Some(0), ..Ask::new(model) }.submit().unwrap();
		node.blocks(2);
		let round = round_of(id);
		assert!(Ballots::<Test>::get(round, FIRST).is_some_and(|ballot| ballot.commit.is_some()));
		let commit = Ballots::<Test>::get(round, FIRST).unwrap().commit;
		// The node is cut off: on its fork nobody else seals, and the round ends with nothing to open.
		while Rounds::<Test>::contains_key(round) {
			node.block();
		}
		node.blocks(3);
		assert!(EndedRounds::<Test>::get(round)
			.unwrap()
			.seals
			.iter()
			.all(|seal| seal.opening == Opening::Done || seal.commit.is_none()));
		// On the fork that wins the others have sealed and opened, and its seal is shut.
		let reopens = || {
			EndedRounds::<Test>::mutate(round, |ended| {
				let own = ended.as_mut().unwrap().seals.iter_mut().find(|seal| seal.validator == FIRST).unwrap();
				(own.commit, own.opening) = (commit, Opening::Shut);
			});
			Duties::<Test>::insert(key(FIRST), round, FIRST);
			attestations(node.work())
				.iter()
				.flat_map(|said| &said.reveals)
				.filter(|reveal| reveal.round == round)
				.count()
		};
		assert_eq!(reopens(), 1);
		// Once the end is final, no other fork comes.
		EndedRounds::<Test>::mutate(round, |ended| {
			ended.as_mut().unwrap().seals.iter_mut().for_each(|seal| seal.opening = Opening::Done);
		});
		node.finalize(now());
		node.block();
		assert_eq!(reopens(), 0);
	});
}

#[test]
fn nobody_shows_itself_before_the_block_that_has_closed_the_committee_is_final() {
	Auditors::set(4);
	let all: Vec<u64> = (FIRST..FIRST + 8).collect();
	// Cases: the block that is final at the end of block n+2, and whether the node shows its auditors then.
	for (of_this_fork, early) in [(Some(true), true), (Some(false), false), (None, false)] {
		with_node(8, &all, |node| {
			let model = node.active_model();
			let n = now();
			let id = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
			node.blocks(2);
			match of_this_fork {
				Some(true) => node.finalize(n + 2),
				// A block of that height, of another fork.
				Some(false) => *node.finalized.write() = (n + 2, [7; 32]),
				None => node.finalize(n + 1),
			}
			assert_eq!(!node.block().is_empty(), early, "block n+3");
			assert!(node.blocks(2).is_empty());
			let round = round_of(id);
			assert_eq!(Rounds::<Test>::get(round).unwrap().auditors > 0, early);
			// The reveals begin with n+6, and half of their time is over with n+13.
			assert_eq!(!node.block().is_empty(), early, "block n+6");
			if !early {
				assert!(node.blocks(6).is_empty());
				assert!(!node.block().is_empty());
				assert_eq!(now(), n + 13);
			}
			assert_eq!(stage(id), Stage::Agreed);
		});
	}
	Auditors::set(0);
}

#[test]
fn a_node_seals_one_vote_in_a_round_whatever_happens_to_it() {
	with_node(3, &[FIRST], |node| {
		let model = node.active_model();
		Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		node.block();
		let first = the_seal(&node.work()).clone();
		// Its run is lost, and the next one finds something else.
		node.mood(Mood::Forgets);
		next_block();
		let again = the_seal(&node.work()).clone();
		assert_eq!((again.round, again.commitment), (first.round, first.commitment));
		assert_ne!(again.signature, first.signature);
	});
}

/// A request whose committee of five of ten has just been drawn.
fn asked_of_five(node: &Node) -> RequestId {
	set_role(FIRST..FIRST + 10, Role::Honest);
	let model = node.active_model();
	let id = Ask { k: Some(5), ..Ask::new(model) }.submit().unwrap();
	node.block();
	finish_block();
	id
}

/// Makes blocks without what the node says, until there is an agreement.
fn work_until_agreed(node: &Node, id: RequestId) {
	while stage(id) != Stage::Agreed {
		node.work();
		next_block();
	}
	node.finalize(agreement(id).sealed_at);
}

#[test]
fn it_objects_to_what_it_was_kept_out_of_and_finds_otherwise() {
	with_node(10, &[], |node| {
		let id = asked_of_five(node);
		let round = round_of(id);
		let mut liars = member_list(round);
		let fifth = liars.pop().unwrap();
		set_role(liars, Role::Liar(1));
		set_role([fifth], Role::Silent);
		node.insert_key(fifth, 0);
		work_until_agreed(node, id);
		let vote = agreement(id).vote;
		let key = agreement(id).key;
		let sent = node.block();
		let said = the_attestation(&sent);
		let [objection] = &said.objections[..] else { panic!("one objection") };
		// A second run, in a process of its own, has found the same.
		assert_eq!(node.jobs().iter().filter(|job| job.afresh && job.trace_keys == [key]).count(), 1);
		assert_eq!((objection.subject, objection.proof), (Subject::Request(id), None));
		assert_ne!(objection.vote.verdict, vote.verdict);
		assert_eq!(stage(id), Stage::Escalated(None));
	});
}

/// A lie that a committee of five has agreed on within this window, without an honest member whose key the node has.
fn lied_to(node: &Node, validators: u64, window: Window) -> RequestId {
	node.finalize(0);
	set_role(FIRST..FIRST + validators, Role::Honest);
	let model = node.active_model();
	let id = Ask { k: Some(5), window: Some(window), ..Ask::new(model) }.submit().unwrap();
	node.block();
	finish_block();
	let mut liars = member_list(round_of(id));
	let fifth = liars.pop().unwrap();
	set_role(liars, Role::Liar(1));
	set_role([fifth], Role::Silent);
	node.insert_key(fifth, 0);
	work_until_agreed(node, id);
	node.finalize(0);
	id
}

#[test]
fn it_objects_when_the_committees_seals_are_final() {
	for (validators, window) in [(10, Window::Blocks(3)), (21, Window::Assured)] {
		with_node(validators, &[], |node| {
			let id = lied_to(node, validators.into(), window);
			let sealed_at = agreement(id).sealed_at;
			FinalTo::set(Some(sealed_at - 1));
			node.finalize(sealed_at - 1);
			assert!(node.blocks(40).is_empty());
			assert_eq!(stage(id), Stage::Agreed, "nor is the lie final");
			FinalTo::set(Some(sealed_at));
			node.finalize(sealed_at);
			assert_eq!(the_attestation(&node.block()).objections.len(), 1);
			assert_eq!(stage(id), Stage::Escalated(None));
		});
	}
}

#[test]
fn it_objects_at_the_end_of_a_window_that_does_not_wait_for_finality() {
	with_node(21, &[], |node| {
		let id = lied_to(node, 21, Window::Blocks(12));
		let final_at = agreement(id).final_at;
		while stage(id) == Stage::Agreed {
			node.block();
		}
		assert_eq!((now(), stage(id)), (final_at - 3, Stage::Escalated(None)));
	});
}

#[test]
fn an_auditor_that_cannot_get_what_others_agreed_on_says_so() {
	Auditors::set(17);
	let all: Vec<u64> = (FIRST..FIRST + 21).collect();
	with_node(21, &all, |node| {
		let model = node.active_model();
		let ask = Ask { k: Some(3), input: blob(1, 3_000), window: Some(Window::Blocks(9)), ..Ask::new(model) };
		let id = ask.submit().unwrap();
		node.mood(Mood::Abstains(Abstention::InputUnavailable));
		node.finalize(0);
		hush();
		run_for(2);
		set_role(member_list(round_of(id)), Role::Honest);
		// Nothing is final before the phase of the auditors is over.
		while stage(id) != Stage::Agreed {
			next_block();
		}
		assert_eq!((stage(id), agreement(id).auditors.len()), (Stage::Agreed, 0));
		node.finalize(agreement(id).sealed_at);
		let signals: usize = attestations(node.block()).iter().map(|said| said.signals.len()).sum();
		assert!(signals > 0, "each auditor here says so");
		assert_eq!(stage(id), Stage::Escalated(None));
	});
	Auditors::set(0);
}

#[test]
fn it_does_not_object_to_what_it_finds_too() {
	with_node(10, &[], |node| {
		let id = asked_of_five(node);
		let fifth = member_list(round_of(id)).pop().unwrap();
		set_role([fifth], Role::Silent);
		node.insert_key(fifth, 0);
		work_until_agreed(node, id);
		assert!(node.block().is_empty());
	});
}

#[test]
fn it_says_nothing_against_what_it_finds_otherwise_only_once() {
	with_node(10, &[], |node| {
		let id = asked_of_five(node);
		let fifth = member_list(round_of(id)).pop().unwrap();
		set_role([fifth], Role::Silent);
		node.insert_key(fifth, 0);
		node.mood(Mood::Wavers);
		work_until_agreed(node, id);
		while Requests::<Test>::contains_key(id) {
			assert!(node.block().is_empty());
		}
		assert_eq!(ended(id), "output");
	});
}

/// A request of which a committee of five of ten has agreed on this, and which a node that runs a share of all results again has no part in.
fn replayed(node: &Node, share: u32, role: Role) -> (RequestId, u64) {
	node.host.0.lock().unwrap().replays = share;
	let id = asked_of_five(node);
	let committee = member_list(round_of(id));
	let outsider = validators().into_iter().find(|who| !committee.contains(who)).unwrap();
	set_role(committee, role);
	set_role([outsider], Role::Silent);
	set_free(outsider, ED + 1_000_000);
	node.insert_key(outsider, 0);
	work_until_agreed(node, id);
	(id, outsider)
}

#[test]
fn it_runs_a_share_of_all_results_again_and_disputes_what_it_finds_otherwise() {
	for share in [0, 1_000] {
		with_node(10, &[], |node| {
			let (id, outsider) = replayed(node, share, Role::Liar(1));
			assert!(node.block().is_empty());
			if share == 0 {
				assert!(node.jobs().is_empty());
				return;
			}
			assert_eq!(node.jobs().iter().map(|job| job.afresh).collect::<Vec<_>>(), [false, true]);
			let sent = node.block();
			assert_eq!(the_attestation(&sent).disputes.to_vec(), [Subject::Request(id)]);
			let hold = held(RoundsHold::Dispute, outsider);
			assert!(hold > 0);
			set_role(FIRST..FIRST + 10, Role::Honest);
			set_role([outsider], Role::Silent);
			while Requests::<Test>::contains_key(id) {
				node.block();
			}
			assert!(decision(id).escalated);
			let upheld = |event: &_| {
				matches!(event, RuntimeEvent::Voting(RoundsEvent::DisputeSettled { validator, upheld: true, hold: held, .. })
					if (*validator, *held) == (outsider, hold))
			};
			assert_eq!(count(upheld), 1);
			assert!(LostDisputes::<Test>::get().is_empty());
			assert_eq!(held(RoundsHold::Dispute, outsider), 0);
		});
	}
}

#[test]
fn it_disputes_nothing_more_for_an_era_after_it_has_lost() {
	with_node(10, &[], |node| {
		let (first, outsider) = replayed(node, 1_000, Role::Honest);
		node.mood(Mood::Forgets);
		assert!(node.block().is_empty());
		assert_eq!(the_attestation(&node.block()).disputes.to_vec(), [Subject::Request(first)]);
		node.mood(Mood::Works);
		while Requests::<Test>::contains_key(first) {
			node.block();
		}
		let [(who, lost)] = LostDisputes::<Test>::get()[..] else { panic!("one dispute was lost") };
		assert_eq!(who, outsider);
		let disputes = |node: &Node| {
			node.mood(Mood::Works);
			let id = loop {
				let id = Ask { k: Some(5), ..Ask::new(model_id(1)) }.submit().unwrap();
				node.blocks(2);
				if !members(round_of(id)).contains(&outsider) {
					break id;
				}
				node.blocks(4);
			};
			node.mood(Mood::Forgets);
			node.finalize(now());
			let mut said = 0;
			while Standings::<Test>::get(Subject::Request(id))
				.is_some_and(|it| !matches!(it.stage, Stage::Escalated(_)))
			{
				said += attestations(node.block()).iter().map(|attestation| attestation.disputes.len()).sum::<usize>();
			}
			node.mood(Mood::Works);
			said
		};
		assert_eq!(disputes(node), 0);
		run_to(lost + LateWindow::get());
		assert_eq!(disputes(node), 1);
	});
}

#[test]
fn without_the_key_it_does_not_audit() {
	Auditors::set(4);
	with_node(7, &[], |node| {
		set_role(FIRST..FIRST + 7, Role::Honest);
		let model = node.active_model();
		hush();
		Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		assert!(node.blocks(4).is_empty());
	});
	Auditors::set(0);
}

#[test]
fn it_says_once_that_it_holds_the_proposed_engine() {
	with_node(4, &[FIRST, FIRST + 1], |node| {
		let propose = |engine| {
			let call: RuntimeCall = ModelsCall::set_engine { engine, package: None }.into();
			sp_runtime::traits::Dispatchable::dispatch(call, RuntimeOrigin::root()).unwrap();
		};
		// The node runs another than this.
		propose(other_engine());
		assert!(node.blocks(2).is_empty());
		switch_engine(other_engine());
		propose(ENGINE);
		let said = attestations(node.block());
		assert_eq!(said.iter().map(|attestation| attestation.engine).collect::<Vec<_>>(), vec![Some(ENGINE); 2]);
		let holders = NextEngine::<Test>::get().unwrap().holders.into_inner();
		assert_eq!(holders.len(), 2);
		assert!(node.blocks(2).is_empty());
	});
}
