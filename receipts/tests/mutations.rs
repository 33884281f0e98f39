//! Receipts that were tampered with: none is accepted for a claim that the chain did not make, and none is too much for the verifier.

mod common;

use assay_receipts::{verify, Age, Claim, Error, Receipt};
use common::mutants::{Random, World};
use std::collections::BTreeMap;

/// Mutations of each kind.
const CASES: usize = 4_000;

/// Claims of a chain with the blocks in which they became final.
fn truths(world: &World, chain: usize) -> BTreeMap<u64, (u32, Claim)> {
	let claims = world.chains[chain].claims.iter().enumerate();
	claims.flat_map(|(block, claims)| claims.iter().map(move |c| (c.request, (block as u32, c.clone())))).collect()
}

/// Verifies bytes against the checkpoint of the receipt that they were made from. Some are accepted, and prove what is true: the root over
/// the results does not say how many there are, for one.
fn check(world: &World, (made_from, bytes): (usize, Vec<u8>)) {
	let (chain, checkpoint, _) = &world.receipts[made_from];
	match verify(&bytes, checkpoint, Age::Any) {
		Ok(found) => {
			let truth = &truths(world, *chain)[&found.claim.request];
			assert_eq!((found.block.number, &found.claim), (truth.0, &truth.1), "a claim that does not hold");
			assert_eq!(found.block, world.chains[*chain].headers[truth.0 as usize].block());
			assert_eq!(found.head, world.chains[*chain].headers[found.head.number as usize].block());
			assert_eq!(found.next, world.chains[*chain].trusted(found.head.number));
		}
		Err(Error::Malformed | Error::NotAReceipt) => {
			assert!(Receipt::from_bytes(&bytes).is_err());
		}
		// Bytes that decode have one encoding.
		Err(_) => assert_eq!(Receipt::from_bytes(&bytes).unwrap().to_bytes(), bytes),
	}
}

#[test]
fn flipped_bits_prove_nothing_new() {
	let (world, mut random) = (World::new(), Random(1));
	(0..CASES).for_each(|_| check(&world, world.flipped(&mut random)));
}

#[test]
fn cut_stretched_and_overwritten_bytes_prove_nothing_new() {
	let (world, mut random) = (World::new(), Random(2));
	(0..CASES).for_each(|_| check(&world, world.overwritten(&mut random)));
}

#[test]
fn parts_of_other_receipts_prove_nothing_new() {
	let (world, mut random) = (World::new(), Random(3));
	(0..CASES).for_each(|_| check(&world, world.grafted(&mut random)));
}

#[test]
fn no_bit_of_a_receipt_that_a_node_made_changes_what_it_proves() {
	let (checkpoint, receipt) = common::of_a_node();
	let proven = verify(&receipt, &checkpoint, Age::Any).unwrap();
	for place in 0..receipt.len() {
		for bit in 0..8 {
			let mut bytes = receipt.clone();
			bytes[place] ^= 1 << bit;
			if let Ok(found) = verify(&bytes, &checkpoint, Age::Any) {
				assert_eq!(found, proven, "bit {bit} of byte {place}");
			}
		}
		assert!(verify(&receipt[..place], &checkpoint, Age::Any).is_err(), "cut off at {place}");
	}
}
