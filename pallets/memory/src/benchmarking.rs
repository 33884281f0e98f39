//! Benchmarks of the calls, each at the worst case of its path.

use super::*;
use crate::pallet::{Call, Pallet as Memory};
use alloc::vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		Get,
	},
	BoundedVec,
};
use frame_system::RawOrigin;

/// An account that can pay for anything here.
fn funded<T: Config<Currency: Mutate<AccountIdOf<T>>>>(name: &'static str, index: u32) -> AccountIdOf<T> {
	let who = account(name, index, 0);
	let amount = T::SpaceDeposit::get()
		.saturating_add(T::DepositPerKib::get().saturating_mul(1 << 20))
		.saturating_add(T::GrantDeposit::get())
		.saturating_add(T::BoxKeyDeposit::get())
		.saturating_add(T::Currency::minimum_balance());
	T::Currency::mint_into(&who, amount.saturating_mul(2)).expect("an account can be funded; qed");
	who
}

fn blob(kind: u8, index: u32) -> BlobRef {
	let mut id = [kind; 32];
	id[..4].copy_from_slice(&index.to_le_bytes());
	BlobRef { id: ContentId(id), size: COUNTED_BYTES }
}

/// A space on the network, number 0.
fn space<T: Config<Currency: Mutate<AccountIdOf<T>>>>() -> AccountIdOf<T> {
	let owner = funded::<T>("owner", 0);
	let config = SpaceConfig { public: false, availability: Availability::Network, embedding: None, ranking: 1 };
	Memory::<T>::create_space(RawOrigin::Signed(owner.clone()).into(), config).expect("the owner can pay; qed");
	owner
}

fn committed<T: Config>(by: &AccountIdOf<T>, seq: u64, add: Vec<BlobRef>) {
	Memory::<T>::commit(
		RawOrigin::Signed(by.clone()).into(),
		0,
		seq,
		[1; 32],
		seq,
		blob(255, seq as u32),
		0,
		BoundedVec::truncate_from(add),
		BoundedVec::new(),
	)
	.expect("the commit follows; qed");
}

fn edits<T: Config>(owner: &AccountIdOf<T>, who: &AccountIdOf<T>) {
	let rights = Rights(Rights::READ.0 | Rights::EDIT.0);
	Memory::<T>::grant(RawOrigin::Signed(owner.clone()).into(), 0, who.clone(), rights, None)
		.expect("the owner grants; qed");
}

/// Pages of as many payers. Returns how many commits there were.
fn pages<T: Config<Currency: Mutate<AccountIdOf<T>>>>(owner: &AccountIdOf<T>, pages: u32) -> u64 {
	for index in 0..pages {
		let payer = funded::<T>("payer", index);
		edits::<T>(owner, &payer);
		committed::<T>(&payer, u64::from(index) + 1, vec![blob(1, index)]);
		Memory::<T>::revoke(RawOrigin::Signed(payer.clone()).into(), 0, payer).expect("it has a grant; qed");
		Spaces::<T>::mutate(0, |space| space.as_mut().map(|space| space.epoch = 0));
	}
	u64::from(pages)
}

#[benchmarks(where T: Config<Currency: Mutate<AccountIdOf<T>>>)]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn create_space() {
		let who = funded::<T>("owner", 0);
		let config = SpaceConfig { public: false, availability: Availability::Network, embedding: None, ranking: 1 };

		#[extrinsic_call]
		_(RawOrigin::Signed(who), config);

		assert!(Spaces::<T>::contains_key(0));
	}

	#[benchmark]
	fn commit(a: Linear<0, MAX_CHANGED>, d: Linear<0, MAX_CHANGED>) {
		let owner = space::<T>();
		let last = pages::<T>(&owner, d);
		let writer = funded::<T>("writer", 0);
		edits::<T>(&owner, &writer);
		let add = BoundedVec::truncate_from((0..a).map(|index| blob(2, index)).collect());
		let drop = BoundedVec::truncate_from((0..d).map(|index| blob(1, index).id).collect());

		#[extrinsic_call]
		_(RawOrigin::Signed(writer), 0, last + 1, [2; 32], last + 1, blob(254, 0), 0, add, drop);

		assert!(Spaces::<T>::get(0).is_some_and(|space| space.blobs == a + 1));
	}

	#[benchmark]
	fn grant() {
		let owner = space::<T>();
		let (by, who) = (funded::<T>("granter", 0), account("who", 0, 0));
		let rights = Rights(15);
		Memory::<T>::grant(RawOrigin::Signed(owner).into(), 0, by.clone(), rights, None)
			.expect("the owner grants; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(by), 0, who, Rights(7), None);

		assert!(Spaces::<T>::get(0).is_some_and(|space| space.grants == 2));
	}

	#[benchmark]
	fn revoke() {
		let owner = space::<T>();
		let (by, who) = (funded::<T>("granter", 0), account::<AccountIdOf<T>>("who", 0, 0));
		Memory::<T>::grant(RawOrigin::Signed(owner.clone()).into(), 0, by.clone(), Rights(15), None)
			.expect("the owner grants; qed");
		edits::<T>(&owner, &who);

		#[extrinsic_call]
		_(RawOrigin::Signed(by), 0, who);

		assert!(Spaces::<T>::get(0).is_some_and(|space| space.grants == 1));
	}

	#[benchmark]
	fn set_box_key() {
		let who = funded::<T>("who", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), Some([1; 32]));

		assert!(BoxKeys::<T>::contains_key(who));
	}

	#[benchmark]
	fn transfer_space() {
		let (owner, to) = (space::<T>(), funded::<T>("to", 0));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), 0, to.clone());

		assert!(Spaces::<T>::get(0).is_some_and(|space| space.owner == to));
	}

	#[benchmark]
	fn close_space(n: Linear<1, MAX_CHANGED>) {
		let owner = space::<T>();
		// The manifest is one of the blobs.
		pages::<T>(&owner, n - 1);
		if n == 1 {
			committed::<T>(&owner, 1, vec![]);
		}

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), 0);

		assert!(!Spaces::<T>::contains_key(0));
	}

	impl_benchmark_test_suite!(Memory, crate::mock::new_test_ext(), crate::mock::Test);
}
