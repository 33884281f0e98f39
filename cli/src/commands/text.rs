//! Tables and colours.

use comfy_table::{Cell, Color, ContentArrangement, Table, TableStyle};
use std::io::IsTerminal;

/// A table without lines, for people.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
	let mut table = Table::new();
	table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic);
	if !colours() {
		table.force_no_tty();
	}
	table.set_header(header.iter().map(|title| title.to_uppercase()));
	let cell = |text: String| match colour(&text) {
		Some((_, colour)) => Cell::new(text).fg(colour),
		None => Cell::new(text),
	};
	for row in rows {
		table.add_row(row.into_iter().map(cell));
	}
	table.trim_fmt()
}

/// True if stdout shows colours, and the user wants them.
fn colours() -> bool {
	let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
	!unwanted && std::io::stdout().is_terminal()
}

/// The colour of a word that says how things stand: its code for terminals, and its name.
fn colour(word: &str) -> Option<(u8, Color)> {
	match word {
		"Active" | "Final" | "verified" | "yes" => Some((32, Color::Green)),
		"Pending" | "Waiting" | "Voting" | "Agreed" => Some((33, Color::Yellow)),
		"Rejected" | "Expired" | "Unresolved" | "Failed" | "Escalated" => Some((31, Color::Red)),
		_ => None,
	}
}

/// Lines of a name and a value.
pub fn pairs(rows: &[(&str, String)]) -> String {
	let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:<11}{value}")).collect();
	lines.join("\n")
}

/// A word that says how things stand, in its colour where there is a terminal that shows it.
pub fn status(word: &str) -> String {
	match colour(word) {
		Some((code, _)) if colours() => format!("\x1b[{code}m{word}\x1b[0m"),
		_ => word.into(),
	}
}

/// The beginning of an id.
pub fn short(id: impl AsRef<[u8]>) -> String {
	let digits = hex::encode(id);
	format!("0x{}…", digits.get(..12).unwrap_or(&digits))
}

/// Bytes as text, where they come from strangers: without what a terminal would obey.
pub fn foreign(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }).collect()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_strangers_write_does_not_move_the_cursor() {
		assert_eq!(foreign(b"a\x1b[2Jb\nc"), "a\u{fffd}[2Jb\u{fffd}c");
	}
}
