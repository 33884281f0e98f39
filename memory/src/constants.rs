//! Bounds of everything that is kept or asked.

/// Longest text of a memory, in bytes.
pub const TEXT_BYTES: usize = 16 * 1024;
/// Longest metadata of a memory, in bytes of JSON.
pub const METADATA_BYTES: usize = 4 * 1024;
/// Longest user, agent, run, app, source or category, in bytes.
pub const LABEL_BYTES: usize = 256;
/// Most categories of a memory.
pub const CATEGORIES: usize = 16;
/// Most memories that one is derived from.
pub const DERIVED_FROM: usize = 64;
/// Most dimensions of a vector: 1,040 * 127 * 127 is below 2^24, so that hardware for float32 gives the same sum.
pub const DIMENSIONS: usize = 1_040;
/// Most records of a page.
pub const PAGE_RECORDS: usize = 1_024;
/// Most bytes of a page, before it is compressed. One record is always below it.
pub const PAGE_BYTES: usize = 1024 * 1024;
/// Most records that a space ever had: a head that says more would have its readers fill their memory with leaves.
pub const RECORDS: u64 = 8_000_000;
/// Plaintexts are padded to a multiple of so many bytes before they are sealed.
pub const PADDING: usize = 16 * 1024;
/// More small pages than this are merged at the next commit. A page is small below half of [`PAGE_RECORDS`] and of [`PAGE_BYTES`].
pub const SMALL_PAGES: usize = 16;
/// So many writes are committed together at the latest.
pub const BATCH_WRITES: u64 = 64;
/// So many seconds after it was answered a write is committed at the latest, while a daemon runs.
pub const BATCH_SECONDS: u64 = 30;
/// After so many seconds a daemon tries again to put on the chain what it could not.
pub const RETRY_SECONDS: u64 = 5;
/// So many seconds a write with `wait=final` waits at most.
pub const FINAL_SECONDS: u64 = 120;
/// Readers beside the owner, at most.
pub const READERS: usize = 256;
/// Longest text of a query, in bytes.
pub const QUERY_BYTES: usize = 16 * 1024;
/// Most results of a recall.
pub const RESULTS: u32 = 1_000;
/// Most nodes of a filter.
pub const FILTER_NODES: usize = 1_024;
/// Deepest nesting of a filter.
pub const FILTER_DEPTH: u32 = 16;
