//! Just enough of ONNX's protobuf to write the golden models by hand.

/// Appends a varint.
fn varint(mut value: u64, out: &mut Vec<u8>) {
	while value >= 0x80 {
		out.push(value as u8 | 0x80);
		value >>= 7;
	}
	out.push(value as u8);
}

/// A message under construction: fields by number.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
	/// Adds an integer field.
	pub fn int(mut self, field: u64, value: i64) -> Self {
		varint(field << 3, &mut self.0);
		varint(value as u64, &mut self.0);
		self
	}

	/// Adds a field of bytes.
	pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
		varint(field << 3 | 2, &mut self.0);
		varint(value.as_ref().len() as u64, &mut self.0);
		self.0.extend_from_slice(value.as_ref());
		self
	}

	/// Adds a field of four bytes.
	pub fn float(mut self, field: u64, value: f32) -> Self {
		varint(field << 3 | 5, &mut self.0);
		self.0.extend_from_slice(&value.to_le_bytes());
		self
	}

	/// Adds a message for each of the items.
	pub fn each(self, field: u64, messages: impl IntoIterator<Item = Message>) -> Self {
		messages.into_iter().fold(self, |sum, message| sum.bytes(field, message.0))
	}

	/// The encoding.
	pub fn into_bytes(self) -> Vec<u8> {
		self.0
	}
}

/// `TensorProto.DataType` of `float32`.
pub const FLOAT: i64 = 1;

/// `TensorProto.DataType` of `uint8`.
pub const UINT8: i64 = 2;

/// `TensorProto.DataType` of `int8`.
pub const INT8: i64 = 3;

/// `TensorProto.DataType` of `int64`.
pub const INT64: i64 = 7;

/// `TensorProto.DataType` of text.
pub const STRING: i64 = 8;

/// `TensorProto.DataType` of `bool`.
pub const BOOL: i64 = 9;

/// `NodeProto`.
pub fn node(
	op_type: &str,
	inputs: &[&str],
	outputs: &[&str],
	attributes: impl IntoIterator<Item = Message>,
) -> Message {
	let message = inputs.iter().fold(Message::default(), |message, name| message.bytes(1, name));
	let message = outputs.iter().fold(message, |message, name| message.bytes(2, name));
	message.bytes(3, outputs.first().copied().unwrap_or_default()).bytes(4, op_type).each(5, attributes)
}

/// `NodeProto` of an operator of `ai.onnx.ml`.
pub fn ml_node(
	op_type: &str,
	inputs: &[&str],
	outputs: &[&str],
	attributes: impl IntoIterator<Item = Message>,
) -> Message {
	node(op_type, inputs, outputs, attributes).bytes(7, "ai.onnx.ml")
}

/// `NodeProto` of an operator of `com.microsoft`.
pub fn ms_node(
	op_type: &str,
	inputs: &[&str],
	outputs: &[&str],
	attributes: impl IntoIterator<Item = Message>,
) -> Message {
	node(op_type, inputs, outputs, attributes).bytes(7, "com.microsoft")
}

/// `AttributeProto` of several numbers.
pub fn floats_attribute(name: &str, values: &[f32]) -> Message {
	let message = Message::default().bytes(1, name);
	values.iter().fold(message, |message, value| message.float(7, *value)).int(20, 6)
}

/// `AttributeProto` of a text.
pub fn text_attribute(name: &str, value: &str) -> Message {
	Message::default().bytes(1, name).bytes(4, value).int(20, 3)
}

/// `AttributeProto` of several texts.
pub fn texts_attribute(name: &str, values: &[&str]) -> Message {
	let message = Message::default().bytes(1, name);
	values.iter().fold(message, |message, value| message.bytes(9, value)).int(20, 8)
}

/// `AttributeProto` of an integer.
pub fn int_attribute(name: &str, value: i64) -> Message {
	Message::default().bytes(1, name).int(3, value).int(20, 2)
}

/// `AttributeProto` of several integers.
pub fn ints_attribute(name: &str, values: &[i64]) -> Message {
	let message = Message::default().bytes(1, name);
	values.iter().fold(message, |message, value| message.int(8, *value)).int(20, 7)
}

/// `AttributeProto` of a number.
pub fn float_attribute(name: &str, value: f32) -> Message {
	Message::default().bytes(1, name).float(2, value).int(20, 1)
}

