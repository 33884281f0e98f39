// The demo behind scripts/demo.sh: a development chain, a real model, three real files, results that anybody can check.

import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Chain } from '../tests/lib/chain.js';
import { contentId } from '../tests/lib/hash.js';
import { activation, ask, engineReady, history, inline, outcome, quote, registration, upload } from '../tests/lib/inference.js';
import * as magika from '../tests/lib/magika.js';
import { Node, removeFolder, temporaryFolder } from '../tests/lib/node.js';
import { NODE, ROOT } from '../tests/lib/paths.js';
import { encodeBundle } from '../tests/lib/tensors.js';

const DECIMALS = 10n ** 12n;

const say = (text) => console.log(`demo: ${text}`);
const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const asy = (plancks) => `${plancks / DECIMALS}.${(plancks % DECIMALS).toString().padStart(12, '0').replace(/0+$/, '') || '0'} ASY`;
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** A line that is rewritten on a terminal, and printed a few times elsewhere. */
function progress(what) {
	let printed = -1;
	return (done, total) => {
		const percent = Math.floor((100 * done) / total);
		if (process.stdout.isTTY) {
			process.stdout.write(`\rdemo: ${what} ${percent} %${done === total ? '\n' : ''}`);
		} else if (Math.floor(percent / 25) > printed) {
			printed = Math.floor(percent / 25);
			say(`${what} ${percent} %`);
		}
	};
}

async function run(chain) {
	const [bob, charlie] = [chain.account('Bob'), chain.account('Charlie')];
	say(`chain ${chain.genesis}, engine ${(await chain.api.query.models.currentEngine()).unwrap().toHex()}`);
	say('waiting for the engine: it compiles its guest and tests itself');
	const booting = performance.now();
	await engineReady(chain);
	say(`the engine is ready after ${seconds(booting)}`);

	const bytes = magika.model();
	const id = contentId(bytes);
	say(`Charlie registers magika, ${mebibytes(bytes.length)}: ${id}`);
	const metadata = {
		task: 'file-classification',
		licence: 'Apache-2.0',
		tags: ['files'],
		description: 'Tells the type of a file from its content.',
	};
	const options = { name: 'google/magika', metadata, royalty: DECIMALS / 1000n };
	await chain.submit(registration(chain, bytes, options), charlie);
	await upload(chain, bytes, progress('uploading in chunks of 256 KiB:'));
	say('validators run it on a sample and attest the result');
	const status = await activation(chain, id);
	if (!status.isActive) {
		throw new Error(`the model was not activated: ${status}`);
	}
	say(`active; sample result ${status.asActive.resultHash.toHex()}, ${status.asActive.sampleUnits} compute units`);

	const files = [path.join(ROOT, 'README.md'), path.join(ROOT, 'pallets', 'inference', 'src', 'lib.rs'), NODE];
	const expected = magika.reference(files);
	for (const [index, file] of files.entries()) {
		const input = encodeBundle(magika.features(fs.readFileSync(file)));
		const { units, price } = await quote(chain, id, input.length);
		const started = performance.now();
		const asked = await ask(chain, bob, id, inline(input), { units, maxFee: price });
		const result = await outcome(chain, asked.request);
		const took = seconds(started);
		if (result.verdict !== 'Output') {
			throw new Error(`request ${asked.request} ended as ${result.ended} ${result.verdict ?? ''} ${result.reason ?? ''}`);
		}
		const { label, score } = magika.label(result.outputs);
		const { reveals } = await history(chain, asked.request, asked.block, result.block);
		const { v, votes, power, total } = result.claim.decision;
		const checks = {
			'the result hash follows from the output': result.resultHash === result.recomputed,
			'the chain ran the input that was sent': result.claim.input.toHex() === contentId(input),
			'onnxruntime gives the same label': label === expected[index].label,
		};

		console.log(`
  ${path.relative(ROOT, file).startsWith('..') ? file : path.relative(ROOT, file)}
    label        ${label} (${(100 * score).toFixed(2)} %)
    onnxruntime  ${expected[index].label} (${(100 * expected[index].score).toFixed(2)} %)
    result hash  ${result.resultHash}
    recomputed   ${result.recomputed}
    voted        ${reveals.map(({ validator }) => validator).join(', ')} (${votes} of ${v}, ${power} of ${total} of the voting power)
    final        ${result.block - asked.block} blocks and ${took} after the request
    paid         ${asy(result.paid)} of ${asy(asked.escrow)} on hold, and ${asy(asked.fee)} for the transaction`);
		const failed = Object.entries(checks).filter(([, passed]) => !passed);
		if (failed.length > 0) {
			throw new Error(`not so: ${failed.map(([name]) => name).join('; ')}`);
		}
	}
	console.log();
	say('every result was recomputed from its output and agrees with onnxruntime');
}

const dir = temporaryFolder();
let node;
let chain;
let interrupted = false;

async function end() {
	await chain?.close().catch(() => {});
	if (node && !node.end) {
		const code = await node.stop();
		say(`the node stopped with exit code ${code}`);
	}
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
	process.on(signal, () => {
		if (!interrupted) {
			interrupted = true;
			say('stopping');
			end().finally(() => {
				removeFolder(dir);
				process.exit(130);
			});
		}
	});
}

try {
	const started = performance.now();
	say(`starting a development chain in ${dir}`);
	node = new Node(dir);
	await node.ready();
	chain = await Chain.connect(node);
	say(`the node answers at ${node.url}, ${seconds(started)} after its start`);
	await run(chain);
	await end();
	removeFolder(dir);
} catch (error) {
	// An interruption makes whatever was under way fail.
	if (!interrupted) {
		console.error(`demo: error: ${error.message}`);
		await end().catch(() => {});
		say(`the node's log is ${path.join(dir, 'node.log')}`);
		process.exit(1);
	}
}
