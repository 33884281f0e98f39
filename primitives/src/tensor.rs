//! Tensors at the boundary: one canonical encoding.
//!
//! A [`TensorBundle`] is an ordered list of (name, data type, shape, little-endian bytes) in SCALE. The decoder takes exactly
//! what the encoder gives: one length for each value, `bool` as 0 or 1, one NaN for each type, no byte too many.
//!
//! An element of text is its length in bytes, as a number of four bytes, and its UTF-8.

use alloc::{
	string::{String, ToString},
	vec::Vec,
};
use codec::{Decode, DecodeAll, Encode};

/// Most tensors of a bundle.
pub const MAX_TENSORS: usize = 256;
/// Most dimensions of a tensor.
pub const MAX_RANK: usize = 16;
/// Most bytes of a tensor's name.
pub const MAX_NAME_BYTES: usize = 256;
/// Most bytes of an element of text.
pub const MAX_TEXT_BYTES: usize = 1_024;

/// Element type of a tensor. The numbers are those of ONNX's `TensorProto.DataType`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Encode, Decode)]
#[allow(missing_docs)]
pub enum DataType {
	#[codec(index = 1)]
	F32,
	#[codec(index = 2)]
	U8,
	#[codec(index = 3)]
	I8,
	#[codec(index = 4)]
	U16,
	#[codec(index = 5)]
	I16,
	#[codec(index = 6)]
	I32,
	#[codec(index = 7)]
	I64,
	#[codec(index = 8)]
	String,
	#[codec(index = 9)]
	Bool,
	#[codec(index = 10)]
	F16,
	#[codec(index = 11)]
	F64,
	#[codec(index = 12)]
	U32,
	#[codec(index = 13)]
	U64,
	#[codec(index = 16)]
	BF16,
}

impl DataType {
	/// Bytes of one element; none for text, whose elements have lengths of their own.
	pub const fn size(self) -> Option<usize> {
		Some(match self {
			DataType::U8 | DataType::I8 | DataType::Bool => 1,
			DataType::U16 | DataType::I16 | DataType::F16 | DataType::BF16 => 2,
			DataType::F32 | DataType::I32 | DataType::U32 => 4,
			DataType::F64 | DataType::I64 | DataType::U64 => 8,
			DataType::String => return None,
		})
	}

	/// Name as in NumPy, where it has one.
	pub const fn name(self) -> &'static str {
		match self {
			DataType::F32 => "float32",
			DataType::U8 => "uint8",
			DataType::I8 => "int8",
			DataType::U16 => "uint16",
			DataType::I16 => "int16",
			DataType::I32 => "int32",
			DataType::I64 => "int64",
			DataType::String => "string",
			DataType::Bool => "bool",
			DataType::F16 => "float16",
			DataType::F64 => "float64",
			DataType::U32 => "uint32",
			DataType::U64 => "uint64",
			DataType::BF16 => "bfloat16",
		}
	}
}

/// One named tensor.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Tensor {
	/// Name of the model's input or output.
	pub name: String,
	/// Element type.
	pub data_type: DataType,
	/// Dimensions, outermost first; empty for a scalar.
	pub shape: Vec<u64>,
	/// Elements in row-major order, little-endian.
	pub data: Vec<u8>,
}

/// The inputs or the outputs of a run, in the model's order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct TensorBundle(pub Vec<Tensor>);

/// Why bytes are not a canonical bundle. The text names the tensor.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "std", derive(thiserror::Error))]
#[allow(missing_docs)]
pub enum TensorError {
	#[cfg_attr(feature = "std", error("not a SCALE-encoded tensor bundle, or bytes follow it"))]
	Encoding,
	#[cfg_attr(feature = "std", error("{0} tensors; a bundle holds at most {MAX_TENSORS}"))]
	TooManyTensors(usize),
	#[cfg_attr(feature = "std", error("the name of tensor {0} is empty or longer than {MAX_NAME_BYTES} bytes"))]
	Name(usize),
	#[cfg_attr(feature = "std", error("two tensors are named `{0}`"))]
	DuplicateName(String),
	#[cfg_attr(feature = "std", error("`{0}` has {1} dimensions; at most {MAX_RANK} are supported"))]
	Rank(String, usize),
	#[cfg_attr(feature = "std", error("`{name}` has {found} bytes, and its shape and type ask for {}", expected.map_or("too many".into(), |bytes| bytes.to_string())))]
	Length { name: String, found: usize, expected: Option<u64> },
	#[cfg_attr(feature = "std", error("`{0}` holds a bool that is neither 0 nor 1"))]
	Bool(String),
	#[cfg_attr(feature = "std", error("`{0}` holds a NaN that is not the canonical one of its type"))]
	NaN(String),
	#[cfg_attr(
		feature = "std",
		error("`{0}` holds text that is not a length of four bytes and so many bytes of UTF-8 for each element")
	)]
	Text(String),
	#[cfg_attr(feature = "std", error("`{0}` holds a text of more than {MAX_TEXT_BYTES} bytes"))]
	LongText(String),
}

