// README.md does what it says.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { start } from '../../../tests/lib/cli.js';
import { withModel } from './lib/chain.js';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Lines of the program, at most. */
const MOST = 15;

test('its program prints a verified output', async () => {
	const [, program] = fs.readFileSync(path.join(root, 'README.md'), 'utf8').match(/```js\n([^]*?)```/);
	assert.ok(program.split('\n').filter((line) => line.trim()).length <= MOST);
	const { testnet } = await withModel('dave/double');
	// In the package's own folder, where it is found by its name.
	const file = path.join(root, `.readme-${process.pid}.mjs`);
	try {
		const { node, dir } = testnet;
		fs.writeFileSync(file, program);
		const env = { ...process.env, ASSAY_URL: node.url, XDG_CONFIG_HOME: path.join(dir, 'config') };
		const { code, stdout, stderr } = await start(process.execPath, [file], { env }).ended;
		assert.equal(code, 0, stderr);
		assert.equal(stdout, 'Float32Array(3) [ 2, 4, 6 ] 1 of 1 receipt\ntrue\n');
		assert.match(stderr, /first use of `default`/);
	} finally {
		fs.rmSync(file, { force: true });
		await testnet.end();
	}
});
