//! The store: its blobs, their disk budget, and the time for which they are kept.

use crate::{
	disk::{self, chunk_span, Blob, FLUSH_CHUNKS, LEAVES, REMOVED, UNNEEDED, UPLOAD},
	error::hex,
	Error, LOG_TARGET,
};
use assay_primitives::{
	constants::{CHUNK_BYTES, MAX_MODEL_BYTES},
	hash::{blake2_256, Hash32},
	ContentId,
};
use parking_lot::Mutex;
use std::{
	collections::{BTreeSet, HashMap},
	fs,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

/// Blocks after which the beginnings of a blob that the chain does not need go: an hour.
const KEEP_PARTS: u32 = 1_800;

/// Limits of a store.
#[derive(Clone, Debug)]
pub struct Config {
	/// Most bytes of all blobs together, those that are still to come of a begun one included.
	pub budget: u64,
	/// Bytes of the disk that stay free beside a new blob. With less the databases beside the store are in danger.
	pub reserve: u64,
	/// Most bytes of one blob.
	pub max_blob: u64,
	/// Blocks for which a blob stays after the chain was last seen to need it.
	pub keep: u32,
}

impl Config {
	/// Blocks in a day of 2 s slots: how long outputs can be had from the nodes that ran the model.
	pub const DAY: u32 = 43_200;
}

impl Default for Config {
	/// 50 GiB, nothing set aside, models as the largest blobs, a day.
	fn default() -> Self {
		Config { budget: 50 << 30, reserve: 0, max_blob: MAX_MODEL_BYTES, keep: Self::DAY }
	}
}

/// State of a blob in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
	/// All of it.
	Held {
		/// Bytes of the blob.
		size: u64,
	},
	/// Some chunks are still to come.
	Partial {
		/// Bytes of the blob.
		size: u64,
		/// Indices of the chunks to come, in order.
		missing: Vec<u32>,
	},
	/// Nothing.
	Unknown,
}

/// Parts of a blob that a node reports to another one.
#[derive(Clone, PartialEq, Eq, Debug, codec::Encode, codec::Decode)]
pub enum Holding {
	/// Nothing.
	#[codec(index = 0)]
	Nothing,
	/// The chunks whose bit is set; chunk 0 is the lowest bit of the first byte.
	#[codec(index = 1)]
	Part(Vec<u8>),
	/// All of it.
	#[codec(index = 2)]
	Whole,
}

impl Holding {
	/// Returns true if the chunk is held.
	pub fn has(&self, index: u32) -> bool {
		match self {
			Holding::Nothing => false,
			Holding::Part(bits) => bits.get(index as usize / 8).is_some_and(|byte| byte >> (index % 8) & 1 == 1),
			Holding::Whole => true,
		}
	}
}

/// One line of [`Store::list`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
	/// The blob.
	pub id: ContentId,
	/// Bytes of the whole blob.
	pub size: u64,
	/// Chunks that have not arrived.
	pub missing: u32,
	/// The block at which the chain was first seen not to need it.
	pub unneeded: Option<u32>,
}

/// Disk usage of the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
	/// Blobs that are whole.
	pub held: u32,
	/// Blobs that are not.
	pub partial: u32,
	/// Bytes that all of them take, or will.
	pub bytes: u64,
	/// Most bytes.
	pub budget: u64,
}

/// Result of [`Store::collect`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Collected {
	/// Blobs that went.
	pub blobs: u32,
	/// Bytes that they took.
	pub bytes: u64,
}

/// Result of [`Store::check`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
	/// Blobs looked at.
	pub blobs: u32,
	/// Bytes that have the hash they should.
	pub bytes: u64,
	/// One line for each problem.
	pub problems: Vec<String>,
}

#[derive(Default)]
struct State {
	blobs: HashMap<ContentId, Blob>,
	/// Bytes of all blobs, and of uploads under way.
	used: u64,
}

type Listener = Box<dyn Fn(ContentId) + Send + Sync>;

