// The build: the same bytes from the same sources, small at first, and nothing in it that asks a stranger.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url));
/** Bytes, gzipped, that a page loads before anything is shown. */
const FIRST_LOAD = 120_000;

function build(cwd) {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-explorer-'));
	const said = JSON.parse(execFileSync(process.execPath, [BUILD, dir], { cwd, encoding: 'utf8' }));
	const files = Object.fromEntries(fs.readdirSync(dir).map((name) => [name, fs.readFileSync(path.join(dir, name))]));
	fs.rmSync(dir, { recursive: true });
	return { said, files };
}

test('two builds have the same bytes, wherever they are made', (t) => {
	const [first, second] = [build(os.tmpdir()), build('/')];
	assert.deepEqual(Object.keys(first.files), Object.keys(second.files));
	for (const [name, bytes] of Object.entries(first.files)) {
		assert.ok(bytes.equals(second.files[name]), name);
		assert.ok(!bytes.includes(os.tmpdir() + path.sep) && !bytes.includes(path.dirname(BUILD)), `${name} names a folder of the machine that built it`);
	}
	assert.match(first.files['index.html'].toString(), new RegExp(`name="build" content="${first.said.build}"`));
	assert.ok(first.said.firstLoadGzipped <= FIRST_LOAD, `${first.said.firstLoadGzipped} bytes`);
	t.diagnostic(`build ${first.said.build}: ${first.said.firstLoadGzipped} bytes gzipped at first, explorer.html has ${first.said.explorerHtml}`);
});

test('a page has a policy that lets in no script but its own, and no other host', () => {
	const { files } = build('/');
	for (const [name, scripts] of [['index.html', "'self'"], ['explorer.html', "'sha256-[A-Za-z0-9+/=]{44}'"]]) {
		const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(files[name].toString());
		const rules = Object.fromEntries(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).filter(Boolean).join(' ')]));
		assert.equal(rules['default-src'], "'none'");
		assert.match(rules['script-src'], new RegExp(`^${scripts} 'wasm-unsafe-eval'$`));
		assert.match(rules['connect-src'], /^('self' )?ws: wss:$/);
		assert.ok(!/https?:|\*|unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)/.test(policy), policy);
	}
	assert.ok(!/(src|href)="(https?:)?\/\//.test(files['index.html'].toString()));
});
