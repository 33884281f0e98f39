//! Content-addressed store of models, inputs and outputs on disk.
//!
//! A blob is a directory named by its [`ContentId`]. It holds `leaves` (the size and the hash of each chunk, from which the id
//! follows) and one file for each chunk of 256 KiB that has arrived. Every file is written aside, flushed and renamed, so that
//! a crash leaves whole files or none; every chunk is checked against its leaf when it arrives and each time it is read. No
//! call but [`Store::read_all`] and [`Store::put`] holds more than a chunk in memory.

mod error;
#[cfg(test)]
mod tests;

pub use error::Error;

use assay_primitives::{
	constants::{CHUNK_BYTES, MAX_MODEL_BYTES},
	hash::{blake2_256, Hash32},
	ContentId,
};
use error::hex;
use parking_lot::Mutex;
use std::{
	collections::{BTreeSet, HashMap},
	fs, io,
	io::Write,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

/// Most bytes of a blob: models are the largest there are.
pub const MAX_BLOB_BYTES: u64 = MAX_MODEL_BYTES;

const LOG_TARGET: &str = "blobs";
const LEAVES_FILE: &str = "leaves";
/// Marks what is being written. Swept when the store is opened.
const TEMPORARY: &str = ".tmp";
/// Marks a blob that is being deleted. Swept when the store is opened.
const REMOVED: &str = ".removed";

/// What the store has of a blob.
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

/// One line of [`Store::list`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
	/// The blob.
	pub id: ContentId,
	/// Bytes of the whole blob.
	pub size: u64,
	/// Chunks that have not arrived.
	pub missing: u32,
}

struct Blob {
	size: u64,
	leaves: Arc<[Hash32]>,
	missing: BTreeSet<u32>,
}

type Listener = Box<dyn Fn(ContentId) + Send + Sync>;

/// The store. Safe to share: every call takes `&self`.
pub struct Store {
	dir: PathBuf,
	/// What is on disk. Never locked while a file is read or written.
	blobs: Mutex<HashMap<ContentId, Blob>>,
	/// Orders the calls that make and delete a blob's directory.
	directories: Mutex<()>,
	listener: Mutex<Option<Arc<Listener>>>,
	writes: AtomicU64,
}

