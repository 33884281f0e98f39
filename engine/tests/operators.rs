//! The operators that the engine honours are those of its documentation.

#[path = "../guest/src/operators.rs"]
mod operators;
#[path = "common/operators.rs"]
mod page;

#[test]
fn the_page_of_operators_is_the_table() {
	let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operators.md")).unwrap();
	assert!(written == page::page(), "write it anew: cargo run --example operators > docs/operators.md");
}

#[test]
fn operators_are_in_order_and_named_once() {
	for (domain, operators) in operators::DOMAINS {
		let names: Vec<&str> = operators.iter().map(|operator| operator.name).collect();
		assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "of the domain `{domain}`");
	}
}

#[test]
fn what_is_honoured_needs_no_other_way() {
	let honoured = |domain: &str, name: &str| {
		let operators = operators::DOMAINS.iter().find(|(known, _)| *known == domain);
		operators.is_some_and(|(_, operators)| operators.iter().any(|operator| operator.name == name))
	};
	assert!(operators::INSTEAD.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1)));
	assert!(operators::INSTEAD.iter().all(|(domain, name, _)| !honoured(domain, name)));
}
