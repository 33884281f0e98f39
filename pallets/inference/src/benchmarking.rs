//! Benchmarks, each at the worst case of its path. What is different from request to request is a component: items, members, bytes.

use super::*;
use crate::{authorize::payload, pallet::Pallet as Inference};
use alloc::{vec, vec::Vec};
use assay_primitives::{
	audit::AuditProof,
	constants::{MAX_CARD_BYTES, MAX_INLINE_INPUT, MAX_INLINE_OUTPUT, MAX_MODEL_BYTES, UNITS_PER_BLOCK},
	hash,
	infr::AuthorityId,
	ContentId, EngineId, ModelId, Output, RequestId, RoundId, Verdict, Vote,
};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, Authorize, EnsureOrigin, Get, Hooks, OneSessionHandler, ValidatorSet},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{
	traits::{One, Saturating, TrailingZeroInput, Zero},
	transaction_validity::TransactionSource,
	RuntimeAppPublic,
};

const RICH: u128 = 1_000_000_000_000_000_000;
const SALT: [u8; 16] = [7; 16];

// A key whose VRF makes it an auditor in round 0 of this chain: nothing here can make one.
const VRF_GENESIS: [u8; 32] = [1; 32];
const VRF_SEED: [u8; 32] = [9; 32];
const VRF_KEY: [u8; 32] = [
	0x5a, 0x1e, 0xeb, 0xd0, 0x7e, 0xb6, 0xc7, 0xdb, 0x07, 0xcf, 0x09, 0x9d, 0xc7, 0xe2, 0x65, 0x4d, 0x9f, 0xb8, 0xa7,
	0xfe, 0xb4, 0xc7, 0x37, 0xa8, 0x9a, 0xbf, 0x5f, 0x71, 0xe1, 0x94, 0xbf, 0x2d,
];
const VRF_PROOF: AuditProof = AuditProof {
	output: [
		0x72, 0xe8, 0x6a, 0xa3, 0xb0, 0x1c, 0x97, 0x03, 0x20, 0xf7, 0xa0, 0x2d, 0x01, 0x1f, 0xdc, 0x80, 0xe3, 0x2e,
		0xe0, 0xfb, 0x7f, 0x2b, 0x41, 0x41, 0xb6, 0x77, 0xcc, 0xfc, 0x0a, 0x4d, 0xbb, 0x18,
	],
	proof: [
		0x1d, 0x58, 0x37, 0x74, 0x67, 0x89, 0x84, 0xf9, 0xcc, 0x2c, 0xae, 0xf0, 0x28, 0x75, 0x05, 0xc2, 0xb3, 0xdf,
		0x69, 0x2c, 0x5f, 0x3a, 0x61, 0x7a, 0xd9, 0x56, 0x29, 0x16, 0xb7, 0x7e, 0xbe, 0x0b, 0x5e, 0xc5, 0xb2, 0xac,
		0x9a, 0x97, 0xd2, 0xb1, 0xd1, 0x21, 0xd6, 0xf0, 0xed, 0xad, 0x4c, 0x5b, 0xc9, 0x0b, 0x8f, 0x4a, 0x8f, 0x6b,
		0x1a, 0xc4, 0x15, 0xcd, 0x09, 0x57, 0xfb, 0x7b, 0xb0, 0x0a,
	],
};

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
				output: output(MAX_INLINE_OUTPUT),
				result_hash: [4; 32],
				load_units: 1,
				sample_units: 2,
			};
		}
	});
	model
}

fn output(bytes: u32) -> Output {
	Output::Inline(BoundedVec::truncate_from(vec![6; bytes as usize]))
}

fn input(bytes: u32) -> Input {
	Input::Inline(BoundedVec::truncate_from(vec![5; bytes as usize]))
}

