//! Protection against signing twice. Two blocks of one slot, or two votes of one stage of a round of GRANDPA, cost a validator its bond, and they
//! come about without malice: by a machine that loses its last writes, a database from a backup, or a second machine with the same keys.
//!
//! [`Guard`] keeps on disk what was signed last, and writes it before the signature leaves. A node whose record does not fit its database, or
//! is missing, keeps silent until it has watched the chain for a session; it stays silent if somebody else signs with its keys meanwhile.

use crate::full::FullClient;
use assay_primitives::{hash::blake2_256, infr};
use assay_runtime::{opaque::Block, BlockNumber, Hash};
use codec::DecodeAll;
use parking_lot::Mutex;
use sc_consensus_slots::{BackoffAuthoringBlocksStrategy, BackoffAuthoringOnFinalizedHeadLagging};
use sc_network_sync::SyncingService;
use serde::{Deserialize, Serialize};
use sp_api::ProvideRuntimeApi;
use sp_blockchain::HeaderBackend;
use sp_consensus::SyncOracle;
use sp_consensus_babe::{BabeApi, Slot, SlotDuration};
use sp_core::{
	crypto::{key_types::GRANDPA, KeyTypeId},
	ecdsa, ed25519, sr25519, ByteArray,
};
use sp_keystore::{Error, Keystore, KeystorePtr};
use std::{
	fs::{self, File},
	io::{self, Write},
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};

/// Votes that are remembered. Rounds that are older than all of them get no vote any more.
const KEPT_VOTES: usize = 192;
/// Slots by which the best block may be behind the last block that was signed: it is lost where the machine stops before it is stored.
const SLACK: u64 = 32;
/// Time after which a phase is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Slots for which the chain has to look complete before a young chain is believed to be one.
const SETTLING: u32 = 3;

/// The last signatures: a file in the chain's folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Record {
	genesis: Hash,
	/// Slot of the last block.
	slot: u64,
	/// Highest block that a vote was for.
	voted_number: BlockNumber,
	/// The last votes, in the order of their places.
	votes: Vec<Signed>,
	/// The last vote that is not remembered any more.
	floor: Option<Place>,
}

/// Set of authorities, round and stage.
type Place = (u64, u64, u8);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Signed {
	place: Place,
	/// Hash of what was signed.
	hash: Hash,
}

/// The state of a guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
	/// Nothing is known yet of the chain's age. Counts the slots in which it looked complete.
	Starting(u32),
	/// Until this slot.
	Watching {
		until: u64,
	},
	/// Somebody else signs with these keys.
	Elsewhere,
	Signing,
}

/// See the module.
pub struct Guard {
	path: PathBuf,
	record: Mutex<Record>,
	phase: Mutex<Phase>,
}

/// A chain's head, to compare a record with.
#[derive(Clone, Copy, Debug)]
pub struct Head {
	pub number: BlockNumber,
	/// Slot of the best block, 0 for the genesis block.
	pub slot: u64,
	/// Slot of this moment.
	pub now: u64,
	/// Slots of a session.
	pub session: u64,
}

impl Guard {
	/// Reads the record in a folder. `at_once`: the operator vouches that nobody else has the keys.
	pub fn open(dir: &Path, genesis: Hash, head: Head, at_once: bool) -> Result<Self, String> {
		let path = dir.join("signed.json");
		let said = |error: &dyn std::fmt::Display| {
			format!(
				"{}: {error}: it says what this validator has signed. Remove it only if you know that nobody signs with these keys; the node then \
				 watches the chain for a session before it signs",
				path.display()
			)
		};
		let record = match fs::read(&path) {
			Ok(bytes) => Some(serde_json::from_slice::<Record>(&bytes).map_err(|error| said(&error))?),
			Err(error) if error.kind() == io::ErrorKind::NotFound => None,
			Err(error) => return Err(said(&error)),
		};
		let record = record.filter(|record| record.genesis == genesis);
		let phase = match &record {
			_ if at_once => Phase::Signing,
			Some(record) if record.fits(head) => Phase::Signing,
			_ => Phase::Starting(0),
		};
		let empty = Record { genesis, slot: 0, voted_number: 0, votes: Vec::new(), floor: None };
		Ok(Guard { path, record: Mutex::new(record.unwrap_or(empty)), phase: Mutex::new(phase) })
	}

	fn signs(&self) -> bool {
		*self.phase.lock() == Phase::Signing
	}

