// The commands and programs of README.md and of docs/guides work.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { User } from './lib/cli.js';
import { commands, guideFiles, guideScript, guideShell } from './lib/guides.js';
import { contentId } from './lib/hash.js';
import { doubling } from './lib/onnx.js';
import { ROOT } from './lib/paths.js';
import { Testnet } from './lib/testnet.js';

/** Most lines of the README. */
const README_LINES = 120;
/** Most commands from a classifier to a verified answer. */
const COMMANDS = 10;

let net;
before(async () => {
	net = await Testnet.start();
});
after(() => net?.end());

/** A folder of somebody new. */
function newcomer(name) {
	const dir = path.join(net.dir, name);
	fs.mkdirSync(dir);
	return { url: net.node.url, dir };
}

/** A port that nobody listens on. */
async function freePort() {
	const server = createServer();
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return String(port);
}

const json = (dir, file) => JSON.parse(fs.readFileSync(path.join(dir, file)));

test('the README is short, and its doors are open', () => {
	const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
	assert.ok(readme.split('\n').length <= README_LINES, `${readme.split('\n').length} lines`);
	for (const page of ['README.md', ...fs.readdirSync(path.join(ROOT, 'docs/guides')).map((name) => `docs/guides/${name}`)].filter((name) => name.endsWith('.md'))) {
		const text = fs.readFileSync(path.join(ROOT, page), 'utf8');
		for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
			assert.ok(fs.existsSync(path.join(ROOT, path.dirname(page), target)), `${page} leads to ${target}`);
		}
	}
});

test('a model is published, asked and verified by hand, as the README says', async () => {
	const bytes = fs.readFileSync(path.join(ROOT, 'docs/guides/double.onnx'));
	assert.deepEqual(new Uint8Array(bytes), doubling({ name: 'double' }));
	const who = newcomer('by-hand');
	const wanted = (line) => line.startsWith('assay ');
	const said = await guideShell('README.md', ['Try it by hand'], { ...who, wanted, env: { ASSAY_ROOT: ROOT } });
	assert.match(said, /status +Active/);
	assert.match(said, /\b2.*4.*6\b/);
	assert.match(said, /receipt +\d+ bytes, verified/);
});

test('a scikit-learn classifier is published, asked and verified in at most ten commands', async (t) => {
	const began = Date.now();
	const page = 'docs/guides/publish.md';
	const who = newcomer('classifier');
	assert.ok(commands(page, ['Train', 'Publish']).length <= COMMANDS);
	guideFiles(page, who.dir);
	// The packages are there: scripts/trained.sh has installed them, by their hashes.
	const venv = path.join(process.env.ASSAY_CACHE, 'trained-venv');
	assert.ok(fs.existsSync(path.join(venv, 'bin/python')), `there is no ${venv}: run scripts/trained.sh`);
	fs.symlinkSync(venv, path.join(who.dir, 'venv'));
	const wanted = (line) => !line.includes('pip install');
	const said = await guideShell(page, ['Train', 'Publish'], { ...who, wanted });
	assert.match(said, /status +Active/);
	assert.match(said, /receipt +\d+ bytes, verified/);
	const [, labels] = said.match(/the forest says (\[.*?\])/);
	assert.deepEqual(json(who.dir, 'answer.json').output_label.data, JSON.parse(labels));
	t.diagnostic(`from training to a verified answer: ${((Date.now() - began) / 60_000).toFixed(1)} min`);
});

test('an agent remembers, and the chain has it, as the guide says', async () => {
	const who = newcomer('remembers');
	const page = 'docs/guides/memory.md';
	// The tests of the Python package run the program.
	const wanted = (line) => !line.startsWith('python3 agent.py');
	const port = await freePort();
	const edit = (script) => `trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n${script.replaceAll('9985', port).replaceAll('serve', `serve --listen 127.0.0.1:${port}`)}`;
	const said = await guideShell(page, ['A space and a key', 'Proof', 'On the chain'], { ...who, wanted, edit });
	assert.match(said, /nothing that fits better was left out/);
	assert.match(said, /"final":true/);
	assert.match(said, /verified: this was the last commit at the finalized block \d+/);
	assert.match(fs.readFileSync(path.join(who.dir, 'memory.log'), 'utf8'), /puts commits? 1.* of space default on the chain/);
});

test('a model is found, asked and verified as the guide says, and from polkadot.js', async () => {
	const who = newcomer('asks');
	const file = path.join(who.dir, 'double.onnx');
	// Another file than the README's: each is registered once.
	fs.writeFileSync(file, doubling({ name: 'asked' }));
	await new User(path.join(net.dir, 'dave'), who.url).json('publish', file, '--name', 'dave/double', '--tag', 'small', '--suri', '//Dave');
	// Other tests run the commands that need a chain spec, a peer or a hash in place of its name.
	const wanted = (line) => !/spec\.json|GENESIS/.test(line);
	const said = await guideShell('docs/guides/ask.md', ['On the command line', 'Verify'], { ...who, wanted });
	assert.match(said, /verified +by a receipt/);
	assert.match(said, /receipt +\d+ bytes, verified/);
	assert.deepEqual(json(who.dir, 'out.json').y.data, [2, 4, 6]);
	const build = 'docs/guides/build-on.md';
	const bytes = doubling({ name: 'from-js' });
	fs.writeFileSync(file, bytes);
	const id = contentId(bytes);
	assert.match(await guideScript(build, 'register.mjs', file, who.url), new RegExp(`${id} Active`));
	const found = await guideScript(build, 'find.mjs', 'small', who.url);
	assert.match(found, new RegExp(`charlie/first@1 ${id} of .*: My first model.\n`));
	const answer = await guideScript(build, 'ask.mjs', id, who.url);
	assert.match(answer, /request \d+: Final/);
	assert.match(answer, /Float32Array\(3\) \[ 2, 4, 6 \]/);
});
