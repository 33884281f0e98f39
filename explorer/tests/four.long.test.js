// The page while validators of four come and go, and while it stays open: it follows finality through each change, and its memory and that of its light client stay flat.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { devAccount } from '@assay-network/client';
import { CHANGES, changes, networkOfChanges, SIZE } from '../../tests/lib/sets.js';
import { Browser, keeping, skip, textOf, trusting } from './lib/browser.js';
import { withModel } from './lib/network.js';

/** Blocks in which the page shows what it was asked for, on a machine that is busy with all of it. */
const SHOWN_WITHIN = 120;
/** Minutes for which the page stays open, and blocks of a minute. */
const [MINUTES, BLOCKS] = [Number(process.env.ASSAY_EXPLORER_MINUTES ?? 60), 30];
/** Part by which the last third of the measurements may be above the first third, and bytes that are no sign of anything. */
const [PART, NOISE] = [0.1, 1024 ** 2];

describe('the page while validators come and go', { skip }, () => {
	let browser, localnet, chain, net, model, page;
	before(async () => {
		[browser, localnet] = await Promise.all([Browser.start(), networkOfChanges()]);
		[chain] = localnet.chains;
		browser.beside.set('spec.json', localnet.spec);
		({ net, model } = await withModel(chain));
		const asked = new URLSearchParams({ node: chain.node.url, spec: 'spec.json', peer: chain.node.address });
		page = await browser.open(`${browser.forms['the folder']}?${asked}#/`, { prepare: keeping(trusting(chain.genesis)) });
	});
	after(async () => {
		net?.close();
		await browser?.end();
		await localnet?.end();
	});

	const shows = (what, look, ...args) =>
		chain.until(what, SHOWN_WITHIN, () => page.evaluate(look, ...args)).catch(async (error) => {
			throw new Error(`${error.message}\nIt shows:\n${await textOf(page, 'body')}\n${page.faults.join('\n')}`);
		});

	test('its light client follows finality through three changes of the authority set', async (t) => {
		/** Number of the final block that it shows as proven, or 0. */
		const finalized = () =>
			page.evaluate(() => Number((/Block ([\d,]+) final\s+proven here/.exec(document.querySelector('.pill').innerText)?.[1] ?? '0').replaceAll(',', '')));
		await changes(localnet, finalized, async (change) => {
			const hash = await page.evaluate(() => [...document.querySelectorAll('.facts dt')].find(({ innerText }) => innerText === 'Final block').nextElementSibling.querySelector('span[title]').title);
			const found = await chain.rpc('chain_getHeader', hash);
			assert.ok(found && (await chain.blockHash(Number(found.number))) === hash, `${hash} is a block of the chain`);
			t.diagnostic(`change ${change}: block ${await finalized()} is final on the page, the node's best is ${chain.best}`);
		});
		await page.evaluate(() => (location.hash = '#/validators'));
		await shows('the validators that are left', (left) => [...document.querySelectorAll('tbody .tag.good')].filter(({ innerText }) => innerText === 'elected').length === left, SIZE - CHANGES);
		assert.deepEqual(page.faults, []);
	});

	test('its memory and that of its light client stay flat while it is open and is used', async (t) => {
		const session = await page.createCDPSession();
		const [worker] = page.workers();
		/** Bytes of the JavaScript heap after a collection, of the page and of its light client's worker with the browser's own objects, and nodes of the document. */
		const measure = async () => {
			const heap = async (client) => {
				await client.send('HeapProfiler.collectGarbage');
				return client.send('Runtime.getHeapUsage');
			};
			const light = await heap(worker.client);
			return {
				page: (await heap(session)).usedSize,
				worker: light.usedSize + light.embedderHeapUsedSize,
				nodes: (await session.send('Memory.getDOMCounters')).nodes,
			};
		};
		const account = await devAccount('//Bob');
		const pages = ['#/models', '#/model/tests%2Fdoubling', '#/requests', '#/validators', `#/account/${account.address}`, '#/verify', '#/'];
		const taken = [];
		const last = chain.best + MINUTES * BLOCKS;
		while (chain.best < last) {
			const next = chain.best + BLOCKS;
			const { request } = await model.run({ x: [taken.length] }, { account });
			for (const hash of [`#/request/${request}`, ...pages]) {
				await page.evaluate((hash) => (location.hash = hash), hash);
				await shows(`${hash} has what it asks for`, () => document.querySelector('main h1') && !document.querySelector('main .spinner'));
			}
			await chain.until('a minute has passed', BLOCKS, () => chain.best >= next);
			taken.push(await measure());
		}
		const third = Math.max(1, Math.floor(taken.length / 3));
		const mean = (part, of) => part.reduce((sum, measured) => sum + measured[of], 0) / part.length;
		const grown = (of) => {
			const [early, late] = [mean(taken.slice(0, third), of), mean(taken.slice(-third), of)];
			t.diagnostic(`${of}: ${(early / 1024 ** 2).toFixed(2)} MiB in the first third of ${taken.length} measurements, ${(late / 1024 ** 2).toFixed(2)} in the last`);
			return { early, late };
		};
		for (const of of ['page', 'worker']) {
			const { early, late } = grown(of);
			assert.ok(late <= early * (1 + PART) + NOISE, `${of}: ${taken.map((measured) => measured[of]).join(', ')}`);
		}
		t.diagnostic(`nodes of the document: ${taken.map(({ nodes }) => nodes).join(', ')}`);
		assert.deepEqual(page.faults, []);
	});
});