	/// Why this validator does not sign, if it does not.
	pub fn problem(&self) -> Option<String> {
		Some(match *self.phase.lock() {
			Phase::Signing => return None,
			Phase::Starting(_) => "the validator signs nothing before the chain is here: wait".into(),
			Phase::Watching { until } => format!(
				"the validator signs nothing before slot {until}, a session after its start: it has no record of what it signed that fits this \
				 database, and watches for another machine with its keys. --sign-at-once if there is none",
			),
			Phase::Elsewhere => "another machine signs with this validator's keys: stop one of the two, then start this one anew".into(),
		})
	}

	/// Records that a block of a slot is signed. False if it must not be.
	fn block(&self, slot: u64) -> bool {
		if !self.signs() {
			return false;
		}
		let mut record = self.record.lock();
		if slot <= record.slot {
			log::warn!("no block in slot {slot}: one in slot {} was signed before", record.slot);
			return false;
		}
		let next = Record { slot, ..record.clone() };
		self.write(&mut record, next)
	}

	/// Records that a vote is signed. False if it must not be.
	fn vote(&self, message: &[u8]) -> bool {
		// `sp_consensus_grandpa::localized_payload`: the message, the round, the set.
		let Ok((stage, _, number, round, set)) = <(u8, Hash, BlockNumber, u64, u64)>::decode_all(&mut &message[..])
		else {
			log::error!("something was to be signed with the key of GRANDPA that is no vote");
			return false;
		};
		let (place, hash) = ((set, round, stage), Hash::from(blake2_256(message)));
		let mut record = self.record.lock();
		match record.votes.binary_search_by_key(&place, |signed| signed.place) {
			Ok(known) if record.votes[known].hash == hash => true,
			Err(index) if self.signs() && record.floor.is_none_or(|floor| floor < place) => {
				let mut next = record.clone();
				next.votes.insert(index, Signed { place, hash });
				if next.votes.len() > KEPT_VOTES {
					next.floor = Some(next.votes.remove(0).place);
				}
				next.voted_number = next.voted_number.max(number);
				self.write(&mut record, next)
			}
			_ => {
				log::error!(
					"no vote in round {round} of set {set}: another one was signed there before, or may have been"
				);
				false
			}
		}
	}

	/// Writes a record, and takes it over once it is on the disk.
	fn write(&self, record: &mut Record, next: Record) -> bool {
		let written = || {
			let new = self.path.with_extension("new");
			let mut file = File::create(&new)?;
			file.write_all(&serde_json::to_vec(&next)?)?;
			file.sync_data()?;
			fs::rename(&new, &self.path)?;
			self.path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
		};
		match written() {
			Ok(()) => {
				*record = next;
				true
			}
			Err(error) => {
				log::error!("{}: {error}: nothing is signed that cannot be recorded", self.path.display());
				false
			}
		}
	}

	/// Takes a look at the chain in a slot. `whole`: the node has peers and is not behind them. `ours`: the best block is new and was made with
	/// this validator's key.
	fn look(&self, head: Head, whole: bool, ours: bool) {
		let mut phase = self.phase.lock();
		let before = *phase;
		*phase = match before {
			Phase::Starting(_) if !whole => Phase::Starting(0),
			Phase::Starting(slots) if slots < SETTLING => Phase::Starting(slots + 1),
			Phase::Starting(_) if u64::from(head.number) <= head.session => Phase::Signing,
			Phase::Starting(_) => Phase::Watching { until: head.now.saturating_add(head.session) },
			Phase::Watching { .. } if ours => Phase::Elsewhere,
			Phase::Watching { until } if head.now >= until => Phase::Signing,
			other => other,
		};
		let after = *phase;
		drop(phase);
		match (before, after) {
			(Phase::Starting(_), Phase::Watching { .. }) | (_, Phase::Elsewhere) if before != after => {
				log::warn!("{}", self.problem().unwrap_or_default());
			}
			(Phase::Watching { .. }, Phase::Signing) => {
				log::info!("nobody else signs with this validator's keys: it begins")
			}
			_ => (),
		}
	}

	/// Returns when this validator signs. Votes on finality wait for it: whoever begins a round of GRANDPA without its keys stays without them for as long
	/// as the round lasts, which is for ever if more than a third do.
	pub async fn signing(&self) {
		while !self.signs() {
			tokio::time::sleep(LOOK_AGAIN).await;
		}
	}

