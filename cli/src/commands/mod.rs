//! The commands that need the network, and what they share.

pub mod agent;
pub mod council;
pub mod delegation;
pub mod embeddings;
pub mod infer;
pub mod keys;
pub mod mcp;
pub mod memory;
pub mod models;
pub mod money;
pub mod publish;
pub mod receipts;
pub mod requests;
pub mod screen;
pub mod serve;
pub mod session;
pub mod text;
pub mod validator;
