//! Text models: texts become the tokens that a model takes, and its output a vector for each of them.
//!
//! A model's file has its tokenizer, as the JSON of the crate `tokenizers`, under the key [`TOKENIZER`] of its `metadata_props`. So the
//! model's id pins it, and pooling and normalisation are in the graph: a receipt and a text that is tokenized again prove an embedding.

use assay_client::{model_property, Error, Port};
use assay_primitives::{DataType, Tensor, TensorBundle};
use tokenizers::{PaddingDirection, Tokenizer};

/// The key of the tokenizer in a model's file.
pub const TOKENIZER: &str = "assay.tokenizer";
/// The output that is taken where a model has several.
const OUTPUT: &str = "sentence_embedding";

/// A text model's tokenizer, and the inputs that it fills.
pub struct Encoder {
	tokenizer: Tokenizer,
	ports: Vec<Port>,
}

/// A text as a model takes it.
struct Row {
	ids: Vec<u32>,
	types: Vec<u32>,
}

/// Tokens of several texts, which a request has as a batch.
pub struct Batch {
	/// The tensors.
	pub input: TensorBundle,
	/// Tokens in all texts together, without padding.
	pub tokens: usize,
}

impl Encoder {
	/// The tokenizer of a model's file.
	pub fn of(model: &[u8], title: &str, ports: Vec<Port>) -> Result<Self, Error> {
		let json = model_property(model, TOKENIZER).ok_or_else(|| {
			Error::Usage(format!(
				"{title} has no tokenizer in its file, so it is asked with tensors and not with texts; scripts/text_model.py puts one under \
				 `{TOKENIZER}`, which makes it another model"
			))
		})?;
		let tokenizer = Tokenizer::from_bytes(json)
			.map_err(|error| Error::Usage(format!("the tokenizer in the file of {title} cannot be used: {error}")))?;
		Ok(Encoder { tokenizer, ports })
	}

	/// A batch of texts.
	pub fn texts(&self, texts: &[String]) -> Result<Batch, Error> {
		let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
		// Rows are padded below, as those of token ids are.
		let mut tokenizer = self.tokenizer.clone();
		tokenizer.with_padding(None);
		let encoded = tokenizer.encode_batch(texts, true);
		let encoded = encoded.map_err(|error| Error::Usage(format!("a text cannot be tokenized: {error}")))?;
		let row = |encoding: &tokenizers::Encoding| Row {
			ids: encoding.get_ids().to_vec(),
			types: encoding.get_type_ids().to_vec(),
		};
		self.batch(encoded.iter().map(row).collect())
	}

	/// A batch of texts that are tokens already.
	pub fn ids(&self, rows: Vec<Vec<u32>>) -> Result<Batch, Error> {
		let vocabulary = self.tokenizer.get_vocab_size(true);
		if let Some(id) = rows.iter().flatten().find(|id| **id as usize >= vocabulary) {
			return Err(Error::Usage(format!("there is no token {id}: the model's tokenizer has {vocabulary}")));
		}
		self.batch(rows.into_iter().map(|ids| Row { types: vec![0; ids.len()], ids }).collect())
	}

	fn port(&self, name: &str) -> Option<&Port> {
		self.ports.iter().find(|port| port.name == name)
	}

	/// Pads the rows to one length: the one that the model declares, or that of the longest.
	fn batch(&self, rows: Vec<Row>) -> Result<Batch, Error> {
		if let Some(index) = rows.iter().position(|row| row.ids.is_empty()) {
			return Err(Error::Usage(format!("input {index} has no tokens")));
		}
		let ids = self
			.port("input_ids")
			.ok_or_else(|| Error::Usage("the model has no input `input_ids`: it takes no texts".into()))?;
		let (most, longest) = match ids.shape.as_deref() {
			Some([most, length]) => (*most, *length),
			_ => return Err(Error::Usage("the model's `input_ids` are no matrix of texts and tokens".into())),
		};
		if most.is_some_and(|most| most != rows.len() as u64) {
			let most = most.unwrap_or_default();
			return Err(Error::Usage(format!("the model takes {most} texts at a time, and not {}", rows.len())));
		}
		let length = rows.iter().map(|row| row.ids.len()).max().unwrap_or(0);
		let padded = longest.map_or(length, |longest| longest as usize);
		if length > padded {
			return Err(Error::Usage(format!(
				"a text has {length} tokens, and the model takes {padded}: send shorter ones"
			)));
		}
		if self.port("attention_mask").is_none() && rows.iter().any(|row| row.ids.len() != padded) {
			return Err(Error::Usage(format!(
				"the model has no input `attention_mask`, so padding would change its answer: send texts of {padded} tokens only"
			)));
		}
		let tokens = rows.iter().map(|row| row.ids.len()).sum();
		let tensors = self.ports.iter().map(|port| self.tensor(port, &rows, padded)).collect::<Result<Vec<_>, _>>()?;
		Ok(Batch { input: TensorBundle(tensors), tokens })
	}

