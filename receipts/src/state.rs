//! Values of a Substrate state, from the nodes that lead to them.
//!
//! `sp-trie` does this too, and brings a hundred crates for it into a verifier that reads a few values. The format is that of its
//! `LayoutV1`, hashed with BLAKE2b-256; values above 32 bytes are nodes of their own.

use crate::{error::Nodes, header::Header, Authorities, Hash32, StateError};
use alloc::{collections::BTreeMap, vec::Vec};
use assay_primitives::hash::blake2_256;
use codec::{Compact, Decode, DecodeAll, Encode};
use sp_crypto_hashing::twox_128;

/// Key of a value that a pallet has one of.
pub fn value_key(pallet: &str, name: &str) -> Vec<u8> {
	[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
}

/// The keys of the state that a [`Start::Genesis`](crate::Start::Genesis) proves: the validators that finalize the
/// first blocks, and the two numbers that say for how long bonds stay with the chain.
pub fn genesis_keys() -> [Vec<u8>; 3] {
	[
		value_key("Grandpa", "Authorities"),
		value_key("Validators", "SessionBlocks"),
		value_key("Validators", "UnbondingSessions"),
	]
}

/// The keys of the state that a [`Step::set`](crate::Step::set) proves: the validators that finalize the next block,
/// and the number of that set.
pub fn set_keys() -> [Vec<u8>; 2] {
	[value_key("Grandpa", "Authorities"), value_key("Grandpa", "CurrentSetId")]
}

/// A header, and nodes of the state after its block.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct StateProof {
	/// The header.
	pub header: Header,
	/// From the root to the values, in the order in which they are needed, each once.
	pub nodes: Nodes,
}

impl StateProof {
	/// The proof of what is under some keys. `node` gives the node of a hash.
	pub fn new<'a>(
		header: Header,
		keys: &[Vec<u8>],
		node: impl Fn(&Hash32) -> Option<&'a [u8]>,
	) -> Result<Self, StateError> {
		let nodes = prove(&header.state_root, keys, node)?;
		Ok(StateProof { header, nodes })
	}

	/// The validators that finalize the block after this one, and the number of that set.
	pub fn set(&self) -> Result<(Authorities, u64), StateError> {
		let [authorities, set_id] = values(&self.header.state_root, &set_keys(), &self.nodes)?;
		Ok((decode(authorities)?, decode(set_id)?))
	}

	/// The validators that finalize the first blocks, and the number of blocks for which bonds stay with the chain
	/// after their owners have left.
	pub fn genesis(&self) -> Result<(Authorities, u32), StateError> {
		let [authorities, session, sessions] = values(&self.header.state_root, &genesis_keys(), &self.nodes)?;
		let (session, sessions): (u64, u32) = (decode(session)?, decode(sessions)?);
		let unbonding = u32::try_from(session.saturating_mul(sessions.into())).unwrap_or(u32::MAX);
		Ok((decode(authorities)?, unbonding))
	}
}

fn decode<T: Decode>(value: Option<&[u8]>) -> Result<T, StateError> {
	T::decode_all(&mut value.ok_or(StateError::NoValue)?).map_err(|_| StateError::BadValue)
}

/// Collects the nodes that lead to keys, or to where it shows that nothing is under them: each once, in the order in which they are
/// needed. `node` gives the node of a hash.
pub fn prove<'a>(
	root: &Hash32,
	keys: &[Vec<u8>],
	node: impl Fn(&Hash32) -> Option<&'a [u8]>,
) -> Result<Nodes, StateError> {
	let mut known = BTreeMap::new();
	let mut nodes = Nodes::new();
	for key in keys {
		let found = read(root, key, |hash| {
			let found = node(hash)?;
			if known.insert(*hash, ()).is_none() {
				nodes.push(found.to_vec());
			}
			Some(found)
		});
		match found {
			Ok(_) | Err(StateError::NoValue) => (),
			Err(error) => return Err(error),
		}
	}
	Ok(nodes)
}

