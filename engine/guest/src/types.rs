//! Element types and tensors: ours and tract's.

use assay_primitives::{
	tensor::{push_text, texts},
	DataType,
};
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Tract's tensor of a bundle's, whose bytes fit its type and shape.
pub fn load(tensor: &assay_primitives::Tensor) -> TractResult<Tensor> {
	let data_type = to_tract(tensor.data_type).context("a type that tract has not")?;
	let shape: TVec<usize> = tensor.shape.iter().map(|dim| *dim as usize).collect();
	if data_type == DatumType::String {
		let texts: Option<Vec<String>> = texts(&tensor.data).map(|text| text.map(String::from)).collect();
		return tensor1(&texts.context("text that is none")?).into_shape(&shape);
	}
	let mut value = Tensor::zero_dt(data_type, &shape)?;
	value.as_bytes_mut().copy_from_slice(&tensor.data);
	Ok(value)
}

/// A tensor's bytes, as a bundle has them.
pub fn bytes(tensor: &Tensor) -> TractResult<std::borrow::Cow<'_, [u8]>> {
	if tensor.datum_type() != DatumType::String {
		ensure!(tensor.is_plain_ram(), "a tensor without plain bytes");
		return Ok(tensor.as_bytes().into());
	}
	let mut data = vec![];
	tensor.try_as_plain_ram()?.as_slice::<String>()?.iter().for_each(|text| push_text(text, &mut data));
	Ok(data.into())
}

/// Ours for a type of tract's. Symbolic dimensions leave the guest as `int64`, quantised types as their storage.
pub fn from_tract(data_type: DatumType) -> Option<DataType> {
	Some(match data_type.unquantized() {
		DatumType::Bool => DataType::Bool,
		DatumType::U8 => DataType::U8,
		DatumType::U16 => DataType::U16,
		DatumType::U32 => DataType::U32,
		DatumType::U64 => DataType::U64,
		DatumType::I8 => DataType::I8,
		DatumType::I16 => DataType::I16,
		DatumType::I32 => DataType::I32,
		DatumType::I64 | DatumType::TDim => DataType::I64,
		DatumType::F16 => DataType::F16,
		DatumType::F32 => DataType::F32,
		DatumType::F64 => DataType::F64,
		DatumType::String => DataType::String,
		_ => return None,
	})
}

/// Tract's for one of ours; it has no `bfloat16`.
pub fn to_tract(data_type: DataType) -> Option<DatumType> {
	Some(match data_type {
		DataType::Bool => DatumType::Bool,
		DataType::U8 => DatumType::U8,
		DataType::U16 => DatumType::U16,
		DataType::U32 => DatumType::U32,
		DataType::U64 => DatumType::U64,
		DataType::I8 => DatumType::I8,
		DataType::I16 => DatumType::I16,
		DataType::I32 => DatumType::I32,
		DataType::I64 => DatumType::I64,
		DataType::F16 => DatumType::F16,
		DataType::F32 => DatumType::F32,
		DataType::F64 => DatumType::F64,
		DataType::String => DatumType::String,
		DataType::BF16 => return None,
	})
}
