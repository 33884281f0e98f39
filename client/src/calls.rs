//! Calls, and the transactions that carry them.
//!
//! A signed call is encoded here, from what this version knows of the chain, and not by the metadata that a node hands
//! out: a node that lies about its calls would have people sign others than they mean. The metadata is compared: a
//! chain that reads these bytes as anything else is one that this version does not know.

use crate::{
	records::{BlobRef, BoundedCall, Input, Metadata, SpaceConfig, Window},
	Account, Error,
};
use assay_primitives::{hash::blake2_256, Hash32, RequestId};
use codec::{Compact, Encode};
use subxt::{
	ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
	metadata::Metadata as ChainMetadata,
	utils::Era,
};

/// Blocks in which a transaction may be included.
const MORTALITY: u64 = 64;

/// The extensions that every transaction carries beside its call, in this order.
const EXTENSIONS: [&str; 11] = [
	"AuthorizeCall",
	"CheckNonZeroSender",
	"CheckSpecVersion",
	"CheckTxVersion",
	"CheckGenesis",
	"CheckMortality",
	"CheckNonce",
	"CheckWeight",
	"ChargeTransactionPayment",
	"CheckMetadataHash",
	"WeightReclaim",
];

/// A call of a pallet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
	/// Name of the pallet.
	pub pallet: &'static str,
	/// Name of the call.
	pub name: &'static str,
	fields: &'static [&'static str],
	bytes: Vec<u8>,
}

/// Arguments of `models.register_model`.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Registration {
	/// [`assay_primitives::ContentId`] of the file.
	pub model: Hash32,
	/// Its length in bytes.
	pub size: u64,
	/// Name: 1 to 64 of lower-case letters, digits, `-`, `_`, `.`, `/`.
	pub name: Vec<u8>,
	/// Version under that name.
	pub version: u32,
	/// Its description.
	pub metadata: Metadata,
	/// Plancks for each request that ends with an output.
	pub royalty: u128,
	/// Input of the activation run; the engine makes one without it.
	pub sample: Option<Input>,
	/// Result hash that the sample has to give.
	pub expected: Option<Hash32>,
}

/// Arguments of `memory.commit`.
#[derive(Clone, PartialEq, Eq, Debug, Encode)]
pub struct Commit {
	/// The space.
	pub space: u64,
	/// The number after that of the last commit.
	pub seq: u64,
	/// Root of the tree over all records.
	pub root: Hash32,
	/// Number of records.
	pub records: u64,
	/// The blob that names the pages.
	pub manifest: BlobRef,
	/// Epoch of its keys.
	pub epoch: u32,
	/// Pages that are new, at most 64.
	pub add: Vec<BlobRef>,
	/// Pages that are no part of the state any more, at most 64.
	pub drop: Vec<Hash32>,
}

