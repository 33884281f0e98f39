// Seven honest validators that fall silent with sealed votes, for reasons that are not theirs: none of them loses more than a thousandth of
// its bond, whatever its era. That is checked of the whole network when it is stopped.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Orders, acts } from './lib/adversary.js';
import { inline, outcome, publish, quote } from './lib/inference.js';
import { Localnet, whyNotApart } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { openSeals, shutSeals } from './lib/rounds.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const SIZE = 7;
/** Members of a committee, and auditors that are expected beside it: fewer than there are validators, or all of them would vote. */
const [K, AUDITS] = [3, 2];
/** Requests that are asked in one block, so that every validator has votes to seal. */
const REQUESTS = 20;
/** Blocks in which members have sealed their votes. */
const SEALED_WITHIN = 20;
/** Sixty seconds, in blocks. */
const MINUTE = 30;
/** Blocks that an author of all of them leaves empty. */
const CENSORED = 4;
/** Blocks of an era on the built-in chains. A shut seal may be opened as long. */
const ERA = 60;
/** Blocks in which any request ends: see adversaries.long.test.js. */
const WITHIN = 300;

describe('seven honest validators', { skip: whyNotApart() }, () => {
	const orders = new Orders();
	let net;
	let model;
	let terms;
	let asked = 0;

	before(async () => {
		net = await Localnet.start(SIZE, '--engine-runs 1', orders.env, { apart: true });
		const [chain] = net.chains;
		model = await publish(chain, chain.account('Charlie'), doubling({ name: 'outages' }), { name: 'tests/outages' });
		const { units, price } = await quote(chain, model, 64, { shapes: [[1]], k: K, audits: AUDITS });
		terms = [units, price, K, AUDITS, { Blocks: 4 }, null];
	});
	after(async () => {
		await net?.end();
		orders.remove();
	});

	/** Asks in one block, and returns when each of these validators has sealed a vote that is not opened: `{ requests, block, seals }`. */
	async function sealed(indices) {
		const [chain] = net.chains;
		const call = () => {
			const input = encodeBundle([tensor('x', 'float32', [1], [++asked])]);
			return chain.api.tx.inference.requestInference(model, inline(input), ...terms);
		};
		const calls = Array.from({ length: REQUESTS }, call);
		const { events, block } = await chain.submit(chain.api.tx.utility.batchAll(calls), chain.account('Bob'));
		const requests = events.filter(({ method }) => method === 'InferenceRequested').map(({ data }) => data.request.toNumber());
		assert.equal(requests.length, REQUESTS);
		const seals = await chain.until('votes are sealed', SEALED_WITHIN, async () => {
			const counts = await Promise.all(indices.map((index) => openSeals(chain, chain.account(`localnet//${index}`).address)));
			return counts.every((count) => count > 0) && counts;
		});
		return { requests, block, seals };
	}

	/** Waits until all requests are final and no seal is shut, and returns the losses in between. */
	async function over(t, { requests, block, seals }) {
		const chain = net.chains.find(Boolean);
		const ends = await Promise.all(requests.map((request) => outcome(chain, request, 2 * WITHIN)));
		assert.deepEqual([...new Set(ends.map(({ event }) => event))], ['InferenceFinalized']);
		await chain.until('no seal is shut', 2 * ERA, async () => (await shutSeals(chain)).length === 0);
		const events = await chain.events(block, chain.best);
		// As they were before: of an earlier outage a thousandth may have been taken.
		const before = await chain.api.at(await chain.blockHash(block - 1));
		const entries = await before.query.validators.candidates.entries();
		const bonds = new Map(entries.map(([key, candidate]) => [key.args[0].toString(), candidate.unwrap().bond.toBigInt()]));
		const faults = events.filter(({ method }) => method === 'Faulted').map(({ data }) => data);
		const told = faults.map(({ fault, amount }) => `${fault.type} ${amount}`).join(', ');
		const late = events.filter(({ method }) => method === 'OpenedLate').length;
		t.diagnostic(
			`${REQUESTS} requests in block ${block}, ${seals.join(', ')} seals of those it happened to; final in ` +
				`${Math.max(...ends.map((end) => end.block - block))} blocks at most; ${late} seals opened late; penalties: ${told || 'none'}`
		);
		assert.ok(faults.every(({ who, amount }) => amount.toBigInt() * 1_000n <= bonds.get(who.toString())), told);
	}

	test('one that is cut off for a minute with sealed votes', async (t) => {
		const [chain] = net.chains;
		const cut = SIZE - 1;
		const said = await sealed([cut]);
		net.cut([cut]);
		const from = chain.best;
		await chain.until('a minute is over', MINUTE + SEALED_WITHIN, () => chain.best >= from + MINUTE);
		net.heal();
		await over(t, said);
	});

	test('all of them, killed at once with sealed votes and started again', async (t) => {
		const all = Array.from({ length: SIZE }, (_, index) => index);
		const said = await sealed([SIZE - 1]);
		await Promise.all(all.map((index) => net.kill(index)));
		all.forEach((index) => net.run('join', String(index)));
		await Promise.all(all.map((index) => net.connect(index)));
		await over(t, said);
	});

	test('sealed votes of whom four authors in a row keep out', async (t) => {
		const [chain] = net.chains;
		const said = await sealed([SIZE - 1]);
		// All of them censor, which one does that makes all of these blocks.
		net.chains.forEach((_, index) => orders.give(index, 'censor'));
		const from = chain.best;
		await chain.until('blocks are empty', CENSORED + SEALED_WITHIN, () => chain.best >= from + CENSORED);
		orders.clear();
		await over(t, said);
		const blocks = net.chains.flatMap((chain) => acts(chain, 'Censor')).length;
		t.diagnostic(`${blocks} blocks were made without transactions`);
		assert.ok(blocks >= CENSORED);
	});
});
