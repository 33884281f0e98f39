//! Tests of the runtime's configuration: the calls of proxies, and the accounts that may schedule.

use crate::{
	configs::{ProxyType, TreasuryAccount},
	constants::{EXISTENTIAL_DEPOSIT, MIN_BOND, MOTION_DEPOSIT, MOTION_DURATION},
	genesis_config_presets::get_preset,
	AccountId, Balances, BuildStorage, Council, Grandpa, Memory, Models, Preimage, Proxy, Runtime, RuntimeCall,
	RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, Scheduler, Session, System, Validators,
};
use codec::{Decode, Encode};
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::InspectHold,
		tokens::{Fortitude, Precision, Preservation},
		Hooks, InstanceFilter, StorePreimage,
	},
};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, Ferdie};
use sp_runtime::{traits::BadOrigin, MultiAddress};

/// A call of each kind, and the narrow proxies that may make it.
fn calls() -> Vec<(RuntimeCall, Vec<ProxyType>)> {
	let transfer = pallet_balances::Call::transfer_keep_alive { dest: to(Charlie.to_account_id()), value: 1 };
	let input = pallet_models::Input::Inline(Default::default());
	let dispute_result = pallet_inference::Call::dispute_result { request: 0, input };
	let more =
		pallet_proxy::Call::add_proxy { delegate: to(Charlie.to_account_id()), proxy_type: ProxyType::Any, delay: 0 };
	vec![
		(
			pallet_models::Call::retire_model { model: assay_primitives::ContentId([1; 32]) }.into(),
			vec![ProxyType::Inference],
		),
		(
			pallet_rounds::Call::dispute { subject: assay_primitives::Subject::Request(0) }.into(),
			vec![ProxyType::Validator],
		),
		(dispute_result.into(), vec![ProxyType::Validator]),
		(pallet_validators::Call::unbond {}.into(), vec![ProxyType::Validator]),
		(pallet_session::Call::purge_keys {}.into(), vec![ProxyType::Validator]),
		(transfer.into(), vec![]),
		(
			pallet_validators::Call::delegate { validator: Bob.to_account_id(), amount: crate::constants::ASY }.into(),
			vec![],
		),
		(
			pallet_validators::Call::withdraw_delegation { validator: Bob.to_account_id(), pay_due: false }.into(),
			vec![ProxyType::Validator],
		),
		(more.into(), vec![]),
		(pallet_memory::Call::transfer_space { space: 0, to: Bob.to_account_id() }.into(), vec![]),
	]
}

fn to(account: AccountId) -> MultiAddress<AccountId, ()> {
	MultiAddress::Id(account)
}

fn on_a_chain(test: impl FnOnce()) {
	on_the_chain("development", test);
}

fn on_the_chain(preset: &str, test: impl FnOnce()) {
	let preset = get_preset(&preset.into()).unwrap();
	let mut genesis = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	merge(&mut genesis, serde_json::from_slice(&preset).unwrap());
	let config: RuntimeGenesisConfig = serde_json::from_value(genesis).unwrap();
	let mut chain = sp_io::TestExternalities::new(config.build_storage().unwrap());
	chain.execute_with(|| {
		System::set_block_number(1);
		test()
	});
}

fn electors() -> Vec<AccountId> {
	pallet_rounds::Electors::<Runtime>::get().into_iter().map(|(who, ..)| who).collect()
}

/// As a node merges a preset into the default genesis.
fn merge(into: &mut serde_json::Value, patch: serde_json::Value) {
	match (into, patch) {
		(serde_json::Value::Object(into), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(into, patch) => *into = patch,
	}
}

#[test]
fn a_narrow_proxy_makes_the_calls_of_its_kind_alone() {
	for (call, allowed) in calls() {
		assert!(ProxyType::Any.filter(&call));
		for kind in [ProxyType::Inference, ProxyType::Validator, ProxyType::Governance] {
			assert_eq!(kind.filter(&call), allowed.contains(&kind), "{kind:?}: {call:?}");
		}
		assert_eq!(ProxyType::NonTransfer.filter(&call), !allowed.is_empty(), "{call:?}");
	}
	assert!(ProxyType::Any.is_superset(&ProxyType::NonTransfer));
	assert!(ProxyType::NonTransfer.is_superset(&ProxyType::Inference));
	assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Any));
	assert!(!ProxyType::Inference.is_superset(&ProxyType::Validator));
	let of = |model: u8, royalty| ProxyType::Model { model: assay_primitives::ContentId([model; 32]), royalty };
	assert!(of(1, 5).is_superset(&of(1, 4)) && !of(1, 5).is_superset(&of(1, 6)) && !of(1, 5).is_superset(&of(2, 5)));
	assert!(!ProxyType::NonTransfer.is_superset(&of(1, 0)) && ProxyType::Any.is_superset(&of(1, 9)));
}

