//! Tensors in files: `.npz` and `.npy` as NumPy writes them, JSON, and the bundle's own bytes (`.bundle`).
//!
//! JSON is an object of tensors by name: `{"x": {"dtype": "float32", "shape": [2], "data": [1.5, "NaN"]}}`, where `data` is flat,
//! in row-major order, and a float that JSON cannot say is a string. An input may be nested arrays as well, `{"x": [[1.5, "NaN"]]}` or
//! `[[1.5, "NaN"]]` for a model of one input: its type is the model's. Text is of the type `string`; in `.npy` files, NumPy's of a fixed
//! length, whose elements lose what NULs they end with.

use crate::{error::Cause, ordered, Error, Port};
use assay_primitives::{
	tensor::{push_text, texts},
	DataType, Tensor, TensorBundle,
};
use half::f16;
use npyz::{NpyFile, Order, WriteOptions, WriterBuilder};
use serde_json::{json, Map, Number, Value};
use std::{
	fs::File,
	io::{BufWriter, Cursor, Read, Seek, Write},
	path::Path,
};
use zip::{write::SimpleFileOptions, ZipArchive, ZipWriter};

/// The kinds of file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
	Npz,
	Npy,
	Json,
	Bundle,
}

impl Format {
	fn of(path: &Path) -> Result<Self, Error> {
		match path.extension().and_then(|extension| extension.to_str()) {
			Some("npz") => Ok(Format::Npz),
			Some("npy") => Ok(Format::Npy),
			Some("json") => Ok(Format::Json),
			Some("bundle") => Ok(Format::Bundle),
			_ => Err(Error::file(path, "the name has to end in .npz, .npy, .json or .bundle")),
		}
	}

	/// The format of bytes without a name.
	fn of_bytes(bytes: &[u8]) -> Self {
		match bytes {
			[b'P', b'K', ..] => Format::Npz,
			[0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Format::Npy,
			_ => match bytes.trim_ascii_start() {
				[b'{' | b'[', ..] => Format::Json,
				_ => Format::Bundle,
			},
		}
	}
}

/// Does `$body` with `$type` as the Rust type of a data type that NumPy has.
macro_rules! with_type {
	($data_type:expr, $type:ident => $body:expr, $none:expr) => {
		match $data_type {
			DataType::F16 => {
				type $type = f16;
				$body
			}
			DataType::F32 => {
				type $type = f32;
				$body
			}
			DataType::F64 => {
				type $type = f64;
				$body
			}
			DataType::U8 => {
				type $type = u8;
				$body
			}
			DataType::U16 => {
				type $type = u16;
				$body
			}
			DataType::U32 => {
				type $type = u32;
				$body
			}
			DataType::U64 => {
				type $type = u64;
				$body
			}
			DataType::I8 => {
				type $type = i8;
				$body
			}
			DataType::I16 => {
				type $type = i16;
				$body
			}
			DataType::I32 => {
				type $type = i32;
				$body
			}
			DataType::I64 => {
				type $type = i64;
				$body
			}
			DataType::Bool => {
				type $type = bool;
				$body
			}
			DataType::BF16 | DataType::String => $none,
		}
	};
}

/// An element as it lies in a bundle.
trait Element: npyz::Serialize + npyz::AutoSerialize + npyz::Deserialize {
	fn stored(&self) -> Vec<u8>;
	fn load(bytes: &[u8]) -> Self;
}

macro_rules! element {
	($($type:ty),*) => {$(
		impl Element for $type {
			fn stored(&self) -> Vec<u8> {
				self.to_le_bytes().to_vec()
			}

			fn load(bytes: &[u8]) -> Self {
				let mut array = [0; size_of::<$type>()];
				array.copy_from_slice(bytes);
				<$type>::from_le_bytes(array)
			}
		}
	)*};
}

element!(u8, u16, u32, u64, i8, i16, i32, i64, f16, f32, f64);

impl Element for bool {
	fn stored(&self) -> Vec<u8> {
		vec![*self as u8]
	}

