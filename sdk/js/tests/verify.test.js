// Checks without any node: receipts, tensors, ids, and the trusted blocks.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import {
	contentId, decodeTensors, encodeTensors, fromHex, loadVerifier, NotVerified, resultHash, toHex, UsageError, verify,
} from '@assay-network/client/verify';
import { EXAMPLES, ROOT } from '../../../tests/lib/paths.js';
import { decodeBundle } from '../../../tests/lib/tensors.js';
import { Profile } from '../dist/trust.js';
import { fit } from '../dist/tensors.js';
import { checkTerms } from '../dist/verify.js';

const read = (...file) => JSON.parse(fs.readFileSync(path.join(ROOT, ...file), 'utf8'));
const receipts = read('receipts', 'vectors.json');
const vectors = read('primitives', 'vectors.json');
const MUTATED = path.join(EXAMPLES, 'mutated');
/** Receipts that were tampered with: of each, Rust and TypeScript say the same. */
const MUTATIONS = process.env.ASSAY_LONG ? 10_000 : 1_000;

/** The verifier's verdict, in the form that Rust has it in. */
async function verdict(receipt, checkpoint, now) {
	try {
		// The vectors are about the proof alone: their claims rest on what they please.
		const found = await verify(fromHex(receipt), { checkpoint, now, fast: true });
		const { request, model, output = null, block, head, next } = found;
		return { request, model, output, block: block.number, head: head.hash, checkpoint: found.checkpoint.hash, next };
	} catch (error) {
		assert.ok(error instanceof NotVerified, String(error));
		assert.equal(error.code, 8);
		return { error: error.message.replace(/^not verified: /, '') };
	}
}

test('the verifier says of every vector what the vector says', async () => {
	for (const { name, receipt, checkpoint, now, verdict: says } of receipts) {
		assert.deepEqual(await verdict(receipt, checkpoint, now ?? undefined), says, name);
	}
});

test('it takes any bytes without a trap', async () => {
	const [{ receipt, checkpoint }] = receipts;
	const bytes = fromHex(receipt);
	for (let length = 0; length < bytes.length; length += 97) {
		await assert.rejects(verify(bytes.subarray(0, length), { checkpoint }), NotVerified);
		await assert.rejects(verify(bytes, { checkpoint: checkpoint.slice(0, 2 + 2 * (length % 33)) }), NotVerified);
	}
	await verify(bytes, { checkpoint, fast: true });
});

test('Rust and TypeScript say the same of receipts that were tampered with', async (t) => {
	assert.ok(fs.existsSync(MUTATED), `there is no ${MUTATED}: run cargo build --locked -p assay-receipts --example mutated`);
	const rust = spawn(MUTATED, [String(MUTATIONS)], { stdio: ['ignore', 'pipe', 'inherit'] });
	const seen = { accepted: 0, refused: 0, words: new Set() };
	for await (const line of createInterface({ input: rust.stdout })) {
		const { receipt, checkpoint, verdict: says } = JSON.parse(line);
		const found = await verdict(receipt, checkpoint, undefined);
		assert.deepEqual(found, says);
		seen[found.error ? 'refused' : 'accepted']++;
		seen.words.add(found.error?.replace(/\d+/g, 'N'));
	}
	assert.equal(seen.accepted + seen.refused, MUTATIONS);
	assert.ok(seen.refused > MUTATIONS / 2 && seen.words.size > 10, 'most of them are refused, for many reasons');
	t.diagnostic(`${seen.refused} of ${MUTATIONS} refused, with ${seen.words.size} different words`);
});

