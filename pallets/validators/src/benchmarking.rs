//! Benchmarks of the calls, and of the penalties that a block takes.

use super::*;
use crate::pallet::Pallet as Validators;
use frame_benchmarking::v2::*;
use frame_support::traits::{
	fungible::{Inspect, InspectHold, Mutate},
	EnsureOrigin, Get,
};
use frame_system::RawOrigin;

/// Funds an account and bonds some of what it has: enough for a share to each finder.
fn bonded<T: Config<Currency: Mutate<AccountIdOf<T>>>>(index: u32) -> AccountIdOf<T> {
	let who = funded::<T>(index);
	let bond = T::MinBond::get().saturating_mul(5);
	Validators::<T>::bond(RawOrigin::Signed(who.clone()).into(), bond).expect("the account is rich; qed");
	who
}

/// A validator that takes delegations.
fn backed<T: Config<Currency: Mutate<AccountIdOf<T>>>>(index: u32) -> AccountIdOf<T> {
	let who = bonded::<T>(index);
	let origin = RawOrigin::Signed(who.clone()).into();
	Validators::<T>::set_commission(origin, Perbill::zero()).expect("the account is a candidate; qed");
	let pot = T::MinDelegation::get().max(<T as Config>::Currency::minimum_balance());
	<T as Config>::Currency::mint_into(&Validators::<T>::pot(), pot).expect("an account can be funded; qed");
	who
}

fn delegated<T: Config<Currency: Mutate<AccountIdOf<T>>>>(validator: &AccountIdOf<T>, who: &AccountIdOf<T>) {
	let (origin, amount) = (RawOrigin::Signed(who.clone()).into(), T::MinDelegation::get());
	Validators::<T>::delegate(origin, validator.clone(), amount).expect("the account is rich; qed");
}

fn funded<T: Config<Currency: Mutate<AccountIdOf<T>>>>(index: u32) -> AccountIdOf<T> {
	let who: AccountIdOf<T> = account("validator", index, 0);
	let enough = T::MinBond::get().saturating_mul(10).max(T::MinDelegation::get().saturating_mul(10));
	<T as Config>::Currency::mint_into(&who, enough).expect("an account of a benchmark can be funded");
	who
}

/// Accounts that can take a reward.
fn finders<T: Config<Currency: Mutate<AccountIdOf<T>>>>(count: u32) -> alloc::vec::Vec<AccountIdOf<T>> {
	(0..count).map(|index| funded::<T>(T::MaxCandidates::get().saturating_add(index))).collect()
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

	/// In the place of a candidate with a smaller bond.
	#[benchmark]
	fn bond_over() {
		let smaller = bonded::<T>(0);
		for index in 1..T::MaxCandidates::get() {
			bonded::<T>(index);
		}
		let who = funded::<T>(T::MaxCandidates::get());
		let amount = held::<T>(&smaller) + 1;

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), amount, smaller.clone());

		assert_eq!((held::<T>(&who), held::<T>(&smaller)), (amount, 0));
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
		let _ = Penalties::<T>::clear(u32::MAX, None);
		Candidates::<T>::mutate(&who, |candidate| {
			if let Some(candidate) = candidate {
				candidate.due = 0;
			}
		});
		CurrentEra::<T>::put(1);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()));

		assert!(Candidates::<T>::get(who).is_some_and(|candidate| candidate.jailed.is_none()));
	}

	#[benchmark]
	fn cancel_penalty() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let who = bonded::<T>(0);
		Validators::<T>::penalize_found(&who, Fault::WrongVerdict, &finders::<T>(MAX_FINDERS));

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, HELD_ERAS, who.clone(), Fault::WrongVerdict);

		assert!(!Penalties::<T>::contains_key((HELD_ERAS, who, Fault::WrongVerdict)));
		Ok(())
	}

	#[benchmark]
	fn set_minimum() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 1);

		assert_eq!(MinimumValidators::<T>::get(), 1);
		Ok(())
	}

	#[benchmark]
	fn set_commission() {
		let who = bonded::<T>(0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), Perbill::zero());

		assert_eq!(Backings::<T>::get(who).commission, Perbill::zero());
	}

	#[benchmark]
	fn delegate() {
		let (validator, who) = (backed::<T>(0), funded::<T>(1));
		let amount = T::MinDelegation::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), validator.clone(), amount);

		assert!(Delegations::<T>::contains_key(validator, who));
	}

	#[benchmark]
	fn undelegate() {
		let (validator, who) = (backed::<T>(0), funded::<T>(1));
		delegated::<T>(&validator, &who);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), validator.clone(), None);

		assert!(Delegations::<T>::get(validator, who).is_some_and(|delegation| delegation.active.shares == 0));
	}

	/// While a penalty is due, of which it pays its part.
	#[benchmark]
	fn withdraw_delegation() {
		let (validator, who) = (backed::<T>(0), funded::<T>(1));
		delegated::<T>(&validator, &who);
		let _ = Validators::<T>::undelegate(RawOrigin::Signed(who.clone()).into(), validator.clone(), None);
		Validators::<T>::penalize(&validator, Fault::WrongTrace);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), validator.clone(), true);

		assert!(!Delegations::<T>::contains_key(validator, who));
	}

	/// The weight that paying a validator has beside the payment itself, if it has delegators.
	#[benchmark]
	fn earn() {
		let (validator, who) = (backed::<T>(0), funded::<T>(1));
		delegated::<T>(&validator, &who);
		let before = Backings::<T>::get(&validator).active.stake;
		let pot = Validators::<T>::pot();

		#[block]
		{
			let part = Validators::<T>::delegators_part(&validator, T::MinBond::get());
			<T as Config>::Currency::mint_into(&pot, part).expect("the account is there; qed");
			Validators::<T>::add_earnings(&validator, part);
		}

		assert!(Backings::<T>::get(&validator).active.stake > before);
	}

	/// A fault that costs a validator its place, found by as many as can be.
	#[benchmark]
	fn penalize() {
		let who = bonded::<T>(0);
		let finders = finders::<T>(MAX_FINDERS);

		#[block]
		{
			<Validators<T> as Bonds<_>>::penalize_found(&who, Fault::WrongVerdict, &finders);
		}

		assert!(Candidates::<T>::get(who).is_some_and(|candidate| candidate.jailed.is_some()));
	}

	/// So many penalties, and so many shares of finders in all of them.
	#[benchmark]
	fn take_penalties(
		n: Linear<0, { T::PenaltiesPerBlock::get() }>,
		f: Linear<0, { T::PenaltiesPerBlock::get().saturating_mul(MAX_FINDERS) }>,
	) {
		let finders = finders::<T>(MAX_FINDERS);
		let mut left = f.min(n.saturating_mul(MAX_FINDERS));
		let rewards = left;
		for index in 0..n {
			let who = backed::<T>(index);
			delegated::<T>(&who, &finders[0]);
			let some = left.min(MAX_FINDERS);
			left -= some;
			Validators::<T>::penalize_found(&who, Fault::WrongVerdict, &finders[..some as usize]);
		}
		Untaken::<T>::put(HELD_ERAS);
		CurrentEra::<T>::put(HELD_ERAS + 1);

		#[block]
		{
			assert_eq!(Validators::<T>::take_penalties(), (n, rewards));
		}

		assert_eq!(Penalties::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Validators, crate::mock::bench_ext(), crate::mock::Test);
}
