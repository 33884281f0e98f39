//! Benchmarks, each at the worst case of its path. Members, bytes and records are components, as they differ from
//! request to request. And the requests that the benchmarks of rounds are about.

use super::*;
use alloc::vec;
use assay_primitives::{
	constants::{MAX_INLINE_INPUT, MAX_INLINE_OUTPUT, UNITS_PER_BLOCK},
	RequestId, Subject,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Get, Hooks},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::RawOrigin;
use pallet_models::{
	benchmarking::{active, input, MODEL},
	Models,
};
use pallet_rounds::{
	benchmarking::{begin_window, electors, end_window, funded, keep_agreed, BenchmarkHelper, RICH},
	Pallet as Rounds, TakenInBlock,
};

impl<T: Config> BenchmarkHelper<Subject> for ModelsAndRequests<T> {
	fn open_subject(members: u32) -> Subject {
		let id = request::<T>();
		Requests::<T>::mutate(id, |record| {
			if let Some(record) = record {
				record.k = members;
				record.audits = 0;
			}
		});
		Subject::Request(id)
	}

	fn finish_block() {
		Pallet::<T>::root_results(frame_system::Pallet::<T>::block_number());
	}
}

/// A request to the largest committee, of a model that is there afterwards. There are electors before.
fn request<T: Config>() -> RequestId {
	if !Models::<T>::contains_key(MODEL) {
		active::<T>(&funded::<T>("publisher", 0));
	}
	TakenInBlock::<T>::kill();
	let id = NextRequest::<T>::get();
	let k = T::MaxCommittee::get().min(T::MaxValidators::get());
	let owner = funded::<T>("requester", id as u32);
	Pallet::<T>::request_inference(
		RawOrigin::Signed(owner).into(),
		MODEL,
		input(MAX_INLINE_INPUT),
		UNITS_PER_BLOCK,
		RICH,
		Some(k),
		None,
		None,
		None,
	)
	.expect("a request can be made in a benchmark");
	id
}

#[benchmarks(where <T as frame_system::Config>::RuntimeCall: From<frame_system::Call<T>>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn request_inference(b: Linear<1, MAX_INLINE_INPUT>) {
		electors::<T>();
		active::<T>(&funded::<T>("publisher", 0));
		let owner = funded::<T>("requester", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL, input(b), UNITS_PER_BLOCK, RICH, None, None, None, None);

		assert!(Requests::<T>::contains_key(0));
	}

	/// The end of a challenge window, with so many payments to voters.
	#[benchmark]
	fn finalize(m: Linear<1, { T::MaxValidators::get() }>, b: Linear<0, MAX_INLINE_OUTPUT>) {
		electors::<T>();
		let id = request::<T>();
		let subject = Subject::Request(id);
		let due = begin_window::<T>(subject, m, b);
		frame_system::Pallet::<T>::set_block_number(due);

		#[block]
		{
			end_window::<T>(subject, due);
			Pallet::<T>::root_results(due);
		}

		assert!(Results::<T>::contains_key(id));
	}

	#[benchmark]
	fn callback_queue() {
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::make_callbacks(&mut meter);
		}

		assert!(CallbackQueue::<T>::get().is_empty());
	}

	#[benchmark]
	fn callback() {
		let call = <T as frame_system::Config>::RuntimeCall::from(frame_system::Call::remark { remark: vec![1; 512] });
		let waiting = Callback {
			call: BoundedVec::truncate_from(codec::Encode::encode(&call)),
			weight: T::MaxCallbackWeight::get(),
			price: 1,
		};
		Callbacks::<T>::insert(0, waiting);
		CallbackQueue::<T>::put(BoundedVec::truncate_from(vec![0]));
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::make_callbacks(&mut meter);
		}

		assert_eq!(Callbacks::<T>::count(), 0);
	}

	#[benchmark]
	fn prune(n: Linear<0, 64>) {
		electors::<T>();
		let begin = |_| begin_window::<T>(Subject::Request(request::<T>()), 1, MAX_INLINE_OUTPUT);
		if let Some(due) = (0..n).map(begin).max() {
			frame_system::Pallet::<T>::set_block_number(due);
			Rounds::<T>::on_initialize(due);
		}
		assert_eq!(Results::<T>::iter().count(), n as usize);
		let due = Prunable::<T>::iter_keys().min().unwrap_or_default();
		PrunedTo::<T>::put(due);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::prune_due(due, &mut meter);
		}

		assert_eq!(Results::<T>::iter().count(), 0);
	}

	/// A dispute of a final result for which a committee of the largest size and as many auditors as there are have voted.
	#[benchmark]
	fn dispute_result(b: Linear<1, MAX_INLINE_INPUT>) {
		let electors = electors::<T>();
		active::<T>(&funded::<T>("publisher", 0));
		let (validator, owner) =
			(electors.first().expect("there are electors; qed").0.clone(), funded::<T>("requester", 0));
		Pallet::<T>::request_inference(
			RawOrigin::Signed(owner).into(),
			MODEL,
			input(b),
			UNITS_PER_BLOCK,
			RICH,
			None,
			None,
			None,
			None,
		)
		.expect("a request can be made in a benchmark");
		let subject = Subject::Request(0);
		let due = begin_window::<T>(subject, T::MaxValidators::get(), MAX_INLINE_OUTPUT);
		keep_agreed::<T>(subject);
		frame_system::Pallet::<T>::set_block_number(due);
		end_window::<T>(subject, due);

		#[extrinsic_call]
		_(RawOrigin::Signed(validator), 0, input(b));

		assert!(Inputs::<T>::contains_key(0));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::bench_ext(), crate::mock::Test);
}
