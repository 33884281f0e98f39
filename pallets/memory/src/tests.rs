//! Each call, and its wrong uses.

use crate::{mock::*, *};
use assay_primitives::EngineId;
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{Inspect, InspectHold},
	BoundedVec,
};
use sp_runtime::{DispatchResult, TokenError};

const OWNER: u64 = 1;
const WRITER: u64 = 2;
const OTHER: u64 = 3;
const POOR: u64 = 10;

fn config(availability: Availability) -> SpaceConfig {
	let embedding = Embedding {
		model: ContentId([1; 32]),
		dimensions: 384,
		tokenizer: ContentId([2; 32]),
		engine: EngineId([3; 32]),
	};
	SpaceConfig { public: false, availability, embedding: Some(embedding), ranking: 1 }
}

/// A space of [`OWNER`]'s on the network.
fn space() -> SpaceId {
	space_with(Availability::Network)
}

fn space_with(availability: Availability) -> SpaceId {
	assert_ok!(Memory::create_space(RuntimeOrigin::signed(OWNER), config(availability)));
	NextSpace::<Test>::get() - 1
}

fn blob(id: u8, size: u64) -> BlobRef {
	BlobRef { id: ContentId([id; 32]), size }
}

/// A commit that is right where nothing is changed.
#[derive(Clone)]
struct Commit {
	by: u64,
	space: SpaceId,
	seq: u64,
	records: u64,
	manifest: BlobRef,
	epoch: u32,
	add: Vec<BlobRef>,
	drop: Vec<u8>,
}

impl Commit {
	fn next(space: SpaceId) -> Self {
		let found = Spaces::<Test>::get(space).unwrap();
		let (seq, records) = found.head.map_or((0, 0), |head| (head.seq, head.records));
		let manifest = blob(200 + seq as u8, 100);
		Commit {
			by: OWNER,
			space,
			seq: seq + 1,
			records: records + 1,
			manifest,
			epoch: found.epoch,
			add: vec![],
			drop: vec![],
		}
	}

	fn make(self) -> DispatchResult {
		let drop = self.drop.into_iter().map(|id| ContentId([id; 32])).collect();
		Memory::commit(
			RuntimeOrigin::signed(self.by),
			self.space,
			self.seq,
			[self.seq as u8; 32],
			self.records,
			self.manifest,
			self.epoch,
			BoundedVec::try_from(self.add).unwrap(),
			BoundedVec::<_, _>::truncate_from(drop),
		)
	}
}

fn grant(who: u64, rights: Rights) {
	grant_by(OWNER, who, rights, None).unwrap();
}

fn grant_by(by: u64, who: u64, rights: Rights, until: Option<u64>) -> DispatchResult {
	Memory::grant(RuntimeOrigin::signed(by), 0, who, rights, until)
}

fn all(rights: &[Rights]) -> Rights {
	Rights(rights.iter().fold(Rights::READ.0, |sum, one| sum | one.0))
}

fn held(who: u64, reason: HoldReason) -> u128 {
	Balances::balance_on_hold(&reason.into(), &who)
}

fn refused(commit: Commit, error: Error<Test>) {
	assert_noop!(commit.make(), error);
}

#[test]
fn a_space_is_made_at_a_deposit_and_numbers_are_given_in_order() {
	run(|| {
		assert_eq!((space(), space()), (0, 1));
		assert_eq!(held(OWNER, HoldReason::Space), 2 * SPACE_DEPOSIT);
		System::assert_last_event(Event::SpaceCreated { space: 1, owner: OWNER }.into());
		let create = Memory::create_space(RuntimeOrigin::signed(POOR), config(Availability::Local));
		assert_noop!(create, TokenError::FundsUnavailable);
	});
}

