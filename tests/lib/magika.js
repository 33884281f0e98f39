// Magika's steps before and after its model: see `_extract_features_from_seekable` in the wheel's magika.py.

import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { MAGIKA, PYTHON } from './paths.js';
import { tensor } from './tensors.js';

const DIR = path.join(MAGIKA, 'magika', 'models', 'standard_v3_3');
// Bytes that Python's bytes.strip() removes.
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d, 0x0b, 0x0c]);

/** The ONNX file. */
export const model = () => new Uint8Array(fs.readFileSync(path.join(DIR, 'model.onnx')));

const config = () => JSON.parse(fs.readFileSync(path.join(DIR, 'config.min.json'), 'utf8'));

/** The model's input for a file's content: bytes from its beginning and its end, without white space around them. */
export function features(content) {
	const { beg_size: begin, end_size: end, block_size: block, padding_token: padding, min_file_size_for_dl: least } = config();
	const head = [...content.subarray(0, block)];
	const tail = [...content.subarray(Math.max(0, content.length - block))];
	const first = head.findIndex((byte) => !SPACE.has(byte));
	const front = first < 0 ? [] : head.slice(first, first + begin);
	while (tail.length > 0 && SPACE.has(tail[tail.length - 1])) {
		tail.pop();
	}
	if (front.length < least) {
		throw new Error(`magika needs ${least} bytes beside white space, this file has ${front.length}`);
	}
	const back = tail.slice(-end);
	const pad = (size) => new Array(size).fill(padding);
	const values = [...front, ...pad(begin - front.length), ...pad(end - back.length), ...back];
	return [tensor('bytes', 'int32', [1, begin + end], values)];
}

/** The label with the highest probability in the model's output, and that probability. */
export function label(tensors) {
	const { data } = tensors.find(({ name }) => name === 'target_label');
	const best = data.reduce((best, value, index) => (value > data[best] ? index : best), 0);
	return { label: config().target_labels_space[best], score: data[best] };
}

/** Answers of magika itself about files, with onnxruntime: a list of `{ label, score }`. */
export function reference(files) {
	const script = new URL('./reference.py', import.meta.url).pathname;
	return JSON.parse(execFileSync(PYTHON, [script, MAGIKA, ...files], { encoding: 'utf8' }));
}
