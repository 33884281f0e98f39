//! Lists of what is due in a block, each bounded, so that what finds no place in its block goes to the next one that has room.

use frame_support::{
	storage::{StorageMap, TryAppendMap},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use sp_runtime::traits::AtLeast32BitUnsigned;

/// Blocks that are tried for a task when the list of the wanted one is full. Whoever uses a list sees to it that there is always room.
pub const PROBES: u32 = 64;

/// Puts a task on the list of a block, or of the next one that has room. Returns which.
pub fn schedule<Map, N, I, S>(at: N, task: I) -> N
where
	Map: TryAppendMap<N, BoundedVec<I, S>, I>,
	N: AtLeast32BitUnsigned + codec::FullCodec + Copy,
	I: codec::FullCodec + Clone,
	S: frame_support::traits::Get<u32>,
{
	let mut block = at;
	for _ in 0..PROBES {
		if Map::try_append(block, task.clone()).is_ok() {
			return block;
		}
		block = block.saturating_add(1u32.into());
	}
	frame_support::defensive!("the agenda is full for longer than its bound allows");
	block
}

/// Takes a task from the list of a block again, so that it takes nobody's place.
pub fn unschedule<Map, N, I, S>(at: N, task: &I)
where
	Map: StorageMap<N, BoundedVec<I, S>>,
	N: codec::FullCodec,
	I: codec::FullCodec + PartialEq,
	S: frame_support::traits::Get<u32>,
	BoundedVec<I, S>: codec::FullCodec,
{
	Map::mutate_exists(at, |list| {
		if let Some(tasks) = list {
			tasks.retain(|other| other != task);
			if tasks.is_empty() {
				*list = None;
			}
		}
	});
}

/// Blocks that [`empty`] catches up with when earlier ones had no room.
const CAUGHT_UP: u32 = 16;

/// Empties the lists of the blocks from `from` up to `now`, as long as the meter has room for a list and each of its items. Returns the
/// first block whose list is not empty.
pub fn empty<Map, N, I, S>(
	from: N,
	now: N,
	meter: &mut WeightMeter,
	a_list: Weight,
	an_item: Weight,
	mut remove: impl FnMut(&I),
) -> N
where
	Map: StorageMap<N, BoundedVec<I, S>, Query = BoundedVec<I, S>>,
	N: AtLeast32BitUnsigned + codec::FullCodec + Copy,
	BoundedVec<I, S>: codec::FullCodec,
{
	let mut block = from;
	for _ in 0..CAUGHT_UP {
		if block > now || meter.try_consume(a_list).is_err() {
			break;
		}
		let mut due = Map::take(block);
		due.retain(|item| {
			let room = meter.try_consume(an_item).is_ok();
			if room {
				remove(item);
			}
			!room
		});
		if !due.is_empty() {
			Map::insert(block, due);
			break;
		}
		block = block.saturating_add(1u32.into());
	}
	block
}
