// `assay serve`: OpenAI's HTTP, asked by OpenAI's own client and by others, and with nodes that lie.
// scripts/agents.sh runs it, for it needs a client in Python.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { AgentNet, python } from '../lib/agents.js';
import { start } from '../lib/cli.js';
import { CALL_LIES } from '../lib/lies.js';
import { ASSAY, PYTHON, ROOT } from '../lib/paths.js';
import { flipped, receiptsBecome } from '../lib/proxy.js';

/** Python with OpenAI's client, and a text model: scripts/agents.sh makes both. */
const { ASSAY_CLIENTS_PYTHON: CLIENTS, ASSAY_TEXT_MODEL: TEXT_MODEL } = process.env;
/** The tokens of words, as scripts/synthetic_models.py gives them to the tokenizer. */
const WORDS = JSON.parse(fs.readFileSync(path.join(path.dirname(TEXT_MODEL), 'tokenizer.json'), 'utf8')).model.vocab;
/** 64 texts of different lengths. */
const TEXTS = [...Array(64).keys()].map((index) => {
	const words = Object.keys(WORDS).slice(2);
	return [...Array(1 + (index % 7)).keys()].map((place) => words[(index * 5 + place * 3) % words.length]).join(' ');
});
const TOKENS = TEXTS.map((text) => text.split(' ').map((word) => WORDS[word]));
const CLIENT = path.join(ROOT, 'tests/agents/openai_client.py');

const post = (url, body, headers = {}) =>
	fetch(`${url}/embeddings`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });

