// Every fault ends in a clear error or a final `Failed`; nothing is stuck and every planck is accounted for.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { u8aToHex } from '@polkadot/util';
import { CHUNK_BYTES, blake2, chunks, contentId } from './lib/hash.js';
import { activation, ask, blob, inline, outcome, publish, quote, registration, upload } from './lib/inference.js';
import { assertSettled, change, fees, ledger } from './lib/ledger.js';
import * as magika from './lib/magika.js';
import { doubling, loadsAtOne } from './lib/onnx.js';
import { encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

const ASY = 10n ** 12n;
/** Enough for any of these requests. */
const PLENTY = { units: 100_000_000, maxFee: ASY };
/** Codes of the node's own methods. */
const [NOT_EXPECTED, BLOB] = [20_001, 20_003];

const floats = (...values) => encodeBundle([tensor('x', 'float32', [values.length], values)]);

describe('errors', () => {
	let net, chain, bob, charlie, model;

	before(async () => {
		net = await Testnet.start();
		chain = net.chain;
		[bob, charlie] = ['Bob', 'Charlie'].map((name) => chain.account(name));
		model = await publish(chain, charlie, doubling(), { name: 'tests/doubling', royalty: 1_000_000n });
	});
	after(() => net?.end());

	/** A test after which everything has to be settled. */
	const settles = (name, body) =>
		test(name, async (t) => {
			const start = await ledger(chain);
			await body(t, start);
			await assertSettled(chain, start);
		});

	/** Submits a call that has to fail with an error, and to cost its fee and nothing else. */
	async function fails(call, signer, error) {
		const start = await ledger(chain);
		const failure = await chain.submit(call, signer).then(
			() => assert.fail(`${call.method.method} went through`),
			(failure) => failure
		);
		assert.equal(failure.error, error, failure.message);
		assert.ok(failure.message.length > error.length + 10, `${error} says nothing more: ${failure.message}`);
		const end = await ledger(chain, failure.block);
		assert.equal(-change(start, end, signer), await fees(chain, start.block, end.block), 'a failed call costs its fee');
		assert.deepEqual(end.held, start.held, 'a failed call leaves no hold');
	}

	const request = (id, input, options = {}) => {
		const { units, maxFee, k, audits, window, callback } = { ...PLENTY, k: null, audits: null, window: null, callback: null, ...options };
		return chain.api.tx.inference.requestInference(id, input, units, maxFee, k, audits, window, callback);
	};

	/**
	 * Asks with each `{ input, options }`, and expects the final verdict `Failed` with a reason; the requester pays what the events
	 * say and no royalty. Returns the outcomes.
	 */
	async function failFinally(reason, requests, id = model) {
		const start = await ledger(chain);
		const asked = [];
		for (const { input, options = PLENTY } of requests) {
			asked.push(await ask(chain, bob, id, inline(input), options));
		}
		const results = await Promise.all(asked.map(({ request }) => outcome(chain, request)));
		for (const [index, result] of results.entries()) {
			assert.equal(result.event, 'InferenceFinalized');
			assert.deepEqual([result.verdict, result.reason], ['Failed', reason]);
			assert.equal(result.paid + result.refunded, asked[index].escrow);
			assert.ok(result.paid > 0n, 'a run that fails is paid');
		}
		const end = await ledger(chain);
		const cost = results.reduce((sum, { paid }, index) => sum + paid + asked[index].fee, 0n);
		assert.equal(-change(start, end, bob), cost);
		assert.equal(change(start, end, charlie), 0n, 'a run that fails earns no royalty');
		return results;
	}

	/** Calls a method of the node and expects an error. */
	async function refuses(method, params, code, text) {
		await assert.rejects(chain.rpc(method, ...params), (error) => {
			assert.equal(error.code, code, error.message);
			assert.match(error.message, text);
			return true;
		});
	}

	settles('an id that nobody registered is refused, and so are its bytes', async () => {
		const bytes = doubling({ name: 'unregistered' });
		const id = contentId(bytes);
		await fails(request(id, inline(floats(1))), bob, 'models.ModelUnknown');
		await fails(chain.api.tx.models.retireModel(id), bob, 'models.ModelUnknown');
		const leaves = chunks(bytes).map((part) => u8aToHex(blake2(part)));
		await refuses('blob_begin', [id, bytes.length, leaves], NOT_EXPECTED, /register it first/);
		await refuses('blob_putChunk', [id, 0, u8aToHex(bytes)], BLOB, /begin it/);
		assert.deepEqual(await chain.rpc('blob_status', id), { status: 'unknown' });
	});

	settles('wrong chunks are refused one by one, and the upload ends well all the same', async () => {
		const bytes = doubling({ name: 'chunks', padding: 2 * CHUNK_BYTES + 1000 });
		const id = contentId(bytes);
		const parts = chunks(bytes);
		const leaves = parts.map((part) => u8aToHex(blake2(part)));
		const put = (index, part) => [id, index, u8aToHex(part)];
		assert.equal(parts.length, 3);
		await chain.submit(registration(chain, bytes, { name: 'tests/chunks' }), charlie);

		await refuses('blob_putChunk', put(0, parts[0]), BLOB, /begin it/);
		await refuses('blob_begin', [id, bytes.length + 1, leaves], NOT_EXPECTED, /not expected/);
		await refuses('blob_begin', [id, bytes.length, leaves.slice(1)], BLOB, /send one for each chunk/);
		await refuses('blob_begin', [id, bytes.length, [...leaves].reverse()], BLOB, /hash the file again/);
		const begun = await chain.rpc('blob_begin', id, bytes.length, leaves);
		assert.deepEqual(begun, { status: 'partial', size: bytes.length, missing: [0, 1, 2] });

		await refuses('blob_putChunk', put(1, parts[0]), BLOB, /are not chunk 1/);
		await refuses('blob_putChunk', put(2, parts[2].subarray(1)), BLOB, /are not chunk 2/);
		await refuses('blob_putChunk', put(3, parts[2]), BLOB, /no chunk 3/);
		const flipped = parts[0].map((byte, index) => (index === 5 ? byte ^ 1 : byte));
		await refuses('blob_putChunk', put(0, flipped), BLOB, /are not chunk 0/);
		await refuses('blob_read', [id, 0, 10], BLOB, /missing/);

		// From the last to the first, one of them twice.
		assert.equal(await chain.rpc('blob_putChunk', ...put(2, parts[2])), 2);
		assert.equal(await chain.rpc('blob_putChunk', ...put(2, parts[2])), 2);
		assert.deepEqual((await chain.rpc('blob_status', id)).missing, [0, 1]);
		assert.equal(await upload(chain, bytes), 2, 'an upload sends what is missing');
		assert.equal(await upload(chain, bytes), 0, 'and nothing when all is there');
		const status = await activation(chain, id);
		assert.ok(status.isActive, status.toString());
	});

	settles('a file that is no model is rejected, and its deposit returns', async (t) => {
		const files = { noise: randomBytes(5000), 'half of magika': magika.model().slice(0, 1_500_000) };
		for (const [index, [what, bytes]] of Object.entries(files).entries()) {
			const start = await ledger(chain);
			const { fee } = await chain.submit(registration(chain, bytes, { name: `tests/corrupt-${index}` }), charlie);
			await upload(chain, bytes);
			const status = await activation(chain, contentId(bytes));
			assert.ok(status.isRejected, `${what}: ${status}`);
			assert.ok(status.asRejected.isFailed && status.asRejected.asFailed.isModelInvalid, `${what}: ${status}`);

			const events = await chain.events(start.block + 1, chain.best);
			const [paid] = events.filter(({ method }) => method === 'ActivationPaid');
			const end = await assertSettled(chain, start);
			const cost = paid.data.voters.toBigInt() * paid.data.each.toBigInt();
			assert.equal(-change(start, end, charlie), cost + fee, 'the publisher pays the activation and the fee');
			t.diagnostic(`${what}: the attempt cost ${cost + fee} plancks`);
			await fails(request(contentId(bytes), inline(floats(1))), bob, 'models.ModelNotActive');
		}
	});

	settles('an input that does not fit the model gives a final `InputMismatch`', async () => {
		const fitting = floats(1, 2);
		const inputs = {
			'another shape': encodeBundle([tensor('x', 'float32', [1, 2], [1, 2])]),
			'another data type': encodeBundle([tensor('x', 'int32', [2], [1, 2])]),
			'another name': encodeBundle([tensor('z', 'float32', [2], [1, 2])]),
			'one tensor too many': encodeBundle([tensor('x', 'float32', [1], [1]), tensor('z', 'float32', [1], [1])]),
			'no tensor': encodeBundle([]),
			'a byte too many': new Uint8Array([...fitting, 0]),
			'no bundle': new Uint8Array([255, 255, 255, 255]),
		};
		await failFinally('InputMismatch', Object.values(inputs).map((input) => ({ input })));
	});

	settles('a model that does not load at the shapes of an input gives a final `ModelInvalid`, and answers at others', async () => {
		const id = await publish(chain, charlie, loadsAtOne(), { name: 'tests/loads-at-one', royalty: 1_000_000n });
		const [two] = await failFinally('ModelInvalid', [2, 3].map((count) => ({ input: floats(...Array(count).fill(1)) })), id);
		assert.ok(two.units > 0n && two.units <= BigInt(PLENTY.units), `${two.units} units`);
		const { request } = await ask(chain, bob, id, inline(floats(5)), PLENTY);
		assert.equal((await outcome(chain, request)).verdict, 'Output');
	});

	settles('a budget that is too small gives a final `ComputeLimit`, the quoted one an output', async () => {
		const input = floats(1, 2, 3);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[3]] });
		const [, short] = await failFinally('ComputeLimit', [
			{ input, options: { units: 1, maxFee: ASY } },
			{ input, options: { units: units - 1, maxFee: ASY } },
		]);
		assert.ok(short.units <= BigInt(units - 1), `${short.units} units were charged of ${units - 1}`);
		const { request } = await ask(chain, bob, model, inline(input), { units, maxFee: price });
		const result = await outcome(chain, request);
		assert.deepEqual([result.verdict, result.units], ['Output', BigInt(units)]);
	});

	settles('without the money nothing begins', async () => {
		const poor = chain.account('Bob//poor');
		const call = request(model, inline(floats(1)));
		await assert.rejects(chain.submit(call, poor), /Inability to pay some fees/);
		await chain.submit(chain.api.tx.balances.transferKeepAlive(poor.address, ASY / 20n), bob);
		await fails(request(model, inline(floats(1)), { units: 90_000_000_000 }), poor, 'Token.FundsUnavailable');
		await fails(registration(chain, doubling({ name: 'poor' }), { name: 'tests/poor' }), poor, 'Token.FundsUnavailable');
	});

	settles('a price above the requester\'s limit is refused', async () => {
		const input = floats(1);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[1]] });
		await fails(request(model, inline(input), { units, maxFee: price / 2n }), bob, 'inference.FeeAboveMax');
	});

	settles('arguments out of range are refused', async () => {
		const input = inline(floats(1));
		await fails(request(model, input, { units: 0 }), bob, 'inference.UnitLimitOutOfRange');
		await fails(request(model, input, { units: 10n ** 18n }), bob, 'inference.UnitLimitOutOfRange');
		await fails(request(model, input, { k: 0 }), bob, 'inference.CommitteeOutOfRange');
		await fails(request(model, input, { k: 2 }), bob, 'inference.CommitteeOutOfRange');
		await fails(request(model, input, { audits: 33 }), bob, 'inference.TooManyAudits');
		await fails(request(model, input, { window: { Blocks: 3 } }), bob, 'inference.WindowOutOfRange');
		await fails(request(model, input, { window: { Blocks: 1801 } }), bob, 'inference.WindowOutOfRange');
		await fails(request(model, inline(new Uint8Array())), bob, 'models.InputSizeOutOfRange');
		const huge = { Blob: { id: model, size: 17 * 1024 * 1024 } };
		await fails(request(model, huge), bob, 'models.InputSizeOutOfRange');
		const callback = (call) => request(model, input, { callback: call.method.toHex() });
		const { system } = chain.api.tx;
		await fails(callback(system.remarkWithEvent('0x00')), bob, 'inference.CallbackNotAllowed');
		await fails(callback(system.remark(`0x${'00'.repeat(5_000)}`)), bob, 'inference.CallbackTooLarge');
		const named = (name) => registration(chain, doubling({ name: 'named' }), { name });
		await fails(named(''), charlie, 'models.InvalidName');
		await fails(named('No Capitals'), charlie, 'models.InvalidName');
		const empty = registration(chain, new Uint8Array(), { name: 'tests/empty' });
		await fails(empty, charlie, 'models.ModelSizeOutOfRange');
	});

	settles('things done twice or in the wrong order are refused', async () => {
		const { models } = chain.api.tx;
		const first = doubling({ name: 'first' });
		const second = doubling({ name: 'second' });
		const id = contentId(first);
		await chain.submit(registration(chain, first, { name: 'tests/order', version: 5 }), charlie);

		await fails(registration(chain, first, { name: 'tests/other' }), charlie, 'models.ModelExists');
		await fails(registration(chain, second, { name: 'tests/order', version: 5 }), charlie, 'models.VersionNotNewer');
		await fails(registration(chain, second, { name: 'tests/order', version: 4 }), charlie, 'models.VersionNotNewer');
		await fails(registration(chain, second, { name: 'tests/order', version: 6 }), bob, 'models.NameTaken');
		await fails(request(id, inline(floats(1))), bob, 'models.ModelNotActive');
		await fails(models.retireModel(id), charlie, 'models.ModelNotActive');
		await fails(models.retireModel(model), bob, 'models.NotOwner');
		await fails(models.setRoyalty(model, 1), bob, 'models.NotOwner');

		await upload(chain, first);
		assert.ok((await activation(chain, id)).isActive);
		const before = await ledger(chain);
		const { fee, events } = await chain.submit(models.retireModel(id), charlie);
		const { amount } = events.find(({ method }) => method === 'DepositReturned').data;
		const after = await ledger(chain);
		assert.equal(-change(before, after, charlie), fee, 'a deposit that returns was never spent');
		assert.equal(before.held.get(`${charlie.address} ModelDeposit`) - amount.toBigInt(),
			after.held.get(`${charlie.address} ModelDeposit`) ?? 0n);
		await fails(models.retireModel(id), charlie, 'models.ModelNotActive');
		await fails(request(id, inline(floats(1))), bob, 'models.ModelNotActive');
		await fails(registration(chain, first, { name: 'tests/order', version: 6 }), charlie, 'models.ModelExists');
	});

	settles('a model that is retired while it runs still answers, and its deposit returns then', async () => {
		const bytes = doubling({ name: 'leaving' });
		const id = await publish(chain, charlie, bytes, { name: 'tests/leaving' });
		const asked = await ask(chain, bob, id, inline(floats(4)), PLENTY);
		const { events } = await chain.submit(chain.api.tx.models.retireModel(id), charlie);
		assert.ok(!events.some(({ method }) => method === 'DepositReturned'), 'the deposit waits for the open request');
		const result = await outcome(chain, asked.request);
		assert.deepEqual(result.outputs, [tensor('y', 'float32', [1], [8])]);
		const closing = await chain.events(result.block);
		assert.ok(closing.some(({ method }) => method === 'DepositReturned'));
	});

	settles('only validators attest', async () => {
		const attestation = {
			validator: chain.account('Alice').address, session: 0, block: chain.best, reveals: [], signals: [], objections: [], disputes: [],
		};
		const call = chain.api.tx.rounds.attest(attestation, new Uint8Array(64));
		await fails(call, bob, 'BadOrigin.');
	});

	settles('an input that is never uploaded ends the request; it costs what blocks weigh, its bytes, and the units of all', async () => {
		const start = await ledger(chain);
		const input = floats(...new Array(20_000).fill(1));
		const asked = await ask(chain, bob, model, blob(input), PLENTY);
		const { prices } = (await chain.api.query.inference.requests(asked.request)).unwrap();
		const result = await outcome(chain, asked.request, 80);
		assert.deepEqual([result.event, result.ended], ['InferenceExpired', 'Expired']);
		const [base, unit, byte, each] = [prices.run.base, prices.run.unit, prices.run.byte, prices.voter].map((price) => price.toBigInt());
		// A network of so few has no committees: all are members.
		const voters = BigInt((await chain.api.query.rounds.electors()).length);
		assert.equal(result.paid, base + byte * BigInt(input.length) + voters * (each + unit * BigInt(PLENTY.units)));
		assert.equal(result.refunded, asked.escrow - result.paid);
		assert.equal(-change(start, await ledger(chain), bob), result.paid + asked.fee);
	});
});
