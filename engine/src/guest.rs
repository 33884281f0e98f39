//! The guest's bytes, and what has to hold of them.

use crate::{kernels, EngineError};
use assay_primitives::{hash::blake2_256, EngineId, EngineProfile};
use std::{borrow::Cow, sync::Arc, sync::OnceLock};
use wasmparser::{DataKind, Operator, Parser, Payload};

/// The guest as it was compiled with this crate; empty if its compilation was skipped.
pub const GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.wasm"));

/// Canonical maximum of the guest's memory: 2 GiB in pages of 64 KiB. The largest model (256 MiB) exists up to five times
/// while it is loaded: as file, as protobuf, as tensor, as constant folded, as packed operand.
pub const MEMORY_PAGES: u32 = 32_768;

/// The canonical maximum in bytes.
pub const MEMORY_BYTES: u64 = MEMORY_PAGES as u64 * 65_536;

/// The host's part of an engine's meaning, beside the guest's bytes.
pub const PROFILE: EngineProfile =
	EngineProfile { memory_pages: MEMORY_PAGES, deterministic: true, encoding_version: 1, cost_table_version: 1 };

/// A guest, with the id of the engine that it makes under [`PROFILE`].
pub struct Guest {
	bytes: Cow<'static, [u8]>,
	id: EngineId,
}

impl Guest {
	/// The one that was compiled with this crate.
	pub fn built_in() -> Arc<Guest> {
		static BUILT_IN: OnceLock<Arc<Guest>> = OnceLock::new();
		BUILT_IN.get_or_init(|| Arc::new(Guest { bytes: Cow::Borrowed(GUEST), id: engine_id() })).clone()
	}

	/// Another one.
	pub fn new(bytes: Vec<u8>) -> Arc<Guest> {
		let id = EngineId::new(&blake2_256(&bytes), &PROFILE);
		Arc::new(Guest { bytes: Cow::Owned(bytes), id })
	}

	/// Its bytes.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// Id of the engine.
	pub fn id(&self) -> EngineId {
		self.id
	}
}

/// Id of the engine of this build, without compiling it.
pub fn engine_id() -> EngineId {
	static ID: OnceLock<EngineId> = OnceLock::new();
	*ID.get_or_init(|| EngineId::new(&guest_hash(), &PROFILE))
}

/// Hash of the guest's bytes, as it goes into the engine's id.
pub fn guest_hash() -> [u8; 32] {
	blake2_256(GUEST)
}

/// Checks that all the state a run can see is in the memory: no import but that of kernels, which work on the memory; no passive
/// segment that a run could drop; and no global that changes but the stack pointer.
pub fn check(guest: &[u8]) -> Result<(), EngineError> {
	let bad = |what: String| Err(EngineError::Guest(what));
	if guest.is_empty() {
		return bad("this build left the guest out; build again without SKIP_GUEST_BUILD".into());
	}
	let mut mutable_globals = 0;
	for payload in Parser::new(0).parse_all(guest) {
		match payload.map_err(|error| EngineError::Guest(error.to_string()))? {
			Payload::ImportSection(imports) => {
				for import in imports {
					let import = import.map_err(|error| EngineError::Guest(error.to_string()))?;
					if (import.module, import.name) != kernels::IMPORT {
						return bad(format!("it imports `{}.{}`", import.module, import.name));
					}
				}
			}
			Payload::GlobalSection(globals) => {
				for global in globals {
					let global = global.map_err(|error| EngineError::Guest(error.to_string()))?;
					mutable_globals += global.ty.mutable as u32;
				}
			}
			Payload::DataSection(segments) => {
				for segment in segments {
					let segment = segment.map_err(|error| EngineError::Guest(error.to_string()))?;
					if matches!(segment.kind, DataKind::Passive) {
						return bad("it has a passive data segment".into());
					}
				}
			}
			_ => (),
		}
	}
	if mutable_globals != 1 {
		return bad(format!("it has {mutable_globals} mutable globals; the stack pointer alone may be one"));
	}
	Ok(())
}

/// A part of a memory's initial contents.
pub struct Segment {
	/// Address of the first byte.
	pub at: u32,
	/// The bytes.
	pub bytes: Vec<u8>,
}

/// The guest without the initial contents of its memory, and those. A run that starts from an image has them there already, and a page to which
/// they are written once more has to be put back after the run.
pub fn without_data(guest: &[u8]) -> Result<(Vec<u8>, Vec<Segment>), EngineError> {
	let bad = |error: wasmparser::BinaryReaderError| EngineError::Guest(error.to_string());
	let (mut module, mut segments) = (wasm_encoder::Module::new(), vec![]);
	for payload in Parser::new(0).parse_all(guest) {
		let payload = payload.map_err(bad)?;
		if let Payload::DataSection(data) = payload {
			for segment in data {
				let segment = segment.map_err(bad)?;
				let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else {
					return Err(EngineError::Guest("it has a data segment of no memory".into()));
				};
				let Operator::I32Const { value } = offset_expr.get_operators_reader().read().map_err(bad)? else {
					return Err(EngineError::Guest("it has a data segment without an address".into()));
				};
				segments.push(Segment { at: value as u32, bytes: segment.data.to_vec() });
			}
		} else if let Some((id, range)) = payload.as_section() {
			let data = guest.get(range).ok_or_else(|| EngineError::Guest("it has a section beyond its end".into()))?;
			module.section(&wasm_encoder::RawSection { id, data });
		}
	}
	Ok((module.finish(), segments))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_guest_without_its_data_is_the_rest_of_it() {
		let sections = |module: &[u8]| -> Vec<(u8, Vec<u8>)> {
			let payloads = Parser::new(0).parse_all(module).map(Result::unwrap);
			payloads.filter_map(|payload| payload.as_section()).map(|(id, at)| (id, module[at].to_vec())).collect()
		};
		let (code, segments) = without_data(GUEST).unwrap();
		let data = wasm_encoder::SectionId::Data as u8;
		let (of_data, rest): (Vec<_>, Vec<_>) = sections(GUEST).into_iter().partition(|(id, _)| *id == data);
		assert_eq!(sections(&code), rest);
		let mut again = wasm_encoder::DataSection::new();
		for Segment { at, bytes } in segments {
			again.active(0, &wasm_encoder::ConstExpr::i32_const(at as i32), bytes);
		}
		let mut module = wasm_encoder::Module::new();
		module.section(&again);
		assert_eq!(sections(&module.finish()), of_data);
	}
}
