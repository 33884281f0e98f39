//! Memory use of transfers of blobs that are much larger than the memory limit. It runs in a process of its own, so that other tests do
//! not count.

use assay_blobs::{
	exchange::{Failure, Fetcher, Network, Request, Response, Size, Throttle, Want},
	Config, Holding, Store, Upload,
};
use assay_primitives::{constants::CHUNK_BYTES, hash::blake2_256, ContentId};
use codec::{Decode, Encode};
use futures::{future::BoxFuture, FutureExt};
use std::{fs, sync::Arc, time::Duration};

const MIB: u64 = 1024 * 1024;

/// Most bytes by which the peaks may differ.
const LIMIT: u64 = 16 * MIB;

/// A peer that has a blob of a size, without having it in memory.
struct Endless {
	size: u64,
	leaves: Vec<[u8; 32]>,
}

fn chunk(index: u64) -> Vec<u8> {
	let mut chunk = vec![0; CHUNK_BYTES as usize];
	chunk.chunks_mut(8).zip(index * CHUNK_BYTES..).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
	chunk
}

impl Endless {
	fn new(size: u64) -> Self {
		let leaves = (0..size / CHUNK_BYTES).map(|index| blake2_256(&chunk(index))).collect();
		Endless { size, leaves }
	}

	fn id(&self) -> ContentId {
		ContentId::from_leaves(self.size, self.leaves.clone())
	}
}

impl Network for Endless {
	type Peer = u8;

	fn peers(&self) -> Vec<u8> {
		vec![0, 1, 2]
	}

	fn request(&self, _: &u8, request: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Failure>> {
		let response = match Request::decode(&mut &request[..]).unwrap() {
			Request::Have(ids) => Response::Have(vec![Holding::Whole; ids.len()]),
			Request::Leaves(_) => Response::Leaves(self.size, self.leaves.clone()),
			Request::Chunk(_, index) => Response::Chunk(chunk(index.into())),
		};
		async move { Ok(response.encode()) }.boxed()
	}

	fn report(&self, _: &u8) {
		panic!("it gives no garbage");
	}
}

/// A line of /proc/self/status in bytes.
fn memory(name: &str) -> u64 {
	let status = fs::read_to_string("/proc/self/status").unwrap();
	let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
	line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().unwrap() * 1024
}

/// Bytes that the process had more at its peak than before.
async fn peak_over_idle<F: std::future::Future>(work: F) -> u64 {
	let idle = memory("VmRSS:");
	fs::write("/proc/self/clear_refs", "5").unwrap();
	work.await;
	memory("VmHWM:").saturating_sub(idle)
}

fn store() -> (tempfile::TempDir, Arc<Store>) {
	let dir = tempfile::tempdir().unwrap();
	let store = Store::open_with(dir.path(), Config { max_blob: 512 * MIB, ..Config::default() }).unwrap();
	(dir, Arc::new(store))
}

async fn fetch(size: u64) -> u64 {
	let source = Arc::new(Endless::new(size));
	let (_dir, store) = store();
	let want = Want { id: source.id(), size: Size::Exactly(size), urgent: true };
	let (fetcher, handle) = Fetcher::new(store.clone(), source, Throttle { bytes_per_second: 1 });
	peak_over_idle(async {
		tokio::spawn(fetcher.run());
		handle.want(vec![want]);
		while !store.holds(&want.id) {
			tokio::time::sleep(Duration::from_millis(20)).await;
		}
	})
	.await
}

async fn upload_and_read(size: u64) -> u64 {
	let id = Endless::new(size).id();
	let (_dir, store) = store();
	peak_over_idle(async {
		let mut upload = Upload::begin(&store, id, size).unwrap();
		(0..size / CHUNK_BYTES).for_each(|index| upload.write(&chunk(index)).unwrap());
		upload.finish().unwrap();
		let chunks =
			(0..ContentId::chunks(size)).map(|index| store.read_chunk(&id, index as u32).unwrap().len() as u64);
		assert_eq!(chunks.sum::<u64>(), size);
	})
	.await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes a gigabyte: scripts/test.sh --long runs it"]
async fn memory_does_not_grow_with_the_blob() {
	// The first fetch makes the allocations that are made once.
	fetch(8 * MIB).await;
	upload_and_read(8 * MIB).await;
	for (name, small, large) in [
		("fetch", fetch(100 * MIB).await, fetch(400 * MIB).await),
		("upload and read", upload_and_read(100 * MIB).await, upload_and_read(400 * MIB).await),
	] {
		println!("{name}: peak over idle {} KiB for 100 MiB, {} KiB for 400 MiB", small / 1024, large / 1024);
		assert!(large.abs_diff(small) <= LIMIT, "{name}: {small} and {large} bytes");
	}
}