/// A model of Bob's that asks for a royalty.
fn add_model(id: u8, royalty: u128) -> assay_primitives::ContentId {
	let id = assay_primitives::ContentId([id; 32]);
	let model = pallet_models::Model::<Runtime> {
		owner: Bob.to_account_id(),
		size: 1,
		name: Default::default(),
		version: 1,
		metadata: pallet_models::ModelMetadata {
			task: Default::default(),
			licence: Default::default(),
			tags: Default::default(),
			description: Default::default(),
			card: None,
		},
		royalty,
		engine: Default::default(),
		verification: assay_primitives::Verification::ReExecution,
		expected: None,
		status: pallet_models::ModelStatus::Retired,
		deposit: 0,
		activation_fee: 0,
		open: 0,
		tried: Default::default(),
		kept: 1,
		rounds: (0, u64::MAX),
		prunable_at: None,
	};
	pallet_models::Models::<Runtime>::insert(id, model);
	id
}

#[test]
fn a_proxy_pays_no_royalty_that_its_account_has_not_allowed() {
	on_a_chain(|| {
		let (free, dear) = (add_model(1, 0), add_model(2, 7));
		let ask = |model| {
			RuntimeCall::Inference(pallet_inference::Call::request_inference {
				model,
				input: pallet_models::Input::Inline(Default::default()),
				unit_limit: 1,
				max_fee: u128::MAX,
				k: None,
				audits: None,
				window: None,
				callback: None,
			})
		};
		for kind in [ProxyType::NonTransfer, ProxyType::Inference] {
			assert!(kind.filter(&ask(free)), "{kind:?}");
			assert!(!kind.filter(&ask(dear)), "{kind:?}");
		}
		assert!(ProxyType::Any.filter(&ask(dear)));
		let allows = |model, royalty| ProxyType::Model { model, royalty };
		assert!(allows(dear, 7).filter(&ask(dear)) && allows(free, 0).filter(&ask(free)));
		assert!(!allows(dear, 6).filter(&ask(dear)), "the model asks for more");
		assert!(!allows(dear, 7).filter(&ask(free)), "another model");
		let retire = pallet_models::Call::retire_model { model: dear }.into();
		assert!(!allows(dear, 7).filter(&retire), "another call");
		// As its account made it, through the pallet: the model's owner raises the royalty to all that the account has.
		let (alice, bob) = (Alice.to_account_id(), Bob.to_account_id());
		let proxy = ProxyType::Model { model: dear, royalty: 7 };
		assert_ok!(Proxy::add_proxy(RuntimeOrigin::signed(alice.clone()), to(bob.clone()), proxy, 0));
		let all = Balances::free_balance(&alice);
		assert_ok!(crate::Models::set_royalty(RuntimeOrigin::signed(bob.clone()), dear, all - 1));
		let batch = pallet_utility::Call::batch_all { calls: vec![ask(dear)] };
		assert_ok!(Proxy::proxy(RuntimeOrigin::signed(bob), to(alice.clone()), None, Box::new(batch.into())));
		assert_eq!(executed(), Some(Err(frame_system::Error::<Runtime>::CallFiltered.into())));
		assert_eq!(Balances::free_balance(&alice), all);
	});
}

#[test]
fn a_narrow_proxy_gives_no_model_and_no_name_away() {
	let model = assay_primitives::ContentId([1; 32]);
	let calls = [
		RuntimeCall::Models(pallet_models::Call::transfer_model { model, to: Bob.to_account_id() }),
		RuntimeCall::Models(pallet_models::Call::transfer_name { name: Default::default(), to: Bob.to_account_id() }),
	];
	for call in calls {
		for kind in [ProxyType::NonTransfer, ProxyType::Inference] {
			assert!(!kind.filter(&call), "{kind:?}: {call:?}");
		}
	}
}

