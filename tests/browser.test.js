// The receipt verifier for browsers: a module without imports that agrees with the vectors.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { hexToU8a, u8aToString } from '@polkadot/util';
import { ROOT } from './lib/paths.js';
import { browserVerifier } from './lib/receipts.js';

const vectors = JSON.parse(fs.readFileSync(path.join(ROOT, 'receipts', 'vectors.json')));

test('the verifier for browsers says of every vector what the vector says', async () => {
	const verifier = await browserVerifier();
	for (const { name, receipt, checkpoint, now, verdict } of vectors) {
		const { holds, answer } = verifier.check(hexToU8a(receipt), hexToU8a(checkpoint), now ?? undefined);
		assert.equal(holds, verdict.error === undefined, name);
		if (holds) {
			const request = new DataView(answer.buffer).getBigUint64(0, true);
			assert.equal(request, BigInt(verdict.request), name);
		} else {
			assert.equal(u8aToString(answer), verdict.error, name);
		}
	}
});

test('it takes any bytes without a trap', async () => {
	const verifier = await browserVerifier();
	const receipt = hexToU8a(vectors[0].receipt);
	const checkpoint = hexToU8a(vectors[0].checkpoint);
	for (let length = 0; length < receipt.length; length += 97) {
		assert.equal(verifier.check(receipt.subarray(0, length), checkpoint).holds, false);
		assert.equal(verifier.check(receipt, checkpoint.subarray(0, length % checkpoint.length)).holds, false);
	}
	assert.equal(verifier.check(receipt, checkpoint).holds, true);
});
