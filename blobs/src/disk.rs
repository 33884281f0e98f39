//! The files of a blob.
//!
//! A blob is a directory named by its id. In it are
//! - `leaves`: the size and the hash of each chunk, from which the id follows;
//! - `part` while chunks are missing, `data` when none is: the bytes, each chunk at its place;
//! - `unneeded`: the block at which the chain was first seen to need the blob no more, if that is so.
//!
//! `part` becomes `data` by a rename after it was flushed. Which chunks of a `part` have arrived is found by hashing it.

use crate::{
	error::{hex, Error},
	LOG_TARGET,
};
use assay_primitives::{
	constants::CHUNK_BYTES,
	hash::{blake2_256, Hash32},
	ContentId,
};
use std::{
	collections::BTreeSet,
	fs,
	io::{self, Read, Seek, SeekFrom, Write},
	path::{Path, PathBuf},
	sync::Arc,
};

/// File of a blob's length and of the hashes of its chunks.
pub const LEAVES: &str = "leaves";
/// File of the bytes of a blob that misses chunks.
pub const PART: &str = "part";
/// File of the bytes of a whole blob.
pub const DATA: &str = "data";
/// File that is there since the chain does not need the blob.
pub const UNNEEDED: &str = "unneeded";
/// Suffix of a stream that is being received. Opening the store removes such files.
pub const UPLOAD: &str = ".upload";
/// Suffix of a file that is being written. Opening the store removes such files.
pub const TEMPORARY: &str = ".tmp";
/// Suffix of a blob that is being deleted. Opening the store removes such folders.
pub const REMOVED: &str = ".removed";

/// Chunks between two flushes of bytes that arrive: 16 MiB at a time do not hold up the chain's database for long.
pub const FLUSH_CHUNKS: u32 = 64;

/// A blob as it is on disk.
pub struct Blob {
	pub size: u64,
	pub leaves: Arc<[Hash32]>,
	/// Chunks that have not arrived.
	pub missing: BTreeSet<u32>,
	/// True if the bytes are in `data`.
	pub whole: bool,
	/// The block at which the chain was first seen not to need it.
	pub unneeded: Option<u32>,
	/// Chunks written since the last flush.
	pub unflushed: u32,
}

impl Blob {
	pub fn new(size: u64, leaves: Arc<[Hash32]>) -> Self {
		let missing = (0..leaves.len() as u32).collect();
		Blob { size, leaves, missing, whole: false, unneeded: None, unflushed: 0 }
	}

	pub fn leaf(&self, index: u32) -> Result<Hash32, Error> {
		let chunks = self.leaves.len() as u32;
		self.leaves.get(index as usize).copied().ok_or(Error::NoSuchChunk { index, chunks })
	}
}

/// Offset and length in bytes of a chunk that exists.
pub fn chunk_span(size: u64, index: u32) -> (u64, u64) {
	let offset = u64::from(index) * CHUNK_BYTES;
	(offset, CHUNK_BYTES.min(size.saturating_sub(offset)))
}

/// Reads a blob's directory, and removes files with wrong bytes. `None` if the leaf list is wrong or missing.
pub fn load(dir: &Path, id: ContentId, max_blob: u64) -> Result<Option<Blob>, Error> {
	let Some((size, leaves)) = read_leaves(dir)? else { return Ok(None) };
	if size > max_blob
		|| leaves.len() as u64 != ContentId::chunks(size)
		|| ContentId::from_leaves(size, leaves.clone()) != id
	{
		return Ok(None);
	}
	for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
		let path = entry.map_err(Error::io(dir))?.path();
		let name = path.file_name().and_then(|name| name.to_str());
		if !name.is_some_and(|name| [LEAVES, PART, DATA, UNNEEDED].contains(&name)) {
			log::warn!(target: LOG_TARGET, "{} is left over from a crash and is dropped", path.display());
			fs::remove_file(&path).map_err(Error::io(&path))?;
		}
	}
	let mut blob = Blob::new(size, leaves.into());
	let unneeded = fs::read(dir.join(UNNEEDED)).ok();
	blob.unneeded = unneeded.and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
	let (data, part) = (dir.join(DATA), dir.join(PART));
	match fs::metadata(&data) {
		Ok(metadata) if metadata.len() == size => {
			blob.missing.clear();
			blob.whole = true;
			remove_if_there(&part)?;
		}
		Ok(_) => {
			log::warn!(target: LOG_TARGET, "blob {} has a wrong length on disk: what is right of it stays", hex(&id));
			fs::rename(&data, &part).map_err(Error::io(&data))?;
		}
		Err(error) if error.kind() == io::ErrorKind::NotFound => (),
		Err(error) => return Err(Error::Io { path: data, source: error }),
	}
	if !blob.whole {
		blob.missing = missing_in(&part, &blob)?;
	}
	Ok(Some(blob))
}