	/// Looks at the chain in each slot until this node signs, or must not.
	pub async fn watch(
		self: Arc<Self>,
		client: Arc<FullClient>,
		sync: Arc<SyncingService<Block>>,
		keystore: KeystorePtr,
		is_alone: bool,
	) {
		let Ok(clock) = Clock::of(&client) else { return };
		let begun = clock.now();
		while !matches!(*self.phase.lock(), Phase::Signing | Phase::Elsewhere) {
			tokio::time::sleep(clock.slot.as_duration()).await;
			let Ok((head, author)) = clock.head(&client) else { continue };
			let whole = is_alone || !sync.is_offline() && !sync.is_major_syncing();
			let ours = head.slot > begun
				&& author.is_some_and(|author| keystore.has_keys(&[(author, sp_consensus_babe::KEY_TYPE)]));
			self.look(head, whole, ours);
		}
	}
}

impl Record {
	/// True if the database beside the record is the one that it was written for, and nobody can have signed in between.
	fn fits(&self, head: Head) -> bool {
		head.number >= self.voted_number
			&& head.slot.saturating_add(SLACK) >= self.slot
			&& head.slot.saturating_add(head.session) >= head.now
	}
}

/// Slots of a chain.
pub struct Clock {
	slot: SlotDuration,
	session: u64,
}

impl Clock {
	pub fn of(client: &FullClient) -> Result<Self, sp_blockchain::Error> {
		let configuration = sc_consensus_babe::configuration(client)?;
		Ok(Clock { slot: configuration.slot_duration(), session: configuration.epoch_length })
	}

	pub fn now(&self) -> u64 {
		Slot::from_timestamp(sp_timestamp::Timestamp::current(), self.slot).into()
	}

	/// The best block, and the key of its author.
	pub fn head(&self, client: &FullClient) -> Result<(Head, Option<Vec<u8>>), sp_blockchain::Error> {
		let info = client.info();
		let mut head = Head { number: info.best_number, slot: 0, now: self.now(), session: self.session };
		let Some(header) = client.header(info.best_hash)?.filter(|_| info.best_number > 0) else {
			return Ok((head, None));
		};
		let Ok(digest) = sc_consensus_babe::find_pre_digest::<Block>(&header) else { return Ok((head, None)) };
		head.slot = digest.slot().into();
		let epoch = client.runtime_api().current_epoch(info.best_hash).ok();
		let author = epoch.and_then(|epoch| epoch.authorities.into_iter().nth(digest.authority_index() as usize));
		Ok((head, author.map(|(key, _)| key.to_raw_vec())))
	}
}

/// Has a block made in a slot only if none was signed there, and finality does not lag.
pub struct Backoff {
	pub guard: Option<Arc<Guard>>,
	pub lagging: BackoffAuthoringOnFinalizedHeadLagging<BlockNumber>,
}

impl BackoffAuthoringBlocksStrategy<BlockNumber> for Backoff {
	fn should_backoff(&self, number: BlockNumber, head: Slot, finalized: BlockNumber, now: Slot, target: &str) -> bool {
		self.lagging.should_backoff(number, head, finalized, now, target)
			|| self.guard.as_ref().is_some_and(|guard| !guard.block(now.into()))
	}
}

/// The keys. Those of votes on results cannot be seen while the validator keeps silent, and those of votes on finality sign what the guard allows.
pub struct Guarded {
	pub guard: Arc<Guard>,
	pub keystore: KeystorePtr,
}

impl Guarded {
	fn hides(&self, kind: KeyTypeId) -> bool {
		kind == infr::KEY_TYPE && !self.guard.signs()
	}

	fn seen<T>(&self, kind: KeyTypeId, get: impl FnOnce() -> Result<Option<T>, Error>) -> Result<Option<T>, Error> {
		if self.hides(kind) {
			return Ok(None);
		}
		get()
	}
}

impl Keystore for Guarded {
	fn sr25519_public_keys(&self, kind: KeyTypeId) -> Vec<sr25519::Public> {
		if self.hides(kind) {
			return Vec::new();
		}
		self.keystore.sr25519_public_keys(kind)
	}

	fn sr25519_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<sr25519::Public, Error> {
		self.keystore.sr25519_generate_new(kind, seed)
	}

	fn sr25519_sign(
		&self,
		kind: KeyTypeId,
		public: &sr25519::Public,
		message: &[u8],
	) -> Result<Option<sr25519::Signature>, Error> {
		self.seen(kind, || self.keystore.sr25519_sign(kind, public, message))
	}

