// The client against a real node, and against one that lies.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createClient } from 'polkadot-api';
import { getWsProvider } from 'polkadot-api/ws';
import { WebSocket } from 'ws';
import {
	connect, contentId, devAccount, fromSecret, Interrupted, NetworkError, NotVerified, Refused, RunFailed, Timeout, UnknownChain, UsageError, verify,
} from '@assay-network/client';
import { ask, inline, outcome, publish } from '../../../tests/lib/inference.js';
import { falseMetadata } from '../../../tests/lib/liar.js';
import { CALL_LIES, LIES, OTHER_GENESIS } from '../../../tests/lib/lies.js';
import { doubling } from '../../../tests/lib/onnx.js';
import { LyingNode } from '../../../tests/lib/proxy.js';
import { encodeBundle, tensor } from '../../../tests/lib/tensors.js';
import { Testnet } from '../../../tests/lib/testnet.js';
import { Keyring } from '../../../tests/node_modules/@polkadot/api/index.js';

const ASY = 10n ** 12n;
const floats = (...values) => encodeBundle([tensor('x', 'float32', [values.length], values)]);

describe('the client', { concurrency: 2 }, () => {
	let testnet, chain, genesis, bytes, model, other, first, closing, payers;

	before(async () => {
		testnet = await Testnet.start();
		chain = testnet.chain;
		genesis = chain.genesis;
		// The trusted blocks are kept with the chain, and go with it.
		process.env.XDG_CONFIG_HOME = path.join(testnet.dir, 'config');
		[closing, payers] = [[], 0];
		bytes = doubling();
		const net = await network();
		const progress = [];
		const [published, stranger] = await Promise.all([
			net.publish(bytes, {
				name: 'tests/doubling', tags: ['small'], licence: 'MIT', description: 'Twice as much.', account: await devAccount('//Charlie'),
				onProgress: ({ type }) => progress.push(type),
			}),
			publish(chain, chain.account('Alice'), doubling({ padding: 100 }), { name: 'tests/other', sample: inline(floats(1)) }),
			fund(30),
		]);
		[model, other] = [published.id, stranger];
		assert.deepEqual([...new Set(progress)], ['submitted', 'included', 'bytes', 'status']);
		assert.deepEqual([published.title, published.status, published.tags], ['tests/doubling@1', 'Active', ['small']]);
		first = (await ask(chain, chain.account('Bob'), other, inline(floats(1)), { units: 100_000_000, maxFee: ASY })).request;
	});
	after(async () => {
		closing?.forEach((open) => open());
		await testnet?.end();
	});

	/** A connection of somebody who knows the chain by its genesis block, and keeps nothing. */
	async function network(options = {}) {
		const net = await connect({ url: testnet.node.url, genesis, chain: false, ...options });
		closing.push(() => net.close());
		return net;
	}

	const payer = (index) => fromSecret(`//Payer//${index}`);

	/** Gives accounts ten ASY each. */
	async function fund(count) {
		const to = [...Array(count).keys()].map((index) => new Keyring({ type: 'sr25519' }).addFromUri(`//Payer//${index}`).address);
		const transfers = to.map((address) => chain.api.tx.balances.transferKeepAlive(address, 10n * ASY));
		await chain.submit(chain.api.tx.utility.batchAll(transfers), chain.account('Dave'));
	}

	/** An account of its own for each test. */
	const account = () => payer(payers++);

	/** A node that lies. */
	async function lying(lie) {
		const proxy = await LyingNode.start(testnet.node.url, lie);
		closing.push(() => proxy.end());
		return proxy.url;
	}

	describe('with an honest node', { concurrency: 20 }, () => {
		test('an output is verified before it is returned, and its receipt convinces others', async () => {
			const net = await network();
			const progress = [];
			const double = await net.model('tests/doubling');
			const asked = await account();
			const before = await net.balance(asked.address);
			const options = { account: asked, onProgress: ({ type }) => progress.push(type) };
			const y = await double.run({ x: new Float32Array([1, 2, 3]) }, options);
			assert.deepEqual(y.outputs, { y: { type: 'float32', shape: [3], data: Float32Array.of(2, 4, 6) } });
			// The only validator there is: nobody is left to audit or to dispute.
			assert.deepEqual([y.model, y.votes, y.committee, y.validators, y.audits, y.window], [model, 1, 1, 1, 0, 0]);
			assert.deepEqual([y.verified.by, y.verified.genesis, y.verified.checkpoint.number], ['receipt', genesis, 0]);
			assert.ok(y.verified.now >= y.verified.block.number, 'the age was checked');
			assert.ok(y.paid > 0n && before - (await net.balance(asked.address)) >= y.paid);
			assert.deepEqual([...new Set(progress)], ['submitted', 'included', 'requested', 'status', 'proving']);

			const claim = await verify(y.receipt, { genesis, output: y, input: { x: Float32Array.of(1, 2, 3) } });
			assert.deepEqual([claim.request, claim.resultHash], [y.request, y.resultHash]);
			const tampered = { y: { ...y.outputs.y, data: Float32Array.of(2, 4, 7) } };
			await assert.rejects(verify(y.receipt, { genesis, output: tampered }), /the output has the result hash/);

			// The second one's receipt leads from the genesis block, too.
			const again = await double.run({ x: [4] }, { account: asked });
			assert.equal((await verify(again.receipt, { genesis, output: again.outputs })).request, again.request);
			assert.deepEqual(await verify(await net.receipt(again.request), { genesis }).then(({ output }) => output), again.output);
		});

		test('models are found by name, version, id and query, and pinned', async () => {
			const net = await network();
			for (const reference of ['tests/doubling', 'tests/doubling@1', model]) {
				assert.equal((await net.model(reference)).id, model);
			}
			const found = [];
			for await (const one of net.models({ tag: 'small', active: true })) {
				found.push([one.title, one.licence, one.description, one.owner]);
			}
			assert.deepEqual(found, [['tests/doubling@1', 'MIT', 'Twice as much.', chain.account('Charlie').address]]);
			const double = await net.model('tests/doubling');
			assert.deepEqual(await double.inputs(), [{ name: 'x', type: 'float32', shape: [null] }]);
			const quote = await double.quote({ x: [1, 2, 3] });
			assert.ok(quote.units > 0 && quote.price > 0n);
			assert.equal(await contentId(await net.download(double)), model);
		});

		test('requests of one account that are made at once all become final, in the order of their calls', async () => {
			const net = await network();
			const double = await net.model(model);
			const asked = await account();
			const values = [...Array(8).keys()];
			const tickets = await Promise.all(values.map((value) => double.submit({ x: [value] }, { account: asked })));
			const requests = tickets.map(({ request }) => request);
			assert.deepEqual(requests, requests.toSorted((a, b) => a - b));
			const results = await Promise.all(tickets.map((ticket) => ticket.result()));
			assert.deepEqual(results.map(({ outputs }) => outputs.y.data[0]), values.map((value) => 2 * value));
		});

		test('who stops waiting gets the answer later', async () => {
			const net = await network();
			const double = await net.model('tests/doubling');
			const asked = await account();
			const stop = new AbortController();
			const stopped = double.run({ x: [21] }, {
				account: asked,
				signal: stop.signal,
				onProgress: ({ type }) => type === 'requested' && stop.abort(),
			});
			const error = await stopped.then(() => assert.fail('it was not stopped'), (error) => error);
			assert.ok(error instanceof Interrupted && error.code === 130, String(error));
			assert.match(error.message, new RegExp(`request ${error.request} goes on: .net\\.resume\\(${error.request}\\)`));
			const ticket = net.resume(error.request, { model });
			await assert.rejects(ticket.result({ timeout: 1 }), (late) => late instanceof Timeout && late.request === error.request);
			const y = await ticket.result();
			assert.deepEqual(y.outputs.y.data, Float32Array.of(42));
			await assert.rejects(net.resume(error.request, { model: other }).result(), /proves something about model/);
			await assert.rejects(double.run({ x: [1] }, { account: asked, signal: AbortSignal.abort() }), Interrupted);
			const shy = { ...asked, signTx: async () => { throw new Error('Cancelled'); } };
			await assert.rejects(double.run({ x: [1] }, { account: shy }), (no) => no instanceof Interrupted && /nothing was signed: Cancelled/.test(no.message));
		});

		test('a connection that breaks is made again, and nothing is lost', async () => {
			const proxy = await LyingNode.start(testnet.node.url);
			closing.push(() => proxy.end());
			const net = await network({ url: proxy.url });
			let broken = 0;
			const y = await (await net.model('tests/doubling')).run({ x: [9] }, {
				account: await account(),
				onProgress: ({ type }) => {
					if (type === 'submitted' || type === 'requested' || type === 'proving') {
						broken += proxy.server.clients.size;
						proxy.server.clients.forEach((client) => client.terminate());
					}
				},
			});
			assert.deepEqual([y.outputs.y.data, broken], [Float32Array.of(18), 3]);
		});

		test('who closes a connection interrupts what waits for it', async () => {
			const net = await network();
			const waits = net.resume(first).result();
			net.close();
			await assert.rejects(waits, (error) => error instanceof Interrupted && error.request === first && /the connection was closed/.test(error.message));
		});

		test('inputs above 64 KiB and outputs above 16 KiB go beside the chain', async () => {
			const net = await network();
			const x = Float32Array.from({ length: 20_000 }, (_, index) => index);
			const y = await (await net.model('tests/doubling')).run({ x }, { account: await account() });
			assert.deepEqual(y.outputs.y.data, x.map((value) => 2 * value));
		});

		test('a run that fails says why', async () => {
			const net = await network();
			const double = await net.model('tests/doubling');
			const asked = { account: await account(), units: 1_000 };
			await assert.rejects(double.run({ x: [1] }, asked), (error) => {
				assert.ok(error instanceof RunFailed && error.code === 3, String(error));
				assert.equal(error.reason, 'ComputeLimit');
				return Number.isInteger(error.request);
			});
		});

		test('terms that are asked for are compared with what decided', async () => {
			const net = await network();
			const y = await (await net.model('tests/doubling')).run({ x: [3] }, { account: await account(), k: 1, audits: 0, window: 4 });
			assert.deepEqual([y.outputs.y.data[0], y.committee], [6, 1]);
		});

		test('the genesis block of the first use stays', async () => {
			const told = [];
			const onFirstUse = (text) => told.push(text);
			const one = await connect({ url: testnet.node.url, chain: 'stays', onFirstUse });
			one.close();
			const two = await connect({ url: testnet.node.url, chain: 'stays', onFirstUse });
			two.close();
			assert.equal(told.length, 1);
			assert.match(told[0], new RegExp(`first use of .stays.*${genesis}.*which you trust with that this once`));
			const elsewhere = await lying({ tell: (text) => text.replaceAll(genesis, OTHER_GENESIS) });
			await assert.rejects(connect({ url: elsewhere, chain: 'stays' }), (error) => error instanceof NotVerified && /name of its own/.test(error.message));
			await assert.rejects(connect({ url: testnet.node.url, chain: 'stays', genesis: OTHER_GENESIS }), UsageError);
			// The command line's own file.
			const { genesis: pinned, seen } = JSON.parse(fs.readFileSync(path.join(testnet.dir, 'config/assay/chains/stays.json'), 'utf8'));
			assert.ok(pinned === genesis && seen.block >= 0 && seen.time > 0);
		});

		test('what cannot be done says why, before anything is paid for', async () => {
			const net = await network();
			const double = await net.model('tests/doubling');
			const [asked, poor] = [await account(), await fromSecret('//Nobody')];
			const x = [1];
			const run = (inputs, options) => () => double.run(inputs, { account: asked, ...options });
			for (const [kind, says, work] of [
				[UsageError, /there is no model tests\/unknown that takes requests/, () => net.model('tests/unknown')],
				[UsageError, /there is no model tests\/doubling@9:/, () => net.model('tests/doubling@9')],
				[UsageError, /`Tests` is no model/, () => net.model('Tests')],
				[UsageError, /`x` is float64, and the model takes float32/, run({ x: new Float64Array(1) })],
				[UsageError, /the model takes \[\?\]/, run({ x: [[1]] })],
				[UsageError, /there is no tensor `x`/, run({ z: x })],
				[UsageError, /there is no request 1000000/, () => net.resume(1_000_000).result()],
				[NetworkError, /not final/, () => net.receipt(1_000_000)],
				[NetworkError, /no node answers at ws:\/\/127\.0\.0\.1:1:/, () => connect({ url: 'ws://127.0.0.1:1', chain: false })],
				[UsageError, /begins with ws:/, () => connect({ url: 'http://127.0.0.1', chain: false })],
				[Refused, /above `maxFee`/, run({ x }, { maxFee: 1n })],
				[Refused, /has 0 ASY, and this takes/, run({ x }, { account: poor })],
				[Refused, /registered already, as tests\/doubling@1/, () => net.publish(bytes, { name: 'tests/x', account: asked })],
				[Refused, /above `maxCost`/, () => net.publish(doubling({ padding: 7 }), { name: 'tests/x', account: asked, maxCost: 1n })],
				[Refused, /belongs to another account/, () => net.publish(doubling({ padding: 7 }), { name: 'tests/other', account: asked })],
				[UsageError, /this is no secret/, () => fromSecret('not a phrase')],
				[UsageError, /no account of a development chain/, async () => devAccount('Alice')],
			]) {
				const error = await work().then(() => assert.fail(`it was done: ${says}`), (error) => error);
				assert.ok(error instanceof kind && says.test(error.message), `${says}: ${error.stack}`);
			}
			const { data, nonce } = await chain.api.query.system.account(asked.address);
			assert.deepEqual([nonce.toNumber(), data.free.toBigInt()], [0, 10n * ASY]);
			// The chain's own words.
			await assert.rejects(run({ x }, { window: 3 })(), (error) => error instanceof Refused && /Inference\.WindowOutOfRange/.test(error.message));
		});
	});

	describe('with a node that lies', { concurrency: 20 }, () => {
		Object.entries(LIES).forEach(([what, { says, lie }], index) => {
			test(`no output is returned if it lies about ${what}`, async () => {
				const value = 100 + index;
				const asked = await account();
				const context = { value, genesis, model, other, first };
				let output;
				const error = await (async () => {
					const net = await network({ url: await lying(lie(context)) });
					output = await (await net.model('tests/doubling')).run({ x: [value, 1] }, { account: asked });
				})().then(() => assert.fail('it was believed'), (error) => error);
				assert.ok(error instanceof NotVerified && error.code === 8, error.stack);
				assert.match(error.message, says);
				assert.equal(output, undefined);
			});
		});

		test('another runtime is refused by name', async () => {
			const url = await lying({ tell: (text, method) => (method === 'state_getRuntimeVersion' ? text.replace(/"specVersion":(\d+)/, '"specVersion":9$1') : text) });
			await assert.rejects(network({ url }), (error) => {
				assert.ok(error instanceof UnknownChain && error.code === 9, String(error));
				return /it runs assay 9\d+ .*made for assay \d+/.test(error.message);
			});
		});

		test('a client that takes the metadata of a node that lies would sign a transfer', async () => {
			// To the account that the liar has given as the model's id.
			const thief = `0x${'77'.repeat(32)}`;
			const call = { model: thief, input: { type: 'Inline', value: floats(77) }, unit_limit: 1n, max_fee: 5n * ASY, k: undefined, callback: undefined };
			const credulous = falseMetadata();
			const victim = createClient(getWsProvider(await lying(credulous), { websocketClass: WebSocket }));
			const encoded = await victim.getUnsafeApi().tx.Inference.request_inference(call).getEncodedData();
			victim.destroy();
			assert.ok(credulous.told > 0);
			const transfer = chain.api.tx.balances.transferKeepAlive(thief, 5n * ASY).method.toHex();
			assert.equal(Buffer.from(encoded).toString('hex'), transfer.slice(2));
		});

		Object.entries(CALL_LIES).forEach(([what, { lie }], index) => {
			test(`nothing but what was meant is signed if it lies about ${what}`, async () => {
				const value = 77 + index;
				const net = await network({ url: await lying(lie()) });
				const asked = await account();
				const signed = [];
				const signTx = (data, ...rest) => {
					signed.push(Buffer.from(data).toString('hex'));
					return asked.signTx(data, ...rest);
				};
				const watched = { ...asked, signTx };
				const y = await (await net.model('tests/doubling')).run({ x: [value] }, { account: watched });
				assert.deepEqual(y.outputs.y.data, Float32Array.of(2 * value));
				const [name] = signed.map((data) => chain.api.registry.createType('Call', `0x${data}`)).map(({ section, method }) => `${section}.${method}`);
				assert.deepEqual([signed.length, name], [1, 'inference.requestInference']);
			});
		});
	});

	test('nothing that was asked is left open', async () => {
		await outcome(chain, first);
	});
});
