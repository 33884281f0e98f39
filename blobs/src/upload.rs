//! A blob that comes as a stream of bytes.

use crate::{
	disk::{FLUSH_CHUNKS, UPLOAD},
	error::Error,
	store::Store,
};
use assay_primitives::{
	constants::CHUNK_BYTES,
	hash::{blake2_256, Hash32},
	ContentId,
};
use std::{
	fs,
	io::Write,
	path::{Path, PathBuf},
	sync::Arc,
};

/// A stream that is being received.
///
/// If the hashes of its chunks are known, because the blob has begun, each chunk is checked as it comes and is served to others at
/// once, and chunks stay if the stream ends early. If not, the stream is checked at its end, and leaves nothing before.
pub struct Upload {
	store: Arc<Store>,
	id: ContentId,
	size: u64,
	/// Bytes that came.
	received: u64,
	/// Those of them that are no complete chunk yet.
	chunk: Vec<u8>,
	/// Chunks that came.
	chunks: u32,
	/// Staging file of the bytes while the hashes of the chunks are unknown.
	staged: Option<Staged>,
}

/// The chunks of a stream whose hashes are not known. Dropped, it leaves nothing.
struct Staged {
	store: Arc<Store>,
	size: u64,
	path: PathBuf,
	file: fs::File,
	leaves: Vec<Hash32>,
	/// True while the stream holds its reserved part of the budget.
	reserved: bool,
}

impl Upload {
	/// Begins to receive a blob of `size` bytes, for which the budget must have room.
	pub fn begin(store: &Arc<Store>, id: ContentId, size: u64) -> Result<Self, Error> {
		store.check_size(size)?;
		let begun = store.leaves(&id).is_some_and(|(known, _)| known == size);
		let staged = if begun { None } else { Some(Staged::new(store, size)?) };
		Ok(Upload { store: store.clone(), id, size, received: 0, chunk: vec![], chunks: 0, staged })
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
				self.keep_chunk()?;
			}
		}
		Ok(())
	}

	/// Makes the stream a blob, if it is the one it was said to be.
	pub fn finish(mut self) -> Result<(), Error> {
		if self.received != self.size {
			return Err(Error::WrongLength { expected: self.size, found: self.received });
		}
		if !self.chunk.is_empty() {
			self.keep_chunk()?;
		}
		match self.staged {
			Some(staged) => staged.finish(self.id),
			None => Ok(()),
		}
	}

	fn keep_chunk(&mut self) -> Result<(), Error> {
		match &mut self.staged {
			Some(staged) => staged.keep(&self.chunk)?,
			None => drop(self.store.put_chunk(&self.id, self.chunks, &self.chunk)?),
		}
		self.chunks += 1;
		self.chunk.clear();
		Ok(())
	}
}

impl Staged {
	fn new(store: &Arc<Store>, size: u64) -> Result<Self, Error> {
		store.reserve_upload(size)?;
		let path = store.dir.join(format!("{}{UPLOAD}", store.serial()));
		match fs::File::create(&path) {
			Ok(file) => Ok(Staged { store: store.clone(), size, path, file, leaves: vec![], reserved: true }),
			Err(source) => {
				store.release(size);
				Err(Error::Io { path, source })
			}
		}
	}

	fn keep(&mut self, chunk: &[u8]) -> Result<(), Error> {
		self.file.write_all(chunk).map_err(Error::io(&self.path))?;
		self.leaves.push(blake2_256(chunk));
		if self.leaves.len().is_multiple_of(FLUSH_CHUNKS as usize) {
			self.file.sync_data().map_err(Error::io(&self.path))?;
		}
		Ok(())
	}

	fn finish(mut self, id: ContentId) -> Result<(), Error> {
		let found = ContentId::from_leaves(self.size, self.leaves.clone());
		if found != id {
			return Err(Error::WrongId { expected: id, found });
		}
		self.file.sync_all().map_err(Error::io(&self.path))?;
		let (leaves, path): (_, &Path) = (std::mem::take(&mut self.leaves), &self.path);
		self.store.adopt(id, self.size, leaves, path)?;
		self.reserved = false;
		Ok(())
	}
}

impl Drop for Staged {
	fn drop(&mut self) {
		if self.reserved {
			// If it stays, opening the store sweeps it.
			let _ = fs::remove_file(&self.path);
			self.store.release(self.size);
		}
	}
}