describe('an endpoint', { concurrency: 20 }, () => {
	const endpoints = [];
	let net;

	before(async () => {
		net = await AgentNet.start();
		await net.user().json('publish', TEXT_MODEL, '--name', 'tests/encoder', '--task', 'feature-extraction');
	});
	after(async () => {
		endpoints.forEach((child) => child.kill());
		await net?.end();
	});

	/** Starts `assay serve` for a user, and returns its address. */
	function serve(agent, ...words) {
		const child = spawn(ASSAY, [...agent.options, 'serve', '--listen', '127.0.0.1:0', ...words], { env: agent.env, cwd: agent.dir });
		endpoints.push(child);
		return new Promise((resolve, reject) => {
			let said = '';
			const take = (data) => {
				said += data;
				const found = /serves (http:\S+)\n/.exec(said);
				found && resolve(found[1]);
			};
			child.stdout.on('data', take);
			child.stderr.on('data', take);
			child.once('close', (code) => reject(new Error(`assay serve ended with ${code}: ${said}`)));
		});
	}

	test("OpenAI's client gets the embeddings of 64 texts, in one request, as onnxruntime finds them", async () => {
		const agent = net.user();
		const url = await serve(agent, '--budget', '5');
		const args = [CLIENT, url, 'tests/encoder'];
		const seen = await python(CLIENTS, args, { input: { texts: TEXTS, ids: TOKENS } });
		const expected = await python(PYTHON, [path.join(ROOT, 'tests/agents/reference.py'), TEXT_MODEL], { input: TOKENS });
		const furthest = (vectors) => Math.max(...vectors.flatMap((vector, row) => vector.map((value, place) => Math.abs(value - expected[row][place]))));
		for (const form of ['float', 'base64', 'ids']) {
			assert.equal(seen[form].length, 64);
			assert.ok(furthest(seen[form]) <= 1e-5, `${form}: ${furthest(seen[form])}`);
		}
		assert.deepEqual(seen.models, ['tests/encoder@1']);
		assert.equal(seen.model, 'tests/encoder@1');
		assert.equal(seen.tokens, TOKENS.flat().length);
		assert.deepEqual(seen.assay, { request: Number(seen.header), votes: 1, verified: true });
		const [short] = seen.short;
		const length = Math.hypot(...expected[0].slice(0, 8));
		assert.equal(short.length, 8);
		assert.ok(short.every((value, place) => Math.abs(value - expected[0][place] / length) <= 1e-5));
		// One request each, however many texts.
		assert.equal(await net.nonce(agent), 4);
		const receipt = await fetch(`${url}/receipts/${seen.header}`);
		fs.writeFileSync(agent.file('receipt'), Buffer.from(await receipt.arrayBuffer()));
		const verified = await agent.json('verify', agent.file('receipt'));
		assert.equal(verified.request, Number(seen.header));
	});

	test('what cannot be answered is refused as OpenAI refuses, with the kind of the exit code', async () => {
		const agent = net.user();
		const url = await serve(agent, '--budget', '1', '--max-fee', '0.000001', '--api-key', 'secret');
		const unpaid = await serve(net.user());
		const key = { authorization: 'Bearer secret' };
		const texts = { model: 'tests/encoder', input: ['a cat'] };
		for (const [status, code, says, response] of [
			[401, null, /the API key is missing/, post(url, texts)],
			[400, 'usage', /tests\/doubling@1 has no tokenizer in its file/, post(url, { ...texts, model: 'tests/doubling' }, key)],
			[400, 'usage', /there is no model tests\/none/, post(url, { ...texts, model: 'tests/none' }, key)],
			[400, 'usage', /a request has 1 to 2048 texts, and not 0/, post(url, { ...texts, input: [] }, key)],
			[400, 'usage', /`input` is a text, texts, or tokens/, post(url, { ...texts, input: [['a']] }, key)],
			[400, 'usage', /input 0 has no tokens/, post(url, { ...texts, input: '' }, key)],
			[400, 'usage', /there is no token 999/, post(url, { ...texts, input: [999] }, key)],
			[400, 'usage', /unknown variant `hex`/, post(url, { ...texts, encoding_format: 'hex' }, key)],
			[400, 'usage', /unknown field `stream`/, post(url, { ...texts, stream: true }, key)],
			[402, 'refused', /may cost 0\.000001 ASY.*--max-fee/, post(url, texts, key)],
			[402, 'refused', /has no budget, so it signs nothing/, post(unpaid, texts)],
			[404, null, /there is nothing at this path/, fetch(`${unpaid}/chat/completions`)],
		]) {
			const answer = await response;
			const { error } = await answer.json();
			assert.match(error.message, says);
			assert.deepEqual([answer.status, error.code], [status, code], error.message);
			assert.equal(answer.headers.get('x-should-retry'), 'false');
		}
		const description = await (await fetch(unpaid.replace('/v1', '/openapi.json'))).json();
		assert.ok(description.openapi.startsWith('3.') && description.paths['/v1/embeddings'].post);
		assert.equal(await net.nonce(agent), 0);
		const open = await agent.fails('serve', '--listen', '0.0.0.0:0', '--budget', '1');
		assert.deepEqual([open.code, /open to other machines.*--api-key/.test(open.error)], [1, true]);
		// A page that a browser was lured to names another host.
		const { hostname, port } = new URL(unpaid);
		const lured = await start('curl', ['-s', '-H', 'Host: evil.example', `http://${hostname}:${port}/v1/models`], {}).ended;
		assert.match(lured.stdout, /does not go by the name `evil\.example`/);
	});

	const lies = {
		'the output': null,
		'the claim': receiptsBecome((bytes) => flipped(bytes, 60)),
		'the votes': receiptsBecome((bytes) => flipped(bytes, -60)),
		...Object.fromEntries(Object.entries(CALL_LIES).map(([what, { lie }]) => [what, lie()])),
	};
	for (const [what, lie] of Object.entries(lies)) {
		test(`no vector is sent if the node lies about ${what}`, async () => {
			const texts = [`validator ${what.split(' ').length} proof`, 'the budget'];
			let told = lie;
			if (!told) {
				const honest = await (await post(await serve(net.user(), '--budget', '1'), { model: 'tests/encoder', input: texts })).json();
				const bytes = Buffer.from(Float32Array.from(honest.data[0].embedding.slice(0, 4)).buffer).toString('hex');
				told = { tell: (text) => text.replaceAll(bytes, `${bytes.slice(0, -1)}${bytes.endsWith('0') ? 1 : 0}`) };
			}
			const agent = await net.deceived(told);
			const url = await serve(agent, '--budget', '1');
			const args = [CLIENT, url, 'tests/encoder', 'deceived'];
			const seen = await python(CLIENTS, args, { input: { texts } });
			assert.equal(seen.answer, undefined);
			assert.equal(seen.status, 502, seen.message);
			assert.equal(seen.code, what in CALL_LIES ? 'unknown-chain' : 'not-verified', seen.message);
			// The client has not tried again, which would have paid again.
			assert.equal(await net.nonce(agent), what in CALL_LIES ? 0 : 1);
		});
	}
});