test('what a receipt rests on and what it is about are compared', async () => {
	const { receipt, checkpoint, verdict: says } = receipts[0];
	const bytes = fromHex(receipt);
	const trusted = { checkpoint, fast: true };
	assert.equal((await verify(bytes, trusted)).now, undefined);
	assert.equal((await verify(bytes, { ...trusted, now: 9 })).now, 9);
	await assert.rejects(verify(bytes, { ...trusted, now: 100_000 }), /the checkpoint is 100000 blocks old/);
	await assert.rejects(verify(bytes, { ...trusted, output: new Uint8Array([1]) }), /the output has the result hash/);
	await assert.rejects(verify(bytes, { ...trusted, input: new Uint8Array([1]) }), /proves something about input/);
	await assert.rejects(verify(bytes, {}), UsageError);
	await assert.rejects(verify(bytes, { genesis: '0x11' }), UsageError);
	await assert.rejects(verify(bytes, { genesis: `0x${'11'.repeat(32)}`, fast: true }), /does not start from this checkpoint/);
	const found = await verify(bytes, { genesis: (await verify(bytes, trusted)).genesis, fast: true });
	assert.equal(found.output, says.output);
});

test('a claim that rests on too little is refused', async () => {
	const verifier = await loadVerifier();
	const { claim } = verifier.verify(fromHex(receipts[0].receipt), { encoded: receipts[0].checkpoint }, undefined);
	checkTerms(verifier, claim);
	const short = { ...claim, decision: { ...claim.decision, v: 100, votes: 3, window: 4 } };
	const says = /^not verified: request 1 rests on too little: 4 of 5 members, 3 of 4 votes, a window of 4 blocks and not of .*; `fast: true` accepts it$/;
	assert.throws(() => checkTerms(verifier, short), (error) => error instanceof NotVerified && says.test(error.message));
});

