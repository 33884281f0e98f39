// The library that the other tests are made with, against the vectors that pin hashes and encodings for every language.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { hexToU8a, u8aConcat, u8aToHex } from '@polkadot/util';
import { contentId, h, resultHash } from './lib/hash.js';
import { ROOT } from './lib/paths.js';
import { decodeBundle, encodeBundle, tensor } from './lib/tensors.js';

const vectors = JSON.parse(fs.readFileSync(path.join(ROOT, 'primitives', 'vectors.json'), 'utf8'));
const id = (byte) => u8aToHex(new Uint8Array(32).fill(byte));

test('content ids are those of the vectors', () => {
	for (const { length, id } of vectors.content_ids) {
		const bytes = Uint8Array.from({ length }, (_, index) => index * 31 + Math.floor(index / 256));
		assert.equal(contentId(bytes), id, `of ${length} bytes`);
	}
});

test('tagged hashes are those of the vectors', () => {
	const { hashes } = vectors;
	assert.equal(u8aToHex(h('assay/test', '0x01000000', '0x0c616263')), hashes.h);
	assert.equal(u8aToHex(h('assay/engine', id(3), hashes.profile)), hashes.engine);
	assert.equal(resultHash(id(1), hashes.engine, id(4), id(5), id(6)), hashes.result);
	const round = '0x0b00000000000000';
	assert.equal(u8aToHex(h('assay/commit', id(1), round, id(7), hashes.vote, new Uint8Array(16).fill(12))), hashes.commitment);
});

test('bundles are those of the vectors, both ways', () => {
	for (const { name, bytes, id } of vectors.bundles) {
		assert.equal(contentId(hexToU8a(bytes)), id, name);
		assert.equal(u8aToHex(encodeBundle(decodeBundle(hexToU8a(bytes)))), bytes, name);
	}
});

test('bytes that are no canonical bundle are refused', () => {
	for (const { name, bytes } of vectors.refused_bundles) {
		assert.throws(() => decodeBundle(hexToU8a(bytes)), Error, name);
	}
	const bytes = encodeBundle([tensor('x', 'float32', [1], [1])]);
	assert.throws(() => decodeBundle(bytes.subarray(0, bytes.length - 1)), /ends where/);
	assert.throws(() => decodeBundle(u8aConcat(bytes, [0])), /1 bytes follow/);
});

test('a bundle comes back as it was', () => {
	const tensors = [
		tensor('scalar', 'float32', [], [1.5]),
		tensor('matrix', 'int64', [2, 2], [1n, -2n, 3n, -4n]),
		tensor('empty', 'uint8', [0], []),
		tensor('odd', 'bool', [3], [1, 0, 1]),
		tensor('many', 'float64', [40], new Array(40).fill(NaN)),
	];
	assert.deepEqual(decodeBundle(encodeBundle(tensors)), tensors);
});
