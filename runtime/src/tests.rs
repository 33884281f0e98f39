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
		let executed = System::events().into_iter().find_map(|record| match record.event {
			RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
			_ => None,
		});
		assert_eq!(executed, Some(Err(frame_system::Error::<Runtime>::CallFiltered.into())));
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
