//! Tensors in files: `.npz` and `.npy` as NumPy writes them, JSON, and the bundle's own bytes (`.bundle`).
//!
//! JSON is an object of tensors by name: `{"x": {"dtype": "float32", "shape": [2], "data": [1.5, "NaN"]}}`, where `data` is flat,
//! in row-major order, and a float that JSON cannot say is a string. Text is of the type `string`; in `.npy` files, NumPy's of a fixed
//! length, whose elements lose what NULs they end with.

use crate::{Error, Port};
use assay_primitives::{
	tensor::{push_text, texts},
	DataType, Tensor, TensorBundle,
};
use half::f16;
use npyz::{NpyFile, Order, WriteOptions, WriterBuilder};
use serde_json::{json, Map, Number, Value};
use std::{
	fs::File,
	io::{BufReader, BufWriter, Cursor, Read, Seek, Write},
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

/// Reads the tensors of a file. A lone `.npy` array is named by `only`, the one input of the model.
pub fn read(path: &Path, only: Option<&str>) -> Result<TensorBundle, Error> {
	let open = || File::open(path).map(BufReader::new).map_err(|error| Error::file(path, error));
	let at = |error: String| Error::file(path, error);
	let mut tensors = match Format::of(path)? {
		Format::Npz => {
			let mut archive = ZipArchive::new(open()?).map_err(|error| Error::file(path, error))?;
			let mut tensors = Vec::with_capacity(archive.len());
			for index in 0..archive.len() {
				let entry = archive.by_index(index).map_err(|error| Error::file(path, error))?;
				let name = entry.name().map_err(|error| Error::file(path, error))?;
				let name = name.strip_suffix(".npy").unwrap_or(&name).to_string();
				let array = NpyFile::new(entry).map_err(|error| Error::file(path, error))?;
				tensors.push(from_npy(name, array).map_err(at)?);
			}
			tensors
		}
		Format::Npy => {
			let name = only.ok_or_else(|| at("the model has several inputs: use .npz, which names them".into()))?;
			let array = NpyFile::new(open()?).map_err(|error| Error::file(path, error))?;
			vec![from_npy(name.into(), array).map_err(at)?]
		}
		Format::Json => {
			let value: Value = serde_json::from_reader(open()?).map_err(|error| Error::file(path, error))?;
			from_json(&value).map_err(at)?
		}
		Format::Bundle => {
			let mut bytes = vec![];
			open()?.read_to_end(&mut bytes).map_err(|error| Error::file(path, error))?;
			return TensorBundle::from_bytes(&bytes).map_err(|error| Error::file(path, error));
		}
	};
	tensors.iter_mut().for_each(Tensor::canonicalize);
	Ok(TensorBundle(tensors))
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

fn from_json(value: &Value) -> Result<Vec<Tensor>, String> {
	let object = value.as_object().ok_or("it has to be an object of tensors by name")?;
	object
		.iter()
		.map(|(name, tensor)| tensor_from_json(name, tensor).map_err(|why| format!("`{name}`: {why}")))
		.collect()
}

/// Tensors of a JSON object by name, each as in a `.json` file, or as nested lists whose elements have the type of the model's input of that
/// name: `{"x": [[1, 2], [3, 4]]}`.
pub fn of_json(value: &Value, ports: &[Port]) -> Result<TensorBundle, Error> {
	let object =
		value.as_object().ok_or_else(|| Error::Usage("give an object of tensors by the names of the inputs".into()))?;
	let mut tensors = Vec::with_capacity(object.len());
	for (name, value) in object {
		let tensor = match value {
			Value::Object(_) => tensor_from_json(name, value),
			_ => nested_from_json(name, value, ports),
		};
		tensors.push(tensor.map_err(|why| Error::Usage(format!("`{name}`: {why}")))?);
	}
	tensors.iter_mut().for_each(Tensor::canonicalize);
	Ok(TensorBundle(tensors))
}

/// Lists in lists, all of one length at each depth.
fn nested_from_json(name: &str, value: &Value, ports: &[Port]) -> Result<Tensor, String> {
	let port = ports.iter().find(|port| port.name == name).ok_or_else(|| match ports {
		[] => "nobody says what the model takes: give {\"dtype\", \"shape\", \"data\"}".into(),
		_ => {
			let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
			format!("the model has no such input, but {}", names.join(", "))
		}
	})?;
	let data_type = type_named(&port.data_type).ok_or_else(|| format!("there is no type `{}`", port.data_type))?;
	let mut shape = Vec::new();
	let mut first = Some(value);
	while let Some(Value::Array(items)) = first {
		shape.push(items.len() as u64);
		first = items.first();
	}
	let mut data = Vec::new();
	push_nested(data_type, value, &shape, &mut data)?;
	Ok(Tensor { name: name.into(), data_type, shape, data })
}

fn push_nested(data_type: DataType, value: &Value, shape: &[u64], data: &mut Vec<u8>) -> Result<(), String> {
	match (value, shape) {
		(Value::Array(items), [length, rest @ ..]) if items.len() as u64 == *length => {
			items.iter().try_for_each(|item| push_nested(data_type, item, rest, data))
		}
		(Value::Array(_), _) | (_, [_, ..]) => Err("lists side by side have to have the same length".into()),
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
		DataType::F32 => float(f32::load(bytes) as f64),
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

/// Where tensors are not what was expected, in words; none if they are. Floats may differ a little, anything else may not.
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
			assert_eq!(read(&path, None).unwrap(), every_type(), "{name}");
		}
		for tensor in every_type().0 {
			let path = folder.path().join("x.npy");
			let bundle = TensorBundle(vec![tensor]);
			write(&path, &bundle).unwrap();
			assert_eq!(read(&path, Some(&bundle.0[0].name)).unwrap(), bundle);
		}
	}

	#[test]
	fn nested_lists_have_the_type_of_the_input() {
		let port = |name: &str, data_type: &str| Port { name: name.into(), data_type: data_type.into(), shape: None };
		let ports = [port("x", "float32"), port("n", "int64"), port("t", "string")];
		let value = json!({ "x": [[1, 2.5], ["NaN", -3]], "n": 7, "t": ["a", "caf\u{e9}"] });
		let bundle = of_json(&value, &ports).unwrap();
		let named = |name: &str| bundle.0.iter().find(|tensor| tensor.name == name).unwrap();
		assert_eq!((named("x").data_type, named("x").shape.as_slice()), (DataType::F32, &[2, 2][..]));
		assert_eq!(named("x").data[..8], [1f32.to_le_bytes(), 2.5f32.to_le_bytes()].concat());
		assert_eq!((named("n").shape.len(), named("n").data.as_slice()), (0, &7i64.to_le_bytes()[..]));
		assert_eq!(texts(&named("t").data).flatten().collect::<Vec<_>>(), ["a", "caf\u{e9}"]);
		let full = json!({ "x": { "dtype": "float32", "shape": [0], "data": [] } });
		assert_eq!(of_json(&full, &[]).unwrap().0[0].shape, [0]);
		for (value, says) in [
			(json!({ "x": [[1], [2, 3]] }), "same length"),
			(json!({ "x": [[1], 2] }), "same length"),
			(json!({ "x": [1, [2]] }), "same length"),
			(json!({ "n": [1.5] }), "1.5 is no int64"),
			(json!({ "z": [1] }), "no such input, but x, n, t"),
			(json!([1]), "object of tensors"),
		] {
			let error = of_json(&value, &ports).unwrap_err().to_string();
			assert!(error.contains(says), "{error}");
		}
		assert!(of_json(&json!({ "x": [1] }), &[]).unwrap_err().to_string().contains("dtype"));
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
			"`y` is 0.10000000149011612 at element 1, not 0.0"
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
		assert_eq!(read(&path, None).unwrap(), bundle);
	}

	#[test]
	fn what_is_no_tensor_is_named() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("x.json");
		for (text, says) in [
			("[]", "object"),
			(r#"{"x": {"dtype": "float31", "shape": [], "data": [1]}}"#, "float31"),
			(r#"{"x": {"dtype": "uint8", "shape": [1], "data": [256]}}"#, "256 is no uint8"),
			(r#"{"x": {"dtype": "float32", "shape": [-1], "data": []}}"#, "dimension"),
			(r#"{"x": {"dtype": "float32", "data": []}}"#, "shape"),
		] {
			std::fs::write(&path, text).unwrap();
			let error = read(&path, None).unwrap_err().to_string();
			assert!(error.contains(says), "{error}");
		}
		assert!(read(&folder.path().join("x.csv"), None).is_err());
		assert!(read(&folder.path().join("missing.npz"), None).is_err());
	}
}
