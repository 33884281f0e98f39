//! Results: what they record, the root over them, and when they leave.

use super::*;
use assay_primitives::{h, Output};
use binary_merkle_tree::{merkle_proof_raw, merkle_root_raw, verify_proof, Leaf};
use codec::Decode;
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;
use std::collections::BTreeSet;

fn claim(id: RequestId) -> Claim {
	match result(id).ended {
		Ended::Final(claim) => claim,
		ended => panic!("request {id} ended as {ended:?}"),
	}
}

#[test]
fn a_result_tells_who_asked_what_and_what_came_of_it() {
	run(5, || {
		let model = active_model(1);
		let ask = Ask { k: Some(3), ..Ask::new(model) };
		let n = now();
		let id = ask.clone().submit().unwrap();
		let record = await_end(id);
		let output = execute(model, ask.input.content_id(), 500, &[]).outcome.unwrap();
		assert_eq!((record.owner, record.ended_at), (REQUESTER, n + 6));
		assert_eq!(record.output, Some(output.clone()));
		let decision = decision(id);
		let expected = Claim {
			request: id,
			model,
			engine: ENGINE,
			verification: Verification::ReExecution,
			input: ask.input.content_id(),
			output: Some(output.content_id()),
			decision,
		};
		assert_eq!(claim(id), expected);
		assert!(matches!(decision.verdict, Verdict::Output { result_hash, .. }
			if result_hash == honest_result(model, ask.input.content_id())));
		for gone in [
			Requests::<Test>::contains_key(id),
			Inputs::<Test>::contains_key(id),
			Outputs::<Test>::contains_key(Subject::Request(id)),
		] {
			assert!(!gone);
		}
		assert!(!Agreements::<Test>::contains_key(Subject::Request(id)));
	});
}

#[test]
fn an_empty_block_has_an_empty_root() {
	run(1, || {
		next_block();
		assert_eq!(ResultsRoot::<Test>::get(), [0; 32]);
	});
}

#[test]
fn the_root_is_over_the_claims_of_the_block_and_each_has_a_proof() {
	run(5, || {
		let model = active_model(1);
		for results in 1..6u32 {
			next_block();
			let ids: Vec<_> = (0..results)
				.map(|n| Ask { k: Some(3), input: inline(&[n as u8; 9]), ..Ask::new(model) }.submit().unwrap())
				.collect();
			run_for(6);
			let block = now();
			finish_block();
			let listed = FinalizedIn::<Test>::get(block);
			assert_eq!(listed.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(), ids.into_iter().collect());
			let leaves: Vec<H256> = listed.iter().map(|(id, _)| h("assay/claim", claim(*id)).into()).collect();
			assert_eq!(listed.iter().map(|(_, leaf)| H256::from(*leaf)).collect::<Vec<_>>(), leaves);
			let root = H256::from(ResultsRoot::<Test>::get());
			assert_eq!(root, merkle_root_raw::<BlakeTwo256, _>(leaves.clone()));
			for (index, leaf) in leaves.iter().enumerate() {
				let proof = merkle_proof_raw::<BlakeTwo256, _>(leaves.clone(), index as u32).proof;
				let verifies = |leaf: H256, index: u32| {
					verify_proof::<BlakeTwo256, _, _>(&root, proof.clone(), results, index, Leaf::Hash(leaf))
				};
				assert!(verifies(*leaf, index as u32));
				assert!(!verifies(h("assay/claim", "another").into(), index as u32));
				assert!(results == 1 || !verifies(*leaf, (index as u32 + 1) % results));
			}
			next_block();
			finish_block();
			assert_eq!(ResultsRoot::<Test>::get(), [0; 32]);
		}
	});
}

#[test]
fn a_block_leaves_its_claims_in_the_offchain_database() {
	let mut ext = ext(5);
	let (parent, made) = ext.execute_with(|| {
		let model = active_model(1);
		let ids: Vec<_> =
			(0..3u8).map(|n| Ask { k: Some(3), input: inline(&[n; 9]), ..Ask::new(model) }.submit().unwrap()).collect();
		run_for(6);
		let listed = FinalizedIn::<Test>::get(now());
		assert_eq!(listed.len(), ids.len());
		(System::parent_hash().0, listed.into_iter().map(|(id, _)| claim(id)).collect::<Vec<_>>())
	});
	ext.persist_offchain_overlay();
	let database = ext.offchain_db();
	let found: Vec<Claim> = (0..)
		.map_while(|index| database.get(&Claim::offchain_key(&parent, index)))
		.map(|bytes| Claim::decode(&mut &bytes[..]).unwrap())
		.collect();
	assert_eq!(found, made);
	assert_eq!(database.get(&Claim::offchain_key(&[0; 32], 0)), None);
}

