//! Benchmarks, each at the worst case of its path. Items, members and bytes are components, as they differ from round
//! to round. And what the benchmarks of other pallets need of rounds.

use crate::*;
use alloc::{vec, vec::Vec};
use assay_primitives::{
	audit::AuditProof,
	constants::MAX_INLINE_OUTPUT,
	hash,
	infr::{AuthorityId, AuthoritySignature},
	seal::SealInput,
	ContentId, Output, RoundId, Seats, Verdict, Vote, Window,
};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible::Mutate, Authorize, Get, Hooks, OneSessionHandler, ValidatorSet},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::{
	traits::{ConstU32, One, Saturating, TrailingZeroInput, Zero},
	transaction_validity::TransactionSource,
	RuntimeAppPublic,
};

/// Plancks that are enough for everything.
pub const RICH: u128 = 1_000_000_000_000_000_000;
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

/// Subjects for the benchmarks, from the pallets whose records the rounds decide.
pub trait BenchmarkHelper<Subject> {
	/// Opens a subject with a committee of so many members, about whose agreement there is a window.
	fn open_subject(members: u32) -> Subject;
	/// Does what those pallets do at the end of every block. It is weighed with the hooks of this one.
	fn finish_block();
}

/// Seats for the benchmarks, from the pallet that holds the bonds.
pub trait SeatHelper<AccountId> {
	/// Bonds enough of what an account has for a seat.
	fn seat(who: &AccountId);
}

impl<AccountId> SeatHelper<AccountId> for () {
	fn seat(_: &AccountId) {}
}

/// Writes `run`, which runs one of the benchmarks that are named, for the tests of a crate that has a runtime. It stands in the module of
/// the benchmarks.
#[macro_export]
macro_rules! run_benchmark {
	($($name:ident)*) => {
		/// Runs a benchmark once, with what it asserts. For tests.
		pub fn run<T: Config>(name: &[u8], components: &[(BenchmarkParameter, u32)]) -> Result<(), BenchmarkError> {
			$(
				if name == stringify!($name).as_bytes() {
					return BenchmarkingSetup::<T>::unit_test_instance(&$name, components);
				}
			)*
			Err("the benchmark is not among those that are named".into())
		}
	};
}

/// An account with enough of everything.
pub fn funded<T: Config>(name: &'static str, index: u32) -> AccountIdOf<T> {
	let account: AccountIdOf<T> = account(name, index, 0);
	T::Currency::mint_into(&account, RICH).expect("an account of a benchmark can be funded");
	account
}

/// As many electors as a session may have. Their keys are not in any keystore but the first's.
pub fn electors<T: Config>() -> Vec<(AccountIdOf<T>, AuthorityId)> {
	let electors: Vec<_> = (0..T::MaxValidators::get())
		.map(|index| {
			let key = if index == 0 {
				AuthorityId::generate_pair(None)
			} else {
				AuthorityId::decode(&mut TrailingZeroInput::new(&index.to_le_bytes())).expect("zeros follow; qed")
			};
			let elector = funded::<T>("elector", index);
			T::SeatHelper::seat(&elector);
			(elector, key)
		})
		.collect();
	set_electors::<T>(&electors);
	electors
}

fn set_electors<T: Config>(electors: &[(AccountIdOf<T>, AuthorityId)]) {
	Pallet::<T>::on_genesis_session(electors.iter().map(|(account, key)| (account, key.clone())));
}

/// The conclusion of a subject on which so many electors agree: an output of so many bytes.
pub fn agreed<T: Config>(subject: T::Subject, voters: u32, bytes: u32) -> Conclusion<AccountIdOf<T>> {
	let Reveal { round, vote, input, output, .. } = reveal::<T>(subject, 0, bytes);
	let decision = Decision {
		round,
		verdict: vote.verdict,
		votes: voters,
		k: voters,
		q: math::quorum(voters),
		v: T::MaxValidators::get(),
		escalated: false,
		audits: 0,
		auditors: 0,
		power: voters.into(),
		total: T::MaxValidators::get().into(),
		window: Window::Blocks(1),
	};
	let voters = Electors::<T>::get().into_iter().take(voters as usize).map(|(account, ..)| account).collect();
	let product = output.map(|output| Product { input, output });
	Conclusion::Agreed { decision, vote, voters, auditors: vec![], product }
}