	/// The tensor of an input, by its name.
	fn tensor(&self, port: &Port, rows: &[Row], length: usize) -> Result<Tensor, Error> {
		let (pad, left) = match self.tokenizer.get_padding() {
			Some(padding) => (padding.pad_id, matches!(padding.direction, PaddingDirection::Left)),
			None => (0, false),
		};
		let mut values: Vec<u32> = Vec::with_capacity(rows.len().saturating_mul(length));
		for row in rows {
			let (own, fill) = match port.name.as_str() {
				"input_ids" => (row.ids.clone(), pad),
				"attention_mask" => (vec![1; row.ids.len()], 0),
				"token_type_ids" => (row.types.clone(), 0),
				other => return Err(Error::Usage(format!("the model takes `{other}`, which no tokenizer gives"))),
			};
			let padding = vec![fill; length.saturating_sub(own.len())];
			values.extend(if left { [padding, own].concat() } else { [own, padding].concat() });
		}
		let (data_type, data) = match port.data_type.as_str() {
			"int64" => (DataType::I64, values.iter().flat_map(|value| i64::from(*value).to_le_bytes()).collect()),
			"int32" => (DataType::I32, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
			other => {
				return Err(Error::Usage(format!(
					"the model's `{}` is {other}, and tokens are int64 or int32",
					port.name
				)))
			}
		};
		Ok(Tensor { name: port.name.clone(), data_type, shape: vec![rows.len() as u64, length as u64], data })
	}
}

/// A vector for each text, from the output of a model.
pub fn vectors(output: &TensorBundle, texts: usize) -> Result<Vec<Vec<f32>>, Error> {
	let named = output.0.iter().find(|tensor| tensor.name == OUTPUT);
	let tensor = match (named, output.0.as_slice()) {
		(Some(tensor), _) | (None, [tensor]) => tensor,
		(None, all) => {
			let names: Vec<&str> = all.iter().map(|tensor| tensor.name.as_str()).collect();
			return Err(Error::Usage(format!("none of the model's outputs is `{OUTPUT}`: {}", names.join(", "))));
		}
	};
	let width = match (tensor.data_type, tensor.shape.as_slice()) {
		(DataType::F32, [rows, width]) if *rows == texts as u64 && *width > 0 => *width as usize,
		(data_type, shape) => {
			return Err(Error::Usage(format!(
				"the model's output `{}` is {} {shape:?}, and not a float32 vector for each of {texts} texts: its pooling has to be in its graph",
				tensor.name,
				data_type.name()
			)))
		}
	};
	let floats: Vec<f32> =
		tensor.data.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
	Ok(floats.chunks(width).map(<[f32]>::to_vec).collect())
}

/// The first numbers of a vector, at length 1 again. Models that were trained for it keep their meaning so.
pub fn shortened(vector: &[f32], dimensions: usize) -> Result<Vec<f32>, Error> {
	let width = vector.len();
	let first = match vector.get(..dimensions) {
		Some(_) if dimensions == width => return Ok(vector.to_vec()),
		Some(first) if dimensions > 0 => first,
		_ => return Err(Error::Usage(format!("`dimensions` is 1 to {width} with this model, and not {dimensions}"))),
	};
	let length = first.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
	let scale = if length > 0.0 { 1.0 / length } else { 1.0 };
	Ok(first.iter().map(|value| (f64::from(*value) * scale) as f32).collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	const WORDS: &str = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "Lowercase"},
		"pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
		"model": {"type": "WordLevel", "vocab": {"[PAD]": 0, "[UNK]": 1, "a": 2, "cat": 3}, "unk_token": "[UNK]"}}"#;

	/// A model's file with a property and nothing else.
	fn file(key: &str, value: &str) -> Vec<u8> {
		let field = |number: u8, content: &[u8]| {
			let length = content.len();
			let size = [(length & 0x7f) as u8 | 0x80, (length >> 7) as u8 & 0x7f];
			[&[number << 3 | 2], &size[..], content].concat()
		};
		field(14, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat())
	}