/// The store. Safe to share: every call takes `&self`.
pub struct Store {
	pub(crate) dir: PathBuf,
	pub(crate) config: Config,
	/// Index of the files on disk. It is never locked while a file is read or written.
	state: Mutex<State>,
	/// Orders the calls that make, finish and delete a blob's directory.
	directories: Mutex<()>,
	listener: Mutex<Option<Arc<Listener>>>,
	serial: AtomicU64,
}

impl Store {
	/// Opens the store in `dir` with the default limits. See [`Store::open_with`].
	pub fn open(dir: impl Into<PathBuf>) -> Result<Self, Error> {
		Self::open_with(dir, Config::default())
	}

	/// Opens the store in `dir`, and makes the folder if it does not exist. Leftovers of a crash or a bad disk are removed: files that
	/// are half written, wrong chunks of an incomplete blob, and blobs whose leaves do not give their id.
	pub fn open_with(dir: impl Into<PathBuf>, config: Config) -> Result<Self, Error> {
		let dir = dir.into();
		fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
		let mut state = State::default();
		for entry in fs::read_dir(&dir).map_err(Error::io(&dir))? {
			let path = entry.map_err(Error::io(&dir))?.path();
			let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
			let mut id = [0; 32];
			if name.ends_with(REMOVED) {
				fs::remove_dir_all(&path).map_err(Error::io(&path))?;
			} else if name.ends_with(UPLOAD) {
				fs::remove_file(&path).map_err(Error::io(&path))?;
			} else if hex::decode_to_slice(name, &mut id).is_ok() {
				match disk::load(&path, ContentId(id), config.max_blob)? {
					Some(blob) => {
						state.used = state.used.saturating_add(blob.size);
						state.blobs.insert(ContentId(id), blob);
					}
					None => {
						log::warn!(target: LOG_TARGET, "blob {name} has no valid leaf list and is dropped");
						fs::remove_dir_all(&path).map_err(Error::io(&path))?;
					}
				}
			} else {
				log::warn!(target: LOG_TARGET, "{} is not a blob and is left alone", path.display());
			}
		}
		let store = Store {
			dir,
			config,
			state: Mutex::new(state),
			directories: Mutex::new(()),
			listener: Mutex::new(None),
			serial: AtomicU64::new(0),
		};
		store.finish_what_has_all()?;
		Ok(store)
	}

	/// A crash between the last chunk and the rename leaves a part that has everything.
	fn finish_what_has_all(&self) -> Result<(), Error> {
		let ready = |(id, blob): (&ContentId, &Blob)| (blob.missing.is_empty() && !blob.whole).then_some(*id);
		let ids: Vec<_> = self.state.lock().blobs.iter().filter_map(ready).collect();
		ids.iter().try_for_each(|id| self.complete(id).map(drop))
	}

	/// Calls `listener` with the id of each blob that becomes whole from now on. There is one listener; a second call replaces the
	/// first.
	pub fn on_held(&self, listener: impl Fn(ContentId) + Send + Sync + 'static) {
		*self.listener.lock() = Some(Arc::new(Box::new(listener)));
	}

	/// Makes room for a blob of `size` bytes whose chunks have the hashes `leaves`, after checking that they give `id`. A blob
	/// that is there already, in part or whole, stays as it is: the answer says which chunks to send.
	pub fn begin(&self, id: ContentId, size: u64, leaves: &[Hash32]) -> Result<Status, Error> {
		self.check_size(size)?;
		let expected = ContentId::chunks(size);
		if leaves.len() as u64 != expected {
			return Err(Error::LeafCount { size, expected, found: leaves.len() });
		}
		let found = ContentId::from_leaves(size, leaves.to_vec());
		if found != id {
			return Err(Error::WrongId { expected: id, found });
		}
		{
			let _directories = self.directories.lock();
			let status = self.status(&id);
			if status != Status::Unknown {
				return Ok(status);
			}
			self.reserve(size)?;
			if let Err(error) = self.make_directory(&id, size, leaves) {
				self.release(size);
				return Err(error);
			}
			self.state.lock().blobs.insert(id, Blob::new(size, leaves.into()));
		}
		if leaves.is_empty() {
			self.complete(&id)?;
		}
		Ok(self.status(&id))
	}

