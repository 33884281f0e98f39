// Tensors in JavaScript's arrays. Their canonical encoding is the verifier's.

import { UsageError } from './errors.js';
import { given, proven, type RawTensor, type Verifier } from './verifier.js';

/** Data types of the network. */
export type DataType = keyof typeof ARRAYS;

/** Elements. Types that JavaScript has no array for stay bits: `float16` and `bfloat16` are in a `Uint16Array`, `bool` in a `Uint8Array`. */
export type Elements =
	| Float32Array
	| Float64Array
	| Uint8Array
	| Int8Array
	| Uint16Array
	| Int16Array
	| Int32Array
	| Uint32Array
	| BigInt64Array
	| BigUint64Array
	| string[];

/** A tensor. */
export interface Tensor {
	type: DataType;
	/** Dimensions, outermost first; empty for a scalar. */
	shape: number[];
	/** Elements in row-major order. */
	data: Elements;
}

/** Numbers, texts or truth values, in as many brackets as there are dimensions. */
export type Nested = number | bigint | boolean | string | readonly Nested[];

/**
 * Values that may be given for a tensor: itself, a typed array, or nested arrays. Type and shape, if they are not given, are taken from the model, as
 * far as that is unambiguous.
 */
export type TensorLike = Elements | Nested | { type?: DataType; shape?: readonly number[]; data: Elements | Nested };

/** An input of a model. */
export interface Port {
	name: string;
	type: string;
	/** Dimensions, those that are not fixed as `null`. `null` if not even their number is declared. */
	shape: (number | null)[] | null;
}

const ARRAYS = {
	float32: Float32Array,
	uint8: Uint8Array,
	int8: Int8Array,
	uint16: Uint16Array,
	int16: Int16Array,
	int32: Int32Array,
	int64: BigInt64Array,
	string: Array,
	bool: Uint8Array,
	float16: Uint16Array,
	float64: Float64Array,
	uint32: Uint32Array,
	uint64: BigUint64Array,
	bfloat16: Uint16Array,
} as const;

const isDataType = (type: string): type is DataType => Object.hasOwn(ARRAYS, type);
const isTyped = (value: unknown): value is Exclude<Elements, string[]> => ArrayBuffer.isView(value) && !(value instanceof DataView);
const isTensor = (value: TensorLike): value is { type?: DataType; shape?: readonly number[]; data: Elements | Nested } =>
	typeof value === 'object' && !isTyped(value) && !Array.isArray(value);

/** A tensor of what was given for it. `port` is what the model declares. */
export function toTensor(name: string, value: TensorLike, port?: Port): Tensor {
	const wanted = isTensor(value) ? value : { data: value };
	const declared = port && isDataType(port.type) ? port.type : undefined;
	const { data } = wanted;
	if (isTyped(data)) {
		const type = wanted.type ?? typeOf(name, data, declared);
		if (!(data instanceof ARRAYS[type])) {
			throw new UsageError(`\`${name}\` is given as ${data.constructor.name}, and ${type} goes into a ${ARRAYS[type].name}`);
		}
		return { type, shape: [...(wanted.shape ?? shapeOf(name, data.length, port))], data };
	}
	const shape: number[] = [];
	for (let at: unknown = data; Array.isArray(at); at = at[0]) {
		shape.push(at.length);
	}
	const flat: (number | bigint | boolean | string)[] = [];
	flatten(name, data as Nested, shape, 0, flat);
	const type = wanted.type ?? declared ?? (flat.every((element) => typeof element === 'string') && flat.length > 0 ? 'string' : undefined);
	if (!type) {
		throw new UsageError(`nobody says of which type \`${name}\` is: give a typed array, or { type, data }`);
	}
	return { type, shape: [...(wanted.shape ?? shape)], data: elements(name, type, flat) };
}

/** Data type of an array that may be of several. */
function typeOf(name: string, data: Exclude<Elements, string[]>, declared: DataType | undefined): DataType {
	if (declared && data instanceof ARRAYS[declared]) {
		return declared;
	}
	const found = Object.entries(ARRAYS).find(([, array]) => data instanceof array);
	if (!found) {
		throw new UsageError(`\`${name}\` is given as ${(data as object).constructor.name}, which no data type goes into`);
	}
	return found[0] as DataType;
}

/** Shape of so many elements: the declared one, if at most one dimension of it is open; else one dimension. */
function shapeOf(name: string, length: number, port: Port | undefined): number[] {
	const declared = port?.shape;
	if (!declared || declared.length === 1) {
		return [length];
	}
	const open = declared.filter((dim) => dim === null).length;
	const fixed = declared.reduce<number>((product, dim) => product * (dim ?? 1), 1);
	if (open > 1) {
		throw new UsageError(`\`${name}\` has ${declared.length} dimensions of which ${open} are free: give { shape, data }`);
	}
	if (open === 0 ? length !== fixed : fixed === 0 || length % fixed !== 0) {
		throw new UsageError(`\`${name}\` has ${length} elements, and the model takes [${declared.map((dim) => dim ?? '?').join(', ')}]`);
	}
	return declared.map((dim) => dim ?? length / fixed);
}

