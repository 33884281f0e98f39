// A network as those see it who only look: blocks, the chain, requests, and the trust before the first use.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, devAccount, pin, pinned, UsageError } from '@assay-network/client';
import { withModel } from './lib/chain.js';

describe('what a network does', () => {
	let testnet, model, net, bob;
	before(async () => {
		({ testnet, model } = await withModel('tests/doubling'));
		net = await connect({ url: testnet.node.url, genesis: testnet.chain.genesis, chain: false });
		bob = await devAccount('//Bob');
	});
	after(async () => {
		net?.close();
		await testnet?.end();
	});

	test('the last blocks come one after the other', async () => {
		const seen = [];
		for await (const { best, finalized } of net.heads()) {
			seen.push(best.number);
			assert.ok(finalized.number <= best.number);
			assert.equal(finalized.hash, await testnet.chain.blockHash(finalized.number));
			if (seen.at(-1) >= seen[0] + 3) {
				break;
			}
		}
		assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
	});

	test('the chain has its validators with bond and power', async () => {
		const { block, time, requests, engine, validators } = await net.state();
		const [alice] = validators;
		assert.equal(alice.address, (await devAccount('//Alice')).address);
		assert.ok(alice.elected && alice.power > 0n && alice.bond > 0n && alice.jailed === undefined && alice.due === 0n);
		assert.ok(block.number > 0 && Math.abs(Date.now() - time) < 600_000 && requests >= 0);
		assert.match(engine, /^0x[0-9a-f]{64}$/);
	});

	test('a block is found by its number and by its hash', async () => {
		const { block, time } = await net.state();
		const found = await net.block(block.number);
		assert.deepEqual([found.number, found.hash, found.time], [block.number, block.hash, time]);
		assert.ok(found.extrinsics > 0, 'a block has at least its time');
		assert.deepEqual(await net.block(block.hash), found);
		assert.equal((await net.block(found.parent)).number, block.number - 1);
		assert.deepEqual([await net.block(4_000_000_000), await net.block(`0x${'11'.repeat(32)}`)], [undefined, undefined]);
	});

	test('a request is seen from its first block to its end, with the votes of its round, and without its output', async () => {
		const ticket = await (await net.model('tests/doubling')).submit({ x: [1, 2] }, { account: bob });
		const stages = [];
		let votes = [];
		for await (const _ of net.heads()) {
			const state = await net.request(ticket.request);
			assert.deepEqual([state.model, state.owner, state.request], [model, bob.address, ticket.request]);
			assert.ok(!('output' in state) && !('outputs' in state));
			votes = state.round?.votes ?? votes;
			stages.at(-1) === state.stage || stages.push(state.stage);
			if (state.stage === 'Final') {
				assert.ok(state.endedAt > 0 && state.paid > 0n && state.held === undefined);
				break;
			}
			assert.ok(state.held > 0n && state.requestedAt > 0 && state.stage !== 'Gone', state.stage);
		}
		assert.ok(stages.length > 1, stages.join());
		const { address } = await devAccount('//Alice');
		assert.deepEqual(votes.map((vote) => [vote.address, vote.auditor]), [[address, false]]);
		await (await net.model('tests/doubling')).run({ x: [3] }, { account: bob });
		const listed = await net.requests({ limit: 2 });
		assert.deepEqual(listed.map(({ request }) => request), [ticket.request + 1, ticket.request]);
		assert.deepEqual((await net.requests({ before: ticket.request + 1, limit: 1 })).map(({ request }) => request), [ticket.request]);
		assert.deepEqual(await net.requests({ before: 0 }), []);
		assert.equal(await net.request(1_000_000), undefined);
	});
});

test('a chain is trusted before its first use, and its age is known once a block was seen', async () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'assay-js-'));
	const before = process.env.XDG_CONFIG_HOME;
	process.env.XDG_CONFIG_HOME = dir;
	try {
		const genesis = `0x${'11'.repeat(32)}`;
		assert.equal(await pinned('here'), undefined);
		await pin(genesis, 0, 'here');
		assert.deepEqual(await pinned('here'), { genesis, checkpoint: undefined, now: undefined });
		await assert.rejects(pin(`0x${'22'.repeat(32)}`, 0, 'here'), /give it a name of its own/);
		await assert.rejects(pin('0x11', 0, 'there'), UsageError);
		await pin(genesis, 40, 'there');
		assert.ok((await pinned('there')).now >= 40);
	} finally {
		process.env.XDG_CONFIG_HOME = before;
		before ?? delete process.env.XDG_CONFIG_HOME;
		fs.rmSync(dir, { recursive: true });
	}
});
