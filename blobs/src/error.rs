//! Errors of blobs, each with the next step.

use assay_primitives::ContentId;
use std::path::{Path, PathBuf};

/// Error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The store has never heard of the blob.
	#[error("blob {} is not in the store: begin it with its size and the hashes of its chunks", hex(.0))]
	Unknown(ContentId),
	/// Larger than any blob may be.
	#[error("{size} bytes are more than the {limit} that a blob may have: split the data or use a smaller model")]
	TooLarge {
		/// Bytes of the blob.
		size: u64,
		/// Most bytes of a blob.
		limit: u64,
	},
	/// The leaf list has another length than the size asks for.
	#[error("a blob of {size} bytes has {expected} chunks of 256 KiB, but {found} hashes were given: send one for each chunk")]
	LeafCount {
		/// Bytes of the blob.
		size: u64,
		/// Chunks that this makes.
		expected: u64,
		/// Hashes given.
		found: usize,
	},
	/// Leaves and size are those of another blob.
	#[error("size and chunk hashes give the id {}, not {}: hash the file again, in chunks of 256 KiB", hex(.found), hex(.expected))]
	WrongId {
		/// The id asked for.
		expected: ContentId,
		/// The id that leaves and size give.
		found: ContentId,
	},
	/// Past the last chunk.
	#[error("there is no chunk {index}: the blob has {chunks} chunks, counted from 0")]
	NoSuchChunk {
		/// The index asked for.
		index: u32,
		/// Chunks of the blob.
		chunks: u32,
	},
	/// The bytes are not the chunk's.
	#[error("these {found} bytes are not chunk {index}: send the {expected} bytes from offset {offset} of the file")]
	WrongChunk {
		/// The index asked for.
		index: u32,
		/// Offset of the chunk in the blob, in bytes.
		offset: u64,
		/// Bytes of the chunk.
		expected: u64,
		/// Bytes given.
		found: usize,
	},
	/// A chunk that is needed has not arrived yet.
	#[error("blob {} is not complete: chunk {index} is missing, it has not arrived yet", hex(.id))]
	Incomplete {
		/// The blob.
		id: ContentId,
		/// The first chunk that is missing.
		index: u32,
	},
	/// The disk gave other bytes than were written. The chunk counts as missing from now on.
	#[error("chunk {index} of blob {} was damaged on disk and has been dropped: upload it again", hex(.id))]
	Damaged {
		/// The blob.
		id: ContentId,
		/// The chunk.
		index: u32,
	},
	/// Past the end of the blob.
	#[error("bytes {offset} to {end} are past the end of the blob, which has {size} bytes: ask for less")]
	OutOfRange {
		/// First byte asked for.
		offset: u64,
		/// One past the last byte asked for.
		end: u64,
		/// Bytes of the blob.
		size: u64,
	},
	/// The bytes of the blob do not fit beside those that the chain needs.
	#[error("{size} bytes do not fit: {used} of the {budget} bytes that this node keeps blobs in hold what the chain needs; raise its limit")]
	Full {
		/// Bytes of the blob.
		size: u64,
		/// Bytes taken.
		used: u64,
		/// Most bytes.
		budget: u64,
	},
	/// The bytes of the blob do not fit on the disk.
	#[error("{size} bytes do not fit: {free} are free on the disk of this node, of which {reserve} stay free; make room, or ask another node")]
	NoRoom {
		/// Bytes of the blob.
		size: u64,
		/// Bytes that are free.
		free: u64,
		/// Bytes that have to stay free.
		reserve: u64,
	},
	/// The stream ended early or went on for too long.
	#[error("{found} bytes came and the blob has {expected}: send the whole file")]
	WrongLength {
		/// Bytes of the blob.
		expected: u64,
		/// Bytes that came.
		found: u64,
	},
	/// The file system refused.
	#[error("{}: {source}: check free space and permissions", path.display())]
	Io {
		/// The file or directory.
		path: PathBuf,
		/// The error of the system.
		source: std::io::Error,
	},
}

impl Error {
	pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
		move |source| Error::Io { path: path.to_path_buf(), source }
	}
}

pub(crate) fn hex(id: &ContentId) -> String {
	hex::encode(id.0)
}
