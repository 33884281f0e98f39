//! Receipts that were tampered with, the same ones for every language that verifies them.

use super::{example, overlapping, Chain};
use assay_receipts::{Checkpoint, Receipt, Start};

/// SplitMix64, so that a failure can be run again.
pub struct Random(pub u64);

impl Random {
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	pub fn below(&mut self, limit: usize) -> usize {
		(self.next() % limit as u64) as usize
	}
}

/// Receipts of three chains, from genesis and from checkpoints, with none to three changes of the set and with skips.
pub struct World {
	pub chains: [Chain; 3],
	/// Receipts with the chains that they are of and the checkpoints that they begin with.
	pub receipts: Vec<(usize, Checkpoint, Receipt)>,
}

impl World {
	pub fn new() -> Self {
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

	/// A receipt with a few flipped bits, and which one it was.
	pub fn flipped(&self, random: &mut Random) -> (usize, Vec<u8>) {
		let which = random.below(self.receipts.len());
		let mut bytes = self.receipts[which].2.to_bytes();
		for _ in 0..=random.below(3) {
			let place = random.below(bytes.len());
			bytes[place] ^= 1 << random.below(8);
		}
		(which, bytes)
	}

	/// A receipt that was cut, stretched or overwritten.
	pub fn overwritten(&self, random: &mut Random) -> (usize, Vec<u8>) {
		let which = random.below(self.receipts.len());
		let mut bytes = self.receipts[which].2.to_bytes();
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
		(which, bytes)
	}

	/// A receipt with parts of others, and sometimes another number or order.
	pub fn grafted(&self, random: &mut Random) -> (usize, Vec<u8>) {
		let (which, other) = (random.below(self.receipts.len()), random.below(self.receipts.len()));
		let mut receipt = self.receipts[which].2.clone();
		for _ in 0..=random.below(3) {
			graft(&mut receipt, &self.receipts[other].2, random.below(23));
		}
		if random.below(2) == 0 {
			nudge(&mut receipt, random);
		}
		(which, receipt.to_bytes())
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
