//! Benchmarks of the calls, and of the penalties that a block takes.

use super::*;
use crate::pallet::Pallet as Validators;
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{InspectHold, Mutate},
	EnsureOrigin, Get,
};
use frame_system::RawOrigin;

/// Funds an account and bonds the smallest bond.
fn bonded<T: Config<Currency: Mutate<AccountIdOf<T>>>>(index: u32) -> AccountIdOf<T> {
	let who = funded::<T>(index);
	Validators::<T>::bond(RawOrigin::Signed(who.clone()).into(), T::MinBond::get()).expect("the account is rich; qed");
	who
}

fn funded<T: Config<Currency: Mutate<AccountIdOf<T>>>>(index: u32) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account("validator", index, 0);
	let enough = T::MinBond::get().saturating_mul(10);
	<T as Config>::Currency::mint_into(&who, enough).expect("an account of a benchmark can be funded");
	who
}

fn held<T: Config<Currency: Mutate<AccountIdOf<T>>>>(who: &AccountIdOf<T>) -> u128 {
	<T as Config>::Currency::balance_on_hold(&HoldReason::Bond.into(), who)
}

#[benchmarks(where T: Config<Currency: Mutate<AccountIdOf<T>>>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn bond() {
		let who = funded::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), T::MinBond::get());

		assert_eq!(held::<T>(&who), T::MinBond::get());
	}

	#[benchmark]
	fn unbond() {
		let who = bonded::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Candidates::<T>::get(who).is_some_and(|candidate| candidate.leaves.is_some()));
	}

	#[benchmark]
	fn withdraw() {
		let who = bonded::<T>(0);
		Candidates::<T>::mutate(&who, |candidate| {
			if let Some(candidate) = candidate {
				candidate.leaves = Some(Default::default());
			}
		});

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert_eq!(held::<T>(&who), 0);
	}

	#[benchmark]
	fn unjail() {
		let who = bonded::<T>(0);
		Validators::<T>::penalize(&who, Fault::WrongVerdict);
		CurrentEra::<T>::put(1);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Candidates::<T>::get(who).is_some_and(|candidate| candidate.jailed.is_none()));
	}

	#[benchmark]
	fn cancel_penalty() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let who = bonded::<T>(0);
		Validators::<T>::penalize(&who, Fault::WrongVerdict);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 1, who.clone(), Fault::WrongVerdict);

		assert!(!Penalties::<T>::contains_key((1, who, Fault::WrongVerdict)));
		Ok(())
	}

	/// A fault that costs a validator its place.
	#[benchmark]
	fn penalize() {
		let who = bonded::<T>(0);

		#[block]
		{
			<Validators<T> as Bonds<_>>::penalize(&who, Fault::WrongVerdict);
		}

		assert!(Candidates::<T>::get(who).is_some_and(|candidate| candidate.jailed.is_some()));
	}

	#[benchmark]
	fn take_penalties(n: Linear<0, { T::PenaltiesPerBlock::get() }>) {
		for index in 0..n {
			let who = bonded::<T>(index);
			Validators::<T>::penalize(&who, Fault::WrongVerdict);
		}
		Untaken::<T>::put(1);
		CurrentEra::<T>::put(2);

		#[block]
		{
			assert_eq!(Validators::<T>::take_penalties(), n);
		}

		assert_eq!(Penalties::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Validators, crate::mock::bench_ext(), crate::mock::Test);
}
