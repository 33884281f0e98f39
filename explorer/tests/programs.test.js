// The programs that a model's page offers: they are taken out of the page as they are, and run.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { contentId, encodeTensors, verify } from '@assay-network/client/verify';
import { start, User } from '../../tests/lib/cli.js';
import { ASSAY } from '../../tests/lib/paths.js';
import { Browser, keeping, reads, skip, textOf, trusting } from './lib/browser.js';
import { network } from './lib/network.js';

const PACKAGES = fileURLToPath(new URL('../node_modules', import.meta.url));
const WALLET = new URL('lib/wallet-in-node.js', import.meta.url).href;
/** A Python that has the package, as scripts/python.sh makes one. */
const PYTHON = process.env.ASSAY_PYTHON_CLIENT ?? '';
const noPython = fs.existsSync(PYTHON) ? false : `there is no Python with the package at \`${PYTHON}\`: scripts/python.sh makes one, or name one with ASSAY_PYTHON_CLIENT`;

describe('the programs that a page offers', { skip }, () => {
	let browser, testnet, genesis, programs, user;
	before(async () => {
		[browser, { testnet, genesis }] = await Promise.all([Browser.start(), network()]);
		const page = await browser.open(`${browser.forms['the folder']}?node=${testnet.node.url}&light=off#/model/tests%2Fdoubling`, { prepare: keeping(trusting(genesis)) });
		await reads(page, 'The same call as a program');
		programs = {};
		for (const tab of await page.$$('.tabs button')) {
			await tab.click();
			programs[await tab.evaluate(({ innerText }) => innerText)] = await textOf(page, '.program');
		}
		await page.end();
		user = new User(path.join(testnet.dir, 'user'), 'ws://127.0.0.1:1');
		const { code, stderr } = await user.given('//Eve\n', 'keys', 'import', 'eve', '--plain');
		assert.equal(code, 0, stderr);
	});
	after(async () => {
		await browser?.end();
		await testnet?.end();
	});

	/** Runs a program, and returns what it prints. */
	async function run(program, args, { env = {}, cwd = user.dir } = {}) {
		const { code, stdout, stderr } = await start(program, args, { cwd, env: { ...user.env, ...env } }).ended;
		assert.equal(code, 0, `${stdout}${stderr}`);
		return stdout;
	}
	/** Fails unless the receipt that a program has saved proves that the double of 0 is 0. */
	async function proves(receipt) {
		const output = await encodeTensors({ y: { type: 'float32', shape: [1], data: [0] } });
		assert.equal((await verify(fs.readFileSync(user.file(receipt)), { genesis, fast: true })).output, await contentId(output));
		fs.rmSync(user.file(receipt));
	}

	test('they are of three languages', () => assert.deepEqual(Object.keys(programs), ['Command line', 'Python', 'TypeScript']));

	test('the command line asks, verifies, and saves output and receipt', async () => {
		await run('bash', ['-euc', programs['Command line']], { env: { PATH: `${path.dirname(ASSAY)}:${process.env.PATH}` } });
		assert.deepEqual(JSON.parse(fs.readFileSync(user.file('out.json'), 'utf8')).y.data, [0]);
		await proves('answer.receipt');
	});

	test('Python asks, verifies, and saves the receipt', { skip: noPython }, async () => {
		const said = await run(PYTHON, ['-c', programs.Python.replace('"NAME"', '"eve"')]);
		assert.match(said, /'y': array\(\[0\.\], dtype=float32\).* 1 1/);
		await proves('answer.receipt');
	});

	test('TypeScript compiles strictly, asks by a wallet, and verifies', async () => {
		const dir = user.file('program');
		fs.mkdirSync(dir);
		fs.symlinkSync(PACKAGES, path.join(dir, 'node_modules'));
		fs.writeFileSync(path.join(dir, 'package.json'), '{"type": "module"}');
		fs.writeFileSync(path.join(dir, 'program.ts'), programs.TypeScript);
		const options = { target: 'es2022', module: 'nodenext', lib: ['es2023', 'dom'], types: [], strict: true, skipLibCheck: true };
		fs.writeFileSync(path.join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }));
		await run(path.join(PACKAGES, '.bin/tsc'), ['--project', dir]);
		const said = await run(process.execPath, ['--import', WALLET, 'program.js'], { cwd: dir, env: { ASSAY_URL: testnet.node.url } });
		assert.match(said, /Float32Array\(1\) \[ 0 \].*by: 'receipt'/s);
	});
});
