// Tensors for a model out of the text that a reader types, or of the files that the reader chooses or drops.

import { decodeTensors, type Port, type TensorLike } from '@assay-network/client/verify';
import { endOf, tensorsOf } from './files.js';

/** Pixels of an image whose size the model leaves open, along its longer side. */
const LARGEST_SIDE = 512;
/** Mean and deviation of the channels in the data set that most models of images were trained on. */
const IMAGENET = [
	{ mean: 0.485, deviation: 0.229 },
	{ mean: 0.456, deviation: 0.224 },
	{ mean: 0.406, deviation: 0.225 },
] as const;

/** The scales on which pixels become numbers. */
export const SCALES = { unit: '0 to 1', bytes: '0 to 255', imagenet: 'ImageNet mean and deviation' } as const;
export type Scale = keyof typeof SCALES;

/** A port in words. */
export const portWords = ({ type, shape }: Pick<Port, 'type' | 'shape'>): string =>
	`${type} ${shape ? `[${shape.map((dim) => dim ?? '?').join(', ')}]` : 'of any shape'}`;

/** The shape of so many elements. An open dimension is 1, but the last open one takes the elements that are left. */
function shapeOf({ name, shape }: Port, elements: number): number[] {
	if (!shape) {
		return [elements];
	}
	const last = shape.lastIndexOf(null);
	const fixed = shape.reduce<number>((product, dim) => product * (dim ?? 1), 1);
	if (last < 0 ? fixed !== elements : fixed === 0 || elements % fixed !== 0) {
		throw new Error(`“${name}” has ${elements} ${elements === 1 ? 'element' : 'elements'}, and the model takes ${last < 0 ? '' : 'a multiple of '}${fixed}`);
	}
	return shape.map((dim, index) => dim ?? (index === last ? elements / fixed : 1));
}

/** A tensor of numbers, truth values or texts as people write them: apart by commas, spaces or lines, or as JSON. */
export function tensorOf(port: Port, text: string): TensorLike {
	const { name, type } = port;
	const trimmed = text.trim();
	if (trimmed === '') {
		throw new Error(`“${name}” is empty: give ${type === 'string' ? 'a text' : 'numbers'}, or a file`);
	}
	if (trimmed.startsWith('[')) {
		let data: unknown;
		try {
			data = JSON.parse(trimmed);
		} catch (error) {
			throw new Error(`“${name}” is no JSON: ${(error as Error).message}`);
		}
		const flat = Array.isArray(data) && data.every((element) => !Array.isArray(element));
		return { type, ...(flat && { shape: shapeOf(port, (data as unknown[]).length) }), data } as TensorLike;
	}
	const parts = type === 'string' ? trimmed.split('\n') : trimmed.split(/[\s,;]+/).filter(Boolean);
	const data = parts.map((part) => element(name, type, part));
	return { type, shape: shapeOf(port, data.length), data } as TensorLike;
}

