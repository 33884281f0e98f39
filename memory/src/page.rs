//! Bytes that leave a daemon: sealed pages of records, a manifest with their keys for the readers, and both in a file.

use crate::{
	constants::{DIMENSIONS, PADDING, PAGE_BYTES, RECORDS},
	head::{Account, BlobRef, BoxKey, SignedHead},
	index::Index,
	record::Record,
	tree::{gone, leaf, Tree},
	Error, Result,
};
use assay_primitives::ContentId;
use chacha20poly1305::{
	aead::{Aead, Payload},
	ChaCha20Poly1305, KeyInit,
};
use codec::{Decode, DecodeAll, Encode};
use hpke::{aead, kdf::HkdfSha256, kem::X25519HkdfSha256, Deserializable, Kem, OpModeR};
use ruzstd::{
	decoding::StreamingDecoder,
	encoding::{compress_to_vec, CompressionLevel},
};
use std::io::Read;

/// A key that seals: used for one plaintext and never again.
pub type Key = [u8; 32];

/// Seals with a key that is used once, and so with a nonce of zeros.
pub fn seal(key: &Key, data: &[u8], bound_to: &[u8]) -> Vec<u8> {
	let cipher = ChaCha20Poly1305::new(key.into());
	cipher
		.encrypt(&Default::default(), Payload { msg: data, aad: bound_to })
		.expect("what is sealed is far below 256 GiB")
}

/// Opens what [`seal`] has sealed.
pub fn open(key: &Key, sealed: &[u8], bound_to: &[u8]) -> Result<Vec<u8>> {
	let cipher = ChaCha20Poly1305::new(key.into());
	let opened = cipher.decrypt(&Default::default(), Payload { msg: sealed, aad: bound_to });
	opened.map_err(|_| {
		Error::Damaged("this key does not open it: it was sealed with another, or bytes have changed".into())
	})
}

/// Its length, itself, and zeros up to a multiple of [`PADDING`].
fn pad(data: &[u8]) -> Vec<u8> {
	let mut padded = (data.len() as u32).encode();
	padded.extend_from_slice(data);
	padded.resize(padded.len().next_multiple_of(PADDING), 0);
	padded
}

fn unpad(padded: &[u8]) -> Result<&[u8]> {
	let damaged = || Error::Damaged("the padding is not what this version writes".into());
	let mut rest = padded;
	let length = u32::decode(&mut rest).map_err(|_| damaged())? as usize;
	rest.get(..length).ok_or_else(damaged)
}

/// A record in a page.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Entry {
	/// Its index in the tree.
	pub index: u64,
	/// The record.
	pub record: Record,
	/// Its vector, empty if it has none.
	pub vector: Vec<i8>,
}

impl Entry {
	/// Its bytes in a page.
	pub fn size(&self) -> usize {
		self.encoded_size()
	}
}

/// Bytes of a page of these records: SCALE, zstd, padding, ChaCha20-Poly1305.
pub fn seal_page(key: &Key, entries: &[Entry]) -> Vec<u8> {
	let compressed = compress_to_vec(entries.encode().as_slice(), CompressionLevel::Fastest);
	seal(key, &pad(&compressed), b"assay/memory/page")
}

/// The records of a page.
pub fn open_page(key: &Key, bytes: &[u8]) -> Result<Vec<Entry>> {
	let damaged = |what: &str| Error::Damaged(format!("a page is damaged: {what}"));
	let padded = open(key, bytes, b"assay/memory/page")?;
	let decoder = StreamingDecoder::new(unpad(&padded)?).map_err(|_| damaged("it is not compressed as pages are"))?;
	// The number of records is before them.
	let most = PAGE_BYTES + 8;
	let mut plain = Vec::new();
	decoder.take(most as u64 + 1).read_to_end(&mut plain).map_err(|_| damaged("it does not decompress"))?;
	if plain.len() > most {
		return Err(damaged("it is larger than pages are"));
	}
	let entries = Vec::<Entry>::decode(&mut plain.as_slice()).map_err(|_| damaged("its records do not decode"))?;
	if entries.iter().any(|entry| entry.vector.len() > DIMENSIONS) {
		return Err(damaged("a vector is longer than vectors are"));
	}
	Ok(entries)
}

/// The blob of a page, and the key that opens it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct PageRef {
	/// The sealed bytes.
	pub blob: BlobRef,
	/// The key that opens them.
	pub key: Key,
	/// Index of its first record.
	pub first: u64,
	/// Index of its last record.
	pub last: u64,
	/// Number of records on it.
	pub records: u32,
}

/// All pages of a state.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Manifest {
	/// In the order of their first records.
	pub pages: Vec<PageRef>,
}