impl Call {
	fn new(
		(pallet, pallet_index): (&'static str, u8),
		(name, index): (&'static str, u8),
		fields: &'static [&'static str],
		arguments: impl Encode,
	) -> Self {
		Call { pallet, name, fields, bytes: (pallet_index, index, arguments).encode() }
	}

	/// Registers a model.
	pub fn register_model(registration: &Registration) -> Self {
		let fields = &["model", "size", "name", "version", "metadata", "royalty", "sample", "expected"];
		Call::new(("Models", 14), ("register_model", 0), fields, registration)
	}

	/// Retires a model: it takes no more requests, and what its bytes cost returns.
	pub fn retire_model(model: &Hash32) -> Self {
		Call::new(("Models", 14), ("retire_model", 1), &["model"], model)
	}

	/// Sets what a model's owner earns with each answer.
	pub fn set_royalty(model: &Hash32, plancks: u128) -> Self {
		Call::new(("Models", 14), ("set_royalty", 2), &["model", "royalty"], (model, plancks))
	}

	/// Sets what is said about a model. A new card is uploaded next.
	pub fn set_metadata(model: &Hash32, metadata: &Metadata) -> Self {
		Call::new(("Models", 14), ("set_metadata", 5), &["model", "metadata"], (model, metadata))
	}

	/// Gives a model to another account.
	pub fn transfer_model(model: &Hash32, to: &Hash32) -> Self {
		Call::new(("Models", 14), ("transfer_model", 7), &["model", "to"], (model, to))
	}

	/// Sends plancks to another account, and keeps what an account has to have.
	pub fn transfer(to: &Hash32, plancks: u128) -> Self {
		// The address is an account's id.
		Call::new(("Balances", 4), ("transfer_keep_alive", 3), &["dest", "value"], (0u8, to, Compact(plancks)))
	}

	/// Requests an inference. The chain's defaults stand for committee, auditors and window if they are not named.
	pub fn request_inference(
		model: &Hash32,
		input: &Input,
		unit_limit: u64,
		max_fee: u128,
		k: Option<u32>,
		audits: Option<u32>,
		window: Option<Window>,
	) -> Self {
		let fields = &["model", "input", "unit_limit", "max_fee", "k", "audits", "window", "callback"];
		let no_callback = None::<()>;
		let arguments = (model, input, unit_limit, max_fee, k, audits, window, no_callback);
		Call::new(("Inference", 15), ("request_inference", 0), fields, arguments)
	}

	/// Disputes a final result: every validator runs the model on this input, which has to be the request's.
	pub fn dispute_result(request: RequestId, input: &Input) -> Self {
		Call::new(("Inference", 15), ("dispute_result", 1), &["request", "input"], (request, input))
	}

	/// Adds to the bond of the account, which makes it a candidate.
	pub fn bond(plancks: u128) -> Self {
		Call::new(("Validators", 6), ("bond", 0), &["amount"], plancks)
	}

	/// Starts to leave.
	pub fn unbond() -> Self {
		Call::new(("Validators", 6), ("unbond", 1), &[], ())
	}

	/// Takes the bond back when its time is over.
	pub fn withdraw() -> Self {
		Call::new(("Validators", 6), ("withdraw", 2), &[], ())
	}

	/// Leaves the jail.
	pub fn unjail() -> Self {
		Call::new(("Validators", 6), ("unjail", 3), &[], ())
	}

	/// Adds to the bond, in the place of a candidate with a smaller one where there is no other place.
	pub fn bond_over(plancks: u128, smaller: &Hash32) -> Self {
		Call::new(("Validators", 6), ("bond_over", 5), &["amount", "smaller"], (plancks, smaller))
	}

	/// Sets which part of what its delegators would earn the account keeps, in parts of 10^9.
	pub fn set_commission(parts: u32) -> Self {
		Call::new(("Validators", 6), ("set_commission", 7), &["commission"], parts)
	}

	/// Delegates to a validator.
	pub fn delegate(validator: &Hash32, plancks: u128) -> Self {
		Call::new(("Validators", 6), ("delegate", 8), &["validator", "amount"], (validator, plancks))
	}

	/// Takes a delegation back, or all of it.
	pub fn undelegate(validator: &Hash32, plancks: Option<u128>) -> Self {
		Call::new(("Validators", 6), ("undelegate", 9), &["validator", "amount"], (validator, plancks))
	}

	/// Withdraws what was taken back.
	pub fn withdraw_delegation(validator: &Hash32, pay_due: bool) -> Self {
		let fields = &["validator", "pay_due"];
		Call::new(("Validators", 6), ("withdraw_delegation", 10), fields, (validator, pay_due))
	}

	/// Names the keys of the account's sessions: four public keys and the proof that their owner is this account.
	pub fn set_keys(keys: &SessionKeys, proof: &[u8]) -> Self {
		Call::new(("Session", 7), ("set_keys", 0), &["keys", "proof"], (keys, proof))
	}

	/// Proposes a call to the validators.
	pub fn propose(call: &BoundedCall) -> Self {
		Call::new(("Council", 21), ("propose", 0), &["call"], call)
	}

	/// Supports a motion whose call has this hash.
	pub fn support(motion: u32, call: &Hash32) -> Self {
		Call::new(("Council", 21), ("support", 1), &["motion", "call"], (motion, call))
	}

	/// Takes support back.
	pub fn withdraw_support(motion: u32) -> Self {
		Call::new(("Council", 21), ("withdraw_support", 2), &["motion"], motion)
	}

	/// Removes a motion that has ended.
	pub fn close_motion(motion: u32) -> Self {
		Call::new(("Council", 21), ("close", 3), &["motion"], motion)
	}

	/// Puts bytes on the chain, which a motion names by their hash.
	pub fn note_preimage(bytes: &[u8]) -> Self {
		Call::new(("Preimage", 23), ("note_preimage", 0), &["bytes"], bytes)
	}

	/// Makes calls one after the other, and none of them if one fails.
	pub fn batch_all(calls: &[Call]) -> Self {
		let mut bytes = vec![20, 2];
		Compact(calls.len() as u32).encode_to(&mut bytes);
		calls.iter().for_each(|call| bytes.extend(call.bytes()));
		Call { pallet: "Utility", name: "batch_all", fields: &["calls"], bytes }
	}

	/// Makes a space of memory.
	pub fn create_space(config: &SpaceConfig) -> Self {
		Call::new(("Memory", 16), ("create_space", 0), &["config"], config)
	}

	/// Commits the state of a space of memory.
	pub fn commit(commit: &Commit) -> Self {
		let fields = &["space", "seq", "root", "records", "manifest", "epoch", "add", "drop"];
		Call::new(("Memory", 16), ("commit", 1), fields, commit)
	}

	/// Lets an account read a space of memory, and do what the rights say.
	pub fn grant(space: u64, who: &Hash32, rights: u8, until: Option<u32>) -> Self {
		let fields = &["space", "who", "rights", "until"];
		Call::new(("Memory", 16), ("grant", 2), fields, (space, who, rights, until))
	}

	/// Takes a grant away.
	pub fn revoke(space: u64, who: &Hash32) -> Self {
		Call::new(("Memory", 16), ("revoke", 3), &["space", "who"], (space, who))
	}

	/// Releases what the network keeps for a space of memory, and then the space.
	pub fn close_space(space: u64) -> Self {
		Call::new(("Memory", 16), ("close_space", 6), &["space"], space)
	}

	/// The call's bytes.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// Compares with what the chain says of itself.
	pub(crate) fn check(&self, metadata: &ChainMetadata) -> Result<(), Error> {
		let known = || format!("{}.{}", self.pallet, self.name);
		let pallet = metadata
			.pallet_by_name(self.pallet)
			.ok_or_else(|| Error::unknown_chain(format!("it has no {}", known())))?;
		let variant = pallet
			.call_variant_by_name(self.name)
			.ok_or_else(|| Error::unknown_chain(format!("it has no {}", known())))?;
		let changed = || Error::unknown_chain(format!("its {} takes other arguments", known()));
		let fields = variant.fields.iter().map(|field| field.name.as_deref().unwrap_or_default());
		if [pallet.call_index(), variant.index] != self.bytes[..2] || !fields.eq(self.fields.iter().copied()) {
			return Err(changed());
		}
		let mut rest = &self.bytes[2..];
		for field in &variant.fields {
			let skip = IgnoreVisitor::new();
			decode_with_visitor(&mut rest, field.ty.id, metadata.types(), skip).map_err(|_| changed())?;
		}
		if rest.is_empty() {
			Ok(())
		} else {
			Err(changed())
		}
	}
}

/// Public keys of a validator's sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, codec::Decode)]
pub struct SessionKeys {
	/// Authors blocks.
	pub babe: Hash32,
	/// Finalizes them.
	pub grandpa: Hash32,
	/// Attests inferences.
	pub inference: Hash32,
	/// Publishes the node's addresses.
	pub authority_discovery: Hash32,
}

/// The chain and block that a transaction is bound to.
pub(crate) struct Binding {
	/// The chain that is trusted, whatever the node says.
	pub genesis: Hash32,
	pub spec_version: u32,
	pub transaction_version: u32,
	/// A block that the transaction comes after, with its number.
	pub block: (u64, Hash32),
	pub nonce: u32,
}

/// Signs a call: an encoded transaction.
pub(crate) fn sign(call: &Call, account: &Account, binding: &Binding) -> Vec<u8> {
	let era = Era::mortal(MORTALITY, binding.block.0);
	// No tip, and no hash of metadata: the call is not taken from any.
	let explicit = (era, Compact(binding.nonce), Compact(0u128), 0u8).encode();
	let implicit =
		(binding.spec_version, binding.transaction_version, binding.genesis, binding.block.1, None::<Hash32>);
	let payload = [call.bytes.as_slice(), &explicit, &implicit.encode()].concat();
	let signature = match payload.len() {
		0..=256 => account.sign(&payload),
		_ => account.sign(&blake2_256(&payload)),
	};
	// A signed transaction of version 4; the address is an account's id, the signature one of sr25519.
	let head = (0x84u8, 0u8, account.id(), 1u8, signature).encode();
	let body = [head.as_slice(), &explicit, &call.bytes].concat();
	body.encode()
}

/// Compares what transactions carry with what the chain says of itself.
pub(crate) fn check_extensions(metadata: &ChainMetadata) -> Result<(), Error> {
	let extensions = metadata.extrinsic().transaction_extensions_by_version(0).into_iter().flatten();
	if metadata.extrinsic().supported_versions().contains(&4) && extensions.map(|one| one.identifier()).eq(EXTENSIONS) {
		return Ok(());
	}
	Err(Error::unknown_chain("its transactions carry other things than known"))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::records::Availability;

	#[test]
	fn calls_have_the_indices_that_the_runtime_gives_them() {
		let input = Input::Inline(vec![7, 8]);
		let call = Call::request_inference(&[1; 32], &input, 2, 3, None, None, None);
		let mut bytes = vec![15, 0];
		bytes.extend([1; 32]);
		bytes.extend([0, 8, 7, 8]);
		bytes.extend(2u64.to_le_bytes());
		bytes.extend(3u128.to_le_bytes());
		let named = |window| Call::request_inference(&[1; 32], &input, 2, 3, Some(5), Some(8), Some(window));
		assert_eq!(call.bytes(), [&bytes[..], &[0, 0, 0, 0]].concat());
		let terms = [1, 5, 0, 0, 0, 1, 8, 0, 0, 0, 1];
		assert_eq!(named(Window::Blocks(4)).bytes(), [&bytes[..], &terms, &[0, 4, 0, 0, 0, 0]].concat());
		assert_eq!(named(Window::Assured).bytes(), [&bytes[..], &terms, &[1, 0]].concat());
		assert_eq!(Call::unbond().bytes(), [6, 1]);
		assert_eq!(Call::transfer(&[9; 32], 3).bytes(), [&[4, 3, 0][..], &[9; 32], &[12]].concat());
		assert_eq!(Call::retire_model(&[9; 32]).bytes(), [&[14, 1][..], &[9; 32]].concat());
		assert_eq!(Call::set_royalty(&[9; 32], 3).bytes(), [&[14, 2][..], &[9; 32], &3u128.to_le_bytes()].concat());
		assert_eq!(Call::transfer_model(&[9; 32], &[8; 32]).bytes(), [&[14, 7][..], &[9; 32], &[8; 32]].concat());
		let metadata = Metadata { task: b"t".to_vec(), ..Metadata::default() };
		let said = [&[14, 5][..], &[9; 32], &[4, b't', 0, 0, 0, 0]].concat();
		assert_eq!(Call::set_metadata(&[9; 32], &metadata).bytes(), said);
		assert_eq!(Call::propose(&BoundedCall::of(&[7, 8])).bytes(), [21, 0, 1, 8, 7, 8]);
		let long = BoundedCall::of(&[7; 129]);
		let named = [&[21, 0, 2][..], &blake2_256(&[7; 129]), &129u32.to_le_bytes()].concat();
		assert_eq!(Call::propose(&long).bytes(), named);
		assert_eq!(Call::support(3, &[9; 32]).bytes(), [&[21, 1, 3, 0, 0, 0][..], &[9; 32]].concat());
		assert_eq!(Call::withdraw_support(3).bytes(), [21, 2, 3, 0, 0, 0]);
		assert_eq!(Call::close_motion(3).bytes(), [21, 3, 3, 0, 0, 0]);
		assert_eq!(Call::note_preimage(&[7, 8]).bytes(), [23, 0, 8, 7, 8]);
		assert_eq!(Call::batch_all(&[Call::unbond(), Call::unjail()]).bytes(), [20, 2, 8, 6, 1, 6, 3]);
		let config = SpaceConfig { public: true, availability: Availability::Network, embedding: None, ranking: 1 };
		assert_eq!(Call::create_space(&config).bytes(), [16, 0, 1, 1, 0, 1]);
		let space = 5u64.to_le_bytes();
		let manifest = BlobRef { id: [9; 32], size: 3 };
		let (add, drop) = (vec![manifest], vec![[8; 32]]);
		let commit = Commit { space: 5, seq: 1, root: [7; 32], records: 2, manifest, epoch: 4, add, drop };
		let blob = [&[9; 32][..], &3u64.to_le_bytes()].concat();
		let head =
			[&space[..], &1u64.to_le_bytes(), &[7; 32], &2u64.to_le_bytes(), &blob, &4u32.to_le_bytes()].concat();
		let bytes = [&[16, 1][..], &head, &[4], &blob, &[4], &[8; 32]].concat();
		assert_eq!(Call::commit(&commit).bytes(), bytes);
		let who = [&space[..], &[9; 32]].concat();
		assert_eq!(Call::grant(5, &[9; 32], 3, Some(2)).bytes(), [&[16, 2][..], &who, &[3, 1, 2, 0, 0, 0]].concat());
		assert_eq!(Call::revoke(5, &[9; 32]).bytes(), [&[16, 3][..], &who].concat());
		assert_eq!(Call::close_space(5).bytes(), [&[16, 6][..], &space].concat());
		let of = |index: u8, rest: &[u8]| [&[6, index][..], rest].concat();
		assert_eq!(Call::bond_over(3, &[9; 32]).bytes(), of(5, &[&3u128.to_le_bytes()[..], &[9; 32]].concat()));
		assert_eq!(Call::set_commission(7).bytes(), of(7, &[7, 0, 0, 0]));
		assert_eq!(Call::delegate(&[9; 32], 3).bytes(), of(8, &[&[9; 32][..], &3u128.to_le_bytes()].concat()));
		assert_eq!(Call::undelegate(&[9; 32], None).bytes(), of(9, &[&[9; 32][..], &[0]].concat()));
		assert_eq!(Call::withdraw_delegation(&[9; 32], true).bytes(), of(10, &[&[9; 32][..], &[1]].concat()));
		assert_eq!(Call::dispute_result(3, &input).bytes(), [15, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 8]);
	}

	#[test]
	fn a_transaction_is_signed_over_the_trusted_genesis() {
		let account = Account::from_uri("//Alice").unwrap();
		let binding =
			|genesis| Binding { genesis, spec_version: 1, transaction_version: 1, block: (5, [2; 32]), nonce: 0 };
		let call = Call::unbond();
		let signed = sign(&call, &account, &binding([1; 32]));
		// Length, version, account, signature, mortality, nonce, tip, no metadata hash, call.
		assert_eq!(signed.len(), 2 + 1 + 33 + 65 + 2 + 1 + 1 + 1 + 2);
		assert_eq!(&signed[3..4], [0]);
		assert_eq!(&signed[4..36], account.id());
		assert!(signed.ends_with(call.bytes()));
	}
}