impl TensorBundle {
	/// Decodes a bundle and refuses what the encoder would not give.
	pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, TensorError> {
		let bundle = TensorBundle::decode_all(&mut bytes).map_err(|_| TensorError::Encoding)?;
		bundle.check()?;
		Ok(bundle)
	}

	/// Encodes a bundle that is canonical.
	pub fn to_bytes(&self) -> Result<Vec<u8>, TensorError> {
		self.check()?;
		Ok(self.encode())
	}

	/// Says whether the encoding of this bundle would be canonical.
	pub fn check(&self) -> Result<(), TensorError> {
		if self.0.len() > MAX_TENSORS {
			return Err(TensorError::TooManyTensors(self.0.len()));
		}
		let mut names = alloc::collections::BTreeSet::new();
		for (index, tensor) in self.0.iter().enumerate() {
			if tensor.name.is_empty() || tensor.name.len() > MAX_NAME_BYTES {
				return Err(TensorError::Name(index));
			}
			if !names.insert(tensor.name.as_str()) {
				return Err(TensorError::DuplicateName(tensor.name.to_string()));
			}
			tensor.check()?;
		}
		Ok(())
	}
}

impl Tensor {
	fn check(&self) -> Result<(), TensorError> {
		if self.shape.len() > MAX_RANK {
			return Err(TensorError::Rank(self.name.clone(), self.shape.len()));
		}
		let Some(size) = self.data_type.size() else { return self.check_texts() };
		let expected = self.shape.iter().try_fold(size as u64, |product, dim| product.checked_mul(*dim));
		if expected != Some(self.data.len() as u64) {
			return Err(TensorError::Length { name: self.name.clone(), found: self.data.len(), expected });
		}
		if self.data_type == DataType::Bool && self.data.iter().any(|byte| *byte > 1) {
			return Err(TensorError::Bool(self.name.clone()));
		}
		if has_foreign_nan(self.data_type, &self.data) {
			return Err(TensorError::NaN(self.name.clone()));
		}
		Ok(())
	}

	fn check_texts(&self) -> Result<(), TensorError> {
		let wrong = || TensorError::Text(self.name.clone());
		let mut count = 0u64;
		for text in texts(&self.data) {
			let text = text.ok_or_else(wrong)?;
			if text.len() > MAX_TEXT_BYTES {
				return Err(TensorError::LongText(self.name.clone()));
			}
			count = count.saturating_add(1);
		}
		let expected = self.shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
		if expected != Some(count) {
			return Err(wrong());
		}
		Ok(())
	}

	/// Rewrites every NaN to the canonical one of the type, and every non-zero bool to 1.
	pub fn canonicalize(&mut self) {
		canonicalize(self.data_type, &mut self.data)
	}
}

/// The elements of text in a tensor's bytes. None, and then nothing more, where they are not what [`push_text`] writes.
pub fn texts(mut data: &[u8]) -> impl Iterator<Item = Option<&str>> {
	core::iter::from_fn(move || {
		if data.is_empty() {
			return None;
		}
		let text = data.split_first_chunk::<4>().and_then(|(length, rest)| {
			let length = u32::from_le_bytes(*length) as usize;
			let text = core::str::from_utf8(rest.get(..length)?).ok()?;
			data = rest.get(length..)?;
			Some(text)
		});
		if text.is_none() {
			data = &[];
		}
		Some(text)
	})
}

