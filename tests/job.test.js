// The main job: a real model is registered, uploaded, asked and answered, with polkadot.js and the chain's own metadata.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { stringPascalCase } from '@polkadot/util';
import { contentId } from './lib/hash.js';
import { ask, blob, history, inline, outcome, publish, quote, upload } from './lib/inference.js';
import { assertSettled, change, ledger } from './lib/ledger.js';
import * as magika from './lib/magika.js';
import { doubling } from './lib/onnx.js';
import { NODE, ROOT } from './lib/paths.js';
import { decodeBundle, encodeBundle, tensor } from './lib/tensors.js';
import { Testnet } from './lib/testnet.js';

const ROYALTY = 5_000_000_000n;

describe('the main job', () => {
	let net, chain, alice, bob, charlie;

	before(async () => {
		net = await Testnet.start();
		chain = net.chain;
		[alice, bob, charlie] = ['Alice', 'Bob', 'Charlie'].map((name) => chain.account(name));
	});
	after(() => net?.end());

	test('magika says of three real files what onnxruntime says', async (t) => {
		const files = ['README.md', 'runtime/src/lib.rs'].map((file) => path.join(ROOT, file)).concat(NODE);
		const expected = magika.reference(files);
		const start = await ledger(chain);
		const model = await publish(chain, charlie, magika.model(), {
			name: 'google/magika',
			metadata: { task: 'file-classification', licence: 'Apache-2.0', tags: ['files'], description: 'File types.' },
			royalty: ROYALTY,
		});
		const published = await assertSettled(chain, start);

		let [spent, earned, royalties] = [0n, 0n, 0n];
		for (const [index, file] of files.entries()) {
			const input = encodeBundle(magika.features(fs.readFileSync(file)));
			const { units, price } = await quote(chain, model, input.length);
			const asked = await ask(chain, bob, model, inline(input), { units, maxFee: price });
			// The price is that of the request's block, and follows how full the chain is: other tests ask meanwhile.
			assert.ok(asked.escrow <= price && asked.escrow > (price * 99n) / 100n, `${asked.escrow} on hold, ${price} quoted`);
			assert.equal(asked.input, contentId(input), 'the chain names the input as this library does');

			const result = await outcome(chain, asked.request);
			assert.equal(result.event, 'InferenceFinalized');
			assert.equal(result.verdict, 'Output');
			assert.equal(result.units, BigInt(units), 'the run takes what was quoted');
			assert.equal(result.resultHash, result.recomputed, 'the result hash follows from the output');
			assert.equal(result.claim.decision.votes.toNumber(), 1);
			assert.equal(result.paid + result.refunded, asked.escrow);

			const { label, score } = magika.label(result.outputs);
			assert.equal(label, expected[index].label, file);
			assert.ok(Math.abs(score - expected[index].score) < 1e-4, `${score} is not near ${expected[index].score}`);

			const { rounds, commits, reveals } = await history(chain, asked.request, asked.block, result.block);
			// A vote that a busy machine seals too late has its round drawn again.
			assert.ok(rounds.length >= 1 && commits.length <= rounds.length, `${rounds.length} rounds, ${commits.length} sealed votes`);
			assert.equal(reveals.length, 1);
			assert.equal(reveals[0].validator, alice.address);
			assert.ok(reveals[0].block > commits.at(-1).block, 'a vote is opened in a later block than it was sealed in');
			t.diagnostic(`${path.basename(file)}: ${label}, final ${result.block - asked.block} blocks after the request`);

			spent += result.paid + asked.fee;
			royalties += ROYALTY;
			earned += result.paid - ROYALTY + asked.fee;
		}
		const end = await assertSettled(chain, published);
		assert.equal(-change(published, end, bob), spent, 'the requester pays what the events and the fees say');
		assert.equal(change(published, end, charlie), royalties, 'the publisher earns the royalties');
		const treasury = [...end.total.keys()].filter((address) => end.total.get(address) !== published.total.get(address));
		const others = treasury.filter((address) => ![bob.address, charlie.address].includes(address));
		const rest = others.reduce((sum, address) => sum + change(published, end, { address }), 0n);
		assert.equal(rest, earned, 'validator and treasury have the rest');
		assert.ok(change(published, end, alice) > 0n, 'the validator is paid');
	});

	test('the same input gives the same result', async () => {
		const start = await ledger(chain);
		const model = await publish(chain, charlie, doubling({ name: 'again' }), { name: 'tests/again' });
		const input = encodeBundle([tensor('x', 'float32', [3], [1, -2, 0.5])]);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[3]] });
		const hashes = new Set();
		for (let turn = 0; turn < 2; turn++) {
			const { request } = await ask(chain, bob, model, inline(input), { units, maxFee: price });
			const result = await outcome(chain, request);
			assert.deepEqual(result.outputs, [tensor('y', 'float32', [3], [2, -4, 1])]);
			hashes.add(result.resultHash);
		}
		assert.equal(hashes.size, 1);
		await assertSettled(chain, start);
	});

	test('a callback is prepaid and made after finality', async () => {
		const start = await ledger(chain);
		const model = await publish(chain, charlie, doubling({ name: 'callback' }), { name: 'tests/callback' });
		const input = encodeBundle([tensor('x', 'float32', [1], [3])]);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[1]] });
		const callback = chain.api.tx.system.remark('0x6173736179').method.toHex();
		const asked = await ask(chain, bob, model, inline(input), { units, maxFee: 2n * price, callback });
		assert.ok(asked.escrow > price, 'its weight is on hold, too');
		const result = await outcome(chain, asked.request);
		assert.equal(result.paid + result.refunded, asked.escrow);
		const made = await chain.until('the callback is made', 10, async () => {
			const events = await chain.events(result.block, chain.best);
			return events.find(({ method, data }) => method === 'CallbackDispatched' && data.request.toNumber() === asked.request);
		});
		assert.ok(made.data.result.isOk, made.data.toString());
		assert.equal(made.extrinsic, null, 'it is made by the block and not in a call');
		await assertSettled(chain, start);
	});

	test('several requests at a time all end', async () => {
		const start = await ledger(chain);
		const model = await publish(chain, charlie, doubling({ name: 'many' }), { name: 'tests/many' });
		const askers = ['Bob', 'Dave', 'Eve', 'Ferdie'].map((name) => chain.account(name));
		const asked = await Promise.all(
			askers.map((owner, index) => {
				const input = encodeBundle([tensor('x', 'float32', [1], [index])]);
				return ask(chain, owner, model, inline(input), { units: 10_000_000, maxFee: 10n ** 12n });
			})
		);
		const results = await Promise.all(asked.map(({ request }) => outcome(chain, request)));
		results.forEach((result, index) => assert.equal(result.outputs[0].data[0], 2 * index));
		await assertSettled(chain, start);
	});

	test('a large input is uploaded, a large output is read from the store', async () => {
		const start = await ledger(chain);
		const model = await publish(chain, charlie, doubling({ name: 'large' }), { name: 'tests/large' });
		const length = 100_000;
		const values = Float32Array.from({ length }, (_, index) => index);
		const input = encodeBundle([tensor('x', 'float32', [length], values)]);
		const { units, price } = await quote(chain, model, input.length, { shapes: [[length]] });
		const asked = await ask(chain, bob, model, blob(input), { units, maxFee: price });
		assert.equal(asked.input, contentId(input));
		await upload(chain, input);
		const result = await outcome(chain, asked.request);
		assert.equal(result.verdict, 'Output');
		assert.equal(result.inline, false);
		assert.equal(result.resultHash, result.recomputed);
		assert.deepEqual(result.outputs, [tensor('y', 'float32', [length], values.map((value) => 2 * value))]);
		await assertSettled(chain, start);
	});

	test('a sample and its expected result hash activate a model; a wrong one rejects it', async () => {
		const start = await ledger(chain);
		const sample = encodeBundle([tensor('x', 'float32', [2], [1, 2])]);
		const bytes = doubling({ name: 'sampled' });
		const options = { name: 'tests/sampled', sample: inline(sample), expected: `0x${'11'.repeat(32)}` };
		await assert.rejects(publish(chain, charlie, bytes, options), /UnexpectedResult/i);

		// The event of the rejection says which hash was attested: claim that one.
		const { status } = (await chain.api.query.models.models(contentId(bytes))).unwrap();
		const { attested } = status.asRejected.asUnexpectedResult;
		const model = await publish(chain, charlie, bytes, { ...options, expected: attested.toHex() });
		const active = (await chain.api.query.models.models(model)).unwrap().status.asActive;
		assert.equal(active.input.toHex(), contentId(sample));
		assert.deepEqual(decodeBundle(active.output.asInline.toU8a(true)), [tensor('y', 'float32', [2], [2, 4])]);
		await assertSettled(chain, start);
	});

	test('polkadot.js names every call, event, error and storage item, with documentation and without custom types', () => {
		const { api } = chain;
		const all = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);
		const camel = (name) => name[0].toLowerCase() + name.slice(1).replace(/_(.)/g, (_, letter) => letter.toUpperCase());
		const own = (object) => Object.keys(object).filter((key) => key !== 'palletVersion');
		const sorted = (list) => [...list].sort();
		const documented = (item, docs) => assert.notEqual(docs.join('').trim(), '', `${item} has no documentation`);

		// With names that must be among those of each, in case the pallet is not read rightly.
		for (const [pallet, runtimeApi, known] of [
			['rounds', null, { calls: 'attest', events: 'Agreed', errors: 'NotAgreed', storage: 'counterForStandings' }],
			['models', 'modelsApi', {
				calls: 'registerModel', events: 'ModelActivated', errors: 'NameTaken', storage: 'listing', apis: 'modelNamed',
			}],
			['inference', 'inferenceApi', {
				calls: 'requestInference', events: 'InferenceFinalized', errors: 'FeeAboveMax', storage: 'results', apis: 'price',
			}],
		]) {
			const folder = path.join(ROOT, 'pallets', pallet, 'src');
			const files = ['lib.rs', 'events.rs'].map((file) => path.join(folder, file)).filter((file) => fs.existsSync(file));
			// Without the crate's documentation, whose example is a pallet, too.
			const source = files.map((file) => fs.readFileSync(file, 'utf8').replace(/^\/\/!.*\n/gm, '')).join('');
			const block = (start) => source.slice(source.indexOf(start)).split('\n\t}\n')[0];
			const names = {
				calls: all(source, /#\[pallet::call_index\(\d+\)\][^]*?pub fn (\w+)/g).map(camel),
				events: all(block('pub enum Event<'), /^\t\t(\w+) \{/gm),
				errors: all(block('pub enum Error<'), /^\t\t(\w+),/gm),
				storage: all(source, /#\[pallet::storage\][^]*?pub type (\w+)</g).map(camel).concat(
					all(source, /pub type (\w+)<T: Config> =\s*CountedStorageMap/g).map((name) => `counterFor${name}`)
				),
				apis: runtimeApi ? all(block(`pub trait ${stringPascalCase(runtimeApi)}<`), /^\t\tfn (\w+)/gm).map(camel) : [],
			};
			Object.entries(known).forEach(([kind, name]) => assert.ok(names[kind].includes(name), `${pallet} has no ${name}`));

			assert.deepEqual(sorted(own(api.tx[pallet])), sorted(names.calls));
			assert.deepEqual(sorted(own(api.events[pallet])), sorted(names.events));
			assert.deepEqual(sorted(own(api.errors[pallet])), sorted(names.errors));
			assert.deepEqual(sorted(own(api.query[pallet])), sorted(names.storage));
			assert.deepEqual(sorted(own(api.call[runtimeApi] ?? {})), sorted(names.apis));

			for (const call of names.calls) {
				const { meta } = api.tx[pallet][call];
				documented(call, meta.docs);
				meta.args.forEach(({ name, typeName }) => assert.ok(typeName.isSome, `${call}.${name} has no type`));
			}
			names.events.forEach((event) => {
				const { meta } = api.events[pallet][event];
				documented(event, meta.docs);
				meta.fields.forEach((field) => {
					assert.ok(field.name.isSome, `${event} has a field without a name`);
					documented(`${event}.${field.name}`, field.docs);
				});
			});
			names.errors.forEach((error) => documented(error, api.errors[pallet][error].meta.docs));
			names.storage.forEach((item) => documented(item, api.query[pallet][item].meta.docs));
		}
	});

	test('the runtime offers metadata from V14 to V16', async () => {
		const versions = (await chain.api.call.metadata.metadataVersions()).map((version) => version.toNumber());
		[14, 15, 16].forEach((version) => assert.ok(versions.includes(version), `${version} is not among ${versions}`));
	});

	test('a runtime API that asks for the engine gets NotOffchain', async () => {
		// Err, then the variant's index.
		assert.equal((await chain.api.rpc.state.call('InferenceApi_engine_status', '0x')).toHex(), '0x0100');
		const status = await chain.api.call.inferenceApi.engineStatus();
		assert.ok(status.isErr && status.asErr.isNotOffchain, status.toString());
	});

	test('the engine of the chain is the engine of the node', async () => {
		const { engine, state } = await chain.rpc('engine_status');
		assert.equal(state, 'ready');
		assert.equal((await chain.api.query.models.currentEngine()).unwrap().toHex(), engine);
		assert.equal((await chain.api.call.inferenceApi.engine()).unwrap().toHex(), engine);
		assert.notEqual(engine, `0x${'00'.repeat(32)}`);
	});

	test('GRANDPA finalizes and the results root is in the chain', async () => {
		const { best } = chain;
		await chain.until(`block ${best} is finalized`, 20, async () => {
			const hash = await chain.api.rpc.chain.getFinalizedHead();
			return (await chain.api.rpc.chain.getHeader(hash)).number.toNumber() >= best;
		});
		const { digest } = await chain.api.rpc.chain.getHeader(await chain.blockHash(best));
		const mmrRoot = digest.logs.find((log) => log.isConsensus && log.asConsensus[0].toUtf8() === 'BEEF');
		assert.ok(mmrRoot, 'the header carries the root of the MMR');
	});
});
