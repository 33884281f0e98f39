//! Values of the state after a finalized block.

mod common;

use assay_receipts::{value_key, verify_state, Age, Checkpoint, Error, State, StateError, MAX_RECEIPT_BYTES};
use codec::Encode;
use common::{example, Chain};

fn number() -> Vec<u8> {
	value_key("System", "Number")
}

fn statement(chain: &Chain, start: u32, head: u32, key: Vec<u8>) -> State {
	let route = chain.receipt_from(start, 5, 0, head).route;
	State { nodes: chain.state(head).nodes(std::slice::from_ref(&key)), key, route }
}

fn error(chain: &Chain, statement: &State) -> Error {
	verify_state(&statement.to_bytes(), &chain.checkpoint(), Age::Any).unwrap_err()
}

#[test]
fn a_value_and_its_absence_are_proven_from_genesis_and_from_a_checkpoint() {
	let chain = example();
	for (start, head) in [(0, 8), (0, 40), (12, 31), (31, 40)] {
		let checkpoint = match start {
			0 => chain.checkpoint(),
			_ => Checkpoint::Block(chain.trusted(start)),
		};
		let absent = value_key("System", "Nothing");
		for (key, value) in [(number(), Some(7u32.encode())), (absent.clone(), None), (vec![], None)] {
			let statement = statement(&chain, start, head, key.clone()).to_bytes();
			let found = verify_state(&statement, &checkpoint, Age::Any).unwrap();
			assert_eq!((found.key, found.value), (key, value));
			assert_eq!(found.block, chain.headers[head as usize].block());
			assert_eq!((found.genesis, found.checkpoint), (chain.genesis(), chain.headers[start as usize].block()));
			assert_eq!(found.next, chain.trusted(head));
		}
	}
}

#[test]
fn what_the_state_does_not_say_is_refused() {
	let chain = example();
	let change = |change: &dyn Fn(&mut State)| {
		let mut statement = statement(&chain, 0, 12, number());
		change(&mut statement);
		error(&chain, &statement)
	};
	assert_eq!(change(&|s| drop(s.nodes.pop())), Error::State(StateError::MissingNode));
	assert_eq!(change(&|s| s.nodes.push(vec![0])), Error::State(StateError::UnusedNode));
	assert_eq!(change(&|s| *s.nodes[0].last_mut().unwrap() ^= 1), Error::State(StateError::MissingNode));
	// The value of another block's state, and nodes that lead elsewhere.
	assert_eq!(change(&|s| s.nodes = chain.state(5).nodes(&[number()])), Error::State(StateError::MissingNode));
	let sets = value_key("Grandpa", "Authorities");
	assert!(matches!(change(&|s| s.key = sets.clone()), Error::State(_)));
}

#[test]
fn bytes_that_are_no_statement_are_refused() {
	let chain = example();
	let bytes = statement(&chain, 0, 8, number()).to_bytes();
	let error = |bytes: &[u8]| verify_state(bytes, &chain.checkpoint(), Age::Any).unwrap_err();
	assert_eq!(error(&bytes[..bytes.len() - 1]), Error::Malformed);
	assert_eq!(error(&[&bytes[..], &[0]].concat()), Error::Malformed);
	assert_eq!(error(&chain.receipt(5, 0, 8).to_bytes()), Error::NotAReceipt);
	let long = vec![0; MAX_RECEIPT_BYTES + 1];
	assert_eq!(error(&long), Error::TooLarge { bytes: long.len(), limit: MAX_RECEIPT_BYTES });
	let old = verify_state(&bytes, &chain.checkpoint(), Age::Bonded { now: 21 }).unwrap_err();
	assert_eq!(old, Error::CheckpointTooOld { age: 21, limit: 20 });
}
