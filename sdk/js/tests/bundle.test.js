// The bundle that a page loads.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { test } from 'node:test';
import { bundle } from './lib/bundle.js';

/** Bytes, gzipped, that a page loads at once with the package. */
const MOST = 80_000;

test('a page loads little at once, and a light client only if it asks for one', async (t) => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-js-'));
	try {
		const { main } = await bundle(dir, { main: 'dist/index.js' });
		const { verify } = await bundle(path.join(dir, 'alone'), { verify: 'dist/verify.js' });
		const wasm = zlib.gzipSync(fs.readFileSync(path.join(dir, 'receipts.wasm')), { level: 9 }).length;
		t.diagnostic(`gzipped: main chunk ${main.bytes} bytes, of ${MOST} at most; verify alone ${verify.bytes}; receipts.wasm ${wasm}`);
		assert.ok(main.bytes <= MOST, `the main chunk has ${main.bytes} bytes`);
		for (const late of ['smoldot', '@polkadot-labs', 'assay_metadata']) {
			assert.ok(!main.modules.some((module) => module.includes(late)), `the main chunk has ${late}`);
		}
		assert.ok(verify.modules.every((module) => !module.includes('node_modules')), 'verifying loads a library');
	} finally {
		fs.rmSync(dir, { recursive: true });
	}
});
