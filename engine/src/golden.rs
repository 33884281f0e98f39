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

/// The bits that an engine finds for a vector.
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

const VECTORS: [Vector; 17] = [
	Vector {
		name: "dense",
		model: vectors::dense,
		output: "f70000258439deda6509dee14d388d5e929846e2cb72ec295a95686be3ec2f15",
		trace: "c8356d8cae467a2490e659bb2de7569764f524fe5160f286bc7998db2335d3be",
		units: (8_339_897, 8_359_548),
	},
	Vector {
		name: "convolution",
		model: vectors::convolution,
		output: "d970c8ce10321ce83b80500d30937162e878e12026d293f0e5aaaed17f6d4276",
		trace: "ce86b5ec959979078066098eebef35c8601964437347c8b741748c7bfa7d23f0",
		units: (10_942_403, 10_985_417),
	},
	Vector {
		name: "mobile",
		model: vectors::mobile,
		output: "21982833c02c47949ba9395e37dab2a006e8b3eba3edd8a83fa2cf5f49a4a222",
		trace: "cf096f2ba5902fe3c83ff563675b777c9fc6e3e52e8876ecf050aa89ac935a14",
		units: (33_462_584, 33_540_938),
	},
	Vector {
		name: "encoder",
		model: vectors::encoder,
		output: "6f30d2085f98f27097bf3ff1ec81b6a697d0b02dcadb4e5d65d3183212482c8c",
		trace: "cb48de6832bdc9db07e20faaae4a3930c48cdeb5e70e91de8b5008f63f81f5a9",
		units: (66_263_522, 66_498_245),
	},
	Vector {
		name: "lstm",
		model: vectors::lstm,
		output: "9152c0f107d20ad833e6407bbba2ee86df661e11224de3a27908784b80dffcda",
		trace: "a6e0dddd062f25bbbdd5071ee1bc81886d88bfb8bff582262d0729e87814a885",
		units: (9_191_798, 9_288_247),
	},
	Vector {
		name: "int8",
		model: vectors::int8,
		output: "5c0b8ea290df2990cd72013ef31a93bd14d8c2d3d6b6854988ff2dee380469b0",
		trace: "7f041253ec6e922f880f401de280943f1fc44bb4578dd4724ecd9276ffb3d842",
		units: (42_792_712, 42_942_480),
	},
	Vector {
		name: "nan",
		model: vectors::nan,
		output: "a2ee2510e5d0680eeeeb1ddc10b10e6df664f27a4225f35854dbd423215fae42",
		trace: "656014ac82d5ff8a520962f2eda2994a270e443a729b9a468eb077f93f890beb",
		units: (7_677_253, 7_710_473),
	},
	Vector {
		name: "nan_order",
		model: vectors::nan_order,
		output: "39850059787f4f4135c3952f6b32d0281a5a67a5f34b0a4e4ab2ab5c101965e5",
		trace: "87c305bebc4364fba79057e7dec1dcb18092c58cef484f9c130d7fb0609d3c20",
		units: (20_131_785, 20_213_529),
	},
	Vector {
		name: "scan",
		model: vectors::scan,
		output: "a73faea457e3e6ed9e9a05fc7f32b6e1515467f7ed8d85548577c1d8a3164290",
		trace: "9648aeebc166ac29fdfe5fd9ecf9151f4e288b5a83fc0664a82db3445bf6a922",
		units: (18_746_476, 18_896_525),
	},
	Vector {
		name: "branch",
		model: vectors::branch,
		output: "45da7228939d5e9a06fd0ce96c96ee8f4a264cead15ace8904088619d9dd5f43",
		trace: "fd9c45d7b1ab7d530b402a2bbfad4f5c2ede511a31691ddd49f6f0ec5871b387",
		units: (11_083_992, 11_116_448),
	},
	Vector {
		name: "loops",
		model: vectors::loops,
		output: "78b4a9e35ea3ce6ecc4c56d77a7410ff2e20f09d7e2522ee575e77ad921ae3f7",
		trace: "8ce5e489f421a136fe24019b07ae1fede09d49f6357093e4fccfffb5a2b87a05",
		units: (57_302_522, 57_587_557),
	},
	Vector {
		name: "tabular",
		model: vectors::tabular,
		output: "bdb960648bbfa8ece148b2c04d0d73c7f11063cfe3b31e730e49e9379b2a4914",
		trace: "5dfd15b44a878517e3418eec9b12463bad872794aab2196e8a57b4d02055ce1c",
		units: (14_505_294, 14_582_227),
	},
	Vector {
		name: "text",
		model: vectors::text,
		output: "47bf166d3b8caf23b939ad7b408c910be50b4a8f90199957b2dc4ec7d9ce5b1b",
		trace: "c55671d64271ff6fb0af8d13e216bb74be1415591bc89a974a2e8ec5eeaad3d2",
		units: (14_223_625, 14_357_759),
	},
	Vector {
		name: "windows",
		model: vectors::windows,
		output: "3cf7055c22ad971dfb3a7c2bde3714efd20a8968fcde4f7ba9d8caf0c6357d21",
		trace: "10c98b1689c434d106e6c2f6eb142d20930f8dcf39cc01c375af3099f0bab216",
		units: (31_234_251, 31_345_687),
	},
	Vector {
		name: "recurrent",
		model: vectors::recurrent,
		output: "33d2b05c97c7fd95c02ee244148acd122d81967538007253378cd6588a7ecb80",
		trace: "ad2d734cb12a6e3cb94335e3c0adaf1f3881985c33f0a4657a041294709b9cac",
		units: (8_804_634, 8_922_574),
	},
	Vector {
		name: "elements",
		model: vectors::elements,
		output: "3af0b4aa0049f9c3643c868dcc2076b05d703324105420a71d78abce0fb0ce7c",
		trace: "1e2297f25e07fa6aa73377cc2a9f1fbe7176d43080663f56a53472e8f0c1e302",
		units: (36_159_430, 36_292_883),
	},
	Vector {
		name: "exporters",
		model: vectors::exporters,
		output: "05e615272a6cf4701ef8d0fb323f77b7bc50107664fc267a8fcec3226fbfe242",
		trace: "030609769f7a5c3c73acba1a4a144c3975df2d54323e589e1b240ec4a16d6dd3",
		units: (33_155_941, 33_316_161),
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