/// Begins each block up to this one.
fn run_to(block: u32) {
	while System::block_number() < block {
		System::set_block_number(System::block_number() + 1);
		Scheduler::on_initialize(System::block_number());
	}
}

/// A call that root alone may make.
fn note(key: &[u8]) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::set_storage { items: vec![(key.to_vec(), vec![1])] })
}

fn is_noted(key: &[u8]) -> bool {
	sp_io::storage::exists(key)
}

/// The first of these proposes a call, and the others support it. Returns its motion, and when the call is made if it was decided.
fn move_by(who: &[sp_keyring::Sr25519Keyring], call: RuntimeCall) -> (u32, Option<u32>) {
	let call = Preimage::bound(call).unwrap();
	let (hash, motion) = (call.hash(), pallet_council::NextMotion::<Runtime>::get());
	assert_ok!(Council::propose(RuntimeOrigin::signed(who[0].to_account_id()), call));
	for supporter in &who[1..] {
		assert_ok!(Council::support(RuntimeOrigin::signed(supporter.to_account_id()), motion, hash));
	}
	let due = System::events().into_iter().find_map(|record| match record.event {
		RuntimeEvent::Council(pallet_council::Event::Decided { motion: decided, due, .. }) if decided == motion => {
			Some(due)
		}
		_ => None,
	});
	(motion, due)
}

/// The origin of a call that the council has decided.
fn council() -> RuntimeOrigin {
	pallet_council::Origin::TwoThirds.into()
}

#[test]
fn two_thirds_of_the_council_do_what_root_does_after_the_delay_and_not_before() {
	on_the_chain("local_testnet", || {
		assert_eq!(move_by(&[Alice, Bob], note(b"a")), (0, None));
		assert_eq!(move_by(&[Alice, Bob, Charlie], note(b"b")), (1, Some(11)));
		// One that does not fit into the agenda itself: its bytes are a preimage.
		assert_eq!(move_by(&[Alice, Bob, Charlie], note(&[b'c'; 200])), (2, Some(11)));
		run_to(10);
		assert!(!is_noted(b"b") && !is_noted(&[b'c'; 200]));
		run_to(11);
		assert!(!is_noted(b"a") && is_noted(b"b") && is_noted(&[b'c'; 200]));
		// Whoever may decide may take back, and nobody else.
		let (motion, _) = move_by(&[Alice, Bob, Charlie], note(b"d"));
		assert_noop!(Council::take_back(RuntimeOrigin::signed(Alice.to_account_id()), motion), BadOrigin);
		let take_back = pallet_council::Call::take_back { motion };
		assert_eq!(move_by(&[Bob, Charlie, Dave], take_back.into()).1, Some(12));
		run_to(40);
		assert!(!is_noted(b"d"));
		Council::do_try_state().unwrap();
	});
}

#[test]
fn the_council_is_by_stake() {
	on_the_chain("local_testnet", || {
		// Nine thousand and each of the others a thousand: three quarters.
		let powers = [(Alice, 9_000), (Bob, 1_000), (Charlie, 1_000), (Dave, 1_000)];
		let electors = pallet_rounds::Electors::<Runtime>::get().into_iter().map(|(who, key, _)| {
			let power = powers.iter().find(|(keyring, _)| keyring.to_account_id() == who).unwrap().1;
			(who, key, power)
		});
		pallet_rounds::Electors::<Runtime>::put(frame_support::WeakBoundedVec::force_from(electors.collect(), None));
		assert_eq!(move_by(&[Bob, Charlie, Dave], note(b"a")).1, None);
		assert_eq!(move_by(&[Alice], note(b"b")).1, Some(11));
	});
}

