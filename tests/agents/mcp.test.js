// `assay mcp`: tools of an agent, asked over JSON-RPC and by MCP's own client, with budgets, and with nodes that lie.
// scripts/agents.sh runs it, for it needs clients in Python.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AgentNet, asy, plancks, python } from '../lib/agents.js';
import { CALL_LIES, LIES } from '../lib/lies.js';
import { McpClient } from '../lib/mcp.js';
import { ASSAY, PYTHON, ROOT } from '../lib/paths.js';
import { flipped } from '../lib/proxy.js';

/** Python with MCP's client. */
const { ASSAY_CLIENTS_PYTHON: CLIENTS } = process.env;
/** The code of a node's error for a receipt for which there are no votes yet. */
const NOT_YET_PROVEN = Number(/NOT_YET_PROVEN: i32 = ([\d_-]+);/.exec(fs.readFileSync(path.join(ROOT, 'api/src/codes.rs'), 'utf8'))[1].replaceAll('_', ''));

const mcp = (agent, ...words) => McpClient.start(ASSAY, [...agent.options, 'mcp', ...words], { env: agent.env, cwd: agent.dir });

/** Asks a model, and goes on asking for the result while it is pending: on a busy machine any request takes long. */
async function infer(client, args, meta) {
	let answer = await client.call('infer', args, meta);
	while (answer.status === 'pending') {
		answer = await client.call('get_result', answer.request === null ? {} : { request: answer.request });
	}
	return answer;
}