/// Has a subject end.
pub fn conclude<T: Config>(subject: T::Subject, conclusion: Conclusion<AccountIdOf<T>>) {
	Pallet::<T>::conclude_subject(subject, conclusion);
}

/// Has so many electors agree on an output of so many bytes. Returns the block in which the window of that ends.
pub fn begin_window<T: Config>(subject: T::Subject, voters: u32, bytes: u32) -> BlockNumberFor<T> {
	let terms = T::Subjects::terms(&subject).expect("the subject is open; qed");
	let Conclusion::Agreed { decision, vote, voters, product, .. } = agreed::<T>(subject, voters, bytes) else {
		unreachable!("they agree")
	};
	let now = frame_system::Pallet::<T>::block_number();
	let agreement = Agreement {
		decision,
		sealed_at: now,
		agreed_at: now,
		final_at: now,
		key: [1; 32],
		seed: VRF_SEED,
		terms: [0; 32],
		session: T::ValidatorSet::session_index(),
		outside: 0,
		kept_out: BoundedVec::new(),
		vote,
		voters: BoundedVec::truncate_from(voters),
		auditors: BoundedVec::new(),
	};
	let electors: Vec<_> = Electors::<T>::get().into_iter().map(|(who, key, _)| (who, key)).collect();
	let reveal = reveal::<T>(subject, 0, bytes);
	round::<T>(subject, 1, &electors, &reveal, Progress::Committed);
	let round = Rounds::<T>::take(0).expect("it was made; qed");
	agenda::unschedule::<Agenda<T>, _, _, _>(round.deadline_at, &round.deadline(0));
	Pallet::<T>::agree(subject, &terms, agreement, &round, false, product, now);
	let due = Agreements::<T>::get(subject).expect("there is a window; qed").final_at;
	// More than one author has made its blocks.
	LastAuthors::<T>::put(AuthorRun { author: None, since: due, before: due });
	// All have made one of them, and say that the round's seals are final.
	let last = Electors::<T>::get().into_iter().map(|(who, ..)| (who, due - One::one(), due));
	LastBlocks::<T>::put(BoundedVec::truncate_from(last.collect()));
	due
}

/// Keeps the round of a subject's agreement, as if all of its voters had opened their votes.
pub fn keep_agreed<T: Config>(subject: T::Subject) {
	let agreement = Agreements::<T>::get(subject).expect("its window runs; qed");
	let seal = |validator: &AccountIdOf<T>| EndedSeal {
		validator: validator.clone(),
		auditor: false,
		commit: Some([1; 32]),
		late: false,
		opening: Opening::Done,
		twice: false,
		signalled: false,
	};
	let ended = EndedRound {
		subject,
		session: agreement.session,
		seed: agreement.seed,
		terms: agreement.terms,
		ended_at: agreement.agreed_at,
		audits: 0,
		outside: 0,
		together: false,
		agreed: Some(agreement.vote),
		withheld: false,
		seals: BoundedVec::truncate_from(agreement.voters.iter().map(seal).collect()),
	};
	EndedRounds::<T>::insert(agreement.decision.round, ended);
}

/// Does what is due at the end of a window.
pub fn end_window<T: Config>(subject: T::Subject, now: BlockNumberFor<T>) {
	Pallet::<T>::end_window(subject, now);
}

/// A vote on a subject, for an output of so many bytes, and what opens it.
fn reveal<T: Config>(subject: T::Subject, round: RoundId, bytes: u32) -> Reveal {
	let terms = T::Subjects::terms(&subject).expect("the subject is open; qed");
	let input = terms.input.unwrap_or(ContentId([3; 32]));
	let output = Output::Inline(BoundedVec::truncate_from(vec![6; bytes as usize]));
	let genesis = Pallet::<T>::genesis();
	let result_hash = hash::result_hash(&genesis, &terms.engine, &terms.model, &input, &output.content_id());
	let vote = Vote {
		verdict: Verdict::Output { result_hash, load_units: 1, units: terms.unit_limit },
		trace_digest: [8; 32],
		contested_digest: None,
	};
	Reveal { round, vote, salt: SALT, input, output: Some(output), voters: T::MaxValidators::get() }
}

