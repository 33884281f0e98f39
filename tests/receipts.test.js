// Receipts: a result is proven to a user who has nothing but the genesis hash, even if the node that gives the receipt lies.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Keyring } from '@polkadot/api';
import { u8aToHex } from '@polkadot/util';
import { User } from './lib/cli.js';
import { ask, inline, outcome, publish } from './lib/inference.js';
import { doubling } from './lib/onnx.js';
import { ROOT } from './lib/paths.js';
import { CHECKPOINT, FILTER, NOT_FINAL, receipt, verify } from './lib/receipts.js';
import { encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

/** Blocks of which the node keeps the state. */
const KEPT = 16;
const PLENTY = { units: 100_000_000, maxFee: 10n ** 12n };

const floats = (...values) => encodeBundle([tensor('x', 'float32', [values.length], values)]);

/**
 * Gives finality to a key with a bond, as the end of an era does when validators have changed. So many eras are too long to wait for, so
 * root writes what they leave for `pallet-grandpa`.
 */
async function changeAuthorities(chain, index, bond = 1) {
	const seed = `//Finality//${index}`;
	const key = u8aToHex(new Keyring({ type: 'ed25519' }).addFromUri(seed).publicKey);
	await chain.rpc('author_insertKey', 'gran', seed, key);
	const { grandpa } = chain.api.query;
	const current = async () => {
		const [[id, weight]] = await grandpa.authorities();
		return id.toHex() === key && weight.toNumber() === bond;
	};
	const setId = (await grandpa.currentSetId()).toNumber() + 1;
	await chain.until(`authority set ${index} takes over`, 40, async () => {
		if (await current()) {
			return true;
		}
		// The change is made in the block that it names.
		const scheduledAt = chain.best + 1;
		const pending = { scheduledAt, delay: 0, nextAuthorities: [[key, bond]], forced: null };
		const values = [
			[grandpa.pendingChange.key(), chain.api.createType('PalletGrandpaStoredPendingChange', pending).toHex()],
			[grandpa.currentSetId.key(), u8aToHex(chain.api.createType('u64', setId).toU8a())],
		];
		await chain.submit(chain.api.tx.sudo.sudo(chain.api.tx.system.setStorage(values)), chain.account('Alice'));
		return current();
	});
}

// The receipt that the verifier's own tests keep: made anew, on a chain of its own, where the environment asks for it.
test('a receipt is kept for receipts/tests', { skip: !process.env.ASSAY_KEEP_RECEIPT && 'ASSAY_KEEP_RECEIPT is not set' }, async () => {
	const net = await Testnet.start();
	try {
		const { chain } = net;
		const sample = inline(floats(1));
		const model = await publish(chain, chain.account('Charlie'), doubling(), { name: 'tests/doubling', sample });
		await changeAuthorities(chain, 1);
		const { request } = await ask(chain, chain.account('Bob'), model, inline(floats(1, 2, 3)), PLENTY);
		const { block, claim } = await outcome(chain, request);
		// A change of the set is voted for at once: it is the first block after the claim's that proves it.
		await changeAuthorities(chain, 2);
		const made = u8aToHex(await receipt(chain, request));
		const kept = { genesis: chain.genesis, request, block, output: claim.output.unwrap().toHex(), receipt: made };
		fs.writeFileSync(path.join(ROOT, 'receipts', 'tests', 'node.json'), `${JSON.stringify(kept, null, 2)}\n`);
	} finally {
		await net.end();
	}
});

describe('receipts', () => {
	let net, chain, bob, model, early;

	before(async () => {
		net = await Testnet.start(undefined, ['--state-pruning', String(KEPT)]);
		chain = net.chain;
		bob = chain.account('Bob');
		model = await publish(chain, chain.account('Charlie'), doubling(), { name: 'tests/doubling', sample: inline(floats(1)) });
	});
	after(() => net?.end());

	/** Asks, and returns the outcome with the request's number. */
	async function answered(...values) {
		const { request } = await ask(chain, bob, model, inline(floats(...values)), PLENTY);
		return { request, ...(await outcome(chain, request)) };
	}

	/** Verifies a receipt from the genesis hash and compares it with the chain's result. */
	function proven(bytes, result, checkpoint = chain.genesis) {
		const found = verify(net.dir, bytes, checkpoint);
		assert.equal(found.error, undefined);
		assert.equal(found.request, String(result.request));
		assert.equal(found.model, model);
		assert.equal(found.result, result.resultHash);
		assert.equal(found.output, result.claim.output.unwrap().toHex());
		assert.equal(found.votes, '1 of 1 validators, 10000 of 10000 of the voting power');
		assert.equal(found.block.split(' ')[0], String(result.block));
		return found;
	}

	test('a result is proven from the genesis hash', async (t) => {
		early = await answered(1, 2, 3);
		const bytes = await receipt(chain, early.request);
		const found = proven(bytes, early);
		assert.equal(found.checkpoint, `0 ${chain.genesis}`);
		assert.equal(found.block, `${early.block} ${await chain.blockHash(early.block)}`);
		t.diagnostic(`${bytes.length} bytes`);
	});

	test('a tampered receipt and one of another chain are refused with what does not hold', async () => {
		const bytes = await receipt(chain, early.request);
		const other = `0x${'11'.repeat(32)}`;
		assert.match(verify(net.dir, bytes, other).error, /does not start from this checkpoint/);
		assert.match(verify(net.dir, bytes.subarray(0, -1), chain.genesis).error, /damaged/);
		// The request's number, the first thing after the mark.
		const changed = bytes.slice();
		changed[4] ^= 1;
		assert.match(verify(net.dir, changed, chain.genesis).error, /not among the results/);
		assert.match(verify(net.dir, bytes, chain.genesis, 302_500).error, /checkpoint is 302500 blocks old/);
	});

	test('who voted is known after the chain has forgotten it', async () => {
		const history = await chain.until('the history has the end', 20, async () => {
			const known = await chain.rpc('requests_history', early.request);
			return known?.endedAt ? known : null;
		});
		assert.deepEqual(
			{ request: history.request, requester: history.requester, model: history.model, outcome: history.outcome, verdict: history.verdict },
			{ request: early.request, requester: bob.address, model, outcome: 'final', verdict: { result: early.resultHash } },
		);
		assert.equal(history.endedAt, early.block);
		const [round, ...others] = history.rounds;
		assert.deepEqual(others, []);
		// A committee of all there are.
		assert.deepEqual({ kind: round.kind, members: round.members, how: round.ended.how, votes: round.ended.votes }, { kind: 'everybody', members: 1, how: 'agreed', votes: 1 });
		const [vote] = round.votes;
		assert.deepEqual(
			{ validator: vote.validator, part: vote.part, late: vote.late, verdict: vote.verdict },
			{ validator: chain.account('Alice').address, part: 'member', late: false, verdict: history.verdict },
		);
		const blocks = [history.requestedAt, round.drawnAt, vote.sealedAt, vote.revealedAt, round.ended.block, history.endedAt];
		assert.deepEqual(blocks, blocks.toSorted((one, other) => one - other));
		assert.equal(await chain.rpc('requests_history', 1_000_000), null);
		assert.equal(await chain.api.query.inference.requests(early.request).then((request) => request.isNone), true);
	});

	test('requests are listed by model and by account, the newest first', async () => {
		const numbers = [early.request];
		for (const value of [8, 9]) {
			numbers.unshift((await answered(value)).request);
		}
		const listed = (filter, before = null, limit = 2) => chain.rpc('requests_list', filter, before, limit);
		await chain.until('the history has them', 20, async () => (await listed({})).requests[0] === numbers[0]);
		for (const filter of [{}, { model }, { requester: bob.address }]) {
			const first = await listed(filter);
			assert.deepEqual(first.requests, numbers.slice(0, 2));
			assert.deepEqual(await listed(filter, first.before), { requests: numbers.slice(2), before: null });
		}
		assert.deepEqual(await listed({ requester: chain.account('Charlie').address }), { requests: [], before: null });
		for (const [filter, limit] of [[{ model, requester: bob.address }, 2], [{ requester: 'nobody' }, 2], [{}, 101]]) {
			await assert.rejects(listed(filter, null, limit), { code: FILTER });
		}
	});

	test('what is not final has no receipt', async () => {
		const open = await ask(chain, bob, model, inline(floats(4)), PLENTY);
		for (const request of [open.request, 1_000_000]) {
			await assert.rejects(chain.rpc('receipts_build', request), { code: NOT_FINAL });
		}
		await outcome(chain, open.request);
		await assert.rejects(chain.rpc('receipts_build', early.request, `0x${'22'.repeat(32)}`), { code: CHECKPOINT });
	});

	test('results in one block have a receipt each', async () => {
		const before = (await chain.api.query.inference.nextRequest()).toNumber();
		const calls = [5, 6, 7].map((value) => chain.api.tx.inference.requestInference(
			model, inline(floats(value)), PLENTY.units, PLENTY.maxFee, null, null, null, null
		));
		await chain.submit(chain.api.tx.utility.batchAll(calls), bob);
		for (const request of [before, before + 1, before + 2]) {
			const result = { request, ...(await outcome(chain, request)) };
			proven(await receipt(chain, request), result);
		}
	});

	test('receipts go through every change of the authority set, and start from any of them', async () => {
		for (const index of [1, 2, 3]) {
			await changeAuthorities(chain, index);
		}
		const late = await answered(8, 9);
		const whole = await receipt(chain, late.request);
		const head = proven(whole, late).head.split(' ')[1];

		// A user that has verified one receipt starts the next from its head.
		const next = path.join(net.dir, 'checkpoint');
		fs.renameSync(path.join(net.dir, 'next'), next);
		await changeAuthorities(chain, 4);
		const later = await answered(10);
		const short = await receipt(chain, later.request, head);
		assert.equal(proven(short, later, next).checkpoint.split(' ')[1], head);
		assert.match(verify(net.dir, short, chain.genesis).error, /does not start from this checkpoint/);
		// An old result, from the new checkpoint.
		proven(await receipt(chain, early.request, head), early, next);
	});

	test('a receipt skips sets whose validators are the same, and stays as long as it was', async (t) => {
		const lengths = [];
		for (const bonds of [[2], [3, 4, 5, 6, 7, 8]]) {
			for (const bond of bonds) {
				await changeAuthorities(chain, 5, bond);
			}
			const late = await answered(bonds.length);
			const bytes = await receipt(chain, late.request);
			proven(bytes, late);
			lengths.push(bytes.length);
		}
		// One more step with the votes of one, and a proof of the state. Without it there are six steps of some 530 bytes.
		const [before, after] = lengths;
		t.diagnostic(`${before} and then ${after} bytes`);
		assert.ok(after - before < 2_500, `${before} and then ${after} bytes`);
		// The same receipt once more.
		assert.deepEqual(await receipt(chain, early.request), await receipt(chain, early.request));
	});

	test('a value of the state, and that there is none, is proven from the genesis hash and from a checkpoint', async () => {
		const user = new User(path.join(net.dir, 'reader'), chain.node.url, { options: ['--genesis', chain.genesis] });
		const first = await user.json('state', 'Validators.UnbondingSessions', '-o', 'statement', '--next', 'published');
		assert.equal(first.value, '0x1e000000');
		assert.equal(first.block.hash, await chain.blockHash(first.block.number));
		assert.equal(first.checkpoint.number, 0);
		assert.equal((await user.json('state', '0x00')).value, null);
		// Offline, and on another machine that was given the block.
		const { age, ...same } = await user.json('verify', 'statement');
		assert.deepEqual([same, age.by], [first, 'clock']);
		const other = new User(path.join(net.dir, 'other'), chain.node.url, { options: ['--checkpoint', user.file('published')] });
		const later = await other.json('state', chain.api.query.timestamp.now.key(), '-o', 'statement');
		assert.deepEqual(later.checkpoint, first.block);
		const { age: _, ...again } = await other.json('verify', 'statement');
		assert.deepEqual(again, later);
		// A chain spec that a node gives is a checkpoint too.
		const spec = user.file('spec.json');
		fs.writeFileSync(spec, JSON.stringify(await chain.rpc('sync_state_genSyncSpec', true)));
		const third = new User(path.join(net.dir, 'third'), chain.node.url, { options: ['--genesis', chain.genesis, '--checkpoint', spec] });
		const newest = await third.json('state', 'Validators.UnbondingSessions');
		assert.deepEqual([newest.value, newest.checkpoint.number >= first.block.number], [first.value, true]);
		// One byte of the value is another one.
		const bytes = fs.readFileSync(user.file('statement'));
		const place = bytes.indexOf(Buffer.from('1e000000', 'hex'));
		bytes[place] ^= 1;
		fs.writeFileSync(user.file('changed'), bytes);
		assert.equal((await user.fails('verify', 'changed')).code, 8);
		const old = await user.fails('verify', 'statement', '--now', '1000');
		assert.match(old.error, /1000 blocks old, more than the 900 for which/);
	});

	test('a result of which no state is left is proven, also after a restart', async () => {
		await chain.until('the state of the early result is pruned', 3 * KEPT, async () => {
			const hash = await chain.blockHash(early.block);
			return chain.rpc('state_getStorage', '0x3a636f6465', hash).then(() => false, () => true);
		});
		proven(await receipt(chain, early.request), early);
		const history = await chain.rpc('requests_history', early.request);
		net = await net.restart();
		chain = net.chain;
		proven(await receipt(chain, early.request), early);
		assert.deepEqual(await chain.rpc('requests_history', early.request), history);
	});
});