	fn make_directory(&self, id: &ContentId, size: u64, leaves: &[Hash32]) -> Result<(), Error> {
		let path = self.path(id);
		fs::create_dir_all(&path).map_err(Error::io(&path))?;
		disk::write_whole(&path, LEAVES, self.serial(), &disk::encode_leaves(size, leaves))?;
		disk::sync_dir(&self.dir)
	}

	pub(crate) fn check_size(&self, size: u64) -> Result<(), Error> {
		let limit = self.config.max_blob;
		if size > limit {
			return Err(Error::TooLarge { size, limit });
		}
		Ok(())
	}

	/// Keeps a chunk, after checking it against its leaf. Returns how many chunks are still missing. A chunk that is there
	/// already is accepted again.
	pub fn put_chunk(&self, id: &ContentId, index: u32, bytes: &[u8]) -> Result<u32, Error> {
		let (size, leaf, is_missing, missing) = {
			let state = self.state.lock();
			let blob = state.blobs.get(id).ok_or(Error::Unknown(*id))?;
			(blob.size, blob.leaf(index)?, blob.missing.contains(&index), blob.missing.len())
		};
		if blake2_256(bytes) != leaf {
			let (offset, expected) = chunk_span(size, index);
			return Err(Error::WrongChunk { index, offset, expected, found: bytes.len() });
		}
		if !is_missing {
			return Ok(missing as u32);
		}
		let flush = self.with_blob(id, |blob| {
			blob.unflushed = (blob.unflushed + 1) % FLUSH_CHUNKS;
			blob.unflushed == 0
		})?;
		if let Err(error) = disk::write_chunk(&self.path(id), index, bytes, flush) {
			// Somebody else may have brought the last chunk, or removed the blob, in the meantime.
			return match self.status(id) {
				Status::Held { .. } => Ok(0),
				Status::Unknown => Err(Error::Unknown(*id)),
				Status::Partial { .. } => Err(error),
			};
		}
		let missing = self.with_blob(id, |blob| {
			blob.missing.remove(&index);
			blob.missing.len()
		})?;
		if missing == 0 {
			self.complete(id)?;
		}
		Ok(missing as u32)
	}

	/// Makes a blob whole that has every chunk, and says so once.
	fn complete(&self, id: &ContentId) -> Result<(), Error> {
		{
			let _directories = self.directories.lock();
			let (has_all, whole) = self.with_blob(id, |blob| (blob.missing.is_empty(), blob.whole))?;
			if whole {
				// Somebody else was faster, and this writer has begun a part anew.
				return disk::remove_if_there(&self.path(id).join(disk::PART));
			}
			if !has_all {
				return Ok(());
			}
			disk::finish(&self.path(id))?;
			self.with_blob(id, |blob| blob.whole = true)?;
		}
		self.announce(*id);
		Ok(())
	}

	/// Takes over a file with all bytes of a blob. The caller has reserved its bytes.
	pub(crate) fn adopt(&self, id: ContentId, size: u64, leaves: Vec<Hash32>, file: &Path) -> Result<(), Error> {
		{
			let _directories = self.directories.lock();
			let status = self.status(&id);
			if matches!(status, Status::Held { .. }) {
				disk::remove_if_there(file)?;
				self.release(size);
				return Ok(());
			}
			let path = self.path(&id);
			if status == Status::Unknown {
				self.make_directory(&id, size, &leaves)?;
			}
			let data = path.join(disk::DATA);
			fs::rename(file, &data).map_err(Error::io(&data))?;
			disk::remove_if_there(&path.join(disk::PART))?;
			disk::sync_dir(&path)?;
			let mut state = self.state.lock();
			let blob = Blob { whole: true, missing: BTreeSet::new(), ..Blob::new(size, leaves.into()) };
			if let Some(old) = state.blobs.insert(id, blob) {
				state.used = state.used.saturating_sub(old.size);
			}
		}
		self.announce(id);
		Ok(())
	}

