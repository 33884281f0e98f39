//! The input that the engine makes from a model's declared inputs.

use crate::abi::{Description, Signature};
use assay_primitives::{constants::MAX_BLOB_INPUT, tensor::push_text, DataType, Tensor, TensorBundle};

/// Bytes of an element of text with one letter.
const TEXT_BYTES: usize = 5;

/// A bundle for these inputs: floats in [0, 1), integers, booleans and text 0 or 1, from a fixed sequence (SplitMix64 from 0).
///
/// None if it would be larger than a request's input may be.
pub fn sample(inputs: &[Signature]) -> Option<TensorBundle> {
	let mut state = 0u64;
	let mut total = 0u64;
	let mut tensors = Vec::with_capacity(inputs.len());
	for input in inputs {
		let elements = input.shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim))?;
		let size = input.data_type.size().unwrap_or(TEXT_BYTES);
		total = total.checked_add(elements.checked_mul(size as u64)?)?;
		if total > MAX_BLOB_INPUT {
			return None;
		}
		let mut data = Vec::with_capacity(elements as usize * size);
		for _ in 0..elements {
			push(input.data_type, next(&mut state), &mut data);
		}
		tensors.push(Tensor { name: input.name.clone(), data_type: input.data_type, shape: input.shape.clone(), data });
	}
	Some(TensorBundle(tensors))
}

/// The inputs of the sample: as declared, with every free dimension at 1.
pub fn signatures(description: &Description) -> Vec<Signature> {
	let inputs = description.inputs.iter().zip(&description.sample_shapes);
	inputs
		.map(|(input, shape)| Signature { name: input.name.clone(), data_type: input.data_type, shape: shape.clone() })
		.collect()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
	*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
	let mut z = *state;
	z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	z ^ (z >> 31)
}

fn push(data_type: DataType, random: u64, data: &mut Vec<u8>) {
	let bit = (random >> 63) as u8;
	match data_type {
		// Ten, seven, 24 and 53 bits: exact in the type, so that no rounding is involved.
		DataType::F16 => data.extend(half((random >> 53) as u16 & 0x3ff).to_le_bytes()),
		DataType::BF16 => data.extend(((((random >> 57) as f32) / 128.0).to_bits() >> 16).to_le_bytes()[..2].iter()),
		DataType::F32 => data.extend(((random >> 40) as f32 / (1u64 << 24) as f32).to_le_bytes()),
		DataType::F64 => data.extend(((random >> 11) as f64 / (1u64 << 53) as f64).to_le_bytes()),
		DataType::String => push_text(if bit == 0 { "0" } else { "1" }, data),
		other => {
			data.push(bit);
			data.resize(data.len() + other.size().map_or(0, |size| size - 1), 0);
		}
	}
}

/// `numerator / 1024` in half precision; the numerator has ten bits.
fn half(numerator: u16) -> u16 {
	if numerator == 0 {
		return 0;
	}
	let top = 15 - numerator.leading_zeros() as u16;
	let exponent = 15 + top - 10;
	let mantissa = (numerator << (10 - top)) & 0x3ff;
	exponent << 10 | mantissa
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn half_is_the_numerator_over_1024() {
		// 1/1024, 512/1024, 1023/1024.
		assert_eq!([half(0), half(1), half(512), half(1023)], [0x0000, 0x1400, 0x3800, 0x3bfe]);
	}

	#[test]
	fn a_sample_is_canonical_and_the_same_each_time() {
		let all = [
			DataType::F32,
			DataType::U8,
			DataType::I8,
			DataType::U16,
			DataType::I16,
			DataType::I32,
			DataType::I64,
			DataType::Bool,
			DataType::F16,
			DataType::F64,
			DataType::U32,
			DataType::U64,
			DataType::BF16,
			DataType::String,
		];
		let inputs: Vec<Signature> = all
			.into_iter()
			.map(|data_type| Signature { name: format!("{data_type:?}"), data_type, shape: vec![3, 100] })
			.collect();
		let bundle = sample(&inputs).unwrap();
		assert!(bundle.to_bytes().is_ok());
		assert_eq!(sample(&inputs), Some(bundle));
	}

	#[test]
	fn a_sample_that_no_request_could_carry_is_none() {
		for shape in [vec![u64::MAX, 2], vec![1 << 22, 2]] {
			assert_eq!(sample(&[Signature { name: "x".into(), data_type: DataType::F32, shape }]), None);
		}
	}
}
