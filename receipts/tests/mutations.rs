//! Receipts that were tampered with: none is accepted for a claim that the chain did not make, and none is too much for the verifier.

mod common;

use assay_receipts::{verify, Age, Checkpoint, Claim, Error, Receipt, Start};
use common::{example, overlapping, Chain};
use std::collections::BTreeMap;

/// Mutations of each kind.
const CASES: usize = 4_000;

/// SplitMix64, so that a failure can be run again.
struct Random(u64);

impl Random {
	fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	fn below(&mut self, limit: usize) -> usize {
		(self.next() % limit as u64) as usize
	}
}

/// Receipts of three chains, from genesis and from checkpoints, with none to three changes of the set and with skips.
struct World {
	chains: [Chain; 3],
	receipts: Vec<(usize, Checkpoint, Receipt)>,
}

impl World {
	fn new() -> Self {
		let mut other = Chain::new(3);
		let claims = (0..6).map(|request| other.claim(request)).collect();
		other.block(claims, None);
		other.blocks(8);
		let chains = [example(), other, overlapping()];
		let mut receipts = Vec::new();
		for (start, block, index, head) in
			[(0, 5, 1, 8), (0, 5, 2, 25), (0, 22, 0, 40), (12, 5, 0, 33), (31, 22, 0, 39)]
		{
			let checkpoint = match start {
				0 => chains[0].checkpoint(),
				_ => Checkpoint::Block(chains[0].trusted(start)),
			};
			receipts.push((0, checkpoint, chains[0].receipt_from(start, block, index, head)));
		}
		for index in [0, 5] {
			receipts.push((1, chains[1].checkpoint(), chains[1].receipt(1, index, 7)));
		}
		// Over steps of both kinds.
		for (steps, head) in [(vec![8], 14), (vec![10, 14], 21)] {
			let chain = &chains[2];
			let mut receipt = chain.receipt(1, 0, head);
			receipt.route.steps = steps.into_iter().map(|number| chain.skip(number)).collect();
			receipt.route.head = chain.skip(head);
			receipts.push((2, chain.checkpoint(), receipt));
		}
		World { chains, receipts }
	}

	/// Claims of a chain with the blocks in which they became final.
	fn truths(&self, chain: usize) -> BTreeMap<u64, (u32, Claim)> {
		let claims = self.chains[chain].claims.iter().enumerate();
		claims.flat_map(|(block, claims)| claims.iter().map(move |c| (c.request, (block as u32, c.clone())))).collect()
	}

	/// Verifies bytes against the checkpoint of the receipt that they were made from. Some are accepted, and prove what is true: the root over
	/// the results does not say how many there are, for one.
	fn check(&self, made_from: usize, bytes: &[u8]) {
		let (chain, checkpoint, _) = &self.receipts[made_from];
		match verify(bytes, checkpoint, Age::Any) {
			Ok(found) => {
				let truth = &self.truths(*chain)[&found.claim.request];
				assert_eq!((found.block.number, &found.claim), (truth.0, &truth.1), "a claim that does not hold");
				assert_eq!(found.block, self.chains[*chain].headers[truth.0 as usize].block());
				assert_eq!(found.head, self.chains[*chain].headers[found.head.number as usize].block());
				assert_eq!(found.next, self.chains[*chain].trusted(found.head.number));
			}
			Err(Error::Malformed | Error::NotAReceipt) => {
				assert!(Receipt::from_bytes(bytes).is_err());
			}
			// What decodes has one encoding.
			Err(_) => assert_eq!(Receipt::from_bytes(bytes).unwrap().to_bytes(), bytes),
		}
	}
}

#[test]
fn flipped_bits_prove_nothing_new() {
	let world = World::new();
	let mut random = Random(1);
	for case in 0..CASES {
		let which = case % world.receipts.len();
		let mut bytes = world.receipts[which].2.to_bytes();
		for _ in 0..=random.below(3) {
			let place = random.below(bytes.len());
			bytes[place] ^= 1 << random.below(8);
		}
		if bytes != world.receipts[which].2.to_bytes() {
			world.check(which, &bytes);
		}
	}
}