	/// Keeps bytes that are at hand, and returns their id.
	pub fn put(&self, bytes: &[u8]) -> Result<ContentId, Error> {
		let leaves: Vec<_> = bytes.chunks(CHUNK_BYTES as usize).map(blake2_256).collect();
		let id = ContentId::from_leaves(bytes.len() as u64, leaves.clone());
		if let Status::Partial { missing, .. } = self.begin(id, bytes.len() as u64, &leaves)? {
			let missing: BTreeSet<_> = missing.into_iter().collect();
			for (index, chunk) in (0u32..).zip(bytes.chunks(CHUNK_BYTES as usize)) {
				if missing.contains(&index) {
					self.put_chunk(&id, index, chunk)?;
				}
			}
		}
		Ok(id)
	}

	/// State of a blob in the store.
	pub fn status(&self, id: &ContentId) -> Status {
		match self.state.lock().blobs.get(id) {
			None => Status::Unknown,
			Some(blob) if blob.whole => Status::Held { size: blob.size },
			Some(blob) => Status::Partial { size: blob.size, missing: blob.missing.iter().copied().collect() },
		}
	}

	/// Returns true if the whole blob is held.
	pub fn holds(&self, id: &ContentId) -> bool {
		self.state.lock().blobs.get(id).is_some_and(|blob| blob.whole)
	}

	/// The parts of a blob that other nodes are told of.
	pub fn holding(&self, id: &ContentId) -> Holding {
		match self.state.lock().blobs.get(id) {
			None => Holding::Nothing,
			Some(blob) if blob.whole => Holding::Whole,
			Some(blob) if blob.missing.len() == blob.leaves.len() => Holding::Nothing,
			Some(blob) => {
				let mut bits = vec![0xff; blob.leaves.len().div_ceil(8)];
				for index in blob.missing.iter().copied().chain(blob.leaves.len() as u32..bits.len() as u32 * 8) {
					if let Some(byte) = bits.get_mut(index as usize / 8) {
						*byte &= !(1 << (index % 8));
					}
				}
				Holding::Part(bits)
			}
		}
	}

	/// Size and leaves of a blob that has begun.
	pub fn leaves(&self, id: &ContentId) -> Option<(u64, Arc<[Hash32]>)> {
		self.state.lock().blobs.get(id).map(|blob| (blob.size, blob.leaves.clone()))
	}

	/// Every blob, whole or in part, in the order of the ids.
	pub fn list(&self) -> Vec<Summary> {
		let summary = |(id, blob): (&ContentId, &Blob)| Summary {
			id: *id,
			size: blob.size,
			missing: blob.missing.len() as u32,
			unneeded: blob.unneeded,
		};
		let mut list: Vec<_> = self.state.lock().blobs.iter().map(summary).collect();
		list.sort_by_key(|summary| summary.id);
		list
	}

	/// Disk usage of the store.
	pub fn usage(&self) -> Usage {
		let state = self.state.lock();
		let held = state.blobs.values().filter(|blob| blob.whole).count();
		Usage {
			held: held as u32,
			partial: (state.blobs.len() - held) as u32,
			bytes: state.used,
			budget: self.config.budget,
		}
	}

	/// One chunk, checked against its leaf.
	pub fn read_chunk(&self, id: &ContentId, index: u32) -> Result<Vec<u8>, Error> {
		let (size, leaf) = {
			let state = self.state.lock();
			let blob = state.blobs.get(id).ok_or(Error::Unknown(*id))?;
			let leaf = blob.leaf(index)?;
			if blob.missing.contains(&index) {
				return Err(Error::Incomplete { id: *id, index });
			}
			(blob.size, leaf)
		};
		match disk::read_chunk(&self.path(id), size, index)? {
			Some(bytes) if blake2_256(&bytes) == leaf => Ok(bytes),
			Some(_) | None => {
				self.lose(id, index)?;
				log::error!(target: LOG_TARGET, "chunk {index} of blob {} was damaged on disk and is dropped", hex(id));
				Err(Error::Damaged { id: *id, index })
			}
		}
	}