	fn encoder(names: &[&str], shape: [Option<u64>; 2]) -> Encoder {
		let port =
			|name: &&str| Port { name: name.to_string(), data_type: "int64".into(), shape: Some(shape.to_vec()) };
		Encoder::of(&file(TOKENIZER, WORDS), "a/b@1", names.iter().map(port).collect()).unwrap()
	}

	fn values(tensor: &Tensor) -> Vec<i64> {
		tensor.data.chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())).collect()
	}

	#[test]
	fn texts_become_a_padded_batch() {
		let all = encoder(&["input_ids", "attention_mask", "token_type_ids"], [None, None]);
		let batch = all.texts(&["A cat".into(), "cat".into(), "a dog cat".into()]).unwrap();
		assert_eq!(batch.tokens, 6);
		let [ids, mask, types] = batch.input.0.as_slice() else { panic!("{:?}", batch.input) };
		assert_eq!(ids.shape, [3, 3]);
		assert_eq!(values(ids), [2, 3, 0, 3, 0, 0, 2, 1, 3]);
		assert_eq!(values(mask), [1, 1, 0, 1, 0, 0, 1, 1, 1]);
		assert_eq!(values(types), [0; 9]);
		let same = all.ids(vec![vec![2, 3], vec![3], vec![2, 1, 3]]).unwrap();
		assert_eq!(same.input, batch.input);
	}

	#[test]
	fn a_model_that_declares_a_length_is_given_it() {
		let fixed = encoder(&["input_ids", "attention_mask"], [Some(1), Some(4)]);
		assert_eq!(values(&fixed.texts(&["a cat".into()]).unwrap().input.0[0]), [2, 3, 0, 0]);
		let says = |done: Result<Batch, Error>| done.err().unwrap().to_string();
		assert!(says(fixed.texts(&["a a a a a".into()])).contains("5 tokens, and the model takes 4"));
		assert!(says(fixed.texts(&["a".into(), "a".into()])).contains("1 texts at a time"));
		assert!(says(fixed.texts(&[" ".into()])).contains("input 0 has no tokens"));
		assert!(says(fixed.ids(vec![vec![4]])).contains("no token 4"));
		let bare = encoder(&["input_ids"], [None, None]);
		assert!(bare.texts(&["a cat".into(), "a dog".into()]).is_ok());
		assert!(says(bare.texts(&["a cat".into(), "a".into()])).contains("attention_mask"));
		let other = encoder(&["input_ids", "attention_mask", "x"], [None, None]);
		assert!(says(other.texts(&["a".into()])).contains("takes `x`"));
	}

	#[test]
	fn a_model_without_a_tokenizer_is_refused() {
		for (model, says) in
			[(file("other", WORDS), "has no tokenizer in its file"), (file(TOKENIZER, "{}"), "cannot be used")]
		{
			let error = Encoder::of(&model, "a/b@1", Vec::new()).err().unwrap().to_string();
			assert!(error.contains(says), "{error}");
		}
	}

	#[test]
	fn a_vector_for_each_text() {
		let tensor = |name: &str, shape: &[u64], values: &[f32]| Tensor {
			name: name.into(),
			data_type: DataType::F32,
			shape: shape.to_vec(),
			data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
		};
		let two = tensor("x", &[2, 2], &[3.0, 4.0, 0.0, 1.0]);
		assert_eq!(vectors(&TensorBundle(vec![two.clone()]), 2).unwrap(), [[3.0, 4.0], [0.0, 1.0]]);
		let named = TensorBundle(vec![tensor("h", &[1], &[1.0]), Tensor { name: OUTPUT.into(), ..two.clone() }]);
		assert_eq!(vectors(&named, 2).unwrap()[1], [0.0, 1.0]);
		assert!(vectors(&TensorBundle(vec![two.clone()]), 3).is_err());
		assert!(vectors(&TensorBundle(vec![two.clone(), two]), 2).is_err());
		assert_eq!(shortened(&[3.0, 4.0, 12.0], 3).unwrap(), [3.0, 4.0, 12.0]);
		assert_eq!(shortened(&[3.0, 4.0, 12.0], 2).unwrap(), [0.6, 0.8]);
		assert!(shortened(&[1.0], 2).is_err() && shortened(&[1.0], 0).is_err());
	}
}
