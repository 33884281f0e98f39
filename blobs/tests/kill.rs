//! A store whose process is killed at any time passes its own check, and goes on.

use assay_blobs::{
	exchange::{answer, Answer, Failure, Fetcher, Network, Size, Throttle, Want},
	Config, Store, Upload,
};
use assay_primitives::{constants::CHUNK_BYTES, ContentId};
use futures::{future::BoxFuture, FutureExt};
use std::{env, path::Path, process::Command, sync::Arc, thread::sleep, time::Duration};

/// Says to the test that it is the process to be killed, and where it works.
const DIR: &str = "ASSAY_TEST_DIR";

/// Times that each kind of work is killed.
const ROUNDS: u64 = 12;

/// Blobs that are worked on.
const BLOBS: u8 = 6;

fn bytes(seed: u8) -> Vec<u8> {
	(0..5 * CHUNK_BYTES as usize + 99).map(|i| (i / 255 + i) as u8 ^ seed).collect()
}

fn open(dir: &Path) -> Arc<Store> {
	let config = Config { keep: 1, ..Config::default() };
	Arc::new(Store::open_with(dir.join("store"), config).unwrap())
}

/// Does something until it is killed.
type Work = fn(&Path);

fn write(dir: &Path) {
	let store = open(dir);
	loop {
		for seed in 0..BLOBS {
			let bytes = bytes(seed);
			if seed % 2 == 0 {
				store.put(&bytes).unwrap();
			} else {
				let mut upload = Upload::begin(&store, ContentId::of(&bytes), bytes.len() as u64).unwrap();
				bytes.chunks(60_000).for_each(|piece| upload.write(piece).unwrap());
				upload.finish().unwrap();
			}
		}
		remove_all(&store);
	}
}

fn remove_all(store: &Store) {
	for blob in store.list() {
		store.remove(&blob.id).unwrap();
	}
}

fn collect(dir: &Path) {
	let store = open(dir);
	for now in 0.. {
		for seed in 0..BLOBS {
			store.put(&bytes(seed)).unwrap();
		}
		let verdicts: Vec<_> = store.list().iter().map(|blob| (blob.id, blob.id.0[0] as u32 % 3 == now % 3)).collect();
		store.collect(now, &verdicts).unwrap();
	}
}

/// A peer that holds all of it.
struct Source(Arc<Store>);

impl Network for Source {
	type Peer = u8;

	fn peers(&self) -> Vec<u8> {
		vec![0, 1]
	}

	fn request(&self, _: &u8, request: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> {
		let Answer::Response(response) = answer(&self.0, &request) else { panic!("the request is fine") };
		async move { Ok(response) }.boxed()
	}

	fn report(&self, _: &u8) {
		panic!("it gives no garbage");
	}
}

fn fetch(dir: &Path) {
	let source = Arc::new(Store::open(dir.join("source")).unwrap());
	let want = |seed: u8| {
		let bytes = bytes(seed);
		Want { id: source.put(&bytes).unwrap(), size: Size::Exactly(bytes.len() as u64), urgent: true }
	};
	let wants: Vec<_> = (0..BLOBS).map(want).collect();
	let store = open(dir);
	let runtime = tokio::runtime::Runtime::new().unwrap();
	let network = Arc::new(Source(source.clone()));
	loop {
		let (fetcher, handle) = Fetcher::new(store.clone(), network.clone(), Throttle { bytes_per_second: 1 });
		handle.want(wants.clone());
		runtime.spawn(fetcher.run());
		while !wants.iter().all(|want| store.holds(&want.id)) {
			sleep(Duration::from_millis(1));
		}
		drop(handle);
		remove_all(&store);
	}
}

/// Kills the named test's work again and again, at times that drift through it.
fn survives(test: &str, work: Work) {
	if let Some(dir) = env::var_os(DIR) {
		return work(Path::new(&dir));
	}
	let dir = tempfile::tempdir().unwrap();
	let (mut found, mut partial) = (0, 0);
	for round in 0..ROUNDS {
		let mut child =
			Command::new(env::current_exe().unwrap()).args(["--exact", test]).env(DIR, dir.path()).spawn().unwrap();
		while !dir.path().join("store").exists() {
			sleep(Duration::from_millis(1));
		}
		sleep(Duration::from_millis(150 + 37 * round));
		child.kill().unwrap();
		assert!(!child.wait().unwrap().success(), "it was killed");
		let store = open(dir.path());
		let report = store.check().unwrap();
		assert_eq!(report.problems, Vec::<String>::new(), "round {round}");
		found += store.usage().held;
		partial += store.usage().partial;
		for blob in store.list().iter().filter(|blob| blob.missing == 0) {
			assert!((0..BLOBS).any(|seed| ContentId::of(&bytes(seed)) == blob.id));
		}
	}
	println!("{test}: {found} whole and {partial} partial blobs found after {ROUNDS} kills");
	assert!(found + partial > 0, "something was written in all that time");
}

#[test]
fn kills_while_blobs_are_written_leave_a_sound_store() {
	survives("kills_while_blobs_are_written_leave_a_sound_store", write);
}

#[test]
fn kills_while_blobs_are_fetched_leave_a_sound_store() {
	survives("kills_while_blobs_are_fetched_leave_a_sound_store", fetch);
}

#[test]
fn kills_while_blobs_are_collected_leave_a_sound_store() {
	survives("kills_while_blobs_are_collected_leave_a_sound_store", collect);
}
