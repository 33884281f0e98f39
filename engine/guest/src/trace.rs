//! One pass over every tensor that an operator produced: each NaN becomes the canonical one, and the bytes are folded into the
//! trace digests.
//!
//! A kernel digests each tensor, and keyed BLAKE3 runs over what a tensor is and its digest. All keys come from the trace key.

use crate::{abi::MAX_TRACE_KEYS, call, cell::Global, types};
use assay_kernels::{
	sweep::{scratch, Kind, BLOCK, KEYS, OUTPUT},
	Kernel as Number,
};
use tract_onnx::prelude::*;

struct Digest {
	hasher: blake3::Hasher,
	/// Keys of the kernel: NH's and BLAKE3's.
	keys: [u8; KEYS],
}

impl Digest {
	fn new(key: &[u8; 32]) -> Self {
		let mut keys = [0; KEYS];
		blake3::Hasher::new_keyed(key).update(b"nh").finalize_xof().fill(&mut keys[..BLOCK]);
		keys[BLOCK..].copy_from_slice(key);
		Digest { hasher: blake3::Hasher::new_keyed(key), keys }
	}
}

/// Keys where nothing asks for a digest.
const NO_KEYS: [u8; KEYS] = [0; KEYS];

// Room for every key from the start: the number of keys must not move what a run allocates.
static DIGESTS: Global<[Option<Digest>; MAX_TRACE_KEYS]> = Global::new([const { None }; MAX_TRACE_KEYS]);

/// Starts the digests of a run. Keys beyond [`MAX_TRACE_KEYS`] are the host's error.
pub fn start(keys: &[[u8; 32]]) {
	assert!(keys.len() <= MAX_TRACE_KEYS, "too many trace keys");
	DIGESTS.with(|digests| {
		for (index, digest) in digests.iter_mut().enumerate() {
			*digest = keys.get(index).map(Digest::new);
		}
	});
}

/// The digests of what ran until now.
pub fn digests() -> impl Iterator<Item = [u8; 32]> {
	DIGESTS
		.with(|digests| {
			let finish = |digest: &Option<Digest>| digest.as_ref().map(|digest| *digest.hasher.finalize().as_bytes());
			[finish(&digests[0]), finish(&digests[1]), finish(&digests[2]), finish(&digests[3])]
		})
		.into_iter()
		.flatten()
}

fn kind(data_type: DatumType) -> Kind {
	match data_type {
		DatumType::F16 => Kind::F16,
		DatumType::F32 => Kind::F32,
		DatumType::F64 => Kind::F64,
		_ => Kind::Plain,
	}
}

/// Sweeps what node `id` produced.
pub fn sweep(id: u32, outputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
	outputs.into_iter().enumerate().map(|(slot, value)| sweep_one(id, slot as u32, value)).collect()
}

fn sweep_one(id: u32, slot: u32, value: TValue) -> TractResult<TValue> {
	// Symbolic dimensions and packed operands have no plain bytes; they follow from tensors that do.
	let text = value.datum_type() == DatumType::String;
	if !text && !value.datum_type().is_copy() || !value.is_plain_ram() {
		return Ok(value);
	}
	let bytes = types::bytes(&value)?;
	let kind = kind(value.datum_type());
	let mut dirty = false;
	DIGESTS.with(|digests| {
		for digest in digests.iter_mut().flatten() {
			digest.hasher.update(&id.to_le_bytes());
			digest.hasher.update(&slot.to_le_bytes());
			digest.hasher.update(&[tag(value.datum_type()), value.rank() as u8]);
			for dim in value.shape() {
				digest.hasher.update(&(*dim as u64).to_le_bytes());
			}
			if text {
				digest.hasher.update(&(bytes.len() as u64).to_le_bytes());
			}
			let (found, foreign) = sweep_bytes(&bytes, kind, &digest.keys)?;
			digest.hasher.update(&found);
			dirty |= foreign;
		}
		if digests.iter().all(Option::is_none) && kind != Kind::Plain {
			(_, dirty) = sweep_bytes(&bytes, kind, &NO_KEYS)?;
		}
		Ok::<_, TractError>(())
	})?;
	drop(bytes);
	if !dirty {
		return Ok(value);
	}
	let mut tensor = value.into_tensor();
	rewrite_nan(&mut tensor)?;
	Ok(tensor.into_tvalue())
}

/// Rewrites every NaN of a tensor to the canonical one; says whether one was foreign.
pub fn rewrite_nan(tensor: &mut Tensor) -> TractResult<bool> {
	if !tensor.datum_type().is_copy() || !tensor.is_plain_ram() {
		return Ok(false);
	}
	let kind = kind(tensor.datum_type());
	if kind == Kind::Plain || !sweep_bytes(tensor.as_bytes(), kind, &NO_KEYS)?.1 {
		return Ok(false);
	}
	let data_type = match kind {
		Kind::F16 => assay_primitives::DataType::F16,
		Kind::F64 => assay_primitives::DataType::F64,
		Kind::F32 | Kind::Plain => assay_primitives::DataType::F32,
	};
	assay_primitives::tensor::canonicalize(data_type, tensor.as_bytes_mut());
	Ok(true)
}

/// The type's number in the digest. Quantised types have the numbers of their storage and a bit.
fn tag(data_type: DatumType) -> u8 {
	let plain = match data_type.unquantized() {
		DatumType::Bool => 9,
		DatumType::U8 => 2,
		DatumType::U16 => 4,
		DatumType::U32 => 12,
		DatumType::U64 => 13,
		DatumType::I8 => 3,
		DatumType::I16 => 5,
		DatumType::I32 => 6,
		DatumType::I64 => 7,
		DatumType::String => 8,
		DatumType::F16 => 10,
		DatumType::F32 => 1,
		DatumType::F64 => 11,
		_ => 0,
	};
	plain | if data_type.is_quantized() { 0x80 } else { 0 }
}

/// The digest of bytes, with every NaN read as the canonical one, and whether a NaN was foreign.
fn sweep_bytes(bytes: &[u8], kind: Kind, keys: &[u8; KEYS]) -> TractResult<([u8; 32], bool)> {
	let mut output = [0; OUTPUT];
	let mut descriptor = call::descriptor(Number::Sweep);
	descriptor.dims[..2].copy_from_slice(&[bytes.len() as u32, kind as u32]);
	descriptor.operands[0] = call::written_bytes(&mut output);
	descriptor.operands[1] = call::bytes(bytes);
	descriptor.operands[2] = call::bytes(keys);
	call::execute(&mut descriptor, scratch(bytes.len()))?;
	let [digest @ .., a, b, c, d] = output;
	Ok((digest, [a, b, c, d] != [0; 4]))
}