function flatten(name: string, value: Nested, shape: readonly number[], depth: number, into: (number | bigint | boolean | string)[]): void {
	if (!Array.isArray(value)) {
		if (depth !== shape.length) {
			throw new UsageError(`\`${name}\` is ragged: its rows have different numbers of dimensions`);
		}
		into.push(value as number | bigint | boolean | string);
		return;
	}
	if (depth >= shape.length || value.length !== shape[depth]) {
		throw new UsageError(`\`${name}\` is ragged: its rows have different lengths`);
	}
	for (const part of value as readonly Nested[]) {
		flatten(name, part, shape, depth + 1, into);
	}
}

function elements(name: string, type: DataType, flat: (number | bigint | boolean | string)[]): Elements {
	const other = (element: unknown, want: string) =>
		new UsageError(`\`${name}\` has the element ${String(element)}, and ${type} is made of ${want}`);
	if (type === 'string') {
		return flat.map((element) => {
			if (typeof element !== 'string') {
				throw other(element, 'texts');
			}
			return element;
		});
	}
	if (type === 'float16' || type === 'bfloat16') {
		throw new UsageError(`\`${name}\` is ${type}, which JavaScript has no numbers of: give its bits in a Uint16Array`);
	}
	if (type === 'int64' || type === 'uint64') {
		const whole = flat.map((element) => {
			if (typeof element !== 'bigint' && !Number.isSafeInteger(element)) {
				throw other(element, 'whole numbers');
			}
			return BigInt(element);
		});
		return inRange(name, type, whole, ARRAYS[type].from(whole) as BigInt64Array | BigUint64Array);
	}
	const numbers = flat.map((element) => {
		if (type === 'bool' && typeof element === 'boolean') {
			return Number(element);
		}
		if (typeof element !== 'number') {
			throw other(element, type === 'bool' ? 'truth values' : 'numbers');
		}
		return element;
	});
	const array = ARRAYS[type].from(numbers) as Exclude<Elements, string[] | BigInt64Array | BigUint64Array>;
	return type === 'float32' || type === 'float64' ? array : inRange(name, type, numbers, array);
}

/** Refuses whole numbers that do not fit into their type. */
function inRange<T extends ArrayLike<number | bigint>>(name: string, type: DataType, numbers: (number | bigint)[], array: T): T {
	const index = numbers.findIndex((number, index) => array[index] !== number);
	if (index >= 0) {
		throw new UsageError(`\`${name}\` has the element ${numbers[index]}, which ${type} has no place for`);
	}
	return array;
}

/** Puts tensors into the order of the model's inputs, and refuses those that the model does not take: before they are paid for. */
export function fit(inputs: Record<string, TensorLike>, ports: readonly Port[]): Map<string, Tensor> {
	const left = new Set(Object.keys(inputs));
	const fitted = new Map<string, Tensor>();
	for (const port of ports) {
		const value = inputs[port.name];
		if (value === undefined || !left.delete(port.name)) {
			throw new UsageError(`there is no tensor \`${port.name}\``);
		}
		const tensor = toTensor(port.name, value, port);
		if (tensor.type !== port.type) {
			throw new UsageError(`\`${port.name}\` is ${tensor.type}, and the model takes ${port.type}`);
		}
		const { shape } = port;
		if (shape && (shape.length !== tensor.shape.length || shape.some((dim, index) => dim !== null && dim !== tensor.shape[index]))) {
			throw new UsageError(
				`\`${port.name}\` has the shape [${tensor.shape.join(', ')}], and the model takes [${shape.map((dim) => dim ?? '?').join(', ')}]`,
			);
		}
		fitted.set(port.name, tensor);
	}
	for (const name of left) {
		throw new UsageError(`the model has no input \`${name}\``);
	}
	return fitted;
}

/** The canonical bytes of tensors, in their order. */
export function encode(verifier: Verifier, tensors: Iterable<[string, Tensor]>): Uint8Array {
	const parts: Uint8Array[] = [];
	const raw = [...tensors].map(([name, { type, shape, data }]): RawTensor => {
		const wrong = shape.find((dim) => !Number.isSafeInteger(dim) || dim < 0);
		if (wrong !== undefined) {
			throw new UsageError(`\`${name}\` has a dimension of ${wrong}: give whole numbers from 0 on`);
		}
		if (!isTyped(data)) {
			return { name, type, shape, texts: data };
		}
		const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
		parts.push(bytes);
		return { name, type, shape, bytes: bytes.length };
	});
	const elements = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		elements.set(part, at);
		at += part.length;
	}
	return given(() => verifier.encodeBundle(raw, elements));
}

/** The tensors of a bundle. Bytes that are not in the canonical form are refused. */
export function decode(verifier: Verifier, bundle: Uint8Array): Record<string, Tensor> {
	const { tensors, elements } = proven(() => verifier.decodeBundle(bundle));
	let at = 0;
	const entries = tensors.map(({ name, type, shape, bytes = 0, texts }): [string, Tensor] => {
		if (!isDataType(type)) {
			throw new UsageError(`\`${name}\` is ${type}, which this version has no array for`);
		}
		// Copied, so that typed arrays find it aligned.
		const part = elements.slice(at, (at += bytes));
		const array = ARRAYS[type];
		return [name, { type, shape, data: array === Array ? (texts ?? []) : new (array as Float32ArrayConstructor)(part.buffer) }];
	});
	return Object.fromEntries(entries);
}
