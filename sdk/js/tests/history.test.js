// The history of requests: what a node has kept of them when the chain's state knows no votes any more, as the client's types say it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, devAccount, NetworkError } from '@assay-network/client';
import { withModel } from './lib/chain.js';

/** Blocks in which a node has noted what is final, on a machine that is busy. */
const NOTED_WITHIN = 60;
/** Code of a filter that the node does not take. */
const FILTER = 20_031;

describe('the history of requests', () => {
	let testnet, model, net, bob, requests;
	before(async () => {
		({ testnet, model } = await withModel('tests/doubling'));
		net = await connect({ url: testnet.node.url, genesis: testnet.chain.genesis, chain: false });
		bob = await devAccount('//Bob');
		const doubling = await net.model('tests/doubling');
		requests = [];
		for (const x of [1, 2, 3]) {
			requests.push((await doubling.run({ x: [x] }, { account: bob })).request);
		}
	});
	after(async () => {
		net?.close();
		await testnet?.end();
	});

	/** The node's history of a request that is final. */
	const kept = (request) =>
		testnet.chain.until(`the node has noted the end of request ${request}`, NOTED_WITHIN, async () => {
			const history = await net.history(request);
			return history?.endedAt ? history : undefined;
		});

	test('it has who was asked, each vote with its blocks, and the end', async () => {
		const [first] = requests;
		const history = await kept(first);
		// The chain's only validator is all of them.
		const { address } = await devAccount('//Alice');
		const [round, ...others] = history.rounds;
		assert.deepEqual([history.request, history.requester, history.model, history.outcome, history.overturnedAt], [first, bob.address, model, 'final', null]);
		assert.deepEqual([history.disputes, others, round.kind, round.members, round.ended.how, round.ended.votes], [[], [], 'everybody', 1, 'agreed', 1]);
		const [vote] = round.votes;
		assert.deepEqual([round.votes.length, vote.validator, vote.part, vote.late, vote.signalled], [1, address, 'member', false, null]);
		// A vote is for what became final, and its blocks follow each other.
		assert.match(history.verdict.result, /^0x[0-9a-f]{64}$/);
		assert.deepEqual(vote.verdict, history.verdict);
		const blocks = [history.requestedAt, round.drawnAt, vote.sealedAt, vote.revealedAt, round.ended.block, history.endedAt];
		assert.deepEqual(blocks, [...blocks].sort((a, b) => a - b), blocks.join());
		assert.ok(history.requestedAt > 0 && vote.sealedAt < vote.revealedAt);
		assert.equal(history.endedAt, (await net.request(first)).endedAt);
	});

	test('the requests of a model and of an account are listed, the newest first, page by page', async () => {
		await kept(requests.at(-1));
		const [first, second, third] = requests;
		assert.deepEqual(await net.requestsOf({ model, limit: 2 }), { requests: [third, second], before: second });
		assert.deepEqual((await net.requestsOf({ model, before: second })).requests, [first]);
		assert.deepEqual((await net.requestsOf({ requester: bob.address })).requests, [third, second, first]);
		assert.deepEqual((await net.requestsOf({ requester: (await devAccount('//Alice')).address })).requests, []);
		assert.deepEqual((await net.requestsOf({})).requests, [third, second, first]);
	});

	test('what nobody has asked has no history, and a list that a node does not make is refused in words', async () => {
		assert.equal(await net.history(1_000_000), undefined);
		for (const of of [{ model, requester: bob.address }, { requester: 'nobody' }, { limit: 101 }]) {
			await assert.rejects(net.requestsOf(of), (error) => error instanceof NetworkError && error.nodeCode === FILTER && error.message.length > 20, JSON.stringify(of));
		}
	});
});
