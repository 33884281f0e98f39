//! Words: `StringNormalizer`, `Tokenizer` of com.microsoft and `TfIdfVectorizer`, as scikit-learn's exporter writes what counts words.

use super::{elements, Kernel, FUNCTION};
use assay_primitives::tensor::MAX_TEXT_BYTES;
use std::collections::BTreeMap;
use tract_onnx::{prelude::*, tract_hir::internal::*};

/// Most tokens of an element of text.
const MOST_TOKENS: u64 = MAX_TEXT_BYTES as u64;

/// The letters that `StringNormalizer` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
	None,
	Lower,
	Upper,
}

impl Case {
	/// By its name.
	pub fn new(name: &str) -> Option<Self> {
		Some(match name {
			"NONE" => Case::None,
			"LOWER" => Case::Lower,
			"UPPER" => Case::Upper,
			_ => return None,
		})
	}

	/// A letter in this case, as one letter.
	fn of(self, letter: char) -> char {
		match self {
			Case::None => letter,
			// Of the capital I with a dot it is the first of two.
			Case::Lower => letter.to_lowercase().next().unwrap_or(letter),
			Case::Upper => {
				let mut letters = letter.to_uppercase();
				letters.next().filter(|_| letters.next().is_none()).unwrap_or(letter)
			}
		}
	}
}

/// `StringNormalizer` without words that it leaves out.
#[derive(Debug, Clone)]
pub struct Normalizer(pub Case);

impl Kernel for Normalizer {
	fn name(&self) -> &'static str {
		"StringNormalizer"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("StringNormalizer has one input") };
		ensure!(input.datum_type == DatumType::String, "StringNormalizer of {:?}, only of text", input.datum_type);
		let row = input.rank() == 1 || input.rank() == 2 && input.shape[0].is_one();
		ensure!(row, "StringNormalizer takes a list or one row, as it does in onnxruntime; reshape it before");
		Ok(tvec!(String::fact(input.shape.clone())))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(inputs[0])?.saturating_mul(4 * MAX_TEXT_BYTES as u64))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let plain = input.try_as_plain_ram()?;
		let mut normal = vec![];
		for text in plain.as_slice::<String>()? {
			let text: String = text.chars().map(|letter| self.0.of(letter)).collect();
			ensure!(text.len() <= MAX_TEXT_BYTES, "StringNormalizer: a text of more than {MAX_TEXT_BYTES} bytes");
			normal.push(text);
		}
		Ok(tvec!(tensor1(&normal).into_shape(input.shape())?.into_tvalue()))
	}
}

/// Letters that a token is made of.
#[derive(Debug, Clone)]
pub enum Letters {
	/// All but the end of a line.
	Any,
	/// The letters in these ranges if `inside`, or else all letters outside of them.
	Ranges { ranges: Vec<(char, char)>, inside: bool },
}