	fn sr25519_vrf_sign(
		&self,
		kind: KeyTypeId,
		public: &sr25519::Public,
		data: &sr25519::vrf::VrfSignData,
	) -> Result<Option<sr25519::vrf::VrfSignature>, Error> {
		self.seen(kind, || self.keystore.sr25519_vrf_sign(kind, public, data))
	}

	fn sr25519_vrf_pre_output(
		&self,
		kind: KeyTypeId,
		public: &sr25519::Public,
		input: &sr25519::vrf::VrfInput,
	) -> Result<Option<sr25519::vrf::VrfPreOutput>, Error> {
		self.seen(kind, || self.keystore.sr25519_vrf_pre_output(kind, public, input))
	}

	fn ed25519_public_keys(&self, kind: KeyTypeId) -> Vec<ed25519::Public> {
		self.keystore.ed25519_public_keys(kind)
	}

	fn ed25519_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<ed25519::Public, Error> {
		self.keystore.ed25519_generate_new(kind, seed)
	}

	fn ed25519_sign(
		&self,
		kind: KeyTypeId,
		public: &ed25519::Public,
		message: &[u8],
	) -> Result<Option<ed25519::Signature>, Error> {
		if kind == GRANDPA && !self.guard.vote(message) {
			return Ok(None);
		}
		self.keystore.ed25519_sign(kind, public, message)
	}

	fn ecdsa_public_keys(&self, kind: KeyTypeId) -> Vec<ecdsa::Public> {
		self.keystore.ecdsa_public_keys(kind)
	}

	fn ecdsa_generate_new(&self, kind: KeyTypeId, seed: Option<&str>) -> Result<ecdsa::Public, Error> {
		self.keystore.ecdsa_generate_new(kind, seed)
	}

	fn ecdsa_sign(
		&self,
		kind: KeyTypeId,
		public: &ecdsa::Public,
		message: &[u8],
	) -> Result<Option<ecdsa::Signature>, Error> {
		self.keystore.ecdsa_sign(kind, public, message)
	}

	fn ecdsa_sign_prehashed(
		&self,
		kind: KeyTypeId,
		public: &ecdsa::Public,
		message: &[u8; 32],
	) -> Result<Option<ecdsa::Signature>, Error> {
		self.keystore.ecdsa_sign_prehashed(kind, public, message)
	}

	fn insert(&self, kind: KeyTypeId, secret: &str, public: &[u8]) -> Result<(), ()> {
		self.keystore.insert(kind, secret, public)
	}

	fn keys(&self, kind: KeyTypeId) -> Result<Vec<Vec<u8>>, Error> {
		if self.hides(kind) {
			return Ok(Vec::new());
		}
		self.keystore.keys(kind)
	}