#[test]
fn commits_follow_each_other_and_the_last_head_proves_those_before() {
	run(|| {
		let space = space();
		assert_ok!(Commit { add: vec![blob(1, 16 * 1024), blob(2, 17 * 1024)], ..Commit::next(space) }.make());
		let first = Spaces::<Test>::get(space).unwrap().head.unwrap();
		assert_eq!((first.seq, first.previous, first.by), (1, [0; 32], OWNER));
		assert_eq!(held(OWNER, HoldReason::Blobs), 16 + 17 + SMALL);
		assert_ok!(Commit { drop: vec![1], ..Commit::next(space) }.make());
		let second = Spaces::<Test>::get(space).unwrap();
		let head = second.head.clone().unwrap();
		assert_eq!((head.seq, head.previous), (2, first.hash()));
		assert_eq!((second.blobs, second.bytes), (2, (17 + 16) * 1024));
		assert_eq!(held(OWNER, HoldReason::Blobs), 17 + SMALL, "the last manifest and what was dropped are paid back");
		assert!(!SpaceBlobs::<Test>::contains_key(space, first.manifest.id));
		let (blobs, last) = Memory::memory_blobs(None, 9);
		assert_eq!(blobs.len(), 2);
		assert!(blobs.contains(&head.manifest) && blobs.contains(&blob(2, 17 * 1024)));
		let (one, at) = Memory::memory_blobs(None, 1);
		assert_eq!(Memory::memory_blobs(at, 9), (vec![*blobs.iter().find(|blob| **blob != one[0]).unwrap()], last));
		assert_eq!(Memory::memory_blobs(last, 9), (vec![], None));
	});
}

#[test]
fn of_two_commits_at_once_one_is_refused() {
	run(|| {
		let space = space();
		grant(WRITER, all(&[Rights::APPEND]));
		let late = Commit { by: WRITER, manifest: blob(9, 1), ..Commit::next(space) };
		assert_ok!(Commit::next(space).make());
		refused(late.clone(), Error::HeadMoved);
		refused(Commit { seq: 3, ..late.clone() }, Error::HeadMoved);
		refused(Commit { seq: 0, ..late.clone() }, Error::HeadMoved);
		assert_ok!(Commit { seq: 2, ..late }.make());
	});
}

#[test]
fn who_has_no_right_commits_nothing() {
	run(|| {
		let space = space();
		let by = |by| Commit { by, ..Commit::next(space) };
		refused(by(WRITER), Error::NoRight);
		grant(WRITER, Rights::READ);
		refused(by(WRITER), Error::NoRight);
		grant(WRITER, all(&[Rights::GRANT]));
		refused(by(WRITER), Error::NoRight);
		grant(WRITER, all(&[Rights::APPEND]));
		assert_ok!(by(WRITER).make());
		assert_eq!((held(WRITER, HoldReason::Blobs), held(OWNER, HoldReason::Blobs)), (SMALL, 0), "who commits pays");
		refused(Commit { space: 1, ..by(OWNER) }, Error::NoSuchSpace);
	});
}

#[test]
fn a_grant_ends_with_its_last_block() {
	run(|| {
		let space = space();
		assert_noop!(grant_by(OWNER, WRITER, all(&[Rights::EDIT]), Some(1)), Error::<Test>::EndsBeforeItBegins);
		assert_ok!(grant_by(OWNER, WRITER, all(&[Rights::EDIT]), Some(5)));
		System::set_block_number(5);
		assert_ok!(Commit { by: WRITER, ..Commit::next(space) }.make());
		System::set_block_number(6);
		refused(Commit { by: WRITER, ..Commit::next(space) }, Error::NoRight);
	});
}