impl Store {
	/// Opens the store in `dir`, which is made if it is not there. What a crash or a bad disk left behind is dropped: files half
	/// written, chunks of a wrong length, blobs whose leaves do not give their id.
	pub fn open(dir: impl Into<PathBuf>) -> Result<Self, Error> {
		let dir = dir.into();
		fs::create_dir_all(&dir).map_err(Error::io(&dir))?;
		let mut blobs = HashMap::new();
		for entry in fs::read_dir(&dir).map_err(Error::io(&dir))? {
			let path = entry.map_err(Error::io(&dir))?.path();
			let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
			let mut id = [0; 32];
			if name.ends_with(REMOVED) {
				fs::remove_dir_all(&path).map_err(Error::io(&path))?;
			} else if hex::decode_to_slice(name, &mut id).is_ok() {
				match load(&path, ContentId(id))? {
					Some(blob) => {
						blobs.insert(ContentId(id), blob);
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
		Ok(Store {
			dir,
			blobs: Mutex::new(blobs),
			directories: Mutex::new(()),
			listener: Mutex::new(None),
			writes: AtomicU64::new(0),
		})
	}

	/// Calls `listener` with the id of each blob whose last chunk arrives from now on. There is one listener; a second call
	/// replaces the first.
	pub fn on_held(&self, listener: impl Fn(ContentId) + Send + Sync + 'static) {
		*self.listener.lock() = Some(Arc::new(Box::new(listener)));
	}

	/// Makes room for a blob of `size` bytes whose chunks have the hashes `leaves`, after checking that they give `id`. A blob
	/// that is there already, in part or whole, stays as it is: the answer says which chunks to send.
	pub fn begin(&self, id: ContentId, size: u64, leaves: &[Hash32]) -> Result<Status, Error> {
		if size > MAX_BLOB_BYTES {
			return Err(Error::TooLarge { size, limit: MAX_BLOB_BYTES });
		}
		let expected = ContentId::chunks(size);
		if leaves.len() as u64 != expected {
			return Err(Error::LeafCount { size, expected, found: leaves.len() });
		}
		let found = ContentId::from_leaves(size, leaves.to_vec());
		if found != id {
			return Err(Error::WrongId { expected: id, found });
		}
		let _directories = self.directories.lock();
		let status = self.status(&id);
		if status != Status::Unknown {
			return Ok(status);
		}
		let path = self.path(&id);
		fs::create_dir_all(&path).map_err(Error::io(&path))?;
		self.write(&path, LEAVES_FILE, &encode_leaves(size, leaves))?;
		sync_dir(&self.dir)?;
		let blob = Blob { size, leaves: leaves.into(), missing: (0..leaves.len() as u32).collect() };
		self.blobs.lock().insert(id, blob);
		let status = self.status(&id);
		if matches!(status, Status::Held { .. }) {
			self.announce(id);
		}
		Ok(status)
	}

	/// Keeps a chunk, after checking it against its leaf. Returns how many chunks are still missing. A chunk that is there
	/// already is accepted again.
	pub fn put_chunk(&self, id: &ContentId, index: u32, bytes: &[u8]) -> Result<u32, Error> {
		let (size, leaf, is_missing, missing) = {
			let blobs = self.blobs.lock();
			let blob = blobs.get(id).ok_or(Error::Unknown(*id))?;
			(blob.size, blob.leaf(index)?, blob.missing.contains(&index), blob.missing.len())
		};
		if blake2_256(bytes) != leaf {
			let (offset, expected) = chunk_span(size, index);
			return Err(Error::WrongChunk { index, offset, expected, found: bytes.len() });
		}
		if !is_missing {
			return Ok(missing as u32);
		}
		self.write(&self.path(id), &index.to_string(), bytes)?;
		let (was_missing, missing) = {
			let mut blobs = self.blobs.lock();
			let blob = blobs.get_mut(id).ok_or(Error::Unknown(*id))?;
			(blob.missing.remove(&index), blob.missing.len())
		};
		if was_missing && missing == 0 {
			self.announce(*id);
		}
		Ok(missing as u32)
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

	/// What the store has of a blob.
	pub fn status(&self, id: &ContentId) -> Status {
		match self.blobs.lock().get(id) {
			None => Status::Unknown,
			Some(blob) if blob.missing.is_empty() => Status::Held { size: blob.size },
			Some(blob) => Status::Partial { size: blob.size, missing: blob.missing.iter().copied().collect() },
		}
	}

	/// Every blob, whole or in part, in the order of the ids.
	pub fn list(&self) -> Vec<Summary> {
		let mut list: Vec<_> = self
			.blobs
			.lock()
			.iter()
			.map(|(id, blob)| Summary { id: *id, size: blob.size, missing: blob.missing.len() as u32 })
			.collect();
		list.sort_by_key(|summary| summary.id);
		list
	}

	/// One chunk, checked against its leaf.
	pub fn read_chunk(&self, id: &ContentId, index: u32) -> Result<Vec<u8>, Error> {
		let leaf = {
			let blobs = self.blobs.lock();
			let blob = blobs.get(id).ok_or(Error::Unknown(*id))?;
			let leaf = blob.leaf(index)?;
			if blob.missing.contains(&index) {
				return Err(Error::Incomplete { id: *id, index });
			}
			leaf
		};
		let path = self.path(id).join(index.to_string());
		match fs::read(&path) {
			Ok(bytes) if blake2_256(&bytes) == leaf => Ok(bytes),
			Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Io { path, source }),
			Ok(_) | Err(_) => {
				// Whoever has the bytes can send them again: a damaged chunk is a missing one.
				match self.blobs.lock().get_mut(id) {
					Some(blob) => blob.missing.insert(index),
					None => return Err(Error::Unknown(*id)),
				};
				log::error!(target: LOG_TARGET, "chunk {index} of blob {} was damaged on disk and is dropped", hex(id));
				Err(Error::Damaged { id: *id, index })
			}
		}
	}

	/// `length` bytes from `offset`, checked. The chunks that hold them must have arrived.
	pub fn read_range(&self, id: &ContentId, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
		let size = self.blobs.lock().get(id).map(|blob| blob.size).ok_or(Error::Unknown(*id))?;
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
		let size = self.blobs.lock().get(id).map(|blob| blob.size).ok_or(Error::Unknown(*id))?;
		self.read_range(id, 0, size)
	}

	/// Deletes a blob. Returns whether there was one.
	pub fn remove(&self, id: &ContentId) -> Result<bool, Error> {
		let _directories = self.directories.lock();
		if self.blobs.lock().remove(id).is_none() {
			return Ok(false);
		}
		// Renamed first, so that a crash in the middle does not leave a blob with holes.
		let path = self.path(id);
		let removed = self.dir.join(hex(id) + REMOVED);
		fs::rename(&path, &removed).map_err(Error::io(&path))?;
		fs::remove_dir_all(&removed).map_err(Error::io(&removed))?;
		Ok(true)
	}

	fn path(&self, id: &ContentId) -> PathBuf {
		self.dir.join(hex(id))
	}

	/// Writes a file so that after a crash it is there as a whole or not at all.
	fn write(&self, dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
		let temporary = dir.join(format!("{name}.{}{TEMPORARY}", self.writes.fetch_add(1, Ordering::Relaxed)));
		let path = dir.join(name);
		let written = fs::File::create(&temporary)
			.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
			.and_then(|()| fs::rename(&temporary, &path));
		if let Err(source) = written {
			// Without this a full disk would fill with what did not fit. The error that counts is the first one.
			let _ = fs::remove_file(&temporary);
			return Err(Error::Io { path, source });
		}
		sync_dir(dir)
	}

	fn announce(&self, id: ContentId) {
		let listener = self.listener.lock().clone();
		if let Some(listener) = listener {
			listener(id);
		}
	}
}

impl Blob {
	fn leaf(&self, index: u32) -> Result<Hash32, Error> {
		let chunks = self.leaves.len() as u32;
		self.leaves.get(index as usize).copied().ok_or(Error::NoSuchChunk { index, chunks })
	}
}

/// Offset and length in bytes of a chunk that exists.
fn chunk_span(size: u64, index: u32) -> (u64, u64) {
	let offset = index as u64 * CHUNK_BYTES;
	(offset, CHUNK_BYTES.min(size.saturating_sub(offset)))
}

fn encode_leaves(size: u64, leaves: &[Hash32]) -> Vec<u8> {
	let mut bytes = size.to_le_bytes().to_vec();
	leaves.iter().for_each(|leaf| bytes.extend_from_slice(leaf));
	bytes
}

fn decode_leaves(bytes: &[u8]) -> Option<(u64, Vec<Hash32>)> {
	let (size, leaves) = bytes.split_first_chunk::<8>()?;
	let leaves = leaves.chunks(32).map(|leaf| leaf.try_into().ok()).collect::<Option<Vec<_>>>()?;
	Some((u64::from_le_bytes(*size), leaves))
}

/// Reads a blob's directory and drops the files in it that are not what they should be. `None` if the leaf list is not.
fn load(dir: &Path, id: ContentId) -> Result<Option<Blob>, Error> {
	let path = dir.join(LEAVES_FILE);
	let bytes = match fs::read(&path) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
		bytes => bytes.map_err(Error::io(&path))?,
	};
	let Some((size, leaves)) = decode_leaves(&bytes) else { return Ok(None) };
	if size > MAX_BLOB_BYTES
		|| leaves.len() as u64 != ContentId::chunks(size)
		|| ContentId::from_leaves(size, leaves.clone()) != id
	{
		return Ok(None);
	}
	let mut missing: BTreeSet<_> = (0..leaves.len() as u32).collect();
	for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
		let entry = entry.map_err(Error::io(dir))?;
		let (name, path) = (entry.file_name(), entry.path());
		if name == LEAVES_FILE {
			continue;
		}
		let index = missing.iter().copied().find(|index| name.to_str() == Some(index.to_string().as_str()));
		let length = entry.metadata().map_err(Error::io(&path))?.len();
		match index {
			Some(index) if chunk_span(size, index).1 == length => {
				missing.remove(&index);
			}
			_ => {
				log::warn!(target: LOG_TARGET, "{} is not a whole chunk and is dropped", path.display());
				fs::remove_file(&path).map_err(Error::io(&path))?;
			}
		}
	}
	Ok(Some(Blob { size, leaves: leaves.into(), missing }))
}

/// Makes renames in a directory last.
fn sync_dir(dir: &Path) -> Result<(), Error> {
	fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io(dir))
}