	fn load(bytes: &[u8]) -> Self {
		bytes[0] != 0
	}
}

/// Tensors as somebody gives them to a model.
#[derive(Clone, Debug)]
pub enum Given {
	/// Tensors with their types. A lone one without a name is the model's only input.
	Tensors(TensorBundle),
	/// JSON, in which types may be missing.
	Json(Value),
}

impl From<TensorBundle> for Given {
	fn from(bundle: TensorBundle) -> Self {
		Given::Tensors(bundle)
	}
}

/// Parses JSON, and says how to write the floats that JSON has no word for.
fn parse_json(bytes: &[u8]) -> Result<Value, Cause> {
	serde_json::from_slice(bytes).map_err(|error| {
		let at = bytes.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
		let rest = at.get(error.column().saturating_sub(1)..).unwrap_or_default();
		match rest.strip_prefix(b"-").unwrap_or(rest) {
			[b'N' | b'I', ..] => {
				format!("{error}: JSON has no NaN and no infinity, write \"NaN\", \"Infinity\" or \"-Infinity\"").into()
			}
			_ => error.into(),
		}
	})
}

impl Given {
	/// Reads a file; standard input, if it is named `-`; or the name itself, if it is JSON.
	pub fn read(path: &Path) -> Result<Self, Error> {
		let (format, bytes) = match path.to_str() {
			Some("-") => {
				let mut bytes = vec![];
				let read = std::io::stdin().read_to_end(&mut bytes);
				read.map_err(|error| Error::file(path, error))?;
				(Format::of_bytes(&bytes), bytes)
			}
			Some(text) if text.starts_with(['{', '[']) => (Format::Json, text.as_bytes().to_vec()),
			_ => (Format::of(path)?, std::fs::read(path).map_err(|error| Error::file(path, error))?),
		};
		Given::decode(format, &bytes).map_err(|cause| Error::File { path: path.into(), source: cause })
	}

	fn decode(format: Format, bytes: &[u8]) -> Result<Self, Cause> {
		let mut tensors = match format {
			Format::Npz => {
				let mut archive = ZipArchive::new(Cursor::new(bytes))?;
				let mut tensors = Vec::with_capacity(archive.len());
				for index in 0..archive.len() {
					let entry = archive.by_index(index)?;
					let name = entry.name()?;
					let name = name.strip_suffix(".npy").unwrap_or(&name).to_string();
					tensors.push(from_npy(name, NpyFile::new(entry)?)?);
				}
				tensors
			}
			Format::Npy => vec![from_npy(String::new(), NpyFile::new(bytes)?)?],
			Format::Json => return Ok(Given::Json(parse_json(bytes)?)),
			Format::Bundle => return Ok(Given::Tensors(TensorBundle::from_bytes(bytes)?)),
		};
		tensors.iter_mut().for_each(Tensor::canonicalize);
		Ok(Given::Tensors(TensorBundle(tensors)))
	}

	/// The tensors, by the model's inputs: those in JSON without a type get that of the input, and a lone one without a name is the only input.
	pub fn tensors(self, ports: &[Port]) -> Result<TensorBundle, Error> {
		let mut bundle = match self {
			Given::Tensors(bundle) => bundle,
			Given::Json(value) => {
				let mut tensors = from_json(&value, ports).map_err(Error::Usage)?;
				tensors.iter_mut().for_each(Tensor::canonicalize);
				TensorBundle(tensors)
			}
		};
		if let [tensor] = bundle.0.as_mut_slice() {
			match ports {
				[only] if tensor.name.is_empty() => tensor.name = only.name.clone(),
				[_, _, ..] if tensor.name.is_empty() => return Err(Error::Usage(name_them(ports))),
				_ => (),
			}
		}
		Ok(bundle)
	}