#[test]
fn who_was_revoked_commits_nothing_and_the_next_commit_has_another_epoch() {
	run(|| {
		let space = space();
		grant(WRITER, all(&[Rights::EDIT]));
		let sealed_for_all = Commit::next(space);
		assert_ok!(Memory::revoke(RuntimeOrigin::signed(OWNER), space, WRITER));
		System::assert_has_event(Event::Revoked { space, who: WRITER, epoch: 1 }.into());
		assert_eq!(held(OWNER, HoldReason::Grant), 0);
		refused(Commit { by: WRITER, ..Commit::next(space) }, Error::NoRight);
		refused(sealed_for_all.clone(), Error::EpochOutOfRange);
		refused(Commit { epoch: 1 + MAX_EPOCHS + 1, ..sealed_for_all.clone() }, Error::EpochOutOfRange);
		assert_ok!(Commit { epoch: 2, ..sealed_for_all }.make());
		assert_eq!(Spaces::<Test>::get(space).unwrap().epoch, 2);
		refused(Commit { epoch: 1, ..Commit::next(space) }, Error::EpochOutOfRange);
		assert_noop!(Memory::revoke(RuntimeOrigin::signed(OWNER), space, WRITER), Error::<Test>::NoSuchGrant);
	});
}

#[test]
fn who_may_append_drops_nothing_and_loses_no_record() {
	run(|| {
		let space = space();
		grant(WRITER, all(&[Rights::APPEND]));
		assert_ok!(Commit { add: vec![blob(1, 1)], ..Commit::next(space) }.make());
		refused(Commit { by: WRITER, drop: vec![1], ..Commit::next(space) }, Error::AppendOnly);
		refused(Commit { records: 0, ..Commit::next(space) }, Error::RecordsLost);
		grant(WRITER, all(&[Rights::EDIT]));
		assert_ok!(Commit { by: WRITER, drop: vec![1], ..Commit::next(space) }.make());
		assert_eq!(held(OWNER, HoldReason::Blobs), 0, "the deposit returns to who paid, and not to who drops");
	});
}

#[test]
fn blobs_are_there_once_and_those_of_others_are_dropped_by_nobody() {
	run(|| {
		let (space, other) = (space(), space());
		assert_ok!(Commit { add: vec![blob(1, 5)], ..Commit::next(space) }.make());
		refused(Commit { add: vec![blob(1, 5)], ..Commit::next(space) }, Error::BlobExists);
		refused(Commit { add: vec![blob(2, 5), blob(2, 5)], ..Commit::next(space) }, Error::BlobExists);
		refused(Commit { drop: vec![1, 1], ..Commit::next(space) }, Error::NoSuchBlob);
		refused(Commit { drop: vec![200], ..Commit::next(space) }, Error::NoSuchBlob);
		refused(Commit { drop: vec![1], ..Commit::next(other) }, Error::NoSuchBlob);
		refused(Commit { add: vec![blob(2, 0)], ..Commit::next(space) }, Error::EmptyBlob);
		refused(Commit { manifest: blob(2, 0), ..Commit::next(space) }, Error::EmptyBlob);
		// The same page in two spaces is needed by both.
		assert_ok!(Commit { add: vec![blob(1, 5)], manifest: blob(9, 9), ..Commit::next(other) }.make());
		assert_ok!(Commit { drop: vec![1], ..Commit::next(space) }.make());
		assert!(needed().contains_key(&(ContentId([1; 32]), 5)));
	});
}

#[test]
fn spaces_and_the_network_have_their_bounds_and_what_goes_makes_room() {
	run(|| {
		let (space, other) = (space(), space());
		let page = |id| blob(id, 24 * 1024);
		refused(Commit { add: vec![page(1), page(2), blob(3, 1)], ..Commit::next(space) }, Error::SpaceFull);
		refused(Commit { add: vec![blob(1, u64::MAX)], ..Commit::next(space) }, Error::SpaceFull);
		assert_ok!(Commit { add: vec![page(1), page(2)], ..Commit::next(space) }.make());
		refused(Commit { add: vec![page(4)], manifest: blob(9, 1), ..Commit::next(other) }, Error::NetworkFull);
		assert_ok!(Commit { add: vec![page(3)], drop: vec![1], ..Commit::next(space) }.make());
		assert_eq!(TotalBytes::<Test>::get(), 64 * 1024);
	});
}