/// `AttributeProto` of a graph.
pub fn graph_attribute(name: &str, graph: Message) -> Message {
	Message::default().bytes(1, name).bytes(6, graph.0).int(20, 5)
}

/// `AttributeProto` of a tensor.
pub fn tensor_attribute(name: &str, tensor: Message) -> Message {
	Message::default().bytes(1, name).bytes(5, tensor.0).int(20, 4)
}

/// `TensorProto` of any type, from its little-endian bytes.
pub fn tensor(name: &str, data_type: i64, dims: &[i64], raw: &[u8]) -> Message {
	let message = dims.iter().fold(Message::default(), |message, dim| message.int(1, *dim));
	message.int(2, data_type).bytes(8, name).bytes(9, raw)
}

/// `TensorProto` of `int64`.
pub fn ints(name: &str, dims: &[i64], data: &[i64]) -> Message {
	let raw: Vec<u8> = data.iter().flat_map(|value| value.to_le_bytes()).collect();
	tensor(name, INT64, dims, &raw)
}

/// `TensorProto` of `float32`.
pub fn floats(name: &str, dims: &[i64], data: &[f32]) -> Message {
	let raw: Vec<u8> = data.iter().flat_map(|value| value.to_le_bytes()).collect();
	tensor(name, FLOAT, dims, &raw)
}

/// `ValueInfoProto`; a negative dimension is the symbol `n`.
pub fn value(name: &str, data_type: i64, dims: &[i64]) -> Message {
	let dims = dims.iter().map(|dim| match dim {
		0.. => Message::default().int(1, *dim),
		_ => Message::default().bytes(2, "n"),
	});
	let shape = Message::default().each(1, dims);
	let tensor = Message::default().int(1, data_type).bytes(2, shape.0);
	Message::default().bytes(1, name).bytes(2, Message::default().bytes(1, tensor.0).0)
}

/// `GraphProto`.
pub fn graph(
	nodes: impl IntoIterator<Item = Message>,
	initializers: impl IntoIterator<Item = Message>,
	inputs: impl IntoIterator<Item = Message>,
	outputs: impl IntoIterator<Item = Message>,
) -> Message {
	Message::default().each(1, nodes).bytes(2, "g").each(5, initializers).each(11, inputs).each(12, outputs)
}

/// `OperatorSetIdProto`.
fn opset(domain: &str, version: i64) -> Message {
	Message::default().bytes(1, domain).int(2, version)
}

/// The domain of a model's own functions.
const LOCAL: &str = "local";

/// `ModelProto` of operator set 17, and 3 of `ai.onnx.ml`.
pub fn model(
	nodes: impl IntoIterator<Item = Message>,
	initializers: impl IntoIterator<Item = Message>,
	inputs: impl IntoIterator<Item = Message>,
	outputs: impl IntoIterator<Item = Message>,
) -> Vec<u8> {
	let graph = graph(nodes, initializers, inputs, outputs);
	Message::default().int(1, 8).bytes(7, graph.0).each(8, [opset("", 17), opset("ai.onnx.ml", 3)]).into_bytes()
}

/// `FunctionProto` of an operator set. Its attributes have these values where a call does not give them.
pub fn function(
	name: &str,
	version: i64,
	inputs: &[&str],
	outputs: &[&str],
	nodes: impl IntoIterator<Item = Message>,
	defaults: impl IntoIterator<Item = Message>,
) -> Message {
	let message = inputs.iter().fold(Message::default().bytes(1, name), |message, name| message.bytes(4, name));
	let message = outputs.iter().fold(message, |message, name| message.bytes(5, name));
	message.each(7, nodes).each(9, [opset("", version)]).bytes(10, LOCAL).each(11, defaults)
}

/// `NodeProto` that calls a function of the model.
pub fn call(name: &str, inputs: &[&str], outputs: &[&str], attributes: impl IntoIterator<Item = Message>) -> Message {
	node(name, inputs, outputs, attributes).bytes(7, LOCAL)
}

/// `AttributeProto` of a function's node: a number that the call gives under another name.
pub fn given_attribute(name: &str, given: &str) -> Message {
	Message::default().bytes(1, name).int(20, 1).bytes(21, given)
}

/// A model with functions of its own.
pub fn with_functions(model: Vec<u8>, functions: impl IntoIterator<Item = Message>) -> Vec<u8> {
	let more = Message::default().each(8, [opset(LOCAL, 1)]).each(25, functions);
	[model, more.into_bytes()].concat()
}
