//! Model files: an ONNX file, with the weights that its exporter has put into files beside it.

use crate::Error;
use assay_primitives::constants::MAX_MODEL_BYTES;
use std::{
	fs::File,
	io::{Read, Seek, SeekFrom},
	path::{Component, Path},
};

/// Messages of ONNX in which weights may lie, at any depth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
	Model,
	Graph,
	Function,
	Node,
	Attribute,
	Tensor,
}

impl Kind {
	/// The message in a field of this one.
	fn field(self, number: u64) -> Option<Kind> {
		Some(match (self, number) {
			(Kind::Model, 7) | (Kind::Attribute, 6 | 11) => Kind::Graph,
			(Kind::Model, 25) => Kind::Function,
			(Kind::Graph, 1) | (Kind::Function, 7) => Kind::Node,
			(Kind::Node, 5) => Kind::Attribute,
			(Kind::Graph, 5) | (Kind::Attribute, 5 | 10) => Kind::Tensor,
			_ => return None,
		})
	}
}

/// `TensorProto.raw_data`, `external_data` and `data_location`.
const RAW_DATA: u64 = 9;
const EXTERNAL_DATA: u64 = 13;
const DATA_LOCATION: u64 = 14;

/// A field of a message: its number, its bytes with the tag, and the content of one with a length.
struct Field<'a> {
	number: u64,
	whole: &'a [u8],
	content: Option<&'a [u8]>,
	/// The value of one without a length.
	value: u64,
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
	let mut value = 0u64;
	for shift in (0..64).step_by(7) {
		let byte = *bytes.get(*at)?;
		*at += 1;
		value |= u64::from(byte & 0x7f) << shift;
		if byte & 0x80 == 0 {
			return Some(value);
		}
	}
	None
}

/// The next field of a message, if there is one that is whole.
fn field<'a>(message: &'a [u8], at: &mut usize) -> Option<Field<'a>> {
	let start = *at;
	let tag = varint(message, at)?;
	let (mut content, mut value) = (None, 0);
	let length = match tag & 7 {
		0 => {
			value = varint(message, at)?;
			0
		}
		1 => 8,
		2 => {
			let length = usize::try_from(varint(message, at)?).ok()?;
			content = Some(message.get(*at..at.checked_add(length)?)?);
			length
		}
		5 => 4,
		_ => return None,
	};
	*at = at.checked_add(length)?;
	Some(Field { number: tag >> 3, whole: message.get(start..*at)?, content, value })
}

fn push_varint(mut value: u64, out: &mut Vec<u8>) {
	while value >= 0x80 {
		out.push(value as u8 | 0x80);
		value >>= 7;
	}
	out.push(value as u8);
}

fn push_field(number: u64, content: &[u8], out: &mut Vec<u8>) {
	push_varint(number << 3 | 2, out);
	push_varint(content.len() as u64, out);
	out.extend_from_slice(content);
}

/// A file that is not packed.
enum Fault {
	/// It is no ONNX file.
	NoOnnx,
	/// Its weights cannot be had, or are too large.
	Refused(Error),
}

/// Packs the files beside a model's into it.
struct Packer<'a> {
	folder: &'a Path,
	/// Bytes of them so far.
	bytes: u64,
}