test('ids and hashes are those of the vectors', async () => {
	for (const { length, id } of vectors.content_ids) {
		const bytes = Uint8Array.from({ length }, (_, index) => index * 31 + Math.floor(index / 256));
		assert.equal(await contentId(bytes), id, `of ${length} bytes`);
	}
	const id = (byte) => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`;
	const { engine, result } = vectors.hashes;
	assert.equal(await resultHash({ genesis: id(1), engine, model: id(4), input: id(5), output: id(6) }), result);
});

test('bundles are those of the vectors, both ways, and others are refused', async () => {
	for (const { name, bytes } of vectors.bundles) {
		const tensors = await decodeTensors(fromHex(bytes));
		assert.equal(toHex(await encodeTensors(tensors)), bytes, name);
		const other = decodeBundle(fromHex(bytes)).map(({ name, type, shape, data }) => [name, { type, shape, data }]);
		assert.deepEqual(tensors, Object.fromEntries(other), name);
	}
	for (const { name, bytes } of vectors.refused_bundles) {
		await assert.rejects(decodeTensors(fromHex(bytes)), NotVerified, name);
	}
});

test('tensors are made of what JavaScript has', async () => {
	const same = async (given, tensor) => assert.deepEqual((await decodeTensors(await encodeTensors({ x: given }))).x, tensor);
	await same(new Float32Array([1, NaN]), { type: 'float32', shape: [2], data: new Float32Array([1, NaN]) });
	await same({ type: 'int64', data: [[1, 2n], [3, -4]] }, { type: 'int64', shape: [2, 2], data: BigInt64Array.of(1n, 2n, 3n, -4n) });
	await same({ type: 'bool', data: [true, false] }, { type: 'bool', shape: [2], data: Uint8Array.of(1, 0) });
	await same({ type: 'bfloat16', data: Uint16Array.of(0x3f80), shape: [] }, { type: 'bfloat16', shape: [], data: Uint16Array.of(0x3f80) });
	await same(['a', 'é'], { type: 'string', shape: [2], data: ['a', 'é'] });
	await same({ type: 'float64', data: 2.5 }, { type: 'float64', shape: [], data: Float64Array.of(2.5) });
	// A view into something larger.
	await same(new Float32Array([0, 1, 2]).subarray(1), { type: 'float32', shape: [2], data: Float32Array.of(1, 2) });
	for (const [given, says] of [
		[[1, 2], /nobody says of which type `x` is/],
		[{ type: 'uint8', data: [256] }, /element 256, which uint8 has no place for/],
		[{ type: 'int64', data: [0.5] }, /element 0.5, and int64 is made of whole numbers/],
		[{ type: 'float32', data: [[1], [2, 3]] }, /`x` is ragged/],
		[{ type: 'float32', shape: [3], data: [1, 2] }, /`x` has 8 bytes, and its shape and type ask for 12/],
		[{ type: 'float32', data: Float64Array.of(1) }, /is given as Float64Array, and float32 goes into a Float32Array/],
		[{ type: 'float32', shape: [-1], data: [1] }, /a dimension of -1/],
	]) {
		await assert.rejects(encodeTensors({ x: given }), (error) => error instanceof UsageError && says.test(error.message), String(says));
	}
});

test('inputs take the form of the model, and what it does not take is refused', () => {
	const port = (type, shape) => [{ name: 'x', type, shape }];
	const one = (value, ports) => fit({ x: value }, ports).get('x');
	assert.deepEqual(one([1, 2], port('float32', [null])), { type: 'float32', shape: [2], data: Float32Array.of(1, 2) });
	assert.deepEqual(one(Float32Array.of(1, 2, 3, 4), port('float32', [null, 2])).shape, [2, 2]);
	assert.equal(one(Uint16Array.of(1), port('float16', null)).type, 'float16');
	for (const [value, ports, says] of [
		[new Float64Array(1), port('float32', [null]), /`x` is float64, and the model takes float32/],
		[[[1]], port('float32', [null]), /has the shape \[1, 1\], and the model takes \[\?\]/],
		[new Float32Array(3), port('float32', [null, 2]), /has 3 elements, and the model takes \[\?, 2\]/],
		[new Float32Array(4), port('float32', [null, null]), /give \{ shape, data \}/],
		[[1], [{ name: 'y', type: 'float32', shape: null }], /there is no tensor `y`/],
		[[1], [], /the model has no input `x`/],
	]) {
		assert.throws(() => fit({ x: value }, ports), (error) => error instanceof UsageError && says.test(error.message), String(says));
	}
});

test('the genesis block of the first use stays, and checkpoints only go forward', async () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-js-'));
	process.env.XDG_CONFIG_HOME = dir;
	const [first, second] = ['11', '22'].map((byte) => `0x${byte.repeat(32)}`);
	try {
		const profile = await Profile.open('test');
		assert.equal(profile.genesis, undefined);
		await profile.pin(first, 10);
		await assert.rejects(profile.pin(second, 10), NotVerified);
		await profile.advance(20, '0xaa', Date.now() - 10_000);
		await profile.advance(15, '0xbb', Date.now());
		const again = await Profile.open('test');
		assert.deepEqual([again.genesis, again.block], [first, '0xaa']);
		assert.ok(again.now >= 25 && again.now < 30, String(again.now));
		await assert.rejects(again.pin(second, 10), NotVerified);
		assert.equal((await Profile.open('other')).genesis, undefined);
		await assert.rejects(Profile.open('../x'), UsageError);
		fs.writeFileSync(path.join(dir, 'assay', 'chains', 'test.json'), '{"genesis": 1}');
		await assert.rejects(Profile.open('test'), /this is no profile of a chain: remove it/);
	} finally {
		fs.rmSync(dir, { recursive: true });
	}
});

test('verifying loads no chain library', () => {
	// Whatever it would load is away: a folder with this package and nothing else.
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-js-'));
	try {
		const here = path.join(dir, 'node_modules/@assay-network/client');
		fs.mkdirSync(here, { recursive: true });
		fs.cpSync(new URL('../dist', import.meta.url), path.join(here, 'dist'), { recursive: true });
		fs.copyFileSync(new URL('../package.json', import.meta.url), path.join(here, 'package.json'));
		const verifies = `
			import { verify } from '@assay-network/client/verify';
			const [{ receipt, checkpoint }] = JSON.parse(process.argv[2]);
			console.log((await verify(Buffer.from(receipt.slice(2), 'hex'), { checkpoint, fast: true })).request);
		`;
		fs.writeFileSync(path.join(dir, 'verify.mjs'), verifies);
		const said = execFileSync(process.execPath, [path.join(dir, 'verify.mjs'), JSON.stringify(receipts.slice(0, 1))], { encoding: 'utf8' });
		assert.equal(said.trim(), String(receipts[0].verdict.request));
	} finally {
		fs.rmSync(dir, { recursive: true });
	}
});