#[test]
fn who_is_put_out_has_no_say_in_the_council_from_then_on() {
	use pallet_validators::{Bonds, Fault};
	on_the_chain("local_testnet", || {
		let (motion, _) = move_by(&[Bob, Charlie], note(b"a"));
		<Validators as Bonds<_>>::penalize(&Bob.to_account_id(), Fault::WrongVerdict);
		let call = Preimage::bound(note(b"a")).unwrap();
		let support = |who: sp_keyring::Sr25519Keyring| {
			Council::support(RuntimeOrigin::signed(who.to_account_id()), motion, call.hash())
		};
		let not_one = || pallet_council::Error::<Runtime>::NotAValidator;
		assert_noop!(support(Bob), not_one());
		assert_noop!(Council::propose(RuntimeOrigin::signed(Bob.to_account_id()), call.clone()), not_one());
		// Two of the three that are left have two thirds, and not more.
		assert_ok!(support(Alice));
		assert!(pallet_council::Motions::<Runtime>::contains_key(motion));
		assert_ok!(support(Dave));
		assert!(!pallet_council::Motions::<Runtime>::contains_key(motion));
	});
}

#[test]
fn what_the_council_has_made_at_once_makes_something_milder() {
	use pallet_validators::{Bonds, Fault, Penalties};
	on_the_chain("local_testnet", || {
		let lies = |who: sp_keyring::Sr25519Keyring| {
			<Validators as Bonds<_>>::penalize(&who.to_account_id(), Fault::WrongTrace);
			let era = Penalties::<Runtime>::iter_keys().find(|(_, known, _)| *known == who.to_account_id()).unwrap().0;
			RuntimeCall::Validators(pallet_validators::Call::cancel_penalty {
				era,
				who: who.to_account_id(),
				fault: Fault::WrongTrace,
			})
		};
		let calls: Vec<_> = [Bob, Charlie, Dave, Alice].map(lies).to_vec();
		// A broken engine has put all out: the last of them forgives the others.
		let batch = pallet_utility::Call::force_batch { calls: calls.clone() };
		let last = electors();
		assert_eq!(last, [Alice.to_account_id()]);
		assert_eq!(move_by(&[Alice], batch.into()).1, Some(2));
		run_to(2);
		assert_eq!(Penalties::<Runtime>::iter().count(), 0);
		// Whatever else is in a batch has it wait.
		for call in [
			pallet_utility::Call::batch_all { calls: vec![calls[0].clone(), note(b"a")] }.into(),
			pallet_utility::Call::batch { calls: vec![pallet_utility::Call::batch { calls: vec![note(b"a")] }.into()] }
				.into(),
			pallet_utility::Call::dispatch_as {
				as_origin: Box::new(crate::OriginCaller::system(frame_system::RawOrigin::Root)),
				call: Box::new(calls[0].clone()),
			}
			.into(),
			RuntimeCall::Validators(pallet_validators::Call::unbond {}),
		] {
			assert_eq!(move_by(&[Alice], call).1, Some(12));
		}
	});
}

#[test]
fn the_council_has_no_way_to_root_that_takes_no_time() {
	on_the_chain("local_testnet", || {
		let call = || Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![1] }));
		assert_noop!(Scheduler::schedule(council(), 10, None, 0, call()), BadOrigin);
		assert_noop!(System::set_storage(council(), vec![]), BadOrigin);
		assert_noop!(crate::Models::set_engine(council(), Default::default(), None), BadOrigin);
		let batch = crate::Utility::batch(council(), vec![note(b"a")]);
		assert_ok!(batch);
		assert!(!is_noted(b"a"));
	});
}

#[test]
fn a_motion_has_a_deposit_and_a_validator_has_two_of_them_open() {
	on_the_chain("local_testnet", || {
		let reason = crate::RuntimeHoldReason::Council(pallet_council::HoldReason::Motion);
		let held = || Balances::balance_on_hold(&reason, &Alice.to_account_id());
		let (dropped, _) = move_by(&[Alice], note(b"a"));
		let (closed, _) = move_by(&[Alice], note(b"b"));
		assert_eq!(held(), 2 * MOTION_DEPOSIT);
		let third =
			Council::propose(RuntimeOrigin::signed(Alice.to_account_id()), Preimage::bound(note(b"c")).unwrap());
		assert_eq!(third, Err(pallet_council::Error::<Runtime>::TooManyOfYours.into()));
		// The council drops one, and the deposit is lost; another ends, and its deposit returns.
		let treasury = Balances::free_balance(TreasuryAccount::get());
		let drop = pallet_council::Call::drop_motion { motion: dropped };
		assert_eq!(move_by(&[Bob, Charlie, Dave], drop.into()).1, Some(2));
		run_to(2);
		assert_eq!(held(), MOTION_DEPOSIT);
		assert_eq!(Balances::free_balance(TreasuryAccount::get()), treasury + MOTION_DEPOSIT);
		System::set_block_number(1 + MOTION_DURATION);
		assert_ok!(Council::close(RuntimeOrigin::signed(Charlie.to_account_id()), closed));
		assert_eq!(held(), 0);
	});
}

