//! Benchmarks, each at the worst case of its path. And what the benchmarks of other pallets need of the registry.

use crate::*;
use alloc::vec;
use assay_primitives::{
	constants::{MAX_CARD_BYTES, MAX_INLINE_INPUT, MAX_INLINE_OUTPUT, MAX_MODEL_BYTES},
	ContentId, EngineId, ModelId, Subject,
};
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{EnsureOrigin, Get},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::RawOrigin;
use pallet_rounds::{
	benchmarking::{agreed, conclude, electors, funded},
	run_benchmark, Conclusion, NewDraws, TakenInBlock,
};

/// The model of most benchmarks.
pub const MODEL: ModelId = ContentId([2; 32]);

fn name() -> ModelName {
	BoundedVec::truncate_from(vec![b'a'; 64])
}

/// The most that there can be, different for each `fill`.
fn metadata(fill: u8) -> ModelMetadata {
	let tag = |index: u8| BoundedVec::truncate_from([vec![b'a' + index], vec![fill; 23]].concat());
	ModelMetadata {
		task: BoundedVec::truncate_from(vec![fill; 32]),
		licence: BoundedVec::truncate_from(vec![fill; 32]),
		tags: BoundedVec::truncate_from((0..8).map(tag).collect()),
		description: BoundedVec::truncate_from(vec![fill; 512]),
		card: Some(BlobRef { id: ContentId([fill; 32]), size: MAX_CARD_BYTES }),
	}
}

/// A model whose activation has failed.
fn rejected<T: Config>(owner: &AccountIdOf<T>, id: ModelId, name: ModelName) {
	register::<T>(owner, id, name);
	conclude::<T>(Subject::Model(id), Conclusion::Silent { without_input: false });
}

/// A model that waits for the end of its activation.
fn register<T: Config>(owner: &AccountIdOf<T>, model: ModelId, name: ModelName) {
	CurrentEngine::<T>::put(EngineId([1; 32]));
	Pallet::<T>::register_model(
		RawOrigin::Signed(owner.clone()).into(),
		model,
		MAX_MODEL_BYTES,
		name,
		1,
		metadata(b'm'),
		1_000_000,
		None,
		None,
	)
	.expect("a model can be registered in a benchmark");
	NewDraws::<T>::kill();
}

/// [`MODEL`], active. There are electors before.
pub fn active<T: Config>(owner: &AccountIdOf<T>) {
	register::<T>(owner, MODEL, name());
	let subject = Subject::Model(MODEL);
	conclude::<T>(subject, agreed::<T>(subject, 1, MAX_INLINE_OUTPUT));
	TakenInBlock::<T>::kill();
}

/// An input of so many bytes.
pub fn input(bytes: u32) -> Input {
	Input::Inline(BoundedVec::truncate_from(vec![5; bytes as usize]))
}

/// The benchmarks.
#[benchmarks]
pub mod benchmarks {
	use super::*;

	#[benchmark]
	fn register_model() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		// The same file was rejected under another name, and another file under the same version.
		for (id, name) in [(2, ModelName::truncate_from(vec![b'b'; 64])), (3, name())] {
			rejected::<T>(&owner, ContentId([id; 32]), name);
		}
		TakenInBlock::<T>::kill();

		#[extrinsic_call]
		_(
			RawOrigin::Signed(owner),
			MODEL,
			MAX_MODEL_BYTES,
			name(),
			1,
			metadata(b'm'),
			1,
			Some(input(MAX_INLINE_INPUT)),
			Some([1; 32]),
		);