fn request<T: Config>(model: ModelId) -> RequestId {
	TakenInBlock::<T>::kill();
	let id = NextRequest::<T>::get();
	let k = T::MaxCommittee::get().min(T::MaxValidators::get());
	let owner = funded::<T>("requester", id as u32);
	Inference::<T>::request_inference(
		RawOrigin::Signed(owner).into(),
		model,
		input(MAX_INLINE_INPUT),
		UNITS_PER_BLOCK,
		RICH,
		Some(k),
		None,
	)
	.expect("a request can be made in a benchmark");
	id
}

/// A vote on a request, for an output of so many bytes, and what opens it.
fn reveal<T: Config>(request: RequestId, round: RoundId, bytes: u32) -> Reveal {
	let record = Requests::<T>::get(request).expect("the request is open; qed");
	let output = output(bytes);
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

/// How far a round of a benchmark is.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
	/// Nobody has committed.
	Drawn,
	/// All have committed, and nobody has revealed.
	Committed,
	/// Everybody but the first elector has revealed; its reveal ends the round.
	AlmostDone,
}

/// A round of the first `members` electors, all for the vote of `reveal`.
fn round<T: Config>(
	subject: Subject,
	members: u32,
	electors: &[(AccountIdOf<T>, AuthorityId)],
	reveal: &Reveal,
	stage: Stage,
) {
	let (id, now) = (reveal.round, frame_system::Pallet::<T>::block_number());
	for (position, (account, key)) in electors.iter().take(members as usize).enumerate() {
		let commit = hash::commitment(&Inference::<T>::genesis(), id, account, &reveal.vote, &SALT);
		let commit = (stage != Stage::Drawn).then_some(commit);
		let vote = (stage == Stage::AlmostDone && position > 0).then_some(reveal.vote);
		Ballots::<T>::insert(id, account, Ballot { key: key.clone(), commit, vote, signal: None, auditor: false });
		Duties::<T>::insert(key, id, account);
	}
	let (closed, end) = (stage != Stage::Drawn, now + 11u32.into());
	let deadline = if closed { Deadline::Reveals(id) } else { Deadline::Commits(id) };
	Rounds::<T>::insert(
		id,
		Round {
			subject,
			kind: if matches!(subject, Subject::Model(_)) { RoundKind::Activation } else { RoundKind::Committee },
			seed: VRF_SEED,
			session: T::ValidatorSet::session_index(),
			v: T::MaxValidators::get(),
			members,
			threshold: math::quorum(members),
			commit_min: now,
			commit_end: if closed { now } else { now + 10u32.into() },
			reveal_end: now + 10u32.into(),
			commits: if closed { members } else { 0 },
			auditors: 0,
			reveals: if stage == Stage::AlmostDone { members - 1 } else { 0 },
			signals: 0,
			growth: 0,
			closed,
			deadline_at: Inference::<T>::schedule(end, deadline),
		},
	);
}

/// Rounds of so many members on requests, and the first elector's reveals in them, with so many bytes of output.
fn rounds<T: Config>(
	count: u32,
	members: u32,
	bytes: u32,
	electors: &[(AccountIdOf<T>, AuthorityId)],
	stage: Stage,
) -> Vec<Reveal> {
	let model = active::<T>(&funded::<T>("publisher", 0));
	let mut reveals = Vec::new();
	for index in 0..count {
		let request = request::<T>(model);
		let id = RoundId::from(index);
		let reveal = reveal::<T>(request, id, bytes);
		round::<T>(Subject::Request(request), members, electors, &reveal, stage);
		Requests::<T>::mutate(request, |record| {
			if let Some(record) = record {
				record.status = RequestStatus::Assigned(id);
			}
		});
		reveals.push(reveal);
	}
	NewDraws::<T>::kill();
	let now = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(now + One::one());
	reveals
}

fn commits<T: Config>(validator: &AccountIdOf<T>, reveals: &[Reveal]) -> Vec<Commit> {
	let genesis = Inference::<T>::genesis();
	let hash = |reveal: &Reveal| hash::commitment(&genesis, reveal.round, validator, &reveal.vote, &reveal.salt);
	reveals.iter().map(|reveal| Commit { round: reveal.round, hash: hash(reveal), proof: None }).collect()
}

