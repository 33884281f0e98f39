//! Blobs of spaces of memory: which there are, and which go at once when their spaces have dropped them.
//!
//! All other blobs stay for a while after the chain needs them no more, for whoever fetches an output or disputes a result. A page of memory
//! that was deleted does not. So that nobody has an input or an output deleted early by adding it to a space and dropping it again, a blob goes at
//! once only where this node did not have it before the space did, and has not seen it as an input or an output since. A node
//! that was started later does not know that, and keeps the blob for as long as all others.

use assay_primitives::ContentId;
use pallet_memory::SpaceId;
use pallet_models::BlobRef;
use std::collections::{hash_map::Entry, HashMap, HashSet};

/// Questions to the runtime at each block. All blobs of a network of moderate size are seen with each.
const PAGES: usize = 4;

/// Last blob of a page, after which the next one goes on.
pub type Place = (SpaceId, ContentId);

/// A blob's record.
struct Known {
	size: u64,
	/// True if it is here for spaces alone.
	alone: bool,
	/// The walk that has found it last.
	walk: u64,
}

/// The blobs that spaces need, as of the last looks.
#[derive(Default)]
pub struct Memory {
	known: HashMap<ContentId, Known>,
	/// Blobs that no space needs any more.
	released: HashSet<ContentId>,
	after: Option<Place>,
	walk: u64,
}

impl Memory {
	/// Looks at some blobs further on. `page` asks the runtime, `holds` the store.
	pub fn look<E>(
		&mut self,
		mut page: impl FnMut(Option<Place>) -> Result<(Vec<BlobRef>, Option<Place>), E>,
		holds: impl Fn(&ContentId) -> bool,
	) -> Result<(), E> {
		for _ in 0..PAGES {
			let (blobs, last) = page(self.after)?;
			for blob in blobs {
				self.released.remove(&blob.id);
				match self.known.entry(blob.id) {
					Entry::Occupied(mut known) => known.get_mut().walk = self.walk,
					Entry::Vacant(place) => {
						let alone = !holds(&blob.id);
						place.insert(Known { size: blob.size, alone, walk: self.walk });
					}
				}
			}
			self.after = last;
			if last.is_none() {
				self.end_walk();
				break;
			}
		}
		Ok(())
	}

	/// A blob that a whole walk has not found is no space's.
	fn end_walk(&mut self) {
		let (walk, released) = (self.walk, &mut self.released);
		self.known.retain(|id, known| {
			let is_found = known.walk == walk;
			if !is_found && known.alone {
				released.insert(*id);
			}
			is_found
		});
		self.walk += 1;
	}

	/// True if there is a blob whose other uses matter.
	pub fn is_empty(&self) -> bool {
		self.known.is_empty() && self.released.is_empty()
	}

	/// Blobs that are inputs or outputs, too.
	pub fn are_shared<'a>(&mut self, blobs: impl IntoIterator<Item = &'a ContentId>) {
		for id in blobs {
			self.released.remove(id);
			if let Some(known) = self.known.get_mut(id) {
				known.alone = false;
			}
		}
	}

	/// All that spaces need.
	pub fn blobs(&self) -> impl Iterator<Item = BlobRef> + '_ {
		self.known.iter().map(|(id, known)| BlobRef { id: *id, size: known.size })
	}

	/// Takes what has been released since the last time.
	pub fn take_released(&mut self) -> Vec<ContentId> {
		self.released.drain().collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::convert::Infallible;

	fn blob(id: u8) -> BlobRef {
		BlobRef { id: ContentId([id; 32]), size: 1 }
	}

	/// Looks until a walk ends. Pages have two blobs.
	fn see(memory: &mut Memory, there: &[u8], held: &[u8]) {
		let page = |after: Option<Place>| {
			let rest = there.iter().filter(|id| after.is_none_or(|(_, last)| last < blob(**id).id));
			let page: Vec<BlobRef> = rest.take(2).map(|id| blob(*id)).collect();
			let last = page.last().map(|blob| (0, blob.id));
			Ok::<_, Infallible>((page, last))
		};
		loop {
			memory.look(page, |id| held.contains(&id.0[0])).unwrap();
			if memory.after.is_none() {
				return;
			}
		}
	}

	fn released(memory: &mut Memory) -> Vec<u8> {
		let mut released: Vec<u8> = memory.take_released().into_iter().map(|id| id.0[0]).collect();
		released.sort();
		released
	}

	#[test]
	fn what_spaces_drop_goes_once_a_walk_has_not_found_it() {
		let mut memory = Memory::default();
		assert!(memory.is_empty());
		let all: Vec<u8> = (1..=20).collect();
		see(&mut memory, &all, &[]);
		assert_eq!((memory.blobs().count(), released(&mut memory)), (20, vec![]));
		see(&mut memory, &all[2..], &[]);
		assert_eq!((memory.blobs().count(), released(&mut memory), released(&mut memory)), (18, vec![1, 2], vec![]));
	}

	#[test]
	fn a_blob_that_was_there_before_or_is_something_else_too_does_not_go_at_once() {
		let mut memory = Memory::default();
		see(&mut memory, &[1, 2, 3, 4], &[1]);
		memory.are_shared([&blob(2).id]);
		see(&mut memory, &[], &[]);
		memory.are_shared([&blob(3).id]);
		assert_eq!(released(&mut memory), [4]);
		// Back in a space, and held by now.
		see(&mut memory, &[4], &[4]);
		see(&mut memory, &[], &[]);
		assert_eq!(released(&mut memory), Vec::<u8>::new());
	}

	#[test]
	fn what_another_space_takes_over_before_it_went_stays() {
		let mut memory = Memory::default();
		see(&mut memory, &[1], &[]);
		see(&mut memory, &[], &[1]);
		see(&mut memory, &[1], &[1]);
		assert_eq!((memory.blobs().count(), released(&mut memory)), (1, vec![]));
	}
}
