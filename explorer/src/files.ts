// Files that a reader drops on the page: receipts, tensors as NumPy and the command line write them, models.

import { unzipSync } from 'fflate';
import { encodeTensors, fromHex, type DataType, type TensorLike } from '@assay-network/client/verify';

/** Bytes that a receipt begins with. */
const RECEIPT = 'asr1';
/** Bytes of a larger file are no receipt and no tensors of the chain. */
const MAX_TENSORS = 64 * 1024 * 1024;

/** The kinds of files that the explorer tells apart. */
export type Kind = 'receipt' | 'tensors' | 'model' | 'unknown';

const starts = (bytes: Uint8Array, text: string) => [...text].every((character, index) => bytes[index] === character.charCodeAt(0));

/** The kind of a file, by its first bytes, or else by its name. */
export function kindOf(name: string, bytes: Uint8Array): Kind {
	if (starts(bytes, RECEIPT)) {
		return 'receipt';
	}
	if (/\.(npz|npy|json|bundle)$/i.test(name)) {
		return 'tensors';
	}
	return /\.onnx$/i.test(name) ? 'model' : 'unknown';
}

/** The end of a file's name, behind the last dot, in small letters. */
export const endOf = (name: string) => name.slice(name.lastIndexOf('.') + 1).toLowerCase();

/** The canonical bytes of the tensors in a file. */
export async function bundleOf(name: string, bytes: Uint8Array): Promise<Uint8Array> {
	return endOf(name) === 'bundle' && bytes.length <= MAX_TENSORS ? bytes : encodeTensors(tensorsOf(name, bytes));
}

/** The tensors in a file. `only` is the name of the tensor of a .npy file, which does not hold one. */
export function tensorsOf(name: string, bytes: Uint8Array, only?: string): Record<string, TensorLike> {
	if (bytes.length > MAX_TENSORS) {
		throw new Error(`${name} has ${bytes.length} bytes, and tensors of the chain have at most ${MAX_TENSORS}: is it another file?`);
	}
	switch (endOf(name)) {
		case 'npz':
			return npz(name, bytes);
		case 'json':
			return json(name, bytes);
		case 'npy':
			if (only !== undefined) {
				return { [only]: npy(name, bytes) };
			}
			throw new Error(`${name}: a .npy file does not say what its tensor is called: give a .npz, .json or .bundle file`);
		default:
			throw new Error(`${name} is no file of tensors: give a .npz, .npy, .json or .bundle file`);
	}
}

function npz(name: string, bytes: Uint8Array): Record<string, TensorLike> {
	let files: Record<string, Uint8Array>;
	try {
		files = unzipSync(bytes);
	} catch (error) {
		throw new Error(`${name} is no .npz file: ${(error as Error).message}`);
	}
	return Object.fromEntries(Object.entries(files).map(([file, part]) => [file.replace(/\.npy$/, ''), npy(`${name}: ${file}`, part)]));
}

const NUMPY: Record<string, DataType> = {
	'|b1': 'bool',
	'|u1': 'uint8',
	'|i1': 'int8',
	'<u2': 'uint16',
	'<i2': 'int16',
	'<u4': 'uint32',
	'<i4': 'int32',
	'<u8': 'uint64',
	'<i8': 'int64',
	'<f2': 'float16',
	'<f4': 'float32',
	'<f8': 'float64',
};
const ARRAYS = {
	bool: Uint8Array,
	uint8: Uint8Array,
	int8: Int8Array,
	uint16: Uint16Array,
	int16: Int16Array,
	uint32: Uint32Array,
	int32: Int32Array,
	uint64: BigUint64Array,
	int64: BigInt64Array,
	float16: Uint16Array,
	float32: Float32Array,
	float64: Float64Array,
} as const;

