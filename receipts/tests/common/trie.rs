//! A state: its root, and the nodes that prove what is in it. `LayoutV1` of `sp-trie`.

use assay_primitives::{hash::blake2_256, Hash32};
use assay_receipts::{prove, Header, StateProof};
use codec::{Compact, Encode};
use std::collections::BTreeMap;

type Entry = (Vec<u8>, Vec<u8>);

pub struct Trie {
	root: Hash32,
	nodes: BTreeMap<Hash32, Vec<u8>>,
}

impl Trie {
	pub fn new(values: Vec<Entry>) -> Self {
		let nibbles = |key: Vec<u8>| key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
		let mut entries: Vec<Entry> = values.into_iter().map(|(key, value)| (nibbles(key), value)).collect();
		entries.sort();
		let mut nodes = BTreeMap::new();
		let root = node(&entries, 0, &mut nodes);
		Trie { root: put(root, &mut nodes), nodes }
	}

	pub fn root(&self) -> Hash32 {
		self.root
	}

	pub fn nodes(&self, keys: &[Vec<u8>]) -> Vec<Vec<u8>> {
		prove(&self.root, keys, |hash| self.nodes.get(hash).map(Vec::as_slice)).unwrap()
	}

	pub fn proof(&self, header: Header, keys: &[Vec<u8>]) -> StateProof {
		assert_eq!(header.state_root, self.root);
		StateProof { header, nodes: self.nodes(keys) }
	}
}

fn put(node: Vec<u8>, nodes: &mut BTreeMap<Hash32, Vec<u8>>) -> Hash32 {
	let hash = blake2_256(&node);
	nodes.insert(hash, node);
	hash
}

fn sized(bytes: &[u8]) -> Vec<u8> {
	[Compact(bytes.len() as u32).encode(), bytes.to_vec()].concat()
}

/// The node over entries that are the same in the first `depth` nibbles.
fn node(entries: &[Entry], depth: usize, nodes: &mut BTreeMap<Hash32, Vec<u8>>) -> Vec<u8> {
	let (first, last) = (&entries[0].0, &entries[entries.len() - 1].0);
	let same = first[depth..].iter().zip(&last[depth..]).take_while(|(a, b)| a == b).count();
	let end = depth + same;
	let value = entries[0].1.as_slice();
	let (has_value, is_leaf, hashed) = (first.len() == end, entries.len() == 1, value.len() > 32);
	let (prefix, bits) = match (is_leaf, has_value, hashed) {
		(true, _, false) => (0x40, 6),
		(true, _, true) => (0x20, 5),
		(false, true, false) => (0xc0, 6),
		(false, true, true) => (0x10, 4),
		(false, false, _) => (0x80, 6),
	};
	let most = (1usize << bits) - 1;
	let mut node = vec![prefix | same.min(most) as u8];
	if same >= most {
		let mut rest = same - most;
		while rest >= 255 {
			node.push(255);
			rest -= 255;
		}
		node.push(rest as u8);
	}
	let mut partial = first[depth..end].to_vec();
	if partial.len() % 2 == 1 {
		partial.insert(0, 0);
	}
	node.extend(partial.chunks(2).map(|pair| pair[0] << 4 | pair[1]));
	let children: Vec<(u8, &[Entry])> = entries[usize::from(has_value)..]
		.chunk_by(|a, b| a.0[end] == b.0[end])
		.map(|children| (children[0].0[end], children))
		.collect();
	if !is_leaf {
		node.extend(children.iter().fold(0u16, |bitmap, (nibble, _)| bitmap | 1 << nibble).to_le_bytes());
	}
	if has_value {
		match hashed {
			true => node.extend(put(value.to_vec(), nodes)),
			false => node.extend(sized(value)),
		}
	}
	for (_, entries) in children {
		let child = self::node(entries, end + 1, nodes);
		match child.len() < 32 {
			true => node.extend(sized(&child)),
			false => node.extend(sized(&put(child, nodes))),
		}
	}
	node
}
