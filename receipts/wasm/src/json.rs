//! Records as they are in JSON.

use assay_primitives::{
	Claim, ContentId, DataType, Decision, EngineId, FailReason, Hash32, Verdict, Verification, Window,
};
use assay_receipts::{BlockRef, Terms};
use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

/// Bytes, in hex with `0x`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hex<T>(pub T);

impl<T: AsRef<[u8]>> Serialize for Hex<T> {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(&format!("0x{}", hex::encode(&self.0)))
	}
}

impl<'de, T: TryFrom<Vec<u8>>> Deserialize<'de> for Hex<T> {
	fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
		let text = String::deserialize(deserializer)?;
		let bytes = text.strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
		bytes
			.and_then(|bytes| T::try_from(bytes).ok())
			.map(Hex)
			.ok_or_else(|| D::Error::custom(format!("`{text}` is not the hex that is due here")))
	}
}

/// A number of 64 bits, as text.
mod text {
	use super::*;

	pub fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(number)
	}

	pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
		let text = String::deserialize(deserializer)?;
		text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no number of 64 bits in decimal digits")))
	}
}

/// A [`Claim`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimJson {
	#[serde(with = "text")]
	request: u64,
	model: Hex<Hash32>,
	engine: Hex<Hash32>,
	input: Hex<Hash32>,
	output: Option<Hex<Hash32>>,
	decision: DecisionJson,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DecisionJson {
	#[serde(with = "text")]
	round: u64,
	verdict: VerdictJson,
	votes: u32,
	k: u32,
	q: u32,
	v: u32,
	escalated: bool,
	audits: u32,
	auditors: u32,
	#[serde(with = "text")]
	power: u64,
	#[serde(with = "text")]
	total: u64,
	window: WindowJson,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase", deny_unknown_fields)]
enum VerdictJson {
	Output {
		result_hash: Hex<Hash32>,
		#[serde(with = "text")]
		load_units: u64,
		#[serde(with = "text")]
		units: u64,
	},
	Failed {
		reason: ReasonJson,
		#[serde(with = "text")]
		units: u64,
	},
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(remote = "FailReason")]
enum ReasonDef {
	InputMismatch,
	ComputeLimit,
	MemoryLimit,
	ModelTrap,
	ModelInvalid,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct ReasonJson(#[serde(with = "ReasonDef")] FailReason);

/// A number of blocks, or `"assured"`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WindowJson {
	/// Blocks.
	Blocks(u32),
	/// Until more than a third of the validators have made blocks.
	Assured(Assured),
}

/// The word for [`Window::Assured`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Assured {
	/// It.
	Assured,
}

impl From<Window> for WindowJson {
	fn from(window: Window) -> Self {
		match window {
			Window::Blocks(blocks) => WindowJson::Blocks(blocks),
			Window::Assured => WindowJson::Assured(Assured::Assured),
		}
	}
}

impl From<WindowJson> for Window {
	fn from(window: WindowJson) -> Self {
		match window {
			WindowJson::Blocks(blocks) => Window::Blocks(blocks),
			WindowJson::Assured(Assured::Assured) => Window::Assured,
		}
	}
}

/// [`Terms`], of which those that are not named are [`Terms::DEFAULT`].
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsJson {
	k: Option<u32>,
	audits: Option<u32>,
	window: Option<WindowJson>,
}

impl From<TermsJson> for Terms {
	fn from(terms: TermsJson) -> Self {
		let Terms { k, audits, window } = Terms::DEFAULT;
		Terms {
			k: terms.k.unwrap_or(k),
			audits: terms.audits.unwrap_or(audits),
			window: terms.window.map_or(window, Into::into),
		}
	}
}

/// A block.
#[derive(Clone, Debug, Serialize)]
pub struct BlockJson {
	number: u32,
	hash: Hex<Hash32>,
}

impl From<BlockRef> for BlockJson {
	fn from(block: BlockRef) -> Self {
		BlockJson { number: block.number, hash: Hex(block.hash) }
	}
}

/// A tensor without its elements, which are among the bytes beside the JSON: so many of them, after those of the tensors before it. Texts are in
/// the JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorJson {
	/// Name of the input or output.
	pub name: String,
	/// Data type, as [`DataType::name`] gives it.
	#[serde(rename = "type")]
	pub data_type: String,
	/// Dimensions, each below 2^53, so that JavaScript has them exactly: a larger tensor fits into no memory.
	pub shape: Vec<u64>,
	/// Bytes of its elements.
	#[serde(default)]
	pub bytes: usize,
	/// Its elements, if they are texts.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub texts: Option<Vec<String>>,
}

/// All data types.
const DATA_TYPES: [DataType; 14] = [
	DataType::F32,
	DataType::U8,
	DataType::I8,
	DataType::U16,
	DataType::I16,
	DataType::I32,
	DataType::I64,
	DataType::String,
	DataType::Bool,
	DataType::F16,
	DataType::F64,
	DataType::U32,
	DataType::U64,
	DataType::BF16,
];

/// The data type of a name.
pub fn data_type(name: &str) -> Option<DataType> {
	DATA_TYPES.into_iter().find(|data_type| data_type.name() == name)
}

impl From<Claim> for ClaimJson {
	fn from(claim: Claim) -> Self {
		let Decision { round, verdict, votes, k, q, v, escalated, audits, auditors, power, total, window } =
			claim.decision;
		let verdict = match verdict {
			Verdict::Output { result_hash, load_units, units } => {
				VerdictJson::Output { result_hash: Hex(result_hash), load_units, units }
			}
			Verdict::Failed { reason, units } => VerdictJson::Failed { reason: ReasonJson(reason), units },
		};
		let window = window.into();
		ClaimJson {
			request: claim.request,
			model: Hex(claim.model.0),
			engine: Hex(claim.engine.0),
			input: Hex(claim.input.0),
			output: claim.output.map(|output| Hex(output.0)),
			decision: DecisionJson {
				round,
				verdict,
				votes,
				k,
				q,
				v,
				escalated,
				audits,
				auditors,
				power,
				total,
				window,
			},
		}
	}
}

impl From<ClaimJson> for Claim {
	fn from(claim: ClaimJson) -> Self {
		let DecisionJson { round, verdict, votes, k, q, v, escalated, audits, auditors, power, total, window } =
			claim.decision;
		let verdict = match verdict {
			VerdictJson::Output { result_hash, load_units, units } => {
				Verdict::Output { result_hash: result_hash.0, load_units, units }
			}
			VerdictJson::Failed { reason, units } => Verdict::Failed { reason: reason.0, units },
		};
		let window = window.into();
		Claim {
			request: claim.request,
			model: ContentId(claim.model.0),
			engine: EngineId(claim.engine.0),
			verification: Verification::ReExecution,
			input: ContentId(claim.input.0),
			output: claim.output.map(|output| ContentId(output.0)),
			decision: Decision { round, verdict, votes, k, q, v, escalated, audits, auditors, power, total, window },
		}
	}
}

/// The facts of a request that its maker knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedJson {
	#[serde(with = "text")]
	request: u64,
	model: Option<Hex<Hash32>>,
	input: Option<Hex<Hash32>>,
	terms: Option<TermsJson>,
}

impl From<ExpectedJson> for assay_receipts::Expected {
	fn from(expected: ExpectedJson) -> Self {
		assay_receipts::Expected {
			request: expected.request,
			model: expected.model.map(|id| ContentId(id.0)),
			input: expected.input.map(|id| ContentId(id.0)),
			terms: expected.terms.map(Into::into),
		}
	}
}
