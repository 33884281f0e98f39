// The registry as people use it: metadata, provenance, owners, lists and searches.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { stringToU8a } from '@polkadot/util';
import { contentId } from './lib/hash.js';
import { provenance, publish, read, upload } from './lib/inference.js';
import { assertSettled, ledger } from './lib/ledger.js';
import { doubling } from './lib/onnx.js';
import { Testnet } from './lib/testnet.js';

const text = (value) => value.toUtf8();

describe('the hub', () => {
	let net, chain, api, charlie, dave, first, second;

	before(async () => {
		net = await Testnet.start();
		({ chain } = net);
		({ api } = chain);
		[charlie, dave] = ['Charlie', 'Dave'].map((name) => chain.account(name));
		const metadata = { task: 'tabular-regression', licence: 'MIT', tags: ['small', 'linear'], description: 'Doubles.' };
		first = await publish(chain, charlie, doubling(), { name: 'hub/doubling', metadata });
		second = await publish(chain, charlie, doubling({ name: 'second' }), {
			name: 'hub/doubling', version: 2, metadata: { ...metadata, tags: ['small'] },
		});
		await publish(chain, dave, doubling({ name: 'other' }), { name: 'other', metadata: { tags: ['small'] } });
	});
	after(() => net?.end());

	/** Models that a filter finds, as `name@version`, read in pages of `limit`. */
	async function found(filter, limit = 100) {
		const whole = { owner: null, namePrefix: '', task: null, tag: null, active: false, ...filter };
		const names = [];
		let after = null;
		do {
			const page = await api.call.modelsApi.models(whole, after, limit);
			names.push(...page.models.map((model) => `${text(model.name)}@${model.version}`));
			after = page.next.unwrapOr(null);
		} while (after);
		return names;
	}

	const event = ({ events }, method) => events.find((event) => event.method === method).data;

	test('models are found by prefix, owner, task and tag, and by pages', async () => {
		const all = ['hub/doubling@2', 'hub/doubling@1', 'other@1'];
		for (const limit of [1, 2, 3, 100]) {
			assert.deepEqual(await found({}, limit), all);
		}
		assert.deepEqual(await found({ namePrefix: 'hub/' }), all.slice(0, 2));
		assert.deepEqual(await found({ owner: dave.address }), ['other@1']);
		assert.deepEqual(await found({ task: 'tabular-regression' }), all.slice(0, 2));
		assert.deepEqual(await found({ tag: 'small' }), all);
		assert.deepEqual(await found({ tag: 'linear', owner: charlie.address }), ['hub/doubling@1']);
		assert.deepEqual(await found({ tag: 'nothing' }), []);
	});

	test('a name gives its newest active version', async () => {
		const newest = (await api.call.modelsApi.modelNamed('hub/doubling', null)).unwrap();
		assert.equal(newest.id.toHex(), second);
		const old = (await api.call.modelsApi.modelNamed('hub/doubling', 1)).unwrap();
		assert.equal(old.id.toHex(), first);
		assert.deepEqual([text(old.metadata.licence), text(old.metadata.description)], ['MIT', 'Doubles.']);
		assert.ok(old.state.isActive);
		assert.ok((await api.call.modelsApi.modelNamed('hub/doubling', 3)).isNone);
	});

	test('a card is uploaded like a model, and is there for whoever shows it', async () => {
		const card = stringToU8a('# Doubling\n\nIt doubles.\n');
		const id = contentId(card);
		await assert.rejects(upload(chain, card), 'nobody expects it yet');
		const metadata = {
			task: 'text-generation', licence: 'Apache-2.0', tags: ['large'], description: 'Zweimal f\u00fcr alle.',
			card: { id, size: card.length },
		};
		const set = await chain.submit(api.tx.models.setMetadata(first, metadata), charlie);
		assert.equal(event(set, 'MetadataSet').model.toHex(), first);
		await upload(chain, card);
		const { metadata: shown } = (await api.call.modelsApi.model(first)).unwrap();
		assert.equal(text(shown.description), metadata.description);
		assert.deepEqual(await read(chain, shown.card.unwrap().id.toHex(), card.length), card);
		assert.deepEqual(await found({ task: 'text-generation' }), ['hub/doubling@1']);
		assert.deepEqual(await found({ task: 'tabular-regression' }), ['hub/doubling@2']);
		const wrong = { ...metadata, tags: ['Large'] };
		await assert.rejects(chain.submit(api.tx.models.setMetadata(first, wrong), charlie), /models.InvalidTag: .*lower-case/);
	});

	test('a statement of where a model comes from is signed by a key that the publisher has', async () => {
		const statement = 'git+https://example.org/doubling@1f3c built by make onnx';
		const state = (stated) => chain.submit(api.tx.models.setProvenance(second, stated), charlie);
		await assert.rejects(state(provenance(second, 'hub/doubling', 1, statement)), /models.InvalidSignature/);
		const signed = provenance(second, 'hub/doubling', 2, statement);
		const { key } = signed;
		assert.equal(event(await state(signed), 'ProvenanceSet').key.toHex(), key);
		const shown = (await api.call.modelsApi.modelNamed('hub/doubling', 2)).unwrap().provenance.unwrap();
		assert.deepEqual([text(shown.statement), shown.key.toHex()], [statement, key]);
	});

	test('a model and a name go to another account, each by itself', async () => {
		const start = await ledger(chain);
		const given = await chain.submit(api.tx.models.transferModel(second, dave.address), charlie);
		const { from, to } = event(given, 'ModelTransferred');
		assert.deepEqual([from.toString(), to.toString()], [charlie.address, dave.address]);
		assert.deepEqual(await found({ owner: dave.address }), ['hub/doubling@2', 'other@1']);
		const next = doubling({ name: 'third' });
		const options = { name: 'hub/doubling', version: 3 };
		await assert.rejects(publish(chain, dave, next, options), /models.NameTaken/);
		event(await chain.submit(api.tx.models.transferName('hub/doubling', dave.address), charlie), 'NameTransferred');
		await publish(chain, dave, next, options);
		await assertSettled(chain, start);
	});

	test('a retired model is found by its name and its owner only', async () => {
		await chain.submit(api.tx.models.retireModel(second), dave);
		assert.deepEqual(await found({ tag: 'small' }), ['other@1']);
		assert.deepEqual(await found({ namePrefix: 'hub/' }), ['hub/doubling@3', 'hub/doubling@2', 'hub/doubling@1']);
		assert.deepEqual(await found({ namePrefix: 'hub/', active: true }), ['hub/doubling@3', 'hub/doubling@1']);
		assert.ok((await api.call.modelsApi.model(second)).unwrap().state.isRetired);
	});
});