fn read_leaves(dir: &Path) -> Result<Option<(u64, Vec<Hash32>)>, Error> {
	let path = dir.join(LEAVES);
	match fs::read(&path) {
		Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
		bytes => Ok(decode_leaves(&bytes.map_err(Error::io(&path))?)),
	}
}

/// The chunks that a `part` does not hold.
fn missing_in(part: &Path, blob: &Blob) -> Result<BTreeSet<u32>, Error> {
	let mut missing = blob.missing.clone();
	let mut file = match fs::File::open(part) {
		Ok(file) => file,
		Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(missing),
		Err(source) => return Err(Error::Io { path: part.to_path_buf(), source }),
	};
	for (index, leaf) in (0u32..).zip(blob.leaves.iter()) {
		let mut chunk = vec![0; chunk_span(blob.size, index).1 as usize];
		match file.read_exact(&mut chunk) {
			Ok(()) => drop((blake2_256(&chunk) == *leaf).then(|| missing.remove(&index))),
			Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
			Err(source) => return Err(Error::Io { path: part.to_path_buf(), source }),
		}
	}
	Ok(missing)
}

/// The bytes of a chunk as they are on disk. `None` if there are not so many.
pub fn read_chunk(dir: &Path, size: u64, index: u32) -> Result<Option<Vec<u8>>, Error> {
	let (offset, length) = chunk_span(size, index);
	let mut bytes = vec![0; length as usize];
	// A blob that becomes whole changes the name under which its bytes are.
	for name in [DATA, PART, DATA] {
		let path = dir.join(name);
		let mut file = match fs::File::open(&path) {
			Ok(file) => file,
			Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
			Err(source) => return Err(Error::Io { path, source }),
		};
		let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes));
		return match read {
			Ok(()) => Ok(Some(bytes)),
			Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
			Err(source) => Err(Error::Io { path, source }),
		};
	}
	Ok(None)
}

/// Writes a chunk at its place in `part`, and flushes if asked to.
pub fn write_chunk(dir: &Path, index: u32, bytes: &[u8], flush: bool) -> Result<(), Error> {
	let path = dir.join(PART);
	let write = || {
		let mut file = fs::File::options().create(true).truncate(false).write(true).open(&path)?;
		file.seek(SeekFrom::Start(u64::from(index) * CHUNK_BYTES))?;
		file.write_all(bytes)?;
		if flush {
			file.sync_data()?;
		}
		Ok(())
	};
	write().map_err(Error::io(&path))
}

/// Makes a `part` that has every chunk the `data`.
pub fn finish(dir: &Path) -> Result<(), Error> {
	let (part, data) = (dir.join(PART), dir.join(DATA));
	// An empty blob has no chunk that would have made the file.
	let file = fs::File::options().create(true).truncate(false).write(true).open(&part);
	file.and_then(|file| file.sync_all()).map_err(Error::io(&part))?;
	fs::rename(&part, &data).map_err(Error::io(&data))?;
	sync_dir(dir)
}

/// Makes a `data` with a damaged chunk a `part`, so that it is not taken for whole after a restart.
pub fn unfinish(dir: &Path) {
	if let Err(error) = fs::rename(dir.join(DATA), dir.join(PART)) {
		log::debug!(target: LOG_TARGET, "{}: {error}", dir.display());
	}
}

/// Writes a small file so that after a crash it is there as a whole or not at all.
pub fn write_whole(dir: &Path, name: &str, serial: u64, bytes: &[u8]) -> Result<(), Error> {
	let temporary = dir.join(format!("{name}.{serial}{TEMPORARY}"));
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

pub fn remove_if_there(path: &Path) -> Result<(), Error> {
	match fs::remove_file(path) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Io { path: path.into(), source: error }),
		_ => Ok(()),
	}
}

/// Makes renames in a directory last.
pub fn sync_dir(dir: &Path) -> Result<(), Error> {
	fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io(dir))
}

/// Files in a blob's directory, or beside the directories, that belong to nothing.
pub fn strays(dir: &Path, known: &[&str]) -> Result<Vec<PathBuf>, Error> {
	let mut strays = vec![];
	for entry in fs::read_dir(dir).map_err(Error::io(dir))? {
		let path = entry.map_err(Error::io(dir))?.path();
		if !path.file_name().and_then(|name| name.to_str()).is_some_and(|name| known.contains(&name)) {
			strays.push(path);
		}
	}
	Ok(strays)
}

pub fn encode_leaves(size: u64, leaves: &[Hash32]) -> Vec<u8> {
	let mut bytes = size.to_le_bytes().to_vec();
	leaves.iter().for_each(|leaf| bytes.extend_from_slice(leaf));
	bytes
}

fn decode_leaves(bytes: &[u8]) -> Option<(u64, Vec<Hash32>)> {
	let (size, leaves) = bytes.split_first_chunk::<8>()?;
	let leaves = leaves.chunks(32).map(|leaf| leaf.try_into().ok()).collect::<Option<Vec<_>>>()?;
	Some((u64::from_le_bytes(*size), leaves))
}