	/// The tensors in the order of a model's inputs.
	pub fn ordered(self, ports: &[Port]) -> Result<TensorBundle, Error> {
		ordered(self.tensors(ports)?, ports.iter().map(|port| port.name.as_str())).map_err(Error::Usage)
	}
}

fn name_them(ports: &[Port]) -> String {
	let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
	format!("the model has several inputs, so name the tensors: {}", names.join(", "))
}

/// Reads the tensors of a file in which they have names and types.
pub fn read(path: &Path) -> Result<TensorBundle, Error> {
	let bundle = Given::read(path)?.tensors(&[]).map_err(|error| Error::file(path, error.to_string()))?;
	match bundle.0.iter().any(|tensor| tensor.name.is_empty()) {
		true => Err(Error::file(path, "an .npy file has no name for its tensor: use .npz")),
		false => Ok(bundle),
	}
}

fn from_npy<R: Read>(name: String, array: NpyFile<R>) -> Result<Tensor, String> {
	let data_type = numpy_type(&array.dtype()).map_err(|error| format!("`{name}`: {error}"))?;
	let shape = array.shape().to_vec();
	if array.order() == Order::Fortran && shape.len() > 1 {
		return Err(format!("`{name}` is stored column by column: save numpy.ascontiguousarray of it"));
	}
	if data_type == DataType::String {
		let elements = array.into_vec::<String>().map_err(|error| format!("`{name}`: {error}"))?;
		let mut data = vec![];
		elements.iter().for_each(|text| push_text(text, &mut data));
		return Ok(Tensor { name, data_type, shape, data });
	}
	let data = with_type!(
		data_type,
		T => array.into_vec::<T>().map(|elements| elements.iter().flat_map(Element::stored).collect()),
		return Err(format!("`{name}`: NumPy has no bfloat16"))
	);
	let data: Vec<u8> = data.map_err(|error| format!("`{name}`: {error}"))?;
	Ok(Tensor { name, data_type, shape, data })
}

fn numpy_type(dtype: &npyz::DType) -> Result<DataType, String> {
	let npyz::DType::Plain(plain) = dtype else {
		return Err("it is a record array; tensors have one type".into());
	};
	let text = plain.to_string();
	Ok(match text.trim_start_matches(['<', '>', '|', '=']) {
		"f2" => DataType::F16,
		"f4" => DataType::F32,
		"f8" => DataType::F64,
		"u1" => DataType::U8,
		"u2" => DataType::U16,
		"u4" => DataType::U32,
		"u8" => DataType::U64,
		"i1" => DataType::I8,
		"i2" => DataType::I16,
		"i4" => DataType::I32,
		"i8" => DataType::I64,
		"b1" => DataType::Bool,
		_ if text.contains('U') || text.contains('S') => DataType::String,
		_ => return Err(format!("the type {text} is not supported")),
	})
}

fn type_named(name: &str) -> Option<DataType> {
	use DataType::*;
	[F32, U8, I8, U16, I16, I32, I64, Bool, F16, F64, U32, U64, BF16, String]
		.into_iter()
		.find(|data_type| data_type.name() == name)
}

fn from_json(value: &Value, ports: &[Port]) -> Result<Vec<Tensor>, String> {
	let Some(object) = value.as_object() else {
		return match ports {
			[only] => Ok(vec![untyped(only, value)?]),
			[] => Err("it has to be an object of tensors by name".into()),
			_ => Err(name_them(ports)),
		};
	};
	let tensor = |(name, value): (&String, &Value)| match ports.iter().find(|port| port.name == *name) {
		_ if value.is_object() => tensor_from_json(name, value),
		Some(port) => untyped(port, value),
		None if ports.is_empty() => {
			Err("nothing here knows its type: give an object of `dtype`, `shape` and `data`".into())
		}
		None => {
			let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
			Err(format!("the model has no such input, but {}", names.join(", ")))
		}
	};
	object.iter().map(|entry| tensor(entry).map_err(|why| format!("`{}`: {why}", entry.0))).collect()
}

/// Nested arrays as the model's input takes them.
fn untyped(port: &Port, value: &Value) -> Result<Tensor, String> {
	let data_type = type_named(&port.data_type).ok_or_else(|| format!("there is no type `{}`", port.data_type))?;
	let mut shape = vec![];
	let mut inner = value;
	while let Value::Array(elements) = inner {
		shape.push(elements.len() as u64);
		inner = elements.first().unwrap_or(&Value::Null);
	}
	let mut data = vec![];
	flatten(value, &shape, data_type, &mut data)?;
	Ok(Tensor { name: port.name.clone(), data_type, shape, data })
}

/// Appends the elements of nested arrays of a shape.
fn flatten(value: &Value, shape: &[u64], data_type: DataType, data: &mut Vec<u8>) -> Result<(), String> {
	match (value, shape) {
		(Value::Array(elements), [length, inner @ ..]) if elements.len() as u64 == *length => {
			elements.iter().try_for_each(|element| flatten(element, inner, data_type, data))
		}
		(Value::Array(_), _) | (_, [_, ..]) => Err("its arrays are not all of one length".into()),
		(element, []) => {
			let bytes = element_from_json(data_type, element);
			data.extend(bytes.ok_or_else(|| format!("{element} is no {}", data_type.name()))?);
			Ok(())
		}
	}
}

fn tensor_from_json(name: &str, value: &Value) -> Result<Tensor, String> {
	let dtype = value.get("dtype").and_then(Value::as_str).ok_or("`dtype` is missing")?;
	let data_type = type_named(dtype).ok_or_else(|| format!("there is no type `{dtype}`"))?;
	let list = |key: &str| value.get(key).and_then(Value::as_array).ok_or_else(|| format!("`{key}` is missing"));
	let shape = list("shape")?.iter().map(|dim| dim.as_u64().ok_or("a dimension is a whole number"));
	let shape = shape.collect::<Result<Vec<u64>, _>>()?;
	let mut data = vec![];
	for element in list("data")? {
		let bytes = element_from_json(data_type, element);
		data.extend(bytes.ok_or_else(|| format!("{element} is no {dtype}"))?);
	}
	Ok(Tensor { name: name.into(), data_type, shape, data })
}

fn element_from_json(data_type: DataType, value: &Value) -> Option<Vec<u8>> {
	let float = || match value {
		Value::String(text) => match text.as_str() {
			"NaN" => Some(f64::NAN),
			"Infinity" => Some(f64::INFINITY),
			"-Infinity" => Some(f64::NEG_INFINITY),
			_ => None,
		},
		other => other.as_f64(),
	};
	Some(match data_type {
		DataType::String => {
			let mut bytes = vec![];
			push_text(value.as_str()?, &mut bytes);
			bytes
		}
		DataType::F16 => f16::from_f64(float()?).to_le_bytes().to_vec(),
		DataType::BF16 => half::bf16::from_f64(float()?).to_le_bytes().to_vec(),
		DataType::F32 => (float()? as f32).to_le_bytes().to_vec(),
		DataType::F64 => float()?.to_le_bytes().to_vec(),
		DataType::Bool => vec![value.as_bool()? as u8],
		DataType::U64 => value.as_u64()?.to_le_bytes().to_vec(),
		DataType::U8 => u8::try_from(value.as_u64()?).ok()?.to_le_bytes().to_vec(),
		DataType::U16 => u16::try_from(value.as_u64()?).ok()?.to_le_bytes().to_vec(),
		DataType::U32 => u32::try_from(value.as_u64()?).ok()?.to_le_bytes().to_vec(),
		DataType::I8 => i8::try_from(value.as_i64()?).ok()?.to_le_bytes().to_vec(),
		DataType::I16 => i16::try_from(value.as_i64()?).ok()?.to_le_bytes().to_vec(),
		DataType::I32 => i32::try_from(value.as_i64()?).ok()?.to_le_bytes().to_vec(),
		DataType::I64 => value.as_i64()?.to_le_bytes().to_vec(),
	})
}

/// Sees whether a bundle can be written to a file of this name, without writing it: for outputs that cost something.
pub fn check_writable(path: &Path) -> Result<(), Error> {
	Format::of(path)?;
	can_create(path)
}

/// Sees whether a file can be written, without changing one that is there.
pub fn can_create(path: &Path) -> Result<(), Error> {
	let is_there = path.exists();
	let opened = File::options().append(true).create(true).open(path);
	opened.map_err(|error| Error::file(path, error))?;
	if !is_there {
		std::fs::remove_file(path).map_err(|error| Error::file(path, error))?;
	}
	Ok(())
}

/// Writes a bundle in the format of the file's name.
pub fn write(path: &Path, bundle: &TensorBundle) -> Result<(), Error> {
	let format = Format::of(path)?;
	let at = |error: String| Error::file(path, error);
	let create = || File::create(path).map(BufWriter::new).map_err(|error| Error::file(path, error));
	match format {
		Format::Npz => to_npz(create()?, bundle).map_err(at),
		Format::Npy => {
			let [tensor] = bundle.0.as_slice() else {
				return Err(at(format!("{} tensors do not fit into one array: write .npz", bundle.0.len())));
			};
			to_npy(&mut create()?, tensor).map_err(at)
		}
		Format::Json => {
			let text = serde_json::to_vec_pretty(&to_json(bundle)).map_err(|error| Error::file(path, error))?;
			create()?.write_all(&text).map_err(|error| Error::file(path, error))
		}
		Format::Bundle => {
			let bytes = bundle.to_bytes().map_err(|error| Error::file(path, error))?;
			create()?.write_all(&bytes).map_err(|error| Error::file(path, error))
		}
	}
}

/// A bundle as the bytes of an `.npz` file.
pub fn npz(bundle: &TensorBundle) -> Result<Vec<u8>, Error> {
	let mut bytes = Cursor::new(Vec::new());
	to_npz(&mut bytes, bundle).map_err(Error::Usage)?;
	Ok(bytes.into_inner())
}

fn to_npz(writer: impl Write + Seek, bundle: &TensorBundle) -> Result<(), String> {
	let mut archive = ZipWriter::new(writer);
	for tensor in &bundle.0 {
		let started = archive.start_file(format!("{}.npy", tensor.name), SimpleFileOptions::default());
		started.map_err(|error| error.to_string())?;
		to_npy(&mut archive, tensor)?;
	}
	let mut writer = archive.finish().map_err(|error| error.to_string())?;
	writer.flush().map_err(|error| error.to_string())
}

fn to_npy(writer: &mut impl Write, tensor: &Tensor) -> Result<(), String> {
	fn typed<T: Element>(writer: &mut impl Write, tensor: &Tensor) -> std::io::Result<()> {
		let options = WriteOptions::<T>::new().default_dtype().shape(&tensor.shape);
		let mut array = options.writer(writer).begin_nd()?;
		array.extend(tensor.data.chunks_exact(size_of::<T>()).map(T::load))?;
		array.finish()
	}
	if tensor.data_type == DataType::String {
		return texts_to_npy(writer, tensor).map_err(|error| format!("`{}`: {error}", tensor.name));
	}
	with_type!(
		tensor.data_type,
		T => typed::<T>(writer, tensor).map_err(|error| format!("`{}`: {error}", tensor.name)),
		Err(format!("`{}`: NumPy has no bfloat16; write .json", tensor.name))
	)
}

/// Text as NumPy has it: every element as long as the longest.
fn texts_to_npy(writer: &mut impl Write, tensor: &Tensor) -> std::io::Result<()> {
	let elements: Vec<&str> = texts(&tensor.data).flatten().collect();
	let longest = elements.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
	let dtype = format!("<U{longest}").parse().map_err(std::io::Error::other)?;
	let options = WriteOptions::<str>::new().dtype(npyz::DType::new_scalar(dtype)).shape(&tensor.shape);
	let mut array = options.writer(writer).begin_nd()?;
	elements.into_iter().try_for_each(|text| array.push(text))?;
	array.finish()
}

/// The bundle as an object of tensors by name.
pub fn to_json(bundle: &TensorBundle) -> Value {
	let tensors = bundle.0.iter().map(|tensor| {
		let data: Vec<Value> = match tensor.data_type.size() {
			None => texts(&tensor.data).flatten().map(Value::from).collect(),
			Some(size) => {
				tensor.data.chunks_exact(size).map(|bytes| element_to_json(tensor.data_type, bytes)).collect()
			}
		};
		let value = json!({ "dtype": tensor.data_type.name(), "shape": tensor.shape, "data": data });
		(tensor.name.clone(), value)
	});
	Value::Object(tensors.collect::<Map<_, _>>())
}

/// The float64 that is written like a float32, with as few digits as tell it from others, where that is read as the same again.
fn short(value: f32) -> f64 {
	let short = value.to_string().parse::<f64>().ok();
	short.filter(|short| (*short as f32).to_bits() == value.to_bits()).unwrap_or(value as f64)
}

fn element_to_json(data_type: DataType, bytes: &[u8]) -> Value {
	let float = |value: f64| match Number::from_f64(value) {
		Some(number) => Value::Number(number),
		None if value.is_nan() => "NaN".into(),
		None if value > 0.0 => "Infinity".into(),
		None => "-Infinity".into(),
	};
	match data_type {
		DataType::String => String::from_utf8_lossy(bytes).into(),
		DataType::F16 => float(f16::load(bytes).to_f64()),
		DataType::BF16 => float(half::bf16::from_le_bytes([bytes[0], bytes[1]]).to_f64()),
		DataType::F32 => float(short(f32::load(bytes))),
		DataType::F64 => float(f64::load(bytes)),
		DataType::Bool => bool::load(bytes).into(),
		DataType::U8 => u8::load(bytes).into(),
		DataType::U16 => u16::load(bytes).into(),
		DataType::U32 => u32::load(bytes).into(),
		DataType::U64 => u64::load(bytes).into(),
		DataType::I8 => i8::load(bytes).into(),
		DataType::I16 => i16::load(bytes).into(),
		DataType::I32 => i32::load(bytes).into(),
		DataType::I64 => i64::load(bytes).into(),
	}
}

/// Most that a float may differ by, as a share of what was expected, and of the tensor's largest number where that is near zero.
const TOLERANCE: (f64, f64) = (1e-3, 1e-5);

/// The difference between tensors and those that were expected, in words; none if there is none. Floats may differ a
/// little, anything else may not.
pub fn difference(expected: &Tensor, found: &Tensor) -> Option<String> {
	let kind = |tensor: &Tensor| format!("{} {:?}", tensor.data_type.name(), tensor.shape);
	if expected.data_type != found.data_type || expected.shape != found.shape {
		return Some(format!("`{}` is {}, not {}", found.name, kind(found), kind(expected)));
	}
	let elements = |tensor: &Tensor| to_json(&TensorBundle(vec![tensor.clone()]))[&tensor.name]["data"].clone();
	let (Value::Array(expected_all), Value::Array(found_all)) = (elements(expected), elements(found)) else {
		return None;
	};
	let largest = expected_all.iter().filter_map(Value::as_f64).fold(0.0f64, |most, value| most.max(value.abs()));
	let is_float = matches!(found.data_type, DataType::F16 | DataType::BF16 | DataType::F32 | DataType::F64);
	let same = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
		(Some(a), Some(b)) if is_float => (a - b).abs() <= TOLERANCE.0 * a.abs() + TOLERANCE.1 * largest,
		_ => a == b,
	};
	let place = expected_all.iter().zip(&found_all).position(|(a, b)| !same(a, b))?;
	Some(format!("`{}` is {} at element {place}, not {}", found.name, found_all[place], expected_all[place]))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn every_type() -> TensorBundle {
		use DataType::*;
		// By their names, in whose order JSON has them.
		let tensors = [Bool, F16, F32, F64, I16, I32, I64, I8, U16, U32, U64, U8].map(|data_type| {
			let size = data_type.size().unwrap();
			let data =
				(0..6 * size).map(|index| if data_type == Bool { index as u8 % 2 } else { index as u8 }).collect();
			Tensor { name: data_type.name().into(), data_type, shape: vec![2, 3], data }
		});
		let mut data = vec![];
		["", "caf\u{e9}", "\u{1f40c}", "a b", "NaN", "1"].iter().for_each(|text| push_text(text, &mut data));
		let texts = Tensor { name: "string".into(), data_type: String, shape: vec![2, 3], data };
		let place = tensors.iter().position(|tensor| tensor.name > texts.name).unwrap();
		let mut tensors = tensors.to_vec();
		tensors.insert(place, texts);
		TensorBundle(tensors)
	}