/// A validator outside of a round's committee, with a proof that it has drawn itself as an auditor.
fn auditor<T: Config>() -> (AccountIdOf<T>, Commit) {
	let hash = T::Hash::decode(&mut &VRF_GENESIS[..]).expect("a hash has 32 bytes; qed");
	frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::zero(), hash);
	let mut electors = electors::<T>();
	let (validator, key) = electors.last_mut().expect("there are electors; qed");
	*key = AuthorityId::decode(&mut &VRF_KEY[..]).expect("a key has 32 bytes; qed");
	let validator = validator.clone();
	Inference::<T>::on_genesis_session(
		electors.iter().map(|(account, key)| (account, key.clone())).collect::<Vec<_>>().into_iter(),
	);
	let reveals = rounds::<T>(1, 3, 1, &electors, Stage::Drawn);
	let commit = Commit { proof: Some(VRF_PROOF), ..commits::<T>(&validator, &reveals).remove(0) };
	(validator, commit)
}

/// The reveals of the first elector in so many rounds, with so many bytes of output.
fn opened<T: Config>(count: u32, bytes: u32) -> Attestation<AccountIdOf<T>, BlockNumberFor<T>> {
	let electors = electors::<T>();
	let reveals = rounds::<T>(count, 3, bytes, &electors, Stage::Committed);
	let (validator, _) = electors.first().cloned().expect("there are electors; qed");
	attestation::<T>(validator, reveals)
}

fn signed<T: Config>(key: &AuthorityId, attestation: Attestation<AccountIdOf<T>, BlockNumberFor<T>>) -> Call<T> {
	let payload = payload::<T>(&Inference::<T>::genesis(), &attestation);
	let signature = key.sign(&payload).expect("the key is here; qed");
	Call::attest { attestation, signature }
}

fn authorize<T: Config>(call: &Call<T>)
where
	<T as frame_system::Config>::RuntimeCall: From<frame_system::Call<T>>,
{
	call.authorize(TransactionSource::External)
		.expect("the call authorizes itself; qed")
		.expect("the attestation is valid; qed");
}

fn attestation<T: Config>(
	validator: AccountIdOf<T>,
	reveals: Vec<Reveal>,
) -> Attestation<AccountIdOf<T>, BlockNumberFor<T>> {
	Attestation {
		validator,
		session: T::ValidatorSet::session_index(),
		// Made at the block before, as by a node.
		block: frame_system::Pallet::<T>::block_number().saturating_sub(One::one()),
		commits: Default::default(),
		reveals: BoundedVec::truncate_from(reveals),
		signals: Default::default(),
		engine: None,
	}
}

