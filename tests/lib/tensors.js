// Tensor bundles, as in primitives/src/tensor.rs: an ordered list of (name, data type, shape, little-endian bytes) in SCALE.

import { compactAddLength, compactFromU8a, compactToU8a, stringToU8a, u8aConcat, u8aToString } from '@polkadot/util';

// The numbers are those of ONNX's TensorProto.DataType. Types that JavaScript has no array for stay bits. `nan` says which bits are
// not the sign, which are infinity, and which are the one canonical NaN.
const TYPES = {
	float32: { index: 1, array: Float32Array, nan: [Uint32Array, 0x7fffffff, 0x7f800000, 0x7fc00000] },
	uint8: { index: 2, array: Uint8Array },
	int8: { index: 3, array: Int8Array },
	uint16: { index: 4, array: Uint16Array },
	int16: { index: 5, array: Int16Array },
	int32: { index: 6, array: Int32Array },
	int64: { index: 7, array: BigInt64Array },
	// An array of strings: in the bundle, each is its length in four bytes and its UTF-8.
	string: { index: 8, array: Array },
	bool: { index: 9, array: Uint8Array },
	float16: { index: 10, array: Uint16Array, nan: [Uint16Array, 0x7fff, 0x7c00, 0x7e00] },
	float64: {
		index: 11,
		array: Float64Array,
		nan: [BigUint64Array, 0x7fffffffffffffffn, 0x7ff0000000000000n, 0x7ff8000000000000n],
	},
	uint32: { index: 12, array: Uint32Array },
	uint64: { index: 13, array: BigUint64Array },
	bfloat16: { index: 16, array: Uint16Array, nan: [Uint16Array, 0x7fff, 0x7f80, 0x7fc0] },
};

const bytesOf = (array) =>
	Array.isArray(array)
		? u8aConcat(...array.map(stringToU8a).flatMap((text) => [bytesOf(Uint32Array.of(text.length)), text]))
		: new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The elements of text. Fails on bytes that are none. */
function textsOf(name, data) {
	const texts = [];
	for (let at = 0; at < data.length; ) {
		const end = at + 4 + (at + 4 <= data.length ? new DataView(data.buffer).getUint32(at, true) : data.length);
		if (end > data.length) {
			throw new Error(`\`${name}\` holds text that ends before its length`);
		}
		texts.push(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data.subarray(at + 4, end)));
		at = end;
	}
	return texts;
}

/** Number of a data type in ONNX. */
export const typeIndex = (type) => TYPES[type].index;

/** A tensor from numbers. */
export function tensor(name, type, shape, values) {
	return { name, type, shape, data: TYPES[type].array.from(values) };
}

/** Encodes tensors `{ name, type, shape, data }`, where data is a typed array. */
export function encodeBundle(tensors) {
	const parts = tensors.map(({ name, type, shape, data }) =>
		u8aConcat(
			compactAddLength(stringToU8a(name)),
			[TYPES[type].index],
			compactToU8a(shape.length),
			bytesOf(BigUint64Array.from(shape.map(BigInt))),
			compactAddLength(bytesOf(data))
		)
	);
	return u8aConcat(compactToU8a(tensors.length), ...parts);
}

/** Fails unless a tensor's content is the only encoding of its value. */
function check(name, type, shape, data) {
	const { array, nan } = TYPES[type];
	const elements = shape.reduce((product, dimension) => product * dimension, 1n);
	if (array === Array) {
		if (BigInt(textsOf(name, data).length) !== elements) {
			throw new Error(`\`${name}\` does not hold the ${elements} texts that its shape asks for`);
		}
		return;
	}
	if (elements * BigInt(array.BYTES_PER_ELEMENT) !== BigInt(data.length)) {
		throw new Error(`\`${name}\` has ${data.length} bytes, its shape asks for ${elements} elements`);
	}
	if (type === 'bool' && data.some((byte) => byte > 1)) {
		throw new Error(`\`${name}\` holds a bool that is neither 0 nor 1`);
	}
	const [bits, magnitude, infinity, canonical] = nan ?? [];
	if (bits && new bits(data.buffer).some((value) => (value & magnitude) > infinity && value !== canonical)) {
		throw new Error(`\`${name}\` holds a NaN that is not the canonical one`);
	}
}

/** Decodes a bundle to tensors `{ name, type, shape, data }`. Fails on bytes that the encoder would not give. */
export function decodeBundle(encoded) {
	// A plain array even if this is a Buffer, whose slices share memory.
	const bytes = new Uint8Array(encoded);
	let at = 0;
	const take = (length) => {
		if (at + length > bytes.length) {
			throw new Error(`a bundle of ${bytes.length} bytes ends where ${length} more are due, at ${at}`);
		}
		at += length;
		// Copied, so that typed arrays find it aligned.
		return bytes.slice(at - length, at);
	};
	const compact = () => {
		if (at >= bytes.length) {
			throw new Error(`a bundle of ${bytes.length} bytes ends where a length is due`);
		}
		const [length, value] = compactFromU8a(bytes.subarray(at));
		if (compactToU8a(value).length !== length) {
			throw new Error(`the length at ${at} is not in its shortest form`);
		}
		at += length;
		return value.toNumber();
	};
	const tensors = Array.from({ length: compact() }, () => {
		const name = u8aToString(take(compact()));
		const index = take(1)[0];
		const found = Object.entries(TYPES).find(([, type]) => type.index === index);
		if (!found) {
			throw new Error(`\`${name}\` has the unknown data type ${index}`);
		}
		const [type, { array }] = found;
		const shape = Array.from(new BigUint64Array(take(compact() * 8).buffer));
		const data = take(compact());
		check(name, type, shape, data);
		const values = array === Array ? textsOf(name, data) : new array(data.buffer);
		return { name, type, shape: shape.map(Number), data: values };
	});
	if (at !== bytes.length) {
		throw new Error(`${bytes.length - at} bytes follow a bundle`);
	}
	return tensors;
}
