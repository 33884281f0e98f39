// The command line and its library: publish, ask, verify, follow; and what they refuse.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { Keyring } from '@polkadot/api';
import { User, start } from './lib/cli.js';
import { ask, inline, outcome, publish } from './lib/inference.js';
import { LIES, OTHER_GENESIS, otherCalls } from './lib/lies.js';
import { doubling } from './lib/onnx.js';
import { EXAMPLES, NODE } from './lib/paths.js';
import { LyingNode, flipped } from './lib/proxy.js';
import { encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

/** Exit codes of `assay`. */
const [USAGE, COMMAND_LINE, NETWORK, REFUSED, UNVERIFIED, UNKNOWN_CHAIN, INTERRUPTED] = [1, 2, 6, 7, 8, 9, 130];
const ASY = 10n ** 12n;

const floats = (...values) => encodeBundle([tensor('x', 'float32', [values.length], values)]);
const x = (...data) => ({ x: ['float32', [data.length], data] });

describe('the client', { concurrency: 2 }, () => {
	let net, chain, genesis, model, other, first, receipt, proxies, users;

	before(async () => {
		net = await Testnet.start();
		chain = net.chain;
		genesis = chain.genesis;
		[proxies, users] = [[], 0];
		fs.writeFileSync(path.join(net.dir, 'double.onnx'), doubling());
		const charlie = user();
		const published = charlie.json('publish', path.join(net.dir, 'double.onnx'), '--name', 'tests/doubling', '--suri', '//Charlie');
		[{ id: model }, other] = await Promise.all([
			published,
			publish(chain, chain.account('Alice'), doubling({ padding: 100 }), { name: 'tests/other', sample: inline(floats(1)) }),
			fund('//Payer', 16),
		]);
		first = await ask(chain, chain.account('Bob'), other, inline(floats(1)), { units: 100_000_000, maxFee: ASY });
	});
	after(async () => {
		proxies?.forEach((proxy) => proxy.end());
		await net?.end();
	});

	/** Somebody who knows the chain by its genesis block, and nothing else of it. */
	function user(url = net.node.url, options = ['--genesis', genesis]) {
		return new User(path.join(net.dir, `user-${users++}`), url, { options });
	}

	/** Gives accounts so many ASY each. */
	async function fund(seed, count) {
		const to = [...Array(count).keys()].map((index) => new Keyring({ type: 'sr25519' }).addFromUri(`${seed}//${index}`).address);
		const transfers = to.map((address) => chain.api.tx.balances.transferKeepAlive(address, 10n * ASY));
		await chain.submit(chain.api.tx.utility.batchAll(transfers), chain.account('Dave'));
	}

	/** A user whose node lies. */
	async function deceived(lie) {
		const proxy = await LyingNode.start(net.node.url, lie);
		proxies.push(proxy);
		return user(proxy.url);
	}

	describe('with an honest node', { concurrency: 20 }, () => {
		test('an output is verified before it is printed, and its receipt convinces others', async () => {
			const bob = user();
			const input = bob.tensors('in.json', x(1, 2, 3));
			const words = ['infer', 'tests/doubling', '--input', input, '--suri', '//Bob'];
			const planned = await bob.json(...words, '--dry-run');
			assert.ok(BigInt(planned.price) > 0n && BigInt(planned.fee) > 0n);
			assert.deepEqual([planned.k, planned.audits, planned.window], [5, 8, 'assured']);
			const answer = await bob.json(...words, '--receipt', bob.file('receipt'));
			assert.deepEqual(answer.tensors, { y: { dtype: 'float32', shape: [3], data: [2, 4, 6] } });
			assert.equal(answer.model, model);
			// The only validator there is: nobody is left to audit or to dispute.
			assert.deepEqual([answer.k, answer.v, answer.audits, answer.auditors, answer.window], [1, 1, 0, 0, 0]);
			assert.equal(answer.verified.by, 'receipt');
			assert.equal(answer.verified.genesis, genesis);
			assert.ok(BigInt(answer.paid) > 0n && BigInt(answer.paid) <= BigInt(planned.price));
			receipt = bob.file('receipt');

			// Somebody without a node.
			const reader = user('ws://127.0.0.1:1');
			const output = reader.tensors('out.json', { y: ['float32', [3], [2, 4, 6]] });
			const verified = await reader.json('verify', receipt, '--output', output, '--input', input);
			assert.equal(verified.result_hash, answer.result_hash);
			const wrong = reader.tensors('wrong.json', { y: ['float32', [3], [2, 4, 7]] });
			assert.equal((await reader.fails('verify', receipt, '--output', wrong)).code, UNVERIFIED);
			await damaged(reader);

			// What was proven is the next one's beginning, and the request is known to everybody.
			const again = await bob.json('receipt', String(answer.request), '--output', bob.file('again'));
			assert.equal(again.checkpoint.number, 0);
			const shown = await bob.json('requests', 'show', String(answer.request));
			assert.deepEqual([shown.status, shown.verified], ['Final', false]);
			const { requests } = await bob.json('requests', 'ls', '--owner', chain.account('Bob').address);
			assert.ok(requests.some(({ request }) => request === answer.request));
			assert.ok(requests.every(({ owner }) => owner === chain.account('Bob').address));
		});

		/** What is not the receipt is refused. */
		async function damaged(reader) {
			const bytes = new Uint8Array(fs.readFileSync(receipt));
			for (const [name, change, says] of [
				['truncated', bytes.subarray(0, -1), /damaged/],
				['flipped', flipped(bytes, 4), /not among the results/],
				['none', new Uint8Array([1, 2, 3]), /not a receipt/],
			]) {
				fs.writeFileSync(reader.file(name), change);
				const { code, error } = await reader.fails('verify', reader.file(name));
				assert.equal(code, UNVERIFIED);
				assert.match(error, says);
			}
			const stranger = user('ws://127.0.0.1:1', ['--genesis', OTHER_GENESIS]);
			assert.match((await stranger.fails('verify', receipt)).error, /does not start from this checkpoint/);
			const nobody = user('ws://127.0.0.1:1', []);
			const { code, error } = await nobody.fails('verify', receipt);
			assert.equal(code, USAGE);
			assert.match(error, /nothing is trusted here yet/);
			assert.equal((await reader.fails('verify', receipt, '--now', '400000')).code, UNVERIFIED);
			await reader.json('verify', receipt, '--now', '400000', '--accept-old-checkpoint');
		}

		test('a light client that knows the chain spec verifies an output without any node', async (t) => {
			const spec = path.join(net.dir, 'spec.json');
			fs.writeFileSync(spec, execFileSync(NODE, ['export-chain-spec', '--chain', 'dev', '--raw'], { stdio: 'pipe', maxBuffer: 2 ** 28 }));
			const addresses = (await chain.rpc('system_localListenAddresses')).filter((address) => address.includes('127.0.0.1'));
			const light = user('ws://127.0.0.1:1', ['--light', spec, '--bootnode', addresses[0]]);
			const input = light.tensors('in.json', x(4, 5));
			const words = ['infer', 'tests/doubling', '--input', input, '--suri', '//Payer//0'];
			assert.match((await light.fails(...words)).error, /--units/);
			const begun = performance.now();
			const answer = await light.json(...words, '--model-file', path.join(net.dir, 'double.onnx'));
			t.diagnostic(`${Math.round(performance.now() - begun)} ms`);
			assert.deepEqual(answer.tensors.y.data, [8, 10]);
			assert.equal(answer.verified.by, 'light client');
			assert.equal(answer.verified.hash, await chain.blockHash(answer.verified.block));
		});

		test('the genesis block of the first use stays', async () => {
			const newcomer = user(net.node.url, []);
			const { stderr } = await newcomer.run('models', 'ls');
			assert.match(stderr, new RegExp(`first use of .default.*${genesis}.*you trust with that`));
			const silent = await newcomer.run('models', 'ls');
			assert.equal(silent.stderr, '');
			const elsewhere = await LyingNode.start(net.node.url, { tell: (text) => text.replaceAll(genesis, OTHER_GENESIS) });
			proxies.push(elsewhere);
			const { code, error } = await newcomer.fails('--url', elsewhere.url, 'models', 'ls');
			assert.equal(code, UNVERIFIED);
			assert.match(error, /give it a name of its own with --chain/);
			assert.equal((await newcomer.fails('--genesis', OTHER_GENESIS, 'models', 'ls')).code, USAGE);
			await newcomer.json('--url', elsewhere.url, '--chain', 'elsewhere', 'models', 'ls');
		});

		test('models are listed, found, shown and downloaded', async () => {
			const reader = user();
			const all = (await reader.json('models', 'ls')).models;
			assert.deepEqual(all.map(({ id }) => id).sort(), [model, other].sort());
			const page = await reader.json('models', 'ls', '--limit', '1');
			assert.equal(page.models.length, 1);
			const rest = await reader.json('models', 'ls', '--from', page.next);
			assert.deepEqual([...page.models, ...rest.models].map(({ id }) => id), all.map(({ id }) => id));
			assert.deepEqual((await reader.json('models', 'search', 'tests/d')).models.map(({ name }) => name), ['tests/doubling']);
			const shown = await reader.json('models', 'show', 'tests/doubling@1');
			assert.deepEqual([shown.id, shown.status, shown.owner], [model, 'Active', chain.account('Charlie').address]);
			await reader.json('models', 'pull', model, '--output', reader.file('pulled.onnx'));
			assert.deepEqual(new Uint8Array(fs.readFileSync(reader.file('pulled.onnx'))), doubling());
			const quote = await reader.json('quote', 'tests/doubling');
			assert.ok(quote.units > 0 && BigInt(quote.price) > 0n);
			const { stdout } = await reader.run('models', 'ls');
			assert.match(stdout, /MODEL +STATUS/);
			assert.ok(!stdout.includes('\x1b'), 'there are no colours in a file');
		});

		test('what stops half-way goes on, and its answer is there for who comes back', async () => {
			const hasty = user();
			const input = hasty.tensors('in.json', x(7));
			const child = hasty.start('infer', model, '--input', input, '--suri', '//Payer//1');
			const [, request] = await child.says(/request (\d+)/);
			child.kill('SIGINT');
			const { code, stderr, stdout } = await child.ended;
			assert.deepEqual([code, stdout], [INTERRUPTED, '']);
			assert.match(stderr, new RegExp(`interrupted; request ${request} goes on.*requests show ${request}`));
			assert.equal((await hasty.json('requests', 'watch', request)).status, 'Final');
			await hasty.json('requests', 'show', request, '--output', hasty.file('out.json'));
			assert.deepEqual(JSON.parse(fs.readFileSync(hasty.file('out.json'))).y.data, [14]);
		});

		test('a validator bonds, names the keys that its node makes, and leaves', async () => {
			const operator = user();
			const as = (...words) => operator.json('validator', ...words, '--suri', '//Eve');
			const status = () => as('status');
			assert.equal((await status()).bond, null);
			assert.equal((await as('bond', '1000', '--dry-run')).done, false);
			await as('bond', '1000');
			const made = await as('rotate-keys');
			await operator.json('validator', 'set-keys', made.keys, made.proof, '--suri', '//Eve');
			const bonded = await status();
			assert.equal(BigInt(bonded.bond), 1_000n * ASY);
			assert.equal(Object.values(bonded.keys).length, 4);
			assert.ok(made.keys.includes(bonded.keys.babe.slice(2)));
			// Somebody delegates to it, and takes that back.
			const eve = chain.account('Eve').address;
			const delegator = (...words) => [...words, '--suri', '//Ferdie'];
			const refused = await operator.fails(...delegator('delegate', eve, '100'));
			assert.match(refused.error, /Validators\.TakesNoDelegation/);
			await as('commission', '2.5');
			await operator.json(...delegator('delegate', eve, '100'));
			const backed = await status();
			assert.deepEqual([backed.commission, BigInt(backed.delegated)], [2.5, 100n * ASY]);
			const early = await operator.fails(...delegator('withdraw-delegation', eve));
			assert.match(early.error, /Validators\.NothingLeaves/);
			await operator.json(...delegator('undelegate', eve));
			assert.equal((await status()).delegated, '0');
			const { code, error } = await operator.fails('validator', 'withdraw', '--suri', '//Eve');
			assert.equal(code, REFUSED);
			assert.match(error, /Validators\.NotWithdrawable/);
			await as('unbond');
			const { leaves } = await status();
			// Nobody waits who had no seat. Where a session has begun meanwhile, it is elected.
			if (leaves <= chain.best) {
				await as('withdraw');
				assert.equal((await status()).bond, null);
			}
		});

		test('a validator proposes and supports what the council decides', async () => {
			const member = user();
			const as = (...words) => member.json('council', ...words, '--suri', '//Alice');
			assert.deepEqual((await member.json('council', 'list')).motions, []);
			const call = chain.api.tx.system.setStorage([['0x0c', '0x01']]).method.toHex();
			// The only validator there is decides alone.
			const { hash, done } = await as('propose', call);
			assert.ok(done);
			assert.equal(hash, chain.api.registry.hash(call).toHex());
			assert.deepEqual((await member.json('council', 'list')).motions, []);
			const { code, error } = await member.fails('council', 'support', '0', hash, '--suri', '//Alice');
			assert.equal(code, REFUSED);
			assert.match(error, /Council\.NoSuchMotion/);
			await chain.until('the call is made', 20, async () => (await chain.rpc('state_getStorage', '0x0c')) === '0x01');
			assert.equal((await member.fails('council', 'propose', call, '--suri', '//Bob')).code, REFUSED);
		});

		test('the examples of the library do what they say', async () => {
			const example = async (name, ...args) => {
				const { code, stdout, stderr } = await start(path.join(EXAMPLES, name), args, {}).ended;
				assert.equal(code, 0, stderr);
				return stdout;
			};
			const file = path.join(net.dir, 'published.onnx');
			fs.writeFileSync(file, doubling({ padding: 200 }));
			const input = user().tensors('in.json', x(8, 9));
			const [published, inferred] = await Promise.all([
				example('publish', net.node.url, '//Payer//2', 'tests/example', file),
				example('infer', net.node.url, genesis, '//Payer//3', 'tests/doubling', input),
			]);
			assert.match(published, /tests\/example@1 Active/);
			assert.deepEqual(JSON.parse(inferred).y.data, [16, 18]);
			assert.match(await example('receipt', net.node.url, genesis, String(first.request)), /1 votes for output [0-9a-f]{64}/);
		});

		test('what cannot be done says why, with the exit code of its kind', async () => {
			const poor = user();
			await poor.json('keys', 'new', 'poor');
			const input = poor.tensors('in.json', x(1));
			const asked = (...words) => ['infer', 'tests/doubling', '--input', input, ...words];
			for (const [code, says, ...words] of [
				[REFUSED, /has 0 ASY, and this takes/, ...asked()],
				[REFUSED, /above --max-fee/, ...asked('--suri', '//Bob', '--max-fee', '0.000001')],
				[REFUSED, /registered already, as tests\/doubling@1/, 'publish', path.join(net.dir, 'double.onnx'), '--name', 'tests/x', '--suri', '//Bob'],
				[USAGE, /this is no secret/, ...asked('--suri', 'not a phrase')],
				[USAGE, /no account `nobody`/, ...asked('--account', 'nobody')],
				[USAGE, /no model tests\/unknown that takes requests/, 'infer', 'tests/unknown', '--input', input, '--suri', '//Bob'],
				[USAGE, /no model tests\/doubling@9/, 'models', 'show', 'tests/doubling@9'],
				[USAGE, /`x` is float64, and the model takes float32/, 'infer', 'tests/doubling', '--suri', '//Bob', '--input', poor.tensors('f64.json', { x: ['float64', [1], [1]] })],
				[USAGE, /has the shape \[1, 1\], and the model takes \[\?\]/, 'infer', 'tests/doubling', '--suri', '//Bob', '--input', poor.tensors('2d.json', { x: ['float32', [1, 1], [1]] })],
				[USAGE, /no tensor `x`/, 'infer', 'tests/doubling', '--suri', '//Bob', '--input', poor.tensors('z.json', { z: ['float32', [1], [1]] })],
				[USAGE, /there is no request 1000000/, 'requests', 'watch', '1000000'],
				[NETWORK, /not final/, 'receipt', '1000000'],
				[NETWORK, /no node answers at ws:\/\/127\.0\.0\.1:1:/, '--url', 'ws://127.0.0.1:1', 'models', 'ls'],
				[REFUSED, /Inference\.WindowOutOfRange/, ...asked('--suri', '//Payer//15', '--window', '3')],
				[COMMAND_LINE, /--input/, 'infer', 'tests/doubling'],
				[COMMAND_LINE, /give blocks, `fast` or `assured`/, ...asked('--window', 'soon')],
			]) {
				const failure = await poor.fails(...words);
				assert.equal(failure.code, code, `${words.join(' ')}: ${failure.error}`);
				assert.match(failure.error, says);
			}
			assert.equal((await chain.api.query.system.account((await poor.json('keys', 'show', 'poor')).address)).nonce.toNumber(), 0);
		});
	});

	describe('with a node that lies', { concurrency: 20 }, () => {
		const lies = [
			...Object.entries(LIES).map(([what, { says, lie }]) => [what, UNVERIFIED, says, lie]),
			['its calls', UNKNOWN_CHAIN, /it has no Inference\.request_inference/, () => otherCalls],
		];
		lies.forEach(([what, code, says, lie], index) => {
			test(`no output is printed if it lies about ${what}`, async () => {
				const value = 100 + index;
				const victim = await deceived(lie({ value, genesis, model, other, first: first.request }));
				const output = victim.file('out.json');
				const input = victim.tensors('in.json', x(value, 1));
				const words = ['infer', 'tests/doubling', '--input', input, '--output', output, '--suri', `//Payer//${index + 4}`];
				const failure = await victim.fails(...words);
				assert.equal(failure.code, code, failure.error);
				assert.match(failure.error, says);
				assert.ok(!fs.existsSync(output), 'nothing was written');
			});
		});
	});
});