impl Letters {
	fn has(&self, letter: char) -> bool {
		match self {
			Letters::Any => letter != '\n',
			Letters::Ranges { ranges, inside } => {
				ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)) == *inside
			}
		}
	}

	/// The expressions that are supported: a dot, or ranges in brackets, once or as often as there are such letters.
	pub fn new(expression: &str) -> TractResult<(Letters, bool)> {
		let (one, repeats) = match expression.strip_suffix('+') {
			Some(one) => (one, true),
			None => (expression, false),
		};
		let named = |name: char| -> Option<Vec<(char, char)>> {
			Some(match name {
				'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
				'd' => vec![('0', '9')],
				's' => vec![('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
				_ if name.is_ascii_punctuation() => vec![(name, name)],
				_ => return None,
			})
		};
		let found = match one.strip_prefix('\\').map(|rest| rest.chars().collect::<Vec<_>>()) {
			_ if one == "." => Some(Letters::Any),
			Some(rest) if rest.len() == 1 => named(rest[0]).map(|ranges| Letters::Ranges { ranges, inside: true }),
			_ => Self::class(one, named),
		};
		let found = found.with_context(|| {
			format!("Tokenizer: the tokenexp {expression} is not supported, only a set of letters in brackets, \\w, \\d, \\s or a dot, with or without +")
		})?;
		Ok((found, repeats))
	}

	/// Ranges in brackets.
	fn class(one: &str, named: impl Fn(char) -> Option<Vec<(char, char)>>) -> Option<Letters> {
		let inner = one.strip_prefix('[')?.strip_suffix(']')?;
		let (inner, inside) = match inner.strip_prefix('^') {
			Some(rest) => (rest, false),
			None => (inner, true),
		};
		let mut letters = inner.chars();
		let mut ranges = vec![];
		while let Some(letter) = letters.next() {
			if letter == '\\' {
				ranges.extend(named(letters.next()?)?);
				continue;
			}
			if letter == '[' || letter == ']' {
				return None;
			}
			let mut after = letters.clone();
			match (after.next(), after.next()) {
				(Some('-'), Some(last)) if last != '\\' && last >= letter => {
					ranges.push((letter, last));
					letters = after;
				}
				(Some('-'), Some(_)) => return None,
				_ => ranges.push((letter, letter)),
			}
		}
		(!ranges.is_empty()).then_some(Letters::Ranges { ranges, inside })
	}
}

/// `Tokenizer`.
#[derive(Debug, Clone)]
pub struct Tokenizer {
	pub letters: Letters,
	/// True if a token is as many letters as there are, and false if it is one.
	pub repeats: bool,
	/// Letters of the shortest token.
	pub shortest: usize,
	/// True if marks stand around an element's tokens.
	pub marks: bool,
	pub pad: String,
	/// The most tokens of an element, which the run decides.
	pub count: Symbol,
}

/// The marks before and behind an element's tokens.
const MARKS: [&str; 2] = ["\u{2}", "\u{3}"];

impl Tokenizer {
	fn tokens(&self, text: &str) -> Vec<String> {
		let mut tokens = vec![];
		if text.chars().count() < self.shortest {
			return tokens;
		}
		let mut rest = text;
		while let Some(start) = rest.find(|letter| self.letters.has(letter)) {
			rest = &rest[start..];
			let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
			let end =
				if self.repeats { rest.find(|letter| !self.letters.has(letter)).unwrap_or(rest.len()) } else { first };
			let long = rest[..end].chars().count() >= self.shortest;
			if long {
				tokens.push(rest[..end].to_string());
			}
			rest = &rest[if long { end } else { first }..];
		}
		tokens
	}
}

impl Kernel for Tokenizer {
	fn name(&self) -> &'static str {
		"Tokenizer"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("Tokenizer has one input") };
		ensure!(input.datum_type == DatumType::String, "Tokenizer of {:?}, only of text", input.datum_type);
		ensure!((1..=2).contains(&input.rank()), "Tokenizer of {} dimensions, only of one or two", input.rank());
		let mut shape = input.shape.to_tvec();
		shape.push(self.count.to_dim());
		Ok(tvec!(String::fact(shape)))
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		Some(elements(inputs[0])?.saturating_mul(32 * MOST_TOKENS))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let plain = input.try_as_plain_ram()?;
		let rows: Vec<Vec<String>> = plain.as_slice::<String>()?.iter().map(|text| self.tokens(text)).collect();
		let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
		let marks = self.marks && longest > 0;
		let mut shape: TVec<usize> = input.shape().into();
		let columns = longest + if marks { 2 } else { 0 };
		shape.push(columns);
		// An element of text costs as if it were as long as it may be.
		crate::meter::check_tensor((rows.len() as u64).saturating_mul(columns as u64).saturating_mul(MOST_TOKENS))?;
		let mut all = vec![];
		for row in rows {
			let pads = longest - row.len();
			all.extend(marks.then(|| MARKS[0].to_string()));
			all.extend(row);
			all.extend(marks.then(|| MARKS[1].to_string()));
			all.extend(std::iter::repeat_n(self.pad.clone(), pads));
		}
		Ok(tvec!(tensor1(&all).into_shape(&shape)?.into_tvalue()))
	}
}

/// The numbers that `TfIdfVectorizer` makes of its counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighting {
	Count,
	Once,
	Weighted,
}