	#[test]
	fn every_format_gives_back_what_it_was_given() {
		let folder = tempfile::tempdir().unwrap();
		for name in ["x.npz", "x.json", "x.bundle"] {
			let path = folder.path().join(name);
			write(&path, &every_type()).unwrap();
			assert_eq!(read(&path).unwrap(), every_type(), "{name}");
		}
		for tensor in every_type().0 {
			let path = folder.path().join("x.npy");
			let bundle = TensorBundle(vec![tensor]);
			write(&path, &bundle).unwrap();
			let port =
				Port { name: bundle.0[0].name.clone(), data_type: bundle.0[0].data_type.name().into(), shape: None };
			assert_eq!(Given::read(&path).unwrap().tensors(&[port]).unwrap(), bundle);
			assert!(read(&path).unwrap_err().to_string().contains("use .npz"));
		}
	}

	#[test]
	fn a_difference_is_said_and_rounding_is_none() {
		let tensor = |values: &[f32]| Tensor {
			name: "y".into(),
			data_type: DataType::F32,
			shape: vec![values.len() as u64],
			data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
		};
		let expected = tensor(&[1000.0, 0.0, f32::NAN]);
		assert_eq!(difference(&expected, &tensor(&[1000.5, 0.005, f32::NAN])), None);
		assert_eq!(
			difference(&expected, &tensor(&[1000.0, 0.1, f32::NAN])).unwrap(),
			"`y` is 0.1 at element 1, not 0.0"
		);
		assert!(difference(&expected, &tensor(&[1000.0, 0.0, 0.0])).unwrap().contains("element 2"));
		assert!(difference(&expected, &tensor(&[1000.0])).unwrap().contains("float32 [1], not float32 [3]"));
		let whole = |value: i64| Tensor {
			name: "y".into(),
			data_type: DataType::I64,
			shape: vec![],
			data: value.to_le_bytes().to_vec(),
		};
		assert!(difference(&whole(1 << 60), &whole((1 << 60) + 1)).is_some());
	}

