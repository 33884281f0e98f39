//! The engine is out of reach wherever consensus is: each call of its host interface answers `NotOffchain`.

use super::*;
use crate::runtime_decl_for_inference_api::InferenceApi;
use assay_primitives::{
	host::{EngineExt, HostError},
	EngineStatus,
};
use frame_support::assert_ok;
use sp_runtime::traits::Dispatchable;
use std::sync::Arc;

const REFUSED: probe::Answers = [Some(HostError::NotOffchain); 4];

#[test]
fn an_extrinsic_gets_not_offchain() {
	run(1, || {
		let call: RuntimeCall = probe::Call::ask_engine {}.into();
		assert_ok!(call.dispatch(RuntimeOrigin::signed(REQUESTER)));
		assert_eq!(probe::FromCall::<Test>::get(), Some(REFUSED));
	});
}

#[test]
fn a_hook_gets_not_offchain() {
	run(1, || {
		next_block();
		assert_eq!(probe::FromHook::<Test>::get(), Some(REFUSED));
	});
}

#[test]
fn a_runtime_api_gets_not_offchain() {
	run(1, || {
		assert_eq!(<Test as InferenceApi<Block, u128>>::engine_status(), Err(HostError::NotOffchain));
		assert_eq!(probe::ask(), REFUSED);
	});
}

#[test]
fn the_other_runtime_apis_answer() {
	run(4, || {
		type Api = Test;
		let model = active_model(1);
		assert_eq!(<Api as InferenceApi<Block, u128>>::engine(), Some(ENGINE));
		assert!(<Api as InferenceApi<Block, u128>>::blob_expected(model, 2_000));
		assert!(!<Api as InferenceApi<Block, u128>>::blob_expected(model, 1_999));
		assert_eq!(<Api as InferenceApi<Block, u128>>::price(500, 5, 3, 0), Some(price(500, 5, 3)));
	});
}

#[test]
fn only_where_the_node_registers_the_engine_does_it_answer() {
	let mut ext = ext(1);
	let host = FakeHost::default();
	ext.register_extension(EngineExt(Arc::new(host.clone())));
	ext.execute_with(|| {
		// Auditors are drawn with the keystore, which this node has not.
		assert_eq!(probe::ask(), [None, None, None, Some(HostError::NotOffchain)]);
		let status = EngineStatus { engines: vec![ENGINE], queued: 0, running: 0, replays: 0 };
		assert_eq!(<Test as InferenceApi<Block, u128>>::engine_status(), Ok(status));
	});
	assert_eq!(host.0.lock().unwrap().enqueued.len(), 1);
}

#[test]
fn no_block_of_this_pallet_reaches_for_the_engine() {
	let mut ext = ext(4);
	let host = FakeHost::default();
	ext.register_extension(EngineExt(Arc::new(host.clone())));
	ext.execute_with(|| {
		let model = active_model(1);
		let id = Ask::new(model).submit().unwrap();
		assert_eq!(ended(id), "output");
	});
	// The probe's hook is the only one that asks: once in each block.
	let asked = host.0.lock().unwrap();
	assert!(asked.enqueued.iter().all(Vec::is_empty));
	assert!(asked.taken.iter().all(|(duties, wait)| (duties.as_slice(), *wait) == (&[[0; 32]][..], 10)));
}
