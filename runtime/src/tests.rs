//! What the runtime puts together: what proxies may do, and who may schedule.

use crate::{
	configs::ProxyType, constants::EXISTENTIAL_DEPOSIT, genesis_config_presets::get_preset, AccountId, Balances,
	BuildStorage, Proxy, Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, Scheduler, System,
	Validators,
};
use frame_support::{assert_noop, assert_ok, traits::InstanceFilter};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie};
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
		(more.into(), vec![]),
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
	pallet_rounds::Electors::<Runtime>::get().into_iter().map(|(who, _)| who).collect()
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

/// How the last call of a proxy ended.
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