#[test]
fn what_has_no_result_is_not_in_the_root() {
	run(7, || {
		let model = active_model(1);
		hush();
		let id = Ask::new(model).submit().unwrap();
		assert_eq!(ended(id), "expired");
		assert!(FinalizedIn::<Test>::get(now()).is_empty());
		finish_block();
		assert_eq!(ResultsRoot::<Test>::get(), [0; 32]);
	});
}

#[test]
fn results_leave_the_state_after_their_time() {
	run(7, || {
		let model = active_model(1);
		let first = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		let second = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		await_end(first);
		let block = now();
		next_block();
		let later = Ask { k: Some(3), ..Ask::new(model) }.submit().unwrap();
		run_to(block + ResultRetention::get() - 1);
		assert!(Results::<Test>::contains_key(first) && Results::<Test>::contains_key(second));
		assert_eq!(FinalizedIn::<Test>::get(block).len(), 2);
		next_block();
		assert!(Results::<Test>::contains_key(first));
		finish_block();
		assert!(!Results::<Test>::contains_key(first) && !Results::<Test>::contains_key(second));
		assert!(!FinalizedIn::<Test>::contains_key(block));
		let pruned =
			[first, second].map(|request| (now(), RuntimeEvent::Inference(OwnEvent::ResultPruned { request })));
		assert!(log().ends_with(&pruned));
		assert!(Results::<Test>::contains_key(later));
		run_for(11);
		assert!(!Results::<Test>::contains_key(later));
		assert_eq!(FinalizedIn::<Test>::iter().count(), 0);
		assert_eq!(Agenda::<Test>::iter().count() + Prunable::<Test>::iter().count(), 0, "nothing is left to do");
	});
}

#[test]
fn expired_and_unresolved_requests_are_pruned_too() {
	run(7, || {
		let model = active_model(1);
		hush();
		let expired = Ask::new(model).submit().unwrap();
		assert_eq!(ended(expired), "expired");
		set_role(FIRST..FIRST + 3, Role::Liar(1));
		set_role(FIRST + 3..FIRST + 7, Role::Honest);
		let unresolved = Ask { k: Some(7), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(ended(unresolved), "unresolved");
		run_for(ResultRetention::get());
		finish_block();
		assert_eq!(Results::<Test>::iter().count(), 0);
	});
}

#[test]
fn blobs_are_needed_as_long_as_a_record_needs_them() {
	run(7, || {
		let shared = blob(1, 3_000);
		let id = shared.content_id();
		let needed = || Blobs::<Test>::get((id, 3_000));
		let model = activate(Registration { sample: Some(shared.clone()), ..Registration::new(1) });
		assert_eq!(needed(), 1);
		assert_eq!(Blobs::<Test>::get((model, 2_000)), 1);
		let first = Ask { input: shared.clone(), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(needed(), 2);
		next_block();
		let second = Ask { input: shared.clone(), ..Ask::new(model) }.submit().unwrap();
		assert_eq!(needed(), 3);
		// The same id with another length is another blob.
		let other = Ask { input: Input::Blob(BlobRef { id, size: 2_999 }), ..Ask::new(model) }.submit().unwrap();
		assert_eq!((needed(), Blobs::<Test>::get((id, 2_999))), (3, 1));
		// And a model's own file may be an input.
		let itself = Ask { input: Input::Blob(BlobRef { id: model, size: 2_000 }), ..Ask::new(model) };
		let itself = itself.submit().unwrap();
		assert_eq!(Blobs::<Test>::get((model, 2_000)), 2);
		await_end(first);
		assert_eq!(needed(), 2);
		[second, other, itself].into_iter().for_each(|id| drop(await_end(id)));
		assert_eq!((needed(), Blobs::<Test>::get((model, 2_000))), (1, 1));
		assert!(!Blobs::<Test>::contains_key((id, 2_999)));
		frame_support::assert_ok!(call(PUBLISHER, ModelsCall::retire_model { model }));
		assert_eq!(Blobs::<Test>::iter().count(), 0);
		assert!(!Samples::<Test>::contains_key(model));
	});
}

#[test]
fn the_output_of_the_sample_run_stays_with_the_model() {
	run(4, || {
		let model = active_model(1);
		run_for(ResultRetention::get() + 5);
		let ModelStatus::Active { output, .. } = self::model(model).status else { panic!("not active") };
		assert!(matches!(output, Output::Inline(_)));
	});
}