function element(name: string, type: string, part: string): number | bigint | boolean | string {
	if (type === 'string') {
		return part;
	}
	if (type === 'bool' && /^(true|false)$/i.test(part)) {
		return part.toLowerCase() === 'true';
	}
	if (/^u?int64$/.test(type) && /^[+-]?\d+$/.test(part)) {
		return BigInt(part);
	}
	const number = Number(part.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'));
	if (Number.isNaN(number) && !/^nan$/i.test(part)) {
		throw new Error(`“${name}” has “${part}”, which is no number`);
	}
	return number;
}

/** Tensors out of a file, by the names of the model's inputs. If the file has one tensor and the model takes one, its name does not matter. */
export async function fromFile(name: string, bytes: Uint8Array, ports: Port[]): Promise<Record<string, TensorLike>> {
	const only = ports.length === 1 ? ports[0] : undefined;
	const text = endOf(name) === 'json' ? new TextDecoder().decode(bytes).trim() : '';
	if (text.startsWith('[')) {
		if (!only) {
			throw new Error(`${name} does not say which of the ${ports.length} inputs it is: give {"NAME": {"dtype": ..., "shape": [...], "data": [...]}}`);
		}
		return { [only.name]: tensorOf(only, text) };
	}
	const tensors: Record<string, TensorLike> = endOf(name) === 'bundle' ? await decodeTensors(bytes) : tensorsOf(name, bytes, only?.name);
	const names = Object.keys(tensors);
	const [first] = Object.values(tensors);
	if (only && names.length === 1 && first) {
		return { [only.name]: first };
	}
	const strange = names.find((name) => !ports.some((port) => port.name === name));
	if (strange !== undefined) {
		throw new Error(`${name} has a tensor “${strange}”, and the model takes ${ports.map(({ name }) => `“${name}”`).join(', ')}`);
	}
	return tensors;
}

/** The places of an image's parts in a tensor. */
interface ImagePort {
	channelsFirst: boolean;
	channels: number;
	height: number | null;
	width: number | null;
	batch: boolean;
}

/** The way in which a port takes an image, if the port's type and shape look as though it did. */
export function imagePort({ type, shape }: Port): ImagePort | undefined {
	if ((type !== 'float32' && type !== 'uint8') || !shape || shape.length < 3 || shape.length > 4) {
		return undefined;
	}
	const batch = shape.length === 4;
	if (batch && shape[0] !== null && shape[0] !== 1) {
		return undefined;
	}
	const [first, second, third] = shape.slice(-3) as [number | null, number | null, number | null];
	const isColour = (dim: number | null): dim is number => dim === 1 || dim === 3;
	return isColour(first)
		? { batch, channelsFirst: true, channels: first, height: second, width: third }
		: isColour(third)
			? { batch, channelsFirst: false, channels: third, height: first, width: second }
			: undefined;
}

/** A tensor of an image, stretched to the size that the model takes. */
export async function fromImage(port: Port, file: Blob, scale: Scale): Promise<TensorLike> {
	const form = imagePort(port);
	if (!form) {
		throw new Error(`“${port.name}” takes no image`);
	}
	let image: ImageBitmap;
	try {
		image = await createImageBitmap(file);
	} catch {
		throw new Error('this browser cannot read that image: give a PNG, JPEG or WebP file');
	}
	const shrink = Math.min(1, LARGEST_SIDE / Math.max(image.width, image.height));
	const width = form.width ?? Math.max(1, Math.round(image.width * shrink));
	const height = form.height ?? Math.max(1, Math.round(image.height * shrink));
	const context = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true });
	if (!context) {
		throw new Error('this browser gives no canvas to read the image with: give it as a .npz file');
	}
	context.imageSmoothingQuality = 'high';
	context.drawImage(image, 0, 0, width, height);
	const { data } = context.getImageData(0, 0, width, height);
	const { channels, channelsFirst, batch } = form;
	const pixels = width * height;
	const elements = port.type === 'uint8' ? new Uint8Array(pixels * channels) : new Float32Array(pixels * channels);
	for (let pixel = 0; pixel < pixels; pixel++) {
		const [red = 0, green = 0, blue = 0] = data.subarray(4 * pixel, 4 * pixel + 3);
		const colours = channels === 3 ? [red, green, blue] : [Math.round(0.299 * red + 0.587 * green + 0.114 * blue)];
		colours.forEach((value, channel) => {
			const at = channelsFirst ? channel * pixels + pixel : pixel * channels + channel;
			elements[at] = port.type === 'uint8' || scale === 'bytes' ? value : scale === 'unit' ? value / 255 : normal(value, channel);
		});
	}
	const shape = [...(batch ? [1] : []), ...(channelsFirst ? [channels, height, width] : [height, width, channels])];
	return { type: port.type, shape, data: elements } as TensorLike;
}

/** A pixel's value on the scale `imagenet`. An image of one channel takes the first channel's mean and deviation. */
const normal = (value: number, channel: number) => {
	const { mean, deviation } = IMAGENET[channel] ?? IMAGENET[0];
	return (value / 255 - mean) / deviation;
};