	#[test]
	fn json_says_every_float() {
		let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e-45, 0.1];
		let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
		let bundle = TensorBundle(vec![Tensor { name: "x".into(), data_type: DataType::F32, shape: vec![6], data }]);
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("x.json");
		write(&path, &bundle).unwrap();
		assert_eq!(read(&path).unwrap(), bundle);
	}

	#[test]
	fn floats_without_a_word_in_json_are_refused_with_how_to_write_them() {
		for text in [r#"{"x": [1, NaN]}"#, "[\n-Infinity]", "[Infinity]"] {
			let error = parse_json(text.as_bytes()).unwrap_err().to_string();
			assert!(error.contains("write \"NaN\", \"Infinity\""), "{text}: {error}");
		}
		for text in ["[1,", "", "\n\n", "[1, \"NaN\""] {
			let error = parse_json(text.as_bytes()).unwrap_err().to_string();
			assert!(!error.contains("Infinity"), "{text}: {error}");
		}
	}

	#[test]
	fn arrays_without_a_type_get_that_of_the_input() {
		let port = |name: &str, data_type: DataType| Port {
			name: name.into(),
			data_type: data_type.name().into(),
			shape: None,
		};
		let ports = [port("x", DataType::F32), port("i", DataType::I64)];
		let input = |text: &str| Given::Json(serde_json::from_str(text).unwrap());
		let given = input(r#"{"x": [[1, 2.5], ["NaN", -3]], "i": 7}"#).tensors(&ports).unwrap();
		let typed = r#"{"i": {"dtype": "int64", "shape": [], "data": [7]},
			"x": {"dtype": "float32", "shape": [2, 2], "data": [1, 2.5, "NaN", -3]}}"#;
		assert_eq!(given, input(typed).tensors(&[]).unwrap());
		let alone = input("[[], []]").tensors(&ports[..1]).unwrap();
		assert_eq!((alone.0[0].name.as_str(), alone.0[0].shape.as_slice()), ("x", &[2, 0][..]));
		for (text, says) in [
			("[1]", "name the tensors: x, i"),
			(r#"{"x": [[1], [2, 3]]}"#, "`x`: its arrays are not all of one length"),
			(r#"{"x": [[1], 2]}"#, "not all of one length"),
			(r#"{"x": [1, [2]]}"#, "not all of one length"),
			(r#"{"i": [1.5]}"#, "`i`: 1.5 is no int64"),
			(r#"{"z": [1]}"#, "`z`: the model has no such input"),
		] {
			let error = input(text).tensors(&ports).unwrap_err().to_string();
			assert!(error.contains(says), "{error}");
		}
	}

	#[test]
	fn what_is_no_tensor_is_named() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("x.json");
		for (text, says) in [
			("[]", "object"),
			(r#"{"x": [1]}"#, "`dtype`"),
			(r#"{"x": {"dtype": "float31", "shape": [], "data": [1]}}"#, "float31"),
			(r#"{"x": {"dtype": "uint8", "shape": [1], "data": [256]}}"#, "256 is no uint8"),
			(r#"{"x": {"dtype": "float32", "shape": [-1], "data": []}}"#, "dimension"),
			(r#"{"x": {"dtype": "float32", "data": []}}"#, "shape"),
		] {
			std::fs::write(&path, text).unwrap();
			let error = read(&path).unwrap_err().to_string();
			assert!(error.contains(says), "{error}");
		}
		assert!(read(&folder.path().join("x.csv")).is_err());
		assert!(read(&folder.path().join("missing.npz")).is_err());
	}
}
