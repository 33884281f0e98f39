// The commands and programs of README.md work.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { contentId } from './lib/hash.js';
import { doubling } from './lib/onnx.js';
import { ROOT } from './lib/paths.js';
import { readmeScript, readmeShell } from './lib/readme.js';
import { Testnet } from './lib/testnet.js';

test('a model is published, found, asked and verified with the README, on the command line and from polkadot.js', async () => {
	const net = await Testnet.start();
	const url = net.node.url;
	try {
		await Promise.all([commandLine(net.dir, url), polkadotJs(net.dir, url)]);
	} finally {
		await net.end();
	}
});

async function commandLine(base, url) {
	const dir = path.join(base, 'newcomer');
	fs.mkdirSync(dir);
	fs.symlinkSync(path.join(ROOT, 'tests'), path.join(dir, 'tests'));
	// Other tests run the commands that need a chain spec, a peer or a hash in place of its name.
	const wanted = (line) => !/spec\.json|GENESIS/.test(line);
	const said = await readmeShell(['Publish a model', 'Find a model', 'Ask for an inference', 'Verify'], { url, dir, wanted });
	assert.match(said, /status +Active/);
	assert.match(said, /verified +by a receipt/);
	assert.match(said, /receipt +\d+ bytes, verified/);
	assert.deepEqual(JSON.parse(fs.readFileSync(path.join(dir, 'out.json'))).y.data, [2, 4, 6]);
}

async function polkadotJs(base, url) {
	const file = path.join(base, 'model.onnx');
	const bytes = doubling({ name: 'from-js' });
	fs.writeFileSync(file, bytes);
	const id = contentId(bytes);
	assert.match(await readmeScript('register.mjs', file, url), new RegExp(`${id} Active`));
	const found = await readmeScript('find.mjs', 'small', url);
	assert.match(found, new RegExp(`^charlie/first@1 ${id} of .*: My first model.\n$`));
	const answer = await readmeScript('ask.mjs', id, url);
	assert.match(answer, /request \d+: Final/);
	assert.match(answer, /Float32Array\(3\) \[ 2, 4, 6 \]/);
}
