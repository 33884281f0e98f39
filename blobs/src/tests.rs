use crate::{
	disk::{encode_leaves, DATA, LEAVES, PART, REMOVED},
	error::hex,
	Collected, Config, Error, Holding, Status, Store, Summary, Upload,
};
use assay_primitives::{
	constants::{CHUNK_BYTES, MAX_MODEL_BYTES},
	hash::{blake2_256, Hash32},
	ContentId,
};
use parking_lot::Mutex;
use std::{
	fs,
	io::{Seek, SeekFrom, Write},
	path::Path,
	sync::Arc,
};
use tempfile::TempDir;

const CHUNK: usize = CHUNK_BYTES as usize;

/// Three chunks, the last one short, no two alike.
fn bytes() -> Vec<u8> {
	(0..2 * CHUNK + 1000).map(|i| (i / 251 + i) as u8).collect()
}

fn leaves(bytes: &[u8]) -> Vec<Hash32> {
	bytes.chunks(CHUNK).map(blake2_256).collect()
}

fn store() -> (TempDir, Store) {
	let dir = tempfile::tempdir().unwrap();
	let store = Store::open(dir.path()).unwrap();
	(dir, store)
}

/// A store in which `bytes()` has begun and no chunk has arrived.
fn begun() -> (TempDir, Store, ContentId) {
	let (dir, store) = store();
	let bytes = bytes();
	let id = ContentId::of(&bytes);
	store.begin(id, bytes.len() as u64, &leaves(&bytes)).unwrap();
	(dir, store, id)
}

fn missing(store: &Store, id: &ContentId) -> Vec<u32> {
	match store.status(id) {
		Status::Partial { missing, .. } => missing,
		Status::Held { .. } => vec![],
		Status::Unknown => panic!("the store does not know the blob"),
	}
}

#[test]
fn a_blob_arrives_in_chunks_in_any_order() {
	let (_dir, store, id) = begun();
	let bytes = bytes();
	let chunks: Vec<_> = bytes.chunks(CHUNK).collect();
	assert_eq!(store.put_chunk(&id, 2, chunks[2]).unwrap(), 2);
	assert_eq!(missing(&store, &id), [0, 1]);
	assert_eq!(store.put_chunk(&id, 0, chunks[0]).unwrap(), 1);
	assert_eq!(store.put_chunk(&id, 1, chunks[1]).unwrap(), 0);
	assert_eq!(store.status(&id), Status::Held { size: bytes.len() as u64 });
	assert_eq!(store.read_all(&id).unwrap(), bytes);
}

