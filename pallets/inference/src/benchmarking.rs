//! Benchmarks, each at the worst case of its path: committees of the largest size, outputs of the largest length.

use super::*;
use crate::{authorize::payload, pallet::Pallet as Inference};
use alloc::{vec, vec::Vec};
use assay_primitives::{
	constants::{MAX_CARD_BYTES, MAX_INLINE_INPUT, MAX_INLINE_OUTPUT, MAX_MODEL_BYTES, UNITS_PER_BLOCK},
	hash,
	infr::AuthorityId,
	ContentId, EngineId, ModelId, Output, RequestId, RoundId, Verdict, Vote,
};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, Authorize, EnsureOrigin, Get, Hooks, OneSessionHandler, ValidatorSet},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{
	traits::{One, TrailingZeroInput},
	transaction_validity::TransactionSource,
	RuntimeAppPublic,
};

const RICH: u128 = 1_000_000_000_000_000_000;
const SALT: [u8; 16] = [7; 16];

fn funded<T: Config>(name: &'static str, index: u32) -> AccountIdOf<T> {
	let account: AccountIdOf<T> = account(name, index, 0);
	T::Currency::mint_into(&account, RICH).expect("an account of a benchmark can be funded");
	account
}

/// As many electors as a session may have. Their keys are not in any keystore but the first's.
fn electors<T: Config>() -> Vec<(AccountIdOf<T>, AuthorityId)> {
	let electors: Vec<_> = (0..T::MaxValidators::get())
		.map(|index| {
			let key = if index == 0 {
				AuthorityId::generate_pair(None)
			} else {
				AuthorityId::decode(&mut TrailingZeroInput::new(&index.to_le_bytes())).expect("zeros follow; qed")
			};
			(funded::<T>("elector", index), key)
		})
		.collect();
	let iter = electors.iter().map(|(account, key)| (account, key.clone())).collect::<Vec<_>>();
	Inference::<T>::on_genesis_session(iter.into_iter());
	CurrentEngine::<T>::put(EngineId([1; 32]));
	electors
}

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
	let mut model = Models::<T>::get(id).expect("it was registered; qed");
	Inference::<T>::relist(id, &mut model, |model| model.status = ModelStatus::Rejected(RejectReason::Deadline));
	Inference::<T>::close_model_if_idle(id, &mut model);
	Models::<T>::insert(id, model);
	NewDraws::<T>::kill();
	Open::<T>::kill();
}

