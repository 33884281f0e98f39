//! Writes `docs/operators.md`, from the table that models are checked with: `operators > docs/operators.md`.

#[path = "../guest/src/operators.rs"]
mod operators;
#[path = "../tests/common/operators.rs"]
mod page;

fn main() {
	print!("{}", page::page());
}