describe('an agent over MCP', { concurrency: 20 }, () => {
	let net, model;

	before(async () => {
		net = await AgentNet.start();
		({ model } = net);
	});
	after(() => net?.end());

	test('without a budget an agent reads, and signs nothing', async () => {
		const agent = net.user();
		const client = await mcp(agent);
		assert.equal(client.server.serverInfo.name, 'assay');
		const list = await client.ask('tools/list');
		assert.ok(JSON.stringify(list).length < 6_000, `${JSON.stringify(list).length} bytes`);
		const reading = list.tools.filter(({ annotations }) => annotations.readOnlyHint).map(({ name }) => name);
		assert.deepEqual(reading, ['search_models', 'describe_model', 'quote', 'get_result', 'verify_receipt']);
		const { models } = await client.call('search_models', { query: 'DOUBL' });
		assert.deepEqual(models.map(({ id }) => id), [model]);
		const described = await client.call('describe_model', { model: 'tests/doubling' });
		assert.deepEqual(described.inputs, [{ name: 'x', dtype: 'float32', shape: [null] }]);
		const quoted = await client.call('quote', { model: 'tests/doubling', inputs: { x: [1, 2] } });
		assert.ok(plancks(quoted.price) > 0n && quoted.units > 0);
		assert.equal(quoted.budget_left, null);
		const refused = await client.call('infer', { model: 'tests/doubling', inputs: { x: [1] } });
		assert.deepEqual([refused.isError, refused.kind, refused.outputs], [true, 'refused', undefined]);
		assert.match(refused.error, /has no budget, so it signs nothing.*--budget ASY/);
		for (const [says, name, args] of [
			[/the model has no such input, but x/, 'quote', { model: 'tests/doubling', inputs: { z: [1] } }],
			[/there is no model tests\/none/, 'describe_model', { model: 'tests/none' }],
			[/unknown field `inputs`/, 'describe_model', { model: 'tests/doubling', inputs: {} }],
			[/no hex|no base64/, 'verify_receipt', { receipt: 'x' }],
			[/nothing was asked in this session/, 'get_result', {}],
			[/there is no request 1000000/, 'get_result', { request: 1_000_000 }],
			[/there is no tool/, 'transfer', {}],
		]) {
			const { isError, kind, error } = await client.call(name, args);
			assert.deepEqual([isError, kind], [true, 'usage'], error);
			assert.match(error, says);
		}
		assert.equal(await client.end(), 0);
		assert.equal(await net.nonce(agent), 0);
	});

	test('with a budget it gets a verified answer, and the output and the receipt as resources', async () => {
		const agent = net.user();
		const client = await mcp(agent, '--budget', '1');
		const answer = await infer(client, { model: 'tests/doubling', inputs: { x: [1, 2, 3] } }, { progressToken: 'p' });
		assert.equal(answer.isError, false, answer.error);
		assert.equal(answer.status, 'verified');
		assert.deepEqual(answer.outputs, { y: { dtype: 'float32', shape: [3], data: [2, 4, 6] } });
		assert.deepEqual([answer.claim.model, answer.claim.votes], [model, 1]);
		const steps = client.told.filter(({ method }) => method === 'notifications/progress').map(({ params }) => params);
		assert.ok(steps.length >= 3 && steps.every(({ progressToken }) => progressToken === 'p'), JSON.stringify(steps));
		assert.deepEqual(steps.map(({ progress }) => progress), steps.map(({ progress }) => progress).sort((a, b) => a - b));
		assert.deepEqual(answer.links, [answer.output, answer.receipt]);
		const { resources } = await client.ask('resources/list');
		assert.deepEqual(resources.map(({ uri }) => uri), answer.links);
		const read = async (uri) => Buffer.from((await client.ask('resources/read', { uri })).contents[0].blob, 'base64');
		fs.writeFileSync(agent.file('output.npz'), await read(answer.output));
		const receipt = await read(answer.receipt);
		fs.writeFileSync(agent.file('receipt'), receipt);
		const verified = await agent.json('verify', agent.file('receipt'), '--output', agent.file('output.npz'));
		assert.deepEqual([verified.request, verified.matches.output], [answer.request, true]);
		for (const text of [answer.receipt, receipt.toString('base64'), `0x${receipt.toString('hex')}`]) {
			const proven = await client.call('verify_receipt', { receipt: text, outputs: answer.outputs });
			assert.deepEqual([proven.verified, proven.request, proven.matches.outputs], [true, answer.request, true]);
		}
		const wrong = { y: { ...answer.outputs.y, data: [2, 4, 7] } };
		assert.equal((await client.call('verify_receipt', { receipt: answer.receipt, outputs: wrong })).kind, 'not-verified');
		const damaged = Buffer.from(flipped(new Uint8Array(receipt), 60)).toString('hex');
		assert.equal((await client.call('verify_receipt', { receipt: `0x${damaged}` })).kind, 'not-verified');
		await assert.rejects(read('assay://request/1000000/output.npz'), /there is no request 1000000/);
		// Another agent, who has no budget, gets the same by its number.
		const reader = await mcp(net.user());
		const again = await reader.call('get_result', { request: answer.request });
		assert.deepEqual([again.status, again.outputs], ['verified', answer.outputs]);
		await Promise.all([client.end(), reader.end()]);
		const spent = await agent.json('budget');
		assert.ok(BigInt(spent.periods.day.spent) >= plancks(answer.paid), JSON.stringify(spent));
		assert.deepEqual(spent.reservations, []);
	});

	test('more than a thousand numbers are in the resource alone', async () => {
		const agent = net.user();
		const client = await mcp(agent, '--budget', '1');
		const x = [...Array(1_001).keys()];
		const { outputs, output } = await infer(client, { model, inputs: { x } });
		assert.deepEqual(outputs, { y: { dtype: 'float32', shape: [1_001] } });
		const { contents } = await client.ask('resources/read', { uri: output });
		fs.writeFileSync(agent.file('output.npz'), Buffer.from(contents[0].blob, 'base64'));
		const check = 'import json, sys, numpy; json.dump(numpy.load(sys.argv[1])["y"].tolist(), sys.stdout)';
		assert.deepEqual(await python(PYTHON, ['-c', check, agent.file('output.npz')]), x.map((value) => 2 * value));
		await client.end();
	});

	test('a budget holds for all programs of an account, and outlives them', async () => {
		const agent = net.user();
		const asked = { model: 'tests/doubling', inputs: { x: [5] } };
		const reader = await mcp(agent);
		const price = plancks((await reader.call('quote', asked)).price);
		await reader.end();
		// Enough for one request and its fees, and not for two.
		const budget = asy((price * 19n) / 10n);
		const [one, two] = await Promise.all([mcp(agent, '--budget', budget), mcp(agent, '--budget', budget)]);
		one.call('infer', asked, { progressToken: 1 }).catch(() => {});
		let request;
		await net.chain.until('the first request has a number', 20, async () => {
			const { reservations } = await agent.json('budget');
			request = reservations[0]?.request;
			return request;
		});
		const refused = await two.call('infer', asked);
		assert.deepEqual([refused.isError, refused.kind], [true, 'refused'], JSON.stringify(refused));
		assert.match(refused.error, /of the budget of .* a day there is .* left.*nothing was signed/);
		one.child.kill('SIGKILL');
		await Promise.all([one.ended, two.end()]);
		// What was reserved is settled by the next program, once the request has ended.
		await agent.json('requests', 'watch', String(request));
		const three = await mcp(agent, '--budget', asy((price * 25n) / 10n));
		const answer = await infer(three, asked);
		assert.equal(answer.status, 'verified', JSON.stringify(answer));
		await three.end();
		const { reservations, periods } = await agent.json('budget');
		assert.deepEqual(reservations, []);
		assert.ok(BigInt(periods.day.spent) > price, `both are paid: ${periods.day.spent}`);
		assert.equal(await net.nonce(agent), 2);
		const dear = await mcp(agent, '--budget', '9', '--max-fee', '0.000001');
		assert.match((await dear.call('infer', asked)).error, /a request of this program may cost 0\.000001 ASY.*--max-fee/);
		await dear.end();
	});

	test('a request that takes long is given back as pending, and its answer comes later', async () => {
		let held = true;
		const agent = await net.deceived({
			tell(text, method) {
				const message = JSON.parse(text);
				const early = { code: NOT_YET_PROVEN, message: 'there are no votes for it yet' };
				return held && method === 'receipts_build' ? JSON.stringify({ jsonrpc: '2.0', id: message.id, error: early }) : text;
			},
		});
		const client = await mcp(agent, '--budget', '1');
		let waiting = await client.call('infer', { model: 'tests/doubling', inputs: { x: [9] } });
		while (waiting.request === null) {
			waiting = await client.call('get_result', {});
		}
		assert.deepEqual([waiting.status, waiting.outputs], ['pending', undefined], JSON.stringify(waiting));
		assert.match(waiting.progress, new RegExp(`call get_result with request ${waiting.request}`));
		held = false;
		let answer = { status: 'pending' };
		while (answer.status === 'pending') {
			answer = await client.call('get_result', {});
		}
		assert.deepEqual([answer.status, answer.request, answer.outputs.y.data], ['verified', waiting.request, [18]]);
		await client.end();
		assert.equal(await net.nonce(agent), 1);
	});

	test("MCP's own client asks, follows and reads", async () => {
		const agent = net.user();
		const args = [path.join(ROOT, 'tests/agents/mcp_client.py'), ASSAY, ...agent.options, 'mcp', '--budget', '1'];
		const seen = await python(CLIENTS, args, { env: agent.env });
		assert.equal(seen.tools.length, 6);
		assert.deepEqual(seen.found, ['tests/doubling@1']);
		assert.deepEqual([seen.error, seen.content.status, seen.content.outputs.y.data], [false, 'verified', [5, 8]]);
		assert.deepEqual(seen.listed, [seen.content.output, seen.content.receipt]);
		assert.equal(seen.zip, 'PK');
		assert.ok(seen.steps.some((step) => step === `request ${seen.content.request}`), JSON.stringify(seen.steps));
	});

	test('the tools of a memory join', async () => {
		const agent = net.user();
		await agent.json('memory', 'init');
		const client = await mcp(agent, '--memory-space', 'default', '--memory-user', 'alice');
		const { tools } = await client.ask('tools/list');
		assert.ok(['infer', 'search_memories', 'verify_recall'].every((name) => tools.some((tool) => tool.name === name)));
		await client.call('add_memory', { text: 'tests/doubling doubles a vector' });
		const { results } = await client.call('search_memories', { query: 'doubles' });
		assert.deepEqual(results.map(({ memory, user_id }) => [memory, user_id]), [['tests/doubling doubles a vector', 'alice']]);
		assert.equal((await client.call('search_models', { query: 'doubling' })).isError, false);
		assert.equal(await client.end(), 0);
		assert.equal((await agent.json('memory', 'status', '--check')).local, 0, 'it is committed at the end');
		const { code, error } = await agent.fails('mcp', '--memory-space', 'nowhere');
		assert.deepEqual([code, /no space `nowhere`/.test(error)], [1, true]);
	});

	const of = (kind, lies) => Object.entries(lies).map(([what, { says, lie }]) => [what, kind, says, lie]);
	[...of('not-verified', LIES), ...of('unknown-chain', CALL_LIES)].forEach(([what, kind, says, lie], index) => {
		test(`no output is told if it lies about ${what}`, async () => {
			const value = 100 + index;
			const { genesis, other, first } = net;
			const agent = await net.deceived(lie({ value, genesis, model, other, first }));
			const opened = await mcp(agent, '--budget', '1').catch((error) => error);
			if (opened instanceof Error) {
				// A node of another chain is no node at all.
				assert.equal(what, 'the genesis block');
				assert.match(opened.message, says);
				return;
			}
			const answer = await infer(opened, { model: 'tests/doubling', inputs: { x: [value, 1] } });
			assert.deepEqual([answer.isError, answer.kind, answer.outputs], [true, kind, undefined], JSON.stringify(answer));
			assert.match(answer.error, says);
			await opened.end();
			if (what in CALL_LIES) {
				assert.deepEqual((await agent.json('budget')).reservations, [], 'nothing was signed');
			}
		});
	});
});
