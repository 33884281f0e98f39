//! The tree over all memories that a space ever had: what a head commits to, and what proves one of them.

use crate::record::Record;
use assay_primitives::hash::{h, Hash32};

/// Leaf of a record: `H("assay/memory/record", index, record)`.
pub fn leaf(index: u64, record: &Record) -> Hash32 {
	h("assay/memory/record", (index, record))
}

/// Leaf of a record that was deleted: `H("assay/memory/gone", index)`.
pub fn gone(index: u64) -> Hash32 {
	h("assay/memory/gone", index)
}

/// Root of a tree of so many leaves: `H("assay/memory/root", records, top)`.
pub fn root(records: u64, top: &Hash32) -> Hash32 {
	h("assay/memory/root", (records, top))
}

fn node(left: &Hash32, right: &Hash32) -> Hash32 {
	h("assay/node", (left, right))
}

/// The tree. Nodes are those of content ids: `H("assay/node", left, right)`, an odd node is promoted, and the top of nothing is
/// `H("assay/empty")`.
#[derive(Clone, Default)]
pub struct Tree {
	levels: Vec<Vec<Hash32>>,
}

impl Tree {
	/// Number of leaves.
	pub fn len(&self) -> u64 {
		self.levels.first().map_or(0, |leaves| leaves.len() as u64)
	}

	/// True if there is no leaf.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// A leaf, if there is one of this index.
	pub fn leaf(&self, index: u64) -> Option<Hash32> {
		self.levels.first()?.get(index as usize).copied()
	}

	/// Puts a leaf, at an index that there is or right after the last.
	pub fn set(&mut self, index: u64, leaf: Hash32) {
		let mut place = index as usize;
		let mut value = leaf;
		for level in 0.. {
			if self.levels.len() == level {
				self.levels.push(Vec::new());
			}
			let nodes = &mut self.levels[level];
			debug_assert!(place <= nodes.len(), "indices are given one after the other");
			if place < nodes.len() {
				nodes[place] = value;
			} else {
				nodes.push(value);
			}
			if nodes.len() == 1 {
				self.levels.truncate(level + 1);
				return;
			}
			value = match nodes.get(place | 1) {
				Some(right) => node(&nodes[place & !1], right),
				None => nodes[place],
			};
			place /= 2;
		}
	}

	/// Root over all leaves.
	pub fn root(&self) -> Hash32 {
		let top = self.levels.last().and_then(|top| top.first()).copied();
		root(self.len(), &top.unwrap_or_else(|| h("assay/empty", ())))
	}

	/// The siblings of a leaf on the way to the top, from below. None where a node is promoted.
	pub fn path(&self, index: u64) -> Vec<Hash32> {
		let mut place = index as usize;
		let mut path = Vec::new();
		for nodes in &self.levels {
			path.extend(nodes.get(place ^ 1));
			place /= 2;
		}
		path
	}
}

/// Root that a leaf leads to, or none if the path is not that of such an index.
pub fn root_of(index: u64, records: u64, leaf: Hash32, path: &[Hash32]) -> Option<Hash32> {
	if index >= records {
		return None;
	}
	let (mut place, mut width, mut value) = (index, records, leaf);
	let mut path = path.iter();
	while width > 1 {
		if place ^ 1 < width {
			let sibling = path.next()?;
			value = if place & 1 == 0 { node(&value, sibling) } else { node(sibling, &value) };
		}
		place /= 2;
		width = width.div_ceil(2);
	}
	path.next().is_none().then(|| root(records, &value))
}

#[cfg(test)]
mod tests {
	use super::*;
	use assay_primitives::ContentId;

	#[test]
	fn the_top_is_that_of_content_ids_whatever_the_order_of_changes() {
		let mut tree = Tree::default();
		assert_eq!(tree.root(), root(0, &ContentId::top(Vec::new())));
		let mut leaves = Vec::new();
		for index in 0..70u64 {
			leaves.push(h("leaf", index));
			tree.set(index, leaves[index as usize]);
			assert_eq!(tree.root(), root(index + 1, &ContentId::top(leaves.clone())));
			let changed = (index * 7 + 3) % (index + 1);
			leaves[changed as usize] = gone(changed);
			tree.set(changed, gone(changed));
			assert_eq!(tree.root(), root(index + 1, &ContentId::top(leaves.clone())));
		}
	}

	#[test]
	fn a_path_proves_its_leaf_at_its_index_and_nothing_else() {
		for records in 1..40u64 {
			let mut tree = Tree::default();
			for index in 0..records {
				tree.set(index, h("leaf", index));
			}
			for index in 0..records {
				let path = tree.path(index);
				assert_eq!(root_of(index, records, h("leaf", index), &path), Some(tree.root()));
				assert_ne!(root_of(index, records, h("leaf", index + 1), &path), Some(tree.root()));
				for other in (0..records).filter(|other| *other != index) {
					assert_ne!(root_of(other, records, h("leaf", index), &path), Some(tree.root()));
				}
				let mut longer = path.clone();
				longer.push([0; 32]);
				assert_eq!(root_of(index, records, h("leaf", index), &longer), None);
				assert_ne!(root_of(index, records + 1, h("leaf", index), &path), Some(tree.root()));
			}
		}
	}
}
