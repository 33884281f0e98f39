//! The inherent by which the author of a block reports finality: the block that has been final for [`FINAL_FOR`] blocks in its view.

use crate::full::FullClient;
use assay_primitives::constants::{FINALITY_INHERENT, FINAL_FOR};
use futures::StreamExt;
use parking_lot::Mutex;
use sc_client_api::BlockchainEvents;
use sp_blockchain::HeaderBackend;
use sp_inherents::{Error, InherentData, InherentDataProvider, InherentIdentifier};
use std::{collections::VecDeque, sync::Arc};

/// Finalized blocks, each with the best block that there was when this node learned that it is final.
#[derive(Default)]
struct Seen(VecDeque<(u32, u32)>);

impl Seen {
	fn note(&mut self, best: u32, is_final: u32) {
		self.0.push_back((best, is_final));
		// A node that makes no blocks never asks.
		self.settled(best);
	}

	/// The last block that has been final since [`FINAL_FOR`] blocks below the best one.
	fn settled(&mut self, best: u32) -> Option<u32> {
		let is_old = |(at, _): &(u32, u32)| at.saturating_add(FINAL_FOR) <= best;
		while self.0.get(1).is_some_and(is_old) {
			self.0.pop_front();
		}
		self.0.front().filter(|seen| is_old(seen)).map(|(_, is_final)| *is_final)
	}
}

/// Follows finality, and gives the inherent to the blocks that this node makes.
pub struct Finality {
	client: Arc<FullClient>,
	seen: Mutex<Seen>,
}

impl Finality {
	pub fn new(client: Arc<FullClient>) -> Arc<Self> {
		Arc::new(Finality { client, seen: Mutex::default() })
	}

	/// Ends with the node.
	pub async fn watch(self: Arc<Self>) {
		let mut finality = self.client.finality_notification_stream();
		self.note();
		while finality.next().await.is_some() {
			self.note();
		}
	}

	fn note(&self) {
		let info = self.client.info();
		self.seen.lock().note(info.best_number, info.finalized_number);
	}

	/// Inherent of the next block.
	pub fn inherent(&self) -> SettledBlock {
		SettledBlock(self.seen.lock().settled(self.client.info().best_number))
	}
}

/// The inherent of a block.
pub struct SettledBlock(Option<u32>);

#[async_trait::async_trait]
impl InherentDataProvider for SettledBlock {
	async fn provide_inherent_data(&self, data: &mut InherentData) -> Result<(), Error> {
		match self.0 {
			Some(block) => data.put_data(FINALITY_INHERENT, &block),
			None => Ok(()),
		}
	}

	async fn try_handle_error(&self, _: &InherentIdentifier, _: &[u8]) -> Option<Result<(), Error>> {
		None
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_block_is_told_when_it_has_been_final_for_four_blocks() {
		let mut seen = Seen::default();
		assert_eq!(seen.settled(100), None);
		seen.note(10, 7);
		seen.note(11, 9);
		seen.note(30, 29);
		assert_eq!([33, 34].map(|best| seen.settled(best)), [Some(9), Some(29)]);
		let mut seen = Seen::default();
		seen.note(10, 7);
		seen.note(11, 9);
		assert_eq!([13, 14, 15].map(|best| seen.settled(best)), [None, Some(7), Some(9)]);
		(20..1_000).for_each(|best| seen.note(best, best - 2));
		assert!(seen.0.len() <= FINAL_FOR as usize + 1, "what is old is forgotten, whether it is asked for or not");
	}
}