	/// Turns a damaged chunk into a missing one, so that a peer can send it again.
	fn lose(&self, id: &ContentId, index: u32) -> Result<(), Error> {
		let _directories = self.directories.lock();
		let was_whole = self.with_blob(id, |blob| {
			blob.missing.insert(index);
			std::mem::replace(&mut blob.whole, false)
		})?;
		if was_whole {
			disk::unfinish(&self.path(id));
		}
		Ok(())
	}

	/// `length` bytes from `offset`, checked. The chunks that hold them must have arrived.
	pub fn read_range(&self, id: &ContentId, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
		let size = self.with_blob(id, |blob| blob.size)?;
		let end = offset.saturating_add(length);
		if end > size {
			return Err(Error::OutOfRange { offset, end, size });
		}
		let mut bytes = Vec::with_capacity(length as usize);
		let mut at = offset;
		while at < end {
			let index = (at / CHUNK_BYTES) as u32;
			let (start, chunk_bytes) = chunk_span(size, index);
			let chunk = self.read_chunk(id, index)?;
			let stop = end.min(start + chunk_bytes);
			bytes.extend_from_slice(&chunk[(at - start) as usize..(stop - start) as usize]);
			at = stop;
		}
		Ok(bytes)
	}

	/// The whole blob, checked.
	pub fn read_all(&self, id: &ContentId) -> Result<Vec<u8>, Error> {
		let size = self.with_blob(id, |blob| blob.size)?;
		self.read_range(id, 0, size)
	}

	/// Deletes a blob. Returns whether there was one.
	pub fn remove(&self, id: &ContentId) -> Result<bool, Error> {
		let _directories = self.directories.lock();
		self.discard(id)
	}

	/// Hears at block `now` which blobs the chain needs, and deletes those that it has not needed for as long as they are kept.
	/// Blobs that are not among `verdicts` stay as they are.
	pub fn collect(&self, now: u32, verdicts: &[(ContentId, bool)]) -> Result<Collected, Error> {
		let mut collected = Collected::default();
		for (id, needed) in verdicts {
			let _directories = self.directories.lock();
			let Ok((size, whole, unneeded)) = self.with_blob(id, |blob| (blob.size, blob.whole, blob.unneeded)) else {
				continue;
			};
			let keep = if whole { self.config.keep } else { self.config.keep.min(KEEP_PARTS) };
			match (needed, unneeded) {
				(true, None) => (),
				(true, Some(_)) => {
					disk::remove_if_there(&self.path(id).join(UNNEEDED))?;
					self.with_blob(id, |blob| blob.unneeded = None)?;
				}
				(false, None) => {
					disk::write_whole(&self.path(id), UNNEEDED, self.serial(), &now.to_le_bytes())?;
					self.with_blob(id, |blob| blob.unneeded = Some(now))?;
				}
				(false, Some(since)) if now.saturating_sub(since) >= keep => {
					self.discard(id)?;
					collected.blobs += 1;
					collected.bytes += size;
				}
				(false, Some(_)) => (),
			}
		}
		Ok(collected)
	}