#[test]
fn cut_stretched_and_overwritten_bytes_prove_nothing_new() {
	let world = World::new();
	let mut random = Random(2);
	for case in 0..CASES {
		let which = case % world.receipts.len();
		let whole = world.receipts[which].2.to_bytes();
		let mut bytes = whole.clone();
		let place = random.below(bytes.len());
		let length = random.below(bytes.len() - place).min(1 + random.below(100));
		match random.below(6) {
			0 => bytes.truncate(place),
			1 => drop(bytes.drain(place..place + length)),
			2 => {
				let copy = bytes[place..place + length].to_vec();
				let at = random.below(bytes.len());
				bytes.splice(at..at, copy);
			}
			3 => {
				let copy = bytes[place..place + length].to_vec();
				let at = random.below(bytes.len() - length);
				bytes[at..at + length].copy_from_slice(&copy);
			}
			4 => bytes[place..place + length].fill([0, 0xff][random.below(2)]),
			_ => bytes.extend((0..length).map(|_| random.next() as u8)),
		}
		if bytes != whole {
			world.check(which, &bytes);
		}
	}
}

/// Puts parts of one receipt into another.
fn graft(into: &mut Receipt, from: &Receipt, part: usize) {
	match part {
		0 => into.claim = from.claim.clone(),
		1 => into.block = from.block,
		2 => into.results = from.results.clone(),
		3 => into.mmr = from.mmr.clone(),
		4 => into.route.start = from.route.start.clone(),
		5 => into.route.steps = from.route.steps.clone(),
		6 => into.route.head = from.route.head.clone(),
		7 => into.route.head.block.header = from.route.head.block.header.clone(),
		8 => into.route.head.block.justification = from.route.head.block.justification.clone(),
		9 => into.claim.decision = from.claim.decision,
		10 => into.claim.output = from.claim.output,
		11 => into.claim.model = from.claim.model,
		12 => into.claim.input = from.claim.input,
		13 => into.claim.request = from.claim.request,
		14 => (into.claim, into.results) = (from.claim.clone(), from.results.clone()),
		15 => (into.claim, into.results, into.block) = (from.claim.clone(), from.results.clone(), from.block),
		16 => {
			let from = from.route.head.block.justification.commit.precommits.clone();
			into.route.head.block.justification.commit.precommits.extend(from);
		}
		17 => {
			let headers = from.route.steps.iter().map(|step| step.block.header.clone()).collect();
			into.route.head.block.justification.votes_ancestries = headers;
		}
		18 => into.route.steps.extend(from.route.steps.clone()),
		19 => (into.route.head, into.mmr) = (from.route.head.clone(), from.mmr.clone()),
		20 => into.route.head.set = from.route.head.set.clone(),
		21 => into.route.steps.iter_mut().for_each(|step| step.set = from.route.head.set.clone()),
		_ => (into.route, into.mmr) = (from.route.clone(), from.mmr.clone()),
	}
}

/// Changes one number, or drops, doubles or moves one thing.
fn nudge(receipt: &mut Receipt, random: &mut Random) {
	let step = match receipt.route.steps.len() {
		0 => &mut receipt.route.head,
		steps => &mut receipt.route.steps[random.below(steps)],
	};
	let justification = &mut step.block.justification;
	let by = random.next() as u32 | 1;
	match random.below(15) {
		0 => receipt.results.index = receipt.results.index.wrapping_add(by),
		1 => receipt.block.number = receipt.block.number.wrapping_add(by),
		2 => receipt.claim.decision.votes = receipt.claim.decision.votes.wrapping_add(by),
		3 => receipt.claim.request = random.next(),
		4 => justification.round = random.next(),
		5 => justification.commit.target_number = by,
		6 => justification.commit.precommits.clear(),
		7 => justification.commit.precommits[0].precommit.target_number ^= by,
		8 => justification.commit.precommits[0].precommit.target_hash = [by as u8; 32],
		9 => justification.commit.precommits[0].signature = [by as u8; 64],
		10 => justification.commit.precommits[0].id = [by as u8; 32],
		11 => receipt.mmr.reverse(),
		12 => receipt.route.head.block.header.number ^= by,
		13 => step.set = None,
		_ => {
			receipt.route.start = Start::Block(receipt.block);
		}
	}
}

#[test]
fn parts_of_other_receipts_prove_nothing_new() {
	let world = World::new();
	let mut random = Random(3);
	for _ in 0..CASES {
		let (which, other) = (random.below(world.receipts.len()), random.below(world.receipts.len()));
		let mut receipt = world.receipts[which].2.clone();
		for _ in 0..=random.below(3) {
			graft(&mut receipt, &world.receipts[other].2, random.below(23));
		}
		if random.below(2) == 0 {
			nudge(&mut receipt, &mut random);
		}
		world.check(which, &receipt.to_bytes());
	}
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