fn register<T: Config>(owner: &AccountIdOf<T>, model: ModelId, name: ModelName) {
	Inference::<T>::register_model(
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
}

fn active<T: Config>(owner: &AccountIdOf<T>) -> ModelId {
	let model = ContentId([2; 32]);
	register::<T>(owner, model, name());
	NewDraws::<T>::kill();
	Open::<T>::kill();
	Models::<T>::mutate(model, |record| {
		if let Some(record) = record {
			record.status = ModelStatus::Active {
				input: ContentId([3; 32]),
				output: output(0),
				result_hash: [4; 32],
				load_units: 1,
				sample_units: 2,
			};
		}
	});
	model
}

fn output(fill: u8) -> Output {
	Output::Inline(BoundedVec::truncate_from(vec![fill; MAX_INLINE_OUTPUT as usize]))
}

fn input() -> Input {
	Input::Inline(BoundedVec::truncate_from(vec![5; MAX_INLINE_INPUT as usize]))
}

fn request<T: Config>(model: ModelId) -> RequestId {
	TakenInBlock::<T>::kill();
	let id = NextRequest::<T>::get();
	let k = T::MaxCommittee::get().min(T::MaxValidators::get());
	let owner = funded::<T>("requester", id as u32);
	Inference::<T>::request_inference(
		RawOrigin::Signed(owner).into(),
		model,
		input(),
		UNITS_PER_BLOCK,
		RICH,
		Some(k),
		None,
	)
	.expect("a request can be made in a benchmark");
	id
}

/// The vote of `validator` on a request, and what opens it.
fn reveal<T: Config>(request: RequestId, round: RoundId) -> Reveal {
	let record = Requests::<T>::get(request).expect("the request is open; qed");
	let output = output(6);
	let result_hash = hash::result_hash(
		&Inference::<T>::genesis(),
		&record.engine,
		&record.model,
		&record.input,
		&output.content_id(),
	);
	let vote = Vote {
		verdict: Verdict::Output { result_hash, load_units: 1, units: UNITS_PER_BLOCK },
		trace_digest: [8; 32],
		contested_digest: None,
	};
	Reveal { round, vote, salt: SALT, input: record.input, output: Some(output) }
}

/// Rounds in which everybody but the first elector has revealed; its reveals end them.
fn almost_done<T: Config>(count: u32, electors: &[(AccountIdOf<T>, AuthorityId)]) -> Vec<Reveal> {
	let model = active::<T>(&funded::<T>("publisher", 0));
	let now = frame_system::Pallet::<T>::block_number();
	let k = T::MaxCommittee::get().min(T::MaxValidators::get());
	let mut reveals = Vec::new();
	for index in 0..count {
		let request = request::<T>(model);
		let id = RoundId::from(index);
		let reveal = reveal::<T>(request, id);
		for (position, (account, key)) in electors.iter().take(k as usize).enumerate() {
			let commit = hash::commitment(&Inference::<T>::genesis(), id, account, &reveal.vote, &SALT);
			let vote = (position > 0).then_some(reveal.vote);
			Ballots::<T>::insert(
				id,
				account,
				Ballot { key: key.clone(), commit: Some(commit), vote, signal: None, auditor: false },
			);
			Duties::<T>::insert(key, id, account);
		}
		Requests::<T>::mutate(request, |record| {
			if let Some(record) = record {
				record.status = RequestStatus::Assigned(id);
			}
		});
		Rounds::<T>::insert(
			id,
			Round {
				subject: Subject::Request(request),
				kind: RoundKind::Committee,
				seed: [9; 32],
				session: T::ValidatorSet::session_index(),
				v: T::MaxValidators::get(),
				members: k,
				threshold: math::quorum(k),
				commit_min: now,
				commit_end: now,
				reveal_end: now + 10u32.into(),
				commits: k,
				auditors: 0,
				reveals: k - 1,
				signals: 0,
				growth: 0,
				closed: true,
				deadline_at: Inference::<T>::schedule(now + 11u32.into(), Deadline::Reveals(id)),
			},
		);
		reveals.push(reveal);
	}
	NewDraws::<T>::kill();
	frame_system::Pallet::<T>::set_block_number(now + One::one());
	reveals
}

fn attestation<T: Config>(
	validator: AccountIdOf<T>,
	reveals: Vec<Reveal>,
) -> Attestation<AccountIdOf<T>, BlockNumberFor<T>> {
	Attestation {
		validator,
		session: T::ValidatorSet::session_index(),
		block: frame_system::Pallet::<T>::block_number(),
		commits: Default::default(),
		reveals: BoundedVec::truncate_from(reveals),
		signals: Default::default(),
		engine: None,
	}
}

#[benchmarks]
mod benchmarks {
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
			ContentId([2; 32]),
			MAX_MODEL_BYTES,
			name(),
			1,
			metadata(b'm'),
			1,
			Some(input()),
			Some([1; 32]),
		);

		assert!(Models::<T>::contains_key(ContentId([2; 32])));
	}

	#[benchmark]
	fn request_inference() {
		electors::<T>();
		let model = active::<T>(&funded::<T>("publisher", 0));
		let owner = funded::<T>("requester", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, input(), UNITS_PER_BLOCK, RICH, None, None);

		assert!(Requests::<T>::contains_key(0));
	}

	#[benchmark]
	fn attest(n: Linear<1, 64>) {
		let electors = electors::<T>();
		let reveals = almost_done::<T>(n, &electors);
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let attestation = attestation::<T>(validator, reveals);
		let signature =
			key.sign(&payload::<T>(&Inference::<T>::genesis(), &attestation)).expect("the key is here; qed");

		#[extrinsic_call]
		_(RawOrigin::Authorized, attestation, signature);

		assert_eq!(Rounds::<T>::iter().count(), 0);
	}

	#[benchmark]
	fn authorize_attest(n: Linear<1, 64>) {
		let electors = electors::<T>();
		let reveals = almost_done::<T>(n, &electors);
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let attestation = attestation::<T>(validator, reveals);
		let signature =
			key.sign(&payload::<T>(&Inference::<T>::genesis(), &attestation)).expect("the key is here; qed");
		let call = Call::<T>::attest { attestation, signature };

		#[block]
		{
			call.authorize(TransactionSource::External)
				.expect("the call authorizes itself; qed")
				.expect("the attestation is valid; qed");
		}
	}

	#[benchmark]
	fn retire_model() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		let model = active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model);

		assert!(Models::<T>::get(model).is_some_and(|model| model.status == ModelStatus::Retired));
	}

	#[benchmark]
	fn set_royalty() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		let model = active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, 9);

		assert!(Models::<T>::get(model).is_some_and(|model| model.royalty == 9));
	}

	#[benchmark]
	fn dispute() {
		let electors = electors::<T>();
		let mut reveals = almost_done::<T>(1, &electors);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		Inference::<T>::do_attest(attestation::<T>(validator.clone(), vec![reveals.remove(0)]));

		#[extrinsic_call]
		_(RawOrigin::Signed(validator), 0);

		assert!(Disputes::<T>::contains_key(0));
	}

	#[benchmark]
	fn set_engine() -> Result<(), BenchmarkError> {
		let origin = T::GovernanceOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, EngineId([7; 32]));

		assert!(NextEngine::<T>::exists());
		Ok(())
	}

	#[benchmark]
	fn reactivate_model() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		let model = active::<T>(&owner);
		CurrentEngine::<T>::put(EngineId([7; 32]));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model);

		assert!(Models::<T>::get(model).is_some_and(|model| matches!(model.status, ModelStatus::Pending { .. })));
	}

	#[benchmark]
	fn set_metadata() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		let model = active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, metadata(b'n'));

		assert!(Models::<T>::get(model).is_some_and(|model| model.metadata == metadata(b'n')));
	}

	#[benchmark]
	fn set_provenance() {
		electors::<T>();
		let owner = funded::<T>("publisher", 0);
		let model = active::<T>(&owner);
		let statement = BoundedVec::truncate_from(vec![b's'; 1024]);
		let key = sp_io::crypto::ed25519_generate(sp_core::crypto::key_types::DUMMY, None);
		let payload = provenance_payload(&model, &name(), 1, &statement);
		let signature = sp_io::crypto::ed25519_sign(sp_core::crypto::key_types::DUMMY, &key, &payload)
			.expect("the key is here; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, Provenance { statement, key, signature });

		assert!(Provenances::<T>::contains_key(model));
	}

	#[benchmark]
	fn transfer_model() {
		electors::<T>();
		let (owner, other) = (funded::<T>("publisher", 0), funded::<T>("publisher", 1));
		let model = active::<T>(&owner);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, other.clone());

		assert!(Models::<T>::get(model).is_some_and(|model| model.owner == other));
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
		let model = ContentId([2; 32]);
		rejected::<T>(&funded::<T>("publisher", 0), model, name());

		#[block]
		{
			Inference::<T>::prune_model(model);
		}

		assert!(!Models::<T>::contains_key(model));
	}

	#[benchmark]
	fn on_initialize(n: Linear<0, 64>) {
		let electors = electors::<T>();
		let reveals = almost_done::<T>(n, &electors);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		if n > 0 {
			Inference::<T>::do_attest(attestation::<T>(validator, reveals));
		}
		let now = frame_system::Pallet::<T>::block_number() + T::ChallengeWindow::get().into();
		// A growth of the windows moves the block in which they become final.
		let due = Agenda::<T>::iter_keys().min().filter(|_| n > 0).unwrap_or(now);
		frame_system::Pallet::<T>::set_block_number(due);

		#[block]
		{
			Inference::<T>::on_initialize(due);
		}

		assert_eq!(Requests::<T>::iter().count(), 0);
	}

	#[benchmark]
	fn draws(n: Linear<0, 64>) {
		electors::<T>();
		let model = active::<T>(&funded::<T>("publisher", 0));
		for _ in 0..n {
			request::<T>(model);
		}
		DueDraws::<T>::put(NewDraws::<T>::take());
		let now = frame_system::Pallet::<T>::block_number();

		#[block]
		{
			Inference::<T>::draw_now(now, [1; 32]);
		}

		assert_eq!(Rounds::<T>::iter().count(), n as usize);
	}

	impl_benchmark_test_suite!(Inference, crate::mock::bench_ext(), crate::mock::Test);
}