/// The manifest's key for one reader.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Envelope {
	/// The account of the reader.
	pub reader: Account,
	/// The key that it is sealed to: X25519, HKDF-SHA256 and ChaCha20-Poly1305 (RFC 9180, base mode).
	pub box_key: BoxKey,
	/// HPKE's encapsulated key.
	pub encapsulated: [u8; 32],
	/// HPKE's ciphertext of the manifest's [`Key`].
	pub sealed: Vec<u8>,
}

/// The blob that a head names.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum SealedManifest {
	/// Of a public space.
	Public(Manifest),
	/// Of a private one.
	Private {
		/// One for each reader.
		envelopes: Vec<Envelope>,
		/// The manifest: SCALE, padding, ChaCha20-Poly1305.
		body: Vec<u8>,
	},
}

const ENVELOPE: &[u8] = b"assay/memory/envelope";

fn bound_to(space: u64, seq: u64) -> Vec<u8> {
	("assay/memory/manifest", space, seq).encode()
}

impl SealedManifest {
	/// Seals a manifest under a key that is used once, for these readers. Fails for a box key that is no point of the curve.
	#[cfg(feature = "store")]
	pub fn seal(manifest: &Manifest, key: &Key, space: u64, seq: u64, readers: &[(Account, BoxKey)]) -> Result<Self> {
		let bound = bound_to(space, seq);
		let envelope =
			|(reader, box_key): &(Account, BoxKey)| {
				let refused = |_| Error::Usage(format!("0x{} is no key that can be sealed to", hex::encode(box_key)));
				let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(box_key).map_err(refused)?;
				let (encapsulated, sealed) = hpke::single_shot_seal::<
					aead::ChaCha20Poly1305,
					HkdfSha256,
					X25519HkdfSha256,
				>(&hpke::OpModeS::Base, &public, ENVELOPE, key, &bound)
				.map_err(refused)?;
				let mut bytes = [0; 32];
				bytes.copy_from_slice(&hpke::Serializable::to_bytes(&encapsulated));
				Ok(Envelope { reader: *reader, box_key: *box_key, encapsulated: bytes, sealed })
			};
		let envelopes = readers.iter().map(envelope).collect::<Result<_>>()?;
		Ok(SealedManifest::Private { envelopes, body: seal(key, &pad(&manifest.encode()), &bound) })
	}

	/// The blob: itself, and the number of the space that it is sealed for, which who takes it from the chain knows from nowhere else.
	pub fn to_blob(&self, space: u64) -> Vec<u8> {
		(self, space).encode()
	}

	/// Reads a blob. Those of before have no number.
	pub fn read(blob: &[u8]) -> Result<(Self, Option<u64>)> {
		let damaged = |_| Error::Damaged("the manifest does not decode".into());
		let mut rest = blob;
		let sealed = Self::decode(&mut rest).map_err(damaged)?;
		let space = match rest {
			[] => None,
			mut rest => Some(u64::decode_all(&mut rest).map_err(damaged)?),
		};
		Ok((sealed, space))
	}

	/// Opens it with the secret of a box key, which a public one does not need.
	pub fn open(&self, space: u64, seq: u64, secret: Option<&Key>) -> Result<Manifest> {
		let (envelopes, body) = match self {
			SealedManifest::Public(manifest) => return Ok(manifest.clone()),
			SealedManifest::Private { envelopes, body } => (envelopes, body),
		};
		let closed = || {
			Error::Forbidden(
				"the manifest is sealed to other readers: ask the owner to grant this account's box key".into(),
			)
		};
		let secret = secret.ok_or_else(closed)?;
		let own = box_key(secret);
		let bound = bound_to(space, seq);
		let envelope = envelopes.iter().find(|envelope| envelope.box_key == own).ok_or_else(closed)?;
		let damaged = |_| Error::Damaged("the envelope of this reader is damaged: fetch it again".into());
		let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(secret).map_err(damaged)?;
		let encapsulated =
			<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&envelope.encapsulated).map_err(damaged)?;
		let key = hpke::single_shot_open::<aead::ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
			&OpModeR::Base,
			&secret,
			&encapsulated,
			ENVELOPE,
			&envelope.sealed,
			&bound,
		);
		let key: Key =
			key.map_err(damaged)?.try_into().map_err(|_| Error::Damaged("the envelope holds no key".into()))?;
		let padded = open(&key, body, &bound)?;
		let manifest = Manifest::decode(&mut unpad(&padded)?);
		manifest.map_err(|_| Error::Damaged("the manifest does not decode".into()))
	}
}

/// The public half of a box key.
pub fn box_key(secret: &Key) -> BoxKey {
	let mut bytes = [0; 32];
	if let Ok(secret) = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(secret) {
		bytes.copy_from_slice(&hpke::Serializable::to_bytes(&<X25519HkdfSha256 as Kem>::sk_to_pk(&secret)));
	}
	bytes
}