/// Appends an element of text to a tensor's bytes.
pub fn push_text(text: &str, data: &mut Vec<u8>) {
	data.extend((text.len() as u32).to_le_bytes());
	data.extend(text.as_bytes());
}

/// Elements that are tested for NaNs at a time, so that the test runs in vectors.
const TOGETHER: usize = 256;

/// The NaNs of a type whose elements are words of `$bytes` bytes: `$magnitude` is everything but the sign.
macro_rules! nans {
	($type:ident, $word:ty, $bytes:literal, $magnitude:literal, $infinity:literal, $nan:literal) => {
		mod $type {
			use super::TOGETHER;

			const fn is_nan(word: $word) -> bool {
				word & $magnitude > $infinity
			}

			/// True if there is a NaN that is not the canonical one.
			pub fn has_foreign(data: &[u8]) -> bool {
				let (words, _) = data.as_chunks::<$bytes>();
				words.chunks(TOGETHER).any(|some| {
					some.iter().fold(false, |found, word| {
						let word = <$word>::from_le_bytes(*word);
						found | (is_nan(word) & (word != $nan))
					})
				})
			}

			/// Makes each NaN the canonical one.
			pub fn canonicalize(data: &mut [u8]) {
				let (words, _) = data.as_chunks_mut::<$bytes>();
				for bytes in words {
					let word = <$word>::from_le_bytes(*bytes);
					*bytes = if is_nan(word) { $nan } else { word }.to_le_bytes();
				}
			}
		}
	};
}

nans!(f16, u16, 2, 0x7fff, 0x7c00, 0x7e00);
nans!(bf16, u16, 2, 0x7fff, 0x7f80, 0x7fc0);
nans!(f32, u32, 4, 0x7fff_ffff, 0x7f80_0000, 0x7fc0_0000);
nans!(f64, u64, 8, 0x7fff_ffff_ffff_ffff, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0000);

fn has_foreign_nan(data_type: DataType, data: &[u8]) -> bool {
	match data_type {
		DataType::F16 => f16::has_foreign(data),
		DataType::BF16 => bf16::has_foreign(data),
		DataType::F32 => f32::has_foreign(data),
		DataType::F64 => f64::has_foreign(data),
		_ => false,
	}
}