		assert!(Models::<T>::contains_key(MODEL));
	}

	/// The end of an activation, which pays everybody who voted. The end of its round is apart.
	#[benchmark]
	fn conclude_model(m: Linear<1, { T::MaxActivation::get() }>) {
		electors::<T>();
		register::<T>(&funded::<T>("publisher", 0), MODEL, name());
		let subject = Subject::Model(MODEL);
		let conclusion = agreed::<T>(subject, m, MAX_INLINE_OUTPUT);

		#[block]
		{
			conclude::<T>(subject, conclusion);
		}

		assert!(Models::<T>::get(MODEL).is_some_and(|model| matches!(model.status, ModelStatus::Active { .. })));
	}

	#[benchmark]
	fn retire_model() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL);

		assert!(Models::<T>::get(MODEL).is_some_and(|model| model.status == ModelStatus::Retired));
	}

	#[benchmark]
	fn set_royalty() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL, 9);

		assert!(Models::<T>::get(MODEL).is_some_and(|model| model.royalty == 9));
	}

	#[benchmark]
	fn set_engine() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, EngineId([7; 32]), Some(BlobRef { id: MODEL, size: 1 }));

		assert!(NextEngine::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn set_catalogue_limit() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, 7);

		assert_eq!(CatalogueLimit::<T>::get(), 7);
		Ok(())
	}

	#[benchmark]
	fn reactivate_model() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		active::<T>(&owner);
		CurrentEngine::<T>::put(EngineId([7; 32]));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL);

		assert!(Trials::<T>::contains_key(MODEL));
	}

	#[benchmark]
	fn set_metadata() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL, metadata(b'n'));

		assert!(Models::<T>::get(MODEL).is_some_and(|model| model.metadata == metadata(b'n')));
	}

	#[benchmark]
	fn set_provenance() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		active::<T>(&owner);
		let statement = BoundedVec::truncate_from(vec![b's'; 1024]);
		let key = sp_io::crypto::ed25519_generate(sp_core::crypto::key_types::DUMMY, None);
		let payload = provenance_payload(&MODEL, &name(), 1, &statement);
		let signature = sp_io::crypto::ed25519_sign(sp_core::crypto::key_types::DUMMY, &key, &payload)
			.expect("the key is here; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL, Provenance { statement, key, signature });

		assert!(Provenances::<T>::contains_key(MODEL));
	}

	#[benchmark]
	fn transfer_model() {
		electors::<T>();
		let (owner, other) = (funded::<T>("publisher", 0), funded::<T>("publisher", 1));
		active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), MODEL, other.clone());

		assert!(Models::<T>::get(MODEL).is_some_and(|model| model.owner == other));
	}

	#[benchmark]
	fn transfer_name() {
		electors::<T>();
		let (owner, other) = (funded::<T>("publisher", 0), funded::<T>("publisher", 1));
		active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), name(), other.clone());

		assert!(Names::<T>::get(name()).is_some_and(|record| record.owner == other));
	}

	#[benchmark]
	fn prune_model() {
		electors::<T>();
		rejected::<T>(&funded::<T>("publisher", 0), MODEL, name());

		#[block]
		{
			Pallet::<T>::prune_model(MODEL);
		}

		assert!(!Models::<T>::contains_key(MODEL));
	}

	/// A list of records that is empty.
	#[benchmark]
	fn prune_queue() {
		let due = frame_system::Pallet::<T>::block_number();
		PrunedTo::<T>::put(due);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::prune_due(due, &mut meter);
		}

		assert!(PrunedTo::<T>::get() > due);
	}

	/// Models of which the last is to be tried.
	#[benchmark]
	fn try_models(l: Linear<1, { crate::engine::LOOKED_FOR_TRIAL }>) {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		active::<T>(&owner);
		let model = Models::<T>::take(MODEL).expect("it was registered; qed");
		for index in 0..l {
			Models::<T>::insert(ModelId::of(&[index as u8]), &model);
		}
		let last = Models::<T>::iter_keys().last().expect("there is one; qed");
		CurrentEngine::<T>::put(EngineId([7; 32]));
		for id in Models::<T>::iter_keys().filter(|id| *id != last) {
			Models::<T>::mutate(id, |model| model.as_mut().map(|model| model.engine = EngineId([7; 32])));
		}
		ToTry::<T>::put(None::<ModelId>);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::try_models(&mut meter);
		}

		assert!(Trials::<T>::contains_key(last));
	}

	run_benchmark!(
		register_model conclude_model retire_model set_royalty set_engine reactivate_model set_metadata set_provenance
		transfer_model transfer_name prune_model prune_queue try_models
		set_catalogue_limit
	);
}
