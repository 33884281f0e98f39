// A network of four validators: committees with auditors, penalties for who is gone, and somebody who joins.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { contentId } from './lib/hash.js';
import { activation, ask, history, inline, outcome, quote, registration, upload } from './lib/inference.js';
import { Localnet } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { readmeShell } from './lib/readme.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 4;
/** Blocks of a session on the built-in chains. */
const SESSION = 30;

describe('a network of four validators', () => {
	let net, chain, bob, charlie, model;

	before(async () => {
		net = await Localnet.start(SIZE, '--engine-runs 1');
		[chain] = net.chains;
		[bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
	});
	after(() => net?.end());

	test('a model that one of them was given is activated', async () => {
		const bytes = doubling({ name: 'network' });
		model = contentId(bytes);
		await chain.submit(registration(chain, bytes, { name: 'tests/network' }), charlie);
		await upload(chain, bytes);
		const status = await activation(chain, model, 60);
		assert.ok(status.isActive, status.toString());
	});

	test('a committee of three is audited by the fourth, and all are paid', async (t) => {
		const input = encodeBundle([tensor('x', 'float32', [2], [1, 2])]);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[2]], k: 3 });
		const blocks = [];
		let auditors = 0;
		for (let turn = 0; turn < 5; turn++) {
			const asked = await ask(chain, bob, model, inline(input), { units, maxFee: price, k: 3 });
			const result = await outcome(chain, asked.request, 60);
			assert.equal(result.event, 'InferenceFinalized');
			assert.deepEqual(result.outputs, [tensor('y', 'float32', [2], [2, 4])]);
			assert.equal(result.claim.decision.k.toNumber(), 3);
			assert.equal(result.paid + result.refunded, asked.escrow);
			const events = await chain.events(asked.block, result.block);
			auditors += events.filter(({ method }) => method === 'AuditorAdmitted').length;
			const { reveals } = await history(chain, asked.request, asked.block, result.block);
			assert.ok(reveals.length >= 3);
			blocks.push(result.block - asked.block);
		}
		blocks.sort((a, b) => a - b);
		t.diagnostic(`blocks to final, idle: ${blocks.join(', ')}; auditors admitted: ${auditors} of 5`);
		assert.ok(auditors > 0, 'the outsider is expected to audit every time, and never did');
	});

	test('who joins with the README is elected, authors a block and votes', async () => {
		const guest = await net.join(SIZE);
		const eve = chain.account('Eve');
		await chain.until('the guest has caught up', 90, async () => {
			const { isSyncing, peers } = await guest.rpc('system_health');
			return !isSyncing && peers > 0;
		});
		const dir = path.join(net.dir, 'operator');
		fs.mkdirSync(dir);
		const wanted = (line) => line.startsWith('assay validator');
		const said = await readmeShell(['Operate a validator'], { url: guest.node.url, dir, wanted, env: { ASSAY_SURI: '//Eve' } });
		assert.match(said, /bond +1000 ASY/);
		await chain.until('the guest is in the set', 3 * SESSION, async () => {
			const set = await chain.api.query.session.validators();
			return set.some((who) => who.toString() === eve.address);
		});
		await chain.until('the guest authors a block', 2 * SESSION, () => /Pre-sealed block/.test(guest.node.log));
		const input = encodeBundle([tensor('x', 'float32', [1], [5])]);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[1]], k: 5 });
		const asked = await ask(chain, bob, model, inline(input), { units, maxFee: price, k: 5 });
		const result = await outcome(chain, asked.request, 60);
		const { reveals } = await history(chain, asked.request, asked.block, result.block);
		assert.ok(reveals.some(({ validator }) => validator === eve.address), 'the newcomer voted');
	});

	test('who is gone is found silent, and the others answer', async () => {
		await net.kill(SIZE - 1);
		const input = encodeBundle([tensor('x', 'float32', [1], [7])]);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[1]], k: 5 });
		const asked = await ask(chain, bob, model, inline(input), { units, maxFee: price, k: 5 });
		const result = await outcome(chain, asked.request, 60);
		assert.equal(result.event, 'InferenceFinalized');
		assert.equal(result.claim.decision.votes.toNumber(), 4);
		const events = await chain.events(asked.block, result.block);
		const faults = events.filter(({ method }) => method === 'Faulted').map(({ data }) => data.toHuman());
		assert.equal(faults.length, 1, JSON.stringify(faults));
		assert.equal(faults[0].fault, 'Silent');
		const { who, era } = events.find(({ method }) => method === 'Faulted').data;

		// More than two thirds of the validators forgive it.
		const { council, validators } = chain.api.tx;
		const call = validators.cancelPenalty(era, who, 'Silent');
		const members = [0, 1, 2].map((index) => chain.account(`localnet//${index}`)).concat(chain.account('Eve'));
		await chain.submit(council.propose(4, call, call.method.encodedLength), members[0]);
		const [proposal] = await chain.api.query.council.proposals();
		for (const member of members) {
			await chain.submit(council.vote(proposal, 0, true), member);
		}
		const weight = { refTime: 10n ** 10n, proofSize: 10n ** 6n };
		const closed = await chain.submit(council.close(proposal, 0, weight, call.method.encodedLength), members[0]);
		assert.ok(closed.events.some(({ method }) => method === 'PenaltyCancelled'));
		const bonds = await chain.api.query.validators.candidates.entries();
		assert.equal(bonds.length, SIZE + 1);
	});
});
