//! Small models with the bits that every machine has to find.

use crate::{package, vectors, Abstain, Engine, Input, Model, Run, RunRequest, SelfTestError};

/// Enough for any of the vectors.
const UNIT_LIMIT: u64 = 2_000_000_000;

/// Key of the vectors' trace digests.
const TRACE_KEY: [u8; 32] = *b"assay golden vectors' trace key.";

struct Vector {
	name: &'static str,
	model: fn() -> Vec<u8>,
	/// BLAKE3 of the output bundle.
	output: &'static str,
	/// Trace digest under [`TRACE_KEY`].
	trace: &'static str,
	/// Units of loading, and of loading and running.
	units: (u64, u64),
}

/// What an engine finds of a vector.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bits {
	/// BLAKE3 of the output bundle.
	pub output: blake3::Hash,
	/// Digest of the trace.
	pub trace: blake3::Hash,
	/// Units of loading.
	pub load_units: u64,
	/// Units of loading and running.
	pub units: u64,
}

impl std::fmt::Display for Bits {
	fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
		write!(f, "{} {} {} {}", self.output, self.trace, self.load_units, self.units)
	}
}

const VECTORS: [Vector; 15] = [
	Vector {
		name: "dense",
		model: vectors::dense,
		output: "029e039b513c04056b07c8da7e261aa1c95c3dfe5ac457f5073b157ef829eed0",
		trace: "da7c176d1a29494d2aa6afb1a8474fec968199154cbe713be39981dbdcf02eae",
		units: (10958125, 11015773),
	},
	Vector {
		name: "convolution",
		model: vectors::convolution,
		output: "9707fc940669e9da8f191967968442bf0ffb97346248ccd81481c4cb4ff4f60b",
		trace: "5d1620896b2d5a7b85ad2890bed31583bdf9f78e090f8166f060d70b1f943e52",
		units: (14582231, 14688484),
	},
	Vector {
		name: "mobile",
		model: vectors::mobile,
		output: "bafb7e225778405ac4e9d33e20e5b9814f47684cc8899fd5763998ec1c009fea",
		trace: "ea6faad206273f157bdf18dca3359a9d73f9d809d465de0baa72349003179ea0",
		units: (44051297, 44316821),
	},
	Vector {
		name: "encoder",
		model: vectors::encoder,
		output: "acb643187ae178250fc6526a400134a24331f80c3ff75ca30426b94a5d6aaa6b",
		trace: "fe3065cf4e857363a0fb634a4a4a2c3c71be36ee8b1a2c4f2152e557f21b0ef1",
		units: (92870822, 93553879),
	},
	Vector {
		name: "lstm",
		model: vectors::lstm,
		output: "d50ae5bb890808a2f3d39008d86f4bd70bd9000b50a540adcf15a22e7e795609",
		trace: "1cca03b00d222d688e0e98e40a1b48c5a99f60125e5f3ca847200cafe5560bcc",
		units: (322133099, 323400688),
	},
	Vector {
		name: "int8",
		model: vectors::int8,
		output: "5c0b8ea290df2990cd72013ef31a93bd14d8c2d3d6b6854988ff2dee380469b0",
		trace: "0a4fac41936c86759d1c7cb8d51e21bd4e84ea2e2a02e7967056f203e8171ad7",
		units: (40754132, 40832785),
	},
	Vector {
		name: "nan",
		model: vectors::nan,
		output: "a2ee2510e5d0680eeeeb1ddc10b10e6df664f27a4225f35854dbd423215fae42",
		trace: "31c8ea6ffd74e96631bd26bcdc8f94d7ef6e2d8c88d64e6fa49d89e6fbb2193c",
		units: (5854945, 5865409),
	},
	Vector {
		name: "nan_order",
		model: vectors::nan_order,
		output: "a32ade3b3d0df4cf342950d4bb54ddc245dd884bf30c093b3efb92e59a24c216",
		trace: "2e3dfac0c0878dab8941a66b9176f2226ddd33451400423a879a863ce670918b",
		units: (21033554, 21066351),
	},
	Vector {
		name: "scan",
		model: vectors::scan,
		output: "a73faea457e3e6ed9e9a05fc7f32b6e1515467f7ed8d85548577c1d8a3164290",
		trace: "3755e47f2d4ae30b2e18a09f55b7713ab383ad1583ad8109b6b3fba9be14283f",
		units: (14823018, 14884846),
	},
	Vector {
		name: "branch",
		model: vectors::branch,
		output: "45da7228939d5e9a06fd0ce96c96ee8f4a264cead15ace8904088619d9dd5f43",
		trace: "f09b2b7154d9555708efcf36c94f60ac430806bd7cc390fa4a91ba29c6321884",
		units: (9624479, 9635588),
	},
	Vector {
		name: "tabular",
		model: vectors::tabular,
		output: "bdb960648bbfa8ece148b2c04d0d73c7f11063cfe3b31e730e49e9379b2a4914",
		trace: "58415828d878175a7dbb744098367c328515234da9bab4a9bed18211bbab86a5",
		units: (12739263, 12776451),
	},
	Vector {
		name: "text",
		model: vectors::text,
		output: "47bf166d3b8caf23b939ad7b408c910be50b4a8f90199957b2dc4ec7d9ce5b1b",
		trace: "f30ba8d027067377ccf046b2265be9f88222cc26f8f895ae87e7098fdb0a220f",
		units: (12550112, 12639214),
	},
	Vector {
		name: "windows",
		model: vectors::windows,
		output: "3cf7055c22ad971dfb3a7c2bde3714efd20a8968fcde4f7ba9d8caf0c6357d21",
		trace: "8ba25750b35b6aa0a0caa7fdea32a10b33de02df6e9e5bb43eca33cbd596ebec",
		units: (20189999, 20297184),
	},
	Vector {
		name: "recurrent",
		model: vectors::recurrent,
		output: "33d2b05c97c7fd95c02ee244148acd122d81967538007253378cd6588a7ecb80",
		trace: "81408bddd9701b2349a40228340c70cfcc07558b93a2b222c6e1b5fc777b84da",
		units: (7051480, 7160420),
	},
	Vector {
		name: "elements",
		model: vectors::elements,
		output: "3af0b4aa0049f9c3643c868dcc2076b05d703324105420a71d78abce0fb0ce7c",
		trace: "63ef6dd6fef5ec7646fa82d4f9b2fea70097d733092b0446ab74bad88118129b",
		units: (30062424, 30107801),
	},
];

