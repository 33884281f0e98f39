//! Numbers of the protocol, each with its reason.

/// Bytes of a chunk. The largest power of two that Bitswap peers accept in one block with room for the envelope.
pub const CHUNK_BYTES: u64 = 256 * 1024;

/// Bytes of an input that travels in the request. 64 KiB holds what classifiers of text and tables take, and a block (5 MiB)
/// holds dozens.
pub const MAX_INLINE_INPUT: u32 = 64 * 1024;

/// Bytes of an input that travels as a blob: a photograph in `f32` at 1024 x 1024 x 3 fits.
pub const MAX_BLOB_INPUT: u64 = 16 * 1024 * 1024;

/// Bytes of an output that travels with a reveal: `k` of them travel for each request.
pub const MAX_INLINE_OUTPUT: u32 = 16 * 1024;

/// Bytes of an output blob. Equal to what an input may have, so that models can be chained.
pub const MAX_BLOB_OUTPUT: u64 = MAX_BLOB_INPUT;

/// Bytes of a model: what a validator can fetch within the activation window over 10 Mbit/s.
pub const MAX_MODEL_BYTES: u64 = 256 * 1024 * 1024;

/// Bytes of a model card: a long README with small pictures.
pub const MAX_CARD_BYTES: u64 = 1024 * 1024;

/// Compute units that every validator does in a block's time: a unit stands for half a nanosecond. Real models take 0.1 to 0.7 ns a
/// unit on the machine that the cost table was measured on.
pub const UNITS_PER_BLOCK: u64 = 4_000_000_000;

/// A run of at most so many units is short. Every node has a worker for such runs alone, and the protocol gives them no time beyond its
/// shortest windows ([`window_growth`]).
pub const SHORT_UNITS: u64 = UNITS_PER_BLOCK / 4;

/// Bytes of blobs that a validator fetches in a block's time: 10 Mbit/s for 2 s.
pub const BYTES_PER_BLOCK: u64 = 2_500_000;

/// Most units that a request may buy: 64 blocks of work, so that a window never exceeds a few minutes.
pub const MAX_UNIT_LIMIT: u64 = UNITS_PER_BLOCK * 64;

/// `T` of the protocol: blocks by which every window of a job grows. 0 for what fits into the windows as they are, which is
/// [`SHORT_UNITS`].
pub const fn window_growth(unit_limit: u64, blob_bytes: u64) -> u32 {
	let compute = if unit_limit <= SHORT_UNITS { 0 } else { unit_limit.div_ceil(UNITS_PER_BLOCK) };
	let fetch = if blob_bytes == 0 { 0 } else { blob_bytes.div_ceil(BYTES_PER_BLOCK) };
	let total = compute.saturating_add(fetch);
	// Both terms are bounded by the limits above; the cap keeps the cast exact for any argument.
	if total > 10_000 {
		10_000
	} else {
		total as u32
	}
}

/// Inherent in which the author of a block says which block is final in its view.
pub const FINALITY_INHERENT: [u8; 8] = *b"assayfin";
/// Blocks that one has to have been final for in the view of an author that says so: in each of them an honest author could have taken what
/// was said since.
pub const FINAL_FOR: u32 = 4;
/// Blocks of the window `Assured` at least, so that few validators have time to dispute, too.
pub const ASSURED_WINDOW: u32 = 16;