#[test]
fn who_has_not_enough_commits_nothing() {
	run(|| {
		let space = space();
		grant(POOR, all(&[Rights::APPEND]));
		let commit = Commit { by: POOR, add: vec![blob(1, 1)], ..Commit::next(space) };
		assert_noop!(commit.make(), TokenError::FundsUnavailable);
		assert_ok!(Commit { by: POOR, ..Commit::next(space) }.make());
	});
}

#[test]
fn a_space_that_stays_with_its_owner_has_heads_on_the_chain_and_nothing_else() {
	run(|| {
		let space = space_with(Availability::Local);
		refused(Commit { add: vec![blob(1, 1)], ..Commit::next(space) }, Error::NotOnNetwork);
		refused(Commit { drop: vec![1], ..Commit::next(space) }, Error::NotOnNetwork);
		for _ in 0..2 {
			assert_ok!(Commit::next(space).make());
		}
		assert_eq!((held(OWNER, HoldReason::Blobs), Memory::memory_blobs(None, 9)), (0, (vec![], None)));
		assert!(needed().is_empty());
	});
}

#[test]
fn grants_are_given_by_the_owner_and_in_part_by_those_who_may() {
	run(|| {
		space();
		let may_read = Rights::READ;
		assert_noop!(grant_by(WRITER, OTHER, may_read, None), Error::<Test>::NoRight);
		assert_noop!(grant_by(OWNER, OWNER, may_read, None), Error::<Test>::OwnerNeedsNone);
		for wrong in [0, 2, 4, 16 + 1] {
			assert_noop!(grant_by(OWNER, WRITER, Rights(wrong), None), Error::<Test>::InvalidRights);
		}
		grant(WRITER, all(&[Rights::APPEND, Rights::GRANT]));
		// No more than it has, and not the right to grant.
		assert_noop!(grant_by(WRITER, OTHER, all(&[Rights::EDIT]), None), Error::<Test>::NoRight);
		assert_noop!(grant_by(WRITER, OTHER, all(&[Rights::GRANT]), None), Error::<Test>::NoRight);
		assert_ok!(grant_by(WRITER, OTHER, all(&[Rights::APPEND]), Some(9)));
		assert_eq!((held(WRITER, HoldReason::Grant), held(OWNER, HoldReason::Grant)), (GRANT_DEPOSIT, GRANT_DEPOSIT));
		// Nobody changes the grant of somebody who has more.
		grant(4, all(&[Rights::EDIT]));
		assert_noop!(grant_by(WRITER, 4, may_read, None), Error::<Test>::NoRight);
		let revoke = |by, who| Memory::revoke(RuntimeOrigin::signed(by), 0, who);
		assert_noop!(revoke(WRITER, 4), Error::<Test>::NoRight);
		assert_noop!(revoke(4, WRITER), Error::<Test>::NoRight);
		assert_noop!(grant_by(OWNER, 5, may_read, None), Error::<Test>::TooManyGrants);
		// The owner changes what is there, and who gave it keeps the deposit.
		assert_ok!(grant_by(OWNER, OTHER, may_read, None));
		assert_eq!(held(WRITER, HoldReason::Grant), GRANT_DEPOSIT);
		assert_ok!(revoke(WRITER, OTHER));
		assert_eq!(held(WRITER, HoldReason::Grant), 0);
		assert_ok!(revoke(4, 4));
		assert_eq!(Spaces::<Test>::get(0).unwrap().grants, 1);
	});
}