impl Packer<'_> {
	/// The message with its weights; none where it has them already.
	fn pack(&mut self, message: &[u8], kind: Kind, depth: u32) -> Result<Option<Vec<u8>>, Fault> {
		if depth > 64 {
			return Err(Fault::Refused(Error::Usage("the model's graphs are nested too deep".into())));
		}
		if kind == Kind::Tensor {
			return self.tensor(message);
		}
		let mut packed: Option<Vec<u8>> = None;
		let mut at = 0;
		while at < message.len() {
			let start = at;
			let Some(field) = field(message, &mut at) else { return Err(Fault::NoOnnx) };
			let inner = match (kind.field(field.number), field.content) {
				(Some(inner), Some(content)) => self.pack(content, inner, depth + 1)?,
				_ => None,
			};
			match inner {
				Some(inner) => {
					let packed = packed.get_or_insert_with(|| message[..start].to_vec());
					push_field(field.number, &inner, packed);
				}
				None => {
					if let Some(packed) = &mut packed {
						packed.extend_from_slice(field.whole);
					}
				}
			}
		}
		Ok(packed)
	}

	fn tensor(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
		let (mut kept, mut entries, mut is_external, mut at) = (vec![], vec![], false, 0);
		while at < message.len() {
			let Some(field) = field(message, &mut at) else { return Err(Fault::NoOnnx) };
			match (field.number, field.content) {
				(EXTERNAL_DATA, Some(entry)) => entries.push(entry),
				(DATA_LOCATION, None) => is_external = field.value == 1,
				_ => kept.extend_from_slice(field.whole),
			}
		}
		if !is_external {
			return Ok(None);
		}
		let of = |wanted: &str| {
			entries.iter().find_map(|entry| text_entry(entry).filter(|(key, _)| *key == wanted)).map(|(_, value)| value)
		};
		let number = |name: &str| of(name).map(|text| text.parse::<u64>()).transpose();
		let (Some(location), Ok(offset), Ok(length)) = (of("location"), number("offset"), number("length")) else {
			return Err(Fault::NoOnnx);
		};
		let data = self.read(location, offset.unwrap_or(0), length).map_err(Fault::Refused)?;
		push_field(RAW_DATA, &data, &mut kept);
		Ok(Some(kept))
	}

	/// Bytes of a file beside the model's.
	fn read(&mut self, location: &str, offset: u64, length: Option<u64>) -> Result<Vec<u8>, Error> {
		let relative = Path::new(location);
		if relative.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
			return Err(Error::Usage(format!(
				"the model's weights are in {location}, which is not below its own folder"
			)));
		}
		let path = self.folder.join(relative);
		let failed = |error: std::io::Error| {
			Error::file(&path, format!("the model's weights are here, and cannot be read: {error}"))
		};
		let mut file = File::open(&path).map_err(failed)?;
		let size = file.metadata().map_err(failed)?.len();
		let length = length.unwrap_or(size.saturating_sub(offset));
		if offset.checked_add(length).is_none_or(|end| end > size) {
			return Err(Error::file(
				&path,
				format!("the model reads {length} bytes of this from {offset} on, and it has {size}"),
			));
		}
		self.bytes = self.bytes.saturating_add(length);
		if self.bytes > MAX_MODEL_BYTES {
			return Err(too_large(self.bytes));
		}
		file.seek(SeekFrom::Start(offset)).map_err(failed)?;
		let mut data = vec![];
		file.take(length).read_to_end(&mut data).map_err(failed)?;
		Ok(data)
	}
}

/// `StringStringEntryProto`.
fn text_entry(entry: &[u8]) -> Option<(&str, &str)> {
	let (mut key, mut value, mut at) = ("", "", 0);
	while at < entry.len() {
		let field = field(entry, &mut at)?;
		let text = std::str::from_utf8(field.content?).ok()?;
		match field.number {
			1 => key = text,
			2 => value = text,
			_ => (),
		}
	}
	Some((key, value))
}

/// `ModelProto.metadata_props`.
const METADATA: u64 = 14;

/// The value that a model's file has under a key of its `metadata_props`, which the model's id covers and the engine passes over.
pub fn model_property<'a>(model: &'a [u8], key: &str) -> Option<&'a str> {
	let mut at = 0;
	while at < model.len() {
		let field = field(model, &mut at)?;
		let entry = field.content.filter(|_| field.number == METADATA).and_then(text_entry);
		match entry {
			Some((found, value)) if found == key => return Some(value),
			_ => (),
		}
	}
	None
}

fn too_large(bytes: u64) -> Error {
	Error::Usage(format!("a model has at most {MAX_MODEL_BYTES} bytes, not {bytes}"))
}