/// A state of a space with all that it takes to read it, but keys.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Export {
	/// [`Export::MAGIC`].
	pub magic: [u8; 4],
	/// The head of the state in it.
	pub head: SignedHead,
	/// The heads before it, without signatures: each is in the next one by its hash. From the first on, or from the first of those that this
	/// machine has without a gap, where others write to the space and it was away.
	pub earlier: Vec<crate::head::Head>,
	/// Bytes of the manifest.
	pub manifest: Vec<u8>,
	/// Bytes of the pages, in the order of the manifest.
	pub pages: Vec<Vec<u8>>,
}

/// All that a space holds, checked against its head.
pub struct State {
	/// The head of the state.
	pub head: SignedHead,
	/// Its records, for recalls.
	pub index: Index,
	/// Its tree, for proofs.
	pub tree: Tree,
	/// Its pages.
	pub manifest: Manifest,
}

impl Export {
	/// The first bytes of the file.
	pub const MAGIC: [u8; 4] = *b"asm1";

	/// Reads a file.
	pub fn decode(bytes: &[u8]) -> Result<Self> {
		let mut rest = bytes;
		let export = <Export as Decode>::decode(&mut rest);
		let whole = export.ok().filter(|export| export.magic == Self::MAGIC && rest.is_empty());
		whole.ok_or_else(|| Error::Usage("this is no export of a space: `assay memory export` writes them".into()))
	}

	/// Opens it, and checks that it is all that the owner committed and nothing else.
	pub fn open(&self, secret: Option<&Key>) -> Result<State> {
		self.head.check()?;
		self.follows()?;
		self.contents(secret)
	}

	/// Each head is followed by the next one, up to the last.
	fn follows(&self) -> Result<()> {
		let heads = || self.earlier.iter().chain([&self.head.head]);
		let first = heads().next().map_or(1, |head| head.seq);
		let mut previous = heads().next().map(|head| head.previous).filter(|_| first > 1).unwrap_or_default();
		for (head, seq) in heads().zip(first..) {
			if head.seq != seq || head.previous != previous {
				return Err(Error::NotVerified(format!("head {seq} does not follow the one before it")));
			}
			previous = head.hash();
		}
		Ok(())
	}

	/// Opens it, and checks that it is all that the head is over and nothing else, whoever stands for the head.
	pub fn contents(&self, secret: Option<&Key>) -> Result<State> {
		let not = |what: String| Error::NotVerified(what);
		self.head.has_known_rules()?;
		let (config, head) = (&self.head.config, &self.head.head);
		if !is_blob(&head.manifest, &self.manifest) {
			return Err(not("the manifest is not the one that the head names".into()));
		}
		let (sealed, space) = SealedManifest::read(&self.manifest)?;
		if space.is_some_and(|space| space != config.space) {
			return Err(not("the manifest is of another space".into()));
		}
		let manifest = sealed.open(config.space, head.seq, secret)?;
		if manifest.pages.len() != self.pages.len() {
			return Err(not(format!(
				"{} of {} pages are missing",
				manifest.pages.len().abs_diff(self.pages.len()),
				manifest.pages.len()
			)));
		}
		has_room(head.records)?;
		let mut index = Index::new(config.dimensions());
		let mut tree = Tree::default();
		let skip = |index: &mut Index, tree: &mut Tree, until: u64| {
			while index.len() < until {
				tree.set(index.len(), gone(index.len()));
				index.push(None, &[]);
			}
		};
		for (page, bytes) in manifest.pages.iter().zip(&self.pages) {
			if !is_blob(&page.blob, bytes) {
				return Err(not(format!(
					"the page of the records {} to {} is not the one of the manifest",
					page.first, page.last
				)));
			}
			for entry in open_page(&page.key, bytes)? {
				if entry.index < index.len() || entry.index >= head.records || entry.record.seq > head.seq {
					return Err(not(format!("record {} is not where it belongs", entry.index)));
				}
				entry.record.check()?;
				skip(&mut index, &mut tree, entry.index);
				tree.set(entry.index, leaf(entry.index, &entry.record));
				index.push(Some(entry.record), &entry.vector);
			}
		}
		skip(&mut index, &mut tree, head.records);
		if tree.root() != head.root {
			return Err(not("the records are not those that the owner committed: the root is another".into()));
		}
		Ok(State { head: self.head.clone(), index, tree, manifest })
	}
}

/// Refuses more records than a space has.
pub fn has_room(records: u64) -> Result<()> {
	match records <= RECORDS {
		true => Ok(()),
		false => Err(Error::Usage(format!(
			"a space has at most {RECORDS} records, with the deleted ones: make another space"
		))),
	}
}

fn is_blob(blob: &BlobRef, bytes: &[u8]) -> bool {
	blob.size == bytes.len() as u64 && blob.id == ContentId::of(bytes)
}