#[test]
fn local_data_is_kept_whole_and_only_once() {
	let (dir, store) = store();
	let bytes = bytes();
	let id = store.put(&bytes).unwrap();
	assert_eq!(store.put(&bytes).unwrap(), id);
	assert_eq!(store.read_all(&id).unwrap(), bytes);
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn the_empty_blob_is_held_at_once() {
	let (_dir, store) = store();
	let id = store.put(&[]).unwrap();
	assert_eq!(id, ContentId::of(&[]));
	assert_eq!(store.status(&id), Status::Held { size: 0 });
	assert_eq!(store.read_all(&id).unwrap(), Vec::<u8>::new());
}

#[test]
fn a_reopened_store_knows_which_chunks_to_ask_for() {
	let (dir, store, id) = begun();
	let bytes = bytes();
	store.put_chunk(&id, 1, &bytes[CHUNK..2 * CHUNK]).unwrap();
	drop(store);
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(missing(&store, &id), [0, 2]);
	assert_eq!(store.put(&bytes).unwrap(), id);
	assert_eq!(store.read_all(&id).unwrap(), bytes);
}

#[test]
fn beginning_again_resumes() {
	let (_dir, store, id) = begun();
	let bytes = bytes();
	store.put_chunk(&id, 0, &bytes[..CHUNK]).unwrap();
	let status = store.begin(id, bytes.len() as u64, &leaves(&bytes)).unwrap();
	assert_eq!(status, Status::Partial { size: bytes.len() as u64, missing: vec![1, 2] });
}

#[test]
fn a_wrong_chunk_is_refused() {
	let (_dir, store, id) = begun();
	let mut chunk = bytes()[..CHUNK].to_vec();
	chunk[17] ^= 1;
	assert!(matches!(store.put_chunk(&id, 0, &chunk), Err(Error::WrongChunk { index: 0, offset: 0, .. })));
	assert_eq!(missing(&store, &id), [0, 1, 2]);
}

#[test]
fn a_chunk_of_a_wrong_length_is_refused() {
	let (_dir, store, id) = begun();
	let result = store.put_chunk(&id, 2, &bytes()[2 * CHUNK..2 * CHUNK + 999]);
	assert!(matches!(result, Err(Error::WrongChunk { index: 2, expected: 1000, found: 999, .. })));
}

#[test]
fn a_chunk_at_a_wrong_index_is_refused() {
	let (_dir, store, id) = begun();
	let bytes = bytes();
	assert!(matches!(store.put_chunk(&id, 1, &bytes[..CHUNK]), Err(Error::WrongChunk { index: 1, .. })));
	assert!(matches!(store.put_chunk(&id, 3, &bytes[..CHUNK]), Err(Error::NoSuchChunk { index: 3, chunks: 3 })));
}

#[test]
fn a_chunk_that_comes_twice_is_accepted_twice() {
	let (_dir, store, id) = begun();
	let bytes = bytes();
	assert_eq!(store.put_chunk(&id, 0, &bytes[..CHUNK]).unwrap(), 2);
	assert_eq!(store.put_chunk(&id, 0, &bytes[..CHUNK]).unwrap(), 2);
	assert!(matches!(store.put_chunk(&id, 0, b"something else"), Err(Error::WrongChunk { .. })));
}

#[test]
fn a_chunk_of_an_unknown_blob_is_refused() {
	let (_dir, store) = store();
	let id = ContentId::of(b"never begun");
	assert!(matches!(store.put_chunk(&id, 0, b"never begun"), Err(Error::Unknown(unknown)) if unknown == id));
	assert!(matches!(store.read_all(&id), Err(Error::Unknown(_))));
	assert_eq!(store.status(&id), Status::Unknown);
}

#[test]
fn leaves_that_do_not_give_the_id_are_refused() {
	let (_dir, store) = store();
	let bytes = bytes();
	let (id, size, leaves) = (ContentId::of(&bytes), bytes.len() as u64, leaves(&bytes));
	assert!(matches!(store.begin(id, size - 1, &leaves), Err(Error::WrongId { .. })));
	assert!(matches!(store.begin(id, size, &leaves[..2]), Err(Error::LeafCount { expected: 3, found: 2, .. })));
	let mut swapped = leaves.clone();
	swapped.swap(0, 1);
	assert!(matches!(store.begin(id, size, &swapped), Err(Error::WrongId { .. })));
	assert_eq!(store.list(), []);
}

#[test]
fn a_blob_beyond_the_limit_is_refused_before_anything_is_written() {
	let (dir, store) = store();
	let result = store.begin(ContentId::default(), MAX_MODEL_BYTES + 1, &[]);
	assert!(matches!(result, Err(Error::TooLarge { .. })));
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_range_may_cross_chunks() {
	let (_dir, store) = store();
	let bytes = bytes();
	let id = store.put(&bytes).unwrap();
	for (offset, length) in [(0, 1), (CHUNK - 1, 2), (10, 2 * CHUNK), (bytes.len() - 5, 5), (bytes.len(), 0)] {
		assert_eq!(store.read_range(&id, offset as u64, length as u64).unwrap(), bytes[offset..offset + length]);
	}
	assert!(matches!(store.read_range(&id, bytes.len() as u64 - 5, 6), Err(Error::OutOfRange { .. })));
	assert!(matches!(store.read_range(&id, u64::MAX, u64::MAX), Err(Error::OutOfRange { .. })));
}

#[test]
fn what_has_arrived_can_be_read_before_the_rest() {
	let (_dir, store, id) = begun();
	let bytes = bytes();
	store.put_chunk(&id, 1, &bytes[CHUNK..2 * CHUNK]).unwrap();
	assert_eq!(store.read_chunk(&id, 1).unwrap(), bytes[CHUNK..2 * CHUNK]);
	assert!(matches!(store.read_all(&id), Err(Error::Incomplete { index: 0, .. })));
}

/// Overwrites a byte of a file.
fn damage(path: &Path, offset: u64) {
	let mut file = fs::File::options().write(true).open(path).unwrap();
	file.seek(SeekFrom::Start(offset)).unwrap();
	file.write_all(&[0xa5]).unwrap();
}

#[track_caller]
fn assert_sound(store: &Store) {
	assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_truncated_blob_is_found_on_open() {
	let (dir, store) = store();
	let bytes = bytes();
	let id = store.put(&bytes).unwrap();
	let path = store.path(&id).join(DATA);
	drop(store);
	fs::File::options().write(true).open(&path).unwrap().set_len(2 * CHUNK_BYTES - 1).unwrap();
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(missing(&store, &id), [1, 2]);
	assert_sound(&store);
	store.put(&bytes).unwrap();
	assert_eq!(store.read_all(&id).unwrap(), bytes);
}

#[test]
fn a_damaged_byte_is_found_on_read_and_can_be_mended() {
	let (dir, store) = store();
	let bytes = bytes();
	let id = store.put(&bytes).unwrap();
	damage(&store.path(&id).join(DATA), 2 * CHUNK_BYTES + 500);
	assert_eq!(store.check().unwrap().problems.len(), 1);
	assert!(matches!(store.read_all(&id), Err(Error::Damaged { index: 2, .. })));
	assert_eq!(missing(&store, &id), [2]);
	assert_sound(&store);
	drop(store);
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(missing(&store, &id), [2], "the damage is known after a restart");
	assert_eq!(store.put_chunk(&id, 2, &bytes[2 * CHUNK..]).unwrap(), 0);
	assert_eq!(store.read_all(&id).unwrap(), bytes);
}

#[test]
fn a_file_that_vanished_counts_as_damaged() {
	let (_dir, store) = store();
	let id = store.put(&bytes()).unwrap();
	fs::remove_file(store.path(&id).join(DATA)).unwrap();
	assert!(matches!(store.read_chunk(&id, 0), Err(Error::Damaged { index: 0, .. })));
	assert_eq!(missing(&store, &id), [0]);
}

#[test]
fn a_kill_in_the_middle_of_a_write_leaves_the_chunk_missing() {
	let (dir, store, id) = begun();
	let (path, bytes) = (store.path(&id), bytes());
	store.put_chunk(&id, 0, &bytes[..CHUNK]).unwrap();
	drop(store);
	let mut file = fs::File::options().append(true).open(path.join(PART)).unwrap();
	file.write_all(&bytes[CHUNK..CHUNK + 1000]).unwrap();
	fs::write(path.join("leaves.7.tmp"), b"half").unwrap();
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(missing(&store, &id), [1, 2]);
	assert_sound(&store);
}

#[test]
fn a_kill_before_the_leaves_are_written_leaves_no_blob() {
	let (dir, store, id) = begun();
	let path = store.path(&id);
	drop(store);
	fs::rename(path.join(LEAVES), path.join("leaves.0.tmp")).unwrap();
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(store.status(&id), Status::Unknown);
	assert!(!path.exists());
}

#[test]
fn a_kill_between_the_last_chunk_and_the_rename_leaves_a_whole_blob() {
	let (dir, store) = store();
	let id = store.put(&bytes()).unwrap();
	let path = store.path(&id);
	drop(store);
	fs::rename(path.join(DATA), path.join(PART)).unwrap();
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(store.read_all(&id).unwrap(), bytes());
	assert!(store.holds(&id));
	assert_sound(&store);
}

#[test]
fn leaves_that_were_damaged_on_disk_drop_the_blob() {
	for damage in [vec![], vec![1; 7], vec![1; 8 + 33], encode_leaves(u64::MAX, &[[0; 32]])] {
		let (dir, store, id) = begun();
		let path = store.path(&id).join(LEAVES);
		drop(store);
		fs::write(path, damage).unwrap();
		assert_eq!(Store::open(dir.path()).unwrap().status(&id), Status::Unknown);
	}
}

#[test]
fn a_removed_blob_is_gone_and_can_come_again() {
	let (dir, store) = store();
	let bytes = bytes();
	let id = store.put(&bytes).unwrap();
	assert!(store.remove(&id).unwrap());
	assert!(!store.remove(&id).unwrap());
	assert_eq!(store.status(&id), Status::Unknown);
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
	assert_eq!(store.usage().bytes, 0);
	store.put(&bytes).unwrap();
	assert_eq!(store.read_all(&id).unwrap(), bytes);
}

#[test]
fn a_kill_in_the_middle_of_a_removal_is_finished_on_open() {
	let (dir, store) = store();
	let id = store.put(&bytes()).unwrap();
	let path = store.path(&id);
	drop(store);
	let removed = dir.path().join(hex(&id) + REMOVED);
	fs::rename(path, &removed).unwrap();
	fs::remove_file(removed.join(LEAVES)).unwrap();
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(store.status(&id), Status::Unknown);
	assert!(!removed.exists());
	assert_sound(&store);
}

#[test]
fn what_is_not_ours_is_left_alone() {
	let (dir, store) = store();
	drop(store);
	let notes = dir.path().join("notes.txt");
	fs::write(&notes, "kept").unwrap();
	assert_eq!(Store::open(dir.path()).unwrap().list(), []);
	assert!(notes.exists());
}

#[test]
fn the_list_tells_sizes_and_what_is_missing() {
	let (_dir, store, id) = begun();
	let small = store.put(b"small").unwrap();
	let whole = Summary { id: small, size: 5, missing: 0, unneeded: None };
	let mut expected = vec![Summary { id, size: bytes().len() as u64, missing: 3, unneeded: None }, whole];
	expected.sort_by_key(|summary| summary.id);
	assert_eq!(store.list(), expected);
	let usage = store.usage();
	assert_eq!((usage.held, usage.partial, usage.bytes), (1, 1, bytes().len() as u64 + 5));
}

#[test]
fn the_listener_hears_of_each_blob_that_becomes_whole_once() {
	let (_dir, store, id) = begun();
	let heard = Arc::new(Mutex::new(vec![]));
	store.on_held({
		let heard = heard.clone();
		move |id| heard.lock().push(id)
	});
	let bytes = bytes();
	for (index, chunk) in (0u32..).zip(bytes.chunks(CHUNK)) {
		assert_eq!(*heard.lock(), []);
		store.put_chunk(&id, index, chunk).unwrap();
		store.put_chunk(&id, index, chunk).unwrap();
	}
	assert_eq!(*heard.lock(), [id]);
}

#[test]
fn many_writers_of_one_blob_do_not_disturb_each_other() {
	let (_dir, store) = store();
	let bytes = bytes();
	std::thread::scope(|scope| {
		for _ in 0..8 {
			scope.spawn(|| store.put(&bytes).unwrap());
		}
	});
	let id = ContentId::of(&bytes);
	assert_eq!(store.read_all(&id).unwrap(), bytes);
	assert!(!store.path(&id).join(PART).exists());
	assert_sound(&store);
}

#[test]
fn what_is_held_of_a_blob_is_told_chunk_by_chunk() {
	let (_dir, store, id) = begun();
	let bytes = bytes();
	assert_eq!(store.holding(&id), Holding::Nothing);
	store.put_chunk(&id, 2, &bytes[2 * CHUNK..]).unwrap();
	assert_eq!(store.holding(&id), Holding::Part(vec![0b100]));
	assert_eq!([0, 1, 2, 3, 99].map(|index| store.holding(&id).has(index)), [false, false, true, false, false]);
	store.put(&bytes).unwrap();
	assert_eq!(store.holding(&id), Holding::Whole);
}

#[test]
fn a_stream_becomes_a_blob_when_it_is_the_right_one() {
	let (dir, store) = store();
	let (store, bytes) = (Arc::new(store), bytes());
	let (id, size) = (ContentId::of(&bytes), bytes.len() as u64);
	let mut upload = Upload::begin(&store, id, size).unwrap();
	bytes.chunks(100_000).for_each(|bytes| upload.write(bytes).unwrap());
	assert_eq!(store.status(&id), Status::Unknown);
	upload.finish().unwrap();
	assert_eq!(store.read_all(&id).unwrap(), bytes);
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
	assert_eq!(store.usage().bytes, size);
	assert_sound(&store);
	let mut again = Upload::begin(&store, id, size).unwrap();
	again.write(&bytes).unwrap();
	again.finish().unwrap();
	assert_eq!(store.usage().bytes, size);
}

#[test]
fn a_stream_completes_what_came_in_part() {
	let (dir, store, id) = begun();
	let (store, bytes) = (Arc::new(store), bytes());
	store.put_chunk(&id, 1, &bytes[CHUNK..2 * CHUNK]).unwrap();
	let mut upload = Upload::begin(&store, id, bytes.len() as u64).unwrap();
	upload.write(&bytes).unwrap();
	upload.finish().unwrap();
	assert_eq!(store.usage().bytes, bytes.len() as u64);
	assert_sound(&store);
	drop(store);
	assert_eq!(Store::open(dir.path()).unwrap().read_all(&id).unwrap(), bytes);
}

#[test]
fn a_stream_that_is_not_the_blob_leaves_nothing() {
	let (dir, store) = store();
	let (store, bytes) = (Arc::new(store), bytes());
	let (id, size) = (ContentId::of(&bytes), bytes.len() as u64);
	let begin = || Upload::begin(&store, id, size).unwrap();

	let mut long = begin();
	long.write(&bytes).unwrap();
	assert!(matches!(long.write(b"x"), Err(Error::WrongLength { .. })));
	drop(long);
	let mut short = begin();
	short.write(&bytes[1..]).unwrap();
	assert!(matches!(short.finish(), Err(Error::WrongLength { .. })));
	let mut other = begin();
	other.write(&vec![0; bytes.len()]).unwrap();
	assert!(matches!(other.finish(), Err(Error::WrongId { .. })));
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
	assert_eq!(store.usage().bytes, 0);
}

#[test]
fn a_stream_ends_at_its_first_wrong_chunk_if_the_leaves_are_known() {
	let (_dir, store, id) = begun();
	let store = Arc::new(store);
	let mut upload = Upload::begin(&store, id, bytes().len() as u64).unwrap();
	upload.write(&bytes()[..CHUNK]).unwrap();
	assert_eq!(missing(&store, &id), [1, 2], "what has come is there for others");
	assert!(matches!(upload.write(&vec![0; CHUNK]), Err(Error::WrongChunk { index: 1, .. })));
	drop(upload);
	assert_eq!(missing(&store, &id), [1, 2]);
	assert_sound(&store);
}

#[test]
fn a_kill_in_the_middle_of_a_stream_leaves_nothing_behind() {
	let (dir, store) = store();
	let store = Arc::new(store);
	let mut upload = Upload::begin(&store, ContentId::of(&bytes()), bytes().len() as u64).unwrap();
	upload.write(&bytes()[..CHUNK + 1]).unwrap();
	std::mem::forget(upload);
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
	assert_sound(&store);
}

fn small_store(budget: u64, keep: u32) -> (TempDir, Store) {
	let dir = tempfile::tempdir().unwrap();
	let store = Store::open_with(dir.path(), Config { budget, keep, ..Config::default() }).unwrap();
	(dir, store)
}

#[test]
fn the_budget_is_kept_at_the_cost_of_what_is_needed_least() {
	let (_dir, store) = small_store(1000, 100);
	let [a, b, c] = [1, 2, 3].map(|byte| vec![byte; 400]);
	let (first, second) = (store.put(&a).unwrap(), store.put(&b).unwrap());
	assert!(matches!(store.put(&c), Err(Error::Full { size: 400, used: 800, budget: 1000 })));
	store.collect(10, &[(second, false)]).unwrap();
	store.collect(11, &[(first, false)]).unwrap();
	let third = store.put(&c).unwrap();
	assert_eq!([first, second, third].map(|id| store.holds(&id)), [true, false, true]);
	assert_eq!(store.usage().bytes, 800);
	assert_sound(&store);
}

#[test]
fn a_disk_keeps_the_room_that_was_set_aside() {
	let (dir, store) = small_store(1 << 30, 100);
	let (needed, unneeded) = (store.put(b"needed").unwrap(), store.put(b"unneeded").unwrap());
	store.collect(10, &[(unneeded, false)]).unwrap();
	drop(store);
	let full = Config { reserve: u64::MAX / 2, ..Config::default() };
	let store = Store::open_with(dir.path(), full).unwrap();
	assert!(matches!(store.put(b"more"), Err(Error::NoRoom { size: 4, .. })));
	assert_eq!([needed, unneeded].map(|id| store.holds(&id)), [true, false], "what nobody needs has made room");
	assert_eq!(store.read_all(&needed).unwrap(), b"needed");
	assert_sound(&store);
}

#[test]
fn what_the_chain_does_not_need_goes_after_its_time_and_what_it_needs_stays() {
	let (dir, store) = small_store(1 << 30, 100);
	let (needed, unneeded) = (store.put(b"needed").unwrap(), store.put(b"unneeded").unwrap());
	let verdicts = [(needed, true), (unneeded, false)];
	assert_eq!(store.collect(1_000, &verdicts).unwrap(), Collected::default());
	assert_eq!(store.collect(1_099, &verdicts).unwrap(), Collected::default());
	drop(store);
	let config = Config { keep: 100, ..Config::default() };
	let store = Store::open_with(dir.path(), config).unwrap();
	assert_eq!(store.collect(1_100, &verdicts).unwrap(), Collected { blobs: 1, bytes: 8 });
	assert_eq!((store.holds(&needed), store.holds(&unneeded)), (true, false));
	assert_sound(&store);
}

#[test]
fn a_blob_that_is_needed_again_starts_its_time_anew() {
	let (_dir, store) = small_store(1 << 30, 100);
	let id = store.put(b"blob").unwrap();
	for (now, needed) in [(0, false), (50, true), (120, false), (219, false)] {
		store.collect(now, &[(id, needed)]).unwrap();
	}
	assert!(store.holds(&id));
	store.collect(220, &[(id, false)]).unwrap();
	assert!(!store.holds(&id));
}

#[test]
fn a_kill_in_the_middle_of_a_collection_leaves_a_sound_store() {
	let (dir, store) = small_store(1 << 30, 0);
	let id = store.put(&bytes()).unwrap();
	store.collect(5, &[(id, false)]).unwrap();
	let path = store.path(&id);
	drop(store);
	fs::write(path.join("unneeded"), b"no").unwrap();
	let store = Store::open(dir.path()).unwrap();
	assert_eq!(store.list()[0].unneeded, None, "a mark that is damaged is as good as none");
	assert_sound(&store);
}
