//! Proven answers.

use crate::tensors::taken;
use assay_client::{hex0x, Answer as Found, Evidence};
use assay_primitives::{Claim as Claimed, TensorBundle, Verdict, Window};
use assay_receipts::{all_asked, Verified};
use pyo3::{prelude::*, types::PyBytes};

/// The claim that the chain made final, and the proof of it.
#[pyclass(frozen, module = "assay._native")]
#[derive(Clone)]
pub struct Claim {
	claim: Claimed,
	/// Block in which it became final, and block that the proof starts from; none from a light client.
	blocks: Option<(u32, u32)>,
	/// Finalized block that proves it.
	head: u32,
	genesis: String,
	/// The age that the starting block of the proof was taken to have; none for an answer of a connection, which knows
	/// how far the chain is.
	age: Option<String>,
}

impl Claim {
	/// The claim that a receipt proves, from a block that was taken to be so old.
	pub fn proven(verified: &Verified, age: Option<String>) -> Self {
		let blocks = Some((verified.block.number, verified.checkpoint.number));
		Claim {
			claim: verified.claim.clone(),
			blocks,
			head: verified.head.number,
			genesis: hex0x(verified.genesis),
			age,
		}
	}
}

#[pymethods]
impl Claim {
	#[getter]
	fn request(&self) -> u64 {
		self.claim.request
	}

	#[getter]
	fn model(&self) -> String {
		hex0x(self.claim.model)
	}

	#[getter]
	fn engine(&self) -> String {
		hex0x(self.claim.engine.0)
	}

	#[getter]
	fn input(&self) -> String {
		hex0x(self.claim.input)
	}

	#[getter]
	fn output(&self) -> Option<String> {
		self.claim.output.map(hex0x)
	}

	#[getter]
	fn result_hash(&self) -> Option<String> {
		match self.claim.decision.verdict {
			Verdict::Output { result_hash, .. } => Some(hex0x(result_hash)),
			Verdict::Failed { .. } => None,
		}
	}

	/// The reason for which there is no output.
	#[getter]
	fn failed(&self) -> Option<String> {
		match self.claim.decision.verdict {
			Verdict::Output { .. } => None,
			Verdict::Failed { reason, .. } => Some(format!("{reason:?}")),
		}
	}

	#[getter]
	fn units(&self) -> u64 {
		self.claim.decision.verdict.units()
	}

	#[getter]
	fn votes(&self) -> u32 {
		self.claim.decision.votes
	}

	/// The number of validators that were asked: those of the committee, or all.
	#[getter]
	fn committee(&self) -> u32 {
		let decision = &self.claim.decision;
		if all_asked(decision) {
			decision.v
		} else {
			decision.k
		}
	}

	#[getter]
	fn validators(&self) -> u32 {
		self.claim.decision.v
	}

	#[getter]
	fn auditors(&self) -> u32 {
		self.claim.decision.auditors
	}

	/// Voting power of those who voted for it, of all.
	#[getter]
	fn power(&self) -> (u64, u64) {
		(self.claim.decision.power, self.claim.decision.total)
	}

	/// Blocks within which it could be disputed; none if that lasted until more than a third of the validators had made blocks.
	#[getter]
	fn window(&self) -> Option<u32> {
		match self.claim.decision.window {
			Window::Blocks(blocks) => Some(blocks),
			Window::Assured => None,
		}
	}

	/// The block in which it became final; none for a light client's.
	#[getter]
	fn block(&self) -> Option<u32> {
		self.blocks.map(|(block, _)| block)
	}

	/// The finalized block whose votes prove it.
	#[getter]
	fn head(&self) -> u32 {
		self.head
	}

	/// The block that the proof starts from; none for a light client's.
	#[getter]
	fn start(&self) -> Option<u32> {
		self.blocks.map(|(_, start)| start)
	}

	#[getter]
	fn age(&self) -> Option<String> {
		self.age.clone()
	}

	#[getter]
	fn genesis(&self) -> String {
		self.genesis.clone()
	}
}

/// A verified output.
#[pyclass(frozen, module = "assay._native")]
pub struct Answer {
	claim: Claim,
	output: TensorBundle,
	receipt: Option<Vec<u8>>,
	paid: u128,
}

impl Answer {
	/// Makes the answer of what the Rust library has found and verified on the chain with this genesis hash.
	pub fn new(found: Found, genesis: String) -> Self {
		let (receipt, claim) = match found.evidence {
			Evidence::Receipt { bytes, verified, .. } => (Some(bytes), Claim::proven(&verified, None)),
			Evidence::LightClient { number, .. } => {
				(None, Claim { claim: found.claim, blocks: None, head: number, genesis, age: None })
			}
		};
		Answer { claim, output: found.output, receipt, paid: found.paid }
	}
}

#[pymethods]
impl Answer {
	#[getter]
	fn claim(&self) -> Claim {
		self.claim.clone()
	}

	#[getter]
	fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<(String, &'static str, Vec<u64>, Bound<'py, PyAny>)>> {
		taken(py, &self.output)
	}

	/// The receipt; none from a light client, which needs none.
	#[getter]
	fn receipt<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
		self.receipt.as_ref().map(|bytes| PyBytes::new(py, bytes))
	}

	/// Plancks that were paid; over RPC the word of the node.
	#[getter]
	fn paid(&self) -> u128 {
		self.paid
	}
}
