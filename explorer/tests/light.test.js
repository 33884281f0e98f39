// The light client beside a node: it follows the chain by itself, what it reads is proven, and a node that lies beside it is not believed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LIES } from '../../tests/lib/lies.js';
import { LyingNode } from '../../tests/lib/proxy.js';
import { Browser, reads, skip, textOf } from './lib/browser.js';
import { network } from './lib/network.js';

/** Blocks in which the light client follows the chain and has read what a page shows, on a machine that is busy with all of it. */
const SHOWN_WITHIN = 120;

describe('the light client beside a node', { skip }, () => {
	let browser, testnet, genesis, model, request, spec, peer;
	before(async () => {
		[browser, { testnet, genesis, model, request }] = await Promise.all([Browser.start(), network()]);
		spec = JSON.stringify(await testnet.chain.rpc('sync_state_genSyncSpec', true));
		peer = (await testnet.chain.rpc('system_localListenAddresses')).find((address) => /127\.0\.0\.1\/tcp\/\d+\/ws/.test(address));
		browser.beside.set('spec.json', spec);
	});
	after(async () => {
		await browser?.end();
		await testnet?.end();
	});

	/** A page that begins with the specification of the test, which is from elsewhere than the node. */
	async function open(hash, { url = testnet.node.url, form = 'the folder' } = {}) {
		const kept = JSON.stringify({ genesis, seen: { block: 1, time: Date.now() }, checkpoint: null });
		const isFile = form === 'the single file';
		const prepare = (page) =>
			page.evaluateOnNewDocument(
				(kept, spec) => {
					localStorage.setItem('assay/chains/default', kept);
					spec && localStorage.setItem('assay/explorer/spec', spec);
				},
				kept,
				isFile ? spec : '',
			);
		const asked = new URLSearchParams({ ...(url && { node: url }), peer, ...(!isFile && { spec: 'spec.json' }) });
		return browser.open(`${browser.forms[form]}?${asked}${hash}`, { prepare });
	}
	const shows = (page, what, look, ...args) =>
		testnet.chain.until(what, SHOWN_WITHIN, () => page.evaluate(look, ...args)).catch(async (error) => {
			throw new Error(`${error.message}\nIt shows:\n${await textOf(page, 'body')}\n${page.faults.join('\n')}`);
		});
	const text = (page, text) => shows(page, `the page shows ${text}`, (text) => document.body.innerText.includes(text), text);
	const follows = (page) => shows(page, 'the light client follows the chain', () => /\d+ peers?/.test(document.querySelector('.pill')?.innerText ?? ''));

	for (const form of ['the folder', 'the single file']) {
		test(`${form}: it finds a peer, follows finality, and proves the state`, async () => {
			const page = await open('#/validators', { form });
			await follows(page);
			await shows(page, 'the validators are proven', () => document.querySelector('main .badge')?.innerText === 'proven here');
			const final = () => page.evaluate(() => Number(/Block ([\d,]+) final/.exec(document.querySelector('.pill').innerText)?.[1].replaceAll(',', '')));
			const first = await final();
			await testnet.chain.until('a later final block', SHOWN_WITHIN, async () => (await final()) > first);
			await page.click('.pill');
			await reads(page, 'Begins with');
			// Nobody but the node and the peer was asked.
			const port = /tcp\/(\d+)/.exec(peer)[1];
			assert.deepEqual(page.asked.filter((url) => !url.startsWith(testnet.node.url) && !url.includes(`:${port}`)), []);
			assert.deepEqual(page.faults, []);
			await page.end();
		});
	}

	test('without any node, it shows the chain and proves an output', async () => {
		const page = await open(`#/request/${request}`, { url: undefined });
		await text(page, 'float32 [2]');
		assert.deepEqual(await page.$$eval('.elements span', (all) => all.map(({ innerText }) => innerText)), ['200', '2']);
		await text(page, 'Proven by the light client');
		await page.end();
	});

	for (const name of ['the output', 'the claim', 'the votes', 'the chain of the receipt']) {
		test(`no output is shown if the node beside it lies about ${name}`, async () => {
			const { says, lie } = LIES[name];
			const proxy = await LyingNode.start(testnet.node.url, lie({ value: 100, genesis, model }));
			try {
				const page = await open(`#/request/${request}`, { url: proxy.url });
				await follows(page);
				await text(page, 'A node says so, and it is not so');
				assert.match(await textOf(page, '.failure'), says);
				assert.equal(await page.$('.tensor'), null);
				await page.end();
			} finally {
				proxy.end();
			}
		});
	}

	test('a node that begins it itself proves nothing by it', async () => {
		const kept = JSON.stringify({ genesis, seen: { block: 1, time: Date.now() }, checkpoint: null });
		const prepare = (page) => page.evaluateOnNewDocument((kept) => localStorage.setItem('assay/chains/default', kept), kept);
		const page = await browser.open(`${browser.forms['the folder']}?node=${testnet.node.url}#/validators`, { prepare });
		await follows(page);
		await text(page, 'Missed this era');
		assert.equal(await textOf(page, 'main .badge'), 'a node says');
		await page.end();
	});
});
