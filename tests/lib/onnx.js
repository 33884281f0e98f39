// Writes small ONNX files for the tests: just enough of the protobuf format, so that no converter is needed.

import { u8aConcat, stringToU8a } from '@polkadot/util';
import { typeIndex } from './tensors.js';

function varint(value) {
	const bytes = [];
	let rest = BigInt(value);
	while (rest > 127n) {
		bytes.push(Number(rest & 127n) | 128);
		rest >>= 7n;
	}
	return [...bytes, Number(rest)];
}

const number = (field, value) => u8aConcat(varint(field << 3), varint(value));
const bytes = (field, value) => u8aConcat(varint((field << 3) | 2), varint(value.length), value);
const text = (field, value) => bytes(field, stringToU8a(value));
const message = (field, ...parts) => bytes(field, u8aConcat(...parts));

// A dimension is a number, or the name of one that the input decides.
const dimension = (value) => (typeof value === 'number' ? message(1, number(1, value)) : message(1, text(2, value)));

const valueInfo = (field, { name, type, shape }) =>
	message(field, text(1, name), message(2, message(1, number(1, typeIndex(type)), message(2, ...shape.map(dimension)))));

const nodeProto = ({ op, inputs, outputs, attributes = {} }) =>
	message(
		1,
		...inputs.map((name) => text(1, name)),
		...outputs.map((name) => text(2, name)),
		text(3, outputs[0]),
		text(4, op),
		...Object.entries(attributes).map(([name, value]) =>
			Array.isArray(value)
				? message(5, text(1, name), ...value.map((item) => number(8, item)), number(20, 7))
				: message(5, text(1, name), number(3, value), number(20, 2))
		)
	);

/**
 * An ONNX file, operator set 13. Nodes are `{ op, inputs, outputs, attributes }` with attributes that are integers or lists
 * of them; inputs and outputs are `{ name, type, shape }`. `padding` bytes of documentation make the file as large as one likes, and
 * `properties` are its `metadata_props`.
 */
export function onnx(name, { nodes, inputs, outputs, padding = 0, properties = {} }) {
	const graph = [...nodes.map(nodeProto), text(2, name)];
	graph.push(...inputs.map((input) => valueInfo(11, input)), ...outputs.map((output) => valueInfo(12, output)));
	return u8aConcat(
		number(1, 8),
		text(2, 'assay-tests'),
		text(6, 'x'.repeat(padding)),
		message(7, ...graph),
		message(8, text(1, ''), number(2, 13)),
		...Object.entries(properties).map(([key, value]) => message(14, text(1, key), text(2, value)))
	);
}

/** y = x + x over a vector of any length; y may have another name. */
export function doubling({ name = 'doubling', padding = 0, output = 'y' } = {}) {
	return onnx(name, {
		nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: [output] }],
		inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
		outputs: [{ name: output, type: 'float32', shape: ['n'] }],
		padding,
	});
}

const VOCABULARY = '[PAD] [UNK] a agent and answer budget cat dog has is no of pays proof the two validator verified votes'.split(' ');

/** The JSON of a tokenizer that knows some words, and takes all others for the same one. */
const tokenizer = () =>
	JSON.stringify({
		version: '1.0',
		truncation: null,
		padding: null,
		added_tokens: [],
		normalizer: { type: 'Lowercase' },
		pre_tokenizer: { type: 'Whitespace' },
		post_processor: null,
		decoder: null,
		model: { type: 'WordLevel', vocab: Object.fromEntries(VOCABULARY.map((word, index) => [word, index])), unk_token: '[UNK]' },
	});

/** A text model without weights: how often each word of a vocabulary is in a text, as a vector of length 1. */
export function wordCounts() {
	const constant = (output, values) => ({ op: 'Constant', inputs: [], outputs: [output], attributes: { value_ints: values } });
	const floats = (input, output) => ({ op: 'Cast', inputs: [input], outputs: [output], attributes: { to: typeIndex('float32') } });
	const sum = (input, output, keepdims) => ({ op: 'ReduceSum', inputs: [input, 'one'], outputs: [output], attributes: { keepdims } });
	const tokens = (name) => ({ name, type: 'int64', shape: ['texts', 'tokens'] });
	return onnx('word-counts', {
		nodes: [
			constant('one', [1]),
			constant('two', [2]),
			constant('vocabulary', [...VOCABULARY.keys()]),
			{ op: 'Unsqueeze', inputs: ['input_ids', 'two'], outputs: ['ids'] },
			{ op: 'Unsqueeze', inputs: ['attention_mask', 'two'], outputs: ['mask'] },
			{ op: 'Equal', inputs: ['ids', 'vocabulary'], outputs: ['found'] },
			floats('found', 'hot'),
			floats('mask', 'weights'),
			{ op: 'Mul', inputs: ['hot', 'weights'], outputs: ['counted'] },
			sum('counted', 'counts', 0),
			{ op: 'Mul', inputs: ['counts', 'counts'], outputs: ['squares'] },
			sum('squares', 'square', 1),
			floats('one', 'least'),
			{ op: 'Max', inputs: ['square', 'least'], outputs: ['positive'] },
			{ op: 'Sqrt', inputs: ['positive'], outputs: ['length'] },
			{ op: 'Div', inputs: ['counts', 'length'], outputs: ['sentence_embedding'] },
		],
		inputs: [tokens('input_ids'), tokens('attention_mask')],
		outputs: [{ name: 'sentence_embedding', type: 'float32', shape: ['texts', VOCABULARY.length] }],
		properties: { 'assay.tokenizer': tokenizer() },
	});
}