/** The format is described at https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
function npy(name: string, bytes: Uint8Array): TensorLike {
	if (bytes.length < 12 || !starts(bytes, '\x93NUMPY')) {
		throw new Error(`${name} is no .npy file`);
	}
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const [length, from] = bytes[6] === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
	const header = new TextDecoder().decode(bytes.subarray(from, from + length));
	const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1];
	const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
	if (descr === undefined || dims === undefined) {
		throw new Error(`${name}: its header names no type and no shape: save it with numpy.savez`);
	}
	if (/'fortran_order':\s*True/.test(header)) {
		throw new Error(`${name} is in Fortran's order: save numpy.ascontiguousarray of it`);
	}
	const shape = dims.split(',').map((dim) => dim.trim()).filter(Boolean).map(Number);
	// A copy, for elements have to begin at a multiple of their size.
	const body = bytes.slice(from + length);
	const texts = /^<U(\d+)$/.exec(descr);
	if (texts) {
		const points = new Uint32Array(body.buffer, 0, Math.floor(body.length / 4));
		const width = Number(texts[1]);
		const count = shape.reduce((product, dim) => product * dim, 1);
		const data = Array.from({ length: count }, (_, index) =>
			String.fromCodePoint(...points.subarray(index * width, (index + 1) * width)).replace(/\0+$/, ''),
		);
		return { type: 'string', shape, data };
	}
	const type = NUMPY[descr];
	if (type === undefined || !(type in ARRAYS)) {
		throw new Error(`${name} is of the type ${descr}, which no model of the chain has: save it as another one`);
	}
	const Elements = ARRAYS[type as keyof typeof ARRAYS];
	if (body.length % Elements.BYTES_PER_ELEMENT !== 0) {
		throw new Error(`${name} is cut off: it ends within an element`);
	}
	return { type, shape, data: new Elements(body.buffer) } as TensorLike;
}

function json(name: string, bytes: Uint8Array): Record<string, TensorLike> {
	let parsed: unknown;
	try {
		parsed = JSON.parse(new TextDecoder().decode(bytes));
	} catch (error) {
		throw new Error(`${name} is no JSON: ${(error as Error).message}`);
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
		throw new Error(`${name} has no tensors: it is {"NAME": {"dtype": ..., "shape": [...], "data": [...]}}`);
	}
	return Object.fromEntries(
		Object.entries(parsed as Record<string, { dtype?: DataType; shape?: number[]; data?: unknown }>).map(([tensor, given]) => {
			if (given?.dtype === undefined || !Array.isArray(given.data)) {
				throw new Error(`${name}: \`${tensor}\` has no \`dtype\` or no \`data\`: it is {"dtype": ..., "shape": [...], "data": [...]}`);
			}
			if (given.dtype === 'float16' || given.dtype === 'bfloat16') {
				throw new Error(`${name}: \`${tensor}\` is ${given.dtype}, whose bits JSON does not hold: give a .npz or .bundle file`);
			}
			// Text in place of a number is one that JSON cannot write: NaN or an infinity.
			const isText = given.dtype === 'string';
			const data = given.data.map((value: unknown) => (typeof value === 'string' && !isText ? Number(value.replace(/inf$/i, 'Infinity')) : value));
			return [tensor, { type: given.dtype, ...(given.shape && { shape: given.shape }), data } as TensorLike];
		}),
	);
}

/** Bytes as links carry them. */
export function toBase64Url(bytes: Uint8Array): string {
	let text = '';
	for (let at = 0; at < bytes.length; at += 0x8000) {
		text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
	}
	return btoa(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Bytes out of a link. */
export function fromBase64Url(text: string): Uint8Array {
	try {
		return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (character) => character.charCodeAt(0));
	} catch {
		throw new Error('the link is damaged: what follows `r=` is no base64url. Ask for the link again, or for the receipt as a file');
	}
}

/** Bytes of a receipt that was pasted, in hex or base64url. */
export const fromText = (text: string): Uint8Array => (text.trim().startsWith('0x') ? fromHex(text.trim()) : fromBase64Url(text.trim()));

/** Has the browser save a file. */
export function save(name: string, bytes: Uint8Array | string, type = 'application/octet-stream'): void {
	const url = URL.createObjectURL(new Blob([bytes as BlobPart], { type }));
	const link = Object.assign(document.createElement('a'), { href: url, download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