	/// Reads every blob and reports damage. It takes as long as the disk does, and is for a store that no other process uses.
	pub fn check(&self) -> Result<Report, Error> {
		let mut report = Report::default();
		let mut total = 0;
		for Summary { id, size, .. } in self.list() {
			report.blobs += 1;
			total += size;
			let name = hex(&id);
			let known = [disk::LEAVES, disk::PART, disk::DATA, UNNEEDED];
			let strays = disk::strays(&self.path(&id), &known)?;
			report.problems.extend(strays.iter().map(|path| format!("{} does not belong there", path.display())));
			let (leaves, missing, whole) =
				self.with_blob(&id, |blob| (blob.leaves.clone(), blob.missing.clone(), blob.whole))?;
			if ContentId::from_leaves(size, leaves.to_vec()) != id {
				report.problems.push(format!("the leaves of blob {name} do not give its id"));
			}
			if whole != missing.is_empty() {
				report.problems.push(format!("blob {name} is whole: {whole}, and lacks {} chunks", missing.len()));
			}
			for (index, leaf) in (0u32..).zip(leaves.iter()).filter(|(index, _)| !missing.contains(index)) {
				match disk::read_chunk(&self.path(&id), size, index)? {
					Some(bytes) if blake2_256(&bytes) == *leaf => report.bytes += bytes.len() as u64,
					_ => report.problems.push(format!("chunk {index} of blob {name} is damaged")),
				}
			}
		}
		let used = self.usage().bytes;
		if used != total {
			report.problems.push(format!("the blobs have {total} bytes and {used} are accounted for"));
		}
		Ok(report)
	}

	/// Takes `size` bytes of the budget. Blobs that the chain has not needed for longest are removed to make room, in the budget or on the disk.
	pub(crate) fn reserve(&self, size: u64) -> Result<(), Error> {
		let budget = self.config.budget;
		loop {
			let free = self.free()?;
			let victim = {
				let mut state = self.state.lock();
				let fits = size.saturating_add(self.config.reserve) <= free;
				if fits && state.used.saturating_add(size) <= budget {
					state.used += size;
					return Ok(());
				}
				let unneeded = state.blobs.iter().filter_map(|(id, blob)| Some((blob.unneeded?, *id)));
				let full = match fits {
					true => Error::Full { size, used: state.used, budget },
					false => Error::NoRoom { size, free, reserve: self.config.reserve },
				};
				unneeded.min().ok_or(full)?.1
			};
			log::info!(target: LOG_TARGET, "blob {} makes room for another", hex(&victim));
			self.discard(&victim)?;
		}
	}

	/// Bytes of the disk that are free. Those of blobs that are still to come count as free.
	fn free(&self) -> Result<u64, Error> {
		let disk = rustix::fs::statvfs(&self.dir).map_err(|error| Error::io(&self.dir)(error.into()))?;
		Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
	}

	pub(crate) fn release(&self, size: u64) {
		let mut state = self.state.lock();
		state.used = state.used.saturating_sub(size);
	}

	/// Reserves for an upload, which takes no lock of its own.
	pub(crate) fn reserve_upload(&self, size: u64) -> Result<(), Error> {
		let _directories = self.directories.lock();
		self.reserve(size)
	}

	/// Deletes a blob. The caller holds `directories`.
	fn discard(&self, id: &ContentId) -> Result<bool, Error> {
		{
			let mut state = self.state.lock();
			let Some(blob) = state.blobs.remove(id) else { return Ok(false) };
			state.used = state.used.saturating_sub(blob.size);
		}
		// Renamed first, so that a crash in the middle does not leave a blob with holes.
		let path = self.path(id);
		let removed = self.dir.join(hex(id) + REMOVED);
		fs::rename(&path, &removed).map_err(Error::io(&path))?;
		fs::remove_dir_all(&removed).map_err(Error::io(&removed))?;
		Ok(true)
	}

	pub(crate) fn path(&self, id: &ContentId) -> PathBuf {
		self.dir.join(hex(id))
	}

	pub(crate) fn serial(&self) -> u64 {
		self.serial.fetch_add(1, Ordering::Relaxed)
	}

	fn with_blob<R>(&self, id: &ContentId, f: impl FnOnce(&mut Blob) -> R) -> Result<R, Error> {
		self.state.lock().blobs.get_mut(id).map(f).ok_or(Error::Unknown(*id))
	}

	fn announce(&self, id: ContentId) {
		let listener = self.listener.lock().clone();
		if let Some(listener) = listener {
			listener(id);
		}
	}
}
