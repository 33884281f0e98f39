//! The terms of a text, for the keyword part of a ranking. The tables are written out: a ranking is for ever, and those of the standard
//! library change with Unicode.

use rust_stemmers::{Algorithm, Stemmer};

/// Words that say nothing about what a text is about, before stemming.
pub const STOP_WORDS: [&str; 127] = [
	"a",
	"about",
	"above",
	"after",
	"again",
	"against",
	"all",
	"am",
	"an",
	"and",
	"any",
	"are",
	"as",
	"at",
	"be",
	"because",
	"been",
	"before",
	"being",
	"below",
	"between",
	"both",
	"but",
	"by",
	"can",
	"did",
	"do",
	"does",
	"doing",
	"don",
	"down",
	"during",
	"each",
	"few",
	"for",
	"from",
	"further",
	"had",
	"has",
	"have",
	"having",
	"he",
	"her",
	"here",
	"hers",
	"herself",
	"him",
	"himself",
	"his",
	"how",
	"i",
	"if",
	"in",
	"into",
	"is",
	"it",
	"its",
	"itself",
	"just",
	"me",
	"more",
	"most",
	"my",
	"myself",
	"no",
	"nor",
	"not",
	"now",
	"of",
	"off",
	"on",
	"once",
	"only",
	"or",
	"other",
	"our",
	"ours",
	"ourselves",
	"out",
	"over",
	"own",
	"s",
	"same",
	"she",
	"should",
	"so",
	"some",
	"such",
	"t",
	"than",
	"that",
	"the",
	"their",
	"theirs",
	"them",
	"themselves",
	"then",
	"there",
	"these",
	"they",
	"this",
	"those",
	"through",
	"to",
	"too",
	"under",
	"until",
	"up",
	"very",
	"was",
	"we",
	"were",
	"what",
	"when",
	"where",
	"which",
	"while",
	"who",
	"whom",
	"why",
	"will",
	"with",
	"you",
	"your",
	"yours",
	"yourself",
	"yourselves",
];

/// A character as the ranking sees it.
enum Class {
	/// Ends a word.
	Separator,
	/// Part of a word, in lower case.
	Word(char),
	/// A word of its own: scripts that put no spaces between words.
	Alone(char),
}

/// Characters between words beyond ASCII: signs of Latin-1, general punctuation to arrows and boxes, CJK and full-width punctuation.
const SEPARATORS: [(u32, u32); 12] = [
	(0x80, 0xA9),
	(0xAB, 0xB4),
	(0xB6, 0xB9),
	(0xBB, 0xBF),
	(0xD7, 0xD7),
	(0xF7, 0xF7),
	(0x2000, 0x2BFF),
	(0x3000, 0x303F),
	(0xE000, 0xF8FF),
	(0xFE00, 0xFE6F),
	(0xFF00, 0xFF0F),
	(0x1F000, 0x1FAFF),
];

/// Thai to Burmese, kana, Bopomofo, CJK ideographs.
const ALONE: [(u32, u32); 5] =
	[(0x0E00, 0x109F), (0x3040, 0x31FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)];

fn within(ranges: &[(u32, u32)], code: u32) -> bool {
	ranges.iter().any(|(first, last)| (*first..=*last).contains(&code))
}

fn class(character: char) -> Class {
	let code = character as u32;
	match code {
		0x30..=0x39 | 0x61..=0x7A => Class::Word(character),
		0x41..=0x5A => Class::Word(lower(code + 32)),
		..0x80 => Class::Separator,
		_ if within(&SEPARATORS, code) => Class::Separator,
		_ if within(&ALONE, code) => Class::Alone(character),
		// Latin-1, Greek, Cyrillic, Armenian.
		0xC0..=0xDE | 0x391..=0x3A9 | 0x410..=0x42F => Class::Word(lower(code + 32)),
		0x400..=0x40F => Class::Word(lower(code + 80)),
		0x531..=0x556 => Class::Word(lower(code + 48)),
		// Latin Extended-A, in pairs.
		0x100..=0x137 | 0x14A..=0x177 if code.is_multiple_of(2) => Class::Word(lower(code + 1)),
		0x139..=0x148 | 0x179..=0x17E if !code.is_multiple_of(2) => Class::Word(lower(code + 1)),
		0x178 => Class::Word('\u{FF}'),
		_ => Class::Word(character),
	}
}

fn lower(code: u32) -> char {
	char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The terms of a text, in its order: lower case, runs of letters and digits, without stop words, stemmed by Snowball's English.
pub fn terms(text: &str) -> Vec<String> {
	let stemmer = Stemmer::create(Algorithm::English);
	let mut found = Vec::new();
	let mut word = String::new();
	let mut end = |word: &mut String| {
		if !word.is_empty() && STOP_WORDS.binary_search(&word.as_str()).is_err() {
			found.push(stemmer.stem(word).into_owned());
		}
		word.clear();
	};
	for character in text.chars() {
		match class(character) {
			Class::Word(character) => word.push(character),
			Class::Separator => end(&mut word),
			Class::Alone(character) => {
				end(&mut word);
				word.push(character);
				end(&mut word);
			}
		}
	}
	end(&mut word);
	found
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn stop_words_are_in_order_and_the_tables_do_not_overlap() {
		assert!(STOP_WORDS.windows(2).all(|pair| pair[0] < pair[1]));
		for table in [&SEPARATORS[..], &ALONE[..]] {
			assert!(table.windows(2).all(|pair| pair[0].1 < pair[1].0));
		}
		assert!(SEPARATORS.iter().all(|(first, last)| (*first..=*last).all(|code| !within(&ALONE, code))));
	}

	#[test]
	fn words_are_lower_case_stemmed_and_without_stop_words() {
		assert_eq!(terms("The QUICK foxes, jumping over 3 dogs!"), ["quick", "fox", "jump", "3", "dog"]);
		assert_eq!(terms("ÄRGER Łódź ŒUVRE Привет ΩΜΕΓΑ Ёлка"), ["ärger", "łódź", "œuvr", "привет", "ωμεγα", "ёлка"]);
		assert_eq!(terms("我住在Berlin。"), ["我", "住", "在", "berlin"]);
		assert_eq!(terms("  ... \u{1F600} — "), Vec::<String>::new());
	}

	#[test]
	fn what_is_lowered_agrees_with_unicode_in_the_ranges_of_the_table() {
		for code in (0x41..0x250).chain(0x391..0x3AA).chain(0x400..0x430).chain(0x531..0x557) {
			let character = char::from_u32(code).unwrap();
			let Class::Word(lowered) = class(character) else { continue };
			let expected: Vec<char> = character.to_lowercase().collect();
			// The dotted capital I has two characters, U+03A2 is nothing, and what lies beyond Latin Extended-A stays as it is.
			if expected.len() == 1 && !(0x180..0x391).contains(&code) && ![0x130, 0x3A2].contains(&code) {
				assert_eq!(vec![lowered], expected, "{code:x}");
			}
		}
	}
}