/// The progress of a benchmark's round.
#[derive(Clone, Copy, PartialEq)]
enum Progress {
	/// Nobody has committed.
	Drawn,
	/// All have committed, and auditors may.
	Audited,
	/// All have committed, and nobody has revealed.
	Committed,
	/// Everybody but the first elector has revealed; its reveal ends the round.
	AlmostDone,
}

/// A round of the first `members` electors, all for the vote of `reveal`.
fn round<T: Config>(
	subject: T::Subject,
	members: u32,
	electors: &[(AccountIdOf<T>, AuthorityId)],
	reveal: &Reveal,
	progress: Progress,
) {
	let (id, now) = (reveal.round, frame_system::Pallet::<T>::block_number());
	for (position, (account, key)) in electors.iter().take(members as usize).enumerate() {
		let commit = hash::commitment(&Pallet::<T>::genesis(), id, account, &reveal.vote, &SALT);
		let commit = (progress != Progress::Drawn).then_some(commit);
		let vote = (progress == Progress::AlmostDone && position > 0).then_some(reveal.vote);
		Ballots::<T>::insert(id, account, Ballot { commit, vote, ..Ballot::new(key.clone(), 1, false) });
		Duties::<T>::insert(key, id, account);
	}
	let (closed, end) = (progress != Progress::Drawn, now + 11u32.into());
	let phase = match progress {
		Progress::Drawn => Phase::Sealing,
		Progress::Audited => Phase::Auditing,
		Progress::Committed | Progress::AlmostDone => Phase::Revealing,
	};
	let deadline = match phase {
		Phase::Sealing => Deadline::Commits(id),
		Phase::Auditing => Deadline::Audits(id),
		Phase::Revealing => Deadline::Reveals(id),
	};
	Rounds::<T>::insert(
		id,
		Round {
			subject,
			kind: RoundKind::Committee,
			seed: VRF_SEED,
			terms: [0; 32],
			session: T::ValidatorSet::session_index(),
			v: T::MaxValidators::get(),
			total: T::MaxValidators::get().into(),
			outside: T::MaxValidators::get().saturating_sub(members).into(),
			members,
			threshold: math::quorum(members).into(),
			audits: if progress == Progress::Audited { 8 } else { 0 },
			commit_min: now,
			commit_end: if closed { now } else { now + 10u32.into() },
			audit_end: if progress == Progress::Committed || progress == Progress::AlmostDone {
				now
			} else {
				now + 10u32.into()
			},
			reveal_end: now + 10u32.into(),
			commits: if closed { members } else { 0 },
			committed: if closed { members.into() } else { 0 },
			auditors: 0,
			reveals: if progress == Progress::AlmostDone { members - 1 } else { 0 },
			signals: 0,
			audit_signals: 0,
			late_auditors: 0,
			growth: 0,
			phase,
			deadline_at: agenda::schedule::<Agenda<T>, _, _, _>(end, deadline),
		},
	);
	Pallet::<T>::set_stage(&subject, Stage::Voting(id));
}

/// Rounds of so many members, each on a subject, and the first elector's reveals in them, with so many bytes of output.
fn rounds<T: Config>(
	count: u32,
	members: u32,
	bytes: u32,
	electors: &[(AccountIdOf<T>, AuthorityId)],
	progress: Progress,
) -> Vec<Reveal> {
	let mut reveals = Vec::new();
	for index in 0..count {
		let subject = T::BenchmarkHelper::open_subject(members);
		let reveal = reveal::<T>(subject, index.into(), bytes);
		round::<T>(subject, members, electors, &reveal, progress);
		reveals.push(reveal);
	}
	NewDraws::<T>::kill();
	NextRound::<T>::put(RoundId::from(count));
	let now = frame_system::Pallet::<T>::block_number();
	frame_system::Pallet::<T>::set_block_number(now + One::one());
	reveals
}