/// The values under keys, by the nodes that [`prove`] collects for them. None is missing, and none is there that is not
/// needed.
pub(crate) fn values<'a, const N: usize>(
	root: &Hash32,
	keys: &[Vec<u8>; N],
	nodes: &'a [Vec<u8>],
) -> Result<[Option<&'a [u8]>; N], StateError> {
	let mut known = BTreeMap::new();
	let mut left = nodes.iter();
	let mut found = [None; N];
	for (key, found) in keys.iter().zip(&mut found) {
		let value = read(root, key, |hash| {
			if let Some(node) = known.get(hash) {
				return Some(*node);
			}
			let node = left.next().filter(|node| blake2_256(node) == *hash)?.as_slice();
			known.insert(*hash, node);
			Some(node)
		});
		*found = match value {
			Ok(value) => Some(value),
			Err(StateError::NoValue) => None,
			Err(error) => return Err(error),
		};
	}
	match left.next() {
		Some(_) => Err(StateError::UnusedNode),
		None => Ok(found),
	}
}

/// The value under a key. `node` gives the node of a hash, and answers for it.
pub fn read<'a>(
	root: &Hash32,
	key: &[u8],
	mut node: impl FnMut(&Hash32) -> Option<&'a [u8]>,
) -> Result<&'a [u8], StateError> {
	let nibbles: Vec<u8> = key.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
	let mut rest = nibbles.as_slice();
	let mut bytes = node(root).ok_or(StateError::MissingNode)?;
	loop {
		let mut input = Input(bytes);
		let (kind, count) = input.kind()?;
		let partial = input.nibbles(count)?;
		rest = rest.strip_prefix(partial.as_slice()).ok_or(StateError::NoValue)?;
		let bitmap = match kind {
			Kind::Leaf { .. } => 0,
			Kind::Branch { .. } => input.bitmap()?,
		};
		let (Kind::Leaf { value } | Kind::Branch { value }) = kind;
		let value = match value {
			ValueKind::None => None,
			ValueKind::Inline => Some(Handle::Inline(input.sized()?)),
			ValueKind::Hashed => Some(Handle::Hash(input.hash()?)),
		};
		let Some((next, after)) = rest.split_first() else {
			return match value.ok_or(StateError::NoValue)? {
				Handle::Inline(value) => Ok(value),
				Handle::Hash(hash) => node(&hash).ok_or(StateError::MissingNode),
			};
		};
		rest = after;
		if bitmap.checked_shr(u32::from(*next)).unwrap_or(0) & 1 == 0 {
			return Err(StateError::NoValue);
		}
		for child in 0..*next {
			if bitmap.checked_shr(u32::from(child)).unwrap_or(0) & 1 == 1 {
				input.sized()?;
			}
		}
		let child = input.sized()?;
		// A node that is shorter than a hash stands in its parent.
		bytes = match Hash32::try_from(child) {
			Ok(hash) => node(&hash).ok_or(StateError::MissingNode)?,
			Err(_) => child,
		};
	}
}

#[derive(Clone, Copy)]
enum Kind {
	Leaf { value: ValueKind },
	Branch { value: ValueKind },
}

#[derive(Clone, Copy)]
enum ValueKind {
	None,
	Inline,
	Hashed,
}

enum Handle<'a> {
	Inline(&'a [u8]),
	Hash(Hash32),
}