/// `TfIdfVectorizer`.
#[derive(Debug, Clone)]
pub struct Vectorizer {
	/// The words of the pool by text; none where it is of integers.
	pub words: Option<BTreeMap<String, i64>>,
	/// The column of each sequence of words that is counted.
	pub columns: BTreeMap<Vec<i64>, usize>,
	/// Shortest and longest sequence.
	pub lengths: (usize, usize),
	/// Most words that are left out between two of a sequence.
	pub skips: usize,
	pub weighting: Weighting,
	/// One for each column, or none.
	pub weights: Vec<f32>,
	pub width: usize,
}

impl Vectorizer {
	fn row(&self, words: &[i64]) -> Vec<f32> {
		let mut counts = vec![0u32; self.width];
		let mut count = |sequence: &[i64]| {
			if let Some(column) = self.columns.get(sequence) {
				counts[*column] += 1;
			}
		};
		let (mut shortest, longest) = self.lengths;
		if shortest == 1 {
			// Single words have nothing between them.
			words.iter().for_each(|word| count(std::slice::from_ref(word)));
			shortest = 2;
		}
		if shortest <= longest {
			for distance in 1..=self.skips + 1 {
				for start in 0..words.len() {
					let mut sequence = vec![];
					for word in words[start..].iter().step_by(distance).take(longest) {
						sequence.push(*word);
						if sequence.len() >= shortest {
							count(&sequence);
						}
					}
				}
			}
		}
		let weight = |column: usize| self.weights.get(column).copied().unwrap_or(1.0);
		let value = |(column, count): (usize, u32)| match self.weighting {
			Weighting::Count => count as f32,
			Weighting::Once => {
				if count > 0 {
					weight(column)
				} else {
					0.0
				}
			}
			Weighting::Weighted => count as f32 * weight(column),
		};
		counts.into_iter().enumerate().map(value).collect()
	}
}

impl Kernel for Vectorizer {
	fn name(&self) -> &'static str {
		"TfIdfVectorizer"
	}

	fn facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let [input] = inputs else { bail!("TfIdfVectorizer has one input") };
		let fits = match (&self.words, input.datum_type) {
			(Some(_), data_type) => data_type == DatumType::String,
			(None, data_type) => matches!(data_type, DatumType::I32 | DatumType::I64),
		};
		ensure!(fits, "TfIdfVectorizer of {:?}, which its pool is not of", input.datum_type);
		let width = self.width.to_dim();
		match input.rank() {
			0 | 1 => Ok(tvec!(f32::fact([width]))),
			2 => Ok(tvec!(f32::fact([input.shape[0].clone(), width]))),
			rank => bail!("TfIdfVectorizer of {rank} dimensions, only of one or two"),
		}
	}

	fn units(&self, inputs: &[&TypedFact]) -> Option<u64> {
		// Each word begins a sequence of every length and distance, and each is looked for.
		let looked = (self.lengths.1 as u64).saturating_mul(self.skips as u64 + 1).saturating_mul(8 * FUNCTION);
		let rows = if inputs[0].rank() == 2 { *inputs[0].shape.as_concrete()?.first()? as u64 } else { 1 };
		let written = rows.saturating_mul(self.width as u64).saturating_mul(8);
		Some(elements(inputs[0])?.saturating_mul(looked.saturating_add(8 * FUNCTION)).saturating_add(written))
	}

	fn eval(&self, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input = args_1!(inputs);
		let words: Vec<i64> = match &self.words {
			None => input.cast_to::<i64>()?.try_as_plain_ram()?.as_slice::<i64>()?.to_vec(),
			Some(known) => {
				let plain = input.try_as_plain_ram()?;
				let number = |text: &String| known.get(text).copied().unwrap_or(-1);
				plain.as_slice::<String>()?.iter().map(number).collect()
			}
		};
		let mut shape: TVec<usize> = tvec!(self.width);
		let (mut rows, mut columns) = (1, words.len());
		if input.rank() == 2 {
			(rows, columns) = (input.shape()[0], input.shape()[1]);
			shape.insert(0, rows);
		}
		let found: Vec<f32> = (0..rows).flat_map(|row| self.row(&words[row * columns..][..columns])).collect();
		Ok(tvec!(tensor1(&found).into_shape(&shape)?.into_tvalue()))
	}
}
