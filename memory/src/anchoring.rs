//! A daemon that puts commits on the chain by itself: when, and for whom somebody waits.

use crate::{
	constants::{BATCH_SECONDS, BATCH_WRITES, FINAL_SECONDS, RETRY_SECONDS},
	store::Space,
	Result,
};
use std::{
	future::Future,
	sync::Arc,
	time::{Duration, Instant},
};
use tokio::sync::watch;

/// Time between two looks for commits that are to go on the chain.
const TICK: Duration = Duration::from_secs(1);

/// The way to the chain: puts the commits of a space there, and takes in those of others.
pub trait Chain {
	/// Does so once. Writes from before the pass are in a finalized block when it ends, or the error says what they
	/// wait for.
	fn pass(&self, space: &Space) -> impl Future<Output = std::result::Result<(), String>>;
}

/// Counts of the passes that have put a space on the chain.
#[derive(Clone, Default)]
struct Passes {
	begun: u64,
	/// The last one that went well.
	done: u64,
	/// Somebody waits for this one.
	asked: u64,
	waits_for: Option<String>,
}

/// The commits of a space on their way to the chain.
pub struct Anchoring {
	space: Arc<Space>,
	passes: watch::Sender<Passes>,
}

impl Anchoring {
	/// Of a space.
	pub fn new(space: Arc<Space>) -> Self {
		Anchoring { space, passes: watch::Sender::default() }
	}

	/// The space.
	pub fn space(&self) -> &Arc<Space> {
		&self.space
	}

	/// The reason that keeps the space's commits from the chain, if the last pass did not go well.
	pub fn waits_for(&self) -> Option<String> {
		self.passes.borrow().waits_for.clone()
	}

	/// Waits until what was written before is in a finalized block, for [`FINAL_SECONDS`] at most. Gives what it waits for after that.
	pub async fn until_final(&self) -> std::result::Result<(), String> {
		let mut number = 0;
		self.passes.send_modify(|passes| {
			number = passes.begun + 1;
			passes.asked = number;
		});
		let mut passes = self.passes.subscribe();
		let done = async { passes.wait_for(|passes| passes.done >= number).await.is_ok() };
		let done = tokio::time::timeout(Duration::from_secs(FINAL_SECONDS), done).await;
		match done.is_ok_and(|done| done) {
			true => Ok(()),
			false => Err(self.waits_for().unwrap_or_else(|| "a finalized block".into())),
		}
	}

	fn is_asked(&self) -> bool {
		let passes = self.passes.borrow();
		passes.asked > passes.done
	}

	/// Writes that no finalized block has.
	fn behind(&self) -> Result<u64> {
		self.space.view(|view| {
			let indices = (0..view.index.len()).rev();
			Ok(indices.take_while(|index| view.status(*index) != "final" && view.index.get(*index).is_some()).count()
				as u64)
		})
	}

	async fn pass(&self, chain: &impl Chain) -> bool {
		let mut number = 0;
		self.passes.send_modify(|passes| {
			passes.begun += 1;
			number = passes.begun;
		});
		let done = chain.pass(&self.space).await;
		if let Err(why) = &done {
			if self.waits_for().as_ref() != Some(why) {
				eprintln!("assay: space {} waits: {why}", self.space.name());
			}
		}
		let went_well = done.is_ok();
		self.passes.send_modify(|passes| {
			passes.waits_for = done.err();
			if went_well {
				passes.done = number;
			}
		});
		went_well
	}
}

/// Puts on the chain what was written, after [`BATCH_SECONDS`] or [`BATCH_WRITES`] writes, or when somebody waits for it.
pub(crate) async fn anchor_in_time(all: &[Arc<Anchoring>], chain: &impl Chain) {
	let mut next: Vec<(Instant, bool)> = all.iter().map(|_| (Instant::now(), false)).collect();
	loop {
		for (anchoring, (at, went_well)) in all.iter().zip(&mut next) {
			let many = || anchoring.behind().is_ok_and(|behind| behind >= BATCH_WRITES);
			if Instant::now() >= *at || (*went_well && (anchoring.is_asked() || many())) {
				*went_well = anchoring.pass(chain).await;
				*at = Instant::now() + Duration::from_secs(if *went_well { BATCH_SECONDS } else { RETRY_SECONDS });
			}
		}
		tokio::time::sleep(TICK).await;
	}
}