/// Rewrites every NaN of `data` to the canonical one of the type, and every non-zero bool to 1.
pub fn canonicalize(data_type: DataType, data: &mut [u8]) {
	match data_type {
		DataType::Bool => data.iter_mut().for_each(|byte| *byte = (*byte != 0) as u8),
		DataType::F16 => f16::canonicalize(data),
		DataType::BF16 => bf16::canonicalize(data),
		DataType::F32 => f32::canonicalize(data),
		DataType::F64 => f64::canonicalize(data),
		_ => (),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;

	fn tensor(data_type: DataType, shape: Vec<u64>, data: Vec<u8>) -> Tensor {
		Tensor { name: "x".into(), data_type, shape, data }
	}

	fn bundle(tensor: Tensor) -> TensorBundle {
		TensorBundle(vec![tensor])
	}

	#[test]
	fn a_bundle_round_trips() {
		let b = bundle(tensor(DataType::F32, vec![2], [1.0f32.to_le_bytes(), f32::NAN.to_le_bytes()].concat()));
		assert_eq!(TensorBundle::from_bytes(&b.to_bytes().unwrap()), Ok(b));
	}

	#[test]
	fn trailing_bytes_are_refused() {
		let mut bytes = bundle(tensor(DataType::U8, vec![1], vec![9])).to_bytes().unwrap();
		bytes.push(0);
		assert_eq!(TensorBundle::from_bytes(&bytes), Err(TensorError::Encoding));
	}

	#[test]
	fn a_length_that_is_not_the_shapes_is_refused() {
		for shape in [vec![2], vec![u64::MAX, u64::MAX], vec![0]] {
			let bytes = bundle(tensor(DataType::U8, shape, vec![9])).encode();
			assert!(matches!(TensorBundle::from_bytes(&bytes), Err(TensorError::Length { .. })));
		}
	}

	#[test]
	fn a_bool_is_zero_or_one() {
		let mut t = tensor(DataType::Bool, vec![2], vec![1, 2]);
		assert_eq!(TensorBundle::from_bytes(&bundle(t.clone()).encode()), Err(TensorError::Bool("x".into())));
		t.canonicalize();
		assert_eq!(t.data, [1, 1]);
	}

	#[test]
	fn every_float_type_has_one_nan() {
		for (data_type, foreign, canonical) in [
			(DataType::F16, vec![0x01, 0xfc], vec![0x00, 0x7e]),
			(DataType::BF16, vec![0x81, 0xff], vec![0xc0, 0x7f]),
			(DataType::F32, 0xffc0_0000u32.to_le_bytes().to_vec(), 0x7fc0_0000u32.to_le_bytes().to_vec()),
			(DataType::F64, u64::MAX.to_le_bytes().to_vec(), 0x7ff8_0000_0000_0000u64.to_le_bytes().to_vec()),
		] {
			let mut t = tensor(data_type, vec![], foreign);
			assert_eq!(TensorBundle::from_bytes(&bundle(t.clone()).encode()), Err(TensorError::NaN("x".into())));
			t.canonicalize();
			assert_eq!(t.data, canonical);
			assert!(TensorBundle::from_bytes(&bundle(t).encode()).is_ok());
		}
	}

	#[test]
	fn infinities_are_not_nans() {
		let t = tensor(DataType::F32, vec![2], [f32::INFINITY.to_le_bytes(), f32::NEG_INFINITY.to_le_bytes()].concat());
		assert!(bundle(t).to_bytes().is_ok());
	}

	#[test]
	fn an_element_of_text_is_its_length_and_utf8() {
		let text = |shape: &[u64], data: &[u8]| bundle(tensor(DataType::String, shape.to_vec(), data.to_vec()));
		let mut data = vec![];
		["", "caf\u{e9}"].into_iter().for_each(|text| push_text(text, &mut data));
		assert_eq!(data, [&[0, 0, 0, 0, 5, 0, 0, 0][..], "caf\u{e9}".as_bytes()].concat());
		assert!(text(&[1, 2], &data).to_bytes().is_ok());
		assert!(text(&[0, 7], &[]).to_bytes().is_ok());
		let malformed: [(&[u64], &[u8]); 6] = [
			(&[], &data),
			(&[3], &data),
			(&[u64::MAX, 2], &data),
			(&[1], &[1, 0, 0, 0, 0xff]),
			(&[1], &[2, 0, 0, 0, b'a']),
			(&[1], &[0, 0, 0]),
		];
		for (shape, data) in malformed {
			let bytes = text(shape, data).encode();
			assert_eq!(TensorBundle::from_bytes(&bytes), Err(TensorError::Text("x".into())), "{shape:?} {data:?}");
		}
		let mut long = vec![];
		push_text(&"a".repeat(MAX_TEXT_BYTES + 1), &mut long);
		assert_eq!(text(&[1], &long).to_bytes(), Err(TensorError::LongText("x".into())));
	}

	#[test]
	fn names_are_unique_and_not_empty() {
		let t = tensor(DataType::U8, vec![1], vec![9]);
		assert_eq!(TensorBundle(vec![t.clone(), t.clone()]).to_bytes(), Err(TensorError::DuplicateName("x".into())));
		assert_eq!(bundle(Tensor { name: String::new(), ..t }).to_bytes(), Err(TensorError::Name(0)));
	}

	#[test]
	fn a_nan_is_found_wherever_it_is() {
		let foreign = 0xffc0_0001u32.to_le_bytes();
		let plain: Vec<u8> = (0..600u32).flat_map(|index| (index as f32 - 300.0).to_le_bytes()).collect();
		assert!(bundle(tensor(DataType::F32, vec![600], plain.clone())).check().is_ok());
		for index in [0, 1, 255, 256, 300, 511, 512, 599] {
			let mut t = tensor(DataType::F32, vec![600], plain.clone());
			t.data[index * 4..][..4].copy_from_slice(&foreign);
			assert_eq!(bundle(t.clone()).check(), Err(TensorError::NaN("x".into())), "element {index}");
			t.canonicalize();
			let mut expected = plain.clone();
			expected[index * 4..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
			assert_eq!(t.data, expected, "element {index}");
		}
	}
}