/** x, reshaped to as many elements as the square of its own: loads for one element, and for no other number of them. */
export function loadsAtOne() {
	return onnx('loads-at-one', {
		nodes: [
			{ op: 'Shape', inputs: ['x'], outputs: ['s'] },
			{ op: 'Mul', inputs: ['s', 's'], outputs: ['t'] },
			{ op: 'Reshape', inputs: ['x', 't'], outputs: ['y'] },
		],
		inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
		outputs: [{ name: 'y', type: 'float32', shape: ['m'] }],
	});
}

/** x twice, reshaped to as many elements as the square of those of x: loads for two elements, and for no other number of them. */
export function loadsAtTwo() {
	return onnx('loads-at-two', {
		nodes: [
			{ op: 'Shape', inputs: ['x'], outputs: ['s'] },
			{ op: 'Mul', inputs: ['s', 's'], outputs: ['t'] },
			{ op: 'Concat', inputs: ['x', 'x'], outputs: ['c'], attributes: { axis: 0 } },
			{ op: 'Reshape', inputs: ['c', 't'], outputs: ['y'] },
		],
		inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
		outputs: [{ name: 'y', type: 'float32', shape: ['m'] }],
	});
}

const vector = (name, dimension) => ({ name, type: 'float32', shape: [dimension] });

/** z + x, whose lengths are their own: it loads where they are equal or one of them is 1. */
export function adding() {
	return onnx('adding', {
		nodes: [{ op: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
		inputs: [vector('x', 'n'), vector('z', 'm')],
		outputs: [vector('y', 'k')],
	});
}

/** Nodes that multiply n x n zeros `depth` times with themselves, where n is the length of x: all of it while the model loads. */
function folded(depth) {
	const nodes = [
		{ op: 'Shape', inputs: ['x'], outputs: ['s'] },
		{ op: 'Concat', inputs: ['s', 's'], outputs: ['s2'], attributes: { axis: 0 } },
		{ op: 'ConstantOfShape', inputs: ['s2'], outputs: ['m0'] },
	];
	for (let step = 1; step <= depth; step++) {
		nodes.push({ op: 'MatMul', inputs: [`m${step - 1}`, 'm0'], outputs: [`m${step}`] });
	}
	nodes.push({ op: 'ReduceMax', inputs: [`m${depth}`], outputs: ['r'], attributes: { axes: [0, 1], keepdims: 0 } });
	return nodes;
}

/** y = x + 0, where the 0 is the result of an expensive load. */
export function dearToLoad(depth) {
	return onnx('dear-to-load', {
		nodes: [...folded(depth), { op: 'Add', inputs: ['x', 'r'], outputs: ['y'] }],
		inputs: [vector('x', 'n')],
		outputs: [vector('y', 'n')],
	});
}

/** The same as `loadsAtOne`, after an expensive load: at every other length it fails when all of that is done. */
export function dearAndLoadsAtOne(depth) {
	return onnx('dear-and-loads-at-one', {
		nodes: [
			...folded(depth),
			{ op: 'Cast', inputs: ['r'], outputs: ['zero'], attributes: { to: typeIndex('int64') } },
			{ op: 'Mul', inputs: ['s', 's'], outputs: ['t'] },
			{ op: 'Add', inputs: ['t', 'zero'], outputs: ['u'] },
			{ op: 'Reshape', inputs: ['x', 'u'], outputs: ['y'] },
		],
		inputs: [vector('x', 'n')],
		outputs: [vector('y', 'k')],
	});
}

/**
 * A file of a few kilobytes whose run takes as long as one likes: the outer product of x with itself, `depth` times multiplied with
 * itself, and its largest element. With x = 1/sqrt(n) everywhere no product grows, and y is 1/n.
 */
export function slow(depth, type = 'float32') {
	const product = (left, right, output) => ({ op: 'MatMul', inputs: [left, right], outputs: [output] });
	const nodes = [
		{ op: 'Transpose', inputs: ['x'], outputs: ['column'], attributes: { perm: [1, 0] } },
		product('column', 'x', 'm0'),
	];
	for (let step = 1; step <= depth; step++) {
		nodes.push(product(`m${step - 1}`, 'm0', `m${step}`));
	}
	nodes.push({ op: 'ReduceMax', inputs: [`m${depth}`], outputs: ['y'], attributes: { axes: [0, 1], keepdims: 0 } });
	return onnx('slow', {
		nodes,
		inputs: [{ name: 'x', type, shape: [1, 'n'] }],
		outputs: [{ name: 'y', type, shape: [] }],
	});
}