/// Reads a model's file. Weights that are in files beside it become a part of it, as a registered model is one file.
pub fn read_model(path: &Path) -> Result<Vec<u8>, Error> {
	let at = |error: Error| match error {
		Error::Usage(text) => Error::file(path, text),
		other => other,
	};
	let size = std::fs::metadata(path).map_err(|error| Error::file(path, error))?.len();
	if size > MAX_MODEL_BYTES {
		return Err(at(too_large(size)));
	}
	let bytes = std::fs::read(path).map_err(|error| Error::file(path, error))?;
	let folder = path.parent().unwrap_or(Path::new(""));
	let packed = Packer { folder, bytes: 0 }.pack(&bytes, Kind::Model, 0);
	let bytes = match packed {
		Ok(Some(packed)) => packed,
		Ok(None) => return Ok(bytes),
		// The engine says what is wrong with it.
		Err(Fault::NoOnnx) => return Ok(bytes),
		Err(Fault::Refused(error)) => return Err(at(error)),
	};
	if bytes.len() as u64 > MAX_MODEL_BYTES {
		return Err(at(too_large(bytes.len() as u64)));
	}
	Ok(bytes)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn message(fields: &[(u64, &[u8])]) -> Vec<u8> {
		let mut out = vec![];
		for (number, content) in fields {
			push_field(*number, content, &mut out);
		}
		out
	}

	/// A model of one initializer, whose bytes are at an offset of a file, and a name after it.
	fn model(location: &str, offset: &str, length: &str) -> Vec<u8> {
		let entry = |key: &str, value: &str| message(&[(1, key.as_bytes()), (2, value.as_bytes())]);
		let mut tensor = message(&[
			(8, b"w"),
			(EXTERNAL_DATA, &entry("location", location)),
			(EXTERNAL_DATA, &entry("offset", offset)),
			(EXTERNAL_DATA, &entry("length", length)),
		]);
		push_varint(DATA_LOCATION << 3, &mut tensor);
		push_varint(1, &mut tensor);
		let graph = message(&[(5, &tensor), (2, b"graph")]);
		message(&[(7, &graph), (2, b"producer")])
	}

	fn packed(model: &[u8]) -> Result<Vec<u8>, Error> {
		let folder = tempfile::tempdir().unwrap();
		std::fs::write(folder.path().join("weights"), b"0123456789").unwrap();
		let path = folder.path().join("model.onnx");
		std::fs::write(&path, model).unwrap();
		read_model(&path)
	}

	#[test]
	fn a_property_is_found_by_its_key() {
		let entry = |key: &str, value: &str| message(&[(1, key.as_bytes()), (2, value.as_bytes())]);
		let model = message(&[
			(7, &message(&[(2, b"graph")])),
			(14, &entry("author", "a")),
			(14, &entry("assay.tokenizer", "{}")),
		]);
		assert_eq!(model_property(&model, "assay.tokenizer"), Some("{}"));
		assert_eq!(model_property(&model, "graph"), None);
		assert_eq!(model_property(b"\x3a\xff", "author"), None);
	}

	#[test]
	fn weights_beside_a_model_become_a_part_of_it() {
		let tensor = message(&[(8, b"w"), (RAW_DATA, b"3456")]);
		let graph = message(&[(5, &tensor), (2, b"graph")]);
		assert_eq!(packed(&model("weights", "3", "4")).unwrap(), message(&[(7, &graph), (2, b"producer")]));
	}

	#[test]
	fn a_model_that_has_its_weights_and_what_is_no_model_stay_as_they_are() {
		let tensor = message(&[(8, b"w"), (RAW_DATA, b"3456")]);
		let whole = message(&[(7, &message(&[(5, &tensor)])), (2, b"producer")]);
		for bytes in [&whole[..], b"no model", b"\x3a\xff\xff\xff\xff\x0f"] {
			assert_eq!(packed(bytes).unwrap(), bytes);
		}
	}

	#[test]
	fn files_elsewhere_and_bytes_that_are_not_there_are_refused() {
		for (location, offset, length) in
			[("../weights", "0", "1"), ("/etc/passwd", "0", "1"), ("none", "0", "1"), ("weights", "8", "3")]
		{
			let error = packed(&model(location, offset, length)).unwrap_err().to_string();
			assert!(error.contains(location), "{error}");
		}
	}
}
