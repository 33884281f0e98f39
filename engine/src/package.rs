//! Engines as files: what a node needs to run an engine that it was not built with.
//!
//! A package has the guest's bytes, what the host adds to their meaning, and the golden vectors with the bits that this engine gives. The
//! id of the engine covers guest and profile, so whoever knows the id can take the package from anybody. The vectors are not covered: with
//! false ones a machine does not attest.

use crate::{golden, guest, guest::Guest, Config, Engine, EngineError};
use assay_primitives::{hash::blake2_256, EngineId, EngineProfile};
use codec::{Decode, DecodeAll, Encode};
use std::sync::Arc;

/// A golden vector: a model and the bits that the engine gives on its sample input.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) struct Vector {
	pub name: String,
	pub model: Vec<u8>,
	/// BLAKE3 of the output bundle.
	pub output: [u8; 32],
	/// Digest of the trace.
	pub trace: [u8; 32],
	/// Units of loading, and of loading and running.
	pub units: (u64, u64),
}

#[derive(Encode, Decode)]
struct Contents {
	profile: EngineProfile,
	guest: Vec<u8>,
	vectors: Vec<Vector>,
}

/// An engine that this program may not be built with.
#[derive(Clone)]
pub struct Package {
	pub(crate) guest: Arc<Guest>,
	pub(crate) vectors: Arc<Vec<Vector>>,
}

/// Why bytes are no engine that this program can run.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PackageError {
	/// They do not decode.
	#[error("these bytes are no package of an engine: {0}")]
	Format(String),
	/// The engine expects another host.
	#[error("this program gives engines another meaning than the one in the package has: update the program")]
	Profile,
	/// The engine is another one than was asked for.
	#[error("this is the package of the engine {}", hex(&.0.0))]
	OtherEngine(EngineId),
	/// The guest breaks a rule.
	#[error("the engine's guest may not run: {0}")]
	Guest(String),
}

fn hex(bytes: &[u8]) -> String {
	bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Package {
	/// The engine that this program was built with.
	pub fn built_in() -> Package {
		Package { guest: Guest::built_in(), vectors: Arc::new(golden::vectors()) }
	}

	/// Reads a package of the engine with this id.
	pub fn from_bytes(id: EngineId, bytes: &[u8]) -> Result<Package, PackageError> {
		let contents = Contents::decode_all(&mut &*bytes).map_err(|error| PackageError::Format(error.to_string()))?;
		let found = EngineId::new(&blake2_256(&contents.guest), &contents.profile);
		if found != id {
			return Err(PackageError::OtherEngine(found));
		}
		if contents.profile != guest::PROFILE {
			return Err(PackageError::Profile);
		}
		guest::check(&contents.guest).map_err(|error| PackageError::Guest(error.to_string()))?;
		Ok(Package { guest: Guest::new(contents.guest), vectors: Arc::new(contents.vectors) })
	}

	/// The bytes of the package.
	pub fn to_bytes(&self) -> Vec<u8> {
		let guest = self.guest.bytes().to_vec();
		Contents { profile: guest::PROFILE, guest, vectors: self.vectors.to_vec() }.encode()
	}

	/// Id of the engine.
	pub fn id(&self) -> EngineId {
		self.guest.id()
	}

	/// This engine with the bits that it finds of its vectors here, for one whose bits nobody has written down.
	#[doc(hidden)]
	pub fn as_found(&self, engine: &Engine) -> Result<Package, String> {
		let found = engine.golden_bits().into_iter().map(|(_, bits)| bits);
		let vectors = self.vectors.iter().zip(found).map(|(vector, bits)| {
			let bits = bits.map_err(|why| format!("{}: {why}", vector.name))?;
			let (output, trace) = (*bits.output.as_bytes(), *bits.trace.as_bytes());
			Ok(Vector { output, trace, units: (bits.load_units, bits.units), ..vector.clone() })
		});
		Ok(Package { guest: self.guest.clone(), vectors: Arc::new(vectors.collect::<Result<_, String>>()?) })
	}

	/// Makes this engine as [`Engine::new`] does the built-in one.
	pub fn engine(&self, config: Config) -> Result<Engine, EngineError> {
		Engine::start(config, self.clone(), false)
	}

	/// Makes this engine as [`Engine::lazy`] does the built-in one.
	pub fn lazy(&self, config: Config) -> Result<Engine, EngineError> {
		Engine::start(config, self.clone(), true)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_package_is_what_its_id_says() {
		let package = Package::built_in();
		let bytes = package.to_bytes();
		let read = |id, bytes: &[u8]| Package::from_bytes(id, bytes);
		let again = read(package.id(), &bytes).unwrap_or_else(|error| panic!("{error}"));
		assert_eq!((again.id(), again.to_bytes() == bytes), (crate::engine_id(), true));
		let other = EngineId([7; 32]);
		assert_eq!(read(other, &bytes).err(), Some(PackageError::OtherEngine(package.id())));
		assert!(matches!(read(package.id(), &bytes[..bytes.len() - 1]), Err(PackageError::Format(_))));
		assert!(matches!(read(package.id(), &[&bytes[..], &[0]].concat()), Err(PackageError::Format(_))));
		assert!(matches!(read(package.id(), b""), Err(PackageError::Format(_))));
	}

	#[test]
	fn a_package_that_is_no_guest_or_is_for_another_host_is_refused() {
		let made = |profile: EngineProfile, guest: Vec<u8>| {
			let id = EngineId::new(&blake2_256(&guest), &profile);
			Package::from_bytes(id, &Contents { profile, guest, vectors: vec![] }.encode()).err()
		};
		let profile = EngineProfile { memory_pages: 1, ..guest::PROFILE };
		assert_eq!(made(profile, guest::GUEST.to_vec()), Some(PackageError::Profile));
		// An empty module has no stack pointer.
		let empty = b"\0asm\x01\0\0\0".to_vec();
		assert!(matches!(made(guest::PROFILE, empty), Some(PackageError::Guest(_))));
		assert!(matches!(made(guest::PROFILE, b"no module".to_vec()), Some(PackageError::Guest(_))));
	}
}