/// A validator's seal in the round of a reveal, with a signature by this key, or one that nothing has made.
fn seal<T: Config>(validator: &AccountIdOf<T>, key: Option<&AuthorityId>, reveal: &Reveal) -> SealOf<T> {
	let genesis = Pallet::<T>::genesis();
	let commitment = hash::commitment(&genesis, reveal.round, validator, &reveal.vote, &reveal.salt);
	let input = SealInput { genesis, round: reveal.round, seed: VRF_SEED, terms: [0; 32] };
	let sign = |key: &AuthorityId| key.sign(&input.payload(validator, &commitment)).expect("the key is here; qed");
	let none = || AuthoritySignature::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are a signature; qed");
	let signature = key.map_or_else(none, sign);
	Seal { round: reveal.round, validator: validator.clone(), commitment, proof: None, signature }
}

fn signals<T: Config>(reveals: &[Reveal]) -> BoundedVec<Signal, ConstU32<64>> {
	let kind = SignalKind::InputUnavailable;
	let signals = reveals.iter().map(|reveal| Signal { round: reveal.round, kind, proof: None });
	BoundedVec::truncate_from(signals.collect())
}

/// A validator outside of a round's committee, with a proof that it has drawn itself as an auditor, and its reveal.
fn auditor<T: Config>() -> (AccountIdOf<T>, Reveal) {
	let hash = T::Hash::decode(&mut &VRF_GENESIS[..]).expect("a hash has 32 bytes; qed");
	frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::zero(), hash);
	let mut electors = electors::<T>();
	let (validator, key) = electors.last_mut().expect("there are electors; qed");
	*key = AuthorityId::decode(&mut &VRF_KEY[..]).expect("a key has 32 bytes; qed");
	let validator = validator.clone();
	set_electors::<T>(&electors);
	let reveal = rounds::<T>(1, 3, 1, &electors, Progress::Audited).remove(0);
	(validator, reveal)
}

/// The reveals of the first elector in so many rounds, with so many bytes of output.
fn opened<T: Config>(count: u32, bytes: u32) -> AttestationOf<T> {
	let electors = electors::<T>();
	let reveals = rounds::<T>(count, 3, bytes, &electors, Progress::Committed);
	let (validator, _) = electors.first().cloned().expect("there are electors; qed");
	attestation::<T>(validator, reveals)
}

fn signed<T: Config>(key: &AuthorityId, attestation: AttestationOf<T>) -> Call<T> {
	let payload = payload::<T>(&Pallet::<T>::genesis(), &attestation);
	let signature = key.sign(&payload).expect("the key is here; qed");
	Call::attest { attestation, signature }
}

fn authorize<T: Config>(call: &Call<T>) {
	call.authorize(TransactionSource::External)
		.expect("the call authorizes itself; qed")
		.expect("the attestation is valid; qed");
}

fn attestation<T: Config>(validator: AccountIdOf<T>, reveals: Vec<Reveal>) -> AttestationOf<T> {
	Attestation {
		validator,
		session: T::ValidatorSet::session_index(),
		// Made at the block before, as by a node.
		block: frame_system::Pallet::<T>::block_number().saturating_sub(One::one()),
		reveals: BoundedVec::truncate_from(reveals),
		signals: Default::default(),
		objections: Default::default(),
		disputes: Default::default(),
		engine: None,
	}
}

/// The benchmarks.
#[benchmarks]
pub mod benchmarks {
	use super::*;