#[test]
fn readers_are_told_with_what_is_sealed_to_them() {
	run(|| {
		space();
		grant(WRITER, all(&[Rights::APPEND]));
		let set = |who, key| Memory::set_box_key(RuntimeOrigin::signed(who), key);
		let box_key = || Memory::readers(0)[0].box_key;
		assert_eq!(box_key(), None);
		assert_noop!(set(WRITER, None), Error::<Test>::NoBoxKey);
		assert_ok!(set(WRITER, Some([1; 32])));
		assert_ok!(set(WRITER, Some([2; 32])));
		assert_eq!((box_key(), held(WRITER, HoldReason::BoxKey)), (Some([2; 32]), BOX_KEY_DEPOSIT));
		System::assert_has_event(Event::BoxKeySet { who: WRITER, key: Some([2; 32]) }.into());
		assert_ok!(set(WRITER, None));
		assert_eq!((box_key(), held(WRITER, HoldReason::BoxKey)), (None, 0));
		assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(POOR), OTHER, 16));
		assert_noop!(set(POOR, Some([1; 32])), TokenError::FundsUnavailable);
	});
}

#[test]
fn a_space_is_given_away_with_its_deposit_and_under_other_keys() {
	run(|| {
		let space = space();
		assert_ok!(Commit::next(space).make());
		let transfer = |from, to| Memory::transfer_space(RuntimeOrigin::signed(from), space, to);
		assert_noop!(transfer(OTHER, OTHER), Error::<Test>::NotOwner);
		assert_noop!(transfer(OWNER, OWNER), Error::<Test>::OwnerNeedsNone);
		assert_ok!(transfer(OWNER, OTHER));
		assert_eq!((held(OWNER, HoldReason::Space), held(OTHER, HoldReason::Space)), (0, SPACE_DEPOSIT));
		assert_eq!(held(OWNER, HoldReason::Blobs), SMALL, "who committed keeps the deposit");
		refused(Commit::next(space), Error::NoRight);
		refused(Commit { by: OTHER, epoch: 0, ..Commit::next(space) }, Error::EpochOutOfRange);
		assert_ok!(Commit { by: OTHER, ..Commit::next(space) }.make());
		assert_eq!(held(OWNER, HoldReason::Blobs), 0);
	});
}

#[test]
fn a_space_is_closed_in_pieces_and_everything_on_hold_returns() {
	run(|| {
		let space = space();
		grant(WRITER, all(&[Rights::APPEND]));
		grant(OTHER, Rights::READ);
		assert_ok!(Commit { by: WRITER, add: vec![blob(1, 1), blob(2, 1)], ..Commit::next(space) }.make());
		let close = |by| Memory::close_space(RuntimeOrigin::signed(by), space);
		assert_noop!(close(WRITER), Error::<Test>::NotOwner);
		// More than a call releases, which no commit of this runtime would have room for.
		for id in 0..MAX_CHANGED as u8 {
			let blob = BlobRef { id: ContentId([100; 32].map(|byte: u8| byte ^ id)), size: 1 };
			SpaceBlobs::<Test>::insert(space, blob.id, SpaceBlob { size: 1, payer: OTHER, deposit: 0 });
			Counter::reference(blob);
		}
		let extra = u64::from(MAX_CHANGED) * COUNTED_BYTES;
		TotalBytes::<Test>::mutate(|total| *total += extra);
		Spaces::<Test>::mutate(space, |found| {
			let found = found.as_mut().unwrap();
			found.blobs += MAX_CHANGED;
			found.bytes += extra;
		});
		assert_ok!(close(OWNER));
		System::assert_last_event(Event::SpaceClosing { space, blobs: 3, grants: 2 }.into());
		check();
		refused(Commit::next(space), Error::Closing);
		assert_noop!(grant_by(OWNER, 4, Rights::READ, None), Error::<Test>::Closing);
		assert_ok!(close(OWNER));
		System::assert_last_event(Event::SpaceClosed { space }.into());
		assert_noop!(close(OWNER), Error::<Test>::NoSuchSpace);
		for who in [OWNER, WRITER, OTHER] {
			assert_eq!(Balances::balance(&who), Balances::total_balance(&who), "{who} has something on hold");
		}
		assert_eq!((TotalBytes::<Test>::get(), needed().len()), (0, 0));
		assert_eq!(space_with(Availability::Local), 1, "a number is never given again");
	});
}
