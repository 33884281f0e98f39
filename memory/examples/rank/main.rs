//! Answers cases of the ranking: one in JSON a line on standard input, one answer a line. `tests/memory/ranking.py` compares them with a
//! plain implementation in Python.

mod cases;

use std::io::{stdin, stdout, BufRead, Write};

fn main() {
	let mut out = stdout().lock();
	for line in stdin().lock().lines() {
		let case = serde_json::from_str(&line.expect("standard input can be read")).expect("a line is a case in JSON");
		writeln!(out, "{}", cases::answer(&case)).expect("somebody reads the answers");
		out.flush().expect("somebody reads the answers");
	}
}