#[test]
fn a_fifth_of_the_fees_and_all_tips_go_to_the_author_and_the_rest_to_the_treasury() {
	use frame_support::traits::{fungible::Balanced, OnUnbalanced};
	on_the_chain("local_testnet", || {
		let digest = sp_consensus_babe::digests::PreDigest::SecondaryPlain(
			sp_consensus_babe::digests::SecondaryPlainPreDigest { authority_index: 1, slot: 1.into() },
		);
		let item =
			<sp_runtime::DigestItem as sp_consensus_babe::digests::CompatibleDigestItem>::babe_pre_digest(digest);
		System::deposit_log(item);
		let author = crate::Authorship::author().unwrap();
		let has = || (Balances::free_balance(&author), Balances::free_balance(TreasuryAccount::get()));
		let (before, issuance) = (has(), Balances::total_issuance());
		let take = |amount| {
			Balances::withdraw(
				&Charlie.to_account_id(),
				amount,
				Precision::Exact,
				Preservation::Preserve,
				Fortitude::Polite,
			)
			.unwrap()
		};
		let paid = [take(1_000_000), take(7)];
		<crate::configs::ToAuthorAndTreasury as OnUnbalanced<_>>::on_unbalanceds(paid.into_iter());
		assert_eq!(has(), (before.0 + 200_007, before.1 + 800_000));
		assert_eq!(Balances::total_issuance(), issuance);
	});
}

/// Charlie, who is the author of this block, has delegators that have half of its stake, and keeps a tenth.
fn author_with_delegators() -> AccountId {
	let digest =
		sp_consensus_babe::digests::PreDigest::SecondaryPlain(sp_consensus_babe::digests::SecondaryPlainPreDigest {
			authority_index: 1,
			slot: 1.into(),
		});
	System::deposit_log(<sp_runtime::DigestItem as sp_consensus_babe::digests::CompatibleDigestItem>::babe_pre_digest(
		digest,
	));
	let author = crate::Authorship::author().unwrap();
	let commission = sp_runtime::Perbill::from_percent(10);
	assert_ok!(Validators::set_commission(RuntimeOrigin::signed(author.clone()), commission));
	let bond = pallet_validators::Candidates::<Runtime>::get(&author).unwrap().bond;
	assert_ok!(Validators::delegate(RuntimeOrigin::signed(Eve.to_account_id()), author.clone(), bond));
	author
}

#[test]
fn an_author_shares_its_part_of_the_fees_with_its_delegators() {
	use frame_support::traits::{fungible::Balanced, OnUnbalanced};
	on_the_chain("local_testnet", || {
		let author = author_with_delegators();
		let has = || (Balances::free_balance(&author), Balances::free_balance(Validators::pot()));
		let take = |amount| {
			let (precision, preservation) = (Precision::Exact, Preservation::Preserve);
			Balances::withdraw(&Ferdie.to_account_id(), amount, precision, preservation, Fortitude::Polite).unwrap()
		};
		let (before, issuance) = (has(), Balances::total_issuance());
		let paid = [take(1_000_000), take(100)];
		<crate::configs::ToAuthorAndTreasury as OnUnbalanced<_>>::on_unbalanceds(paid.into_iter());
		// 45 % of a fifth and of the tip.
		assert_eq!(has(), (before.0 + 110_055, before.1 + 90_045));
		assert_eq!(Balances::total_issuance(), issuance);
		let stake = pallet_validators::Backings::<Runtime>::get(&author).active.stake;
		assert_eq!(stake, 10 * MIN_BOND + 90_045);
		crate::invariants::check().unwrap();
	});
}

