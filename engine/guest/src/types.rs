//! Element types: ours and tract's.

use assay_primitives::DataType;
use tract_onnx::prelude::*;

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
		DataType::BF16 => return None,
	})
}
