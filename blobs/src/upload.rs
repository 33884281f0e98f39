//! A blob that comes as a stream of bytes whose chunk hashes nobody has told.

use crate::{disk::chunk_span, error::Error, store::Store};
use assay_primitives::{
	constants::CHUNK_BYTES,
	hash::{blake2_256, Hash32},
	ContentId,
};
use std::{fs, io::Write, path::PathBuf, sync::Arc};

/// Marks a stream that is being received. Swept when the store is opened.
pub const UPLOAD: &str = ".upload";

/// Chunks between two flushes of a stream, as in the store.
const FLUSH_CHUNKS: usize = 64;

/// A stream that is being received. Dropped before [`Upload::finish`], it leaves nothing.
pub struct Upload {
	store: Arc<Store>,
	id: ContentId,
	size: u64,
	path: PathBuf,
	file: fs::File,
	/// The chunk that is not complete.
	chunk: Vec<u8>,
	leaves: Vec<Hash32>,
	/// Bytes that came.
	received: u64,
	/// The right leaves, if the blob has begun in another way.
	known: Option<Arc<[Hash32]>>,
	/// Whether the bytes of the budget are still this upload's.
	reserved: bool,
}

impl Upload {
	/// Begins to receive a blob of `size` bytes, for which the budget must have room.
	pub fn begin(store: &Arc<Store>, id: ContentId, size: u64) -> Result<Self, Error> {
		store.check_size(size)?;
		store.reserve_upload(size)?;
		let path = store.dir.join(format!("{}{UPLOAD}", store.serial()));
		let file = match fs::File::create(&path) {
			Ok(file) => file,
			Err(source) => {
				store.release(size);
				return Err(Error::Io { path, source });
			}
		};
		let known = store.leaves(&id).filter(|(known, _)| *known == size).map(|(_, leaves)| leaves);
		let store = store.clone();
		Ok(Upload { store, id, size, path, file, chunk: vec![], leaves: vec![], received: 0, known, reserved: true })
	}

	/// Takes the next bytes.
	pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
		let found = self.received.saturating_add(bytes.len() as u64);
		if found > self.size {
			return Err(Error::WrongLength { expected: self.size, found });
		}
		self.received = found;
		while !bytes.is_empty() {
			let room = CHUNK_BYTES as usize - self.chunk.len();
			let (now, later) = bytes.split_at(room.min(bytes.len()));
			self.chunk.extend_from_slice(now);
			bytes = later;
			if self.chunk.len() == CHUNK_BYTES as usize {
				self.flush_chunk()?;
			}
		}
		Ok(())
	}

	/// Makes the stream a blob, if it is the one it was said to be.
	pub fn finish(mut self) -> Result<(), Error> {
		if !self.chunk.is_empty() {
			self.flush_chunk()?;
		}
		if self.received != self.size {
			return Err(Error::WrongLength { expected: self.size, found: self.received });
		}
		let found = ContentId::from_leaves(self.size, self.leaves.clone());
		if found != self.id {
			return Err(Error::WrongId { expected: self.id, found });
		}
		self.file.sync_all().map_err(Error::io(&self.path))?;
		self.store.adopt(self.id, self.size, std::mem::take(&mut self.leaves), &self.path)?;
		self.reserved = false;
		Ok(())
	}

	fn flush_chunk(&mut self) -> Result<(), Error> {
		let (index, leaf) = (self.leaves.len() as u32, blake2_256(&self.chunk));
		if self.known.as_ref().is_some_and(|known| known.get(index as usize) != Some(&leaf)) {
			let (offset, expected) = chunk_span(self.size, index);
			return Err(Error::WrongChunk { index, offset, expected, found: self.chunk.len() });
		}
		self.file.write_all(&self.chunk).map_err(Error::io(&self.path))?;
		self.leaves.push(leaf);
		self.chunk.clear();
		if self.leaves.len().is_multiple_of(FLUSH_CHUNKS) {
			self.file.sync_data().map_err(Error::io(&self.path))?;
		}
		Ok(())
	}
}

impl Drop for Upload {
	fn drop(&mut self) {
		if self.reserved {
			// If it stays, opening the store sweeps it.
			let _ = fs::remove_file(&self.path);
			self.store.release(self.size);
		}
	}
}