#[test]
fn what_a_validator_earns_is_shared_and_penalties_too() {
	use frame_support::traits::fungible::Mutate;
	use pallet_rounds::Earnings;
	use pallet_validators::{Bonds, Fault};
	on_the_chain("local_testnet", || {
		let author = author_with_delegators();
		let ferdie = Ferdie.to_account_id();
		let before = (Balances::free_balance(&author), Balances::free_balance(Validators::pot()));
		let paid = crate::configs::WithDelegators::pay(&author, 1_000, |to, amount| {
			<Balances as Mutate<_>>::transfer(&ferdie, to, amount, Preservation::Preserve).unwrap()
		});
		assert_eq!(paid, 1_000);
		let after = (Balances::free_balance(&author), Balances::free_balance(Validators::pot()));
		assert_eq!(after, (before.0 + 550, before.1 + 450));
		// If plancks do not arrive, nobody has earned them.
		assert_eq!(crate::configs::WithDelegators::pay(&author, 1_000, |_, amount| amount), 1_000);
		crate::invariants::check().unwrap();
		// A quarter of all.
		<Validators as Bonds<_>>::penalize(&author, Fault::WrongTrace);
		let due = pallet_validators::Candidates::<Runtime>::get(&author).unwrap().due;
		assert_eq!(due, (2 * 10 * MIN_BOND + 450) / 4);
	});
}

/// The result of the last call of a proxy.
fn executed() -> Option<sp_runtime::DispatchResult> {
	System::events().into_iter().rev().find_map(|record| match record.event {
		RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		_ => None,
	})
}

#[test]
fn a_proxy_cannot_move_money_in_a_batch_either() {
	on_a_chain(|| {
		let (alice, bob) = (Alice.to_account_id(), Bob.to_account_id());
		let alone = RuntimeOrigin::signed(alice.clone());
		assert_ok!(Proxy::add_proxy(alone, to(bob.clone()), ProxyType::Inference, 0));
		let before = Balances::free_balance(Charlie.to_account_id());
		let transfer = pallet_balances::Call::transfer_keep_alive {
			dest: to(Charlie.to_account_id()),
			value: EXISTENTIAL_DEPOSIT,
		};
		let batch = pallet_utility::Call::batch_all { calls: vec![transfer.into()] };
		assert_ok!(Proxy::proxy(RuntimeOrigin::signed(bob), to(alice), None, Box::new(batch.into())));
		assert_eq!(Balances::free_balance(Charlie.to_account_id()), before);
		assert_eq!(executed(), Some(Err(frame_system::Error::<Runtime>::CallFiltered.into())));
	});
}

#[test]
fn only_governance_schedules() {
	on_a_chain(|| {
		let call = || Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![1] }));
		let by = RuntimeOrigin::signed(Alice.to_account_id());
		assert_noop!(Scheduler::schedule(by, 10, None, 0, call()), BadOrigin);
		assert_ok!(Scheduler::schedule(RuntimeOrigin::root(), 10, None, 0, call()));
	});
}

#[test]
fn a_fault_puts_its_validator_out_of_the_draws_at_once_but_not_the_last_one() {
	use pallet_validators::{Bonds, Fault};
	let who = |keyring: sp_keyring::Sr25519Keyring| keyring.to_account_id();
	let lies = |keyring| <Validators as Bonds<_>>::penalize(&who(keyring), Fault::WrongVerdict);
	on_the_chain("local_testnet", || {
		let before = electors();
		assert_eq!(before.len(), 4);
		lies(Bob);
		assert_eq!(electors(), before.into_iter().filter(|elector| *elector != who(Bob)).collect::<Vec<_>>());
		assert!(System::events().iter().any(|record| {
			record.event == RuntimeEvent::Rounds(pallet_rounds::Event::PutOut { validator: who(Bob) })
		}));
	});
	on_a_chain(|| {
		assert_eq!(electors(), [who(Alice)]);
		lies(Alice);
		assert_eq!(electors(), [who(Alice)]);
	});
}

