//! Tests of the versions of the runtime: they have to be raised with every change that clients see, and a chain of the
//! last release can be upgraded to this one.
//!
//! `released/VERSION` says what the last release showed to those who read its metadata, `released/state.zst` what a network of it had in its
//! state. `scripts/release.sh` writes both.

use assay_runtime::{invariants, Executive, Runtime, VERSION};
use codec::{Decode, Encode};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::TypeDef;
use sp_core::storage::Storage;
use sp_io::{hashing::blake2_256, TestExternalities};
use std::{
	fmt::Write,
	fs,
	io::Read,
	path::{Path, PathBuf},
};

/// The parts of the metadata that clients rely on.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Surface {
	spec_version: u32,
	transaction_version: u32,
	/// Hash of all metadata.
	metadata: String,
	/// Hash of what a signed transaction is made of: calls by their indices, with their arguments, and what is signed beside them.
	calls: String,
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().fold("0x".into(), |text, byte| text + &format!("{byte:02x}"))
}

impl Surface {
	fn of_this_runtime() -> Self {
		// Some constants are what the genesis block says: here, what they are without one.
		let encoded = TestExternalities::default().execute_with(|| Runtime::metadata().encode());
		let metadata = RuntimeMetadataPrefixed::decode(&mut &encoded[..]).expect("it was just encoded");
		let RuntimeMetadata::V14(metadata) = metadata.1 else { panic!("the metadata has another version") };
		let mut calls = String::new();
		for pallet in &metadata.pallets {
			let Some(of_pallet) = &pallet.calls else { continue };
			let of_pallet = metadata.types.resolve(of_pallet.ty.id).expect("it has a type");
			let TypeDef::Variant(variants) = &of_pallet.type_def else { panic!("calls are variants") };
			for call in &variants.variants {
				let fields = call.fields.iter().map(|field| field.type_name.clone().unwrap_or_default());
				let fields = fields.collect::<Vec<_>>().join(", ");
				writeln!(calls, "{}.{} {}.{}({fields})", pallet.index, call.index, pallet.name, call.name).unwrap();
			}
		}
		for extension in &metadata.extrinsic.signed_extensions {
			writeln!(calls, "{}", extension.identifier).unwrap();
		}
		Surface {
			spec_version: VERSION.spec_version,
			transaction_version: VERSION.transaction_version,
			metadata: hex(&blake2_256(&encoded)),
			calls: hex(&blake2_256(calls.as_bytes())),
		}
	}

	fn parse(text: &str) -> Self {
		let value = |name: &str| {
			let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
			line.unwrap_or_else(|| panic!("released/VERSION has no {name}")).to_string()
		};
		let number = |name| value(name).parse().expect("a version is a number");
		Surface {
			spec_version: number("spec_version"),
			transaction_version: number("transaction_version"),
			metadata: value("metadata"),
			calls: value("calls"),
		}
	}

	fn text(&self) -> String {
		let Surface { spec_version, transaction_version, metadata, calls } = self;
		format!(
			"spec_version {spec_version}\ntransaction_version {transaction_version}\nmetadata {metadata}\ncalls {calls}\n"
		)
	}

	/// The fault in the versions of a runtime that comes after this release, if there is one.
	fn wrong_after(&self, released: &Surface) -> Option<&'static str> {
		if self.spec_version < released.spec_version || self.transaction_version < released.transaction_version {
			return Some("a version is lower than that of the last release");
		}
		if self.metadata != released.metadata && self.spec_version == released.spec_version {
			return Some("the metadata is another than that of the last release: raise spec_version");
		}
		if self.calls != released.calls && self.transaction_version == released.transaction_version {
			return Some("calls are others than those of the last release: raise transaction_version");
		}
		None
	}
}

fn released(file: &str) -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("released").join(file)
}

#[test]
fn versions_are_raised_with_what_clients_see() {
	let current = Surface::of_this_runtime();
	let path = released("VERSION");
	if std::env::var_os("ASSAY_RELEASE").is_some() {
		fs::write(&path, current.text()).unwrap();
	}
	let released = Surface::parse(&fs::read_to_string(path).unwrap());
	if let Some(wrong) = current.wrong_after(&released) {
		panic!("{wrong}\nthis runtime:\n{}the last release:\n{}", current.text(), released.text());
	}
}

#[test]
fn every_change_asks_for_its_version() {
	let released = Surface { spec_version: 7, transaction_version: 3, metadata: "a".into(), calls: "b".into() };
	assert_eq!(Surface::parse(&released.text()), released);
	assert_eq!(released.wrong_after(&released), None);
	let seen = Surface { metadata: "other".into(), ..released.clone() };
	assert!(seen.wrong_after(&released).unwrap().contains("raise spec_version"));
	assert_eq!(Surface { spec_version: 8, ..seen.clone() }.wrong_after(&released), None);
	let signed = Surface { calls: "other".into(), spec_version: 8, ..seen };
	assert!(signed.wrong_after(&released).unwrap().contains("raise transaction_version"));
	assert_eq!(Surface { transaction_version: 4, ..signed }.wrong_after(&released), None);
	assert!(Surface { spec_version: 6, ..released.clone() }.wrong_after(&released).is_some());
	assert!(Surface { transaction_version: 2, ..released.clone() }.wrong_after(&released).is_some());
}

/// The state of a network of the last release, but for its code.
fn state_of_the_release() -> TestExternalities {
	let file = fs::File::open(released("state.zst")).unwrap();
	let mut bytes = Vec::new();
	ruzstd::decoding::StreamingDecoder::new(file).unwrap().read_to_end(&mut bytes).unwrap();
	let pairs = Vec::<(Vec<u8>, Vec<u8>)>::decode(&mut &bytes[..]).unwrap();
	Storage { top: pairs.into_iter().collect(), ..Default::default() }.into()
}

#[test]
fn a_chain_of_the_last_release_is_upgraded_and_keeps_every_invariant() {
	let mut ext = state_of_the_release();
	ext.execute_with(|| {
		let models = pallet_models::Models::<Runtime>::iter_keys().count();
		let results = pallet_inference::Results::<Runtime>::iter_keys().count();
		let candidates = pallet_validators::Candidates::<Runtime>::iter_keys().count();
		assert!(
			models > 1 && results > 2 && candidates > 3,
			"{models} models, {results} results, {candidates} candidates"
		);
		Executive::execute_on_runtime_upgrade();
		invariants::check().unwrap();
		// Whatever was there can be read by this runtime, and is all there.
		assert_eq!(pallet_models::Models::<Runtime>::iter_values().count(), models);
		assert_eq!(pallet_inference::Results::<Runtime>::iter_values().count(), results);
		assert_eq!(pallet_validators::Candidates::<Runtime>::iter_values().count(), candidates);
		// A second time there is nothing to do.
		let root = sp_io::storage::root(sp_core::storage::StateVersion::V1);
		Executive::execute_on_runtime_upgrade();
		assert_eq!(sp_io::storage::root(sp_core::storage::StateVersion::V1), root);
	});
}