	fn has_keys(&self, keys: &[(Vec<u8>, KeyTypeId)]) -> bool {
		!keys.iter().any(|(_, kind)| self.hides(*kind)) && self.keystore.has_keys(keys)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	const GENESIS: Hash = Hash::repeat_byte(1);
	/// A chain of a hundred sessions.
	const HEAD: Head = Head { number: 60_000, slot: 100_000, now: 100_001, session: 600 };

	fn ballot(stage: u8, block: u8, number: BlockNumber, round: u64, set: u64) -> Vec<u8> {
		(stage, Hash::repeat_byte(block), number, round, set).encode()
	}

	fn open(dir: &Path, head: Head) -> Guard {
		Guard::open(dir, GENESIS, head, false).unwrap()
	}

	/// A guard that signs.
	fn signing(dir: &Path) -> Guard {
		Guard::open(dir, GENESIS, HEAD, true).unwrap()
	}

	#[test]
	fn a_vote_is_the_payload_of_grandpa() {
		let vote = finality_grandpa::Prevote { target_hash: Hash::repeat_byte(7), target_number: 40 };
		let payload = sp_consensus_grandpa::localized_payload(3, 2, &finality_grandpa::Message::Prevote(vote));
		assert_eq!(payload, ballot(0, 7, 40, 3, 2));
	}

	#[test]
	fn a_slot_has_one_block_also_after_a_restart() {
		let dir = tempfile::tempdir().unwrap();
		let guard = signing(dir.path());
		assert!(guard.block(100_001) && !guard.block(100_001) && !guard.block(100_000));
		let guard = open(dir.path(), HEAD);
		assert!(guard.signs() && !guard.block(100_001) && guard.block(100_002));
	}

	#[test]
	fn a_stage_of_a_round_has_one_vote_also_after_a_restart() {
		let dir = tempfile::tempdir().unwrap();
		let guard = signing(dir.path());
		assert!(guard.vote(&ballot(0, 1, 50_000, 5, 2)) && guard.vote(&ballot(1, 1, 50_000, 5, 2)));
		assert!(!guard.vote(&ballot(1, 2, 50_001, 5, 2)), "another block");
		assert!(guard.vote(&ballot(0, 2, 50_001, 6, 2)) && guard.vote(&ballot(0, 2, 50_001, 1, 3)));
		let guard = open(dir.path(), HEAD);
		assert!(guard.vote(&ballot(1, 1, 50_000, 5, 2)), "the same again");
		assert!(!guard.vote(&ballot(0, 3, 50_001, 6, 2)));
		assert!(guard.vote(&ballot(1, 3, 50_002, 1, 3)));
		assert!(!guard.vote(b"no vote"));
	}

	#[test]
	fn rounds_before_those_that_are_remembered_get_no_vote() {
		let dir = tempfile::tempdir().unwrap();
		let guard = signing(dir.path());
		for round in 10..11 + KEPT_VOTES as u64 {
			assert!(guard.vote(&ballot(0, 1, 50_000, round, 2)));
		}
		assert!(!guard.vote(&ballot(0, 1, 50_000, 10, 2)) && !guard.vote(&ballot(1, 1, 50_000, 9, 2)));
		assert!(guard.vote(&ballot(1, 1, 50_000, 11, 2)), "a stage that was skipped");
	}

	#[test]
	fn what_cannot_be_recorded_is_not_signed() {
		let dir = tempfile::tempdir().unwrap();
		let guard = signing(&dir.path().join("gone"));
		assert!(!guard.block(100_001) && !guard.vote(&ballot(0, 1, 50_000, 5, 2)));
	}

	#[test]
	fn a_record_that_does_not_fit_the_database_keeps_the_validator_silent() {
		let dir = tempfile::tempdir().unwrap();
		let guard = signing(dir.path());
		assert!(guard.block(100_000) && guard.vote(&ballot(0, 1, 59_999, 5, 2)));
		let fits = |head| open(dir.path(), head).signs();
		assert!(fits(HEAD) && fits(Head { slot: 99_990, ..HEAD }));
		assert!(!fits(Head { number: 59_998, ..HEAD }), "a database from a backup");
		assert!(!fits(Head { slot: 99_900, ..HEAD }), "the same");
		assert!(
			!fits(Head { now: 100_601, ..HEAD }),
			"off for longer than a session: a backup of both, or another machine has taken over"
		);
		assert!(!Guard::open(dir.path(), Hash::repeat_byte(2), HEAD, false).unwrap().signs(), "another chain");
		fs::write(dir.path().join("signed.json"), "{").unwrap();
		assert!(Guard::open(dir.path(), GENESIS, HEAD, false).err().unwrap().contains("Remove it only if"));
	}

	#[test]
	fn without_a_record_it_watches_for_a_session_once_the_chain_is_here() {
		let dir = tempfile::tempdir().unwrap();
		let guard = open(dir.path(), HEAD);
		let look = |now, whole, ours| {
			guard.look(Head { now, ..HEAD }, whole, ours);
			guard.signs()
		};
		for now in 0..100 {
			assert!(!look(now, false, false), "it syncs");
		}
		assert!((100..104).all(|now| !look(now, true, false)));
		assert!(guard.problem().unwrap().contains("before slot 703"));
		assert!(!guard.block(200) && !guard.vote(&ballot(0, 1, 50_000, 5, 2)));
		assert!(!look(702, true, false) && look(703, true, false) && guard.block(704));
	}

	#[test]
	fn who_sees_a_block_of_its_own_key_while_it_watches_never_signs() {
		let dir = tempfile::tempdir().unwrap();
		let guard = open(dir.path(), HEAD);
		for now in 100..105 {
			guard.look(Head { now, ..HEAD }, true, false);
		}
		guard.look(Head { now: 105, ..HEAD }, true, true);
		guard.look(Head { now: 10_000, ..HEAD }, true, false);
		assert!(!guard.signs() && guard.problem().unwrap().contains("another machine"));
	}

	#[test]
	fn the_first_validators_of_a_chain_need_not_wait() {
		let dir = tempfile::tempdir().unwrap();
		let guard = open(dir.path(), Head { number: 0, slot: 0, ..HEAD });
		for now in 0..=SETTLING {
			assert!(!guard.signs());
			guard.look(Head { number: 2, slot: 0, now: now.into(), ..HEAD }, true, false);
		}
		assert!(guard.signs());
	}
}