#[benchmarks(where <T as frame_system::Config>::RuntimeCall: From<frame_system::Call<T>>)]
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
			Some(input(MAX_INLINE_INPUT)),
			Some([1; 32]),
		);

		assert!(Models::<T>::contains_key(ContentId([2; 32])));
	}

	#[benchmark]
	fn request_inference(b: Linear<1, MAX_INLINE_INPUT>) {
		electors::<T>();
		let model = active::<T>(&funded::<T>("publisher", 0));
		let owner = funded::<T>("requester", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), model, input(b), UNITS_PER_BLOCK, RICH, None, None);

		assert!(Requests::<T>::contains_key(0));
	}

	#[benchmark]
	fn attest_commits(n: Linear<0, 64>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(n, 3, 1, &electors, Stage::Drawn);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		let commits = BoundedVec::truncate_from(commits::<T>(&validator, &reveals));
		let attestation = Attestation { commits, ..attestation::<T>(validator, vec![]) };

		#[block]
		{
			Inference::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.commits == 1));
	}

	#[benchmark]
	fn attest_reveals(n: Linear<0, 64>) {
		let attestation = opened::<T>(n, 1);

		#[block]
		{
			Inference::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.reveals == 1));
	}

	/// One reveal with an output of so many bytes.
	#[benchmark]
	fn attest_output(b: Linear<0, MAX_INLINE_OUTPUT>) {
		let attestation = opened::<T>(1, b);

		#[block]
		{
			Inference::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.reveals == 1));
	}

	#[benchmark]
	fn attest_proof() {
		let (validator, commit) = auditor::<T>();
		let commits = BoundedVec::truncate_from(vec![commit]);
		let attestation = Attestation { commits, ..attestation::<T>(validator, vec![]) };

		#[block]
		{
			Inference::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.auditors == 1));
	}

	/// The reveal that ends an activation, which pays everybody who voted.
	#[benchmark]
	fn conclude_model(m: Linear<1, { T::MaxActivation::get() }>) {
		let electors = electors::<T>();
		let model = ContentId([2; 32]);
		register::<T>(&funded::<T>("publisher", 0), model, name());
		NewDraws::<T>::kill();
		let (output, engine) = (output(MAX_INLINE_OUTPUT), EngineId([1; 32]));
		let input = ContentId([3; 32]);
		let result_hash = hash::result_hash(&Inference::<T>::genesis(), &engine, &model, &input, &output.content_id());
		let verdict = Verdict::Output { result_hash, load_units: 1, units: UNITS_PER_BLOCK };
		let vote = Vote { verdict, trace_digest: [8; 32], contested_digest: None };
		let reveal = Reveal { round: 0, vote, salt: SALT, input, output: Some(output) };
		round::<T>(Subject::Model(model), m, &electors, &reveal, Stage::AlmostDone);
		frame_system::Pallet::<T>::set_block_number(frame_system::Pallet::<T>::block_number() + One::one());
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		let attestation = attestation::<T>(validator, vec![reveal]);

		#[block]
		{
			Inference::<T>::do_attest(attestation);
		}

		assert!(Models::<T>::get(model).is_some_and(|model| matches!(model.status, ModelStatus::Active { .. })));
	}

	/// The reveal that ends a round on a request.
	#[benchmark]
	fn conclude_request(m: Linear<1, { T::MaxValidators::get() }>, b: Linear<0, MAX_INLINE_OUTPUT>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(1, m, b, &electors, Stage::AlmostDone);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		let attestation = attestation::<T>(validator, reveals);

		#[block]
		{
			Inference::<T>::do_attest(attestation);
		}

		assert!(Voters::<T>::contains_key(0));
	}

	#[benchmark]
	fn authorize_commits(n: Linear<1, 64>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(n, 3, 1, &electors, Stage::Drawn);
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let commits = BoundedVec::truncate_from(commits::<T>(&validator, &reveals));
		let call = signed::<T>(&key, Attestation { commits, ..attestation::<T>(validator, vec![]) });

		#[block]
		{
			authorize::<T>(&call);
		}
	}

	/// None but the last one opens what was sealed, so that all have to be looked at.
	#[benchmark]
	fn authorize_reveals(n: Linear<1, 64>) {
		let electors = electors::<T>();
		let mut reveals = rounds::<T>(n, 3, 1, &electors, Stage::Committed);
		reveals.iter_mut().rev().skip(1).for_each(|reveal| reveal.input = ContentId([9; 32]));
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let call = signed::<T>(&key, attestation::<T>(validator, reveals));

		#[block]
		{
			authorize::<T>(&call);
		}
	}

	/// What the proof of an auditor adds.
	#[benchmark]
	fn authorize_proof() {
		let (validator, commit) = auditor::<T>();
		let now = frame_system::Pallet::<T>::block_number();
		let session = T::ValidatorSet::session_index();

		#[block]
		{
			let live = Inference::<T>::live_commit(&commit, &validator, session, now);
			let (round, ballot) = live.expect("it is live; qed");
			assert!(Inference::<T>::is_drawn(commit.round, &round, &ballot, commit.proof.as_ref()));
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
		let mut reveals = rounds::<T>(1, T::MaxCommittee::get(), MAX_INLINE_OUTPUT, &electors, Stage::AlmostDone);
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

	/// What the hooks of every block do. The one draw that is due is of a request that there is not.
	#[benchmark]
	fn hooks() {
		electors::<T>();
		let now = frame_system::Pallet::<T>::block_number();
		let pending = PendingDraw { subject: Subject::Request(0), kind: RoundKind::Committee };
		DueDraws::<T>::put(BoundedVec::truncate_from(vec![pending]));

		#[block]
		{
			Inference::<T>::on_initialize(now);
			Inference::<T>::draw_now(now, [1; 32]);
			Inference::<T>::root_results(now);
		}

		assert!(ResultsRoot::<T>::exists());
	}

	#[benchmark]
	fn draw(m: Linear<1, { T::MaxValidators::get() }>) {
		let electors = electors::<T>();
		let id = request::<T>(active::<T>(&funded::<T>("publisher", 0)));
		Requests::<T>::mutate(id, |record| {
			if let Some(record) = record {
				record.k = m;
			}
		});
		let pending = PendingDraw { subject: Subject::Request(id), kind: RoundKind::Committee };
		let (now, session) = (frame_system::Pallet::<T>::block_number(), T::ValidatorSet::session_index());

		#[block]
		{
			Inference::<T>::draw(pending, &electors, session, &[1; 32], &[2; 32], now);
		}

		assert_eq!(Duties::<T>::iter().count(), m as usize);
	}

	/// The deadline of a commit window that enough have kept.
	#[benchmark]
	fn close_commits() {
		let electors = electors::<T>();
		rounds::<T>(1, 3, 1, &electors, Stage::Drawn);
		let id = 0;
		Rounds::<T>::mutate(id, |record| {
			if let Some(round) = record {
				round.commits = round.threshold;
			}
		});
		let due = Agenda::<T>::iter_keys().min().expect("the window ends; qed");
		frame_system::Pallet::<T>::set_block_number(due);

		#[block]
		{
			Inference::<T>::perform(Deadline::Commits(id), due);
		}

		assert!(Rounds::<T>::get(id).is_some_and(|round| round.closed));
	}

	/// The end of a challenge window, with so many payments to voters.
	#[benchmark]
	fn finalize(m: Linear<1, { T::MaxValidators::get() }>, b: Linear<0, MAX_INLINE_OUTPUT>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(1, m, b, &electors, Stage::AlmostDone);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		Inference::<T>::do_attest(attestation::<T>(validator, reveals));
		let due = Agenda::<T>::iter_keys().min().expect("the challenge ends; qed");
		frame_system::Pallet::<T>::set_block_number(due);

		#[block]
		{
			Inference::<T>::finalize(0, due);
			Inference::<T>::root_results(due);
		}

		assert!(Results::<T>::contains_key(0));
	}

	#[benchmark]
	fn callback_queue() {
		let mut meter = WeightMeter::new();

		#[block]
		{
			Inference::<T>::make_callbacks(&mut meter);
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
			Inference::<T>::make_callbacks(&mut meter);
		}

		assert_eq!(Callbacks::<T>::count(), 0);
	}

	#[benchmark]
	fn prune(n: Linear<0, 64>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(n, 1, MAX_INLINE_OUTPUT, &electors, Stage::AlmostDone);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		if n > 0 {
			Inference::<T>::do_attest(attestation::<T>(validator, reveals));
			let due = Agenda::<T>::iter_keys().min().expect("the challenges end; qed");
			frame_system::Pallet::<T>::set_block_number(due);
			Inference::<T>::on_initialize(due);
		}
		let due = Prunable::<T>::iter_keys().min().unwrap_or(Zero::zero());
		PrunedTo::<T>::put(due);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Inference::<T>::prune_due(due, &mut meter);
		}

		assert_eq!(Results::<T>::iter().count(), 0);
	}

	impl_benchmark_test_suite!(Inference, crate::mock::bench_ext(), crate::mock::Test);
}
