//! The messages that host and guest exchange, in SCALE. One file, compiled into both.

use alloc::{string::String, vec::Vec};
use assay_primitives::DataType;
use codec::{Decode, Encode};

/// Most trace keys of a run: the round's own and the contested round's, with room.
pub const MAX_TRACE_KEYS: usize = 4;

/// One dimension as the model declares it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Dim {
	/// A number.
	#[codec(index = 0)]
	Fixed(u64),
	/// A symbol, or an expression over symbols.
	#[codec(index = 1)]
	Symbol(String),
	/// Nothing is said.
	#[codec(index = 2)]
	Unknown,
}

/// A tensor of the model's interface.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Declared {
	/// Name in the model.
	pub name: String,
	/// Element type.
	pub data_type: DataType,
	/// Dimensions; none if not even the rank is declared.
	pub shape: Option<Vec<Dim>>,
}

/// A model's interface and operators as its file declares them: the parser alone finds them, before the inputs are bound.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Description {
	/// Inputs, initializers not among them.
	pub inputs: Vec<Declared>,
	/// The inputs' shapes with every free dimension at 1.
	pub sample_shapes: Vec<Vec<u64>>,
	/// Names of the outputs.
	pub outputs: Vec<String>,
	/// ONNX operators with the number of nodes of each, in the order of their names, subgraphs included.
	pub operators: Vec<(String, u32)>,
}

/// Name, type and concrete shape of one input.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Signature {
	/// Name of the input.
	pub name: String,
	/// Element type.
	pub data_type: DataType,
	/// Concrete shape.
	pub shape: Vec<u64>,
}

/// A model that is ready to run at the shapes it was loaded for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Loaded {
	/// Outputs, with what optimisation tells about their shapes.
	pub outputs: Vec<Declared>,
	/// Units of a run, if all shapes are known before it; the dearer branch of an `If` is counted.
	pub run_units: Option<u64>,
}

/// Why a model is not loaded.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum LoadError {
	/// Not a model that this engine can run; the text names node and operator.
	#[codec(index = 0)]
	Invalid(String),
	/// Not the inputs of this model.
	#[codec(index = 1)]
	InputMismatch(String),
}

/// Why a run has no output.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum RunError {
	/// The input is not what the model was loaded for.
	#[codec(index = 0)]
	InputMismatch(String),
	/// The unit limit does not cover the run.
	#[codec(index = 1)]
	ComputeLimit,
	/// A tensor or the output is larger than the engine's limits.
	#[codec(index = 2)]
	MemoryLimit(String),
	/// An operator failed; the text names it.
	#[codec(index = 3)]
	Operator(String),
}

/// The units that a run cost, and the digests of its trace. The guest gives them after a trap, too.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Tally {
	/// Units charged.
	pub units: u64,
	/// One digest for each key.
	pub digests: Vec<[u8; 32]>,
}
