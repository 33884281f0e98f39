//! Benchmarks of the calls. If the preset has one validator, `propose` and `support` decide their motions too.

use super::*;
use crate::pallet::{Call, Pallet as Council};
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{InspectHold, Mutate, MutateHold},
	Get, StorePreimage,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::Saturating;

/// A validator that can pay for motions.
fn validator<T: Config<Currency: Mutate<AccountIdOf<T>>>>() -> AccountIdOf<T> {
	let (who, _) = T::Powers::get().into_iter().next().expect("the preset has a validator; qed");
	T::Currency::mint_into(&who, T::Deposit::get().saturating_mul(10)).expect("a validator can be funded; qed");
	who
}

fn call<T: Config>() -> BoundedCallOf<T> {
	let call = frame_system::Call::<T>::remark { remark: alloc::vec![1; 100] };
	T::Preimages::bound(<T as pallet_scheduler::Config>::RuntimeCall::from(call)).expect("it is short; qed")
}

/// An open motion of a validator, which is not decided whatever power that has.
fn motion<T: Config<Currency: Mutate<AccountIdOf<T>>>>() -> (AccountIdOf<T>, u32) {
	let proposer = validator::<T>();
	let (index, deposit) = (NextMotion::<T>::get(), T::Deposit::get());
	T::Currency::hold(&HoldReason::Motion.into(), &proposer, deposit).expect("it was funded; qed");
	let ends = frame_system::Pallet::<T>::block_number().saturating_add(T::MotionDuration::get());
	let supporters = BoundedVec::truncate_from(alloc::vec![proposer.clone()]);
	NextMotion::<T>::put(index.saturating_add(1));
	Motions::<T>::insert(index, Motion { proposer: proposer.clone(), deposit, ends, call: call::<T>(), supporters });
	(proposer, index)
}

#[benchmarks(where T: Config<Currency: Mutate<AccountIdOf<T>>>, <T as pallet_scheduler::Config>::RuntimeCall: From<frame_system::Call<T>>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn propose() {
		let who = validator::<T>();
		let call = call::<T>();
		let index = NextMotion::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), call);

		assert_eq!(NextMotion::<T>::get(), index + 1);
	}

	#[benchmark]
	fn support() {
		let (who, index) = motion::<T>();
		let call = call::<T>().hash();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), index, call);
	}

	#[benchmark]
	fn decide() {
		let (_, index) = motion::<T>();
		let motion = Motions::<T>::get(index).expect("it was made; qed");

		#[block]
		{
			Council::<T>::decide(index, motion).expect("the scheduler has room; qed");
		}

		assert!(!Motions::<T>::contains_key(index));
	}

	#[benchmark]
	fn withdraw_support() {
		let (who, index) = motion::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(who), index);

		assert!(Motions::<T>::get(index).is_some_and(|motion| motion.supporters.is_empty()));
	}

	#[benchmark]
	fn close() {
		let (who, index) = motion::<T>();
		let ended: BlockNumberFor<T> = T::MotionDuration::get().saturating_mul(2u32.into());
		frame_system::Pallet::<T>::set_block_number(ended);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), index);

		assert_eq!(T::Currency::balance_on_hold(&HoldReason::Motion.into(), &who), 0);
	}

	#[benchmark]
	fn drop_motion() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (_, index) = motion::<T>();

		#[extrinsic_call]
		_(origin as <T as frame_system::Config>::RuntimeOrigin, index);

		assert!(!Motions::<T>::contains_key(index));
		Ok(())
	}

	impl_benchmark_test_suite!(Council, crate::mock::bench_ext(), crate::mock::Test);
}