	#[benchmark]
	fn seal() {
		let electors = electors::<T>();
		let reveal = rounds::<T>(1, 1, 1, &electors, Progress::Drawn).remove(0);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		let sealed = super::seal::<T>(&validator, None, &reveal);

		#[block]
		{
			Pallet::<T>::do_seal(sealed);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.phase == Phase::Revealing));
	}

	/// That of an auditor.
	#[benchmark]
	fn seal_proof() {
		let (validator, reveal) = auditor::<T>();
		let sealed = Seal { proof: Some(VRF_PROOF), ..super::seal::<T>(&validator, None, &reveal) };

		#[block]
		{
			Pallet::<T>::do_seal(sealed);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.auditors == 1));
	}

	/// That of a round which has ended.
	#[benchmark]
	fn seal_ended() {
		let electors = electors::<T>();
		let reveal = rounds::<T>(1, T::MaxValidators::get(), 1, &electors, Progress::Drawn).remove(0);
		Pallet::<T>::conclude(0, frame_system::Pallet::<T>::block_number());
		let (validator, _) = electors.last().cloned().expect("there are electors; qed");
		let sealed = super::seal::<T>(&validator, None, &reveal);

		#[block]
		{
			Pallet::<T>::do_seal(sealed);
		}

		let ended = EndedRounds::<T>::get(0).expect("it has ended; qed");
		assert_eq!(ended.seals.iter().filter(|known| known.shut().is_some()).count(), 1);
	}

	#[benchmark]
	fn authorize_seal() {
		let electors = electors::<T>();
		let reveal = rounds::<T>(1, 1, 1, &electors, Progress::Drawn).remove(0);
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let sealed = super::seal::<T>(&validator, Some(&key), &reveal);
		let call = Call::seal { seal: sealed };

		#[block]
		{
			authorize::<T>(&call);
		}
	}

	#[benchmark]
	fn attest_signals(n: Linear<0, 64>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(n, 3, 1, &electors, Progress::Drawn);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		let attestation = Attestation { signals: signals::<T>(&reveals), ..attestation::<T>(validator, vec![]) };

		#[block]
		{
			Pallet::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.signals == 1));
	}

	#[benchmark]
	fn attest_reveals(n: Linear<0, 64>) {
		let attestation = opened::<T>(n, 1);

		#[block]
		{
			Pallet::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.reveals == 1));
	}

	/// One reveal with an output of so many bytes.
	#[benchmark]
	fn attest_output(b: Linear<0, MAX_INLINE_OUTPUT>) {
		let attestation = opened::<T>(1, b);

		#[block]
		{
			Pallet::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.reveals == 1));
	}

	/// The signal of an auditor.
	#[benchmark]
	fn attest_proof() {
		let (validator, reveal) = auditor::<T>();
		let mut signals = signals::<T>(&[reveal]);
		// The input has travelled in a call: nobody lacks it.
		let kind = SignalKind::ModelUnavailable;
		signals.iter_mut().for_each(|signal| *signal = Signal { kind, proof: Some(VRF_PROOF), ..signal.clone() });
		let attestation = Attestation { signals, ..attestation::<T>(validator, vec![]) };

		#[block]
		{
			Pallet::<T>::do_attest(attestation);
		}

		assert!(Rounds::<T>::iter_values().all(|round| round.audit_signals == 1));
	}

	/// The reveal that ends a round about whose agreement there is a window.
	#[benchmark]
	fn conclude(m: Linear<1, { T::MaxValidators::get() }>, b: Linear<0, MAX_INLINE_OUTPUT>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(1, m, b, &electors, Progress::AlmostDone);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");
		let attestation = attestation::<T>(validator, reveals);

		#[block]
		{
			Pallet::<T>::do_attest(attestation);
		}

		assert!(Agreements::<T>::iter().next().is_some());
	}

	#[benchmark]
	fn authorize_signals(n: Linear<1, 64>) {
		let electors = electors::<T>();
		let reveals = rounds::<T>(n, 3, 1, &electors, Progress::Drawn);
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let call =
			signed::<T>(&key, Attestation { signals: signals::<T>(&reveals), ..attestation::<T>(validator, vec![]) });

		#[block]
		{
			authorize::<T>(&call);
		}
	}

	/// None but the last one opens what was sealed, so that all have to be looked at.
	#[benchmark]
	fn authorize_reveals(n: Linear<1, 64>) {
		let electors = electors::<T>();
		let mut reveals = rounds::<T>(n, 3, 1, &electors, Progress::Committed);
		reveals.iter_mut().rev().skip(1).for_each(|reveal| reveal.input = ContentId([9; 32]));
		let (validator, key) = electors.first().cloned().expect("there are electors; qed");
		let call = signed::<T>(&key, attestation::<T>(validator, reveals));

		#[block]
		{
			authorize::<T>(&call);
		}
	}

	/// The weight that the proof of an auditor adds to a check.
	#[benchmark]
	fn authorize_proof() {
		let (validator, reveal) = auditor::<T>();
		let sealed = Seal { proof: Some(VRF_PROOF), ..super::seal::<T>(&validator, None, &reveal) };
		let now = frame_system::Pallet::<T>::block_number();

		#[block]
		{
			let Ok(placed) = Pallet::<T>::place(&sealed, now) else { unreachable!("it is live") };
			assert!(placed.is_drawn(&sealed));
		}
	}

	#[benchmark]
	fn dispute() {
		let electors = electors::<T>();
		let subject = T::BenchmarkHelper::open_subject(T::MaxValidators::get());
		begin_window::<T>(subject, T::MaxValidators::get(), MAX_INLINE_OUTPUT);
		let (validator, _) = electors.first().cloned().expect("there are electors; qed");

		#[extrinsic_call]
		_(RawOrigin::Signed(validator), subject);

		assert!(Disputes::<T>::contains_key(subject));
	}

	/// The work that the hooks do in every block. The one draw that is due is about a subject that there is not.
	#[benchmark]
	fn hooks() {
		electors::<T>();
		let now = frame_system::Pallet::<T>::block_number();
		let subject = T::Subject::decode(&mut TrailingZeroInput::zeroes()).expect("a subject can be all zeros");
		let pending = PendingDraw { subject, kind: RoundKind::Committee };
		DueDraws::<T>::put(BoundedVec::truncate_from(vec![pending]));

		#[block]
		{
			Pallet::<T>::on_initialize(now);
			Pallet::<T>::draw_now(now, [1; 32]);
			T::BenchmarkHelper::finish_block();
		}

		assert_eq!(LastVrf::<T>::get(), [1; 32]);
		assert_eq!(Rounds::<T>::iter().count(), 0);
	}

	#[benchmark]
	fn draw(m: Linear<1, { T::MaxValidators::get() }>) {
		electors::<T>();
		let electors = Electors::<T>::get();
		let subject = T::BenchmarkHelper::open_subject(m);
		let pending = PendingDraw { subject, kind: RoundKind::Committee };
		let (now, session) = (frame_system::Pallet::<T>::block_number(), T::ValidatorSet::session_index());

		#[block]
		{
			Pallet::<T>::draw(pending, &electors, session, &[1; 32], &[2; 32], now);
		}

		assert_eq!(Duties::<T>::iter().count(), m as usize);
	}

	/// The deadline of a commit window that enough have kept.
	#[benchmark]
	fn close_commits() {
		let electors = electors::<T>();
		rounds::<T>(1, 3, 1, &electors, Progress::Drawn);
		let id = 0;
		Rounds::<T>::mutate(id, |record| {
			if let Some(round) = record {
				round.committed = round.threshold;
			}
		});
		let due = Agenda::<T>::iter_keys().min().expect("the window ends; qed");
		frame_system::Pallet::<T>::set_block_number(due);

		#[block]
		{
			Pallet::<T>::perform(Deadline::Commits(id), due);
		}

		assert!(Rounds::<T>::get(id).is_some_and(|round| round.phase == Phase::Revealing));
	}

	/// A validator of the largest set loses its seat.
	#[benchmark]
	fn put_out() {
		let electors = electors::<T>();
		let (validator, _) = electors.last().cloned().expect("there are electors; qed");

		#[block]
		{
			<Pallet<T> as Seats<_>>::put_out(&validator);
		}

		assert_eq!(Electors::<T>::get().len() + 1, electors.len());
	}

	/// The author that stands last in the list of the largest set says what is final.
	#[benchmark]
	fn note_final() {
		let author = T::Author::get();
		let electors = electors::<T>();
		let others = electors.into_iter().map(|(who, _)| who).filter(|who| Some(who) != author.as_ref());
		let last: Vec<_> = others.chain(author.clone()).map(|who| (who, 1u32.into(), 0u32.into())).collect();
		LastBlocks::<T>::put(BoundedVec::truncate_from(last));

		#[extrinsic_call]
		_(RawOrigin::None, 1u32.into());

		assert!(author.is_none_or(|author| LastBlocks::<T>::get().contains(&(author, 1u32.into(), 1u32.into()))));
	}

	run_benchmark!(
		seal seal_proof seal_ended authorize_seal attest_signals attest_reveals attest_output attest_proof conclude
		authorize_signals authorize_reveals authorize_proof dispute hooks draw close_commits put_out note_final
	);
}