#[test]
fn blocks_and_finality_and_verdicts_are_by_bond() {
	on_the_chain("local_testnet", || {
		let who = |keyring: sp_keyring::Sr25519Keyring| keyring.to_account_id();
		let power_of = |key: [u8; 32], list: Vec<([u8; 32], u64)>| list.into_iter().find(|(known, _)| *known == key);
		let babe = || {
			let list = pallet_babe::Authorities::<Runtime>::get();
			list.into_iter()
				.map(|(key, power)| (sp_core::ByteArray::to_raw_vec(&key).try_into().unwrap(), power))
				.collect()
		};
		let grandpa = || {
			let list = pallet_grandpa::Authorities::<Runtime>::get();
			list.into_iter()
				.map(|(key, power)| (sp_core::ByteArray::to_raw_vec(&key).try_into().unwrap(), power))
				.collect()
		};
		let next_session = || {
			let block = System::block_number() + 1;
			System::set_block_number(block);
			pallet_babe::Initialized::<Runtime>::put(None::<sp_consensus_babe::digests::PreDigest>);
			Session::rotate_session();
			Grandpa::on_finalize(block);
		};
		let bond = pallet_validators::Candidates::<Runtime>::get(who(Alice)).unwrap().bond;
		let equal = (bond / (MIN_BOND / 1_000)) as u64;
		let babe_key = Alice.public().0;
		let grandpa_key = sp_keyring::Ed25519Keyring::Alice.public().0;
		assert_eq!(power_of(babe_key, babe()), Some((babe_key, equal)));
		assert_eq!(power_of(grandpa_key, grandpa()), Some((grandpa_key, equal)));
		let set = pallet_grandpa::CurrentSetId::<Runtime>::get();
		assert_ok!(Validators::bond(RuntimeOrigin::signed(who(Alice)), bond));
		next_session();
		assert_eq!(power_of(grandpa_key, grandpa()), Some((grandpa_key, equal)), "elected, and not seated yet");
		let next = pallet_babe::NextAuthorities::<Runtime>::get();
		assert_eq!(next.iter().map(|(_, power)| *power).max(), Some(2 * equal));
		next_session();
		assert_eq!(power_of(babe_key, babe()), Some((babe_key, 2 * equal)));
		assert_eq!(power_of(grandpa_key, grandpa()), Some((grandpa_key, 2 * equal)));
		assert_eq!(pallet_grandpa::CurrentSetId::<Runtime>::get(), set + 1);
		let votes = pallet_rounds::Electors::<Runtime>::get();
		assert_eq!(
			votes.iter().find(|(elector, ..)| *elector == who(Alice)).map(|(.., power)| *power),
			Some(2 * equal)
		);
		// Nobody has changed anything: finality has the same set.
		next_session();
		next_session();
		assert_eq!(pallet_grandpa::CurrentSetId::<Runtime>::get(), set + 1);
		Validators::do_try_state().unwrap();
	});
}

#[test]
fn a_head_of_a_memory_has_the_encoding_and_the_hash_that_daemons_give_it() {
	let pinned: serde_json::Value = serde_json::from_str(include_str!("../../memory/hashes.json")).unwrap();
	let bytes = |name: &str| sp_core::bytes::from_hex(pinned[name].as_str().unwrap()).unwrap();
	let mut rest = &bytes("head")[..];
	let head = pallet_memory::Head::<Runtime>::decode(&mut rest).unwrap();
	assert!(rest.is_empty());
	assert_eq!((head.seq, head.encode()), (9, bytes("head")));
	assert_eq!(head.hash().to_vec(), bytes("head hash"));
}

#[test]
fn a_space_of_memory_pays_and_returns_and_the_chain_needs_its_blobs() {
	on_a_chain(|| {
		let config = pallet_memory::SpaceConfig {
			public: false,
			availability: pallet_memory::Availability::Network,
			embedding: None,
			ranking: 1,
		};
		let owner = || RuntimeOrigin::signed(Alice.to_account_id());
		assert_ok!(Memory::create_space(owner(), config));
		let blob = |id: u8| pallet_memory::BlobRef { id: assay_primitives::ContentId([id; 32]), size: 20_000 };
		let add = vec![blob(1)].try_into().unwrap();
		assert_ok!(Memory::commit(owner(), 0, 1, [3; 32], 1, blob(2), 0, add, Default::default()));
		assert!(Models::blob_expected(blob(1).id, 20_000) && Models::blob_expected(blob(2).id, 20_000));
		crate::invariants::check().unwrap();
		assert_ok!(Memory::close_space(owner(), 0));
		assert!(!Models::blob_expected(blob(1).id, 20_000));
		crate::invariants::check().unwrap();
	});
}