/// The rest of a node.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
	fn take(&mut self, count: usize) -> Result<&'a [u8], StateError> {
		let (taken, rest) = self.0.split_at_checked(count).ok_or(StateError::BadNode)?;
		self.0 = rest;
		Ok(taken)
	}

	fn byte(&mut self) -> Result<u8, StateError> {
		self.take(1)?.first().copied().ok_or(StateError::BadNode)
	}

	fn hash(&mut self) -> Result<Hash32, StateError> {
		self.take(32)?.try_into().map_err(|_| StateError::BadNode)
	}

	fn bitmap(&mut self) -> Result<u16, StateError> {
		Ok(u16::from_le_bytes(self.take(2)?.try_into().map_err(|_| StateError::BadNode)?))
	}

	/// Bytes with their number in front.
	fn sized(&mut self) -> Result<&'a [u8], StateError> {
		let Compact(count) = Compact::<u32>::decode(&mut self.0).map_err(|_| StateError::BadNode)?;
		self.take(count as usize)
	}

	/// The kind of the node, in the highest bits of its first byte, and the number of nibbles, in the others and as many bytes as it needs.
	fn kind(&mut self) -> Result<(Kind, usize), StateError> {
		let first = self.byte()?;
		let (kind, bits) = match first {
			0b0100_0000..=0b0111_1111 => (Kind::Leaf { value: ValueKind::Inline }, 6),
			0b1000_0000..=0b1011_1111 => (Kind::Branch { value: ValueKind::None }, 6),
			0b1100_0000..=0b1111_1111 => (Kind::Branch { value: ValueKind::Inline }, 6),
			0b0010_0000..=0b0011_1111 => (Kind::Leaf { value: ValueKind::Hashed }, 5),
			0b0001_0000..=0b0001_1111 => (Kind::Branch { value: ValueKind::Hashed }, 4),
			// The empty trie.
			0 => return Err(StateError::NoValue),
			1..=0b0000_1111 => return Err(StateError::BadNode),
		};
		let most = 0xffu8.checked_shr(8u32.saturating_sub(bits)).unwrap_or(0);
		let mut count = usize::from(first & most);
		if count == usize::from(most) {
			loop {
				let more = self.byte()?;
				count = count.saturating_add(usize::from(more));
				if more < 255 {
					break;
				}
			}
		}
		Ok((kind, count))
	}

	/// A key's part: two nibbles in a byte, an odd one first, with a zero before it.
	fn nibbles(&mut self, count: usize) -> Result<Vec<u8>, StateError> {
		let bytes = self.take(count.div_ceil(2))?;
		let mut nibbles: Vec<u8> = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).collect();
		if nibbles.len() > count && nibbles.remove(0) != 0 {
			return Err(StateError::BadNode);
		}
		Ok(nibbles)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{collections::BTreeMap, vec};

	/// Reads from nodes, and collects the path.
	fn find(root: &[u8], others: &[&[u8]], key: &[u8]) -> Result<(Vec<u8>, usize), StateError> {
		let nodes: BTreeMap<Hash32, &[u8]> =
			others.iter().chain([&root]).map(|node| (blake2_256(node), *node)).collect();
		let root = blake2_256(root);
		let value = read(&root, key, |hash| nodes.get(hash).copied())?.to_vec();
		let path = prove(&root, &[key.to_vec()], |hash| nodes.get(hash).copied())?;
		assert_eq!(values(&root, &[key.to_vec()], &path), Ok([Some(value.as_slice())]));
		Ok((value, path.len()))
	}

	/// A branch after no nibble, with these children.
	fn branch(value: Option<&[u8]>, children: &[(u8, &[u8])]) -> Vec<u8> {
		let bitmap = children.iter().fold(0u16, |bitmap, (nibble, _)| bitmap | 1 << nibble);
		let mut node = vec![if value.is_some() { 0xc0 } else { 0x80 }];
		node.extend(bitmap.to_le_bytes());
		for sized in value.into_iter().chain(children.iter().map(|(_, child)| *child)) {
			node.push((sized.len() << 2) as u8);
			node.extend(sized);
		}
		node
	}

	#[test]
	fn a_value_is_found_in_every_kind_of_node() {
		// Under 0x1234, after the branch has taken the 1: three nibbles, an odd one first.
		let leaf = b"\x43\x02\x34\x0cabc";
		let root = branch(None, &[(0, b"\x41\x01\x04z"), (1, leaf)]);
		assert_eq!(find(&root, &[], &[0x12, 0x34]), Ok((b"abc".to_vec(), 1)));

		let long = [b"\x43\x02\x34\xa0".as_slice(), &[7; 40]].concat();
		let root = branch(Some(b"root"), &[(1, &blake2_256(&long))]);
		assert_eq!(find(&root, &[&long], &[0x12, 0x34]), Ok((vec![7; 40], 2)));
		assert_eq!(find(&root, &[&long], &[]), Ok((b"root".to_vec(), 1)));
		assert_eq!(find(&root, &[], &[0x12, 0x34]), Err(StateError::MissingNode));

		let value = [9; 50];
		let hashed_leaf = [b"\x23\x02\x34".as_slice(), &blake2_256(&value)].concat();
		let root = branch(None, &[(1, &blake2_256(&hashed_leaf))]);
		assert_eq!(find(&root, &[&hashed_leaf, &value], &[0x12, 0x34]), Ok((value.to_vec(), 3)));

		// A branch after 0x12 with a hashed value, and a leaf under 0x1234 in it.
		let hashed_branch = [b"\x12\x12\x08\x00".as_slice(), &blake2_256(&value), b"\x10\x41\x04\x04v"].concat();
		assert_eq!(find(&hashed_branch, &[&value], &[0x12]), Ok((value.to_vec(), 2)));
		assert_eq!(find(&hashed_branch, &[], &[0x12, 0x34]), Ok((b"v".to_vec(), 1)));
	}

	#[test]
	fn long_keys_have_their_length_in_several_bytes() {
		for bytes in [31usize, 32, 150, 160, 300] {
			let nibbles = bytes * 2;
			let mut node = vec![0x40 | 63];
			let mut rest = nibbles.saturating_sub(63);
			if nibbles < 63 {
				node = vec![0x40 | nibbles as u8];
			} else {
				while rest >= 255 {
					node.push(255);
					rest -= 255;
				}
				node.push(rest as u8);
			}
			let key = vec![0xab; bytes];
			node.extend(&key);
			node.extend(b"\x04x");
			assert_eq!(find(&node, &[], &key), Ok((b"x".to_vec(), 1)), "{bytes} bytes");
		}
	}

	#[test]
	fn what_is_not_there_has_no_value() {
		let root = branch(None, &[(1, b"\x43\x02\x34\x0cabc")]);
		for key in [&[][..], &[0x12], &[0x12, 0x35], &[0x12, 0x34, 0x00], &[0x22, 0x34]] {
			assert_eq!(find(&root, &[], key), Err(StateError::NoValue), "{key:?}");
		}
		assert_eq!(find(&[0], &[], &[0x12]), Err(StateError::NoValue));
		// A byte that begins no node proves nothing.
		assert_eq!(find(&[1], &[], &[0x12]), Err(StateError::BadNode));
	}

	#[test]
	fn nodes_of_several_keys_are_there_once_and_absence_is_proven_too() {
		let long = [b"\x43\x02\x34\xa0".as_slice(), &[7; 40]].concat();
		let root = branch(None, &[(1, &blake2_256(&long)), (2, b"\x41\x01\x04z")]);
		let hash = blake2_256(&root);
		let all = [&root, &long].map(|node| (blake2_256(node), node.as_slice()));
		let keys = [vec![0x12, 0x34], vec![0x21], vec![0x33], vec![0x12, 0x35]];
		let nodes = prove(&hash, &keys, |hash| all.iter().find(|(known, _)| known == hash).map(|(_, node)| *node));
		let nodes = nodes.unwrap();
		assert_eq!(nodes, [root.clone(), long.clone()]);
		assert_eq!(values(&hash, &keys, &nodes), Ok([Some([7; 40].as_slice()), Some(b"z"), None, None]));
		// Without the node in which the key would be, nothing says that it is not there.
		assert_eq!(values(&hash, &[keys[3].clone()], &nodes[..1]), Err(StateError::MissingNode));
		assert_eq!(values(&hash, &[keys[1].clone()], &nodes), Err(StateError::UnusedNode));
		assert_eq!(values(&hash, &keys, &[long, root]), Err(StateError::MissingNode));
	}

	#[test]
	fn damaged_nodes_are_refused() {
		let leaf = b"\x44\x12\x34\x0cabc";
		assert_eq!(find(leaf, &[], &[0x12, 0x34]), Ok((b"abc".to_vec(), 1)));
		for length in 1..leaf.len() {
			assert_eq!(find(&leaf[..length], &[], &[0x12, 0x34]), Err(StateError::BadNode), "{length} bytes");
		}
		// An odd nibble with something in front of it.
		assert_eq!(find(b"\x43\x12\x34\x0cabc", &[], &[0x23, 0x40]), Err(StateError::BadNode));
	}
}
