//! Codes of errors. Those of the methods that every Substrate node has end at 9000.
//!
//! A program decides by the code what to do; the text is for people, and may change.

/// A runtime API failed.
pub const RUNTIME: i32 = 20_000;
/// The chain does not wait for the blob, or the node has not seen yet that it does.
pub const NOT_EXPECTED: i32 = 20_001;
/// Too many uploads have begun and not ended.
pub const TOO_MANY_UPLOADS: i32 = 20_002;
/// The store refused the bytes, or does not have them.
pub const BLOB: i32 = 20_003;
/// The file system of the node failed.
pub const STORAGE: i32 = 20_004;
/// The node has no engine that runs the model.
pub const ENGINE: i32 = 20_010;
/// The engine cannot run the model.
pub const MODEL: i32 = 20_011;
/// The engine starts, or inspects another model: the same call is answered some time later.
pub const ENGINE_BUSY: i32 = 20_012;
/// The request is not final.
pub const NOT_FINAL: i32 = 20_020;
/// It is, and no later block is finalized with votes that the node has.
pub const NOT_YET_PROVEN: i32 = 20_021;
/// No receipt starts from this checkpoint.
pub const CHECKPOINT: i32 = 20_022;
/// The node does not have all that the receipt is made of.
pub const NO_RECEIPT: i32 = 20_023;
/// The node keeps no history of requests.
pub const NO_HISTORY: i32 = 20_030;
/// A list cannot be made of what was asked.
pub const FILTER: i32 = 20_031;