/// Every vector, with what the engine of this build finds of it.
pub fn vectors() -> Vec<package::Vector> {
	let hash = |hex: &str| blake3::Hash::from_hex(hex).map(|hash| *hash.as_bytes()).unwrap_or_default();
	let made = |vector: &Vector| package::Vector {
		name: vector.name.into(),
		model: (vector.model)(),
		output: hash(vector.output),
		trace: hash(vector.trace),
		units: vector.units,
	};
	VECTORS.iter().map(made).collect()
}

/// Runs every vector and compares the bits.
pub fn self_test(engine: &Engine, vectors: &[package::Vector]) -> Result<(), SelfTestError> {
	vectors.iter().try_for_each(|vector| check(engine, vector))
}

/// Name and bits of every vector, as this engine finds them.
pub fn found(engine: &Engine) -> Vec<(&'static str, Result<Bits, String>)> {
	VECTORS.iter().map(|vector| (vector.name, bits(engine, &(vector.model)()))).collect()
}

/// Name and model of every vector.
pub fn models() -> Vec<(&'static str, Vec<u8>)> {
	VECTORS.iter().map(|vector| (vector.name, (vector.model)())).collect()
}

fn check(engine: &Engine, vector: &package::Vector) -> Result<(), SelfTestError> {
	let name = &vector.name;
	let failed = |why| SelfTestError::Failed { vector: name.clone(), why };
	let found = bits(engine, &vector.model).map_err(failed)?;
	same(name, "the output", blake3::Hash::from_bytes(vector.output), found.output)?;
	same(name, "the trace", blake3::Hash::from_bytes(vector.trace), found.trace)?;
	same(name, "the units of the load", vector.units.0, found.load_units)?;
	same(name, "the units", vector.units.1, found.units)
}

fn bits(engine: &Engine, model: &[u8]) -> Result<Bits, String> {
	let request = RunRequest {
		model: Model::Bytes(model),
		input: Input::Generated,
		unit_limit: UNIT_LIMIT,
		trace_keys: &[TRACE_KEY],
	};
	let run: Run = engine.run(&request).map_err(|abstain: Abstain| abstain.to_string())?;
	let output = run.outcome.map_err(|reason| match engine.inspect(model, None) {
		Err(error) => error.to_string(),
		Ok(_) => format!("{reason:?}"),
	})?;
	let trace = blake3::Hash::from_bytes(run.trace_digests.first().copied().unwrap_or_default());
	Ok(Bits { output: blake3::hash(&output), trace, load_units: run.load_units, units: run.units })
}

fn same<V: ToString>(vector: &str, what: &'static str, expected: V, found: V) -> Result<(), SelfTestError> {
	let (expected, found) = (expected.to_string(), found.to_string());
	if found == expected {
		return Ok(());
	}
	Err(SelfTestError::Differs { vector: vector.into(), what, expected, found })
}
