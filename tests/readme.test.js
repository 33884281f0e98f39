// The scripts in README.md do what it says.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { contentId } from './lib/hash.js';
import { doubling } from './lib/onnx.js';
import { ROOT } from './lib/paths.js';
import { Testnet } from './lib/testnet.js';

/** Runs a script of the README, from the folder that it names. */
async function run(name, argument, url) {
	const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
	const [, code] = readme.match(new RegExp(`\`\`\`js\\n(// tests/${name}\\n[^]*?)\`\`\``));
	const file = path.join(ROOT, 'tests', `.readme-${process.pid}-${name}`);
	fs.writeFileSync(file, code);
	try {
		const { stdout } = await promisify(execFile)(process.execPath, [file, argument], {
			env: { ...process.env, ASSAY_URL: url },
			timeout: 900_000,
		});
		return stdout;
	} finally {
		fs.rmSync(file);
	}
}

test('a model is registered, found and asked with the scripts of the README', async () => {
	const net = await Testnet.start();
	try {
		const file = path.join(net.dir, 'model.onnx');
		fs.writeFileSync(file, doubling());
		const id = contentId(doubling());
		assert.match(await run('register.mjs', file, net.node.url), new RegExp(`${id} Active`));
		assert.match(await run('find.mjs', 'small', net.node.url), new RegExp(`^charlie/first@1 ${id} of .*: My first model.\n$`));
		const answer = await run('ask.mjs', id, net.node.url);
		assert.match(answer, /request 0: Final/);
		assert.match(answer, /Float32Array\(3\) \[ 2, 4, 6 \]/);
	} finally {
		await net.end();
	}
});
