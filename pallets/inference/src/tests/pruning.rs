//! Results leave the state after their time, in blocks that have room.

use super::*;
use frame_support::weights::Weight;

fn three_results() -> (Vec<RequestId>, u32) {
	active_model(1);
	let ids: Vec<_> = (0..3).map(|_| Ask { k: Some(3), ..Ask::new(model_id(1)) }.submit().unwrap()).collect();
	ids.iter().for_each(|id| drop(await_end(*id)));
	let at = result(ids[0]).ended_at + ResultRetention::get();
	(ids, at)
}

#[test]
fn a_result_leaves_the_state_after_its_time() {
	run(7, || {
		let (ids, at) = three_results();
		run_to(at);
		assert!(ids.iter().all(Results::<Test>::contains_key));
		finish_block();
		assert_eq!(Results::<Test>::iter().count(), 0);
		assert_eq!(PrunedTo::<Test>::get(), at + 1);
	});
}

#[test]
fn full_blocks_put_pruning_off_and_later_ones_catch_up() {
	run(7, || {
		let (_, at) = three_results();
		IdleWeight::set(Weight::zero());
		run_to(at + 40);
		// The weights of the mock are zero: it prunes in any block. Only the cursor moves by so many blocks.
		finish_block();
		assert_eq!(Results::<Test>::iter().count(), 0);
		PrunedTo::<Test>::put(at - 40);
		next_block();
		finish_block();
		assert_eq!(PrunedTo::<Test>::get(), at - 40 + 16);
		run_for(10);
		assert_eq!(PrunedTo::<Test>::get(), now());
	});
}
