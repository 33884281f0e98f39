// The command line and its library: publish, ask, verify, follow, and the errors of bad input.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { Keyring } from '@polkadot/api';
import { User, start } from './lib/cli.js';
import { ask, inline, publish } from './lib/inference.js';
import { CALL_LIES, LIES, OTHER_GENESIS } from './lib/lies.js';
import { doubling, loadsAtTwo } from './lib/onnx.js';
import { EXAMPLES, NODE } from './lib/paths.js';
import { LyingNode, flipped } from './lib/proxy.js';
import { encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

/** Exit codes of `assay`. */
const [USAGE, COMMAND_LINE, NETWORK, REFUSED, UNVERIFIED, UNKNOWN_CHAIN, TIMEOUT, INTERRUPTED] = [1, 2, 6, 7, 8, 9, 11, 130];
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
			fund('//Payer', 32),
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

			// From the second inference on the client itself begins where the first has ended; a receipt is for strangers, who do not.
			const second = await bob.json('infer', model, '--input', bob.tensors('in2.json', x(5)), '--suri', '//Bob', '--receipt', bob.file('receipt2'));
			assert.ok(second.verified.checkpoint > 0);
			assert.equal(second.receipt.checkpoint, 0);
			const stranger = user('ws://127.0.0.1:1');
			assert.deepEqual((await stranger.json('verify', bob.file('receipt2'))).age, { blocks: null, by: 'unknown' });
			assert.deepEqual((await stranger.json('verify', bob.file('receipt2'), '--now', '500')).age, { blocks: 500, by: 'given' });
			const { stdout: told } = await stranger.run('verify', bob.file('receipt2'), '--input', bob.file('in2.json'));
			assert.match(told, /1 of 1 validators that were asked, with 100\.0 % of the voting power, ran the model on the input and agree on its output/);
			assert.match(told, new RegExp(`This trusts the chain with genesis block ${genesis}, which you name`));
			assert.match(told, /in2\.json is the input/);
			assert.match(told, /age +UNKNOWN: this machine has never seen the chain/);
			const five = stranger.tensors('out.json', { y: ['float32', [1], [10]] });
			await stranger.json('verify', bob.file('receipt2'), '--output', five);
			assert.equal((await bob.json('verify', bob.file('receipt2'))).age.by, 'clock');

			// The request is known to everybody.
			const again = await bob.json('receipt', String(answer.request), '--output', bob.file('again'));
			assert.equal(again.checkpoint.number, 0);
			const shown = await bob.json('requests', 'show', String(answer.request));
			assert.deepEqual([shown.status, shown.verified], ['Final', false]);
			const { requests } = await bob.json('requests', 'ls', '--owner', chain.account('Bob').address);
			assert.ok(requests.some(({ request }) => request === answer.request));
			assert.ok(requests.every(({ owner }) => owner === chain.account('Bob').address));
			const ended = requests.filter(({ status }) => status === 'Final').map(({ request }) => request);
			assert.deepEqual(ended, ended.toSorted((a, b) => b - a), 'the newest comes first');
			assert.match((await bob.run('requests', 'ls')).stdout, /Final +tests\/doubling@1/);
		});

		/** Damages a receipt and expects the reader to refuse it. */
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
			// Other tests register models meanwhile.
			const known = (...pages) => pages.flatMap(({ models }) => models).filter(({ id }) => [model, other].includes(id)).map(({ name }) => name);
			const all = ['tests/doubling', 'tests/other'];
			assert.deepEqual(known(await reader.json('models', 'ls')), all);
			const page = await reader.json('models', 'ls', '--limit', '1');
			assert.equal(page.models.length, 1);
			const rest = await reader.json('models', 'ls', '--from', page.next);
			assert.deepEqual(known(page, rest), all);
			for (const word of ['tests/d', 'doub', 'DOUBLING']) {
				assert.deepEqual((await reader.json('models', 'search', word)).models.map(({ name }) => name), ['tests/doubling'], word);
			}
			const first = await reader.json('models', 'search', 'tests/', '--limit', '1');
			const later = await reader.json('models', 'search', 'tests/', '--from', first.next);
			assert.equal(first.models.length, 1);
			assert.deepEqual(known(first, later), all);
			assert.deepEqual((await reader.json('models', 'search', 'nothing-like-it')).models, []);
			const shown = await reader.json('models', 'show', 'tests/doubling@1');
			assert.deepEqual([shown.id, shown.status, shown.owner], [model, 'Active', chain.account('Charlie').address]);
			// What other registries' users type works as well.
			assert.deepEqual(known(await reader.json('ls')), all);
			assert.deepEqual(known(await reader.json('list', '--owner', '//Charlie')), ['tests/doubling']);
			assert.deepEqual(await reader.json('search', 'doub'), await reader.json('models', 'search', 'doub'));
			await reader.json('pull', model, '--output', reader.file('pulled.onnx'));
			assert.deepEqual(new Uint8Array(fs.readFileSync(reader.file('pulled.onnx'))), doubling());
			const quote = await reader.json('quote', 'tests/doubling');
			assert.ok(quote.units > 0 && BigInt(quote.price) > 0n);
			const { stdout } = await reader.run('models', 'ls');
			assert.match(stdout, /MODEL +STATUS/);
			assert.ok(!stdout.includes('\x1b'), 'there are no colours in a file');
		});

		test('a model whose dimension has a least length is published with a shape, quoted and asked', async () => {
			const owner = user();
			fs.writeFileSync(owner.file('two.onnx'), loadsAtTwo());
			const words = ['publish', 'two.onnx', '--name', 'tests/two', '--suri', '//Charlie'];
			const { error } = await owner.fails(...words);
			assert.match(error, /1 in place of every free dimension: --shape NAME=DIMS/);
			assert.doesNotMatch(error, /panicked/);
			const { id } = await owner.json(...words, '--shape', 'x=2');
			const input = owner.tensors('in.json', x(3, 4));
			await owner.json('quote', id, '--input', input);
			const { tensors } = await owner.json('infer', id, '--input', input, '--suri', '//Bob');
			assert.deepEqual(tensors, { y: { dtype: 'float32', shape: [4], data: [3, 4, 3, 4] } });
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

		test('money is sent and counted, and nothing is paid where nobody is asked', async () => {
			const owner = user();
			const { address: own } = await owner.json('keys', 'new', 'own', '--plain');
			assert.equal((await owner.json('balance')).balance, '0');
			const sent = await owner.json('transfer', 'own', '1.5', '--suri', '//Payer//7');
			assert.ok(sent.done);
			const { stdout } = await owner.run('balance', own);
			assert.match(stdout, /balance +1\.5 ASY/);
			const poor = await owner.fails('transfer', own, '1000', '--suri', '//Payer//7');
			assert.deepEqual([poor.code, /has .* ASY, and this takes 1000 ASY/.test(poor.error)], [REFUSED, true]);
			// A program without a terminal that has not said --yes.
			delete owner.env.ASSAY_YES;
			const input = owner.tensors('in.json', x(1));
			for (const words of [['transfer', own, '1'], ['infer', model, '--input', input], ['validator', 'bond', '1']]) {
				const { code, error } = await owner.fails(...words, '--suri', '//Payer//6');
				assert.equal(code, USAGE);
				assert.match(error, /no terminal to ask on, so nothing was submitted; --yes goes on without/);
			}
			assert.equal((await chain.api.query.system.account(new Keyring({ type: 'sr25519' }).addFromUri('//Payer//6').address)).nonce.toNumber(), 0);
			assert.ok((await owner.json('transfer', own, '1', '--suri', '//Payer//6', '--yes')).done);
		});

		test('a secret is kept encrypted, and polkadot.js opens it', async () => {
			const owner = user();
			const unasked = await owner.fails('keys', 'new', 'own');
			assert.equal(unasked.code, USAGE);
			assert.match(unasked.error, /set ASSAY_PASSWORD, or keep it without one with --plain/);
			owner.env.ASSAY_PASSWORD = 'open sesame';
			const { address, path: file, phrase, encrypted } = await owner.json('keys', 'new', 'own');
			assert.equal(encrypted, true);
			const text = fs.readFileSync(file, 'utf8');
			assert.ok(!text.includes(phrase.split(' ').slice(0, 3).join(' ')));
			const pair = new Keyring({ type: 'sr25519' }).addFromJson(JSON.parse(text));
			assert.throws(() => pair.unlock('open barley'));
			pair.unlock('open sesame');
			assert.equal(pair.address, address);
			const { done } = await owner.json('faucet', '--amount', '3');
			assert.ok(done);
			assert.ok((await owner.json('transfer', address, '1', '--account', 'own')).done);
			owner.env.ASSAY_PASSWORD = 'open barley';
			const closed = await owner.fails('transfer', address, '1', '--account', 'own');
			assert.deepEqual([closed.code, /is the password right/.test(closed.error)], [USAGE, true]);
			const much = await owner.fails('faucet', address, '--amount', '999999999');
			assert.deepEqual([much.code, /this chain has no faucet/.test(much.error)], [USAGE, true]);
		});

		test('an input may be written out, and come from another program', async () => {
			const asker = user();
			const words = ['--json', 'infer', model, '--suri', '//Payer//8', '--input'];
			const said = async ({ code, stdout, stderr }) => {
				assert.equal(code, 0, stdout + stderr);
				return JSON.parse(stdout).tensors.y.data;
			};
			const input = asker.tensors('in.json', x(1, 2));
			assert.deepEqual(await said(await asker.run(...words, '[3, "NaN"]')), [6, 'NaN']);
			assert.deepEqual(await said(await asker.given('{"x": [4, 5.5]}', ...words, '-')), [8, 11]);
			assert.deepEqual(await said(await asker.given(fs.readFileSync(input), ...words, '-')), [2, 4]);
			for (const [text, says] of [
				['[[1], [2, 3]]', /its arrays are not all of one length/],
				['{"z": [1]}', /`z`: the model has no such input/],
				['[1', /EOF while parsing/],
			]) {
				const { code, error } = await asker.fails('infer', model, '--suri', '//Payer//8', '--input', text);
				assert.equal(code, USAGE);
				assert.match(error, says);
			}
		});

		test("a model's owner says what it is, what it earns and whose it is, and retires it", async () => {
			const owner = user();
			const as = (...words) => owner.json(...words, '--suri', '//Payer//5');
			fs.writeFileSync(owner.file('card.md'), '# A model that doubles\n');
			const publish = (version, padding, ...words) => {
				fs.writeFileSync(owner.file(`${version}.onnx`), doubling({ padding }));
				return as('publish', owner.file(`${version}.onnx`), '--name', 'said/twice', ...words);
			};
			const { id } = await publish(1, 300, '--licence', 'MIT', '--tag', 'tiny', '--card', owner.file('card.md'));
			const shown = async (name) => owner.json('models', 'show', name);
			const before = await shown(id);
			assert.equal(before.metadata.card.size, fs.statSync(owner.file('card.md')).size);
			// What was said of a version is said of the next, unless it is named.
			await publish(2, 301, '--task', 'tabular-regression');
			const { metadata } = await shown('said/twice@2');
			assert.deepEqual([metadata.licence, metadata.tags, metadata.task, metadata.card], ['MIT', ['tiny'], 'tabular-regression', before.metadata.card]);
			await as('models', 'edit', 'said/twice@2', '--description', 'It doubles an Okapi');
			assert.deepEqual((await owner.json('models', 'search', 'okapi')).models.map(({ version }) => version), [2]);
			await as('models', 'royalty', 'said/twice@2', '0.25');
			assert.equal((await shown('said/twice@2')).royalty, String(ASY / 4n));
			assert.equal((await owner.fails('models', 'edit', 'said/twice@2', '--task', 'x', '--suri', '//Bob')).code, REFUSED);
			await as('models', 'transfer', 'said/twice@2', chain.account('Bob').address);
			assert.equal((await shown('said/twice@2')).owner, chain.account('Bob').address);
			await as('models', 'retire', 'said/twice@1');
			assert.equal((await shown('said/twice@1')).status, 'Retired');
			await owner.json('models', 'retire', 'said/twice@2', '--suri', '//Bob');
			assert.match((await owner.fails('models', 'show', 'said/twice')).error, /no version of said\/twice takes requests/);
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
			for (const [says, ...words] of [[/it has not left: `assay validator unbond` first/, 'withdraw', '--dry-run'], [/it is not in jail/, 'unjail', '--dry-run']]) {
				const { code, error } = await operator.fails('validator', ...words, '--suri', '//Eve');
				assert.equal(code, REFUSED);
				assert.match(error, says);
			}
			await as('unbond');
			const { leaves } = await status();
			// An account without a seat does not wait. If a session has begun meanwhile, it is elected.
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

		test('twenty requests at once of one account are all answered', async () => {
			const input = user().tensors('in.json', x(20));
			const { code, stdout, stderr } = await start(path.join(EXAMPLES, 'many'), [net.node.url, genesis, '//Payer//13', model, input, '20'], {}).ended;
			assert.equal(code, 0, stderr);
			assert.equal(new Set(stdout.trim().split('\n')).size, 20);
		});

		test('a connection that is lost is made again, and the answer comes', async () => {
			const proxy = await LyingNode.start(net.node.url);
			proxies.push(proxy);
			const cut = user(proxy.url);
			const child = cut.start('infer', model, '--input', cut.tensors('in.json', x(21)), '--suri', '//Payer//12');
			await child.says(/request \d+/);
			proxy.cut();
			const { code, stdout, stderr } = await child.ended;
			assert.equal(code, 0, stderr);
			assert.match(stdout, /42/);
		});

		test('what goes wrong once a request is made names it, and how to get its answer', async () => {
			const hasty = user();
			const { code, error } = await hasty.fails('infer', model, '--input', hasty.tensors('in.json', x(22)), '--timeout', '4', '--suri', '//Payer//11');
			assert.equal(code, TIMEOUT);
			assert.match(error, /not done within the 4 s.*(requests show \d+ --output|may still be included)/);
			// The node is gone after the request.
			const proxy = await LyingNode.start(net.node.url);
			proxies.push(proxy);
			const left = user(proxy.url);
			const child = left.start('infer', model, '--input', left.tensors('in.json', x(23)), '--timeout', '20', '--suri', '//Payer//10');
			const [, request] = await child.says(/request (\d+)/);
			proxy.end();
			const { code: lost, stderr } = await child.ended;
			assert.ok([NETWORK, TIMEOUT].includes(lost), stderr);
			assert.match(stderr, new RegExp(`request ${request} goes on without this: .assay requests show ${request} --output FILE`));
		});

		test('nothing is asked where the answer could not be verified', async () => {
			const away = user();
			const day = 24 * 60 * 60 * 1_000;
			const profile = path.join(away.dir, 'config/assay/chains');
			fs.mkdirSync(profile, { recursive: true });
			fs.writeFileSync(path.join(profile, 'default.json'), JSON.stringify({ genesis, seen: { block: 1, time: Date.now() - 8 * day }, checkpoint: null }));
			const words = ['infer', model, '--input', away.tensors('in.json', x(24)), '--suri', '//Payer//9'];
			const { code, error } = await away.fails(...words);
			assert.equal(code, UNVERIFIED);
			assert.match(error, /nothing was asked.*block 0, which is \d+ blocks old.*--checkpoint/);
			assert.equal((await chain.api.query.system.account(new Keyring({ type: 'sr25519' }).addFromUri('//Payer//9').address)).nonce.toNumber(), 0);
			assert.deepEqual((await away.json(...words, '--accept-old-checkpoint')).tensors.y.data, [48]);
		});

		test('what cannot be done says why, with the exit code of its kind', async () => {
			const poor = user();
			await poor.json('keys', 'new', 'poor', '--plain');
			const input = poor.tensors('in.json', x(1));
			const asked = (...words) => ['infer', 'tests/doubling', '--input', input, ...words];
			for (const [code, says, ...words] of [
				[REFUSED, /has 0 ASY, and this takes/, ...asked()],
				[REFUSED, /above --max-fee/, ...asked('--suri', '//Bob', '--max-fee', '0.000001')],
				[REFUSED, /registered already, as tests\/doubling@1/, 'publish', path.join(net.dir, 'double.onnx'), '--name', 'tests/x', '--suri', '//Bob'],
				[USAGE, /this is no secret/, ...asked('--suri', 'not a phrase')],
				[USAGE, /no account `nobody`/, ...asked('--account', 'nobody')],
				[USAGE, /no model tests\/unknown:/, 'infer', 'tests/unknown', '--input', input, '--suri', '//Bob'],
				[USAGE, /no model tests\/doub: /, 'models', 'show', 'tests/doub'],
				[USAGE, /nobody` is neither an account of `assay keys ls` nor an address/, 'ls', '--owner', 'nobody'],
				[USAGE, /no model tests\/doubling@9/, 'models', 'show', 'tests/doubling@9'],
				[USAGE, /`x` is float64, and the model takes float32/, 'infer', 'tests/doubling', '--suri', '//Bob', '--input', poor.tensors('f64.json', { x: ['float64', [1], [1]] })],
				[USAGE, /has the shape \[1, 1\], and the model takes \[\?\]/, 'infer', 'tests/doubling', '--suri', '//Bob', '--input', poor.tensors('2d.json', { x: ['float32', [1, 1], [1]] })],
				[USAGE, /no tensor `x`/, 'infer', 'tests/doubling', '--suri', '//Bob', '--input', poor.tensors('z.json', { z: ['float32', [1], [1]] })],
				[USAGE, /there is no request 1000000/, 'requests', 'watch', '1000000'],
				[NETWORK, /not final/, 'receipt', '1000000'],
				[NETWORK, /no node answers at ws:\/\/127\.0\.0\.1:1:/, '--url', 'ws://127.0.0.1:1', 'models', 'ls'],
				[USAGE, /a window has 4 to \d+ blocks, not 3/, ...asked('--suri', '//Payer//15', '--window', '3')],
				[USAGE, /a committee of this chain has 1 to 1 of its 1 validators, not 9/, ...asked('--suri', '//Payer//15', '-k', '9')],
				[USAGE, /auditors are expected, not 100000/, ...asked('--suri', '//Payer//15', '--audits', '100000')],
				[USAGE, /this run takes \d+ units, and 1000 are allowed/, ...asked('--suri', '//Payer//15', '--units', '1000')],
				[USAGE, /has to end in .npz/, ...asked('--suri', '//Payer//15', '--output', poor.file('out.txt'))],
				[USAGE, /nowhere.out.npz: No such file/, ...asked('--suri', '//Payer//15', '--output', poor.file('nowhere/out.npz'))],
				[USAGE, /nowhere.receipt: No such file/, ...asked('--suri', '//Payer//15', '--receipt', poor.file('nowhere/receipt'))],
				[COMMAND_LINE, /--input/, 'infer', 'tests/doubling'],
				[COMMAND_LINE, /give blocks, `fast` or `assured`/, ...asked('--window', 'soon')],
			]) {
				const failure = await poor.fails(...words);
				assert.equal(failure.code, code, `${words.join(' ')}: ${failure.error}`);
				assert.match(failure.error, says);
			}
			const nonce = async (address) => (await chain.api.query.system.account(address)).nonce.toNumber();
			assert.equal(await nonce((await poor.json('keys', 'show', 'poor')).address), 0);
			assert.equal(await nonce(new Keyring({ type: 'sr25519' }).addFromUri('//Payer//15').address), 0, 'nothing was paid');
		});
	});

	describe('with a node that lies', { concurrency: 20 }, () => {
		const of = (code, lies) => Object.entries(lies).map(([what, { says, lie }]) => [what, code, says, lie]);
		[...of(UNVERIFIED, LIES), ...of(UNKNOWN_CHAIN, CALL_LIES)].forEach(([what, code, says, lie], index) => {
			test(`no output is printed if it lies about ${what}`, async () => {
				const value = 100 + index;
				const victim = await deceived(lie({ value, genesis, model, other, first: first.request }));
				const output = victim.file('out.json');
				const input = victim.tensors('in.json', x(value, 1));
				const words = ['infer', 'tests/doubling', '--input', input, '--output', output, '--suri', `//Payer//${index + 16}`];
				const failure = await victim.fails(...words);
				assert.equal(failure.code, code, failure.error);
				assert.match(failure.error, says);
				assert.ok(!fs.existsSync(output), 'nothing was written');
				if (what in CALL_LIES) {
					const { address } = new Keyring({ type: 'sr25519' }).addFromUri(`//Payer//${index + 16}`);
					assert.equal((await chain.api.query.system.account(address)).nonce.toNumber(), 0, 'nothing was signed');
				}
			});
		});
	});
});
