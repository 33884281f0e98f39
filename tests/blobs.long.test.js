// Models, inputs and outputs find their way from the node that they are uploaded to to every validator.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CHUNK_BYTES, contentId } from './lib/hash.js';
import { activation, ask, blob, outcome, publish, put, quote, registration } from './lib/inference.js';
import { HostilePeer, Localnet, longestGap } from './lib/localnet.js';
import { doubling } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';

const VALIDATORS = 4;
/** Blocks in which a few megabytes get around, on a machine that others keep busy. */
const SPREAD_BLOCKS = 60;
/** Blocks for which these nodes keep what the chain does not need, and between two of their collections. */
const [KEEP, COLLECTION] = [40, 30];
/** Slots by which a gap between blocks may exceed the longest of the idle network. */
const TOLERANCE_SLOTS = 3;

const MIB = 1024 * 1024;
const KIB_OF_PADDING = 300;

describe('blobs in a network', () => {
	let net, chain, bob, charlie, idleGap;
	const models = [];

	before(async () => {
		net = await Localnet.start(VALIDATORS, `--blob-keep ${KEEP}`);
		[chain] = net.chains;
		[bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
		const first = chain.best;
		await chain.until('some idle blocks', 12, () => chain.best >= first + 10);
		idleGap = await longestGap(chain, first, chain.best);
	});
	after(() => net?.end());

	/** Waits until each of these nodes holds a blob. */
	const held = (chains, id, within = SPREAD_BLOCKS) =>
		chain.until(`${id} is held by ${chains.length} nodes`, within, async () => {
			const states = await Promise.all(chains.map((chain) => chain.rpc('blob_status', id)));
			return states.every(({ status }) => status === 'held');
		});

	/** Blocks are made as on the idle network, within the tolerance. */
	async function assertNoGap(t, first) {
		const gap = await longestGap(chain, first, chain.best);
		t.diagnostic(`longest gap: ${gap} slots in ${chain.best - first} blocks, ${idleGap} when idle`);
		assert.ok(gap <= idleGap + TOLERANCE_SLOTS, `${gap} slots without a block, ${idleGap} when idle`);
	}

	test('a model uploaded to one validator over RPC is held by all and becomes active', async (t) => {
		const first = chain.best;
		const bytes = doubling({ name: 'rpc', padding: KIB_OF_PADDING * 1024 });
		models.push(await publish(chain, charlie, bytes, { name: 'tests/rpc' }));
		await held(net.chains, models[0]);
		await assertNoGap(t, first);
	});

	test('a model streamed to one validator over HTTP is held by all and becomes active, and so is its card', async (t) => {
		const first = chain.best;
		const card = new TextEncoder().encode('# A model that doubles\n'.repeat(1000));
		const bytes = doubling({ name: 'http', padding: 24 * MIB });
		const id = contentId(bytes);
		const metadata = { card: { id: contentId(card), size: card.length } };
		await chain.submit(registration(chain, bytes, { name: 'tests/http', metadata }), charlie);
		await put(net.chains[1], bytes);
		await put(net.chains[2], card);
		const status = await activation(chain, id, SPREAD_BLOCKS);
		assert.ok(status.isActive, status.toString());
		models.push(id);
		await held(net.chains, id);
		await held(net.chains, contentId(card));
		await assertNoGap(t, first);
	});

	test('a large input goes to its committee, and the large output to every validator', async () => {
		const length = 300_000;
		const values = Float32Array.from({ length }, (_, index) => index);
		const input = encodeBundle([tensor('x', 'float32', [length], values)]);
		const { units, price } = await quote(chain, models[0], input.length, { shapes: [[length]], k: VALIDATORS });
		const asked = await ask(chain, bob, models[0], blob(input), { units, maxFee: price, k: VALIDATORS });
		await put(net.chains[3], input);
		const result = await outcome(chain, asked.request, SPREAD_BLOCKS);
		assert.equal(result.verdict, 'Output');
		assert.equal(result.resultHash, result.recomputed);
		await held(net.chains, asked.input);
		await held(net.chains, result.claim.output.unwrap().toHex());
	});

	test('HTTP gives ranges, and takes nothing but what the chain expects', async () => {
		const { http } = await chain.rpc('blob_overview');
		const bytes = doubling({ name: 'rpc', padding: KIB_OF_PADDING * 1024 });
		const url = http + models[0].slice(2);
		const whole = await fetch(url);
		assert.deepEqual(new Uint8Array(await whole.arrayBuffer()), bytes);
		assert.equal(whole.headers.get('access-control-allow-origin'), '*');
		const part = await fetch(url, { headers: { range: 'bytes=262100-262200' } });
		assert.equal(part.status, 206);
		assert.equal(part.headers.get('content-range'), `bytes 262100-262200/${bytes.length}`);
		assert.deepEqual(new Uint8Array(await part.arrayBuffer()), bytes.subarray(262_100, 262_201));
		assert.equal((await fetch(url, { headers: { range: `bytes=${bytes.length}-` } })).status, 416);
		assert.equal((await fetch(url, { method: 'HEAD' })).headers.get('content-length'), String(bytes.length));
		assert.equal((await fetch(url, { method: 'OPTIONS' })).status, 204);
		assert.equal((await fetch(url, { method: 'DELETE' })).status, 405);
		assert.equal((await fetch(url, { method: 'PUT', body: bytes })).status, 200, 'it is there already');
		const other = doubling({ name: 'nobody registered this' });
		const refused = await fetch(http + contentId(other).slice(2), { method: 'PUT', body: other });
		assert.equal(refused.status, 403);
		assert.match(await refused.text(), /not expected by the chain: register it first/);
		assert.equal((await fetch(http + contentId(other).slice(2))).status, 404);

		// Registered, and then other bytes of the same length are sent.
		const wanted = doubling({ name: 'wanted' });
		await chain.submit(registration(chain, wanted, { name: 'tests/wanted' }), charlie);
		const wrong = await fetch(http + contentId(wanted).slice(2), { method: 'PUT', body: new Uint8Array(wanted.length) });
		assert.equal(wrong.status, 422);
		assert.equal((await chain.rpc('blob_status', contentId(wanted))).status, 'unknown');
		const short = await fetch(http + contentId(wanted).slice(2), { method: 'PUT', body: wanted.subarray(1) });
		assert.equal(short.status, 403, 'the chain knows the length');
		await put(chain, wanted);
		assert.ok((await activation(chain, contentId(wanted))).isActive);
		models.push(contentId(wanted));
	});

	test('peers that corrupt chunks, fall silent or flood harm nobody', async (t) => {
		const first = chain.best;
		const flooded = doubling({ name: 'flooded', padding: 2 * MIB });
		models.push(await publish(chain, charlie, flooded, { name: 'tests/flooded' }));
		const bytes = doubling({ name: 'attacked', padding: 12 * MIB });
		const id = contentId(bytes);
		const [, second, third, fourth] = net.chains;
		const flood = new HostilePeer('flood', chain, flooded);
		const givers = [['corrupt', second], ['silent', second], ['silent', third], ['corrupt', fourth]];
		const peers = [flood, ...givers.map(([mode, chain]) => new HostilePeer(mode, chain, bytes))];
		try {
			await chain.until('they are connected', SPREAD_BLOCKS, () => peers.every(({ counts }) => counts.connected));
			await chain.submit(registration(chain, bytes, { name: 'tests/attacked' }), charlie);
			await chain.until('they are asked', SPREAD_BLOCKS, () => peers.slice(1).every(({ counts }) => counts.asked > 1));
			await put(chain, bytes);
			const status = await activation(chain, id, SPREAD_BLOCKS);
			assert.ok(status.isActive, status.toString());
			models.push(id);
			await held(net.chains, id);
			for (const { node } of [second, fourth]) {
				assert.ok((await node.metric('assay_blobs_garbage_total')) >= 1, 'the garbage was seen');
			}
			await chain.until('the flood is refused', SPREAD_BLOCKS, () => flood.counts.refused > 2_000);
			const { asked, ...flooding } = flood.counts;
			t.diagnostic(`flood: ${JSON.stringify(flooding)}; corrupt: ${JSON.stringify(peers[1].counts)}`);
		} finally {
			peers.forEach((peer) => peer.end());
		}
		await assertNoGap(t, first);
	});

	test('a validator killed with -9 while it fetches has a sound store and goes on where it was', async (t) => {
		const bytes = doubling({ name: 'killed', padding: 64 * MIB });
		const id = contentId(bytes);
		await chain.submit(registration(chain, bytes, { name: 'tests/killed' }), charlie);
		const victim = net.chains[3];
		const sent = put(chain, bytes);
		const total = Math.ceil(bytes.length / CHUNK_BYTES);
		let missing = total;
		while (missing === total) {
			const state = await victim.rpc('blob_status', id);
			assert.notEqual(state.status, 'held', 'it was fetched before the node could be killed');
			missing = state.missing?.length ?? total;
		}
		await net.kill(3);
		t.diagnostic(`killed with ${missing} of ${total} chunks to come; ${net.check(3).trim().split('\n').at(-1)}`);
		await sent;
		await net.join(3);
		const status = await activation(chain, id, SPREAD_BLOCKS);
		assert.ok(status.isActive, status.toString());
		models.push(id);
		await held(net.chains, id);
	});

	test('a node killed with -9 while it takes an upload has a sound store', async () => {
		const bytes = doubling({ name: 'cut', padding: 64 * MIB });
		await chain.submit(registration(chain, bytes, { name: 'tests/cut' }), charlie);
		const sent = put(net.chains[2], bytes).catch((error) => error);
		await new Promise((resolve) => setTimeout(resolve, 100));
		await net.kill(2);
		await sent;
		assert.match(net.check(2), / 0 problems/);
		await net.join(2);
		await put(net.chains[2], bytes);
		models.push(contentId(bytes));
		await held(net.chains, contentId(bytes));
	});

	test('a fifth node joins and catches up with all models while blocks are made', async (t) => {
		const first = chain.best;
		const fifth = await net.join(VALIDATORS);
		const started = chain.best;
		for (const id of models) {
			await held([fifth], id, 3 * SPREAD_BLOCKS);
		}
		const { bytes, wanted } = await fifth.rpc('blob_overview');
		t.diagnostic(`${Math.round(bytes / MIB)} MiB within ${chain.best - started} blocks`);
		assert.deepEqual(wanted, []);
		await assertNoGap(t, first);
	});

	test('what the chain needs no more goes everywhere after its time, and the rest stays', async () => {
		const [gone, ...kept] = models;
		await chain.submit(chain.api.tx.models.retireModel(gone), charlie);
		const retired = chain.best;
		await chain.until('the retired model is gone', KEEP + 3 * COLLECTION, async () => {
			const states = await Promise.all(net.chains.map((chain) => chain.rpc('blob_status', gone)));
			return states.every(({ status }) => status === 'unknown');
		});
		assert.ok(chain.best >= retired + KEEP, 'it stayed for its time');
		for (const id of kept) {
			await held(net.chains, id, 0);
		}
	});
});
